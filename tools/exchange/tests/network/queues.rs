//! Rules of `<Enqueue>`, `<Dial><Queue>` and the queues of REST.

#![expect(clippy::unwrap_used, reason = "what should have happened and did not fails the test")]

use exchange::{CallHandle, Deed, Phone, WebhookKind};
use serde_json::json;

use crate::people::{ear, sid};
use crate::stage::{OURS, OWNER, Stage, caller, only, values};

/// Waits in the queue `desk`.
fn waits(attributes: &str) -> String {
    format!("<Enqueue action=\"/waited\" {attributes}>desk</Enqueue><Say>Next.</Say>")
}

/// Takes who waits in the queue `desk`.
fn takes(attributes: &str) -> String {
    format!("<Dial action=\"/took\" {attributes}><Queue>desk</Queue></Dial>")
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.server.twiml("/waited", "<Say>Waited.</Say>");
    stage.server.twiml("/took", "<Say>Took.</Say>");
    stage
}

async fn queue(stage: &Stage, form: &[(&str, &str)]) -> String {
    let made = stage.post("/Queues.json", form).await;
    assert_eq!(made.status, 201);
    format!("/Queues/{}", made.json()["sid"].as_str().unwrap())
}

fn result(call: &CallHandle) -> String {
    only(call.story(), WebhookKind::EnqueueAction).param("QueueResult").unwrap().to_owned()
}

fn dial_status(call: &CallHandle) -> String {
    only(call.story(), WebhookKind::DialAction).param("DialCallStatus").unwrap().to_owned()
}

#[tokio::test]
async fn a_wait_document_is_asked_again_with_fresh_numbers() {
    let stage = stage().await;
    stage.server.twiml("/wait", "<Say>one two three four five</Say><Pause length=\"3\"/>");
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &waits("waitUrl=\"/wait\""));
            stage.wait(1).await;
            let bob = stage.dials_in("bobby", &waits("waitUrl=\"/wait\" waitUrlMethod=\"GET\""));
            stage.wait(8).await;
            ann.does(Deed::HangsUp);
            stage.wait(3).await;
            bob.does(Deed::HangsUp);
            stage.wait(1).await;
            let asked = bob.story().webhooks_of(WebhookKind::QueueWait);
            assert_eq!(values(&asked, "QueuePosition"), ["2", "2", "1"]);
            assert_eq!(values(&asked, "QueueTime"), ["0", "5", "10"]);
            assert_eq!(values(&asked, "CurrentQueueSize"), ["2", "2", "1"]);
            assert_eq!(values(&asked, "AvgQueueTime"), ["0", "0", "9"]);
            assert_eq!(values(&asked, "MaxQueueSize"), ["1000"; 3]);
            assert!(asked[0].param("QueueSid").unwrap().starts_with("QU"));
            assert_eq!(asked[0].method, exchange::Method::Get);
            let first = ann.story().webhooks_of(WebhookKind::QueueWait);
            assert_eq!((first[0].method, first[0].param("From").is_some()), (exchange::Method::Post, true));
            assert_eq!((result(&ann), result(&bob)), ("hangup".into(), "hangup".into()));
            let left = only(ann.story(), WebhookKind::EnqueueAction);
            assert_eq!(left.param("QueueTime"), Some("9"));
            assert!(!ann.story().caller_heard("Waited."), "the answer is thrown away");
        })
        .await;
}

#[tokio::test]
async fn a_wait_document_can_lead_out_of_the_queue() {
    for (verbs, result, then) in [
        ("<Say>Hello.</Say><Leave/>", Some("leave"), "Waited."),
        ("<Redirect>/more</Redirect>", Some("leave"), "Waited."),
        (
            "<Gather numDigits=\"1\" action=\"/more\" timeout=\"5\"><Say>Press one.</Say></Gather>",
            Some("leave"),
            "Waited.",
        ),
        ("<Say>No.</Say><Hangup/>", None, "No."),
        ("<Dial>+12125550199</Dial><Leave/>", Some("leave"), "Waited."),
    ] {
        let stage = stage().await;
        stage.server.twiml("/wait", verbs);
        stage.server.twiml("/more", "<Say>More.</Say><Leave/>");
        stage.server.twiml("/voice", &waits("waitUrl=\"/wait\""));
        let story = stage.call(caller().presses("1").hangs_up_after(60)).await;
        let action = story.webhooks_of(WebhookKind::EnqueueAction);
        assert_eq!(action.first().and_then(|it| it.param("QueueResult")), result, "{story}");
        assert!(story.caller_heard(then), "{story}");
        assert_eq!(story.caller_heard("More."), verbs.contains("/more"), "{story}");
        let codes: Vec<u32> = story.errors().iter().map(|problem| problem.code).collect();
        assert_eq!(codes, if verbs.contains("<Dial>") { vec![14219] } else { vec![] });
    }
}

#[tokio::test]
async fn without_an_action_the_next_verb_follows_the_queue() {
    let stage = Stage::saying("<Enqueue waitUrl=\"/wait\">desk</Enqueue><Say>Voicemail.</Say>").await;
    stage.server.twiml("/wait", "<Leave/>");
    assert!(stage.call(caller()).await.caller_heard("Voicemail."));
    let stage = Stage::saying("<Enqueue waitUrl=\"/nowhere\">desk</Enqueue><Say>Voicemail.</Say>").await;
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Voicemail."), "{story}");
    assert!(stage.exchange.queues()[0].waiting.is_empty());
}

#[tokio::test]
async fn a_full_queue_takes_nobody_in() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let path = queue(&stage, &[("FriendlyName", "desk"), ("MaxSize", "1")]).await;
            let ann = stage.dials_in("ann", &waits(""));
            stage.wait(1).await;
            let bob = stage.dials_in("bobby", &waits(""));
            stage.wait(1).await;
            assert_eq!(result(&bob), "queue-full");
            let action = only(bob.story(), WebhookKind::EnqueueAction);
            assert_eq!((action.param("QueueSid"), action.param("QueueTime")), (None, None));
            assert_eq!(bob.story().warnings()[0].code, 14207);
            assert!(bob.story().caller_heard("Waited."));
            // Who is taken makes room at once.
            let agent = stage.dials_in("agent", &takes(""));
            stage.wait(1).await;
            assert_eq!(stage.get(&format!("{path}.json")).await.json()["current_size"], 0);
            let cid = stage.dials_in("cid", &waits(""));
            stage.wait(1).await;
            assert_eq!(stage.get(&format!("{path}.json")).await.json()["current_size"], 1);
            for call in [&ann, &cid, &agent] {
                call.does(Deed::HangsUp);
            }
        })
        .await;
}

#[tokio::test]
async fn the_first_is_taken_and_after_the_talk_both_go_on() {
    for who in ["agent", "caller"] {
        let stage = stage().await;
        stage
            .play(move |stage| async move {
                let ann = stage.dials_in("ann", &waits(""));
                stage.wait(5).await;
                let bob = stage.dials_in("bobby", &waits(""));
                stage.wait(5).await;
                let agent = stage.dials_in("agent", &takes(""));
                stage.wait(10).await;
                assert!(ann.story().webhooks_of(WebhookKind::EnqueueAction).is_empty(), "not before the end");
                let leaver = if who == "agent" { &agent } else { &ann };
                leaver.does(Deed::HangsUp);
                stage.wait(5).await;
                assert_eq!((result(&ann), dial_status(&agent)), ("bridged".into(), "completed".into()));
                let took = only(agent.story(), WebhookKind::DialAction);
                assert_eq!(took.param("DialCallSid"), Some(sid(&ann).as_str()));
                assert_eq!(
                    (took.param("DialCallDuration"), took.param("DialBridged")),
                    (Some("10"), Some("true"))
                );
                let waited = only(ann.story(), WebhookKind::EnqueueAction);
                assert_eq!(waited.param("QueueTime"), Some("10"));
                assert_eq!(ann.story().caller_heard("Waited."), who == "agent");
                assert_eq!(agent.story().caller_heard("Took."), who == "caller");
                assert_eq!(stage.exchange.queues()[0].waiting, [sid(&bob)]);
                bob.does(Deed::HangsUp);
                let (a, g) = (sid(&ann), sid(&agent));
                let names = [(&a, "ann"), (&g, "agent")];
                assert_eq!(ear(&stage, &a, &names)[..2], ["0-10 music", "10-20 agent"]);
                assert_eq!(ear(&stage, &g, &names)[0], "0-10 ann");
            })
            .await;
    }
}

#[tokio::test]
async fn who_takes_from_an_empty_queue_waits_for_somebody() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let unknown = stage.dials_in("unknown", &takes(""));
            stage.wait(1).await;
            assert_eq!(dial_status(&unknown), "failed", "there is no such queue");
            queue(&stage, &[("FriendlyName", "desk")]).await;
            let agent = stage.dials_in("agent", &takes("timeout=\"20\""));
            stage.wait(19).await;
            let ann = stage.dials_in("ann", &waits(""));
            stage.wait(10).await;
            agent.does(Deed::HangsUp);
            stage.wait(5).await;
            let (a, g) = (sid(&ann), sid(&agent));
            let names = [(&a, "ann"), (&g, "agent")];
            assert_eq!(ear(&stage, &g, &names), ["0-19 ringing", "19-29 ann"]);
            assert_eq!(result(&ann), "bridged");
            let late = stage.dials_in("latecomer", &takes("timeout=\"20\""));
            stage.wait(25).await;
            assert_eq!(dial_status(&late), "no-answer");
            assert!(late.story().caller_heard("Took."));
        })
        .await;
}

#[tokio::test]
async fn of_two_agents_one_wins_and_the_other_waits_on() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            queue(&stage, &[("FriendlyName", "desk")]).await;
            let agents = [stage.dials_in("agent", &takes("")), stage.dials_in("second", &takes(""))];
            stage.wait(5).await;
            let ann = stage.dials_in("ann", &waits(""));
            stage.wait(10).await;
            let talking = |agent: &CallHandle| agent.story().talked_with().is_some();
            assert_eq!(agents.iter().filter(|agent| talking(agent)).count(), 1);
            let bob = stage.dials_in("bobby", &waits(""));
            stage.wait(5).await;
            assert!(agents.iter().all(talking));
            for call in [&ann, &bob] {
                call.does(Deed::HangsUp);
            }
            stage.wait(5).await;
            assert!(agents.iter().all(|agent| dial_status(agent) == "completed"));
        })
        .await;
}

#[tokio::test]
async fn the_queues_document_is_heard_by_who_waited() {
    let stage = stage().await;
    stage.server.twiml("/connect", "<Say>one two three four five</Say><Hangup/>");
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &waits(""));
            stage.wait(10).await;
            let verbs = "<Dial action=\"/took\"><Queue url=\"/connect\">desk</Queue></Dial>";
            let agent = stage.dials_in("agent", verbs);
            stage.wait(10).await;
            agent.does(Deed::HangsUp);
            stage.wait(1).await;
            let (a, g) = (sid(&ann), sid(&agent));
            let names = [(&a, "ann"), (&g, "agent")];
            let said = "10-12 one two three four five";
            assert_eq!(ear(&stage, &a, &names)[..3], ["0-10 music", said, "12-20 agent"]);
            assert_eq!(ear(&stage, &g, &names), ["0-2 ringing", "2-10 ann"]);
            let asked = only(ann.story(), WebhookKind::QueueConnect);
            assert_eq!(asked.param("CallSid"), Some(a.as_str()));
            assert_eq!(asked.param("DequeingCallSid"), Some(g.as_str()));
            assert_eq!(asked.param("QueueTime"), Some("10"));
            assert_eq!(ann.story().errors()[0].code, 14220);
        })
        .await;
}

#[tokio::test]
async fn who_hangs_up_while_being_connected_is_not_talked_with() {
    let stage = stage().await;
    stage.server.twiml("/connect", "<Pause length=\"10\"/>");
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &waits(""));
            let verbs = "<Dial action=\"/took\" timeout=\"10\"><Queue url=\"/connect\">desk</Queue></Dial>";
            stage.wait(1).await;
            let agent = stage.dials_in("agent", verbs);
            stage.wait(4).await;
            ann.does(Deed::HangsUp);
            stage.wait(10).await;
            assert_eq!(result(&ann), "bridging-in-process");
            assert_eq!((dial_status(&agent), agent.story().talked_with()), ("no-answer".into(), None));
        })
        .await;
}

#[tokio::test]
async fn what_goes_wrong_with_waiting_is_an_error() {
    let stage = stage().await;
    stage.server.twiml("/connect", "<Pause length=\"10\"/>");
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &waits("waitUrl=\"/nowhere\""));
            stage.wait(5).await;
            assert_eq!(result(&ann), "error");
            assert_eq!(ann.story().errors()[0].code, 11200);
            // Who takes somebody out and is gone before they are connected leaves them alone.
            let bob = stage.dials_in("bobby", &waits(""));
            stage.wait(5).await;
            let agent = stage.dials_in("agent", "<Dial><Queue url=\"/connect\">desk</Queue></Dial>");
            stage.wait(5).await;
            agent.does(Deed::HangsUp);
            stage.wait(10).await;
            assert_eq!(result(&bob), "error");
            for call in [&ann, &bob] {
                assert!(call.story().caller_heard("Waited."), "{}", call.story());
            }
        })
        .await;
}

#[tokio::test]
async fn rest_leads_who_waits_or_talks_elsewhere() {
    let stage = stage().await;
    stage.server.twiml("/elsewhere", "<Say>Elsewhere.</Say>");
    stage
        .play(|stage| async move {
            let path = queue(&stage, &[("FriendlyName", "desk")]).await;
            let url = stage.server.url("/elsewhere");
            let front = format!("{path}/Members/Front.json");
            assert_eq!(stage.post(&front, &[("Url", &url)]).await.refusal(), (404, 20404));
            let calls = ["ann", "bobby", "cid", "deborah"].map(|name| stage.dials_in(name, &waits("")));
            let [ann, bob, cid, deb] = &calls;
            stage.wait(10).await;
            let member = stage.post(&front, &[("Url", &url), ("Method", "GET")]).await.json();
            assert_eq!((&member["call_sid"], &member["position"]), (&json!(sid(ann).as_str()), &json!(1)));
            assert_eq!(stage.post(&front, &[]).await.refusal(), (400, 21205));
            let by_sid = format!("{path}/Members/{}.json", sid(bob));
            assert_eq!(stage.post(&by_sid, &[("Url", &url)]).await.status, 200);
            assert_eq!(
                stage.post(&by_sid, &[("Url", &url)]).await.refusal(),
                (404, 20404),
                "no longer there"
            );
            assert_eq!(stage.update(&sid(cid), &[("Url", &url)]).await, 200);
            stage.wait(5).await;
            let agent = stage.dials_in("agent", &takes(""));
            stage.wait(5).await;
            assert_eq!(stage.update(&sid(deb), &[("Url", &url)]).await, 200);
            stage.wait(5).await;
            for call in &calls {
                assert!(call.story().caller_heard("Elsewhere."), "{}", call.story());
                assert!(!call.story().caller_heard("Waited."), "the action's answer is thrown away");
            }
            let results: Vec<String> = calls.iter().map(result).collect();
            assert_eq!(results, ["redirected", "redirected", "redirected", "redirected-from-bridged"]);
            assert_eq!(dial_status(&agent), "completed");
            assert!(agent.story().caller_heard("Took."));
            assert_eq!(only(ann.story(), WebhookKind::LiveUpdate).method, exchange::Method::Get);
        })
        .await;
}

#[tokio::test]
async fn a_customer_is_held_in_a_queue_and_talked_with_again() {
    let stage = Stage::saying(&format!("<Dial action=\"/agent\"><Number>{OWNER}</Number></Dial>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    stage.server.twiml("/agent", "<Pause length=\"20\"/><Dial><Queue>held</Queue></Dial>");
    stage
        .play(|stage| async move {
            // Who calls here is the agent; the customer is the leg that is dialled.
            let agent = stage.exchange.start_call(caller().hangs_up_after(60), OURS);
            stage.wait(10).await;
            let legs = stage.get(&format!("/Calls.json?ParentCallSid={}", sid(&agent))).await.json();
            let customer = phone::CallSid::parse(legs["calls"][0]["sid"].as_str().unwrap()).unwrap();
            let twiml = "<Response><Enqueue waitUrl=\"\">held</Enqueue></Response>";
            assert_eq!(stage.update(&customer, &[("Twiml", twiml)]).await, 200);
            stage.wait(10).await;
            assert_eq!(stage.exchange.queues()[0].waiting, std::slice::from_ref(&customer));
            assert_eq!(only(agent.story(), WebhookKind::DialAction).param("DialCallDuration"), None);
            stage.wait(45).await;
            let a = sid(&agent);
            let names = [(&a, "agent"), (&customer, "customer")];
            assert_eq!(
                ear(&stage, &a, &names),
                ["0-2 ringing", "2-10 customer", "10-30 silence", "30-60 customer"]
            );
            assert_eq!(
                ear(&stage, &customer, &names),
                ["0-2 ringing", "2-10 agent", "10-30 silence", "30-60 agent"]
            );
            assert!(stage.exchange.queues()[0].waiting.is_empty());
        })
        .await;
}

#[tokio::test]
async fn queues_are_made_shown_changed_and_deleted() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let path = queue(&stage, &[("FriendlyName", "desk")]).await;
            assert_eq!(stage.post("/Queues.json", &[("FriendlyName", "desk")]).await.refusal(), (400, 22003));
            let other = queue(&stage, &[("FriendlyName", "other")]).await;
            let this = format!("{path}.json");
            assert_eq!(
                stage.post(&format!("{other}.json"), &[("FriendlyName", "desk")]).await.refusal(),
                (400, 22003)
            );
            assert_eq!(stage.post(&this, &[("MaxSize", "7")]).await.json()["max_size"], 7);
            let ann = stage.dials_in("ann", &waits(""));
            stage.wait(3).await;
            let bob = stage.dials_in("bobby", &waits(""));
            stage.wait(7).await;
            assert_eq!(stage.delete(&this).await.refusal(), (400, 22002));
            let members = stage.get(&format!("{path}/Members.json")).await.json();
            let members = &members["queue_members"];
            assert_eq!(members[0]["call_sid"], sid(&ann).as_str());
            assert_eq!(members[0]["date_enqueued"], "Fri, 20 Nov 2026 09:00:00 +0000");
            assert_eq!((&members[1]["position"], &members[1]["wait_time"]), (&json!(2), &json!(7)));
            assert!(members[1]["queue_sid"].is_string() && members[1]["uri"].is_string());
            let front = stage.get(&format!("{path}/Members/Front.json")).await.json();
            assert_eq!(&front, &members[0]);
            for call in [&ann, &bob] {
                call.does(Deed::HangsUp);
            }
            stage.wait(1).await;
            let shown = stage.get(&this).await.json();
            assert_eq!((&shown["current_size"], &shown["average_wait_time"]), (&json!(0), &json!(8)));
            let listed = stage.get("/Queues.json").await.json();
            assert_eq!(listed["queues"].as_array().unwrap().len(), 2);
            assert_eq!(stage.delete(&this).await.status, 204);
            assert_eq!(stage.get(&this).await.status, 404);
        })
        .await;
}
