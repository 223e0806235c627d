//! When a voicemail stands still, and what has become of a sound that Twilio does not give.

use domain::{Absence, Mail, MailReports, MissedCall, RecordingState, TranscriptionJob, Trouble, Voicemail};
use jiff::{SignedDuration, Timestamp};

use crate::missed::next_missed_step;
use crate::step::{Step, TimeBox, next_step};

/// How long a step may be due before somebody looks after it. Longer than the queue holds a
/// message back after a failure, so that what is being retried is not called forgotten.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// For how long, and how often in a row, Twilio has to say of a recording that it is not there
/// before that is believed.
const NOT_THERE: SignedDuration = SignedDuration::from_hours(1);
const ASKS: u32 = 6;

/// For how long a recording may be there without its sound before that is called gone.
const WITHOUT_SOUND: SignedDuration = SignedDuration::from_hours(24);

/// How long to wait before Twilio is asked again for a sound that it did not give, by how often it
/// was asked: at first as long as the queue's patience, then as long as a run of the search for
/// the forgotten.
const ASK_AGAIN_AFTER: [SignedDuration; 5] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
];

/// What became of a sound that Twilio does not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It may still come.
    NotYet {
        /// What is known of that by now.
        absence: Absence,
        /// When to ask again.
        ask_again_at: Timestamp,
    },
    /// There is none, as there was nothing to hear.
    Absent {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// Twilio could not keep it.
    Lost {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// It was deleted.
    Gone,
}

/// Whether a voicemail has had something to be done for a while, and nobody does it: the message
/// that was to wake the worker got lost, or ended among the dead letters.
pub fn stands_still(voicemail: &Voicemail, time_box: TimeBox, now: Timestamp) -> bool {
    let step_at = |at| next_step(voicemail, time_box, at);
    is_still(step_at, last_told(voicemail), voicemail.woken_at, now)
}

/// The same for a missed call.
pub fn missed_stands_still(missed_call: &MissedCall, time_box: TimeBox, now: Timestamp) -> bool {
    let step_at = |at| next_missed_step(missed_call, time_box, at);
    let reports = [&missed_call.first_address, &missed_call.second_address];
    let since = reports.into_iter().flat_map(came_back_at).fold(missed_call.missed_at, Ord::max);
    is_still(step_at, since, missed_call.woken_at, now)
}

/// When a row was last told something that gives the worker work. A row that was done for months may be
/// opened again, and the message which that sends is then under way.
fn last_told(voicemail: &Voicemail) -> Timestamp {
    let again = voicemail.resend.as_ref();
    let reports = [&voicemail.first_address, &voicemail.second_address].into_iter();
    let came_back = reports.chain(again.map(|resend| &resend.reports)).flat_map(came_back_at);
    let instructed = voicemail.keeping.receipts.iter().map(|receipt| receipt.instruction.at);
    [voicemail.transcribed_at, voicemail.found_again_at, again.map(|resend| resend.instruction.at)]
        .into_iter()
        .flatten()
        .chain(came_back)
        .chain(instructed)
        .fold(voicemail.recorded_at, Ord::max)
}

/// When mails to an address came back.
fn came_back_at(reports: &MailReports) -> impl Iterator<Item = Timestamp> {
    [reports.soft_bounced_at, reports.bounced.as_ref().map(|bounce| bounce.at)].into_iter().flatten()
}

fn is_still(
    step_at: impl Fn(Timestamp) -> Step,
    since: Timestamp,
    woken_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let Ok(before) = now.checked_sub(PATIENCE) else { return false };
    let is_due = |at| !matches!(step_at(at), Step::Wait { .. } | Step::Done);
    is_due(before)
        && is_due(now)
        // What is younger may be under way, and what was just woken gets its time.
        && since <= before
        && woken_at.is_none_or(|woken_at| woken_at <= before)
}

/// Whether the search for what stands still is meant to wake a voicemail: it waits for longer than a
/// message does, so that nothing got lost when it is found.
pub fn is_left_to_the_search(voicemail: &Voicemail) -> bool {
    let mails = [&voicemail.mail, &voicemail.words_mail, &voicemail.second_mail];
    let again = voicemail.resend.as_ref().map(|resend| &resend.mail);
    mails.into_iter().chain(again).any(is_tried_again)
        || voicemail.absence.is_some()
        || matches!(voicemail.job, Some(TranscriptionJob::Refused { .. }))
        || is_untold(voicemail.trouble.as_ref())
}

/// The same for a missed call.
pub fn missed_is_left_to_the_search(missed_call: &MissedCall) -> bool {
    is_tried_again(&missed_call.mail)
        || is_tried_again(&missed_call.second_mail)
        || is_untold(missed_call.trouble.as_ref())
}

/// Whether nobody knows of a mail whether SES took it, time and again.
fn is_tried_again(mail: &Mail) -> bool {
    matches!(mail, Mail::Claimed { tries: 2.., .. })
}

/// What a row's last error begins with where an event could not be told.
pub const UNTOLD: &str = "events: ";

/// Whether what is left to do is to tell other programs.
fn is_untold(trouble: Option<&Trouble>) -> bool {
    trouble.is_some_and(|trouble| trouble.last_error.starts_with(UNTOLD))
}

/// Decides what became of a sound that was not to be had, by what Twilio says of its recording
/// now (`None` if it knows of none) and what it said before.
pub fn missing(recording: Option<RecordingState>, before: Option<Absence>, now: Timestamp) -> Missing {
    let is_known = match recording {
        Some(RecordingState::Absent { error_code }) => return Missing::Absent { error_code },
        Some(RecordingState::Failed { error_code }) => return Missing::Lost { error_code },
        Some(RecordingState::Underway | RecordingState::Completed { .. }) => true,
        None | Some(RecordingState::Deleted) => false,
    };
    let same = before.filter(|before| before.unknown_since.is_none() == is_known);
    let unknown_since = same.map_or(Some(now), |same| same.unknown_since);
    let absence = Absence {
        since: before.map_or(now, |before| before.since),
        unknown_since: unknown_since.filter(|_| !is_known),
        asks: same.map_or(1, |same| same.asks.saturating_add(1)),
    };
    let (since, long) =
        absence.unknown_since.map_or((absence.since, WITHOUT_SOUND), |since| (since, NOT_THERE));
    if absence.asks >= ASKS && now.duration_since(since) >= long {
        return Missing::Gone;
    }
    let index = usize::try_from(absence.asks).unwrap_or(usize::MAX).clamp(1, ASK_AGAIN_AFTER.len()) - 1;
    let ask_again_at = now.checked_add(ASK_AGAIN_AFTER[index]).unwrap_or(Timestamp::MAX);
    Missing::NotYet { absence, ask_again_at }
}

#[cfg(test)]
mod tests {
    use domain::{Act, Instruction, Keeping, Mail, Part, Receipt, Recorded, Resend, ResendTo, Trouble};

    use super::*;
    use domain::fixtures::*;

    fn resend(mail: Mail) -> Resend {
        let instruction = Instruction { by: "ada".to_owned(), why: String::new(), at: after(0) };
        let (to, reports) = (ResendTo::First, MailReports::default());
        Resend { number: 1, instruction, to, with_sound: true, mail, reports }
    }

    fn still(voicemail: &Voicemail, seconds: i64) -> bool {
        stands_still(voicemail, TimeBox::default(), after(seconds))
    }

    #[test]
    fn who_only_waits_to_be_told_of_is_left_to_the_search() {
        for (last_error, is_left) in [("events: SNS is away", true), ("archive: SNS is away", false)] {
            let last_error = last_error.to_owned();
            let trouble = Some(Trouble { attempts: 1, last_error, next_attempt_at: after(600) });
            assert_eq!(is_left_to_the_search(&Voicemail { trouble: trouble.clone(), ..archived() }), is_left);
            assert_eq!(missed_is_left_to_the_search(&MissedCall { trouble, ..missed_call() }), is_left);
        }
    }

    #[test]
    fn a_voicemail_stands_still_five_minutes_after_its_step_was_due() {
        // Nobody identified it.
        assert!(!still(&left(), 299) && still(&left(), 300));
        // The end of the time box, at two minutes, woke nobody.
        assert!(!still(&archived(), 419) && still(&archived(), 420));
        // A worker died with a claim.
        let claimed = Voicemail { mail: Mail::Claimed { until: after(400), tries: 1 }, ..archived() };
        assert!(!still(&claimed, 699) && still(&claimed, 700));
        // It waits for nothing but the end of the retries' patience.
        let trouble = Trouble { attempts: 8, last_error: String::new(), next_attempt_at: after(1_000) };
        let retried = Voicemail { trouble: Some(trouble), ..left() };
        assert!(!still(&retried, 1_299) && still(&retried, 1_300));
    }

    #[test]
    fn a_row_that_was_opened_again_has_its_time_from_then() {
        let day = 24 * 60 * 60;
        let instruction =
            |seconds| Instruction { by: "ada".to_owned(), why: String::new(), at: after(seconds) };
        let done = Voicemail { mail: sent(true), ..archived() };
        let resend = Resend { instruction: instruction(day), ..resend(Mail::Unsent) };
        let receipts = vec![Receipt { act: Act::Deleted(Part::Parties), instruction: instruction(day) }];
        let keeping = Keeping { parties_deleted_at: Some(after(day)), receipts, ..Keeping::default() };
        let bounced = MailReports { soft_bounced_at: Some(after(day)), ..MailReports::default() };
        let opened = [
            Voicemail { resend: Some(resend), ..done.clone() },
            Voicemail { keeping, ..done.clone() },
            Voicemail { second_mail_wanted: true, first_address: bounced.clone(), ..done.clone() },
            Voicemail { found_again_at: Some(after(day)), mail: Mail::Unsent, ..left() },
        ];
        for row in opened {
            assert!(!still(&row, day + 299) && still(&row, day + 300), "{row:?}");
        }
        let missed = MissedCall { second_mail_wanted: true, first_address: bounced, ..missed_call() };
        let missed = MissedCall { mail: sent(false), ..missed };
        let still = |seconds| missed_stands_still(&missed, TimeBox::default(), after(seconds));
        assert!(!still(day + 299) && still(day + 300));
    }

    #[test]
    fn what_is_done_or_was_just_woken_is_left_alone() {
        assert!(!still(&Voicemail { mail: sent(true), open: false, ..archived() }, 10_000));
        let woken = Voicemail { woken_at: Some(after(1_000)), ..left() };
        assert!(!still(&woken, 1_299) && still(&woken, 1_300));
    }

    #[test]
    fn a_recording_waits_a_day_for_its_words_and_is_then_woken() {
        let destination = domain::Destination { purge_at_twilio: true, ..destination() };
        let row = Voicemail { destination: Some(destination), mail: sent(false), ..archived() };
        let day = 24 * 60 * 60;
        assert!(!still(&row, day + 299) && still(&row, day + 300));
    }

    #[test]
    fn an_empty_message_is_not_waited_for() {
        let empty =
            Voicemail { recording: Recorded::Left { duration_seconds: Some(0) }, open: false, ..left() };
        assert!(!still(&empty, 10_000));
    }

    const COMPLETED: Option<RecordingState> = Some(RecordingState::Completed { duration_seconds: 5 });

    /// Twilio is asked at these seconds and says these things: the last decision.
    fn asked(answers: &[(i64, Option<RecordingState>)]) -> Missing {
        let (mut before, mut last) = (None, Missing::Gone);
        for (seconds, recording) in answers {
            last = missing(*recording, before, after(*seconds));
            if let Missing::NotYet { absence, .. } = last {
                before = Some(absence);
            }
        }
        last
    }

    fn every_quarter(recording: Option<RecordingState>, last: i64) -> Missing {
        let times = [0, 90, 180, 270, 360].into_iter().chain((900..=last).step_by(900));
        asked(&times.map(|seconds| (seconds, recording)).collect::<Vec<_>>())
    }

    #[test]
    fn a_sound_is_gone_only_when_twilio_has_long_and_often_said_so() {
        let (hour, day) = (3_600, 24 * 3_600);
        for state in [None, Some(RecordingState::Deleted)] {
            assert!(matches!(every_quarter(state, hour - 1), Missing::NotYet { .. }), "{state:?}");
            assert_eq!(every_quarter(state, hour), Missing::Gone, "{state:?}");
            // However old the recording is: a pair of answers is no proof.
            assert!(matches!(asked(&[(10 * day, state)]), Missing::NotYet { .. }));
            assert!(matches!(asked(&[(0, state), (10 * day, state)]), Missing::NotYet { .. }));
        }
        for state in [COMPLETED, Some(RecordingState::Underway)] {
            assert!(matches!(every_quarter(state, day - 1), Missing::NotYet { .. }), "{state:?}");
            assert_eq!(every_quarter(state, day), Missing::Gone, "{state:?}");
        }
    }

    #[test]
    fn a_recording_that_is_known_again_is_missed_anew() {
        let quarters = |from: i64, recording| (0..5).map(move |n| (from + n * 900, recording));
        let answers: Vec<_> =
            quarters(0, None).chain([(4_000, COMPLETED)]).chain(quarters(4_100, None)).collect();
        let Missing::NotYet { absence, .. } = asked(&answers) else { panic!("gone") };
        assert_eq!((absence.since, absence.unknown_since), (after(0), Some(after(4_100))));
        assert_eq!(absence.asks, 5);
    }

    #[test]
    fn twilio_is_asked_again_soon_at_first_and_then_every_quarter() {
        let mut before = None;
        let mut waits = Vec::new();
        for _ in 0..7 {
            let Missing::NotYet { absence, ask_again_at } = missing(None, before, after(0)) else { panic!() };
            before = Some(absence);
            waits.push(ask_again_at.duration_since(after(0)).as_secs());
        }
        assert_eq!(waits, [30, 60, 60, 60, 300, 300, 300]);
    }

    #[test]
    fn that_there_is_no_sound_is_believed_at_once() {
        let error_code = Some(16_101);
        let absent = Some(RecordingState::Absent { error_code });
        assert_eq!(asked(&[(0, absent)]), Missing::Absent { error_code });
        assert_eq!(asked(&[(0, Some(RecordingState::Failed { error_code }))]), Missing::Lost { error_code });
    }

    #[test]
    fn what_waits_longer_than_a_message_is_left_to_the_search() {
        let claimed = |tries| Mail::Claimed { until: after(400), tries };
        let refused = TranscriptionJob::Refused {
            attempts: 1,
            last_error: "busy".to_owned(),
            next_attempt_at: after(60),
        };
        let cases = [
            (archived(), false),
            (Voicemail { mail: claimed(1), ..archived() }, false),
            (Voicemail { mail: claimed(2), ..archived() }, true),
            (Voicemail { mail: sent(false), words_mail: claimed(3), ..archived() }, true),
            (Voicemail { job: Some(refused), ..archived() }, true),
            (Voicemail { mail: sent(false), resend: Some(resend(claimed(2))), ..archived() }, true),
        ];
        let missed = MissedCall { mail: sent(false), second_mail: claimed(2), ..missed_call() };
        assert!(missed_is_left_to_the_search(&missed));
        for (row, is_left) in cases {
            assert_eq!(is_left_to_the_search(&row), is_left, "{row:?}");
        }
    }
}
