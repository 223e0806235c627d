use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Days, Destination, EmailAddress, Entry, MailEvent, Mailbox, MailboxId, NumberSettings, Owner,
    RecordingReport, Reported, Retention,
};
use jiff::tz::TimeZone;
use store::{MailboxName, SeenMailbox, SeenSettings, Store, StoreError, Unreadable, Written};

use crate::place::{
    Ledger, Row, account_sid, at, call_sid, mailbox, masked, number, parties, recording_sid, settings, text,
};

fn id(name: &str) -> MailboxId {
    MailboxId::parse(name).unwrap()
}

fn kim() -> Mailbox {
    let email = EmailAddress::parse("kim@example.com").unwrap();
    let time_zone = TimeZone::get("Asia/Tokyo").unwrap();
    let owner = Owner { name: Some("Kim".to_owned()), time_zone, ..Owner::at(email) };
    let retention = Retention { audio: Days::new(30).ok(), ..Retention::default() };
    Mailbox { id: id("kim"), owner, retention }
}

/// The row of a number as releases wrote it that knew no mailboxes.
async fn put_old_row(ledger: &Ledger) -> NumberSettings {
    let map = |entries: &[(&str, AttributeValue)]| {
        AttributeValue::M(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let count = |count: &str| AttributeValue::N(count.to_owned());
    let row = Row::from([
        ("number".to_owned(), text(masked().reveal())),
        ("item".to_owned(), text("settings")),
        (
            "owner".to_owned(),
            map(&[
                ("name", text("Olivia")),
                ("email", text("olivia@example.com")),
                ("missed_call_mail", AttributeValue::Bool(true)),
                ("language", text("de")),
                ("time_zone", text("Europe/Berlin")),
            ]),
        ),
        ("forwarding".to_owned(), map(&[("targets", AttributeValue::L(vec![text(number(1).reveal())]))])),
        ("plan".to_owned(), map(&[("calls_per_month", count("7")), ("when_used_up", text("voicemail"))])),
        ("retention".to_owned(), map(&[("audio_days", count("30")), ("call_days", count("0"))])),
    ]);
    ledger.client.put_item().table_name(&ledger.tables.numbers).set_item(Some(row)).send().await.unwrap();
    let mut settings = settings();
    settings.owner = Owner {
        name: Some("Olivia".to_owned()),
        email: EmailAddress::parse("olivia@example.com").unwrap(),
        second_email: None,
        missed_call_mail: true,
        language: domain::Language::German,
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
    };
    settings.plan.calls_per_month = Some(7);
    settings.retention = Retention { audio: Days::new(30).ok(), transcript: None, calls: None };
    settings
}

async fn row(ledger: &Ledger, number: &str) -> Row {
    let get = ledger.client.get_item().table_name(&ledger.tables.numbers);
    let answer = get.key("number", text(number)).key("item", text("settings")).send().await.unwrap();
    answer.item.unwrap_or_default()
}

async fn seen(ledger: &Ledger) -> SeenSettings {
    ledger.store.settings(&masked()).await.unwrap()
}

async fn add(ledger: &Ledger, mailbox: &Mailbox) -> SeenMailbox {
    assert_eq!(ledger.store.add_mailbox(mailbox).await.unwrap(), Written::Applied);
    ledger.store.seen_mailbox(&mailbox.id).await.unwrap()
}

#[tokio::test]
async fn an_old_row_is_a_number_whose_mailbox_has_its_name() {
    let ledger = Ledger::new().await;
    let settings = put_old_row(&ledger).await;
    let store = &ledger.store;
    assert_eq!(store.number(&masked(), at(0)).await.unwrap().settings, settings.for_calls());
    assert_eq!(*store.mailbox(&mailbox(), at(0)).await.unwrap(), settings.for_mailbox());
    assert_eq!(seen(&ledger).await.settings, settings);
    assert_eq!(store.numbers().await.unwrap().rows, std::slice::from_ref(&settings));
    assert_eq!(store.mailboxes().await.unwrap().rows, [(settings.for_mailbox(), vec![masked()])]);
    assert_eq!(store.mailbox_at(&masked(), at(-1_000_000)).await.unwrap(), mailbox());
}

#[tokio::test]
async fn settings_that_cant_be_read_keep_no_others_from_being_seen() {
    let ledger = Ledger::new().await;
    for last in 1..=4 {
        let mut settings = NumberSettings { number: number(last), ..settings() };
        settings.mailbox = MailboxId::of_number(&settings.number);
        ledger.store.put_number(&settings).await.unwrap();
    }
    put_old_row(&ledger).await;
    // Spoiled: a number, a mailbox of its own, and one that stands in its number's row.
    let spoil = async |key: &str, attribute: &str| {
        let update = ledger.client.update_item().table_name(&ledger.tables.numbers);
        let update = update.key("number", text(key)).key("item", text("settings"));
        let update = update.update_expression("SET #attribute = :value");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":value", text("?")).send().await.unwrap();
    };
    spoil(number(1).reveal(), "forwarding").await;
    let inside = format!("mailbox#{}", number(2).reveal());
    spoil(&inside, "owner").await;
    spoil(masked().reveal(), "owner").await;
    let keys = |unreadable: &[Unreadable]| {
        let mut keys: Vec<String> = unreadable.iter().map(|row| row.key.clone()).collect();
        keys.sort();
        keys
    };
    let numbers = ledger.store.numbers().await.unwrap();
    let listed: Vec<_> = numbers.rows.iter().map(|row| row.number.clone()).collect();
    assert_eq!(listed, [number(3), number(4)]);
    let mut expected = [masked(), number(1), number(2)].map(|number| number.reveal().to_owned()).to_vec();
    expected.push(inside.clone());
    expected.sort();
    assert_eq!(keys(&numbers.unreadable), expected);
    let mailboxes = ledger.store.mailboxes().await.unwrap();
    assert_eq!(mailboxes.rows.len(), 3);
    // Where a number leads that can't be read is not known; the old row is both.
    let mut expected = vec![number(1).reveal().to_owned(), masked().reveal().to_owned(), inside];
    expected.sort();
    assert_eq!(keys(&mailboxes.unreadable), expected);
}

#[tokio::test]
async fn an_old_row_becomes_two_at_its_next_edit() {
    let ledger = Ledger::new().await;
    let mut settings = put_old_row(&ledger).await;
    settings.forwarding.on = false;
    let (one, other) = (seen(&ledger).await, seen(&ledger).await);
    assert_eq!(ledger.store.replace_settings(&one, &settings).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.replace_settings(&other, &settings).await.unwrap(), Written::Conflict);

    let number = row(&ledger, masked().reveal()).await;
    assert!(!number.contains_key("owner") && !number.contains_key("retention"), "{number:?}");
    assert_eq!(number.get("mailbox"), Some(&text(masked().reveal())));
    assert!(row(&ledger, &format!("mailbox#{}", masked().reveal())).await.contains_key("owner"));
    let fresh = ledger.another_store();
    assert_eq!(fresh.number(&masked(), at(0)).await.unwrap().settings, settings.for_calls());
    assert_eq!(*fresh.mailbox(&mailbox(), at(0)).await.unwrap(), settings.for_mailbox());
}

#[tokio::test]
async fn an_old_rows_mailbox_stays_without_its_number() {
    for moved in [false, true] {
        let ledger = Ledger::new().await;
        let settings = put_old_row(&ledger).await;
        let seen = seen(&ledger).await;
        let written = if moved {
            let kim = add(&ledger, &kim()).await;
            ledger.store.move_number(&seen, &settings, &kim, at(100)).await
        } else {
            ledger.store.remove_settings(&seen, at(100)).await
        };
        assert_eq!(written.unwrap(), Written::Applied);
        let fresh = ledger.another_store();
        assert_eq!(*fresh.mailbox(&mailbox(), at(100)).await.unwrap(), settings.for_mailbox());
        assert_eq!(fresh.mailbox_at(&masked(), at(99)).await.unwrap(), mailbox());
        let now = fresh.mailbox_at(&masked(), at(100)).await.unwrap();
        assert_eq!(now, if moved { id("kim") } else { mailbox() });
        assert_eq!(fresh.owners(&masked()).await.unwrap().at(at(100)).is_some(), moved);
    }
}

#[tokio::test]
async fn a_numbers_owners_are_known_with_their_times() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    assert_eq!(store.owners(&masked()).await.unwrap().at(at(0)), None);
    store.add_settings(&settings(), at(0)).await.unwrap();
    let kim = add(&ledger, &kim()).await;
    let first = seen(&ledger).await;
    assert_eq!(store.move_number(&first, &settings(), &kim, at(10)).await.unwrap(), Written::Applied);
    // The holds and usage of a number are none of its owners.
    store
        .hold_number(&masked(), &domain::Instruction { by: "a".into(), why: "b".into(), at: at(11) })
        .await
        .unwrap();
    let second = seen(&ledger).await;
    assert_eq!(second.settings.owner, self::kim().owner);
    assert_eq!(store.remove_settings(&second, at(20)).await.unwrap(), Written::Applied);
    let mut third = settings();
    third.mailbox = mailbox().next();
    assert_eq!(store.add_settings(&third, at(30)).await.unwrap(), Written::Applied);

    for (mailbox, until) in [(mailbox(), Some(at(10))), (id("kim"), Some(at(20))), (mailbox().next(), None)] {
        assert_eq!(store.led_until(&mailbox).await.unwrap(), until, "{mailbox}");
    }
    let owners = store.owners(&masked()).await.unwrap();
    let whose = |second| owners.at(at(second)).map(MailboxId::reveal);
    let first = mailbox();
    let cases = [
        (-1, None),
        (0, Some(first.reveal())),
        (9, Some(first.reveal())),
        (10, Some("kim")),
        (19, Some("kim")),
        (20, None),
        (29, None),
        (30, Some("+14155550100-2")),
    ];
    for (second, owner) in cases {
        assert_eq!(whose(second), owner, "after {second} s");
    }
    assert_eq!(store.number(&masked(), at(40)).await.unwrap().settings.since, Some(at(30)));
}

#[tokio::test]
async fn a_shared_mailbox_is_one_for_all_its_numbers() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let kim = add(&ledger, &kim()).await;
    for last in [1, 2] {
        let settings = NumberSettings { number: number(last), ..settings() };
        let kim = store.seen_mailbox(&kim.mailbox.id).await.unwrap();
        assert_eq!(store.add_settings_to(&kim, &settings, at(0)).await.unwrap(), Written::Applied);
    }
    let seen = store.settings(&number(1)).await.unwrap();
    assert_eq!((&seen.settings.owner, seen.settings.retention), (&kim.mailbox.owner, kim.mailbox.retention));
    let mut changed = seen.settings.clone();
    changed.owner.time_zone = TimeZone::get("Europe/Paris").unwrap();
    assert_eq!(store.replace_settings(&seen, &changed).await.unwrap(), Written::Applied);
    assert_eq!(store.settings(&number(2)).await.unwrap().settings.owner, changed.owner);
    // Calls don't read the mailbox: its zone stands with each number.
    for last in [1, 2] {
        let read = ledger.another_store().number(&number(last), at(0)).await.unwrap();
        assert_eq!(read.settings.time_zone, changed.owner.time_zone);
    }
    let listed = store.mailboxes().await.unwrap().rows;
    assert_eq!(listed, [(changed.for_mailbox(), vec![number(1), number(2)])]);
}

/// Lets some requests through, and dies.
#[derive(Debug)]
struct Dies(AtomicUsize);

impl Intercept for Dies {
    fn name(&self) -> &'static str {
        "Dies"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| "it is dead".into())
    }
}

#[tokio::test]
async fn an_edit_of_the_time_zone_that_died_is_finished_by_the_next() {
    // The write itself goes through, and then the look for the numbers or nothing.
    for before in [1, 2] {
        let ledger = Ledger::new().await;
        let store = &ledger.store;
        store.add_settings(&settings(), at(0)).await.unwrap();
        let seen = store.seen_mailbox(&mailbox()).await.unwrap();
        let mut changed = seen.mailbox.clone();
        changed.owner.time_zone = TimeZone::get("Asia/Tokyo").unwrap();
        let config = ledger.client.config().to_builder().interceptor(Dies(AtomicUsize::new(before)));
        let dying = Store::new(Client::from_conf(config.build()), ledger.tables.clone());
        assert!(dying.replace_mailbox(&seen, &changed).await.is_err());
        let now = store.seen_mailbox(&mailbox()).await.unwrap();
        assert_eq!(now.mailbox, changed);
        let heard = async || {
            ledger.another_store().number(&masked(), at(0)).await.unwrap().settings.time_zone.clone()
        };
        assert_ne!(heard().await, changed.owner.time_zone);

        assert_eq!(store.replace_mailbox(&now, &changed).await.unwrap(), Written::Applied);
        assert_eq!(heard().await, changed.owner.time_zone);
    }
}

#[tokio::test]
async fn a_mailbox_in_an_old_row_can_be_shared_and_edited() {
    for shared in [false, true] {
        let ledger = Ledger::new().await;
        let store = &ledger.store;
        let old = put_old_row(&ledger).await;
        let seen = store.seen_mailbox(&mailbox()).await.unwrap();
        let mut expected = old.for_mailbox();
        let written = if shared {
            store.add_settings_to(&seen, &NumberSettings { number: number(1), ..settings() }, at(0)).await
        } else {
            expected.owner.name = Some("Olive".to_owned());
            store.replace_mailbox(&seen, &expected).await
        };
        assert_eq!(written.unwrap(), Written::Applied);
        assert_eq!(store.remove_mailbox(&seen, at(0)).await.unwrap(), Written::Conflict);
        let numbers = if shared { vec![masked(), number(1)] } else { vec![masked()] };
        assert_eq!(store.mailboxes().await.unwrap().rows.len(), 1);
        let (mailbox, mut leading) = store.mailboxes().await.unwrap().rows.remove(0);
        leading.sort();
        let mut numbers = numbers;
        numbers.sort();
        assert_eq!((mailbox, leading), (expected, numbers));
        assert!(!row(&ledger, masked().reveal()).await.contains_key("owner"));
    }
}

#[tokio::test]
async fn a_mailbox_is_not_removed_under_a_number_that_joins_it() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let before = add(&ledger, &kim()).await;
    let to_kim = NumberSettings { number: number(1), ..settings() };
    assert_eq!(store.add_settings_to(&before, &to_kim, at(0)).await.unwrap(), Written::Applied);
    assert_eq!(store.remove_mailbox(&before, at(0)).await.unwrap(), Written::Conflict);
    let now = store.seen_mailbox(&before.mailbox.id).await.unwrap();
    assert_eq!(store.remove_mailbox(&now, at(0)).await.unwrap(), Written::Applied);
    let late = NumberSettings { number: number(2), ..settings() };
    assert_eq!(store.add_settings_to(&now, &late, at(0)).await.unwrap(), Written::Conflict);
    assert!(matches!(store.number(&number(2), at(0)).await, Err(StoreError::NotFound("number"))));
    assert!(matches!(store.mailbox(&before.mailbox.id, at(0)).await, Err(StoreError::NotFound("mailbox"))));
}

#[tokio::test]
async fn a_removed_mailboxs_name_is_never_given_out_again() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    store.add_settings(&settings(), at(0)).await.unwrap();
    store.remove_settings(&seen(&ledger).await, at(1)).await.unwrap();
    let gone = store.seen_mailbox(&mailbox()).await.unwrap();
    assert_eq!(store.mailbox_name(&mailbox()).await.unwrap(), MailboxName::Taken);
    assert_eq!(store.remove_mailbox(&gone, at(2)).await.unwrap(), Written::Applied);

    let late = NumberSettings { number: number(1), ..settings() };
    for (what, written) in [
        ("a mailbox", store.add_mailbox(&gone.mailbox).await),
        ("a number with its mailbox", store.add_settings(&settings(), at(3)).await),
        ("a number that joins it", store.add_settings_to(&gone, &late, at(3)).await),
        ("an edit", store.replace_mailbox(&gone, &gone.mailbox).await),
        ("a second removal", store.remove_mailbox(&gone, at(2)).await),
    ] {
        assert_eq!(written.unwrap(), Written::Conflict, "{what}");
    }
    assert!(matches!(store.settings(&masked()).await, Err(StoreError::NotFound("number"))));

    assert_eq!(store.mailbox_name(&mailbox()).await.unwrap(), MailboxName::Removed);
    assert_eq!(store.mailbox_name(&mailbox().next()).await.unwrap(), MailboxName::Free);

    // What is left of it is no mailbox to anybody, and nobody's address.
    let fresh = ledger.another_store();
    assert!(matches!(fresh.mailbox(&mailbox(), at(3)).await, Err(StoreError::NotFound("mailbox"))));
    assert!(matches!(fresh.seen_mailbox(&mailbox()).await, Err(StoreError::NotFound("mailbox"))));
    let (mailboxes, numbers) = (fresh.mailboxes().await.unwrap(), fresh.numbers().await.unwrap());
    assert!(mailboxes.rows.is_empty() && mailboxes.unreadable.is_empty(), "{mailboxes:?}");
    assert!(numbers.rows.is_empty() && numbers.unreadable.is_empty(), "{numbers:?}");
    assert!(!row(&ledger, &format!("mailbox#{}", masked().reveal())).await.contains_key("owner"));
}

#[tokio::test]
async fn an_edit_keeps_what_a_later_release_wrote() {
    let ledger = Ledger::new().await;
    ledger.store.add_settings(&settings(), at(0)).await.unwrap();
    for key in [masked().reveal().to_owned(), format!("mailbox#{}", masked().reveal())] {
        let update = ledger.client.update_item().table_name(&ledger.tables.numbers);
        let update = update.key("number", text(&key)).key("item", text("settings"));
        let update = update.update_expression("SET later = :x").expression_attribute_values(":x", text("x"));
        update.send().await.unwrap();
        let seen = seen(&ledger).await;
        assert_eq!(ledger.store.replace_settings(&seen, &settings()).await.unwrap(), Written::Applied);
        assert_eq!(row(&ledger, &key).await.get("later"), Some(&text("x")));
    }
    assert_eq!(ledger.store.number(&masked(), at(1)).await.unwrap().settings.since, Some(at(0)));
}

#[tokio::test]
async fn a_warm_call_reads_neither_number_nor_mailbox() {
    let mut ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    ledger.store.number(&masked(), at(0)).await.unwrap();
    ledger.store.mailbox(&mailbox(), at(0)).await.unwrap();
    ledger.goes_down().await;
    assert!(ledger.store.number(&masked(), at(29)).await.is_ok());
    assert!(ledger.store.mailbox(&mailbox(), at(29)).await.is_ok());
    assert!(ledger.store.mailbox(&mailbox(), at(30)).await.is_err());
}

#[tokio::test]
async fn a_row_of_the_ledger_is_pinned_once_and_for_all() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let report = RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording_sid(1),
        call_sid: call_sid(1),
        account_sid: account_sid(),
        reported: Reported::Left { parties: Some(parties()), duration_seconds: 5 },
        at: at(0),
    };
    assert_eq!(store.pin(&recording_sid(1), &id("kim")).await.unwrap(), Written::NotApplicable, "not there");
    store.voicemail_reported(&report).await.unwrap();
    assert_eq!(store.pin(&recording_sid(1), &id("kim")).await.unwrap(), Written::Applied);
    assert_eq!(store.pin(&recording_sid(1), &mailbox()).await.unwrap(), Written::AlreadyApplied);
    let engines = settings().voicemail.engines(settings().speech.language);
    let destination = Destination { parties: parties(), engines, purge_at_twilio: false, not_mailed: None };
    store.identified(&recording_sid(1), &destination, &mailbox()).await.unwrap();
    assert_eq!(store.voicemail(&recording_sid(1)).await.unwrap().mailbox, Some(id("kim")));

    store.call_missed(&call_sid(2), &parties(), &id("kim"), at(0)).await.unwrap();
    store
        .mail_event(Entry::from(&call_sid(2)), domain::Address::First, None, &MailEvent::Delivered, at(1))
        .await
        .unwrap();
    assert_eq!(store.pin(&call_sid(2), &mailbox()).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(store.missed_call(&call_sid(2)).await.unwrap().mailbox, Some(id("kim")));
}
