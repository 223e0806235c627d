//! What AWS tells the doctor, where nothing embedded speaks for it: `CloudFormation`, STS, Secrets
//! Manager, SES v2, SQS and Lambda, in just the answers that are asked for.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::world::{Run, World, aftertone, run};

/// What is so in this cloud, to be broken.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub(crate) struct Account {
    /// Output by output.
    pub(crate) outputs: Value,
    pub(crate) secret: String,
    pub(crate) link_secret: String,
    callback_secret: String,
    pub(crate) signed_in: bool,
    pub(crate) sender_verified: bool,
    pub(crate) production: bool,
    pub(crate) suppressed: bool,
    pub(crate) dead_letters: u32,
    /// How many functions may run at once.
    pub(crate) executions: u32,
    /// Whose retention function works; without it, calls of it fail.
    retention: Option<Arc<World>>,
    /// With what it was called.
    invoked: Vec<Value>,
}

impl Account {
    fn secret_of(&mut self, id: &Value) -> &mut String {
        match id.as_str().unwrap().rsplit(':').next().unwrap() {
            "link" => &mut self.link_secret,
            "callbacks" => &mut self.callback_secret,
            _ => &mut self.secret,
        }
    }
}

/// A cloud whose tables, bucket and Twilio are those of a local system.
pub(crate) struct Cloud {
    address: String,
    account: Arc<Mutex<Account>>,
    endpoints: Value,
}

impl Cloud {
    pub(crate) async fn over(world: &World) -> Self {
        let read = |name: &str| std::fs::read_to_string(world.folder().join(name)).unwrap();
        let mut outputs: Value = serde_json::from_str(&read("stack.json")).unwrap();
        let endpoints = outputs.as_object_mut().unwrap().remove("Endpoints").unwrap();
        outputs["TwilioSecretArn"] = json!("arn:aws:secretsmanager:us-east-1:1:secret:twilio");
        outputs["CallbackSecretArn"] = json!("arn:aws:secretsmanager:us-east-1:1:secret:callbacks");
        outputs["LinkSecretArn"] = json!("arn:aws:secretsmanager:us-east-1:1:secret:link");
        outputs["LinkDays"] = json!("30");
        outputs["DeliverQueueUrl"] = json!("https://sqs.us-east-1.amazonaws.com/1/deliver");
        outputs["DeadLetterQueueUrl"] = json!("https://sqs.us-east-1.amazonaws.com/1/dead");
        outputs["SesConfigurationSet"] = json!("aftertone");
        outputs["TwilioApiUrl"] = endpoints["Twilio"].clone();
        let account = Arc::new(Mutex::new(Account {
            outputs,
            secret: read("twilio-secret.json"),
            link_secret: "a".repeat(64),
            callback_secret: local::development::callback_secrets(),
            signed_in: true,
            sender_verified: true,
            production: true,
            suppressed: false,
            dead_letters: 0,
            executions: 1_000,
            retention: None,
            invoked: Vec::new(),
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer).with_state(account.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, account, endpoints }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.account.lock().unwrap());
    }

    pub(crate) fn account(&self) -> Account {
        self.account.lock().unwrap().clone()
    }

    /// Has a retention function that works.
    pub(crate) fn retain(&self, world: &Arc<World>) {
        self.change(|it| it.retention = Some(world.clone()));
    }

    /// With what the retention function was called.
    pub(crate) fn invoked(&self) -> Vec<Value> {
        self.account().invoked
    }

    pub(crate) fn secret(&self) -> String {
        self.account().secret
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = aftertone();
        let endpoint = |name: &str| self.endpoints[name].as_str().unwrap().to_owned();
        command
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ENDPOINT_URL_DYNAMODB", endpoint("DynamoDb"))
            .env("AWS_ENDPOINT_URL_S3", endpoint("S3"));
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Run {
        run(self.command().args(arguments), input).await
    }
}

async fn answer(State(account): State<Arc<Mutex<Account>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let target = head.headers.get("x-amz-target").map_or("", |target| target.to_str().unwrap()).to_owned();
    if head.uri.path().contains("/functions/") {
        assert_eq!(head.uri.path(), "/2015-03-31/functions/aftertone-retention/invocations");
        return invoke(&account, &body).await;
    }
    let mut account = account.lock().unwrap();
    if body.contains("Action=GetCallerIdentity") {
        if !account.signed_in {
            let error = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token is \
                         expired</Message></Error></ErrorResponse>";
            return reply(StatusCode::FORBIDDEN, "text/xml", error);
        }
        let known = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/olivia</Arn>\
                     </GetCallerIdentityResult></GetCallerIdentityResponse>";
        return reply(StatusCode::OK, "text/xml", known);
    }
    if body.contains("Action=DescribeStacks") {
        return if body.contains("StackName=aftertone&") || body.ends_with("StackName=aftertone") {
            reply(StatusCode::OK, "text/xml", &stacks(&account.outputs))
        } else {
            let error = "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id other does not \
                         exist</Message></Error></ErrorResponse>";
            reply(StatusCode::BAD_REQUEST, "text/xml", error)
        };
    }
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let (status, value) = match target.as_str() {
        "secretsmanager.GetSecretValue" => {
            (StatusCode::OK, json!({ "SecretString": account.secret_of(&asked["SecretId"]) }))
        }
        "secretsmanager.PutSecretValue" => {
            asked["SecretString"].as_str().unwrap().clone_into(account.secret_of(&asked["SecretId"]));
            (StatusCode::OK, json!({ "VersionId": "1" }))
        }
        "secretsmanager.GetRandomPassword" => {
            assert_eq!((&asked["PasswordLength"], &asked["ExcludePunctuation"]), (&json!(64), &json!(true)));
            (StatusCode::OK, json!({ "RandomPassword": "b".repeat(64) }))
        }
        "AmazonSQS.GetQueueAttributes" => {
            let dead = asked["QueueUrl"].as_str().unwrap().ends_with("/dead");
            let waiting = if dead { account.dead_letters } else { 0 };
            let attributes = json!({
                "ApproximateNumberOfMessages": waiting.to_string(),
                "ApproximateNumberOfMessagesNotVisible": "0",
            });
            (StatusCode::OK, json!({ "Attributes": attributes }))
        }
        _ if head.uri.path() == "/2016-08-19/account-settings" => {
            let limit = json!({
                "ConcurrentExecutions": account.executions,
                "UnreservedConcurrentExecutions": account.executions,
            });
            (StatusCode::OK, json!({ "AccountLimit": limit }))
        }
        _ => ses(&account, head.uri.path()),
    };
    reply(status, "application/json", &value.to_string())
}

async fn invoke(account: &Mutex<Account>, event: &str) -> Response {
    let retention = {
        let mut account = account.lock().unwrap();
        account.invoked.push(serde_json::from_str(event).unwrap());
        account.retention.clone()
    };
    let Some(world) = retention else {
        let failed = Response::builder().header("x-amz-function-error", "Unhandled");
        return failed.body(Body::from(r#"{"errorMessage":"no"}"#)).unwrap();
    };
    retention::handle(&world.stack.retention, serde_json::from_str(event).unwrap()).await.unwrap();
    reply(StatusCode::OK, "application/json", "null")
}

fn stacks(outputs: &Value) -> String {
    let member = |(name, value): (&String, &Value)| {
        let value = value.as_str().unwrap().replace('&', "&amp;");
        format!("<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let outputs: String = outputs.as_object().unwrap().iter().map(member).collect();
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>aftertone</StackName>\
         <CreationTime>2026-11-20T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

fn ses(account: &Account, path: &str) -> (StatusCode, Value) {
    let parts: Vec<&str> = path.trim_start_matches("/v2/email/").split('/').collect();
    let none =
        || (StatusCode::NOT_FOUND, json!({ "__type": "NotFoundException", "message": "does not exist" }));
    match parts.as_slice() {
        ["account"] => {
            let quota = json!({ "Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 7.0 });
            let value = json!({
                "ProductionAccessEnabled": account.production,
                "SendingEnabled": true,
                "EnforcementStatus": "HEALTHY",
                "SendQuota": quota,
            });
            (StatusCode::OK, value)
        }
        ["identities", "aftertone.example"] => {
            let dkim = if account.sender_verified { "SUCCESS" } else { "PENDING" };
            let value = json!({
                "VerifiedForSendingStatus": account.sender_verified,
                "DkimAttributes": { "SigningEnabled": true, "Status": dkim },
            });
            (StatusCode::OK, value)
        }
        ["configuration-sets", "aftertone"] => {
            (StatusCode::OK, json!({ "ConfigurationSetName": "aftertone" }))
        }
        ["suppression", "addresses", email] if account.suppressed => {
            let value = json!({
                "EmailAddress": email,
                "Reason": "BOUNCE",
                "LastUpdateTime": 1_700_000_000,
            });
            (StatusCode::OK, json!({ "SuppressedDestination": value }))
        }
        _ => none(),
    }
}

fn reply(status: StatusCode, content_type: &str, body: &str) -> Response {
    let error = if status.is_success() { "" } else { "NotFoundException" };
    let response = Response::builder().status(status).header("content-type", content_type);
    let response =
        if content_type.contains("json") { response.header("x-amzn-errortype", error) } else { response };
    response.body(Body::from(body.to_owned())).unwrap()
}
