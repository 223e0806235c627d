//! Whatever strangers send: no panic, and nothing of theirs is taken for ours.
//!
//! Strangers' bytes reach the webhooks' gate, the signature, the forms, TwiML, links, the worker's
//! queue, SES's events, mails and the page behind their links. Each is tried with 256 inputs in an
//! ordinary test run, and with as many as `FUZZ_CASES` says:
//!
//! ```text
//! FUZZ_CASES=1000000 cargo test --release -p fuzz
//! ```
