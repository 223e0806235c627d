//! What a request was answered, so that one that comes again changes nothing.

use crate::api_key::ApiKeyId;

/// A request that was carried out: which, and what it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Which.
    pub id: OnceId,
    /// SHA-256 of what it asked for.
    pub digest: [u8; 32],
    /// The answer's status.
    pub status: u16,
    /// The answer's body, JSON.
    pub body: String,
}

/// By what a request is known that comes again: whose it is, and its Idempotency-Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceId {
    /// Whose it is.
    pub api_key: ApiKeyId,
    /// SHA-256 of the Idempotency-Key.
    pub hash: [u8; 32],
}
