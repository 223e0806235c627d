//! The pieces of a webhook's work, and the whole of it, in this process.
//!
//! `cargo bench -p bench`. A voice call comes in over and over, each time as a new one; DynamoDB is
//! the embedded one, so that what the whole takes beyond its pieces is mostly the database's.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bench::services::Services;
use callflow::{Callbacks, answer, voicemail_without_settings};
use criterion::{BatchSize, Criterion};
use domain::Language;
use events::{HOST_NAME, Sample, development, forms};
use runtime::Clock;
use signature::{AuthToken, Body};
use tokio::runtime::Runtime;
use twilio::{Accounts, Secret};
use twiml::voice::Response;
use voice::Voice;
use webhook::{Event, Gate};

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    verify(&mut criterion)?;
    twiml(&mut criterion)?;
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

fn whole_webhook(criterion: &mut Criterion) -> Result<()> {
    let runtime = Runtime::new()?;
    let services = runtime.block_on(Services::start())?;
    let voice = Voice(webhook::Deps { store: services.store(), clock: Clock::system() });
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
