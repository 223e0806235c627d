//! Reading a row, attribute by attribute.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use phone::{Caller, PhoneNumber};

use crate::Item;
use crate::error::StoreError;

/// A row, or a map inside one, with its name for errors.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    name: &'static str,
    item: &'a Item,
}

impl<'a> Row<'a> {
    pub(crate) fn new(name: &'static str, item: &'a Item) -> Self {
        Self { name, item }
    }

    /// Whether this release is to understand the row. One that changes what a row means writes a
    /// `schema` into it.
    pub(crate) fn understood(&self) -> Result<(), StoreError> {
        match self.number("schema")? {
            None | Some(0 | 1) => Ok(()),
            Some(schema) => Err(StoreError::Newer { row: self.name, schema }),
        }
    }

    pub(crate) fn malformed(&self, attribute: &'static str) -> StoreError {
        StoreError::Malformed { row: self.name, attribute }
    }

    /// Reads an attribute in some way; what is there must be readable.
    pub(crate) fn read<T>(
        &self,
        attribute: &'static str,
        read: impl FnOnce(&'a AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.item.get(attribute) {
            None | Some(AttributeValue::Null(_)) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.malformed(attribute)),
        }
    }

    /// What must be there.
    pub(crate) fn required<T>(&self, attribute: &'static str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.malformed(attribute))
    }

    pub(crate) fn text(&self, attribute: &'static str) -> Result<Option<&'a str>, StoreError> {
        self.read(attribute, |value| value.as_s().ok().map(String::as_str))
    }

    /// A text that is read as something else.
    pub(crate) fn parsed<T>(
        &self,
        attribute: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        self.read(attribute, |value| parse(value.as_s().ok()?))
    }

    pub(crate) fn number<N: std::str::FromStr>(
        &self,
        attribute: &'static str,
    ) -> Result<Option<N>, StoreError> {
        self.read(attribute, |value| value.as_n().ok()?.parse().ok())
    }

    pub(crate) fn flag(&self, attribute: &'static str) -> Result<Option<bool>, StoreError> {
        self.read(attribute, |value| value.as_bool().ok().copied())
    }

    pub(crate) fn map(&self, attribute: &'static str) -> Result<Option<Row<'a>>, StoreError> {
        self.read(attribute, |value| Some(Row { name: self.name, item: value.as_m().ok()? }))
    }

    pub(crate) fn list(&self, attribute: &'static str) -> Result<&'a [AttributeValue], StoreError> {
        let list = self.read(attribute, |value| value.as_l().ok().map(Vec::as_slice))?;
        Ok(list.unwrap_or_default())
    }

    /// A set of texts.
    pub(crate) fn texts(&self, attribute: &'static str) -> Result<BTreeSet<String>, StoreError> {
        let texts = self.read(attribute, |value| Some(value.as_ss().ok()?.iter().cloned().collect()))?;
        Ok(texts.unwrap_or_default())
    }

    pub(crate) fn time(&self, attribute: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.parsed(attribute, |text| text.parse().ok())
    }

    pub(crate) fn phone_number(&self, attribute: &'static str) -> Result<Option<PhoneNumber>, StoreError> {
        self.parsed(attribute, |text| PhoneNumber::parse(text).ok())
    }

    pub(crate) fn caller(&self, attribute: &'static str) -> Result<Option<Caller>, StoreError> {
        Ok(self.text(attribute)?.map(Caller::parse))
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a AttributeValue)> + use<'a> {
        self.item.iter().map(|(name, value)| (name.as_str(), value))
    }
}
