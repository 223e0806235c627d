use std::collections::VecDeque;

use domain::{
    Audio, Instruction, Keeping, Language, LanguageCode, MailReports, NotMailed, Resend, ResendTo,
    SpokenLanguages, Trouble,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use domain::fixtures::*;

const TIME_BOX: u32 = 120;
const DAY: i64 = 24 * 60 * 60;

fn next(voicemail: &Voicemail, seconds: i64) -> Step {
    next_step(voicemail, TimeBox::seconds(TIME_BOX), after(seconds))
}

fn wait(wait: Wait, until_seconds: i64) -> Step {
    Step::Wait { until: after(until_seconds), wait }
}

fn spoken(words: &str) -> Transcript {
    Transcript::words(Engine::Twilio, words.to_owned())
}

/// What an archived row becomes when its destination is another one.
fn bound_for(change: impl FnOnce(&mut Destination)) -> Voicemail {
    let mut destination = destination();
    change(&mut destination);
    Voicemail { destination: Some(destination), ..archived() }
}

#[test]
fn a_voicemail_goes_from_the_beep_to_the_mailbox_step_by_step() {
    let mut row = left();
    assert_eq!(next(&row, 0), Step::Identify);
    row.destination = Some(Destination { purge_at_twilio: true, ..destination() });
    assert_eq!(next(&row, 1), wait(Wait::Recording, 60));
    row.recording = Recorded::Ready { duration_seconds: 42 };
    assert_eq!(next(&row, 2), Step::Archive);
    row.audio = Some(audio());
    assert_eq!(next(&row, 3), wait(Wait::Transcript, 120));
    row.transcript = Some(spoken("Please call back."));
    assert_eq!(next(&row, 20), Step::Send(MailKind::Voicemail));
    row.mail = Mail::Claimed { until: after(80), tries: 1 };
    assert_eq!(next(&row, 20), wait(Wait::Claim, 80));
    row.mail = sent(true);
    assert_eq!(next(&row, 21), Step::Purge);
    row.purged_at = Some(after(22));
    assert_eq!(next(&row, 22), Step::Close);
    row.open = false;
    assert_eq!(next(&row, 23), Step::Done);
}

#[test]
fn a_sound_not_reported_ready_is_fetched_after_a_minute() {
    let row = Voicemail { destination: Some(destination()), ..left() };
    assert_eq!(next(&row, 59), wait(Wait::Recording, 60));
    assert_eq!(next(&row, 60), Step::Archive);
    // The mail of a shorter time box is not to be late for that.
    assert_eq!(next_step(&row, TimeBox::seconds(10), after(9)), wait(Wait::Recording, 10));
    assert_eq!(next_step(&row, TimeBox::seconds(10), after(10)), Step::Archive);
    assert_eq!(next_step(&row, TimeBox::seconds(0), after(0)), Step::Archive);
}

#[test]
fn a_sound_that_is_ready_is_fetched_at_once() {
    let row = Voicemail { audio: None, ..archived() };
    assert_eq!(next(&row, 0), Step::Archive);
    let with_words = Voicemail { transcript: Some(spoken("Hello.")), ..row };
    assert_eq!(next(&with_words, 0), Step::Archive);
}

#[test]
fn a_row_that_only_the_words_told_of_goes_the_same_way() {
    let recording = Recorded::Left { duration_seconds: None };
    let row = Voicemail { parties: None, recording, transcript: Some(spoken("Hello.")), ..left() };
    assert_eq!(next(&row, 0), Step::Identify);
    let row = Voicemail { destination: Some(destination()), ..row };
    assert_eq!(next(&row, 0), wait(Wait::Recording, 60));
    assert_eq!(next(&row, 60), Step::Archive);
    assert_eq!(next(&Voicemail { audio: Some(audio()), ..row }, 60), Step::Send(MailKind::Voicemail));
}

#[test]
fn a_conversation_is_let_alone_until_its_recording_has_ended() {
    let goes_on = Voicemail {
        conversation: Some("CL00/p1".to_owned()),
        recording: Recorded::Left { duration_seconds: None },
        open: false,
        ..left()
    };
    for hours in [0, 1, 5, 48] {
        assert_eq!(next(&goes_on, hours * 3600), Step::Done, "after {hours} h");
    }
    let ended = Voicemail { recording: Recorded::Ready { duration_seconds: 7200 }, open: true, ..goes_on };
    assert_eq!(next(&ended, 7200), Step::Identify);
}

#[test]
fn a_silent_message_is_only_deleted_where_that_is_wanted() {
    let empty = Recorded::Ready { duration_seconds: 0 };
    let row = Voicemail { recording: empty, ..left() };
    assert_eq!(next(&row, 0), Step::Identify);
    let row = Voicemail { destination: Some(destination()), ..row };
    assert_eq!(next(&row, 0), Step::Close);
    let purge_at_twilio = Some(Destination { purge_at_twilio: true, ..destination() });
    let row = Voicemail { destination: purge_at_twilio, ..row };
    assert_eq!(next(&row, 0), Step::Purge);
    assert_eq!(next(&Voicemail { purged_at: Some(after(1)), ..row.clone() }, 1), Step::Close);
    assert_eq!(next(&Voicemail { open: false, ..row }, 0), Step::Done);
}

#[test]
fn nothing_becomes_of_a_message_of_which_there_is_nothing() {
    for recording in [Recorded::Absent, Recorded::Left { duration_seconds: Some(0) }] {
        for destination in [None, Some(destination())] {
            let open = Voicemail { recording, destination, ..left() };
            assert_eq!(next(&open, 0), Step::Close, "{recording:?}");
            assert_eq!(next(&Voicemail { open: false, ..open }, 0), Step::Done, "{recording:?}");
        }
    }
}

#[test]
fn of_a_message_that_twilio_lost_the_owner_is_told_all_the_same() {
    for recording in [Recorded::Lost { error_code: Some(16_100) }, Recorded::Gone] {
        let row = Voicemail { recording, audio: None, ..bound_for(|it| it.purge_at_twilio = true) };
        assert_eq!(next(&row, 0), Step::Send(MailKind::Voicemail));
        // There is nothing to delete.
        assert_eq!(next(&Voicemail { mail: sent(false), ..row }, 0), Step::Close);
    }
}

fn silent(destination: Destination) -> Destination {
    Destination { engines: Engines::Off, not_mailed: Some(NotMailed::Silent), ..destination }
}

#[test]
fn what_is_kept_in_silence_is_stored_and_never_mailed() {
    let row = bound_for(|it| *it = silent(it.clone()));
    let purged = bound_for(|it| *it = silent(Destination { purge_at_twilio: true, ..it.clone() }));
    let instruction = Instruction { by: "ada".to_owned(), why: "a mistake".to_owned(), at: after(900) };
    let resent = |mail| {
        let (to, reports) = (ResendTo::First, MailReports::default());
        let resend =
            Resend { number: 1, instruction: instruction.clone(), to, with_sound: true, mail, reports };
        Voicemail { resend: Some(resend), ..row.clone() }
    };
    let trouble = Trouble { attempts: 1, last_error: "archive".to_owned(), next_attempt_at: after(50) };
    let asked = Keeping { deletion_asked: Some(instruction.clone()), ..Keeping::default() };
    let unreleased = Some(Audio { released: false, ..audio() });
    let cases = vec![
        (Voicemail { audio: None, recording: left().recording, ..row.clone() }, wait(Wait::Recording, 60)),
        (Voicemail { audio: None, ..row.clone() }, Step::Archive),
        (Voicemail { audio: None, trouble: Some(trouble), ..row.clone() }, wait(Wait::Retry, 50)),
        (Voicemail { audio: unreleased, ..row.clone() }, Step::Release),
        (row.clone(), Step::Close),
        (Voicemail { open: false, ..row.clone() }, Step::Done),
        // Words that come all the same, as from an engine that was asked before.
        (Voicemail { transcript: Some(spoken("Hello.")), ..row.clone() }, Step::Close),
        (Voicemail { recording: Recorded::Gone, audio: None, ..row.clone() }, Step::Close),
        (Voicemail { keeping: asked, ..row.clone() }, Step::Close),
        (purged.clone(), Step::Purge),
        (Voicemail { purged_at: Some(after(1)), ..purged }, Step::Close),
        // Somebody wants it mailed after all.
        (resent(Mail::Unsent), Step::Send(MailKind::Resend(1))),
        (resent(Mail::Claimed { until: after(80), tries: 1 }), wait(Wait::Claim, 80)),
        (resent(sent(false)), Step::Close),
    ];
    for (row, step) in cases {
        assert_eq!(next(&row, 0), step, "{row:?}");
    }
    assert_eq!(next(&row, DAY), Step::Close);
}

#[test]
fn the_mail_waits_for_words_no_longer_than_the_time_box() {
    assert_eq!(next(&archived(), 0), wait(Wait::Transcript, 120));
    assert_eq!(next(&archived(), 119), wait(Wait::Transcript, 120));
    assert_eq!(next(&archived(), 120), Step::Send(MailKind::Voicemail));
    let told = Voicemail { transcript: Some(spoken("Hello.")), ..archived() };
    assert_eq!(next(&told, 0), Step::Send(MailKind::Voicemail));
    // A queue holds a message back for 15 minutes at most.
    let longest = TimeBox::seconds(u32::MAX);
    assert_eq!(next_step(&archived(), longest, after(899)), wait(Wait::Transcript, 900));
    assert_eq!(next_step(&archived(), longest, after(900)), Step::Send(MailKind::Voicemail));
    assert_eq!(TimeBox::default(), TimeBox::seconds(120));
}

#[test]
fn words_that_come_after_the_mail_go_out_once_in_a_second_one() {
    let without = Voicemail { mail: sent(false), ..archived() };
    assert_eq!(next(&without, 300), Step::Close);
    let late = Voicemail { transcript: Some(spoken("Hello.")), ..without };
    assert_eq!(next(&late, 300), Step::Send(MailKind::Transcript));
    let claimed = Voicemail { words_mail: Mail::Claimed { until: after(360), tries: 1 }, ..late.clone() };
    assert_eq!(next(&claimed, 359), wait(Wait::Claim, 360));
    assert_eq!(next(&claimed, 360), Step::Send(MailKind::Transcript));
    assert_eq!(next(&Voicemail { words_mail: sent(true), ..late.clone() }, 400), Step::Close);
    // The mail had them already.
    assert_eq!(next(&Voicemail { mail: sent(true), ..late }, 300), Step::Close);
}

#[test]
fn a_mail_is_sent_over_again_once_for_each_instruction() {
    let resend = |number, mail| {
        let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: after(100) };
        let (to, reports) = (ResendTo::First, MailReports::default());
        Some(Resend { number, instruction, to, with_sound: true, mail, reports })
    };
    let row =
        |resend| Voicemail { mail: sent(true), transcript: Some(spoken("Hello.")), resend, ..archived() };
    assert_eq!(next(&row(resend(1, Mail::Unsent)), 100), Step::Send(MailKind::Resend(1)));
    let claimed = Mail::Claimed { until: after(400), tries: 1 };
    assert_eq!(next(&row(resend(2, claimed.clone())), 399), wait(Wait::Claim, 400));
    assert_eq!(next(&row(resend(2, claimed)), 400), Step::Send(MailKind::Resend(2)));
    assert_eq!(next(&row(resend(2, sent(true))), 400), Step::Close);
    // What is to be deleted is not sent over again.
    let keeping = Keeping {
        deletion_asked: Some(Instruction { by: "ada".to_owned(), why: "7".to_owned(), at: after(1) }),
        ..Keeping::default()
    };
    assert_eq!(next(&Voicemail { keeping, ..row(resend(1, Mail::Unsent)) }, 100), Step::Close);
}

#[test]
fn a_sound_is_left_to_the_bucket_only_once_it_is_mailed() {
    let stored = Some(Audio { released: false, ..audio() });
    let row = Voicemail { audio: stored, transcript: Some(spoken("Hello.")), ..archived() };
    assert_eq!(next(&row, 0), Step::Send(MailKind::Voicemail));
    let mailed = Voicemail { mail: sent(true), ..row };
    assert_eq!(next(&mailed, 1), Step::Release);
    assert_eq!(next(&Voicemail { audio: Some(audio()), ..mailed.clone() }, 2), Step::Close);
    // Rows that earlier releases closed stay so.
    assert_eq!(next(&Voicemail { open: false, ..mailed }, 2), Step::Done);
}

#[test]
fn that_there_are_no_words_after_all_is_worth_no_second_mail() {
    for transcript in [Some(Transcript::failed(Engine::Twilio)), Some(spoken("")), Some(spoken(" \n"))] {
        let row = Voicemail { transcript, ..archived() };
        assert_eq!(next(&row, 0), Step::Send(MailKind::Voicemail));
        assert_eq!(next(&Voicemail { mail: sent(false), ..row }, 0), Step::Close);
    }
}

#[test]
fn words_are_awaited_only_where_the_engine_can_make_them() {
    use NoTranscript::{Failed, NothingRecognised, Off, TooLong, TooShort};
    let engine = Engines::Twilio;
    let none = Engines::Off;
    let ready = |duration_seconds| Recorded::Ready { duration_seconds };
    let left = |duration_seconds| Recorded::Left { duration_seconds };
    let lost = Recorded::Lost { error_code: None };
    let cases = [
        (&engine, ready(1), None, TranscriptStatus::None(TooShort)),
        (&engine, ready(2), None, TranscriptStatus::None(TooShort)),
        (&engine, ready(3), None, TranscriptStatus::Awaited),
        (&engine, ready(119), None, TranscriptStatus::Awaited),
        (&engine, ready(120), None, TranscriptStatus::None(TooLong)),
        (&engine, ready(14_400), None, TranscriptStatus::None(TooLong)),
        (&engine, left(Some(2)), None, TranscriptStatus::None(TooShort)),
        (&engine, left(Some(42)), None, TranscriptStatus::Awaited),
        (&engine, left(None), None, TranscriptStatus::Awaited),
        (&engine, lost, None, TranscriptStatus::None(Failed)),
        (&none, ready(42), None, TranscriptStatus::None(Off)),
        (&none, ready(2), None, TranscriptStatus::None(Off)),
        (&engine, ready(42), Some(Transcript::failed(Engine::Twilio)), TranscriptStatus::None(Failed)),
        (&engine, ready(42), Some(spoken(" ")), TranscriptStatus::None(NothingRecognised)),
        (&engine, ready(42), Some(spoken("(blank)")), TranscriptStatus::None(NothingRecognised)),
        // Words that have come count, whatever was to be expected.
        (&engine, ready(2), Some(spoken("Hello.")), TranscriptStatus::Known("Hello.")),
        (&none, ready(42), Some(spoken("Hello.")), TranscriptStatus::Known("Hello.")),
        (&engine, lost, Some(spoken("Hello.")), TranscriptStatus::Known("Hello.")),
    ];
    for (engine, recording, transcript, expected) in cases {
        let row = Voicemail { recording, transcript, ..bound_for(|it| it.engines = engine.clone()) };
        let destination = row.destination.as_ref().unwrap();
        assert_eq!(words(&row, destination), expected, "{engine:?} {recording:?} {:?}", row.transcript);
        if !matches!(expected, TranscriptStatus::Awaited) {
            assert_eq!(next(&row, 0), Step::Send(MailKind::Voicemail), "{engine:?} {recording:?}");
        }
    }
}

#[test]
fn what_is_held_or_was_when_it_was_due_stays_at_twilio() {
    let row = Voicemail {
        transcript: Some(spoken("Hello.")),
        mail: sent(true),
        ..bound_for(|it| it.purge_at_twilio = true)
    };
    assert_eq!(next(&row, 200), Step::Purge);
    let hold = Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: after(150) };
    for keeping in [
        Keeping { hold: Some(hold), ..Keeping::default() },
        Keeping { purge_withheld: true, ..Keeping::default() },
    ] {
        assert_eq!(next(&Voicemail { keeping, ..row.clone() }, 200), Step::Close);
    }
}

#[test]
fn words_are_awaited_as_long_as_amazon_can_make_them() {
    let languages = SpokenLanguages::of([LanguageCode::of(Language::English)]).unwrap();
    let failed = Transcript::failed(Engine::Twilio);
    for engines in [Engines::Both(languages.clone()), Engines::Amazon(languages)] {
        let row = bound_for(|it| it.engines = engines.clone());
        let of = |row: &Voicemail| match words(row, row.destination.as_ref().unwrap()) {
            TranscriptStatus::Known(words) => panic!("{words}"),
            TranscriptStatus::Awaited => None,
            TranscriptStatus::None(why) => Some(why),
        };
        let failed = Voicemail { transcript: Some(failed.clone()), ..row.clone() };
        assert_eq!(of(&failed), None);
        assert_eq!(of(&Voicemail { audio: None, ..failed }), Some(NoTranscript::Failed));
        // Too short for Twilio, and not stored yet.
        let short = Recorded::Left { duration_seconds: Some(1) };
        assert_eq!(of(&Voicemail { audio: None, recording: short, ..row.clone() }), None);
        let lost = Recorded::Lost { error_code: None };
        assert_eq!(of(&Voicemail { audio: None, recording: lost, ..row }), Some(NoTranscript::Failed));
    }
}

/// An archived message of so many seconds whose words Twilio makes where it can.
fn american(duration_seconds: u32) -> Voicemail {
    let languages = SpokenLanguages::of([LanguageCode::of(Language::English)]).unwrap();
    let row = bound_for(|it| it.engines = Engines::Both(languages));
    Voicemail { recording: Recorded::Ready { duration_seconds }, ..row }
}

#[test]
fn amazon_is_asked_for_what_twilio_cannot_do() {
    assert_eq!(next(&american(119), 0), wait(Wait::Transcript, 120));
    for too_much in [american(2), american(120)] {
        assert_eq!(next(&too_much, 0), Step::Transcribe(Ask::Transcript));
        // There is nothing to listen to yet.
        assert_eq!(next(&Voicemail { audio: None, ..too_much }, 0), Step::Archive);
    }
    let failed = Voicemail { transcript: Some(Transcript::failed(Engine::Twilio)), ..american(42) };
    assert_eq!(next(&failed, 0), Step::Transcribe(Ask::Transcript));
    let both = Voicemail { transcript: Some(Transcript::failed(Engine::Amazon)), ..american(150) };
    assert_eq!(next(&both, 0), Step::Send(MailKind::Voicemail));
}

#[test]
fn where_twilio_is_silent_amazon_is_asked_after_the_time_box() {
    let mailed = Voicemail { mail: sent(false), ..american(42) };
    assert_eq!(next(&mailed, 130), wait(Wait::Transcript, 420));
    assert_eq!(next(&mailed, 419), wait(Wait::Transcript, 420));
    assert_eq!(next(&mailed, 420), Step::Transcribe(Ask::Transcript));
    let mut purged = mailed.clone();
    purged.destination.as_mut().unwrap().purge_at_twilio = true;
    assert_eq!(next(&purged, 419), wait(Wait::Transcript, 420), "Twilio may still listen");
    let job = Some(TranscriptionJob::Started { at: after(430), is_running: true });
    assert_eq!(next(&Voicemail { job: job.clone(), ..purged }, 440), Step::Purge);
    assert_eq!(next(&Voicemail { job, ..mailed.clone() }, 440), wait(Wait::Transcript, DAY));
    // Its words end the wait, however late they are.
    let late = Voicemail { transcript: Some(Transcript::words(Engine::Twilio, "Hello.")), ..mailed };
    assert_eq!(next(&late, 10_000), Step::Send(MailKind::Transcript));
    // Who has no Amazon has nothing to wait for.
    let mut alone = Voicemail { mail: sent(false), ..american(42) };
    alone.destination.as_mut().unwrap().engines = Engines::Twilio;
    assert_eq!(next(&alone, 130), Step::Close);
}

#[test]
fn amazon_is_asked_once_to_begin_and_then_what_became_of_it() {
    let begun = |is_running| {
        let job = Some(TranscriptionJob::Started { at: after(5), is_running });
        Voicemail { job, ..american(150) }
    };
    assert_eq!(next(&begun(false), 6), Step::Transcribe(Ask::Outcome));
    assert_eq!(next(&begun(true), 6), wait(Wait::Transcript, 120));
    assert_eq!(next(&begun(true), 120), Step::Send(MailKind::Voicemail));
    let mailed = Voicemail { mail: sent(false), ..begun(true) };
    assert_eq!(next(&mailed, 130), wait(Wait::Transcript, DAY));
    assert_eq!(next(&mailed, DAY), Step::Transcribe(Ask::NoMore));
    let late = Voicemail { transcript: Some(Transcript::words(Engine::Amazon, "Hello.")), ..mailed };
    assert_eq!(next(&late, 900), Step::Send(MailKind::Transcript));
    // Amazon listens to our copy: Twilio's may go.
    let mut purged = Voicemail { mail: sent(false), ..begun(true) };
    purged.destination.as_mut().unwrap().purge_at_twilio = true;
    assert_eq!(next(&purged, 130), Step::Purge);
}

#[test]
fn nobody_is_asked_for_words_that_were_deleted() {
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: after(DAY) };
    for (seconds, job) in
        [(42, None), (600, Some(TranscriptionJob::Started { at: after(30), is_running: false }))]
    {
        let keeping = Keeping { transcript_deleted_at: Some(after(DAY)), ..Default::default() };
        let row = Voicemail { job, keeping, mail: sent(true), open: false, ..american(seconds) };
        assert_eq!(next(&row, 2 * DAY), Step::Done);
        // The mail is ordered once more.
        let resend = Resend {
            number: 1,
            instruction: instruction.clone(),
            to: ResendTo::First,
            with_sound: true,
            mail: Mail::Unsent,
            reports: MailReports::default(),
        };
        let row = Voicemail { resend: Some(resend), open: true, ..row };
        assert_eq!(next(&row, 2 * DAY), Step::Send(MailKind::Resend(1)));
    }
}

#[test]
fn that_amazon_has_no_time_never_holds_the_mail() {
    let refused = |next: i64| {
        let job = TranscriptionJob::Refused {
            attempts: 1,
            last_error: "busy".to_owned(),
            next_attempt_at: after(next),
        };
        Voicemail { job: Some(job), ..american(150) }
    };
    assert_eq!(next(&refused(60), 10), wait(Wait::Amazon, 60));
    assert_eq!(next(&refused(60), 60), Step::Transcribe(Ask::Transcript));
    assert_eq!(next(&refused(119), 10), wait(Wait::Amazon, 119));
    // The mail waits no longer than its time box.
    assert_eq!(next(&refused(120), 10), wait(Wait::Transcript, 120));
    assert_eq!(next(&refused(150), 10), wait(Wait::Transcript, 120));
    assert_eq!(next(&refused(150), 120), Step::Send(MailKind::Voicemail));
    let mailed = Voicemail { mail: sent(false), ..refused(150) };
    assert_eq!(next(&mailed, 125), wait(Wait::Amazon, 150));
    assert_eq!(next(&mailed, DAY), Step::Transcribe(Ask::NoMore));
}

#[test]
fn a_claim_keeps_others_from_sending_until_it_is_over() {
    let row = Voicemail {
        transcript: Some(spoken("Hello.")),
        mail: Mail::Claimed { until: after(60), tries: 1 },
        ..archived()
    };
    assert_eq!(next(&row, 59), wait(Wait::Claim, 60));
    assert_eq!(next(&row, 60), Step::Send(MailKind::Voicemail));
    // Who claimed it had words or waited long enough; there is no waiting again.
    let row = Voicemail { transcript: None, ..row };
    assert_eq!(next(&row, 60), Step::Send(MailKind::Voicemail));
}

#[test]
fn after_a_failure_nothing_is_tried_before_its_time() {
    let trouble = Trouble { attempts: 3, last_error: "archive".to_owned(), next_attempt_at: after(40) };
    let rows = [left(), archived(), Voicemail { transcript: Some(spoken("Hello.")), ..archived() }];
    for row in rows {
        let untroubled = next(&row, 40);
        let row = Voicemail { trouble: Some(trouble.clone()), ..row };
        assert_eq!(next(&row, 39), wait(Wait::Retry, 40));
        assert_eq!(next(&row, 40), untroubled);
    }
    // There is nothing to be tried again.
    let row = Voicemail { trouble: Some(trouble), recording: Recorded::Absent, ..left() };
    assert_eq!(next(&row, 0), Step::Close);
}

#[test]
fn a_recording_is_purged_once_its_words_are_out_or_given_up() {
    let row = Voicemail { mail: sent(false), ..bound_for(|it| it.purge_at_twilio = true) };
    assert_eq!(next(&row, 300), wait(Wait::Transcript, DAY));
    assert_eq!(next(&row, DAY - 1), wait(Wait::Transcript, DAY));
    assert_eq!(next(&row, DAY), Step::Purge);

    let failed = Voicemail { transcript: Some(Transcript::failed(Engine::Twilio)), ..row.clone() };
    assert_eq!(next(&failed, 300), Step::Purge);
    let late = Voicemail { transcript: Some(spoken("Hello.")), ..row.clone() };
    assert_eq!(next(&late, 300), Step::Send(MailKind::Transcript));
    assert_eq!(next(&Voicemail { words_mail: sent(true), ..late }, 300), Step::Purge);

    assert_eq!(next(&Voicemail { purged_at: Some(after(DAY)), ..row.clone() }, DAY), Step::Close);
    let kept = Voicemail { mail: sent(false), ..archived() };
    assert_eq!(next(&kept, DAY), Step::Close);
}

fn any_recording() -> impl Strategy<Value = Recorded> {
    prop_oneof![
        option::of(0u32..200).prop_map(|duration_seconds| Recorded::Left { duration_seconds }),
        (0u32..200).prop_map(|duration_seconds| Recorded::Ready { duration_seconds }),
        Just(Recorded::Absent),
        Just(Recorded::Lost { error_code: None }),
        Just(Recorded::Gone),
    ]
}

fn any_transcript_by(engine: Engine) -> impl Strategy<Value = Transcript> {
    prop_oneof![
        Just(Transcript::failed(engine)),
        "[a-z ]{0,12}".prop_map(move |words| Transcript::words(engine, words))
    ]
}

fn any_transcript() -> impl Strategy<Value = Transcript> {
    prop_oneof![any_transcript_by(Engine::Twilio), any_transcript_by(Engine::Amazon)]
}

fn any_job() -> impl Strategy<Value = TranscriptionJob> {
    prop_oneof![
        (-100i64..2 * DAY).prop_map(|seconds| TranscriptionJob::Refused {
            attempts: 1,
            last_error: "busy".to_owned(),
            next_attempt_at: after(seconds)
        }),
        (-100i64..2 * DAY, any::<bool>())
            .prop_map(|(seconds, is_running)| TranscriptionJob::Started { at: after(seconds), is_running }),
    ]
}

fn any_mail() -> impl Strategy<Value = Mail> {
    prop_oneof![
        Just(Mail::Unsent),
        (-100i64..2 * DAY).prop_map(|seconds| Mail::Claimed { until: after(seconds), tries: 1 }),
        any::<bool>().prop_map(sent),
    ]
}

fn any_destination() -> impl Strategy<Value = Destination> {
    let german = SpokenLanguages::of([LanguageCode::of(Language::German)]).unwrap();
    let engines = vec![Engines::Off, Engines::Twilio, Engines::Amazon(german.clone()), Engines::Both(german)];
    (proptest::sample::select(engines), any::<bool>()).prop_map(|(engines, purge_at_twilio)| Destination {
        engines,
        purge_at_twilio,
        ..destination()
    })
}

fn any_row() -> impl Strategy<Value = Voicemail> {
    let trouble = (1u32..10, -100i64..2 * DAY).prop_map(|(attempts, seconds)| Trouble {
        attempts,
        last_error: "archive".to_owned(),
        next_attempt_at: after(seconds),
    });
    (
        option::weighted(0.8, any_destination()),
        any_recording(),
        option::of(any_transcript()),
        any::<(bool, bool, bool)>(),
        (any_mail(), any_mail(), any_mail(), any::<bool>()),
        option::of(trouble),
        option::of(any_job()),
    )
        .prop_map(|(destination, recording, transcript, (stored, purged, open), mails, trouble, job)| {
            let (mail, words_mail, second_mail, second_mail_wanted) = mails;
            Voicemail {
                job,
                destination,
                recording,
                transcript,
                audio: stored.then(audio),
                mail,
                words_mail,
                second_mail,
                second_mail_wanted,
                purged_at: purged.then(|| after(500)),
                trouble,
                open,
                ..left()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_row_whatever_leads_to_a_step_that_is_done_already(
        row in any_row(),
        time_box in 0u32..1_000,
        seconds in -100i64..2 * DAY,
    ) {
        let now = after(seconds);
        let mail_is_sent = matches!(row.mail, Mail::Sent { .. });
        let second_is_sent = matches!(row.second_mail, Mail::Sent { .. });
        let words_are_sent = matches!(row.words_mail, Mail::Sent { .. });
        let is_lost = row.recording.is_lost();
        match next_step(&row, TimeBox::seconds(time_box), now) {
            Step::Identify => prop_assert!(row.destination.is_none()),
            Step::Archive => {
                prop_assert!(row.audio.is_none());
                prop_assert!(!is_lost && row.recording != Recorded::Absent);
            }
            Step::Transcribe(ask) => {
                prop_assert!(row.audio.is_some());
                prop_assert!(row.transcript.is_none_or(|it| it.engine == Engine::Twilio && it.result.is_err()));
                let has_started = matches!(row.job, Some(TranscriptionJob::Started { .. }));
                match ask {
                    Ask::Transcript => prop_assert!(!has_started),
                    Ask::Outcome => prop_assert!(has_started),
                    Ask::NoMore => prop_assert!(row.job.is_some() && seconds >= DAY),
                }
            }
            Step::Send(MailKind::Voicemail) => {
                prop_assert!(!mail_is_sent);
                prop_assert!(row.audio.is_some() || is_lost);
            }
            Step::Send(MailKind::Transcript) => {
                prop_assert_eq!(&row.mail, &sent(false));
                prop_assert!(row.second_mail != sent(true));
                prop_assert!(!words_are_sent);
                prop_assert!(row.transcript.is_some_and(|it| it.result.is_ok()));
            }
            Step::Send(MailKind::Second) => {
                prop_assert!(mail_is_sent && row.second_mail_wanted);
                prop_assert!(!second_is_sent);
            }
            Step::Send(MailKind::Resend(_)) => prop_assert!(mail_is_sent && row.resend.is_some()),
            Step::Send(MailKind::MissedCall) => prop_assert!(false, "a voicemail is no missed call"),
            Step::Purge => {
                prop_assert!(row.destination.is_some_and(|destination| destination.purge_at_twilio));
                let is_safe = row.audio.is_some() && mail_is_sent;
                prop_assert!(row.recording.is_empty() || is_safe);
                prop_assert!(row.purged_at.is_none());
            }
            Step::Wait { until, .. } => prop_assert!(until > now),
            Step::Release => {
                prop_assert!(mail_is_sent && row.open);
                prop_assert!(row.audio.is_some_and(|audio| !audio.released));
            }
            rest @ (Step::Close | Step::Done) => {
                prop_assert_eq!(rest == Step::Close, row.open);
                prop_assert!(mail_is_sent || row.recording.is_empty());
            }
        }
    }
}

/// What may come from outside, in any order.
#[derive(Clone, Debug)]
enum Event {
    Left(u32),
    Ready(u32),
    Absent,
    Lost,
    Transcribed(Transcript),
    /// The owner's address does not take the mail, and there is a second one.
    Bounced,
}

/// How a step may end.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Succeeds,
    /// It fails, and the row says so.
    Fails,
    /// The worker dies in it, a mail being claimed but not sent.
    Dies,
}

/// The ledger, which treats reports as the real one does, and a world that takes mails.
struct World {
    row: Voicemail,
    seen: Seen,
    now: Timestamp,
    destination: Destination,
    voicemail_mails: u32,
    words_mails: u32,
    second_mails: u32,
    archived: u32,
    purged: u32,
    jobs: u32,
}

#[derive(Default)]
struct Seen {
    duration_seconds: Option<u32>,
    ready: bool,
    absent: bool,
    lost: bool,
}

impl World {
    fn new(destination: Destination) -> Self {
        let row = Voicemail { recording: Recorded::Left { duration_seconds: None }, open: false, ..left() };
        Self {
            row,
            seen: Seen::default(),
            now: after(0),
            destination,
            voicemail_mails: 0,
            words_mails: 0,
            second_mails: 0,
            archived: 0,
            purged: 0,
            jobs: 0,
        }
    }

    fn happens(&mut self, event: Event) {
        let seen = &mut self.seen;
        match event {
            Event::Left(seconds) => {
                seen.duration_seconds.get_or_insert(seconds);
                self.row.open = true;
            }
            Event::Ready(seconds) => {
                seen.ready = true;
                seen.duration_seconds = Some(seconds);
                self.row.open = true;
            }
            Event::Absent => {
                seen.absent = true;
                self.row.open = false;
            }
            Event::Lost => {
                seen.lost = true;
                self.row.open = true;
            }
            Event::Bounced => {
                if matches!(self.row.mail, Mail::Sent { .. }) {
                    self.row.second_mail_wanted = true;
                    self.row.open = true;
                }
            }
            Event::Transcribed(transcript) => {
                let is_heard = self
                    .row
                    .transcript
                    .as_ref()
                    .is_some_and(|known| known.result.is_ok() || known.engine == transcript.engine);
                if !is_heard {
                    self.row.transcript = Some(transcript);
                    self.row.open = true;
                }
            }
        }
        self.row.recording = match self.seen {
            Seen { lost: true, .. } => Recorded::Lost { error_code: None },
            Seen { absent: true, .. } => Recorded::Absent,
            Seen { ready: true, duration_seconds: Some(duration_seconds), .. } => {
                Recorded::Ready { duration_seconds }
            }
            Seen { duration_seconds, .. } => Recorded::Left { duration_seconds },
        };
    }

    fn take(&mut self, step: Step, fate: Fate) {
        match (fate, step) {
            (Fate::Fails, Step::Transcribe(Ask::Transcript)) => {
                let next_attempt_at = self.now + SignedDuration::from_secs(60);
                self.row.job = Some(TranscriptionJob::Refused {
                    attempts: 1,
                    last_error: "busy".to_owned(),
                    next_attempt_at,
                });
                return;
            }
            (Fate::Fails, Step::Transcribe(Ask::Outcome)) => {
                if let Some(TranscriptionJob::Started { is_running, .. }) = &mut self.row.job {
                    *is_running = true;
                }
                return;
            }
            (Fate::Fails, _) => {
                let attempts = self.row.trouble.as_ref().map_or(0, |trouble| trouble.attempts) + 1;
                let next_attempt_at = self.now + SignedDuration::from_secs(i64::from(attempts) * 10);
                self.row.trouble =
                    Some(Trouble { attempts, last_error: format!("{step:?}"), next_attempt_at });
                return;
            }
            (Fate::Dies, Step::Send(kind)) => {
                let claimed = Mail::Claimed { until: self.now + SignedDuration::from_secs(60), tries: 1 };
                *self.mail(kind) = claimed;
                return;
            }
            (Fate::Dies, _) => return,
            (Fate::Succeeds, _) => {}
        }
        match step {
            Step::Identify => self.row.destination = Some(self.destination.clone()),
            Step::Archive => {
                self.row.audio = Some(audio());
                self.archived += 1;
            }
            Step::Transcribe(Ask::Transcript) => {
                self.jobs += 1;
                self.row.job = Some(TranscriptionJob::Started { at: self.now, is_running: false });
            }
            Step::Transcribe(Ask::Outcome) => {
                self.row.transcript = Some(Transcript::words(Engine::Amazon, "guten tag"));
            }
            Step::Transcribe(Ask::NoMore) => {
                self.row.transcript =
                    Some(Transcript { engine: Engine::Amazon, result: Err(TranscriptionFailure::NoTime) });
            }
            Step::Send(kind) => {
                let with_words = matches!(words(&self.row, &self.destination), TranscriptStatus::Known(_));
                *self.mail(kind) = sent(with_words);
                match kind {
                    MailKind::Voicemail => self.voicemail_mails += 1,
                    MailKind::Transcript => self.words_mails += 1,
                    MailKind::Second => self.second_mails += 1,
                    MailKind::MissedCall | MailKind::Resend(_) => unreachable!("nobody orders such a mail"),
                }
            }
            Step::Purge => {
                self.row.purged_at = Some(self.now);
                self.purged += 1;
            }
            Step::Release => self.row.audio.as_mut().unwrap().released = true,
            Step::Close => {
                self.row.open = false;
                // What went wrong last stays to be seen.
                return;
            }
            Step::Wait { .. } | Step::Done => unreachable!("nothing to take"),
        }
        self.row.trouble = None;
    }

    fn mail(&mut self, kind: MailKind) -> &mut Mail {
        match kind {
            MailKind::Voicemail => &mut self.row.mail,
            MailKind::Transcript => &mut self.row.words_mail,
            MailKind::Second => &mut self.row.second_mail,
            MailKind::MissedCall | MailKind::Resend(_) => unreachable!("nobody orders such a mail"),
        }
    }

    /// Lives through the events; says how many steps it took.
    fn run(&mut self, mut events: VecDeque<(i64, Event)>, mut fates: VecDeque<Fate>) -> usize {
        // Before the first report there is no row.
        self.now = events.front().map_or(self.now, |(seconds, _)| after(*seconds));
        self.row.recorded_at = self.now;
        for count in 0..100 {
            while events.front().is_some_and(|(seconds, _)| after(*seconds) <= self.now) {
                let (_, event) = events.pop_front().unwrap();
                self.happens(event);
            }
            let next_event = events.front().map(|(seconds, _)| after(*seconds));
            match next_step(&self.row, TimeBox::default(), self.now) {
                Step::Done => match next_event {
                    Some(event) => self.now = event,
                    None => return count,
                },
                Step::Wait { until, .. } => {
                    self.now = next_event.map_or(until, |event| event.min(until));
                    // Who is woken then does not know yet what Amazon says.
                    if let Some(TranscriptionJob::Started { is_running, .. }) = &mut self.row.job {
                        *is_running = false;
                    }
                }
                step => {
                    self.take(step, fates.pop_front().unwrap_or(Fate::Succeeds));
                    self.now += SignedDuration::from_secs(1);
                }
            }
        }
        panic!("the voicemail does not come to rest: {:?}", self.row)
    }
}

fn any_fates() -> impl Strategy<Value = VecDeque<Fate>> {
    let fate = prop_oneof![3 => Just(Fate::Succeeds), 1 => Just(Fate::Fails), 1 => Just(Fate::Dies)];
    vec(fate, 0..20).prop_map(VecDeque::from)
}

/// The reports of one recording, each as late as it may be, and in any order.
fn any_events() -> impl Strategy<Value = VecDeque<(i64, Event)>> {
    let seconds = prop_oneof![0i64..200, 0..2 * DAY];
    let length = prop_oneof![Just(0u32), 1u32..5, 115u32..125, Just(42)];
    let left = (seconds.clone(), length.clone()).prop_map(|(at, length)| (at, Event::Left(length)));
    let recording = prop_oneof![
        6 => length.prop_map(Event::Ready),
        1 => Just(Event::Absent),
        1 => Just(Event::Lost),
    ];
    let recording = (seconds.clone(), recording);
    let words = (seconds.clone(), any_transcript_by(Engine::Twilio).prop_map(Event::Transcribed));
    let bounced = (seconds, Just(Event::Bounced));
    (option::of(left), option::of(recording), option::of(words), option::of(bounced)).prop_map(|events| {
        let (left, recording, words, bounced) = events;
        let mut events: Vec<_> = [left, recording, words, bounced].into_iter().flatten().collect();
        events.sort_by_key(|(seconds, _)| *seconds);
        events.into()
    })
}

proptest! {
    // Few are without a single event, and begin nothing.
    #![proptest_config(ProptestConfig { cases: 10_000, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn every_voicemail_comes_to_rest_with_exactly_one_mail(
        destination in any_destination(),
        events in any_events(),
        fates in any_fates(),
    ) {
        // Something must have told of it.
        prop_assume!(events.iter().any(|(_, event)| !matches!(event, Event::Bounced)));
        let mut world = World::new(destination);
        world.run(events, fates);
        let World { row, .. } = &world;

        prop_assert!(!row.open);
        if row.recording.is_empty() {
            prop_assert!(world.voicemail_mails <= 1);
            let purges = world.destination.purge_at_twilio && row.recording != Recorded::Absent;
            prop_assert!(world.purged <= u32::from(purges) || row.audio.is_some());
        } else {
            prop_assert_eq!(world.voicemail_mails, 1);
            let told = matches!(words(row, &world.destination), TranscriptStatus::Known(_));
            let has_words = |mail: &Mail| matches!(mail, Mail::Sent { with_words: true, .. });
            if told {
                // To the first address or the second, but not for nothing.
                prop_assert!([&row.mail, &row.words_mail, &row.second_mail].into_iter().any(has_words));
            }
            prop_assert!(world.words_mails <= u32::from(told && !has_words(&row.mail)));
            if !row.second_mail_wanted {
                prop_assert_eq!(world.words_mails, u32::from(told && !has_words(&row.mail)));
            }
            prop_assert_eq!(world.second_mails, u32::from(row.second_mail_wanted));
            let purges = world.destination.purge_at_twilio && row.audio.is_some();
            prop_assert_eq!(world.purged, u32::from(purges));
        }
        prop_assert!(world.archived <= 1 && world.words_mails <= 1 && world.purged <= 1);
        prop_assert!(world.jobs <= 1);
    }

    #[test]
    fn whatever_happens_silence_is_kept_and_so_is_the_sound(
        destination in any_destination().prop_map(silent),
        events in any_events(),
        fates in any_fates(),
    ) {
        prop_assume!(events.iter().any(|(_, event)| !matches!(event, Event::Bounced)));
        let mut world = World::new(destination);
        world.run(events, fates);
        let World { row, .. } = &world;
        prop_assert!(!row.open);
        prop_assert_eq!((world.voicemail_mails, world.words_mails, world.second_mails, world.jobs), (0, 0, 0, 0));
        let is_there = !row.recording.is_empty() && !row.recording.is_lost();
        prop_assert!(world.archived <= 1 && (row.audio.is_some() || !is_there));
        prop_assert!(world.purged <= u32::from(world.destination.purge_at_twilio));
    }
}

#[test]
fn a_voicemail_without_any_trouble_takes_few_steps() {
    let mut world = World::new(Destination { purge_at_twilio: true, ..destination() });
    let events =
        [(0, Event::Left(42)), (2, Event::Ready(42)), (15, Event::Transcribed(spoken("Please call back.")))];
    // Identify, wait, archive, wait, send, purge, close.
    assert_eq!(world.run(events.into(), VecDeque::new()), 7);
    assert_eq!((world.voicemail_mails, world.words_mails), (1, 0));
}
