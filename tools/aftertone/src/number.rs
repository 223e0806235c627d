//! The settings of numbers.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use callflow::usage_month;
use domain::{MailboxId, NumberSettings};
use jiff::Timestamp;
use phone::PhoneNumber;
use serde_json::json;
use store::{MailboxName, Written};

use crate::arguments::{NumberAdd, NumberCommand, NumberEdit, Writing};
use crate::deployment::Deployment;
use crate::difference;
use crate::failures::{refused, store_error};
use crate::lookup::mailbox::{self, name_of, shared_with};
use crate::lookup::number::seen;
use crate::lookup::open::open;
use crate::mailbox::finish_time_zone;
use crate::reading::international;
use crate::settings::form::{self, NumberForm, to_json};
use crate::settings::unreadable::{UNREADABLE_CURE, shown_key};
use crate::settings::zones;
use crate::show::{self, BOLD, DIM};

mod blocked;
mod file;
mod hold;
mod lines;
mod lists;
mod loops;
mod replay;

pub(crate) use file::in_force;

pub(crate) async fn run(deployment: &Deployment, command: NumberCommand, json: bool) -> Result<ExitCode> {
    match command {
        NumberCommand::Add(options) => add(deployment, *options, json).await?,
        NumberCommand::Show { number, region, file: true } => {
            file::print(deployment, &region.read(&number)?).await?;
        }
        NumberCommand::Show { number, region, file: false } => {
            show(deployment, &region.read(&number)?, json).await?;
        }
        NumberCommand::List => list(deployment, json).await?,
        NumberCommand::Edit(options) => edit(deployment, *options, json).await?,
        NumberCommand::History { number, region } => {
            file::history(deployment, &region.read(&number)?, json).await?;
        }
        NumberCommand::Undo(options) => {
            let number = options.region.read(&options.number)?;
            file::undo(deployment, &number, &options.writing, json).await?;
        }
        NumberCommand::Blocked { number, region } => {
            blocked::list(deployment, &region.read(&number)?, json).await?;
        }
        NumberCommand::Lists { number, region } => {
            lists::list(deployment, &region.read(&number)?, json).await?;
        }
        NumberCommand::Block(options) => blocked::block(deployment, &options, json).await?,
        NumberCommand::Unblock(options) => blocked::unblock(deployment, &options, json).await?,
        NumberCommand::Remove { number, region, yes } => {
            remove(deployment, &region.read(&number)?, yes, json).await?;
        }
        NumberCommand::Hold(options) => hold::hold(deployment, &options, json).await?,
        NumberCommand::Release(options) => hold::release(deployment, &options, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(deployment: &Deployment, options: NumberAdd, json: bool) -> Result<()> {
    let number = options.region.read(&options.number)?;
    let written = options.flags.written()?;
    if let Some(written) = written.as_ref().filter(|it| it.is_phone_file()) {
        bail!(
            "{0} is a phone file, and {1} is not in service yet: take it into service with `aftertone number add {1} \
             --email ADDRESS`, then give it the file with `aftertone number edit {1} --file {0}`",
            written.name,
            number.reveal()
        );
    }
    let form = options.flags.form(written.as_ref())?;
    let region = options.region.region.as_deref();
    let has_zone = form.owner.time_zone.is_some();
    let wanted = match &form.mailbox {
        Some(id) => Some(MailboxId::parse(id).map_err(|error| refused(&error.to_string()))?),
        None => None,
    };
    let own = MailboxId::of_number(&number);
    let own_name = name_of(deployment, &own).await?;
    let shared = match wanted {
        // As a file says that was shown for the same number.
        Some(id) if id == own && own_name != MailboxName::Taken => None,
        Some(id) => Some(mailbox::seen(deployment, &id).await?),
        None => None,
    };
    let in_service = |written| match written {
        Written::Applied => Ok(()),
        _ => Err(anyhow!(
            "{0} is in service already: change it with `aftertone number edit {1}`",
            international(&number),
            number.reveal()
        )),
    };
    let (settings, guessed) = if let Some(mailbox) = &shared {
        let settings = form.into_new_of(number.clone(), &mailbox.mailbox, region);
        (settings.map_err(|why| refused(&why))?, None)
    } else {
        let mut settings = form.into_new(number.clone(), region).map_err(|why| refused(&why))?;
        settings.mailbox = free(deployment, own).await?;
        let guessed = if has_zone { None } else { zones::guess(&number) };
        if let Some(zone) = &guessed {
            settings.owner.time_zone = zone.clone();
        }
        (settings, guessed)
    };
    refuse_loops(deployment, &settings).await?;
    let now = Timestamp::now();
    let written = match &shared {
        Some(mailbox) => deployment.store.add_settings_to(mailbox, &settings, now).await,
        None => deployment.store.add_settings(&settings, now).await,
    };
    in_service(written.map_err(|error| store_error(&error))?)?;
    if json {
        return show::json(&to_json(&settings));
    }
    show::line(format!("{} is in service for {}.", international(&number), settings.owner.email.reveal()));
    let (id, plain) = (settings.mailbox.reveal(), number.reveal());
    show::line(match (&shared, id == plain) {
        (Some(_), _) => format!("It leads to the mailbox {id}."),
        (None, true) => format!("Its mailbox is {id}."),
        (None, false) if own_name == MailboxName::Removed => {
            format!("Its mailbox is {id}: {plain} was an earlier owner's, and is not given out again.")
        }
        (None, false) => format!(
            "Its mailbox is {id}: {plain} is an earlier owner's. For that one, `aftertone number edit {plain} \
             --mailbox {plain}`."
        ),
    });
    if shared.is_none() && !has_zone {
        let zone = settings.owner.time_zone.iana_name().unwrap_or("UTC");
        let how = if guessed.is_some() { "guessed from the area" } else { "for the area does not tell" };
        show::line(format!(
            "Time zone {zone}, {how}; change it with `aftertone number edit {plain} --time-zone ZONE`."
        ));
    }
    show::line(format!(
        "Next: point it here with `aftertone wire {plain}`, then see with `aftertone doctor` that all is well."
    ));
    Ok(())
}

/// The first name for a number's mailbox that no earlier owner's has or had.
async fn free(deployment: &Deployment, mut id: MailboxId) -> Result<MailboxId> {
    while name_of(deployment, &id).await? != MailboxName::Free {
        // As in an earlier release a row may be there that has its mailbox inside: then it is in service.
        id = id.next();
    }
    Ok(id)
}

async fn refuse_loops(deployment: &Deployment, settings: &NumberSettings) -> Result<()> {
    let others = deployment.store.numbers().await.map_err(|error| store_error(&error))?;
    loops::check(settings, &show::readable(others)).map_err(|why| refused(&why))
}

async fn show(deployment: &Deployment, number: &PhoneNumber, json: bool) -> Result<()> {
    let seen = seen(deployment, number).await?;
    if json {
        return show::json(&to_json(&seen.settings));
    }
    show::line(format!("{DIM}# {}{DIM:#}", international(number)));
    // Not a setting, so not in the form.
    if let Some(told) = hold::told(deployment, number).await? {
        show::line(format!("{DIM}# {told}{DIM:#}"));
    }
    if let Some(version) = seen.file {
        let plain = number.reveal();
        show::line(format!(
            "{DIM}# as version {version} of its phone file says: `aftertone number show {plain} --file`{DIM:#}"
        ));
    }
    if let Some(told) = blocked::told(deployment, number).await? {
        show::line(format!("{DIM}# {told}: `aftertone number blocked {}`{DIM:#}", number.reveal()));
    }
    if let Some(told) = lists::told(deployment, number).await? {
        show::line(format!("{DIM}# {told}: `aftertone number lists {}`{DIM:#}", number.reveal()));
    }
    if let Some(others) = shared_with(deployment, &seen.settings.mailbox, number).await? {
        show::line(format!("{DIM}# its mailbox is also that of {others}{DIM:#}"));
    }
    show::line(form::to_yaml(&NumberForm::of(&seen.settings))?.trim_end());
    Ok(())
}

async fn list(deployment: &Deployment, json: bool) -> Result<()> {
    let numbers = deployment.store.numbers().await.map_err(|error| store_error(&error))?;
    let now = Timestamp::now();
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for settings in &numbers.rows {
        let month = usage_month(&settings.for_calls(), now);
        let used =
            deployment.store.usage(&settings.number, &month).await.map_err(|error| store_error(&error))?;
        let mut value = to_json(settings);
        value["usage"] = json!({ "month": month, "calls": used });
        let (hold, _) =
            deployment.store.number_hold(&settings.number).await.map_err(|error| store_error(&error))?;
        value["hold"] = json!(hold.as_ref().map(show::instruction_json));
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
    for row in &numbers.unreadable {
        values.push(json!({ "number": row.key, "unreadable": row.error.to_string() }));
        rows.push(vec![shown_key(&row.key), "(can't be read)".to_owned()]);
    }
    if json {
        return show::json(&values);
    }
    if rows.is_empty() {
        show::line("No number is in service yet: `aftertone number add --help` tells how.");
        return Ok(());
    }
    show::table(&["NUMBER", "OWNER", "MAIL", "RINGS", "HOLD", "CALLS THIS MONTH"], &rows);
    for row in &numbers.unreadable {
        show::line(format!("{} can't be read: {}. {UNREADABLE_CURE}.", shown_key(&row.key), row.error));
    }
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

async fn edit(deployment: &Deployment, options: NumberEdit, json: bool) -> Result<()> {
    let number = options.region.read(&options.number)?;
    let written = options.flags.written()?;
    let Writing { yes, dry_run, .. } = options.writing;
    if let Some(written) = written.as_ref().filter(|it| it.is_phone_file()) {
        if options.flags.form(None)? != NumberForm::default() {
            bail!("a phone file says all of it: leave the other options out, and write it there");
        }
        return file::edit(deployment, &number, written, &options.writing, json).await;
    }
    let form = options.flags.form(written.as_ref())?;
    if form == NumberForm::default() {
        bail!("nothing to change was given: see `aftertone number edit --help`");
    }
    let seen = seen(deployment, &number).await?;
    if seen.file.is_some() {
        bail!(
            "{0} has a phone file, which says all of it: write it to a file with `aftertone number show {1} --file`, \
             change it there, and give it back with `aftertone number edit {1} --file FILE`",
            international(&number),
            number.reveal()
        );
    }
    let region = options.region.region.as_deref();
    let to = match form.mailbox.as_deref() {
        Some(id) if id != seen.settings.mailbox.reveal() => {
            let id = MailboxId::parse(id).map_err(|error| refused(&error.to_string()))?;
            Some(mailbox::seen(deployment, &id).await?)
        }
        _ => None,
    };
    let settings = match &to {
        Some(to) => form.moved(&seen.settings, &to.mailbox, region),
        None => form.applied_to(seen.settings.clone(), region),
    };
    let settings = settings.map_err(|why| refused(&why))?;
    refuse_loops(deployment, &settings).await?;
    let changes = difference::between(&to_json(&seen.settings), &to_json(&settings));
    if !json {
        show::line(format!("{BOLD}{}{BOLD:#}", international(&number)));
        if changes.is_empty() {
            show::line("  is so already");
        }
        difference::show(&changes);
        if to.is_some() {
            stays(deployment, &seen.settings.mailbox).await?;
        } else if changes
            .iter()
            .any(|it| ["owner.", "retention."].iter().any(|of| it.setting.starts_with(of)))
            && let Some(others) = shared_with(deployment, &settings.mailbox, &number).await?
        {
            show::line(format!("  The mailbox is also that of {others}."));
        }
    }
    if changes.is_empty() && !dry_run {
        finish_time_zone(deployment, &settings.for_mailbox(), json).await?;
    }
    if !changes.is_empty() && !dry_run {
        if !show::confirmed("Change it?", yes || json)? {
            show::line("Nothing was changed.");
            return Ok(());
        }
        let written = match &to {
            Some(to) => deployment.store.move_number(&seen, &settings, to, Timestamp::now()).await,
            None => deployment.store.replace_settings(&seen, &settings).await,
        };
        if written.map_err(|error| store_error(&error))? != Written::Applied {
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
        let told = difference::to_json(&changes);
        return show::json(
            &json!({ "number": number.reveal(), "changes": told, "written": !dry_run && !changes.is_empty() }),
        );
    }
    Ok(())
}

/// Says what of a mailbox is under way, when its number leads elsewhere from now on.
async fn stays(deployment: &Deployment, id: &MailboxId) -> Result<()> {
    let open = open(deployment, id).await?;
    if !open.is_none() {
        show::line(format!(
            "  Not delivered yet, and still for the mailbox {}: {}.",
            id.reveal(),
            open.told()
        ));
    }
    Ok(())
}

async fn remove(deployment: &Deployment, number: &PhoneNumber, yes: bool, json: bool) -> Result<()> {
    let seen = seen(deployment, number).await?;
    let mailbox = &seen.settings.mailbox;
    if !json {
        stays(deployment, mailbox).await?;
    }
    let question =
        format!("Take {} ({}) out of service?", international(number), seen.settings.owner.email.reveal());
    if !show::confirmed(&question, yes)? {
        show::line("Nothing was changed.");
        return Ok(());
    }
    if deployment.store.remove_settings(&seen, Timestamp::now()).await.map_err(|error| store_error(&error))?
        != Written::Applied
    {
        bail!(
            "somebody else has changed the number at this moment, so it was not removed: look at it and try again"
        );
    }
    if json {
        let open = open(deployment, mailbox).await?.json();
        return show::json(&json!({ "removed": number.reveal(), "mailbox": mailbox.reveal(), "open": open }));
    }
    show::line(format!(
        "{} is out of service; callers hear that it is not in use. Its calls and voicemails stay.",
        international(number)
    ));
    show::line(format!(
        "Its mailbox stays as well, for what is not delivered and for how long things are kept; when it is of no use \
         any more: `aftertone mailbox remove {}`.",
        mailbox.reveal()
    ));
    Ok(())
}
