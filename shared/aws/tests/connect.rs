//! The connection that the start opens.
#![cfg(feature = "dynamodb")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws::{Aws, Endpoints, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers every request with an empty object, and counts connections.
async fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 8192];
                while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                    if stream.write_all(answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn the_first_call_finds_the_connection_open() {
    let (address, connections) = server().await;
    let aws = Aws::emulated(Endpoints::default().with(Service::DynamoDb, address));
    aws.connect_dynamodb().await;
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    aws.dynamodb().list_tables().send().await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connecting_ends_also_when_nothing_is_there() {
    Aws::emulated(Endpoints::default().with(Service::DynamoDb, "http://127.0.0.1:9"))
        .connect_dynamodb()
        .await;
    Aws::emulated(Endpoints::default().with(Service::DynamoDb, "no address")).connect_dynamodb().await;
}
