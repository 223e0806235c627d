//! A server for the client's requests, and as whom they are made.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use phone::AccountSid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use twilio::{Login, Rest, Secret};

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const CALL: &str = "CA00000000000000000000000000000002";

/// A server that answers the raw text that `answer` makes of a request's path, and hangs up.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The requests: request line, header fields, and their bodies.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn answering(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::answering_request(move |request| answer(request.split(' ').nth(1).unwrap_or_default())).await
    }

    /// The same, of a whole request.
    pub(crate) async fn answering_request(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), requests: Arc::default() };
        let requests = server.requests.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let request = request(&mut connection).await;
                let answer = answer(&request);
                requests.lock().unwrap().push(request);
                // Who has gone away does not read it.
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn rest(&self) -> Rest {
        Rest::at(self.url())
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn request(connection: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

pub(crate) fn login() -> Login {
    login_of(&format!(r#"{{"accounts":[{{"sid":"{ACCOUNT}","auth_tokens":["hush"]}}]}}"#))
}

pub(crate) fn login_of(secret: &str) -> Login {
    Secret::parse(secret).unwrap().account(&account()).unwrap().login.clone()
}

pub(crate) fn account() -> AccountSid {
    AccountSid::parse(ACCOUNT).unwrap()
}

pub(crate) fn authorization(request: &str) -> Option<&str> {
    request.lines().find_map(|line| line.strip_prefix("authorization: "))
}
