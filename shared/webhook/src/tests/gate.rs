//! Who gets in.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A signed form of exactly so many bytes.
fn form_of(bytes: usize) -> String {
    let mut form = call_form() + "&Padding=";
    form.extend(std::iter::repeat_n('x', bytes - form.len()));
    form
}

#[tokio::test]
async fn what_twilio_signed_gets_in() {
    assert_eq!(knock(&gate(), Request::call().event()).await.status_code, 204);
}

#[tokio::test]
async fn only_post_and_get_are_answered() {
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = Request { method, ..Request::call() };
        assert_refused(&knock(&gate(), request.event()).await, 405);
    }
}

/// The same call, asked for with GET.
fn asked_for() -> Request {
    let signed_body = Some(Vec::new());
    Request { method: "GET", query: call_form(), content_type: None, signed_body, ..Request::of("") }
}

#[tokio::test]
async fn with_get_the_address_says_everything() {
    let endpoint = Endpoint::<VoiceCall>::reporting();
    let response = serve(&gate(), &endpoint, asked_for().event(), |call| async move {
        assert_eq!(call.input.parties.call_sid.as_str(), CALL);
        assert_eq!(call.input.parties.from.reveal(), "+16465550199");
        assert_eq!(call.base_url, format!("https://{DOMAIN}/webhook"));
        Ok(thanks())
    })
    .await;
    assert_eq!(response.status_code, 204);
    let mut forged = asked_for().sealed();
    forged.query = forged.query.replace("6465550199", "6465550198");
    assert_refused(&knock(&gate(), forged.event()).await, 403);
    // What stands in a form, where the address alone is signed, is nothing that Twilio said.
    let smuggled = Request { query: String::new(), body: call_form().into_bytes(), ..asked_for() };
    assert_refused(&knock(&gate(), smuggled.event()).await, 403);
}

#[tokio::test]
async fn a_step_that_the_webhook_has_is_told_and_another_not_found() {
    let cases = [
        ("/webhook/voice", Some(None)),
        ("/webhook/voice/menu", Some(Some("menu"))),
        ("/prod/webhook/voice/menu-2", Some(Some("menu-2"))),
        ("/webhook/voice/", None),
        ("/webhook/voice/Menu", None),
        ("/webhook/voice/menu/menu", None),
        ("/webhook/invoice", None),
        ("/webhook/status", None),
        ("/webhook/status/menu", None),
        ("/voice", Some(None)),
        ("", None),
    ];
    for (path, step) in cases {
        let request = Request { path: path.to_owned(), ..Request::call() };
        let endpoint = Endpoint::<VoiceCall>::reporting();
        let response = serve(&gate(), &endpoint, request.event(), |call| async move {
            assert_eq!(Some(call.step.as_deref()), step, "{path}");
            let base = path.split("/voice").next().unwrap();
            assert_eq!(call.base_url, format!("https://{DOMAIN}{base}"), "{path}");
            Ok(thanks())
        })
        .await;
        let status = if step.is_some() { 204 } else { 404 };
        assert_eq!((response.status_code, body(&response).len()), (status, 0), "{path}");
    }
}

#[tokio::test]
async fn what_comes_back_with_an_address_is_told() {
    let onward = "eyJyIjozfQ_-";
    let cases = [
        (String::new(), None),
        (format!("s={onward}"), Some(onward)),
        (format!("a=b&s={onward}"), Some(onward)),
        (format!("s={onward}&s=other"), Some(onward)),
        ("s=1796000024.-.CA1.0-ana".to_owned(), Some("1796000024.-.CA1.0-ana")),
        ("s=a=b".to_owned(), Some("a=b")),
        // As it was sent, for that is what was signed.
        ("s=a%2Eb".to_owned(), Some("a%2Eb")),
        ("s=".to_owned(), None),
        ("s".to_owned(), None),
        (format!("S={onward}"), None),
        (format!("state={onward}"), None),
        (format!("as={onward}"), None),
    ];
    for (query, state) in cases {
        for path in ["/webhook/voice", "/webhook/voice/menu"] {
            let request = Request { path: path.to_owned(), query: query.clone(), ..Request::call() };
            let endpoint = Endpoint::<VoiceCall>::reporting();
            let response = serve(&gate(), &endpoint, request.event(), |call| async move {
                assert_eq!(call.state.as_deref(), state);
                assert_eq!(call.base_url, format!("https://{DOMAIN}/webhook"));
                Ok(thanks())
            })
            .await;
            assert_eq!(response.status_code, 204, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn with_get_what_comes_back_stands_beside_the_parameters() {
    let mut request = asked_for();
    request.query = format!("s=onward&{}", request.query);
    let endpoint = Endpoint::<VoiceCall>::reporting();
    let response = serve(&gate(), &endpoint, request.event(), |call| async move {
        assert_eq!(call.state.as_deref(), Some("onward"));
        Ok(thanks())
    })
    .await;
    assert_eq!(response.status_code, 204);
}

#[tokio::test]
async fn a_call_goes_on_only_as_it_was_answered() {
    let request = Request { query: "s=onward".to_owned(), ..Request::call() }.sealed();
    assert_eq!(knock(&gate(), request.event()).await.status_code, 204);
    for query in ["", "s=", "s=another", "s=onwards", "s=onward&a=b", "S=onward"] {
        let forged = Request { query: query.to_owned(), ..request.clone() };
        assert_refused(&knock(&gate(), forged.event()).await, 403);
    }
}

#[tokio::test]
async fn a_body_of_sixty_four_kilobytes_is_the_largest() {
    for (bytes, status) in [(64 * 1024, 204), (64 * 1024 + 1, 413), (1024 * 1024, 413)] {
        let request = Request::of(form_of(bytes));
        assert_eq!(knock(&gate(), request.event()).await.status_code, status, "{bytes}");
        let mut plain = request.json();
        plain["body"] = form_of(bytes).into();
        plain["isBase64Encoded"] = false.into();
        let response = knock(&gate(), event(plain)).await;
        assert_eq!((response.status_code, body(&response).len()), (status, 0), "{bytes}");
    }
}

#[tokio::test]
async fn only_a_form_is_read() {
    let cases = [
        (Some("application/x-www-form-urlencoded"), 204),
        (Some("Application/X-WWW-Form-URLEncoded ;charset=utf-8"), 204),
        (Some("application/json"), 415),
        (Some("multipart/form-data; boundary=application/x-www-form-urlencoded"), 415),
        (Some("application/x-www-form-urlencoded2"), 415),
        (Some(""), 415),
        (None, 415),
    ];
    for (content_type, status) in cases {
        let request = Request { content_type, ..Request::call() };
        let response = knock(&gate(), request.event()).await;
        assert_eq!((response.status_code, body(&response).len()), (status, 0), "{content_type:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_many_ways_is_refused_for_the_first() {
    let everything =
        Request { method: "PUT", content_type: None, signed_with: None, ..Request::of(form_of(70_000)) };
    assert_refused(&knock(&gate(), everything.event()).await, 405);
    let too_large = Request { method: "POST", ..everything };
    assert_refused(&knock(&gate(), too_large.event()).await, 413);
    let no_form = Request { body: b"{}".to_vec(), ..too_large };
    assert_refused(&knock(&gate(), no_form.event()).await, 415);
    let unsigned = Request { content_type: Some("application/x-www-form-urlencoded"), ..no_form };
    assert_refused(&knock(&gate(), unsigned.event()).await, 403);
}

#[tokio::test]
async fn what_twilio_did_not_sign_is_forbidden() {
    let altered = |change: &dyn Fn(&mut Request)| {
        let mut request = Request { query: "a=1&b=2".to_owned(), ..Request::call() }.sealed();
        change(&mut request);
        request
    };
    let replaced = |from: &str, to: &str| call_form().replace(from, to).into_bytes();
    let cases = [
        ("no signature", altered(&|r| r.signed_with = None)),
        ("wrong token", altered(&|r| r.signed_with = Some("guessed"))),
        ("a token that is no more", altered(&|r| r.signed_with = Some(NEXT_TOKEN))),
        ("the token of our other account", altered(&|r| r.signed_with = Some(SUBACCOUNT_TOKEN))),
        ("altered parameter", altered(&|r| r.body = replaced("5550199", "5550198"))),
        ("parameter added", altered(&|r| r.body.extend(b"&Digits=1"))),
        ("parameter left out", altered(&|r| r.body = replaced("&ApiVersion=2010-04-01", ""))),
        ("altered path", altered(&|r| r.path = "/webhook/status".to_owned())),
        ("altered query", altered(&|r| r.query = "a=1&b=3".to_owned())),
        ("query in another order", altered(&|r| r.query = "b=2&a=1".to_owned())),
        ("query left out", altered(&|r| r.query = String::new())),
        ("empty body", altered(&|r| r.body.clear())),
    ];
    for (name, request) in cases {
        let response = knock(&gate(), request.event()).await;
        assert_eq!((response.status_code, body(&response).len()), (403, 0), "{name}");
    }
}

#[tokio::test]
async fn a_signature_that_is_none_is_forbidden() {
    for signature in ["", "=", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "not base64!", "AAAA"] {
        let mut json = Request::call().json();
        json["headers"]["x-twilio-signature"] = signature.into();
        assert_refused(&knock(&gate(), event(json)).await, 403);
    }
}

#[tokio::test]
async fn the_account_must_be_ours_and_speak_for_itself() {
    let of = |account: &str| call_form().replace(ACCOUNT, account);
    let cases = [
        (of(SUBACCOUNT), SUBACCOUNT_TOKEN, 204),
        (of(SUBACCOUNT), TOKEN, 403),
        (of(STRANGER), TOKEN, 403),
        (of("AC1"), TOKEN, 403),
        (of(""), TOKEN, 403),
        (call_form().replace("AccountSid", "accountsid"), TOKEN, 403),
        (String::new(), TOKEN, 403),
        // The account that counts is the first.
        (of(STRANGER) + "&AccountSid=" + ACCOUNT, TOKEN, 403),
    ];
    for (form, token, status) in cases {
        let request = Request { signed_with: Some(token), ..Request::of(form.clone()) };
        let response = knock(&gate(), request.event()).await;
        assert_eq!((response.status_code, body(&response).len()), (status, 0), "{form}");
    }
}

#[tokio::test]
async fn during_a_rotation_either_token_proves_the_account() {
    let gate = Source::new(Some(secret_json(&[NEXT_TOKEN, TOKEN]))).gate();
    for token in [TOKEN, NEXT_TOKEN] {
        let request = Request { signed_with: Some(token), ..Request::call() };
        assert_eq!(knock(&gate, request.event()).await.status_code, 204);
    }
}

#[tokio::test]
async fn a_parameter_that_is_missing_or_malformed_is_named() {
    let cases = [
        (call_form().replace("CallSid=", "Sid="), "the parameter CallSid is missing\n"),
        (call_form().replace(CALL, "CA1"), "the parameter CallSid is malformed\n"),
        (call_form().replace("&From=", "&Who="), "the parameter From is missing\n"),
        (call_form().replace("&To=", "&Whom="), "the parameter To is missing\n"),
    ];
    for (form, named) in cases {
        let response = knock(&gate(), Request::of(form).event()).await;
        assert_eq!((response.status_code, body(&response).as_str()), (400, named));
        assert_eq!(response.headers["content-type"], "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn behind_a_proxy_what_twilio_calls_is_what_was_signed() {
    let cases = [
        ("https://calls.example.com", "https://calls.example.com/webhook/voice", "https://calls.example.com"),
        (
            "https://calls.example.com/",
            "https://calls.example.com/webhook/voice",
            "https://calls.example.com",
        ),
        ("https://example.com/a/b", "https://example.com/a/b/webhook/voice", "https://example.com/a/b"),
        ("https://example.com:8443", "https://example.com:8443/webhook/voice", "https://example.com:8443"),
        ("http://example.com", "http://example.com/webhook/voice", "http://example.com"),
        (
            "https://me:pass@example.com",
            "https://me:pass@example.com/webhook/voice",
            "https://me:pass@example.com",
        ),
        // Twilio leaves credentials and port out of what it signs for calls.
        ("https://me:pass@example.com", "https://example.com/webhook/voice", "https://me:pass@example.com"),
        ("https://example.com:8443", "https://example.com/webhook/voice", "https://example.com:8443"),
    ];
    for (base_url, signed_url, base) in cases {
        let request = Request { signed_url: Some(signed_url.to_owned()), ..Request::call() };
        let endpoint = Endpoint::<VoiceCall>::reporting();
        let response = serve(&gate_behind(base_url), &endpoint, request.event(), |call| async move {
            assert_eq!(call.base_url, format!("{base}/webhook"));
            Ok(thanks())
        })
        .await;
        assert_eq!(response.status_code, 204, "{base_url} {signed_url}");
    }
    // API Gateway's own address proves nothing then.
    assert_refused(&knock(&gate_behind("https://example.com"), Request::call().event()).await, 403);
}

#[tokio::test]
async fn the_address_counts_byte_for_byte() {
    let cases = [
        ("/webhook/a%2Fb/voice", "b=2&a=1"),
        ("/webhook/voice", "x=%27&y=a+b%20c&&z="),
        ("/prod/webhook/voice", ""),
        ("/webhook/%E4%BD%A0/voice", "q=é"),
        ("/voice", "a"),
    ];
    for (path, query) in cases {
        let request = Request { path: path.to_owned(), query: query.to_owned(), ..Request::call() };
        assert_eq!(knock(&gate(), request.event()).await.status_code, 204, "{path}?{query}");
    }
    let request = Request { path: "/webhook/a%2Fb/voice".to_owned(), ..Request::call() }.sealed();
    let decoded = Request { path: "/webhook/a/b/voice".to_owned(), ..request };
    assert_refused(&knock(&gate(), decoded.event()).await, 403);
}

#[tokio::test]
async fn the_callbacks_of_a_call_stand_beside_its_webhook() {
    let request = Request { path: "/prod/webhook/voice".to_owned(), ..Request::call() };
    let request = Request { query: "a=b/c".to_owned(), ..request };
    let endpoint = Endpoint::<VoiceCall>::reporting();
    let response = serve(&gate(), &endpoint, request.event(), |call| async move {
        assert_eq!(call.base_url, format!("https://{DOMAIN}/prod/webhook"));
        Ok(thanks())
    })
    .await;
    assert_eq!(response.status_code, 204);
}

#[tokio::test]
async fn a_body_that_api_gateway_took_for_text_is_the_same_body() {
    let mut json = Request::call().json();
    json["body"] = call_form().into();
    json["isBase64Encoded"] = false.into();
    assert_eq!(knock(&gate(), event(json)).await.status_code, 204);
}

#[tokio::test]
async fn a_body_that_can_not_be_decoded_or_is_not_there_is_forbidden() {
    for body in [json!("!"), json!("QUJD\nQUJD"), json!(call_form()), json!(null), json!("")] {
        let mut json = Request::call().json();
        json["body"] = body;
        assert_refused(&knock(&gate(), event(json)).await, 403);
    }
}

#[tokio::test]
async fn parameters_twice_or_empty_are_signed_as_twilio_does() {
    for more in
        ["&Digits=2&Digits=1&Digits=1", "&Digits=", "&Digits", "&url=&%20=%20", "&Body=a%26b+%C3%A9", "&&"]
    {
        let request = Request::of(call_form() + more);
        assert_eq!(knock(&gate(), request.event()).await.status_code, 204, "{more}");
    }
}

#[tokio::test]
async fn the_case_of_a_headers_name_does_not_matter() {
    let mut json = Request::call().json();
    let signature = json["headers"]["x-twilio-signature"].clone();
    json["headers"] = json!({
        "CONTENT-TYPE": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
    });
    assert_eq!(knock(&gate(), event(json)).await.status_code, 204);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn whatever_an_event_says_there_is_a_response(
        path in ".{0,30}",
        query in ".{0,30}",
        domain in proptest::option::of(".{0,20}"),
        content_type in proptest::option::of("[ -~]{0,30}"),
        signature in proptest::option::of("[ -~]{0,40}"),
        body in proptest::option::of(".{0,60}"),
        is_base64 in any::<bool>(),
        base_url in proptest::option::of(".{0,20}"),
    ) {
        let mut json = Request::call().json();
        json["rawPath"] = path.into();
        json["rawQueryString"] = query.into();
        json["requestContext"]["domainName"] = domain.into();
        json["headers"] = json!({});
        if let Some(content_type) = content_type {
            json["headers"]["content-type"] = content_type.into();
        } else {
            json["headers"]["content-type"] = "application/x-www-form-urlencoded".into();
        }
        if let Some(signature) = signature {
            json["headers"]["x-twilio-signature"] = signature.into();
        }
        json["body"] = body.into();
        json["isBase64Encoded"] = is_base64.into();
        let gate = Gate::new(Source::new(Some(secret_json(&[TOKEN]))).accounts(), base_url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let response = runtime.block_on(knock(&gate, event(json)));
        prop_assert!([403, 415].contains(&response.status_code));
    }

    #[test]
    fn whatever_twilio_signs_there_is_a_response(
        path in "/[^?]{0,30}/voice",
        query in ".{0,30}",
        form in proptest::collection::vec((".{0,12}", ".{0,30}"), 0..8),
    ) {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
        let body = call_form() + "&" + &super::form(&pairs);
        let request = Request { path, query, ..Request::of(body) };
        // A fragment is never sent; and the hash of a body stands only beside other bodies.
        prop_assume!(!request.url().contains('#') && !request.query.contains("bodySHA256"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let response = runtime.block_on(knock(&gate(), request.event()));
        prop_assert_eq!(response.status_code, 204);
    }
}
