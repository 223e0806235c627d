//! What SES publishes about mails, and how a topic hands it to a function.
//!
//! Sources: "Examples of event data that Amazon SES publishes to Amazon SNS"; "Using AWS Lambda
//! with Amazon SNS".

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

/// What becomes of mails to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What SES tells.
    pub news: News,
    /// How long after it took the mail.
    pub after: Duration,
}

/// What SES tells of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The address has it.
    Delivered,
    /// The address does not take it now.
    Delayed,
    /// There is no such address.
    HardBounce,
    /// The mailbox is full.
    SoftBounce,
    /// Its owner calls it spam.
    Complaint,
}

impl Default for Fate {
    /// It is delivered within a second.
    fn default() -> Self {
        Self { news: News::Delivered, after: Duration::from_secs(1) }
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
pub fn event(sent: &Sent<'_>, news: News, at: Timestamp) -> Value {
    let time = |at: Timestamp| format!("{at:.3}");
    let mut tags: serde_json::Map<String, Value> =
        sent.tags.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    tags.insert("ses:configuration-set".to_owned(), json!([sent.configuration_set]));
    let recipient = json!({ "emailAddress": sent.recipient });
    let bounce = |kind: &str, sub_type: &str, status: &str, said: &str| {
        json!({
            "bounceType": kind,
            "bounceSubType": sub_type,
            "bouncedRecipients": [{
                "emailAddress": sent.recipient,
                "action": "failed",
                "status": status,
                "diagnosticCode": format!("smtp; {said} <{}>", sent.recipient),
            }],
            "timestamp": time(at),
            "feedbackId": format!("{}-feedback", sent.message_id),
            "reportingMTA": "dns; mta.example.com",
        })
    };
    let (kind, name, what) = match news {
        News::Delivered => (
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
        News::Delayed => (
            "DeliveryDelay",
            "deliveryDelay",
            json!({
                "timestamp": time(at),
                "delayType": "TransientCommunicationFailure",
                "delayedRecipients": [recipient],
            }),
        ),
        News::HardBounce => {
            ("Bounce", "bounce", bounce("Permanent", "NoEmail", "5.1.1", "550 5.1.1 user unknown"))
        }
        News::SoftBounce => {
            ("Bounce", "bounce", bounce("Transient", "MailboxFull", "4.2.2", "452 4.2.2 mailbox full"))
        }
        News::Complaint => (
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
