//! What somebody hears, and how long it takes.

use std::time::Duration;

use super::{Interrupt, LONGEST_CALL, Leg, Passed};
use crate::clock::{later, until};
use crate::document::Prompt;
use crate::hearing::Hearing;
use crate::params::Params;
use crate::speaking::{share, time_to_press, time_to_say};
use crate::story::What;
use crate::url;
use crate::web;
use crate::webhooks::{Method, Webhook, WebhookFailure, WebhookKind};

/// What came of a prompt.
pub(super) enum Heard {
    /// It was heard to its end.
    Whole,
    /// Keys or words cut it short.
    Cut,
    /// Its sound cannot be had.
    Nothing(WebhookFailure),
}

/// How a time was listened through.
type Listened = Result<Heard, Interrupt>;

impl Leg {
    /// Lets time pass in which something is heard; answers how much did.
    async fn listen(&mut self, length: Duration) -> (Duration, Listened) {
        let began = self.now();
        let end = later(began, length);
        let listened = loop {
            let left = until(self.now(), end);
            match self.pass(Some(left)).await {
                Ok(Passed::Whole) => break Ok(Heard::Whole),
                Ok(Passed::Input) if self.is_cut() => break Ok(Heard::Cut),
                Ok(_) => {}
                Err(interrupt) => break Err(interrupt),
            }
        };
        (until(began, self.now()), listened)
    }

    /// Whether keys or words are there that cut prompts short.
    pub(super) fn is_cut(&self) -> bool {
        (self.cut_by.keys && !self.keys.is_empty()) || (self.cut_by.words && self.words.is_some())
    }

    /// Lets the person hear a prompt.
    pub(super) async fn hear(&mut self, prompt: &Prompt) -> Listened {
        if self.is_cut() {
            return Ok(Heard::Cut);
        }
        match prompt {
            Prompt::Say { text, voice, language, repeat } => {
                let length = time_to_say(text);
                for _ in 0..repetitions(*repeat, length) {
                    let began = self.now();
                    self.hears(Hearing::Words(text.clone()));
                    self.meets_words(text);
                    let (heard, listened) = self.listen(length).await;
                    let text = share(text, heard, length);
                    self.network.prompted(&self.handle, began, heard, &text);
                    let what = What::HearsWords {
                        text,
                        voice: voice.clone(),
                        language: language.clone(),
                        to_the_end: matches!(listened, Ok(Heard::Whole)),
                    };
                    self.log().add_at(began, self.handle.party.clone(), what);
                    if !matches!(listened, Ok(Heard::Whole)) {
                        return listened;
                    }
                }
                Ok(Heard::Whole)
            }
            Prompt::Play { url, keys, repeat } => {
                if let Some(keys) = keys {
                    self.hear_keys(keys).await?;
                }
                if url.is_empty() {
                    return Ok(Heard::Whole);
                }
                match self.fetch_sound(url).await? {
                    Ok(length) => self.hear_sound(url, length, *repeat).await,
                    Err(failure) => Ok(Heard::Nothing(failure)),
                }
            }
            Prompt::Sound { url, length } => self.hear_sound(url, *length, 1).await,
            Prompt::Pause(length) => {
                let began = self.now();
                self.hears(Hearing::Silence);
                let (heard, listened) = self.listen(*length).await;
                self.log().add_at(began, self.handle.party.clone(), What::HearsSilence(heard));
                listened
            }
        }
    }

    /// Lets the person hear the tones of keys.
    pub(super) async fn hear_keys(&mut self, keys: &str) -> Result<(), Interrupt> {
        self.hears(Hearing::Keys(keys.to_owned()));
        self.does(What::HearsKeys(keys.to_owned()));
        self.rest(time_to_press(keys)).await
    }

    async fn hear_sound(&mut self, url: &str, length: Duration, repeat: u32) -> Listened {
        for _ in 0..repetitions(repeat, length) {
            self.hears(Hearing::Sound(url.to_owned()));
            self.does(What::HearsSound(url.to_owned()));
            let listened = self.listen(length).await.1;
            if !matches!(listened, Ok(Heard::Whole)) {
                return listened;
            }
        }
        Ok(Heard::Whole)
    }

    /// Fetches a sound, for once however often it is played; answers how long it plays.
    async fn fetch_sound(&mut self, url: &str) -> Result<Result<Duration, WebhookFailure>, Interrupt> {
        let facts = self.handle.facts();
        let webhook = Webhook {
            kind: WebhookKind::Media,
            account_sid: facts.account_sid.clone(),
            call_sid: facts.sid.clone(),
            method: Method::Get,
            url: url::resolve(&self.base, url),
            params: Params::new(),
        };
        let (network, log) = (self.network.clone(), self.log().clone());
        let fetching = self.clock().spawn(async move { network.post.fetch_media(&log, webhook).await });
        let answer = self.pass_until(fetching).await?;
        let answer = answer.unwrap_or_else(|_| Err(WebhookFailure::new(12400, "the request broke off")));
        Ok(answer.and_then(|answer| web::playing_time(&answer)))
    }
}

/// How often something is said: what is said for ever fills the longest call.
fn repetitions(repeat: u32, length: Duration) -> u128 {
    if repeat == 0 { LONGEST_CALL.as_millis().div_ceil(length.as_millis().max(500)) } else { repeat.into() }
}
