//! An HTTP server for tests, in place of every service.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use crate::{Aws, Endpoints};

/// What a service was asked for: path with its query, headers, and the length of the body.
pub(crate) type Asked = Arc<Mutex<Vec<(String, HeaderMap, usize)>>>;

/// Services that answer with what `answer` makes of the number of a request, from 1.
pub(crate) async fn answering<R: IntoResponse>(
    answer: impl Fn(usize) -> R + Clone + Send + Sync + 'static,
) -> (Aws, Asked) {
    let asked = Asked::default();
    let noted = asked.clone();
    let router = Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let mut asked = noted.lock().unwrap();
        asked.push((uri.to_string(), headers, body.len()));
        answer(asked.len()).into_response()
    });
    (serve(router).await, asked)
}

/// Services that `router` plays.
pub(crate) async fn serve(router: Router) -> Aws {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let all = Some(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Aws::emulated(Endpoints { all, ..Endpoints::default() })
}

/// How often a service was asked.
pub(crate) fn count(asked: &Asked) -> usize {
    asked.lock().unwrap().len()
}
