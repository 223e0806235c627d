//! The owner can't be reached, and the caller leaves a message.

use std::time::Duration;

use domain::{Engine, Mail, NotReached, Recorded, Transcript};
use exchange::{Caller, RecordingStatus, RestRequest, Speech, Transcription, WebhookKind};

use crate::world::{
    CONNECTING, GREETING, OWNER_PHONE, STRANGER, STRANGER_AS_WRITTEN, World, after_call, seconds, stranger,
};

const THANKS: &str = "Thank you. Your message has been recorded. Goodbye.";

#[tokio::test]
async fn an_unanswered_call_becomes_one_mail_with_sound_and_words() {
    let world = World::new().await;
    let told = world.call(stranger().then_presses('#')).await;

    let story = &told.story;
    assert!(story.rang(OWNER_PHONE) && !story.answered(OWNER_PHONE), "{story}");
    for words in [CONNECTING, GREETING, THANKS] {
        assert!(story.caller_heard(words), "{words}\n{story}");
    }
    told.not_reached(NotReached::NoAnswer);
    assert_eq!(told.call().caller.as_ref().unwrap().reveal(), STRANGER);
    assert_eq!(told.call().legs.len(), 1);
    assert_eq!(told.call().legs[0].status, "no-answer");

    let mail = told.one_voicemail();
    let words = Speech::english_sample().words().to_owned();
    assert_eq!(mail.subject, format!("Voicemail from {STRANGER_AS_WRITTEN}"));
    assert!(mail.text.starts_with("Hello Olivia,"), "{}", mail.text);
    assert!(mail.says(&words), "{}", mail.text);
    assert!(mail.says("The recording is attached."));
    assert!(mail.text.contains("Nov 20, 2026, 10:0"), "the owner's time: {}", mail.text);
    assert_eq!(mail.sounds[0].content_type, "audio/wav");
    assert_eq!(told.voicemail().transcript, Some(Transcript::words(Engine::Twilio, words)));
    assert!(told.words_in_first_mail());
    assert_eq!(told.voicemail().purged_at, None);
}

#[tokio::test]
async fn a_caller_who_hangs_up_in_the_message_has_left_one() {
    let world = World::new().await;
    let told = world.call(stranger().hangs_up_during_message_after(4)).await;
    told.not_reached(NotReached::NoAnswer);
    told.one_voicemail();
    assert_eq!(told.voicemail().recording, Recorded::Ready { duration_seconds: 4 });
    assert!(!told.story.caller_heard(THANKS));
}

#[tokio::test]
async fn a_caller_who_hangs_up_during_the_greeting_has_left_nothing() {
    let world = World::new().await;
    let told = world.call(stranger().hangs_up_during_greeting_after(2)).await;
    told.not_reached(NotReached::NoAnswer);
    told.no_voicemail();
}

#[tokio::test]
async fn a_caller_who_hangs_up_at_the_beep_has_left_nothing() {
    let world = World::new().await;
    let told = world.call(Caller::new(STRANGER)).await;
    told.not_reached(NotReached::NoAnswer);
    assert!(told.story.heard_beep());
    assert!(told.voicemail.as_ref().is_none_or(|row| row.recording.is_empty()), "{:?}", told.voicemail);
    assert!(told.mails.is_empty());
}

#[tokio::test]
async fn a_silent_message_that_twilio_keeps_is_mailed_without_words() {
    let world = World::new().await;
    let told = world.call(Caller::new(STRANGER).stays_silent()).await;
    told.not_reached(NotReached::NoAnswer);
    assert_eq!(told.voicemail().recording, Recorded::Ready { duration_seconds: 10 });
    assert!(told.one_voicemail().says("No words were recognised in the message."));
    assert!(!told.words_in_first_mail());
}

#[tokio::test]
async fn a_silent_message_that_twilio_deletes_is_no_voicemail() {
    let world = World::deleting_silence(|_| {}).await;
    let told = world.call(Caller::new(STRANGER).stays_silent()).await;
    assert!(told.story.heard_beep(), "{}", told.story);
    told.not_reached(NotReached::NoAnswer);
    assert_eq!(told.voicemail().recording, Recorded::Absent);
    assert!(told.mails.is_empty());
}

#[tokio::test]
async fn a_message_of_a_second_is_mailed_at_once_without_words() {
    let world = World::with_twilio_alone().await;
    let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(1), "Hi"))).await;
    let mail = told.one_voicemail();
    assert!(mail.says("The message is too short to be transcribed."));
    assert!(after_call(&told.story, mail.sent_at) <= 5, "{}", told.story);
    assert_eq!(told.story.webhooks_of(WebhookKind::Transcription).len(), 0);
}

#[tokio::test]
async fn a_message_of_two_minutes_is_mailed_at_once_without_words() {
    let world = World::with_twilio_alone().await;
    let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(130), "Very long"))).await;
    let mail = told.one_voicemail();
    assert!(mail.says("The message is too long to be transcribed."));
    assert!(after_call(&told.story, mail.sent_at) <= 5, "{}", told.story);
    assert_eq!(told.voicemail().recording, Recorded::Ready { duration_seconds: 130 });
    assert_eq!(told.voicemail().transcript, None);
}

#[tokio::test]
async fn a_failed_transcription_is_told_in_the_mail() {
    let world = World::with_twilio_alone().await;
    world.exchange().set_transcription(Transcription::Fails { after: seconds(20) });
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!(mail.says("The message could not be transcribed."));
    assert!(after_call(&told.story, mail.sent_at) < 30);
    assert_eq!(told.voicemail().transcript, Some(Transcript::failed(Engine::Twilio)));
}

#[tokio::test]
async fn words_that_come_late_follow_in_the_same_thread() {
    let world = World::new().await;
    world.exchange().set_transcription(Transcription::Completes { after: seconds(600) });
    let told = world.no_answer().await;
    let [first, second] = &told.mails[..] else { panic!("{} mails\n{}", told.mails.len(), told.story) };
    told.delivered(first);
    let words = Speech::english_sample().words().to_owned();
    assert!(first.says("As soon as it is, you will get it in a second email."));
    assert!(!first.says(&words) && second.says(&words));
    assert!((119..=122).contains(&after_call(&told.story, first.sent_at)), "{}", told.story);
    assert!((600..=605).contains(&after_call(&told.story, second.sent_at)), "{}", told.story);
    assert_eq!(second.subject, format!("Re: {}", first.subject));
    assert_eq!(second.thread, first.thread);
    assert_eq!(second.to, first.to);
    assert!(second.sounds.is_empty());
    assert!(!told.words_in_first_mail());
    assert!(matches!(told.voicemail().words_mail, Mail::Sent { with_words: true, .. }));
}

#[tokio::test]
async fn words_that_never_come_do_not_hold_the_mail() {
    let world = World::with_twilio_alone().await;
    world.exchange().set_transcription(Transcription::Never);
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!((119..=122).contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    assert!(!told.words_in_first_mail());
    assert_eq!(told.voicemail().words_mail, Mail::Unsent);
}

#[tokio::test]
async fn a_recording_is_purged_once_it_is_safe_and_its_link_works() {
    let world = World::with_number(|number| number.voicemail.purge_at_twilio = true).await;
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!(told.words_in_first_mail(), "it is not deleted before its words have come");
    assert!(told.voicemail().purged_at.is_some());

    let kept = told.story.recording().unwrap();
    let recording = world.exchange().recordings().into_iter().find(|it| it.sid == kept.sid).unwrap();
    assert_eq!(recording.status, RecordingStatus::Deleted);
    let requests: Vec<RestRequest> = world.exchange().rest_log().iter().map(|call| call.request).collect();
    assert_eq!(requests, [RestRequest::Media, RestRequest::DeleteRecording]);
    let redirect = world.get(&format!("{}?audio=1", mail.link())).await;
    let sound = world.get(&redirect.location.unwrap()).await;
    assert!(sound.body == kept.speech.to_wav());
}

#[tokio::test]
async fn a_recording_is_kept_at_twilio_for_words_that_are_late() {
    let world = World::with_number(|number| number.voicemail.purge_at_twilio = true).await;
    world.exchange().set_transcription(Transcription::Completes { after: Duration::from_mins(10) });
    let told = world.no_answer().await;
    assert_eq!(told.mails.len(), 2);
    let purged = told.voicemail().purged_at.unwrap();
    assert!(after_call(&told.story, purged.as_second()) >= 600);
}
