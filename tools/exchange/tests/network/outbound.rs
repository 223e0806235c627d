//! Rules of calls that the REST API begins, and of detecting machines.

use std::time::Duration;

use exchange::{Caller, Cue, Deed, EndedBy, NumberUrls, Phone, SentWebhook, Story, WebhookKind};

use crate::client::request;
use crate::stage::{CALLER, OTHER, OURS, OWNER, Stage, caller, millis, only, reply, values};

const EVENTS: [(&str, &str); 4] = [
    ("StatusCallbackEvent", "initiated"),
    ("StatusCallbackEvent", "ringing"),
    ("StatusCallbackEvent", "answered"),
    ("StatusCallbackEvent", "completed"),
];

/// A stage whose owner answers as told.
async fn stage_with(phone: Phone) -> Stage {
    let stage = Stage::saying("<Say>Who calls?</Say>").await;
    stage.server.twiml("/outbound", "<Say>This is a call.</Say>");
    stage.exchange.plug(OWNER, phone);
    stage
}

/// A call to the owner that asks `/outbound`, all of whose states are told.
async fn called(stage: &Stage, more: &[(&str, &str)]) -> Story {
    let more: Vec<(String, String)> =
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let mut fields = vec![("Url", &*url), ("StatusCallback", &*leg)];
            fields.extend(EVENTS);
            fields.extend(more.iter().map(|(name, value)| (&**name, &**value)));
            stage.dial_out(OWNER, &fields).await
        })
        .await
}

fn told(story: &Story) -> Vec<SentWebhook> {
    story.webhooks_of(WebhookKind::LegStatus)
}

#[tokio::test]
async fn an_answered_call_goes_through_all_states() {
    let stage = stage_with(Phone::answers_after(4)).await;
    stage.server.twiml("/outbound", "<Say>This is a call.</Say><Pause length=\"90\"/>");
    let story = stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let mut fields = vec![("Url", &*url), ("StatusCallback", &*leg)];
            fields.extend(EVENTS);
            let mut all = vec![("From", OURS), ("To", OWNER)];
            all.extend(&fields);
            let created = stage.post("/Calls.json", &all).await;
            let json = created.json();
            assert_eq!((created.status, &json["status"]), (201, &"queued".into()));
            assert_eq!((&json["queue_time"], &json["direction"]), (&"0".into(), &"outbound-api".into()));
            assert_eq!((&json["duration"], &json["answered_by"]), (&json["parent_call_sid"], &json["price"]));
            let sid = created.sid();
            let mut seen = Vec::new();
            for wait in [1, 5, 100] {
                stage.wait(wait).await;
                seen.push(stage.shown(&sid).await["status"].as_str().unwrap().to_owned());
            }
            assert_eq!(seen, ["ringing", "in-progress", "completed"]);
            assert_eq!(stage.shown(&sid).await["duration"], "92");
            stage.exchange.stories().remove(0)
        })
        .await;
    let legs = told(&story);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(values(&legs, "SequenceNumber"), ["0", "1", "2", "3"]);
    assert_eq!(values(&legs, "StirStatus"), ["-", "B", "B", "-"]);
    assert_eq!(values(&legs, "CallDuration"), ["-", "-", "-", "92"]);
    assert_eq!(values(&legs, "Duration"), ["-", "-", "-", "2"]);
    assert_eq!(values(&legs, "SipResponseCode"), ["-", "-", "-", "200"]);
    for leg in &legs {
        assert_eq!((leg.param("From"), leg.param("To")), (Some(OURS), Some(OWNER)));
        assert_eq!((leg.param("Caller"), leg.param("Called")), (Some(OURS), Some(OWNER)));
        assert_eq!(leg.param("Direction"), Some("outbound-api"));
        assert_eq!(leg.param("CallbackSource"), Some("call-progress-events"));
        assert_eq!((leg.param("ToCity"), leg.param("ParentCallSid")), (Some("NEW YORK"), None));
    }
    let voice = only(&story, WebhookKind::Voice);
    assert_eq!(voice.param("CallStatus"), Some("in-progress"));
    assert!(story.callee_heard("This is a call.") && story.rang(OWNER), "{story}");
    assert!(stage.server.received().iter().all(|request| request.signed));
}

#[tokio::test]
async fn each_way_of_not_answering_is_told_with_its_sip_code() {
    for (phone, states, code) in [
        (Phone::busy(), vec!["initiated", "busy"], "486"),
        (Phone::declines_after(3), vec!["initiated", "ringing", "busy"], "486"),
        (Phone::never_answers(), vec!["initiated", "ringing", "no-answer"], "487"),
        (Phone::unreachable(), vec!["initiated", "failed"], "404"),
        (Phone::unreachable_with(480), vec!["initiated", "failed"], "480"),
    ] {
        let stage = stage_with(phone).await;
        let story = called(&stage, &[("Timeout", "20")]).await;
        let legs = told(&story);
        assert_eq!(values(&legs, "CallStatus"), states);
        let end = legs.last().unwrap();
        assert_eq!(end.param("SipResponseCode"), Some(code));
        assert_eq!((end.param("CallDuration"), end.param("Duration")), (Some("0"), None));
        assert_eq!(stage.server.received_at("/outbound").len(), 0);
        assert_eq!(story.status(), *states.last().unwrap());
        assert_eq!(stage.shown(story.call_sid().as_str()).await["status"], *states.last().unwrap());
        if story.status() == "no-answer" {
            assert_eq!(millis(legs[1].at, end.at), 25_000, "Twilio adds five seconds");
        }
    }
}

#[tokio::test]
async fn who_is_called_off_while_ringing_is_canceled() {
    for status in ["canceled", "completed"] {
        let stage = stage_with(Phone::never_answers()).await;
        let story = stage
            .play(move |stage| async move {
                let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
                let story = stage.dial_out(OWNER, &[("Url", &url), ("StatusCallback", &leg)]).await;
                stage.wait(5).await;
                let sid = story.call_sid().as_str();
                assert_eq!(stage.change(sid, &[("Url", &url)]).await.refusal(), (400, 21220));
                assert_eq!(stage.change(sid, &[("Status", status)]).await.json()["status"], "ringing");
                story
            })
            .await;
        let end = only(&story, WebhookKind::LegStatus);
        assert_eq!(end.param("CallStatus"), Some("canceled"));
        assert_eq!(end.param("SipResponseCode"), Some("487"));
        assert_eq!(story.duration().as_secs(), 5);
    }
}

#[tokio::test]
async fn one_call_a_second_leaves_the_queue() {
    let stage = stage_with(Phone::busy()).await;
    stage.exchange.plug(OTHER, Phone::busy());
    let stories = stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let mut fields = vec![("Url", &*url), ("StatusCallback", &*leg)];
            fields.extend(EVENTS);
            let mut stories = Vec::new();
            for to in [OWNER, OTHER, OWNER] {
                stories.push(stage.dial_out(to, &fields).await);
            }
            let last = stories[2].call_sid().as_str();
            let shown = stage.shown(last).await;
            assert_eq!((&shown["status"], &shown["queue_time"]), (&"queued".into(), &"2000".into()));
            assert_eq!(shown["start_time"], serde_json::Value::Null);
            assert_eq!(stage.change(last, &[("Status", "canceled")]).await.status, 200);
            stage.wait(10).await;
            assert_eq!(stage.shown(last).await["status"], "canceled");
            assert_eq!(stage.change(last, &[("Status", "canceled")]).await.refusal(), (400, 21220));
            stories
        })
        .await;
    let began = |story: &Story| millis(story.started(), told(story)[0].at);
    assert_eq!((began(&stories[0]), began(&stories[1])), (0, 1000));
    assert!(stories[2].webhooks().is_empty(), "canceled while queued tells nobody");
}

#[tokio::test]
async fn an_order_that_cannot_be_is_refused_with_its_code() {
    let stage = Stage::with(|config| config.forbidden_countries.push("FR".into())).await;
    let url = stage.server.url("/outbound");
    let long = "x".repeat(4001);
    for (fields, code) in [
        (vec![("From", OURS), ("Url", &*url)], 21201),
        (vec![("To", OWNER), ("Url", &url)], 21213),
        (vec![("From", OURS), ("To", "nobody"), ("Url", &url)], 21211),
        (vec![("From", "nobody"), ("To", OWNER), ("Url", &url)], 21212),
        (vec![("From", CALLER), ("To", OWNER), ("Url", &url)], 21210),
        (vec![("From", OURS), ("To", "+33140000000"), ("Url", &url)], 21215),
        (vec![("From", OURS), ("To", OWNER)], 21205),
        (vec![("From", OURS), ("To", OWNER), ("Url", "/outbound")], 21205),
        (vec![("From", OURS), ("To", OWNER), ("Twiml", &long)], 32018),
        (vec![("From", OURS), ("To", OWNER), ("ApplicationSid", "AP1")], 21218),
        (vec![("From", OURS), ("To", OWNER), ("Url", &url), ("StatusCallback", "no")], 21609),
        (vec![("From", OURS), ("To", OWNER), ("Url", &url), ("MachineDetection", "yes")], 21234),
        (vec![("From", OURS), ("To", OWNER), ("Url", &url), ("Timeout", "601")], 21208),
    ] {
        assert_eq!(stage.post("/Calls.json", &fields).await.refusal(), (400, code));
    }
    for (name, value) in [
        ("MachineDetectionTimeout", "2"),
        ("MachineDetectionSpeechThreshold", "6001"),
        ("MachineDetectionSpeechEndThreshold", "soon"),
        ("MachineDetectionSilenceTimeout", "1999"),
    ] {
        let detection = [("MachineDetection", "Enable"), (name, value)];
        let order = [vec![("From", OURS), ("To", OWNER), ("Url", &*url)], detection.to_vec()].concat();
        assert_eq!(stage.post("/Calls.json", &order).await.refusal(), (400, 21234), "{name}");
    }
    assert!(stage.exchange.stories().is_empty());
    let call = stage.api("/Calls.json");
    assert_eq!(request("POST", &call, "", None).await.unwrap().status, 401);
}

#[tokio::test]
async fn a_number_that_is_verified_or_whose_call_goes_on_may_be_shown() {
    let stage = Stage::with(|config| config.verified_numbers.push(OTHER.into())).await;
    stage.server.twiml("/voice", "<Say>Hello.</Say><Pause length=\"20\"/>");
    stage
        .play(|stage| async move {
            let order = |from: &'static str, token: String| {
                let (stage, url) = (stage.clone(), stage.server.url("/outbound"));
                async move {
                    let fields = [("From", from), ("To", OWNER), ("Url", &*url), ("CallToken", &*token)];
                    stage.post("/Calls.json", &fields).await.status
                }
            };
            assert_eq!(order(OTHER, String::new()).await, 201);
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let voice = only(call.story(), WebhookKind::Voice);
            let token = voice.param("CallToken").unwrap().to_owned();
            assert_eq!(order(CALLER, token.clone()).await, 201);
            assert_eq!(order(CALLER, "another".into()).await, 400);
            assert_eq!(order("+13125550150", token.clone()).await, 400, "it is for one number");
            call.finished().await;
            assert_eq!(order(CALLER, token).await, 400);
        })
        .await;
}

#[tokio::test]
async fn events_in_one_string_are_taken_and_none_is_told() {
    let stage = stage_with(Phone::answers_after(2)).await;
    let story = stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let events = "initiated ringing answered completed";
            let fields = [("Url", &*url), ("StatusCallback", &leg), ("StatusCallbackEvent", events)];
            stage.dial_out(OWNER, &fields).await
        })
        .await;
    assert_eq!(stage.exchange.problems()[0].code, 21626);
    assert!(told(&story).is_empty() && story.callee_heard("This is a call."));
}

#[tokio::test]
async fn without_events_only_the_end_is_told() {
    let stage = stage_with(Phone::answers_after(2)).await;
    let story = stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let fields = [("Url", &*url), ("StatusCallback", &leg), ("StatusCallbackMethod", "GET")];
            stage.dial_out(OWNER, &fields).await
        })
        .await;
    assert_eq!(only(&story, WebhookKind::LegStatus).param("CallStatus"), Some("completed"));
    assert_eq!(stage.server.received_at("/leg")[0].method, "GET");
}

#[tokio::test]
async fn a_document_stands_in_the_order_or_in_an_application() {
    let stage = stage_with(Phone::answers_after(2)).await;
    stage.server.takes("/application/status");
    let (by_twiml, by_application) = stage
        .play(|stage| async move {
            let twiml = "<Response><Say>By Twiml.</Say></Response>";
            let by_twiml = stage.dial_out(OWNER, &[("Twiml", twiml)]).await;
            assert!(stage.exchange.problems().is_empty());
            let (url, status) = (stage.server.url("/outbound"), stage.server.url("/application/status"));
            let urls = [("VoiceUrl", &*url), ("VoiceMethod", "GET"), ("StatusCallback", &status)];
            let application = stage.post("/Applications.json", &urls).await.sid();
            let ignored = stage.server.url("/leg");
            let fields = [("ApplicationSid", &*application), ("StatusCallback", &ignored)];
            (by_twiml, stage.dial_out(OWNER, &fields).await)
        })
        .await;
    assert!(by_twiml.callee_heard("By Twiml.") && by_twiml.webhooks().is_empty(), "{by_twiml}");
    assert!(by_application.callee_heard("This is a call."));
    let received = &stage.server.received_at("/outbound")[0];
    assert_eq!(received.method, "GET");
    assert!(received.param("ApplicationSid").unwrap().starts_with("AP"));
    assert_eq!(stage.server.received_at("/application/status").len(), 1);
    assert_eq!(stage.server.received_at("/leg").len(), 0, "the application's URLs count");
}

#[tokio::test]
async fn a_call_to_ones_own_number_is_two_calls() {
    let stage = stage_with(Phone::busy()).await;
    stage.server.twiml("/voice", "<Say>Who calls?</Say><Pause length=\"10\"/>");
    let story = stage
        .play(|stage| async move {
            let url = stage.server.url("/outbound");
            let leg = stage.server.url("/leg");
            stage.exchange.wire(OTHER, NumberUrls::default());
            let more = [("From", OTHER), ("To", OURS), ("Url", &*url), ("StatusCallback", &leg)];
            let sid = stage.post("/Calls.json", &more).await.sid();
            stage.wait(3600).await;
            let listed = stage.get("/Calls.json").await.json();
            assert_eq!(listed["calls"].as_array().unwrap().len(), 2);
            stage.exchange.stories().into_iter().find(|story| story.call_sid().as_str() == sid).unwrap()
        })
        .await;
    let inbound = stage.exchange.stories().remove(1);
    assert_ne!(story.call_sid(), inbound.call_sid());
    let voice = only(&inbound, WebhookKind::Voice);
    assert_eq!(voice.param("Direction"), Some("inbound"));
    assert_eq!((voice.param("From"), voice.param("To")), (Some(OTHER), Some(OURS)));
    assert!(inbound.caller_heard("Who calls?") && story.callee_heard("This is a call."));
    assert_eq!(told(&story).len(), 1);
    assert_eq!(only(&inbound, WebhookKind::CallStatus).param("CallStatus"), Some("completed"));
}

#[tokio::test]
async fn digits_are_sent_as_soon_as_somebody_picks_up() {
    let stage = stage_with(Phone::answers_after(2).is_a_machine(9)).await;
    let story = called(&stage, &[("SendDigits", "ww12"), ("MachineDetection", "Enable")]).await;
    let legs = told(&story);
    let voice = only(&story, WebhookKind::Voice);
    assert_eq!(millis(legs[2].at, voice.at), 2_000);
    assert_eq!(voice.param("AnsweredBy"), None, "keys switch detection off");
    assert_eq!(legs[3].param("AnsweredBy"), None);
    assert!(story.to_string().contains("hears the keys ww12"));
}

#[tokio::test]
async fn a_document_that_fails_falls_back_or_is_an_application_error() {
    for has_fallback in [true, false] {
        let stage = stage_with(Phone::answers_after(2)).await;
        stage.server.on("/outbound", |_| reply(500, "", ""));
        stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
        let fallback = stage.server.url("/fallback");
        let more = [("FallbackUrl", &*fallback), ("FallbackMethod", "GET")];
        let story = called(&stage, if has_fallback { &more } else { &[] }).await;
        assert_eq!(story.errors()[0].code, 11200);
        assert_eq!(story.callee_heard("Sorry."), has_fallback);
        let is_error = story.ended_by() == Some(EndedBy::ApplicationError);
        assert_eq!(is_error, !has_fallback);
        if has_fallback {
            let fallback = &stage.server.received_at("/fallback")[0];
            assert_eq!((&*fallback.method, fallback.param("ErrorCode").as_deref()), ("GET", Some("11200")));
        }
    }
}

#[tokio::test]
async fn who_was_called_may_hang_up_at_any_time() {
    let hangs_up = Phone::answers_after(2).on(Cue::hears("call"), Deed::HangsUp);
    let stage = stage_with(hangs_up).await;
    let story = called(&stage, &[]).await;
    assert_eq!(story.ended_by(), Some(EndedBy::Callee));
    assert_eq!(told(&story).last().unwrap().param("CallStatus"), Some("completed"));

    let stage = stage_with(Phone::answers_after(2).on(Cue::answered().after(3), Deed::HangsUp)).await;
    stage.exchange.set_delivery(|outgoing| {
        let is_slow = outgoing.kind == WebhookKind::Voice;
        vec![if is_slow { Duration::from_secs(9) } else { Duration::ZERO }]
    });
    let story = called(&stage, &[]).await;
    assert_eq!(story.duration().as_secs(), 5, "{story}");
    assert_eq!(told(&story).last().unwrap().at, story.ended().unwrap());
}

#[tokio::test]
async fn a_time_limit_counts_from_the_answer() {
    let stage = stage_with(Phone::answers_after(9)).await;
    stage.server.twiml("/outbound", "<Pause length=\"600\"/>");
    let story = called(&stage, &[("TimeLimit", "30")]).await;
    assert_eq!(told(&story).last().unwrap().param("CallDuration"), Some("30"));
}

#[tokio::test]
async fn calls_are_listed_by_filter_and_page_and_late() {
    let stage = stage_with(Phone::busy()).await;
    let one = stage.call(caller()).await;
    let other = stage.call(Caller::new("+14155550124")).await;
    let out = called(&stage, &[]).await;
    let sids = |reply: &serde_json::Value| -> Vec<String> {
        let calls = reply["calls"].as_array().unwrap();
        calls.iter().map(|call| call["sid"].as_str().unwrap().to_owned()).collect()
    };
    let [one, other, out] = [one, other, out].map(|story| story.call_sid().as_str().to_owned());
    for (query, found) in [
        ("", vec![&out, &other, &one]),
        ("From=%2B14155550124", vec![&other]),
        ("To=%2B12125550199", vec![&out]),
        ("Status=busy", vec![&out]),
        ("Status=completed", vec![&other, &one]),
        ("StartTime=2026-11-20", vec![&out, &other, &one]),
        ("StartTime%3E=2026-11-21", vec![]),
        ("EndTime%3E=2026-11-21", vec![]),
        ("EndTime%3C=2026-11-21", vec![&out, &other, &one]),
        ("ParentCallSid=CA1", vec![]),
    ] {
        let listed = stage.get(&format!("/Calls.json?{query}")).await.json();
        assert_eq!(sids(&listed), found.into_iter().cloned().collect::<Vec<_>>(), "{query}");
    }
    assert_eq!(stage.get("/Calls.json?StartTime%3E=soon").await.refusal(), (400, 20001));
    let first = stage.get("/Calls.json?PageSize=2").await.json();
    assert_eq!(sids(&first), [out.clone(), other.clone()]);
    let next = format!("{}{}", stage.exchange.rest_url(), first["next_page_uri"].as_str().unwrap());
    let next = request("GET", &next, "", crate::client::KEY).await.unwrap().json();
    assert_eq!((sids(&next), &next["next_page_uri"]), (vec![one.clone()], &serde_json::Value::Null));
    stage.exchange.set_list_lag(Duration::from_hours(1));
    assert!(sids(&stage.get("/Calls.json").await.json()).is_empty());
    assert_eq!(stage.shown(&one).await["status"], "completed");
}

#[tokio::test]
async fn a_call_can_be_deleted_once_it_is_over() {
    let stage = stage_with(Phone::answers_after(2)).await;
    stage
        .play(|stage| async move {
            let story = stage.dial_out(OWNER, &[("Url", &stage.server.url("/outbound"))]).await;
            let path = format!("/Calls/{}.json", story.call_sid());
            assert!(stage.delete(&path).await.status >= 400);
            stage.wait(60).await;
            assert_eq!(stage.delete(&path).await.status, 204);
            assert_eq!(stage.get(&path).await.refusal(), (404, 20404));
            assert_eq!(stage.delete(&path).await.status, 404);
            assert_eq!(stage.get("/Calls.json").await.json()["calls"], serde_json::json!([]));
        })
        .await;
}

#[tokio::test]
async fn the_document_waits_for_who_answered_and_is_told() {
    for (phone, mode, verdict, after) in [
        (Phone::answers_after(2), "Enable", "human", 2_600),
        (Phone::answers_after(2).is_a_machine(9), "Enable", "machine_start", 4_000),
        (Phone::answers_after(2).is_a_machine(9), "DetectMessageEnd", "machine_end_beep", 9_000),
        (Phone::answers_after(2).is_a_machine(60), "DetectMessageEnd", "machine_end_other", 20_000),
        (Phone::answers_after(2).judged_as("human", 50_000), "Enable", "unknown", 20_000),
        (Phone::answers_after(2).judged_as("fax", 1_000), "DetectMessageEnd", "fax", 1_000),
    ] {
        let stage = stage_with(phone).await;
        let more = [("MachineDetection", mode), ("MachineDetectionTimeout", "20")];
        let story = called(&stage, &more).await;
        let (legs, voice) = (told(&story), only(&story, WebhookKind::Voice));
        assert_eq!(voice.param("AnsweredBy"), Some(verdict));
        assert_eq!(voice.param("MachineDetectionDuration"), Some(&*after.to_string()));
        assert_eq!(millis(legs[2].at, voice.at), after);
        assert_eq!(legs[3].param("AnsweredBy"), Some(verdict));
        assert_eq!(stage.shown(story.call_sid().as_str()).await["answered_by"], verdict);
        assert!(story.webhooks_of(WebhookKind::MachineDetection).is_empty());
    }
}

#[tokio::test]
async fn beside_the_call_the_verdict_has_a_callback() {
    for has_callback in [true, false] {
        let stage = stage_with(Phone::answers_after(2).is_a_machine(9)).await;
        stage.server.takes("/detected");
        let url = stage.server.url("/detected");
        let mut more = vec![("MachineDetection", "Enable"), ("AsyncAmd", "true")];
        more.extend(has_callback.then_some(("AsyncAmdStatusCallback", &*url)));
        let story = called(&stage, &more).await;
        let (legs, voice) = (told(&story), only(&story, WebhookKind::Voice));
        assert_eq!((voice.param("AnsweredBy"), millis(legs[2].at, voice.at)), (None, 0));
        if has_callback {
            let detected = only(&story, WebhookKind::MachineDetection);
            let names: Vec<&str> = detected.params.iter().map(|(name, _)| &**name).collect();
            assert_eq!(names, ["AccountSid", "AnsweredBy", "CallSid", "MachineDetectionDuration"]);
            assert_eq!(detected.param("AnsweredBy"), Some("machine_start"));
            assert_eq!(millis(legs[2].at, detected.at), 4_000, "it may come after the end");
        } else {
            assert_eq!(story.warnings()[0].code, 21262);
        }
    }
}

#[tokio::test]
async fn in_a_dial_the_two_talk_while_it_is_detected() {
    let number = "machineDetection=\"DetectMessageEnd\" amdStatusCallback=\"/detected\"";
    let stage =
        Stage::saying(&format!("<Dial action=\"/dialled\"><Number {number}>{OWNER}</Number></Dial>")).await;
    stage.server.twiml("/dialled", "<Say>Nobody home.</Say>");
    stage.exchange.plug(OWNER, Phone::answers_after(2).is_a_machine(7));
    let detected = stage.clone();
    stage.server.on("/detected", move |request| {
        assert_eq!(request.param("AnsweredBy").as_deref(), Some("machine_end_beep"));
        let (stage, child) = (detected.clone(), request.param("CallSid").unwrap());
        let hangs_up = async move { stage.change(&child, &[("Status", "completed")]).await.status };
        drop(detected.clock.spawn(hangs_up));
        reply(204, "", "")
    });
    let story = stage.call(caller()).await;
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallStatus"), Some("completed"));
    assert_eq!(action.param("DialCallDuration"), Some("7"));
    assert!(story.talked_with().is_some() && story.caller_heard("Nobody home."), "{story}");
}
