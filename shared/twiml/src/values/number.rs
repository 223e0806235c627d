//! Whole numbers, each with the range that Twilio documents.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::form::ValueError;

/// Reads plain decimal digits; no sign, no white space.
fn digits(what: &'static str, unit: &'static str, text: &str) -> Result<u32, ValueError> {
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None };
    number.ok_or_else(|| ValueError::Number { what, unit, given: text.to_owned() })
}

/// Defines number types; the unit names the constructor: `DialTimeout::seconds(20)?`.
macro_rules! ranges {
    ($( $(#[$doc:meta])* $name:ident: $what:literal, $min:literal..=$max:expr, $unit:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The smallest that is allowed.
            pub const MIN: Self = Self($min);
            /// The greatest that is allowed.
            pub const MAX: Self = Self($max);

            #[doc = concat!("Checks a number of ", stringify!($unit), ".")]
            pub const fn $unit(given: u32) -> Result<Self, ValueError> {
                if Self::MIN.0 <= given && given <= Self::MAX.0 {
                    Ok(Self(given))
                } else {
                    Err(ValueError::Range {
                        what: $what,
                        unit: stringify!($unit),
                        min: $min,
                        max: $max,
                        given,
                    })
                }
            }

            /// The allowed number that is nearest to the given one; for callers who would
            /// rather be off a little than fail.
            pub const fn nearest(given: u32) -> Self {
                if given < Self::MIN.0 {
                    Self::MIN
                } else if given > Self::MAX.0 {
                    Self::MAX
                } else {
                    Self(given)
                }
            }

            #[doc = concat!("The number of ", stringify!($unit), ".")]
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = ValueError;

            fn try_from(given: u32) -> Result<Self, ValueError> {
                Self::$unit(given)
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                Self::$unit(digits($what, stringify!($unit), text)?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.0)
            }
        }
    )* };
}

ranges! {
    /// How long a Dial lets the other side ring: 5 to 600 seconds, 30 if absent. Twilio adds
    /// about 5 seconds of its own (Twilio's page "TwiML Voice: Dial").
    DialTimeout: "the Dial timeout", 5..=600, seconds;
    /// How long the dialed call may last: up to 24 hours, 4 hours if absent; beyond 4 hours the
    /// account needs Twilio's leave (Twilio's page "TwiML Voice: Dial").
    TimeLimit: "the Dial time limit", 1..=86_400, seconds;
    /// How long the answering-machine detection may take: 3 to 60 seconds, 30 if absent
    /// (Twilio's page "Answering Machine Detection").
    DetectionTimeout: "the machine detection timeout", 3..=60, seconds;
    /// The length of a greeting from which on it is a machine's: 1000 to 6000 ms, 2400 if absent
    /// (Twilio's page "Answering Machine Detection").
    SpeechThreshold: "the machine detection speech threshold", 1_000..=6_000, milliseconds;
    /// The silence after which a greeting counts as over: 500 to 5000 ms, 1200 if absent
    /// (Twilio's page "Answering Machine Detection").
    SpeechEndThreshold: "the machine detection speech end threshold", 500..=5_000, milliseconds;
    /// The first silence after which the detection gives up: 2000 to 10000 ms, 5000 if absent
    /// (Twilio's page "Answering Machine Detection").
    SilenceTimeout: "the machine detection silence timeout", 2_000..=10_000, milliseconds;
    /// How many may be in a conference: up to 250, which is also what holds if absent (Twilio's
    /// page "TwiML Voice: Conference").
    MaxParticipants: "the conference's size", 1..=250, participants;
    /// How many may wait in a queue: up to 5000, 1000 if absent (Twilio's page "Queue resource").
    QueueSize: "the queue's size", 1..=5_000, calls;
    /// The silence that ends a recording; 0 never does, 5 seconds if absent (Twilio's page
    /// "TwiML Voice: Record").
    RecordTimeout: "the Record timeout", 0..=u32::MAX, seconds;
    /// How long a recording may get: 2 to 14400 seconds, 3600 if absent (Twilio's page "TwiML
    /// Voice: Record").
    MaxLength: "the Record length", 2..=14_400, seconds;
    /// How often something is said or played; 0 goes on for as long as the call, once if absent
    /// (Twilio's pages "TwiML Voice: Say" and "TwiML Voice: Play").
    LoopCount: "the loop count", 0..=1_000, times;
    /// How long nothing happens: at least 1 second, 1 if absent (Twilio's page "TwiML Voice:
    /// Pause").
    PauseLength: "the Pause length", 1..=u32::MAX, seconds;
    /// How long Gather waits for the next key: at least 1 second, 5 if absent (Twilio's page
    /// "TwiML Voice: Gather").
    GatherTimeout: "the Gather timeout", 1..=u32::MAX, seconds;
    /// How many keys Gather takes before it goes on: at least 1 (Twilio's page "TwiML Voice:
    /// Gather").
    NumDigits: "the number of digits to gather", 1..=u32::MAX, digits;
    /// How long a caller may speak to Gather: at least 1 second.
    MaxSpeechTime: "the Gather speech time", 1..=u32::MAX, seconds;
    /// How long Pay waits for the next key: at least 1 second, 5 if absent (Twilio's page "TwiML
    /// Voice: Pay").
    PayTimeout: "the Pay timeout", 1..=u32::MAX, seconds;
    /// How often Pay asks for the same thing: at least once (Twilio's page "TwiML Voice: Pay").
    MaxAttempts: "the number of Pay attempts", 1..=u32::MAX, attempts;
    /// The attempt that a Prompt is for, counted from 1 (Twilio's page "TwiML Voice: Prompt").
    Attempt: "the attempt of a Prompt", 1..=u32::MAX, tries;
    /// The fewest characters of a postal code that Pay takes.
    PostalCodeLength: "the postal code's length", 0..=u32::MAX, characters;
    /// A task's priority in `TaskRouter`; the greater goes first, 0 if absent (Twilio's page
    /// "TwiML Voice: Enqueue").
    TaskPriority: "the task's priority", 0..=2_147_483_647, points;
    /// How long a task may wait in `TaskRouter` (Twilio's page "TwiML Voice: Enqueue").
    TaskTimeout: "the task's timeout", 0..=2_147_483_647, seconds;
    /// The order among SIP addresses; the smaller goes first, as in DNS SRV records (Twilio's
    /// page "TwiML Voice: Sip").
    UriPriority: "the SIP address's priority", 0..=65_535, points;
    /// The share among SIP addresses of one priority, as in DNS SRV records (Twilio's page
    /// "TwiML Voice: Sip").
    UriWeight: "the SIP address's weight", 0..=65_535, points;
    /// A time limit within a Conversation (Twilio's page "TwiML Voice: Conversation").
    ConversationTimeout: "the Conversation timeout", 0..=u32::MAX, seconds;
}

/// How long a silence ends what a caller says to Gather (Twilio's page "TwiML Voice: Gather").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeechTimeout {
    /// Twilio finds the end of speech itself.
    Auto,
    /// A number of seconds, at least 1.
    After(SpeechPause),
}

ranges! {
    /// The silence that ends speech: at least 1 second.
    SpeechPause: "the Gather speech timeout", 1..=u32::MAX, seconds;
}

impl From<SpeechPause> for SpeechTimeout {
    fn from(pause: SpeechPause) -> Self {
        Self::After(pause)
    }
}

impl FromStr for SpeechTimeout {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::After) }
    }
}

impl fmt::Display for SpeechTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::After(pause) => pause.fmt(f),
        }
    }
}

impl Serialize for SpeechTimeout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
