//! Calls that would go round in circles.

use domain::NumberSettings;

use crate::reading::international;

/// Refuses settings that forward a call to a masked number, in either direction.
///
/// # Errors
/// Which number forwards to which, and what to do.
pub(crate) fn check(settings: &NumberSettings, others: &[NumberSettings]) -> Result<(), String> {
    for target in &settings.forwarding.targets {
        if *target == settings.number {
            return Err(format!(
                "{} would ring itself: give a real telephone instead",
                international(target)
            ));
        }
        if others.iter().any(|other| other.number == *target) {
            return Err(format!(
                "{} is a masked number itself, so calls could go round in circles: give a real \
                 telephone instead",
                international(target)
            ));
        }
    }
    let mut others = others.iter().filter(|other| other.number != settings.number);
    match others.find(|other| other.forwarding.targets.contains(&settings.number)) {
        None => Ok(()),
        Some(other) => Err(format!(
            "{} rings {}, which would become a masked number, so calls could go round in circles: give {} \
             another --target first",
            international(&other.number),
            international(&settings.number),
            international(&other.number)
        )),
    }
}

#[cfg(test)]
mod tests {
    use domain::EmailAddress;
    use phone::PhoneNumber;

    use super::*;

    fn settings(number: &str, target: &str) -> NumberSettings {
        let phone = |text| PhoneNumber::parse(text).unwrap();
        let email = EmailAddress::parse("owner@example.com").unwrap();
        NumberSettings::new(phone(number), email, phone(target))
    }

    const A: &str = "+14155550100";
    const B: &str = "+14155550101";
    const PHONE: &str = "+12125550199";

    #[test]
    fn no_call_can_go_round_in_circles() {
        let cases = [
            (settings(A, A), vec![], "would ring itself"),
            (settings(A, B), vec![settings(B, PHONE)], "is a masked number itself"),
            (settings(A, PHONE), vec![settings(B, A)], "another --target first"),
        ];
        for (new, others, why) in cases {
            let told = check(&new, &others).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_number_may_share_its_telephone_and_be_edited() {
        let others = [settings(A, PHONE), settings(B, PHONE)];
        assert_eq!(check(&settings(A, PHONE), &others), Ok(()));
    }
}
