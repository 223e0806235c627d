//! Something that the system needs does not work for a while.

use domain::{Disposition, NotReached, Prompt, PromptText, Wording};
use exchange::{Outgoing, RestFault, RestRequest, Speech, Times, WebhookKind};
use local::front::Reach;
use local::mailbox::Fault;

use crate::world::{
    GREETING, MASKED_NUMBER, OWNER_PHONE, STRANGER_AS_WRITTEN, Told, World, after_call, seconds, stranger,
};

const UNREACHABLE: [Reach; 2] = [Reach::Refused, Reach::Silent];

impl World {
    /// A stranger calls while DynamoDB is away during some webhooks.
    async fn call_without_database(
        &self,
        reach: Reach,
        during: impl Fn(&Outgoing) -> bool + Send + Sync + 'static,
    ) -> Told {
        self.outage(|stack| stack.database.front(), reach, during);
        let story = self.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
        self.stack.clock.settled().await;
        self.told(story).await
    }
}

#[tokio::test]
async fn without_the_database_a_call_begins_with_a_beep() {
    for reach in UNREACHABLE {
        let world = World::new().await;
        let told = world.call_without_database(reach, |it| it.kind == WebhookKind::Voice).await;
        let story = &told.story;
        assert!(story.errors().is_empty(), "{story}");
        assert!(story.caller_heard(GREETING) && !story.rang(OWNER_PHONE), "{story}");
        let mail = told.one_voicemail();
        assert!(mail.says(Speech::english_sample().words()));
        assert_eq!(mail.subject, format!("Voicemail from {STRANGER_AS_WRITTEN}"));
        // Nobody has decided about this call.
        assert_eq!(told.call().disposition, None);
        assert_eq!(told.call().status.as_deref(), Some("completed"));
        assert_eq!(world.rest_requests(RestRequest::Call), 0, "who called whom came with the recording");
    }
}

#[tokio::test]
async fn without_the_database_a_known_number_has_its_own_greeting() {
    let greeting = "This is Olivia. Speak!";
    for reach in UNREACHABLE {
        let world = World::with_number(|number| {
            let wording = Wording::Text(PromptText::new(greeting).unwrap());
            number.speech.prompts.insert(Prompt::Greeting, wording);
        })
        .await;
        let told = world.call_without_database(reach, |it| it.kind == WebhookKind::DialAction).await;
        // The leg's last report comes at the same instant, and has nobody to take it either.
        let errors = told.story.errors();
        assert!(errors.iter().all(|error| error.message.starts_with("leg status")), "{}", told.story);
        assert!(told.story.rang(OWNER_PHONE) && told.story.caller_heard(greeting), "{}", told.story);
        told.one_voicemail();
        assert_eq!(told.call().disposition, Some(Disposition::Forward));
        assert_eq!(told.call().dial_outcome, None);
    }
}

#[tokio::test]
async fn a_recording_of_a_call_nobody_wrote_down_finds_its_owner() {
    for reach in UNREACHABLE {
        let world = World::new().await;
        let reports = [WebhookKind::RecordingStatus, WebhookKind::Transcription];
        let told = world.call_without_database(reach, move |it| !reports.contains(&it.kind)).await;
        let story = &told.story;
        assert!(story.caller_heard(GREETING), "{story}");
        assert!(story.caller_heard("Thank you. Your message has been recorded. Goodbye."), "{story}");
        let mail = told.one_voicemail();
        assert!(mail.says(Speech::english_sample().words()));
        assert_eq!(mail.subject, format!("Voicemail from {STRANGER_AS_WRITTEN}"));
        assert_eq!(world.rest_requests(RestRequest::Call), 1, "only Twilio knows who called whom");
        assert_eq!(told.call.as_ref().and_then(|call| call.disposition), None);
    }
}

#[tokio::test]
async fn the_database_may_be_away_while_any_one_webhook_comes() {
    use WebhookKind::{CallStatus, LegStatus, RecordAction, RecordingStatus, Transcription};
    for kind in [LegStatus, RecordAction, CallStatus, RecordingStatus, Transcription] {
        let world = World::with_twilio_alone().await;
        let told = world.call_without_database(Reach::Refused, move |it| it.kind == kind).await;
        told.one_voicemail();
        assert_eq!(told.words_in_first_mail(), kind != Transcription, "{kind}");
    }
}

#[tokio::test]
async fn a_bucket_away_for_five_minutes_only_delays_the_mail() {
    let world = World::new().await;
    world.stack.bucket.front().set(Reach::Refused).await.unwrap();
    let story = {
        let busy = world.stack.clock.busy();
        let handle = world.exchange().start_call(stranger(), MASKED_NUMBER);
        world.mend_after(|stack| stack.bucket.front(), seconds(340));
        drop(busy);
        handle.finished().await
    };
    world.stack.clock.settled().await;
    assert!(story.errors().is_empty(), "{story}");
    let told = world.told(story).await;
    told.not_reached(NotReached::NoAnswer);
    let mail = told.one_voicemail();
    assert!((290..=420).contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    assert!(told.words_in_first_mail());
}

#[tokio::test]
async fn what_was_given_up_is_delivered_when_it_is_woken_again() {
    let world = World::new().await;
    world.stack.bucket.front().set(Reach::Refused).await.unwrap();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.advance(seconds(3600)).await;
    assert!(world.stack.mailbox.messages().is_empty());
    assert!(!world.stack.wakeups.dead_letters().is_empty(), "somebody is to be told");
    let voicemail = world.stack.ledger.voicemail(&story.recording().unwrap().sid).await.unwrap();
    assert!(voicemail.open);
    assert!(voicemail.trouble.unwrap().last_error.starts_with("archive: "), "the row says why");

    world.stack.bucket.front().set(Reach::Open).await.unwrap();
    world.stack.wakeups.redrive();
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    told.one_voicemail();
    assert!(told.words_in_first_mail());
}

#[tokio::test]
async fn a_worker_that_is_away_for_an_hour_delivers_all_the_same() {
    let world = World::new().await;
    world.stack.wakeups.pause();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.advance(seconds(3600)).await;
    assert!(world.stack.mailbox.messages().is_empty());
    world.stack.wakeups.resume();
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    told.one_voicemail();
    assert!(told.words_in_first_mail());
}

#[tokio::test]
async fn a_mail_that_ses_refuses_is_sent_once_when_it_takes_it() {
    for fault in [Fault::Throttling, Fault::MessageRejected] {
        let world = World::new().await;
        world.stack.mailbox.fail_next(3, fault);
        let told = world.no_answer().await;
        told.not_reached(NotReached::NoAnswer);
        let mail = told.one_voicemail();
        assert!(mail.says(Speech::english_sample().words()), "{fault:?}");
        assert_eq!(world.stack.mailbox.calls(), 4, "{fault:?}");
    }
}

impl World {
    /// A call whose sound vanishes from the bucket before it is mailed.
    async fn sound_vanishes(&self, purged: bool) -> Told {
        // The mail waits for its words.
        self.exchange().set_transcription(exchange::Transcription::Completes { after: seconds(60) });
        let story = self.exchange().call(stranger(), MASKED_NUMBER).await;
        let still = self.still_after(seconds(20)).await;
        let sid = story.recording().unwrap().sid.clone();
        let row = self.stack.ledger.voicemail(&sid).await.unwrap();
        let key = row.audio.unwrap().key;
        let bucket = self.stack.bucket.backstage_client();
        bucket.delete_object().bucket(self.stack.bucket.name()).key(key).send().await.unwrap();
        if purged {
            self.stack.ledger.purged(&sid, self.stack.clock.now()).await.unwrap();
        }
        assert!(self.stack.mailbox.messages().is_empty(), "too late for this scenario");
        drop(still);
        self.stack.clock.settled().await;
        self.told(story).await
    }
}

#[tokio::test]
async fn a_sound_that_vanishes_from_the_bucket_is_stored_again() {
    let world = World::with_twilio_alone().await;
    let told = world.sound_vanishes(false).await;
    told.one_voicemail();
    let released = world.stack.bucket.tagged("delivered", "yes");
    assert_eq!(released, [told.voicemail().audio.as_ref().unwrap().key.as_str()]);
    assert_eq!(world.rest_requests(RestRequest::Media), 2);
}

#[tokio::test]
async fn a_sound_that_is_nowhere_is_told_of_without() {
    let world = World::with_twilio_alone().await;
    let told = world.sound_vanishes(true).await;
    let mail = told.only_mail();
    assert!(mail.sounds.is_empty() && !mail.text.contains("/v/"), "{}", mail.text);
    assert!(mail.says(Speech::english_sample().words()));
    assert!(mail.says("its recording was deleted"), "{}", mail.text);
    assert!(!told.voicemail().open && told.voicemail().audio.is_none());
}

#[tokio::test]
async fn whatever_twilio_answers_first_the_right_sound_is_mailed_once() {
    for fault in [
        RestFault::NotFound,
        RestFault::HtmlPage,
        RestFault::TooManyRequests { retry_after: Some(30) },
        RestFault::TooManyRequests { retry_after: None },
        RestFault::Unauthorized,
        RestFault::ServerError,
        RestFault::CutShort,
        RestFault::EndsEarly,
        RestFault::Shortened,
        RestFault::ShortenedWithoutLength,
        RestFault::Reset,
    ] {
        let world = World::new().await;
        world.exchange().rest_faults(RestRequest::Media, fault.clone(), Times::Next(2));
        let told = world.no_answer().await;
        told.not_reached(NotReached::NoAnswer);
        told.one_voicemail();
        assert!(told.words_in_first_mail());
        assert_eq!(world.rest_requests(RestRequest::Media), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn a_sound_that_stays_shorter_than_it_says_is_mailed_as_it_is() {
    let world = World::new().await;
    world.exchange().rest_faults(RestRequest::Media, RestFault::Shortened, Times::UntilCleared);
    let told = world.no_answer().await;
    let mail = told.only_mail();
    let whole = told.story.recording().unwrap().speech.to_wav();
    assert!(mail.sounds[0].bytes == whole[..whole.len() / 2], "{} bytes", mail.sounds[0].bytes.len());
    let minutes = after_call(&told.story, mail.sent_at) / 60;
    assert!((3..=20).contains(&minutes), "{minutes} minutes: time enough for the whole of it");
}

#[tokio::test]
async fn a_sound_that_is_longer_than_it_says_is_mailed_whole() {
    let world = World::new().await;
    world.exchange().rest_faults(RestRequest::Media, RestFault::Lengthened, Times::UntilCleared);
    let told = world.no_answer().await;
    let whole = told.story.recording().unwrap().speech.to_wav();
    assert_eq!(told.only_mail().sounds[0].bytes.len(), whole.len() + 8_000);
}

#[tokio::test]
async fn a_duration_that_twilio_tells_wrong_loses_no_sound() {
    for seconds in [-60, 60] {
        let world = World::new().await;
        world.exchange().misstate_durations(seconds);
        world.no_answer().await.one_voicemail();
    }
}

#[tokio::test]
async fn a_token_that_is_promoted_at_twilio_first_delays_no_mail() {
    let world = World::with_twilio_alone().await;
    let next = "development-token-next-0123456789";
    let (account, old) = (local::development::ACCOUNT_SID, local::development::AUTH_TOKEN);
    let secret = format!(r#"{{"accounts":[{{"sid":"{account}","auth_tokens":["{old}","{next}"]}}]}}"#);
    std::fs::write(world.stack.folders.root().join("twilio-secret.json"), secret).unwrap();
    world.exchange().set_secondary_token(next);
    world.exchange().promote_secondary_token();
    let told = world.no_answer().await;
    told.one_voicemail();
    assert!(told.words_in_first_mail());
    let refused = world.exchange().rest_log().iter().filter(|call| call.status == 401).count();
    assert_eq!(refused, 1, "what works is kept");
}

#[tokio::test]
async fn a_token_that_twilio_takes_no_more_is_read_anew_at_once() {
    let world = World::with_twilio_alone().await;
    let next = "development-token-next-0123456789";
    // The search knows the old token from then on, for minutes.
    world.stack.reconcile().await.unwrap();
    let file = world.stack.folders.root().join("twilio-secret.json");
    let secret = std::fs::read_to_string(&file).unwrap().replace(local::development::AUTH_TOKEN, next);
    std::fs::write(file, secret).unwrap();
    world.exchange().set_secondary_token(next);
    world.exchange().promote_secondary_token();
    world.stack.reconcile().await.unwrap();
    let refused = world.exchange().rest_log().iter().filter(|call| call.status == 401).count();
    assert_eq!(refused, 1, "what works is kept");
    world.stack.reconcile().await.unwrap();
    assert_eq!(world.exchange().rest_log().iter().filter(|call| call.status == 401).count(), refused);
}

impl World {
    /// How many requests of a kind Twilio's API had.
    pub(crate) fn rest_requests(&self, kind: RestRequest) -> usize {
        self.exchange().rest_log().iter().filter(|call| call.request == kind).count()
    }
}
