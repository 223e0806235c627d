//! Which calls would have gone another way.

use domain::{Call, EmailAddress, Language};
use jiff::Timestamp;
use phone::{Caller, PhoneNumber};
use phonefile::model::{self, Said, Speech};
use phonefile::{Happened, Happening, PhoneFile, Way, way};

use crate::reading::international;

/// A call that would have gone another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) begun_at: Timestamp,
    pub(super) caller: Caller,
    /// In short: `rings ana; a message for ana`.
    pub(super) before: String,
    pub(super) after: String,
}

/// What a caller, or a telephone, notices. Names of people are only names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Noticed<'a> {
    Prompt(&'a str),
    Words(&'a [(Language, Vec<Said>)], Option<&'a str>),
    AsksName,
    Offered,
    Rings(Vec<(Option<&'a PhoneNumber>, u64)>, u16),
    Forwards(&'a PhoneNumber, u16),
    Menu(&'a str),
    Message(Option<&'a EmailAddress>),
    Silent,
    Rejects,
    AndSoOn,
}

/// The calls of a list, the newest first, that go another way by one file than by another. Callers press and say
/// nothing; who called before within the list is known.
pub(super) fn others(calls: &[Call], before: &PhoneFile, after: &PhoneFile) -> Vec<Other> {
    let mut others = Vec::new();
    for (at, call) in calls.iter().enumerate() {
        let (Some(begun_at), Some(caller)) = (call.begun_at, &call.caller) else { continue };
        let from = caller.number();
        let earlier = calls.get(at + 1..).unwrap_or_default();
        let known = from.is_some() && earlier.iter().any(|it| it.caller.as_ref() == Some(caller));
        let played = |file: &PhoneFile| model::Call {
            from: from.cloned(),
            at: begun_at.to_zoned(file.time_zone.clone()),
            known,
            unverified: false,
            presses: Vec::new(),
            says: Vec::new(),
        };
        let (one, other) = (way(before, &played(before)), way(after, &played(after)));
        if noticed(before, &one) != noticed(after, &other) {
            let (before, after) = (told(before, &one), told(after, &other));
            others.push(Other { begun_at, caller: caller.clone(), before, after });
        }
    }
    others
}

fn noticed<'a>(file: &'a PhoneFile, way: &'a Way) -> Vec<Noticed<'a>> {
    let person = |id: &str| file.people.iter().find(|person| person.id == id);
    let one = |it: &'a Happened| {
        Some(match &it.what {
            Happening::Says(Speech::Prompt(name)) => Noticed::Prompt(name),
            Happening::Says(Speech::Words(words)) => Noticed::Words(&words.texts, words.audio.as_deref()),
            Happening::AsksName => Noticed::AsksName,
            Happening::Offers(_) => Noticed::Offered,
            Happening::Rings { people, time } => Noticed::Rings(
                people
                    .iter()
                    .map(|rung| (person(&rung.person).and_then(|it| it.phone.as_ref()), rung.after.as_secs()))
                    .collect(),
                time.as_seconds(),
            ),
            Happening::Forwards { to, time } => Noticed::Forwards(to, time.as_seconds()),
            Happening::Menu(name) => Noticed::Menu(name),
            Happening::Voicemail(id) => Noticed::Message(person(id).and_then(|it| it.email.as_ref())),
            Happening::Silent => Noticed::Silent,
            Happening::Rejects => Noticed::Rejects,
            Happening::AndSoOn => Noticed::AndSoOn,
            // Nobody presses anything, and who is away is not rung.
            Happening::Away { .. } | Happening::Chooses(_) | Happening::ChoosesNothing => return None,
        })
    };
    way.happened.iter().filter_map(one).collect()
}

/// `hears closed; rings ana, ben for 40 s; a message for ana`
fn told(file: &PhoneFile, way: &Way) -> String {
    let name = |id: &str| {
        let person = file.people.iter().find(|person| person.id == id);
        // In what stands for settings a telephone has no other name.
        let number = person.and_then(|it| it.phone.as_ref()).filter(|phone| phone.reveal() == id);
        number.map_or_else(|| id.to_owned(), international)
    };
    let parts = way.happened.iter().filter_map(|it| match &it.what {
        Happening::Says(Speech::Prompt(name)) => Some(format!("hears {name}")),
        Happening::Says(Speech::Words(_)) => Some("hears some words".to_owned()),
        Happening::Offers(_) => Some("is offered to programs".to_owned()),
        Happening::AsksName => Some("is asked for a name".to_owned()),
        Happening::Rings { people, time } => {
            let people: Vec<String> = people.iter().map(|rung| name(&rung.person)).collect();
            Some(format!("rings {} for {} s", people.join(", "), time.as_seconds()))
        }
        Happening::Forwards { to, time } => {
            Some(format!("rings {} for {} s", international(to), time.as_seconds()))
        }
        Happening::Menu(name) => Some(format!("menu {name}")),
        Happening::Voicemail(id) => Some(format!("a message for {}", name(id))),
        Happening::Silent => Some("a message in silence".to_owned()),
        Happening::Rejects => Some("refused".to_owned()),
        Happening::AndSoOn => Some("and so on".to_owned()),
        Happening::Away { .. } | Happening::Chooses(_) | Happening::ChoosesNothing => None,
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use domain::NumberSettings;
    use phone::CallSid;

    use super::*;

    const FILE: &str = r#"number: "+14155550101"
time_zone: America/Los_Angeles
people:
  ana: { phone: "+12125550142", email: ana@example.com }
lists:
  blocked: [anonymous]
hours:
  shop: { mon-fri: 09:00-17:00 }
calls:
  - { from: blocked, do: reject }
  - { from: first-time, do: [say: welcome, ring: ana] }
  - { when: shop, do: [ring: ana] }
prompts: { welcome: { en: Welcome. } }
"#;

    fn file(text: &str) -> PhoneFile {
        phonefile::read(text).unwrap().file
    }

    fn call(nth: u32, from: &str, at: &str) -> Call {
        Call {
            call_sid: CallSid::parse(&format!("CA{nth:032x}")).unwrap(),
            number: None,
            caller: Some(Caller::parse(from)),
            caller_name: None,
            begun_at: Some(at.parse().unwrap()),
            disposition: None,
            dial_outcome: None,
            dial_duration_seconds: None,
            status: None,
            duration_seconds: None,
            legs: Vec::new(),
            in_list: None,
            passed_over: Vec::new(),
            seen_at: None,
            held: false,
        }
    }

    /// The newest first: a Saturday, then a Friday's.
    fn calls() -> Vec<Call> {
        vec![
            call(3, "+13125550142", "2026-11-21T20:00:00Z"),
            call(2, "anonymous", "2026-11-20T20:00:00Z"),
            call(1, "+13125550142", "2026-11-20T20:00:00Z"),
        ]
    }

    #[test]
    fn by_the_same_file_every_call_goes_the_same_way() {
        assert_eq!(others(&calls(), &file(FILE), &file(FILE)), []);
        let renamed = FILE.replace("ana:", "anna:").replace("ring: ana", "ring: anna");
        assert_eq!(others(&calls(), &file(FILE), &file(&format!("# Moves lines.\n{renamed}"))), []);
    }

    #[test]
    fn calls_that_go_another_way_are_told_with_both() {
        let told = |after: &str| {
            let others = others(&calls(), &file(FILE), &file(after));
            others.into_iter().map(|it| (it.before, it.after)).collect::<Vec<_>>()
        };
        let pair = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        assert_eq!(
            told(&FILE.replace("when: shop, ", "")),
            [pair("a message for ana", "rings ana for 25 s; a message for ana")]
        );
        assert_eq!(
            told(&FILE.replace("[anonymous]", "[unverified]")),
            [pair("refused", "hears welcome; rings ana for 25 s; a message for ana")]
        );
        assert_eq!(told(&FILE.replace("0142\"", "0143\"")).len(), 1);
    }

    #[test]
    fn settings_are_what_calls_went_by_before_there_was_a_file() {
        let email = EmailAddress::parse("kim@example.com").unwrap();
        let [number, target] = ["+14155550101", "+12125550142"].map(|it| PhoneNumber::parse(it).unwrap());
        let before = PhoneFile::equivalent(&NumberSettings::new(number, email, target));
        let others = others(&calls(), &before, &file(FILE));
        assert_eq!(others.len(), 3);
        assert_eq!(others[1].before, "rings +1 212-555-0142 for 20 s; a message for owner");
    }
}
