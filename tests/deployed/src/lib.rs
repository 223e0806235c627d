//! The deployment, tried: the very template with the very binaries.

pub mod fallback;
