//! The door for programs: from an API Gateway event to a request of somebody who may, and from an answer to a
//! response.
//!
//! What comes in is checked in this order:
//!
//! | what | else |
//! |---|---|
//! | GET, POST or DELETE | 405 |
//! | an address below `/v1` | 404 |
//! | a body of 64 KB at most | 413 |
//! | JSON, where there is a body | 415 |
//! | `Authorization: Bearer` and a key of ours | 401 |
//! | a query that names nothing twice | 400 |
//!
//! Keys are read together, for there are few, and believed for ten seconds. A key that is not among them is looked for
//! again, but not more often than every two: so a forger costs one read in two seconds, and keeps nobody out.
//!
//! What is refused is told as a [`Problem`](live::Problem), by RFC 9457: what is so, what to do about it, and whether
//! the same may succeed later.
//!
//! ## Layout
//! - [`Door`]: who gets in.
//! - [`Request`]: what they want; whether they may, and [whom they may call](Request::may_call); what its [body](Request::body) says; whether it
//!   [comes again](Request::answered).
//! - [`Reply`]: what they are told.
//! - [`KeyText`]: a key, as a program has it.
//! - [`CallbackSecrets`]: what signs what a program is told unasked; [`CallbackSecretDocument`] changes them.

mod bearer;
mod callback_document;
mod callback_secrets;
mod country;
mod door;
mod keys;
mod reply;
mod request;

pub use bearer::KeyText;
pub use callback_document::{CallbackSecretDocument, UnreadableDocument};
pub use callback_secrets::{CallbackSecret, CallbackSecrets};
pub use door::Door;
pub use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayV2httpRequest as Event, ApiGatewayV2httpResponse as Response,
};
pub use reply::Reply;
pub use request::{Method, Request};

#[cfg(test)]
mod tests;
