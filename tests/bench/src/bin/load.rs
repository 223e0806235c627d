//! Lets the worker's own binary deliver any number of voicemails, and says how fast that was, what
//! memory it took, and whether the limits of SES and Amazon Transcribe were kept. Exit status 1
//! when something is not as promised.
//!
//! ```text
//! cargo build --release -p deliver
//! cargo run --release -p bench --bin load -- --voicemails 100000
//! ```
//!
//! It goes in real time: at SES's usual 14 mails a second 100,000 take two hours. A higher rate
//! shows the same in less.

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use bench::launch::{Program, Running};
use bench::load::{Delivered, Hand, Load, Stage};
use clap::Parser;

/// After the first quarter a worker's memory may grow by this, in bytes: what its allocator makes
/// of the same work done again and again.
const GROWTH_LIMIT: u64 = 4 * 1024 * 1024;

/// What a worker may hold for a long recording, in bytes: a part of 5 MB, as it is put together, and
/// as it is sent.
const LONG_LIMIT: u64 = 32 * 1024 * 1024;

/// How many voicemails the workers deliver, and how.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many voicemails
    #[arg(long, default_value_t = 1_000)]
    voicemails: u32,

    /// How many mails SES takes a second
    #[arg(long, default_value_t = 14)]
    mails_per_second: u32,

    /// How many workers there are
    #[arg(long, default_value_t = 14)]
    workers: u32,

    /// How many jobs of Amazon Transcribe may run at once
    #[arg(long, default_value_t = 20)]
    transcribe_concurrency: u32,

    /// Of how many voicemails one is too short for Twilio, so that Amazon makes words of it
    #[arg(long, default_value_t = 20)]
    one_for_amazon_of: u32,

    /// The length of a last recording, in minutes
    #[arg(long, default_value_t = 60)]
    long_minutes: u32,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Arguments {
        voicemails,
        mails_per_second,
        workers,
        transcribe_concurrency,
        one_for_amazon_of,
        long_minutes,
    } = Arguments::parse();
    let load = Load { voicemails, mails_per_second, workers, transcribe_concurrency, one_for_amazon_of };
    let stage = Stage::start().await?;
    let path = std::env::current_exe()?.parent().context("this binary lies nowhere")?.join("deliver");
    ensure!(path.is_file(), "the worker is not built. Please run:\n  cargo build --release -p deliver");
    let program = Program { path, arguments: Vec::new(), folder: None };
    let variables = stage.variables(&load);
    let start = async || {
        Ok::<_, anyhow::Error>(Hand::Process(Box::new(
            Running::start(&program, "deliver", &variables).await?,
        )))
    };
    let mut hands = Vec::new();
    for _ in 0..workers {
        hands.push(start().await?);
    }
    let delivered = stage.deliver(&load, hands).await?;
    let long = stage.deliver_long(long_minutes, &mut start().await?).await?;
    report(&load, &delivered, long_minutes, long)
}

fn report(
    load: &Load,
    delivered: &Delivered,
    long_minutes: u32,
    [before, after]: [u64; 2],
) -> Result<ExitCode> {
    let mut out = stdout().lock();
    let Delivered { mails, doubled, words_mails, took, dead_letters, .. } = delivered;
    let per_second = f64::from(mails + words_mails) / took.as_secs_f64();
    writeln!(
        out,
        "{mails} of {} voicemails in {:.0} s: {per_second:.1} mails a second; lost {}, doubled {doubled}, dead letters {dead_letters}",
        load.voicemails,
        took.as_secs_f64(),
        load.voicemails.saturating_sub(*mails)
    )?;
    let [rate, jobs] = [delivered.most_mails_in_a_second, delivered.most_jobs_at_once];
    writeln!(
        out,
        "SES: at most {rate} mails in a second, of {}; {words_mails} second mails",
        load.mails_per_second
    )?;
    writeln!(
        out,
        "Transcribe: at most {jobs} jobs at once, of {}; {} jobs",
        load.transcribe_concurrency, delivered.jobs
    )?;
    let peaks: Vec<u64> =
        delivered.memory.iter().map(|of| of.iter().copied().max().unwrap_or_default()).collect();
    let megabytes = |bytes: u64| u32::try_from(bytes / 1024).map(|kibibytes| f64::from(kibibytes) / 1024.0);
    write!(out, "the largest worker's memory, in MiB, after each twentieth:")?;
    for peak in &peaks {
        write!(out, " {:.1}", megabytes(*peak)?)?;
    }
    let early = peaks.iter().take(peaks.len() / 4 + 1).max().copied().unwrap_or_default();
    let late = peaks.iter().skip(peaks.len() / 4 + 1).max().copied().unwrap_or_default();
    writeln!(
        out,
        "\na recording of {long_minutes} minutes: from {:.1} to {:.1} MiB at most",
        megabytes(before)?,
        megabytes(after)?
    )?;
    let promises = [
        ("every voicemail is mailed", *mails == load.voicemails),
        ("none is mailed twice", *doubled == 0),
        ("no message is given up", *dead_letters == 0),
        ("SES's rate is kept", rate <= load.mails_per_second as usize),
        ("Transcribe's concurrency is kept", jobs <= load.transcribe_concurrency as usize),
        ("memory is flat", late <= early + GROWTH_LIMIT),
        ("a long recording is not held whole", after <= before + LONG_LIMIT),
    ];
    let mut all = true;
    for (what, holds) in promises {
        writeln!(out, "{} {what}", if holds { "ok  " } else { "FAIL" })?;
        all &= holds;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
