//! Callers who are blocked, beside the lists of the phone file.

use anyhow::{Result, bail};
use jiff::Timestamp;
use phone::PhoneNumber;
use phonefile::Spared;
use serde_json::json;
use store::Written;

use super::file;
use crate::arguments::NumberCaller;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::number::seen;
use crate::reading::international;
use crate::show;

pub(super) async fn list(deployment: &Deployment, number: &PhoneNumber, json: bool) -> Result<()> {
    let blocked = blocked(deployment, number).await?;
    if json {
        return show::json(&blocked.iter().map(PhoneNumber::reveal).collect::<Vec<_>>());
    }
    if blocked.is_empty() {
        show::line(format!("{} blocks nobody beside its phone file's lists.", international(number)));
    }
    for caller in &blocked {
        show::line(international(caller));
    }
    Ok(())
}

pub(super) async fn block(deployment: &Deployment, options: &NumberCaller, json: bool) -> Result<()> {
    let (number, caller) = (options.region.read(&options.number)?, options.region.read(&options.caller)?);
    let (shown, plain) = (international(&caller), number.reveal());
    if seen(deployment, &number).await?.file.is_none() {
        bail!(
            "{} has no phone file, and only with one are callers blocked: give it one with `aftertone number edit \
             {plain} --file FILE`",
            international(&number)
        );
    }
    match phonefile::spared(&file::in_force(deployment, &number).await?, &caller, Timestamp::now()) {
        None => {}
        Some(Spared::Telephone(person)) => bail!(
            "{shown} is the telephone of `{person}` in the phone file, so it is not blocked: take it out there \
             first, with `aftertone number edit {plain} --file FILE`"
        ),
        Some(Spared::Vip) => bail!(
            "{shown} stands in `lists.vip` of the phone file, so it is not blocked: take it out there first, with \
             `aftertone number edit {plain} --file FILE`"
        ),
    }
    let is_new = !blocked(deployment, &number).await?.contains(&caller);
    let written =
        deployment.store.block_caller(&number, &caller).await.map_err(|error| store_error(&error))?;
    // The row is there: what it has no more is room.
    if is_new && written != Written::Applied {
        bail!(
            "{} has blocked as many callers as it has room for: write {shown} into `lists.blocked` of its phone \
             file, or free one with `aftertone number unblock {plain} CALLER`",
            international(&number)
        );
    }
    if json {
        return show::json(&json!({ "number": plain, "caller": caller.reveal(), "new": is_new }));
    }
    show::line(if is_new {
        format!("{shown} is blocked; calls hear of it within 30 seconds.")
    } else {
        format!("{shown} is blocked already.")
    });
    Ok(())
}

pub(super) async fn unblock(deployment: &Deployment, options: &NumberCaller, json: bool) -> Result<()> {
    let (number, caller) = (options.region.read(&options.number)?, options.region.read(&options.caller)?);
    seen(deployment, &number).await?;
    let written =
        deployment.store.unblock_caller(&number, &caller).await.map_err(|error| store_error(&error))?;
    let is_new = written == Written::Applied;
    if json {
        return show::json(&json!({ "number": number.reveal(), "caller": caller.reveal(), "new": is_new }));
    }
    let shown = international(&caller);
    show::line(if is_new {
        format!("{shown} is not blocked any more; calls hear of it within 30 seconds.")
    } else {
        format!("{shown} was not blocked; the lists of the phone file are changed in the file.")
    });
    Ok(())
}

/// `3 callers are blocked`
pub(super) async fn told(deployment: &Deployment, number: &PhoneNumber) -> Result<Option<String>> {
    Ok(match blocked(deployment, number).await?.len() {
        0 => None,
        1 => Some("1 caller is blocked".to_owned()),
        count => Some(format!("{count} callers are blocked")),
    })
}

/// In the order of their numbers.
pub(super) async fn blocked(deployment: &Deployment, number: &PhoneNumber) -> Result<Vec<PhoneNumber>> {
    let seen = seen(deployment, number).await?;
    let read = deployment.store.number(&seen.settings.number, Timestamp::now()).await;
    let read = read.map_err(|error| store_error(&error))?;
    let mut blocked: Vec<PhoneNumber> = read.settings.blocked.iter().cloned().collect();
    blocked.sort_by(|one, other| one.reveal().cmp(other.reveal()));
    Ok(blocked)
}
