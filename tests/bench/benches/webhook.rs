//! The pieces of a webhook's work, and the whole of it, in this process.
//!
//! `cargo bench -p bench`. A voice call comes in over and over, each time as a new one; DynamoDB is
//! the embedded one, so that what the whole takes beyond its pieces is mostly the database's.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use bench::services::Services;
use callflow::{Callbacks, Known, Scene, Usage, answer, begin, decide, voicemail_without_settings};
use criterion::{BatchSize, Criterion};
use domain::{Disposition, Language, Number, Parties};
use events::{HOST_NAME, Sample, development, forms};
use phone::{CallSid, Caller};
use runtime::Clock;
use signature::{AuthToken, Body};
use steering::Waker;
use tokio::runtime::Runtime;
use twilio::{Accounts, Secret};
use twiml::voice::Response;
use voice::Voice;
use webhook::{Event, Gate};

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    verify(&mut criterion)?;
    twiml(&mut criterion)?;
    decisions(&mut criterion)?;
    whole_webhook(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn verify(criterion: &mut Criterion) -> Result<()> {
    let url = format!("https://{HOST_NAME}/webhook/voice");
    let form = forms::encode(&forms::voice(1));
    let body = Body::Form(form.as_bytes());
    let tokens = [AuthToken::from(development::AUTH_TOKEN)];
    let header = signature::sign(&tokens[0], &url, body);
    ensure!(signature::verify(&tokens, &url, body, &header), "the signature must be right");
    criterion.bench_function("signature: verify a voice webhook", |bencher| {
        bencher.iter(|| signature::verify(black_box(&tokens), black_box(&url), body, black_box(&header)));
    });
    Ok(())
}

fn twiml(criterion: &mut Criterion) -> Result<()> {
    let callbacks = Callbacks::below(format!("https://{HOST_NAME}/webhook"));
    let answer = answer(&voicemail_without_settings(Language::English), &callbacks);
    let xml = answer.to_xml()?;
    ensure!(Response::from_xml(&xml)? == answer, "what is written must be what is read");
    criterion.bench_function("twiml: write the voicemail answer", |bencher| {
        bencher.iter(|| black_box(&answer).to_xml());
    });
    criterion.bench_function("twiml: read the voicemail answer", |bencher| {
        bencher.iter(|| Response::from_xml(black_box(&xml)));
    });
    Ok(())
}

/// What a large phone file costs a call beyond plain settings, once it is in memory: the last of 50 rules fits, and
/// each looks into a list of 1,000 and at one of five schedules first.
fn decisions(criterion: &mut Criterion) -> Result<()> {
    let settings = development::number()?;
    let number = Number { settings: settings.for_calls(), masked_targets: HashSet::new() };
    let caller = Caller::parse(development::STRANGER);
    criterion.bench_function("callflow: decide by settings", |bencher| {
        bencher.iter(|| decide(black_box(&number), Usage::Left, black_box(&caller)));
    });
    let text = large_file()?;
    let file = phonefile::read(&text).map_err(|faults| anyhow!("{faults:?}"))?.file;
    let call_sid = CallSid::parse("CA00000000000000000000000000000001")?;
    let parties = Parties { number: settings.number, caller, caller_name: None };
    let now = "2026-11-30T18:00:00Z".parse()?;
    let scene =
        Scene { call_sid: &call_sid, parties: &parties, file: &file, masked: &number.masked_targets, now };
    let begins = begin(scene, 1, Usage::Left, Known::default());
    ensure!(begins.decision.disposition == Disposition::Forward, "the last rule rings: {begins:?}");
    criterion.bench_function("callflow: decide by a phone file of 50 rules and 10,000 callers", |bencher| {
        bencher.iter(|| begin(black_box(scene), 1, Usage::Left, Known::default()));
    });
    Ok(())
}

fn large_file() -> Result<String> {
    let mut text = format!(
        "number: \"{}\"\ntime_zone: America/Los_Angeles\npeople:\n  ana: {{ phone: \"{}\", email: ana@example.com }}\n",
        development::MASKED_NUMBER,
        development::OWNER_PHONE
    );
    text.push_str("lists:\n");
    for list in 0..10 {
        let callers: Vec<String> = (0..1000).map(|caller| format!("\"+1415200{list}{caller:03}\"")).collect();
        writeln!(text, "  l{list}: [{}]", callers.join(", "))?;
    }
    text.push_str("hours:\n");
    for schedule in 0..5 {
        writeln!(
            text,
            "  h{schedule}:\n    mon-fri: 09:00-12:30, 13:30-18:00\n    holidays: us\n    2026-12-24: closed"
        )?;
    }
    text.push_str("calls:\n");
    for rule in 0..49 {
        let (list, schedule) = (rule / 5, rule % 5);
        writeln!(text, "  - {{ from: l{list}, when: h{schedule}, do: [ring: ana, voicemail: ana] }}")?;
    }
    text.push_str("  - { do: [ring: ana, voicemail: ana] }\n");
    Ok(text)
}

fn whole_webhook(criterion: &mut Criterion) -> Result<()> {
    let runtime = Runtime::new()?;
    let services = runtime.block_on(Services::start())?;
    let waker = Waker::new(Clock::system(), |_| async { Ok(()) });
    let teller = waker.clone();
    let voice = Voice(webhook::Deps { store: services.store(), clock: Clock::system(), waker, teller });
    let gate = Gate::new(
        Accounts::new(|| async { Ok(Secret::parse(&development::twilio_secret())?) }),
        Some(format!("https://{HOST_NAME}")),
    );
    let (voice, gate) = (Arc::new(voice), Arc::new(gate));
    let serve = |event: Event| {
        let (voice, gate) = (voice.clone(), gate.clone());
        async move { Box::pin(webhook::serve(&gate, &*voice, event)).await }
    };
    let mut number = 0;
    let mut next_event = || {
        number += 1;
        event(number)
    };
    let response = runtime.block_on(serve(next_event()?));
    let document = response.body.context("no answer")?;
    let document = std::str::from_utf8(document.as_ref())?;
    ensure!(document.contains("<Dial"), "the call must be forwarded: {document}");
    criterion.bench_function("webhook: a voice call, with its write", |bencher| {
        bencher.to_async(&runtime).iter_batched(
            // An event that can't be made is none, and is refused: it would be seen in the figure.
            || next_event().unwrap_or_default(),
            &serve,
            BatchSize::SmallInput,
        );
    });
    // Its ports close on the runtime that they were opened on.
    let _entered = runtime.enter();
    drop(services);
    Ok(())
}

fn event(number: u32) -> Result<Event> {
    Ok(serde_json::from_value(Sample::Voice.event(number)?)?)
}
