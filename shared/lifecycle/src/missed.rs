//! Whether a call was missed, and what is to be done about it.

use domain::{Call, Mail, MailKind, MissedCall, NotMissed, Voicemail};
use jiff::Timestamp;

use crate::step::{Step, TimeBox, Wait};

/// Decides, from the row alone, what is to be done next about a missed call.
///
/// A message that was left in it may still be told of: the mail waits as long as one waits for
/// its words.
pub fn next_missed_step(missed_call: &MissedCall, time_box: TimeBox, now: Timestamp) -> Step {
    let rest = if missed_call.open { Step::Close } else { Step::Done };
    if missed_call.not_missed.is_some() {
        return rest;
    }
    let until = |wait: Wait, until: Timestamp| (now < until).then_some(Step::Wait { until, wait });
    let trouble = missed_call.trouble.as_ref();
    if let Some(wait) = trouble.and_then(|trouble| until(Wait::Retry, trouble.next_attempt_at)) {
        return wait;
    }
    match &missed_call.mail {
        Mail::Unsent => until(Wait::Message, time_box.after(missed_call.missed_at)),
        Mail::Claimed { until: end, .. } => until(Wait::Claim, *end),
        Mail::Sent { .. } if missed_call.second_mail_wanted => {
            return match &missed_call.second_mail {
                Mail::Unsent => Step::Send(MailKind::Second),
                Mail::Claimed { until: end, .. } => {
                    until(Wait::Claim, *end).unwrap_or(Step::Send(MailKind::Second))
                }
                Mail::Sent { .. } => rest,
            };
        }
        Mail::Sent { .. } => return rest,
    }
    .unwrap_or(Step::Send(MailKind::MissedCall))
}

/// Why a call was not missed after all; `call` is its row, if there is one, and `voicemails` are
/// those that were left in it.
pub fn not_missed(call: Option<&Call>, voicemails: &[Voicemail]) -> Option<NotMissed> {
    if voicemails.iter().any(|voicemail| !voicemail.recording.is_empty()) {
        return Some(NotMissed::MessageLeft);
    }
    call.is_some_and(|call| !call.may_be_missed()).then_some(NotMissed::Answered)
}

#[cfg(test)]
mod tests {
    use domain::{DialOutcome, Recorded, Trouble};
    use jiff::SignedDuration;

    use super::*;
    use domain::fixtures::{after, call, left, missed_call};

    #[test]
    fn the_mail_waits_for_a_message_and_goes_out_once() {
        let time_box = TimeBox::seconds(120);
        let mail = Step::Send(MailKind::MissedCall);
        let waits = |seconds, wait| Step::Wait { until: after(seconds), wait };
        let sent = Mail::Sent { at: after(121), message_id: "1".to_owned(), with_words: false };
        let trouble = Trouble { attempts: 1, last_error: "mail".to_owned(), next_attempt_at: after(140) };
        let cases = [
            (missed_call(), 0, waits(120, Wait::Message)),
            (missed_call(), 119, waits(120, Wait::Message)),
            (missed_call(), 120, mail),
            (missed_call(), 100_000, mail),
            (
                MissedCall { mail: Mail::Claimed { until: after(180), tries: 1 }, ..missed_call() },
                179,
                waits(180, Wait::Claim),
            ),
            (MissedCall { mail: Mail::Claimed { until: after(180), tries: 1 }, ..missed_call() }, 180, mail),
            (MissedCall { trouble: Some(trouble.clone()), ..missed_call() }, 139, waits(140, Wait::Retry)),
            (MissedCall { trouble: Some(trouble), ..missed_call() }, 140, mail),
            (MissedCall { mail: sent.clone(), ..missed_call() }, 130, Step::Close),
            (
                MissedCall { mail: sent.clone(), second_mail_wanted: true, ..missed_call() },
                130,
                Step::Send(MailKind::Second),
            ),
            (
                MissedCall {
                    mail: sent.clone(),
                    second_mail: sent.clone(),
                    second_mail_wanted: true,
                    ..missed_call()
                },
                130,
                Step::Close,
            ),
            (MissedCall { mail: sent, open: false, ..missed_call() }, 130, Step::Done),
            (MissedCall { not_missed: Some(NotMissed::Answered), ..missed_call() }, 130, Step::Close),
            (
                MissedCall { not_missed: Some(NotMissed::Answered), open: false, ..missed_call() },
                0,
                Step::Done,
            ),
        ];
        for (row, seconds, step) in cases {
            let now = after(0) + SignedDuration::from_secs(seconds);
            assert_eq!(next_missed_step(&row, time_box, now), step, "{row:?} after {seconds} s");
        }
    }

    #[test]
    fn with_a_message_or_a_conversation_no_call_was_missed() {
        let empty = Voicemail { recording: Recorded::Absent, ..left() };
        assert_eq!(not_missed(None, &[]), None);
        assert_eq!(not_missed(Some(&call("no-answer")), std::slice::from_ref(&empty)), None);
        assert_eq!(not_missed(Some(&call("no-answer")), &[empty, left()]), Some(NotMissed::MessageLeft));
        assert_eq!(not_missed(Some(&call("completed")), &[]), Some(NotMissed::Answered));
        let declined = Call { dial_outcome: Some(DialOutcome::CallerGone), ..call("completed") };
        assert_eq!(not_missed(Some(&declined), &[]), None);
    }
}
