//! What was logged, and what must not be.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use exchange::{Caller, Speech};
use local::development;
use runtime::telemetry::Metric;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::world::{ANOTHER_PHONE, STRANGER, World, seconds, stranger};

thread_local! {
    /// A test runs on one thread, and all of its functions do.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Keep;

impl<S: Subscriber> Layer<S> for Keep {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // What the functions log on Lambda.
        let limit = if metadata.target().starts_with("aftertone") { Level::INFO } else { Level::WARN };
        let is_of_a_tool = ["exchange", "local", "dynoxide", "s3s"]
            .iter()
            .any(|tool| metadata.target().split("::").next().is_some_and(|name| name.starts_with(tool)));
        *metadata.level() <= limit && !is_of_a_tool
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

/// Listens from now on; forgets what this thread has heard.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Keep);
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    });
    LINES.take();
}

pub(crate) fn lines() -> Vec<String> {
    LINES.with_borrow(Clone::clone)
}

/// How often it was counted.
pub(crate) fn counted(outcome: Metric) -> usize {
    let counted = format!("outcome={:?} events=1 ", outcome.word());
    lines().iter().filter(|line| line.contains(&counted)).count()
}

/// Nothing in the log is anybody's business but the owner's.
pub(crate) fn check(secrets: &[String]) {
    let always = [
        development::AUTH_TOKEN,
        development::LINK_KEY,
        development::MASKED_NUMBER,
        development::OWNER_PHONE,
        development::STRANGER,
        development::OWNER_EMAIL,
        ANOTHER_PHONE,
    ];
    for line in lines() {
        for secret in always.into_iter().chain(secrets.iter().map(String::as_str)) {
            // The national part gives a number away as well.
            let secret = secret.strip_prefix("+1").unwrap_or(secret);
            assert!(!line.contains(secret), "{secret:?} is in the log: {line}");
        }
        let is_number = |rest: &str| rest.bytes().take(8).filter(u8::is_ascii_digit).count() == 8;
        let has_number = line.split('+').skip(1).any(is_number);
        assert!(!has_number, "a telephone number is in the log: {line}");
    }
}

#[tokio::test]
async fn the_log_tells_every_step_and_no_secret() {
    let world = World::with_number(|number| number.owner.missed_call_mail = true).await;
    let told = world.no_answer().await;
    let mail = told.only_mail();
    let token = mail.link().rsplit('/').next().unwrap().to_owned();
    world.get(&mail.link()).await;
    world.get(&format!("{}x", mail.link())).await;
    // Words by Amazon, and a call without a message.
    world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(1), "My secret is safe."))).await;
    world.call(stranger().hangs_up_during_greeting_after(2)).await;
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    {
        let _busy = world.stack.clock.busy();
        retention::handle(&world.stack.retention, retention::Request::default()).await.unwrap();
    }

    let lines = lines();
    let functions = [
        "voice",
        "dial-outcome",
        "recording",
        "transcription",
        "status",
        "deliver",
        "listen",
        "mail-events",
        "reconcile",
        "retention",
    ];
    for function in functions {
        let name = format!("function={function:?}");
        assert!(lines.iter().any(|line| line.contains(&name)), "{function} logs nothing");
    }
    for mail in ["voicemail", "missed-call"] {
        let name = format!("mail={mail:?}");
        assert!(lines.iter().any(|line| line.contains(&name)), "{mail} logs nothing");
    }
    check(&[
        token,
        told.story.recording().unwrap().speech.words().to_owned(),
        "My secret is safe.".to_owned(),
    ]);
    assert!(lines.iter().any(|line| line.contains("+1312****142")), "{lines:#?}");
}

#[test]
fn a_number_in_a_log_would_be_found() {
    LINES.with_borrow_mut(|lines| lines.push("from=+13125550143 ".to_owned()));
    assert!(std::panic::catch_unwind(|| check(&[])).is_err());
    LINES.take();
    LINES.with_borrow_mut(|lines| lines.push("from=+1312****142 at=2026-11-20T15:00:00+00:00 ".to_owned()));
    check(&[]);
    LINES.take();
}
