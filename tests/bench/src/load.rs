//! Many voicemails, delivered by workers through the embedded services, in real time.
//!
//! A voicemail is a row, as the webhooks leave it; from there on everything is as on AWS: the
//! table's stream wakes workers by way of the queues, and they fetch, store, ask Amazon, and mail.
//! Only so many are under way at once, so that what grows is what was delivered, and a worker that
//! holds on to anything shows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aws::{Aws, Endpoints, Service};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::types::StreamSpecification;
use axum::body::Bytes;
use delivery::mail::Sender;
use delivery::{Pace, Worker, jobs_to_see};
use domain::{EmailAddress, Engine, Parties, RecordingReport, Reported, Transcript, TranscriptReport};
use events::{Sample, development, environment, sids};
use exchange::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use lifecycle::TimeBox;
use link::LinkKey;
use local::transcriber::{Transcriber, Work};
use local::wakeups::{Settings, WakeUps};
use phone::{Caller, PhoneNumber};
use store::{Store, Tables};
use twilio::{Accounts, Rest, Secret};

use crate::launch::Running;
use crate::services::{Services, wav};

/// How long a mail waits for words, in seconds: two minutes would only let the rows wait.
const TIME_BOX_SECONDS: u32 = 5;

/// How long Amazon takes for a message.
const TRANSCRIBING: Duration = Duration::from_millis(200);

/// How often the mailbox is emptied.
const LOOK: Duration = Duration::from_millis(100);

/// When nothing is delivered for so long, nothing will be.
const PATIENCE: Duration = Duration::from_mins(3);

/// What the messages say.
const WORDS: &str = "It's me. Call me back.";

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many voicemails.
    pub voicemails: u32,
    /// How many mails SES takes a second.
    pub mails_per_second: u32,
    /// How many workers there are.
    pub workers: u32,
    /// How many jobs of Amazon Transcribe may run at once.
    pub transcribe_concurrency: u32,
    /// Of how many voicemails one is too short for Twilio, so that Amazon makes words of it.
    pub one_for_amazon_of: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// First mails: one for each voicemail, if all is well.
    pub mails: u32,
    /// Voicemails of which there was more than one first mail.
    pub doubled: u32,
    /// Second mails, with words that came late.
    pub words_mails: u32,
    /// From the first voicemail to the last mail.
    pub took: Duration,
    /// The most mails that SES had in any second.
    pub most_mails_in_a_second: usize,
    /// The most jobs that ran at Amazon at once.
    pub most_jobs_at_once: usize,
    /// How many jobs there were.
    pub jobs: usize,
    /// Messages that were given up.
    pub dead_letters: usize,
    /// The memory of each worker, in bytes, after each twentieth of the voicemails.
    pub memory: Vec<Vec<u64>>,
}

/// A worker.
#[derive(Debug)]
pub enum Hand {
    /// The function's own binary, as Lambda runs it.
    Process(Box<Running>),
    /// The function's code in this process.
    Inside(Box<Worker>),
}

impl Hand {
    async fn work(&mut self, event: SqsEvent) -> Result<SqsBatchResponse> {
        match self {
            Self::Process(running) => {
                let answered = running.invoke(&serde_json::to_value(event)?).await?;
                running.drain();
                Ok(serde_json::from_slice(&answered.answer)?)
            }
            Self::Inside(deps) => Ok(deliver::handle(deps, event).await),
        }
    }

    fn memory(&self) -> Result<Option<u64>> {
        match self {
            Self::Process(running) => running.memory().map(Some),
            Self::Inside(_) => Ok(None),
        }
    }
}

/// The services, and what the workers find in their environment.
#[derive(Debug)]
pub struct Stage {
    services: Services,
    transcriber: Transcriber,
    clock: Clock,
}

/// A twentieth of a second, or the time that is asked for, of silence: recordings whose number has
/// more than 30 bits are that long.
const LONG: u32 = 1 << 30;

/// The number of a voicemail that is `minutes` long.
fn long_number(minutes: u32) -> u32 {
    LONG + minutes
}

impl Stage {
    /// Starts the services, makes the tables, and writes the number that is called.
    ///
    /// # Errors
    /// There is no free port, or no folder for temporary files.
    pub async fn start() -> Result<Self> {
        let clock = Clock::system();
        let short = Bytes::from(wav(800));
        let services = Services::with_recordings(move |path| {
            let number =
                path.split_once("/RE").and_then(|(_, rest)| u128::from_str_radix(rest.get(..32)?, 16).ok());
            match number.map(|number| number & 0xffff_ffff) {
                Some(number) if number > u128::from(LONG) => {
                    let minutes = u32::try_from(number - u128::from(LONG)).unwrap_or_default();
                    Bytes::from(wav(minutes * 60 * 16_000))
                }
                _ => short.clone(),
            }
        })
        .await?;
        let ear = Arc::new(|_: &[u8]| WORDS.to_owned());
        let transcriber = Transcriber::start(&clock, services.bucket.backstage_client(), ear, 0).await?;
        transcriber.set_work(Work::Completes { after: TRANSCRIBING });
        // The embedded database looks through the whole stream at each write: with a hundred thousand
        // voicemails it would do nothing else. They are put on the queue instead.
        let client = services.database.backstage_client();
        let off = StreamSpecification::builder().stream_enabled(false).build()?;
        client.update_table().table_name(tables().voicemails).stream_specification(off).send().await?;
        Ok(Self { services, transcriber, clock })
    }

    /// What a worker of `load` finds in its environment.
    pub fn variables(&self, load: &Load) -> std::collections::BTreeMap<&'static str, String> {
        let addresses = self.services.addresses();
        let mut variables = environment::variables(Sample::Deliver, &addresses);
        variables.retain(|_, value| !value.is_empty());
        variables.extend([
            ("AWS_ENDPOINT_URL_TRANSCRIBE", self.transcriber.endpoint()),
            ("TIME_BOX_SECONDS", TIME_BOX_SECONDS.to_string()),
            ("MAILS_PER_SECOND", load.mails_per_second.to_string()),
            ("DELIVER_CONCURRENCY", load.workers.to_string()),
            ("TRANSCRIBE_CONCURRENCY", load.transcribe_concurrency.to_string()),
        ]);
        variables
    }

    /// A worker in this process.
    ///
    /// # Errors
    /// An address is none.
    pub fn worker(&self, load: &Load) -> Result<Hand> {
        let endpoints = Endpoints::default()
            .with(Service::DynamoDb, self.services.database.endpoint())
            .with(Service::S3, self.services.bucket.endpoint())
            .with(Service::Ses, self.services.mailbox.endpoint())
            .with(Service::Transcribe, self.transcriber.endpoint());
        let aws = Aws::emulated(endpoints);
        let accounts = Accounts::new(|| {
            std::future::ready(Secret::parse(&development::twilio_secret()).map_err(Into::into))
        });
        Ok(Hand::Inside(Box::new(Worker {
            store: Store::new(aws.dynamodb(), tables()),
            bucket: aws.bucket(environment::BUCKET)?,
            ses: aws.ses(),
            sender: Sender {
                from: EmailAddress::parse(development::MAIL_FROM)?,
                configuration_set: None,
                link_base_url: "https://aftertone.example".to_owned(),
                link_lifetime: SignedDuration::from_hours(30 * 24),
            },
            pace: Pace::new(load.mails_per_second, load.workers),
            link_key: LinkKey::new(development::LINK_KEY.into())?,
            rest: Rest::at(self.services.twilio.clone()),
            accounts,
            transcribe: aws.transcribe(),
            events: None,
            transcribe_concurrency: jobs_to_see(load.transcribe_concurrency, load.workers),
            time_box: TimeBox::seconds(TIME_BOX_SECONDS),
            clock: runtime::Clock::system(),
        })))
    }

    /// Lets the `hands` deliver a load.
    ///
    /// # Errors
    /// A service or a worker fails, or nothing goes on.
    pub async fn deliver(&self, load: &Load, hands: Vec<Hand>) -> Result<Delivered> {
        ensure!(hands.len() == load.workers as usize, "there are {} workers", hands.len());
        let hands = Arc::new(Mutex::new(hands));
        let wakeups = self.wake_ups(load, &hands);
        // About three seconds' worth, so that the queue is never empty.
        let ahead = (load.mails_per_second * 3).max(load.workers * 4);
        let began = Instant::now();
        let mut post = Post::default();
        let (mut left, mut changed) = (0, Instant::now());
        let mut delivered = Delivered::default();
        while post.first.len() < load.voicemails as usize {
            let under_way = left - u32::try_from(post.first.len())?;
            for _ in under_way..ahead.min(load.voicemails - (left - under_way)) {
                left += 1;
                let is_for_amazon = left % load.one_for_amazon_of.max(1) == 0;
                self.leave(left, if is_for_amazon { 1 } else { 10 }).await?;
                wakeups.send(&wake_up(left)?.to_string());
            }
            tokio::time::sleep(LOOK).await;
            if post.read(&self.services.mailbox.empty()?)? {
                changed = Instant::now();
            }
            ensure!(
                changed.elapsed() < PATIENCE,
                "{} voicemails stand still",
                left - u32::try_from(post.first.len())?
            );
            let part = usize::try_from(load.voicemails)?.div_ceil(20);
            if post.first.len() / part > delivered.memory.len() {
                // While all are at work, a moment later.
                delivered.memory.extend(Some(memory(&hands)?).filter(|idle| !idle.is_empty()));
            }
        }
        delivered.took = began.elapsed();
        self.rest(&mut post).await?;
        delivered.dead_letters = wakeups.dead_letters().len();
        delivered.mails = u32::try_from(post.first.len())?;
        delivered.doubled = u32::try_from(post.first.values().filter(|count| **count > 1).count())?;
        delivered.words_mails = post.words;
        delivered.most_mails_in_a_second = post.most_in_a_second();
        delivered.most_jobs_at_once = self.transcriber.most_at_once();
        delivered.jobs = self.transcriber.jobs().len();
        Ok(delivered)
    }

    /// Lets words that are late go out, until nothing comes any more.
    async fn rest(&self, post: &mut Post) -> Result<()> {
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(LOOK).await;
            if post.read(&self.services.mailbox.empty()?)? {
                quiet_since = Instant::now();
            }
        }
        Ok(())
    }

    /// A message of `minutes` is delivered by one worker; says what it has held at most, before and
    /// after, in bytes.
    ///
    /// # Errors
    /// It is not delivered, or the worker is in this process.
    pub async fn deliver_long(&self, minutes: u32, hand: &mut Hand) -> Result<[u64; 2]> {
        let Hand::Process(running) = &*hand else { anyhow::bail!("this process holds the services, too") };
        let before = running.peak_memory()?;
        let number = long_number(minutes);
        self.leave(number, minutes * 60).await?;
        let (_, recording_sid) = sids(number)?;
        let body = wake_up(number)?.to_string();
        let event = serde_json::json!({ "Records": [{ "messageId": "1", "body": body }] });
        // While its words are awaited the message comes back, as on the queue.
        let deadline = Instant::now() + PATIENCE;
        while !hand.work(serde_json::from_value(event.clone())?).await?.batch_item_failures.is_empty() {
            let row = self.services.ledger.voicemail(&recording_sid).await?;
            ensure!(
                row.trouble.is_none() && Instant::now() < deadline,
                "a message of {minutes} minutes was not delivered: {row:?}"
            );
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let row = self.services.ledger.voicemail(&recording_sid).await?;
        let size = row.audio.context("it was not stored")?.size;
        ensure!(size == u64::from(minutes) * 60 * 16_000 + 44, "{size} bytes were stored");
        let Hand::Process(running) = &*hand else { anyhow::bail!("it was a process before") };
        Ok([before, running.peak_memory()?])
    }

    fn wake_ups(&self, load: &Load, hands: &Arc<Mutex<Vec<Hand>>>) -> WakeUps {
        let mut settings = Settings::new(tables().voicemails, Duration::from_secs(TIME_BOX_SECONDS.into()));
        settings.visibility = Duration::from_secs(90);
        settings.worker_timeout = Duration::from_mins(1);
        settings.workers = load.workers as usize;
        settings.batch_size = 1;
        settings.filter = Arc::new(|record| record.pointer("/dynamodb/NewImage/open").is_some());
        let hands = hands.clone();
        let wakeups =
            WakeUps::start(&self.clock, self.services.database.streams_client(), settings, move |event| {
                let hands = hands.clone();
                async move {
                    let hand = hands.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let mut hand = hand.context("all workers are at work")?;
                    let answer = hand.work(event).await;
                    hands.lock().unwrap_or_else(PoisonError::into_inner).push(hand);
                    answer
                }
            });
        let queue = wakeups.clone();
        self.transcriber.tell(move |event| queue.send(&event.to_string()));
        wakeups
    }

    /// A voicemail as the webhooks leave it: with its words, unless Twilio makes none of it.
    async fn leave(&self, number: u32, duration_seconds: u32) -> Result<()> {
        let (call_sid, recording_sid) = sids(number)?;
        let account_sid = development::account_sid()?;
        let at = Timestamp::now();
        let parties = Parties {
            number: PhoneNumber::parse(development::MASKED_NUMBER)?,
            caller: Caller::parse(development::STRANGER),
            caller_name: None,
        };
        self.services
            .ledger
            .voicemail_reported(&RecordingReport {
                left_for: None,
                conversation: None,
                recording_sid: recording_sid.clone(),
                call_sid: call_sid.clone(),
                account_sid: account_sid.clone(),
                reported: Reported::Found { parties, duration_seconds },
                at,
            })
            .await?;
        if (3..120).contains(&duration_seconds) {
            let transcript = Transcript::words(Engine::Twilio, WORDS);
            let report = TranscriptReport { recording_sid, call_sid, account_sid, transcript, at };
            self.services.ledger.transcript(&report).await?;
        }
        Ok(())
    }
}

/// What wakes a worker for a voicemail.
fn wake_up(number: u32) -> Result<serde_json::Value> {
    let (_, recording_sid) = sids(number)?;
    Ok(serde_json::json!({ "recording_sid": recording_sid.as_str() }))
}

fn tables() -> Tables {
    Tables::with_prefix(environment::TABLE_PREFIX)
}

/// Of the workers that have nothing to do just now.
fn memory(hands: &Mutex<Vec<Hand>>) -> Result<Vec<u64>> {
    let hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(hands.iter().map(Hand::memory).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// What SES had.
#[derive(Debug, Default)]
struct Post {
    /// How many first mails there were, by the recording.
    first: HashMap<u64, u32>,
    words: u32,
    /// In milliseconds, by SES's clock.
    times: Vec<i64>,
}

impl Post {
    /// Whether there was any mail.
    fn read(&mut self, mails: &[local::mailbox::Mail]) -> Result<bool> {
        for mail in mails {
            let id = mail.message_id.as_deref().context("a mail without an ID")?;
            self.times.push(i64::from_str_radix(id.get(..16).context("a short ID")?, 16)?);
            let raw = std::str::from_utf8(&mail.raw)?;
            let (_, thread) = raw.split_once("References: <RE").context("a mail without a thread")?;
            if raw.contains("Subject: Re: ") {
                self.words += 1;
            } else {
                let number = u64::from_str_radix(thread.get(16..32).context("a short SID")?, 16)?;
                *self.first.entry(number).or_default() += 1;
            }
        }
        Ok(!mails.is_empty())
    }

    fn most_in_a_second(&mut self) -> usize {
        self.times.sort_unstable();
        let times = &self.times;
        let within = |(index, from): (usize, &i64)| times.partition_point(|time| time - from < 1_000) - index;
        times.iter().enumerate().map(within).max().unwrap_or_default()
    }
}
