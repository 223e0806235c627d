//! The whole system in one process: the embedded services, the functions behind the gateway, the
//! worker behind the queue, and a telephone network that calls them.

use std::fs;
use std::future::{Ready, ready};
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::Door;
use api::{CallbackSecretDocument, CallbackSecrets};
use aws::{Aws, Endpoints, SecretSource, Service};
use axum::http::Method;
use callflow::Callbacks;
use delivery::mail::Sender;
use delivery::{Pace, Worker};
use domain::{EmailAddress, Language, NumberSettings};
use endpoint::Unanswered;
use exchange::clock::Clock;
use exchange::{Address, Config, Exchange, NumberUrls, SilentRecordings, Unverified};
use jiff::SignedDuration;
use lifecycle::TimeBox;
use link::LinkKey;
use live::telling::ANSWERED_WITHIN;
use serde_json::Value;
use steering::{Controls, Waker};
use store::{Store, Tables};
use tokio::task::AbortHandle;
use twilio::{Accounts, Rest};
use webhook::{Gate, Webhook};

use crate::bucket::Bucket;
use crate::database::Database;
use crate::faults::{self, Faults, SearchRequest, Service as Faulty, Whims, Who, Wire};
use crate::gateway::{Gateway, Routes};
use crate::mailbox::Mailbox;
use crate::permissions::{self, acting_as};
use crate::place::{CALLBACK_SECRETS, Folders, Ports};
use crate::topic::{self, Topic};
use crate::transcriber::Transcriber;
use crate::twilio_secret::TwilioSecret;
use crate::wakeups::{Entrance, Settings, WakeUps};
use crate::{development, fallback};

/// The bucket's name.
const BUCKET: &str = "aftertone-audio";

/// With which mails are sent, so that their fate is told.
const CONFIGURATION_SET: &str = "aftertone";

/// How long Lambda waits before it calls a function again that failed with an event.
/// Source: "How Lambda handles errors and retries with asynchronous invocation".
const CALLED_AGAIN_AFTER: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];

/// Longer than any step is put off after a failure, so that no message comes back too early.
const VISIBILITY: Duration = Duration::from_secs(90);

/// How often the schedule on AWS calls [`reconcile::handle`].
const RECONCILE_EVERY: Duration = Duration::from_mins(15);

/// In virtual time nobody gives up because the machine is slow: this is longer than it ever takes.
const SLOW_MACHINE: Duration = Duration::from_hours(1);

/// How long a request of a program may wait for what is yet to come.
const LONG_POLL: Duration = Duration::from_secs(20);

/// How often the schedule on AWS calls a [worker](worker::look_at_all), and how long it begins with further calls.
const LOOK_EVERY: Duration = Duration::from_mins(1);
const LOOK_TAKES: SignedDuration = SignedDuration::from_secs(20);

/// Programs that are told of calls are on this machine.
const REACH: endpoint::Reach = endpoint::Reach::PublicAndLoopback;

/// More than [`deliver::handle`] takes, whatever hangs.
const WORKER_TIMEOUT: Duration = Duration::from_mins(1);

/// A client with the wire of the faults between it and its service.
macro_rules! wired {
    ($wire:expr, $who:ident, $service:ident, $client:expr, $sdk:ident) => {{
        let client = $client;
        let http = client.config().http_client().map(|http| $wire.between(Who::$who, Faulty::$service, http));
        let mut config = client.config().to_builder();
        config.set_http_client(http);
        config.set_sleep_impl(Some($wire.sleep()));
        $sdk::Client::from_conf(config.build())
    }};
}

/// How a stack is set up.
pub struct Options {
    /// The time of everything in it.
    pub clock: Clock,
    /// Where clients find it.
    pub ports: Ports,
    /// The port of the exchange's REST API; 0 takes a free one.
    pub exchange_port: u16,
    /// Makes the exchange's identifiers: the same seed makes the same ones. A call that meets the
    /// data of others needs [`a_seed_of_its_own`].
    pub seed: u64,
    /// What nobody has seen of Twilio for sure.
    pub unverified: Unverified,
    /// What Twilio does with recordings in which nobody speaks.
    pub silent_recordings: SilentRecordings,
    /// Where it writes.
    pub folders: Folders,
    /// Whether the ledger outlives the stack, in its folder.
    pub keep_database: bool,
    /// How long a mail waits for its words, in seconds.
    pub time_box_seconds: u32,
    /// How many mails SES takes a second.
    pub mails_per_second: u32,
    /// How many jobs of Transcribe may run at once.
    pub transcribe_concurrency: u32,
    /// Whether the search for the forgotten runs every 15 minutes by itself, and the one for live calls every minute.
    /// In virtual time they would keep the clock from ever coming to rest: call [`Stack::reconcile`] and
    /// [`Stack::look_at_live_calls`] instead.
    pub reconcile_by_itself: bool,
}

impl Options {
    /// For a call whose time is made up: a stack that begins at `start` and leaves nothing but
    /// what is in `folders`.
    pub fn at(start: jiff::Timestamp, folders: Folders) -> Self {
        Self {
            clock: Clock::starting_at(start),
            ports: Ports::ANY,
            exchange_port: 0,
            seed: 1,
            unverified: Unverified::default(),
            silent_recordings: SilentRecordings::default(),
            folders,
            keep_database: false,
            time_box_seconds: 120,
            mails_per_second: 14,
            transcribe_concurrency: 20,
            reconcile_by_itself: false,
        }
    }
}

/// A seed that no other run has: what its calls are named stands in no ledger yet.
pub fn a_seed_of_its_own() -> u64 {
    RandomState::new().hash_one(jiff::Timestamp::now())
}

/// A running system. It stops when it is dropped.
pub struct Stack {
    /// The time of everything in it.
    pub clock: Clock,
    /// DynamoDB.
    pub database: Database,
    /// S3.
    pub bucket: Bucket,
    /// SES.
    pub mailbox: Mailbox,
    /// Transcribe.
    pub transcriber: Transcriber,
    /// SNS, where other programs would listen.
    pub events: Topic,
    /// The way from the ledger to the worker.
    pub wakeups: WakeUps,
    /// The way from a live call to its worker.
    pub live_wakeups: WakeUps,
    /// The way from the log of a call to who tells programs of it.
    pub told_wakeups: WakeUps,
    /// API Gateway.
    pub gateway: Gateway,
    /// What callers hear while that does not answer.
    pub fallback: Gateway,
    /// Twilio, and everybody's telephones.
    pub exchange: Exchange,
    /// What deletes, when it is called: the stack has no schedule.
    pub retention: retention::Deps,
    /// The ledger as an onlooker sees it: faults of the database don't reach it.
    pub ledger: Store,
    /// The ledger as the functions see it.
    pub store: Store,
    /// The names of the tables.
    pub tables: Tables,
    /// Where it writes.
    pub folders: Folders,
    wire: Wire,
    reconciler: Arc<reconcile::Deps>,
    act: Arc<act::Deps>,
    notify: Arc<notify::Deps>,
    schedule: Option<Schedule>,
}

/// Ends with the stack.
struct Schedule([AbortHandle; 3]);

impl Schedule {
    fn start(
        clock: &Clock,
        reconciler: &Arc<reconcile::Deps>,
        act: &Arc<act::Deps>,
        notify: &Arc<notify::Deps>,
    ) -> Self {
        let (searching, reconciler) = (clock.clone(), reconciler.clone());
        let search = clock.spawn(async move {
            loop {
                searching.sleep(RECONCILE_EVERY).await;
                // What failed is in the log.
                let _ = search(&reconciler, reconcile::TIME_LIMIT).await;
            }
        });
        let (looking, act) = (clock.clone(), act.clone());
        let look = clock.spawn(async move {
            loop {
                looking.sleep(LOOK_EVERY).await;
                let _ = look_at_live_calls(&act).await;
            }
        });
        let (telling, notify) = (clock.clone(), notify.clone());
        let tell = clock.spawn(async move {
            loop {
                telling.sleep(LOOK_EVERY).await;
                let _ = tell_what_is_due(&notify).await;
            }
        });
        Self([search.abort_handle(), look.abort_handle(), tell.abort_handle()])
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Stack {
    /// Starts everything.
    ///
    /// # Errors
    /// A port is taken, or a folder can't be used.
    #[expect(clippy::too_many_lines, reason = "it is one list: what there is, in the order of its making")]
    pub async fn start(options: Options) -> Result<Self> {
        let Options {
            clock,
            ports,
            exchange_port,
            seed,
            unverified,
            silent_recordings,
            folders,
            keep_database,
            time_box_seconds,
            mails_per_second,
            transcribe_concurrency,
            reconcile_by_itself,
        } = options;
        let keep = keep_database.then(|| folders.database());
        let database = database(keep.as_deref(), &clock, ports.database).await?;
        let bucket = Bucket::start(&folders.bucket(), BUCKET, ports.bucket)
            .await
            .with_context(|| cannot("the bucket", ports.bucket))?;
        let mailbox = Mailbox::start(&folders.mailbox(), &clock, ports.mailbox)
            .await
            .with_context(|| cannot("the mailbox", ports.mailbox))?;
        let exchange = exchange(&clock, exchange_port, seed, unverified, silent_recordings).await?;

        let transcriber = transcriber(&clock, &bucket, &exchange, ports.transcriber).await?;
        let events = Topic::start(0).await.with_context(|| cannot("the topic", 0))?;
        let tables = Tables::with_prefix("aftertone");
        store::schema::create_tables(&database.backstage_client(), &tables).await?;
        let secret = TwilioSecret::in_folder(folders.root())?;
        let (api_key, _) = development::api_key(clock.now())?;
        Store::new(database.backstage_client(), tables.clone()).add_api_key(&api_key).await?;
        let endpoints = Endpoints::default()
            .with(Service::DynamoDb, database.endpoint())
            .with(Service::S3, bucket.endpoint())
            .with(Service::Ses, mailbox.endpoint())
            .with(Service::Sns, events.endpoint())
            .with(Service::Transcribe, transcriber.endpoint());
        let aws = Aws::emulated(endpoints);
        let fronts = [
            (Faulty::DynamoDb, database.front()),
            (Faulty::S3, bucket.front()),
            (Faulty::Ses, mailbox.front()),
            (Faulty::Sns, events.front()),
            (Faulty::Transcribe, transcriber.front()),
        ];
        let wire = Wire::new(&clock, &fronts);
        let store =
            Store::new(wired!(wire, Webhooks, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb), tables.clone());
        let now = functions_clock(&clock);
        let link_key = LinkKey::new(development::LINK_KEY.into())?;
        let listen = listen::Deps {
            store: store.clone(),
            bucket: aws.bucket(BUCKET)?,
            link_keys: listen::LinkKeys::fixed(link_key.clone()),
            clock: now.clone(),
        };
        let rest = rest(&clock, &exchange);
        let told_entrance = Arc::new(OnceLock::new());
        let teller = waker(&told_entrance, &wire, now.clone());
        let entrance = Arc::new(OnceLock::new());
        let act = Arc::new(act::Deps {
            store: Store::new(wired!(wire, Act, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb), tables.clone()),
            rest: rest.clone(),
            accounts: accounts(&secret),
            later: worker::Later::new(later(&entrance)),
            teller: teller.clone(),
            clock: now.clone(),
        });
        let live_wakeups = live_wake_ups(&clock, &database, &tables, &act, &wire);
        let _ = entrance.set(live_wakeups.entrance());
        let notify = Arc::new(notify::Deps {
            store: Store::new(
                wired!(wire, Notify, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb),
                tables.clone(),
            ),
            sender: sender_to_programs(&clock),
            reach: REACH,
            secrets: callback_secrets(&folders)?,
            later: worker::Later::new(later(&told_entrance)),
            clock: now.clone(),
        });
        let told_wakeups = told_wake_ups(&clock, &database, &tables, &notify);
        let _ = told_entrance.set(told_wakeups.entrance());
        let deps = webhook::Deps {
            store: store.clone(),
            clock: now.clone(),
            waker: waker(&entrance, &wire, now.clone()),
            teller,
        };
        // What Twilio calls is only known once the gateway has its port.
        let gate = Arc::new(OnceLock::new());
        // Likewise.
        let public = Arc::new(OnceLock::new());
        let calls = Calls {
            store: store.clone(),
            accounts: accounts(&secret),
            rest: rest.clone(),
            waker: deps.waker.clone(),
            teller: deps.teller.clone(),
            clock: now.clone(),
        };
        let gateway =
            Gateway::start(with_calls(routes(&gate, &deps, listen), &public, calls), &clock, ports.gateway)
                .await
                .with_context(|| cannot("the gateway", ports.gateway))?;
        let _ = gate.set(Gate::new(accounts(&secret), Some(gateway.endpoint())).with_clock(now.clone()));
        let _ = public.set(gateway.endpoint());

        let fallback = what_never_fails(&gateway, &clock, ports.fallback).await?;

        publish_mail_events(&mailbox, &store, &clock);
        let sender = sender(gateway.endpoint())?;
        let worker = Arc::new(Worker {
            store: Store::new(
                wired!(wire, Worker, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb),
                tables.clone(),
            ),
            bucket: aws.bucket(BUCKET)?.through(|client| wired!(wire, Worker, S3, client, aws_sdk_s3)),
            ses: wired!(wire, Worker, Ses, aws.ses(), aws_sdk_ses),
            sender,
            // All workers are in this process, and share it.
            pace: Pace::new(mails_per_second, 1),
            link_key,
            rest: rest.clone(),
            accounts: accounts(&secret),
            transcribe: wired!(wire, Worker, Transcribe, aws.transcribe(), aws_sdk_transcribe),
            events: Some(
                aws.topic(topic::ARN)
                    .through(|http| wire.before(Who::Worker, Faulty::Sns, http))
                    .sleeping_by(wire.sleep()),
            ),
            transcribe_concurrency,
            time_box: TimeBox::seconds(time_box_seconds),
            clock: now.clone(),
        });
        let of_retention =
            Store::new(wired!(wire, Retention, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb), tables.clone());
        let retention =
            keeper(aws.bucket(BUCKET)?, of_retention, rest.clone(), accounts(&secret), now.clone());
        let settings = way_to_the_worker(&tables, time_box_seconds);
        let wakeups = wake_ups(&clock, &database, settings, worker, &wire, &transcriber);
        let (queue, way) = (wakeups.clone(), wire.clone());
        let reconciler = Arc::new(reconcile::Deps {
            store: Store::new(
                wired!(wire, Search, DynamoDb, aws.dynamodb(), aws_sdk_dynamodb),
                tables.clone(),
            ),
            rest,
            accounts: accounts(&secret),
            dead_letters: None,
            waker: reconcile::Waker::new(move |bodies| {
                let (queue, way) = (queue.clone(), way.clone());
                async move {
                    way.search_sends().await;
                    for body in &bodies {
                        queue.send(body);
                    }
                    Ok(())
                }
            }),
            time_box: TimeBox::seconds(time_box_seconds),
            clock: now,
        });
        let schedule = reconcile_by_itself.then(|| Schedule::start(&clock, &reconciler, &act, &notify));
        let ledger = Store::new(database.backstage_client(), tables.clone());
        Ok(Self {
            clock,
            database,
            bucket,
            mailbox,
            transcriber,
            events,
            wakeups,
            live_wakeups,
            told_wakeups,
            gateway,
            fallback,
            exchange,
            retention,
            ledger,
            store,
            tables,
            folders,
            wire,
            reconciler,
            act,
            notify,
            schedule,
        })
    }

    /// Breaks what `faults` say, from now on.
    pub fn break_by(&self, faults: &Faults) {
        self.wire.break_by(faults);
        self.exchange.clear_rest_faults();
        for (request, fault, times) in faults::of_twilio(faults, self.clock.now()) {
            self.exchange.rest_faults(request, fault, times);
        }
        let Whims { list_lag_minutes, page_length, misstated_seconds, .. } = faults.twilio;
        self.exchange.set_list_lag(Duration::from_secs(u64::from(list_lag_minutes) * 60));
        self.exchange.set_page_length(page_length);
        self.exchange.misstate_durations(misstated_seconds);
        let (since, of_mail_events) = (self.clock.now(), faults.clone());
        self.mailbox.let_events_travel(move |published_at| {
            of_mail_events.mail_event_delivery(published_at.duration_since(since).as_secs())
        });
        for (address, fate) in &faults.fates {
            self.mailbox.set_fate(address, *fate);
        }
        self.wakeups.break_the_pipe(faults.pipe_is_broken);
        self.live_wakeups.break_the_pipe(faults.live_pipe_is_broken);
        self.told_wakeups.break_the_pipe(faults.live_pipe_is_broken);
        let faults = faults.clone();
        self.exchange.set_delivery(move |outgoing| faults.delivery(outgoing));
    }

    /// How many requests to AWS the worker has made since [`Stack::break_by`].
    pub fn worker_requests(&self) -> u32 {
        self.wire.worker_requests()
    }

    /// The same of the worker of live calls.
    pub fn act_requests(&self) -> u32 {
        self.wire.act_requests()
    }

    /// What each run of the search for the forgotten has asked for since [`Stack::break_by`], in order.
    pub fn searched(&self) -> Vec<Vec<SearchRequest>> {
        self.wire.searched()
    }

    /// What webhooks have asked DynamoDB for since [`Stack::break_by`], in order, like `UpdateItem`.
    pub fn database_operations(&self) -> Vec<String> {
        self.wire.operations()
    }

    /// What functions asked DynamoDB for that their roles in the template don't allow; it was refused.
    pub fn denials(&self) -> Vec<String> {
        self.wire.denials()
    }

    /// How often since [`Stack::break_by`] SES took a mail and the ledger could not know it, so
    /// that the mail has to go out once more.
    pub fn doubts(&self) -> u32 {
        self.wire.doubts()
    }

    /// Which services could not do their work by themselves, and how often: mostly for want of room
    /// on the disk.
    pub fn broken_services(&self) -> Vec<(Faulty, u32)> {
        self.wire.broken()
    }

    /// Searches for the forgotten, as the schedule does every 15 minutes.
    ///
    /// # Errors
    /// Twilio or the ledger failed; or the faults say that it ends before it is through.
    pub async fn reconcile(&self) -> Result<reconcile::Summary, runtime::Failure> {
        self.reconcile_within(reconcile::TIME_LIMIT).await
    }

    /// The same with less time, or more.
    ///
    /// # Errors
    /// Twilio or the ledger failed, or the time was up, or the run died.
    pub async fn reconcile_within(
        &self,
        limit: SignedDuration,
    ) -> Result<reconcile::Summary, runtime::Failure> {
        let (reconciler, wire) = (self.reconciler.clone(), self.wire.clone());
        let run = self.clock.spawn(async move {
            let work = |given: Option<Duration>| {
                let limit = given.and_then(|given| given.try_into().ok()).unwrap_or(limit);
                async move { search(&reconciler, limit).await }
            };
            wire.search(work).await.unwrap_or_else(|| Err("the search died".into()))
        });
        run.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Looks at the live calls that are due, as the schedule does every minute.
    ///
    /// # Errors
    /// The ledger failed, or the faults say that the worker dies.
    pub async fn look_at_live_calls(&self) -> Result<worker::Summary, runtime::Failure> {
        let (act, wire) = (self.act.clone(), self.wire.clone());
        let run = self.clock.spawn(async move {
            let looked = wire.act(Box::pin(look_at_live_calls(&act))).await;
            looked.unwrap_or_else(|| Err("the worker of live calls died".into()))
        });
        run.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Tells programs of the calls of which something is due, as the schedule does every minute.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn tell_programs(&self) -> Result<worker::Summary, runtime::Failure> {
        let notify = self.notify.clone();
        let run = self.clock.spawn(async move { tell_what_is_due(&notify).await });
        run.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Gives a number to the system, and points it there at the exchange.
    ///
    /// # Errors
    /// The ledger can't be written.
    pub async fn add_number(&self, settings: &NumberSettings) -> Result<()> {
        self.store.put_number(settings).await?;
        self.exchange.wire(Address::from(settings.number.reveal()), self.urls());
        Ok(())
    }

    /// Takes no more requests, lets those that are under way finish, and stops.
    pub async fn shut_down(self) {
        let Self {
            database,
            bucket,
            mailbox,
            transcriber,
            events,
            wakeups,
            live_wakeups,
            told_wakeups,
            gateway,
            fallback,
            exchange,
            schedule,
            ..
        } = self;
        drop(schedule);
        drop(exchange);
        gateway.shut_down().await;
        fallback.shut_down().await;
        drop((wakeups, live_wakeups, told_wakeups));
        transcriber.shut_down().await;
        events.shut_down().await;
        mailbox.shut_down().await;
        bucket.shut_down().await;
        database.shut_down().await;
    }

    /// Where a number of the exchange is to be pointed: with retries, as `aftertone wire` does it.
    pub fn urls(&self) -> NumberUrls {
        NumberUrls::voice(Callbacks::steering(&self.voice_url()))
            .with_fallback(Callbacks::steering(&self.fallback_url()))
            .with_status_callback(Callbacks::reporting(&self.status_url()))
    }

    /// What is asked when a call comes in.
    pub(crate) fn voice_url(&self) -> String {
        format!("{}/webhook/voice", self.gateway.endpoint())
    }

    /// What is asked when that does not answer.
    pub fn fallback_url(&self) -> String {
        format!("{}{}", self.fallback.endpoint(), fallback::VOICE)
    }

    /// What is told when a call has ended.
    pub(crate) fn status_url(&self) -> String {
        format!("{}/webhook/status", self.gateway.endpoint())
    }
}

/// What callers hear while `gateway` does not answer.
async fn what_never_fails(gateway: &Gateway, clock: &Clock, port: u16) -> Result<Gateway> {
    let documents = fallback::routes(Language::English, &format!("{}/webhook", gateway.endpoint()))?;
    Gateway::start(documents, clock, port).await.with_context(|| cannot("the fallback", port))
}

/// A run of the search for the forgotten, as its `main.rs` starts it.
async fn search(
    reconciler: &reconcile::Deps,
    limit: SignedDuration,
) -> Result<reconcile::Summary, runtime::Failure> {
    let until = reconciler.clock.now().checked_add(limit)?;
    reconcile::handle(reconciler, until).await
}

/// A look at the live calls, as the schedule starts it.
async fn look_at_live_calls(act: &act::Deps) -> Result<worker::Summary, runtime::Failure> {
    let until = act.clock.now().checked_add(LOOK_TAKES)?;
    worker::look_at_all(act, until).await
}

/// What is due for programs, as the schedule starts it.
async fn tell_what_is_due(notify: &notify::Deps) -> Result<worker::Summary, runtime::Failure> {
    let until = notify.clock.now().checked_add(LOOK_TAKES)?;
    worker::look_at_all(notify, until).await
}

/// What a worker sends itself for later.
fn later(
    entrance: &Arc<OnceLock<Entrance>>,
) -> impl Fn(String, Duration) -> Ready<Result<(), runtime::Failure>> + Send + Sync + use<> {
    let entrance = entrance.clone();
    move |body, delay| {
        if let Some(entrance) = entrance.get() {
            entrance.send(&body, delay);
        }
        ready(Ok(()))
    }
}

/// What signs what programs are told: a file, which `aftertone key` changes.
fn callback_secrets(folders: &Folders) -> Result<CallbackSecrets> {
    let file = folders.root().join(CALLBACK_SECRETS);
    if !file.exists() {
        fs::write(&file, development::callback_secrets()).with_context(|| file.display().to_string())?;
    }
    Ok(CallbackSecrets::new(move || {
        let read = fs::read_to_string(&file).map_err(Into::into);
        ready(read.and_then(|text| CallbackSecretDocument::parse(&text).map_err(Into::into)))
    }))
}

/// What reaches the programs, which are on this machine. In virtual time they have as long as they may take by that.
fn sender_to_programs(clock: &Clock) -> endpoint::Sender {
    let sender = endpoint::Sender::new(REACH);
    if !clock.is_virtual() {
        return sender;
    }
    let clock = clock.clone();
    sender.with_patience(SLOW_MACHINE).through(move |id, sending| {
        let (clock, id) = (clock.clone(), id.to_owned());
        Box::pin(async move {
            let _journey = clock.journey(&id);
            let patience = ANSWERED_WITHIN.unsigned_abs();
            clock.wait_at_most(patience, sending).await.unwrap_or(Err(Unanswered::TooLate))
        })
    })
}

/// From the log of a call to who tells programs of it.
fn told_wake_ups(clock: &Clock, database: &Database, tables: &Tables, notify: &Arc<notify::Deps>) -> WakeUps {
    let mut settings = Settings::at_once(&tables.live_calls);
    settings.visibility = VISIBILITY;
    settings.worker_timeout = WORKER_TIMEOUT;
    settings.most_receives = u32::MAX;
    settings.filter =
        Arc::new(|record| record["eventName"] == "INSERT" && item(record).starts_with("event#"));
    let notify = notify.clone();
    WakeUps::start(clock, database.streams_client(), settings, move |event| {
        let notify = notify.clone();
        async move { Ok(Box::pin(worker::handle::<notify::Deps>(&notify, event)).await) }
    })
}

/// Which row of a live call a record of the stream is about.
fn item(record: &Value) -> &str {
    record.pointer("/dynamodb/Keys/item/S").and_then(Value::as_str).unwrap_or_default()
}

/// From the table of live calls to their worker.
fn live_wake_ups(
    clock: &Clock,
    database: &Database,
    tables: &Tables,
    act: &Arc<act::Deps>,
    wire: &Wire,
) -> WakeUps {
    let mut settings = Settings::at_once(&tables.live_calls);
    settings.visibility = VISIBILITY;
    settings.worker_timeout = WORKER_TIMEOUT;
    settings.most_receives = u32::MAX;
    // As the pipe on AWS: the call itself, and not its log.
    settings.filter =
        Arc::new(|record| record["eventName"] != "REMOVE" && ["call", "control"].contains(&item(record)));
    let (act, wire) = (act.clone(), wire.clone());
    WakeUps::start(clock, database.streams_client(), settings, move |event| {
        let (act, wire) = (act.clone(), wire.clone());
        async move {
            wire.act(Box::pin(worker::handle::<act::Deps>(&act, event)))
                .await
                .context("the worker of live calls died")
        }
    })
}

/// How whoever changes a live call wakes a worker.
fn waker(entrance: &Arc<OnceLock<Entrance>>, wire: &Wire, clock: runtime::Clock) -> Waker {
    let (entrance, wire) = (entrance.clone(), wire.clone());
    Waker::new(clock, move |body| {
        let is_lost = wire.loses_wake_ups();
        if let Some(entrance) = entrance.get().filter(|_| !is_lost) {
            entrance.send(&body, Duration::ZERO);
        }
        ready(if is_lost { Err("there is no such queue".into()) } else { Ok(()) })
    })
}

/// The stack's time, as the functions read it.
fn functions_clock(clock: &Clock) -> runtime::Clock {
    let (clock, sleeper, alarms) = (clock.clone(), clock.clone(), clock.clone());
    runtime::Clock::new(move || clock.now())
        .with_sleep(move |duration| {
            let clock = sleeper.clone();
            async move { clock.sleep(duration).await }
        })
        .with_alarm(move |duration| alarms.alarm(alarms.for_real_work(duration)))
}

fn keeper(
    bucket: aws::Bucket,
    store: Store,
    rest: Rest,
    accounts: Accounts,
    clock: runtime::Clock,
) -> retention::Deps {
    retention::Deps { store, bucket, rest, accounts, clock, limits: retention::Limits::default() }
}

/// From SES by way of the topic to the function.
fn publish_mail_events(mailbox: &Mailbox, store: &Store, clock: &Clock) {
    let (deps, clock) = (mail_events::Deps { store: store.clone() }, clock.clone());
    mailbox.publish_to(move |event| {
        let (deps, clock) = (deps.clone(), clock.clone());
        Box::pin(async move {
            let Ok(event) = serde_json::from_value::<mail_events::TopicEvent>(event) else { return };
            for pause in CALLED_AGAIN_AFTER {
                if acting_as("mail-events", Box::pin(mail_events::handle(&deps, event.clone()))).await.is_ok()
                {
                    return;
                }
                clock.sleep(pause).await;
            }
            // The third time is the last.
            let _ = acting_as("mail-events", Box::pin(mail_events::handle(&deps, event))).await;
        })
    });
}

async fn database(folder: Option<&Path>, clock: &Clock, port: u16) -> Result<Database> {
    let database = match folder {
        Some(folder) => Database::in_folder(folder, port).await,
        None => Database::in_memory(clock, port).await,
    };
    database.with_context(|| cannot("the database", port))
}

async fn exchange(
    clock: &Clock,
    port: u16,
    seed: u64,
    unverified: Unverified,
    silent_recordings: SilentRecordings,
) -> Result<Exchange> {
    let config = Config::new(development::account_sid()?, development::AUTH_TOKEN, clock.clone());
    let read_limit = if clock.is_virtual() { SLOW_MACHINE } else { config.read_limit };
    Exchange::start(Config { port, seed, silent_recordings, read_limit, unverified, ..config })
        .await
        .with_context(|| cannot("the exchange", port))
}

/// The way to the exchange's API.
fn rest(clock: &Clock, exchange: &Exchange) -> Rest {
    let rest = Rest::at(exchange.rest_url());
    if clock.is_virtual() { rest.with_patience(SLOW_MACHINE) } else { rest }
}

fn sender(link_base_url: String) -> Result<Sender> {
    Ok(Sender {
        from: EmailAddress::parse(development::MAIL_FROM)?,
        configuration_set: Some(CONFIGURATION_SET.to_owned()),
        link_base_url,
        link_lifetime: SignedDuration::from_hours(30 * 24),
    })
}

/// Who knows what the exchange's callers said.
async fn transcriber(clock: &Clock, bucket: &Bucket, exchange: &Exchange, port: u16) -> Result<Transcriber> {
    let exchange = exchange.clone();
    let ear = move |sound: &[u8]| {
        let recordings = exchange.recordings();
        let heard = recordings.iter().find(|recording| recording.speech.to_wav() == sound);
        heard.map_or_else(String::new, |recording| recording.speech.words().to_owned())
    };
    Transcriber::start(clock, bucket.backstage_client(), Arc::new(ear), port)
        .await
        .with_context(|| cannot("the transcriber", port))
}

/// From the table's stream and the transcriber's events to the worker.
fn wake_ups(
    clock: &Clock,
    database: &Database,
    settings: Settings,
    worker: Arc<Worker>,
    wire: &Wire,
    transcriber: &Transcriber,
) -> WakeUps {
    let wire = wire.clone();
    let wakeups = WakeUps::start(clock, database.streams_client(), settings, move |event| {
        let (worker, wire) = (worker.clone(), wire.clone());
        async move {
            let work = wire.worker(Box::pin(deliver::handle(&worker, event))).await;
            work.context("the worker died")
        }
    });
    let queue = wakeups.clone();
    transcriber.tell(move |event| queue.send(&event.to_string()));
    wakeups
}

fn way_to_the_worker(tables: &Tables, time_box_seconds: u32) -> Settings {
    let mut settings = Settings::new(&tables.voicemails, Duration::from_secs(u64::from(time_box_seconds)));
    settings.visibility = VISIBILITY;
    settings.worker_timeout = WORKER_TIMEOUT;
    // As the pipe on AWS: rows that are done wake nobody.
    settings.filter = Arc::new(|record| record.pointer("/dynamodb/NewImage/open").is_some());
    settings
}

fn cannot(what: &str, port: u16) -> String {
    match port {
        0 => format!("{what} can't be started"),
        port => format!("{what} can't be started on port {port}; if something else uses it, choose another"),
    }
}

fn accounts(secret: &TwilioSecret) -> Accounts {
    let secret = secret.clone();
    Accounts::new(move || ready(secret.read()))
}

/// A webhook's function behind the gateway, as [`webhook::run`] puts it behind the runtime.
fn webhook_route<W: Webhook + 'static>(routes: Routes, gate: &Arc<OnceLock<Gate>>, webhook: W) -> Routes {
    let webhook = Arc::new(webhook);
    let constants = W::CONSTANTS.iter().map(|(step, _)| *step);
    let steps = W::STEPS.iter().copied().chain(constants).map(|step| format!("/webhook/{}/{step}", W::NAME));
    let paths: Vec<String> = std::iter::once(format!("/webhook/{}", W::NAME)).chain(steps).collect();
    for path in &paths {
        assert!(permissions::has_route(path), "{path} has no route in the template");
    }
    let doors = paths.iter().flat_map(|path| [(Method::POST, path), (Method::GET, path)]);
    doors.fold(routes, |routes, (method, path)| {
        let (gate, webhook) = (gate.clone(), webhook.clone());
        routes.on(method, path, move |event| {
            let (gate, webhook) = (gate.clone(), webhook.clone());
            async move {
                if let Some(gate) = gate.get() {
                    return acting_as(W::NAME, Box::pin(webhook::serve(gate, &*webhook, event))).await;
                }
                let mut not_yet = webhook::Response::default();
                not_yet.status_code = 503;
                not_yet
            }
        })
    })
}

/// What the control API works with, before it is known what Twilio calls.
struct Calls {
    store: Store,
    accounts: Accounts,
    rest: Rest,
    waker: Waker,
    teller: Waker,
    clock: runtime::Clock,
}

/// The routes of the control API.
fn with_calls(routes: Routes, public: &Arc<OnceLock<String>>, calls: Calls) -> Routes {
    let Calls { store, accounts, rest, waker, teller, clock } = calls;
    let door = Arc::new(Door::new(store.clone(), clock.clone()));
    let accounts = Arc::new(accounts);
    let public = public.clone();
    let function = move |event| {
        let (door, store, accounts, waker) = (door.clone(), store.clone(), accounts.clone(), waker.clone());
        let (teller, clock, public) = (teller.clone(), clock.clone(), public.clone());
        let rest = rest.clone();
        async move {
            let deps = calls::Deps {
                door,
                controls: Controls { store: store.clone(), waker: Some(waker), teller },
                store,
                accounts,
                rest,
                public_base_url: public.get().cloned(),
                reach: REACH,
                links: calls::LinkSigner::new(SecretSource::Environment(development::LINK_KEY.into())),
                long_poll: LONG_POLL,
                clock,
            };
            acting_as("calls", Box::pin(calls::handle(&deps, event))).await
        }
    };
    [Method::GET, Method::POST, Method::DELETE].into_iter().fold(routes, |routes, method| {
        let function = function.clone();
        routes.on(method, "/v1/{proxy+}", function)
    })
}

fn routes(gate: &Arc<OnceLock<Gate>>, deps: &webhook::Deps, listen: listen::Deps) -> Routes {
    let deps = || deps.clone();
    let routes = Routes::new();
    let routes = webhook_route(routes, gate, voice::Voice(deps()));
    let routes = webhook_route(routes, gate, dial_outcome::DialOutcomes(deps()));
    let routes = webhook_route(routes, gate, recording::Recordings(deps()));
    let routes = webhook_route(routes, gate, transcription::Transcripts(deps()));
    let routes = webhook_route(routes, gate, status::CallStatuses(deps()));
    let routes = webhook_route(routes, gate, menu::Menus(deps()));
    let routes = webhook_route(routes, gate, wait::Waits(deps()));
    let routes = webhook_route(routes, gate, leg::Legs(deps()));
    let listen = Arc::new(listen);
    [Method::GET, Method::HEAD].into_iter().fold(routes, |routes, method| {
        let listen = listen.clone();
        routes.on(method, "/v/{token}", move |event| {
            let listen = listen.clone();
            async move { acting_as("listen", Box::pin(listen::handle(&listen, event))).await }
        })
    })
}
