//! What SES publishes about mails, and how a topic hands it to a function.
//!
//! Sources: "Contents of event data that Amazon SES publishes to Amazon SNS", with its table of
//! bounce types; "Examples of event data that Amazon SES publishes to Amazon SNS"; "Using AWS
//! Lambda with Amazon SNS".

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

/// What becomes of mails to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What SES tells.
    pub event: MailEventType,
    /// How long after it took the mail.
    pub after: Duration,
}

/// What SES tells of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailEventType {
    /// SES took it. This comes for every mail, before its fate.
    Sent,
    /// The address has it.
    Delivered,
    /// The address does not take it now.
    Delayed,
    /// It came back.
    Bounced(Bounce),
    /// SES took it, found something bad in it, and does not send it.
    Rejected,
    /// Its owner calls it spam.
    Complaint,
}

/// Why a mail comes back: `bounceType` and `bounceSubType`, all that SES documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// Permanent: the server says no more than that it never takes it.
    Never,
    /// Permanent: there is no such address.
    NoEmail,
    /// Permanent: the address is on the list that SES keeps for all.
    Suppressed,
    /// Permanent: the address is on the account's own list.
    OnAccountSuppressionList,
    /// Transient: anything, an absent owner's automatic answer among it.
    General,
    /// Transient: the mailbox is full.
    MailboxFull,
    /// Transient: the message is too large. Only with the sound in it: without, it is delivered.
    MessageTooLarge,
    /// Transient: the server does not like what it says.
    ContentRejected,
    /// Transient: the server takes no such attachment. Without one the mail is delivered.
    AttachmentRejected,
    /// SES could not find out why.
    Undetermined,
}

impl Bounce {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Never,
        Self::NoEmail,
        Self::Suppressed,
        Self::OnAccountSuppressionList,
        Self::General,
        Self::MailboxFull,
        Self::MessageTooLarge,
        Self::ContentRejected,
        Self::AttachmentRejected,
        Self::Undetermined,
    ];

    /// Type, subtype, status, and what the server, or SES in its place, said.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Never => ["Permanent", "General", "5.0.0", "smtp; 554 5.0.0 not here"],
            Self::NoEmail => ["Permanent", "NoEmail", "5.1.1", "smtp; 550 5.1.1 user unknown"],
            Self::Suppressed => {
                ["Permanent", "Suppressed", "5.1.1", "Amazon SES has suppressed sending to this address"]
            }
            Self::OnAccountSuppressionList => [
                "Permanent",
                "OnAccountSuppressionList",
                "5.1.1",
                "Amazon SES did not send the message: the address is on your account's suppression list",
            ],
            Self::General => ["Transient", "General", "4.0.0", "smtp; 451 4.0.0 try again later"],
            Self::MailboxFull => ["Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"],
            Self::MessageTooLarge => {
                ["Transient", "MessageTooLarge", "5.3.4", "smtp; 552 5.3.4 message too big for system"]
            }
            Self::ContentRejected => {
                ["Transient", "ContentRejected", "5.6.0", "smtp; 554 5.6.0 content rejected"]
            }
            Self::AttachmentRejected => {
                ["Transient", "AttachmentRejected", "5.7.0", "smtp; 552 5.7.0 attachment not allowed"]
            }
            Self::Undetermined => ["Undetermined", "Undetermined", "5.0.0", "smtp; 500 5.0.0 unknown"],
        }
    }

    /// Whether only a mail with an attachment comes back.
    pub(crate) fn is_for_the_attachment(self) -> bool {
        matches!(self, Self::MessageTooLarge | Self::AttachmentRejected)
    }
}

impl Default for Fate {
    /// It is delivered within a second.
    fn default() -> Self {
        Self { event: MailEventType::Delivered, after: Duration::from_secs(1) }
    }
}

/// A mail as its events name it.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    /// SES's name for it.
    pub message_id: &'a str,
    /// When SES took it.
    pub at: Timestamp,
    /// Whom it is for.
    pub recipient: &'a str,
    /// The configuration set that it was sent with.
    pub configuration_set: &'a str,
    /// What it was tagged with.
    pub tags: &'a BTreeMap<String, String>,
}

/// The event that SES publishes.
pub fn event(sent: &Sent<'_>, event: MailEventType, at: Timestamp) -> Value {
    let time = |at: Timestamp| format!("{at:.3}");
    let mut tags: serde_json::Map<String, Value> =
        sent.tags.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    tags.insert("ses:configuration-set".to_owned(), json!([sent.configuration_set]));
    let recipient = json!({ "emailAddress": sent.recipient });
    let bounce = |bounce: Bounce| {
        let [kind, sub_type, status, said] = bounce.words();
        json!({
            "bounceType": kind,
            "bounceSubType": sub_type,
            "bouncedRecipients": [{
                "emailAddress": sent.recipient,
                "action": "failed",
                "status": status,
                "diagnosticCode": format!("{said} <{}>", sent.recipient),
            }],
            "timestamp": time(at),
            "feedbackId": format!("{}-feedback", sent.message_id),
            "reportingMTA": "dns; mta.example.com",
        })
    };
    let (kind, name, what) = match event {
        MailEventType::Sent => ("Send", "send", json!({})),
        MailEventType::Delivered => (
            "Delivery",
            "delivery",
            json!({
                "timestamp": time(at),
                "processingTimeMillis": 1000,
                "recipients": [sent.recipient],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            }),
        ),
        MailEventType::Delayed => (
            "DeliveryDelay",
            "deliveryDelay",
            json!({
                "timestamp": time(at),
                "delayType": "TransientCommunicationFailure",
                "delayedRecipients": [recipient],
            }),
        ),
        MailEventType::Bounced(why) => ("Bounce", "bounce", bounce(why)),
        MailEventType::Rejected => ("Reject", "reject", json!({ "reason": "Bad content" })),
        MailEventType::Complaint => (
            "Complaint",
            "complaint",
            json!({
                "complainedRecipients": [recipient],
                "timestamp": time(at),
                "feedbackId": format!("{}-feedback", sent.message_id),
                "complaintFeedbackType": "abuse",
            }),
        ),
    };
    json!({
        "eventType": kind,
        name: what,
        "mail": {
            "timestamp": time(sent.at),
            "source": "voicemail@aftertone.example",
            "sendingAccountId": "000000000000",
            "messageId": sent.message_id,
            "destination": [sent.recipient],
            "headersTruncated": false,
            "headers": [],
            "commonHeaders": {},
            "tags": tags,
        },
    })
}

/// What the topic calls its function with.
pub fn topic_event(event: &Value, number: u32, at: Timestamp) -> Value {
    let topic = "arn:aws:sns:us-east-1:000000000000:aftertone-mail-events";
    json!({
        "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": format!("{topic}:00000000-0000-4000-8000-000000000000"),
            "Sns": {
                "Type": "Notification",
                "MessageId": format!("00000000-0000-4000-8000-{number:012x}"),
                "TopicArn": topic,
                "Subject": "Amazon SES Email Event Notification",
                "Message": event.to_string(),
                "Timestamp": format!("{at:.3}"),
                "SignatureVersion": "1",
                "Signature": "",
                "SigningCertUrl": "",
                "UnsubscribeUrl": "",
                "MessageAttributes": {},
            },
        }],
    })
}
