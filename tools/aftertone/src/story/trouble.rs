//! What keeps a row from being done.

use domain::Trouble;
use serde_json::{Value, json};

use crate::show::{self, BAD, WARN};

/// What keeps a row from being done, and what helps.
pub(crate) fn show_trouble(trouble: Option<&Trouble>, sid: &str) {
    let Some(trouble) = trouble else { return };
    show::line(format!(
        "  {BAD}trouble   {BAD:#}{} (failed {} times; next try {})",
        trouble.last_error,
        trouble.attempts,
        show::time(trouble.next_attempt_at)
    ));
    show::line(format!("  {WARN}cure      {WARN:#}mend the cause, then `aftertone retry {sid}`"));
}

pub(crate) fn trouble_json(trouble: &Trouble) -> Value {
    json!({
        "attempts": trouble.attempts,
        "last_error": trouble.last_error,
        "next_attempt_at": show::instant(trouble.next_attempt_at),
    })
}
