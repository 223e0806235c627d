//! Every word that a person hears or reads, by language.
//!
//! ## Layout
//! - [`prompt()`]: what callers hear, and [in which voice](voice()).
//! - [`phrase()`], [`call_from`], [`did_you_say`]: what is said on the way through a phone file.
//! - [`opening()`], [`we_open`]: when somebody opens, as it is said.
//! - [`Texts`]: what mails and pages say.
//! - [`Locale`]: numbers and times as their readers write them.
//! - [`caller()`], [`visible`], [`escape`]: texts of others, as they are shown.

mod caller;
mod locale;
mod mail;
mod opening;
mod page;
mod phrases;
mod prompts;

pub use caller::{ShownCaller, caller, escape, is_hidden, printable, visible};
pub use locale::{Locale, file_name};
pub use mail::Texts;
pub use opening::{opening, we_open};
pub use page::{Notice, PageTexts};
pub use phrases::{Phrase, call_from, did_you_say, digits, phrase, recogniser, yes};
pub use prompts::{prompt, voice};
