//! The fault matrix: a call, and something that goes wrong; in the end the owner has the voicemail.
//!
//! A [`Case`] is a [`Scenario`] and its [`Faults`]. [`play`] plays it in a system of its own and
//! in virtual time, lets all outages end, lets the search for the forgotten run every 15 minutes
//! as the schedule does, and says what is not as promised:
//!
//! - every voicemail was mailed;
//! - none was mailed twice, except where SES took the mail and the ledger could not know it: the
//!   worker died just then, or the answer or the record of it was lost;
//! - no caller heard an application error, and each spoke with the owner, or heard words and a beep;
//! - nothing is left to do.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that can't go on is a test that failed"
)]

use std::fmt;
use std::time::Duration;

use callflow::{Language, NumberSettings};
use exchange::{Caller, Phone, Speech, WebhookKind};
use local::development;
use local::faults::{Faults, How, Outage, Service, Travel, When};
use local::place::Folders;
use local::stack::{Options, Stack};
use mail_parser::MessageParser;
use store::Mail;

/// What happens in a call, as far as nothing goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// The owner does not answer, and the caller leaves a message, of which Twilio makes words.
    NoAnswer,
    /// The owner's telephone is busy, and the recording is to be deleted at Twilio.
    BusyAndPurged,
    /// The caller hangs up in the middle of the message.
    HangsUp,
    /// Forwarding is off, and Amazon makes words of the message.
    OffInChinese,
    /// The owner answers: there is no voicemail.
    Answered,
}

/// One case of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The call.
    pub scenario: Scenario,
    /// What goes wrong.
    pub faults: Faults,
}

/// What became of a case.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// What is not as promised. Nothing, if all is well.
    pub broken: Vec<String>,
    /// Voicemails that were never mailed.
    pub lost: usize,
    /// Mails beyond the first of a voicemail.
    pub doubled: usize,
    /// How many of those had to be, for SES had taken a mail and nobody could know.
    pub allowed: usize,
    /// How many requests to AWS the worker made.
    pub worker_requests: u32,
}

/// Counts over many cases.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Cases played.
    pub cases: usize,
    /// Voicemails that were never mailed.
    pub lost: usize,
    /// Mails beyond the first of a voicemail.
    pub doubled: usize,
    /// Cases in which something was not as promised, with what that was.
    pub broken: Vec<String>,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NoAnswer, Self::BusyAndPurged, Self::HangsUp, Self::OffInChinese, Self::Answered];

    fn settings(self, settings: &mut NumberSettings) {
        match self {
            Self::BusyAndPurged => settings.voicemail.purge_at_twilio = true,
            Self::OffInChinese => {
                settings.speech.language = Language::Chinese;
                settings.forwarding.on = false;
            }
            Self::NoAnswer | Self::HangsUp | Self::Answered => {}
        }
    }

    fn phone(self) -> Phone {
        match self {
            Self::BusyAndPurged => Phone::busy(),
            Self::Answered => Phone::answers_after(5).talks_for(20),
            _ => Phone::never_answers(),
        }
    }

    fn caller(self) -> Caller {
        let caller = Caller::new(development::STRANGER);
        match self {
            Self::HangsUp => caller.leaves(Speech::english_sample()).hangs_up_during_message_after(4),
            Self::OffInChinese => caller.leaves(Speech::chinese_sample()),
            _ => caller.leaves(Speech::english_sample()),
        }
    }

    /// The kinds of webhooks that it brings.
    pub fn webhooks(self) -> Vec<WebhookKind> {
        use WebhookKind::{
            CallStatus, DialAction, LegStatus, RecordAction, RecordingStatus, Transcription, Voice,
        };
        match self {
            Self::NoAnswer | Self::BusyAndPurged | Self::HangsUp => {
                vec![Voice, LegStatus, DialAction, RecordAction, CallStatus, RecordingStatus, Transcription]
            }
            Self::OffInChinese => vec![Voice, RecordAction, CallStatus, RecordingStatus],
            Self::Answered => vec![Voice, LegStatus, DialAction, CallStatus],
        }
    }
}

/// What may happen to a webhook. For one that drives the call and gets lost, Twilio asks the
/// number's fallback URL.
pub const TRAVELS: [Travel; 5] =
    [Travel::Normal, Travel::Doubled, Travel::Late, Travel::Overtaken, Travel::Dropped];

/// A simple generator of numbers that look random (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn number(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(limit as usize)).unwrap()
    }
}

impl Case {
    /// The case of a seed: always the same.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.below(1);
        let scenario = dice.of(&Scenario::ALL);
        let mut faults = Faults::default();
        for kind in scenario.webhooks() {
            if dice.below(2) == 0 {
                faults.webhooks.push((kind, dice.of(&TRAVELS)));
            }
        }
        for _ in 0..dice.below(3) {
            let service = dice.of(&Service::ALL);
            let hows =
                [How::Refused, How::TimeOut, How::Throttled, How::ServerError, How::AnswerLost, How::Slow];
            let how = dice.of(&hows);
            // An hour of mails whose receipts are lost is an hour of mails.
            let at_one = how == How::AnswerLost || dice.below(3) == 0;
            let when = if at_one {
                When::Request(1 + dice.number(12))
            } else {
                When::Span { after_seconds: dice.number(300), seconds: dice.of(&[5, 60, 300, 1_800, 3_600]) }
            };
            faults.outages.push(Outage { service, how, when });
        }
        for _ in 0..dice.below(3) {
            faults.worker_dies_before.push(1 + dice.number(25));
        }
        Self { scenario, faults }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.scenario, self.faults)
    }
}

impl Counts {
    /// Adds what became of a case that `name` names.
    pub fn add(&mut self, name: impl fmt::Display, played: &Played) {
        self.cases += 1;
        self.lost += played.lost;
        self.doubled += played.doubled;
        self.broken.extend(played.broken.iter().map(|broken| format!("{name}: {broken}")));
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.broken.extend(other.broken);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, lost, doubled, broken } = self;
        write!(f, "{cases} cases, {lost} lost, {doubled} doubled, {} not as promised", broken.len())
    }
}

/// Plays cases on a runtime of this thread's own, one after the other.
pub fn play_all(cases: impl IntoIterator<Item = (String, Case)>) -> Counts {
    let mut counts = Counts::default();
    for (name, case) in cases {
        // One for each, so that nothing of one case is left in the next.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let played = runtime.block_on(play(&case));
        counts.add(format!("{name} {case}"), &played);
        runtime.shutdown_background();
    }
    counts
}

/// Plays a case in a system of its own.
pub async fn play(case: &Case) -> Played {
    let start = "2026-11-20T15:00:00Z".parse().unwrap();
    let stack = Stack::start(Options::at(start, Folders::temporary().unwrap())).await.unwrap();
    let mut settings = development::number().unwrap();
    case.scenario.settings(&mut settings);
    stack.add_number(&settings).await.unwrap();
    stack.exchange.plug(development::OWNER_PHONE, case.scenario.phone());
    stack.break_by(&case.faults);

    let story = stack.exchange.call(case.scenario.caller(), development::MASKED_NUMBER).await;
    let mut played = Played::default();
    // Until everything is over, and then long enough for every retry to have its turn.
    let quarters = case.faults.over_after_seconds() / 900 + 6;
    for _ in 0..quarters {
        stack.clock.advance(Duration::from_mins(15)).await;
        // It may fail while something is away; the next one makes up for it.
        let _ = stack.reconcile().await;
    }
    stack.clock.settled().await;
    // Words that never came are given up after a day: only then the last recordings are deleted.
    for recording in story.recordings() {
        if stack.ledger.voicemail(&recording.sid).await.is_ok_and(|row| row.open) {
            stack.clock.advance(Duration::from_hours(25)).await;
            let _ = stack.reconcile().await;
            stack.clock.settled().await;
        }
    }
    played.worker_requests = stack.worker_requests();
    played.allowed = usize::try_from(stack.doubts()).unwrap();

    if story.heard_application_error() {
        played.broken.push(format!("the caller heard an application error\n{story}"));
    }
    if !story.heard_beep() && story.talked_with().is_none() {
        played.broken.push(format!("the caller reached neither the owner nor a beep\n{story}"));
    }
    if story.heard_beep() && story.words_heard_by_caller().is_empty() {
        played.broken.push(format!("the caller heard a beep and no word of what it is for\n{story}"));
    }
    let mails = stack.mailbox.messages();
    let firsts = mails
        .iter()
        .filter(|mail| {
            let message = MessageParser::new().parse(&mail.raw);
            message.as_ref().and_then(|it| it.subject()).is_some_and(|subject| !subject.starts_with("Re: "))
        })
        .count();
    let seconds = mails.len() - firsts;
    let voicemails: Vec<_> = story.recordings().into_iter().filter(|it| it.duration > 0).collect();
    let expected = voicemails.len();
    played.lost = expected.saturating_sub(firsts);
    played.doubled = firsts.saturating_sub(expected) + seconds.saturating_sub(expected);
    if played.lost > 0 {
        played.broken.push(format!("a voicemail is lost\n{story}"));
    }
    if played.doubled > played.allowed {
        let doubled = format!("{} mails too many, {} allowed", played.doubled, played.allowed);
        played.broken.push(format!("{doubled}\n{story}"));
    }
    for recording in voicemails {
        match stack.ledger.voicemail(&recording.sid).await {
            Ok(row) if row.open || !matches!(row.mail, Mail::Sent { .. }) => {
                played.broken.push(format!("the row is not done: {row:?}"));
            }
            Ok(_) => {}
            Err(error) => played.broken.push(format!("no row: {error}")),
        }
    }
    played
}
