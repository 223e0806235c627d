//! One call, from the first ring to the mail.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use domain::{
    Forwarding, Instead, Language, MailboxId, NumberSettings, Owner, Plan, Prompt, Retention, Speech,
    Voicemail, VoicemailSettings, Wording,
};
use exchange::{Caller, Cue, Deed, Phone, Story};
use jiff::Timestamp;
use local::development;
use local::place::{Folders, FoldersError};
use local::stack::{Options, Stack, a_seed_of_its_own};

use phone::PhoneNumber;
use phonefile::PhoneFile;
use store::NewFile;

use crate::arguments::{Call, HangsUp, TranscriptionOutcome};
use crate::show::{self, Ending};

/// A call to place: who calls, what is called, and how the owner's telephones behave.
struct Scene {
    settings: NumberSettings,
    file: Option<FileScene>,
    caller: Caller,
    callee: Phone,
    transcription: exchange::Transcription,
}

/// A phone file that is played.
struct FileScene {
    path: PathBuf,
    text: String,
    file: PhoneFile,
    /// When it is.
    at: Timestamp,
    /// Whether the caller called before.
    is_known: bool,
    /// The telephones of those who pick up and take the call.
    takes: Vec<PhoneNumber>,
}

/// A stranger calls Olivia, who does not answer.
pub(crate) async fn demonstrate() -> Result<ExitCode> {
    let scene = Scene {
        settings: development::number()?,
        file: None,
        caller: Caller::new(development::STRANGER).leaves(exchange::Speech::english_sample()),
        callee: Phone::never_answers(),
        transcription: exchange::Transcription::default(),
    };
    play(scene, "aftertone-data/demo".as_ref()).await
}

/// Any other call.
pub(crate) async fn place(call: Call) -> Result<ExitCode> {
    let data = call.data.clone();
    play(scene(call)?, &data).await
}

/// A call takes a moment: who comes second waits for it.
fn folders(data: &Path) -> Result<Folders, FoldersError> {
    match Folders::at(data) {
        Err(FoldersError::InUse(_)) => {
            show::waiting(data);
            Folders::when_free(data)
        }
        other => other,
    }
}

async fn play(scene: Scene, data: &Path) -> Result<ExitCode> {
    let folders = folders(data)?;
    let started = Instant::now();
    // What earlier calls have left in the folder stays.
    let at = scene.file.as_ref().map_or_else(Timestamp::now, |file| file.at);
    let options = Options { seed: a_seed_of_its_own(), ..Options::at(at, folders) };
    let stack = Stack::start(options).await?;
    stack.add_number(&scene.settings).await?;
    let telephones = match &scene.file {
        Some(file) => put_in_force(&stack, &scene, file).await?,
        None => scene.settings.forwarding.targets.clone(),
    };
    let takes = scene.file.iter().flat_map(|file| &file.takes).collect::<Vec<_>>();
    for telephone in &telephones {
        let phone = if takes.contains(&telephone) { takes_the_call() } else { scene.callee.clone() };
        stack.exchange.plug(telephone, phone);
    }
    stack.exchange.set_transcription(scene.transcription);
    let earlier_mails = stack.mailbox.messages().len();
    let path = scene.file.as_ref().map(|file| &*file.path);
    show::opening(&scene.settings, path, &stack.gateway.endpoint(), started.elapsed());

    let events = stack.exchange.watch();
    let story = stack.exchange.call(scene.caller, &scene.settings.number).await;
    stack.clock.settled().await;
    show::events(events, &telephones);

    let call = stack.ledger.call(story.call_sid()).await.ok();
    let voicemail = voicemail_of(&stack, &story).await?;
    show::ledger(call.as_ref(), voicemail.as_ref());
    for mail in stack.mailbox.messages().iter().skip(earlier_mails) {
        show::mail(mail)?;
    }
    let ending = Ending::of(&story, voicemail.as_ref(), stack.wakeups.dead_letters().len())
        .and_broken(&stack.broken_services(), data);
    show::ending(&ending, started.elapsed());
    Ok(match ending {
        Ending::Well(_) => ExitCode::SUCCESS,
        Ending::Badly(_) => ExitCode::FAILURE,
    })
}

/// The number goes by the file from now on. Every telephone that may ring.
async fn put_in_force(stack: &Stack, scene: &Scene, file: &FileScene) -> Result<Vec<PhoneNumber>> {
    let seen = stack.store.settings(&scene.settings.number).await?;
    let new = NewFile { text: &file.text, file: &file.file, by: "cargo run", at: file.at };
    stack.store.write_file(&seen, new).await?;
    if let Some(caller) = scene.caller.identity().number() {
        // The keys are for the menus: nobody is asked for a language.
        let number = &scene.settings.number;
        stack.store.caller_hears(number, &caller, scene.settings.speech.language, file.at).await?;
        if file.is_known {
            stack.store.caller_called(number, &caller, file.at).await?;
        }
    }
    Ok(file.file.telephones().into_iter().cloned().collect())
}

/// Picks up after a while, and presses 1 once it is said who calls.
fn takes_the_call() -> Phone {
    let languages = Language::ALL.map(|language| texts::phrase(texts::Phrase::Keys, language));
    let phone = Phone::answers_after(6).talks_for(30);
    languages.into_iter().fold(phone, |phone, words| phone.on(Cue::hears(words), Deed::presses("1")))
}

async fn voicemail_of(stack: &Stack, story: &Story) -> Result<Option<Voicemail>> {
    match story.recording() {
        None => Ok(None),
        Some(recording) => Ok(stack.ledger.voicemail(&recording.sid).await.ok()),
    }
}

fn scene(call: Call) -> Result<Scene> {
    let file = call.file.as_ref().map(|path| file_scene(&call, path)).transpose()?;
    let Call { from, to, owner, callee, language, email, time_zone, .. } = call;
    let mut speech = Speech::in_language(language);
    if let Some(greeting) = call.greeting {
        speech.prompts.insert(Prompt::Greeting, Wording::Text(greeting));
    }
    let settings = NumberSettings {
        mailbox: MailboxId::of_number(&to),
        number: to,
        owner: Owner { language, time_zone, ..Owner::at(email) },
        speech,
        forwarding: Forwarding {
            on: call.forwarding_off.is_none(),
            ring_time: call.ring,
            caller_id: call.caller_id.into(),
            when_off: call.forwarding_off.map_or(Instead::Voicemail, Into::into),
            ..Forwarding::to(owner)
        },
        voicemail: VoicemailSettings {
            max_length: call.max_length,
            transcription: call.transcription.into(),
            ..VoicemailSettings::default()
        },
        plan: Plan {
            calls_per_month: call.plan_used_up.map(|_| 0),
            when_used_up: call.plan_used_up.map_or(Instead::Voicemail, Into::into),
        },
        retention: Retention::default(),
    };
    let speech = match (&call.say, &call.words) {
        (Some(file), Some(words)) => exchange::Speech::from_file_with_words(file, words)?,
        (Some(file), None) => exchange::Speech::from_file(file)?,
        (None, _) if language == domain::Language::Chinese => exchange::Speech::chinese_sample(),
        (None, _) => exchange::Speech::english_sample(),
    };
    let caller = call
        .presses
        .iter()
        .flat_map(|keys| keys.chars())
        .fold(Caller::new(from), |caller, key| caller.presses(&key.to_string()));
    let caller = call.says.iter().fold(caller, |caller, words| caller.says(words));
    let caller = match call.hangs_up {
        _ if call.silent => caller.stays_silent(),
        None => caller.leaves(speech),
        Some(HangsUp::Ringing) => caller.hangs_up_while_ringing_after(8),
        Some(HangsUp::Greeting) => caller.hangs_up_during_greeting_after(2),
        Some(HangsUp::Message) => caller.leaves(speech).hangs_up_during_message_after(4),
    };
    let transcription = match call.transcription_outcome {
        TranscriptionOutcome::Completes => exchange::Transcription::default(),
        TranscriptionOutcome::Late => exchange::Transcription::Completes { after: Duration::from_mins(10) },
        TranscriptionOutcome::Fails => exchange::Transcription::Fails { after: Duration::from_secs(20) },
        TranscriptionOutcome::Never => exchange::Transcription::Never,
    };
    let settings = match &file {
        Some(scene) => scene.file.settings(MailboxId::of_number(&scene.file.number))?,
        None => settings,
    };
    Ok(Scene { settings, file, caller, callee: callee.into(), transcription })
}

/// A file is played as it would be put in force: not at all, if something is wrong with it.
fn file_scene(call: &Call, path: &Path) -> Result<FileScene> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let file = match phonefile::read(&text) {
        Ok(checked) => checked.file,
        Err(faults) => {
            let name = path.display().to_string();
            bail!("the phone file can't be played\n{}", phonefile::shown(&faults, &name, &text));
        }
    };
    let at = match &call.at {
        None => Timestamp::now(),
        Some(at) => phonefile::wall_time(at)
            .and_then(|time| time.to_zoned(file.time_zone.clone()).ok())
            .with_context(|| format!("{at:?} is no time: write date and time, like \"2026-12-24 23:00\""))?
            .timestamp(),
    };
    let mut takes = Vec::new();
    for name in &call.takes {
        let person = file.people.iter().find(|person| person.id == *name);
        let telephone = person.and_then(|person| person.phone.clone());
        takes.push(telephone.with_context(|| format!("{name} is nobody in the file who has a telephone"))?);
    }
    Ok(FileScene { path: path.to_owned(), text, file, at, is_known: call.known, takes })
}
