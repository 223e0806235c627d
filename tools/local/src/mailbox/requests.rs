//! What SES's clients ask for.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mail_parser::MessageParser;

use super::markup::escaped;
use super::post::{Fault, Shared, addressed};

/// The longest message that SES takes, in bytes, attachments and their encoding included.
pub const LONGEST_MESSAGE: usize = 10 * 1024 * 1024;

/// The most recipients that SES takes for one message.
pub const MOST_RECIPIENTS: usize = 50;

/// The XML namespace of SES's answers.
const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";

/// The parameters of a request.
type Parameters<'a> = HashMap<Cow<'a, str>, Cow<'a, str>>;

/// What a request is refused with.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Throttling => Self::bad("Throttling", "Maximum sending rate exceeded."),
            Fault::MessageRejected => Self::bad("MessageRejected", "The message was rejected."),
            Fault::ServiceUnavailable => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "ServiceUnavailable",
                message: "The service is unavailable.".to_owned(),
            },
            Fault::SentButUnanswered => Self::broken(),
        }
    }

    fn broken() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: "An internal error occurred.".to_owned(),
        }
    }

    fn into_response(self, request_id: &str) -> Response {
        let Self { status, code, message } = self;
        let blame = if status.is_client_error() { "Sender" } else { "Receiver" };
        let message = escaped(&message);
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{blame}</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{request_id}</RequestId>\
             </ErrorResponse>"
        );
        xml(status, body)
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

pub(super) async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let (request, fault) = {
        let mut post = shared.post();
        post.requests += 1;
        (post.requests, post.faults.pop_front())
    };
    let request_id = format!("00000000-0000-4000-8000-{request:012x}");
    match handle(&shared, &body, fault) {
        Ok(message_id) => xml(
            StatusCode::OK,
            format!(
                "<SendRawEmailResponse xmlns=\"{NAMESPACE}\"><SendRawEmailResult><MessageId>\
                 {message_id}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>\
                 {request_id}</RequestId></ResponseMetadata></SendRawEmailResponse>"
            ),
        ),
        Err(refusal) => refusal.into_response(&request_id),
    }
}

fn handle(shared: &Arc<Shared>, body: &[u8], fault: Option<Fault>) -> Result<String, Refusal> {
    match fault {
        None => {}
        Some(Fault::SentButUnanswered) => {
            send(shared, body)?;
            return Err(Refusal::of(Fault::SentButUnanswered));
        }
        Some(fault) => return Err(Refusal::of(fault)),
    }
    send(shared, body)
}

pub(super) fn send(shared: &Arc<Shared>, body: &[u8]) -> Result<String, Refusal> {
    let parameters: Parameters<'_> = form_urlencoded::parse(body).collect();
    match parameters.get("Action").map(AsRef::as_ref) {
        Some("SendRawEmail") => {}
        Some(action) => {
            return Err(Refusal::bad(
                "InvalidAction",
                format!("Could not find operation {action} for version 2010-12-01"),
            ));
        }
        None => return Err(Refusal::bad("MissingAction", "No action was given.")),
    }
    let message = parameters
        .get("RawMessage.Data")
        .ok_or_else(|| Refusal::bad("ValidationError", "RawMessage.Data is required."))?;
    let message = BASE64
        .decode(message.as_bytes())
        .map_err(|_| Refusal::bad("SerializationException", "RawMessage.Data is not base64."))?;
    if message.len() > LONGEST_MESSAGE {
        let length = message.len();
        return Err(Refusal::bad(
            "InvalidParameterValue",
            format!("Message length is more than {LONGEST_MESSAGE} bytes long: '{length}'."),
        ));
    }
    let headers = MessageParser::default().parse_headers(message.as_slice());
    let from = parameters.contains_key("Source") || headers.is_some_and(|headers| headers.from().is_some());
    if !from {
        return Err(Refusal::bad("InvalidParameterValue", "Missing required header 'From'."));
    }
    let mut recipients: Vec<String> = (1..)
        .map_while(|index| parameters.get(format!("Destinations.member.{index}").as_str()))
        .map(|address| address.clone().into_owned())
        .collect();
    if recipients.is_empty() {
        recipients = addressed(&message);
    }
    if recipients.is_empty() {
        return Err(Refusal::bad("InvalidParameterValue", "Missing final recipient."));
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err(Refusal::bad(
            "InvalidParameterValue",
            format!("Recipient count exceeds {MOST_RECIPIENTS}."),
        ));
    }
    let message_id = shared.accept(&message, recipients.clone()).map_err(|error| {
        tracing::error!(%error, "a mail could not be written down");
        Refusal::broken()
    })?;
    if let Some(configuration_set) = parameters.get("ConfigurationSetName") {
        shared.publish(&message_id, &message, &recipients, configuration_set, &tags(&parameters));
    }
    Ok(message_id)
}

/// What a mail is tagged with.
fn tags(parameters: &Parameters<'_>) -> BTreeMap<String, String> {
    let tag = |index: u32, part: &str| {
        parameters.get(format!("Tags.member.{index}.{part}").as_str()).map(ToString::to_string)
    };
    (1..).map_while(|index| Some((tag(index, "Name")?, tag(index, "Value")?))).collect()
}
