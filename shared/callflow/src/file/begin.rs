//! A call comes in to a number that has a phone file.

use domain::{
    Course, Decision, Disposition, Frame, InList, Instead, Language, PassedOver, PlanAt, Stage, Treatment,
    WhyNotForwarded,
};
use jiff::Timestamp;
use phonefile::PhoneFile;
use phonefile::model::{Blocked, Call};

use crate::decide::Usage;
use crate::file::scene::{Ringing, Scene};
use crate::file::step::{Stepped, Way, ask_language};
use crate::file::walk::{Move, Walked, Whose, may_ring, walk};
use crate::file::words::Voice;

/// What is known of who calls, beyond the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether they called in the last year.
    pub called_before: bool,
    /// What they chose to hear.
    pub language: Option<Language>,
    /// Whether their carrier does not vouch for the number.
    pub unverified: bool,
    /// Whether somebody who was rung has blocked them.
    pub blocked: bool,
}

/// What becomes of a call, and how it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Begins {
    /// What becomes of it.
    pub decision: Decision,
    /// Where it is, and who is to ring, if it goes over several webhooks; a plain call has neither.
    pub live: Option<Stepped>,
    /// Who was to ring, and can't be rung.
    pub passed_over: Vec<PassedOver>,
    /// The entry of a list that decided it, if one did.
    pub in_list: Option<InList>,
}

/// Decides about a call by the phone file of the number.
pub fn begin(scene: Scene<'_>, version: u32, usage: Usage, known: Known) -> Begins {
    let file = scene.file;
    let call = call(scene, known);
    let first = file.languages.first().copied().unwrap_or(Language::English);
    let language = known.language.filter(|language| file.languages.contains(language)).unwrap_or(first);
    let is_spared = |caller| phonefile::spared(file, caller, scene.now).is_some();
    if known.blocked && !scene.parties.caller.number().is_some_and(is_spared) {
        let decision = blocked(file.blocked, Voice { file, language, now: scene.now });
        let who = scene.parties.caller.number().map(|caller| caller.reveal().to_owned());
        let in_list = who.map(|who| InList { list: None, who });
        return Begins { decision, live: None, passed_over: Vec::new(), in_list };
    }
    let place = start(scene, usage, &call);
    let is_by_rule = matches!(place[..], [Frame(PlanAt::Rule(_), _)]);
    let in_list = if is_by_rule { phonefile::deciding_entry(file, &call) } else { None };
    let course = Course {
        file: version,
        language,
        place: place.clone(),
        stage: Stage::End,
        steps: 0,
        menus_since: None,
        is_answered: false,
        wait: file.ringing.wait,
        is_offered: false,
    };
    let way = Way { scene, revision: 0 };
    let walked = walk(file, place.clone());
    let speaks = !walked.words.is_empty() || matches!(walked.next, Move::Menu(_) | Move::AskName);
    if file.languages.len() > 1 && known.language.is_none() && speaks {
        return Begins { in_list, ..live(scene, &place, ask_language(way, course, 0)) };
    }
    let begins =
        plain(way, &course, walked).unwrap_or_else(|| live(scene, &place, way.go_on(course, Vec::new())));
    Begins { in_list, ..begins }
}

/// What becomes of who is blocked where nothing can be read or written: as the phone file says, where it is known from
/// an earlier call.
pub fn blocked_unread(file: Option<&PhoneFile>, now: Timestamp) -> Treatment {
    let Some(file) = file else { return Treatment::Reject };
    let language = file.languages.first().copied().unwrap_or(Language::English);
    blocked(file.blocked, Voice { file, language, now }).treatment
}

/// What becomes of who is blocked.
fn blocked(blocked: Blocked, voice: Voice<'_>) -> Decision {
    match blocked {
        Blocked::Reject => Decision {
            disposition: Disposition::Instead(Instead::Reject, WhyNotForwarded::PhoneFile),
            treatment: Treatment::Reject,
        },
        Blocked::Silent => Decision {
            disposition: Disposition::Instead(Instead::Voicemail, WhyNotForwarded::Silent),
            treatment: Treatment::TakeMessage(
                voice.message(Vec::new(), Whose { person: None, silent: true }),
            ),
        },
    }
}

/// The plan of the rule that fits, or what stands before all rules.
fn start(scene: Scene<'_>, usage: Usage, call: &Call) -> Vec<Frame> {
    let file = scene.file;
    if file.off.is_some() {
        return vec![Frame(PlanAt::Off, 0)];
    }
    let fitting = phonefile::rule_of(file, call);
    let position = file.calls.iter().position(|rule| fitting.is_some_and(|it| std::ptr::eq(it, rule)));
    let place: Vec<Frame> = position
        .and_then(|at| u16::try_from(at).ok())
        .map(|at| Frame(PlanAt::Rule(at), 0))
        .into_iter()
        .collect();
    if usage == Usage::UsedUp && may_ring(file, &place) {
        return vec![Frame(PlanAt::Limit, 0)];
    }
    place
}

/// The call, as far as a file tells calls apart.
fn call(scene: Scene<'_>, known: Known) -> Call {
    Call {
        from: scene.parties.caller.number().cloned(),
        at: scene.now.to_zoned(scene.file.time_zone.clone()),
        known: known.called_before,
        unverified: known.unverified,
        presses: Vec::new(),
        says: Vec::new(),
    }
}

/// A call that is done with one answer, or with one telephone and what follows it.
fn plain(way: Way<'_>, course: &Course, walked: Walked<'_>) -> Option<Begins> {
    let voice = way.voice(course);
    let words = walked.words.iter().map(|speech| voice.speech(speech)).collect::<Vec<_>>();
    let begins = |disposition, treatment| Begins {
        decision: Decision { disposition, treatment },
        live: None,
        passed_over: Vec::new(),
        in_list: None,
    };
    let instead = |instead| Disposition::Instead(instead, WhyNotForwarded::PhoneFile);
    let behind = Course { place: walked.place.clone(), ..course.clone() };
    let (to, time, asked, passed_over) = match walked.next {
        Move::Voicemail(whose) => {
            let why = if whose.silent { WhyNotForwarded::Silent } else { WhyNotForwarded::PhoneFile };
            let message = Treatment::TakeMessage(voice.message(words, whose));
            return Some(begins(Disposition::Instead(Instead::Voicemail, why), message));
        }
        Move::Reject if words.is_empty() => return Some(begins(instead(Instead::Reject), Treatment::Reject)),
        Move::Reject => return Some(begins(instead(Instead::Message), Treatment::End { words })),
        Move::Ring { people, time } => {
            let (ringing, passed_over) = way.scene.ringing(&behind, people);
            match ringing[..] {
                [Ringing { rung, person, to }] if rung.after.is_zero() => {
                    (to, time, Some(person), passed_over)
                }
                _ => return None,
            }
        }
        Move::Forward { to, time } if !way.scene.leads_back(to) => (to, time, None, Vec::new()),
        Move::Forward { .. } | Move::Menu(_) | Move::AskName | Move::Control(_) => return None,
    };
    let behind = walk(way.scene.file, walked.place);
    let Move::Voicemail(whose) = behind.next else { return None };
    let mut ring = way.ring(course, words, to, time, asked);
    let before = behind.words.iter().map(|speech| voice.speech(speech)).collect();
    ring.otherwise = voice.message(before, whose);
    Some(Begins { passed_over, ..begins(Disposition::Forward, Treatment::Ring(ring)) })
}

fn live(scene: Scene<'_>, place: &[Frame], stepped: Stepped) -> Begins {
    let disposition = if may_ring(scene.file, place) {
        Disposition::Forward
    } else {
        Disposition::Instead(Instead::Voicemail, WhyNotForwarded::PhoneFile)
    };
    let decision = Decision { disposition, treatment: stepped.treatment.clone() };
    // Who can't be rung is passed over: what is left may be done with one answer after all.
    let is_done = matches!(stepped.course.stage, Stage::Message { .. } | Stage::End);
    let passed_over = stepped.passed_over.clone();
    Begins { decision, live: (!is_done).then_some(stepped), passed_over, in_list: None }
}
