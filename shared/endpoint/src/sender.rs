//! Sends to endpoints, and to nobody else.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use thiserror::Error;
use tower_service::Service;

use crate::addresses::Reach;
use crate::retry_after;
use crate::signed::{NotSigned, signature};
use crate::url::Endpoint;

/// How long all of it may take, unless told otherwise: to look the host up, to connect, to be answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// As much of an answer's body is read as leaves the connection to the next message. Nobody looks at it.
const BODY_IS_READ: usize = 1024;

/// How long a connection is kept for the next message.
const KEPT_FOR: Duration = Duration::from_secs(20);

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What it is called, the same however often it is sent.
    pub id: &'a str,
    /// When this is.
    pub at: Timestamp,
    /// A `CloudEvent`, in JSON.
    pub body: &'a str,
}

/// What an endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status; of a redirect too, which is not followed.
    pub status: StatusCode,
    /// For how long it wants to be left alone.
    pub retry_after: Option<SignedDuration>,
}

/// Why nothing was answered. None of it says the address, in which there may be a secret.
#[derive(Debug, Error)]
pub enum Unanswered {
    /// Nothing was sent.
    #[error("it can't be signed")]
    NotSigned(#[from] NotSigned),
    /// Nothing was sent: the host has an address that is not public.
    #[error("its host has an address that is not public")]
    NotPublic,
    /// The host has no address, or nobody listens there, or not as it must be.
    #[error("no connection can be opened")]
    NotConnected,
    /// Not within the time.
    #[error("it does not answer in time")]
    TooLate,
    /// The answer is broken off, or is none.
    #[error("its answer is broken")]
    Broken,
}

/// A message on its way.
pub type Sending = Pin<Box<dyn Future<Output = Result<Answered, Unanswered>> + Send>>;

/// What a message goes through, by its id.
type Way = Arc<dyn Fn(&str, Sending) -> Sending + Send + Sync>;

/// Sends to endpoints. Clones share the connections.
#[derive(Clone)]
pub struct Sender {
    client: Client<HttpsConnector<HttpConnector<Checked>>, Full<Bytes>>,
    patience: Duration,
    way: Option<Way>,
}

impl Sender {
    /// One that reaches these.
    pub fn new(reach: Reach) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Checked { names: GaiResolver::new(), reach });
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(PATIENCE / 2));
        let tls = HttpsConnectorBuilder::new().with_webpki_roots();
        let tls = match reach {
            Reach::Public => tls.https_only(),
            Reach::PublicAndLoopback => tls.https_or_http(),
        };
        let connector = tls.enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_FOR)
            .build(connector);
        Self { client, patience: PATIENCE, way: None }
    }

    /// The same, which waits so long.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same, of which each message goes through `way`, which is told its id: where time is not the machine's.
    pub fn through(self, way: impl Fn(&str, Sending) -> Sending + Send + Sync + 'static) -> Self {
        Self { way: Some(Arc::new(way)), ..self }
    }

    /// Sends a message once, signed by each of these secrets.
    ///
    /// # Errors
    /// [`Unanswered`]. Unless nothing was sent, the message may have arrived.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        message: Message<'_>,
        secrets: &[SecretString],
    ) -> Result<Answered, Unanswered> {
        let signature = signature(message.id, message.at, message.body, secrets)?;
        let request = Request::post(endpoint.uri().clone())
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header(USER_AGENT, "Aftertone")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.at.as_second())
            .header("webhook-signature", signature)
            .body(Full::from(message.body.to_owned()))
            // An id that no header can have.
            .map_err(|_| Unanswered::Broken)?;
        let (client, patience, at) = (self.client.clone(), self.patience, message.at);
        let exchange = async move {
            let response = client.request(request).await.map_err(|error| told(&error))?;
            let answered = Answered {
                status: response.status(),
                retry_after: retry_after::read(response.headers(), at),
            };
            // It has answered, whatever becomes of the rest.
            drop(Limited::new(response.into_body(), BODY_IS_READ).collect().await);
            Ok(answered)
        };
        let sending =
            async move { tokio::time::timeout(patience, exchange).await.map_err(|_| Unanswered::TooLate)? };
        match &self.way {
            Some(way) => way(message.id, Box::pin(sending)).await,
            None => sending.await,
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

fn told(error: &hyper_util::client::legacy::Error) -> Unanswered {
    let mut causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source());
    if causes.any(<dyn Error>::is::<NotPublic>) {
        Unanswered::NotPublic
    } else if error.is_connect() {
        Unanswered::NotConnected
    } else {
        Unanswered::Broken
    }
}

/// Looks hosts up, and gives out only what may be reached. The connection goes to what it gives out: nobody looks the
/// host up again in between.
#[derive(Clone, Debug)]
struct Checked {
    names: GaiResolver,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an address is not public")]
struct NotPublic;

type Looked = Result<std::vec::IntoIter<SocketAddr>, Box<dyn Error + Send + Sync>>;

impl Service<Name> for Checked {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Looked> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.names.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (reach, looked_up) = (self.reach, self.names.call(name));
        Box::pin(async move { Ok(all_within(reach, looked_up.await?.collect())?.into_iter()) })
    }
}

/// One that is not is enough: whoever has put it there may mean it.
fn all_within(reach: Reach, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
    if addresses.iter().all(|address| reach.has(address.ip())) { Ok(addresses) } else { Err(NotPublic) }
}

#[cfg(test)]
mod tests;
