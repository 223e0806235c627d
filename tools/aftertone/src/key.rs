//! The keys of programs: shown once, known by a hash from then on.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use api::{CallbackSecretDocument, KeyText};
use domain::{ApiKey, ApiKeyId, ApiKeyName, CallbackUrl, Country, KeyNumbers, Scope};
use endpoint::Endpoint;
use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use store::{Usage, Written};

use crate::arguments::{KeyAdd, KeyCommand};
use crate::deployment::Deployment;
use crate::doctor::reach;
use crate::failures::store_error;
use crate::instruction::who;
use crate::lookup::number::seen;
use crate::reading::international;
use crate::secret_store::SecretStore;
use crate::show;

/// All are read together whenever one is looked for.
const MOST: usize = 200;

pub(crate) async fn run(deployment: &Deployment, command: KeyCommand, json: bool) -> Result<ExitCode> {
    // Of a stack of the last release the store would say less clearly what is missing.
    deployment.outputs.required("AccessTable")?;
    match command {
        KeyCommand::Add(options) => add(deployment, *options, json).await?,
        KeyCommand::List => list(deployment, json).await?,
        KeyCommand::Rotate { name, old_valid_for } => rotate(deployment, &name, old_valid_for, json).await?,
        KeyCommand::Remove { name, yes } => remove(deployment, &name, yes, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(deployment: &Deployment, options: KeyAdd, json: bool) -> Result<()> {
    if let Some(url) = &options.callback {
        Endpoint::parse(url.reveal(), reach(deployment))
            .map_err(|error| anyhow!("nothing can be told at --callback: {error}"))?;
    }
    let numbers = numbers(deployment, &options).await?;
    let others = keys(deployment).await?;
    let is_taken = || anyhow!("there is a key {0} already: see `aftertone key rotate {0}`", options.name);
    if others.iter().any(|key| key.name == options.name) {
        return Err(is_taken());
    }
    if others.len() >= MOST {
        bail!("there are {MOST} keys, and no more can be: remove one with `aftertone key remove`");
    }
    let created_by = match options.by {
        Some(by) => by,
        None => who(deployment).await.ok_or_else(|| anyhow!("nobody knows who you are: say it with --by"))?,
    };
    let id = ApiKeyId::of(random()?);
    let text = KeyText::of(id.clone(), random()?);
    let now = Timestamp::now();
    let countries: BTreeSet<Country> = options.countries.into_iter().collect();
    let key = ApiKey {
        id,
        name: options.name.clone(),
        scopes: options.scopes.into_iter().collect(),
        numbers,
        countries: Some(countries).filter(|countries| !countries.is_empty()),
        calls_per_minute: options.calls_per_minute,
        minutes_per_day: options.minutes_per_day,
        callback: options.callback,
        created_by,
        created_at: now,
        secret: text.hash(),
        former: None,
    };
    // First what signs: a key whose callbacks nobody could believe would be half a key.
    let signs = renew(deployment, &key.id, SignedDuration::ZERO, now).await?;
    let added = deployment.store.add_api_key(&key).await;
    if !matches!(added, Ok(Written::Applied)) {
        forget(deployment, &key.id).await?;
        added.map_err(|error| store_error(&error))?;
        return Err(is_taken());
    }
    if json {
        let mut value = to_json(&key, None);
        value["key"] = json!(text.reveal());
        value["callback_secret"] = json!(signs.expose_secret());
        return show::json(&value);
    }
    show::line(format!("{} may {}, {}.", key.name, scopes(&key), of_numbers(&key)));
    show_secrets(&text, Some(&signs));
    if key.callback.is_none() {
        show::line("Its program hears nothing unasked: there is no --callback.");
    }
    Ok(())
}

/// Each must be ours.
async fn numbers(deployment: &Deployment, options: &KeyAdd) -> Result<KeyNumbers> {
    if options.numbers.is_empty() {
        return Ok(KeyNumbers::All);
    }
    let mut numbers = BTreeSet::new();
    for number in &options.numbers {
        let number = options.region.read(number)?;
        seen(deployment, &number).await?;
        numbers.insert(number);
    }
    Ok(KeyNumbers::Only(numbers))
}

async fn list(deployment: &Deployment, json: bool) -> Result<()> {
    let now = Timestamp::now();
    let (mut values, mut rows) = (Vec::new(), Vec::new());
    for key in keys(deployment).await? {
        let usage =
            deployment.store.api_key_usage(&key.id, now).await.map_err(|error| store_error(&error))?;
        values.push(to_json(&key, Some(usage)));
        rows.push(vec![
            key.name.to_string(),
            key.id.to_string(),
            scopes(&key),
            of_numbers(&key),
            format!("{} of {} min", usage.minutes, key.minutes_per_day),
            key.callback.as_ref().map_or_else(String::new, |callback| callback.reveal().to_owned()),
            match key.former.as_ref().filter(|former| now < former.until) {
                Some(former) => format!("two secrets until {}", show::time(former.until)),
                None => String::new(),
            },
        ]);
    }
    if json {
        return show::json(&values);
    }
    if rows.is_empty() {
        show::line("There is no key yet: make one with `aftertone key add NAME`.");
        return Ok(());
    }
    show::table(&["KEY", "ID", "MAY", "NUMBERS", "TODAY", "CALLBACK", ""], &rows);
    Ok(())
}

async fn rotate(
    deployment: &Deployment,
    name: &ApiKeyName,
    old_valid_for: SignedDuration,
    json: bool,
) -> Result<()> {
    let (seen, now) = (named(deployment, name).await?, Timestamp::now());
    let has_two = seen.former.as_ref().is_some_and(|former| now < former.until);
    let text = KeyText::of(seen.id.clone(), random()?);
    let rotated = seen.clone().rotated(text.hash(), old_valid_for, now);
    match deployment.store.rotate_api_key(&seen, &rotated).await.map_err(|error| store_error(&error))? {
        Written::Applied => {}
        Written::Conflict => {
            bail!("somebody else has rotated {name} at this moment, so nothing was written: try again")
        }
        _ => return Err(unknown(name)),
    }
    // From here on the new key is the one that counts: it is told whatever fails.
    let signs = renew(deployment, &seen.id, old_valid_for, now).await;
    let until = rotated.former.as_ref().map(|former| former.until);
    if json {
        let mut value = to_json(&rotated, None);
        value["key"] = json!(text.reveal());
        value["callback_secret"] = json!(signs.as_ref().ok().map(ExposeSecret::expose_secret));
        show::json(&value)?;
    } else {
        show::line(match until {
            Some(until) => {
                format!("{name} has a new secret; the old one counts until {}.", show::time(until))
            }
            None => format!("{name} has a new secret, and only that counts within ten seconds."),
        });
        if has_two {
            show::line("The one before the old one counts no more.");
        }
        show_secrets(&text, signs.as_ref().ok());
    }
    signs.map(drop).with_context(|| {
        format!("its callbacks are signed as before, for no new secret could be written: `aftertone key rotate {name}` \
                 makes another of both")
    })
}

async fn remove(deployment: &Deployment, name: &ApiKeyName, yes: bool, json: bool) -> Result<()> {
    let key = named(deployment, name).await?;
    if !show::confirmed(&format!("Remove the key {name} ({})?", key.id), yes)? {
        show::line("Nothing was changed.");
        return Ok(());
    }
    if deployment.store.remove_api_key(&key).await.map_err(|error| store_error(&error))? != Written::Applied {
        return Err(unknown(name));
    }
    let forgotten = forget(deployment, &key.id).await;
    if json {
        show::json(&json!({ "removed": name.as_str(), "id": key.id.as_str() }))?;
    } else {
        show::line(format!("{name} is gone; nothing gets in with it within ten seconds."));
    }
    forgotten.context("the secret that signs its callbacks is left, and signs nothing any more")
}

/// All keys, by name; those that can't be read are told of.
async fn keys(deployment: &Deployment) -> Result<Vec<ApiKey>> {
    let keys = deployment.store.api_keys().await.map_err(|error| store_error(&error))?;
    let mut keys = show::readable(keys);
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(keys)
}

async fn named(deployment: &Deployment, name: &ApiKeyName) -> Result<ApiKey> {
    keys(deployment).await?.into_iter().find(|key| key.name == *name).ok_or_else(|| unknown(name))
}

fn unknown(name: &ApiKeyName) -> anyhow::Error {
    anyhow!("there is no key {name}: see what there is with `aftertone key list`")
}

/// Has a key's callbacks signed with a new secret.
async fn renew(
    deployment: &Deployment,
    id: &ApiKeyId,
    old_valid_for: SignedDuration,
    now: Timestamp,
) -> Result<SecretString> {
    let random = random()?;
    let (store, mut document) = callback_secrets(deployment).await?;
    let signs = document.renew(id, random, old_valid_for, now);
    store.write(&document.to_json()).await?;
    Ok(signs)
}

/// Forgets what signs a key's callbacks.
async fn forget(deployment: &Deployment, id: &ApiKeyId) -> Result<()> {
    let (store, mut document) = callback_secrets(deployment).await?;
    if document.remove(id) {
        store.write(&document.to_json()).await?;
    }
    Ok(())
}

async fn callback_secrets(deployment: &Deployment) -> Result<(SecretStore, CallbackSecretDocument)> {
    let store = deployment.callback_secrets()?;
    let text = store.read_if_any().await?.unwrap_or_default();
    let document = CallbackSecretDocument::parse(text.expose_secret())
        .with_context(|| format!("nothing was written: mend {}", store.location()))?;
    Ok((store, document))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| anyhow!("this machine gives no randomness"))?;
    Ok(bytes)
}

fn show_secrets(text: &KeyText, signs: Option<&SecretString>) {
    show::line("");
    show::line(format!("  key              {}", text.reveal()));
    if let Some(signs) = signs {
        show::line(format!("  callback secret  {}", signs.expose_secret()));
    }
    show::line("");
    show::line("They are shown this once: keep them where the program's other secrets are.");
}

fn scopes(key: &ApiKey) -> String {
    let scopes: Vec<&str> = key.scopes.iter().copied().map(Scope::name).collect();
    scopes.join(", ")
}

fn of_numbers(key: &ApiKey) -> String {
    match &key.numbers {
        KeyNumbers::All => "all numbers".to_owned(),
        KeyNumbers::Only(numbers) => numbers.iter().map(international).collect::<Vec<_>>().join(", "),
    }
}

fn to_json(key: &ApiKey, usage: Option<Usage>) -> Value {
    let numbers = match &key.numbers {
        KeyNumbers::All => json!("all"),
        KeyNumbers::Only(numbers) => json!(numbers.iter().map(PhoneNumber::reveal).collect::<Vec<_>>()),
    };
    let countries = key.countries.as_ref();
    let mut value = json!({
        "id": key.id.as_str(),
        "name": key.name.as_str(),
        "scopes": key.scopes.iter().copied().map(Scope::name).collect::<Vec<_>>(),
        "numbers": numbers,
        "countries": countries.map(|countries| countries.iter().map(Country::to_string).collect::<Vec<_>>()),
        "calls_per_minute": key.calls_per_minute,
        "minutes_per_day": key.minutes_per_day,
        "callback": key.callback.as_ref().map(CallbackUrl::reveal),
        "created_by": key.created_by,
        "created_at": show::instant(key.created_at),
        "old_secret_until": key.former.as_ref().map(|former| show::instant(former.until)),
    });
    if let Some(usage) = usage {
        value["usage"] = json!({ "calls_this_minute": usage.calls, "minutes_today": usage.minutes });
    }
    value
}
