use domain::{ApiKeyId, Instruction, Once, OnceId};
use live::telling::Tells;
use live::{Address, Asked, CallId, Command, Create, Document, Machine, Ring, Steered, Who, accept, create};
use store::{
    Committed, ControlledCall, ControlledChange, ControlledPart, Deletion, KeptPart, StoreError, Written,
};
use tokio::task::JoinSet;

use crate::place::{Ledger, account_sid, at, number};

fn begun(last: u8) -> (ControlledCall, Vec<live::Event>) {
    let id = CallId::of_outgoing([last; 16]);
    let ring =
        Ring { ring_seconds: 20, machine: Machine::Tell, send_digits: Some("ww1#".to_owned()), screen: None };
    let document = Some(Document::Twiml("<Response/>".to_owned()));
    let to = vec![Address::Phone { number: number(7) }];
    let wanted = Create { to, who: Who::All, ring, limit_seconds: 600, document };
    let asked = Asked { operation_context: Some("order 7".to_owned()), callback: None };
    let begun = create(&id, &number(1), wanted, &asked, at(0));
    let call = ControlledCall {
        plan: Some("next".to_owned()),
        steered: Steered::new(begun.call, at(0)),
        account_sid: account_sid(),
        base_url: "https://example.com/webhook".to_owned(),
        key: "0a1b2c3d".to_owned(),
        callback: Some("https://example.org/events".to_owned()),
        is_told: true,
        revision: 0,
    };
    (call, begun.events)
}

async fn due(ledger: &Ledger, seconds: i64) -> Vec<CallId> {
    let mut due = Vec::new();
    for part in ControlledPart::all() {
        due.extend(ledger.store.controlled_due(part, at(seconds)).await.unwrap());
    }
    due
}

#[tokio::test]
async fn a_steered_call_is_read_as_it_was_written() {
    let ledger = Ledger::new().await;
    let (call, events) = begun(3);
    let id = call.steered.call.id.clone();
    assert!(matches!(ledger.store.controlled_call(&id).await, Err(StoreError::NotFound(_))));
    let written = ledger.store.commit_controlled(&call, &events, None, Some(at(5)), at(0)).await.unwrap();
    assert_eq!(written, Committed::Yes);
    assert_eq!(ledger.store.controlled_call(&id).await.unwrap(), call);
    assert_eq!(ledger.store.events_after(&id, 0, 50).await.unwrap(), events);
    assert_eq!(ledger.store.events_after(&id, 1, 1).await.unwrap(), events[1..2]);
    assert_eq!(ledger.store.events_after(&id, 99, 50).await.unwrap(), []);
    assert_eq!(due(&ledger, 4).await, []);
    assert_eq!(due(&ledger, 5).await, std::slice::from_ref(&id));
    // Once more is a call that is there already.
    let again = ledger.store.commit_controlled(&call, &events, None, Some(at(5)), at(0)).await.unwrap();
    assert_eq!(again, Committed::Raced);
}

/// However long its log is, and whoever died in the middle of it.
#[tokio::test]
async fn a_call_that_is_over_is_deleted_with_its_log_unless_held() {
    let ledger = Ledger::new().await;
    let (mut call, events) = begun(5);
    call.steered.call.state = live::CallState::Ended;
    call.steered.call.ended_at = Some(at(60));
    let id = call.steered.call.id.clone();
    for (place, batch) in (0..).zip(events.iter().cycle().take(70).collect::<Vec<_>>().chunks(20)) {
        let numbered =
            (1..).zip(batch).map(|(nth, event)| live::Event { seq: place * 20 + nth, ..(*event).clone() });
        let numbered: Vec<live::Event> = numbered.collect();
        call.revision = u32::try_from(place).unwrap();
        let written = ledger.store.commit_controlled(&call, &numbered, None, None, at(60)).await.unwrap();
        assert_eq!(written, Committed::Yes);
    }
    assert_eq!(ledger.store.events_after(&id, 0, 100).await.unwrap().len(), 70);
    let kept = async |seconds| {
        let mut kept = Vec::new();
        for part in KeptPart::all() {
            kept.extend(ledger.store.controlled_kept(part, at(seconds)).await.unwrap());
        }
        kept
    };
    let day = 24 * 3600;
    assert_eq!((kept(60 + day - 1).await, kept(60 + day).await), (vec![], vec![id.clone()]));
    assert_eq!(due(&ledger, 10 * day).await, [], "nobody has anything to do at Twilio");
    ledger.store.controlled_kept_until(&call, at(9 * day)).await.unwrap();
    assert_eq!((kept(9 * day - 1).await, kept(9 * day).await.len()), (vec![], 1));
    let instruction = Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: at(70) };
    ledger.store.hold_number(&number(1), &instruction).await.unwrap();
    let delete = async || ledger.store.delete_controlled(&call, "kept for 180 days", at(80)).await.unwrap();
    assert_eq!(delete().await, Deletion::Held);
    assert_eq!(ledger.store.events_after(&id, 0, 100).await.unwrap().len(), 70);
    ledger.store.release_number(&number(1), &instruction).await.unwrap();
    assert_eq!(delete().await, Deletion::Go);
    assert!(matches!(ledger.store.controlled_call(&id).await, Err(StoreError::NotFound(_))));
    assert_eq!(ledger.store.events_after(&id, 0, 100).await.unwrap(), []);
    assert_eq!(delete().await, Deletion::Held, "it is gone");
}

#[tokio::test]
async fn of_many_who_change_a_steered_call_one_is_first() {
    let ledger = Ledger::new().await;
    let (call, events) = begun(4);
    let id = call.steered.call.id.clone();
    ledger.store.commit_controlled(&call, &events, None, None, at(0)).await.unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..20 {
        let (store, mut call) = (ledger.store.clone(), call.clone());
        writers.spawn(async move {
            let accepted = accept(&call.steered.call, Command::End, &Asked::default(), at(1)).unwrap();
            call.steered.call = accepted.call;
            call.revision += 1;
            store.commit_controlled(&call, &accepted.events, None, None, at(1)).await.unwrap()
        });
    }
    let won = writers.join_all().await.into_iter().filter(|it| *it == Committed::Yes).count();
    assert_eq!(won, 1);
    let log = ledger.store.events_after(&id, 0, 100).await.unwrap();
    let folded = live::fold_all(&id, &log).unwrap();
    let stored = ledger.store.controlled_call(&id).await.unwrap();
    assert_eq!(stored.steered.call, folded);
    assert_eq!(log.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=folded.seq).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_command_that_comes_again_changes_nothing() {
    let ledger = Ledger::new().await;
    let (mut call, events) = begun(6);
    let once = |key: u8| Once {
        id: OnceId { api_key: ApiKeyId::parse("0a1b2c3d").unwrap(), hash: [key; 32] },
        digest: [1; 32],
        status: 202,
        body: "{}".to_owned(),
    };
    let commits = |call: ControlledCall, events: Vec<live::Event>, once: Once| {
        let store = ledger.store.clone();
        async move { store.commit_controlled(&call, &events, Some(&once), None, at(0)).await.unwrap() }
    };
    assert_eq!(commits(call.clone(), events, once(1)).await, Committed::Yes);
    assert_eq!(ledger.store.once(&once(1).id, at(1)).await.unwrap(), Some(once(1)));
    call.revision += 1;
    let accepted = accept(&call.steered.call, Command::End, &Asked::default(), at(1)).unwrap();
    call.steered.call = accepted.call;
    assert_eq!(commits(call.clone(), accepted.events.clone(), once(1)).await, Committed::Repeated);
    assert_eq!(commits(call.clone(), accepted.events.clone(), once(2)).await, Committed::Yes);
    assert_eq!(commits(call.clone(), accepted.events, once(2)).await, Committed::Repeated);
}

#[tokio::test]
async fn one_message_goes_round_for_a_call_that_rests() {
    let ledger = Ledger::new().await;
    let (mut call, events) = begun(5);
    ledger.store.commit_controlled(&call, &events, None, Some(at(30)), at(0)).await.unwrap();
    assert_eq!(ledger.store.controlled_rests(&call, at(30)).await.unwrap(), Written::Applied);
    assert_ne!(ledger.store.controlled_rests(&call, at(30)).await.unwrap(), Written::Applied);
    // It has changed since: who comes then looks again.
    let seen = call.clone();
    call.revision += 1;
    ledger.store.commit_controlled(&call, &[], None, Some(at(40)), at(1)).await.unwrap();
    assert_ne!(ledger.store.controlled_rests(&seen, at(40)).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.controlled_rests(&call, at(40)).await.unwrap(), Written::Applied);
}

#[tokio::test]
async fn who_is_told_of_a_steered_call_is_known_with_it() {
    let ledger = Ledger::new().await;
    let (mut call, events) = begun(8);
    let id = call.steered.call.id.clone();
    ledger.store.commit_controlled(&call, &events, None, None, at(0)).await.unwrap();
    let told = async || {
        let mut told = ledger.store.deliveries(&id).await.unwrap();
        told.sort_by(|a, b| a.url.cmp(&b.url));
        told.into_iter().map(|it| (it.url, it.key, it.tells, it.cursor)).collect::<Vec<_>>()
    };
    let key = || "0a1b2c3d".to_owned();
    let of_call = ("https://example.org/events".to_owned(), key(), Tells::Call, 0);
    assert_eq!(told().await, std::slice::from_ref(&of_call));

    // An action that says where; another that says the same, and one that says where all is told.
    let mut first = None;
    for url in ["https://example.net/one", "https://example.net/one", &of_call.0] {
        let asked = Asked { callback: Some(url.to_owned()), ..Asked::default() };
        let address = Address::Phone { number: number(9) };
        let ring = Ring { ring_seconds: 20, machine: Machine::Ignore, send_digits: None, screen: None };
        let command = Command::Add(live::Add { to: address, ring, role: live::Role::Talk });
        let accepted = accept(&call.steered.call, command, &asked, at(1)).unwrap();
        call.steered.call = accepted.call;
        call.revision += 1;
        first.get_or_insert(accepted.events[0].seq);
        let written =
            ledger.store.commit_controlled(&call, &accepted.events, None, None, at(1)).await.unwrap();
        assert_eq!(written, Committed::Yes);
    }
    let of_actions = ("https://example.net/one".to_owned(), key(), Tells::Actions, first.unwrap() - 1);
    assert_eq!(told().await, [of_actions, of_call]);
}

#[tokio::test]
async fn two_calls_change_together_or_not_at_all() {
    let ledger = Ledger::new().await;
    let (one, other) = (begun(7), begun(8));
    for (call, events) in [&one, &other] {
        ledger.store.commit_controlled(call, events, None, None, at(0)).await.unwrap();
    }
    let next = |(call, _): &(ControlledCall, Vec<live::Event>)| {
        let accepted = accept(&call.steered.call, Command::End, &Asked::default(), at(1)).unwrap();
        let mut call = call.clone();
        call.steered.call = accepted.call;
        call.revision += 1;
        (call, accepted.events)
    };
    let ((one, of_one), (other, of_other)) = (next(&one), next(&other));
    let change = |call, events| ControlledChange { call, events, due: Some(at(9)) };
    // Somebody else has changed the other one.
    ledger.store.commit_controlled(&other, &of_other, None, None, at(1)).await.unwrap();
    let both = [change(&one, &of_one[..]), change(&other, &of_other[..])];
    assert_eq!(ledger.store.commit_together(&both, None, at(1)).await.unwrap(), Committed::Raced);
    let id = &one.steered.call.id;
    assert_eq!(ledger.store.controlled_call(id).await.unwrap().revision, 0);
    assert_eq!(due(&ledger, 9).await, []);
    let last = ControlledCall { revision: other.revision + 1, ..other.clone() };
    let both = [change(&one, &of_one[..]), change(&last, &[])];
    assert_eq!(ledger.store.commit_together(&both, None, at(1)).await.unwrap(), Committed::Yes);
    assert_eq!(ledger.store.controlled_call(id).await.unwrap(), one);
    assert_eq!(due(&ledger, 9).await.len(), 2);
}
