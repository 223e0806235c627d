//! What callers hear who wait.

use serde::{Deserialize, Serialize};

use crate::names::names;

/// What callers hear who wait while people are rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitSound {
    /// The tone of ringing.
    #[default]
    Ringing,
    /// Music.
    Music,
}

names! {
    WaitSound {
        Ringing = "ringing",
        Music = "music",
    }
}

impl WaitSound {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Ringing, Self::Music];

    /// Whether it is what nobody chose: then it is not written.
    pub fn is_ringing(&self) -> bool {
        *self == Self::Ringing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_written_by_its_name() {
        for sound in WaitSound::ALL {
            assert_eq!(serde_json::to_value(sound).unwrap(), sound.name());
            assert_eq!(WaitSound::named(sound.name()), Some(sound));
        }
    }
}
