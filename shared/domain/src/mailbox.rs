//! Whose voicemails are whose.

use std::fmt;

use phone::PhoneNumber;

use crate::invalid::InvalidSetting;
use crate::owner::Owner;
use crate::retention::Retention;

/// Where the voicemails of one masked number, or of several, go: to a person.
///
/// A voicemail stays its mailbox's, whoever has the number later.
#[derive(Clone, Debug, PartialEq)]
pub struct Mailbox {
    /// Its name.
    pub id: MailboxId,
    /// Who gets the mails.
    pub owner: Owner,
    /// How long things are kept.
    pub retention: Retention,
}

/// The name of a mailbox: 1 to 64 of `a` to `z`, digits, `.`, `_` and `-`; or that of a number for
/// which it was made, `+14155550101`, with `-2` behind it where an earlier owner's has that name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxId(Box<str>);

impl MailboxId {
    /// # Errors
    /// [`InvalidSetting::MailboxId`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let name = text.strip_prefix('+').unwrap_or(text);
        let is_name = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if is_name { Ok(Self(text.into())) } else { Err(InvalidSetting::MailboxId) }
    }

    /// The name of the first mailbox that is made for a number.
    pub fn of_number(number: &PhoneNumber) -> Self {
        Self(number.reveal().into())
    }

    /// The mailbox of somebody in a number's phone file who is not the number's own: `+14155550101.ana`. Those of
    /// the number's later owners, from 1 on, are named otherwise: `+14155550101-2.ana`.
    ///
    /// # Errors
    /// [`InvalidSetting::MailboxId`] if that is too long.
    pub fn of_person(number: &PhoneNumber, owner: usize, person: &str) -> Result<Self, InvalidSetting> {
        let number = number.reveal();
        match owner {
            0 => Self::parse(&format!("{number}.{person}")),
            owner => Self::parse(&format!("{number}-{}.{person}", owner.saturating_add(1))),
        }
    }

    /// The name of one more for the same number: `+14155550101-2`, then `-3`.
    #[must_use]
    pub fn next(&self) -> Self {
        let (name, count) = match self.0.rsplit_once('-').map(|(name, count)| (name, count.parse::<u32>())) {
            Some((name, Ok(count))) => (name, count),
            _ => (&*self.0, 1),
        };
        Self(format!("{name}-{}", count.saturating_add(1)).into())
    }

    /// The number whose first mailbox has this name.
    pub fn number(&self) -> Option<PhoneNumber> {
        PhoneNumber::parse(&self.0).ok()
    }

    /// The whole name. For storage and the operator; never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// `+1415****101-2`, `kim`: a number in it stays hidden.
impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, rest) = self.0.split_once('-').unwrap_or((&self.0, ""));
        match PhoneNumber::parse(number) {
            Ok(number) if rest.is_empty() => write!(f, "{number}"),
            Ok(number) => write!(f, "{number}-{rest}"),
            Err(_) if self.0.starts_with('+') => write!(f, "+****"),
            Err(_) => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MailboxId {
        MailboxId::parse(text).unwrap()
    }

    #[test]
    fn a_mailbox_is_named_plainly_or_like_its_number() {
        for name in ["kim", "sales.emea", "a_b-2", "+14155550101", "+14155550101-2", "7", &"x".repeat(64)] {
            assert_eq!(id(name).reveal(), name);
        }
        for name in ["", "+", "Kim", "kim lee", "kim@example.com", "a#b", "ä", &"x".repeat(65)] {
            assert_eq!(MailboxId::parse(name), Err(InvalidSetting::MailboxId), "{name}");
        }
    }

    #[test]
    fn a_numbers_next_mailbox_is_counted_on() {
        let number = PhoneNumber::parse("+14155550101").unwrap();
        let first = MailboxId::of_number(&number);
        assert_eq!(first.number(), Some(number));
        assert_eq!((first.next(), first.next().next()), (id("+14155550101-2"), id("+14155550101-3")));
        assert_eq!(first.next().number(), None);
    }

    #[test]
    fn each_owners_people_have_mailboxes_of_their_own() {
        let number = PhoneNumber::parse("+14155550101").unwrap();
        let names = [0, 1, 2].map(|owner| MailboxId::of_person(&number, owner, "ana").unwrap());
        assert_eq!(names, ["+14155550101.ana", "+14155550101-2.ana", "+14155550101-3.ana"].map(id));
        assert!(MailboxId::of_person(&number, 0, &"a".repeat(60)).is_err());
    }

    #[test]
    fn a_log_shows_no_number_in_a_mailboxs_name() {
        for (name, shown) in [
            ("kim", "kim"),
            ("+14155550101", "+1415****101"),
            ("+14155550101-2", "+1415****101-2"),
            ("+1", "+****"),
        ] {
            assert_eq!(id(name).to_string(), shown);
            assert_eq!(format!("{:?}", id(name)), format!("MailboxId({shown})"));
        }
    }
}
