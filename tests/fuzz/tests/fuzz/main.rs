//! - [`text`]: what strangers write.
//!
//! All else are the places that it reaches.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is a test that failed")]

mod gate;
mod letters;
mod links;
mod messages;
mod text;
mod xml;

use proptest::test_runner::Config;

/// As many inputs as are wanted, each with its seed in the failure's message and nowhere else.
fn config() -> Config {
    let cases = std::env::var("FUZZ_CASES").map_or(256, |cases| cases.parse().expect("a number"));
    Config { failure_persistence: None, max_global_rejects: u32::MAX, ..Config::with_cases(cases) }
}
