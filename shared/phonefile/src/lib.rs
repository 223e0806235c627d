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
//! - [`PhoneFile`]: what can be taken. [`read_at`] also tells what time has made of it.
//! - [`Fault`], [`shown`]: what is wrong, and how people see it.
//! - [`rule_of`], [`deciding_entry`], [`way`], [`unmet`], [`unmet_between`]: what becomes of a call, and whether it is what the file expects.
//! - [`compile`], [`PhoneFile::load`]: the stored form, which functions read.
//! - [`PhoneFile::settings`], [`PhoneFile::other_mailboxes`]: what of it stands in settings and mailboxes.
//! - [`keys`]: what may stand where, from which [`schema`] and [`reference()`] are written.

mod away;
mod blocked;
mod circles;
mod compiled;
mod equivalent;
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
mod passing;
mod people;
mod place;
mod plan;
mod played;
mod reader;
mod reference;
mod rules;
mod schedules;
mod schema;
mod settings;
mod spoken;
mod unreached;
mod until;
mod upkeep;
mod way;
mod written;
mod yaml;

pub use compiled::{Compiled, Unreadable, compile};
pub use expect::unknown_caller;
pub use fault::{Fault, Weight, shown};
pub use file::{Checked, read, read_at};
pub use fits::{Spared, spared};
pub use model::PhoneFile;
pub use numbers::{NeverCalled, never_called};
pub use place::Place;
pub use played::{unmet, unmet_between};
pub use reference::{reference, refused_numbers};
pub use schema::schema;
pub use until::wall_time;
pub use way::{Happened, Happening, Reason, Way, deciding_entry, rule_of, way};
