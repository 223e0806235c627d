//! From an API Gateway event to a verified, typed webhook, and from an answer to a response.
//!
//! Every function that Twilio calls uses this, and holds no HTTP code of its own. What comes in is
//! proved before it is believed, in this order:
//!
//! | what | else |
//! |---|---|
//! | POST or GET | 405 |
//! | a body of 64 KB at most | 413 |
//! | a form, or with GET none | 415 |
//! | a signature by one of the account's tokens, over the exact public URL and all parameters | 403 |
//! | an account that is ours | 403 |
//! | an address of the webhook's | 404 |
//! | the parameters that the webhook can't do without | 400, and the parameter's name |
//!
//! The tokens come from a secret that is read again beside the handler once it is five minutes old,
//! and at once before a signature is refused, so that a rotation needs no restart and a caller waits for it 250 ms at most. 403, 404, 405, 413 and 415 have an empty
//! body: whoever is refused learns nothing.
//!
//! An event is taken as API Gateway sends it (payload 2.0), not as the HTTP request that
//! `lambda_http` would make of it: the signature covers raw path and raw query, byte for byte.
//!
//! ## Layout
//! - [`Gate`]: decides who gets in.
//! - [`kinds`]: what webhooks say, as types.
//! - [`Answer`]: what goes back, as types.
//! - [`Webhook`], [`serve`]: a webhook, and what is around each: time limit, panics, what the caller
//!   hears when it fails.
//! - [`run`]: one as a function on Lambda.

mod answer;
mod door;
mod fed;
mod function;
mod gate;
pub mod kinds;
mod parameters;
mod request;

pub use answer::{Answer, NoContent};
pub use door::{Constant, Handled, Received, Webhook, serve};
pub use function::{Configuration, Deps, run};
pub use gate::Gate;
pub use kinds::Input;
pub use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayV2httpRequest as Event, ApiGatewayV2httpResponse as Response,
};
pub use parameters::{Missing, Parameters};

#[cfg(test)]
mod tests;
