//! Where Twilio is to go next.

/// Retries for a webhook whose answer steers a call: Twilio gives all attempts 15 s together, and
/// by itself repeats only after a failed connection.
///
/// Twilio reads this from the URL's fragment, and neither sends nor signs it. Source: Twilio's
/// "Webhooks connection overrides" page.
const STEERING: &str = "#ct=2000&rc=2&rp=ct,rt,5xx&rt=6000";

/// Retries for a webhook that only reports something: nobody waits for it, all five.
const REPORTING: &str = "#rc=5&rp=ct,rt,5xx";

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

    /// What Twilio asks when the forwarded leg has ended.
    pub fn dial_outcome(&self) -> String {
        format!("{}/dial-outcome{STEERING}", self.base)
    }

    /// What Twilio asks when the caller has ended the message.
    pub fn recorded(&self) -> String {
        format!("{}/recording{STEERING}", self.base)
    }

    /// Where Twilio reports that the sound is ready, or that there is none.
    pub fn recording(&self) -> String {
        format!("{}/recording{REPORTING}", self.base)
    }

    /// Where Twilio reports the words.
    pub fn transcription(&self) -> String {
        format!("{}/transcription{REPORTING}", self.base)
    }

    /// Where Twilio reports how each leg goes.
    pub fn status(&self) -> String {
        format!("{}/status{REPORTING}", self.base)
    }
}
