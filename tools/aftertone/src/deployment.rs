//! Which system is meant: its outputs, and the clients to talk to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use aws_types::region::Region;
use store::{Store, Tables};
use twilio::Rest;

use crate::arguments::Which;
use crate::failures::{NO_CREDENTIALS, sdk_error};
use crate::secret_store::SecretStore;

/// A system, and how to reach its parts.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) outputs: Outputs,
    /// The folder of a local system; none on AWS.
    pub(crate) local: Option<PathBuf>,
    pub(crate) aws: SdkConfig,
    pub(crate) store: Store,
    pub(crate) rest: Rest,
}

/// What the stack tells of itself, by the names of its template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outputs {
    values: BTreeMap<String, String>,
}

impl Outputs {
    pub(crate) fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: values.into_iter().filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// What must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| {
            anyhow!("the stack has no output {name}: deploy this version of Aftertone with `sam deploy`")
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

impl Deployment {
    /// Finds the system, or says what is missing.
    pub(crate) async fn find(which: &Which) -> Result<Self> {
        if let Some(folder) = &which.local {
            return Self::local(folder);
        }
        let aws = aws_config(which).await;
        let outputs = stack_outputs(&aws, &which.stack).await?;
        Self::on_aws(aws, outputs)
    }

    /// What `cargo run -- serve` has written.
    pub(crate) fn local(folder: &Path) -> Result<Self> {
        let file = folder.join("stack.json");
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("{} can't be read: start the system with `cargo run -- serve`", file.display())
        })?;
        let document: serde_json::Value =
            serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
        let texts = |value: &serde_json::Value| -> Vec<(String, String)> {
            let pairs = value.as_object().into_iter().flatten();
            pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        };
        let endpoints = Outputs::new(texts(&document["Endpoints"]));
        let outputs = Outputs::new(texts(&document));
        let rest = Rest::at(endpoints.required("Twilio")?);
        let aws = emulated(endpoints.required("S3")?);
        let dynamodb = aws_sdk_dynamodb::Client::new(&emulated(endpoints.required("DynamoDb")?));
        let store = Store::new(dynamodb, tables(&outputs)?);
        Ok(Self { outputs, local: Some(folder.to_owned()), aws, store, rest })
    }

    pub(crate) fn on_aws(aws: SdkConfig, outputs: Outputs) -> Result<Self> {
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), tables(&outputs)?);
        let elsewhere = outputs.get("TwilioApiUrl").map(Rest::at);
        Ok(Self { local: None, store, rest: elsewhere.unwrap_or_default(), outputs, aws })
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        // An emulator has no DNS name for each bucket.
        let emulator = self.aws.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.aws).force_path_style(emulator).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(crate) fn secret(&self) -> Result<SecretStore> {
        self.secret_at("TwilioSecretArn", "Twilio secret")
    }

    /// What signs the callbacks of programs.
    pub(crate) fn callback_secrets(&self) -> Result<SecretStore> {
        self.secret_at("CallbackSecretArn", "callback secret")
    }

    fn secret_at(&self, output: &str, what: &'static str) -> Result<SecretStore> {
        let id = self.outputs.required(output)?;
        Ok(match (&self.local, id.strip_prefix("file:")) {
            (Some(folder), Some(name)) => SecretStore::File { path: folder.join(name), what },
            _ => SecretStore::SecretsManager {
                client: aws_sdk_secretsmanager::Client::new(&self.aws),
                id: id.to_owned(),
                what,
            },
        })
    }
}

fn tables(outputs: &Outputs) -> Result<Tables> {
    Ok(Tables {
        numbers: outputs.required("NumbersTable")?.to_owned(),
        calls: outputs.required("CallsTable")?.to_owned(),
        voicemails: outputs.required("VoicemailsTable")?.to_owned(),
        // A stack of the last release has neither, and the command line does nothing in it.
        live_calls: outputs.get("LiveCallsTable").unwrap_or_default().to_owned(),
        access: outputs.get("AccessTable").unwrap_or_default().to_owned(),
    })
}

/// Profiles, SSO, instance roles, `AWS_ENDPOINT_URL`: as AWS's own tools read them.
pub(crate) async fn aws_config(which: &Which) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws::http_client())
        .timeout_config(time_limits());
    if let Some(profile) = &which.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &which.aws_region {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

fn emulated(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws::http_client())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .timeout_config(time_limits())
        .endpoint_url(endpoint)
        .build()
}

/// A person waits, perhaps an ocean away.
fn time_limits() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(Duration::from_secs(45))
        .build()
}

/// The outputs of a deployed stack.
pub(crate) async fn stack_outputs(aws: &SdkConfig, stack: &str) -> Result<Outputs> {
    if aws.region().is_none() {
        bail!(
            "no AWS region is set: give --aws-region, or set AWS_REGION, or name one in the profile \
             (for the system of `cargo run -- serve` give --local)"
        );
    }
    let answer = aws_sdk_cloudformation::Client::new(aws).describe_stacks().stack_name(stack).send().await;
    let described = answer.map_err(|error| {
        let told = sdk_error(&error);
        if told == NO_CREDENTIALS {
            anyhow!(
                "{told}: sign in (`aws sso login`, or `aws configure`), or name the profile with --profile (for the \
                 system of `cargo run -- serve` give --local)"
            )
        } else if told.contains("does not exist") {
            let region = aws.region().map_or("", Region::as_ref);
            anyhow!(
                "there is no stack {stack:?} in {region}: deploy it with `sam deploy`, or name it with --stack \
                 (for the system of `cargo run -- serve` give --local)"
            )
        } else {
            anyhow!("CloudFormation does not describe the stack {stack:?}: {told}")
        }
    })?;
    let outputs = described.stacks().iter().flat_map(aws_sdk_cloudformation::types::Stack::outputs);
    Ok(Outputs::new(
        outputs
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))),
    ))
}
