//! AWS clients as a Lambda wants them: lean at start, bounded in time.
//!
//! This is the one place that makes SDK clients. What it decides, and why:
//!
//! - **No `aws-config`.** On Lambda the region and the credentials stand in the environment and
//!   hold for the environment's life; the default provider chain would only search for them, for
//!   5 ms and 3 MB.
//! - **One HTTP client for all services**, over hyper, rustls and ring. The SDKs' default one
//!   brings aws-lc, whose first random number costs 100 ms of CPU at start.
//! - **Root certificates are embedded** (Mozilla's whole set, so that they hold in every AWS
//!   partition): reading the system's takes 6 to 10 ms, these take nothing.
//! - **Every call is bounded in time**, each attempt and the whole: a caller waits on the line.
//! - **`AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`** lead to emulators, as in AWS's own
//!   tools.

use std::{collections::HashMap, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
#[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint, SharedEndpointResolver,
};
use aws_smithy_runtime_api::client::{behavior_version::BehaviorVersion, http::SharedHttpClient};
#[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
use aws_smithy_types::endpoint::Endpoint;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use runtime::{BadVariable, Environment};

#[cfg(feature = "s3")]
mod bucket;
mod http_client;
#[cfg(any(feature = "queue", feature = "topic"))]
mod post;
#[cfg(feature = "queue")]
mod queue;
#[cfg(feature = "secretsmanager")]
mod secret;
#[cfg(test)]
#[cfg(any(feature = "dynamodb", feature = "queue", feature = "s3"))]
mod test_server;
#[cfg(feature = "topic")]
mod topic;

#[cfg(feature = "s3")]
pub use bucket::{BadBucket, Bucket, BucketFailure, Upload};
pub use http_client::{NotConnected, shared as http_client, was_never_connected};
#[cfg(feature = "queue")]
pub use queue::{LONGEST_DELAY, Queue, QueueFailure};
#[cfg(feature = "secretsmanager")]
pub use secret::{SecretAt, SecretSource, SecretUnavailable};
#[cfg(feature = "topic")]
pub use topic::{Topic, TopicFailure};

/// How long the start waits for a connection.
#[cfg(feature = "dynamodb")]
const CONNECT_TAKES_AT_MOST: Duration = Duration::from_millis(800);

/// So many turns of the scheduler later a connection nearby is there, and its first request is written.
#[cfg(feature = "dynamodb")]
const TURNS_TO_BEGIN: u32 = 3;

/// The tag of an object that is delivered, by name and value, as the bucket's lifecycle in
/// template.yaml has it.
pub const DELIVERED: (&str, &str) = ("delivered", "yes");

/// Where the services are, and as whom to call them.
#[derive(Clone, Debug)]
pub struct Aws {
    shared: SdkConfig,
    #[cfg_attr(
        not(any(feature = "dynamodb", feature = "queue", feature = "s3", feature = "topic")),
        expect(dead_code, reason = "the SDKs hold it too")
    )]
    http: http_client::Pool,
    #[cfg_attr(
        not(any(feature = "queue", feature = "topic")),
        expect(dead_code, reason = "the SDKs hold them too")
    )]
    credentials: Credentials,
    endpoints: Endpoints,
}

/// Addresses to use instead of AWS's own: base URLs like `http://127.0.0.1:8000`.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    all: Option<String>,
    by_service: HashMap<Service, String>,
}

/// The services that Aftertone calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Numbers, calls and the voicemail ledger.
    DynamoDb,
    /// The sound of voicemails.
    S3,
    /// Twilio's tokens, and the key that signs links.
    SecretsManager,
    /// Mail to owners.
    Ses,
    /// Events for other programs.
    Sns,
    /// Wake-ups of the worker.
    Sqs,
    /// Words of voicemails.
    Transcribe,
}

impl Service {
    const ALL: [Self; 7] =
        [Self::DynamoDb, Self::S3, Self::SecretsManager, Self::Ses, Self::Sns, Self::Sqs, Self::Transcribe];

    /// The service's part of `AWS_ENDPOINT_URL_<SERVICE>`, as AWS's tools spell it.
    fn variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            Self::Ses => "AWS_ENDPOINT_URL_SES",
            Self::Sns => "AWS_ENDPOINT_URL_SNS",
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
            Self::Transcribe => "AWS_ENDPOINT_URL_TRANSCRIBE",
        }
    }
}

impl Endpoints {
    /// As the environment says; AWS's own where it says nothing.
    pub fn read(environment: &Environment) -> Self {
        let of_service = |service: Service| Some((service, environment.text(service.variable())?));
        Self {
            all: environment.text("AWS_ENDPOINT_URL"),
            by_service: Service::ALL.into_iter().filter_map(of_service).collect(),
        }
    }

    /// Leads one service to `url`.
    pub fn with(mut self, service: Service, url: impl Into<String>) -> Self {
        self.by_service.insert(service, url.into());
        self
    }

    fn of(&self, service: Service) -> Option<&str> {
        self.by_service.get(&service).or(self.all.as_ref()).map(String::as_str)
    }
}

/// A client's configuration with all of its attempts, whatever happened before. The SDKs' own way is that the
/// failures of an outage use up the retries of a process for long after it.
#[cfg(any(
    feature = "dynamodb",
    feature = "s3",
    feature = "secretsmanager",
    feature = "sqs",
    feature = "transcribe"
))]
macro_rules! with_every_attempt {
    ($sdk:ident, $config:expr) => {{
        use $sdk::config::retry::{RetryPartition, TokenBucket};

        let attempts = RetryPartition::custom("every attempt").token_bucket(TokenBucket::unlimited());
        $sdk::config::Builder::from(&$config).retry_partition(attempts.build())
    }};
}

impl Aws {
    /// On Lambda, or wherever `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are set.
    ///
    /// # Errors
    /// [`BadVariable`] names the first one that is not.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        let credentials = Credentials::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            environment.text("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        Ok(Self::new(environment.required("AWS_REGION")?, credentials, Endpoints::read(environment)))
    }

    /// Emulators that take any credentials.
    pub fn emulated(endpoints: Endpoints) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "emulated");
        Self::new("us-east-1".to_owned(), credentials, endpoints)
    }

    fn new(region: String, credentials: Credentials, endpoints: Endpoints) -> Self {
        let http = http_client::pool();
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
            .http_client(SharedHttpClient::new(http.clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        Self { shared, http, credentials, endpoints }
    }

    /// The region's name, like `eu-central-1`.
    pub fn region(&self) -> &str {
        self.shared.region().map_or("us-east-1", Region::as_ref)
    }

    #[cfg_attr(
        not(any(
            feature = "dynamodb",
            feature = "s3",
            feature = "secretsmanager",
            feature = "ses",
            feature = "sqs",
            feature = "transcribe"
        )),
        expect(dead_code, reason = "without a service there is nothing to configure")
    )]
    fn config(&self, service: Service) -> SdkConfig {
        let mut config =
            self.shared.to_builder().timeout_config(time_limits(service)).retry_config(retries(service));
        if let Some(url) = self.endpoints.of(service) {
            config = config.endpoint_url(url);
        }
        config.build()
    }

    /// Where a service is whose name in the DNS begins with `prefix`.
    #[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
    fn url(&self, service: Service, prefix: &str) -> String {
        let region = self.region();
        let of_aws = || format!("https://{prefix}.{region}.{}", dns_suffix(region));
        self.endpoints.of(service).map_or_else(of_aws, ToOwned::to_owned)
    }

    /// Opens the connection to DynamoDB that the first caller would otherwise wait for, and does
    /// `meanwhile` what else there is to do, once the first request is on its way. A plain request does: a
    /// signed one costs half a millisecond more, before anybody needs it.
    #[cfg(feature = "dynamodb")]
    pub async fn connect_dynamodb<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        let url = self.url(Service::DynamoDb, "dynamodb");
        let connecting = tokio::time::timeout(CONNECT_TAKES_AT_MOST, self.http.connect(&url));
        let meanwhile = async {
            for _ in 0..TURNS_TO_BEGIN {
                tokio::task::yield_now().await;
            }
            meanwhile.await
        };
        // Whatever comes back, or doesn't: the first call will say what is wrong.
        tokio::join!(connecting, meanwhile).1
    }

    /// The client for DynamoDB.
    #[cfg(feature = "dynamodb")]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = with_every_attempt!(aws_sdk_dynamodb, self.config(Service::DynamoDb));
        config.set_endpoint_resolver(Some(Known::at(self.url(Service::DynamoDb, "dynamodb"))));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The client for S3. Checksums are made where S3 wants one, and nowhere else; an emulator is addressed by
    /// path: it has no DNS name for each bucket.
    #[cfg(feature = "s3")]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::{
            RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
        };

        let config = with_every_attempt!(aws_sdk_s3, self.config(Service::S3))
            .http_client(http_client::Whole(self.http.clone()))
            .force_path_style(self.endpoints.of(Service::S3).is_some())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            // An attempt has its time limit, its whole answer included.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// A bucket of S3, to put, get and hand out what is in it.
    ///
    /// # Errors
    /// [`BadBucket`] when the name can't be part of a URL.
    #[cfg(feature = "s3")]
    pub fn bucket(&self, name: &str) -> Result<Bucket, BadBucket> {
        let aws = self.clone();
        Bucket::new(move || aws.s3(), name, self.region(), self.endpoints.of(Service::S3))
    }

    /// A queue of SQS, to send to.
    #[cfg(feature = "queue")]
    pub fn queue(&self, url: &str) -> Queue {
        let endpoint = self.endpoints.of(Service::Sqs);
        Queue::new(self.http.clone(), url, self.region(), endpoint, &self.credentials)
    }

    /// A topic of SNS, to publish to.
    #[cfg(feature = "topic")]
    pub fn topic(&self, arn: &str) -> Topic {
        let endpoint = self.endpoints.of(Service::Sns);
        Topic::new(self.http.clone(), arn, self.region(), endpoint, &self.credentials)
    }

    /// The client for Secrets Manager.
    #[cfg(feature = "secretsmanager")]
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        let mut config = with_every_attempt!(aws_sdk_secretsmanager, self.config(Service::SecretsManager));
        let url = self.url(Service::SecretsManager, "secretsmanager");
        config.set_endpoint_resolver(Some(Known::at(url)));
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// The client for SES.
    #[cfg(feature = "ses")]
    pub fn ses(&self) -> aws_sdk_ses::Client {
        aws_sdk_ses::Client::new(&self.config(Service::Ses))
    }

    /// The client for SQS.
    #[cfg(feature = "sqs")]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::from_conf(with_every_attempt!(aws_sdk_sqs, self.config(Service::Sqs)).build())
    }

    /// The client for Amazon Transcribe.
    #[cfg(feature = "transcribe")]
    pub fn transcribe(&self) -> aws_sdk_transcribe::Client {
        let config = with_every_attempt!(aws_sdk_transcribe, self.config(Service::Transcribe));
        aws_sdk_transcribe::Client::from_conf(config.build())
    }
}

/// Where a service is that a caller waits for. The SDKs' own rules say the same, some 200,000 instructions
/// later, at the first call.
#[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
#[derive(Debug)]
struct Known(Endpoint);

#[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
impl Known {
    fn at(url: String) -> SharedEndpointResolver {
        SharedEndpointResolver::new(Self(Endpoint::builder().url(url).build()))
    }
}

#[cfg(any(feature = "dynamodb", feature = "secretsmanager"))]
impl ResolveEndpoint for Known {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(self.0.clone()))
    }
}

/// What a service's name ends with in the region's partition, as `partitions.json` of AWS's SDKs says.
#[cfg(any(
    feature = "dynamodb",
    feature = "queue",
    feature = "s3",
    feature = "secretsmanager",
    feature = "topic"
))]
fn dns_suffix(region: &str) -> &'static str {
    match region.split_once('-').map(|(area, rest)| (area, rest.split('-').next().unwrap_or_default())) {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        Some(("us", "iso")) => "c2s.ic.gov",
        Some(("us", "isob")) => "sc2s.sgov.gov",
        Some(("us", "isof")) => "csp.hci.ic.gov",
        Some(("eu", "isoe")) => "cloud.adc-e.uk",
        _ => "amazonaws.com",
    }
}

/// How long an attempt and the whole of a call may take.
///
/// A webhook answers within 4.5 s, and its caller hears silence meanwhile: what stands on a call's
/// path gives up after 2 s at most, so that there is time to answer without it, even where a secret and
/// a row were both waited for. What moves sound and mail runs behind a queue and may take its time.
fn time_limits(service: Service) -> TimeoutConfig {
    let (attempt_ms, whole_ms) = match service {
        Service::DynamoDb => (500, 1_800),
        Service::SecretsManager => (900, 2_000),
        // The mail does not wait for a slow start of its transcription.
        Service::Transcribe | Service::Sns | Service::Sqs => (3_000, 8_000),
        // Tried once: see `retries`.
        Service::Ses => (20_000, 20_000),
        // Three attempts, and the pauses between them.
        Service::S3 => (20_000, 61_000),
    };
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(attempt_ms))
        .operation_timeout(Duration::from_millis(whole_ms))
        .build()
}

/// How often an attempt is repeated within one call.
///
/// Sending a mail is not: an attempt that timed out may have sent it. Who sends is who knows
/// whether to try again.
fn retries(service: Service) -> RetryConfig {
    match service {
        Service::Ses => RetryConfig::disabled(),
        _ => RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_and_a_row_are_given_up_in_time_to_answer() {
        let [row, secret] = [Service::DynamoDb, Service::SecretsManager].map(time_limits);
        let whole = |limits: &TimeoutConfig| limits.operation_timeout().unwrap();
        assert!(whole(&secret) + whole(&row) < Duration::from_secs(4));
        for limits in [row, secret] {
            // There is time for a second attempt.
            assert!(limits.operation_attempt_timeout().unwrap() * 2 < whole(&limits));
        }
    }

    #[cfg(feature = "dynamodb")]
    #[tokio::test]
    async fn retries_of_dynamodb_are_not_used_up_by_an_outage() {
        let (aws, asked) = test_server::answering(|_| http::StatusCode::SERVICE_UNAVAILABLE).await;
        let dynamodb = aws.dynamodb();
        let calls = (0..200).map(|_| dynamodb.list_tables().send());
        assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_err));
        assert_eq!(test_server::count(&asked), 3 * 200);
    }

    #[cfg(feature = "dynamodb")]
    #[tokio::test]
    async fn dynamodb_is_where_the_sdk_would_look_for_it() {
        use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};

        let regions = [
            "us-east-1",
            "eu-central-1",
            "mx-central-1",
            "us-gov-west-1",
            "cn-north-1",
            "cn-northwest-1",
            "eusc-de-east-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "us-isof-south-1",
            "eu-isoe-west-1",
        ];
        for region in regions {
            let credentials = Credentials::new("test", "test", None, None, "test");
            let aws = Aws::new(region.to_owned(), credentials, Endpoints::default());
            let params = Params::builder().region(region).build().unwrap();
            let endpoint = DefaultResolver::new().resolve_endpoint(&params).await.unwrap();
            assert_eq!(aws.url(Service::DynamoDb, "dynamodb"), endpoint.url());
        }
    }

    #[test]
    fn an_endpoint_for_one_service_wins_over_the_one_for_all() {
        let endpoints = Endpoints::read(&Environment::given([
            ("AWS_ENDPOINT_URL", "http://all"),
            ("AWS_ENDPOINT_URL_S3", "http://s3"),
            ("AWS_ENDPOINT_URL_SES", ""),
        ]));
        assert_eq!(endpoints.of(Service::S3), Some("http://s3"));
        assert_eq!(endpoints.of(Service::Ses), Some("http://all"));
        assert_eq!(Endpoints::default().of(Service::DynamoDb), None);
    }
}
