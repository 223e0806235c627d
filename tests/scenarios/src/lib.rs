//! End to end: calls placed through a simulated telephone network against the real functions.
//!
//! All of it is one test binary: `cargo test -p scenarios`.
