//! What happened in a call: everything heard, done and requested, with its time.

mod entry;
mod log;
mod transcript;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;

use crate::Address;
use crate::clock::{lock, until};
use crate::hearing::{Heard, Hearing};
use crate::leg_record::LegRecord;
use crate::recordings::Recording;
use crate::webhooks::{SentWebhook, WebhookKind};
use transcript::{Names, seconds, write_entry};

pub use entry::{EndedBy, Entry, Party, Problem, What};
pub use log::Event;
pub(crate) use log::{Log, Watchers};

/// The story of one call, from outside or by the REST API, and of the legs dialled from it.
///
/// It grows while things happen: what follows the call's end (recordings, transcriptions) shows up
/// in the same value once the clock got there. Clones tell the same story. `Display` is a
/// transcript with masked numbers.
#[derive(Clone)]
pub struct Story {
    log: Arc<Log>,
}

/// A leg of a call, from its begin to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LegStory {
    /// Its identifier.
    pub call_sid: CallSid,
    /// The leg that dialled it, if one did.
    pub parent: Option<CallSid>,
    /// `inbound`, `outbound-dial` or `outbound-api`.
    pub direction: &'static str,
    /// Who calls.
    pub from: Address,
    /// Who is called.
    pub to: Address,
    /// In Twilio's words.
    pub status: &'static str,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None` while it lasts.
    pub ended: Option<Timestamp>,
    /// What it heard, piece by piece, without a gap.
    pub heard: Vec<Heard>,
}

impl LegStory {
    fn of(leg: &LegRecord) -> Self {
        let facts = &leg.facts;
        // The state is not to be held while what was heard is asked for.
        let state = leg.state().clone();
        Self {
            call_sid: facts.sid.clone(),
            parent: facts.parent.clone(),
            direction: facts.direction.as_str(),
            from: facts.from.clone(),
            to: facts.to.clone(),
            status: state.status,
            began: state.created,
            ended: state.ended,
            heard: leg.heard(),
        }
    }

    /// The longest time in which it heard nothing at all.
    pub fn longest_silence(&self) -> Duration {
        let silences = self.heard.iter().filter(|heard| heard.what == Hearing::Silence);
        silences.map(|heard| until(heard.from, heard.until)).max().unwrap_or_default()
    }
}

impl Story {
    pub(crate) fn of(log: &Arc<Log>) -> Self {
        Self { log: log.clone() }
    }

    /// The call.
    pub fn call_sid(&self) -> &CallSid {
        &self.log.call_sid
    }

    /// Who called.
    pub fn from(&self) -> &Address {
        &self.log.from
    }

    /// The number called.
    pub fn to(&self) -> &Address {
        &self.log.to
    }

    /// When the caller dialled.
    pub fn started(&self) -> Timestamp {
        self.log.started()
    }

    /// When the call ended; `None` while it lasts.
    pub fn ended(&self) -> Option<Timestamp> {
        lock(&self.log.state).ended
    }

    /// Who ended it; `None` while it lasts.
    pub fn ended_by(&self) -> Option<EndedBy> {
        lock(&self.log.state).ended_by.clone()
    }

    /// From dialling to the end, or until now.
    pub fn duration(&self) -> Duration {
        let end = self.ended().unwrap_or_else(|| self.log.clock.now());
        until(self.started(), end)
    }

    /// The call's status in Twilio's words: `ringing`, `in-progress`, `completed`, `busy`,
    /// `no-answer`, `failed`.
    pub fn status(&self) -> String {
        self.log.status()
    }

    /// Whether the call was answered, and so costs something.
    pub fn was_answered(&self) -> bool {
        self.has(|entry| entry.party == Party::Caller && entry.what == What::Answers)
    }

    /// Everything, in order of time.
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.log.state).entries.clone()
    }

    /// The legs of this call, in the order in which they began; the call's own is the first.
    pub fn legs(&self) -> Vec<LegStory> {
        let legs = lock(&self.log.state).legs.clone();
        legs.iter().map(|leg| LegStory::of(leg)).collect()
    }

    /// The webhooks of this call and its legs, in the order sent.
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        let webhooks = lock(&self.log.state).webhooks.clone();
        webhooks.iter().map(|webhook| SentWebhook::clone(webhook)).collect()
    }

    /// Those of one kind.
    pub fn webhooks_of(&self, kind: WebhookKind) -> Vec<SentWebhook> {
        let webhooks = lock(&self.log.state).webhooks.clone();
        let of_kind = webhooks.iter().filter(|webhook| webhook.kind == kind);
        of_kind.map(|webhook| SentWebhook::clone(webhook)).collect()
    }

    /// The recordings made.
    pub fn recordings(&self) -> Vec<Recording> {
        lock(&self.log.state).recordings.clone()
    }

    /// The last recording made.
    pub fn recording(&self) -> Option<Recording> {
        lock(&self.log.state).recordings.last().cloned()
    }

    /// What Twilio's debugger would show as errors.
    pub fn errors(&self) -> Vec<Problem> {
        self.problems(false)
    }

    /// What Twilio's debugger would show as warnings.
    pub fn warnings(&self) -> Vec<Problem> {
        self.problems(true)
    }

    fn problems(&self, warnings: bool) -> Vec<Problem> {
        lock(&self.log.state)
            .entries
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Problem(problem) if problem.is_warning == warnings => Some(problem.clone()),
                _ => None,
            })
            .collect()
    }

    /// All words that the caller heard, in order, one line for each `<Say>`.
    pub fn words_heard_by_caller(&self) -> String {
        self.words_heard_by(|party| *party == Party::Caller)
    }

    fn words_heard_by(&self, who: impl Fn(&Party) -> bool) -> String {
        let state = lock(&self.log.state);
        let lines: Vec<&str> = state
            .entries
            .iter()
            .filter(|entry| who(&entry.party))
            .filter_map(|entry| match &entry.what {
                What::HearsWords { text, .. } => Some(&**text),
                _ => None,
            })
            .collect();
        lines.join("\n")
    }

    fn has(&self, is: impl Fn(&Entry) -> bool) -> bool {
        lock(&self.log.state).entries.iter().any(is)
    }

    fn caller_got(&self, what: &What) -> bool {
        self.has(|entry| entry.party == Party::Caller && entry.what == *what)
    }

    /// Whether the caller heard these words.
    pub fn caller_heard(&self, words: &str) -> bool {
        self.words_heard_by_caller().contains(words)
    }

    /// Whether any called party heard these words (of a whisper).
    pub fn callee_heard(&self, words: &str) -> bool {
        self.words_heard_by(|party| matches!(party, Party::Callee(_))).contains(words)
    }

    /// Whether the caller heard the beep.
    pub fn heard_beep(&self) -> bool {
        self.caller_got(&What::HearsBeep)
    }

    /// Whether the caller heard "an application error has occurred": the worst that can happen.
    pub fn heard_application_error(&self) -> bool {
        self.caller_got(&What::HearsApplicationError)
    }

    /// Whether the caller heard the busy tone.
    pub fn heard_busy(&self) -> bool {
        self.caller_got(&What::HearsBusy)
    }

    /// Whether the caller heard that the number is not in service.
    pub fn heard_not_in_service(&self) -> bool {
        self.caller_got(&What::HearsNotInService)
    }

    /// Whether the caller heard a telephone ring.
    pub fn heard_ringing(&self) -> bool {
        self.has(|entry| entry.party == Party::Caller && matches!(entry.what, What::HearsRinging(_)))
    }

    /// Whether this telephone rang.
    pub fn rang(&self, address: impl Into<Address>) -> bool {
        let callee = Party::Callee(address.into());
        self.has(|entry| entry.party == callee && entry.what == What::Rings)
    }

    /// Whether this telephone was answered.
    pub fn answered(&self, address: impl Into<Address>) -> bool {
        let callee = Party::Callee(address.into());
        self.has(|entry| entry.party == callee && entry.what == What::Answers)
    }

    /// With whom the caller last talked.
    pub fn talked_with(&self) -> Option<Address> {
        let state = lock(&self.log.state);
        state.entries.iter().rev().find_map(|entry| match &entry.what {
            What::TalksWith(address) if entry.party == Party::Caller => Some(address.clone()),
            _ => None,
        })
    }

    /// The `DialCallStatus` of the last `<Dial>`.
    pub fn last_dial_status(&self) -> Option<String> {
        lock(&self.log.state).dial_status.clone()
    }

    /// An entry as the transcript shows it, with numbers in full.
    pub(crate) fn line_of(&self, entry: &Entry) -> String {
        struct Line<'story>(Duration, &'story Entry);
        impl fmt::Display for Line<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_entry(formatter, self.0, self.1, &Names::Revealed)
            }
        }
        Line(until(self.started(), entry.at), entry).to_string()
    }

    /// The transcript with numbers in full.
    pub fn revealed(&self) -> String {
        struct Revealed<'story>(&'story Story);
        impl fmt::Display for Revealed<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(formatter, &Names::Revealed)
            }
        }
        Revealed(self).to_string()
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, names: &Names) -> fmt::Result {
        writeln!(
            formatter,
            "Call {} from {} to {}, {} after {}",
            self.call_sid(),
            names.show(self.from()),
            names.show(self.to()),
            self.status(),
            seconds(self.duration()),
        )?;
        let started = self.started();
        for entry in self.entries() {
            write!(formatter, "  ")?;
            write_entry(formatter, until(started, entry.at), &entry, names)?;
            writeln!(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, &Names::Masked)
    }
}

impl fmt::Debug for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}
