//! The REST API: calls, conferences, queues, recordings, numbers, applications and accounts.

mod answers;
mod applications;
mod calls;
mod conferences;
mod form;
mod keys;
mod list;
mod numbers;
mod queues;
mod recordings;
mod reply;
mod server;
mod streams;
mod transcriptions;
mod visitors;

pub(crate) use server::serve;
