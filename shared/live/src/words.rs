//! The order of what is told of a feed: Twilio counts it, and sends it in any order.
//!
//! What comes too early waits for what is missing, and no longer than [`MISSING_FOR`]: it may never come.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::feed::{Fed, FeedOf, Said};

/// How long what is missing is waited for. Whoever reads along does not wait longer for words.
const MISSING_FOR: SignedDuration = SignedDuration::from_secs(2);

/// How far what is told of a feed has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InOrder {
    of: FeedOf,
    /// The number of what comes next.
    next: u64,
    /// What waits.
    held: Vec<Held>,
    /// What was not waited for any longer.
    passed: BTreeSet<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    number: u64,
    since: Timestamp,
    fed: Fed,
}

impl InOrder {
    pub(crate) fn new(of: FeedOf) -> Self {
        Self { of, next: 1, held: Vec::new(), passed: BTreeSet::new() }
    }

    pub(crate) fn of(&self) -> FeedOf {
        self.of
    }

    /// What is to be taken in now that this came.
    pub(crate) fn comes(&mut self, number: u64, fed: &Fed, now: Timestamp) -> Vec<Fed> {
        if number < self.next {
            // Twice, or after all.
            let is_late = self.passed.remove(&number);
            return late(fed).filter(|_| is_late).into_iter().collect();
        }
        if self.held.iter().all(|held| held.number != number) {
            self.held.push(Held { number, since: now, fed: fed.clone() });
        }
        self.whole()
    }

    /// What is to be taken in because what is missing was waited for long enough.
    pub(crate) fn release(&mut self, now: Timestamp) -> Vec<Fed> {
        let mut released = Vec::new();
        while self.release_at().is_some_and(|at| at <= now) {
            let first = self.held.iter().map(|held| held.number).min().unwrap_or(self.next);
            self.passed.extend(self.next..first);
            self.next = first;
            released.extend(self.whole());
        }
        released
    }

    /// When that is.
    pub(crate) fn release_at(&self) -> Option<Timestamp> {
        let since = self.held.iter().map(|held| held.since).min()?;
        Some(since.checked_add(MISSING_FOR).unwrap_or(Timestamp::MAX))
    }

    fn whole(&mut self) -> Vec<Fed> {
        let mut whole = Vec::new();
        while let Some(place) = self.held.iter().position(|held| held.number == self.next) {
            whole.push(self.held.remove(place).fed);
            self.next += 1;
        }
        whole
    }
}

/// What comes after all, if it still means something: words that were not to stay do not.
fn late(fed: &Fed) -> Option<Fed> {
    match fed {
        Fed::Said(said) if said.is_final => Some(Fed::Said(Said { out_of_order: true, ..said.clone() })),
        Fed::Said(_) => None,
        fed => Some(fed.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feed::FeedKind;
    use crate::ids::{ActionId, ParticipantId};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_796_000_000 + seconds).unwrap()
    }

    fn said(number: u64, is_final: bool) -> Fed {
        let text = number.to_string();
        Fed::Said(Said {
            text,
            confidence: None,
            is_final,
            language: "en-US".to_owned(),
            out_of_order: false,
        })
    }

    fn in_order() -> InOrder {
        let (participant, action) = (ParticipantId(1), ActionId(2));
        InOrder::new(FeedOf { kind: FeedKind::Transcription, participant, action, number: 1 })
    }

    fn texts(fed: &[Fed]) -> Vec<String> {
        let text = |fed: &Fed| match fed {
            Fed::Said(Said { text, out_of_order, .. }) => {
                format!("{text}{}", if *out_of_order { " late" } else { "" })
            }
            _ => String::new(),
        };
        fed.iter().map(text).collect()
    }

    proptest! {
        #[test]
        fn words_come_in_their_order_and_once(numbers in Just((1_u64..20).collect::<Vec<_>>()).prop_shuffle(), twice in 1_u64..20) {
            let mut order = in_order();
            let mut told = Vec::new();
            for number in numbers.into_iter().chain([twice]) {
                told.extend(texts(&order.comes(number, &said(number, true), at(0))));
            }
            let expected: Vec<String> = (1_u64..20).map(|number| number.to_string()).collect();
            prop_assert_eq!(told, expected);
            prop_assert_eq!(order.release_at(), None);
        }
    }

    #[test]
    fn what_is_missing_is_waited_for_and_marked_when_it_comes() {
        let mut order = in_order();
        assert_eq!(texts(&order.comes(1, &said(1, true), at(0))), ["1"]);
        assert!(order.comes(3, &said(3, true), at(1)).is_empty());
        assert!(order.comes(6, &said(6, true), at(2)).is_empty());
        assert_eq!(order.release_at(), Some(at(3)));
        assert_eq!(texts(&order.release(at(3))), ["3"]);
        assert_eq!(texts(&order.release(at(5))), ["6"]);
        assert_eq!(texts(&order.comes(2, &said(2, true), at(20))), ["2 late"]);
        assert!(order.comes(2, &said(2, true), at(21)).is_empty());
        assert!(order.comes(4, &said(4, false), at(22)).is_empty());
        assert_eq!(texts(&order.comes(7, &said(7, true), at(23))), ["7"]);
    }
}
