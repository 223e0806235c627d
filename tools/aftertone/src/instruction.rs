//! Who wants something to be kept or deleted, and why: what receipts say.

use anyhow::{Result, anyhow};
use domain::Instruction;
use jiff::Timestamp;

use crate::arguments::Because;
use crate::deployment::Deployment;

/// The instruction, given now.
pub(crate) async fn of(deployment: &Deployment, because: &Because) -> Result<Instruction> {
    let by = match &because.by {
        Some(by) => by.clone(),
        None => who(deployment).await.ok_or_else(|| anyhow!("nobody knows who you are: say it with --by"))?,
    };
    Ok(Instruction { by, why: because.why.clone(), at: Timestamp::now() })
}

/// Whom AWS knows us as, or this machine's user.
pub(crate) async fn who(deployment: &Deployment) -> Option<String> {
    if deployment.local.is_none() {
        let answer = aws_sdk_sts::Client::new(&deployment.aws).get_caller_identity().send().await;
        if let Ok(arn) = answer.map(|known| known.arn)
            && arn.is_some()
        {
            return arn;
        }
    }
    let users = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    users.into_iter().find(|user| !user.is_empty())
}
