//! A DynamoDB of its own for each test, and what tests talk about.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws::{Aws, Endpoints, Service};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{EmailAddress, MailboxId, NumberSettings, Parties};
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, Caller, PhoneNumber, RecordingSid};
use store::{Store, Tables, schema};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub(crate) type Row = HashMap<String, AttributeValue>;

/// A store, its tables, and the database behind them, which can go down.
pub(crate) struct Ledger {
    pub(crate) store: Store,
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    server: Option<Runtime>,
}

impl Ledger {
    pub(crate) async fn new() -> Self {
        let (address, server) = serve();
        let client = patient(&client(address));
        let tables = Tables::with_prefix("test");
        schema::create_tables(&client, &tables).await.unwrap();
        Self { store: Store::new(client.clone(), tables.clone()), client, tables, server: Some(server) }
    }

    /// The same tables, seen by somebody else: nothing is in memory.
    pub(crate) fn another_store(&self) -> Store {
        Store::new(self.client.clone(), self.tables.clone())
    }

    /// The database is gone, with all its connections.
    pub(crate) async fn goes_down(&mut self) {
        if let Some(server) = self.server.take() {
            let ended = tokio::task::spawn_blocking(|| server.shutdown_timeout(Duration::from_secs(1)));
            ended.await.unwrap();
        }
    }

    pub(crate) async fn call_row(&self, call_sid: &CallSid) -> Row {
        self.row(&self.tables.calls, "call_sid", call_sid.as_str()).await
    }

    pub(crate) async fn live_row(&self, call_sid: &CallSid) -> Row {
        let key = [("call_id", call_sid.as_str()), ("item", "call")];
        let key = key.map(|(name, value)| (name.to_owned(), text(value))).into();
        let get = self.client.get_item().table_name(&self.tables.live_calls).set_key(Some(key));
        get.send().await.unwrap().item.unwrap_or_default()
    }

    /// A row of a number.
    pub(crate) async fn row_of(&self, number: &PhoneNumber, item: &str) -> Row {
        let get = self.client.get_item().table_name(&self.tables.numbers);
        let get = get.key("number", text(number.reveal())).key("item", text(item));
        get.send().await.unwrap().item.unwrap_or_default()
    }

    pub(crate) async fn voicemail_row(&self, recording_sid: &RecordingSid) -> Row {
        self.row(&self.tables.voicemails, "recording_sid", recording_sid.as_str()).await
    }

    /// Writes an attribute of a row of the ledger as nobody else does.
    pub(crate) async fn spoil(&self, key: &str, attribute: &str, value: AttributeValue) {
        let update = self.client.update_item().table_name(&self.tables.voicemails);
        let update = update.key("recording_sid", text(key)).update_expression("SET #attribute = :value");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":value", value).send().await.unwrap();
    }

    async fn row(&self, table: &str, key: &str, value: &str) -> Row {
        let key = (key.to_owned(), text(value));
        let answer =
            self.client.get_item().table_name(table).set_key(Some(Row::from([key]))).send().await.unwrap();
        answer.item.unwrap_or_default()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown_background();
        }
    }
}

/// A database on a runtime of its own: when that ends, so do all connections.
fn serve() -> (SocketAddr, Runtime) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let server = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    server.spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        let database = dynoxide::Database::memory().unwrap();
        dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await
    });
    (address, server)
}

pub(crate) fn client(address: SocketAddr) -> Client {
    Aws::emulated(Endpoints::default().with(Service::DynamoDb, format!("http://{address}"))).dynamodb()
}

/// A machine that builds other things meanwhile is slow, and that is not what is tested.
fn patient(client: &Client) -> Client {
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(30))
        .build();
    Client::from_conf(client.config().to_builder().timeout_config(patience).build())
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) fn masked() -> PhoneNumber {
    PhoneNumber::parse("+14155550100").unwrap()
}

pub(crate) fn number(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1212555{last:04}")).unwrap()
}

pub(crate) fn settings() -> NumberSettings {
    NumberSettings::new(masked(), EmailAddress::parse("owner@example.com").unwrap(), number(1))
}

pub(crate) fn mailbox() -> MailboxId {
    MailboxId::of_number(&masked())
}

/// A call that is forwarded, as far as its row is concerned.
pub(crate) fn forwarded() -> domain::Decision {
    domain::Decision { disposition: domain::Disposition::Forward, treatment: domain::Treatment::HangUp }
}

pub(crate) fn parties() -> Parties {
    Parties {
        number: masked(),
        caller: Caller::parse("+16465550199"),
        caller_name: Some("DOE JOHN".to_owned()),
    }
}

pub(crate) fn call_sid(number: u32) -> CallSid {
    CallSid::parse(&format!("CA{number:032x}")).unwrap()
}

pub(crate) fn recording_sid(number: u32) -> RecordingSid {
    RecordingSid::parse(&format!("RE{number:032x}")).unwrap()
}

pub(crate) fn account_sid() -> AccountSid {
    AccountSid::parse(&format!("AC{:032x}", 1)).unwrap()
}
