use http::StatusCode;
use phone::{CallSid, PhoneNumber};
use twilio::{Canceled, Detection, ListedCall, NewCall, RestError};

use crate::server::{ACCOUNT, CALL, Server, account, answer, login};

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn call() -> CallSid {
    CallSid::parse(CALL).unwrap()
}

fn document(status: &str) -> String {
    format!(r#"{{"sid":"{CALL}","status":"{status}","queue_time":"0"}}"#)
}

/// The fields of a request's form, or of its query.
fn fields(text: &str) -> Vec<(String, String)> {
    url_decoded(text.rsplit("\r\n\r\n").next().unwrap())
}

fn url_decoded(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn place(token: Option<&str>) -> (PhoneNumber, PhoneNumber, Option<&str>) {
    (number("+14155550142"), number("+12125550123"), token)
}

async fn placed(server: &Server, token: Option<&str>) -> Result<CallSid, RestError> {
    let (to, from, call_token) = place(token);
    let call = NewCall {
        to: to.reveal(),
        from: &from,
        url: "https://example.com/webhook/leg?s=CA1.1-ana#rc=2",
        fallback_url: None,
        status_callback: "https://example.com/webhook/leg/told?s=CA1.1-ana#rc=5",
        seconds: 25,
        call_token,
        limit_seconds: None,
        send_digits: None,
        detection: None,
    };
    server.rest().place_call(&account(), &login(), &call).await
}

#[tokio::test]
async fn a_call_is_placed_with_all_that_is_to_be_told_of_it() {
    let server = Server::answering(|_| answer(201, "", &document("queued"))).await;
    assert_eq!(placed(&server, None).await.unwrap(), call());
    placed(&server, Some(r#"{"a":"b&c"}"#)).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].starts_with(&format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json ")));
    let mut expected: Vec<(String, String)> = [
        ("To", "+14155550142"),
        ("From", "+12125550123"),
        ("Url", "https://example.com/webhook/leg?s=CA1.1-ana#rc=2"),
        ("Method", "POST"),
        ("StatusCallback", "https://example.com/webhook/leg/told?s=CA1.1-ana#rc=5"),
        ("StatusCallbackMethod", "POST"),
        ("Timeout", "25"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(fields(&requests[0]), expected);
    expected.push(("CallToken".to_owned(), r#"{"a":"b&c"}"#.to_owned()));
    assert_eq!(fields(&requests[1]), expected);
}

#[tokio::test]
async fn a_call_may_have_all_that_twilio_offers_for_it() {
    let server = Server::answering(|_| answer(201, "", &document("queued"))).await;
    let (_, from, _) = place(None);
    let told = "https://example.com/webhook/leg/detected";
    let beside = [
        ("MachineDetection", "Enable"),
        ("AsyncAmd", "true"),
        ("AsyncAmdStatusCallback", told),
        ("AsyncAmdStatusCallbackMethod", "POST"),
    ];
    let cases = [
        (Detection::Beside(told), beside.to_vec()),
        (Detection::Before, vec![("MachineDetection", "Enable")]),
        (Detection::BeforeAndBeep, vec![("MachineDetection", "DetectMessageEnd")]),
    ];
    for (place, (detection, expected)) in cases.into_iter().enumerate() {
        let call = NewCall {
            to: "sip:ana@example.org?X-Order=7",
            from: &from,
            url: "https://example.com/webhook/leg",
            fallback_url: Some("https://example.com/webhook/leg?s=again"),
            status_callback: "https://example.com/webhook/leg/told",
            seconds: 25,
            call_token: None,
            limit_seconds: Some(600),
            send_digits: Some("ww1#"),
            detection: Some(detection),
        };
        server.rest().place_call(&account(), &login(), &call).await.unwrap();
        let sent = fields(&server.requests()[place]);
        assert_eq!(sent[0], ("To".to_owned(), "sip:ana@example.org?X-Order=7".to_owned()));
        let more: Vec<(&str, &str)> = sent[11..].iter().map(|(name, value)| (&**name, &**value)).collect();
        let bounds = [
            ("FallbackUrl", "https://example.com/webhook/leg?s=again"),
            ("FallbackMethod", "POST"),
            ("TimeLimit", "600"),
            ("SendDigits", "ww1#"),
        ];
        assert_eq!(more, [bounds.to_vec(), expected].concat());
    }
}

#[tokio::test]
async fn a_call_that_is_refused_or_unclear_is_placed_once() {
    let refused = r#"{"code":21210,"message":"not verified","status":400}"#;
    let server = Server::answering(move |_| answer(400, "", refused)).await;
    let error = placed(&server, None).await.unwrap_err();
    assert!(matches!(error, RestError::Rejected { code: 21_210, .. }), "{error}");
    assert_eq!(server.requests().len(), 1);
    for (status, body) in [(500, ""), (201, "{}"), (201, r#"{"sid":"x","status":"queued"}"#)] {
        let server = Server::answering(move |_| answer(status, "", body)).await;
        placed(&server, None).await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_call_is_canceled_unless_somebody_has_picked_up() {
    let not_in_that_state = r#"{"code":21220,"message":"Call is not in-progress.","status":400}"#.to_owned();
    let cases = [
        (200, document("ringing"), Canceled::Yes),
        (200, document("queued"), Canceled::Yes),
        (200, document("in-progress"), Canceled::NotRinging),
        (400, not_in_that_state, Canceled::NotRinging),
        (404, String::new(), Canceled::NotRinging),
    ];
    for (status, body, expected) in cases {
        let server = Server::answering(move |_| answer(status, "", &body)).await;
        let canceled = server.rest().cancel_call(&account(), &login(), &call()).await.unwrap();
        assert_eq!(canceled, expected, "{status}");
        let request = &server.requests()[0];
        assert!(request.starts_with(&format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json ")));
        assert_eq!(fields(request), [("Status".to_owned(), "canceled".to_owned())]);
    }
}

const ELSEWHERE: &str = "https://example.com/webhook/leg?s=-.-.CA1.0-ana";

#[tokio::test]
async fn a_call_is_led_elsewhere_unless_it_is_over() {
    let over = r#"{"code":21220,"message":"Call is not in-progress.","status":400}"#.to_owned();
    for (status, body) in [(200, document("in-progress")), (400, over), (404, String::new())] {
        let server = Server::answering(move |_| answer(status, "", &body)).await;
        server.rest().lead_call(&account(), &login(), &call(), ELSEWHERE).await.unwrap();
        let expected = [("Url", ELSEWHERE), ("Method", "POST")];
        assert_eq!(
            fields(&server.requests()[0]),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
    for (status, body) in [(500, ""), (400, r#"{"code":20001,"message":"?","status":400}"#), (200, "x")] {
        let server = Server::answering(move |_| answer(status, "", body)).await;
        server.rest().lead_call(&account(), &login(), &call(), ELSEWHERE).await.unwrap_err();
    }
}

#[tokio::test]
async fn the_state_of_a_call_is_told() {
    let server = Server::answering(|_| answer(200, "", &document("no-answer"))).await;
    let status = server.rest().call_status(&account(), &login(), &call()).await.unwrap();
    assert_eq!((&*status, ListedCall::goes_on(&status)), ("no-answer", false));
    for status in ["queued", "ringing", "in-progress"] {
        assert!(ListedCall::goes_on(status), "{status}");
    }
}

#[tokio::test]
async fn calls_between_two_numbers_are_listed() {
    let listed = |sid: &str, direction: &str| {
        format!(
            r#"{{"sid":"{sid}","status":"ringing","direction":"{direction}","date_created":"Fri, 20 Nov 2026 12:00:05 +0000","start_time":null}}"#
        )
    };
    let calls = [listed(CALL, "outbound-api"), listed(CALL, "outbound-dial"), listed("x", "outbound-api")];
    let body = format!(r#"{{"calls":[{}],"next_page_uri":null}}"#, calls.join(","));
    let server = Server::answering(move |_| answer(200, "", &body)).await;
    let (from, to) = (number("+12125550123"), number("+14155550142"));
    let listed = server.rest().calls_between(&account(), &login(), &from, to.reveal()).await.unwrap();
    let expected = |is_of_api| ListedCall {
        sid: call(),
        status: "ringing".to_owned(),
        is_of_api,
        created_at: "2026-11-20T12:00:05Z".parse().unwrap(),
    };
    assert_eq!(listed, [expected(true), expected(false)]);
    let requests = server.requests();
    let path = requests[0].split(' ').nth(1).unwrap();
    let (path, query) = path.split_once('?').unwrap();
    assert_eq!(path, format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
    let expected = [("To", "+14155550142"), ("From", "+12125550123"), ("PageSize", "50")];
    assert_eq!(url_decoded(query), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_queue_is_found_by_its_name_and_deleted() {
    let queue = |sid: &str, name: &str| format!(r#"{{"sid":"{sid}","friendly_name":"{name}"}}"#);
    let page = |queues: String, next: &str| format!(r#"{{"queues":[{queues}],"next_page_uri":{next}}}"#);
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Queues");
    let first = page(queue("QU1", "other"), &format!(r#""{path}.json?Page=1""#));
    let second = page(queue("QU2", CALL), "null");
    for (deleted, is_deleted) in [(204, true), (404, true), (400, false), (500, false)] {
        let (first, second) = (first.clone(), second.clone());
        let server = Server::answering_request(move |request| {
            if request.starts_with("DELETE ") {
                answer(deleted, "", r#"{"code":22002,"message":"The queue is not empty","status":400}"#)
            } else if request.contains("Page=1 ") {
                answer(200, "", &second)
            } else {
                answer(200, "", &first)
            }
        })
        .await;
        let result = server.rest().delete_queue(&account(), &login(), CALL).await;
        assert_eq!(result.is_ok(), is_deleted, "{deleted}");
        let requests = server.requests();
        assert!(requests[2].starts_with(&format!("DELETE {path}/QU2.json ")), "{}", requests[2]);
    }
    // One that was never there, or is gone.
    let server = Server::answering(move |_| answer(200, "", &second)).await;
    server.rest().delete_queue(&account(), &login(), "nobody").await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_login_that_may_not_place_calls_is_refused() {
    let server = Server::answering(|_| answer(403, "", "")).await;
    let error = placed(&server, None).await.unwrap_err();
    assert!(matches!(error, RestError::Refused(StatusCode::FORBIDDEN)), "{error}");
}
