//! Reads a table's stream, shard by shard, and writes its records as EventBridge Pipes does.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodbstreams::{
    Client, Error,
    primitives::DateTime,
    types::{AttributeValue, OperationType, Record, ShardIteratorType, StreamViewType},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value, json};

/// The region in records, whatever the embedded database calls its own.
pub(super) const REGION: &str = "us-east-1";

/// Where in a stream the reader stands.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    table: String,
    arn: Option<String>,
    shards: Vec<Shard>,
}

#[derive(Debug)]
struct Shard {
    id: String,
    parent: Option<String>,
    /// Where to read on; none when that must be asked for.
    iterator: Option<String>,
    /// The last record that was read.
    sequence_number: Option<String>,
    /// Read to its end: its children come next.
    is_finished: bool,
}

impl Reader {
    /// Reads the stream of `table` from the oldest record that is kept.
    pub(super) fn new(client: Client, table: String) -> Self {
        Self { client, table, arn: None, shards: Vec::new() }
    }

    /// The records that came since the last time, those of each row in the order of its changes;
    /// none while the table or its stream does not exist. What was read before a failure is
    /// answered, and the failure comes again the next time.
    pub(super) async fn read(&mut self) -> Result<Vec<Value>, Error> {
        let mut records = Vec::new();
        match self.read_into(&mut records).await {
            Err(Error::ResourceNotFoundException(_)) => {
                // The table was made anew: the next time its new stream is found.
                self.arn = None;
                self.shards.clear();
                Ok(records)
            }
            Err(error) if records.is_empty() => Err(error),
            Ok(()) | Err(_) => Ok(records),
        }
    }

    async fn read_into(&mut self, records: &mut Vec<Value>) -> Result<(), Error> {
        if self.arn.is_none() {
            self.arn = self.find().await?;
        }
        let Some(arn) = self.arn.clone() else {
            return Ok(());
        };
        if self.shards.iter().all(|shard| shard.is_finished) {
            self.discover(&arn).await?;
        }
        loop {
            let mut has_finished_one = false;
            for index in 0..self.shards.len() {
                if self.is_readable(index) {
                    self.read_shard(&arn, index, records).await?;
                    has_finished_one |= self.shards[index].is_finished;
                }
            }
            if !has_finished_one {
                return Ok(());
            }
            self.discover(&arn).await?;
        }
    }

    /// The stream's ARN, once it has one.
    async fn find(&self) -> Result<Option<String>, Error> {
        let answer = self.client.list_streams().table_name(&self.table).send().await?;
        let mut streams = answer.streams().iter();
        Ok(streams.find_map(|stream| stream.stream_arn()).map(str::to_owned))
    }

    /// Learns of new shards and forgets those that are gone.
    async fn discover(&mut self, arn: &str) -> Result<(), Error> {
        let mut found = HashSet::new();
        let mut last = None;
        loop {
            let answer = self
                .client
                .describe_stream()
                .stream_arn(arn)
                .set_exclusive_start_shard_id(last)
                .send()
                .await?;
            let Some(stream) = answer.stream_description() else {
                break;
            };
            for shard in stream.shards() {
                let Some(id) = shard.shard_id() else {
                    continue;
                };
                found.insert(id.to_owned());
                if self.shards.iter().all(|known| known.id != id) {
                    self.shards.push(Shard {
                        id: id.to_owned(),
                        parent: shard.parent_shard_id().map(str::to_owned),
                        iterator: None,
                        sequence_number: None,
                        is_finished: false,
                    });
                }
            }
            last = stream.last_evaluated_shard_id().map(str::to_owned);
            if last.is_none() {
                break;
            }
        }
        self.shards.retain(|shard| found.contains(&shard.id));
        Ok(())
    }

    /// Not at its end, and its parent read before it, unless that is gone.
    fn is_readable(&self, index: usize) -> bool {
        let shard = &self.shards[index];
        let mut others = self.shards.iter();
        let waits = others.any(|other| Some(&other.id) == shard.parent.as_ref() && !other.is_finished);
        !shard.is_finished && !waits
    }

    async fn read_shard(&mut self, arn: &str, index: usize, records: &mut Vec<Value>) -> Result<(), Error> {
        let shard = &mut self.shards[index];
        loop {
            let iterator = match shard.iterator.take() {
                Some(iterator) => iterator,
                None => match begin(&self.client, arn, shard).await? {
                    Some(iterator) => iterator,
                    None => return Ok(()),
                },
            };
            let answer = self.client.get_records().shard_iterator(iterator.clone()).send().await;
            let page = match answer.map_err(Error::from) {
                Ok(page) => page,
                Err(Error::ExpiredIteratorException(_)) => continue,
                Err(Error::TrimmedDataAccessException(_)) => {
                    // What stood there is older than a day and gone: go on with what is left.
                    shard.sequence_number = None;
                    continue;
                }
                Err(error) => {
                    shard.iterator = Some(iterator);
                    return Err(error);
                }
            };
            shard.iterator = page.next_shard_iterator().map(str::to_owned);
            for record in page.records() {
                let sequence_number = record.dynamodb().and_then(|change| change.sequence_number());
                if let Some(sequence_number) = sequence_number {
                    shard.sequence_number = Some(sequence_number.to_owned());
                }
                records.push(as_piped(record, arn));
            }
            if shard.iterator.is_none() {
                shard.is_finished = true;
                return Ok(());
            }
            if page.records().is_empty() {
                return Ok(());
            }
        }
    }
}

/// An iterator after what was read of the shard, or from its beginning.
async fn begin(client: &Client, arn: &str, shard: &Shard) -> Result<Option<String>, Error> {
    let from = match shard.sequence_number {
        Some(_) => ShardIteratorType::AfterSequenceNumber,
        None => ShardIteratorType::TrimHorizon,
    };
    let answer = client
        .get_shard_iterator()
        .stream_arn(arn)
        .shard_id(&shard.id)
        .shard_iterator_type(from)
        .set_sequence_number(shard.sequence_number.clone())
        .send()
        .await?;
    Ok(answer.shard_iterator)
}

/// The record as a pipe without transformation passes it on.
fn as_piped(record: &Record, arn: &str) -> Value {
    let mut piped = json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().map(OperationType::as_str),
        "eventVersion": record.event_version(),
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "eventSourceARN": in_region(arn),
    });
    let Some(change) = record.dynamodb() else {
        return piped;
    };
    let mut dynamodb = json!({
        "ApproximateCreationDateTime": change.approximate_creation_date_time().map(DateTime::secs),
        "SequenceNumber": change.sequence_number(),
        "SizeBytes": change.size_bytes(),
        "StreamViewType": change.stream_view_type().map(StreamViewType::as_str),
    });
    for (name, row) in
        [("Keys", change.keys()), ("NewImage", change.new_image()), ("OldImage", change.old_image())]
    {
        if let Some(row) = row {
            dynamodb[name] = row_json(row);
        }
    }
    piped["dynamodb"] = dynamodb;
    piped
}

/// The ARN with our region: its fourth part.
fn in_region(arn: &str) -> String {
    let parts = arn.splitn(6, ':').enumerate();
    let parts: Vec<&str> = parts.map(|(index, part)| if index == 3 { REGION } else { part }).collect();
    parts.join(":")
}

fn row_json(row: &HashMap<String, AttributeValue>) -> Value {
    let members = row.iter().map(|(name, value)| (name.clone(), attribute_json(value)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// `DynamoDB`'s own JSON: each value in an object that names its type.
fn attribute_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": BASE64.encode(bytes) }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(all) => {
            json!({ "BS": all.iter().map(|bytes| BASE64.encode(bytes)).collect::<Vec<_>>() })
        }
        AttributeValue::L(values) => {
            json!({ "L": values.iter().map(attribute_json).collect::<Vec<_>>() })
        }
        AttributeValue::M(row) => json!({ "M": row_json(row) }),
        // A type that DynamoDB does not have yet.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodbstreams::{primitives::Blob, types::StreamRecord};
    use axum::{Router, http::HeaderMap};

    use super::*;
    use crate::database::Database;

    #[test]
    fn a_record_is_passed_on_as_the_pipe_does() {
        let nested = AttributeValue::L(vec![
            AttributeValue::Bool(true),
            AttributeValue::Null(true),
            AttributeValue::B(Blob::new(b"\x00\x01")),
            AttributeValue::Ss(vec!["a".to_owned()]),
        ]);
        let record = Record::builder()
            .event_id("1")
            .event_name(OperationType::Insert)
            .event_version("1.1")
            .aws_region("elsewhere")
            .dynamodb(
                StreamRecord::builder()
                    .keys("recording_sid", AttributeValue::S("RE1".to_owned()))
                    .new_image("attempts", AttributeValue::N("3".to_owned()))
                    .new_image("nested", nested)
                    .approximate_creation_date_time(DateTime::from_secs(1_800_000_000))
                    .sequence_number("100")
                    .size_bytes(12)
                    .stream_view_type(StreamViewType::NewAndOldImages)
                    .build(),
            )
            .build();
        let piped = as_piped(&record, "arn:aws:dynamodb:elsewhere:000000000000:table/V/stream/1.2:3");
        assert_eq!(
            piped,
            json!({
                "eventID": "1",
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/V/stream/1.2:3",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1_800_000_000,
                    "Keys": { "recording_sid": { "S": "RE1" } },
                    "NewImage": {
                        "attempts": { "N": "3" },
                        "nested": { "L": [
                            { "BOOL": true }, { "NULL": true }, { "B": "AAE=" }, { "SS": ["a"] }
                        ] },
                    },
                    "SequenceNumber": "100",
                    "SizeBytes": 12,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
            })
        );
    }

    /// A stream whose first shard ends after two records and whose second one follows it. The
    /// iterator of a shard is `<shard>@<number of records read>`.
    fn rolling(calls: &Mutex<Vec<String>>, target: &str, request: &Value) -> Value {
        let operation = target.rsplit('.').next().unwrap();
        calls.lock().unwrap().push(operation.to_owned());
        let records = |shard: &str| if shard == "first" { vec!["1", "2"] } else { vec!["3"] };
        match operation {
            "ListStreams" => json!({ "Streams": [{ "StreamArn": "arn:aws:dynamodb:r:0:table/V/stream/s" }] }),
            "DescribeStream" => json!({ "StreamDescription": { "Shards": [
                { "ShardId": "second", "ParentShardId": "first" },
                { "ShardId": "first", "ParentShardId": "trimmed long ago" },
            ] } }),
            "GetShardIterator" => {
                json!({ "ShardIterator": format!("{}@0", request["ShardId"].as_str().unwrap()) })
            }
            "GetRecords" => {
                let (shard, read) = request["ShardIterator"].as_str().unwrap().split_once('@').unwrap();
                let read: usize = read.parse().unwrap();
                let all = records(shard);
                let page = all.get(read..).unwrap_or_default().first();
                let mut answer = json!({ "Records": page.map(|number| json!({
                    "eventID": number,
                    "dynamodb": { "SequenceNumber": number },
                })).into_iter().collect::<Vec<_>>() });
                if shard == "second" || read + 1 < all.len() {
                    let read = read + usize::from(page.is_some());
                    answer["NextShardIterator"] = json!(format!("{shard}@{read}"));
                }
                answer
            }
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_shard_is_read_after_its_parent_has_ended() {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let router = Router::new().fallback(move |headers: HeaderMap, body: String| async move {
            let target = headers["x-amz-target"].to_str().unwrap();
            rolling(&seen, target, &serde_json::from_str(&body).unwrap()).to_string()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let clock = exchange::clock::Clock::system();
        let database = Database::in_memory(&clock, 0).await.unwrap();
        let config = database.streams_client().config().to_builder();
        let client = Client::from_conf(config.endpoint_url(format!("http://{address}")).build());
        let mut reader = Reader::new(client, "V".to_owned());
        let records = reader.read().await.unwrap();
        let ids: Vec<_> = records.iter().map(|record| record["eventID"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "2", "3"]);

        calls.lock().unwrap().clear();
        assert_eq!(reader.read().await.unwrap(), Vec::<Value>::new());
        assert_eq!(*calls.lock().unwrap(), ["GetRecords"], "a quiet stream costs one request");
    }

    #[tokio::test]
    async fn a_table_that_does_not_exist_has_no_records() {
        let clock = exchange::clock::Clock::system();
        let database = Database::in_memory(&clock, 0).await.unwrap();
        let mut reader = Reader::new(database.streams_client(), "Voicemails".to_owned());
        assert_eq!(reader.read().await.unwrap(), Vec::<Value>::new());
    }
}
