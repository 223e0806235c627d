//! For how long a mail is claimed, which is when it may be tried again.
//!
//! Whoever claims a mail may die, or never learn whether SES took it. Its claim stands in any case,
//! longer each time, so that SES's own events have the time to tell, and so that a mail does not
//! come again and again where they are lost as well. Only where SES surely did not take it, the
//! claim is given back.

use std::time::Duration;

use domain::Mail;
use jiff::{SignedDuration, Timestamp};

/// When a mail may be tried of which nobody knows whether SES took it, in minutes from the first
/// time: five times in two hours. After that, it may each [`THEN_EVERY`].
const TRIED_AT: [i64; 5] = [0, 5, 15, 45, 120];

/// In minutes.
const THEN_EVERY: i64 = 120;

/// What sending may take: as long as SES is waited for, and a moment for the ledger before and after.
/// A mail is not claimed with less time left.
pub const SENDING_TAKES: Duration = Duration::from_secs(25);

/// When the next claim ends of a mail that is claimed now.
pub fn claim_ends(mail: &Mail, now: Timestamp) -> Timestamp {
    let tries = match mail {
        Mail::Claimed { tries, .. } => usize::try_from(*tries).unwrap_or(usize::MAX),
        Mail::Unsent | Mail::Sent { .. } => 0,
    };
    let minutes = match TRIED_AT.get(tries..) {
        Some([this, next, ..]) => next - this,
        _ => THEN_EVERY,
    };
    now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixtures::after;

    #[test]
    fn a_mail_of_unknown_fate_is_tried_five_times_in_two_hours() {
        let (mut mail, mut now, mut tried) = (Mail::Unsent, after(0), Vec::new());
        for tries in 1..=8 {
            tried.push(now.duration_since(after(0)).as_mins());
            let until = claim_ends(&mail, now);
            mail = Mail::Claimed { until, tries };
            now = until;
        }
        assert_eq!(tried, [0, 5, 15, 45, 120, 240, 360, 480]);
        assert_eq!(claim_ends(&Mail::Claimed { until: now, tries: u32::MAX }, after(0)), after(7_200));
        assert_eq!(claim_ends(&Mail::Unsent, Timestamp::MAX), Timestamp::MAX);
    }
}
