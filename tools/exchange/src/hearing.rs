//! What a leg hears.

use jiff::Timestamp;
use phone::CallSid;

/// What a leg hears, or why it hears nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hearing {
    /// A telephone rings, here or there.
    Ringing,
    /// Nothing.
    Silence,
    /// Words of a prompt.
    Words(String),
    /// A sound file.
    Sound(String),
    /// Tones of keys.
    Keys(String),
    /// Music, or what is played in its place.
    Music(String),
    /// A recorder has asked it to speak.
    Recorder,
    /// Whoever is at these legs.
    People(Vec<CallSid>),
}

/// A piece of what a leg heard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// From this instant.
    pub from: Timestamp,
    /// Until this one.
    pub until: Timestamp,
    /// What.
    pub what: Hearing,
}
