//! How fast commands of the control API are accepted, and events told, beside a bare transaction of the embedded DynamoDB;
//! and whether many live calls at once lose anything. Exit status 1 when something is not as promised.
//!
//! ```text
//! cargo run --release -p bench --bin steered -- --calls 200 --seconds 300
//! ```

use std::io::{Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use bench::steered::{Latencies, Load, latencies, load};
use clap::Parser;

/// How much longer than a bare transaction it may take to accept a command, by the 99th of a hundred.
const ACCEPT_AT_MOST: f64 = 3.0;

/// And to tell an event.
const DELIVER_AT_MOST: f64 = 6.0;

/// How much is measured.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each is measured
    #[arg(long, default_value_t = 1_000)]
    count: u32,

    /// How many calls go on at once, in real time; none are placed at 0
    #[arg(long, default_value_t = 200)]
    calls: u32,

    /// For how long something is wanted of each every five seconds
    #[arg(long, default_value_t = 300)]
    seconds: u64,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Arguments { count, calls, seconds } = Arguments::parse();
    let mut out = stdout();
    // What is first is slower: connections, and code that was never used.
    latencies(50).await?;
    let Latencies { bare, accept, deliver } = latencies(count).await?;
    let mut holds = true;
    for (what, times, at_most) in [
        ("a bare transaction", &bare, 1.0),
        ("accept a command", &accept, ACCEPT_AT_MOST),
        ("tell of it", &deliver, DELIVER_AT_MOST),
    ] {
        let ratio = times.percentile(99) / bare.percentile(99);
        holds &= ratio <= at_most;
        writeln!(
            out,
            "{what:20} p50 {:6.2} ms  p99 {:6.2} ms  {:5.2} times p50, {ratio:5.2} times p99 (at most {at_most})",
            times.percentile(50),
            times.percentile(99),
            times.percentile(50) / bare.percentile(50),
        )?;
    }
    if calls > 0 {
        let Load { commands, events, accept, broken } = load(calls, Duration::from_secs(seconds)).await?;
        writeln!(
            out,
            "{calls} calls, {commands} commands in {seconds} s, {events} events; accepted in p50 {:.1} ms, p99 {:.1} ms; {} broken",
            accept.percentile(50),
            accept.percentile(99),
            broken.len()
        )?;
        for what in broken.iter().take(20) {
            writeln!(out, "  {what}")?;
        }
        holds &= broken.is_empty();
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
