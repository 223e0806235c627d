//! Whether whoever, or whatever, picks up is a person: telephones answer by themselves, and mailboxes as well.
//!
//! Until that is proved nobody has picked up: nobody joins, and nobody leaves for them.

use crate::call::{Call, Cause, Participant, ParticipantState};
use crate::command::{Choice, Command, Listens, Screen};
use crate::draft::Draft;
use crate::event::{Happened, Heard};
use crate::evidence::Evidence;
use crate::ids::ParticipantId;
use crate::spoken::{count, plain};

/// How often somebody is asked before their leg ends.
pub const ASKED_TIMES: u16 = 2;

/// More words than this are no answer, but a machine's greeting that happens to have a yes in it.
pub const MOST_WORDS: usize = 3;

impl Call {
    /// What somebody is to hear, and perhaps to answer, who is called, before they have picked up for us.
    pub fn screen_of(&self, id: ParticipantId) -> Option<&Screen> {
        let it = self.participants.get(&id).filter(|it| it.state < ParticipantState::Answered)?;
        self.screen_for(it)
    }

    /// The same of whoever was called so.
    pub(crate) fn screen_for(&self, it: &Participant) -> Option<&Screen> {
        let action = it.action.and_then(|id| self.actions.get(&id));
        action.and_then(|action| action.command.ring()).and_then(|ring| ring.screen.as_ref())
    }
}

/// What it means that Twilio asks what somebody hears who is to be screened: that something has picked up; and where
/// nothing has to be proved, that they have heard it out.
pub(crate) fn asked(call: &Call, it: &Participant, has_heard: bool) -> Option<Vec<Happened>> {
    let screen = call.screen_for(it).filter(|_| it.state < ParticipantState::Answered)?;
    let begins = (!it.is_screened).then_some(Happened::Screened);
    let is_enough = has_heard && screen.accept.is_none();
    let answered = is_enough
        .then_some(Happened::Answered { answered_by: it.answered_by, evidence: Evidence::DocumentAsked });
    Some(begins.into_iter().chain(answered).collect())
}

/// What it means that somebody answered, or did not, who was asked so often.
pub(crate) fn heard(call: &Call, id: ParticipantId, round: u16, heard: &Heard) -> Vec<Draft> {
    let Some(it) = call.participants.get(&id).filter(|it| it.is_present() && it.wanted.gone.is_none()) else {
        return Vec::new();
    };
    let Some(accept) = call.screen_of(id).and_then(|screen| screen.accept.as_ref()) else {
        return Vec::new();
    };
    let draft = |happened| vec![Draft { action: it.action, participant: Some(id), happened }];
    if proves(accept, heard) {
        let answered_by = Some(crate::call::AnsweredBy::Human);
        return draft(Happened::Answered { answered_by, evidence: Evidence::Proof });
    }
    if round < ASKED_TIMES {
        return Vec::new();
    }
    // Who presses another key is there, and does not want the call.
    let cause = if heard.keys.is_some() { Cause::NoAnswer } else { Cause::MachineAnswered };
    draft(Happened::Unproved { cause })
}

/// Whether a person has answered: by the key, or by a phrase that is all they said.
fn proves(accept: &Listens, heard: &Heard) -> bool {
    let key = heard.keys.as_deref().and_then(|keys| keys.chars().next());
    let said = heard.speech.as_deref().map(plain).unwrap_or_default();
    let is_phrase = |phrase: &String| {
        let phrase = plain(phrase);
        let is_short = count(&said) <= MOST_WORDS.max(count(&phrase));
        !phrase.is_empty() && is_short && format!(" {said} ").contains(&format!(" {phrase} "))
    };
    let is_it =
        |choice: &Choice| (key.is_some() && choice.key == key) || choice.phrases.iter().any(is_phrase);
    accept.choices.iter().any(is_it)
}

/// Whether an action calls somebody who is screened: that takes longer than ringing.
pub(crate) fn takes_longer(command: &Command) -> bool {
    command.ring().is_some_and(|ring| ring.screen.is_some())
}
