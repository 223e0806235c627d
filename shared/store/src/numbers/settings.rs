//! Settings and mailboxes that several people may edit: what is replaced or removed is only what
//! was seen.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{CallSettings, Mailbox, MailboxId, NumberSettings};
use jiff::Timestamp;
use phone::PhoneNumber;

use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::numbers::mailboxes::former;
use crate::numbers::number::settings_key;
use crate::numbers::settings_row::{self, REMOVED_AT, SETTINGS};
use crate::numbers::together::{absent, unchanged};
use crate::unreadable::Rows;
use crate::{Item, Store, Written};

/// Settings as they stood in the table when they were read, so that they are replaced only if
/// nobody else has changed them since.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenSettings {
    /// What they were.
    pub settings: NumberSettings,
    /// The version of its phone file that was in force.
    pub file: Option<u32>,
    pub(crate) row: Item,
    pub(crate) seat: Seat,
}

/// A mailbox as it stood in the table when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenMailbox {
    /// What it was.
    pub mailbox: Mailbox,
    pub(crate) seat: Seat,
}

/// Where a mailbox stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seat {
    /// In a row of its own.
    Own(Item),
    /// In that of its number, as before there were mailboxes.
    InNumber(Item),
}

impl Store {
    /// The settings of every number, in the order of the numbers. Reads the whole table. What can't
    /// be read of numbers and mailboxes is left aside, and so are numbers without a mailbox.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn numbers(&self) -> Result<Rows<NumberSettings>, StoreError> {
        let (numbers, mailboxes) = self.settings_rows().await?;
        let join = |row: &Item| {
            let settings = settings_row::read(row)?;
            if settings_row::holds_mailbox(row) {
                return Ok(settings.with(settings_row::read_mailbox(row)?));
            }
            let mailbox = mailboxes.rows.iter().find(|mailbox| mailbox.id == settings.mailbox);
            Ok(settings.with(mailbox.ok_or(StoreError::NotFound("mailbox"))?.clone()))
        };
        let mut numbers = Rows::read(&numbers, join);
        numbers.rows.sort_by(|a, b| a.number.cmp(&b.number));
        numbers.unreadable.extend(mailboxes.unreadable);
        Ok(numbers)
    }

    /// Every mailbox, in the order of their names, with the numbers that lead to it. Reads the
    /// whole table. What can't be read of mailboxes and numbers is left aside.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mailboxes(&self) -> Result<Rows<(Mailbox, Vec<PhoneNumber>)>, StoreError> {
        let (numbers, mailboxes) = self.settings_rows().await?;
        let mut numbers = Rows::read(&numbers, settings_row::read);
        numbers.rows.sort_by(|a, b| a.number.cmp(&b.number));
        let leading_to = |id: &MailboxId| {
            let leading = numbers.rows.iter().filter(|number| number.mailbox == *id);
            leading.map(|it| it.number.clone()).collect()
        };
        let mut rows: Vec<_> = mailboxes
            .rows
            .into_iter()
            .map(|mailbox| {
                let numbers = leading_to(&mailbox.id);
                (mailbox, numbers)
            })
            .collect();
        rows.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let mut unreadable = numbers.unreadable;
        unreadable.extend(mailboxes.unreadable);
        Ok(Rows { rows, unreadable })
    }

    /// The rows of the numbers, and the mailboxes, wherever they stand. A mailbox inside a number's
    /// row that can't be read is that number's trouble.
    async fn settings_rows(&self) -> Result<(Vec<Item>, Rows<Mailbox>), StoreError> {
        let removed = format!("attribute_not_exists(#{REMOVED_AT})");
        let filter = Filter::default().and("#item = :item").value("item", SETTINGS.into_attribute());
        let filter = filter.and(&removed).named(REMOVED_AT);
        let rows = self.scan(&self.tables.numbers, filter).await?;
        let (mailboxes, numbers): (Vec<Item>, Vec<Item>) =
            rows.into_iter().partition(settings_row::is_mailbox);
        let mut mailboxes = Rows::read(&mailboxes, settings_row::read_mailbox);
        let inside = numbers.iter().filter(|row| settings_row::holds_mailbox(row));
        mailboxes.rows.extend(inside.filter_map(|row| settings_row::read_mailbox(row).ok()));
        Ok((numbers, mailboxes))
    }

    /// A number's settings as they are at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nobody owns the number, or its mailbox is gone.
    pub async fn settings(&self, number: &PhoneNumber) -> Result<SeenSettings, StoreError> {
        let row = self.number_item(settings_key(number)).await?.ok_or(StoreError::NotFound("number"))?;
        let settings = settings_row::read(&row)?;
        let SeenMailbox { mailbox, seat } = self.seen_mailbox(&settings.mailbox).await?;
        Ok(SeenSettings { file: settings.file, settings: settings.with(mailbox), row, seat })
    }

    /// A mailbox as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of this name.
    pub async fn seen_mailbox(&self, id: &MailboxId) -> Result<SeenMailbox, StoreError> {
        let row = self.mailbox_row(id).await?.ok_or(StoreError::NotFound("mailbox"))?;
        let mailbox = settings_row::read_mailbox(&row)?;
        let seat = if settings_row::is_mailbox(&row) { Seat::Own(row) } else { Seat::InNumber(row) };
        Ok(SeenMailbox { mailbox, seat })
    }

    /// Which of these are masked numbers: a call must not go from one to another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn masked_numbers_among(
        &self,
        numbers: &[PhoneNumber],
    ) -> Result<Vec<PhoneNumber>, StoreError> {
        let masked = self.masked_among(numbers).await?;
        Ok(numbers.iter().filter(|number| masked.contains(number)).cloned().collect())
    }

    /// Writes the settings of a number that is new, with a mailbox that is: [`Written::Conflict`] if
    /// one of them is there already, or the mailbox was removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_settings(
        &self,
        settings: &NumberSettings,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let mailbox = self.put(settings_row::write_mailbox(&settings.for_mailbox())?, absent())?;
        self.write_together(vec![self.put_new(settings, at)?, mailbox]).await
    }

    /// Writes the settings of a number that is new and leads to a mailbox that is there:
    /// [`Written::Conflict`] if the number is there already, or the mailbox has changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_settings_to(
        &self,
        mailbox: &SeenMailbox,
        settings: &NumberSettings,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let settings = settings.for_calls().with(mailbox.mailbox.clone());
        let mut writes = vec![self.put_new(&settings, at)?];
        writes.extend(self.join(mailbox)?);
        self.write_together(writes).await
    }

    /// Replaces settings, those of the mailbox included: [`Written::Conflict`] if somebody else has
    /// changed them since they were `seen`. The number goes on to lead to its mailbox.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_settings(
        &self,
        seen: &SeenSettings,
        settings: &NumberSettings,
    ) -> Result<Written, StoreError> {
        let settings = NumberSettings { mailbox: seen.settings.mailbox.clone(), ..settings.clone() };
        let number = settings_row::write_over(&seen.row, &settings.for_calls())?;
        let mailbox = settings.for_mailbox();
        let writes = vec![self.put_over(&seen.row, number)?, self.put_mailbox(&seen.seat, &mailbox)?];
        let written = self.write_together(writes).await?;
        if written == Written::Applied {
            self.tell_time_zone(&mailbox).await?;
        }
        Ok(written)
    }

    /// Makes a number lead to another mailbox from now on, with these settings of its own. What came
    /// before stays the earlier mailbox's. [`Written::Conflict`] if somebody has changed either.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_number(
        &self,
        seen: &SeenSettings,
        settings: &NumberSettings,
        to: &SeenMailbox,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let settings = settings.for_calls().with(to.mailbox.clone());
        let mut row = settings_row::write_over(&seen.row, &settings.for_calls())?;
        row.insert("since".to_owned(), at.into_attribute());
        let mut writes = vec![self.put_over(&seen.row, row)?];
        writes.extend(self.leave(seen, at)?);
        writes.extend(self.join(to)?);
        self.write_together(writes).await
    }

    /// Removes a number: [`Written::Conflict`] if somebody has changed it since it was `seen`. Its
    /// calls, voicemails and usage stay, and its mailbox.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_settings(&self, seen: &SeenSettings, at: Timestamp) -> Result<Written, StoreError> {
        let mut writes = vec![self.delete(settings_key(&seen.settings.number), unchanged(&seen.row))?];
        writes.extend(self.leave(seen, at)?);
        self.write_together(writes).await
    }

    /// Writes a mailbox that is new: [`Written::Conflict`] if there is or was one of this name, see
    /// [`Store::mailbox_name`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_mailbox(&self, mailbox: &Mailbox) -> Result<Written, StoreError> {
        // It may stand in its number's row.
        if self.mailbox_row(&mailbox.id).await?.is_some() {
            return Ok(Written::Conflict);
        }
        self.write_together(vec![self.put(settings_row::write_mailbox(mailbox)?, absent())?]).await
    }

    /// Replaces a mailbox: [`Written::Conflict`] if somebody else has changed it since it was `seen`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_mailbox(
        &self,
        seen: &SeenMailbox,
        mailbox: &Mailbox,
    ) -> Result<Written, StoreError> {
        let mailbox = Mailbox { id: seen.mailbox.id.clone(), ..mailbox.clone() };
        let mut writes = vec![self.put_mailbox(&seen.seat, &mailbox)?];
        writes.extend(self.move_out(&seen.seat)?);
        let written = self.write_together(writes).await?;
        if written == Written::Applied {
            self.tell_time_zone(&mailbox).await?;
        }
        Ok(written)
    }

    /// Removes a mailbox to which no number leads: [`Written::Conflict`] if somebody has changed it,
    /// or made a number lead to it, since it was `seen`. Its name is not given out again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_mailbox(&self, seen: &SeenMailbox, at: Timestamp) -> Result<Written, StoreError> {
        match &seen.seat {
            Seat::Own(row) => {
                let removed = settings_row::removed_mailbox(&seen.mailbox.id, at);
                self.write_together(vec![self.put(removed, unchanged(row))?]).await
            }
            Seat::InNumber(_) => Ok(Written::Conflict),
        }
    }

    /// Tells the numbers that lead to a mailbox where its owner lives: calls don't read the mailbox.
    /// Every edit does, for one before it may have died in between. Whether one had to be told.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tell_time_zone(&self, mailbox: &Mailbox) -> Result<bool, StoreError> {
        let (numbers, _) = self.settings_rows().await?;
        let mut told = false;
        for row in numbers {
            // What can't be read is told of elsewhere.
            let Ok(settings) = settings_row::read(&row) else { continue };
            if settings.mailbox != mailbox.id || settings.time_zone == mailbox.owner.time_zone {
                continue;
            }
            let settings = CallSettings { time_zone: mailbox.owner.time_zone.clone(), ..settings };
            // Whoever changes it at this moment has read the mailbox.
            let put = self.put_over(&row, settings_row::write_over(&row, &settings)?)?;
            told |= self.write_together(vec![put]).await? == Written::Applied;
        }
        Ok(told)
    }

    fn put_new(&self, settings: &NumberSettings, at: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let mut row = settings_row::write(&settings.for_calls())?;
        row.insert("since".to_owned(), at.into_attribute());
        self.put(row, absent())
    }

    /// A mailbox in place of the one that was seen, in a row of its own in any case.
    pub(crate) fn put_mailbox(
        &self,
        seen: &Seat,
        mailbox: &Mailbox,
    ) -> Result<TransactWriteItem, StoreError> {
        let new = settings_row::write_mailbox(mailbox)?;
        match seen {
            Seat::Own(row) => {
                let mut kept = row.clone();
                kept.extend(new);
                self.put_over(row, kept)
            }
            Seat::InNumber(_) => self.put(new, absent()),
        }
    }

    /// The number whose row holds a mailbox is written anew, without it.
    fn move_out(&self, seat: &Seat) -> Result<Option<TransactWriteItem>, StoreError> {
        let Seat::InNumber(row) = seat else { return Ok(None) };
        let number = settings_row::write_over(row, &settings_row::read(row)?)?;
        self.put_over(row, number).map(Some)
    }

    /// A number comes to lead to a mailbox. The mailbox is written anew, so that whoever removes or
    /// edits it at this moment learns of it.
    fn join(&self, mailbox: &SeenMailbox) -> Result<Vec<TransactWriteItem>, StoreError> {
        let joined = self.put_mailbox(&mailbox.seat, &mailbox.mailbox)?;
        Ok([Some(joined), self.move_out(&mailbox.seat)?].into_iter().flatten().collect())
    }

    /// A number leads to its mailbox no more.
    fn leave(&self, seen: &SeenSettings, at: Timestamp) -> Result<Vec<TransactWriteItem>, StoreError> {
        let SeenSettings { settings, row, seat, .. } = seen;
        let since = settings_row::read(row)?.since;
        let mut writes =
            vec![self.put(former(&settings.number, &settings.mailbox, since, at), Filter::default())?];
        if matches!(seat, Seat::InNumber(_)) {
            writes.push(self.put_mailbox(seat, &settings.for_mailbox())?);
        }
        Ok(writes)
    }
}
