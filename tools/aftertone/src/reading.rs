//! Telephone numbers as people write them.

use phone::{Caller, PhoneNumber};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

/// Reads a number: international with +, or in the national format of `region`.
///
/// # Errors
/// What is wrong with it, and how to write it.
pub(crate) fn number(text: &str, region: Option<&str>) -> Result<PhoneNumber, String> {
    let region = match region {
        None => None,
        Some(code) => Some(
            Region::try_from(code.to_ascii_uppercase().as_str())
                .map_err(|_| format!("{code:?} is no country: give one like US or DE with --region"))?,
        ),
    };
    let text = text.trim();
    if region.is_none() && !text.starts_with(['+', '＋']) {
        return Err(format!(
            "{text:?} does not say which country it belongs to: write it with + and the country code, \
             like +14155550100, or give the country with --region"
        ));
    }
    let refused =
        |why: &str| Err(format!("{text:?} is not a telephone number: {why}; write it like +1 415 555 0100"));
    let Ok(parsed) = PHONE_NUMBER_UTIL.parse(text, region) else {
        return refused("it can't be read");
    };
    if !parsed.extension().is_empty() {
        return refused("an extension can't be dialled");
    }
    // Not stricter: ranges are opened faster than anybody's list of them grows.
    if !matches!(PHONE_NUMBER_UTIL.is_possible_number_with_reason(&parsed), Ok(NumberLengthType::IsPossible))
    {
        return refused("it has too few or too many digits for its country");
    }
    PhoneNumber::parse(&parsed.format_as(PhoneNumberFormat::E164))
        .or_else(|error| refused(&error.to_string()))
}

/// `+1 415-555-0100`: as people read it. What the library does not know stays as it is.
pub(crate) fn international(number: &PhoneNumber) -> String {
    match PHONE_NUMBER_UTIL.parse(number.reveal(), None) {
        Ok(parsed) => parsed.format_as(PhoneNumberFormat::International).into_owned(),
        Err(_) => number.reveal().to_owned(),
    }
}

/// Who calls, in full, as people read it.
pub(crate) fn who(caller: &Caller) -> String {
    caller.number().map_or_else(|| caller.reveal(), international)
}

/// The country (`US`) to which a number belongs, if it is one's own.
pub(crate) fn country_of(number: &PhoneNumber) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse(number.reveal(), None).ok()?;
    let region = parsed.get_region_code()?.to_string();
    (region.len() == 2).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let cases = [
            ("+14155550100", None, "+14155550100"),
            (" +1 (415) 555-0100 ", None, "+14155550100"),
            ("+1.415.555.0100", None, "+14155550100"),
            ("(415) 555-0100", Some("US"), "+14155550100"),
            ("030 901820", Some("de"), "+4930901820"),
            ("020 7946 0018", Some("GB"), "+442079460018"),
            ("+44 20 7946 0018", Some("US"), "+442079460018"),
            ("00 44 20 7946 0018", Some("DE"), "+442079460018"),
            ("06 1234 5678", Some("IT"), "+390612345678"),
        ];
        for (text, region, read) in cases {
            assert_eq!(number(text, region).as_ref().map(PhoneNumber::reveal), Ok(read), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_would_be_right() {
        let cases = [
            ("4155550100", None, "does not say which country"),
            ("555-0100", Some("US"), "too few or too many digits"),
            ("+1 415 555", None, "too few or too many digits"),
            ("+1 415 555 0100 000", None, "too"),
            ("+1 415 555 0100 ext. 7", None, "an extension can't be dialled"),
            ("+999 1234567", None, "can't be read"),
            ("call me", Some("US"), "is not a telephone number"),
            ("", None, "does not say which country"),
            ("415 555 0100", Some("Mars"), "is no country"),
        ];
        for (text, region, why) in cases {
            let told = number(text, region).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn a_number_is_shown_as_people_read_it_and_knows_its_country() {
        let berlin = number("030 901820", Some("DE")).unwrap();
        assert_eq!(international(&berlin), "+49 30 901820");
        assert_eq!(country_of(&berlin).as_deref(), Some("DE"));
        // A satellite telephone belongs to no country.
        assert_eq!(country_of(&PhoneNumber::parse("+881612345678").unwrap()), None);
    }
}
