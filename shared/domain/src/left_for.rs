//! For whom a message is, as it stands in the addresses that Twilio asks about it.

use crate::decision::TakeMessage;
use crate::language::Language;

/// For whom of the phone file a message is left, in which language, and whether anybody is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftFor {
    /// None is the number's own mailbox.
    pub person: Option<String>,
    /// None is the number's own.
    pub language: Option<Language>,
    /// Whether it is kept in silence: nobody is told of it.
    pub silent: bool,
}

/// The word for it.
const SILENT: &str = "silent";

impl LeftFor {
    /// As the message has it.
    pub fn of(message: &TakeMessage) -> Self {
        Self { person: message.person.clone(), language: message.language, silent: message.silent }
    }

    /// `ana.es`, `ana.`, `.es`, `..silent`; nothing where all is as the number has it.
    pub fn write(&self) -> Option<String> {
        let Self { person, language, silent } = self;
        let is_own = person.is_none() && language.is_none() && !silent;
        let language = language.map(Language::tag).unwrap_or_default();
        let silent = if *silent { format!(".{SILENT}") } else { String::new() };
        (!is_own).then(|| format!("{}.{language}{silent}", person.as_deref().unwrap_or_default()))
    }

    /// What can't be read is the number's own.
    pub fn read(text: &str) -> Self {
        let mut parts = text.split('.');
        let mut part = || parts.next().unwrap_or_default();
        Self {
            person: Some(part()).filter(|person| !person.is_empty()).map(str::to_owned),
            language: part().parse().ok(),
            silent: part() == SILENT,
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
            (None, None, false, None),
            (ana(), None, false, Some("ana.")),
            (ana(), Some(Language::BrazilianPortuguese), false, Some("ana.pt-BR")),
            (None, Some(Language::Spanish), false, Some(".es")),
            (None, None, true, Some("..silent")),
            (ana(), Some(Language::Spanish), true, Some("ana.es.silent")),
        ];
        for (person, language, silent, written) in cases {
            let left_for = LeftFor { person, language, silent };
            assert_eq!(left_for.write().as_deref(), written);
            assert_eq!(LeftFor::read(written.unwrap_or_default()), left_for);
        }
        assert_eq!(LeftFor::read("ana.klingon").language, None);
        assert!(!LeftFor::read("ana.es.loud").silent);
    }
}
