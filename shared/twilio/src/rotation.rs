//! Writing the secret: what an operator does, and a function never.

use phone::AccountSid;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use crate::secret::{Document, DocumentAccount, DocumentKey, Entry, InvalidSecret, Login};

/// The secret's document, to be changed and written back. What is in it is never shown.
#[derive(Default)]
pub struct SecretDocument {
    document: Document,
}

/// The change can't be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotRotate {
    /// There is no such account.
    #[error("the secret has no account {0}; add it with `aftertone secret set`")]
    NoAccount(AccountSid),
    /// The new token is there already.
    #[error("this token is in the secret already")]
    Known,
    /// A rotation is under way.
    #[error("a rotation is under way already: finish it with `aftertone secret promote`")]
    UnderWay,
    /// There is nothing to promote.
    #[error("no rotation is under way: begin one with `aftertone secret rotate`")]
    NotUnderWay,
}

impl SecretDocument {
    /// Reads the document. Accounts that can't be read stay in it as they are.
    ///
    /// # Errors
    /// [`InvalidSecret`] says where it is wrong.
    pub fn parse(json: &str) -> Result<Self, InvalidSecret> {
        let mut document = Document::parse(json)?;
        for entry in &mut document.accounts {
            if let Entry::Account(account) = entry {
                account.auth_tokens.retain(|token| !token.trim().is_empty());
            }
        }
        Ok(Self { document })
    }

    /// The document as it is stored.
    pub fn to_json(&self) -> SecretString {
        // Texts in a list of structures: there is nothing that JSON can't hold.
        serde_json::to_string(&self.document).unwrap_or_default().into()
    }

    /// The accounts, in the document's order.
    pub fn accounts(&self) -> impl Iterator<Item = AccountSid> {
        self.document.judged().filter_map(|judged| Some(judged.ok()?.0))
    }

    /// Why those can't be read that are in it and can't, in the document's order.
    pub fn unreadable(&self) -> impl Iterator<Item = InvalidSecret> {
        self.document.judged().filter_map(Result::err)
    }

    /// How many tokens of an account count: two while it is rotated.
    pub fn tokens(&self, account: &AccountSid) -> usize {
        self.find(account).map_or(0, |found| found.auth_tokens.len())
    }

    /// The API key's SID, if the account has one.
    pub fn api_key(&self, account: &AccountSid) -> Option<&str> {
        Some(self.find(account)?.api_key.as_ref()?.sid.as_str())
    }

    /// A login for each of the account's tokens, in order, then one for its API key.
    pub fn logins(&self, account: &AccountSid) -> Vec<Login> {
        let Some(found) = self.find(account) else { return Vec::new() };
        let tokens = found.auth_tokens.iter().map(|token| Login::new(&found.sid, token.clone().into()));
        let key = found.api_key.iter().map(|key| Login::new(&key.sid, key.secret.clone().into()));
        tokens.chain(key).collect()
    }

    /// Puts an account in, in place of what was known of it, readable or not.
    pub fn set(
        &mut self,
        account: &AccountSid,
        auth_token: &SecretString,
        api_key: Option<(&str, &SecretString)>,
    ) {
        let entry = DocumentAccount {
            sid: account.as_str().to_owned(),
            auth_tokens: vec![auth_token.expose_secret().to_owned()],
            api_key: api_key.map(|(sid, secret)| DocumentKey {
                sid: sid.to_owned(),
                secret: secret.expose_secret().to_owned(),
            }),
        };
        let entry = Entry::Account(entry);
        let accounts = &mut self.document.accounts;
        match accounts.iter_mut().find(|entry| entry.sid() == Some(account.as_str())) {
            Some(found) => *found = entry,
            None => accounts.push(entry),
        }
    }

    /// Adds the token that will be the primary one; both count from now on.
    ///
    /// # Errors
    /// [`CannotRotate`].
    pub fn rotate(&mut self, account: &AccountSid, next: &SecretString) -> Result<(), CannotRotate> {
        let found = self.find_mut(account).ok_or_else(|| CannotRotate::NoAccount(account.clone()))?;
        if found.auth_tokens.iter().any(|token| token == next.expose_secret()) {
            return Err(CannotRotate::Known);
        }
        if found.auth_tokens.len() > 1 {
            return Err(CannotRotate::UnderWay);
        }
        found.auth_tokens.push(next.expose_secret().to_owned());
        Ok(())
    }

    /// Drops the old token: only the new one counts from now on.
    ///
    /// # Errors
    /// [`CannotRotate`].
    pub fn promote(&mut self, account: &AccountSid) -> Result<(), CannotRotate> {
        let found = self.find_mut(account).ok_or_else(|| CannotRotate::NoAccount(account.clone()))?;
        if found.auth_tokens.len() < 2 {
            return Err(CannotRotate::NotUnderWay);
        }
        found.auth_tokens.remove(0);
        Ok(())
    }

    fn find(&self, account: &AccountSid) -> Option<&DocumentAccount> {
        self.document.judged().flatten().find_map(|(sid, entry)| (sid == *account).then_some(entry))
    }

    fn find_mut(&mut self, account: &AccountSid) -> Option<&mut DocumentAccount> {
        self.document.accounts.iter_mut().find_map(|entry| match entry {
            Entry::Account(entry) if entry.sid == account.as_str() && !entry.auth_tokens.is_empty() => {
                Some(entry)
            }
            _ => None,
        })
    }
}

impl std::fmt::Debug for SecretDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.accounts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn account(last: u8) -> AccountSid {
        AccountSid::parse(&format!("AC{last:032x}")).unwrap()
    }

    fn written(document: &SecretDocument) -> String {
        document.to_json().expose_secret().to_owned()
    }

    #[test]
    fn a_rotation_keeps_both_tokens_until_it_is_finished() {
        let mut document = SecretDocument::default();
        document.set(&account(1), &"old".into(), Some(("SK1", &"key".into())));
        document.rotate(&account(1), &"new".into()).unwrap();
        let secret = Secret::parse(&written(&document)).unwrap();
        assert_eq!(secret.account(&account(1)).unwrap().auth_tokens.len(), 2);
        let mut read = SecretDocument::parse(&written(&document)).unwrap();
        assert_eq!((read.tokens(&account(1)), read.api_key(&account(1))), (2, Some("SK1")));
        read.promote(&account(1)).unwrap();
        assert!(!written(&read).contains("old"));
        assert!(written(&read).contains("new") && written(&read).contains("key"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut document = SecretDocument::default();
        assert_eq!(document.rotate(&account(1), &"new".into()), Err(CannotRotate::NoAccount(account(1))));
        document.set(&account(1), &"old".into(), None);
        assert_eq!(document.rotate(&account(1), &"old".into()), Err(CannotRotate::Known));
        assert_eq!(document.promote(&account(1)), Err(CannotRotate::NotUnderWay));
        document.rotate(&account(1), &"new".into()).unwrap();
        assert_eq!(document.rotate(&account(1), &"newer".into()), Err(CannotRotate::UnderWay));
    }

    #[test]
    fn other_accounts_stay_as_they_are() {
        let mut document = SecretDocument::default();
        document.set(&account(1), &"one".into(), None);
        document.set(&account(2), &"two".into(), None);
        document.set(&account(1), &"three".into(), None);
        let accounts: Vec<AccountSid> = document.accounts().collect();
        assert_eq!(accounts, [account(1), account(2)]);
        assert_eq!(document.logins(&account(2)).len(), 1);
        assert!(!written(&document).contains("one"));
    }

    #[test]
    fn what_cant_be_read_stays_as_it_is_until_it_is_set() {
        let odd = format!(r#"{{"sid":"{}","auth_tokens":"old","note":7}}"#, account(2));
        let json =
            format!(r#"{{"accounts":["odd",{odd},{{"sid":"{}","auth_tokens":["one"]}}]}}"#, account(1));
        let mut document = SecretDocument::parse(&json).unwrap();
        assert_eq!(document.accounts().collect::<Vec<_>>(), [account(1)]);
        assert_eq!(document.unreadable().count(), 2);
        assert_eq!(document.rotate(&account(2), &"new".into()), Err(CannotRotate::NoAccount(account(2))));
        document.set(&account(3), &"three".into(), None);
        document.rotate(&account(1), &"new".into()).unwrap();
        let kept = written(&document);
        assert!(kept.contains(r#""odd""#) && kept.contains(r#""auth_tokens":"old""#), "{kept}");
        assert!(kept.contains(r#""note":7"#), "{kept}");
        document.set(&account(2), &"two".into(), None);
        let kept = written(&document);
        assert!(!kept.contains("old") && kept.contains(r#""odd""#), "{kept}");
        assert_eq!(document.accounts().collect::<Vec<_>>(), [account(2), account(1), account(3)]);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let mut document = SecretDocument::default();
        document.set(&account(1), &"hush".into(), None);
        assert!(!format!("{document:?} {:?}", document.logins(&account(1))).contains("hush"));
    }
}
