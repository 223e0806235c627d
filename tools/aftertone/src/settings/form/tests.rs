use super::*;

fn new(yaml: &str) -> Result<NumberSettings, String> {
    let number = PhoneNumber::parse("+14155550100").unwrap();
    from_yaml::<NumberForm>(yaml)?.into_new(number, Some("US"))
}

const SMALL: &str = "owner: {email: olivia@example.com}\nforwarding: {targets: ['(212) 555-0199']}\n";

#[test]
fn a_small_file_makes_a_number_with_the_defaults() {
    let email = EmailAddress::parse("olivia@example.com").unwrap();
    let phone = |text| PhoneNumber::parse(text).unwrap();
    let expected = NumberSettings::new(phone("+14155550100"), email, phone("+12125550199"));
    assert_eq!(new(SMALL), Ok(expected));
}

#[test]
fn what_is_shown_is_read_back_as_the_same_settings() {
    let full = r#"
owner:
  name: Olivia
  email: olivia@example.com
  second_email: kim@example.com
  missed_call_mail: true
  language: de
  time_zone: Europe/Berlin
speech:
  language: zh-CN
  voice: Polly.Zhiyu
  prompts: {greeting: {text: "Hello: \"you\" #1"}, thanks: {audio: "https://example.com/thanks.mp3"}}
forwarding:
  on: false
  targets: ["+12125550199", "+493012345678"]
  ring_seconds: 30
  caller_id: masked-number
  announce: false
  hang_up_on_star: true
  when_off: message
voicemail:
  max_seconds: 60
  finish_key: ""
  beep: false
  transcription: amazon
  languages: [en-US, es-US]
  purge_at_twilio: true
plan: {calls_per_month: 100, when_used_up: reject}
retention: {audio_days: 30, transcript_days: 60, call_days: 0}
"#;
    for yaml in [full, SMALL] {
        let settings = new(yaml).unwrap();
        let shown = to_yaml(&NumberForm::of(&settings)).unwrap();
        assert_eq!(new(&shown).as_ref(), Ok(&settings), "{shown}");
        let json = serde_json::to_string(&NumberForm::of(&settings)).unwrap();
        assert_eq!(new(&json), Ok(settings), "{json}");
    }
}

#[test]
fn what_an_edit_leaves_out_stays_and_an_empty_text_clears() {
    let mut settings = new(SMALL).unwrap();
    settings.owner.name = Some("Olivia".to_owned());
    settings.owner.second_email = EmailAddress::parse("kim@example.com").ok();
    settings.voicemail.languages = languages(&["de-DE".to_owned()]).unwrap();
    settings.plan.calls_per_month = Some(7);
    let edit =
        |yaml: &str| from_yaml::<NumberForm>(yaml).unwrap().applied_to(settings.clone(), None).unwrap();
    assert_eq!(edit("{}"), settings);
    assert_eq!(edit("owner: {name: ''}").owner.name, None);
    assert_eq!(edit("owner: {second_email: ''}").owner.second_email, None);
    assert_eq!(edit("voicemail: {languages: []}").voicemail.languages, []);
    assert_eq!(edit("voicemail: {languages: ['']}").voicemail.languages, [], "as a flag says it");
    assert_eq!(edit("retention: {call_days: 0}").retention.calls, None, "for ever");
    assert_eq!(edit("plan: {calls_per_month: unlimited}").plan.calls_per_month, None);
    assert_eq!(edit("voicemail: {finish_key: ''}").voicemail.finish_key, None);
    let greeted = edit("speech: {prompts: {greeting: {text: Hi}}}");
    assert_eq!(greeted.speech.prompts.len(), 1);
    let cleared = from_yaml::<NumberForm>("speech: {prompts: {greeting: {text: ''}}}").unwrap();
    assert_eq!(cleared.applied_to(greeted, None).unwrap().speech.prompts.len(), 0);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_by_name() {
    let yaml = r"
owner: {email: nobody, second_email: nobody, language: tlh, time_zone: Mars/Base}
speech: {prompts: {farewell: {text: x}, greeting: {audio: 'ftp://x'}}}
forwarding: {targets: ['123'], ring_seconds: 3, caller_id: mine, when_off: shout}
voicemail: {max_seconds: 1, finish_key: ab, transcription: psychic, languages: [English]}
plan: {calls_per_month: many, when_used_up: cry}
retention: {audio_days: -1, call_days: 99999}
";
    let told = new(yaml).unwrap_err();
    for place in [
        "owner.email: not an e-mail address",
        "owner.second_email: not an e-mail address",
        "owner.language: no prompts for the language",
        "owner.time_zone: there is no time zone \"Mars/Base\"",
        "speech.prompts: \"farewell\" is none of connecting, greeting",
        "speech.prompts.greeting: a prompt's audio must be",
        "forwarding.targets: \"123\" is not a telephone number",
        "forwarding.ring_seconds: a ring time must be 5 to 600 seconds, not 3",
        "forwarding.caller_id: \"mine\" is none of caller, masked-number",
        "forwarding.when_off: \"shout\" is none of voicemail, message, reject",
        "voicemail.max_seconds: a message's longest time",
        "voicemail.finish_key: a finish key must be",
        "voicemail.transcription: \"psychic\" is none of auto, twilio, amazon, off",
        "voicemail.languages: \"English\": a spoken language must be written like en-US",
        "retention.audio_days: days to keep must be 1 to 36500, not -1",
        "retention.call_days: days to keep must be 1 to 36500, not 99999",
        "plan.calls_per_month: \"many\" is neither",
        "plan.when_used_up: \"cry\" is none of",
    ] {
        assert!(told.contains(place), "{place}\n{told}");
    }
}

#[test]
fn what_a_new_number_needs_is_asked_for() {
    let told = new("{}").unwrap_err();
    assert!(told.contains("--email") && told.contains("--target"), "{told}");
    assert!(new("{owner: {email: a@b.co}, forwarding: {on: false}}").unwrap().forwarding.targets.is_empty());
}

#[test]
fn a_misspelt_setting_and_another_numbers_file_are_refused() {
    assert!(from_yaml::<NumberForm>("owner: {mail: a@b.c}").unwrap_err().contains("mail"));
    assert!(from_yaml::<NumberForm>("owner: [").is_err());
    let told = new(&format!("number: '+14155550199'\n{SMALL}")).unwrap_err();
    assert!(told.contains("another number"), "{told}");
}

#[test]
fn eleven_telephones_are_too_many_and_one_twice_is_one() {
    let targets = |count: u32| (0..count).map(|n| format!("+1212555{:04}", 100 + n)).collect::<Vec<_>>();
    assert!(super::targets(&targets(11), None).unwrap_err().contains("at most 10"));
    let twice = [targets(10), targets(10)].concat();
    assert_eq!(super::targets(&twice, None).unwrap().len(), 10);
}
