use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

/// In the order of [`Language::ALL`]: English, Chinese, Spanish, French, German, Japanese, Portuguese.
type Said = [&'static str; 7];

/// It is Sunday, November 29, 2026, at 16:00.
const NOW: &str = "2026-11-29T16:00";

const OPENINGS: [(&str, Said); 20] = [
    (
        "2026-11-29T17:00",
        [
            "today at five p.m.",
            "今天下午五点",
            "hoy a las cinco de la tarde",
            "aujourd'hui à dix-sept heures",
            "heute um siebzehn Uhr",
            "本日の午後5時",
            "hoje às cinco da tarde",
        ],
    ),
    (
        "2026-11-29T20:30",
        [
            "today at eight thirty p.m.",
            "今天晚上八点半",
            "hoy a las ocho y media de la noche",
            "aujourd'hui à vingt heures trente",
            "heute um zwanzig Uhr dreißig",
            "本日の午後8時30分",
            "hoje às oito e meia da noite",
        ],
    ),
    (
        "2026-11-29T21:05",
        [
            "today at nine oh five p.m.",
            "今天晚上九点零五分",
            "hoy a las nueve y cinco de la noche",
            "aujourd'hui à vingt et une heures cinq",
            "heute um einundzwanzig Uhr fünf",
            "本日の午後9時5分",
            "hoje às nove e cinco da noite",
        ],
    ),
    (
        "2026-11-30T00:00",
        [
            "tonight at midnight",
            "明天凌晨零点",
            "esta noche a las doce",
            "cette nuit à minuit",
            "heute um Mitternacht",
            "明日の午前0時",
            "hoje à meia-noite",
        ],
    ),
    (
        "2026-11-30T00:30",
        [
            "tomorrow at twelve thirty a.m.",
            "明天凌晨零点半",
            "mañana a las doce y media de la noche",
            "demain à zéro heure trente",
            "morgen um null Uhr dreißig",
            "明日の午前0時30分",
            "amanhã à zero hora e trinta",
        ],
    ),
    (
        "2026-11-30T02:00",
        [
            "tomorrow at two a.m.",
            "明天凌晨两点",
            "mañana a las dos de la madrugada",
            "demain à deux heures",
            "morgen um zwei Uhr",
            "明日の午前2時",
            "amanhã às duas da madrugada",
        ],
    ),
    (
        "2026-11-30T06:00",
        [
            "tomorrow at six a.m.",
            "明天早上六点",
            "mañana a las seis de la mañana",
            "demain à six heures",
            "morgen um sechs Uhr",
            "明日の午前6時",
            "amanhã às seis da manhã",
        ],
    ),
    (
        "2026-11-30T09:00",
        [
            "tomorrow at nine",
            "明天上午九点",
            "mañana a las nueve",
            "demain à neuf heures",
            "morgen um neun Uhr",
            "明日の午前9時",
            "amanhã às nove",
        ],
    ),
    (
        "2026-11-30T12:00",
        [
            "tomorrow at noon",
            "明天中午十二点",
            "mañana a las doce del mediodía",
            "demain à midi",
            "morgen um zwölf Uhr",
            "明日の正午",
            "amanhã ao meio-dia",
        ],
    ),
    (
        "2026-11-30T12:30",
        [
            "tomorrow at twelve thirty p.m.",
            "明天中午十二点半",
            "mañana a las doce y media del mediodía",
            "demain à midi trente",
            "morgen um zwölf Uhr dreißig",
            "明日の午後0時30分",
            "amanhã ao meio-dia e meia",
        ],
    ),
    (
        "2026-11-30T13:00",
        [
            "tomorrow at one p.m.",
            "明天下午一点",
            "mañana a la una de la tarde",
            "demain à treize heures",
            "morgen um dreizehn Uhr",
            "明日の午後1時",
            "amanhã à uma da tarde",
        ],
    ),
    // The sixth day is told by its name, and the seventh would be another Sunday.
    (
        "2026-12-01T09:30",
        [
            "on Tuesday at nine thirty",
            "下周二上午九点半",
            "el martes a las nueve y media",
            "mardi à neuf heures trente",
            "am Dienstag um neun Uhr dreißig",
            "火曜日の午前9時30分",
            "na terça-feira às nove e meia",
        ],
    ),
    (
        "2026-12-03T08:15",
        [
            "on Thursday at eight fifteen",
            "下周四早上八点十五分",
            "el jueves a las ocho y cuarto",
            "jeudi à huit heures quinze",
            "am Donnerstag um acht Uhr fünfzehn",
            "木曜日の午前8時15分",
            "na quinta-feira às oito e quinze",
        ],
    ),
    (
        "2026-12-05T10:45",
        [
            "on Saturday at ten forty-five",
            "下周六上午十点四十五分",
            "el sábado a las diez y cuarenta y cinco",
            "samedi à dix heures quarante-cinq",
            "am Samstag um zehn Uhr fünfundvierzig",
            "土曜日の午前10時45分",
            "no sábado às dez e quarenta e cinco",
        ],
    ),
    (
        "2026-12-06T09:00",
        [
            "on December 6 at nine",
            "12月6日上午九点",
            "el 6 de diciembre a las nueve",
            "le 6 décembre à neuf heures",
            "am 6. Dezember um neun Uhr",
            "12月6日の午前9時",
            "no dia 6 de dezembro às nove",
        ],
    ),
    (
        "2026-12-28T09:00",
        [
            "on December 28 at nine",
            "12月28日上午九点",
            "el 28 de diciembre a las nueve",
            "le 28 décembre à neuf heures",
            "am 28. Dezember um neun Uhr",
            "12月28日の午前9時",
            "no dia 28 de dezembro às nove",
        ],
    ),
    (
        "2027-02-01T14:20",
        [
            "on February 1 at two twenty p.m.",
            "2月1日下午两点二十分",
            "el 1 de febrero a las dos y veinte de la tarde",
            "le premier février à quatorze heures vingt",
            "am 1. Februar um vierzehn Uhr zwanzig",
            "2月1日の午後2時20分",
            "no dia primeiro de fevereiro às duas e vinte da tarde",
        ],
    ),
    (
        "2027-03-03T00:00",
        [
            "on March 3 at twelve a.m.",
            "3月3日凌晨零点",
            "el 3 de marzo a las cero horas",
            "le 3 mars à zéro heure",
            "am 3. März um null Uhr",
            "3月3日の午前0時",
            "no dia 3 de março à zero hora",
        ],
    ),
    (
        "2027-12-01T09:00",
        [
            "on December 1, 2027, at nine",
            "2027年12月1日上午九点",
            "el 1 de diciembre de 2027 a las nueve",
            "le premier décembre 2027 à neuf heures",
            "am 1. Dezember 2027 um neun Uhr",
            "2027年12月1日の午前9時",
            "no dia primeiro de dezembro de 2027 às nove",
        ],
    ),
    (
        "2027-12-28T23:31",
        [
            "on December 28, 2027, at eleven thirty-one p.m.",
            "2027年12月28日晚上十一点三十一分",
            "el 28 de diciembre de 2027 a las once y treinta y uno de la noche",
            "le 28 décembre 2027 à vingt-trois heures trente et une",
            "am 28. Dezember 2027 um dreiundzwanzig Uhr einunddreißig",
            "2027年12月28日の午後11時31分",
            "no dia 28 de dezembro de 2027 às onze e trinta e um da noite",
        ],
    ),
];

fn in_berlin(at: &str) -> Zoned {
    let at: DateTime = at.parse().unwrap();
    at.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap()
}

#[test]
fn an_opening_is_said_as_people_say_it() {
    for (opens, said) in OPENINGS {
        for (language, said) in Language::ALL.into_iter().zip(said) {
            assert_eq!(opening(language, &in_berlin(NOW), &in_berlin(opens)), said, "{language} {opens}");
        }
    }
}

#[test]
fn a_caller_hears_a_whole_sentence_of_when_it_opens() {
    let said = Language::ALL.map(|it| we_open(it, &in_berlin(NOW), &in_berlin("2026-11-30T09:00")));
    assert_eq!(
        said,
        [
            "We open tomorrow at nine.",
            "我们将于明天上午九点开始营业。",
            "Abrimos mañana a las nueve.",
            "Nous ouvrons demain à neuf heures.",
            "Wir öffnen morgen um neun Uhr.",
            "営業開始は、明日の午前9時です。",
            "Abrimos amanhã às nove.",
        ]
    );
}

#[test]
fn a_day_is_the_one_where_it_opens() {
    let now = in_berlin("2026-11-29T02:00").with_time_zone(TimeZone::get("Asia/Tokyo").unwrap());
    assert_eq!(opening(Language::English, &now, &in_berlin("2026-11-29T09:00")), "today at nine");
    let opens = in_berlin("2026-11-29T09:00").with_time_zone(TimeZone::get("Pacific/Auckland").unwrap());
    assert_eq!(opening(Language::English, &now, &opens), "today at nine p.m.");
}

#[test]
fn a_chinese_week_begins_on_monday() {
    let said = |now, opens| opening(Language::Chinese, &in_berlin(now), &in_berlin(opens));
    assert_eq!(said("2026-12-01T16:00", "2026-12-04T09:00"), "本周五上午九点");
    assert_eq!(said("2026-12-04T16:00", "2026-12-07T09:00"), "下周一上午九点");
}

#[test]
fn every_minute_of_a_day_is_said_differently() {
    let said_at = |language, minute: i8, hour: i8| clock::said(language, Time::constant(hour, minute, 0, 0));
    for language in Language::ALL {
        let hours = 0_i8..24;
        let said: BTreeSet<String> =
            hours.flat_map(|hour| (0_i8..60).map(move |minute| said_at(language, minute, hour))).collect();
        assert_eq!(said.len(), 24 * 60, "{language}");
    }
}

proptest! {
    #[test]
    fn any_two_times_are_said(now in -377_705_000_000_i64..253_402_000_000, opens in -377_705_000_000_i64..253_402_000_000) {
        let at = |second| jiff::Timestamp::from_second(second).map(|at| at.to_zoned(TimeZone::UTC));
        if let (Ok(now), Ok(opens)) = (at(now), at(opens)) {
            for language in Language::ALL {
                prop_assert!(!opening(language, &now, &opens).is_empty());
            }
        }
    }
}
