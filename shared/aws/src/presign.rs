//! Links to S3 that work for minutes, without the S3 client: what signs requests is linked with
//! any of the SDKs, while the client would be a fifth of a function that does nothing else with it.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;

/// What AWS leaves as it is in a value of a query (RFC 3986, unreserved).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, whose parts slashes divide.
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// Signs links to the objects of one bucket.
#[derive(Clone, Debug)]
pub struct Presigner {
    credentials: Credentials,
    region: String,
    /// Scheme and host.
    origin: String,
    /// What a path begins with before the key.
    prefix: String,
}

/// A link can't be signed; the text says why.
#[derive(Debug, Error)]
#[error("a link to the bucket can't be signed: {0}")]
pub struct CannotPresign(String);

impl Presigner {
    /// `endpoint` leads elsewhere than to AWS, and is addressed by path.
    pub(crate) fn new(credentials: Credentials, region: &str, endpoint: Option<&str>, bucket: &str) -> Self {
        let (origin, prefix) = match endpoint {
            Some(url) => (url.trim_end_matches('/').to_owned(), format!("/{bucket}/")),
            // A certificate's `*` stands for one label only.
            None if bucket.contains('.') => {
                (format!("https://s3.{region}.{}", dns_suffix(region)), format!("/{bucket}/"))
            }
            None => (format!("https://{bucket}.s3.{region}.{}", dns_suffix(region)), "/".to_owned()),
        };
        Self { credentials, region: region.to_owned(), origin, prefix }
    }

    /// Scheme and host of every link, as a content security policy names it.
    pub fn origin(&self) -> &str {
        let path =
            self.origin.find("://").and_then(|at| self.origin[at + 3..].find('/').map(|it| at + 3 + it));
        path.map_or(&self.origin, |path| &self.origin[..path])
    }

    /// A link by which anybody can get an object for as long as this, and as long as the
    /// credentials last. `overrides` are S3's `response-…` parameters, by name.
    ///
    /// # Errors
    /// [`CannotPresign`] when the endpoint is no URL.
    pub fn get(
        &self,
        key: &str,
        overrides: &[(&str, &str)],
        works_for: Duration,
    ) -> Result<String, CannotPresign> {
        // S3 holds it against its own clock.
        self.get_at(key, overrides, works_for, SystemTime::now())
    }

    fn get_at(
        &self,
        key: &str,
        overrides: &[(&str, &str)],
        works_for: Duration,
        now: SystemTime,
    ) -> Result<String, CannotPresign> {
        let mut url = format!("{}{}{}", self.origin, self.prefix, utf8_percent_encode(key, PATH));
        for (place, (name, value)) in overrides.iter().enumerate() {
            url.push(if place == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, VALUE));
        }
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(works_for);
        // S3 takes a path as it is.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = Identity::from(self.credentials.clone());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now)
            .settings(settings)
            .build()
            .map_err(|error| CannotPresign(error.to_string()))?
            .into();
        let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::UnsignedPayload)
            .map_err(|error| CannotPresign(error.to_string()))?;
        let (signed, _) =
            sign(request, &parameters).map_err(|error| CannotPresign(error.to_string()))?.into_parts();
        for (name, value) in signed.params() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, VALUE));
        }
        Ok(url)
    }
}

/// The end of the names of a region's services, by its partition.
/// Source: `partitions.json` of AWS's SDKs.
fn dns_suffix(region: &str) -> &'static str {
    match region.split('-').next().unwrap_or_default() {
        "cn" => "amazonaws.com.cn",
        "eusc" => "amazonaws.eu",
        _ if region.starts_with("us-isof-") || region.starts_with("eu-isoe-") => {
            if region.starts_with("eu") {
                "cloud.adc-e.uk"
            } else {
                "csp.hci.ic.gov"
            }
        }
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_s3::config::{BehaviorVersion, Region};
    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    const KEY: &str = "voicemails/14155550100/2026/11/21/RE0123456789abcdef.wav";
    const DISPOSITION: &str = "attachment; filename=\"voicemail 2026.wav\"";
    const WORKS_FOR: Duration = Duration::from_mins(15);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(498_682)
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalr/XUtn+FEMI", token.map(str::to_owned), None, "test")
    }

    /// Everything before the query, and the query's parameters.
    fn parts(url: &str) -> (String, BTreeMap<String, String>) {
        let (place, query) = url.split_once('?').unwrap();
        (place.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    async fn by_the_sdk(region: &str, bucket: &str, endpoint: Option<&str>, token: Option<&str>) -> String {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials(token))
            .force_path_style(endpoint.is_some());
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint);
        }
        let presigning = PresigningConfig::builder().start_time(now()).expires_in(WORKS_FOR).build().unwrap();
        let request = aws_sdk_s3::Client::from_conf(config.build())
            .get_object()
            .bucket(bucket)
            .key(KEY)
            .response_content_disposition(DISPOSITION)
            .presigned(presigning);
        request.await.unwrap().uri().to_owned()
    }

    #[tokio::test]
    async fn a_link_is_the_one_that_the_sdk_makes() {
        let cases = [
            ("us-east-1", "audio", None, None),
            ("eu-central-1", "audio", None, Some("session/token+==")),
            ("eu-central-1", "audio.example.com", None, None),
            ("cn-north-1", "audio", None, Some("token")),
            ("us-gov-west-1", "audio", None, None),
            ("us-iso-east-1", "audio", None, None),
            ("us-isob-east-1", "audio", None, None),
            ("eu-isoe-west-1", "audio", None, None),
            ("us-isof-south-1", "audio", None, None),
            ("eusc-de-east-1", "audio", None, None),
            ("us-east-1", "audio", Some("http://127.0.0.1:9000"), Some("token")),
            ("us-east-1", "audio", Some("http://127.0.0.1:9000/below/"), None),
        ];
        for (region, bucket, endpoint, token) in cases {
            let presigner = Presigner::new(credentials(token), region, endpoint, bucket);
            // The SDK names the operation, too; it has to stand in ours for the signatures to be equal.
            let overrides = [("response-content-disposition", DISPOSITION), ("x-id", "GetObject")];
            let ours = presigner.get_at(KEY, &overrides, WORKS_FOR, now()).unwrap();
            let theirs = by_the_sdk(region, bucket, endpoint, token).await;
            assert_eq!(parts(&ours), parts(&theirs), "{region} {bucket} {endpoint:?}");
            assert!(ours.starts_with(presigner.origin()), "{ours}");
            assert!(!presigner.origin()[8..].contains('/'), "{}", presigner.origin());
        }
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_an_error() {
        let presigner = Presigner::new(credentials(None), "us-east-1", Some("not a url"), "audio");
        presigner.get_at(KEY, &[], WORKS_FOR, now()).unwrap_err();
    }
}
