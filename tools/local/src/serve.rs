//! A system that stays, on fixed ports, in real time or quicker.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow, bail};
use exchange::clock::Clock;
use exchange::{Caller, NumberUrls, Phone, SilentRecordings, Speech, Unverified};
use jiff::Timestamp;
use local::development;
use local::faults::Service;
use local::place::{Folders, FoldersError, Ports};
use local::stack::{Options, Stack, a_seed_of_its_own};
use phone::{CallSid, PhoneNumber};
use retention::Request;
use runtime::telemetry;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::arguments::{DATA, Serve};
use crate::show::{self, say};
use crate::typed::{self, Wish};

/// A deployed stack deletes what is due every day. Whoever tries it does not wait for a day.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// How often is looked for what to show.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Runs until it is interrupted.
pub(crate) async fn serve(arguments: Serve) -> Result<ExitCode> {
    let (data, logs) = (arguments.data.clone(), arguments.logs);
    let stack = Stack::start(options(arguments)?).await?;
    furnish(&stack).await?;
    stack.write_outputs().context("stack.json can't be written")?;
    // Not only after the first quarter of an hour. What failed is in the log.
    drop(stack.reconcile().await);
    let mut end = pin!(asked_to_end().context("requests to end can't be heard")?);
    introduce(&stack, &data)?;
    if logs {
        telemetry::start();
    }

    let mut watched = Watched::new(&stack, data);
    let mut lines = typed_lines();
    let mut events = stack.exchange.watch();
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut owners: HashMap<CallSid, Vec<PhoneNumber>> = HashMap::new();
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(line) = lines.recv() => match place(&stack, &watched.data, &line).await {
                Ok((call, targets)) => drop(owners.insert(call, targets)),
                Err(why) => show::not_placed(&format!("{why:#}")),
            },
            // What failed is in the log.
            _ = sweeps.tick() => drop(retention::handle(&stack.retention, Request::default()).await),
            Some(event) = events.recv() => {
                show::event(&event, owners.get(&event.call_sid).map_or(&[], Vec::as_slice));
            }
            _ = looks.tick() => watched.look(&stack).await,
        }
    }
    watched.look(&stack).await;
    // What is under way gets a moment; the ledger knows the rest, and it goes on with the next start.
    let _ = tokio::time::timeout(Duration::from_secs(3), stack.shut_down()).await;
    say!("Stopped.");
    Ok(if watched.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options(arguments: Serve) -> Result<Options> {
    let Serve { data, speed, port, dynamodb_port, s3_port, mail_port, .. } = arguments;
    let folders = Folders::at(&data).map_err(|error| match error {
        FoldersError::InUse(folder) => anyhow!(
            "another system has its data in {}: end that one with Ctrl-C, or give this one a folder of its own \
             with --data, and other ports",
            folder.display()
        ),
        unusable @ FoldersError::Unusable(..) => unusable.into(),
    })?;
    // Time that ran ahead in an earlier run does not go back.
    let clock = match folders.time_ahead(Timestamp::now()) {
        None if speed == NonZeroU32::MIN => Clock::system(),
        ahead => Clock::running(ahead.unwrap_or_else(Timestamp::now), speed),
    };
    Ok(Options {
        clock,
        ports: Ports {
            gateway: port,
            database: dynamodb_port,
            bucket: s3_port,
            mailbox: mail_port,
            transcriber: arguments.transcribe_port,
            fallback: arguments.fallback_port,
        },
        exchange_port: arguments.twilio_port,
        seed: a_seed_of_its_own(),
        unverified: Unverified::default(),
        silent_recordings: SilentRecordings::default(),
        folders,
        keep_database: true,
        time_box_seconds: 120,
        reconcile_by_itself: true,
        mails_per_second: 14,
        transcribe_concurrency: 20,
    })
}

/// Puts in the ledger and at Twilio what there is in the beginning, and what earlier runs have left.
async fn furnish(stack: &Stack) -> Result<()> {
    let numbers = stack.ledger.numbers().await.context("the ledger can't be read")?;
    // What was changed in an earlier run stays.
    if numbers.rows.is_empty() && numbers.unreadable.is_empty() {
        stack.add_number(&development::number()?).await?;
    }
    for spare in development::SPARE_NUMBERS {
        stack.exchange.wire(spare, NumberUrls::voice(development::NEW_NUMBER_URL));
    }
    for known in &numbers.rows {
        stack.exchange.wire(&known.number, stack.urls());
    }
    stack.exchange.plug(development::READY_PHONE, Phone::answers_after(2));
    Ok(())
}

/// Where everything is, for people first.
fn introduce(stack: &Stack, data: &Path) -> Result<()> {
    say!("Aftertone is running; its data is in {}.\n", data.display());
    say!("  mails      {}/   what was mailed, as its readers have it", stack.mailbox.endpoint());
    say!("  gateway    {}/webhook/voice", stack.gateway.endpoint());
    say!("  fallback   {}   if that does not answer", stack.fallback_url());
    say!(
        "  DynamoDB   {}   tables aftertone-numbers, -calls, -voicemails, -live-calls, -access",
        stack.database.endpoint()
    );
    say!("  S3         {}   bucket {}", stack.bucket.endpoint(), stack.bucket.name());
    say!("  SES        {}   files in {}", stack.mailbox.endpoint(), stack.folders.mailbox().display());
    say!("  Transcribe {}", stack.transcriber.endpoint());
    say!("  Twilio     {}", stack.exchange.rest_url());
    say!("\n  credentials: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1");
    say!("  webhooks are signed with the token {}", development::AUTH_TOKEN);
    say!("  settings, calls and voicemails: {} --help", aftertone(data));
    let now = stack.clock.now();
    if now.duration_since(Timestamp::now()).as_mins() > 0 {
        say!("  the time here is {}: it ran faster in an earlier run", now.strftime("%Y-%m-%d %H:%M UTC"));
    }
    let (_, key) = development::api_key(now)?;
    say!("\nA program calls somebody who picks up, has them wait, and reads what happened (docs/api.md):\n");
    say!("API={}/v1 KEY={key}", stack.gateway.endpoint());
    for line in development::program() {
        say!("{line}");
    }
    say!("\nPress Enter to place a call to {}, or type [NUMBER] [DEED]:", development::MASKED_NUMBER);
    say!("the owner's telephone can {}. Ctrl-C stops.\n", typed::deeds());
    Ok(())
}

/// The operator's command line for the system in this folder.
fn aftertone(data: &Path) -> String {
    if data == Path::new(DATA) {
        return "aftertone --local".to_owned();
    }
    format!("aftertone --local={}", data.display())
}

/// Places a call as it was typed; answers what it is called, and whom it may ring.
async fn place(stack: &Stack, data: &Path, line: &str) -> Result<(CallSid, Vec<PhoneNumber>)> {
    let Wish { number, callee } = typed::read(line).map_err(Error::msg)?;
    let numbers = stack.ledger.numbers().await.context("the ledger can't be read")?.rows;
    let first = PhoneNumber::parse(development::MASKED_NUMBER)?;
    let number = number.unwrap_or_else(|| match numbers.iter().find(|it| it.number == first) {
        None => numbers.first().map_or(first, |it| it.number.clone()),
        Some(_) => first,
    });
    let settings = numbers.iter().find(|it| it.number == number);
    let (plain, aftertone) = (number.reveal(), aftertone(data));
    let Some(urls) = stack.exchange.urls_of(&number) else {
        bail!(
            "Twilio's account has no number {plain}: see which are in service with `{aftertone} number list`"
        );
    };
    if !urls.voice_url.starts_with(&stack.gateway.endpoint()) {
        let add = if settings.is_none() {
            format!("`{aftertone} number add {plain} --email ADDRESS --target NUMBER`, then ")
        } else {
            String::new()
        };
        bail!("{plain} does not lead here yet: {add}`{aftertone} wire {plain}`");
    }
    // There is a telephone at every number that somebody has named, and it rings.
    for target in numbers.iter().flat_map(|it| &it.forwarding.targets) {
        stack.exchange.plug(target, Phone::never_answers());
    }
    let targets = settings.map(|it| it.forwarding.targets.clone()).unwrap_or_default();
    for target in &targets {
        stack.exchange.plug(target, callee.into());
    }
    show::placed(&number, &targets);
    let caller = Caller::new(development::STRANGER).leaves(Speech::english_sample());
    let call = stack.exchange.start_call(caller, &number);
    Ok((call.story().call_sid().clone(), targets))
}

/// What has been shown of the system's doings.
struct Watched {
    data: PathBuf,
    mails: usize,
    dead_letters: usize,
    broken: Vec<Service>,
    /// Failed attempts at what is not delivered.
    attempts: HashMap<String, u32>,
}

impl Watched {
    fn new(stack: &Stack, data: PathBuf) -> Self {
        let mails = stack.mailbox.messages().len();
        Self { data, mails, dead_letters: 0, broken: Vec::new(), attempts: HashMap::new() }
    }

    /// Shows what is new.
    async fn look(&mut self, stack: &Stack) {
        let arrived = stack.mailbox.messages_after(self.mails);
        arrived.iter().for_each(show::arrival);
        self.mails += arrived.len();
        // What can't be read now can be the next time.
        let voicemails = stack.ledger.list_open_voicemails().await.map(|list| list.rows).unwrap_or_default();
        let missed_calls =
            stack.ledger.list_open_missed_calls().await.map(|list| list.rows).unwrap_or_default();
        let voicemails = voicemails.iter().map(|it| (it.recording_sid.as_str(), &it.trouble));
        let missed_calls = missed_calls.iter().map(|it| (it.call_sid.as_str(), &it.trouble));
        for (sid, trouble) in voicemails.chain(missed_calls) {
            let Some(trouble) = trouble else { continue };
            if self.attempts.insert(sid.to_owned(), trouble.attempts) != Some(trouble.attempts) {
                show::trouble(sid, trouble);
            }
        }
        let dead = stack.wakeups.dead_letters().len();
        if dead > self.dead_letters {
            show::dead_letters(dead);
        }
        self.dead_letters = dead;
        for (service, _) in stack.broken_services() {
            if !self.broken.contains(&service) {
                show::broken_service(service, &self.data);
                self.broken.push(service);
            }
        }
        if stack.clock.now().duration_since(Timestamp::now()).as_secs() > 0 {
            // Else the next run begins with the real time.
            let _ = stack.folders.keep_time(stack.clock.now());
        }
    }
}

/// The lines of the standard input. Their thread is not the runtime's, which would wait for it in
/// the end for as long as nobody types.
fn typed_lines() -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        // Without a terminal there is nobody to press Enter.
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Ctrl-C, or what a supervisor sends, from now on.
#[cfg(unix)]
pub(crate) fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub(crate) fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Who can't hear it is ended by it.
        let _ = tokio::signal::ctrl_c().await;
    })
}
