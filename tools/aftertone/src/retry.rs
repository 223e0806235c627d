//! Making the worker try again.

use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::{MissedCall, Voicemail};
use jiff::Timestamp;
use phone::CallSid;
use serde_json::json;
use store::{StoreError, Written};

use crate::arguments::{LedgerSid, Retry};
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::voicemail::one;
use crate::show;

pub(crate) async fn run(deployment: &Deployment, which: &Retry, json: bool) -> Result<ExitCode> {
    let mut voicemails: Vec<Voicemail> = Vec::new();
    let mut missed_calls: Vec<MissedCall> = Vec::new();
    if which.all {
        let list = deployment.store.list_open_voicemails().await.map_err(|error| store_error(&error))?;
        voicemails = show::readable(list);
        let list = deployment.store.list_open_missed_calls().await.map_err(|error| store_error(&error))?;
        missed_calls = show::readable(list);
    } else {
        for sid in &which.sids {
            match sid {
                LedgerSid::Voicemail(sid) => voicemails.push(one(deployment, sid).await?),
                LedgerSid::MissedCall(sid) => missed_calls.push(missed_call(deployment, sid).await?),
            }
        }
    }
    let mut woken: Vec<(&str, bool)> = Vec::new();
    for voicemail in &voicemails {
        let written = deployment.store.retry(voicemail, Timestamp::now()).await;
        let written = written.map_err(|error| store_error(&error))?;
        woken.push((voicemail.recording_sid.as_str(), written == Written::Applied));
    }
    for missed_call in &missed_calls {
        let written = deployment.store.retry_missed_call(missed_call, Timestamp::now()).await;
        let written = written.map_err(|error| store_error(&error))?;
        woken.push((missed_call.call_sid.as_str(), written == Written::Applied));
    }
    if json {
        let of = |(sid, woken): &(&str, bool)| {
            let key = if sid.starts_with("CA") { "call_sid" } else { "recording_sid" };
            json!({ key: sid, "woken": woken })
        };
        show::json(&woken.iter().map(of).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    for (sid, is_woken) in &woken {
        let word = if *is_woken { "is tried again now" } else { "is done: there is nothing to retry" };
        show::line(format!("{sid}  {word}"));
    }
    if woken.is_empty() {
        show::line("Every voicemail is delivered: there is nothing to retry.");
    } else if woken.iter().any(|(_, is_woken)| *is_woken) {
        show::line("See how it goes with `aftertone voicemails list --open`.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn missed_call(deployment: &Deployment, sid: &CallSid) -> Result<MissedCall> {
    match deployment.store.missed_call(sid).await {
        Err(StoreError::NotFound(_)) => {
            bail!("the ledger has no missed call {sid}: see the call with `aftertone calls show {sid}`")
        }
        other => other.map_err(|error| store_error(&error)),
    }
}
