//! One call, from the first ring to the mail.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use domain::{
    Forwarding, Instead, MailboxId, NumberSettings, Owner, Plan, Prompt, Retention, Speech, Voicemail,
    VoicemailSettings, Wording,
};
use exchange::{Caller, Phone, Story};
use jiff::Timestamp;
use local::development;
use local::place::{Folders, FoldersError};
use local::stack::{Options, Stack, a_seed_of_its_own};

use crate::arguments::{Call, HangsUp, TranscriptionOutcome};
use crate::show::{self, Ending};

/// A call to place: who calls, what is called, and how the owner's telephones behave.
struct Scene {
    settings: NumberSettings,
    caller: Caller,
    callee: Phone,
    transcription: exchange::Transcription,
}

/// A stranger calls Olivia, who does not answer.
pub(crate) async fn demonstrate() -> Result<ExitCode> {
    let scene = Scene {
        settings: development::number()?,
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
    let options = Options { seed: a_seed_of_its_own(), ..Options::at(Timestamp::now(), folders) };
    let stack = Stack::start(options).await?;
    stack.add_number(&scene.settings).await?;
    for target in &scene.settings.forwarding.targets {
        stack.exchange.plug(target, scene.callee.clone());
    }
    stack.exchange.set_transcription(scene.transcription);
    let earlier_mails = stack.mailbox.messages().len();
    show::opening(&scene.settings, &stack.gateway.endpoint(), started.elapsed());

    let events = stack.exchange.watch();
    let story = stack.exchange.call(scene.caller, &scene.settings.number).await;
    stack.clock.settled().await;
    show::events(events, &scene.settings.forwarding.targets);

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

async fn voicemail_of(stack: &Stack, story: &Story) -> Result<Option<Voicemail>> {
    match story.recording() {
        None => Ok(None),
        Some(recording) => Ok(stack.ledger.voicemail(&recording.sid).await.ok()),
    }
}

fn scene(call: Call) -> Result<Scene> {
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
    let caller = Caller::new(from);
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
    Ok(Scene { settings, caller, callee: callee.into(), transcription })
}
