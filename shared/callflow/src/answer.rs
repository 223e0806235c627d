//! How what a caller gets is said to Twilio.

use domain::{Language, Prompt, Ring, Speech, Spoken, TakeMessage, Treatment, VoicemailSettings};
use phone::PhoneNumber;
use twiml::values::{CallEvent, DialTimeout, FinishKeys, MaxLength, RecordTimeout, RecordingEvent};
use twiml::voice::{Dial, Nouns, Number, Play, Record, Reject, Response, Say};

use crate::callbacks::Callbacks;
use crate::spoken::{spoken, take_message};

/// How long a caller may be silent before the recording ends, in seconds. Twilio's own 5 s cut off
/// people who think before they speak.
const SILENCE_SECONDS: u32 = 10;

/// The document for what a caller gets.
pub fn answer(treatment: &Treatment, callbacks: &Callbacks) -> Response {
    match treatment {
        Treatment::Ring(ring) => dial(ring, callbacks),
        Treatment::TakeMessage(message) => record(message, callbacks, callbacks.recorded()),
        Treatment::Say { words } => speak(Response::new(), words).hangup(),
        Treatment::Reject => Response::new().reject(Reject::busy()),
        Treatment::HangUp => Response::new().hangup(),
    }
}

/// A greeting and a beep in a language that is a guess: what a caller gets when the number's own
/// settings can't be read. The recording then waits at Twilio for its owner to be found.
pub fn voicemail_without_settings(language: Language) -> Treatment {
    Treatment::TakeMessage(take_message(&Speech::in_language(language), &VoicemailSettings::default()))
}

/// A greeting and a beep for when no function of ours answers at all: what a number's fallback URL
/// holds. The message's end leads to `recorded`, which must not be a function either: Twilio would
/// come back here, and the caller would hear the greeting again. That the recording is there is
/// reported to the webhooks all the same.
pub fn voicemail_without_functions(language: Language, callbacks: &Callbacks, recorded: &str) -> Response {
    let message = take_message(&Speech::in_language(language), &VoicemailSettings::default());
    record(&message, callbacks, recorded.to_owned())
}

/// What follows a message that [`voicemail_without_functions`] took.
pub fn thanks_without_functions(language: Language) -> Response {
    speak(Response::new(), &spoken(Prompt::Thanks, &Speech::in_language(language))).hangup()
}

/// The end of a call, where no function of ours answers.
pub fn hang_up_without_functions() -> Response {
    Response::new().hangup()
}

fn speak(response: Response, words: &Spoken) -> Response {
    match words {
        Spoken::Audio(url) => response.play(Play::new(url.as_str())),
        Spoken::BuiltIn { prompt, language } => {
            let (voice, code) = texts::voice(*language);
            response.say(Say::new(texts::prompt(*prompt, *language)).voice(voice).language(code))
        }
        Spoken::Words { text, voice, language } => {
            let say = Say::new(text.as_str()).voice(voice.as_str());
            response.say(match language {
                Some(language) => say.language(language.as_str()),
                None => say,
            })
        }
    }
}

fn dial(ring: &Ring, callbacks: &Callbacks) -> Response {
    let number = |target: &PhoneNumber| {
        let events = [CallEvent::Initiated, CallEvent::Ringing, CallEvent::Answered, CallEvent::Completed];
        Number::new(target.reveal()).status_callback(callbacks.status()).status_callback_event(events)
    };
    let nouns = ring.targets.iter().take(Nouns::MAX).map(number).collect::<Vec<_>>();
    let dial = Dial::new()
        .action(callbacks.dial_outcome())
        .answer_on_bridge(true)
        .caller_id(ring.shown.reveal())
        .hangup_on_star(ring.hang_up_on_star)
        .timeout(DialTimeout::nearest(ring.seconds))
        .nouns(Nouns::try_from(nouns).unwrap_or_default());
    let response = ring.announcement.iter().fold(Response::new(), speak);
    response.dial(dial)
}

/// Greeting, beep, recording.
fn record(message: &TakeMessage, callbacks: &Callbacks, recorded: String) -> Response {
    let finish_on_key = message.finish_key.map(String::from).unwrap_or_default();
    let mut record = Record::new()
        .action(recorded)
        .finish_on_key(FinishKeys::from(finish_on_key.as_str()))
        .max_length(MaxLength::nearest(message.max_seconds))
        .play_beep(message.beep)
        .recording_status_callback(callbacks.recording())
        .recording_status_callback_event([RecordingEvent::Completed, RecordingEvent::Absent])
        .timeout(RecordTimeout::nearest(SILENCE_SECONDS));
    if message.transcribed_by_twilio {
        record = record.transcribe(true).transcribe_callback(callbacks.transcription());
    }
    let response = speak(Response::new(), &message.greeting).record(record);
    // Twilio goes on here when nothing at all was recorded; without a verb it would just hang up.
    speak(response, &message.nothing_heard).hangup()
}

#[cfg(test)]
mod tests;
