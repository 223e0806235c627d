//! The tables, for whoever has to make them: the embedded database, and tests. On AWS the
//! deployment's template makes the same.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};

use crate::Tables;
use crate::error::StoreError;

/// Voicemails of one number by time; and calls, in the table of those.
pub const BY_NUMBER: &str = "by-number";

/// Voicemails that are not done yet, by time. Sparse: a row that is done has no `open`.
pub const OPEN: &str = "open";

/// Missed calls that are not done yet, by time. Sparse likewise.
pub const OPEN_CALLS: &str = "open-calls";

/// Live calls that somebody has to look after, by when. Sparse: one that is over and summed up is not in it.
pub const DUE: &str = "due";

/// Makes the tables that do not exist yet.
///
/// - Numbers: `number` and `item`.
/// - Calls: `call_sid`; sparse index [`BY_NUMBER`] (`number`, `begun_at`) with `caller`. Tables of an earlier
///   release get it.
/// - Voicemails: `recording_sid`; index [`BY_NUMBER`] (`number`, `recorded_at`), sparse indexes
///   [`OPEN`] (`open`, `recorded_at`) and [`OPEN_CALLS`] (`open`, `missed_at`); a stream of the rows
///   as they become.
/// - `LiveCalls`: `call_id` and `item`; sparse index [`DUE`] (`due_shard`, `due`) of the keys; a stream of the keys of
///   rows that change.
/// - Access: `key` and `item`. Its rows expire by `expires`.
///
/// # Errors
/// [`StoreError::Unavailable`] when a table cannot be made for another reason than that it exists.
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    create_numbers(client, &tables.numbers).await.map_err(unavailable)?;
    create_calls(client, &tables.calls).await.map_err(unavailable)?;
    create_voicemails(client, &tables.voicemails).await.map_err(unavailable)?;
    create_live_calls(client, &tables.live_calls).await.map_err(unavailable)?;
    create_access(client, &tables.access).await.map_err(unavailable)
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
        .set_attribute_definitions(Some(texts(&["call_sid", "number", "begun_at"])?))
        .set_key_schema(Some(key("call_sid", None)?))
        .global_secondary_indexes(calls_by_number()?);
    create(table, name).await?;
    let described = client.describe_table().table_name(name).send().await?.table;
    let indexes =
        described.iter().flat_map(aws_sdk_dynamodb::types::TableDescription::global_secondary_indexes);
    if !indexes.into_iter().any(|index| index.index_name() == Some(BY_NUMBER)) {
        let GlobalSecondaryIndex { index_name, key_schema, projection, .. } = calls_by_number()?;
        let index = CreateGlobalSecondaryIndexAction::builder()
            .index_name(index_name)
            .set_key_schema(Some(key_schema))
            .set_projection(projection)
            .build()?;
        let update = client
            .update_table()
            .table_name(name)
            .set_attribute_definitions(Some(texts(&["call_sid", "number", "begun_at"])?))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(index).build());
        update.send().await?;
    }
    Ok(())
}

/// What changes while a call goes on is not in it, and costs no write of it.
fn calls_by_number() -> Result<GlobalSecondaryIndex, BuildError> {
    let projection =
        Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("caller");
    GlobalSecondaryIndex::builder()
        .index_name(BY_NUMBER)
        .set_key_schema(Some(key("number", Some("begun_at"))?))
        .projection(projection.build())
        .build()
}

async fn create_voicemails(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let attributes = ["recording_sid", "number", "open", "recorded_at", "missed_at"];
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&attributes)?))
        .set_key_schema(Some(key("recording_sid", None)?))
        .global_secondary_indexes(index(BY_NUMBER, "number", "recorded_at", ProjectionType::All)?)
        .global_secondary_indexes(index(OPEN, "open", "recorded_at", ProjectionType::All)?)
        .global_secondary_indexes(index(OPEN_CALLS, "open", "missed_at", ProjectionType::All)?)
        .stream_specification(stream(StreamViewType::NewImage)?);
    create(table, name).await
}

async fn create_live_calls(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&["call_id", "item", "due_shard", "due"])?))
        .set_key_schema(Some(key("call_id", Some("item"))?))
        .global_secondary_indexes(index(DUE, "due_shard", "due", ProjectionType::KeysOnly)?)
        .stream_specification(stream(StreamViewType::KeysOnly)?);
    create(table, name).await
}

async fn create_access(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let table = client
        .create_table()
        .set_attribute_definitions(Some(texts(&["key", "item"])?))
        .set_key_schema(Some(key("key", Some("item"))?));
    create(table, name).await
}

fn stream(view: StreamViewType) -> Result<StreamSpecification, BuildError> {
    StreamSpecification::builder().stream_enabled(true).stream_view_type(view).build()
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

fn index(
    name: &str,
    partition: &str,
    sort: &str,
    projection: ProjectionType,
) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key(partition, Some(sort))?))
        .projection(Projection::builder().projection_type(projection).build())
        .build()
}
