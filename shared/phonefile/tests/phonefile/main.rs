//! Files as owners write them: what is taken, and what is told of the rest.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod any;
mod callers;
mod calls;
mod documents;
mod garden;
mod nine;
mod passing;
mod plans;
mod settings;
mod small;
mod stored;
mod way;
mod whole;

use phonefile::{read, shown};

/// A garden center's file, with all that there is.
const SHOP: &str = include_str!("shop.yaml");

/// What is told of a text, errors and warnings.
fn told(text: &str) -> String {
    match read(text) {
        Ok(checked) => shown(&checked.warnings, "shop.yaml", text),
        Err(faults) => shown(&faults, "shop.yaml", text),
    }
}

/// The shop's file with a part of it replaced.
fn shop_with(part: &str, by: &str) -> String {
    assert!(SHOP.contains(part), "{part}");
    SHOP.replacen(part, by, 1)
}
