//! How far a leg is that rings for a call.

use crate::names::names;

/// How far a leg is. In this order what is later is never undone by what is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LegState {
    /// It is to be placed.
    Planned,
    /// Twilio has it.
    Queued,
    /// The telephone rings.
    Ringing,
    /// Somebody, or something, has picked up.
    Answered,
    /// Whoever picked up said no.
    Declined,
    /// Whoever picked up wants the caller to leave a message.
    ToVoicemail,
    /// Somebody else was faster.
    TooLate,
    /// A person took the call.
    Accepted,
    /// It is over: whoever picked up never proved to be a person.
    NotAPerson,
    /// It is over: the line was busy, or the call was refused there.
    Busy,
    /// It is over: nobody picked up.
    NoAnswer,
    /// It is over: it could not be routed, or Twilio did not take it.
    Failed,
    /// It is over: it was ended before anybody picked up.
    Canceled,
    /// It is over: it had the call.
    Left,
}

names! {
    LegState {
        Planned = "planned",
        Queued = "queued",
        Ringing = "ringing",
        Answered = "answered",
        Declined = "declined",
        ToVoicemail = "to-voicemail",
        TooLate = "too-late",
        Accepted = "accepted",
        NotAPerson = "not-a-person",
        Busy = "busy",
        NoAnswer = "no-answer",
        Failed = "failed",
        Canceled = "canceled",
        Left = "left",
    }
}

impl LegState {
    /// All of them, in their order.
    pub const ALL: [Self; 14] = [
        Self::Planned,
        Self::Queued,
        Self::Ringing,
        Self::Answered,
        Self::Declined,
        Self::ToVoicemail,
        Self::TooLate,
        Self::Accepted,
        Self::NotAPerson,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
        Self::Left,
    ];

    /// What Twilio's word for a leg's status means; none of a word that is not known. What was picked up and is over
    /// is taken for no person, as long as nothing else is known of it.
    pub fn of_status(status: &str) -> Option<Self> {
        Some(match status {
            "queued" | "initiated" => Self::Queued,
            "ringing" => Self::Ringing,
            "in-progress" => Self::Answered,
            "busy" => Self::Busy,
            "no-answer" => Self::NoAnswer,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            "completed" => Self::NotAPerson,
            _ => return None,
        })
    }

    /// What it is once this was told, by webhooks that come in any order. Who said something stays known for
    /// that, also once the leg is over; and what was picked up and ended without a word was no person.
    #[must_use]
    pub fn told(self, told: Self) -> Self {
        match (self, told) {
            (Self::Declined | Self::ToVoicemail | Self::TooLate, told) if told.is_over() => self,
            (Self::Accepted, told) if told.is_over() => Self::Left,
            (Self::Answered, told) if told.is_over() => Self::NotAPerson,
            (known, told) => known.max(told),
        }
    }

    /// Whether nothing can come of it any more: it is over, or whoever picked up said no.
    pub fn is_lost(self) -> bool {
        self >= Self::NotAPerson || matches!(self, Self::Declined | Self::ToVoicemail | Self::TooLate)
    }

    /// Whether Twilio has ended it.
    pub fn is_over(self) -> bool {
        self >= Self::NotAPerson
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_goes_on_as_it_is_told_in_any_order() {
        use LegState::{Accepted, Answered, Canceled, Declined, Left, NoAnswer, NotAPerson, Queued, Ringing};
        let cases = [
            (Queued, Ringing, Ringing),
            (Ringing, Queued, Ringing),
            (Ringing, NoAnswer, NoAnswer),
            (NoAnswer, Ringing, NoAnswer),
            (Answered, NoAnswer, NotAPerson),
            (NotAPerson, Answered, NotAPerson),
            (Declined, NotAPerson, Declined),
            (Accepted, Canceled, Left),
            (Answered, Accepted, Accepted),
        ];
        for (known, told, then) in cases {
            assert_eq!(known.told(told), then, "{} {}", known.name(), told.name());
        }
    }

    #[test]
    fn what_said_no_is_lost_and_only_what_ended_is_over() {
        let lost: Vec<&str> =
            LegState::ALL.into_iter().filter(|it| it.is_lost()).map(LegState::name).collect();
        let over: Vec<&str> =
            LegState::ALL.into_iter().filter(|it| it.is_over()).map(LegState::name).collect();
        assert_eq!(over, ["not-a-person", "busy", "no-answer", "failed", "canceled", "left"]);
        assert_eq!(lost[..3], ["declined", "to-voicemail", "too-late"]);
        assert_eq!(lost[3..], over);
    }

    #[test]
    fn twilios_word_for_a_leg_is_understood() {
        let cases = [
            ("queued", LegState::Queued),
            ("initiated", LegState::Queued),
            ("ringing", LegState::Ringing),
            ("in-progress", LegState::Answered),
            ("completed", LegState::NotAPerson),
            ("no-answer", LegState::NoAnswer),
            ("busy", LegState::Busy),
            ("failed", LegState::Failed),
            ("canceled", LegState::Canceled),
        ];
        assert_eq!(LegState::of_status("dancing"), None);
        for (status, expected) in cases {
            assert_eq!(LegState::of_status(status), Some(expected), "{status}");
        }
    }
}
