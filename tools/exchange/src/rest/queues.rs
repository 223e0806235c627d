//! Queues and those who wait in them.
//!
//! Source: Twilio's pages "Queue resource" and "Member resource", and its `OpenAPI` file.

use std::sync::Arc;

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::list;
use super::reply::{Content, Reply};
use crate::leg_handle::Source;
use crate::network::Network;
use crate::params::rfc2822;
use crate::queues::{Member, Queue, Taken};
use crate::webhooks::Method;

/// `POST /Queues.json`
pub(super) fn create(network: &Network, account_sid: &AccountSid, form: &Form) -> Reply {
    let Some(name) = form.get("FriendlyName") else {
        return bad(20001, "FriendlyName is missing");
    };
    if name.chars().count() > 64 {
        return bad(20001, "Invalid parameter FriendlyName: at most 64 characters");
    }
    let most = match most(form) {
        Ok(most) => most,
        Err(reply) => return reply,
    };
    if network.queues.named(account_sid, name).is_some() {
        return bad(22003, &format!("A queue of this name exists already: {name}"));
    }
    let now = network.clock.now();
    let queue = network.queues.open(account_sid, name, || network.sids.sid("QU"), now);
    queue.change(None, most, now);
    Reply::new(StatusCode::CREATED, Content::Json(to_json(&queue)))
}

fn most(form: &Form) -> Result<Option<usize>, Reply> {
    Ok(form.number("MaxSize", 1..=5000)?.map(|most| usize::try_from(most).unwrap_or(usize::MAX)))
}

/// `GET /Queues.json`
pub(super) fn list(network: &Network, account_sid: &AccountSid, at: (&str, &str)) -> Reply {
    let mut queues = network.queues.all();
    queues.retain(|queue| queue.account_sid == *account_sid);
    queues.reverse();
    let entries = queues.iter().map(|queue| (queue.sid.clone(), to_json(queue))).collect();
    list::page(network.desk.lists(), "queues", at, entries)
}

/// `GET /Queues/{QU}.json`
pub(super) fn fetch(queue: &Queue) -> Reply {
    Reply::new(StatusCode::OK, Content::Json(to_json(queue)))
}

/// `POST /Queues/{QU}.json`
pub(super) fn change(network: &Network, queue: &Queue, form: &Form) -> Reply {
    let most = match most(form) {
        Ok(most) => most,
        Err(reply) => return reply,
    };
    let name = form.get("FriendlyName");
    if let Some(name) = name
        && network.queues.named(&queue.account_sid, name).is_some_and(|other| other.sid != queue.sid)
    {
        return bad(22003, &format!("A queue of this name exists already: {name}"));
    }
    queue.change(name.map(str::to_owned), most, network.clock.now());
    fetch(queue)
}

/// `DELETE /Queues/{QU}.json`: only of one that is empty.
pub(super) fn delete(network: &Network, queue: &Arc<Queue>) -> Reply {
    if network.queues.delete(queue) {
        Reply::new(StatusCode::NO_CONTENT, Content::Empty)
    } else {
        // Which code Twilio has for it is unverified.
        bad(22002, "The queue is not empty")
    }
}

/// `GET /Queues/{QU}/Members.json`
pub(super) fn members(network: &Network, queue: &Queue, at: (&str, &str)) -> Reply {
    let entries = queue
        .members()
        .iter()
        .enumerate()
        .map(|(place, member)| {
            (member.leg.sid().as_str().to_owned(), member_json(network, queue, member, place))
        })
        .collect();
    list::page(network.desk.lists(), "queue_members", at, entries)
}

fn member(queue: &Queue, which: &str) -> Option<(usize, Member)> {
    let members = queue.members().into_iter().enumerate();
    members.into_iter().find(|(_, member)| which == "Front" || member.leg.sid().as_str() == which)
}

/// `GET /Queues/{QU}/Members/{CA or Front}.json`
pub(super) fn fetch_member(network: &Network, queue: &Queue, which: &str) -> Reply {
    member(queue, which).map_or_else(Reply::not_found, |(place, member)| {
        Reply::new(StatusCode::OK, Content::Json(member_json(network, queue, &member, place)))
    })
}

/// `POST /Queues/{QU}/Members/{CA or Front}.json`: leads who waits elsewhere.
pub(super) fn dequeue(network: &Network, queue: &Queue, which: &str, form: &Form) -> Reply {
    let url = match form.url("Url", 21205) {
        Ok(Some(url)) => url,
        Ok(None) => return bad(21205, "Url parameter is required."),
        Err(reply) => return reply,
    };
    let Some((place, member)) = member(queue, which) else { return Reply::not_found() };
    let source = Source::Url(url, form.method("Method", Method::Post));
    match queue.take(Some(member.leg.sid()), Taken::Moved(source), network.clock.now()) {
        Some(member) => {
            Reply::new(StatusCode::OK, Content::Json(member_json(network, queue, &member, place)))
        }
        None => Reply::not_found(),
    }
}

fn to_json(queue: &Queue) -> Value {
    let status = queue.status();
    let account = queue.account_sid.as_str();
    let path = format!("/2010-04-01/Accounts/{account}/Queues/{}", queue.sid);
    json!({
        "sid": queue.sid,
        "account_sid": account,
        "friendly_name": status.name,
        "current_size": status.size,
        "max_size": status.most,
        "average_wait_time": status.average_wait,
        "date_created": rfc2822(queue.created),
        "date_updated": rfc2822(status.updated),
        "uri": format!("{path}.json"),
        "subresource_uris": { "members": format!("{path}/Members.json") },
    })
}

fn member_json(network: &Network, queue: &Queue, member: &Member, place: usize) -> Value {
    let account = queue.account_sid.as_str();
    let sid = member.leg.sid().as_str();
    let waited = network.clock.now().duration_since(member.since).as_secs();
    json!({
        "queue_sid": queue.sid,
        "call_sid": sid,
        "date_enqueued": rfc2822(member.since),
        "position": place + 1,
        "wait_time": waited,
        "uri": format!("/2010-04-01/Accounts/{account}/Queues/{}/Members/{sid}.json", queue.sid),
    })
}
