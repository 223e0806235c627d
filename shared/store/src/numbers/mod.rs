//! The table Numbers: settings, phone files, mailboxes, usage, hits of lists, marks.

pub(crate) mod callers;
pub(crate) mod file;
pub(crate) mod file_row;
pub(crate) mod hits;
pub(crate) mod known;
pub(crate) mod known_files;
pub(crate) mod mailboxes;
pub(crate) mod marks;
pub(crate) mod number;
pub(crate) mod settings;
pub(crate) mod settings_row;
pub(crate) mod together;
