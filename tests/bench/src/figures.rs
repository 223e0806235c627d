//! Medians, sizes and the table.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What was measured of one function, round by round.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// From the start of the process until it asked for work.
    pub init: Vec<Duration>,
    /// The first invocation.
    pub first: Vec<Duration>,
    /// All others.
    pub warm: Vec<Duration>,
    /// The most memory, in bytes.
    pub peak_memory: u64,
}

impl Measured {
    /// Takes in what was measured at another start.
    pub fn add(&mut self, other: Self) {
        self.init.extend(other.init);
        self.first.extend(other.first);
        self.warm.extend(other.warm);
        self.peak_memory = self.peak_memory.max(other.peak_memory);
    }
}

/// How large a binary is, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// On disk.
    pub binary: u64,
    /// In the archive that is uploaded.
    pub zipped: u64,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The function.
    pub name: &'static str,
    /// Median, in milliseconds.
    pub init_ms: f64,
    /// How many times as long as the empty function's.
    pub ratio: f64,
    /// Median, in milliseconds.
    pub first_ms: f64,
    /// Half of the warm invocations were faster, in milliseconds.
    pub warm_p50_ms: f64,
    /// All but one of a hundred were faster, in milliseconds.
    pub warm_p99_ms: f64,
    /// In millions of bytes.
    pub peak_mb: f64,
    /// In millions of bytes.
    pub size_mb: f64,
    /// In millions of bytes.
    pub zip_mb: f64,
}

/// The table's first line.
pub const HEADING: &str =
    "function        INIT ms  x empty  first ms  warm p50  warm p99  peak MB  size MB  zip MB";

impl Row {
    /// Sums up a function; `empty_ms` is the empty one's median.
    pub fn new(name: &'static str, measured: &Measured, size: Size, empty_ms: f64) -> Self {
        let init_ms = median_ms(&measured.init);
        Self {
            name,
            init_ms,
            ratio: init_ms / empty_ms,
            first_ms: median_ms(&measured.first),
            warm_p50_ms: median_ms(&measured.warm),
            warm_p99_ms: percentile_ms(&measured.warm, 99),
            peak_mb: megabytes(measured.peak_memory),
            size_mb: megabytes(size.binary),
            zip_mb: megabytes(size.zipped),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<14} {:>8.2} {:>8.2} {:>9.2} {:>9.2} {:>9.2} {:>8.1} {:>8.1} {:>7.1}",
            self.name,
            self.init_ms,
            self.ratio,
            self.first_ms,
            self.warm_p50_ms,
            self.warm_p99_ms,
            self.peak_mb,
            self.size_mb,
            self.zip_mb,
        )
    }
}

/// The median, in milliseconds.
pub fn median_ms(durations: &[Duration]) -> f64 {
    percentile_ms(durations, 50)
}

/// The duration that so many of a hundred don't exceed, in milliseconds; 0 of none.
pub fn percentile_ms(durations: &[Duration], percent: usize) -> f64 {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
}

/// Of a file, or of all files below a folder.
///
/// # Errors
/// It can't be read.
pub fn size(path: &Path) -> Result<Size> {
    if path.is_dir() {
        let mut sum = Size { binary: 0, zipped: 0 };
        for entry in std::fs::read_dir(path)? {
            let Size { binary, zipped } = size(&entry?.path())?;
            sum = Size { binary: sum.binary + binary, zipped: sum.zipped + zipped };
        }
        return Ok(sum);
    }
    let content = std::fs::read(path)?;
    let mut zip = DeflateEncoder::new(Vec::new(), Compression::default());
    zip.write_all(&content)?;
    // The archive's own few hundred bytes do not show.
    Ok(Size { binary: u64::try_from(content.len())?, zipped: u64::try_from(zip.finish()?.len())? })
}

#[expect(clippy::cast_precision_loss, reason = "no file and no process has so many bytes that it would show")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let milliseconds =
            |values: &[u64]| -> Vec<Duration> { values.iter().copied().map(Duration::from_millis).collect() };
        let eleven = milliseconds(&[11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert!((median_ms(&eleven) - 6.0).abs() < 1e-9);
        let hundred = milliseconds(&(1..=100).collect::<Vec<_>>());
        assert!((percentile_ms(&hundred, 99) - 99.0).abs() < 1e-9);
        assert!(percentile_ms(&[], 99).abs() < 1e-9);
    }
}
