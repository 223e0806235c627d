//! Phone files: every edit is a version of its own, and the settings name the one in force.
//!
//! What a version says is written first, under a number that nobody else has taken; settings, mailboxes and history
//! follow together. An edit that dies, or comes second, leaves rows of a version that nobody follows.

use std::sync::Arc;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{Mailbox, MailboxId, NumberSettings};
use jiff::Timestamp;
use phone::PhoneNumber;
use phonefile::{Compiled, PhoneFile, compile};

use crate::change::{IntoAttribute, MAX_ATTEMPTS};
use crate::error::StoreError;
use crate::numbers::file_row::{self, FileVersion, HISTORY, RULES};
use crate::numbers::settings::SeenSettings;
use crate::numbers::settings_row::{self, FILE};
use crate::numbers::together::absent;
use crate::row::Row;
use crate::{Item, Store, Written};

/// The longest part of a file's stored form, in bytes: DynamoDB takes 400 KB a row, with its key.
const LONGEST: usize = 400 * 1024 - 4096;

/// As many mailboxes are written together with settings and history: a transaction takes 100 rows.
const MOST_MAILBOXES: usize = 90;

/// A file that is to be in force from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// As its owner wrote it.
    pub text: &'a str,
    /// What it says, of the same number.
    pub file: &'a PhoneFile,
    /// Who writes it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What came of writing a file. Only the first changed what calls follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It is in force, as this version.
    Written(u32),
    /// Somebody else was faster: look again.
    Conflict,
    /// A person would get a mailbox that was removed, whose name is not given out again.
    MailboxRemoved(MailboxId),
    /// More mailboxes would change than are written together.
    TooManyMailboxes(usize),
    /// Its rules, or a list, have more bytes than a row takes.
    TooLong(usize),
}

impl Store {
    /// Puts a file in force, in place of the settings and the file that were `seen`, with the settings and the
    /// mailboxes that it says. The number goes on to lead to its mailbox; people of an earlier owner keep theirs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write_file(&self, seen: &SeenSettings, new: NewFile<'_>) -> Result<Filed, StoreError> {
        let number = &seen.settings.number;
        let settings = new.file.settings(seen.settings.mailbox.clone());
        let settings = settings.map_err(|why| StoreError::Unavailable(why.into()))?;
        let settings = NumberSettings { number: number.clone(), ..settings };
        let compiled = compile(new.file);
        let parts = compiled.lists.iter().map(|(_, entries)| entries).chain([&compiled.rules]);
        if let Some(longest) = parts.map(String::len).max().filter(|length| *length > LONGEST) {
            return Ok(Filed::TooLong(longest));
        }
        let mut mailboxes = Vec::new();
        let owner = self.owners(number).await?.place();
        for mailbox in new.file.other_mailboxes(owner) {
            match self.mailbox_of_person(&mailbox).await? {
                Some(MailboxWrite::Put(put)) => mailboxes.push(*put),
                Some(MailboxWrite::Removed) => return Ok(Filed::MailboxRemoved(mailbox.id)),
                None => {}
            }
        }
        if mailboxes.len() > MOST_MAILBOXES {
            return Ok(Filed::TooManyMailboxes(mailboxes.len()));
        }
        let version = self.write_rules(number, seen.file, &compiled).await?;
        let told = FileVersion { version, at: new.at, by: new.by.to_owned() };
        let mut row = settings_row::write_over(&seen.row, &settings.for_calls())?;
        row.insert(FILE.to_owned(), version.into_attribute());
        let own = settings.for_mailbox();
        mailboxes.push(self.put_mailbox(&seen.seat, &own)?);
        mailboxes.push(self.put(file_row::history(number, &told, new.text), absent())?);
        mailboxes.push(self.put_over(&seen.row, row)?);
        if self.write_together(mailboxes).await? != Written::Applied {
            return Ok(Filed::Conflict);
        }
        self.known_numbers.forget(number);
        self.known_mailboxes.forget(&own.id);
        self.tell_time_zone(&own).await?;
        Ok(Filed::Written(version))
    }

    /// The mailbox of somebody else than the owner; none where it is so already.
    async fn mailbox_of_person(&self, mailbox: &Mailbox) -> Result<Option<MailboxWrite>, StoreError> {
        let put = |put: TransactWriteItem| Some(MailboxWrite::Put(Box::new(put)));
        match self.number_item(settings_row::mailbox_key(&mailbox.id)).await? {
            None => Ok(put(self.put(settings_row::write_mailbox(mailbox)?, absent())?)),
            Some(row) if settings_row::is_removed(&row) => Ok(Some(MailboxWrite::Removed)),
            Some(row) if settings_row::read_mailbox(&row)? == *mailbox => Ok(None),
            Some(row) => {
                let mut new = row.clone();
                new.extend(settings_row::write_mailbox(mailbox)?);
                Ok(put(self.put_over(&row, new)?))
            }
        }
    }

    /// Writes what calls are to follow, under the next version that is free.
    async fn write_rules(
        &self,
        number: &PhoneNumber,
        in_force: Option<u32>,
        compiled: &Compiled,
    ) -> Result<u32, StoreError> {
        let last = self.last_rules(number).await?.max(in_force).unwrap_or(0);
        // Others may be writing theirs at this moment.
        for version in (last.saturating_add(1)..).take(MAX_ATTEMPTS as usize) {
            if !self.put_new_row(file_row::rules(number, version, &compiled.rules)).await? {
                continue;
            }
            for (name, entries) in &compiled.lists {
                let row = file_row::list(number, version, name, entries);
                let put = self.client.put_item().table_name(&self.tables.numbers).set_item(Some(row));
                put.send().await.map_err(StoreError::unavailable)?;
            }
            return Ok(version);
        }
        Err(StoreError::Conflict)
    }

    /// The last version of which rules were written, in force or not.
    async fn last_rules(&self, number: &PhoneNumber) -> Result<Option<u32>, StoreError> {
        let query = self.items_of(number, RULES).scan_index_forward(false).limit(1);
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        Ok(answer.items().first().and_then(file_row::version_of_rules))
    }

    /// Whether it is written: not if a row is there.
    async fn put_new_row(&self, row: Item) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.numbers)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(#number)")
            .expression_attribute_names("#number", "number");
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_there(&error) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// A version of a number's phone file. Read once, and then kept in memory.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such version.
    pub async fn phone_file(&self, number: &PhoneNumber, version: u32) -> Result<Arc<PhoneFile>, StoreError> {
        if let Some(known) = self.known_files.get(number, version) {
            return Ok(known);
        }
        let rows = self.rows_of(number, &file_row::rules_item(version)).await?;
        Ok(self.known_files.keep(number.clone(), version, file_row::read_rules(&rows)?))
    }

    /// The newest version that was ever read: better than none while DynamoDB can't be reached.
    pub fn phone_file_last_known(&self, number: &PhoneNumber) -> Option<Arc<PhoneFile>> {
        self.known_files.last(number)
    }

    /// Every version that was ever in force, the first one first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn file_history(&self, number: &PhoneNumber) -> Result<Vec<FileVersion>, StoreError> {
        self.rows_of(number, HISTORY).await?.iter().map(file_row::read_history).collect()
    }

    /// The text of a version, byte for byte as it was written.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such version.
    pub async fn file_text(&self, number: &PhoneNumber, version: u32) -> Result<String, StoreError> {
        let row = self.number_item(file_row::history_key(number, version)).await?;
        let row = row.ok_or(StoreError::NotFound("phone file"))?;
        let row = Row::new("phone file", &row);
        Ok(row.required("text", row.text("text")?)?.to_owned())
    }

    pub(crate) async fn rows_of(&self, number: &PhoneNumber, begin: &str) -> Result<Vec<Item>, StoreError> {
        let mut pages = self.items_of(number, begin).into_paginator().send();
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            rows.extend(page.map_err(StoreError::unavailable)?.items.unwrap_or_default());
        }
        Ok(rows)
    }

    fn items_of(
        &self,
        number: &PhoneNumber,
        begin: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.numbers)
            .key_condition_expression("#number = :number AND begins_with(#item, :begin)")
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":number", number.into_attribute())
            .expression_attribute_values(":begin", begin.into_attribute())
            .consistent_read(true)
    }
}

/// What is to be done for the mailbox of a person.
enum MailboxWrite {
    Put(Box<TransactWriteItem>),
    Removed,
}

fn is_there<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}
