//! A row: something of Twilio, and how far it is played.

/// How far something is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has the effect that Twilio documents.
    Played,
    /// There is a switch or a guess, or a part is missing; and which.
    PlayedAsUnverified(&'static str),
    /// It is taken without effect, or refused.
    NotPlayed,
}

/// An element, a resource or a webhook, and what belongs to it: attributes, parameters or fields.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Of an element the name of its type.
    pub(super) name: &'static str,
    /// How the document has it, if otherwise.
    pub(super) written: Option<&'static str>,
    /// The element that it stands in, of those that stand in one only.
    pub(super) within: Option<&'static str>,
    pub(super) state: State,
    pub(super) played: &'static [&'static str],
    pub(super) unverified: &'static [(&'static str, &'static str)],
    pub(super) not_played: &'static [&'static str],
}

const fn row(name: &'static str, state: State) -> Row {
    Row { name, written: None, within: None, state, played: &[], unverified: &[], not_played: &[] }
}

pub(super) const fn played(name: &'static str) -> Row {
    row(name, State::Played)
}

pub(super) const fn guessed(name: &'static str, why: &'static str) -> Row {
    row(name, State::PlayedAsUnverified(why))
}

pub(super) const fn not_played(name: &'static str) -> Row {
    row(name, State::NotPlayed)
}

impl Row {
    pub(super) const fn written(self, written: &'static str) -> Self {
        Self { written: Some(written), ..self }
    }

    pub(super) const fn within(self, element: &'static str) -> Self {
        Self { within: Some(element), ..self }
    }

    /// What is played of it.
    pub(super) const fn with(self, played: &'static [&'static str]) -> Self {
        Self { played, ..self }
    }

    /// What is played of it as unverified, and why.
    pub(super) const fn guessing(self, unverified: &'static [(&'static str, &'static str)]) -> Self {
        Self { unverified, ..self }
    }

    /// What is not played of it.
    pub(super) const fn without(self, not_played: &'static [&'static str]) -> Self {
        Self { not_played, ..self }
    }

    /// What belongs to it, and how far that is played.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&'static str, State)> {
        let played = self.played.iter().map(|part| (*part, State::Played));
        let unverified = self.unverified.iter().map(|(part, why)| (*part, State::PlayedAsUnverified(why)));
        let not_played = self.not_played.iter().map(|part| (*part, State::NotPlayed));
        played.chain(unverified).chain(not_played)
    }
}
