//! Mailboxes: who gets the mails of numbers.

use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::{Mailbox, MailboxId};
use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;
use serde_json::{Value, json};
use store::{MailboxName, Written};

use crate::arguments::{MailboxAdd, MailboxCommand, MailboxEdit};
use crate::deployment::Deployment;
use crate::difference;
use crate::failures::{refused, store_error};
use crate::lookup::mailbox::{name_of, numbers_of, seen, was_removed};
use crate::lookup::open::{Open, open};
use crate::reading::international;
use crate::settings::form::{MailboxForm, to_yaml};
use crate::settings::zones;
use crate::show::{self, BOLD, DIM};

pub(crate) async fn run(deployment: &Deployment, command: MailboxCommand, json: bool) -> Result<ExitCode> {
    match command {
        MailboxCommand::Add(options) => add(deployment, *options, json).await?,
        MailboxCommand::Show { id } => show_one(deployment, &read(&id)?, json).await?,
        MailboxCommand::List => list(deployment, json).await?,
        MailboxCommand::Edit(options) => edit(deployment, *options, json).await?,
        MailboxCommand::Remove { id, force, yes } => {
            remove(deployment, &read(&id)?, force, yes, json).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(id: &str) -> Result<MailboxId> {
    MailboxId::parse(id).map_err(|error| refused(&error.to_string()))
}

/// For so long after a number led to a mailbox something may still come of it: a call goes on, and a
/// recording that no webhook told of is found.
const SETTLED: SignedDuration = SignedDuration::from_hours(24);

async fn add(deployment: &Deployment, options: MailboxAdd, json: bool) -> Result<()> {
    let id = read(&options.id)?;
    let form = options.flags.form()?;
    let has_zone = form.owner.time_zone.is_some();
    let mut mailbox = form.into_new(id.clone()).map_err(|why| refused(&why))?;
    let guessed = if has_zone { None } else { id.number().and_then(|number| zones::guess(&number)) };
    if let Some(zone) = guessed {
        mailbox.owner.time_zone = zone;
    }
    if deployment.store.add_mailbox(&mailbox).await.map_err(|error| store_error(&error))? != Written::Applied
    {
        if name_of(deployment, &id).await? == MailboxName::Removed {
            bail!("{}, for what it got still names it: take another name", was_removed(&id));
        }
        bail!("there is a mailbox {0} already: change it with `aftertone mailbox edit {0}`", id.reveal());
    }
    if json {
        return show::json(&to_json(&mailbox, &[]));
    }
    show::line(format!("{} is a mailbox for {}.", id.reveal(), mailbox.owner.email.reveal()));
    show::line(format!(
        "Next: let a number lead to it with `aftertone number add NUMBER --mailbox {0}`, or `number edit NUMBER \
         --mailbox {0}`.",
        id.reveal()
    ));
    Ok(())
}

/// Says it where an edit before this one died before the numbers had heard of the time zone.
pub(crate) async fn finish_time_zone(deployment: &Deployment, mailbox: &Mailbox, json: bool) -> Result<()> {
    let told = deployment.store.tell_time_zone(mailbox).await.map_err(|error| store_error(&error))?;
    if told && !json {
        show::line("A number that leads to it had not heard of the time zone; now it has.");
    }
    Ok(())
}

async fn show_one(deployment: &Deployment, id: &MailboxId, json: bool) -> Result<()> {
    let seen = seen(deployment, id).await?;
    let (numbers, open) = (numbers_of(deployment, id).await?, open(deployment, id).await?);
    if json {
        let mut value = to_json(&seen.mailbox, &numbers);
        value["open"] = open.json();
        return show::json(&value);
    }
    let shown: Vec<String> = numbers.iter().map(international).collect();
    let leads = if shown.is_empty() { "no number leads to it".to_owned() } else { shown.join(", ") };
    show::line(format!("{DIM}# {}: {leads}{DIM:#}", id.reveal()));
    if !open.is_none() {
        show::line(format!("{DIM}# not delivered yet: {}{DIM:#}", open.told()));
    }
    show::line(to_yaml(&MailboxForm::of(&seen.mailbox))?.trim_end());
    Ok(())
}

async fn list(deployment: &Deployment, json: bool) -> Result<()> {
    let mailboxes = show::readable(deployment.store.mailboxes().await.map_err(|error| store_error(&error))?);
    if json {
        let values: Vec<Value> =
            mailboxes.iter().map(|(mailbox, numbers)| to_json(mailbox, numbers)).collect();
        return show::json(&values);
    }
    if mailboxes.is_empty() {
        show::line("There is no mailbox yet: `aftertone number add` makes one with each number.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = mailboxes
        .iter()
        .map(|(mailbox, numbers)| {
            vec![
                mailbox.id.reveal().to_owned(),
                mailbox.owner.name.clone().unwrap_or_default(),
                mailbox.owner.email.reveal().to_owned(),
                numbers.iter().map(international).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    show::table(&["MAILBOX", "OWNER", "MAIL", "NUMBERS"], &rows);
    Ok(())
}

async fn edit(deployment: &Deployment, options: MailboxEdit, json: bool) -> Result<()> {
    let id = read(&options.id)?;
    let form = options.flags.form()?;
    if form == MailboxForm::default() {
        bail!("nothing to change was given: see `aftertone mailbox edit --help`");
    }
    let seen = seen(deployment, &id).await?;
    let mailbox = form.applied_to(seen.mailbox.clone()).map_err(|why| refused(&why))?;
    let changes = difference::between(&to_json(&seen.mailbox, &[]), &to_json(&mailbox, &[]));
    if !json {
        show::line(format!("{BOLD}{}{BOLD:#}", id.reveal()));
        if changes.is_empty() {
            show::line("  is so already");
        }
        difference::show(&changes);
    }
    if changes.is_empty() && !options.dry_run {
        finish_time_zone(deployment, &mailbox, json).await?;
    }
    let written = !changes.is_empty() && !options.dry_run;
    if written {
        if !show::confirmed("Change it?", options.yes || json)? {
            show::line("Nothing was changed.");
            return Ok(());
        }
        if deployment.store.replace_mailbox(&seen, &mailbox).await.map_err(|error| store_error(&error))?
            != Written::Applied
        {
            bail!(
                "somebody else has changed {} at this moment, so nothing was written: look at it and try again",
                id.reveal()
            );
        }
        if !json {
            show::line("Changed; mails go by it within 30 seconds.");
        }
    }
    if json {
        let changes = difference::to_json(&changes);
        return show::json(&json!({ "mailbox": id.reveal(), "changes": changes, "written": written }));
    }
    Ok(())
}

async fn remove(deployment: &Deployment, id: &MailboxId, force: bool, yes: bool, json: bool) -> Result<()> {
    let seen = seen(deployment, id).await?;
    let all = deployment.store.mailboxes().await.map_err(|error| store_error(&error))?;
    // Where a number leads that can't be read is not known.
    if let Some(unreadable) = all.unreadable.iter().find(|row| !row.key.starts_with("mailbox#")) {
        bail!(
            "the settings of {} can't be read, and may lead to {}: {}",
            unreadable.key,
            id.reveal(),
            unreadable.error
        );
    }
    let numbers = numbers_of(deployment, id).await?;
    if !numbers.is_empty() {
        let numbers: Vec<String> = numbers.iter().map(international).collect();
        bail!(
            "{} lead to {}: remove them, or give them another mailbox with `aftertone number edit --mailbox`",
            numbers.join(", "),
            id.reveal()
        );
    }
    // What is open would have nobody to go to: no force changes that.
    let open = open(deployment, id).await?;
    if !open.is_none() {
        bail!(
            "{} of {} are not delivered yet: see `aftertone voicemails list --open`, and try again when they are",
            open.told(),
            id.reveal()
        );
    }
    if let Some(until) = deployment.store.led_until(id).await.map_err(|error| store_error(&error))? {
        refuse_unsettled(id, &open, until)?;
    }
    let own = seen.mailbox.retention != domain::Retention::default();
    if own && !force {
        bail!(
            "{0} says for how long what it got is kept; without it that is kept by the rule for all (sound and \
             words for ever, who called for 180 days): say --force if that is right, or leave {0} where it is",
            id.reveal()
        );
    }
    let question = format!("Remove the mailbox {} ({})?", id.reveal(), seen.mailbox.owner.email.reveal());
    if !show::confirmed(&question, yes)? {
        show::line("Nothing was changed.");
        return Ok(());
    }
    if deployment.store.remove_mailbox(&seen, Timestamp::now()).await.map_err(|error| store_error(&error))?
        != Written::Applied
    {
        bail!(
            "somebody else has changed the mailbox at this moment, so it was not removed: look at it and try again"
        );
    }
    if json {
        return show::json(&json!({ "removed": id.reveal() }));
    }
    show::line(format!(
        "{} is gone; its calls and voicemails stay, and its name is not given out again.",
        id.reveal()
    ));
    Ok(())
}

/// Refuses while something may turn out to be a mailbox's: without it, that would have nobody to go to.
fn refuse_unsettled(id: &MailboxId, open: &Open, led_until: Timestamp) -> Result<()> {
    let id = id.reveal();
    if open.unidentified > 0 {
        let (count, s) = (open.unidentified, if open.unidentified == 1 { "" } else { "s" });
        bail!(
            "of {count} voicemail{s} it is not known yet whose it is, and it may be {id}'s: see `aftertone voicemails \
             list --open`, and try again when that is known"
        );
    }
    let settled = led_until.saturating_add(SETTLED).unwrap_or(Timestamp::MAX);
    if Timestamp::now() < settled {
        bail!(
            "a number led to {id} until {}, and what was left then may still be found: it can be removed from {} on",
            show::time(led_until),
            show::time(settled)
        );
    }
    Ok(())
}

/// The one written form of a mailbox, with its name and what leads to it.
fn to_json(mailbox: &Mailbox, numbers: &[PhoneNumber]) -> Value {
    let mut value = serde_json::to_value(MailboxForm::of(mailbox)).unwrap_or_default();
    value["mailbox"] = json!(mailbox.id.reveal());
    value["numbers"] = json!(numbers.iter().map(PhoneNumber::reveal).collect::<Vec<_>>());
    value
}
