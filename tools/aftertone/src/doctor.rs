//! Why it does not work, and what helps.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::{Doctor, Which};
use crate::hints::pasteable;
use crate::show::{self, BAD, BOLD, DIM, GOOD, WARN};

mod check;
mod examine;
mod facts;
mod judge;
mod probe;

use check::{Check, Health};
pub(crate) use examine::reach;

pub(crate) async fn run(which: &Which, options: &Doctor, json: bool) -> Result<ExitCode> {
    let facts = examine::examine(which).await;
    let checks = judge::judge(&facts);
    let count = |health: Health| checks.iter().filter(|check| check.health == health).count();
    let (bad, warnings) = (count(Health::Bad), count(Health::Warning));
    if json {
        show::json(&json!({
            "healthy": bad == 0,
            "checks": checks.iter().map(to_json).collect::<Vec<Value>>(),
        }))?;
    } else {
        for check in &checks {
            if !options.quiet || matches!(check.health, Health::Bad | Health::Warning) {
                show_check(check);
            }
        }
        show::line(match (bad, warnings) {
            (0, 0) => format!("{GOOD}All is well.{GOOD:#}"),
            (0, 1) => format!("{GOOD}It works.{GOOD:#} One thing to look at."),
            (0, _) => format!("{GOOD}It works.{GOOD:#} {warnings} things to look at."),
            (1, _) => format!("{BAD}One thing is wrong.{BAD:#}"),
            _ => format!("{BAD}{bad} things are wrong.{BAD:#} The first may be the cause of the others."),
        });
    }
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show_check(check: &Check) {
    let (style, word) = match check.health {
        Health::Good => (GOOD, "ok  "),
        Health::Warning => (WARN, "look"),
        Health::Bad => (BAD, "BAD "),
        Health::Unknown => (DIM, "?   "),
    };
    show::line(format!("{style}{word}{style:#}  {BOLD}{:<12}{BOLD:#}  {}", check.about, check.told));
    if let Some(cure) = &check.cure {
        show::line(format!("                    {style}->{style:#} {cure}"));
    }
}

fn to_json(check: &Check) -> Value {
    let health = match check.health {
        Health::Good => "good",
        Health::Warning => "warning",
        Health::Bad => "bad",
        Health::Unknown => "unknown",
    };
    let cure = check.cure.as_deref().map(pasteable);
    json!({ "about": check.about, "health": health, "told": pasteable(&check.told), "cure": cure })
}
