//! Orders and receipts, and what is kept of a voicemail, as they stand in a row.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Act, Keeping, Order, Receipt};

use crate::Item;
use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::row::Row;

pub(crate) fn with_receipt(change: Change, act: Act, order: &Order) -> Change {
    let mut receipt = order_item(order);
    receipt.insert("act".to_owned(), act.name().into_attribute());
    change.append("receipts", AttributeValue::M(receipt))
}

pub(crate) fn write_order(order: &Order) -> AttributeValue {
    AttributeValue::M(order_item(order))
}

fn order_item(order: &Order) -> Item {
    Item::from([
        ("by".to_owned(), order.by.as_str().into_attribute()),
        ("why".to_owned(), order.why.as_str().into_attribute()),
        ("at".to_owned(), order.at.into_attribute()),
    ])
}

pub(crate) fn read_order(value: &AttributeValue) -> Option<Order> {
    let item = value.as_m().ok()?;
    let text = |name: &str| item.get(name)?.as_s().ok();
    Some(Order { by: text("by")?.clone(), why: text("why")?.clone(), at: text("at")?.parse().ok()? })
}

fn read_receipt(value: &AttributeValue) -> Option<Receipt> {
    let act = value.as_m().ok()?.get("act")?.as_s().ok()?;
    Some(Receipt { act: Act::named(act)?, order: read_order(value)? })
}

pub(crate) fn read(row: Row<'_>) -> Result<Keeping, StoreError> {
    let mut receipts = Vec::new();
    for value in row.list("receipts")? {
        receipts.push(row.required("receipts", read_receipt(value))?);
    }
    Ok(Keeping {
        hold: row.read("hold", read_order)?,
        deletion_asked: row.read("deletion_asked", read_order)?,
        deletion_begun_at: row.time("deletion_begun_at")?,
        purge_withheld: row.flag("purge_withheld")?.unwrap_or(false),
        audio_deleted_at: row.time("audio_deleted_at")?,
        transcript_deleted_at: row.time("transcript_deleted_at")?,
        parties_deleted_at: row.time("parties_deleted_at")?,
        receipts,
    })
}
