//! Which rows of a list.

use anyhow::Result;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use store::Listed;

use super::region::Region;

/// Which rows of a list.
#[derive(Args, Debug)]
pub(crate) struct Listing {
    /// Only those of this masked number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    #[command(flatten)]
    pub(crate) region: Region,
    /// Only those since then: 7d, 12h, or a time like 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = since)]
    pub(crate) since: Timestamp,
    /// So many at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

impl Listing {
    /// What a list may have: of a number, since then.
    pub(crate) fn listed(&self) -> Result<Listed> {
        let number = self.number.as_deref().map(|text| self.region.read(text)).transpose()?;
        Ok(Listed { number, since: Some(self.since) })
    }
}

fn since(text: &str) -> Result<Timestamp, &'static str> {
    since_at(text, Timestamp::now())
}

fn since_at(text: &str, now: Timestamp) -> Result<Timestamp, &'static str> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago = text.parse::<SignedDuration>().ok().or_else(|| {
        let days = text.strip_suffix('d')?.parse::<i64>().ok()?;
        Some(SignedDuration::from_secs(days.checked_mul(86_400)?))
    });
    ago.and_then(|ago| now.checked_sub(ago).ok())
        .ok_or("write a span like 7d or 12h, or a time like 2026-11-20T12:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_or_a_time_says_since_when() {
        assert_eq!(since("2026-11-20T12:00:00Z").unwrap().to_string(), "2026-11-20T12:00:00Z");
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let minutes = |text: &str| now.duration_since(since_at(text, now).unwrap()).as_mins();
        assert_eq!((minutes("2d"), minutes("12h"), minutes("90m")), (2880, 720, 90));
        for wrong in ["", "d", "yesterday", "7", "99999999999999999d"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
