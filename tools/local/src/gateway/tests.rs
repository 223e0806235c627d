use std::{sync::Mutex, time::Duration};

use axum::http;

use super::*;
use crate::{
    browser::{open, send},
    front::Reach,
};

type Seen = Arc<Mutex<Vec<ApiGatewayV2httpRequest>>>;

fn clock() -> Clock {
    Clock::starting_at("2026-11-21T10:00:00.250Z".parse().unwrap())
}

fn response(value: Value) -> ApiGatewayV2httpResponse {
    serde_json::from_value(value).unwrap()
}

/// A gateway with one route, whose function notes its events and answers with `value`.
async fn gateway(method: Method, pattern: &str, value: Value) -> (Gateway, Seen) {
    let seen = Seen::default();
    let log = seen.clone();
    let routes = Routes::new().on(method, pattern, move |event| {
        log.lock().unwrap().push(event);
        let value = value.clone();
        async move { response(value) }
    });
    (Gateway::start(routes, &clock(), 0).await.unwrap(), seen)
}

fn plain(body: &str) -> Value {
    json!({ "statusCode": 200, "headers": { "content-type": "text/plain" }, "body": body, "cookies": [] })
}

#[test]
fn a_form_becomes_the_event_that_aws_makes_of_it() {
    let body = b"CallSid=CA1&From=%2B14155550123";
    let (parts, ()) = http::Request::post("/webhook/voice?attempt=1&tag=a%20b&tag=c")
        .header("Host", "phone.example.com")
        .header("User-Agent", "TwilioProxy/1.1")
        .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("X-Twilio-Signature", "c2lnbmF0dXJl")
        .header("Accept", "text/xml")
        .header("Accept", "*/*")
        .header("Connection", "close")
        .header("Cookie", "a=1; b=2")
        .body(())
        .unwrap()
        .into_parts();
    let at = "2026-11-21T10:00:00.250Z".parse().unwrap();
    let event = event_json(&parts, body, &Arrival::new("POST /webhook/voice", at));
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "POST /webhook/voice",
            "rawPath": "/webhook/voice",
            "rawQueryString": "attempt=1&tag=a%20b&tag=c",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "accept": "text/xml,*/*",
                "content-length": "31",
                "content-type": "application/x-www-form-urlencoded; charset=utf-8",
                "host": "phone.example.com",
                "user-agent": "TwilioProxy/1.1",
                "x-amzn-trace-id": "Root=1-6b016ba0-00000000000001a1fd8c69fa",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-twilio-signature": "c2lnbmF0dXJl",
            },
            "queryStringParameters": { "attempt": "1", "tag": "a b,c" },
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "aftertone00",
                "domainName": "phone.example.com",
                "domainPrefix": "phone",
                "http": {
                    "method": "POST",
                    "path": "/webhook/voice",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "TwilioProxy/1.1",
                },
                "requestId": "AAAAAAAAAAAAAAA=",
                "routeKey": "POST /webhook/voice",
                "stage": "$default",
                "time": "21/Nov/2026:10:00:00 +0000",
                "timeEpoch": 1_795_255_200_250_i64,
            },
            "body": BASE64.encode(body),
            "isBase64Encoded": true,
        })
    );
}

#[test]
fn only_known_types_of_text_are_passed_on_as_text() {
    for (content_type, is_base64) in [
        (Some("application/json; charset=utf-8"), false),
        (Some("text/xml"), false),
        (Some("Application/XML"), false),
        (Some("application/x-www-form-urlencoded"), true),
        (Some("application/octet-stream"), true),
        (None, true),
    ] {
        let mut request = http::Request::post("/");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let event = event_json(&parts, b"{}", &Arrival::new("POST /", Timestamp::UNIX_EPOCH));
        assert_eq!(event["isBase64Encoded"], is_base64, "{content_type:?}");
    }
}

#[test]
fn a_request_without_body_or_query_has_neither() {
    let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
    let event = event_json(&parts, b"", &Arrival::new("GET /", Timestamp::UNIX_EPOCH));
    for absent in ["body", "queryStringParameters", "pathParameters", "cookies"] {
        assert_eq!(event.get(absent), None);
    }
    assert_eq!(event["isBase64Encoded"], false);
}

#[tokio::test]
async fn a_webhook_reaches_its_function_and_the_answer_comes_back() {
    let (gateway, seen) = gateway(Method::POST, "/webhook/voice", plain("<Response/>")).await;
    let page = send(
        "POST",
        &format!("{}/webhook/voice", gateway.endpoint()),
        &["Host: phone.example.com", "Content-Type: application/x-www-form-urlencoded"],
        b"CallSid=CA1",
    )
    .await
    .unwrap();
    assert_eq!((page.status, page.text()), (200, "<Response/>"));
    assert_eq!(page.header("content-type"), ["text/plain"]);
    assert_eq!(page.header("apigw-requestid"), ["000000000000001="]);

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].body.as_deref(), Some(BASE64.encode("CallSid=CA1").as_str()));
    assert!(seen[0].is_base64_encoded);
    assert_eq!(seen[0].request_context.domain_name.as_deref(), Some("phone.example.com"));
    assert_eq!(seen[0].request_context.time_epoch, 1_795_255_200_250);
}

#[tokio::test]
async fn a_parameter_takes_one_segment_of_the_path() {
    let (gateway, seen) = gateway(Method::GET, "/v/{token}", plain("")).await;
    let endpoint = gateway.endpoint();
    assert_eq!(open(&format!("{endpoint}/v/abc.def-1")).await.status, 200);
    assert_eq!(seen.lock().unwrap()[0].path_parameters["token"], "abc.def-1");
    assert_eq!(seen.lock().unwrap()[0].route_key.as_deref(), Some("GET /v/{token}"));
    for path in ["/v/", "/v", "/v/abc/def", "/", "/w/abc"] {
        let page = open(&format!("{endpoint}{path}")).await;
        assert_eq!((page.status, page.text()), (404, r#"{"message":"Not Found"}"#), "{path}");
    }
    let page = send("POST", &format!("{endpoint}/v/abc"), &[], b"").await.unwrap();
    assert_eq!(page.status, 404);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn bytes_cookies_and_redirects_come_back_as_they_were_meant() {
    let value = json!({
        "statusCode": 302,
        "headers": { "Location": "https://example.com/", "Content-Type": "audio/mpeg" },
        "body": BASE64.encode(b"\x00\xff"),
        "isBase64Encoded": true,
        "cookies": ["a=1; Secure", "b=2"],
    });
    let (gateway, _seen) = gateway(Method::GET, "/", value).await;
    let page = open(&format!("{}/", gateway.endpoint())).await;
    assert_eq!((page.status, page.body.as_slice()), (302, &b"\x00\xff"[..]));
    assert_eq!(page.header("location"), ["https://example.com/"]);
    assert_eq!(page.header("set-cookie"), ["a=1; Secure", "b=2"]);
}

#[tokio::test]
async fn a_body_may_have_ten_mebibytes_and_not_a_byte_more() {
    let (gateway, seen) = gateway(Method::POST, "/", plain("")).await;
    let url = format!("{}/", gateway.endpoint());
    let mut body = vec![b'a'; LONGEST_BODY];
    assert_eq!(send("POST", &url, &[], &body).await.unwrap().status, 200);
    body.push(b'a');
    let page = send("POST", &url, &[], &body).await.unwrap();
    assert_eq!((page.status, page.text()), (413, r#"{"message":"Request Entity Too Large"}"#));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_function_that_panics_or_answers_nonsense_is_a_500() {
    let routes = Routes::new().on(Method::GET, "/panic", |_| async { panic!("a function that panics") }).on(
        Method::GET,
        "/nonsense",
        |_| async { response(json!({ "statusCode": 7, "cookies": [] })) },
    );
    let gateway = Gateway::start(routes, &clock(), 0).await.unwrap();
    for path in ["panic", "nonsense"] {
        let page = open(&format!("{}/{path}", gateway.endpoint())).await;
        assert_eq!((page.status, page.text()), (500, r#"{"message":"Internal Server Error"}"#));
    }
}

#[tokio::test]
async fn a_gateway_out_of_service_answers_503_and_calls_nobody() {
    let (gateway, seen) = gateway(Method::GET, "/", plain("")).await;
    let url = format!("{}/", gateway.endpoint());
    gateway.out_of_service(true);
    let page = open(&url).await;
    assert_eq!((page.status, page.text()), (503, r#"{"message":"Service Unavailable"}"#));
    gateway.out_of_service(false);
    gateway.front().set(Reach::Refused).await.unwrap();
    send("GET", &url, &[], b"").await.unwrap_err();
    assert_eq!(seen.lock().unwrap().len(), 0);

    gateway.front().set(Reach::Open).await.unwrap();
    assert_eq!(open(&url).await.status, 200);
}

#[tokio::test]
async fn a_function_may_sleep_on_the_clock() {
    let clock = clock();
    let inside = clock.clone();
    let routes = Routes::new().on(Method::GET, "/", move |_| {
        let clock = inside.clone();
        async move {
            clock.sleep(Duration::from_hours(1)).await;
            response(plain(&clock.now().to_string()))
        }
    });
    let gateway = Gateway::start(routes, &clock, 0).await.unwrap();
    let page = open(&format!("{}/", gateway.endpoint())).await;
    assert_eq!(page.text(), "2026-11-21T11:00:00.25Z");
}
