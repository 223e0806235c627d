//! Deleting voicemails by hand.
//!
//! The row is marked first: what is asked for is done by the next run of the retention function,
//! whatever becomes of the call that lets it run at once.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use aws_sdk_lambda::primitives::Blob;
use domain::Voicemail;
use phone::RecordingSid;
use serde_json::json;
use store::Written;

use super::keeping;
use crate::arguments::Because;
use crate::deployment::Deployment;
use crate::failures::{sdk_error, store_error};
use crate::instruction;
use crate::lookup::voicemail::{all, one};
use crate::show::{self, WARN};
use crate::story::voicemail::{caller, stage};

/// Who deletes what is marked, and when.
enum Deleter<'a> {
    /// The function, called at once.
    Function(&'a str),
    /// A stack that does not tell its function's name.
    EveryDay,
    /// A local system.
    WhileItRuns,
}

impl<'a> Deleter<'a> {
    fn of(deployment: &'a Deployment) -> Self {
        match (&deployment.local, deployment.outputs.get("RetentionFunction")) {
            (Some(_), _) => Self::WhileItRuns,
            (None, Some(function)) => Self::Function(function),
            (None, None) => Self::EveryDay,
        }
    }

    /// When it happens, where it has not happened yet.
    fn when(&self) -> &'static str {
        match self {
            Self::Function(_) | Self::EveryDay => "the daily run deletes it",
            Self::WhileItRuns => "`cargo run -- serve` deletes it within a minute",
        }
    }
}

pub(super) async fn run(
    deployment: &Deployment,
    sids: &[RecordingSid],
    because: &Because,
    yes: bool,
    json: bool,
) -> Result<ExitCode> {
    let mut voicemails = all(deployment, sids).await?;
    for voicemail in &voicemails {
        refuse_held(deployment, voicemail).await?;
    }
    voicemails.retain(|voicemail| {
        let is_there = voicemail.keeping.parties_deleted_at.is_none();
        if !is_there && !json {
            show::line(format!("{}  is deleted already", voicemail.recording_sid));
        }
        is_there
    });
    if voicemails.is_empty() {
        if json {
            show::json(&json!([]))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !show::confirmed(&question(&voicemails), yes)? {
        show::line("Nothing was changed.");
        return Ok(ExitCode::SUCCESS);
    }
    let instruction = instruction::of(deployment, because).await?;
    for voicemail in &voicemails {
        let asked = deployment.store.ask_deletion(&voicemail.recording_sid, &instruction).await;
        if asked.map_err(|error| store_error(&error))? == Written::Held {
            // At this moment.
            refuse_held(deployment, &one(deployment, &voicemail.recording_sid).await?).await?;
        }
    }
    let deleter = Deleter::of(deployment);
    let failed = match deleter {
        Deleter::Function(function) => let_run(deployment, function, &voicemails).await.err(),
        Deleter::EveryDay | Deleter::WhileItRuns => None,
    };
    let mut values = Vec::new();
    for voicemail in &voicemails {
        let sid = &voicemail.recording_sid;
        let is_deleted = one(deployment, sid).await?.keeping.parties_deleted_at.is_some();
        values.push(json!({ "recording_sid": sid.as_str(), "asked": true, "deleted": is_deleted }));
        if !json {
            show::line(if is_deleted {
                format!("{sid}  is deleted; its row keeps the receipts")
            } else {
                format!("{sid}  is marked: {}", deleter.when())
            });
        }
    }
    if json {
        show::json(&values)?;
    }
    if let Some(error) = failed {
        if !json {
            show::line(format!("{WARN}look{WARN:#}  not all of it could be deleted at once"));
        }
        return Err(error);
    }
    Ok(ExitCode::SUCCESS)
}

/// Names what is about to go, and how far it got.
fn question(voicemails: &[Voicemail]) -> String {
    let mut lines: Vec<String> = voicemails
        .iter()
        .map(|it| {
            let (sid, at) = (&it.recording_sid, show::time(it.recorded_at));
            format!("{sid}  {at}  {}  {}", caller(it), stage(it))
        })
        .collect();
    lines.push(
        "Delete sound, words and who called, for ever? (The rows of the calls stay for their days.)"
            .to_owned(),
    );
    lines.join("\n")
}

async fn refuse_held(deployment: &Deployment, voicemail: &Voicemail) -> Result<()> {
    let sid = &voicemail.recording_sid;
    if let Some(instruction) = &voicemail.keeping.hold {
        bail!(
            "{sid} is held since {} by {}: {}; lift the hold first with `aftertone voicemails release {sid}`",
            show::time(instruction.at),
            instruction.by,
            instruction.why
        );
    }
    if let Some(told) = keeping::number_hold(deployment, voicemail).await? {
        bail!("{sid} can't be deleted, for {told}; lift the hold first with `aftertone number release`");
    }
    Ok(())
}

/// Calls the retention function for these, and waits for its end.
async fn let_run(deployment: &Deployment, function: &str, voicemails: &[Voicemail]) -> Result<()> {
    let sids: Vec<&str> = voicemails.iter().map(|it| it.recording_sid.as_str()).collect();
    let event = json!({ "recording_sids": sids }).to_string();
    let answer = aws_sdk_lambda::Client::new(&deployment.aws)
        .invoke()
        .function_name(function)
        .payload(Blob::new(event))
        .send()
        .await
        .map_err(|error| {
            anyhow!(
                "the function {function} can't be called ({}): the daily run deletes what is marked; to have it done \
                 at once you need lambda:InvokeFunction",
                sdk_error(&error)
            )
        })?;
    if answer.function_error.is_some() {
        bail!(
            "the function {function} failed: see why in its log in CloudWatch; the daily run tries again to delete \
             what is marked"
        );
    }
    Ok(())
}
