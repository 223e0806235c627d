//! DynamoDB in this process: tables, indexes, streams and transactions over `SQLite`.

use std::{path::Path, sync::Arc};

use aws::{Aws, Endpoints, Service};
use aws_sdk_dynamodb::Client;
use exchange::clock::Clock;
use thiserror::Error;

use crate::front::Front;
use crate::server::{Server, unhurried};

/// The file in its folder that the database is kept in.
const FILE: &str = "aftertone.sqlite";

/// Why the database does not run.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The store itself cannot be opened.
    #[error("the database cannot be opened")]
    Open(#[source] dynoxide::DynoxideError),
    /// Expired rows could not be removed.
    #[error("expired rows could not be removed")]
    Sweep(#[source] dynoxide::DynoxideError),
    /// The folder's name is not text, which `SQLite` needs.
    #[error("the database folder's path is not valid UTF-8")]
    Path,
    /// The port is taken or the folder cannot be used.
    #[error("the database cannot be reached")]
    Io(#[from] std::io::Error),
}

/// A running DynamoDB. It stops when it is dropped.
#[derive(Debug)]
pub struct Database {
    server: Server,
    store: Store,
}

/// The store, which has no `Debug` of its own.
#[derive(Clone)]
struct Store(dynoxide::Database);

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Store")
    }
}

impl Database {
    /// A database that is gone when it is dropped, on loopback port `port` (0: any free one).
    /// Expiry and the times of stream records go by `clock`.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn in_memory(clock: &Clock, port: u16) -> Result<Self, DatabaseError> {
        let store = dynoxide::Database::memory_with_clock(Arc::new(StoreClock(clock.clone())))
            .map_err(DatabaseError::Open)?;
        Self::serve(store, port).await
    }

    /// A database kept in `folder`, which must exist, on loopback port `port` (0: any free one).
    /// Expiry and the times of stream records go by the real time.
    ///
    /// # Errors
    /// The port is taken, or the folder holds no database and cannot take one.
    pub async fn in_folder(folder: &Path, port: u16) -> Result<Self, DatabaseError> {
        let file = folder.join(FILE);
        let file = file.to_str().ok_or(DatabaseError::Path)?;
        let store = dynoxide::Database::new(file).map_err(DatabaseError::Open)?;
        Self::serve(store, port).await
    }

    async fn serve(store: dynoxide::Database, port: u16) -> Result<Self, DatabaseError> {
        let shared = store.clone();
        let server = Server::start(port, |listener, stop| {
            dynoxide::server::serve_with_shutdown(listener, shared, stop.requested())
        })
        .await?;
        Ok(Self { server, store: Store(store) })
    }

    /// The address for clients, like `http://127.0.0.1:8001`.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The door that clients go through, to make the database unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// A client that the faults of the front do not reach: to look inside during an outage.
    pub fn backstage_client(&self) -> Client {
        let endpoints = Endpoints::default().with(Service::DynamoDb, self.server.backstage());
        unhurried!(Aws::emulated(endpoints).dynamodb(), aws_sdk_dynamodb)
    }

    /// A client for the tables' streams, which the faults of the front do not reach either: on
    /// AWS the reader of a stream is not the function that cannot reach its table.
    pub fn streams_client(&self) -> aws_sdk_dynamodbstreams::Client {
        use aws_sdk_dynamodbstreams::config::{StalledStreamProtectionConfig, timeout::TimeoutConfig};

        let dynamodb = self.backstage_client();
        let mut config = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(aws_sdk_dynamodbstreams::config::BehaviorVersion::latest())
            .region(dynamodb.config().region().cloned())
            .credentials_provider(aws_sdk_dynamodbstreams::config::Credentials::new(
                "test", "test", None, None, "emulated",
            ))
            .endpoint_url(self.server.backstage())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_http_client(dynamodb.config().http_client());
        config.set_sleep_impl(dynamodb.config().sleep_impl());
        aws_sdk_dynamodbstreams::Client::from_conf(config.build())
    }

    /// Removes the rows whose time is over and answers how many. AWS does this by itself within
    /// days; here it happens when it is asked for, so that tests decide when.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sweep_expired(&self) -> Result<usize, DatabaseError> {
        let store = self.store.0.clone();
        // The sweep waits for locks, which a thread of the runtime must not.
        tokio::task::spawn_blocking(move || store.sweep_ttl())
            .await
            .map_err(std::io::Error::other)?
            .map_err(DatabaseError::Sweep)
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

/// The store's view of our clock.
struct StoreClock(Clock);

impl dynoxide::storage_backend::Clock for StoreClock {
    fn now_unix_secs(&self) -> u64 {
        // Before 1970 nothing expires.
        u64::try_from(self.0.now().as_second()).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_dynamodb::{
        config::timeout::TimeoutConfig,
        types::{AttributeValue, TimeToLiveSpecification},
    };

    use store::Tables;
    use store::schema::{BY_NUMBER, OPEN, OPEN_CALLS, create_tables};

    use super::*;
    use crate::{front::Reach, place::Folders};

    const START: i64 = 1_800_000_000;

    fn clock() -> Clock {
        Clock::starting_at(jiff::Timestamp::from_second(START).unwrap())
    }

    async fn with_tables() -> (Database, Client, Tables) {
        let database = Database::in_memory(&clock(), 0).await.unwrap();
        let client = client_at(&database);
        let names = Tables::with_prefix("test");
        create_tables(&client, &names).await.unwrap();
        (database, client, names)
    }

    fn client_at(database: &Database) -> Client {
        let endpoints = Endpoints::default().with(Service::DynamoDb, database.endpoint());
        unhurried!(Aws::emulated(endpoints).dynamodb(), aws_sdk_dynamodb)
    }

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.to_owned())
    }

    #[tokio::test]
    async fn tables_are_made_once_and_found_the_second_time() {
        let (_database, client, names) = with_tables().await;
        create_tables(&client, &names).await.unwrap();

        let voicemails =
            client.describe_table().table_name(&names.voicemails).send().await.unwrap().table.unwrap();
        let mut indexes: Vec<_> =
            voicemails.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
        indexes.sort_unstable();
        assert_eq!(indexes, [BY_NUMBER, OPEN, OPEN_CALLS]);
        assert!(voicemails.latest_stream_arn().is_some());
    }

    #[tokio::test]
    async fn only_voicemails_that_are_open_stand_in_the_sparse_index() {
        let (_database, client, names) = with_tables().await;
        for (sid, open) in [("RE1", true), ("RE2", false)] {
            let mut put = client
                .put_item()
                .table_name(&names.voicemails)
                .item("recording_sid", text(sid))
                .item("number", text("+14155550123"))
                .item("recorded_at", text("2026-11-21T10:00:00Z"));
            if open {
                put = put.item("open", text("yes"));
            }
            put.send().await.unwrap();
        }
        let found = |index: &str, attribute: &str, value: &str| {
            client
                .query()
                .table_name(&names.voicemails)
                .index_name(index)
                .key_condition_expression("#partition = :value")
                .expression_attribute_names("#partition", attribute)
                .expression_attribute_values(":value", text(value))
                .send()
        };
        assert_eq!(found(OPEN, "open", "yes").await.unwrap().count(), 1);
        let by_number = found(BY_NUMBER, "number", "+14155550123").await.unwrap();
        assert_eq!(by_number.count(), 2);
    }

    #[tokio::test]
    async fn rows_expire_by_the_given_clock_when_they_are_swept() {
        let clock = clock();
        let database = Database::in_memory(&clock, 0).await.unwrap();
        let client = client_at(&database);
        let names = Tables::with_prefix("test");
        create_tables(&client, &names).await.unwrap();
        let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build();
        client
            .update_time_to_live()
            .table_name(&names.calls)
            .time_to_live_specification(expiry.unwrap())
            .send()
            .await
            .unwrap();
        client
            .put_item()
            .table_name(&names.calls)
            .item("call_sid", text("CA1"))
            .item("expires_at", AttributeValue::N((START + 60).to_string()))
            .send()
            .await
            .unwrap();

        assert_eq!(database.sweep_expired().await.unwrap(), 0);
        clock.advance(Duration::from_secs(61)).await;
        assert_eq!(database.sweep_expired().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn an_unreachable_database_still_shows_its_rows_backstage() {
        let (database, client, names) = with_tables().await;
        let patience = TimeoutConfig::builder().operation_timeout(Duration::from_millis(200)).build();
        let client = Client::from_conf(client.config().to_builder().timeout_config(patience).build());
        for reach in [Reach::Refused, Reach::Silent] {
            database.front().set(reach).await.unwrap();
            let scan = client.scan().table_name(&names.calls).send();
            scan.await.unwrap_err();
        }
        let backstage = database.backstage_client();
        let scan = backstage.scan().table_name(&names.calls).send();
        assert_eq!(scan.await.unwrap().count(), 0);

        database.front().set(Reach::Open).await.unwrap();
        let scan = client.scan().table_name(&names.calls).send();
        assert_eq!(scan.await.unwrap().count(), 0);
    }

    #[tokio::test]
    async fn who_looks_backstage_waits_however_slow_the_machine_is() {
        let (database, _, names) = with_tables().await;
        let slowness = tokio::spawn(async {
            loop {
                std::thread::sleep(Duration::from_millis(600));
                tokio::task::yield_now().await;
            }
        });
        let scan = database.backstage_client().scan().table_name(&names.calls).send().await;
        slowness.abort();
        assert_eq!(scan.unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_database_in_a_folder_keeps_its_rows_over_a_restart() {
        let folders = Folders::temporary().unwrap();
        let names = Tables::with_prefix("test");
        let database = Database::in_folder(&folders.database(), 0).await.unwrap();
        let client = client_at(&database);
        create_tables(&client, &names).await.unwrap();
        client.put_item().table_name(&names.calls).item("call_sid", text("CA1")).send().await.unwrap();
        database.shut_down().await;

        let database = Database::in_folder(&folders.database(), 0).await.unwrap();
        let client = client_at(&database);
        create_tables(&client, &names).await.unwrap();
        let scan = client.scan().table_name(&names.calls).send();
        assert_eq!(scan.await.unwrap().count(), 1);
    }
}
