//! Where Twilio is to go next.

/// Retries for a webhook whose answer steers a call: Twilio gives all attempts 15 s together, and
/// by itself repeats only after a failed connection.
///
/// Twilio reads this from the URL's fragment, and neither sends nor signs it. Source: Twilio's
/// "Webhooks connection overrides" page.
const STEERING: &str = "#ct=2000&rc=2&rp=ct,rt,5xx&rt=6000";

/// Retries for a webhook that only reports something: all five, within the same 15 s. So here, too,
/// no single attempt may use them up.
const REPORTING: &str = "#ct=2000&rc=5&rp=ct,rt,5xx&rt=6000";

/// The parameter of an address in which comes back how a call goes on.
pub const STATE: &str = "s";

/// The addresses of the webhooks, absolute: what Twilio resolves relative addresses against
/// differs between documents, and no stage or base path can get lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callbacks {
    base: String,
}

impl Callbacks {
    /// `base` is what all webhooks' addresses begin with: `https://example.com/webhook`.
    pub fn below(base: impl Into<String>) -> Self {
        let mut base = base.into();
        base.truncate(base.trim_end_matches('/').len());
        Self { base }
    }

    /// A URL of which Twilio waits for the answer to go on with a call, with retries.
    pub fn steering(url: &str) -> String {
        format!("{url}{STEERING}")
    }

    /// A URL to which Twilio only reports something, with retries.
    pub fn reporting(url: &str) -> String {
        format!("{url}{REPORTING}")
    }

    /// What Twilio asks when the forwarded leg has ended; `next` is how a call goes on that has more before it
    /// than a message.
    pub fn dial_outcome(&self, next: Option<&str>) -> String {
        self.address("dial-outcome", next, STEERING)
    }

    /// What Twilio asks when the caller has ended the message; `left_for` says for whom it is (`LeftFor` of `domain`).
    pub fn recorded(&self, left_for: Option<&str>) -> String {
        self.address("recording", left_for, STEERING)
    }

    /// Where Twilio reports that the sound is ready, or that there is none.
    pub fn recording(&self, left_for: Option<&str>) -> String {
        self.address("recording", left_for, REPORTING)
    }

    /// What Twilio asks when the caller has chosen, or said something.
    pub fn menu(&self, next: &str) -> String {
        self.address("menu", Some(next), STEERING)
    }

    /// What a caller hears who is parked.
    pub fn wait(&self, next: &str) -> String {
        self.address("wait", Some(next), STEERING)
    }

    /// What Twilio asks when a caller is parked no more.
    pub fn left(&self, next: &str) -> String {
        self.address("wait/left", Some(next), STEERING)
    }

    /// The sound of ringing.
    pub fn ringing(&self) -> String {
        format!("{}/wait/ringing.wav", self.base)
    }

    /// The document that somebody hears who is alone in a room.
    pub fn alone(&self) -> String {
        format!("{}/wait/alone.xml", self.base)
    }

    /// Music.
    pub fn music(&self) -> String {
        format!("{}/wait/music.wav", self.base)
    }

    /// What somebody hears who picks up; `leg` is [the leg](crate::LegAddress).
    pub fn leg(&self, leg: &str) -> String {
        self.address("leg", Some(leg), STEERING)
    }

    /// What Twilio asks when that person has pressed a key, or said something.
    pub fn leg_answers(&self, leg: &str) -> String {
        self.address("leg/answers", Some(leg), STEERING)
    }

    /// What Twilio asks when that person has talked to the caller, or waited in vain.
    pub fn leg_done(&self, leg: &str) -> String {
        self.address("leg/done", Some(leg), STEERING)
    }

    /// Where Twilio reports how a leg of a live call goes.
    pub fn leg_told(&self, leg: &str) -> String {
        self.address("leg/told", Some(leg), REPORTING)
    }

    /// What somebody hears next in a call that programs steer; `booth` is [the participant](crate::BoothAddress).
    pub fn booth(&self, booth: &str) -> String {
        self.address("leg", Some(booth), STEERING)
    }

    /// What Twilio asks when that participant has pressed keys, or said something.
    pub fn booth_heard(&self, booth: &str) -> String {
        self.address("leg/heard", Some(booth), STEERING)
    }

    /// What Twilio asks when that participant has no seat any more.
    pub fn booth_left(&self, booth: &str) -> String {
        self.address("leg/done", Some(booth), STEERING)
    }

    /// Where Twilio reports how that participant's leg goes.
    pub fn booth_told(&self, booth: &str) -> String {
        self.address("leg/told", Some(booth), REPORTING)
    }

    /// Where Twilio reports who picked up, where it is told beside the call.
    pub fn booth_detected(&self, booth: &str) -> String {
        self.address("leg/detected", Some(booth), REPORTING)
    }

    /// Where Twilio reports how a recording of that participant goes; `recording` is
    /// [which](crate::RecordingAddress).
    pub fn booth_recorded(&self, recording: &str) -> String {
        self.address("leg/recorded", Some(recording), REPORTING)
    }

    /// Where Twilio tells of what goes out of that participant's leg, and what they say; `feed` is
    /// [which](crate::FeedAddress).
    pub fn booth_fed(&self, feed: &str) -> String {
        self.address("leg/fed", Some(feed), REPORTING)
    }

    /// Where Twilio reports the words.
    pub fn transcription(&self) -> String {
        format!("{}/transcription{REPORTING}", self.base)
    }

    /// Where Twilio reports how each leg goes.
    pub fn status(&self) -> String {
        format!("{}/status{REPORTING}", self.base)
    }

    /// What comes back with a webhook stands in one parameter: of several Twilio signs another order than it sends.
    fn address(&self, path: &str, state: Option<&str>, overrides: &str) -> String {
        let query = state.map_or_else(String::new, |state| format!("?{STATE}={state}"));
        format!("{}/{path}{query}{overrides}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn all(callbacks: &Callbacks) -> [String; 5] {
        [
            callbacks.dial_outcome(None),
            callbacks.recorded(None),
            callbacks.recording(None),
            callbacks.transcription(),
            callbacks.status(),
        ]
    }

    #[test]
    fn every_address_is_absolute_and_below_the_base() {
        for base in
            ["https://example.com/webhook", "https://example.com/webhook/", "https://example.com/webhook//"]
        {
            let addresses = all(&Callbacks::below(base)).map(|url| url.split('#').next().unwrap().to_owned());
            let expected = ["dial-outcome", "recording", "recording", "transcription", "status"]
                .map(|path| format!("https://example.com/webhook/{path}"));
            assert_eq!(addresses, expected, "{base}");
        }
    }

    #[test]
    fn every_fragment_is_one_that_twilio_understands() {
        for url in all(&Callbacks::below("https://example.com")) {
            let (_, fragment) = url.split_once('#').unwrap();
            let parameters = fragment.split('&').map(|parameter| parameter.split_once('=').unwrap());
            let overrides: BTreeMap<&str, &str> = parameters.collect();
            assert_eq!(overrides.len(), fragment.split('&').count(), "{fragment} says something twice");
            for (&key, &value) in &overrides {
                let known = match key {
                    "ct" => value.parse().is_ok_and(|ms: u32| (100..=10_000).contains(&ms)),
                    "rt" | "tt" => value.parse().is_ok_and(|ms: u32| (100..=15_000).contains(&ms)),
                    "rc" => value.parse().is_ok_and(|retries: u32| retries <= 5),
                    "rp" => value.split(',').all(|kind| ["4xx", "5xx", "ct", "rt", "all"].contains(&kind)),
                    _ => false,
                };
                assert!(known, "{key}={value}");
            }
        }
    }

    #[test]
    fn an_address_of_others_gets_the_retries_of_our_own() {
        let callbacks = Callbacks::below("https://example.com/webhook");
        assert_eq!(
            Callbacks::steering("https://example.com/webhook/dial-outcome"),
            callbacks.dial_outcome(None)
        );
        assert_eq!(Callbacks::reporting("https://example.com/webhook/status"), callbacks.status());
    }

    #[test]
    fn an_attempt_that_gets_no_answer_leaves_time_for_another() {
        for url in all(&Callbacks::below("https://example.com")) {
            let (_, fragment) = url.split_once('#').unwrap();
            let milliseconds = |key: &str| -> u32 {
                let value = fragment.split('&').find_map(|parameter| parameter.strip_prefix(key));
                value.unwrap().parse().unwrap()
            };
            // Twilio gives all attempts 15 s together.
            assert!((milliseconds("ct=") + milliseconds("rt=")) < 15_000 / 2 + 1_000, "{fragment}");
        }
    }
}
