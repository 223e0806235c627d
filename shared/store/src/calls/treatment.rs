//! What a caller gets, as it stands in the row: text, for it is only ever read as a whole.

use domain::Treatment;
use serde::{Deserialize, Serialize};

use crate::Item;
use crate::error::StoreError;
use crate::row::Row;

/// The form in which it is written now. One of another version is not read: it is decided anew.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    #[serde(flatten)]
    treatment: &'a Treatment,
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

pub(crate) fn write(treatment: &Treatment) -> String {
    // Plain data: there is nothing in it that could not be written.
    serde_json::to_string(&Written { v: VERSION, treatment }).unwrap_or_default()
}

/// None where there is none, or one of another version.
pub(crate) fn read(row: &Item) -> Result<Option<Treatment>, StoreError> {
    Ok(Row::new("call", row).text("treatment")?.and_then(parse))
}

/// None of one of another version.
pub(crate) fn parse(text: &str) -> Option<Treatment> {
    match serde_json::from_str(text) {
        Ok(Versioned { v: VERSION }) => serde_json::from_str(text).ok(),
        _ => None,
    }
}
