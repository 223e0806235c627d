//! What goes on beside the call: Start begins it, Stop ends it.

use serde::{Deserialize, Serialize};

use super::Parameter;
use crate::element::element;
use crate::values::{
    List, Method, RecordingChannels, RecordingEvent, RecordingTrack, StreamTrack, Text, Trim,
};

element! {
    /// Begins something beside the call (Twilio's page "TwiML Voice: Start").
    Start {
        /// Where Twilio tells how it went.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
    } with {
        /// What begins.
        nouns: Vec<StartNoun> = "$value",
    }
}

element! {
    /// Ends what Start began, found by its name (Twilio's page "TwiML Voice: Stop").
    Stop {} with {
        /// What ends.
        nouns: Vec<StopNoun> = "$value",
    }
}

/// What Start can begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartNoun {
    /// The call's sound to a web socket.
    Stream(Stream),
    /// The call's sound to a recorder, over SIP.
    Siprec(Siprec),
    /// What is said, as text.
    Transcription(Transcription),
    /// A recording.
    Recording(Recording),
}

/// What Stop can end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopNoun {
    /// A stream.
    Stream(Stream),
    /// A recorder's session.
    Siprec(Siprec),
    /// A transcription.
    Transcription(Transcription),
}

/// Setting a noun of Start and Stop.
macro_rules! one_noun {
    ($verb:ident: $noun_enum:ident { $( $(#[$doc:meta])* $method:ident($noun:ident); )* }) => {
        impl $verb {
            $(
                $(#[$doc])*
                pub fn $method(noun: $noun) -> Self {
                    Self::default().noun(noun)
                }
            )*

            /// Adds another noun.
            pub fn noun(mut self, noun: impl Into<$noun_enum>) -> Self {
                self.nouns.push(noun.into());
                self
            }
        }

        $(
            impl From<$noun> for $noun_enum {
                fn from(noun: $noun) -> Self {
                    Self::$noun(noun)
                }
            }
        )*
    };
}

one_noun! {
    Start: StartNoun {
        /// Sends the call's sound to a web socket.
        stream(Stream);
        /// Sends the call's sound to a recorder.
        siprec(Siprec);
        /// Transcribes what is said.
        transcription(Transcription);
        /// Records.
        recording(Recording);
    }
}

one_noun! {
    Stop: StopNoun {
        /// Ends a stream.
        stream(Stream);
        /// Ends a recorder's session.
        siprec(Siprec);
        /// Ends a transcription.
        transcription(Transcription);
    }
}

/// Adding parameters to a noun.
macro_rules! holds_parameters {
    ($( $name:ident ),*) => { $(
        impl $name {
            /// Tells the other side this, too.
            pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
                self.parameters.push(Parameter::new(name, value));
                self
            }
        }
    )* };
}

holds_parameters!(Stream, Siprec);

element! {
    /// The call's sound to a web socket (Twilio's page "TwiML Voice: Stream").
    Stream {
        /// A name, to stop it by.
        name: Text = "@name",
        /// The connector to send it to, by its name.
        connector_name: Text = "@connectorName",
        /// The web socket's URL (`wss://…`).
        url: Text = "@url",
        /// Which side is sent; what Twilio hears if absent.
        track: StreamTrack = "@track",
        /// Where Twilio tells of the stream's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
    } with {
        /// What the web socket is told first.
        parameters: Vec<Parameter> = "Parameter",
    }
}

element! {
    /// The call's sound to a recorder, over SIP (Twilio's page "TwiML Voice: Siprec").
    Siprec {
        /// A name, to stop it by.
        name: Text = "@name",
        /// The connector to the recorder, by its name.
        connector_name: Text = "@connectorName",
        /// Which side is sent.
        track: StreamTrack = "@track",
        /// Where Twilio tells of the session's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
    } with {
        /// What the recorder is told.
        parameters: Vec<Parameter> = "Parameter",
    }
}

element! {
    /// What is said, as text while it is said (Twilio's page "TwiML Voice: Transcription").
    Transcription {
        /// A name, to stop it by.
        name: Text = "@name",
        /// Which side is transcribed; both if absent.
        track: StreamTrack = "@track",
        /// Where the text is sent.
        status_callback_url: Text = "@statusCallbackUrl",
        /// How `statusCallbackUrl` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// A name for the side that Twilio hears.
        inbound_track_label: Text = "@inboundTrackLabel",
        /// A name for the side that Twilio speaks to.
        outbound_track_label: Text = "@outboundTrackLabel",
        /// Whether text is sent before it is final; no if absent.
        partial_results: bool = "@partialResults",
        /// The language; `en-US` if absent.
        language_code: Text = "@languageCode",
        /// The recogniser, such as `google` or `deepgram`.
        transcription_engine: Text = "@transcriptionEngine",
        /// Whether swear words are masked; yes if absent.
        profanity_filter: bool = "@profanityFilter",
        /// The recogniser's model, such as `telephony`.
        speech_model: Text = "@speechModel",
        /// Words that are likely, separated by commas.
        hints: Text = "@hints",
        /// Whether full stops and commas are set; yes if absent.
        enable_automatic_punctuation: bool = "@enableAutomaticPunctuation",
        /// The Conversational Intelligence service to keep the text in.
        intelligence_service: Text = "@intelligenceService",
    } with {
        /// Settings of the recogniser, and parameters.
        parts: Vec<TranscriptionPart> = "$value",
    }
}

/// What may stand in a Transcription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TranscriptionPart {
    /// A setting of the recogniser.
    Config(Config),
    /// A parameter.
    Parameter(Parameter),
}

impl Transcription {
    /// Sets something of the recogniser.
    pub fn config(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parts.push(TranscriptionPart::Config(Config::new(name, value)));
        self
    }

    /// Adds a parameter.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parts.push(TranscriptionPart::Parameter(Parameter::new(name, value)));
        self
    }
}

element! {
    /// A setting by its name.
    Config {
        /// The setting's name.
        name: Text = "@name",
        /// The setting's value.
        value: Text = "@value",
    }
}

impl Config {
    /// The setting `name` at `value`.
    pub fn new(name: impl Into<Text>, value: impl Into<Text>) -> Self {
        Self::default().name(name).value(value)
    }
}

element! {
    /// A recording beside the call (Twilio's page "TwiML Voice: Recording").
    Recording {
        /// Where Twilio tells of the recording; an absolute URL.
        recording_status_callback: Text = "@recordingStatusCallback",
        /// How `recordingStatusCallback` is asked for.
        recording_status_callback_method: Method = "@recordingStatusCallbackMethod",
        /// What `recordingStatusCallback` is told; `completed` if absent.
        recording_status_callback_event: List<RecordingEvent> = "@recordingStatusCallbackEvent",
        /// Whether silence at both ends is cut off; yes if absent.
        trim: Trim = "@trim",
        /// Which side is recorded; both if absent.
        track: RecordingTrack = "@track",
        /// How the sides are kept; each in its channel if absent.
        channels: RecordingChannels = "@channels",
        /// The recording configuration to use, by its identifier.
        recording_configuration_id: Text = "@recordingConfigurationId",
    }
}
