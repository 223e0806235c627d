//! Reading a row as this release does: from an embedded table, by way of the store.

use exchange::clock::Clock;
use local::database::Database;
use phone::{CallSid, PhoneNumber, RecordingSid};
use serde_json::{Value, json};
use store::{Store, Tables, schema};

use crate::meaning;
use crate::rows::{Item, compact};

/// Tables, and a store over them.
pub struct Bench {
    database: Database,
    store: Store,
}

impl Bench {
    /// With empty tables.
    pub async fn new() -> Self {
        let clock = Clock::starting_at("2026-11-20T15:00:00Z".parse().unwrap());
        let database = Database::in_memory(&clock, 0).await.unwrap();
        let tables = Tables::with_prefix("aftertone");
        schema::create_tables(&database.backstage_client(), &tables).await.unwrap();
        let store = Store::new(database.backstage_client(), tables);
        Self { database, store }
    }

    /// What a row of a table means.
    pub async fn read(&self, table: &str, row: &Item) -> Value {
        put(&self.database.backstage_client(), table, row).await;
        compact(&self.meaning(table, row).await)
    }

    async fn meaning(&self, table: &str, row: &Item) -> Value {
        let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
        match table {
            "numbers" => self.read_beside_numbers(text("number").unwrap(), text("item").unwrap()).await,
            "calls" => {
                let sid = CallSid::parse(text("call_sid").unwrap()).unwrap();
                meaning::call(&self.store.call(&sid).await.unwrap())
            }
            _ if text("missed_at").is_some() => {
                let sid = CallSid::parse(text("recording_sid").unwrap()).unwrap();
                meaning::missed_call(&self.store.missed_call(&sid).await.unwrap())
            }
            _ => {
                let sid = RecordingSid::parse(text("recording_sid").unwrap()).unwrap();
                meaning::voicemail(&self.store.voicemail(&sid).await.unwrap())
            }
        }
    }

    async fn read_beside_numbers(&self, number: &str, item: &str) -> Value {
        let store = &self.store;
        match (PhoneNumber::parse(number), item.split_once('#')) {
            (Ok(number), None) if item == "settings" => {
                meaning::number(&store.settings(&number).await.unwrap().settings)
            }
            (Ok(number), None) => {
                let (hold, receipts) = store.number_hold(&number).await.unwrap();
                json!({
                    "hold": hold.as_ref().map(meaning::instruction),
                    "receipts": receipts.iter().map(meaning::receipt).collect::<Vec<_>>(),
                })
            }
            (Ok(number), Some(("usage", month))) => json!(store.usage(&number, month).await.unwrap()),
            (Ok(number), Some((_, day))) => {
                let day = format!("{day}T12:00:00Z").parse().unwrap();
                json!(store.deleted_rows(&number, day).await.unwrap())
            }
            (Err(_), Some((_, account))) => {
                let account = phone::AccountSid::parse(account).unwrap();
                let until = store.marks(&account).await.unwrap().until;
                json!(until.map(|until| until.to_string()))
            }
            (Err(_), None) => json!(format!("{:?}", store.sweep().await.unwrap())),
        }
    }
}

/// Puts a row into one of the embedded tables.
pub async fn put(client: &aws_sdk_dynamodb::Client, table: &str, row: &Item) {
    let put = client.put_item().table_name(format!("aftertone-{table}")).set_item(Some(row.clone()));
    put.send().await.unwrap();
}
