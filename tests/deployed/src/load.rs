//! Many calls at once: no error, none lost, none doubled.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use domain::{Language, RingTime};
use exchange::{Caller, Phone, Speech};
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::LOOK_EVERY;
use crate::steps::say;
use crate::world::{MaskedNumber, World};

/// How many numbers are called.
const LINES: u16 = 20;

/// The time between two calls: on two processors the emulator answers some forty requests a second,
/// and a call makes eight, and six more behind the queue. All thousand at one instant it refuses (503).
const BETWEEN: Duration = Duration::from_millis(250);

/// How long the last mail may take. The emulator is slower than AWS.
const PATIENCE: Duration = Duration::from_mins(15);

/// Places `calls` calls that are in progress at the same time, each of which leaves a message.
///
/// They begin one after the other, as fast as the emulator takes them, and every telephone rings until
/// the last one has begun.
///
/// # Errors
/// What was lost, doubled or wrong.
pub async fn many_at_once(world: &World, calls: u32) -> Result<()> {
    let beginning = BETWEEN * calls;
    let ring_time = RingTime::seconds(i64::try_from(beginning.as_secs())? + 10)?;
    let lines: Vec<MaskedNumber> = (0..LINES).map(|nth| MaskedNumber::nth(5000 + nth)).collect();
    for line in &lines {
        world.add_ringing(line, Language::English, Phone::never_answers(), ring_time).await?;
    }
    let (started, before) = (Instant::now(), world.exchange.now());
    let callers: Vec<String> = (0..calls).map(|nth| format!("+1646{:07}", 2_000_000 + nth)).collect();
    let speech = Speech::tone(Duration::from_secs(3), "One of many.");
    let placed = (0..).zip(&callers).zip(lines.iter().cycle()).map(|((nth, number), line)| {
        let caller = Caller::new(number.as_str()).leaves(speech.clone()).then_presses('#');
        async move {
            sleep(BETWEEN * nth).await;
            world.call(caller, line).await
        }
    });
    let in_progress = async {
        sleep(beginning).await;
        let stories = world.exchange.stories();
        stories.iter().filter(|story| story.started() > before && story.ended().is_none()).count()
    };
    let (stories, in_progress) = tokio::join!(join_all(placed), in_progress);
    say(&format!(
        "   {in_progress} calls were in progress at once; all took {:.0} s",
        started.elapsed().as_secs_f64()
    ));
    let heard: Vec<_> = stories.iter().filter(|story| story.heard_application_error()).collect();
    ensure!(heard.is_empty(), "{} callers heard an error, the first:\n{}", heard.len(), heard[0]);
    let errors = stories.iter().filter(|story| !story.errors().is_empty()).count();
    let no_beep = stories.iter().filter(|story| !story.heard_beep()).count();
    ensure!(no_beep == 0, "{no_beep} callers did not get a beep");

    let deadline = Instant::now() + PATIENCE;
    loop {
        let mails: usize = lines.iter().map(|line| world.sink.of(&line.email).len()).sum();
        if mails >= callers.len() {
            break;
        }
        if Instant::now() > deadline {
            bail!("{mails} of {calls} mails after {PATIENCE:?}");
        }
        sleep(LOOK_EVERY).await;
    }
    say(&format!("   the mails took {:.0} s", started.elapsed().as_secs_f64()));
    // What is sent twice is sent after the deadline at the latest.
    sleep(Duration::from_secs(15)).await;
    let mut by_caller: BTreeMap<String, usize> = BTreeMap::new();
    for letter in lines.iter().flat_map(|line| world.sink.of(&line.email)) {
        // It is written as the owner reads it: (646) 200-0000.
        let digits: String = letter.subject.chars().filter(char::is_ascii_digit).collect();
        *by_caller.entry(format!("+1{digits}")).or_default() += 1;
    }
    let lost = callers.iter().filter(|caller| !by_caller.contains_key(*caller)).count();
    let doubled = by_caller.values().filter(|count| **count > 1).count();
    let dead = world.cloud.messages(world.output("DeadLetterQueueUrl")?).await?;
    say(&format!(
        "   {calls} calls: {errors} with an error, {lost} lost, {doubled} doubled, {dead} dead letters"
    ));
    ensure!(in_progress == callers.len(), "some calls were over before the last one began");
    ensure!(errors == 0 && lost == 0 && doubled == 0 && dead == 0, "not every call went as it should");
    Ok(())
}
