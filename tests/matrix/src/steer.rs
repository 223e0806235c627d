//! A call that a program steers, and something that goes wrong: as plain data.

use std::fmt;
use std::time::Duration;

use exchange::{Caller, Cue, Deed, Phone, RestFault, RestRequest, Speech};
use local::faults::{Faults, How, Outage, Service, Travel, When};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::hunt::{ANA, Astray, BEN, FRIEND, FRONT, Rest};
use crate::steer_random::{THINKS, creates, phones, programs};
pub(crate) use crate::steer_step::{OURS, Step, Wants};
use crate::travels::TRAVELS;

/// How long somebody may hear nothing, where no webhook is late.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

/// What the program wants, and what people do, as far as nothing goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// One is called, held and resumed.
    One,
    /// Two talk, one is held and resumed, a third is added and removed.
    Two,
    /// Two talk, and one of them is muted for a while.
    Mutes,
    /// Three are called, and two of them pick up at the same instant.
    FirstWins,
    /// Somebody else is called for it, and the program thinks better of it.
    CancelsAdd,
    /// The same, and they pick up at that instant.
    CancelMeetsAnswer,
    /// The first hangs up while the others are called off.
    WinnerLeaves,
    /// One hangs up as soon as the two can talk.
    LeavesWhenSeated,
    /// One waits, and the other hangs up meanwhile.
    LeavesWhileHeld,
    /// One hangs up at the instant at which they are led out of their hold.
    LeavesWhenMoved,
    /// Somebody waits for long.
    WaitsLong,
    /// Somebody listens to a document of the program's, and is held.
    Listens,
    /// Two talk, one of them asks a third in private, and hands the call over.
    HandsOver,
    /// The same, and the call is taken back.
    TakesBack,
    /// The third is busy.
    ConsultsInVain,
    /// Two talk, and one of them is transferred to a third.
    Transfers,
    /// Three talk, and one of them is transferred to a fourth in a new call.
    TransfersOut,
    /// The same, and the fourth is busy.
    TransfersOutInVain,
    /// The same, and the program thinks better of it as the fourth picks up.
    CancelsTransferOut,
    /// The same, and who is transferred hangs up as the fourth picks up.
    LeavesWhenTransferredOut,
    /// The same, and who was transferred is moved back.
    MovesBack,
    /// Two talk, hear something, and talk again.
    Hears,
    /// Somebody is asked for a key.
    Asks,
    /// Two talk, and a third proves by a key to be there.
    AddsPerson,
    /// The same, and nothing is proved.
    AddsMachine,
    /// Two are recorded each, one of them is held meanwhile, and then all in one until the end.
    Records,
    /// Two talk, the sound of one goes to a web socket, who is held meanwhile.
    Streams,
    /// Two talk, what they say is told, one is held meanwhile, and then it is understood in another language.
    Transcribes,
    /// Somebody whose words are told is asked for a secret.
    Confides,
    /// Somebody calls: the program answers, adds another, and ends it.
    Answers,
    /// Somebody calls, and is rejected.
    Rejects,
    /// Somebody calls, and is put through to who picks up.
    PutsThrough,
    /// Somebody calls, and is put through to who is busy.
    PutsThroughInVain,
    /// Somebody calls, and no program looks.
    NobodyDecides,
    /// Somebody calls, and the program that answered is never heard of again.
    AnswersAndDies,
    /// Somebody calls, and the program that answered and held them is never heard of again.
    ForgottenOnHold,
    /// Somebody calls, is answered, and given back.
    GivesBack,
    /// Somebody calls, and hangs up before anything is decided.
    HangsUpWhileOffered,
    /// Two clients want up to twenty things of a call, by a seed.
    Random(u64),
    /// Somebody calls, and talks to the owner: the caller is held, resumed, and all of it ends.
    HoldsForwarded,
    /// The same, and the caller is handed over to somebody else.
    TransfersForwarded,
    /// The same, and the owner hangs up as the program wants something.
    ForwardedLeaves,
    /// The same, and the owner hangs up while the caller is on hold, whom nobody wants any more.
    LeftOnHold,
    /// Somebody calls, and talks to the first of two who took the call: they are held, and resumed.
    HoldsHunted,
}

/// How a call begins.
pub(crate) enum Beginning {
    /// The program makes it, by this body.
    Made(Value),
    /// Somebody calls.
    Called(Box<Caller>),
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Steer {
    /// What is wanted, and what people do.
    pub play: Play,
    /// Webhooks.
    pub astray: Vec<Astray>,
    /// What else goes wrong.
    pub faults: Faults,
    /// What Twilio's REST API does.
    pub rest: Vec<(RestRequest, RestFault, Rest)>,
    /// What goes wrong between the program and the API.
    pub program: Vec<Trouble>,
}

/// What goes wrong with a request of the program's, by its number from 1; 0 is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its answer is lost, and the program sends it again.
    AnswerLost(usize),
    /// The program sends it twice at once.
    Doubled(usize),
}

/// The webhooks of such a call, by their paths.
pub const STEERED_PATHS: [&str; 4] = ["leg", "leg/done", "leg/told", "leg/detected"];

/// Those of one that is recorded.
pub const RECORDED_PATHS: [&str; 4] = ["leg", "leg/done", "leg/told", "leg/recorded"];

/// Those of one of which anything may be wanted.
pub const RANDOM_PATHS: [&str; 6] =
    ["leg", "leg/done", "leg/told", "leg/detected", "leg/heard", "leg/recorded"];

/// Those of one whose sound or words go out.
pub const FED_PATHS: [&str; 4] = ["leg", "leg/done", "leg/heard", "leg/fed"];

/// The web socket of a program.
pub(crate) const EAR: &str = "wss://media.example/ear";

/// What Ana and Ben say, each from so many seconds on after they begin to talk.
pub(crate) const SAID: [(&str, u64, &str); 5] = [
    (ANA, 7, "Good morning."),
    (BEN, 9, "Hello there."),
    (ANA, 21, "So we agree."),
    (BEN, 23, "Yes, we do."),
    (ANA, 29, "Until tomorrow then."),
];

/// For how long a caller is on hold with whom nobody else is left, in seconds.
const ALONE_SECONDS: u32 = 20;

/// What nobody may be told.
pub(crate) const SECRET: &str = "Four nine two nine.";

/// Those of one that comes in.
pub const OFFERED_PATHS: [&str; 6] = ["voice", "wait", "dial-outcome", "status", "leg", "leg/told"];

/// Programs first, then Ana, then a message.
const OFFERED: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: olivia@example.com }
calls:
  - do: [control, { ring: ana, for: 20s }, voicemail]
";

/// Ana and Ben ring together, and then a message is taken.
const HUNTED: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: olivia@example.com }
  ben: { phone: +12125550177 }
calls:
  - do: [{ ring: [ana, ben], for: 40s }, voicemail]
";

impl Play {
    /// All of them.
    pub const ALL: [Self; 43] = [
        Self::One,
        Self::Two,
        Self::Mutes,
        Self::FirstWins,
        Self::CancelsAdd,
        Self::CancelMeetsAnswer,
        Self::WinnerLeaves,
        Self::LeavesWhenSeated,
        Self::LeavesWhileHeld,
        Self::LeavesWhenMoved,
        Self::WaitsLong,
        Self::Listens,
        Self::HandsOver,
        Self::TakesBack,
        Self::ConsultsInVain,
        Self::Transfers,
        Self::TransfersOut,
        Self::TransfersOutInVain,
        Self::CancelsTransferOut,
        Self::LeavesWhenTransferredOut,
        Self::MovesBack,
        Self::Hears,
        Self::Asks,
        Self::AddsPerson,
        Self::AddsMachine,
        Self::Answers,
        Self::Rejects,
        Self::PutsThrough,
        Self::PutsThroughInVain,
        Self::NobodyDecides,
        Self::AnswersAndDies,
        Self::ForgottenOnHold,
        Self::GivesBack,
        Self::HangsUpWhileOffered,
        Self::Records,
        Self::HoldsForwarded,
        Self::TransfersForwarded,
        Self::ForwardedLeaves,
        Self::LeftOnHold,
        Self::HoldsHunted,
        Self::Streams,
        Self::Transcribes,
        Self::Confides,
    ];

    /// Whether the call is one that is just forwarded, until the program wants something.
    pub(crate) fn is_forwarded(self) -> bool {
        matches!(
            self,
            Self::HoldsForwarded
                | Self::TransfersForwarded
                | Self::ForwardedLeaves
                | Self::LeftOnHold
                | Self::HoldsHunted
        )
    }

    /// Whether a caller is left alone on hold.
    pub(crate) fn forgets_caller(self) -> bool {
        matches!(self, Self::ForgottenOnHold | Self::LeftOnHold)
    }

    /// The phone file of the number that is called; none of one without.
    pub(crate) fn file(self) -> Option<&'static str> {
        match self {
            Self::HoldsHunted => Some(HUNTED),
            play if play.comes_in() && !play.is_forwarded() => Some(OFFERED),
            _ => None,
        }
    }

    /// Whether somebody calls us.
    pub fn comes_in(self) -> bool {
        matches!(self.begins(), Beginning::Called(_))
    }

    /// The webhooks of its call, by their paths.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Records => &RECORDED_PATHS,
            Self::Random(_) => &RANDOM_PATHS,
            Self::Streams | Self::Transcribes | Self::Confides => &FED_PATHS,
            play if play.comes_in() => &OFFERED_PATHS,
            _ => &STEERED_PATHS,
        }
    }

    pub(crate) fn begins(self) -> Beginning {
        let caller = || Caller::new(FRIEND).leaves(Speech::english_sample());
        match self {
            Self::Answers
            | Self::Rejects
            | Self::PutsThrough
            | Self::PutsThroughInVain
            | Self::NobodyDecides
            | Self::AnswersAndDies
            | Self::ForgottenOnHold
            | Self::HoldsForwarded
            | Self::TransfersForwarded
            | Self::ForwardedLeaves
            | Self::LeftOnHold
            | Self::HoldsHunted
            | Self::GivesBack => Beginning::Called(Box::new(caller())),
            Self::HangsUpWhileOffered => Beginning::Called(Box::new(caller().hangs_up_after(2))),
            _ => Beginning::Made(self.creates()),
        }
    }

    fn creates(self) -> Value {
        let create = |to: &[&str]| json!({ "from": OURS, "to": to, "ring_seconds": 25 });
        match self {
            Self::One | Self::WaitsLong => {
                let mut body = create(&[ANA]);
                // It is told beside the call who picked up.
                body["machine"] = json!("tell");
                body
            }
            Self::CancelsAdd | Self::CancelMeetsAnswer | Self::Asks | Self::Confides => create(&[ANA]),
            Self::TransfersOut
            | Self::TransfersOutInVain
            | Self::CancelsTransferOut
            | Self::LeavesWhenTransferredOut
            | Self::MovesBack => create(&[ANA, BEN, FRONT]),
            Self::FirstWins | Self::WinnerLeaves => {
                let mut body = create(&[ANA, BEN, FRONT]);
                body["who"] = json!("first_wins");
                body
            }
            Self::Listens => {
                let mut body = create(&[ANA]);
                let says =
                    "<Say>Please stay on the line: your table will be ready in a moment.</Say>".repeat(30);
                body["twiml"] = json!(format!("<Response>{says}</Response>"));
                body
            }
            Self::Two
            | Self::Mutes
            | Self::Records
            | Self::Streams
            | Self::Transcribes
            | Self::LeavesWhenSeated
            | Self::LeavesWhileHeld
            | Self::LeavesWhenMoved
            | Self::HandsOver
            | Self::TakesBack
            | Self::ConsultsInVain
            | Self::Transfers
            | Self::AddsPerson
            | Self::AddsMachine
            | Self::Hears => create(&[ANA, BEN]),
            Self::Random(_) => creates(),
            _ => Value::Null,
        }
    }

    /// What each client wants, in its order.
    pub(crate) fn programs(self) -> Vec<Vec<Step>> {
        match self {
            Self::Random(seed) => programs(seed),
            _ => vec![self.steps()],
        }
    }

    #[expect(clippy::too_many_lines, reason = "one play after the other")]
    fn steps(self) -> Vec<Step> {
        let step = |after, body| Step { after, wants: Wants::Action(body) };
        let of = |after, kind: &str, who: &str| step(after, json!({ "type": kind, "participant": who }));
        let holds = |after| {
            step(after, json!({ "type": "hold", "participant": "p1", "alone_seconds": ALONE_SECONDS }))
        };
        let adds = |after, to: &str| step(after, json!({ "type": "add", "to": to, "ring_seconds": 25 }));
        let ends = |after| step(after, json!({ "type": "end" }));
        let cancels = |after| Step { after, wants: Wants::Cancel };
        let of_last = |after, kind| Step { after, wants: Wants::OfLast(kind) };
        let calls = |after, kind: &str, who: &str| {
            step(after, json!({ "type": kind, "participant": who, "to": FRONT, "ring_seconds": 20 }))
        };
        let out = |after| {
            let body = json!({ "type": "transfer", "participant": "p1", "to": FRIEND, "ring_seconds": 20 });
            step(after, body)
        };
        match self {
            Self::One => vec![of(10, "hold", "p1"), of(20, "resume", "p1"), ends(30)],
            Self::Two => vec![
                of(10, "hold", "p1"),
                of(20, "resume", "p1"),
                adds(28, FRONT),
                of(42, "remove", "p3"),
                ends(50),
            ],
            Self::Records => vec![
                step(10, json!({ "type": "record", "consent": "none" })),
                of(16, "hold", "p1"),
                of(24, "resume", "p1"),
                step(31, json!({ "type": "stop_recording", "action": "a2" })),
                step(36, json!({ "type": "record", "consent": "none", "mixed": true })),
                ends(46),
            ],
            Self::Streams => vec![
                step(10, json!({ "type": "stream", "participant": "p1", "url": EAR, "tracks": "both" })),
                of(16, "hold", "p1"),
                of(24, "resume", "p1"),
                step(31, json!({ "type": "stop_stream", "action": "a2" })),
                ends(40),
            ],
            Self::Transcribes => vec![
                step(10, json!({ "type": "transcribe", "language": "en-US" })),
                of(18, "hold", "p2"),
                of(24, "resume", "p2"),
                step(32, json!({ "type": "update_transcription", "action": "a2", "language": "en-GB" })),
                ends(42),
            ],
            Self::Confides => {
                let prompt = json!({ "text": "Your card, please." });
                let asks = json!({
                    "type": "recognize", "participant": "p1", "prompt": prompt, "speech": "en-US", "sensitive": true,
                });
                vec![step(8, json!({ "type": "transcribe", "language": "en-US" })), step(12, asks), ends(35)]
            }
            Self::Mutes => vec![of(12, "mute", "p2"), of(22, "unmute", "p2"), ends(30)],
            Self::FirstWins | Self::WinnerLeaves | Self::LeavesWhenSeated => vec![ends(25)],
            Self::CancelsAdd => vec![adds(8, BEN), cancels(14), ends(25)],
            Self::CancelMeetsAnswer => vec![adds(8, BEN), cancels(12), ends(25)],
            Self::LeavesWhileHeld => vec![of(10, "hold", "p1"), of(25, "resume", "p1"), ends(35)],
            Self::LeavesWhenMoved => vec![of(10, "hold", "p2"), of(20, "resume", "p2"), ends(35)],
            Self::WaitsLong => vec![of(10, "hold", "p1"), ends(130)],
            Self::Listens => vec![of(8, "hold", "p1"), of(18, "resume", "p1"), ends(30)],
            Self::HandsOver => vec![calls(10, "consult", "p2"), of_last(20, "complete"), ends(32)],
            Self::TakesBack => vec![calls(10, "consult", "p2"), of_last(20, "take_back"), ends(32)],
            Self::ConsultsInVain => vec![calls(10, "consult", "p2"), ends(28)],
            Self::Transfers => vec![calls(10, "transfer", "p1"), ends(28)],
            Self::TransfersOut | Self::TransfersOutInVain | Self::LeavesWhenTransferredOut => {
                vec![out(12), ends(34)]
            }
            // It is picked up some five seconds later.
            Self::CancelsTransferOut => vec![out(12), cancels(17), ends(34)],
            Self::MovesBack => {
                vec![out(12), Step { after: 24, wants: Wants::MoveBack }, ends(40)]
            }
            Self::Hears => vec![step(10, json!({ "type": "play", "text": "One minute is left." })), ends(28)],
            Self::AddsPerson | Self::AddsMachine => {
                let whisper = json!({ "text": "Please press one." });
                let add = json!({ "type": "add", "to": FRONT, "whisper": whisper, "accept": { "key": "1" } });
                vec![step(10, add), ends(40)]
            }
            Self::Asks => {
                let prompt = json!({ "text": "Please press one." });
                let choices = json!([{ "label": "one", "key": "1" }]);
                let asks = json!({
                    "type": "recognize", "participant": "p1", "prompt": prompt, "choices": choices,
                });
                vec![step(8, asks), ends(28)]
            }
            Self::Answers => vec![step(1, json!({ "type": "answer" })), adds(8, BEN), ends(30)],
            Self::Rejects => vec![step(1, json!({ "type": "reject" }))],
            Self::PutsThrough | Self::PutsThroughInVain => {
                vec![step(1, json!({ "type": "redirect", "to": BEN, "ring_seconds": 20 }))]
            }
            Self::NobodyDecides | Self::HangsUpWhileOffered | Self::Random(_) => Vec::new(),
            Self::AnswersAndDies => vec![step(1, json!({ "type": "answer" }))],
            Self::ForgottenOnHold => vec![step(1, json!({ "type": "answer" })), holds(6)],
            Self::GivesBack => {
                vec![step(1, json!({ "type": "answer" })), step(9, json!({ "type": "release" }))]
            }
            Self::HoldsForwarded => vec![of(14, "hold", "p1"), of(24, "resume", "p1"), ends(34)],
            Self::TransfersForwarded => {
                let to_ben =
                    json!({ "type": "transfer", "participant": "p1", "to": BEN, "ring_seconds": 20 });
                vec![step(14, to_ben), ends(34)]
            }
            Self::ForwardedLeaves => vec![of(14, "hold", "p2"), ends(34)],
            Self::LeftOnHold => vec![holds(14)],
            Self::HoldsHunted => vec![of(25, "hold", "p1"), of(35, "resume", "p1"), ends(45)],
        }
    }

    pub(crate) fn phones(self) -> Vec<(String, Phone)> {
        if let Self::Random(seed) = self {
            return phones(seed);
        }
        let after = Phone::answers_after;
        let [ana, ben, front] = match self {
            Self::One
            | Self::WaitsLong
            | Self::Listens
            | Self::CancelMeetsAnswer
            | Self::HandsOver
            | Self::TakesBack
            | Self::Transfers
            | Self::Hears
            | Self::TransfersOut
            | Self::TransfersOutInVain
            | Self::CancelsTransferOut
            | Self::MovesBack
            | Self::AddsMachine => [after(4), after(4), after(4)],
            Self::Transcribes => {
                let says = |phone: Phone, whose: &str| {
                    let own = SAID.iter().filter(|(who, ..)| *who == whose);
                    own.fold(phone, |phone, (_, after, words)| {
                        phone.on(Cue::talks().after(*after), Deed::says(words))
                    })
                };
                [says(after(4), ANA), says(after(4), BEN), after(4)]
            }
            Self::Confides => {
                let says = after(4).on(Cue::hears("card").after(3), Deed::says(SECRET));
                [says, after(4), after(4)]
            }
            Self::Two | Self::Mutes | Self::Records | Self::Streams | Self::LeavesWhileHeld => {
                let leaves = |phone: Phone| match self {
                    Self::LeavesWhileHeld => phone.on(Cue::answered().after(12), Deed::HangsUp),
                    _ => phone,
                };
                [after(4), leaves(after(4)), after(4)]
            }
            // Some twelve seconds after they answered the fourth picks up.
            Self::LeavesWhenTransferredOut => {
                [after(4).on(Cue::answered().after(12), Deed::HangsUp), after(4), after(4)]
            }
            Self::AddsPerson => {
                let presses = after(4).on(Cue::hears("press one").after(2), Deed::presses("1"));
                [after(4), after(4), presses]
            }
            Self::ConsultsInVain => [after(4), after(4), Phone::busy()],
            Self::Asks => {
                let presses = after(4).on(Cue::hears("press one").after(2), Deed::presses("1"));
                [presses, after(4), after(4)]
            }
            // Each leg is placed a second after the one before.
            Self::FirstWins => [Phone::never_answers(), after(6), after(5)],
            Self::WinnerLeaves => {
                [after(15), after(6).on(Cue::answered().after_millis(300), Deed::HangsUp), after(5)]
            }
            Self::CancelsAdd => [after(4), Phone::never_answers(), after(4)],
            Self::LeavesWhenSeated => [after(4), after(4).on(Cue::talks(), Deed::HangsUp), after(4)],
            Self::Answers | Self::PutsThrough => {
                let talks = after(4).talks_for(30);
                [Phone::never_answers(), talks, Phone::never_answers()]
            }
            Self::LeftOnHold => {
                let leaves = after(2).on(Cue::answered().after(20), Deed::HangsUp);
                [Phone::never_answers(), after(4), leaves]
            }
            Self::Rejects
            | Self::NobodyDecides
            | Self::HangsUpWhileOffered
            | Self::ForgottenOnHold
            | Self::Random(_) => [Phone::never_answers(), Phone::never_answers(), Phone::never_answers()],
            Self::PutsThroughInVain => [Phone::never_answers(), Phone::busy(), Phone::never_answers()],
            // Ana takes the call by a key.
            Self::AnswersAndDies | Self::GivesBack => {
                let takes =
                    after(3).talks_for(15).on(Cue::hears("You have a call").after(6), Deed::presses("1"));
                [takes, Phone::never_answers(), Phone::never_answers()]
            }
            // The number's own telephone is the last one. The program wants something 9 s after it is picked up.
            Self::HoldsForwarded | Self::TransfersForwarded => [Phone::never_answers(), after(4), after(2)],
            Self::ForwardedLeaves => {
                let leaves = after(2).on(Cue::answered().after_millis(9_200), Deed::HangsUp);
                [Phone::never_answers(), after(4), leaves]
            }
            Self::HoldsHunted => {
                let takes = after(3).on(Cue::hears("You have a call").after(6), Deed::presses("1"));
                [takes, Phone::never_answers(), Phone::never_answers()]
            }
            // They answered some six seconds after the beginning.
            Self::LeavesWhenMoved => {
                [after(4), after(4).on(Cue::answered().after(15), Deed::HangsUp), after(4)]
            }
        };
        let fourth = match self {
            Self::TransfersOutInVain => Phone::busy(),
            // Nobody ends the new call.
            _ => after(4).on(Cue::answered().after(20), Deed::HangsUp),
        };
        [(ANA, ana), (BEN, ben), (FRONT, front), (FRIEND, fourth)]
            .map(|(number, phone)| (number.to_owned(), phone))
            .into()
    }
}

impl Steer {
    /// Nothing goes wrong.
    pub fn of(play: Play) -> Self {
        Self { play, astray: Vec::new(), faults: Faults::default(), rest: Vec::new(), program: Vec::new() }
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

    /// For how much longer than told something may not be so: what goes wrong with webhooks adds up.
    pub(crate) fn late_by(&self) -> Duration {
        let of_travel = |astray: &Astray| match astray.travel {
            Travel::Normal | Travel::Doubled => 0,
            Travel::Late | Travel::Overtaken => 3,
            // All tries of a webhook together.
            Travel::Slow | Travel::TooSlow | Travel::Dropped => 15,
        };
        // Where each is late, several of them follow each other: somebody is led on as soon as they have come.
        let times = |astray: &Astray| if astray.nth.is_none() { 3 } else { 1 };
        let travels = self.astray.iter().map(|astray| of_travel(astray) * times(astray)).sum::<u64>();
        // A function does not wait longer for the ledger.
        let outages = if self.faults.outages.is_empty() { 0 } else { 5 };
        Duration::from_secs(travels + outages)
    }

    /// How long somebody may hear nothing. Where the worker is kept from its work, nobody leads whoever is left alone
    /// out of the room.
    pub(crate) fn longest_silence(&self) -> Duration {
        let Faults { act_dies_before, outages, live_pipe_is_broken, wake_ups_are_lost, .. } = &self.faults;
        let waits_for_schedule = !act_dies_before.is_empty()
            || !outages.is_empty()
            || (*live_pipe_is_broken && *wake_ups_are_lost);
        let worker = match (self.rest.is_empty(), waits_for_schedule) {
            (true, false) => 0,
            (false, false) => 20 + self.over_after().as_secs(),
            (_, true) => 80 + self.over_after().as_secs(),
        };
        // Whoever is asked may think.
        let asks = matches!(
            self.play,
            Play::Asks | Play::Confides | Play::AddsPerson | Play::AddsMachine | Play::Random(_)
        );
        let asked = if asks { THINKS } else { Duration::ZERO };
        LONGEST_SILENCE + self.late_by() + Duration::from_secs(worker) + asked
    }

    /// Whether nothing of ours answers any more what a leg is to hear.
    pub(crate) fn nothing_answers(&self) -> bool {
        let is_lost = |astray: &Astray| matches!(astray.travel, Travel::TooSlow | Travel::Dropped);
        let steers = ["leg", "leg/done", "voice", "wait", "dial-outcome"];
        let of_leg = |astray: &&Astray| steers.contains(&astray.path) && is_lost(astray);
        self.astray.iter().filter(of_leg).any(|astray| astray.nth.is_none())
            // One, and the fallback for it.
            || self.astray.iter().filter(of_leg).count() > 1
    }

    /// Whether nothing goes wrong.
    pub(crate) fn is_kind(&self) -> bool {
        *self == Self::of(self.play)
    }

    /// Two things that go wrong, by a seed: always the same.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.below(1);
        Self::of(dice.of(&Play::ALL)).with_faults(&mut dice, 2)
    }

    /// Two clients that want things by a seed, and up to two things that go wrong; in every second case none.
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0xd134_2543_de82_ef95));
        dice.below(1);
        let faults = dice.of(&[0, 0, 1, 2]);
        Self::of(Play::Random(seed)).with_faults(&mut dice, faults)
    }

    fn with_faults(self, dice: &mut Dice, times: usize) -> Self {
        let mut steer = self;
        for _ in 0..times {
            match dice.below(7) {
                0 | 1 => {
                    let nth = dice.of(&[None, Some(1), Some(2), Some(3)]);
                    let (path, travel) = (dice.of(steer.play.paths()), dice.of(&TRAVELS));
                    steer.astray.push(Astray { path, nth, travel });
                }
                2 => steer.faults.act_dies_before.push(1 + dice.number(60)),
                3 => {
                    let how = dice.of(&[
                        How::Refused,
                        How::TimeOut,
                        How::Throttled,
                        How::ServerError,
                        How::AnswerLost,
                    ]);
                    let when = When::Span { after_seconds: dice.number(60), seconds: dice.of(&[3, 20, 60]) };
                    steer.faults.outages.push(Outage { service: Service::DynamoDb, how, when });
                }
                4 => {
                    let fault = [
                        RestFault::Reset,
                        RestFault::ServerError,
                        RestFault::CutShort,
                        RestFault::TooManyRequests { retry_after: None },
                    ][dice.below(4)]
                    .clone();
                    let request = dice.of(&STEERED_REQUESTS);
                    let rest =
                        dice.of(&[Rest::Next(1), Rest::Nth(2), Rest::MinuteFrom(0), Rest::MinuteFrom(10)]);
                    steer.rest.push((request, fault, rest));
                }
                5 => {
                    steer.faults.live_pipe_is_broken |= dice.below(2) == 0;
                    steer.faults.wake_ups_are_lost |= dice.below(2) == 0;
                }
                _ => {
                    let number = dice.below(5);
                    steer.program.push(match dice.below(2) {
                        0 => Trouble::AnswerLost(number),
                        _ => Trouble::Doubled(number),
                    });
                }
            }
        }
        steer
    }
}

/// What such a call asks of Twilio.
pub const STEERED_REQUESTS: [RestRequest; 9] = [
    RestRequest::Stream,
    RestRequest::LiveTranscription,
    RestRequest::CreateCall,
    RestRequest::ChangeCall,
    RestRequest::Call,
    RestRequest::Calls,
    RestRequest::Conference,
    RestRequest::Participant,
    RestRequest::Any,
];

impl fmt::Display for Steer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.play, self.faults)?;
        for Astray { path, nth, travel } in &self.astray {
            write!(f, "[{path} {nth:?}: {travel:?}] ")?;
        }
        for (request, fault, rest) in &self.rest {
            write!(f, "[{request:?}: {fault:?} {rest:?}] ")?;
        }
        for trouble in &self.program {
            write!(f, "[the program: {trouble:?}] ")?;
        }
        Ok(())
    }
}
