//! A mailbox, and what leads to it.

use anyhow::{Result, bail};
use domain::MailboxId;
use phone::PhoneNumber;
use store::{MailboxName, SeenMailbox, StoreError};

use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::reading::international;

/// A mailbox, or what to do if there is none of this name.
pub(crate) async fn seen(deployment: &Deployment, id: &MailboxId) -> Result<SeenMailbox> {
    match deployment.store.seen_mailbox(id).await {
        Ok(seen) => Ok(seen),
        Err(StoreError::NotFound(_)) if name_of(deployment, id).await? == MailboxName::Removed => {
            bail!("{}: see what there is with `aftertone mailbox list`", was_removed(id))
        }
        Err(StoreError::NotFound(_)) => bail!(
            "there is no mailbox {0}: make it with `aftertone mailbox add {0} --email ADDRESS`, or see what \
             there is with `aftertone mailbox list`",
            id.reveal()
        ),
        Err(error) => Err(store_error(&error)),
    }
}

pub(crate) fn was_removed(id: &MailboxId) -> String {
    format!("the mailbox {} was removed, and its name is not given out again", id.reveal())
}

/// What a name of a mailbox is, or was.
pub(crate) async fn name_of(deployment: &Deployment, id: &MailboxId) -> Result<MailboxName> {
    deployment.store.mailbox_name(id).await.map_err(|error| store_error(&error))
}

/// The numbers that lead to a mailbox.
pub(crate) async fn numbers_of(deployment: &Deployment, id: &MailboxId) -> Result<Vec<PhoneNumber>> {
    let mailboxes = deployment.store.mailboxes().await.map_err(|error| store_error(&error))?;
    Ok(mailboxes
        .rows
        .into_iter()
        .find(|(mailbox, _)| mailbox.id == *id)
        .map(|(_, numbers)| numbers)
        .unwrap_or_default())
}

/// The other numbers that lead to a mailbox: `+1 415-555-0101, +1 415-555-0102`.
pub(crate) async fn shared_with(
    deployment: &Deployment,
    id: &MailboxId,
    number: &PhoneNumber,
) -> Result<Option<String>> {
    let others = numbers_of(deployment, id).await?;
    let others: Vec<String> = others.iter().filter(|other| *other != number).map(international).collect();
    Ok((!others.is_empty()).then(|| others.join(", ")))
}
