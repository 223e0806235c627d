//! The whole system on one machine: the services that AWS gives, embedded in this process on
//! loopback ports, and a gateway that turns HTTP requests into Lambda events.
//!
//! The code under test talks to all of them through the real SDK clients and the real event
//! types; nothing in it knows that it runs here.
//!
//! # Layout
//! - [`stack`]: all of it together, with the functions behind the gateway.
//! - [`development`]: the account, the secrets and the number of a laptop.
//! - [`database`]: DynamoDB, in memory or in a folder.
//! - [`bucket`]: S3, as files in a folder.
//! - [`mailbox`]: SES, which writes each mail to a file.
//! - [`mail_events`]: what SES publishes about them.
//! - [`transcriber`]: Amazon Transcribe, which knows what the exchange's callers say.
//! - [`wakeups`]: the way from a changed row to the worker: stream, pipe, topic and queues.
//! - [`gateway`]: API Gateway: HTTP in front, Lambda events behind.
//! - [`fallback`]: what callers hear while no function answers.
//! - [`faults`]: everything that is to go wrong in a run.
//! - `permissions`: what each function may ask DynamoDB for, as the template says.
//! - [`front`]: the door of each service, which a test can slam.
//! - [`exchange_env`]: what leads programs with Twilio's own libraries to the exchange.
//! - [`outputs`]: what it tells of itself, as the deployment does.
//! - [`place`]: ports and folders.
//! - `twilio_secret`: Secrets Manager, a file in the data folder.

#[cfg(test)]
mod browser;
pub mod bucket;
pub mod database;
pub mod development;
pub mod exchange_env;
pub mod fallback;
pub mod faults;
pub mod front;
pub mod gateway;
pub mod mail_events;
pub mod mailbox;
pub mod outputs;
mod permissions;
pub mod place;
mod server;
pub mod stack;
pub mod topic;
pub mod transcriber;
mod twilio_secret;
pub mod wakeups;
