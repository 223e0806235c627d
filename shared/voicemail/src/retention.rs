//! What is to be deleted, and why.

use callflow::{Days, Retention};
use jiff::{SignedDuration, Timestamp};
use store::{Call, MissedCall, Part, Voicemail};

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
/// for it. Days are counted from when it was recorded, 24 hours each.
pub fn due(voicemail: &Voicemail, retention: &Retention, number_is_held: bool, now: Timestamp) -> Vec<Due> {
    let keeping = &voicemail.keeping;
    if number_is_held || keeping.hold.is_some() || keeping.parties_deleted_at.is_some() {
        return Vec::new();
    }
    let is_at_twilio = voicemail.purged_at.is_none();
    let (has_audio, has_transcript) = (voicemail.audio.is_some(), voicemail.transcript.is_some());
    let mut due = Vec::new();
    if let Some(order) = &keeping.deletion_asked {
        let parts = [
            (Part::TwilioCopy, is_at_twilio),
            (Part::Audio, keeping.audio_deleted_at.is_none()),
            (Part::Transcript, keeping.transcript_deleted_at.is_none()),
            (Part::Parties, true),
        ];
        due.extend(parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| Due {
            part,
            by: order.by.clone(),
            why: order.why.clone(),
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

/// Why the row of a call is to be deleted now, if it is.
pub fn call_due(call: &Call, retention: &Retention, number_is_held: bool, now: Timestamp) -> Option<String> {
    let at = call.begun_at.or(call.seen_at)?;
    let is_held = number_is_held || call.held;
    row_due(at, retention, is_held, now)
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
    let kept = SignedDuration::from_hours(24 * i64::from(days.get()));
    begin.checked_add(kept).is_ok_and(|end| now >= end)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;
    use store::{Destination, Keeping, Order, Transcript};

    use super::*;
    use crate::fixtures::{archived, destination, left, sent};

    fn days(days: i64) -> Option<Days> {
        Days::new(days).ok()
    }

    fn done() -> Voicemail {
        let transcript = Some(Transcript::words(callflow::Engine::Twilio, "Hello.".to_owned()));
        Voicemail { transcript, mail: sent(true), open: false, ..archived() }
    }

    fn order() -> Order {
        Order { by: "ada".to_owned(), why: "case 7".to_owned(), at: left().recorded_at }
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
    fn nothing_goes_by_itself_while_it_is_held_or_not_delivered() {
        let retention = Retention { audio: days(1), transcript: days(1), calls: days(1) };
        let held = Voicemail { keeping: Keeping { hold: Some(order()), ..Keeping::default() }, ..done() };
        let asked_and_held = Voicemail {
            keeping: Keeping { deletion_asked: Some(order()), ..held.keeping.clone() },
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
        let keeping = Keeping { deletion_asked: Some(order()), ..Keeping::default() };
        let row = Voicemail { keeping, open: true, ..done() };
        let due = due(&row, &Retention::default(), false, after_days(0));
        assert_eq!(due.iter().map(|due| due.part).collect::<Vec<_>>(), ALL);
        assert!(due.iter().all(|due| due.by == "ada" && due.why == "case 7"));
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
                keeping: Keeping { hold: held.then(order), ..Keeping::default() },
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
