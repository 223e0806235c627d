//! A call that goes over several webhooks: where it is in its phone file, and who rings for it.
//!
//! The [`Course`] is all that an answer depends on. It travels in the addresses that Twilio asks next, so that a
//! call goes on also where its row can't be read. The row of a [`LiveCall`] has it as well, and what does not travel:
//! the legs, and how far each of them is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use phone::{AccountSid, CallSid, PhoneNumber};
use serde::{Deserialize, Serialize};

use crate::call::Parties;
use crate::decision::Treatment;
use crate::language::Language;
use crate::leg_state::LegState;
use crate::passed_over::PassedOver;
use crate::wait_sound::WaitSound;

/// A call from the moment that it is parked or in a menu, until it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveCall {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// In which account.
    pub account_sid: AccountSid,
    /// Who called whom.
    pub parties: Parties,
    /// What the addresses of all webhooks begin with.
    pub base_url: String,
    /// With which Twilio lets a leg show the caller's number. Never for a log.
    pub call_token: Option<String>,
    /// When it came in.
    pub begun_at: Timestamp,
    /// Counts the changes of the course, and of who has the call: whoever changes them names the one that was seen.
    pub revision: u32,
    /// Where it is.
    pub course: Course,
    /// What the caller was last answered: a webhook that comes again gets the same.
    pub answered: Treatment,
    /// Who calls and why, as the caller said it.
    pub said: Option<String>,
    /// The legs that were to ring, by their names.
    pub legs: BTreeMap<LegId, LiveLeg>,
    /// Who was to ring, and did not, in the order of their names.
    pub passed_over: Vec<PassedOver>,
    /// The leg that has the call: only one ever does.
    pub winner: Option<LegId>,
    /// Since when it is over.
    pub over_at: Option<Timestamp>,
    /// Whether the ledger of calls knows what became of its legs.
    pub is_summed_up: bool,
}

/// All that an answer depends on, short enough for an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The version of the phone file that it follows to its end, whatever is edited meanwhile.
    #[serde(rename = "f")]
    pub file: u32,
    /// What the caller hears.
    #[serde(rename = "l", with = "crate::decision::language")]
    pub language: Language,
    /// The plans that it is in, the outermost first, and which action of each comes next.
    #[serde(rename = "p")]
    pub place: Vec<Frame>,
    /// What goes on.
    #[serde(rename = "s")]
    pub stage: Stage,
    /// How many steps of ringing there were.
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    pub steps: u16,
    /// When the caller came to the first menu, in seconds of the epoch.
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    pub menus_since: Option<i64>,
    /// Whether the caller heard something: who did is not refused any more, and the call just ends.
    #[serde(rename = "h", default, skip_serializing_if = "is_default")]
    pub is_answered: bool,
    /// What the caller hears while people are rung.
    #[serde(rename = "w", default, skip_serializing_if = "is_default")]
    pub wait: WaitSound,
    /// Whether programs were offered the call, and may have it.
    #[serde(rename = "o", default, skip_serializing_if = "is_default")]
    pub is_offered: bool,
}

/// A plan, and which of its actions comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame(pub PlanAt, pub u16);

/// Where a plan stands in the file, by its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum PlanAt {
    /// `calls`: `r3`.
    Rule(u16),
    /// `off`: `o`.
    Off,
    /// `limit.then`: `l`.
    Limit,
    /// `plans`: `n2`.
    Named(u16),
    /// A key of a menu: `k1.2` is key 2 of the second menu.
    Key(u16, char),
    /// What a menu does otherwise: `w1`.
    Otherwise(u16),
}

/// What goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "a", rename_all = "kebab-case")]
pub enum Stage {
    /// The caller chooses a language; the word is for the ledger.
    Language {
        /// How often they were asked.
        #[serde(rename = "r")]
        round: u8,
    },
    /// The caller says who calls and why.
    Name,
    /// The caller chooses from a menu.
    Menu {
        /// By its position in the file.
        #[serde(rename = "m")]
        menu: u16,
        /// How often nothing came.
        #[serde(rename = "q")]
        silent: u8,
        /// How often something came that is no choice.
        #[serde(rename = "w")]
        wrong: u8,
        /// What the caller may have meant, and is asked to confirm.
        #[serde(rename = "c", default, skip_serializing_if = "is_default")]
        confirm: Option<char>,
    },
    /// The caller is to be parked. Nobody is rung before the caller is seen to wait: who is not there yet, or not any
    /// more, is not rung for.
    Park {
        /// When that was decided, in seconds of the epoch.
        #[serde(rename = "t")]
        since: i64,
        /// Since when the caller waits, where nothing could be read then, in seconds of the epoch.
        #[serde(rename = "w", default, skip_serializing_if = "is_default")]
        waits_since: Option<i64>,
    },
    /// The caller is parked, and people are rung.
    Hunt {
        /// The step, as legs count it.
        #[serde(rename = "n")]
        step: u16,
        /// When the caller was parked, in seconds of the epoch.
        #[serde(rename = "t")]
        since: i64,
        /// When this step is over at the latest.
        #[serde(rename = "u")]
        until: i64,
        /// When all of it is over at the latest.
        #[serde(rename = "e")]
        ends: i64,
    },
    /// Programs may take the call.
    Offer {
        /// Since when, in seconds of the epoch.
        #[serde(rename = "t")]
        since: i64,
    },
    /// One telephone rings, by a plain dial.
    Dial,
    /// A message is taken; none is for the number's mailbox.
    Message {
        /// The person.
        #[serde(rename = "p", default, skip_serializing_if = "is_default")]
        person: Option<String>,
        /// Whether it is kept in silence.
        #[serde(rename = "q", default, skip_serializing_if = "is_default")]
        silent: bool,
    },
    /// The call is refused, or ends.
    End,
}

/// A leg's name in its call: the step, and who rings, like `2-ana`. Of `[a-z0-9-]`, so it may stand in an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegId(String);

/// A leg that is to ring, rings, or rang.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveLeg {
    /// Who.
    pub person: String,
    /// Their telephone.
    pub to: PhoneNumber,
    /// The number that it shows.
    pub shown: PhoneNumber,
    /// Whether that is the caller's own, for which the call's token is needed.
    pub shows_caller: bool,
    /// What the person hears.
    pub language: Language,
    /// In which step.
    pub step: u16,
    /// From when on it may ring.
    pub not_before: Timestamp,
    /// For how long, in seconds.
    pub seconds: u16,
    /// Twilio's name for it, once it is known.
    pub call_sid: Option<CallSid>,
    /// How far it is.
    pub state: LegState,
    /// Since when it is known to be so far.
    pub told_at: Option<Timestamp>,
    /// How far it is with placing it.
    pub placing: Effect,
    /// How far it is with ending it, if that is to be.
    pub ending: Effect,
    /// Why Twilio did not take it.
    pub refused: Option<u32>,
}

/// A change of a live call's course, whole: what the answer says that goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Advance {
    /// Where it is then.
    pub course: Course,
    /// What the caller is answered.
    pub answered: Treatment,
    /// Who calls and why, where that was just said.
    pub said: Option<String>,
    /// The legs that are to ring now.
    pub legs: BTreeMap<LegId, LiveLeg>,
    /// Who is to ring now, and does not.
    pub passed_over: Vec<PassedOver>,
    /// Whether the leg that had the call is lost, so that another one may have it.
    pub lets_winner_go: bool,
    /// Since when it is over, if it is.
    pub over_at: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

/// What is to be done about a leg at Twilio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It is placed.
    Placing,
    /// It is ended.
    Ending,
}

/// Something that is to be done once at Twilio, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Effect {
    /// Nobody has begun.
    Pending {
        /// How often it was tried in vain.
        attempts: u32,
        /// Before which it is not tried again.
        not_before: Timestamp,
    },
    /// Somebody is at it. Who is at it for longer than this has died, and may have done it.
    Claimed {
        /// How often it was tried, this time included.
        attempts: u32,
        /// Until when.
        until: Timestamp,
    },
    /// It is done, or there was nothing to do.
    Done,
    /// It is not tried any more.
    GivenUp,
}

impl LiveLeg {
    /// How far a deed is.
    pub fn effect(&self, deed: Deed) -> Effect {
        match deed {
            Deed::Placing => self.placing,
            Deed::Ending => self.ending,
        }
    }
}

impl Effect {
    /// One that may be done at once.
    pub fn pending(not_before: Timestamp) -> Self {
        Self::Pending { attempts: 0, not_before }
    }

    /// Whether nothing is to be done any more.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::GivenUp)
    }
}

impl LegId {
    /// The leg of a person in a step.
    pub fn new(step: u16, person: &str) -> Self {
        Self(format!("{step}-{person}"))
    }

    /// Reads it from an address or a row.
    pub fn parse(text: &str) -> Option<Self> {
        let (step, person) = text.split_once('-')?;
        let is_person = !person.is_empty()
            && person.len() <= 64
            && person.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (is_person && step.parse::<u16>().is_ok()).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LiveCall {
    /// The name of the queue in which the caller waits.
    pub fn queue(&self) -> &str {
        self.call_sid.as_str()
    }

    /// Whether the caller is parked, and nobody has the call yet.
    pub fn is_hunting(&self) -> bool {
        self.over_at.is_none() && self.winner.is_none() && matches!(self.course.stage, Stage::Hunt { .. })
    }

    /// Whether a leg is to ring, or to go on: it is of the step that goes on, or has the call.
    pub fn wants(&self, id: &LegId) -> bool {
        let Some(leg) = self.legs.get(id) else { return false };
        match (&self.winner, &self.course.stage) {
            _ if self.over_at.is_some() => false,
            (Some(winner), _) => winner == id,
            (None, Stage::Hunt { step, .. }) => leg.step == *step,
            (None, _) => false,
        }
    }
}

impl From<PlanAt> for String {
    fn from(at: PlanAt) -> Self {
        match at {
            PlanAt::Rule(rule) => format!("r{rule}"),
            PlanAt::Off => "o".to_owned(),
            PlanAt::Limit => "l".to_owned(),
            PlanAt::Named(plan) => format!("n{plan}"),
            PlanAt::Key(menu, key) => format!("k{menu}.{key}"),
            PlanAt::Otherwise(menu) => format!("w{menu}"),
        }
    }
}

impl FromStr for PlanAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = "no place of a plan";
        let position = |text: &str| text.parse::<u16>().map_err(|_| none);
        let mut letters = text.chars();
        let letter = letters.next().ok_or(none)?;
        let rest = letters.as_str();
        match letter {
            'r' => position(rest).map(Self::Rule),
            'n' => position(rest).map(Self::Named),
            'w' => position(rest).map(Self::Otherwise),
            'o' if rest.is_empty() => Ok(Self::Off),
            'l' if rest.is_empty() => Ok(Self::Limit),
            'k' => match rest
                .split_once('.')
                .map(|(menu, key)| (position(menu), key.chars().collect::<Vec<_>>()))
            {
                Some((Ok(menu), key)) if key.len() == 1 && key[0].is_ascii_digit() => {
                    Ok(Self::Key(menu, key[0]))
                }
                _ => Err(none),
            },
            _ => Err(none),
        }
    }
}

impl TryFrom<String> for PlanAt {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_short_enough_for_an_address() {
        let course = Course {
            file: 12,
            language: Language::BrazilianPortuguese,
            place: vec![
                Frame(PlanAt::Rule(3), 2),
                Frame(PlanAt::Key(0, '2'), 1),
                Frame(PlanAt::Named(4), 1),
                Frame(PlanAt::Otherwise(1), 0),
            ],
            stage: Stage::Hunt { step: 3, since: 1_796_000_000, until: 1_796_000_030, ends: 1_796_000_090 },
            steps: 4,
            menus_since: Some(1_796_000_000),
            is_answered: true,
            wait: WaitSound::Music,
            is_offered: true,
        };
        let written = serde_json::to_string(&course).unwrap();
        assert!(written.len() < 300, "{}: {written}", written.len());
        assert_eq!(serde_json::from_str::<Course>(&written).unwrap(), course);
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let places = [
            (PlanAt::Rule(0), "r0"),
            (PlanAt::Off, "o"),
            (PlanAt::Limit, "l"),
            (PlanAt::Named(7), "n7"),
            (PlanAt::Key(1, '0'), "k1.0"),
            (PlanAt::Otherwise(2), "w2"),
        ];
        for (place, written) in places {
            assert_eq!(String::from(place), written);
            assert_eq!(written.parse(), Ok(place));
        }
        for written in ["", "r", "r-1", "x1", "o1", "k1", "k1.", "k1.12", "k1.#", "r70000"] {
            assert!(written.parse::<PlanAt>().is_err(), "{written}");
        }
    }

    #[test]
    fn a_leg_is_named_by_its_step_and_its_person() {
        let leg = LegId::new(2, "dr-aydin");
        assert_eq!(leg.as_str(), "2-dr-aydin");
        assert_eq!(LegId::parse("2-dr-aydin"), Some(leg));
        for text in ["", "2", "2-", "-ana", "x-ana", "2-Ana", "2-a/b", "99999-ana"] {
            assert_eq!(LegId::parse(text), None, "{text}");
        }
    }
}
