//! What a caller gets where nothing can be read or written.

use callflow::{Onward, take_message, voicemail_without_settings};
use domain::{Language, Speech, Treatment};
use phone::PhoneNumber;
use store::Store;

/// A greeting and a beep: the number's own where it is known from an earlier call, in the caller's language where
/// the address tells it.
pub fn rescued(
    store: &Store,
    to: Option<&PhoneNumber>,
    onward: Option<&Onward>,
    likely: Language,
) -> Treatment {
    let language = onward.map(|onward| onward.course.language);
    let known = to.and_then(|to| store.number_last_known(to));
    match (known, language) {
        (Some(number), language) => {
            let settings = &number.settings;
            let speech = match language {
                Some(language) if language != settings.speech.language => Speech::in_language(language),
                _ => settings.speech.clone(),
            };
            Treatment::TakeMessage(take_message(&speech, &settings.voicemail))
        }
        (None, language) => voicemail_without_settings(language.unwrap_or(likely)),
    }
}
