//! Settings as flags: each sets what stands in the form under the path to which it is renamed.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use domain::{Limit, PromptForm};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form::{MailboxForm, NumberForm, from_yaml};
use crate::owner_file::OwnerFile;

/// A number's settings. What is not given stays, or is as for a new number; an empty text clears.
#[derive(Args, Debug, Serialize)]
pub(crate) struct NumberFlags {
    /// A phone file, or settings as `number show` prints them, as YAML or JSON; - reads standard input; flags win
    /// over settings
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    file: Option<PathBuf>,

    /// The mailbox that the number leads to, one that is there; else the number has one of its own
    #[arg(long, value_name = "ID")]
    mailbox: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    owner: OwnerFlags,

    /// The language of prompts and mails: en, zh-CN, es, fr, de, ja or pt-BR
    #[arg(long)]
    #[serde(rename = "speech.language")]
    language: Option<String>,

    /// The language of mails, where it is another
    #[arg(long, value_name = "LANGUAGE")]
    #[serde(rename = "owner.language")]
    mail_language: Option<String>,

    /// A text-to-speech voice, as Twilio names it
    #[arg(long)]
    #[serde(rename = "speech.voice")]
    voice: Option<String>,

    /// The greeting before the beep, to be spoken
    #[arg(long, value_name = "TEXT")]
    #[serde(skip)]
    greeting: Option<String>,

    /// Another prompt, to be spoken, or the https URL of a sound: connecting=..., thanks=...
    #[arg(long, value_name = "NAME=TEXT", value_parser = prompt)]
    #[serde(skip)]
    prompt: Vec<(String, String)>,

    /// The owner's telephone; for several, up to ten, give it several times
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "forwarding.targets", skip_serializing_if = "Vec::is_empty")]
    target: Vec<String>,

    /// Whether calls are forwarded: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "forwarding.on")]
    forwarding: Option<bool>,

    /// How long the owner's telephone rings, in seconds: 5 to 600
    #[arg(long, value_name = "SECONDS")]
    #[serde(rename = "forwarding.ring_seconds")]
    ring: Option<i64>,

    /// What the owner's telephone shows: caller or masked-number
    #[arg(long, value_name = "WHICH")]
    #[serde(rename = "forwarding.caller_id")]
    caller_id: Option<String>,

    /// Whether callers hear a few words before it rings: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "forwarding.announce")]
    announce: Option<bool>,

    /// Whether callers can end the forwarded call with *: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "forwarding.hang_up_on_star")]
    hang_up_on_star: Option<bool>,

    /// What callers get while forwarding is off: voicemail, message or reject
    #[arg(long, value_name = "INSTEAD")]
    #[serde(rename = "forwarding.when_off")]
    when_off: Option<String>,

    /// The longest message, in seconds: 2 to 14400
    #[arg(long, value_name = "SECONDS")]
    #[serde(rename = "voicemail.max_seconds")]
    max_length: Option<i64>,

    /// The key that ends a message: 0 to 9, # or *; empty for none
    #[arg(long, value_name = "KEY")]
    #[serde(rename = "voicemail.finish_key")]
    finish_key: Option<String>,

    /// Whether a beep says when to speak: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "voicemail.beep")]
    beep: Option<bool>,

    /// How words are made of the sound: auto, twilio, amazon or off
    #[arg(long, value_name = "HOW")]
    #[serde(rename = "voicemail.transcription")]
    transcription: Option<String>,

    /// What callers may speak, like en-US; for several, give it several times
    #[arg(long, value_name = "CODE")]
    #[serde(rename = "voicemail.languages", skip_serializing_if = "Vec::is_empty")]
    spoken_language: Vec<String>,

    /// Whether Twilio's copy is deleted once ours is safe: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "voicemail.purge_at_twilio")]
    purge_at_twilio: Option<bool>,

    /// Forwarded calls in a month, or unlimited
    #[arg(long, value_name = "CALLS", value_parser = limit)]
    #[serde(rename = "plan.calls_per_month")]
    calls_per_month: Option<Limit>,

    /// What callers get once these are used up: voicemail, message or reject
    #[arg(long, value_name = "INSTEAD")]
    #[serde(rename = "plan.when_used_up")]
    when_used_up: Option<String>,
}

/// What a number's mailbox knows.
#[derive(Args, Debug, Serialize)]
pub(crate) struct OwnerFlags {
    /// The owner's name
    #[arg(long)]
    #[serde(rename = "owner.name")]
    name: Option<String>,

    /// Where voicemails are mailed
    #[arg(long, value_name = "ADDRESS")]
    #[serde(rename = "owner.email")]
    email: Option<String>,

    /// Where voicemails go when the first address takes no mail
    #[arg(long, value_name = "ADDRESS")]
    #[serde(rename = "owner.second_email")]
    second_email: Option<String>,

    /// Whether calls without a message are mailed, too: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[serde(rename = "owner.missed_call_mail")]
    missed_call_mail: Option<bool>,

    /// Where the owner lives, like Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    #[serde(rename = "owner.time_zone")]
    time_zone: Option<String>,

    /// For how many days the sound is kept, here and at Twilio; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(rename = "retention.audio_days")]
    audio_days: Option<i64>,

    /// For how many days the words are kept; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(rename = "retention.transcript_days")]
    transcript_days: Option<i64>,

    /// For how many days it is kept who called; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(rename = "retention.call_days")]
    call_days: Option<i64>,
}

/// A mailbox's settings. What is not given stays, or is as for a new mailbox; an empty text clears.
#[derive(Args, Debug, Serialize)]
pub(crate) struct MailboxFlags {
    /// Settings as YAML or JSON, as `mailbox show` prints them; - reads standard input; flags win over it
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    file: Option<PathBuf>,

    #[command(flatten)]
    #[serde(flatten)]
    owner: OwnerFlags,

    /// The language of mails: en, zh-CN, es, fr, de, ja or pt-BR
    #[arg(long)]
    #[serde(rename = "owner.language")]
    language: Option<String>,
}

impl MailboxFlags {
    /// The file, with the flags in place of what it says.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn form(self) -> Result<MailboxForm> {
        said(file(self.file.as_deref(), "a mailbox")?, &self)
    }
}

impl NumberFlags {
    /// The file that is given.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn written(&self) -> Result<Option<OwnerFile>> {
        self.file.as_deref().map(OwnerFile::read).transpose()
    }

    /// What was written, with the flags in place of what it says.
    ///
    /// # Errors
    /// What was written are no settings.
    pub(crate) fn form(mut self, written: Option<&OwnerFile>) -> Result<NumberForm> {
        // A mailbox that is there has its own.
        if self.mailbox.is_none() && self.mail_language.is_none() {
            self.mail_language.clone_from(&self.language);
        }
        let written = written.map_or_else(|| Ok(NumberForm::default()), |file| settings(file, "a number"))?;
        let mut form: NumberForm = said(written, &self)?;
        let greeting = self.greeting.map(|text| ("greeting".to_owned(), text));
        for (name, text) in self.prompt.into_iter().chain(greeting) {
            let is_url = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
            let wording = if is_url { PromptForm::Audio(text) } else { PromptForm::Text(text) };
            form.speech.prompts.get_or_insert_default().insert(name, wording);
        }
        Ok(form)
    }
}

/// A form with what flags say in place of what it says.
fn said<F: Serialize + DeserializeOwned>(form: F, flags: &impl Serialize) -> Result<F> {
    let mut form = serde_json::to_value(form)?;
    for (path, value) in serde_json::to_value(flags)?.as_object().into_iter().flatten() {
        if !value.is_null() {
            let place: &mut Value = path.split('.').fold(&mut form, |at, name| &mut at[name]);
            place.clone_from(value);
        }
    }
    Ok(serde_json::from_value(form)?)
}

fn file<F: Default + DeserializeOwned>(path: Option<&Path>, whose: &str) -> Result<F> {
    match path {
        Some(path) => settings(&OwnerFile::read(path)?, whose),
        None => Ok(F::default()),
    }
}

fn settings<F: DeserializeOwned>(file: &OwnerFile, whose: &str) -> Result<F> {
    let text = file.text()?;
    from_yaml(text).map_err(|why| anyhow!("{} has no settings of {whose}: {why}", file.name))
}

fn prompt(text: &str) -> Result<(String, String), &'static str> {
    let (name, text) = text.split_once('=').ok_or("write it like greeting=TEXT")?;
    Ok((name.to_owned(), text.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants to hear of errors")]
fn limit(text: &str) -> Result<Limit, Infallible> {
    Ok(text.parse().map_or_else(|_| Limit::Word(text.to_owned()), Limit::Calls))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use domain::NumberSettings;

    use super::*;

    #[derive(Parser)]
    struct Number {
        #[command(flatten)]
        flags: NumberFlags,
    }

    #[derive(Parser)]
    struct Mailbox {
        #[command(flatten)]
        flags: MailboxFlags,
    }

    /// A command line with every flag of a command.
    fn all<P: CommandFactory>() -> Vec<String> {
        let command = P::command();
        let flags = command.get_arguments().filter_map(|argument| argument.get_long());
        let given = flags.filter(|flag| *flag != "file").map(|flag| match flag {
            "prompt" => "--prompt=thanks=1".to_owned(),
            flag => format!("--{flag}=1"),
        });
        std::iter::once("aftertone".to_owned()).chain(given).collect()
    }

    #[test]
    fn every_setting_has_a_flag() {
        let number = Number::try_parse_from(all::<Number>()).unwrap().flags.form(None).unwrap();
        let mailbox = Mailbox::try_parse_from(all::<Mailbox>()).unwrap().flags.form().unwrap();
        let number = serde_json::to_value(number).unwrap();
        let mailbox = serde_json::to_value(mailbox).unwrap();
        for (section, settings) in NumberSettings::SECTIONS {
            for setting in settings {
                let is_said = |form: &Value| !form[section][setting.name].is_null();
                assert!(is_said(&number), "no flag says {section}.{} of a number", setting.name);
                let is_mailboxes = mailbox.get(section).is_some();
                assert!(!is_mailboxes || is_said(&mailbox), "no flag says {section}.{}", setting.name);
            }
        }
    }
}
