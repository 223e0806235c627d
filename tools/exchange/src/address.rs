//! Who can be called or call: numbers, SIP addresses, clients, and callers without a number.

use std::fmt;

use phone::PhoneNumber;

/// A party of a call, as it stands in `From` and `To`: a number in E.164, `client:alice`,
/// `sip:alice@example.com`, `anonymous`, or whatever else a carrier lets through.
///
/// Display and Debug are masked as in the `phone` crate; [`Address::reveal`] gives it in full.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Box<str>);

impl Address {
    /// The address in full.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The number, when it is one in E.164 that can be called: keypad words such as `+266696687`
    /// for ANONYMOUS are none.
    pub fn number(&self) -> Option<PhoneNumber> {
        match phone::Caller::parse(&self.0) {
            phone::Caller::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether this is a Voice SDK client or a SIP address, for which Twilio wants a caller ID.
    pub(crate) fn is_client_or_sip(&self) -> bool {
        ["client:", "sip:", "sips:"].iter().any(|scheme| self.0.starts_with(scheme))
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.trim().into())
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<PhoneNumber> for Address {
    fn from(number: PhoneNumber) -> Self {
        Self(number.reveal().into())
    }
}

impl From<&PhoneNumber> for Address {
    fn from(number: &PhoneNumber) -> Self {
        Self(number.reveal().into())
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        phone::Caller::parse(&self.0).fmt(formatter)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({self})")
    }
}

/// Where a number lies, as Twilio tells of both parties in each voice webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Locality {
    pub(crate) city: &'static str,
    pub(crate) state: &'static str,
    pub(crate) zip: &'static str,
    pub(crate) country: &'static str,
}

/// Area codes of the North American plan that have a place of their own here.
const AREAS: [(&str, Locality); 5] = [
    ("+1415", Locality { city: "SAN FRANCISCO", state: "CA", zip: "94103", country: "US" }),
    ("+1212", Locality { city: "NEW YORK", state: "NY", zip: "10001", country: "US" }),
    ("+1312", Locality { city: "CHICAGO", state: "IL", zip: "60601", country: "US" }),
    ("+1206", Locality { city: "SEATTLE", state: "WA", zip: "98101", country: "US" }),
    ("+1416", Locality { city: "TORONTO", state: "ON", zip: "", country: "CA" }),
];

/// Country codes, longest prefix first where one begins another.
const COUNTRIES: [(&str, &str); 12] = [
    ("+1", "US"),
    ("+353", "IE"),
    ("+31", "NL"),
    ("+33", "FR"),
    ("+34", "ES"),
    ("+39", "IT"),
    ("+41", "CH"),
    ("+43", "AT"),
    ("+44", "GB"),
    ("+49", "DE"),
    ("+81", "JP"),
    ("+86", "CN"),
];

impl Locality {
    /// The place of an address; all empty for what is no number.
    pub(crate) fn of(address: &Address) -> Self {
        let Some(number) = address.number() else {
            return Self::default();
        };
        let digits = number.reveal();
        if let Some((_, place)) = AREAS.iter().find(|(prefix, _)| digits.starts_with(prefix)) {
            return *place;
        }
        let country = COUNTRIES
            .iter()
            .find(|(prefix, _)| digits.starts_with(prefix))
            .map_or("", |(_, country)| country);
        Self { country, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked_and_reveals_itself_only_when_asked() {
        let address = Address::from("+14155550123");
        assert_eq!(address.to_string(), "+1415****123");
        assert_eq!(address.reveal(), "+14155550123");
        assert_eq!(Address::from("client:alice").to_string(), "client:****");
    }

    #[test]
    fn numbers_have_a_place_and_withheld_ones_have_none() {
        assert_eq!(Locality::of(&"+14155550123".into()).city, "SAN FRANCISCO");
        assert_eq!(Locality::of(&"+4930123456".into()).country, "DE");
        assert_eq!(Locality::of(&"+266696687".into()), Locality::default());
        assert_eq!(Locality::of(&"anonymous".into()), Locality::default());
    }
}
