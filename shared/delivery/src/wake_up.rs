//! What a wake-up is about.

use phone::{CallSid, RecordingSid};
use serde_json::Value;

/// The recordings that a message names, in any of the forms in which one comes: a record of the
/// table's stream as the pipe passes it on, several of them, one inside a topic's envelope, or
/// just `{"recording_sid": "RE…"}`; or that the state of a transcription job has changed.
pub fn recording_sids(body: &str) -> Vec<RecordingSid> {
    keys(body).iter().filter_map(|key| RecordingSid::parse(key).ok()).collect()
}

/// The missed calls that a message names: their rows stand among the voicemails'.
pub fn call_sids(body: &str) -> Vec<CallSid> {
    keys(body).iter().filter_map(|key| CallSid::parse(key).ok()).collect()
}

/// Whether it is Amazon Transcribe's own word that a job has ended.
pub fn is_of_job(body: &str) -> bool {
    let message: Option<Value> = serde_json::from_str(body).ok();
    message.is_some_and(|message| message.pointer("/detail/TranscriptionJobName").is_some())
}

fn keys(body: &str) -> Vec<String> {
    serde_json::from_str(body).map(|message: Value| named_in(&message)).unwrap_or_default()
}

fn named_in(message: &Value) -> Vec<String> {
    if let Some(records) = message.as_array() {
        return records.iter().flat_map(named_in).collect();
    }
    if let Some(enveloped) = message.get("Message").and_then(Value::as_str) {
        return keys(enveloped);
    }
    let plain = message.get("recording_sid");
    let of_stream = || message.pointer("/dynamodb/Keys/recording_sid/S");
    // Amazon Transcribe names its jobs as we told it to: after recordings.
    let of_job = || message.pointer("/detail/TranscriptionJobName");
    let key = plain.or_else(of_stream).or_else(of_job).and_then(Value::as_str);
    key.map(str::to_owned).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "RE00000000000000000000000000000001";

    #[test]
    fn a_recording_is_named_in_every_form_of_a_message() {
        let record =
            format!(r#"{{"eventName":"INSERT","dynamodb":{{"Keys":{{"recording_sid":{{"S":"{SID}"}}}}}}}}"#);
        let forms = [
            format!(r#"{{"recording_sid":"{SID}"}}"#),
            format!(
                r#"{{"source":"aws.transcribe","detail-type":"Transcribe Job State Change","detail":{{"TranscriptionJobName":"{SID}","TranscriptionJobStatus":"COMPLETED"}}}}"#
            ),
            format!("[{record}]"),
            serde_json::json!({ "Type": "Notification", "Message": record }).to_string(),
            record,
        ];
        for form in forms {
            assert_eq!(is_of_job(&form), form.contains("aws.transcribe"), "{form}");
            assert_eq!(recording_sids(&form), [RecordingSid::parse(SID).unwrap()], "{form}");
            assert!(call_sids(&form).is_empty());
            let missed = form.replace("RE", "CA");
            assert_eq!(call_sids(&missed), [CallSid::parse(&SID.replace("RE", "CA")).unwrap()], "{form}");
            assert!(recording_sids(&missed).is_empty());
        }
    }

    #[test]
    fn a_message_that_makes_no_sense_names_nothing() {
        for body in ["", "{}", "[]", "null", r#"{"recording_sid":"x"}"#, r#"{"Message":"{"}"#] {
            assert!(recording_sids(body).is_empty() && call_sids(body).is_empty(), "{body}");
        }
    }
}
