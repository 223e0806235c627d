//! `TwiML` applications.
//!
//! Source: Twilio's page "Application resource", and its `OpenAPI` file.

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::Form;
use super::reply::{Content, Reply};
use super::{list, numbers};
use crate::applications::Application;
use crate::config::NumberUrls;
use crate::network::Network;
use crate::params::rfc2822;

/// `GET /Applications.json`
pub(super) fn list(network: &Network, account_sid: &AccountSid, (path, query): (&str, &str)) -> Reply {
    let form = Form::of(query.as_bytes());
    let mut found = network.applications.of(account_sid);
    found.retain(|one| form.get("FriendlyName").is_none_or(|name| name == one.name));
    let entries = found.iter().map(|one| (one.sid.clone(), to_json(one))).collect();
    list::page(network.desk.lists(), "applications", (path, query), entries)
}

/// `POST /Applications.json`
pub(super) fn create(network: &Network, account_sid: &AccountSid, form: &Form) -> Reply {
    let now = network.clock.now();
    let application = Application {
        sid: network.sids.sid("AP"),
        account_sid: account_sid.clone(),
        name: String::new(),
        urls: NumberUrls::default(),
        created: now,
        updated: now,
    };
    match changed(application, form) {
        Ok(application) => {
            let reply = Reply::new(StatusCode::CREATED, Content::Json(to_json(&application)));
            network.applications.keep(application);
            reply
        }
        Err(reply) => reply,
    }
}

/// `GET /Applications/{AP}.json`
pub(super) fn fetch(application: &Application) -> Reply {
    Reply::new(StatusCode::OK, Content::Json(to_json(application)))
}

/// `POST /Applications/{AP}.json`
pub(super) fn change(network: &Network, mut application: Application, form: &Form) -> Reply {
    application.updated = network.clock.now();
    match changed(application, form) {
        Ok(application) => {
            let reply = fetch(&application);
            network.applications.keep(application);
            reply
        }
        Err(reply) => reply,
    }
}

/// `DELETE /Applications/{AP}.json`
pub(super) fn delete(network: &Network, application: &Application) -> Reply {
    network.applications.delete(&application.sid);
    Reply::new(StatusCode::NO_CONTENT, Content::Empty)
}

fn changed(mut application: Application, form: &Form) -> Result<Application, Reply> {
    numbers::change_urls(&mut application.urls, form)?;
    if let Some(name) = form.get("FriendlyName") {
        name.clone_into(&mut application.name);
    }
    Ok(application)
}

fn to_json(application: &Application) -> Value {
    let account = application.account_sid.as_str();
    let mut shown = numbers::urls_json(&application.urls);
    for (name, value) in [
        ("sid", json!(application.sid)),
        ("account_sid", json!(account)),
        ("api_version", json!("2010-04-01")),
        ("friendly_name", json!(application.name)),
        ("date_created", json!(rfc2822(application.created))),
        ("date_updated", json!(rfc2822(application.updated))),
        ("message_status_callback", Value::Null),
        ("uri", json!(format!("/2010-04-01/Accounts/{account}/Applications/{}.json", application.sid))),
    ] {
        shown[name] = value;
    }
    shown
}
