//! The tables, for whoever has to make them: the embedded database, and tests. On AWS the
//! deployment's template makes the same.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
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

/// Makes the tables that are not there yet.
///
/// # Errors
/// [`StoreError::Unavailable`] with DynamoDB's own words.
pub async fn create_tables(client: &aws_sdk_dynamodb::Client, tables: &Tables) -> Result<(), StoreError> {
    let create = |name: &str, keys: &[(&str, KeyType)]| {
        keys.iter().try_fold(
            client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest),
            |table, (attribute, key_type)| {
                Ok::<_, StoreError>(
                    table
                        .key_schema(key(attribute, key_type)?)
                        .attribute_definitions(text_attribute(attribute)?),
                )
            },
        )
    };
    let (hash, range) = (KeyType::Hash, KeyType::Range);
    let numbers = create(&tables.numbers, &[("number", hash.clone()), ("item", range.clone())])?;
    let calls = create(&tables.calls, &[("call_sid", hash.clone())])?;
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewImage)
        .build()
        .map_err(|error| StoreError::Unavailable(error.into()))?;
    let voicemails = create(&tables.voicemails, &[("recording_sid", hash)])?
        .attribute_definitions(text_attribute("number")?)
        .attribute_definitions(text_attribute("open")?)
        .attribute_definitions(text_attribute("recorded_at")?)
        .global_secondary_indexes(index(BY_NUMBER, "number")?)
        .global_secondary_indexes(index(OPEN, "open")?)
        .stream_specification(stream);
    for table in [numbers, calls, voicemails] {
        match table.send().await {
            Ok(_) => {}
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), CreateTableError::ResourceInUseException(_)) => {}
            Err(error) => return Err(StoreError::unavailable(error)),
        }
    }
    Ok(())
}

fn key(attribute: &str, key_type: &KeyType) -> Result<KeySchemaElement, StoreError> {
    KeySchemaElement::builder()
        .attribute_name(attribute)
        .key_type(key_type.clone())
        .build()
        .map_err(|error| StoreError::Unavailable(error.into()))
}

fn text_attribute(name: &str) -> Result<AttributeDefinition, StoreError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(|error| StoreError::Unavailable(error.into()))
}

fn index(name: &str, partition: &str) -> Result<GlobalSecondaryIndex, StoreError> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(partition, &KeyType::Hash)?)
        .key_schema(key("recorded_at", &KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .map_err(|error| StoreError::Unavailable(error.into()))
}
