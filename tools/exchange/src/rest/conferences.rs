//! Conferences and those who are in them.
//!
//! Source: Twilio's pages "Conference resource" and "Conference Participant resource", and its `OpenAPI` file.

use std::sync::Arc;

use http::StatusCode;
use phone::{AccountSid, CallSid};
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::reply::{Content, Reply};
use super::{calls, list, recordings};
use crate::api_call::Answering;
use crate::document::{Join, RoomCallback, read};
use crate::leg::Leg;
use crate::leg_handle::LegHandle;
use crate::network::Network;
use crate::params::{Params, push, rfc2822};
use crate::rooms::{Change, Coach, Hold, Participant, Room, RoomStatus, is_label, music_of};
use crate::webhooks::{Method, Webhook, WebhookKind};

/// `GET /Conferences.json`: those that go on, unless the query asks for others.
pub(super) fn list(network: &Network, account_sid: &AccountSid, (path, query): (&str, &str)) -> Reply {
    let form = Form::of(query.as_bytes());
    let now = network.clock.now();
    let lists = network.desk.lists();
    let mut rooms = network.rooms.all();
    rooms.retain(|room| {
        let status = room.status();
        let wanted = form.get("Status");
        room.account_sid == *account_sid
            && crate::clock::later(room.created, lists.lag) <= now
            && match wanted {
                Some(wanted) => wanted == status.as_str(),
                None => status == RoomStatus::InProgress,
            }
            && form.get("FriendlyName").is_none_or(|name| name == room.name)
            && recordings::within(&form, "DateCreated", room.created)
    });
    rooms.reverse();
    let entries = rooms.iter().map(|room| (room.sid.clone(), to_json(room))).collect();
    list::page(lists, "conferences", (path, query), entries)
}

/// `GET /Conferences/{CF}.json`
pub(super) fn fetch(room: &Room) -> Reply {
    Reply::new(StatusCode::OK, Content::Json(to_json(room)))
}

/// `POST /Conferences/{CF}.json`: ends it, or lets all hear something.
pub(super) fn update(network: &Arc<Network>, room: &Arc<Room>, form: &Form) -> Reply {
    let announcement = match form.url("AnnounceUrl", 21205) {
        Ok(url) => url,
        Err(reply) => return reply,
    };
    match form.get("Status") {
        Some("completed") if !room.end() => return bad(20001, "Bad request"),
        Some("completed") | None => {}
        Some(other) => return bad(20001, &format!("Invalid parameter Status: {other}")),
    }
    if let Some(url) = announcement {
        announce(network, room, None, url, form.method("AnnounceMethod", Method::Post));
    }
    Reply::new(StatusCode::OK, Content::Json(to_json(room)))
}

/// Fetches what is to be heard, once for all who are to hear it.
fn announce(network: &Arc<Network>, room: &Arc<Room>, to: Option<CallSid>, url: String, method: Method) {
    let (network, room) = (network.clone(), room.clone());
    let clock = network.clock.clone();
    drop(clock.spawn(async move {
        let Some(leg) = room.participants().into_iter().next().map(|one| one.leg) else { return };
        let webhook = Webhook {
            kind: WebhookKind::Announcement,
            account_sid: room.account_sid.clone(),
            call_sid: to.clone().unwrap_or_else(|| leg.sid().clone()),
            method,
            url: url.clone(),
            params: params_of(&room, to.as_ref()),
        };
        let answer = network.post.ask(&leg.log, webhook).await;
        match answer.and_then(|answer| read::answer(&answer)) {
            Ok(program) => room.announce(network.next_number(), &url, to.as_ref(), &Arc::new(program)),
            Err(failure) => {
                leg.log.error(failure.code, failure.message.clone());
                room.announcement_failed(&url, to.as_ref(), &failure.message);
            }
        }
    }));
}

fn params_of(room: &Room, to: Option<&CallSid>) -> Params {
    let mut params = Params::new();
    for (name, value) in [
        ("AccountSid", room.account_sid.as_str()),
        ("ConferenceSid", &room.sid),
        ("FriendlyName", &room.name),
    ] {
        push(&mut params, name, value);
    }
    if let Some(to) = to {
        push(&mut params, "CallSid", to.as_str());
    }
    params
}

/// `GET /Conferences/{CF}/Participants.json`
pub(super) fn participants(network: &Network, room: &Room, (path, query): (&str, &str)) -> Reply {
    let form = Form::of(query.as_bytes());
    let is = |name: &str, value: bool| form.get(name).is_none_or(|wanted| wanted == value.to_string());
    let mut participants = room.participants();
    participants.retain(|one| {
        is("Muted", one.join.muted) && is("Hold", one.hold.is_some()) && is("Coaching", one.is_coaching())
    });
    let mut entries: Vec<list::Entry> = participants
        .iter()
        .map(|one| (one.leg.sid().as_str().to_owned(), participant_json(room, one)))
        .collect();
    if network.config.unverified.lists_whom_it_calls {
        for (leg, join) in room.expected() {
            entries.push((leg.sid().as_str().to_owned(), called_json(room, &leg, &join)));
        }
    }
    list::page(network.desk.lists(), "participants", (path, query), entries)
}

/// `POST /Conferences/{CF or name}/Participants.json`: calls somebody into it.
pub(super) fn add(network: &Arc<Network>, account_sid: &AccountSid, which: &str, form: &Form) -> Reply {
    match added(network, account_sid, which, form) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn added(network: &Arc<Network>, account_sid: &AccountSid, which: &str, form: &Form) -> Result<Reply, Reply> {
    let is_sid = is_conference_sid(which);
    let room = if is_sid {
        let room = network.rooms.with_sid(account_sid, which);
        // What Twilio answers for one that is over is unverified.
        Some(room.filter(|room| room.status() != RoomStatus::Completed).ok_or_else(Reply::not_found)?)
    } else {
        network.rooms.live(account_sid, which)
    };
    let parties = calls::parties(network, account_sid, form)?;
    let name = room.as_ref().map_or_else(|| which.to_owned(), |room| room.name.clone());
    let join = join_of(form, name)?;
    if let (Some(room), Some(label)) = (&room, &join.label)
        && room.participants().iter().any(|one| one.join.label.as_ref() == Some(label))
    {
        return Err(bad(16026, &format!("The participant label {label} is already in use")));
    }
    let beside = ["AsyncAmd", "AsyncAmdStatusCallback"].iter().any(|name| form.get(name).is_some());
    if beside {
        network.problem(21263, "a participant's detection is always beside the call: AmdStatusCallback");
    }
    let answering = Answering::Join(Box::new(join.clone()));
    let call = calls::of_participant(network, account_sid, form, parties, answering)?;
    let (leg, run) = Leg::by_api(network, call);
    // The conference is there from now on, as its identifier is told.
    let room = match room {
        Some(room) => room,
        None => network.rooms.open((&network.post, &network.sids), account_sid, which, &leg),
    };
    room.expect(&leg, &join);
    drop(network.clock.spawn(run));
    Ok(Reply::new(StatusCode::CREATED, Content::Json(called_json(&room, &leg, &join))))
}

/// How somebody whom REST calls is to be in a conference.
fn join_of(form: &Form, name: String) -> Result<Join, Reply> {
    let label = form.get("Label").map(str::to_owned);
    if let Some(label) = &label
        && !is_label(label)
    {
        return Err(bad(16024, &format!("The participant label {label} is not valid")));
    }
    let beep = form.get("Beep").unwrap_or("true");
    let events: Vec<String> = match form.all("ConferenceStatusCallbackEvent") {
        none if none.is_empty() => vec!["start".into(), "end".into()],
        events => events
            .iter()
            .flat_map(|event| event.split([' ', ',']))
            .filter(|event| !event.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let status = form.url("ConferenceStatusCallback", 21609)?.map(|url| RoomCallback {
        url,
        method: form.method("ConferenceStatusCallbackMethod", Method::Post),
        events,
    });
    let coached = form.get("CallSidToCoach").map(str::to_owned);
    let coach = coached.filter(|_| form.is_true("Coaching"));
    let names = [
        "ConferenceRecordingStatusCallback",
        "ConferenceRecordingStatusCallbackMethod",
        "ConferenceRecordingStatusCallbackEvent",
    ];
    let recording_status = form.recording_callback(names, &[' ', ','])?;
    let most = form.number("MaxParticipants", 2..=250)?.unwrap_or(250);
    Ok(Join {
        name,
        label,
        muted: form.is_true("Muted"),
        starts: form.flag("StartConferenceOnEnter", true),
        ends: form.is_true("EndConferenceOnExit"),
        beeps: matches!(beep, "true" | "onEnter"),
        beeps_on_exit: matches!(beep, "true" | "onExit"),
        wait: music_of(form.given("WaitUrl"), form.method("WaitMethod", Method::Post)),
        most: usize::try_from(most).unwrap_or(250),
        coach,
        records: matches!(form.get("ConferenceRecord"), Some("true" | "record-from-start")),
        trim: form.get("ConferenceTrim") != Some("do-not-trim"),
        status,
        recording_status,
    })
}

/// Whether this is a conference's identifier, and no name.
pub(super) fn is_conference_sid(text: &str) -> bool {
    text.len() == 34 && text.starts_with("CF") && text[2..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `GET /Conferences/{CF}/Participants/{CA or label}.json`
pub(super) fn participant(room: &Room, which: &str) -> Reply {
    room.participant(which).map_or_else(Reply::not_found, |one| {
        Reply::new(StatusCode::OK, Content::Json(participant_json(room, &one)))
    })
}

/// `DELETE /Conferences/{CF}/Participants/{CA or label}.json`
pub(super) fn remove(room: &Room, which: &str) -> Reply {
    let Some(one) = room.participant(which) else { return Reply::not_found() };
    room.kick(one.leg.sid());
    Reply::new(StatusCode::NO_CONTENT, Content::Empty)
}

/// `POST /Conferences/{CF}/Participants/{CA or label}.json`
pub(super) fn change(network: &Arc<Network>, room: &Arc<Room>, which: &str, form: &Form) -> Reply {
    match changed(network, room, which, form) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn changed(network: &Arc<Network>, room: &Arc<Room>, which: &str, form: &Form) -> Result<Reply, Reply> {
    let one = room.participant(which).ok_or_else(Reply::not_found)?;
    let announcement = form.url("AnnounceUrl", 21205)?;
    let hold = match form.get("Hold") {
        None => None,
        Some("true") => {
            let method = form.method("HoldMethod", Method::Get);
            Some(Hold::On(music_of(form.url("HoldUrl", 21205)?.as_deref(), method)))
        }
        Some(_) => Some(Hold::Off),
    };
    let coach = match (form.get("Coaching"), form.get("CallSidToCoach")) {
        (Some("true"), Some(coached)) => Some(Coach::This(coached.to_owned())),
        (Some("true"), None) => return Err(bad(16028, "Coaching needs a CallSidToCoach")),
        (Some(_), _) => Some(Coach::Nobody),
        (None, Some(coached)) if one.is_coaching() => Some(Coach::This(coached.to_owned())),
        (None, _) => None,
    };
    let said = |name: &str| form.get(name).map(|value| value.eq_ignore_ascii_case("true"));
    let change = Change {
        muted: said("Muted"),
        hold,
        ends: said("EndConferenceOnExit"),
        beeps_on_exit: said("BeepOnExit"),
        wait: form.given("WaitUrl").map(|url| music_of(Some(url), form.method("WaitMethod", Method::Post))),
        coach,
    };
    room.change(one.leg.sid(), change).map_err(|(code, message)| bad(code, &message))?;
    if let Some(url) = announcement {
        let method = form.method("AnnounceMethod", Method::Post);
        announce(network, room, Some(one.leg.sid().clone()), url, method);
    }
    let now = room.participant(one.leg.sid().as_str()).unwrap_or(one);
    Ok(Reply::new(StatusCode::OK, Content::Json(participant_json(room, &now))))
}

fn to_json(room: &Room) -> Value {
    let account = room.account_sid.as_str();
    let path = format!("/2010-04-01/Accounts/{account}/Conferences/{}", room.sid);
    let ending = room.ending();
    json!({
        "sid": room.sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "friendly_name": room.name,
        "status": room.status().as_str(),
        "region": "us1",
        "date_created": rfc2822(room.created),
        "date_updated": rfc2822(room.updated()),
        "reason_conference_ended": ending.as_ref().map(|ended| ended.reason),
        "call_sid_ending_conference": ending.and_then(|ended| ended.by).map(|by| by.as_str().to_owned()),
        "uri": format!("{path}.json"),
        "subresource_uris": {
            "participants": format!("{path}/Participants.json"),
            "recordings": format!("{path}/Recordings.json"),
        },
    })
}

fn participant_json(room: &Room, one: &Participant) -> Value {
    let mut shown = called_json(room, &one.leg, &one.join);
    shown["hold"] = json!(one.hold.is_some());
    shown["status"] = json!("connected");
    shown["queue_time"] = Value::Null;
    shown["date_created"] = json!(rfc2822(one.joined));
    shown["date_updated"] = json!(rfc2822(one.updated));
    shown
}

/// Somebody who is being called.
fn called_json(room: &Room, leg: &LegHandle, join: &Join) -> Value {
    let account = room.account_sid.as_str();
    let (sid, call) = (leg.sid().as_str(), leg.state().clone());
    json!({
        "account_sid": account,
        "call_sid": sid,
        "label": join.label,
        "call_sid_to_coach": join.coach,
        "coaching": join.coach.is_some(),
        "conference_sid": room.sid,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.created),
        "end_conference_on_exit": join.ends,
        "muted": join.muted,
        "hold": false,
        "start_conference_on_enter": join.starts,
        "status": "queued",
        "queue_time": call.queued_for.as_millis().to_string(),
        "uri": format!(
            "/2010-04-01/Accounts/{account}/Conferences/{}/Participants/{sid}.json",
            room.sid
        ),
    })
}
