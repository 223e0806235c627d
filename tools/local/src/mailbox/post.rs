//! The mails that were accepted: their files, and what becomes of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use std::{fs, io};

use exchange::clock::{BoxFuture, Clock};
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::Value;

use crate::mail_events::{self, Fate, MailEventType, Sent};
use crate::place::write_whole;

/// How SES may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `Throttling`: too many mails a second. Nothing was sent.
    Throttling,
    /// 503 `ServiceUnavailable`. Nothing was sent.
    ServiceUnavailable,
    /// 400 `MessageRejected`: SES does not want this mail. Nothing was sent.
    MessageRejected,
    /// 500 `InternalFailure`, but the mail **was** sent: the answer that tells so got lost.
    SentButUnanswered,
}

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its file.
    pub path: PathBuf,
    /// What SES answered: the part of the `Message-ID` before the `@`. `None` for a mail whose
    /// file does not tell.
    pub message_id: Option<String>,
    /// To whom it went: as the request said, or else as its headers say.
    pub recipients: Vec<String>,
    /// The whole mail as it went out.
    pub raw: Vec<u8>,
}

pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) post: Mutex<Post>,
    pub(super) subscriber: OnceLock<Subscriber>,
    pub(super) travel: Mutex<Option<EventTravel>>,
}

/// How long after they are published the copies of an event arrive; none if it is lost.
pub(super) type EventTravel = Arc<dyn Fn(Timestamp) -> Vec<Duration> + Send + Sync>;

/// Takes what a topic calls its function with.
pub(super) type Subscriber = Box<dyn Fn(Value) -> BoxFuture<'static, ()> + Send + Sync>;

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
pub(super) struct Post {
    pub(super) mails: Vec<Mail>,
    /// The number of the latest file.
    pub(super) latest: u32,
    pub(super) requests: u64,
    pub(super) faults: VecDeque<Fault>,
    pub(super) fates: HashMap<String, Fate>,
    /// How many events were published.
    pub(super) events: u32,
}

impl Shared {
    pub(super) fn post(&self) -> MutexGuard<'_, Post> {
        // Whoever panicked while holding it left it complete: it is only pushed to.
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Treats `message` as SES does and writes it down; answers its ID.
    pub(super) fn accept(&self, message: &[u8], recipients: Vec<String>) -> io::Result<String> {
        let now = self.clock.now();
        let mut post = self.post();
        let number = post.latest + 1;
        let message_id =
            format!("{:016x}-{number:08x}-0000-4000-8000-000000000000-000000", now.as_millisecond());
        let raw = as_sent(message, &message_id, now);
        let time = now.strftime("%Y%m%dT%H%M%SZ");
        let path = self.folder.join(format!("{number:04}-{time}.eml"));
        // A reader of the folder sees whole mails only.
        write_whole(&path, &raw)?;
        post.latest = number;
        post.mails.push(Mail { path, message_id: Some(message_id.clone()), recipients, raw });
        Ok(message_id)
    }
}

impl Shared {
    /// Publishes that a mail was sent, and what becomes of it, when it does.
    pub(super) fn publish(
        self: &Arc<Self>,
        message_id: &str,
        message: &[u8],
        recipients: &[String],
        configuration_set: &str,
        tags: &BTreeMap<String, String>,
    ) {
        let at = self.clock.now();
        let parsed = MessageParser::default().parse(message);
        let has_attachment = parsed.is_some_and(|mail| mail.attachment_count() > 0);
        for recipient in recipients {
            let fate = self.post().fates.get(recipient).copied().unwrap_or_default();
            let event = match fate.event {
                MailEventType::Bounced(why) if why.is_for_the_attachment() && !has_attachment => {
                    MailEventType::Delivered
                }
                event => event,
            };
            let sent = Sent { message_id, at, recipient, configuration_set, tags };
            let then = at.checked_add(fate.after).unwrap_or(at);
            for (event, at) in [(MailEventType::Sent, at), (event, then)] {
                let number = {
                    let mut post = self.post();
                    post.events += 1;
                    post.events
                };
                let event = mail_events::topic_event(&mail_events::event(&sent, event, at), number, at);
                for delay in self.travel(at) {
                    self.publish_at(at.checked_add(delay).unwrap_or(at), event.clone());
                }
            }
        }
    }

    /// When the copies of an event arrive, after it.
    fn travel(&self, published_at: Timestamp) -> Vec<Duration> {
        let travel = self.travel.lock().unwrap_or_else(PoisonError::into_inner).clone();
        travel.map_or_else(|| vec![Duration::ZERO], |travel| travel(published_at))
    }

    fn publish_at(self: &Arc<Self>, then: Timestamp, event: Value) {
        let shared = self.clone();
        drop(self.clock.spawn(async move {
            shared.clock.sleep_until(then).await;
            if let Some(subscriber) = shared.subscriber.get() {
                subscriber(event).await;
            }
        }));
    }
}

/// The mails that lie in `folder`, by name, which is by age.
pub(super) fn kept(folder: &Path) -> io::Result<Vec<Mail>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if number(&path).is_some() {
            paths.push(path);
        }
    }
    paths.sort_by_key(|path| number(path));
    paths
        .into_iter()
        .map(|path| {
            let raw = fs::read(&path)?;
            let message_id = MessageParser::default()
                .parse_headers(&raw)
                .and_then(|mail| Some(mail.message_id()?.split('@').next()?.to_owned()));
            Ok(Mail { recipients: addressed(&raw), path, message_id, raw })
        })
        .collect()
}

/// The number in a mail's file name, or `None` when the file is no mail of ours.
pub(super) fn number(path: &Path) -> Option<u32> {
    if path.extension()? != "eml" {
        return None;
    }
    path.file_name()?.to_str()?.split_once('-')?.0.parse().ok()
}

/// Whom the headers name: To, Cc and Bcc.
pub(super) fn addressed(message: &[u8]) -> Vec<String> {
    let Some(headers) = MessageParser::default().parse_headers(message) else {
        return Vec::new();
    };
    [headers.to(), headers.cc(), headers.bcc()]
        .into_iter()
        .flatten()
        .flat_map(mail_parser::Address::iter)
        .filter_map(|address| address.address().map(str::to_owned))
        .collect()
}

/// The mail as SES sends it on: with its own `Message-ID` and `Date`, without `Bcc`.
pub(super) fn as_sent(message: &[u8], message_id: &str, now: Timestamp) -> Vec<u8> {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut sent = format!("Message-ID: <{message_id}@email.amazonses.com>\r\nDate: {date}\r\n").into_bytes();
    let mut lines = message.split_inclusive(|byte| *byte == b'\n');
    let mut dropping = false;
    for line in lines.by_ref() {
        if line == b"\r\n" || line == b"\n" {
            sent.extend_from_slice(line);
            break;
        }
        // A line that begins with a blank continues the field before it.
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            dropping = [&b"message-id"[..], b"date", b"bcc"]
                .iter()
                .any(|dropped| name.eq_ignore_ascii_case(dropped));
        }
        if !dropping {
            sent.extend_from_slice(line);
        }
    }
    for line in lines {
        sent.extend_from_slice(line);
    }
    sent
}
