//! API Gateway in this process: HTTP in front, Lambda events behind.
//!
//! Every request becomes the JSON event of an HTTP API with payload format 2.0, is read from
//! that JSON as the Lambda runtime reads it, and goes to the function of its route. The
//! function's response is written as JSON and turned back into HTTP as the gateway does, so that
//! what does not survive the way on AWS does not survive it here.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
            UPGRADE, USER_AGENT,
        },
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use exchange::clock::{BoxFuture, Clock};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{front::Front, server::Server};

/// The longest body that the gateway passes on, in bytes.
pub const LONGEST_BODY: usize = 10 * 1024 * 1024;

/// As many requests as there will be.
const ALL: u64 = u64::MAX;

/// The account in events.
const ACCOUNT: &str = "000000000000";

/// The API's ID in events.
const API: &str = "aftertone00";

/// By which Twilio knows a webhook.
const IDEMPOTENCY: &str = "i-twilio-idempotency-token";

/// Fields that speak of one connection; the gateway ends that connection.
const OF_CONNECTION: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

type Function =
    Arc<dyn Fn(ApiGatewayV2httpRequest) -> BoxFuture<'static, ApiGatewayV2httpResponse> + Send + Sync>;

/// Which function answers what.
#[derive(Clone, Default)]
pub struct Routes {
    routes: Vec<Route>,
}

#[derive(Clone)]
struct Route {
    method: Method,
    pattern: String,
    function: Function,
}

impl Routes {
    /// No routes: everything is not found.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `function` answer requests with `method` for `pattern`: a path like
    /// `/webhook/voice`, or one with parameters like `/v/{token}`, each of which takes one
    /// segment, or with one at its end like `/v1/{proxy+}`, which takes all that follows. Of routes that fit, the first
    /// one counts.
    pub fn on<Answer, Answering>(mut self, method: Method, pattern: &str, function: Answer) -> Self
    where
        Answer: Fn(ApiGatewayV2httpRequest) -> Answering + Send + Sync + 'static,
        Answering: Future<Output = ApiGatewayV2httpResponse> + Send + 'static,
    {
        self.routes.push(Route {
            method,
            pattern: pattern.to_owned(),
            function: Arc::new(move |event| Box::pin(function(event))),
        });
        self
    }

    fn find(&self, method: &Method, path: &str) -> Option<(&Route, BTreeMap<String, String>)> {
        self.routes
            .iter()
            .filter(|route| route.method == method)
            .find_map(|route| Some((route, parameters(&route.pattern, path)?)))
    }
}

/// The values of the pattern's parameters, when the path fits.
fn parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        if let Some(name) = expected.strip_prefix('{').and_then(|name| name.strip_suffix("+}")) {
            let rest: Vec<&str> = std::iter::once(segment).chain(segments).collect();
            values.insert(name.to_owned(), rest.join("/"));
            return (!segment.is_empty()).then_some(values);
        }
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                values.insert(name.to_owned(), segment.to_owned());
            }
            None if segment != expected => return None,
            None => {}
        }
    }
    segments.next().is_none().then_some(values)
}

/// A running gateway. It stops when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
    refusals: Arc<AtomicU64>,
}

struct Shared {
    routes: Routes,
    clock: Clock,
    refusals: Arc<AtomicU64>,
    requests: AtomicU64,
}

impl Gateway {
    /// Serves `routes` on loopback port `port` (0: any free one). Times in events go by `clock`,
    /// and functions run as tasks of it: time stands still while they work.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(routes: Routes, clock: &Clock, port: u16) -> std::io::Result<Self> {
        let refusals = Arc::new(AtomicU64::new(0));
        let shared = Arc::new(Shared {
            routes,
            clock: clock.clone(),
            refusals: refusals.clone(),
            requests: AtomicU64::new(0),
        });
        let service = Router::new().fallback(answer).with_state(shared);
        Ok(Self { server: Server::start_router(port, service).await?, refusals })
    }

    /// The address for clients, like `http://127.0.0.1:8000`.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The door that clients go through, to make the gateway unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// Whether from now on every request is answered with 503 and reaches no function.
    pub fn out_of_service(&self, is_out_of_service: bool) {
        self.refuse_next(if is_out_of_service { ALL } else { 0 });
    }

    /// Answers so many requests with 503, without a function, and those after them as usual.
    pub fn refuse_next(&self, requests: u64) {
        self.refusals.store(requests, Ordering::Relaxed);
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

/// What an event says beyond the request itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Method and pattern of the route, like `GET /v/{token}`.
    pub route_key: String,
    /// The values of the pattern's parameters by name.
    pub path_parameters: BTreeMap<String, String>,
    /// When the request came.
    pub at: Timestamp,
    /// From where it came.
    pub source_ip: IpAddr,
    /// The request's ID, which the response carries as `apigw-requestid`.
    pub request_id: String,
}

impl Arrival {
    /// A request from this machine for the route `route_key`, whose pattern has no parameters.
    pub fn new(route_key: impl Into<String>, at: Timestamp) -> Self {
        Self {
            route_key: route_key.into(),
            path_parameters: BTreeMap::new(),
            at,
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: "AAAAAAAAAAAAAAA=".to_owned(),
        }
    }
}

/// The event that API Gateway makes of a request: an HTTP API's, payload format 2.0.
///
/// As on AWS, the body is text only for the types `text/*` and `application/json`,
/// `application/xml` and `application/javascript`, and base64 for all others, forms included;
/// cookies stand apart from the headers; and the gateway says that it was reached by HTTPS,
/// unless a proxy before it says otherwise.
pub fn event_json(parts: &Parts, body: &[u8], arrival: &Arrival) -> Value {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let query = parts.uri.query().unwrap_or_default();
    let headers = headers(&parts.headers, body.len(), arrival);
    let domain = headers.get("host").cloned().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": arrival.route_key,
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": arrival.source_ip.to_string(),
                "userAgent": headers.get(USER_AGENT.as_str()).map_or("", String::as_str),
            },
            "requestId": arrival.request_id,
            "routeKey": arrival.route_key,
            "stage": "$default",
            "time": arrival.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": arrival.at.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<String> = parts
        .headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| text(value).split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = Value::Object(query_parameters(query));
    }
    if !arrival.path_parameters.is_empty() {
        event["pathParameters"] = json!(arrival.path_parameters);
    }
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(body) if is_text(headers.get(CONTENT_TYPE.as_str())) => event["body"] = json!(body),
            _ => {
                event["body"] = json!(BASE64.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event["headers"] = json!(headers);
    event
}

/// Names in small letters, repeated fields joined by commas, and the fields that the gateway
/// adds.
fn headers(given: &HeaderMap, body_length: usize, arrival: &Arrival) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for name in given.keys().filter(|name| **name != COOKIE && !OF_CONNECTION.contains(name)) {
        let values: Vec<String> = given.get_all(name).iter().map(text).collect();
        headers.insert(name.as_str().to_owned(), values.join(","));
    }
    headers.insert(CONTENT_LENGTH.as_str().to_owned(), body_length.to_string());
    let trace = format!("Root=1-{:08x}-{:024x}", arrival.at.as_second(), arrival.at.as_millisecond());
    for (name, value) in
        [("x-amzn-trace-id", trace.as_str()), ("x-forwarded-port", "443"), ("x-forwarded-proto", "https")]
    {
        headers.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    headers
        .entry("x-forwarded-for".to_owned())
        .and_modify(|hops| {
            hops.push_str(", ");
            hops.push_str(&arrival.source_ip.to_string());
        })
        .or_insert_with(|| arrival.source_ip.to_string());
    headers
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Decoded; repeated ones joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: HashMap<String, String> = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    parameters.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

fn is_text(content_type: Option<&String>) -> bool {
    let Some(content_type) = content_type else {
        return false;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || matches!(media_type.as_str(), "application/json" | "application/xml" | "application/javascript")
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let refused = shared.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| match left {
        0 => None,
        ALL => Some(ALL),
        left => Some(left - 1),
    });
    if refused.is_ok() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    }
    let (parts, body) = request.into_parts();
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let Some((route, path_parameters)) = shared.routes.find(&parts.method, &path) else {
        return refusal(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = axum::body::to_bytes(body, LONGEST_BODY).await else {
        // Or the client is gone, who will not read it.
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let number = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let arrival = Arrival {
        route_key: format!("{} {}", route.method, route.pattern),
        path_parameters,
        at: shared.clock.now(),
        // Only this machine can reach the loopback.
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: format!("{number:015x}="),
    };
    let event = event_json(&parts, &body, &arrival);
    let name = parts.headers.get(IDEMPOTENCY).map(text).unwrap_or_default();
    match invoke(&shared.clock, name, route.function.clone(), &event).await {
        Ok(mut response) => {
            if let Ok(request_id) = HeaderValue::from_str(&arrival.request_id) {
                response.headers_mut().insert("apigw-requestid", request_id);
            }
            response
        }
        Err(error) => {
            tracing::warn!(
                error = error.as_ref() as &dyn std::error::Error,
                route = arrival.route_key,
                "a function failed"
            );
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// Calls the function with what the exchange knows as `name`: its wait for the answer passes while
/// the function rests on the clock.
async fn invoke(clock: &Clock, name: String, function: Function, event: &Value) -> anyhow::Result<Response> {
    let event = serde_json::from_slice(&serde_json::to_vec(event)?)?;
    let arrivals = clock.clone();
    let work = async move {
        let _arrived = arrivals.arrived(&name);
        function(event).await
    };
    // A task of its own: a function that panics must not take the connection with it, and one that
    // nobody waits for any more comes to its end as on Lambda.
    let response = clock.spawn(work).await?;
    into_http(serde_json::from_value(serde_json::to_value(response)?)?)
}

/// A function's response as the gateway reads it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(default)]
    cookies: Vec<String>,
}

fn into_http(response: FunctionResponse) -> anyhow::Result<Response> {
    let body = response.body.unwrap_or_default();
    let body = if response.is_base64_encoded { BASE64.decode(body)? } else { body.into_bytes() };
    let mut http = Response::builder()
        .status(StatusCode::from_u16(response.status_code)?)
        .body(Body::from(Bytes::from(body)))?;
    let headers = http.headers_mut();
    for (name, value) in &response.headers {
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    // The server counts the bytes itself.
    headers.remove(CONTENT_LENGTH);
    for cookie in &response.cookies {
        headers.append(SET_COOKIE, HeaderValue::from_str(cookie)?);
    }
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain;charset=utf-8"));
    Ok(http)
}

/// What the gateway answers by itself.
fn refusal(status: StatusCode, message: &str) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json!({ "message": message }).to_string()).into_response()
}

#[cfg(test)]
mod tests;
