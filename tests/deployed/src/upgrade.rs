//! From the last release's template to this one, over what that release left undone.
//!
//! Its template is deployed with functions that can't run, so that its rows are found as they were
//! written; then this release is deployed over it, once.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use exchange::Speech;
use serde_json::{Value, json};

use crate::world::{PATIENCE, World, delivered};

/// Whose number the rows are about.
const OWNER: &str = "olivia@aftertone.example";

/// Says that a row needs nothing more before its mail, or is not about this.
const OTHERS: [&str; 5] =
    ["mail_sent_at", "mail_delivered_at", "second_mail_wanted", "deletion_asked", "gone_at"];

/// In bytes: what is larger is not attached.
const ATTACHED: u64 = 1_000_000;

/// What the last release left.
#[derive(Debug)]
pub struct Left {
    resources: BTreeMap<String, String>,
    voicemails: usize,
}

/// The last release's template, with functions that can't run. Written into `folder`.
///
/// # Errors
/// When the file system refuses.
pub fn template_of_last_release(repository: &Path, folder: &Path) -> Result<PathBuf> {
    let broken = folder.join("broken");
    fs::create_dir_all(&broken)?;
    let bootstrap = broken.join("bootstrap");
    fs::write(&bootstrap, "#!/bin/sh\nexit 1\n")?;
    fs::set_permissions(&bootstrap, Permissions::from_mode(0o755))?;
    let template = fs::read_to_string(repository.join("tests/upgrade/template-of-last-release.yaml"))?;
    let lines = template.lines().filter(|line| !line.contains("BuildMethod:")).map(|line| {
        let indented = line.split_once("CodeUri:").map(|(indent, _)| indent);
        indented.map_or_else(|| line.to_owned(), |indent| format!("{indent}CodeUri: {}", broken.display()))
    });
    let file = folder.join("last-release.yaml");
    fs::write(&file, lines.collect::<Vec<_>>().join("\n"))?;
    Ok(file)
}

/// Puts the settings of a number and the open rows of messages that are stored and not mailed yet.
///
/// # Errors
/// When the tables or the bucket refuse.
pub async fn put_rows(world: &World, repository: &Path) -> Result<Left> {
    let resources = world.cloud.resources().await?;
    let kept = |table: &str| -> Result<Vec<Value>> {
        let file = repository.join(format!("tests/upgrade/rows/{table}.json"));
        let rows: Vec<Value> = serde_json::from_str(&fs::read_to_string(file)?)?;
        Ok(rows.into_iter().map(|mut kept| kept["row"].take()).collect())
    };
    let unlimited = |row: &&Value| {
        let plan = row.pointer("/plan/M");
        row["item"]["S"] == "settings" && plan.is_some_and(|plan| plan.get("calls_per_month").is_none())
    };
    let numbers = kept("numbers")?;
    let settings = numbers.iter().find(unlimited).context("no settings")?;
    world.cloud.put_row(world.output("NumbersTable")?, settings).await?;

    let (bucket, sound) = (world.bucket()?, Speech::english_sample().to_wav());
    let open = kept("voicemails")?.into_iter().filter(|row| {
        let size = row.pointer("/audio_size/N").and_then(Value::as_str);
        let attached = size.and_then(|size| size.parse().ok()).is_some_and(|size: u64| size < ATTACHED);
        row.get("open").is_some() && attached && OTHERS.iter().all(|name| row.get(name).is_none())
    });
    let mut voicemails = 0;
    for mut row in open {
        // Rows of one message at several moments become messages of their own.
        let sid = format!("RE{voicemails:032x}");
        let key = format!("voicemails/14155550100/2026/11/20/{sid}.wav");
        row["recording_sid"] = json!({ "S": sid });
        row["audio_key"] = json!({ "S": key });
        row["audio_size"] = json!({ "N": sound.len().to_string() });
        bucket.put(&key, "audio/x-wav", sound.clone()).await?;
        world.cloud.put_row(world.output("VoicemailsTable")?, &row).await?;
        voicemails += 1;
    }
    ensure!(voicemails >= 30, "{voicemails} rows are too few to show anything");
    Ok(Left { resources, voicemails })
}

/// Whether all that the last release left is mailed, each once, and nothing that holds data is another one.
///
/// # Errors
/// What is not as it has to be.
pub async fn is_done(world: &World, left: &Left) -> Result<usize> {
    let now = world.cloud.resources().await?;
    // Without the fallback API: where its body changes, CloudFormation keeps it and the emulator makes another.
    // The comparison of the two templates in tests/upgrade has it.
    for id in [
        "NumbersTable",
        "CallsTable",
        "VoicemailsTable",
        "AudioBucket",
        "TwilioSecret",
        "LinkSecret",
        "HttpApi",
        "DeliverQueue",
        "DeadLetterQueue",
        "MailIdentity",
    ] {
        let (was, is) = (left.resources.get(id), now.get(id));
        ensure!(was.is_some() && was == is, "{id} was {was:?} and is {is:?}");
    }
    world.cloud.invoke(world.output("ReconcileFunction")?).await?;
    let letters = world.sink.wait(OWNER, left.voicemails, PATIENCE).await?;
    for letter in &letters {
        delivered(letter, &Speech::english_sample())?;
    }
    for nth in 0..left.voicemails {
        world.done(&phone::RecordingSid::parse(&format!("RE{nth:032x}"))?).await?;
    }
    match world.sink.of(OWNER).len() {
        mails if mails == left.voicemails => Ok(mails),
        mails => bail!("{mails} mails about {} messages", left.voicemails),
    }
}
