//! What of a file stands in the settings of its number.

use std::fmt::Write as _;

use domain::{
    CallerId, Days, FinishKey, Instead, Language, MailboxId, NumberSettings, Prompt, RingTime, Transcription,
    Wording,
};
use phone::PhoneNumber;
use phonefile::model::Action;
use phonefile::{PhoneFile, read};

use crate::documents::cookbook;
use crate::small::SMALL;

fn file(lines: &str) -> PhoneFile {
    let text = format!("{SMALL}{lines}");
    read(&text).unwrap_or_else(|faults| panic!("{faults:#?}")).file
}

fn settings(lines: &str) -> NumberSettings {
    let file = file(lines);
    file.settings(MailboxId::of_number(&file.number)).unwrap()
}

fn telephones(file: &PhoneFile) -> Vec<&str> {
    file.telephones().into_iter().map(PhoneNumber::reveal).collect()
}

const ANA: &str = "+12125550142";
const BEN: &str = "+12125550177";

#[test]
fn what_a_file_does_not_say_is_as_for_a_new_number() {
    let new = settings("");
    let number = PhoneNumber::parse("+14155550101").unwrap();
    let target = PhoneNumber::parse(ANA).unwrap();
    let mut expected = NumberSettings::new(number, new.owner.email.clone(), target);
    expected.forwarding.targets.clear();
    expected.owner.time_zone = jiff::tz::TimeZone::get("America/Los_Angeles").unwrap();
    assert_eq!(new, expected);
}

#[test]
fn the_person_of_the_mailbox_is_the_owner() {
    let all = "mailbox: cara\n  cara: { name: Cara, email: cara@example.com, second_email: c@example.org, \
               missed_call_mail: yes, language: es }\n";
    // `people` is the last section of the small file, so its lines come first.
    let (mailbox, cara) = all.split_once('\n').unwrap();
    let owner = settings(&format!("{cara}{mailbox}\n")).owner;
    assert_eq!(owner.name.as_deref(), Some("Cara"));
    assert_eq!(owner.email.reveal(), "cara@example.com");
    assert_eq!(owner.second_email.unwrap().reveal(), "c@example.org");
    assert!(owner.missed_call_mail);
    assert_eq!(owner.language, Language::Spanish);
    assert_eq!(owner.time_zone.iana_name(), Some("America/Los_Angeles"));
}

#[test]
fn other_people_with_an_address_have_mailboxes_of_their_own() {
    let file =
        file("  cara: { name: Cara, email: cara@example.com }\nlanguages: [fr]\nkeep: { audio: 30 days }\n");
    let [cara] = &file.other_mailboxes(0)[..] else { panic!("not one") };
    assert_eq!(cara.id.reveal(), "+14155550101.cara");
    assert_eq!((cara.owner.email.reveal(), cara.owner.language), ("cara@example.com", Language::French));
    assert_eq!(cara.owner.time_zone, file.time_zone);
    assert_eq!(cara.retention.audio, Some(Days::new(30).unwrap()));
}

#[test]
fn the_usual_language_has_its_voice_and_its_prompts() {
    let speech = settings(
        "languages: [es, en]\nvoices: { en: Polly.Amy-Neural, es: Polly.Lupe-Neural }\nhours: { shop: { mon: closed } }\n\
         prompts:\n  greeting: { en: Hello., es: Hola. }\n  thanks: { es: Gracias., en: Thanks., audio: \"https://a.example/t.mp3\" }\n  \
         connecting: { es: \"Abrimos {opens shop}.\", en: One moment. }\n  unavailable: { en: Sorry., es: Perdón., audio: sorry.wav }\n  \
         mine: { en: Mine., es: Mío. }\n",
    )
    .speech;
    assert_eq!((speech.language, speech.voice.as_deref()), (Language::Spanish, Some("Polly.Lupe-Neural")));
    let said = |wording: &Wording| match wording {
        Wording::Text(text) => text.as_str().to_owned(),
        Wording::Audio(url) => url.as_str().to_owned(),
    };
    let prompts: Vec<_> = speech.prompts.iter().map(|(prompt, it)| (*prompt, said(it))).collect();
    assert_eq!(
        prompts,
        [
            (Prompt::Greeting, "Hola.".to_owned()),
            (Prompt::Thanks, "https://a.example/t.mp3".to_owned()),
            (Prompt::Unavailable, "Perdón.".to_owned()),
        ]
    );
}

#[test]
fn what_is_about_all_calls_is_taken_as_it_is() {
    let all = settings(
        "ringing: { caller_id: masked-number, announce: no, hang_up_on_star: yes }\n\
         messages: { longest: 1m, finish_key: \"*\", beep: no, transcription: amazon, languages: [es-US], purge_at_twilio: yes }\n\
         keep: { audio: 30 days, transcript: 40 days, calls: forever }\n\
         limit: { calls_per_month: 100, then: [say: unavailable, reject] }\n",
    );
    let forwarding = all.forwarding;
    assert_eq!(forwarding.caller_id, CallerId::MaskedNumber);
    assert!(!forwarding.announce && forwarding.hang_up_on_star);
    let voicemail = all.voicemail;
    assert_eq!((voicemail.max_length.as_seconds(), voicemail.beep), (60, false));
    assert_eq!(voicemail.finish_key, Some(FinishKey::new('*').unwrap()));
    assert_eq!(voicemail.transcription, Transcription::Amazon);
    assert!(voicemail.purge_at_twilio && voicemail.languages.len() == 1);
    let days = |days| Some(Days::new(days).unwrap());
    assert_eq!(
        (all.retention.audio, all.retention.transcript, all.retention.calls),
        (days(30), days(40), None)
    );
    assert_eq!((all.plan.calls_per_month, all.plan.when_used_up), (Some(100), Instead::Message));
}

#[test]
fn off_and_what_callers_get_meanwhile_are_settings() {
    for (off, instead) in [
        ("voicemail", Instead::Voicemail),
        ("reject", Instead::Reject),
        ("[say: unavailable, reject]", Instead::Message),
        ("[say: unavailable, voicemail]", Instead::Voicemail),
        ("bye", Instead::Message),
    ] {
        let all = settings(&format!("plans: {{ bye: [say: unavailable, reject] }}\noff: {off}\n"));
        assert_eq!((all.forwarding.on, all.forwarding.when_off), (false, instead), "{off}");
    }
    let on = settings("calls: [{ do: [ring: ana] }]\n").forwarding;
    assert_eq!((on.on, on.when_off), (true, Instead::Voicemail));
}

#[test]
fn whom_rules_ring_first_stands_first_among_the_targets() {
    let office =
        "plans: { office: [ring: ana, forward: \"+12125550188\"] }\nlists: { vip: [\"+13125550142\"] }\n";
    let file = |calls: &str| file(&format!("{office}{calls}"));
    for (calls, all) in [
        ("calls: [{ do: office }]\n", &[ANA, "+12125550188"][..]),
        ("calls: [{ from: vip, do: office }, { do: [ring: ben] }]\n", &[ANA, BEN, "+12125550188"]),
        ("calls: [{ from: vip, do: [ring: [ben, ana]] }, { do: [ring: ana] }]\n", &[BEN, ANA]),
        (
            "menus: { main: { say: { en: \"1, 2\" }, 1: [ring: ben], 2: office, otherwise: voicemail } }\n\
             calls: [{ do: [menu: main, ring: ana] }]\n",
            &[BEN, ANA, "+12125550188"],
        ),
        ("calls: [{ do: voicemail }]\n", &[]),
    ] {
        assert_eq!(telephones(&file(calls)), all, "{calls}");
    }
}

#[test]
fn the_first_ring_says_for_how_long() {
    let ring_time = |calls: &str| settings(calls).forwarding.ring_time;
    let seconds = |seconds| RingTime::seconds(seconds).unwrap();
    assert_eq!(ring_time("calls: [{ do: [ring: ana] }]\n"), seconds(25));
    assert_eq!(
        ring_time("calls: [{ do: [{ ring: ana, for: 40s }, { ring: ben, for: 10s }] }]\n"),
        seconds(40)
    );
    assert_eq!(ring_time("calls: [{ do: voicemail }]\n"), RingTime::default());
}

#[test]
fn settings_hold_ten_targets_and_the_file_all() {
    let (mut people, mut steps) = (String::new(), String::new());
    for it in 0..12 {
        let _ = writeln!(people, "  p{it}: {{ phone: \"+121255502{it:02}\" }}");
        let _ = write!(steps, "ring: p{it}, ");
    }
    let file = file(&format!("{people}calls: [{{ do: [{steps} voicemail] }}]\n"));
    assert_eq!(file.telephones().len(), 12);
    let targets = file.settings(MailboxId::of_number(&file.number)).unwrap().forwarding.targets;
    assert_eq!(targets.iter().collect::<Vec<_>>(), file.telephones()[..10]);
}

#[test]
fn every_telephone_that_plans_name_can_be_rung() {
    for (name, text) in cookbook() {
        let file = read(&text).unwrap().file;
        let options = file.menus.iter().flat_map(|menu| menu.options.iter().map(|it| &it.plan));
        let otherwise = file.menus.iter().flat_map(|menu| &menu.otherwise);
        let plans = file.plans.iter().map(|it| &it.plan).chain(file.calls.iter().map(|it| &it.plan));
        for step in plans.chain(options).chain(otherwise).flatten() {
            let Action::Ring { people, .. } = &step.action else { continue };
            for rung in people {
                let person = file.people.iter().find(|it| it.id == rung.person).unwrap();
                let phone = person.phone.as_ref().unwrap();
                assert!(file.telephones().contains(&phone), "{name}: {}", person.id);
            }
        }
    }
}

#[test]
fn an_equivalent_file_says_what_the_settings_say() {
    let number = PhoneNumber::parse("+14155550101").unwrap();
    let with = |change: &dyn Fn(&mut NumberSettings)| {
        let email = domain::EmailAddress::parse("kim@example.com").unwrap();
        let mut all = NumberSettings::new(number.clone(), email, PhoneNumber::parse(ANA).unwrap());
        change(&mut all);
        all
    };
    let text = |text: &str| Wording::Text(domain::PromptText::new(text).unwrap());
    let sound = Wording::Audio(domain::AudioUrl::new("https://a.example/t.mp3").unwrap());
    for settings in [
        with(&|_| {}),
        with(&|it| {
            it.owner.name = Some("Kim".to_owned());
            it.owner.language = Language::German;
            it.owner.time_zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
            it.speech.voice = Some("Polly.Amy-Neural".to_owned());
            it.speech.prompts = [(Prompt::Greeting, text("Hello.")), (Prompt::Thanks, sound.clone())].into();
            it.forwarding.targets.push(PhoneNumber::parse(BEN).unwrap());
            it.forwarding.ring_time = RingTime::seconds(40).unwrap();
            it.voicemail.beep = false;
            it.retention.audio = Some(Days::new(30).unwrap());
            it.plan.calls_per_month = Some(7);
            it.plan.when_used_up = Instead::Message;
        }),
        with(&|it| {
            it.forwarding.on = false;
            it.forwarding.when_off = Instead::Message;
        }),
        with(&|it| {
            it.forwarding.on = false;
            it.forwarding.when_off = Instead::Reject;
            it.forwarding.caller_id = CallerId::MaskedNumber;
        }),
        with(&|it| it.forwarding.targets.clear()),
    ] {
        let file = PhoneFile::equivalent(&settings);
        assert_eq!(file.settings(settings.mailbox.clone()).unwrap(), settings);
    }
}
