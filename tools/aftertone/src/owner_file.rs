//! A file as it lies on this machine: a phone file, or settings.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use phonefile::{Fault, Weight};
use serde_json::{Value, json};

/// A file's text, and what to call it.
pub(crate) struct OwnerFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl OwnerFile {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("can't read standard input")?;
            return Ok(Self { name: "standard input".to_owned(), bytes });
        }
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            anyhow!("{name} can't be read ({error}): name a file that is there, or - for standard input")
        })?;
        Ok(Self { name, bytes })
    }

    /// Its text.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn text(&self) -> Result<&str> {
        let text = std::str::from_utf8(&self.bytes);
        text.map_err(|_| anyhow!("{} is no text in UTF-8: save it as UTF-8", self.name))
    }

    /// Whether it is a phone file rather than settings, which have none of these.
    pub(crate) fn is_phone_file(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        let begins = |line: &str| {
            let line = line.trim_start_matches(['{', ' ', '"', '\'']);
            ["people", "calls", "time_zone"].iter().any(|key| {
                line.strip_prefix(key)
                    .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
            })
        };
        text.lines().filter(|line| !line.starts_with([' ', '\t', '-'])).any(begins)
    }

    /// Faults with their lines.
    pub(crate) fn shown(&self, faults: &[Fault]) -> String {
        phonefile::shown(faults, &self.name, &String::from_utf8_lossy(&self.bytes))
    }
}

/// `2 errors and 1 warning`
pub(crate) fn counted(faults: &[Fault]) -> String {
    let count = |weight, one: &str| match faults.iter().filter(|fault| fault.weight == weight).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let counts: Vec<String> =
        [count(Weight::Error, "error"), count(Weight::Warning, "warning")].into_iter().flatten().collect();
    counts.join(" and ")
}

pub(crate) fn to_json(faults: &[Fault]) -> Value {
    let one = |fault: &Fault| {
        json!({
            "weight": if fault.weight == Weight::Error { "error" } else { "warning" },
            "line": fault.place.line,
            "column": fault.place.column,
            "cause": fault.cause,
            "cure": fault.cure,
        })
    };
    faults.iter().map(one).collect()
}
