//! Calls that the owner's telephones answer, or don't.

use domain::{DialOutcome, Disposition, Instead, NotReached, WhyNotForwarded};
use exchange::{Address, Caller, EndedBy, Phone, Story, WebhookKind};
use phone::PhoneNumber;

use crate::world::{
    ANOTHER_PHONE, CONNECTING, GREETING, MASKED_NUMBER, OWNER_PHONE, STRANGER, World, stranger,
};

/// The number that the owner's telephone showed.
fn shown(story: &Story) -> String {
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    legs.first().unwrap_or_else(|| panic!("{story}")).param("From").unwrap().to_owned()
}

#[tokio::test]
async fn an_answered_call_is_a_conversation_whoever_hangs_up() {
    let owner_hangs_up = Phone::answers_after(6).talks_for(60);
    let owner_talks_on = Phone::answers_after(6).talks_until_caller_hangs_up();
    for (phone, caller, ended_by) in [
        (owner_hangs_up, stranger(), EndedBy::Callee),
        (owner_talks_on, stranger().hangs_up_conversation_after(60), EndedBy::Caller),
    ] {
        let world = World::new().await;
        world.plug(phone);
        let told = world.call(caller).await;
        let story = &told.story;
        assert_eq!(story.talked_with(), Some(Address::from(OWNER_PHONE)), "{story}");
        assert!(story.caller_heard(CONNECTING) && !story.caller_heard(GREETING), "{story}");
        assert_eq!(story.ended_by(), Some(ended_by), "{story}");
        assert_eq!(shown(story), STRANGER);
        told.forwarded(DialOutcome::Conversation);
        assert_eq!(told.call().legs[0].status, "completed");
        told.no_voicemail();
    }
}

#[tokio::test]
async fn an_owner_who_cannot_be_reached_gets_a_voicemail() {
    for (phone, why) in [
        (Phone::busy(), NotReached::Busy),
        (Phone::declines_after(4), NotReached::Busy),
        (Phone::unreachable(), NotReached::Failed),
        // Picked up, and gone before the two were put through: completed, not bridged.
        (Phone::answers_after(4).hangs_up_at_whisper(), NotReached::Declined),
    ] {
        let world = World::new().await;
        world.plug(phone);
        let told = world.no_answer().await;
        told.not_reached(why);
        told.one_voicemail();
        assert!(told.story.caller_heard(GREETING));
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_rings_is_a_missed_call() {
    let world = World::new().await;
    let told = world.call(stranger().hangs_up_while_ringing_after(8)).await;
    assert!(told.story.rang(OWNER_PHONE));
    told.forwarded(DialOutcome::CallerGone);
    told.no_voicemail();
}

#[tokio::test]
async fn of_several_telephones_the_first_to_answer_has_the_call() {
    let world = World::with_number(|number| {
        number.forwarding.targets.push(PhoneNumber::parse(ANOTHER_PHONE).unwrap());
    })
    .await;
    world.plug(Phone::answers_after(10));
    world.exchange().plug(ANOTHER_PHONE, Phone::answers_after(5).talks_for(30));
    let told = world.no_answer().await;
    assert!(told.story.rang(OWNER_PHONE) && !told.story.answered(OWNER_PHONE), "{}", told.story);
    assert_eq!(told.story.talked_with(), Some(Address::from(ANOTHER_PHONE)));
    told.forwarded(DialOutcome::Conversation);
    let mut statuses: Vec<&str> = told.call().legs.iter().map(|leg| leg.status.as_str()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["canceled", "completed"]);
    told.no_voicemail();
}

#[tokio::test]
async fn a_number_that_forwards_to_itself_takes_a_message() {
    let world = World::with_number(|number| {
        number.forwarding.targets = vec![number.number.clone()];
    })
    .await;
    let told = world.no_answer().await;
    let why = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::NoTarget);
    assert_eq!(told.call().disposition, Some(why));
    assert!(!told.story.heard_ringing());
    told.one_voicemail();
    assert_eq!(world.exchange().stories().len(), 1);
}

#[tokio::test]
async fn a_number_that_forwards_to_a_masked_number_takes_a_message() {
    let other = PhoneNumber::parse("+14155550111").unwrap();
    let world = World::with_number(|number| number.forwarding.targets = vec![other.clone()]).await;
    let mut settings = local::development::number().unwrap();
    settings.forwarding.targets = vec![settings.number.clone()];
    settings.number = other;
    world.stack.add_number(&settings).await.unwrap();
    let told = world.no_answer().await;
    let why = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::NoTarget);
    assert_eq!(told.call().disposition, Some(why));
    told.one_voicemail();
    assert_eq!(world.exchange().stories().len(), 1);
}

#[tokio::test]
async fn a_caller_without_a_number_is_shown_as_the_masked_number() {
    let withheld = "Voicemail from an unknown caller";
    for (identity, subject) in [
        ("anonymous", withheld),
        ("+266696687", withheld),
        ("client:alice", "Voicemail from client:alice"),
        ("sip:alice@example.com", "Voicemail from sip:alice@example.com"),
    ] {
        let world = World::new().await;
        let caller = Caller::new(identity).leaves(exchange::Speech::english_sample());
        let told = world.call(caller).await;
        assert!(told.story.rang(OWNER_PHONE), "{}", told.story);
        assert_eq!(shown(&told.story), MASKED_NUMBER, "{identity}");
        told.not_reached(NotReached::NoAnswer);
        assert_eq!(told.one_voicemail().subject, subject);
    }
}
