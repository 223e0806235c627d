//! SES in this process: takes mails as SES does and writes each to a file.
//!
//! It speaks the query protocol of SES version 1 as far as `SendRawEmail` needs it, keeps SES's
//! limits, and treats a mail as SES does before it goes out: `Message-ID` and `Date` are its own,
//! `Bcc` is removed. A mail that it accepted is a file `NNNN-<time>.eml`, in the order of
//! acceptance, that any mail program opens. Of a mail that was sent with a configuration set it is
//! [published](Mailbox::publish_to) that it was sent, and what becomes of it: it is delivered,
//! unless its address was given [another fate](Mailbox::set_fate). Events may
//! [travel](Mailbox::let_events_travel) as badly as SES allows them to.
//!
//! For people there is an inbox at the same address, to look at mails as their readers have them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use aws::{Aws, Endpoints, Service};
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use exchange::clock::{BoxFuture, Clock};
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::Value;
use thiserror::Error;

use crate::front::Front;
use crate::mail_events::{self, Fate, News, Sent};
use crate::place::write_whole;
use crate::server::{Server, unhurried};

mod inbox;

/// The longest message that SES takes, in bytes, attachments and their encoding included.
pub const LONGEST_MESSAGE: usize = 10 * 1024 * 1024;

/// The most recipients that SES takes for one message.
pub const MOST_RECIPIENTS: usize = 50;

/// The XML namespace of SES's answers.
const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";

/// Why the mailbox does not run.
#[derive(Debug, Error)]
pub enum MailboxError {
    /// The port is taken or the folder cannot be used.
    #[error("the mailbox cannot be opened")]
    Io(#[from] io::Error),
}

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

/// A running SES. It stops when it is dropped; the files stay.
#[derive(Debug)]
pub struct Mailbox {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    clock: Clock,
    post: Mutex<Post>,
    subscriber: OnceLock<Subscriber>,
    travel: Mutex<Option<EventTravel>>,
}

/// How long after they are published the copies of an event arrive; none if it is lost.
type EventTravel = Arc<dyn Fn(Timestamp) -> Vec<Duration> + Send + Sync>;

/// Takes what a topic calls its function with.
type Subscriber = Box<dyn Fn(Value) -> BoxFuture<'static, ()> + Send + Sync>;

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Post {
    mails: Vec<Mail>,
    /// The number of the latest file.
    latest: u32,
    requests: u64,
    faults: VecDeque<Fault>,
    fates: HashMap<String, Fate>,
    /// How many events were published.
    events: u32,
}

impl Mailbox {
    /// Serves `folder`, which must exist, on loopback port `port` (0: any free one). Mails that
    /// lie there already are kept and come first. Times go by `clock`.
    ///
    /// # Errors
    /// The port is taken or the folder cannot be read.
    pub async fn start(folder: &Path, clock: &Clock, port: u16) -> Result<Self, MailboxError> {
        let mails = kept(folder)?;
        let latest = mails.iter().filter_map(|mail| number(&mail.path)).max();
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            clock: clock.clone(),
            post: Mutex::new(Post { mails, latest: latest.unwrap_or(0), ..Post::default() }),
            subscriber: OnceLock::new(),
            travel: Mutex::default(),
        });
        let router =
            inbox::routes().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(shared.clone());
        Ok(Self { server: Server::start_router(port, router).await?, shared })
    }

    /// The address for clients, like `http://127.0.0.1:8003`.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The door that clients go through, to make SES unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// A client that the faults of the front do not reach.
    pub fn backstage_client(&self) -> aws_sdk_ses::Client {
        let endpoints = Endpoints::default().with(Service::Ses, self.server.backstage());
        unhurried!(Aws::emulated(endpoints).ses(), aws_sdk_ses)
    }

    /// All mails, oldest first.
    pub fn messages(&self) -> Vec<Mail> {
        self.shared.post().mails.clone()
    }

    /// Those that came after the first `count`.
    pub fn messages_after(&self, count: usize) -> Vec<Mail> {
        self.shared.post().mails.get(count..).unwrap_or_default().to_vec()
    }

    /// Takes all mails out, oldest first, and deletes their files.
    ///
    /// # Errors
    /// A file can't be deleted.
    pub fn empty(&self) -> io::Result<Vec<Mail>> {
        let mails = std::mem::take(&mut self.shared.post().mails);
        mails.iter().try_for_each(|mail| fs::remove_file(&mail.path))?;
        Ok(mails)
    }

    /// From now on `subscriber` gets what a topic calls its function with, for each event. Only the
    /// first one to ask gets them.
    pub fn publish_to(&self, subscriber: impl Fn(Value) -> BoxFuture<'static, ()> + Send + Sync + 'static) {
        let _ = self.shared.subscriber.set(Box::new(subscriber));
    }

    /// What becomes of mails to `address` that are sent from now on.
    pub fn set_fate(&self, address: &str, fate: Fate) {
        self.shared.post().fates.insert(address.to_owned(), fate);
    }

    /// How events travel from now on: `travel` says, of one that is published at this time, how long
    /// after it its copies arrive. SES promises neither an order nor that each comes once.
    pub fn let_events_travel(&self, travel: impl Fn(Timestamp) -> Vec<Duration> + Send + Sync + 'static) {
        *self.shared.travel.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(travel));
    }

    /// Lets the next `calls` calls fail with `fault`, after the faults ordered before.
    ///
    /// An SDK client may try again by itself, and each attempt is a call.
    pub fn fail_next(&self, calls: usize, fault: Fault) {
        let faults = &mut self.shared.post().faults;
        faults.extend(std::iter::repeat_n(fault, calls));
    }

    /// Forgets the faults that did not happen yet, and answers how many there were.
    pub fn heal(&self) -> usize {
        std::mem::take(&mut self.shared.post().faults).len()
    }

    /// How many calls came, refused ones included.
    pub fn calls(&self) -> u64 {
        self.shared.post().requests
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

impl Shared {
    fn post(&self) -> MutexGuard<'_, Post> {
        // Whoever panicked while holding it left it complete: it is only pushed to.
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Treats `message` as SES does and writes it down; answers its ID.
    fn accept(&self, message: &[u8], recipients: Vec<String>) -> io::Result<String> {
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
    fn publish(
        self: &Arc<Self>,
        message_id: &str,
        message: &[u8],
        recipients: &[String],
        parameters: &Parameters<'_>,
    ) {
        let Some(configuration_set) = parameters.get("ConfigurationSetName") else { return };
        let at = self.clock.now();
        let tag = |index: u32, part: &str| {
            parameters.get(format!("Tags.member.{index}.{part}").as_str()).map(ToString::to_string)
        };
        let tags: BTreeMap<String, String> =
            (1..).map_while(|index| Some((tag(index, "Name")?, tag(index, "Value")?))).collect();
        let parsed = MessageParser::default().parse(message);
        let has_attachment = parsed.is_some_and(|mail| mail.attachment_count() > 0);
        for recipient in recipients {
            let fate = self.post().fates.get(recipient).copied().unwrap_or_default();
            let news = match fate.news {
                News::Bounced(why) if why.is_for_the_attachment() && !has_attachment => News::Delivered,
                news => news,
            };
            let sent = Sent { message_id, at, recipient, configuration_set, tags: &tags };
            let then = at.checked_add(fate.after).unwrap_or(at);
            for (news, at) in [(News::Sent, at), (news, then)] {
                let number = {
                    let mut post = self.post();
                    post.events += 1;
                    post.events
                };
                let event = mail_events::topic_event(&mail_events::event(&sent, news, at), number, at);
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

/// The parameters of a request.
type Parameters<'a> = HashMap<Cow<'a, str>, Cow<'a, str>>;

/// The mails that lie in `folder`, by name, which is by age.
fn kept(folder: &Path) -> io::Result<Vec<Mail>> {
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
fn number(path: &Path) -> Option<u32> {
    if path.extension()? != "eml" {
        return None;
    }
    path.file_name()?.to_str()?.split_once('-')?.0.parse().ok()
}

/// What a request is refused with.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Throttling => Self::bad("Throttling", "Maximum sending rate exceeded."),
            Fault::MessageRejected => Self::bad("MessageRejected", "The message was rejected."),
            Fault::ServiceUnavailable => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "ServiceUnavailable",
                message: "The service is unavailable.".to_owned(),
            },
            Fault::SentButUnanswered => Self::broken(),
        }
    }

    fn broken() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: "An internal error occurred.".to_owned(),
        }
    }

    fn into_response(self, request_id: &str) -> Response {
        let Self { status, code, message } = self;
        let blame = if status.is_client_error() { "Sender" } else { "Receiver" };
        let message = escaped(&message);
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{blame}</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{request_id}</RequestId>\
             </ErrorResponse>"
        );
        xml(status, body)
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let (request, fault) = {
        let mut post = shared.post();
        post.requests += 1;
        (post.requests, post.faults.pop_front())
    };
    let request_id = format!("00000000-0000-4000-8000-{request:012x}");
    match handle(&shared, &body, fault) {
        Ok(message_id) => xml(
            StatusCode::OK,
            format!(
                "<SendRawEmailResponse xmlns=\"{NAMESPACE}\"><SendRawEmailResult><MessageId>\
                 {message_id}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>\
                 {request_id}</RequestId></ResponseMetadata></SendRawEmailResponse>"
            ),
        ),
        Err(refusal) => refusal.into_response(&request_id),
    }
}

fn handle(shared: &Arc<Shared>, body: &[u8], fault: Option<Fault>) -> Result<String, Refusal> {
    match fault {
        None => {}
        Some(Fault::SentButUnanswered) => {
            send(shared, body)?;
            return Err(Refusal::of(Fault::SentButUnanswered));
        }
        Some(fault) => return Err(Refusal::of(fault)),
    }
    send(shared, body)
}

fn send(shared: &Arc<Shared>, body: &[u8]) -> Result<String, Refusal> {
    let parameters: Parameters<'_> = form_urlencoded::parse(body).collect();
    match parameters.get("Action").map(AsRef::as_ref) {
        Some("SendRawEmail") => {}
        Some(action) => {
            return Err(Refusal::bad(
                "InvalidAction",
                format!("Could not find operation {action} for version 2010-12-01"),
            ));
        }
        None => return Err(Refusal::bad("MissingAction", "No action was given.")),
    }
    let message = parameters
        .get("RawMessage.Data")
        .ok_or_else(|| Refusal::bad("ValidationError", "RawMessage.Data is required."))?;
    let message = BASE64
        .decode(message.as_bytes())
        .map_err(|_| Refusal::bad("SerializationException", "RawMessage.Data is not base64."))?;
    if message.len() > LONGEST_MESSAGE {
        let length = message.len();
        return Err(Refusal::bad(
            "InvalidParameterValue",
            format!("Message length is more than {LONGEST_MESSAGE} bytes long: '{length}'."),
        ));
    }
    let headers = MessageParser::default().parse_headers(message.as_slice());
    let from = parameters.contains_key("Source") || headers.is_some_and(|headers| headers.from().is_some());
    if !from {
        return Err(Refusal::bad("InvalidParameterValue", "Missing required header 'From'."));
    }
    let mut recipients: Vec<String> = (1..)
        .map_while(|index| parameters.get(format!("Destinations.member.{index}").as_str()))
        .map(|address| address.clone().into_owned())
        .collect();
    if recipients.is_empty() {
        recipients = addressed(&message);
    }
    if recipients.is_empty() {
        return Err(Refusal::bad("InvalidParameterValue", "Missing final recipient."));
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err(Refusal::bad(
            "InvalidParameterValue",
            format!("Recipient count exceeds {MOST_RECIPIENTS}."),
        ));
    }
    let message_id = shared.accept(&message, recipients.clone()).map_err(|error| {
        tracing::error!(%error, "a mail could not be written down");
        Refusal::broken()
    })?;
    shared.publish(&message_id, &message, &recipients, &parameters);
    Ok(message_id)
}

/// Whom the headers name: To, Cc and Bcc.
fn addressed(message: &[u8]) -> Vec<String> {
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
fn as_sent(message: &[u8], message_id: &str, now: Timestamp) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use aws_sdk_ses::{
        Client,
        config::retry::RetryConfig,
        error::{ProvideErrorMetadata, SdkError},
        operation::send_raw_email::{SendRawEmailError, SendRawEmailOutput},
        primitives::Blob,
        types::RawMessage,
    };

    use super::*;
    use crate::{front::Reach, place::Folders};

    const MAIL: &str = "From: Aftertone <voicemail@example.com>\r\nTo: owner@example.com\r\n\
        Message-ID:\r\n <mine@example.com>\r\nSubject: New voicemail\r\n\r\nHello.\r\nDate: no\r\n";

    pub(super) async fn mailbox() -> (Folders, Mailbox, Client) {
        let folders = Folders::temporary().unwrap();
        let mailbox = open(&folders).await;
        let client = trying(&mailbox, 1);
        (folders, mailbox, client)
    }

    /// A client that tries each call so often.
    fn trying(mailbox: &Mailbox, attempts: u32) -> Client {
        let retries = RetryConfig::standard()
            .with_max_attempts(attempts)
            .with_initial_backoff(std::time::Duration::from_millis(1));
        let config = mailbox.backstage_client().config().to_builder();
        Client::from_conf(config.endpoint_url(mailbox.endpoint()).retry_config(retries).build())
    }

    async fn open(folders: &Folders) -> Mailbox {
        let clock = Clock::starting_at("2026-11-21T10:00:00Z".parse().unwrap());
        Mailbox::start(&folders.mailbox(), &clock, 0).await.unwrap()
    }

    fn without_server() -> (Folders, Arc<Shared>) {
        let folders = Folders::temporary().unwrap();
        let folder = folders.mailbox();
        let (clock, post, subscriber) = (Clock::system(), Mutex::default(), OnceLock::new());
        let travel = Mutex::default();
        (folders, Arc::new(Shared { folder, clock, post, subscriber, travel }))
    }

    pub(super) async fn send(
        client: &Client,
        message: impl Into<Vec<u8>>,
        to: &[&str],
    ) -> Result<SendRawEmailOutput, SdkError<SendRawEmailError>> {
        client
            .send_raw_email()
            .source("voicemail@example.com")
            .set_destinations(Some(to.iter().map(|&to| to.to_owned()).collect()))
            .raw_message(RawMessage::builder().data(Blob::new(message)).build().unwrap())
            .send()
            .await
    }

    #[tokio::test]
    async fn a_mail_is_written_to_a_file_with_the_id_and_the_date_of_ses() {
        let (_folders, mailbox, client) = mailbox().await;
        let sent = send(&client, MAIL, &["owner@example.com"]).await.unwrap();

        let mails = mailbox.messages();
        let [mail] = mails.as_slice() else {
            panic!("{mails:?}");
        };
        assert_eq!(mail.message_id.as_deref(), Some(sent.message_id()));
        assert_eq!(mail.recipients, ["owner@example.com"]);
        assert!(mail.path.ends_with("0001-20261121T100000Z.eml"));
        assert_eq!(fs::read(&mail.path).unwrap(), mail.raw);
        let id = sent.message_id();
        assert_eq!(
            String::from_utf8(mail.raw.clone()).unwrap(),
            format!(
                "Message-ID: <{id}@email.amazonses.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 \
                 +0000\r\nFrom: Aftertone <voicemail@example.com>\r\nTo: owner@example.com\r\n\
                 Subject: New voicemail\r\n\r\nHello.\r\nDate: no\r\n"
            )
        );
    }

    #[tokio::test]
    async fn without_destinations_the_headers_say_who_gets_it_and_bcc_stays_secret() {
        let (_folders, mailbox, client) = mailbox().await;
        let mail = format!("Bcc: hidden@example.com\r\n{MAIL}");
        send(&client, mail, &[]).await.unwrap();
        let mails = mailbox.messages();
        assert_eq!(mails[0].recipients, ["owner@example.com", "hidden@example.com"]);
        assert!(!String::from_utf8_lossy(&mails[0].raw).contains("hidden"));
    }

    #[test]
    fn a_message_may_have_ten_mebibytes_and_not_a_byte_more() {
        let (_folders, shared) = without_server();
        let request = |length| {
            let mut message = MAIL.as_bytes().to_vec();
            message.resize(length, b'.');
            let data = BASE64.encode(message).replace('+', "%2B");
            format!("Action=SendRawEmail&RawMessage.Data={data}")
        };
        assert!(super::send(&shared, request(LONGEST_MESSAGE).as_bytes()).is_ok());
        let refusal = super::send(&shared, request(LONGEST_MESSAGE + 1).as_bytes()).err().unwrap();
        assert_eq!(refusal.code, "InvalidParameterValue");
        assert_eq!(refusal.message, "Message length is more than 10485760 bytes long: '10485761'.");
        assert_eq!(shared.post().mails.len(), 1);
    }

    #[tokio::test]
    async fn a_message_may_have_fifty_recipients_and_not_one_more() {
        let (_folders, _mailbox, client) = mailbox().await;
        send(&client, MAIL, &["a@example.com"; 50]).await.unwrap();
        let error = send(&client, MAIL, &["a@example.com"; 51]).await.unwrap_err();
        assert_eq!(error.message(), Some("Recipient count exceeds 50."));
    }

    #[tokio::test]
    async fn a_rejection_is_final_and_sends_nothing() {
        let (_folders, mailbox, client) = mailbox().await;
        mailbox.fail_next(1, Fault::MessageRejected);
        let error = send(&client, MAIL, &["a@example.com"]).await.unwrap_err();
        assert!(error.into_service_error().is_message_rejected());
        assert_eq!((mailbox.messages().len(), mailbox.calls()), (0, 1));
    }

    #[tokio::test]
    async fn throttling_and_outage_are_failures_that_a_client_may_try_again() {
        let (_folders, mailbox, client) = mailbox().await;
        mailbox.fail_next(1, Fault::Throttling);
        mailbox.fail_next(1, Fault::ServiceUnavailable);
        send(&trying(&mailbox, 3), MAIL, &["a@example.com"]).await.unwrap();
        assert_eq!((mailbox.messages().len(), mailbox.calls()), (1, 3));

        mailbox.fail_next(3, Fault::Throttling);
        let error = send(&client, MAIL, &["a@example.com"]).await.unwrap_err();
        assert_eq!(error.code(), Some("Throttling"));
        assert_eq!(mailbox.heal(), 2);
        send(&client, MAIL, &["a@example.com"]).await.unwrap();
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_a_mail_that_its_sender_does_not_know_of() {
        let (_folders, mailbox, client) = mailbox().await;
        mailbox.fail_next(1, Fault::SentButUnanswered);
        let error = send(&client, MAIL, &["a@example.com"]).await.unwrap_err();
        assert_eq!(error.code(), Some("InternalFailure"));
        assert_eq!(mailbox.messages().len(), 1);
    }

    #[tokio::test]
    async fn an_action_that_is_not_known_is_an_invalid_action() {
        let (_folders, _mailbox, client) = mailbox().await;
        let error = client.get_send_quota().send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidAction"));
    }

    #[test]
    fn what_is_no_request_is_refused_and_breaks_nothing() {
        let (_folders, shared) = without_server();
        for (body, code) in [
            (&b""[..], "MissingAction"),
            (b"\xff\xfe=%zz&&", "MissingAction"),
            (b"Action=SendRawEmail", "ValidationError"),
            (b"Action=SendRawEmail&RawMessage.Data=!", "SerializationException"),
            (b"Action=SendRawEmail&RawMessage.Data=", "InvalidParameterValue"),
        ] {
            let refusal = super::send(&shared, body).err().unwrap();
            assert_eq!(refusal.code, code, "{body:?}");
        }
    }

    #[tokio::test]
    async fn mails_stay_over_a_restart_and_numbers_go_on() {
        let (folders, mailbox, client) = mailbox().await;
        send(&client, MAIL, &["a@example.com"]).await.unwrap();
        let before = mailbox.messages();
        mailbox.shut_down().await;

        let mailbox = open(&folders).await;
        assert_eq!(mailbox.messages()[0].raw, before[0].raw);
        assert_eq!(mailbox.messages()[0].message_id, before[0].message_id);
        send(&mailbox.backstage_client(), MAIL, &["b@example.com"]).await.unwrap();
        assert!(mailbox.messages()[1].path.ends_with("0002-20261121T100000Z.eml"));
    }

    #[tokio::test]
    async fn a_mailbox_can_be_unreachable() {
        let (_folders, mailbox, client) = mailbox().await;
        mailbox.front().set(Reach::Refused).await.unwrap();
        send(&client, MAIL, &["a@example.com"]).await.unwrap_err();
        assert_eq!(mailbox.calls(), 0);
    }
}
