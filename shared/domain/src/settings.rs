//! What the owner of a masked number has decided.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use phone::PhoneNumber;

use crate::email::EmailAddress;
use crate::form::{Section, Setting, section};
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
    /// The version of its phone file that is in force; none, and what stands here is all.
    pub file: Option<u32>,
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
    /// Who is blocked, by somebody who was rung.
    pub blocked: HashSet<PhoneNumber>,
}

/// A masked number as it stands among the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// What its owner decided.
    pub settings: CallSettings,
    /// Those of its targets that are masked numbers themselves: forwarding there could go in circles.
    pub masked_targets: HashSet<PhoneNumber>,
}

section! {
    "speech" written as SpeechForm:
    /// How a number speaks to its callers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Speech {
        /// The language of the prompts, with a voice for each.
        language: Language = Language::English,
        /// Another text-to-speech voice, as Twilio names it: `Polly.Amy-Neural`.
        voice: Option<String> = None => "the language's",
        /// What replaces prompts: for each `{"text": …}` or `{"audio": "https://…"}`; prompts are `connecting`
        /// `greeting` `thanks` `nothing-heard` `unavailable` `not-in-use`.
        prompts: BTreeMap<Prompt, Wording> = BTreeMap::new() => "built in",
    }
}

section! {
    "forwarding" written as ForwardingForm:
    /// Where and how calls are forwarded.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Forwarding {
        /// The owner's switch.
        ///
        /// Off: every call goes the way of [`when_off`](Self::when_off).
        on: bool = true,
        /// The real telephones, ten at most. All ring at once; the first to answer has the call.
        targets: Vec<PhoneNumber> = Vec::new(),
        /// How long they ring: 5 to 600; Twilio adds about five.
        ring_time as "ring_seconds": RingTime = RingTime::default(),
        /// What the owner's telephone shows: `caller`, where there is one to show, or `masked-number`.
        caller_id: CallerId = CallerId::Caller,
        /// Whether the caller hears "please hold" first.
        announce: bool = true,
        /// Whether the caller can end the forwarded call with `*`.
        hang_up_on_star: bool = false,
        /// What callers get while it is off: `voicemail`, `message`, `reject`.
        when_off: Instead = Instead::Voicemail,
    }
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

section! {
    "voicemail" written as VoicemailForm:
    /// What happens to messages.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct VoicemailSettings {
        /// The longest message, 2 to 14400.
        max_length as "max_seconds": MessageLength = MessageLength::default(),
        /// The key that ends it: `0` to `9`, `#` or `*`; empty for none, then only hanging up or silence does.
        finish_key: Option<FinishKey> = Some(FinishKey('#')),
        /// Whether a beep says when to speak.
        beep: bool = true,
        /// Who makes words of the sound: `auto` (Twilio what it can, Amazon Transcribe the rest), `twilio`,
        /// `amazon`, `off`.
        transcription: Transcription = Transcription::Auto,
        /// What callers may speak, like `["en-US", "es-US"]`; of several, Amazon recognises which it is.
        languages: Vec<LanguageCode> = Vec::new() => "that of the prompts",
        /// Whether Twilio's copy is deleted once ours is safe.
        purge_at_twilio: bool = false,
    }
}

/// The length of a message, in seconds: 2 to 14,400, as Twilio's `<Record>` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLength(u16);

/// A key that ends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishKey(char);

section! {
    "plan" written as PlanForm:
    /// How much forwarding an owner has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Plan {
        /// Forwarded calls in a calendar month, in the owner's time zone; `unlimited`, which a row leaves out.
        calls_per_month: Option<u32> = None,
        /// What callers get once it is used up: `voicemail`, `message`, `reject`.
        when_used_up: Instead = Instead::Voicemail,
    }
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
    /// The names of its sections, and the settings of each.
    pub const SECTIONS: [(&'static str, &'static [Setting]); 6] = [
        (Owner::NAME, Owner::SETTINGS),
        (Speech::NAME, Speech::SETTINGS),
        (Forwarding::NAME, Forwarding::SETTINGS),
        (VoicemailSettings::NAME, VoicemailSettings::SETTINGS),
        (Retention::NAME, Retention::SETTINGS),
        (Plan::NAME, Plan::SETTINGS),
    ];

    /// A number with everything else as most owners want it: all calls forwarded to `target`, then
    /// voicemail, in English, no limit.
    pub fn new(number: PhoneNumber, email: EmailAddress, target: PhoneNumber) -> Self {
        Self {
            mailbox: MailboxId::of_number(&number),
            number,
            owner: Owner::at(email),
            speech: Speech::default(),
            forwarding: Forwarding::to(vec![target]),
            voicemail: VoicemailSettings::default(),
            plan: Plan::default(),
            retention: Retention::default(),
        }
    }

    /// What the number itself is to know.
    pub fn for_calls(&self) -> CallSettings {
        CallSettings {
            number: self.number.clone(),
            mailbox: self.mailbox.clone(),
            since: None,
            file: None,
            time_zone: self.owner.time_zone.clone(),
            speech: self.speech.clone(),
            forwarding: self.forwarding.clone(),
            voicemail: self.voicemail.clone(),
            plan: self.plan,
            blocked: HashSet::new(),
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
        let Self {
            number,
            mailbox: _,
            since: _,
            file: _,
            time_zone: _,
            speech,
            forwarding,
            voicemail,
            plan,
            blocked: _,
        } = self;
        let Mailbox { id, owner, retention } = mailbox;
        NumberSettings { number, mailbox: id, owner, speech, forwarding, voicemail, plan, retention }
    }
}

impl Forwarding {
    /// On, to these telephones, with everything else as most owners want it.
    pub fn to(targets: Vec<PhoneNumber>) -> Self {
        Self { targets, ..Self::default() }
    }
}

impl Speech {
    /// The built-in prompts and voice of a language.
    pub fn in_language(language: Language) -> Self {
        Self { language, ..Self::default() }
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

    #[test]
    fn a_choice_is_known_by_its_name_and_by_no_other() {
        assert_eq!(CallerId::ALL.map(CallerId::name), ["caller", "masked-number"]);
        let names = ["voicemail", "message", "reject"];
        assert_eq!(Instead::ALL.map(Instead::name), names);
        assert_eq!(names.map(Instead::named), Instead::ALL.map(Some));
        assert_eq!(Instead::named("nothing"), None);
    }

    #[test]
    fn a_new_number_forwards_every_call_to_its_target() {
        let [number, target] = ["+14155550100", "+4930901820"].map(|it| PhoneNumber::parse(it).unwrap());
        let email = EmailAddress::parse("ada@example.org").unwrap();
        let new = NumberSettings::new(number.clone(), email, target.clone());
        assert_eq!(new.mailbox, MailboxId::of_number(&number));
        assert_eq!(new.forwarding, Forwarding { targets: vec![target], ..Forwarding::default() });
        assert!(new.forwarding.on);
        assert_eq!(new.plan.calls_per_month, None);
    }

    #[test]
    fn a_number_and_its_mailbox_make_its_settings_again() {
        let [number, target] = ["+14155550100", "+4930901820"].map(|it| PhoneNumber::parse(it).unwrap());
        let email = EmailAddress::parse("ada@example.org").unwrap();
        let mut all = NumberSettings::new(number, email, target);
        all.owner.time_zone = TimeZone::get("Europe/Berlin").unwrap();
        all.speech = Speech::in_language(Language::German);
        let for_calls = all.for_calls();
        // A call counts in the month of its owner, whose mailbox it does not read.
        assert_eq!(for_calls.time_zone, all.owner.time_zone);
        assert_eq!(for_calls.with(all.for_mailbox()), all);
    }

    #[test]
    fn a_number_in_a_language_has_its_prompts_and_its_voice() {
        let speech = Speech::in_language(Language::Japanese);
        assert_eq!(speech, Speech { language: Language::Japanese, voice: None, prompts: BTreeMap::new() });
    }
}
