//! What each function may ask DynamoDB for: its role in the template, enforced here as AWS does.
//!
//! Otherwise a function that needs one action more would work everywhere but where it counts. A transaction
//! needs the action of each of its writes, on the table of each. Source: AWS's "IAM policies for DynamoDB
//! transactions".
//!
//! Requests that no function makes (a test that looks into a table, the operator's command line) may do all.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// The template that is deployed.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The tables, as they are called here and in the template.
const TABLES: [(&str, &str); 5] = [
    ("-numbers", "NumbersTable"),
    // Before the calls, whose end it has as well.
    ("-live-calls", "LiveCallsTable"),
    ("-calls", "CallsTable"),
    ("-voicemails", "VoicemailsTable"),
    ("-access", "AccessTable"),
];

tokio::task_local! {
    static FUNCTION: &'static str;
}

/// Whether the deployed gateway has a route to this path.
pub(crate) fn has_route(path: &str) -> bool {
    TEMPLATE.contains(&format!("Path: {path},"))
}

/// Works as this function of the template: `voice`, `dial-outcome`, ...
pub(crate) async fn acting_as<T>(function: &'static str, work: impl Future<Output = T>) -> T {
    FUNCTION.scope(function, work).await
}

/// Whose work this is.
pub(crate) fn acting() -> Option<&'static str> {
    FUNCTION.try_with(|function| *function).ok()
}

/// An action on a table or one of its indexes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    /// Like `dynamodb:UpdateItem`.
    action: String,
    /// Like `NumbersTable.Arn` or `${VoicemailsTable.Arn}/index/open`.
    resource: String,
    /// The item's partition key, where the request names one.
    leading_key: Option<String>,
}

/// What a statement of a role's policy allows.
#[derive(Debug)]
struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    /// `dynamodb:LeadingKeys`, if it is bound to some.
    leading_keys: Option<Vec<String>>,
}

static ROLES: LazyLock<BTreeMap<String, Vec<Statement>>> = LazyLock::new(|| {
    let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap_or_default();
    let resources = template["Resources"].as_object().into_iter().flatten();
    let functions = resources.filter(|(_, it)| it["Type"] == "AWS::Serverless::Function");
    let roles = functions.filter_map(|(_, function)| {
        let name = function["Properties"]["CodeUri"].as_str()?.strip_prefix("functions/")?;
        let role = function["Properties"]["Role"].as_str()?.strip_suffix(".Arn")?;
        Some((name.to_owned(), statements(&template["Resources"][role])))
    });
    roles.collect()
});

fn statements(role: &Value) -> Vec<Statement> {
    let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
    let statements =
        policies.flat_map(|it| it["PolicyDocument"]["Statement"].as_array().into_iter().flatten());
    let allowing = statements.filter(|statement| statement["Effect"] == "Allow");
    allowing
        .map(|statement| Statement {
            actions: texts(&statement["Action"]),
            resources: texts(&statement["Resource"]),
            leading_keys: statement["Condition"]["ForAllValues:StringEquals"]
                .get("dynamodb:LeadingKeys")
                .map(texts),
        })
        .collect()
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// What of this request the function's role does not allow: `Err` with a line for each.
///
/// `operation` is like `UpdateItem`, `body` the request's JSON.
pub(crate) fn permits(function: &str, operation: &str, body: &[u8]) -> Result<(), String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let role = ROLES.get(function).map(Vec::as_slice).unwrap_or_default();
    let denied: Vec<String> = uses(operation, &body)
        .into_iter()
        .filter(|needed| !role.iter().any(|statement| statement.allows(needed)))
        .map(|needed| format!("{function} may not {} {}", needed.action, needed.resource))
        .collect();
    if denied.is_empty() { Ok(()) } else { Err(denied.join("\n")) }
}

impl Statement {
    fn allows(&self, needed: &Use) -> bool {
        self.actions.contains(&needed.action)
            && self.resources.contains(&needed.resource)
            && self.leading_keys.as_ref().is_none_or(|keys| {
                // Of a request without a key AWS says that all of none are among them.
                needed.leading_key.as_ref().is_none_or(|key| keys.contains(key))
            })
    }
}

fn uses(operation: &str, body: &Value) -> Vec<Use> {
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            let parts = parts.flat_map(|part| part.as_object().into_iter().flatten());
            parts
                // `Update`, `ConditionCheck`, ...
                .map(|(kind, part)| on(&format!("{kind}Item"), part))
                .collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| used(operation, table, None, None)).collect()
        }
        _ => vec![on(operation, body)],
    }
}

fn on(action: &str, request: &Value) -> Use {
    let table = request["TableName"].as_str().unwrap_or_default();
    let item = request.get("Key").or(request.get("Item"));
    // Of the tables that a role may be bound to keys of.
    let key =
        item.and_then(|item| ["number", "key"].iter().find_map(|partition| item[partition]["S"].as_str()));
    used(action, table, request["IndexName"].as_str(), key)
}

fn used(action: &str, table: &str, index: Option<&str>, key: Option<&str>) -> Use {
    let logical = TABLES.iter().find(|(end, _)| table.ends_with(end)).map_or(table, |(_, logical)| logical);
    let resource = match index {
        None => format!("{logical}.Arn"),
        Some(index) => format!("${{{logical}.Arn}}/index/{index}"),
    };
    Use { action: format!("dynamodb:{action}"), resource, leading_key: key.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permits(function: &str, operation: &str, body: &Value) -> Result<(), String> {
        super::permits(function, operation, body.to_string().as_bytes())
    }

    #[test]
    fn a_function_may_do_what_its_role_says_and_no_more() {
        let numbers = json!({ "TableName": "aftertone-numbers", "Key": { "number": { "S": "+1" } } });
        let calls = json!({ "TableName": "aftertone-calls", "Key": { "call_sid": { "S": "CA1" } } });
        permits("voice", "GetItem", &numbers).unwrap();
        permits("voice", "UpdateItem", &calls).unwrap();
        permits("voice", "DeleteItem", &calls).unwrap_err();
        permits("transcription", "GetItem", &numbers).unwrap_err();
        assert_eq!(
            permits("nobody", "Scan", &calls).unwrap_err(),
            "nobody may not dynamodb:Scan CallsTable.Arn"
        );
    }

    #[test]
    fn a_transaction_needs_the_action_of_each_of_its_writes() {
        let write = json!({ "TransactItems": [
            { "Update": { "TableName": "aftertone-calls", "Key": {} } },
            { "ConditionCheck": { "TableName": "aftertone-numbers", "Key": {} } },
        ]});
        assert_eq!(
            permits("voice", "TransactWriteItems", &write).unwrap_err(),
            "voice may not dynamodb:ConditionCheckItem NumbersTable.Arn"
        );
    }

    #[test]
    fn an_index_is_a_resource_of_its_own() {
        let index = |name| json!({ "TableName": "aftertone-voicemails", "IndexName": name });
        permits("reconcile", "Query", &index("open")).unwrap();
        permits("reconcile", "Query", &index("by-number")).unwrap_err();
    }

    #[test]
    fn a_role_may_be_bound_to_keys() {
        let of = |key| json!({ "TableName": "aftertone-numbers", "Key": { "number": { "S": key } } });
        permits("reconcile", "UpdateItem", &of("reconcile")).unwrap();
        permits("reconcile", "UpdateItem", &of("+14155550101")).unwrap_err();
    }
}
