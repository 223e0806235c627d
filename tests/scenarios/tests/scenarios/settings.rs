//! What the owner decided.

use domain::{
    AudioUrl, CallerId, Disposition, Instead, Language, NotReached, Prompt, PromptText, WhyNotForwarded,
    Wording,
};
use exchange::{Caller, Speech, WebFile, WebhookKind, What};

use crate::world::{GREETING, MASKED_NUMBER, OWNER_PHONE, STRANGER, STRANGER_AS_WRITTEN, World, stranger};

#[tokio::test]
async fn while_forwarding_is_off_callers_get_what_the_owner_chose() {
    for instead in [Instead::Voicemail, Instead::Message, Instead::Reject] {
        let world = World::with_number(|number| {
            number.forwarding.on = false;
            number.forwarding.when_off = instead;
        })
        .await;
        let told = world.no_answer().await;
        let story = &told.story;
        assert!(!story.rang(OWNER_PHONE), "{story}");
        let decision = Disposition::Instead(instead, WhyNotForwarded::ForwardingOff);
        assert_eq!(told.call().disposition, Some(decision));
        match instead {
            Instead::Voicemail => {
                assert!(story.caller_heard(GREETING));
                told.one_voicemail();
            }
            Instead::Message => {
                assert!(story.caller_heard("is not available. Please try again later."), "{story}");
                told.no_voicemail();
            }
            Instead::Reject => {
                assert!(story.heard_busy() && !story.was_answered(), "{story}");
                told.no_voicemail();
            }
        }
    }
}

#[tokio::test]
async fn of_two_calls_at_once_a_plan_with_one_left_forwards_one() {
    let world = World::with_number(|number| number.plan.calls_per_month = Some(1)).await;
    let handles = {
        let _busy = world.stack.clock.busy();
        let other = Caller::new("+13125550143").leaves(Speech::english_sample());
        [stranger(), other].map(|caller| world.exchange().start_call(caller, MASKED_NUMBER))
    };
    let mut stories = Vec::new();
    for handle in handles {
        stories.push(handle.finished().await);
    }
    world.stack.clock.settled().await;
    let mut decisions = Vec::new();
    for story in stories {
        assert!(story.errors().is_empty(), "{story}");
        let told = world.told(story).await;
        let decision = told.call().disposition.unwrap();
        assert_eq!(told.story.rang(OWNER_PHONE), decision == Disposition::Forward, "{}", told.story);
        assert!(told.story.heard_beep());
        assert_eq!(told.mails.len(), 2);
        decisions.push(decision);
    }
    decisions.sort_by_key(|decision| *decision != Disposition::Forward);
    let used_up = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::PlanUsedUp);
    assert_eq!(decisions, [Disposition::Forward, used_up]);
    let number = local::development::number().unwrap().number;
    assert_eq!(world.stack.ledger.usage(&number, "2026-11").await.unwrap(), 1);
}

#[tokio::test]
async fn a_number_that_nobody_owns_is_not_in_use() {
    let world = World::new().await;
    world.exchange().wire("+14155550122", world.stack.urls());
    let story = world.exchange().call(stranger(), "+14155550122").await;
    world.stack.clock.settled().await;
    assert!(story.errors().is_empty(), "{story}");
    assert!(story.caller_heard("This number is not in use."), "{story}");
    let told = world.told(story).await;
    told.no_voicemail();
    assert_eq!(told.call.as_ref().and_then(|call| call.disposition), None);
}

#[tokio::test]
async fn a_chinese_number_speaks_chinese_and_writes_chinese() {
    let world = World::with_number(|number| {
        number.speech = domain::Speech::in_language(Language::Chinese);
        number.owner.language = Language::Chinese;
    })
    .await;
    let told = world.call(Caller::new(STRANGER).leaves(Speech::chinese_sample())).await;
    for prompt in [Prompt::Connecting, Prompt::Greeting] {
        assert!(told.story.caller_heard(texts::prompt(prompt, Language::Chinese)), "{}", told.story);
    }
    told.not_reached(NotReached::NoAnswer);
    let mail = told.one_voicemail();
    assert_eq!(mail.subject, format!("来自 {STRANGER_AS_WRITTEN} 的语音留言"));
    assert!(mail.says("录音见附件。") && mail.says("Olivia，您好！"), "{}", mail.text);
    assert_eq!(told.story.webhooks_of(WebhookKind::Transcription).len(), 0);
    assert!(!told.story.webhooks().iter().any(|webhook| webhook.answer_body().contains("transcribe")));
}

#[tokio::test]
async fn a_prompt_is_heard_as_it_was_written() {
    let words = "Hi & welcome <to> \"Olivia's\" place 🎉 – leave a message!";
    let world = World::with_number(|number| {
        let wording = Wording::Text(PromptText::new(words).unwrap());
        number.speech.prompts.insert(Prompt::Greeting, wording);
    })
    .await;
    let told = world.no_answer().await;
    assert!(told.story.caller_heard(words), "{}", told.story);
    told.one_voicemail();
}

#[tokio::test]
async fn a_prompt_can_be_a_sound_file() {
    let url = "https://example.com/greeting.mp3?a=1&b=2";
    let world = World::with_number(|number| {
        let wording = Wording::Audio(AudioUrl::new(url).unwrap());
        number.speech.prompts.insert(Prompt::Greeting, wording);
    })
    .await;
    world.exchange().publish(url, WebFile::of_type("audio/mpeg", "ID3"));
    let told = world.no_answer().await;
    let heard = What::HearsSound(url.to_owned());
    assert!(told.story.entries().iter().any(|entry| entry.what == heard), "{}", told.story);
    assert!(!told.story.caller_heard(GREETING));
    told.one_voicemail();
}

#[tokio::test]
async fn the_owner_can_see_that_a_call_came_through_the_masked_number() {
    let world = World::with_number(|number| number.forwarding.caller_id = CallerId::MaskedNumber).await;
    let told = world.no_answer().await;
    let legs = told.story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(legs[0].param("From"), Some(MASKED_NUMBER));
    assert_eq!(told.one_voicemail().subject, format!("Voicemail from {STRANGER_AS_WRITTEN}"));
}
