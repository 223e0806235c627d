use std::sync::{Arc, Mutex};

use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const BODY: &str = r#"{"specversion":"1.0","id":"CL1/1"}"#;

/// A program that answers each request with the bytes that are next, and ends the connection once there are none. What
/// it was sent, as text; a line `---` for each connection.
async fn program(answers: Vec<String>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = sent.clone();
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        while let Ok((mut connection, _)) = listener.accept().await {
            noted.lock().unwrap().push("---".to_owned());
            while let Some(request) = request(&mut connection).await {
                noted.lock().unwrap().push(request);
                let Some(answer) = answers.next() else { break };
                if connection.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, sent)
}

async fn request(connection: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    while !read.ends_with(BODY.as_bytes()) {
        if connection.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8(read).unwrap())
}

fn answer(status: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n{more}\r\n")
}

fn secrets() -> Vec<SecretString> {
    ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        .map(Into::into)
        .into()
}

fn sender() -> Sender {
    Sender::new(Reach::PublicAndLoopback).with_patience(Duration::from_secs(3))
}

fn at(port: u16) -> Endpoint {
    Endpoint::parse(&format!("http://127.0.0.1:{port}/calls?secret=1"), Reach::PublicAndLoopback).unwrap()
}

async fn send(sender: &Sender, endpoint: &Endpoint) -> Result<Answered, Unanswered> {
    sender.send(endpoint, Message { id: "CL1/1", at: Timestamp::now(), body: BODY }, &secrets()).await
}

#[tokio::test]
async fn a_message_is_sent_whole_once_and_signed() {
    let (port, sent) = program(vec![answer("204 No Content", "")]).await;
    let answered = send(&sender(), &at(port)).await.unwrap();
    assert_eq!(answered, Answered { status: StatusCode::NO_CONTENT, retry_after: None });

    let sent = sent.lock().unwrap().clone();
    let [_, request] = &sent[..] else { panic!("{sent:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, BODY);
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /calls?secret=1 HTTP/1.1"));
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers: http::HeaderMap =
        headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let content_type: http::HeaderName = CONTENT_TYPE;
    assert_eq!(headers[content_type], "application/cloudevents+json; charset=utf-8");
    assert_eq!(headers["webhook-id"], "CL1/1");
    for secret in secrets() {
        use secrecy::ExposeSecret as _;
        Webhook::new(secret.expose_secret()).unwrap().verify(body.as_bytes(), &headers).unwrap();
    }
}

#[tokio::test]
async fn an_answer_is_told_as_it_is() {
    let elsewhere = "location: http://127.0.0.1:1/\r\n";
    let answers = [
        ("200 OK", "", 200, None),
        ("301 Moved Permanently", elsewhere, 301, None),
        ("307 Temporary Redirect", elsewhere, 307, None),
        ("410 Gone", "", 410, None),
        ("429 Too Many Requests", "retry-after: 30\r\n", 429, Some(30)),
        ("503 Service Unavailable", "retry-after: soon\r\n", 503, None),
    ];
    let (port, sent) = program(answers.iter().map(|(status, more, ..)| answer(status, more)).collect()).await;
    let sender = sender();
    for (status, _, code, retry_after) in answers {
        let answered = send(&sender, &at(port)).await.unwrap();
        assert_eq!(answered.status.as_u16(), code, "{status}");
        assert_eq!(answered.retry_after, retry_after.map(SignedDuration::from_secs), "{status}");
    }
    // One connection for all.
    assert_eq!(sent.lock().unwrap().len(), 1 + answers.len());
}

#[tokio::test]
async fn of_a_long_answer_only_the_beginning_is_read() {
    let endless = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n{}", "x".repeat(100_000));
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 1024\r\n\r\n".to_owned() + &"x".repeat(1024);
    for (answers, connections) in
        [([endless.clone(), answer("200 OK", "")], 2), ([short, answer("200 OK", "")], 1)]
    {
        let (port, sent) = program(answers.into()).await;
        let sender = sender();
        for _ in 0..2 {
            assert_eq!(send(&sender, &at(port)).await.unwrap().status, StatusCode::OK);
        }
        let sent = sent.lock().unwrap();
        assert_eq!(sent.iter().filter(|it| *it == "---").count(), connections);
    }
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().map(|_| silent).unwrap();
    let sender = sender().with_patience(Duration::from_millis(50));
    let unanswered = send(&sender, &at(silent.local_addr().unwrap().port())).await;
    assert!(matches!(unanswered, Err(Unanswered::TooLate)), "{unanswered:?}");
    // Nor for the rest of an answer that comes drop by drop.
    let (port, _) = program(vec!["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_owned()]).await;
    let unanswered = send(&sender, &at(port)).await;
    assert!(matches!(unanswered, Err(Unanswered::TooLate)), "{unanswered:?}");
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let unanswered = send(&sender(), &at(closed)).await;
    assert!(matches!(unanswered, Err(Unanswered::NotConnected)), "{unanswered:?}");
    for nonsense in ["", "SSH-2.0-OpenSSH\r\n\r\n"] {
        let (port, _) = program(vec![nonsense.to_owned()]).await;
        let patient = sender().with_patience(Duration::from_millis(200));
        let unanswered = send(&patient, &at(port)).await;
        assert!(matches!(unanswered, Err(Unanswered::Broken | Unanswered::TooLate)), "{unanswered:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_public_is_not_connected_to() {
    let (port, sent) = program(Vec::new()).await;
    // As names, behind which these addresses are found.
    for host in ["localhost", "localhost.", "127.1", "2130706433", "0x7f.1"] {
        let url = format!("https://{host}:{port}/");
        let endpoint = Endpoint::parse(&url, Reach::PublicAndLoopback).unwrap();
        let unanswered = send(&Sender::new(Reach::Public), &endpoint).await;
        // What is a number, however it is written, is no name for TLS either.
        let is_name = host == "localhost";
        assert!(
            matches!(unanswered, Err(Unanswered::NotPublic))
                || !is_name && matches!(unanswered, Err(Unanswered::NotConnected)),
            "{host}: {unanswered:?}"
        );
    }
    assert_eq!(*sent.lock().unwrap(), [] as [String; 0]);
}

#[tokio::test]
async fn plain_http_is_not_spoken_to_the_public() {
    let (port, sent) = program(vec![answer("200 OK", "")]).await;
    let unanswered = send(&Sender::new(Reach::Public), &at(port)).await;
    assert!(matches!(unanswered, Err(Unanswered::NotConnected)), "{unanswered:?}");
    assert_eq!(*sent.lock().unwrap(), [] as [String; 0]);
}

#[tokio::test]
async fn nothing_is_sent_that_is_not_signed() {
    let (port, sent) = program(vec![answer("200 OK", "")]).await;
    let message = Message { id: "CL1/1", at: Timestamp::UNIX_EPOCH, body: BODY };
    let unanswered = sender().send(&at(port), message, &[]).await;
    assert!(matches!(unanswered, Err(Unanswered::NotSigned(NotSigned::NoSecret))), "{unanswered:?}");
    assert_eq!(*sent.lock().unwrap(), [] as [String; 0]);
}

#[test]
fn one_address_that_is_not_public_is_enough() {
    let all =
        |texts: &[&str]| texts.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect::<Vec<_>>();
    let public = all(&["1.1.1.1", "2606:4700:4700::1111"]);
    assert_eq!(all_within(Reach::Public, public.clone()), Ok(public));
    for texts in [["1.1.1.1", "127.0.0.1"], ["10.0.0.1", "1.1.1.1"], ["1.1.1.1", "::ffff:169.254.169.254"]] {
        assert_eq!(all_within(Reach::Public, all(&texts)), Err(NotPublic), "{texts:?}");
    }
}

#[test]
fn what_went_wrong_does_not_say_the_address() {
    for unanswered in
        [Unanswered::NotPublic, Unanswered::NotConnected, Unanswered::TooLate, Unanswered::Broken]
    {
        assert!(!unanswered.to_string().contains("http"), "{unanswered}");
    }
}
