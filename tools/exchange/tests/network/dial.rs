//! Rules of `<Dial>` and its nouns.

use exchange::{Abandoned, Caller, EndedBy, NumberUrls, Party, Phone, Speech, WebhookKind, What};

use crate::stage::{CALLER, OTHER, OURS, OWNER, Stage, caller, only, reply, values};

/// A stage that dials the owner and then records what the action was told.
async fn dialling(attributes: &str, nouns: &str) -> Stage {
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\" {attributes}>{nouns}</Dial>")).await;
    stage.server.twiml("/dialled", "<Say>Goodbye.</Say>");
    stage
}

#[tokio::test]
async fn each_way_of_not_answering_has_its_status_and_sip_code() {
    for (phone, status, code) in [
        (Phone::busy(), "busy", "486"),
        (Phone::declines_after(3), "busy", "486"),
        (Phone::never_answers(), "no-answer", "487"),
        (Phone::unreachable(), "failed", "404"),
        (Phone::unreachable_with(503), "failed", "503"),
    ] {
        let number = format!("<Number statusCallback=\"/leg\">{OWNER}</Number>");
        let stage = dialling("", &number).await;
        stage.exchange.plug(OWNER, phone);
        let story = stage.call(caller()).await;
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.param("DialCallStatus"), Some(status));
        assert_eq!(action.param("DialCallDuration"), None);
        assert_eq!(action.param("DialBridged"), Some("false"));
        let leg = only(&story, WebhookKind::LegStatus);
        assert_eq!(leg.param("CallStatus"), Some(status));
        assert_eq!(leg.param("SipResponseCode"), Some(code));
        assert_eq!(leg.param("ParentCallSid"), Some(story.call_sid().as_str()));
        assert_eq!(leg.param("CallSid"), action.param("DialCallSid"));
        assert_eq!(leg.param("Direction"), Some("outbound-dial"));
        assert_eq!(leg.param("CallbackSource"), Some("call-progress-events"));
        assert_eq!(leg.param("From"), Some(CALLER));
        assert!(story.caller_heard("Goodbye."));
        assert_eq!(story.last_dial_status().unwrap(), status);
    }
}

#[tokio::test]
async fn twilio_adds_five_seconds_to_the_timeout() {
    let stage = dialling("timeout=\"20\"", OWNER).await;
    stage.exchange.plug(OWNER, Phone::answers_after(24).talks_for(5));
    assert_eq!(stage.call(caller()).await.last_dial_status().unwrap(), "completed");
    stage.exchange.plug(OWNER, Phone::answers_after(25).talks_for(5));
    assert_eq!(stage.call(caller()).await.last_dial_status().unwrap(), "no-answer");
}

#[tokio::test]
async fn without_an_action_the_next_verb_follows() {
    let stage = Stage::saying(&format!("<Dial>{OWNER}</Dial><Say>And then?</Say>")).await;
    stage.exchange.plug(OWNER, Phone::busy());
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("And then?"));
    assert!(story.webhooks_of(WebhookKind::DialAction).is_empty());
}

#[tokio::test]
async fn with_an_action_the_verbs_behind_are_never_reached() {
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\">{OWNER}</Dial><Say>Never.</Say>")).await;
    stage.server.twiml("/dialled", "");
    stage.exchange.plug(OWNER, Phone::busy());
    let story = stage.call(caller()).await;
    assert!(!story.caller_heard("Never."));
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn of_several_the_first_to_answer_wins() {
    let nouns = format!(
        "<Number statusCallback=\"/leg\">{OWNER}</Number><Number statusCallback=\"/leg\">{OTHER}</Number>"
    );
    let stage = dialling("", &nouns).await;
    stage.exchange.plug(OWNER, Phone::answers_after(9).talks_for(10));
    stage.exchange.plug(OTHER, Phone::answers_after(4).talks_for(10));
    let story = stage.call(caller()).await;
    assert!(story.rang(OWNER) && story.rang(OTHER));
    assert_eq!(story.talked_with(), Some(OTHER.into()));
    assert!(!story.answered(OWNER));
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["canceled", "completed"]);
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallSid"), legs[1].param("CallSid"));
}

#[tokio::test]
async fn of_several_none_answering_the_action_is_told_once() {
    let stage =
        dialling("timeout=\"10\"", &format!("<Number>{OWNER}</Number><Number>{OTHER}</Number>")).await;
    stage.exchange.plug(OWNER, Phone::busy());
    stage.exchange.plug(OTHER, Phone::never_answers());
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("no-answer"));
}

#[tokio::test]
async fn in_sequence_the_next_one_rings_after_the_last_one_has_failed() {
    let nouns = format!("<Number>{OWNER}</Number><Number>{OTHER}</Number>");
    let stage = dialling("sequential=\"true\" timeout=\"10\"", &nouns).await;
    stage.exchange.plug(OWNER, Phone::never_answers());
    stage.exchange.plug(OTHER, Phone::answers_after(2).talks_for(10));
    let story = stage.call(caller()).await;
    assert_eq!(story.talked_with(), Some(OTHER.into()));
    let rings: Vec<i64> = story
        .entries()
        .iter()
        .filter(|entry| entry.what == What::Rings)
        .map(|entry| entry.at.duration_since(story.started()).as_secs())
        .collect();
    assert_eq!(rings, [0, 15]);
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("completed"));
}

#[tokio::test]
async fn who_hangs_up_while_it_rings_is_still_reported() {
    for (abandoned, status) in [(Abandoned::Canceled, "canceled"), (Abandoned::NoAnswer, "no-answer")] {
        let stage = Stage::with(|config| config.abandoned = abandoned).await;
        let number = format!("<Number statusCallback=\"/leg\">{OWNER}</Number>");
        stage.server.twiml("/voice", &format!("<Dial action=\"/dialled\">{number}</Dial>"));
        stage.server.twiml("/dialled", "<Say>Nobody hears this.</Say><Record/>");
        stage.exchange.plug(OWNER, Phone::answers_after(8));
        let story = stage.call(caller().hangs_up_while_ringing_after(5)).await;
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.param("DialCallStatus"), Some(status));
        assert_eq!(action.param("CallStatus"), Some("completed"));
        assert!(!story.caller_heard("Nobody") && !story.heard_beep());
        assert_eq!(only(&story, WebhookKind::LegStatus).param("CallStatus"), Some("canceled"));
        assert_eq!(story.ended_by(), Some(EndedBy::Caller));
        assert_eq!(story.duration().as_secs(), 5);
        assert_eq!(only(&story, WebhookKind::CallStatus).param("CallStatus"), Some("completed"));
    }
}

#[tokio::test]
async fn patience_with_ringing_counts_all_dials_of_the_call() {
    let stage =
        Stage::saying(&format!("<Dial timeout=\"5\">{OWNER}</Dial><Dial timeout=\"30\">{OTHER}</Dial>"))
            .await;
    stage.exchange.plug(OWNER, Phone::never_answers());
    stage.exchange.plug(OTHER, Phone::answers_after(10));
    let story = stage.call(caller().hangs_up_while_ringing_after(18)).await;
    assert_eq!(story.duration().as_secs(), 18);
    assert!(story.rang(OTHER) && !story.answered(OTHER));
}

#[tokio::test]
async fn with_answer_on_bridge_the_callee_answers_the_call() {
    let stage = dialling("answerOnBridge=\"true\"", OWNER).await;
    stage.exchange.plug(OWNER, Phone::answers_after(6).talks_for(10));
    let story = stage.call(caller()).await;
    let answered = story
        .entries()
        .into_iter()
        .find(|entry| entry.party == Party::Caller && entry.what == What::Answers)
        .unwrap();
    assert_eq!(answered.at.duration_since(story.started()).as_secs(), 6);
    // Ten seconds of conversation and half a second of farewell.
    assert_eq!(only(&story, WebhookKind::CallStatus).param("CallDuration"), Some("11"));

    stage.exchange.plug(OWNER, Phone::never_answers());
    stage.server.twiml("/dialled", "<Reject reason=\"busy\"/>");
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("CallStatus"), Some("ringing"));
    assert!(!story.was_answered() && story.heard_busy());
    assert_eq!(story.status(), "busy");
}

#[tokio::test]
async fn a_caller_who_hangs_up_a_conversation_is_reported_too() {
    let stage = dialling("", OWNER).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    let story = stage.call(caller().hangs_up_conversation_after(40)).await;
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallStatus"), Some("completed"));
    assert_eq!(action.param("DialCallDuration"), Some("40"));
    assert_eq!(action.param("CallStatus"), Some("completed"));
    assert!(!story.caller_heard("Goodbye."));
    assert_eq!(story.ended_by(), Some(EndedBy::Caller));
}

#[tokio::test]
async fn star_ends_the_conversation_only_when_asked_for() {
    for (attribute, lasted) in [("hangupOnStar=\"true\"", "7"), ("", "20")] {
        let stage = dialling(attribute, OWNER).await;
        stage.exchange.plug(OWNER, Phone::answers_after(2).talks_for(20));
        let story = stage.call(caller().presses_star_after(7)).await;
        assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallDuration"), Some(lasted));
        assert!(story.caller_heard("Goodbye."));
    }
}

#[tokio::test]
async fn the_time_limit_ends_a_conversation_that_nobody_ends() {
    let stage = dialling("timeLimit=\"60\"", OWNER).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2).talks_until_caller_hangs_up());
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallDuration"), Some("60"));
    assert!(story.caller_heard("Goodbye."));
}

#[tokio::test]
async fn a_callee_who_accepts_the_whisper_is_bridged() {
    let number = format!("<Number url=\"/whisper\">{OWNER}</Number>");
    let stage = dialling("", &number).await;
    stage.server.twiml(
        "/whisper",
        "<Gather numDigits=\"1\" action=\"/accept\"><Say>Press 1 to take the call.</Say></Gather><Hangup/>",
    );
    stage.server.twiml("/accept", "<Say>Connecting.</Say>");
    stage.exchange.plug(OWNER, Phone::answers_after(4).presses("1").talks_for(20));
    let story = stage.call(caller()).await;
    assert!(story.callee_heard("Press 1") && story.callee_heard("Connecting."));
    assert!(!story.caller_heard("Press 1"));
    let whispers = story.webhooks_of(WebhookKind::Whisper);
    assert_eq!(values(&whispers, "Digits"), ["-", "1"]);
    assert_eq!(whispers[0].param("ParentCallSid"), Some(story.call_sid().as_str()));
    assert_eq!(whispers[0].param("CallStatus"), Some("in-progress"));
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialBridged"), Some("true"));
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn a_whisper_that_nobody_accepts_is_completed_but_not_bridged() {
    for phone in [
        Phone::answers_after(4),
        Phone::answers_after(4).ignores_a_prompt(),
        Phone::answers_after(4).hangs_up_at_whisper(),
        Phone::answers_after(4).hangs_up_at_whisper_after(1),
    ] {
        let number = format!("<Number url=\"/whisper\">{OWNER}</Number>");
        let stage = dialling("", &number).await;
        stage.server.twiml("/whisper", "<Gather numDigits=\"1\"><Say>Press 1.</Say></Gather><Hangup/>");
        stage.exchange.plug(OWNER, phone);
        let story = stage.call(caller()).await;
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.param("DialCallStatus"), Some("completed"));
        assert_eq!(action.param("DialBridged"), Some("false"));
        assert_eq!(story.talked_with(), None);
        assert!(story.answered(OWNER) && story.caller_heard("Goodbye."));
    }
}

#[tokio::test]
async fn the_first_pick_up_cancels_the_others_even_if_it_declines() {
    let nouns = format!("<Number url=\"/whisper\">{OWNER}</Number><Number url=\"/whisper\">{OTHER}</Number>");
    let stage = dialling("", &nouns).await;
    stage.server.twiml("/whisper", "<Gather numDigits=\"1\"><Say>Press 1.</Say></Gather><Hangup/>");
    stage.exchange.plug(OWNER, Phone::answers_after(3));
    stage.exchange.plug(OTHER, Phone::answers_after(5).presses("1"));
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialBridged"), Some("false"));
    assert!(!story.answered(OTHER));
}

#[tokio::test]
async fn a_caller_may_hang_up_during_the_whisper() {
    let number = format!("<Number url=\"/whisper\">{OWNER}</Number>");
    let stage = dialling("", &number).await;
    stage.server.twiml("/whisper", "<Pause length=\"60\"/>");
    stage.exchange.plug(OWNER, Phone::answers_after(4));
    let story = stage.call(caller().hangs_up_while_ringing_after(10)).await;
    assert_eq!(story.duration().as_secs(), 10);
    assert_eq!(story.ended_by(), Some(EndedBy::Caller));
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialBridged"), Some("false"));
}

#[tokio::test]
async fn a_whisper_that_cannot_be_fetched_ends_the_leg() {
    let number = format!("<Number url=\"/nowhere\">{OWNER}</Number>");
    let stage = dialling("", &number).await;
    stage.exchange.plug(OWNER, Phone::answers_after(4));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 11200);
    assert!(!story.heard_application_error(), "only the callee hears of it");
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialBridged"), Some("false"));
}

#[tokio::test]
async fn the_caller_id_must_be_a_party_or_a_number_of_the_account() {
    for (caller_id, allowed) in [(OURS, true), (CALLER, true), ("+13125550150", false), (OTHER, false)] {
        let stage = dialling(&format!("callerId=\"{caller_id}\""), OWNER).await;
        stage.exchange.plug(OWNER, Phone::answers_after(1).talks_for(1));
        let story = stage.call(caller()).await;
        assert_eq!(story.rang(OWNER), allowed, "{caller_id}");
        if !allowed {
            assert_eq!(story.errors()[0].code, 13214);
            assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("failed"));
        }
    }
    let stage = dialling("callerId=\"+13125550150\"", OWNER).await;
    stage.exchange.wire("+13125550150", NumberUrls::default());
    stage.exchange.plug(OWNER, Phone::busy());
    assert_eq!(stage.call(caller()).await.errors(), []);
}

#[tokio::test]
async fn a_client_needs_a_caller_id_and_an_anonymous_caller_does_not() {
    for (from, code) in [
        ("client:alice", Some(13213)),
        ("sip:a@example.com", Some(13213)),
        ("anonymous", None),
        ("+266696687", None),
    ] {
        let stage = dialling("", OWNER).await;
        stage.exchange.plug(OWNER, Phone::answers_after(1).talks_for(1));
        let story = stage.call(Caller::new(from)).await;
        assert_eq!(story.errors().first().map(|error| error.code), code, "{from}");
        assert_eq!(story.rang(OWNER), code.is_none());
    }
}

#[tokio::test]
async fn clients_and_sip_addresses_can_be_dialled() {
    let nouns = "<Client statusCallback=\"/leg\">alice</Client><Sip statusCallback=\"/leg\">sip:bob@example.com</Sip>";
    let stage = dialling("", nouns).await;
    stage.exchange.plug("client:alice", Phone::never_answers());
    stage.exchange.plug("sip:bob@example.com", Phone::answers_after(3).talks_for(5));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors(), []);
    assert!(story.rang("client:alice"));
    assert_eq!(story.talked_with(), Some("sip:bob@example.com".into()));
    assert!(!story.to_string().contains("bob"));
}

#[tokio::test]
async fn what_is_no_number_and_what_nobody_has_fails() {
    let stage = dialling("", "5550199").await;
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 13224);
    assert_eq!(story.last_dial_status().unwrap(), "failed");

    let stage = dialling("", OWNER).await;
    let story = stage.call(caller()).await;
    assert_eq!(story.last_dial_status().unwrap(), "failed");
}

#[tokio::test]
async fn dialling_another_of_our_numbers_is_a_call_of_its_own() {
    let stage = dialling("", OTHER).await;
    stage.exchange.wire(OTHER, NumberUrls::voice(stage.server.url("/other")));
    stage.server.twiml("/other", "<Say>The other number.</Say><Record action=\"/saved\"/>");
    stage.server.twiml("/saved", "<Hangup/>");
    let message = Speech::tone(std::time::Duration::from_secs(6), "hello");
    let story = stage.call(caller().leaves(message).then_presses('#')).await;
    let stories = stage.exchange.stories();
    assert_eq!(stories.len(), 2);
    let inner = &stories[1];
    assert!(inner.caller_heard("The other number.") && inner.heard_beep());
    assert_eq!(inner.from().reveal(), CALLER);
    assert_eq!(story.last_dial_status().unwrap(), "completed");
    assert!(story.caller_heard("Goodbye."));
}

#[tokio::test]
async fn a_number_that_forwards_to_itself_comes_to_an_end() {
    let stage = dialling("", OURS).await;
    let story = stage.call(caller()).await;
    assert!(story.ended().is_some());
    let errors: Vec<_> = stage.exchange.stories().iter().flat_map(exchange::Story::errors).collect();
    assert!(errors.iter().any(|error| error.message.contains("loop")), "{errors:?}");
}

#[tokio::test]
async fn two_numbers_that_forward_to_each_other_come_to_an_end() {
    let stage = dialling("timeout=\"20\"", OTHER).await;
    stage.exchange.wire(OTHER, NumberUrls::voice(stage.server.url("/back")));
    stage.server.on("/back", |_| {
        reply(
            200,
            "text/xml",
            &crate::stage::document(&format!("<Dial answerOnBridge=\"true\">{OURS}</Dial>")),
        )
    });
    let story = stage.call(caller()).await;
    assert!(story.ended().is_some());
}

#[tokio::test]
async fn who_hangs_up_is_gone_at_our_dialled_number_too() {
    let stage = dialling("", OTHER).await;
    stage.exchange.wire(OTHER, NumberUrls::voice(stage.server.url("/other")));
    stage.server.twiml("/other", "<Pause length=\"30\"/><Say>Too late.</Say>");
    let story = stage.call(caller().hangs_up_while_ringing_after(10)).await;
    assert_eq!(story.duration().as_secs(), 10);
    let inner = &stage.exchange.stories()[1];
    assert_eq!((inner.ended_by(), inner.duration().as_secs()), (Some(EndedBy::Caller), 10));
    assert_eq!(inner.status(), "no-answer");

    stage.server.twiml("/other", "<Say>Wait.</Say><Record action=\"/saved\" timeout=\"0\"/>");
    let message = Speech::tone(std::time::Duration::from_mins(1), "hello");
    let story = stage.call(caller().leaves(message).hangs_up_conversation_after(20)).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallDuration"), Some("20"));
    let inner = &stage.exchange.stories()[3];
    assert_eq!(inner.ended_by(), Some(EndedBy::Caller));
    assert_eq!(only(inner, WebhookKind::RecordAction).param("Digits"), Some("hangup"));
}

#[tokio::test]
async fn when_somebody_else_answers_a_number_of_ours_stops_ringing() {
    let stage = dialling("", &format!("<Number>{OTHER}</Number><Number>{OWNER}</Number>")).await;
    stage.exchange.wire(OTHER, NumberUrls::voice(stage.server.url("/other")));
    stage.server.twiml("/other", "<Dial answerOnBridge=\"true\">+13125550150</Dial>");
    stage.exchange.plug("+13125550150", Phone::never_answers());
    stage.exchange.plug(OWNER, Phone::answers_after(5).talks_for(60));
    let story = stage.call(caller()).await;
    assert_eq!(story.talked_with(), Some(OWNER.into()));
    let inner = &stage.exchange.stories()[1];
    assert!(inner.rang("+13125550150"));
    assert_eq!((inner.ended_by(), inner.duration().as_secs()), (Some(EndedBy::Caller), 5));
}

#[tokio::test]
async fn digits_are_sent_as_soon_as_somebody_picks_up() {
    let stage = dialling("", &format!("<Number sendDigits=\"ww12\">{OWNER}</Number>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2).talks_for(5));
    let story = stage.call(caller()).await;
    let heard =
        story.entries().into_iter().find(|entry| entry.what == What::HearsKeys("ww12".into())).unwrap();
    assert_eq!(heard.party, Party::Callee(OWNER.into()));
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallDuration"), Some("7"));
}

#[tokio::test]
async fn what_a_dial_asks_for_that_is_not_simulated_is_said() {
    let nouns = format!("<Number>{OWNER}</Number><Sim>HS00000000000000000000000000000001</Sim>");
    let stage = dialling("", &nouns).await;
    stage.exchange.plug(OWNER, Phone::busy());
    let story = stage.call(caller()).await;
    let told: Vec<String> = story.errors().into_iter().map(|error| error.message).collect();
    assert!(told.iter().any(|message| message.starts_with("Sim")), "{told:?}");
    assert_eq!(story.last_dial_status().unwrap(), "busy");
}
