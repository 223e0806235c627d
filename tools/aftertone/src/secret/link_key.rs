//! What signs the links in mails: made by AWS, never shown.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use link::{LinkSecretDocument, Rotated};
use secrecy::SecretString;
use serde_json::json;

use crate::deployment::Deployment;
use crate::failures::sdk_error;
use crate::secret_store::SecretStore;
use crate::show;

/// As many characters as the template has made.
const LENGTH: i64 = 64;

pub(super) async fn rotate(deployment: &Deployment, json: bool) -> Result<ExitCode> {
    if deployment.local.is_some() {
        bail!(
            "the links of a local system are signed with a key that everybody knows: there is nothing to rotate"
        );
    }
    let client = aws_sdk_secretsmanager::Client::new(&deployment.aws);
    let store = SecretStore::SecretsManager {
        client: client.clone(),
        id: deployment.outputs.required("LinkSecretArn")?.to_owned(),
        what: "link secret",
    };
    let days: i64 = deployment.outputs.required("LinkDays")?.parse()?;
    let Some(text) = store.read_if_any().await? else {
        bail!("the link secret is empty: deploy again with `sam deploy`");
    };
    let mut document = LinkSecretDocument::parse(&text)
        .map_err(|why| anyhow!("{why}: nothing was written. Mend it in Secrets Manager's console"))?;
    let made = client.get_random_password().password_length(LENGTH).exclude_punctuation(true).send().await;
    let made = made.map_err(|error| {
        anyhow!(
            "Secrets Manager makes no key: {}; you need secretsmanager:GetRandomPassword",
            sdk_error(&error)
        )
    })?;
    let key: SecretString = made.random_password.unwrap_or_default().into();
    let rotated = document.rotate(&key, SignedDuration::from_hours(24 * days), Timestamp::now())?;
    store.write(&document.to_json()).await?;
    let Rotated { id, kept, dropped } = rotated;
    if json {
        show::json(&json!({ "signs": id, "opens": kept, "dropped": dropped }))?;
    } else {
        show::line(told(rotated, days));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(rotated: Rotated, days: i64) -> String {
    let Rotated { id, kept, dropped } = rotated;
    let kept = match kept {
        1 => "The earlier key opens its links".to_owned(),
        kept => format!("{kept} earlier keys open their links"),
    };
    let dropped = match dropped {
        0 => "",
        _ => " Keys whose links have all expired are gone.",
    };
    format!(
        "Key {id} signs links from now on, in workers that run within hours. {kept} until the last one expires, \
         {days} days after its mail.{dropped}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_says_what_it_did() {
        let told = |kept, dropped| told(Rotated { id: 3, kept, dropped }, 30);
        assert_eq!(
            told(1, 0),
            "Key 3 signs links from now on, in workers that run within hours. The earlier key opens its links until \
             the last one expires, 30 days after its mail."
        );
        assert!(told(2, 1).contains("2 earlier keys open their links"));
        assert!(told(2, 1).ends_with("Keys whose links have all expired are gone."));
    }
}
