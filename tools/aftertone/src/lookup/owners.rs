//! Whose voicemails and missed calls are.

use anyhow::Result;
use domain::{MailboxId, Owner};
use jiff::Timestamp;
use phone::PhoneNumber;
use store::{Owners, StoreError};

use crate::deployment::Deployment;
use crate::failures::store_error;

/// Whose it is, if the mailbox is there still: that to which a row is `pinned`, else that to which the
/// number led then.
pub(crate) async fn owner(
    deployment: &Deployment,
    pinned: Option<&MailboxId>,
    number: Option<&PhoneNumber>,
    at: Timestamp,
) -> Result<Option<Owner>> {
    let Some(number) = number else { return Ok(None) };
    match deployment.store.mailbox_for(pinned, number, at, Timestamp::now()).await {
        Ok(mailbox) => Ok(Some(mailbox.owner.clone())),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(store_error(&error)),
    }
}

/// Whose numbers are and were, asked once for each.
#[derive(Default)]
pub(crate) struct KnownOwners(Vec<(PhoneNumber, Owners)>);

impl KnownOwners {
    /// The mailbox of what came to a number at some time: the one that its row is `pinned` to, else
    /// the one that the number led to then.
    pub(crate) async fn mailbox(
        &mut self,
        deployment: &Deployment,
        pinned: Option<&MailboxId>,
        number: &PhoneNumber,
        at: Timestamp,
    ) -> Result<MailboxId, StoreError> {
        if let Some(pinned) = pinned {
            return Ok(pinned.clone());
        }
        if let Some((_, owners)) = self.0.iter().find(|(known, _)| known == number) {
            return Ok(owners.nearest(number, at));
        }
        let owners = deployment.store.owners(number).await?;
        let mailbox = owners.nearest(number, at);
        self.0.push((number.clone(), owners));
        Ok(mailbox)
    }

    pub(crate) async fn is_of(
        &mut self,
        deployment: &Deployment,
        id: &MailboxId,
        pinned: Option<&MailboxId>,
        number: Option<&PhoneNumber>,
        at: Timestamp,
    ) -> Result<bool> {
        let Some(number) = number else { return Ok(pinned == Some(id)) };
        let mailbox =
            self.mailbox(deployment, pinned, number, at).await.map_err(|error| store_error(&error))?;
        Ok(mailbox == *id)
    }
}
