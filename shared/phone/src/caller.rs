use std::fmt;

use crate::PhoneNumber;

/// Who calls, as Twilio's `From` says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A telephone number that can be called back.
    Number(PhoneNumber),
    /// The caller, or the carrier, held the number back.
    Withheld(Withheld),
    /// A Voice SDK client: the identity without `client:`.
    Client(Box<str>),
    /// A SIP address, `sip:` or `sips:` included.
    Sip(Box<str>),
    /// Anything else a carrier lets through: national formats, extensions, names.
    Other(Box<str>),
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The caller asked for it.
    Anonymous,
    /// The caller, or the network on their behalf, restricted it.
    Restricted,
    /// The caller blocked it.
    Blocked,
    /// The network does not know it.
    Unknown,
    /// The network could not pass it on.
    Unavailable,
}

/// The names under which networks withhold a number, and the same names spelled on a telephone
/// keypad behind a `+`, which is how Twilio passes many of them (266696687 spells ANONYMOUS).
const WITHHELD: [(&str, &str, Withheld); 6] = [
    ("anonymous", "+266696687", Withheld::Anonymous),
    ("private", "+7748283", Withheld::Anonymous),
    ("restricted", "+7378742883", Withheld::Restricted),
    ("blocked", "+2562533", Withheld::Blocked),
    ("unknown", "+8656696", Withheld::Unknown),
    ("unavailable", "+86282452253", Withheld::Unavailable),
];

impl Caller {
    /// Reads `From`. Every text is some caller: there is nothing to refuse.
    pub fn parse(from: &str) -> Self {
        let from = from.trim();
        if from.is_empty() {
            return Self::Withheld(Withheld::Unknown);
        }
        for (name, keypad, withheld) in WITHHELD {
            if from.eq_ignore_ascii_case(name) || from == keypad {
                return Self::Withheld(withheld);
            }
        }
        if let Ok(number) = PhoneNumber::parse(from) {
            return Self::Number(number);
        }
        match from.split_once(':') {
            Some(("client", identity)) => Self::Client(identity.into()),
            Some(("sip" | "sips", address)) => {
                let user = address.split('@').next().unwrap_or_default();
                if user.eq_ignore_ascii_case("anonymous") {
                    Self::Withheld(Withheld::Anonymous)
                } else {
                    Self::Sip(from.into())
                }
            }
            _ => Self::Other(from.into()),
        }
    }

    /// The number to call back, if there is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The caller in full, in a form that [`parse`](Self::parse) reads back. For storage and the
    /// owner's own mail; never for a log.
    pub fn reveal(&self) -> String {
        match self {
            Self::Number(number) => number.reveal().to_owned(),
            Self::Withheld(withheld) => withheld.name().to_owned(),
            Self::Client(identity) => format!("client:{identity}"),
            Self::Sip(text) | Self::Other(text) => text.to_string(),
        }
    }
}

impl Withheld {
    fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Restricted => "restricted",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Safe for logs: a number is masked, and of identities and addresses only the kind is shown.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Withheld(withheld) => f.write_str(withheld.name()),
            Self::Client(_) => f.write_str("client:****"),
            Self::Sip(_) => f.write_str("sip:****"),
            Self::Other(_) => f.write_str("other:****"),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_withheld_number_is_known_by_name_and_by_keypad() {
        let cases = [
            ("anonymous", Withheld::Anonymous),
            ("Anonymous", Withheld::Anonymous),
            ("+266696687", Withheld::Anonymous),
            ("sip:anonymous@anonymous.invalid", Withheld::Anonymous),
            ("+7378742883", Withheld::Restricted),
            ("+2562533", Withheld::Blocked),
            ("unknown", Withheld::Unknown),
            ("+8656696", Withheld::Unknown),
            ("", Withheld::Unknown),
            ("+86282452253", Withheld::Unavailable),
        ];
        for (from, withheld) in cases {
            assert_eq!(Caller::parse(from), Caller::Withheld(withheld), "{from}");
        }
    }

    #[test]
    fn a_log_never_shows_who_called() {
        let cases = [
            ("+14155551234", "+1415****234"),
            ("client:alice", "client:****"),
            ("sip:alice@example.com", "sip:****"),
            ("0041 44 668 18 00", "other:****"),
            ("anonymous", "anonymous"),
        ];
        for (from, shown) in cases {
            assert_eq!(Caller::parse(from).to_string(), shown);
            assert_eq!(format!("{:?}", Caller::parse(from)), format!("Caller({shown})"));
        }
    }

    #[test]
    fn only_a_number_can_be_called_back() {
        let number = PhoneNumber::parse("+14155551234").unwrap();
        assert_eq!(Caller::parse(" +14155551234").number(), Some(&number));
        for from in ["anonymous", "client:+14155551234", "sip:+14155551234@example.com", "4155551234"] {
            assert_eq!(Caller::parse(from).number(), None, "{from}");
        }
    }

    proptest! {
        #[test]
        fn what_is_revealed_is_read_back_as_the_same_caller(from in ".*") {
            let caller = Caller::parse(&from);
            prop_assert_eq!(Caller::parse(&caller.reveal()), caller);
        }
    }
}
