//! How often a webhook of a call that goes by a phone file asks DynamoDB.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use exchange::{Caller, Speech, WebhookKind};
use local::faults::Faults;

use crate::shop::{FRIEND, MONDAY, number, shop};
use crate::world::{MASKED_NUMBER, Told, World};

/// What each webhook that steered the call asked of DynamoDB, the worker's requests left out.
type Asked = Vec<(WebhookKind, Vec<String>)>;

/// The second of two calls, each with these keys: what the functions learn from the first stays in memory.
async fn warm_call(world: &World, caller: impl Fn() -> Caller) -> (Told, Asked) {
    world.call(caller()).await;
    // As a call half a minute before leaves it.
    let masked = number(MASKED_NUMBER);
    world.stack.store.number(&masked, world.stack.clock.now()).await.unwrap();
    world.stack.break_by(&Faults::default());
    let seen: Arc<Mutex<Vec<(WebhookKind, usize)>>> = Arc::default();
    let (stack, begun) = (Arc::downgrade(&world.stack), seen.clone());
    world.exchange().set_delivery(move |outgoing| {
        let before = stack.upgrade().map_or(0, |stack| stack.database_operations().len());
        begun.lock().unwrap().push((outgoing.kind, before));
        vec![Duration::ZERO]
    });
    let told = world.call(caller()).await;
    let operations = world.stack.database_operations();
    let begun = seen.lock().unwrap().clone();
    let ends = begun.iter().skip(1).map(|(_, before)| *before).chain([operations.len()]);
    let asked = begun.iter().zip(ends).map(|((kind, from), to)| (*kind, operations[*from..to].to_vec()));
    (told, asked.collect())
}

fn of(asked: &Asked, kind: WebhookKind) -> Vec<&Vec<String>> {
    asked.iter().filter(|(it, _)| *it == kind).map(|(_, operations)| operations).collect()
}

#[tokio::test]
async fn a_step_of_a_menu_takes_one_write() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    let caller = || Caller::new(FRIEND).presses("3").presses("1").leaves(Speech::english_sample());
    let (told, asked) = warm_call(&world, caller).await;
    let steps = of(&asked, WebhookKind::GatherAction);
    assert_eq!(steps.len(), 2, "{}", told.story);
    for operations in steps {
        assert_eq!(*operations, ["UpdateItem"], "{}", told.story);
    }
    // Who calls is looked up, for the file tells callers apart; the call begins in both tables at once.
    assert_eq!(
        of(&asked, WebhookKind::Voice),
        [&vec!["GetItem".to_owned(), "TransactWriteItems".to_owned()]]
    );
}

#[tokio::test]
async fn a_step_of_a_hunt_takes_one_round_trip() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    let caller = || Caller::new(FRIEND).presses("2").leaves(Speech::english_sample());
    let (told, asked) = warm_call(&world, caller).await;
    let waits = of(&asked, WebhookKind::QueueWait);
    assert!(waits.len() > 8, "{}", told.story);
    for operations in &waits {
        // Settings are read again after half a minute, for whichever webhook comes then.
        let own = operations.iter().filter(|it| *it != "BatchGetItem").count();
        assert!(
            own <= 2 && operations.iter().filter(|it| *it == "UpdateItem").count() <= 1,
            "{operations:?}"
        );
    }
    let with_settings = waits.iter().filter(|operations| operations.len() > 1).count();
    assert!(with_settings <= 3, "{with_settings} of {}\n{}", waits.len(), told.story);
}
