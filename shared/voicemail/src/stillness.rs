//! When a voicemail stands still, and what has become of a sound that Twilio does not give.

use jiff::{SignedDuration, Timestamp};
use store::Voicemail;
use twilio::RecordingState;

use crate::step::{Step, TimeBox, next_step};

/// How long a step may be due before somebody looks after it. Longer than the queue holds a
/// message back after a failure, so that what is being retried is not called forgotten.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// For how long Twilio may say of a recording that it is not there before that is believed.
const NOT_THERE: SignedDuration = SignedDuration::from_mins(10);

/// For how long a recording may be there without its sound before that is called gone.
const WITHOUT_SOUND: SignedDuration = SignedDuration::from_hours(24);

/// What became of a sound that Twilio does not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It may still come.
    NotYet,
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
    let Ok(before) = now.checked_sub(PATIENCE) else { return false };
    let was_due = !matches!(next_step(voicemail, time_box, before), Step::Wait { .. } | Step::Done);
    let is_due = !matches!(next_step(voicemail, time_box, now), Step::Wait { .. } | Step::Done);
    was_due
        && is_due
        // What is younger may be under way, and what was just woken gets its time.
        && voicemail.recorded_at <= before
        && voicemail.woken_at.is_none_or(|woken_at| woken_at <= before)
}

/// Decides what became of a sound that was not to be had, by what Twilio says of its recording:
/// `None` if it knows of none.
pub fn missing(recording: Option<RecordingState>, recorded_at: Timestamp, now: Timestamp) -> Missing {
    let age = now.duration_since(recorded_at);
    match recording {
        Some(RecordingState::Absent { error_code }) => Missing::Absent { error_code },
        Some(RecordingState::Failed { error_code }) => Missing::Lost { error_code },
        None | Some(RecordingState::Deleted) if age >= NOT_THERE => Missing::Gone,
        Some(RecordingState::Underway | RecordingState::Completed { .. }) if age >= WITHOUT_SOUND => {
            Missing::Gone
        }
        _ => Missing::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use store::{Mail, Sound, Trouble};

    use super::*;
    use crate::fixtures::*;

    fn still(voicemail: &Voicemail, seconds: i64) -> bool {
        stands_still(voicemail, TimeBox::default(), after(seconds))
    }

    #[test]
    fn a_voicemail_stands_still_once_its_step_has_been_due_for_five_minutes() {
        // Nobody identified it.
        assert!(!still(&left(), 299) && still(&left(), 300));
        // The end of the time box, at two minutes, woke nobody.
        assert!(!still(&archived(), 419) && still(&archived(), 420));
        // A worker died with a claim.
        let claimed = Voicemail { mail: Mail::Claimed { until: after(400) }, ..archived() };
        assert!(!still(&claimed, 699) && still(&claimed, 700));
        // It waits for nothing but the end of the retries' patience.
        let trouble = Trouble { attempts: 8, last_error: String::new(), next_attempt_at: after(1_000) };
        let retried = Voicemail { trouble: Some(trouble), ..left() };
        assert!(!still(&retried, 1_299) && still(&retried, 1_300));
    }

    #[test]
    fn what_is_done_or_was_just_woken_is_left_alone() {
        assert!(!still(&Voicemail { mail: sent(true), open: false, ..archived() }, 10_000));
        let woken = Voicemail { woken_at: Some(after(1_000)), ..left() };
        assert!(!still(&woken, 1_299) && still(&woken, 1_300));
    }

    #[test]
    fn a_recording_waits_a_day_for_its_words_and_is_then_woken_to_be_deleted() {
        let destination = store::Destination { purge_at_twilio: true, ..destination() };
        let row = Voicemail { destination: Some(destination), mail: sent(false), ..archived() };
        let day = 24 * 60 * 60;
        assert!(!still(&row, day + 299) && still(&row, day + 300));
    }

    #[test]
    fn an_empty_message_is_not_waited_for() {
        let empty = Voicemail { sound: Sound::Left { duration_seconds: Some(0) }, open: false, ..left() };
        assert!(!still(&empty, 10_000));
    }

    #[test]
    fn a_sound_is_gone_only_when_twilio_has_long_said_so() {
        let error_code = Some(16_101);
        let completed = RecordingState::Completed { duration_seconds: 5 };
        let (minutes, day) = (600, 24 * 60 * 60);
        let cases = [
            (None, minutes - 1, Missing::NotYet),
            (None, minutes, Missing::Gone),
            (Some(RecordingState::Deleted), minutes - 1, Missing::NotYet),
            (Some(RecordingState::Deleted), minutes, Missing::Gone),
            (Some(completed), day - 1, Missing::NotYet),
            (Some(completed), day, Missing::Gone),
            (Some(RecordingState::Underway), day - 1, Missing::NotYet),
            (Some(RecordingState::Underway), day, Missing::Gone),
            (Some(RecordingState::Absent { error_code }), 0, Missing::Absent { error_code }),
            (Some(RecordingState::Failed { error_code }), 0, Missing::Lost { error_code }),
        ];
        for (recording, seconds, expected) in cases {
            assert_eq!(
                missing(recording, recorded_at(), after(seconds)),
                expected,
                "{recording:?} {seconds}"
            );
        }
    }
}
