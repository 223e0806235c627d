//! Settings as they stand in the table, attribute by attribute: what another release wrote and reads.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    AudioUrl, CallerId, Days, EmailAddress, Instead, Language, LanguageCode, Mailbox, MailboxId,
    MessageLength, NumberSettings, Prompt, PromptText, Retention, RingTime, Transcription, Wording,
};
use jiff::tz::TimeZone;

use crate::place::{Ledger, Row, at, masked, number, settings, text};

fn map<const N: usize>(attributes: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(row(attributes))
}

fn row<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Row {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn list<const N: usize>(texts: [&str; N]) -> AttributeValue {
    AttributeValue::L(texts.map(text).to_vec())
}

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

const YES: AttributeValue = AttributeValue::Bool(true);
const NO: AttributeValue = AttributeValue::Bool(false);

/// Every setting is another than a new number's.
fn full() -> NumberSettings {
    let mut settings = settings();
    settings.mailbox = MailboxId::parse("kim").unwrap();
    settings.owner.name = Some("Kim Lee".to_owned());
    settings.owner.second_email = EmailAddress::parse("lee@example.com").ok();
    settings.owner.missed_call_mail = true;
    settings.owner.language = Language::German;
    settings.owner.time_zone = TimeZone::get("Europe/Berlin").unwrap();
    settings.speech.language = Language::Chinese;
    settings.speech.voice = Some("Polly.Zhiyu".to_owned());
    settings.speech.prompts = [
        (Prompt::NothingHeard, Wording::Text(PromptText::new("Nothing?").unwrap())),
        (Prompt::Thanks, Wording::Audio(AudioUrl::new("https://example.com/thanks.mp3").unwrap())),
    ]
    .into();
    settings.forwarding.on = false;
    settings.forwarding.targets = vec![number(7), number(3)];
    settings.forwarding.ring_time = RingTime::seconds(600).unwrap();
    settings.forwarding.caller_id = CallerId::MaskedNumber;
    settings.forwarding.announce = false;
    settings.forwarding.hang_up_on_star = true;
    settings.forwarding.when_off = Instead::Message;
    settings.voicemail.max_length = MessageLength::seconds(14_400).unwrap();
    settings.voicemail.finish_key = None;
    settings.voicemail.beep = false;
    settings.voicemail.transcription = Transcription::Amazon;
    settings.voicemail.languages = ["es-US", "en-US"].map(|code| LanguageCode::parse(code).unwrap()).to_vec();
    settings.voicemail.purge_at_twilio = true;
    settings.plan.calls_per_month = Some(4_000_000_000);
    settings.plan.when_used_up = Instead::Reject;
    settings.retention =
        Retention { audio: Days::new(30).ok(), transcript: Days::new(36_500).ok(), calls: None };
    settings
}

fn full_number() -> Row {
    row([
        ("number", text("+14155550100")),
        ("item", text("settings")),
        ("mailbox", text("kim")),
        (
            "speech",
            map([
                ("language", text("zh-CN")),
                ("voice", text("Polly.Zhiyu")),
                (
                    "prompts",
                    map([
                        ("nothing-heard", map([("text", text("Nothing?"))])),
                        ("thanks", map([("audio", text("https://example.com/thanks.mp3"))])),
                    ]),
                ),
            ]),
        ),
        (
            "forwarding",
            map([
                ("on", NO),
                ("targets", list(["+12125550007", "+12125550003"])),
                ("ring_seconds", n(600)),
                ("caller_id", text("masked-number")),
                ("announce", NO),
                ("hang_up_on_star", YES),
                ("when_off", text("message")),
            ]),
        ),
        (
            "voicemail",
            map([
                ("max_seconds", n(14_400)),
                ("finish_key", text("")),
                ("beep", NO),
                ("transcription", text("amazon")),
                ("languages", list(["es-US", "en-US"])),
                ("purge_at_twilio", YES),
            ]),
        ),
        (
            "plan",
            map([
                ("time_zone", text("Europe/Berlin")),
                ("calls_per_month", n(4_000_000_000)),
                ("when_used_up", text("reject")),
            ]),
        ),
    ])
}

fn full_mailbox() -> Row {
    row([
        ("number", text("mailbox#kim")),
        ("item", text("settings")),
        (
            "owner",
            map([
                ("name", text("Kim Lee")),
                ("email", text("owner@example.com")),
                ("second_email", text("lee@example.com")),
                ("missed_call_mail", YES),
                ("language", text("de")),
                ("time_zone", text("Europe/Berlin")),
            ]),
        ),
        ("retention", map([("audio_days", n(30)), ("transcript_days", n(36_500)), ("call_days", n(0))])),
    ])
}

fn new_number() -> Row {
    row([
        ("number", text("+14155550100")),
        ("item", text("settings")),
        ("mailbox", text("+14155550100")),
        ("speech", map([("language", text("en")), ("prompts", map([]))])),
        (
            "forwarding",
            map([
                ("on", YES),
                ("targets", list(["+12125550001"])),
                ("ring_seconds", n(20)),
                ("caller_id", text("caller")),
                ("announce", YES),
                ("hang_up_on_star", NO),
                ("when_off", text("voicemail")),
            ]),
        ),
        (
            "voicemail",
            map([
                ("max_seconds", n(180)),
                ("finish_key", text("#")),
                ("beep", YES),
                ("transcription", text("auto")),
                ("languages", list([])),
                ("purge_at_twilio", NO),
            ]),
        ),
        ("plan", map([("time_zone", text("UTC")), ("when_used_up", text("voicemail"))])),
    ])
}

fn new_mailbox() -> Row {
    row([
        ("number", text("mailbox#+14155550100")),
        ("item", text("settings")),
        (
            "owner",
            map([
                ("email", text("owner@example.com")),
                ("missed_call_mail", NO),
                ("language", text("en")),
                ("time_zone", text("UTC")),
            ]),
        ),
        ("retention", map([("audio_days", n(0)), ("transcript_days", n(0)), ("call_days", n(180))])),
    ])
}

#[tokio::test]
async fn a_numbers_row_and_a_mailboxes_are_written_as_ever() {
    let ledger = Ledger::new().await;
    for (settings, rows) in
        [(full(), [full_number(), full_mailbox()]), (settings(), [new_number(), new_mailbox()])]
    {
        ledger.store.put_number(&settings).await.unwrap();
        for expected in rows {
            assert_eq!(written(&ledger, &expected).await, expected);
        }
    }
}

#[tokio::test]
async fn an_edit_writes_the_same_and_clears_what_is_cleared() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    let there = ledger.store.settings(&masked()).await.unwrap();
    let kept = NumberSettings { mailbox: there.settings.mailbox.clone(), ..full() };
    ledger.store.replace_settings(&there, &kept).await.unwrap();
    let there = ledger.store.settings(&masked()).await.unwrap();
    ledger.store.replace_settings(&there, &settings()).await.unwrap();
    for mut expected in [new_number(), new_mailbox()] {
        expected.insert("revision".to_owned(), n(2));
        assert_eq!(written(&ledger, &expected).await, expected);
    }
}

#[tokio::test]
async fn what_a_later_release_says_inside_a_part_disturbs_nothing() {
    let ledger = Ledger::new().await;
    let later = || AttributeValue::B(Blob::new([1, 2]));
    let sets = || AttributeValue::Ns(vec!["1".to_owned()]);
    for mut row in [full_number(), full_mailbox()] {
        for part in row.values_mut() {
            let AttributeValue::M(part) = part else { continue };
            part.insert("later".to_owned(), later());
            if let Some(AttributeValue::M(prompts)) = part.get_mut("prompts") {
                prompts.insert("on-hold".to_owned(), text("wait"));
                prompts.insert("queue".to_owned(), later());
                for (prompt, also) in [("thanks", "volume"), ("nothing-heard", "audio")] {
                    let AttributeValue::M(wording) = prompts.get_mut(prompt).unwrap() else { panic!() };
                    wording.insert(also.to_owned(), sets());
                }
            }
        }
        row.insert("later".to_owned(), sets());
        put(&ledger, row).await;
    }
    let read = ledger.store.number(&masked(), at(0)).await.unwrap();
    assert_eq!(read.settings, full().for_calls());
    assert_eq!(*ledger.store.mailbox(&full().mailbox, at(0)).await.unwrap(), full().for_mailbox());
}

#[tokio::test]
async fn what_is_null_is_as_if_it_were_left_out() {
    let ledger = Ledger::new().await;
    let null = || AttributeValue::Null(true);
    for mut row in [new_number(), new_mailbox()] {
        for (name, part) in &mut row {
            let AttributeValue::M(part) = part else { continue };
            part.retain(|field, _| field == "email");
            let fields = match &**name {
                "owner" => &["name", "second_email", "missed_call_mail", "language", "time_zone"][..],
                "speech" => &["language", "voice", "prompts"],
                "forwarding" => &["on", "targets", "ring_seconds", "caller_id", "when_off"],
                "voicemail" => &["max_seconds", "finish_key", "languages", "transcription"],
                "plan" => &["time_zone", "calls_per_month", "when_used_up"],
                "retention" => &["audio_days", "call_days"],
                other => panic!("{other}"),
            };
            part.extend(fields.iter().map(|field| ((*field).to_owned(), null())));
        }
        row.insert("since".to_owned(), null());
        put(&ledger, row).await;
    }
    let mut expected = settings();
    expected.forwarding.targets.clear();
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().settings, expected);
    let mut parts = new_number();
    for part in ["speech", "forwarding", "voicemail", "plan"] {
        parts.insert(part.to_owned(), null());
    }
    put(&ledger, parts).await;
    assert_eq!(ledger.another_store().settings(&masked()).await.unwrap().settings, expected);
}

#[tokio::test]
async fn texts_are_read_as_they_stand() {
    let ledger = Ledger::new().await;
    let mut settings = settings();
    settings.owner.name = Some(String::new());
    settings.speech.voice = Some(" ".to_owned());
    let code = |code| LanguageCode::parse(code).unwrap();
    settings.voicemail.languages = vec![code("en-US"), code("de-DE"), code("en-US")];
    settings.forwarding.targets = (1..=12).chain([1]).map(number).collect();
    ledger.store.put_number(&settings).await.unwrap();
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().settings, settings);
    // As people write them.
    let mut mailbox = new_mailbox();
    let AttributeValue::M(owner) = mailbox.get_mut("owner").unwrap() else { panic!() };
    owner.insert("language".to_owned(), text("pt_PT"));
    put(&ledger, mailbox).await;
    let Mailbox { owner, .. } = ledger.store.settings(&masked()).await.unwrap().settings.for_mailbox();
    assert_eq!(owner.language, Language::BrazilianPortuguese);
}

async fn written(ledger: &Ledger, expected: &Row) -> Row {
    let key = row(["number", "item"].map(|name| (name, expected[name].clone())));
    let get = ledger.client.get_item().table_name(&ledger.tables.numbers).set_key(Some(key));
    get.send().await.unwrap().item.unwrap()
}

async fn put(ledger: &Ledger, row: Row) {
    ledger.client.put_item().table_name(&ledger.tables.numbers).set_item(Some(row)).send().await.unwrap();
}
