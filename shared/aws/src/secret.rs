use std::error::Error;

use secrecy::SecretString;
use thiserror::Error;

use crate::{Aws, MissingVariable};

/// Where a secret is kept.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// In the environment: for a laptop, not for a cloud, whose consoles show it.
    Environment(SecretString),
    /// In Secrets Manager.
    SecretsManager {
        /// The client.
        client: aws_sdk_secretsmanager::Client,
        /// Name or ARN.
        id: String,
    },
}

/// The secret can't be read now.
#[derive(Debug, Error)]
pub enum SecretUnavailable {
    /// Secrets Manager did not answer in time, or refused.
    #[error("Secrets Manager does not give the secret")]
    Service(#[source] Box<dyn Error + Send + Sync>),
    /// The secret is there, but is binary or has no value yet.
    #[error("the secret in Secrets Manager has no text")]
    Empty,
}

impl SecretSource {
    /// Secrets Manager if `<NAME>_ID` is set, else the text in `<NAME>` itself.
    ///
    /// # Errors
    /// [`MissingVariable`] if neither is.
    pub fn from_env(aws: &Aws, name: &'static str) -> Result<Self, MissingVariable> {
        if let Some(id) = std::env::var(format!("{name}_ID")).ok().filter(|id| !id.is_empty()) {
            return Ok(Self::SecretsManager { client: aws.secrets(), id });
        }
        std::env::var(name).map(|text| Self::Environment(text.into())).map_err(|_| MissingVariable(name))
    }

    /// The secret, as it is at this moment.
    ///
    /// # Errors
    /// [`SecretUnavailable`].
    pub async fn read(&self) -> Result<SecretString, SecretUnavailable> {
        match self {
            Self::Environment(text) => Ok(text.clone()),
            Self::SecretsManager { client, id } => {
                let answer = client
                    .get_secret_value()
                    .secret_id(id)
                    .send()
                    .await
                    .map_err(|error| SecretUnavailable::Service(error.into()))?;
                answer.secret_string.map(SecretString::from).ok_or(SecretUnavailable::Empty)
            }
        }
    }
}
