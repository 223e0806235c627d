//! What changes in a text, line by line.

use similar::TextDiff;

/// Lines around a change.
const AROUND: usize = 2;

/// What differs, as people know it from `diff -u`; empty where nothing does. What could steer a terminal is left out.
pub(super) fn between(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after).unified_diff().context_radius(AROUND).to_string();
    diff.chars().filter(|it| matches!(it, '\n' | '\t') || !it.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_stand_with_some_around_them() {
        let before = "a\nb\nc\nd\ne\nf\ng\n";
        assert_eq!(between(before, before), "");
        assert_eq!(
            between(before, &before.replace("e\n", "E\u{1b}[31m\n")),
            "@@ -3,5 +3,5 @@\n c\n d\n-e\n+E[31m\n f\n g\n"
        );
    }
}
