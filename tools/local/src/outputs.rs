//! What the deployment tells of itself, and this stack as well: `stack.json`, for tools that talk
//! to a running system.

use std::io;

use serde::Serialize;

use crate::development;
use crate::place::{CALLBACK_SECRETS, write_whole};
use crate::stack::Stack;
use crate::twilio_secret::TwilioSecret;

/// The file's name in the data folder.
pub const FILE: &str = "stack.json";

/// The outputs of the deployment's template, by the same names, and where the embedded services are.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outputs {
    api_url: String,
    voice_url: String,
    status_url: String,
    fallback_url: String,
    numbers_table: String,
    calls_table: String,
    voicemails_table: String,
    live_calls_table: String,
    access_table: String,
    audio_bucket: String,
    /// Of a file beside this one.
    twilio_secret_arn: String,
    /// Likewise.
    callback_secret_arn: String,
    mail_from: String,
    endpoints: Endpoints,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoints {
    dynamo_db: String,
    s3: String,
    ses: String,
    transcribe: String,
    twilio: String,
}

impl Stack {
    /// Writes `stack.json` into the data folder.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write_outputs(&self) -> io::Result<()> {
        let outputs = Outputs {
            api_url: self.gateway.endpoint(),
            voice_url: self.voice_url(),
            status_url: self.status_url(),
            fallback_url: self.fallback_url(),
            numbers_table: self.tables.numbers.clone(),
            calls_table: self.tables.calls.clone(),
            voicemails_table: self.tables.voicemails.clone(),
            live_calls_table: self.tables.live_calls.clone(),
            access_table: self.tables.access.clone(),
            audio_bucket: self.bucket.name().to_owned(),
            twilio_secret_arn: format!("file:{}", TwilioSecret::FILE),
            callback_secret_arn: format!("file:{CALLBACK_SECRETS}"),
            mail_from: development::MAIL_FROM.to_owned(),
            endpoints: Endpoints {
                dynamo_db: self.database.endpoint(),
                s3: self.bucket.endpoint(),
                ses: self.mailbox.endpoint(),
                transcribe: self.transcriber.endpoint(),
                twilio: self.exchange.rest_url().to_owned(),
            },
        };
        let text = serde_json::to_string_pretty(&outputs)?;
        write_whole(&self.folders.root().join(FILE), text.as_bytes())
    }
}
