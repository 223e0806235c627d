//! DynamoDB, S3, SES and Twilio's REST API in this process, with what the sample events refer to.

use std::net::Ipv4Addr;

use anyhow::Result;
use aws::{Aws, Endpoints, Service};
use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use domain::{
    Audio, CallBegins, Decision, Disposition, Engine, LiveCall, NumberSettings, Parties, RecordingReport,
    Reported, Transcript, TranscriptReport,
};
use events::{Sample, development, environment, forms, parked, sids};
use exchange::clock::Clock;
use jiff::Timestamp;
use local::bucket::Bucket;
use local::database::Database;
use local::mailbox::Mailbox;
use local::place::Folders;
use phone::{Caller, PhoneNumber};
use store::{Begun, Filed, NewFile, Store, Tables, Written};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running set. It stops when it is dropped, and leaves nothing.
#[derive(Debug)]
pub struct Services {
    pub(crate) database: Database,
    pub(crate) bucket: Bucket,
    pub(crate) mailbox: Mailbox,
    /// Twilio's REST API, as far as it gives recordings.
    pub(crate) twilio: String,
    twilio_server: JoinHandle<()>,
    pub(crate) ledger: Store,
    _folders: Folders,
}

impl Services {
    /// Starts them on free loopback ports, makes the tables, and writes the number that is called.
    ///
    /// # Errors
    /// There is no free port, or no folder for temporary files.
    pub async fn start() -> Result<Self> {
        let sound = Bytes::from(sound());
        Self::with_recordings(move |_| sound.clone()).await
    }

    /// The same, with the recording that `sound` has for a path.
    pub(crate) async fn with_recordings(
        sound: impl Fn(&str) -> Bytes + Clone + Send + Sync + 'static,
    ) -> Result<Self> {
        let clock = Clock::system();
        let folders = Folders::temporary()?;
        let database = Database::in_memory(&clock, 0).await?;
        let bucket = Bucket::start(&folders.bucket(), environment::BUCKET, 0).await?;
        let mailbox = Mailbox::start(&folders.mailbox(), &clock, 0).await?;
        let (twilio, twilio_server) = serve_recordings(sound).await?;
        let tables = Tables::with_prefix(environment::TABLE_PREFIX);
        let client = database.backstage_client();
        store::schema::create_tables(&client, &tables).await?;
        let ledger = Store::new(client, tables);
        ledger.put_number(&development::number()?).await?;
        let (api_key, _) = development::api_key(clock.now())?;
        ledger.add_api_key(&api_key).await?;
        put_filed_number(&ledger).await?;
        Ok(Self { database, bucket, mailbox, twilio, twilio_server, ledger, _folders: folders })
    }

    /// Where they are.
    pub fn addresses(&self) -> environment::Services {
        environment::Services {
            database: self.database.endpoint(),
            bucket: self.bucket.endpoint(),
            mailbox: self.mailbox.endpoint(),
            transcriber: None,
            twilio: self.twilio.clone(),
        }
    }

    /// The ledger, as a function in this process sees it.
    pub fn store(&self) -> Store {
        let endpoints = Endpoints::default().with(Service::DynamoDb, self.database.endpoint());
        Store::new(Aws::emulated(endpoints).dynamodb(), Tables::with_prefix(environment::TABLE_PREFIX))
    }

    /// DynamoDB's own client.
    pub(crate) fn client(&self) -> aws_sdk_dynamodb::Client {
        let endpoints = Endpoints::default().with(Service::DynamoDb, self.database.endpoint());
        Aws::emulated(endpoints).dynamodb()
    }

    /// Brings the ledger where it must be for event `number` of `sample` to mean something.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prepare(&self, sample: Sample, number: u32) -> Result<()> {
        match sample {
            Sample::Deliver | Sample::MailEvents => self.leave_voicemail(number).await,
            Sample::Listen => {
                self.leave_voicemail(number).await?;
                self.archive(number).await
            }
            Sample::Menu => self.begin(parked::asked(number)?).await,
            Sample::Wait | Sample::Leg => self.begin(parked::parked(number)?).await,
            Sample::Voice
            | Sample::DialOutcome
            | Sample::Recording
            | Sample::Transcription
            | Sample::Status
            | Sample::Act
            | Sample::Notify
            | Sample::Calls
            | Sample::Reconcile
            | Sample::Retention => Ok(()),
        }
    }

    /// A call that goes over several webhooks.
    async fn begin(&self, live: LiveCall) -> Result<()> {
        let begins = CallBegins {
            call_sid: live.call_sid.clone(),
            parties: live.parties.clone(),
            decision: Decision { disposition: Disposition::Forward, treatment: live.answered.clone() },
            month: "2026-11".to_owned(),
            calls_per_month: None,
            passed_over: Vec::new(),
            in_list: None,
            at: live.begun_at,
        };
        let begun = self.ledger.begin_live(&begins, &live).await?;
        anyhow::ensure!(begun == Begun::New, "a number was used twice");
        Ok(())
    }

    /// A voicemail of which everything is known and with which nothing is done yet.
    async fn leave_voicemail(&self, number: u32) -> Result<()> {
        let (call_sid, recording_sid) = sids(number)?;
        let account_sid = development::account_sid()?;
        let at = Timestamp::now();
        let parties = Parties {
            number: PhoneNumber::parse(development::MASKED_NUMBER)?,
            caller: Caller::parse(development::STRANGER),
            caller_name: None,
        };
        let duration_seconds = forms::MESSAGE_SECONDS;
        for reported in [
            Reported::Left { parties: Some(parties), duration_seconds },
            Reported::Ready { duration_seconds },
        ] {
            let report = RecordingReport {
                left_for: None,
                conversation: None,
                recording_sid: recording_sid.clone(),
                call_sid: call_sid.clone(),
                account_sid: account_sid.clone(),
                reported,
                at,
            };
            new(self.ledger.voicemail_reported(&report).await?)?;
        }
        let transcript = Transcript::words(Engine::Twilio, forms::WORDS.to_owned());
        let report = TranscriptReport { recording_sid, call_sid, account_sid, transcript, at };
        new(self.ledger.transcript(&report).await?)
    }

    async fn archive(&self, number: u32) -> Result<()> {
        let (_, recording_sid) = sids(number)?;
        let audio = Audio {
            key: format!("voicemails/{recording_sid}.wav"),
            size: u64::try_from(sound().len())?,
            content_type: "audio/x-wav".to_owned(),
            released: false,
        };
        new(self.ledger.archived(&recording_sid, &audio, Timestamp::now()).await?)
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.twilio_server.abort();
    }
}

/// A number that has a phone file.
async fn put_filed_number(ledger: &Store) -> Result<()> {
    let file = parked::file()?;
    let number = PhoneNumber::parse(parked::FILED_NUMBER)?;
    ledger.put_number(&NumberSettings { number: number.clone(), ..development::number()? }).await?;
    let seen = ledger.settings(&number).await?;
    let new = NewFile { text: parked::FILE, file: &file, by: "bench", at: Timestamp::now() };
    let filed = ledger.write_file(&seen, new).await?;
    anyhow::ensure!(filed == Filed::Written(parked::VERSION), "the phone file is not in force: {filed:?}");
    Ok(())
}

fn new(written: Written) -> Result<()> {
    anyhow::ensure!(written == Written::Applied, "a number was used twice");
    Ok(())
}

/// Twilio's REST API, as far as it gives recordings: those that `sound` has for a path. Of their list
/// nothing is new.
async fn serve_recordings(
    sound: impl Fn(&str) -> Bytes + Clone + Send + Sync + 'static,
) -> Result<(String, JoinHandle<()>)> {
    let none = r#"{"recordings":[],"next_page_uri":null}"#;
    let router = Router::new()
        .route("/2010-04-01/Accounts/{account}/Recordings.json", get(move || async move { none }))
        .fallback(move |uri: Uri| {
            let sound = sound(uri.path());
            async move { ([(CONTENT_TYPE, "audio/x-wav")], sound) }
        });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move {
        // It ends only when it is aborted.
        let _ = axum::serve(listener, router).await;
    });
    Ok((url, server))
}

/// Silence, as long as the sample's message.
fn sound() -> Vec<u8> {
    wav(forms::MESSAGE_SECONDS * BYTES_PER_SECOND)
}

/// Of a sound in Twilio's format: 8 kHz, 16 bits.
const BYTES_PER_SECOND: u32 = 16_000;

/// Silence of so many bytes, in Twilio's format.
pub(crate) fn wav(length: u32) -> Vec<u8> {
    let mut sound = Vec::new();
    sound.extend_from_slice(b"RIFF");
    sound.extend_from_slice(&(36 + length).to_le_bytes());
    sound.extend_from_slice(b"WAVEfmt ");
    sound.extend_from_slice(&16u32.to_le_bytes());
    // PCM, one channel.
    sound.extend_from_slice(&1u16.to_le_bytes());
    sound.extend_from_slice(&1u16.to_le_bytes());
    sound.extend_from_slice(&8_000u32.to_le_bytes());
    sound.extend_from_slice(&BYTES_PER_SECOND.to_le_bytes());
    sound.extend_from_slice(&2u16.to_le_bytes());
    sound.extend_from_slice(&16u16.to_le_bytes());
    sound.extend_from_slice(b"data");
    sound.extend_from_slice(&length.to_le_bytes());
    sound.resize(sound.len() + usize::try_from(length).unwrap_or_default(), 0);
    sound
}
