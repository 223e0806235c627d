//! Streams of a call: begun and ended. Twilio neither lists nor shows them.
//!
//! Source: Twilio's page "Stream resource", and its `OpenAPI` file.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::reply::{Content, Reply};
use crate::callbacks::Callbacks;
use crate::document::StreamAsked;
use crate::leg_handle::LegHandle;
use crate::network::Network;
use crate::params::rfc2822;
use crate::sockets::is_address;
use crate::stream::Stream;
use crate::webhooks::Method;

/// How many parameters there are at most.
const MOST_PARAMETERS: usize = 99;

/// `POST /Calls/{CA}/Streams.json`
pub(super) fn start(network: &Arc<Network>, leg: &Arc<LegHandle>, form: &Form) -> Reply {
    let asked = match asked(form) {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    if leg.state().status != "in-progress" {
        return bad(21220, "Call is not in the expected state");
    }
    let is_taken = |name: &String| {
        network.listeners.streams_of(leg.sid()).iter().any(|it| it.asked.name.as_ref() == Some(name))
    };
    if network.config.unverified.names_are_unique && asked.name.as_ref().is_some_and(is_taken) {
        return bad(20001, "A stream of that name goes on");
    }
    let callbacks = Callbacks::start(&network.post, &leg.log);
    let stream = network.start_stream(leg, &callbacks, asked, false);
    shown(network, &stream, "in-progress")
}

fn asked(form: &Form) -> Result<StreamAsked, Reply> {
    let url = form.get("Url").ok_or_else(|| bad(20001, "Url is missing"))?;
    if !is_address(url) {
        return Err(bad(20001, "Invalid parameter Url: a wss:// address without a query is expected"));
    }
    let track = form.get("Track").unwrap_or("inbound_track");
    if !matches!(track, "inbound_track" | "outbound_track" | "both_tracks") {
        return Err(bad(20001, &format!("Invalid parameter Track: {track}")));
    }
    let parameter = |n: usize| {
        let name = form.get(&format!("Parameter{n}.Name"))?.to_owned();
        Some((name, form.get(&format!("Parameter{n}.Value")).unwrap_or_default().to_owned()))
    };
    Ok(StreamAsked {
        name: form.get("Name").map(str::to_owned),
        url: url.to_owned(),
        track: track.to_owned(),
        parameters: (1..=MOST_PARAMETERS).filter_map(parameter).collect(),
        status: form
            .url("StatusCallback", 21609)?
            .map(|url| (url, form.method("StatusCallbackMethod", Method::Post))),
    })
}

/// `POST /Calls/{CA}/Streams/{MZ or name}.json`
pub(super) fn change(network: &Network, leg: &LegHandle, which: &str, form: &Form) -> Reply {
    if form.get("Status") != Some("stopped") {
        return bad(20001, "Invalid parameter Status: stopped is expected");
    }
    let streams = network.listeners.streams_of(leg.sid());
    let is_it = |it: &&Arc<Stream>| it.sid == which || it.asked.name.as_deref() == Some(which);
    match streams.iter().find(is_it) {
        Some(stream) => {
            stream.stop();
            shown(network, stream, "stopped")
        }
        None if !leg.is_live() => bad(21220, "Call is not in the expected state"),
        None => Reply::not_found(),
    }
}

fn shown(network: &Network, stream: &Stream, status: &str) -> Reply {
    let facts = stream.leg.facts();
    let account = facts.account_sid.as_str();
    let shown: Value = json!({
        "sid": stream.sid,
        "account_sid": account,
        "call_sid": facts.sid.as_str(),
        "name": stream.asked.name,
        "status": status,
        "date_updated": rfc2822(network.clock.now()),
        "uri": format!("/2010-04-01/Accounts/{account}/Calls/{}/Streams/{}.json", facts.sid, stream.sid),
    });
    Reply::new(StatusCode::OK, Content::Json(shown))
}
