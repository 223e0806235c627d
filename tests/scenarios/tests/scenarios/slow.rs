//! Webhooks that Twilio gives up on, several calls at once, and sounds that are not there.

use std::time::Duration;

use domain::{AudioUrl, EmailAddress, MailboxId, NotReached, Prompt, Wording};
use exchange::{Caller, Phone, Speech, WebFile, WebhookKind};
use phone::PhoneNumber;

use crate::world::{MASKED_NUMBER, STRANGER, World, seconds, stranger};

/// What steers a call that becomes a voicemail.
const STEERING: [WebhookKind; 3] = [WebhookKind::Voice, WebhookKind::DialAction, WebhookKind::RecordAction];

#[tokio::test]
async fn a_try_that_twilio_gives_up_on_is_repeated_and_counts_once() {
    for slow in STEERING {
        let world = World::new().await;
        world.exchange().set_delivery(move |outgoing| {
            if outgoing.kind == slow && outgoing.attempt == 0 {
                vec![seconds(7)]
            } else {
                vec![Duration::ZERO]
            }
        });
        let told = world.no_answer().await;
        let late = told.story.webhooks().iter().filter(|it| it.too_late).count();
        assert_eq!(late, 1, "{}", told.story);
        told.not_reached(NotReached::NoAnswer);
        told.one_voicemail();
        let number = local::development::number().unwrap().number;
        assert_eq!(world.stack.ledger.usage(&number, "2026-11").await.unwrap(), 1, "{slow}");
    }
}

#[tokio::test]
async fn what_is_slow_beyond_all_tries_leads_to_the_fallback() {
    for slow in STEERING {
        for late in [seconds(7), seconds(14), seconds(120)] {
            let world = World::new().await;
            world.exchange().set_delivery(move |outgoing| {
                vec![if outgoing.kind == slow { late } else { Duration::ZERO }]
            });
            let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
            world.stack.clock.settled().await;
            let told = world.told(story).await;
            assert!(told.story.heard_beep(), "{}", told.story);
            told.one_voicemail();
        }
    }
}

/// Two who call at the same instant, with something else to say each.
fn two_callers() -> [Caller; 2] {
    let message = |words| Speech::english_sample().with_words(words);
    [
        Caller::new(STRANGER).leaves(message("The first of two who called at once.")),
        Caller::new("+13125550177").leaves(message("And the second one, at the same instant.")),
    ]
}

#[tokio::test]
async fn two_calls_at_once_to_one_number_are_two_voicemails() {
    let world = World::with_twilio_alone().await;
    let calls = two_callers().map(|caller| (caller, MASKED_NUMBER));
    let stories = world.exchange().calls_at_once(calls).await;
    world.stack.clock.settled().await;
    let mut subjects = Vec::new();
    for story in stories {
        assert!(story.errors().is_empty(), "{story}");
        let told = world.told(story).await;
        told.not_reached(NotReached::NoAnswer);
        let words = told.story.recording().unwrap().speech.words().to_owned();
        let mine: Vec<_> = told.mails.iter().filter(|mail| mail.says(&words)).collect();
        let [mail] = mine[..] else { panic!("{} mails with the words\n{}", mine.len(), told.story) };
        told.delivered(mail);
        let from = told.story.from().reveal();
        assert!(mail.html.contains(&format!("tel:{from}")), "{from}: {}", mail.html);
        subjects.push(mail.subject.clone());
    }
    assert_eq!(world.stack.mailbox.messages().len(), 2);
    assert_ne!(subjects[0], subjects[1]);
    let number = local::development::number().unwrap().number;
    assert_eq!(world.stack.ledger.usage(&number, "2026-11").await.unwrap(), 2);
}

#[tokio::test]
async fn two_calls_at_once_to_two_numbers_reach_their_owners() {
    let world = World::with_twilio_alone().await;
    let other = "+14155550109";
    let mut settings = local::development::number().unwrap();
    settings.number = PhoneNumber::parse(other).unwrap();
    settings.mailbox = MailboxId::of_number(&settings.number);
    settings.mailbox = MailboxId::of_number(&settings.number);
    settings.owner.email = EmailAddress::parse("other@example.com").unwrap();
    settings.forwarding.targets = vec![PhoneNumber::parse("+12125550188").unwrap()];
    world.stack.add_number(&settings).await.unwrap();
    world.exchange().plug("+12125550188", Phone::busy());
    let [one, two] = two_callers();
    let stories = world.exchange().calls_at_once([(one, MASKED_NUMBER), (two, other)]).await;
    world.stack.clock.settled().await;
    for (story, owner) in stories.into_iter().zip([local::development::OWNER_EMAIL, "other@example.com"]) {
        let told = world.told(story).await;
        let words = told.story.recording().unwrap().speech.words().to_owned();
        let mine: Vec<_> = told.mails.iter().filter(|mail| mail.says(&words)).collect();
        let [mail] = mine[..] else { panic!("{} mails\n{}", mine.len(), told.story) };
        assert_eq!(mail.to, owner);
    }
    assert_eq!(world.stack.mailbox.messages().len(), 2);
}

/// A number whose greeting is a sound file.
async fn world_with_a_sound(url: &str) -> World {
    let url = AudioUrl::new(url).unwrap();
    World::with_number(|number| {
        number.speech.prompts.insert(Prompt::Greeting, Wording::Audio(url));
    })
    .await
}

#[tokio::test]
async fn a_greeting_whose_sound_is_gone_still_leads_to_a_beep() {
    let url = "https://example.com/greeting.mp3";
    for file in [
        WebFile::refused(404),
        WebFile::of_type("text/html", "<html/>"),
        WebFile::of_type("audio/mpeg", "ID3").after(seconds(20)),
    ] {
        let world = world_with_a_sound(url).await;
        world.exchange().publish(url, file);
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        assert!(told.story.caller_heard("Please leave a message"), "{}", told.story);
        told.one_voicemail();
    }
}
