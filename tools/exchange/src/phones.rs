//! People as scripts: who is called, and who calls.
//!
//! ```
//! use exchange::{Caller, Phone, Speech};
//!
//! let owner = Phone::answers_after(4).talks_for(30);
//! let nobody_home = Phone::never_answers();
//! let customer = Caller::new("+14155550123").leaves(Speech::english_sample());
//! let impatient = Caller::new("anonymous").hangs_up_while_ringing_after(5);
//! # let _ = (owner, nobody_home, customer, impatient);
//! ```
//!
//! All times are whole seconds of the exchange's clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{Address, Speech};

/// A telephone of the outside world and what its owner does when it rings.
#[derive(Clone, Debug)]
pub struct Phone {
    pub(crate) ringing: Ringing,
    /// How long its owner talks before hanging up; `None` waits for the caller to hang up.
    pub(crate) talks: Option<Duration>,
    /// How long after answering its owner hangs up, if not yet bridged by then.
    pub(crate) leaves_whisper_after: Option<Duration>,
    /// What its owner does at each `<Gather>` of a whisper.
    pub(crate) inputs: Inputs,
    /// What its owner says after each beep.
    pub(crate) messages: VecDeque<Message>,
    pub(crate) cues: Vec<(Cue, Deed)>,
    /// What answers, as far as detection can tell.
    pub(crate) nature: Nature,
}

/// Who or what picks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Human,
    /// A machine, whose greeting takes so long.
    Machine {
        greeting: Duration,
    },
    /// Detection says this, after so long.
    Judged {
        verdict: &'static str,
        after: Duration,
    },
}

/// What somebody waits for before they do something.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    event: CueEvent,
    delay: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CueEvent {
    Begins,
    Answered,
    Words(String),
    Music,
    Beep,
    Talks,
    Silence,
}

impl Cue {
    fn of(event: CueEvent) -> Self {
        Self { event, delay: Duration::ZERO }
    }

    /// A caller has dialled; a telephone has begun to ring.
    pub fn begins() -> Self {
        Self::of(CueEvent::Begins)
    }

    /// The leg is answered: by themselves who are called, for a caller by the other side.
    pub fn answered() -> Self {
        Self::of(CueEvent::Answered)
    }

    /// These words are being said to them, whoever says them.
    pub fn hears(words: &str) -> Self {
        Self::of(CueEvent::Words(words.into()))
    }

    /// Music begins.
    pub fn hears_music() -> Self {
        Self::of(CueEvent::Music)
    }

    /// A beep asks for a message.
    pub fn hears_beep() -> Self {
        Self::of(CueEvent::Beep)
    }

    /// They are connected with somebody.
    pub fn talks() -> Self {
        Self::of(CueEvent::Talks)
    }

    /// They are alone in a room, or hear a pause.
    pub fn hears_silence() -> Self {
        Self::of(CueEvent::Silence)
    }

    /// So many seconds later.
    pub fn after(self, seconds: u64) -> Self {
        self.after_millis(seconds * 1000)
    }

    /// So many milliseconds later.
    pub fn after_millis(mut self, millis: u64) -> Self {
        self.delay = Duration::from_millis(millis);
        self
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    pub(crate) fn is(&self, event: &CueEvent) -> bool {
        self.event == *event
    }

    /// Whether it waits for something that is said in `text`.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        matches!(&self.event, CueEvent::Words(words) if text.contains(&**words))
    }
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Deed {
    /// Presses these keys, one after the other.
    Presses(String),
    /// Says these words.
    Says(String),
    /// Hangs up.
    HangsUp,
}

impl Deed {
    /// Presses keys.
    pub fn presses(keys: &str) -> Self {
        Self::Presses(keys.into())
    }

    /// Says words.
    pub fn says(words: &str) -> Self {
        Self::Says(words.into())
    }
}

/// What comes of ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ringing {
    Answers(Duration),
    Declines(Duration),
    Never,
    Busy,
    Unreachable { sip_code: u16 },
}

impl Phone {
    fn that(ringing: Ringing) -> Self {
        Self {
            ringing,
            talks: None,
            leaves_whisper_after: None,
            inputs: Inputs::default(),
            messages: VecDeque::new(),
            cues: Vec::new(),
            nature: Nature::Human,
        }
    }

    /// Answers after ringing for this many seconds, then talks until the caller hangs up.
    pub fn answers_after(seconds: u64) -> Self {
        Self::that(Ringing::Answers(Duration::from_secs(seconds)))
    }

    /// Its owner looks at it and declines: busy, after this many seconds.
    pub fn declines_after(seconds: u64) -> Self {
        Self::that(Ringing::Declines(Duration::from_secs(seconds)))
    }

    /// Rings for ever.
    pub fn never_answers() -> Self {
        Self::that(Ringing::Never)
    }

    /// Is engaged.
    pub fn busy() -> Self {
        Self::that(Ringing::Busy)
    }

    /// Does not exist: the call fails with `SipResponseCode` 404.
    pub fn unreachable() -> Self {
        Self::unreachable_with(404)
    }

    /// The call fails with this SIP response code.
    pub fn unreachable_with(sip_code: u16) -> Self {
        Self::that(Ringing::Unreachable { sip_code })
    }

    /// Hangs up after a conversation of this many seconds.
    pub fn talks_for(mut self, seconds: u64) -> Self {
        self.talks = Some(Duration::from_secs(seconds));
        self
    }

    /// Talks until the caller hangs up; so does every phone that is not told otherwise.
    pub fn talks_until_caller_hangs_up(mut self) -> Self {
        self.talks = None;
        self
    }

    /// Does something as soon as something else happens, each time that it is said here: once.
    pub fn on(mut self, cue: Cue, deed: Deed) -> Self {
        self.cues.push((cue, deed));
        self
    }

    /// Says this when picking up: after a moment, in which who called is connected if nothing is to be heard
    /// before.
    pub fn greets(self, words: &str) -> Self {
        self.on(Cue::answered().after_millis(300), Deed::says(words))
    }

    /// An answering machine picks up, whose greeting takes so many seconds before its beep.
    pub fn is_a_machine(mut self, greeting_seconds: u64) -> Self {
        self.nature = Nature::Machine { greeting: Duration::from_secs(greeting_seconds) };
        self
    }

    /// Detection says of who picks up what `AnsweredBy` has, such as `unknown` or `fax`, after so many
    /// milliseconds.
    pub fn judged_as(mut self, verdict: &'static str, after_millis: u64) -> Self {
        self.nature = Nature::Judged { verdict, after: Duration::from_millis(after_millis) };
        self
    }

    /// Says nothing after a beep, and stays.
    pub fn stays_silent(mut self) -> Self {
        let speech = Speech::silence(Duration::ZERO);
        self.messages.push_back(Message { speech, then: AfterMessage::StaysSilent, hangs_up_after: None });
        self
    }

    /// What is said after a beep, where this telephone is asked for a message.
    pub fn leaves(mut self, speech: Speech) -> Self {
        self.messages.push_back(Message { speech, then: AfterMessage::HangsUp, hangs_up_after: None });
        self
    }

    /// Hangs up as soon as it hears a whisper (`<Number url>`) instead of the caller.
    pub fn hangs_up_at_whisper(self) -> Self {
        self.hangs_up_at_whisper_after(0)
    }

    /// Hangs up after this many seconds of a whisper, unless bridged by then.
    pub fn hangs_up_at_whisper_after(mut self, seconds: u64) -> Self {
        self.leaves_whisper_after = Some(Duration::from_secs(seconds));
        self
    }

    /// Presses these keys at the next `<Gather>` of the whisper; each call is for one more.
    pub fn presses(mut self, keys: &str) -> Self {
        self.inputs.0.push_back(Input::Keys(keys.into()));
        self
    }

    /// Says these words at the next `<Gather>` of the whisper.
    pub fn says(mut self, words: &str) -> Self {
        self.inputs.0.push_back(Input::Words(words.into()));
        self
    }

    /// Does nothing at the next `<Gather>` of the whisper.
    pub fn ignores_a_prompt(mut self) -> Self {
        self.inputs.0.push_back(Input::Nothing);
        self
    }
}

/// What somebody does at prompts, in order; nothing when the list is used up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs(VecDeque<Input>);

#[derive(Clone, Debug)]
pub(crate) enum Input {
    Keys(String),
    Words(String),
    Nothing,
}

impl Inputs {
    pub(crate) fn next(&mut self) -> Input {
        self.0.pop_front().unwrap_or(Input::Nothing)
    }
}

/// Somebody who calls, and how patient they are. Without a script a caller waits for ever, does
/// nothing at prompts and hangs up at the beep.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) identity: Address,
    pub(crate) forwarded_from: Option<Address>,
    pub(crate) name: Option<String>,
    pub(crate) stir_verstat: Option<String>,
    pub(crate) patience: Patience,
    pub(crate) presses_star_after: Option<Duration>,
    pub(crate) messages: VecDeque<Message>,
    pub(crate) inputs: Inputs,
    pub(crate) cues: Vec<(Cue, Deed)>,
}

/// How long a caller stays; `None` is for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    pub(crate) everything: Option<Duration>,
    pub(crate) ringing: Option<Duration>,
    pub(crate) greeting: Option<Duration>,
    pub(crate) conversation: Option<Duration>,
}

/// What a caller does after the beep.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) speech: Speech,
    pub(crate) then: AfterMessage,
    pub(crate) hangs_up_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterMessage {
    HangsUp,
    Presses(char),
    StaysSilent,
}

impl Caller {
    /// A caller: a number in E.164, `client:alice`, `sip:alice@example.com`, `anonymous`, or one
    /// of the keypad words such as `+266696687`.
    pub fn new(identity: impl Into<Address>) -> Self {
        Self {
            identity: identity.into(),
            forwarded_from: None,
            name: None,
            stir_verstat: Some("TN-Validation-Passed-A".into()),
            patience: Patience::default(),
            presses_star_after: None,
            messages: VecDeque::new(),
            inputs: Inputs::default(),
            cues: Vec::new(),
        }
    }

    /// Does something as soon as something else happens, each time that it is said here: once.
    pub fn on(mut self, cue: Cue, deed: Deed) -> Self {
        self.cues.push((cue, deed));
        self
    }

    /// Who calls.
    pub fn identity(&self) -> &Address {
        &self.identity
    }

    /// The call was forwarded to us by this number: `ForwardedFrom`.
    pub fn forwarded_from(mut self, number: impl Into<Address>) -> Self {
        self.forwarded_from = Some(number.into());
        self
    }

    /// The network knows the caller's name: `CallerName`.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How the network attests the number, such as `TN-Validation-Failed-C`: `StirVerstat`.
    /// Callers have `TN-Validation-Passed-A` unless told otherwise.
    pub fn attested_as(mut self, stir_verstat: &str) -> Self {
        self.stir_verstat = Some(stir_verstat.into());
        self
    }

    /// The network attests nothing: no `StirVerstat`.
    pub fn not_attested(mut self) -> Self {
        self.stir_verstat = None;
        self
    }

    /// Hangs up when the ringing heard in this call adds up to this many seconds.
    pub fn hangs_up_while_ringing_after(mut self, seconds: u64) -> Self {
        self.patience.ringing = Some(Duration::from_secs(seconds));
        self
    }

    /// Hangs up this many seconds into the greeting: the prompts of a document that records.
    pub fn hangs_up_during_greeting_after(mut self, seconds: u64) -> Self {
        self.patience.greeting = Some(Duration::from_secs(seconds));
        self
    }

    /// Hangs up after this many seconds of conversation.
    pub fn hangs_up_conversation_after(mut self, seconds: u64) -> Self {
        self.patience.conversation = Some(Duration::from_secs(seconds));
        self
    }

    /// Hangs up this many seconds after dialling, whatever happens then.
    pub fn hangs_up_after(mut self, seconds: u64) -> Self {
        self.patience.everything = Some(Duration::from_secs(seconds));
        self
    }

    /// Speaks after the beep, then hangs up. Called again it is for the next beep; the last
    /// message serves all beeps that follow.
    pub fn leaves(mut self, speech: Speech) -> Self {
        self.messages.push_back(Message { speech, then: AfterMessage::HangsUp, hangs_up_after: None });
        self
    }

    /// Says nothing after the beep and waits.
    pub fn stays_silent(self) -> Self {
        self.leaves(Speech::silence(Duration::ZERO)).then_stays_silent()
    }

    /// Presses this key after the message instead of hanging up.
    pub fn then_presses(mut self, key: char) -> Self {
        self.last_message().then = AfterMessage::Presses(key);
        self
    }

    /// Stays on the line after the message, in silence.
    pub fn then_stays_silent(mut self) -> Self {
        self.last_message().then = AfterMessage::StaysSilent;
        self
    }

    /// Hangs up this many seconds after the beep, in the middle of the message.
    pub fn hangs_up_during_message_after(mut self, seconds: u64) -> Self {
        self.last_message().hangs_up_after = Some(Duration::from_secs(seconds));
        self
    }

    /// The message that is being scripted; a silent one when there is none yet.
    fn last_message(&mut self) -> &mut Message {
        if self.messages.is_empty() {
            self.messages.push_back(Message {
                speech: Speech::silence(Duration::ZERO),
                then: AfterMessage::StaysSilent,
                hangs_up_after: None,
            });
        }
        let last = self.messages.len() - 1;
        &mut self.messages[last]
    }

    /// Presses these keys at the next `<Gather>`; each call is for one more.
    pub fn presses(mut self, keys: &str) -> Self {
        self.inputs.0.push_back(Input::Keys(keys.into()));
        self
    }

    /// Says these words at the next `<Gather>`.
    pub fn says(mut self, words: &str) -> Self {
        self.inputs.0.push_back(Input::Words(words.into()));
        self
    }

    /// Does nothing at the next `<Gather>`.
    pub fn ignores_a_prompt(mut self) -> Self {
        self.inputs.0.push_back(Input::Nothing);
        self
    }

    /// Presses `*` after this many seconds of conversation, which ends it when the `<Dial>` has
    /// `hangupOnStar`.
    pub fn presses_star_after(mut self, seconds: u64) -> Self {
        self.presses_star_after = Some(Duration::from_secs(seconds));
        self
    }
}
