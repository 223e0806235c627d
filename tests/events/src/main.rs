//! Writes the sample events.

use std::io::Write as _;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let folder = events::folder();
    std::fs::create_dir_all(&folder)?;
    for (name, content) in events::files()? {
        std::fs::write(folder.join(&name), content).with_context(|| format!("events/{name}"))?;
        writeln!(std::io::stdout(), "events/{name}")?;
    }
    Ok(())
}
