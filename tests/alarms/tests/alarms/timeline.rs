//! What the metrics do.

use std::collections::BTreeMap;
use std::ops::Range;

use alarms::template::Metric;
use runtime::telemetry::Metric as Counted;

/// Seconds.
pub(crate) const MINUTE: usize = 60;
pub(crate) const QUARTER: usize = 15 * MINUTE;
pub(crate) const HOUR: usize = 60 * MINUTE;
pub(crate) const DAY: usize = 24 * HOUR;

/// Who answers calls and links.
pub(crate) const CALLERS: [&str; 10] = [
    "VoiceFunction",
    "DialOutcomeFunction",
    "RecordingFunction",
    "TranscriptionFunction",
    "StatusFunction",
    "MenuFunction",
    "WaitFunction",
    "LegFunction",
    "CallsFunction",
    "ListenFunction",
];

/// Points by metric: when, in seconds, and how much.
#[derive(Clone, Default)]
pub(crate) struct Timeline {
    points: BTreeMap<Metric, Vec<(usize, f64)>>,
}

impl Timeline {
    fn put(&mut self, namespace: &str, name: &str, of: &str, at: usize, value: f64) {
        let metric = Metric { namespace: namespace.into(), name: name.into(), of: of.into() };
        let points = self.points.entry(metric).or_default();
        let place = points.partition_point(|point| point.0 <= at);
        points.insert(place, (at, value));
    }

    fn forget(&mut self, namespace: &str, name: &str, of: &str, span: &Range<usize>) {
        let metric = Metric { namespace: namespace.into(), name: name.into(), of: of.into() };
        if let Some(points) = self.points.get_mut(&metric) {
            points.retain(|point| !span.contains(&point.0));
        }
    }

    /// The points of a metric, by time.
    pub(crate) fn points(&self, metric: &Metric) -> &[(usize, f64)] {
        self.points.get(metric).map(Vec::as_slice).unwrap_or_default()
    }

    /// Our own counter.
    pub(crate) fn counted(&mut self, outcome: Counted, at: usize) {
        self.put("Aftertone", "events", outcome.word(), at, 1.0);
    }

    /// What `reconcile` reports.
    pub(crate) fn oldest_undelivered(&mut self, at: usize, seconds: usize) {
        self.put("Aftertone", "OldestUndeliveredSeconds", "reconcile", at, real(seconds));
    }

    /// A function's own. Lambda has points of all of these when a function is called, and none else.
    pub(crate) fn invoked(&mut self, function: &str, at: usize, failed: bool) {
        self.put("AWS/Lambda", "Invocations", function, at, 1.0);
        self.put("AWS/Lambda", "Errors", function, at, f64::from(u8::from(failed)));
        self.put("AWS/Lambda", "Throttles", function, at, 0.0);
    }

    /// A call that Lambda turns away is no invocation.
    pub(crate) fn throttled(&mut self, function: &str, at: usize) {
        self.put("AWS/Lambda", "Throttles", function, at, 1.0);
    }

    /// A request to the webhooks' API: how long it took, and whether it ended in a 5xx.
    pub(crate) fn answered(&mut self, at: usize, ms: usize, failed: bool) {
        self.put("AWS/ApiGateway", "Latency", "HttpApi", at, real(ms));
        self.put("AWS/ApiGateway", "5xx", "HttpApi", at, f64::from(u8::from(failed)));
    }

    /// A caller heard the fallback.
    pub(crate) fn fell_back(&mut self, at: usize) {
        self.put("AWS/ApiGateway", "Count", "${AWS::StackName}-fallback", at, 1.0);
    }

    /// An execution of the pipe.
    pub(crate) fn piped(&mut self, at: usize, failed: bool) {
        self.put("AWS/EventBridge/Pipes", "ExecutionFailed", "WakeUpPipe", at, f64::from(u8::from(failed)));
    }

    /// How old the oldest message of a queue is.
    pub(crate) fn oldest_message(&mut self, queue: &str, at: usize, seconds: usize) {
        let queue = format!("{queue}.QueueName");
        self.forget("AWS/SQS", "ApproximateAgeOfOldestMessage", &queue, &(at..at + 1));
        self.put("AWS/SQS", "ApproximateAgeOfOldestMessage", &queue, at, real(seconds));
    }

    /// How many dead letters there are.
    pub(crate) fn dead_letters(&mut self, at: usize, count: usize) {
        self.forget(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "DeadLetterQueue.QueueName",
            &(at..at + 1),
        );
        let of = "DeadLetterQueue.QueueName";
        self.put("AWS/SQS", "ApproximateNumberOfMessagesVisible", of, at, real(count));
    }

    /// A change of the ledger on which the pipe gave up.
    pub(crate) fn wake_up_failed(&mut self, at: usize) {
        self.put("AWS/SQS", "NumberOfMessagesSent", "WakeUpsFailed.QueueName", at, 1.0);
    }

    /// An event of SES that could not be brought to the ledger.
    pub(crate) fn mail_event_failed(&mut self, at: usize) {
        self.put("AWS/SQS", "NumberOfMessagesSent", "MailEventsFailed.QueueName", at, 1.0);
    }

    /// A function is not called at all.
    pub(crate) fn silence(&mut self, function: &str, span: &Range<usize>) {
        for name in ["Invocations", "Errors", "Throttles"] {
            self.forget("AWS/Lambda", name, function, span);
        }
        if function == "ReconcileFunction" {
            self.forget("Aftertone", "OldestUndeliveredSeconds", "reconcile", span);
        }
    }

    /// A schedule's function fails in a span; Lambda calls it twice more, a minute and two later.
    pub(crate) fn fails_by_schedule(&mut self, function: &str, span: &Range<usize>, starts: &[usize]) {
        self.silence(function, span);
        for start in starts {
            for after in [0, MINUTE, 3 * MINUTE] {
                self.invoked(function, start + after, true);
            }
        }
    }
}

pub(crate) fn real(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// When `reconcile` starts: schedules of EventBridge are off by up to a minute.
pub(crate) fn quarters(span: &Range<usize>) -> Vec<usize> {
    let all = (0..).map(|n| n * QUARTER + n * 37 % MINUTE);
    all.skip_while(|at| *at < span.start).take_while(|at| *at < span.end).collect()
}

/// When `retention` starts.
pub(crate) fn nights(span: &Range<usize>) -> Vec<usize> {
    let all = (0..).map(|n| n * DAY + 3 * HOUR + 17 * MINUTE + n * 41 % MINUTE);
    all.skip_while(|at| *at < span.start).take_while(|at| *at < span.end).collect()
}

/// When somebody calls: every three hours.
fn calls(span: &Range<usize>) -> impl Iterator<Item = usize> {
    (span.start + HOUR..span.end).step_by(3 * HOUR)
}

/// Days on which all is well; with what happens on every day and is mended by itself.
pub(crate) fn good_days(days: usize) -> Timeline {
    let mut timeline = Timeline::default();
    let all = 0..days * DAY;
    for at in quarters(&all) {
        timeline.invoked("ReconcileFunction", at, false);
        timeline.oldest_undelivered(at + 5, 0);
    }
    for at in nights(&all) {
        timeline.invoked("RetentionFunction", at, false);
    }
    // Queues that somebody polls have a point each minute.
    for at in all.clone().step_by(MINUTE) {
        timeline.invoked("ActFunction", at, false);
        timeline.invoked("NotifyFunction", at, false);
        timeline.dead_letters(at, 0);
        timeline.oldest_message("DeliverQueue", at, 0);
        timeline.oldest_message("DeliverDeadlineQueue", at, 0);
        timeline.oldest_message("ActQueue", at, 0);
        timeline.oldest_message("NotifyQueue", at, 0);
    }
    for at in calls(&all) {
        good_call(&mut timeline, at);
    }
    for day in 0..days {
        let noon = day * DAY + 12 * HOUR;
        // A webhook that Twilio's second try mends, one that a cold start makes slow.
        timeline.answered(noon, 50, true);
        timeline.answered(noon + 7 * MINUTE, 3_000, false);
        // A step that the next try mends, a search that the next one goes on with, an event that
        // Lambda's second try brings, an answer of SES that gets lost.
        timeline.counted(Counted::Failed, noon + 1);
        timeline.counted(Counted::Failed, noon + 2 * MINUTE);
        timeline.invoked("ReconcileFunction", noon + 2, true);
        timeline.invoked("MailEventsFunction", noon + 3, true);
        timeline.counted(Counted::MailUnknown, noon + 4);
    }
    timeline
}

fn good_call(timeline: &mut Timeline, at: usize) {
    for (nth, function) in CALLERS.into_iter().enumerate() {
        timeline.invoked(function, at + nth * 20, false);
        timeline.answered(at + nth * 20, if nth == 0 { 350 } else { 15 }, false);
    }
    for after in [60, 70, 80, 190] {
        timeline.piped(at + after, false);
        timeline.invoked("DeliverFunction", at + after, false);
    }
    for minute in 1..4 {
        timeline.oldest_message("DeliverDeadlineQueue", at + minute * MINUTE, minute * MINUTE);
    }
    // A parked call is looked at again when it is due, at most as late as SQS holds a message back.
    for minute in 1..16 {
        timeline.oldest_message("ActQueue", at + minute * MINUTE, minute * MINUTE);
        // And a program that does not answer is told again.
        timeline.oldest_message("NotifyQueue", at + minute * MINUTE, minute * MINUTE);
    }
    timeline.counted(Counted::Mailed, at + 100);
    timeline.invoked("MailEventsFunction", at + 102, false);
}
