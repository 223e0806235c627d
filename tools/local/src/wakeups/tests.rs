use aws_sdk_dynamodb::{Client, types::AttributeValue};

use super::*;
use store::{Tables, schema::create_tables};

use crate::database::Database;

const TIME_BOX: Duration = Duration::from_mins(2);

fn start() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

/// What the worker got: seconds since the start, queue, receive count and row of a message.
type Delivery = (i64, String, String, String);

/// A database in virtual time and a log of what the worker got.
struct Bench {
    clock: Clock,
    database: Database,
    table: String,
    log: Arc<Mutex<Vec<Delivery>>>,
}

impl Bench {
    async fn new() -> Self {
        Self::on(Clock::starting_at(start())).await
    }

    async fn on(clock: Clock) -> Self {
        let database = Database::in_memory(&clock, 0).await.unwrap();
        let names = Tables::with_prefix("test");
        create_tables(&database.backstage_client(), &names).await.unwrap();
        Self { clock, database, table: names.voicemails, log: Arc::default() }
    }

    fn settings(&self) -> Settings {
        Settings::new(&self.table, TIME_BOX)
    }

    /// Starts with a worker that logs each message and then answers as `outcome` does.
    fn start<Answer>(&self, settings: Settings, outcome: Answer) -> WakeUps
    where
        Answer: Fn(&SqsEvent) -> BatchOutcome + Send + Sync + 'static,
    {
        let (clock, log) = (self.clock.clone(), self.log.clone());
        WakeUps::start(&self.clock, self.database.streams_client(), settings, move |event| {
            let since_start = clock.now().as_second() - start().as_second();
            for message in &event.records {
                log.lock().unwrap().push((
                    since_start,
                    message.event_source_arn.as_deref().unwrap().rsplit(':').next().unwrap().to_owned(),
                    message.attributes["ApproximateReceiveCount"].clone(),
                    row(message.body.as_deref().unwrap()),
                ));
            }
            let outcome = outcome(&event);
            async move { outcome }
        })
    }

    fn log(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// The log without the queues.
    fn deliveries(&self) -> Vec<(i64, String, String)> {
        self.log().into_iter().map(|(at, _, count, row)| (at, count, row)).collect()
    }

    async fn write(&self, sid: &str, open: &str) {
        put(&self.database.backstage_client(), &self.table, sid, open).await;
    }

    async fn remove(&self, sid: &str) {
        let delete = self.database.backstage_client().delete_item().table_name(&self.table);
        delete.key("recording_sid", AttributeValue::S(sid.to_owned())).send().await.unwrap();
    }
}

async fn put(client: &Client, table: &str, sid: &str, open: &str) {
    client
        .put_item()
        .table_name(table)
        .item("recording_sid", AttributeValue::S(sid.to_owned()))
        .item("open", AttributeValue::S(open.to_owned()))
        .send()
        .await
        .unwrap();
}

fn row(body: &str) -> String {
    let record: Value = serde_json::from_str(body).unwrap();
    record["dynamodb"]["Keys"]["recording_sid"]["S"].as_str().unwrap().to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "a worker's outcome")]
fn all_well(_: &SqsEvent) -> BatchOutcome {
    Ok(SqsBatchResponse::default())
}

fn entry(at: i64, queue: &str, count: &str, row: &str) -> Delivery {
    (at, queue.to_owned(), count.to_owned(), row.to_owned())
}

fn delivery(at: i64, count: &str, row: &str) -> (i64, String, String) {
    (at, count.to_owned(), row.to_owned())
}

#[tokio::test]
async fn a_new_row_wakes_at_once_and_again_after_the_time_box() {
    let bench = Bench::new().await;
    let _wakeups = bench.start(bench.settings(), all_well);
    bench.write("RE1", "recorded").await;
    bench.clock.settled().await;
    assert_eq!(bench.log(), [entry(0, "Deliver", "1", "RE1"), entry(120, "DeliverDeadline", "1", "RE1")]);
}

#[tokio::test]
async fn a_changed_row_wakes_once_and_a_removed_one_does_not() {
    let bench = Bench::new().await;
    let _wakeups = bench.start(bench.settings(), all_well);
    bench.write("RE1", "recorded").await;
    bench.clock.settled().await;
    bench.log();

    bench.write("RE1", "archived").await;
    bench.remove("RE1").await;
    bench.clock.settled().await;
    assert_eq!(bench.log(), [entry(120, "Deliver", "1", "RE1")]);
}

#[tokio::test]
async fn the_filter_decides_what_the_pipe_passes_on() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.filter = Arc::new(|record| record["dynamodb"]["NewImage"]["open"]["S"] == "yes");
    let _wakeups = bench.start(settings, all_well);
    bench.write("RE1", "yes").await;
    bench.write("RE2", "no").await;
    bench.clock.settled().await;
    let rows: Vec<_> = bench.deliveries().into_iter().map(|(_, _, row)| row).collect();
    assert_eq!(rows, ["RE1", "RE1"]);
}

#[tokio::test]
async fn a_record_too_large_for_the_topic_wakes_nobody() {
    let bench = Bench::new().await;
    let wakeups = bench.start(bench.settings(), all_well);
    let put = bench.database.backstage_client().put_item().table_name(&bench.table);
    put.item("recording_sid", AttributeValue::S("RE1".to_owned()))
        .item("transcript", AttributeValue::S("a".repeat(LARGEST_MESSAGE)))
        .send()
        .await
        .unwrap();
    bench.clock.settled().await;
    assert_eq!((bench.log(), wakeups.oversized()), (Vec::new(), 1));
}

#[tokio::test]
async fn a_message_that_fails_comes_again_and_dies_at_last() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.most_receives = 3;
    settings.filter = Arc::new(|record| record["eventName"] == "MODIFY");
    let wakeups = bench.start(settings, |_| anyhow::bail!("broken"));
    bench.write("RE1", "recorded").await;
    bench.write("RE1", "archived").await;
    bench.clock.settled().await;
    assert_eq!(
        bench.deliveries(),
        [delivery(0, "1", "RE1"), delivery(60, "2", "RE1"), delivery(120, "3", "RE1")]
    );
    let dead = wakeups.dead_letters();
    assert_eq!((dead.len(), dead[0].queue, dead[0].receives), (1, QueueName::Deliver, 3));
    assert_eq!(wakeups.depth(QueueName::Deliver).total(), 0);

    assert_eq!(wakeups.redrive(), 1);
    bench.clock.advance(Duration::from_secs(1)).await;
    assert_eq!(bench.deliveries()[0].1, "1");
    assert_eq!(wakeups.dead_letters(), []);
}

#[tokio::test]
async fn of_a_batch_only_the_failed_messages_come_again() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.filter = Arc::new(|record| record["eventName"] == "MODIFY");
    let _wakeups = bench.start(settings, |event| {
        let mut response = SqsBatchResponse::default();
        for message in &event.records {
            let fails = row(message.body.as_deref().unwrap()) == "RE2";
            if fails && message.attributes["ApproximateReceiveCount"] == "1" {
                response.add_failure(message.message_id.clone().unwrap());
            }
        }
        Ok(response)
    });
    for sid in ["RE1", "RE2", "RE3"] {
        bench.write(sid, "recorded").await;
        bench.write(sid, "archived").await;
    }
    bench.clock.settled().await;
    assert_eq!(
        bench.deliveries(),
        [delivery(0, "1", "RE1"), delivery(0, "1", "RE2"), delivery(0, "1", "RE3"), delivery(60, "2", "RE2"),]
    );
}

#[tokio::test]
async fn a_panic_and_an_unknown_failure_fail_the_whole_batch() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.filter = Arc::new(|record| record["eventName"] == "MODIFY");
    let _wakeups =
        bench.start(settings, |event| {
            match event.records[0].attributes["ApproximateReceiveCount"].as_str() {
                "1" => panic!("a worker that panics"),
                "2" => {
                    let mut response = SqsBatchResponse::default();
                    response.add_failure("nobody");
                    Ok(response)
                }
                _ => Ok(SqsBatchResponse::default()),
            }
        });
    bench.write("RE1", "recorded").await;
    bench.write("RE1", "archived").await;
    bench.clock.settled().await;
    assert_eq!(
        bench.deliveries(),
        [delivery(0, "1", "RE1"), delivery(60, "2", "RE1"), delivery(120, "3", "RE1")]
    );
}

#[tokio::test]
async fn a_worker_that_takes_too_long_is_cut_off() {
    let bench = Bench::new().await;
    let clock = bench.clock.clone();
    let ended = Arc::new(Mutex::new(Vec::new()));
    let log = ended.clone();
    let mut settings = bench.settings();
    settings.filter = Arc::new(|record| record["eventName"] == "MODIFY");
    let _wakeups = WakeUps::start(&bench.clock, bench.database.streams_client(), settings, move |event| {
        let (clock, log) = (clock.clone(), log.clone());
        async move {
            let first = event.records[0].attributes["ApproximateReceiveCount"] == "1";
            clock.sleep(Duration::from_secs(if first { 31 } else { 29 })).await;
            log.lock().unwrap().push(clock.now().as_second() - start().as_second());
            Ok(SqsBatchResponse::default())
        }
    });
    bench.write("RE1", "recorded").await;
    bench.write("RE1", "archived").await;
    bench.clock.settled().await;
    assert_eq!(*ended.lock().unwrap(), [60 + 29]);
}

#[tokio::test]
async fn while_the_worker_is_down_messages_gather() {
    let bench = Bench::new().await;
    let wakeups = bench.start(bench.settings(), all_well);
    wakeups.pause();
    bench.write("RE1", "recorded").await;
    bench.clock.advance(Duration::from_secs(30)).await;
    assert_eq!(wakeups.depth(QueueName::Deliver), Depth { ready: 1, ..Depth::default() });
    assert_eq!(wakeups.depth(QueueName::DeliverDeadline), Depth { delayed: 1, ..Depth::default() });
    assert_eq!(bench.log(), []);

    wakeups.resume();
    bench.clock.settled().await;
    assert_eq!(bench.deliveries(), [delivery(30, "1", "RE1"), delivery(120, "1", "RE1")]);
    assert_eq!(wakeups.depth(QueueName::DeliverDeadline).total(), 0);
}

#[tokio::test]
async fn doubled_messages_come_to_two_workers_at_once() {
    let bench = Bench::new().await;
    let at_work = Arc::new(Mutex::new((0, 0)));
    let (clock, seen) = (bench.clock.clone(), at_work.clone());
    let mut settings = bench.settings();
    settings.workers = 2;
    settings.filter = Arc::new(|record| record["eventName"] == "MODIFY");
    let wakeups = WakeUps::start(&bench.clock, bench.database.streams_client(), settings, move |event| {
        let (clock, seen) = (clock.clone(), seen.clone());
        async move {
            assert_eq!(event.records.len(), 1);
            let change = |by: i32| {
                let mut seen = seen.lock().unwrap();
                seen.0 += by;
                seen.1 = seen.0.max(seen.1);
            };
            change(1);
            clock.sleep(Duration::from_secs(1)).await;
            change(-1);
            Ok(SqsBatchResponse::default())
        }
    });
    wakeups.duplicate_every_message(true);
    bench.write("RE1", "recorded").await;
    bench.write("RE1", "archived").await;
    bench.clock.settled().await;
    assert_eq!((wakeups.deliveries(), *at_work.lock().unwrap()), (2, (0, 2)));
}

#[tokio::test]
async fn what_the_worker_itself_writes_wakes_it_again() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.time_box = Some(Duration::from_mins(15));
    let (client, table) = (bench.database.backstage_client(), bench.table.clone());
    let steps = Arc::new(Mutex::new(Vec::new()));
    let log = steps.clone();
    let _wakeups = WakeUps::start(&bench.clock, bench.database.streams_client(), settings, move |event| {
        let (client, table, log) = (client.clone(), table.clone(), log.clone());
        async move {
            let record: Value = serde_json::from_str(event.records[0].body.as_deref().unwrap())?;
            let open = record["dynamodb"]["NewImage"]["open"]["S"].as_str().unwrap().to_owned();
            log.lock().unwrap().push(open.clone());
            let next = match open.as_str() {
                "recorded" if log.lock().unwrap().len() == 1 => "archived",
                "archived" => "mailed",
                _ => return Ok(SqsBatchResponse::default()),
            };
            put(&client, &table, "RE1", next).await;
            Ok(SqsBatchResponse::default())
        }
    });
    bench.write("RE1", "recorded").await;
    bench.clock.settled().await;
    assert_eq!(*steps.lock().unwrap(), ["recorded", "archived", "mailed", "recorded"]);
}

#[tokio::test]
async fn by_the_real_time_messages_come_within_moments() {
    let bench = Bench::on(Clock::system()).await;
    let mut settings = bench.settings();
    settings.time_box = Some(Duration::from_millis(300));
    let wakeups = bench.start(settings, all_well);
    bench.write("RE1", "recorded").await;
    let done = async {
        while wakeups.deliveries() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
    assert_eq!(wakeups.depth(QueueName::DeliverDeadline).total(), 0);
}

#[tokio::test]
async fn what_is_sent_for_later_comes_later() {
    let bench = Bench::new().await;
    let wakeups = bench.start(Settings::at_once(&bench.table), all_well);
    let entrance = wakeups.entrance();
    let body = |row: &str| json!({"dynamodb": {"Keys": {"recording_sid": {"S": row}}}}).to_string();
    entrance.send(&body("later"), Duration::from_secs(30));
    entrance.send(&body("now"), Duration::ZERO);
    bench.write("RE1", "y").await;
    bench.clock.settled().await;
    let mut log = bench.log();
    log.sort();
    // There is no second queue, on which a new row would come again.
    let expected = [
        entry(0, "Deliver", "1", "RE1"),
        entry(0, "Deliver", "1", "now"),
        entry(30, "Deliver", "1", "later"),
    ];
    assert_eq!(log, expected);
    // Who is not there any more gets nothing.
    drop(wakeups);
    entrance.send(&body("never"), Duration::ZERO);
    bench.clock.settled().await;
    assert_eq!(bench.log(), []);
}
