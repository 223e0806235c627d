//! The pieces that answers are made of.

use twiml::values::{FinishKeys, MaxLength, RecordTimeout, RecordingEvent};
use twiml::voice::{Play, Record, Response, Say};

use crate::callbacks::Callbacks;
use crate::language::Language;
use crate::prompts::{Prompt, Wording};
use crate::settings::{Speech, VoicemailSettings};

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

/// Adds a prompt: the number's own, or the built-in one.
pub(crate) fn speak(response: Response, prompt: Prompt, speech: &Speech) -> Response {
    match speech.prompts.get(&prompt) {
        Some(Wording::Audio(url)) => response.play(Play::new(url.as_str())),
        Some(Wording::Text(text)) => response.say(in_voice(text.as_str(), speech)),
        None => response.say(in_voice(prompt.text(speech.language), speech)),
    }
}

fn in_voice(text: &str, speech: &Speech) -> Say {
    let (voice, language_code) = speech.language.voice();
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
    let finish_on_key = voicemail.finish_key.map(|key| key.as_char().to_string()).unwrap_or_default();
    let mut record = Record::new()
        .action(callbacks.recorded())
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
