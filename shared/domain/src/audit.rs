//! Who wanted what, and what was done: holds, deletions and their receipts.

use jiff::Timestamp;

use crate::names::names;

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

impl Keeping {
    /// Whether it is deleted, or its sound: from when that is asked for, not only from when it is done.
    pub fn is_deleted(&self) -> bool {
        self.deletion_asked.is_some() || self.audio_deleted_at.is_some() || self.parties_deleted_at.is_some()
    }
}

names! {
    Act {
        Held = "held",
        Released = "released",
        DeletionAsked = "deletion-asked",
        Deleted(Part::TwilioCopy) = "twilio-copy-deleted",
        Deleted(Part::Audio) = "audio-deleted",
        Deleted(Part::Transcript) = "transcript-deleted",
        Deleted(Part::Parties) = "parties-deleted",
        Resent = "resent",
    }
}
