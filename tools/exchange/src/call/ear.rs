//! What somebody hears, and how long it takes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::orders::Orders;
use crate::clock::{Clock, later};
use crate::document::Prompt;
use crate::line::{Line, Params};
use crate::network::{Network, Webhook};
use crate::story::{Log, Party, What};
use crate::url;
use crate::web;
use crate::webhooks::{Method, WebhookFailure, WebhookKind};

/// A call longer than this is ended by Twilio, which also bounds what loops for ever.
const LONGEST_CALL: Duration = Duration::from_hours(4);

/// What came of a prompt.
pub(super) enum Heard {
    /// It was heard to its end.
    Whole,
    /// The listener was gone before.
    Gone,
    /// Its sound cannot be had.
    Nothing(WebhookFailure),
}

impl Heard {
    fn of(stays: bool) -> Self {
        if stays { Self::Whole } else { Self::Gone }
    }
}

/// A listener with limited patience.
pub(super) struct Ear {
    network: Arc<Network>,
    log: Arc<Log>,
    clock: Clock,
    party: Party,
    line: Line,
    /// What relative URLs of sounds start from.
    base: String,
    leaves_at: Option<Timestamp>,
    /// A dialled leg that may be called off meanwhile.
    orders: Option<Orders>,
}

impl Ear {
    pub(super) fn of(
        (network, log): (&Arc<Network>, &Arc<Log>),
        (line, base): (&Line, &str),
        party: Party,
        patience: Option<Duration>,
    ) -> Self {
        let clock = network.clock.clone();
        Self {
            network: network.clone(),
            log: log.clone(),
            line: line.clone(),
            base: base.to_owned(),
            party,
            leaves_at: patience.map(|patience| later(clock.now(), patience)),
            clock,
            orders: None,
        }
    }

    pub(super) fn until_called_off(mut self, orders: Orders) -> Self {
        self.orders = Some(orders);
        self
    }

    /// Adds to the story what the listener does.
    pub(super) fn does(&self, what: What) {
        self.log.add(self.party.clone(), what);
    }

    /// Lets time pass; answers how much did, and whether the listener is still there.
    pub(super) async fn listen(&self, length: Duration) -> (Duration, bool) {
        let began = self.clock.now();
        let left: Option<Duration> =
            self.leaves_at.map(|leaves| leaves.duration_since(began).try_into().unwrap_or_default());
        let (wait, stays) = match left {
            Some(left) if left < length => (left, false),
            _ => (length, true),
        };
        if let Some(mut orders) = self.orders.clone() {
            let called_off = self.clock.wait_at_most(wait, orders.called_off()).await;
            if called_off.is_some() {
                let passed = self.clock.now().duration_since(began);
                return (passed.try_into().unwrap_or_default(), false);
            }
        } else {
            self.clock.sleep(wait).await;
        }
        (wait, stays)
    }

    /// Hears a prompt.
    pub(super) async fn hear(&self, prompt: &Prompt) -> Heard {
        match prompt {
            Prompt::Say { text, voice, language, repeat } => {
                let length = time_to_say(text);
                for _ in 0..repetitions(*repeat, length) {
                    let began = self.clock.now();
                    let (heard, stays) = self.listen(length).await;
                    self.log.add_at(
                        began,
                        self.party.clone(),
                        What::HearsWords {
                            text: share(text, heard, length),
                            voice: voice.clone(),
                            language: language.clone(),
                            to_the_end: stays,
                        },
                    );
                    if !stays {
                        return Heard::Gone;
                    }
                }
                Heard::Whole
            }
            Prompt::Play { url, keys, repeat } => {
                if let Some(keys) = keys {
                    self.does(What::HearsKeys(keys.clone()));
                    let (_, stays) = self.listen(time_to_press(keys)).await;
                    if !stays {
                        return Heard::Gone;
                    }
                }
                if url.is_empty() {
                    return Heard::Whole;
                }
                match self.fetch(url).await {
                    Ok(length) => self.hear_sound(url, length, *repeat).await,
                    Err(failure) => Heard::Nothing(failure),
                }
            }
            Prompt::Sound { url, length } => self.hear_sound(url, *length, 1).await,
            Prompt::Pause(length) => {
                let began = self.clock.now();
                let (heard, stays) = self.listen(*length).await;
                self.log.add_at(began, self.party.clone(), What::HearsSilence(heard));
                Heard::of(stays)
            }
        }
    }

    async fn hear_sound(&self, url: &str, length: Duration, repeat: u32) -> Heard {
        for _ in 0..repetitions(repeat, length) {
            self.does(What::HearsSound(url.to_owned()));
            if !self.listen(length).await.1 {
                return Heard::Gone;
            }
        }
        Heard::Whole
    }

    /// Fetches a sound, for once however often it is played; answers how long it plays.
    async fn fetch(&self, url: &str) -> Result<Duration, WebhookFailure> {
        let webhook = Webhook {
            kind: WebhookKind::Media,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: Method::Get,
            url: url::resolve(&self.base, url),
            params: Params::new(),
        };
        web::playing_time(&self.network.fetch_media(&self.log, webhook).await?)
    }
}

/// How often something is said: what is said for ever fills the longest call.
fn repetitions(repeat: u32, length: Duration) -> u128 {
    if repeat == 0 { LONGEST_CALL.as_millis().div_ceil(length.as_millis().max(500)) } else { repeat.into() }
}

/// How long it takes to say a text: 150 words a minute, or four characters a second where words
/// are not parted by spaces; never less than half a second.
pub(super) fn time_to_say(text: &str) -> Duration {
    let dense = text.chars().filter(|char| *char >= '\u{2e80}').count();
    let words = text.split_whitespace().filter(|word| word.chars().all(|char| char < '\u{2e80}')).count();
    let millis = words * 400 + dense * 250;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX).max(500))
}

/// How long it takes to press keys: half a second each; a `W` pauses twice as long as a `w`.
pub(super) fn time_to_press(keys: &str) -> Duration {
    let halves = keys.chars().map(|key| if key == 'W' { 2 } else { 1 }).sum();
    Duration::from_millis(500) * halves
}

/// As much of a text as was said in a part of its time.
fn share(text: &str, heard: Duration, length: Duration) -> String {
    if heard >= length {
        return text.into();
    }
    let chars: Vec<char> = text.chars().collect();
    let part =
        u128::try_from(chars.len()).unwrap_or_default() * heard.as_millis() / length.as_millis().max(1);
    let kept = usize::try_from(part).unwrap_or(chars.len()).min(chars.len());
    chars[..kept].iter().collect::<String>().trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaking_takes_time_in_every_script() {
        assert_eq!(time_to_say("one two three four five").as_millis(), 2000);
        assert_eq!(time_to_say("您好请留言").as_millis(), 1250);
        assert_eq!(time_to_say("").as_millis(), 500);
    }

    #[test]
    fn who_hangs_up_halfway_hears_half() {
        let (half, whole) = (Duration::from_secs(1), Duration::from_secs(2));
        assert_eq!(share("abcd efgh", half, whole), "abcd");
        assert_eq!(share("abcd", whole, whole), "abcd");
    }
}
