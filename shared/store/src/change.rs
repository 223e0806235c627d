//! An update of one row, put together clause by clause.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, Update};

use crate::error::StoreError;
use crate::{Item, Written};

/// How often a write is tried that met another one on the same row.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// Waits before the next try: longer each time, and never as long as the others who met there.
pub(crate) async fn backoff_with_jitter(attempt: u32) {
    // A new hasher's keys are random: no need for more randomness than that.
    let random = RandomState::new().hash_one(attempt);
    let at_most = 20u64 << attempt;
    tokio::time::sleep(Duration::from_millis(10 + random % at_most)).await;
}

fn known_if_there(row: &Item) -> Written {
    if row.is_empty() { Written::NotApplicable } else { Written::AlreadyApplied }
}

/// In expressions, `#name` stands for the attribute `name`, so that none can be a reserved word.
#[derive(Debug, Default)]
pub(crate) struct Change {
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    delete: Vec<String>,
    condition: Option<String>,
    refused: Option<fn(&Item) -> Written>,
    values: HashMap<String, AttributeValue>,
    aliases: HashMap<String, String>,
}

impl Change {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(mut self, name: &str, value: impl IntoAttribute) -> Self {
        self.set.push(format!("#{name} = :{name}"));
        self.values.insert(format!(":{name}"), value.into_attribute());
        self
    }

    /// In expressions, `#alias` stands for this attribute, whose name can't stand there itself.
    pub(crate) fn called(mut self, alias: &str, attribute: String) -> Self {
        self.aliases.insert(alias.to_owned(), attribute);
        self
    }

    /// Sets what a path like `#leg.#state` leads to.
    pub(crate) fn set_in(mut self, path: &str, name: &str, value: impl IntoAttribute) -> Self {
        self.set.push(format!("{path} = :{name}"));
        self.values.insert(format!(":{name}"), value.into_attribute());
        self
    }

    /// The same; keeps what is there.
    pub(crate) fn set_in_if_absent(mut self, path: &str, name: &str, value: impl IntoAttribute) -> Self {
        self.set.push(format!("{path} = if_not_exists({path}, :{name})"));
        self.values.insert(format!(":{name}"), value.into_attribute());
        self
    }

    /// Nothing where there is nothing to set.
    pub(crate) fn set_some(self, name: &str, value: Option<impl IntoAttribute>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// What an earlier report had and this one has not, goes.
    pub(crate) fn set_or_remove(self, name: &str, value: Option<impl IntoAttribute>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    /// Keeps what is there.
    pub(crate) fn set_if_absent(mut self, name: &str, value: Option<impl IntoAttribute>) -> Self {
        if let Some(value) = value {
            self.set.push(format!("#{name} = if_not_exists(#{name}, :{name})"));
            self.values.insert(format!(":{name}"), value.into_attribute());
        }
        self
    }

    pub(crate) fn add(mut self, name: &str, amount: i64) -> Self {
        self.add.push(format!("#{name} :{name}"));
        self.values.insert(format!(":{name}"), amount.into_attribute());
        self
    }

    /// Puts a text into a set of texts, which begins with the first.
    pub(crate) fn add_to_set(self, name: &str, value: &str) -> Self {
        self.add_all_to_set(name, &[value])
    }

    /// Puts several texts, and at least one, into a set.
    pub(crate) fn add_all_to_set(mut self, name: &str, values: &[&str]) -> Self {
        self.add.push(format!("#{name} :{name}"));
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.values.insert(format!(":{name}"), AttributeValue::Ss(values));
        self
    }

    /// Takes a text out of a set, which ends with the last.
    pub(crate) fn delete_from_set(mut self, name: &str, value: &str) -> Self {
        self.delete.push(format!("#{name} :{name}"));
        self.values.insert(format!(":{name}"), AttributeValue::Ss(vec![value.to_owned()]));
        self
    }

    /// Puts a value at the end of a list.
    pub(crate) fn append(mut self, name: &str, value: AttributeValue) -> Self {
        self.set.push(format!("#{name} = list_append(if_not_exists(#{name}, :no_{name}), :{name})"));
        self.values.insert(format!(":no_{name}"), AttributeValue::L(Vec::new()));
        self.values.insert(format!(":{name}"), AttributeValue::L(vec![value]));
        self
    }

    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.remove.push(format!("#{name}"));
        self
    }

    pub(crate) fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// What it means that the condition does not hold, by the row as it is then; it is empty where there is
    /// none. Unsaid: a row that is there knows it already.
    pub(crate) fn refused(mut self, means: fn(&Item) -> Written) -> Self {
        self.refused = Some(means);
        self
    }

    /// A value for the condition alone.
    pub(crate) fn value(mut self, name: &str, value: impl IntoAttribute) -> Self {
        self.values.insert(format!(":{name}"), value.into_attribute());
        self
    }

    fn expression(&self) -> String {
        let clauses =
            [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove), ("DELETE", &self.delete)];
        let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
        clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
    }

    /// DynamoDB takes exactly the names that are used, so they are read from the expressions.
    fn names(&self, expression: &str) -> HashMap<String, String> {
        let mut names = BTreeSet::new();
        for text in [Some(expression), self.condition.as_deref()].into_iter().flatten() {
            for part in text.split('#').skip(1) {
                let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
                names.insert(&part[..end]);
            }
        }
        let attribute = |name: &str| self.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned());
        names.into_iter().map(|name| (format!("#{name}"), attribute(name))).collect()
    }

    /// Carries it out. A transaction that is writing the same row is waited for.
    pub(crate) async fn apply(
        self,
        client: &aws_sdk_dynamodb::Client,
        table: &str,
        key: Item,
    ) -> Result<Written, StoreError> {
        Ok(self.send(client, table, key, false).await?.0)
    }

    /// The same, and the row as it is then, which costs nothing more.
    pub(crate) async fn apply_and_read(
        self,
        client: &aws_sdk_dynamodb::Client,
        table: &str,
        key: Item,
    ) -> Result<(Written, Item), StoreError> {
        self.send(client, table, key, true).await
    }

    async fn send(
        self,
        client: &aws_sdk_dynamodb::Client,
        table: &str,
        key: Item,
        reads: bool,
    ) -> Result<(Written, Item), StoreError> {
        let expression = self.expression();
        let names = self.names(&expression);
        let means = self.refused.unwrap_or(known_if_there);
        let update = client
            .update_item()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!self.values.is_empty()).then_some(self.values))
            .set_condition_expression(self.condition)
            .set_return_values(reads.then_some(ReturnValue::AllNew))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for attempt in 1..=MAX_ATTEMPTS {
            let error = match update.clone().send().await {
                Ok(answer) => return Ok((Written::Applied, answer.attributes.unwrap_or_default())),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let row = failed.item().cloned().unwrap_or_default();
                    return Ok((means(&row), row));
                }
                Some(UpdateItemError::TransactionConflictException(_)) => backoff_with_jitter(attempt).await,
                _ => return Err(StoreError::unavailable(error)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// As a part of a transaction.
    pub(crate) fn in_transaction(self, table: &str, key: Item) -> Result<Update, StoreError> {
        let expression = self.expression();
        let names = self.names(&expression);
        Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!self.values.is_empty()).then_some(self.values))
            .set_condition_expression(self.condition)
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))
    }
}

/// A Rust value as DynamoDB has it.
pub(crate) trait IntoAttribute {
    fn into_attribute(self) -> AttributeValue;
}

impl IntoAttribute for &str {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::S(self.to_owned())
    }
}

impl IntoAttribute for String {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::S(self)
    }
}

impl IntoAttribute for i64 {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::N(self.to_string())
    }
}

impl IntoAttribute for u32 {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::N(self.to_string())
    }
}

impl IntoAttribute for bool {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::Bool(self)
    }
}

/// Milliseconds always, so that times in text sort as times.
impl IntoAttribute for jiff::Timestamp {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::S(format!("{self:.3}"))
    }
}

impl IntoAttribute for AttributeValue {
    fn into_attribute(self) -> AttributeValue {
        self
    }
}

impl IntoAttribute for &phone::PhoneNumber {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::S(self.reveal().to_owned())
    }
}

impl IntoAttribute for &phone::Caller {
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::S(self.reveal())
    }
}
