use std::error::Error;

use aws_sdk_dynamodb::error::SdkError;
use thiserror::Error;

/// Why the store could not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Too many wrote the same row at once; nothing was written, and it may be tried again.
    #[error("others kept writing the same row")]
    Conflict,
    /// DynamoDB did not answer in time, refused, or is not there.
    #[error("DynamoDB is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row was written by a later release, which says that this one does not understand it.
    #[error("a {row} row has the schema {schema}, which only a later release understands")]
    Newer {
        /// `call` or `voicemail`.
        row: &'static str,
        /// Its schema; rows that this release writes have none.
        schema: u32,
    },
    /// A row is there, but is not as this version writes it.
    #[error("the attribute {attribute} of a {row} row is missing or malformed")]
    Malformed {
        /// `number`, `call` or `voicemail`.
        row: &'static str,
        /// The attribute's name.
        attribute: &'static str,
    },
}

impl StoreError {
    /// Whether trying the same again can help.
    pub fn passes(&self) -> bool {
        match self {
            Self::Conflict | Self::Unavailable(_) => true,
            Self::NotFound(_) | Self::Newer { .. } | Self::Malformed { .. } => false,
        }
    }

    /// For an error that is none of those that the operation expects.
    pub(crate) fn unavailable<E, R>(error: SdkError<E, R>) -> Self
    where
        E: Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        Self::Unavailable(error.into())
    }
}
