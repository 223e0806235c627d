//! What the deployment tells of itself, and this stack as well: `stack.json`, for tools that talk
//! to a running system.

use std::{io, path::Path};

use serde::Serialize;

use crate::development;
use crate::place::write_whole;
use crate::stack::Stack;

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
    audio_bucket: String,
    /// Of a file beside this one.
    twilio_secret_arn: String,
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
            audio_bucket: self.bucket.name().to_owned(),
            twilio_secret_arn: format!("file:{}", TwilioSecret::FILE),
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

/// Secrets Manager on a laptop: a file in the data folder.
#[derive(Clone, Debug)]
pub(crate) struct TwilioSecret(std::path::PathBuf);

impl TwilioSecret {
    const FILE: &str = "twilio-secret.json";

    /// The file in this folder; with the development account in it if there is none yet.
    pub(crate) fn in_folder(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Self::FILE);
        if !path.exists() {
            write_whole(&path, development::twilio_secret().as_bytes())?;
        }
        Ok(Self(path))
    }

    pub(crate) fn read(&self) -> Result<twilio::Secret, Box<dyn std::error::Error + Send + Sync>> {
        Ok(twilio::Secret::parse(&std::fs::read_to_string(&self.0)?)?)
    }
}
