//! A leg, as it stands in the addresses that Twilio asks for it.

use domain::{Language, LegId};
use phone::CallSid;

/// A leg, and how far whoever picked up is: `1796000024.-.CA….1-ana`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegAddress {
    /// Which.
    pub leg: AddressedLeg,
    /// Until when it is asked, in seconds of the epoch; none before somebody has picked up.
    pub until: Option<i64>,
    /// Whether they were asked if the caller is to be blocked.
    pub blocks: bool,
}

/// Which leg an address is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressedLeg {
    /// One that was placed for a live call.
    OfCall(CallSid, LegId),
    /// The one of a plain dial, which Twilio itself joins with the caller.
    Dialled {
        /// What the person hears.
        language: Language,
        /// Whether the caller may have said who calls.
        may_be_named: bool,
    },
}

impl LegAddress {
    /// A leg of a live call, before anybody has picked up.
    pub fn new(call_sid: CallSid, leg: LegId) -> Self {
        Self { leg: AddressedLeg::OfCall(call_sid, leg), until: None, blocks: false }
    }

    /// The leg of a plain dial.
    pub fn dialled(language: Language, may_be_named: bool) -> Self {
        Self { leg: AddressedLeg::Dialled { language, may_be_named }, until: None, blocks: false }
    }

    /// Of `[A-Za-z0-9.-]` only.
    pub fn write(&self) -> String {
        let until = self.until.map_or_else(|| "-".to_owned(), |until| until.to_string());
        let blocks = if self.blocks { "9" } else { "-" };
        match &self.leg {
            AddressedLeg::OfCall(call_sid, leg) => format!("{until}.{blocks}.{call_sid}.{leg}"),
            AddressedLeg::Dialled { language, may_be_named } => {
                let named = if *may_be_named { "named" } else { "-" };
                format!("{until}.{blocks}.{}.{named}", language.tag())
            }
        }
    }

    /// None of what is no such address.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let until = match parts.next()? {
            "-" => None,
            until => Some(until.parse().ok()?),
        };
        let blocks = parts.next()? == "9";
        let (which, rest) = (parts.next()?, parts.next()?);
        let leg = match CallSid::parse(which) {
            Ok(call_sid) => AddressedLeg::OfCall(call_sid, LegId::parse(rest)?),
            Err(_) => AddressedLeg::Dialled { language: which.parse().ok()?, may_be_named: rest == "named" },
        };
        Some(Self { leg, until, blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg() -> LegAddress {
        let call_sid = CallSid::parse("CA00000000000000000000000000000001").unwrap();
        LegAddress::new(call_sid, LegId::new(0, "ana"))
    }

    #[test]
    fn a_leg_comes_back_from_its_address_as_it_was_written() {
        let dialled = LegAddress::dialled(Language::BrazilianPortuguese, true);
        let dialled = LegAddress { until: Some(1_796_000_024), blocks: true, ..dialled };
        let cases = [
            (leg(), "-.-.CA00000000000000000000000000000001.0-ana"),
            (LegAddress { until: Some(7), ..leg() }, "7.-.CA00000000000000000000000000000001.0-ana"),
            (dialled, "1796000024.9.pt-BR.named"),
            (LegAddress::dialled(Language::English, false), "-.-.en.-"),
        ];
        for (leg, written) in cases {
            assert_eq!(leg.write(), written);
            assert_eq!(LegAddress::read(written), Some(leg));
        }
        for text in [
            "",
            "7",
            "x.-",
            "7.-.CA1.0-ana",
            "7.-.CA00000000000000000000000000000001",
            "7.-.CA00000000000000000000000000000001.ana",
        ] {
            assert_eq!(LegAddress::read(text), None, "{text}");
        }
    }
}
