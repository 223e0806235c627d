//! Settings as flags.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use serde::de::DeserializeOwned;

use super::form::{Limit, MailboxForm, NumberForm, OwnerForm, PromptForm, RetentionForm, from_yaml};

/// A number's settings. What is not given stays, or is as for a new number; an empty text clears.
#[derive(Args, Debug)]
pub(crate) struct NumberFlags {
    /// Settings as YAML or JSON, as `number show` prints them; - reads standard input; flags win over it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The mailbox that the number leads to, one that is there; else the number has one of its own
    #[arg(long, value_name = "ID")]
    mailbox: Option<String>,

    #[command(flatten)]
    owner: OwnerFlags,

    /// The language of prompts and mails: en, zh-CN, es, fr, de, ja or pt-BR
    #[arg(long)]
    language: Option<String>,

    /// The language of mails, where it is another
    #[arg(long, value_name = "LANGUAGE")]
    mail_language: Option<String>,

    /// A text-to-speech voice, as Twilio names it
    #[arg(long)]
    voice: Option<String>,

    /// The greeting before the beep, to be spoken
    #[arg(long, value_name = "TEXT")]
    greeting: Option<String>,

    /// Another prompt, to be spoken, or the https URL of a sound: connecting=..., thanks=...
    #[arg(long, value_name = "NAME=TEXT", value_parser = prompt)]
    prompt: Vec<(String, String)>,

    /// The owner's telephone; for several, up to ten, give it several times
    #[arg(long, value_name = "NUMBER")]
    target: Vec<String>,

    /// Whether calls are forwarded: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    forwarding: Option<bool>,

    /// How long the owner's telephone rings, in seconds: 5 to 600
    #[arg(long, value_name = "SECONDS")]
    ring: Option<i64>,

    /// What the owner's telephone shows: caller or masked-number
    #[arg(long, value_name = "WHICH")]
    caller_id: Option<String>,

    /// Whether callers hear a few words before it rings: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    announce: Option<bool>,

    /// Whether callers can end the forwarded call with *: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    hang_up_on_star: Option<bool>,

    /// What callers get while forwarding is off: voicemail, message or reject
    #[arg(long, value_name = "INSTEAD")]
    when_off: Option<String>,

    /// The longest message, in seconds: 2 to 14400
    #[arg(long, value_name = "SECONDS")]
    max_length: Option<i64>,

    /// The key that ends a message: 0 to 9, # or *; empty for none
    #[arg(long, value_name = "KEY")]
    finish_key: Option<String>,

    /// Whether a beep says when to speak: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    beep: Option<bool>,

    /// How words are made of the sound: auto, twilio, amazon or off
    #[arg(long, value_name = "HOW")]
    transcription: Option<String>,

    /// What callers may speak, like en-US; for several, give it several times
    #[arg(long, value_name = "CODE")]
    spoken_language: Vec<String>,

    /// Whether Twilio's copy is deleted once ours is safe: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    purge_at_twilio: Option<bool>,

    /// Forwarded calls in a month, or unlimited
    #[arg(long, value_name = "CALLS")]
    calls_per_month: Option<String>,

    /// What callers get once these are used up: voicemail, message or reject
    #[arg(long, value_name = "INSTEAD")]
    when_used_up: Option<String>,
}

/// What a number's mailbox knows.
#[derive(Args, Debug)]
pub(crate) struct OwnerFlags {
    /// The owner's name
    #[arg(long)]
    name: Option<String>,

    /// Where voicemails are mailed
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// Where voicemails go when the first address takes no mail
    #[arg(long, value_name = "ADDRESS")]
    second_email: Option<String>,

    /// Whether calls without a message are mailed, too: on or off
    #[arg(long, value_name = "ON|OFF", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    missed_call_mail: Option<bool>,

    /// Where the owner lives, like Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,

    /// For how many days the sound is kept, here and at Twilio; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    audio_days: Option<i64>,

    /// For how many days the words are kept; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    transcript_days: Option<i64>,

    /// For how many days it is kept who called; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    call_days: Option<i64>,
}

/// A mailbox's settings. What is not given stays, or is as for a new mailbox; an empty text clears.
#[derive(Args, Debug)]
pub(crate) struct MailboxFlags {
    /// Settings as YAML or JSON, as `mailbox show` prints them; - reads standard input; flags win over it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    owner: OwnerFlags,

    /// The language of mails: en, zh-CN, es, fr, de, ja or pt-BR
    #[arg(long)]
    language: Option<String>,
}

impl OwnerFlags {
    fn put(self, owner: &mut OwnerForm, retention: &mut RetentionForm) {
        put(&mut owner.name, self.name);
        put(&mut owner.email, self.email);
        put(&mut owner.second_email, self.second_email);
        put(&mut owner.missed_call_mail, self.missed_call_mail);
        put(&mut owner.time_zone, self.time_zone);
        put(&mut retention.audio_days, self.audio_days);
        put(&mut retention.transcript_days, self.transcript_days);
        put(&mut retention.call_days, self.call_days);
    }
}

impl MailboxFlags {
    /// The file, with the flags in place of what it says.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn form(self) -> Result<MailboxForm> {
        let mut form: MailboxForm = file(self.file.as_deref(), "a mailbox")?;
        put(&mut form.owner.language, self.language);
        self.owner.put(&mut form.owner, &mut form.retention);
        Ok(form)
    }
}

impl NumberFlags {
    /// The file, with the flags in place of what it says.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn form(self) -> Result<NumberForm> {
        let mut form: NumberForm = file(self.file.as_deref(), "a number")?;
        let speech_language = self.language.clone();
        // A mailbox that is there has its own.
        let prompts = self.language.filter(|_| self.mailbox.is_none());
        put(&mut form.owner.language, self.mail_language.or(prompts));
        put(&mut form.mailbox, self.mailbox);
        self.owner.put(&mut form.owner, &mut form.retention);
        put(&mut form.speech.language, speech_language);
        put(&mut form.speech.voice, self.voice);
        let greeting = self.greeting.map(|text| ("greeting".to_owned(), text));
        for (name, text) in self.prompt.into_iter().chain(greeting) {
            let is_url = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
            let wording = if is_url { PromptForm::Audio(text) } else { PromptForm::Text(text) };
            form.speech.prompts.insert(name, wording);
        }
        put(&mut form.forwarding.on, self.forwarding);
        put(&mut form.forwarding.targets, (!self.target.is_empty()).then_some(self.target));
        put(&mut form.forwarding.ring_seconds, self.ring);
        put(&mut form.forwarding.caller_id, self.caller_id);
        put(&mut form.forwarding.announce, self.announce);
        put(&mut form.forwarding.hang_up_on_star, self.hang_up_on_star);
        put(&mut form.forwarding.when_off, self.when_off);
        put(&mut form.voicemail.max_seconds, self.max_length);
        put(&mut form.voicemail.finish_key, self.finish_key);
        put(&mut form.voicemail.beep, self.beep);
        put(&mut form.voicemail.transcription, self.transcription);
        put(
            &mut form.voicemail.languages,
            (!self.spoken_language.is_empty()).then_some(self.spoken_language),
        );
        put(&mut form.voicemail.purge_at_twilio, self.purge_at_twilio);
        put(&mut form.plan.calls_per_month, self.calls_per_month.as_deref().map(limit));
        put(&mut form.plan.when_used_up, self.when_used_up);
        Ok(form)
    }
}

fn file<F: Default + DeserializeOwned>(path: Option<&Path>, whose: &str) -> Result<F> {
    let Some(path) = path else { return Ok(F::default()) };
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.with_context(|| format!("{} can't be read", path.display()))?;
    from_yaml(&text).map_err(|why| anyhow!("{} has no settings of {whose}: {why}", path.display()))
}

fn put<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

fn prompt(text: &str) -> Result<(String, String), &'static str> {
    let (name, text) = text.split_once('=').ok_or("write it like greeting=TEXT")?;
    Ok((name.to_owned(), text.to_owned()))
}

fn limit(text: &str) -> Limit {
    text.parse().map_or_else(|_| Limit::Word(text.to_owned()), Limit::Calls)
}
