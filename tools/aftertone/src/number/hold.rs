//! Holds on whole numbers.

use anyhow::Result;
use phone::PhoneNumber;
use serde_json::json;
use store::{StoreError, Written};

use crate::arguments::NumberBecause;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::reading::international;
use crate::{instruction, show};

pub(super) async fn hold(deployment: &Deployment, options: &NumberBecause, json: bool) -> Result<()> {
    let number = options.region.read(&options.number)?;
    let known = told(deployment, &number).await?;
    let instruction = instruction::of(deployment, &options.because).await?;
    let written =
        deployment.store.hold_number(&number, &instruction).await.map_err(|error| store_error(&error))?;
    if json {
        return show::json(&json!({ "number": number.reveal(), "new": written == Written::Applied }));
    }
    let shown = international(&number);
    show::line(match (known, written) {
        (Some(known), Written::AlreadyApplied) => format!("{shown} is already {known}"),
        _ => format!("{shown} is held: nothing of its voicemails and calls is deleted until it is released."),
    });
    // A hold on what was given up is as good, and a slip of the pen is to be seen.
    if let Err(StoreError::NotFound(_)) = deployment.store.settings(&number).await {
        show::line(format!("{shown} is not in service here: is it the right number?"));
    }
    Ok(())
}

pub(super) async fn release(deployment: &Deployment, options: &NumberBecause, json: bool) -> Result<()> {
    let number = options.region.read(&options.number)?;
    let instruction = instruction::of(deployment, &options.because).await?;
    let written =
        deployment.store.release_number(&number, &instruction).await.map_err(|error| store_error(&error))?;
    if json {
        return show::json(&json!({ "number": number.reveal(), "new": written == Written::Applied }));
    }
    let shown = international(&number);
    show::line(match written {
        Written::Applied => format!("{shown} is released; holds on its voicemails stay."),
        _ => format!("{shown} was not held."),
    });
    Ok(())
}

/// `held since 2026-11-20 10:00:25 by ada: case 7`
pub(super) async fn told(deployment: &Deployment, number: &PhoneNumber) -> Result<Option<String>> {
    let (hold, _) = deployment.store.number_hold(number).await.map_err(|error| store_error(&error))?;
    Ok(hold.map(|instruction| {
        format!("held since {} by {}: {}", show::time(instruction.at), instruction.by, instruction.why)
    }))
}
