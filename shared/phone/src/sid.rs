use std::fmt;

use thiserror::Error;

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a Twilio SID: expected {prefix} and 32 hexadecimal digits")]
pub struct NotASid {
    prefix: &'static str,
}

fn check(text: &str, prefix: &'static str) -> Result<Box<str>, NotASid> {
    let hex = text.strip_prefix(prefix).ok_or(NotASid { prefix })?;
    if hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.into())
    } else {
        Err(NotASid { prefix })
    }
}

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            #[doc = concat!("Reads `", $prefix, "` and 32 hexadecimal digits.")]
            ///
            /// # Errors
            /// [`NotASid`] for anything else.
            pub fn parse(text: &str) -> Result<Self, NotASid> {
                check(text, $prefix).map(Self)
            }

            /// The identifier as Twilio writes it. It names something, but opens nothing: logs may show it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

sid!(
    /// A Twilio account or subaccount.
    AccountSid,
    "AC"
);
sid!(
    /// One leg of a call.
    CallSid,
    "CA"
);
sid!(
    /// A recording kept at Twilio; also the key of a voicemail in the ledger.
    RecordingSid,
    "RE"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_its_prefix_and_thirty_two_hexadecimal_digits() {
        let digits = "0123456789abcdef0123456789ABCDEF";
        assert_eq!(CallSid::parse(&format!("CA{digits}")).unwrap().as_str(), format!("CA{digits}"));
        let rejected = [
            "",
            "CA",
            "RE0123456789abcdef0123456789abcdef",
            "CA0123456789abcdef",
            "CA0123456789abcdef0123456789abcdeg",
        ];
        for text in rejected {
            assert!(CallSid::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            RecordingSid::parse("CAx").unwrap_err().to_string(),
            "not a Twilio SID: expected RE and 32 hexadecimal digits"
        );
    }
}
