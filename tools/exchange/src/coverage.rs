//! How much of Twilio's voice side is played, row by row; `docs/exchange-coverage.md` is made of it.
//!
//! Source: Twilio's pages on `TwiML`, on its REST API and on webhooks, and its `OpenAPI` file. That the rows say
//! what the code does is held by the tests.

mod callbacks;
mod rest;
mod row;
mod tests;
mod verbs;

use std::fmt::Write as _;

use row::{Row, State};

/// Rows of a kind.
struct Area {
    title: &'static str,
    /// What stands in the first column.
    column: &'static str,
    rows: &'static [Row],
    is_twiml: bool,
}

const AREAS: &[Area] = &[
    Area { title: "Verbs", column: "verb and its attributes", rows: verbs::VERBS, is_twiml: true },
    Area {
        title: "Nouns and what else stands in verbs",
        column: "element and its attributes",
        rows: verbs::NOUNS,
        is_twiml: true,
    },
    Area { title: "Webhooks", column: "webhook and its fields", rows: callbacks::WEBHOOKS, is_twiml: false },
    Area { title: "REST", column: "resource and its parameters", rows: rest::RESOURCES, is_twiml: false },
];

const INTRODUCTION: &str = "\
# What the exchange plays of Twilio

The [exchange](../tools/exchange/src/lib.rs) plays Twilio's voice side, and this is how much of it. What is *played*
has the effect that Twilio documents; what is *played as unverified* has a switch or a guess where Twilio was not seen
doing it, or lacks a part; what is *not played* is taken without effect, or refused. The tables are made of
[rows beside the code](../tools/exchange/src/coverage.rs), and its tests hold them against the code.
";

/// The whole document.
fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for area in AREAS {
        // Writing into a text never fails.
        let _ = write!(
            text,
            "\n## {}\n\n| {} | played | played as unverified | not played |\n|---|---|---|---|\n",
            area.title, area.column
        );
        for row in area.rows {
            text += &line(row, area.is_twiml);
        }
    }
    text
}

fn line(row: &Row, is_twiml: bool) -> String {
    let [mut played, mut unverified, mut not_played] = [const { Vec::new() }; 3];
    match row.state {
        // Of what is played in parts only the parts are named.
        State::Played if !(row.played.is_empty() && row.unverified.is_empty()) => {}
        State::Played => played.push("itself".to_owned()),
        State::PlayedAsUnverified(why) => unverified.push(why.to_owned()),
        State::NotPlayed => not_played.push("all of it".to_owned()),
    }
    for (part, state) in row.parts() {
        match state {
            State::Played => played.push(format!("`{part}`")),
            State::PlayedAsUnverified(why) => unverified.push(format!("`{part}`: {why}")),
            State::NotPlayed => not_played.push(format!("`{part}`")),
        }
    }
    let name = row.written.unwrap_or(row.name);
    let name = match row.within {
        _ if !is_twiml => name.to_owned(),
        Some(within) => format!("`<{name}>` in `<{within}>`"),
        None => format!("`<{name}>`"),
    };
    format!("| {name} | {} | {} | {} |\n", played.join(" "), unverified.join("; "), not_played.join(" "))
}
