use insta::assert_snapshot;
use serde::Deserialize;

use super::*;

fn pretty(reply: &Reply) -> String {
    serde_json::to_string_pretty(&json_of(reply)).unwrap()
}

#[test]
fn a_problem_is_told_as_rfc_9457_writes_it() {
    let mut problem = Problem::new(Code::ActionInTheWay, "a7 plays something to p1");
    problem.blocking_action = Some(ActionId(7));
    let reply = Reply::problem(&problem);
    assert_snapshot!(pretty(&reply), @r#"
    {
      "blocking_action": "a7",
      "cause": "a7 plays something to p1",
      "code": "action_in_the_way",
      "cure": "Wait for the end of the blocking action, or cancel it.",
      "detail": "a7 plays something to p1",
      "retryable": true,
      "status": 409,
      "title": "Action in the way",
      "type": "urn:aftertone:problem:action_in_the_way"
    }
    "#);
    let response = reply.into_response();
    assert_eq!(response.headers["content-type"], "application/problem+json");
    assert_eq!(response.headers["cache-control"], "no-store");
    assert_eq!(response.status_code, 409);
    let mut refused = Problem::new(Code::ProviderRefused, "Twilio refused it");
    refused.provider_code = Some(21_219);
    assert_eq!(json_of(&Reply::problem(&refused))["provider"], json!({ "code": 21_219 }));
}

#[test]
fn every_problem_has_a_title_and_its_own_status() {
    for code in Code::ALL {
        let reply = Reply::problem(&Problem::new(*code, "so it is"));
        let told = json_of(&reply);
        assert_eq!(reply.status(), code.status());
        assert_eq!(told["type"], format!("urn:aftertone:problem:{}", code.name()));
        let title = told["title"].as_str().unwrap();
        assert!(title.starts_with(|c: char| c.is_ascii_uppercase()) && !title.contains('_'), "{title}");
        assert_eq!(told["retryable"], code.is_retryable());
        let waits = reply.into_response().headers.contains_key("retry-after");
        assert_eq!(waits, matches!(code, Code::Unavailable | Code::RateLimited), "{}", code.name());
    }
    let later = Reply::problem(&Problem::new(Code::RateLimited, "ten calls in this minute")).retry_after(41);
    assert_eq!(later.into_response().headers["retry-after"], "41");
}

#[test]
fn what_was_asked_for_is_json() {
    let reply = Reply::json(202, &json!({ "id": "a1" }));
    assert_eq!((reply.status(), reply.body(), reply.outcome()), (202, r#"{"id":"a1"}"#, "done"));
    assert_eq!(reply.into_response().headers["content-type"], "application/json");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[expect(dead_code, reason = "only read")]
    to: Vec<Target>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    #[expect(dead_code, reason = "only read")]
    number: String,
}

#[tokio::test]
async fn a_wrong_body_is_told_with_its_place() {
    let world = World::new();
    let mut told = Vec::new();
    for body in [
        r#"{"to":[{"number":"+14155551234"}]}"#,
        r#"{"to":[{"number":"+1"},{"number":7}]}"#,
        r#"{"to":[{"number":"+1","colour":"red"}]}"#,
        r#"{"to":[{}]}"#,
        "{}",
        "[",
        r#"{"to":[]} more"#,
        "",
    ] {
        let request = world.admit(&Asked::post("/v1/calls", body)).await.unwrap();
        told.push(match request.body::<Wanted>() {
            Ok(_) => "read".to_owned(),
            Err(problem) => {
                assert_eq!(problem.code, Code::InvalidRequest);
                problem.cause
            }
        });
    }
    assert_snapshot!(told.join("\n"), @r"
    read
    `to[1].number`: invalid type: integer `7`, expected a string at line 1 column 34
    `to[0].colour`: unknown field `colour`, expected `number` at line 1 column 30
    `to[0]`: missing field `number` at line 1 column 9
    the body: missing field `to` at line 1 column 2
    the body: EOF while parsing a list at line 1 column 1
    the body: trailing characters at line 1 column 11
    there is no body
    ");
}

#[tokio::test]
async fn an_idempotency_key_is_a_short_visible_text() {
    let world = World::new();
    let of = async |key: &str| {
        let asked = Asked::post("/v1/calls", "{}").with("idempotency-key", key);
        world.admit(&asked).await.unwrap().require_idempotency_key()
    };
    for key in ["1", "8e03978e-40d5-43e8-bc93-6894a57f9324", "\"quoted\"", &"x".repeat(255)] {
        of(key).await.unwrap();
    }
    for key in ["", "a b", &"x".repeat(256)] {
        assert_eq!(of(key).await.unwrap_err().code, Code::IdempotencyKeyMissing, "{key}");
    }
    assert_ne!(of("1").await.unwrap(), of("2").await.unwrap());
    let without = Asked::post("/v1/calls", "{}").without("idempotency-key");
    let problem = world.admit(&without).await.unwrap().require_idempotency_key().unwrap_err();
    assert_eq!(problem.code.status(), 400);
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before() {
    let world = World::new();
    let asked = Asked::post("/v1/calls", r#"{"to":1}"#);
    let request = world.admit(&asked).await.unwrap();
    let id = request.require_idempotency_key().unwrap();
    let once = request.once(id, &Reply::json(201, &json!({ "id": "CL1" })));
    let again = world.admit(&asked).await.unwrap().answered(&once);
    assert_eq!((again.status(), again.body(), again.outcome()), (201, r#"{"id":"CL1"}"#, "replayed"));
    assert_eq!(again.into_response().headers["idempotent-replayed"], "true");

    let mut others = vec![Asked::post("/v1/calls", r#"{"to":2}"#), Asked::post("/v1/call", r#"{"to":1}"#)];
    others.push(Asked { query: "dry_run=true".to_owned(), ..asked.clone() });
    others.push(Asked { method: "DELETE".to_owned(), ..asked.clone() });
    // What stands at the end of one part is not the same at the beginning of the next.
    others.push(Asked { path: r#"/v1/calls{"to""#.to_owned(), body: b":1}".to_vec(), ..asked });
    for other in others {
        let reply = world.admit(&other).await.unwrap().answered(&once);
        assert_eq!((reply.status(), reply.outcome()), (422, "idempotency_key_reused"), "{other:?}");
    }
}

#[tokio::test]
async fn a_problem_that_comes_again_is_a_problem() {
    let world = World::new();
    let request = world.admit(&Asked::post("/v1/calls", "{}")).await.unwrap();
    let id = request.require_idempotency_key().unwrap();
    let problem = Reply::problem(&Problem::new(Code::CallEnded, "it is over"));
    let again = request.answered(&request.once(id, &problem));
    assert_eq!((again.status(), again.body()), (409, problem.body()));
    assert_eq!(again.into_response().headers["content-type"], "application/problem+json");
}
