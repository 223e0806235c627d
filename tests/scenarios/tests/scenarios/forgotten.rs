//! What webhooks never told us, and what stood still, is found every 15 minutes.

use std::time::Duration;

use domain::{Instruction, Recorded, Reported, ResendTo};
use exchange::{Caller, Outgoing, RestFault, RestRequest, Speech, Story, Times, Transcription, WebhookKind};
use local::faults::{Faults, How, Outage, Service, When};
use local::front::Reach;
use reconcile::Summary;
use runtime::telemetry::Metric;
use store::Written;
use twilio::Rest;

use crate::logs;
use crate::world::{MASKED_NUMBER, STRANGER, World, seconds, stranger};

impl World {
    /// A call of whose recording no webhook tells, and perhaps of nothing else either.
    async fn call_losing(&self, lost: impl Fn(&Outgoing) -> bool + Send + Sync + 'static) -> Story {
        self.exchange().set_delivery(move |it| if lost(it) { Vec::new() } else { vec![Duration::ZERO] });
        let story = self.exchange().call(stranger(), MASKED_NUMBER).await;
        self.stack.clock.settled().await;
        self.exchange().clear_delivery();
        story
    }

    async fn reconcile(&self) -> Summary {
        let summary = self.stack.reconcile().await.unwrap();
        self.stack.clock.settled().await;
        summary
    }

    async fn quarter_of_an_hour(&self) -> Summary {
        self.stack.clock.advance(seconds(900)).await;
        self.reconcile().await
    }
}

fn of_the_recording(webhook: &Outgoing) -> bool {
    use WebhookKind::{RecordAction, RecordingStatus, Transcription};
    [RecordAction, RecordingStatus, Transcription].contains(&webhook.kind)
}

#[tokio::test]
async fn a_voicemail_without_webhooks_is_found_and_mailed_once() {
    let world = World::with_twilio_alone().await;
    let story = world.call_losing(of_the_recording).await;
    assert!(world.rows("voicemails").await.is_empty() && world.stack.mailbox.messages().is_empty());
    let found = world.quarter_of_an_hour().await;
    assert_eq!((found.listed, found.added), (1, 1));
    let told = world.told(story).await;
    told.one_voicemail();
    let before = world.rows("voicemails").await;
    for _ in 0..3 {
        let again = world.quarter_of_an_hour().await;
        assert_eq!((again.added, again.woken, again.undelivered), (0, 0, 0));
    }
    assert_eq!(world.rows("voicemails").await, before, "nothing more is changed");
    assert_eq!(world.stack.mailbox.messages().len(), 1);
    let ours = world.exchange().rest_log().iter().filter(|it| it.request == RestRequest::Call).count();
    assert_eq!(ours, 0, "the call's own row knows who called whom");
}

#[tokio::test]
async fn a_recording_that_twilio_could_not_keep_rings_once() {
    // As the worker fetches it, and as the search finds it.
    for lost in [(|_| false) as fn(&Outgoing) -> bool, of_the_recording] {
        let world = World::with_twilio_alone().await;
        world.exchange().fail_recordings(true);
        let story = world.call_losing(lost).await;
        for _ in 0..4 {
            world.quarter_of_an_hour().await;
        }
        let told = world.told(story).await;
        assert_eq!(told.voicemail.unwrap().recording, Recorded::Lost { error_code: None });
        assert_eq!(told.mails.len(), 1, "the owner is told");
        assert_eq!(logs::counted(Metric::RecordingLost), 1);
    }
}

#[tokio::test]
async fn a_silence_whose_deletion_twilio_does_not_tell_rings_nothing() {
    let world = World::deleting_silence(|_| {}).await;
    world.exchange().set_delivery(|it| {
        if it.kind == WebhookKind::RecordingStatus { Vec::new() } else { vec![Duration::ZERO] }
    });
    let told = world.call(Caller::new(STRANGER).stays_silent()).await;
    assert_eq!(told.voicemail().recording, Recorded::Absent);
    assert_eq!(world.rest_requests(RestRequest::Recording), 1, "the worker has asked");
    assert!(told.mails.is_empty());
    assert_eq!(logs::counted(Metric::RecordingLost), 0);
}

#[tokio::test]
async fn a_voicemail_of_an_untold_call_finds_its_owner_by_twilio() {
    let world = World::with_twilio_alone().await;
    world.stack.database.front().set(Reach::Refused).await.unwrap();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    assert!(story.heard_beep() && !story.heard_application_error(), "{story}");
    world.stack.clock.advance(seconds(3600)).await;
    world.stack.database.front().set(Reach::Open).await.unwrap();
    assert!(world.stack.mailbox.messages().is_empty());
    assert_eq!(world.reconcile().await.added, 1);
    let told = world.told(story).await;
    told.one_voicemail();
    assert_eq!(told.voicemail().parties.as_ref().unwrap().number.reveal(), MASKED_NUMBER);
}

#[tokio::test]
async fn two_runs_at_once_change_no_more_than_one() {
    let world = World::with_twilio_alone().await;
    let story = world.call_losing(of_the_recording).await;
    world.stack.clock.advance(seconds(900)).await;
    let (one, other) = tokio::join!(world.stack.reconcile(), world.stack.reconcile());
    assert_eq!(one.unwrap().added + other.unwrap().added, 1);
    world.stack.clock.settled().await;
    world.told(story).await.one_voicemail();
}

#[tokio::test]
async fn a_run_that_fails_is_made_up_for_by_the_next() {
    let world = World::new().await;
    let story = world.call_losing(of_the_recording).await;
    for fault in [RestFault::ServerError, RestFault::TooManyRequests { retry_after: Some(3_600) }] {
        world.exchange().rest_faults(RestRequest::Recordings, fault, Times::UntilCleared);
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap_err();
        world.exchange().clear_rest_faults();
    }
    // Longer than any overlap, had the mark been moved.
    world.stack.clock.advance(seconds(24 * 3600)).await;
    assert_eq!(world.reconcile().await.added, 1);
    world.told(story).await.one_voicemail();
}

#[tokio::test]
async fn twilio_is_given_the_time_that_it_asks_for() {
    let world = World::with_twilio_alone().await;
    let story = world.call_losing(of_the_recording).await;
    let fault = RestFault::TooManyRequests { retry_after: Some(4) };
    world.exchange().rest_faults(RestRequest::Recordings, fault, Times::Next(2));
    world.stack.clock.advance(seconds(900)).await;
    let started = world.stack.clock.now();
    assert_eq!(world.stack.reconcile().await.unwrap().added, 1);
    let took = world.stack.clock.now().duration_since(started);
    assert!(took >= jiff::SignedDuration::from_secs(8), "{took:?}");
    world.stack.clock.settled().await;
    world.told(story).await.one_voicemail();
}

#[tokio::test]
async fn recordings_that_are_not_ours_stay_where_they_are() {
    let world = World::new().await;
    // A number of the same account that another application answers.
    let record = r#"<Response><Record maxLength="30" timeout="10" action="/done"/></Response>"#;
    let app = axum::Router::new().fallback(move || async move { ([("content-type", "text/xml")], record) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/voice", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    world.exchange().wire("+14155550188", exchange::NumberUrls::voice(url));
    let caller = Caller::new(STRANGER).leaves(Speech::english_sample()).hangs_up_during_message_after(4);
    let story = world.exchange().call(caller, "+14155550188").await;
    world.stack.clock.settled().await;
    assert!(story.recording().is_some(), "{story}");
    let summary = world.quarter_of_an_hour().await;
    assert_eq!((summary.listed, summary.added), (1, 0));
    assert!(world.rows("voicemails").await.is_empty());
    for _ in 0..3 {
        assert_eq!(world.quarter_of_an_hour().await.listed, 1);
    }
    assert_eq!(world.rest_requests(RestRequest::Call), 1, "it is asked once whose it is");
    // What is not listed any more is forgotten.
    world.stack.clock.advance(seconds(24 * 3600)).await;
    world.reconcile().await;
    assert_eq!(world.reconcile().await.listed, 0);
    let account_sid = local::development::account_sid().unwrap();
    assert!(world.stack.ledger.foreign_recordings(&account_sid).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_ended_among_the_dead_letters_is_delivered_all_the_same() {
    let world = World::new().await;
    world.stack.bucket.front().set(Reach::Refused).await.unwrap();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.advance(seconds(3600)).await;
    assert!(!world.stack.wakeups.dead_letters().is_empty());
    let stuck = world.stack.reconcile().await.unwrap();
    assert_eq!((stuck.woken, stuck.undelivered), (1, 1));
    assert!((3_500..3_700).contains(&stuck.oldest_undelivered_seconds), "{stuck:?}");
    // Twice at the same time wakes it once.
    assert_eq!(world.stack.reconcile().await.unwrap().woken, 0);
    world.stack.bucket.front().set(Reach::Open).await.unwrap();
    world.stack.clock.settled().await;
    world.quarter_of_an_hour().await;
    assert_eq!(world.stack.mailbox.messages().len(), 1);
    assert_eq!(world.quarter_of_an_hour().await.undelivered, 0);
    world.stack.wakeups.redrive();
    world.stack.clock.settled().await;
    world.told(story).await.one_voicemail();
}

#[tokio::test]
async fn a_recording_whose_words_never_come_is_purged_after_a_day() {
    let world = World::with_number(|number| {
        number.voicemail.purge_at_twilio = true;
        number.voicemail.transcription = domain::Transcription::Twilio;
    })
    .await;
    world.exchange().set_transcription(Transcription::Never);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    let sid = &story.recording().unwrap().sid;
    world.stack.clock.advance(seconds(23 * 3600)).await;
    assert_eq!(world.reconcile().await.woken, 0);
    assert_eq!(world.stack.ledger.voicemail(sid).await.unwrap().purged_at, None);
    world.stack.clock.advance(seconds(2 * 3600)).await;
    assert_eq!(world.reconcile().await.woken, 1);
    let told = world.told(story).await;
    told.one_voicemail();
    assert!(told.voicemail().purged_at.is_some());
}

#[tokio::test]
async fn of_a_recording_deleted_at_twilio_the_owner_gets_the_words() {
    let world = World::new().await;
    // Somebody deletes it the moment it is there; for the first hour that may be a mistake.
    world.exchange().rest_faults(RestRequest::Media, RestFault::NotFound, Times::UntilCleared);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    let secret = twilio::Secret::parse(&local::development::twilio_secret()).unwrap();
    let account_sid = local::development::account_sid().unwrap();
    let login = &secret.account(&account_sid).unwrap().login;
    let sid = story.recording().unwrap().sid.clone();
    world.stack.clock.advance(seconds(60)).await;
    Rest::at(world.exchange().rest_url()).delete_recording(&account_sid, login, &sid).await.unwrap();
    world.exchange().clear_rest_faults();
    world.stack.clock.settled().await;
    for _ in 0..4 {
        assert!(world.stack.mailbox.messages().is_empty());
        world.quarter_of_an_hour().await;
    }
    world.quarter_of_an_hour().await;

    let told = world.told(story).await;
    let mail = told.only_mail();
    assert!(mail.says("its recording was deleted at the telephone network before it could be stored"));
    assert!(mail.says(Speech::english_sample().words()) && mail.sounds.is_empty());
    assert_eq!(told.voicemail().recording, Recorded::Gone);
    assert_eq!(logs::counted(Metric::RecordingLost), 1);
    assert_eq!(world.stack.wakeups.dead_letters(), [], "nothing rings for ever");
    assert!(world.rest_requests(RestRequest::Media) < 12, "and Twilio is not asked too often");
}

impl World {
    /// Twilio knows nothing of a recording, by whatever address, for so long.
    fn not_there_for(&self, time: Duration) {
        let from = self.stack.clock.now();
        let until = from.checked_add(time).unwrap();
        for request in [RestRequest::Media, RestRequest::Recording, RestRequest::Recordings] {
            self.exchange().rest_faults(request, RestFault::NotFound, Times::Between(from, until));
        }
    }

    /// The same, without looking whether all of the search succeeds.
    async fn another_quarter(&self) {
        self.stack.clock.advance(seconds(900)).await;
        let _ = self.stack.reconcile().await;
        self.stack.clock.settled().await;
    }
}

#[tokio::test]
async fn a_sound_that_twilio_misses_for_half_an_hour_is_mailed_once() {
    let world = World::new().await;
    world.stack.wakeups.pause();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    // The row is no new one any more.
    world.stack.clock.advance(seconds(900)).await;
    world.not_there_for(seconds(1800));
    world.stack.wakeups.resume();
    world.stack.clock.settled().await;
    for _ in 0..4 {
        world.another_quarter().await;
    }
    let told = world.told(story).await;
    told.one_voicemail();
    assert!(told.words_in_first_mail());
}

#[tokio::test]
async fn who_was_told_that_a_sound_is_gone_gets_it_when_it_turns_up() {
    for by_list in [true, false] {
        let world = World::new().await;
        world.not_there_for(seconds(2 * 3600));
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        for _ in 0..7 {
            world.another_quarter().await;
        }
        let recording = story.recording().unwrap().clone();
        let gone = world.stack.ledger.voicemail(&recording.sid).await.unwrap();
        assert_eq!((gone.recording, gone.open), (Recorded::Gone, false));
        assert_eq!(world.stack.mailbox.messages().len(), 1);

        if by_list {
            world.another_quarter().await;
            world.quarter_of_an_hour().await;
        } else {
            world.stack.clock.advance(seconds(1800)).await;
            let report = domain::RecordingReport {
                left_for: None,
                conversation: None,
                recording_sid: recording.sid.clone(),
                call_sid: recording.call_sid.clone(),
                account_sid: local::development::account_sid().unwrap(),
                reported: Reported::Ready { duration_seconds: u32::try_from(recording.duration).unwrap() },
                at: world.stack.clock.now(),
            };
            world.stack.store.voicemail_reported(&report).await.unwrap();
            world.stack.clock.settled().await;
        }
        let told = world.told(story).await;
        let [first, second] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
        assert!(first.says("was deleted at the telephone network") && first.sounds.is_empty());
        assert!(second.says("It has turned up after all."));
        told.delivered(second);
        let before = world.rows("voicemails").await;
        world.quarter_of_an_hour().await;
        assert_eq!(world.rows("voicemails").await, before, "and no third one follows");
    }
}

#[tokio::test]
async fn a_sound_that_turned_up_is_no_news_when_it_is_stored_again() {
    let world = World::with_number(|number| number.voicemail.purge_at_twilio = false).await;
    world.not_there_for(seconds(2 * 3600));
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    for _ in 0..9 {
        world.another_quarter().await;
    }
    let told = world.told(story.clone()).await;
    assert_eq!(told.mails.len(), 2);
    // It vanishes from the bucket, and Twilio has it still.
    let (sid, key) = (&told.voicemail().recording_sid, &told.voicemail().audio.as_ref().unwrap().key);
    let bucket = world.stack.bucket.backstage_client();
    bucket.delete_object().bucket(world.stack.bucket.name()).key(key).send().await.unwrap();
    let at = world.stack.clock.now();
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at };
    let ordered = world.stack.ledger.resend(sid, &ResendTo::First, &instruction).await.unwrap();
    assert_eq!(ordered, Written::Applied);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert_eq!(told.mails.len(), 3, "the one that was ordered, and no other");
    told.delivered(&told.mails[2]);
}

#[tokio::test]
async fn a_message_told_as_empty_and_then_as_longer_is_mailed() {
    let world = World::with_twilio_alone().await;
    world.exchange().set_transcription(Transcription::Never);
    let story = world.call_losing(of_the_recording).await;
    let recording = story.recording().unwrap();
    let begin = world.stack.clock.now();
    let report = |reported| domain::RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording.sid.clone(),
        call_sid: recording.call_sid.clone(),
        account_sid: local::development::account_sid().unwrap(),
        reported,
        at: world.stack.clock.now(),
    };
    let first = report(Reported::Left { parties: None, duration_seconds: 0 });
    let still = world.stack.clock.busy();
    world.stack.store.voicemail_reported(&first).await.unwrap();
    drop(still);
    let still = world.still_after(seconds(3)).await;
    let duration_seconds = u32::try_from(recording.duration).unwrap();
    world.stack.store.voicemail_reported(&report(Reported::Ready { duration_seconds })).await.unwrap();
    drop(still);
    world.stack.clock.settled().await;
    let told = world.told(story.clone()).await;
    let waited = told.one_voicemail().sent_at - begin.as_second();
    assert!((119..=125).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn an_empty_recording_is_purged_where_the_number_says_so() {
    for (purge, expected) in [(true, 1), (false, 0)] {
        let world = World::with_number(|number| number.voicemail.purge_at_twilio = purge).await;
        let story = world.call_losing(of_the_recording).await;
        let recording = story.recording().unwrap();
        let report = domain::RecordingReport {
            left_for: None,
            conversation: None,
            recording_sid: recording.sid.clone(),
            call_sid: recording.call_sid.clone(),
            account_sid: local::development::account_sid().unwrap(),
            reported: Reported::Ready { duration_seconds: 0 },
            at: world.stack.clock.now(),
        };
        world.stack.store.voicemail_reported(&report).await.unwrap();
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        assert!(told.mails.is_empty());
        let log = world.exchange().rest_log();
        let deleted = log.iter().filter(|it| it.request == RestRequest::DeleteRecording).count();
        assert_eq!(deleted, expected, "{}", told.story);
    }
}

#[tokio::test]
async fn a_mail_about_a_missed_call_outlasts_an_outage_of_hours() {
    let world = World::with_number(|number| number.owner.missed_call_mail = true).await;
    let when = When::Span { after_seconds: 0, seconds: 9_000 };
    let outage = Outage { service: Service::Ses, how: How::ServerError, when };
    world.stack.break_by(&Faults { outages: vec![outage], ..Faults::default() });
    let caller = Caller::new(STRANGER).hangs_up_while_ringing_after(8);
    let story = world.exchange().call(caller, MASKED_NUMBER).await;
    for _ in 0..8 {
        world.quarter_of_an_hour().await;
    }
    let stuck = world.quarter_of_an_hour().await;
    assert_eq!(stuck.undelivered, 1);
    assert!(stuck.oldest_undelivered_seconds > 2 * 3600, "{stuck:?}");
    for _ in 0..4 {
        world.quarter_of_an_hour().await;
    }
    assert_eq!(world.quarter_of_an_hour().await.undelivered, 0);
    world.stack.wakeups.redrive();
    world.stack.clock.settled().await;
    assert!(world.told(story).await.only_mail().subject.starts_with("Missed call"));
}

#[tokio::test]
async fn wake_ups_reach_the_worker_where_changes_of_rows_reach_nobody() {
    let world = World::new().await;
    world.stack.wakeups.break_the_pipe(true);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    for _ in 0..3 {
        world.quarter_of_an_hour().await;
    }
    world.told(story).await.one_voicemail();
}

#[tokio::test]
async fn a_run_whose_time_is_up_is_gone_on_with_where_it_stopped() {
    let world = World::with_twilio_alone().await;
    let mut stories = Vec::new();
    for _ in 0..4 {
        stories.push(world.call_losing(of_the_recording).await);
    }
    world.exchange().set_page_length(Some(1));
    let limit = exchange::RateLimit { requests: 1, within: seconds(15), tells_when: true };
    world.exchange().set_rate_limit(Some(limit));
    let run = || world.stack.reconcile_within(jiff::SignedDuration::from_secs(25));
    for _ in 0..2 {
        let error = run().await.unwrap_err().to_string();
        assert!(error.contains("there was no time"), "{error}");
    }
    let mark = |marks: store::Marks| (marks.until, marks.listing.is_some());
    let account_sid = local::development::account_sid().unwrap();
    let marks = world.stack.ledger.marks(&account_sid).await.unwrap();
    assert_eq!(mark(marks), (None, true));
    world.exchange().set_rate_limit(None);
    let listed_before = world.rest_requests(RestRequest::Recordings);
    world.reconcile().await;
    let again: Vec<_> = world.exchange().rest_log().split_off(0);
    let again: Vec<_> = again.iter().filter(|it| it.request == RestRequest::Recordings).collect();
    assert!(again[listed_before].query.contains("DateCreated%3C"), "{}", again[listed_before].query);
    let marks = world.stack.ledger.marks(&account_sid).await.unwrap();
    assert!(marks.until.is_some() && marks.listing.is_none());
    assert_eq!(world.stack.mailbox.messages().len(), stories.len());
    for story in stories {
        assert!(world.stack.ledger.voicemail(&story.recording().unwrap().sid).await.is_ok(), "{story}");
    }
}

#[tokio::test]
async fn a_row_that_cant_be_read_keeps_no_other_from_its_owner() {
    let world = World::new().await;
    let of_later_release = world.call_losing(|_| false).await;
    let spoil = async |value: Option<&str>| {
        let client = world.stack.database.backstage_client();
        let update = client.update_item().table_name("aftertone-voicemails");
        let sid = of_later_release.recording().unwrap().sid.to_string();
        let update = update.key("recording_sid", aws_sdk_dynamodb::types::AttributeValue::S(sid));
        let update = update
            .expression_attribute_names("#engine", "engine")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", text_value("y"))
            .expression_attribute_values(":engine", text_value(value.unwrap_or("auto")));
        update.update_expression("SET #engine = :engine, #open = :open").send().await.unwrap();
    };
    world.stack.wakeups.break_the_pipe(true);
    spoil(Some("telepathy")).await;
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    for _ in 0..2 {
        let run = world.quarter_of_an_hour().await;
        assert_eq!(run.unreadable, 1);
        assert!(run.undelivered >= 1, "who can't read it can't know that it is delivered");
    }
    let delivered = world.stack.ledger.voicemail(&story.recording().unwrap().sid).await.unwrap();
    assert!(!delivered.open && delivered.audio.is_some(), "{delivered:?}");
    // The release that can read it goes on with it.
    spoil(None).await;
    world.quarter_of_an_hour().await;
    world.told(story).await;
}

fn text_value(text: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn a_dead_letter_is_done_with_once_its_row_is_done() {
    let world = World::new().await;
    world.stack.wakeups.break_the_pipe(true);
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    let recording_sid = story.recording().unwrap().sid.as_str().to_owned();
    let letter = format!(r#"{{"recording_sid":"{recording_sid}"}}"#);
    let rows = &world.stack.store;
    assert!(!reconcile::is_done(rows, &letter).await.unwrap(), "nobody has mailed it yet");
    for _ in 0..3 {
        world.quarter_of_an_hour().await;
    }
    world.told(story).await.one_voicemail();
    assert!(reconcile::is_done(rows, &letter).await.unwrap());
    let gone = letter.replace(&recording_sid, "RE00000000000000000000000000000009");
    assert!(reconcile::is_done(rows, &gone).await.unwrap(), "its row is deleted");
    assert!(!reconcile::is_done(rows, "{}").await.unwrap(), "it names nothing, and is for a person");
}
