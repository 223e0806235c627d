//! Secrets Manager on a laptop.

use std::io;
use std::path::{Path, PathBuf};

use crate::development;
use crate::place::write_whole;

/// The secret of Twilio: a file in the data folder.
#[derive(Clone, Debug)]
pub(crate) struct TwilioSecret(PathBuf);

impl TwilioSecret {
    /// The file's name.
    pub(crate) const FILE: &str = "twilio-secret.json";

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
