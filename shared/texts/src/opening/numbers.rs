//! Numbers to 59 in words, as clocks have them.

use domain::Language;

/// A number in words; as digits where its language is read from digits, or from 60 on.
pub(super) fn words(language: Language, number: i8) -> String {
    let Ok(number) = usize::try_from(number) else { return number.to_string() };
    let (tens, ones) = (number / 10, number % 10);
    let ten = |names: [&'static str; 6]| names.get(tens).copied().unwrap_or_default();
    let joined = |below: &[&str], names: [&'static str; 6], join: &str| match below.get(number) {
        Some(word) => (*word).to_owned(),
        None if ones == 0 => ten(names).to_owned(),
        None => format!("{}{join}{}", ten(names), below[ones]),
    };
    match language {
        _ if number > 59 => number.to_string(),
        Language::English => joined(&ENGLISH, ["", "", "twenty", "thirty", "forty", "fifty"], "-"),
        Language::Spanish => joined(&SPANISH, ["", "", "", "treinta", "cuarenta", "cincuenta"], " y "),
        Language::BrazilianPortuguese => {
            joined(&PORTUGUESE, ["", "", "vinte", "trinta", "quarenta", "cinquenta"], " e ")
        }
        Language::French => {
            let join = if ones == 1 { " et " } else { "-" };
            joined(&FRENCH, ["", "", "vingt", "trente", "quarante", "cinquante"], join)
        }
        Language::German => {
            let tens = ten(["", "", "zwanzig", "dreißig", "vierzig", "fünfzig"]);
            match (GERMAN.get(number), ones) {
                (Some(word), _) => (*word).to_owned(),
                (None, 0) => tens.to_owned(),
                (None, 1) => format!("einund{tens}"),
                (None, _) => format!("{}und{tens}", GERMAN[ones]),
            }
        }
        Language::Chinese => {
            let digit = |digit: usize| CHINESE.get(digit).copied().unwrap_or_default();
            match (tens, ones) {
                (0, ones) => digit(ones).to_owned(),
                (tens, ones) => {
                    let many = if tens == 1 { "" } else { digit(tens) };
                    format!("{many}十{}", if ones == 0 { "" } else { digit(ones) })
                }
            }
        }
        Language::Japanese => number.to_string(),
    }
}

const ENGLISH: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const SPANISH: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];

/// One and two as of minutes.
const PORTUGUESE: [&str; 20] = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "catorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
];

/// One as of hours and minutes.
const FRENCH: [&str; 20] = [
    "zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];

const GERMAN: [&str; 20] = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];

const CHINESE: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
