//! The worker's queue, and SES's events.

use domain::MailEvent;
use mail_events::read;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::config;
use crate::text::{altered, any_text};

const RECORD: &str = r#"{"eventName":"INSERT","dynamodb":{"Keys":{"recording_sid":{"S":"RE00000000000000000000000000000001"}}}}"#;

const EVENT: &str = concat!(
    r#"{"eventType":"Bounce","mail":{"timestamp":"2026-11-21T10:00:00.000Z","tags":{"entry":"#,
    r#"["RE00112233445566778899aabbccddeeff"],"address":["first"]}},"bounce":{"bounceType":"Permanent","#,
    r#""bounceSubType":"General","bouncedRecipients":[{"emailAddress":"a@example.com","diagnosticCode":"550"}],"#,
    r#""timestamp":"2026-11-21T10:00:05.000Z"}}"#,
);

/// Any JSON, with names that mean something here.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 12] = [
        "recording_sid",
        "dynamodb",
        "Keys",
        "S",
        "Message",
        "detail",
        "TranscriptionJobName",
        "mail",
        "tags",
        "bounce",
        "eventType",
        "timestamp",
    ];
    let name = || prop_oneof![proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned), any_text()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        Just(json!("RE00000000000000000000000000000001")),
        Just(json!("CA00000000000000000000000000000001")),
        Just(json!(RECORD)),
    ];
    leaf.prop_recursive(6, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner.clone()), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            // A message in a message.
            inner.prop_map(|inner| json!({ "Message": inner.to_string() })),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_message_names_sids_or_nothing(text in any_text(), json in any_json(), altered in altered(RECORD)) {
        for body in [text, json.to_string(), altered] {
            for sid in delivery::wake_up::recording_sids(&body) {
                prop_assert!(body.contains(sid.as_str()));
            }
            for sid in delivery::wake_up::call_sids(&body) {
                prop_assert!(body.contains(sid.as_str()));
            }
        }
    }

    #[test]
    fn an_event_of_ses_is_read_or_not(
        text in any_text(),
        json in any_json(),
        altered in altered(EVENT),
        said in any_text(),
    ) {
        let _ = (read(&text), read(&json.to_string()));
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = said.into();
        for event in [altered, event.to_string()] {
            if let Ok(Some(event)) = read(&event)
                && let Some(MailEvent::HardBounce { reason, .. } | MailEvent::SoftBounce { reason, .. }) = event.event
            {
                prop_assert!(!reason.contains('@') && !reason.contains(char::is_control), "{:?}", reason);
                prop_assert!(reason.chars().count() <= 200);
            }
        }
    }
}
