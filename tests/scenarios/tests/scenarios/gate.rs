//! Requests that don't come from Twilio, or make no sense.

use http_body_util::Full;
use hyper::Request;
use local::development::{ACCOUNT_SID, AUTH_TOKEN, MASKED_NUMBER, STRANGER};
use local::faults::{Faults, How, Outage, Service, When};
use signature::{AuthToken, Body};

use crate::logs;
use crate::world::{Got, World, seconds};

const CALL: &str = "CA00000000000000000000000000000077";
const RECORDING: &str = "RE00000000000000000000000000000077";
const FORM: &str = "application/x-www-form-urlencoded";

type Form = Vec<(&'static str, String)>;

/// Where it goes, what it says, and what it can't do without.
type Hook = (&'static str, Form, &'static [&'static str]);

fn form(more: &[(&'static str, &str)]) -> Form {
    let common = [("CallSid", CALL), ("AccountSid", ACCOUNT_SID), ("From", STRANGER), ("To", MASKED_NUMBER)];
    common.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// A webhook of each function.
fn webhooks() -> Vec<Hook> {
    of_plain_calls().into_iter().chain(of_live_calls()).collect()
}

/// Of calls that go over several webhooks.
fn of_live_calls() -> [Hook; 5] {
    let underway = || form(&[("CallStatus", "in-progress")]);
    [
        ("menu", form(&[("CallStatus", "in-progress"), ("Digits", "1")]), &["CallSid", "From", "To"]),
        ("wait", underway(), &["CallSid", "From", "To"]),
        ("wait/left", form(&[("QueueResult", "leave")]), &["CallSid", "From", "To"]),
        ("leg", underway(), &["CallSid", "CallStatus"]),
        ("leg/told", underway(), &["CallSid", "CallStatus"]),
    ]
}

fn of_plain_calls() -> [Hook; 5] {
    [
        ("voice", form(&[("CallStatus", "ringing")]), &["CallSid", "From", "To"]),
        ("dial-outcome", form(&[("DialCallStatus", "busy")]), &["CallSid", "From", "To", "DialCallStatus"]),
        (
            "recording",
            form(&[("RecordingSid", RECORDING), ("RecordingDuration", "7")]),
            &["CallSid", "RecordingSid"],
        ),
        (
            "transcription",
            form(&[
                ("RecordingSid", RECORDING),
                ("TranscriptionStatus", "completed"),
                ("TranscriptionText", "Hello."),
            ]),
            &["CallSid", "RecordingSid", "TranscriptionStatus"],
        ),
        ("status", form(&[("CallStatus", "completed"), ("SequenceNumber", "3")]), &["CallSid", "CallStatus"]),
    ]
}

fn encoded(form: &Form) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// A request on its way.
struct Letter {
    url: String,
    body: String,
    signature: Option<String>,
    content_type: &'static str,
}

impl World {
    /// A request as Twilio makes it.
    fn signed(&self, path: &str, body: String) -> Letter {
        let url = format!("{}/webhook/{path}", self.stack.gateway.endpoint());
        let signature =
            Some(signature::sign(&AuthToken::from(AUTH_TOKEN), &url, Body::Form(body.as_bytes())));
        Letter { url, body, signature, content_type: FORM }
    }

    async fn post(&self, letter: Letter) -> Got {
        let mut request = Request::post(letter.url).header("content-type", letter.content_type);
        if let Some(signature) = letter.signature {
            request = request.header(signature::HEADER, signature);
        }
        self.request(request.body(Full::from(letter.body)).unwrap()).await
    }
}

#[tokio::test]
async fn nobody_but_twilio_gets_in_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let before = world.everything_stored().await;
    for (path, form, _) in webhooks() {
        let body = encoded(&form);
        let good = || world.signed(path, body.clone());
        let forged =
            signature::sign(&AuthToken::from("not-the-token"), &good().url, Body::Form(body.as_bytes()));
        let stranger_sid = "AC00000000000000000000000000000002";
        let other_path = if path == "voice" { "status" } else { "voice" };
        let oversized =
            format!("{body}&Padding={}", "x".repeat(64 * 1024 + 1 - body.len() - "&Padding=".len()));
        assert_eq!(oversized.len(), 64 * 1024 + 1);
        let attacks = [
            ("unsigned", 403, Letter { signature: None, ..good() }),
            ("empty signature", 403, Letter { signature: Some(String::new()), ..good() }),
            ("nonsense for a signature", 403, Letter { signature: Some("%%%".to_owned()), ..good() }),
            ("signed by somebody else", 403, Letter { signature: Some(forged), ..good() }),
            ("another caller", 403, Letter { body: body.replace("3125550142", "3125550143"), ..good() }),
            ("one parameter more", 403, Letter { body: format!("{body}&Digits=9"), ..good() }),
            (
                "signed for another address",
                403,
                Letter { url: world.signed(other_path, String::new()).url, ..good() },
            ),
            ("a query more", 403, Letter { url: format!("{}?a=b", good().url), ..good() }),
            ("another account", 403, world.signed(path, body.replace(ACCOUNT_SID, stranger_sid))),
            ("no account", 403, world.signed(path, body.replace("AccountSid", "Account"))),
            ("no body", 403, world.signed(path, String::new())),
            ("too large", 413, world.signed(path, oversized)),
            ("JSON", 415, Letter { content_type: "application/json", ..good() }),
            ("plain text", 415, Letter { content_type: "text/plain", ..good() }),
        ];
        for (attack, status, letter) in attacks {
            let got = world.post(letter).await;
            assert_eq!(got.status, status, "{path}: {attack}");
            assert!(got.body.is_empty(), "{path}: {attack}: {:?}", got.body);
        }
        let got = world.get(&format!("{}?{body}", good().url)).await;
        assert_eq!((got.status, got.body.len()), (403, 0), "{path}: GET");
        // Not even a function sees this: the gateway has no such route.
        let got = world.get(&format!("{}/step?{body}", good().url)).await;
        assert_eq!(got.status, 404, "{path}: a step that it does not have");
    }
    world.stack.clock.settled().await;
    assert_eq!(world.everything_stored().await, before);
    assert!(world.stack.mailbox.messages().is_empty());
    logs::check(&[]);
}

#[tokio::test]
async fn a_webhook_without_what_it_needs_is_told_what_is_missing() {
    let world = World::new().await;
    let before = world.everything_stored().await;
    for (path, form, needed) in webhooks() {
        for name in needed {
            let without: Form = form.iter().filter(|(other, _)| other != name).cloned().collect();
            let got = world.post(world.signed(path, encoded(&without))).await;
            let body = String::from_utf8_lossy(&got.body);
            assert_eq!(got.status, 400, "{path} without {name}: {body}");
            assert!(body.contains(name), "{path} without {name}: {body}");
        }
        let mut nonsense = form.clone();
        nonsense[0].1 = "CA1".to_owned();
        let got = world.post(world.signed(path, encoded(&nonsense))).await;
        assert_eq!(got.status, 400, "{path}");
        assert!(String::from_utf8_lossy(&got.body).contains("CallSid"), "{path}");
    }
    world.stack.clock.settled().await;
    assert_eq!(world.everything_stored().await, before);
    logs::check(&[]);
}

#[tokio::test]
async fn a_forged_webhook_is_refused_whatever_is_away() {
    for how in [How::Refused, How::ServerError, How::TimeOut] {
        let world = World::new().await;
        let before = world.everything_stored().await;
        let when = When::Span { after_seconds: 0, seconds: 3_600 };
        let outages = vec![Outage { service: Service::DynamoDb, how, when }];
        world.stack.break_by(&Faults { outages, ..Faults::default() });
        for (path, form, _) in webhooks() {
            let body = encoded(&form);
            let good = world.signed(path, body.clone());
            let token = AuthToken::from("not-the-token");
            let forged = signature::sign(&token, &good.url, Body::Form(body.as_bytes()));
            let got = world.post(Letter { signature: Some(forged), ..good }).await;
            assert_eq!(got.status, 403, "{path}: {how:?}");
            assert!(got.body.is_empty(), "{path}: {how:?}: {:?}", got.body);
        }
        world.stack.clock.advance(seconds(3_600)).await;
        assert_eq!(world.everything_stored().await, before, "{how:?}");
    }
}

/// Without this those before would prove little.
#[tokio::test]
async fn the_same_webhooks_are_let_in_when_twilio_sends_them() {
    for (path, form, _) in of_plain_calls() {
        let world = World::new().await;
        let before = world.everything_stored().await;
        let got = world.post(world.signed(path, encoded(&form))).await;
        let steers = ["voice", "dial-outcome", "recording"].contains(&path);
        assert_eq!(got.status, if steers { 200 } else { 204 }, "{path}");
        assert_ne!(world.everything_stored().await, before, "{path}");
    }
}

/// The owner chooses nothing: the caller does, and two telephones ring.
const MENU: &str = r#"
number: "+14155550100"
time_zone: America/New_York
people:
  olivia: { phone: "+12125550199", email: olivia@aftertone.example }
  ben: { phone: "+12125550177" }
menus:
  main: { say: "For the workshop, press 1.", 1: { ring: [olivia, ben] } }
calls: [{ do: { menu: main } }]
"#;

/// What comes back with the address in an answer that leads there.
fn onward<'a>(answer: &'a str, path: &str) -> &'a str {
    let (_, state) = answer.split_once(&format!("/webhook/{path}?s=")).unwrap_or_else(|| panic!("{answer}"));
    state.split('#').next().unwrap()
}

#[tokio::test]
async fn a_call_on_its_way_goes_on_when_twilio_sends_it() {
    let world = World::new().await;
    world.write_file(MENU).await;
    let send = async |path: &str, form: &Form, status: u16| {
        let got = world.post(world.signed(path, encoded(form))).await;
        assert_eq!(got.status, status, "{path}: {:?}", got.body);
        String::from_utf8_lossy(&got.body).into_owned()
    };
    let [(_, pressed, _), (_, waits, _), (_, left, _), (_, rung, _), _] = of_live_calls();

    let asked = send("voice", &form(&[("CallStatus", "ringing")]), 200).await;
    assert!(asked.contains("For the workshop, press 1."), "{asked}");
    let menu = format!("menu?s={}", onward(&asked, "menu"));
    let parked = send(&menu, &pressed, 200).await;
    assert!(parked.contains("<Enqueue"), "{parked}");
    assert_eq!(send(&menu, &pressed, 200).await, parked, "it comes again");
    let waiting = send(&format!("wait?s={}", onward(&parked, "wait")), &waits, 200).await;
    assert!(waiting.contains("/webhook/wait/ringing.wav</Play>"), "{waiting}");

    let (told, other) = (format!("-.-.{CALL}.0-olivia"), format!("-.-.{CALL}.0-ben"));
    send(&format!("leg/told?s={told}"), &with(&rung, "CallStatus", "ringing"), 204).await;
    let screen = send(&format!("leg?s={told}"), &rung, 200).await;
    assert!(screen.contains("<Gather"), "{screen}");
    let takes = form(&[("CallStatus", "in-progress"), ("Digits", "1")]);
    let joined = send(&format!("leg/answers?s={}", onward(&screen, "leg/answers")), &takes, 200).await;
    assert!(joined.contains(&format!("<Queue>{CALL}</Queue>")), "{joined}");
    // Whoever comes second does not get the caller.
    let second = send(&format!("leg/answers?s={other}"), &takes, 200).await;
    assert!(!second.contains("<Queue") && second.contains("<Hangup/>"), "{second}");
    let gone = with(&left, "QueueResult", "bridged");
    let over = send(&format!("wait/left?s={}", onward(&parked, "wait/left")), &gone, 200).await;
    assert!(over.contains("<Hangup/>"), "{over}");
}

#[tokio::test]
async fn an_address_that_says_nothing_leads_to_a_beep_or_to_nobody() {
    let world = World::new().await;
    world.write_file(MENU).await;
    let before = world.everything_stored().await;
    for (path, form, _) in of_live_calls() {
        for state in ["", "?s=", "?s=e30", "?s=7.-.CA1.0-ana"] {
            let got = world.post(world.signed(&format!("{path}{state}"), encoded(&form))).await;
            let body = String::from_utf8_lossy(&got.body);
            let (status, says) = match path {
                "menu" | "wait/left" => (200, "<Record"),
                "wait" => (200, "<Leave"),
                "leg/told" => (204, ""),
                _ => (200, "<Hangup"),
            };
            assert_eq!(got.status, status, "{path}{state}: {body}");
            assert!(body.contains(says), "{path}{state}: {body}");
        }
    }
    assert_eq!(world.everything_stored().await, before);
}

fn with(form: &Form, name: &'static str, value: &str) -> Form {
    let others = form.iter().filter(|(other, _)| *other != name).cloned();
    others.chain([(name, value.to_owned())]).collect()
}

/// What an owner may change while a call is under way.
fn everything_else() -> domain::NumberSettings {
    let mut settings = local::development::number().unwrap();
    let words = domain::Wording::Text(domain::PromptText::new("Changed.").unwrap());
    settings.speech.prompts = domain::Prompt::ALL.into_iter().map(|it| (it, words.clone())).collect();
    settings.forwarding.targets = vec![phone::PhoneNumber::parse("+13125550177").unwrap()];
    settings.forwarding.ring_time = domain::RingTime::seconds(60).unwrap();
    settings.forwarding.announce = false;
    settings.forwarding.caller_id = domain::CallerId::MaskedNumber;
    settings.voicemail.finish_key = None;
    settings.voicemail.beep = false;
    settings
}

#[tokio::test]
async fn a_webhook_that_comes_again_is_answered_as_it_was_decided() {
    let send = async |world: &World, path: &str, form: &Form| {
        let got = world.post(world.signed(path, encoded(form))).await;
        assert_eq!(got.status, 200);
        String::from_utf8_lossy(&got.body).into_owned()
    };
    let [(voice, call, _), (dial_outcome, ended, _), ..] = of_plain_calls();
    let switched_off = {
        let mut settings = everything_else();
        settings.forwarding.on = false;
        settings
    };
    for changed in [everything_else(), switched_off] {
        let world = World::new().await;
        let first = send(&world, voice, &call).await;
        world.stack.ledger.put_number(&changed).await.unwrap();
        // Longer than settings are remembered.
        world.stack.clock.advance(seconds(31)).await;
        assert_eq!(send(&world, voice, &call).await, first);
        let after = send(&world, dial_outcome, &ended).await;
        assert!(after.contains("Please leave a message after the tone.") && !after.contains("Changed."));
        assert_eq!(send(&world, dial_outcome, &ended).await, after);
        // The next call goes by what is now.
        let mut next = call.clone();
        next[0].1 = "CA00000000000000000000000000000078".to_owned();
        let other = send(&world, voice, &next).await;
        assert_ne!(other, first);
        assert!(other.contains(if changed.forwarding.on { "+13125550177" } else { "Changed." }), "{other}");
    }
}
