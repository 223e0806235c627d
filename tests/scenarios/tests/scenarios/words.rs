//! Words in any language, by Amazon, and what happens when it can't.

use std::time::Duration;

use domain::{
    Engine, Language, LanguageCode, Mail, NumberSettings, Transcript, TranscriptText, Transcription,
    TranscriptionFailure,
};
use exchange::{Caller, Speech};
use local::front::Reach;
use local::transcriber::{Fault, Work};
use runtime::telemetry::Metric;

use crate::logs;
use crate::world::{STRANGER, Told, World, after_call, seconds};

const TIME_BOX: std::ops::RangeInclusive<i64> = 119..=122;

fn chinese(number: &mut NumberSettings) {
    number.speech.language = Language::Chinese;
}

impl World {
    async fn chinese() -> Self {
        Self::with_number(chinese).await
    }

    async fn chinese_message(&self) -> Told {
        self.call(Caller::new(STRANGER).leaves(Speech::chinese_sample())).await
    }
}

fn words() -> String {
    Speech::chinese_sample().words().to_owned()
}

#[tokio::test]
async fn a_message_in_another_language_is_mailed_with_its_words() {
    let world = World::chinese().await;
    let told = world.chinese_message().await;
    let mail = told.one_voicemail();
    assert!(mail.says(&words()) && told.words_in_first_mail());
    assert!((15..=25).contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    let heard = TranscriptText {
        words: words(),
        language: LanguageCode::parse("zh-CN").ok(),
        confidence_percent: Some(97),
    };
    assert_eq!(told.voicemail().transcript, Some(Transcript { engine: Engine::Amazon, result: Ok(heard) }));
    assert_eq!(world.stack.transcriber.jobs(), [told.voicemail().recording_sid.as_str()]);
    assert!(told.story.webhooks_of(exchange::WebhookKind::Transcription).is_empty());
    let row = told.voicemail();
    let keys = [delivery::transcribe::key(&row.recording_sid), row.audio.as_ref().unwrap().key.clone()];
    assert_eq!(world.stack.bucket.tagged("delivered", "yes"), keys, "the bucket may delete both");
}

#[tokio::test]
async fn the_language_is_recognised_among_those_callers_may_speak() {
    let world = World::with_number(|number| {
        number.voicemail.languages =
            ["de-DE", "en-US"].map(|code| LanguageCode::parse(code).unwrap()).to_vec();
    })
    .await;
    let told = world.no_answer().await;
    assert!(told.one_voicemail().says(Speech::english_sample().words()));
    let result = told.voicemail().transcript.clone().unwrap().result;
    // The embedded engine takes the first.
    assert_eq!(result.unwrap().language.unwrap().as_str(), "de-DE");
}

#[tokio::test]
async fn what_is_too_long_or_too_short_for_twilio_amazon_takes() {
    for length in [1, 2, 121] {
        let world = World::new().await;
        let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(length), "Call me."))).await;
        assert!(told.one_voicemail().says("Call me."), "{length} s");
        assert_eq!(told.voicemail().transcript.as_ref().unwrap().engine, Engine::Amazon);
    }
}

#[tokio::test]
async fn what_twilio_can_do_amazon_is_not_asked_for() {
    let world = World::new().await;
    let told = world.no_answer().await;
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().engine, Engine::Twilio);
    assert!(world.stack.transcriber.jobs().is_empty());
}

#[tokio::test]
async fn where_twilio_failed_amazon_has_a_try() {
    let world = World::new().await;
    world.exchange().set_transcription(exchange::Transcription::Fails { after: seconds(5) });
    let told = world.no_answer().await;
    assert!(told.one_voicemail().says(Speech::english_sample().words()));
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().engine, Engine::Amazon);
}

#[tokio::test]
async fn where_twilio_is_silent_amazon_has_a_try_by_the_search() {
    for purges in [false, true] {
        let world = World::with_number(|number| number.voicemail.purge_at_twilio = purges).await;
        world.exchange().set_transcription(exchange::Transcription::Never);
        let caller = Caller::new(STRANGER).leaves(Speech::english_sample());
        let story = world.exchange().call(caller, crate::world::MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        world.stack.reconcile().await.unwrap();
        world.stack.clock.settled().await;
        assert!(world.stack.transcriber.jobs().is_empty(), "Twilio has a few minutes more");
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap();
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        let [first, second] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
        told.delivered(first);
        assert!(TIME_BOX.contains(&after_call(&told.story, first.sent_at)), "{}", told.story);
        assert!(second.says(Speech::english_sample().words()) && second.thread == first.thread);
        assert_eq!(told.voicemail().transcript.as_ref().unwrap().engine, Engine::Amazon);
        assert_eq!(told.voicemail().purged_at.is_some(), purges);
    }
}

#[tokio::test]
async fn amazon_may_do_it_all_or_nobody() {
    for (transcription, says) in [(Transcription::Amazon, true), (Transcription::Off, false)] {
        let world = World::with_number(|number| number.voicemail.transcription = transcription).await;
        let told = world.no_answer().await;
        assert_eq!(told.one_voicemail().says(Speech::english_sample().words()), says);
        assert_eq!(world.stack.transcriber.jobs().len(), usize::from(says));
    }
}

#[tokio::test]
async fn a_failure_or_an_unknown_language_is_told_in_the_mail_at_once() {
    let world = World::chinese().await;
    world.stack.transcriber.set_work(Work::Fails { after: seconds(5) });
    let told = world.chinese_message().await;
    let mail = told.one_voicemail();
    assert!(mail.says("The message could not be transcribed."));
    assert!(after_call(&told.story, mail.sent_at) < 20, "{}", told.story);
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().result, Err(TranscriptionFailure::Failed));

    let world = World::with_number(|number| {
        number.voicemail.languages = vec![LanguageCode::parse("tlh-KL").unwrap()];
    })
    .await;
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!(mail.says("its language is not supported"));
    assert!(after_call(&told.story, mail.sent_at) < 10, "{}", told.story);
    assert_eq!(
        told.voicemail().transcript.as_ref().unwrap().result,
        Err(TranscriptionFailure::UnsupportedLanguage)
    );
}

#[tokio::test]
async fn silence_is_told_in_the_mail() {
    let world = World::chinese().await;
    let told = world.call(Caller::new(STRANGER).stays_silent()).await;
    assert!(told.one_voicemail().says("No words were recognised in the message."));
}

#[tokio::test]
async fn a_lost_event_is_made_up_for_at_the_time_box_or_by_the_search() {
    for (after, in_first_mail) in [(15, true), (600, false)] {
        let world = World::chinese().await;
        world.stack.transcriber.lose_events(true);
        world.stack.transcriber.set_work(Work::Completes { after: seconds(after) });
        let story = {
            let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
            world.exchange().call(caller, crate::world::MASKED_NUMBER).await
        };
        world.stack.clock.settled().await;
        let [first] = &world.stack.mailbox.messages()[..] else { panic!("one mail") };
        let first = crate::letter::Letter::read(first);
        assert!(TIME_BOX.contains(&after_call(&story, first.sent_at)), "{story}");
        assert_eq!(first.says(&words()), in_first_mail);
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap();
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        assert_eq!(told.mails.len(), if in_first_mail { 1 } else { 2 });
        assert!(told.mails.last().unwrap().says(&words()));
        assert_ne!(logs::counted(Metric::Woken), 0, "that nobody told of it rings");
    }
}

#[tokio::test]
async fn a_job_of_whose_end_amazon_may_still_tell_rings_nothing() {
    let world = World::chinese().await;
    world.stack.transcriber.lose_events(true);
    // Half a minute before the mail has waited long enough.
    world.stack.transcriber.set_work(Work::Completes { after: seconds(85) });
    let told = world.chinese_message().await;
    let mail = told.one_voicemail();
    assert!(TIME_BOX.contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    assert!(mail.says(&words()));
    assert_eq!(logs::counted(Metric::Woken), 0);
}

#[tokio::test]
async fn words_that_amazon_cannot_hand_over_now_follow_later() {
    let world = World::chinese().await;
    world.stack.transcriber.lose_events(true);
    let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
    let story = world.exchange().call(caller, crate::world::MASKED_NUMBER).await;
    let still = world.still_after(seconds(60)).await;
    // It is asked at the end of the time box, three times.
    world.stack.transcriber.fail_next(3, Fault::InternalFailure);
    drop(still);
    world.stack.clock.settled().await;
    world.stack.clock.advance(seconds(900)).await;
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    let [first, second] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
    told.delivered(first);
    assert!(!first.says("could not be transcribed") && second.says(&words()), "{}", first.text);
}

#[tokio::test]
async fn a_job_that_amazon_has_no_more_is_told_as_failed() {
    let world = World::chinese().await;
    world.stack.transcriber.set_work(Work::Never);
    let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
    let story = world.exchange().call(caller, crate::world::MASKED_NUMBER).await;
    let still = world.still_after(seconds(60)).await;
    assert_eq!(world.stack.transcriber.jobs().len(), 1);
    world.stack.transcriber.forget_jobs();
    drop(still);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert!(told.one_voicemail().says("The message could not be transcribed."));
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().result, Err(TranscriptionFailure::Failed));
    assert_eq!(logs::counted(Metric::TranscribeRefused), 0, "nobody refused anything");
}

#[tokio::test]
async fn words_after_the_mail_follow_once_in_the_same_thread() {
    let world = World::chinese().await;
    world.stack.transcriber.set_work(Work::Completes { after: seconds(600) });
    let told = world.chinese_message().await;
    let [first, second] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
    assert!(TIME_BOX.contains(&after_call(&told.story, first.sent_at)), "{}", told.story);
    assert!(!first.says(&words()) && second.says(&words()) && first.thread == second.thread);
    assert_eq!(logs::counted(Metric::Woken), 0, "Amazon told of it");
    assert!(matches!(told.voicemail().words_mail, Mail::Sent { with_words: true, .. }));
}

#[tokio::test]
async fn whatever_amazon_does_never_holds_the_mail() {
    for fault in [Fault::LimitExceeded, Fault::InternalFailure, Fault::DoneButUnanswered] {
        let world = World::chinese().await;
        // The list and the start, each of them tried thrice.
        world.stack.transcriber.fail_next(3, fault);
        let told = world.chinese_message().await;
        let mail = told.mails.first().unwrap();
        told.delivered(mail);
        assert!(after_call(&told.story, mail.sent_at) <= 125, "{fault:?}\n{}", told.story);
        assert!(told.mails.last().unwrap().says(&words()), "{fault:?}");
        assert_eq!(world.stack.transcriber.jobs().len(), 1, "{fault:?}: begun twice is begun once");
    }
}

#[tokio::test]
async fn amazon_away_for_an_hour_costs_a_second_mail_and_no_more() {
    let world = World::chinese().await;
    world.stack.transcriber.front().set(Reach::Refused).await.unwrap();
    world.mend_after(|stack| stack.transcriber.front(), Duration::from_hours(1));
    let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
    let story = world.exchange().call(caller, crate::world::MASKED_NUMBER).await;
    for _ in 0..9 {
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap();
    }
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    let [first, second] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
    told.delivered(first);
    assert!(TIME_BOX.contains(&after_call(&told.story, first.sent_at)), "{}", told.story);
    assert!(second.says(&words()));
    // Not long after it is back: as long as it was away, at most, and until the search comes by.
    assert!((3_600..8_200).contains(&after_call(&told.story, second.sent_at)), "{}", told.story);
}

#[tokio::test]
async fn amazon_that_refuses_all_day_is_asked_some_hundred_times() {
    for (fault, requests) in [(Fault::InternalFailure, 150), (Fault::LimitExceeded, 150)] {
        let world = World::chinese().await;
        world.stack.transcriber.fail_always(Some(fault));
        let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
        let story = world.exchange().call(caller, crate::world::MASKED_NUMBER).await;
        for _ in 0..25 * 4 {
            world.stack.clock.advance(seconds(900)).await;
            world.stack.reconcile().await.unwrap();
        }
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        told.one_voicemail();
        assert_eq!(told.voicemail().transcript.as_ref().unwrap().result, Err(TranscriptionFailure::NoTime));
        let (asked, runs) = (world.stack.transcriber.requests(), world.stack.wakeups.deliveries());
        println!("{fault:?}: {asked} requests, {runs} runs");
        assert!(asked <= requests && runs <= 500, "{fault:?}: {asked} requests, {runs} runs");
    }
}

#[tokio::test]
async fn amazon_that_does_not_permit_it_is_asked_once() {
    let world = World::chinese().await;
    world.stack.transcriber.fail_always(Some(Fault::AccessDenied));
    let told = world.chinese_message().await;
    let mail = told.one_voicemail();
    assert!(mail.says("The message could not be transcribed."));
    // Long before the time box, also where the machine is busy.
    assert!(after_call(&told.story, mail.sent_at) < 100, "{}", told.story);
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().result, Err(TranscriptionFailure::Refused));
    assert_eq!(world.stack.transcriber.requests(), 1);
    assert_eq!(logs::counted(Metric::TranscribeRefused), 1);
}

#[tokio::test]
async fn amazon_is_given_up_after_a_day() {
    let world = World::chinese().await;
    world.stack.transcriber.set_work(Work::Never);
    let story = {
        let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
        world.exchange().call(caller, crate::world::MASKED_NUMBER).await
    };
    world.stack.clock.advance(Duration::from_hours(25)).await;
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    told.one_voicemail();
    assert_eq!(told.voicemail().transcript.as_ref().unwrap().result, Err(TranscriptionFailure::NoTime));
}
