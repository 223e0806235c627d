//! Endpoints: where programs of others are told something, which they gave us an address for.
//!
//! Whoever gives an address may mean a place that only we can reach. So an endpoint is https, its host is looked up
//! once, all addresses that it has must be public, and the connection goes to one of just those. Redirects are not
//! followed. What is sent is signed as [Standard Webhooks](https://www.standardwebhooks.com) has it, with each secret
//! that is valid, so that one takes the place of the other without a gap.
//!
//! ## Layout
//! - [`Endpoint`]: an address that may be one.
//! - [`is_public`]: which addresses of machines are.
//! - [`Sender`]: sends, and hears the answer.

mod addresses;
mod retry_after;
mod sender;
mod signed;
mod url;

pub use addresses::{Reach, is_public};
pub use sender::{Answered, Message, Sender, Sending, Unanswered};
pub use signed::{NotSigned, signature};
pub use url::{BadEndpoint, Endpoint};
