use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::mail::Texts;

fn phone(number: &str) -> PhoneNumber {
    PhoneNumber::parse(number).unwrap()
}

fn written(number: &str, home: Option<&str>) -> String {
    let home = home.map(phone);
    let locale = Locale { language: Language::English, time_zone: &TimeZone::UTC, home: home.as_ref() };
    locale.number(&phone(number))
}

#[test]
fn a_number_is_written_as_at_home_or_as_from_abroad() {
    let cases = [
        ("+15551234567", "+14155550100", "(555) 123-4567"),
        ("+16045550142", "+14155550100", "(604) 555-0142"),
        ("+4930901820", "+14155550100", "+49 30 901820"),
        ("+4930901820", "+4915112345678", "030 901820"),
        ("+14155550100", "+4930901820", "+1 415-555-0100"),
        ("+442079460018", "+442079460019", "020 7946 0018"),
        ("+33612345678", "+33142685300", "06 12 34 56 78"),
        ("+819012345678", "+81312345678", "090-1234-5678"),
        ("+8613800138000", "+861069445464", "138 0013 8000"),
        ("+5511912345678", "+551133334444", "(11) 91234-5678"),
        ("+5491123456789", "+14155550100", "+54 9 11 2345-6789"),
        ("+390612345678", "+390612345679", "06 1234 5678"),
        ("+881612345678", "+14155550100", "+881 6 123 45678"),
    ];
    for (number, home, shown) in cases {
        assert_eq!(written(number, Some(home)), shown, "{number} at {home}");
    }
    assert_eq!(written("+15551234567", None), "+1 555-123-4567");
}

#[test]
fn a_number_that_no_country_has_stays_as_it_is() {
    // Too short, too long, of no country, and with a digit that a network would drop.
    for number in ["+1234567", "+1415555010012", "+4144668180", "+999123456789", "+440207946001"] {
        assert_eq!(written(number, Some("+14155550100")), number);
    }
}

#[test]
fn a_time_is_written_in_its_readers_order_and_words() {
    let at = "2026-11-20T15:01:00Z".parse().unwrap();
    let (california, berlin) = (phone("+14155550100"), phone("+4930901820"));
    let cases = [
        (Language::English, "America/New_York", &california, "Nov 20, 2026, 10:01 AM EST"),
        (Language::English, "Europe/London", &berlin, "20 Nov 2026, 15:01 GMT"),
        (Language::English, "America/Sao_Paulo", &berlin, "20 Nov 2026, 12:01 UTC-3"),
        (Language::Chinese, "Asia/Shanghai", &berlin, "2026年11月20日 23:01 UTC+8"),
        (Language::Spanish, "Europe/Madrid", &berlin, "20 nov 2026, 16:01 CET"),
        (Language::Spanish, "America/Bogota", &berlin, "20 nov 2026, 10:01 UTC-5"),
        (Language::French, "Europe/Paris", &berlin, "20 nov. 2026, 16:01 CET"),
        (Language::German, "Europe/Berlin", &berlin, "20.11.2026, 16:01 MEZ"),
        (Language::German, "America/New_York", &california, "20.11.2026, 10:01 UTC-5"),
        (Language::German, "Europe/Lisbon", &berlin, "20.11.2026, 15:01 UTC+0"),
        (Language::Japanese, "Asia/Tokyo", &berlin, "2026年11月21日 0:01 JST"),
        (Language::BrazilianPortuguese, "America/Sao_Paulo", &berlin, "20/11/2026, 12:01 UTC-3"),
    ];
    for (language, zone, home, shown) in cases {
        let time_zone = TimeZone::get(zone).unwrap();
        let locale = Locale { language, time_zone: &time_zone, home: Some(home) };
        assert_eq!(locale.time(at), shown, "{language} {zone}");
        assert!(shown.starts_with(&locale.date(at)), "{language} {zone}");
    }
}

#[test]
fn summer_and_midday_are_told_apart() {
    let at = "2026-07-01T16:30:00Z".parse().unwrap();
    for (language, zone, shown) in [
        (Language::English, "America/New_York", "Jul 1, 2026, 12:30 PM EDT"),
        (Language::German, "Europe/Berlin", "01.07.2026, 18:30 MESZ"),
        (Language::French, "Europe/Paris", "1 juil. 2026, 18:30 CEST"),
        (Language::Spanish, "Asia/Kathmandu", "1 jul 2026, 22:15 UTC+5:45"),
    ] {
        let time_zone = TimeZone::get(zone).unwrap();
        let home = phone("+14155550100");
        let locale = Locale { language, time_zone: &time_zone, home: Some(&home) };
        assert_eq!(locale.time(at), shown);
    }
}

#[test]
fn a_recording_is_saved_under_its_time_on_the_owners_clock() {
    let voicemail = domain::fixtures::archived();
    let named = |zone: &str| file_name(&voicemail, &TimeZone::get(zone).unwrap());
    assert_eq!(named("America/New_York"), "voicemail-2026-11-21-090520.wav");
    assert_eq!(named("Asia/Tokyo"), "voicemail-2026-11-21-230520.wav");
}

#[test]
fn a_month_is_named_as_french_and_spanish_name_it() {
    let home = phone("+4930901820");
    let months = |language| {
        let locale = Locale { language, time_zone: &TimeZone::UTC, home: Some(&home) };
        let dates: Vec<String> = (1..=12)
            .map(|month| {
                let at = date(2027, month, 3).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
                locale.date(at.timestamp())
            })
            .collect();
        dates.join(", ").replace("3 ", "").replace(" 2027", "")
    };
    assert_eq!(
        months(Language::French),
        "janv., févr., mars, avr., mai, juin, juil., août, sept., oct., nov., déc."
    );
    assert_eq!(months(Language::Spanish), "ene, feb, mar, abr, may, jun, jul, ago, sept, oct, nov, dic");
}

/// How wide a text is in Helvetica and the like, in em. Source: its AFM file, rounded up in groups.
fn width(text: &str) -> f64 {
    let each = text.chars().map(|c| match c {
        ' ' | '.' | ',' | ':' | '/' | 'i' | 'j' | 'l' | 't' | 'f' | 'I' => 0.28,
        '(' | ')' | '-' | 'r' => 0.34,
        'm' | 'w' | 'M' | 'W' => 0.95,
        '+' => 0.59,
        'a'..='z' | '0'..='9' | '\u{df}'..='\u{ff}' => 0.56,
        'A'..='Z' | '\u{c0}'..='\u{de}' => 0.73,
        _ => 1.0,
    });
    each.sum()
}

#[test]
fn what_is_known_of_a_call_fits_on_one_line_each_at_360_px() {
    // The margins of the page and of the card on it, and what is between a label and its value.
    let margins = 2.0 * (8.0 + 16.0);
    let (mail, page) = ((360.0 - margins - 12.0, 16.0), (360.0 - margins - 8.0, 17.0));
    let numbers = ["+14155550100", "+4915112345678", "+5491123456789", "+8613800138000", "+5511912345678"];
    let zones =
        ["America/New_York", "Europe/Berlin", "Asia/Shanghai", "America/Sao_Paulo", "Australia/Sydney"];
    for language in Language::ALL {
        let texts = Texts::of(language);
        let labels = [texts.caller, texts.number, texts.time, texts.length].map(width);
        let labels = labels.into_iter().fold(0.0, f64::max);
        for (home, zone) in numbers.into_iter().zip(zones) {
            let (home, time_zone) = (phone(home), TimeZone::get(zone).unwrap());
            let locale = Locale { language, time_zone: &time_zone, home: Some(&home) };
            let times = (1..=12).map(|month| {
                let at = date(2026, month, 28).at(22, 48, 0, 0).to_zoned(time_zone.clone());
                locale.time(at.unwrap().timestamp())
            });
            for value in times.chain(numbers.map(|number| locale.number(&phone(number)))) {
                for (room, letter) in [mail, page] {
                    let takes = (labels + width(&value)) * letter;
                    assert!(takes <= room, "{language}: {value} takes {takes} of {room} px");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_digit_of_a_number_is_lost_or_made_up(number in "\\+[1-9][0-9]{6,14}", home in "\\+[1-9][0-9]{6,14}") {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        prop_assert_eq!(digits(&written(&number, None)), digits(&number));
        let shown = written(&number, Some(&home));
        if shown.starts_with('+') {
            prop_assert_eq!(digits(&shown), digits(&number));
        }
    }
}
