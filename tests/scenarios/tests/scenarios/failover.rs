//! No function answers: callers hear the template's fallback document.

use deployed::fallback;
use domain::{Language, Mail, Transcription};
use exchange::{Phone, RestRequest, WebhookKind};
use local::fallback::Documents;
use local::gateway::Gateway;

use crate::world::{MASKED_NUMBER, OWNER_PHONE, World, stranger};

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// Serves what the template's fallback API does.
async fn fallback_api(world: &World, language: Language) -> Gateway {
    let webhooks = format!("{}/webhook", world.stack.gateway.endpoint());
    let routes = local::fallback::serving(Documents {
        voice: fallback::voice(TEMPLATE, language, &webhooks).unwrap(),
        thanks: fallback::thanks(TEMPLATE, language).unwrap(),
        hang_up: fallback::hung_up(TEMPLATE).unwrap(),
    });
    Gateway::start(routes, &world.stack.clock, 0).await.unwrap()
}

#[tokio::test]
async fn when_every_function_fails_a_message_reaches_its_owner() {
    // One that is transcribed, and one that is not.
    for language in [Language::English, Language::Chinese] {
        let world = World::with_twilio_alone().await;
        let fallback = fallback_api(&world, language).await;
        let urls =
            world.stack.urls().with_fallback(format!("{}{}", fallback.endpoint(), local::fallback::VOICE));
        world.exchange().wire(MASKED_NUMBER, urls);
        world.stack.gateway.out_of_service(true);
        // The functions are back while Twilio tries to report the recording.
        let stack = world.stack.clone();
        world.exchange().set_delivery(move |it| {
            if it.kind == WebhookKind::RecordingStatus {
                stack.gateway.refuse_next(3);
            }
            vec![std::time::Duration::ZERO]
        });

        let story = world.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        let story = &told.story;
        assert!(story.heard_beep() && !story.rang(OWNER_PHONE), "{story}");
        assert_eq!(story.webhooks_of(WebhookKind::Fallback).len(), 1, "the greeting is heard once\n{story}");
        let reports = story.webhooks_of(WebhookKind::RecordingStatus);
        let statuses: Vec<_> = reports[0].attempts.iter().map(|attempt| attempt.result.clone()).collect();
        assert_eq!(statuses, [Ok(503), Ok(503), Ok(503), Ok(204)], "{story}");
        // Nobody told who called whom: Twilio was asked.
        assert_eq!(world.rest_requests(RestRequest::Call), 1);
        assert!(matches!(told.voicemail().mail, Mail::Sent { .. }));
        told.one_voicemail();
    }
}

/// The functions are away while webhooks are sent that `during` chooses.
fn no_function(world: &World, during: WebhookKind) {
    let stack = world.stack.clone();
    world.exchange().set_delivery(move |it| {
        stack.gateway.out_of_service(it.kind == during);
        vec![std::time::Duration::ZERO]
    });
}

#[tokio::test]
async fn without_functions_a_caller_who_has_spoken_is_thanked() {
    let world = World::new().await;
    no_function(&world, WebhookKind::RecordAction);
    let story = world.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
    world.stack.gateway.out_of_service(false);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    let story = &told.story;
    assert_eq!(story.webhooks_of(WebhookKind::Fallback).len(), 1, "{story}");
    assert_eq!(story.webhooks_of(WebhookKind::RecordAction).len(), 1, "asked for one message only\n{story}");
    assert!(story.caller_heard("Thank you. Your message has been recorded. Goodbye."), "{story}");
    told.one_voicemail();
}

#[tokio::test]
async fn without_functions_who_has_talked_is_not_asked_for_a_message() {
    let world = World::new().await;
    world.plug(Phone::answers_after(5).talks_for(600));
    no_function(&world, WebhookKind::DialAction);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.gateway.out_of_service(false);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert!(told.story.talked_with().is_some(), "{}", told.story);
    told.no_voicemail();
}

#[tokio::test]
async fn without_functions_an_unanswered_call_is_still_a_voicemail() {
    let world = World::new().await;
    no_function(&world, WebhookKind::DialAction);
    let story = world.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
    world.stack.gateway.out_of_service(false);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert!(told.story.rang(OWNER_PHONE), "{}", told.story);
    told.one_voicemail();
}

#[tokio::test]
async fn when_the_fallback_fails_too_what_was_said_is_kept() {
    // Nothing was recorded: Twilio's own sentence is all that is left.
    let world = World::new().await;
    world.stack.gateway.out_of_service(true);
    world.stack.fallback.out_of_service(true);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    assert!(story.heard_application_error() && !story.heard_beep(), "{story}");
    world.stack.gateway.out_of_service(false);
    world.stack.clock.settled().await;
    assert!(world.stack.mailbox.messages().is_empty());

    // Both fail once the message is recorded: it is in the list that the search reads.
    let world = World::with_number(|number| number.voicemail.transcription = Transcription::Off).await;
    let stack = world.stack.clone();
    world.exchange().set_delivery(move |it| {
        if it.kind == WebhookKind::RecordAction {
            stack.gateway.out_of_service(true);
            stack.fallback.out_of_service(true);
        }
        vec![std::time::Duration::ZERO]
    });
    let story = world.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
    assert!(story.heard_beep() && story.heard_application_error(), "{story}");
    world.stack.clock.settled().await;
    assert!(world.stack.mailbox.messages().is_empty(), "no report came through");
    world.stack.gateway.out_of_service(false);
    // Not before the list has it.
    world.stack.clock.advance(std::time::Duration::from_mins(30)).await;
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    let recording = story.recording().unwrap();
    let voicemail = world.stack.ledger.voicemail(&recording.sid).await.unwrap();
    assert!(matches!(voicemail.mail, Mail::Sent { .. }), "{voicemail:?}");
    assert_eq!(world.stack.mailbox.messages().len(), 1);
}
