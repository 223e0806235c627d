//! A live call's row says who is to ring, and the worker rings them: once each, whatever fails.

use std::collections::BTreeMap;

use domain::{
    CallBegins, Course, Decision, DialOutcome, Disposition, Effect, Language, LegId, LegState, LiveCall,
    LiveLeg, Parties, Stage, Treatment,
};
use exchange::{Phone, RestFault, RestRequest, Story, Times};
use jiff::SignedDuration;
use local::development;
use local::faults::Faults;
use phone::{CallSid, Caller, PhoneNumber};
use store::{Accepted, Begun};

use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, STRANGER, World, seconds};

/// How long the step goes on in which they ring, and how long each rings.
const STEP_SECONDS: i64 = 300;
const RINGS_SECONDS: u16 = 20;

/// More requests than the worker makes of AWS for such a call.
const REQUESTS: u32 = 60;

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn leg(to: &str, shown: &str, world: &World) -> LiveLeg {
    let now = world.stack.clock.now();
    LiveLeg {
        person: "somebody".to_owned(),
        to: number(to),
        shown: number(shown),
        shows_caller: shown != MASKED_NUMBER,
        language: Language::English,
        step: 1,
        not_before: now,
        seconds: RINGS_SECONDS,
        call_sid: None,
        state: LegState::Planned,
        told_at: None,
        placing: Effect::pending(now),
        ending: Effect::pending(now),
        refused: None,
    }
}

fn ana() -> LegId {
    LegId::new(1, "ana")
}

fn bo() -> LegId {
    LegId::new(1, "bo")
}

/// Somebody is parked, and two are to ring.
fn parked(world: &World, shown: &str) -> LiveCall {
    let now = world.stack.clock.now();
    let (since, until) = (now.as_second(), now.as_second() + STEP_SECONDS);
    LiveCall {
        call_sid: CallSid::parse("CA0123456789abcdef0123456789abcdef").unwrap(),
        account_sid: development::account_sid().unwrap(),
        parties: Parties {
            number: number(MASKED_NUMBER),
            caller: Caller::parse(STRANGER),
            caller_name: None,
        },
        base_url: format!("{}/webhook", world.stack.gateway.endpoint()),
        call_token: None,
        begun_at: now,
        revision: 0,
        course: Course {
            file: 1,
            language: Language::English,
            place: Vec::new(),
            stage: Stage::Hunt { step: 1, since, until, ends: until },
            steps: 1,
            menus_since: None,
            is_answered: true,
            wait: domain::WaitSound::Ringing,
            is_offered: false,
        },
        answered: Treatment::HangUp,
        said: None,
        legs: [(ana(), leg(OWNER_PHONE, shown, world)), (bo(), leg(ANOTHER_PHONE, shown, world))].into(),
        passed_over: Vec::new(),
        winner: None,
        over_at: None,
        is_summed_up: false,
    }
}

async fn world() -> World {
    let world = World::new().await;
    world.exchange().plug(OWNER_PHONE, Phone::never_answers());
    world.exchange().plug(ANOTHER_PHONE, Phone::never_answers());
    world
}

async fn begins(world: &World, call: &LiveCall) {
    let begins = CallBegins {
        call_sid: call.call_sid.clone(),
        parties: call.parties.clone(),
        decision: Decision { disposition: Disposition::Forward, treatment: Treatment::HangUp },
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: None,
        at: world.stack.clock.now(),
    };
    assert_eq!(world.stack.ledger.begin_live(&begins, call).await.unwrap(), Begun::New);
}

/// What rang, by telephone.
fn rang(world: &World) -> BTreeMap<String, Vec<Story>> {
    let mut rang = BTreeMap::<String, Vec<Story>>::new();
    for story in world.exchange().stories() {
        rang.entry(story.to().reveal().to_owned()).or_default().push(story);
    }
    rang
}

fn each_rang_once(world: &World, context: &str) {
    let rang = rang(world);
    let times: Vec<(&str, usize)> = rang.iter().map(|(to, stories)| (to.as_str(), stories.len())).collect();
    assert_eq!(times, [(ANOTHER_PHONE, 1), (OWNER_PHONE, 1)], "{context}");
}

/// The call is over after five seconds.
async fn hangs_up(world: &World, call: &LiveCall) {
    let still = world.still_after(seconds(5)).await;
    world.stack.ledger.live_over(&call.call_sid, world.stack.clock.now()).await.unwrap();
    drop(still);
    world.stack.clock.settled().await;
}

/// The schedule comes by until all is done.
async fn until_summed_up(world: &World, call: &LiveCall, context: &str) -> LiveCall {
    for _ in 0..20 {
        let call = world.stack.ledger.live_call(&call.call_sid).await.unwrap();
        if call.is_summed_up {
            return call;
        }
        world.stack.clock.advance(seconds(60)).await;
        // One that dies is followed by the next.
        let _ = world.stack.look_at_live_calls().await;
        world.stack.clock.settled().await;
    }
    panic!("{context}: {:?}", world.stack.ledger.live_call(&call.call_sid).await)
}

#[tokio::test]
async fn two_telephones_ring_until_the_caller_hangs_up() {
    let world = world().await;
    let call = parked(&world, MASKED_NUMBER);
    begins(&world, &call).await;
    hangs_up(&world, &call).await;
    each_rang_once(&world, "");
    for story in rang(&world).values().flatten() {
        assert_eq!((story.from().reveal(), &*story.status()), (MASKED_NUMBER, "canceled"), "{story}");
        let rang_for = story.ended().unwrap().duration_since(call.begun_at);
        assert!((5..7).contains(&rang_for.as_secs()), "{rang_for:#}\n{story}");
    }
    let over = world.stack.ledger.live_call(&call.call_sid).await.unwrap();
    assert!(over.is_summed_up, "{over:?}");
    assert_eq!(over.legs[&ana()].state, LegState::Canceled);
    let row = world.stack.ledger.call(&call.call_sid).await.unwrap();
    assert_eq!((row.dial_outcome, row.legs.len()), (Some(DialOutcome::CallerGone), 2));
    assert_eq!(world.stack.ledger.usage(&call.parties.number, "2026-11").await.unwrap(), 1);
}

#[tokio::test]
async fn who_is_to_ring_later_rings_later() {
    let world = world().await;
    let mut call = parked(&world, MASKED_NUMBER);
    call.legs.get_mut(&bo()).unwrap().not_before += SignedDuration::from_secs(7);
    begins(&world, &call).await;
    let still = world.still_after(seconds(15)).await;
    world.stack.ledger.live_over(&call.call_sid, world.stack.clock.now()).await.unwrap();
    drop(still);
    world.stack.clock.settled().await;
    each_rang_once(&world, "");
    let began = |to: &str| rang(&world)[to][0].started().duration_since(call.begun_at).as_secs();
    assert_eq!((began(OWNER_PHONE), began(ANOTHER_PHONE)), (0, 7));
}

#[tokio::test]
async fn a_call_whose_end_nobody_told_is_ended_by_itself() {
    let world = world().await;
    let call = parked(&world, MASKED_NUMBER);
    begins(&world, &call).await;
    // All telephones have rung, and Twilio knows nothing of a caller any more.
    world.stack.clock.settled().await;
    let over = until_summed_up(&world, &call, "nobody told").await;
    let late = over.over_at.unwrap().duration_since(call.begun_at).as_secs();
    assert!((STEP_SECONDS..STEP_SECONDS + 120).contains(&late), "{late} s");
    each_rang_once(&world, "");
    assert!(rang(&world).values().flatten().all(|story| story.status() == "no-answer"));
}

#[tokio::test]
async fn the_schedule_rings_where_no_message_comes() {
    let world = world().await;
    world.stack.break_by(&Faults { live_pipe_is_broken: true, ..Faults::default() });
    let call = parked(&world, MASKED_NUMBER);
    begins(&world, &call).await;
    world.stack.clock.advance(seconds(10)).await;
    assert!(rang(&world).is_empty());
    let summary = world.stack.look_at_live_calls().await.unwrap();
    assert_eq!((summary.due, summary.failed), (1, 0));
    hangs_up(&world, &call).await;
    until_summed_up(&world, &call, "the pipe is broken").await;
    each_rang_once(&world, "");
}

#[tokio::test]
async fn each_rings_once_wherever_the_worker_dies() {
    let mut died = 0;
    for request in 1..=REQUESTS {
        let world = world().await;
        let faults = Faults { act_dies_before: vec![request], ..Faults::default() };
        world.stack.break_by(&faults);
        let call = parked(&world, MASKED_NUMBER);
        begins(&world, &call).await;
        // What died is looked for within seconds, and does not wait for the schedule.
        let still = world.still_after(seconds(60)).await;
        drop(still);
        let _ = world.stack.look_at_live_calls().await;
        hangs_up(&world, &call).await;
        let over = until_summed_up(&world, &call, &faults.to_string()).await;
        each_rang_once(&world, &faults.to_string());
        assert!(rang(&world).values().flatten().all(|story| story.ended().is_some()), "{faults}");
        assert!(over.legs.values().all(|leg| leg.call_sid.is_some()), "{faults}: {over:?}");
        died += u32::from(world.stack.act_requests() >= request);
    }
    assert!((8..REQUESTS).contains(&died), "it died {died} times");
}

#[tokio::test]
async fn whoever_gets_no_answer_looks_before_ringing_again() {
    for (fault, times) in [(RestFault::CutShort, 2), (RestFault::Reset, 1), (RestFault::ServerError, 2)] {
        let world = world().await;
        world.exchange().rest_faults(RestRequest::CreateCall, fault.clone(), Times::Next(times));
        let call = parked(&world, MASKED_NUMBER);
        begins(&world, &call).await;
        let still = world.still_after(seconds(12)).await;
        world.stack.ledger.live_over(&call.call_sid, world.stack.clock.now()).await.unwrap();
        drop(still);
        world.stack.clock.settled().await;
        until_summed_up(&world, &call, &format!("{fault:?}")).await;
        each_rang_once(&world, &format!("{fault:?}"));
        assert!(rang(&world).values().flatten().all(|story| story.status() == "canceled"), "{fault:?}");
    }
}

#[tokio::test]
async fn who_may_not_show_the_caller_shows_the_masked_number() {
    let world = world().await;
    let call = parked(&world, STRANGER);
    begins(&world, &call).await;
    hangs_up(&world, &call).await;
    each_rang_once(&world, "");
    assert!(rang(&world).values().flatten().all(|story| story.from().reveal() == MASKED_NUMBER));
}

#[tokio::test]
async fn a_telephone_that_twilio_refuses_has_failed() {
    let world = world().await;
    let mut call = parked(&world, MASKED_NUMBER);
    // It is not the caller's that this one shows, and none of ours.
    call.legs.get_mut(&bo()).unwrap().shown = number(STRANGER);
    begins(&world, &call).await;
    hangs_up(&world, &call).await;
    let over = until_summed_up(&world, &call, "").await;
    let refused = &over.legs[&bo()];
    let expected = (LegState::Failed, Effect::GivenUp, Some(21_210));
    assert_eq!((refused.state, refused.placing, refused.refused), expected);
    assert_eq!(over.legs[&ana()].state, LegState::Canceled);
    assert_eq!(rang(&world).keys().collect::<Vec<_>>(), [OWNER_PHONE]);
}

#[tokio::test]
async fn whoever_takes_the_call_ends_the_other_telephones() {
    let world = world().await;
    let call = parked(&world, MASKED_NUMBER);
    begins(&world, &call).await;
    let still = world.still_after(seconds(5)).await;
    let now = world.stack.clock.now();
    let accepted = world.stack.ledger.accept_leg(&call.call_sid, &ana(), now).await.unwrap();
    assert!(matches!(accepted, Accepted::Won(_)), "{accepted:?}");
    drop(still);
    let still = world.still_after(seconds(5)).await;
    let rang = rang(&world);
    assert_eq!(rang[ANOTHER_PHONE][0].status(), "canceled");
    assert_eq!(rang[OWNER_PHONE][0].ended(), None);
    drop(still);
    hangs_up(&world, &call).await;
    let over = until_summed_up(&world, &call, "").await;
    assert_eq!(over.winner, Some(ana()));
    let row = world.stack.ledger.call(&call.call_sid).await.unwrap();
    assert_eq!(row.dial_outcome, Some(DialOutcome::Conversation));
}
