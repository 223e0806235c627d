//! The link in a mail: ours, signed, expiring. It names one recording and opens nothing else.
//!
//! It also carries a number that the voicemail's row counts up when its links are called back:
//! `Links::epoch`. Whoever opens a link compares the two.
//!
//! A URL that Lambda presigns for S3 dies with Lambda's own credentials, within hours; so the mail
//! has this one, and whoever follows it is sent on to a fresh one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use phone::RecordingSid;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

mod rotation;

pub use rotation::{LinkSecretDocument, Rotated};

/// What signs links: the first key does, and links of every key open.
#[derive(Clone, Debug)]
pub struct LinkKey(Vec<Key>);

/// One of them. Today's first secret was a plain text, and its links name no key.
#[derive(Clone, Debug)]
struct Key {
    id: Option<u8>,
    secret: SecretString,
}

/// Why a secret can't sign links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadKey {
    /// Too short to be a secret.
    #[error("a key that signs links must have at least 32 characters")]
    Weak,
    /// It begins as JSON does, and is not what it should be.
    #[error(r#"the link secret is neither a text nor {{"keys": [{{"id": 1, "secret": "..."}}]}}"#)]
    Unreadable,
    /// A link could not say which key it is of.
    #[error("two keys that sign links have the same id, or both have none")]
    SameId,
}

/// The secret as JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    keys: Vec<KeyText>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u8>,
    secret: String,
    /// Since when another one signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_at: Option<String>,
}

impl Keys {
    fn parse(text: &SecretString) -> Result<Self, BadKey> {
        let text = text.expose_secret();
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|_| BadKey::Unreadable);
        }
        Ok(Self { keys: vec![KeyText { id: None, secret: text.to_owned(), replaced_at: None }] })
    }
}

/// Why a link does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeadLink {
    /// It was good once.
    #[error("the link has expired")]
    Expired,
    /// It was never ours, or was altered.
    #[error("the link is not valid")]
    Forged,
}

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The recording.
    pub recording_sid: RecordingSid,
    /// Which of the voicemail's links it is; others are withdrawn.
    pub epoch: u32,
}

/// 16 bytes of the recording's SID, 4 of the epoch, 8 of the time, 16 of the signature; before them
/// the key's id, if it has one.
const LENGTH: usize = 44;
const SIGNATURE: usize = 16;

impl LinkKey {
    /// The least length of a key, in characters.
    const LEAST: usize = 32;

    /// From a secret: a plain text, which is one key without an id, or
    /// `{"keys": [{"id": 2, "secret": "..."}, {"secret": "..."}]}`, of which the first signs.
    ///
    /// # Errors
    /// [`BadKey`].
    #[expect(clippy::needless_pass_by_value, reason = "who hands a secret over is to keep none")]
    pub fn new(secret: SecretString) -> Result<Self, BadKey> {
        let keys = Keys::parse(&secret)?.keys.into_iter();
        let keys: Vec<Key> =
            keys.map(|KeyText { id, secret, .. }| Key { id, secret: secret.into() }).collect();
        if keys.is_empty() {
            return Err(BadKey::Unreadable);
        }
        if keys.iter().any(|key| key.secret.expose_secret().len() < Self::LEAST) {
            return Err(BadKey::Weak);
        }
        let is_repeated = |(nth, key): (usize, &Key)| keys[..nth].iter().any(|other| other.id == key.id);
        if keys.iter().enumerate().any(is_repeated) {
            return Err(BadKey::SameId);
        }
        Ok(Self(keys))
    }

    /// The token for a recording: 59 or 60 characters that are safe in a URL's path.
    pub fn token(&self, recording_sid: &RecordingSid, epoch: u32, expires_at: Timestamp) -> String {
        let Some(key) = self.0.first() else { unreachable!("there is always a key") };
        let mut token = Vec::with_capacity(LENGTH + 1);
        token.extend(key.id);
        token.extend_from_slice(&sid_bytes(recording_sid));
        token.extend_from_slice(&epoch.to_be_bytes());
        token.extend_from_slice(&expires_at.as_second().to_be_bytes());
        let signature = key.mac(&token).finalize().into_bytes();
        token.extend_from_slice(&signature[..SIGNATURE]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// What a token opens.
    ///
    /// # Errors
    /// [`DeadLink`].
    pub fn open(&self, token: &str, now: Timestamp) -> Result<Opened, DeadLink> {
        let (token, id) = taken_apart(token).ok_or(DeadLink::Forged)?;
        let key = self.0.iter().find(|key| key.id == id).ok_or(DeadLink::Forged)?;
        let (signed, signature) = token.split_at(token.len() - SIGNATURE);
        key.mac(signed).verify_truncated_left(signature).map_err(|_| DeadLink::Forged)?;
        let (sid, rest) = signed[usize::from(id.is_some())..].split_at(16);
        let (epoch, expires_at) = rest.split_at(4);
        let epoch = u32::from_be_bytes(epoch.try_into().map_err(|_| DeadLink::Forged)?);
        let expires_at = i64::from_be_bytes(expires_at.try_into().map_err(|_| DeadLink::Forged)?);
        if now.as_second() >= expires_at {
            return Err(DeadLink::Expired);
        }
        let digits = sid.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let hex: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        let recording_sid = RecordingSid::parse(&format!("RE{hex}")).map_err(|_| DeadLink::Forged)?;
        Ok(Opened { recording_sid, epoch })
    }
}

impl LinkKey {
    /// Whether a token says that it is of a key that is not known here: of a newer one perhaps.
    pub fn lacks_key_of(&self, token: &str) -> bool {
        taken_apart(token).is_some_and(|(_, id)| self.0.iter().all(|key| key.id != id))
    }
}

/// A token's bytes, and the id of its key.
fn taken_apart(token: &str) -> Option<(Vec<u8>, Option<u8>)> {
    let token = URL_SAFE_NO_PAD.decode(token).ok()?;
    let id = match token.len().checked_sub(LENGTH)? {
        0 => None,
        1 => token.first().copied(),
        _ => return None,
    };
    Some((token, id))
}

impl Key {
    fn mac(&self, data: &[u8]) -> Hmac<Sha256> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            unreachable!("HMAC takes keys of any length")
        };
        // The same key may come to sign other things.
        mac.update(b"aftertone voicemail link\0");
        mac.update(data);
        mac
    }
}

fn sid_bytes(recording_sid: &RecordingSid) -> [u8; 16] {
    let mut bytes = [0; 16];
    let digits = recording_sid.as_str().as_bytes().get(2..).unwrap_or_default();
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> LinkKey {
        LinkKey::new("0123456789abcdef0123456789abcdef".into()).unwrap()
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_opens_its_recording_until_it_expires() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        let token = key().token(&recording, 7, second(1_000));
        assert_eq!(token.len(), 59);
        assert_eq!(key().open(&token, second(999)), Ok(Opened { recording_sid: recording, epoch: 7 }));
        assert_eq!(key().open(&token, second(1_000)), Err(DeadLink::Expired));
    }

    #[test]
    fn a_link_of_another_key_is_forged() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        let other = LinkKey::new("another key that is long enough!".into()).unwrap();
        assert_eq!(key().open(&other.token(&recording, 0, second(1_000)), second(1)), Err(DeadLink::Forged));
        assert!(LinkKey::new("short".into()).is_err());
    }

    const PLAIN: &str = "0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210";

    fn keys(keys: &str) -> Result<LinkKey, BadKey> {
        LinkKey::new(format!(r#"{{"keys":[{keys}]}}"#).into())
    }

    #[test]
    fn a_new_link_key_closes_no_link_that_is_out() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        // A link as it was made before there were ids.
        let out = "ABEiM0RVZneImaq7zN3u_wAAAAcAAAAAAAAD6Aa7JBiCIdkAIqxnbAqSI-g";
        assert_eq!(key().token(&recording, 7, second(1_000)), out);
        let rotated = keys(&format!(r#"{{"id":2,"secret":"{NEW}"}},{{"secret":"{PLAIN}"}}"#)).unwrap();
        let opened = Opened { recording_sid: recording.clone(), epoch: 7 };
        assert_eq!(rotated.open(out, second(999)), Ok(opened.clone()));
        let fresh = rotated.token(&recording, 7, second(1_000));
        assert_eq!((fresh.len(), rotated.open(&fresh, second(999))), (60, Ok(opened.clone())));
        assert_eq!(key().open(&fresh, second(999)), Err(DeadLink::Forged));
        // And once more, when the first key is taken away.
        let again = keys(&format!(r#"{{"id":3,"secret":"{PLAIN}"}},{{"id":2,"secret":"{NEW}"}}"#)).unwrap();
        assert_eq!(again.open(&fresh, second(999)), Ok(opened));
        assert_eq!(again.open(out, second(999)), Err(DeadLink::Forged));
    }

    #[test]
    fn a_link_of_a_key_that_is_not_known_here_is_told_apart() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        let rotated = keys(&format!(r#"{{"id":2,"secret":"{NEW}"}},{{"secret":"{PLAIN}"}}"#)).unwrap();
        let newer = rotated.token(&recording, 7, second(1_000));
        assert!(key().lacks_key_of(&newer));
        assert!(!rotated.lacks_key_of(&newer));
        // One of a known key may be forged, but reading the keys anew would not help.
        for known in [key().token(&recording, 7, second(1_000)), "A".repeat(59), "no link".to_owned()] {
            assert!(!key().lacks_key_of(&known), "{known}");
        }
    }

    #[test]
    fn a_link_secret_that_could_not_work_is_refused() {
        let weak = r#"{"id":1,"secret":"short"}"#.to_owned();
        let one = format!(r#"{{"id":1,"secret":"{NEW}"}}"#);
        let none = format!(r#"{{"secret":"{NEW}"}}"#);
        let twice = |key: &str| format!("{key},{key}");
        for (text, why) in [
            (weak, BadKey::Weak),
            (twice(&one), BadKey::SameId),
            (twice(&none), BadKey::SameId),
            (String::new(), BadKey::Unreadable),
            (r#"{"id":300,"secret":"x"}"#.to_owned(), BadKey::Unreadable),
        ] {
            assert_eq!(keys(&text).unwrap_err(), why, "{text}");
        }
        assert_eq!(LinkKey::new("{".into()).unwrap_err(), BadKey::Unreadable);
    }

    proptest! {
        #[test]
        fn any_change_of_any_character_is_forged(at in 0usize..59, replacement in "[A-Za-z0-9_-]") {
            let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
            let token = key().token(&recording, 0, second(1_000));
            let mut altered = token.clone();
            altered.replace_range(at..=at, &replacement);
            if altered != token {
                prop_assert_eq!(key().open(&altered, second(1)), Err(DeadLink::Forged));
            }
        }

        #[test]
        fn any_text_is_judged_without_a_panic(token in ".*") {
            prop_assert!(key().open(&token, second(1)).is_err());
        }
    }
}
