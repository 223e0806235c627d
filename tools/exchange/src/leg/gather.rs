//! `<Gather>`: keys and words at prompts, of whoever is at the leg.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::documents::{Next, Scope};
use super::{CutBy, Interrupt, Leg, Passed, Request};
use crate::clock::{later, until};
use crate::document::Gather;
use crate::hearing::Hearing;
use crate::params::{Params, push};
use crate::person::Mood;
use crate::phones::{Deed, Input};
use crate::speaking::{time_to_press, time_to_say};
use crate::story::What;
use crate::url;
use crate::webhooks::{Method, WebhookKind};

/// How stable what is understood so far is said to be.
const STABILITY: &str = "0.9";

/// A pause that ends a speech.
const END_OF_SPEECH: Duration = Duration::from_secs(1);

/// What came of a `<Gather>`.
enum Gathered {
    /// Nothing came in time.
    Nothing,
    /// Keys, and the one that finished them.
    Keys(String, Option<char>),
    /// Words.
    Words(String),
}

impl Leg {
    pub(super) async fn gather(&mut self, gather: &Gather, scope: Scope) -> Result<Next, Interrupt> {
        self.answer();
        self.keys.clear();
        self.words = None;
        if gather.barge_in {
            self.cut_by = CutBy { keys: gather.takes_keys, words: gather.takes_speech };
        }
        let prompts = self.hear_prompts(gather, scope).await;
        self.cut_by = CutBy::default();
        if let Some(next) = prompts? {
            return Ok(next);
        }
        self.callee_left = false;
        // Who is in the middle of a greeting is so at its prompts for keys as well.
        let mood = match scope {
            Scope::Whisper => Mood::Whisper,
            Scope::Call if self.in_greeting => Mood::Greeting,
            _ => Mood::Else,
        };
        if mood != Mood::Whisper {
            self.feels(mood);
        }
        self.hears(Hearing::Silence);
        let gathered = self.gather_input(gather).await;
        if mood != Mood::Whisper {
            self.feels(Mood::Else);
        }
        let tells_empty = self.network.config.unverified.tells_empty_digits;
        let confidence = f64::from(self.network.confidence.load(Ordering::Relaxed)) / 100.0;
        let Some(extra) = action_params(gather, &gathered?, confidence, tells_empty) else {
            return Ok(Next::Verb);
        };
        let (url, method) = self.action_or_current(gather.action.as_deref(), gather.method);
        let kind = if scope == Scope::Call { WebhookKind::GatherAction } else { scope_kind(scope) };
        self.go_on(Request { kind, url, method, extra }, scope).await
    }

    async fn hear_prompts(&mut self, gather: &Gather, scope: Scope) -> Result<Option<Next>, Interrupt> {
        for prompt in &gather.prompts {
            match self.hear_in(prompt, scope).await? {
                Next::Verb => {}
                other => return Ok(Some(other)),
            }
            if self.is_cut() {
                break;
            }
        }
        Ok(None)
    }

    /// Whether something was pressed or said that the `<Gather>` takes.
    fn has_input(&self, gather: &Gather) -> bool {
        (gather.takes_keys && !self.keys.is_empty()) || (gather.takes_speech && self.words.is_some())
    }

    /// Listens for input: first for what came during the prompts, then for what the script has.
    async fn gather_input(&mut self, gather: &Gather) -> Result<Gathered, Interrupt> {
        if !self.has_input(gather) {
            match self.person.next_input() {
                Input::Keys(keys) if gather.takes_keys => return self.press_as_scripted(gather, &keys).await,
                Input::Words(words) if gather.takes_speech => {
                    self.perform(Deed::Says(words))?;
                }
                _ => {}
            }
        }
        let mut digits = String::new();
        let mut end = later(self.now(), gather.timeout);
        loop {
            if gather.takes_speech
                && digits.is_empty()
                && let Some(words) = self.words.take()
            {
                return self.heard_words(gather, words).await;
            }
            while let Some(key) = self.keys.pop_front() {
                if !gather.takes_keys {
                    continue;
                }
                if gather.finish_on_key == Some(key) {
                    return Ok(Gathered::Keys(digits, Some(key)));
                }
                digits.push(key);
                // Only what it takes gives more time.
                end = later(self.now(), gather.timeout);
                if gather.num_digits.is_some_and(|wanted| digits.len() >= wanted) {
                    return Ok(Gathered::Keys(digits, None));
                }
            }
            if let Passed::Whole = self.pass(Some(until(self.now(), end))).await? {
                return Ok(keys_or_nothing(digits));
            }
        }
    }

    /// The words are over when a pause follows, in which nothing else is said.
    async fn heard_words(&mut self, gather: &Gather, first: String) -> Result<Gathered, Interrupt> {
        let pause = gather.speech_timeout.unwrap_or(END_OF_SPEECH);
        let mut words = first;
        let mut partial = 0;
        let mut end = later(self.now(), time_to_say(&words) + pause);
        self.tell_partial_result(gather, &words, partial);
        loop {
            let left = until(self.now(), end);
            if let Passed::Whole = self.pass(Some(left)).await? {
                break;
            }
            if let Some(more) = self.words.take() {
                end = later(self.now(), time_to_say(&more) + pause);
                words = format!("{words} {more}");
                partial += 1;
                self.tell_partial_result(gather, &words, partial);
            }
        }
        // Keys after words are nobody's.
        self.keys.clear();
        Ok(if words.trim().is_empty() { Gathered::Nothing } else { Gathered::Words(words) })
    }

    /// What is understood so far is told beside the call.
    fn tell_partial_result(&self, gather: &Gather, words: &str, number: u32) {
        let Some((url, method)) = &gather.partial_results else { return };
        let mut params = self.handle.facts().params(self.status());
        let first = words.split_whitespace().next().unwrap_or_default();
        push(&mut params, "UnstableSpeechResult", words);
        push(&mut params, "StableSpeechResult", first);
        push(&mut params, "Stability", STABILITY);
        push(&mut params, "SequenceNumber", number.to_string());
        self.tell(WebhookKind::PartialResult, url::resolve(&self.base, url), *method, params);
    }

    /// Presses the keys of the script, one each half a second, until they are enough.
    async fn press_as_scripted(&mut self, gather: &Gather, keys: &str) -> Result<Gathered, Interrupt> {
        let mut pressed = String::new();
        let mut digits = String::new();
        let mut finished_on = None;
        for key in keys.chars() {
            self.rest(time_to_press("1")).await?;
            pressed.push(key);
            if gather.finish_on_key == Some(key) {
                finished_on = Some(key);
                break;
            }
            digits.push(key);
            if gather.num_digits.is_some_and(|wanted| digits.len() >= wanted) {
                break;
            }
        }
        self.does(What::Presses(pressed));
        let enough = gather.num_digits.is_some_and(|wanted| digits.len() >= wanted);
        if finished_on.is_none() && !enough {
            self.rest(gather.timeout).await?;
        }
        Ok(match finished_on {
            Some(key) => Gathered::Keys(digits, Some(key)),
            None => keys_or_nothing(digits),
        })
    }

    /// Without an action the present document's own URL is asked again.
    pub(super) fn action_or_current(&self, action: Option<&str>, method: Method) -> (String, Method) {
        action.map_or_else(|| self.current.clone(), |action| (action.to_owned(), method))
    }
}

fn scope_kind(scope: Scope) -> WebhookKind {
    match scope {
        Scope::Whisper => WebhookKind::Whisper,
        _ => WebhookKind::GatherAction,
    }
}

/// Keys that were ended by time.
fn keys_or_nothing(digits: String) -> Gathered {
    if digits.is_empty() { Gathered::Nothing } else { Gathered::Keys(digits, None) }
}

/// The parameters that the `action` gets; `None` when it is not requested.
fn action_params(gather: &Gather, gathered: &Gathered, confidence: f64, tells_empty: bool) -> Option<Params> {
    let mut params = Params::new();
    match gathered {
        Gathered::Keys(digits, finished_on) => {
            push(&mut params, "Digits", digits.as_str());
            push(&mut params, "FinishedOnKey", finished_on.map(String::from).unwrap_or_default());
        }
        Gathered::Words(words) => {
            push(&mut params, "SpeechResult", words.as_str());
            push(&mut params, "Confidence", confidence.to_string());
            if let Some(language) = &gather.language {
                push(&mut params, "Language", language.as_str());
            }
        }
        Gathered::Nothing if gather.action_on_empty_result && tells_empty => {
            push(&mut params, "Digits", "");
        }
        Gathered::Nothing if gather.action_on_empty_result => {}
        Gathered::Nothing => return None,
    }
    Some(params)
}
