//! Accepts connections and answers, well or as badly as the faults demand.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::answers;
use super::reply::{Content, Reply};
use super::visitors;
use crate::additions;
use crate::desk::{RestCall, RestFault};
use crate::network::Network;

/// How much of a body is sent at once.
const CHUNK: usize = 16 << 10;

/// What follows a sound that is longer than its header says: half a second at 16 kB/s.
const MORE: [u8; 8_000] = [0; 8_000];

/// How much of a request's body is read: a form is smaller.
const FORM_LIMIT: usize = 64 << 10;

/// How long a client may take to send it, in real time.
const BODY_TIME: Duration = Duration::from_secs(10);

type Chunks = StreamBody<stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, io::Error>>>>;

/// Serves the REST API until it is aborted.
pub(crate) async fn serve(listener: TcpListener, network: Arc<Network>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, say: some will be given back.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let network = network.clone();
        connections.spawn(async move {
            let reset = Arc::new(AtomicBool::new(false));
            let connection = Connection { stream, reset: reset.clone() };
            let service = service_fn(move |request| {
                let (network, reset) = (network.clone(), reset.clone());
                async move { handle(&network, request, &reset).await }
            });
            // What a client does to its connection is its own business.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service)
                .await;
        });
    }
}

/// The connection is to be reset.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset")]
struct Reset;

async fn handle(
    network: &Arc<Network>,
    request: Request<Incoming>,
    reset: &AtomicBool,
) -> Result<Response<Chunks>, Reset> {
    let (head, body) = request.into_parts();
    let is_addition = additions::is_here(head.uri.path());
    let refused = |status, code, why: &str| {
        let reply = match additions::Answer::refused(status, why).body {
            Some(error) if is_addition => Reply::new(status, Content::Json(error)),
            _ => Reply::error(status, code, why),
        };
        Ok(response(reply, None))
    };
    if let Some(why) = visitors::refusal(&head.headers) {
        return refused(StatusCode::FORBIDDEN, 20403, why);
    }
    // Time goes on while a client sends.
    let body = tokio::time::timeout(BODY_TIME, Limited::new(body, FORM_LIMIT).collect()).await;
    let request = match body {
        Ok(Ok(body)) => Request::from_parts(head, body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, 20413, "Request body is larger than 64 kB");
        }
        Ok(Err(_)) => return refused(StatusCode::BAD_REQUEST, 20001, "The request's body broke off"),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, 20408, "The request's body did not come"),
    };
    if is_addition {
        let additions::Answer { status, body } = additions::answer(network, &request).await;
        let content = body.map_or(Content::Empty, Content::Json);
        return Ok(response(Reply::new(status, content), None));
    }
    let _busy = network.clock.busy();
    let kind = answers::kind_of(request.method(), request.uri().path());
    let fault = network.desk.fault_for(kind, network.clock.now());
    if let Some(RestFault::Slow(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    let reply = match &fault {
        Some(RestFault::Reset) => None,
        None
        | Some(
            RestFault::Slow(_)
            | RestFault::CutShort
            | RestFault::EndsEarly
            | RestFault::Shortened
            | RestFault::ShortenedWithoutLength
            | RestFault::Lengthened,
        ) => Some(answers::answer(network, &request)),
        Some(fault) => Some(broken(fault)),
    };
    network.desk.note(RestCall {
        at: network.clock.now(),
        request: kind,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        status: reply.as_ref().map_or(0, |reply| reply.status.as_u16()),
        had_authorization: request.headers().contains_key(AUTHORIZATION),
    });
    let Some(reply) = reply else {
        reset.store(true, Ordering::SeqCst);
        return Err(Reset);
    };
    if fault == Some(RestFault::CutShort) {
        reset.store(true, Ordering::SeqCst);
    }
    Ok(response(reply, fault.as_ref()))
}

fn broken(fault: &RestFault) -> Reply {
    match fault {
        RestFault::NotFound => Reply::not_found(),
        RestFault::Unauthorized => Reply::unauthorized(),
        RestFault::HtmlPage => Reply::new(
            StatusCode::OK,
            Content::Html("<!DOCTYPE html><html><body>Please sign in.</body></html>".into()),
        ),
        RestFault::NoSound(text) => Reply::new(StatusCode::OK, Content::Wav((*text).into())),
        RestFault::TooManyRequests { retry_after } => Reply::too_many(*retry_after),
        RestFault::Refused(code) => Reply::error(StatusCode::BAD_REQUEST, *code, "This is refused"),
        RestFault::RedirectTo(url) => {
            let mut reply = Reply::new(StatusCode::FOUND, Content::Empty);
            reply.headers.push((LOCATION, url.clone()));
            reply
        }
        _ => Reply::error(StatusCode::INTERNAL_SERVER_ERROR, 20500, "An internal server error has occurred"),
    }
}

fn response(reply: Reply, fault: Option<&RestFault>) -> Response<Chunks> {
    let (content_type, mut body) = reply.content.into_parts();
    let half = body.len() / 2;
    match fault {
        Some(RestFault::Shortened | RestFault::ShortenedWithoutLength) => body.truncate(half),
        Some(RestFault::Lengthened) => body = [&body[..], &MORE[..]].concat().into(),
        _ => {}
    }
    let length = body.len();
    let breaks_off = matches!(fault, Some(RestFault::CutShort | RestFault::EndsEarly));
    let mut chunks: Vec<Result<Frame<Bytes>, io::Error>> = Vec::new();
    let mut rest = if breaks_off { body.slice(..half) } else { body };
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(CHUNK));
        chunks.push(Ok(Frame::data(chunk)));
    }
    if breaks_off {
        chunks.push(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
    }
    let mut response = Response::new(StreamBody::new(stream::iter(chunks)));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if fault == Some(&RestFault::ShortenedWithoutLength) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    } else if reply.status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// A connection that can end with a reset instead of a farewell.
struct Connection {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.reset.load(Ordering::SeqCst) {
            // Without it the client sees an early end, which is as broken.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
