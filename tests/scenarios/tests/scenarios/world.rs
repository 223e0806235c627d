//! The system with one number in it, and what came of a call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use domain::{Call, DialOutcome, Disposition, Mail, NotReached, NumberSettings, Voicemail};
use exchange::clock::BusyGuard;
use exchange::{Caller, Exchange, Outgoing, Phone, SilentRecordings, Speech, Story};
use http_body_util::{BodyExt as _, Full};
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use local::development;
use local::front::{Front, Reach};
use local::place::Folders;
use local::stack::{Options, Stack};
use store::StoreError;

use crate::letter::Letter;
use crate::logs;

pub(crate) use local::development::{MASKED_NUMBER, OWNER_EMAIL, OWNER_PHONE, STRANGER, STRANGER_AS_WRITTEN};

/// Another telephone of the owner.
pub(crate) const ANOTHER_PHONE: &str = "+12125550177";

pub(crate) const GREETING: &str = "Please leave a message after the tone.";
pub(crate) const CONNECTING: &str = "Please hold while we connect your call.";

/// When everything begins.
const START: &str = "2026-11-20T15:00:00Z";

/// The whole system. The number is the development one, Olivia's, unless changed.
pub(crate) struct World {
    pub(crate) stack: Arc<Stack>,
}

/// What came of a call, after everything has come to rest.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) story: Story,
    pub(crate) call: Option<Call>,
    pub(crate) voicemail: Option<Voicemail>,
    /// The whole mailbox.
    pub(crate) mails: Vec<Letter>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    /// A header's value; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Somebody who leaves the English sample.
pub(crate) fn stranger() -> Caller {
    Caller::new(STRANGER).leaves(Speech::english_sample())
}

/// Whatever a scenario was about, its log is looked at in the end, and what functions were refused.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.stack.denials(), Vec::<String>::new(), "functions want more than their roles allow");
        let recordings = self.exchange().recordings();
        let words = recordings.iter().map(|recording| recording.speech.words().to_owned());
        let tokens = self.stack.mailbox.messages();
        let tokens = tokens.iter().filter_map(|mail| {
            let text = Letter::read(mail).text;
            let (_, rest) = text.split_once("/v/")?;
            Some(rest.split_whitespace().next()?.to_owned())
        });
        // Shorter ones stand in other words.
        logs::check(&words.chain(tokens).filter(|secret| secret.len() > 4).collect::<Vec<_>>());
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_number(|_| {}).await
    }

    /// A world in which Twilio deletes recordings in which nobody speaks.
    pub(crate) async fn deleting_silence(change: impl FnOnce(&mut NumberSettings)) -> Self {
        Self::with(|options| options.silent_recordings = SilentRecordings::Deleted, change).await
    }

    /// Nobody makes words but Twilio.
    pub(crate) async fn with_twilio_alone() -> Self {
        Self::with_number(|number| number.voicemail.transcription = domain::Transcription::Twilio).await
    }

    /// A world whose number has other settings.
    pub(crate) async fn with_number(change: impl FnOnce(&mut NumberSettings)) -> Self {
        Self::with(|_| {}, change).await
    }

    /// A world with another stack.
    pub(crate) async fn with(
        set: impl FnOnce(&mut Options),
        change: impl FnOnce(&mut NumberSettings),
    ) -> Self {
        logs::listen();
        let mut options = Options::at(START.parse().unwrap(), Folders::temporary().unwrap());
        set(&mut options);
        let world = Self { stack: Arc::new(Stack::start(options).await.unwrap()) };
        let mut settings = development::number().unwrap();
        change(&mut settings);
        world.stack.add_number(&settings).await.unwrap();
        world.plug(Phone::never_answers());
        world
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.stack.exchange
    }

    /// What the owner's telephone does.
    pub(crate) fn plug(&self, phone: Phone) {
        self.exchange().plug(OWNER_PHONE, phone);
    }

    /// Places a call, and waits until nothing is left to happen.
    pub(crate) async fn call(&self, caller: Caller) -> Told {
        let story = self.exchange().call(caller, MASKED_NUMBER).await;
        self.stack.clock.settled().await;
        let told = self.told(story).await;
        assert!(told.story.errors().is_empty(), "{}", told.story);
        told
    }

    /// A stranger calls, and leaves a message.
    pub(crate) async fn no_answer(&self) -> Told {
        self.call(stranger()).await
    }

    /// What has come of a call, and that nothing is left over.
    pub(crate) async fn told(&self, story: Story) -> Told {
        assert!(!story.heard_application_error(), "{story}");
        let call = found(self.stack.ledger.call(story.call_sid()).await);
        let voicemail = match story.recording() {
            Some(recording) => found(self.stack.ledger.voicemail(&recording.sid).await),
            None => None,
        };
        assert_eq!(self.stack.wakeups.dead_letters(), [], "{story}");
        for row in self.rows("voicemails").await {
            assert!(!row.contains("\"open\""), "a row is left open: {row}\n{story}");
        }
        let mails = self.stack.mailbox.messages().iter().map(Letter::read).collect();
        let words = story.recording().map(|recording| recording.speech.words().to_owned());
        logs::check(&words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>());
        Told { story, call, voicemail, mails }
    }

    /// All rows of a table, in a fixed order, as text.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        let client = self.stack.database.backstage_client();
        let scan = client.scan().table_name(format!("aftertone-{table}")).send().await.unwrap();
        let mut rows: Vec<String> =
            scan.items().iter().map(|item| text(&AttributeValue::M(item.clone()))).collect();
        rows.sort();
        rows
    }

    /// Everything that is stored.
    pub(crate) async fn everything_stored(&self) -> Vec<Vec<String>> {
        let mut tables = Vec::new();
        for table in ["numbers", "calls", "voicemails", "live-calls", "access"] {
            tables.push(self.rows(table).await);
        }
        tables
    }

    pub(crate) async fn get(&self, url: &str) -> Got {
        self.request(Request::get(url).body(Full::default()).unwrap()).await
    }

    pub(crate) async fn request(&self, mut request: Request<Full<Bytes>>) -> Got {
        // Time stands still on the way, and passes while the function rests.
        let _journey = self.stack.clock.journey("somebody's request");
        let name = HeaderValue::from_static("somebody's request");
        request.headers_mut().insert("i-twilio-idempotency-token", name);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request).await.unwrap();
        let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Got { status, location, headers, body: response.into_body().collect().await.unwrap().to_bytes() }
    }

    /// Lets one of the services fail while webhooks are sent that `during` chooses. It works again
    /// with the next one that is sent, and after five minutes at the latest.
    pub(crate) fn outage(
        &self,
        front: fn(&Stack) -> &Front,
        reach: Reach,
        during: impl Fn(&Outgoing) -> bool + Send + Sync + 'static,
    ) {
        let stack = Arc::downgrade(&self.stack);
        self.exchange().set_delivery(move |outgoing| {
            if let Some(stack) = stack.upgrade() {
                let reach = if during(outgoing) { reach } else { Reach::Open };
                let clock = stack.clock.clone();
                // Time stands still until it has happened, and the webhook leaves after that.
                clock.clone().spawn(async move {
                    front(&stack).set(reach).await.unwrap();
                    if reach != Reach::Open {
                        clock.sleep(seconds(300)).await;
                        front(&stack).set(Reach::Open).await.unwrap();
                    }
                });
            }
            vec![Duration::from_millis(1)]
        });
    }

    /// Lets so much time pass. It stands still from then on, for as long as what this answers lives:
    /// what a scenario does at that instant happens before whatever is due later, on the slowest machine.
    pub(crate) async fn still_after(&self, time: Duration) -> BusyGuard {
        self.stack.clock.advance(time).await;
        self.stack.clock.busy()
    }

    /// Mends a service at this time after now.
    pub(crate) fn mend_after(&self, front: fn(&Stack) -> &Front, time: Duration) {
        let stack = self.stack.clone();
        let clock = stack.clock.clone();
        let at = clock.now().checked_add(time).unwrap();
        clock.clone().spawn(async move {
            clock.sleep_until(at).await;
            front(&stack).set(Reach::Open).await.unwrap();
        });
    }
}

/// A value as text, in which the names in a map have a fixed order.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let map: BTreeMap<&String, String> =
                map.iter().map(|(name, value)| (name, text(value))).collect();
            format!("{map:?}")
        }
        other => format!("{other:?}"),
    }
}

fn found<T>(read: Result<T, StoreError>) -> Option<T> {
    match read {
        Ok(row) => Some(row),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

impl Told {
    pub(crate) fn call(&self) -> &Call {
        self.call.as_ref().unwrap_or_else(|| panic!("no call in the ledger\n{}", self.story))
    }

    pub(crate) fn voicemail(&self) -> &Voicemail {
        self.voicemail.as_ref().unwrap_or_else(|| panic!("no voicemail in the ledger\n{}", self.story))
    }

    pub(crate) fn only_mail(&self) -> &Letter {
        let [mail] = &self.mails[..] else {
            panic!("{} mails\n{:#?}\n{}", self.mails.len(), self.voicemail, self.story)
        };
        mail
    }

    /// The call was forwarded, and this became of it.
    pub(crate) fn forwarded(&self, outcome: DialOutcome) {
        let call = self.call();
        assert_eq!(call.disposition, Some(Disposition::Forward), "{}", self.story);
        assert_eq!(call.dial_outcome, Some(outcome), "{}", self.story);
        assert_eq!(call.number.as_ref().unwrap().reveal(), MASKED_NUMBER);
        assert_eq!(call.status.as_deref(), Some("completed"), "{}", self.story);
    }

    pub(crate) fn not_reached(&self, why: NotReached) {
        self.forwarded(DialOutcome::NotReached(why));
    }

    /// No beep, no voicemail, no mail.
    pub(crate) fn no_voicemail(&self) {
        assert!(!self.story.heard_beep(), "{}", self.story);
        assert_eq!(self.voicemail, None);
        assert!(self.mails.is_empty(), "{:#?}", self.mails);
    }

    /// There was a beep, the message is safe, and exactly one mail brought it.
    pub(crate) fn one_voicemail(&self) -> &Letter {
        let mail = self.only_mail();
        self.delivered(mail);
        mail
    }

    /// The recording is stored, and attached to `mail` byte by byte.
    pub(crate) fn delivered(&self, mail: &Letter) {
        let (story, voicemail) = (&self.story, self.voicemail());
        assert!(story.heard_beep(), "{story}");
        let wav = story.recording().unwrap().speech.to_wav();
        let [sound] = &mail.sounds[..] else { panic!("{} attachments", mail.sounds.len()) };
        assert!(sound.bytes == wav, "{} bytes, not {}", sound.bytes.len(), wav.len());
        assert_eq!(voicemail.audio.as_ref().unwrap().size, wav.len() as u64);
        assert!(matches!(voicemail.mail, Mail::Sent { .. }), "{voicemail:?}");
        assert_eq!(voicemail.trouble, None, "trouble is over");
        assert!(!voicemail.open);
        assert_eq!(mail.to, OWNER_EMAIL);
        assert_eq!(mail.from, development::MAIL_FROM);
    }

    /// Whether the first mail had words, once it is sent.
    pub(crate) fn words_in_first_mail(&self) -> bool {
        matches!(self.voicemail().mail, Mail::Sent { with_words: true, .. })
    }
}

/// After so many seconds.
pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The seconds from the end of a call to an instant.
pub(crate) fn after_call(story: &Story, second: i64) -> i64 {
    second - story.ended().map_or(0, Timestamp::as_second)
}
