//! Where numbers lead at Twilio.

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use phone::{AccountSid, PhoneNumber};
use serde_json::{Value, json};
use twilio::{IncomingNumber, Login, Rest, RestError, Secret};

use crate::arguments::Wire;
use crate::deployment::{Deployment, Outputs};
use crate::failures::{rest_error, store_error};
use crate::reading::international;
use crate::secret_store::SecretStore;
use crate::show::{self, BAD, BOLD, DIM, GOOD};

mod plan;

pub(crate) use plan::{Obstacle, Plan, Wanted, plan};

/// A number at Twilio, and the account that has it.
pub(crate) struct Found {
    pub(crate) account: AccountSid,
    pub(crate) login: Login,
    pub(crate) number: IncomingNumber,
}

impl Wanted {
    /// What the stack wants.
    pub(crate) fn of(outputs: &Outputs) -> Result<Self> {
        Ok(Self::new(
            outputs.required("VoiceUrl")?,
            outputs.get("FallbackUrl"),
            outputs.required("StatusUrl")?,
        ))
    }
}

pub(crate) async fn run(deployment: &Deployment, options: &Wire, json: bool) -> Result<ExitCode> {
    let wanted = Wanted::of(&deployment.outputs)?;
    let in_service = deployment.store.numbers().await.map_err(|error| store_error(&error))?;
    // To lead here a number needs no settings that can be read.
    let unreadable = in_service.unreadable.iter().filter_map(|row| PhoneNumber::parse(&row.key).ok());
    let known: Vec<PhoneNumber> =
        in_service.rows.iter().map(|it| it.number.clone()).chain(unreadable).collect();
    let numbers = match &options.number {
        Some(text) => vec![options.region.read(text)?],
        None => known.clone(),
    };
    if numbers.is_empty() {
        bail!("no number is in service yet: begin with `aftertone number add`");
    }
    let secret = parsed(&deployment.secret()?).await?;
    let mut told = Vec::new();
    let mut refused = 0;
    for number in numbers {
        if !known.contains(&number) {
            bail!(
                "{} is not in service here, so its callers would hear that it is not in use: \
                 first `aftertone number add {}`",
                international(&number),
                number.reveal()
            );
        }
        let outcome = one(deployment, &secret, &number, &wanted, options, json).await;
        let value = match outcome {
            Ok(value) => value,
            // The others shall not wait for this one.
            Err(error) if options.all => {
                refused += 1;
                if !json {
                    show::error(&error, false);
                }
                json!({ "number": number.reveal(), "error": format!("{error:#}") })
            }
            Err(error) => return Err(error),
        };
        told.push(value);
    }
    if json {
        show::json(&told)?;
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn one(
    deployment: &Deployment,
    secret: &Secret,
    number: &PhoneNumber,
    wanted: &Wanted,
    options: &Wire,
    json: bool,
) -> Result<Value> {
    let Found { account, login, number: before } = find(&deployment.rest, secret, number).await?;
    let Plan { changes, obstacles, .. } = plan(&before, wanted);
    if !json {
        show::line(format!("{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}", international(number), before.sid));
        for change in &changes {
            show::line(format!("  {}", change.name));
            show::line(format!("    {BAD}- {}{BAD:#}", or_nothing(&change.before)));
            show::line(format!("    {GOOD}+ {}{GOOD:#}", or_nothing(&change.after)));
        }
        if changes.is_empty() {
            show::line("  leads here already");
        }
    }
    if !obstacles.is_empty() && !options.force {
        let obstacles: Vec<String> = obstacles.iter().map(Obstacle::to_string).collect();
        bail!(
            "{} leads elsewhere, and nothing was changed: {}. If this is no longer needed, overwrite it with --force",
            international(number),
            obstacles.join("; ")
        );
    }
    let write = !changes.is_empty() && !options.dry_run;
    if write {
        let form: Vec<(&'static str, &str)> =
            changes.iter().map(|change| (change.name, change.after.as_str())).collect();
        let after = deployment
            .rest
            .change_number(&account, &login, &before.sid, &form)
            .await
            .map_err(|error| rest_error(&error))
            .with_context(|| format!("{} was not changed", international(number)))?;
        let left = plan(&after, wanted).changes;
        if let Some(change) = left.first() {
            bail!(
                "Twilio took the change of {}, but {} is still {:?}",
                international(number),
                change.name,
                change.before
            );
        }
    }
    if !json {
        if write {
            show::line("  done: calls to it come here now");
        } else if !changes.is_empty() {
            show::line("  nothing was changed (--dry-run)");
        }
    }
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| json!({ "setting": change.name, "before": change.before, "after": change.after }))
        .collect();
    Ok(json!({ "number": number.reveal(), "sid": before.sid, "changes": changes, "written": write }))
}

fn or_nothing(url: &str) -> &str {
    if url.is_empty() { "(nothing)" } else { url }
}

/// The account that has the number.
pub(crate) async fn find(rest: &Rest, secret: &Secret, number: &PhoneNumber) -> Result<Found> {
    for (account, known) in secret.accounts() {
        match rest.incoming_number(account, &known.login, number).await {
            Ok(found) => {
                return Ok(Found { account: account.clone(), login: known.login.clone(), number: found });
            }
            Err(RestError::NotFound(_)) => {}
            Err(error) => return Err(rest_error(&error)),
        }
    }
    let accounts: Vec<String> = secret.accounts().map(|(sid, _)| sid.to_string()).collect();
    bail!(
        "Twilio's account {} has no number {}: buy it at Twilio, or put its account in with `aftertone secret set`",
        accounts.join(", "),
        international(number)
    )
}

pub(crate) async fn parsed(store: &SecretStore) -> Result<Secret> {
    use secrecy::ExposeSecret as _;
    let text = store.read().await?;
    Secret::parse(text.expose_secret())
        .map_err(|error| anyhow!("{error}: write it with `aftertone secret set --account AC...`"))
}
