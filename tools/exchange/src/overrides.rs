//! Connection overrides: how Twilio is told in a URL's fragment to wait and to retry.
//!
//! Source: Twilio's page "Webhooks Connection Overrides".

use std::time::Duration;

/// The longest that any webhook of a call may take, retries included.
const TOTAL_LIMIT: Duration = Duration::from_secs(15);

/// What `#rc=2&rp=5xx,rt` and its like say; values out of range leave the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `ct`: the longest wait for a connection.
    pub(crate) connect: Duration,
    /// `rt`: the longest wait for the answer.
    pub(crate) read: Duration,
    /// `tt`: both, over all tries.
    pub(crate) total: Duration,
    /// `rc`: how many retries.
    pub(crate) retries: u32,
    /// `rp`: after what.
    pub(crate) retry_on: RetryOn,
}

/// What is worth a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent words, as Twilio lists them")]
pub(crate) struct RetryOn {
    pub(crate) connect: bool,
    pub(crate) read: bool,
    pub(crate) client_error: bool,
    pub(crate) server_error: bool,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: TOTAL_LIMIT,
            total: TOTAL_LIMIT,
            retries: 1,
            retry_on: RetryOn { connect: true, read: false, client_error: false, server_error: false },
        }
    }
}

impl Overrides {
    /// Splits a URL into what is requested and what its fragment asks for.
    pub(crate) fn split(url: &str) -> (&str, Self) {
        let mut overrides = Self::default();
        let Some((url, fragment)) = url.split_once('#') else {
            return (url, overrides);
        };
        let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        for pair in fragment.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let milliseconds = |range: std::ops::RangeInclusive<u64>| {
                value.parse().ok().filter(|number| range.contains(number)).map(Duration::from_millis)
            };
            match name {
                "ct" => set(&mut overrides.connect, milliseconds(100..=10_000)),
                "rt" => set(&mut overrides.read, milliseconds(100..=15_000)),
                "tt" => set(&mut overrides.total, milliseconds(100..=15_000)),
                "rc" => set(&mut overrides.retries, value.parse().ok().filter(|retries| *retries <= 5)),
                "rp" => overrides.retry_on = RetryOn::parse(value),
                _ => {}
            }
        }
        (url, overrides)
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

impl RetryOn {
    fn parse(list: &str) -> Self {
        let names: Vec<&str> = list.split(',').map(str::trim).collect();
        let has = |name: &str| names.contains(&name) || names.contains(&"all");
        Self { connect: has("ct"), read: has("rt"), client_error: has("4xx"), server_error: has("5xx") }
    }

    pub(crate) fn wants_status(self, status: u16) -> bool {
        match status {
            400..=499 => self.client_error,
            500..=599 => self.server_error,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_fragment_only_a_failed_connection_is_retried() {
        let (url, overrides) = Overrides::split("https://example.com/voice?a=1");
        assert_eq!(url, "https://example.com/voice?a=1");
        assert_eq!(overrides.retries, 1);
        assert!(overrides.retry_on.connect);
        assert!(!overrides.retry_on.read && !overrides.retry_on.wants_status(503));
    }

    #[test]
    fn the_fragment_sets_limits_and_retries_and_is_cut_off() {
        let (url, overrides) =
            Overrides::split("https://example.com/voice#rc=2&rp=5xx,rt&ct=2000&rt=3000&tt=9000");
        assert_eq!(url, "https://example.com/voice");
        assert_eq!(overrides.retries, 2);
        assert_eq!(overrides.connect.as_millis(), 2000);
        assert_eq!(overrides.read.as_millis(), 3000);
        assert_eq!(overrides.total.as_millis(), 9000);
        assert!(overrides.retry_on.wants_status(502) && overrides.retry_on.read);
        assert!(!overrides.retry_on.wants_status(404) && !overrides.retry_on.connect);
    }

    #[test]
    fn values_out_of_range_leave_the_default() {
        let (_, overrides) = Overrides::split("http://h/#rc=9&ct=50&rt=99999&rp=all&sni=y");
        assert_eq!(overrides.retries, 1);
        assert_eq!(overrides.connect, Overrides::default().connect);
        assert_eq!(overrides.read, Overrides::default().read);
        assert!(overrides.retry_on.wants_status(404) && overrides.retry_on.read);
    }
}
