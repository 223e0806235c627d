//! The table Numbers: settings, mailboxes, usage, marks.

pub(crate) mod known;
pub(crate) mod mailboxes;
pub(crate) mod marks;
pub(crate) mod number;
pub(crate) mod settings;
pub(crate) mod settings_row;
