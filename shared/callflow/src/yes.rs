//! Whether somebody said yes.

use domain::Language;
use live::MOST_WORDS;

/// Whether what the recogniser wrote means yes.
pub(crate) fn is_yes(said: &str, language: Language) -> bool {
    let said = said.to_lowercase();
    let is_mark = |c: char| c.is_ascii_punctuation() || "、。，！".contains(c);
    let words = said
        .split(char::is_whitespace)
        .flat_map(|word| word.split("、"))
        .map(|word| word.trim_matches(is_mark));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.len() <= MOST_WORDS && words.iter().any(|word| texts::yes(language).contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_a_word_of_a_short_answer() {
        for said in ["yes", "Yes.", "yes please", "oh yeah, sure"] {
            assert!(is_yes(said, Language::English), "{said}");
        }
        for said in ["", "no", "yesterday", "hi you have reached kim yes i am out", "ja"] {
            assert!(!is_yes(said, Language::English), "{said}");
        }
        assert!(is_yes("はい。", Language::Japanese));
        assert!(is_yes("D'accord !", Language::French));
        assert!(is_yes("好的。", Language::Chinese));
        assert!(is_yes("Ja, gern", Language::German));
    }
}
