//! What the REST API answers when nothing is broken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use phone::AccountSid;
use serde_json::{Value, json};

use super::reply::{Content, Reply};
use super::{RestFault, RestRequest, numbers};
use crate::clock::later;
use crate::line::rfc2822;
use crate::network::{CallRecord, Login, Network};
use crate::recordings::{Recording, RecordingStatus, whole_seconds};

const DEFAULT_PAGE_SIZE: usize = 50;
const MOST_ON_A_PAGE: usize = 1000;

/// A path below the account.
enum Resource<'a> {
    Recordings,
    Recording(&'a str),
    /// A recording's sound, and the extension asked for.
    Media(&'a str, Option<&'a str>),
    Call(&'a str),
    Numbers,
    Number(&'a str),
    Account,
    Country(&'a str),
}

/// What a path is about, and in whose account.
struct Path<'a> {
    /// `None` for what is about no account.
    account_sid: Option<AccountSid>,
    resource: Resource<'a>,
}

fn resource(path: &str) -> Option<Path<'_>> {
    if let Some(country) = path.strip_prefix("/v1/DialingPermissions/Countries/") {
        return Some(Path { account_sid: None, resource: Resource::Country(country) });
    }
    let rest = path.strip_prefix("/2010-04-01/Accounts/")?;
    let end = rest.find(['/', '.'])?;
    let (account_sid, rest) = rest.split_at(end);
    let account_sid = Some(AccountSid::parse(account_sid).ok()?);
    let of_account = |resource| Some(Path { account_sid, resource });
    if rest == ".json" {
        return of_account(Resource::Account);
    }
    let rest = rest.strip_prefix('/')?;
    of_account(match rest.split_once('/') {
        None if rest == "Recordings.json" => Resource::Recordings,
        None if rest == "IncomingPhoneNumbers.json" => Resource::Numbers,
        Some(("Recordings", name)) => match name.rsplit_once('.') {
            Some((sid, "json")) => Resource::Recording(sid),
            Some((sid, extension)) => Resource::Media(sid, Some(extension)),
            None => Resource::Media(name, None),
        },
        Some(("IncomingPhoneNumbers", name)) => Resource::Number(name.strip_suffix(".json")?),
        Some(("Calls", name)) => Resource::Call(name.strip_suffix(".json")?),
        _ => return None,
    })
}

/// The kind of a request, for faults and the log.
pub(super) fn kind_of(method: &Method, path: &str) -> RestRequest {
    match resource(path).map(|path| path.resource) {
        Some(Resource::Recordings) => RestRequest::Recordings,
        Some(Resource::Recording(_) | Resource::Media(..)) if method == Method::DELETE => {
            RestRequest::DeleteRecording
        }
        Some(Resource::Recording(_)) => RestRequest::Recording,
        Some(Resource::Media(..)) => RestRequest::Media,
        Some(Resource::Call(_)) => RestRequest::Call,
        Some(Resource::Number(_)) if method == Method::POST => RestRequest::ChangeNumber,
        Some(Resource::Numbers | Resource::Number(_)) => RestRequest::Numbers,
        Some(Resource::Account) => RestRequest::Account,
        Some(Resource::Country(_)) => RestRequest::Country,
        None => RestRequest::Any,
    }
}

pub(super) fn answer(network: &Network, request: &Request<Bytes>) -> Reply {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let path = request.uri().path();
    let (account_sid, resource) =
        resource(path).map_or((None, None), |path| (path.account_sid, Some(path.resource)));
    match login(network, authorization, account_sid.as_ref()) {
        Login::Unknown => return Reply::unauthorized(),
        // That it says so is unverified; what belongs to another account it does not show.
        Login::Another => return Reply::not_found(),
        Login::Allowed => {}
    }
    match (resource, account_sid) {
        (Some(Resource::Country(iso)), _) if request.method() == Method::GET => country(network, iso),
        (Some(resource), Some(account_sid)) => of_account(network, request, &account_sid, &resource),
        _ => Reply::not_found(),
    }
}

fn of_account(
    network: &Network,
    request: &Request<Bytes>,
    account_sid: &AccountSid,
    resource: &Resource<'_>,
) -> Reply {
    if let Some(RestFault::TooManyRequests { retry_after }) =
        network.desk.too_many(account_sid, network.clock.now())
    {
        return Reply::too_many(retry_after);
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let recording = |sid: &str| {
        let recording = network.recording(sid)?;
        (recording.account_sid == *account_sid && recording.status != RecordingStatus::Deleted)
            .then_some(recording)
    };
    match (request.method(), resource) {
        (&Method::GET, Resource::Recordings) => list(network, account_sid, path, query),
        (&Method::GET, Resource::Recording(sid)) => match recording(sid) {
            Some(recording) => Reply::new(StatusCode::OK, Content::Json(recording_json(network, &recording))),
            None => Reply::not_found(),
        },
        (&Method::GET, Resource::Media(sid, None | Some("wav"))) => match recording(sid) {
            Some(recording) if recording.status == RecordingStatus::Completed => {
                Reply::new(StatusCode::OK, Content::Wav(recording.speech.to_wav()))
            }
            _ => Reply::not_found(),
        },
        (&Method::DELETE, Resource::Recording(sid) | Resource::Media(sid, None)) => match recording(sid) {
            Some(mut recording) => {
                recording.status = RecordingStatus::Deleted;
                network.keep_recording(&recording);
                Reply::new(StatusCode::NO_CONTENT, Content::Empty)
            }
            None => Reply::not_found(),
        },
        (&Method::GET, Resource::Call(sid)) => network
            .legs()
            .iter()
            .find(|call| call.line.sid.as_str() == *sid && call.line.account_sid == *account_sid)
            .map_or_else(Reply::not_found, |call| Reply::new(StatusCode::OK, Content::Json(call_json(call)))),
        (&Method::GET, Resource::Numbers) => numbers::list(network, account_sid, path, query),
        (&Method::GET, Resource::Number(sid)) => numbers::fetch(network, account_sid, sid),
        (&Method::POST, Resource::Number(sid)) => numbers::change(network, account_sid, sid, request.body()),
        (&Method::GET, Resource::Account) => account(network, account_sid),
        (&Method::GET | &Method::DELETE, _) => Reply::not_found(),
        _ => Reply::error(StatusCode::METHOD_NOT_ALLOWED, 20004, "Method not allowed"),
    }
}

fn account(network: &Network, account_sid: &AccountSid) -> Reply {
    let Some(account) = network.account(account_sid.as_str()) else { return Reply::not_found() };
    let sid = account_sid.as_str();
    Reply::new(
        StatusCode::OK,
        Content::Json(json!({
            "sid": sid,
            "owner_account_sid": account.parent.as_ref().map_or(sid, AccountSid::as_str),
            "friendly_name": "An account of the exchange",
            "status": "active",
            "type": "Full",
            "uri": format!("/2010-04-01/Accounts/{sid}.json"),
        })),
    )
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
    network.login(user, password, wanted)
}

/// What a list is narrowed to, and which page of it is asked for.
#[derive(Default)]
struct Query {
    call_sid: Option<String>,
    on: Option<Date>,
    not_after: Option<Timestamp>,
    not_before: Option<Timestamp>,
    page_size: Option<usize>,
    page: usize,
    after: Option<String>,
}

impl Query {
    /// Reads the query; an error is the name of the parameter that makes no sense.
    fn parse(query: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let bad = || name.to_string();
            match &*name {
                "CallSid" => parsed.call_sid = Some(value.into_owned()),
                "DateCreated" => parsed.on = Some(day(&value).ok_or_else(bad)?),
                "DateCreated<" => {
                    parsed.not_after = Some(instant(&value, true).ok_or_else(bad)?);
                }
                "DateCreated>" => {
                    parsed.not_before = Some(instant(&value, false).ok_or_else(bad)?);
                }
                "PageSize" => parsed.page_size = Some(value.parse().map_err(|_| bad())?),
                "Page" => parsed.page = value.parse().map_err(|_| bad())?,
                "PageToken" => parsed.after = Some(value.trim_start_matches("PA").to_owned()),
                _ => {}
            }
        }
        Ok(parsed)
    }

    fn matches(&self, recording: &Recording) -> bool {
        let created = recording.started;
        self.call_sid.as_ref().is_none_or(|sid| recording.call_sid.as_str() == sid)
            && self.on.is_none_or(|day| created.to_zoned(TimeZone::UTC).date() == day)
            && self.not_after.is_none_or(|latest| created <= latest)
            && self.not_before.is_none_or(|earliest| created >= earliest)
    }
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

fn list(network: &Network, account_sid: &AccountSid, path: &str, query: &str) -> Reply {
    let parsed = match Query::parse(query) {
        Ok(parsed) => parsed,
        Err(name) => {
            return Reply::error(StatusCode::BAD_REQUEST, 20001, &format!("Invalid parameter {name}"));
        }
    };
    let lists = network.desk.lists();
    let size = parsed.page_size.unwrap_or(DEFAULT_PAGE_SIZE).clamp(1, MOST_ON_A_PAGE);
    let length = lists.page_length.unwrap_or(size).min(size);
    let now = network.clock.now();
    let mut found = network.recordings();
    found.retain(|recording| {
        let ended = later(recording.started, recording.speech.length());
        recording.account_sid == *account_sid
            && recording.status != RecordingStatus::Deleted
            && later(ended, lists.lag) <= now
            && parsed.matches(recording)
    });
    // The newest first; the SID decides between those of the same instant.
    found.sort_by(|one, other| (other.started, &other.sid).cmp(&(one.started, &one.sid)));
    let begin = match &parsed.after {
        // A page goes on behind the last one seen, also when that was deleted meanwhile.
        Some(sid) => network.recording(sid).map_or(found.len(), |last| {
            found.partition_point(|next| (next.started, &next.sid) >= (last.started, &last.sid))
        }),
        None => parsed.page.saturating_mul(length),
    };
    let page: Vec<&Recording> = found.iter().skip(begin).take(length).collect();
    let link = |number: usize, after: Option<&Recording>| {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !matches!(&**name, "Page" | "PageToken" | "PageSize"))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        pairs.push(("PageSize".into(), size.to_string()));
        pairs.push(("Page".into(), number.to_string()));
        if let Some(last) = after {
            pairs.push(("PageToken".into(), format!("PA{}", last.sid)));
        }
        crate::url::with_query(path, &pairs)
    };
    let has_more = begin + page.len() < found.len();
    let next = page.last().filter(|_| has_more);
    Reply::new(
        StatusCode::OK,
        Content::Json(json!({
            "recordings": page
                .iter()
                .map(|recording| recording_json(network, recording))
                .collect::<Vec<_>>(),
            "page": parsed.page,
            "page_size": size,
            "start": begin,
            "end": begin + page.len().saturating_sub(1),
            "uri": link(parsed.page, None),
            "first_page_uri": link(0, None),
            "next_page_uri": next.map(|last| link(parsed.page + 1, Some(last))),
            "previous_page_uri": Value::Null,
        })),
    )
}

fn recording_json(network: &Network, recording: &Recording) -> Value {
    let account = recording.account_sid.as_str();
    let path = format!("/2010-04-01/Accounts/{account}/Recordings/{}", recording.sid);
    let error_code = match recording.status {
        RecordingStatus::Absent { error_code } => Some(error_code),
        _ => None,
    };
    let done = recording.status != RecordingStatus::Processing;
    json!({
        "sid": recording.sid.as_str(),
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": recording.call_sid.as_str(),
        "conference_sid": Value::Null,
        "channels": 1,
        "date_created": rfc2822(recording.started),
        "date_updated": rfc2822(recording.started),
        "start_time": rfc2822(recording.started),
        "duration": if done { json!(recording.duration.to_string()) } else { json!("-1") },
        "price": Value::Null,
        "price_unit": "USD",
        "source": "RecordVerb",
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

fn call_json(call: &CallRecord) -> Value {
    let line = &call.line;
    let account = line.account_sid.as_str();
    let begin = call.answered.unwrap_or(call.created);
    let duration = call.ended.map(|ended| {
        let lasted = call.answered.map(|answered| ended.duration_since(answered));
        let lasted = lasted.and_then(|lasted| lasted.try_into().ok());
        whole_seconds(lasted.unwrap_or_default()).to_string()
    });
    json!({
        "sid": line.sid.as_str(),
        "account_sid": account,
        "api_version": "2010-04-01",
        "parent_call_sid": line.parent.as_ref().map(phone::CallSid::as_str),
        "from": line.from.reveal(),
        "from_formatted": line.from.reveal(),
        "to": line.to.reveal(),
        "to_formatted": line.to.reveal(),
        "phone_number_sid": Value::Null,
        "status": call.status,
        "direction": line.direction.as_str(),
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.ended.unwrap_or(begin)),
        "start_time": rfc2822(begin),
        "end_time": call.ended.map(rfc2822),
        "duration": duration,
        "answered_by": Value::Null,
        "forwarded_from": line.forwarded_from.as_ref().map(crate::Address::reveal),
        "caller_name": line.caller_name,
        "group_sid": Value::Null,
        "queue_time": "0",
        "price": Value::Null,
        "price_unit": "USD",
        "trunk_sid": Value::Null,
        "uri": format!("/2010-04-01/Accounts/{account}/Calls/{}.json", line.sid),
    })
}
