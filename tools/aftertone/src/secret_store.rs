//! Where secrets are kept.

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::{ExposeSecret as _, SecretString};

use crate::failures::sdk_error;

/// Where the secret is kept.
pub(crate) enum SecretStore {
    /// On AWS.
    SecretsManager { client: aws_sdk_secretsmanager::Client, id: String, what: &'static str },
    /// The local system's stand-in for it.
    File { path: PathBuf, what: &'static str },
}

impl SecretStore {
    pub(crate) async fn read(&self) -> Result<SecretString> {
        self.read_if_any().await?.context(
            "there is no Twilio secret, or nothing in it yet: write it with `aftertone secret set --account AC...`; \
             if that fails, deploy again with `sam deploy`",
        )
    }

    /// What is there; none where there is nothing yet. That it can't be read is an error: who writes
    /// must not take that for empty.
    pub(crate) async fn read_if_any(&self) -> Result<Option<SecretString>> {
        match self {
            Self::File { path, what } => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Some(text.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => {
                    Err(error).with_context(|| format!("the {what} {} can't be read", path.display()))
                }
            },
            Self::SecretsManager { client, id, what } => {
                match client.get_secret_value().secret_id(id).send().await {
                    Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
                    Err(error)
                        if error
                            .as_service_error()
                            .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
                    {
                        Ok(None)
                    }
                    Err(error) => Err(anyhow!(
                        "Secrets Manager does not give the {what}: {}; you need \
                         secretsmanager:GetSecretValue on it",
                        sdk_error(&error)
                    )),
                }
            }
        }
    }

    /// Where to mend it.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::SecretsManager { id, .. } => format!("it in Secrets Manager's console ({id})"),
            Self::File { path, .. } => format!("it in {}", path.display()),
        }
    }

    pub(crate) async fn write(&self, text: &SecretString) -> Result<()> {
        match self {
            Self::File { path, what } => write_private(path, text.expose_secret())
                .with_context(|| format!("the {what} {} can't be written", path.display())),
            Self::SecretsManager { client, id, what } => {
                let written =
                    client.put_secret_value().secret_id(id).secret_string(text.expose_secret()).send().await;
                written.map(|_| ()).map_err(|error| {
                    anyhow!(
                        "Secrets Manager does not take the {what}: {}; you need \
                         secretsmanager:PutSecretValue on it",
                        sdk_error(&error)
                    )
                })
            }
        }
    }
}

/// In one step, so that who reads meanwhile reads the old or the new.
fn write_private(path: &std::path::Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(&new)?, text.as_bytes())?;
    std::fs::rename(new, path)
}
