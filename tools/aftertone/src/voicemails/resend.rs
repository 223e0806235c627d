//! Mails over again.

use anyhow::{Result, bail};
use domain::{EmailAddress, Mail, MailboxId, ResendTo, Voicemail};
use phone::RecordingSid;
use serde_json::json;
use store::{MailboxName, Written};

use crate::arguments::{Again, Because};
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::voicemail::all;
use crate::{instruction, show};

pub(super) async fn run(
    deployment: &Deployment,
    sids: &[RecordingSid],
    to: Option<EmailAddress>,
    because: &Again,
    json: bool,
) -> Result<()> {
    for voicemail in all(deployment, sids).await? {
        if let Some(why) = why_not(&voicemail) {
            bail!("{} can't be sent over again: {why}", voicemail.recording_sid);
        }
        if let Some(mailbox) = removed_mailbox(deployment, &voicemail).await? {
            bail!(
                "{0} can't be sent over again: its mailbox {1} was removed; `aftertone voicemails export {0} --to \
                 FOLDER` has the sound and the words",
                voicemail.recording_sid,
                mailbox.reveal()
            );
        }
    }
    let because = Because { why: because.why.clone(), by: because.by.clone() };
    let instruction = instruction::of(deployment, &because).await?;
    let to = to.map_or(ResendTo::First, ResendTo::Named);
    let mut values = Vec::new();
    for sid in sids {
        let written =
            deployment.store.resend(sid, &to, &instruction).await.map_err(|error| store_error(&error))?;
        let is_ordered = written == Written::Applied;
        values.push(json!({ "recording_sid": sid.as_str(), "ordered": is_ordered }));
        if !json {
            let word =
                if is_ordered { "is sent over again now" } else { "is being deleted: nothing is sent" };
            show::line(format!("{sid}  {word}"));
        }
    }
    if json { show::json(&values) } else { Ok(()) }
}

/// The mailbox whose it is, if that was removed: nobody says any more in which language and to whom.
async fn removed_mailbox(deployment: &Deployment, voicemail: &Voicemail) -> Result<Option<MailboxId>> {
    let Some(parties) = &voicemail.parties else { return Ok(None) };
    let mailbox = match &voicemail.mailbox {
        Some(pinned) => pinned.clone(),
        None => deployment
            .store
            .mailbox_at(&parties.number, voicemail.recorded_at)
            .await
            .map_err(|error| store_error(&error))?,
    };
    let name = deployment.store.mailbox_name(&mailbox).await.map_err(|error| store_error(&error))?;
    Ok((name == MailboxName::Removed).then_some(mailbox))
}

/// Why a mail can't be sent over again.
fn why_not(voicemail: &Voicemail) -> Option<String> {
    if voicemail.keeping.is_deleted() {
        return Some("it is deleted, or is to be".to_owned());
    }
    if voicemail.conversation.is_some() {
        return Some(format!(
            "it is a conversation, of which nobody is mailed; `aftertone voicemails export {} --to FOLDER` has the \
             sound and the words",
            voicemail.recording_sid
        ));
    }
    let is_mailed = matches!(voicemail.mail, Mail::Sent { .. });
    // What was kept in silence is mailed after all.
    let is_silent = voicemail.not_mailed().is_some();
    (!is_mailed && !is_silent).then(|| {
        format!(
            "it was never mailed: see why not with `aftertone voicemails show {}`",
            voicemail.recording_sid
        )
    })
}
