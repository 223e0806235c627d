//! Who wanted what, and what was done: holds, deletions and their receipts.

use jiff::Timestamp;

/// Who wants something, why, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// A person, as the operator names them.
    pub by: String,
    /// In words, for whoever asks later.
    pub why: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What can be deleted of a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The recording at Twilio.
    TwilioCopy,
    /// Our own copy of the sound.
    Audio,
    /// The words.
    Transcript,
    /// Who called whom.
    Parties,
}

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A hold was placed.
    Held,
    /// A hold was lifted.
    Released,
    /// Somebody asked for everything to be deleted.
    DeletionAsked,
    /// A part was deleted.
    Deleted(Part),
    /// The mail was ordered to be sent over again.
    Resent,
}

/// That something was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What.
    pub act: Act,
    /// By whom, why, and when.
    pub instruction: Instruction,
}

/// What is to be kept of a voicemail, and what is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Nothing may be deleted.
    pub hold: Option<Instruction>,
    /// Everything is to be deleted.
    pub deletion_asked: Option<Instruction>,
    /// A deletion has begun and is not known to be done.
    pub deletion_begun_at: Option<Timestamp>,
    /// The recording at Twilio was to be deleted and was not, because of a hold.
    pub purge_withheld: bool,
    /// When our copy of the sound was deleted.
    pub audio_deleted_at: Option<Timestamp>,
    /// When the words were deleted.
    pub transcript_deleted_at: Option<Timestamp>,
    /// When it was deleted who called whom; nothing is left after that.
    pub parties_deleted_at: Option<Timestamp>,
    /// What was done, in order.
    pub receipts: Vec<Receipt>,
}

const ACTS: [(Act, &str); 8] = [
    (Act::Held, "held"),
    (Act::Released, "released"),
    (Act::DeletionAsked, "deletion-asked"),
    (Act::Deleted(Part::TwilioCopy), "twilio-copy-deleted"),
    (Act::Deleted(Part::Audio), "audio-deleted"),
    (Act::Deleted(Part::Transcript), "transcript-deleted"),
    (Act::Deleted(Part::Parties), "parties-deleted"),
    (Act::Resent, "resent"),
];

impl Act {
    /// In a word.
    pub fn name(self) -> &'static str {
        ACTS.iter().find(|(act, _)| *act == self).map_or("deleted", |(_, name)| name)
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        ACTS.iter().find(|(_, known)| *known == name).map(|(act, _)| *act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_known_by_its_name_and_by_no_other() {
        for (state, name) in ACTS {
            assert_eq!((state.name(), Act::named(name)), (name, Some(state)));
        }
        assert_eq!(Act::named("nothing"), None);
    }
}
