//! What the exchange can do and Twilio can't, over HTTP below `/exchange/v1`: telephones of the world outside
//! call, press keys, speak and hang up; stories are read; webhooks are lost, doubled and sent again; time
//! moves on. Everything is JSON, and asks for no login: the exchange listens on the loopback interface only.

mod faults;
mod story_json;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::{BusyGuard, Clock, later};
use crate::leg::Leg;
use crate::leg_handle::Signal;
use crate::network::Network;
use crate::phones::{Caller, Cue, Deed, Phone};
use crate::speaking::time_to_say;
use crate::{Address, Speech};
use faults::FaultDescription;

/// Where all of it stands.
const ROOT: &str = "/exchange/v1";

/// The furthest that time is moved on at once: a day.
const MOST_SECONDS: u64 = 24 * 60 * 60;

/// How long a request to move a running clock waits, in real time, until it got there.
const ARRIVAL_TIME: Duration = Duration::from_secs(5);

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Value>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body) }
    }

    fn done() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    pub(crate) fn refused(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, body: Some(json!({ "error": why.into() })) }
    }
}

/// A call from a telephone outside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCall {
    from: String,
    to: String,
    /// When the caller hangs up, whatever happens; never if absent.
    patience_seconds: Option<u64>,
    /// What the caller says after a beep before hanging up; without it they stay, in silence.
    message: Option<String>,
    /// What the caller does when words are heard, such as `{"press 1": "1"}`.
    #[serde(default)]
    keys_when_hears: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    keys: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

/// A telephone outside, and what is done with it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhoneDescription {
    /// Its number in E.164, `client:name` or a SIP address.
    pub number: String,
    /// Answers after so many seconds; 2 if nothing else is said.
    pub answers_after_seconds: Option<u64>,
    /// Says this when picking up.
    pub says: Option<String>,
    /// Hangs up after a conversation of so many seconds; never if absent.
    pub talks_for_seconds: Option<u64>,
    /// Is engaged.
    pub busy: bool,
    /// Rings for ever.
    pub never_answers: bool,
    /// Declines after so many seconds.
    pub declines_after_seconds: Option<u64>,
    /// Can't be reached.
    pub unreachable: bool,
    /// An answering machine with a greeting of so many seconds.
    pub machine_greeting_seconds: Option<u64>,
    /// Presses these keys when these words are heard.
    pub keys_when_hears: std::collections::BTreeMap<String, String>,
    /// Says this when these words are heard.
    pub words_when_hears: std::collections::BTreeMap<String, String>,
}

impl PhoneDescription {
    /// Its number.
    ///
    /// # Errors
    /// In words, when nobody can have that number.
    pub fn address(&self) -> Result<Address, String> {
        let number = Address::from(self.number.as_str());
        if number.number().is_none() && !number.is_client_or_sip() {
            let given = &self.number;
            return Err(format!(
                "number: {given:?} is no number like +12125550142, client:NAME or sip:ADDRESS"
            ));
        }
        Ok(number)
    }

    /// The telephone.
    pub fn phone(&self) -> Phone {
        let mut phone = if self.unreachable {
            Phone::unreachable()
        } else if self.busy {
            Phone::busy()
        } else if self.never_answers {
            Phone::never_answers()
        } else if let Some(after) = self.declines_after_seconds {
            Phone::declines_after(after)
        } else {
            Phone::answers_after(self.answers_after_seconds.unwrap_or(2))
        };
        if let Some(seconds) = self.talks_for_seconds {
            phone = phone.talks_for(seconds);
        }
        if let Some(seconds) = self.machine_greeting_seconds {
            phone = phone.is_a_machine(seconds);
        }
        if let Some(words) = &self.says {
            phone = phone.greets(words);
        }
        for (heard, keys) in &self.keys_when_hears {
            phone = phone.on(Cue::hears(heard).after(1), Deed::presses(keys));
        }
        for (heard, words) in &self.words_when_hears {
            phone = phone.on(Cue::hears(heard).after(1), Deed::says(words));
        }
        // Whoever is asked for a message stays on the line.
        phone.stays_silent()
    }
}

/// Whether a request is for this part of the exchange.
pub(crate) fn is_here(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Does what is asked.
pub(crate) async fn answer(network: &Arc<Network>, request: &Request<Bytes>) -> Answer {
    let busy = network.clock.busy();
    let path = request.uri().path();
    let parts: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').skip(1).collect();
    let (get, post, delete) = (&Method::GET, &Method::POST, &Method::DELETE);
    let method = request.method();
    let done = match &parts[..] {
        ["calls"] if method == get => Ok(Answer::ok(story_json::calls(network))),
        ["calls"] if method == post => read(request).and_then(|call: NewCall| place(network, &call)),
        ["calls", sid] if method == get => {
            Ok(story_json::story(network, sid).map_or_else(|| no_call(sid), Answer::ok))
        }
        ["calls", sid, "keys"] if method == post => {
            read(request).and_then(|Keys { keys }| does(network, sid, Deed::Presses(keys)))
        }
        ["calls", sid, "speech"] if method == post => {
            read(request).and_then(|Words { words }| does(network, sid, Deed::Says(words)))
        }
        ["calls", sid, "hangup"] if method == post => does(network, sid, Deed::HangsUp),
        ["rooms"] if method == get => Ok(Answer::ok(story_json::rooms(network))),
        ["queues"] if method == get => Ok(Answer::ok(story_json::queues(network))),
        ["problems"] if method == get => Ok(Answer::ok(story_json::problems(network))),
        ["phones"] if method == post => read(request).and_then(|phone| plug(network, &phone)),
        ["clock"] if method == get => Ok(Answer::ok(json!({ "now": network.clock.now().to_string() }))),
        ["clock"] if method == post => match read(request) {
            Ok(Advance { advance_seconds }) => advance(&network.clock, busy, advance_seconds).await,
            Err(answer) => Err(answer),
        },
        ["faults"] if method == post => read(request).and_then(|described: FaultDescription| {
            let fault = described.fault().map_err(|why| Answer::refused(StatusCode::BAD_REQUEST, why))?;
            network.post.faults.add(fault);
            Ok(Answer::done())
        }),
        ["faults"] if method == delete => {
            network.post.faults.clear();
            Ok(Answer::done())
        }
        ["webhooks", id, "resend"] if method == post => resend(network, busy, id).await,
        _ => Err(Answer::refused(
            StatusCode::NOT_FOUND,
            format!("{method} {path} is nothing here: see docs/exchange.md"),
        )),
    };
    done.unwrap_or_else(|answer| answer)
}

fn read<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Answer> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|content_type| !content_type.starts_with("application/json")) {
        return Err(Answer::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "write JSON, with Content-Type: application/json",
        ));
    }
    let body: &[u8] = if request.body().is_empty() { b"{}" } else { request.body() };
    serde_json::from_slice(body).map_err(|error| {
        Answer::refused(StatusCode::BAD_REQUEST, format!("the body is not understood: {error}"))
    })
}

fn no_call(sid: &str) -> Answer {
    Answer::refused(StatusCode::NOT_FOUND, format!("there is no call {sid}"))
}

fn place(network: &Arc<Network>, call: &NewCall) -> Result<Answer, Answer> {
    let to = Address::from(call.to.as_str());
    if network.urls_of(&to).is_none() {
        let ours: Vec<String> = network
            .accounts
            .sids()
            .iter()
            .flat_map(|account| network.numbers(account))
            .map(|(number, _)| number.reveal().to_owned())
            .collect();
        return Err(Answer::refused(
            StatusCode::NOT_FOUND,
            format!("no account has the number {}; there are {}", call.to, ours.join(", ")),
        ));
    }
    let mut caller = Caller::new(call.from.as_str());
    caller = match &call.message {
        Some(words) => caller.leaves(Speech::tone(time_to_say(words), words)),
        None => caller.stays_silent(),
    };
    if let Some(seconds) = call.patience_seconds {
        caller = caller.hangs_up_after(seconds);
    }
    for (heard, keys) in &call.keys_when_hears {
        caller = caller.on(Cue::hears(heard).after(1), Deed::presses(keys));
    }
    let leg = Leg::inbound(network, &caller, &to);
    let sid = leg.handle().sid().clone();
    drop(network.clock.spawn(leg.run()));
    Ok(Answer { status: StatusCode::CREATED, body: Some(json!({ "call_sid": sid.as_str() })) })
}

fn does(network: &Network, sid: &str, deed: Deed) -> Result<Answer, Answer> {
    let Some(leg) = network.legs.anywhere(sid) else { return Err(no_call(sid)) };
    if !leg.is_live() {
        return Err(Answer::refused(StatusCode::CONFLICT, format!("the call {sid} is over")));
    }
    leg.signal(Signal::Does(deed));
    Ok(Answer::done())
}

fn plug(network: &Network, described: &PhoneDescription) -> Result<Answer, Answer> {
    let number = described.address().map_err(|why| Answer::refused(StatusCode::BAD_REQUEST, why))?;
    network.plug(number, described.phone());
    Ok(Answer::done())
}

async fn advance(clock: &Clock, busy: BusyGuard, seconds: u64) -> Result<Answer, Answer> {
    if seconds > MOST_SECONDS {
        return Err(Answer::refused(
            StatusCode::BAD_REQUEST,
            format!("advance_seconds: time moves on by a day at most, {MOST_SECONDS} seconds"),
        ));
    }
    let length = Duration::from_secs(seconds);
    if clock.is_virtual() {
        // The request itself holds the time; what is due then happens when it is answered.
        let (clock, until) = (clock.clone(), later(clock.now(), length));
        drop(clock.clone().spawn(async move { clock.sleep_until(until).await }));
    } else {
        drop(busy);
        let clock = clock.clone();
        let skip = tokio::spawn(async move { clock.skip(length).await });
        // Whoever asks while answering a webhook holds the time as long as that lasts.
        let _ = tokio::time::timeout(ARRIVAL_TIME, skip).await;
    }
    Ok(Answer::ok(json!({ "now": clock.now().to_string() })))
}

async fn resend(network: &Arc<Network>, busy: BusyGuard, id: &str) -> Result<Answer, Answer> {
    let sent = id.parse().ok().and_then(|id| network.post.with_id(id));
    let Some(sent) = sent else {
        return Err(Answer::refused(StatusCode::NOT_FOUND, format!("there is no webhook {id}")));
    };
    let post = network.post.clone();
    let resent = network.clock.spawn(async move { post.resend(&sent).await });
    // The server may go by the same clock.
    drop(busy);
    let again = resent.await.map_err(|_| {
        Answer::refused(StatusCode::INTERNAL_SERVER_ERROR, format!("webhook {id} was not sent again"))
    })?;
    Ok(Answer::ok(story_json::webhook(&again)))
}
