//! The calls in whose course rows are written: every kind that the tables have, in every stage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as Streamed, ShardIteratorType};
use domain::{
    AudioUrl, CallerId, Days, EmailAddress, FinishKey, Instead, Instruction, Language, LanguageCode,
    MessageLength, NumberSettings, Prompt, PromptText, RecordingReport, Reported, Retention, RingTime,
    Transcription as Wanted, Wording,
};
use exchange::{
    Caller, Config, Exchange, Phone, RestFault, RestRequest, SilentRecordings, Speech, Story, Times,
    Transcription,
};
use jiff::tz::TimeZone;
use local::development;
use local::faults::{Faults, How, Outage, Service, When};
use local::mail_events::{Bounce, Fate, MailEventType};
use local::place::Folders;
use local::stack::{Options, Stack};
use local::transcriber::Fault as Refusal;
use phone::{PhoneNumber, RecordingSid};
use retention::Request;

use crate::bench::Bench;
use crate::rows::{Item, Kept, keep};

const SECOND_EMAIL: &str = "assistant@aftertone.example";
const START: &str = "2026-11-20T15:00:00Z";

/// A system with Olivia's number, and what its tables have held.
struct Play {
    stack: Stack,
    about: &'static str,
    seen: Vec<(&'static str, Item)>,
}

/// Plays all of it and writes the rows into `folder`.
pub async fn write(folder: &Path) {
    let mut seen = Vec::new();
    seen.extend(Box::pin(talks()).await);
    seen.extend(Box::pin(messages()).await);
    seen.extend(Box::pin(engines()).await);
    seen.extend(Box::pin(deletions()).await);
    seen.extend(Box::pin(bounces()).await);
    seen.extend(Box::pin(missed_calls()).await);
    seen.extend(Box::pin(troubles()).await);
    seen.extend(Box::pin(endings()).await);
    seen.extend(Box::pin(found()).await);
    seen.extend(Box::pin(settings()).await);
    for table in ["numbers", "calls", "voicemails"] {
        let mut kept = Vec::new();
        let (mut rows, mut shapes) = (BTreeSet::new(), BTreeSet::new());
        for (about, _, row) in seen.iter().filter(|(_, of, _)| *of == table) {
            // Of rows that differ in their times and names alone, the first is kept.
            if rows.insert(format!("{:?}", row.iter().collect::<BTreeMap<_, _>>()))
                && shapes.insert(shape(row))
            {
                let means = Bench::new().await.read(table, row).await;
                kept.push(Kept { about: (*about).to_owned(), row: row.clone(), means });
            }
        }
        keep(folder, table, &kept);
    }
}

/// Which attributes a row has, and the values of those that have few.
fn shape(row: &Item) -> BTreeSet<String> {
    let attributes = row.iter().map(|(name, value)| {
        let name = if name.starts_with("leg_") { "leg_" } else { name };
        match value {
            AttributeValue::M(map) => format!("{name} {:?}", shape(map)),
            AttributeValue::L(list) => format!("{name} {}", list.len()),
            AttributeValue::Bool(flag) => format!("{name} {flag}"),
            AttributeValue::S(text)
                if [
                    "engine",
                    "transcript_status",
                    "transcript_engine",
                    "decision",
                    "dial_outcome",
                    "status",
                ]
                .contains(&name)
                    || ["not_missed", "act", "instead"].contains(&name) =>
            {
                format!("{name} {text}")
            }
            _ => name.to_owned(),
        }
    });
    attributes.collect()
}

type Seen = Vec<(&'static str, &'static str, Item)>;

impl Play {
    async fn new(about: &'static str, change: impl FnOnce(&mut NumberSettings)) -> Self {
        Self::at(about, START, change).await
    }

    async fn at(about: &'static str, start: &str, change: impl FnOnce(&mut NumberSettings)) -> Self {
        let options = Options::at(start.parse().unwrap(), Folders::temporary().unwrap());
        let stack = Stack::start(options).await.unwrap();
        let mut settings = development::number().unwrap();
        change(&mut settings);
        stack.add_number(&settings).await.unwrap();
        stack.exchange.plug(development::OWNER_PHONE, Phone::never_answers());
        Self { stack, about, seen: Vec::new() }
    }

    async fn call(&self, caller: Caller) -> Story {
        let story = self.stack.exchange.call(caller, development::MASKED_NUMBER).await;
        self.stack.clock.settled().await;
        story
    }

    async fn message(&self) -> RecordingSid {
        recording(&self.call(stranger()).await)
    }

    fn breaks(&self, service: Service, how: How, seconds: u32) {
        let when = When::Span { after_seconds: 0, seconds };
        self.stack.break_by(&Faults { outages: vec![Outage { service, how, when }], ..Faults::default() });
    }

    fn instruction(&self, why: &str) -> Instruction {
        Instruction { by: "ada".to_owned(), why: why.to_owned(), at: self.stack.clock.now() }
    }

    async fn clean(&self, request: Request) {
        let _busy = self.stack.clock.busy();
        retention::handle(&self.stack.retention, request).await.unwrap();
    }

    async fn days(&self, days: u64) {
        self.stack.clock.advance(Duration::from_hours(24 * days)).await;
    }

    /// What the tables hold now, and of the ledger every image that its stream still has.
    async fn look(&mut self) {
        let client = self.stack.database.backstage_client();
        for row in self.streamed().await {
            self.seen.push(("voicemails", row));
        }
        for table in ["numbers", "calls", "voicemails"] {
            let scan = client.scan().table_name(format!("aftertone-{table}")).send().await.unwrap();
            let mut rows = scan.items.unwrap_or_default();
            rows.sort_by_key(|row| format!("{:?}", row.iter().collect::<BTreeMap<_, _>>()));
            self.seen.extend(rows.into_iter().map(|row| (table, row)));
        }
    }

    async fn streamed(&self) -> Vec<Item> {
        let table =
            self.stack.database.backstage_client().describe_table().table_name("aftertone-voicemails");
        let arn = table.send().await.unwrap().table.unwrap().latest_stream_arn.unwrap();
        let client = self.stack.database.streams_client();
        let stream =
            client.describe_stream().stream_arn(&arn).send().await.unwrap().stream_description.unwrap();
        let mut rows = Vec::new();
        for shard in stream.shards() {
            let from = client
                .get_shard_iterator()
                .stream_arn(&arn)
                .shard_id(shard.shard_id().unwrap())
                .shard_iterator_type(ShardIteratorType::TrimHorizon);
            let mut iterator = from.send().await.unwrap().shard_iterator;
            while let Some(from) = iterator {
                let page = client.get_records().shard_iterator(from).send().await.unwrap();
                iterator = page.next_shard_iterator.clone().filter(|_| !page.records().is_empty());
                for record in page.records() {
                    let image = record.dynamodb().and_then(|change| change.new_image());
                    rows.extend(image.map(|image| {
                        image.iter().map(|(name, value)| (name.clone(), of_stream(value))).collect()
                    }));
                }
            }
        }
        rows
    }

    async fn done(mut self) -> Seen {
        self.look().await;
        self.seen.into_iter().map(|(table, row)| (self.about, table, row)).collect()
    }
}

fn of_stream(value: &Streamed) -> AttributeValue {
    match value {
        Streamed::S(text) => AttributeValue::S(text.clone()),
        Streamed::N(number) => AttributeValue::N(number.clone()),
        Streamed::Bool(flag) => AttributeValue::Bool(*flag),
        Streamed::Ss(set) => AttributeValue::Ss(set.clone()),
        Streamed::L(list) => AttributeValue::L(list.iter().map(of_stream).collect()),
        Streamed::M(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), of_stream(value))).collect())
        }
        other => unreachable!("no row has {other:?}"),
    }
}

fn stranger() -> Caller {
    Caller::new(development::STRANGER).named("S STRANGER").leaves(Speech::english_sample())
}

fn recording(story: &Story) -> RecordingSid {
    story.recording().unwrap().sid.clone()
}

fn curious(number: &mut NumberSettings) {
    number.owner.missed_call_mail = true;
    number.owner.second_email = EmailAddress::parse(SECOND_EMAIL).ok();
}

fn speaks(text: &str) -> Caller {
    Caller::new(development::STRANGER).leaves(Speech::tone(Duration::from_secs(9), text))
}

/// Calls in which nobody leaves a message, and what the month's limit makes of them.
async fn talks() -> Seen {
    let mut all = Vec::new();
    let mut play = Play::new("calls without a message", |number| {
        number.plan.calls_per_month = Some(5);
    })
    .await;
    for phone in [
        Phone::answers_after(5).talks_for(20),
        Phone::busy(),
        Phone::declines_after(3),
        Phone::unreachable(),
        Phone::answers_after(2).hangs_up_at_whisper(),
        // The sixth is over the limit.
        Phone::never_answers(),
    ] {
        play.stack.exchange.plug(development::OWNER_PHONE, phone);
        play.call(Caller::new(development::STRANGER).hangs_up_during_greeting_after(2)).await;
    }
    play.call(Caller::new("anonymous").hangs_up_during_greeting_after(2)).await;
    play.look().await;
    all.extend(play.done().await);
    for instead in [Instead::Message, Instead::Reject, Instead::Voicemail] {
        let play = Play::new("calls while forwarding is off", |number| {
            number.forwarding.on = false;
            number.forwarding.when_off = instead;
        })
        .await;
        play.call(Caller::new("anonymous").leaves(Speech::english_sample())).await;
        all.extend(play.done().await);
    }
    let play = Play::new("a call to an owner who calls herself", |_| {}).await;
    play.call(Caller::new(development::OWNER_PHONE).leaves(Speech::english_sample())).await;
    all.extend(play.done().await);
    // While a call is going on.
    let mut play = Play::new("a call that is going on", |_| {}).await;
    play.stack.exchange.plug(development::OWNER_PHONE, Phone::answers_after(5).talks_for(60));
    let call = play.stack.exchange.start_call(stranger(), development::MASKED_NUMBER);
    for _ in 0..4 {
        play.stack.clock.advance(Duration::from_secs(10)).await;
        play.look().await;
    }
    call.finished().await;
    play.stack.clock.settled().await;
    all.extend(play.done().await);
    all
}

/// Messages that are delivered.
async fn messages() -> Seen {
    let mut all = Vec::new();
    for (about, purge) in [("a message with words", false), ("a message that is deleted at Twilio", true)] {
        let play = Play::new(about, |number| number.voicemail.purge_at_twilio = purge).await;
        let sid = play.message().await;
        play.stack.ledger.heard(&sid, play.stack.clock.now()).await.unwrap();
        play.stack.ledger.revoke_links(&sid).await.unwrap();
        all.extend(play.done().await);
    }
    let play = Play::new("a message whose words come late", |_| {}).await;
    play.stack.exchange.set_transcription(Transcription::Completes { after: Duration::from_mins(4) });
    play.message().await;
    all.extend(play.done().await);
    let play = Play::new("a message that is too large to attach", |number| {
        number.voicemail.max_length = MessageLength::seconds(600).unwrap();
    })
    .await;
    play.call(Caller::new(development::STRANGER).leaves(Speech::tone(Duration::from_secs(470), "Long")))
        .await;
    all.extend(play.done().await);
    all
}

/// Who makes the words, and who fails to.
async fn engines() -> Seen {
    let mut all = Vec::new();
    for wanted in [Wanted::Off, Wanted::Twilio, Wanted::Amazon, Wanted::Auto] {
        for fails in [false, true] {
            let play =
                Play::new("words by each engine", |number| number.voicemail.transcription = wanted).await;
            if fails {
                play.stack.exchange.set_transcription(Transcription::Fails { after: Duration::from_secs(5) });
            }
            play.message().await;
            play.call(speaks("")).await;
            all.extend(play.done().await);
        }
    }
    let play = Play::new("a message in Chinese", |number| number.speech.language = Language::Chinese).await;
    play.call(Caller::new(development::STRANGER).leaves(Speech::chinese_sample())).await;
    all.extend(play.done().await);
    let play = Play::new("a message in one of several languages", |number| {
        number.voicemail.languages =
            ["de-DE", "en-US"].map(|code| LanguageCode::parse(code).unwrap()).to_vec();
    })
    .await;
    play.message().await;
    all.extend(play.done().await);
    for fault in [Refusal::LimitExceeded, Refusal::InternalFailure, Refusal::DoneButUnanswered] {
        let mut play = Play::new("Amazon has no time at first", |number| {
            number.voicemail.transcription = Wanted::Amazon;
        })
        .await;
        play.stack.transcriber.fail_next(20, fault);
        play.message().await;
        play.look().await;
        play.days(2).await;
        let _ = play.stack.reconcile().await;
        play.stack.clock.settled().await;
        all.extend(play.done().await);
    }
    let mut play = Play::new("Amazon's word never comes", |number| {
        number.voicemail.transcription = Wanted::Amazon;
        number.voicemail.purge_at_twilio = true;
    })
    .await;
    play.stack.transcriber.set_work(local::transcriber::Work::Never);
    play.message().await;
    play.look().await;
    play.days(2).await;
    let _ = play.stack.reconcile().await;
    play.stack.clock.settled().await;
    all.extend(play.done().await);
    all
}

/// Holds, deletions and their receipts.
async fn deletions() -> Seen {
    let mut all = Vec::new();
    let days = |days| Days::new(days).ok();
    let mut play = Play::new("a message that is held, released and then kept for its days", |number| {
        curious(number);
        number.retention = Retention { audio: days(30), transcript: days(60), calls: days(90) };
    })
    .await;
    let sid = play.message().await;
    play.call(Caller::new(development::STRANGER).hangs_up_while_ringing_after(8)).await;
    let number = PhoneNumber::parse(development::MASKED_NUMBER).unwrap();
    let ledger = play.stack.ledger.clone();
    ledger.hold_voicemail(&sid, &play.instruction("case 7")).await.unwrap();
    ledger.hold_number(&number, &play.instruction("case 8")).await.unwrap();
    play.look().await;
    ledger.release_voicemail(&sid, &play.instruction("closed")).await.unwrap();
    ledger.release_number(&number, &play.instruction("closed")).await.unwrap();
    for wait in [30, 30, 30] {
        play.look().await;
        play.days(wait).await;
        play.clean(Request::default()).await;
    }
    play.look().await;
    all.extend(play.done().await);

    let mut play = Play::new("a message that somebody had deleted", |_| {}).await;
    let sid = play.message().await;
    play.stack.ledger.ask_deletion(&sid, &play.instruction("the caller asks for it")).await.unwrap();
    play.look().await;
    play.clean(Request { recording_sids: vec![sid.as_str().to_owned()] }).await;
    all.extend(play.done().await);

    let play = Play::new("a message whose deletion at Twilio a hold withheld", |number| {
        number.voicemail.purge_at_twilio = true;
    })
    .await;
    play.stack.ledger.hold_number(&number, &play.instruction("case 9")).await.unwrap();
    play.message().await;
    all.extend(play.done().await);

    let mut play = Play::new("a run of retention that was cut short", |_| {}).await;
    for _ in 0..3 {
        play.message().await;
    }
    play.stack.retention.limits.rows = 1;
    for sweep in [
        store::Sweep::Ledger(Some("RE00000000000000000000000000000001".to_owned())),
        store::Sweep::Calls(Some("CA00000000000000000000000000000001".to_owned())),
    ] {
        play.stack.ledger.swept(&sweep).await.unwrap();
        play.look().await;
    }
    play.clean(Request::default()).await;
    all.extend(play.done().await);
    all
}

/// What becomes of mails.
async fn bounces() -> Seen {
    let mut all = Vec::new();
    for (about, event) in [
        ("a mail that is delayed", MailEventType::Delayed),
        ("a mail that bounces for good", MailEventType::Bounced(Bounce::NoEmail)),
        ("a mail that bounces for now", MailEventType::Bounced(Bounce::MailboxFull)),
        ("a mail that is called spam", MailEventType::Complaint),
    ] {
        for with_second in [true, false] {
            let play = Play::new(about, |number| {
                if with_second {
                    curious(number);
                }
            })
            .await;
            let fate = |event, after| Fate { event, after: Duration::from_secs(after) };
            play.stack.mailbox.set_fate(development::OWNER_EMAIL, fate(event, 5));
            play.message().await;
            play.call(Caller::new(development::STRANGER).hangs_up_while_ringing_after(8)).await;
            play.stack.mailbox.set_fate(SECOND_EMAIL, fate(event, 5));
            play.message().await;
            play.stack.exchange.set_transcription(Transcription::Completes { after: Duration::from_mins(9) });
            play.message().await;
            all.extend(play.done().await);
        }
    }
    let play = Play::new("a bounce whose second address SES refuses", curious).await;
    play.stack.mailbox.set_fate(
        development::OWNER_EMAIL,
        Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: Duration::from_mins(10) },
    );
    let call = play.stack.exchange.call(stranger(), development::MASKED_NUMBER).await;
    play.stack.clock.advance(Duration::from_mins(5)).await;
    play.breaks(Service::Ses, How::Refused, 1_000_000);
    play.stack.clock.settled().await;
    drop(call);
    all.extend(play.done().await);
    all
}

/// Calls that were missed, and some that were not.
async fn missed_calls() -> Seen {
    let mut all = Vec::new();
    for anonymous in [false, true] {
        let play = Play::new("a missed call", curious).await;
        let caller = Caller::new(if anonymous { "anonymous" } else { development::STRANGER });
        play.call(caller.hangs_up_while_ringing_after(8)).await;
        all.extend(play.done().await);
    }
    let play = Play::new("a missed call whose owner changed the mind", curious).await;
    let call = play
        .stack
        .exchange
        .call(Caller::new(development::STRANGER).hangs_up_while_ringing_after(8), development::MASKED_NUMBER);
    call.await;
    let settings = development::number().unwrap();
    play.stack.ledger.put_number(&settings).await.unwrap();
    play.stack.clock.settled().await;
    all.extend(play.done().await);
    for (how, about) in [
        (How::Refused, "a missed call whose mail SES refuses"),
        (How::AnswerLost, "a missed call whose mail SES may have taken"),
    ] {
        let play = Play::new(about, curious).await;
        play.breaks(Service::Ses, how, 1_000_000);
        play.call(Caller::new(development::STRANGER).named("S STRANGER").hangs_up_while_ringing_after(8))
            .await;
        all.extend(play.done().await);
    }
    all
}

/// Rows that stand where something failed for good.
async fn troubles() -> Seen {
    let mut all = Vec::new();
    for (about, service, how) in [
        ("a message that the bucket does not take", Service::S3, How::Refused),
        ("a message whose sound Twilio does not give", Service::Twilio, How::ServerError),
        ("a message whose mail SES refuses", Service::Ses, How::Refused),
        ("a message whose mail SES throttles", Service::Ses, How::Throttled),
        ("a message whose mail SES may have taken", Service::Ses, How::AnswerLost),
        ("a message of which Transcribe takes nothing", Service::Transcribe, How::ServerError),
    ] {
        for purge in [false, true] {
            let play = Play::new(about, |number| {
                number.voicemail.purge_at_twilio = purge;
                if service == Service::Transcribe {
                    number.voicemail.transcription = Wanted::Amazon;
                }
            })
            .await;
            let seconds = if service == Service::Transcribe { 3_000 } else { 1_000_000 };
            play.breaks(service, how, seconds);
            play.call(stranger()).await;
            all.extend(play.done().await);
        }
    }
    let play = Play::new("a recording that Twilio does not delete", |number| {
        number.voicemail.purge_at_twilio = true;
    })
    .await;
    play.stack.exchange.rest_faults(
        RestRequest::DeleteRecording,
        RestFault::ServerError,
        Times::UntilCleared,
    );
    play.call(stranger()).await;
    all.extend(play.done().await);
    for request in 1..16 {
        let play = Play::new("a worker that dies at any request", |number| {
            number.voicemail.purge_at_twilio = true;
        })
        .await;
        play.stack.break_by(&Faults { worker_dies_before: vec![request], ..Faults::default() });
        play.call(stranger()).await;
        all.extend(play.done().await);
    }
    all
}

/// Recordings of which there is nothing, or nothing any more.
async fn endings() -> Seen {
    let mut all = Vec::new();
    let account = development::account_sid().unwrap();
    for silent in [SilentRecordings::Kept, SilentRecordings::Deleted] {
        let play = Play::new("a silent recording", curious).await;
        let network = Exchange::start(Config {
            silent_recordings: silent,
            ..Config::new(account.clone(), development::AUTH_TOKEN, play.stack.clock.clone())
        });
        let network = network.await.unwrap();
        network.wire(development::MASKED_NUMBER, play.stack.urls());
        network.plug(development::OWNER_PHONE, Phone::never_answers());
        network.call(Caller::new(development::STRANGER).stays_silent(), development::MASKED_NUMBER).await;
        play.stack.clock.settled().await;
        all.extend(play.done().await);
    }
    for reported in [
        Reported::Lost { error_code: Some(16_101) },
        Reported::Lost { error_code: None },
        Reported::Absent { error_code: Some(16_102) },
        Reported::Ready { duration_seconds: 0 },
        Reported::Left { parties: None, duration_seconds: 0 },
    ] {
        let play = Play::new("a recording that Twilio told of in another way", |_| {}).await;
        play.stack.exchange.set_delivery(|webhook| {
            use exchange::WebhookKind::{RecordAction, RecordingStatus, Transcription};
            if [RecordAction, RecordingStatus, Transcription].contains(&webhook.kind) {
                Vec::new()
            } else {
                vec![Duration::ZERO]
            }
        });
        let story = play.call(stranger()).await;
        let report = RecordingReport {
            left_for: None,
            conversation: None,
            recording_sid: recording(&story),
            call_sid: story.call_sid().clone(),
            account_sid: account.clone(),
            reported,
            at: play.stack.clock.now(),
        };
        play.stack.store.voicemail_reported(&report).await.unwrap();
        play.stack.clock.settled().await;
        all.extend(play.done().await);
    }
    let play = Play::new("a recording that was deleted at Twilio", |_| {}).await;
    play.stack.exchange.rest_faults(RestRequest::Media, RestFault::NotFound, Times::UntilCleared);
    play.stack.exchange.rest_faults(RestRequest::Recording, RestFault::NotFound, Times::UntilCleared);
    play.message().await;
    for _ in 0..3 {
        play.stack.clock.advance(Duration::from_mins(15)).await;
        let _ = play.stack.reconcile().await;
        play.stack.clock.settled().await;
    }
    all.extend(play.done().await);
    all
}

/// Messages that the search for the forgotten found.
async fn found() -> Seen {
    let mut all = Vec::new();
    let mut play = Play::new("a message that no webhook told of", |_| {}).await;
    play.stack.exchange.set_delivery(|webhook| {
        if webhook.kind == exchange::WebhookKind::Voice { vec![Duration::ZERO] } else { Vec::new() }
    });
    play.call(stranger()).await;
    play.stack.clock.advance(Duration::from_mins(15)).await;
    play.breaks(Service::S3, How::Refused, 3_000);
    let _ = play.stack.reconcile().await;
    play.stack.clock.settled().await;
    play.look().await;
    for _ in 0..4 {
        play.stack.clock.advance(Duration::from_mins(15)).await;
        let _ = play.stack.reconcile().await;
        play.stack.clock.settled().await;
    }
    all.extend(play.done().await);
    // The database is away during the call: nobody knows whose message it is.
    for twilio_too in [false, true] {
        let mut play = Play::new("a message whose call the database missed", |_| {}).await;
        play.breaks(Service::DynamoDb, How::Refused, 50);
        let call = play.stack.exchange.call(stranger(), development::MASKED_NUMBER).await;
        if twilio_too {
            play.breaks(Service::Twilio, How::ServerError, 1_000_000);
        }
        play.stack.clock.settled().await;
        play.look().await;
        for _ in 0..4 {
            play.stack.clock.advance(Duration::from_mins(15)).await;
            let _ = play.stack.reconcile().await;
            play.stack.clock.settled().await;
        }
        drop(call);
        all.extend(play.done().await);
    }
    all
}

/// Settings: as little as a row may say, and all of it.
async fn settings() -> Seen {
    let mut all = Vec::new();
    let play = Play::new("settings with everything set", |number| {
        curious(number);
        number.owner.name = Some("Ádám 李".to_owned());
        number.owner.language = Language::German;
        number.owner.time_zone = TimeZone::get("Europe/Berlin").unwrap();
        number.speech.language = Language::BrazilianPortuguese;
        number.speech.voice = Some("Polly.Camila-Neural".to_owned());
        let text = PromptText::new("Fale, por favor.").unwrap();
        let audio = AudioUrl::new("https://sounds.example/thanks.mp3").unwrap();
        number.speech.prompts.insert(Prompt::Greeting, Wording::Text(text));
        number.speech.prompts.insert(Prompt::Thanks, Wording::Audio(audio));
        number.forwarding.on = false;
        number.forwarding.targets.push(PhoneNumber::parse("+12125550177").unwrap());
        number.forwarding.ring_time = RingTime::seconds(12).unwrap();
        number.forwarding.caller_id = CallerId::MaskedNumber;
        number.forwarding.announce = !number.forwarding.announce;
        number.forwarding.hang_up_on_star = !number.forwarding.hang_up_on_star;
        number.forwarding.when_off = Instead::Message;
        number.voicemail.max_length = MessageLength::seconds(77).unwrap();
        number.voicemail.finish_key = FinishKey::new('*').ok();
        number.voicemail.beep = !number.voicemail.beep;
        number.voicemail.transcription = Wanted::Amazon;
        number.voicemail.languages = vec![LanguageCode::parse("pt-BR").unwrap()];
        number.voicemail.purge_at_twilio = true;
        number.plan.calls_per_month = Some(40);
        number.plan.when_used_up = Instead::Reject;
        number.retention = Retention { audio: Days::new(7).ok(), transcript: Days::new(8).ok(), calls: None };
    })
    .await;
    all.extend(play.done().await);
    let play = Play::new("settings without a key that ends a message", |number| {
        number.voicemail.finish_key = None;
        number.voicemail.transcription = Wanted::Off;
        number.forwarding.targets.clear();
    })
    .await;
    all.extend(play.done().await);
    // What an earlier release wrote that knew less: this one reads it with today's defaults.
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let owner = Item::from([("email".to_owned(), text(development::OWNER_EMAIL))]);
    let row = Item::from([
        ("number".to_owned(), text("+14155550101")),
        ("item".to_owned(), text("settings")),
        ("owner".to_owned(), AttributeValue::M(owner)),
    ]);
    all.push(("settings that say only whose the number is", "numbers", row));
    all
}
