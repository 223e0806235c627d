//! How what a caller gets is said to Twilio.

use domain::{
    Ask, Language, LeftFor, Prompt, Ring, Speech, Spoken, TakeMessage, Treatment, VoicemailSettings,
    WaitSound,
};
use phone::PhoneNumber;
use twiml::values::{
    CallEvent, DialTimeout, FinishKey, FinishKeys, GatherInput, GatherTimeout, List, MaxLength, NumDigits,
    PauseLength, QueueName, RecordTimeout, RecordingEvent, SpeechTimeout,
};
use twiml::voice::{
    Dial, Enqueue, Gather, Nouns, Number, Pause, Play, Record, Redirect, Reject, Response, Say, SpeechVerb,
};

use crate::callbacks::Callbacks;
use crate::leg_address::LegAddress;
use crate::spoken::{spoken, take_message};

/// How long a caller may be silent before the recording ends, in seconds. Twilio's own 5 s cut off
/// people who think before they speak.
const SILENCE_SECONDS: u32 = 10;

/// How long the line rings on before it is looked again whether a program takes the call, in seconds.
const OFFER_ROUND_SECONDS: u32 = 2;

/// The document for what a caller gets.
pub fn answer(treatment: &Treatment, callbacks: &Callbacks) -> Response {
    match treatment {
        Treatment::Ring(ring) => dial(ring, callbacks),
        Treatment::TakeMessage(message) => {
            let left_for = LeftFor::of(message).write();
            record(message, callbacks, callbacks.recorded(left_for.as_deref()))
        }
        Treatment::Ask(asked) => ask(asked, callbacks),
        Treatment::Park { queue, words, next } => park(queue, words, next, callbacks),
        Treatment::Wait { words, sound, next } => {
            let sound = match sound {
                WaitSound::Ringing => callbacks.ringing(),
                WaitSound::Music => callbacks.music(),
            };
            let response = words.iter().fold(Response::new(), speak).play(Play::new(sound));
            response.redirect(Redirect::new(callbacks.wait(next)))
        }
        // As the first verb, it lets the line ring on.
        Treatment::Offer { next } => Response::new()
            .pause(Pause::of(PauseLength::nearest(OFFER_ROUND_SECONDS)))
            .redirect(Redirect::new(callbacks.wait(next))),
        Treatment::Steered { booth } => Response::new().redirect(Redirect::new(callbacks.booth(booth))),
        Treatment::Unreachable => Response::new().reject(Reject::new()),
        Treatment::Leave => Response::new().leave(),
        Treatment::End { words } => words.iter().fold(Response::new(), speak).hangup(),
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

pub(crate) fn speak(response: Response, words: &Spoken) -> Response {
    match verb(words) {
        SpeechVerb::Say(say) => response.say(say),
        SpeechVerb::Play(play) => response.play(play),
        SpeechVerb::Pause(pause) => response.pause(pause),
    }
}

/// The words as a verb.
pub(crate) fn verb(words: &Spoken) -> SpeechVerb {
    match words {
        Spoken::Audio(url) => SpeechVerb::Play(Play::new(url.as_str())),
        Spoken::BuiltIn { prompt, language } => {
            let (voice, code) = texts::voice(*language);
            SpeechVerb::Say(Say::new(texts::prompt(*prompt, *language)).voice(voice).language(code))
        }
        Spoken::Words { text, voice, language } => {
            let say = Say::new(text.as_str()).voice(voice.as_str());
            SpeechVerb::Say(match language {
                Some(language) => say.language(language.as_str()),
                None => say,
            })
        }
    }
}

/// One key, or a few words. Also who gives neither comes to the webhook: by the verb behind, where the recogniser
/// fails.
fn ask(asked: &Ask, callbacks: &Callbacks) -> Response {
    let Ask { words, keys, speech, hints, seconds, next } = asked;
    let action = callbacks.menu(next);
    let mut gather = Gather::new()
        .input(match (keys, speech) {
            (true, Some(_)) => List::from([GatherInput::Dtmf, GatherInput::Speech]),
            (false, Some(_)) => List::from(GatherInput::Speech),
            (_, None) => List::from(GatherInput::Dtmf),
        })
        .action(action.as_str())
        .timeout(GatherTimeout::nearest((*seconds).into()))
        .finish_on_key(FinishKey::default())
        .action_on_empty_result(true);
    if *keys {
        gather = gather.num_digits(NumDigits::nearest(1));
    }
    if let Some(language) = speech {
        gather = gather.language(texts::recogniser(*language)).speech_timeout(SpeechTimeout::Auto);
    }
    if !hints.is_empty() {
        gather = gather.hints(likely(hints));
    }
    gather.prompts.extend(words.iter().map(verb));
    Response::new().gather(gather).redirect(Redirect::new(action))
}

/// Twilio takes five hundred, of a hundred characters each; a comma would make two of one.
fn likely(hints: &[String]) -> String {
    let hints = hints.iter().filter(|hint| hint.chars().count() <= 100 && !hint.contains(','));
    hints.take(500).map(String::as_str).collect::<Vec<_>>().join(",")
}

fn park(queue: &str, words: &[Spoken], next: &str, callbacks: &Callbacks) -> Response {
    let response = words.iter().fold(Response::new(), speak);
    let mut enqueue = Enqueue::default();
    enqueue.name = QueueName::try_from(queue).ok();
    response.enqueue(enqueue.action(callbacks.left(next)).wait_url(callbacks.wait(next)))
}

fn dial(ring: &Ring, callbacks: &Callbacks) -> Response {
    let number = |target: &PhoneNumber| {
        let events = [CallEvent::Initiated, CallEvent::Ringing, CallEvent::Answered, CallEvent::Completed];
        let told = ring.told.as_ref().map_or_else(|| callbacks.status(), |told| callbacks.booth_told(told));
        let number = Number::new(target.reveal()).status_callback(told).status_callback_event(events);
        if !ring.screened {
            return number;
        }
        let leg = LegAddress::dialled(ring.spoken_to_in.unwrap_or(Language::English), ring.next.is_some());
        number.url(callbacks.leg(&leg.write()))
    };
    let nouns = ring.targets.iter().take(Nouns::MAX).map(number).collect::<Vec<_>>();
    let dial = Dial::new()
        .action(callbacks.dial_outcome(ring.next.as_deref()))
        .answer_on_bridge(true)
        .caller_id(ring.shown.reveal())
        .hangup_on_star(ring.hang_up_on_star)
        .timeout(DialTimeout::nearest(ring.seconds))
        .nouns(Nouns::try_from(nouns).unwrap_or_default());
    let response = ring.first.iter().chain(&ring.announcement).fold(Response::new(), speak);
    response.dial(dial)
}

/// Greeting, beep, recording.
fn record(message: &TakeMessage, callbacks: &Callbacks, recorded: String) -> Response {
    let finish_on_key = message.finish_key.map(String::from).unwrap_or_default();
    let left_for = LeftFor::of(message).write();
    let mut record = Record::new()
        .action(recorded)
        .finish_on_key(FinishKeys::from(finish_on_key.as_str()))
        .max_length(MaxLength::nearest(message.max_seconds))
        .play_beep(message.beep)
        .recording_status_callback(callbacks.recording(left_for.as_deref()))
        .recording_status_callback_event([RecordingEvent::Completed, RecordingEvent::Absent])
        .timeout(RecordTimeout::nearest(SILENCE_SECONDS));
    if message.transcribed_by_twilio {
        record = record.transcribe(true).transcribe_callback(callbacks.transcription());
    }
    let response =
        message.first.iter().chain([&message.greeting]).fold(Response::new(), speak).record(record);
    // Twilio goes on here when nothing at all was recorded; without a verb it would just hang up.
    speak(response, &message.nothing_heard).hangup()
}

#[cfg(test)]
mod tests;
