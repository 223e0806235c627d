//! How fast the functions start and work.
//!
//! `cold-start` runs the functions' own binaries against a stand-in for Lambda, beside the smallest
//! function that there can be; `load` lets them deliver any number of voicemails; `cargo bench -p bench`
//! measures pieces of them in this process.
//! What comes out depends on the machine and on what else it does: compare within one run.
//!
//! ## Layout
//! - [`runtime_api`]: the stand-in for Lambda's Runtime API.
//! - [`emulator`]: AWS's Runtime Interface Emulator instead.
//! - [`launch`]: a binary, started as Lambda starts it.
//! - [`load`]: many voicemails at once.
//! - [`services`]: DynamoDB, S3, SES and Twilio's REST API in this process.
//! - [`check`]: whether an answer is right.
//! - [`figures`]: medians, sizes and the table.
//! - [`peers`]: the same webhook in Node and in Python.

pub mod check;
pub mod emulator;
pub mod figures;
pub mod launch;
pub mod load;
pub mod peers;
pub mod runtime_api;
pub mod services;
pub mod steered;
