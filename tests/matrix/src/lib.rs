//! The fault matrix: a call, and something that goes wrong; in the end the owner has the voicemail.
//!
//! A [`Case`] is a [`Scenario`] and its [`Faults`]. [`play`] plays it in a system of its own and
//! in virtual time, lets all outages end, lets the search for the forgotten run every 15 minutes
//! as the schedule does, and says what is not as promised:
//!
//! - every voicemail was mailed, whole, to an address that takes it; where none does, the row says why,
//!   it was counted, and it can be sent over again;
//! - none was mailed twice, except where SES took the mail and the ledger could not know it: the
//!   worker died just then, or the answer or the record of it was lost; and then no more often than
//!   is stated;
//! - no caller heard an application error, unless the fallback was away as well, and each spoke with
//!   the owner, or heard words and a beep;
//! - whoever wants to know of missed calls was told of each once, if an address takes it;
//! - nothing is left to do.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that can't go on is a test that failed"
)]

use std::fmt;
use std::iter;
use std::time::Duration;

use domain::{EmailAddress, Instruction, Language, Mail, MailReports, MailboxId, NumberSettings, ResendTo};
use exchange::{Caller, EndedBy, Phone, Recording, RestFault, Speech, Story, WebhookKind};
use local::development;
use local::faults::{Faults, How, Outage, SearchEnds, SearchRequest, Service, Span, Travel, When};
use local::mail_events::{Bounce, Fate, MailEventType};
use local::place::Folders;
use local::stack::{Options, Stack};
use mail_parser::MessageParser;
use phone::PhoneNumber;
use runtime::telemetry::Metric;
use store::Written;

mod counted;
mod dice;
pub mod hunt;
mod hunt_promises;
pub mod hunting;
pub mod steer;
mod steer_program;
mod steer_promises;
mod steer_random;
mod steer_step;
pub mod steering;
mod travels;

use dice::Dice;
pub use travels::TRAVELS;

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
    /// Two call one number at the same instant, and leave a message each.
    TwoAtOnce,
    /// Two call at the same instant, each another number.
    TwoNumbers,
    /// The caller gives up while it rings, and the owner wants to know.
    Missed,
    /// There is a second address, as the owner's takes no mail (unless the faults say otherwise).
    SecondAddress,
    /// Seven leave messages, one of them on another number: two at once, one, two at once, and two more.
    Several,
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
    /// How many requests to AWS the worker made.
    pub worker_requests: u32,
    /// What each run of the search for the forgotten asked for.
    pub searched: Vec<Vec<SearchRequest>>,
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
    /// All that meet every fault.
    pub const ALL: [Self; 9] = [
        Self::NoAnswer,
        Self::BusyAndPurged,
        Self::HangsUp,
        Self::OffInChinese,
        Self::Answered,
        Self::TwoAtOnce,
        Self::TwoNumbers,
        Self::Missed,
        Self::SecondAddress,
    ];

    fn settings(self, settings: &mut NumberSettings) {
        match self {
            Self::BusyAndPurged => settings.voicemail.purge_at_twilio = true,
            Self::OffInChinese => {
                settings.speech.language = Language::Chinese;
                settings.forwarding.on = false;
            }
            Self::Missed => settings.owner.missed_call_mail = true,
            Self::SecondAddress
            | Self::NoAnswer
            | Self::HangsUp
            | Self::Answered
            | Self::TwoAtOnce
            | Self::TwoNumbers
            | Self::Several => {}
        }
    }

    fn phone(self) -> Phone {
        match self {
            Self::BusyAndPurged => Phone::busy(),
            Self::Answered => Phone::answers_after(5).talks_for(20),
            _ => Phone::never_answers(),
        }
    }

    /// Who calls whom: at the same instant, and then the next ones.
    fn rounds(self) -> Vec<Vec<(Caller, &'static str)>> {
        if self != Self::Several {
            return vec![self.calls()];
        }
        // The sounds are to differ.
        let leaves = |who, seconds| {
            let words = format!("This takes {seconds} seconds.");
            Caller::new(who).leaves(Speech::tone(Duration::from_secs(seconds), &words))
        };
        let [number, other] = [development::MASKED_NUMBER, ANOTHER_NUMBER];
        let [stranger, another] = [development::STRANGER, ANOTHER_STRANGER];
        vec![
            vec![(leaves(stranger, 4), number), (leaves(another, 5), other)],
            vec![(leaves(stranger, 6), number)],
            vec![(leaves(stranger, 7), number), (leaves(another, 8), number)],
            vec![(leaves(stranger, 9), number)],
            vec![(leaves(another, 10), number)],
        ]
    }

    fn calls(self) -> Vec<(Caller, &'static str)> {
        let caller = Caller::new(development::STRANGER);
        let caller = match self {
            Self::HangsUp => caller.leaves(Speech::english_sample()).hangs_up_during_message_after(4),
            Self::OffInChinese => caller.leaves(Speech::chinese_sample()),
            Self::Missed => caller.hangs_up_while_ringing_after(8).leaves(Speech::english_sample()),
            _ => caller.leaves(Speech::english_sample()),
        };
        let mut calls = vec![(caller, development::MASKED_NUMBER)];
        let other = Caller::new(ANOTHER_STRANGER).leaves(Speech::chinese_sample());
        match self {
            Self::TwoAtOnce => calls.push((other, development::MASKED_NUMBER)),
            Self::TwoNumbers => calls.push((other, ANOTHER_NUMBER)),
            _ => {}
        }
        calls
    }

    /// The kinds of webhooks that it brings.
    pub fn webhooks(self) -> Vec<WebhookKind> {
        use WebhookKind::{
            CallStatus, DialAction, LegStatus, RecordAction, RecordingStatus, Transcription, Voice,
        };
        match self {
            Self::NoAnswer
            | Self::BusyAndPurged
            | Self::HangsUp
            | Self::TwoAtOnce
            | Self::TwoNumbers
            | Self::SecondAddress
            | Self::Several => {
                vec![Voice, LegStatus, DialAction, RecordAction, CallStatus, RecordingStatus, Transcription]
            }
            Self::OffInChinese => vec![Voice, RecordAction, CallStatus, RecordingStatus],
            Self::Answered | Self::Missed => vec![Voice, LegStatus, DialAction, CallStatus],
        }
    }
}

/// How Twilio may give a sound that is there.
pub const SOUNDS: [RestFault; 9] = [
    RestFault::NotFound,
    RestFault::HtmlPage,
    RestFault::TooManyRequests { retry_after: Some(30) },
    RestFault::Reset,
    RestFault::CutShort,
    RestFault::EndsEarly,
    RestFault::Shortened,
    RestFault::ShortenedWithoutLength,
    RestFault::Lengthened,
];

/// What may become of a mail that SES has taken, later than it is known that it took it.
pub const FATES: [MailEventType; 13] = [
    MailEventType::Delayed,
    MailEventType::Complaint,
    MailEventType::Rejected,
    MailEventType::Bounced(Bounce::Never),
    MailEventType::Bounced(Bounce::NoEmail),
    MailEventType::Bounced(Bounce::Suppressed),
    MailEventType::Bounced(Bounce::OnAccountSuppressionList),
    MailEventType::Bounced(Bounce::General),
    MailEventType::Bounced(Bounce::MailboxFull),
    MailEventType::Bounced(Bounce::MessageTooLarge),
    MailEventType::Bounced(Bounce::ContentRejected),
    MailEventType::Bounced(Bounce::AttachmentRejected),
    MailEventType::Bounced(Bounce::Undetermined),
];

/// Where a voicemail is sent over again that no address has taken.
const ANY_ADDRESS: &str = "kim@aftertone.example";

/// The number of somebody else in the same account.
const ANOTHER_NUMBER: &str = "+14155550109";

/// Their telephone.
const ANOTHER_PHONE: &str = "+12125550188";

/// Their address.
const ANOTHER_EMAIL: &str = "other@example.com";

/// The owner's second address.
pub const SECOND_EMAIL: &str = "assistant@aftertone.example";

/// Who calls at the same instant as the stranger.
const ANOTHER_STRANGER: &str = "+13125550177";

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
            // An hour in which nobody knows what the ledger or Twilio has done is not played.
            let at_one = (how == How::AnswerLost && service != Service::Ses) || dice.below(3) == 0;
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
        if dice.below(4) == 0 {
            let span = Span { after_seconds: dice.number(300), seconds: dice.of(&[60, 1_800, 7_200]) };
            faults.mail_events.push((dice.of(&TRAVELS), span));
        }
        if dice.below(3) == 0 {
            let sound = SOUNDS[dice.below(SOUNDS.len())].clone();
            faults.twilio.sounds = Some((sound, 1 + dice.below(3)));
        }
        if dice.below(3) == 0 {
            faults.twilio.list_lag_minutes = dice.of(&[1, 20, 120, 300]);
            faults.twilio.page_length = Some(1);
        }
        if dice.below(6) == 0 {
            faults.twilio.misstated_seconds = dice.of(&[-60, -1, 1, 60]);
        }
        if dice.below(8) == 0 {
            faults.webhooks.push((WebhookKind::Fallback, dice.of(&[Travel::Slow, Travel::Dropped])));
        }
        for address in [development::OWNER_EMAIL, SECOND_EMAIL] {
            if dice.below(4) == 0 {
                let after = Duration::from_secs(dice.of(&[1, 5, 600, 7_200]));
                faults.fates.push((address, Fate { event: dice.of(&FATES), after }));
            }
        }
        Self { scenario, faults }
    }

    /// Whether the system may never know of a call that leaves no recording: what tells that it is over
    /// got lost, or there was no table to write it into. Twilio is not asked for its calls.
    fn hides_missed_calls(&self) -> bool {
        let Faults { webhooks, outages, .. } = &self.faults;
        webhooks.contains(&(WebhookKind::CallStatus, Travel::Dropped))
            || outages.iter().any(|outage| outage.service == Service::DynamoDb)
    }

    /// The owner's addresses of a recording, in their order.
    fn addresses(&self, stories: &[Story], recording: &Recording) -> Vec<&'static str> {
        let call = stories.iter().find(|story| *story.call_sid() == recording.call_sid);
        if call.is_some_and(|call| call.to().reveal() == ANOTHER_NUMBER) {
            return vec![ANOTHER_EMAIL];
        }
        self.addresses_of_the_owner()
    }

    fn addresses_of_the_owner(&self) -> Vec<&'static str> {
        iter::once(development::OWNER_EMAIL)
            .chain(self.has_second_address().then_some(SECOND_EMAIL))
            .collect()
    }

    /// Whether the owner has a second address: by the scenario, or as the faults say what becomes of mails
    /// to it.
    fn has_second_address(&self) -> bool {
        self.scenario == Scenario::SecondAddress
            || self.faults.fates.iter().any(|(address, _)| *address == SECOND_EMAIL)
    }

    /// What becomes of a mail to an address, with its sound or without.
    fn fate(&self, address: &str, with_sound: bool) -> MailEventType {
        let fate = self.faults.fates.iter().rfind(|(it, _)| *it == address).map(|(_, fate)| fate.event);
        let takes_none = self.scenario == Scenario::SecondAddress && address == development::OWNER_EMAIL;
        match fate.unwrap_or(if takes_none { NO_SUCH_ADDRESS.event } else { MailEventType::Delivered }) {
            MailEventType::Bounced(Bounce::MessageTooLarge | Bounce::AttachmentRejected) if !with_sound => {
                MailEventType::Delivered
            }
            event => event,
        }
    }

    /// Where a mail must have come in the end.
    fn end(&self, addresses: &[&'static str], with_sound: bool) -> End {
        let mut tried = Vec::new();
        for &address in addresses {
            let forms: &[bool] = if with_sound { &[true, false] } else { &[false] };
            for &with_sound in forms {
                let event = self.fate(address, with_sound);
                // Whether a mail came back is only known from SES's events.
                if !comes_back(event) || self.loses_mail_events() {
                    return End::Taken { address, with_sound };
                }
                tried.push(event);
                let is_for_the_sound = matches!(
                    event,
                    MailEventType::Bounced(Bounce::MessageTooLarge | Bounce::AttachmentRejected)
                );
                if !is_for_the_sound {
                    break;
                }
            }
        }
        End::Nowhere { tried }
    }

    /// Whether events of SES are lost, or there is no table to write them into.
    fn loses_mail_events(&self) -> bool {
        let Faults { mail_events, outages, .. } = &self.faults;
        mail_events.iter().any(|(travel, _)| *travel == Travel::Dropped)
            || outages.iter().any(|outage| outage.service == Service::DynamoDb)
    }

    /// How often one mail may come, by what is promised: once if SES's events arrive, twice if they are
    /// late; if they are lost, or there is no table to write them into, five times in two hours, and
    /// once more when SES answers again.
    pub fn most_mails(&self) -> usize {
        let is_late = self.faults.mail_events.iter().any(|(travel, _)| *travel == Travel::Late);
        match (self.loses_mail_events(), is_late) {
            (true, _) => 6,
            (false, true) => 2,
            (false, false) => 1,
        }
    }

    /// Whether a caller may hear an application error, as nothing is left that could answer: the
    /// fallback is away with what it would stand in for.
    pub fn leaves_nobody_to_answer(&self) -> bool {
        let falls_back = |is: fn(WebhookKind) -> bool| {
            self.faults.webhooks.iter().any(|(kind, travel)| is(*kind) && travel.falls_back())
        };
        falls_back(|kind| kind == WebhookKind::Fallback)
            && falls_back(|kind| kind != WebhookKind::Fallback && kind.drives_the_call())
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

/// The system of a case, with its numbers and its faults.
async fn stack_of(case: &Case) -> Stack {
    let start = "2026-11-20T15:00:00Z".parse().unwrap();
    let stack = Stack::start(Options::at(start, Folders::temporary().unwrap())).await.unwrap();
    let mut settings = development::number().unwrap();
    case.scenario.settings(&mut settings);
    if case.has_second_address() {
        settings.owner.second_email = EmailAddress::parse(SECOND_EMAIL).ok();
    }
    stack.add_number(&settings).await.unwrap();
    stack.exchange.plug(development::OWNER_PHONE, case.scenario.phone());
    if case.scenario == Scenario::SecondAddress {
        stack.mailbox.set_fate(development::OWNER_EMAIL, NO_SUCH_ADDRESS);
    }
    if matches!(case.scenario, Scenario::TwoNumbers | Scenario::Several) {
        settings.number = PhoneNumber::parse(ANOTHER_NUMBER).unwrap();
        settings.mailbox = MailboxId::of_number(&settings.number);
        settings.owner.email = EmailAddress::parse(ANOTHER_EMAIL).unwrap();
        settings.owner.second_email = None;
        settings.forwarding.targets = vec![PhoneNumber::parse(ANOTHER_PHONE).unwrap()];
        stack.add_number(&settings).await.unwrap();
        stack.exchange.plug(ANOTHER_PHONE, Phone::busy());
    }
    stack.break_by(&case.faults);
    stack
}

/// Lets time pass, with the search for the forgotten every 15 minutes.
async fn wait_it_out(stack: &Stack, case: &Case) {
    // Until everything is over, and then long enough for every retry to have its turn.
    let mut quarters = case.faults.over_after_seconds() / 900 + 6;
    // A mail of which nobody knows whether it was sent may be claimed for two hours.
    if case.faults.outages.iter().any(|it| it.service == Service::Ses) || case.most_mails() > 1 {
        quarters += 9;
    }
    quarters += match case.faults.search_ends {
        // As many runs as there are pages in the list, and more.
        Some(SearchEnds { always: true, .. }) => 16,
        _ => 0,
    };
    let fates = case.faults.fates.iter().map(|(_, fate)| fate.after.as_secs() / 900);
    quarters += u32::try_from(fates.sum::<u64>()).unwrap();
    if case.faults.search_ends.is_some() {
        // It was away for so long that it does not read all of Twilio's list again by itself.
        stack.clock.advance(Duration::from_hours(7)).await;
    }
    for _ in 0..quarters {
        stack.clock.advance(Duration::from_mins(15)).await;
        // It may fail while something is away; the next one makes up for it.
        let _ = stack.reconcile().await;
    }
    stack.clock.settled().await;
}

/// Plays the calls and lets time pass until all is over; the stories, and the voicemails that were left.
async fn play_calls(stack: &Stack, case: &Case) -> (Vec<Story>, Vec<Recording>) {
    let mut stories = Vec::new();
    for calls in case.scenario.rounds() {
        stories.extend(stack.exchange.calls_at_once(calls).await);
    }
    wait_it_out(stack, case).await;
    // Words that never came are given up after a day: only then the last recordings are deleted.
    let voicemails: Vec<Recording> =
        stories.iter().flat_map(Story::recordings).filter(|it| it.duration > 0).collect();
    for recording in &voicemails {
        if stack.ledger.voicemail(&recording.sid).await.is_ok_and(|row| row.open) {
            stack.clock.advance(Duration::from_hours(25)).await;
            let _ = stack.reconcile().await;
            stack.clock.settled().await;
        }
    }
    (stories, voicemails)
}

/// Whether the search was through with Twilio's list at least once.
async fn is_list_compared(stack: &Stack) -> bool {
    let account_sid = development::account_sid().unwrap();
    stack.ledger.marks(&account_sid).await.unwrap().until.is_some()
}

/// Plays a case in a system of its own.
pub async fn play(case: &Case) -> Played {
    counted::listen();
    let stack = stack_of(case).await;

    let (stories, voicemails) = play_calls(&stack, case).await;
    let mut played =
        Played { worker_requests: stack.worker_requests(), searched: stack.searched(), ..Played::default() };
    if case.faults.search_ends.is_some() && !is_list_compared(&stack).await {
        played.broken.push("Twilio's list was never compared to its end".to_owned());
    }
    for story in &stories {
        played.broken.extend(heard_wrong(case, story).map(|what| format!("{what}\n{story}")));
    }
    let told = stories.iter().map(|story| format!("\n{story}")).collect::<Vec<_>>().concat();
    let mails: Vec<Letter> = stack.mailbox.messages().iter().map(Letter::read).collect();
    let most = case.most_mails();
    for recording in &voicemails {
        let wav = recording.speech.to_wav();
        let brings = |mail: &Letter, with_sound: bool| {
            if with_sound { mail.sound.starts_with(&wav) } else { mail.is_link_to(recording) }
        };
        let end = case.end(&case.addresses(&stories, recording), true);
        if let End::Taken { address, with_sound } = end
            && !mails.iter().any(|mail| mail.to == address && brings(mail, with_sound))
        {
            played.lost += 1;
            played.broken.push(format!("a voicemail is lost: {} to {address}{told}", recording.sid));
        }
        for address in [development::OWNER_EMAIL, SECOND_EMAIL, ANOTHER_EMAIL] {
            for with_sound in [true, false] {
                let is_it = |mail: &&Letter| mail.to == address && brings(mail, with_sound);
                let times = mails.iter().filter(is_it).count();
                played.doubled += times.saturating_sub(1);
                if times > most {
                    played.broken.push(format!("one mail came {times} times, {most} are allowed{told}"));
                }
            }
        }
        match stack.ledger.voicemail(&recording.sid).await {
            Ok(row) if row.open || !matches!(row.mail, Mail::Sent { .. }) => {
                played.broken.push(format!("the row is not done: {row:?}"));
            }
            Ok(row) => {
                if let End::Nowhere { tried } = &end {
                    let untold = untold(tried, [&row.first_address, &row.second_address]);
                    played.broken.extend(untold.map(|what| format!("{what}: {row:?}{told}")));
                    if !is_sent_over_again(&stack, recording).await {
                        played.lost += 1;
                        played.broken.push(format!("what came back can't be sent over again: {row:?}{told}"));
                    }
                }
            }
            Err(error) => played.broken.push(format!("no row: {error}")),
        }
    }
    let is_missed = case.scenario == Scenario::Missed && voicemails.is_empty();
    let missed = match &stories[..] {
        [story] if is_missed => stack.ledger.missed_call(story.call_sid()).await.ok(),
        _ => None,
    };
    if is_missed && missed.is_none() && !case.hides_missed_calls() {
        played.broken.push(format!("nobody knows of a missed call{told}"));
    }
    let count =
        |kind, address: &str| mails.iter().filter(|mail| mail.kind == kind && mail.to == address).count();
    if let Some(row) = missed.as_ref() {
        let end = case.end(&case.addresses_of_the_owner(), false);
        let address = if let End::Taken { address, .. } = end { address } else { development::OWNER_EMAIL };
        if row.open || count(Kind::Missed, address) == 0 {
            played.lost += 1;
            played.broken.push(format!("nobody was told of a missed call: {row:?}{told}"));
        } else if let End::Nowhere { tried } = end {
            let untold = untold(&tried, [&row.first_address, &row.second_address]);
            played.broken.extend(untold.map(|what| format!("{what}: {row:?}{told}")));
        }
    }
    // One with the words for each that came without them, and one for a call.
    for (what, kind, once) in [
        ("of words", Kind::Second, voicemails.len()),
        ("of a missed call", Kind::Missed, usize::from(missed.is_some())),
    ] {
        for address in [development::OWNER_EMAIL, SECOND_EMAIL, ANOTHER_EMAIL] {
            let times = count(kind, address);
            played.doubled += times.saturating_sub(once);
            if times > once * most {
                played.broken.push(format!("{times} mails {what}, {} allowed{told}", once * most));
            }
        }
    }
    let denials = stack.denials();
    if !denials.is_empty() {
        played.broken.push(format!("functions want more than their roles allow: {denials:?}"));
    }
    if played.doubled > 0 && stack.doubts() == 0 {
        played.broken.push(format!("{} mails too many, and SES had told of each{told}", played.doubled));
    }
    played
}

/// What became of a mail in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// It was taken.
    Taken {
        /// Where.
        address: &'static str,
        /// With its sound, or with the link only.
        with_sound: bool,
    },
    /// No address took it, for these reasons.
    Nowhere {
        /// What became of each try.
        tried: Vec<MailEventType>,
    },
}

/// An owner has no such address.
const NO_SUCH_ADDRESS: Fate =
    Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: Duration::from_secs(5) };

/// Whether a mail is not with its reader.
fn comes_back(event: MailEventType) -> bool {
    matches!(event, MailEventType::Bounced(_) | MailEventType::Rejected)
}

/// What is not told of a mail that no address takes: why, on the row, for each address; and to whoever
/// watches.
fn untold(tried: &[MailEventType], reports: [&MailReports; 2]) -> Option<&'static str> {
    let says_why = |reports: &&MailReports| {
        let hard = reports.bounced.as_ref().map(|bounce| bounce.reason.as_str());
        hard.or(reports.soft_bounce_reason.as_deref()).is_some_and(|reason| !reason.is_empty())
    };
    let is_unclear = |event: Option<&MailEventType>| event == Some(&MailEventType::Bounced(Bounce::General));
    if reports.iter().filter(|it| says_why(it)).count() < tried.len() {
        Some("the row does not say why a mail came back")
    } else if counted::times(Metric::Bounced) < tried.len() {
        Some("a mail that came back was not counted")
    // Most often that is an absent owner's automatic answer.
    } else if !is_unclear(tried.last()) && counted::times(Metric::MailFailed) == 0 {
        Some("a mail that no address takes was not counted as failed")
    } else {
        None
    }
}

/// Whether an instruction to send a voicemail over again brings it, whole, to an address that takes it.
async fn is_sent_over_again(stack: &Stack, recording: &Recording) -> bool {
    let to = ResendTo::Named(EmailAddress::parse(ANY_ADDRESS).unwrap());
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: stack.clock.now() };
    let is_new =
        stack.ledger.resend(&recording.sid, &to, &instruction).await.is_ok_and(|it| it == Written::Applied);
    stack.clock.settled().await;
    let wav = recording.speech.to_wav();
    let mails = stack.mailbox.messages();
    let mut mails = mails.iter().map(Letter::read);
    is_new && mails.any(|mail| mail.to == ANY_ADDRESS && mail.sound.starts_with(&wav))
}

/// What a caller heard that nobody should hear, or did not hear.
fn heard_wrong(case: &Case, story: &Story) -> Option<&'static str> {
    if case.leaves_nobody_to_answer() {
        return None;
    }
    if story.heard_application_error() {
        return Some("the caller heard an application error");
    }
    let gave_up = case.scenario == Scenario::Missed && story.ended_by() == Some(EndedBy::Caller);
    if !story.heard_beep() && story.talked_with().is_none() && !gave_up {
        return Some("the caller reached neither the owner nor a beep");
    }
    (story.heard_beep() && story.words_heard_by_caller().is_empty())
        .then_some("the caller heard a beep and no word of what it is for")
}

/// What a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The first one of a voicemail.
    First,
    /// The one with its words, when those came later.
    Second,
    /// That of a missed call.
    Missed,
}

struct Letter {
    kind: Kind,
    to: String,
    /// By which mail programs put mails together: it names the recording.
    thread: String,
    /// What is attached; empty if nothing is.
    sound: Vec<u8>,
}

impl Letter {
    fn read(mail: &local::mailbox::Mail) -> Self {
        let message = MessageParser::new().parse(&mail.raw).unwrap();
        let subject = message.subject().unwrap_or_default();
        let kind = match subject {
            subject if subject.starts_with("Re: ") => Kind::Second,
            subject if subject.starts_with("Missed call") => Kind::Missed,
            _ => Kind::First,
        };
        let sound = message.attachment(0).map(|sound| sound.contents().to_vec()).unwrap_or_default();
        let thread = message.references().as_text().unwrap_or_default().to_owned();
        Self { kind, to: mail.recipients.first().cloned().unwrap_or_default(), thread, sound }
    }

    /// Whether it is a recording's mail, with the link only.
    fn is_link_to(&self, recording: &Recording) -> bool {
        self.kind == Kind::First && self.sound.is_empty() && self.thread.contains(recording.sid.as_str())
    }
}
