use exchange::Story;
use local::front::Reach;
use sha2::{Digest as _, Sha256};

use crate::world::World;

fn sid(story: &Story) -> String {
    story.recording().unwrap().sid.to_string()
}

const WORDS: &str = "apple trees";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_voicemail_tell_their_whole_story() {
    let world = World::new().await;
    let empty = world.run(&["voicemails", "list"]).await.ok();
    assert!(empty.contains("There is no voicemail"), "{empty}");
    let story = world.voicemail().await;
    let list = world.run(&["voicemails", "list"]).await.ok();
    assert!(
        list.contains("+1 312-555-0142") && list.contains("delivered") && list.contains(&sid(&story)),
        "{list}"
    );
    assert!(!list.contains('\u{1b}'), "escape codes in a pipe");

    let shown = world.run(&["calls", "show", story.call_sid().as_str()]).await.ok();
    let order = [
        "comes in: forwarded",
        "the forwarded leg ends: no answer",
        "Voicemail RE",
        "the sound is ready at Twilio",
        "the sound is stored",
        "the mail is sent",
    ];
    let mut rest = shown.as_str();
    for part in order {
        let (_, behind) =
            rest.split_once(part).unwrap_or_else(|| unreachable!("{part:?} is not in\n{shown}"));
        rest = behind;
    }
    assert!(shown.contains(WORDS), "{shown}");
    let json = world.run(&["calls", "show", story.call_sid().as_str(), "--json"]).await.json();
    assert_eq!(json["outcome"], "no answer");
    assert_eq!(json["voicemails"][0]["mail"]["state"], "sent");
    let calls = world.run(&["calls", "list", "--number", "+14155550100"]).await.ok();
    assert!(calls.contains(story.call_sid().as_str()), "{calls}");
    let none = world.run(&["calls", "list", "--number", "+14155550101", "--json"]).await;
    assert_eq!(none.shown.trim(), "[]");
    world.run(&["voicemails", "show", &sid(&story)]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sound_is_saved_piped_and_exported() {
    let world = World::new().await;
    let story = world.voicemail().await;
    let sid = sid(&story);
    let piped = world.run(&["voicemails", "play", &sid]).await;
    assert_eq!(piped.code, 0, "{}", piped.complaint);
    assert!(piped.bytes.starts_with(b"RIFF"));
    assert_eq!(world.run(&["voicemails", "play", &sid, "--to", "message.wav"]).await.code, 0);
    assert_eq!(std::fs::read(world.folder().join("message.wav")).unwrap(), piped.bytes);
    world.run(&["voicemails", "play", &sid, "--to", "no/such/folder.wav"]).await.refused("can't be written");

    let done = world.run(&["voicemails", "export", "--to", "out"]).await.ok();
    assert!(done.contains("1 voicemail is in out."), "{done}");
    let file = |end: &str| std::fs::read(world.folder().join(format!("out/{sid}.{end}"))).unwrap();
    assert_eq!(file("wav"), piped.bytes);
    assert!(String::from_utf8(file("txt")).unwrap().contains(WORDS));
    let json: serde_json::Value = serde_json::from_slice(&file("json")).unwrap();
    assert_eq!(json["recording_sid"], sid);
    assert!(json["history"].as_array().unwrap().len() > 4, "{json}");

    let receipts: Vec<_> = std::fs::read_dir(world.folder().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("receipt-"))
        .collect();
    let [receipt] = &receipts[..] else { unreachable!("{receipts:?}") };
    let receipt: serde_json::Value = serde_json::from_slice(&std::fs::read(receipt).unwrap()).unwrap();
    let voicemail = &receipt["voicemails"][0];
    assert_eq!((&voicemail["recording_sid"], &receipt["missing"]), (&sid.into(), &serde_json::json!([])));
    let sound = &voicemail["files"][0];
    assert_eq!(sound["bytes"], piped.bytes.len());
    let sum = Sha256::digest(&piped.bytes);
    let told = sound["sha256"].as_str().unwrap();
    let told: Vec<u8> =
        (0..32).map(|byte| u8::from_str_radix(&told[2 * byte..2 * byte + 2], 16).unwrap()).collect();
    assert_eq!(told, sum.as_slice());
    world.run(&["voicemails", "export", "--to", "out"]).await.ok();
    assert_eq!(std::fs::read_dir(world.folder().join("out")).unwrap().count(), 5, "each receipt stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_that_failed_too_often_is_delivered_after_a_retry() {
    let world = World::new().await;
    world.stack.mailbox.front().set(Reach::Refused).await.unwrap();
    let story = world.voicemail().await;
    let sid = sid(&story);
    assert!(!world.stack.wakeups.dead_letters().is_empty(), "it failed too often");
    let shown = world.run(&["voicemails", "show", &sid]).await.ok();
    assert!(shown.contains("waits to be mailed; failed") && shown.contains("trouble"), "{shown}");
    let open = world.run(&["voicemails", "list", "--open", "--json"]).await.json();
    assert_eq!(open[0]["recording_sid"], sid);

    world.stack.mailbox.front().set(Reach::Open).await.unwrap();
    let retried = world.run(&["voicemails", "retry", "--all"]).await.ok();
    assert!(retried.contains("is tried again now"), "{retried}");
    world.stack.clock.settled().await;
    assert_eq!(world.stack.mailbox.messages().len(), 1);
    let again = world.run(&["voicemails", "retry", &sid]).await.ok();
    assert!(again.contains("is done: there is nothing to retry"), "{again}");
    let all = world.run(&["voicemails", "retry", "--all"]).await.ok();
    assert!(all.contains("nothing to retry"), "{all}");
    assert_eq!(world.stack.mailbox.messages().len(), 1, "none is doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_does_not_know_is_said() {
    let world = World::new().await;
    let (voicemail, call) = (format!("RE{:032x}", 9), format!("CA{:032x}", 9));
    for command in ["show", "play", "retry"] {
        world.run(&["voicemails", command, &voicemail]).await.refused("the ledger has no voicemail");
    }
    world.run(&["calls", "show", &call]).await.refused("the ledger has no call");
    world.run(&["voicemails", "retry"]).await.refused("--all");
    world.run(&["calls", "list", "--since", "yesterday"]).await.refused("write a span like 7d");
}
