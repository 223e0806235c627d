//! Who was to ring in a call, and did not, and why.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;

/// Somebody whose telephone was to ring, and did not. As rows have it: `ben:away-2026-11-30T18:00`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    /// By which the phone file knows them.
    pub person: String,
    /// Why.
    pub why: WhyNotRung,
}

/// Why a telephone did not ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyNotRung {
    /// They are away until then, by the clock on the file's wall.
    Away(DateTime),
    /// They have none.
    NoTelephone,
    /// It is the one that calls.
    Caller,
    /// It is a masked number: the call could go in circles.
    Masked,
    /// It rang for somebody else.
    SameTelephone,
    /// All the time that callers wait was over.
    NoTime,
    /// The call was taken, or over, before its turn came.
    NotPlaced,
    /// Twilio did not take it, and said why by this code.
    Refused(u32),
}

const AWAY: &str = "away-";
const REFUSED: &str = "refused-";

impl WhyNotRung {
    fn plain_name(self) -> Option<&'static str> {
        match self {
            Self::Away(_) | Self::Refused(_) => None,
            Self::NoTelephone => Some("no-telephone"),
            Self::Caller => Some("caller"),
            Self::Masked => Some("masked"),
            Self::SameTelephone => Some("same-telephone"),
            Self::NoTime => Some("no-time"),
            Self::NotPlaced => Some("not-placed"),
        }
    }
}

impl fmt::Display for WhyNotRung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(until) => write!(f, "{AWAY}{}", until.strftime("%Y-%m-%dT%H:%M")),
            Self::Refused(code) => write!(f, "{REFUSED}{code}"),
            plain => f.write_str(plain.plain_name().unwrap_or_default()),
        }
    }
}

impl FromStr for WhyNotRung {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = "no reason for which a telephone does not ring";
        if let Some(until) = text.strip_prefix(AWAY) {
            return until.parse().map(Self::Away).map_err(|_| none);
        }
        if let Some(code) = text.strip_prefix(REFUSED) {
            return code.parse().map(Self::Refused).map_err(|_| none);
        }
        let plain = [
            Self::NoTelephone,
            Self::Caller,
            Self::Masked,
            Self::SameTelephone,
            Self::NoTime,
            Self::NotPlaced,
        ];
        plain.into_iter().find(|it| it.plain_name() == Some(text)).ok_or(none)
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.person, self.why)
    }
}

impl FromStr for PassedOver {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (person, why) = text.split_once(':').ok_or("it names no person")?;
        Ok(Self { person: person.to_owned(), why: why.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_passed_over_is_read_as_it_is_written() {
        let cases = [
            (WhyNotRung::Away("2026-11-30T18:00:00".parse().unwrap()), "ben:away-2026-11-30T18:00"),
            (WhyNotRung::NoTelephone, "ben:no-telephone"),
            (WhyNotRung::Caller, "ben:caller"),
            (WhyNotRung::Masked, "ben:masked"),
            (WhyNotRung::SameTelephone, "ben:same-telephone"),
            (WhyNotRung::NoTime, "ben:no-time"),
            (WhyNotRung::NotPlaced, "ben:not-placed"),
            (WhyNotRung::Refused(21_215), "ben:refused-21215"),
        ];
        for (why, written) in cases {
            let passed_over = PassedOver { person: "ben".to_owned(), why };
            assert_eq!(passed_over.to_string(), written);
            assert_eq!(written.parse(), Ok(passed_over));
        }
        for written in ["", "ben", "ben:", "ben:asleep", "ben:away-", "ben:away-noon", "ben:refused-x"] {
            assert!(written.parse::<PassedOver>().is_err(), "{written}");
        }
    }
}
