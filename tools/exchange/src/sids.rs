//! Identifiers as Twilio shapes them, the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use phone::{CallSid, RecordingSid};

/// Deals out identifiers: a seed and a counter make each, so that stories are reproducible.
#[derive(Debug)]
pub(crate) struct Sids {
    seed: u64,
    dealt: AtomicU64,
}

impl Sids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, dealt: AtomicU64::new(0) }
    }

    /// 32 hexadecimal digits that no other call returns.
    pub(crate) fn hex(&self) -> String {
        let number = self.dealt.fetch_add(1, Ordering::Relaxed) + 1;
        let high = mix(self.seed ^ mix(number));
        // The low half is a bijection of the counter, so no two are alike.
        let low = mix(number.wrapping_add(self.seed));
        format!("{high:016x}{low:016x}")
    }

    /// An identifier with a prefix of two letters.
    pub(crate) fn sid(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.hex())
    }

    pub(crate) fn call(&self) -> CallSid {
        match CallSid::parse(&self.sid("CA")) {
            Ok(sid) => sid,
            Err(_) => unreachable!("CA and 32 hexadecimal digits make a call SID"),
        }
    }

    pub(crate) fn recording(&self) -> RecordingSid {
        match RecordingSid::parse(&self.sid("RE")) {
            Ok(sid) => sid,
            Err(_) => unreachable!("RE and 32 hexadecimal digits make a recording SID"),
        }
    }

    /// A UUID, as `I-Twilio-Idempotency-Token` carries.
    pub(crate) fn uuid(&self) -> String {
        let hex = self.hex();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

/// The finaliser of splitmix64: a bijection that leaves no pattern.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_deals_the_same_sids_and_never_one_twice() {
        let (one, other, third) = (Sids::new(1), Sids::new(1), Sids::new(2));
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let sid = one.call();
            assert_eq!(sid, other.call());
            assert_ne!(sid, third.call());
            assert!(seen.insert(sid));
        }
    }

    #[test]
    fn a_uuid_has_the_shape_of_version_four() {
        let uuid = Sids::new(7).uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
