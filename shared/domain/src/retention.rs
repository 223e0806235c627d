//! How long what is known of calls and messages is kept.

use crate::invalid::InvalidSetting;

/// A number of days, each of 24 hours: 1 to 36,500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days(u16);

/// How long things are kept, counted from when a message was recorded or a call came in. None: for
/// ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The sound of messages, here and at Twilio.
    pub audio: Option<Days>,
    /// Their words.
    pub transcript: Option<Days>,
    /// Who called when: the rows of calls, and what is left of voicemails without sound and words.
    pub calls: Option<Days>,
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

impl Default for Retention {
    /// Messages are kept until somebody decides otherwise: to lose one is what must not happen.
    /// Who called when goes after half a year.
    fn default() -> Self {
        Self { audio: None, transcript: None, calls: Some(Days(180)) }
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
