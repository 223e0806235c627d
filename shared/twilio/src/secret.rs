use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use phone::AccountSid;
use secrecy::{ExposeSecret as _, SecretString};
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
///
/// An account of the document that can't be read is left out: the others' calls are not to suffer for it.
#[derive(Clone, Debug)]
pub struct Secret {
    accounts: HashMap<AccountSid, Account>,
    unreadable: Vec<InvalidSecret>,
}

/// One Twilio account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Every token that may have signed a webhook: during a rotation there are two.
    pub auth_tokens: Vec<AuthToken>,
    /// As whom to call the API.
    pub login: Login,
}

/// User name and password for the API, and others where there are some: what works is kept. Clones
/// share what they know.
#[derive(Clone, Debug)]
pub struct Login {
    ways: Arc<Mutex<Arc<Ways>>>,
    again: Option<Again>,
}

#[derive(Debug)]
struct Ways {
    list: Vec<Way>,
    works: AtomicUsize,
}

/// How the login is read again that Twilio refuses.
#[derive(Clone)]
struct Again(Arc<dyn Fn() -> Read + Send + Sync>);

type Read = Pin<Box<dyn Future<Output = Option<Login>> + Send>>;

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}

/// A user name and a password.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

/// The document, or an account in it, can't be used. The text names the place, and none of the content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSecret {
    /// It is not the JSON that is expected.
    #[error("the Twilio secret is not the JSON document that is expected, see line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// An account lacks something, or has it in another form.
    #[error(
        "account {0} of the Twilio secret is not a sid with auth_tokens, and an api_key where there is one"
    )]
    Account(
        /// Which one of the list, from 1.
        usize,
    ),
    /// An account's SID is none.
    #[error("account {0} of the Twilio secret has a sid that is not AC and 32 hexadecimal digits")]
    AccountSid(
        /// Which one of the list, from 1.
        usize,
    ),
    /// An account without a token could not prove anything.
    #[error("the Twilio secret has no auth token for the account {0}")]
    NoToken(AccountSid),
    /// There is no account at all.
    #[error("the Twilio secret names no account")]
    NoAccount,
}

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Document {
    pub(crate) accounts: Vec<Entry>,
}

/// An account, or what stands in its place; that is kept as it is.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Account(DocumentAccount),
    Other(serde_json::Value),
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

    /// What each of the list is: an account that can be used, or why not.
    pub(crate) fn judged(
        &self,
    ) -> impl Iterator<Item = Result<(AccountSid, &DocumentAccount), InvalidSecret>> {
        self.accounts.iter().zip(1..).map(|(entry, place)| entry.judged(place))
    }
}

impl Entry {
    fn judged(&self, place: usize) -> Result<(AccountSid, &DocumentAccount), InvalidSecret> {
        let Self::Account(account) = self else { return Err(InvalidSecret::Account(place)) };
        let sid = AccountSid::parse(&account.sid).map_err(|_| InvalidSecret::AccountSid(place))?;
        if account.tokens().next().is_none() {
            return Err(InvalidSecret::NoToken(sid));
        }
        Ok((sid, account))
    }

    /// The SID that it gives itself.
    pub(crate) fn sid(&self) -> Option<&str> {
        match self {
            Self::Account(account) => Some(&account.sid),
            Self::Other(value) => value.get("sid")?.as_str(),
        }
    }
}

impl DocumentAccount {
    /// A placeholder that was never filled in must not become a key that anybody can guess.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &String> {
        self.auth_tokens.iter().filter(|token| !token.trim().is_empty())
    }
}

impl Login {
    /// An API key and its secret, or an account's SID and its token.
    pub fn new(user: impl Into<String>, password: SecretString) -> Self {
        Self::of(vec![Way { user: user.into(), password }])
    }

    fn of(list: Vec<Way>) -> Self {
        let ways = Ways { list, works: AtomicUsize::new(0) };
        Self { ways: Arc::new(Mutex::new(Arc::new(ways))), again: None }
    }

    /// The ways to log in, with their numbers: the one that worked last comes first.
    pub(crate) fn ways(&self) -> Vec<(usize, Way)> {
        let ways = self.known();
        let first = ways.works.load(Ordering::Relaxed);
        let all = ways.list.iter().cloned().enumerate();
        all.cycle().skip(first).take(ways.list.len()).collect()
    }

    /// This one works.
    pub(crate) fn keep(&self, number: usize) {
        self.known().works.store(number, Ordering::Relaxed);
    }

    /// Reads the login again that Twilio refuses, if there is a way to; says whether it is another
    /// one now.
    pub async fn read_again(&self) -> bool {
        let Some(Again(read)) = &self.again else { return false };
        let Some(fresh) = read().await else { return false };
        let (fresh, known) = (fresh.known(), self.known());
        if fresh.is_like(&known) {
            return false;
        }
        *self.ways.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        true
    }

    /// A panic elsewhere can't have left it half changed.
    fn known(&self) -> Arc<Ways> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Ways {
    fn is_like(&self, other: &Self) -> bool {
        let shown = |ways: &Self| -> Vec<(String, String)> {
            let pair = |way: &Way| (way.user.clone(), way.password.expose_secret().to_owned());
            ways.list.iter().map(pair).collect()
        };
        shown(self) == shown(other)
    }
}

impl Account {
    fn of(sid: &AccountSid, account: &DocumentAccount) -> Self {
        // Once a rotation is finished at Twilio the first token counts no more, and the second does.
        let key = account.api_key.as_ref();
        let key = key.map(|key| Way { user: key.sid.clone(), password: key.secret.clone().into() });
        let by_token =
            account.tokens().map(|token| Way { user: sid.to_string(), password: token.clone().into() });
        let login = Login::of(key.into_iter().chain(by_token).collect());
        Self { auth_tokens: account.tokens().cloned().map(AuthToken::from).collect(), login }
    }
}

impl Secret {
    /// Reads the document. What can't be read of it is left out, as long as there is an account.
    ///
    /// # Errors
    /// [`InvalidSecret`] says where it is wrong.
    pub fn parse(json: &str) -> Result<Self, InvalidSecret> {
        let document = Document::parse(json)?;
        let (mut accounts, mut unreadable) = (HashMap::new(), Vec::new());
        for judged in document.judged() {
            match judged {
                Ok((sid, account)) => {
                    let account = Account::of(&sid, account);
                    accounts.insert(sid, account);
                }
                Err(invalid) => unreadable.push(invalid),
            }
        }
        if accounts.is_empty() {
            return Err(unreadable.into_iter().next().unwrap_or(InvalidSecret::NoAccount));
        }
        Ok(Self { accounts, unreadable })
    }

    /// Those that can't be read, in the document's order.
    pub fn unreadable(&self) -> &[InvalidSecret] {
        &self.unreadable
    }

    /// The same, whose logins are read again in this way when Twilio refuses them.
    pub fn read_again_by<F>(mut self, read: impl Fn(AccountSid) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Login>> + Send + 'static,
    {
        for (sid, account) in &mut self.accounts {
            let (read, sid) = (read.clone(), sid.clone());
            account.login.again = Some(Again(Arc::new(move || Box::pin(read(sid.clone())))));
        }
        self
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
        let users = |login: &Login| login.ways().into_iter().map(|(_, way)| way.user).collect::<Vec<_>>();
        assert_eq!(users(&account.login), [SID, SID]);
        account.login.keep(1);
        assert_eq!(account.login.ways().into_iter().map(|(number, _)| number).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_wrong_document_is_refused_without_repeating_it() {
        let cases = [
            ("{", "the Twilio secret is not the JSON document that is expected, see line 1, column 1"),
            (r#"{"accounts":[]}"#, "the Twilio secret names no account"),
            (
                r#"{"accounts":[{"sid":"hush","auth_tokens":["hush"]}]}"#,
                "account 1 of the Twilio secret has a sid that is not AC and 32 hexadecimal digits",
            ),
            (
                r#"{"accounts":["hush"]}"#,
                "account 1 of the Twilio secret is not a sid with auth_tokens, and an api_key where there is one",
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
    fn a_bad_account_refuses_no_other() {
        let bad = [
            r#""hush""#,
            r#"{"sid":"hush","auth_tokens":["hush"]}"#,
            r#"{"sid":"AC00000000000000000000000000000002","auth_tokens":["", " "]}"#,
            r#"{"sid":"AC00000000000000000000000000000003","auth_tokens":"hush"}"#,
            r#"{"sid":"AC00000000000000000000000000000004","auth_tokens":["hush"],"api_key":{"sid":"SK1"}}"#,
        ];
        let good = format!(r#"{{"sid":"{SID}","auth_tokens":["one"]}}"#);
        for bad in bad {
            for accounts in [format!("{bad},{good}"), format!("{good},{bad}")] {
                let secret = Secret::parse(&format!(r#"{{"accounts":[{accounts}]}}"#)).unwrap();
                assert_eq!(secret.accounts().count(), 1, "{bad}");
                assert!(secret.account(&AccountSid::parse(SID).unwrap()).is_some(), "{bad}");
                let [why] = secret.unreadable() else { panic!("{bad}: {:?}", secret.unreadable()) };
                assert!(!format!("{why} {secret:?}").contains("hush"), "{why}");
            }
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret =
            Secret::parse(&format!(r#"{{"accounts":[{{"sid":"{SID}","auth_tokens":["hush"]}}]}}"#)).unwrap();
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
