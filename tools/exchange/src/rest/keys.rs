//! API keys, which open the REST API beside the auth token.

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::Form;
use super::reply::{Content, Reply};
use crate::config::ApiKey;
use crate::network::Network;

/// `POST /Keys.json`: only here its secret is told.
pub(super) fn create(network: &Network, account_sid: &AccountSid, form: &Form) -> Reply {
    let key = ApiKey { sid: network.sids.sid("SK"), secret: network.sids.hex() };
    let mut shown = to_json(&key.sid, form.get("FriendlyName").unwrap_or_default());
    shown["secret"] = json!(key.secret);
    network.accounts.add_key(account_sid, key);
    Reply::new(StatusCode::CREATED, Content::Json(shown))
}

/// `GET /Keys/{SK}.json`
pub(super) fn fetch(network: &Network, account_sid: &AccountSid, sid: &str) -> Reply {
    if network.accounts.has_key(account_sid, sid) {
        Reply::new(StatusCode::OK, Content::Json(to_json(sid, "")))
    } else {
        Reply::not_found()
    }
}

/// `DELETE /Keys/{SK}.json`
pub(super) fn delete(network: &Network, account_sid: &AccountSid, sid: &str) -> Reply {
    if network.accounts.remove_key(account_sid, sid) {
        Reply::new(StatusCode::NO_CONTENT, Content::Empty)
    } else {
        Reply::not_found()
    }
}

fn to_json(sid: &str, name: &str) -> Value {
    json!({ "sid": sid, "friendly_name": name, "date_created": Value::Null, "date_updated": Value::Null })
}
