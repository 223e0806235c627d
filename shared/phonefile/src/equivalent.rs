//! A file that says what settings say: what calls go by whose number has no file yet.

use domain::{Instead, NumberSettings, Wording};

use crate::model::{
    Action, Blocked, Limit, NamedWords, Person, PhoneFile, Plan, Ringing, Rule, Rung, Said, Speech, Step,
    Words,
};
use crate::place::Place;

/// By which it knows whose mailbox it is.
const OWNER: &str = "owner";

/// Nothing of it is written anywhere.
const NOWHERE: Place = Place { line: 0, column: 0, from: 0, to: 0 };

impl PhoneFile {
    /// The file that says the same as settings. Telephones are people of their own, named after their numbers.
    pub fn equivalent(settings: &NumberSettings) -> Self {
        let NumberSettings { number, mailbox: _, owner, speech, forwarding, voicemail, plan, retention } =
            settings;
        let somebody = |id: &str| Person {
            id: id.to_owned(),
            place: NOWHERE,
            name: None,
            phone: None,
            email: None,
            second_email: None,
            missed_call_mail: false,
            language: None,
            away_until: None,
        };
        let owner_as_person = Person {
            name: owner.name.clone(),
            email: Some(owner.email.clone()),
            second_email: owner.second_email.clone(),
            missed_call_mail: owner.missed_call_mail,
            language: Some(owner.language),
            ..somebody(OWNER)
        };
        let telephones = forwarding
            .targets
            .iter()
            .map(|target| Person { phone: Some(target.clone()), ..somebody(target.reveal()) });
        let rungs: Vec<Rung> = forwarding
            .targets
            .iter()
            .map(|target| Rung { person: target.reveal().to_owned(), after: std::time::Duration::ZERO })
            .collect();
        let ring = (!rungs.is_empty())
            .then(|| step(Action::Ring { people: rungs, time: forwarding.ring_time }))
            .into_iter()
            .collect();
        let everybody =
            Rule { place: NOWHERE, from: Vec::new(), when: Vec::new(), to: Vec::new(), plan: ring };
        Self {
            number: number.clone(),
            mailbox: OWNER.to_owned(),
            time_zone: owner.time_zone.clone(),
            languages: vec![speech.language],
            voices: speech.voice.iter().map(|voice| (speech.language, voice.clone())).collect(),
            closed_until: None,
            people: std::iter::once(owner_as_person).chain(telephones).collect(),
            lists: Vec::new(),
            blocked: Blocked::Reject,
            hours: Vec::new(),
            prompts: speech
                .prompts
                .iter()
                .map(|(prompt, wording)| {
                    let (text, audio) = match wording {
                        Wording::Text(text) => (text.as_str(), None),
                        Wording::Audio(url) => ("", Some(url.as_str().to_owned())),
                    };
                    let texts = vec![(speech.language, vec![Said::Text(text.to_owned())])];
                    let words = Words { place: NOWHERE, texts, audio };
                    NamedWords { name: prompt.name().to_owned(), place: NOWHERE, words }
                })
                .collect(),
            menus: Vec::new(),
            plans: Vec::new(),
            off: (!forwarding.on).then(|| instead(forwarding.when_off)),
            calls: vec![everybody],
            ringing: Ringing {
                caller_id: forwarding.caller_id,
                announce: forwarding.announce,
                hang_up_on_star: forwarding.hang_up_on_star,
                ..Ringing::default()
            },
            messages: voicemail.clone(),
            keep: *retention,
            limit: plan
                .calls_per_month
                .map(|calls_per_month| Limit { calls_per_month, then: instead(plan.when_used_up) }),
            expect: Vec::new(),
        }
    }
}

fn step(action: Action) -> Step {
    Step { place: NOWHERE, action }
}

fn instead(instead: Instead) -> Plan {
    match instead {
        Instead::Voicemail => vec![step(Action::Voicemail(None))],
        Instead::Message => {
            vec![step(Action::Say(Speech::Prompt("unavailable".to_owned()))), step(Action::Reject)]
        }
        Instead::Reject => vec![step(Action::Reject)],
    }
}
