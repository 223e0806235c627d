//! A shop with a phone file, and the people who are rung for it.

use domain::LiveCall;
use exchange::clock::Clock;
use exchange::{Address, Caller, Cue, Deed, Entry, Phone, Speech, Story, What};
use jiff::Timestamp;
use local::stack::Options;
use phone::PhoneNumber;
use store::{Filed, NewFile};

use crate::world::{MASKED_NUMBER, World};

pub(crate) const ANA: &str = "+12125550142";
pub(crate) const BEN: &str = "+12125550177";
pub(crate) const FRONT: &str = "+12125550199";

/// In no list.
pub(crate) const FRIEND: &str = "+15035550111";
pub(crate) const VIP: &str = "+13125550142";

/// Monday, at ten in the shop.
pub(crate) const MONDAY: &str = "2026-11-30T10:00:00-08:00";
pub(crate) const MONDAY_NIGHT: &str = "2026-11-30T23:00:00-08:00";
/// At noon on Christmas Eve the shop has closed.
pub(crate) const HALF_DAY: &str = "2026-12-24T12:30:00-08:00";

pub(crate) const SHOP: &str = include_str!("shop.yaml");

/// What a person hears first who is rung.
pub(crate) const CALL_FROM: &str = "You have a call";

/// The shop, in which nobody answers.
pub(crate) async fn shop(at: &str) -> World {
    by_file(SHOP, at).await
}

/// A number with this file.
pub(crate) async fn by_file(text: &str, at: &str) -> World {
    let at: Timestamp = at.parse().unwrap();
    let world = World::with(|options: &mut Options| options.clock = Clock::starting_at(at), |_| {}).await;
    world.write_file(text).await;
    for telephone in [ANA, BEN, FRONT] {
        world.exchange().plug(telephone, Phone::never_answers());
    }
    world
}

/// Picks up, hears who calls, and takes the call. Ben is spoken to in Spanish.
pub(crate) fn takes_after(seconds: u64) -> Phone {
    let phone = Phone::answers_after(seconds).talks_for(30);
    phone
        .on(Cue::hears(CALL_FROM).after(6), Deed::presses("1"))
        .on(Cue::hears("Tiene una llamada").after(6), Deed::presses("1"))
}

/// Picks up, and presses keys so many milliseconds later.
pub(crate) fn presses_after(seconds: u64, keys: &str, millis: u64) -> Phone {
    let cue = Cue::answered().after_millis(millis);
    Phone::answers_after(seconds).talks_for(30).on(cue, Deed::presses(keys))
}

/// A carrier's voicemail: it picks up, greets, and records whatever comes.
pub(crate) fn carriers_voicemail(seconds: u64) -> Phone {
    Phone::answers_after(seconds)
        .greets("Hi, yes, you have reached the voicemail of somebody. Please leave a message after the tone.")
        .is_a_machine(7)
}

/// Somebody who leaves a message if it comes to that.
pub(crate) fn caller(from: &str) -> Caller {
    Caller::new(from).leaves(Speech::english_sample())
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

impl World {
    pub(crate) async fn write_file(&self, text: &str) {
        let store = &self.stack.ledger;
        let seen = store.settings(&number(MASKED_NUMBER)).await.unwrap();
        let file = phonefile::read(text).unwrap_or_else(|faults| panic!("{faults:#?}")).file;
        let new = NewFile { text, file: &file, by: "olivia", at: self.stack.clock.now() };
        assert!(matches!(store.write_file(&seen, new).await.unwrap(), Filed::Written(_)));
    }

    /// So that they are not asked for name and language.
    pub(crate) async fn knows(&self, from: &str) {
        let store = &self.stack.ledger;
        let [masked, caller] = [MASKED_NUMBER, from].map(number);
        store.caller_called(&masked, &caller, self.stack.clock.now()).await.unwrap();
        let now = self.stack.clock.now();
        store.caller_hears(&masked, &caller, domain::Language::English, now).await.unwrap();
    }

    /// Everything that went on, of the caller's leg and of those that were placed for it.
    pub(crate) fn everything(&self) -> String {
        self.exchange().stories().iter().fold(String::new(), |all, story| all + &format!("{story}\n"))
    }

    /// The legs that were placed to this telephone.
    pub(crate) fn legs_to(&self, telephone: &str) -> Vec<Story> {
        let telephone = Address::from(telephone);
        self.exchange().stories().into_iter().filter(|story| *story.to() == telephone).collect()
    }

    /// The only leg to this telephone.
    pub(crate) fn leg_to(&self, telephone: &str) -> Story {
        let legs = self.legs_to(telephone);
        let [leg] = &legs[..] else { panic!("{} legs to {telephone}\n{}", legs.len(), self.everything()) };
        leg.clone()
    }

    pub(crate) async fn live(&self, story: &Story) -> LiveCall {
        self.stack.ledger.live_call(story.call_sid()).await.unwrap()
    }
}

/// When somebody first got this, in milliseconds from the beginning of the story; never without it.
pub(crate) fn first(story: &Story, is_it: impl Fn(&Entry) -> bool) -> Option<i128> {
    let entry = story.entries().into_iter().find(|entry| is_it(entry))?;
    Some(entry.at.duration_since(story.started()).as_millis())
}

/// When these words were first heard, in milliseconds from the beginning of the story.
pub(crate) fn heard_at(story: &Story, words: &str) -> Option<i128> {
    first(story, |entry| matches!(&entry.what, What::HearsWords { text, .. } if text.contains(words)))
}
