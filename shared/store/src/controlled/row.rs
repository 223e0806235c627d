//! A call that programs steer, as it stands in its rows.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use live::{CallId, Event, Steered};
use phone::AccountSid;

use crate::Item;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::row::Row;
use crate::shards;

/// How soon after its end it is looked for the first time how long a call is to be kept.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);

/// The values of `due_shard`, each a partition of the index.
pub(crate) const DUE_SHARDS: [&str; 4] = ["c0", "c1", "c2", "c3"];

/// The values of `due_shard` of calls that are over: whoever has something to do at Twilio does not see them.
pub(crate) const KEPT_SHARDS: [&str; 4] = ["k0", "k1", "k2", "k3"];

/// The item of an event is this and its number: of ten digits, so that they sort as they are.
const EVENT: &str = "event#";

/// A call that programs steer, with what does not stand in its log.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlledCall {
    /// The call, and how far the requests about it are.
    pub steered: Steered,
    /// In which account.
    pub account_sid: AccountSid,
    /// What the addresses of all webhooks begin with.
    pub base_url: String,
    /// The name of the key whose call it is.
    pub key: String,
    /// Where its events are told, if anywhere.
    pub callback: Option<String>,
    /// How a call that came in goes on without a program: what comes back with the address that its caller asks.
    pub plan: Option<String>,
    /// Whether anybody is told anything of it, there or where an action says.
    pub is_told: bool,
    /// Counts the changes: whoever changes it names the one that was seen.
    pub revision: u32,
}

fn key(id: &CallId, item: String) -> Item {
    let key = [("call_id", id.as_str().to_owned()), ("item", item)];
    key.map(|(name, value)| (name.to_owned(), value.into_attribute())).into()
}

pub(crate) fn call_key(id: &CallId) -> Item {
    key(id, "control".to_owned())
}

pub(crate) fn event_item(seq: u64) -> String {
    format!("{EVENT}{seq:010}")
}

/// The value of `due_shard` in this call's row: by the last digit of its name, which is random.
pub(crate) fn due_shard(id: &CallId) -> &'static str {
    shards::of(id.as_str(), DUE_SHARDS)
}

fn json(value: &impl serde::Serialize) -> AttributeValue {
    // Plain data: there is nothing in it that could not be written.
    serde_json::to_string(value).unwrap_or_default().into_attribute()
}

/// The whole row of a call; `due` is when somebody has to look at it, if anybody has. Of one that is over it is looked how
/// long it is to be kept.
pub(crate) fn write(call: &ControlledCall, due: Option<Timestamp>, now: Timestamp) -> Item {
    let id = &call.steered.call.id;
    let always = [
        ("steered", json(&call.steered)),
        ("account_sid", call.account_sid.as_str().into_attribute()),
        ("base_url", call.base_url.as_str().into_attribute()),
        ("key", call.key.as_str().into_attribute()),
        ("number", (&call.steered.call.number).into_attribute()),
        ("revision", call.revision.into_attribute()),
    ];
    let sometimes = [
        ("callback", call.callback.as_deref().map(IntoAttribute::into_attribute)),
        ("plan", call.plan.as_deref().map(IntoAttribute::into_attribute)),
        ("is_told", call.is_told.then(|| true.into_attribute())),
        ("due", due.map(IntoAttribute::into_attribute)),
        ("due_shard", due.map(|_| due_shard(id).into_attribute())),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let call = &call.steered.call;
    let is_kept = due.is_none() && call.is_over();
    let look_at = call.ended_at.unwrap_or(now).checked_add(FIRST_LOOK).unwrap_or(Timestamp::MAX);
    let kept = is_kept.then(|| stands(id, look_at)).into_iter().flatten();
    let attributes =
        always.into_iter().chain(sometimes).chain(kept).map(|(name, value)| (name.to_owned(), value));
    call_key(id).into_iter().chain(attributes).collect()
}

pub(crate) fn read(item: &Item) -> Result<ControlledCall, StoreError> {
    let row = Row::new("controlled call", item);
    row.understood()?;
    let text = |name| Ok::<_, StoreError>(row.text(name)?.map(str::to_owned));
    let steered = row.parsed("steered", |text| serde_json::from_str(text).ok())?;
    let account_sid = row.parsed("account_sid", |text| AccountSid::parse(text).ok())?;
    Ok(ControlledCall {
        steered: row.required("steered", steered)?,
        account_sid: row.required("account_sid", account_sid)?,
        base_url: row.required("base_url", text("base_url")?)?,
        key: row.required("key", text("key")?)?,
        callback: text("callback")?,
        plan: text("plan")?,
        is_told: row.flag("is_told")?.unwrap_or(false),
        revision: row.required("revision", row.number("revision")?)?,
    })
}

/// The row of an event.
pub(crate) fn write_event(id: &CallId, event: &Event) -> Item {
    let mut item = key(id, event_item(event.seq));
    item.insert("event".to_owned(), json(event));
    item
}

pub(crate) fn read_event(item: &Item) -> Result<Event, StoreError> {
    let row = Row::new("event", item);
    row.understood()?;
    let event = row.parsed("event", |text| serde_json::from_str(text).ok())?;
    row.required("event", event)
}

/// What has the call stand in the index once it is over.
fn stands(id: &CallId, look_at: Timestamp) -> [(&'static str, AttributeValue); 2] {
    let shard = shards::of(id.as_str(), KEPT_SHARDS);
    [("due", look_at.into_attribute()), ("due_shard", shard.into_attribute())]
}
