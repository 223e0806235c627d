//! A small file with something added, and what is told of it.

use std::fmt::Write as _;

use phonefile::{Place, Weight, read};

/// A small file, to which each case adds.
pub(crate) const SMALL: &str = r#"number: "+14155550101"
time_zone: America/Los_Angeles
people:
  ana: { phone: "+12125550142", email: ana@example.com }
  ben: { phone: "+12125550177" }
"#;

/// What is told of the small file with lines added: a line for each fault.
pub(crate) fn of(lines: &str) -> String {
    told(&format!("{SMALL}{lines}"))
}

pub(crate) fn told(text: &str) -> String {
    let faults = match read(text) {
        Ok(checked) => checked.warnings,
        Err(faults) => faults,
    };
    let mut all = String::new();
    for fault in &faults {
        let warning = if fault.weight == Weight::Warning { "warning: " } else { "" };
        let Place { line, column, .. } = fault.place;
        let _ = writeln!(all, "{line}:{column} {warning}{}", fault.sentence());
    }
    if all.is_empty() { "clean\n".to_owned() } else { all }
}

/// All cases, each with what is told of it.
pub(crate) fn cases(cases: &[&str], told: impl Fn(&str) -> String) -> String {
    let mut all = String::new();
    for case in cases {
        let _ = writeln!(all, "{}\n{}", case.trim_end(), told(case));
    }
    all
}
