//! Rows for tests.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "for tests, which say what they want")]

use crate::{
    Audio, Call, Destination, Disposition, EmailAddress, Engines, Keeping, Language, Leg, Links, Mail,
    MailReports, MissedCall, Owner, Parties, Recorded, Voicemail,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, Caller, PhoneNumber, RecordingSid};

/// Twenty seconds after five past nine in New York, on an ordinary Saturday.
const RECORDED_AT: &str = "2026-11-21T14:05:20Z";

pub fn recorded_at() -> Timestamp {
    RECORDED_AT.parse().unwrap()
}

/// So many seconds after the message was recorded.
pub fn after(seconds: i64) -> Timestamp {
    recorded_at() + SignedDuration::from_secs(seconds)
}

pub fn destination() -> Destination {
    Destination {
        parties: Parties {
            number: PhoneNumber::parse("+14155550100").unwrap(),
            caller: Caller::parse("+12125550123"),
            caller_name: None,
        },
        engines: Engines::Twilio,
        purge_at_twilio: false,
        not_mailed: None,
    }
}

/// A message of 42 seconds, of which nothing is known but what its first webhook told.
pub fn left() -> Voicemail {
    let sid = "0123456789abcdef0123456789abcdef";
    Voicemail {
        recording_sid: RecordingSid::parse(&format!("RE{sid}")).unwrap(),
        call_sid: CallSid::parse(&format!("CA{sid}")).unwrap(),
        account_sid: AccountSid::parse(&format!("AC{sid}")).unwrap(),
        recorded_at: recorded_at(),
        parties: Some(destination().parties),
        mailbox: None,
        left_for: None,
        conversation: None,
        destination: None,
        recording: Recorded::Left { duration_seconds: Some(42) },
        absence: None,
        found_again_at: None,
        told_gone_at: None,
        transcript: None,
        audio: None,
        job: None,
        mail: Mail::Unsent,
        words_mail: Mail::Unsent,
        second_mail: Mail::Unsent,
        second_mail_wanted: false,
        first_address: MailReports::default(),
        second_address: MailReports::default(),
        purged_at: None,
        resend: None,
        links: Links::default(),
        keeping: Keeping::default(),
        trouble: None,
        woken_at: None,
        published: std::collections::BTreeSet::new(),
        transcribed_at: None,
        open: true,
        revision: 1,
    }
}

/// The same, once it is archived.
pub fn archived() -> Voicemail {
    Voicemail {
        destination: Some(destination()),
        recording: Recorded::Ready { duration_seconds: 42 },
        audio: Some(audio()),
        ..left()
    }
}

/// A call that was forwarded to a leg that ended in this way.
pub fn call(status: &str) -> Call {
    Call {
        call_sid: left().call_sid,
        number: None,
        caller: None,
        caller_name: None,
        begun_at: Some(after(-30)),
        disposition: Some(Disposition::Forward),
        dial_outcome: None,
        dial_duration_seconds: None,
        status: Some("completed".to_owned()),
        duration_seconds: Some(30),
        legs: vec![Leg {
            call_sid: left().call_sid,
            status: status.to_owned(),
            sequence: 3,
            person: None,
            why: None,
        }],
        passed_over: Vec::new(),
        in_list: None,
        seen_at: Some(after(-30)),
        held: false,
    }
}

/// A call in which no message was left, of which nobody is told yet.
pub fn missed_call() -> MissedCall {
    MissedCall {
        call_sid: left().call_sid,
        parties: destination().parties,
        mailbox: None,
        missed_at: recorded_at(),
        not_missed: None,
        mail: Mail::Unsent,
        second_mail: Mail::Unsent,
        second_mail_wanted: false,
        first_address: MailReports::default(),
        second_address: MailReports::default(),
        trouble: None,
        published: std::collections::BTreeSet::new(),
        woken_at: None,
        open: true,
        revision: 1,
    }
}

pub fn audio() -> Audio {
    Audio {
        key: "voicemails/1.wav".to_owned(),
        size: 672_044,
        content_type: "audio/x-wav".to_owned(),
        released: true,
    }
}

pub fn sent(with_words: bool) -> Mail {
    Mail::Sent { at: after(30), message_id: "0100".to_owned(), with_words }
}

pub fn owner(language: Language, time_zone: &str) -> Owner {
    Owner {
        name: Some("Ada Lovelace".to_owned()),
        language,
        time_zone: TimeZone::get(time_zone).unwrap(),
        ..Owner::at(EmailAddress::parse("ada@example.org").unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_for_tests_are_such_as_there_could_be() {
        let archived = archived();
        assert_eq!(archived.destination.map(|it| it.parties), archived.parties);
        assert!(matches!(archived.recording, Recorded::Ready { .. }) && archived.audio.is_some());
        let Mail::Sent { at, .. } = sent(true) else { panic!("it was sent") };
        assert!(at > archived.recorded_at);
        // A message is recorded in a call that has begun.
        let call = call("no-answer");
        assert!(call.begun_at < Some(archived.recorded_at) && call.seen_at == call.begun_at);
        let owner = owner(Language::German, "Europe/Berlin");
        assert_eq!((owner.language, owner.time_zone.iana_name()), (Language::German, Some("Europe/Berlin")));
        assert!(owner.name.is_some());
    }
}
