//! In which country a telephone is.

use domain::Country;
use phone::PhoneNumber;
use rlibphonenumber::PHONE_NUMBER_UTIL;

/// The country of a number; none of one that is no country's, like a satellite's. Where several share a code, and the
/// number is in a range that was opened lately, it is taken for that of the largest.
///
/// The first look takes 20 ms: for who makes calls, not for who answers one.
pub(crate) fn country_of(number: &PhoneNumber) -> Option<Country> {
    let parsed = PHONE_NUMBER_UTIL.parse(number.reveal(), None).ok()?;
    let largest = || PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code);
    let region = parsed.get_region_code().or_else(largest)?;
    // What is no country's is called 001.
    Country::parse(&region.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_the_country_that_has_its_range() {
        for (number, country) in [
            ("+14155550100", Some("US")),
            ("+16045550100", Some("CA")),
            ("+18095550100", Some("DO")),
            ("+4930901820", Some("DE")),
            ("+442079460018", Some("GB")),
            ("+77012345678", Some("KZ")),
            // Nobody has this area yet.
            ("+12995550100", Some("US")),
            // Satellites, and free numbers of no country.
            ("+870773111632", None),
            ("+80012345678", None),
            ("+9991234567", None),
        ] {
            let of = country_of(&PhoneNumber::parse(number).unwrap());
            assert_eq!(of.map(|country| country.to_string()).as_deref(), country, "{number}");
        }
    }
}
