//! The SDKs' HTTP client: hyper with rustls, ring and embedded roots, and nothing else.
//!
//! `aws-smithy-http-client` takes root certificates only as PEM, to be decoded and parsed at each
//! start; `webpki-roots` has them as constants. It is the same stack that `shared/twilio` uses,
//! so a function links one TLS and one HTTP implementation.

use std::{error::Error, io};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connection::{CaptureSmithyConnection, ConnectionMetadata},
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{CaptureConnection, HttpConnector as TcpConnector, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use thiserror::Error;

/// An HTTP client with a connection pool of its own, for SDK clients that are made elsewhere.
pub fn shared() -> SharedHttpClient {
    SharedHttpClient::new(pool())
}

/// Connections of its own.
pub(crate) fn pool() -> Pool {
    let mut tcp = TcpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    Pool(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
}

/// Connections that are kept, and opened when there is none. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Client<HttpsConnector<TcpConnector>, SdkBody>);

impl Pool {
    /// Opens a connection to `endpoint` with a request that any HTTP server answers and that needs
    /// no permission, and leaves it to the next call.
    #[cfg(feature = "dynamodb")]
    pub(crate) async fn connect(&self, endpoint: &str) -> Result<(), BoxError> {
        let response = self.0.request(http::Request::get(endpoint).body(SdkBody::empty())?).await?;
        // Only a connection whose answer was read to its end is used again.
        http_body_util::BodyExt::collect(response.into_body()).await?;
        Ok(())
    }
}

impl HttpClient for Pool {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || Some(metadata(connection.clone())));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(response) => HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Err(error) => Err(classify(error.into())),
            }
        })
    }
}

/// The same, but an answer is there once all of it is: a client with answers that come piece by piece gives up
/// on half of one as on none, in the same time, and tries again.
#[cfg(feature = "s3")]
#[derive(Clone, Debug)]
pub(crate) struct Whole(pub(crate) Pool);

#[cfg(feature = "s3")]
impl HttpClient for Whole {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

#[cfg(feature = "s3")]
impl HttpConnector for Whole {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            let whole = http_body_util::BodyExt::collect(body).await.map_err(ConnectorError::io)?;
            *answer.body_mut() = SdkBody::from(whole.to_bytes());
            Ok(answer)
        })
    }
}

/// Lets the SDK drop a connection on which a request failed in a way that another may not.
fn metadata(connection: CaptureConnection) -> ConnectionMetadata {
    ConnectionMetadata::builder()
        .proxied(false)
        .poison_fn(move || {
            if let Some(connected) = connection.connection_metadata().as_ref() {
                connected.poison();
            }
        })
        .build()
}

/// No connection could be opened: what was to be asked for surely did not happen.
#[derive(Debug, Error)]
#[error("no connection can be opened")]
pub struct NotConnected(#[source] pub BoxError);

/// Whether a call failed because no connection could be opened.
pub fn was_never_connected(error: &(dyn Error + 'static)) -> bool {
    find::<NotConnected>(error).is_some()
}

/// Tells the SDK which failures another attempt may mend.
fn classify(error: BoxError) -> ConnectorError {
    let connecting = find::<hyper_util::client::legacy::Error>(&*error)
        .is_some_and(hyper_util::client::legacy::Error::is_connect);
    if connecting {
        return ConnectorError::io(NotConnected(error).into());
    }
    let hyper = find::<hyper::Error>(&*error);
    if hyper.is_some_and(hyper::Error::is_timeout) {
        ConnectorError::timeout(error)
    } else if hyper.is_some_and(hyper::Error::is_user) {
        ConnectorError::user(error)
    } else if hyper.is_some_and(hyper::Error::is_incomplete_message) {
        // The server closed an idle connection while the request was under way.
        ConnectorError::other(error, Some(ErrorKind::TransientError))
    } else if hyper.is_some_and(|error| error.is_closed() || error.is_canceled())
        || find::<io::Error>(&*error).is_some()
    {
        ConnectorError::io(error)
    } else {
        ConnectorError::other(error, None)
    }
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}
