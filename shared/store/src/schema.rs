//! The tables, for whoever has to make them: the embedded database, and tests. On AWS the
//! deployment's template makes the same.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};

use crate::Tables;
use crate::error::StoreError;

/// Voicemails of one number by time.
pub const BY_NUMBER: &str = "by-number";

/// Voicemails that are not done yet, by time. Sparse: a row that is done has no `open`.
pub const OPEN: &str = "open";

/// Missed calls that are not done yet, by time. Sparse likewise.
pub const OPEN_CALLS: &str = "open-calls";

/// Makes the tables that do not exist yet.
///
/// - Numbers: `number` and `item`.
/// - Calls: `call_sid`.
/// - Voicemails: `recording_sid`; index [`BY_NUMBER`] (`number`, `recorded_at`), sparse indexes
///   [`OPEN`] (`open`, `recorded_at`) and [`OPEN_CALLS`] (`open`, `missed_at`); a stream of the rows
///   as they become.
///
/// # Errors
/// [`StoreError::Unavailable`] when a table cannot be made for another reason than that it exists.
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    create_numbers(client, &tables.numbers).await.map_err(unavailable)?;
    create_calls(client, &tables.calls).await.map_err(unavailable)?;
    create_voicemails(client, &tables.voicemails).await.map_err(unavailable)
}

fn unavailable(error: aws_sdk_dynamodb::Error) -> StoreError {
    StoreError::Unavailable(error.into())
}

async fn create_numbers(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&["number", "item"])?))
        .set_key_schema(Some(key("number", Some("item"))?));
    create(table, name).await
}

async fn create_calls(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&["call_sid"])?))
        .set_key_schema(Some(key("call_sid", None)?));
    create(table, name).await
}

async fn create_voicemails(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let attributes = ["recording_sid", "number", "open", "recorded_at", "missed_at"];
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewImage)
        .build()?;
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&attributes)?))
        .set_key_schema(Some(key("recording_sid", None)?))
        .global_secondary_indexes(index(BY_NUMBER, "number", "recorded_at")?)
        .global_secondary_indexes(index(OPEN, "open", "recorded_at")?)
        .global_secondary_indexes(index(OPEN_CALLS, "open", "missed_at")?)
        .stream_specification(stream);
    create(table, name).await
}

async fn create(table: CreateTableFluentBuilder, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let answer = table
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .map_err(aws_sdk_dynamodb::Error::from);
    match answer {
        Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn texts(names: &[&str]) -> Result<Vec<AttributeDefinition>, BuildError> {
    names
        .iter()
        .map(|name| {
            AttributeDefinition::builder()
                .attribute_name(*name)
                .attribute_type(ScalarAttributeType::S)
                .build()
        })
        .collect()
}

fn key(partition: &str, sort: Option<&str>) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(Some(partition), KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .filter_map(|(name, kind)| Some((name?, kind)))
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

fn index(name: &str, partition: &str, sort: &str) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key(partition, Some(sort))?))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
}
