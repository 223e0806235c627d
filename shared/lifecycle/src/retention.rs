//! What is to be deleted, and why.

use domain::{Call, Days, MissedCall, Part, Retention, TranscriptionJob, Voicemail};
use jiff::{SignedDuration, Timestamp};

/// How long a worker may still be at what it began before a deletion was asked for: it is ended after
/// a minute.
const WORK_TAKES: SignedDuration = SignedDuration::from_secs(70);

/// How long after its begin a job may still write its result.
const JOB_TAKES: SignedDuration = SignedDuration::from_hours(48);

/// Something that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub part: Part,
    /// By whose decision: a person, or `retention`.
    pub by: String,
    /// Why, for the receipt.
    pub why: String,
}

/// What of a voicemail is to be deleted now, in this order: at Twilio first, so that nobody
/// fetches it from there once more.
///
/// Nothing is while it, or its number, is held, nor before it is delivered, unless somebody asked
/// for it. Days are counted from when it was recorded, 24 hours each. Once all is deleted, only a
/// sound is due that was stored after that.
pub fn due(voicemail: &Voicemail, retention: &Retention, number_is_held: bool, now: Timestamp) -> Vec<Due> {
    let keeping = &voicemail.keeping;
    if number_is_held || keeping.hold.is_some() {
        return Vec::new();
    }
    if keeping.parties_deleted_at.is_some() {
        let (by, why) = match &keeping.deletion_asked {
            Some(instruction) => (instruction.by.clone(), instruction.why.clone()),
            None => ("retention".to_owned(), "stored after its deletion".to_owned()),
        };
        return voicemail
            .audio
            .iter()
            .map(|_| Due { part: Part::Audio, by: by.clone(), why: why.clone() })
            .collect();
    }
    let is_at_twilio = voicemail.purged_at.is_none();
    let (has_audio, has_transcript) = (voicemail.audio.is_some(), voicemail.transcript.is_some());
    let mut due = Vec::new();
    if let Some(instruction) = &keeping.deletion_asked {
        let parts = [
            (Part::TwilioCopy, is_at_twilio),
            (Part::Audio, keeping.audio_deleted_at.is_none() || has_audio),
            (Part::Transcript, keeping.transcript_deleted_at.is_none()),
            (Part::Parties, true),
        ];
        due.extend(parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| Due {
            part,
            by: instruction.by.clone(),
            why: instruction.why.clone(),
        }));
        return due;
    }
    if voicemail.open {
        return Vec::new();
    }
    let over = |days: Option<Days>| days.filter(|days| is_over(voicemail.recorded_at, *days, now));
    let kept = |days: Days| format!("kept for {} days", days.get());
    let mut delete = |part, why| due.push(Due { part, by: "retention".to_owned(), why });
    // What is done has no copy left there, unless a hold kept it.
    let purges = voicemail.destination.as_ref().is_some_and(|destination| destination.purge_at_twilio);
    let audio_over = over(retention.audio).filter(|_| has_audio);
    if is_at_twilio && let Some(days) = audio_over {
        delete(Part::TwilioCopy, kept(days));
    } else if is_at_twilio && has_audio && purges {
        delete(Part::TwilioCopy, "safely stored".to_owned());
    }
    if let Some(days) = audio_over {
        delete(Part::Audio, kept(days));
    }
    let transcript_over = over(retention.transcript).filter(|_| has_transcript);
    if let Some(days) = transcript_over {
        delete(Part::Transcript, kept(days));
    }
    let is_empty = (!has_audio || audio_over.is_some()) && (!has_transcript || transcript_over.is_some());
    if is_empty && let Some(days) = over(retention.calls) {
        delete(Part::Parties, kept(days));
    }
    due
}

/// Whether a worker may be storing the sound of a voicemail whose deletion is asked for. It does not
/// begin to once it was asked for, so that [`WORK_TAKES`] later it is over.
fn may_be_stored_now(voicemail: &Voicemail) -> bool {
    let Voicemail { keeping, recording, .. } = voicemail;
    keeping.deletion_asked.is_some()
        && keeping.audio_deleted_at.is_none()
        && keeping.parties_deleted_at.is_none()
        && voicemail.audio.is_none()
        && !(recording.is_empty() || recording.is_lost())
}

/// Whether a run leaves a voicemail to the next one, for its sound may be
/// being stored. The instruction's time is of the clock of whoever gave it.
pub fn is_left_to_the_next(voicemail: &Voicemail, now: Timestamp) -> bool {
    let asked_at = voicemail.keeping.deletion_asked.as_ref().map(|instruction| instruction.at);
    let is_fresh = asked_at.is_some_and(|at| now.duration_since(at).abs() < WORK_TAKES * 2);
    is_fresh && may_be_stored_now(voicemail)
}

/// What a transcription under way may still write after the words were deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateWords {
    /// Nothing.
    Never,
    /// They may come, now or later.
    Perhaps,
    /// What has come by now is all that comes.
    NoMore,
}

/// Says whether words may have come after their deletion; of them a receipt is there.
pub fn late_words(voicemail: &Voicemail, number_is_held: bool, now: Timestamp) -> LateWords {
    let keeping = &voicemail.keeping;
    let is_held = number_is_held || keeping.hold.is_some();
    match voicemail.job {
        Some(TranscriptionJob::Started { at, .. }) if keeping.transcript_deleted_at.is_some() && !is_held => {
            let is_over = at.checked_add(JOB_TAKES).is_ok_and(|end| now >= end);
            if is_over { LateWords::NoMore } else { LateWords::Perhaps }
        }
        _ => LateWords::Never,
    }
}

/// Why the row of a call is to be deleted now, if it is.
pub fn call_due(call: &Call, retention: &Retention, number_is_held: bool, now: Timestamp) -> Option<String> {
    let at = call.begun_at.or(call.seen_at)?;
    let is_held = number_is_held || call.held;
    row_due(at, retention, is_held, now)
}

/// What is to become of a call that programs steered, and that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is to be deleted now, and why.
    Over(String),
    /// It is kept, and that is to be looked at again then: what its number says may change.
    Until(Timestamp),
}

/// How often it is looked at least how long a call is to be kept that programs steered.
const LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to become of a call that programs steered, and that ended then.
pub fn steered_due(ended_at: Timestamp, retention: &Retention, is_held: bool, now: Timestamp) -> Kept {
    if let Some(why) = row_due(ended_at, retention, is_held, now) {
        return Kept::Over(why);
    }
    let later = now.checked_add(LOOKED_AT_EVERY).unwrap_or(Timestamp::MAX);
    let over_at = retention.calls.filter(|_| !is_held).and_then(|days| over_at(ended_at, days));
    Kept::Until(over_at.map_or(later, |at| at.min(later)))
}

/// Why the row of a missed call is to be deleted now, if it is.
pub fn missed_call_due(
    missed_call: &MissedCall,
    retention: &Retention,
    number_is_held: bool,
    now: Timestamp,
) -> Option<String> {
    row_due(missed_call.missed_at, retention, number_is_held || missed_call.open, now)
}

fn row_due(at: Timestamp, retention: &Retention, is_held: bool, now: Timestamp) -> Option<String> {
    let days = retention.calls.filter(|days| !is_held && is_over(at, *days, now))?;
    Some(format!("kept for {} days", days.get()))
}

fn is_over(begin: Timestamp, days: Days, now: Timestamp) -> bool {
    over_at(begin, days).is_some_and(|end| now >= end)
}

fn over_at(begin: Timestamp, days: Days) -> Option<Timestamp> {
    begin.checked_add(SignedDuration::from_hours(24 * i64::from(days.get()))).ok()
}

#[cfg(test)]
mod tests {
    use domain::{Destination, Instruction, Keeping, Transcript};
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use domain::fixtures::{archived, call, destination, left, missed_call, sent};

    fn days(days: i64) -> Option<Days> {
        Days::new(days).ok()
    }

    fn done() -> Voicemail {
        let transcript = Some(Transcript::words(domain::Engine::Twilio, "Hello.".to_owned()));
        Voicemail { transcript, mail: sent(true), open: false, ..archived() }
    }

    fn instruction() -> Instruction {
        Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: left().recorded_at }
    }

    fn after_days(days: i64) -> Timestamp {
        left().recorded_at + SignedDuration::from_hours(24 * days)
    }

    fn parts(voicemail: &Voicemail, retention: Retention, held: bool, now: Timestamp) -> Vec<Part> {
        due(voicemail, &retention, held, now).into_iter().map(|due| due.part).collect()
    }

    const ALL: [Part; 4] = [Part::TwilioCopy, Part::Audio, Part::Transcript, Part::Parties];

    #[test]
    fn each_part_goes_when_its_days_are_over_and_not_before() {
        let retention = Retention { audio: days(30), transcript: days(60), calls: days(90) };
        let second = SignedDuration::from_secs(1);
        let row = done();
        assert!(parts(&row, retention, false, after_days(30) - second).is_empty());
        assert_eq!(parts(&row, retention, false, after_days(30)), [Part::TwilioCopy, Part::Audio]);
        let why: Vec<String> =
            due(&row, &retention, false, after_days(30)).into_iter().map(|due| due.why).collect();
        assert_eq!(why, ["kept for 30 days", "kept for 30 days"]);
        let purged = Voicemail { purged_at: Some(after_days(0)), ..done() };
        assert_eq!(parts(&purged, retention, false, after_days(59)), [Part::Audio]);
        assert_eq!(parts(&purged, retention, false, after_days(60)), [Part::Audio, Part::Transcript]);
        assert_eq!(parts(&row, retention, false, after_days(90)), ALL);
        // Who called stays as long as there is something to hear or to read.
        let kept = Retention { audio: None, ..retention };
        assert_eq!(parts(&row, kept, false, after_days(9_999)), [Part::Transcript]);
    }

    #[test]
    fn a_row_of_a_call_goes_after_its_days_unless_held_or_open() {
        let retention = Retention { audio: None, transcript: None, calls: days(90) };
        let ever = Retention { calls: None, ..retention };
        let second = SignedDuration::from_secs(1);
        let why = Some("kept for 90 days".to_owned());
        let (begun, over) = (after_days(0), after_days(90));

        let row = Call { begun_at: Some(begun), ..call("no-answer") };
        assert_eq!(call_due(&row, &retention, false, over - second), None);
        assert_eq!(call_due(&row, &retention, false, over), why);
        assert_eq!(call_due(&row, &ever, false, over), None);
        assert_eq!(call_due(&row, &retention, true, over), None);
        assert_eq!(call_due(&Call { held: true, ..row.clone() }, &retention, false, over), None);
        // Of some there is only what was seen of them later.
        let seen = Call { begun_at: None, seen_at: Some(begun), ..row.clone() };
        assert_eq!(call_due(&seen, &retention, false, over), why);
        assert_eq!(call_due(&Call { begun_at: None, seen_at: None, ..row }, &retention, false, over), None);

        let missed = MissedCall { missed_at: begun, open: false, ..missed_call() };
        assert_eq!(missed_call_due(&missed, &retention, false, over - second), None);
        assert_eq!(missed_call_due(&missed, &retention, false, over), why);
        assert_eq!(missed_call_due(&missed, &ever, false, over), None);
        assert_eq!(missed_call_due(&missed, &retention, true, over), None);
        assert_eq!(missed_call_due(&MissedCall { open: true, ..missed }, &retention, false, over), None);
    }

    #[test]
    fn nothing_goes_by_itself_while_it_is_held_or_not_delivered() {
        let retention = Retention { audio: days(1), transcript: days(1), calls: days(1) };
        let held =
            Voicemail { keeping: Keeping { hold: Some(instruction()), ..Keeping::default() }, ..done() };
        let asked_and_held = Voicemail {
            keeping: Keeping { deletion_asked: Some(instruction()), ..held.keeping.clone() },
            ..done()
        };
        let open = Voicemail { open: true, ..done() };
        for row in [held, asked_and_held, open] {
            assert!(parts(&row, retention, false, after_days(9_999)).is_empty());
        }
        assert!(parts(&done(), retention, true, after_days(9_999)).is_empty());
    }

    #[test]
    fn who_asks_for_a_deletion_gets_all_of_it_at_once() {
        let keeping = Keeping { deletion_asked: Some(instruction()), ..Keeping::default() };
        let row = Voicemail { keeping, open: true, ..done() };
        let due = due(&row, &Retention::default(), false, after_days(0));
        assert_eq!(due.iter().map(|due| due.part).collect::<Vec<_>>(), ALL);
        assert!(due.iter().all(|due| due.by == "ada" && due.why == "case 7"));
    }

    #[test]
    fn a_sound_that_was_stored_after_its_deletion_is_still_due() {
        let gone = Some(after_days(0));
        let asked =
            Keeping { deletion_asked: Some(instruction()), audio_deleted_at: gone, ..Keeping::default() };
        let asked = Voicemail { keeping: asked, purged_at: gone, ..done() };
        assert_eq!(parts(&asked, Retention::default(), false, after_days(1)), ALL[1..]);
        let keeping = Keeping { parties_deleted_at: gone, ..asked.keeping.clone() };
        let all_gone = Voicemail { keeping, parties: None, transcript: None, ..asked };
        assert_eq!(parts(&all_gone, Retention::default(), false, after_days(1)), [Part::Audio]);
        assert!(parts(&all_gone, Retention::default(), true, after_days(1)).is_empty());
        assert!(
            parts(&Voicemail { audio: None, ..all_gone }, Retention::default(), false, after_days(1))
                .is_empty()
        );
    }

    #[test]
    fn what_may_be_stored_now_is_waited_for_and_left_to_the_next() {
        let keeping = Keeping { deletion_asked: Some(instruction()), ..Keeping::default() };
        let row = Voicemail { keeping, audio: None, ..archived() };
        let seconds = |seconds| instruction().at + SignedDuration::from_secs(seconds);
        assert!(may_be_stored_now(&row));
        for (at, is_left) in [(-200, false), (-30, true), (0, true), (139, true), (140, false)] {
            assert_eq!(is_left_to_the_next(&row, seconds(at)), is_left, "{at}");
        }
        let deleted = Keeping { audio_deleted_at: Some(seconds(1)), ..row.keeping.clone() };
        for settled in [
            Voicemail { audio: archived().audio, ..row.clone() },
            Voicemail { recording: domain::Recorded::Gone, ..row.clone() },
            Voicemail { keeping: deleted, ..row.clone() },
            Voicemail { keeping: Keeping::default(), ..row },
        ] {
            assert!(
                !may_be_stored_now(&settled) && !is_left_to_the_next(&settled, seconds(1)),
                "{settled:?}"
            );
        }
    }

    #[test]
    fn words_may_come_for_two_days_after_their_job_began() {
        let job = Some(TranscriptionJob::Started { at: after_days(0), is_running: false });
        let keeping = Keeping { transcript_deleted_at: Some(after_days(0)), ..Keeping::default() };
        let row = Voicemail { keeping, job, transcript: None, ..done() };
        assert_eq!(late_words(&row, false, after_days(1)), LateWords::Perhaps);
        assert_eq!(late_words(&row, false, after_days(2)), LateWords::NoMore);
        assert_eq!(late_words(&row, true, after_days(2)), LateWords::Never);
        assert_eq!(
            late_words(&Voicemail { job: None, ..row.clone() }, false, after_days(1)),
            LateWords::Never
        );
        let kept = Voicemail { keeping: Keeping::default(), ..row };
        assert_eq!(late_words(&kept, false, after_days(1)), LateWords::Never);
    }

    #[test]
    fn a_recording_that_a_hold_kept_at_twilio_goes_after_it() {
        let destination = Some(Destination { purge_at_twilio: true, ..destination() });
        let row = Voicemail { destination, ..done() };
        assert_eq!(parts(&row, Retention::default(), false, after_days(1)), [Part::TwilioCopy]);
        assert!(parts(&row, Retention::default(), true, after_days(1)).is_empty());
    }

    #[test]
    fn thirty_days_are_thirty_days_over_month_ends_and_leap_days() {
        let retention = Retention { audio: days(30), ..Retention::default() };
        for (recorded, gone) in [
            (date(2028, 1, 30), date(2028, 2, 29)),
            (date(2028, 1, 31), date(2028, 3, 1)),
            (date(2027, 1, 31), date(2027, 3, 2)),
            (date(2028, 2, 29), date(2028, 3, 30)),
            (date(2027, 12, 31), date(2028, 1, 30)),
        ] {
            let utc = |day: jiff::civil::Date| day.at(9, 30, 0, 0).in_tz("UTC").unwrap().timestamp();
            let row = Voicemail { recorded_at: utc(recorded), ..done() };
            assert!(parts(&row, retention, false, utc(gone) - 1.second()).is_empty(), "{recorded}");
            assert_eq!(parts(&row, retention, false, utc(gone)).len(), 2, "{recorded}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_due_that_is_held_or_gone_or_too_young(
            audio in proptest::option::of(1i64..400),
            transcript in proptest::option::of(1i64..400),
            calls in proptest::option::of(1i64..400),
            [held, number_held, has_audio, has_transcript, purged, purges, open]: [bool; 7],
            age in 0i64..500,
        ) {
            let retention = Retention {
                audio: audio.and_then(days),
                transcript: transcript.and_then(days),
                calls: calls.and_then(days),
            };
            let row = Voicemail {
                audio: done().audio.filter(|_| has_audio),
                transcript: done().transcript.filter(|_| has_transcript),
                purged_at: purged.then(|| after_days(0)),
                destination: Some(Destination { purge_at_twilio: purges, ..destination() }),
                keeping: Keeping { hold: held.then(instruction), ..Keeping::default() },
                open,
                ..done()
            };
            let old = |days: Option<i64>| days.is_some_and(|days| age >= days);
            let due = parts(&row, retention, number_held, after_days(age));
            prop_assert!(due.is_empty() || !(held || number_held || open));
            for part in &due {
                let is_right = match part {
                    Part::TwilioCopy => !purged && has_audio && (old(audio) || purges),
                    Part::Audio => has_audio && old(audio),
                    Part::Transcript => has_transcript && old(transcript),
                    Part::Parties => old(calls),
                };
                prop_assert!(is_right, "{:?}", part);
            }
            // And nothing that is old enough is left.
            if !(held || number_held || open) {
                prop_assert_eq!(due.contains(&Part::Audio), has_audio && old(audio));
                prop_assert_eq!(due.contains(&Part::Transcript), has_transcript && old(transcript));
                let empty = (!has_audio || old(audio)) && (!has_transcript || old(transcript));
                prop_assert_eq!(due.contains(&Part::Parties), empty && old(calls));
            }
        }
    }
}
