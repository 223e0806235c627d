//! A client for tests that sends just what it is told.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Status line and headers, names in small letters.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Page {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Opens a URL as a browser does.
pub(crate) async fn open(url: &str) -> Page {
    send("GET", url, &[], b"").await.unwrap()
}

/// Sends a request with a connection of its own.
pub(crate) async fn send(method: &str, url: &str, headers: &[&str], body: &[u8]) -> std::io::Result<Page> {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let length = format!("Content-Length: {}", body.len());
    let host_header = format!("Host: {host}");
    let has_host = headers.iter().any(|header| header.starts_with("Host:"));
    let start = format!("{method} /{path} HTTP/1.1");
    let mut lines = vec![start.as_str(), "Connection: close", &length];
    lines.extend((!has_host).then_some(host_header.as_str()));
    lines.extend(headers);
    let request = lines.join("\r\n") + "\r\n\r\n";
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    // A server that does not want the body may answer before it has all of it.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    let Some(split) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Err(end.err().unwrap_or(std::io::ErrorKind::UnexpectedEof.into()));
    };
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Page { status, head, body: answer[split + 4..].to_vec() })
}
