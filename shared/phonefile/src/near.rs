//! What was probably meant.

/// The name that is nearest to a misspelled one, if it is near enough to be meant.
pub(crate) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any name: nobody's misspelling, and costly to compare.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase();
    // Of two letters one is half: `fi` is not meant for `fr`.
    let allowed = (written.chars().count() / 3).min(3);
    let distances = names.into_iter().filter(|name| name.len() <= 64).map(|name| {
        let lower = name.to_lowercase();
        // `on_call` for `on-call`, `missed-call-mail` for `missed_call_mail`.
        let alike = lower.replace('_', "-") == written.replace('_', "-");
        (if alike { 0 } else { distance(&written, &lower) }, name)
    });
    distances.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}

/// How many letters are missing, too many, other, or in the wrong order.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut steps = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                steps = steps.min(before[j - 1] + 1);
            }
            next.push(steps);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

/// `Did you mean …?`, or else what there is.
pub(crate) fn cure<'a>(
    written: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
    none: &str,
) -> String {
    if let Some(name) = nearest(written, names.clone()) {
        return format!("Did you mean `{name}`?");
    }
    let known: Vec<String> = names.into_iter().take(24).map(|name| format!("`{name}`")).collect();
    if known.is_empty() { none.to_owned() } else { format!("There is {}", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_by_one_letter_in_three() {
        let names = ["on-call", "night", "main", "missed_call_mail"];
        for (written, near) in [
            ("on-cal", Some("on-call")),
            ("On-Call", Some("on-call")),
            ("on_call", Some("on-call")),
            ("no-call", Some("on-call")),
            ("nihgt", Some("night")),
            ("missed-call-mail", Some("missed_call_mail")),
            ("mian", Some("main")),
            ("evening", None),
            ("mn", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), near, "{written}");
        }
    }
}
