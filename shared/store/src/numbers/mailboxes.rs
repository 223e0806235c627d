//! Mailboxes: who gets the mails of a number; and whose a number was at some time.
//!
//! A number leads to a mailbox. When it comes to lead to another one, or is removed, a row
//! `former#…` beside it says to which one it led until then: what was left before that is the
//! earlier owner's, however late it is found out. In the ledger a row is pinned to its mailbox as
//! soon as that is known.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Entry, Mailbox, MailboxId};
use jiff::Timestamp;
use phone::PhoneNumber;

use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::numbers::number::{key, settings_key};
use crate::numbers::settings_row::{self, SETTINGS};
use crate::row::Row;
use crate::voicemails::entry;
use crate::{Item, Store, Written};

/// What `item` begins with in a row that tells of an earlier owner; the time when that ended follows.
const FORMER: &str = "former#";

/// To which mailboxes a number led, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// The earlier ones, the earliest first.
    former: Vec<Owned>,
    /// The one of now, with no end.
    current: Option<Owned>,
}

/// For how long a number led to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    mailbox: MailboxId,
    /// Not known of a number that was added before this was written down.
    since: Option<Timestamp>,
    until: Timestamp,
}

/// What is known of a mailbox's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxName {
    /// No mailbox has it or ever had it.
    Free,
    /// There is a mailbox of this name.
    Taken,
    /// A mailbox had it that was removed. What the ledger has of that one still names it, so it is
    /// nobody else's.
    Removed,
}

impl Owners {
    /// The mailbox of what came to the number at some time; none if the number was nobody's then.
    pub fn at(&self, at: Timestamp) -> Option<&MailboxId> {
        let owned = self.former.iter().find(|owned| at < owned.until).or(self.current.as_ref())?;
        owned.since.is_none_or(|since| since <= at).then_some(&owned.mailbox)
    }

    /// The mailbox of what has certainly come to this number for somebody. Clocks differ: what came
    /// before the number was anybody's is its next owner's, what came after it the last one's.
    pub fn nearest(&self, number: &PhoneNumber, at: Timestamp) -> MailboxId {
        let later = self.former.iter().find(|owned| at < owned.until).or(self.current.as_ref());
        let owned = later.or(self.former.last());
        owned.map_or_else(|| MailboxId::of_number(number), |owned| owned.mailbox.clone())
    }

    /// The mailbox of somebody in the phone file by which the number went at some time, as [`Owners::nearest`] has
    /// it. None if no mailbox is named so.
    pub fn of_person(&self, number: &PhoneNumber, person: &str, at: Timestamp) -> Option<MailboxId> {
        MailboxId::of_person(number, self.place_of(&self.nearest(number, at)), person).ok()
    }

    /// How many owners the number had before the one of now.
    pub fn place(&self) -> usize {
        self.current.as_ref().map_or(0, |current| self.place_of(&current.mailbox))
    }

    /// Owners are told apart by their mailboxes: one to which the number leads again is the same one.
    fn place_of(&self, mailbox: &MailboxId) -> usize {
        let mut all: Vec<&MailboxId> = Vec::new();
        for Owned { mailbox, .. } in self.former.iter().chain(&self.current) {
            if !all.contains(&mailbox) {
                all.push(mailbox);
            }
        }
        all.iter().position(|it| *it == mailbox).unwrap_or(0)
    }
}

impl Store {
    /// A mailbox, not older than 30 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of this name.
    pub async fn mailbox(&self, id: &MailboxId, now: Timestamp) -> Result<Arc<Mailbox>, StoreError> {
        if let Some(known) = self.known_mailboxes.fresh(id, now) {
            return Ok(known);
        }
        let row = self.mailbox_row(id).await?.ok_or(StoreError::NotFound("mailbox"))?;
        Ok(self.known_mailboxes.keep(id.clone(), now, settings_row::read_mailbox(&row)?))
    }

    /// The mailbox of what came to a number at some time: the one that its row in the ledger is
    /// `pinned` to, else the one that the number led to then.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none.
    pub async fn mailbox_for(
        &self,
        pinned: Option<&MailboxId>,
        number: &PhoneNumber,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<Mailbox>, StoreError> {
        match pinned {
            Some(id) => self.mailbox(id, now).await,
            None => self.mailbox(&self.mailbox_at(number, at).await?, now).await,
        }
    }

    /// The name of the mailbox to which a number led at some time, as [`Owners::nearest`] has it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mailbox_at(&self, number: &PhoneNumber, at: Timestamp) -> Result<MailboxId, StoreError> {
        Ok(self.owners(number).await?.nearest(number, at))
    }

    /// Whose a number is and was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn owners(&self, number: &PhoneNumber) -> Result<Owners, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.tables.numbers)
            // Between the two there is little else: a number's hold.
            .key_condition_expression("#number = :number AND #item BETWEEN :former AND :settings")
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":number", number.into_attribute())
            .expression_attribute_values(":former", FORMER.into_attribute())
            .expression_attribute_values(":settings", SETTINGS.into_attribute())
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut owners = Owners::default();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::unavailable)?.items() {
                let row = Row::new("number", item);
                let name = row.required("item", row.text("item")?)?;
                if name == SETTINGS {
                    let settings = settings_row::read(item)?;
                    let (mailbox, since) = (settings.mailbox, settings.since);
                    owners.current = Some(Owned { mailbox, since, until: Timestamp::MAX });
                } else if let Some(until) = name.strip_prefix(FORMER) {
                    let mailbox = row.parsed("mailbox", |id| MailboxId::parse(id).ok())?;
                    owners.former.push(Owned {
                        mailbox: row.required("mailbox", mailbox)?,
                        since: row.time("since")?,
                        until: row.required("item", until.parse().ok())?,
                    });
                }
            }
        }
        Ok(owners)
    }

    /// When a number last ceased to lead to a mailbox; none if none ever did. Reads the whole table.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn led_until(&self, id: &MailboxId) -> Result<Option<Timestamp>, StoreError> {
        let filter = Filter::default()
            .and("begins_with(#item, :item) AND #mailbox = :mailbox")
            .value("item", FORMER.into_attribute())
            .value("mailbox", id.reveal().into_attribute());
        let mut last = None;
        for item in self.scan(&self.tables.numbers, filter).await? {
            let row = Row::new("number", &item);
            let until = row.text("item")?.and_then(|name| name.strip_prefix(FORMER)?.parse().ok());
            last = last.max(Some(row.required("item", until)?));
        }
        Ok(last)
    }

    /// Says on a row of the ledger to whom it goes, once and for all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn pin(&self, entry: impl Into<Entry<'_>>, mailbox: &MailboxId) -> Result<Written, StoreError> {
        let entry = entry.into();
        let change = Change::new()
            .set("mailbox", mailbox.reveal())
            .when(format!("attribute_exists(#{}) AND attribute_not_exists(#mailbox)", entry::mark(entry)));
        self.change_entry(entry, change).await
    }

    /// Whether a mailbox may get this name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mailbox_name(&self, id: &MailboxId) -> Result<MailboxName, StoreError> {
        if self.mailbox_row(id).await?.is_some() {
            return Ok(MailboxName::Taken);
        }
        let own = self.number_item(settings_row::mailbox_key(id)).await?;
        let was_removed = own.is_some_and(|row| settings_row::is_removed(&row));
        Ok(if was_removed { MailboxName::Removed } else { MailboxName::Free })
    }

    /// The row that a mailbox stands in: its own, or that of its number.
    pub(crate) async fn mailbox_row(&self, id: &MailboxId) -> Result<Option<Item>, StoreError> {
        if let Some(row) = self.own_row(id).await? {
            return Ok(Some(row));
        }
        let Some(number) = id.number() else { return Ok(None) };
        match self.number_item(settings_key(&number)).await? {
            None => Ok(None),
            Some(row) if settings_row::holds_mailbox(&row) => Ok(Some(row)),
            // It may have been written anew at this moment.
            Some(_) => self.own_row(id).await,
        }
    }

    async fn own_row(&self, id: &MailboxId) -> Result<Option<Item>, StoreError> {
        let row = self.number_item(settings_row::mailbox_key(id)).await?;
        Ok(row.filter(|row| !settings_row::is_removed(row)))
    }

    pub(crate) async fn number_item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.tables.numbers).set_key(Some(key));
        Ok(get.consistent_read(true).send().await.map_err(StoreError::unavailable)?.item)
    }
}

/// That a number led to a mailbox until some time.
pub(crate) fn former(
    number: &PhoneNumber,
    mailbox: &MailboxId,
    since: Option<Timestamp>,
    until: Timestamp,
) -> Item {
    let mut row = key(number, AttributeValue::S(format!("{FORMER}{until:.3}")));
    row.insert("mailbox".to_owned(), mailbox.reveal().into_attribute());
    if let Some(since) = since {
        row.insert("since".to_owned(), since.into_attribute());
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(mailbox: &str, since: Option<i64>, until: i64) -> Owned {
        let at = |second| Timestamp::from_second(second).unwrap();
        Owned {
            mailbox: MailboxId::parse(mailbox).unwrap(),
            since: since.map(at),
            until: if until == i64::MAX { Timestamp::MAX } else { at(until) },
        }
    }

    #[test]
    fn a_number_was_whose_it_was_at_that_time() {
        // Ann's since nobody knows when, nobody's from 100 to 200, Bob's to 300, and Cleo's.
        let owners = Owners {
            former: vec![owned("ann", None, 100), owned("bob", Some(200), 300)],
            current: Some(owned("cleo", Some(300), i64::MAX)),
        };
        let cases = [
            (0, Some("ann")),
            (99, Some("ann")),
            (100, None),
            (199, None),
            (200, Some("bob")),
            (299, Some("bob")),
            (300, Some("cleo")),
            (1_000, Some("cleo")),
        ];
        let number = PhoneNumber::parse("+14155550101").unwrap();
        for (second, whose) in cases {
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(owners.at(at).map(MailboxId::reveal), whose, "at {second}");
            assert_eq!(owners.nearest(&number, at).reveal(), whose.unwrap_or("bob"), "at {second}");
        }
        let people = [(0, ""), (150, "-2"), (200, "-2"), (300, "-3")];
        for (second, owner) in people {
            let at = Timestamp::from_second(second).unwrap();
            let id = owners.of_person(&number, "ana", at).unwrap();
            assert_eq!(id.reveal(), format!("+14155550101{owner}.ana"), "at {second}");
        }
        assert_eq!((owners.place(), Owners::default().place()), (2, 0));
        let again = Owners { current: Some(owned("ann", Some(300), i64::MAX)), ..owners.clone() };
        assert_eq!(again.place(), 0);
        let removed = Owners { current: None, ..owners };
        let late = Timestamp::from_second(300).unwrap();
        assert_eq!(removed.at(late), None);
        assert_eq!(removed.nearest(&number, late).reveal(), "bob");
        assert_eq!(Owners::default().at(late), None);
        assert_eq!(Owners::default().nearest(&number, late), MailboxId::of_number(&number));
    }
}
