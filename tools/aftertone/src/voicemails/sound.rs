//! The sound of voicemails: fetched, saved, played.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_sdk_s3::primitives::ByteStream;
use domain::Voicemail;
use tokio::io::AsyncWriteExt as _;

use crate::deployment::Deployment;
use crate::failures::sdk_error;

pub(super) async fn sound(deployment: &Deployment, voicemail: &Voicemail) -> Result<ByteStream> {
    let Some(audio) = &voicemail.audio else {
        bail!(
            "the sound of {0} is not stored yet: see how far it got with `aftertone voicemails show {0}`",
            voicemail.recording_sid
        );
    };
    let bucket = deployment.outputs.required("AudioBucket")?;
    let answer = deployment.s3().get_object().bucket(bucket).key(&audio.key).send().await;
    match answer {
        Ok(answer) => Ok(answer.body),
        Err(error) => Err(anyhow!(
            "the sound {} can't be fetched from the bucket {bucket}: {}",
            audio.key,
            sdk_error(&error)
        )),
    }
}

pub(super) async fn play(deployment: &Deployment, voicemail: &Voicemail, to: Option<&Path>) -> Result<()> {
    if to.is_none() && std::io::stdout().is_terminal() {
        bail!(
            "a terminal can't play sound: save it with --to FILE.wav, or pipe it to a player, like \
             `aftertone voicemails play {} | ffplay -nodisp -autoexit -`",
            voicemail.recording_sid
        );
    }
    let sound = sound(deployment, voicemail).await?;
    match to {
        Some(path) => {
            let bytes = save(sound, path).await?;
            anstream::eprintln!("{} kB saved as {}", bytes.div_ceil(1000), path.display());
        }
        None => {
            write(sound, &mut tokio::io::stdout()).await.context("the sound can't be written")?;
        }
    }
    Ok(())
}

/// First beside its place: what has the right name is whole.
pub(super) async fn save(sound: ByteStream, path: &Path) -> Result<u64> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let failed = || format!("{} can't be written", path.display());
    let mut file = tokio::fs::File::create(&part).await.with_context(failed)?;
    let bytes = write(sound, &mut file).await.with_context(failed)?;
    drop(file);
    tokio::fs::rename(&part, path).await.with_context(failed)?;
    Ok(bytes)
}

async fn write(mut sound: ByteStream, to: &mut (impl tokio::io::AsyncWrite + Unpin)) -> Result<u64> {
    let mut bytes = 0;
    while let Some(chunk) = sound.try_next().await.context("the sound breaks off")? {
        bytes += chunk.len() as u64;
        match to.write_all(&chunk).await {
            // Who listens has heard enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(bytes),
            written => written?,
        }
    }
    to.flush().await?;
    Ok(bytes)
}
