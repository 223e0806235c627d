//! Many in one call: the Conference noun.

use crate::element::element;
use crate::values::{
    ConferenceBeep, ConferenceEvent, ConferenceRecord, ConferenceRegion, JitterBufferSize, List,
    MaxParticipants, Method, ParticipantLabel, RecordingEvent, Text, Trim, Trimmed,
};

element! {
    /// A conference, found by its name or begun (Twilio's page "TwiML Voice: Conference").
    Conference {
        /// Whether this participant is not heard; no if absent.
        muted: bool = "@muted",
        /// When it beeps; at coming and going if absent.
        beep: ConferenceBeep = "@beep",
        /// Whether the conference begins when this participant comes; yes if absent.
        start_conference_on_enter: bool = "@startConferenceOnEnter",
        /// Whether the conference ends when this participant goes; no if absent.
        end_conference_on_exit: bool = "@endConferenceOnExit",
        /// What is heard until the conference begins; Twilio's music if absent, nothing if empty.
        wait_url: Text = "@waitUrl",
        /// How `waitUrl` is asked for.
        wait_method: Method = "@waitMethod",
        /// How many may take part; 250 if absent.
        max_participants: MaxParticipants = "@maxParticipants",
        /// Whether the conference is recorded; no if absent.
        record: ConferenceRecord = "@record",
        /// The recording configuration to use, by its identifier.
        recording_configuration_id: Text = "@recordingConfigurationId",
        /// Where the conference is mixed.
        region: ConferenceRegion = "@region",
        /// The call that this participant speaks to alone, by its SID.
        coach: Text = "@coach",
        /// Whether silence at both ends of the recording is cut off; yes if absent.
        trim: Trim = "@trim",
        /// Where Twilio tells of what happens in the conference.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// What `statusCallback` is told.
        status_callback_event: List<ConferenceEvent> = "@statusCallbackEvent",
        /// Where Twilio tells of the recording.
        recording_status_callback: Text = "@recordingStatusCallback",
        /// How `recordingStatusCallback` is asked for.
        recording_status_callback_method: Method = "@recordingStatusCallbackMethod",
        /// What `recordingStatusCallback` is told; `completed` if absent.
        recording_status_callback_event: List<RecordingEvent> = "@recordingStatusCallbackEvent",
        /// Where Twilio tells that a recording of the conference is there. Older than
        /// `recordingStatusCallback`.
        event_callback_url: Text = "@eventCallbackUrl",
        /// How much delay evens out this participant's packets.
        jitter_buffer_size: JitterBufferSize = "@jitterBufferSize",
        /// A name for this participant.
        participant_label: ParticipantLabel = "@participantLabel",
    } with {
        /// The conference's name, unique among those that go on in the account.
        name: Trimmed = "$text",
    }
}

impl Conference {
    /// The conference with this name.
    pub fn new(name: impl Into<Trimmed>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
