//! Twilio's tokens: read from a hidden prompt or a pipe, never from the command line, never shown.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use phone::AccountSid;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use twilio::{InvalidSecret, Login, RestError, SecretDocument};

use crate::arguments::SecretCommand;
use crate::deployment::Deployment;
use crate::failures::rest_error;
use crate::secret_store::SecretStore;
use crate::show;

mod link_key;

pub(crate) async fn run(deployment: &Deployment, command: SecretCommand, json: bool) -> Result<ExitCode> {
    let store = deployment.secret()?;
    let told = match command {
        SecretCommand::Show => {
            let document = read(&store).await?;
            let accounts: Vec<_> = document
                .accounts()
                .map(|account| {
                    json!({
                        "account": account.as_str(),
                        "tokens": document.tokens(&account),
                        "rotating": document.tokens(&account) > 1,
                        "api_key": document.api_key(&account),
                    })
                })
                .collect();
            if json {
                let unreadable = document.unreadable().map(|why| json!({ "unreadable": why.to_string() }));
                show::json(&accounts.into_iter().chain(unreadable).collect::<Vec<_>>())?;
            } else {
                for account in document.accounts() {
                    let tokens = match document.tokens(&account) {
                        1 => "one token".to_owned(),
                        count => format!("{count} tokens: a rotation is under way"),
                    };
                    let key = document.api_key(&account).map_or_else(
                        || "no API key, so the token calls Twilio".to_owned(),
                        |key| format!("API key {key}"),
                    );
                    show::line(format!("{account}  {tokens}, {key}"));
                }
                for why in document.unreadable() {
                    show::line(format!(
                        "{why}, so nothing of that account gets in: write it anew with `aftertone secret set --account AC...`"
                    ));
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
        SecretCommand::Set { account, api_key, unchecked, anew } => {
            let mut document = if anew { SecretDocument::default() } else { to_be_added_to(&store).await? };
            let mut typed = Typed::new();
            let token = typed.next(&format!("Auth token of {account}"))?;
            let key = match &api_key {
                Some(sid) => Some((sid.as_str(), typed.next(&format!("Secret of {sid}"))?)),
                None => None,
            };
            if !unchecked {
                check(deployment, &account, &Login::new(account.as_str(), token.clone()), "token").await?;
                if let Some((sid, secret)) = &key {
                    check(deployment, &account, &Login::new(*sid, secret.clone()), "API key").await?;
                }
            }
            document.set(&account, &token, key.as_ref().map(|(sid, secret)| (*sid, secret)));
            store.write(&document.to_json()).await?;
            format!("The token of {account} is written; the functions know it within five minutes.")
        }
        SecretCommand::Rotate { which } => {
            let mut document = read(&store).await?;
            let account = one(&document, which.account)?;
            let next = Typed::new().next(&format!("The new (secondary) auth token of {account}"))?;
            if !which.unchecked {
                check(deployment, &account, &Login::new(account.as_str(), next.clone()), "token").await?;
            }
            document.rotate(&account, &next)?;
            store.write(&document.to_json()).await?;
            format!(
                "Both tokens of {account} count now. Wait five minutes, promote the secondary token in \
                 Twilio's console, then finish with `aftertone secret promote`."
            )
        }
        SecretCommand::Promote { which } => {
            let mut document = read(&store).await?;
            let account = one(&document, which.account)?;
            let logins = document.logins(&account);
            document.promote(&account)?;
            if !which.unchecked {
                let (old, new) = (&logins[0], &logins[1]);
                check(deployment, &account, new, "new token").await?;
                match deployment.rest.account(&account, old).await {
                    Err(RestError::Refused(_)) => {}
                    Err(error) => return Err(rest_error(&error)),
                    Ok(_) => bail!(
                        "Twilio still takes the old token of {account}, so it signs with it, and nothing was \
                         changed: promote the secondary token in Twilio's console first"
                    ),
                }
            }
            store.write(&document.to_json()).await?;
            format!("Only the new token of {account} counts from now on.")
        }
        SecretCommand::RotateLinkKey => return link_key::rotate(deployment, json).await,
    };
    if json {
        show::json(&json!({ "done": told }))?;
    } else {
        show::line(told);
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(store: &SecretStore) -> Result<SecretDocument> {
    let text = store.read().await?;
    let document = SecretDocument::parse(text.expose_secret()).map_err(|error| unreadable(store, &error))?;
    if document.accounts().next().is_none() {
        let why = document.unreadable().next().unwrap_or(InvalidSecret::NoAccount);
        bail!("{why}: write it anew with `aftertone secret set --account AC...`");
    }
    Ok(document)
}

/// What is there, to put an account in. Nothing is read as empty that may hold other accounts.
async fn to_be_added_to(store: &SecretStore) -> Result<SecretDocument> {
    match store.read_if_any().await? {
        Some(text) if !text.expose_secret().trim().is_empty() => SecretDocument::parse(text.expose_secret())
            .map_err(|error| unreadable(store, &error).context("nothing was written")),
        _ => Ok(SecretDocument::default()),
    }
}

fn unreadable(store: &SecretStore, why: &InvalidSecret) -> anyhow::Error {
    let location = store.location();
    anyhow!(
        "{why}: mend {location}, or write it anew, without the other accounts that may be in it, with \
         `aftertone secret set --account AC... --anew`"
    )
}

fn one(document: &SecretDocument, wanted: Option<AccountSid>) -> Result<AccountSid> {
    let accounts: Vec<AccountSid> = document.accounts().collect();
    match (wanted, accounts.as_slice()) {
        (Some(account), _) => Ok(account),
        (None, [account]) => Ok(account.clone()),
        (None, several) => {
            let several: Vec<&str> = several.iter().map(AccountSid::as_str).collect();
            bail!("the secret has several accounts; say which with --account: {}", several.join(", "))
        }
    }
}

/// Asks Twilio before anything is written: a wrong token would make every webhook a forgery.
async fn check(deployment: &Deployment, account: &AccountSid, login: &Login, what: &str) -> Result<()> {
    match deployment.rest.account(account, login).await {
        Ok(_) => Ok(()),
        Err(RestError::Refused(_) | RestError::NotFound(_)) => bail!(
            "Twilio does not take this {what} for {account}, so nothing was written: copy it from Twilio's \
             console (Account > API keys & tokens)"
        ),
        Err(error) => Err(rest_error(&error)),
    }
}

/// What is typed without being shown, or comes line by line through a pipe.
struct Typed {
    is_terminal: bool,
}

impl Typed {
    fn new() -> Self {
        Self { is_terminal: io::stdin().is_terminal() }
    }

    fn next(&mut self, prompt: &str) -> Result<SecretString> {
        let text = if self.is_terminal {
            rpassword::prompt_password(format!("{prompt} (not shown): "))
                .context("nothing can be typed here")?
        } else {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).context("standard input can't be read")?;
            line
        };
        let text = text.trim();
        if text.is_empty() {
            bail!("nothing was given for: {prompt}. Type it, or pipe it in, a line each");
        }
        if text.chars().any(|c| !c.is_ascii_graphic()) {
            bail!("what was given for: {prompt} has blanks or other characters that no token has");
        }
        Ok(text.into())
    }
}
