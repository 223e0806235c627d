//! A call for which several people are rung, and something that goes wrong: as plain data.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use exchange::{Caller, Cue, Deed, Outgoing, Phone, RestFault, RestRequest, Speech, Unverified, WebhookKind};
use local::faults::{Faults, How, Outage, Service, Travel, When};

use crate::dice::Dice;
use crate::travels::TRAVELS;

/// How long a caller may hear nothing, where no webhook is late: the sound of ringing has pauses.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

/// At night a VIP rings both; in the shop's hours, key 2 of the menu rings Ben, and then Ana and the front desk.
const NIGHT: &str = "2026-11-30T23:00:00-08:00";
const MORNING: &str = "2026-11-30T10:00:00-08:00";

pub(crate) const ANA: &str = "+12125550142";
pub(crate) const BEN: &str = "+12125550177";
pub(crate) const FRONT: &str = "+12125550199";
pub(crate) const VIP: &str = "+13125550142";
pub(crate) const FRIEND: &str = "+15035550111";

/// What people do, as far as nothing goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// Nobody answers.
    Absent,
    /// Ben takes the call.
    OneTakes,
    /// Ana and Ben press the key at the same instant.
    TwoTake,
    /// Ben's carrier answers; then the front desk takes the call.
    MachineFirst,
    /// Ana wants a message.
    WantsMessage,
    /// Ana presses the key and hangs up.
    TakesAndLeaves,
    /// The caller hangs up while it rings, and somebody listens to who calls.
    CallerLeaves,
}

/// A webhook that goes astray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Astray {
    /// How its path ends, below that of all webhooks.
    pub path: &'static str,
    /// Which of them, from 1; none is all.
    pub nth: Option<usize>,
    /// What becomes of it.
    pub travel: Travel,
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Hunt {
    /// What people do.
    pub people: People,
    /// Webhooks.
    pub astray: Vec<Astray>,
    /// What else goes wrong.
    pub faults: Faults,
    /// What Twilio's REST API does.
    pub rest: Vec<(RestRequest, RestFault, Rest)>,
    /// What nobody has seen of Twilio for sure.
    pub unverified: Unverified,
}

/// When a request meets a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The next so many.
    Next(usize),
    /// The one of this number.
    Nth(usize),
    /// A minute, from so many seconds after the beginning.
    MinuteFrom(u32),
}

/// The webhooks of such a call, by their paths.
pub const PATHS: [&str; 11] = [
    "voice",
    "menu",
    "wait",
    "wait/left",
    "wait/ringing.wav",
    "leg",
    "leg/answers",
    "leg/done",
    "leg/told",
    "status",
    "recording",
];

impl People {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Absent,
        Self::OneTakes,
        Self::TwoTake,
        Self::MachineFirst,
        Self::WantsMessage,
        Self::TakesAndLeaves,
        Self::CallerLeaves,
    ];

    pub(crate) fn begins(self) -> &'static str {
        if self == Self::MachineFirst { MORNING } else { NIGHT }
    }

    pub(crate) fn caller(self) -> Caller {
        let from = if self == Self::MachineFirst { FRIEND } else { VIP };
        let caller = Caller::new(from).leaves(Speech::english_sample());
        match self {
            Self::MachineFirst => caller.presses("2"),
            Self::CallerLeaves => caller.hangs_up_after(15),
            _ => caller,
        }
    }

    pub(crate) fn phones(self) -> [(&'static str, Phone); 3] {
        let presses = |after: u64, keys: &str, millis: u64| {
            Phone::answers_after(after)
                .talks_for(20)
                .on(Cue::answered().after_millis(millis), Deed::presses(keys))
        };
        let absent = Phone::never_answers;
        let machine =
            || Phone::answers_after(5).greets("Hi, you have reached Ben. Leave a message.").is_a_machine(6);
        let [ana, ben, front] = match self {
            Self::Absent => [absent(), absent(), absent()],
            Self::OneTakes => [absent(), presses(6, "1", 3_000), absent()],
            // Each leg is placed a second after the one before.
            Self::TwoTake => [presses(6, "1", 4_000), presses(5, "1", 4_000), absent()],
            Self::MachineFirst => [absent(), machine(), presses(5, "1", 2_500)],
            Self::WantsMessage => [presses(6, "2", 3_000), absent(), absent()],
            Self::TakesAndLeaves => [
                presses(6, "1", 3_000).on(Cue::answered().after_millis(3_050), Deed::HangsUp),
                absent(),
                absent(),
            ],
            Self::CallerLeaves => [absent(), Phone::answers_after(6).talks_for(20), absent()],
        };
        [(ANA, ana), (BEN, ben), (FRONT, front)]
    }
}

impl Hunt {
    /// Nothing goes wrong.
    pub fn of(people: People) -> Self {
        Self {
            people,
            astray: Vec::new(),
            faults: Faults::default(),
            rest: Vec::new(),
            unverified: Unverified::default(),
        }
    }

    /// Whether the worker of live calls can't do its work for a while, or is not told of it.
    pub(crate) fn keeps_the_worker(&self) -> bool {
        let Faults { act_dies_before, outages, live_pipe_is_broken, wake_ups_are_lost, .. } = &self.faults;
        !(act_dies_before.is_empty() && outages.is_empty() && self.rest.is_empty())
            || *live_pipe_is_broken
            || *wake_ups_are_lost
            || !self.astray.is_empty()
    }

    /// When all outages are over, after the beginning.
    pub(crate) fn over_after(&self) -> Duration {
        let outages = self.faults.outages.iter().map(|outage| match outage.when {
            When::Span { after_seconds, seconds } => after_seconds + seconds,
            When::Request(_) => 0,
        });
        let rest = self
            .rest
            .iter()
            .map(|(_, _, rest)| if let Rest::MinuteFrom(from) = rest { from + 60 } else { 0 });
        Duration::from_secs(outages.chain(rest).max().unwrap_or(0).into())
    }

    /// How long a caller may hear nothing while parked: what goes wrong together adds up.
    pub(crate) fn longest_silence(&self) -> Duration {
        let of_travel = |astray: &Astray| match astray.travel {
            Travel::Normal | Travel::Doubled => 0,
            Travel::Late | Travel::Overtaken => 3,
            // All tries of a webhook together.
            Travel::Slow | Travel::TooSlow | Travel::Dropped => 15,
        };
        let travels = self.astray.iter().map(of_travel).sum::<u64>();
        // A function does not wait longer for the ledger.
        let outages = if self.faults.outages.is_empty() { 0 } else { 4 };
        LONGEST_SILENCE + Duration::from_secs(travels + outages)
    }

    /// Two things that go wrong, by a seed: always the same.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.below(1);
        let mut hunt = Self::of(dice.of(&People::ALL));
        for _ in 0..2 {
            match dice.below(6) {
                0 | 1 => {
                    let nth = dice.of(&[None, Some(1), Some(2), Some(3)]);
                    let (path, travel) = (dice.of(&PATHS), dice.of(&TRAVELS));
                    hunt.astray.push(Astray { path, nth, travel });
                }
                2 => hunt.faults.act_dies_before.push(1 + dice.number(30)),
                3 => {
                    let how = dice.of(&[How::Refused, How::TimeOut, How::Throttled, How::ServerError]);
                    let when = When::Span { after_seconds: dice.number(90), seconds: dice.of(&[3, 20, 60]) };
                    hunt.faults.outages.push(Outage { service: Service::DynamoDb, how, when });
                }
                4 => {
                    let fault = [RestFault::Reset, RestFault::ServerError, RestFault::CutShort]
                        [dice.below(3)]
                    .clone();
                    let request =
                        dice.of(&[RestRequest::CreateCall, RestRequest::ChangeCall, RestRequest::Any]);
                    let rest =
                        dice.of(&[Rest::Next(1), Rest::Nth(2), Rest::MinuteFrom(0), Rest::MinuteFrom(10)]);
                    hunt.rest.push((request, fault, rest));
                }
                _ => {
                    hunt.faults.live_pipe_is_broken |= dice.below(2) == 0;
                    hunt.faults.wake_ups_are_lost |= dice.below(2) == 0;
                }
            }
        }
        hunt
    }
}

impl fmt::Display for Hunt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.people, self.faults)?;
        for Astray { path, nth, travel } in &self.astray {
            write!(f, "[{path} {nth:?}: {travel:?}] ")?;
        }
        for (request, fault, rest) in &self.rest {
            write!(f, "[{request:?}: {fault:?} {rest:?}] ")?;
        }
        if self.unverified != Unverified::default() {
            write!(f, "[{:?}]", self.unverified)?;
        }
        Ok(())
    }
}

/// When the copies of a webhook arrive. Which of its path it is counts once, however often it is tried.
pub(crate) fn delivery(
    astray: Vec<Astray>,
    faults: Faults,
) -> impl Fn(&Outgoing) -> Vec<Duration> + Send + Sync + 'static {
    let seen = Mutex::new(HashMap::<&'static str, Vec<(WebhookKind, usize)>>::new());
    move |outgoing| {
        let path = outgoing.url.split(['?', '#']).next().unwrap_or_default();
        let mut known = PATHS.into_iter().chain(["leg/detected"]);
        let Some(path) = known.find(|it| path.ends_with(&format!("/webhook/{it}"))) else {
            return faults.delivery(outgoing);
        };
        let mut seen = seen.lock().unwrap();
        let of_path = seen.entry(path).or_default();
        let this = (outgoing.kind, outgoing.nth);
        let nth = of_path.iter().position(|it| *it == this).unwrap_or_else(|| {
            of_path.push(this);
            of_path.len() - 1
        });
        let met = astray.iter().find(|it| it.path == path && it.nth.is_none_or(|it| it == nth + 1));
        match met {
            Some(met) => met.travel.delays(outgoing.kind, outgoing.attempt),
            None => faults.delivery(outgoing),
        }
    }
}
