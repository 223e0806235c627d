//! Numbers with a phone file: people who are rung together, and a menu that leads to one of them.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::{DialOutcome, Disposition, Language, LegId, LegState, NotReached};
use exchange::{Address, Caller, Cue, Deed, Phone, Speech, Story};

use crate::world::{MaskedNumber, World};

/// Pair people of one number; Ana's mailbox is the number's.
#[derive(Debug)]
pub struct Pair {
    line: MaskedNumber,
    /// Who is not the number's owner.
    pub ben: MaskedNumber,
}

impl Pair {
    /// In force for calls, with these telephones.
    ///
    /// # Errors
    /// What the tables say.
    pub async fn take_calls(world: &World, line: &MaskedNumber, ana: Phone, ben: Phone) -> Result<Self> {
        let pair = Self { line: line.clone(), ben: line.colleague() };
        world.add(line, Language::English, ana).await?;
        world.exchange.plug(pair.ben.phone.as_str(), ben);
        world.write_file(line, &pair.file()).await?;
        Ok(pair)
    }

    /// The legs that were placed for a call.
    fn legs(&self, world: &World, story: &Story) -> Vec<Story> {
        let phones = [&self.line.phone, &self.ben.phone].map(|phone| Address::from(phone.as_str()));
        let mut stories = world.exchange.stories();
        stories.retain(|leg| leg.started() >= story.started() && phones.contains(leg.to()));
        stories
    }

    /// What went on, of the caller's leg and of those that were placed for it.
    pub fn everything(&self, world: &World, story: &Story) -> String {
        let legs: Vec<String> = self.legs(world, story).iter().map(ToString::to_string).collect();
        format!("{story}\n{}", legs.join("\n"))
    }

    fn file(&self) -> String {
        let Self { line, ben } = self;
        format!(
            r#"number: "{}"
time_zone: America/Los_Angeles
people:
  ana: {{ phone: "{}", email: {} }}
  ben: {{ phone: "{}", email: {} }}
lists:
  choose: ["{CHOOSES}"]
menus:
  main:
    say: "Orders, 1. Irrigation, 2."
    1: [voicemail: ana]
    2: [voicemail: ben]
calls:
  - {{ from: choose, do: [menu: main] }}
  - {{ do: [{{ ring: [ana, ben], for: 10s }}, {{ voicemail: ana }}] }}
"#,
            line.number, line.phone, line.email, ben.phone, ben.email
        )
    }
}

/// Who comes to the menu.
const CHOOSES: &str = "+15035550111";

/// Who rings.
const RINGS: &str = "+13125550142";

/// Ana does not answer, Ben hears who calls and takes the call: the two talk, and Ana's telephone is quiet.
///
/// # Errors
/// What is not as it has to be.
pub async fn one_takes_the_call(world: &World, line: &MaskedNumber) -> Result<()> {
    let pair = Pair::take_calls(world, line, Phone::never_answers(), takes_the_call()).await?;
    let story = world.call(Caller::new(RINGS), line).await;
    let all = pair.everything(world, &story);
    ensure!(story.talked_with() == Some(pair.ben.phone.as_str().into()), "{all}");
    ensure!(!story.heard_beep() && !story.heard_application_error(), "{all}");
    let row = world.summed_up(story.call_sid()).await?;
    ensure!(row.winner == LegId::parse("0-ben"), "{row:?}\n{all}");
    let ana = LegId::parse("0-ana").and_then(|id| row.legs.get(&id));
    ensure!(ana.is_some_and(|leg| leg.state == LegState::Canceled), "{row:?}\n{all}");
    for leg in pair.legs(world, &story) {
        ensure!(leg.ended().is_some() && leg.errors().is_empty(), "{all}");
    }
    let call = world.store().call(story.call_sid()).await?;
    ensure!(call.disposition == Some(Disposition::Forward), "{call:?}");
    ensure!(call.dial_outcome == Some(DialOutcome::Conversation) && call.legs.len() == 2, "{call:?}\n{all}");
    ensure!(world.sink.of(&line.email).is_empty(), "a mail about a conversation");
    Ok(())
}

/// Nobody takes the call: the caller gets a beep, and Ana the message.
///
/// # Errors
/// What is not as it has to be.
pub async fn nobody_takes_the_call(world: &World, line: &MaskedNumber) -> Result<()> {
    let pair = Pair::take_calls(world, line, Phone::never_answers(), Phone::busy()).await?;
    let caller = Caller::new(RINGS).leaves(Speech::tone(Duration::from_secs(3), "Is nobody there?"));
    let (story, letter) = world.message(caller, line, &line.email).await?;
    let all = pair.everything(world, &story);
    ensure!(letter.recipients == [line.email.as_str()], "{letter:?}");
    ensure!(story.errors().is_empty(), "{all}");
    ensure!(pair.legs(world, &story).len() == 2, "{all}");
    let row = world.summed_up(story.call_sid()).await?;
    ensure!(row.winner.is_none() && row.legs.values().all(|leg| leg.state.is_over()), "{row:?}\n{all}");
    let call = world.store().call(story.call_sid()).await?;
    let not_reached = Some(DialOutcome::NotReached(NotReached::NoAnswer));
    ensure!(call.dial_outcome == not_reached, "{call:?}\n{all}");
    Ok(())
}

/// A key of the menu leads to Ben's mailbox.
///
/// # Errors
/// What is not as it has to be.
pub async fn a_key_leads_to_a_mailbox(world: &World, line: &MaskedNumber) -> Result<()> {
    let pair = Pair::take_calls(world, line, Phone::never_answers(), Phone::never_answers()).await?;
    let speech = Speech::tone(Duration::from_secs(3), "The valve leaks.");
    let caller = Caller::new(CHOOSES).presses("2").leaves(speech);
    let (story, letter) = world.message(caller, line, &pair.ben.email).await?;
    let all = pair.everything(world, &story);
    ensure!(letter.recipients == [pair.ben.email.as_str()], "{letter:?}");
    ensure!(story.caller_heard("Irrigation, 2."), "{all}");
    ensure!(story.errors().is_empty() && pair.legs(world, &story).is_empty(), "{all}");
    world.summed_up(story.call_sid()).await?;
    ensure!(world.sink.of(&line.email).is_empty(), "the message of one is mailed to the other");
    Ok(())
}

/// Picks up, hears who calls, and takes the call.
pub fn takes_the_call() -> Phone {
    let hears = Cue::hears("You have a call").after(3);
    Phone::answers_after(2).talks_for(3).on(hears, Deed::presses("1"))
}
