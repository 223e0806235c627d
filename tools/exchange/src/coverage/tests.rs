use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::callbacks::WEBHOOKS;
use super::document;
use super::rest::RESOURCES;
use super::row::{Row, State};
use super::verbs::{NOUNS, VERBS};
use crate::document::{Dialled, Verb, read};

/// Words in `src/rest` that look like parameters and are values.
const VALUES: &[&str] =
    &["Authenticate", "DetectMessageEnd", "Enable", "Front", "Full", "OutboundAPI", "StartCallRecordingAPI"];

/// Parameters whose bounds are held, and which have no effect.
const ONLY_CHECKED: &[&str] = &[
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sources below a folder that are not about coverage.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "coverage") {
            continue;
        }
        if path.is_dir() {
            texts.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            texts.push(text(&path));
        }
    }
    texts
}

/// The texts between quotation marks.
fn literals(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let line = line.replace("'\"'", "").replace("\\\"", "'");
        found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Whether a word is spelled as Twilio spells parameters.
fn is_parameter(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.contains(|letter: char| letter.is_ascii_lowercase())
        && word.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether a name is there as a whole, or made of a part and an ending.
fn is_made(literals: &BTreeSet<String>, name: &str) -> bool {
    let has = |word: &str| literals.contains(word);
    let ending = |ending: &str| {
        name.strip_suffix(ending).is_some_and(|stem| has(stem) && has(&format!("{{name}}{ending}")))
    };
    has(name)
        // A header's name has no capitals on the wire.
        || (name.contains('-') || name == "Cookie") && has(&name.to_lowercase())
        || has(&format!("{{name}}{name}"))
        || ["Method", "<", ">"].into_iter().any(ending)
}

/// What is played of some rows, as unverified too.
fn played_of(rows: &[Row]) -> Vec<(&'static str, &'static str)> {
    let parts = rows.iter().flat_map(|row| row.parts().map(|(part, state)| (row.name, part, state)));
    parts.filter(|(_, _, state)| *state != State::NotPlayed).map(|(row, part, _)| (row, part)).collect()
}

/// An attribute as the types of `TwiML` have it: element, name and field.
type Attribute = (String, String, String);

/// The elements of `TwiML`, and their attributes.
fn twiml() -> (BTreeSet<String>, Vec<Attribute>) {
    let (mut elements, mut attributes) = (BTreeSet::new(), Vec::new());
    for source in sources(&folder().join("../../shared/twiml/src/voice")) {
        let (mut names, mut begins, mut field) = (Vec::new(), false, String::new());
        for line in source.lines().map(str::trim) {
            if ["//", "#[", "$(#["].into_iter().any(|begin| line.starts_with(begin)) {
                continue;
            }
            if line == "element! {" || line == "relay! {" {
                begins = true;
            } else if std::mem::take(&mut begins) {
                let name = line.split([' ', '{']).next().unwrap();
                // One list of attributes that two elements have.
                names = if name == "$name" { vec!["ConversationRelay", "Assistant"] } else { vec![name] };
                elements.extend(names.iter().map(ToString::to_string));
            }
            if let Some((name, _)) = line.split_once(": ") {
                name.clone_into(&mut field);
            }
            let Some((_, rest)) = line.split_once("\"@") else { continue };
            let attribute = rest.split('"').next().unwrap();
            for name in &names {
                attributes.push(((*name).to_owned(), attribute.to_owned(), field.clone()));
            }
        }
    }
    assert!(elements.len() > 45 && attributes.len() > 250, "{} {}", elements.len(), attributes.len());
    (elements, attributes)
}

/// The name of a variable that has an element.
fn variable(element: &str) -> String {
    match element {
        "Refer" => "it".to_owned(),
        _ => element.to_lowercase(),
    }
}

/// Whether what makes programs of documents takes a field of an element.
fn takes(reader: &str, element: &str, field: &str) -> bool {
    let wanted = format!("{}.{field}", variable(element));
    reader.match_indices(&wanted).any(|(at, _)| {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        !reader[..at].ends_with(is_part) && !reader[at + wanted.len()..].starts_with(is_part)
    })
}

/// The reader, with what is called on a value in one line with it.
fn reader() -> String {
    let source = text(&folder().join("src/document/read.rs"));
    source.split_whitespace().fold(String::new(), |mut code, word| {
        if !word.starts_with('.') {
            code.push(' ');
        }
        code + word
    })
}

fn state_of(element: &str, attribute: &str) -> Option<State> {
    let mut rows = VERBS.iter().chain(NOUNS).filter(|row| row.name == element);
    rows.find_map(|row| row.parts().find(|(part, _)| *part == attribute)).map(|(_, state)| state)
}

#[test]
fn the_documented_coverage_is_that_of_the_rows() {
    let path = folder().join("../../docs/exchange-coverage.md");
    let wanted = document();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        text(&path) == wanted,
        "docs/exchange-coverage.md is out of date: `WRITE_DOCS=1 cargo test -p exchange coverage` writes it anew"
    );
}

#[test]
fn every_switch_that_is_named_is_there() {
    let document = document();
    let mut named = 0;
    for (holder, file) in [("Config", "src/config.rs"), ("Unverified", "src/unverified.rs")] {
        let source = text(&folder().join(file));
        let marked = format!("`{holder}::");
        let switches = document.split(&marked).skip(1);
        for name in switches.map(|rest| rest.split('`').next().unwrap()) {
            assert!(source.contains(&format!("pub {name}:")), "{holder} has no {name}");
            named += 1;
        }
    }
    assert!(named > 12, "only {named} are named");
}

#[test]
fn every_unverified_way_is_named_in_the_document() {
    let source = text(&folder().join("src/unverified.rs"));
    let document = document();
    let fields = source.split("pub ").skip(1).filter_map(|rest| rest.split_once(':'));
    let fields: Vec<&str> = fields.map(|(name, _)| name).filter(|name| !name.contains(' ')).collect();
    assert!(fields.len() > 8, "{fields:?}");
    for field in fields {
        assert!(document.contains(&format!("`Unverified::{field}`")), "{field} is named nowhere");
    }
}

#[test]
fn every_element_and_attribute_of_twiml_has_one_row() {
    let (elements, attributes) = twiml();
    let rows: BTreeSet<String> = VERBS.iter().chain(NOUNS).map(|row| row.name.to_owned()).collect();
    assert_eq!(rows, elements);
    let mut listed: Vec<(String, String)> = Vec::new();
    for row in VERBS.iter().chain(NOUNS) {
        listed.extend(row.parts().map(|(part, _)| (row.name.to_owned(), part.to_owned())));
    }
    let mut there: Vec<(String, String)> =
        attributes.into_iter().map(|(element, attribute, _)| (element, attribute)).collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

#[test]
fn an_attribute_is_played_if_it_is_taken_from_a_document() {
    let reader = reader();
    let mut wrong = Vec::new();
    for (element, attribute, field) in twiml().1 {
        let is_played = state_of(&element, &attribute).is_some_and(|state| state != State::NotPlayed);
        if is_played != takes(&reader, &element, &field) {
            wrong.push(format!("<{element} {attribute}>: said to be played: {is_played}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_verb_that_is_not_played_is_told_by_its_name() {
    for row in VERBS.iter().filter(|row| row.state == State::NotPlayed) {
        let program = read::twiml(&format!("<Response><{}/></Response>", row.name)).unwrap();
        let [Verb::NotSimulated(name)] = &program.verbs[..] else { panic!("<{}> is played", row.name) };
        assert_eq!(*name, row.name);
    }
}

#[test]
fn a_noun_that_is_not_played_is_told_by_its_name() {
    let is_noun = |row: &&Row| row.state == State::NotPlayed;
    for row in NOUNS.iter().filter(is_noun) {
        let name = row.name;
        match row.within {
            Some("Dial") => {
                let program = read::twiml(&format!("<Response><Dial><{name}/></Dial></Response>")).unwrap();
                let [Verb::Dial(dial)] = &program.verbs[..] else { panic!("no <Dial>") };
                assert!(matches!(&dial.who, Dialled::Phones(targets) if targets.is_empty()), "{name}");
                assert_eq!(dial.not_simulated, [name]);
            }
            Some("Start") => {
                let program = read::twiml(&format!("<Response><Start><{name}/></Start></Response>")).unwrap();
                let [Verb::NotSimulated(told)] = &program.verbs[..] else { panic!("<{name}> is played") };
                assert_eq!(*told, format!("Start {name}"));
            }
            _ => {}
        }
    }
}

/// Who reads the parameters of a resource, in `src/rest`.
fn readers(resource: &str) -> &'static [&'static str] {
    match resource.split(['/', '`', '{']).find(|word| is_parameter(word)) {
        Some("Calls") if resource.contains("/Streams") => &["streams"],
        Some("Calls") if resource.contains("/Transcriptions") => &["transcriptions"],
        Some("Calls") => &["calls", "recordings"],
        Some("Conferences") => &["conferences", "calls", "recordings"],
        Some("Queues") => &["queues"],
        Some("Recordings") => &["recordings"],
        Some("Applications") => &["applications", "numbers"],
        Some("IncomingPhoneNumbers") => &["numbers"],
        Some("Keys") => &["keys"],
        Some(_) => &["answers"],
        None => &["list"],
    }
}

#[test]
fn a_rest_parameter_that_is_played_is_read() {
    for (resource, parameter) in played_of(RESOURCES) {
        let sources =
            readers(resource).iter().map(|name| text(&folder().join(format!("src/rest/{name}.rs"))));
        let there: BTreeSet<String> = sources.flat_map(|source| literals(&source)).collect();
        assert!(is_made(&there, parameter), "nothing reads {parameter} of {resource}");
    }
}

#[test]
fn a_rest_parameter_that_is_not_played_is_not_read() {
    for row in RESOURCES {
        let sources =
            readers(row.name).iter().map(|name| text(&folder().join(format!("src/rest/{name}.rs"))));
        let there: BTreeSet<String> = sources.flat_map(|source| literals(&source)).collect();
        for (parameter, _) in row.parts().filter(|(_, state)| *state == State::NotPlayed) {
            let is_read = is_made(&there, parameter) && !ONLY_CHECKED.contains(&parameter);
            assert!(!is_read, "{parameter} of {} is read after all", row.name);
        }
    }
}

#[test]
fn every_parameter_that_rest_reads_has_a_row() {
    let mut known: BTreeSet<&str> = VALUES.iter().copied().collect();
    known.extend(RESOURCES.iter().flat_map(|row| row.parts().map(|(part, _)| part)));
    known.extend(RESOURCES.iter().flat_map(|row| row.name.split(['/', '`', ' ', ',', '{', '}'])));
    for source in sources(&folder().join("src/rest")) {
        for word in literals(&source).into_iter().filter(|word| is_parameter(word)) {
            assert!(known.contains(&*word), "{word} has no row in coverage/rest.rs");
        }
    }
}

#[test]
fn a_rest_resource_that_is_played_is_answered() {
    let there = literals(&text(&folder().join("src/rest/answers.rs")));
    for row in RESOURCES.iter().filter(|row| row.state != State::NotPlayed) {
        // What stands in braces is the identifier of something.
        let parts = row.name.split('{').map(|part| part.rsplit('}').next().unwrap());
        let words = parts.flat_map(|part| part.split(['/', '`', ' ', ',', '.']));
        for word in words.filter(|word| is_parameter(word)) {
            let has = |literal: &String| literal.split('/').any(|part| part == word);
            assert!(there.iter().any(has), "nothing answers {}", row.name);
        }
    }
}

#[test]
fn a_field_that_webhooks_are_said_to_have_is_told() {
    let mut all = sources(&folder().join("src"));
    all.extend(sources(&folder().join("../../shared/signature/src")));
    let there: BTreeSet<String> = all.iter().flat_map(|source| literals(source)).collect();
    for (webhook, field) in played_of(WEBHOOKS) {
        assert!(is_made(&there, field), "nothing tells {field} of {webhook}");
    }
}

#[test]
fn every_field_that_a_webhook_tells_has_a_row() {
    let known: BTreeSet<&str> = played_of(WEBHOOKS).into_iter().map(|(_, field)| field).collect();
    let mut told = 0;
    for source in sources(&folder().join("src")) {
        for (at, _) in source.match_indices("push(") {
            let mut arguments = source[at + "push(".len()..].splitn(3, ',').skip(1);
            let field = arguments.next().map(str::trim).unwrap_or_default();
            let field = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
            if let Some(field) = field.filter(|field| is_parameter(field)) {
                assert!(known.contains(field), "{field} has no row in coverage/callbacks.rs");
                told += 1;
            }
        }
    }
    assert!(told > 80, "only {told} fields were found");
}
