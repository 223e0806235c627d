//! Calls to a number that has a phone file, as far as they are decided: from one answer to the next.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use std::collections::HashSet;

use callflow::{Begins, Input, Known, Onward, Scene, Stepped, Usage, begin, step};
use domain::{Course, LegId, Parties, Spoken, Stage, Treatment};
use jiff::{Timestamp, ToSpan as _};
use phone::{CallSid, Caller, PhoneNumber};
use phonefile::PhoneFile;

mod beginnings;
mod hunts;
mod menus;
mod soundness;

const SHOP: &str = include_str!("shop.yaml");

/// A caller on the way through a file.
struct Call {
    file: PhoneFile,
    sid: CallSid,
    parties: Parties,
    masked: HashSet<PhoneNumber>,
    now: Timestamp,
    revision: u32,
    course: Option<Course>,
    treatment: Treatment,
    legs: Vec<LegId>,
    passed_over: Vec<String>,
    said: Option<String>,
}

/// Monday, at ten in the shop.
fn monday_at_ten() -> Timestamp {
    "2026-11-30T10:00:00-08:00".parse().unwrap()
}

fn file(text: &str) -> PhoneFile {
    phonefile::read(text).unwrap_or_else(|faults| panic!("{faults:#?}")).file
}

fn parties(from: &str) -> Parties {
    Parties {
        number: PhoneNumber::parse("+14155550101").unwrap(),
        caller: Caller::parse(from),
        caller_name: None,
    }
}

impl Call {
    fn to(text: &str, from: &str, known: Known) -> Self {
        Self::at(text, from, known, monday_at_ten(), Usage::Left)
    }

    fn at(text: &str, from: &str, known: Known, now: Timestamp, usage: Usage) -> Self {
        let file = file(text);
        let sid = CallSid::parse("CA00000000000000000000000000000001").unwrap();
        let (parties, masked) = (parties(from), HashSet::new());
        let scene = Scene { call_sid: &sid, parties: &parties, file: &file, masked: &masked, now };
        let Begins { decision, live, passed_over, in_list: _ } = begin(scene, 3, usage, known);
        let treatment = decision.treatment;
        let mut call = Self {
            file,
            sid,
            parties,
            masked,
            now,
            revision: 0,
            course: None,
            treatment,
            legs: Vec::new(),
            passed_over: passed_over.iter().map(ToString::to_string).collect(),
            said: None,
        };
        if let Some(stepped) = live {
            call.take(stepped);
        }
        call
    }

    fn take(&mut self, stepped: Stepped) {
        let Stepped { course, treatment, legs, passed_over, said, offered: _, chose: _ } = stepped;
        self.passed_over = passed_over.iter().map(ToString::to_string).collect();
        self.course = Some(course);
        self.treatment = treatment;
        self.legs = legs.into_keys().collect();
        self.said = said.or(self.said.take());
    }

    /// Goes on by what comes back with the address, as Twilio would.
    fn then(&mut self, input: Input<'_>) -> &mut Self {
        let next = match &self.treatment {
            Treatment::Ask(ask) => Some(ask.next.clone()),
            Treatment::Park { next, .. } | Treatment::Wait { next, .. } | Treatment::Offer { next } => {
                Some(next.clone())
            }
            Treatment::Ring(ring) => ring.next.clone(),
            _ => None,
        };
        let onward = next.and_then(|next| Onward::read(&next)).expect("the call goes on by an address");
        assert_eq!(Some(&onward.course), self.course.as_ref(), "the address says where the call is");
        assert_eq!(onward.revision, self.revision);
        self.revision += 1;
        let scene = Scene {
            call_sid: &self.sid,
            parties: &self.parties,
            file: &self.file,
            masked: &self.masked,
            now: self.now,
        };
        let stepped = step(scene, onward.course, input, self.revision);
        self.take(stepped);
        self
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now = self.now.checked_add(seconds.seconds()).unwrap();
        self
    }

    fn stage(&self) -> &Stage {
        &self.course.as_ref().expect("the call is live").stage
    }

    /// What the caller hears now.
    fn hears(&self) -> String {
        let said: Vec<&Spoken> = match &self.treatment {
            Treatment::Ask(ask) => ask.words.iter().collect(),
            Treatment::Park { words, .. } | Treatment::Wait { words, .. } | Treatment::End { words } => {
                words.iter().collect()
            }
            Treatment::Ring(ring) => ring.first.iter().chain(&ring.announcement).collect(),
            Treatment::TakeMessage(message) => message.first.iter().chain([&message.greeting]).collect(),
            Treatment::Say { words } => vec![words],
            Treatment::Leave
            | Treatment::Reject
            | Treatment::HangUp
            | Treatment::Offer { .. }
            | Treatment::Steered { .. }
            | Treatment::Unreachable => Vec::new(),
        };
        said.iter().map(|words| text(words)).collect::<Vec<_>>().join(" | ")
    }

    /// For whom a message is taken; none if it is none.
    fn message_for(&self) -> Option<&str> {
        match &self.treatment {
            Treatment::TakeMessage(message) => Some(message.person.as_deref().unwrap_or(&self.file.mailbox)),
            _ => None,
        }
    }

    /// Who is rung now; a caller who is to be parked is parked first.
    fn rings(&self) -> Vec<String> {
        let names = |legs: &[LegId]| legs.iter().map(|leg| leg.as_str().to_owned()).collect();
        let Some(course) = self.course.clone().filter(|course| matches!(course.stage, Stage::Park { .. }))
        else {
            return names(&self.legs);
        };
        let scene = self.scene();
        let legs: Vec<LegId> = step(scene, course, Input::StepOver, 9).legs.into_keys().collect();
        names(&legs)
    }

    /// The caller is parked, and the first people are rung.
    fn parked(&mut self) -> &mut Self {
        assert!(matches!(self.treatment, Treatment::Park { .. }), "{:?}", self.treatment);
        assert!(self.legs.is_empty(), "nobody is rung before the caller waits");
        self.then(Input::StepOver)
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            call_sid: &self.sid,
            parties: &self.parties,
            file: &self.file,
            masked: &self.masked,
            now: self.now,
        }
    }
}

fn text(words: &Spoken) -> String {
    match words {
        Spoken::Words { text, .. } => text.clone(),
        Spoken::BuiltIn { prompt, language } => format!("<{} {}>", prompt.name(), language.tag()),
        Spoken::Audio(url) => url.clone(),
    }
}

/// Known, and hears English.
fn known() -> Known {
    Known {
        called_before: true,
        language: Some(domain::Language::English),
        unverified: false,
        blocked: false,
    }
}
