//! Forms as Twilio sends them, read as types.

use callflow::Message;
use domain::{DialStatus, Language};
use phone::{AccountSid, CallSid, Caller, PhoneNumber, RecordingSid, Withheld};
use proptest::prelude::*;

use super::*;
use crate::kinds::{
    Asked, CallParties, CallStatus, DialEnded, Input, LegCall, Queued, RecordingEvent, RecordingNotice,
    Transcribed,
};
use crate::{Missing, Parameters};

mod live;

const CHILD: &str = "CA00000000000000000000000000000099";

fn read<W: Input>(form: &[(&str, &str)]) -> Result<W, Missing> {
    W::read(&Parameters::parse(super::form(form).as_bytes()))
}

/// A form, and what is added to or replaced in it.
fn with<'a>(form: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let replaced = |name: &str| more.iter().any(|(other, _)| *other == name);
    form.iter().filter(|(name, _)| !replaced(name)).chain(more).copied().collect()
}

fn without<'a>(form: &[(&'a str, &'a str)], name: &str) -> Vec<(&'a str, &'a str)> {
    form.iter().filter(|(other, _)| *other != name).copied().collect()
}

/// In every webhook of a call.
const OF_A_CALL: [(&str, &str); 9] = [
    ("AccountSid", ACCOUNT),
    ("ApiVersion", "2010-04-01"),
    ("CallSid", CALL),
    ("CallStatus", "in-progress"),
    ("Direction", "inbound"),
    ("From", "+16465550199"),
    ("FromCountry", "US"),
    ("To", "+14155550100"),
    ("ToCountry", "US"),
];

fn parties() -> CallParties {
    CallParties {
        call_sid: CallSid::parse(CALL).unwrap(),
        from: Caller::parse("+16465550199"),
        to: PhoneNumber::parse("+14155550100").ok(),
        caller_name: None,
        likely_language: Language::English,
    }
}

#[test]
fn an_incoming_call_tells_who_calls_whom() {
    assert_eq!(read::<VoiceCall>(&OF_A_CALL).unwrap().parties, parties());
    let more = [("CallerName", "DOE JOHN"), ("ToCountry", "DE")];
    let expected = CallParties {
        caller_name: Some("DOE JOHN".to_owned()),
        likely_language: Language::German,
        ..parties()
    };
    assert_eq!(read::<VoiceCall>(&with(&OF_A_CALL, &more)).unwrap().parties, expected);
    // As the carrier has it who knows neither name nor country.
    let more = [("CallerName", ""), ("ToCountry", "")];
    assert_eq!(read::<VoiceCall>(&with(&OF_A_CALL, &more)).unwrap().parties, parties());
}

#[test]
fn any_caller_is_some_caller() {
    let cases = [
        ("anonymous", Caller::Withheld(Withheld::Anonymous)),
        ("+266696687", Caller::Withheld(Withheld::Anonymous)),
        ("", Caller::Withheld(Withheld::Unknown)),
        ("client:alice", Caller::Client("alice".into())),
        ("sip:alice@example.com", Caller::Sip("sip:alice@example.com".into())),
        ("0446681800", Caller::Other("0446681800".into())),
    ];
    for (from, caller) in cases {
        let call = read::<VoiceCall>(&with(&OF_A_CALL, &[("From", from)])).unwrap();
        assert_eq!(call.parties.from, caller, "{from}");
    }
}

#[test]
fn what_was_called_and_is_no_number_is_none_of_ours() {
    for to in ["sip:aftertone@example.com", "client:alice", "14155550100", "+1415", ""] {
        let call = read::<VoiceCall>(&with(&OF_A_CALL, &[("To", to)])).unwrap();
        assert_eq!(call.parties.to, None, "{to}");
    }
}

#[test]
fn of_a_parameter_that_comes_twice_the_first_counts() {
    let call = read::<VoiceCall>(&[&OF_A_CALL[..], &[("From", "anonymous")]].concat()).unwrap();
    assert_eq!(call.parties, parties());
}

#[test]
fn a_caller_is_unverified_whose_carrier_says_less_than_all() {
    let cases = [
        ("TN-Validation-Passed-A", false),
        ("TN-Validation-Passed-A-Diverted", false),
        ("TN-Validation-Passed-A-Passthrough", false),
        ("TN-Validation-Passed-B", true),
        ("TN-Validation-Passed-C", true),
        ("TN-Validation-Failed-A", true),
        ("TN-Validation-Failed", true),
        ("No-TN-Validation", true),
        ("something-new", true),
        // Nobody has said anything.
        ("", false),
    ];
    for (verdict, unverified) in cases {
        let call = read::<VoiceCall>(&with(&OF_A_CALL, &[("StirVerstat", verdict)])).unwrap();
        assert_eq!(call.unverified, unverified, "{verdict}");
    }
    assert!(!read::<VoiceCall>(&OF_A_CALL).unwrap().unverified);
}

#[test]
fn an_incoming_call_has_an_account_and_perhaps_a_token() {
    let call = read::<VoiceCall>(&OF_A_CALL).unwrap();
    assert_eq!((call.account_sid.as_str(), call.call_token), (ACCOUNT, None));
    for (token, expected) in [("%7B%22a%22%7D", Some("%7B%22a%22%7D")), ("", None)] {
        let call = read::<VoiceCall>(&with(&OF_A_CALL, &[("CallToken", token)])).unwrap();
        assert_eq!(call.call_token.as_deref(), expected);
    }
    let read_with = |account| read::<VoiceCall>(&with(&OF_A_CALL, &[("AccountSid", account)]));
    assert_eq!(read_with("AC1"), Err(Missing::Malformed("AccountSid")));
    assert_eq!(read::<VoiceCall>(&without(&OF_A_CALL, "AccountSid")), Err(Missing::Absent("AccountSid")));
}

#[test]
fn the_end_of_dialling_tells_what_became_of_it() {
    let ended = [("DialCallSid", CHILD), ("DialCallDuration", "61"), ("DialBridged", "true")];
    let statuses = [
        ("completed", DialStatus::Completed),
        ("answered", DialStatus::Answered),
        ("no-answer", DialStatus::NoAnswer),
        ("busy", DialStatus::Busy),
        ("failed", DialStatus::Failed),
        ("canceled", DialStatus::Canceled),
        ("Completed", DialStatus::Other),
        ("vanished", DialStatus::Other),
        ("", DialStatus::Other),
    ];
    for (name, status) in statuses {
        let form = with(&with(&OF_A_CALL, &ended), &[("DialCallStatus", name)]);
        let expected = DialEnded {
            parties: parties(),
            status,
            bridged: Some(true),
            duration_seconds: Some(61),
            caller_is_there: true,
        };
        assert_eq!(read::<DialEnded>(&form).unwrap(), expected, "{name}");
    }
    assert_eq!(read::<DialEnded>(&OF_A_CALL), Err(Missing::Absent("DialCallStatus")));
}

#[test]
fn nobody_answered_and_so_there_is_neither_duration_nor_bridge() {
    let ended = read::<DialEnded>(&with(&OF_A_CALL, &[("DialCallStatus", "no-answer")])).unwrap();
    assert_eq!((ended.bridged, ended.duration_seconds), (None, None));
    for (text, bridged) in [("false", Some(false)), ("maybe", None), ("", None)] {
        let more = [("DialCallStatus", "completed"), ("DialBridged", text), ("DialCallDuration", "")];
        let ended = read::<DialEnded>(&with(&OF_A_CALL, &more)).unwrap();
        assert_eq!((ended.bridged, ended.duration_seconds), (bridged, None), "{text}");
    }
}

#[test]
fn the_caller_is_there_until_twilio_says_that_the_leg_is_over() {
    let cases = [
        ("in-progress", true),
        ("ringing", true),
        ("something-new", true),
        ("completed", false),
        ("canceled", false),
        ("failed", false),
        ("busy", false),
        ("no-answer", false),
    ];
    for (status, caller_is_there) in cases {
        let more = [("DialCallStatus", "canceled"), ("CallStatus", status)];
        let ended = read::<DialEnded>(&with(&OF_A_CALL, &more)).unwrap();
        assert_eq!(ended.caller_is_there, caller_is_there, "{status}");
    }
    let form = without(&with(&OF_A_CALL, &[("DialCallStatus", "busy")]), "CallStatus");
    assert!(read::<DialEnded>(&form).unwrap().caller_is_there);
}

/// The action of `<Record>`.
const MESSAGE: [(&str, &str); 3] = [
    ("RecordingDuration", "7"),
    ("RecordingSid", RECORDING),
    (
        "RecordingUrl",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef",
    ),
];

fn notice(event: RecordingEvent) -> RecordingNotice {
    RecordingNotice {
        account_sid: AccountSid::parse(ACCOUNT).unwrap(),
        call_sid: CallSid::parse(CALL).unwrap(),
        recording_sid: RecordingSid::parse(RECORDING).unwrap(),
        event,
    }
}

#[test]
fn the_end_of_a_message_tells_its_length_and_who_hung_up() {
    let cases = [
        ("7", "hangup", Message { duration_seconds: 7, caller_hung_up: true }),
        ("7", "#", Message { duration_seconds: 7, caller_hung_up: false }),
        ("0", "", Message { duration_seconds: 0, caller_hung_up: false }),
        // Not told is not nothing: better a voicemail too many than one lost.
        ("", "hangup", Message { duration_seconds: 1, caller_hung_up: true }),
        ("-1", "", Message { duration_seconds: 1, caller_hung_up: false }),
    ];
    for (duration, digits, message) in cases {
        let more = [("RecordingDuration", duration), ("Digits", digits)];
        let form = with(&with(&OF_A_CALL, &MESSAGE), &more);
        let expected = notice(RecordingEvent::Ended { parties: parties(), message });
        assert_eq!(read::<RecordingNotice>(&form).unwrap(), expected, "{duration} {digits}");
    }
}

/// `recordingStatusCallback`: it tells neither who called nor whom.
const REPORT: [(&str, &str); 10] = [
    ("AccountSid", ACCOUNT),
    ("CallSid", CALL),
    ("ErrorCode", "0"),
    ("RecordingChannels", "1"),
    ("RecordingDuration", "7"),
    ("RecordingSid", RECORDING),
    ("RecordingSource", "RecordVerb"),
    ("RecordingStartTime", "Fri, 20 Nov 2026 12:00:00 +0000"),
    ("RecordingStatus", "completed"),
    (
        "RecordingUrl",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef",
    ),
];

#[test]
fn the_report_of_the_recording_needs_no_parties() {
    let cases = [
        (vec![], RecordingEvent::Completed { duration_seconds: 7 }),
        (vec![("RecordingDuration", "0")], RecordingEvent::Completed { duration_seconds: 0 }),
        (vec![("RecordingDuration", "-1")], RecordingEvent::Completed { duration_seconds: 1 }),
        (
            vec![("RecordingStatus", "absent"), ("ErrorCode", "16102")],
            RecordingEvent::Absent { error_code: Some(16_102) },
        ),
        (vec![("RecordingStatus", "absent")], RecordingEvent::Absent { error_code: None }),
        (vec![("RecordingStatus", "failed"), ("ErrorCode", "")], RecordingEvent::Failed { error_code: None }),
        (vec![("RecordingStatus", "in-progress"), ("RecordingDuration", "-1")], RecordingEvent::Underway),
        (vec![("RecordingStatus", "something-new")], RecordingEvent::Underway),
    ];
    for (more, event) in cases {
        assert_eq!(read::<RecordingNotice>(&with(&REPORT, &more)).unwrap(), notice(event), "{more:?}");
    }
}

#[test]
fn a_recording_is_known_by_its_address_where_it_is_not_named() {
    let base = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef";
    for end in ["", ".wav", ".json", "?a=b/c", "#x"] {
        let url = format!("{base}{end}");
        for form in [without(&REPORT, "RecordingSid"), with(&REPORT, &[("RecordingSid", "")])] {
            let form = with(&form, &[("RecordingUrl", &url)]);
            let read = read::<RecordingNotice>(&form).unwrap();
            assert_eq!(read.recording_sid.as_str(), RECORDING, "{end}");
        }
    }
    let form = without(&REPORT, "RecordingSid");
    assert_eq!(
        read::<RecordingNotice>(&without(&form, "RecordingUrl")),
        Err(Missing::Absent("RecordingSid"))
    );
    for url in ["https://api.twilio.com", "/", "RE1"] {
        let malformed = read::<RecordingNotice>(&with(&form, &[("RecordingUrl", url)]));
        assert_eq!(malformed, Err(Missing::Malformed("RecordingUrl")), "{url}");
    }
    // A name that is none is not replaced by a guess.
    let malformed = read::<RecordingNotice>(&with(&REPORT, &[("RecordingSid", "RE1")]));
    assert_eq!(malformed, Err(Missing::Malformed("RecordingSid")));
}

/// `transcribeCallback`.
const WORDS: [(&str, &str); 6] = [
    ("RecordingSid", RECORDING),
    ("TranscriptionSid", "TR0123456789abcdef0123456789abcdef"),
    ("TranscriptionStatus", "completed"),
    ("TranscriptionText", " Call me back. "),
    ("TranscriptionType", "fast"),
    ("url", "https://api.twilio.com/2010-04-01/Accounts/AC1/Transcriptions/TR1"),
];

#[test]
fn words_are_told_or_that_there_are_none() {
    let form = with(&OF_A_CALL, &WORDS);
    let cases = [
        (vec![], Some("Call me back.")),
        (vec![("TranscriptionText", "")], Some("")),
        (vec![("TranscriptionText", "你好")], Some("你好")),
        (vec![("TranscriptionStatus", "failed")], None),
        (vec![("TranscriptionStatus", "failed"), ("TranscriptionText", "")], None),
        (vec![("TranscriptionStatus", "")], None),
    ];
    for (more, words) in cases {
        let read = read::<Transcribed>(&with(&form, &more)).unwrap();
        assert_eq!(read.words.as_deref(), words, "{more:?}");
        assert_eq!((read.recording_sid.as_str(), read.call_sid.as_str()), (RECORDING, CALL));
    }
    let read_without = |name| read::<Transcribed>(&without(&form, name));
    assert_eq!(read_without("TranscriptionText").unwrap().words.as_deref(), Some(""));
    assert_eq!(read_without("TranscriptionStatus"), Err(Missing::Absent("TranscriptionStatus")));
    assert_eq!(read_without("AccountSid"), Err(Missing::Absent("AccountSid")));
}

#[test]
fn a_report_of_a_leg_says_where_it_stands_in_their_order() {
    let more = [
        ("CallbackSource", "call-progress-events"),
        ("CallDuration", "61"),
        ("CallStatus", "completed"),
        ("Duration", "2"),
        ("ParentCallSid", CALL),
        ("CallSid", CHILD),
        ("SequenceNumber", "3"),
        ("SipResponseCode", "200"),
        ("Timestamp", "Fri, 20 Nov 2026 12:00:00 +0000"),
    ];
    let expected = CallStatus {
        call_sid: CallSid::parse(CHILD).unwrap(),
        parent_call_sid: CallSid::parse(CALL).ok(),
        parties: None,
        status: "completed".to_owned(),
        sequence: 3,
        duration_seconds: Some(61),
        sip_response_code: Some(200),
    };
    assert_eq!(read::<CallStatus>(&with(&OF_A_CALL, &more)).unwrap(), expected);
}

#[test]
fn a_report_of_the_callers_leg_says_who_called_whom() {
    for (state, is_over) in
        [("ringing", false), ("in-progress", false), ("completed", true), ("busy", true), ("no-answer", true)]
    {
        let status: CallStatus = read(&with(&OF_A_CALL, &[("CallStatus", state)])).unwrap();
        assert_eq!(status.is_over(), is_over, "{state}");
        let parties: CallParties = read(&OF_A_CALL).unwrap();
        assert_eq!(status.parties, Some(parties));
    }
}

#[test]
fn a_report_without_a_number_stands_where_its_state_belongs() {
    let sequence = |status| {
        let form = with(&OF_A_CALL, &[("CallStatus", status), ("ParentCallSid", "")]);
        let read = read::<CallStatus>(&form).unwrap();
        assert_eq!(read.parent_call_sid, None);
        read.sequence
    };
    assert!(sequence("ringing") < sequence("in-progress"));
    for last in ["completed", "busy", "failed", "no-answer", "canceled"] {
        // Also behind any that has a number.
        assert!(sequence(last) >= 1_000, "{last}");
    }
    assert_eq!(
        read::<CallStatus>(&with(&OF_A_CALL, &[("ParentCallSid", "CA1")])),
        Err(Missing::Malformed("ParentCallSid"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_some_form(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_as_every_kind(&Parameters::parse(&bytes));
    }

    #[test]
    fn any_values_are_read_or_refused(values in proptest::collection::vec((any::<prop::sample::Index>(), ".{0,40}"), 0..20)) {
        let names = [
            "AccountSid", "CallSid", "From", "To", "CallStatus", "DialCallStatus", "DialCallDuration",
            "RecordingSid", "RecordingUrl", "RecordingStatus", "RecordingDuration", "ErrorCode",
            "TranscriptionStatus", "TranscriptionText", "ParentCallSid", "SequenceNumber", "ToCountry",
            "StirVerstat", "CallToken", "Digits", "SpeechResult", "Confidence", "QueueResult", "DialBridged",
        ];
        let valid = with(&with(&OF_A_CALL, &MESSAGE), &WORDS);
        let wild: Vec<(&str, &str)> =
            values.iter().map(|(index, value)| (*index.get(&names), value.as_str())).collect();
        read_as_every_kind(&Parameters::parse(super::form(&with(&valid, &wild)).as_bytes()));
    }
}

fn read_as_every_kind(parameters: &Parameters) {
    let _ = CallParties::read(parameters);
    let _ = VoiceCall::read(parameters);
    let _ = Asked::read(parameters);
    let _ = Queued::read(parameters);
    let _ = LegCall::read(parameters);
    let _ = DialEnded::read(parameters);
    let _ = RecordingNotice::read(parameters);
    let _ = Transcribed::read(parameters);
    let _ = CallStatus::read(parameters);
}
