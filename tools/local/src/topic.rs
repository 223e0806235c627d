//! SNS, as far as the topic of events needs it: it takes messages, and shows them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use crate::front::Front;
use crate::server::Server;

/// The topic's name.
pub const ARN: &str = "arn:aws:sns:us-east-1:000000000000:aftertone-events";

/// A running topic. It stops when it is dropped.
#[derive(Debug)]
pub struct Topic {
    server: Server,
    messages: Messages,
}

type Messages = Arc<Mutex<Vec<Published>>>;

/// What was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The attribute `type`.
    pub kind: String,
    /// The message.
    pub event: Value,
}

impl Topic {
    /// Serves on loopback port `port` (0: any free one).
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16) -> io::Result<Self> {
        let messages = Messages::default();
        let router = Router::new().fallback(publish).with_state(messages.clone());
        Ok(Self { server: Server::start_router(port, router).await?, messages })
    }

    /// The address for clients.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The door that clients go through, to make SNS unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// What was published, in the order in which it came.
    pub fn published(&self) -> Vec<Published> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

async fn publish(State(messages): State<Messages>, body: String) -> (StatusCode, &'static str) {
    let field = |name: &str| {
        form_urlencoded::parse(body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let message = field("Message").and_then(|text| serde_json::from_str(&text).ok());
    let kind = field("MessageAttributes.entry.1.Value.StringValue");
    let is_ours = field("TopicArn").as_deref() == Some(ARN) && field("Action").as_deref() == Some("Publish");
    let (Some(event), Some(kind), true) = (message, kind, is_ours) else {
        return (
            StatusCode::BAD_REQUEST,
            "<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>",
        );
    };
    messages.lock().unwrap_or_else(PoisonError::into_inner).push(Published { kind, event });
    (
        StatusCode::OK,
        "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
    )
}
