//! How fast mails are sent.
//!
//! SES takes so many mails a second from an account, and refuses those beyond. Workers don't know
//! of each other, so each keeps to its share: with as many workers as mails, one a second.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use runtime::Clock;

/// How long to let SES alone when it refuses a mail for its rate: twice as long each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(16);

/// A worker's share of the mails that may be sent.
#[derive(Debug)]
pub struct Pace {
    /// From one mail to the next.
    interval: SignedDuration,
    course: Mutex<Course>,
}

/// What SES said to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SesReply {
    /// It took it.
    Taken,
    /// It refused it for the rate.
    TooFast,
    /// Anything else.
    Other,
}

/// What is known of the mails so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    /// When the next mail may go.
    free_at: Timestamp,
    /// How many mails in a row SES has refused for its rate.
    refused: u32,
}

impl Pace {
    /// The share of one of `workers` that may run at once, of `mails_per_second` of them all.
    /// Neither is less than 1.
    pub fn new(mails_per_second: u32, workers: u32) -> Self {
        let nanoseconds = 1_000_000_000_i64 * i64::from(workers.max(1));
        Self {
            // Rounded up, so that it is never too fast.
            interval: SignedDuration::from_nanos(nanoseconds / i64::from(mails_per_second.max(1)) + 1),
            course: Mutex::new(Course { free_at: Timestamp::MIN, refused: 0 }),
        }
    }

    /// Waits for the next mail's turn, and takes it.
    pub(crate) async fn turn(&self, clock: &Clock) {
        let wait = self.change(|course| course.take(clock.now(), self.interval));
        // Negative: it has been its turn for a while.
        if let Ok(wait) = wait.try_into() {
            clock.sleep(wait).await;
        }
    }

    /// SES has answered, or not: the next mail comes a whole interval after this one was there.
    pub(crate) fn sent(&self, now: Timestamp, answer: SesReply) {
        self.change(|course| course.sent(now, self.interval, answer));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Course) -> T) -> T {
        // Each change is whole in itself.
        change(&mut self.course.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Course {
    /// How long the mail has to wait that is to be sent now.
    fn take(&mut self, now: Timestamp, interval: SignedDuration) -> SignedDuration {
        let turn = self.free_at.max(now);
        self.free_at = turn.checked_add(interval).unwrap_or(Timestamp::MAX);
        turn.duration_since(now)
    }

    fn sent(&mut self, now: Timestamp, interval: SignedDuration, answer: SesReply) {
        let pause = match answer {
            SesReply::Taken => {
                self.refused = 0;
                interval
            }
            SesReply::TooFast => {
                let pause = FIRST_PAUSE.saturating_mul(1 << self.refused.min(8)).min(LONGEST_PAUSE);
                self.refused = self.refused.saturating_add(1);
                pause.max(interval)
            }
            SesReply::Other => interval,
        };
        self.free_at = self.free_at.max(now.checked_add(pause).unwrap_or(Timestamp::MAX));
    }
}

/// How many jobs a worker may see running and still begin one, so that `workers` which all look at
/// the same instant don't make more than `at_most` of them. At least one is begun where none runs.
pub fn jobs_to_see(at_most: u32, workers: u32) -> u32 {
    at_most.saturating_sub(workers.saturating_sub(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_at_the_same_instant_begin_no_more_jobs_than_may_run() {
        for (at_most, workers) in [(20, 14), (14, 14), (100, 14), (5, 1), (1, 1)] {
            let seen = jobs_to_see(at_most, workers);
            // The last that is seen to be too few, and then all begin.
            assert_eq!(seen - 1 + workers, at_most);
        }
        // Fewer than workers can't be kept to, and none would be no use.
        assert_eq!(jobs_to_see(5, 14), 1);
        assert_eq!(jobs_to_see(0, 1), 1);
    }

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(milliseconds: i64) -> Timestamp {
        START + SignedDuration::from_millis(milliseconds)
    }

    fn course() -> Course {
        Course { free_at: Timestamp::MIN, refused: 0 }
    }

    #[test]
    fn all_workers_together_keep_the_rate_in_every_second() {
        for (mails_per_second, workers) in [(14, 14), (14, 1), (14, 28), (1, 7), (200, 200), (3, 2)] {
            let interval = Pace::new(mails_per_second, workers).interval;
            // Each sends whenever it may, all of them from the same instant on.
            let mut sent = Vec::new();
            for _ in 0..workers {
                let (mut course, mut now) = (course(), START);
                while now < at(20_000) {
                    now += course.take(now, interval);
                    sent.push(now);
                }
            }
            sent.sort_unstable();
            let within = |from: Timestamp| {
                let from = sent.partition_point(|it| *it < from);
                let until = sent.partition_point(|it| *it < sent[from] + SignedDuration::from_secs(1));
                until - from
            };
            let most = sent.iter().filter(|it| **it < at(19_000)).map(|it| within(*it)).max().unwrap();
            // Whoever begins at the same instant sends at the same instant.
            let rate = mails_per_second.div_ceil(workers) * workers;
            assert!(most <= rate as usize, "{most} of {workers} workers, not {mails_per_second}");
            assert!(sent.len() <= 20 * rate as usize + workers as usize);
        }
    }

    #[test]
    fn after_a_rest_one_mail_goes_at_once_and_no_turns_were_saved() {
        let interval = SignedDuration::from_millis(100);
        let mut course = course();
        assert_eq!(course.take(at(0), interval), SignedDuration::ZERO);
        assert_eq!(course.take(at(10), interval), SignedDuration::from_millis(90));
        assert_eq!(course.take(at(5_000), interval), SignedDuration::ZERO);
        assert_eq!(course.take(at(5_000), interval), SignedDuration::from_millis(100));
        assert_eq!(course.take(at(5_000), interval), SignedDuration::from_millis(200));
    }

    #[test]
    fn the_next_mail_waits_for_the_end_of_a_slow_one() {
        let interval = SignedDuration::from_millis(1_000);
        let mut course = course();
        course.take(at(0), interval);
        course.sent(at(700), interval, SesReply::Taken);
        assert_eq!(course.take(at(1_000), interval), SignedDuration::from_millis(700));
        course.sent(at(1_800), interval, SesReply::Other);
        assert_eq!(course.free_at, at(2_800));
    }

    #[test]
    fn a_refusal_makes_room_twice_as_long_until_a_mail_is_taken() {
        let interval = SignedDuration::from_millis(100);
        let mut course = course();
        for seconds in [1, 2, 4, 8, 16, 16, 16] {
            course.sent(at(0), interval, SesReply::TooFast);
            assert_eq!(course.free_at, at(seconds * 1_000));
        }
        course.sent(at(16_000), interval, SesReply::Taken);
        course.sent(at(17_000), interval, SesReply::TooFast);
        assert_eq!(course.free_at, at(18_000));
        // A turn that was given later than the pause is not taken back.
        course.free_at = at(60_000);
        course.sent(at(17_000), interval, SesReply::TooFast);
        assert_eq!(course.free_at, at(60_000));
        // Where mails go out less often than that, a refusal makes none come earlier.
        course.free_at = at(0);
        course.sent(at(0), SignedDuration::from_secs(60), SesReply::TooFast);
        assert_eq!(course.free_at, at(60_000));
    }
}
