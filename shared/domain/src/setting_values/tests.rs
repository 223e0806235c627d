use std::fmt::Debug;

use super::*;

/// A value is written like this, and that is read as the value.
#[track_caller]
fn written_as<T: SettingValue<Form: Clone + Debug + PartialEq> + Debug + PartialEq>(value: T, form: T::Form) {
    assert_eq!(value.written(), Some(form.clone()));
    assert_eq!(T::read(form), Ok(value));
}

/// A form can't be read, and it is said why.
#[track_caller]
fn refused<T: SettingValue + Debug + PartialEq>(form: T::Form, why: &str) {
    assert_eq!(T::read(form), Err(why.to_owned()));
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

#[test]
fn a_value_is_written_as_people_write_it() {
    let text = str::to_owned;
    written_as(true, true);
    written_as(text("Ada"), text("Ada"));
    written_as(EmailAddress::parse("ada@example.org").unwrap(), text("ada@example.org"));
    written_as(number("+14155550100"), text("+14155550100"));
    written_as(MailboxId::parse("kim").unwrap(), text("kim"));
    written_as(LanguageCode::parse("es-US").unwrap(), text("es-US"));
    written_as(Language::BrazilianPortuguese, text("pt-BR"));
    written_as(TimeZone::get("Europe/Berlin").unwrap(), text("Europe/Berlin"));
    written_as(CallerId::MaskedNumber, text("masked-number"));
    written_as(Instead::Reject, text("reject"));
    written_as(Transcription::Amazon, text("amazon"));
    written_as(Prompt::NothingHeard, text("nothing-heard"));
    written_as(RingTime::seconds(25).unwrap(), 25);
    written_as(MessageLength::seconds(300).unwrap(), 300);
}

#[test]
fn a_value_that_can_not_be_is_refused_with_its_reason() {
    refused::<CallerId>("callers".to_owned(), "\"callers\" is none of caller, masked-number");
    refused::<Instead>(String::new(), "\"\" is none of voicemail, message, reject");
    refused::<TimeZone>("Berlin".to_owned(), "there is no time zone \"Berlin\": name one like Europe/Berlin");
    refused::<RingTime>(4, "a ring time must be 5 to 600 seconds, not 4");
    refused::<PhoneNumber>("0190".to_owned(), &phone::NotE164.to_string());
}

#[test]
fn no_finish_key_is_a_decision_that_is_written_down() {
    written_as(None::<FinishKey>, String::new());
    written_as(Some(FinishKey::new('#').unwrap()), "#".to_owned());
    for keys in ["##", "x", "1 "] {
        refused::<Option<FinishKey>>(keys.to_owned(), &InvalidSetting::FinishKey.to_string());
    }
}

#[test]
fn to_keep_for_ever_is_written_as_no_days() {
    written_as(None::<Days>, 0);
    written_as(Some(Days::new(180).unwrap()), 180);
    written_as(Some(Days::new(1).unwrap()), 1);
    refused::<Option<Days>>(-1, &InvalidSetting::Days(-1).to_string());
}

#[test]
fn no_limit_is_said_in_a_word() {
    written_as(None::<u32>, Limit::Word("unlimited".to_owned()));
    written_as(Some(0), Limit::Calls(0));
    written_as(Some(250), Limit::Calls(250));
    refused::<Option<u32>>(
        Limit::Word("none".to_owned()),
        "\"none\" is neither a number of calls nor \"unlimited\"",
    );
}

#[test]
fn what_is_not_set_is_left_out() {
    assert_eq!(None::<String>.written(), None);
    written_as(Some("Ada".to_owned()), "Ada".to_owned());
    assert_eq!(BTreeMap::<Prompt, Wording>::new().written(), None);
}

#[test]
fn a_list_keeps_its_order_and_can_be_empty() {
    let targets = ["+4930901820", "+14155550100"];
    written_as(targets.map(number).to_vec(), targets.map(str::to_owned).to_vec());
    written_as(Vec::<PhoneNumber>::new(), Vec::new());
    refused::<Vec<PhoneNumber>>(
        vec!["+4930901820".to_owned(), "030901820".to_owned()],
        &phone::NotE164.to_string(),
    );
}

#[test]
fn a_prompt_is_replaced_by_words_or_by_a_sound() {
    let words = || PromptForm::Text("Hello.".to_owned());
    let sound = PromptForm::Audio("https://example.com/bye.mp3".to_owned());
    written_as(
        BTreeMap::from([
            (Prompt::Greeting, Wording::Text(PromptText::new("Hello.").unwrap())),
            (Prompt::Thanks, Wording::Audio(AudioUrl::new("https://example.com/bye.mp3").unwrap())),
        ]),
        BTreeMap::from([("greeting".to_owned(), words()), ("thanks".to_owned(), sound)]),
    );
    refused::<BTreeMap<Prompt, Wording>>(
        BTreeMap::from([("hello".to_owned(), words())]),
        "\"hello\" is none of connecting, greeting, thanks, nothing-heard, unavailable, not-in-use",
    );
    refused::<Wording>(PromptForm::Text(" ".to_owned()), &InvalidSetting::PromptLength(0).to_string());
    refused::<Wording>(PromptForm::Audio("hello.mp3".to_owned()), &InvalidSetting::PromptAudio.to_string());
}
