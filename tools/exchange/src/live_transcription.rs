//! Real-time transcription: the words of a leg, told while they are said.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::callbacks::Callbacks;
use crate::clock::{Clock, lock, until};
use crate::document::TranscriptionAsked;
use crate::leg_handle::LegHandle;
use crate::params::{Params, push};
use crate::speaking::{share, time_to_say};
use crate::webhooks::{Webhook, WebhookKind};

/// How long after their end words are final.
const FINAL_AFTER: Duration = Duration::from_millis(400);

/// A transcription of a leg.
pub(crate) struct LiveTranscription {
    pub(crate) sid: String,
    pub(crate) leg: Arc<LegHandle>,
    pub(crate) asked: TranscriptionAsked,
    clock: Clock,
    callbacks: Callbacks,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_over: bool,
    /// How much was told.
    told: u64,
    /// What is being said.
    saying: Vec<Saying>,
    said: u64,
}

#[derive(Clone)]
struct Saying {
    number: u64,
    since: Timestamp,
    by_others: bool,
    words: String,
}

impl LiveTranscription {
    /// Begins one.
    pub(crate) fn start(
        clock: &Clock,
        sid: String,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        asked: TranscriptionAsked,
    ) -> Arc<Self> {
        let it = Arc::new(Self {
            sid,
            leg: leg.clone(),
            asked,
            clock: clock.clone(),
            callbacks: callbacks.clone(),
            state: Mutex::default(),
        });
        it.tell("transcription-started", |params| {
            let asked = &it.asked;
            let mut settings = json!({
                "profanityFilter": asked.profanity_filter.to_string(),
                "speechModel": asked.speech_model,
                "enableAutomaticPunctuation": asked.punctuation.to_string(),
            });
            if let Some(hints) = &asked.hints {
                settings["hints"] = json!(hints);
            }
            push(params, "LanguageCode", asked.language.as_str());
            push(params, "Name", asked.name.as_deref().unwrap_or(&it.sid));
            push(params, "PartialResults", asked.partial_results.to_string());
            push(params, "ProviderConfiguration", settings.to_string());
            push(params, "Track", asked.track.as_str());
            push(params, "TranscriptionEngine", asked.engine.as_str());
            for (name, label) in
                [("InboundTrackLabel", &asked.inbound_label), ("OutboundTrackLabel", &asked.outbound_label)]
            {
                if let Some(label) = label {
                    push(params, name, label.as_str());
                }
            }
        });
        it
    }

    pub(crate) fn is_over(&self) -> bool {
        lock(&self.state).is_over
    }

    /// Somebody says something.
    pub(crate) fn hears(self: &Arc<Self>, by_others: bool, words: &str, confidence: u8) {
        if words.is_empty() || !self.asked.has_track(by_others) {
            return;
        }
        let (now, length) = (self.clock.now(), time_to_say(words));
        let mut state = lock(&self.state);
        if state.is_over {
            return;
        }
        state.said += 1;
        let saying = Saying { number: state.said, since: now, by_others, words: words.to_owned() };
        state.saying.push(saying.clone());
        drop(state);
        let it = self.clone();
        drop(self.clock.spawn(async move {
            let half = length / 2;
            it.clock.sleep(half).await;
            if it.asked.partial_results {
                it.tell_partial(&saying, half, length);
            }
            it.clock.sleep(length.saturating_sub(half) + FINAL_AFTER).await;
            it.tell_final(&saying, None, confidence);
        }));
    }

    /// A prompt was heard at the leg.
    pub(crate) fn heard_prompt(&self, words: &str, confidence: u8) {
        if !words.is_empty() && self.asked.has_track(true) && !self.is_over() {
            self.tell_content(true, words, Some(confidence));
        }
    }

    fn tell_partial(&self, saying: &Saying, heard: Duration, length: Duration) {
        let words = share(&saying.words, heard, length);
        if !self.is_over() && !words.is_empty() {
            self.tell_content(saying.by_others, &words, None);
        }
    }

    /// What was said so far, or all of it, is not changed any more.
    fn tell_final(&self, saying: &Saying, heard: Option<Duration>, confidence: u8) {
        let mut state = lock(&self.state);
        let before = state.saying.len();
        state.saying.retain(|other| other.number != saying.number);
        let is_news = state.saying.len() < before;
        drop(state);
        let length = time_to_say(&saying.words);
        let words = share(&saying.words, heard.unwrap_or(length), length);
        if is_news && !words.is_empty() {
            self.tell_content(saying.by_others, &words, Some(confidence));
        }
    }

    /// Of what is not final nobody says how sure it is.
    fn tell_content(&self, by_others: bool, words: &str, confidence: Option<u8>) {
        self.tell("transcription-content", |params| {
            let data = match confidence {
                Some(percent) => json!({ "transcript": words, "confidence": f64::from(percent) / 100.0 }),
                None => json!({ "transcript": words }),
            };
            push(params, "Final", confidence.is_some().to_string());
            push(params, "LanguageCode", self.asked.language.as_str());
            if confidence.is_none() {
                push(params, "Stability", "0.5");
            }
            push(params, "Track", if by_others { "outbound_track" } else { "inbound_track" });
            push(params, "TranscriptionData", data.to_string());
        });
    }

    /// Ends it, once: what was being said is final as far as it was heard.
    pub(crate) fn stop(&self, confidence: u8) {
        let saying = {
            let mut state = lock(&self.state);
            if std::mem::replace(&mut state.is_over, true) {
                return;
            }
            state.saying.clone()
        };
        let now = self.clock.now();
        for saying in saying {
            self.tell_final(&saying, Some(until(saying.since, now)), confidence);
        }
        self.tell("transcription-stopped", |_| {});
    }

    /// The recogniser gives up: it is over, and nothing more is told.
    pub(crate) fn fail(&self, code: u32, message: &str) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.is_over, true) {
            return;
        }
        state.saying.clear();
        drop(state);
        self.leg.log.error(code, format!("the transcription {}: {message}", self.sid));
        self.tell("transcription-error", |params| {
            push(params, "ErrorCode", code.to_string());
            push(params, "ErrorMessage", message);
        });
    }

    fn tell(&self, event: &str, add: impl FnOnce(&mut Params)) {
        let number = {
            let mut state = lock(&self.state);
            state.told += 1;
            state.told
        };
        let (address, method) = &self.asked.status;
        let facts = self.leg.facts();
        let mut params = Params::new();
        push(&mut params, "AccountSid", facts.account_sid.as_str());
        push(&mut params, "CallSid", facts.sid.as_str());
        push(&mut params, "SequenceId", number.to_string());
        push(&mut params, "Timestamp", format!("{:.6}", self.clock.now()));
        push(&mut params, "TranscriptionEvent", event);
        push(&mut params, "TranscriptionSid", self.sid.as_str());
        add(&mut params);
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::LiveTranscription,
            account_sid: facts.account_sid.clone(),
            call_sid: facts.sid.clone(),
            method: *method,
            url: address.clone(),
            params,
        });
    }
}
