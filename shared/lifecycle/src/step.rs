//! What is to be done next.

use domain::{
    Destination, Engine, Engines, Mail, MailKind, NoTranscript, Recorded, Transcript, TranscriptStatus,
    TranscriptText, TranscriptionFailure, TranscriptionJob, Voicemail,
};
use jiff::{SignedDuration, Timestamp};

/// How long a mail waits for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBox(SignedDuration);

/// The next step of a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Find out whose it is.
    Identify,
    /// Fetch the sound from Twilio and store it.
    Archive,
    /// Ask Amazon for something about the words.
    Transcribe(Ask),
    /// Claim a mail, send it, record it.
    Send(MailKind),
    /// Delete the recording at Twilio.
    Purge,
    /// Tag our own copy of the sound as delivered, so that the bucket's own lifecycle may delete it.
    Release,
    /// Nothing before then.
    Wait {
        /// When there will be something to do, if nothing happens before.
        until: Timestamp,
        /// For what.
        wait: Wait,
    },
    /// Take the row off the list of those that are not done.
    Close,
    /// Nothing.
    Done,
}

/// What Amazon is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To make words of the sound.
    Transcript,
    /// What has become of that.
    Outcome,
    /// Nothing any more: it had its time.
    NoMore,
}

/// What a voicemail waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Twilio's word that the sound is ready.
    Recording,
    /// The words.
    Transcript,
    /// Amazon, which had no time to begin.
    Amazon,
    /// Another worker, which has claimed a mail; or an event of SES, which has not said what it did.
    Claim,
    /// The next try, after a failure.
    Retry,
    /// A message that may have been left in a call that seems missed.
    Message,
}

/// How long to trust that Twilio will say that the sound is ready, before asking for it unasked.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// How long words are waited for: a recording that is to be deleted at Twilio is kept so long, for
/// Twilio can't transcribe what is gone, and Amazon is asked so long.
const WORDS_AT_THE_LATEST: SignedDuration = SignedDuration::from_hours(24);

/// How long after the time box Twilio's words are waited for where Amazon may make them, too: what
/// was to bring them may have got lost.
const TWILIO_AT_THE_LATEST: SignedDuration = SignedDuration::from_mins(5);

/// What Twilio's engine writes when it heard no word.
const NO_WORDS: &str = "(blank)";

/// What Twilio transcribes: longer than 2 s and shorter than 120 s.
/// Source: Twilio's "TwiML: Record" page, `transcribe`.
const TWILIO_TRANSCRIBES: std::ops::Range<u32> = 3..120;

impl TimeBox {
    /// In seconds. At most 15 minutes, which is as long as a queue can hold a message back.
    pub fn seconds(seconds: u32) -> Self {
        Self(SignedDuration::from_secs(i64::from(seconds.min(900))))
    }

    /// The end of a time box that began then.
    pub(crate) fn after(self, begin: Timestamp) -> Timestamp {
        begin.checked_add(self.0).unwrap_or(Timestamp::MAX)
    }
}

impl Default for TimeBox {
    /// Two minutes.
    fn default() -> Self {
        Self::seconds(120)
    }
}

/// Decides, from the row alone, what is to be done next.
#[expect(clippy::too_many_lines, reason = "one decision, in the order in which things are done")]
pub fn next_step(voicemail: &Voicemail, time_box: TimeBox, now: Timestamp) -> Step {
    let rest = if voicemail.open { Step::Close } else { Step::Done };
    // A conversation goes on for hours: it opens once its recording has ended.
    if voicemail.conversation.is_some() && !voicemail.open {
        return Step::Done;
    }
    let keeping = &voicemail.keeping;
    // What is deleted, or is to be, is not brought back, and not sent any more.
    let is_gone = keeping.deletion_asked.is_some() || keeping.audio_deleted_at.is_some();
    let until = |wait: Wait, until: Timestamp| (now < until).then_some(Step::Wait { until, wait });
    let next_attempt_at = voicemail.trouble.as_ref().map(|trouble| trouble.next_attempt_at);
    let retry = next_attempt_at.and_then(|next_attempt_at| until(Wait::Retry, next_attempt_at));
    if keeping.parties_deleted_at.is_some() {
        // Only to tell of it can have failed since.
        return retry.filter(|_| voicemail.open).unwrap_or(rest);
    }
    if is_gone {
        return rest;
    }
    // Nothing was said. What Twilio keeps of it is only worth deleting; and while only the end of
    // the call told so, Twilio may still say that there is more.
    let is_empty = voicemail.recording.is_empty();
    if is_empty && (voicemail.recording != Recorded::Ready { duration_seconds: 0 } || !voicemail.open) {
        return rest;
    }
    let after = |age: SignedDuration| voicemail.recorded_at.checked_add(age).unwrap_or(Timestamp::MAX);

    if let Some(wait) = retry {
        return wait;
    }
    let Some(destination) = &voicemail.destination else {
        return Step::Identify;
    };
    let is_held = keeping.hold.is_some() || keeping.purge_withheld;
    let purges = destination.purge_at_twilio && !is_held;
    if is_empty {
        let purge = purges && voicemail.purged_at.is_none();
        return if purge { Step::Purge } else { rest };
    }
    if voicemail.audio.is_none() {
        // The mail that says that the sound is gone is perhaps on its way: it is over first.
        if let (Some(_), Mail::Claimed { until: lease, .. }) = (voicemail.found_again_at, &voicemail.mail)
            && let Some(wait) = until(Wait::Claim, *lease)
        {
            return wait;
        }
        match voicemail.recording {
            Recorded::Left { .. } => {
                return until(Wait::Recording, after(PATIENCE.min(time_box.0))).unwrap_or(Step::Archive);
            }
            Recorded::Ready { .. } => return Step::Archive,
            // There is nothing to fetch; the owner is told so.
            Recorded::Lost { .. } | Recorded::Gone | Recorded::Absent => {}
        }
    }
    let words = words(voicemail, destination);
    let twilio_until = is_twilio_awaited(voicemail, destination).then(|| {
        let end = time_box.after(voicemail.recorded_at).checked_add(TWILIO_AT_THE_LATEST);
        end.unwrap_or(Timestamp::MAX)
    });
    // The mail waits for Amazon no longer than for anybody else.
    let waits_for_amazon = match amazon(voicemail, destination, twilio_until, now) {
        Ok(ask) => return Step::Transcribe(ask),
        Err(wait) => wait,
    };
    // It is kept, and nobody is told of it but by an order to send it after all.
    let is_silent = destination.not_mailed.is_some();
    match &voicemail.mail {
        Mail::Unsent if is_silent => {}
        Mail::Unsent if words == TranscriptStatus::Awaited => {
            let time_box = until(Wait::Transcript, after(time_box.0));
            return match (time_box, waits_for_amazon) {
                // Whichever comes first.
                (
                    Some(Step::Wait { until: end, .. }),
                    Some(soon @ Step::Wait { wait: Wait::Amazon, until }),
                ) if until < end => soon,
                (Some(wait), _) => wait,
                (None, _) => Step::Send(MailKind::Voicemail),
            };
        }
        Mail::Unsent => return Step::Send(MailKind::Voicemail),
        Mail::Claimed { until: end, .. } => {
            return until(Wait::Claim, *end).unwrap_or(Step::Send(MailKind::Voicemail));
        }
        Mail::Sent { .. } => {}
    }
    if let Some(resend) = &voicemail.resend {
        let kind = MailKind::Resend(resend.number);
        match &resend.mail {
            Mail::Unsent => return Step::Send(kind),
            Mail::Claimed { until: end, .. } => {
                return until(Wait::Claim, *end).unwrap_or(Step::Send(kind));
            }
            Mail::Sent { .. } => {}
        }
    }
    if voicemail.second_mail_wanted {
        match &voicemail.second_mail {
            Mail::Unsent => return Step::Send(MailKind::Second),
            Mail::Claimed { until: end, .. } => {
                return until(Wait::Claim, *end).unwrap_or(Step::Send(MailKind::Second));
            }
            Mail::Sent { .. } => {}
        }
    }
    let has_words = |mail: &Mail| matches!(mail, Mail::Sent { with_words: true, .. });
    if !is_silent
        && matches!(words, TranscriptStatus::Known(_))
        && !has_words(&voicemail.mail)
        && !has_words(&voicemail.second_mail)
    {
        match &voicemail.words_mail {
            Mail::Unsent => return Step::Send(MailKind::Transcript),
            Mail::Claimed { until: end, .. } => {
                return until(Wait::Claim, *end).unwrap_or(Step::Send(MailKind::Transcript));
            }
            Mail::Sent { .. } => {}
        }
    }
    if purges && voicemail.audio.is_some() && voicemail.purged_at.is_none() {
        // Amazon listens to our own copy.
        if waits_for_amazon.is_some() {
            return Step::Purge;
        }
        if words != TranscriptStatus::Awaited {
            return Step::Purge;
        }
        let latest = twilio_until.unwrap_or_else(|| after(WORDS_AT_THE_LATEST));
        return until(Wait::Transcript, latest).unwrap_or(Step::Purge);
    }
    // The row stays open, so that a job whose end nobody told of is found, and words that Twilio
    // told nobody of.
    let waits_for_twilio = twilio_until.and_then(|latest| until(Wait::Transcript, latest));
    let is_released = voicemail.audio.as_ref().is_none_or(|audio| audio.released);
    let rest = if voicemail.open && !is_released { Step::Release } else { rest };
    waits_for_amazon.or(waits_for_twilio).unwrap_or(rest)
}

/// What is known of the words of a voicemail.
pub fn words<'a>(voicemail: &'a Voicemail, destination: &Destination) -> TranscriptStatus<'a> {
    let by_amazon = destination.engines.amazon().is_some();
    let seconds = voicemail.recording.duration_seconds();
    match &voicemail.transcript {
        Some(Transcript { result: Ok(TranscriptText { words, .. }), .. }) => {
            if ["", NO_WORDS].contains(&words.trim()) {
                TranscriptStatus::None(NoTranscript::NothingRecognised)
            } else {
                TranscriptStatus::Known(words)
            }
        }
        _ if is_amazons_turn(voicemail, destination) => TranscriptStatus::Awaited,
        Some(Transcript { result: Err(TranscriptionFailure::UnsupportedLanguage), .. }) => {
            TranscriptStatus::None(NoTranscript::UnsupportedLanguage)
        }
        Some(Transcript {
            result:
                Err(
                    TranscriptionFailure::Failed
                    | TranscriptionFailure::NoTime
                    | TranscriptionFailure::Refused,
                ),
            ..
        }) => TranscriptStatus::None(NoTranscript::Failed),
        None if destination.engines == Engines::Off => TranscriptStatus::None(NoTranscript::Off),
        // Amazon has no sound to listen to, yet.
        None if by_amazon && !voicemail.recording.is_lost() => TranscriptStatus::Awaited,
        None => match seconds {
            Some(seconds) if seconds < TWILIO_TRANSCRIBES.start => {
                TranscriptStatus::None(NoTranscript::TooShort)
            }
            Some(seconds) if seconds >= TWILIO_TRANSCRIBES.end => {
                TranscriptStatus::None(NoTranscript::TooLong)
            }
            _ if voicemail.recording.is_lost() => TranscriptStatus::None(NoTranscript::Failed),
            _ => TranscriptStatus::Awaited,
        },
    }
}

/// Whether the words are to come from Amazon now: the sound is stored, and Twilio is not asked,
/// can't, or has failed.
fn is_amazons_turn(voicemail: &Voicemail, destination: &Destination) -> bool {
    let is_deleted = voicemail.keeping.transcript_deleted_at.is_some();
    if destination.engines.amazon().is_none() || voicemail.audio.is_none() || is_deleted {
        return false;
    }
    if let Some(transcript) = &voicemail.transcript {
        return transcript.engine == Engine::Twilio && transcript.result.is_err();
    }
    let seconds = voicemail.recording.duration_seconds();
    let twilio_can = seconds.is_none_or(|seconds| TWILIO_TRANSCRIBES.contains(&seconds));
    !destination.engines.twilio() || !twilio_can
}

/// Whether Twilio is to make the words, has said nothing yet, and Amazon could do it as well.
fn is_twilio_awaited(voicemail: &Voicemail, destination: &Destination) -> bool {
    destination.engines.amazon().is_some()
        && voicemail.audio.is_some()
        && voicemail.transcript.is_none()
        && voicemail.keeping.transcript_deleted_at.is_none()
        && !is_amazons_turn(voicemail, destination)
}

/// What is to be asked of Amazon now, and, if nothing, when. Its turn comes at `twilio_until` at
/// the latest.
fn amazon(
    voicemail: &Voicemail,
    destination: &Destination,
    twilio_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Ask, Option<Step>> {
    let is_twilio_late = twilio_until.is_some_and(|until| now >= until);
    if !is_twilio_late && !is_amazons_turn(voicemail, destination) {
        return Err(None);
    }
    let give_up = voicemail.recorded_at.checked_add(WORDS_AT_THE_LATEST).unwrap_or(Timestamp::MAX);
    match &voicemail.job {
        Some(TranscriptionJob::Started { is_running: false, .. }) => Ok(Ask::Outcome),
        _ if voicemail.job.is_some() && now >= give_up => Ok(Ask::NoMore),
        Some(TranscriptionJob::Started { .. }) => {
            Err(Some(Step::Wait { until: give_up, wait: Wait::Transcript }))
        }
        Some(TranscriptionJob::Refused { next_attempt_at, .. }) if now < *next_attempt_at => {
            Err(Some(Step::Wait { until: *next_attempt_at, wait: Wait::Amazon }))
        }
        Some(TranscriptionJob::Refused { .. }) | None => Ok(Ask::Transcript),
    }
}

#[cfg(test)]
mod tests;
