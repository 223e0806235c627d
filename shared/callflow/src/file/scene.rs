//! What a call is about.

use std::collections::HashSet;

use domain::{CallerId, Course, Frame, Language, Parties, PassedOver, PlanAt, WhyNotRung};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};
use phonefile::PhoneFile;
use phonefile::model::{Person, Rule, Rung};

/// What a call is about, beyond its course.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The caller's leg.
    pub call_sid: &'a CallSid,
    /// Who called whom.
    pub parties: &'a Parties,
    /// What its owner wrote.
    pub file: &'a PhoneFile,
    /// The telephones of the file that are masked numbers themselves: to ring them could go in circles.
    pub masked: &'a HashSet<PhoneNumber>,
    /// Now.
    pub now: Timestamp,
}

/// Somebody who can be rung.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ringing<'a> {
    pub(crate) rung: &'a Rung,
    pub(crate) person: &'a Person,
    pub(crate) to: &'a PhoneNumber,
}

impl<'a> Scene<'a> {
    /// Who can be rung of these people, each telephone once, and who can't. Who is away rings only for some.
    pub(crate) fn ringing(self, course: &Course, people: &'a [Rung]) -> (Vec<Ringing<'a>>, Vec<PassedOver>) {
        let at = self.now.to_zoned(self.file.time_zone.clone());
        let rings_the_away = self.rule(course).is_some_and(Rule::rings_the_away);
        let mut ringing: Vec<Ringing<'_>> = Vec::new();
        let mut passed_over = Vec::new();
        for rung in people {
            let Some(person) = self.file.people.iter().find(|person| person.id == rung.person) else {
                continue;
            };
            let away = person.away(&at).filter(|_| !rings_the_away);
            let is_known = |to: &PhoneNumber| ringing.iter().any(|known| known.to == to);
            let rung = match (&person.phone, away) {
                (None, _) => Err(WhyNotRung::NoTelephone),
                (Some(_), Some(until)) => Err(WhyNotRung::Away(until.at)),
                (Some(to), None) if is_known(to) => Err(WhyNotRung::SameTelephone),
                (Some(to), None) if self.parties.caller.number() == Some(to) => Err(WhyNotRung::Caller),
                (Some(to), None) if self.leads_back(to) => Err(WhyNotRung::Masked),
                (Some(to), None) => Ok(Ringing { rung, person, to }),
            };
            match rung {
                Ok(it) => ringing.push(it),
                Err(why) => passed_over.push(PassedOver { person: person.id.clone(), why }),
            }
        }
        (ringing, passed_over)
    }

    /// What a person hears who is rung.
    pub(crate) fn language_of(self, person: &Person) -> Language {
        let first = || self.file.languages.first().copied().unwrap_or(Language::English);
        person.language.unwrap_or_else(first)
    }

    /// The rule that has the call.
    fn rule(self, course: &Course) -> Option<&'a Rule> {
        match course.place.first()? {
            Frame(PlanAt::Rule(at), _) => self.file.calls.get(usize::from(*at)),
            _ => None,
        }
    }

    pub(crate) fn leads_back(self, to: &PhoneNumber) -> bool {
        *to == self.parties.number || self.masked.contains(to)
    }

    /// The number that the telephones show. Twilio refuses to dial without one, and a withheld one would be a riddle.
    pub(crate) fn shown(self) -> &'a PhoneNumber {
        let Parties { number, caller, .. } = self.parties;
        match (self.file.ringing.caller_id, caller.number()) {
            (CallerId::Caller, Some(caller)) => caller,
            _ => number,
        }
    }
}
