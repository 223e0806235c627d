//! The voicemails, from the ledger.

use std::process::ExitCode;

use anyhow::Result;
use domain::Voicemail;
use phone::RecordingSid;

use crate::arguments::VoicemailsCommand;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::owners::owner;
use crate::lookup::voicemail::{list, one};
use crate::reading::international;
use crate::story::voicemail::{caller, describe, stage, to_json, to_json_with_history};
use crate::{retry, show};

mod delete;
mod export;
mod keeping;
mod resend;
mod sound;

pub(crate) async fn run(deployment: &Deployment, command: VoicemailsCommand, json: bool) -> Result<ExitCode> {
    match command {
        VoicemailsCommand::List { listing, open } => {
            let mut voicemails = list(deployment, &listing).await?;
            voicemails.retain(|voicemail| voicemail.open || !open);
            voicemails.truncate(listing.limit);
            show_list(&voicemails, json)?;
        }
        VoicemailsCommand::Show { sid } => show_one(deployment, &sid, json).await?,
        VoicemailsCommand::Play { sid, to } => {
            let voicemail = one(deployment, &sid).await?;
            sound::play(deployment, &voicemail, to.as_deref()).await?;
        }
        VoicemailsCommand::Retry(which) => return retry::run(deployment, &which, json).await,
        VoicemailsCommand::Export { sids, listing, to } => {
            return export::run(deployment, &sids, &listing, &to, json).await;
        }
        VoicemailsCommand::Hold { sids, because } => keeping::hold(deployment, &sids, &because, json).await?,
        VoicemailsCommand::Release { sids, because } => {
            keeping::release(deployment, &sids, &because, json).await?;
        }
        VoicemailsCommand::Delete { sids, because, yes } => {
            return delete::run(deployment, &sids, &because, yes, json).await;
        }
        VoicemailsCommand::Resend { sids, to, because } => {
            resend::run(deployment, &sids, to, &because, json).await?;
        }
        VoicemailsCommand::Revoke { sids } => keeping::revoke(deployment, &sids, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show_list(voicemails: &[Voicemail], json: bool) -> Result<()> {
    if json {
        return show::json(&voicemails.iter().map(to_json).collect::<Vec<_>>());
    }
    if voicemails.is_empty() {
        show::line("There is no voicemail: look further back with --since 90d.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = voicemails
        .iter()
        .map(|voicemail| {
            vec![
                show::time(voicemail.recorded_at),
                caller(voicemail),
                voicemail.parties.as_ref().map_or_else(|| "?".into(), |it| international(&it.number)),
                voicemail.recording.duration_seconds().map_or_else(|| "?".into(), show::length),
                stage(voicemail),
                voicemail.recording_sid.to_string(),
            ]
        })
        .collect();
    show::table(&["RECORDED", "FROM", "TO", "LENGTH", "STAGE", "VOICEMAIL"], &rows);
    Ok(())
}

async fn show_one(deployment: &Deployment, sid: &RecordingSid, json: bool) -> Result<()> {
    let voicemail = one(deployment, sid).await?;
    let moments = deployment.store.timeline(sid).await.map_err(|error| store_error(&error))?;
    if json {
        return show::json(&to_json_with_history(&voicemail, &moments));
    }
    let number = voicemail.parties.as_ref().map(|parties| &parties.number);
    let owner = owner(deployment, voicemail.mailbox.as_ref(), number, voicemail.recorded_at).await?;
    describe(&voicemail, &moments, owner.as_ref());
    Ok(())
}
