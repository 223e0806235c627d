//! A program's key, as the program has it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{ApiKey, ApiKeyId, SecretHash};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// What every key begins with, so that who finds one in a repository knows whose it is.
const PREFIX: &str = "aft_";

/// As many characters as 32 bytes make.
const SECRET_LENGTH: usize = 43;

/// `aft_`, the key's id, `_`, and 43 characters that are secret.
pub struct KeyText {
    id: ApiKeyId,
    secret: SecretString,
}

impl KeyText {
    /// A new one.
    pub fn of(id: ApiKeyId, random: [u8; 32]) -> Self {
        Self { id, secret: URL_SAFE_NO_PAD.encode(random).into() }
    }

    /// What somebody sends; none if it is no key of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_secret = secret.len() == SECRET_LENGTH && secret.bytes().all(may_stand);
        is_secret.then_some(())?;
        Some(Self { id: ApiKeyId::parse(id).ok()?, secret: secret.into() })
    }

    /// Whose it says it is.
    pub fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.expose_secret()).into())
    }

    /// Whether it is that key's. Takes as long whichever it is.
    pub fn proves(&self, api_key: &ApiKey, now: Timestamp) -> bool {
        let SecretHash(hash) = self.hash();
        let is_one =
            api_key.secrets(now).fold(Choice::from(0), |is_one, known| is_one | known.0.ct_eq(&hash));
        self.id == api_key.id && bool::from(is_one)
    }

    /// The whole text: for the one time that it is told.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret.expose_secret())
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({PREFIX}{}_****)", self.id)
    }
}
