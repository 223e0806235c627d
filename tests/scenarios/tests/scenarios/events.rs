//! Other programs are told what happened, at least once and with an id that stays the same.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Instruction;
use exchange::Caller;
use local::faults::{Faults, How, Outage, Service, When};
use local::mail_events::{Bounce, Fate, MailEventType};
use runtime::telemetry::Metric;
use serde_json::Value;

use crate::logs;
use crate::world::{MASKED_NUMBER, OWNER_EMAIL, STRANGER, World, after_call, seconds, stranger};

const ALL: [&str; 3] = ["voicemail.recorded", "voicemail.transcribed", "voicemail.mailed"];

impl World {
    /// What was published: each event once, however often it came, and in the order of its first time.
    fn events(&self) -> Vec<Value> {
        let mut known = BTreeMap::new();
        let mut events = Vec::new();
        for published in self.stack.events.published() {
            let id = published.event["id"].as_str().unwrap().to_owned();
            assert_eq!(published.event["type"], *published.kind);
            match known.insert(id, published.event.clone()) {
                None => events.push(published.event),
                Some(before) => assert_eq!(before, published.event, "told again, it is the same"),
            }
        }
        events
    }

    async fn quarters(&self, quarters: u32) {
        for _ in 0..quarters {
            self.stack.clock.advance(seconds(900)).await;
            // It may fail while something is away; the next one makes up for it.
            let _ = self.stack.reconcile().await;
            self.stack.clock.settled().await;
        }
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn other_programs_are_told_of_a_voicemail_step_by_step() {
    let world = World::with_twilio_alone().await;
    let told = world.no_answer().await;
    told.one_voicemail();
    let events = world.events();
    assert_eq!(kinds(&events), ALL);
    assert_eq!(world.stack.events.published().len(), 3, "each of them once");
    let sid = told.voicemail().recording_sid.as_str();
    for event in &events {
        assert_eq!(event["id"], format!("{sid}.{}", event["type"].as_str().unwrap()));
        assert_eq!((&event["number"], &event["caller"]), (&MASKED_NUMBER.into(), &STRANGER.into()));
        assert!(!event.to_string().contains("/v/") && !event.to_string().contains('@'), "{event}");
    }
    assert_eq!(events[1]["words"], told.story.recording().unwrap().speech.words());
    assert_eq!(events[2]["with_words"], true);
}

#[tokio::test]
async fn other_programs_are_told_of_a_missed_call() {
    let world = World::with_number(|number| number.owner.missed_call_mail = true).await;
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    let events = world.events();
    assert_eq!(kinds(&events), ["call.missed"]);
    assert_eq!(events[0]["call_sid"], told.story.call_sid().as_str());
}

#[tokio::test]
async fn an_hour_without_sns_holds_up_no_mail_and_loses_no_event() {
    for how in [How::Refused, How::Throttled, How::ServerError, How::AnswerLost] {
        let world = World::with_twilio_alone().await;
        let when = When::Span { after_seconds: 0, seconds: 3_600 };
        let outages = vec![Outage { service: Service::Sns, how, when }];
        world.stack.break_by(&Faults { outages, ..Faults::default() });
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        world.quarters(8).await;
        let told = world.told(story).await;
        let mail = told.one_voicemail();
        assert!(after_call(&told.story, mail.sent_at) < 60, "{how:?}");
        assert_eq!(kinds(&world.events()), ALL, "{how:?}");
        assert_eq!(logs::counted(Metric::Woken), 0, "{how:?}: nothing got lost");
    }
}

#[tokio::test]
async fn other_programs_are_told_of_a_mail_that_came_back() {
    let world = World::with_twilio_alone().await;
    let fate = Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: seconds(3600) };
    world.stack.mailbox.set_fate(OWNER_EMAIL, fate);
    let told = world.no_answer().await;
    let events = world.events();
    let [.., bounced] = &events[..] else { panic!("{events:?}") };
    assert_eq!(kinds(&events), [&ALL[..], &["voicemail.bounced"]].concat());
    assert_eq!((&bounced["address"], &bounced["for_good"]), (&"first".into(), &true.into()));
    assert!(!bounced.to_string().contains('@'), "{bounced}");
    assert!(!told.voicemail().open, "that is all that it was opened for");
    assert_eq!(told.mails.len(), 1);
}

#[tokio::test]
async fn other_programs_are_told_that_a_voicemail_is_deleted() {
    for sns_is_away in [false, true] {
        let world = World::with_twilio_alone().await;
        let told = world.no_answer().await;
        let sid = told.voicemail().recording_sid.clone();
        let instruction =
            Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: world.stack.clock.now() };
        world.stack.ledger.ask_deletion(&sid, &instruction).await.unwrap();
        world.stack.clock.settled().await;
        assert_eq!(kinds(&world.events()), ALL, "it is only asked for");
        if sns_is_away {
            let when = When::Span { after_seconds: 0, seconds: 3_600 };
            let outages = vec![Outage { service: Service::Sns, how: How::Refused, when }];
            world.stack.break_by(&Faults { outages, ..Faults::default() });
        }
        {
            let _busy = world.stack.clock.busy();
            retention::handle(&world.stack.retention, retention::Request::default()).await.unwrap();
        }
        world.quarters(8).await;
        let events = world.events();
        assert_eq!(kinds(&events), [&ALL[..], &["voicemail.deleted"]].concat());
        let deleted = &events[3];
        assert_eq!(
            (&deleted["id"], &deleted["by"]),
            (&format!("{sid}.voicemail.deleted").into(), &"order".into())
        );
        for whose in [MASKED_NUMBER, STRANGER, told.story.recording().unwrap().speech.words()] {
            assert!(!deleted.to_string().contains(whose), "{deleted}");
        }
        assert!(!world.stack.ledger.voicemail(&sid).await.unwrap().open);
        assert_eq!(world.stack.wakeups.dead_letters(), []);
    }
}

#[tokio::test]
async fn a_worker_that_dies_at_any_request_loses_no_event() {
    let mut repeated = 0;
    for request in 1..=24 {
        let world = World::with_twilio_alone().await;
        world.stack.break_by(&Faults { worker_dies_before: vec![request], ..Faults::default() });
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        world.stack.clock.advance(Duration::from_mins(10)).await;
        world.quarters(12).await;
        world.told(story).await;
        assert_eq!(kinds(&world.events()).len(), ALL.len(), "before request {request}");
        repeated += world.stack.events.published().len() - ALL.len();
    }
    assert!(repeated > 0, "some death was between an event and its record");
}
