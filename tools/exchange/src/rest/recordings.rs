//! Recordings: listed, fetched, paused, ended and deleted.
//!
//! Source: Twilio's page "Recordings resource", and its `OpenAPI` file.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::list;
use super::reply::{Content, Reply};
use crate::call_recorder::CallRecorder;
use crate::clock::later;
use crate::network::Network;
use crate::params::rfc2822;
use crate::recordings::{Recording, RecordingStatus};

/// Whose recordings are asked for.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Account,
    Call(&'a str),
    Conference(&'a str),
}

impl Of<'_> {
    fn has(self, recording: &Recording) -> bool {
        match self {
            Self::Account => true,
            Self::Call(sid) => recording.call_sid.as_str() == sid && recording.conference_sid.is_none(),
            Self::Conference(sid) => recording.conference_sid.as_deref() == Some(sid),
        }
    }
}

/// Whether an instant lies where the query wants it: `name`, `name<` and `name>`.
pub(super) fn within(form: &Form, name: &str, at: Timestamp) -> bool {
    let on = form.get(name).and_then(day);
    let latest = form.get(&format!("{name}<")).and_then(|text| instant(text, true));
    let earliest = form.get(&format!("{name}>")).and_then(|text| instant(text, false));
    on.is_none_or(|day| at.to_zoned(TimeZone::UTC).date() == day)
        && latest.is_none_or(|latest| at <= latest)
        && earliest.is_none_or(|earliest| at >= earliest)
}

/// The first parameter about a time that makes no sense.
pub(super) fn bad_time(form: &Form, name: &str) -> Option<Reply> {
    [name.to_owned(), format!("{name}<"), format!("{name}>")].iter().find_map(|name| {
        let value = form.get(name)?;
        instant(value, false).is_none().then(|| bad(20001, &format!("Invalid parameter {name}")))
    })
}

fn day(text: &str) -> Option<Date> {
    instant(text, false).map(|instant| instant.to_zoned(TimeZone::UTC).date())
}

/// A day or an instant; of a day its begin, or its end.
fn instant(text: &str, end_of_day: bool) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let day: Date = text.parse().ok()?;
    let begin = day.to_zoned(TimeZone::UTC).ok()?;
    let zoned = if end_of_day { begin.end_of_day().ok()? } else { begin };
    Some(zoned.timestamp())
}

/// A recording of the account that is not deleted.
pub(super) fn find(network: &Network, account_sid: &AccountSid, of: Of<'_>, sid: &str) -> Option<Recording> {
    let recording = network.archive.with_sid(sid)?;
    (recording.account_sid == *account_sid
        && recording.status != RecordingStatus::Deleted
        && of.has(&recording))
    .then_some(recording)
}

/// `GET …/Recordings.json`
pub(super) fn list(
    network: &Network,
    account_sid: &AccountSid,
    of: Of<'_>,
    (path, query): (&str, &str),
) -> Reply {
    let form = Form::of(query.as_bytes());
    if let Some(reply) = bad_time(&form, "DateCreated") {
        return reply;
    }
    let lists = network.desk.lists();
    let now = network.clock.now();
    let mut found = network.archive.all();
    found.retain(|recording| {
        let ended = later(recording.started, recording.speech.length());
        recording.account_sid == *account_sid
            && of.has(recording)
            // When lists show a message that is still being left is unverified.
            && !recording.is_being_left()
            && form.get("CallSid").is_none_or(|sid| recording.call_sid.as_str() == sid)
            && form.get("ConferenceSid").is_none_or(|sid| recording.conference_sid.as_deref() == Some(sid))
            && within(&form, "DateCreated", recording.started)
            && later(ended, lists.lag) <= now
    });
    // The newest first; the SID decides between those of the same instant.
    found.sort_by(|one, other| (other.started, &other.sid).cmp(&(one.started, &one.sid)));
    // A page goes on behind the last one seen, also when that was deleted meanwhile.
    let seen = form.get("PageToken").map(|token| token.trim_start_matches("PA").to_owned());
    found.retain(|recording| {
        recording.status != RecordingStatus::Deleted || seen.as_deref() == Some(recording.sid.as_str())
    });
    let shown: Vec<list::Entry> = found
        .iter()
        .map(|recording| (recording.sid.as_str().to_owned(), to_json(network, recording)))
        .collect();
    list::page(lists, "recordings", (path, query), shown)
}

/// `GET …/Recordings/{RE}.json`
pub(super) fn fetch(network: &Network, recording: &Recording) -> Reply {
    Reply::new(StatusCode::OK, Content::Json(to_json(network, recording)))
}

/// `GET …/Recordings/{RE}` and `.wav`
pub(super) fn media(recording: &Recording, query: &str) -> Reply {
    if recording.status != RecordingStatus::Completed {
        return Reply::not_found();
    }
    let wanted = Form::of(query.as_bytes()).get("RequestedChannels").map(str::to_owned);
    let wav = match (wanted.as_deref(), &recording.channels) {
        (Some("2"), None) => return bad(20001, "The recording has one channel"),
        (Some("1"), _) | (_, None) => recording.speech.to_wav(),
        (_, Some((own, others))) => own.to_stereo_wav(others),
    };
    Reply::new(StatusCode::OK, Content::Wav(wav))
}

/// `DELETE …/Recordings/{RE}.json`
pub(super) fn delete(network: &Network, mut recording: Recording) -> Reply {
    recording.status = RecordingStatus::Deleted;
    network.archive.keep(&recording);
    Reply::new(StatusCode::NO_CONTENT, Content::Empty)
}

/// `POST …/Recordings/{RE or Twilio.CURRENT}.json`: pauses, resumes and ends one that goes on.
pub(super) fn change(network: &Network, running: &[Arc<CallRecorder>], sid: &str, form: &Form) -> Reply {
    let recorder = if sid == "Twilio.CURRENT" {
        match running {
            [] => return Reply::not_found(),
            [one] => one.clone(),
            _ => return bad(16108, "More than one recording goes on: name it"),
        }
    } else {
        match running.iter().find(|one| one.recording().sid.as_str() == sid) {
            Some(one) => one.clone(),
            None if network.archive.with_sid(sid).is_some() => {
                return bad(21220, "Recording is not in-progress. Cannot change it.");
            }
            None => return Reply::not_found(),
        }
    };
    let recording = match form.get("Status") {
        Some("paused") => recorder.pause(form.get("PauseBehavior") == Some("skip")),
        Some("in-progress") => recorder.resume(),
        Some("stopped") => {
            let mut recording = recorder.stop();
            // So it is told to who ends it; by and by it is processed and then completed.
            recording.status = RecordingStatus::Stopped;
            recording
        }
        Some(other) => return bad(20001, &format!("Invalid parameter Status: {other}")),
        None => return bad(20001, "Status is missing"),
    };
    fetch(network, &recording)
}

pub(super) fn to_json(network: &Network, recording: &Recording) -> Value {
    let account = recording.account_sid.as_str();
    let path = format!("/2010-04-01/Accounts/{account}/Recordings/{}", recording.sid);
    let error_code = match recording.status {
        RecordingStatus::Absent { error_code } => Some(error_code),
        _ => None,
    };
    let going_on = matches!(recording.status, RecordingStatus::InProgress | RecordingStatus::Paused);
    let done = recording.status != RecordingStatus::Processing;
    json!({
        "sid": recording.sid.as_str(),
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": recording.call_sid.as_str(),
        "conference_sid": recording.conference_sid,
        "channels": if recording.channels.is_some() { 2 } else { 1 },
        "date_created": rfc2822(recording.started),
        "date_updated": rfc2822(recording.started),
        "start_time": rfc2822(recording.started),
        "duration": match () {
            () if going_on => Value::Null,
            () if done => json!(recording.duration.to_string()),
            () => json!("-1"),
        },
        "price": Value::Null,
        "price_unit": "USD",
        "source": recording.source,
        "track": recording.track,
        "status": recording.status.as_str(),
        "error_code": error_code,
        "encryption_details": Value::Null,
        "uri": format!("{path}.json"),
        "media_url": format!("{}{path}", network.rest_url),
        "subresource_uris": {
            "add_on_results": format!("{path}/AddOnResults.json"),
            "transcriptions": format!("{path}/Transcriptions.json"),
        },
    })
}
