//! Amazon Transcribe in this process: listens to a sound in the bucket and writes down its words.
//!
//! It speaks the JSON protocol as far as starting, getting and listing jobs needs it. It does not
//! really listen: it knows the speeches that callers of the exchange made, and finds the words by
//! the sound, byte for byte. A job takes its time by a [`Clock`]; then the result lies in the
//! bucket, in Amazon's form, and an event says so.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exchange::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::front::Front;
use crate::server::Server;

/// Languages that jobs can be in. Amazon has a hundred.
const LANGUAGES: [&str; 12] = [
    "en-US", "en-GB", "en-AU", "zh-CN", "es-ES", "es-US", "fr-FR", "fr-CA", "de-DE", "ja-JP", "pt-BR",
    "it-IT",
];

/// What becomes of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// They end with the words.
    Completes {
        /// After this time.
        after: Duration,
    },
    /// They fail.
    Fails {
        /// After this time.
        after: Duration,
    },
    /// They never end.
    Never,
}

/// How a request may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `LimitExceededException`: too many jobs, or too many requests.
    LimitExceeded,
    /// 400 `AccessDeniedException`: whoever asks may not.
    AccessDenied,
    /// 500 `InternalFailureException`.
    InternalFailure,
    /// 500, but a job **was** started.
    DoneButUnanswered,
}

/// What is said in a sound, as far as anybody knows.
pub type Ear = Arc<dyn Fn(&[u8]) -> String + Send + Sync>;

/// Whoever hears of jobs that ended.
type Listener = Arc<dyn Fn(Value) + Send + Sync>;

/// A running Transcribe. It stops when it is dropped.
#[derive(Debug)]
pub struct Transcriber {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    bucket: aws_sdk_s3::Client,
    ear: Ear,
    desk: Mutex<Desk>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

struct Desk {
    jobs: Vec<Job>,
    running: usize,
    most_at_once: usize,
    work: Work,
    faults: VecDeque<Fault>,
    lasting: Option<Fault>,
    requests: u64,
    loses_events: bool,
    listener: Option<Listener>,
}

#[derive(Clone)]
struct Job {
    name: String,
    status: &'static str,
    language: String,
    media: (String, String),
    output: (String, String),
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Transcriber {
    /// Serves loopback port `port` (0: any free one).
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(clock: &Clock, bucket: aws_sdk_s3::Client, ear: Ear, port: u16) -> io::Result<Self> {
        let desk = Mutex::new(Desk {
            jobs: Vec::new(),
            running: 0,
            most_at_once: 0,
            work: Work::Completes { after: Duration::from_secs(15) },
            faults: VecDeque::new(),
            lasting: None,
            requests: 0,
            loses_events: false,
            listener: None,
        });
        let shared = Arc::new(Shared { clock: clock.clone(), bucket, ear, desk });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        Ok(Self { server: Server::start_router(port, router).await?, shared })
    }

    /// The address for clients.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The door that clients go through, to make it unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// Decides what becomes of jobs that are started from now on: 15 s and the words unless changed.
    pub fn set_work(&self, work: Work) {
        self.shared.desk().work = work;
    }

    /// Lets the next `count` requests fail.
    pub fn fail_next(&self, count: usize, fault: Fault) {
        self.shared.desk().faults.extend(std::iter::repeat_n(fault, count));
    }

    /// Lets every request fail from now on, or none any more.
    pub fn fail_always(&self, fault: Option<Fault>) {
        self.shared.desk().lasting = fault;
    }

    /// How many requests came, failed ones included.
    pub fn requests(&self) -> u64 {
        self.shared.desk().requests
    }

    /// Whether events get lost.
    pub fn lose_events(&self, loses: bool) {
        self.shared.desk().loses_events = loses;
    }

    /// The names of all jobs so far.
    pub fn jobs(&self) -> Vec<String> {
        self.shared.desk().jobs.iter().map(|job| job.name.clone()).collect()
    }

    /// Forgets all jobs, as Amazon does after 90 days, or whenever somebody deletes them.
    pub fn forget_jobs(&self) {
        self.shared.desk().jobs.clear();
    }

    /// The most jobs that have run at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.desk().most_at_once
    }

    /// Tells `listener` of each job that ends, as EventBridge does.
    pub fn tell(&self, listener: impl Fn(Value) + Send + Sync + 'static) {
        self.shared.desk().listener = Some(Arc::new(listener));
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that a job takes, and its end.
    async fn run(self: Arc<Self>, name: String, work: Work) {
        let after = match work {
            Work::Never => return,
            Work::Completes { after } | Work::Fails { after } => after,
        };
        let Some(job) = self.desk().jobs.iter().find(|job| job.name == name).cloned() else { return };
        // What is deleted while it works it has heard.
        let words = self.listen(&job).await;
        self.clock.sleep(after).await;
        let words = words.filter(|_| matches!(work, Work::Completes { .. }));
        let written = if let Some(words) = words { self.write(&job, &words).await } else { None };
        let status = if written.is_some() { "COMPLETED" } else { "FAILED" };
        let listener = {
            let mut desk = self.desk();
            if let Some(job) = desk.jobs.iter_mut().find(|job| job.name == name) {
                job.status = status;
                job.ended_at = Some(self.clock.now());
            }
            desk.running -= 1;
            desk.listener.clone().filter(|_| !desk.loses_events)
        };
        if let Some(listener) = listener {
            listener(json!({
                "version": "0",
                "detail-type": "Transcribe Job State Change",
                "source": "aws.transcribe",
                "account": "000000000000",
                "time": self.clock.now().to_string(),
                "region": "us-east-1",
                "resources": [],
                "detail": { "TranscriptionJobName": name, "TranscriptionJobStatus": status },
            }));
        }
    }

    /// The words of the sound; none if it can't be read.
    async fn listen(&self, job: &Job) -> Option<String> {
        let object = self.bucket.get_object().bucket(&job.media.0).key(&job.media.1).send().await.ok()?;
        Some((self.ear)(&object.body.collect().await.ok()?.into_bytes()))
    }

    /// Writes the result; none if the bucket can't be written.
    async fn write(&self, job: &Job, words: &str) -> Option<()> {
        let result = result(job, words).to_string();
        let put = self.bucket.put_object().bucket(&job.output.0).key(&job.output.1);
        put.content_type("application/json").body(ByteStream::from(result.into_bytes())).send().await.ok()?;
        Some(())
    }
}

/// In Amazon's form.
/// Source: "Data input and output" in the Amazon Transcribe Developer Guide.
fn result(job: &Job, words: &str) -> Value {
    let items: Vec<Value> = words
        .split_whitespace()
        .enumerate()
        .map(|(id, word)| {
            json!({
                "id": id,
                "type": "pronunciation",
                "alternatives": [{ "confidence": "0.97", "content": word }],
                "start_time": format!("{id}.0"),
                "end_time": format!("{id}.9"),
            })
        })
        .collect();
    json!({
        "jobName": job.name,
        "accountId": "000000000000",
        "status": "COMPLETED",
        "results": {
            "language_code": job.language,
            "transcripts": [{ "transcript": words }],
            "items": items,
        },
    })
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let _busy = shared.clock.busy();
    let fault = {
        let mut desk = shared.desk();
        desk.requests += 1;
        desk.faults.pop_front().or(desk.lasting)
    };
    match fault {
        Some(Fault::AccessDenied) => {
            let message = "User is not authorized to perform: transcribe:StartTranscriptionJob";
            return refusal(StatusCode::BAD_REQUEST, "AccessDeniedException", message);
        }
        Some(Fault::LimitExceeded) => {
            return refusal(StatusCode::BAD_REQUEST, "LimitExceededException", "Too many jobs.");
        }
        Some(Fault::InternalFailure) => return internal_failure(),
        Some(Fault::DoneButUnanswered) | None => {}
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let response = match target.rsplit('.').next().unwrap_or_default() {
        "StartTranscriptionJob" => start(&shared, &request),
        "GetTranscriptionJob" => get(&shared, &request),
        "ListTranscriptionJobs" => list(&shared, &request),
        other => refusal(StatusCode::BAD_REQUEST, "UnknownOperationException", other),
    };
    if fault == Some(Fault::DoneButUnanswered) { internal_failure() } else { response }
}

fn internal_failure() -> Response {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailureException", "Try again.")
}

fn start(shared: &Arc<Shared>, request: &Value) -> Response {
    let text = |name: &str| request[name].as_str().map(str::to_owned);
    let uri = request["Media"]["MediaFileUri"].as_str().unwrap_or_default();
    let media = uri.strip_prefix("s3://").and_then(|path| path.split_once('/'));
    let language = text("LanguageCode").or_else(|| {
        let identifies = request["IdentifyLanguage"].as_bool() == Some(true);
        // Which of them it is nobody can tell from a made-up sound: the first.
        request["LanguageOptions"][0].as_str().filter(|_| identifies).map(str::to_owned)
    });
    let (Some(name), Some(media), Some(language), Some(bucket), Some(key)) =
        (text("TranscriptionJobName"), media, language, text("OutputBucketName"), text("OutputKey"))
    else {
        return refusal(StatusCode::BAD_REQUEST, "BadRequestException", "A parameter is missing.");
    };
    if !LANGUAGES.contains(&language.as_str()) {
        let message = "The language code isn't supported. Check the supported languages and try again.";
        return refusal(StatusCode::BAD_REQUEST, "BadRequestException", message);
    }
    let mut desk = shared.desk();
    if desk.jobs.iter().any(|job| job.name == name) {
        let message = "The requested job name already exists.";
        return refusal(StatusCode::BAD_REQUEST, "ConflictException", message);
    }
    let job = Job {
        name: name.clone(),
        status: "IN_PROGRESS",
        language,
        media: (media.0.to_owned(), media.1.to_owned()),
        output: (bucket, key),
        created_at: shared.clock.now(),
        ended_at: None,
    };
    let answer = json!({ "TranscriptionJob": job_json(&job) });
    desk.jobs.push(job);
    desk.running += 1;
    desk.most_at_once = desk.most_at_once.max(desk.running);
    let work = desk.work;
    drop(desk);
    drop(shared.clock.spawn(shared.clone().run(name, work)));
    success(&answer)
}

fn get(shared: &Shared, request: &Value) -> Response {
    let desk = shared.desk();
    let name = request["TranscriptionJobName"].as_str();
    if let Some(job) = desk.jobs.iter().find(|job| Some(job.name.as_str()) == name) {
        return success(&json!({ "TranscriptionJob": job_json(job) }));
    }
    let message = "The requested job couldn't be found. Check the job name and try your request again.";
    refusal(StatusCode::BAD_REQUEST, "BadRequestException", message)
}

fn list(shared: &Shared, request: &Value) -> Response {
    let most = request["MaxResults"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(5);
    let desk = shared.desk();
    let jobs = desk.jobs.iter().filter(|job| request["Status"].as_str().is_none_or(|it| it == job.status));
    let jobs: Vec<Value> = jobs
        .take(most)
        .map(|job| json!({ "TranscriptionJobName": job.name, "TranscriptionJobStatus": job.status }))
        .collect();
    success(&json!({ "TranscriptionJobSummaries": jobs }))
}

fn job_json(job: &Job) -> Value {
    let uri = format!("https://s3.us-east-1.amazonaws.com/{}/{}", job.output.0, job.output.1);
    let mut json = json!({
        "TranscriptionJobName": job.name,
        "TranscriptionJobStatus": job.status,
        "LanguageCode": job.language,
        "MediaFormat": "wav",
        "CreationTime": job.created_at.as_second(),
    });
    if let Some(ended_at) = job.ended_at {
        json["CompletionTime"] = json!(ended_at.as_second());
    }
    match job.status {
        "COMPLETED" => json["Transcript"] = json!({ "TranscriptFileUri": uri }),
        "FAILED" => json["FailureReason"] = json!("The media can't be read."),
        _ => {}
    }
    json
}

fn success(json: &Value) -> Response {
    ([("content-type", "application/x-amz-json-1.1")], json.to_string()).into_response()
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({ "__type": kind, "Message": message }).to_string();
    (status, [("content-type", "application/x-amz-json-1.1")], body).into_response()
}
