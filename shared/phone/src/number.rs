use std::fmt;

use thiserror::Error;

/// A telephone number in E.164: `+`, then 7 to 15 digits, the first not zero.
///
/// Seven is the shortest that a country code and a subscriber number make in practice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(Box<str>);

/// The text is not an E.164 number. It does not repeat the text, which may be a private number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a phone number in E.164: write + and the country code, then the number, digits only, like +14155550100"
)]
pub struct NotE164;

impl PhoneNumber {
    /// Reads a number that is in E.164 already, as Twilio sends it.
    ///
    /// # Errors
    /// [`NotE164`] for anything else: spaces, brackets, a missing `+`, too few or many digits.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?.as_bytes();
        let well_formed =
            (7..=15).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit);
        if well_formed { Ok(Self(text.into())) } else { Err(NotE164) }
    }

    /// The full number, `+` and digits. For Twilio, storage and the owner's own mail; never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// `+1415****234`: enough to recognise a number one knows, not enough to call it.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = &self.0[1..];
        // At least four digits stay hidden, however short the number.
        let tail = digits.len().saturating_sub(4).min(3);
        let head = digits.len().saturating_sub(4 + tail).min(4);
        write!(f, "+{}****{}", &digits[..head], &digits[digits.len() - tail..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_log_shows_the_area_and_the_last_three_digits_only() {
        let cases = [
            ("+14155551234", "+1415****234"),
            ("+4930123456", "+493****456"),
            ("+861012345678901", "+8610****901"),
            ("+2562533", "+****533"),
        ];
        for (number, shown) in cases {
            let number = PhoneNumber::parse(number).unwrap();
            assert_eq!(number.to_string(), shown);
            assert_eq!(format!("{number:?}"), format!("PhoneNumber({shown})"));
        }
    }

    #[test]
    fn only_plus_and_seven_to_fifteen_digits_is_a_number() {
        let rejected = [
            "",
            "+",
            "14155551234",
            "+04155551234",
            "+123456",
            "+1234567890123456",
            "+1 415 555 1234",
            "+1(415)5551234",
            "+1415555123x",
            "＋14155551234",
            "+１４１５５５５１２３４",
            "anonymous",
        ];
        for text in rejected {
            assert_eq!(PhoneNumber::parse(text), Err(NotE164), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = PhoneNumber::parse(&text);
        }

        #[test]
        fn at_least_four_digits_of_every_number_stay_hidden(number in "\\+[1-9][0-9]{6,14}") {
            let parsed = PhoneNumber::parse(&number).unwrap();
            prop_assert_eq!(parsed.reveal(), &number);
            let digits_shown = parsed.to_string().chars().filter(char::is_ascii_digit).count();
            prop_assert!(digits_shown + 4 < number.len());
        }
    }
}
