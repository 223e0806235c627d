//! Who may know whom, the rooms of the workspace and the files of each; and who has to be known where.
//!
//! ## Layout
//! - [`rooms`]: which crate may use which of ours, and where code belongs that wants more.
//! - [`files`]: which file of a crate takes something from which, read from the code as text.
//! - [`circles`]: what goes round.
//! - [`places`]: where a function has to be known.

pub mod circles;
pub mod files;
pub mod places;
pub mod rooms;
