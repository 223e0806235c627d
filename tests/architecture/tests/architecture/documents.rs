//! The documents lead where they say.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use architecture::rooms::root;

/// The documents of the repository.
fn documents() -> Vec<PathBuf> {
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|it| it == "md")).collect::<Vec<_>>()
    };
    ["", "docs", "docs/decisions"].iter().flat_map(|folder| files(&root().join(folder))).collect()
}

/// What a document leads to: text and target of each link that leads to no other site.
fn links(document: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(document).unwrap();
    let links = text.match_indices("](").filter_map(|(at, _)| {
        let target = text[at + 2..].split(')').next()?;
        let label = text[..at].rsplit('[').next()?;
        (!target.contains("://")).then(|| (label.to_owned(), target.to_owned()))
    });
    links.collect()
}

/// A heading as a link names it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn resolve(document: &Path, target: &str) -> (PathBuf, Option<String>) {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { document.to_owned() } else { document.parent().unwrap().join(file) };
    (path, anchor.map(str::to_owned))
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut wrong = Vec::new();
    for document in documents() {
        for (_, target) in links(&document) {
            let (path, wanted) = resolve(&document, &target);
            let is_there = match (fs::read_to_string(&path), wanted) {
                (Ok(text), Some(wanted)) => {
                    text.lines().any(|line| line.starts_with('#') && anchor(line) == wanted)
                }
                (Ok(_), None) => true,
                (Err(_), wanted) => path.exists() && wanted.is_none(),
            };
            if !is_there {
                wrong.push(format!("{}: {target}", document.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A link whose text is the name of a test or item leads to a file that has it.
#[test]
fn a_link_that_names_code_leads_to_it() {
    let mut wrong = Vec::new();
    for document in documents() {
        for (label, target) in links(&document) {
            let Some(name) = label.strip_prefix('`').and_then(|it| it.strip_suffix('`')) else { continue };
            let name = name.rsplit("::").next().unwrap();
            let (path, _) = resolve(&document, &target);
            let is_source = path.extension().is_some_and(|it| it == "rs");
            let is_item = name.contains('_')
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
            if is_source && is_item {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                if !text.contains(&format!("fn {name}")) && stem != name {
                    wrong.push(format!("{}: {name} is not in {target}", document.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// In three steps at most a newcomer is where the questions of CONTRIBUTING.md lead.
#[test]
fn the_answers_are_three_steps_from_the_readme() {
    let mut steps: BTreeMap<PathBuf, u32> = BTreeMap::from([(root().join("README.md"), 0)]);
    for step in 1..=3 {
        let known: BTreeSet<PathBuf> = steps.keys().cloned().collect();
        for document in known.iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
            for (_, target) in links(document) {
                let (path, _) = resolve(document, &target);
                let Ok(path) = path.canonicalize() else { continue };
                steps.entry(path).or_insert(step);
            }
        }
    }
    let contributing = root().join("CONTRIBUTING.md");
    let answers = fs::read_to_string(&contributing).unwrap();
    let questions = answers.lines().filter(|line| line.starts_with("| ") && line.contains('?'));
    let mut asked = 0;
    for line in questions {
        let targets = line.match_indices("](").map(|(at, _)| line[at + 2..].split(')').next().unwrap());
        let targets: Vec<&str> = targets.collect();
        assert!(!targets.is_empty(), "no answer: {line}");
        for target in targets {
            let (path, _) = resolve(&contributing, target);
            let path = path.canonicalize().unwrap_or_else(|error| panic!("{target}: {error}"));
            assert!(steps.contains_key(&path), "{target} is more than three steps from README.md");
        }
        asked += 1;
    }
    assert!(asked >= 8, "{asked} questions");
}

#[test]
fn the_glossary_has_few_words_and_the_readme_250_lines() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let words = glossary.lines().filter(|line| line.starts_with("| ")).count() - 1;
    assert!((10..=24).contains(&words), "{words} words");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 250);
}

/// The sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_test_is_named_in_sixty_characters() {
    let mut files = Vec::new();
    for folder in ["functions", "shared", "tests", "tools"] {
        sources(&root().join(folder), &mut files);
    }
    let mut wrong = Vec::new();
    let mut tests = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let (true, Some(name)) = (is_test, name) {
                let name = name.split('(').next().unwrap();
                is_test = false;
                tests += 1;
                if name.len() > 60 {
                    wrong.push(format!("{}: {name}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(tests > 900, "{tests} tests are too few to show anything");
}
