//! Real-time transcriptions of a call: begun and ended. Twilio neither lists nor shows them.
//!
//! Source: Twilio's page "Realtime Transcription resource", and its `OpenAPI` file.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::reply::{Content, Reply};
use crate::callbacks::Callbacks;
use crate::document::TranscriptionAsked;
use crate::leg_handle::LegHandle;
use crate::live_transcription::LiveTranscription;
use crate::network::Network;
use crate::params::rfc2822;
use crate::webhooks::Method;

/// `POST /Calls/{CA}/Transcriptions.json`
pub(super) fn start(network: &Arc<Network>, leg: &Arc<LegHandle>, form: &Form) -> Reply {
    let asked = match asked(form) {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    if leg.state().status != "in-progress" {
        return bad(21220, "Call is not in the expected state");
    }
    let is_taken = |name: &String| {
        network.listeners.transcriptions_of(leg.sid()).iter().any(|it| it.asked.name.as_ref() == Some(name))
    };
    if network.config.unverified.names_are_unique && asked.name.as_ref().is_some_and(is_taken) {
        return bad(20001, "A transcription of that name goes on");
    }
    let callbacks = Callbacks::start(&network.post, &leg.log);
    let transcription = network.start_transcription(leg, &callbacks, asked);
    shown(network, &transcription, "in-progress")
}

fn asked(form: &Form) -> Result<TranscriptionAsked, Reply> {
    let track = form.get("Track").unwrap_or("both_tracks");
    if !matches!(track, "inbound_track" | "outbound_track" | "both_tracks") {
        return Err(bad(20001, &format!("Invalid parameter Track: {track}")));
    }
    let owned = |name: &str| form.get(name).map(str::to_owned);
    let url = form.url("StatusCallbackUrl", 21609)?;
    let url = url.ok_or_else(|| bad(21609, "StatusCallbackUrl is missing"))?;
    let asked = TranscriptionAsked {
        name: owned("Name"),
        track: track.to_owned(),
        inbound_label: owned("InboundTrackLabel"),
        outbound_label: owned("OutboundTrackLabel"),
        partial_results: form.is_true("PartialResults"),
        language: owned("LanguageCode").unwrap_or_else(|| "en-US".to_owned()),
        engine: owned("TranscriptionEngine").unwrap_or_else(|| "google".to_owned()),
        profanity_filter: form.flag("ProfanityFilter", true),
        speech_model: owned("SpeechModel").unwrap_or_else(|| "telephony".to_owned()),
        hints: owned("Hints"),
        punctuation: form.flag("EnableAutomaticPunctuation", true),
        status: (url, form.method("StatusCallbackMethod", Method::Post)),
    };
    if !asked.has_engine() {
        return Err(bad(32650, &format!("There is no transcription engine {}", asked.engine)));
    }
    Ok(asked)
}

/// `POST /Calls/{CA}/Transcriptions/{GT or name}.json`
pub(super) fn change(network: &Network, leg: &LegHandle, which: &str, form: &Form) -> Reply {
    if form.get("Status") != Some("stopped") {
        return bad(20001, "Invalid parameter Status: stopped is expected");
    }
    let transcriptions = network.listeners.transcriptions_of(leg.sid());
    let is_it = |it: &&Arc<LiveTranscription>| it.sid == which || it.asked.name.as_deref() == Some(which);
    match transcriptions.iter().find(is_it) {
        Some(transcription) => {
            network.stop_transcription(transcription);
            shown(network, transcription, "stopped")
        }
        None if !leg.is_live() => bad(21220, "Call is not in the expected state"),
        None => Reply::not_found(),
    }
}

fn shown(network: &Network, transcription: &LiveTranscription, status: &str) -> Reply {
    let facts = transcription.leg.facts();
    let account = facts.account_sid.as_str();
    let path = format!("/2010-04-01/Accounts/{account}/Calls/{}/Transcriptions", facts.sid);
    let shown: Value = json!({
        "sid": transcription.sid,
        "account_sid": account,
        "call_sid": facts.sid.as_str(),
        "name": transcription.asked.name,
        "status": status,
        "date_updated": rfc2822(network.clock.now()),
        "uri": format!("{path}/{}.json", transcription.sid),
    });
    Reply::new(StatusCode::OK, Content::Json(shown))
}
