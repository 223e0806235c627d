//! Reads what is said: `prompts`, and words in menus and plans.

use domain::Language;

use crate::keys::{LANGUAGES, WORDS};
use crate::model::{NamedWords, Said, Speech, Words};
use crate::near;
use crate::place::Place;
use crate::reader::{Entry, Reader, is_name, short};
use crate::yaml::{Node, What};

/// The longest text that Twilio speaks at once.
const LONGEST: usize = 4096;

pub(crate) fn prompts(reader: &mut Reader, node: Option<&Node>) -> Vec<NamedWords> {
    let mut all = Vec::new();
    for Entry { place, name, value } in reader.named(node, "prompts") {
        if let Some(words) = words(reader, value, &format!("prompts.{name}")) {
            all.push(NamedWords { name: name.to_owned(), place, words });
        }
    }
    all
}

/// A prompt's name, or words.
pub(crate) fn speech(reader: &mut Reader, node: &Node, what: &str) -> Option<Speech> {
    if let What::Text(text) = &node.what
        && (is_name(text) || reader.knows_surely("prompts", text))
    {
        if domain::Prompt::named(text).is_some() || reader.knows("prompts", text) {
            return Some(Speech::Prompt(text.clone()));
        }
        let built_in = domain::Prompt::ALL.map(domain::Prompt::name);
        let own = reader.names("prompts").to_vec();
        let names = own.iter().map(|it| &**it).chain(built_in);
        let cure = match near::nearest(text, names) {
            Some(name) => format!("Did you mean `{name}`?"),
            None => "add it under `prompts:`, or write a sentence in quotes".to_owned(),
        };
        reader.error(node.place, format!("`{}` is no prompt", short(text)), cure);
        return None;
    }
    words(reader, node, what).map(Speech::Words)
}

/// A text, or a text for each language.
fn words(reader: &mut Reader, node: &Node, what: &str) -> Option<Words> {
    let usual = reader.languages.first().copied().unwrap_or(Language::English);
    let (mut texts, mut audio) = (Vec::new(), None);
    let mut is_whole = true;
    match &node.what {
        What::Text(text) => match said(reader, node.place, text, what) {
            Some(said) => texts.push((usual, said)),
            None => is_whole = false,
        },
        What::Map(_) => {
            for Entry { place, name, value } in reader.entries(node, what) {
                if name == "audio" {
                    audio = sound(reader, value, what);
                    is_whole &= audio.is_some();
                    continue;
                }
                let Some(language) = word_language(reader, place, name, what) else {
                    is_whole = false;
                    continue;
                };
                let text = reader.text(value, &format!("{what}.{name}"));
                match text.and_then(|text| said(reader, value.place, text, what)) {
                    Some(said) => texts.push((language, said)),
                    None => is_whole = false,
                }
            }
        }
        What::Nothing | What::List(_) => {
            let cause = format!("{what} is {}", node.kind());
            reader.error(node.place, cause, "write a sentence, or one for each language: `{ en: …, es: … }`");
            return None;
        }
    }
    if !is_whole {
        return None;
    }
    if texts.is_empty() {
        let cause = format!("{what} says nothing");
        let cure = "add a text, which stands in where a sound cannot be had: `en: …`";
        reader.error(node.place, cause, cure);
        return None;
    }
    missing_languages(reader, node.place, what, &texts);
    let order = reader.languages.clone();
    texts.sort_by_key(|(language, _)| order.iter().position(|it| it == language));
    Some(Words { place: node.place, texts, audio })
}

fn word_language(reader: &mut Reader, place: Place, name: &str, what: &str) -> Option<Language> {
    if name.parse::<Language>().is_err() {
        let known = LANGUAGES.into_iter().chain(WORDS.names());
        let cure = near::cure(name, known, "");
        reader.error(place, format!("{what}: `{}` is no language", short(name)), cure);
        return None;
    }
    let language = reader.language(place, name)?;
    if !reader.languages.contains(&language) {
        let cause = format!("{what}: nobody hears `{}`", language.tag());
        reader.warning(place, cause, "add it to `languages`, or leave the text out");
    }
    Some(language)
}

/// A language without a text is no error: callers hear the usual one.
fn missing_languages<T>(reader: &mut Reader, place: Place, what: &str, texts: &[(Language, T)]) {
    let usual = reader.languages.first().copied().unwrap_or(Language::English);
    let heard = texts.iter().find(|(it, _)| *it == usual).or(texts.first()).map(|(it, _)| *it);
    for language in reader.languages.clone() {
        if texts.iter().all(|(it, _)| *it != language) {
            let cause = format!("{what} says nothing in `{}`", language.tag());
            let cure = format!("callers who chose it hear {}", heard.map_or("nothing", english));
            reader.warning(place, cause, cure);
        }
    }
}

fn english(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::Chinese => "Chinese",
        Language::Spanish => "Spanish",
        Language::French => "French",
        Language::German => "German",
        Language::Japanese => "Japanese",
        Language::BrazilianPortuguese => "Portuguese",
    }
}

fn sound(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let text = reader.text(node, &format!("{what}.audio"))?;
    let is_address = text.starts_with("https://") && domain::AudioUrl::new(text).is_ok();
    let is_file = text.rsplit_once('.').is_some_and(|(name, kind)| {
        let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
        !name.is_empty() && name.chars().all(plain) && matches!(kind, "wav" | "mp3")
    });
    if is_address || is_file {
        return Some(text.to_owned());
    }
    let cause = format!("{what}.audio: {:?} is no sound", short(text));
    reader.error(node.place, cause, "name a file beside this one, like `closed.wav`, or an https address");
    None
}

/// A text with what is computed in it.
fn said(reader: &mut Reader, place: Place, text: &str, what: &str) -> Option<Vec<Said>> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > LONGEST {
        let cause = format!("{what} has {length} characters");
        let cause = if text.trim().is_empty() { format!("{what} is empty") } else { cause };
        reader.error(place, cause, format!("1 to {LONGEST} can be said"));
        return None;
    }
    let (mut parts, mut at, mut is_whole) = (Vec::new(), 0, true);
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let Some(close) = text[open..].find('}').map(|close| open + close) else {
            let place = reader.source.part(place, text, open..open + 1);
            reader.error(place, format!("{what}: a {{ that nothing ends"), "end it, as in {opens shop}");
            return None;
        };
        parts.push(Said::Text(text[at..open].to_owned()));
        match computed(reader, place, text, open..close + 1, what) {
            Some(part) => parts.push(part),
            None => is_whole = false,
        }
        at = close + 1;
    }
    parts.push(Said::Text(text[at..].to_owned()));
    parts.retain(|part| !matches!(part, Said::Text(text) if text.is_empty()));
    is_whole.then_some(parts)
}

/// `{opens shop}`
fn computed(
    reader: &mut Reader,
    place: Place,
    text: &str,
    part: std::ops::Range<usize>,
    what: &str,
) -> Option<Said> {
    let place = reader.source.part(place, text, part.clone());
    let inner = &text[part.start + 1..part.end - 1];
    let (word, name) = inner.trim().split_once(' ').unwrap_or((inner.trim(), ""));
    let name = name.trim();
    if !matches!(word, "opens" | "closes") {
        let cure = match near::nearest(word, ["opens", "closes"]) {
            Some(word) => format!("Did you mean `{{{word} …}}`?"),
            None => "write {opens NAME} or {closes NAME}, with the name of hours".to_owned(),
        };
        reader.error(place, format!("{what}: nothing is computed for {{{}}}", short(inner)), cure);
        return None;
    }
    if !reader.knows("hours", name) {
        let known = reader.names("hours").to_vec();
        let cure = near::cure(name, known.iter().map(|it| &**it), "add them under `hours:`");
        reader.error(place, format!("{what}: `{}` are no hours", short(name)), cure);
        return None;
    }
    let name = name.to_owned();
    Some(if word == "opens" { Said::Opens(name) } else { Said::Closes(name) })
}
