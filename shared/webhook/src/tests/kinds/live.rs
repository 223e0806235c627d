//! Calls that go over several webhooks: who is asked, who waits, who is rung.

use super::*;
use crate::kinds::{RecordingTold, Reply};

fn reply(digits: Option<&str>, speech: Option<&str>, confidence: Option<f64>) -> Reply {
    Reply { digits: digits.map(str::to_owned), speech: speech.map(str::to_owned), confidence }
}

#[test]
fn what_was_asked_is_answered_with_keys_words_or_nothing() {
    let cases = [
        (vec![], reply(None, None, None)),
        (vec![("Digits", "")], reply(None, None, None)),
        (vec![("Digits", "1"), ("FinishedOnKey", "")], reply(Some("1"), None, None)),
        (vec![("Digits", "12#")], reply(Some("12#"), None, None)),
        (vec![("SpeechResult", "Orders."), ("Confidence", "0.9")], reply(None, Some("Orders."), Some(0.9))),
        (vec![("SpeechResult", "订单"), ("Confidence", "1")], reply(None, Some("订单"), Some(1.0))),
        (vec![("SpeechResult", ""), ("Confidence", "0.0")], reply(None, None, Some(0.0))),
    ];
    for (more, expected) in cases {
        let form = with(&OF_A_CALL, &more);
        assert_eq!(read::<Asked>(&form).unwrap(), Asked { parties: parties(), reply: expected.clone() });
        assert_eq!(read::<LegCall>(&form).unwrap().reply, expected, "{more:?}");
    }
    for name in ["CallSid", "From", "To"] {
        assert_eq!(read::<Asked>(&without(&OF_A_CALL, name)), Err(Missing::Absent(name)));
    }
}

#[test]
fn a_confidence_that_is_none_is_not_told() {
    for confidence in ["", "high", "NaN", "inf", "-0.1", "1.1", "0,9"] {
        let form = with(&OF_A_CALL, &[("SpeechResult", "Orders."), ("Confidence", confidence)]);
        let asked = read::<Asked>(&form).unwrap();
        assert_eq!(asked.reply, reply(None, Some("Orders."), None), "{confidence}");
    }
}

#[test]
fn who_waits_has_no_result_and_who_left_has_one() {
    let cases = [
        (vec![("QueueTime", "6"), ("QueuePosition", "1")], None, true),
        (vec![("QueueResult", "")], None, true),
        (vec![("QueueResult", "leave")], Some("leave"), true),
        (vec![("QueueResult", "bridged")], Some("bridged"), true),
        (vec![("QueueResult", "hangup"), ("CallStatus", "completed")], Some("hangup"), false),
        (vec![("QueueResult", "something-new")], Some("something-new"), true),
    ];
    for (more, result, caller_is_there) in cases {
        let expected = Queued { parties: parties(), result: result.map(str::to_owned), caller_is_there };
        assert_eq!(read::<Queued>(&with(&OF_A_CALL, &more)).unwrap(), expected, "{more:?}");
    }
    for name in ["CallSid", "From", "To"] {
        assert_eq!(read::<Queued>(&without(&OF_A_CALL, name)), Err(Missing::Absent(name)));
    }
}

/// What is told of a recording; `ErrorCode` is 0 where there is none.
const RECORDED: [(&str, &str); 4] = [
    ("RecordingSid", "RE00000000000000000000000000000009"),
    ("RecordingStatus", "completed"),
    ("RecordingDuration", "42"),
    ("ErrorCode", "0"),
];

#[test]
fn a_leg_is_told_by_itself_or_as_one_that_was_dialled() {
    let placed = with(&OF_A_CALL, &[("CallSid", CHILD), ("Direction", "outbound-api")]);
    let leg = LegCall {
        account_sid: AccountSid::parse(ACCOUNT).unwrap(),
        call_sid: CallSid::parse(CHILD).unwrap(),
        parent_call_sid: None,
        status: "in-progress".to_owned(),
        reply: reply(None, None, None),
        has_talked: false,
        answered_by: None,
        recording: None,
        fed: None,
    };
    let dialled = LegCall { parent_call_sid: CallSid::parse(CALL).ok(), ..leg.clone() };
    let talked = LegCall { has_talked: true, ..leg.clone() };
    let cases = [
        (placed.clone(), leg.clone()),
        (with(&placed, &[("ParentCallSid", CALL)]), dialled),
        // Who rings is asked all the same.
        (with(&placed, &[("ParentCallSid", "CA1")]), leg.clone()),
        (without(&placed, "From"), leg.clone()),
        (without(&placed, "To"), leg.clone()),
        (with(&placed, &[("DialBridged", "true")]), talked.clone()),
        (with(&placed, &[("DialBridged", "false")]), leg.clone()),
        (with(&placed, &[("DialCallStatus", "completed")]), talked.clone()),
        (with(&placed, &[("DialCallStatus", "completed"), ("DialBridged", "false")]), leg.clone()),
        (with(&placed, &[("DialCallStatus", "no-answer"), ("DialBridged", "true")]), talked),
        (with(&placed, &[("CallStatus", "busy")]), LegCall { status: "busy".to_owned(), ..leg.clone() }),
        (
            without(&with(&placed, &[("AnsweredBy", "machine_start")]), "CallStatus"),
            LegCall { status: String::new(), answered_by: Some("machine_start".to_owned()), ..leg.clone() },
        ),
        (
            without(&with(&placed, &RECORDED), "CallStatus"),
            LegCall {
                status: String::new(),
                recording: Some(RecordingTold {
                    recording_sid: RecordingSid::parse(RECORDED[0].1).unwrap(),
                    status: "completed".to_owned(),
                    duration_seconds: 42,
                    error_code: None,
                }),
                ..leg
            },
        ),
    ];
    for (form, expected) in cases {
        assert_eq!(read::<LegCall>(&form).unwrap(), expected, "{form:?}");
    }
    for name in ["AccountSid", "CallSid", "CallStatus"] {
        assert_eq!(read::<LegCall>(&without(&placed, name)), Err(Missing::Absent(name)));
    }
}
