//! Who was passed over in a call, as a set of texts: so whatever is told twice stands there once.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::PassedOver;

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;

pub(crate) const ATTRIBUTE: &str = "passed_over";

/// None where nobody was: a set is never empty.
pub(crate) fn write(passed_over: &[PassedOver]) -> Option<AttributeValue> {
    let texts = texts(passed_over);
    (!texts.is_empty()).then_some(AttributeValue::Ss(texts))
}

pub(crate) fn add(change: Change, passed_over: &[PassedOver]) -> Change {
    let texts = texts(passed_over);
    if texts.is_empty() {
        return change;
    }
    change.add_all_to_set(ATTRIBUTE, &texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What only a later release understands is left out.
pub(crate) fn read(row: Row<'_>) -> Result<Vec<PassedOver>, StoreError> {
    Ok(row.texts(ATTRIBUTE)?.iter().filter_map(|text| text.parse().ok()).collect())
}

/// Each once, as DynamoDB wants them.
fn texts(passed_over: &[PassedOver]) -> Vec<String> {
    let mut texts: Vec<String> = passed_over.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    texts
}
