//! One line per webhook: all that is needed, and nothing that is private.

use lambda_http::http::Method;
use twiml::voice;

use super::*;
use crate::kinds::Transcribed;
use runtime::telemetry::JsonLines;

/// The lines that are written until the guard is dropped.
fn lines() -> (Arc<Mutex<Vec<Value>>>, tracing::subscriber::DefaultGuard) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let written = lines.clone();
    let subscriber = JsonLines::new("Aftertone", move |line| written.lock().unwrap().push(line));
    let guard = tracing::subscriber::set_default(subscriber);
    (lines, guard)
}

#[tokio::test]
async fn a_webhook_is_one_line() {
    let (lines, _guard) = lines();
    knock(&gate(), Request::call().event()).await;
    let mut lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let mut line = lines.remove(0);
    let at = line["timestamp_ms"].as_u64().unwrap();
    assert!(at > 1_700_000_000_000);
    assert!(line["duration_ms"].as_f64().unwrap() >= 0.0);
    line["duration_ms"] = 1.5.into();
    let expected = json!({
        "level": "INFO",
        "timestamp_ms": at,
        "function": "voice",
        "outcome": "thanked",
        "duration_ms": 1.5,
        "status": 204,
        "call_sid": CALL,
        "from": "+1646****199",
        "to": "+1415****100",
        "direction": "inbound",
        "request_id": "JKJaXmPLvHcESHA=",
    });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn a_bad_account_of_the_secret_is_counted_without_its_content() {
    let (lines, _guard) = lines();
    let bad = json!({ "sid": STRANGER, "auth_tokens": "hush" });
    let mut secret: Value = serde_json::from_str(&secret_json(&[TOKEN])).unwrap();
    secret["accounts"].as_array_mut().unwrap().insert(0, bad);
    let gate = Source::new(Some(secret.to_string())).gate();
    for _ in 0..3 {
        assert_eq!(knock(&gate, Request::call().event()).await.status_code, 204);
    }
    let lines = lines.lock().unwrap();
    let counted: Vec<&Value> = lines.iter().filter(|line| line["outcome"] == "unreadable-row").collect();
    assert_eq!(counted.len(), 1, "once for each time that it is read: {lines:?}");
    assert!(counted[0]["error"].as_str().unwrap().starts_with("account 1 of the Twilio secret is not"));
    assert!(!counted[0].to_string().contains("hush"));
}

#[tokio::test]
async fn each_end_of_a_webhook_is_one_line_and_a_failure_counted() {
    let steering = Endpoint::steering(|_| Some(voice::Response::new()));
    let reporting = Endpoint::<VoiceCall>::reporting();
    let call = Request::call;
    let cases = [
        (
            "wrong-method",
            405,
            None,
            &steering,
            Request { method: Method::PUT.as_str().to_owned().leak(), ..call() },
        ),
        ("too-large", 413, None, &steering, Request::of(vec![b'x'; 70_000])),
        ("wrong-content-type", 415, None, &steering, Request { content_type: None, ..call() }),
        ("unsigned", 403, None, &steering, Request { signed_with: None, ..call() }),
        ("wrong-signature", 403, None, &steering, Request { signed_with: Some("guessed"), ..call() }),
        ("unknown-account", 403, None, &steering, Request::of(call_form().replace(ACCOUNT, STRANGER))),
        ("bad-request", 400, None, &steering, Request::of(call_form().replace("CallSid=", "Sid="))),
        ("rescued", 200, Some("rescued"), &steering, call()),
        ("failed", 500, Some("failed"), &reporting, call()),
    ];
    for (outcome, status, counted, endpoint, request) in cases {
        let (lines, _guard) = lines();
        serve(&gate(), endpoint, request.event(), |_| async { Err("the ledger is down".into()) }).await;
        let lines = lines.lock().unwrap();
        let line = &lines[0];
        assert_eq!(line["outcome"], outcome);
        assert_eq!(line["status"], status, "{outcome}");
        let metrics: Vec<&Value> = lines[1..].iter().map(|line| &line["outcome"]).collect();
        assert_eq!(metrics, counted.iter().collect::<Vec<_>>(), "{lines:?}");
        if status == 403 || status == 405 || status == 413 || status == 415 {
            // What is not proved is not believed, and not written down either.
            assert_eq!(
                (&line["call_sid"], &line["from"], &line["error"]),
                (&json!(null), &json!(null), &json!(null))
            );
        }
        if counted.is_some() {
            assert_eq!(line["error"], "the ledger is down");
        }
    }
}

#[tokio::test]
async fn a_secret_that_can_not_be_read_is_a_failure_and_an_error() {
    let (lines, _guard) = lines();
    knock(&Source::new(None).gate(), Request::call().event()).await;
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!((&lines[0]["level"], &lines[0]["error"]), (&json!("ERROR"), &json!("the source is down")));
    assert_eq!(lines[1]["outcome"], "no-secret");
    assert_eq!((&lines[2]["outcome"], &lines[2]["events"]), (&json!("failed"), &json!(1)));
}

#[tokio::test]
async fn no_number_no_word_and_no_token_is_written_down() {
    let form = form(&[
        ("AccountSid", ACCOUNT),
        ("CallSid", CALL),
        ("RecordingSid", RECORDING),
        ("RecordingUrl", "https://api.twilio.com/secret-url"),
        ("From", "sip:alice@example.com"),
        ("To", "+14155550100"),
        ("Caller", "+16465550199"),
        ("CallerName", "DOE JOHN"),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "my pin is 4711"),
    ]);
    let query = "key=in-the-query".to_owned();
    let cases = [
        Request { query: query.clone(), ..Request::of(form.clone()) },
        Request { signed_with: Some("guessed"), ..Request::of(form.clone()) },
        Request::of(form.replace("TranscriptionStatus", "Nothing")),
    ];
    for request in cases {
        let (lines, _guard) = lines();
        let endpoint = Endpoint::<Transcribed>::reporting();
        serve(&gate(), &endpoint, request.event(), |_| async { Ok(thanks()) }).await;
        let written = serde_json::to_string(&*lines.lock().unwrap()).unwrap();
        let signature = request.json()["headers"]["x-twilio-signature"].as_str().unwrap().to_owned();
        let private = [
            "4155550100",
            "6465550199",
            "alice",
            "DOE",
            "pin",
            "4711",
            "secret-url",
            "in-the-query",
            TOKEN,
            "guessed",
            &signature,
            "54.172.60.1",
        ];
        for private in private {
            assert!(!written.contains(private), "{private} in {written}");
        }
        assert!(written.contains("\"function\":\"voice\""));
    }
}
