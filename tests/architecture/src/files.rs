//! Which file of a crate takes something from which, read from the code as text.
//!
//! An arrow is a path in the code that leads to a module of the same crate, or to something that a module
//! re-exports from another. What a module only hands on with `pub use` is no arrow of its own; test modules
//! are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use crate::circles::Arrows;

/// A module: the names from the crate's root to it.
type Module = Vec<String>;

/// A file of code.
#[derive(Debug, Default)]
struct Source {
    /// Paths in its code, as they are written.
    paths: Vec<Vec<String>>,
    /// What it hands on: a name, and the path behind it.
    handed_on: BTreeMap<String, Vec<String>>,
    /// Its child modules.
    children: BTreeSet<String>,
}

/// The arrows between the files of a crate, whose names are those of its modules: `crate` is the root.
///
/// # Errors
/// When a file can't be read.
pub fn arrows(src: &Path) -> io::Result<Arrows> {
    let mut sources = BTreeMap::new();
    collect(src, &mut Vec::new(), &mut sources)?;
    Ok(between(&sources))
}

fn collect(folder: &Path, module: &mut Module, sources: &mut BTreeMap<Module, Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if stem != "tests" {
                module.push(stem);
                collect(&path, module, sources)?;
                module.pop();
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let is_own = ["lib", "main", "mod"].contains(&&*stem);
            let mut name = module.clone();
            name.extend((!is_own).then_some(stem));
            sources.insert(name, read(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

fn between(sources: &BTreeMap<Module, Source>) -> Arrows {
    let name = |module: &Module| {
        if module.is_empty() { "crate".to_owned() } else { module.join("::") }
    };
    let mut arrows = Arrows::new();
    for (module, source) in sources {
        let targets = source.paths.iter().filter_map(|path| resolve(sources, module, path, 0));
        let others: BTreeSet<String> =
            targets.filter(|target| target != module).map(|target| name(&target)).collect();
        arrows.insert(name(module), others);
    }
    arrows
}

/// The module in which a path ends, as seen from `module`.
fn resolve(
    sources: &BTreeMap<Module, Source>,
    module: &Module,
    path: &[String],
    depth: u8,
) -> Option<Module> {
    // Somebody hands on in a circle.
    if depth > 8 {
        return None;
    }
    let (first, mut rest) = path.split_first()?;
    let mut at = match &**first {
        "crate" => Module::new(),
        "self" => module.clone(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        child if sources.get(module).is_some_and(|it| it.children.contains(child)) => {
            rest = path;
            module.clone()
        }
        _ => return None,
    };
    while let Some((next, further)) = rest.split_first() {
        if next == "super" {
            at.pop()?;
        } else {
            let mut child = at.clone();
            child.push(next.clone());
            if !sources.contains_key(&child) {
                let handed_on = sources.get(&at).and_then(|it| it.handed_on.get(next));
                return match handed_on {
                    Some(behind) => resolve(sources, &at, behind, depth + 1).or(Some(at)),
                    None => Some(at),
                };
            }
            at = child;
        }
        rest = further;
    }
    Some(at)
}

/// Reads a file's code.
fn read(text: &str) -> Source {
    let code = without_tests(&without_comments(text));
    let mut source = Source::default();
    let words = words(&code);
    let mut place = 0;
    while place < words.len() {
        match &*words[place] {
            "mod" if words.get(place + 2).is_some_and(|it| it == ";") => {
                source.children.insert(words[place + 1].clone());
                place += 3;
            }
            "use" => {
                let end = (place..words.len()).find(|at| words[*at] == ";").unwrap_or(words.len());
                let is_handed_on = is_public(&words, place);
                for path in expanded(&words[place + 1..end]) {
                    if is_handed_on {
                        let name = path.last().cloned().unwrap_or_default();
                        source.handed_on.insert(name, path);
                    } else {
                        source.paths.push(path);
                    }
                }
                place = end + 1;
            }
            _ => {
                let mut path = vec![words[place].clone()];
                while words.get(place + 1).is_some_and(|it| it == "::") && words.len() > place + 2 {
                    path.push(words[place + 2].clone());
                    place += 2;
                }
                if path.len() > 1 {
                    source.paths.push(path);
                }
                place += 1;
            }
        }
    }
    source
}

/// Whether the word at this place has `pub` or `pub(...)` before it.
fn is_public(words: &[String], place: usize) -> bool {
    let before = words[..place].iter().rev().take_while(|it| !["}", ";", "{", "]"].contains(&&***it));
    before.into_iter().any(|it| it == "pub")
}

/// The paths of a `use`, without renamings.
fn expanded(words: &[String]) -> Vec<Vec<String>> {
    let (mut paths, mut path, mut stack) = (Vec::new(), Vec::new(), Vec::new());
    let mut skips = false;
    let mut is_open = false;
    for word in words {
        match &**word {
            "::" => {}
            "{" => {
                stack.push(path.len());
                is_open = false;
            }
            "," | "}" => {
                if is_open {
                    paths.push(path.clone());
                }
                let base = if word == "}" { stack.pop() } else { stack.last().copied() };
                path.truncate(base.unwrap_or(0));
                (skips, is_open) = (false, false);
            }
            "as" => skips = true,
            _ if skips => {}
            // `use crate::a::{self, B}` is a, and B in it.
            "self" if !path.is_empty() => is_open = true,
            name => {
                path.push(name.to_owned());
                is_open = true;
            }
        }
    }
    if is_open {
        paths.push(path);
    }
    paths
}

fn words(code: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() || letter == '_' {
            let mut word = letter.to_string();
            while let Some(more) = letters.next_if(|it| it.is_alphanumeric() || *it == '_') {
                word.push(more);
            }
            words.push(word);
        } else if letter == ':' && letters.next_if_eq(&':').is_some() {
            words.push("::".to_owned());
        } else if !letter.is_whitespace() {
            words.push(letter.to_string());
        }
    }
    words
}

/// Comments and the insides of texts go; a text is left as `""`.
fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("r#\"") {
            rest = rest[3..].split_once("\"#").map_or("", |(_, after)| after);
            code.push_str("\"\"");
        } else if letter == '"' {
            let inside = &rest[1..];
            let mut escaped = false;
            let end = inside.char_indices().find(|(_, it)| {
                let ends = *it == '"' && !escaped;
                escaped = *it == '\\' && !escaped;
                ends
            });
            rest = end.map_or("", |(at, _)| &inside[at + 1..]);
            code.push_str("\"\"");
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest = rest[1..].split_once('\'').map_or("", |(_, after)| after);
        } else {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    code
}

/// Modules that only tests have go.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let after = &rest[at..];
        let ends = after.find(['{', ';']).unwrap_or(after.len());
        rest = if after[ends..].starts_with('{') {
            past_block(&after[ends..])
        } else {
            after.get(ends + 1..).unwrap_or("")
        };
    }
    kept + rest
}

/// What follows a block in braces.
fn past_block(code: &str) -> &str {
    let mut depth = 0_i32;
    for (at, letter) in code.char_indices() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if depth == 0 {
            return &code[at + 1..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circles::circles;

    fn arrows_of(files: &[(&str, &str)]) -> Arrows {
        let sources = files.iter().map(|(module, text)| {
            let module = module.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect();
            (module, read(text))
        });
        between(&sources.collect())
    }

    fn told(arrows: &Arrows) -> Vec<String> {
        let told = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| format!("{from} > {to}")));
        told.collect()
    }

    #[test]
    fn an_arrow_is_a_path_to_another_file() {
        let files = [
            ("", "mod a; mod b; pub use a::A; struct Root;"),
            ("a", "use crate::b::{self, B as C}; // crate::Root\nconst T: &str = \"crate::Root\";"),
            ("b", "fn f() -> crate::Root { crate::Root }"),
        ];
        assert_eq!(told(&arrows_of(&files)), ["a > b", "b > crate"]);
    }

    #[test]
    fn what_is_handed_on_is_that_of_the_file_behind() {
        let files = [("", "mod a; mod b; pub use a::A;"), ("a", "pub struct A;"), ("b", "use crate::A;")];
        assert_eq!(told(&arrows_of(&files)), ["b > a"]);
    }

    #[test]
    fn a_child_that_names_its_parents_items_is_in_a_circle() {
        let files =
            [("", "mod a;"), ("a", "mod b; use b::B; struct A;"), ("a::b", "use super::A; struct B;")];
        assert_eq!(circles(&arrows_of(&files)), [["a", "a::b"]]);
    }

    #[test]
    fn tests_tie_nothing() {
        let files = [
            ("", "mod a; fn f() {}"),
            ("a", "struct A; #[cfg(test)] mod tests { use crate::f; fn g() {} } #[cfg(test)] mod tests;"),
        ];
        assert_eq!(told(&arrows_of(&files)), [] as [String; 0]);
    }
}
