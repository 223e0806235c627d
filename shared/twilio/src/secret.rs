use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use phone::AccountSid;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use signature::AuthToken;
use thiserror::Error;

/// The Twilio accounts that are ours: a JSON document, kept in Secrets Manager.
///
/// ```json
/// {
///   "accounts": [
///     {
///       "sid": "AC…",
///       "auth_tokens": ["the primary token", "the secondary token, while rotating"],
///       "api_key": { "sid": "SK…", "secret": "…" }
///     }
///   ]
/// }
/// ```
///
/// A subaccount is an account of its own: Twilio signs its webhooks with its own token. The API
/// key is optional; without one, or where Twilio does not take it any more, the API is called with
/// the first token that Twilio takes.
#[derive(Clone, Debug)]
pub struct Secret {
    accounts: HashMap<AccountSid, Account>,
}

/// One Twilio account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Every token that may have signed a webhook: during a rotation there are two.
    pub auth_tokens: Vec<AuthToken>,
    /// As whom to call the API.
    pub login: Login,
}

/// User name and password for the API, and others where there are some: what works is kept.
#[derive(Clone, Debug)]
pub struct Login {
    ways: Arc<[Way]>,
    works: Arc<AtomicUsize>,
}

/// A user name and a password.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

/// The document can't be used. The text names the place, and none of the content.
#[derive(Debug, Error)]
pub enum InvalidSecret {
    /// It is not the JSON that is expected.
    #[error("the Twilio secret is not the JSON document that is expected, see line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// An account's SID is none.
    #[error("the Twilio secret names an account whose sid is not AC and 32 hexadecimal digits")]
    AccountSid,
    /// An account without a token could not prove anything.
    #[error("the Twilio secret has no auth token for the account {0}")]
    NoToken(AccountSid),
    /// There is no account at all.
    #[error("the Twilio secret names no account")]
    NoAccount,
}

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Document {
    pub(crate) accounts: Vec<DocumentAccount>,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct DocumentAccount {
    pub(crate) sid: String,
    pub(crate) auth_tokens: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<DocumentKey>,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct DocumentKey {
    pub(crate) sid: String,
    pub(crate) secret: String,
}

impl Document {
    pub(crate) fn parse(json: &str) -> Result<Self, InvalidSecret> {
        serde_json::from_str(json)
            .map_err(|error| InvalidSecret::Json { line: error.line(), column: error.column() })
    }
}

impl Login {
    /// An API key and its secret, or an account's SID and its token.
    pub fn new(user: impl Into<String>, password: SecretString) -> Self {
        Self::of(vec![Way { user: user.into(), password }])
    }

    fn of(ways: Vec<Way>) -> Self {
        Self { ways: ways.into(), works: Arc::default() }
    }

    /// The ways to log in, with their numbers: the one that worked last comes first.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (usize, &Way)> {
        let first = self.works.load(Ordering::Relaxed);
        self.ways.iter().enumerate().cycle().skip(first).take(self.ways.len())
    }

    /// This one works.
    pub(crate) fn keep(&self, number: usize) {
        self.works.store(number, Ordering::Relaxed);
    }
}

impl Secret {
    /// Reads the document.
    ///
    /// # Errors
    /// [`InvalidSecret`] says where it is wrong.
    pub fn parse(json: &str) -> Result<Self, InvalidSecret> {
        let document = Document::parse(json)?;
        let mut accounts = HashMap::new();
        for account in document.accounts {
            let sid = AccountSid::parse(&account.sid).map_err(|_| InvalidSecret::AccountSid)?;
            // A placeholder that was never filled in must not become a key that anybody can guess.
            let tokens: Vec<String> =
                account.auth_tokens.into_iter().filter(|token| !token.trim().is_empty()).collect();
            if tokens.is_empty() {
                return Err(InvalidSecret::NoToken(sid));
            }
            // Once a rotation is finished at Twilio the first token counts no more, and the second does.
            let key = account.api_key.map(|key| Way { user: key.sid, password: key.secret.into() });
            let by_token =
                tokens.iter().map(|token| Way { user: sid.to_string(), password: token.clone().into() });
            let login = Login::of(key.into_iter().chain(by_token).collect());
            let auth_tokens = tokens.into_iter().map(AuthToken::from).collect();
            accounts.insert(sid, Account { auth_tokens, login });
        }
        if accounts.is_empty() { Err(InvalidSecret::NoAccount) } else { Ok(Self { accounts }) }
    }

    /// Every account, in no particular order.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountSid, &Account)> {
        self.accounts.iter()
    }

    /// The account, if it is one of ours.
    pub fn account(&self, sid: &AccountSid) -> Option<&Account> {
        self.accounts.get(sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "AC00000000000000000000000000000001";

    #[test]
    fn without_an_api_key_the_tokens_are_the_login_in_their_order() {
        let secret =
            Secret::parse(&format!(r#"{{"accounts":[{{"sid":"{SID}","auth_tokens":["one","two"]}}]}}"#))
                .unwrap();
        let account = secret.account(&AccountSid::parse(SID).unwrap()).unwrap();
        assert_eq!(account.auth_tokens.len(), 2);
        let users = |login: &Login| login.ways().map(|(_, way)| way.user.clone()).collect::<Vec<_>>();
        assert_eq!(users(&account.login), [SID, SID]);
        account.login.keep(1);
        assert_eq!(account.login.ways().map(|(number, _)| number).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_wrong_document_is_refused_without_repeating_it() {
        let cases = [
            ("{", "the Twilio secret is not the JSON document that is expected, see line 1, column 1"),
            (r#"{"accounts":[]}"#, "the Twilio secret names no account"),
            (
                r#"{"accounts":[{"sid":"hush","auth_tokens":["hush"]}]}"#,
                "the Twilio secret names an account whose sid is not AC and 32 hexadecimal digits",
            ),
            (
                r#"{"accounts":[{"sid":"AC00000000000000000000000000000001","auth_tokens":[" "]}]}"#,
                "the Twilio secret has no auth token for the account AC00000000000000000000000000000001",
            ),
        ];
        for (json, message) in cases {
            assert_eq!(Secret::parse(json).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret =
            Secret::parse(&format!(r#"{{"accounts":[{{"sid":"{SID}","auth_tokens":["hush"]}}]}}"#)).unwrap();
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
