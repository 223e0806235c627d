//! Entries as lines to read.

use std::fmt;
use std::time::Duration;

use super::entry::{Entry, Party, What};
use crate::Address;
use crate::webhooks::{SentWebhook, WebhookOutcome};

/// How a transcript shows addresses.
pub(super) enum Names {
    Masked,
    Revealed,
}

impl Names {
    pub(super) fn show(&self, address: &Address) -> String {
        match self {
            Self::Masked => address.to_string(),
            Self::Revealed => address.reveal().into(),
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

pub(super) fn write_entry(
    formatter: &mut fmt::Formatter<'_>,
    since_start: Duration,
    entry: &Entry,
    names: &Names,
) -> fmt::Result {
    let party = match &entry.party {
        Party::Network => "network".into(),
        Party::Caller => "caller".into(),
        Party::Callee(address) => names.show(address),
    };
    let what = describe(&entry.what, names);
    write!(formatter, "{:>8}  {party:<13} {what}", seconds(since_start))
}

fn describe(what: &What, names: &Names) -> String {
    match what {
        What::Dials(address) => format!("dials {}", names.show(address)),
        What::Rings => "rings".into(),
        What::Answers => "is answered".into(),
        What::Declines => "declines".into(),
        What::HearsRinging(length) => format!("hears ringing for {}", seconds(*length)),
        What::HearsWords { text, voice, language, to_the_end } => {
            let how: Vec<&str> = [voice, language].into_iter().flatten().map(|s| &**s).collect();
            let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
            let cut = if *to_the_end { "" } else { " … and no more" };
            format!("hears \"{text}\"{how}{cut}")
        }
        What::HearsSound(url) => format!("hears the sound {url}"),
        What::HearsKeys(keys) => format!("hears the keys {keys}"),
        What::HearsSilence(length) => format!("hears silence for {}", seconds(*length)),
        What::HearsBeep => "hears the BEEP".into(),
        What::HearsBusy => "hears the busy tone".into(),
        What::HearsNotInService => "hears that the number is not in service".into(),
        What::HearsApplicationError => {
            "HEARS \"WE ARE SORRY, AN APPLICATION ERROR HAS OCCURRED. GOODBYE.\"".into()
        }
        What::HearsHangUp => "hears the hang-up tone".into(),
        What::TalksWith(address) => format!("talks with {}", names.show(address)),
        What::HearsSomebody { from, words } => format!("hears {} say \"{words}\"", names.show(from)),
        What::Speaks(words) if words.is_empty() => "makes a sound without words".into(),
        What::Speaks(words) => format!("says \"{words}\""),
        What::Presses(keys) => format!("presses {keys}"),
        What::HangsUp => "hangs up".into(),
        What::Webhook(webhook) => describe_webhook(webhook),
        What::Recorded(recording) => format!("recorded {} s as {}", recording.duration, recording.sid),
        What::Problem(problem) => format!("!! {problem}"),
        What::Status(status) => format!("is {status}"),
        What::Note(note) => format!("({note})"),
    }
}

/// Parameters worth a place in the transcript; none of them holds a number.
const TELLING: [&str; 11] = [
    "CallStatus",
    "DialCallStatus",
    "DialBridged",
    "DialCallDuration",
    "Digits",
    "SpeechResult",
    "RecordingStatus",
    "RecordingDuration",
    "TranscriptionStatus",
    "SequenceNumber",
    "ErrorCode",
];

fn describe_webhook(webhook: &SentWebhook) -> String {
    let told: Vec<String> =
        TELLING.iter().filter_map(|name| Some(format!("{name}={}", webhook.param(name)?))).collect();
    let end = match &webhook.outcome {
        WebhookOutcome::UnderWay => "under way".into(),
        WebhookOutcome::Lost => "lost on the way".into(),
        WebhookOutcome::Answered(answer) => {
            let content_type = answer.content_type.as_deref().unwrap_or_default();
            format!("{} {content_type}", answer.status).trim_end().into()
        }
        WebhookOutcome::Failed(failure) => failure.to_string(),
    };
    let copy = match (webhook.resend_of, webhook.copy) {
        (Some(_), _) => ", sent again".into(),
        (None, _) if webhook.too_late => ", too late".into(),
        (None, 0) => String::new(),
        (None, copy) => format!(", copy {}", copy + 1),
    };
    let path = webhook.path().split('?').next().unwrap_or_default();
    format!("{} {path} ({}{copy}) {} -> {end}", webhook.method, webhook.kind, told.join(" "))
}
