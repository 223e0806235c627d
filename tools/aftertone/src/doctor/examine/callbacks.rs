//! What programs are told of their calls.

use api::CallbackSecretDocument;
use endpoint::{Endpoint, Reach};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::deployment::Deployment;
use crate::doctor::facts::{CallbackFacts, Fact};
use crate::failures::chain;

/// None where the stack is of a release without keys.
pub(super) async fn examine(deployment: &Deployment) -> Option<Fact<Vec<CallbackFacts>>> {
    deployment.outputs.get("CallbackSecretArn")?;
    Some(of_keys(deployment).await)
}

async fn of_keys(deployment: &Deployment) -> Fact<Vec<CallbackFacts>> {
    let told = |error: anyhow::Error| format!("{error:#}");
    let keys = deployment.store.api_keys().await.map_err(|error| chain(&error))?.rows;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let secret = deployment.callback_secrets().map_err(told)?.read_if_any().await.map_err(told)?;
    let document = CallbackSecretDocument::parse(secret.unwrap_or_default().expose_secret());
    let document = document.map_err(|error| error.to_string())?;
    let reach = reach(deployment);
    let facts = keys.into_iter().map(|key| CallbackFacts {
        bad_address: key
            .callback
            .and_then(|url| Endpoint::parse(url.reveal(), reach).err())
            .map(|it| it.to_string()),
        is_signed: document.signs(&key.id, Timestamp::now()),
        key: key.name.to_string(),
    });
    Ok(facts.collect())
}

/// A local system tells programs on its machine.
pub(crate) fn reach(deployment: &Deployment) -> Reach {
    if deployment.local.is_some() { Reach::PublicAndLoopback } else { Reach::Public }
}
