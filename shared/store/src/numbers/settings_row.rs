//! A number's settings as a row, and a mailbox as another.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    CallSettings, EmailAddress, Forwarding, Mailbox, MailboxId, Owner, Plan, Prompt, Retention, Section,
    SettingValue as _, Speech, VoicemailSettings,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use phone::PhoneNumber;
use serde_json::{Map, Value};

use crate::Item;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::row::Row;

/// The value of `item` in the row that holds the settings.
pub(crate) const SETTINGS: &str = "settings";

/// A mailbox's row stands among the numbers under this and its name.
const MAILBOX: &str = "mailbox#";

/// The attribute that makes of a mailbox's row what is left of it.
pub(crate) const REMOVED_AT: &str = "removed_at";

/// The attribute that says which version of its phone file a number follows.
pub(crate) const FILE: &str = "file";

/// The row of a number, without [`since`](CallSettings::since) and [`file`](CallSettings::file).
pub(crate) fn write(settings: &CallSettings) -> Result<Item, StoreError> {
    let CallSettings { number, mailbox, time_zone, speech, forwarding, voicemail, plan, .. } = settings;
    let (mut speech, mut limits) = (written(speech)?, written(plan)?);
    speech.entry("prompts".to_owned()).or_insert_with(|| AttributeValue::M(Item::new()));
    if plan.calls_per_month.is_none() {
        limits.remove("calls_per_month");
    }
    // The mailbox's, for calls: they don't read the mailbox.
    limits.extend(time_zone.written().map(|name| ("time_zone".to_owned(), name.into_attribute())));
    Ok(attributes([
        ("number", number.into_attribute()),
        ("item", SETTINGS.into_attribute()),
        ("mailbox", mailbox.reveal().into_attribute()),
        (Speech::NAME, AttributeValue::M(speech)),
        (Forwarding::NAME, AttributeValue::M(written(forwarding)?)),
        (VoicemailSettings::NAME, AttributeValue::M(written(voicemail)?)),
        (Plan::NAME, AttributeValue::M(limits)),
    ]))
}

/// The row of a number in place of the one that was `seen`: what this version does not know stays.
pub(crate) fn write_over(seen: &Item, settings: &CallSettings) -> Result<Item, StoreError> {
    let mut row = seen.clone();
    // A row of the time before there were mailboxes has the mailbox inside.
    row.remove("owner");
    row.remove("retention");
    row.extend(write(settings)?);
    Ok(row)
}

/// What a row leaves out is as it is for a new number, so that settings which come later can be
/// read from rows that were written before.
pub(crate) fn read(item: &Item) -> Result<CallSettings, StoreError> {
    let row = Row::new("number", item);
    let number = row.required("number", row.phone_number("number")?)?;
    let plan = row.map("plan")?;
    let (mailbox, time_zone) = if let Some(mailbox) = row.parsed("mailbox", |id| MailboxId::parse(id).ok())? {
        (mailbox, plan.map_or(Ok(TimeZone::UTC), read_time_zone)?)
    } else {
        let owner = row.required("owner", row.map("owner")?)?;
        (MailboxId::of_number(&number), read_time_zone(owner)?)
    };
    Ok(CallSettings {
        number,
        mailbox,
        since: row.time("since")?,
        file: row.number(FILE)?,
        time_zone,
        speech: read_section(row.map("speech")?, Speech::default())?,
        forwarding: read_section(row.map("forwarding")?, Forwarding::default())?,
        voicemail: read_section(row.map("voicemail")?, VoicemailSettings::default())?,
        plan: read_section(plan, Plan::default())?,
        blocked: row.texts("blocked")?.iter().filter_map(|text| PhoneNumber::parse(text).ok()).collect(),
    })
}

pub(crate) fn mailbox_key(id: &MailboxId) -> Item {
    attributes([
        ("number", format!("{MAILBOX}{}", id.reveal()).into_attribute()),
        ("item", SETTINGS.into_attribute()),
    ])
}

pub(crate) fn is_mailbox(item: &Item) -> bool {
    item.get("number").and_then(|key| key.as_s().ok()).is_some_and(|key| key.starts_with(MAILBOX))
}

/// What is left of a mailbox that was removed: its name, so that it is not given out again. Rows of the
/// ledger go on to name it, and what they say is nobody else's.
pub(crate) fn removed_mailbox(id: &MailboxId, at: Timestamp) -> Item {
    let mut row = mailbox_key(id);
    row.insert(REMOVED_AT.to_owned(), at.into_attribute());
    row
}

pub(crate) fn is_removed(item: &Item) -> bool {
    item.contains_key(REMOVED_AT)
}

/// Whether a number's row has its mailbox inside, as rows did before there were mailboxes.
pub(crate) fn holds_mailbox(item: &Item) -> bool {
    !item.contains_key("mailbox") && item.contains_key("owner")
}

pub(crate) fn write_mailbox(mailbox: &Mailbox) -> Result<Item, StoreError> {
    let Mailbox { id, owner, retention } = mailbox;
    let mut row = mailbox_key(id);
    row.extend(attributes([
        (Owner::NAME, AttributeValue::M(written(owner)?)),
        (Retention::NAME, AttributeValue::M(written(retention)?)),
    ]));
    Ok(row)
}

/// Reads a mailbox from its own row, or from that of its number.
pub(crate) fn read_mailbox(item: &Item) -> Result<Mailbox, StoreError> {
    let row = Row::new("mailbox", item);
    let id = row.parsed("number", |key| MailboxId::parse(key.strip_prefix(MAILBOX).unwrap_or(key)).ok())?;
    let owner = row.required("owner", row.map("owner")?)?;
    let email = owner.parsed("email", |text| EmailAddress::parse(text).ok())?;
    Ok(Mailbox {
        id: row.required("number", id)?,
        owner: read_section(Some(owner), Owner::at(row.required("email", email)?))?,
        retention: read_section(row.map("retention")?, Retention::default())?,
    })
}

fn read_time_zone(row: Row<'_>) -> Result<TimeZone, StoreError> {
    Ok(row.parsed("time_zone", |name| TimeZone::get(name).ok())?.unwrap_or(TimeZone::UTC))
}

/// The attributes of a section: its form.
fn written(section: &impl Section) -> Result<Item, StoreError> {
    let form =
        serde_json::to_value(section.written()).map_err(|error| StoreError::Unavailable(error.into()))?;
    Ok(form.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect())
}

/// Reads a section setting by setting. What the row leaves out stays, and what only a later version knows
/// says nothing to this one.
fn read_section<P: Section>(row: Option<Row<'_>>, mut section: P) -> Result<P, StoreError> {
    let Some(row) = row else { return Ok(section) };
    for setting in P::SETTINGS {
        let value = row.read(setting.name, |value| Some(json(value)).filter(|value| !value.is_null()))?;
        let Some(mut value) = value else { continue };
        if let Some(prompts) = value.as_object_mut() {
            keep_known(prompts);
        }
        let form = serde_json::from_value(Value::from_iter([(setting.name, value)]));
        if !form.is_ok_and(|form| section.take(form).is_empty()) {
            return Err(row.malformed(setting.name));
        }
    }
    Ok(section)
}

/// Takes away prompts that only a later version knows, and what else that says of one.
fn keep_known(prompts: &mut Map<String, Value>) {
    prompts.retain(|name, _| Prompt::named(name).is_some());
    for wording in prompts.values_mut().filter_map(Value::as_object_mut) {
        let kind = if wording.contains_key("text") { "text" } else { "audio" };
        wording.retain(|name, _| name == kind);
    }
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(attribute).collect()),
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
    }
}

/// Null for what no form has.
fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::N(number) => number.parse::<i64>().map_or(Value::Null, Value::from),
        AttributeValue::S(text) => Value::from(text.as_str()),
        AttributeValue::L(values) => values.iter().map(json).collect(),
        AttributeValue::M(map) => map.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
        _ => Value::Null,
    }
}

fn attributes<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
