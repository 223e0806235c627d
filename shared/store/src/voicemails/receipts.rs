//! Instructions and receipts, and what is kept of a voicemail, as they stand in a row.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Act, Instruction, Keeping, Receipt};

use crate::Item;
use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::row::Row;

pub(crate) fn with_receipt(change: Change, act: Act, instruction: &Instruction) -> Change {
    let mut receipt = instruction_item(instruction);
    receipt.insert("act".to_owned(), act.name().into_attribute());
    change.append("receipts", AttributeValue::M(receipt))
}

pub(crate) fn write_instruction(instruction: &Instruction) -> AttributeValue {
    AttributeValue::M(instruction_item(instruction))
}

fn instruction_item(instruction: &Instruction) -> Item {
    Item::from([
        ("by".to_owned(), instruction.by.as_str().into_attribute()),
        ("why".to_owned(), instruction.why.as_str().into_attribute()),
        ("at".to_owned(), instruction.at.into_attribute()),
    ])
}

pub(crate) fn read_instruction(value: &AttributeValue) -> Option<Instruction> {
    let item = value.as_m().ok()?;
    let text = |name: &str| item.get(name)?.as_s().ok();
    Some(Instruction { by: text("by")?.clone(), why: text("why")?.clone(), at: text("at")?.parse().ok()? })
}

fn read_receipt(value: &AttributeValue) -> Option<Receipt> {
    let act = value.as_m().ok()?.get("act")?.as_s().ok()?;
    Some(Receipt { act: Act::named(act)?, instruction: read_instruction(value)? })
}

pub(crate) fn read(row: Row<'_>) -> Result<Keeping, StoreError> {
    let mut receipts = Vec::new();
    for value in row.list("receipts")? {
        receipts.push(row.required("receipts", read_receipt(value))?);
    }
    Ok(Keeping {
        hold: row.read("hold", read_instruction)?,
        deletion_asked: row.read("deletion_asked", read_instruction)?,
        deletion_begun_at: row.time("deletion_begun_at")?,
        purge_withheld: row.flag("purge_withheld")?.unwrap_or(false),
        audio_deleted_at: row.time("audio_deleted_at")?,
        transcript_deleted_at: row.time("transcript_deleted_at")?,
        parties_deleted_at: row.time("parties_deleted_at")?,
        receipts,
    })
}
