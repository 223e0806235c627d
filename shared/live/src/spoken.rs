//! What somebody said, as far as it matters.

/// Words without what recognisers add to them.
pub(crate) fn plain(text: &str) -> String {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// How many words plain text has.
pub(crate) fn count(plain: &str) -> usize {
    plain.split(' ').filter(|word| !word.is_empty()).count()
}
