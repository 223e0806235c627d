//! A setting is a line in `domain`.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};

use architecture::rooms::root;
use domain::NumberSettings;

/// Where rows, files and flags are read and written.
const READERS: [&str; 2] = ["shared/store/src/numbers", "tools/aftertone/src/settings"];

/// What a number knows of its callers is nothing that its owner set.
const NO_SETTINGS: &str = "callers.rs";

/// What is said differently by a row and by people, or is needed before all else.
const BY_HAND: [&str; 6] = [
    "owner.email",
    "owner.time_zone",
    "speech.prompts",
    "forwarding.targets",
    "voicemail.languages",
    "plan.calls_per_month",
];

#[test]
fn a_setting_is_named_in_one_place() {
    let mut wrong = Vec::new();
    for path in READERS.iter().flat_map(|folder| files(&root().join(folder))) {
        let text = fs::read_to_string(&path).unwrap();
        for (section, settings) in NumberSettings::SECTIONS {
            for name in settings.iter().map(|setting| setting.name) {
                let setting = format!("{section}.{name}");
                // A flag's path is its own business.
                let named = text.replace(&format!("rename = \"{setting}\""), "");
                let is_named = [name, &setting].iter().any(|it| named.contains(&format!("\"{it}\"")));
                if is_named && !BY_HAND.contains(&&*setting) {
                    wrong.push(format!("{} names `{setting}`", path.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "\n{}\na setting is a line in its `section!` in shared/domain, and how its type is written stands in \
         setting_values.rs there: rows, files and JSON follow from these\n",
        wrong.join("\n")
    );
}

/// The files of code in a folder, without those of its tests, and those that have no settings.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    found.filter(|path| !path.ends_with("tests.rs") && !path.ends_with(NO_SETTINGS)).collect()
}
