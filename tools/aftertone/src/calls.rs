//! The calls, from the ledger.

use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::{Call, DialOutcome, Disposition, InList, Instead, NotReached, WhyNotForwarded};
use domain::{Happening, TimelineEvent};
use phone::CallSid;
use serde_json::{Value, json};
use store::StoreError;

use crate::arguments::{CallsCommand, Listing};
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::owners::owner;
use crate::reading::{international, who};
use crate::show::{self, BOLD, DIM, field};
use crate::story::history::{moment_json, show_history};
use crate::story::{missed_call as missed, rung, voicemail};

pub(crate) async fn run(deployment: &Deployment, command: CallsCommand, json: bool) -> Result<ExitCode> {
    match command {
        CallsCommand::List { listing } => list(deployment, &listing, json).await?,
        CallsCommand::Show { sid } => tell(deployment, &sid, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(deployment: &Deployment, listing: &Listing, json: bool) -> Result<()> {
    let list = deployment.store.list_calls(&listing.listed()?).await.map_err(|error| store_error(&error))?;
    let mut calls = show::readable(list);
    calls.truncate(listing.limit);
    if json {
        return show::json(&calls.iter().map(to_json).collect::<Vec<_>>());
    }
    if calls.is_empty() {
        show::line("There is no call: look further back with --since 90d.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = calls
        .iter()
        .map(|call| {
            vec![
                call.begun_at.map_or_else(|| "?".into(), show::time),
                call.caller.as_ref().map_or_else(|| "?".into(), who),
                call.number.as_ref().map_or_else(|| "?".into(), international),
                call.duration_seconds.map_or_else(String::new, show::length),
                outcome(call),
                call.call_sid.to_string(),
            ]
        })
        .collect();
    show::table(&["BEGAN", "FROM", "TO", "LENGTH", "OUTCOME", "CALL"], &rows);
    Ok(())
}

/// What came of it, in a few words.
fn outcome(call: &Call) -> String {
    match (call.dial_outcome, call.disposition) {
        (Some(outcome), _) => dial_outcome(outcome).to_owned(),
        (None, Some(decision)) => decided(decision),
        (None, None) => "not known yet".to_owned(),
    }
}

fn dial_outcome(outcome: DialOutcome) -> &'static str {
    match outcome {
        DialOutcome::Conversation => "the two talked",
        DialOutcome::CallerGone => "the caller hung up while it rang",
        DialOutcome::NotReached(NotReached::NoAnswer) => "no answer",
        DialOutcome::NotReached(NotReached::Busy) => "busy",
        DialOutcome::NotReached(NotReached::Failed) => "not reachable",
        DialOutcome::NotReached(NotReached::Canceled) => "given up",
        DialOutcome::NotReached(NotReached::Declined) => "declined",
    }
}

fn decided(decision: Disposition) -> String {
    let Disposition::Instead(what, why) = decision else {
        return "forwarded".to_owned();
    };
    let what = match what {
        Instead::Voicemail => "voicemail",
        Instead::Message => "a sentence",
        Instead::Reject => "a busy tone",
    };
    let why = match why {
        WhyNotForwarded::ForwardingOff => "forwarding is off",
        WhyNotForwarded::PlanUsedUp => "the month's calls are used up",
        WhyNotForwarded::NoTarget => "there is no telephone to ring",
        WhyNotForwarded::PhoneFile => "the phone file says so",
        WhyNotForwarded::Silent => "the phone file keeps it in silence",
    };
    format!("{what}: {why}")
}

async fn tell(deployment: &Deployment, sid: &CallSid, json: bool) -> Result<()> {
    let call = match deployment.store.call(sid).await {
        Err(StoreError::NotFound(_)) => {
            bail!("the ledger has no call {sid}: see which there are with `aftertone calls list`")
        }
        other => other.map_err(|error| store_error(&error))?,
    };
    let moments = deployment.store.call_timeline(sid).await.map_err(|error| store_error(&error))?;
    let list = deployment.store.list_voicemails_of_call(sid).await.map_err(|error| store_error(&error))?;
    let voicemails = show::readable(list);
    let mut stories = Vec::new();
    for voicemail in voicemails {
        let moments =
            deployment.store.timeline(&voicemail.recording_sid).await.map_err(|error| store_error(&error))?;
        stories.push((voicemail, moments));
    }
    let missed_call = match deployment.store.missed_call(sid).await {
        Ok(missed_call) => Some(missed_call),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(store_error(&error)),
    };
    if json {
        let mut value = to_json(&call);
        value["missed_call"] = json!(missed_call.as_ref().map(missed::to_json));
        value["history"] = moments.iter().map(moment_json).collect();
        value["voicemails"] = stories
            .iter()
            .map(|(voicemail, moments)| voicemail::to_json_with_history(voicemail, moments))
            .collect();
        return show::json(&value);
    }
    show::line(format!("{BOLD}Call {sid}{BOLD:#}"));
    if let Some(caller) = &call.caller {
        let name = call.caller_name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        field("from", format!("{}{name}", who(caller)));
    }
    if let Some(number) = &call.number {
        field("to", international(number));
    }
    field("outcome", outcome(&call));
    if let Some(seconds) = call.duration_seconds {
        let talked = call
            .dial_duration_seconds
            .filter(|_| call.dial_outcome == Some(DialOutcome::Conversation))
            .map_or_else(String::new, |seconds| format!(", {} of it talking", show::length(seconds)));
        field("length", format!("{}{talked}", show::length(seconds)));
    }
    if let Some(InList { list, who }) = &call.in_list {
        let list = list.as_ref().map_or_else(|| "blocked".to_owned(), |list| format!("in lists.{list}"));
        field("caller", format!("{list}, by {who}"));
    }
    for it in &call.passed_over {
        show::line(format!("  {}", rung::passed_over(it)));
    }
    show_history(&moments, &[], |moment| told(&call, moment));
    if let Some(missed_call) = &missed_call {
        let moments = deployment.store.timeline(sid).await.map_err(|error| store_error(&error))?;
        let (pinned, number) = (missed_call.mailbox.as_ref(), Some(&missed_call.parties.number));
        let owner = owner(deployment, pinned, number, missed_call.missed_at).await?;
        missed::describe(missed_call, &moments, owner.as_ref());
    }
    for (voicemail, moments) in &stories {
        show::line("");
        let (pinned, number) = (voicemail.mailbox.as_ref(), call.number.as_ref());
        let owner = owner(deployment, pinned, number, voicemail.recorded_at).await?;
        voicemail::describe(voicemail, moments, owner.as_ref());
    }
    if stories.is_empty() {
        show::line("  No voicemail was left.");
    }
    Ok(())
}

/// A moment of the call in words.
fn told(call: &Call, moment: &TimelineEvent) -> Option<String> {
    if let Some(sid) = &moment.leg {
        let leg = call.legs.iter().find(|leg| leg.call_sid == *sid)?;
        return Some(format!("{}  {DIM}{sid}{DIM:#}", rung::leg(call, leg)));
    }
    Some(match &moment.what {
        Happening::Begun => match call.disposition {
            Some(decision) => format!("comes in: {}", decided(decision)),
            None => "comes in".to_owned(),
        },
        Happening::DialEnded => match call.dial_outcome {
            Some(outcome) => format!("the forwarded leg ends: {}", dial_outcome(outcome)),
            None => "the forwarded leg ends".to_owned(),
        },
        Happening::Status => match call.status.as_deref() {
            Some("completed") => "the call is over".to_owned(),
            Some(status) => format!("the call is {status}"),
            None => return None,
        },
        Happening::Seen if call.begun_at.is_none() => "the ledger hears of it".to_owned(),
        Happening::Seen | Happening::Expires => return None,
        other => other.name().replace('_', " "),
    })
}

fn to_json(call: &Call) -> Value {
    json!({
        "call_sid": call.call_sid.as_str(),
        "begun_at": call.begun_at.map(show::instant),
        "from": call.caller.as_ref().map(phone::Caller::reveal),
        "caller_name": call.caller_name,
        "to": call.number.as_ref().map(phone::PhoneNumber::reveal),
        "decision": call.disposition.map(decided),
        "outcome": outcome(call),
        "status": call.status,
        "seconds": call.duration_seconds,
        "talked_seconds": call.dial_duration_seconds,
        "legs": call.legs.iter().map(|leg| rung::leg_json(call, leg)).collect::<Vec<_>>(),
        "in_list": call.in_list.as_ref().map(|it| json!({ "list": it.list, "who": it.who })),
        "passed_over": call.passed_over.iter().map(rung::passed_over_json).collect::<Vec<_>>(),
    })
}
