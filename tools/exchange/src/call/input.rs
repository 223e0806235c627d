//! Keys and words at prompts, of the caller and of who hears a whisper.

use std::time::Duration;

use super::ear::{Ear, time_to_press, time_to_say};
use crate::document::Gather;
use crate::line::{Params, push};
use crate::phones::Input;
use crate::story::What;

/// What came of a `<Gather>` once its prompts were heard.
pub(super) enum Gathered {
    /// Who should answer hung up.
    Gone,
    /// Nothing came in time.
    Nothing,
    /// Keys, and the one that finished them.
    Keys(String, Option<char>),
    /// Words.
    Words(String),
}

/// Listens for input after the prompts.
pub(super) async fn listen(ear: &Ear, gather: &Gather, input: Input) -> Gathered {
    match input {
        Input::Keys(keys) if gather.takes_keys => {
            let mut pressed = String::new();
            let mut digits = String::new();
            let mut finished_on = None;
            for key in keys.chars() {
                if !ear.listen(time_to_press("1")).await.1 {
                    return Gathered::Gone;
                }
                pressed.push(key);
                if gather.finish_on_key == Some(key) {
                    finished_on = Some(key);
                    break;
                }
                digits.push(key);
                if gather.num_digits.is_some_and(|wanted| digits.len() >= wanted) {
                    break;
                }
            }
            ear.does(What::Presses(pressed));
            let complete =
                finished_on.is_some() || gather.num_digits.is_some_and(|wanted| digits.len() >= wanted);
            if !complete && !ear.listen(gather.timeout).await.1 {
                return Gathered::Gone;
            }
            if digits.is_empty() { Gathered::Nothing } else { Gathered::Keys(digits, finished_on) }
        }
        Input::Words(words) if gather.takes_speech => {
            let length = time_to_say(&words) + Duration::from_secs(1);
            ear.does(What::Speaks(words.clone()));
            if ear.listen(length).await.1 { Gathered::Words(words) } else { Gathered::Gone }
        }
        _ => {
            if ear.listen(gather.timeout).await.1 {
                Gathered::Nothing
            } else {
                Gathered::Gone
            }
        }
    }
}

/// The parameters that the `action` gets; `None` when it is not requested.
pub(super) fn action_params(gather: &Gather, gathered: &Gathered) -> Option<Params> {
    let mut params = Params::new();
    match gathered {
        Gathered::Keys(digits, finished_on) => {
            push(&mut params, "Digits", digits.as_str());
            push(&mut params, "FinishedOnKey", finished_on.map(String::from).unwrap_or_default());
        }
        Gathered::Words(words) => {
            push(&mut params, "SpeechResult", words.as_str());
            push(&mut params, "Confidence", "0.9");
        }
        Gathered::Nothing if gather.action_on_empty_result => {
            push(&mut params, "Digits", "");
        }
        Gathered::Nothing | Gathered::Gone => return None,
    }
    Some(params)
}
