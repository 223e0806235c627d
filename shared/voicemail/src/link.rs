//! The link in a mail: ours, signed, expiring. It names one recording and opens nothing else.
//!
//! It also carries a number that the voicemail's row counts up when its links are called back:
//! [`store::Links::epoch`]. Whoever opens a link compares the two.
//!
//! A URL that Lambda presigns for S3 dies with Lambda's own credentials, within hours; so the mail
//! has this one, and whoever follows it is sent on to a fresh one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use phone::RecordingSid;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use thiserror::Error;

/// What signs links.
#[derive(Clone, Debug)]
pub struct LinkKey(SecretString);

/// Too short to be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key that signs links must have at least 32 characters")]
pub struct WeakKey;

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

/// 16 bytes of the recording's SID, 4 of the epoch, 8 of the time, 16 of the signature.
const LENGTH: usize = 44;
const SIGNED: usize = 28;

impl LinkKey {
    /// # Errors
    /// [`WeakKey`] below 32 characters.
    pub fn new(secret: SecretString) -> Result<Self, WeakKey> {
        if secret.expose_secret().len() < 32 { Err(WeakKey) } else { Ok(Self(secret)) }
    }

    /// The token for a recording: 59 characters that are safe in a URL's path.
    pub fn token(&self, recording_sid: &RecordingSid, epoch: u32, expires_at: Timestamp) -> String {
        let mut token = Vec::with_capacity(LENGTH);
        token.extend_from_slice(&sid_bytes(recording_sid));
        token.extend_from_slice(&epoch.to_be_bytes());
        token.extend_from_slice(&expires_at.as_second().to_be_bytes());
        let signature = self.mac(&token).finalize().into_bytes();
        token.extend_from_slice(&signature[..LENGTH - SIGNED]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// What a token opens.
    ///
    /// # Errors
    /// [`DeadLink`].
    pub fn open(&self, token: &str, now: Timestamp) -> Result<Opened, DeadLink> {
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| DeadLink::Forged)?;
        if token.len() != LENGTH {
            return Err(DeadLink::Forged);
        }
        let (signed, signature) = token.split_at(SIGNED);
        self.mac(signed).verify_truncated_left(signature).map_err(|_| DeadLink::Forged)?;
        let (sid, rest) = signed.split_at(16);
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

    fn mac(&self, data: &[u8]) -> Hmac<Sha256> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()) else {
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
