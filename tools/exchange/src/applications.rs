//! `TwiML` applications: URLs that several numbers and calls share.

use std::sync::Mutex;

use jiff::Timestamp;
use phone::AccountSid;

use crate::clock::lock;
use crate::config::NumberUrls;

/// All applications of all accounts.
#[derive(Default)]
pub(crate) struct Applications(Mutex<Vec<Application>>);

/// An application.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) sid: String,
    pub(crate) account_sid: AccountSid,
    pub(crate) name: String,
    pub(crate) urls: NumberUrls,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl Applications {
    /// Keeps an application, or its new state.
    pub(crate) fn keep(&self, application: Application) {
        let mut all = lock(&self.0);
        all.retain(|other| other.sid != application.sid);
        all.push(application);
    }

    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Application> {
        lock(&self.0).iter().find(|one| one.account_sid == *account_sid && one.sid == sid).cloned()
    }

    pub(crate) fn of(&self, account_sid: &AccountSid) -> Vec<Application> {
        lock(&self.0).iter().filter(|one| one.account_sid == *account_sid).cloned().collect()
    }

    pub(crate) fn delete(&self, sid: &str) {
        lock(&self.0).retain(|other| other.sid != sid);
    }
}
