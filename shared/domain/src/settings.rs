//! What the owner of a masked number has decided.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use phone::PhoneNumber;

use crate::email::EmailAddress;
use crate::invalid::InvalidSetting;
use crate::language::Language;
use crate::mailbox::{Mailbox, MailboxId};
use crate::owner::Owner;
use crate::prompt::{Prompt, Wording};
use crate::retention::Retention;
use crate::transcription::{Engines, LanguageCode, Transcription};

/// Everything that is known of one masked number: of itself and of the mailbox that it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberSettings {
    /// The masked number itself: the one that people call.
    pub number: PhoneNumber,
    /// The mailbox that it leads to; [`owner`](Self::owner) and [`retention`](Self::retention) are the
    /// mailbox's, which other numbers may lead to as well.
    pub mailbox: MailboxId,
    /// Whose number it is.
    pub owner: Owner,
    /// What callers hear.
    pub speech: Speech,
    /// Where calls go.
    pub forwarding: Forwarding,
    /// What happens to messages.
    pub voicemail: VoicemailSettings,
    /// How much of it there is.
    pub plan: Plan,
    /// How long it is kept.
    pub retention: Retention,
}

/// What a call needs to know of a masked number: all but the mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct CallSettings {
    /// The masked number itself: the one that people call.
    pub number: PhoneNumber,
    /// The mailbox that it leads to.
    pub mailbox: MailboxId,
    /// Since when; not known of a number that was added before this was written down.
    pub since: Option<Timestamp>,
    /// Where the mailbox's owner lives: the months of the plan go by it.
    pub time_zone: TimeZone,
    /// What callers hear.
    pub speech: Speech,
    /// Where calls go.
    pub forwarding: Forwarding,
    /// What happens to messages.
    pub voicemail: VoicemailSettings,
    /// How much of it there is.
    pub plan: Plan,
}

/// A masked number as it stands among the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// What its owner decided.
    pub settings: CallSettings,
    /// Those of its targets that are masked numbers themselves: forwarding there could go in circles.
    pub masked_targets: HashSet<PhoneNumber>,
}

/// How a number speaks to its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// The language of the built-in prompts.
    pub language: Language,
    /// A text-to-speech voice, as Twilio names it (`Polly.Amy-Neural`); the language's own one otherwise.
    pub voice: Option<String>,
    /// Prompts that replace the built-in ones.
    pub prompts: BTreeMap<Prompt, Wording>,
}

/// Where and how calls are forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// The owner's switch. Off: every call goes the way of [`when_off`](Self::when_off).
    pub on: bool,
    /// The owner's real telephones. All ring at once; the first to answer has the call. Ten at most.
    pub targets: Vec<PhoneNumber>,
    /// How long they ring.
    pub ring_time: RingTime,
    /// Which number the owner's telephone shows.
    pub caller_id: CallerId,
    /// Whether the caller hears a few words before the telephones ring.
    pub announce: bool,
    /// Whether the caller can end the forwarded call by pressing `*`.
    pub hang_up_on_star: bool,
    /// What callers get while forwarding is off.
    pub when_off: Instead,
}

/// How long a telephone rings, in seconds: 5 to 600.
///
/// Twilio rings about 5 s longer than it is told. Most carriers' own voicemail answers after 20
/// to 30 s, and would swallow the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingTime(u16);

/// Which number the owner's telephone shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerId {
    /// The caller's own, where there is one to show.
    Caller,
    /// The masked number: the owner sees that the call came through it.
    MaskedNumber,
}

/// What a caller gets in place of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The greeting and a beep.
    Voicemail,
    /// A sentence, and the end of the call.
    Message,
    /// A busy tone; the call is not answered, and costs nothing.
    Reject,
}

/// What happens to messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailSettings {
    /// The longest message.
    pub max_length: MessageLength,
    /// The key that ends a message: `0` to `9`, `#` or `*`. None: only hanging up or silence does.
    pub finish_key: Option<FinishKey>,
    /// Whether a beep says when to speak.
    pub beep: bool,
    /// How words are made of the sound.
    pub transcription: Transcription,
    /// What callers may speak, for the engines; empty means the language of the prompts.
    pub languages: Vec<LanguageCode>,
    /// Whether the recording at Twilio is deleted once it is safely stored.
    pub purge_at_twilio: bool,
}

/// The length of a message, in seconds: 2 to 14,400, as Twilio's `<Record>` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLength(u16);

/// A key that ends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishKey(char);

/// How much forwarding an owner has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Forwarded calls in a calendar month, in the owner's time zone. None: no limit.
    pub calls_per_month: Option<u32>,
    /// What callers get once it is used up.
    pub when_used_up: Instead,
}

impl CallerId {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Caller, Self::MaskedNumber];

    /// The name by which settings know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::MaskedNumber => "masked-number",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Instead {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Voicemail, Self::Message, Self::Reject];

    /// The name by which settings know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Voicemail => "voicemail",
            Self::Message => "message",
            Self::Reject => "reject",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl RingTime {
    /// # Errors
    /// [`InvalidSetting::RingTime`] outside 5 to 600 seconds.
    pub fn seconds(seconds: i64) -> Result<Self, InvalidSetting> {
        match u16::try_from(seconds) {
            Ok(value @ 5..=600) => Ok(Self(value)),
            _ => Err(InvalidSetting::RingTime(seconds)),
        }
    }

    /// In seconds.
    pub fn as_seconds(self) -> u16 {
        self.0
    }
}

impl Default for RingTime {
    /// 20 s, which Twilio makes 25: four or five rings, and before most carriers' own voicemail.
    fn default() -> Self {
        Self(20)
    }
}

impl MessageLength {
    /// # Errors
    /// [`InvalidSetting::MessageLength`] outside 2 to 14,400 seconds.
    pub fn seconds(seconds: i64) -> Result<Self, InvalidSetting> {
        match u16::try_from(seconds) {
            Ok(value @ 2..=14_400) => Ok(Self(value)),
            _ => Err(InvalidSetting::MessageLength(seconds)),
        }
    }

    /// In seconds.
    pub fn as_seconds(self) -> u16 {
        self.0
    }
}

impl Default for MessageLength {
    /// Three minutes.
    fn default() -> Self {
        Self(180)
    }
}

impl FinishKey {
    /// # Errors
    /// [`InvalidSetting::FinishKey`] for anything that is no key of a telephone.
    pub fn new(key: char) -> Result<Self, InvalidSetting> {
        match key {
            '0'..='9' | '#' | '*' => Ok(Self(key)),
            _ => Err(InvalidSetting::FinishKey),
        }
    }

    /// The key.
    pub fn as_char(self) -> char {
        self.0
    }
}

impl VoicemailSettings {
    /// Who makes words of the messages of callers who hear prompts in `language`.
    pub fn engines(&self, language: Language) -> Engines {
        self.transcription.engines(language, &self.languages)
    }
}

impl NumberSettings {
    /// A number with everything else as most owners want it: all calls forwarded to `target`, then
    /// voicemail, in English, no limit.
    pub fn new(number: PhoneNumber, email: EmailAddress, target: PhoneNumber) -> Self {
        Self {
            mailbox: MailboxId::of_number(&number),
            number,
            owner: Owner::at(email),
            speech: Speech { language: Language::English, voice: None, prompts: BTreeMap::new() },
            forwarding: Forwarding::to(vec![target]),
            voicemail: VoicemailSettings::default(),
            plan: Plan { calls_per_month: None, when_used_up: Instead::Voicemail },
            retention: Retention::default(),
        }
    }

    /// What the number itself is to know.
    pub fn for_calls(&self) -> CallSettings {
        CallSettings {
            number: self.number.clone(),
            mailbox: self.mailbox.clone(),
            since: None,
            time_zone: self.owner.time_zone.clone(),
            speech: self.speech.clone(),
            forwarding: self.forwarding.clone(),
            voicemail: self.voicemail.clone(),
            plan: self.plan,
        }
    }

    /// What its mailbox is to know.
    pub fn for_mailbox(&self) -> Mailbox {
        Mailbox { id: self.mailbox.clone(), owner: self.owner.clone(), retention: self.retention }
    }
}

impl CallSettings {
    /// With what its mailbox knows.
    pub fn with(self, mailbox: Mailbox) -> NumberSettings {
        let Self { number, mailbox: _, since: _, time_zone: _, speech, forwarding, voicemail, plan } = self;
        let Mailbox { id, owner, retention } = mailbox;
        NumberSettings { number, mailbox: id, owner, speech, forwarding, voicemail, plan, retention }
    }
}

impl Forwarding {
    /// On, to these telephones, with everything else as most owners want it.
    pub fn to(targets: Vec<PhoneNumber>) -> Self {
        Self {
            on: true,
            targets,
            ring_time: RingTime::default(),
            caller_id: CallerId::Caller,
            announce: true,
            hang_up_on_star: false,
            when_off: Instead::Voicemail,
        }
    }
}

impl Default for VoicemailSettings {
    fn default() -> Self {
        Self {
            max_length: MessageLength::default(),
            finish_key: Some(FinishKey('#')),
            beep: true,
            transcription: Transcription::Auto,
            languages: Vec::new(),
            purge_at_twilio: false,
        }
    }
}

impl Speech {
    /// The built-in prompts and voice of a language.
    pub fn in_language(language: Language) -> Self {
        Self { language, voice: None, prompts: std::collections::BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_the_documented_ranges_are_refused() {
        assert!(RingTime::seconds(4).is_err());
        assert!(RingTime::seconds(601).is_err());
        assert!(RingTime::seconds(-1).is_err());
        assert_eq!(RingTime::seconds(600).unwrap().as_seconds(), 600);
        assert!(MessageLength::seconds(1).is_err());
        assert!(MessageLength::seconds(14_401).is_err());
        assert_eq!(MessageLength::seconds(2).unwrap().as_seconds(), 2);
        assert!(FinishKey::new('a').is_err());
        assert_eq!(FinishKey::new('*').unwrap().as_char(), '*');
    }
}
