//! Twilio's REST API, as far as Aftertone calls it, and the secrets for talking with Twilio.
//!
//! - [`Secret`]: whose webhooks are ours, and as whom to call the API.
//! - [`Accounts`]: the secret, read when it is needed and kept for five minutes.
//! - [`Rest`]: fetches the sound of a recording, deletes one, lists them, looks up a call; places calls, looks for
//!   them and ends them, has people in rooms muted, has legs streamed and transcribed, and deletes queues; for the operator also the account and where its numbers lead.
//! - [`SecretDocument`]: changes the secret.
//!
//! The client is hyper on rustls with embedded roots: the very stack that the AWS clients use.

mod accounts;
mod call_recordings;
mod calls;
mod conferences;
mod feeds;
mod numbers;
mod queues;
mod recordings;
mod rest;
mod rotation;
mod secret;

pub use accounts::Accounts;
pub use call_recordings::{CallRecording, NewRecording, RecordingChange};
pub use calls::{Canceled, Detection, ListedCall, NewCall};
pub use feeds::{FeedResource, NewStream, NewTranscription};
pub use numbers::{AccountRecord, IncomingNumber, NumberChange};
pub use recordings::{RecordingList, RecordingRecord};
pub use rest::{CallRecord, Media, Rest, RestError};
pub use rotation::{CannotRotate, SecretDocument};
pub use secret::{Account, InvalidSecret, Login, Secret};
