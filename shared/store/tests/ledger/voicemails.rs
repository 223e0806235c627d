use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Address, AfterBounce, Audio, Conversation, Destination, EmailAddress, Engine, Engines, Instruction,
    Keeping, Links, Mail, MailEvent, MailKind, MailReports, NotMailed, Parties, Recorded, RecordingReport,
    Reported, ResendTo, Transcript, TranscriptReport, Trouble, Voicemail,
};
use phone::{Caller, RecordingSid};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{StoreError, Written, schema};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::place::{
    Ledger, Row, account_sid, at, call_sid, mailbox, masked, number, parties, recording_sid, text,
};

/// In seconds.
const LEASE: i64 = 60;
const BOTH: [MailKind; 2] = [MailKind::Voicemail, MailKind::Transcript];

/// Anything that a webhook tells of a voicemail.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Recording(Reported),
    Transcript(Transcript),
}

pub(crate) fn left(duration_seconds: u32) -> Told {
    Told::Recording(Reported::Left { parties: Some(parties()), duration_seconds })
}

pub(crate) fn ready(duration_seconds: u32) -> Told {
    Told::Recording(Reported::Ready { duration_seconds })
}

pub(crate) fn absent() -> Told {
    Told::Recording(Reported::Absent { error_code: Some(16_102) })
}

fn lost() -> Told {
    Told::Recording(Reported::Lost { error_code: Some(16_100) })
}

pub(crate) fn words() -> Told {
    Told::Transcript(Transcript::words(Engine::Twilio, "call me back".to_owned()))
}

pub(crate) async fn tell(ledger: &Ledger, recording: u32, told: Told, seconds: i64) -> Written {
    let (recording_sid, call_sid, account_sid) = (recording_sid(recording), call_sid(1), account_sid());
    let at = at(seconds);
    match told {
        Told::Recording(reported) => {
            let report = RecordingReport {
                left_for: None,
                conversation: None,
                recording_sid,
                call_sid,
                account_sid,
                reported,
                at,
            };
            ledger.store.voicemail_reported(&report).await.unwrap()
        }
        Told::Transcript(transcript) => {
            let report = TranscriptReport { recording_sid, call_sid, account_sid, transcript, at };
            ledger.store.transcript(&report).await.unwrap()
        }
    }
}

/// The voicemail after these reports, each of which must be the first of its kind.
async fn after(ledger: &Ledger, recording: u32, told: impl IntoIterator<Item = Told>) -> Voicemail {
    for (seconds, told) in (0..).zip(told) {
        assert_eq!(tell(ledger, recording, told, seconds).await, Written::Applied);
    }
    ledger.store.voicemail(&recording_sid(recording)).await.unwrap()
}

fn destination() -> Destination {
    Destination { parties: parties(), engines: Engines::Twilio, purge_at_twilio: true, not_mailed: None }
}

fn audio() -> Audio {
    Audio {
        key: "voicemail/1.wav".to_owned(),
        size: 80_044,
        content_type: "audio/x-wav".to_owned(),
        released: false,
    }
}

/// Whatever order its reports come in, and however often: it opens once its recording has ended, and is never a message.
#[tokio::test]
async fn a_conversation_opens_when_its_recording_has_ended() {
    let (begun, ended) = (Reported::Begun, Reported::Ready { duration_seconds: 3_600 });
    for (recording, order) in [(1, [&begun, &ended]), (2, [&ended, &begun])] {
        let ledger = Ledger::new().await;
        let mut opened = Vec::new();
        for (seconds, reported) in (0..).zip(order.into_iter().flat_map(|it| [it, it])) {
            let report = RecordingReport {
                left_for: None,
                conversation: Some(Conversation { leg: "CL00/p1".to_owned(), parties: parties() }),
                recording_sid: recording_sid(recording),
                call_sid: call_sid(1),
                account_sid: account_sid(),
                reported: reported.clone(),
                at: at(seconds),
            };
            ledger.store.voicemail_reported(&report).await.unwrap();
            let row = ledger.store.voicemail(&report.recording_sid).await.unwrap();
            assert_eq!((row.conversation.as_deref(), row.parties), (Some("CL00/p1"), Some(parties())));
            assert_eq!(row.recorded_at, at(0));
            opened.push(row.open);
        }
        assert_eq!(opened, [recording == 2, recording == 2, true, true]);
    }
}

#[tokio::test]
async fn the_end_of_a_message_opens_a_voicemail() {
    let ledger = Ledger::new().await;
    let voicemail = after(&ledger, 1, [left(5)]).await;
    let expected = Voicemail {
        recording_sid: recording_sid(1),
        call_sid: call_sid(1),
        account_sid: account_sid(),
        recorded_at: at(0),
        parties: Some(parties()),
        mailbox: None,
        left_for: None,
        conversation: None,
        destination: None,
        recording: Recorded::Left { duration_seconds: Some(5) },
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
    };
    assert_eq!(voicemail, expected);
}

#[tokio::test]
async fn each_way_of_telling_counts_once() {
    let ledger = Ledger::new().await;
    for (recording, told) in (1..).zip([left(5), ready(5), absent(), lost(), words()]) {
        assert_eq!(tell(&ledger, recording, told.clone(), 0).await, Written::Applied);
        let row = ledger.voicemail_row(&recording_sid(recording)).await;
        assert_eq!(tell(&ledger, recording, told.clone(), 9).await, Written::AlreadyApplied, "{told:?}");
        assert_eq!(ledger.voicemail_row(&recording_sid(recording)).await, row, "{told:?}");
    }
}

#[tokio::test]
async fn the_report_of_the_recording_knows_the_length_better() {
    let ledger = Ledger::new().await;
    let expected = Recorded::Ready { duration_seconds: 6 };
    assert_eq!(after(&ledger, 1, [left(5), ready(6)]).await.recording, expected);
    assert_eq!(after(&ledger, 2, [ready(6), left(5)]).await.recording, expected);
}

#[tokio::test]
async fn a_voicemail_is_open_as_long_as_there_may_be_something_to_do() {
    let ledger = Ledger::new().await;
    let cases = [
        // Whoever looks at it says that nothing is to be done, and closes it.
        (vec![left(0)], true),
        (vec![ready(0)], true),
        (vec![left(5), ready(0)], true),
        (vec![left(5), absent()], false),
        (vec![left(0), absent()], false),
        (vec![left(0), ready(2)], true),
        (vec![ready(2), left(0)], true),
        (vec![left(5), lost()], true),
        (vec![lost(), left(5)], true),
        (vec![lost()], true),
        (vec![words()], true),
    ];
    for (recording, (told, open)) in (1..).zip(cases) {
        let voicemail = after(&ledger, recording, told.clone()).await;
        assert_eq!(voicemail.open, open, "{told:?}");
        assert_eq!(in_open_index(&ledger).await.contains(&recording_sid(recording)), open, "{told:?}");
    }
}

#[tokio::test]
async fn what_twilio_does_not_have_is_known_in_any_order() {
    let ledger = Ledger::new().await;
    for (recording, told) in (1..).zip([[left(5), absent()], [absent(), left(5)]]) {
        let voicemail = after(&ledger, recording, told).await;
        assert_eq!(voicemail.recording, Recorded::Absent);
        assert!(voicemail.recording.is_empty());
    }
    for (recording, told) in (3..).zip([[left(5), lost()], [lost(), left(5)]]) {
        let voicemail = after(&ledger, recording, told).await;
        assert_eq!(voicemail.recording, Recorded::Lost { error_code: Some(16_100) });
        assert!(!voicemail.recording.is_empty());
    }
}

#[tokio::test]
async fn words_may_come_before_anything_else() {
    let ledger = Ledger::new().await;
    let voicemail = after(&ledger, 1, [words()]).await;
    assert_eq!(voicemail.recording, Recorded::Left { duration_seconds: None });
    assert_eq!(voicemail.transcript, Some(Transcript::words(Engine::Twilio, "call me back".to_owned())));
    assert!(voicemail.open);
    assert_eq!(voicemail.recorded_at, at(0));
    assert_eq!(tell(&ledger, 1, left(5), 3).await, Written::Applied);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!((voicemail.recorded_at, voicemail.parties), (at(0), Some(parties())));
}

#[tokio::test]
async fn words_that_failed_and_words_that_are_none_are_told_apart() {
    let ledger = Ledger::new().await;
    for (recording, transcript) in
        (1..).zip([Transcript::failed(Engine::Twilio), Transcript::words(Engine::Twilio, String::new())])
    {
        let voicemail = after(&ledger, recording, [left(5), Told::Transcript(transcript.clone())]).await;
        assert_eq!(voicemail.transcript, Some(transcript));
    }
    // The first report counts.
    assert_eq!(tell(&ledger, 1, words(), 9).await, Written::AlreadyApplied);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.transcript, Some(Transcript::failed(Engine::Twilio)));
}

#[test]
fn in_any_order_and_however_often_told_a_row_ends_the_same() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let ledger = runtime.block_on(Ledger::new());
    let recording = std::cell::Cell::new(0);
    let row = |order: Vec<Told>| {
        let recording = recording.replace(recording.get() + 1);
        runtime.block_on(async {
            for told in order {
                tell(&ledger, recording, told, 0).await;
            }
            let mut row = ledger.voicemail_row(&recording_sid(recording)).await;
            // The part of the list of what is not done goes by the SID.
            if let Some(open) = row.get_mut("open") {
                *open = text("y");
            }
            row.remove("recording_sid");
            row
        })
    };
    for told in [[left(5), ready(6), words()], [left(0), ready(2), words()], [left(5), lost(), words()]] {
        let expected: Row = row(told.to_vec());
        let doubled = [told.clone(), told].concat();
        let config = Config { failure_persistence: None, ..Config::with_cases(16) };
        TestRunner::new(config)
            .run(&Just(doubled).prop_shuffle(), |order| {
                prop_assert_eq!(&row(order), &expected);
                Ok(())
            })
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_that_come_at_the_same_moment_lose_nothing() {
    let ledger = std::sync::Arc::new(Ledger::new().await);
    let mut told = JoinSet::new();
    for report in [left(5), ready(6), words(), left(5), ready(6), words()] {
        let ledger = ledger.clone();
        told.spawn(async move { tell(&ledger, 1, report, 0).await });
    }
    let written = told.join_all().await;
    assert_eq!(written.iter().filter(|written| **written == Written::Applied).count(), 3);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.recording, Recorded::Ready { duration_seconds: 6 });
    assert_eq!((voicemail.revision, voicemail.open), (3, true));
    assert!(voicemail.transcript.is_some() && voicemail.parties.is_some());
}

#[tokio::test]
async fn a_voicemail_for_a_number_that_is_none_of_ours_is_kept() {
    let ledger = Ledger::new().await;
    let nobody = Told::Recording(Reported::Left { parties: None, duration_seconds: 5 });
    let voicemail = after(&ledger, 1, [nobody]).await;
    assert_eq!((voicemail.parties, voicemail.open), (None, true));
}

#[tokio::test]
async fn for_whom_it_is_is_found_out_once() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    assert_eq!(
        store.identified(&recording_sid(1), &destination(), &mailbox()).await.unwrap(),
        Written::Applied
    );
    let other = Destination {
        parties: Parties { number: number(9), caller: Caller::parse("anonymous"), caller_name: None },
        engines: Engines::Off,
        purge_at_twilio: false,
        not_mailed: Some(NotMailed::Silent),
    };
    assert_eq!(
        store.identified(&recording_sid(1), &other, &mailbox()).await.unwrap(),
        Written::AlreadyApplied
    );
    let voicemail = store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.destination, Some(destination()));
    // A webhook that comes after that changes nothing of it.
    let reported = Reported::Left { parties: Some(other.parties.clone()), duration_seconds: 5 };
    tell(&ledger, 1, Told::Recording(reported), 9).await;
    let voicemail = store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.destination, Some(destination()));

    after(&ledger, 2, [ready(6)]).await;
    store.identified(&recording_sid(2), &other, &mailbox()).await.unwrap();
    assert_eq!(store.voicemail(&recording_sid(2)).await.unwrap().destination, Some(other));
}

#[tokio::test]
async fn what_is_kept_in_silence_is_sent_only_when_asked_for() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let instruction = Instruction { by: "ada".to_owned(), why: "a mistake".to_owned(), at: at(9) };
    let silent = Destination { not_mailed: Some(NotMailed::Silent), ..destination() };
    for (recording, destination, resent) in
        [(1, silent, Written::Applied), (2, destination(), Written::NotApplicable)]
    {
        let sid = recording_sid(recording);
        after(&ledger, recording, [ready(6)]).await;
        store.identified(&sid, &destination, &mailbox()).await.unwrap();
        let voicemail = store.voicemail(&sid).await.unwrap();
        assert_eq!(voicemail.not_mailed(), destination.not_mailed);
        store.close(&voicemail).await.unwrap();
        assert_eq!(store.resend(&sid, &ResendTo::First, &instruction).await.unwrap(), resent);
        assert_eq!(store.voicemail(&sid).await.unwrap().open, resent == Written::Applied);
    }
}

#[tokio::test]
async fn our_copy_and_the_end_of_twilios_are_recorded_once() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    assert_eq!(store.archived(&sid, &audio(), at(5)).await.unwrap(), Written::Applied);
    let other = Audio { key: "elsewhere".to_owned(), ..audio() };
    assert_eq!(store.archived(&sid, &other, at(6)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(store.purged(&sid, at(7)).await.unwrap(), Written::Applied);
    assert_eq!(store.purged(&sid, at(8)).await.unwrap(), Written::AlreadyApplied);
    let voicemail = store.voicemail(&sid).await.unwrap();
    assert_eq!((voicemail.audio, voicemail.purged_at), (Some(audio()), Some(at(7))));
}

#[tokio::test]
async fn only_one_worker_may_send_a_mail_until_its_lease_is_over() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    for kind in BOTH {
        let claim =
            async |seconds| store.claim_mail(&sid, kind, at(seconds), at(seconds + LEASE)).await.unwrap();
        assert_eq!(claim(0).await, Written::Applied);
        assert_eq!(mail(&ledger, kind).await, Mail::Claimed { until: at(60), tries: 1 });
        assert_eq!(claim(0).await, Written::Conflict);
        assert_eq!(claim(59).await, Written::Conflict);
        // Who had it must be dead: otherwise it would have been recorded or given back.
        assert_eq!(claim(60).await, Written::Applied);
        assert_eq!(claim(61).await, Written::Conflict);

        // The worker that came back to life can't free its successor's claim.
        let release =
            async |until, before: &Mail| store.release_mail(&sid, kind, at(until), before).await.unwrap();
        assert_eq!(release(60, &Mail::Unsent).await, Written::Conflict);
        assert_eq!(mail(&ledger, kind).await, Mail::Claimed { until: at(120), tries: 2 });
        // What SES refused does not count, and what went before still does.
        let before = Mail::Claimed { until: at(60), tries: 1 };
        assert_eq!(release(120, &before).await, Written::Applied);
        assert_eq!(mail(&ledger, kind).await, before);
        assert_eq!(claim(60).await, Written::Applied);
        assert_eq!(release(120, &Mail::Unsent).await, Written::Applied);
        assert_eq!(mail(&ledger, kind).await, Mail::Unsent);
        assert_eq!(claim(62).await, Written::Applied);

        let sent = store.mail_sent(&sid, kind, "message-1", true, at(63)).await.unwrap();
        assert_eq!(sent, Written::Applied);
        let again = store.mail_sent(&sid, kind, "message-2", false, at(64)).await.unwrap();
        assert_eq!(again, Written::AlreadyApplied);
        assert_eq!(claim(100_000).await, Written::Conflict);
        release(122, &Mail::Unsent).await;
        let expected = Mail::Sent { at: at(63), message_id: "message-1".to_owned(), with_words: true };
        assert_eq!(mail(&ledger, kind).await, expected);
    }
}

#[tokio::test]
async fn a_late_event_of_an_earlier_mail_proves_nothing_later() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    store.mail_sent(&sid, MailKind::Voicemail, "1", false, at(1)).await.unwrap();
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: at(2) };
    for number in [1, 2] {
        assert_eq!(store.resend(&sid, &ResendTo::First, &instruction).await.unwrap(), Written::Applied);
        for other in [0, 1, 2, 3].into_iter().filter(|other| *other != number) {
            let proved = store.mail_proved(&sid, MailKind::Resend(other), "m", true, at(9)).await.unwrap();
            assert_eq!(proved, Written::AlreadyApplied, "{other} of {number}");
        }
        let resend = store.voicemail(&sid).await.unwrap().resend.unwrap();
        assert_eq!((resend.number, &resend.mail), (number, &Mail::Unsent));
        let proved = store.mail_proved(&sid, MailKind::Resend(number), "m", true, at(9)).await.unwrap();
        assert_eq!(proved, Written::Applied);
    }
    // The sound was called gone, the owner was told so, and then it came after all.
    store.gone(&sid, at(3)).await.unwrap();
    assert_eq!(store.archived_after_all(&sid, &audio(), at(1), at(5_000)).await.unwrap(), Written::Applied);
    let proved =
        async |seconds| store.mail_proved(&sid, MailKind::Voicemail, "m", false, at(seconds)).await.unwrap();
    assert_eq!(proved(1).await, Written::AlreadyApplied);
    assert_eq!(mail(&ledger, MailKind::Voicemail).await, Mail::Unsent);
    assert_eq!(proved(5_010).await, Written::Applied);
}

#[tokio::test]
async fn late_proof_of_the_gone_mail_keeps_no_sound_back() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    let claim = async |seconds| {
        store.claim_mail(&sid, MailKind::Voicemail, at(seconds), at(seconds + LEASE)).await.unwrap()
    };
    store.gone(&sid, at(3)).await.unwrap();
    // What SES answered to the mail that says so got lost; then the sound was found again.
    assert_eq!(claim(10).await, Written::Applied);
    assert_eq!(tell(&ledger, 1, ready(6), 20).await, Written::Applied);
    assert_eq!(store.archived(&sid, &audio(), at(75)).await.unwrap(), Written::Applied);
    // SES does not take the one with the sound for a while.
    let before = mail(&ledger, MailKind::Voicemail).await;
    assert_eq!(claim(76).await, Written::Applied);
    let released = store.release_mail(&sid, MailKind::Voicemail, at(76 + LEASE), &before).await.unwrap();
    assert_eq!(released, Written::Applied);
    let proved =
        async |seconds| store.mail_proved(&sid, MailKind::Voicemail, "m", false, at(seconds)).await.unwrap();
    // Also where SES took it when the sound had just been found.
    for seconds in [11, 25] {
        assert_eq!(proved(seconds).await, Written::AlreadyApplied, "{seconds}");
        assert_eq!(mail(&ledger, MailKind::Voicemail).await, before, "{seconds}");
    }
    assert_eq!(proved(500).await, Written::Applied);
}

#[tokio::test]
async fn what_became_of_the_gone_mail_is_not_said_of_the_real_one() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    store.gone(&sid, at(3)).await.unwrap();
    store.mail_sent(&sid, MailKind::Voicemail, "1", false, at(4)).await.unwrap();
    let bounce = |reason: &str, then| MailEvent::SoftBounce { reason: reason.to_owned(), then };
    let event = async |address, event| {
        store.mail_event((&sid).into(), address, Some(MailKind::Voicemail), &event, at(9)).await.unwrap()
    };
    for address in [Address::First, Address::Second] {
        let reason = "MailboxFull".to_owned();
        for told in [
            MailEvent::Delivered,
            MailEvent::Delayed,
            bounce(&reason, AfterBounce::Nothing),
            MailEvent::HardBounce { reason, then: AfterBounce::Nothing },
            MailEvent::Complaint,
        ] {
            assert_eq!(event(address, told).await, Written::Applied);
        }
    }
    assert_eq!(tell(&ledger, 1, ready(6), 20).await, Written::Applied);
    assert_eq!(store.archived_after_all(&sid, &audio(), at(4), at(30)).await.unwrap(), Written::Applied);
    let row = store.voicemail(&sid).await.unwrap();
    assert_eq!([row.first_address, row.second_address], [MailReports::default(), MailReports::default()]);
    store.mail_sent(&sid, MailKind::Voicemail, "2", false, at(40)).await.unwrap();
    let too_large = bounce("MessageTooLarge", AfterBounce::WithoutSound(ResendTo::First));
    assert_eq!(event(Address::First, too_large).await, Written::Applied);
    let resend = store.voicemail(&sid).await.unwrap().resend.unwrap();
    assert_eq!((resend.to, resend.with_sound), (ResendTo::First, false));
}

#[tokio::test]
async fn a_mail_that_comes_back_takes_away_no_order_of_a_person() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    store.mail_sent(&sid, MailKind::Voicemail, "1", false, at(1)).await.unwrap();
    // Between the look at the row and the write somebody orders it to be sent to another address.
    let named = ResendTo::Named(EmailAddress::parse("grace@example.org").unwrap());
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: at(2) };
    assert_eq!(store.resend(&sid, &named, &instruction).await.unwrap(), Written::Applied);
    let event = async |then| {
        let event = MailEvent::SoftBounce { reason: "MessageTooLarge".to_owned(), then };
        store
            .mail_event((&sid).into(), Address::First, Some(MailKind::Voicemail), &event, at(3))
            .await
            .unwrap()
    };
    assert_eq!(event(AfterBounce::WithoutSound(ResendTo::First)).await, Written::Conflict);
    let row = store.voicemail(&sid).await.unwrap();
    assert_eq!(row.first_address, MailReports::default(), "it is to be decided anew");
    let resend = row.resend.unwrap();
    assert_eq!((resend.number, resend.to, resend.instruction), (1, named, instruction));
    assert_eq!(event(AfterBounce::Nothing).await, Written::Applied);
}

#[tokio::test]
async fn what_is_to_be_deleted_is_claimed_by_nobody() {
    let ledger = Ledger::new().await;
    after(&ledger, 1, [ready(6)]).await;
    let instruction = Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: at(1) };
    ledger.store.ask_deletion(&recording_sid(1), &instruction).await.unwrap();
    for kind in BOTH {
        let claimed = ledger.store.claim_mail(&recording_sid(1), kind, at(2), at(2 + LEASE)).await;
        assert_eq!(claimed.unwrap(), Written::NotApplicable);
        assert_eq!(mail(&ledger, kind).await, Mail::Unsent);
    }
}

#[tokio::test]
async fn the_two_mails_know_nothing_of_each_other() {
    let ledger = Ledger::new().await;
    after(&ledger, 1, [ready(6)]).await;
    ledger.store.mail_sent(&recording_sid(1), MailKind::Voicemail, "m", false, at(1)).await.unwrap();
    assert_eq!(mail(&ledger, MailKind::Transcript).await, Mail::Unsent);
    let claimed =
        ledger.store.claim_mail(&recording_sid(1), MailKind::Transcript, at(2), at(2 + LEASE)).await;
    assert_eq!(claimed.unwrap(), Written::Applied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_workers_that_claim_a_mail_at_once_one_gets_it() {
    let ledger = Ledger::new().await;
    after(&ledger, 1, [ready(6)]).await;
    let mut workers = JoinSet::new();
    for _ in 0..10 {
        let store = ledger.store.clone();
        workers.spawn(async move {
            store.claim_mail(&recording_sid(1), MailKind::Voicemail, at(0), at(LEASE)).await.unwrap()
        });
    }
    let claims = workers.join_all().await;
    assert_eq!(claims.iter().filter(|claim| **claim == Written::Applied).count(), 1);
}

#[tokio::test]
async fn failures_in_a_row_are_counted_and_a_success_ends_the_row() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    after(&ledger, 1, [ready(6)]).await;
    let sid = recording_sid(1);
    for step in ["identify", "archive", "mail", "purge"] {
        for attempts in 1..=3 {
            let error = format!("{step}: failure {attempts}");
            let next_attempt_at = at(10 * i64::from(attempts));
            store.step_failed(&sid, &error, next_attempt_at).await.unwrap();
            let trouble = store.voicemail(&sid).await.unwrap().trouble;
            assert_eq!(trouble, Some(Trouble { attempts, last_error: error, next_attempt_at }));
        }
        let done = match step {
            "identify" => store.identified(&sid, &destination(), &mailbox()).await,
            "archive" => store.archived(&sid, &audio(), at(40)).await,
            "mail" => store.mail_sent(&sid, MailKind::Voicemail, "m", true, at(40)).await,
            _ => store.purged(&sid, at(40)).await,
        };
        assert_eq!(done.unwrap(), Written::Applied, "{step}");
        assert_eq!(store.voicemail(&sid).await.unwrap().trouble, None, "{step}");
    }
}

#[tokio::test]
async fn a_voicemail_is_closed_only_as_it_was_seen() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let seen = after(&ledger, 1, [left(5)]).await;
    assert_eq!(tell(&ledger, 1, ready(6), 1).await, Written::Applied);
    assert_eq!(store.close(&seen).await.unwrap(), Written::Conflict);
    let seen = store.voicemail(&recording_sid(1)).await.unwrap();
    assert!(seen.open);
    assert_eq!(store.close(&seen).await.unwrap(), Written::Applied);
    assert_eq!(store.close(&seen).await.unwrap(), Written::AlreadyApplied);
    let closed = store.voicemail(&recording_sid(1)).await.unwrap();
    assert!(!closed.open);
    assert!(in_open_index(&ledger).await.is_empty());
    // One that is closed can't be closed again.
    assert_eq!(store.close(&closed).await.unwrap(), Written::AlreadyApplied);
    // What comes later opens it again.
    assert_eq!(tell(&ledger, 1, words(), 2).await, Written::Applied);
    assert_eq!(in_open_index(&ledger).await, [recording_sid(1)]);
}

#[tokio::test]
async fn every_change_raises_the_revision() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let sid = recording_sid(1);
    after(&ledger, 1, [left(5), ready(6), words()]).await;
    store.identified(&sid, &destination(), &mailbox()).await.unwrap();
    store.archived(&sid, &audio(), at(5)).await.unwrap();
    store.step_failed(&sid, "no", at(6)).await.unwrap();
    store.claim_mail(&sid, MailKind::Voicemail, at(7), at(7 + LEASE)).await.unwrap();
    store.release_mail(&sid, MailKind::Voicemail, at(7 + LEASE), &Mail::Unsent).await.unwrap();
    store.mail_sent(&sid, MailKind::Voicemail, "m", true, at(8)).await.unwrap();
    store.purged(&sid, at(9)).await.unwrap();
    assert_eq!(store.voicemail(&sid).await.unwrap().revision, 10);
}

#[tokio::test]
async fn an_untold_voicemail_can_be_neither_found_nor_changed() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let sid = recording_sid(1);
    let written = [
        store.identified(&sid, &destination(), &mailbox()).await.unwrap(),
        store.archived(&sid, &audio(), at(0)).await.unwrap(),
        store.claim_mail(&sid, MailKind::Voicemail, at(0), at(LEASE)).await.unwrap(),
        store.mail_sent(&sid, MailKind::Voicemail, "m", false, at(0)).await.unwrap(),
        store.release_mail(&sid, MailKind::Voicemail, at(7 + LEASE), &Mail::Unsent).await.unwrap(),
        store.purged(&sid, at(0)).await.unwrap(),
        store.step_failed(&sid, "no", at(0)).await.unwrap(),
    ];
    assert_eq!(written, [Written::NotApplicable; 7]);
    assert!(matches!(store.voicemail(&sid).await, Err(StoreError::NotFound("voicemail"))));
}

#[tokio::test]
async fn a_malformed_voicemail_says_which_attribute_it_is() {
    let ledger = Ledger::new().await;
    let cases = [
        ("call_sid", text("CA1")),
        ("recorded_at", text("yesterday")),
        ("number", text("12345")),
        ("duration_s", text("5")),
        ("engine", text("by ear")),
        ("audio_size", AttributeValue::N("-1".to_owned())),
        ("mail_sent_at", text("soon")),
        ("next_attempt_at", AttributeValue::Null(true)),
        ("revision", AttributeValue::N("0.5".to_owned())),
    ];
    for (recording, (attribute, value)) in (1..).zip(cases) {
        after(&ledger, recording, [left(5)]).await;
        let sid = recording_sid(recording);
        ledger.store.archived(&sid, &audio(), at(1)).await.unwrap();
        ledger.store.step_failed(&sid, "no", at(2)).await.unwrap();
        let mut row = ledger.voicemail_row(&sid).await;
        row.insert(attribute.to_owned(), value);
        let put = ledger.client.put_item().table_name(&ledger.tables.voicemails).set_item(Some(row));
        put.send().await.unwrap();
        match ledger.store.voicemail(&sid).await {
            Err(StoreError::Malformed { row: "voicemail", attribute: named }) => assert_eq!(named, attribute),
            other => panic!("{attribute}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_voicemails_of_a_number_are_listed_newest_first() {
    let ledger = Ledger::new().await;
    for (recording, seconds) in [(1, 100), (2, 300), (3, 200)] {
        tell(&ledger, recording, left(5), seconds).await;
    }
    let elsewhere = Parties { number: number(9), ..parties() };
    let reported = Reported::Left { parties: Some(elsewhere), duration_seconds: 5 };
    tell(&ledger, 4, Told::Recording(reported), 250).await;
    // Of this one nobody has told yet whose it is.
    tell(&ledger, 5, ready(5), 400).await;

    let listed = ledger.store.voicemails_of(&masked()).await.unwrap();
    let sids: Vec<RecordingSid> = listed.iter().map(|voicemail| voicemail.recording_sid.clone()).collect();
    assert_eq!(sids, [recording_sid(2), recording_sid(3), recording_sid(1)]);
    assert_eq!(listed[0], ledger.store.voicemail(&recording_sid(2)).await.unwrap());
    assert!(ledger.store.voicemails_of(&number(8)).await.unwrap().is_empty());
}

async fn mail(ledger: &Ledger, kind: MailKind) -> Mail {
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    voicemail.mail(kind).clone()
}

async fn in_open_index(ledger: &Ledger) -> Vec<RecordingSid> {
    let rows = ledger.client.scan().table_name(&ledger.tables.voicemails).index_name(schema::OPEN);
    let rows = rows.send().await.unwrap().items.unwrap_or_default();
    rows.iter().map(|row| RecordingSid::parse(row["recording_sid"].as_s().unwrap()).unwrap()).collect()
}
