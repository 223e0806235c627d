//! What is tried on the deployed stack.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::{DialOutcome, Language, NotReached};
use exchange::{Caller, NumberUrls, Phone, Speech, WebhookKind};
use http::Request;
use http_body_util::Full;
use phone::CallSid;
use signature::{AuthToken, Body};
use store::StoreError;

use crate::world::{ACCOUNT_SID, MaskedNumber, World};

/// Nobody answers: the owner gets sound and words, and the link in the mail plays it.
///
/// # Errors
/// What is not as it has to be.
pub async fn nobody_answers(world: &World, line: &MaskedNumber) -> Result<String> {
    let speech = Speech::english_sample();
    let (story, letter) = world.voicemail(line, &speech).await?;
    ensure!(story.rang(line.phone.as_str()), "the owner's telephone did not ring:\n{story}");
    ensure!(story.last_dial_status().as_deref() == Some("no-answer"), "{story}");
    ensure!(story.errors().is_empty(), "{story}");
    ensure!(letter.text.contains(speech.words()), "the mail has no words: {}", letter.text);
    let address = letter.link()?;
    ensure!(
        world.follow(&address).await? == story.recordings()[0].speech.to_wav(),
        "another sound behind the link"
    );
    let call = world.store().call(story.call_sid()).await?;
    ensure!(call.dial_outcome == Some(DialOutcome::NotReached(NotReached::NoAnswer)), "{call:?}");
    world.done(&story.recordings()[0].sid).await?;
    Ok(address)
}

/// A Chinese number: its prompts, its mail, and a message that has no engine for its words.
///
/// # Errors
/// What is not as it has to be.
pub async fn in_chinese(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::Chinese, Phone::never_answers()).await?;
    let (story, letter) = world.voicemail(line, &Speech::chinese_sample()).await?;
    ensure!(story.caller_heard("请在提示音后留言"), "{story}");
    ensure!(story.errors().is_empty(), "{story}");
    ensure!(letter.subject.contains("语音留言"), "{}", letter.subject);
    Ok(())
}

/// The owner is engaged.
///
/// # Errors
/// What is not as it has to be.
pub async fn busy(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::busy()).await?;
    let (story, _) =
        world.voicemail(line, &Speech::tone(Duration::from_secs(3), "I will call again.")).await?;
    ensure!(story.last_dial_status().as_deref() == Some("busy"), "{story}");
    ensure!(story.errors().is_empty(), "{story}");
    Ok(())
}

/// Every webhook comes twice: still one voicemail and one mail.
///
/// # Errors
/// What is not as it has to be.
pub async fn everything_twice(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::busy()).await?;
    world.exchange.set_delivery(|_| vec![Duration::ZERO, Duration::from_millis(300)]);
    let twice = world.voicemail(line, &Speech::tone(Duration::from_secs(3), "Once is enough.")).await;
    world.exchange.clear_delivery();
    let (story, _) = twice?;
    ensure!(story.webhooks_of(WebhookKind::Voice).len() == 2, "{story}");
    world.done(&story.recordings()[0].sid).await?;
    // A second mail would be on its way by now: the deadline's message is over, too.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mails = world.sink.of(&line.email).len();
    ensure!(mails == 1, "{mails} mails");
    Ok(())
}

/// A webhook that somebody else signed leaves no trace.
///
/// # Errors
/// What is not as it has to be.
pub async fn forged(world: &World, line: &MaskedNumber) -> Result<()> {
    const CALL: &str = "CA00000000000000000000000000000077";
    let url = world.output("VoiceUrl")?;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("AccountSid", ACCOUNT_SID),
            ("CallSid", CALL),
            ("From", "+13125550142"),
            ("To", line.number.as_str()),
            ("CallStatus", "ringing"),
        ])
        .finish();
    let token = AuthToken::from("not-the-token");
    let forged = signature::sign(&token, url, Body::Form(form.as_bytes()));
    for signature in [None, Some(forged)] {
        let mut request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
        if let Some(signature) = signature {
            request = request.header(signature::HEADER, signature);
        }
        let answered = world.cloud.send(request.body(Full::from(form.clone()))?).await?;
        ensure!(answered.status == 403 && answered.body.is_empty(), "{answered:?}");
    }
    let call = world.store().call(&CallSid::parse(CALL)?).await;
    ensure!(matches!(call, Err(StoreError::NotFound(_))), "a forged webhook was written down: {call:?}");
    Ok(())
}

/// The voice URL fails: the deployed fallback document takes the message, and it is delivered.
///
/// # Errors
/// What is not as it has to be.
pub async fn fallback(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::never_answers()).await?;
    let nowhere = format!("{}/webhook/nowhere", world.output("ApiUrl")?);
    let urls = NumberUrls::voice(nowhere).with_fallback(world.output("FallbackUrl")?);
    world.exchange.wire(line.number.as_str(), urls);
    let (story, _) = world.voicemail(line, &Speech::tone(Duration::from_secs(3), "Are you there?")).await?;
    ensure!(story.webhooks_of(WebhookKind::Fallback).len() == 1, "{story}");
    ensure!(story.caller_heard("Your message has been recorded"), "{story}");
    Ok(())
}

/// The owner answers: a conversation, and nothing else.
///
/// # Errors
/// What is not as it has to be.
pub async fn answered(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::answers_after(1).talks_for(2)).await?;
    let story = world.call(Caller::new("+13125550142"), line).await;
    ensure!(story.talked_with().is_some() && !story.heard_beep(), "{story}");
    ensure!(story.errors().is_empty(), "{story}");
    ensure!(world.sink.of(&line.email).is_empty(), "a mail about a conversation");
    Ok(())
}
