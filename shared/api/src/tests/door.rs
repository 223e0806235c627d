use super::*;

#[tokio::test]
async fn who_has_a_key_gets_in_with_what_they_want() {
    let world = World::new();
    let mut asked = Asked::post("/v1/calls/CL1/actions", r#"{"type":"end"}"#);
    asked.query = "dry_run=true&after=a%20b".to_owned();
    let request = world.admit(&asked).await.unwrap();
    assert_eq!(request.segments, ["calls", "CL1", "actions"]);
    assert_eq!((&*request.query["dry_run"], &*request.query["after"]), ("true", "a b"));
    assert_eq!((request.key.id.as_str(), request.now), ("01010101", start()));
    assert_eq!(request.body, br#"{"type":"end"}"#);
    assert!(world.admit(&Asked::get("/v1")).await.unwrap().segments.is_empty());
}

#[tokio::test]
async fn what_is_wrong_in_many_ways_is_refused_for_the_first() {
    let world = World::new();
    let mut asked = Asked::post("/v2/calls", &"x".repeat(64 * 1024 + 1)).with("content-type", "text/plain");
    asked = asked.with("authorization", "Bearer hush");
    asked.method = "PUT".to_owned();
    assert_eq!(world.status(&asked).await, 405);
    asked.method = "POST".to_owned();
    assert_eq!(world.status(&asked).await, 404);
    asked.path = "/v1/calls".to_owned();
    assert_eq!(world.status(&asked).await, 413);
    asked.body.truncate(64 * 1024);
    assert_eq!(world.status(&asked).await, 415);
    asked = asked.with("content-type", "Application/JSON; charset=utf-8");
    assert_eq!((world.status(&asked).await, world.reads()), (401, 0), "nothing was read for any of that");
    asked = asked.by(&text(1));
    asked.query = "a=1&a=2".to_owned();
    assert_eq!(world.status(&asked).await, 400);
    asked.query.clear();
    assert_eq!(world.status(&asked).await, 200);
}

#[tokio::test]
async fn only_what_is_below_v1_has_an_address() {
    let world = World::new();
    for path in ["", "/", "v1", "/v1x", "/V1/calls", "/v1//calls", "/v1/calls/", "/v1/%FF", "/webhook/voice"]
    {
        assert_eq!(world.status(&Asked::get(path)).await, 404, "{path}");
    }
    let long = format!("/v1/{}", "a".repeat(1024));
    assert_eq!(world.status(&Asked::get(&long)).await, 404);
    assert_eq!(world.admit(&Asked::get("/v1/a%2Fb")).await.unwrap().segments, ["a/b"]);
}

#[tokio::test]
async fn nobody_without_a_key_gets_in() {
    let world = World::new();
    let right = text(1).reveal();
    let mut others = vec![
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        right.clone(),
        format!("Basic {right}"),
        format!("Bearer {}", &right[..right.len() - 1]),
        format!("Bearer {right}x"),
        format!("Bearer {}", text(2).reveal()),
        format!("Bearer {}", KeyText::of(ApiKeyId::of([1; 4]), [2; 32]).reveal()),
        format!("Bearer {}", KeyText::of(ApiKeyId::of([2; 4]), [1; 32]).reveal()),
    ];
    // Each of its letters counts.
    for at in 4..right.len() {
        let mut letters: Vec<char> = right.chars().collect();
        letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
        others.push(format!("Bearer {}", letters.into_iter().collect::<String>()));
    }
    for other in others {
        let refused = world.admit(&Asked::get("/v1/calls").with("authorization", &other)).await.unwrap_err();
        assert_eq!(refused.status(), 401, "{other}");
        let response = refused.into_response();
        assert_eq!(response.headers["www-authenticate"], "Bearer");
    }
    assert_eq!(world.status(&Asked::get("/v1/calls").without("authorization")).await, 401);
    let spaced = Asked::get("/v1/calls").with("authorization", &format!("bearer   {right}"));
    assert_eq!(world.status(&spaced).await, 200);
}

#[tokio::test]
async fn a_stranger_does_not_learn_which_keys_there_are() {
    let world = World::new();
    let mut told = Vec::new();
    for forged in [KeyText::of(ApiKeyId::of([1; 4]), [9; 32]), KeyText::of(ApiKeyId::of([8; 4]), [9; 32])] {
        told.push(world.admit(&Asked::get("/v1/calls").by(&forged)).await.unwrap_err());
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn keys_are_believed_for_ten_seconds() {
    let world = World::new();
    for _ in 0..5 {
        assert_eq!(world.status(&Asked::get("/v1/calls")).await, 200);
    }
    assert_eq!(world.reads(), 1);
    *world.keys.lock().unwrap() = Some(Vec::new());
    world.pass(9);
    assert_eq!((world.status(&Asked::get("/v1/calls")).await, world.reads()), (200, 1));
    world.pass(1);
    assert_eq!((world.status(&Asked::get("/v1/calls")).await, world.reads()), (401, 2));
}

#[tokio::test]
async fn a_forger_costs_one_read_in_two_seconds_and_shuts_nobody_out() {
    let world = World::new();
    for second in 0..20 {
        for number in 10..60 {
            assert_eq!(world.status(&Asked::get("/v1/calls").by(&text(number))).await, 401);
        }
        assert_eq!(world.status(&Asked::get("/v1/calls")).await, 200);
        assert!(world.reads() <= second / 2 + 1, "{} reads in {second} s", world.reads());
        world.pass(1);
    }
}

#[tokio::test]
async fn a_new_key_opens_within_two_seconds() {
    let world = World::new();
    assert_eq!(world.status(&Asked::get("/v1/calls").by(&text(2))).await, 401);
    world.keys.lock().unwrap().as_mut().unwrap().push(key(2));
    world.pass(2);
    assert_eq!(world.status(&Asked::get("/v1/calls").by(&text(2))).await, 200);
}

#[tokio::test]
async fn both_secrets_open_while_a_key_is_rotated() {
    let world = World::new();
    let new = KeyText::of(ApiKeyId::of([1; 4]), [7; 32]);
    assert_eq!(world.status(&Asked::get("/v1/calls")).await, 200);
    let rotated = key(1).rotated(new.hash(), SignedDuration::from_hours(1), start());
    *world.keys.lock().unwrap() = Some(vec![rotated]);
    world.pass(2);
    for text in [&new, &text(1)] {
        assert_eq!(world.status(&Asked::get("/v1/calls").by(text)).await, 200);
    }
    world.pass(3_598);
    assert_eq!(world.status(&Asked::get("/v1/calls").by(&new)).await, 200);
    assert_eq!(world.status(&Asked::get("/v1/calls")).await, 401);
}

#[tokio::test]
async fn while_keys_cant_be_read_nobody_is_called_a_forger() {
    let world = World::new();
    *world.keys.lock().unwrap() = None;
    for _ in 0..5 {
        let refused = world.admit(&Asked::get("/v1/calls")).await.unwrap_err();
        assert_eq!((refused.status(), refused.outcome()), (503, "unavailable"));
        assert_eq!(refused.into_response().headers["retry-after"], "2");
    }
    assert_eq!(world.reads(), 1, "and nobody asks all the time");
    *world.keys.lock().unwrap() = Some(vec![key(1)]);
    world.pass(2);
    assert_eq!(world.status(&Asked::get("/v1/calls")).await, 200);
    // Who is known stays so for a while.
    *world.keys.lock().unwrap() = None;
    world.pass(9);
    assert_eq!(world.status(&Asked::get("/v1/calls")).await, 200);
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let request = World::new().admit(&Asked::get("/v1/calls")).await.unwrap();
    request.require(Scope::Read).unwrap();
    let refused = request.require(Scope::Create).unwrap_err();
    assert_eq!(refused, Problem::new(Code::Forbidden, "the key crm has not the scope `create`"));
}

#[tokio::test]
async fn a_key_calls_from_its_numbers_to_its_countries() {
    let number = |text: &str| PhoneNumber::parse(text).unwrap();
    let (us, german) = (number("+14155550100"), number("+4930901820"));
    let countries = |codes: &[&str]| Some(codes.iter().map(|code| Country::parse(code).unwrap()).collect());
    let may = async |key: ApiKey, from: &PhoneNumber, to: &str| {
        let world = World::new();
        *world.keys.lock().unwrap() = Some(vec![key]);
        let request = world.admit(&Asked::post("/v1/calls", "{}")).await.unwrap();
        request.may_call(from, &number(to)).map_err(|problem| problem.code)
    };
    let forbidden = Err(Code::Forbidden);
    // Unsaid, where its number is.
    assert_eq!(may(key(1), &us, "+12125550199").await, Ok(()));
    assert_eq!(may(key(1), &us, "+493012345678").await, forbidden);
    assert_eq!(may(key(1), &us, "+18095550100").await, forbidden, "not all of +1 is in one country");
    assert_eq!(may(key(1), &us, "+870773111632").await, forbidden, "a satellite");
    // Or where its numbers are.
    let both = ApiKey { numbers: KeyNumbers::Only([us.clone(), german.clone()].into()), ..key(1) };
    assert_eq!(may(both, &us, "+493012345678").await, Ok(()));
    let only = ApiKey { numbers: KeyNumbers::Only([german].into()), countries: countries(&["US"]), ..key(1) };
    assert_eq!(may(only, &us, "+12125550199").await, forbidden, "it is not for that number");
    let said = ApiKey { countries: countries(&["DE"]), ..key(1) };
    assert_eq!(may(said.clone(), &us, "+493012345678").await, Ok(()));
    assert_eq!(may(said, &us, "+12125550199").await, forbidden);
}

#[tokio::test]
async fn neither_key_nor_body_is_shown() {
    let request = World::new().admit(&Asked::post("/v1/calls", r#"{"to":"+14155551234"}"#)).await.unwrap();
    let shown = format!("{request:?} {:?} {:?}", text(1), World::new().door);
    let secret = text(1).reveal()[13..].to_owned();
    for hidden in ["4155551234", "52, 49", &secret] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_let_in_or_refused(
        method in prop_oneof!["GET", "POST", "DELETE", "[A-Z]{1,8}"],
        path in prop_oneof!["/v1(/[a-zA-Z0-9%._-]{0,8}){0,4}", ".{0,64}"],
        query in ".{0,64}",
        authorization in prop_oneof![
            Just(format!("Bearer {}", text(1).reveal())),
            "[Bb]earer aft_[0-9a-f]{8}_[A-Za-z0-9_-]{43}",
            "[ -~]{0,80}",
        ],
        once in "[ -~]{0,300}",
        content_type in prop_oneof!["application/json", "[ -~]{0,40}"],
        body in prop_oneof![".{0,200}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..200)],
        is_base64 in any::<bool>(),
    ) {
        let headers = json!({ "authorization": authorization, "idempotency-key": once, "content-type": content_type });
        let body = if is_base64 { STANDARD.encode(&body) } else { String::from_utf8_lossy(&body).into_owned() };
        let event = event(&method, &path, &query, &headers, &body, is_base64);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        match runtime.block_on(World::new().door.admit(&event)) {
            Ok(request) => {
                prop_assert_eq!(authorization.trim_start_matches("Bearer "), text(1).reveal());
                let _ = request.require_idempotency_key();
                let _ = request.body::<Value>();
                let _ = request.body::<live::Create>();
            }
            Err(reply) => {
                prop_assert!((400..504).contains(&reply.status()));
                prop_assert_eq!(json_of(&reply)["status"].as_u64(), Some(reply.status().into()));
                prop_assert!(!reply.body().contains("aft_"));
            }
        }
    }

    #[test]
    fn any_text_is_a_key_or_none(text in ".{0,80}") {
        if let Some(key) = KeyText::parse(&text) {
            prop_assert_eq!(key.reveal(), text);
        }
    }
}
