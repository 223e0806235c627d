//! The secret in which the callback secrets stand, to be changed and written back: what an operator does, and a
//! function never.

use std::collections::BTreeMap;
use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::ApiKeyId;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What every callback secret begins with, as Standard Webhooks has it.
pub(crate) const PREFIX: &str = "whsec_";

/// What signs the callbacks of each key: a JSON document, kept in Secrets Manager.
///
/// ```json
/// { "keys": { "0a1b2c3d": [{ "secret": "whsec_…" }, { "secret": "whsec_…", "until": "2026-11-21T12:00:00Z" }] } }
/// ```
///
/// The newest comes first; the others, while they count, have an end.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct CallbackSecretDocument {
    keys: BTreeMap<String, Vec<Entry>>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Entry {
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// The document can't be read. The text names the place, and none of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the callback secret is not the JSON document that is expected, see line {line}, column {column}")]
pub struct UnreadableDocument {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl CallbackSecretDocument {
    /// Reads the document. A text of nothing is one without keys.
    ///
    /// # Errors
    /// [`UnreadableDocument`] says where it is wrong.
    pub fn parse(json: &str) -> Result<Self, UnreadableDocument> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        let at = |error: serde_json::Error| UnreadableDocument { line: error.line(), column: error.column() };
        serde_json::from_str(json).map_err(at)
    }

    /// The document as it is stored.
    pub fn to_json(&self) -> SecretString {
        // Texts in lists: there is nothing that JSON can't hold.
        serde_json::to_string(self).unwrap_or_default().into()
    }

    /// Has a key's callbacks signed with a new secret, and with what signs them now for a while. Tells the new one.
    pub fn renew(
        &mut self,
        key: &ApiKeyId,
        random: [u8; 32],
        old_valid_for: SignedDuration,
        now: Timestamp,
    ) -> SecretString {
        let secret = format!("{PREFIX}{}", STANDARD.encode(random));
        let until = now.saturating_add(old_valid_for).unwrap_or(Timestamp::MAX);
        let entries = self.keys.entry(key.as_str().to_owned()).or_default();
        // Two at most: a receiver is not to try many.
        entries.truncate(1);
        for entry in entries.iter_mut() {
            entry.until = Some(until);
        }
        entries.retain(|entry| entry.until.is_none_or(|until| now < until));
        entries.insert(0, Entry { secret: secret.clone(), until: None });
        secret.into()
    }

    /// Forgets what signs a key's callbacks. Says whether there was something.
    pub fn remove(&mut self, key: &ApiKeyId) -> bool {
        self.keys.remove(key.as_str()).is_some()
    }

    /// Whether a key's callbacks are signed.
    pub fn signs(&self, key: &ApiKeyId, now: Timestamp) -> bool {
        !self.secrets(key, now).is_empty()
    }

    /// The secrets of a key that count, the newest first. One that can't be read is left out.
    pub(crate) fn secrets(&self, key: &ApiKeyId, now: Timestamp) -> Vec<SecretString> {
        let entries = self.keys.get(key.as_str()).map(Vec::as_slice).unwrap_or_default();
        let live = entries.iter().filter(|entry| entry.until.is_none_or(|until| now < until));
        live.map(|entry| entry.secret.as_str().into()).collect()
    }
}

impl fmt::Debug for CallbackSecretDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.keys()).finish()
    }
}
