//! How long what is known of calls and messages is kept.

use crate::form::section;
use crate::invalid::InvalidSetting;

/// A number of days, each of 24 hours: 1 to 36,500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days(u16);

section! {
    "retention" written as RetentionForm:
    /// How long things are kept, counted from when a message was recorded or a call came in. None: for
    /// ever.
    ///
    /// Messages are kept until somebody decides otherwise: to lose one is what must not happen. Who called
    /// goes after half a year.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Retention {
        /// How long the sound is kept, here and at Twilio; 0 is for ever.
        audio as "audio_days": Option<Days> = None,
        /// How long the words are kept; 0 is for ever.
        transcript as "transcript_days": Option<Days> = None,
        /// How long it is kept who called, once sound and words are gone; 0 is for ever.
        calls as "call_days": Option<Days> = Some(Days(180)),
    }
}

impl Days {
    /// # Errors
    /// [`InvalidSetting::Days`] outside 1 to 36,500.
    pub fn new(days: i64) -> Result<Self, InvalidSetting> {
        match u16::try_from(days) {
            Ok(value @ 1..=36_500) => Ok(Self(value)),
            _ => Err(InvalidSetting::Days(days)),
        }
    }

    /// How many.
    pub fn get(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_outside_their_range_are_refused() {
        for days in [-1, 0, 36_501, i64::MAX] {
            assert_eq!(Days::new(days), Err(InvalidSetting::Days(days)));
        }
        assert_eq!(Days::new(36_500).unwrap().get(), 36_500);
    }
}
