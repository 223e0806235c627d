//! The keys of programs: what they may do, and how much of it.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;
use thiserror::Error;

use crate::names::names;

/// A program's key. What proves it is known by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What it is called in its own text, and in logs.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: ApiKeyName,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Calls of which numbers it sees, and from which it may call.
    pub numbers: KeyNumbers,
    /// Which countries it may call; unsaid, those of its numbers.
    pub countries: Option<BTreeSet<Country>>,
    /// How many people it may call in a minute.
    pub calls_per_minute: u32,
    /// For how many minutes they may be called in a day.
    pub minutes_per_day: u32,
    /// Where it hears what happens.
    pub callback: Option<CallbackUrl>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Of the secret that it has.
    pub secret: SecretHash,
    /// Of the one that it had, while that still counts.
    pub former: Option<FormerSecret>,
}

impl ApiKey {
    /// What goes without saying.
    pub const CALLS_PER_MINUTE: u32 = 30;
    /// What goes without saying.
    pub const MINUTES_PER_DAY: u32 = 600;

    /// Whether it may do that.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it sees the calls of this number, and may call from it.
    pub fn may_use(&self, number: &PhoneNumber) -> bool {
        match &self.numbers {
            KeyNumbers::All => true,
            KeyNumbers::Only(numbers) => numbers.contains(number),
        }
    }

    /// The secrets that prove it at this time.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &SecretHash> {
        let former = self.former.as_ref().filter(|former| now < former.until);
        std::iter::once(&self.secret).chain(former.map(|former| &former.secret))
    }

    /// With another secret; the one that it has counts for a while.
    #[must_use]
    pub fn rotated(self, secret: SecretHash, old_valid_for: SignedDuration, now: Timestamp) -> Self {
        let until = now.saturating_add(old_valid_for).unwrap_or(Timestamp::MAX);
        let former = old_valid_for.is_positive().then_some(FormerSecret { secret: self.secret, until });
        Self { secret, former, ..self }
    }
}

/// What a key is called: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(String);

impl ApiKeyId {
    /// One that nobody has, as good as certainly.
    pub fn of(random: [u8; 4]) -> Self {
        Self(format!("{:08x}", u32::from_be_bytes(random)))
    }

    /// # Errors
    /// [`InvalidApiKey::Id`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_one = text.len() == 8 && text.bytes().all(is_digit);
        if is_one { Ok(Self(text.to_owned())) } else { Err(InvalidApiKey::Id) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What people call a key: 1 to 64 of `a` to `z`, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyName(String);

impl ApiKeyName {
    /// # Errors
    /// [`InvalidApiKey::Name`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let may_stand = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(may_stand);
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidApiKey::Name) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Look at calls.
    Read,
    /// Do something in calls that are there.
    Control,
    /// Make calls, which costs money.
    Create,
}

names! {
    Scope {
        Read = "read",
        Control = "control",
        Create = "create",
    }
}

/// The numbers of ours that a key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyNumbers {
    /// All, those to come as well.
    All,
    /// These.
    Only(BTreeSet<PhoneNumber>),
}

/// A country, by two capital letters: `US`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// # Errors
    /// [`InvalidApiKey::Country`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        match text.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(Self([*first, *second]))
            }
            _ => Err(InvalidApiKey::Country),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(self.0[0]), char::from(self.0[1]))
    }
}

/// Where a program hears what happens: over TLS; or, where nothing leaves the machine, without. Whether a host of that
/// name may be asked is for whoever asks it.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackUrl(String);

impl CallbackUrl {
    /// # Errors
    /// [`InvalidApiKey::Callback`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let is_plain = text.len() <= 2048
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}#"#.contains(&byte));
        let (scheme, rest) = text.split_once("://").ok_or(InvalidApiKey::Callback)?;
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (host, None),
        };
        let has_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let is_name = !name.is_empty() && name.bytes().all(may_stand);
        let is_local = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
        let is_reached = match scheme {
            "https" => is_name || is_local,
            "http" => is_local,
            _ => false,
        };
        if is_plain && has_port && is_reached {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidApiKey::Callback)
        }
    }

    /// The address. A program may have put what nobody else is to know into it: never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Its host.
impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.match_indices(['/', '?']).nth(2).map_or(self.0.len(), |(at, _)| at);
        write!(f, "CallbackUrl({}…)", &self.0[..end])
    }
}

/// SHA-256 of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(****)")
    }
}

/// A secret that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerSecret {
    /// Its hash.
    pub secret: SecretHash,
    /// Until when it counts.
    pub until: Timestamp,
}

/// What a key can't be. The text says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidApiKey {
    /// See [`ApiKeyId`].
    #[error("a key's id must have 8 hexadecimal digits")]
    Id,
    /// See [`ApiKeyName`].
    #[error("a key's name must have 1 to 64 of a to z, digits, full stop, _ and -, like crm")]
    Name,
    /// See [`Scope`].
    #[error("a scope must be one of read, control, create")]
    Scope,
    /// See [`Country`].
    #[error("a country must be written as two capital letters, like US")]
    Country,
    /// See [`CallbackUrl`].
    #[error("a callback must be an https URL, like https://example.com/calls, without a user and without #")]
    Callback,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(byte: u8) -> SecretHash {
        SecretHash([byte; 32])
    }

    fn key() -> ApiKey {
        ApiKey {
            id: ApiKeyId::of([0xab, 0, 0, 1]),
            name: ApiKeyName::parse("crm").unwrap(),
            scopes: [Scope::Read].into(),
            numbers: KeyNumbers::All,
            countries: None,
            calls_per_minute: ApiKey::CALLS_PER_MINUTE,
            minutes_per_day: ApiKey::MINUTES_PER_DAY,
            callback: None,
            created_by: "olivia".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            secret: hash(1),
            former: None,
        }
    }

    #[test]
    fn a_rotated_key_has_two_secrets_for_a_while() {
        let now = Timestamp::UNIX_EPOCH;
        let hours = SignedDuration::from_hours;
        let rotated = key().rotated(hash(2), hours(24), now);
        let secrets = |at: SignedDuration| rotated.secrets(now + at).cloned().collect::<Vec<_>>();
        assert_eq!(secrets(hours(23)), [hash(2), hash(1)]);
        assert_eq!(secrets(hours(24)), [hash(2)]);
        assert_eq!(key().rotated(hash(2), SignedDuration::ZERO, now).former, None);
    }

    #[test]
    fn a_key_is_for_its_own_numbers_and_scopes() {
        let number = |text| PhoneNumber::parse(text).unwrap();
        assert!(key().may_use(&number("+14155550100")));
        let only = ApiKey { numbers: KeyNumbers::Only([number("+14155550100")].into()), ..key() };
        assert!(only.may_use(&number("+14155550100")) && !only.may_use(&number("+14155550101")));
        assert!(only.may(Scope::Read) && !only.may(Scope::Create));
    }

    #[test]
    fn a_callback_goes_over_tls_or_stays_on_the_machine() {
        for url in [
            "https://example.com/calls",
            "https://example.com",
            "https://example.com:8443/a?b=c",
            "http://localhost:3000/calls",
            "http://127.0.0.1/calls",
            "http://[::1]:3000/",
        ] {
            assert_eq!(CallbackUrl::parse(url).unwrap().reveal(), url);
        }
        for url in [
            "",
            "https://",
            "https:///calls",
            "http://example.com/calls",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "https://user:word@example.com/",
            "https://example.com/#part",
            "https://example.com/a b",
            "https://exämple.com/",
            "https://example.com:0/",
            "https://example.com:99999/",
            "ftp://example.com/",
            &format!("https://example.com/{}", "a".repeat(2048)),
        ] {
            assert_eq!(CallbackUrl::parse(url), Err(InvalidApiKey::Callback), "{url}");
        }
    }

    #[test]
    fn a_log_shows_neither_hash_nor_the_whole_callback() {
        let callback = CallbackUrl::parse("https://example.com/hush?token=hush").unwrap();
        let shown = format!("{:?}", ApiKey { callback: Some(callback), secret: hash(7), ..key() });
        assert!(!shown.contains("hush") && !shown.contains("7, 7"), "{shown}");
        assert!(shown.contains("https://example.com…"), "{shown}");
    }

    #[test]
    fn a_key_is_named_plainly() {
        assert_eq!(key().id.as_str(), "ab000001");
        for id in ["ab00000", "AB000001", "ab00000g", "ab0000011"] {
            assert_eq!(ApiKeyId::parse(id), Err(InvalidApiKey::Id), "{id}");
        }
        for name in ["", "Crm", "a b", "a#b", &"x".repeat(65)] {
            assert_eq!(ApiKeyName::parse(name), Err(InvalidApiKey::Name), "{name}");
        }
        for country in ["", "us", "USA", "U1"] {
            assert_eq!(Country::parse(country), Err(InvalidApiKey::Country), "{country}");
        }
        assert_eq!(Country::parse("US").unwrap().to_string(), "US");
    }
}
