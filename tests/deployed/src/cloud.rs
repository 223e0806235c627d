//! The few calls to AWS's own API that the test makes, signed as AWS wants it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use roxmltree::Document;
use serde_json::{Value, json};

use crate::REGION;
use crate::intrinsics::Template;
use crate::sam::STACK;

/// The account that the emulator gives to the keys of this test.
const ACCOUNT: &str = "000000000000";

/// The policy in each role of the template.
const POLICY: &str = "work";

/// The emulated AWS, as its owner sees it.
#[derive(Clone, Debug)]
pub struct Cloud {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Answered {
    /// The body, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Cloud {
    /// At this address.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request to the emulator, for the host that its URL names.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answered> {
        let (mut head, body) = request.into_parts();
        if let Some(host) = head.uri.authority().map(ToString::to_string) {
            head.headers.insert("host", host.parse()?);
        }
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = format!("http://{}{path}", self.address).parse()?;
        let response = self.client.request(Request::from_parts(head, body)).await?;
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        Ok(Answered { status, location, body: response.into_body().collect().await?.to_bytes() })
    }

    /// The stack's outputs.
    ///
    /// # Errors
    /// When there is no such stack.
    pub async fn outputs(&self) -> Result<BTreeMap<String, String>> {
        let xml = self.query("cloudformation", "DescribeStacks", &[("StackName", STACK)]).await?;
        pairs(&xml, "OutputKey", "OutputValue")
    }

    /// The names of the stack's resources, by their names in the template.
    ///
    /// # Errors
    /// When there is no such stack.
    pub async fn resources(&self) -> Result<BTreeMap<String, String>> {
        let xml = self.query("cloudformation", "DescribeStackResources", &[("StackName", STACK)]).await?;
        pairs(&xml, "LogicalResourceId", "PhysicalResourceId")
    }

    /// Makes what the deployed template asks for and the emulator leaves out: the routes of the HTTP
    /// API, and the answers of the fallback API. Says how many routes there are.
    ///
    /// # Errors
    /// When the template is not as SAM writes it.
    pub async fn complete(&self) -> Result<usize> {
        let template = self.template().await?;
        self.make_fallback(&template).await?;
        self.make_routes(&template).await
    }

    /// The deployed template.
    async fn template(&self) -> Result<Template> {
        let parameters = [("StackName", STACK), ("TemplateStage", "Processed")];
        let xml = self.query("cloudformation", "GetTemplate", &parameters).await?;
        let document = Document::parse(&xml)?;
        let body = document.descendants().find(|node| node.has_tag_name("TemplateBody"));
        let body: Value = serde_json::from_str(body.and_then(|node| node.text()).context("no template")?)?;
        let xml = self.query("cloudformation", "DescribeStacks", &[("StackName", STACK)]).await?;
        let mut names = pairs(&xml, "ParameterKey", "ParameterValue")?;
        names.extend(self.resources().await?);
        names.insert("AWS::Region".to_owned(), REGION.to_owned());
        names.insert("AWS::URLSuffix".to_owned(), "amazonaws.com".to_owned());
        Ok(Template { body, names })
    }

    /// The emulator takes a REST API's paths from its body, but not what they answer.
    async fn make_fallback(&self, template: &Template) -> Result<()> {
        let api = template.names.get("FallbackApi").context("no FallbackApi")?;
        let resources = self.rest("GET", &format!("/restapis/{api}/resources"), &Value::Null).await?;
        let paths = template.body.pointer("/Resources/FallbackApi/Properties/Body/paths");
        for (path, methods) in paths.and_then(Value::as_object).context("the fallback API has no paths")? {
            let of_path = |resource: &&Value| resource["path"] == path.as_str();
            let listed = resources.get("item").or_else(|| resources.pointer("/_embedded/item"));
            let resource = listed.and_then(Value::as_array).into_iter().flatten().find(of_path);
            let id = resource.and_then(|it| it["id"].as_str()).with_context(|| format!("no {path}"))?;
            let integration = &methods["post"]["x-amazon-apigateway-integration"];
            let response = &integration["responses"]["default"];
            let method = format!("/restapis/{api}/resources/{id}/methods/POST");
            let header = "method.response.header.Content-Type";
            let declared = json!({ "responseParameters": { header: true } });
            self.rest("PUT", &format!("{method}/responses/200"), &declared).await?;
            let document = template.text(&response["responseTemplates"]["application/json"])?;
            let answer = json!({
                "selectionPattern": "",
                "responseParameters": response["responseParameters"],
                "responseTemplates": { "application/json": document },
            });
            self.rest("PUT", &format!("{method}/integration/responses/200"), &answer).await?;
        }
        let stage = json!({ "stageName": "v1" });
        self.rest("POST", &format!("/restapis/{api}/deployments"), &stage).await.map(drop)
    }

    async fn make_routes(&self, template: &Template) -> Result<usize> {
        let resources = &template.names;
        let api = resources.get("HttpApi").context("no HttpApi")?;
        let there = self.rest("GET", &format!("/v2/apis/{api}/routes"), &Value::Null).await?;
        let there: Vec<&str> = there["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["routeKey"].as_str())
            .collect();

        let paths =
            template.body.pointer("/Resources/HttpApi/Properties/Body/paths").and_then(Value::as_object);
        let mut made = 0;
        for (path, methods) in paths.context("the API has no paths")? {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let key = format!("{} {path}", method.to_uppercase());
                made += 1;
                if there.contains(&&*key) {
                    continue;
                }
                let uri = operation.pointer("/x-amazon-apigateway-integration/uri/Fn::Sub");
                let function = uri
                    .and_then(Value::as_str)
                    .and_then(|uri| uri.split_once("/functions/${"))
                    .and_then(|(_, rest)| rest.split_once(".Arn}"))
                    .and_then(|(name, _)| resources.get(name))
                    .with_context(|| format!("{key} leads to no function"))?;
                let integration = json!({
                    "integrationType": "AWS_PROXY",
                    "integrationUri": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"),
                    "payloadFormatVersion": "2.0",
                });
                let integration =
                    self.rest("POST", &format!("/v2/apis/{api}/integrations"), &integration).await?;
                let id = integration["integrationId"].as_str().context("no integration")?;
                let route = json!({ "routeKey": key, "target": format!("integrations/{id}") });
                self.rest("POST", &format!("/v2/apis/{api}/routes"), &route).await?;
            }
        }
        Ok(made)
    }

    /// Writes a secret.
    ///
    /// # Errors
    /// What the service says.
    pub async fn put_secret(&self, arn: &str, text: &str) -> Result<()> {
        let body = json!({ "SecretId": arn, "SecretString": text });
        self.json("secretsmanager", "secretsmanager.PutSecretValue", "1.1", &body).await.map(drop)
    }

    /// Puts a row, in DynamoDB's own JSON.
    ///
    /// # Errors
    /// What the service says.
    pub async fn put_row(&self, table: &str, row: &Value) -> Result<()> {
        let body = json!({ "TableName": table, "Item": row });
        self.json("dynamodb", "DynamoDB_20120810.PutItem", "1.0", &body).await.map(drop)
    }

    /// Invokes a function without an event, and gives its answer.
    ///
    /// # Errors
    /// What the service says, or the function.
    pub async fn invoke(&self, function: &str) -> Result<Value> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let answer = self.signed("lambda", "POST", &path, &[], "{}".to_owned()).await?;
        let answer: Value = serde_json::from_str(&answer)?;
        ensure!(answer.get("errorMessage").is_none(), "{function} failed: {answer}");
        Ok(answer)
    }

    /// Stops a pipe, or starts it again where it stood.
    ///
    /// # Errors
    /// What the service says.
    pub async fn let_run(&self, pipe: &str, runs: bool) -> Result<()> {
        let path = format!("/v1/pipes/{pipe}/{}", if runs { "start" } else { "stop" });
        self.signed("pipes", "POST", &path, &[], String::new()).await.map(drop)
    }

    /// How many messages wait in a queue.
    ///
    /// # Errors
    /// What the service says.
    pub async fn messages(&self, queue_url: &str) -> Result<u64> {
        let body = json!({ "QueueUrl": queue_url, "AttributeNames": ["ApproximateNumberOfMessages"] });
        let answer = self.json("sqs", "AmazonSQS.GetQueueAttributes", "1.0", &body).await?;
        let count = answer.pointer("/Attributes/ApproximateNumberOfMessages").and_then(Value::as_str);
        Ok(count.context("no count")?.parse()?)
    }

    /// Whether there is a table of this name.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn has_table(&self, name: &str) -> Result<bool> {
        let body = json!({ "TableName": name });
        let answer = self.json("dynamodb", "DynamoDB_20120810.DescribeTable", "1.0", &body).await;
        Ok(answer.is_ok())
    }

    /// The policy of a role.
    ///
    /// # Errors
    /// What the service says.
    pub async fn policy(&self, role: &str) -> Result<Value> {
        let parameters = [("RoleName", role), ("PolicyName", POLICY)];
        let xml = self.query("iam", "GetRolePolicy", &parameters).await?;
        let document = Document::parse(&xml)?;
        let policy = document.descendants().find(|node| node.has_tag_name("PolicyDocument"));
        let text = policy.and_then(|node| node.text()).context("no policy")?;
        Ok(serde_json::from_str(&percent_encoding::percent_decode_str(text).decode_utf8()?)?)
    }

    /// Changes it.
    ///
    /// # Errors
    /// What the service says.
    pub async fn put_policy(&self, role: &str, policy: &Value) -> Result<()> {
        let policy = policy.to_string();
        let parameters = [("RoleName", role), ("PolicyName", POLICY), ("PolicyDocument", &policy)];
        self.query("iam", "PutRolePolicy", &parameters).await.map(drop)
    }

    async fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Result<String> {
        let version = if service == "iam" { "2010-05-08" } else { "2010-05-15" };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.signed(service, "POST", "/", &headers, body).await
    }

    async fn json(&self, service: &str, target: &str, version: &str, body: &Value) -> Result<Value> {
        let kind = format!("application/x-amz-json-{version}");
        let headers = [("content-type", &*kind), ("x-amz-target", target)];
        let text = self.signed(service, "POST", "/", &headers, body.to_string()).await?;
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    async fn rest(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("content-type", "application/json")];
        Ok(serde_json::from_str(&self.signed("apigateway", method, path, &headers, body).await?)?)
    }

    async fn signed(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<String> {
        let uri = format!("http://{}{path}", self.address);
        let identity = Credentials::new("test", "test", None, None, "emulator").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let to_sign = SignableRequest::new(
            method,
            &uri,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (instructions, _) = sign(to_sign, &parameters)?.into_parts();
        let mut request = Request::builder().method(method).uri(&uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Full::new(Bytes::from(body)))?;
        instructions.apply_to_request_http1x(&mut request);
        let answered = self.send(request).await?;
        if answered.status >= 300 {
            bail!("{service} {method} {path} answered {}: {}", answered.status, answered.text());
        }
        Ok(answered.text())
    }
}

/// The texts of two elements that stand beside each other.
fn pairs(xml: &str, key: &str, value: &str) -> Result<BTreeMap<String, String>> {
    let document = Document::parse(xml)?;
    let text = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().to_owned();
    let keys = document.descendants().filter(|node| node.has_tag_name(key));
    Ok(keys
        .filter_map(|node| {
            let beside = node.parent()?.children().find(|node| node.has_tag_name(value))?;
            Some((text(node), text(beside)))
        })
        .collect())
}
