//! What happened in a call: everything heard, done and requested, with its time.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::leg::LegHandle;
use crate::network::Network;
use crate::recordings::Recording;
use crate::webhooks::{SentWebhook, WebhookKind, WebhookOutcome};

/// The story of one inbound call and of the legs dialled from it.
///
/// It grows while things happen: what follows the call's end (recordings, transcriptions) shows up
/// in the same value once the clock got there. Clones tell the same story. `Display` is a
/// transcript with masked numbers.
#[derive(Clone)]
pub struct Story {
    log: Arc<Log>,
}

/// Something that happened at an instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// When, in the exchange's time.
    pub at: Timestamp,
    /// To whom, or by whom.
    pub party: Party,
    /// What.
    pub what: What,
}

/// Whom an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// The network: Twilio itself.
    Network,
    /// Who called.
    Caller,
    /// Who was dialled.
    Callee(Address),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Dials a number.
    Dials(Address),
    /// The telephone rings.
    Rings,
    /// Picks up; of the caller's call: it is answered, and billed from now.
    Answers,
    /// Declines the call.
    Declines,
    /// Hears the ringing tone for so long.
    HearsRinging(Duration),
    /// Hears words of `<Say>`, or of plain text.
    HearsWords {
        /// The text, without markup; only what was heard when somebody hung up before its end.
        text: String,
        /// The `voice`, if one was asked for.
        voice: Option<String>,
        /// The `language`, if one was asked for.
        language: Option<String>,
        /// Whether it was heard to the end.
        to_the_end: bool,
    },
    /// Hears a sound file of `<Play>`.
    HearsSound(String),
    /// Hears key tones of `<Play digits>`.
    HearsKeys(String),
    /// Hears nothing for so long.
    HearsSilence(Duration),
    /// Hears the beep of `<Record>`.
    HearsBeep,
    /// Hears the busy tone.
    HearsBusy,
    /// Hears that the number is not in service.
    HearsNotInService,
    /// Hears "We are sorry, an application error has occurred. Goodbye."
    HearsApplicationError,
    /// Hears that the other end is gone.
    HearsHangUp,
    /// Is connected with somebody.
    TalksWith(Address),
    /// Hears what somebody says whom they are connected with.
    HearsSomebody {
        /// Who says it.
        from: Address,
        /// What.
        words: String,
    },
    /// Says something: after a beep, at a prompt, or to whoever hears it.
    Speaks(String),
    /// Presses keys.
    Presses(String),
    /// Hangs up.
    HangsUp,
    /// The network requested a webhook; as it stood when its answer came.
    Webhook(Box<SentWebhook>),
    /// A recording ended.
    Recorded(Box<Recording>),
    /// Something that Twilio's debugger would show.
    Problem(Problem),
    /// The state of a leg or call changed, in Twilio's words.
    Status(String),
    /// A remark for the reader.
    Note(String),
}

/// An error or a warning, as in Twilio's debugger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Twilio's code; 0 for what the exchange itself cannot do.
    pub code: u32,
    /// What is wrong.
    pub message: String,
    /// Whether the call goes on as if nothing were wrong.
    pub is_warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_warning { "warning" } else { "error" };
        write!(formatter, "{kind} {}: {}", self.code, self.message)
    }
}

/// What a leg hears, or why it hears nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hearing {
    /// A telephone rings, here or there.
    Ringing,
    /// Nothing.
    Silence,
    /// Words of a prompt.
    Words(String),
    /// A sound file.
    Sound(String),
    /// Tones of keys.
    Keys(String),
    /// Music, or what is played in its place.
    Music(String),
    /// A recorder has asked it to speak.
    Recorder,
    /// Whoever is at these legs.
    People(Vec<CallSid>),
}

/// A piece of what a leg heard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// From this instant.
    pub from: Timestamp,
    /// Until this one.
    pub until: Timestamp,
    /// What.
    pub what: Hearing,
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
    fn of(leg: &LegHandle) -> Self {
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
        silences.map(|heard| since(heard.from, heard.until)).max().unwrap_or_default()
    }
}

/// Who ended a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The caller hung up.
    Caller,
    /// The called party hung up, and the document had nothing more.
    Callee,
    /// The network: the document came to its end, or said so.
    Network,
    /// The network, after an application error.
    ApplicationError,
}

/// An entry of some call, for live display.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// The inbound call.
    pub call_sid: CallSid,
    /// Since the call began.
    pub since_start: Duration,
    /// What happened.
    pub entry: Entry,
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_entry(formatter, self.since_start, &self.entry, &Names::Masked)
    }
}

/// Where the entries of a call are written.
pub(crate) struct Log {
    call_sid: CallSid,
    from: Address,
    to: Address,
    clock: Clock,
    watchers: Watchers,
    state: Mutex<State>,
}

/// Those who watch live.
pub(crate) type Watchers = Arc<Mutex<Vec<mpsc::UnboundedSender<Event>>>>;

struct State {
    started: Timestamp,
    ended: Option<Timestamp>,
    ended_by: Option<EndedBy>,
    status: String,
    entries: Vec<Entry>,
    legs: Vec<Weak<LegHandle>>,
    webhooks: Vec<SentWebhook>,
    recordings: Vec<Recording>,
    dial_status: Option<String>,
}

impl Log {
    pub(crate) fn new(network: &Network, call_sid: CallSid, from: Address, to: Address) -> Arc<Self> {
        let started = network.clock.now();
        Arc::new(Self {
            call_sid,
            from,
            to,
            clock: network.clock.clone(),
            watchers: network.watchers.clone(),
            state: Mutex::new(State {
                started,
                ended: None,
                ended_by: None,
                status: "ringing".into(),
                entries: Vec::new(),
                legs: Vec::new(),
                webhooks: Vec::new(),
                recordings: Vec::new(),
                dial_status: None,
            }),
        })
    }

    pub(crate) fn story(self: &Arc<Self>) -> Story {
        Story { log: self.clone() }
    }

    pub(crate) fn started(&self) -> Timestamp {
        lock(&self.state).started
    }

    pub(crate) fn add(&self, party: Party, what: What) {
        self.add_at(self.clock.now(), party, what);
    }

    /// Adds something that began earlier; entries stay in the order of their instants.
    pub(crate) fn add_at(&self, at: Timestamp, party: Party, what: What) {
        let entry = Entry { at, party, what };
        insert(&mut lock(&self.state).entries, entry.clone());
        self.show(entry);
    }

    /// A leg of this call begins.
    pub(crate) fn leg_began(&self, leg: &Arc<LegHandle>) {
        lock(&self.state).legs.push(Arc::downgrade(leg));
    }

    /// Shows an entry to those who watch.
    fn show(&self, entry: Entry) {
        let since_start = since(self.started(), entry.at);
        let event = Event { call_sid: self.call_sid.clone(), since_start, entry };
        lock(&self.watchers).retain(|watcher| watcher.send(event.clone()).is_ok());
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.add(Party::Network, What::Note(text.into()));
    }

    pub(crate) fn error(&self, code: u32, message: impl Into<String>) {
        self.problem(code, message, false);
    }

    pub(crate) fn warning(&self, code: u32, message: impl Into<String>) {
        self.problem(code, message, true);
    }

    fn problem(&self, code: u32, message: impl Into<String>, is_warning: bool) {
        let problem = Problem { code, message: message.into(), is_warning };
        self.add(Party::Network, What::Problem(problem));
    }

    /// A webhook is under way. Its place in the story is where it was sent.
    pub(crate) fn webhook_sent(&self, webhook: SentWebhook) {
        let mut state = lock(&self.state);
        let what = What::Webhook(Box::new(webhook.clone()));
        insert(&mut state.entries, Entry { at: webhook.at, party: Party::Network, what });
        state.webhooks.push(webhook);
    }

    /// A webhook got its answer, or none.
    pub(crate) fn webhook_done(&self, webhook: &SentWebhook) {
        let mut state = lock(&self.state);
        if let Some(sent) = state.webhooks.iter_mut().find(|sent| sent.id == webhook.id) {
            *sent = webhook.clone();
        }
        let is_this =
            |entry: &&mut Entry| matches!(&entry.what, What::Webhook(sent) if sent.id == webhook.id);
        let Some(entry) = state.entries.iter_mut().find(is_this) else {
            return;
        };
        entry.what = What::Webhook(Box::new(webhook.clone()));
        let entry = entry.clone();
        drop(state);
        self.show(entry);
    }

    pub(crate) fn recorded(&self, recording: Recording) {
        lock(&self.state).recordings.push(recording.clone());
        self.add(Party::Network, What::Recorded(Box::new(recording)));
    }

    /// The recording's later state.
    pub(crate) fn recording_changed(&self, recording: &Recording) {
        let mut state = lock(&self.state);
        if let Some(known) = state.recordings.iter_mut().find(|known| known.sid == recording.sid) {
            *known = recording.clone();
        }
    }

    pub(crate) fn set_status(&self, status: &str) {
        lock(&self.state).status = status.into();
    }

    pub(crate) fn set_dial_status(&self, status: &str) {
        lock(&self.state).dial_status = Some(status.into());
    }

    pub(crate) fn end(&self, by: EndedBy) {
        let mut state = lock(&self.state);
        state.ended = Some(self.clock.now());
        state.ended_by = Some(by);
    }
}

/// Keeps entries in the order of their instants, and of one instant as they came.
fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let place = entries.partition_point(|other| other.at <= entry.at);
    entries.insert(place, entry);
}

fn since(started: Timestamp, at: Timestamp) -> Duration {
    at.duration_since(started).try_into().unwrap_or_default()
}

impl Story {
    /// The inbound call.
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
        since(self.started(), end)
    }

    /// The call's status in Twilio's words: `ringing`, `in-progress`, `completed`, `busy`,
    /// `no-answer`, `failed`.
    pub fn status(&self) -> String {
        lock(&self.log.state).status.clone()
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
        let legs: Vec<_> = lock(&self.log.state).legs.iter().filter_map(Weak::upgrade).collect();
        legs.iter().map(|leg| LegStory::of(leg)).collect()
    }

    /// The webhooks of this call and its legs, in the order sent.
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        lock(&self.log.state).webhooks.clone()
    }

    /// Those of one kind.
    pub fn webhooks_of(&self, kind: WebhookKind) -> Vec<SentWebhook> {
        let mut webhooks = self.webhooks();
        webhooks.retain(|webhook| webhook.kind == kind);
        webhooks
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
        Line(since(self.started(), entry.at), entry).to_string()
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
            write_entry(formatter, since(started, entry.at), &entry, names)?;
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

/// How a transcript shows addresses.
enum Names {
    Masked,
    Revealed,
}

impl Names {
    fn show(&self, address: &Address) -> String {
        match self {
            Self::Masked => address.to_string(),
            Self::Revealed => address.reveal().into(),
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn write_entry(
    formatter: &mut fmt::Formatter<'_>,
    since_start: Duration,
    entry: &Entry,
    names: &Names,
) -> fmt::Result {
    let party = match &entry.party {
        Party::Network => "network".into(),
        Party::Caller => "caller".into(),
        Party::Callee(address) => names.show(address),
    };
    let what = describe(&entry.what, names);
    write!(formatter, "{:>8}  {party:<13} {what}", seconds(since_start))
}

fn describe(what: &What, names: &Names) -> String {
    match what {
        What::Dials(address) => format!("dials {}", names.show(address)),
        What::Rings => "rings".into(),
        What::Answers => "is answered".into(),
        What::Declines => "declines".into(),
        What::HearsRinging(length) => format!("hears ringing for {}", seconds(*length)),
        What::HearsWords { text, voice, language, to_the_end } => {
            let how: Vec<&str> = [voice, language].into_iter().flatten().map(|s| &**s).collect();
            let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
            let cut = if *to_the_end { "" } else { " … and no more" };
            format!("hears \"{text}\"{how}{cut}")
        }
        What::HearsSound(url) => format!("hears the sound {url}"),
        What::HearsKeys(keys) => format!("hears the keys {keys}"),
        What::HearsSilence(length) => format!("hears silence for {}", seconds(*length)),
        What::HearsBeep => "hears the BEEP".into(),
        What::HearsBusy => "hears the busy tone".into(),
        What::HearsNotInService => "hears that the number is not in service".into(),
        What::HearsApplicationError => {
            "HEARS \"WE ARE SORRY, AN APPLICATION ERROR HAS OCCURRED. GOODBYE.\"".into()
        }
        What::HearsHangUp => "hears the hang-up tone".into(),
        What::TalksWith(address) => format!("talks with {}", names.show(address)),
        What::HearsSomebody { from, words } => format!("hears {} say \"{words}\"", names.show(from)),
        What::Speaks(words) if words.is_empty() => "makes a sound without words".into(),
        What::Speaks(words) => format!("says \"{words}\""),
        What::Presses(keys) => format!("presses {keys}"),
        What::HangsUp => "hangs up".into(),
        What::Webhook(webhook) => describe_webhook(webhook),
        What::Recorded(recording) => format!("recorded {} s as {}", recording.duration, recording.sid),
        What::Problem(problem) => format!("!! {problem}"),
        What::Status(status) => format!("is {status}"),
        What::Note(note) => format!("({note})"),
    }
}

/// Parameters worth a place in the transcript; none of them holds a number.
const TELLING: [&str; 11] = [
    "CallStatus",
    "DialCallStatus",
    "DialBridged",
    "DialCallDuration",
    "Digits",
    "SpeechResult",
    "RecordingStatus",
    "RecordingDuration",
    "TranscriptionStatus",
    "SequenceNumber",
    "ErrorCode",
];

fn describe_webhook(webhook: &SentWebhook) -> String {
    let told: Vec<String> =
        TELLING.iter().filter_map(|name| Some(format!("{name}={}", webhook.param(name)?))).collect();
    let end = match &webhook.outcome {
        WebhookOutcome::UnderWay => "under way".into(),
        WebhookOutcome::Lost => "lost on the way".into(),
        WebhookOutcome::Answered(answer) => {
            let content_type = answer.content_type.as_deref().unwrap_or_default();
            format!("{} {content_type}", answer.status).trim_end().into()
        }
        WebhookOutcome::Failed(failure) => failure.to_string(),
    };
    let copy = match (webhook.resend_of, webhook.copy) {
        (Some(_), _) => ", sent again".into(),
        (None, _) if webhook.too_late => ", too late".into(),
        (None, 0) => String::new(),
        (None, copy) => format!(", copy {}", copy + 1),
    };
    let path = webhook.path().split('?').next().unwrap_or_default();
    format!("{} {path} ({}{copy}) {} -> {end}", webhook.method, webhook.kind, told.join(" "))
}
