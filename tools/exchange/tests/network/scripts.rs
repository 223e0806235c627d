//! Random scripts: what documents say, who calls when, and what REST changes meanwhile.

use std::fmt::Write as _;
use std::time::Duration;

use exchange::{Caller, Cue, Deed, Phone, Speech};

/// How many documents there are: `/d0`, `/d1` and so on.
pub(crate) const DOCUMENTS: u64 = 8;

/// How many documents there are that are only heard: `/w0` and so on.
pub(crate) const MUSIC: u64 = 4;

/// How many telephones there are outside.
pub(crate) const PHONES: u64 = 4;

/// A source of chance that a seed decides (`SplitMix64`).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than that.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One in so many.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.below(from.len().max(1) as u64);
        from.get(usize::try_from(place).unwrap_or_default())
    }

    /// An instant within so many seconds; often a whole second, at which others do something as well.
    pub(crate) fn instant(&mut self, seconds: u64) -> Duration {
        let second = self.below(seconds);
        Duration::from_millis(second * 1000 + if self.one_in(4) { self.below(1000) } else { 0 })
    }
}

/// What is done from outside at an instant.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Calls(u64),
    RestCalls,
    Redirects,
    RedirectsByTwiml(String),
    Completes,
    ChangesParticipant(Vec<(&'static str, String)>),
    Kicks,
    EndsRoom,
    AnnouncesToAll(u64),
    Adds(Vec<(&'static str, String)>),
    Dequeues,
    StartsRecording,
    StopsRecording,
    StartsStream(&'static str),
    StartsTranscription,
    Stops(&'static str),
    Does(Deed),
}

/// Everything that happens from outside.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) documents: Vec<String>,
    pub(crate) music: Vec<String>,
    /// The queues are there before anybody calls.
    pub(crate) has_queues: bool,
    pub(crate) acts: Vec<(Duration, Act)>,
    /// Nobody is muted, held, coaching or listening to an announcement.
    pub(crate) is_plain: bool,
}

impl Script {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let is_plain = chance.one_in(2);
        let documents = (0..DOCUMENTS).map(|_| document(chance, is_plain)).collect();
        let music = (0..MUSIC).map(|_| music(chance)).collect();
        let people = 1 + chance.below(4);
        let mut acts: Vec<(Duration, Act)> =
            (0..people).map(|person| (chance.instant(20), Act::Calls(person))).collect();
        for _ in 0..chance.below(10) {
            let at = chance.instant(70);
            acts.push((at, act(chance, is_plain)));
        }
        acts.sort_by_key(|(at, _)| *at);
        Self { documents, music, has_queues: !chance.one_in(4), acts, is_plain }
    }
}

fn act(chance: &mut Chance, is_plain: bool) -> Act {
    match chance.below(if is_plain { 11 } else { 14 }) {
        0 => Act::RestCalls,
        1 => Act::Redirects,
        2 => Act::RedirectsByTwiml(format!("<Response>{}</Response>", verbs(chance, is_plain, true))),
        3 => Act::Completes,
        4 => Act::Kicks,
        5 => Act::EndsRoom,
        6 => {
            let mut form = vec![("EndConferenceOnExit", chance.one_in(2).to_string())];
            if chance.one_in(3) {
                form.push(("Label", format!("label{}", chance.below(2))));
            }
            if chance.one_in(3) {
                form.push(("StartConferenceOnEnter", "false".into()));
            }
            Act::Adds(form)
        }
        7 => Act::Dequeues,
        8 => match chance.below(6) {
            0 => Act::StartsRecording,
            1 => Act::StopsRecording,
            2 | 3 => Act::StartsStream(if chance.one_in(2) { "both_tracks" } else { "inbound_track" }),
            4 => Act::StartsTranscription,
            _ => Act::Stops(if chance.one_in(2) { "Streams" } else { "Transcriptions" }),
        },
        9 => Act::Does(Deed::presses(if chance.one_in(2) { "*" } else { "1" })),
        10 => Act::Does(if chance.one_in(2) { Deed::says("well well") } else { Deed::HangsUp }),
        11 => Act::AnnouncesToAll(chance.below(MUSIC)),
        _ => Act::ChangesParticipant(match chance.below(5) {
            0 => vec![("Muted", chance.one_in(2).to_string())],
            1 => vec![("Hold", chance.one_in(2).to_string())],
            2 => vec![("Hold", "true".into()), ("HoldUrl", format!("/w{}", chance.below(MUSIC)))],
            3 => vec![("AnnounceUrl", format!("/w{}", chance.below(MUSIC)))],
            _ => vec![("Coaching", chance.one_in(3).to_string()), ("CallSidToCoach", "another".into())],
        }),
    }
}

fn document(chance: &mut Chance, is_plain: bool) -> String {
    verbs(chance, is_plain, false)
}

/// What is heard while waiting, before being connected, or as an announcement; now and then what may not be.
fn music(chance: &mut Chance) -> String {
    match chance.below(6) {
        0 => "<Say>please hold the line</Say><Redirect/>".into(),
        1 => "<Pause length=\"4\"/><Say>one moment please</Say>".into(),
        2 => "<Say>press one to leave</Say><Gather numDigits=\"1\" timeout=\"3\" action=\"/d0\"/><Leave/>"
            .into(),
        3 => "<Say>bye</Say><Hangup/>".into(),
        4 => "<Say>well well well</Say>".into(),
        _ => verbs(chance, true, false),
    }
}

/// Verbs; in REST no address may be relative, so none stands there.
fn verbs(chance: &mut Chance, is_plain: bool, in_rest: bool) -> String {
    let mut all = String::new();
    for _ in 0..=chance.below(3) {
        verb(&mut all, chance, is_plain, in_rest);
    }
    all
}

fn verb(all: &mut String, chance: &mut Chance, is_plain: bool, in_rest: bool) {
    let action = |chance: &mut Chance| {
        let place = chance.below(DOCUMENTS);
        if in_rest || chance.one_in(3) { String::new() } else { format!(" action=\"/d{place}\"") }
    };
    let seconds = 1 + chance.below(9);
    let place = chance.below(DOCUMENTS);
    let name = u64::from(chance.one_in(4));
    let written = match chance.below(14) {
        0 => write!(all, "<Say>{}</Say>", "word ".repeat(usize::try_from(seconds).unwrap_or(1))),
        1 => write!(all, "<Pause length=\"{seconds}\"/>"),
        2 => {
            let action = action(chance);
            write!(all, "<Gather numDigits=\"1\" timeout=\"{seconds}\"{action}><Say>Press.</Say></Gather>")
        }
        3 if !in_rest => write!(
            all,
            "<Record maxLength=\"{}\" timeout=\"3\" action=\"/d{place}\" recordingStatusCallback=\"/recorded\"/>",
            seconds + 1
        ),
        3 | 4 => {
            let action = action(chance);
            let callback = if in_rest { "" } else { " statusCallback=\"/leg\"" };
            let whisper = if !in_rest && chance.one_in(3) {
                format!(" url=\"/w{}\"", place % MUSIC)
            } else {
                String::new()
            };
            let one = chance.below(PHONES);
            let also =
                if chance.one_in(3) { format!("<Number>{}</Number>", phone(one + 1)) } else { String::new() };
            let star = chance.one_in(2);
            write!(
                all,
                "<Dial timeout=\"5\" hangupOnStar=\"{star}\"{action}><Number{callback}{whisper}>{}</Number>{also}</Dial>",
                phone(one)
            )
        }
        5..=7 => {
            let action = action(chance);
            let attributes = join(chance, is_plain, in_rest);
            let star = chance.one_in(2);
            let record = if chance.one_in(5) { " record=\"record-from-answer\"" } else { "" };
            write!(
                all,
                "<Dial hangupOnStar=\"{star}\"{record}{action}><Conference {attributes}>r{name}</Conference></Dial>"
            )
        }
        8 | 12 => {
            let action = action(chance);
            let url = if !in_rest && chance.one_in(3) {
                format!(" url=\"/w{}\"", place % MUSIC)
            } else {
                String::new()
            };
            write!(all, "<Dial timeout=\"{}\"{action}><Queue{url}>q{name}</Queue></Dial>", seconds * 3 + 3)
        }
        9 | 13 => {
            let action = action(chance);
            let wait = wait_url(chance, in_rest);
            write!(all, "<Enqueue{wait}{action}>q{name}</Enqueue>")
        }
        10 if in_rest => write!(all, "<Leave/>"),
        10 => write!(all, "<Redirect>/d{place}</Redirect>"),
        _ => write!(all, "{}", if chance.one_in(2) { "<Leave/>" } else { "<Hangup/>" }),
    };
    // A string can be written to.
    let _ = written;
}

fn wait_url(chance: &mut Chance, in_rest: bool) -> String {
    match chance.below(3) {
        0 => " waitUrl=\"\"".into(),
        1 if !in_rest => format!(" waitUrl=\"/w{}\"", chance.below(MUSIC)),
        _ => String::new(),
    }
}

fn join(chance: &mut Chance, is_plain: bool, in_rest: bool) -> String {
    let mut attributes = wait_url(chance, in_rest);
    if !in_rest {
        attributes += " statusCallback=\"/room\" statusCallbackEvent=\"start end join leave mute hold modify \
                       speaker announcement\"";
    }
    for (odds, attribute) in [
        (3, " startConferenceOnEnter=\"false\""),
        (3, " endConferenceOnExit=\"true\""),
        (6, " participantLabel=\"label0\""),
        (20, " maxParticipants=\"2\""),
        (8, " record=\"record-from-start\""),
        (40, " coach=\"CA00000000000000000000000000000009\""),
    ] {
        if chance.one_in(odds) {
            attributes += attribute;
        }
    }
    if !is_plain && chance.one_in(3) {
        attributes += " muted=\"true\"";
    }
    attributes
}

/// The number of a telephone outside.
pub(crate) fn phone(place: u64) -> String {
    format!("+1212555019{}", place % PHONES)
}

/// Whoever has that telephone; who answers hangs up by and by.
pub(crate) fn whoever(chance: &mut Chance) -> Phone {
    let answering = |chance: &mut Chance| {
        let stays = 5 + chance.below(60);
        let phone = Phone::answers_after(chance.below(6)).on(Cue::answered().after(stays), Deed::HangsUp);
        let phone = if chance.one_in(3) { phone.talks_for(1 + chance.below(20)) } else { phone };
        let phone = if chance.one_in(4) { phone.hangs_up_at_whisper_after(chance.below(4)) } else { phone };
        if chance.one_in(3) { phone.greets("yes who is there") } else { phone }
    };
    match chance.below(8) {
        0 => Phone::busy(),
        1 => Phone::never_answers(),
        2 => Phone::declines_after(2),
        3 => Phone::unreachable(),
        _ => answering(chance),
    }
}

/// A caller, who hangs up by and by.
pub(crate) fn somebody(chance: &mut Chance, place: u64) -> Caller {
    let caller = Caller::new(format!("+1415555070{place}")).hangs_up_after(10 + chance.below(90));
    let caller = caller.leaves(Speech::tone(Duration::from_secs(2), "hello")).then_stays_silent();
    let caller = if chance.one_in(3) { caller.presses("1") } else { caller };
    let caller = if chance.one_in(4) { caller.hangs_up_while_ringing_after(3) } else { caller };
    let caller = if chance.one_in(4) { caller.presses_star_after(4) } else { caller };
    if chance.one_in(4) { caller.hangs_up_conversation_after(1 + chance.below(20)) } else { caller }
}
