//! A TwiML document as the network acts on it: what is left out is filled in with Twilio's
//! defaults.

use std::time::Duration;

use crate::Address;
use crate::webhooks::Method;

/// What to do, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) verbs: Vec<Verb>,
}

#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Prompt(Prompt),
    Gather(Gather),
    Dial(Box<Dial>),
    Record(Record),
    Redirect { url: String, method: Method },
    Reject { busy: bool },
    Hangup,
    Enqueue(Enqueue),
    Leave,
    StartRecording(Box<CallRecording>),
    StartStream(Box<StreamAsked>),
    StartTranscription(Box<TranscriptionAsked>),
    StopStream(Option<String>),
    StopTranscription(Option<String>),
    ConnectStream(Box<Connected>),
    Refer(Refer),
    NotSimulated(&'static str),
}

impl Verb {
    /// The element's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Prompt(Prompt::Say { .. }) => "Say",
            Self::Prompt(Prompt::Play { .. } | Prompt::Sound { .. }) => "Play",
            Self::Prompt(Prompt::Pause(_)) => "Pause",
            Self::Gather(_) => "Gather",
            Self::Dial(_) => "Dial",
            Self::Record(_) => "Record",
            Self::Redirect { .. } => "Redirect",
            Self::Reject { .. } => "Reject",
            Self::Hangup => "Hangup",
            Self::Enqueue(_) => "Enqueue",
            Self::Leave => "Leave",
            Self::StartRecording(_) | Self::StartStream(_) | Self::StartTranscription(_) => "Start",
            Self::StopStream(_) | Self::StopTranscription(_) => "Stop",
            Self::ConnectStream(_) => "Connect",
            Self::Refer(_) => "Refer",
            Self::NotSimulated(name) => name,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Prompt {
    Say {
        text: String,
        voice: Option<String>,
        language: Option<String>,
        /// 0 is for ever.
        repeat: u32,
    },
    Play {
        url: String,
        keys: Option<String>,
        /// 0 is for ever.
        repeat: u32,
    },
    /// A sound that is there already.
    Sound {
        url: String,
        length: Duration,
    },
    Pause(Duration),
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent attributes, as Twilio lists them")]
pub(crate) struct Gather {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) timeout: Duration,
    /// The pause that ends a speech; `None` takes the first one.
    pub(crate) speech_timeout: Option<Duration>,
    pub(crate) num_digits: Option<usize>,
    pub(crate) finish_on_key: Option<char>,
    pub(crate) action_on_empty_result: bool,
    pub(crate) takes_keys: bool,
    pub(crate) takes_speech: bool,
    /// Whether keys and words cut the prompts short.
    pub(crate) barge_in: bool,
    pub(crate) language: Option<String>,
    pub(crate) partial_results: Option<(String, Method)>,
    pub(crate) prompts: Vec<Prompt>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dial {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) timeout: Duration,
    pub(crate) time_limit: Duration,
    pub(crate) caller_id: Option<Address>,
    pub(crate) answer_on_bridge: bool,
    pub(crate) hangup_on_star: bool,
    pub(crate) sequential: bool,
    pub(crate) recording: Option<CallRecording>,
    pub(crate) who: Dialled,
    /// What it asks for that is not simulated.
    pub(crate) not_simulated: Vec<&'static str>,
}

/// Whom a `<Dial>` connects with.
#[derive(Clone, Debug)]
pub(crate) enum Dialled {
    Phones(Vec<Target>),
    Room(Box<Join>),
    Queue(FromQueue),
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    /// Keys that are pressed as soon as somebody picks up.
    pub(crate) keys: Option<String>,
    pub(crate) whisper: Option<(String, Method)>,
    pub(crate) status: Option<LegCallback>,
    pub(crate) detection: Option<Detection>,
}

/// How it is found out whether a machine answered.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    /// Whether it waits for the end of a machine's greeting.
    pub(crate) message_end: bool,
    pub(crate) timeout: Duration,
    /// Where the verdict is told; `None` asks for the document with it.
    pub(crate) callback: Option<(String, Method)>,
    /// Whether the document waits for the verdict.
    pub(crate) first: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct LegCallback {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) events: Vec<LegEvent>,
}

/// What a leg's status callback can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegEvent {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

impl LegEvent {
    /// Twilio's word.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "answered" => Self::Answered,
            "completed" => Self::Completed,
            _ => return None,
        })
    }
}

/// Joining a conference.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent attributes, as Twilio lists them")]
pub(crate) struct Join {
    pub(crate) name: String,
    pub(crate) label: Option<String>,
    pub(crate) muted: bool,
    pub(crate) starts: bool,
    pub(crate) ends: bool,
    pub(crate) beeps: bool,
    pub(crate) beeps_on_exit: bool,
    pub(crate) wait: Music,
    pub(crate) most: usize,
    /// The call that this participant speaks to alone.
    pub(crate) coach: Option<String>,
    pub(crate) records: bool,
    pub(crate) trim: bool,
    pub(crate) status: Option<RoomCallback>,
    pub(crate) recording_status: Option<RecordingCallback>,
}

/// What is heard while nobody talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Music {
    /// Twilio's own.
    Default,
    Silence,
    Url(String, Method),
}

/// Where what happens in a conference is told.
#[derive(Clone, Debug)]
pub(crate) struct RoomCallback {
    pub(crate) url: String,
    pub(crate) method: Method,
    /// Of `start end join leave mute hold modify speaker announcement`.
    pub(crate) events: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct FromQueue {
    pub(crate) name: String,
    /// What the one who waited hears before the two are connected.
    pub(crate) url: Option<(String, Method)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Enqueue {
    pub(crate) name: String,
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) wait: Music,
    pub(crate) most: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Refer {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) to: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    /// `None` waits for ever.
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_length: Duration,
    pub(crate) finish_on_key: String,
    pub(crate) play_beep: bool,
    pub(crate) trim: bool,
    pub(crate) status: Option<RecordingCallback>,
    pub(crate) transcribe: bool,
    pub(crate) transcribe_callback: Option<String>,
}

/// A recording that goes on beside the call.
#[derive(Clone, Debug)]
pub(crate) struct CallRecording {
    /// Twilio's word for who began it.
    pub(crate) source: &'static str,
    pub(crate) dual: bool,
    pub(crate) trim: bool,
    /// `both`, `inbound` or `outbound`.
    pub(crate) track: String,
    /// Whether it begins while the other side still rings.
    pub(crate) from_ringing: bool,
    pub(crate) status: Option<RecordingCallback>,
}

#[derive(Clone, Debug)]
pub(crate) struct RecordingCallback {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) in_progress: bool,
    pub(crate) completed: bool,
    pub(crate) absent: bool,
}

/// The sound of a leg, to a web socket.
#[derive(Clone, Debug)]
pub(crate) struct StreamAsked {
    pub(crate) name: Option<String>,
    pub(crate) url: String,
    /// `inbound_track`, `outbound_track` or `both_tracks`.
    pub(crate) track: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) status: Option<(String, Method)>,
}

impl StreamAsked {
    /// Which are sent: of what the leg says (false), of what it hears (true).
    pub(crate) fn tracks(&self) -> &'static [bool] {
        match &*self.track {
            "both_tracks" => &[false, true],
            "outbound_track" => &[true],
            _ => &[false],
        }
    }
}

/// The words of a leg, told while they are said.
#[derive(Clone, Debug)]
pub(crate) struct TranscriptionAsked {
    pub(crate) name: Option<String>,
    /// As of a stream.
    pub(crate) track: String,
    pub(crate) inbound_label: Option<String>,
    pub(crate) outbound_label: Option<String>,
    pub(crate) partial_results: bool,
    pub(crate) language: String,
    pub(crate) engine: String,
    pub(crate) profanity_filter: bool,
    pub(crate) speech_model: String,
    pub(crate) hints: Option<String>,
    pub(crate) punctuation: bool,
    pub(crate) status: (String, Method),
}

impl TranscriptionAsked {
    /// Whether the words of a direction are told.
    pub(crate) fn has_track(&self, outbound: bool) -> bool {
        match &*self.track {
            "both_tracks" => true,
            track => (track == "outbound_track") == outbound,
        }
    }

    /// Whether Twilio has such a recogniser.
    pub(crate) fn has_engine(&self) -> bool {
        matches!(&*self.engine, "google" | "deepgram" | "auto")
    }
}

/// A leg is handed to a web socket until that closes.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    pub(crate) stream: StreamAsked,
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
}

impl Program {
    /// Whether a message is recorded after what it says.
    pub(crate) fn records(&self) -> bool {
        self.verbs.iter().any(|verb| matches!(verb, Verb::Record(_)))
    }

    /// A program of one verb.
    pub(crate) fn of(verb: Verb) -> Self {
        Self { verbs: vec![verb] }
    }
}

pub(crate) mod read;
pub(crate) mod tolerance;
