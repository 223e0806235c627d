use exchange::NumberUrls;
use local::development::{AUTH_TOKEN, MASKED_NUMBER};
use serde_json::Value;

use crate::cloud::{Account, Cloud};
use crate::world::{Run, World};

/// What is wrong, as `about: told -> cure`.
fn wrong(run: &Run) -> Vec<String> {
    let report = run.json();
    let checks = report["checks"].as_array().unwrap().iter();
    let bad = checks.filter(|check| check["health"] == "bad" || check["health"] == "unknown");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told: Vec<String> = bad
        .map(|check| {
            format!("{}: {} -> {}", text(&check["about"]), text(&check["told"]), text(&check["cure"]))
        })
        .collect();
    assert_eq!(run.code, i32::from(report["healthy"] != true), "{report}");
    told
}

#[track_caller]
fn only(wrong: &[String], told: &str) {
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert!(wrong[0].contains(told), "{wrong:#?}");
}

async fn wired() -> World {
    let world = World::new().await;
    world.run(&["wire", "--all"]).await.ok();
    world.stack.reconcile().await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_system_that_works_is_said_to_work() {
    let world = wired().await;
    let shown = world.run(&["doctor"]).await.ok();
    for told in [
        "the API believes what AC00000000000000000000000000000001 signs",
        "the API refuses a forged webhook",
        "the fallback URL takes messages, and thanks for them",
        "+1 415-555-0100 leads here",
        "this machine's clock is right",
        "+1 415-555-0100 may call US",
        "All is well.",
    ] {
        assert!(shown.contains(told), "{told}\n{shown}");
    }
    assert!(
        world.stack.ledger.list_calls(&store::Listed::default()).await.unwrap().rows.is_empty(),
        "nothing is written"
    );
    let quiet = world.run(&["doctor", "--quiet"]).await.ok();
    assert_eq!(quiet, "All is well.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_local_system_is_named() {
    let world = wired().await;
    world.stack.exchange.wire(MASKED_NUMBER, NumberUrls::voice("https://crm.example.org/voice"));
    only(
        &wrong(&world.run(&["doctor", "--json"]).await),
        "leads elsewhere: VoiceUrl is https://crm.example.org/voice -> ",
    );
    world.stack.exchange.unwire(MASKED_NUMBER);
    only(&wrong(&world.run(&["doctor", "--json"]).await), "belongs to none of the secret's Twilio accounts");
    world.stack.exchange.wire(MASKED_NUMBER, world.stack.urls());

    let secret = world.folder().join("twilio-secret.json");
    let right = std::fs::read_to_string(&secret).unwrap();
    std::fs::write(&secret, "{}").unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    assert!(told[0].contains("secret set --account AC..."), "{told:#?}");
    std::fs::write(&secret, right.replace(AUTH_TOKEN, "another-token")).unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    assert!(told[0].contains("Twilio does not take the token of AC"), "{told:#?}");

    // The functions may have read that token, and look for another one two seconds later at the soonest: what
    // is signed with the right one would be a forgery to them until then.
    let world = wired().await;
    let client = world.stack.database.backstage_client();
    client.delete_table().table_name("aftertone-calls").send().await.unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    only(&told, "table: aftertone-calls can't be used");
    drop(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_that_asks_after_a_conversation_is_told() {
    let world = wired().await;
    // As an earlier release had it: whoever has left no message is asked for one.
    let answer = async |form: String| {
        let document = if form.contains("RecordingSid=") {
            "<Response><Say>Thanks.</Say></Response>"
        } else {
            "<Response><Record/></Response>"
        };
        ([("content-type", "text/xml")], document)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/voice", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let file = world.folder().join("stack.json");
    let mut outputs: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    outputs["FallbackUrl"] = url.into();
    std::fs::write(&file, outputs.to_string()).unwrap();
    let shown = world.run(&["doctor", "--quiet"]).await.shown;
    assert!(shown.contains("asks a caller for a message who has talked to the owner"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_not_running_is_said_not_to_run() {
    let world = wired().await;
    world.stack.gateway.front().set(local::front::Reach::Refused).await.unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    assert!(
        told[0].contains("signature: the API can't be reached") && told[0].contains("serve"),
        "{told:#?}"
    );
    world.stack.database.front().set(local::front::Reach::Refused).await.unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    assert!(told[0].contains("table: aftertone-numbers can't be used"), "{told:#?}");

    world.stack.bucket.front().set(local::front::Reach::Refused).await.unwrap();
    let told = wrong(&world.run(&["doctor", "--json"]).await);
    let folder = world.folder().display();
    only(
        &told,
        &format!(
            "stack: the local system in {folder} does not run -> start it with `cargo run -- serve --data "
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_keep_which_system_is_meant_and_can_be_pasted() {
    let world = World::new().await;
    let folder = world.folder().display().to_string();
    let run = world.run(&["number", "show", crate::world::SPARE]).await;
    run.refused(&format!("take it into service with `aftertone --local={folder} number add`"));
    // As it is pasted, with a blank as well.
    let mut command = crate::world::aftertone();
    let list = crate::world::run(command.args(["--local", &folder, "number", "list"]), "").await.ok();
    assert!(list.contains("olivia@aftertone.example"), "{list}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cant_be_shown_ends_in_failure() {
    let world = World::new().await;
    let mut command = crate::world::aftertone();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    command.arg(format!("--local={}", world.folder().display())).args(["number", "list", "--json"]);
    let child = command.stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("not everything could be shown: No space left"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_system_that_works_is_said_to_work() {
    let world = wired().await;
    let cloud = Cloud::over(&world).await;
    let shown = cloud.run(&["doctor"], "").await.ok();
    for told in [
        "AWS knows you as arn:aws:iam::1:user/olivia",
        "the stack aftertone is found",
        "voicemail@aftertone.example may send (aftertone.example is verified)",
        "7 of the day's 50000 mails are sent",
        "dead letters  there are none",
        "All is well.",
    ] {
        assert!(shown.contains(told), "{told}\n{shown}");
    }
    let numbers = cloud.run(&["number", "list", "--json"], "").await;
    assert_eq!(numbers.json()[0]["number"], MASKED_NUMBER);
}

/// What breaks it, what is told, and what cures it.
type Fault = (fn(&mut Account), &'static str, &'static str);

const FAULTS: [Fault; 6] = [
    (
        |it| it.signed_in = false,
        "credentials: AWS does not know you: The security token is expired",
        "aws sso login",
    ),
    (|it| it.sender_verified = false, "mail: aftertone.example is not verified", "DKIM records"),
    (|it| it.production = false, "mail: olivia@example.org is not verified", "create-email-identity"),
    (
        |it| it.suppressed = true,
        "mail: SES sends nothing to olivia@example.org any more (bounce)",
        "delete-suppressed-destination",
    ),
    (|it| it.dead_letters = 3, "dead letters: 3 messages failed too often", "aftertone retry --all"),
    (|it| it.outputs["CallsTable"] = "missing".into(), "table: missing can't be used", "sam deploy"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_deployed_system_is_named_with_its_cure() {
    let world = wired().await;
    let cloud = Cloud::over(&world).await;
    // At another domain than the sender's, which would cover it in the sandbox.
    let edit = ["number", "edit", MASKED_NUMBER, "--email", "olivia@example.org", "--yes"];
    cloud.run(&edit, "").await.ok();
    for (breaks, told, cure) in FAULTS {
        let healthy = cloud.account();
        cloud.change(breaks);
        let found = wrong(&cloud.run(&["doctor", "--json"], "").await);
        only(&found, told);
        assert!(found[0].contains(cure), "{found:#?}");
        cloud.change(|it| *it = healthy);
    }
    let run = cloud.run(&["--stack", "other", "doctor", "--json"], "").await;
    only(&wrong(&run), "there is no stack \"other\" in us-east-1");
    cloud
        .run(&["--stack", "other", "number", "list"], "")
        .await
        .refused("deploy it with `sam deploy --stack-name other`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_cloud_is_rotated_there() {
    let world = wired().await;
    let cloud = Cloud::over(&world).await;
    world.stack.exchange.set_secondary_token("the-next-token");
    cloud.run(&["secret", "rotate"], "the-next-token\n").await.ok();
    assert!(cloud.secret().contains("the-next-token") && cloud.secret().contains(AUTH_TOKEN));
    world.stack.exchange.promote_secondary_token();
    cloud.run(&["secret", "promote"], "").await.ok();
    assert!(!cloud.secret().contains(AUTH_TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_key_in_the_cloud_is_rotated_and_none_is_shown() {
    let world = World::new().await;
    world.run(&["secret", "rotate-link-key"]).await.refused("there is nothing to rotate");
    let cloud = Cloud::over(&world).await;
    let (old, new) = ("a".repeat(64), "b".repeat(64));
    let told = cloud.run(&["secret", "rotate-link-key"], "").await.ok();
    assert!(told.contains("Key 1 signs links from now on") && told.contains("30 days"), "{told}");
    let written: Value = serde_json::from_str(&cloud.account().link_secret).unwrap();
    assert_eq!((&written["keys"][0]["id"], &written["keys"][0]["secret"]), (&1.into(), &new.clone().into()));
    assert_eq!(written["keys"][1]["secret"], old, "links that are out stay open");
    assert!(written["keys"][1]["replaced_at"].is_string());
    let again = cloud.run(&["secret", "rotate-link-key", "--json"], "").await;
    assert_eq!(again.json(), serde_json::json!({ "signs": 2, "opens": 2, "dropped": 0 }));
    assert!(
        !format!("{told}{again:?}").contains(&old[..9]) && !format!("{told}{again:?}").contains(&new[..9])
    );
    cloud.change(|it| it.link_secret = "{".into());
    cloud.run(&["secret", "rotate-link-key"], "").await.refused("nothing was written");
    assert_eq!(cloud.account().link_secret, "{");
}
