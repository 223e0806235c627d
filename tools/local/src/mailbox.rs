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

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{fs, io};

use aws::{Aws, Endpoints, Service};
use axum::extract::DefaultBodyLimit;
use exchange::clock::{BoxFuture, Clock};
use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::front::Front;
use crate::mail_events::Fate;
use crate::server::{Server, unhurried};

mod inbox;
mod markup;
mod post;
mod requests;

pub use post::{Fault, Mail};
use post::{Post, Shared, kept, number};
use requests::answer;
pub use requests::{LONGEST_MESSAGE, MOST_RECIPIENTS};

/// Why the mailbox does not run.
#[derive(Debug, Error)]
pub enum MailboxError {
    /// The port is taken or the folder cannot be used.
    #[error("the mailbox cannot be opened")]
    Io(#[from] io::Error),
}

/// A running SES. It stops when it is dropped; the files stay.
#[derive(Debug)]
pub struct Mailbox {
    server: Server,
    shared: Arc<Shared>,
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

    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

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
    async fn without_destinations_the_headers_say_who_gets_it() {
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
        assert!(super::requests::send(&shared, request(LONGEST_MESSAGE).as_bytes()).is_ok());
        let refusal = super::requests::send(&shared, request(LONGEST_MESSAGE + 1).as_bytes()).err().unwrap();
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
    async fn throttling_and_outage_may_be_tried_again() {
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
            let refusal = super::requests::send(&shared, body).err().unwrap();
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
