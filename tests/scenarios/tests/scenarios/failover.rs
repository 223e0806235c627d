//! No function answers: callers hear the template's fallback document.

use callflow::Language;
use deployed::fallback;
use exchange::{RestRequest, WebhookKind};
use local::gateway::Gateway;
use store::Mail;

use crate::world::{MASKED_NUMBER, OWNER_PHONE, World, stranger};

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// Serves what the template's fallback API does.
async fn fallback_api(world: &World, language: Language) -> Gateway {
    let webhooks = format!("{}/webhook", world.stack.gateway.endpoint());
    let voice = fallback::voice(TEMPLATE, language, &webhooks).unwrap();
    let thanks = fallback::thanks(TEMPLATE, language).unwrap();
    let routes = local::fallback::serving(voice, thanks);
    Gateway::start(routes, &world.stack.clock, 0).await.unwrap()
}

#[tokio::test]
async fn when_every_function_fails_callers_reach_a_beep_and_the_message_its_owner() {
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
