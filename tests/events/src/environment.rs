//! What the functions find in their environment, beside what Lambda puts there itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{HOST_NAME, Sample, development};

/// What the bucket is called.
pub const BUCKET: &str = "aftertone-audio";

/// What the tables' names begin with.
pub const TABLE_PREFIX: &str = "aftertone";

/// Base URLs of the services.
#[derive(Clone, Debug)]
pub struct Services {
    /// DynamoDB.
    pub database: String,
    /// S3.
    pub bucket: String,
    /// SES.
    pub mailbox: String,
    /// Transcribe, if it is not AWS's own.
    pub transcriber: Option<String>,
    /// Twilio's REST API.
    pub twilio: String,
}

impl Services {
    /// Those of `cargo run -- serve`, as a container on the same machine sees them.
    fn seen_from_a_container() -> Self {
        let at = |port| format!("http://host.docker.internal:{port}");
        Self {
            database: at(8000),
            bucket: at(9000),
            mailbox: at(8025),
            transcriber: Some(at(8035)),
            twilio: at(4010),
        }
    }
}

/// The variables of a function, with the secrets of [`development`].
pub fn variables(function: Sample, services: &Services) -> BTreeMap<&'static str, String> {
    let table = |name| format!("{TABLE_PREFIX}-{name}");
    // The secret's own text is read where no name of one is set.
    let twilio_secret =
        [("TWILIO_SECRET", development::twilio_secret()), ("TWILIO_SECRET_ID", String::new())];
    let link_secret = [("LINK_SECRET", development::LINK_KEY.to_owned()), ("LINK_SECRET_ID", String::new())];
    let bucket = [("AUDIO_BUCKET", BUCKET.to_owned()), ("AWS_ENDPOINT_URL_S3", services.bucket.clone())];
    let queue = |name| format!("https://sqs.us-east-1.amazonaws.com/000000000000/aftertone-{name}");
    let queues = [("ACT_QUEUE_URL", queue("act")), ("NOTIFY_QUEUE_URL", queue("notify"))];

    let mut variables = BTreeMap::from([
        ("AWS_ENDPOINT_URL_DYNAMODB", services.database.clone()),
        ("NUMBERS_TABLE", table("numbers")),
        ("CALLS_TABLE", table("calls")),
        ("VOICEMAILS_TABLE", table("voicemails")),
        ("LIVE_CALLS_TABLE", table("live-calls")),
        ("ACCESS_TABLE", table("access")),
        ("PUBLIC_BASE_URL", format!("https://{HOST_NAME}")),
    ]);
    match function {
        Sample::Recording | Sample::Transcription => variables.extend(twilio_secret),
        Sample::Voice | Sample::DialOutcome | Sample::Status | Sample::Menu | Sample::Wait | Sample::Leg => {
            variables.extend(twilio_secret);
            // There is no queue: nobody is woken.
            variables.insert("ACT_QUEUE_URL", String::new());
            variables.insert("NOTIFY_QUEUE_URL", String::new());
        }
        Sample::Deliver => {
            variables.extend(twilio_secret);
            variables.extend(link_secret);
            variables.extend(bucket);
            variables.extend([
                ("AWS_ENDPOINT_URL_SES", services.mailbox.clone()),
                ("MAIL_FROM", development::MAIL_FROM.to_owned()),
                ("TWILIO_API_BASE_URL", services.twilio.clone()),
            ]);
            let transcriber = services.transcriber.as_ref();
            variables.extend(transcriber.map(|at| ("AWS_ENDPOINT_URL_TRANSCRIBE", at.clone())));
        }
        Sample::Calls => {
            variables.extend(twilio_secret);
            variables.extend(queues);
        }
        Sample::Act => {
            variables.extend(twilio_secret);
            variables.extend(queues);
            variables.insert("TWILIO_API_BASE_URL", services.twilio.clone());
        }
        Sample::Notify => variables.extend([
            ("NOTIFY_QUEUE_URL", queue("notify")),
            ("CALLBACK_SECRET", development::callback_secrets()),
            ("CALLBACK_SECRET_ID", String::new()),
        ]),
        Sample::Listen => {
            variables.extend(link_secret);
            variables.extend(bucket);
        }
        Sample::MailEvents => {}
        Sample::Reconcile => {
            variables.extend(twilio_secret);
            variables.insert("TWILIO_API_BASE_URL", services.twilio.clone());
        }
        Sample::Retention => {
            variables.extend(twilio_secret);
            variables.extend(bucket);
            variables.insert("TWILIO_API_BASE_URL", services.twilio.clone());
        }
    }
    variables
}

/// `env.json`: for `sam local invoke --env-vars`, by the function's name in the template.
pub(crate) fn env_json() -> Value {
    let services = Services::seen_from_a_container();
    let functions = Sample::ALL
        .map(|function| (logical_name(function).to_owned(), json!(variables(function, &services))));
    Value::Object(Map::from_iter(functions))
}

/// The function's name in the template.
fn logical_name(function: Sample) -> &'static str {
    match function {
        Sample::Voice => "VoiceFunction",
        Sample::DialOutcome => "DialOutcomeFunction",
        Sample::Recording => "RecordingFunction",
        Sample::Transcription => "TranscriptionFunction",
        Sample::Status => "StatusFunction",
        Sample::Menu => "MenuFunction",
        Sample::Wait => "WaitFunction",
        Sample::Leg => "LegFunction",
        Sample::Calls => "CallsFunction",
        Sample::Deliver => "DeliverFunction",
        Sample::Act => "ActFunction",
        Sample::Notify => "NotifyFunction",
        Sample::Listen => "ListenFunction",
        Sample::MailEvents => "MailEventsFunction",
        Sample::Reconcile => "ReconcileFunction",
        Sample::Retention => "RetentionFunction",
    }
}
