//! What callers choose from, by key or by word.

use domain::{Course, Frame, PlanAt, Spoken, Stage};
use phonefile::model::{Menu, MenuOption};
use texts::Phrase;

use crate::file::input::Input;
use crate::file::words::Voice;
use crate::yes::is_yes;

/// Whoever is silent this often, or chooses what there is not, is asked no more.
pub(crate) const ROUNDS: u8 = 2;

/// How long a caller may think after a menu was said, in seconds; in the second round it is shorter.
pub(crate) const SECONDS: u16 = 6;
const SECONDS_AGAIN: u16 = 4;

/// How long callers are kept in menus, in seconds.
const LONGEST: i64 = 90;

/// A word of which the recogniser is less sure is asked for once more.
const SURE: f64 = 0.5;

/// What became of a menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turned {
    pub(crate) course: Course,
    /// What is said now.
    pub(crate) words: Vec<Spoken>,
    pub(crate) then: Turn,
}

/// How a caller goes on from a menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn {
    /// They are asked, and may take this long.
    Ask { seconds: u16, hints: Vec<String> },
    /// The plan goes on.
    Plan,
}

/// Counts of what a menu heard that was no choice.
#[derive(Clone, Copy, Default)]
struct Tries {
    silent: u8,
    wrong: u8,
}

/// A caller comes to a menu, after something is said.
pub(crate) fn entered(voice: Voice<'_>, mut course: Course, menu: u16, words: Vec<Spoken>) -> Turned {
    let now = voice.now.as_second();
    course.menus_since.get_or_insert(now);
    if is_over(voice, &course) {
        return plan(course, PlanAt::Otherwise(menu), words);
    }
    ask(voice, course, menu, Tries::default(), words)
}

/// A caller has chosen, or not.
pub(crate) fn chosen(voice: Voice<'_>, course: Course, input: Input<'_>) -> Turned {
    let Stage::Menu { menu: at, silent, wrong, confirm } = course.stage else { return gone(course) };
    let Some(menu) = voice.file.menus.get(usize::from(at)) else { return gone(course) };
    let tries = Tries { silent, wrong };
    let no_choice = || vec![voice.phrase(Phrase::NoChoice)];
    if let Some(key) = confirm {
        return match input {
            Input::Key('1') => plan(course, PlanAt::Key(at, key), Vec::new()),
            Input::Speech(words, _) if is_yes(words, course.language) => {
                plan(course, PlanAt::Key(at, key), Vec::new())
            }
            Input::Nothing => silence(voice, course, at, tries),
            _ => mistake(voice, course, at, tries, Vec::new()),
        };
    }
    match input {
        _ if is_over(voice, &course) && matches!(input, Input::Key('*' | '#')) => {
            plan(course, PlanAt::Otherwise(at), Vec::new())
        }
        Input::Key('*') => back(voice, course, at, tries),
        Input::Key('#') => ask(voice, course, at, tries, Vec::new()),
        Input::Key(key) if menu.options.iter().any(|option| option.key == key) => {
            plan(course, PlanAt::Key(at, key), Vec::new())
        }
        // A person, where the menu has no zero of its own.
        Input::Key('0') => plan(course, PlanAt::Otherwise(at), Vec::new()),
        Input::Speech(words, confidence) => match meant(menu, words)[..] {
            [option] if confidence.is_none_or(|confidence| confidence >= SURE) => {
                plan(course, PlanAt::Key(at, option.key), Vec::new())
            }
            [option, ..] => did_you_say(voice, course, at, tries, option),
            [] => mistake(voice, course, at, tries, no_choice()),
        },
        Input::Nothing => silence(voice, course, at, tries),
        _ => mistake(voice, course, at, tries, no_choice()),
    }
}

/// The options of which a word was said, that with the longest such word first.
fn meant<'m>(menu: &'m Menu, said: &str) -> Vec<&'m MenuOption> {
    let said = said.to_lowercase();
    let said = said.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    let longest = |option: &MenuOption| {
        let words = option.words.iter().filter(|word| said.contains(word.as_str()));
        let key = (said.len() == 1 && said.starts_with(option.key)).then_some(1);
        words.map(|word| word.chars().count()).chain(key).max()
    };
    let mut meant: Vec<(usize, &MenuOption)> =
        menu.options.iter().filter_map(|option| Some((longest(option)?, option))).collect();
    meant.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    meant.into_iter().map(|(_, option)| option).collect()
}

/// Another version of the file had this menu.
fn gone(course: Course) -> Turned {
    Turned { course, words: Vec::new(), then: Turn::Plan }
}

/// What a key does, or the menu otherwise; without that, the call goes on behind the menu.
fn plan(mut course: Course, at: PlanAt, words: Vec<Spoken>) -> Turned {
    course.place.push(Frame(at, 0));
    Turned { course, words, then: Turn::Plan }
}

fn silence(voice: Voice<'_>, course: Course, menu: u16, tries: Tries) -> Turned {
    let silent = tries.silent.saturating_add(1);
    if silent >= ROUNDS || is_over(voice, &course) {
        return plan(course, PlanAt::Otherwise(menu), Vec::new());
    }
    ask(voice, course, menu, Tries { silent, ..tries }, vec![voice.phrase(Phrase::NotHeard)])
}

fn mistake(voice: Voice<'_>, course: Course, menu: u16, tries: Tries, words: Vec<Spoken>) -> Turned {
    let wrong = tries.wrong.saturating_add(1);
    if wrong >= ROUNDS || is_over(voice, &course) {
        return plan(course, PlanAt::Otherwise(menu), Vec::new());
    }
    ask(voice, course, menu, Tries { wrong, ..tries }, words)
}

fn is_over(voice: Voice<'_>, course: &Course) -> bool {
    course.menus_since.is_some_and(|since| voice.now.as_second().saturating_sub(since) >= LONGEST)
}

/// To the menu from which the caller came to this one; from the first, that again.
fn back(voice: Voice<'_>, mut course: Course, menu: u16, tries: Tries) -> Turned {
    let place = course.place.clone();
    while let Some(Frame(at, _)) = course.place.pop() {
        if let PlanAt::Key(before, _) | PlanAt::Otherwise(before) = at {
            return entered(voice, course, before, Vec::new());
        }
    }
    ask(voice, Course { place, ..course }, menu, tries, Vec::new())
}

fn ask(voice: Voice<'_>, course: Course, at: u16, tries: Tries, mut words: Vec<Spoken>) -> Turned {
    let Some(menu) = voice.file.menus.get(usize::from(at)) else { return gone(course) };
    words.push(voice.speech(&menu.say));
    let Tries { silent, wrong } = tries;
    let stage = Stage::Menu { menu: at, silent, wrong, confirm: None };
    let seconds = if silent == 0 && wrong == 0 { SECONDS } else { SECONDS_AGAIN };
    let hints = menu.options.iter().flat_map(|option| option.words.iter().cloned()).collect();
    let course = Course { stage, is_answered: true, ..course };
    Turned { course, words, then: Turn::Ask { seconds, hints } }
}

fn did_you_say(voice: Voice<'_>, course: Course, at: u16, tries: Tries, option: &MenuOption) -> Turned {
    let Tries { silent, wrong } = tries;
    let key = option.key.to_string();
    let what = option.words.first().unwrap_or(&key);
    let words = vec![voice.text(texts::did_you_say(what, course.language))];
    let stage = Stage::Menu { menu: at, silent, wrong, confirm: Some(option.key) };
    let hints = texts::yes(course.language).iter().map(|word| (*word).to_owned()).collect();
    Turned { course: Course { stage, ..course }, words, then: Turn::Ask { seconds: SECONDS, hints } }
}
