//! What is documented is what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::NumberSettings;
use phonefile::keys::{EXPECTATION, FILE, Form, RUNG, TABLES};
use phonefile::{read, reference, refused_numbers, schema, shown};
use serde_json::Value;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The files of the cookbook.
pub(crate) fn cookbook() -> Vec<(String, String)> {
    let files = fs::read_dir(docs().join("cookbook")).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut all: Vec<_> = files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect();
    all.sort();
    all
}

/// Told with what to put there: `UPDATE_DOCS=1` does it.
fn is_documented(file: &Path, from: &str, to: &str, wanted: &str) {
    let text = fs::read_to_string(file).unwrap();
    let (before, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {}", file.display()));
    let (stands, after) = rest.split_once(to).unwrap_or_else(|| panic!("no {to} in {}", file.display()));
    if stands.trim() == wanted.trim() {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(file, format!("{before}{from}\n\n{}\n\n{to}{after}", wanted.trim())).unwrap();
        return;
    }
    panic!("{} is out of date between {from} and {to}: make it so with UPDATE_DOCS=1", file.display());
}

#[test]
fn every_file_of_the_cookbook_is_clean() {
    let files = cookbook();
    assert!(files.len() >= 8);
    let mut told = String::new();
    for (name, text) in &files {
        told += &match read(text) {
            Ok(checked) => shown(&checked.warnings, name, text),
            Err(faults) => shown(&faults, name, text),
        };
    }
    assert!(told.is_empty(), "\n{told}");
}

#[test]
fn every_file_of_the_cookbook_expects_something() {
    for (name, text) in cookbook() {
        assert!(read(&text).unwrap().file.expect.len() >= 3, "{name}");
    }
}

#[test]
fn the_reference_is_what_is_read() {
    let file = docs().join("phone-file.md");
    is_documented(&file, "<!-- reference -->", "<!-- end of the reference -->", &reference());
    is_documented(&file, "<!-- refused -->", "<!-- end of the refused -->", &refused_numbers());
}

#[test]
fn the_schema_is_what_is_read() {
    let file = docs().join("phone-file.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let stands = fs::read_to_string(&file).unwrap_or_default();
    assert!(stands == wanted, "{} is out of date: make it so with UPDATE_DOCS=1", file.display());
}

#[test]
fn the_schema_refers_to_nothing_that_is_not_in_it() {
    fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let schema = schema();
    let mut found = BTreeSet::new();
    references(&schema, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        assert!(schema["$defs"][name].is_object(), "{reference}");
    }
}

#[test]
fn every_setting_of_today_has_its_place_in_the_file() {
    let text = fs::read_to_string(docs().join("phone-file.md")).unwrap();
    let named = |name: &str| text.lines().any(|line| line.starts_with(&format!("| `{name}` |")));
    assert!(named("mailbox"));
    for (section, settings) in NumberSettings::SECTIONS {
        for setting in settings {
            let name = format!("{section}.{}", setting.name);
            assert!(named(&name), "{name} has no place");
        }
    }
}

#[test]
fn a_table_is_known_to_whoever_lists_them() {
    fn maps(form: &Form) -> Vec<&'static str> {
        match form {
            Form::Map(table) => vec![table.name],
            Form::Some(form) | Form::List(form) | Form::Named(form) => maps(form),
            Form::Either(forms) => forms.iter().flat_map(maps).collect(),
            _ => Vec::new(),
        }
    }
    let all: Vec<_> = TABLES.into_iter().chain([&EXPECTATION, &RUNG]).collect();
    assert_eq!(all[0].name, FILE.name);
    for table in &all {
        for name in table.keys.iter().chain(table.others).flat_map(|key| maps(&key.form)) {
            assert!(all.iter().any(|it| it.name == name), "{name}");
        }
    }
}
