//! Web sockets of programs: over the network, or in the web of this exchange.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::{Error, Message};
use tower_service::Service as _;

use crate::clock::{Clock, lock};
use crate::url;

/// What stands at an address of a web socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Socket {
    /// It takes whatever comes, and says nothing.
    Listens,
    /// It refuses the handshake, with this status.
    Refuses(u16),
    /// Nobody answers there.
    Nobody,
    /// It closes after so long, in good manner.
    ClosesAfter(Duration),
    /// Its connection breaks after so long.
    BreaksAfter(Duration),
}

/// What a web socket in the web of this exchange was told, in one connection.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SocketStory {
    /// Its address.
    pub url: String,
    /// The headers of the handshake; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The messages, in order: media up to the first five minutes of both tracks, all others.
    pub messages: Vec<Value>,
    /// How many there were of media.
    pub media: usize,
    /// When it began, in the exchange's time.
    pub from: Timestamp,
    /// When it ended, if it has.
    pub until: Option<Timestamp>,
}

impl SocketStory {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.until.is_some()
    }
}

/// So many messages of media are kept of a connection.
const KEPT_MEDIA: usize = 2 * 5 * 60 * 50;

/// How much is under way at most to a web socket in the web of this exchange.
const UNDER_WAY: usize = 256 * 1024;

/// A connection, of whatever kind.
pub(crate) trait Way: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Way for T {}

pub(crate) type Wire = WebSocketStream<Box<dyn Way>>;

/// What came of the wish to be connected.
pub(crate) enum Connected {
    Open(Box<Wire>),
    /// Somebody answered, and not with 101.
    Refused(String),
    /// Nobody did.
    Nobody(String),
}

/// Those in the web of this exchange. What is not among them is looked for in the network.
#[derive(Default)]
pub(crate) struct Sockets {
    published: Mutex<HashMap<String, Socket>>,
    stories: Mutex<Vec<Arc<Mutex<SocketStory>>>>,
}

/// Whether the address is one that Twilio connects to: `wss://`, without a query. On this machine `ws://` will do.
pub(crate) fn is_address(address: &str) -> bool {
    let is_here = |rest: &str| {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    };
    let rest =
        address.strip_prefix("wss://").or_else(|| address.strip_prefix("ws://").filter(|it| is_here(it)));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(['?', '#', ' '])
    })
}

impl Sockets {
    pub(crate) fn publish(&self, url: &str, socket: Socket) {
        lock(&self.published).insert(url.to_owned(), socket);
    }

    /// What those in the web of this exchange were told, in the order in which they were connected.
    pub(crate) fn stories(&self) -> Vec<SocketStory> {
        lock(&self.stories).iter().map(|story| lock(story).clone()).collect()
    }

    /// Connects, within so much of the real time, signed as every request.
    pub(crate) async fn connect(
        &self,
        clock: &Clock,
        address: &str,
        signature: &str,
        limit: Duration,
    ) -> Connected {
        let published = lock(&self.published).get(address).copied();
        let request = match request(address, signature) {
            Ok(request) => request,
            Err(error) => return Connected::Nobody(error.to_string()),
        };
        match published {
            Some(Socket::Nobody) => Connected::Nobody("nobody answers there".to_owned()),
            Some(socket) => {
                let (ours, theirs) = tokio::io::duplex(UNDER_WAY);
                let begun =
                    SocketStory { url: address.to_owned(), from: clock.now(), ..SocketStory::default() };
                let story = Arc::new(Mutex::new(begun));
                lock(&self.stories).push(story.clone());
                drop(clock.spawn(stands_there(clock.clone(), socket, theirs, story)));
                of_handshake(tokio_tungstenite::client_async(request, Box::new(ours) as Box<dyn Way>).await)
            }
            None => {
                let connecting = over_the_network(address, request);
                let connected = tokio::time::timeout(limit, connecting).await;
                connected.unwrap_or_else(|_| Connected::Nobody(format!("no answer within {limit:?}")))
            }
        }
    }
}

fn request(address: &str, signature: &str) -> Result<Request, Error> {
    let bare = url::Target::of(address).url;
    let mut request = bare.into_client_request()?;
    let signature = HeaderValue::from_str(signature).map_err(http::Error::from)?;
    request.headers_mut().insert(signature::HEADER, signature);
    request.headers_mut().insert(http::header::USER_AGENT, HeaderValue::from_static("Twilio.TmeWs/1.0"));
    Ok(request)
}

/// Over TLS, unless the address is one of this machine.
async fn over_the_network(address: &str, request: Request) -> Connected {
    let bare = url::Target::of(address).url;
    // What connects knows the web's own schemes only.
    let uri: Result<Uri, _> = bare.replacen("ws", "http", 1).parse();
    let uri = match uri {
        Ok(uri) => uri,
        Err(error) => return Connected::Nobody(error.to_string()),
    };
    let mut connector =
        hyper_rustls::HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
    match connector.call(uri).await {
        Ok(way) => {
            let way: Box<dyn Way> = Box::new(TokioIo::new(way));
            of_handshake(tokio_tungstenite::client_async(request, way).await)
        }
        Err(error) => Connected::Nobody(error.to_string()),
    }
}

fn of_handshake(shaken: Result<(Wire, Response), Error>) -> Connected {
    match shaken {
        Ok((wire, _)) => Connected::Open(Box::new(wire)),
        Err(Error::Io(error)) => Connected::Nobody(error.to_string()),
        Err(error) => Connected::Refused(error.to_string()),
    }
}

/// The other end of a connection in the web of this exchange.
async fn stands_there(clock: Clock, socket: Socket, way: DuplexStream, story: Arc<Mutex<SocketStory>>) {
    let refuses = match socket {
        Socket::Refuses(status) => Some(status),
        _ => None,
    };
    let headers_of = story.clone();
    #[expect(clippy::result_large_err, reason = "so the library wants it")]
    let looks = move |request: &http::Request<()>, response: http::Response<()>| {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        lock(&headers_of).headers =
            request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        match refuses {
            None => Ok(response),
            Some(status) => {
                let mut refusal = http::Response::new(None);
                *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
                Err(refusal)
            }
        }
    };
    let shaken = clock.wait_for(tokio_tungstenite::accept_hdr_async(way, looks)).await;
    let Ok(mut wire) = shaken else {
        lock(&story).until = Some(clock.now());
        return;
    };
    let lasts = match socket {
        Socket::ClosesAfter(lasts) | Socket::BreaksAfter(lasts) => Some(lasts),
        _ => None,
    };
    let ends = lasts.map(|lasts| crate::clock::later(clock.now(), lasts));
    loop {
        let next = match ends {
            None => Some(clock.wait_for(wire.next()).await),
            Some(at) => clock.wait_at_most(crate::clock::until(clock.now(), at), wire.next()).await,
        };
        match next {
            Some(Some(Ok(Message::Text(text)))) => keep(&story, text.as_str()),
            Some(Some(Ok(_))) => {}
            None if matches!(socket, Socket::ClosesAfter(_)) => {
                let _ = wire.close(None).await;
                // Until the other end has said goodbye, too.
                while let Some(Ok(_)) = clock.wait_for(wire.next()).await {}
                break;
            }
            _ => break,
        }
    }
    lock(&story).until = Some(clock.now());
}

fn keep(story: &Mutex<SocketStory>, text: &str) {
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    let mut story = lock(story);
    if message["event"] == "media" {
        story.media += 1;
        if story.media > KEPT_MEDIA {
            return;
        }
    }
    story.messages.push(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_twilio_connects_to_is_an_address() {
        let cases = [
            ("wss://a.example/b", true),
            ("wss://a.example:8443", true),
            ("ws://127.0.0.1:9000/b", true),
            ("ws://localhost:9000", true),
            ("ws://[::1]:9000", true),
            ("ws://a.example/b", false),
            ("ws://127.0.0.1.a.example/b", false),
            ("wss://a.example/b?c=d", false),
            ("https://a.example/b", false),
            ("wss://", false),
            ("wss:///b", false),
            ("/b", false),
        ];
        for (address, is_one) in cases {
            assert_eq!(is_address(address), is_one, "{address}");
        }
    }
}
