//! The account's numbers: where they lead, and changing it.
//!
//! Source: Twilio's page "`IncomingPhoneNumber` resource", and its `OpenAPI` file.

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::reply::{Content, Reply};
use crate::Address;
use crate::config::NumberUrls;
use crate::network::Network;
use crate::webhooks::Method;

/// The SID of a number: made of its digits, so that it is the same in every run.
pub(crate) fn sid_of(number: &Address) -> String {
    let digits: String = number.reveal().chars().filter(char::is_ascii_digit).collect();
    format!("PN{digits:0>32}")
}

/// `GET /IncomingPhoneNumbers.json`: those that contain what is searched for.
pub(super) fn list(network: &Network, account_sid: &AccountSid, path: &str, query: &str) -> Reply {
    let mut part = String::new();
    let (mut size, mut page) = (50usize, 0usize);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = || value.parse::<usize>();
        match &*name {
            "PhoneNumber" => part = value.into_owned(),
            "PageSize" => match number() {
                Ok(wanted @ 1..=1000) => size = wanted,
                _ => return invalid(20001, "Invalid parameter PageSize"),
            },
            "Page" => match number() {
                Ok(wanted) => page = wanted,
                Err(_) => return invalid(20001, "Invalid parameter Page"),
            },
            _ => {}
        }
    }
    let digits = part.trim_start_matches('+');
    let mut found = network.numbers(account_sid);
    found.retain(|(number, _)| number.reveal().contains(digits));
    let size = network.desk.lists().page_length.unwrap_or(size).min(size);
    let shown: Vec<Value> = found
        .iter()
        .skip(page * size)
        .take(size)
        .map(|(number, urls)| to_json(account_sid, number, urls))
        .collect();
    let link = |page: usize| format!("{path}?PageSize={size}&Page={page}");
    let has_more = (page + 1) * size < found.len();
    Reply::new(
        StatusCode::OK,
        Content::Json(json!({
            "incoming_phone_numbers": shown,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": (page * size + shown.len()).saturating_sub(1),
            "uri": link(page),
            "first_page_uri": link(0),
            "next_page_uri": has_more.then(|| link(page + 1)),
            "previous_page_uri": (page > 0).then(|| link(page - 1)),
        })),
    )
}

/// `GET /IncomingPhoneNumbers/{PN}.json`
pub(super) fn fetch(network: &Network, account_sid: &AccountSid, sid: &str) -> Reply {
    find(network, account_sid, sid).map_or_else(Reply::not_found, |(number, urls)| {
        Reply::new(StatusCode::OK, Content::Json(to_json(account_sid, &number, &urls)))
    })
}

/// `POST /IncomingPhoneNumbers/{PN}.json`: what is not named stays, an empty value clears.
pub(super) fn change(network: &Network, account_sid: &AccountSid, sid: &str, form: &[u8]) -> Reply {
    let Some((number, mut urls)) = find(network, account_sid, sid) else {
        return Reply::not_found();
    };
    for (name, value) in form_urlencoded::parse(form) {
        let value = value.into_owned();
        let optional = || (!value.is_empty()).then(|| value.clone());
        let is_url = value.is_empty() || crate::url::is_absolute(&value);
        match &*name {
            "VoiceUrl" | "VoiceFallbackUrl" | "StatusCallback" if !is_url => {
                return invalid(21402, &format!("{name} is not a valid URL: {value}"));
            }
            "VoiceUrl" => urls.voice_url = value,
            "VoiceFallbackUrl" => urls.voice_fallback_url = optional(),
            "StatusCallback" => urls.status_callback = optional(),
            "VoiceApplicationSid" => urls.voice_application_sid = optional(),
            "TrunkSid" => urls.trunk_sid = optional(),
            "VoiceMethod" | "VoiceFallbackMethod" | "StatusCallbackMethod" => {
                let method = match &*value {
                    "GET" => Method::Get,
                    "POST" => Method::Post,
                    _ => return invalid(21403, &format!("{name} is not valid: {value}")),
                };
                match &*name {
                    "VoiceMethod" => urls.voice_method = method,
                    "VoiceFallbackMethod" => urls.voice_fallback_method = method,
                    _ => urls.status_callback_method = method,
                }
            }
            _ => {}
        }
    }
    if urls.voice_url.is_empty() && urls.voice_fallback_url.is_some() {
        return invalid(21405, "A VoiceFallbackUrl needs a VoiceUrl");
    }
    network.wire(account_sid, number.clone(), urls.clone());
    Reply::new(StatusCode::OK, Content::Json(to_json(account_sid, &number, &urls)))
}

fn find(network: &Network, account_sid: &AccountSid, sid: &str) -> Option<(Address, NumberUrls)> {
    network.numbers(account_sid).into_iter().find(|(number, _)| sid_of(number) == sid)
}

fn invalid(code: u32, message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, code, message)
}

fn to_json(account_sid: &AccountSid, number: &Address, urls: &NumberUrls) -> Value {
    let account = account_sid.as_str();
    let sid = sid_of(number);
    json!({
        "sid": sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "phone_number": number.reveal(),
        "friendly_name": number.reveal(),
        "capabilities": { "voice": true, "sms": true, "mms": true, "fax": false },
        "voice_url": urls.voice_url,
        "voice_method": urls.voice_method.to_string(),
        "voice_fallback_url": urls.voice_fallback_url.as_deref().unwrap_or_default(),
        "voice_fallback_method": urls.voice_fallback_method.to_string(),
        "voice_application_sid": urls.voice_application_sid.as_deref().unwrap_or_default(),
        "voice_caller_id_lookup": false,
        "voice_receive_mode": "voice",
        "trunk_sid": urls.trunk_sid,
        "status_callback": urls.status_callback.as_deref().unwrap_or_default(),
        "status_callback_method": urls.status_callback_method.to_string(),
        "sms_url": "",
        "sms_method": "POST",
        "sms_application_sid": "",
        "status": "in-use",
        "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json"),
    })
}
