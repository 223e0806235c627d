//! A telephone network in a box: plays Twilio against any base URL.
//!
//! An [`Exchange`] owns numbers of accounts ([`Exchange::wire`]) and telephones of the world
//! outside ([`Exchange::plug`]). A call ([`Exchange::call`]) asks the number's voice URL over HTTP,
//! signed as Twilio signs, and follows the TwiML that comes back, strictly: it rings the phones,
//! says and plays, records, and requests every action and callback on the way. What happened is a
//! [`Story`]. Recordings can be fetched from the exchange's REST API ([`Exchange::rest_url`]).
//!
//! People are scripts ([`Phone`], [`Caller`], [`Speech`]), and time is a [`Clock`](clock::Clock): with a
//! virtual one a call of minutes takes milliseconds, and the same call always takes the same course.
//!
//! ```no_run
//! use exchange::clock::Clock;
//! use exchange::{Caller, Config, Exchange, NumberUrls, Phone, Speech, WebhookKind};
//! use phone::AccountSid;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Clock::starting_at("2026-11-20T09:00:00Z".parse()?);
//! let account = AccountSid::parse("AC00000000000000000000000000000001")?;
//! let exchange = Exchange::start(Config::new(account, "token", clock.clone())).await?;
//! exchange.wire(
//!     "+14155550100",
//!     NumberUrls::voice("http://127.0.0.1:8080/webhook/voice")
//!         .with_status_callback("http://127.0.0.1:8080/webhook/status"),
//! );
//! exchange.plug("+12125550199", Phone::never_answers());
//!
//! let caller = Caller::new("+14155550123").leaves(Speech::english_sample());
//! let story = exchange.call(caller, "+14155550100").await;
//! clock.settled().await; // recording and transcription callbacks, too
//!
//! assert!(story.rang("+12125550199") && story.heard_beep());
//! assert_eq!(story.last_dial_status().as_deref(), Some("no-answer"));
//! assert_eq!(story.webhooks_of(WebhookKind::Transcription).len(), 1);
//! assert!(!story.heard_application_error(), "{story}");
//! # Ok(())
//! # }
//! ```
//!
//! # Faults
//! - webhooks: [`Exchange::set_delivery`] loses, doubles and delays them, beyond Twilio's limits, too;
//!   [`Exchange::resend`] replays them
//! - REST: [`Exchange::rest_faults`] breaks requests, recordings that break off or are shorter or
//!   longer than said among them; [`Exchange::set_rate_limit`], [`Exchange::set_list_lag`],
//!   [`Exchange::set_page_length`] and [`Exchange::misstate_durations`] make it as unreliable as it may be
//! - streams: [`Exchange::publish_socket`] says what stands at the address of a web socket;
//!   [`Exchange::recognisers_give_up`] ends real-time transcriptions
//! - sounds: [`Exchange::publish`] says what a `<Play>` finds, and [`Unplayable`] what comes of it
//!   when that is nothing
//! - time: [`Clock::skip`](clock::Clock::skip) moves a running clock on, as virtual time goes
//! - memory: [`Config::keeps_finished`] says how many finished calls are remembered
//! - several accounts: [`Exchange::open_account`], [`Exchange::wire_in`]; several calls at once:
//!   [`Exchange::calls_at_once`]
//! - [`Exchange::set_transcription`] and fields of [`Config`] choose among what Twilio is known to do
//!
//! # Layout
//! From the ground up; nothing in a line knows of a later line:
//! - time and sound: `clock`, virtual and real; `speech`, and in `speaking` how long it takes
//! - who people are and what they do: `address`, `phones`; `person`, one of them in a call
//! - webhooks: `webhooks`, as data; `transport`, on the wire, with `url` and `overrides`; `cookies`;
//!   `web`, the sounds of `<Play>`; `sockets`, for streams; `webhook_faults`
//! - `config`: how an exchange is set up; `sids`: identifiers; `desk`: how REST is made to fail
//! - `document`: TwiML with Twilio's defaults filled in, and without what Twilio only warns of
//! - what is remembered of a leg: `params`, as webhooks carry them; `leg_facts`, which every webhook tells; `hearing`; `leg_record`
//! - what happened, to query and to print: `recordings`, as data; `story`; `stories`, all of them
//! - legs as others hold them: `leg_handle`, with what legs tell each other; `legs`; `api_call`, an ordered call
//! - registries: `accounts`, `applications`, `queues`; `archive`, of recordings
//! - how webhooks travel: `post`; `callbacks`, for whose answers nobody waits
//! - recording beside a call: `recorded`, what follows the end; `call_recorder`
//! - `rooms`: conferences
//! - what listens beside a call: `stream`, with `mulaw`; `live_transcription`; `listeners`, all of them
//! - `network`: what all calls share
//! - `leg`: a leg as a task; below it a file for each verb, and for how it rings, runs documents and ends
//! - over HTTP: `additions`, what Twilio can't do; `rest`, its REST API
//! - `exchange`: the public face
//!
//! `coverage` has rows on how much of Twilio is played, for the tests.

mod accounts;
mod additions;
mod address;
mod api_call;
mod applications;
mod archive;
mod call_recorder;
mod callbacks;
pub mod clock;
mod config;
mod cookies;
#[cfg(test)]
mod coverage;
mod desk;
mod document;
mod exchange;
mod hearing;
mod leg;
mod leg_facts;
mod leg_handle;
mod leg_record;
mod legs;
mod listeners;
mod live_transcription;
mod mulaw;
mod network;
mod overrides;
mod params;
mod person;
mod phones;
mod post;
mod queues;
mod recorded;
mod recordings;
mod rest;
mod rooms;
mod sids;
mod sockets;
mod speaking;
mod speech;
mod stories;
mod story;
mod stream;
mod transport;
mod unverified;
mod url;
mod web;
mod webhook_faults;
mod webhooks;

pub use additions::PhoneDescription;
pub use address::Address;
pub use config::{
    Abandoned, Account, ApiKey, Config, NumberUrls, SilentRecordings, Transcription, Unplayable,
};
pub use desk::{RateLimit, RestCall, RestFault, RestRequest, Times};
pub use exchange::{CallHandle, Exchange, QueueStory, RoomStory, StartError};
pub use hearing::{Heard, Hearing};
pub use phones::{Caller, Cue, Deed, Phone};
pub use recordings::{Recording, RecordingStatus};
pub use rooms::RoomEvent;
pub use sockets::{Socket, SocketStory};
pub use speech::{SAMPLE_RATE, Speech, SpeechError};
pub use story::{EndedBy, Entry, Event, LegStory, Party, Problem, Story, What};
pub use unverified::{AfterChildMoved, Unverified};
pub use web::WebFile;
pub use webhooks::{
    Attempt, DeliveryPolicy, Method, Outgoing, SentWebhook, WebhookAnswer, WebhookFailure, WebhookKind,
    WebhookOutcome,
};
