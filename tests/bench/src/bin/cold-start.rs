//! Measures each function's binary: how long it takes to start and to answer, how much memory it
//! holds, how large it is. Exit status 1 when one of the hard limits does not hold.
//!
//! ```text
//! cargo build --release -p voice -p dial-outcome -p recording -p transcription -p status -p deliver -p listen
//! cargo build --release -p bench
//! cargo run --release -p bench --bin cold-start
//! ```
//!
//! A round starts every binary once, so that whatever else the machine does meets all of them
//! alike; the first round counts for nothing. DynamoDB is reached by HTTP over loopback: on Lambda
//! there are the network and TLS besides, for which see `shared/aws`. Each invocation is about a
//! new call, so that every write is a first one, and every answer is checked.

use std::collections::BTreeMap;
use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use bench::check;
use bench::figures::{HEADING, Measured, Row, median_ms, size};
use bench::launch::Running;
use bench::services::Services;
use clap::Parser;
use events::{Sample, environment};
use serde_json::Value;

/// What the others are compared with.
const EMPTY: &str = "empty";

/// So many times as long as the empty function a function may take to start.
const RATIO_GOAL: f64 = 1.5;
const RATIO_LIMIT: f64 = 2.0;

/// In millions of bytes.
const MEMORY_LIMIT: f64 = 16.0;
const ZIP_LIMIT: f64 = 4.0;

/// How fast the functions start and work.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each function is started
    #[arg(long, default_value_t = 11)]
    rounds: u32,

    /// How many invocations follow the first one, after each start
    #[arg(long, default_value_t = 200)]
    warm: u32,
}

/// A function, or the empty one.
struct Subject {
    name: &'static str,
    sample: Option<Sample>,
    binary: PathBuf,
    variables: BTreeMap<&'static str, String>,
    measured: Measured,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let services = Services::start().await?;
    let mut subjects = subjects(&services)?;
    let mut bench = Bench { services, number: 0, warm: arguments.warm };
    for round in 0..=arguments.rounds {
        for subject in &mut subjects {
            let measured =
                bench.measure(subject).await.with_context(|| format!("the function {}", subject.name))?;
            if round > 0 {
                subject.measured.add(measured);
            }
        }
    }
    let empty = subjects.iter().find(|subject| subject.name == EMPTY).context("nothing to compare with")?;
    let empty_ms = median_ms(&empty.measured.init);
    let rows = subjects
        .iter()
        .map(|subject| Ok(Row::new(subject.name, &subject.measured, size(&subject.binary)?, empty_ms)))
        .collect::<Result<Vec<Row>>>()?;
    report(&arguments, &rows)
}

/// The binaries, which lie where this one does.
fn subjects(services: &Services) -> Result<Vec<Subject>> {
    let here = std::env::current_exe()?;
    let folder = here.parent().context("this binary lies nowhere")?;
    let addresses = services.addresses();
    let functions = Sample::ALL.map(|sample| (sample.name(), Some(sample)));
    [(EMPTY, None)]
        .into_iter()
        .chain(functions)
        .map(|(name, sample)| {
            let binary = folder.join(name);
            let packages = functions.map(|(name, _)| format!(" -p {name}")).concat();
            ensure!(
                binary.is_file(),
                "{name} is not built. Please run:\n  cargo build --release{packages}\n  cargo build --release -p bench"
            );
            let mut variables =
                sample.map(|sample| environment::variables(sample, &addresses)).unwrap_or_default();
            variables.retain(|_, value| !value.is_empty());
            Ok(Subject { name, sample, binary, variables, measured: Measured::default() })
        })
        .collect()
}

struct Bench {
    services: Services,
    /// Of the latest event.
    number: u32,
    warm: u32,
}

impl Bench {
    /// Starts a function, lets it work, and ends it.
    async fn measure(&mut self, subject: &Subject) -> Result<Measured> {
        let mut running = Running::start(&subject.binary, subject.name, &subject.variables).await?;
        let mut measured = Measured { init: vec![running.init], ..Measured::default() };
        for invocation in 0..=self.warm {
            let event = self.next_event(subject.sample).await?;
            let answered = running.invoke(&event).await?;
            match subject.sample {
                Some(sample) => {
                    check::answer(sample, &answered.answer)?;
                    let (outcome, expected) = (running.outcome().await?, check::outcome(sample));
                    ensure!(outcome == expected, "the log tells of {outcome:?}, not of {expected:?}");
                }
                None => check::empty_answer(&answered.answer)?,
            }
            let times = if invocation == 0 { &mut measured.first } else { &mut measured.warm };
            times.push(answered.took);
        }
        measured.peak_memory = running.peak_memory()?;
        running.stop().await?;
        Ok(measured)
    }

    /// An event about a call that no other was about. The empty function takes any.
    async fn next_event(&mut self, sample: Option<Sample>) -> Result<Value> {
        self.number += 1;
        if let Some(sample) = sample {
            self.services.prepare(sample, self.number).await?;
        }
        sample.unwrap_or(Sample::Voice).event(self.number)
    }
}

fn report(arguments: &Arguments, rows: &[Row]) -> Result<ExitCode> {
    let mut out = stdout().lock();
    writeln!(out, "{HEADING}")?;
    for row in rows {
        writeln!(out, "{row}")?;
    }
    writeln!(
        out,
        "\nINIT and first: medians of {} starts; warm: {} invocations; peak: the highest of all.\n",
        arguments.rounds,
        arguments.rounds * arguments.warm
    )?;
    let mut goal = |what: &str, is_hard: bool, value: fn(&Row) -> f64, limit: f64| -> Result<bool> {
        let over: Vec<&str> = rows.iter().filter(|row| value(row) > limit).map(|row| row.name).collect();
        let verdict = match (over.is_empty(), is_hard) {
            (true, _) => "holds".to_owned(),
            (false, true) => format!("DOES NOT HOLD for {}", over.join(", ")),
            (false, false) => format!("is missed by {}", over.join(", ")),
        };
        writeln!(out, "{what:<40} {verdict}")?;
        Ok(over.is_empty())
    };
    goal("goal:  INIT within 1.5 x empty", false, |row| row.ratio, RATIO_GOAL)?;
    let limits = [
        goal("limit: INIT within 2 x empty", true, |row| row.ratio, RATIO_LIMIT)?,
        goal("limit: at most 16 MB of memory", true, |row| row.peak_mb, MEMORY_LIMIT)?,
        goal("limit: at most 4 MB zipped", true, |row| row.zip_mb, ZIP_LIMIT)?,
    ];
    Ok(if limits.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
