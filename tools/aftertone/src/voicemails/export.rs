//! Voicemails as files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::TranscriptText;
use jiff::Timestamp;
use phone::RecordingSid;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::sound::{save, sound};
use crate::arguments::Listing;
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::lookup::voicemail::{all, list};
use crate::story::voicemail::to_json_with_history;
use crate::{instruction, show};

pub(super) async fn run(
    deployment: &Deployment,
    sids: &[RecordingSid],
    listing: &Listing,
    to: &Path,
    json: bool,
) -> Result<ExitCode> {
    let mut voicemails;
    if sids.is_empty() {
        voicemails = list(deployment, listing).await?;
        voicemails.truncate(listing.limit);
    } else {
        voicemails = all(deployment, sids).await?;
    }
    let cannot = || format!("{} can't be written", to.display());
    std::fs::create_dir_all(to).with_context(cannot)?;
    let (mut exported, mut missing) = (Vec::new(), Vec::new());
    for voicemail in &voicemails {
        let sid = voicemail.recording_sid.as_str();
        let mut files = Vec::new();
        if let Some(audio) = &voicemail.audio {
            let extension = if audio.content_type.contains("mpeg") { "mp3" } else { "wav" };
            let path = to.join(format!("{sid}.{extension}"));
            match sound(deployment, voicemail).await {
                Ok(sound) => {
                    save(sound, &path).await?;
                    files.push(path);
                }
                // One that is gone must not keep the others back; its words are worth having.
                Err(error) => {
                    missing.push(json!({ "recording_sid": sid, "why": format!("{error:#}") }));
                    show::error(&error, false);
                }
            }
        }
        if let Some(Ok(TranscriptText { words, .. })) = voicemail.transcript.as_ref().map(|it| &it.result) {
            let path = to.join(format!("{sid}.txt"));
            std::fs::write(&path, format!("{words}\n")).with_context(cannot)?;
            files.push(path);
        }
        let moments =
            deployment.store.timeline(&voicemail.recording_sid).await.map_err(|error| store_error(&error))?;
        let value = to_json_with_history(voicemail, &moments);
        let path = to.join(format!("{sid}.json"));
        std::fs::write(&path, format!("{value:#}\n")).with_context(cannot)?;
        files.push(path);
        exported.push((sid, files));
    }
    let receipt = receipt(deployment, &exported, &missing).await.with_context(cannot)?;
    let name = format!("receipt-{}.json", Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ"));
    let receipt_path = to.join(name);
    std::fs::write(&receipt_path, format!("{receipt:#}\n")).with_context(cannot)?;
    if json {
        let shown = |path: &PathBuf| path.display().to_string();
        let values: Vec<Value> = exported
            .iter()
            .map(|(sid, files)| json!({ "recording_sid": sid, "files": files.iter().map(shown).collect::<Vec<_>>() }))
            .collect();
        show::json(&values)?;
    } else {
        let count = match exported.len() {
            1 => "1 voicemail is".to_owned(),
            count => format!("{count} voicemails are"),
        };
        show::line(format!("{count} in {}.", to.display()));
        show::line(format!("What was exported, with checksums, is in {}.", receipt_path.display()));
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was written, so that somebody can show later that nothing was added, changed or left out.
async fn receipt(
    deployment: &Deployment,
    exported: &[(&str, Vec<PathBuf>)],
    missing: &[Value],
) -> std::io::Result<Value> {
    let mut voicemails = Vec::new();
    for (sid, paths) in exported {
        let mut files = Vec::new();
        for path in paths {
            let bytes = std::fs::read(path)?;
            let sha256 = hex(&Sha256::digest(&bytes));
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            files.push(json!({ "name": name, "bytes": bytes.len(), "sha256": sha256 }));
        }
        voicemails.push(json!({ "recording_sid": sid, "files": files }));
    }
    Ok(json!({
        "exported_at": show::instant(Timestamp::now()),
        "by": instruction::who(deployment).await,
        "from": deployment.outputs.get("ApiUrl"),
        "voicemails": voicemails,
        "missing": missing,
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // To a string it can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
