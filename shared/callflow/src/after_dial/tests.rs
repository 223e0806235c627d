use domain::{FinishKey, Language, MessageLength, Prompt, Speech, Transcription, VoicemailSettings};
use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::answer;
use crate::fixtures::*;

#[test]
fn what_is_not_surely_a_conversation_or_over_ends_at_the_beep() {
    use DialOutcome::{CallerGone, Conversation};
    use DialStatus::{Answered, Busy, Canceled, Completed, Failed, NoAnswer, Other};
    let missed = |why| DialOutcome::NotReached(why);
    // Not bridged, bridged, not told; each while the caller is there, and after the caller is gone.
    #[rustfmt::skip]
    let table = [
        (Completed, Some(false), missed(NotReached::Declined), CallerGone),
        (Completed, Some(true),  Conversation,                 Conversation),
        (Completed, None,        Conversation,                 Conversation),
        (Answered,  Some(false), missed(NotReached::Declined), CallerGone),
        (Answered,  Some(true),  Conversation,                 Conversation),
        (Answered,  None,        Conversation,                 Conversation),
        (NoAnswer,  Some(false), missed(NotReached::NoAnswer), CallerGone),
        (NoAnswer,  Some(true),  Conversation,                 Conversation),
        (NoAnswer,  None,        missed(NotReached::NoAnswer), CallerGone),
        (Busy,      Some(false), missed(NotReached::Busy),     CallerGone),
        (Busy,      Some(true),  Conversation,                 Conversation),
        (Busy,      None,        missed(NotReached::Busy),     CallerGone),
        (Failed,    Some(false), missed(NotReached::Failed),   CallerGone),
        (Failed,    Some(true),  Conversation,                 Conversation),
        (Failed,    None,        missed(NotReached::Failed),   CallerGone),
        (Canceled,  Some(false), missed(NotReached::Canceled), CallerGone),
        (Canceled,  Some(true),  Conversation,                 Conversation),
        (Canceled,  None,        missed(NotReached::Canceled), CallerGone),
        (Other,     Some(false), missed(NotReached::Failed),   CallerGone),
        (Other,     Some(true),  Conversation,                 Conversation),
        (Other,     None,        missed(NotReached::Failed),   CallerGone),
    ];
    for (status, bridged, while_there, when_gone) in table {
        assert_eq!(dial_outcome(status, bridged, true), while_there, "{status:?} {bridged:?} there");
        assert_eq!(dial_outcome(status, bridged, false), when_gone, "{status:?} {bridged:?} gone");
    }
}

#[test]
fn after_a_conversation_or_without_the_caller_the_call_ends() {
    for outcome in [DialOutcome::Conversation, DialOutcome::CallerGone] {
        let xml = xml(&answer_after_dial(&settings(), outcome, &callbacks()));
        assert_eq!(xml, "<Response>\n  <Hangup/>\n</Response>\n", "{outcome:?}");
    }
}

#[test]
fn a_caller_who_reached_nobody_hears_the_greeting_and_a_beep() {
    let after = |why| answer_after_dial(&settings(), DialOutcome::NotReached(why), &callbacks());
    let answer = after(NotReached::NoAnswer);
    assert_snapshot!(xml(&answer), @r##"
    <Response>
      <Say voice="Polly.Joanna-Neural" language="en-US">The person you are calling can't answer right now. Please leave a message after the tone.</Say>
      <Record action="https://example.com/webhook/recording#ct=2000&amp;rc=2&amp;rp=ct,rt,5xx&amp;rt=6000" timeout="10" finishOnKey="#" maxLength="180" playBeep="true" recordingStatusCallback="https://example.com/webhook/recording#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000" recordingStatusCallbackEvent="completed absent" transcribe="true" transcribeCallback="https://example.com/webhook/transcription#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000"/>
      <Say voice="Polly.Joanna-Neural" language="en-US">We didn't hear a message. Goodbye.</Say>
      <Hangup/>
    </Response>
    "##);
    for why in [NotReached::Busy, NotReached::Failed, NotReached::Canceled, NotReached::Declined] {
        assert_eq!(after(why), answer, "{why:?}");
    }
}

#[test]
fn every_setting_of_voicemail_is_told_to_twilio() {
    let mut settings = settings();
    settings.speech = Speech::in_language(Language::Chinese);
    settings.voicemail = VoicemailSettings {
        max_length: MessageLength::seconds(60).unwrap(),
        finish_key: None,
        beep: false,
        transcription: Transcription::Auto,
        languages: Vec::new(),
        purge_at_twilio: true,
    };
    let answer = answer_after_dial(&settings, DialOutcome::NotReached(NotReached::Busy), &callbacks());
    assert_snapshot!(xml(&answer), @r#"
    <Response>
      <Say voice="Polly.Zhiyu-Neural" language="cmn-CN">您拨打的用户暂时无法接听。请在提示音后留言。</Say>
      <Record action="https://example.com/webhook/recording#ct=2000&amp;rc=2&amp;rp=ct,rt,5xx&amp;rt=6000" timeout="10" finishOnKey="" maxLength="60" playBeep="false" recordingStatusCallback="https://example.com/webhook/recording#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000" recordingStatusCallbackEvent="completed absent"/>
      <Say voice="Polly.Zhiyu-Neural" language="cmn-CN">我们没有听到您的留言。再见。</Say>
      <Hangup/>
    </Response>
    "#);
}

#[test]
fn twilio_is_asked_for_words_only_where_it_makes_them() {
    let cases = [
        (Transcription::Auto, Language::English, true),
        (Transcription::Auto, Language::Chinese, false),
        (Transcription::Auto, Language::German, false),
        (Transcription::Twilio, Language::Chinese, true),
        (Transcription::Amazon, Language::English, false),
        (Transcription::Off, Language::English, false),
    ];
    for (transcription, language, asked) in cases {
        let mut settings = settings();
        settings.speech.language = language;
        settings.voicemail.transcription = transcription;
        let answer =
            answer_after_dial(&settings, DialOutcome::NotReached(NotReached::NoAnswer), &callbacks());
        let xml = xml(&answer);
        let attribute = "transcribe=\"true\" transcribeCallback=\"https://example.com/webhook/transcription#";
        assert_eq!(xml.contains(attribute), asked, "{transcription:?} {language}");
        assert_eq!(xml.contains("transcribe"), asked, "{transcription:?} {language}");
    }
}

#[test]
fn the_key_that_ends_a_message_is_the_one_that_was_chosen() {
    for key in "0123456789#*".chars() {
        let mut settings = settings();
        settings.voicemail.finish_key = Some(FinishKey::new(key).unwrap());
        let answer =
            answer_after_dial(&settings, DialOutcome::NotReached(NotReached::NoAnswer), &callbacks());
        assert!(xml(&answer).contains(&format!("finishOnKey=\"{key}\"")), "{key}");
    }
}

#[test]
fn without_settings_there_is_still_a_greeting_and_a_beep() {
    let said = answer(&crate::voicemail_without_settings(Language::English), &callbacks());
    assert_eq!(
        said,
        answer_after_dial(&settings(), DialOutcome::NotReached(NotReached::Failed), &callbacks())
    );
    for language in Language::ALL {
        let xml = xml(&answer(&crate::voicemail_without_settings(language), &callbacks()));
        assert!(xml.contains("<Record ") && xml.contains(texts::prompt(Prompt::Greeting, language)), "{xml}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_owner_decided_the_answer_is_sound(settings in any_settings(), outcome in any_outcome()) {
        check(&answer_after_dial(&settings, outcome, &callbacks()))?;
    }
}
