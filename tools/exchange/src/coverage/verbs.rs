//! Verbs, nouns and their attributes.

use super::row::{Row, guessed, not_played, played};

pub(super) const VERBS: &[Row] = &[
    guessed("Say", "how long it takes; SSML marks are left out").with(&["voice", "loop", "language"]),
    guessed("Play", "what follows when the sound can't be had: `Config::unplayable`")
        .with(&["loop", "digits"]),
    guessed("Pause", "whether a first one lets the call ring on: `Unverified::pause_keeps_ringing`")
        .with(&["length"]),
    guessed(
        "Dial",
        "what its action is told of a caller who hung up while it rang: `Config::abandoned`; what becomes of \
         the caller once REST leads who was dialled elsewhere: `Unverified::after_child_moved`",
    )
        .with(&[
            "action",
            "method",
            "timeout",
            "hangupOnStar",
            "timeLimit",
            "callerId",
            "record",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "recordingTrack",
            "answerOnBridge",
            "sequential",
        ])
        .guessing(&[("trim", "of one channel only")])
        .without(&[
            "recordingConfigurationId",
            "ringTone",
            "referUrl",
            "referMethod",
            "events",
            "passports",
            "callReason",
        ]),
    guessed("Record", "whether one in which nobody speaks is kept: `Config::silent_recordings`")
        .with(&[
            "action",
            "method",
            "timeout",
            "finishOnKey",
            "maxLength",
            "playBeep",
            "trim",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "transcribeCallback",
        ])
        .guessing(&[("transcribe", "whether and when the words come: `Config::transcription`")])
        .without(&["recordingConfigurationId"]),
    played("Gather")
        .with(&["input", "action", "method", "timeout", "finishOnKey", "numDigits"])
        .guessing(&[
            ("speechTimeout", "`timeout` where it is absent, a second where it is `auto`"),
            ("partialResultCallback", "told at each utterance, counting, with all that was said so far"),
            ("partialResultCallbackMethod", "likewise"),
            ("language", "only told to the action"),
            ("bargeIn", "yes if absent"),
            (
                "actionOnEmptyResult",
                "whether the action is told an empty `Digits`: `Unverified::tells_empty_digits`",
            ),
        ])
        .without(&["maxSpeechTime", "profanityFilter", "hints", "debug", "speechModel", "enhanced"]),
    guessed("Redirect", "whether a first one lets the call ring on: `Unverified::redirect_keeps_ringing`")
        .with(&["method"]),
    played("Reject").with(&["reason"]),
    played("Hangup"),
    played("Enqueue")
        .with(&["action", "method", "maxQueueSize", "waitUrlMethod"])
        .guessing(&[(
            "waitUrl",
            "whether who waits outlasts a document that can't be had: `Unverified::queue_outlasts_its_document`",
        )])
        .without(&["workflowSid"]),
    played("Leave"),
    played("Start").without(&["action", "method"]),
    guessed("Refer", "nobody is called there: that a caller by SIP was taken is only said")
        .with(&["action", "method"]),
    not_played("Queue"),
    guessed("Connect", "only with a `<Stream>`; `action`: as a `<Redirect>` asks").with(&["action", "method"]),
    played("Stop"),
    not_played("Pay").without(&[
        "input",
        "action",
        "bankAccountType",
        "statusCallback",
        "statusCallbackMethod",
        "timeout",
        "maxAttempts",
        "securityCode",
        "postalCode",
        "minPostalCodeLength",
        "paymentConnector",
        "paymentMethod",
        "tokenType",
        "chargeAmount",
        "currency",
        "description",
        "validCardTypes",
        "language",
    ]),
    not_played("Prompt").without(&["for", "errorType", "cardType", "attempt", "requireMatchingInputs"]),
    not_played("Sms").without(&["to", "from", "action", "method", "statusCallback"]),
    not_played("Echo"),
];

pub(super) const NOUNS: &[Row] = &[
    played("Number")
        .within("Dial")
        .with(&[
            "sendDigits",
            "url",
            "method",
            "statusCallback",
            "statusCallbackMethod",
            "statusCallbackEvent",
            "machineDetectionTimeout",
            "amdStatusCallback",
            "amdStatusCallbackMethod",
        ])
        .guessing(&[(
            "machineDetection",
            "who answers is scripted, how long it takes to find out is a guess",
        )])
        .without(&[
            "byoc",
            "machineDetectionSpeechThreshold",
            "machineDetectionSpeechEndThreshold",
            "machineDetectionSilenceTimeout",
        ]),
    played("Client")
        .within("Dial")
        .with(&["url", "method", "statusCallback", "statusCallbackMethod", "statusCallbackEvent"])
        .without(&["clientNotificationUrl"]),
    played("Identity").within("Client"),
    played("Sip")
        .within("Dial")
        .with(&[
            "url",
            "method",
            "statusCallback",
            "statusCallbackMethod",
            "statusCallbackEvent",
            "machineDetectionTimeout",
            "amdStatusCallback",
            "amdStatusCallbackMethod",
        ])
        .guessing(&[("machineDetection", "as of a `<Number>`")])
        .without(&[
            "username",
            "password",
            "machineDetectionSpeechThreshold",
            "machineDetectionSpeechEndThreshold",
            "machineDetectionSilenceTimeout",
        ]),
    not_played("SipUri")
        .written("Uri")
        .within("Sip")
        .without(&["priority", "weight", "username", "password"]),
    not_played("Headers").within("Sip"),
    not_played("Header").within("Headers").without(&["name", "value"]),
    played("Conference")
        .within("Dial")
        .with(&[
            "muted",
            "startConferenceOnEnter",
            "endConferenceOnExit",
            "waitMethod",
            "maxParticipants",
            "record",
            "coach",
            "trim",
            "statusCallback",
            "statusCallbackMethod",
            "statusCallbackEvent",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "participantLabel",
        ])
        .guessing(&[
            ("beep", "who comes in hears it, and nobody else; at going there is none"),
            ("waitUrl", "its request names the conference"),
        ])
        .without(&["recordingConfigurationId", "region", "eventCallbackUrl", "jitterBufferSize"]),
    guessed("Queue", "what the action is told of a queue that is not there, or stays empty: `Unverified::missing_queue`, `Unverified::queue_timeout`")
        .within("Dial")
        .with(&["url", "method"])
        .without(&["reservationSid", "postWorkActivitySid"]),
    not_played("Sim").within("Dial"),
    not_played("Application").within("Dial").without(&[
        "url",
        "method",
        "statusCallback",
        "statusCallbackMethod",
        "statusCallbackEvent",
        "customerId",
        "copyParentTo",
    ]),
    not_played("ApplicationSid").within("Application"),
    not_played("WhatsApp").within("Dial").without(&[
        "url",
        "method",
        "statusCallback",
        "statusCallbackMethod",
        "statusCallbackEvent",
    ]),
    played("ReferSip").written("Sip").within("Refer"),
    not_played("Task").within("Enqueue").without(&["priority", "timeout"]),
    played("Recording")
        .within("Start")
        .with(&["recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"])
        .guessing(&[("trim", "of one channel only")])
        .without(&["track", "channels", "recordingConfigurationId"]),
    guessed(
        "Stream",
        "in `<Connect>`, too; whether it goes on where REST leads the leg elsewhere: \
         `Unverified::streams_survive_moves`; whether a name may be another's of the call: \
         `Unverified::names_are_unique`; prompts, files and music hum",
    )
    .within("Start")
    .with(&["name", "url", "track", "statusCallback", "statusCallbackMethod"])
    .without(&["connectorName"]),
    not_played("Siprec").within("Start").without(&[
        "name",
        "connectorName",
        "track",
        "statusCallback",
        "statusCallbackMethod",
    ]),
    guessed(
        "Transcription",
        "when words are final, and what is final when it is stopped; whether it goes on where REST leads the leg \
         elsewhere: `Unverified::transcriptions_survive_moves`; names as of a `<Stream>`",
    )
    .within("Start")
    .with(&[
        "name",
        "track",
        "statusCallbackUrl",
        "statusCallbackMethod",
        "inboundTrackLabel",
        "outboundTrackLabel",
        "partialResults",
        "languageCode",
        "transcriptionEngine",
    ])
    .guessing(&[
        ("profanityFilter", "only told"),
        ("speechModel", "likewise"),
        ("hints", "likewise"),
        ("enableAutomaticPunctuation", "likewise"),
    ])
    .without(&["intelligenceService"]),
    not_played("Room").within("Connect").without(&["participantIdentity"]),
    not_played("Autopilot").within("Connect"),
    not_played("VirtualAgent").within("Connect").without(&[
        "connectorName",
        "language",
        "sentimentAnalysis",
        "statusCallback",
        "statusCallbackMethod",
    ]),
    not_played("Conversation").within("Connect").without(&[
        "serviceInstanceSid",
        "inboundAutocreation",
        "routingAssignmentTimeout",
        "inboundTimeout",
        "url",
        "method",
        "record",
        "trim",
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
        "statusCallback",
        "statusCallbackMethod",
        "statusCallbackEvent",
    ]),
    not_played("ConversationRelay").within("Connect").without(&[
        "url",
        "language",
        "ttsLanguage",
        "transcriptionLanguage",
        "ttsProvider",
        "voice",
        "transcriptionProvider",
        "speechModel",
        "profanityFilter",
        "dtmfDetection",
        "welcomeGreeting",
        "partialPrompts",
        "welcomeGreetingInterruptible",
        "interruptible",
        "preemptible",
        "hints",
        "intelligenceService",
        "reportInputDuringAgentSpeech",
        "elevenlabsTextNormalization",
        "interruptSensitivity",
        "debug",
        "backgroundNoiseReduction",
        "speechTimeout",
        "deepgramSmartFormat",
        "ignoreBackchannel",
        "events",
    ]),
    not_played("Assistant").within("Connect").without(&[
        "id",
        "language",
        "ttsLanguage",
        "transcriptionLanguage",
        "ttsProvider",
        "voice",
        "transcriptionProvider",
        "speechModel",
        "profanityFilter",
        "dtmfDetection",
        "welcomeGreeting",
        "partialPrompts",
        "welcomeGreetingInterruptible",
        "interruptible",
        "preemptible",
        "hints",
        "intelligenceService",
        "reportInputDuringAgentSpeech",
        "elevenlabsTextNormalization",
        "interruptSensitivity",
        "debug",
    ]),
    not_played("Language").within("ConversationRelay").without(&[
        "code",
        "ttsProvider",
        "voice",
        "transcriptionProvider",
        "speechModel",
    ]),
    not_played("AiSession").within("Connect").without(&["aiConnector", "aiSessionConfiguration"]),
    not_played("ConversationRelaySession").within("Connect").without(&["connector", "sessionConfiguration"]),
    not_played("Config").without(&["name", "value"]),
    guessed("Parameter", "only of a `<Stream>`").with(&["name", "value"]),
];
