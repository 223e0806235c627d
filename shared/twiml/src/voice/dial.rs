//! Calling someone else: Dial, and how many it may call.

use std::ops::Deref;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize};

use super::{Application, Client, Conference, Number, Queue, Sim, Sip, WhatsApp};
use crate::element::{Content, element};
use crate::values::{
    CallReason, DialEvents, DialRecord, DialTimeout, List, Method, RecordingEvent, RecordingTrack, RingTone,
    Text, TimeLimit, Trim, Trimmed, ValueError,
};

element! {
    /// Calls someone else and connects the caller (Twilio's page "TwiML Voice: Dial").
    ///
    /// ```
    /// use twiml::values::DialTimeout;
    /// use twiml::voice::{Dial, Number};
    ///
    /// // One number,
    /// Dial::new().timeout(DialTimeout::seconds(20)?).number(Number::new("+15550100"));
    /// // several at once: of an array the compiler checks the length,
    /// Dial::new().nouns([Number::new("+15550100"), Number::new("+15550101")]);
    /// // of a vector the conversion.
    /// let numbers = vec![Number::new("+15550100"), Number::new("+15550101")];
    /// Dial::new().nouns(twiml::voice::Nouns::try_from(numbers)?);
    /// # Ok::<(), twiml::values::ValueError>(())
    /// ```
    ///
    /// ```compile_fail,E0080
    /// use twiml::voice::{Dial, Sim};
    ///
    /// Dial::new().nouns(std::array::from_fn::<Sim, 11, _>(|_| Sim::new("HS1")));
    /// ```
    Dial {
        /// Where the call goes on once the dialed call ended. Without it the next verb follows.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// How long the other side may ring; 30 seconds if absent.
        timeout: DialTimeout = "@timeout",
        /// Whether the caller can end the dialed call with `*`; no if absent.
        hangup_on_star: bool = "@hangupOnStar",
        /// How long the dialed call may last; 4 hours if absent.
        time_limit: TimeLimit = "@timeLimit",
        /// What the other side sees: a number of the account or the caller's, or a client's name.
        caller_id: Text = "@callerId",
        /// Whether the call is recorded; no if absent.
        record: DialRecord = "@record",
        /// Whether silence at both ends of the recording is cut off; no if absent.
        trim: Trim = "@trim",
        /// Where Twilio tells of the recording.
        recording_status_callback: Text = "@recordingStatusCallback",
        /// How `recordingStatusCallback` is asked for.
        recording_status_callback_method: Method = "@recordingStatusCallbackMethod",
        /// What `recordingStatusCallback` is told; `completed` if absent.
        recording_status_callback_event: List<RecordingEvent> = "@recordingStatusCallbackEvent",
        /// Which side is recorded; both if absent.
        recording_track: RecordingTrack = "@recordingTrack",
        /// The recording configuration to use, by its identifier.
        recording_configuration_id: Text = "@recordingConfigurationId",
        /// Whether the caller's call is only answered once the other side answers; no if absent.
        answer_on_bridge: bool = "@answerOnBridge",
        /// The country whose ringing the caller hears.
        ring_tone: RingTone = "@ringTone",
        /// Whether the nouns are called one after the other; all at once if absent.
        sequential: bool = "@sequential",
        /// Where Twilio asks what to do with a SIP REFER from the other side.
        refer_url: Text = "@referUrl",
        /// How `referUrl` is asked for.
        refer_method: Method = "@referMethod",
        /// What is reported beside `action`.
        events: DialEvents = "@events",
        /// SHAKEN passports to pass on.
        passports: Text = "@passports",
        /// Why the call is made, shown on phones that can.
        call_reason: CallReason = "@callReason",
    } with {
        /// Whom it calls.
        nouns: Nouns = "$value",
    }
}

/// The setters for one noun of each kind.
macro_rules! one_noun {
    ($( $(#[$doc:meta])* $method:ident($type:ident); )*) => {
        impl Dial {
            /// Calls nobody yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Whom it calls, one or up to ten at once. Like every setter it replaces what was
            /// set before.
            pub fn nouns(mut self, nouns: impl Into<Nouns>) -> Self {
                self.nouns = nouns.into();
                self
            }

            $(
                $(#[$doc])*
                ///
                /// The Dial's only noun: replaces whatever was set before. For several see
                /// [`Dial::nouns`].
                pub fn $method(self, noun: $type) -> Self {
                    self.nouns(noun)
                }
            )*
        }

        $(
            impl From<$type> for Noun {
                fn from(noun: $type) -> Self {
                    Self::$type(noun)
                }
            }

            impl From<$type> for Nouns {
                fn from(noun: $type) -> Self {
                    Self(vec![noun.into()])
                }
            }
        )*
    };
}

one_noun! {
    /// Calls a phone number.
    number(Number);
    /// Calls a Voice SDK client.
    client(Client);
    /// Puts the caller into a conference.
    conference(Conference);
    /// Connects the caller with who waits first in a queue.
    queue(Queue);
    /// Calls a SIM card.
    sim(Sim);
    /// Calls a SIP address.
    sip(Sip);
    /// Calls a TwiML application.
    application(Application);
    /// Calls a `WhatsApp` number.
    whats_app(WhatsApp);
}

/// Whom a Dial calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Noun {
    /// A phone number written straight into the Dial.
    #[serde(rename = "$text")]
    BareNumber(Trimmed),
    /// A phone number.
    Number(Number),
    /// A Voice SDK client.
    Client(Client),
    /// A conference.
    Conference(Conference),
    /// A queue.
    Queue(Queue),
    /// A SIM card.
    Sim(Sim),
    /// A SIP address.
    Sip(Sip),
    /// A TwiML application.
    Application(Application),
    /// A `WhatsApp` number.
    WhatsApp(WhatsApp),
}

/// All that a Dial calls: at most ten, of which whoever answers first gets the call (Twilio's
/// page "TwiML Voice: Dial"). A bare number stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Noun>")]
pub struct Nouns(Vec<Noun>);

impl Nouns {
    /// How many a Dial may call.
    pub const MAX: usize = 10;

    /// A phone number written straight into the Dial.
    pub fn bare_number(number: impl Into<Trimmed>) -> Self {
        let number = number.into();
        if number.is_empty() { Self::default() } else { Self(vec![Noun::BareNumber(number)]) }
    }
}

impl Deref for Nouns {
    type Target = [Noun];

    fn deref(&self) -> &[Noun] {
        &self.0
    }
}

impl<T: Into<Noun>> TryFrom<Vec<T>> for Nouns {
    type Error = ValueError;

    fn try_from(nouns: Vec<T>) -> Result<Self, ValueError> {
        let given = nouns.len();
        if given > Self::MAX {
            return Err(ValueError::Nouns { max: Self::MAX, given });
        }
        let nouns: Vec<Noun> = nouns.into_iter().map(Into::into).collect();
        match nouns.as_slice() {
            [Noun::BareNumber(number)] => Ok(Self::bare_number(number.clone())),
            nouns if nouns.iter().any(|noun| matches!(noun, Noun::BareNumber(_))) => {
                Err(ValueError::BareNumberBesideNouns)
            }
            _ => Ok(Self(nouns)),
        }
    }
}

/// Of an array the compiler checks that it is not too long.
macro_rules! arrays_of {
    ($( $type:ident ),*) => { $(
        impl<const N: usize> From<[$type; N]> for Nouns {
            fn from(nouns: [$type; N]) -> Self {
                const { assert!(N <= Nouns::MAX, "a Dial holds at most ten nouns") };
                Self(nouns.into_iter().map(Noun::from).collect())
            }
        }
    )* };
}

arrays_of!(Number, Client, Sim, Sip, WhatsApp);

impl Content for Nouns {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        self.0.write(key, element)
    }
}
