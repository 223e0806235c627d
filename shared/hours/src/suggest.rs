//! What somebody may have meant.

/// The choice that is most like the text: it or the text begins with the other, or at most two letters differ.
pub(crate) fn nearest<'a>(text: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means a word by a page.
    const LONGEST: usize = 60;
    let text = text.to_lowercase();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let choices = choices.into_iter().filter_map(|choice| {
        let lower = choice.to_lowercase();
        let begins = text.len() > 1 && (text.starts_with(&lower) || lower.starts_with(&text));
        let differing = if begins { 0 } else { distance(&text, &lower) };
        // Of three letters two may not be others.
        let is_near = begins || (differing <= 2 && differing * 2 <= lower.chars().count());
        is_near.then_some((differing, choice))
    });
    choices.min_by_key(|(differing, _)| *differing).map(|(_, choice)| choice)
}

/// How many letters are to be put in, left out, replaced or swapped with the next.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, another) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != another);
            let mut changes = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swapped =
                row > 0 && column > 0 && one[row - 1] == *another && *letter == other[column - 1];
            if is_swapped {
                changes = changes.min(before[column - 1] + 1);
            }
            next.push(changes);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_what_is_nearest() {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        for (text, meant) in [
            ("monday", Some("mon")),
            ("mo", Some("mon")),
            ("tus", Some("tue")),
            ("wde", Some("wed")),
            ("THUR", Some("thu")),
            ("x", None),
            ("", None),
            ("holiday", None),
        ] {
            assert_eq!(nearest(text, days), meant, "{text}");
        }
        assert_eq!(nearest(&"m".repeat(1_000), days), None);
    }
}
