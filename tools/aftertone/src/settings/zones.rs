//! Where the owner of a number most likely lives.

use jiff::tz::TimeZone;
use phone::PhoneNumber;

use crate::reading::country_of;

/// The time zone of a number's area, where all of it has the same.
pub(crate) fn guess(number: &PhoneNumber) -> Option<TimeZone> {
    let zone = match number.reveal().strip_prefix("+1") {
        Some(digits) => {
            let area = digits.get(..3)?;
            AREAS.iter().find(|(_, areas)| areas.split_whitespace().any(|known| known == area))
        }
        None => None,
    };
    let zone = zone.map(|(zone, _)| *zone).or_else(|| {
        let country = country_of(number)?;
        COUNTRIES.iter().find(|(known, _)| *known == country).map(|(_, zone)| *zone)
    })?;
    TimeZone::get(zone).ok()
}

/// The area codes of North America that lie in one time zone, as libphonenumber's map of time zones
/// has them (`resources/timezones/map_data.txt`, 2026). Those that lie in two are left out.
const AREAS: &[(&str, &str)] = &[
    ("America/Anguilla", "264"),
    ("America/Antigua", "268"),
    ("America/Barbados", "246"),
    ("America/Cayman", "345"),
    (
        "America/Chicago",
        "205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 320 \
         325 327 331 334 337 346 353 361 402 405 409 414 417 430 432 447 464 469 479 501 504 507 \
         512 515 531 534 539 557 563 572 573 580 601 608 612 615 618 629 630 636 641 651 659 660 \
         662 682 689 708 712 713 715 726 730 731 737 763 769 773 779 806 815 816 817 830 832 847 \
         870 872 901 903 913 918 920 931 936 938 940 945 952 956 972 975 979 985",
    ),
    ("America/Denver", "303 307 385 406 435 505 575 719 720 748 801 915 970 983"),
    ("America/Dominica", "767"),
    ("America/Edmonton", "368 403 587 780 825"),
    ("America/Grand_Turk", "649"),
    ("America/Grenada", "473"),
    ("America/Halifax", "428 506 782 902"),
    ("America/Jamaica", "658 876"),
    (
        "America/Los_Angeles",
        "206 209 213 253 279 310 323 341 350 360 369 408 415 424 425 442 458 503 509 510 530 559 \
         562 564 619 626 628 650 657 661 669 702 707 714 725 738 747 760 805 818 820 831 840 858 \
         909 916 925 949 951 971",
    ),
    ("America/Lower_Princes", "721"),
    ("America/Montserrat", "664"),
    ("America/Nassau", "242"),
    (
        "America/New_York",
        "201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 267 269 272 276 \
         283 301 302 304 305 313 315 317 321 324 326 329 330 332 336 339 347 351 352 363 364 380 \
         386 401 404 407 410 412 413 419 434 440 443 445 448 463 470 472 475 478 484 502 508 513 \
         516 517 518 540 551 561 567 570 571 582 585 586 603 607 609 610 614 616 617 631 640 645 \
         646 656 667 678 680 681 686 703 704 706 716 717 718 724 727 728 732 734 740 743 754 757 \
         762 765 770 771 772 774 781 786 802 803 804 810 813 814 821 826 828 835 838 839 843 845 \
         848 854 856 857 859 860 862 863 864 865 878 904 908 910 912 914 917 919 929 930 934 937 \
         941 943 947 948 954 959 973 978 980 984 989",
    ),
    ("America/Phoenix", "480 520 602 623"),
    ("America/Port_of_Spain", "868"),
    ("America/Puerto_Rico", "787 939"),
    ("America/Regina", "306 639"),
    ("America/Santo_Domingo", "809 829 849"),
    ("America/St_Kitts", "869"),
    ("America/St_Lucia", "758"),
    ("America/St_Thomas", "340"),
    ("America/St_Vincent", "784"),
    (
        "America/Toronto",
        "226 249 263 289 343 354 365 367 382 416 437 438 450 468 514 519 548 579 581 613 647 683 \
         705 742 753 819 873 905 942",
    ),
    ("America/Tortola", "284"),
    ("America/Vancouver", "236 257 604 672 778"),
    ("America/Winnipeg", "204 431 474 584"),
    ("Atlantic/Bermuda", "441"),
    ("Pacific/Guam", "671"),
    ("Pacific/Honolulu", "808"),
    ("Pacific/Pago_Pago", "684"),
    ("Pacific/Saipan", "670"),
];

/// The countries with one time zone, as the tz database has them (zone.tab, 2025b), and China and
/// Germany, where nearly everybody has the same. North America stands above.
const COUNTRIES: &[(&str, &str)] = &[
    ("AD", "Europe/Andorra"),
    ("AE", "Asia/Dubai"),
    ("AF", "Asia/Kabul"),
    ("AL", "Europe/Tirane"),
    ("AM", "Asia/Yerevan"),
    ("AO", "Africa/Luanda"),
    ("AT", "Europe/Vienna"),
    ("AW", "America/Aruba"),
    ("AX", "Europe/Mariehamn"),
    ("AZ", "Asia/Baku"),
    ("BA", "Europe/Sarajevo"),
    ("BD", "Asia/Dhaka"),
    ("BE", "Europe/Brussels"),
    ("BF", "Africa/Ouagadougou"),
    ("BG", "Europe/Sofia"),
    ("BH", "Asia/Bahrain"),
    ("BI", "Africa/Bujumbura"),
    ("BJ", "Africa/Porto-Novo"),
    ("BL", "America/St_Barthelemy"),
    ("BN", "Asia/Brunei"),
    ("BO", "America/La_Paz"),
    ("BQ", "America/Kralendijk"),
    ("BT", "Asia/Thimphu"),
    ("BW", "Africa/Gaborone"),
    ("BY", "Europe/Minsk"),
    ("BZ", "America/Belize"),
    ("CC", "Indian/Cocos"),
    ("CF", "Africa/Bangui"),
    ("CG", "Africa/Brazzaville"),
    ("CH", "Europe/Zurich"),
    ("CI", "Africa/Abidjan"),
    ("CK", "Pacific/Rarotonga"),
    ("CM", "Africa/Douala"),
    ("CN", "Asia/Shanghai"),
    ("CO", "America/Bogota"),
    ("CR", "America/Costa_Rica"),
    ("CU", "America/Havana"),
    ("CV", "Atlantic/Cape_Verde"),
    ("CW", "America/Curacao"),
    ("CX", "Indian/Christmas"),
    ("CZ", "Europe/Prague"),
    ("DE", "Europe/Berlin"),
    ("DJ", "Africa/Djibouti"),
    ("DK", "Europe/Copenhagen"),
    ("DZ", "Africa/Algiers"),
    ("EE", "Europe/Tallinn"),
    ("EG", "Africa/Cairo"),
    ("EH", "Africa/El_Aaiun"),
    ("ER", "Africa/Asmara"),
    ("ET", "Africa/Addis_Ababa"),
    ("FI", "Europe/Helsinki"),
    ("FJ", "Pacific/Fiji"),
    ("FK", "Atlantic/Stanley"),
    ("FO", "Atlantic/Faroe"),
    ("FR", "Europe/Paris"),
    ("GA", "Africa/Libreville"),
    ("GB", "Europe/London"),
    ("GE", "Asia/Tbilisi"),
    ("GF", "America/Cayenne"),
    ("GG", "Europe/Guernsey"),
    ("GH", "Africa/Accra"),
    ("GI", "Europe/Gibraltar"),
    ("GM", "Africa/Banjul"),
    ("GN", "Africa/Conakry"),
    ("GP", "America/Guadeloupe"),
    ("GQ", "Africa/Malabo"),
    ("GR", "Europe/Athens"),
    ("GS", "Atlantic/South_Georgia"),
    ("GT", "America/Guatemala"),
    ("GW", "Africa/Bissau"),
    ("GY", "America/Guyana"),
    ("HK", "Asia/Hong_Kong"),
    ("HN", "America/Tegucigalpa"),
    ("HR", "Europe/Zagreb"),
    ("HT", "America/Port-au-Prince"),
    ("HU", "Europe/Budapest"),
    ("IE", "Europe/Dublin"),
    ("IL", "Asia/Jerusalem"),
    ("IM", "Europe/Isle_of_Man"),
    ("IN", "Asia/Kolkata"),
    ("IO", "Indian/Chagos"),
    ("IQ", "Asia/Baghdad"),
    ("IR", "Asia/Tehran"),
    ("IS", "Atlantic/Reykjavik"),
    ("IT", "Europe/Rome"),
    ("JE", "Europe/Jersey"),
    ("JO", "Asia/Amman"),
    ("JP", "Asia/Tokyo"),
    ("KE", "Africa/Nairobi"),
    ("KG", "Asia/Bishkek"),
    ("KH", "Asia/Phnom_Penh"),
    ("KM", "Indian/Comoro"),
    ("KP", "Asia/Pyongyang"),
    ("KR", "Asia/Seoul"),
    ("KW", "Asia/Kuwait"),
    ("LA", "Asia/Vientiane"),
    ("LB", "Asia/Beirut"),
    ("LI", "Europe/Vaduz"),
    ("LK", "Asia/Colombo"),
    ("LR", "Africa/Monrovia"),
    ("LS", "Africa/Maseru"),
    ("LT", "Europe/Vilnius"),
    ("LU", "Europe/Luxembourg"),
    ("LV", "Europe/Riga"),
    ("LY", "Africa/Tripoli"),
    ("MA", "Africa/Casablanca"),
    ("MC", "Europe/Monaco"),
    ("MD", "Europe/Chisinau"),
    ("ME", "Europe/Podgorica"),
    ("MF", "America/Marigot"),
    ("MG", "Indian/Antananarivo"),
    ("MK", "Europe/Skopje"),
    ("ML", "Africa/Bamako"),
    ("MM", "Asia/Yangon"),
    ("MO", "Asia/Macau"),
    ("MQ", "America/Martinique"),
    ("MR", "Africa/Nouakchott"),
    ("MT", "Europe/Malta"),
    ("MU", "Indian/Mauritius"),
    ("MV", "Indian/Maldives"),
    ("MW", "Africa/Blantyre"),
    ("MZ", "Africa/Maputo"),
    ("NA", "Africa/Windhoek"),
    ("NC", "Pacific/Noumea"),
    ("NE", "Africa/Niamey"),
    ("NF", "Pacific/Norfolk"),
    ("NG", "Africa/Lagos"),
    ("NI", "America/Managua"),
    ("NL", "Europe/Amsterdam"),
    ("NO", "Europe/Oslo"),
    ("NP", "Asia/Kathmandu"),
    ("NR", "Pacific/Nauru"),
    ("NU", "Pacific/Niue"),
    ("OM", "Asia/Muscat"),
    ("PA", "America/Panama"),
    ("PE", "America/Lima"),
    ("PH", "Asia/Manila"),
    ("PK", "Asia/Karachi"),
    ("PL", "Europe/Warsaw"),
    ("PM", "America/Miquelon"),
    ("PN", "Pacific/Pitcairn"),
    ("PW", "Pacific/Palau"),
    ("PY", "America/Asuncion"),
    ("QA", "Asia/Qatar"),
    ("RE", "Indian/Reunion"),
    ("RO", "Europe/Bucharest"),
    ("RS", "Europe/Belgrade"),
    ("RW", "Africa/Kigali"),
    ("SA", "Asia/Riyadh"),
    ("SB", "Pacific/Guadalcanal"),
    ("SC", "Indian/Mahe"),
    ("SD", "Africa/Khartoum"),
    ("SE", "Europe/Stockholm"),
    ("SG", "Asia/Singapore"),
    ("SH", "Atlantic/St_Helena"),
    ("SI", "Europe/Ljubljana"),
    ("SJ", "Arctic/Longyearbyen"),
    ("SK", "Europe/Bratislava"),
    ("SL", "Africa/Freetown"),
    ("SM", "Europe/San_Marino"),
    ("SN", "Africa/Dakar"),
    ("SO", "Africa/Mogadishu"),
    ("SR", "America/Paramaribo"),
    ("SS", "Africa/Juba"),
    ("ST", "Africa/Sao_Tome"),
    ("SV", "America/El_Salvador"),
    ("SY", "Asia/Damascus"),
    ("SZ", "Africa/Mbabane"),
    ("TD", "Africa/Ndjamena"),
    ("TF", "Indian/Kerguelen"),
    ("TG", "Africa/Lome"),
    ("TH", "Asia/Bangkok"),
    ("TJ", "Asia/Dushanbe"),
    ("TK", "Pacific/Fakaofo"),
    ("TL", "Asia/Dili"),
    ("TM", "Asia/Ashgabat"),
    ("TN", "Africa/Tunis"),
    ("TO", "Pacific/Tongatapu"),
    ("TR", "Europe/Istanbul"),
    ("TV", "Pacific/Funafuti"),
    ("TW", "Asia/Taipei"),
    ("TZ", "Africa/Dar_es_Salaam"),
    ("UG", "Africa/Kampala"),
    ("UY", "America/Montevideo"),
    ("VA", "Europe/Vatican"),
    ("VE", "America/Caracas"),
    ("VN", "Asia/Ho_Chi_Minh"),
    ("VU", "Pacific/Efate"),
    ("WF", "Pacific/Wallis"),
    ("WS", "Pacific/Apia"),
    ("YE", "Asia/Aden"),
    ("YT", "Indian/Mayotte"),
    ("ZA", "Africa/Johannesburg"),
    ("ZM", "Africa/Lusaka"),
    ("ZW", "Africa/Harare"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(number: &str) -> Option<String> {
        let zone = guess(&PhoneNumber::parse(number).unwrap())?;
        zone.iana_name().map(str::to_owned)
    }

    #[test]
    fn a_number_is_in_the_zone_of_its_area_or_country() {
        let cases = [
            ("+14155550101", "America/Los_Angeles"),
            ("+12125550142", "America/New_York"),
            ("+13125550142", "America/Chicago"),
            ("+16025550142", "America/Phoenix"),
            ("+18085550142", "Pacific/Honolulu"),
            ("+16045550142", "America/Vancouver"),
            ("+18765550142", "America/Jamaica"),
            ("+4930901820", "Europe/Berlin"),
            ("+442079460018", "Europe/London"),
            ("+33142685300", "Europe/Paris"),
            ("+8613800138000", "Asia/Shanghai"),
            ("+81312345678", "Asia/Tokyo"),
        ];
        for (number, zone) in cases {
            assert_eq!(guessed(number).as_deref(), Some(zone), "{number}");
        }
    }

    #[test]
    fn an_area_with_two_zones_is_not_guessed_about() {
        // Florida's west, North Dakota, a free number, Russia, Australia, Brazil, a satellite.
        for number in
            ["+18505550142", "+17015550142", "+18005550142", "+79031234567", "+61291234567", "+881612345678"]
        {
            assert_eq!(guessed(number), None, "{number}");
        }
    }

    #[test]
    fn every_zone_is_known_and_no_area_is_in_two() {
        let mut seen = std::collections::BTreeSet::new();
        for (zone, areas) in AREAS {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
            for area in areas.split_whitespace() {
                assert!(area.len() == 3 && seen.insert(area), "{area}");
            }
        }
        for (country, zone) in COUNTRIES {
            assert!(TimeZone::get(zone).is_ok() && country.len() == 2, "{country} {zone}");
        }
    }
}
