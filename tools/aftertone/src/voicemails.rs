//! The voicemails, from the ledger.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_sdk_s3::primitives::ByteStream;
use callflow::{MailboxId, Owner};
use jiff::Timestamp;
use phone::{PhoneNumber, RecordingSid};
use store::{Listed, StoreError, Voicemail};
use tokio::io::AsyncWriteExt as _;

use crate::arguments::{Listing, VoicemailsCommand};
use crate::number::{international, read, store_error};
use crate::place::Place;
use crate::{retry, show};

mod delete;
mod export;
mod keeping;
mod resend;
mod story;

pub(crate) use story::{
    describe, field, is_refused, mail_json, moment_json, reports_json, show_history, show_reports,
    show_trouble, to_json_with_history, told, took_it, trouble_json,
};
use story::{stage, to_json};

pub(crate) async fn run(place: &Place, command: VoicemailsCommand, json: bool) -> Result<ExitCode> {
    match command {
        VoicemailsCommand::List { listing, open } => {
            let mut voicemails = list(place, &listing).await?;
            voicemails.retain(|voicemail| voicemail.open || !open);
            voicemails.truncate(listing.limit);
            show_list(&voicemails, json)?;
        }
        VoicemailsCommand::Show { sid } => show_one(place, &sid, json).await?,
        VoicemailsCommand::Play { sid, to } => {
            let voicemail = one(place, &sid).await?;
            play(place, &voicemail, to.as_deref()).await?;
        }
        VoicemailsCommand::Retry(which) => return retry::run(place, &which, json).await,
        VoicemailsCommand::Export { sids, listing, to } => {
            return export::run(place, &sids, &listing, &to, json).await;
        }
        VoicemailsCommand::Hold { sids, because } => keeping::hold(place, &sids, &because, json).await?,
        VoicemailsCommand::Release { sids, because } => {
            keeping::release(place, &sids, &because, json).await?;
        }
        VoicemailsCommand::Delete { sids, because, yes } => {
            return delete::run(place, &sids, &because, yes, json).await;
        }
        VoicemailsCommand::Resend { sids, to, because } => {
            resend::run(place, &sids, to, &because, json).await?;
        }
        VoicemailsCommand::Revoke { sids } => keeping::revoke(place, &sids, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a list may have: of a number, since then.
pub(crate) fn listed(listing: &Listing) -> Result<Listed> {
    let number = listing.number.as_deref().map(|text| read(text, &listing.region)).transpose()?;
    Ok(Listed { number, since: Some(listing.since) })
}

async fn list(place: &Place, listing: &Listing) -> Result<Vec<Voicemail>> {
    let list = place.store.list_voicemails(&listed(listing)?).await;
    list.map(show::readable).map_err(|error| store_error(&error))
}

pub(crate) async fn one(place: &Place, sid: &RecordingSid) -> Result<Voicemail> {
    match place.store.voicemail(sid).await {
        Err(StoreError::NotFound(_)) => {
            bail!("the ledger has no voicemail {sid}: see which there are with `aftertone voicemails list`")
        }
        other => other.map_err(|error| store_error(&error)),
    }
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
                voicemail.sound.duration_seconds().map_or_else(|| "?".into(), show::length),
                stage(voicemail),
                voicemail.recording_sid.to_string(),
            ]
        })
        .collect();
    show::table(&["RECORDED", "FROM", "TO", "LENGTH", "STAGE", "VOICEMAIL"], &rows);
    Ok(())
}

/// Who called, in full.
fn caller(voicemail: &Voicemail) -> String {
    voicemail.parties.as_ref().map_or_else(|| "?".to_owned(), |parties| who(&parties.caller))
}

pub(crate) fn who(caller: &phone::Caller) -> String {
    caller.number().map_or_else(|| caller.reveal(), international)
}

async fn show_one(place: &Place, sid: &RecordingSid, json: bool) -> Result<()> {
    let voicemail = one(place, sid).await?;
    let moments = place.store.ledger_moments(sid).await.map_err(|error| store_error(&error))?;
    if json {
        return show::json(&story::to_json_with_history(&voicemail, &moments));
    }
    let number = voicemail.parties.as_ref().map(|parties| &parties.number);
    let owner = owner(place, voicemail.mailbox.as_ref(), number, voicemail.recorded_at).await?;
    describe(&voicemail, &moments, owner.as_ref());
    Ok(())
}

/// Whose it is, if the mailbox is there still: that to which a row is `pinned`, else that to which the
/// number led then.
pub(crate) async fn owner(
    place: &Place,
    pinned: Option<&MailboxId>,
    number: Option<&PhoneNumber>,
    at: Timestamp,
) -> Result<Option<Owner>> {
    let Some(number) = number else { return Ok(None) };
    match place.store.mailbox_for(pinned, number, at, Timestamp::now()).await {
        Ok(mailbox) => Ok(Some(mailbox.owner.clone())),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(store_error(&error)),
    }
}

/// All of them, before anything is done to one.
async fn all(place: &Place, sids: &[RecordingSid]) -> Result<Vec<Voicemail>> {
    let mut voicemails = Vec::new();
    for sid in sids {
        voicemails.push(one(place, sid).await?);
    }
    Ok(voicemails)
}

async fn sound(place: &Place, voicemail: &Voicemail) -> Result<ByteStream> {
    let Some(audio) = &voicemail.audio else {
        bail!(
            "the sound of {0} is not stored yet: see how far it got with `aftertone voicemails show {0}`",
            voicemail.recording_sid
        );
    };
    let bucket = place.outputs.required("AudioBucket")?;
    let answer = place.s3().get_object().bucket(bucket).key(&audio.key).send().await;
    match answer {
        Ok(answer) => Ok(answer.body),
        Err(error) => Err(anyhow!(
            "the sound {} can't be fetched from the bucket {bucket}: {}",
            audio.key,
            show::sdk_error(&error)
        )),
    }
}

async fn play(place: &Place, voicemail: &Voicemail, to: Option<&Path>) -> Result<()> {
    if to.is_none() && std::io::stdout().is_terminal() {
        bail!(
            "a terminal can't play sound: save it with --to FILE.wav, or pipe it to a player, like \
             `aftertone voicemails play {} | ffplay -nodisp -autoexit -`",
            voicemail.recording_sid
        );
    }
    let sound = sound(place, voicemail).await?;
    match to {
        Some(path) => {
            let bytes = save(sound, path).await?;
            anstream::eprintln!("{} kB saved as {}", bytes.div_ceil(1000), path.display());
        }
        None => {
            write(sound, &mut tokio::io::stdout()).await.context("the sound can't be written")?;
        }
    }
    Ok(())
}

/// First beside its place: what has the right name is whole.
async fn save(sound: ByteStream, path: &Path) -> Result<u64> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let failed = || format!("{} can't be written", path.display());
    let mut file = tokio::fs::File::create(&part).await.with_context(failed)?;
    let bytes = write(sound, &mut file).await.with_context(failed)?;
    drop(file);
    tokio::fs::rename(&part, path).await.with_context(failed)?;
    Ok(bytes)
}

async fn write(mut sound: ByteStream, to: &mut (impl tokio::io::AsyncWrite + Unpin)) -> Result<u64> {
    let mut bytes = 0;
    while let Some(chunk) = sound.try_next().await.context("the sound breaks off")? {
        bytes += chunk.len() as u64;
        match to.write_all(&chunk).await {
            // Who listens has heard enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(bytes),
            written => written?,
        }
    }
    to.flush().await?;
    Ok(bytes)
}
