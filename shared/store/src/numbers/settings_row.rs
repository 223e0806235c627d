//! A number's settings as a row, and a mailbox as another.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    AudioUrl, CallSettings, CallerId, Days, EmailAddress, FinishKey, Forwarding, Instead, Language,
    LanguageCode, Mailbox, MailboxId, MessageLength, Owner, Plan, Prompt, PromptText, Retention, RingTime,
    Speech, Transcription, VoicemailSettings, Wording,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use phone::PhoneNumber;

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

/// The row of a number, without [`since`](CallSettings::since).
pub(crate) fn write(settings: &CallSettings) -> Item {
    let CallSettings { number, mailbox, since: _, time_zone, speech, forwarding, voicemail, plan } = settings;
    attributes([
        ("number", Some(number.into_attribute())),
        ("item", Some(SETTINGS.into_attribute())),
        ("mailbox", Some(mailbox.reveal().into_attribute())),
        ("speech", Some(map(speech_attributes(speech)))),
        ("forwarding", Some(map(forwarding_attributes(forwarding)))),
        ("voicemail", Some(map(voicemail_attributes(voicemail)))),
        ("plan", Some(map(plan_attributes(plan, time_zone)))),
    ])
}

/// The row of a number in place of the one that was `seen`: what this version does not know stays.
pub(crate) fn write_over(seen: &Item, settings: &CallSettings) -> Item {
    let mut row = seen.clone();
    // A row of the time before there were mailboxes has the mailbox inside.
    row.remove("owner");
    row.remove("retention");
    row.extend(write(settings));
    row
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
        time_zone,
        speech: row.map("speech")?.map_or_else(|| Ok(Speech::in_language(Language::English)), read_speech)?,
        forwarding: row.map("forwarding")?.map_or_else(|| Ok(Forwarding::to(Vec::new())), read_forwarding)?,
        voicemail: row.map("voicemail")?.map_or_else(|| Ok(VoicemailSettings::default()), read_voicemail)?,
        plan: plan.map_or_else(
            || Ok(Plan { calls_per_month: None, when_used_up: Instead::Voicemail }),
            read_plan,
        )?,
    })
}

pub(crate) fn mailbox_key(id: &MailboxId) -> Item {
    attributes([
        ("number", Some(format!("{MAILBOX}{}", id.reveal()).into_attribute())),
        ("item", Some(SETTINGS.into_attribute())),
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

pub(crate) fn write_mailbox(mailbox: &Mailbox) -> Item {
    let Mailbox { id, owner, retention } = mailbox;
    let mut row = mailbox_key(id);
    row.extend(attributes([
        ("owner", Some(map(owner_attributes(owner)))),
        ("retention", Some(map(retention_attributes(*retention)))),
    ]));
    row
}

/// Reads a mailbox from its own row, or from that of its number.
pub(crate) fn read_mailbox(item: &Item) -> Result<Mailbox, StoreError> {
    let row = Row::new("mailbox", item);
    let id = row.parsed("number", |key| MailboxId::parse(key.strip_prefix(MAILBOX).unwrap_or(key)).ok())?;
    Ok(Mailbox {
        id: row.required("number", id)?,
        owner: read_owner(row.required("owner", row.map("owner")?)?)?,
        retention: row.map("retention")?.map_or_else(|| Ok(Retention::default()), read_retention)?,
    })
}

fn owner_attributes(owner: &Owner) -> Item {
    attributes([
        ("name", owner.name.as_deref().map(IntoAttribute::into_attribute)),
        ("email", Some(owner.email.reveal().into_attribute())),
        ("second_email", owner.second_email.as_ref().map(|email| email.reveal().into_attribute())),
        ("missed_call_mail", Some(owner.missed_call_mail.into_attribute())),
        ("language", Some(owner.language.tag().into_attribute())),
        ("time_zone", Some(time_zone_name(&owner.time_zone).into_attribute())),
    ])
}

fn time_zone_name(time_zone: &TimeZone) -> &str {
    time_zone.iana_name().unwrap_or("UTC")
}

fn read_time_zone(row: Row<'_>) -> Result<TimeZone, StoreError> {
    Ok(row.parsed("time_zone", |name| TimeZone::get(name).ok())?.unwrap_or(TimeZone::UTC))
}

fn read_owner(row: Row<'_>) -> Result<Owner, StoreError> {
    let email = row.parsed("email", |text| EmailAddress::parse(text).ok())?;
    Ok(Owner {
        name: row.text("name")?.map(str::to_owned),
        email: row.required("email", email)?,
        second_email: row.parsed("second_email", |text| EmailAddress::parse(text).ok())?,
        missed_call_mail: row.flag("missed_call_mail")?.unwrap_or(false),
        language: language(row)?,
        time_zone: read_time_zone(row)?,
    })
}

fn speech_attributes(speech: &Speech) -> Item {
    let prompts = speech.prompts.iter().map(|(prompt, wording)| {
        let wording = match wording {
            Wording::Text(text) => ("text", text.as_str()),
            Wording::Audio(url) => ("audio", url.as_str()),
        };
        (prompt.name().to_owned(), map(attributes([(wording.0, Some(wording.1.into_attribute()))])))
    });
    attributes([
        ("language", Some(speech.language.tag().into_attribute())),
        ("voice", speech.voice.as_deref().map(IntoAttribute::into_attribute)),
        ("prompts", Some(map(prompts.collect()))),
    ])
}

fn read_speech(row: Row<'_>) -> Result<Speech, StoreError> {
    let mut prompts = BTreeMap::new();
    if let Some(replaced) = row.map("prompts")? {
        for (name, value) in replaced.entries() {
            // A prompt of a later version says nothing to this one.
            let Some(prompt) = Prompt::named(name) else { continue };
            prompts.insert(prompt, row.required("prompts", read_wording(value))?);
        }
    }
    Ok(Speech { language: language(row)?, voice: row.text("voice")?.map(str::to_owned), prompts })
}

fn read_wording(value: &AttributeValue) -> Option<Wording> {
    let item = value.as_m().ok()?;
    if let Some(text) = item.get("text") {
        return PromptText::new(text.as_s().ok()?).ok().map(Wording::Text);
    }
    AudioUrl::new(item.get("audio")?.as_s().ok()?).ok().map(Wording::Audio)
}

fn forwarding_attributes(forwarding: &Forwarding) -> Item {
    let targets = forwarding.targets.iter().map(IntoAttribute::into_attribute).collect();
    attributes([
        ("on", Some(forwarding.on.into_attribute())),
        ("targets", Some(AttributeValue::L(targets))),
        ("ring_seconds", Some(u32::from(forwarding.ring_time.as_seconds()).into_attribute())),
        ("caller_id", Some(forwarding.caller_id.name().into_attribute())),
        ("announce", Some(forwarding.announce.into_attribute())),
        ("hang_up_on_star", Some(forwarding.hang_up_on_star.into_attribute())),
        ("when_off", Some(forwarding.when_off.name().into_attribute())),
    ])
}

fn read_forwarding(row: Row<'_>) -> Result<Forwarding, StoreError> {
    let default = Forwarding::to(Vec::new());
    let targets = row.list("targets")?.iter().map(|target| PhoneNumber::parse(target.as_s().ok()?).ok());
    Ok(Forwarding {
        on: row.flag("on")?.unwrap_or(default.on),
        targets: row.required("targets", targets.collect())?,
        ring_time: row
            .read("ring_seconds", |value| RingTime::seconds(value.as_n().ok()?.parse().ok()?).ok())?
            .unwrap_or(default.ring_time),
        caller_id: row.parsed("caller_id", CallerId::named)?.unwrap_or(default.caller_id),
        announce: row.flag("announce")?.unwrap_or(default.announce),
        hang_up_on_star: row.flag("hang_up_on_star")?.unwrap_or(default.hang_up_on_star),
        when_off: row.parsed("when_off", Instead::named)?.unwrap_or(default.when_off),
    })
}

fn voicemail_attributes(voicemail: &VoicemailSettings) -> Item {
    let finish_key = voicemail.finish_key.map(|key| key.as_char().to_string()).unwrap_or_default();
    let languages = voicemail.languages.iter().map(|code| code.as_str().into_attribute());
    attributes([
        ("max_seconds", Some(u32::from(voicemail.max_length.as_seconds()).into_attribute())),
        ("finish_key", Some(finish_key.into_attribute())),
        ("beep", Some(voicemail.beep.into_attribute())),
        ("transcription", Some(voicemail.transcription.name().into_attribute())),
        ("languages", Some(AttributeValue::L(languages.collect()))),
        ("purge_at_twilio", Some(voicemail.purge_at_twilio.into_attribute())),
    ])
}

fn read_voicemail(row: Row<'_>) -> Result<VoicemailSettings, StoreError> {
    let default = VoicemailSettings::default();
    let languages = row.list("languages")?.iter().map(|code| LanguageCode::parse(code.as_s().ok()?).ok());
    Ok(VoicemailSettings {
        max_length: row
            .read("max_seconds", |value| MessageLength::seconds(value.as_n().ok()?.parse().ok()?).ok())?
            .unwrap_or(default.max_length),
        finish_key: match row.text("finish_key")? {
            None => default.finish_key,
            // A decision: no key.
            Some("") => None,
            Some(text) => Some(row.required("finish_key", finish_key(text))?),
        },
        beep: row.flag("beep")?.unwrap_or(default.beep),
        transcription: row.parsed("transcription", Transcription::named)?.unwrap_or(default.transcription),
        languages: row.required("languages", languages.collect())?,
        purge_at_twilio: row.flag("purge_at_twilio")?.unwrap_or(default.purge_at_twilio),
    })
}

fn plan_attributes(plan: &Plan, time_zone: &TimeZone) -> Item {
    attributes([
        // The mailbox's, for calls: they don't read the mailbox.
        ("time_zone", Some(time_zone_name(time_zone).into_attribute())),
        ("calls_per_month", plan.calls_per_month.map(IntoAttribute::into_attribute)),
        ("when_used_up", Some(plan.when_used_up.name().into_attribute())),
    ])
}

fn read_plan(row: Row<'_>) -> Result<Plan, StoreError> {
    Ok(Plan {
        calls_per_month: row.number("calls_per_month")?,
        when_used_up: row.parsed("when_used_up", Instead::named)?.unwrap_or(Instead::Voicemail),
    })
}

fn retention_attributes(retention: Retention) -> Item {
    // Zero is a decision: for ever.
    let days = |days: Option<Days>| Some(days.map_or(0, |days| u32::from(days.get())).into_attribute());
    attributes([
        ("audio_days", days(retention.audio)),
        ("transcript_days", days(retention.transcript)),
        ("call_days", days(retention.calls)),
    ])
}

fn read_retention(row: Row<'_>) -> Result<Retention, StoreError> {
    let default = Retention::default();
    let days = |attribute, default| -> Result<Option<Days>, StoreError> {
        let read = row.read(attribute, |value| match value.as_n().ok()?.parse().ok()? {
            0 => Some(None),
            days => Days::new(days).ok().map(Some),
        })?;
        Ok(read.unwrap_or(default))
    };
    Ok(Retention {
        audio: days("audio_days", default.audio)?,
        transcript: days("transcript_days", default.transcript)?,
        calls: days("call_days", default.calls)?,
    })
}

fn language(row: Row<'_>) -> Result<Language, StoreError> {
    Ok(row.parsed("language", |tag| tag.parse().ok())?.unwrap_or(Language::English))
}

fn finish_key(text: &str) -> Option<FinishKey> {
    let mut keys = text.chars();
    match (keys.next(), keys.next()) {
        (Some(key), None) => FinishKey::new(key).ok(),
        _ => None,
    }
}

fn attributes<const N: usize>(attributes: [(&str, Option<AttributeValue>); N]) -> Item {
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn map(item: Item) -> AttributeValue {
    AttributeValue::M(item)
}
