//! What becomes of a call, and what its caller gets: decided once and stored whole, so that a webhook that
//! comes again is answered as it was, whatever the owner has changed since.

use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::names::names;
use crate::prompt::Prompt;
use crate::settings::Instead;
use crate::wait_sound::WaitSound;

/// What becomes of a call that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// In a word, for the ledger of calls.
    pub disposition: Disposition,
    /// What the caller gets.
    pub treatment: Treatment,
}

/// What becomes of a call, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The owner's telephones ring.
    Forward,
    /// They don't.
    Instead(Instead, WhyNotForwarded),
}

/// Why the owner's telephones don't ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNotForwarded {
    /// The owner switched it off.
    ForwardingOff,
    /// The plan has no call left this month.
    PlanUsedUp,
    /// There is no telephone to ring: none is set, or each is a masked number itself.
    NoTarget,
    /// The phone file rings nobody for it.
    PhoneFile,
    /// The phone file keeps the message in silence: nobody is told of it.
    Silent,
}

/// What a caller gets: everything that an answer says, but the addresses at which the call goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Treatment {
    /// The owner's telephones ring.
    Ring(Ring),
    /// A greeting and a beep.
    TakeMessage(TakeMessage),
    /// Something is said, and the call ends.
    Say {
        /// What.
        words: Spoken,
    },
    /// The caller is asked, and presses a key or speaks.
    Ask(Ask),
    /// The caller waits while people are rung.
    Park {
        /// The queue that is the caller's alone.
        queue: String,
        /// What is said first.
        words: Vec<Spoken>,
        /// How the call goes on.
        next: String,
    },
    /// The line rings on, while programs may take the call.
    Offer {
        /// How the call goes on.
        next: String,
    },
    /// The call is a program's: it goes on where that participant is.
    Steered {
        /// What comes back with the address.
        booth: String,
    },
    /// A program refuses the call, and the caller hears that the number can't be reached.
    Unreachable,
    /// The caller, who is parked, goes on waiting.
    Wait {
        /// What is said first.
        words: Vec<Spoken>,
        /// What is heard then.
        #[serde(default, skip_serializing_if = "WaitSound::is_ringing")]
        sound: WaitSound,
        /// How the call goes on.
        next: String,
    },
    /// The caller waits no more: the call goes on as was told when it was parked.
    Leave,
    /// Something is said, if there is something, and the call ends.
    End {
        /// What.
        words: Vec<Spoken>,
    },
    /// A busy tone; the call is not answered.
    Reject,
    /// The call ends.
    HangUp,
}

/// The caller is asked, and presses a key or speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What is said: a key or a word stops it.
    pub words: Vec<Spoken>,
    /// Whether keys are taken.
    pub keys: bool,
    /// In which language speech is understood; none understands none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_language")]
    pub speech: Option<Language>,
    /// Words that are likely.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// How long the caller may be silent, in seconds.
    pub seconds: u16,
    /// How the call goes on.
    pub next: String,
}

/// The owner's telephones ring, all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// What the phone file says before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Spoken>,
    /// What the caller hears then.
    pub announcement: Option<Spoken>,
    /// Ten at most.
    #[serde(with = "numbers")]
    pub targets: Vec<PhoneNumber>,
    /// The number that they show.
    #[serde(with = "number")]
    pub shown: PhoneNumber,
    /// For how long.
    pub seconds: u32,
    /// Whether the caller can end the forwarded call by pressing `*`.
    pub hang_up_on_star: bool,
    /// Whether whoever picks up has to prove to be a person, and takes the call by a key or a word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub screened: bool,
    /// What whoever picks up hears, if not the number's own language.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_language")]
    pub spoken_to_in: Option<Language>,
    /// How a call goes on that has more before it than a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What the caller gets when nobody is reached.
    pub otherwise: TakeMessage,
    /// Where it is told how the telephone rings that a program chose: what comes back with the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
}

/// A greeting and a beep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeMessage {
    /// What the phone file says before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Spoken>,
    /// For whom of the phone file it is, if not for the number's own mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// In which language the caller is thanked, if that is not the number's own.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_language")]
    pub language: Option<Language>,
    /// Before the beep.
    pub greeting: Spoken,
    /// Where nothing at all was recorded.
    pub nothing_heard: Spoken,
    /// The longest message, in seconds.
    pub max_seconds: u32,
    /// The key that ends it.
    pub finish_key: Option<char>,
    /// Whether a beep says when to speak.
    pub beep: bool,
    /// Whether Twilio is asked for a transcript.
    pub transcribed_by_twilio: bool,
    /// Whether it is kept in silence: nobody is told of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoken {
    /// The built-in words, in the language's own voice. By their name: they are long, and a row of more than
    /// 1 KB costs twice as much with each of its writes.
    BuiltIn {
        /// Which.
        #[serde(with = "prompt")]
        prompt: Prompt,
        /// In which language.
        #[serde(with = "language")]
        language: Language,
    },
    /// Words of the owner's, or in a voice of the owner's.
    Words {
        /// The words.
        text: String,
        /// As Twilio names it.
        voice: String,
        /// The language's code; a voice that an owner chose brings its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// The address of a sound that Twilio plays.
    Audio(String),
}

use WhyNotForwarded::{ForwardingOff, NoTarget, PhoneFile, PlanUsedUp, Silent};

names! {
    Disposition {
        Forward = "forward",
        Instead(Instead::Voicemail, ForwardingOff) = "voicemail:forwarding-off",
        Instead(Instead::Voicemail, PlanUsedUp) = "voicemail:plan-used-up",
        Instead(Instead::Voicemail, NoTarget) = "voicemail:no-target",
        Instead(Instead::Message, ForwardingOff) = "message:forwarding-off",
        Instead(Instead::Message, PlanUsedUp) = "message:plan-used-up",
        Instead(Instead::Message, NoTarget) = "message:no-target",
        Instead(Instead::Reject, ForwardingOff) = "reject:forwarding-off",
        Instead(Instead::Reject, PlanUsedUp) = "reject:plan-used-up",
        Instead(Instead::Reject, NoTarget) = "reject:no-target",
        Instead(Instead::Voicemail, PhoneFile) = "voicemail:phone-file",
        Instead(Instead::Message, PhoneFile) = "message:phone-file",
        Instead(Instead::Reject, PhoneFile) = "reject:phone-file",
        Instead(Instead::Voicemail, Silent) = "voicemail:silent",
        Instead(Instead::Message, Silent) = "message:silent",
        Instead(Instead::Reject, Silent) = "reject:silent",
    }
}

mod prompt {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::prompt::Prompt;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(prompt: &Prompt, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(prompt.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Prompt, D::Error> {
        Prompt::named(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("no such prompt"))
    }
}

pub(crate) mod language {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::language::Language;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(crate) fn serialize<S: Serializer>(language: &Language, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(language.tag())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Language, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

mod optional_language {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer, de::Error};

    use crate::language::Language;

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(language: &Option<Language>, to: S) -> Result<S::Ok, S::Error> {
        language.map(Language::tag).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Language>, D::Error> {
        let tag = Option::<String>::deserialize(from)?;
        tag.map(|tag| tag.parse().map_err(D::Error::custom)).transpose()
    }
}

mod number {
    use phone::PhoneNumber;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &PhoneNumber, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(number.reveal())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PhoneNumber, D::Error> {
        PhoneNumber::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod numbers {
    use phone::PhoneNumber;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(numbers: &[PhoneNumber], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(numbers.iter().map(PhoneNumber::reveal))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PhoneNumber>, D::Error> {
        let numbers = Vec::<String>::deserialize(from)?;
        numbers.iter().map(|number| PhoneNumber::parse(number).map_err(D::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(prompt: Prompt) -> Spoken {
        Spoken::BuiltIn { prompt, language: Language::BrazilianPortuguese }
    }

    /// Whoever waits for a call to go on was decided by the release before.
    #[test]
    fn a_treatment_is_stored_in_words_and_read_back_whole() {
        let take_message = TakeMessage {
            first: Vec::new(),
            person: None,
            language: None,
            greeting: Spoken::Audio("https://example.com/hello.mp3".to_owned()),
            nothing_heard: spoken(Prompt::NothingHeard),
            max_seconds: 180,
            finish_key: Some('#'),
            beep: true,
            transcribed_by_twilio: false,
            silent: false,
        };
        let ring = Ring {
            first: Vec::new(),
            screened: false,
            spoken_to_in: None,
            next: None,
            told: None,
            announcement: Some(Spoken::Words {
                text: "One moment.".to_owned(),
                voice: "Polly.Amy-Neural".to_owned(),
                language: None,
            }),
            targets: ["+14155550142", "+4930901820"].map(|it| PhoneNumber::parse(it).unwrap()).to_vec(),
            shown: PhoneNumber::parse("+14155550100").unwrap(),
            seconds: 20,
            hang_up_on_star: false,
            otherwise: take_message,
        };
        let message = serde_json::json!({
            "greeting": {"audio": "https://example.com/hello.mp3"},
            "nothing_heard": {"built-in": {"prompt": "nothing-heard", "language": "pt-BR"}},
            "max_seconds": 180,
            "finish_key": "#",
            "beep": true,
            "transcribed_by_twilio": false,
        });
        let say = Treatment::Say { words: spoken(Prompt::Unavailable) };
        let mut taken = message.clone();
        taken["do"] = "take-message".into();
        let cases = [
            (Treatment::TakeMessage(ring.otherwise.clone()), taken),
            (
                Treatment::Ring(ring),
                serde_json::json!({
                    "do": "ring",
                    "announcement": {"words": {"text": "One moment.", "voice": "Polly.Amy-Neural"}},
                    "targets": ["+14155550142", "+4930901820"],
                    "shown": "+14155550100",
                    "seconds": 20,
                    "hang_up_on_star": false,
                    "otherwise": message,
                }),
            ),
            (
                say,
                serde_json::json!({
                    "do": "say",
                    "words": {"built-in": {"prompt": "unavailable", "language": "pt-BR"}},
                }),
            ),
            (Treatment::Reject, serde_json::json!({"do": "reject"})),
            (Treatment::HangUp, serde_json::json!({"do": "hang-up"})),
        ];
        for (treatment, stored) in cases {
            assert_eq!(serde_json::to_value(&treatment).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Treatment>(stored).unwrap(), treatment);
        }
    }

    #[test]
    fn a_message_in_silence_says_so_in_its_row() {
        let stored = serde_json::json!({
            "do": "take-message",
            "greeting": {"audio": "https://example.com/hello.mp3"},
            "nothing_heard": {"audio": "https://example.com/hello.mp3"},
            "max_seconds": 180,
            "finish_key": "#",
            "beep": true,
            "transcribed_by_twilio": false,
            "silent": true,
        });
        let treatment: Treatment = serde_json::from_value(stored.clone()).unwrap();
        assert!(matches!(&treatment, Treatment::TakeMessage(message) if message.silent));
        assert_eq!(serde_json::to_value(&treatment).unwrap(), stored);
    }

    #[test]
    fn a_treatment_that_names_what_there_is_not_is_not_read() {
        for (prompt, language) in [("encore", "en"), ("greeting", "tlh")] {
            let stored = serde_json::json!({
                "do": "say",
                "words": {"built-in": {"prompt": prompt, "language": language}},
            });
            assert!(serde_json::from_value::<Treatment>(stored).is_err(), "{prompt} {language}");
        }
    }
}
