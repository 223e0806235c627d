//! A number's phone file: given, shown, taken back.

use local::development::{MASKED_NUMBER, OWNER_PHONE};
use phone::PhoneNumber;

use crate::world::{Run, SPARE, World};

const FILE: &str = r#"# Olivia's, with a blank at the end: 
number: "+14155550100"
time_zone: America/New_York
people:
  olivia: { phone: "+12125550142", email: olivia@example.com, name: Olivia }
  ben: { phone: "+12125550143", email: ben@example.com }
calls:
  - { do: [ring: olivia, voicemail: olivia] }
"#;

const SHOW: [&str; 4] = ["number", "show", MASKED_NUMBER, "--file"];

impl World {
    /// Gives the number a file.
    async fn edit(&self, text: &str, more: &[&str]) -> Run {
        let edit = ["number", "edit", MASKED_NUMBER, "--file", "-", "--by", "ada"];
        self.run_with(&[&edit[..], more].concat(), text).await
    }

    async fn in_force(&self) -> Option<u32> {
        self.stack.ledger.settings(&number()).await.unwrap().file
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::parse(MASKED_NUMBER).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_file_is_given_shown_edited_and_taken_back() {
    let world = World::new().await;
    world.run(&SHOW).await.refused("has no phone file");
    world.edit(FILE, &[]).await.refused("say --yes");
    assert_eq!(world.in_force().await, None);
    let shown = world.edit(FILE, &["--yes"]).await.ok();
    assert!(shown.contains("its first phone file, of 8 lines"), "{shown}");
    assert!(shown.contains("owner.email") && shown.contains("mailbox +14155550100.ben"), "{shown}");
    assert!(shown.contains("It is in force as version 1"), "{shown}");
    assert_eq!(world.run(&SHOW).await.ok(), FILE);
    let settings = world.run(&["number", "show", MASKED_NUMBER]).await.ok();
    assert!(settings.contains("# as version 1 of its phone file says"), "{settings}");
    assert!(settings.contains("email: olivia@example.com"), "{settings}");

    let second = FILE.replace("ring: olivia", "ring: ben");
    let dry = world.edit(&second, &["--dry-run"]).await.ok();
    assert!(dry.contains("-  - { do: [ring: olivia, voicemail: olivia] }"), "{dry}");
    assert!(dry.contains("+  - { do: [ring: ben, voicemail: olivia] }"), "{dry}");
    assert!(dry.contains("forwarding.targets  +12125550142 -> +12125550143"), "{dry}");
    assert_eq!(world.in_force().await, Some(1));
    world.edit(&second, &["--yes"]).await.ok();
    assert_eq!(world.run(&SHOW).await.ok(), second);
    assert!(world.edit(&second, &[]).await.ok().contains("is so already"));

    let back = world.run(&["number", "undo", MASKED_NUMBER, "--by", "bob", "--yes"]).await.ok();
    assert!(back.contains("+  - { do: [ring: olivia, voicemail: olivia] }"), "{back}");
    assert_eq!(world.run(&SHOW).await.ok(), FILE);
    let history = world.run(&["number", "history", MASKED_NUMBER, "--json"]).await.json();
    let told: Vec<_> = history.as_array().unwrap().iter().map(|it| (&it["version"], &it["by"])).collect();
    assert_eq!(told, [(&3.into(), &"bob".into()), (&2.into(), &"ada".into()), (&1.into(), &"ada".into())]);
    assert_eq!(history[0]["in_force"], true);
    let history = world.run(&["number", "history", MASKED_NUMBER]).await.ok();
    assert!(history.lines().nth(1).unwrap().ends_with("bob  in force"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_faults_is_refused_with_all_of_them() {
    let world = World::new().await;
    let faults = FILE.replace("ring: olivia", "ring: olivai").replace("voicemail: olivia", "voicemail: bn");
    let refused = world.edit(&faults, &["--yes"]).await;
    for fault in ["`olivai` is no person", "`bn` is no person", "standard input:8:"] {
        assert!(refused.complaint.contains(fault), "{fault}: {}", refused.complaint);
    }
    refused.refused("nothing was written");
    world.edit(&FILE.replace(MASKED_NUMBER, SPARE), &["--yes"]).await.refused("is the phone file of");
    world.edit(FILE, &["--ring", "9"]).await.refused("leave the other options out");
    let unmet = format!("{FILE}expect: [{{ at: 2026-12-24 10:00, rings: [ben] }}]\n");
    world.edit(&unmet, &["--yes"]).await.refused("ben");
    assert_eq!(world.in_force().await, None);
    assert!(world.stack.ledger.file_history(&number()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_number_is_no_telephone_of_a_file() {
    let world = World::new().await;
    world.run(&["number", "add", SPARE, "--email", "a@b.co", "--target", OWNER_PHONE]).await.ok();
    let round = FILE.replace("voicemail: olivia]", &format!("forward: \"{SPARE}\"]"));
    world.edit(&round, &["--yes"]).await.refused("go round in circles");
    assert_eq!(world.in_force().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_number_with_a_file_are_edited_there() {
    let world = World::new().await;
    world.edit(FILE, &["--yes"]).await.ok();
    for flags in [["--ring", "30"], ["--greeting", "Hello."], ["--mailbox", "kim"]] {
        let edit = ["number", "edit", MASKED_NUMBER, flags[0], flags[1], "--yes"];
        world.run(&edit).await.refused("has a phone file, which says all of it");
    }
    world.run(&["number", "undo", MASKED_NUMBER, "--yes"]).await.refused("is the first phone file");
    let spare = FILE.replace(MASKED_NUMBER, SPARE);
    world.run_with(&["number", "add", SPARE, "--file", "-"], &spare).await.refused("number edit");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_tells_which_calls_would_have_gone_another_way() {
    let world = World::new().await;
    world.voicemail().await;
    let json = world.edit(FILE, &["--dry-run", "--json"]).await.json();
    assert_eq!((&json["calls"]["played"], &json["written"]), (&1.into(), &false.into()));
    let refusing = FILE.replace("[ring: olivia, voicemail: olivia]", "reject");
    let shown = world.edit(&refusing, &["--yes"]).await.ok();
    assert!(shown.contains("The last call: 1 would have gone another way."), "{shown}");
    assert!(shown.contains("-> refused"), "{shown}");
    let json = world.edit(FILE, &["--dry-run", "--json"]).await.json();
    assert_eq!(json["calls"]["others"][0]["before"], "refused");
    assert_eq!(json["calls"]["others"][0]["after"], "rings olivia for 25 s; a message for olivia");
    let same = world.edit(&format!("# Once more.\n{refusing}"), &["--dry-run"]).await.ok();
    assert!(same.contains("The last call would have gone the same way."), "{same}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_asks_the_file_in_force_or_the_settings() {
    let world = World::new().await;
    let when = ["when", MASKED_NUMBER, "--at", "2026-12-24 23:00"];
    let by_settings = world.run(&when).await.ok();
    assert!(by_settings.contains("a message is taken for `owner`"), "{by_settings}");
    world.edit(FILE, &["--yes"]).await.ok();
    let by_file = world.run(&when).await.ok();
    assert!(by_file.contains("line 8: `olivia` rings for 25 s; nobody picks up"), "{by_file}");
    world.run(&["when", SPARE]).await.refused("is not in service here");
    assert_ne!(world.run(&["when", MASKED_NUMBER, "--file", "-"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_blocked_listed_and_let_through_again() {
    let world = World::new().await;
    let stranger = "+13125550142";
    let blocks = async |verb: &str, caller: &str| world.run(&["number", verb, MASKED_NUMBER, caller]).await;
    blocks("block", stranger).await.refused("only with one are callers blocked");
    let with_list = format!("{FILE}lists: {{ vip: [\"+13125550177\"] }}\n");
    world.edit(&with_list, &["--yes"]).await.ok();
    blocks("block", "+12125550143").await.refused("is the telephone of `ben` in the phone file");
    blocks("block", "+13125550177").await.refused("stands in `lists.vip`");
    assert!(blocks("unblock", stranger).await.ok().contains("was not blocked"));
    assert!(blocks("block", stranger).await.ok().contains("is blocked; calls hear of it"));
    assert!(blocks("block", stranger).await.ok().contains("is blocked already"));
    let listed = world.run(&["number", "blocked", MASKED_NUMBER, "--json"]).await.json();
    assert_eq!(listed, serde_json::json!([stranger]));
    let shown = world.run(&["number", "show", MASKED_NUMBER]).await.ok();
    assert!(
        shown.contains("# 1 caller is blocked: `aftertone") && shown.contains("number blocked +14155550100"),
        "{shown}"
    );
    assert!(blocks("unblock", stranger).await.ok().contains("is not blocked any more"));
    let listed = world.run(&["number", "blocked", MASKED_NUMBER]).await.ok();
    assert!(listed.contains("blocks nobody"), "{listed}");
    world.run(&["number", "blocked", SPARE]).await.refused("is not in service");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_owner_takes_back_no_file_of_the_old_one() {
    let world = World::new().await;
    world.edit(FILE, &["--yes"]).await.ok();
    world.run(&["number", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    let add = ["number", "add", MASKED_NUMBER, "--email", "kim@example.com", "--target", OWNER_PHONE];
    world.run(&add).await.ok();
    let theirs = FILE.replace("ben@example.com", "ben@example.org");
    let shown = world.edit(&theirs, &["--yes"]).await.ok();
    assert!(shown.contains("mailbox +14155550100-2.ben"), "{shown}");
    let undo = ["number", "undo", MASKED_NUMBER, "--by", "bob", "--yes"];
    world.run(&undo).await.refused("is the first phone file");
}

/// The stranger is in a list.
const SILENT: &str = r#"number: "+14155550100"
time_zone: America/New_York
people:
  olivia: { phone: "+12125550142", email: olivia@example.com }
lists:
  blocked: ["+1900*", { who: "+1312*", note: sells windows }]
calls:
  - { from: blocked, do: silent }
  - { do: [ring: olivia, voicemail: olivia] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_in_silence_is_seen_and_mailed_when_asked_for() {
    let world = World::new().await;
    world.edit(SILENT, &["--yes"]).await.ok();
    let story = world.voicemail().await;
    let sid = story.recording().unwrap().sid.to_string();
    assert!(world.stack.mailbox.messages().is_empty());
    let list = world.run(&["voicemails", "list"]).await.ok();
    assert!(list.contains("kept in silence") && list.contains(&sid), "{list}");
    let shown = world.run(&["voicemails", "show", &sid]).await.ok();
    assert!(shown.contains("none: kept in silence, as the phone file says"), "{shown}");
    let json = world.run(&["voicemails", "show", &sid, "--json"]).await.json();
    assert_eq!((&json["not_mailed"], &json["open"]), (&"silent".into(), &false.into()));
    assert_eq!(world.run(&["voicemails", "play", &sid]).await.code, 0);

    world.run(&["voicemails", "resend", &sid, "--why", "she buys windows", "--by", "ada"]).await.ok();
    world.stack.clock.settled().await;
    assert_eq!(world.stack.mailbox.messages().len(), 1);
    let list = world.run(&["voicemails", "list"]).await.ok();
    assert!(list.contains("kept in silence, and mailed when asked for"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_of_a_list_tells_how_many_calls_it_decided() {
    let world = World::new().await;
    let lists = ["number", "lists", MASKED_NUMBER];
    assert!(world.run(&lists).await.ok().contains("has nobody in a list"));
    world.edit(SILENT, &["--yes"]).await.ok();
    let shown = world.run(&lists).await.ok();
    let never = shown.lines().filter(|line| line.starts_with("blocked") && line.contains("never")).count();
    assert_eq!(never, 2, "{shown}");
    assert!(!world.run(&["number", "show", MASKED_NUMBER]).await.ok().contains("lists decided"));

    let story = world.voicemail().await;
    let json = world.run(&[&lists[..], &["--json"]].concat()).await.json();
    let (first, second) = (&json[0], &json[1]);
    assert_eq!(
        (&first["who"], &first["calls"], &first["last_at"]),
        (&"+1900*".into(), &0.into(), &().into())
    );
    assert_eq!((&second["list"], &second["calls"]), (&"blocked".into(), &1.into()));
    assert_eq!((&second["note"], second["last_at"].is_string()), (&"sells windows".into(), true));
    let shown = world.run(&["number", "show", MASKED_NUMBER]).await.ok();
    assert!(
        shown.contains("# lists decided 1 call, the last at ") && shown.contains("number lists"),
        "{shown}"
    );
    let call = world.run(&["calls", "show", story.call_sid().as_str()]).await.ok();
    assert!(call.contains("in lists.blocked, by +1312*"), "{call}");
}
