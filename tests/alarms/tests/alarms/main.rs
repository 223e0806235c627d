//! The alarms of the template.

mod days;
mod lists;
mod play;
mod timeline;
