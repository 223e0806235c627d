//! The pieces that answers are made of.

use twiml::values::{FinishKeys, MaxLength, RecordTimeout, RecordingEvent};
use twiml::voice::{Play, Record, Response, Say};

use crate::callbacks::Callbacks;
use domain::{Language, Prompt, Speech, VoicemailSettings, Wording};

/// How long a caller may be silent before the recording ends, in seconds. Twilio's own 5 s cut off
/// people who think before they speak.
const SILENCE_SECONDS: u32 = 10;

/// Ends the call.
pub fn hang_up() -> Response {
    Response::new().hangup()
}

/// A greeting and a beep in a language that is a guess: what a caller gets when the number's own
/// settings can't be read. The recording then waits at Twilio for its owner to be found.
pub fn voicemail_without_settings(language: Language, callbacks: &Callbacks) -> Response {
    take_message(&Speech::in_language(language), &VoicemailSettings::default(), callbacks)
}

/// A greeting and a beep for when no function of ours answers at all: what a number's fallback URL
/// holds. The message's end leads to `recorded`, which must not be a function either: Twilio would
/// come back here, and the caller would hear the greeting again. That the recording is there is
/// reported to the webhooks all the same.
pub fn voicemail_without_functions(language: Language, callbacks: &Callbacks, recorded: &str) -> Response {
    let speech = Speech::in_language(language);
    record(&speech, &VoicemailSettings::default(), callbacks, recorded.to_owned())
}

/// What follows a message that [`voicemail_without_functions`] took.
pub fn thanks_without_functions(language: Language) -> Response {
    speak(Response::new(), Prompt::Thanks, &Speech::in_language(language)).hangup()
}

/// Adds a prompt: the number's own, or the built-in one.
pub(crate) fn speak(response: Response, prompt: Prompt, speech: &Speech) -> Response {
    match speech.prompts.get(&prompt) {
        Some(Wording::Audio(url)) => response.play(Play::new(url.as_str())),
        Some(Wording::Text(text)) => response.say(in_voice(text.as_str(), speech)),
        None => response.say(in_voice(texts::prompt(prompt, speech.language), speech)),
    }
}

fn in_voice(text: &str, speech: &Speech) -> Say {
    let (voice, language_code) = texts::voice(speech.language);
    match &speech.voice {
        // Another voice brings its own language code.
        Some(voice) => Say::new(text).voice(voice.as_str()),
        None => Say::new(text).voice(voice).language(language_code),
    }
}

/// Greeting, beep, recording.
pub(crate) fn take_message(
    speech: &Speech,
    voicemail: &VoicemailSettings,
    callbacks: &Callbacks,
) -> Response {
    record(speech, voicemail, callbacks, callbacks.recorded())
}

fn record(
    speech: &Speech,
    voicemail: &VoicemailSettings,
    callbacks: &Callbacks,
    recorded: String,
) -> Response {
    let finish_on_key = voicemail.finish_key.map(|key| key.as_char().to_string()).unwrap_or_default();
    let mut record = Record::new()
        .action(recorded)
        .finish_on_key(FinishKeys::from(finish_on_key.as_str()))
        .max_length(MaxLength::nearest(voicemail.max_length.as_seconds().into()))
        .play_beep(voicemail.beep)
        .recording_status_callback(callbacks.recording())
        .recording_status_callback_event([RecordingEvent::Completed, RecordingEvent::Absent])
        .timeout(RecordTimeout::nearest(SILENCE_SECONDS));
    if voicemail.engines(speech.language).twilio() {
        record = record.transcribe(true).transcribe_callback(callbacks.transcription());
    }
    let response = speak(Response::new(), Prompt::Greeting, speech).record(record);
    // Twilio goes on here when nothing at all was recorded; without a verb it would just hang up.
    speak(response, Prompt::NothingHeard, speech).hangup()
}

#[cfg(test)]
mod tests;
