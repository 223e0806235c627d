//! A number in service.

use anyhow::{Result, bail};
use phone::PhoneNumber;
use store::{SeenSettings, StoreError};

use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::reading::international;

/// A number's settings, or what to do if it has none.
pub(crate) async fn seen(deployment: &Deployment, number: &PhoneNumber) -> Result<SeenSettings> {
    match deployment.store.settings(number).await {
        Ok(seen) => Ok(seen),
        Err(StoreError::NotFound(_)) => bail!(
            "{} is not in service here: take it into service with `aftertone number add`, \
             or see what there is with `aftertone number list`",
            international(number)
        ),
        Err(error) => Err(store_error(&error)),
    }
}
