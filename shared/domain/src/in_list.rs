//! The entry of a list that decided a call, and how often it did.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// An entry of a list that decides calls. As rows have it: `blocked#+1900*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InList {
    /// The list of the phone file; none is of those who are blocked beside its lists.
    pub list: Option<String>,
    /// Who, as the file has it: a number, a prefix like `+1900*`, `anonymous`, `unverified`.
    pub who: String,
}

/// How often an entry decided calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The entry.
    pub entry: InList,
    /// How many calls.
    pub calls: u32,
    /// When the last of them came in.
    pub last_at: Timestamp,
}

impl fmt::Display for InList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.list.as_deref().unwrap_or_default(), self.who)
    }
}

impl FromStr for InList {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (list, who) = text.split_once('#').ok_or("no entry of a list")?;
        let list = Some(list).filter(|list| !list.is_empty()).map(str::to_owned);
        Ok(Self { list, who: who.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_is_written() {
        let cases = [
            (Some("blocked"), "+1900*", "blocked#+1900*"),
            (Some("vip"), "anonymous", "vip#anonymous"),
            (None, "+13125550142", "#+13125550142"),
        ];
        for (list, who, written) in cases {
            let entry = InList { list: list.map(str::to_owned), who: who.to_owned() };
            assert_eq!(entry.to_string(), written);
            assert_eq!(written.parse(), Ok(entry));
        }
        assert!("blocked".parse::<InList>().is_err());
    }
}
