//! What webhooks say, group by group.

use super::row::{Row, guessed, not_played, played};

pub(super) const WEBHOOKS: &[Row] = &[
    played("every request: its headers")
        .with(&["X-Twilio-Signature", "I-Twilio-Idempotency-Token", "Cookie"])
        .without(&["bodySHA256", "If-None-Match"]),
    played("every request: connection overrides in a URL's fragment")
        .with(&["ct", "rt", "tt", "rc", "rp"])
        .without(&["sni", "e"]),
    played("whatever is about a call")
        .with(&[
            "AccountSid",
            "ApiVersion",
            "ApplicationSid",
            "CallSid",
            "CallStatus",
            "CallToken",
            "Called",
            "CalledVia",
            "Caller",
            "Direction",
            "ForwardedFrom",
            "From",
            "ParentCallSid",
            "StirVerstat",
            "To",
        ])
        .guessing(&[("CallerName", "whenever the caller has one: nothing looks it up")])
        .without(&[
            "StirPassportToken",
            "AddOns",
            "SipDomain",
            "SipDomainSid",
            "SipCallId",
            "SipSourceIp",
            "SipHeader_…",
        ]),
    played("of `Called`, `Caller`, `From` and `To` each").with(&["City", "Country", "State", "Zip"]),
    played("fallback URL").with(&["ErrorCode", "ErrorUrl"]),
    played("document after detection").with(&["AnsweredBy", "MachineDetectionDuration"]),
    played("`action` of `<Dial>`")
        .with(&[
            "DialBridged",
            "DialCallDuration",
            "DialCallSid",
            "RecordingDuration",
            "RecordingSid",
            "RecordingUrl",
        ])
        .guessing(&[(
            "DialCallStatus",
            "of a caller who gave up as `Config::abandoned` says, after a conference as \
             `Unverified::after_conference`, of one that can't be joined `failed`",
        )])
        .without(&["DialSipCallId", "DialSipResponseCode", "DialSipHeader_…"]),
    played("`action` of `<Record>`").with(&["Digits", "RecordingDuration", "RecordingSid", "RecordingUrl"]),
    played("`action` of `<Gather>`").with(&["Digits", "SpeechResult"]).guessing(&[
        ("FinishedOnKey", "seen, and not documented"),
        ("Confidence", "0.9, or as a test says"),
        ("Language", "where the `<Gather>` names one"),
    ]),
    guessed("`partialResultCallback` of `<Gather>`", "told once")
        .with(&["StableSpeechResult", "UnstableSpeechResult"])
        .guessing(&[("SequenceNumber", "always 0"), ("Stability", "always 0.9")]),
    played("`action` of `<Enqueue>`")
        .with(&["QueueSid", "QueueTime"])
        .guessing(&[("QueueResult", "never `system-error`")]),
    played("`waitUrl` of `<Enqueue>`").with(&[
        "AvgQueueTime",
        "CurrentQueueSize",
        "MaxQueueSize",
        "QueuePosition",
        "QueueSid",
        "QueueTime",
    ]),
    played("`url` of `<Queue>`").with(&["DequeingCallSid", "QueueSid", "QueueTime"]),
    played("`action` of `<Refer>`")
        .guessing(&[
            ("ReferCallStatus", "`completed` of a caller by SIP, else `failed`"),
            ("ReferSipResponseCode", "202 of a caller by SIP, else empty"),
        ])
        .without(&["NotifySipResponseCode"]),
    guessed("what is heard in a conference", "that its request names the conference")
        .with(&["ConferenceSid", "FriendlyName"]),
    played("status callback of a number").with(&[
        "CallDuration",
        "CallbackSource",
        "Duration",
        "SequenceNumber",
        "Timestamp",
    ]),
    played("status callback of a leg or of a call by REST")
        .with(&[
            "CallDuration",
            "CallbackSource",
            "Duration",
            "RecordingDuration",
            "RecordingSid",
            "RecordingUrl",
            "SequenceNumber",
            "SipResponseCode",
            "Timestamp",
        ])
        .guessing(&[
            ("AnsweredBy", "at the end, where somebody was detected"),
            ("StirStatus", "B from a number of an account, else C"),
        ]),
    played("`amdStatusCallback`").with(&["AccountSid", "AnsweredBy", "CallSid", "MachineDetectionDuration"]),
    played("recording status callback")
        .with(&[
            "AccountSid",
            "CallSid",
            "ConferenceSid",
            "ErrorCode",
            "RecordingChannels",
            "RecordingDuration",
            "RecordingSid",
            "RecordingSource",
            "RecordingStartTime",
            "RecordingStatus",
            "RecordingUrl",
        ])
        .guessing(&[("RecordingTrack", "neither of a `<Record>` nor of a conference")]),
    played("`transcribeCallback`")
        .with(&[
            "AccountSid",
            "ApiVersion",
            "CallSid",
            "CallStatus",
            "Called",
            "Caller",
            "Direction",
            "ForwardedFrom",
            "From",
            "RecordingSid",
            "RecordingUrl",
            "To",
            "TranscriptionSid",
            "TranscriptionStatus",
            "TranscriptionText",
            "TranscriptionType",
            "url",
        ])
        .guessing(&[("TranscriptionUrl", "it leads nowhere")]),
    guessed("conference status callback", "made from Twilio's table: none was seen")
        .with(&[
            "AccountSid",
            "CallSid",
            "CallSidEndingConference",
            "CallSidToCoach",
            "Coaching",
            "ConferenceSid",
            "EndConferenceOnExit",
            "FriendlyName",
            "Hold",
            "Muted",
            "ParticipantCallStatus",
            "ParticipantLabel",
            "ParticipantLabelEndingConference",
            "ReasonConferenceEnded",
            "ReasonParticipantLeft",
            "SequenceNumber",
            "StartConferenceOnEnter",
            "StatusCallbackEvent",
            "Timestamp",
        ])
        .guessing(&[
            ("Reason", "the words of the other reason"),
            ("AnnounceUrl", "at a failure only"),
            ("ReasonAnnouncementFailed", "at a document that can't be had"),
        ]),
    played("callback of a stream")
        .with(&["AccountSid", "CallSid", "StreamSid", "StreamName", "StreamEvent", "Timestamp"])
        .guessing(&[("StreamError", "the code and some words")]),
    played("callback of a real-time transcription")
        .with(&[
            "AccountSid",
            "CallSid",
            "TranscriptionSid",
            "TranscriptionEvent",
            "TranscriptionData",
            "TranscriptionEngine",
            "Name",
            "Track",
            "InboundTrackLabel",
            "OutboundTrackLabel",
            "PartialResults",
            "ProviderConfiguration",
            "Final",
            "SequenceId",
            "LanguageCode",
            "Timestamp",
        ])
        .guessing(&[
            ("Stability", "always 0.5"),
            ("ErrorCode", "32655, whatever it is"),
            ("ErrorMessage", "likewise"),
        ])
        .without(&["TranscriptionProviderData"]),
    not_played("callback of a payment"),
    not_played("Twilio's debugger webhook").without(&["Sid", "ParentAccountSid", "Level", "Payload"]),
    not_played("texts and their status"),
];
