//! Calls: begun, listed, led elsewhere and ended; and what is recorded of them.
//!
//! Source: Twilio's pages "Call resource" and "Recordings resource", and its `OpenAPI` file.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::reply::{Content, Reply};
use super::{list, recordings};
use crate::Address;
use crate::api_call::{Answering, ApiCall};
use crate::callbacks::Callbacks;
use crate::clock::later;
use crate::document::{CallRecording, Detection, LegCallback, LegEvent, RecordingCallback};
use crate::leg::Leg;
use crate::leg_facts::Direction;
use crate::leg_handle::{Ending, LegHandle, Signal, Source};
use crate::network::Network;
use crate::params::rfc2822;
use crate::recordings::whole_seconds;
use crate::webhooks::Method;

/// How long TwiML in a request may be.
const LONGEST_TWIML: usize = 4000;

/// `POST /Calls.json`
pub(super) fn create(network: &Arc<Network>, account_sid: &AccountSid, form: &Form) -> Reply {
    match ordered(network, account_sid, form) {
        Ok(call) => {
            let leg = begin(network, call);
            Reply::new(StatusCode::CREATED, Content::Json(to_json(&leg)))
        }
        Err(reply) => reply,
    }
}

/// Places a call that was ordered.
pub(super) fn begin(network: &Arc<Network>, call: ApiCall) -> Arc<LegHandle> {
    let (leg, run) = Leg::by_api(network, call);
    drop(network.clock.spawn(run));
    leg
}

/// The call that a form orders.
fn ordered(network: &Arc<Network>, account_sid: &AccountSid, form: &Form) -> Result<ApiCall, Reply> {
    let (from, to) = parties(network, account_sid, form)?;
    let application = match form.get("ApplicationSid") {
        None => None,
        Some(sid) => Some(
            network
                .applications
                .with_sid(account_sid, sid)
                .ok_or_else(|| bad(21218, &format!("{sid} is not a valid ApplicationSid")))?,
        ),
    };
    let source = source(form)?;
    let source = match (source, &application) {
        (_, Some(application)) => {
            Source::Url(application.urls.voice_url.clone(), application.urls.voice_method)
        }
        (Some(source), None) => source,
        (None, None) => return Err(bad(21205, "Url parameter is required.")),
    };
    let mut call = of_participant(network, account_sid, form, (from, to), Answering::Source(source))?;
    if let Some(application) = application {
        // Its URLs count, and none of the form's.
        let urls = application.urls;
        call.fallback = urls.voice_fallback_url.map(|url| (url, urls.voice_fallback_method));
        call.status = urls.status_callback.map(|url| LegCallback {
            url,
            method: urls.status_callback_method,
            events: vec![LegEvent::Completed],
        });
        call.application_sid = Some(application.sid);
    } else {
        warn_of_two_sources(network, form);
    }
    Ok(call)
}

/// What calls and participants have in common.
pub(super) fn of_participant(
    network: &Arc<Network>,
    account_sid: &AccountSid,
    form: &Form,
    (from, to): (Address, Address),
    answering: Answering,
) -> Result<ApiCall, Reply> {
    let is_participant = matches!(answering, Answering::Join(_));
    let recording = form.is_true("Record").then(|| CallRecording {
        source: "OutboundAPI",
        dual: form.get("RecordingChannels") == Some("dual"),
        trim: form.get("Trim") != Some("do-not-trim"),
        track: form.get("RecordingTrack").unwrap_or("both").to_owned(),
        from_ringing: false,
        status: None,
    });
    let recording = match recording {
        Some(recording) => Some(CallRecording { status: recording_callback(form)?, ..recording }),
        None => None,
    };
    Ok(ApiCall {
        account_sid: account_sid.clone(),
        from,
        to,
        answering,
        status: status_callback(network, form)?,
        fallback: form
            .url("FallbackUrl", 21205)?
            .map(|url| (url, form.method("FallbackMethod", Method::Post))),
        timeout: form
            .seconds("Timeout", 0..=600)
            .map_err(|_| bad(21208, "Timeout is not valid"))?
            .unwrap_or(Duration::from_mins(1)),
        time_limit: form.seconds("TimeLimit", 0..=86_400)?,
        keys: form.get("SendDigits").map(str::to_owned),
        detection: detection(form, is_participant)?,
        recording,
        application_sid: None,
    })
}

/// Who calls whom, if the account may.
pub(super) fn parties(
    network: &Network,
    account_sid: &AccountSid,
    form: &Form,
) -> Result<(Address, Address), Reply> {
    let to = form.get("To").ok_or_else(|| bad(21201, "No 'To' number is specified"))?;
    let from = form.get("From").ok_or_else(|| bad(21213, "No 'From' number is specified"))?;
    let (from, to) = (Address::from(from), Address::from(to));
    if to.number().is_none() && !to.is_client_or_sip() {
        let to = to.reveal();
        return Err(bad(21211, &format!("The phone number you are attempting to call, {to}, is not valid.")));
    }
    if to.is_client_or_sip() {
        return Ok((from, to));
    }
    if from.number().is_none() {
        let from = from.reveal();
        return Err(bad(21212, &format!("The source phone number provided, {from}, is not a valid number.")));
    }
    if !network.may_call_from(account_sid, &from) && !has_token_of(network, account_sid, form, &from) {
        let from = from.reveal();
        return Err(bad(
            21210,
            &format!(
                "Source phone number provided, {from}, is not yet verified for your account. You may only \
                 make calls from phone numbers that you've verified or purchased from Twilio."
            ),
        ));
    }
    let country = crate::address::Locality::of(&to).country;
    if network.config.forbidden_countries.iter().any(|forbidden| forbidden == country) {
        let to = to.reveal();
        return Err(bad(
            21215,
            &format!(
                "Account not authorized to call {to}. Perhaps you need to enable some international permissions."
            ),
        ));
    }
    Ok((from, to))
}

/// Whether the form has the token of a live call from this number.
fn has_token_of(network: &Network, account_sid: &AccountSid, form: &Form, from: &Address) -> bool {
    let Some(token) = form.get("CallToken") else { return false };
    network.legs.all().iter().any(|leg| {
        leg.facts().account_sid == *account_sid
            && leg.facts().call_token.as_deref() == Some(token)
            && leg.facts().from == *from
            && leg.is_live()
    })
}

/// Where the document comes from that a form names; `None` when it names none.
fn source(form: &Form) -> Result<Option<Source>, Reply> {
    let method = form.method("Method", Method::Post);
    if let Some(url) = form.url("Url", 21205)? {
        return Ok(Some(Source::Url(url, method)));
    }
    let Some(twiml) = form.get("Twiml") else { return Ok(None) };
    if twiml.chars().count() > LONGEST_TWIML {
        return Err(bad(32018, "Twiml may be no longer than 4000 characters"));
    }
    Ok(Some(Source::Twiml(twiml.to_owned())))
}

/// Where a form wants a call's states told.
fn status_url(form: &Form) -> Result<Option<(String, Method)>, Reply> {
    let Some(url) = form.url("StatusCallback", 21609)? else { return Ok(None) };
    let after_scheme = url.split_once("://").map_or(&*url, |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('_') {
        return Err(bad(21609, &format!("StatusCallback is not a valid URL: {url}")));
    }
    Ok(Some((url, form.method("StatusCallbackMethod", Method::Post))))
}

fn status_callback(network: &Network, form: &Form) -> Result<Option<LegCallback>, Reply> {
    let Some((url, method)) = status_url(form)? else { return Ok(None) };
    let asked = form.all("StatusCallbackEvent");
    let events = if asked.is_empty() {
        vec![LegEvent::Completed]
    } else {
        // Several in one string are none at all.
        let events: Vec<LegEvent> = asked.iter().filter_map(|name| LegEvent::named(name)).collect();
        if events.len() < asked.len() {
            network.problem(
                21626,
                "StatusCallbackEvent has a value that is none: it is sent once for each event",
            );
        }
        events
    };
    Ok(Some(LegCallback { url, method, events }))
}

fn recording_callback(form: &Form) -> Result<Option<RecordingCallback>, Reply> {
    let names = ["RecordingStatusCallback", "RecordingStatusCallbackMethod", "RecordingStatusCallbackEvent"];
    form.recording_callback(names, &[' '])
}

fn detection(form: &Form, is_participant: bool) -> Result<Option<Detection>, Reply> {
    // Who is sent keys is not listened to.
    let (Some(mode), None) = (form.get("MachineDetection"), form.get("SendDigits")) else {
        return Ok(None);
    };
    if !matches!(mode, "Enable" | "DetectMessageEnd") {
        return Err(bad(21234, &format!("MachineDetection is not valid: {mode}")));
    }
    let number = |name: &str, bounds: std::ops::RangeInclusive<u64>| {
        form.number(name, bounds).map_err(|_| bad(21234, &format!("{name} is not valid")))
    };
    for (name, bounds) in [
        ("MachineDetectionSpeechThreshold", 1000..=6000),
        ("MachineDetectionSpeechEndThreshold", 500..=5000),
        ("MachineDetectionSilenceTimeout", 2000..=10_000),
    ] {
        number(name, bounds)?;
    }
    let timeout = number("MachineDetectionTimeout", 3..=60)?;
    let name = if is_participant { "AmdStatusCallback" } else { "AsyncAmdStatusCallback" };
    let method = form.method(&format!("{name}Method"), Method::Post);
    Ok(Some(Detection {
        message_end: mode == "DetectMessageEnd",
        timeout: Duration::from_secs(timeout.unwrap_or(30)),
        callback: form.url(name, 21609)?.map(|url| (url, method)),
        first: !is_participant && !form.is_true("AsyncAmd"),
    }))
}

/// `GET /Calls.json`
pub(super) fn list(network: &Network, account_sid: &AccountSid, (path, query): (&str, &str)) -> Reply {
    let form = Form::of(query.as_bytes());
    if let Some(reply) = ["StartTime", "EndTime"].iter().find_map(|name| recordings::bad_time(&form, name)) {
        return reply;
    }
    let asks_for_ends = ["EndTime", "EndTime<", "EndTime>"].iter().any(|name| form.get(name).is_some());
    let now = network.clock.now();
    let lists = network.desk.lists();
    let mut legs = network.legs.all();
    legs.retain(|leg| {
        let (facts, state) = (leg.facts(), leg.state());
        let is = |name: &str, value: &str| form.get(name).is_none_or(|wanted| wanted == value);
        let begin = state.answered.unwrap_or(state.created);
        facts.account_sid == *account_sid
            && !state.is_deleted
            && later(state.created, lists.lag) <= now
            && is("To", facts.to.reveal())
            && is("From", facts.from.reveal())
            && is("ParentCallSid", facts.parent.as_ref().map_or("", phone::CallSid::as_str))
            && is("Status", state.status)
            && recordings::within(&form, "StartTime", begin)
            && (!asks_for_ends || state.ended.is_some_and(|at| recordings::within(&form, "EndTime", at)))
    });
    // The newest first.
    legs.reverse();
    let entries = legs.iter().map(|leg| (leg.sid().as_str().to_owned(), to_json(leg))).collect();
    list::page(lists, "calls", (path, query), entries)
}

/// `GET /Calls/{CA}.json`
pub(super) fn fetch(leg: &LegHandle) -> Reply {
    Reply::new(StatusCode::OK, Content::Json(to_json(leg)))
}

/// `DELETE /Calls/{CA}.json`
pub(super) fn delete(leg: &LegHandle) -> Reply {
    if leg.is_live() {
        return Reply::error(StatusCode::CONFLICT, 20009, "Cannot delete a call before it is over");
    }
    leg.state().is_deleted = true;
    Reply::new(StatusCode::NO_CONTENT, Content::Empty)
}

/// `POST /Calls/{CA}.json`: answers how it stood before.
pub(super) fn update(network: &Network, leg: &Arc<LegHandle>, form: &Form) -> Reply {
    let before = to_json(leg);
    match change(network, leg, form) {
        Ok(()) => Reply::new(StatusCode::OK, Content::Json(before)),
        Err(reply) => reply,
    }
}

fn warn_of_two_sources(network: &Network, form: &Form) {
    if form.get("Url").is_some() && form.get("Twiml").is_some() {
        network.problem(32019, "Url and Twiml are both given: the Url counts");
    }
}

fn change(network: &Network, leg: &Arc<LegHandle>, form: &Form) -> Result<(), Reply> {
    let not_in_progress = || bad(21220, "Call is not in-progress. Cannot redirect.");
    let status = leg.state().status;
    let source = source(form)?;
    let told = status_url(form)?;
    let fallback = form.url("FallbackUrl", 21205)?;
    let limit = form.seconds("TimeLimit", 1..=86_400)?;
    if !leg.is_live() {
        return Err(not_in_progress());
    }
    let ends = match form.get("Status") {
        // A leg that a <Dial> rings counts as one that goes on.
        Some("canceled") if leg.facts().direction != Direction::OutboundApi || status == "in-progress" => {
            return Err(not_in_progress());
        }
        Some("completed" | "canceled") => true,
        Some(other) => return Err(bad(20001, &format!("Invalid parameter Status: {other}"))),
        None => false,
    };
    // An inbound call that still rings runs its document already.
    if source.is_some() && !ends && status != "in-progress" && leg.facts().direction != Direction::Inbound {
        return Err(not_in_progress());
    }
    if let Some((url, method)) = told {
        leg.signal(Signal::Tell(url, method));
    }
    if let Some(url) = fallback {
        leg.signal(Signal::FallBack(url, form.method("FallbackMethod", Method::Post)));
    }
    if let Some(limit) = limit {
        leg.signal(Signal::Limit(limit));
    }
    warn_of_two_sources(network, form);
    if ends {
        leg.signal(Signal::End(Ending::Rest));
    } else if let Some(source) = source {
        network.leads_away(leg);
        leg.signal(Signal::Move(source));
    }
    Ok(())
}

/// `POST /Calls/{CA}/Recordings.json`
pub(super) fn start_recording(network: &Arc<Network>, leg: &Arc<LegHandle>, form: &Form) -> Reply {
    if leg.state().status != "in-progress" {
        return bad(21220, "Requested resource is not eligible for recording");
    }
    let running = network.recorders_of(leg.sid());
    // A second one does not begin while the first goes on.
    if let Some(recorder) = running.first() {
        return Reply::new(
            StatusCode::CREATED,
            Content::Json(recordings::to_json(network, &recorder.recording())),
        );
    }
    let status = match recording_callback(form) {
        Ok(status) => status,
        Err(reply) => return reply,
    };
    let asked = CallRecording {
        source: "StartCallRecordingAPI",
        dual: form.get("RecordingChannels") == Some("dual"),
        trim: form.get("Trim") == Some("trim-silence"),
        track: form.get("RecordingTrack").unwrap_or("both").to_owned(),
        from_ringing: true,
        status,
    };
    let callbacks = Callbacks::start(&network.post, &leg.log);
    let recorder = network.record(leg, &callbacks, asked, None);
    Reply::new(StatusCode::CREATED, Content::Json(recordings::to_json(network, &recorder.recording())))
}

pub(super) fn to_json(leg: &LegHandle) -> Value {
    let (facts, call) = (leg.facts(), leg.state().clone());
    let account = facts.account_sid.as_str();
    let begin = call.answered.unwrap_or(call.created);
    let duration = call.ended.map(|ended| {
        let lasted = call.answered.map(|answered| ended.duration_since(answered));
        let lasted = lasted.and_then(|lasted| lasted.try_into().ok());
        whole_seconds(lasted.unwrap_or_default()).to_string()
    });
    let path = format!("/2010-04-01/Accounts/{account}/Calls/{}", facts.sid);
    json!({
        "sid": facts.sid.as_str(),
        "account_sid": account,
        "api_version": "2010-04-01",
        "parent_call_sid": facts.parent.as_ref().map(phone::CallSid::as_str),
        "from": facts.from.reveal(),
        "from_formatted": facts.from.reveal(),
        "to": facts.to.reveal(),
        "to_formatted": facts.to.reveal(),
        "phone_number_sid": Value::Null,
        "status": call.status,
        "direction": facts.direction.as_str(),
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.ended.unwrap_or(begin)),
        "start_time": (call.status != "queued").then(|| rfc2822(begin)),
        "end_time": call.ended.map(rfc2822),
        "duration": duration,
        "answered_by": call.answered_by,
        "forwarded_from": facts.forwarded_from.as_ref().map(crate::Address::reveal),
        "caller_name": facts.caller_name,
        "group_sid": Value::Null,
        "queue_time": call.queued_for.as_millis().to_string(),
        "annotation": Value::Null,
        "price": Value::Null,
        "price_unit": "USD",
        "trunk_sid": Value::Null,
        "uri": format!("{path}.json"),
        "subresource_uris": {
            "recordings": format!("{path}/Recordings.json"),
            "notifications": format!("{path}/Notifications.json"),
            "streams": format!("{path}/Streams.json"),
            "transcriptions": format!("{path}/Transcriptions.json"),
        },
    })
}
