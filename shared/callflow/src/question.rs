//! Somebody is asked for a key, or a word: in a menu of a program's, or whether a person is there.

use live::Listens;
use twiml::values::{FinishKey, GatherInput, GatherTimeout, List, NumDigits, SpeechTimeout};
use twiml::voice::{Gather, SpeechVerb};

/// What is said, which they may interrupt, and what is listened for. Whatever comes, and if nothing does, `action` is
/// asked.
pub(crate) fn question(prompts: Vec<SpeechVerb>, listens: &Listens, action: &str) -> Gather {
    let mut gather = Gather::new()
        .input(inputs(listens))
        .action(action)
        .timeout(GatherTimeout::nearest(listens.timeout_seconds.into()))
        .action_on_empty_result(true)
        .finish_on_key(FinishKey::from(listens.stop_key.map(String::from).unwrap_or_default().as_str()));
    if listens.max_keys > 0 {
        gather = gather.num_digits(NumDigits::nearest(listens.max_keys.into()));
    }
    if let Some(language) = &listens.language {
        gather = gather.language(language.as_str()).speech_timeout(SpeechTimeout::Auto);
    }
    if !listens.hints.is_empty() {
        gather = gather.hints(listens.hints.join(","));
    }
    gather.prompts = prompts;
    gather
}

fn inputs(listens: &Listens) -> List<GatherInput> {
    match (listens.max_keys > 0, &listens.language) {
        (true, Some(_)) => List::from([GatherInput::Dtmf, GatherInput::Speech]),
        (false, Some(_)) => List::from(GatherInput::Speech),
        (_, None) => List::from(GatherInput::Dtmf),
    }
}
