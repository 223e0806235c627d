//! The accounts, and what opens the REST API to whom.

use std::sync::Mutex;

use phone::AccountSid;
use signature::AuthToken;

use crate::clock::lock;
use crate::config::{Account, ApiKey, Config};

/// All accounts.
pub(crate) struct Accounts(Mutex<Vec<OpenAccount>>);

/// An account with its tokens. The primary one signs; both open the REST API.
struct OpenAccount {
    account: Account,
    secondary: Option<String>,
    /// Keys that were made by REST.
    keys: Vec<ApiKey>,
}

/// Whom a login to the REST API stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nobody.
    Unknown,
    /// An account that may not see the one that is asked for.
    Another,
    /// The account that is asked for, or the one above it.
    Allowed,
}

impl Accounts {
    /// The one account that there is from the begin.
    pub(crate) fn of(config: &Config) -> Self {
        let account = Account {
            sid: config.account_sid.clone(),
            auth_token: config.auth_token.clone(),
            api_key: config.api_key.clone(),
            parent: None,
        };
        Self(Mutex::new(vec![OpenAccount { account, secondary: None, keys: Vec::new() }]))
    }

    /// Opens an account, or changes it.
    pub(crate) fn open(&self, account: Account) {
        let mut accounts = lock(&self.0);
        accounts.retain(|open| open.account.sid != account.sid);
        accounts.push(OpenAccount { account, secondary: None, keys: Vec::new() });
    }

    /// The account with this SID.
    pub(crate) fn with_sid(&self, sid: &str) -> Option<Account> {
        let accounts = lock(&self.0);
        accounts.iter().map(|open| &open.account).find(|account| account.sid.as_str() == sid).cloned()
    }

    pub(crate) fn sids(&self) -> Vec<AccountSid> {
        lock(&self.0).iter().map(|open| open.account.sid.clone()).collect()
    }

    /// Another key that opens the account's part of the REST API.
    pub(crate) fn add_key(&self, account_sid: &AccountSid, key: ApiKey) {
        if let Some(open) = lock(&self.0).iter_mut().find(|open| open.account.sid == *account_sid) {
            open.keys.push(key);
        }
    }

    pub(crate) fn has_key(&self, account_sid: &AccountSid, sid: &str) -> bool {
        let accounts = lock(&self.0);
        let open = accounts.iter().find(|open| open.account.sid == *account_sid);
        open.is_some_and(|open| open.keys.iter().any(|key| key.sid == sid))
    }

    pub(crate) fn remove_key(&self, account_sid: &AccountSid, sid: &str) -> bool {
        let mut accounts = lock(&self.0);
        let Some(open) = accounts.iter_mut().find(|open| open.account.sid == *account_sid) else {
            return false;
        };
        let before = open.keys.len();
        open.keys.retain(|key| key.sid != sid);
        open.keys.len() < before
    }

    /// What signs an account's webhooks.
    pub(crate) fn token(&self, account_sid: &AccountSid) -> AuthToken {
        let accounts = lock(&self.0);
        let open = accounts.iter().find(|open| open.account.sid == *account_sid);
        AuthToken::from(open.map_or("", |open| &*open.account.auth_token))
    }

    /// Whether a login opens the part of the REST API that is about an account; of any, if none is
    /// named.
    pub(crate) fn login(&self, user: &str, password: &str, wanted: Option<&AccountSid>) -> Login {
        let accounts = lock(&self.0);
        let is_of = |open: &&OpenAccount| {
            let account = &open.account;
            let mut keys = account.api_key.iter().chain(&open.keys);
            let is_key = keys.any(|key| key.sid == user && key.secret == password);
            let is_token = account.auth_token == password || open.secondary.as_deref() == Some(password);
            is_key || (account.sid.as_str() == user && is_token)
        };
        let Some(who) = accounts.iter().find(is_of) else { return Login::Unknown };
        let Some(wanted) = wanted else { return Login::Allowed };
        let parent = accounts.iter().find(|open| open.account.sid == *wanted);
        let parent = parent.and_then(|open| open.account.parent.as_ref());
        if who.account.sid == *wanted || parent == Some(&who.account.sid) {
            Login::Allowed
        } else {
            Login::Another
        }
    }

    pub(crate) fn set_secondary_token(&self, account_sid: &AccountSid, token: &str) {
        if let Some(open) = lock(&self.0).iter_mut().find(|open| open.account.sid == *account_sid) {
            open.secondary = Some(token.to_owned());
        }
    }

    pub(crate) fn promote_secondary_token(&self, account_sid: &AccountSid) {
        let mut accounts = lock(&self.0);
        let open = accounts.iter_mut().find(|open| open.account.sid == *account_sid);
        if let Some(open) = open
            && let Some(secondary) = open.secondary.take()
        {
            open.account.auth_token = secondary;
        }
    }
}
