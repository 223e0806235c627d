//! What the REST API answers when nothing is broken: which resource a path names, and who may ask for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::Form;
use super::recordings::Of;
use super::reply::{Content, Reply};
use super::{
    applications, calls, conferences, keys, list, numbers, queues, recordings, streams, transcriptions,
};
use crate::accounts::Login;
use crate::desk::{RestFault, RestRequest};
use crate::network::Network;
use crate::rooms::RoomStatus;

/// A path, and in whose account.
struct Path<'a> {
    /// `None` for what is about no account.
    account_sid: Option<AccountSid>,
    /// What stands behind the account, without `.json`.
    below: Vec<&'a str>,
    /// What the last part ends in: `json`, `wav` or nothing.
    extension: Option<&'a str>,
}

fn parse(path: &str) -> Option<Path<'_>> {
    if path.starts_with("/v1/DialingPermissions/Countries/") {
        return Some(Path { account_sid: None, below: path.split('/').skip(3).collect(), extension: None });
    }
    let rest = path.strip_prefix("/2010-04-01/")?;
    let (rest, extension) = match rest.rsplit_once('.') {
        // A recording's name may end in a dot and a word: `Twilio.CURRENT` is none of those.
        Some((name, extension @ ("json" | "wav" | "mp3"))) => (name, Some(extension)),
        _ => (rest, None),
    };
    let mut parts = rest.split('/');
    if parts.next() != Some("Accounts") {
        return None;
    }
    let account_sid = match parts.next() {
        Some(sid) => Some(AccountSid::parse(sid).ok()?),
        None => None,
    };
    Some(Path { account_sid, below: parts.collect(), extension })
}

/// The kind of a request, for faults and the log.
pub(super) fn kind_of(method: &Method, path: &str) -> RestRequest {
    let Some(parsed) = parse(path) else { return RestRequest::Any };
    let is_sound = parsed.extension != Some("json");
    let posts = method == Method::POST;
    match &parsed.below[..] {
        ["Countries", _] => RestRequest::Country,
        [] => RestRequest::Account,
        ["Recordings"] => RestRequest::Recordings,
        ["Recordings", _] if method == Method::DELETE => RestRequest::DeleteRecording,
        ["Recordings", _] if is_sound => RestRequest::Media,
        ["Recordings", _] => RestRequest::Recording,
        ["Calls"] if posts => RestRequest::CreateCall,
        ["Calls"] => RestRequest::Calls,
        ["Calls", _] if posts => RestRequest::ChangeCall,
        ["Calls", _] => RestRequest::Call,
        ["Calls" | "Conferences", _, "Recordings", ..] => RestRequest::CallRecording,
        ["Calls", _, "Streams", ..] => RestRequest::Stream,
        ["Calls", _, "Transcriptions", ..] => RestRequest::LiveTranscription,
        ["IncomingPhoneNumbers", _] if posts => RestRequest::ChangeNumber,
        ["IncomingPhoneNumbers", ..] => RestRequest::Numbers,
        ["Conferences"] | ["Conferences", _] => RestRequest::Conference,
        ["Conferences", _, "Participants"] if posts => RestRequest::AddParticipant,
        ["Conferences", _, "Participants", ..] => RestRequest::Participant,
        ["Queues", ..] => RestRequest::Queue,
        ["Applications", ..] => RestRequest::Application,
        _ => RestRequest::Any,
    }
}

pub(super) fn answer(network: &Arc<Network>, request: &Request<Bytes>) -> Reply {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let path = request.uri().path();
    let parsed = parse(path);
    let account_sid = parsed.as_ref().and_then(|parsed| parsed.account_sid.clone());
    let reply = match (login(network, authorization, account_sid.as_ref()), parsed) {
        (Login::Unknown, _) => return Reply::unauthorized(),
        // That it says so is unverified; what belongs to another account it does not show.
        (Login::Another, _) | (Login::Allowed, None) => Reply::not_found(),
        (Login::Allowed, Some(parsed)) => match (account_sid, &parsed.below[..]) {
            (None, ["Countries", iso]) if request.method() == Method::GET => country(network, iso),
            (None, []) if request.method() == Method::GET => accounts(network, authorization, request),
            (None, _) => Reply::not_found(),
            (Some(account_sid), _) => of_account(network, request, &account_sid, &parsed),
        },
    };
    if reply.status == StatusCode::NOT_FOUND { Reply::not_found_at(path) } else { reply }
}

fn of_account(
    network: &Arc<Network>,
    request: &Request<Bytes>,
    account_sid: &AccountSid,
    parsed: &Path<'_>,
) -> Reply {
    if let Some(RestFault::TooManyRequests { retry_after }) =
        network.desk.too_many(account_sid, network.clock.now())
    {
        return Reply::too_many(retry_after);
    }
    let at = (request.uri().path(), request.uri().query().unwrap_or_default());
    let form = Form::of(request.body());
    let (get, post, delete) = (&Method::GET, &Method::POST, &Method::DELETE);
    let method = request.method();
    match &parsed.below[..] {
        [] if method == get => account(network, account_sid),
        ["Calls"] if method == get => calls::list(network, account_sid, at),
        ["Calls"] if method == post => calls::create(network, account_sid, &form),
        ["Calls", sid, below @ ..] => of_call(network, (account_sid, sid), below, (request, at, &form)),
        ["Conferences"] if method == get => conferences::list(network, account_sid, at),
        ["Conferences", which, "Participants"] if method == post => {
            let which = percent_encoding::percent_decode_str(which).decode_utf8_lossy();
            conferences::add(network, account_sid, &which, &form)
        }
        ["Conferences", sid, ..] if !conferences::is_conference_sid(sid) => Reply::not_allowed(),
        ["Conferences", sid, below @ ..] => {
            of_conference(network, (account_sid, sid), below, (request, at, &form))
        }
        ["Queues"] if method == get => queues::list(network, account_sid, at),
        ["Queues"] if method == post => queues::create(network, account_sid, &form),
        ["Queues", sid, below @ ..] => of_queue(network, (account_sid, sid), below, (request, at, &form)),
        ["Recordings"] if method == get => recordings::list(network, account_sid, Of::Account, at),
        ["Recordings", sid] => {
            of_recording(network, (account_sid, Of::Account, sid), parsed.extension, (method, at.1))
        }
        ["Applications"] if method == get => applications::list(network, account_sid, at),
        ["Applications"] if method == post => applications::create(network, account_sid, &form),
        ["Applications", sid] => match network.applications.with_sid(account_sid, sid) {
            None => Reply::not_found(),
            Some(one) if method == get => applications::fetch(&one),
            Some(one) if method == post => applications::change(network, one, &form),
            Some(one) if method == delete => applications::delete(network, &one),
            Some(_) => Reply::not_allowed(),
        },
        ["IncomingPhoneNumbers"] if method == get => numbers::list(network, account_sid, at),
        ["IncomingPhoneNumbers"] if method == post => numbers::create(network, account_sid, &form),
        ["IncomingPhoneNumbers", sid] if method == get => numbers::fetch(network, account_sid, sid),
        ["IncomingPhoneNumbers", sid] if method == post => numbers::change(network, account_sid, sid, &form),
        ["IncomingPhoneNumbers", sid] if method == delete => numbers::delete(network, account_sid, sid),
        ["Keys"] if method == post => keys::create(network, account_sid, &form),
        ["Keys", sid] if method == get => keys::fetch(network, account_sid, sid),
        ["Keys", sid] if method == delete => keys::delete(network, account_sid, sid),
        _ if method == get || method == delete => Reply::not_found(),
        _ => Reply::not_allowed(),
    }
}

/// A request with its path and query, and its form.
type Asked<'a> = (&'a Request<Bytes>, (&'a str, &'a str), &'a Form);

fn of_call(
    network: &Arc<Network>,
    (account_sid, sid): (&AccountSid, &str),
    below: &[&str],
    (request, at, form): Asked<'_>,
) -> Reply {
    let Some(leg) = network.legs.with_sid(account_sid, sid).filter(|leg| !leg.state().is_deleted) else {
        return Reply::not_found();
    };
    match (request.method(), below) {
        (&Method::GET, []) => calls::fetch(&leg),
        (&Method::POST, []) => calls::update(network, &leg, form),
        (&Method::DELETE, []) => calls::delete(&leg),
        (&Method::GET, ["Recordings"]) => recordings::list(network, account_sid, Of::Call(sid), at),
        (&Method::POST, ["Recordings"]) => calls::start_recording(network, &leg, form),
        (&Method::POST, ["Recordings", which]) => {
            recordings::change(network, &network.recorders_of(leg.sid()), which, form)
        }
        (_, ["Recordings", which]) => {
            of_recording(network, (account_sid, Of::Call(sid), which), Some("json"), (request.method(), at.1))
        }
        (&Method::POST, ["Streams"]) => streams::start(network, &leg, form),
        (&Method::POST, ["Streams", which]) => streams::change(network, &leg, &decoded(which), form),
        (&Method::POST, ["Transcriptions"]) => transcriptions::start(network, &leg, form),
        (&Method::POST, ["Transcriptions", which]) => {
            transcriptions::change(network, &leg, &decoded(which), form)
        }
        (&Method::GET | &Method::DELETE, _) => Reply::not_found(),
        _ => Reply::not_allowed(),
    }
}

/// A name in a path.
fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}

fn of_conference(
    network: &Arc<Network>,
    (account_sid, sid): (&AccountSid, &str),
    below: &[&str],
    (request, at, form): Asked<'_>,
) -> Reply {
    let Some(room) = network.rooms.with_sid(account_sid, sid) else { return Reply::not_found() };
    match (request.method(), below) {
        (&Method::GET, []) => conferences::fetch(&room),
        (&Method::POST, []) => conferences::update(network, &room, form),
        (&Method::GET, ["Participants"]) => conferences::participants(network, &room, at),
        (_, ["Participants", which]) => {
            let which = percent_encoding::percent_decode_str(which).decode_utf8_lossy();
            if room.status() == RoomStatus::Completed {
                return Reply::not_found();
            }
            match *request.method() {
                Method::GET => conferences::participant(&room, &which),
                Method::POST => conferences::change(network, &room, &which, form),
                Method::DELETE => conferences::remove(&room, &which),
                _ => Reply::not_allowed(),
            }
        }
        (&Method::GET, ["Recordings"]) => recordings::list(network, account_sid, Of::Conference(sid), at),
        (&Method::POST, ["Recordings", which]) => {
            let running: Vec<_> = room.recorder().into_iter().collect();
            recordings::change(network, &running, which, form)
        }
        (_, ["Recordings", which]) => {
            let of = Of::Conference(sid);
            of_recording(network, (account_sid, of, which), Some("json"), (request.method(), at.1))
        }
        (&Method::GET | &Method::DELETE, _) => Reply::not_found(),
        _ => Reply::not_allowed(),
    }
}

fn of_queue(
    network: &Arc<Network>,
    (account_sid, sid): (&AccountSid, &str),
    below: &[&str],
    (request, at, form): Asked<'_>,
) -> Reply {
    let Some(queue) = network.queues.with_sid(account_sid, sid) else { return Reply::not_found() };
    match (request.method(), below) {
        (&Method::GET, []) => queues::fetch(&queue),
        (&Method::POST, []) => queues::change(network, &queue, form),
        (&Method::DELETE, []) => queues::delete(network, &queue),
        (&Method::GET, ["Members"]) => queues::members(network, &queue, at),
        (&Method::GET, ["Members", which]) => queues::fetch_member(network, &queue, which),
        (&Method::POST, ["Members", which]) => queues::dequeue(network, &queue, which, form),
        (&Method::GET | &Method::DELETE, _) => Reply::not_found(),
        _ => Reply::not_allowed(),
    }
}

fn of_recording(
    network: &Network,
    (account_sid, of, sid): (&AccountSid, Of<'_>, &str),
    extension: Option<&str>,
    (method, query): (&Method, &str),
) -> Reply {
    let Some(recording) = recordings::find(network, account_sid, of, sid) else {
        return Reply::not_found();
    };
    match (method, extension) {
        (&Method::GET, Some("json")) => recordings::fetch(network, &recording),
        (&Method::GET, None | Some("wav")) => recordings::media(&recording, query),
        (&Method::DELETE, None | Some("json")) => recordings::delete(network, recording),
        (&Method::GET | &Method::DELETE, _) => Reply::not_found(),
        _ => Reply::not_allowed(),
    }
}

/// `GET /Accounts.json`: the one that asks, and those below it.
fn accounts(network: &Network, authorization: Option<&str>, request: &Request<Bytes>) -> Reply {
    let at = (request.uri().path(), request.uri().query().unwrap_or_default());
    let mut entries = Vec::new();
    for account in network.accounts.sids() {
        if login(network, authorization, Some(&account)) == Login::Allowed {
            entries.push((account.as_str().to_owned(), account_json(network, &account)));
        }
    }
    list::page(network.desk.lists(), "accounts", at, entries)
}

fn account(network: &Network, account_sid: &AccountSid) -> Reply {
    if network.accounts.with_sid(account_sid.as_str()).is_none() {
        return Reply::not_found();
    }
    Reply::new(StatusCode::OK, Content::Json(account_json(network, account_sid)))
}

fn account_json(network: &Network, account_sid: &AccountSid) -> Value {
    let sid = account_sid.as_str();
    let parent = network.accounts.with_sid(sid).and_then(|account| account.parent);
    json!({
        "sid": sid,
        "owner_account_sid": parent.as_ref().map_or(sid, AccountSid::as_str),
        "friendly_name": "An account of the exchange",
        "status": "active",
        "type": "Full",
        "date_created": Value::Null,
        "date_updated": Value::Null,
        "uri": format!("/2010-04-01/Accounts/{sid}.json"),
    })
}

fn country(network: &Network, iso: &str) -> Reply {
    if iso.len() != 2 || !iso.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Reply::not_found();
    }
    let enabled = !network.config.forbidden_countries.iter().any(|country| country == iso);
    Reply::new(
        StatusCode::OK,
        Content::Json(json!({
            "iso_code": iso,
            "low_risk_numbers_enabled": enabled,
            "high_risk_special_numbers_enabled": false,
            "high_risk_tollfraud_numbers_enabled": false,
        })),
    )
}

/// Whom a request comes from, as far as the account goes that it is about.
fn login(network: &Network, authorization: Option<&str>, wanted: Option<&AccountSid>) -> Login {
    let Some((scheme, encoded)) = authorization.and_then(|value| value.split_once(' ')) else {
        return Login::Unknown;
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Login::Unknown;
    }
    let Ok(decoded) = STANDARD.decode(encoded.trim()) else {
        return Login::Unknown;
    };
    let Some((user, password)) = std::str::from_utf8(&decoded).ok().and_then(|text| text.split_once(':'))
    else {
        return Login::Unknown;
    };
    network.accounts.login(user, password, wanted)
}
