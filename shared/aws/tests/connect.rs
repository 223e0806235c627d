//! The connection that the start opens.
#![cfg(feature = "dynamodb")]
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

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
    aws.connect_dynamodb(async {}).await;
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    aws.dynamodb().list_tables().send().await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_request_is_on_its_way_while_clients_are_built() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (read, request) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read.send(stream.read(&mut [0; 8192]).unwrap()).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let aws = Aws::emulated(Endpoints::default().with(Service::DynamoDb, address));
    // It holds this thread up, as work of our own does.
    let came = aws.connect_dynamodb(async { request.recv_timeout(Duration::from_secs(5)) }).await;
    assert!(came.unwrap() > 0);
}

#[tokio::test]
async fn connecting_ends_also_when_nothing_is_there() {
    Aws::emulated(Endpoints::default().with(Service::DynamoDb, "http://127.0.0.1:9"))
        .connect_dynamodb(async {})
        .await;
    let nowhere = Aws::emulated(Endpoints::default().with(Service::DynamoDb, "no address"));
    assert_eq!(nowhere.connect_dynamodb(async { "done" }).await, "done");
}
