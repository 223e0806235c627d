//! What callers hear, place by place, and what may replace it.

use crate::invalid::InvalidSetting;

/// A place in a call where the system speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prompt {
    /// Before the owner's telephone rings.
    Connecting,
    /// Before the beep.
    Greeting,
    /// After a message was left.
    Thanks,
    /// After a beep to which nothing was said.
    NothingHeard,
    /// In place of the owner, when there is no voicemail either.
    Unavailable,
    /// Nobody owns the number that was called.
    NotInUse,
}

/// What replaces a built-in prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Spoken in the number's voice.
    Text(PromptText),
    /// A sound file that Twilio fetches and plays.
    Audio(AudioUrl),
}

/// Words to speak: up to 4,096 characters, which is what one `<Say>` takes, and not only blanks,
/// of which Twilio makes an error in the middle of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText(String);

/// The address of a sound file, `https:` or `http:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioUrl(String);

impl Prompt {
    /// Every prompt.
    pub const ALL: [Self; 6] = [
        Self::Connecting,
        Self::Greeting,
        Self::Thanks,
        Self::NothingHeard,
        Self::Unavailable,
        Self::NotInUse,
    ];

    /// The name by which settings replace it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::NothingHeard => "nothing-heard",
            Self::Unavailable => "unavailable",
            Self::NotInUse => "not-in-use",
        }
    }

    /// The prompt of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| prompt.name() == name)
    }
}

impl PromptText {
    /// # Errors
    /// [`InvalidSetting::PromptLength`] if it is blank or longer than one `<Say>` takes.
    pub fn new(text: &str) -> Result<Self, InvalidSetting> {
        let text = text.trim();
        let audible = text.chars().any(|c| !c.is_whitespace() && !c.is_control());
        match text.chars().count() {
            1..=4096 if audible => Ok(Self(text.to_owned())),
            length if audible => Err(InvalidSetting::PromptLength(length)),
            _ => Err(InvalidSetting::PromptLength(0)),
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AudioUrl {
    /// # Errors
    /// [`InvalidSetting::PromptAudio`] if Twilio could not fetch it.
    pub fn new(url: &str) -> Result<Self, InvalidSetting> {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let fetchable = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
            && url.len() <= 2048
            && url.bytes().all(|byte| byte.is_ascii_graphic());
        if fetchable { Ok(Self(url.to_owned())) } else { Err(InvalidSetting::PromptAudio) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_known_by_its_name_and_by_no_other() {
        let names = ["connecting", "greeting", "thanks", "nothing-heard", "unavailable", "not-in-use"];
        assert_eq!(Prompt::ALL.map(Prompt::name), names);
        assert_eq!(names.map(Prompt::named), Prompt::ALL.map(Some));
        assert_eq!(Prompt::named("Greeting"), None);
    }

    #[test]
    fn a_prompts_words_are_heard_and_fit_into_one_say() {
        let longest = "ä".repeat(4096);
        for (text, words) in [(" Hello. \n", "Hello."), (&longest, &longest)] {
            assert_eq!(PromptText::new(text).unwrap().as_str(), words);
        }
        // Blanks and controls are silence, of which Twilio makes an error.
        for (text, length) in [("", 0), (" \t\n", 0), ("\u{1}\u{2}", 0), (&*"ä".repeat(4097), 4097)] {
            assert_eq!(PromptText::new(text), Err(InvalidSetting::PromptLength(length)));
        }
    }

    #[test]
    fn a_prompts_sound_is_where_twilio_can_fetch_it() {
        let longest = format!("https://example.com/{}", "a".repeat(2048 - "https://example.com/".len()));
        for url in ["https://example.com/hello.mp3", "http://example.com", &longest] {
            assert_eq!(AudioUrl::new(url).unwrap().as_str(), url);
        }
        let too_long = format!("{longest}a");
        for url in [
            "",
            "https://",
            "https:///a.mp3",
            "ftp://example.com/a.mp3",
            "https://a.b/c d",
            "https://a.b/ä",
            &too_long,
        ] {
            assert_eq!(AudioUrl::new(url), Err(InvalidSetting::PromptAudio), "{url}");
        }
    }
}
