//! What a phone file says, in a caller's language and at a time.

use domain::{Language, Prompt, Spoken, TakeMessage};
use jiff::{Timestamp, Zoned};
use phonefile::PhoneFile;
use phonefile::model::{Said, Speech, Words};
use texts::Phrase;

use crate::file::walk::Whose;

/// A file, as one caller hears it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice<'a> {
    pub(crate) file: &'a PhoneFile,
    pub(crate) language: Language,
    pub(crate) now: Timestamp,
}

impl Voice<'_> {
    /// A prompt, or words of one place alone.
    pub(crate) fn speech(self, speech: &Speech) -> Spoken {
        match speech {
            Speech::Words(words) => self.words(words),
            Speech::Prompt(name) => match self.file.prompts.iter().find(|prompt| prompt.name == *name) {
                Some(prompt) => self.words(&prompt.words),
                None => self.built_in(Prompt::named(name).unwrap_or(Prompt::Greeting)),
            },
        }
    }

    /// A prompt that the system says by itself, unless the file has another.
    pub(crate) fn prompt(self, prompt: Prompt) -> Spoken {
        self.speech(&Speech::Prompt(prompt.name().to_owned()))
    }

    pub(crate) fn phrase(self, phrase: Phrase) -> Spoken {
        self.text(texts::phrase(phrase, self.language).to_owned())
    }

    /// In the language's voice, or the one that the file has for it.
    pub(crate) fn text(self, text: String) -> Spoken {
        if let Some((_, voice)) = self.file.voices.iter().find(|(language, _)| *language == self.language) {
            // Another voice brings its own language code.
            return Spoken::Words { text, voice: voice.clone(), language: None };
        }
        let (voice, code) = texts::voice(self.language);
        Spoken::Words { text, voice: voice.to_owned(), language: Some(code.to_owned()) }
    }

    /// A greeting and a beep.
    pub(crate) fn message(self, first: Vec<Spoken>, Whose { person, silent }: Whose) -> TakeMessage {
        let messages = &self.file.messages;
        TakeMessage {
            first,
            person: person.filter(|person| *person != self.file.mailbox),
            language: (self.file.languages.first() != Some(&self.language)).then_some(self.language),
            greeting: self.prompt(Prompt::Greeting),
            nothing_heard: self.prompt(Prompt::NothingHeard),
            max_seconds: messages.max_length.as_seconds().into(),
            finish_key: messages.finish_key.map(domain::FinishKey::as_char),
            beep: messages.beep,
            transcribed_by_twilio: !silent && messages.engines(self.language).twilio(),
            silent,
        }
    }

    fn built_in(self, prompt: Prompt) -> Spoken {
        if self.file.voices.iter().any(|(language, _)| *language == self.language) {
            return self.text(texts::prompt(prompt, self.language).to_owned());
        }
        Spoken::BuiltIn { prompt, language: self.language }
    }

    /// Callers who chose a language in which nothing is written hear the file's first.
    fn words(self, words: &Words) -> Spoken {
        // A sound that is no address is only on the owner's machine.
        if let Some(url) = words.audio.as_ref().filter(|url| url.starts_with("https://")) {
            return Spoken::Audio(url.clone());
        }
        let written = words.texts.iter().find(|(language, _)| *language == self.language);
        match written.or_else(|| words.texts.first()) {
            Some((language, said)) => {
                let voice = Self { language: *language, ..self };
                voice.text(said.iter().map(|part| voice.part(part)).collect())
            }
            None => self.built_in(Prompt::Greeting),
        }
    }

    fn part(self, part: &Said) -> String {
        match part {
            Said::Text(text) => text.clone(),
            Said::Opens(hours) => self.hours(hours, |schedule| schedule.opens_next(self.now)),
            Said::Closes(hours) => self.hours(hours, |schedule| schedule.next_change(self.now)),
        }
    }

    fn hours(self, name: &str, when: impl Fn(&hours::Schedule) -> Option<Timestamp>) -> String {
        let hours = self.file.hours.iter().find(|hours| hours.name == name);
        let Some((hours, at)) = hours.and_then(|hours| Some((hours, when(&hours.schedule)?))) else {
            return String::new();
        };
        let on_wall = |at: Timestamp| -> Zoned { at.to_zoned(hours.schedule.zone().clone()) };
        texts::opening(self.language, &on_wall(self.now), &on_wall(at))
    }
}
