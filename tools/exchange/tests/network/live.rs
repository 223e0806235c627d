//! Rules of calls that are changed while they go on.

use std::time::Duration;

use exchange::{Abandoned, Cue, Deed, EndedBy, NumberUrls, Phone, Story, WebhookKind};

use crate::stage::{OURS, OWNER, Stage, caller, millis, only, reply, values};

/// A stage on which a call can be led to `/elsewhere`.
async fn stage_saying(verbs: &str) -> Stage {
    let stage = Stage::saying(verbs).await;
    stage.server.twiml("/elsewhere", "<Say>Here now.</Say>");
    stage.server.twiml("/dialled", "<Say>Thrown away.</Say>");
    stage
}

/// A dial of the owner's telephone, with all states told.
fn dial(attributes: &str) -> String {
    let events = "statusCallbackEvent=\"initiated ringing answered completed\"";
    format!("<Dial {attributes}><Number statusCallback=\"/leg\" {events}>{OWNER}</Number></Dial>")
}

fn sid_of_child(story: &Story) -> String {
    story.legs()[1].call_sid.as_str().to_owned()
}

#[tokio::test]
async fn a_call_is_led_elsewhere_in_the_midst_of_any_verb() {
    for (verb, elsewhere) in [
        ("<Say>one two three four five six seven eight nine ten</Say>", "Url"),
        ("<Pause length=\"60\"/>", "Url"),
        ("<Gather action=\"/menu\" timeout=\"60\"><Say>Press a key.</Say></Gather>", "Url"),
        ("<Record action=\"/saved\" timeout=\"60\"/>", "Url"),
        ("<Pause length=\"60\"/>", "Twiml"),
    ] {
        let stage = stage_saying(&format!("<Say>Hello.</Say>{verb}<Say>Never.</Say>")).await;
        let (story, posted) = stage
            .play(move |stage| async move {
                let call = stage.exchange.start_call(caller().stays_silent(), OURS);
                stage.wait(2).await;
                let posted = stage.clock.now();
                let value = match elsewhere {
                    "Url" => stage.server.url("/elsewhere"),
                    _ => "<Response><Say>Here now.</Say></Response>".into(),
                };
                let sid = call.story().call_sid().clone();
                let changed = stage.change(sid.as_str(), &[(elsewhere, &value)]).await;
                assert_eq!((changed.status, &changed.json()["status"]), (200, &"in-progress".into()));
                (call.finished().await, posted)
            })
            .await;
        assert!(story.caller_heard("Here now.") && !story.caller_heard("Never."), "{story}");
        assert_eq!(story.errors(), []);
        if elsewhere == "Url" {
            let update = only(&story, WebhookKind::LiveUpdate);
            assert_eq!(millis(posted, update.at), 55);
            assert_eq!(update.param("CallStatus"), Some("in-progress"));
            assert_eq!(update.param("Digits"), None);
        }
        assert!(story.webhooks_of(WebhookKind::GatherAction).is_empty());
        assert!(story.webhooks_of(WebhookKind::RecordAction).is_empty());
        assert_eq!(only(&story, WebhookKind::CallStatus).param("CallStatus"), Some("completed"));
    }
}

#[tokio::test]
async fn a_new_document_is_asked_for_as_the_request_says() {
    let stage = stage_saying("<Pause length=\"60\"/>").await;
    stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let url = stage.server.url("/elsewhere?b=1");
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &url), ("Method", "GET")]).await;
            call.finished().await;
        })
        .await;
    let received = &stage.server.received_at("/elsewhere")[0];
    assert_eq!(received.method, "GET");
    assert!(received.query.starts_with("b=1&") && received.signed);
    assert_eq!(received.param("CallStatus").as_deref(), Some("ringing"), "a first pause does not answer");
}

#[tokio::test]
async fn who_is_led_away_while_it_rings_cancels_the_dial() {
    for abandoned in [Abandoned::Canceled, Abandoned::NoAnswer] {
        let stage = Stage::with(|config| config.abandoned = abandoned).await;
        stage.server.twiml("/voice", &dial("action=\"/dialled\""));
        stage.server.twiml("/elsewhere", "<Say>Here now.</Say>");
        stage.server.twiml("/dialled", "<Say>Thrown away.</Say>");
        stage.exchange.plug(OWNER, Phone::never_answers());
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                stage.wait(5).await;
                let sid = call.story().call_sid().clone();
                stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
                call.finished().await
            })
            .await;
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.param("DialCallStatus"), Some("canceled"));
        assert_eq!(action.param("DialCallDuration"), None);
        assert!(story.caller_heard("Here now.") && !story.caller_heard("Thrown away."));
        let legs = story.webhooks_of(WebhookKind::LegStatus);
        assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "canceled"]);
        assert_eq!(legs[2].param("SipResponseCode"), Some("487"));
    }
}

#[tokio::test]
async fn who_is_led_out_of_a_talk_ends_it_as_measured() {
    let stage = stage_saying(&format!("{}<Say>Never.</Say>", dial("action=\"/dialled\""))).await;
    stage.exchange.plug(OWNER, Phone::answers_after(3));
    let (story, posted) = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(20).await;
            let posted = stage.clock.now();
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            (call.finished().await, posted)
        })
        .await;
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(legs[3].param("CallDuration"), Some("17"));
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallStatus"), Some("completed"));
    assert_eq!(action.param("DialCallDuration"), Some("17"));
    assert_eq!(action.param("DialBridged"), Some("true"));
    assert_eq!(action.param("CallStatus"), Some("in-progress"));
    let update = only(&story, WebhookKind::LiveUpdate);
    let at = [legs[3].at, action.at, update.at].map(|at| millis(posted, at));
    assert_eq!(at, [166, 320, 651]);
    assert!(story.caller_heard("Here now.") && !story.caller_heard("Thrown away."), "{story}");
    assert!(!story.caller_heard("Never."));
}

#[tokio::test]
async fn a_redirect_behind_a_dial_without_action_is_fetched_in_vain() {
    for (behind, fetched) in [("<Redirect>/next</Redirect>", 1), ("<Say>Never.</Say>", 0)] {
        let stage = stage_saying(&format!("{}{behind}", dial(""))).await;
        stage.server.twiml("/next", "<Say>Never.</Say>");
        stage.exchange.plug(OWNER, Phone::answers_after(3));
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                stage.wait(20).await;
                let sid = call.story().call_sid().clone();
                stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
                call.finished().await
            })
            .await;
        assert_eq!(stage.server.received_at("/next").len(), fetched);
        assert!(story.caller_heard("Here now.") && !story.caller_heard("Never."), "{story}");
    }
}

#[tokio::test]
async fn a_child_that_is_led_away_lives_on_by_itself() {
    let stage = stage_saying(&dial("action=\"/dialled\"")).await;
    stage.server.twiml("/dialled", "<Say>Goodbye.</Say>");
    stage.server.twiml("/elsewhere", "<Say>Here now.</Say><Pause length=\"30\"/>");
    stage.exchange.plug(OWNER, Phone::answers_after(3));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(20).await;
            let child = sid_of_child(call.story());
            let url = stage.server.url("/elsewhere");
            assert_eq!(stage.change(&child, &[("Url", &url)]).await.status, 200);
            let story = call.finished().await;
            assert_eq!(stage.shown(&child).await["status"], "in-progress");
            story
        })
        .await;
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallStatus"), Some("completed"));
    assert_eq!(action.param("DialCallDuration"), None);
    assert_eq!(action.param("DialCallSid"), Some(&*sid_of_child(&story)));
    assert!(story.caller_heard("Goodbye.") && story.callee_heard("Here now."), "{story}");
    let update = only(&story, WebhookKind::LiveUpdate);
    assert_eq!(update.param("ParentCallSid"), Some(story.call_sid().as_str()));
    assert_eq!(update.param("Direction"), Some("outbound-dial"));
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(legs[3].param("CallDuration"), Some("48"), "{story}");
    assert!(story.ended().unwrap() < legs[3].at);
}

#[tokio::test]
async fn of_two_changes_in_a_row_both_are_fetched_and_one_counts() {
    let stage = stage_saying("<Say>Hello.</Say><Pause length=\"60\"/>").await;
    stage.server.twiml("/stale", "<Say>Stale.</Say>");
    let (story, posted) = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let posted = stage.clock.now();
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/stale"))]).await;
            stage.clock.sleep(Duration::from_millis(20)).await;
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            (call.finished().await, posted)
        })
        .await;
    let updates = story.webhooks_of(WebhookKind::LiveUpdate);
    let at: Vec<_> = updates.iter().map(|it| (it.path().to_owned(), millis(posted, it.at))).collect();
    assert_eq!(at, [("/stale".into(), 55), ("/elsewhere".into(), 75)]);
    assert!(story.caller_heard("Here now.") && !story.caller_heard("Stale."), "{story}");
}

#[tokio::test]
async fn what_is_on_its_way_is_dropped_when_the_call_is_led_away() {
    for kind in [WebhookKind::Voice, WebhookKind::Redirect, WebhookKind::LiveUpdate] {
        let stage = stage_saying("<Redirect>/next</Redirect>").await;
        stage.server.twiml("/next", "<Pause length=\"30\"/>");
        stage.exchange.set_delivery(move |outgoing| match &outgoing.url {
            url if outgoing.kind == kind && !url.ends_with("/elsewhere") => vec![Duration::from_secs(8)],
            _ => vec![Duration::ZERO],
        });
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                let sid = call.story().call_sid().clone();
                stage.wait(1).await;
                if stage.server.received_at("/next").len() == 1 {
                    stage.change(sid.as_str(), &[("Url", &stage.server.url("/voice"))]).await;
                }
                stage.wait(1).await;
                stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
                call.finished().await
            })
            .await;
        assert!(story.caller_heard("Here now."), "{story}");
        assert!(story.duration() < Duration::from_secs(4), "{story}");
    }
}

#[tokio::test]
async fn the_url_wins_over_twiml_and_both_have_their_limits() {
    let stage = stage_saying("<Say>Hello.</Say><Pause length=\"60\"/>").await;
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let sid = call.story().call_sid().clone();
            let long = format!("<Response><Say>{}</Say></Response>", "x".repeat(4000));
            for (fields, code) in [
                (vec![("Twiml", &*long)], 32018),
                (vec![("Url", "nowhere")], 21205),
                (vec![("Status", "ringing")], 20001),
                (vec![("Status", "canceled")], 21220),
                (vec![("StatusCallback", "https://a_b.example/")], 21609),
                (vec![("TimeLimit", "0")], 20001),
            ] {
                assert_eq!(stage.change(sid.as_str(), &fields).await.refusal(), (400, code), "{code}");
            }
            let url = stage.server.url("/elsewhere");
            let twiml = "<Response><Say>By Twiml.</Say></Response>";
            stage.change(sid.as_str(), &[("Url", &url), ("Twiml", twiml)]).await;
            call.finished().await
        })
        .await;
    assert_eq!(stage.exchange.problems()[0].code, 32019);
    assert!(story.caller_heard("Here now.") && !story.caller_heard("By Twiml."));
}

#[tokio::test]
async fn in_twiml_of_a_request_only_absolute_urls_lead_on() {
    for (action, code) in [("action=\"/menu\"", 11100), ("", 11100)] {
        let stage = stage_saying("<Say>Hello.</Say><Pause length=\"60\"/>").await;
        let story = stage
            .play(move |stage| async move {
                let call = stage.exchange.start_call(caller().presses("1"), OURS);
                stage.wait(5).await;
                let sid = call.story().call_sid().clone();
                let twiml = format!("<Response><Gather {action} numDigits=\"1\"/></Response>");
                stage.change(sid.as_str(), &[("Twiml", &twiml)]).await;
                call.finished().await
            })
            .await;
        assert_eq!(story.errors()[0].code, code, "{story}");
        assert!(story.heard_application_error());
    }
}

#[tokio::test]
async fn a_call_that_is_over_or_unknown_cannot_be_changed() {
    let stage = stage_saying("<Say>Hello.</Say>").await;
    let story = stage.call(caller()).await;
    let url = stage.server.url("/elsewhere");
    for fields in [[("Url", &*url)], [("Status", "completed")], [("TimeLimit", "60")]] {
        let refused = stage.change(story.call_sid().as_str(), &fields).await;
        assert_eq!(refused.refusal(), (400, 21220));
        assert_eq!(refused.json()["message"], "Call is not in-progress. Cannot redirect.");
    }
    let unknown = stage.change("CA00000000000000000000000000000000", &[("Url", &*url)]).await;
    assert_eq!(unknown.refusal(), (404, 20404));
    assert_eq!(only(&story, WebhookKind::CallStatus).param("Duration"), Some("1"));
}

#[tokio::test]
async fn a_call_is_ended_at_once_wherever_it_is() {
    for verbs in [
        "<Say>one two three four five six seven eight nine ten one two three</Say>".to_owned(),
        "<Say>Hello.</Say><Record action=\"/saved\" timeout=\"60\"/>".to_owned(),
        "<Say>Hello.</Say><Enqueue>sales</Enqueue>".to_owned(),
        "<Dial><Conference>room</Conference></Dial>".to_owned(),
        dial("action=\"/dialled\""),
        dial("action=\"/dialled\" timeout=\"600\"").replace(OWNER, "+13125550150"),
    ] {
        let stage = stage_saying(&verbs).await;
        stage.exchange.plug(OWNER, Phone::answers_after(1));
        stage.exchange.plug("+13125550150", Phone::never_answers());
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller().stays_silent(), OURS);
                stage.wait(4).await;
                let sid = call.story().call_sid().clone();
                assert_eq!(stage.change(sid.as_str(), &[("Status", "completed")]).await.status, 200);
                let story = call.finished().await;
                assert_eq!(stage.shown(sid.as_str()).await["status"], "completed");
                story
            })
            .await;
        assert_eq!(story.duration().as_secs(), 4, "{story}");
        assert_eq!(story.ended_by(), Some(EndedBy::Network), "{story}");
        let ended = only(&story, WebhookKind::CallStatus);
        assert_eq!(ended.param("CallStatus"), Some("completed"));
        assert_eq!(ended.at, story.ended().unwrap());
        assert!(!story.caller_heard("Thrown away."));
    }
}

#[tokio::test]
async fn a_child_is_ended_by_completed_also_while_it_rings() {
    for (answers_after, statuses) in [(2, ["completed", "completed"]), (20, ["canceled", "canceled"])] {
        let stage = stage_saying(&dial("action=\"/dialled\"")).await;
        stage.exchange.plug(OWNER, Phone::answers_after(answers_after));
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                stage.wait(6).await;
                let child = sid_of_child(call.story());
                assert_eq!(stage.change(&child, &[("Status", "canceled")]).await.refusal(), (400, 21220));
                let url = stage.server.url("/elsewhere");
                if stage.shown(&child).await["status"] == "ringing" {
                    assert_eq!(stage.change(&child, &[("Url", &url)]).await.refusal(), (400, 21220));
                }
                assert_eq!(stage.change(&child, &[("Status", "completed")]).await.status, 200);
                call.finished().await
            })
            .await;
        let legs = story.webhooks_of(WebhookKind::LegStatus);
        let action = only(&story, WebhookKind::DialAction);
        let told = [legs.last().unwrap().param("CallStatus"), action.param("DialCallStatus")];
        assert_eq!(told, statuses.map(Some), "{story}");
        assert!(story.caller_heard("Thrown away."), "the action leads on: {story}");
    }
}

#[tokio::test]
async fn a_time_limit_ends_the_call() {
    let stage = stage_saying(&dial("action=\"/dialled\"")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("TimeLimit", "30")]).await;
            call.finished().await
        })
        .await;
    assert_eq!(story.duration().as_secs(), 35);
    assert_eq!(only(&story, WebhookKind::CallStatus).param("CallDuration"), Some("35"));
    assert_eq!(only(&story, WebhookKind::DialAction).param("CallStatus"), Some("completed"));
}

#[tokio::test]
async fn another_status_callback_is_told_from_then_on() {
    let stage = stage_saying(&dial("")).await;
    stage.server.takes("/other");
    stage.exchange.plug(OWNER, Phone::answers_after(9).talks_for(10));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let child = sid_of_child(call.story());
            for sid in [call.story().call_sid().as_str(), &child] {
                let fields = [("StatusCallback", &*stage.server.url("/other"))];
                assert_eq!(stage.change(sid, &fields).await.status, 200);
            }
            call.finished().await
        })
        .await;
    assert_eq!(stage.server.received_at("/status").len(), 0);
    assert_eq!(stage.server.received_at("/leg").len(), 2);
    let told: Vec<_> = stage.server.received_at("/other").iter().map(|it| it.param("CallStatus")).collect();
    assert_eq!(told.len(), 3, "{story}");
    assert_eq!(only(&story, WebhookKind::CallStatus).path(), "/other");
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(values(&legs, "SequenceNumber"), ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn a_new_document_that_cannot_be_had_is_an_application_error() {
    for has_fallback in [false, true] {
        let stage = stage_saying("<Say>Hello.</Say><Pause length=\"60\"/>").await;
        stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
        stage.server.on("/broken", |_| reply(500, "", ""));
        let story = stage
            .play(move |stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                stage.wait(5).await;
                let (url, fallback) = (stage.server.url("/broken"), stage.server.url("/fallback"));
                let mut fields = vec![("Url", &*url)];
                fields.extend(has_fallback.then_some(("FallbackUrl", &*fallback)));
                let sid = call.story().call_sid().clone();
                stage.change(sid.as_str(), &fields).await;
                call.finished().await
            })
            .await;
        assert_eq!(story.errors()[0].code, 11200);
        assert_eq!(story.caller_heard("Sorry."), has_fallback);
        assert_eq!(story.heard_application_error(), !has_fallback);
        if !has_fallback {
            assert_eq!(story.duration().as_millis(), 5_055 + 4_000);
        }
    }
}

#[tokio::test]
async fn who_hangs_up_while_a_webhook_is_slow_is_gone_at_once() {
    let after_gather = "<Gather numDigits=\"1\" action=\"/slow\"><Say>Press 1.</Say></Gather>";
    let dialled = dial("action=\"/slow\"");
    for (verbs, kind, status) in [
        ("<Say>Hello.</Say>", WebhookKind::Voice, "no-answer"),
        ("<Redirect>/slow</Redirect>", WebhookKind::Redirect, "no-answer"),
        ("<Say>Hello.</Say><Redirect>/slow</Redirect>", WebhookKind::Redirect, "completed"),
        (after_gather, WebhookKind::GatherAction, "completed"),
        (&*dialled, WebhookKind::DialAction, "completed"),
    ] {
        let stage = stage_saying(verbs).await;
        stage.server.twiml("/slow", "<Say>Too late.</Say>");
        stage.exchange.plug(OWNER, Phone::busy());
        stage.exchange.set_delivery(move |outgoing| {
            vec![if outgoing.kind == kind { Duration::from_secs(9) } else { Duration::ZERO }]
        });
        let impatient =
            caller().on(Cue::hears("Press 1"), Deed::presses("1")).on(Cue::begins().after(5), Deed::HangsUp);
        let story = stage.call(impatient).await;
        crate::stage::holds_together(&story);
        assert_eq!(story.duration().as_secs(), 5, "{story}");
        assert_eq!(story.ended_by(), Some(EndedBy::Caller), "{story}");
        let ended = only(&story, WebhookKind::CallStatus);
        assert_eq!((ended.param("CallStatus"), ended.at), (Some(status), story.ended().unwrap()), "{story}");
        assert!(!story.caller_heard("Too late."));
    }
}

#[tokio::test]
async fn who_hangs_up_while_an_old_dial_is_told_of_is_gone_at_once() {
    let stage = stage_saying(&dial("action=\"/dialled\"")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(1));
    stage.exchange.set_delivery(|outgoing| {
        let is_slow = outgoing.kind == WebhookKind::DialAction;
        vec![if is_slow { Duration::from_secs(9) } else { Duration::ZERO }]
    });
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller().hangs_up_after(8), OURS);
            stage.wait(5).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            call.finished().await
        })
        .await;
    assert_eq!(story.duration().as_secs(), 8, "{story}");
    assert!(story.webhooks_of(WebhookKind::LiveUpdate).is_empty());
    assert_eq!(only(&story, WebhookKind::CallStatus).at, story.ended().unwrap());
}

#[tokio::test]
async fn an_inbound_call_that_still_rings_can_be_led_elsewhere() {
    let stage = stage_saying("<Pause length=\"20\"/><Say>Never.</Say>").await;
    stage.exchange.wire(OURS, NumberUrls::voice(stage.server.url("/voice")));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(2).await;
            let sid = call.story().call_sid().clone();
            let changed = stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            assert_eq!(changed.json()["status"], "ringing");
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Here now.") && !story.caller_heard("Never."), "{story}");
}

/// What is done to a call from outside.
const CHANGES: [(&str, bool); 6] = [
    ("Url", false),
    ("Url", true),
    ("Twiml", false),
    ("Status", false),
    ("Status", true),
    ("hangs up", true),
];

#[tokio::test]
async fn whatever_happens_at_any_instant_each_leg_ends_once() {
    let whisper = format!("<Number url=\"/whisper\" statusCallback=\"/leg\">{OWNER}</Number>");
    for verbs in [
        dial("action=\"/dialled\" record=\"true\""),
        dial("answerOnBridge=\"true\""),
        format!("<Dial action=\"/dialled\" timeLimit=\"9\">{whisper}</Dial>"),
        "<Gather action=\"/dialled\" timeout=\"4\"><Say>one two three</Say></Gather><Record/>".into(),
        "<Enqueue action=\"/dialled\" waitUrl=\"/whisper\">sales</Enqueue>".into(),
        "<Dial action=\"/dialled\"><Conference>room</Conference></Dial>".into(),
    ] {
        for at in [0, 1, 999, 1_000, 2_000, 2_001, 3_000, 3_500, 5_000, 11_000, 16_000] {
            for (what, of_child) in CHANGES {
                let stage = stage_saying(&verbs).await;
                stage.server.twiml("/whisper", "<Say>one two</Say>");
                stage.exchange.plug(OWNER, Phone::answers_after(2).talks_for(12));
                stage.exchange.set_delivery(|outgoing| {
                    let slow = matches!(outgoing.kind, WebhookKind::DialAction | WebhookKind::Whisper);
                    vec![Duration::from_millis(if slow { 700 } else { 0 })]
                });
                let story = stage
                    .play(move |stage| async move {
                        let person = caller().stays_silent().hangs_up_after(40);
                        let call = stage.exchange.start_call(person, OURS);
                        stage.clock.sleep(Duration::from_millis(at)).await;
                        let legs = call.story().legs();
                        let Some(leg) = legs.get(usize::from(of_child)) else { return call.finished().await };
                        let url = stage.server.url("/elsewhere");
                        let value = match what {
                            "Url" => &*url,
                            "Twiml" => "<Response><Say>Here now.</Say></Response>",
                            _ => "completed",
                        };
                        if what == "hangs up" {
                            stage.exchange.does(&leg.call_sid, Deed::HangsUp);
                        } else {
                            let changed = stage.change(leg.call_sid.as_str(), &[(what, value)]).await;
                            assert!(matches!(changed.status, 200 | 400), "{}", changed.status);
                        }
                        call.finished().await
                    })
                    .await;
                for leg in story.legs() {
                    let ends = story.webhooks().into_iter().filter(|webhook| {
                        webhook.call_sid == leg.call_sid
                            && webhook.param("CallbackSource").is_some()
                            && webhook.param("CallDuration").is_some()
                    });
                    assert_eq!(ends.count(), 1, "{what} of the child: {of_child}, at {at} ms: {story}");
                }
                assert!(story.duration() <= Duration::from_secs(40), "{story}");
                let rest = stage.exchange.rooms().iter().map(|room| room.participants.len()).sum::<usize>();
                let waits = stage.exchange.queues().iter().map(|queue| queue.waiting.len()).sum::<usize>();
                assert_eq!((rest, waits), (0, 0), "nobody is left behind: {story}");
            }
        }
    }
}

#[tokio::test]
async fn a_slow_whisper_holds_nobody_who_hangs_up() {
    for (callee, at, by) in [(true, 4, EndedBy::Network), (false, 4, EndedBy::Caller)] {
        let number = format!("<Number url=\"/whisper\" statusCallback=\"/leg\">{OWNER}</Number>");
        let stage = stage_saying(&format!("<Dial>{number}</Dial>")).await;
        stage.server.twiml("/whisper", "<Say>Too late.</Say>");
        stage.exchange.set_delivery(|outgoing| {
            vec![Duration::from_secs(if outgoing.kind == WebhookKind::Whisper { 9 } else { 0 })]
        });
        let (owner, person) = (Phone::answers_after(1), caller());
        let cue = Cue::begins().after(4);
        let (owner, person) = if callee {
            (owner.on(cue, Deed::HangsUp), person)
        } else {
            (owner, person.on(cue, Deed::HangsUp))
        };
        stage.exchange.plug(OWNER, owner);
        let story = stage.call(person).await;
        crate::stage::holds_together(&story);
        assert_eq!((story.duration().as_secs(), story.ended_by()), (at, Some(by)), "{story}");
        assert_eq!(only(&story, WebhookKind::LegStatus).at, story.ended().unwrap());
        assert!(!story.callee_heard("Too late."));
    }
}
