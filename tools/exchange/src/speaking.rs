//! How long it takes to say a text and to press keys.

use std::time::Duration;

/// How long it takes to say a text: 150 words a minute, or four characters a second where words
/// are not parted by spaces; never less than half a second.
pub(crate) fn time_to_say(text: &str) -> Duration {
    let dense = text.chars().filter(|char| *char >= '\u{2e80}').count();
    let words = text.split_whitespace().filter(|word| word.chars().all(|char| char < '\u{2e80}')).count();
    let millis = words * 400 + dense * 250;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX).max(500))
}

/// How long it takes to press keys: half a second each; a `W` pauses twice as long as a `w`.
pub(crate) fn time_to_press(keys: &str) -> Duration {
    let halves = keys.chars().map(|key| if key == 'W' { 2 } else { 1 }).sum();
    Duration::from_millis(500) * halves
}

/// As much of a text as was said in a part of its time.
pub(crate) fn share(text: &str, heard: Duration, length: Duration) -> String {
    if heard >= length {
        return text.into();
    }
    let chars: Vec<char> = text.chars().collect();
    let part =
        u128::try_from(chars.len()).unwrap_or_default() * heard.as_millis() / length.as_millis().max(1);
    let kept = usize::try_from(part).unwrap_or(chars.len()).min(chars.len());
    chars[..kept].iter().collect::<String>().trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaking_takes_time_in_every_script() {
        assert_eq!(time_to_say("one two three four five").as_millis(), 2000);
        assert_eq!(time_to_say("您好请留言").as_millis(), 1250);
        assert_eq!(time_to_say("").as_millis(), 500);
    }

    #[test]
    fn who_hangs_up_halfway_hears_half() {
        let (half, whole) = (Duration::from_secs(1), Duration::from_secs(2));
        assert_eq!(share("abcd efgh", half, whole), "abcd");
        assert_eq!(share("abcd", whole, whole), "abcd");
    }
}
