//! Twilio's REST API, as far as Aftertone calls it, and the secrets for talking with Twilio.
//!
//! - [`Secret`]: whose webhooks are ours, and as whom to call the API.
//! - [`Rest`]: fetches the sound of a recording, deletes one, lists them, looks up a call.
//!
//! The client is hyper on rustls with embedded roots: the very stack that the AWS clients use.

mod recordings;
mod rest;
mod secret;

pub use recordings::{RecordingList, RecordingRecord, RecordingState};
pub use rest::{CallRecord, Media, Rest, RestError};
pub use secret::{Account, InvalidSecret, Login, Secret};
