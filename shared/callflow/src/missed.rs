//! Whether a call that is over was missed.

use crate::after_dial::DialOutcome;
use crate::incoming::Decision;
use crate::settings::Instead;

/// Whether the owner missed a call, if no message was left in it.
///
/// `decision` and `dial_outcome` are what webhooks told, where they did; `leg_answered` is whether
/// one of the owner's telephones picked up. Without the outcome of the forwarded leg that counts
/// as a conversation: to say nothing of a call is better than to call one missed that was not.
/// Callers whom the owner's own decision sent away are not missed either.
pub fn may_be_missed(
    decision: Option<Decision>,
    dial_outcome: Option<DialOutcome>,
    leg_answered: bool,
) -> bool {
    match (decision, dial_outcome) {
        (Some(Decision::Instead(Instead::Message | Instead::Reject, _)), _)
        | (_, Some(DialOutcome::Conversation)) => false,
        (_, Some(DialOutcome::CallerGone | DialOutcome::NotReached(_))) => true,
        (_, None) => !leg_answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NotReached, WhyNotForwarded};

    #[test]
    fn a_call_is_missed_if_nobody_talked_and_nobody_was_sent_away() {
        let off = WhyNotForwarded::ForwardingOff;
        let voicemail = Some(Decision::Instead(Instead::Voicemail, off));
        let message = Some(Decision::Instead(Instead::Message, off));
        let reject = Some(Decision::Instead(Instead::Reject, off));
        let forward = Some(Decision::Forward);
        let conversation = Some(DialOutcome::Conversation);
        let gone = Some(DialOutcome::CallerGone);
        let busy = Some(DialOutcome::NotReached(NotReached::Busy));
        let declined = Some(DialOutcome::NotReached(NotReached::Declined));
        let cases = [
            (forward, conversation, true, false),
            (forward, gone, false, true),
            (forward, busy, false, true),
            // A leg that was answered by somebody who did not take the call.
            (forward, declined, true, true),
            // The report of the forwarded leg got lost.
            (forward, None, true, false),
            (forward, None, false, true),
            (voicemail, None, false, true),
            (message, None, false, false),
            (reject, None, false, false),
            // The ledger could not be written when the call came in.
            (None, None, false, true),
            (None, conversation, false, false),
            (None, gone, false, true),
        ];
        for (decision, outcome, answered, missed) in cases {
            assert_eq!(
                may_be_missed(decision, outcome, answered),
                missed,
                "{decision:?} {outcome:?} {answered}"
            );
        }
    }
}
