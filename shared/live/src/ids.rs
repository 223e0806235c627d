//! What calls, participants and actions are called.

use std::fmt;
use std::str::FromStr;

use phone::CallSid;
use serde::{Deserialize, Serialize};

/// Two capital letters and 32 hexadecimal digits. For its whole life a call is called by the same one, whichever of
/// its legs come and go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("pattern" = "^CL[0-9a-f]{32}$")))]
#[serde(try_from = "String", into = "String")]
pub struct CallId(String);

/// A participant of a call: `p1` is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("pattern" = "^p[1-9][0-9]*$")))]
#[serde(try_from = "String", into = "String")]
pub struct ParticipantId(pub u32);

/// An action of a call: `a1` is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("pattern" = "^a[1-9][0-9]*$")))]
#[serde(try_from = "String", into = "String")]
pub struct ActionId(pub u32);

/// What is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such name")]
pub struct NoSuchName;

impl CallId {
    /// A call that a program makes has one before Twilio has heard of it.
    pub fn of_outgoing(random: [u8; 16]) -> Self {
        Self(format!("CL{:032x}", u128::from_be_bytes(random)))
    }

    /// A call that came in is called by its caller's leg.
    pub fn of_incoming(call_sid: &CallSid) -> Self {
        let digits = call_sid.as_str().get(2..).unwrap_or_default();
        Self(format!("CL{}", digits.to_ascii_lowercase()))
    }

    /// The leg of the caller, if it is a call that came in.
    pub fn caller_leg(&self) -> Option<CallSid> {
        CallSid::parse(&format!("CA{}", self.0.get(2..)?)).ok()
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CallId {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        let (kind, digits) = text.split_at_checked(2).ok_or(NoSuchName)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_one = kind == "CL" && digits.len() == 32 && digits.bytes().all(is_digit);
        if is_one { Ok(Self(text.to_owned())) } else { Err(NoSuchName) }
    }
}

fn numbered(text: &str, letter: char) -> Result<u32, NoSuchName> {
    let number = text.strip_prefix(letter).ok_or(NoSuchName)?;
    if number.starts_with(['0', '+']) {
        return Err(NoSuchName);
    }
    number.parse().map_err(|_| NoSuchName)
}

impl FromStr for ParticipantId {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        numbered(text, 'p').map(Self)
    }
}

impl FromStr for ActionId {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        numbered(text, 'a').map(Self)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NoSuchName;

            fn try_from(text: String) -> Result<Self, NoSuchName> {
                text.parse()
            }
        }
    };
}

as_text!(CallId);
as_text!(ParticipantId);
as_text!(ActionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        assert_eq!("p1".parse(), Ok(ParticipantId(1)));
        assert_eq!("a120".parse(), Ok(ActionId(120)));
        assert_eq!(ActionId(7).to_string(), "a7");
        let call = CallId::of_outgoing([0xab; 16]);
        assert_eq!(call.as_str(), format!("CL{}", "ab".repeat(16)));
        assert_eq!(call.as_str().parse(), Ok(call));
        let call_sid = CallSid::parse(&format!("CA{}", "0f".repeat(16))).unwrap();
        assert_eq!(CallId::of_incoming(&call_sid).as_str(), format!("CL{}", "0f".repeat(16)));
        assert_eq!(CallId::of_incoming(&call_sid).caller_leg(), Some(call_sid));
        for text in ["", "p", "a", "1", "p0", "p01", "p+1", "p-1", "p 1", "P1", "p4294967296"] {
            assert!(text.parse::<ParticipantId>().is_err(), "{text}");
        }
        for text in
            ["", "C", "CA", "CL1", "é", &format!("CL{}", "G".repeat(32)), &format!("CX{}", "0".repeat(32))]
        {
            assert!(text.parse::<CallId>().is_err(), "{text}");
        }
    }
}
