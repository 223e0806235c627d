//! What becomes of a call: the way that it takes through a file, and why.

use std::fmt::Write as _;

use domain::{InList, RingTime};
use jiff::civil::DateTime;
use phone::PhoneNumber;

use crate::fits::{fits, in_list, why};
use crate::model::{Action, Call, Menu, PhoneFile, Plan, Program, Rule, Rung, Speech, Until};
use crate::passing::shown;
use crate::place::Place;

/// More than any call goes through: plans that name each other twice, and those again, make a long way.
const LONGEST: usize = 500;

/// The way of a call on which nobody picks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Until when all hours are closed, if they are.
    pub closed: Option<Until>,
    /// The rules that did not fit, and why.
    pub passed: Vec<Reason>,
    /// The rule that did, and why; none if there was none, or while the file says `off`.
    pub rule: Option<Reason>,
    /// What happened, in order.
    pub happened: Vec<Happened>,
}

/// A rule, and why it fits or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Where the rule stands.
    pub place: Place,
    /// A sentence's end, like "`shop` is open until 12:30".
    pub why: String,
}

/// Something that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Where it is written; none is what happens unsaid.
    pub place: Option<Place>,
    /// What.
    pub what: Happening,
}

/// What may happen on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The caller hears something.
    Says(Speech),
    /// The caller is asked for a name.
    AsksName,
    /// Programs may take the call, and it goes on if none does.
    Offers(Option<Program>),
    /// People ring, and nobody picks up.
    Rings {
        /// Who.
        people: Vec<Rung>,
        /// For how long.
        time: RingTime,
    },
    /// A person would ring, and is away.
    Away {
        /// Who.
        person: String,
        /// Until when.
        until: DateTime,
    },
    /// Another number rings, and nobody picks up.
    Forwards {
        /// Which.
        to: PhoneNumber,
        /// For how long.
        time: RingTime,
    },
    /// The caller comes to a menu.
    Menu(String),
    /// And chooses.
    Chooses(char),
    /// Or chooses nothing that there is.
    ChoosesNothing,
    /// A message is taken for a person.
    Voicemail(String),
    /// A message is taken of which nobody is told.
    Silent,
    /// The call is refused, or ended if something was said.
    Rejects,
    /// So much happens that the rest is not told.
    AndSoOn,
}

/// What becomes of a call.
pub fn way(file: &PhoneFile, call: &Call) -> Way {
    let silent = Plan::new();
    let rule = rule_of(file, call);
    let mut walk = Walk { file, call, rule, presses: &call.presses, says: &call.says, happened: Vec::new() };
    let closed = file.closed_until.filter(|until| call.at.datetime() < until.at);
    if let Some(off) = &file.off {
        walk.end(off);
        return Way { closed, passed: Vec::new(), rule: None, happened: walk.happened };
    }
    let reason = |rule: &Rule| Reason { place: rule.place, why: why(file, rule, call) };
    let passed = file.calls.iter().take_while(|it| rule.is_none_or(|rule| !std::ptr::eq(rule, *it)));
    let passed = passed.map(reason).collect();
    walk.end(rule.map_or(&silent, |rule| &rule.plan));
    Way { closed, passed, rule: rule.map(reason), happened: walk.happened }
}

/// The rule that has a call: the first that fits. None has it where none fits, and while the file says `off`.
pub fn rule_of<'a>(file: &'a PhoneFile, call: &Call) -> Option<&'a Rule> {
    let mut rules = file.calls.iter().filter(|_| file.off.is_none());
    rules.find(|rule| fits(file, rule, call))
}

/// The entry of a list by which the rule fits that has a call; none where it fits by something else.
pub fn deciding_entry(file: &PhoneFile, call: &Call) -> Option<InList> {
    in_list(file, rule_of(file, call)?, call)
}

struct Walk<'a> {
    file: &'a PhoneFile,
    call: &'a Call,
    rule: Option<&'a Rule>,
    presses: &'a [char],
    says: &'a [String],
    happened: Vec<Happened>,
}

impl<'a> Walk<'a> {
    /// Voicemail is the silent last action.
    fn end(&mut self, plan: &'a Plan) {
        if !self.takes(plan) {
            self.happens(None, Happening::Voicemail(self.file.mailbox.clone()));
        }
    }

    fn happens(&mut self, place: Option<Place>, what: Happening) {
        self.happened.push(Happened { place, what });
    }

    /// Does what a plan says. Whether it took the call.
    fn takes(&mut self, plan: &'a Plan) -> bool {
        for step in plan {
            let place = Some(step.place);
            if self.happened.len() >= LONGEST {
                if self.happened.last().is_none_or(|last| last.what != Happening::AndSoOn) {
                    self.happens(place, Happening::AndSoOn);
                }
                return true;
            }
            match &step.action {
                Action::Say(speech) => self.happens(place, Happening::Says(speech.clone())),
                Action::AskName => self.happens(place, Happening::AsksName),
                Action::Ring { people, time } => self.ring(place, people, *time),
                Action::Forward { to, time } => {
                    self.happens(place, Happening::Forwards { to: to.clone(), time: *time });
                }
                Action::Control(program) => {
                    self.happens(place, Happening::Offers(program.clone()));
                }
                Action::Voicemail(name) => {
                    let name = name.clone().unwrap_or_else(|| self.file.mailbox.clone());
                    self.happens(place, Happening::Voicemail(name));
                    return true;
                }
                Action::Silent => {
                    self.happens(place, Happening::Silent);
                    return true;
                }
                Action::Reject => {
                    self.happens(place, Happening::Rejects);
                    return true;
                }
                Action::Menu(name) => {
                    self.happens(place, Happening::Menu(name.clone()));
                    let menu = self.file.menus.iter().find(|menu| menu.name == *name);
                    if menu.is_some_and(|menu| self.menu(menu)) {
                        return true;
                    }
                }
                Action::Plan(name) => {
                    let plan = self.file.plans.iter().find(|plan| plan.name == *name);
                    if plan.is_some_and(|plan| self.takes(&plan.plan)) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Rings who is there.
    fn ring(&mut self, place: Option<Place>, people: &[Rung], time: RingTime) {
        let mut there = Vec::new();
        let rings_all = self.rule.is_some_and(Rule::rings_the_away);
        for rung in people {
            let person = self.file.people.iter().find(|person| person.id == rung.person);
            match person.and_then(|person| person.away(&self.call.at)).filter(|_| !rings_all) {
                Some(until) => {
                    let person = rung.person.clone();
                    self.happens(place, Happening::Away { person, until: until.at });
                }
                None => there.push(rung.clone()),
            }
        }
        if !there.is_empty() {
            self.happens(place, Happening::Rings { people: there, time });
        }
    }

    /// Whether what was chosen took the call.
    fn menu(&mut self, menu: &'a Menu) -> bool {
        self.happens(Some(menu.place), Happening::Says(menu.say.clone()));
        let key = match (self.presses.split_first(), self.says.split_first()) {
            (Some((key, rest)), _) => {
                self.presses = rest;
                Some(*key)
            }
            (None, Some((said, rest))) => {
                self.says = rest;
                let is_meant =
                    |words: &[String]| words.iter().any(|word| said.to_lowercase().contains(word.as_str()));
                menu.options.iter().find(|option| is_meant(&option.words)).map(|option| option.key)
            }
            (None, None) => None,
        };
        if let Some(option) = menu.options.iter().find(|option| Some(option.key) == key) {
            self.happens(Some(option.place), Happening::Chooses(option.key));
            return self.takes(&option.plan);
        }
        let place = menu.otherwise.as_ref().and_then(|plan| plan.first()).map(|step| step.place);
        self.happens(place, Happening::ChoosesNothing);
        menu.otherwise.as_ref().is_some_and(|plan| self.takes(plan))
    }
}

impl Way {
    /// The prompts that the caller hears, by their names.
    pub fn hears(&self) -> Vec<&str> {
        self.find(|what| match what {
            Happening::Says(Speech::Prompt(name)) => vec![&**name],
            _ => Vec::new(),
        })
    }

    /// The menus that the caller comes to.
    pub fn menus(&self) -> Vec<&str> {
        self.find(|what| match what {
            Happening::Menu(name) => vec![&**name],
            _ => Vec::new(),
        })
    }

    /// Who rings, each once.
    pub fn rings(&self) -> Vec<&str> {
        self.find(|what| match what {
            Happening::Rings { people, .. } => people.iter().map(|rung| &*rung.person).collect(),
            _ => Vec::new(),
        })
    }

    /// Where the call is forwarded to.
    pub fn forwards(&self) -> Vec<&str> {
        self.find(|what| match what {
            Happening::Forwards { to, .. } => vec![to.reveal()],
            _ => Vec::new(),
        })
    }

    /// In whose mailbox it ends.
    pub fn voicemail(&self) -> Option<&str> {
        self.happened.iter().find_map(|it| match &it.what {
            Happening::Voicemail(name) => Some(&**name),
            _ => None,
        })
    }

    /// Whether its message is kept in silence.
    pub fn is_silent(&self) -> bool {
        self.happened.iter().any(|it| it.what == Happening::Silent)
    }

    /// Whether it is refused.
    pub fn rejects(&self) -> bool {
        self.happened.iter().any(|it| it.what == Happening::Rejects)
    }

    fn find<'w>(&'w self, names: impl Fn(&'w Happening) -> Vec<&'w str>) -> Vec<&'w str> {
        let mut all = Vec::new();
        for name in self.happened.iter().flat_map(|it| names(&it.what)) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }

    /// The way in sentences, each with its line.
    pub fn sentences(&self, file: &PhoneFile) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let line = |place: Place, text: &str| format!("line {}: {text}", place.line);
        if let Some(Until { place, at }) = self.closed {
            all.push(line(place, &format!("all hours are closed until {}", shown(at))));
        }
        all.extend(self.passed.iter().map(|it| line(it.place, &format!("does not fit, for {}", it.why))));
        match &self.rule {
            Some(Reason { place, why }) => all.push(line(*place, &format!("fits, for {why}"))),
            None if file.off.is_some() => all.push("all calls go the way of `off`".to_owned()),
            None => all.push("no rule fits".to_owned()),
        }
        for Happened { place, what } in &self.happened {
            let text = sentence(what);
            all.push(place.map_or_else(|| text.clone(), |place| line(place, &text)));
        }
        all
    }
}

fn sentence(what: &Happening) -> String {
    match what {
        Happening::Says(Speech::Prompt(name)) => format!("the caller hears `{name}`"),
        Happening::Says(Speech::Words(_)) => "the caller hears what is written there".to_owned(),
        Happening::Offers(None) => "programs may take the call for 10 s, if they ask for it".to_owned(),
        Happening::Offers(Some(program)) => {
            // A path may be a secret.
            let host = program.url.split('/').nth(2).unwrap_or_default();
            format!("a program at {host} may take the call for 10 s")
        }
        Happening::AsksName => "the caller is asked who calls and why".to_owned(),
        Happening::Rings { people, time } => {
            let mut names = String::new();
            for (at, rung) in people.iter().enumerate() {
                let between = if at == 0 { "" } else { ", " };
                let _ = write!(names, "{between}`{}`", rung.person);
                if !rung.after.is_zero() {
                    let _ = write!(names, " (after {} s)", rung.after.as_secs());
                }
            }
            let verb = if people.len() == 1 { "rings" } else { "ring" };
            format!("{names} {verb} for {} s; nobody picks up", time.as_seconds())
        }
        Happening::Away { person, until } => {
            format!("`{person}` does not ring: away until {}", shown(*until))
        }
        Happening::Forwards { to, time } => {
            format!("{} rings for {} s; nobody picks up", to.reveal(), time.as_seconds())
        }
        Happening::Menu(name) => format!("the caller comes to the menu `{name}`"),
        Happening::Chooses(key) => format!("the caller chooses {key}"),
        Happening::ChoosesNothing => "the caller chooses nothing that there is".to_owned(),
        Happening::Voicemail(name) => format!("a message is taken for `{name}`"),
        Happening::Silent => "a message is taken and kept in silence".to_owned(),
        Happening::Rejects => "the call is refused".to_owned(),
        Happening::AndSoOn => "and so on".to_owned(),
    }
}
