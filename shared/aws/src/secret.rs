use std::error::Error;

use runtime::{BadVariable, Environment};
use secrecy::SecretString;
use thiserror::Error;

use crate::Aws;

/// Where a secret is kept.
#[derive(Clone, Debug)]
pub enum SecretAt {
    /// In the environment: for a laptop, not for a cloud, whose consoles show it.
    Environment(SecretString),
    /// In Secrets Manager.
    SecretsManager {
        /// Name or ARN.
        id: String,
    },
}

impl SecretAt {
    /// Secrets Manager if `<NAME>_ID` is set, else the text in `<NAME>` itself.
    ///
    /// # Errors
    /// [`BadVariable`] if neither is.
    pub fn read(environment: &Environment, name: &str) -> Result<Self, BadVariable> {
        let name_of_id = format!("{name}_ID");
        match (environment.text(&name_of_id), environment.text(name)) {
            (Some(id), _) => Ok(Self::SecretsManager { id }),
            (None, Some(text)) => Ok(Self::Environment(text.into())),
            (None, None) => Err(BadVariable::NotSet { name: name_of_id }),
        }
    }
}

/// What gives a secret.
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
    /// A secret that is kept there.
    pub fn at(aws: &Aws, secret: SecretAt) -> Self {
        match secret {
            SecretAt::Environment(text) => Self::Environment(text),
            SecretAt::SecretsManager { id } => Self::SecretsManager { client: aws.secrets(), id },
        }
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
