//! The settings of numbers.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use callflow::{NumberSettings, usage_month};
use jiff::Timestamp;
use phone::PhoneNumber;
use serde_json::{Value, json};
use store::{StoreError, Written};

use crate::arguments::{NumberAdd, NumberCommand, NumberEdit, Region};
use crate::place::Place;
use crate::show::{self, BOLD, DIM};

mod difference;
mod flags;
mod form;
mod hold;
mod loops;
mod reading;

pub(crate) use flags::NumberFlags;
use form::NumberForm;
pub(crate) use reading::{country_of, international};

pub(crate) async fn run(place: &Place, command: NumberCommand, json: bool) -> Result<ExitCode> {
    match command {
        NumberCommand::Add(options) => add(place, *options, json).await?,
        NumberCommand::Show { number, region } => show(place, &read(&number, &region)?, json).await?,
        NumberCommand::List => list(place, json).await?,
        NumberCommand::Edit(options) => edit(place, *options, json).await?,
        NumberCommand::Remove { number, region, yes } => {
            remove(place, &read(&number, &region)?, yes, json).await?;
        }
        NumberCommand::Hold(options) => hold::hold(place, &options, json).await?,
        NumberCommand::Release(options) => hold::release(place, &options, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A masked number, as a person writes it.
pub(crate) fn read(text: &str, region: &Region) -> Result<PhoneNumber> {
    reading::number(text, region.region.as_deref()).map_err(anyhow::Error::msg)
}

/// A number's settings, or what to do if it has none.
async fn seen(place: &Place, number: &PhoneNumber) -> Result<store::SeenSettings> {
    match place.store.settings(number).await {
        Ok(seen) => Ok(seen),
        Err(StoreError::NotFound(_)) => bail!(
            "{} is not in service here: take it into service with `aftertone number add`, \
             or see what there is with `aftertone number list`",
            international(number)
        ),
        Err(error) => Err(store_error(&error)),
    }
}

/// Everything that is wrong, a line each.
fn refused(why: &str) -> anyhow::Error {
    if why.contains('\n') {
        anyhow!("nothing was written:\n  {why}")
    } else {
        anyhow!("nothing was written: {why}")
    }
}

/// What to do when the ledger does not answer.
pub(crate) fn store_error(error: &StoreError) -> anyhow::Error {
    let told = show::chain(error);
    anyhow!("{told}; `aftertone doctor` tells why")
}

async fn add(place: &Place, options: NumberAdd, json: bool) -> Result<()> {
    let number = read(&options.number, &options.region)?;
    let form = options.flags.form()?;
    let settings =
        form.into_new(number.clone(), options.region.region.as_deref()).map_err(|why| refused(&why))?;
    refuse_loops(place, &settings).await?;
    match place.store.add_settings(&settings, Timestamp::now()).await.map_err(|error| store_error(&error))? {
        Written::New => {}
        Written::Repeated => {
            bail!(
                "{0} is in service already: change it with `aftertone number edit {1}`",
                international(&number),
                number.reveal()
            )
        }
    }
    if json {
        return show::json(&to_json(&settings));
    }
    show::line(format!("{} is in service for {}.", international(&number), settings.owner.email.reveal()));
    show::line(format!(
        "Next: point it here with `aftertone wire {}`, then see with `aftertone doctor` that all is well.",
        number.reveal()
    ));
    Ok(())
}

async fn refuse_loops(place: &Place, settings: &NumberSettings) -> Result<()> {
    let others = place.store.numbers().await.map_err(|error| store_error(&error))?;
    loops::check(settings, &others).map_err(|why| refused(&why))
}

async fn show(place: &Place, number: &PhoneNumber, json: bool) -> Result<()> {
    let seen = seen(place, number).await?;
    if json {
        return show::json(&to_json(&seen.settings));
    }
    show::line(format!("{DIM}# {}{DIM:#}", international(number)));
    // Not a setting, so not in the form.
    if let Some(told) = hold::told(place, number).await? {
        show::line(format!("{DIM}# {told}{DIM:#}"));
    }
    show::line(NumberForm::of(&seen.settings).to_yaml()?.trim_end());
    Ok(())
}

async fn list(place: &Place, json: bool) -> Result<()> {
    let numbers = place.store.numbers().await.map_err(|error| store_error(&error))?;
    let now = Timestamp::now();
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for settings in &numbers {
        let month = usage_month(&settings.for_calls(), now);
        let used = place.store.usage(&settings.number, &month).await.map_err(|error| store_error(&error))?;
        let mut value = to_json(settings);
        value["usage"] = json!({ "month": month, "calls": used });
        let (hold, _) =
            place.store.number_hold(&settings.number).await.map_err(|error| store_error(&error))?;
        value["hold"] = json!(hold.as_ref().map(show::order_json));
        values.push(value);
        let limit = settings.plan.calls_per_month;
        rows.push(vec![
            international(&settings.number),
            settings.owner.name.clone().unwrap_or_default(),
            settings.owner.email.reveal().to_owned(),
            forwarding(settings),
            if hold.is_some() { "held" } else { "" }.to_owned(),
            limit.map_or_else(|| used.to_string(), |limit| format!("{used} of {limit}")),
        ]);
    }
    if json {
        return show::json(&values);
    }
    if rows.is_empty() {
        show::line("No number is in service yet: `aftertone number add --help` tells how.");
        return Ok(());
    }
    show::table(&["NUMBER", "OWNER", "MAIL", "RINGS", "HOLD", "CALLS THIS MONTH"], &rows);
    Ok(())
}

fn forwarding(settings: &NumberSettings) -> String {
    let targets: Vec<String> = settings.forwarding.targets.iter().map(international).collect();
    match (settings.forwarding.on, targets.is_empty()) {
        (true, false) => targets.join(", "),
        (true, true) => "nobody".to_owned(),
        (false, _) => "off".to_owned(),
    }
}

async fn edit(place: &Place, options: NumberEdit, json: bool) -> Result<()> {
    let number = read(&options.number, &options.region)?;
    let form = options.flags.form()?;
    if form == NumberForm::default() {
        bail!("nothing to change was given: see `aftertone number edit --help`");
    }
    let seen = seen(place, &number).await?;
    let settings = form
        .applied_to(seen.settings.clone(), options.region.region.as_deref())
        .map_err(|why| refused(&why))?;
    refuse_loops(place, &settings).await?;
    let changes = difference::between(&to_json(&seen.settings), &to_json(&settings));
    if !json {
        show::line(format!("{BOLD}{}{BOLD:#}", international(&number)));
        if changes.is_empty() {
            show::line("  is so already");
        }
        difference::show(&changes);
    }
    if !changes.is_empty() && !options.dry_run {
        if !show::confirmed("Change it?", options.yes || json)? {
            show::line("Nothing was changed.");
            return Ok(());
        }
        if place.store.replace_settings(&seen, &settings).await.map_err(|error| store_error(&error))?
            == Written::Repeated
        {
            bail!(
                "somebody else has changed {} at this moment, so nothing was written: look at it and try again",
                international(&number)
            );
        }
        if !json {
            show::line("Changed; calls hear of it within 30 seconds.");
        }
    }
    if json {
        let changes: Vec<Value> = changes
            .iter()
            .map(
                |change| json!({ "setting": change.setting, "before": change.before, "after": change.after }),
            )
            .collect();
        return show::json(
            &json!({ "number": number.reveal(), "changes": changes, "written": !options.dry_run && !changes.is_empty() }),
        );
    }
    Ok(())
}

async fn remove(place: &Place, number: &PhoneNumber, yes: bool, json: bool) -> Result<()> {
    let seen = seen(place, number).await?;
    let question =
        format!("Take {} ({}) out of service?", international(number), seen.settings.owner.email.reveal());
    if !show::confirmed(&question, yes)? {
        show::line("Nothing was changed.");
        return Ok(());
    }
    if place.store.remove_settings(&seen, Timestamp::now()).await.map_err(|error| store_error(&error))?
        == Written::Repeated
    {
        bail!(
            "somebody else has changed the number at this moment, so it was not removed: look at it and try again"
        );
    }
    if json {
        return show::json(&json!({ "removed": number.reveal() }));
    }
    show::line(format!(
        "{} is out of service; callers hear that it is not in use. Its calls and voicemails stay.",
        international(number)
    ));
    Ok(())
}

/// The one written form of settings, with the number they belong to.
fn to_json(settings: &NumberSettings) -> Value {
    let mut value = serde_json::to_value(NumberForm::of(settings)).unwrap_or_default();
    value["number"] = json!(settings.number.reveal());
    value
}
