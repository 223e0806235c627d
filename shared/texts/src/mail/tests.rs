use super::*;

#[test]
fn why_there_are_no_words_is_told_in_the_owners_language() {
    let none = TranscriptStatus::None;
    let cases = [
        (TranscriptStatus::Known("Hello"), None),
        // Who wants no words need not be told that there are none.
        (none(NoTranscript::Off), None),
        (
            TranscriptStatus::Awaited,
            Some((
                "The text is not ready yet. As soon as it is, you will get it in a second email.",
                "Der Text ist noch nicht fertig. Sobald er vorliegt, erhalten Sie ihn in einer zweiten E-Mail.",
            )),
        ),
        (
            none(NoTranscript::TooShort),
            Some((
                "The message is too short to be transcribed.",
                "Die Nachricht ist zu kurz, um in Text umgewandelt zu werden.",
            )),
        ),
        (
            none(NoTranscript::TooLong),
            Some((
                "The message is too long to be transcribed.",
                "Die Nachricht ist zu lang, um in Text umgewandelt zu werden.",
            )),
        ),
        (
            none(NoTranscript::Failed),
            Some((
                "The message could not be transcribed.",
                "Die Nachricht konnte nicht in Text umgewandelt werden.",
            )),
        ),
        (
            none(NoTranscript::UnsupportedLanguage),
            Some((
                "The message could not be transcribed: its language is not supported.",
                "Die Nachricht konnte nicht in Text umgewandelt werden: Ihre Sprache wird nicht unterstützt.",
            )),
        ),
        (
            none(NoTranscript::NothingRecognised),
            Some((
                "No words were recognised in the message.",
                "In der Nachricht wurden keine Worte erkannt.",
            )),
        ),
    ];
    let (english, german) = (Texts::of(Language::English), Texts::of(Language::German));
    for (words, told) in cases {
        let (in_english, in_german) = told.unzip();
        assert_eq!((english.reason(words), german.reason(words)), (in_english, in_german), "{words:?}");
    }
}

#[test]
fn a_sentence_about_a_caller_has_a_place_for_who_it_was() {
    for language in Language::ALL {
        let texts = Texts::of(language);
        let about_caller =
            [texts.subject, texts.opening, texts.words_follow, texts.missed_subject, texts.missed];
        for sentence in about_caller {
            assert_eq!(sentence.matches("{caller}").count(), 1, "{language}: {sentence}");
        }
        let others =
            [(texts.hello, "{name}"), (texts.link_until, "{date}"), (texts.second_address, "{address}")];
        for (sentence, place) in others {
            assert_eq!(sentence.matches(place).count(), 1, "{language}: {sentence}");
        }
    }
}
