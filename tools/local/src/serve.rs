//! A system that stays, on fixed ports, in real time.

use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anstream::println;
use anyhow::{Context as _, Result};
use exchange::clock::Clock;
use exchange::{Caller, NumberUrls, Phone, Speech};
use local::development;
use local::place::{Folders, Ports};
use local::stack::{Options, Stack};
use retention::Request;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use webhook::telemetry;

use crate::arguments::Serve;
use crate::show;

/// A deployed stack deletes what is due every day. Whoever tries it does not wait for a day.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Runs until it is interrupted.
pub(crate) async fn serve(arguments: Serve) -> Result<ExitCode> {
    let Serve { data, port, dynamodb_port, s3_port, mail_port, fallback_port, logs, twilio_port } = arguments;
    let folders =
        Folders::at(&data).with_context(|| format!("the folder {} can't be used", data.display()))?;
    let options = Options {
        clock: Clock::system(),
        ports: Ports {
            gateway: port,
            database: dynamodb_port,
            bucket: s3_port,
            mailbox: mail_port,
            fallback: fallback_port,
        },
        exchange_port: twilio_port,
        folders,
        keep_database: true,
        time_box_seconds: 120,
        reconcile_by_itself: true,
        mails_per_second: 14,
        transcribe_concurrency: 20,
    };
    let stack = Stack::start(options).await?;
    let settings = development::number()?;
    let numbers = stack.ledger.numbers().await.context("the ledger can't be read")?;
    // What was changed in an earlier run stays.
    if numbers.is_empty() {
        stack.add_number(&settings).await?;
    }
    for spare in development::SPARE_NUMBERS {
        stack.exchange.wire(spare, NumberUrls::voice(development::NEW_NUMBER_URL));
    }
    for known in &numbers {
        stack.exchange.wire(&known.number, stack.urls());
    }
    for target in
        settings.forwarding.targets.iter().chain(numbers.iter().flat_map(|it| &it.forwarding.targets))
    {
        stack.exchange.plug(target, Phone::never_answers());
    }
    stack.write_outputs().context("stack.json can't be written")?;
    // Not only after the first quarter of an hour. What failed is in the log.
    drop(stack.reconcile().await);
    println!("Aftertone is running; its data is in {}.\n", data.display());
    println!("  gateway    {}/webhook/voice", stack.gateway.endpoint());
    println!("  fallback   {}   if that does not answer", stack.fallback_url());
    println!("  DynamoDB   {}   tables aftertone-numbers, -calls, -voicemails", stack.database.endpoint());
    println!("  S3         {}   bucket {}", stack.bucket.endpoint(), stack.bucket.name());
    println!("  SES        {}   mails in {}", stack.mailbox.endpoint(), stack.folders.mailbox().display());
    println!("  Transcribe {}", stack.transcriber.endpoint());
    println!("  Twilio     {}", stack.exchange.rest_url());
    println!("\n  credentials: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1");
    println!("  webhooks are signed with the token {}\n", development::AUTH_TOKEN);
    println!("Press Enter to place a call to {}, Ctrl-C to stop.\n", development::MASKED_NUMBER);
    if logs {
        telemetry::start();
    }

    let owners = &settings.forwarding.targets;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut listening = true;
    let mut events = stack.exchange.watch();
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    let (mut mails, mut dead_letters) = (stack.mailbox.messages().len(), 0);
    let mut end = pin!(asked_to_end());
    loop {
        tokio::select! {
            asked = &mut end => {
                asked.context("requests to end can't be heard")?;
                break;
            }
            line = lines.next_line(), if listening => match line {
                Ok(Some(_)) => {
                    let caller = Caller::new(development::STRANGER).leaves(Speech::english_sample());
                    drop(stack.exchange.start_call(caller, development::MASKED_NUMBER));
                }
                // Without a terminal there is nobody to press Enter.
                Ok(None) | Err(_) => listening = false,
            },
            // What failed is in the log.
            _ = sweeps.tick() => drop(retention::handle(&stack.retention, Request::default()).await),
            Some(event) = events.recv() => show::event(&event, owners),
            _ = looks.tick() => {
                let arrived = stack.mailbox.messages();
                arrived.iter().skip(mails).for_each(show::arrival);
                mails = arrived.len();
                let dead = stack.wakeups.dead_letters().len();
                if dead > dead_letters {
                    show::dead_letters(dead);
                }
                dead_letters = dead;
            }
        }
    }
    // What is under way gets a moment; the ledger knows the rest, and it goes on with the next start.
    let _ = tokio::time::timeout(Duration::from_secs(3), stack.shut_down()).await;
    println!("Stopped.");
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or what a supervisor sends.
async fn asked_to_end() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
