//! What is done, and how long it took, for whoever watches.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Result;

/// Does one step and says so.
///
/// # Errors
/// What the step says.
pub async fn step<T>(what: &str, doing: impl Future<Output = Result<T>>) -> Result<T> {
    say(&format!("-- {what}"));
    let started = Instant::now();
    let done = doing.await?;
    say(&format!("   {:.1} s", started.elapsed().as_secs_f64()));
    Ok(done)
}

/// Writes a line.
pub fn say(line: &str) {
    // Nobody is left to tell when nobody listens.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
