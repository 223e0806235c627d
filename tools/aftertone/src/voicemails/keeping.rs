//! Holds, and links that are called back.

use anyhow::{Result, bail};
use domain::Voicemail;
use phone::RecordingSid;
use serde_json::json;
use store::{StoreError, Written};

use crate::arguments::Because;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::voicemail::{all, one};
use crate::reading::international;
use crate::{instruction, show};

pub(super) async fn hold(
    deployment: &Deployment,
    sids: &[RecordingSid],
    because: &Because,
    json: bool,
) -> Result<()> {
    let instruction = instruction::of(deployment, because).await?;
    let mut values = Vec::new();
    for before in all(deployment, sids).await? {
        let sid = &before.recording_sid;
        let written =
            deployment.store.hold_voicemail(sid, &instruction).await.map_err(|error| store_error(&error))?;
        let after = one(deployment, sid).await?;
        let had_begun = after.keeping.deletion_begun_at.is_some();
        values.push(json!({ "recording_sid": sid.as_str(), "new": written == Written::Applied, "deletion_had_begun": had_begun }));
        if json {
            continue;
        }
        show::line(match (&before.keeping.hold, written) {
            (Some(known), Written::AlreadyApplied) => {
                format!(
                    "{sid}  is held already, since {} by {}: {}",
                    show::time(known.at),
                    known.by,
                    known.why
                )
            }
            _ => format!("{sid}  is held: nothing of it is deleted until it is released"),
        });
        if had_begun {
            show::line(format!(
                "    a deletion had begun before that: see what is left with `aftertone voicemails show {sid}`"
            ));
        } else if after.keeping.parties_deleted_at.is_some() {
            show::line("    all of it was deleted before that");
        }
    }
    if json { show::json(&values) } else { Ok(()) }
}

pub(super) async fn release(
    deployment: &Deployment,
    sids: &[RecordingSid],
    because: &Because,
    json: bool,
) -> Result<()> {
    let instruction = instruction::of(deployment, because).await?;
    let mut values = Vec::new();
    for voicemail in all(deployment, sids).await? {
        let sid = &voicemail.recording_sid;
        let written = deployment
            .store
            .release_voicemail(sid, &instruction)
            .await
            .map_err(|error| store_error(&error))?;
        let number_hold = number_hold(deployment, &voicemail).await?;
        values.push(json!({ "recording_sid": sid.as_str(), "new": written == Written::Applied, "number_is_held": number_hold.is_some() }));
        if json {
            continue;
        }
        show::line(match written {
            Written::Applied => format!("{sid}  is released"),
            _ => format!("{sid}  was not held"),
        });
        if let Some(told) = number_hold {
            show::line(format!("    {told}"));
        }
    }
    if json { show::json(&values) } else { Ok(()) }
}

/// Whether all of its number is held, in words.
pub(super) async fn number_hold(deployment: &Deployment, voicemail: &Voicemail) -> Result<Option<String>> {
    let Some(parties) = &voicemail.parties else { return Ok(None) };
    let (hold, _) =
        deployment.store.number_hold(&parties.number).await.map_err(|error| store_error(&error))?;
    Ok(hold.map(|instruction| {
        format!(
            "all of {} is held since {} by {}: {}",
            international(&parties.number),
            show::time(instruction.at),
            instruction.by,
            instruction.why
        )
    }))
}

pub(super) async fn revoke(deployment: &Deployment, sids: &[RecordingSid], json: bool) -> Result<()> {
    all(deployment, sids).await?;
    for sid in sids {
        match deployment.store.revoke_links(sid).await {
            Ok(()) => {}
            Err(StoreError::NotFound(_)) => bail!("the ledger has no voicemail {sid} any more"),
            Err(error) => return Err(store_error(&error)),
        }
        if !json {
            show::line(format!("{sid}  its links are called back: those that are out open nothing any more"));
        }
    }
    if json {
        let values: Vec<_> =
            sids.iter().map(|sid| json!({ "recording_sid": sid.as_str(), "revoked": true })).collect();
        return show::json(&values);
    }
    Ok(())
}
