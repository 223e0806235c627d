//! One signed request with one answer, for what needs no SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;

use crate::http_client::Pool;

/// Who sends such requests to a service. Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    http: SharedHttpConnector,
    sleep: SharedAsyncSleep,
    service: &'static str,
    region: String,
    credentials: Credentials,
}

impl Post {
    pub(crate) fn new(http: Pool, service: &'static str, region: &str, credentials: &Credentials) -> Self {
        Self {
            http: SharedHttpConnector::new(http),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
            service,
            region: region.to_owned(),
            credentials: credentials.clone(),
        }
    }

    /// The same, with something between it and the network.
    pub(crate) fn through(self, between: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector) -> Self {
        Self { http: between(self.http), ..self }
    }

    /// The same, waiting by another clock.
    pub(crate) fn sleeping_by(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
    }

    /// Sends a body once, and reads the answer to its end, so that the connection can be used again.
    pub(crate) async fn send(
        &self,
        uri: &str,
        headers: &[(&'static str, &'static str)],
        body: String,
        takes_at_most: Duration,
    ) -> Result<StatusCode, BoxError> {
        let request = self.signed(uri, headers, body)?;
        let exchange = async {
            let response = self.http.call(request).await?;
            let status = StatusCode::from_u16(response.status().as_u16())?;
            response.into_body().collect().await?;
            Ok::<_, BoxError>(status)
        };
        Timeout::new(exchange, self.sleep.sleep(takes_at_most)).await?
    }

    fn signed(
        &self,
        uri: &str,
        headers: &[(&'static str, &'static str)],
        body: String,
    ) -> Result<HttpRequest, BoxError> {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableBody::Bytes(body.as_bytes());
        let to_sign = SignableRequest::new("POST", uri, headers.iter().copied(), signable)?;
        let (instructions, _) = sign(to_sign, &parameters)?.into_parts();
        let request = Request::builder().method("POST").uri(uri).header("content-length", body.len());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut request = request.body(SdkBody::from(body))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(HttpRequest::try_from(request)?)
    }
}
