use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::RecordingState;
use http::StatusCode;
use phone::{CallSid, RecordingSid};
use tokio::net::TcpListener;
use twilio::{CallRecord, Media, RecordingRecord, Rest, RestError, Secret};

use crate::server::{ACCOUNT, CALL, Server, account, answer, authorization, login, login_of};

const RECORDING: &str = "RE00000000000000000000000000000003";

/// What is under the paths of [`Rest`].
const MEDIA_PATH: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE00000000000000000000000000000003.wav";

/// `AC…1:hush` in base64.
const BASIC: &str = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpodXNo";

fn redirect(location: &str) -> String {
    answer(307, &format!("location: {location}\r\n"), "")
}

fn recording() -> RecordingSid {
    RecordingSid::parse(RECORDING).unwrap()
}

async fn media(rest: &Rest) -> Result<Media, RestError> {
    rest.recording_media(&account(), &login(), &recording()).await
}

async fn delete(rest: &Rest) -> Result<(), RestError> {
    rest.delete_recording(&account(), &login(), &recording()).await
}

async fn call(rest: &Rest) -> Result<CallRecord, RestError> {
    rest.call(&account(), &login(), &CallSid::parse(CALL).unwrap()).await
}

async fn all(mut media: Media) -> Result<Vec<u8>, RestError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = media.chunk().await? {
        bytes.extend(chunk);
    }
    Ok(bytes)
}

#[tokio::test]
async fn each_request_goes_to_its_place_with_the_login() {
    let server = Server::answering(|_| answer(200, "", r#"{"from":"a","to":"b"}"#)).await;
    // A slash at the end of the base makes no difference.
    let rest = Rest::at(format!("{}/", server.url()));
    media(&rest).await.unwrap();
    delete(&rest).await.unwrap();
    call(&rest).await.unwrap();
    let requests = server.requests();
    let lines: Vec<&str> = requests.iter().map(|request| request.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            format!("GET {MEDIA_PATH} HTTP/1.1"),
            format!("DELETE /2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.json HTTP/1.1"),
            format!("GET /2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json HTTP/1.1"),
        ]
    );
    for request in &requests {
        assert_eq!(authorization(request), Some(BASIC));
        assert!(request.contains(&format!("host: {}\r\n", server.address)), "{request}");
    }
}

#[tokio::test]
async fn an_api_key_takes_the_place_of_account_and_token() {
    let server = Server::answering(|_| answer(200, "", "")).await;
    let key = r#"{"sid":"SK1","secret":"key"}"#;
    let login = login_of(&format!(
        r#"{{"accounts":[{{"sid":"{ACCOUNT}","auth_tokens":["hush"],"api_key":{key}}}]}}"#
    ));
    server.rest().recording_media(&account(), &login, &recording()).await.unwrap();
    // `SK1:key`
    assert_eq!(authorization(&server.requests()[0]), Some("Basic U0sxOmtleQ=="));
}

#[tokio::test]
async fn a_login_that_is_refused_is_read_again_and_what_works_kept() {
    let server = Server::answering_request(|head| match authorization(head) {
        Some(BASIC) => answer(204, "", ""),
        _ => answer(401, "", ""),
    })
    .await;
    let document =
        |tokens: &str| format!(r#"{{"accounts":[{{"sid":"{ACCOUNT}","auth_tokens":[{tokens}]}}]}}"#);
    let reads = Arc::new(Mutex::new(0));
    let secret = |now: &'static str| {
        let reads = reads.clone();
        let secret = Secret::parse(&document(r#""old""#)).unwrap().read_again_by(move |_| {
            *reads.lock().unwrap() += 1;
            let fresh = format!(r#"{{"accounts":[{{"sid":"{ACCOUNT}","auth_tokens":[{now}]}}]}}"#);
            std::future::ready(Some(login_of(&fresh)))
        });
        secret.account(&account()).unwrap().login.clone()
    };
    let login = secret(r#""older","hush""#);
    let rest = server.rest();
    for requests in [3, 4] {
        // The old one, the first new one, the second; and then only that.
        rest.delete_recording(&account(), &login, &recording()).await.unwrap();
        assert_eq!((server.requests().len(), *reads.lock().unwrap()), (requests, 1));
    }
    // Nothing that is new: no request more.
    let login = secret(r#""old""#);
    let refused = rest.delete_recording(&account(), &login, &recording()).await;
    assert!(matches!(refused, Err(RestError::Refused(StatusCode::UNAUTHORIZED))), "{refused:?}");
    assert_eq!((server.requests().len(), *reads.lock().unwrap()), (5, 2));
}

#[tokio::test]
async fn an_answer_that_is_no_success_says_what_it_means() {
    let cases = [
        (404, "", "Twilio has no such recording (404)"),
        (401, "", "Twilio refuses the login (401 Unauthorized)"),
        (403, "", "Twilio refuses the login (403 Forbidden)"),
        (400, "", "Twilio answered 400 Bad Request"),
        (500, "", "Twilio answered 500 Internal Server Error"),
        (503, "retry-after: 3\r\n", "Twilio answered 503 Service Unavailable"),
        (304, "", "Twilio answered 304 Not Modified"),
    ];
    for (status, headers, expected) in cases {
        let server = Server::answering(move |_| answer(status, headers, "hush")).await;
        let error = media(&server.rest()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("hush"));
    }
    let after = |seconds| Some(Duration::from_secs(seconds));
    let slow_down = [
        ("retry-after: 3\r\n", after(3)),
        ("retry-after:  0 \r\n", after(0)),
        ("retry-after: Fri, 20 Nov 2026 12:00:00 GMT\r\n", None),
        ("retry-after: -1\r\n", None),
        ("", None),
    ];
    for (headers, expected) in slow_down {
        let server = Server::answering(move |_| answer(429, headers, "")).await;
        match media(&server.rest()).await {
            Err(RestError::SlowDown { retry_after }) => assert_eq!(retry_after, expected, "{headers}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_recording_that_is_gone_already_is_deleted() {
    for status in [204, 200, 404] {
        let server = Server::answering(move |_| answer(status, "", "")).await;
        delete(&server.rest()).await.unwrap();
    }
    for status in [401, 429, 500] {
        let server = Server::answering(move |_| answer(status, "", "")).await;
        assert!(delete(&server.rest()).await.is_err(), "{status}");
    }
}

#[tokio::test]
async fn the_sound_comes_piece_by_piece_as_it_is() {
    let sound = "RIFF".repeat(50_000);
    let body = sound.clone();
    let server = Server::answering(move |_| answer(200, "content-type: audio/x-wav\r\n", &body)).await;
    let media_with_length = media(&server.rest()).await.unwrap();
    assert_eq!(media_with_length.content_type, "audio/x-wav");
    assert_eq!(media_with_length.content_length, Some(200_000));
    assert_eq!(all(media_with_length).await.unwrap(), sound.as_bytes());

    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nRIFF\r\n3\r\nabc\r\n0\r\n\r\n";
    let server = Server::answering(|_| chunked.to_owned()).await;
    let media_without_length = media(&server.rest()).await.unwrap();
    assert_eq!(media_without_length.content_type, "");
    assert_eq!(media_without_length.content_length, None);
    assert_eq!(all(media_without_length).await.unwrap(), b"RIFFabc");
}

#[tokio::test]
async fn a_sound_that_breaks_off_is_no_sound() {
    let cases = [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nRIFF",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nRIFF\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\nRIFF",
    ];
    for broken in cases {
        let server = Server::answering(|_| broken.to_owned()).await;
        let error = all(media(&server.rest()).await.unwrap()).await.unwrap_err();
        assert!(matches!(error, RestError::Unreachable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn no_answer_or_one_that_is_no_http_is_unreachable() {
    for nonsense in ["", "HTTP/1.1 200", "SSH-2.0-OpenSSH_9.6\r\n"] {
        let server = Server::answering(|_| nonsense.to_owned()).await;
        let error = media(&server.rest()).await.unwrap_err();
        assert!(matches!(error, RestError::Unreachable(_)), "{error:?}");
    }
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    for base_url in [format!("http://{nobody}"), String::new(), "not a url".to_owned()] {
        let error = delete(&Rest::at(base_url)).await.unwrap_err();
        assert!(matches!(error, RestError::Unreachable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn who_keeps_silent_is_unreachable_when_patience_is_over() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let rest = Rest::at(format!("http://{}", silent.local_addr().unwrap()));
    let error = delete(&rest.with_patience(Duration::from_millis(20))).await.unwrap_err();
    assert!(matches!(error, RestError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_redirect_within_the_host_keeps_the_login() {
    let server = Server::answering(|path| match path {
        MEDIA_PATH => redirect("/elsewhere?part=1"),
        _ => answer(200, "", "RIFF"),
    })
    .await;
    assert_eq!(all(media(&server.rest()).await.unwrap()).await.unwrap(), b"RIFF");
    let requests = server.requests();
    assert!(requests[1].starts_with("GET /elsewhere?part=1 HTTP/1.1\r\n"));
    assert!(requests.iter().all(|request| authorization(request) == Some(BASIC)));
}

#[tokio::test]
async fn a_redirect_to_another_place_never_takes_the_login_along() {
    let elsewhere = Server::answering(|_| answer(200, "", "RIFF")).await;
    let location = format!("{}/media", elsewhere.url());
    let server = Server::answering(move |_| redirect(&location)).await;
    assert_eq!(all(media(&server.rest()).await.unwrap()).await.unwrap(), b"RIFF");
    assert_eq!(server.requests().len(), 1);
    let requests = elsewhere.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(authorization(&requests[0]), None);
    assert!(!requests[0].contains("hush"));
}

#[tokio::test]
async fn redirects_end_somewhere() {
    let server = Server::answering(|_| redirect("/again")).await;
    let error = media(&server.rest()).await.unwrap_err();
    assert!(matches!(error, RestError::Senseless("too many redirects")), "{error:?}");
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn a_redirect_that_says_nothing_or_nonsense_is_not_followed() {
    for headers in ["", "location: \r\n", "location: next.wav\r\n", "location: ftp://127.0.0.1/a\r\n"] {
        let server = Server::answering(move |_| answer(302, headers, "")).await;
        assert!(media(&server.rest()).await.is_err(), "{headers}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_deletes_is_never_led_elsewhere() {
    let server = Server::answering(|_| redirect("/elsewhere")).await;
    let error = delete(&server.rest()).await.unwrap_err();
    assert!(matches!(error, RestError::Status(StatusCode::TEMPORARY_REDIRECT)), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_call_tells_who_called_whom() {
    let record = |name: Option<&str>| CallRecord {
        from: "+16465550199".to_owned(),
        to: "+14155550100".to_owned(),
        caller_name: name.map(str::to_owned),
        parent_call_sid: None,
    };
    let cases = [
        (
            r#"{"sid":"CA1","from":"+16465550199","to":"+14155550100","caller_name":"DOE","price":null}"#,
            Some("DOE"),
        ),
        (r#"{"from":"+16465550199","to":"+14155550100","caller_name":null}"#, None),
        (r#"{"from":"+16465550199","to":"+14155550100"}"#, None),
    ];
    for (json, name) in cases {
        let server =
            Server::answering(move |_| answer(200, "content-type: application/json\r\n", json)).await;
        assert_eq!(call(&server.rest()).await.unwrap(), record(name));
    }
    let server = Server::answering(|_| answer(404, "", r#"{"code":20404}"#)).await;
    assert!(matches!(call(&server.rest()).await, Err(RestError::NotFound("call"))));
}

#[tokio::test]
async fn a_call_that_makes_no_sense_is_no_call() {
    for json in ["", "{}", "<html>", r#"{"from":"a""#, r#"{"from":1,"to":2}"#] {
        let server = Server::answering(move |_| answer(200, "", json)).await;
        let error = call(&server.rest()).await.unwrap_err();
        assert!(matches!(error, RestError::Senseless(_)), "{json}: {error:?}");
    }
    let endless = format!(r#"{{"from":"a","to":"b","more":"{}"}}"#, "x".repeat(300_000));
    let server = Server::answering(move |_| answer(200, "", &endless)).await;
    assert!(call(&server.rest()).await.is_err());
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"from\":\"a\",\"to\":\"b\"}";
    let server = Server::answering(|_| broken.to_owned()).await;
    assert!(matches!(call(&server.rest()).await, Err(RestError::Unreachable(_))));
}

fn listed(sid: u32, more: &str) -> String {
    format!(
        r#"{{"sid":"RE{sid:032}","call_sid":"{CALL}","date_created":"Sat, 21 Nov 2026 14:05:20 +0000",{more}}}"#
    )
}

fn page(recordings: &[String], next: &str) -> String {
    let body = format!(r#"{{"recordings":[{}],"next_page_uri":{next}}}"#, recordings.join(","));
    answer(200, "content-type: application/json\r\n", &body)
}

/// All pages of the list since a fixed instant.
async fn list(rest: &Rest) -> Result<Vec<RecordingRecord>, RestError> {
    let (account, login) = (account(), login());
    let mut pages = rest.recordings(&account, &login, "2026-11-20T10:00:00.5Z".parse().unwrap(), None);
    let mut all = Vec::new();
    while let Some(page) = pages.next_page().await? {
        all.extend(page);
    }
    Ok(all)
}

#[tokio::test]
async fn recordings_are_listed_page_by_page_since_an_instant() {
    let server = Server::answering(|path| {
        if path.contains("Page=1") {
            page(&[listed(2, r#""status":"processing","source":"DialVerb","duration":"-1""#)], "null")
        } else {
            let next = format!(r#""/2010-04-01/Accounts/{ACCOUNT}/Recordings.json?Page=1&PageToken=PA1""#);
            page(&[listed(1, r#""status":"completed","source":"RecordVerb","duration":"42""#)], &next)
        }
    })
    .await;
    let found = list(&server.rest()).await.unwrap();
    let record = |sid: u32, of_record_verb, state| RecordingRecord {
        sid: RecordingSid::parse(&format!("RE{sid:032}")).unwrap(),
        call_sid: CallSid::parse(CALL).unwrap(),
        of_record_verb,
        state,
        created_at: "2026-11-21T14:05:20Z".parse().unwrap(),
    };
    let completed = RecordingState::Completed { duration_seconds: 42 };
    assert_eq!(found, [record(1, true, completed), record(2, false, RecordingState::Underway)]);
    let requests = server.requests();
    let first = requests[0].lines().next().unwrap();
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings.json");
    assert_eq!(first, format!("GET {path}?DateCreated%3E=2026-11-20T10%3A00%3A00Z&PageSize=100 HTTP/1.1"));
    assert!(requests.iter().all(|request| authorization(request) == Some(BASIC)));
}

#[tokio::test]
async fn every_state_of_a_recording_is_understood() {
    let cases = [
        (r#""status":"absent","error_code":16102"#, RecordingState::Absent { error_code: Some(16_102) }),
        (r#""status":"failed","error_code":null"#, RecordingState::Failed { error_code: None }),
        (r#""status":"deleted","duration":"5""#, RecordingState::Deleted),
        (r#""status":"in-progress","duration":null"#, RecordingState::Underway),
        (r#""status":"completed","duration":"0""#, RecordingState::Completed { duration_seconds: 0 }),
        // Completed, and yet no length: not ready to be told of.
        (r#""status":"completed","duration":"-1""#, RecordingState::Underway),
    ];
    for (json, state) in cases {
        let server = Server::answering(move |_| page(&[listed(1, json)], "null")).await;
        assert_eq!(list(&server.rest()).await.unwrap()[0].state, state, "{json}");
    }
}

#[tokio::test]
async fn the_login_never_follows_a_list_to_another_host() {
    for next in [r#""https://evil.example.com/a""#, r#""@evil.example.com/a""#, r#""x""#] {
        let server = Server::answering(move |_| page(&[], next)).await;
        assert!(matches!(list(&server.rest()).await, Err(RestError::Senseless(_))), "{next}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_page_that_twilio_had_no_time_for_is_asked_for_again() {
    let asked = Arc::new(Mutex::new(0));
    let server = Server::answering(move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match *asked {
            1 => answer(429, "retry-after: 7\r\n", ""),
            _ => page(&[listed(1, r#""status":"completed","duration":"1""#)], "null"),
        }
    })
    .await;
    let (account, login, rest) = (account(), login(), server.rest());
    let mut pages = rest.recordings(&account, &login, jiff::Timestamp::UNIX_EPOCH, None);
    let error = pages.next_page().await.unwrap_err();
    let seven = Some(Duration::from_secs(7));
    assert!(matches!(error, RestError::SlowDown { retry_after } if retry_after == seven), "{error:?}");
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 1);
    assert!(pages.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn of_numbers_that_contain_the_one_only_the_one_is_found() {
    let page = r#"{"incoming_phone_numbers":[
        {"sid":"PN1","phone_number":"+114155550100","voice_url":"a"},
        {"sid":"PN2","phone_number":"+14155550100","voice_url":"b","trunk_sid":null}]}"#;
    let server = Server::answering(move |_| answer(200, "", page)).await;
    let number = phone::PhoneNumber::parse("+14155550100").unwrap();
    let found = server.rest().incoming_number(&account(), &login(), &number).await.unwrap();
    assert_eq!((found.sid.as_str(), found.voice_url.as_str(), found.trunk_sid.as_str()), ("PN2", "b", ""));
    let requested = &server.requests()[0];
    assert!(
        requested.contains("IncomingPhoneNumbers.json?PhoneNumber=%2B14155550100&PageSize=50"),
        "{requested}"
    );
    assert_eq!(authorization(requested), Some(BASIC));
    let other = phone::PhoneNumber::parse("+14155550199").unwrap();
    let none = server.rest().incoming_number(&account(), &login(), &other).await;
    assert!(matches!(none, Err(RestError::NotFound("number"))));
}

#[tokio::test]
async fn what_twilio_does_not_accept_is_told_in_its_own_words() {
    let complaint = r#"{"code":21402,"message":"VoiceUrl is not a valid URL","status":400}"#;
    let server = Server::answering(move |_| answer(400, "", complaint)).await;
    let change = server.rest().change_number(&account(), &login(), "PN1", &[("VoiceUrl", "x y")]).await;
    let told = change.unwrap_err().to_string();
    assert_eq!(told, "Twilio does not accept it: VoiceUrl is not a valid URL (error 21402)");
    let head = &server.requests()[0];
    assert!(head.starts_with("POST ") && head.contains("application/x-www-form-urlencoded"), "{head}");
}
