//! Rules of documents and of the verbs that speak, wait, listen and lead on.

use exchange::{EndedBy, Phone, WebFile, WebhookKind, What};

use crate::stage::{CALLER, OURS, OWNER, Stage, caller, only, reply, values};

#[tokio::test]
async fn words_are_heard_in_their_voice_as_often_as_asked_for() {
    let stage = Stage::saying(
        "<Say voice=\"Polly.Amy\" language=\"en-GB\" loop=\"2\">Good <emphasis>day</emphasis> to you</Say>",
    )
    .await;
    let story = stage.call(caller()).await;
    let heard: Vec<What> = story
        .entries()
        .into_iter()
        .map(|entry| entry.what)
        .filter(|what| matches!(what, What::HearsWords { .. }))
        .collect();
    assert_eq!(heard.len(), 2);
    assert_eq!(
        heard[0],
        What::HearsWords {
            text: "Good day to you".into(),
            voice: Some("Polly.Amy".into()),
            language: Some("en-GB".into()),
            to_the_end: true,
        }
    );
    assert_eq!(story.duration().as_millis(), 3200);
}

#[tokio::test]
async fn what_is_said_for_ever_ends_when_the_caller_hangs_up() {
    let stage = Stage::saying("<Say loop=\"0\">Please hold the line</Say>").await;
    let story = stage.call(caller().hangs_up_after(10)).await;
    assert_eq!(story.duration().as_secs(), 10);
    assert_eq!(story.ended_by(), Some(EndedBy::Caller));
}

#[tokio::test]
async fn sounds_and_keys_are_heard() {
    let stage = Stage::saying("<Play>https://example.com/a.mp3</Play><Play digits=\"12w3\"/>").await;
    stage.exchange.publish("https://example.com/a.mp3", WebFile::of_type("audio/mpeg", "ID3"));
    let story = stage.call(caller()).await;
    let entries = story.entries();
    assert!(entries.iter().any(|entry| entry.what == What::HearsSound("https://example.com/a.mp3".into())));
    assert!(entries.iter().any(|entry| entry.what == What::HearsKeys("12w3".into())));
}

#[tokio::test]
async fn a_pause_before_anything_else_delays_the_answer() {
    let stage = Stage::saying("<Pause length=\"3\"/><Say>Hello</Say><Pause length=\"2\"/>").await;
    let story = stage.call(caller()).await;
    let answered = story.entries().into_iter().find(|entry| entry.what == What::Answers).unwrap();
    assert_eq!(answered.at.duration_since(story.started()).as_secs(), 3);
    assert_eq!(story.duration().as_millis(), 5500);
}

#[tokio::test]
async fn a_document_without_verbs_answers_and_hangs_up() {
    let stage = Stage::saying("").await;
    let story = stage.call(caller()).await;
    assert!(story.was_answered());
    assert_eq!(story.status(), "completed");
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn a_rejected_call_is_never_answered() {
    for (reason, status, busy) in [("", "no-answer", false), ("reason=\"busy\"", "busy", true)] {
        let stage = Stage::saying(&format!("<Reject {reason}/>")).await;
        let story = stage.call(caller()).await;
        assert!(!story.was_answered());
        assert_eq!(story.heard_busy(), busy);
        assert_eq!(story.heard_not_in_service(), !busy);
        let ended = only(&story, WebhookKind::CallStatus);
        assert_eq!(ended.param("CallStatus"), Some(status));
        assert_eq!(ended.param("CallDuration"), Some("0"));
    }
}

#[tokio::test]
async fn a_reject_is_free_only_at_the_very_beginning() {
    for (keeps, first, answered) in [
        (true, "", false),
        (true, "<Pause length=\"2\"/>", true),
        (false, "<Pause length=\"2\"/>", true),
        (true, "<Say>Hello.</Say>", true),
        (true, "<Redirect>/next</Redirect>", true),
        (false, "<Redirect>/next</Redirect>", true),
    ] {
        let stage = Stage::with(|config| {
            config.unverified.pause_keeps_ringing = keeps;
            config.unverified.redirect_keeps_ringing = keeps;
        })
        .await;
        stage.server.twiml("/voice", &format!("{first}<Reject/>"));
        stage.server.twiml("/next", "<Reject/>");
        let story = stage.call(caller()).await;
        let status = if answered { "completed" } else { "no-answer" };
        assert_eq!((story.was_answered(), &*story.status()), (answered, status), "{first} {story}");
        assert_eq!(story.heard_not_in_service(), !answered);
        assert_eq!(only(&story, WebhookKind::CallStatus).param("CallStatus"), Some(status));
    }
}

#[tokio::test]
async fn a_first_pause_or_redirect_may_answer_or_let_it_ring_on() {
    for (keeps, first, status) in [
        (true, "<Pause length=\"2\"/>", "ringing"),
        (false, "<Pause length=\"2\"/>", "in-progress"),
        (true, "", "ringing"),
        (false, "", "in-progress"),
    ] {
        let stage = Stage::with(|config| {
            config.unverified.pause_keeps_ringing = keeps;
            config.unverified.redirect_keeps_ringing = keeps;
        })
        .await;
        stage.server.twiml("/voice", &format!("{first}<Redirect>/next</Redirect>"));
        stage.server.twiml("/next", "<Say>Hello.</Say>");
        let story = stage.call(caller()).await;
        assert_eq!(only(&story, WebhookKind::Redirect).param("CallStatus"), Some(status), "{story}");
    }
}

#[tokio::test]
async fn a_hangup_before_anything_else_still_answers() {
    let stage = Stage::saying("<Hangup/><Say>Never.</Say>").await;
    let story = stage.call(caller()).await;
    assert!(story.was_answered() && !story.caller_heard("Never."));
    assert_eq!(story.ended_by(), Some(EndedBy::Network));
}

#[tokio::test]
async fn a_redirect_goes_on_with_the_other_document() {
    let stage = Stage::saying("<Redirect method=\"GET\">next?step=2</Redirect><Say>Never.</Say>").await;
    stage.server.twiml("/next", "<Say>The next one.</Say>");
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("The next one.") && !story.caller_heard("Never."));
    let next = only(&story, WebhookKind::Redirect);
    assert!(next.url.starts_with(&stage.server.url("/next?step=2&")));
    let received = &stage.server.received_at("/next")[0];
    assert_eq!(received.method, "GET");
    assert_eq!(received.param("From").unwrap(), CALLER);
    assert!(received.signed);
}

#[tokio::test]
async fn a_redirect_in_circles_is_noticed() {
    let stage = Stage::saying("<Redirect>/voice</Redirect>").await;
    let story = stage.call(caller()).await;
    assert!(story.errors()[0].message.contains("loop"));
}

#[tokio::test]
async fn keys_are_gathered_up_to_their_number_or_the_finish_key() {
    for (attributes, pressed, digits, finished) in [
        ("numDigits=\"2\"", "123", "12", ""),
        ("", "42#", "42", "#"),
        ("finishOnKey=\"*\"", "4#2*", "4#2", "*"),
        ("", "77", "77", ""),
    ] {
        let stage =
            Stage::saying(&format!("<Gather action=\"/menu\" {attributes}><Say>Choose.</Say></Gather>"))
                .await;
        stage.server.twiml("/menu", "<Say>Thanks.</Say>");
        let story = stage.call(caller().presses(pressed)).await;
        let menu = only(&story, WebhookKind::GatherAction);
        assert_eq!(menu.param("Digits"), Some(digits), "{attributes}");
        assert_eq!(menu.param("FinishedOnKey"), Some(finished), "{attributes}");
        assert!(story.caller_heard("Choose.") && story.caller_heard("Thanks."));
    }
}

#[tokio::test]
async fn without_input_the_call_falls_through() {
    let stage = Stage::saying("<Gather action=\"/menu\" timeout=\"4\"/><Say>Nothing came.</Say>").await;
    let story = stage.call(caller()).await;
    assert!(story.webhooks_of(WebhookKind::GatherAction).is_empty());
    assert!(story.caller_heard("Nothing came."));
    assert_eq!(story.duration().as_millis(), 4800);
}

#[tokio::test]
async fn an_empty_result_is_reported_when_asked_for() {
    let stage =
        Stage::saying("<Gather action=\"/menu\" actionOnEmptyResult=\"true\"/><Say>Never.</Say>").await;
    stage.server.twiml("/menu", "<Say>Empty.</Say>");
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::GatherAction).param("Digits"), None);
    assert!(story.caller_heard("Empty.") && !story.caller_heard("Never."));
}

#[tokio::test]
async fn a_gather_without_action_asks_its_own_document_again() {
    let stage = Stage::new().await;
    stage.server.twiml_in_turn("/voice", &["<Gather numDigits=\"1\"/>", "<Say>Second time.</Say>"]);
    let story = stage.call(caller().presses("5")).await;
    let again = only(&story, WebhookKind::GatherAction);
    assert_eq!(again.path(), "/voice");
    assert_eq!(again.param("Digits"), Some("5"));
    assert!(story.caller_heard("Second time."));
}

#[tokio::test]
async fn speech_is_gathered_only_where_it_is_taken() {
    for (input, taken) in [("dtmf speech", true), ("speech", true), ("dtmf", false)] {
        let stage = Stage::saying(&format!("<Gather input=\"{input}\" action=\"/menu\"/>")).await;
        stage.server.twiml("/menu", "<Hangup/>");
        let story = stage.call(caller().says("the sales team")).await;
        let heard = story.webhooks_of(WebhookKind::GatherAction);
        if taken {
            assert_eq!(values(&heard, "SpeechResult"), ["the sales team"]);
            assert_eq!(values(&heard, "Confidence"), ["0.9"]);
        } else {
            assert!(heard.is_empty());
        }
    }
}

#[tokio::test]
async fn a_caller_presses_other_keys_at_the_next_prompt() {
    let stage = Stage::saying("<Gather numDigits=\"1\" action=\"/a\"/>").await;
    stage
        .server
        .twiml("/a", "<Gather numDigits=\"1\" action=\"/b\"/><Gather numDigits=\"1\" action=\"/b\"/>");
    stage.server.twiml("/b", "<Hangup/>");
    let story = stage.call(caller().presses("1").ignores_a_prompt().presses("3")).await;
    assert_eq!(values(&story.webhooks_of(WebhookKind::GatherAction), "Digits"), ["1", "3"]);
}

#[tokio::test]
async fn who_hangs_up_during_the_greeting_leaves_no_message() {
    let stage = Stage::saying("<Say>one two three four five six seven eight nine ten</Say><Record/>").await;
    let story = stage.call(caller().hangs_up_during_greeting_after(2)).await;
    assert!(story.caller_heard("one two"));
    assert!(!story.caller_heard("ten") && !story.heard_beep());
    assert_eq!(story.ended_by(), Some(EndedBy::Caller));
    assert_eq!(story.duration().as_secs(), 2);
}

#[tokio::test]
async fn what_is_not_simulated_is_said_and_left_out() {
    let stage = Stage::saying("<Echo/><Say>After it.</Say>").await;
    let story = stage.call(caller()).await;
    assert!(story.errors()[0].message.contains("<Echo> is not simulated"));
    assert!(story.caller_heard("After it."));
}

#[tokio::test]
async fn the_content_type_decides_how_an_answer_is_taken() {
    let twiml = "<Response><Say>Hello</Say></Response>";
    for (content_type, body, heard) in [
        ("text/xml; charset=utf-8", twiml, Some("Hello")),
        ("application/xml", twiml, Some("Hello")),
        ("text/html", twiml, Some("Hello")),
        ("text/plain", twiml, Some("Hello")),
        ("text/plain", "Just words", Some("Just words")),
        ("application/json", twiml, None),
        ("", twiml, None),
    ] {
        let stage = Stage::new().await;
        stage.server.on("/voice", move |_| reply(200, content_type, body));
        let story = stage.call(caller()).await;
        if let Some(words) = heard {
            assert!(story.caller_heard(words), "{content_type}");
        } else {
            assert_eq!(story.errors()[0].code, 12300, "{content_type}");
            assert!(story.heard_application_error());
            assert_eq!(story.ended_by(), Some(EndedBy::ApplicationError));
            assert!(story.to_string().contains("APPLICATION ERROR"));
        }
    }
    let stage = Stage::new().await;
    stage.server.on("/voice", |_| reply(200, "audio/mpeg", "sound"));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors(), []);
    assert!(story.entries().iter().any(|entry| matches!(entry.what, What::HearsSound(_))));
}

#[tokio::test]
async fn a_document_that_twilio_complains_of_has_its_code() {
    for (body, code) in [
        ("<Response><Say>a & b</Say></Response>", 12100),
        ("<Response><Say>", 12100),
        (" <?xml version=\"1.0\"?><Response/>", 12100),
        ("<Reply/>", 12102),
        ("<Response><Speak>Hi</Speak></Response>", 12200),
        ("<Response><Say colour=\"red\">Hi</Say></Response>", 12200),
        ("", 11770),
    ] {
        let stage = Stage::new().await;
        stage.server.on("/voice", move |_| reply(200, "text/xml", body));
        let story = stage.call(caller()).await;
        assert_eq!(story.errors()[0].code, code, "{body}: {:?}", story.errors());
        assert!(story.heard_application_error());
    }
    let stage = Stage::saying("<Dial><Say>Hi</Say></Dial>").await;
    let code = stage.call(caller()).await.errors()[0].code;
    assert!((13200..13300).contains(&code), "a Dial has codes of its own, not {code}");

    let stage = Stage::new().await;
    let long = format!("<Response><!--{}--></Response>", "x".repeat(65 << 10));
    stage.server.on("/voice", move |_| reply(200, "text/xml", &long));
    assert_eq!(stage.call(caller()).await.errors()[0].code, 11750);
}

#[tokio::test]
async fn a_number_that_nobody_wired_is_not_in_service() {
    let stage = Stage::saying("").await;
    let story = stage.exchange.call(caller(), "+14155550177").await;
    assert!(story.heard_not_in_service());
    assert_eq!(story.status(), "failed");
    stage.exchange.unwire(OURS);
    assert!(stage.call(caller()).await.heard_not_in_service());
}

#[tokio::test]
async fn what_twilio_only_warns_of_ends_no_call_if_told_so() {
    let stage = Stage::with(|config| config.refuses_warnings = false).await;
    stage.server.twiml("/voice", "<Speak>Hi.</Speak>\n<Say colour=\"red\">Hello.</Say>");
    let story = stage.call(caller()).await;
    assert_eq!(story.words_heard_by_caller(), "Hello.");
    assert_eq!(story.errors(), []);
    let warnings = story.warnings();
    let lines: Vec<(u32, &str)> = warnings.iter().map(|it| (it.code, &it.message[..7])).collect();
    assert_eq!(lines, [(12200, "line 1:"), (12200, "line 2:")], "{story}");
    let ordered = "<Response><Say colour=\"red\">Good day.</Say></Response>";
    stage.exchange.plug(OWNER, Phone::answers_after(1));
    let story = stage.dial_out(OWNER, &[("Twiml", ordered)]).await;
    stage.settle().await;
    assert!(story.callee_heard("Good day.") && story.warnings().len() == 1, "{story}");
}
