//! What is wrong with a phone file.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jiff::Timestamp;
use phonefile::{Checked, Fault};
use serde_json::json;

use crate::owner_file::{OwnerFile, counted, to_json};
use crate::reading::international;
use crate::show::{self, BAD, GOOD};

pub(crate) fn run(path: &Path, json: bool) -> Result<ExitCode> {
    let file = OwnerFile::read(path)?;
    match phonefile::read_at(&file.bytes, Timestamp::now()) {
        Ok(Checked { file: read, warnings }) => {
            let (rules, expected) = (read.calls.len(), read.expect.len());
            if json {
                show::json(&json!({
                    "fits": true,
                    "number": read.number.reveal(),
                    "rules": rules,
                    "expectations": expected,
                    "faults": to_json(&warnings),
                }))?;
            } else {
                show::bytes(file.shown(&warnings).as_bytes())?;
                let number = international(&read.number);
                show::line(format!(
                    "{GOOD}All is right{GOOD:#} with {number}: {}.",
                    summary(rules, expected, &warnings)
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            if json {
                show::json(&json!({ "fits": false, "faults": to_json(&faults) }))?;
            } else {
                show::bytes(file.shown(&faults).as_bytes())?;
                show::line(format!("{BAD}{} can't be taken{BAD:#}: {}.", file.name, counted(&faults)));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `5 rules, 2 expectations, all met, and 1 warning`
fn summary(rules: usize, expected: usize, warnings: &[Fault]) -> String {
    let rules = match rules {
        0 => "no rule, so that all calls go to voicemail".to_owned(),
        1 => "1 rule".to_owned(),
        many => format!("{many} rules"),
    };
    let expected = match expected {
        0 => "nothing expected".to_owned(),
        1 => "its expectation met".to_owned(),
        2 => "both expectations met".to_owned(),
        many => format!("all {many} expectations met"),
    };
    let warnings = if warnings.is_empty() { "no warning".to_owned() } else { counted(warnings) };
    format!("{rules}, {expected}, {warnings}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_as_people_do() {
        for (rules, expected, told) in [
            (0, 0, "no rule, so that all calls go to voicemail, nothing expected, no warning"),
            (1, 1, "1 rule, its expectation met, no warning"),
            (5, 2, "5 rules, both expectations met, no warning"),
            (5, 7, "5 rules, all 7 expectations met, no warning"),
        ] {
            assert_eq!(summary(rules, expected, &[]), told);
        }
    }
}
