//! Rules of what people press, say and do, at prompts and in talks.

use std::time::Duration;

use exchange::{Caller, Cue, Deed, EndedBy, Hearing, Party, Phone, Story, WebhookKind, What};

use crate::stage::{CALLER, OURS, OWNER, Stage, caller, holds_together, millis, only, values};

/// A stage that asks for something and says what comes of it.
async fn asking(attributes: &str, prompts: &str) -> Stage {
    let gather = format!("<Gather action=\"/menu\" {attributes}>{prompts}</Gather>");
    let stage = Stage::saying(&format!("{gather}<Say>Nothing came.</Say>")).await;
    stage.server.twiml("/menu", "<Say>Thanks.</Say>");
    stage
}

async fn heard(stage: &Stage, caller: Caller) -> Story {
    let story = stage.call(caller).await;
    holds_together(&story);
    story
}

/// Ten words, which take four seconds.
const MENU: &str = "<Say>press 1 for sales and press 2 for all else</Say>";

fn presses(keys: &str) -> Caller {
    caller().on(Cue::hears("press 1").after(1), Deed::presses(keys))
}

fn says(words: &str) -> Caller {
    caller().on(Cue::hears("press 1").after(1), Deed::says(words))
}

#[tokio::test]
async fn a_key_cuts_the_prompt_short() {
    let stage = asking("numDigits=\"1\"", MENU).await;
    let story = heard(&stage, presses("1")).await;
    let action = only(&story, WebhookKind::GatherAction);
    assert_eq!((action.param("Digits"), action.param("FinishedOnKey")), (Some("1"), Some("")));
    assert_eq!(millis(story.started(), action.at), 1_000);
    assert!(story.caller_heard("press 1") && !story.caller_heard("all else"), "{story}");
    assert!(story.caller_heard("Thanks.") && !story.caller_heard("Nothing came."));
    assert_eq!(action.param("SpeechResult"), None);
}

#[tokio::test]
async fn without_barge_in_the_prompt_is_heard_and_the_key_counts() {
    let stage = asking("numDigits=\"1\" bargeIn=\"false\"", MENU).await;
    let story = heard(&stage, presses("1")).await;
    assert!(story.caller_heard("all else"), "{story}");
    assert_eq!(only(&story, WebhookKind::GatherAction).param("Digits"), Some("1"));
    assert_eq!(millis(story.started(), only(&story, WebhookKind::GatherAction).at), 4_000);
}

#[tokio::test]
async fn what_is_not_asked_for_does_not_cut_the_prompt() {
    for (input, person) in [("dtmf", says("sales")), ("speech", presses("1"))] {
        let stage = asking(&format!("input=\"{input}\""), &format!("{MENU}<Say>Now please.</Say>")).await;
        let story = heard(&stage, person).await;
        assert!(story.caller_heard("all else") && story.caller_heard("Now please."), "{story}");
        assert!(story.webhooks_of(WebhookKind::GatherAction).is_empty());
        assert!(story.caller_heard("Nothing came."));
    }
}

#[tokio::test]
async fn all_keys_pressed_during_the_prompt_count() {
    for (attributes, keys, digits, finished) in [
        ("numDigits=\"2\"", "12", "12", ""),
        ("", "12#", "12", "#"),
        ("finishOnKey=\"*\"", "1#2*", "1#2", "*"),
        ("finishOnKey=\"\"", "1#", "1#", ""),
        ("numDigits=\"3\"", "12", "12", ""),
    ] {
        let stage = asking(attributes, MENU).await;
        let action = only(&heard(&stage, presses(keys)).await, WebhookKind::GatherAction);
        assert_eq!(action.param("Digits"), Some(digits), "{attributes}");
        assert_eq!(action.param("FinishedOnKey"), Some(finished), "{attributes}");
    }
}

#[tokio::test]
async fn keys_come_one_by_one_each_with_its_time() {
    let stage = asking("timeout=\"5\"", MENU).await;
    let slow = caller()
        .on(Cue::begins().after(8), Deed::presses("1"))
        .on(Cue::begins().after(12), Deed::presses("2"))
        .on(Cue::begins().after(18), Deed::presses("3"));
    let action = only(&heard(&stage, slow).await, WebhookKind::GatherAction);
    assert_eq!(action.param("Digits"), Some("12"), "the third is five seconds late");
    assert_eq!(millis("2026-11-20T09:00:00Z".parse().unwrap(), action.at), 17_000);
}

#[tokio::test]
async fn keys_before_the_gather_are_nobodys() {
    let stage = Stage::saying(&format!(
        "<Say>one two three four five</Say><Gather action=\"/menu\" numDigits=\"1\">{MENU}</Gather>"
    ))
    .await;
    stage.server.twiml("/menu", "<Gather action=\"/next\" numDigits=\"1\" timeout=\"3\"/><Say>Again.</Say>");
    let hasty = caller()
        .on(Cue::begins().after(1), Deed::presses("7"))
        .on(Cue::hears("press 1").after(1), Deed::presses("12"));
    let story = heard(&stage, hasty).await;
    assert_eq!(values(&story.webhooks_of(WebhookKind::GatherAction), "Digits"), ["1"]);
    assert!(story.caller_heard("Again."));
}

#[tokio::test]
async fn the_finish_key_alone_is_an_empty_answer() {
    for person in [presses("#"), caller().presses("#")] {
        let stage = asking("", MENU).await;
        let story = heard(&stage, person).await;
        let action = only(&story, WebhookKind::GatherAction);
        assert_eq!((action.param("Digits"), action.param("FinishedOnKey")), (Some(""), Some("#")));
        assert!(story.caller_heard("Thanks."));
    }
}

#[tokio::test]
async fn words_are_taken_with_how_sure_they_are() {
    let stage = asking("input=\"speech dtmf\" language=\"en-GB\" speechTimeout=\"2\"", MENU).await;
    let story = heard(&stage, says("the sales team")).await;
    let action = only(&story, WebhookKind::GatherAction);
    assert_eq!(action.param("SpeechResult"), Some("the sales team"));
    let confidence: f64 = action.param("Confidence").unwrap().parse().unwrap();
    assert!((0.0..=1.0).contains(&confidence));
    assert_eq!(action.param("Language"), Some("en-GB"));
    assert_eq!(action.param("Digits"), None);
    // A second of the prompt, three words, two seconds of silence.
    assert_eq!(millis(story.started(), action.at), 1_000 + 1_200 + 2_000);
    assert!(!story.caller_heard("all else"), "words cut prompts short: {story}");
}

#[tokio::test]
async fn the_pause_that_ends_a_speech_is_the_timeout_if_not_told() {
    for (attributes, pause) in [("timeout=\"4\"", 4_000), ("speechTimeout=\"auto\"", 1_000), ("", 5_000)] {
        let stage = asking(&format!("input=\"speech\" {attributes}"), MENU).await;
        let action = only(&heard(&stage, says("yes")).await, WebhookKind::GatherAction);
        let started = "2026-11-20T09:00:00Z".parse().unwrap();
        assert_eq!(millis(started, action.at), 1_000 + 500 + pause, "{attributes}");
    }
}

#[tokio::test]
async fn who_goes_on_within_the_pause_is_heard_whole() {
    let stage = asking("input=\"speech dtmf\" speechTimeout=\"3\"", MENU).await;
    let person = says("the sales")
        .on(Cue::begins().after(3), Deed::says("team please"))
        .on(Cue::begins().after(4), Deed::presses("#"));
    let story = heard(&stage, person).await;
    let action = only(&story, WebhookKind::GatherAction);
    assert_eq!(action.param("SpeechResult"), Some("the sales team please"));
    assert_eq!(action.param("FinishedOnKey"), None, "after words keys are not taken");
    assert_eq!(millis(story.started(), action.at), 3_000 + 800 + 3_000);
}

#[tokio::test]
async fn the_first_kind_of_input_counts() {
    let stage = asking("input=\"dtmf speech\" numDigits=\"2\"", MENU).await;
    let person = presses("1")
        .on(Cue::begins().after(2), Deed::says("sales"))
        .on(Cue::begins().after(3), Deed::presses("2"));
    let action = only(&heard(&stage, person).await, WebhookKind::GatherAction);
    assert_eq!((action.param("Digits"), action.param("SpeechResult")), (Some("12"), None));
}

#[tokio::test]
async fn what_is_understood_so_far_is_told_beside_the_call() {
    let stage = asking("input=\"speech\" partialResultCallback=\"/partial\"", MENU).await;
    stage.server.twiml("/partial", "<Hangup/>");
    let person = says("the sales").on(Cue::begins().after(3), Deed::says("team"));
    let story = heard(&stage, person).await;
    let partial = story.webhooks_of(WebhookKind::PartialResult);
    assert_eq!(values(&partial, "UnstableSpeechResult"), ["the sales", "the sales team"]);
    assert_eq!(values(&partial, "SequenceNumber"), ["0", "1"]);
    assert!(partial[0].param("StableSpeechResult").is_some() && partial[0].param("Stability").is_some());
    assert_eq!(partial[0].param("From"), Some(CALLER));
    assert_eq!(only(&story, WebhookKind::GatherAction).param("SpeechResult"), Some("the sales team"));
    assert!(story.caller_heard("Thanks."), "its answer counts for nothing");
}

#[tokio::test]
async fn nothing_and_empty_words_fall_through_unless_asked_for() {
    for (attributes, person, asked) in [
        ("", caller(), false),
        ("input=\"speech\"", says(""), false),
        ("actionOnEmptyResult=\"true\"", caller(), true),
        ("input=\"speech\" actionOnEmptyResult=\"true\"", says(""), true),
    ] {
        let stage = asking(attributes, MENU).await;
        let story = heard(&stage, person).await;
        let actions = story.webhooks_of(WebhookKind::GatherAction);
        assert_eq!((actions.len(), story.caller_heard("Nothing came.")), (usize::from(asked), !asked));
        if let [action] = &actions[..] {
            assert!(action.param("SpeechResult").is_none());
            assert_eq!(action.param("Digits").unwrap_or_default(), "");
        }
    }
}

#[tokio::test]
async fn who_hangs_up_on_a_cue_is_gone_at_that_word() {
    for (cue, seconds) in [
        (Cue::hears("press 1").after(2), 2),
        (Cue::answered().after(1), 1),
        (Cue::begins().after(6), 6),
        (Cue::hears_beep().after(3), 9),
    ] {
        let stage = Stage::saying(&format!("{MENU}<Pause length=\"2\"/><Record action=\"/saved\"/>")).await;
        stage.server.twiml("/saved", "<Hangup/>");
        let person = caller().stays_silent().on(cue, Deed::HangsUp);
        let story = heard(&stage, person).await;
        assert_eq!((story.duration().as_secs(), story.ended_by()), (seconds, Some(EndedBy::Caller)));
        assert_eq!(only(&story, WebhookKind::CallStatus).at, story.ended().unwrap());
    }
}

/// What somebody heard another say, in order.
fn heard_by(story: &Story, party: &Party) -> Vec<(String, String)> {
    let entries = story.entries();
    let spoken = entries.iter().filter(|entry| entry.party == *party).filter_map(|entry| match &entry.what {
        What::HearsSomebody { from, words } => Some((from.reveal().to_owned(), words.clone())),
        _ => None,
    });
    spoken.collect()
}

#[tokio::test]
async fn in_a_talk_each_hears_the_other_and_nobody_else_does() {
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\">{OWNER}</Dial>")).await;
    stage.server.twiml("/dialled", "<Say>Goodbye.</Say>");
    let owner = Phone::answers_after(2)
        .greets("hello there")
        .on(Cue::hears("good morning").after(1), Deed::says("how are you"))
        .on(Cue::hears("and you").after(2), Deed::HangsUp);
    stage.exchange.plug(OWNER, owner);
    let talkative = caller()
        .on(Cue::hears("hello there").after(1), Deed::says("good morning"))
        .on(Cue::hears("how are you").after(1), Deed::says("fine and you"))
        .on(Cue::hears("Goodbye."), Deed::says("is anybody there"));
    let story = heard(&stage, talkative).await;
    let by = |who: &str, words: [&str; 2]| words.map(|words| (who.to_owned(), words.to_owned())).to_vec();
    assert_eq!(heard_by(&story, &Party::Caller), by(OWNER, ["hello there", "how are you"]), "{story}");
    let owner = Party::Callee(OWNER.into());
    assert_eq!(heard_by(&story, &owner), by(CALLER, ["good morning", "fine and you"]));
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallDuration"), Some("5"));
    let legs = story.legs();
    let together = |one: usize, other: usize| {
        let people = Hearing::People(vec![legs[other].call_sid.clone()]);
        legs[one].heard.iter().filter(|heard| heard.what == people).count()
    };
    assert_eq!((together(0, 1), together(1, 0)), (1, 1), "{legs:?}");
}

#[tokio::test]
async fn a_greeting_into_a_whisper_is_heard_by_nobody() {
    let stage = Stage::saying(&format!("<Dial><Number url=\"/whisper\">{OWNER}</Number></Dial>")).await;
    stage.server.twiml("/whisper", "<Gather numDigits=\"1\"><Say>press 1 to accept</Say></Gather><Hangup/>");
    stage.server.on("/whisper", |request| {
        let gather = "<Gather numDigits=\"1\"><Say>press 1 to accept</Say></Gather><Hangup/>";
        let verbs = if request.param("Digits").is_some() { "" } else { gather };
        crate::stage::reply(200, "text/xml", &crate::stage::document(verbs))
    });
    let owner = Phone::answers_after(2)
        .greets("hello there")
        .on(Cue::hears("press 1").after(1), Deed::presses("1"))
        .on(Cue::talks().after(1), Deed::says("who is it"))
        .talks_for(5);
    stage.exchange.plug(OWNER, owner);
    let story = heard(&stage, caller()).await;
    assert_eq!(heard_by(&story, &Party::Caller), [(OWNER.to_owned(), "who is it".to_owned())], "{story}");
}

#[tokio::test]
async fn who_talks_twice_does_what_each_talk_asks_for() {
    let stage =
        Stage::saying(&format!("<Dial>{OWNER}</Dial><Say>Once more.</Say><Dial>{OWNER}</Dial>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2).greets("hello there").talks_for(6));
    let patient = caller()
        .on(Cue::hears("hello there").after(1), Deed::says("the first"))
        .on(Cue::hears("Once more."), Deed::says("nobody hears this"))
        .on(Cue::begins().after(12), Deed::says("the second"));
    let story = heard(&stage, patient).await;
    let owner = Party::Callee(OWNER.into());
    let words: Vec<String> = heard_by(&story, &owner).into_iter().map(|(_, words)| words).collect();
    assert_eq!(words, ["the first", "the second"], "{story}");
    assert_eq!(story.legs().len(), 3);
}

#[tokio::test]
async fn somebody_can_be_told_to_do_something_from_outside() {
    let stage = asking("numDigits=\"1\" timeout=\"60\"", MENU).await;
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(30).await;
            call.does(Deed::presses("4"));
            let story = call.finished().await;
            assert!(!stage.exchange.does(story.call_sid(), Deed::HangsUp), "it is over");
            story
        })
        .await;
    let action = only(&story, WebhookKind::GatherAction);
    assert_eq!((action.param("Digits"), millis(story.started(), action.at)), (Some("4"), 30_000));
    assert!(story.duration() < Duration::from_secs(32));
}
