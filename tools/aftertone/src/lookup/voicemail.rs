//! Voicemails, of the ledger.

use anyhow::{Result, bail};
use domain::Voicemail;
use phone::RecordingSid;
use store::StoreError;

use crate::arguments::Listing;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::show;

/// Those that are asked for, newest first.
pub(crate) async fn list(deployment: &Deployment, listing: &Listing) -> Result<Vec<Voicemail>> {
    let list = deployment.store.list_voicemails(&listing.listed()?).await;
    list.map(show::readable).map_err(|error| store_error(&error))
}

/// One, or what to do if there is none.
pub(crate) async fn one(deployment: &Deployment, sid: &RecordingSid) -> Result<Voicemail> {
    match deployment.store.voicemail(sid).await {
        Err(StoreError::NotFound(_)) => {
            bail!("the ledger has no voicemail {sid}: see which there are with `aftertone voicemails list`")
        }
        other => other.map_err(|error| store_error(&error)),
    }
}

/// All of them, before anything is done to one.
pub(crate) async fn all(deployment: &Deployment, sids: &[RecordingSid]) -> Result<Vec<Voicemail>> {
    let mut voicemails = Vec::new();
    for sid in sids {
        voicemails.push(one(deployment, sid).await?);
    }
    Ok(voicemails)
}
