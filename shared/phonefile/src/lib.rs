//! The file in which an owner writes who is reached when.
//!
//! [`read`] makes of a text a [`PhoneFile`] that holds together, or tells every [`Fault`] of it at once: where,
//! why, and what helps. A fault in one place hides none in another.
//!
//! ```
//! let text = "
//! number: \"+14155550101\"
//! time_zone: America/Los_Angeles
//! people:
//!   ana: { phone: \"+12125550142\", email: ana@example.com }
//! calls:
//!   - { do: [ring: anna, voicemail: ana] }
//! ";
//! let faults = phonefile::read(text).unwrap_err();
//! assert_eq!(faults[0].place.line, 7);
//! assert_eq!(faults[0].sentence(), "`anna` is no person. Did you mean `ana`?");
//! ```
//!
//! ## Layout
//! - [`PhoneFile`]: what can be taken.
//! - [`Fault`], [`shown`]: what is wrong, and how people see it.
//! - [`way`], [`unmet`]: what becomes of a call, and whether it is what the file expects.
//! - [`keys`]: what may stand where, from which [`schema`] and [`reference`] are written.

mod blocked;
mod circles;
mod expect;
mod fault;
mod file;
mod fits;
pub mod keys;
mod lists;
mod menus;
pub mod model;
mod near;
mod numbers;
mod people;
mod place;
mod plan;
mod played;
mod reader;
mod reference;
mod rules;
mod schedules;
mod schema;
mod spoken;
mod unreached;
mod upkeep;
mod way;
mod yaml;

pub use fault::{Fault, Weight, shown};
pub use file::{Checked, read};
pub use model::PhoneFile;
pub use place::Place;
pub use played::unmet;
pub use reference::{reference, refused_numbers};
pub use schema::schema;
pub use way::{Happened, Happening, Reason, Way, way};
