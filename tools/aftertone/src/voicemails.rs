//! The voicemails, from the ledger.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use phone::RecordingSid;
use serde_json::{Value, json};
use store::{Heard, Listed, Mail, Moment, NotHeard, Sound, StoreError, Transcript, Voicemail, Written};
use tokio::io::AsyncWriteExt as _;

use crate::arguments::{Listing, VoicemailsCommand};
use crate::number::{international, read, store_error};
use crate::place::Place;
use crate::show::{self, BAD, BOLD, DIM, GOOD, WARN};

pub(crate) async fn run(place: &Place, command: VoicemailsCommand, json: bool) -> Result<ExitCode> {
    match command {
        VoicemailsCommand::List { listing, open } => {
            let mut voicemails = list(place, &listing).await?;
            voicemails.retain(|voicemail| voicemail.open || !open);
            voicemails.truncate(listing.limit);
            show_list(&voicemails, json)?;
        }
        VoicemailsCommand::Show { sid } => show_one(place, &sid, json).await?,
        VoicemailsCommand::Play { sid, to } => {
            let voicemail = one(place, &sid).await?;
            play(place, &voicemail, to.as_deref()).await?;
        }
        VoicemailsCommand::Retry { sids, all } => return retry(place, &sids, all, json).await,
        VoicemailsCommand::Export { sids, listing, to } => {
            return export(place, &sids, &listing, &to, json).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a list may have: of a number, since then.
pub(crate) fn listed(listing: &Listing) -> Result<Listed> {
    let number = listing.number.as_deref().map(|text| read(text, &listing.region)).transpose()?;
    Ok(Listed { number, since: Some(listing.since) })
}

async fn list(place: &Place, listing: &Listing) -> Result<Vec<Voicemail>> {
    place.store.list_voicemails(&listed(listing)?).await.map_err(|error| store_error(&error))
}

async fn one(place: &Place, sid: &RecordingSid) -> Result<Voicemail> {
    match place.store.voicemail(sid).await {
        Err(StoreError::NotFound(_)) => {
            bail!("the ledger has no voicemail {sid}: see which there are with `aftertone voicemails list`")
        }
        other => other.map_err(|error| store_error(&error)),
    }
}

fn show_list(voicemails: &[Voicemail], json: bool) -> Result<()> {
    if json {
        return show::json(&voicemails.iter().map(to_json).collect::<Vec<_>>());
    }
    if voicemails.is_empty() {
        show::line("There is no voicemail: look further back with --since 90d.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = voicemails
        .iter()
        .map(|voicemail| {
            vec![
                show::time(voicemail.recorded_at),
                caller(voicemail),
                voicemail.parties.as_ref().map_or_else(|| "?".into(), |it| international(&it.number)),
                voicemail.sound.duration_seconds().map_or_else(|| "?".into(), show::length),
                stage(voicemail),
                voicemail.recording_sid.to_string(),
            ]
        })
        .collect();
    show::table(&["RECORDED", "FROM", "TO", "LENGTH", "STAGE", "VOICEMAIL"], &rows);
    Ok(())
}

/// Who called, in full.
fn caller(voicemail: &Voicemail) -> String {
    voicemail.parties.as_ref().map_or_else(|| "?".to_owned(), |parties| who(&parties.caller))
}

pub(crate) fn who(caller: &phone::Caller) -> String {
    caller.number().map_or_else(|| caller.reveal(), international)
}

/// How far it got, in a few words.
fn stage(voicemail: &Voicemail) -> String {
    if voicemail.sound.is_empty() {
        return "nothing was said".to_owned();
    }
    let stage = match (&voicemail.mail, voicemail.open) {
        (Mail::Sent { .. }, false) => "delivered",
        (Mail::Sent { .. }, true) => "mailed, waits for its words",
        (Mail::Claimed { .. }, _) if voicemail.trouble.is_none() => "is being mailed",
        (Mail::Claimed { .. }, _) => "waits to be mailed",
        (Mail::Unsent, false) => "closed without a mail",
        (Mail::Unsent, true) => match (&voicemail.destination, &voicemail.audio) {
            (None, _) => "waits to be identified",
            (Some(_), None) => "waits for its sound",
            (Some(_), Some(_)) => "waits to be mailed",
        },
    };
    match &voicemail.trouble {
        Some(trouble) if voicemail.open => format!("{stage}; failed {} times", trouble.attempts),
        _ => stage.to_owned(),
    }
}

async fn show_one(place: &Place, sid: &RecordingSid, json: bool) -> Result<()> {
    let voicemail = one(place, sid).await?;
    let moments = place.store.voicemail_moments(sid).await.map_err(|error| store_error(&error))?;
    if json {
        let mut value = to_json(&voicemail);
        value["history"] = moments.iter().map(moment_json).collect();
        return show::json(&value);
    }
    describe(&voicemail, &moments);
    Ok(())
}

/// A voicemail and its way, for a person.
pub(crate) fn describe(voicemail: &Voicemail, moments: &[Moment]) {
    let style = if voicemail.trouble.is_some() && voicemail.open { BAD } else { GOOD };
    show::line(format!(
        "{BOLD}Voicemail {}{BOLD:#}  {style}{}{style:#}",
        voicemail.recording_sid,
        stage(voicemail)
    ));
    let field = |name: &str, value: String| show::line(format!("  {DIM}{name:<10}{DIM:#}{value}"));
    if let Some(parties) = &voicemail.parties {
        let name = parties.caller_name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        field("from", format!("{}{name}", who(&parties.caller)));
        field("to", international(&parties.number));
    }
    field("call", voicemail.call_sid.to_string());
    let sound = match voicemail.sound {
        Sound::Left { duration_seconds: None } => "not known yet".to_owned(),
        Sound::Left { duration_seconds: Some(seconds) } => {
            format!("{}, not ready at Twilio yet", show::length(seconds))
        }
        Sound::Ready { duration_seconds } => show::length(duration_seconds),
        Sound::Absent => "none".to_owned(),
        Sound::Gone => "deleted at Twilio before it was stored".to_owned(),
        Sound::Lost { error_code } => {
            format!(
                "lost by Twilio{}",
                error_code.map_or_else(String::new, |code| format!(" (error {code})"))
            )
        }
    };
    let stored = voicemail.audio.as_ref().map_or_else(String::new, |audio| {
        format!(", {} kB stored as {}", audio.size.div_ceil(1000), audio.key)
    });
    field("sound", format!("{sound}{stored}"));
    field(
        "words",
        match &voicemail.transcript {
            Some(Transcript { engine, result: Ok(heard) }) => {
                let language = heard.language.as_ref().map_or("", |language| language.as_str());
                let known = [engine.name(), language].join(" ");
                format!("\"{}\" ({})", heard.words, known.trim())
            }
            Some(Transcript { engine, result: Err(why) }) => {
                format!("none: {} {}", engine.name(), why_not(*why))
            }
            None => "none".to_owned(),
        },
    );
    if let Some(trouble) = &voicemail.trouble
        && voicemail.open
    {
        show::line(format!(
            "  {BAD}trouble   {BAD:#}{} (failed {} times; next try {})",
            trouble.last_error,
            trouble.attempts,
            show::time(trouble.next_attempt_at)
        ));
        show::line(format!(
            "  {WARN}cure      {WARN:#}mend the cause, then `aftertone voicemails retry {}`",
            voicemail.recording_sid
        ));
    }
    show_moments(moments, told);
}

/// The usual order of what the ledger may have in the same millisecond.
const ORDER: [&str; 11] = [
    "begun",
    "dial_ended",
    "recorded",
    "left",
    "status",
    "ready",
    "archived",
    "transcribed",
    "mail_sent",
    "words_mail_sent",
    "purged",
];

/// What happened, each with its time.
pub(crate) fn show_moments(moments: &[Moment], told: impl Fn(&Moment) -> Option<String>) {
    let mut moments = moments.to_vec();
    moments.sort_by_key(|moment| (moment.at, ORDER.iter().position(|known| *known == moment.what)));
    for moment in &moments {
        if let Some(text) = told(moment) {
            show::line(format!("  {DIM}{}{DIM:#}  {text}", show::time(moment.at)));
        }
    }
}

/// A moment in words. One that this version does not know is told by its name.
pub(crate) fn told(moment: &Moment) -> Option<String> {
    Some(match moment.what.as_str() {
        "recorded" => "the ledger hears of it".to_owned(),
        "left" => "the caller has ended the message".to_owned(),
        "ready" => "the sound is ready at Twilio".to_owned(),
        "absent" => "Twilio says: there is no sound".to_owned(),
        "lost" => "Twilio says: the sound is lost".to_owned(),
        "transcribed" => "the words have come".to_owned(),
        "archived" => "the sound is stored".to_owned(),
        "mail_sent" => "the mail is sent".to_owned(),
        "words_mail_sent" => "the second mail, with the words, is sent".to_owned(),
        "purged" => "the recording at Twilio is deleted".to_owned(),
        "woken" => "woken".to_owned(),
        // That is not in the past.
        "next_attempt" | "expires" => return None,
        other => other.replace('_', " "),
    })
}

fn why_not(why: NotHeard) -> &'static str {
    match why {
        NotHeard::Failed => "failed",
        NotHeard::UnsupportedLanguage => "does not know the language",
        NotHeard::NoTime => "had no time for a day",
    }
}

pub(crate) fn moment_json(moment: &Moment) -> Value {
    json!({ "at": show::instant(moment.at), "what": moment.what, "leg": moment.leg.as_ref().map(phone::CallSid::as_str) })
}

pub(crate) fn to_json(voicemail: &Voicemail) -> Value {
    let parties = voicemail.parties.as_ref();
    let heard = voicemail.transcript.as_ref().and_then(|it| it.result.as_ref().ok());
    let transcript_status = match voicemail.transcript.as_ref().map(|it| &it.result) {
        Some(Ok(_)) => "completed",
        Some(Err(_)) => "failed",
        None => "none",
    };
    let mail = |mail: &Mail| match mail {
        Mail::Unsent => json!({ "state": "unsent" }),
        Mail::Claimed { until } => json!({ "state": "claimed", "until": show::instant(*until) }),
        Mail::Sent { at, message_id, with_words } => {
            json!({ "state": "sent", "at": show::instant(*at), "message_id": message_id, "with_words": with_words })
        }
    };
    json!({
        "recording_sid": voicemail.recording_sid.as_str(),
        "call_sid": voicemail.call_sid.as_str(),
        "account_sid": voicemail.account_sid.as_str(),
        "recorded_at": show::instant(voicemail.recorded_at),
        "from": parties.map(|it| it.caller.reveal()),
        "caller_name": parties.and_then(|it| it.caller_name.as_deref()),
        "to": parties.map(|it| it.number.reveal()),
        "seconds": voicemail.sound.duration_seconds(),
        "stage": stage(voicemail),
        "open": voicemail.open,
        "transcript": heard.map(|it| it.words.as_str()),
        "transcript_engine": voicemail.transcript.as_ref().map(|it| it.engine.name()),
        "transcript_language": heard.and_then(|it| it.language.as_ref()).map(|it| it.as_str()),
        "transcript_confidence_percent": heard.and_then(|it| it.confidence_percent),
        "transcript_status": transcript_status,
        "audio": voicemail.audio.as_ref().map(|audio| json!({ "key": audio.key, "bytes": audio.size, "type": audio.content_type })),
        "mail": mail(&voicemail.mail),
        "words_mail": mail(&voicemail.words_mail),
        "purged_at": voicemail.purged_at.map(show::instant),
        "trouble": voicemail.trouble.as_ref().map(|trouble| json!({
            "attempts": trouble.attempts,
            "last_error": trouble.last_error,
            "next_attempt_at": show::instant(trouble.next_attempt_at),
        })),
    })
}

async fn sound(place: &Place, voicemail: &Voicemail) -> Result<ByteStream> {
    let Some(audio) = &voicemail.audio else {
        bail!(
            "the sound of {0} is not stored yet: see how far it got with `aftertone voicemails show {0}`",
            voicemail.recording_sid
        );
    };
    let bucket = place.outputs.required("AudioBucket")?;
    let answer = place.s3().get_object().bucket(bucket).key(&audio.key).send().await;
    match answer {
        Ok(answer) => Ok(answer.body),
        Err(error) => Err(anyhow!(
            "the sound {} can't be fetched from the bucket {bucket}: {}",
            audio.key,
            show::sdk_error(&error)
        )),
    }
}

async fn play(place: &Place, voicemail: &Voicemail, to: Option<&Path>) -> Result<()> {
    if to.is_none() && std::io::stdout().is_terminal() {
        bail!(
            "a terminal can't play sound: save it with --to FILE.wav, or pipe it to a player, like \
             `aftertone voicemails play {} | ffplay -nodisp -autoexit -`",
            voicemail.recording_sid
        );
    }
    let sound = sound(place, voicemail).await?;
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
async fn save(sound: ByteStream, path: &Path) -> Result<u64> {
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

async fn retry(place: &Place, sids: &[RecordingSid], all: bool, json: bool) -> Result<ExitCode> {
    let voicemails = if all {
        place.store.list_open_voicemails().await.map_err(|error| store_error(&error))?
    } else {
        let mut voicemails = Vec::new();
        for sid in sids {
            voicemails.push(one(place, sid).await?);
        }
        voicemails
    };
    let mut values = Vec::new();
    let mut woken = 0;
    for voicemail in &voicemails {
        let written =
            place.store.retry(voicemail, Timestamp::now()).await.map_err(|error| store_error(&error))?;
        let is_woken = written == Written::New;
        woken += usize::from(is_woken);
        values.push(json!({ "recording_sid": voicemail.recording_sid.as_str(), "woken": is_woken }));
        if !json {
            let word = if is_woken { "is tried again now" } else { "is done: there is nothing to retry" };
            show::line(format!("{}  {word}", voicemail.recording_sid));
        }
    }
    if json {
        show::json(&values)?;
    } else if voicemails.is_empty() {
        show::line("Every voicemail is delivered: there is nothing to retry.");
    } else if woken > 0 {
        show::line("See how it goes with `aftertone voicemails list --open`.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(
    place: &Place,
    sids: &[RecordingSid],
    listing: &Listing,
    to: &Path,
    json: bool,
) -> Result<ExitCode> {
    let mut voicemails = Vec::new();
    if sids.is_empty() {
        voicemails = list(place, listing).await?;
        voicemails.truncate(listing.limit);
    } else {
        for sid in sids {
            voicemails.push(one(place, sid).await?);
        }
    }
    let cannot = || format!("{} can't be written", to.display());
    std::fs::create_dir_all(to).with_context(cannot)?;
    let (mut exported, mut failed) = (Vec::new(), 0);
    for voicemail in &voicemails {
        let sid = voicemail.recording_sid.as_str();
        let mut files = Vec::new();
        if let Some(audio) = &voicemail.audio {
            let extension = if audio.content_type.contains("mpeg") { "mp3" } else { "wav" };
            let path = to.join(format!("{sid}.{extension}"));
            match sound(place, voicemail).await {
                Ok(sound) => {
                    save(sound, &path).await?;
                    files.push(path);
                }
                // One that is gone must not keep the others back; its words are worth having.
                Err(error) => {
                    failed += 1;
                    show::error(&error, false);
                }
            }
        }
        if let Some(Ok(Heard { words, .. })) = voicemail.transcript.as_ref().map(|it| &it.result) {
            let path = to.join(format!("{sid}.txt"));
            std::fs::write(&path, format!("{words}\n")).with_context(cannot)?;
            files.push(path);
        }
        let moments = place
            .store
            .voicemail_moments(&voicemail.recording_sid)
            .await
            .map_err(|error| store_error(&error))?;
        let mut value = to_json(voicemail);
        value["history"] = moments.iter().map(moment_json).collect();
        let path = to.join(format!("{sid}.json"));
        std::fs::write(&path, format!("{value:#}\n")).with_context(cannot)?;
        files.push(path);
        let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        exported.push(json!({ "recording_sid": sid, "files": files }));
    }
    if json {
        show::json(&exported)?;
    } else {
        let count = match exported.len() {
            1 => "1 voicemail is".to_owned(),
            count => format!("{count} voicemails are"),
        };
        show::line(format!("{count} in {}.", to.display()));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
