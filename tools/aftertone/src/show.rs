//! What a person sees: tables, times, colours on a terminal; JSON for scripts.
//!
//! Numbers stand here in full: whoever may read the ledger may see them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result, anyhow, bail};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::Serialize;

use crate::hints::pasteable;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Something that a person has to mend.
pub(crate) fn error(error: &anyhow::Error, json: bool) {
    let told = pasteable(&format!("{error:#}"));
    if json {
        anstream::eprintln!("{}", serde_json::json!({ "error": told }));
    } else {
        anstream::eprintln!("{BAD}error:{BAD:#} {told}");
    }
}

/// Why something was not shown, if so.
static UNSHOWN: OnceLock<String> = OnceLock::new();

/// Why not everything was shown that was to be.
pub(crate) fn unshown() -> Option<anyhow::Error> {
    UNSHOWN.get().map(|why| anyhow!("not everything could be shown: {why}"))
}

/// A name and what it is, in a story.
pub(crate) fn field(name: &str, value: impl std::fmt::Display) {
    line(format!("  {DIM}{name:<10}{DIM:#}{value}"));
}

/// Rows that a list leaves out, as they can't be read. Beside the list: scripts read that.
pub(crate) fn unreadable(rows: &[store::Unreadable]) {
    for row in rows {
        anstream::eprintln!("{WARN}warning:{WARN:#} the row {} can't be read: {}", row.key, row.error);
    }
}

/// A list without the rows that can't be read, which are told of.
pub(crate) fn readable<R>(list: store::Rows<R>) -> Vec<R> {
    unreadable(&list.unreadable);
    list.rows
}

/// A line for people.
pub(crate) fn line(text: impl std::fmt::Display) {
    as_it_is(&pasteable(&text.to_string()));
}

/// A line. Nobody reading any more is no error: `aftertone calls list | head`.
fn as_it_is(text: &str) {
    if let Err(error) = writeln!(anstream::stdout(), "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first reason is the one.
        let _ = UNSHOWN.set(error.to_string());
    }
}

/// Bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("can't write"),
        _ => Ok(()),
    }
}

/// An answer for scripts.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    as_it_is(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// One of many answers for scripts, each on a line of its own.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    as_it_is(&serde_json::to_string(value)?);
    Ok(())
}

/// Columns as wide as they need to be. The header goes to people only.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header.get(column).map_or(0, |name| name.len())]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let render = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    line(format!("{DIM}{}{DIM:#}", render(header.to_vec())));
    for row in rows {
        line(render(row.iter().map(String::as_str).collect()));
    }
}

/// `2026-11-20 10:00:25`, where this person is.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2 h 5 min`
pub(crate) fn age(from: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(from).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `1:05`
pub(crate) fn length(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// To the second, for JSON and file names.
pub(crate) fn instant(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// Who wanted something, why, and when.
pub(crate) fn instruction_json(instruction: &domain::Instruction) -> serde_json::Value {
    serde_json::json!({ "by": instruction.by, "why": instruction.why, "at": instant(instruction.at) })
}

/// Asks before something is changed. Without a terminal nobody can be asked.
pub(crate) fn confirmed(question: &str, yes: bool) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("nothing was changed: there is no terminal to ask on; say --yes to do it without asking");
    }
    let mut err = anstream::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_unit_that_people_would_use() {
        let from: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for (seconds, told) in [(0, "0 s"), (59, "59 s"), (61, "1 min"), (7_300, "2 h"), (200_000, "2 days")]
        {
            assert_eq!(age(from, from + jiff::SignedDuration::from_secs(seconds)), told);
        }
        assert_eq!(age(from, from - jiff::SignedDuration::from_secs(5)), "0 s");
        assert_eq!(length(65), "1:05");
    }
}
