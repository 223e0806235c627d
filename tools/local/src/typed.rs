//! What is typed while the system runs: a line is a call.

use clap::ValueEnum;
use phone::PhoneNumber;

use crate::arguments::Callee;

/// A call that somebody wants: `[NUMBER] [busy|answers|...]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The masked number that is called; none stands for the first one.
    pub(crate) number: Option<PhoneNumber>,
    /// What the owner's telephone does.
    pub(crate) callee: Callee,
}

/// Reads a line, or tells what it should be.
pub(crate) fn read(line: &str) -> Result<Wish, String> {
    let (mut number, mut callee) = (None, None);
    for word in line.split_whitespace() {
        if word.starts_with(|c: char| c == '+' || c.is_ascii_digit()) {
            let read = PhoneNumber::parse(word).map_err(|error| format!("{word} is {error}"))?;
            if number.replace(read).is_some() {
                return Err("one number at a time".to_owned());
            }
        } else {
            let read = Callee::from_str(word, true).map_err(|_| not_known(word))?;
            if callee.replace(read).is_some() {
                return Err("the telephone can do one thing only".to_owned());
            }
        }
    }
    Ok(Wish { number, callee: callee.unwrap_or(Callee::NoAnswer) })
}

fn not_known(word: &str) -> String {
    format!("{word:?} is neither a number like +14155550100 nor what a telephone does: {}", deeds())
}

/// All that a telephone can do.
pub(crate) fn deeds() -> String {
    let names = Callee::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    names.map(|name| name.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_line_is_a_number_and_a_deed_in_any_order() {
        let wish = |number: Option<&str>, callee| {
            Ok(Wish { number: number.map(|number| PhoneNumber::parse(number).unwrap()), callee })
        };
        assert_eq!(read(""), wish(None, Callee::NoAnswer));
        assert_eq!(read(" busy "), wish(None, Callee::Busy));
        assert_eq!(read("+14155550101"), wish(Some("+14155550101"), Callee::NoAnswer));
        assert_eq!(read("Answers +14155550101"), wish(Some("+14155550101"), Callee::Answers));
        for wrong in ["hello", "busy answers", "+14155550101 +14155550102", "4155550101", "+1"] {
            let told = read(wrong).unwrap_err();
            assert!(!told.is_empty(), "{wrong}");
        }
        assert!(read("hello").unwrap_err().ends_with("no-answer, answers, busy, unreachable, declines"));
    }
}
