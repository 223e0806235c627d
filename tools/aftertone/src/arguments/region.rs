//! The region whose national format a phone number may be written in.

use anyhow::Result;
use clap::Args;
use phone::PhoneNumber;

use crate::reading;

/// The region whose national format a phone number may be written in.
#[derive(Args, Clone, Debug)]
pub(crate) struct Region {
    /// The country (US, DE, ...) whose national format numbers without + are in
    #[arg(long, value_name = "COUNTRY", env = "AFTERTONE_REGION")]
    pub(crate) region: Option<String>,
}

impl Region {
    /// A masked number, as a person writes it.
    pub(crate) fn read(&self, text: &str) -> Result<PhoneNumber> {
        reading::number(text, self.region.as_deref()).map_err(anyhow::Error::msg)
    }
}
