//! The queues of the search, as SQS has them: the worker's, and that of dead letters.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws::{Aws, Endpoints, Service};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use delivery::wake_up::recording_sids;
use exchange::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use lifecycle::TimeBox;
use local::development;
use local::front::Reach;
use phone::RecordingSid;
use reconcile::{DeadLetters, Deps, Summary, TIME_LIMIT, Waker};
use runtime::Failure;
use serde_json::{Value, json};
use twilio::{Accounts, Rest, Secret};

use crate::world::{MASKED_NUMBER, World, seconds, stranger};

/// As many messages as SQS takes, or gives, at once.
/// Source: "Amazon SQS quotas" in the developer guide.
const MOST: usize = 10;

/// SQS, in what the search asks of it.
#[derive(Clone)]
struct Sqs {
    address: String,
    queue: Arc<Mutex<Queue>>,
}

struct Queue {
    clock: Clock,
    letters: Vec<Letter>,
    /// How many letters came with each request to send some.
    batches: Vec<usize>,
    /// Which requests, by their targets' ends, end in an error of the server.
    broken: Option<&'static str>,
    /// How many entries of the next batch it does not take.
    refuses: usize,
    handles: usize,
}

struct Letter {
    body: String,
    handle: String,
    visible_at: Timestamp,
}

impl Queue {
    fn put(&mut self, body: &str) {
        let (body, visible_at) = (body.to_owned(), self.clock.now());
        self.letters.push(Letter { body, handle: String::new(), visible_at });
    }

    fn answer(&mut self, action: &str, asked: &Value) -> Result<Value, &'static str> {
        let now = self.clock.now();
        let after = |value: &Value| now + SignedDuration::from_secs(value.as_i64().unwrap());
        match action {
            "SendMessageBatch" => {
                let entries = asked["Entries"].as_array().unwrap();
                self.batches.push(entries.len());
                if entries.is_empty() || entries.len() > MOST {
                    return Err("com.amazonaws.sqs#TooManyEntriesInBatchRequest");
                }
                let (mut taken, mut failed) = (vec![], vec![]);
                for entry in entries {
                    if self.refuses > 0 {
                        self.refuses -= 1;
                        let code = "InternalError";
                        failed.push(json!({ "Id": entry["Id"], "SenderFault": false, "Code": code }));
                        continue;
                    }
                    self.put(entry["MessageBody"].as_str().unwrap());
                    taken.push(json!({ "Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "" }));
                }
                Ok(json!({ "Successful": taken, "Failed": failed }))
            }
            "ReceiveMessage" => {
                let most = usize::try_from(asked["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
                assert!(most <= MOST);
                let hidden_until = after(&asked["VisibilityTimeout"]);
                let in_sight = self.letters.iter_mut().filter(|letter| letter.visible_at <= now);
                let mut given = vec![];
                for letter in in_sight.take(most) {
                    self.handles += 1;
                    letter.handle = format!("handle-{}", self.handles);
                    letter.visible_at = hidden_until;
                    let handle = &letter.handle;
                    given.push(json!({ "MessageId": "1", "ReceiptHandle": handle, "Body": letter.body }));
                }
                Ok(if given.is_empty() { json!({}) } else { json!({ "Messages": given }) })
            }
            "DeleteMessage" => {
                self.letters.retain(|letter| asked["ReceiptHandle"] != letter.handle.as_str());
                Ok(json!({}))
            }
            "ChangeMessageVisibility" => {
                let visible_at = after(&asked["VisibilityTimeout"]);
                let of_it = |letter: &&mut Letter| asked["ReceiptHandle"] == letter.handle.as_str();
                let letter = self.letters.iter_mut().find(of_it).ok_or("MessageNotInflight")?;
                letter.visible_at = visible_at;
                Ok(json!({}))
            }
            _ => Err("InvalidAction"),
        }
    }
}

impl Sqs {
    async fn start(clock: &Clock) -> Self {
        let queue = Queue {
            clock: clock.clone(),
            letters: vec![],
            batches: vec![],
            broken: None,
            refuses: 0,
            handles: 0,
        };
        let queue = Arc::new(Mutex::new(queue));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(queue.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, queue }
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.queue.lock().unwrap());
    }

    /// The letters that anybody can receive.
    fn in_sight(&self) -> Vec<String> {
        let queue = self.queue.lock().unwrap();
        let now = queue.clock.now();
        let in_sight = queue.letters.iter().filter(|letter| letter.visible_at <= now);
        in_sight.map(|letter| letter.body.clone()).collect()
    }

    fn client(&self) -> aws_sdk_sqs::Client {
        Aws::emulated(Endpoints::default().with(Service::Sqs, self.address.clone())).sqs()
    }

    fn url(&self) -> String {
        format!("{}/000000000000/queue", self.address)
    }
}

async fn answer(
    State(queue): State<Arc<Mutex<Queue>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let target = headers["x-amz-target"].to_str().unwrap();
    let action = target.strip_prefix("AmazonSQS.").unwrap();
    let json = [("content-type", "application/x-amz-json-1.0")];
    let mut queue = queue.lock().unwrap();
    if queue.broken == Some(action) {
        return (StatusCode::INTERNAL_SERVER_ERROR, json, json!({ "__type": "InternalError" }).to_string());
    }
    match queue.answer(action, &serde_json::from_str(&body).unwrap()) {
        Ok(answer) => (StatusCode::OK, json, answer.to_string()),
        Err(why) => (StatusCode::BAD_REQUEST, json, json!({ "__type": why }).to_string()),
    }
}

impl World {
    /// The search as it is deployed, with these queues.
    async fn search(&self, queue: &Sqs, dead: &Sqs) -> Result<Summary, Failure> {
        let _busy = self.stack.clock.busy();
        let deps = Deps {
            dead_letters: Some(DeadLetters::of_queue(dead.client(), dead.url())),
            ..self.search_waking_by(Waker::of_queue(queue.client(), queue.url()))
        };
        reconcile::handle(&deps, deps.clock.now() + TIME_LIMIT).await
    }

    fn search_waking_by(&self, waker: Waker) -> Deps {
        Deps {
            store: self.stack.ledger.clone(),
            rest: Rest::at(self.exchange().rest_url()),
            accounts: Accounts::new(|| async { Ok(Secret::parse(&development::twilio_secret())?) }),
            waker,
            dead_letters: None,
            time_box: TimeBox::seconds(120),
            clock: self.stack.retention.clock.clone(),
        }
    }

    /// So many voicemails that can't be stored, and stand still.
    async fn stuck(&self, count: usize) -> BTreeSet<RecordingSid> {
        self.stack.bucket.front().set(Reach::Refused).await.unwrap();
        let mut sids = BTreeSet::new();
        for _ in 0..count {
            let story = self.exchange().call(stranger(), MASKED_NUMBER).await;
            sids.insert(story.recording().unwrap().sid.clone());
        }
        self.stack.clock.advance(seconds(3600)).await;
        sids
    }
}

fn letter(sid: &RecordingSid) -> String {
    json!({ "recording_sid": sid.as_str() }).to_string()
}

fn named(letters: &[String]) -> BTreeSet<RecordingSid> {
    letters.iter().flat_map(|body| recording_sids(body)).collect()
}

#[tokio::test]
async fn dead_letters_of_done_rows_go_and_the_others_stay_in_sight() {
    let world = World::new().await;
    let done = world.no_answer().await.voicemail().recording_sid.clone();
    let stuck = world.stuck(1).await.pop_first().unwrap();
    let (queue, dead) = (Sqs::start(&world.stack.clock).await, Sqs::start(&world.stack.clock).await);
    let both = json!({ "Message": format!("[{},{}]", letter(&done), letter(&stuck)) }).to_string();
    let kept = [letter(&stuck), both, "{}".to_owned()];
    let put = |letters: &[String]| dead.change(|it| letters.iter().for_each(|body| it.put(body)));
    put(&vec![letter(&done); 12]);
    put(&kept);
    put(&vec![letter(&done); 13]);
    assert_eq!(world.search(&queue, &dead).await.unwrap().buried, 25);
    // Also the alarm sees them at once, and the next search.
    assert_eq!(dead.in_sight(), kept);
    assert_eq!(world.search(&queue, &dead).await.unwrap().buried, 0);
    assert_eq!(dead.in_sight(), kept);
    // What the queue does not do fails the run, and nothing but it.
    for broken in ["ReceiveMessage", "DeleteMessage"] {
        put(&[letter(&done)]);
        dead.change(|it| it.broken = Some(broken));
        assert!(world.search(&queue, &dead).await.is_err(), "{broken}");
        dead.change(|it| it.broken = None);
        world.stack.clock.advance(seconds(900)).await;
    }
    assert_eq!(world.search(&queue, &dead).await.unwrap().buried, 2);
}

#[tokio::test]
async fn what_keeps_the_search_for_too_long_is_cut_off() {
    let world = World::new().await;
    world.stuck(1).await;
    let clock = world.stack.clock.clone();
    let deps = world.search_waking_by(Waker::new(move |_| {
        let clock = clock.clone();
        async move {
            clock.sleep(seconds(24 * 3600)).await;
            Ok(())
        }
    }));
    let begin = world.stack.clock.now();
    let run = world.stack.clock.spawn(async move { reconcile::handle(&deps, begin + TIME_LIMIT).await });
    let failure = run.await.unwrap().unwrap_err().to_string();
    assert!(failure.contains("cut off"), "{failure}");
    let took = world.stack.clock.now() - begin;
    assert_eq!(took.get_seconds(), 270, "by the stack's time, however long it really was");
}

#[tokio::test]
async fn wake_ups_are_put_into_the_queue_by_tens() {
    let world = World::new().await;
    let stuck = world.stuck(12).await;
    let (queue, dead) = (Sqs::start(&world.stack.clock).await, Sqs::start(&world.stack.clock).await);
    let search = world.search(&queue, &dead).await.unwrap();
    assert_eq!((search.woken, search.undelivered), (12, 12));
    assert_eq!(named(&queue.in_sight()), stuck);
    queue.change(|it| {
        // Each part of the list is put in by itself.
        assert!(it.batches.iter().all(|batch| (1..=MOST).contains(batch)), "{:?}", it.batches);
        assert_eq!(it.batches.iter().sum::<usize>(), 12);
        it.letters.clear();
        it.refuses = 1;
    });
    // What is not taken is told, and the others are woken.
    world.stack.clock.advance(seconds(3600)).await;
    let failure = world.search(&queue, &dead).await.unwrap_err().to_string();
    assert!(failure.contains("does not take a wake-up: InternalError"), "{failure}");
    assert_eq!(named(&queue.in_sight()).len(), 11);
    let many: Vec<String> = (0..23).map(|number| format!("RE{number:032x}")).collect();
    queue.change(|it| it.batches.clear());
    Waker::of_queue(queue.client(), queue.url()).wake(&many).await.unwrap();
    queue.change(|it| assert_eq!(it.batches, [10, 10, 3]));
    queue.change(|it| it.broken = Some("SendMessageBatch"));
    world.stack.clock.advance(seconds(3600)).await;
    assert!(world.search(&queue, &dead).await.is_err());
}
