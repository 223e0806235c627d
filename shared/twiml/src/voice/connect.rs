//! Handing the call to something else: Connect and its nouns.

use serde::{Deserialize, Serialize};

use super::{Assistant, Config, ConversationRelay, Parameter, Stream};
use crate::element::element;
use crate::values::{
    ConversationEvent, ConversationTimeout, DialRecord, List, Method, RecordingEvent, Text, Trim, Trimmed,
};

element! {
    /// Hands the call to something else until that ends (Twilio's page "TwiML Voice: Connect").
    Connect {
        /// Where the call goes on afterwards. Without it the next verb follows.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
    } with {
        /// What the call is handed to.
        nouns: Vec<ConnectNoun> = "$value",
    }
}

/// The `ConnectNoun` enum, and a constructor of Connect for each noun.
macro_rules! nouns {
    ($( $(#[$doc:meta])* $method:ident: $noun:ident, )*) => {
        /// What Connect can hand a call to.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ConnectNoun {
            $( $(#[$doc])* $noun($noun), )*
        }

        impl Connect {
            $(
                $(#[$doc])*
                pub fn $method(noun: $noun) -> Self {
                    Self { nouns: vec![noun.into()], ..Self::default() }
                }
            )*
        }

        $(
            impl From<$noun> for ConnectNoun {
                fn from(noun: $noun) -> Self {
                    Self::$noun(noun)
                }
            }
        )*
    };
}

nouns! {
    /// A video room.
    room: Room,
    /// An Autopilot assistant. No longer offered by Twilio.
    autopilot: Autopilot,
    /// A web socket that hears the call and speaks into it.
    stream: Stream,
    /// A Dialogflow agent.
    virtual_agent: VirtualAgent,
    /// A Conversation of Flex.
    conversation: Conversation,
    /// A web socket that gets text and answers with text.
    conversation_relay: ConversationRelay,
    /// An AI assistant of Twilio's.
    assistant: Assistant,
    /// A session of an AI connector.
    ai_session: AiSession,
    /// A session of a `ConversationRelay` connector.
    conversation_relay_session: ConversationRelaySession,
}

element! {
    /// A video room (Twilio's page "TwiML Voice: Room").
    Room {
        /// The caller's name in the room.
        participant_identity: Text = "@participantIdentity",
    } with {
        /// The room's name.
        name: Trimmed = "$text",
    }
}

impl Room {
    /// The room with this name.
    pub fn new(name: impl Into<Trimmed>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

element! {
    /// An Autopilot assistant. No longer offered by Twilio.
    Autopilot {} with {
        /// The assistant's SID or unique name.
        name: Trimmed = "$text",
    }
}

impl Autopilot {
    /// The assistant with this SID or name.
    pub fn new(name: impl Into<Trimmed>) -> Self {
        Self { name: name.into() }
    }
}

element! {
    /// A Dialogflow agent (Twilio's page "TwiML Voice: `VirtualAgent`").
    VirtualAgent {
        /// The connector to the agent, by its name.
        connector_name: Text = "@connectorName",
        /// The language.
        language: Text = "@language",
        /// Whether the caller's mood is judged.
        sentiment_analysis: bool = "@sentimentAnalysis",
        /// Where Twilio tells of each step.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
    } with {
        /// Settings and parameters.
        parts: Vec<VirtualAgentPart> = "$value",
    }
}

/// What may stand in a `VirtualAgent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VirtualAgentPart {
    /// A setting of the agent.
    Config(Config),
    /// Something that the agent is told.
    Parameter(Parameter),
}

impl VirtualAgent {
    /// The agent behind this connector.
    pub fn new(connector_name: impl Into<Text>) -> Self {
        Self::default().connector_name(connector_name)
    }

    /// Sets something of the agent.
    pub fn config(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parts.push(VirtualAgentPart::Config(Config::new(name, value)));
        self
    }

    /// Tells the agent this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parts.push(VirtualAgentPart::Parameter(Parameter::new(name, value)));
        self
    }
}

element! {
    /// A Conversation of Flex (Twilio's page "TwiML Voice: Conversation").
    Conversation {
        /// The Conversations service, by its SID.
        service_instance_sid: Text = "@serviceInstanceSid",
        /// Whether a Conversation is made if there is none.
        inbound_autocreation: bool = "@inboundAutocreation",
        /// How long an agent may take to be found.
        routing_assignment_timeout: ConversationTimeout = "@routingAssignmentTimeout",
        /// How long the caller waits.
        inbound_timeout: ConversationTimeout = "@inboundTimeout",
        /// A document that the agent hears first.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Whether the call is recorded; no if absent.
        record: DialRecord = "@record",
        /// Whether silence at both ends of the recording is cut off.
        trim: Trim = "@trim",
        /// Where Twilio tells of the recording.
        recording_status_callback: Text = "@recordingStatusCallback",
        /// How `recordingStatusCallback` is asked for.
        recording_status_callback_method: Method = "@recordingStatusCallbackMethod",
        /// What `recordingStatusCallback` is told; `completed` if absent.
        recording_status_callback_event: List<RecordingEvent> = "@recordingStatusCallbackEvent",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of.
        status_callback_event: List<ConversationEvent> = "@statusCallbackEvent",
    }
}

element! {
    /// A session of an AI connector.
    AiSession {
        /// The connector.
        ai_connector: Text = "@aiConnector",
        /// The session's configuration.
        ai_session_configuration: Text = "@aiSessionConfiguration",
    }
}

element! {
    /// A session of a `ConversationRelay` connector.
    ConversationRelaySession {
        /// The connector.
        connector: Text = "@connector",
        /// The session's configuration.
        session_configuration: Text = "@sessionConfiguration",
    }
}
