//! Into which partition of an index a row goes.

/// One of these, by the last digit of what the row is called, which is random: always the same.
pub(crate) fn of<const N: usize>(name: &str, shards: [&'static str; N]) -> &'static str {
    let last = name.chars().last().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    shards[last as usize % N]
}
