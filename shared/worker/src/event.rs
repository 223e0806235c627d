//! What calls the function: its queue, or the schedule.

use aws_lambda_events::sqs::SqsEvent;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What calls the function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Messages(SqsEvent),
    /// The schedule, which says nothing that matters.
    Schedule(IgnoredAny),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_the_schedule() {
        let message = r#"{"Records":[{"messageId":"1","body":"{}","attributes":{},"messageAttributes":{}}]}"#;
        let read: Event = serde_json::from_str(message).unwrap();
        assert!(matches!(&read, Event::Messages(event) if event.records.len() == 1), "{read:?}");
        let schedule = r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}"#;
        let read: Event = serde_json::from_str(schedule).unwrap();
        assert!(matches!(read, Event::Schedule(_)), "{read:?}");
    }
}
