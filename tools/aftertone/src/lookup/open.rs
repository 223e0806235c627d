//! What of a mailbox is not done.

use anyhow::Result;
use domain::{MailboxId, MissedCall, Voicemail};
use serde_json::{Value, json};

use super::owners::KnownOwners;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::show;

/// What of a mailbox is not done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    voicemails: usize,
    missed_calls: usize,
    /// Voicemails of which it is not known yet whose they are: they may be its.
    pub(crate) unidentified: usize,
}

impl Open {
    pub(crate) fn is_none(&self) -> bool {
        self.voicemails == 0 && self.missed_calls == 0
    }

    /// `2 voicemails and 1 missed call`
    pub(crate) fn told(&self) -> String {
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let parts = [(self.voicemails, "voicemail"), (self.missed_calls, "missed call")];
        let told =
            parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| count(number, what));
        told.collect::<Vec<_>>().join(" and ")
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "voicemails": self.voicemails, "missed_calls": self.missed_calls })
    }
}

/// Looks for what of a mailbox is not done; a row without a pin is whose the number was then.
pub(crate) async fn open(deployment: &Deployment, id: &MailboxId) -> Result<Open> {
    let failed = |error| store_error(&error);
    let voicemails: Vec<Voicemail> =
        deployment.store.list_open_voicemails().await.map(show::readable).map_err(failed)?;
    let missed_calls: Vec<MissedCall> =
        deployment.store.list_open_missed_calls().await.map(show::readable).map_err(failed)?;
    let mut owners = KnownOwners::default();
    let mut open = Open::default();
    for voicemail in &voicemails {
        let number = voicemail.parties.as_ref().map(|parties| &parties.number);
        let pinned = voicemail.mailbox.as_ref();
        open.unidentified += usize::from(pinned.is_none() && number.is_none());
        open.voicemails +=
            usize::from(owners.is_of(deployment, id, pinned, number, voicemail.recorded_at).await?);
    }
    for call in &missed_calls {
        let (pinned, number) = (call.mailbox.as_ref(), Some(&call.parties.number));
        open.missed_calls += usize::from(owners.is_of(deployment, id, pinned, number, call.missed_at).await?);
    }
    Ok(open)
}
