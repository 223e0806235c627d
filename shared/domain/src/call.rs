//! A call: who called whom, what was decided, what became of it.

use jiff::Timestamp;
use phone::{CallSid, Caller, PhoneNumber};

use crate::decision::{Decision, Disposition, WhyNotForwarded};
use crate::in_list::InList;
use crate::leg_state::LegState;
use crate::names::names;
use crate::passed_over::PassedOver;
use crate::settings::Instead;

/// Who called whom, as a webhook tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// The masked number that was called.
    pub number: PhoneNumber,
    /// Who called.
    pub caller: Caller,
    /// The caller's name, where the carrier knows it.
    pub caller_name: Option<String>,
}

/// A call comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBegins {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// Who called whom.
    pub parties: Parties,
    /// What becomes of it.
    pub decision: Decision,
    /// The owner's month, like `2026-11`, in which a forwarded call counts.
    pub month: String,
    /// Forwarded calls a month, at most.
    pub calls_per_month: Option<u32>,
    /// Who was to ring, and does not.
    pub passed_over: Vec<PassedOver>,
    /// The entry of a list by which it was decided, if it was by one.
    pub in_list: Option<InList>,
    /// Now.
    pub at: Timestamp,
}

/// The forwarded leg has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialReport {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// Who called whom.
    pub parties: Parties,
    /// What became of it.
    pub outcome: DialOutcome,
    /// How long the two talked, in seconds.
    pub duration_seconds: Option<u32>,
    /// Now.
    pub at: Timestamp,
}

/// A leg changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallStatusReport {
    /// The leg.
    pub call_sid: CallSid,
    /// The caller's leg, if this is a forwarded one.
    pub parent_call_sid: Option<CallSid>,
    /// `CallStatus`, in Twilio's words.
    pub status: String,
    /// `SequenceNumber`: reports are sent in this order, and arrive in any.
    pub sequence: u32,
    /// Of the whole leg, in seconds, once it is over.
    pub duration_seconds: Option<u32>,
    /// Why it failed, in SIP's numbers.
    pub sip_response_code: Option<u32>,
    /// Now.
    pub at: Timestamp,
}

/// A call, as the ledger has it. What no webhook has told yet is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The masked number that was called.
    pub number: Option<PhoneNumber>,
    /// Who called.
    pub caller: Option<Caller>,
    /// The caller's name, where the carrier knows it.
    pub caller_name: Option<String>,
    /// When it came in.
    pub begun_at: Option<Timestamp>,
    /// What became of it.
    pub disposition: Option<Disposition>,
    /// What became of the forwarded leg.
    pub dial_outcome: Option<DialOutcome>,
    /// How long the two talked, in seconds.
    pub dial_duration_seconds: Option<u32>,
    /// The state of the caller's leg, in Twilio's words.
    pub status: Option<String>,
    /// How long the caller's leg lasted, in seconds.
    pub duration_seconds: Option<u32>,
    /// The forwarded legs, in the order of their SIDs.
    pub legs: Vec<Leg>,
    /// Who was to ring, and did not, in the order of their names.
    pub passed_over: Vec<PassedOver>,
    /// The entry of a list by which it was decided, if it was by one.
    pub in_list: Option<InList>,
    /// When the first webhook told of it.
    pub seen_at: Option<Timestamp>,
    /// Whether a voicemail that was left in it is held.
    pub held: bool,
}

/// A forwarded leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The leg.
    pub call_sid: CallSid,
    /// Its state, in Twilio's words.
    pub status: String,
    /// Which report told it.
    pub sequence: u32,
    /// Whose telephone it is, where a phone file says so.
    pub person: Option<String>,
    /// What became of it, of a call that went over several webhooks.
    pub why: Option<LegState>,
}

/// `DialCallStatus`. Source: Twilio's "TwiML: Dial" page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    /// The called party answered, and that leg is over.
    Completed,
    /// Only where a conference is dialled.
    Answered,
    /// It rang for the whole time.
    NoAnswer,
    /// A busy signal, or the call was declined.
    Busy,
    /// It could not be routed.
    Failed,
    /// Ended over Twilio's API before it was answered, or because the caller hung up.
    Canceled,
    /// Something that Twilio did not send when this was written.
    Other,
}

/// What became of the forwarded leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// Caller and owner talked.
    Conversation,
    /// The caller is still there, the owner was not reached.
    NotReached(NotReached),
    /// The caller hung up before anybody answered: a missed call.
    CallerGone,
}

/// Why the owner was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReached {
    /// Nobody answered in time.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The call could not be routed.
    Failed,
    /// The leg was ended over the API.
    Canceled,
    /// Somebody picked up, but the caller was never put through.
    Declined,
}

/// States of a forwarded leg in which somebody has picked up.
const ANSWERED: [&str; 2] = ["completed", "in-progress"];

names! {
    DialOutcome {
        Conversation = "conversation",
        CallerGone = "caller-gone",
        NotReached(NotReached::NoAnswer) = "no-answer",
        NotReached(NotReached::Busy) = "busy",
        NotReached(NotReached::Failed) = "failed",
        NotReached(NotReached::Canceled) = "canceled",
        NotReached(NotReached::Declined) = "declined",
    }
}

impl Call {
    /// Whether the owner missed it, if no message was left in it: as far as webhooks have told.
    pub fn may_be_missed(&self) -> bool {
        let leg_answered = self.legs.iter().any(|leg| ANSWERED.contains(&leg.status.as_str()));
        may_be_missed(self.disposition, self.dial_outcome, leg_answered)
    }
}

/// Whether the owner missed a call, if no message was left in it.
///
/// `decision` and `dial_outcome` are what webhooks told, where they did; `leg_answered` is whether
/// one of the owner's telephones picked up. Without the outcome of the forwarded leg that counts
/// as a conversation: to say nothing of a call is better than to call one missed that was not.
/// Callers whom the owner's own decision sent away, or keeps in silence, are not missed either.
fn may_be_missed(
    decision: Option<Disposition>,
    dial_outcome: Option<DialOutcome>,
    leg_answered: bool,
) -> bool {
    match (decision, dial_outcome) {
        (
            Some(
                Disposition::Instead(Instead::Message | Instead::Reject, _)
                | Disposition::Instead(_, WhyNotForwarded::Silent),
            ),
            _,
        )
        | (_, Some(DialOutcome::Conversation)) => false,
        (_, Some(DialOutcome::CallerGone | DialOutcome::NotReached(_))) => true,
        (_, None) => !leg_answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_call_is_missed_if_nobody_talked_and_nobody_was_sent_away() {
        let off = WhyNotForwarded::ForwardingOff;
        let voicemail = Some(Disposition::Instead(Instead::Voicemail, off));
        let message = Some(Disposition::Instead(Instead::Message, off));
        let reject = Some(Disposition::Instead(Instead::Reject, off));
        let forward = Some(Disposition::Forward);
        let silent = Some(Disposition::Instead(Instead::Voicemail, WhyNotForwarded::Silent));
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
            (silent, None, false, false),
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

    #[test]
    fn a_leg_that_was_answered_makes_a_conversation() {
        for (status, missed) in
            [("completed", false), ("in-progress", false), ("no-answer", true), ("ringing", true)]
        {
            assert_eq!(fixtures::call(status).may_be_missed(), missed, "{status}");
        }
        let busy = Some(DialOutcome::NotReached(NotReached::Busy));
        assert!(Call { dial_outcome: busy, ..fixtures::call("completed") }.may_be_missed());
    }
}
