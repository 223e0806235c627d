use std::collections::{BTreeMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    AudioUrl, CallerId, Days, EmailAddress, FinishKey, Forwarding, Instead, Language, LanguageCode,
    MailboxId, MessageLength, NumberSettings, Owner, Plan, Prompt, PromptText, Retention, RingTime, Speech,
    Transcription, VoicemailSettings, Wording,
};
use jiff::tz::TimeZone;
use phone::PhoneNumber;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::StoreError;
use tokio::runtime::Builder;

use crate::place::{Ledger, Row, at, mailbox, masked, number, settings, text};

#[test]
fn any_settings_that_are_written_are_read_back_equal() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let ledger = runtime.block_on(Ledger::new());
    let config = Config { failure_persistence: None, ..Config::with_cases(64) };
    let written_and_read = |settings: NumberSettings| {
        runtime.block_on(async {
            ledger.store.put_number(&settings).await.unwrap();
            let read = ledger.store.number(&settings.number, at(0)).await.unwrap();
            prop_assert_eq!(&read.settings, &settings.for_calls());
            let mailbox = ledger.store.mailbox(&settings.mailbox, at(0)).await.unwrap();
            prop_assert_eq!(&*mailbox, &settings.for_mailbox());
            prop_assert_eq!(ledger.store.settings(&settings.number).await.unwrap().settings, settings);
            Ok(())
        })
    };
    TestRunner::new(config).run(&any_settings(), written_and_read).unwrap();
}

#[tokio::test]
async fn every_time_zone_that_has_a_name_is_kept() {
    let ledger = Ledger::new().await;
    let mut settings = settings();
    for name in ["UTC", "Etc/UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Asia/Shanghai", "EST"]
    {
        settings.owner.time_zone = TimeZone::get(name).unwrap();
        ledger.store.put_number(&settings).await.unwrap();
        let read = ledger.store.number(&masked(), at(0)).await.unwrap();
        assert_eq!(read.settings.time_zone, settings.owner.time_zone, "{name}");
    }
}

#[tokio::test]
async fn what_a_row_leaves_out_is_as_for_a_new_number() {
    let ledger = Ledger::new().await;
    let owner = ("email".to_owned(), text("owner@example.com"));
    put_row(&ledger, Row::from([("owner".to_owned(), AttributeValue::M(Row::from([owner.clone()])))])).await;
    let mut expected = settings();
    expected.forwarding = Forwarding::to(Vec::new());
    assert_eq!(ledger.store.number(&masked(), at(0)).await.unwrap().settings, expected.for_calls());
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().settings, expected);

    // The same with every part there, but empty; and with a prompt that a later version knows.
    let empty = || AttributeValue::M(Row::new());
    let later = AttributeValue::M(Row::from([("on-hold".to_owned(), empty())]));
    put_row(
        &ledger,
        Row::from([
            ("owner".to_owned(), AttributeValue::M(Row::from([owner]))),
            ("speech".to_owned(), AttributeValue::M(Row::from([("prompts".to_owned(), later)]))),
            ("forwarding".to_owned(), empty()),
            ("voicemail".to_owned(), empty()),
            ("plan".to_owned(), empty()),
            ("retention".to_owned(), empty()),
            ("not_yet_invented".to_owned(), AttributeValue::Bool(true)),
        ]),
    )
    .await;
    assert_eq!(ledger.another_store().number(&masked(), at(0)).await.unwrap().settings, expected.for_calls());
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().settings, expected);
}

#[tokio::test]
async fn a_malformed_row_says_which_attribute_it_is() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    let number = AttributeValue::N("1".to_owned());
    let list = AttributeValue::L(vec![text("not a number")]);
    let wording = AttributeValue::M(Row::from([("greeting".to_owned(), text("Hi"))]));
    let cases = [
        ("owner", None, number.clone(), "owner"),
        ("owner", Some("email"), text("nobody"), "email"),
        ("owner", Some("email"), AttributeValue::Null(true), "email"),
        ("owner", Some("language"), text("tlh"), "language"),
        ("owner", Some("time_zone"), text("Mars/Olympus_Mons"), "time_zone"),
        ("speech", Some("prompts"), wording, "prompts"),
        ("forwarding", Some("targets"), list, "targets"),
        ("forwarding", Some("ring_seconds"), number.clone(), "ring_seconds"),
        ("forwarding", Some("ring_seconds"), text("20"), "ring_seconds"),
        ("forwarding", Some("on"), text("yes"), "on"),
        ("forwarding", Some("caller_id"), text("somebody"), "caller_id"),
        ("forwarding", Some("when_off"), text("explode"), "when_off"),
        ("voicemail", Some("finish_key"), text("##"), "finish_key"),
        ("voicemail", Some("finish_key"), text("x"), "finish_key"),
        ("voicemail", Some("max_seconds"), number.clone(), "max_seconds"),
        ("voicemail", Some("transcription"), text("by hand"), "transcription"),
        ("plan", Some("calls_per_month"), AttributeValue::N("-1".to_owned()), "calls_per_month"),
        ("plan", Some("when_used_up"), number.clone(), "when_used_up"),
        ("plan", Some("time_zone"), text("Mars/Olympus_Mons"), "time_zone"),
        ("mailbox", None, text("nobody's"), "mailbox"),
        ("since", None, number, "since"),
        ("owner", Some("second_email"), text("nobody"), "second_email"),
        ("retention", Some("audio_days"), text("30"), "audio_days"),
        ("retention", Some("call_days"), AttributeValue::N("-1".to_owned()), "call_days"),
    ];
    for (part, inside, value, named) in cases {
        ledger.store.put_number(&settings()).await.unwrap();
        let is_mailbox = ["owner", "retention"].contains(&part);
        let path = inside.map_or_else(|| "#part".to_owned(), |_| "#part.#inside".to_owned());
        let mut update = ledger
            .client
            .update_item()
            .table_name(&ledger.tables.numbers)
            .key(
                "number",
                if is_mailbox {
                    text(&format!("mailbox#{}", masked().reveal()))
                } else {
                    text(masked().reveal())
                },
            )
            .key("item", text("settings"))
            .update_expression(format!("SET {path} = :value"))
            .expression_attribute_names("#part", part)
            .expression_attribute_values(":value", value);
        if let Some(inside) = inside {
            update = update.expression_attribute_names("#inside", inside);
        }
        update.send().await.unwrap();
        let read = if is_mailbox {
            ledger.store.mailbox(&mailbox(), at(0)).await.map(drop)
        } else {
            ledger.store.number(&masked(), at(0)).await.map(drop)
        };
        match read {
            Err(StoreError::Malformed { row, attribute }) => {
                assert_eq!((row, attribute), (if is_mailbox { "mailbox" } else { "number" }, named));
            }
            other => panic!("{part} {inside:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_number_that_nobody_owns_is_not_found() {
    let ledger = Ledger::new().await;
    assert!(matches!(ledger.store.number(&masked(), at(0)).await, Err(StoreError::NotFound("number"))));
    assert_eq!(ledger.store.number_last_known(&masked()), None);
}

#[tokio::test]
async fn a_change_by_somebody_else_is_seen_after_thirty_seconds() {
    let ledger = Ledger::new().await;
    let (here, elsewhere) = (&ledger.store, ledger.another_store());
    let mut settings = settings();
    elsewhere.put_number(&settings).await.unwrap();
    assert!(here.number(&masked(), at(0)).await.unwrap().settings.forwarding.on);

    settings.forwarding.on = false;
    elsewhere.put_number(&settings).await.unwrap();
    assert!(here.number(&masked(), at(0)).await.unwrap().settings.forwarding.on);
    assert!(here.number(&masked(), at(29)).await.unwrap().settings.forwarding.on);
    assert!(!here.number(&masked(), at(30)).await.unwrap().settings.forwarding.on);
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_nothing_in_memory_for_longer() {
    let ledger = Ledger::new().await;
    let mut settings = settings();
    ledger.store.put_number(&settings).await.unwrap();
    ledger.store.number(&masked(), at(3_600)).await.unwrap();
    settings.forwarding.on = false;
    ledger.another_store().put_number(&settings).await.unwrap();
    assert!(!ledger.store.number(&masked(), at(0)).await.unwrap().settings.forwarding.on);
}

#[tokio::test]
async fn a_change_through_the_same_store_is_seen_at_once() {
    let ledger = Ledger::new().await;
    let mut settings = settings();
    ledger.store.put_number(&settings).await.unwrap();
    ledger.store.number(&masked(), at(0)).await.unwrap();
    settings.forwarding.on = false;
    ledger.store.clone().put_number(&settings).await.unwrap();
    assert!(!ledger.store.number(&masked(), at(0)).await.unwrap().settings.forwarding.on);
}

#[tokio::test]
async fn a_number_that_was_given_up_is_forgotten() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    ledger.store.number(&masked(), at(0)).await.unwrap();
    let delete = ledger.client.delete_item().table_name(&ledger.tables.numbers);
    delete.key("number", text(masked().reveal())).key("item", text("settings")).send().await.unwrap();
    assert!(ledger.store.number(&masked(), at(29)).await.is_ok());
    assert!(matches!(ledger.store.number(&masked(), at(30)).await, Err(StoreError::NotFound("number"))));
    assert_eq!(ledger.store.number_last_known(&masked()), None);
}

#[tokio::test]
async fn targets_that_are_masked_numbers_themselves_are_found() {
    let ledger = Ledger::new().await;
    let put = async |own: PhoneNumber, targets: Vec<PhoneNumber>| {
        let mut settings = settings();
        settings.number = own;
        settings.forwarding.targets = targets;
        ledger.store.put_number(&settings).await.unwrap();
    };
    put(number(7), vec![number(1)]).await;
    // A number that only has usage is none that somebody owns.
    let usage = Row::from([
        ("number".to_owned(), text(number(8).reveal())),
        ("item".to_owned(), text("usage#2026-11")),
        ("calls".to_owned(), AttributeValue::N("3".to_owned())),
    ]);
    ledger.client.put_item().table_name(&ledger.tables.numbers).set_item(Some(usage)).send().await.unwrap();

    let cases = [
        (vec![], HashSet::new()),
        (vec![number(1), number(8)], HashSet::new()),
        (vec![number(7), number(7), number(1)], HashSet::from([number(7)])),
        (vec![masked(), number(7), number(1)], HashSet::from([masked(), number(7)])),
        ((0..120).map(number).collect(), HashSet::from([number(7)])),
    ];
    for (targets, masked_among_them) in cases {
        put(masked(), targets.clone()).await;
        let read = ledger.store.number(&masked(), at(0)).await.unwrap();
        assert_eq!(read.settings.forwarding.targets, targets);
        assert_eq!(read.masked_targets, masked_among_them);
    }
}

async fn put_row(ledger: &Ledger, mut row: Row) {
    row.insert("number".to_owned(), text(masked().reveal()));
    row.insert("item".to_owned(), text("settings"));
    ledger.client.put_item().table_name(&ledger.tables.numbers).set_item(Some(row)).send().await.unwrap();
}

fn any_settings() -> impl Strategy<Value = NumberSettings> {
    let parts = (any_speech(), any_forwarding(), any_voicemail(), any_plan(), any_retention());
    (any_number(), any_owner(), parts).prop_map(
        |(number, owner, (speech, forwarding, voicemail, plan, retention))| NumberSettings {
            mailbox: MailboxId::of_number(&number),
            number,
            owner,
            speech,
            forwarding,
            voicemail,
            plan,
            retention,
        },
    )
}

fn any_number() -> impl Strategy<Value = PhoneNumber> {
    "\\+[1-9][0-9]{6,14}".prop_map(|number| PhoneNumber::parse(&number).unwrap())
}

fn any_language() -> impl Strategy<Value = Language> {
    proptest::sample::select(&Language::ALL[..])
}

fn any_instead() -> impl Strategy<Value = Instead> {
    prop_oneof![Just(Instead::Voicemail), Just(Instead::Message), Just(Instead::Reject)]
}

fn any_owner() -> impl Strategy<Value = Owner> {
    let zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let time_zone = proptest::sample::select(zones).prop_map(|name| TimeZone::get(&name).unwrap());
    let email = "[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}\\.[a-z]{2,6}"
        .prop_filter_map("an address", |email| EmailAddress::parse(&email).ok());
    let second_email = proptest::option::of(email.clone());
    let name = proptest::option::of(".{0,40}");
    (name, email, second_email, any::<bool>(), any_language(), time_zone).prop_map(
        |(name, email, second_email, missed_call_mail, language, time_zone)| Owner {
            name,
            email,
            second_email,
            missed_call_mail,
            language,
            time_zone,
        },
    )
}

fn any_speech() -> impl Strategy<Value = Speech> {
    let wording = prop_oneof![
        "(?s).{1,200}".prop_filter_map("speakable", |text| PromptText::new(&text).ok().map(Wording::Text)),
        "https?://[a-z]{1,20}/[!-~]{0,60}"
            .prop_filter_map("fetchable", |url| AudioUrl::new(&url).ok().map(Wording::Audio)),
    ];
    let prompts = proptest::collection::btree_map(proptest::sample::select(&Prompt::ALL[..]), wording, 0..=6);
    (any_language(), proptest::option::of(".{0,30}"), prompts)
        .prop_map(|(language, voice, prompts): (_, _, BTreeMap<_, _>)| Speech { language, voice, prompts })
}

fn any_forwarding() -> impl Strategy<Value = Forwarding> {
    let caller_id = prop_oneof![Just(CallerId::Caller), Just(CallerId::MaskedNumber)];
    let targets = proptest::collection::vec(any_number(), 0..=10);
    let ring_time = (5i64..=600).prop_map(|seconds| RingTime::seconds(seconds).unwrap());
    (any::<[bool; 3]>(), targets, ring_time, caller_id, any_instead()).prop_map(
        |([on, announce, hang_up_on_star], targets, ring_time, caller_id, when_off)| Forwarding {
            on,
            targets,
            ring_time,
            caller_id,
            announce,
            hang_up_on_star,
            when_off,
        },
    )
}

fn any_voicemail() -> impl Strategy<Value = VoicemailSettings> {
    let max_length = (2i64..=14_400).prop_map(|seconds| MessageLength::seconds(seconds).unwrap());
    let keys: Vec<char> = "0123456789#*".chars().collect();
    let finish_key = proptest::sample::select(keys).prop_map(|key| FinishKey::new(key).unwrap());
    let transcription = proptest::sample::select(vec![
        Transcription::Auto,
        Transcription::Twilio,
        Transcription::Amazon,
        Transcription::Off,
    ]);
    let codes = ["en-US", "de-DE", "zh-CN"].map(|code| LanguageCode::parse(code).unwrap());
    let languages = proptest::sample::subsequence(codes.to_vec(), 0..=3);
    (max_length, proptest::option::of(finish_key), transcription, languages, any::<[bool; 2]>()).prop_map(
        |(max_length, finish_key, transcription, languages, [beep, purge_at_twilio])| VoicemailSettings {
            max_length,
            finish_key,
            beep,
            transcription,
            languages,
            purge_at_twilio,
        },
    )
}

fn any_retention() -> impl Strategy<Value = Retention> {
    let days = || proptest::option::of((1i64..=36_500).prop_map(|days| Days::new(days).unwrap()));
    (days(), days(), days()).prop_map(|(audio, transcript, calls)| Retention { audio, transcript, calls })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    (any::<Option<u32>>(), any_instead())
        .prop_map(|(calls_per_month, when_used_up)| Plan { calls_per_month, when_used_up })
}
