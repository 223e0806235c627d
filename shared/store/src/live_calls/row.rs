//! A live call, as it stands in its row.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Course, LegId, LiveCall, LiveLeg, Parties, Stage};
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid};

use crate::Item;
use crate::calls::{passed_over, treatment};
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::live_calls::leg;
use crate::row::Row;
use crate::shards;

/// How long a row is kept, from the beginning of its call.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The values of `due_shard`, each a partition of the index.
pub(crate) const DUE_SHARDS: [&str; 4] = ["d0", "d1", "d2", "d3"];

pub(crate) fn key(call_sid: &CallSid) -> Item {
    let key = [("call_id", call_sid.as_str()), ("item", "call")];
    key.map(|(name, value)| (name.to_owned(), value.into_attribute())).into()
}

/// The value of `due_shard` in this call's row: by the last digit of its SID, which Twilio draws.
fn due_shard(call_sid: &CallSid) -> &'static str {
    shards::of(call_sid.as_str(), DUE_SHARDS)
}

pub(crate) fn course_text(course: &Course) -> String {
    // Plain data: there is nothing in it that could not be written.
    serde_json::to_string(course).unwrap_or_default()
}

/// Whether a leg may still win, for conditions: as [`LiveCall::is_hunting`], but for the winner.
pub(crate) fn is_hunting(course: &Course, over_at: Option<Timestamp>) -> bool {
    over_at.is_none() && matches!(course.stage, Stage::Hunt { .. })
}

/// The whole row of a call that begins, to be looked after from then on.
pub(crate) fn write(call: &LiveCall) -> Item {
    let expires = call.begun_at.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
    let always = [
        ("account_sid", call.account_sid.as_str().into_attribute()),
        ("number", (&call.parties.number).into_attribute()),
        ("caller", (&call.parties.caller).into_attribute()),
        ("base_url", call.base_url.as_str().into_attribute()),
        ("begun_at", call.begun_at.into_attribute()),
        ("revision", call.revision.into_attribute()),
        ("course", course_text(&call.course).into_attribute()),
        ("answered", treatment::write(&call.answered).into_attribute()),
        ("hunting", is_hunting(&call.course, call.over_at).into_attribute()),
        ("due_shard", due_shard(&call.call_sid).into_attribute()),
        ("due", call.begun_at.into_attribute()),
        ("expires", expires.as_second().into_attribute()),
    ];
    let sometimes = [
        ("caller_name", call.parties.caller_name.as_deref().map(IntoAttribute::into_attribute)),
        ("call_token", call.call_token.as_deref().map(IntoAttribute::into_attribute)),
        ("said", call.said.as_deref().map(IntoAttribute::into_attribute)),
        ("winner", call.winner.as_ref().map(|winner| winner.as_str().into_attribute())),
        ("over_at", call.over_at.map(IntoAttribute::into_attribute)),
        (passed_over::ATTRIBUTE, passed_over::write(&call.passed_over)),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let attributes = always.into_iter().chain(sometimes).map(|(name, value)| (name.to_owned(), value));
    let legs = call.legs.iter().map(|(id, it)| (leg::attribute(id), leg::write(it)));
    key(&call.call_sid).into_iter().chain(attributes).chain(legs).collect()
}

pub(crate) fn read(item: &Item) -> Result<LiveCall, StoreError> {
    let row = Row::new("live call", item);
    row.understood()?;
    let call_sid = row.parsed("call_id", |text| CallSid::parse(text).ok())?;
    let account_sid = row.parsed("account_sid", |text| AccountSid::parse(text).ok())?;
    let course = row.parsed("course", |text| serde_json::from_str(text).ok())?;
    let answered = row.parsed("answered", treatment::parse)?;
    let text = |name| Ok::<_, StoreError>(row.text(name)?.map(str::to_owned));
    Ok(LiveCall {
        call_sid: row.required("call_id", call_sid)?,
        account_sid: row.required("account_sid", account_sid)?,
        parties: Parties {
            number: row.required("number", row.phone_number("number")?)?,
            caller: row.required("caller", row.caller("caller")?)?,
            caller_name: text("caller_name")?,
        },
        base_url: row.required("base_url", text("base_url")?)?,
        call_token: text("call_token")?,
        begun_at: row.required("begun_at", row.time("begun_at")?)?,
        revision: row.required("revision", row.number("revision")?)?,
        course: row.required("course", course)?,
        answered: row.required("answered", answered)?,
        said: text("said")?,
        legs: legs(row)?,
        passed_over: passed_over::read(row)?,
        winner: row.parsed("winner", LegId::parse)?,
        over_at: row.time("over_at")?,
        is_summed_up: item.contains_key("summed_up_at"),
    })
}

fn legs(row: Row<'_>) -> Result<BTreeMap<LegId, LiveLeg>, StoreError> {
    let of_legs = |(name, value): (&'_ str, _)| Some((LegId::parse(name.strip_prefix(leg::PREFIX)?)?, value));
    let mut legs = BTreeMap::new();
    for (id, value) in row.entries().filter_map(of_legs) {
        let item = AttributeValue::as_m(value).map_err(|_| row.malformed("leg"))?;
        legs.insert(id, leg::read(Row::new("live call", item))?);
    }
    Ok(legs)
}
