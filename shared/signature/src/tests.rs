//! The vectors are those of Twilio's own client libraries.

use proptest::prelude::*;

use super::*;

const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const PARAMETERS: &[u8] =
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const JSON: &[u8] = br#"{"property": "value", "boolean": true}"#;
const JSON_HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

fn token() -> AuthToken {
    AuthToken::from("12345")
}

fn accepts(url: &str, body: Body<'_>, signature: &str) -> bool {
    verify(&[token()], url, body, signature)
}

#[test]
fn twilios_own_vectors_are_signed_and_accepted() {
    let form = Body::Form(PARAMETERS);
    let json = Body::Other(JSON);
    let with_hash = format!("{URL}&bodySHA256={JSON_HASH}");
    let only_hash = format!("https://mycompany.com/myapp.php?bodySHA256={JSON_HASH}");
    let vectors = [
        (URL, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            URL,
            Body::Form(b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"),
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        (
            URL,
            Body::Form(b"MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx"),
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
        ),
        (
            URL,
            Body::Form(b"MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx"),
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
        ),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", form, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", form, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", form, "CYn1h0gLBdNxDGkKJg6hYohgeD8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", form, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", form, "CukzLTc1tT5dXEDIHm/tKBanW10="),
        ("https://user@mycompany.com/myapp.php?foo=1&bar=2", form, "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        ("https://user:pass@mycompany.com:443/myapp.php?foo=1&bar=2", form, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        ("https://user@mycompany.com:443/myapp.php?foo=1&bar=2", form, "aZfj4hyX1MLZhSS6QIL18Vn2/RA="),
        (&with_hash, json, "a9nBmqA0ju/hNViExpshrM61xv4="),
        (&only_hash, json, "y77kIzt2vzLz71DgmJGsen2scGs="),
        (
            "https://mycompany.com:443/myapp.php?foo=1&bar=2&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            Body::Other(b"{}"),
            "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2&Body=It%27s+amazing",
            form,
            "TfZzewPq8wqrGlMfyAud8+/IvJ0=",
        ),
    ];
    for (url, body, signature) in vectors {
        assert_eq!(sign(&token(), url, body), signature, "{url}");
        assert!(accepts(url, body, signature), "{url}");
    }
}

#[test]
fn the_default_port_may_be_signed_or_not() {
    let form = Body::Form(PARAMETERS);
    assert!(accepts(URL, form, "kvajT1Ptam85bY51eRf/AJRuM3w="));
    assert!(accepts("https://mycompany.com:443/myapp.php?foo=1&bar=2", form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    assert!(accepts("http://mycompany.com/myapp.php?foo=1&bar=2", form, "0ZXoZLH/DfblKGATFgpif+LLRf4="));
    for host in ["[2001:db8::1]", "example.com"] {
        let bare = format!("https://{host}/x");
        let with_port = format!("https://{host}:443/x");
        let signature = sign(&token(), &with_port, form);
        assert!(accepts(&bare, form, &signature), "{host}");
        assert!(accepts(&with_port, form, &sign(&token(), &bare, form)), "{host}");
    }
}

#[test]
fn another_port_than_the_default_is_not_put_in() {
    let form = Body::Form(PARAMETERS);
    assert!(!accepts(URL, form, "CYn1h0gLBdNxDGkKJg6hYohgeD8="));
    // Voice over HTTPS leaves any port out before signing.
    assert!(accepts(
        "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
        form,
        "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    ));
}

#[test]
fn credentials_may_be_signed_or_not() {
    let form = Body::Form(PARAMETERS);
    let with_credentials = "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2";
    assert!(accepts(with_credentials, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    assert!(accepts(with_credentials, form, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="));
    assert!(!accepts(URL, form, "CukzLTc1tT5dXEDIHm/tKBanW10="));
}

#[test]
fn connection_settings_in_the_fragment_are_not_signed() {
    let form = Body::Form(PARAMETERS);
    let url = format!("{URL}#rc=2&rp=5xx,rt");
    assert_eq!(sign(&token(), &url, form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert!(accepts(&url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
}

#[test]
fn an_empty_value_counts_as_its_name() {
    let signature = sign(&token(), URL, Body::Form(b"From=&To=x"));
    assert!(accepts(URL, Body::Form(b"From&To=x"), &signature));
    assert!(!accepts(URL, Body::Form(b"To=x"), &signature));
}

#[test]
fn names_are_sorted_by_bytes_with_upper_case_first() {
    let signature = sign(&token(), URL, Body::Form(b"url=1&Zone=2"));
    let mut mac = token().mac();
    mac.update(format!("{URL}Zone2url1").as_bytes());
    assert_eq!(signature, STANDARD.encode(mac.finalize().into_bytes()));
}

#[test]
fn during_a_rotation_any_of_the_tokens_signs() {
    let form = Body::Form(PARAMETERS);
    let tokens = [AuthToken::from("next"), token()];
    assert!(verify(&tokens, URL, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    assert!(verify(&tokens, URL, form, &sign(&tokens[0], URL, form)));
    assert!(!verify(&tokens[..1], URL, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    assert!(!verify(&[], URL, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
}

#[test]
fn a_wrong_signature_is_refused() {
    let form = Body::Form(PARAMETERS);
    let wrong = [
        "NOTRSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "WRONG_SIGNATURE",
        "",
        "rSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8= ",
        "RSOY",
    ];
    for signature in wrong {
        assert!(!accepts(URL, form, signature), "{signature}");
    }
}

#[test]
fn a_body_that_is_no_form_needs_its_hash_in_the_url() {
    let url = format!("{URL}&bodySHA256={JSON_HASH}");
    let signature = sign(&token(), &url, Body::Other(JSON));
    assert!(accepts(&url, Body::Other(JSON), &signature));
    assert!(!accepts(&url, Body::Other(b"{}"), &signature));
    assert!(!accepts(URL, Body::Other(JSON), &sign(&token(), URL, Body::Empty)));
    // The hash covers a form as well: its parameters can't be changed behind it.
    assert!(!accepts(&url, Body::Form(PARAMETERS), &signature));
}

#[test]
fn a_form_whose_hash_is_in_the_url_is_signed_by_it_alone() {
    let url = format!("{URL}&bodySHA256={}", body_sha256(PARAMETERS));
    let signature = sign(&token(), &url, Body::Form(PARAMETERS));
    assert_eq!(signature, sign(&token(), &url, Body::Empty));
    assert!(accepts(&url, Body::Form(PARAMETERS), &signature));
}

#[test]
fn a_body_of_no_bytes_needs_no_hash() {
    let signature = sign(&token(), URL, Body::Empty);
    assert!(accepts(URL, Body::Other(b""), &signature));
    assert!(accepts(URL, Body::Form(b""), &signature));
}

#[test]
fn a_log_never_shows_a_token() {
    for token in [token(), AuthToken::from("12345".to_owned())] {
        assert_eq!(format!("{token:?}"), "AuthToken(****)");
    }
}

#[test]
fn a_get_is_covered_by_its_url() {
    let signature = sign(&token(), URL, Body::Empty);
    assert!(accepts(URL, Body::Empty, &signature));
    assert!(!accepts("https://mycompany.com/myapp.php?foo=1&bar=3", Body::Empty, &signature));
}

#[test]
fn escapes_in_path_and_query_count_as_sent() {
    let signature = sign(&token(), "https://example.com/a%2Fb?x=%20", Body::Empty);
    assert!(!accepts("https://example.com/a/b?x=%20", Body::Empty, &signature));
    assert!(!accepts("https://example.com/a%2fb?x=%20", Body::Empty, &signature));
    assert!(!accepts("https://example.com/a%2Fb?x=+", Body::Empty, &signature));
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted_and_any_other_parameter_refused(
        path in "[ -~]{0,20}",
        pairs in proptest::collection::vec((".{0,8}", ".{0,8}"), 0..6),
        extra in "[a-z]{1,8}",
    ) {
        let url = format!("https://example.com/{path}");
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &pairs {
            form.append_pair(name, value);
        }
        let form = form.finish();
        let signature = sign(&token(), &url, Body::Form(form.as_bytes()));
        if url::has_body_hash(&url) {
            return Ok(());
        }
        prop_assert!(accepts(&url, Body::Form(form.as_bytes()), &signature));
        let altered = format!("{form}&{extra}=1");
        prop_assert!(!accepts(&url, Body::Form(altered.as_bytes()), &signature));
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(url in ".*", body in proptest::collection::vec(any::<u8>(), 0..64), signature in ".*") {
        let _ = accepts(&url, Body::Form(&body), &signature);
        let _ = accepts(&url, Body::Other(&body), &signature);
    }
}
