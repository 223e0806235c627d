//! Phone files: what is in force, what was, and what an edit that dies or comes second leaves.

use std::collections::HashSet;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{MailboxId, NumberSettings};
use phonefile::{PhoneFile, read};
use store::{Filed, NewFile, StoreError, Written};

use crate::place::{Ledger, Row, at, masked, number, settings, text};

const FILE: &str = r#"# Ours.
number: "+14155550100"
time_zone: Europe/Berlin
people:
  ana: { phone: "+12125550142", email: ana@example.com, name: Ana }
  ben: { phone: "+12125550177", email: ben@example.com }
lists:
  vip: ["+13125550142", "+1312777*"]
  blocked: [anonymous]
calls:
  - { from: blocked, do: reject }
  - { do: [ring: [ana, ben], voicemail: ben] }
"#;

fn file(text: &str) -> PhoneFile {
    read(text).unwrap().file
}

async fn write(ledger: &Ledger, text: &str, by: &str, second: i64) -> Filed {
    let seen = ledger.store.settings(&masked()).await.unwrap();
    let new = NewFile { text, file: &file(text), by, at: at(second) };
    ledger.store.write_file(&seen, new).await.unwrap()
}

async fn with_number() -> Ledger {
    let ledger = Ledger::new().await;
    ledger.store.add_settings(&settings(), at(0)).await.unwrap();
    ledger
}

fn ben() -> MailboxId {
    MailboxId::parse("+14155550100.ben").unwrap()
}

fn derived(text: &str) -> NumberSettings {
    file(text).settings(settings().mailbox).unwrap()
}

#[tokio::test]
async fn a_file_is_in_force_with_its_settings_and_mailboxes() {
    let ledger = with_number().await;
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().file, None);
    assert_eq!(write(&ledger, FILE, "ada", 1).await, Filed::Written(1));

    let store = ledger.another_store();
    let seen = store.settings(&masked()).await.unwrap();
    assert_eq!((seen.file, seen.settings), (Some(1), derived(FILE)));
    let number = store.number(&masked(), at(2)).await.unwrap();
    assert_eq!((number.settings.file, number.settings.since), (Some(1), Some(at(0))));
    assert_eq!(store.mailbox(&ben(), at(2)).await.unwrap().owner.email.reveal(), "ben@example.com");

    assert_eq!(store.file_text(&masked(), 1).await.unwrap(), FILE);
    let followed = store.phone_file(&masked(), 1).await.unwrap();
    assert_eq!(phonefile::compile(&followed), phonefile::compile(&file(FILE)));
}

#[tokio::test]
async fn every_edit_is_a_version_and_none_is_lost() {
    let ledger = with_number().await;
    let second = FILE.replace("# Ours.", "# Ours, anew.").replace("[ana, ben]", "ana");
    for (version, text, by) in [(1, FILE, "ada"), (2, &*second, "bob"), (3, FILE, "ada")] {
        assert_eq!(write(&ledger, text, by, version.into()).await, Filed::Written(version));
    }
    let history = ledger.store.file_history(&masked()).await.unwrap();
    let told: Vec<_> = history.iter().map(|it| (it.version, it.at, &*it.by)).collect();
    assert_eq!(told, [(1, at(1), "ada"), (2, at(2), "bob"), (3, at(3), "ada")]);
    for (version, text) in [(1, FILE), (2, &second), (3, FILE)] {
        assert_eq!(ledger.store.file_text(&masked(), version).await.unwrap(), text);
        assert_eq!(ledger.store.phone_file(&masked(), version).await.unwrap().calls, file(text).calls);
    }
    let none = ledger.store.file_text(&masked(), 4).await;
    assert!(matches!(none, Err(StoreError::NotFound("phone file"))), "{none:?}");
    let none = ledger.store.phone_file(&masked(), 4).await;
    assert!(matches!(none, Err(StoreError::NotFound("phone file"))), "{none:?}");
}

#[tokio::test]
async fn of_two_edits_of_the_same_one_is_in_force() {
    let ledger = with_number().await;
    let seen = ledger.store.settings(&masked()).await.unwrap();
    let second = FILE.replace("[ana, ben]", "ana").replace("vip: [", "vip: [\"+13125550143\", ");
    let (one, other) = (file(FILE), file(&second));
    let new = |text, file| NewFile { text, file, by: "ada", at: at(1) };
    let (first, then) = tokio::join!(
        ledger.store.write_file(&seen, new(FILE, &one)),
        ledger.store.write_file(&seen, new(&second, &other)),
    );
    let outcomes = [first.unwrap(), then.unwrap()];
    let written: Vec<_> =
        outcomes.iter().zip([&one, &other]).filter(|(it, _)| **it != Filed::Conflict).collect();
    let [(Filed::Written(version), file)] = &written[..] else { panic!("{outcomes:?}") };

    let store = ledger.another_store();
    assert_eq!(store.settings(&masked()).await.unwrap().file, Some(*version));
    let followed = store.phone_file(&masked(), *version).await.unwrap();
    assert_eq!(phonefile::compile(&followed), phonefile::compile(file));
    assert_eq!(store.file_history(&masked()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn settings_that_were_changed_meanwhile_refuse_a_file() {
    let ledger = with_number().await;
    let seen = ledger.store.settings(&masked()).await.unwrap();
    let mut changed = settings();
    changed.forwarding.on = false;
    ledger.store.replace_settings(&seen, &changed).await.unwrap();
    let new = NewFile { text: FILE, file: &file(FILE), by: "ada", at: at(1) };
    assert_eq!(ledger.store.write_file(&seen, new).await.unwrap(), Filed::Conflict);
    let now = ledger.store.settings(&masked()).await.unwrap();
    assert_eq!((now.file, now.settings), (None, changed));
    assert_eq!(ledger.store.file_history(&masked()).await.unwrap(), []);
    assert!(ledger.store.seen_mailbox(&ben()).await.is_err());
}

#[tokio::test]
async fn what_an_edit_left_that_died_is_in_nobodys_way() {
    let ledger = with_number().await;
    assert_eq!(write(&ledger, FILE, "ada", 1).await, Filed::Written(1));
    // It had written the rules and one of its lists.
    for (item, attribute, value) in
        [("rules#00000002", "compiled", "{}"), ("rules#00000002#list#gone", "entries", "[")]
    {
        let row = Row::from([
            ("number".to_owned(), text(masked().reveal())),
            ("item".to_owned(), text(item)),
            (attribute.to_owned(), text(value)),
        ]);
        let put = ledger.client.put_item().table_name(&ledger.tables.numbers).set_item(Some(row));
        put.send().await.unwrap();
    }
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().file, Some(1));
    assert_eq!(write(&ledger, FILE, "ada", 2).await, Filed::Written(3));
    let versions: Vec<u32> =
        ledger.store.file_history(&masked()).await.unwrap().iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 3]);
    assert!(ledger.store.phone_file(&masked(), 3).await.is_ok());
    // It says what is wrong, and of whose row.
    let broken = ledger.store.phone_file(&masked(), 2).await;
    assert!(matches!(broken, Err(StoreError::Malformed { row: "phone file", .. })), "{broken:?}");
}

#[tokio::test]
async fn a_file_of_a_later_release_says_so() {
    let ledger = with_number().await;
    write(&ledger, FILE, "ada", 1).await;
    let update = ledger.client.update_item().table_name(&ledger.tables.numbers);
    let update = update.key("number", text(masked().reveal())).key("item", text("rules#00000001"));
    let update = update.update_expression("SET compiled = :compiled");
    update.expression_attribute_values(":compiled", text(r#"{"v":9}"#)).send().await.unwrap();
    let newer = ledger.store.phone_file(&masked(), 1).await;
    assert!(matches!(newer, Err(StoreError::Newer { row: "phone file", schema: 9 })), "{newer:?}");
}

#[tokio::test]
async fn a_version_that_was_read_is_known_through_an_outage() {
    let mut ledger = with_number().await;
    for second in 1..=3 {
        write(&ledger, FILE, "ada", second).await;
    }
    let store = ledger.another_store();
    assert_eq!(store.phone_file_last_known(&masked()).map(|it| it.number.clone()), None);
    for version in [1, 3, 2] {
        store.phone_file(&masked(), version).await.unwrap();
    }
    ledger.goes_down().await;
    assert!(store.phone_file(&masked(), 3).await.is_ok() && store.phone_file(&masked(), 2).await.is_ok());
    assert!(store.phone_file_last_known(&masked()).is_some());
    // Calls follow the version in force, or the one before it.
    assert!(matches!(store.phone_file(&masked(), 1).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_person_has_the_mailbox_that_the_file_says() {
    let ledger = with_number().await;
    write(&ledger, FILE, "ada", 1).await;
    let moved = FILE.replace("ben@example.com", "ben@example.org");
    assert_eq!(write(&ledger, &moved, "ada", 2).await, Filed::Written(2));
    let seen = ledger.store.seen_mailbox(&ben()).await.unwrap();
    assert_eq!(seen.mailbox.owner.email.reveal(), "ben@example.org");
    // What it got stays, also when nobody of the file has it any more.
    let alone = moved.replace(", email: ben@example.org", "").replace("voicemail: ben", "voicemail: ana");
    assert_eq!(write(&ledger, &alone, "ada", 3).await, Filed::Written(3));
    assert!(ledger.store.seen_mailbox(&ben()).await.is_ok());
    // Its name is not given out again.
    let seen = ledger.store.seen_mailbox(&ben()).await.unwrap();
    assert_eq!(ledger.store.remove_mailbox(&seen, at(4)).await.unwrap(), Written::Applied);
    assert_eq!(write(&ledger, FILE, "ada", 5).await, Filed::MailboxRemoved(ben()));
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().file, Some(3));
}

#[tokio::test]
async fn a_new_owners_people_do_not_get_the_old_ones_mail() {
    let ledger = with_number().await;
    write(&ledger, FILE, "ada", 1).await;
    let seen = ledger.store.settings(&masked()).await.unwrap();
    assert_eq!(ledger.store.remove_settings(&seen, at(10)).await.unwrap(), Written::Applied);
    let mut next = settings();
    next.mailbox = next.mailbox.next();
    assert_eq!(ledger.store.add_settings(&next, at(20)).await.unwrap(), Written::Applied);
    let theirs = FILE.replace("ben@example.com", "ben@example.org");
    assert_eq!(write(&ledger, &theirs, "bob", 21).await, Filed::Written(2));

    let email = |id: MailboxId| {
        let store = &ledger.store;
        async move { store.seen_mailbox(&id).await.unwrap().mailbox.owner.email.reveal().to_owned() }
    };
    let later = MailboxId::parse("+14155550100-2.ben").unwrap();
    assert_eq!(email(ben()).await, "ben@example.com");
    assert_eq!(email(later.clone()).await, "ben@example.org");
    // What was left before belongs to whom it was left for, however late that is found out.
    let owners = ledger.store.owners(&masked()).await.unwrap();
    for (second, mailbox) in [(5, &ben()), (25, &later)] {
        assert_eq!(owners.of_person(&masked(), "ben", at(second)).as_ref(), Some(mailbox));
    }
    // Whoever gets the number again with the mailbox that it had, has its people again.
    let seen = ledger.store.settings(&masked()).await.unwrap();
    ledger.store.remove_settings(&seen, at(30)).await.unwrap();
    let own = ledger.store.seen_mailbox(&settings().mailbox).await.unwrap();
    ledger.store.add_settings_to(&own, &settings(), at(40)).await.unwrap();
    assert_eq!(write(&ledger, FILE, "ada", 41).await, Filed::Written(3));
    assert_eq!(email(later).await, "ben@example.org");
    assert_eq!(ledger.store.owners(&masked()).await.unwrap().place(), 0);
}

#[tokio::test]
async fn all_telephones_of_a_file_may_be_masked_numbers() {
    let ledger = with_number().await;
    let mut another = settings();
    another.number = number(13);
    another.mailbox = MailboxId::of_number(&number(13));
    ledger.store.add_settings(&another, at(0)).await.unwrap();
    let mut large = String::from("number: \"+14155550100\"\ntime_zone: UTC\npeople:\n");
    for it in 1..=14 {
        let _ =
            writeln!(large, "  p{it}: {{ phone: \"{}\", email: p{it}@example.com }}", number(it).reveal());
    }
    large.push_str("calls:\n");
    let people: Vec<String> = (1..=14).map(|it| format!("ring: p{it}")).collect();
    let _ = writeln!(large, "  - {{ do: [{}, voicemail: p1] }}", people.join(", "));
    let large = large.replacen("people:", "mailbox: p1\npeople:", 1);
    write(&ledger, &large, "ada", 1).await;
    let store = ledger.another_store();
    let read = store.number(&masked(), at(2)).await.unwrap();
    assert_eq!((read.settings.forwarding.targets.len(), read.masked_targets.len()), (10, 0));
    let followed = store.phone_file(&masked(), 1).await.unwrap();
    let found = store.masked_telephones(&read, (1, &followed), at(2)).await.unwrap();
    assert_eq!(*found, HashSet::from([number(13)]));
    // A file whose telephones all stand in the settings needs no look of its own.
    write(&ledger, FILE, "ada", 3).await;
    let mut ledger = ledger;
    let read = store.number(&masked(), at(40)).await.unwrap();
    let followed = store.phone_file(&masked(), 2).await.unwrap();
    ledger.goes_down().await;
    assert!(store.masked_telephones(&read, (2, &followed), at(40)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_of_many_lists_and_people_is_written_whole() {
    let ledger = with_number().await;
    let mut large = String::from("number: \"+14155550100\"\ntime_zone: UTC\npeople:\n");
    for it in 0..80 {
        let _ = writeln!(large, "  p{it}: {{ email: p{it}@example.com }}");
    }
    large.push_str("lists:\n");
    for it in 0..150 {
        let _ = writeln!(large, "  l{it}: [\"+1312555{it:04}\"]");
    }
    assert_eq!(write(&ledger, &large, "ada", 1).await, Filed::Written(1));
    let followed = ledger.another_store().phone_file(&masked(), 1).await.unwrap();
    assert_eq!(phonefile::compile(&followed), phonefile::compile(&file(&large)));

    let mut more = large.clone();
    for it in 80..200 {
        more = more.replacen("lists:\n", &format!("  p{it}: {{ email: p{it}@example.com }}\nlists:\n"), 1);
    }
    assert_eq!(write(&ledger, &more, "ada", 2).await, Filed::TooManyMailboxes(120));
}

#[tokio::test]
async fn rules_that_no_row_takes_are_refused() {
    let ledger = with_number().await;
    let mut long = format!("{FILE}plans:\n");
    for it in 0..150 {
        let _ = writeln!(long, "  p{it}: [{} voicemail]", "ring: ana, ring: ben, ".repeat(24));
    }
    let checked = read(&long).unwrap();
    let seen = ledger.store.settings(&masked()).await.unwrap();
    let new = NewFile { text: &long, file: &checked.file, by: "ada", at: at(1) };
    let told = ledger.store.write_file(&seen, new).await.unwrap();
    assert!(matches!(told, Filed::TooLong(bytes) if bytes > 400_000), "{told:?}");
}

#[tokio::test]
async fn an_edit_of_settings_keeps_the_file_in_force() {
    let ledger = with_number().await;
    write(&ledger, FILE, "ada", 1).await;
    let seen = ledger.store.settings(&masked()).await.unwrap();
    let mailbox = ledger.store.seen_mailbox(&seen.settings.mailbox).await.unwrap();
    let mut changed = mailbox.mailbox.clone();
    changed.owner.time_zone = jiff::tz::TimeZone::UTC;
    assert_eq!(ledger.store.replace_mailbox(&mailbox, &changed).await.unwrap(), Written::Applied);
    let now = ledger.store.settings(&masked()).await.unwrap();
    assert_eq!((now.file, now.settings.owner.time_zone), (Some(1), jiff::tz::TimeZone::UTC));
    let file = ledger.row_of(&masked(), "settings").await.remove("file");
    assert_eq!(file, Some(AttributeValue::N("1".to_owned())));
}
