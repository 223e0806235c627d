//! What an event of SES says.
//! Source: "Examples of event data that Amazon SES publishes to Amazon SNS".

use std::collections::HashMap;

use delivery::mail::Tags;
use domain::{Address, AfterBounce, Entry, MailEvent, MailKind};
use jiff::Timestamp;
use lifecycle::Cause;
use phone::{CallSid, RecordingSid};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

/// What is worth keeping of why a mail bounced, in characters.
const REASON_LENGTH: usize = 200;

/// What SES sends once to a topic that it is to publish to.
const GREETING: &str = "Successfully validated SNS topic for Amazon SES event publishing";

/// What an event of SES tells of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SesEvent {
    /// What the mail was about.
    pub subject: Subject,
    /// To which of the owner's addresses it went.
    pub address: Address,
    /// Which mail SES has taken: any event proves that it did. Mails of releases that did not say it
    /// have none.
    pub taken: Option<Taken>,
    /// What became of it since; none yet where SES only tells that it took it.
    pub event: Option<MailEvent>,
    /// Why it came back, if it did.
    pub cause: Option<Cause>,
    /// When.
    pub at: Timestamp,
}

/// A mail that SES has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which of those about its subject.
    pub kind: MailKind,
    /// SES's name for it.
    pub message_id: String,
    /// Whether the words are in it.
    pub with_words: bool,
    /// Whether the sound is attached.
    pub with_sound: bool,
    /// When SES took it.
    pub at: Timestamp,
}

/// What a mail was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A voicemail.
    Voicemail(RecordingSid),
    /// A missed call.
    MissedCall(CallSid),
}

/// The event is not as SES documents it.
#[derive(Debug, Error)]
#[error("an event of SES can't be read; see whether the configuration set sends anything else to the topic")]
pub struct Unreadable(#[from] serde_json::Error);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// Feedback of an identity, in place of a configuration set, calls it so.
    #[serde(rename = "eventType", alias = "notificationType")]
    kind: String,
    mail: Mail,
    bounce: Option<Bounce>,
    delivery: Option<Dated>,
    delivery_delay: Option<Dated>,
    complaint: Option<Dated>,
    reject: Option<Reject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    #[serde(deserialize_with = "time")]
    timestamp: Timestamp,
    #[serde(default)]
    message_id: String,
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Dated {
    #[serde(deserialize_with = "time")]
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(default, rename = "bounceSubType")]
    sub_kind: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
    #[serde(deserialize_with = "time")]
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    diagnostic_code: Option<String>,
}

#[derive(Deserialize)]
struct Reject {
    reason: String,
}

fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Timestamp, D::Error> {
    String::deserialize(value)?.parse().map_err(D::Error::custom)
}

impl Subject {
    /// Its row in the ledger.
    pub fn entry(&self) -> Entry<'_> {
        match self {
            Self::Voicemail(recording_sid) => recording_sid.into(),
            Self::MissedCall(call_sid) => call_sid.into(),
        }
    }

    fn parse(sid: &str) -> Option<Self> {
        RecordingSid::parse(sid)
            .map(Self::Voicemail)
            .or_else(|_| CallSid::parse(sid).map(Self::MissedCall))
            .ok()
    }
}

/// Reads an event. None: it is not about a mail of ours, or of a kind that says nothing of its
/// fate. Whether a bounced mail goes to the second address is not decided here.
///
/// # Errors
/// [`Unreadable`].
pub fn read(message: &str) -> Result<Option<SesEvent>, Unreadable> {
    if message.starts_with(GREETING) {
        return Ok(None);
    }
    let told: Event = serde_json::from_str(message)?;
    let tag = |name: &str| told.mail.tags.get(name).and_then(|values| values.first()).map(String::as_str);
    let subject = tag(Tags::ENTRY).and_then(Subject::parse);
    let address = tag(Tags::ADDRESS).and_then(Tags::address);
    let (Some(subject), Some(address)) = (subject, address) else { return Ok(None) };
    let at = |dated: &Option<Dated>| dated.as_ref().map_or(told.mail.timestamp, |dated| dated.timestamp);
    let taken = tag(Tags::MAIL).and_then(Tags::kind).map(|kind| Taken {
        kind,
        message_id: told.mail.message_id.clone(),
        with_words: tag(Tags::WORDS) == Some("yes"),
        with_sound: tag(Tags::SOUND) == Some("yes"),
        at: told.mail.timestamp,
    });
    let (event, cause, at) = match (told.kind.as_str(), &told.bounce, &told.reject) {
        ("Send", ..) if taken.is_some() => {
            let at = told.mail.timestamp;
            return Ok(Some(SesEvent { subject, address, taken, event: None, cause: None, at }));
        }
        ("Delivery", ..) => (MailEvent::Delivered, None, at(&told.delivery)),
        ("DeliveryDelay", ..) => (MailEvent::Delayed, None, at(&told.delivery_delay)),
        ("Complaint", ..) => (MailEvent::Complaint, None, at(&told.complaint)),
        ("Bounce", Some(bounce), _) => {
            let said = bounce.bounced_recipients.first().and_then(|it| it.diagnostic_code.as_deref());
            let what = format!("{} {}", bounce.kind, bounce.sub_kind);
            let (reason, then) = (reason(&what, said), AfterBounce::Nothing);
            let cause = cause(&bounce.kind, &bounce.sub_kind);
            let event = match cause {
                Cause::Hard => MailEvent::HardBounce { reason, then },
                _ => MailEvent::SoftBounce { reason, then },
            };
            (event, Some(cause), bounce.timestamp)
        }
        // SES took it and then found something in it: it is not sent, and would not be again.
        ("Reject", _, Some(reject)) => {
            let reason = reason("Rejected", Some(&reject.reason));
            let event = MailEvent::HardBounce { reason, then: AfterBounce::Nothing };
            (event, Some(Cause::Hard), told.mail.timestamp)
        }
        _ => return Ok(None),
    };
    Ok(Some(SesEvent { subject, address, taken, event: Some(event), cause, at }))
}

/// What a bounce of this type and subtype comes of.
/// Source: "Bounce types" in "Contents of event data that Amazon SES publishes to Amazon SNS".
fn cause(kind: &str, sub_kind: &str) -> Cause {
    match (kind, sub_kind) {
        ("Permanent", _) => Cause::Hard,
        (_, "MessageTooLarge" | "AttachmentRejected") => Cause::Sound,
        ("Transient", "General") => Cause::Unclear,
        _ => Cause::Soft,
    }
}

fn reason(what: &str, said: Option<&str>) -> String {
    let said = said.unwrap_or_default();
    // Servers like to repeat the address.
    let words = what.split_whitespace().chain(said.split_whitespace()).filter(|word| !word.contains('@'));
    let reason = words.collect::<Vec<_>>().join(" ");
    reason.chars().filter(|c| !c.is_control()).take(REASON_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const RECORDING: &str = "RE00112233445566778899aabbccddeeff";
    const CALL: &str = "CA00112233445566778899aabbccddeeff";

    fn event(kind: &str, entry: &str, address: &str, more: &Value) -> String {
        let mut event = json!({
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-21T10:00:00.000Z",
                "source": "voicemail@example.com",
                "messageId": "0100019a",
                "destination": ["owner@example.com"],
                "headersTruncated": false,
                "headers": [],
                "commonHeaders": {},
                "tags": { "ses:configuration-set": ["aftertone"], "entry": [entry], "address": [address] },
            },
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    }

    fn bounce(kind: &str, diagnostic_code: &str) -> Value {
        json!({ "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [{
                "emailAddress": "owner@example.com",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": diagnostic_code,
            }],
            "timestamp": "2026-11-21T10:00:05.000Z",
            "feedbackId": "0100019b",
        }})
    }

    #[test]
    fn each_kind_of_event_is_read() {
        let at: Timestamp = "2026-11-21T10:00:05Z".parse().unwrap();
        let dated = |name: &str| json!({ name: { "timestamp": at.to_string() } });
        let reason = "Permanent General smtp; 550 5.1.1 unknown".to_owned();
        let then = AfterBounce::Nothing;
        let soft = |reason: &str| MailEvent::SoftBounce { reason: reason.to_owned(), then: then.clone() };
        let cases = [
            ("Delivery", dated("delivery"), MailEvent::Delivered),
            ("DeliveryDelay", dated("deliveryDelay"), MailEvent::Delayed),
            ("Complaint", dated("complaint"), MailEvent::Complaint),
            ("Bounce", bounce("Transient", "smtp; 452 full"), soft("Transient General smtp; 452 full")),
            ("Bounce", bounce("Undetermined", ""), soft("Undetermined General")),
            (
                "Bounce",
                bounce("Permanent", "smtp; 550 5.1.1 <owner@example.com>\r\n unknown"),
                MailEvent::HardBounce { reason, then: then.clone() },
            ),
        ];
        for (kind, more, became) in cases {
            let expected = SesEvent {
                subject: Subject::Voicemail(RecordingSid::parse(RECORDING).unwrap()),
                address: Address::First,
                taken: None,
                cause: match &became {
                    MailEvent::HardBounce { .. } => Some(Cause::Hard),
                    MailEvent::SoftBounce { reason, .. } if reason.starts_with("Transient") => {
                        Some(Cause::Unclear)
                    }
                    MailEvent::SoftBounce { .. } => Some(Cause::Soft),
                    _ => None,
                },
                event: Some(became),
                at,
            };
            assert_eq!(read(&event(kind, RECORDING, "first", &more)).unwrap(), Some(expected), "{kind}");
        }
        let rejected =
            read(&event("Reject", CALL, "second", &json!({ "reject": { "reason": "Bad content" } })));
        let rejected = rejected.unwrap().unwrap();
        assert_eq!(rejected.subject, Subject::MissedCall(CallSid::parse(CALL).unwrap()));
        assert_eq!(rejected.address, Address::Second);
        let reason = "Rejected Bad content".to_owned();
        assert_eq!(rejected.event, Some(MailEvent::HardBounce { reason, then: AfterBounce::Nothing }));
    }

    #[test]
    fn every_event_proves_which_mail_ses_has_taken() {
        let dated = json!({ "timestamp": "2026-11-21T10:00:05.000Z" });
        let of_kind = |kind: &str, mail: &str| {
            let more = json!({ "delivery": dated, "send": {}, "reject": { "reason": "Bad content" } });
            let mut event: Value = serde_json::from_str(&event(kind, RECORDING, "first", &more)).unwrap();
            event["mail"]["tags"]["mail"] = json!([mail]);
            event["mail"]["tags"]["words"] = json!(["yes"]);
            read(&event.to_string()).unwrap()
        };
        let kinds = [
            ("voicemail", MailKind::Voicemail),
            ("second", MailKind::Second),
            ("resend-7", MailKind::Resend(7)),
        ];
        for (mail, mail_kind) in kinds {
            for (kind, tells_more) in [("Send", false), ("Delivery", true), ("Reject", true)] {
                let read = of_kind(kind, mail).unwrap();
                let at = "2026-11-21T10:00:00Z".parse().unwrap();
                let message_id = "0100019a".to_owned();
                let taken = Taken { kind: mail_kind, message_id, with_words: true, with_sound: false, at };
                assert_eq!((read.taken, read.event.is_some()), (Some(taken), tells_more), "{kind} {mail}");
            }
        }
        assert_eq!(of_kind("Send", "something"), None);
    }

    #[test]
    fn what_is_not_about_the_fate_of_a_mail_of_ours_is_passed_over() {
        let delivery = json!({ "delivery": { "timestamp": "2026-11-21T10:00:05Z" } });
        for (kind, entry, address) in [
            ("Send", RECORDING, "first"),
            ("Open", RECORDING, "first"),
            ("Bounce", RECORDING, "first"),
            ("Delivery", "RE1", "first"),
            ("Delivery", RECORDING, "third"),
        ] {
            assert_eq!(read(&event(kind, entry, address, &delivery)).unwrap(), None, "{kind} {entry}");
        }
        let foreign = json!({ "eventType": "Delivery", "mail": { "timestamp": "2026-11-21T10:00:05Z" } });
        assert_eq!(read(&foreign.to_string()).unwrap(), None);
        assert_eq!(read(&format!("{GREETING}.")).unwrap(), None);
        for unreadable in ["", "{}", "null", "Successfully"] {
            read(unreadable).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn no_address_and_no_line_break_gets_into_a_reason(said in "(?s).{0,400}") {
            let read = read(&event("Bounce", RECORDING, "first", &bounce("Permanent", &said))).unwrap().unwrap();
            let Some(MailEvent::HardBounce { reason, .. }) = read.event else { panic!("no hard bounce") };
            prop_assert!(!reason.contains('@') && !reason.contains(char::is_control));
            prop_assert!(reason.chars().count() <= REASON_LENGTH);
        }

        #[test]
        fn any_text_is_read_without_a_panic(message in ".*") {
            prop_assert!(read(&message).is_err());
        }
    }
}
