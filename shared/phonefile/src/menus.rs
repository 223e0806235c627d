//! Reads `menus`.

use std::collections::HashMap;

use crate::keys::{MENU, OPTION};
use crate::model::{Menu, MenuOption, Person, Speech, Words};
use crate::near;
use crate::place::Place;
use crate::plan::plan;
use crate::reader::{Entry, Reader, short};
use crate::spoken;
use crate::yaml::{Node, What};

/// More than callers remember.
const MANY: usize = 5;

pub(crate) fn menus(reader: &mut Reader, node: Option<&Node>, people: &[Person]) -> Vec<Menu> {
    let entries = reader.named(node, "menus");
    entries.into_iter().map(|entry| menu(reader, &entry, people)).collect()
}

fn menu(reader: &mut Reader, entry: &Entry, people: &[Person]) -> Menu {
    let Entry { place, name, value } = *entry;
    let what = format!("menus.{name}");
    let (mut say, mut otherwise, mut options, mut private) = (None, None, Vec::new(), false);
    let mut words: HashMap<String, char> = HashMap::new();
    let entries = reader.entries(value, &what);
    let is_map = matches!(value.what, What::Map(_));
    if let Some(flag) = entries.iter().find(|entry| entry.name == "private") {
        private = reader.flag(flag.value, &format!("{what}.private")).unwrap_or(false);
    }
    let mut says = false;
    for Entry { place, name: key, value } in entries {
        match key {
            "say" => {
                says = true;
                say = spoken::speech(reader, value, &what);
            }
            "otherwise" => otherwise = Some(plan(reader, value, people, &format!("{what}.otherwise"))),
            "private" => {}
            _ => {
                let Some(key) = key_of(reader, place, key, &what) else { continue };
                let mut option = option(reader, key, place, value, people, &what);
                option.private |= private;
                for word in &option.words {
                    if let Some(other) = words.insert(word.clone(), key).filter(|other| *other != key) {
                        let cause = format!("{what}: {:?} is a word for {other} and for {key}", short(word));
                        reader.error(place, cause, "leave it out of one of them");
                    }
                }
                options.push(option);
            }
        }
    }
    if !says && (is_map || matches!(value.what, What::Nothing)) {
        reader.error(place, format!("{what} has no `say`"), "add what callers hear: `say: \"Orders, 1.\"`");
    }
    if options.is_empty() && is_map && !reader.has_faults_at(value.place) {
        reader.error(place, format!("{what} has no keys"), "add one, like `1: { ring: ana }`");
    }
    if options.len() > MANY {
        let cause = format!("{what} has {} keys, more than callers remember", options.len());
        reader.warning(place, cause, "5 are enough. Let one lead to a menu of its own");
    }
    let say = say.unwrap_or(Speech::Words(Words { place, texts: Vec::new(), audio: None }));
    Menu { name: name.to_owned(), place, say, options, otherwise }
}

fn key_of(reader: &mut Reader, place: Place, key: &str, what: &str) -> Option<char> {
    let mut keys = key.chars();
    match (keys.next(), keys.next()) {
        (Some(key @ '0'..='9'), None) => return Some(key),
        (Some('*'), None) => {
            reader.error(place, format!("{what}: * goes back in every menu"), "take a key of 0 to 9");
            return None;
        }
        (Some('#'), None) => {
            reader.error(place, format!("{what}: # says every menu again"), "take a key of 0 to 9");
            return None;
        }
        _ => {}
    }
    let cure = match near::nearest(key, MENU.names()) {
        Some(name) => format!("Did you mean `{name}`?"),
        None => "write 0 to 9, `say`, `otherwise` or `private`".to_owned(),
    };
    reader.error(place, format!("{what}: `{}` is no key of a telephone", short(key)), cure);
    None
}

/// A plan, or one with words.
fn option(
    reader: &mut Reader,
    key: char,
    place: Place,
    node: &Node,
    people: &[Person],
    menu: &str,
) -> MenuOption {
    let what = format!("{menu}.{key}");
    let is_with_words = |node: &Node| {
        let What::Map(map) = &node.what else { return false };
        let is_of_options = |key: &Node| match &key.what {
            What::Text(name) => OPTION.names().any(|it| it == name),
            _ => false,
        };
        map.iter().any(|(key, _)| is_of_options(key))
    };
    let bare = MenuOption { key, place, words: Vec::new(), plan: Vec::new(), private: false };
    if !is_with_words(node) {
        return MenuOption { plan: plan(reader, node, people, &what), ..bare };
    }
    let fields = reader.fields(node, &OPTION, &what);
    let mut words = Vec::new();
    for node in fields.get("words").into_iter().flat_map(|node| node.items()).collect::<Vec<_>>() {
        let Some(word) = reader.text(node, &format!("{what}.words")) else { continue };
        if word.trim().is_empty() || word.chars().count() > 60 {
            let cause = format!("{what}.words: {:?} can't be said", short(word));
            reader.error(node.place, cause, "write a word or two");
        } else {
            words.push(word.trim().to_lowercase());
        }
    }
    let private = fields.get("private").and_then(|node| reader.flag(node, &format!("{what}.private")));
    let plan = fields.get("do").map(|node| plan(reader, node, people, &what)).unwrap_or_default();
    MenuOption { words, plan, private: private.unwrap_or(false), ..bare }
}
