//! For whom a message is, as it stands in the addresses that Twilio asks about it.

use crate::decision::TakeMessage;
use crate::language::Language;

/// For whom of the phone file a message is left, and in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftFor {
    /// None is the number's own mailbox.
    pub person: Option<String>,
    /// None is the number's own.
    pub language: Option<Language>,
}

impl LeftFor {
    /// As the message has it.
    pub fn of(message: &TakeMessage) -> Self {
        Self { person: message.person.clone(), language: message.language }
    }

    /// `ana.es`, `ana.`, `.es`; nothing where all is as the number has it.
    pub fn write(&self) -> Option<String> {
        let Self { person, language } = self;
        let is_own = person.is_none() && language.is_none();
        let language = language.map(Language::tag).unwrap_or_default();
        (!is_own).then(|| format!("{}.{language}", person.as_deref().unwrap_or_default()))
    }

    /// What can't be read is the number's own.
    pub fn read(text: &str) -> Self {
        let (person, language) = text.split_once('.').unwrap_or((text, ""));
        Self {
            person: Some(person).filter(|person| !person.is_empty()).map(str::to_owned),
            language: language.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_whom_a_message_is_comes_back_as_it_was_written() {
        let ana = || Some("ana".to_owned());
        let cases = [
            (None, None, None),
            (ana(), None, Some("ana.")),
            (ana(), Some(Language::BrazilianPortuguese), Some("ana.pt-BR")),
            (None, Some(Language::Spanish), Some(".es")),
        ];
        for (person, language, written) in cases {
            let left_for = LeftFor { person, language };
            assert_eq!(left_for.write().as_deref(), written);
            assert_eq!(LeftFor::read(written.unwrap_or_default()), left_for);
        }
        assert_eq!(LeftFor::read("ana.klingon").language, None);
    }
}
