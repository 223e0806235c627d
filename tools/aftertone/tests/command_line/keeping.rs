use std::sync::Arc;
use std::time::Duration;

use domain::{Act, Part, Voicemail};
use exchange::{Caller, Story};
use local::development::{MASKED_NUMBER, OWNER_EMAIL, OWNER_PHONE, STRANGER};
use local::front::Reach;
use local::mail_events::{Bounce, Fate, MailEventType};
use phone::RecordingSid;
use retention::Request;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::world::World;

const WHY: [&str; 4] = ["--why", "case 7", "--by", "ada"];

fn sid(story: &Story) -> String {
    story.recording().unwrap().sid.to_string()
}

impl World {
    async fn row(&self, sid: &str) -> Voicemail {
        self.stack.ledger.voicemail(&RecordingSid::parse(sid).unwrap()).await.unwrap()
    }

    /// The daily run.
    async fn sweep(&self) {
        let _busy = self.stack.clock.busy();
        retention::handle(&self.stack.retention, Request::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_not_deleted_until_it_is_released() {
    let world = World::new().await;
    let sid = sid(&world.voicemail().await);
    let (hold, release) = (["voicemails", "hold", &sid], ["voicemails", "release", &sid]);
    world.run(&hold).await.refused("--why");
    world.run(&[&hold[..], &["--why", ""]].concat()).await.refused("--why");
    world.run(&[&hold[..], &["--why", "case 7"]].concat()).await.refused("say it with --by");
    assert!(world.row(&sid).await.keeping.receipts.is_empty(), "nothing was written");

    let shown = world.run(&[&hold[..], &WHY].concat()).await.ok();
    assert!(shown.contains("is held: nothing of it is deleted"), "{shown}");
    let again = world.run(&[&hold[..], &WHY].concat()).await.ok();
    assert!(again.contains("is held already, since") && again.contains("by ada: case 7"), "{again}");
    let told = world.run(&["voicemails", "show", &sid]).await.ok();
    assert!(told.contains("held      since") && told.contains("held (by ada: case 7)"), "{told}");
    let delete = ["voicemails", "delete", &sid, "--why", "she asked", "--by", "ada", "--yes"];
    world.run(&delete).await.refused("lift the hold first with `aftertone --local=");
    assert_eq!(world.row(&sid).await.keeping.deletion_asked, None);

    let lifted = world.run(&[&release[..], &WHY].concat()).await.ok();
    assert!(lifted.contains("is released"), "{lifted}");
    let acts: Vec<Act> = world.row(&sid).await.keeping.receipts.iter().map(|it| it.act).collect();
    assert_eq!(acts, [Act::Held, Act::Released]);
    let none = world.run(&[&release[..], &WHY].concat()).await.ok();
    assert!(none.contains("was not held"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_held_with_all_its_voicemails() {
    let world = World::new().await;
    let sid = sid(&world.voicemail().await);
    let hold = ["number", "hold", MASKED_NUMBER];
    let shown = world.run(&[&hold[..], &WHY].concat()).await.ok();
    assert!(shown.contains("+1 415-555-0100 is held"), "{shown}");
    let again = world.run(&[&hold[..], &WHY].concat()).await.ok();
    assert!(again.contains("is already held since") && again.contains("by ada: case 7"), "{again}");
    let settings = world.run(&["number", "show", MASKED_NUMBER]).await.ok();
    assert!(settings.contains("# held since"), "{settings}");
    let same = world.run_with(&["number", "edit", MASKED_NUMBER, "--file", "-"], &settings).await.ok();
    assert!(same.contains("is so already"), "a hold is no setting: {same}");
    let list = world.run(&["number", "list", "--json"]).await.json();
    assert_eq!(list[0]["hold"]["why"], "case 7");
    let delete = ["voicemails", "delete", &sid, "--why", "she asked", "--by", "ada", "--yes"];
    world.run(&delete).await.refused(" number release`");
    let other = world.run(&[&["number", "hold", "+14155550109"][..], &WHY].concat()).await.ok();
    assert!(other.contains("is it the right number?"), "{other}");

    let release = ["number", "release", MASKED_NUMBER];
    world.run(&[&release[..], &WHY].concat()).await.ok();
    let none = world.run(&[&release[..], &WHY].concat()).await.ok();
    assert!(none.contains("was not held"), "{none}");
    world.run(&delete).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_marked_in_a_local_system_is_deleted_by_its_next_run() {
    let world = World::new().await;
    let sid = sid(&world.voicemail().await);
    let delete = ["voicemails", "delete", &sid, "--why", "she asked", "--by", "ada"];
    world.run(&delete).await.refused("say --yes");
    assert_eq!(world.row(&sid).await.keeping.deletion_asked, None);
    let marked = world.run(&[&delete[..], &["--yes"]].concat()).await.ok();
    assert!(marked.contains("is marked: `cargo run -- serve --data "), "{marked}");
    let list = world.run(&["voicemails", "list"]).await.ok();
    assert!(list.contains("to be deleted"), "{list}");

    world.sweep().await;
    let row = world.row(&sid).await;
    assert_eq!((&row.audio, &row.transcript, &row.parties), (&None, &None, &None));
    let told = world.run(&["voicemails", "show", &sid]).await.ok();
    for receipt in [
        "its deletion is asked for (by ada: she asked)",
        "the recording at Twilio is deleted (by ada: she asked)",
        "the sound is deleted (by ada: she asked)",
        "the words are deleted (by ada: she asked)",
        "who called is deleted (by ada: she asked)",
    ] {
        assert_eq!(told.matches(receipt).count(), 1, "{receipt}\n{told}");
    }
    assert!(!told.contains(STRANGER) && !told.contains("312-555"), "{told}");
    let json = world.run(&["voicemails", "show", &sid, "--json"]).await.json();
    assert_eq!((&json["deleted"], &json["receipts"][4]["act"]), (&true.into(), &"parties-deleted".into()));
    let again = world.run(&[&delete[..], &["--yes"]].concat()).await.ok();
    assert!(again.contains("is deleted already"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_stack_deletes_at_once_or_with_its_daily_run() {
    let world = Arc::new(World::new().await);
    let cloud = Cloud::over(&world).await;
    let sids = [sid(&world.voicemail().await), sid(&world.voicemail().await)];
    let delete = |sid: &str| ["voicemails", "delete", sid, "--why", "she asked", "--yes"].map(str::to_owned);
    let run = async |sid: &str| {
        let arguments = delete(sid);
        cloud.run(&arguments.each_ref().map(String::as_str), "").await
    };
    let marked = run(&sids[0]).await.ok();
    assert!(marked.contains("is marked: the daily run deletes it"), "{marked}");
    assert!(cloud.invoked().is_empty());

    cloud.change(|it| it.outputs["RetentionFunction"] = "aftertone-retention".into());
    let failed = run(&sids[0]).await;
    assert_eq!(failed.code, 1);
    assert!(failed.complaint.contains("the function aftertone-retention failed"), "{}", failed.complaint);
    assert!(failed.shown.contains("is marked"), "{}", failed.shown);

    cloud.retain(&world);
    let done = run(&sids[1]).await.ok();
    assert!(done.contains("is deleted; its row keeps the receipts"), "{done}");
    let receipts = world.row(&sids[1]).await.keeping.receipts;
    assert_eq!(receipts.last().unwrap().act, Act::Deleted(Part::Parties));
    assert_eq!(receipts[0].instruction.by, "arn:aws:iam::1:user/olivia", "whom AWS knows");
    assert!(world.row(&sids[0]).await.parties.is_some(), "only what was asked for");
    let invoked = cloud.invoked();
    assert_eq!(invoked.len(), 2);
    assert_eq!(invoked[1], serde_json::json!({ "recording_sids": [sids[1]] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_out_are_called_back() {
    let world = World::new().await;
    let sid = sid(&world.voicemail().await);
    let revoked = world.run(&["voicemails", "revoke", &sid]).await.ok();
    assert!(revoked.contains("called back"), "{revoked}");
    assert_eq!(world.row(&sid).await.links.epoch, 1);
    let told = world.run(&["voicemails", "show", &sid]).await.ok();
    assert!(told.contains("nobody has listened by a link; called back once"), "{told}");
    let unknown = format!("RE{:032x}", 9);
    world.run(&["voicemails", "revoke", &sid, &unknown]).await.refused("the ledger has no voicemail");
    assert_eq!(world.row(&sid).await.links.epoch, 1, "all of them or none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_came_back_is_told_with_what_helps() {
    let world = World::new().await;
    let fate = |event| Fate { event, after: Duration::from_secs(5) };
    world.stack.mailbox.set_fate(OWNER_EMAIL, fate(MailEventType::Bounced(Bounce::NoEmail)));
    let first = sid(&world.voicemail().await);
    let told = world.run(&["voicemails", "show", &first]).await.ok();
    for part in [
        "came back: the address takes no mail",
        "550 5.1.1 user unknown",
        "(the address is olivia@aftertone.example now)",
        "the mail came back: the first address takes no mail",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let found = world.run(&["doctor", "--quiet"]).await;
    assert_eq!(found.code, 1);
    for part in
        ["the first address of +1 415-555-0100 (o****@aftertone.example now)", "--email ADDRESS", "550 5.1.1"]
    {
        assert!(found.shown.contains(part), "{part}\n{}", found.shown);
    }

    let second = ["number", "edit", MASKED_NUMBER, "--second-email", "kim@aftertone.example", "--yes"];
    world.run(&second).await.ok();
    // Settings are kept in memory for half a minute.
    world.stack.clock.advance(Duration::from_mins(1)).await;
    let next = sid(&world.voicemail().await);
    let told = world.run(&["voicemails", "show", &next]).await.ok();
    for part in [
        "second    sent",
        "(the address is kim@aftertone.example now)",
        "the mail to the second address is sent",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let found = world.run(&["doctor", "--quiet"]).await.shown;
    assert!(found.contains("the second address takes them"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_is_not_blamed_on_a_numbers_next_owner() {
    let world = World::new().await;
    let bounces = Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: Duration::from_secs(5) };
    world.stack.mailbox.set_fate(OWNER_EMAIL, bounces);
    world.voicemail().await;
    world.run(&["mailbox", "add", "lee", "--email", "lee@example.com"]).await.ok();
    world.run(&["number", "edit", MASKED_NUMBER, "--mailbox", "lee", "--yes"]).await.ok();
    let found = world.run(&["doctor", "--quiet"]).await.shown;
    assert!(!found.contains("l****@example.com"), "{found}");
    for part in [
        "the first address of the mailbox +14155550100 (o****@aftertone.example now)",
        "mailbox edit +14155550100 --email ADDRESS`",
    ] {
        assert!(found.contains(part), "{part}\n{found}");
    }
}

/// What the alarm about a mail that nobody takes tells the operator.
fn mail_failed_alarm() -> String {
    let template: Value = serde_saphyr::from_str(include_str!("../../../../template.yaml")).unwrap();
    let alarm = &template["Resources"]["MailFailedAlarm"]["Properties"];
    alarm["AlarmDescription"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alarm_of_a_failed_mail_names_what_shows_it() {
    const KIM: &str = "kim@example.com";
    let told = mail_failed_alarm();
    let mut commands = told.split('`').skip(1).step_by(2);
    let lists = commands.find(|command| command.starts_with("aftertone voicemails list")).unwrap();
    let lists: Vec<&str> = lists.split(' ').skip(1).collect();
    for resent in [false, true] {
        let world = World::new().await;
        let bounces = Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: Duration::from_secs(5) };
        world.stack.mailbox.set_fate(if resent { KIM } else { OWNER_EMAIL }, bounces);
        let sid = sid(&world.voicemail().await);
        if resent {
            world.run(&["voicemails", "resend", &sid, "--to", KIM, "--by", "ada"]).await.ok();
            world.stack.clock.settled().await;
        }
        assert!(!world.row(&sid).await.open, "nothing more comes by itself");
        let shown = world.run(&lists).await.ok();
        assert!(shown.contains(&sid) && shown.contains("came back"), "{shown}");
    }
    assert!(told.contains("'came back'"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_calls_mail_that_came_back_is_told() {
    let world = World::new().await;
    world.run(&["number", "edit", MASKED_NUMBER, "--missed-call-mail", "on", "--yes"]).await.ok();
    let bounces = Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: Duration::from_secs(5) };
    world.stack.mailbox.set_fate(OWNER_EMAIL, bounces);
    let caller = Caller::new(STRANGER).hangs_up_while_ringing_after(8);
    let story = world.stack.exchange.call(caller, MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    let told = world.run(&["calls", "show", story.call_sid().as_str()]).await.ok();
    assert!(told.contains("Missed call  the mail came back"), "{told}");
    assert!(mail_failed_alarm().contains("a missed call"), "{}", mail_failed_alarm());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_over_again_to_whoever_is_named() {
    let world = World::new().await;
    let sid = sid(&world.voicemail().await);
    for (more, mails) in [(vec![], 2), (vec!["--to", "kim@aftertone.example", "--why", "on leave"], 3)] {
        let ordered =
            world.run(&[&["voicemails", "resend", &sid, "--by", "ada"], &more[..]].concat()).await.ok();
        assert!(ordered.contains("is sent over again now"), "{ordered}");
        world.stack.clock.settled().await;
        assert_eq!(world.stack.mailbox.messages().len(), mails);
    }
    assert_eq!(world.stack.mailbox.messages()[2].recipients, ["kim@aftertone.example"]);
    let told = world.run(&["voicemails", "show", &sid]).await.ok();
    for part in ["again     to kim@aftertone.example", "on leave", "the mail is sent over again"] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let json = world.run(&["voicemails", "show", &sid, "--json"]).await.json();
    assert_eq!((&json["resend"]["number"], &json["resend"]["order"]["by"]), (&2.into(), &"ada".into()));
    world.run(&["voicemails", "delete", &sid, "--why", "case 7", "--by", "ada", "--yes"]).await.ok();
    world.run(&["voicemails", "resend", &sid, "--by", "ada"]).await.refused("it is deleted, or is to be");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_about_a_missed_call_is_told_and_retried() {
    let world = World::new().await;
    world.run(&["number", "edit", MASKED_NUMBER, "--missed-call-mail", "on", "--yes"]).await.ok();
    world.stack.exchange.plug(OWNER_PHONE, exchange::Phone::never_answers());
    world.stack.mailbox.front().set(Reach::Refused).await.unwrap();
    let caller = Caller::new(STRANGER).hangs_up_while_ringing_after(8);
    let story = world.stack.exchange.call(caller, MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    let call = story.call_sid().as_str();
    let told = world.run(&["calls", "show", call]).await.ok();
    assert!(told.contains("Missed call  waits to be mailed"), "{told}");
    assert!(told.contains("trouble") && told.contains(&format!(" retry {call}`")), "{told}");

    world.stack.mailbox.front().set(Reach::Open).await.unwrap();
    let retried = world.run(&["retry", "--all"]).await.ok();
    assert!(retried.contains(&format!("{call}  is tried again now")), "{retried}");
    world.stack.clock.settled().await;
    assert_eq!(world.stack.mailbox.messages().len(), 1);
    let told = world.run(&["calls", "show", call]).await.ok();
    assert!(told.contains("Missed call  the owner was told") && told.contains("mail      sent"), "{told}");
    let json = world.run(&["calls", "show", call, "--json"]).await.json();
    assert_eq!(json["missed_call"]["mail"]["state"], "sent");
    let again = world.run(&["voicemails", "retry", call]).await.ok();
    assert!(again.contains("is done: there is nothing to retry"), "{again}");
    let other = format!("CA{:032x}", 9);
    world.run(&["retry", &other]).await.refused("the ledger has no missed call");
    world.run(&["retry", "RE1"]).await.refused("expected RE and 32 hexadecimal digits");
}
