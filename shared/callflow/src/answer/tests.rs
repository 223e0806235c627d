use domain::{AudioUrl, InvalidSetting, PromptText, Wording};
use proptest::prelude::*;
use twiml::voice::Verb;

use super::*;
use crate::fixtures::*;

fn said(prompt: Prompt, speech: &Speech) -> String {
    let xml = speak(Response::new(), &spoken(prompt, speech)).to_xml().unwrap();
    xml.split_once("<Response>").unwrap().1.strip_suffix("</Response>").unwrap().to_owned()
}

#[test]
fn every_prompt_is_built_in_for_every_language() {
    let mut texts = std::collections::HashSet::new();
    for language in Language::ALL {
        for prompt in Prompt::ALL {
            let text = texts::prompt(prompt, language);
            assert!(PromptText::new(text).is_ok(), "{language} {prompt:?}");
            assert_eq!(text.trim(), text, "{language} {prompt:?}");
            assert!(texts.insert(text), "{language} {prompt:?} says the same as another");
        }
    }
}

#[test]
fn without_functions_a_message_is_taken_thanked_for_and_ended() {
    let callbacks = Callbacks::below("https://example.com/webhook");
    for language in Language::ALL {
        let greeting = said(Prompt::Greeting, &Speech::in_language(language));
        let recorded = "https://fallback.example/recorded";
        let message = voicemail_without_functions(language, &callbacks, recorded).to_xml().unwrap();
        let (spoken, record) = message.split_once("<Record").unwrap();
        assert!(spoken.contains(&greeting), "{spoken}");
        assert!(record.contains(&format!("action=\"{recorded}\"")), "{record}");
        assert!(record.contains(&callbacks.recording(None).replace('&', "&amp;")), "{record}");

        let thanks = thanks_without_functions(language).to_xml().unwrap();
        let expected = said(Prompt::Thanks, &Speech::in_language(language)) + "<Hangup/></Response>";
        assert!(thanks.ends_with(&expected), "{thanks}");
    }
    assert!(hang_up_without_functions().to_xml().unwrap().contains("<Hangup"));
}

#[test]
fn a_prompt_is_known_by_its_name() {
    for prompt in Prompt::ALL {
        assert_eq!(Prompt::named(prompt.name()), Some(prompt));
    }
    assert_eq!(Prompt::named("Greeting"), None);
    assert_eq!(Prompt::named(""), None);
}

#[test]
fn a_built_in_prompt_is_spoken_in_the_languages_own_voice() {
    let cases = [
        (Language::English, r#"voice="Polly.Joanna-Neural" language="en-US""#),
        (Language::Chinese, r#"voice="Polly.Zhiyu-Neural" language="cmn-CN""#),
        (Language::Spanish, r#"voice="Polly.Lucia-Neural" language="es-ES""#),
        (Language::French, r#"voice="Polly.Lea-Neural" language="fr-FR""#),
        (Language::German, r#"voice="Polly.Vicki-Neural" language="de-DE""#),
        (Language::Japanese, r#"voice="Polly.Kazuha-Neural" language="ja-JP""#),
        (Language::BrazilianPortuguese, r#"voice="Polly.Camila-Neural" language="pt-BR""#),
    ];
    for (language, attributes) in cases {
        let spoken = said(Prompt::Thanks, &Speech::in_language(language));
        assert_eq!(spoken, format!("<Say {attributes}>{}</Say>", texts::prompt(Prompt::Thanks, language)));
    }
}

#[test]
fn another_voice_brings_its_own_language() {
    let mut speech = Speech::in_language(Language::German);
    speech.voice = Some("Polly.Amy-Neural".to_owned());
    let text = texts::prompt(Prompt::Thanks, Language::German);
    assert_eq!(said(Prompt::Thanks, &speech), format!(r#"<Say voice="Polly.Amy-Neural">{text}</Say>"#));
}

#[test]
fn a_number_replaces_a_prompt_by_its_own_words_or_by_a_sound() {
    let mut speech = Speech::in_language(Language::English);
    let text = PromptText::new("Hi, this is Ada <ada@example.com> & \"co\" 🦀").unwrap();
    let url = AudioUrl::new("https://example.com/thanks.mp3?a=1&b=2").unwrap();
    speech.prompts.insert(Prompt::Greeting, Wording::Text(text.clone()));
    speech.prompts.insert(Prompt::Thanks, Wording::Audio(url));

    let greeting = speak(Response::new(), &spoken(Prompt::Greeting, &speech));
    let read = Response::from_xml(&greeting.to_xml().unwrap()).unwrap();
    assert!(matches!(read.verbs.as_slice(), [Verb::Say(say)] if say.text() == text.as_str()), "{read:?}");
    let played = "<Play>https://example.com/thanks.mp3?a=1&amp;b=2</Play>";
    assert_eq!(said(Prompt::Thanks, &speech), played);
    // The others stay as they are.
    let built_in = Speech::in_language(Language::English);
    assert_eq!(said(Prompt::NotInUse, &speech), said(Prompt::NotInUse, &built_in));
}

#[test]
fn a_prompt_has_words_to_speak_and_not_too_many() {
    for blank in ["", " ", "\r\n\t", "\u{1}", "\u{a0}\u{3000}"] {
        assert_eq!(PromptText::new(blank), Err(InvalidSetting::PromptLength(0)), "{blank:?}");
    }
    assert_eq!(PromptText::new(" Hello. \n").unwrap().as_str(), "Hello.");
    // Characters, not bytes.
    assert!(PromptText::new(&"请".repeat(4096)).is_ok());
    let error = PromptText::new(&"x".repeat(4097)).unwrap_err();
    assert_eq!(error.to_string(), "a prompt's text must have 1 to 4096 characters, not 4097");
}

#[test]
fn a_sound_has_an_address_that_twilio_can_fetch() {
    for url in ["https://example.com/a.mp3", "http://example.com/a.mp3?b=c&d"] {
        assert_eq!(AudioUrl::new(url).unwrap().as_str(), url);
    }
    let long = format!("https://example.com/{}", "a".repeat(2048));
    let refused = [
        "",
        "greeting.mp3",
        "https://",
        "https:///a.mp3",
        "ftp://example.com/a.mp3",
        "https://example.com/a b",
        "https://example.com/ä",
        "https://example.com/a\r\n",
        &long,
    ];
    for url in refused {
        assert_eq!(AudioUrl::new(url), Err(InvalidSetting::PromptAudio), "{url}");
    }
}

proptest! {
    #[test]
    fn any_words_are_spoken_as_they_were_written(text in "\\PC{1,300}") {
        let Ok(text) = PromptText::new(&text) else { return Ok(()) };
        let mut speech = Speech::in_language(Language::English);
        speech.prompts.insert(Prompt::Greeting, Wording::Text(text.clone()));
        let answer = speak(Response::new(), &spoken(Prompt::Greeting, &speech));
        let read = Response::from_xml(&answer.to_xml().unwrap()).unwrap();
        let [Verb::Say(say)] = read.verbs.as_slice() else { panic!("{read:?}") };
        prop_assert_eq!(say.text(), text.as_str());
    }

    #[test]
    fn any_prompt_of_any_number_is_sound(
        prompt in proptest::sample::select(Prompt::ALL.to_vec()),
        speech in any_speech(),
    ) {
        check(&speak(Response::new(), &spoken(prompt, &speech)))?;
    }
}
