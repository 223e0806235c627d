//! A call as the REST API orders it.

use std::time::Duration;

use phone::AccountSid;

use crate::Address;
use crate::document::{CallRecording, Detection, Join, LegCallback};
use crate::leg_handle::Source;
use crate::webhooks::Method;

/// An ordered call.
#[derive(Clone, Debug)]
pub(crate) struct ApiCall {
    pub(crate) account_sid: AccountSid,
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) answering: Answering,
    pub(crate) status: Option<LegCallback>,
    pub(crate) fallback: Option<(String, Method)>,
    pub(crate) timeout: Duration,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) keys: Option<String>,
    pub(crate) detection: Option<Detection>,
    pub(crate) recording: Option<CallRecording>,
    pub(crate) application_sid: Option<String>,
}

/// What happens once somebody picks up.
#[derive(Clone, Debug)]
pub(crate) enum Answering {
    Source(Source),
    /// They join a conference.
    Join(Box<Join>),
}
