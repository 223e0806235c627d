//! What the worker works with.

use domain::LiveCall;
use phone::AccountSid;
use runtime::{Clock, Failure};
use steering::Waker;
use store::Store;
use twilio::{Accounts, Login, Rest};
use worker::Later;

/// What the worker works with.
#[derive(Debug)]
pub struct Deps {
    /// The tables.
    pub store: Store,
    /// Twilio's API.
    pub rest: Rest,
    /// As whom to call it.
    pub accounts: Accounts,
    /// What wakes the worker later.
    pub later: Later,
    /// Wakes the one that tells programs.
    pub teller: Waker,
    /// What time it is.
    pub clock: Clock,
}

impl Deps {
    pub(crate) async fn login(&self, call: &LiveCall) -> Result<Login, Failure> {
        self.login_of(&call.account_sid).await
    }

    pub(crate) async fn login_of(&self, account_sid: &AccountSid) -> Result<Login, Failure> {
        let secret = self.accounts.get().await?;
        let account = secret.account(account_sid).ok_or("the account is none of ours")?;
        Ok(account.login.clone())
    }
}
