//! Telephone numbers as people write them, and those that nothing may call.

use phone::PhoneNumber;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use crate::place::Place;
use crate::reader::{Reader, short};
use crate::yaml::Node;

/// Numbers of help. They are as short everywhere, and mean something else where they mean nothing: a call that
/// is forwarded there comes from the wrong place.
const EMERGENCY: [&str; 33] = [
    "000", "061", "100", "101", "102", "103", "104", "108", "110", "111", "112", "113", "114", "115", "116",
    "117", "118", "119", "120", "122", "144", "190", "191", "192", "193", "197", "911", "988", "995", "996",
    "997", "998", "999",
];

/// Numbers whose calls pay somebody else, and satellites, whose calls cost as much: what they begin with.
/// Sources: E.164's list of country codes (881 to 883, 979), and the countries' numbering plans as Google's
/// libphonenumber has them. Where dear numbers and ordinary ones begin alike, as in Ireland, they are left out.
pub(crate) const PREMIUM: [(&str, &str); 46] = [
    ("+1900", "the United States and Canada"),
    ("+3190", "the Netherlands"),
    ("+3290", "Belgium"),
    ("+3389", "France"),
    ("+34803", "Spain"),
    ("+34806", "Spain"),
    ("+34807", "Spain"),
    ("+34905", "Spain"),
    ("+351601", "Portugal"),
    ("+351607", "Portugal"),
    ("+351608", "Portugal"),
    ("+351646", "Portugal"),
    ("+35176", "Portugal"),
    ("+358600", "Finland"),
    ("+358700", "Finland"),
    ("+39144", "Italy"),
    ("+39166", "Italy"),
    ("+39892", "Italy"),
    ("+39895", "Italy"),
    ("+39899", "Italy"),
    ("+4190", "Switzerland"),
    ("+42090", "Czechia"),
    ("+43900", "Austria"),
    ("+43901", "Austria"),
    ("+43930", "Austria"),
    ("+43931", "Austria"),
    ("+43939", "Austria"),
    ("+44871", "the United Kingdom"),
    ("+44872", "the United Kingdom"),
    ("+44873", "the United Kingdom"),
    ("+449", "the United Kingdom"),
    ("+4590", "Denmark"),
    ("+46900", "Sweden"),
    ("+46939", "Sweden"),
    ("+46944", "Sweden"),
    ("+4782", "Norway"),
    ("+4870", "Poland"),
    ("+49137", "Germany"),
    ("+49900", "Germany"),
    ("+55900", "Brazil"),
    ("+61190", "Australia"),
    ("+81990", "Japan"),
    ("+881", "satellites"),
    ("+882", "networks of no country"),
    ("+883", "networks of no country"),
    ("+979", "all countries"),
];

impl Reader<'_> {
    /// A number as it is written: in E.164, with what people put between digits.
    pub(crate) fn number(&mut self, node: &Node, what: &str) -> Option<PhoneNumber> {
        let text = self.text(node, what)?;
        self.number_in(node.place, text, what)
    }

    pub(crate) fn number_in(&mut self, place: Place, text: &str, what: &str) -> Option<PhoneNumber> {
        let bare = bare(text);
        if let Ok(number) = PhoneNumber::parse(&bare) {
            return Some(number);
        }
        if is_emergency(&bare) {
            // The cause of a target says more.
            self.error(place, format!("{what}: {bare} is a number for emergencies"), NO_HELP);
            return None;
        }
        let cause = format!("{what}: {:?} is no number", short(text));
        let cure = self.home.as_ref().and_then(|home| at_home(text, home)).map_or_else(
            || "begin with + and the country, as in \"+14155550100\"".to_owned(),
            |number| format!("write it with + and the country, as in \"{}\"", number.reveal()),
        );
        self.error(place, cause, cure);
        None
    }

    /// A number that is called: none of those that nothing may call, nor the one that people call.
    pub(crate) fn target(&mut self, node: &Node, what: &str) -> Option<PhoneNumber> {
        let number = self.number(node, what)?;
        if self.home.as_ref() == Some(&number) {
            let cause = format!("{what} is the number of this file");
            self.error(
                node.place,
                cause,
                "a call would come round to it for ever: write the real telephone's",
            );
            return None;
        }
        if let Some(country) = premium(&number) {
            let cause = format!("{what}: calls to {} pay somebody else ({country})", number.reveal());
            self.error(node.place, cause, "no call is forwarded there. Write another number");
            return None;
        }
        if is_emergency_abroad(&number) {
            self.error(
                node.place,
                format!("{what}: {} is a number for emergencies", number.reveal()),
                NO_HELP,
            );
            return None;
        }
        Some(number)
    }
}

const NO_HELP: &str =
    "help would go to the wrong place, so no call is forwarded there. Write a person's telephone";

/// What people put between digits, taken out of what begins with `+`.
pub(crate) fn bare(text: &str) -> String {
    text.chars().filter(|it| !matches!(it, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/')).collect()
}

/// A number as it is dialled where another one belongs.
fn at_home(text: &str, home: &PhoneNumber) -> Option<PhoneNumber> {
    if text.len() > 40 {
        return None;
    }
    let region = PHONE_NUMBER_UTIL.parse(home.reveal(), None).ok()?.get_region_code()?;
    let number = PHONE_NUMBER_UTIL.parse(text, Some(region)).ok()?;
    PhoneNumber::parse(&number.format_as(PhoneNumberFormat::E164)).ok()
}

fn is_emergency(bare: &str) -> bool {
    let digits = bare.strip_prefix('+').unwrap_or(bare);
    EMERGENCY.contains(&digits) || (1..=3).any(|code| bare.starts_with('+') && ends_in_help(digits, code))
}

/// `+49 112`: nobody's number, and a mistake that sounds right.
fn ends_in_help(digits: &str, country_code: usize) -> bool {
    digits.get(country_code..).is_some_and(|rest| EMERGENCY.contains(&rest))
}

fn is_emergency_abroad(number: &PhoneNumber) -> bool {
    let digits = &number.reveal()[1..];
    digits.len() <= 7 && (1..=3).any(|code| ends_in_help(digits, code))
}

/// Why nothing may call a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeverCalled {
    /// It is one for emergencies: help would go to the wrong place.
    Emergency,
    /// Calls to it pay somebody else, there.
    Premium(&'static str),
}

/// Whether a number is one that nothing may call.
pub fn never_called(number: &PhoneNumber) -> Option<NeverCalled> {
    if is_emergency_abroad(number) {
        return Some(NeverCalled::Emergency);
    }
    premium(number).map(NeverCalled::Premium)
}

/// Where calls to it pay somebody else.
pub(crate) fn premium(number: &PhoneNumber) -> Option<&'static str> {
    PREMIUM.iter().find(|(prefix, _)| number.reveal().starts_with(prefix)).map(|(_, country)| *country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_emergencies_are_known_with_and_without_a_country() {
        for number in ["911", "112", "999", "110", "+1911", "+49110", "+44999", "+353112", "000"] {
            assert!(is_emergency(number), "{number}");
        }
        for number in ["", "+", "9111", "+14155550911", "41", "+1"] {
            assert!(!is_emergency(number), "{number}");
        }
    }

    #[test]
    fn numbers_that_pay_somebody_are_known_by_how_they_begin() {
        for (number, is_premium) in [
            ("+19005550100", true),
            ("+449098790000", true),
            ("+4990012345", true),
            ("+881612345678", true),
            ("+14155550100", false),
            ("+447700900000", false),
            ("+4930901820", false),
        ] {
            let number = PhoneNumber::parse(number).unwrap();
            assert_eq!(premium(&number).is_some(), is_premium, "{}", number.reveal());
        }
    }

    #[test]
    fn no_ordinary_number_begins_as_those_do_that_pay_somebody() {
        use rlibphonenumber::PhoneNumberType::{FixedLine, FixedLineOrMobile, Mobile};
        let digits = |it: u64| format!("{:013}", it * 7_919 * 1_234_567 % 10_000_000_000_000);
        let mut wrong = std::collections::BTreeMap::new();
        for (prefix, country) in PREMIUM.iter().filter(|(prefix, _)| !prefix.starts_with("+88")) {
            for (length, digits) in
                (8..=15_usize).flat_map(|length| (0..200).map(move |it| (length, digits(it))))
            {
                let Some(rest) = (length + 1).checked_sub(prefix.len()).and_then(|it| digits.get(..it))
                else {
                    continue;
                };
                let number = format!("{prefix}{rest}");
                let Ok(parsed) = PHONE_NUMBER_UTIL.parse(&number, None) else { continue };
                let kind = PHONE_NUMBER_UTIL.get_number_type(&parsed);
                if matches!(kind, FixedLine | Mobile | FixedLineOrMobile) {
                    wrong.insert((prefix, country), number);
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_number_is_read_as_it_is_dialled_at_home() {
        let at = |text, home| at_home(text, &PhoneNumber::parse(home).unwrap());
        let number = |text| PhoneNumber::parse(text).ok();
        assert_eq!(at("(212) 555-0142", "+14155550101"), number("+12125550142"));
        assert_eq!(at("030 901820", "+4989123456"), number("+4930901820"));
        assert_eq!(at("nobody", "+4989123456"), None);
    }
}
