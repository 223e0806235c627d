//! Writing the link secret: what an operator does, and a function never.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{BadKey, KeyText, Keys, LinkKey};

/// For how long functions that run may sign with a key that is replaced: they read the secret when
/// they start, and Lambda lets none live for a day.
const STILL_SIGNS: SignedDuration = SignedDuration::from_hours(24);

/// The link secret, to be changed and written back. What is in it is never shown.
pub struct LinkSecretDocument(Keys);

/// What a rotation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the key that signs from now on.
    pub id: u8,
    /// How many earlier keys still open their links.
    pub kept: usize,
    /// How many are gone, whose links have all expired.
    pub dropped: usize,
}

impl LinkSecretDocument {
    /// Reads the secret as [`LinkKey::new`] does.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn parse(text: &SecretString) -> Result<Self, BadKey> {
        LinkKey::new(text.clone())?;
        Keys::parse(text).map(Self)
    }

    /// The secret as it is stored.
    pub fn to_json(&self) -> SecretString {
        // Texts in a list of structures: there is nothing that JSON can't hold.
        serde_json::to_string(&self.0).unwrap_or_default().into()
    }

    /// Has links signed with another secret, and drops the keys whose last link has expired. Links
    /// live for so long.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn rotate(
        &mut self,
        secret: &SecretString,
        links_live: SignedDuration,
        now: Timestamp,
    ) -> Result<Rotated, BadKey> {
        if secret.expose_secret().len() < LinkKey::LEAST {
            return Err(BadKey::Weak);
        }
        let mut keys = self.0.keys.clone();
        let before = keys.len();
        keys.retain(|key| {
            let replaced_at = key.replaced_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
            replaced_at.is_none_or(|at| now.duration_since(at) < links_live.saturating_add(STILL_SIGNS))
        });
        let kept = keys.len();
        for key in &mut keys {
            key.replaced_at.get_or_insert_with(|| now.to_string());
        }
        let greatest = keys.iter().filter_map(|key| key.id).max().unwrap_or(0);
        let is_free = |id: &u8| keys.iter().all(|key| key.id != Some(*id));
        let id = (greatest..=u8::MAX).skip(1).chain(1..=greatest).find(is_free).ok_or(BadKey::SameId)?;
        let secret = secret.expose_secret().to_owned();
        keys.insert(0, KeyText { id: Some(id), secret, replaced_at: None });
        self.0.keys = keys;
        Ok(Rotated { id, kept, dropped: before - kept })
    }
}

impl fmt::Debug for LinkSecretDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys.iter().map(|key| key.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use phone::RecordingSid;

    use super::*;

    const DAYS_30: SignedDuration = SignedDuration::from_hours(30 * 24);

    fn day(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
    }

    fn secret(letter: char) -> SecretString {
        letter.to_string().repeat(32).into()
    }

    fn key(document: &LinkSecretDocument) -> LinkKey {
        LinkKey::new(document.to_json()).unwrap()
    }

    #[test]
    fn a_rotation_closes_no_link_before_it_expires() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        let mut document = LinkSecretDocument::parse(&secret('a')).unwrap();
        // A function that runs signs with the old one, some hours longer.
        let mut links = vec![(key(&document).token(&recording, 0, day(31)), day(31))];
        for (on, letter, expected) in [
            (1, 'b', Rotated { id: 1, kept: 1, dropped: 0 }),
            (20, 'c', Rotated { id: 2, kept: 2, dropped: 0 }),
            (31, 'd', Rotated { id: 3, kept: 3, dropped: 0 }),
            (32, 'e', Rotated { id: 4, kept: 3, dropped: 1 }),
            (200, 'f', Rotated { id: 5, kept: 1, dropped: 3 }),
        ] {
            assert_eq!(document.rotate(&secret(letter), DAYS_30, day(on)), Ok(expected));
            let key = key(&document);
            links.push((key.token(&recording, 0, day(on + 30)), day(on + 30)));
            for (link, expires_at) in &links {
                assert!(day(on) >= *expires_at || key.open(link, day(on)).is_ok(), "day {on}");
            }
        }
    }

    #[test]
    fn a_key_has_an_id_that_no_other_has() {
        let known = r#"{"keys":[{"id":255,"secret":"KEY"},{"id":1,"secret":"KEY"},{"secret":"KEY"}]}"#;
        let known = known.replace("KEY", &"k".repeat(32));
        let mut document = LinkSecretDocument::parse(&known.into()).unwrap();
        for id in [2, 3] {
            assert_eq!(document.rotate(&secret('n'), DAYS_30, day(0)).unwrap().id, id);
        }
        let all: Vec<String> =
            (1..=255).map(|id| format!(r#"{{"id":{id},"secret":"{}"}}"#, "k".repeat(32))).collect();
        let all = format!(r#"{{"keys":[{}]}}"#, all.join(","));
        let mut document = LinkSecretDocument::parse(&all.into()).unwrap();
        assert_eq!(document.rotate(&secret('n'), DAYS_30, day(0)), Err(BadKey::SameId));
        assert_eq!(document.rotate(&"short".into(), DAYS_30, day(0)), Err(BadKey::Weak));
    }

    #[test]
    fn a_log_shows_which_keys_there_are_and_none_of_them() {
        let mut document = LinkSecretDocument::parse(&secret('k')).unwrap();
        document.rotate(&secret('n'), DAYS_30, day(0)).unwrap();
        assert_eq!(format!("{document:?}"), "[Some(1), None]");
    }
}
