//! Measures each function's binary: how long it takes to start and to answer, how much memory it
//! holds, how large it is. Exit status 1 when one of the hard limits does not hold.
//!
//! ```text
//! cargo build --release -p bench
//! cargo run --release -p bench --bin cold-start
//! ```
//!
//! It says how the functions are built, if one is not; docs/measurements.md has it, too.
//!
//! With `--rie FILE` they run under AWS's Runtime Interface Emulator instead of a stand-in for it; the
//! Python package `aws-sam-cli` brings it, in `samcli/local/rapid`. Its own work is then in all times.
//!
//! With `--peers` the same webhook in Node and in Python takes part; npm and pip fetch their packages.
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
use bench::launch::{Program, Running};
use bench::peers::{self, Peer};
use bench::services::Services;
use clap::Parser;
use events::{Sample, environment};
use serde_json::Value;

/// What the others are compared with.
const EMPTY: &str = "empty";

/// So many times as long as the empty function a function may take to start: one for which a caller waits,
/// and any.
const RATIO_OF_WEBHOOKS: f64 = 1.35;
const RATIO_LIMIT: f64 = 1.5;

/// So many times as long as ours a peer should take to start.
const PEER_GOAL: f64 = 80.0;

/// In millions of bytes. The whole of S3's client takes two of a zip's, and one and a half of memory in `deliver`.
const MEMORY_LIMIT: f64 = 18.0;
const ZIP_LIMIT: f64 = 6.0;

/// How fast the functions start and work.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each function is started
    #[arg(long, default_value_t = 110)]
    rounds: u32,

    /// How many invocations follow the first one, after each start
    #[arg(long, default_value_t = 2)]
    warm: u32,

    /// Measure the same webhook in Node and in Python too
    #[arg(long)]
    peers: bool,

    /// Measure under AWS's Runtime Interface Emulator, which lies there
    #[arg(long, value_name = "FILE")]
    rie: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Empty,
    Ours(Sample),
    /// The voice webhook in another language.
    Peer,
}

/// What is measured.
struct Subject {
    name: &'static str,
    kind: Kind,
    program: Program,
    /// What would be uploaded.
    artifact: PathBuf,
    variables: BTreeMap<&'static str, String>,
    measured: Measured,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let services = Services::start().await?;
    let mut subjects = subjects(&services, arguments.peers)?;
    let mut bench = Bench { services, number: 0, warm: arguments.warm, rie: arguments.rie.clone() };
    for round in 0..=arguments.rounds {
        // Each begins in its turn: what one leaves behind, in the services too, meets another each time.
        let count = subjects.len();
        let first = usize::try_from(round)? % count;
        for nth in 0..count {
            let subject = &mut subjects[(first + nth) % count];
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
        .map(|subject| Ok(Row::new(subject.name, &subject.measured, size(&subject.artifact)?, empty_ms)))
        .collect::<Result<Vec<Row>>>()?;
    let (peers, ours) = rows.split_at(subjects.iter().filter(|subject| subject.kind == Kind::Peer).count());
    report(&arguments, ours, peers)
}

/// Peers first, then the binaries, which lie where this one does.
fn subjects(services: &Services, with_peers: bool) -> Result<Vec<Subject>> {
    let here = std::env::current_exe()?;
    let folder = here.parent().context("this binary lies nowhere")?;
    let addresses = services.addresses();
    let variables = |sample| {
        let mut variables = environment::variables(sample, &addresses);
        variables.retain(|_, value| !value.is_empty());
        // It is to work, not to wait for SES.
        variables.insert("MAILS_PER_SECOND", "1000000".to_owned());
        variables
    };
    let mut subjects = Vec::new();
    if with_peers {
        for peer in peers::install(&folder.join("peers"))? {
            let Peer { name, program, folder: artifact, variables: own } = peer;
            let mut variables = variables(Sample::Voice);
            variables.extend(own);
            let measured = Measured::default();
            subjects.push(Subject { name, kind: Kind::Peer, program, artifact, variables, measured });
        }
    }
    let functions = Sample::ALL.map(|sample| (sample.name(), Some(sample)));
    for (name, sample) in [(EMPTY, None)].into_iter().chain(functions) {
        let binary = folder.join(name);
        let packages = functions.map(|(name, _)| format!(" -p {name}")).concat();
        ensure!(
            binary.is_file(),
            "{name} is not built. Please run:\n  cargo build --release{packages}\n  cargo build --release -p bench"
        );
        subjects.push(Subject {
            name,
            kind: sample.map_or(Kind::Empty, Kind::Ours),
            program: Program { path: binary.clone(), arguments: Vec::new(), folder: None },
            artifact: binary,
            variables: sample.map(variables).unwrap_or_default(),
            measured: Measured::default(),
        });
    }
    Ok(subjects)
}

struct Bench {
    services: Services,
    /// Of the latest event.
    number: u32,
    warm: u32,
    rie: Option<PathBuf>,
}

impl Bench {
    /// Starts a function, lets it work, and ends it.
    async fn measure(&mut self, subject: &Subject) -> Result<Measured> {
        let Subject { program, name, variables, .. } = subject;
        let mut running = match &self.rie {
            Some(emulator) => Running::start_emulated(emulator, program, name, variables).await?,
            None => Running::start(program, name, variables).await?,
        };
        let mut measured = Measured::default();
        for invocation in 0..=self.warm {
            let event = self.next_event(subject.kind).await?;
            let answered = running.invoke(&event).await?;
            match subject.kind {
                Kind::Ours(sample) => {
                    check::answer(sample, &answered.answer)?;
                    let (outcome, expected) = (running.outcome().await?, check::outcome(sample));
                    ensure!(outcome == expected, "the log tells of {outcome:?}, not of {expected:?}");
                }
                Kind::Peer => check::answer(Sample::Voice, &answered.answer)?,
                Kind::Empty => check::empty_answer(&answered.answer)?,
            }
            let times = if invocation == 0 { &mut measured.first } else { &mut measured.warm };
            times.push(answered.took);
        }
        measured.init.push(running.init()?);
        measured.peak_memory = running.peak_memory()?;
        running.stop().await?;
        Ok(measured)
    }

    /// An event about a call that no other was about. The empty function takes any.
    async fn next_event(&mut self, kind: Kind) -> Result<Value> {
        self.number += 1;
        let Kind::Ours(sample) = kind else { return Sample::Voice.event(self.number) };
        self.services.prepare(sample, self.number).await?;
        sample.event(self.number)
    }
}

fn report(arguments: &Arguments, rows: &[Row], peers: &[Row]) -> Result<ExitCode> {
    let mut out = stdout().lock();
    writeln!(out, "{HEADING}")?;
    for row in rows.iter().chain(peers) {
        writeln!(out, "{row}")?;
    }
    writeln!(
        out,
        "\nINIT and first: medians of {} starts; warm: {} invocations; peak: the highest of all.\n",
        arguments.rounds,
        arguments.rounds * arguments.warm
    )?;
    if let Some(voice) = rows.iter().find(|row| row.name == Sample::Voice.name()) {
        for peer in peers {
            let ahead = peer.init_ms / voice.init_ms;
            let verdict = if ahead >= PEER_GOAL { "holds" } else { "is missed" };
            writeln!(out, "goal:  INIT {PEER_GOAL} x ahead of {:<9} {verdict}: {ahead:.0} x", peer.name)?;
        }
    }
    let webhooks = Sample::ALL.into_iter().filter(|sample| sample.is_webhook());
    let webhooks: Vec<&str> = webhooks.map(Sample::name).collect();
    let is_webhook = |row: &Row| webhooks.contains(&row.name);
    let mut limit = |what: &str, value: &dyn Fn(&Row) -> f64, limit: f64| -> Result<bool> {
        let over: Vec<&str> = rows.iter().filter(|row| value(row) > limit).map(|row| row.name).collect();
        let verdict = if over.is_empty() {
            "holds".to_owned()
        } else {
            format!("DOES NOT HOLD for {}", over.join(", "))
        };
        writeln!(out, "limit: {what:<40} {verdict}")?;
        Ok(over.is_empty())
    };
    let of_webhooks = |row: &Row| if is_webhook(row) { row.ratio } else { 0.0 };
    let limits = [
        limit("INIT of a webhook within 1.35 x empty", &of_webhooks, RATIO_OF_WEBHOOKS)?,
        limit("INIT within 1.5 x empty", &|row| row.ratio, RATIO_LIMIT)?,
        limit("at most 18 MB of memory", &|row| row.peak_mb, MEMORY_LIMIT)?,
        limit("at most 6 MB zipped", &|row| row.zip_mb, ZIP_LIMIT)?,
    ];
    Ok(if limits.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
