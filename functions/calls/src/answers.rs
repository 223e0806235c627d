//! What programs are answered.

use live::{ActionEnd, ActionId, ActionView, CallView, RecordingView};
use serde::Serialize;
use serde_json::Value;

/// A call that begins.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Created<'a> {
    /// The action by which it does.
    pub(crate) action: ActionId,
    pub(crate) call: CallView<'a>,
}

/// What is wanted of a call is to be done.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Accepted<'a> {
    pub(crate) action: AcceptedAction,
    /// As it is now.
    pub(crate) call: CallView<'a>,
}

/// An action that was accepted.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct AcceptedAction {
    pub(crate) id: ActionId,
    /// `queued`; or `succeeded`, if it is so already.
    pub(crate) state: ActionEnd,
}

/// The calls that go on, the oldest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Calls<'a> {
    pub(crate) calls: Vec<CallView<'a>>,
}

/// What was wanted of a call, and what became of it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Actions {
    pub(crate) actions: Vec<ActionView>,
}

/// What is recorded of a call, or was.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Recordings<'a> {
    pub(crate) recordings: Vec<RecordingView<'a>>,
}

/// A part of a call's log.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Events {
    #[cfg_attr(feature = "schema", schemars(with = "Vec<live::CloudEvent>"))]
    pub(crate) events: Vec<Value>,
    /// What to ask behind the next time.
    pub(crate) next_after: u64,
}
