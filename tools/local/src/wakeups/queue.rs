//! A queue as SQS has them: what is received comes again unless it is deleted in time.
//!
//! Pure: the time is an argument and nothing waits here.

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;

/// The rules of a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// How long a received message stays away from others.
    pub(super) visibility: Duration,
    /// After this many deliveries a message is a dead letter.
    pub(super) most_receives: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    /// What this message is a copy of; equal for all copies.
    origin: u64,
    pub(super) body: String,
    pub(super) sent_at: Timestamp,
    pub(super) first_received_at: Option<Timestamp>,
    pub(super) receives: u32,
    /// When it may be received, for the first time or again.
    visible_at: Timestamp,
}

/// How many messages a queue holds, by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be received.
    pub ready: usize,
    /// Received, and neither deleted nor due again.
    pub in_flight: usize,
    /// Never received, as their delay is not over.
    pub delayed: usize,
}

impl Depth {
    /// All messages, dead letters excepted.
    pub fn total(self) -> usize {
        self.ready + self.in_flight + self.delayed
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    rules: Rules,
    messages: Vec<Message>,
    dead: Vec<Message>,
    latest: u64,
    origins: u64,
    name: &'static str,
}

impl Queue {
    pub(super) fn new(name: &'static str, rules: Rules) -> Self {
        Self { rules, messages: Vec::new(), dead: Vec::new(), latest: 0, origins: 0, name }
    }

    /// Puts `copies` messages with the same body on the queue; they can be received after
    /// `delay`. Answers when that is.
    pub(super) fn send(&mut self, body: &str, copies: usize, now: Timestamp, delay: Duration) -> Timestamp {
        let visible_at = later(now, delay);
        self.origins += 1;
        for _ in 0..copies {
            self.latest += 1;
            self.messages.push(Message {
                id: format!("{}-{:04}", self.name, self.latest),
                origin: self.origins,
                body: body.to_owned(),
                sent_at: now,
                first_received_at: None,
                receives: 0,
                visible_at,
            });
        }
        visible_at
    }

    /// Receives up to `most` messages that are due, oldest first, no two copies of the same.
    /// What was received too often becomes a dead letter instead.
    pub(super) fn receive(&mut self, most: usize, now: Timestamp) -> Vec<Message> {
        let most_receives = self.rules.most_receives;
        let dead = self
            .messages
            .extract_if(.., |message| message.visible_at <= now && message.receives >= most_receives);
        self.dead.extend(dead);

        self.messages.sort_by_key(|message| (message.visible_at, message.origin));
        let mut origins = HashSet::new();
        let mut received = Vec::new();
        for message in &mut self.messages {
            if received.len() == most || message.visible_at > now {
                break;
            }
            if origins.insert(message.origin) {
                message.receives += 1;
                message.first_received_at.get_or_insert(now);
                message.visible_at = later(now, self.rules.visibility);
                received.push(message.clone());
            }
        }
        received
    }

    /// Forgets the messages with these IDs.
    pub(super) fn delete(&mut self, ids: &HashSet<&str>) {
        self.messages.retain(|message| !ids.contains(message.id.as_str()));
    }

    /// When a message that was received and not deleted can be received again.
    pub(super) fn due_again(&self, id: &str) -> Option<Timestamp> {
        let message = self.messages.iter().find(|message| message.id == id)?;
        Some(message.visible_at)
    }

    pub(super) fn depth(&self, now: Timestamp) -> Depth {
        let mut depth = Depth::default();
        for message in &self.messages {
            *(if message.visible_at <= now {
                &mut depth.ready
            } else if message.receives > 0 {
                &mut depth.in_flight
            } else {
                &mut depth.delayed
            }) += 1;
        }
        depth
    }

    pub(super) fn dead(&self) -> &[Message] {
        &self.dead
    }

    /// Puts the dead letters back, as if they had just been sent; answers how many.
    pub(super) fn redrive(&mut self, now: Timestamp) -> usize {
        let dead = std::mem::take(&mut self.dead);
        let count = dead.len();
        self.messages.extend(dead.into_iter().map(|message| Message {
            first_received_at: None,
            receives: 0,
            visible_at: now,
            ..message
        }));
        count
    }
}

/// `instant` plus `duration`; the end of time when that is too far.
fn later(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn queue() -> Queue {
        Queue::new("q", Rules { visibility: Duration::from_mins(1), most_receives: 2 })
    }

    fn ids(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.id.as_str()).collect()
    }

    #[test]
    fn a_message_that_is_not_deleted_comes_again() {
        let mut queue = queue();
        queue.send("a", 1, at(0), Duration::ZERO);
        assert_eq!(queue.receive(10, at(0)).len(), 1);
        assert_eq!(queue.receive(10, at(59)).len(), 0);
        assert_eq!(queue.due_again("q-0001"), Some(at(60)));
        let again = queue.receive(10, at(60));
        assert_eq!(again[0].receives, 2);
        assert_eq!(again[0].first_received_at, Some(at(0)));
    }

    #[test]
    fn a_message_received_too_often_is_a_dead_letter() {
        let mut queue = queue();
        queue.send("a", 1, at(0), Duration::ZERO);
        queue.receive(10, at(0));
        queue.receive(10, at(60));
        assert_eq!(queue.receive(10, at(120)).len(), 0);
        assert_eq!(ids(queue.dead()), ["q-0001"]);
        assert_eq!(queue.depth(at(120)).total(), 0);

        assert_eq!(queue.redrive(at(500)), 1);
        assert_eq!(queue.receive(10, at(500))[0].receives, 1);
    }

    #[test]
    fn a_delayed_message_waits_for_its_time() {
        let mut queue = queue();
        assert_eq!(queue.send("a", 1, at(0), Duration::from_mins(2)), at(120));
        assert_eq!(queue.receive(10, at(119)).len(), 0);
        assert_eq!(queue.depth(at(119)), Depth { delayed: 1, ..Depth::default() });
        assert_eq!(queue.depth(at(120)), Depth { ready: 1, ..Depth::default() });
        queue.receive(10, at(120));
        assert_eq!(queue.depth(at(120)), Depth { in_flight: 1, ..Depth::default() });
    }

    #[test]
    fn a_batch_takes_the_oldest_first_and_never_two_copies() {
        let mut queue = queue();
        queue.send("a", 2, at(0), Duration::ZERO);
        queue.send("b", 1, at(1), Duration::ZERO);
        assert_eq!(ids(&queue.receive(10, at(2))), ["q-0001", "q-0003"]);
        assert_eq!(ids(&queue.receive(10, at(2))), ["q-0002"]);
        queue.delete(&HashSet::from(["q-0001", "q-0002"]));
        assert_eq!(queue.depth(at(2)).total(), 1);
    }
}
