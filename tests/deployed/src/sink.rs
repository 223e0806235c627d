//! An SMTP server that keeps every mail: as much of RFC 5321 as a relay needs.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use mail_parser::{MessageParser, MimeHeaders as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::LOOK_EVERY;

/// Where mails arrive.
#[derive(Clone, Debug)]
pub struct Sink {
    address: SocketAddr,
    letters: Arc<Mutex<Vec<Letter>>>,
}

/// A mail, parsed by a library that had no part in writing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// The header of that name.
    pub subject: String,
    /// The plain body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// The attachments.
    pub sounds: Vec<Vec<u8>>,
}

impl Sink {
    /// Starts listening on a free loopback port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let sink = Self { address: listener.local_addr()?, letters: Arc::default() };
        let letters = sink.letters.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks off has brought nothing.
                tokio::spawn(converse(stream, letters.clone()));
            }
        });
        Ok(sink)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What came for somebody, in the order in which it came.
    pub fn of(&self, recipient: &str) -> Vec<Letter> {
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.iter().filter(|letter| letter.recipients.iter().any(|to| to == recipient)).cloned().collect()
    }

    /// Waits for mails for somebody.
    ///
    /// # Errors
    /// When there are fewer after `patience`.
    pub async fn wait(&self, recipient: &str, count: usize, patience: Duration) -> Result<Vec<Letter>> {
        let deadline = Instant::now() + patience;
        loop {
            let letters = self.of(recipient);
            if letters.len() >= count {
                return Ok(letters);
            }
            if Instant::now() > deadline {
                anyhow::bail!("{} of {count} mails for {recipient} after {patience:?}", letters.len());
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Letter {
    fn read(recipients: Vec<String>, raw: &[u8]) -> Result<Self> {
        let parsed = MessageParser::default().parse(raw).context("what came is no mail")?;
        let body = |text: Option<std::borrow::Cow<'_, str>>| text.map(std::borrow::Cow::into_owned);
        Ok(Self {
            recipients,
            subject: parsed.subject().context("a mail without a subject")?.to_owned(),
            text: body(parsed.body_text(0)).context("a mail without a text")?,
            html: body(parsed.body_html(0)).context("a mail without HTML")?,
            sounds: parsed
                .attachments()
                .filter(|part| part.content_type().is_some_and(|kind| kind.ctype() == "audio"))
                .map(|part| part.contents().to_vec())
                .collect(),
        })
    }

    /// The link in it.
    ///
    /// # Errors
    /// When there is none.
    pub fn link(&self) -> Result<String> {
        let begin = self.text.find("https://").with_context(|| format!("no link in {}", self.text))?;
        Ok(self.text[begin..].chars().take_while(|c| !c.is_whitespace()).collect())
    }
}

async fn converse(stream: TcpStream, letters: Arc<Mutex<Vec<Letter>>>) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    writer.write_all(b"220 sink\r\n").await?;
    let mut recipients = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let command = String::from_utf8_lossy(&line).trim().to_owned();
        let verb = command.get(..4).unwrap_or(&command).to_ascii_uppercase();
        let answer: &[u8] = match &*verb {
            "EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "RCPT" => {
                let address = command.split(['<', '>']).nth(1).unwrap_or_default();
                recipients.push(address.to_owned());
                b"250 ok\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let raw = data(&mut reader).await?;
                match Letter::read(std::mem::take(&mut recipients), &raw) {
                    Ok(letter) => {
                        letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
                        b"250 ok\r\n"
                    }
                    // Nobody gets it, and a test that waits for it fails.
                    Err(_) => b"554 no mail\r\n",
                }
            }
            "RSET" => {
                recipients.clear();
                b"250 ok\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "HELO" | "MAIL" | "NOOP" => b"250 ok\r\n",
            _ => b"502 unknown\r\n",
        };
        writer.write_all(answer).await?;
    }
}

/// The lines up to a single dot, without the dots that were put before others (RFC 5321, 4.5.2).
async fn data(reader: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
    let (mut raw, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            anyhow::bail!("the connection ended in the middle of a mail");
        }
        match line.strip_prefix(b".") {
            Some(b"\r\n" | b"\n") => return Ok(raw),
            Some(rest) => raw.extend_from_slice(rest),
            None => raw.extend_from_slice(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_is_read_up_to_its_single_dot() {
        let sent = b"Subject: a\r\n\r\n..b\r\n.c\r\n.\r\nQUIT\r\n";
        let raw = data(&mut BufReader::new(&sent[..])).await.unwrap();
        assert_eq!(raw, b"Subject: a\r\n\r\n.b\r\nc\r\n");
        assert!(data(&mut BufReader::new(&b"half a mail\r\n"[..])).await.is_err());
    }
}
