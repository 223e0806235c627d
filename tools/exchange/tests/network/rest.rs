//! Rules of the REST API.

#![expect(clippy::unwrap_used, reason = "an answer that is not what it should be fails the test")]

use std::time::Duration;

use exchange::{
    Account, Caller, Method, NumberUrls, RateLimit, Recording, RecordingStatus, RestFault, RestRequest,
    Speech, Story, Times, WebhookKind,
};
use phone::AccountSid;
use serde_json::Value;

use crate::client::{KEY, Reply, request};
use crate::stage::{ACCOUNT, CALLER, OURS, OWNER, Stage, TOKEN, caller, only};

async fn with_recording() -> (Stage, Story, Recording) {
    let stage = Stage::saying("<Record action=\"/saved\" recordingStatusCallback=\"/recorded\"/>").await;
    stage.server.twiml("/saved", "<Hangup/>");
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    let recording = story.recording().unwrap();
    (stage, story, recording)
}

#[tokio::test]
async fn a_recording_is_served_as_wav_with_and_without_extension() {
    let (stage, story, recording) = with_recording().await;
    let url = only(&story, WebhookKind::RecordingStatus).param("RecordingUrl").unwrap().to_owned();
    for url in [url.clone(), format!("{url}.wav")] {
        let reply = request("GET", &url, "", KEY).await.unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "audio/x-wav");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
        assert_eq!(Speech::from_wav(&reply.body, "").unwrap().samples(), recording.speech.samples());
    }
    assert_eq!(request("GET", &format!("{url}.mp3"), "", KEY).await.unwrap().status, 404);
    assert_eq!(stage.exchange.rest_log().len(), 3);
}

#[tokio::test]
async fn only_the_accounts_credentials_open_the_api() {
    let (stage, _, recording) = with_recording().await;
    let url = stage.api(&format!("/Recordings/{}.json", recording.sid));
    for user in [KEY, Some((ACCOUNT, TOKEN))] {
        assert_eq!(request("GET", &url, "", user).await.unwrap().status, 200);
    }
    for user in [None, Some(("SK1", "wrong")), Some((ACCOUNT, "")), Some(("", ""))] {
        let reply = request("GET", &url, "", user).await.unwrap();
        assert_eq!(reply.status, 401);
        assert_eq!(reply.json()["code"], 20003);
        assert_eq!(reply.json()["status"], 401);
        assert!(reply.header("www-authenticate").starts_with("Basic"));
    }
    let log = stage.exchange.rest_log();
    assert!(log[0].had_authorization && !log[2].had_authorization);
    assert_eq!(log[2].status, 401);
}

#[tokio::test]
async fn a_recording_cannot_be_had_before_it_is_ready() {
    let stage = Stage::with(|config| config.recording_ready_after = Duration::from_mins(1)).await;
    stage.server.twiml("/voice", "<Record action=\"/saved\" finishOnKey=\"#\"/>");
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    stage.server.on("/saved", move |request| {
        sender.send(request.param("RecordingUrl").unwrap()).unwrap();
        crate::stage::reply(200, "text/xml", "<Response><Pause length=\"30\"/></Response>")
    });
    let handle = stage.exchange.start_call(caller().leaves(Speech::english_sample()).then_presses('#'), OURS);
    let url = receiver.recv().await.unwrap();
    let guard = stage.clock.busy();
    let early = request("GET", &url, "", KEY).await.unwrap();
    assert_eq!((early.status, &early.json()["code"]), (404, &20404.into()));
    let metadata = request("GET", &format!("{url}.json"), "", KEY).await.unwrap();
    assert_eq!(metadata.json()["status"], "processing");
    drop(guard);
    handle.finished().await;
    stage.settle().await;
    assert_eq!(request("GET", &url, "", KEY).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_deleted_recording_is_gone() {
    let (stage, story, recording) = with_recording().await;
    let path = format!("/Recordings/{}.json", recording.sid);
    let reply = request("DELETE", &stage.api(&path), "", KEY).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(request("DELETE", &stage.api(&path), "", KEY).await.unwrap().status, 404);
    assert_eq!(stage.get(&path).await.status, 404);
    assert_eq!(stage.get(&format!("/Recordings/{}", recording.sid)).await.status, 404);
    assert_eq!(stage.get("/Recordings.json").await.json()["recordings"].as_array().unwrap().len(), 0);
    assert_eq!(story.recording().unwrap().status, RecordingStatus::Deleted);
}

#[tokio::test]
async fn deleting_before_the_transcription_is_an_error_of_its_own() {
    let stage = Stage::saying(
        "<Record action=\"/saved\" recordingStatusCallback=\"/recorded\" transcribe=\"true\" \
         transcribeCallback=\"/transcribed\"/>",
    )
    .await;
    stage.server.twiml("/saved", "<Hangup/>");
    let guard_clock = stage.clock.clone();
    let handle = stage.exchange.start_call(caller().leaves(Speech::english_sample()), OURS);
    let story = handle.story().clone();
    let exchange = stage.exchange.clone();
    guard_clock
        .clone()
        .spawn(async move {
            guard_clock.sleep(Duration::from_secs(20)).await;
            let url = format!("{}.json", exchange.recordings()[0].url);
            request("DELETE", &url, "", KEY).await.unwrap();
        })
        .await
        .unwrap();
    stage.settle().await;
    assert_eq!(story.errors()[0].code, 13618);
    assert!(story.webhooks_of(WebhookKind::Transcription).is_empty());
}

#[tokio::test]
async fn a_recording_is_described_as_json() {
    let (stage, story, recording) = with_recording().await;
    let json = stage.get(&format!("/Recordings/{}.json", recording.sid)).await.json();
    assert_eq!(json["sid"], recording.sid.as_str());
    assert_eq!(json["call_sid"], story.call_sid().as_str());
    assert_eq!(json["duration"], "8");
    assert_eq!(json["status"], "completed");
    assert_eq!(json["source"], "RecordVerb");
    assert_eq!(json["media_url"], recording.url);
    assert!(json["date_created"].as_str().unwrap().ends_with("+0000"));
}

#[tokio::test]
async fn lists_are_paged_from_the_newest_and_survive_deletions() {
    let (stage, _, _) = with_recording().await;
    for _ in 0..4 {
        stage.clock.advance(Duration::from_hours(1)).await;
        stage.call(caller().leaves(Speech::english_sample())).await;
    }
    let mut path = "/Recordings.json?PageSize=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let json = stage.get(&path).await.json();
        let page = json["recordings"].as_array().unwrap().clone();
        assert!(page.len() <= 2);
        for recording in &page {
            let sid = recording["sid"].as_str().unwrap().to_owned();
            let url = stage.api(&format!("/Recordings/{sid}.json"));
            assert_eq!(request("DELETE", &url, "", KEY).await.unwrap().status, 204);
            seen.push(sid);
        }
        let Some(next) = json["next_page_uri"].as_str() else { break };
        path = next.strip_prefix(&format!("/2010-04-01/Accounts/{ACCOUNT}")).unwrap().to_owned();
    }
    let mut recordings = stage.exchange.recordings();
    recordings.sort_by_key(|recording| std::cmp::Reverse(recording.started));
    let all: Vec<String> = recordings.iter().map(|recording| recording.sid.to_string()).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn lists_are_narrowed_by_date_and_call() {
    let (stage, first, _) = with_recording().await;
    stage.clock.advance(Duration::from_hours(24)).await;
    stage.call(caller().leaves(Speech::english_sample())).await;
    for (query, found) in [
        ("", 2),
        ("DateCreated=2026-11-20", 1),
        ("DateCreated%3C=2026-11-20", 1),
        ("DateCreated%3E=2026-11-21", 1),
        ("DateCreated%3E=2026-11-20T12%3A00%3A00Z", 1),
        ("DateCreated%3E=2026-11-20&DateCreated%3C=2026-11-21", 2),
        ("DateCreated%3E=2026-11-22", 0),
        (&format!("CallSid={}", first.call_sid()), 1),
    ] {
        let json = stage.get(&format!("/Recordings.json?{query}")).await.json();
        assert_eq!(json["recordings"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(stage.get("/Recordings.json?DateCreated=yesterday").await.status, 400);
}

#[tokio::test]
async fn calls_and_their_legs_can_be_looked_up() {
    let stage =
        Stage::saying(&format!("<Dial><Number statusCallback=\"/leg\">{OWNER}</Number></Dial>")).await;
    stage.exchange.plug(OWNER, exchange::Phone::answers_after(4).talks_for(30));
    let story = stage.call(caller()).await;
    let call = stage.get(&format!("/Calls/{}.json", story.call_sid())).await.json();
    assert_eq!((call["from"].as_str(), call["to"].as_str()), (Some(CALLER), Some(OURS)));
    assert_eq!((call["status"].as_str(), call["direction"].as_str()), (Some("completed"), Some("inbound")));
    assert_eq!(call["duration"], "34");
    let leg = only(&story, WebhookKind::LegStatus);
    let leg = stage.get(&format!("/Calls/{}.json", leg.call_sid)).await.json();
    assert_eq!(leg["parent_call_sid"], story.call_sid().as_str());
    assert_eq!(leg["duration"], "30");
    assert_eq!(stage.get("/Calls/CA00000000000000000000000000000000.json").await.status, 404);
}

#[tokio::test]
async fn each_fault_breaks_as_many_requests_as_told() {
    let (stage, _, recording) = with_recording().await;
    let path = format!("/Recordings/{}.wav", recording.sid);
    for (fault, status) in [
        (RestFault::NotFound, 404),
        (RestFault::HtmlPage, 200),
        (RestFault::TooManyRequests { retry_after: Some(7) }, 429),
        (RestFault::ServerError, 500),
        (RestFault::Unauthorized, 401),
        (RestFault::RedirectTo("http://127.0.0.1:9/elsewhere".into()), 302),
    ] {
        stage.exchange.rest_faults(RestRequest::Media, fault.clone(), Times::Next(1));
        let broken = stage.get(&path).await;
        assert_eq!(broken.status, status, "{fault:?}");
        match fault {
            RestFault::HtmlPage => assert!(broken.header("content-type").starts_with("text/html")),
            RestFault::TooManyRequests { .. } => {
                assert_eq!(broken.header("retry-after"), "7");
                assert_eq!(broken.json()["code"], 20429);
            }
            RestFault::RedirectTo(url) => assert_eq!(broken.header("location"), url),
            _ => {}
        }
        assert_eq!(stage.get(&path).await.header("content-type"), "audio/x-wav");
    }
}

#[tokio::test]
async fn a_connection_breaks_before_or_in_the_middle_of_the_answer() {
    let (stage, _, recording) = with_recording().await;
    let url = stage.api(&format!("/Recordings/{}.wav", recording.sid));
    for fault in [RestFault::Reset, RestFault::CutShort] {
        stage.exchange.rest_faults(RestRequest::Any, fault.clone(), Times::Next(1));
        assert!(request("GET", &url, "", KEY).await.is_err(), "{fault:?}");
        assert_eq!(request("GET", &url, "", KEY).await.unwrap().status, 200);
    }
    assert_eq!(stage.exchange.rest_log()[0].status, 0);
}

#[tokio::test]
async fn a_fault_lasts_until_it_is_cleared_and_concerns_its_kind_only() {
    let (stage, _, recording) = with_recording().await;
    let path = format!("/Recordings/{}", recording.sid);
    stage.exchange.rest_faults(RestRequest::Media, RestFault::ServerError, Times::UntilCleared);
    for _ in 0..5 {
        assert_eq!(stage.get(&path).await.status, 500);
    }
    assert_eq!(stage.get(&format!("{path}.json")).await.status, 200);
    stage.exchange.clear_rest_faults();
    assert_eq!(stage.get(&path).await.status, 200);
}

async fn post(stage: &Stage, path: &str, form: &str, user: Option<(&str, &str)>) -> Reply {
    request("POST", &stage.api(path), form, user).await.unwrap()
}

#[tokio::test]
async fn a_number_is_found_and_where_it_leads_is_changed() {
    let stage = Stage::new().await;
    let found = stage.get("/IncomingPhoneNumbers.json?PhoneNumber=%2B14155550100").await.json();
    let number = &found["incoming_phone_numbers"][0];
    assert_eq!(number["phone_number"], OURS);
    let path = format!("/IncomingPhoneNumbers/{}.json", number["sid"].as_str().unwrap());
    let form = "VoiceUrl=https%3A%2F%2Fa.example%2Fvoice%23rc%3D2&VoiceMethod=POST&StatusCallback=&Unknown=1";
    let changed = post(&stage, &path, form, KEY).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["voice_url"], "https://a.example/voice#rc=2");
    assert_eq!(stage.get(&path).await.json(), changed.json());
    let urls = stage.exchange.urls_of(OURS).unwrap();
    assert_eq!((urls.voice_url.as_str(), urls.status_callback), ("https://a.example/voice#rc=2", None));

    let none = stage.get("/IncomingPhoneNumbers.json?PhoneNumber=%2B4930").await.json();
    assert_eq!(none["incoming_phone_numbers"], serde_json::json!([]));
}

#[tokio::test]
async fn a_change_that_makes_no_sense_or_is_nobodys_changes_nothing() {
    let stage = Stage::new().await;
    let before = stage.exchange.urls_of(OURS);
    let found = stage.get("/IncomingPhoneNumbers.json").await.json();
    let path =
        format!("/IncomingPhoneNumbers/{}.json", found["incoming_phone_numbers"][0]["sid"].as_str().unwrap());
    for (form, code) in [
        ("VoiceUrl=nowhere", 21402),
        ("StatusCallback=https%3A%2F%2F", 21402),
        ("VoiceMethod=PUT", 21403),
        ("VoiceUrl=&VoiceFallbackUrl=https%3A%2F%2Fa.example%2F", 21405),
    ] {
        let refused = post(&stage, &path, form, KEY).await;
        assert_eq!((refused.status, refused.json()["code"].as_u64()), (400, Some(code)), "{form}");
    }
    let form = "VoiceUrl=https%3A%2F%2Fa.example%2F";
    assert_eq!(post(&stage, &path, form, None).await.status, 401);
    assert_eq!(post(&stage, &path, form, Some((ACCOUNT, "wrong"))).await.status, 401);
    assert_eq!(post(&stage, "/IncomingPhoneNumbers/PN1.json", form, KEY).await.status, 404);
    assert_eq!(stage.exchange.urls_of(OURS), before);
}

#[tokio::test]
async fn a_secondary_token_opens_the_api_and_signs_only_once_promoted() {
    let stage = Stage::new().await;
    let account = |token: &'static str| {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}.json", stage.exchange.rest_url());
        async move { request("GET", &url, "", Some((ACCOUNT, token))).await.unwrap().status }
    };
    assert_eq!((account(TOKEN).await, account("next").await), (200, 401));
    stage.exchange.set_secondary_token("next");
    assert_eq!((account(TOKEN).await, account("next").await), (200, 200));
    stage.exchange.promote_secondary_token();
    assert_eq!((account(TOKEN).await, account("next").await), (401, 200));
}

/// The recordings that a list shows, page by page; how many stand on each.
async fn pages(stage: &Stage, first: &str) -> (Vec<String>, Vec<usize>) {
    let mut next = Some(stage.api(first));
    let (mut sids, mut lengths) = (Vec::new(), Vec::new());
    while let Some(url) = next {
        let json = request("GET", &url, "", KEY).await.unwrap().json();
        let recordings = json["recordings"].as_array().unwrap();
        lengths.push(recordings.len());
        sids.extend(recordings.iter().map(|it| it["sid"].as_str().unwrap().to_owned()));
        next = json["next_page_uri"].as_str().map(|path| format!("{}{path}", stage.exchange.rest_url()));
    }
    (sids, lengths)
}

#[tokio::test]
async fn a_list_lags_behind_what_can_be_fetched() {
    let (stage, _, recording) = with_recording().await;
    stage.exchange.set_list_lag(Duration::from_mins(10));
    let path = format!("/Recordings/{}", recording.sid);
    assert_eq!(pages(&stage, "/Recordings.json").await.0, [""; 0]);
    assert_eq!(stage.get(&format!("{path}.json")).await.status, 200);
    assert_eq!(stage.get(&path).await.status, 200);
    stage.clock.advance(Duration::from_mins(10)).await;
    assert_eq!(pages(&stage, "/Recordings.json").await.0, [recording.sid.as_str()]);
}

#[tokio::test]
async fn a_page_may_be_short_and_not_the_last() {
    let (stage, ..) = with_recording().await;
    for _ in 0..4 {
        stage.call(caller().leaves(Speech::english_sample())).await;
    }
    let (all, lengths) = pages(&stage, "/Recordings.json?PageSize=100").await;
    assert_eq!((all.len(), lengths), (5, vec![5]));
    stage.exchange.set_page_length(Some(2));
    assert_eq!(pages(&stage, "/Recordings.json?PageSize=100").await, (all, vec![2, 2, 1]));
    let numbers = stage.get("/IncomingPhoneNumbers.json?PageSize=100").await.json();
    assert_eq!(numbers["next_page_uri"], Value::Null);
}

#[tokio::test]
async fn each_account_sees_its_own_and_the_one_above_sees_it_too() {
    let (stage, ..) = with_recording().await;
    let other = AccountSid::parse("AC00000000000000000000000000000002").unwrap();
    let below = AccountSid::parse("AC00000000000000000000000000000003").unwrap();
    let main = AccountSid::parse(ACCOUNT).unwrap();
    stage.exchange.open_account(Account::new(other.clone(), "another").with_api_key("SK2", "key"));
    stage.exchange.open_account(Account::new(below.clone(), "below").below(main));
    let urls = stage.exchange.urls_of(OURS).unwrap();
    for (account, number) in [(&other, "+14155550102"), (&below, "+14155550103")] {
        stage.exchange.wire_in(account, number, urls.clone());
        let story = stage.exchange.call(Caller::new(CALLER).leaves(Speech::english_sample()), number).await;
        stage.settle().await;
        let voice = only(&story, WebhookKind::Voice);
        assert_eq!(voice.param("AccountSid"), Some(account.as_str()));
        assert_eq!(story.recording().unwrap().account_sid, *account);
        assert!(!stage.server.received().pop().unwrap().signed, "another token signs");
    }
    let get = |account: &str, path: &str, user: &'static str, password: &'static str| {
        let url = format!("{}/2010-04-01/Accounts/{account}{path}", stage.exchange.rest_url());
        async move { request("GET", &url, "", Some((user, password))).await.unwrap() }
    };
    let (main, other, below) = (ACCOUNT, other.as_str(), below.as_str());
    for (account, user, password, status) in [
        (main, ACCOUNT, TOKEN, 200),
        (other, "SK2", "key", 200),
        (other, "AC00000000000000000000000000000002", "another", 200),
        (other, ACCOUNT, TOKEN, 404),
        (main, "SK2", "key", 404),
        (below, "AC00000000000000000000000000000003", "below", 200),
        (below, ACCOUNT, TOKEN, 200),
        (below, "SK1", "secret", 200),
        (main, "AC00000000000000000000000000000003", "below", 404),
        (other, ACCOUNT, "another", 401),
    ] {
        let list = get(account, "/Recordings.json", user, password).await;
        assert_eq!(list.status, status, "{user} asks about {account}");
        if status == 200 {
            let json = list.json();
            let [recording] = &json["recordings"].as_array().unwrap()[..] else { panic!("{json}") };
            assert_eq!(recording["account_sid"], account);
            let sid = recording["sid"].as_str().unwrap();
            for (elsewhere, expected) in [(main, account == main), (other, account == other)] {
                let login = if elsewhere == main { (ACCOUNT, TOKEN) } else { ("SK2", "key") };
                let found = get(elsewhere, &format!("/Recordings/{sid}.json"), login.0, login.1).await;
                assert_eq!(found.status == 200, expected);
            }
            let numbers = get(account, "/IncomingPhoneNumbers.json", user, password).await.json();
            assert_eq!(numbers["incoming_phone_numbers"].as_array().unwrap().len(), 1);
        }
    }
    let account = get(below, ".json", ACCOUNT, TOKEN).await.json();
    assert_eq!(account["owner_account_sid"], main);
}

#[tokio::test]
async fn a_rate_limit_is_each_accounts_own_and_ends_with_its_time() {
    for tells_when in [true, false] {
        let stage = Stage::new().await;
        let within = Duration::from_secs(10);
        stage.exchange.set_rate_limit(Some(RateLimit { requests: 2, within, tells_when }));
        let list = || stage.get("/Recordings.json");
        assert_eq!((list().await.status, list().await.status), (200, 200));
        stage.clock.advance(Duration::from_secs(4)).await;
        let refused = list().await;
        assert_eq!((refused.status, &refused.json()["code"]), (429, &20429.into()));
        assert_eq!(refused.header("retry-after"), if tells_when { "6" } else { "" });
        stage.clock.advance(Duration::from_secs(6)).await;
        assert_eq!((list().await.status, list().await.status, list().await.status), (200, 200, 429));
        stage.exchange.set_rate_limit(None);
        assert_eq!(list().await.status, 200);
    }
}

#[tokio::test]
async fn a_sound_may_break_off_or_be_shorter_or_longer_than_said() {
    let (stage, _, recording) = with_recording().await;
    let url = stage.api(&format!("/Recordings/{}.wav", recording.sid));
    let whole = request("GET", &url, "", KEY).await.unwrap().body;
    for (fault, length, is_said) in [
        (RestFault::Shortened, whole.len() / 2, true),
        (RestFault::ShortenedWithoutLength, whole.len() / 2, false),
        (RestFault::Lengthened, whole.len() + 8_000, true),
    ] {
        stage.exchange.rest_faults(RestRequest::Media, fault.clone(), Times::Next(1));
        let reply = request("GET", &url, "", KEY).await.unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, length), "{fault:?}");
        assert_eq!(reply.header("content-length"), if is_said { length.to_string() } else { String::new() });
        assert_eq!(reply.body[..44], whole[..44], "its header is that of the whole");
    }
    stage.exchange.rest_faults(RestRequest::Media, RestFault::EndsEarly, Times::Next(1));
    assert!(request("GET", &url, "", KEY).await.is_err());
    assert_eq!(request("GET", &url, "", KEY).await.unwrap().body, whole);
}

#[tokio::test]
async fn durations_may_be_told_wrong() {
    for (by, told) in [(3, "11"), (-3, "5"), (-60, "1")] {
        let stage = Stage::saying("<Record action=\"/saved\" recordingStatusCallback=\"/recorded\"/>").await;
        stage.server.twiml("/saved", "<Hangup/>");
        stage.exchange.misstate_durations(by);
        let story = stage.call(caller().leaves(Speech::english_sample())).await;
        for kind in [WebhookKind::RecordAction, WebhookKind::RecordingStatus] {
            assert_eq!(only(&story, kind).param("RecordingDuration"), Some(told));
        }
        let sid = story.recording().unwrap().sid;
        assert_eq!(stage.get(&format!("/Recordings/{sid}.json")).await.json()["duration"], told);
    }
}

#[tokio::test]
async fn a_number_is_asked_with_the_method_that_it_says() {
    let stage = Stage::saying("").await;
    let found = stage.get("/IncomingPhoneNumbers.json").await.json();
    let sid = found["incoming_phone_numbers"][0]["sid"].as_str().unwrap().to_owned();
    let path = format!("/IncomingPhoneNumbers/{sid}.json");
    let form = "VoiceMethod=GET&VoiceFallbackMethod=GET&StatusCallbackMethod=GET";
    let changed = post(&stage, &path, form, KEY).await.json();
    for name in ["voice_method", "voice_fallback_method", "status_callback_method"] {
        assert_eq!(changed[name], "GET", "{name}");
    }
    assert_eq!(stage.exchange.urls_of(OURS).unwrap().voice_method, Method::Get);
    let urls = stage.exchange.urls_of(OURS).unwrap();
    stage.exchange.wire(OURS, NumberUrls { voice_fallback_url: Some(stage.server.url("/fallback")), ..urls });
    stage.server.on("/voice", |_| crate::stage::reply(500, "", ""));
    stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Sorry."), "{story}");
    for path in ["/voice", "/fallback", "/status"] {
        let received = &stage.server.received_at(path)[0];
        assert_eq!((&*received.method, &*received.body), ("GET", ""), "{path}");
        assert!(received.signed && received.query.contains("CallSid="), "{path}");
    }
}
