//! The sample events in the folder `events/`: one for each function, as AWS sends them, for
//! `sam local invoke` and for measurements.
//!
//! `cargo run -p events` writes them; a test checks that the files are what it writes. Together
//! they tell one call: it comes in, nobody answers, a message is left, its words arrive, it is
//! mailed and heard. A second one is to a number that has a phone file: its caller chooses from a menu, is
//! parked, and somebody picks up who is rung. Times and identifiers are fixed, and everything that is signed is signed with
//! the keys of [`development`], which are public and open nothing.
//!
//! ## Layout
//! - [`Sample`]: which events there are.
//! - [`forms`]: what Twilio sends.
//! - [`parked`]: the call that goes over several webhooks.
//! - [`environment`]: what the functions need beside an event, `events/env.json`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::Result;
use callflow::STATE;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use jiff::Timestamp;
use link::LinkKey;
use local::gateway::{Arrival, event_json};
use local::mail_events::{self, Bounce, MailEventType, Sent};
use phone::{CallSid, RecordingSid};
use serde_json::{Value, json};
use signature::{AuthToken, Body};

pub mod environment;
pub mod forms;
pub mod parked;

pub use local::development;

/// The host that everything is sent to.
pub const HOST_NAME: &str = "aftertone.example.com";

/// When every request came: 2026-11-21 10:00 UTC.
pub const NOW: Timestamp = Timestamp::constant(1_795_255_200, 0);

/// When the link expires, and until when a parked caller waits: 2100-01-01 UTC, so that samples work whenever they are
/// used.
const LATER: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// Where requests come from: an address for documentation (RFC 5737).
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10));

/// A function, and with it what it is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sample {
    /// A call comes in.
    Voice,
    /// The forwarded leg rang, and nobody answered.
    DialOutcome,
    /// The caller has left a message.
    Recording,
    /// The words of the message have arrived.
    Transcription,
    /// The forwarded leg is over.
    Status,
    /// The caller has chosen from a menu.
    Menu,
    /// The caller is parked, and waits.
    Wait,
    /// Somebody picks up who was rung.
    Leg,
    /// The ledger has a new voicemail.
    Deliver,
    /// A live call has changed.
    Act,
    /// Something has happened in a call that programs steer.
    Notify,
    /// The owner follows the link in the mail.
    Listen,
    /// A program looks at the calls that go on.
    Calls,
    /// The owner's address does not take the mail.
    MailEvents,
    /// The search for the forgotten begins.
    Reconcile,
    /// A day has passed.
    Retention,
}

impl Sample {
    /// One for each function.
    pub const ALL: [Self; 16] = [
        Self::Voice,
        Self::DialOutcome,
        Self::Recording,
        Self::Transcription,
        Self::Status,
        Self::Menu,
        Self::Wait,
        Self::Leg,
        Self::Deliver,
        Self::Act,
        Self::Notify,
        Self::Listen,
        Self::Calls,
        Self::MailEvents,
        Self::Reconcile,
        Self::Retention,
    ];

    /// The function's name: of its crate, its binary, its event's file, and of its webhook.
    pub fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::DialOutcome => "dial-outcome",
            Self::Recording => "recording",
            Self::Transcription => "transcription",
            Self::Status => "status",
            Self::Menu => "menu",
            Self::Wait => "wait",
            Self::Leg => "leg",
            Self::Calls => "calls",
            Self::Deliver => "deliver",
            Self::Act => "act",
            Self::Notify => "notify",
            Self::Listen => "listen",
            Self::MailEvents => "mail-events",
            Self::Reconcile => "reconcile",
            Self::Retention => "retention",
        }
    }

    /// Whether Twilio calls it.
    pub fn is_webhook(self) -> bool {
        self.event(1).is_ok_and(|event| event["rawPath"] == format!("/webhook/{}", self.name()).as_str())
    }

    /// The event. Number 1 is the one in the folder; others are alike, about another call.
    ///
    /// # Errors
    /// Never: everything that it is made of is valid.
    pub fn event(self, number: u32) -> Result<Value> {
        let (form, state) = match self {
            Self::Voice => (forms::voice(number), None),
            Self::DialOutcome => (forms::dial_outcome(number), None),
            Self::Recording => (forms::recording(number), None),
            Self::Transcription => (forms::transcription(number), None),
            Self::Status => (forms::status(number), None),
            Self::Menu => (forms::menu(number), Some(parked::onward(parked::asked(number)?))),
            Self::Wait => (forms::wait(number), Some(parked::onward(parked::parked(number)?))),
            Self::Leg => (forms::leg(number), Some(parked::leg(number)?)),
            Self::Deliver => return Ok(deliver(number)),
            Self::Act => return Ok(act(number)),
            Self::Notify => return Ok(notify(number)),
            Self::Listen => return listen(number),
            Self::Calls => return calls(number),
            Self::MailEvents => return Ok(mail_event(number)),
            Self::Reconcile | Self::Retention => return Ok(scheduled(self.name(), number)),
        };
        webhook(self.name(), state.as_deref(), &form, number)
    }
}

/// The file of an event, as it stands in the folder.
///
/// # Errors
/// Never: everything that it is made of is valid.
pub fn files() -> Result<Vec<(String, String)>> {
    let mut files = vec![("env.json".to_owned(), written(&environment::env_json()))];
    for sample in Sample::ALL {
        files.push((format!("{}.json", sample.name()), written(&sample.event(1)?)));
    }
    Ok(files)
}

fn written(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The folder `events/` of this repository.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// The caller's leg of call `number`.
pub fn call_sid(number: u32) -> String {
    format!("CA{number:032x}")
}

/// The recording of call `number`.
pub fn recording_sid(number: u32) -> String {
    format!("RE{number:032x}")
}

/// The same, checked.
///
/// # Errors
/// Never: it is one.
pub fn sids(number: u32) -> Result<(CallSid, RecordingSid)> {
    Ok((CallSid::parse(&call_sid(number))?, RecordingSid::parse(&recording_sid(number))?))
}

/// A webhook, signed; `state` is what comes back with its address.
fn webhook(name: &str, state: Option<&str>, form: &forms::Form, number: u32) -> Result<Value> {
    let body = forms::encode(form);
    let query = state.map_or_else(String::new, |state| format!("?{STATE}={state}"));
    let url = format!("https://{HOST_NAME}/webhook/{name}{query}");
    let signature =
        signature::sign(&AuthToken::from(development::AUTH_TOKEN), &url, Body::Form(body.as_bytes()));
    let (parts, ()) = Request::post(format!("/webhook/{name}{query}"))
        .header(HOST, HOST_NAME)
        .header(USER_AGENT, "TwilioProxy/1.1")
        .header(ACCEPT, "*/*")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
        .header(signature::HEADER, signature)
        .header("i-twilio-idempotency-token", format!("00000000-0000-4000-8000-{number:012x}"))
        .body(())?
        .into_parts();
    Ok(event_json(&parts, body.as_bytes(), &arrival(format!("POST /webhook/{name}"))))
}

/// A browser follows the link.
fn listen(number: u32) -> Result<Value> {
    let (_, recording_sid) = sids(number)?;
    let token = LinkKey::new(development::LINK_KEY.into())?.token(&recording_sid, 0, LATER);
    let (parts, ()) = Request::get(format!("/v/{token}"))
        .header(HOST, HOST_NAME)
        .header(USER_AGENT, "Mozilla/5.0")
        .header(ACCEPT, "text/html,application/xhtml+xml")
        .body(())?
        .into_parts();
    let mut arrival = arrival("GET /v/{token}");
    arrival.path_parameters = BTreeMap::from([("token".to_owned(), token)]);
    Ok(event_json(&parts, b"", &arrival))
}

/// A program looks at the calls that go on.
fn calls(number: u32) -> Result<Value> {
    let (_, key) = development::api_key(NOW)?;
    let (parts, ()) = Request::get("/v1/calls")
        .header(HOST, HOST_NAME)
        .header(USER_AGENT, format!("program/{number}"))
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .body(())?
        .into_parts();
    let mut arrival = arrival("GET /v1/{proxy+}");
    arrival.path_parameters = BTreeMap::from([("proxy".to_owned(), "calls".to_owned())]);
    Ok(event_json(&parts, b"", &arrival))
}

fn arrival(route_key: impl Into<String>) -> Arrival {
    let mut arrival = Arrival::new(route_key, NOW);
    arrival.source_ip = SOURCE;
    arrival
}

/// A message of the queue: the stream record of a row that [`Sample::Recording`] has just made.
fn deliver(number: u32) -> Value {
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/aftertone-voicemails";
    let now = NOW.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let record = json!({
        "eventID": format!("{number:032x}"),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW.as_second(),
            "Keys": { "recording_sid": { "S": recording_sid(number) } },
            "NewImage": {
                "recording_sid": { "S": recording_sid(number) },
                "call_sid": { "S": call_sid(number) },
                "account_sid": { "S": development::ACCOUNT_SID },
                "number": { "S": development::MASKED_NUMBER },
                "caller": { "S": development::STRANGER },
                "recorded_at": { "S": now },
                "left_at": { "S": now },
                "duration_s": { "N": "9" },
                "open": { "S": "y" },
                "revision": { "N": "1" },
            },
            "SequenceNumber": format!("{number:021}"),
            "SizeBytes": 420,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": format!("{table}/stream/2026-11-01T00:00:00.000"),
    });
    queued("aftertone-deliver", &record, number)
}

/// A message of the queue: the stream record of a live call that is there no more.
fn act(number: u32) -> Value {
    queued("aftertone-act", &live_record("MODIFY", "call", number), number)
}

/// A message of the queue: the stream record of the first entry in the log of a call of which nobody is told.
fn notify(number: u32) -> Value {
    queued("aftertone-notify", &live_record("INSERT", "event#0000000001", number), number)
}

/// A record of the stream of live calls.
fn live_record(name: &str, item: &str, number: u32) -> Value {
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/aftertone-live-calls";
    json!({
        "eventID": format!("{number:032x}"),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW.as_second(),
            "Keys": { "call_id": { "S": call_sid(number) }, "item": { "S": item } },
            "SequenceNumber": format!("{number:021}"),
            "SizeBytes": 45 + item.len(),
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": format!("{table}/stream/2026-11-01T00:00:00.000"),
    })
}

/// A stream record, as a queue hands it to its function.
fn queued(queue: &str, record: &Value, number: u32) -> Value {
    let sent = NOW.as_millisecond().to_string();
    json!({
        "Records": [{
            "messageId": format!("00000000-0000-4000-8000-{number:012x}"),
            "receiptHandle": format!("receipt-{number}"),
            "body": record.to_string(),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": sent,
                "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
                "ApproximateFirstReceiveTimestamp": sent,
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{queue}"),
            "awsRegion": "us-east-1",
        }],
    })
}

/// A message of the topic: SES tells that the mail about a voicemail came back.
fn mail_event(number: u32) -> Value {
    let tags = [("entry", recording_sid(number)), ("address", "first".to_owned())];
    let sent = Sent {
        message_id: &format!("0100019a00000000-{number:08x}-0000-4000-8000-000000000000-000000"),
        at: NOW,
        recipient: development::OWNER_EMAIL,
        configuration_set: "aftertone",
        tags: &tags.map(|(name, value)| (name.to_owned(), value)).into(),
    };
    mail_events::topic_event(
        &mail_events::event(&sent, MailEventType::Bounced(Bounce::NoEmail), NOW),
        number,
        NOW,
    )
}

/// A schedule's event.
fn scheduled(function: &str, number: u32) -> Value {
    json!({
        "version": "0",
        "id": format!("00000000-0000-4000-8000-{number:012x}"),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": NOW.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": "us-east-1",
        "resources": [format!("arn:aws:events:us-east-1:000000000000:rule/aftertone-{function}")],
        "detail": {},
    })
}

#[cfg(test)]
mod tests;
