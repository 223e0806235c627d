use api::{CallbackSecret, Door, Event, KeyText};
use domain::{ApiKey, Scope};
use jiff::{SignedDuration, Timestamp};
use local::development::{self, MASKED_NUMBER};
use runtime::Clock;
use serde_json::{Value, json};
use store::{Store, Tables};

use crate::world::{SPARE, World};

fn store(world: &World) -> Store {
    Store::new(world.stack.database.backstage_client(), Tables::with_prefix("aftertone"))
}

/// Which status a program gets that asks with this key, so much later.
async fn asked(world: &World, key: &str, later: SignedDuration) -> u16 {
    let event: Event = serde_json::from_value(json!({
        "version": "2.0",
        "rawPath": "/v1/calls",
        "headers": { "authorization": format!("Bearer {key}") },
        "requestContext": { "http": { "method": "GET", "path": "/v1/calls" } },
        "isBase64Encoded": false,
    }))
    .unwrap();
    let door = Door::new(store(world), Clock::new(move || Timestamp::now() + later));
    door.admit(&event).await.map_or_else(|reply| reply.status(), |_| 200)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// Without the key that every system on a laptop has.
async fn world() -> World {
    let world = World::new().await;
    let (key, _) = development::api_key(Timestamp::now()).unwrap();
    store(&world).remove_api_key(&key).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_opens_the_door_and_is_shown_once() {
    let world = world().await;
    let scopes = ["--scope", "read,create", "--number", MASKED_NUMBER, "--country", "US,CA"];
    let callback = ["--callback", "https://example.com/calls", "--by", "olivia"];
    let added = world.run(&[&["key", "add", "crm", "--json"], &scopes[..], &callback].concat()).await.json();
    let (key, signs) = (text(&added, "key"), text(&added, "callback_secret"));
    assert_eq!(asked(&world, key, SignedDuration::ZERO).await, 200);
    assert!(CallbackSecret::parse(signs).is_some());

    let keys = store(&world).api_keys().await.unwrap().rows;
    let [stored] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!(stored.scopes, [Scope::Read, Scope::Create].into());
    assert_eq!((stored.name.as_str(), &*stored.created_by), ("crm", "olivia"));
    assert_eq!(stored.calls_per_minute, ApiKey::CALLS_PER_MINUTE);
    let list = world.run(&["key", "list"]).await.ok();
    for shown in ["crm", "read, create", "+1 415-555-0100", "0 of 600 min", "https://example.com/calls"] {
        assert!(list.contains(shown), "{list}");
    }
    let secret = &key[13..];
    let listed = world.run(&["key", "list", "--json"]).await.shown;
    for told in [&list, &listed] {
        assert!(!told.contains(secret) && !told.contains(signs), "{told}");
    }
    let file = std::fs::read_to_string(world.folder().join("callback-secrets.json")).unwrap();
    assert!(file.contains(signs) && !file.contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_a_new_key_may() {
    let world = world().await;
    let told = world.run(&["key", "add", "crm", "--by", "olivia"]).await.ok();
    assert!(told.starts_with("crm may read, control, all numbers."), "{told}");
    let secret = |prefix: &str| {
        told.split_whitespace().find(|word| word.starts_with(prefix)).unwrap_or_else(|| panic!("{told}"))
    };
    assert!(KeyText::parse(secret("aft_")).is_some() && CallbackSecret::parse(secret("whsec_")).is_some());
    assert!(told.contains("shown this once") && told.contains("hears nothing unasked"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_opens_with_both_secrets_for_a_while() {
    let world = world().await;
    let hours = SignedDuration::from_hours;
    let old = world.run(&["key", "add", "crm", "--by", "olivia", "--json"]).await.json();
    let new = world.run(&["key", "rotate", "crm", "--old-valid-for", "2h", "--json"]).await.json();
    assert_eq!(old["id"], new["id"]);
    for key in [&old, &new] {
        assert_eq!(asked(&world, text(key, "key"), hours(1)).await, 200);
    }
    assert_eq!(asked(&world, text(&old, "key"), hours(3)).await, 401);
    assert_eq!(asked(&world, text(&new, "key"), hours(3)).await, 200);
    let file = std::fs::read_to_string(world.folder().join("callback-secrets.json")).unwrap();
    for key in [&old, &new] {
        assert!(file.contains(text(key, "callback_secret")), "both sign");
    }
    let list = world.run(&["key", "list"]).await.ok();
    assert!(list.contains("two secrets until"), "{list}");

    let told = world.run(&["key", "rotate", "crm", "--old-valid-for", "0s"]).await.ok();
    assert!(told.contains("only that counts") && told.contains("The one before the old one"), "{told}");
    assert_eq!(asked(&world, text(&new, "key"), SignedDuration::ZERO).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_key_opens_nothing_and_signs_nothing() {
    let world = world().await;
    let added = world.run(&["key", "add", "crm", "--by", "olivia", "--json"]).await.json();
    world.run(&["key", "remove", "crm"]).await.refused("no terminal to ask on");
    let told = world.run(&["key", "remove", "crm", "--yes"]).await.ok();
    assert!(told.contains("crm is gone"), "{told}");
    assert_eq!(asked(&world, text(&added, "key"), SignedDuration::ZERO).await, 401);
    let file = std::fs::read_to_string(world.folder().join("callback-secrets.json")).unwrap();
    assert!(!file.contains(text(&added, "callback_secret")), "{file}");
    assert!(world.run(&["key", "list"]).await.ok().contains("There is no key yet"));
    world.run(&["key", "add", "crm", "--by", "olivia"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_makes_no_sense_is_refused() {
    let world = world().await;
    world.run(&["key", "add", "crm", "--by", "olivia"]).await.ok();
    world.run(&["key", "add", "crm", "--by", "olivia"]).await.refused("there is a key crm already");
    world
        .run(&["key", "add", "other", "--by", "olivia", "--number", SPARE])
        .await
        .refused("is not in service here");
    for command in ["rotate", "remove"] {
        world.run(&["key", command, "nobody"]).await.refused("there is no key nobody");
    }
    for (wrong, told) in [
        (&["Crm"][..], "a key's name must have"),
        (&["other", "--scope", "write"], "a scope must be one of"),
        (&["other", "--callback", "http://example.com"], "a callback must be an https URL"),
        (&["other", "--callback", "https://10.0.0.1/"], "its host is not a public address"),
        (&["other", "--country", "usa"], "two capital letters"),
    ] {
        world.run(&[&["key", "add"], wrong].concat()).await.refused(told);
    }
    world.run(&["key", "rotate", "crm", "--old-valid-for", "721h"]).await.refused("30 days");
    let keys = store(&world).api_keys().await.unwrap().rows;
    assert_eq!(keys.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn callback_secrets_that_cant_be_read_are_not_written_over() {
    let world = world().await;
    let file = world.folder().join("callback-secrets.json");
    std::fs::write(&file, r#"{"keys":"hush-hush"}"#).unwrap();
    let refused = world.run(&["key", "add", "crm", "--by", "olivia"]).await;
    assert!(!refused.complaint.contains("hush-hush"), "{}", refused.complaint);
    refused.refused("callback-secrets.json");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), r#"{"keys":"hush-hush"}"#);
    assert!(store(&world).api_keys().await.unwrap().rows.is_empty());
}
