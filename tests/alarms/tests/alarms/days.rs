//! Good days and bad ones.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use alarms::template::{Alarm, alarms, template};
use runtime::telemetry::Metric as Counted;

use crate::play::{Played, periods, play};
use crate::timeline::{CALLERS, DAY, HOUR, MINUTE, QUARTER, Timeline, good_days, nights, quarters};

/// How long each timeline is. On the first day and a half nothing happens: alarms look back.
const DAYS: usize = 6;
const BEGINS: usize = DAY + 12 * HOUR;

/// How many periods CloudWatch may look at beyond those that decide.
const MORE: [usize; 3] = [0, 2, 4];

/// What goes wrong, for how long, what it does to the metrics, and which alarms are to ring.
struct Trouble {
    what: &'static str,
    lasts: usize,
    happens: fn(&mut Timeline, &Range<usize>),
    rings: &'static [&'static str],
}

/// One call every ten minutes, while it lasts.
fn calls(span: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
    (span.start + MINUTE..span.end).step_by(10 * MINUTE)
}

/// A voicemail is tried, and fails, at once and after so many minutes.
fn tried_in_vain(timeline: &mut Timeline, left_at: usize, span: &Range<usize>) {
    for minutes in [0, 1, 2, 4, 6, 8, 10, 12] {
        let at = left_at + minutes * MINUTE;
        if span.contains(&at) {
            timeline.counted(Counted::Failed, at);
        }
    }
}

/// What `reconcile` reports while nothing is delivered: the first voicemail gets older. It wakes what
/// stands still.
fn nothing_is_delivered(timeline: &mut Timeline, span: &Range<usize>) {
    for at in quarters(span) {
        let age = at.saturating_sub(span.start + MINUTE);
        timeline.oldest_undelivered(at + 6, age);
        if age > 5 * MINUTE {
            timeline.counted(Counted::Woken, at + 6);
        }
    }
}

#[expect(clippy::too_many_lines, reason = "a list of troubles, each with what it looks like")]
fn troubles() -> Vec<Trouble> {
    vec![
        Trouble {
            what: "DynamoDB is away: callers are rescued, reports fail, and so does the search",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    timeline.answered(at, 4_500, false);
                    timeline.counted(Counted::Rescued, at);
                    for after in 40..46 {
                        timeline.answered(at + after, 4_500, true);
                        timeline.counted(Counted::Failed, at + after);
                    }
                }
                timeline.fails_by_schedule("ReconcileFunction", span, &quarters(span));
                timeline.silence("ActFunction", span);
                timeline.silence("NotifyFunction", span);
                for at in span.clone().step_by(MINUTE) {
                    timeline.invoked("ActFunction", at, true);
                    timeline.invoked("NotifyFunction", at, true);
                    timeline.counted(Counted::Failed, at);
                    // A wake-up that was held back for as long as can be comes back twice.
                    timeline.oldest_message("ActQueue", at, QUARTER + 180);
                }
                timeline.oldest_undelivered(span.end + 30, HOUR);
            },
            rings: &[
                "RescuedAlarm",
                "ServerErrorAlarm",
                "SlowAnswerAlarm",
                "FailureAlarm",
                "WorkerErrorAlarm",
                "UndeliveredAlarm",
            ],
        },
        Trouble {
            what: "functions crash, and callers hear the fallback",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    for after in [0, 1] {
                        timeline.invoked(CALLERS[0], at + after, true);
                        timeline.answered(at + after, 80, true);
                    }
                    timeline.fell_back(at + 2);
                }
            },
            rings: &["FunctionErrorAlarm", "ServerErrorAlarm", "FailoverAlarm"],
        },
        Trouble {
            what: "Lambda has no executions left",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    for after in [0, 1] {
                        timeline.throttled(CALLERS[0], at + after);
                        timeline.answered(at + after, 80, true);
                    }
                    timeline.fell_back(at + 2);
                }
            },
            rings: &["ThrottleAlarm", "ServerErrorAlarm", "FailoverAlarm"],
        },
        Trouble {
            what: "everything is slow",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    timeline.answered(at, 2_500, false);
                }
            },
            rings: &["SlowAnswerAlarm"],
        },
        Trouble {
            what: "SES is away: letters die, and are taken away when it is back",
            lasts: 2 * HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    tried_in_vain(timeline, at, span);
                }
                nothing_is_delivered(timeline, span);
                let dead_from = span.start + QUARTER;
                for at in (dead_from..span.end + QUARTER).step_by(MINUTE) {
                    timeline.dead_letters(at, 1 + (at - dead_from) / (10 * MINUTE));
                }
            },
            rings: &["FailureAlarm", "DeadLetterAlarm", "UndeliveredAlarm", "WakeUpLostAlarm"],
        },
        Trouble {
            what: "one letter is dead for two days",
            lasts: 2 * DAY,
            happens: |timeline, span| {
                for at in span.clone().step_by(MINUTE) {
                    // Out of sight while `reconcile` looks at it.
                    timeline.dead_letters(at, usize::from(at % QUARTER != 0));
                }
            },
            rings: &["DeadLetterAlarm"],
        },
        Trouble {
            what: "the worker's queues are not connected to it",
            lasts: 3 * HOUR,
            happens: |timeline, span| {
                for at in (span.start + MINUTE..span.end).step_by(MINUTE) {
                    timeline.oldest_message("DeliverQueue", at, at - span.start - MINUTE);
                    timeline.oldest_message("DeliverDeadlineQueue", at, at - span.start - MINUTE);
                }
                nothing_is_delivered(timeline, span);
            },
            rings: &["OldestMessageAlarm", "OldestDeadlineAlarm", "UndeliveredAlarm", "WakeUpLostAlarm"],
        },
        Trouble {
            what: "the queue of live calls is not connected to its worker: after an hour its messages are gone",
            lasts: 3 * HOUR,
            happens: |timeline, span| {
                for at in (span.start + MINUTE..span.end).step_by(MINUTE) {
                    timeline.oldest_message("ActQueue", at, (at - span.start - MINUTE).min(HOUR));
                }
            },
            rings: &["OldestActAlarm"],
        },
        Trouble {
            what: "the queue of what programs are told is not connected: after an hour its messages are gone",
            lasts: 3 * HOUR,
            happens: |timeline, span| {
                for at in (span.start + MINUTE..span.end).step_by(MINUTE) {
                    timeline.oldest_message("NotifyQueue", at, (at - span.start - MINUTE).min(HOUR));
                }
            },
            rings: &["OldestNotifyAlarm"],
        },
        Trouble {
            what: "the pipe fails: what it is to bring is brought by the search, late",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in span.clone().step_by(MINUTE) {
                    timeline.piped(at, true);
                }
                for at in calls(span) {
                    timeline.wake_up_failed(at + 9 * MINUTE);
                }
                found_late(timeline, span);
            },
            rings: &["WakeUpAlarm", "WakeUpsFailedAlarm", "WakeUpLostAlarm", "UndeliveredAlarm"],
        },
        Trouble {
            what: "the pipe is stopped, and has no points",
            lasts: 6 * HOUR,
            happens: found_late,
            rings: &["WakeUpLostAlarm", "UndeliveredAlarm"],
        },
        Trouble {
            what: "the schedule of the search is stopped",
            lasts: 6 * HOUR,
            happens: |timeline, span| timeline.silence("ReconcileFunction", span),
            rings: &["ReconcileSilentAlarm", "UndeliveredAlarm"],
        },
        Trouble {
            what: "the search can't read the ledger, or runs out of time before: again and again it has no age to tell",
            lasts: 6 * HOUR,
            happens: |timeline, span| {
                timeline.fails_by_schedule("ReconcileFunction", span, &quarters(span));
            },
            rings: &["WorkerErrorAlarm", "UndeliveredAlarm"],
        },
        Trouble {
            what: "nobody listens to SES's topic: the search finds mails without news",
            lasts: 6 * HOUR,
            happens: |timeline, span| {
                timeline.silence("MailEventsFunction", span);
                for at in quarters(span).into_iter().filter(|at| at - span.start > HOUR) {
                    timeline.counted(Counted::Woken, at + 9);
                }
            },
            rings: &["WakeUpLostAlarm"],
        },
        Trouble {
            what: "the rule that tells of Transcribe's end is off: the time box finds words that were ready",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    timeline.counted(Counted::Woken, at + 2 * MINUTE);
                }
            },
            rings: &["WakeUpLostAlarm"],
        },
        Trouble {
            what: "the schedule of retention is stopped",
            lasts: 3 * DAY,
            happens: |timeline, span| timeline.silence("RetentionFunction", span),
            rings: &["RetentionSilentAlarm"],
        },
        Trouble {
            what: "retention crashes in one night",
            lasts: DAY,
            happens: |timeline, span| {
                timeline.fails_by_schedule("RetentionFunction", span, &nights(span));
            },
            rings: &["WorkerErrorAlarm"],
        },
        Trouble {
            what: "retention can't delete everything in one night",
            lasts: DAY,
            happens: |timeline, span| {
                for at in nights(span) {
                    timeline.counted(Counted::RetentionFailed, at + 30);
                }
            },
            rings: &["RetentionFailedAlarm"],
        },
        Trouble {
            what: "events of SES can't be brought to the ledger",
            lasts: HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    for after in [0, MINUTE, 3 * MINUTE] {
                        timeline.invoked("MailEventsFunction", at + after, true);
                    }
                    timeline.mail_event_failed(at + 3 * MINUTE);
                }
            },
            rings: &["MailEventsFailedAlarm", "WorkerErrorAlarm"],
        },
        Trouble {
            what: "the worker crashes on one voicemail",
            lasts: QUARTER,
            happens: |timeline, span| {
                for at in span.clone().step_by(90) {
                    timeline.invoked("DeliverFunction", at, true);
                }
            },
            rings: &["WorkerErrorAlarm"],
        },
        Trouble {
            what: "a row can't be read: the search meets it every quarter of an hour",
            lasts: 6 * HOUR,
            happens: |timeline, span| {
                for at in quarters(span) {
                    timeline.counted(Counted::UnreadableRow, at + 7);
                }
            },
            rings: &["UnreadableRowAlarm"],
        },
        Trouble {
            what: "Transcribe refuses all that is left",
            lasts: 2 * HOUR,
            happens: |timeline, span| {
                for at in calls(span) {
                    timeline.counted(Counted::TranscribeRefused, at);
                }
            },
            rings: &["TranscribeRefusedAlarm"],
        },
        once("one address bounces", Counted::Bounced, &["BounceAlarm"]),
        once("one owner complains", Counted::Complained, &["ComplaintAlarm"]),
        once("one voicemail can be mailed to nobody", Counted::MailFailed, &["MailFailedAlarm"]),
        once("one recording is lost", Counted::RecordingLost, &["RecordingLostAlarm"]),
        once("one program takes nothing for a day", Counted::Untold, &["UntoldAlarm"]),
    ]
}

/// Each voicemail is found by the search, five to twenty minutes after it was left.
fn found_late(timeline: &mut Timeline, span: &Range<usize>) {
    let mut open: Vec<usize> = vec![];
    let mut calls = calls(span).peekable();
    for at in quarters(span) {
        while let Some(left_at) = calls.next_if(|left_at| *left_at < at) {
            open.push(left_at);
        }
        timeline.oldest_undelivered(at + 6, open.iter().map(|left_at| at - left_at).max().unwrap_or(0));
        let before = open.len();
        open.retain(|left_at| at - left_at < 5 * MINUTE);
        if open.len() < before {
            timeline.counted(Counted::Woken, at + 6);
        }
    }
}

fn once(what: &'static str, outcome: Counted, rings: &'static [&'static str]) -> Trouble {
    let happens: fn(&mut Timeline, &Range<usize>) = match outcome {
        Counted::Bounced => |timeline, span| timeline.counted(Counted::Bounced, span.start),
        Counted::Complained => |timeline, span| timeline.counted(Counted::Complained, span.start),
        Counted::MailFailed => |timeline, span| timeline.counted(Counted::MailFailed, span.start),
        Counted::Untold => |timeline, span| timeline.counted(Counted::Untold, span.start),
        _ => |timeline, span| timeline.counted(Counted::RecordingLost, span.start),
    };
    Trouble { what, lasts: MINUTE, happens, rings }
}

static ALARMS: LazyLock<Vec<Alarm>> = LazyLock::new(|| alarms(&template()));

/// What is to ring once in a timeline for each incident does, however far CloudWatch looks back.
fn rings(timeline: &Timeline, expected: &[&str], incidents: usize, what: &str) {
    for alarm in &*ALARMS {
        let periods = periods(alarm, timeline, DAYS * DAY);
        let rings = if expected.contains(&&*alarm.id) { incidents } else { 0 };
        for more in MORE {
            let played = play(alarm, &periods, DAY + 6 * HOUR..DAYS * DAY, more);
            let expected = Played { rings, stopped: true };
            assert_eq!(played, expected, "{}: {what} ({more} periods more)", alarm.id);
        }
    }
}

#[test]
fn no_alarm_rings_on_a_good_day() {
    rings(&good_days(DAYS), &[], 0, "all is well");
}

/// What watches for silence can't tell a new stack from a stopped one.
#[test]
fn on_the_first_day_only_what_watches_for_silence_rings() {
    let timeline = good_days(DAYS);
    for more in MORE {
        let first_day = |alarm: &Alarm| {
            let periods = periods(alarm, &timeline, 2 * DAY);
            play(alarm, &periods, MINUTE..2 * DAY, more)
        };
        let rang: Vec<(&str, Played)> = ALARMS
            .iter()
            .map(|alarm| (&*alarm.id, first_day(alarm)))
            .filter(|(_, it)| it.rings > 0)
            .collect();
        let once = Played { rings: 1, stopped: true };
        let expected =
            ["ReconcileSilentAlarm", "RetentionSilentAlarm", "UndeliveredAlarm"].map(|it| (it, once));
        assert_eq!(rang, expected);
    }
}

#[test]
fn an_alarm_rings_once_for_an_incident_and_stops() {
    let good = good_days(DAYS);
    for trouble in troubles() {
        let mut timeline = good.clone();
        (trouble.happens)(&mut timeline, &(BEGINS..BEGINS + trouble.lasts));
        rings(&timeline, trouble.rings, 1, trouble.what);
    }
}

#[test]
fn an_alarm_rings_again_for_the_next_incident() {
    let good = good_days(DAYS);
    for trouble in troubles().into_iter().filter(|trouble| trouble.lasts <= 6 * HOUR) {
        let mut timeline = good.clone();
        for begins in [BEGINS, BEGINS + 2 * DAY] {
            (trouble.happens)(&mut timeline, &(begins..begins + trouble.lasts));
        }
        rings(&timeline, trouble.rings, 2, trouble.what);
    }
}

#[test]
fn every_alarm_rings_in_some_trouble() {
    let rings: BTreeSet<&str> = troubles().iter().flat_map(|trouble| trouble.rings).copied().collect();
    let all: BTreeSet<&str> = ALARMS.iter().map(|alarm| &*alarm.id).collect();
    assert_eq!(rings, all);
}
