//! The phone file of a number: edited, shown, undone.

use anyhow::{Result, anyhow, bail};
use domain::Mailbox;
use jiff::Timestamp;
use phone::PhoneNumber;
use phonefile::{PhoneFile, Weight};
use serde_json::{Value, json};
use store::{Filed, NewFile, SeenSettings, StoreError};

use super::{lines, loops, replay};
use crate::arguments::Writing;
use crate::deployment::Deployment;
use crate::difference;
use crate::failures::{refused, store_error};
use crate::instruction::who;
use crate::lookup::mailbox::shared_with;
use crate::lookup::number::seen;
use crate::owner_file::{OwnerFile, counted};
use crate::reading::{international, who as caller};
use crate::settings::form::to_json;
use crate::show::{self, BAD, BOLD, DIM, GOOD};

/// So many calls are played by the file that was and by the one that comes.
const PLAYED: i32 = 100;

/// As many of those that go another way are told one by one.
const TOLD: usize = 10;

pub(super) async fn edit(
    deployment: &Deployment,
    number: &PhoneNumber,
    written: &OwnerFile,
    writing: &Writing,
    json: bool,
) -> Result<()> {
    let file = checked(written, json)?;
    if file.number != *number {
        bail!(
            "{} is the phone file of {}: give the number that it is of, or write {} into it",
            written.name,
            international(&file.number),
            number.reveal()
        );
    }
    let seen = seen(deployment, number).await?;
    put(deployment, &seen, written.text()?, &file, writing, json).await
}

pub(super) async fn undo(
    deployment: &Deployment,
    number: &PhoneNumber,
    writing: &Writing,
    json: bool,
) -> Result<()> {
    let seen = seen(deployment, number).await?;
    let in_force = version(&seen)?;
    let history = deployment.store.file_history(number).await.map_err(|error| store_error(&error))?;
    let owners = deployment.store.owners(number).await.map_err(|error| store_error(&error))?;
    // What an earlier owner of the number wrote is not taken back.
    let is_own = |it: &store::FileVersion| owners.at(it.at) == Some(&seen.settings.mailbox);
    let earlier = history.iter().rev().find(|it| it.version < in_force && is_own(it)).ok_or_else(|| {
        anyhow!(
            "version {in_force} is the first phone file of {}: there is none before it",
            international(number)
        )
    })?;
    let name = format!("version {}", earlier.version);
    let text =
        deployment.store.file_text(number, earlier.version).await.map_err(|error| store_error(&error))?;
    let written = OwnerFile { name, bytes: text.into_bytes() };
    let file = checked(&written, json)?;
    put(deployment, &seen, written.text()?, &file, writing, json).await
}

/// Prints the file in force as it was written.
pub(super) async fn print(deployment: &Deployment, number: &PhoneNumber) -> Result<()> {
    let seen = seen(deployment, number).await?;
    let text = deployment.store.file_text(number, version(&seen)?).await;
    show::bytes(text.map_err(|error| store_error(&error))?.as_bytes())
}

pub(super) async fn history(deployment: &Deployment, number: &PhoneNumber, json: bool) -> Result<()> {
    let in_force = match deployment.store.settings(number).await {
        Ok(seen) => seen.file,
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(store_error(&error)),
    };
    let mut versions = deployment.store.file_history(number).await.map_err(|error| store_error(&error))?;
    versions.reverse();
    if json {
        let one = |it: &store::FileVersion| {
            let is_in_force = in_force == Some(it.version);
            json!({ "version": it.version, "at": show::instant(it.at), "by": it.by, "in_force": is_in_force })
        };
        return show::json(&versions.iter().map(one).collect::<Vec<_>>());
    }
    if versions.is_empty() {
        show::line(format!(
            "{} never had a phone file: give it one with `aftertone number edit {} --file FILE`.",
            international(number),
            number.reveal()
        ));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = versions
        .iter()
        .map(|it| {
            let state = if in_force == Some(it.version) { "in force" } else { "" };
            vec![it.version.to_string(), show::time(it.at), it.by.clone(), state.to_owned()]
        })
        .collect();
    show::table(&["VERSION", "WRITTEN", "BY", ""], &rows);
    Ok(())
}

/// What calls to a number go by: its file, or what says the same as its settings.
pub(crate) async fn in_force(deployment: &Deployment, number: &PhoneNumber) -> Result<PhoneFile> {
    followed(deployment, &seen(deployment, number).await?).await
}

async fn followed(deployment: &Deployment, seen: &SeenSettings) -> Result<PhoneFile> {
    let Some(version) = seen.file else { return Ok(PhoneFile::equivalent(&seen.settings)) };
    let file = deployment.store.phone_file(&seen.settings.number, version).await;
    Ok(file.map_err(|error| store_error(&error))?.as_ref().clone())
}

fn version(seen: &SeenSettings) -> Result<u32> {
    let number = &seen.settings.number;
    seen.file.ok_or_else(|| {
        anyhow!(
            "{} has no phone file: give it one with `aftertone number edit {} --file FILE`",
            international(number),
            number.reveal()
        )
    })
}

/// The file that was written, or all that is wrong with it.
fn checked(written: &OwnerFile, json: bool) -> Result<PhoneFile> {
    match phonefile::read_at(&written.bytes, Timestamp::now()) {
        Ok(checked) => {
            if !json {
                show::bytes(written.shown(&checked.warnings).as_bytes())?;
            }
            Ok(checked.file)
        }
        Err(mut faults) => {
            faults.retain(|fault| fault.weight == Weight::Error);
            let (name, counted, shown) = (&written.name, counted(&faults), written.shown(&faults));
            bail!(
                "{name} has {counted}, so nothing was written: mend what stands here\n{}",
                shown.trim_end()
            );
        }
    }
}

/// Shows what a file changes, asks, and writes it.
async fn put(
    deployment: &Deployment,
    seen: &SeenSettings,
    text: &str,
    file: &PhoneFile,
    writing: &Writing,
    json: bool,
) -> Result<()> {
    let number = &seen.settings.number;
    let settings = file.settings(seen.settings.mailbox.clone()).map_err(|why| refused(&why.to_string()))?;
    let mut all_that_ring = settings.clone();
    all_that_ring.forwarding.targets = file.telephones().into_iter().cloned().collect();
    let numbers = deployment.store.numbers().await.map_err(|error| store_error(&error))?;
    loops::check(&all_that_ring, &show::readable(numbers)).map_err(|why| refused(&why))?;

    let before = match seen.file {
        Some(version) => {
            deployment.store.file_text(number, version).await.map_err(|error| store_error(&error))?
        }
        None => String::new(),
    };
    let diff = lines::between(&before, text);
    let changes = difference::between(&to_json(&seen.settings), &to_json(&settings));
    let mailboxes = new_mailboxes(deployment, number, file).await?;
    let calls = deployment.store.last_calls(number, PLAYED).await.map_err(|error| store_error(&error))?;
    let calls = show::readable(calls);
    let others = replay::others(&calls, &followed(deployment, seen).await?, file);
    let is_new = seen.file.is_none() || before != text;
    if !json {
        show::line(format!("{BOLD}{}{BOLD:#}", international(number)));
        if !is_new {
            show::line("  is so already");
        }
        if seen.file.is_none() {
            show::line(format!("  its first phone file, of {} lines", text.lines().count()));
        } else {
            show_lines(&diff);
        }
        difference::show(&changes);
        for mailbox in &mailboxes {
            show::line(format!("  mailbox {}  {}", mailbox.id.reveal(), mailbox.owner.email.reveal()));
        }
        if changes.iter().any(|it| ["owner.", "retention."].iter().any(|of| it.setting.starts_with(of)))
            && let Some(others) = shared_with(deployment, &settings.mailbox, number).await?
        {
            show::line(format!("  The mailbox is also that of {others}."));
        }
        tell(&others, calls.len());
    }
    let mut version = None;
    if is_new && !writing.dry_run {
        if !show::confirmed("Put it in force?", writing.yes || json)? {
            show::line("Nothing was changed.");
            return Ok(());
        }
        let by = match &writing.by {
            Some(by) => by.clone(),
            None => {
                who(deployment).await.ok_or_else(|| anyhow!("nobody knows who you are: say it with --by"))?
            }
        };
        let new = NewFile { text, file, by: &by, at: Timestamp::now() };
        let filed = deployment.store.write_file(seen, new).await.map_err(|error| store_error(&error))?;
        version = Some(written(filed, number)?);
    }
    if json {
        return show::json(&json!({
            "number": number.reveal(),
            "lines": diff,
            "changes": difference::to_json(&changes),
            "mailboxes": mailboxes.iter().map(|it| it.id.reveal()).collect::<Vec<_>>(),
            "calls": { "played": calls.len(), "others": others.iter().map(other_json).collect::<Vec<_>>() },
            "written": version.is_some(),
            "version": version,
        }));
    }
    if let Some(version) = version {
        show::line(format!(
            "It is in force as version {version}; calls hear of it within 30 seconds. To take it back: \
             `aftertone number undo {}`.",
            number.reveal()
        ));
    }
    Ok(())
}

/// The mailboxes of people that are not so yet.
async fn new_mailboxes(
    deployment: &Deployment,
    number: &PhoneNumber,
    file: &PhoneFile,
) -> Result<Vec<Mailbox>> {
    let owners = deployment.store.owners(number).await.map_err(|error| store_error(&error))?;
    let mut new = Vec::new();
    for mailbox in file.other_mailboxes(owners.place()) {
        match deployment.store.seen_mailbox(&mailbox.id).await {
            Ok(seen) if seen.mailbox == mailbox => {}
            Ok(_) | Err(StoreError::NotFound(_)) => new.push(mailbox),
            Err(error) => return Err(store_error(&error)),
        }
    }
    Ok(new)
}

fn written(filed: Filed, number: &PhoneNumber) -> Result<u32> {
    match filed {
        Filed::Written(version) => Ok(version),
        Filed::Conflict => bail!(
            "somebody else has changed {} at this moment, so nothing was written: look at it and try again",
            international(number)
        ),
        Filed::MailboxRemoved(id) => bail!(
            "the mailbox {} was removed, and its name is not given out again, so nothing was written: give the \
             person another name in the file",
            id.reveal()
        ),
        Filed::TooManyMailboxes(count) => bail!(
            "{count} mailboxes would change, more than are written together, so nothing was written: add people in \
             several edits"
        ),
        Filed::TooLong(bytes) => bail!(
            "a part of the file has {bytes} bytes as calls read it, more than is stored of one, so nothing was \
             written: let plans that are written several times have a name"
        ),
    }
}

fn show_lines(diff: &str) {
    for line in diff.lines() {
        show::line(match line.as_bytes().first() {
            Some(b'+') => format!("  {GOOD}{line}{GOOD:#}"),
            Some(b'-') => format!("  {BAD}{line}{BAD:#}"),
            _ => format!("  {DIM}{line}{DIM:#}"),
        });
    }
}

fn tell(others: &[replay::Other], played: usize) {
    let calls = if played == 1 { "The last call".to_owned() } else { format!("The last {played} calls") };
    match (played, others.len()) {
        (0, _) => show::line("There is no call yet that could go another way."),
        (_, 0) => show::line(format!("{calls} would have gone the same way.")),
        (_, count) => show::line(format!("{calls}: {count} would have gone another way.")),
    }
    for replay::Other { begun_at, caller: from, before, after } in others.iter().take(TOLD) {
        let (at, from) = (show::time(*begun_at), caller(from));
        show::line(format!("  {at}  {from}  {BAD}{before}{BAD:#} {DIM}->{DIM:#} {GOOD}{after}{GOOD:#}"));
    }
    if others.len() > TOLD {
        show::line(format!("  and {} more; --json has all", others.len() - TOLD));
    }
}

fn other_json(other: &replay::Other) -> Value {
    let replay::Other { begun_at, caller, before, after } = other;
    json!({ "at": show::instant(*begun_at), "from": caller.reveal(), "before": before, "after": after })
}
