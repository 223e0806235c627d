//! A program's key, as it stands in its row.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ApiKey, ApiKeyId, ApiKeyName, CallbackUrl, Country, FormerSecret, KeyNumbers, Scope, SecretHash,
};
use phone::PhoneNumber;

use crate::Item;
use crate::access::key;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::row::Row;

/// The partition of all keys: there are few, and they are read together.
pub(super) const KEYS: &str = "keys";

/// What the items of keys begin with; behind it comes the key's id.
pub(super) const PREFIX: &str = "key#";

pub(super) fn key_of(id: &ApiKeyId) -> Item {
    key(KEYS, &format!("{PREFIX}{id}"))
}

/// The row that keeps a name from being taken twice.
pub(super) fn key_of_name(name: &ApiKeyName) -> Item {
    key(KEYS, &format!("name#{name}"))
}

pub(super) fn hash(hash: &SecretHash) -> AttributeValue {
    AttributeValue::B(Blob::new(hash.0))
}

fn texts(texts: impl Iterator<Item = String>) -> Option<AttributeValue> {
    let texts: Vec<String> = texts.collect();
    // A set can't be empty.
    (!texts.is_empty()).then_some(AttributeValue::Ss(texts))
}

pub(super) fn write(api_key: &ApiKey) -> Item {
    let always = [
        ("name", api_key.name.as_str().into_attribute()),
        ("calls_per_minute", api_key.calls_per_minute.into_attribute()),
        ("minutes_per_day", api_key.minutes_per_day.into_attribute()),
        ("created_by", api_key.created_by.as_str().into_attribute()),
        ("created_at", api_key.created_at.into_attribute()),
        ("secret_hash", hash(&api_key.secret)),
    ];
    let former = api_key.former.as_ref();
    let sometimes = [
        ("scopes", texts(api_key.scopes.iter().map(|scope| scope.name().to_owned()))),
        (
            "numbers",
            match &api_key.numbers {
                KeyNumbers::All => Some("all".into_attribute()),
                KeyNumbers::Only(numbers) => texts(numbers.iter().map(|number| number.reveal().to_owned())),
            },
        ),
        (
            "countries",
            match &api_key.countries {
                Some(countries) => texts(countries.iter().map(Country::to_string)),
                None => Some("of-numbers".into_attribute()),
            },
        ),
        ("callback", api_key.callback.as_ref().map(|callback| callback.reveal().into_attribute())),
        ("former_hash", former.map(|former| hash(&former.secret))),
        ("former_until", former.map(|former| former.until.into_attribute())),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let attributes = always.into_iter().chain(sometimes).map(|(name, value)| (name.to_owned(), value));
    key_of(&api_key.id).into_iter().chain(attributes).collect()
}

pub(super) fn read(item: &Item) -> Result<ApiKey, StoreError> {
    let row = Row::new("API key", item);
    row.understood()?;
    let id = row.parsed("item", |text| ApiKeyId::parse(text.strip_prefix(PREFIX)?).ok())?;
    let name = row.parsed("name", |text| ApiKeyName::parse(text).ok())?;
    let secret = hash_in(row, "secret_hash")?;
    let former = match (hash_in(row, "former_hash")?, row.time("former_until")?) {
        (Some(secret), Some(until)) => Some(FormerSecret { secret, until }),
        _ => None,
    };
    Ok(ApiKey {
        id: row.required("item", id)?,
        name: row.required("name", name)?,
        scopes: set_in(row, "scopes", Scope::named)?,
        numbers: match item.get("numbers") {
            Some(AttributeValue::S(_)) => {
                let all = row.parsed("numbers", |text| (text == "all").then_some(KeyNumbers::All))?;
                row.required("numbers", all)?
            }
            // A key that is for no number is for none, and not for all.
            _ => KeyNumbers::Only(set_in(row, "numbers", |text| PhoneNumber::parse(text).ok())?),
        },
        countries: match item.get("countries") {
            Some(AttributeValue::S(_)) => {
                let unsaid = row.parsed("countries", |text| (text == "of-numbers").then_some(()))?;
                row.required("countries", unsaid)?;
                None
            }
            _ => Some(set_in(row, "countries", |text| Country::parse(text).ok())?),
        },
        calls_per_minute: row.required("calls_per_minute", row.number("calls_per_minute")?)?,
        minutes_per_day: row.required("minutes_per_day", row.number("minutes_per_day")?)?,
        callback: row.parsed("callback", |text| CallbackUrl::parse(text).ok())?,
        created_by: row.required("created_by", row.text("created_by")?)?.to_owned(),
        created_at: row.required("created_at", row.time("created_at")?)?,
        secret: row.required("secret_hash", secret)?,
        former,
    })
}

fn hash_in(row: Row<'_>, attribute: &'static str) -> Result<Option<SecretHash>, StoreError> {
    row.read(attribute, |value| Some(SecretHash(value.as_b().ok()?.as_ref().try_into().ok()?)))
}

fn set_in<T: Ord>(
    row: Row<'_>,
    attribute: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<BTreeSet<T>, StoreError> {
    let texts = row.texts(attribute)?;
    let read: Option<BTreeSet<T>> = texts.iter().map(|text| parse(text)).collect();
    read.ok_or_else(|| row.malformed(attribute))
}
