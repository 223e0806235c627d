//! Calls that programs steer: a pure machine.
//!
//! A call is a log of events. [`accept`] says whether a command may be carried out, [`hear`] what it means that
//! something is heard from Twilio: both add to the log, and [`fold`] tells what it comes to. [`agenda`] compares how a
//! call is with what is wanted of it, and says what is to be done at Twilio.
//!
//! ```text
//! command ─ accept ┐                        ┌ fold → Call ─ agenda → requests to Twilio ┐
//!                  ├→ events, one log ──────┤                                           │
//! Twilio ── hear ──┘                        └ told to the program                       │
//!    ↑───────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! What a program is told of a call, and when, is decided in [`telling`].
//!
//! Everybody who has picked up is in one of two places: alone in a **booth**, where anything can be played to them and
//! asked of them, on hold or not; or in a **seat**, in the room with the others. Where they belong follows from who
//! else is there, and whoever asks Twilio's question "what next?" is told that place: so no order to move can be lost,
//! come late, or be carried out twice.

mod accept;
mod address;
mod agenda;
mod arrivals;
mod call;
mod capabilities;
mod cloud_event;
mod command;
mod draft;
mod event;
mod evidence;
mod feed;
mod feeding;
mod fold;
mod follow;
mod going_over;
mod handover;
mod hold;
mod ids;
mod keys;
mod later;
mod news;
mod plain;
mod problem;
mod record;
mod recording;
#[cfg(feature = "schema")]
mod schema;
mod screened;
mod spoken;
pub mod telling;
mod view;
mod words;
mod written;

pub use accept::{Accepted, Asked, MOST_PARTICIPANTS, accept, create, offer};
pub use address::Address;
pub use agenda::{Agenda, Deed, Requests, Steered, Work, agenda, unanswered, undone};
pub use call::{
    Action, ActionState, AnsweredBy, Call, CallState, Cause, Consult, Decision, Direction, Offer,
    Participant, ParticipantState, Place, Wanted,
};
pub use capabilities::{Capabilities, Capability, OfAction, OfParticipant, capabilities};
pub use cloud_event::{Beside, Gap, cloud_event, cloud_event_beside, event_id};
pub use command::{
    Add, Announcement, Choice, Command, Consent, Create, Document, HELD_ALONE_SECONDS, Listens, Machine,
    Refusal, Ring, Role, RoleName, Screen, WhenBusy, Who,
};
pub use event::{Event, Happened, Heard, Source};
pub use evidence::Evidence;
pub use feed::{Engine, Fed, Feed, FeedKind, FeedOf, FeedState, FeedWish, Said, Tracks, WhyStopped};
pub use fold::{fold, fold_all};
pub use going_over::{Destination, Handover, Origin, Owed, WentOver};
pub use handover::{Moved, Transferred, hand_over, move_over, transfer_out};
pub use ids::{ActionId, CallId, NoSuchName, ParticipantId};
pub use news::{News, hear};
pub use plain::{Plain, Rung};
pub use problem::{Code, Problem};
pub use record::{Channels, Consented, Recording, RecordingState, WhyLost, Wish};
pub use recording::{ListedRecording, Recorded};
#[cfg(feature = "schema")]
pub use schema::CloudEvent;
pub use screened::{ASKED_TIMES, MOST_WORDS};
pub use view::{ActionEnd, ActionView, CallView, ParticipantView, RecordingView, actions};
pub use words::InOrder;

#[cfg(test)]
mod tests;
