//! Where a plan goes on: to the next action for which a caller waits.

use domain::{Frame, PlanAt, RingTime};
use phone::PhoneNumber;
use phonefile::PhoneFile;
use phonefile::model::{Action, Program, Rung, Speech, Step};

/// More than any call goes through before it comes to something: plans may name each other many times over.
const LONGEST: usize = 500;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move<'a> {
    Ring {
        people: &'a [Rung],
        time: RingTime,
    },
    Forward {
        to: &'a PhoneNumber,
        time: RingTime,
    },
    /// By its position in the file.
    Menu(u16),
    AskName,
    /// Programs may take the call.
    Control(Option<&'a Program>),
    Voicemail(Whose),
    Reject,
}

/// Whose a message is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whose {
    /// None is the file's own mailbox.
    pub(crate) person: Option<String>,
    /// Whether nobody is told of it.
    pub(crate) silent: bool,
}

/// What comes next, what is said before, and where it goes on behind it.
#[derive(Clone, Debug)]
pub(crate) struct Walked<'a> {
    pub(crate) words: Vec<&'a Speech>,
    pub(crate) next: Move<'a>,
    pub(crate) place: Vec<Frame>,
}

/// Goes on from a place. Where no plan has anything left, it is the file's mailbox.
pub(crate) fn walk(file: &PhoneFile, mut place: Vec<Frame>) -> Walked<'_> {
    let mut words = Vec::new();
    for _ in 0..LONGEST {
        let Some(Frame(at, next)) = place.last_mut() else { break };
        let Some(step) = plan_at(file, *at).get(usize::from(*next)) else {
            place.pop();
            continue;
        };
        *next = next.saturating_add(1);
        let next = match &step.action {
            Action::Say(speech) => {
                words.push(speech);
                continue;
            }
            Action::Plan(name) => {
                let position = file.plans.iter().position(|plan| plan.name == *name);
                place.extend(
                    position.and_then(|at| u16::try_from(at).ok()).map(|at| Frame(PlanAt::Named(at), 0)),
                );
                continue;
            }
            Action::Menu(name) => {
                let position = file.menus.iter().position(|menu| menu.name == *name);
                let Some(menu) = position.and_then(|at| u16::try_from(at).ok()) else { continue };
                Move::Menu(menu)
            }
            Action::AskName => Move::AskName,
            Action::Control(program) => Move::Control(program.as_ref()),
            Action::Ring { people, time } => Move::Ring { people, time: *time },
            Action::Forward { to, time } => Move::Forward { to, time: *time },
            Action::Voicemail(person) => Move::Voicemail(Whose { person: person.clone(), silent: false }),
            Action::Silent => Move::Voicemail(Whose { person: None, silent: true }),
            Action::Reject => Move::Reject,
        };
        return Walked { words, next, place };
    }
    Walked { words, next: Move::Voicemail(Whose::default()), place: Vec::new() }
}

/// The actions of a plan. What is not in the file has none.
pub(crate) fn plan_at(file: &PhoneFile, at: PlanAt) -> &[Step] {
    let option = |menu: u16, key: char| {
        let menu = file.menus.get(usize::from(menu))?;
        menu.options.iter().find(|option| option.key == key)
    };
    let plan = match at {
        PlanAt::Rule(rule) => file.calls.get(usize::from(rule)).map(|rule| &rule.plan),
        PlanAt::Off => file.off.as_ref(),
        PlanAt::Limit => file.limit.as_ref().map(|limit| &limit.then),
        PlanAt::Named(plan) => file.plans.get(usize::from(plan)).map(|plan| &plan.plan),
        PlanAt::Key(menu, key) => option(menu, key).map(|option| &option.plan),
        PlanAt::Otherwise(menu) => file.menus.get(usize::from(menu)).and_then(|menu| menu.otherwise.as_ref()),
    };
    plan.map(Vec::as_slice).unwrap_or_default()
}

/// Whether something on the way from here rings somebody.
pub(crate) fn may_ring(file: &PhoneFile, place: &[Frame]) -> bool {
    let mut known: Vec<PlanAt> = Vec::new();
    let mut left: Vec<Frame> = place.to_vec();
    while let Some(Frame(at, next)) = left.pop() {
        for step in plan_at(file, at).iter().skip(usize::from(next)) {
            let mut then = |at: PlanAt| {
                if !known.contains(&at) {
                    known.push(at);
                    left.push(Frame(at, 0));
                }
            };
            match &step.action {
                Action::Ring { .. } | Action::Forward { .. } | Action::Control(_) => return true,
                Action::Plan(name) => {
                    if let Some(at) = position(file.plans.iter().position(|plan| plan.name == *name)) {
                        then(PlanAt::Named(at));
                    }
                }
                Action::Menu(name) => {
                    let Some(at) = position(file.menus.iter().position(|menu| menu.name == *name)) else {
                        continue;
                    };
                    then(PlanAt::Otherwise(at));
                    for option in file.menus.get(usize::from(at)).into_iter().flat_map(|menu| &menu.options) {
                        then(PlanAt::Key(at, option.key));
                    }
                }
                _ => {}
            }
        }
    }
    false
}

fn position(at: Option<usize>) -> Option<u16> {
    u16::try_from(at?).ok()
}
