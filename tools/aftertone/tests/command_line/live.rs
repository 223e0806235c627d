use std::time::{Duration, Instant};

use bytes::Bytes;
use exchange::Phone;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local::development::{self, MASKED_NUMBER, OWNER_PHONE};
use serde_json::{Value, json};

use crate::world::{Run, SPARE, World};

const OTHER_PHONE: &str = "+12125550142";
const THIRD_PHONE: &str = "+12125550143";
const FOURTH_PHONE: &str = "+12125550144";

/// A system, the key of a program, and a call of its own to two who pick up.
struct Steered {
    world: World,
    key: String,
    call: String,
}

impl Steered {
    async fn new() -> Self {
        let world = World::running().await;
        for phone in [OWNER_PHONE, OTHER_PHONE, THIRD_PHONE] {
            world.stack.exchange.plug(phone, Phone::answers_after(1));
        }
        let (_, key) = development::api_key(world.stack.clock.now()).unwrap();
        let body = json!({
            "from": MASKED_NUMBER, "to": [OWNER_PHONE, OTHER_PHONE], "operation_context": "order 7",
        });
        let request = http::Request::post(format!("{}/v1/calls", world.stack.gateway.endpoint()))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("idempotency-key", "once")
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
        let created = response.into_body().collect().await.unwrap().to_bytes();
        let created: Value = serde_json::from_slice(&created).unwrap();
        let call = created["call"]["id"].as_str().unwrap().to_owned();
        let steered = Self { world, key, call };
        steered.until(&["seated", "seated"]).await;
        steered
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        self.world.run(&[&["live"], arguments, &["--key", &self.key]].concat()).await
    }

    /// Does something with the call.
    async fn wants(&self, deed: &str, more: &[&str]) -> Run {
        self.run(&[&[deed, &self.call], more].concat()).await
    }

    /// Waits until everybody is so.
    async fn until(&self, states: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let call = self.wants("show", &["--json"]).await.json();
            let people = call["participants"].as_array().unwrap();
            if people.iter().map(|it| it["state"].as_str().unwrap()).eq(states.iter().copied()) {
                return;
            }
            assert!(Instant::now() < deadline, "{states:?}: {call:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_looked_at_steered_and_ended() {
    let it = Steered::new().await;
    let list = it.run(&["list"]).await.ok();
    assert!(list.contains("p1 seated, p2 seated") && list.contains(&it.call), "{list}");
    let held = it.wants("hold", &["p1"]).await.ok();
    assert!(held.starts_with("a2  hold p1  succeeded"), "{held}");
    it.until(&["held", "booth"]).await;
    it.wants("mute", &["p2"]).await.refused("(needs_seat): Add somebody");
    it.wants("resume", &["p1"]).await.ok();
    it.until(&["seated", "seated"]).await;
    it.wants("mute", &["p2"]).await.ok();
    let shown = it.wants("show", &[]).await.ok();
    for told in
        ["active", "+1 415-555-0100", "order 7", "+1 212-555-0142  seated, muted", "a2        hold p1"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    it.wants("unmute", &["p2"]).await.ok();
    let added = it.wants("add", &["(212) 555-0143", "--region", "US", "--ring", "9"]).await.ok();
    assert!(added.contains("add +1 212-555-0143  succeeded"), "{added}");
    let removed = it.wants("remove", &["p3", "--json"]).await;
    assert_eq!((removed.code, &removed.json()["state"]), (0, &json!("succeeded")));
    it.wants("end", &[]).await.refused("there is no terminal to ask on");
    it.wants("end", &["--yes"]).await.ok();
    let watched = it.wants("watch", &[]).await.ok();
    let lines: Vec<&str> = watched.lines().collect();
    assert!(lines[0].contains("call.created") && lines[lines.len() - 1].contains("call.ended"), "{watched}");
    let rest = it.wants("watch", &["--json", "--after", "10"]).await.ok();
    let first: Value = serde_json::from_str(rest.lines().next().unwrap()).unwrap();
    assert_eq!((&first["data"]["seq"], rest.lines().count()), (&json!(11), lines.len() - 10));
    assert!(it.wants("watch", &["--after", "1000"]).await.ok().is_empty(), "nothing comes any more");
    assert!(it.run(&["list"]).await.ok().contains("No call goes on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_goes_over_into_another_call_and_back() {
    let it = Steered::new().await;
    it.world.stack.exchange.plug(FOURTH_PHONE, Phone::answers_after(1));
    it.wants("add", &[THIRD_PHONE]).await.ok();
    it.until(&["seated", "seated", "seated"]).await;
    let gone = it.wants("transfer", &["p3", FOURTH_PHONE]).await.ok();
    assert!(gone.contains("transfer +1 212-555-0144 into CL") && gone.contains("succeeded"), "{gone}");
    it.until(&["seated", "seated", "left"]).await;
    let other = gone.split_whitespace().find(|word| word.starts_with("CL")).unwrap().to_owned();
    let back = it.run(&["move", &other, "p2", &it.call]).await.ok();
    assert!(back.contains(&format!("move p2 into {}  succeeded", it.call)), "{back}");
    it.until(&["seated", "seated", "left", "seated"]).await;
    let watched = it.wants("watch", &["--after", "0", "--json"]);
    let ended = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        it.wants("end", &["--yes"]).await
    };
    let (watched, _) = tokio::join!(watched, ended);
    assert!(watched.ok().contains(&format!("\"from_call\":\"{other}\"")));
    it.run(&["move", &other, "p2", "CL7"]).await.refused("CL or CA, and 32 of 0-9 and a-f");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wanted_in_vain_says_why_and_fails() {
    let it = Steered::new().await;
    it.world.stack.exchange.plug(THIRD_PHONE, Phone::busy());
    let added = it.wants("add", &[THIRD_PHONE]).await;
    assert_eq!(added.code, 1, "{added:?}");
    assert!(added.shown.contains("failed: the line was busy") && added.shown.contains("(busy)"), "{added:?}");
    it.wants("hold", &["p9"]).await.refused("(participant_not_found)");
    it.wants("add", &["911"]).await.refused("which country");
    it.wants("hold", &["p1", "--twiml", "<Response>"]).await.refused("`twiml`: ");
    let none = format!("CL{}", "0".repeat(32));
    it.run(&["show", &none]).await.refused("live list`; only the key that made a call sees it");
    it.wants("hold", &["1"]).await.refused("they are p1, p2 and so on");
    it.run(&["show", "7"]).await.refused("CL or CA, and 32 of 0-9 and a-f");
    it.wants("add", &[SPARE, "--machine", "dance"]).await.refused("possible values");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_key_is_told_where_one_comes_from() {
    let world = World::new().await;
    world.run(&["live", "list"]).await.refused("`cargo run -- serve");
    world
        .run(&["live", "list", "--key", "aft_nonsense"])
        .await
        .refused("this is no key that opens (unauthorized)");
    world.run(&["live", "list", "--key", "a\nb"]).await.refused("characters that no key has");
}
