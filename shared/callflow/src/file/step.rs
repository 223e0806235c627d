//! How a call goes on: from where it is, by what came, to what its caller gets.

use std::collections::BTreeMap;

use domain::{
    Ask, Course, DialOutcome, Frame, Language, LegId, LegState, LiveCall, LiveLeg, PassedOver, Prompt, Ring,
    RingTime, Spoken, Stage, Treatment, WhyNotRung,
};
use jiff::Timestamp;
use live::{CallId, ParticipantId};
use phone::PhoneNumber;
use phonefile::PhoneFile;
use phonefile::model::{Person, Program};
use texts::Phrase;

use crate::address::Onward;
use crate::booth::BoothAddress;
use crate::file::input::Input;
use crate::file::legs;
use crate::file::menu::{self, Turn, Turned};
use crate::file::scene::{Ringing, Scene};
use crate::file::walk::{Move, Whose, walk};
use crate::file::words::Voice;

/// How long people are rung for one caller, all steps together, in seconds. What a plan rings beyond is passed
/// over: nobody waits longer.
const LONGEST_HUNT: i64 = 80;

/// What a step may last beyond the time that its telephones ring: Twilio adds five seconds, and places a leg a
/// second.
const LATE: i64 = 10;

/// How long a caller may take to be parked, in seconds: as long as what is said before.
const PARKING: i64 = 60;

/// How long a person who took the call in the last second of a step may take to be joined, in seconds.
const JOINING: i64 = 6;

/// How long programs may think whether they take a call, in seconds.
const OFFERED: i64 = 10;

/// Of a call that came in, the participant to whom a program puts it through: its caller is the first.
const PUT_THROUGH: ParticipantId = ParticipantId(2);

/// How long a caller may think who calls and why, in seconds.
const NAME_SECONDS: u16 = 6;

/// More than any plan has in a row for people who can't be rung.
const LONGEST: usize = 100;

/// To whom a call is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// To programs that ask for it.
    ToAny,
    /// To those, and to one that is told.
    ToldTo(Program),
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepped {
    /// Where the call is now.
    pub course: Course,
    /// What the caller gets; one who is parked and is not to be parked any more gets it after leaving.
    pub treatment: Treatment,
    /// Who is to ring.
    pub legs: BTreeMap<LegId, LiveLeg>,
    /// Who was to ring, and can't be rung.
    pub passed_over: Vec<PassedOver>,
    /// To whom the call is offered, if it is now.
    pub offered: Option<Offered>,
    /// Who calls and why, if it was said now.
    pub said: Option<String>,
    /// What the caller hears from now on, if they chose it now.
    pub chose: Option<Language>,
}

/// A call goes on by what came. `revision` is the one that the call's row has once this is written.
pub fn step(scene: Scene<'_>, course: Course, input: Input<'_>, revision: u32) -> Stepped {
    let way = Way { scene, revision };
    match (&course.stage, input) {
        (Stage::Language { round }, input) => language(way, *round, course, input),
        (Stage::Name, Input::Speech(words, _)) => {
            let mut stepped = way.go_on(Course { is_answered: true, ..course }, Vec::new());
            stepped.said = Some(words.chars().take(200).collect());
            stepped
        }
        // Who says nothing is not refused, but asked for a message.
        (Stage::Name, _) => way.message(course, Vec::new(), Whose::default()),
        (Stage::Menu { .. }, input) => {
            let turned = menu::chosen(way.voice(&course), course, input);
            way.turned(turned)
        }
        (Stage::Offer { .. }, Input::PutThrough(to, seconds)) => way.put_through(course, to, seconds),
        (Stage::Dial, Input::DialEnded(DialOutcome::NotReached(_)))
        | (Stage::Offer { .. }, Input::NotTaken)
        | (Stage::Park { .. } | Stage::Hunt { .. }, Input::StepOver) => way.go_on(course, Vec::new()),
        (Stage::Park { .. } | Stage::Hunt { .. }, Input::ToVoicemail) => way.to_voicemail(course),
        (Stage::Hunt { .. }, Input::Blocked) => end(course, Vec::new()),
        (Stage::Message { person, silent }, _) => {
            let whose = Whose { person: person.clone(), silent: *silent };
            way.message(course, Vec::new(), whose)
        }
        _ => Stepped::with(Course { stage: Stage::End, ..course }, Treatment::HangUp),
    }
}

/// Whether a call has been offered to programs for long enough.
pub fn is_offer_over(course: &Course, now: Timestamp) -> bool {
    matches!(course.stage, Stage::Offer { since } if now.as_second() >= since.saturating_add(OFFERED))
}

/// Whether nobody of the step that goes on can be reached any more.
pub fn all_lost(call: &LiveCall) -> bool {
    let Stage::Hunt { step, .. } = call.course.stage else { return false };
    let mut legs = call.legs.values().filter(|leg| leg.step == step);
    legs.all(|leg| leg.state.is_lost())
}

/// Whether somebody has picked up in the step that goes on, and may still prove to be a person.
pub fn is_somebody_asked(call: &LiveCall, now: Timestamp) -> bool {
    let Stage::Hunt { step, ends, .. } = call.course.stage else { return false };
    let asked_until = |at: Timestamp| at.as_second().saturating_add(crate::ASKED_SECONDS);
    let is_asked = |leg: &LiveLeg| {
        leg.step == step
            && leg.state == LegState::Answered
            && leg.told_at.is_some_and(|at| now.as_second() < asked_until(at))
    };
    now.as_second() < ends && call.legs.values().any(is_asked)
}

/// Whether a caller who waits is to go on: nobody is rung yet, or the time of the step is over.
pub fn is_step_over(course: &Course, now: Timestamp) -> bool {
    match course.stage {
        Stage::Park { .. } => true,
        Stage::Hunt { until, .. } => now.as_second() >= until,
        _ => false,
    }
}

/// What a caller gets who waits, and of whom nothing can be read or written: the sound of ringing, or music, until
/// they have waited long enough. The address counts from when they began to wait: they are not kept longer for it.
pub fn waiting_unread(mut onward: Onward, now: Timestamp) -> Treatment {
    if let Stage::Offer { .. } = onward.course.stage {
        return offered_unread(&onward);
    }
    if is_wait_over(&onward.course, now) {
        return Treatment::Leave;
    }
    if let Stage::Park { waits_since, .. } = &mut onward.course.stage {
        waits_since.get_or_insert(now.as_second());
    }
    Treatment::Wait { words: Vec::new(), sound: onward.course.wait, next: onward.write() }
}

/// What a caller goes on hearing whose call is offered to programs, as long as it is.
fn offered_unread(onward: &Onward) -> Treatment {
    let next = onward.write();
    if onward.course.is_answered {
        Treatment::Wait { words: Vec::new(), sound: onward.course.wait, next }
    } else {
        Treatment::Offer { next }
    }
}

fn is_wait_over(course: &Course, now: Timestamp) -> bool {
    match course.stage {
        Stage::Park { since, .. } => now.as_second() >= since.saturating_add(PARKING),
        Stage::Hunt { until, .. } => now.as_second() >= until,
        _ => true,
    }
}

/// Whether it is too late also for who took the call just before, and joins the caller.
pub fn is_join_over(course: &Course, now: Timestamp) -> bool {
    matches!(course.stage, Stage::Hunt { until, .. } if now.as_second() >= until.saturating_add(JOINING))
}

/// What a caller gets who is parked, and waits: a sentence now and then, and the sound of ringing, or
/// music.
pub fn waiting(file: &PhoneFile, onward: &Onward, now: Timestamp) -> Treatment {
    /// How often the sentence is said, in seconds.
    const SENTENCE_EVERY: i64 = 20;
    let Stage::Hunt { since, .. } = onward.course.stage else { return Treatment::Leave };
    let voice = Voice { file, language: onward.course.language, now };
    let waited = now.as_second().saturating_sub(since);
    let is_time = waited >= SENTENCE_EVERY && waited % SENTENCE_EVERY < crate::PIECE_SECONDS;
    let words = is_time.then(|| voice.phrase(Phrase::StillTrying)).into_iter().collect();
    Treatment::Wait { words, sound: onward.course.wait, next: onward.write() }
}

/// A scene, and what addresses are written with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) revision: u32,
}

impl Stepped {
    fn with(course: Course, treatment: Treatment) -> Self {
        let (legs, passed_over) = (BTreeMap::new(), Vec::new());
        Self { course, treatment, legs, passed_over, offered: None, said: None, chose: None }
    }
}

impl<'a> Way<'a> {
    pub(crate) fn voice(self, course: &Course) -> Voice<'a> {
        Voice { file: self.scene.file, language: course.language, now: self.scene.now }
    }

    pub(crate) fn next(self, course: &Course) -> String {
        Onward { revision: self.revision, course: course.clone() }.write()
    }

    /// Goes on with the plan, after something is said.
    pub(crate) fn go_on(self, course: Course, first: Vec<Spoken>) -> Stepped {
        let mut passed_over = Vec::new();
        let mut stepped = self.to_the_next(course, first, &mut passed_over);
        // A menu may have gone on, and have passed over others.
        passed_over.append(&mut stepped.passed_over);
        Stepped { passed_over, ..stepped }
    }

    fn to_the_next(
        self,
        mut course: Course,
        first: Vec<Spoken>,
        passed_over: &mut Vec<PassedOver>,
    ) -> Stepped {
        let mut words = first;
        for _ in 0..LONGEST {
            let walked = walk(self.scene.file, std::mem::take(&mut course.place));
            let voice = self.voice(&course);
            words.extend(walked.words.into_iter().map(|speech| voice.speech(speech)));
            course.place = walked.place;
            match walked.next {
                Move::Voicemail(whose) => return self.message(course, words, whose),
                Move::Reject => return end(course, words),
                Move::AskName => return self.ask_name(course, words),
                Move::Control(program) => return self.offer(course, words, program),
                Move::Menu(menu) => return self.turned(menu::entered(voice, course, menu, words)),
                Move::Forward { to, time } => {
                    if self.scene.leads_back(to) {
                        continue;
                    }
                    return self.dial(course, words, to, time, None);
                }
                Move::Ring { people, time } => {
                    let (ringing, mut not_rung) = self.scene.ringing(&course, people);
                    passed_over.append(&mut not_rung);
                    let is_parked = matches!(course.stage, Stage::Park { .. } | Stage::Hunt { .. });
                    match ringing[..] {
                        [] => {}
                        _ if is_hunt_over(&course.stage, self.scene.now) => {
                            let late = |it: &Ringing<'_>| PassedOver {
                                person: it.person.id.clone(),
                                why: WhyNotRung::NoTime,
                            };
                            passed_over.extend(ringing.iter().map(late));
                        }
                        [Ringing { rung, person, to }]
                            if !is_parked && rung.after.is_zero() && !self.has_more(&course) =>
                        {
                            return self.dial(course, words, to, time, Some(person));
                        }
                        _ => return self.hunt(course, words, &ringing, time),
                    }
                }
            }
        }
        self.message(course, words, Whose::default())
    }

    /// What became of a menu.
    fn turned(self, Turned { course, words, then }: Turned) -> Stepped {
        match then {
            Turn::Plan => self.go_on(course, words),
            Turn::Ask { seconds, hints } => {
                // A menu without words understands none.
                let speech = (!hints.is_empty()).then_some(course.language);
                let next = self.next(&course);
                Stepped::with(course, Treatment::Ask(Ask { words, keys: true, speech, hints, seconds, next }))
            }
        }
    }

    /// A greeting and a beep.
    fn message(self, course: Course, first: Vec<Spoken>, whose: Whose) -> Stepped {
        let message = self.voice(&course).message(first, whose);
        let stage = Stage::Message { person: message.person.clone(), silent: message.silent };
        Stepped::with(Course { stage, is_answered: true, ..course }, Treatment::TakeMessage(message))
    }

    /// Passes over whatever rings or asks, up to the mailbox that the plan comes to.
    fn to_voicemail(self, mut course: Course) -> Stepped {
        for _ in 0..LONGEST {
            let walked = walk(self.scene.file, std::mem::take(&mut course.place));
            course.place = walked.place;
            if let Move::Voicemail(whose) = walked.next {
                return self.message(course, Vec::new(), whose);
            }
        }
        self.message(course, Vec::new(), Whose::default())
    }

    fn ask_name(self, course: Course, mut words: Vec<Spoken>) -> Stepped {
        words.push(self.voice(&course).phrase(Phrase::AskName));
        let course = Course { stage: Stage::Name, is_answered: true, ..course };
        let speech = Some(course.language);
        let next = self.next(&course);
        let ask = Ask { words, keys: false, speech, hints: Vec::new(), seconds: NAME_SECONDS, next };
        Stepped::with(course, Treatment::Ask(ask))
    }

    /// Programs may take the call. Whoever has heard nothing yet hears the line ring on.
    fn offer(self, course: Course, words: Vec<Spoken>, program: Option<&Program>) -> Stepped {
        let is_answered = course.is_answered || !words.is_empty();
        let stage = Stage::Offer { since: self.scene.now.as_second() };
        let course = Course { stage, is_answered, is_offered: true, ..course };
        let sound = course.wait;
        let next = self.next(&course);
        let treatment =
            if is_answered { Treatment::Wait { words, sound, next } } else { Treatment::Offer { next } };
        let offered = program.cloned().map_or(Offered::ToAny, Offered::ToldTo);
        Stepped { offered: Some(offered), ..Stepped::with(course, treatment) }
    }

    /// A telephone that a program chose, by a plain dial. If nobody is reached, the plan goes on.
    fn put_through(self, course: Course, to: &PhoneNumber, seconds: u16) -> Stepped {
        let voice = self.voice(&course);
        let course = Course { stage: Stage::Dial, is_answered: true, is_offered: true, ..course };
        let ring = Ring {
            first: Vec::new(),
            announcement: None,
            targets: vec![to.clone()],
            shown: self.scene.shown().clone(),
            seconds: seconds.into(),
            hang_up_on_star: self.scene.file.ringing.hang_up_on_star,
            screened: false,
            spoken_to_in: None,
            next: Some(self.next(&course)),
            otherwise: voice.message(Vec::new(), Whose::default()),
            told: Some(BoothAddress::new(CallId::of_incoming(self.scene.call_sid), PUT_THROUGH, 1).write()),
        };
        Stepped::with(course, Treatment::Ring(ring))
    }

    /// One telephone, by a plain dial.
    fn dial(
        self,
        course: Course,
        first: Vec<Spoken>,
        to: &PhoneNumber,
        time: RingTime,
        person: Option<&Person>,
    ) -> Stepped {
        let ring = self.ring(&course, first, to, time, person);
        let course = Course { stage: Stage::Dial, is_answered: true, ..course };
        let next = Some(self.next(&course));
        Stepped::with(course, Treatment::Ring(Ring { next, ..ring }))
    }

    /// A plain dial, behind which there is the file's own mailbox. A person of the file is asked to prove to be one.
    pub(crate) fn ring(
        self,
        course: &Course,
        first: Vec<Spoken>,
        to: &PhoneNumber,
        time: RingTime,
        person: Option<&Person>,
    ) -> Ring {
        let voice = self.voice(course);
        let ringing = &self.scene.file.ringing;
        Ring {
            first,
            announcement: ringing.announce.then(|| voice.prompt(Prompt::Connecting)),
            targets: vec![to.clone()],
            shown: self.scene.shown().clone(),
            seconds: time.as_seconds().into(),
            hang_up_on_star: ringing.hang_up_on_star,
            screened: person.is_some(),
            spoken_to_in: person.map(|person| self.scene.language_of(person)),
            next: None,
            otherwise: voice.message(Vec::new(), Whose::default()),
            told: None,
        }
    }

    /// Parks the caller; who is parked waits, while these people are rung together.
    fn hunt(self, course: Course, words: Vec<Spoken>, ringing: &[Ringing<'_>], time: RingTime) -> Stepped {
        let now = self.scene.now.as_second();
        match course.stage {
            Stage::Park { waits_since, .. } => {
                let since = waits_since.unwrap_or(now);
                self.ring_step(course, words, ringing, time, (since, since.saturating_add(LONGEST_HUNT)))
            }
            Stage::Hunt { since, ends, .. } => self.ring_step(course, words, ringing, time, (since, ends)),
            _ => self.park(course, words),
        }
    }

    /// The ringing itself comes once the caller waits.
    fn park(self, mut course: Course, mut words: Vec<Spoken>) -> Stepped {
        if let Some(Frame(_, next)) = course.place.last_mut() {
            *next = next.saturating_sub(1);
        }
        if self.scene.file.ringing.announce {
            words.push(self.voice(&course).prompt(Prompt::Connecting));
        }
        let stage = Stage::Park { since: self.scene.now.as_second(), waits_since: None };
        let course = Course { stage, is_answered: true, ..course };
        let queue = self.scene.call_sid.as_str().to_owned();
        let next = self.next(&course);
        Stepped::with(course, Treatment::Park { queue, words, next })
    }

    fn ring_step(
        self,
        mut course: Course,
        words: Vec<Spoken>,
        ringing: &[Ringing<'_>],
        time: RingTime,
        (since, ends): (i64, i64),
    ) -> Stepped {
        let step = course.steps;
        let legs = legs::of_step(self.scene, step, ringing, time);
        let last_begins = ringing.iter().map(|it| it.rung.after.as_secs()).max().unwrap_or(0);
        let lasts = i64::from(time.as_seconds()) + LATE + i64::try_from(last_begins).unwrap_or(LONGEST_HUNT);
        let until = self.scene.now.as_second().saturating_add(lasts).min(ends);
        course.steps = step.saturating_add(1);
        course.stage = Stage::Hunt { step, since, until, ends };
        let (sound, next) = (course.wait, self.next(&course));
        Stepped { legs, ..Stepped::with(course, Treatment::Wait { words, sound, next }) }
    }

    /// Whether a plan has more than a message behind this: then the caller waits for all of it in one place, and who
    /// is rung may say that there is to be a message.
    fn has_more(self, course: &Course) -> bool {
        let walked = walk(self.scene.file, course.place.clone());
        !matches!(walked.next, Move::Voicemail(_))
    }
}

/// Whether no more steps of ringing begin: the caller has waited long enough.
fn is_hunt_over(stage: &Stage, now: Timestamp) -> bool {
    matches!(stage, Stage::Hunt { ends, .. } if now.as_second() >= *ends)
}

/// The call is refused, if its caller has heard nothing yet.
fn end(course: Course, words: Vec<Spoken>) -> Stepped {
    let treatment =
        if words.is_empty() && !course.is_answered { Treatment::Reject } else { Treatment::End { words } };
    Stepped::with(Course { stage: Stage::End, ..course }, treatment)
}

/// Asks in which language the call goes on.
pub(crate) fn ask_language(way: Way<'_>, course: Course, round: u8) -> Stepped {
    let course = Course { stage: Stage::Language { round }, is_answered: true, ..course };
    let offered = way.scene.file.languages.iter().zip(1..);
    let offers = offered.map(|(language, key): (_, u8)| {
        let voice = Voice { language: *language, ..way.voice(&course) };
        voice.text(format!("{} {key}.", texts::phrase(Phrase::ThisLanguage, *language)))
    });
    let words = offers.collect();
    let next = way.next(&course);
    let ask = Ask { words, keys: true, speech: None, hints: Vec::new(), seconds: menu::SECONDS, next };
    Stepped::with(course, Treatment::Ask(ask))
}

/// The first of the file's languages is that of callers who choose none.
fn language(way: Way<'_>, round: u8, course: Course, input: Input<'_>) -> Stepped {
    let chosen = match input {
        Input::Key(key) => key.to_digit(10).and_then(|key| usize::try_from(key).ok()?.checked_sub(1)),
        _ => None,
    };
    match chosen.and_then(|at| way.scene.file.languages.get(at)) {
        Some(language) => {
            let stepped = way.go_on(Course { language: *language, ..course }, Vec::new());
            Stepped { chose: Some(*language), ..stepped }
        }
        None if round.saturating_add(1) < menu::ROUNDS => ask_language(way, course, round.saturating_add(1)),
        None => way.go_on(course, Vec::new()),
    }
}
