//! The caller leaves no message, and the owner wants to know.

use std::time::Duration;

use domain::{DialOutcome, Instead, Language, NotMissed};
use exchange::{Caller, Phone, WebhookKind};
use store::StoreError;

use crate::letter::Letter;
use crate::world::{STRANGER, STRANGER_AS_WRITTEN, Told, World, after_call, seconds, stranger};

async fn curious() -> World {
    World::with_number(|number| number.owner.missed_call_mail = true).await
}

/// One short mail about a missed call, after the time in which a message may still be told of.
fn missed(told: &Told) -> &Letter {
    let mail = told.only_mail();
    assert_eq!(mail.subject, format!("Missed call from {STRANGER_AS_WRITTEN}"), "{}", told.story);
    assert!(mail.says("No message was left.") && mail.says("(415) 555-0100"), "{}", mail.text);
    assert!(mail.sounds.is_empty() && !mail.text.contains("http"), "{}", mail.text);
    assert!((119..=122).contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    mail
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_rings_is_told_of_once() {
    let world = curious().await;
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    missed(&told);
    told.forwarded(DialOutcome::CallerGone);
    let row = world.stack.ledger.missed_call(told.story.call_sid()).await.unwrap();
    assert!(!row.open && row.not_missed.is_none() && row.trouble.is_none(), "{row:?}");
}

#[tokio::test]
async fn a_caller_who_hangs_up_at_the_greeting_or_the_beep_is_told_of() {
    for caller in
        [Caller::new(STRANGER).hangs_up_during_greeting_after(2), stranger().hangs_up_during_message_after(0)]
    {
        let told = curious().await.call(caller).await;
        missed(&told);
        assert!(told.voicemail.is_none_or(|voicemail| voicemail.recording.is_empty()));
    }
}

#[tokio::test]
async fn a_caller_who_says_nothing_is_told_of() {
    let world = World::deleting_silence(|number| number.owner.missed_call_mail = true).await;
    missed(&world.call(Caller::new(STRANGER).stays_silent()).await);
}

#[tokio::test]
async fn a_caller_to_a_switched_off_number_is_told_of() {
    for (when_off, is_missed) in
        [(Instead::Voicemail, true), (Instead::Message, false), (Instead::Reject, false)]
    {
        let world = World::with_number(|number| {
            number.owner.missed_call_mail = true;
            number.forwarding.on = false;
            number.forwarding.when_off = when_off;
        })
        .await;
        let told = world.call(Caller::new(STRANGER).hangs_up_during_greeting_after(2)).await;
        assert_eq!(told.mails.len(), usize::from(is_missed), "{when_off:?}");
    }
}

#[tokio::test]
async fn no_missed_call_mail_where_somebody_talked_or_wants_none() {
    let world = curious().await;
    world.plug(Phone::answers_after(6).talks_for(60));
    let told = world.call(Caller::new(STRANGER)).await;
    told.forwarded(DialOutcome::Conversation);
    assert!(told.mails.is_empty());

    let world = curious().await;
    let told = world.no_answer().await;
    told.one_voicemail();

    let world = World::new().await;
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    assert!(told.mails.is_empty());
    assert!(world.rows("voicemails").await.is_empty(), "nothing is kept for who wants nothing");
}

#[tokio::test]
async fn a_missed_call_is_told_in_the_owners_language() {
    let world = World::with_number(|number| {
        number.owner.missed_call_mail = true;
        number.owner.language = Language::German;
    })
    .await;
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    assert_eq!(told.only_mail().subject, format!("Verpasster Anruf: {STRANGER_AS_WRITTEN}"));
    assert!(told.only_mail().says("Es wurde keine Nachricht hinterlassen."));
}

#[tokio::test]
async fn reports_and_messages_may_come_twice_for_one_mail() {
    let world = curious().await;
    world.exchange().set_delivery(|_| vec![Duration::ZERO, seconds(90)]);
    world.stack.wakeups.duplicate_every_message(true);
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    missed(&told);
}

#[tokio::test]
async fn a_message_or_a_conversation_that_is_told_of_late_wins() {
    for (late, kinds) in [
        (100, vec![WebhookKind::RecordAction, WebhookKind::RecordingStatus]),
        (100, vec![WebhookKind::RecordingStatus]),
    ] {
        let world = curious().await;
        world.exchange().set_delivery(move |it| {
            let (late, now) = (seconds(late), Duration::ZERO);
            if !kinds.contains(&it.kind) {
                vec![now]
            } else if it.kind.drives_the_call() {
                vec![now, late]
            } else {
                vec![late]
            }
        });
        let told = world.no_answer().await;
        told.one_voicemail();
    }

    let world = curious().await;
    world.plug(Phone::answers_after(6).talks_for(60));
    world.exchange().set_delivery(|it| {
        // The number's own report comes first, and all that it is about long after.
        let first = it.kind == WebhookKind::CallStatus || it.kind.drives_the_call();
        vec![if first { Duration::ZERO } else { seconds(100) }]
    });
    assert!(world.call(Caller::new(STRANGER)).await.mails.is_empty());
}

#[tokio::test]
async fn an_owner_who_changes_the_mind_gets_no_mail() {
    let world = curious().await;
    let mut settings = local::development::number().unwrap();
    settings.owner.missed_call_mail = false;
    let (stack, changed) = (world.stack.clone(), settings.clone());
    world.stack.clock.spawn(async move {
        stack.clock.sleep(seconds(60)).await;
        stack.store.put_number(&changed).await.unwrap();
    });
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    let call_sid = told.story.call_sid().clone();
    assert!(told.mails.is_empty());
    let row = world.stack.ledger.missed_call(&call_sid).await.unwrap();
    assert_eq!((row.not_missed, row.open), (Some(NotMissed::NotWanted), false));
    let unknown = world.stack.ledger.voicemails_of(&settings.number).await;
    assert!(matches!(unknown, Ok(rows) if rows.is_empty()), "lists of voicemails don't see it");
    let other = phone::CallSid::parse(&format!("CA{:032x}", 7)).unwrap();
    assert!(matches!(world.stack.ledger.missed_call(&other).await, Err(StoreError::NotFound(_))));
}
