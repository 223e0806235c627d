//! How far the events of a call were told to an endpoint, as it stands in its row.

use live::CallId;
use live::telling::Delivery;
use sha2::{Digest as _, Sha256};

use crate::Item;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::row::Row;
use crate::shards;

/// The values of `due_shard`, each a partition of the index, and of these rows alone.
pub(crate) const DUE_SHARDS: [&str; 4] = ["n0", "n1", "n2", "n3"];

/// What the item begins with. An address may be longer than a key, so its hash follows.
pub(crate) const PREFIX: &str = "delivery#";

pub(crate) fn key(call: &CallId, url: &str) -> Item {
    let hash = hex::encode(&Sha256::digest(url)[..8]);
    let key = [("call_id", call.as_str().to_owned()), ("item", format!("{PREFIX}{hash}"))];
    key.map(|(name, value)| (name.to_owned(), value.into_attribute())).into()
}

/// The value of `due_shard` in the rows of this call: by the last digit of its name, which is random.
fn due_shard(call: &CallId) -> &'static str {
    shards::of(call.as_str(), DUE_SHARDS)
}

/// All but the key.
pub(crate) fn attributes(call: &CallId, delivery: &Delivery) -> Item {
    // Plain data: there is nothing in it that could not be written.
    let text = serde_json::to_string(delivery).unwrap_or_default();
    let always = [("delivery", text.into_attribute()), ("revision", delivery.revision.into_attribute())];
    let due = delivery
        .due
        .map(|due| [("due", due.into_attribute()), ("due_shard", due_shard(call).into_attribute())]);
    let attributes = always.into_iter().chain(due.into_iter().flatten());
    attributes.map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn read(item: &Item) -> Result<Delivery, StoreError> {
    let row = Row::new("delivery", item);
    row.understood()?;
    let read = row.parsed("delivery", |text| serde_json::from_str::<Delivery>(text).ok())?;
    let mut delivery = row.required("delivery", read)?;
    delivery.revision = row.required("revision", row.number("revision")?)?;
    delivery.due = row.time("due")?;
    Ok(delivery)
}
