//! Mails, read by a library that had no part in writing them, and the page behind their links.

use delivery::mail::{Composed, Draft, MissedCallDraft, Sender};
use domain::{
    Address, Audio, Destination, EmailAddress, Engine, Language, MailKind, MissedCall, Owner, Parties,
    Transcript, Voicemail, fixtures,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders as _};
use pages::{Reader, page};
use phone::{Caller, PhoneNumber};
use proptest::prelude::*;

use crate::config;
use crate::text::any_text;

const HEADERS: [&str; 11] = [
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "From",
    "In-Reply-To",
    "MIME-Version",
    "Message-ID",
    "References",
    "Subject",
    "To",
    "X-Auto-Response-Suppress",
];

const TAGS: [&str; 27] = [
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "div",
    "p",
    "h1",
    "h2",
    "audio",
    "blockquote",
    "br",
    "table",
    "tr",
    "td",
    "dl",
    "dt",
    "dd",
    "a",
    "/a",
    "/p",
    "/td",
    "/tr",
    "/dt",
];

const ATTRIBUTES: [&str; 13] = [
    "html", "lang", "charset", "name", "content", "style", "dir", "role", "href", "class", "rel", "controls",
    "preload",
];

const TOKEN: &str = "ASNFZ4mrze8BI0VniavN7wAAAABqIA8A";

/// Who and what strangers and owners say they are.
#[derive(Clone, Debug)]
struct Said {
    from: String,
    name: Option<String>,
    words: Option<String>,
    owner: Option<String>,
    language: Language,
}

fn any_said() -> impl Strategy<Value = Said> {
    let optional = || proptest::option::of(any_text());
    let from = prop_oneof![Just("+12125550123".to_owned()), any_text()];
    let language = proptest::sample::select(Language::ALL.to_vec());
    (from, optional(), optional(), optional(), language)
        .prop_map(|(from, name, words, owner, language)| Said { from, name, words, owner, language })
}

impl Said {
    fn parties(&self) -> Parties {
        Parties {
            number: PhoneNumber::parse("+14155550100").unwrap(),
            caller: Caller::parse(&self.from),
            caller_name: self.name.clone(),
        }
    }

    fn owner(&self) -> Owner {
        Owner {
            name: self.owner.clone(),
            language: self.language,
            time_zone: TimeZone::UTC,
            ..Owner::at(EmailAddress::parse("ada@example.org").unwrap())
        }
    }

    fn voicemail(&self) -> Voicemail {
        let parties = self.parties();
        Voicemail {
            recorded_at: now(),
            parties: Some(parties.clone()),
            destination: Some(Destination { parties, ..fixtures::destination() }),
            transcript: self.words.as_ref().map(|words| Transcript::words(Engine::Twilio, words.clone())),
            audio: Some(Audio { key: "1.wav".to_owned(), size: 12, released: false, ..fixtures::audio() }),
            ..fixtures::archived()
        }
    }

    fn missed_call(&self) -> MissedCall {
        MissedCall { parties: self.parties(), missed_at: now(), ..fixtures::missed_call() }
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_176_000).unwrap()
}

fn sender() -> Sender {
    Sender {
        from: EmailAddress::parse("voicemail@aftertone.example").unwrap(),
        configuration_set: None,
        link_base_url: "https://aftertone.example".to_owned(),
        link_lifetime: SignedDuration::from_hours(7 * 24),
    }
}

/// Characters that hide how a text really reads.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn shows_all(text: &str) -> Result<(), TestCaseError> {
    prop_assert!(!text.chars().any(|c| is_hidden(c) && !['\r', '\n'].contains(&c)), "{:?}", text);
    Ok(())
}

/// All of its markup is ours.
fn is_ours(html: &str) -> Result<(), TestCaseError> {
    shows_all(html)?;
    for part in html.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else {
            return Err(TestCaseError::fail(format!("an open tag: {part:?}")));
        };
        // What follows up to the next tag is text, or the style.
        prop_assert!(!text.contains('>'), "{:?}", text);
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let plain = name.strip_prefix('/').unwrap_or(name);
        prop_assert!(TAGS.contains(&name) || TAGS.contains(&plain), "<{}>", tag);
        // Outside of quotes there are names and signs of equality.
        for (number, piece) in attributes.split('"').enumerate() {
            if number % 2 == 0 {
                for name in piece.split([' ', '=']).filter(|name| !name.is_empty()) {
                    prop_assert!(
                        ATTRIBUTES.contains(&name) || ["src", "aria-label"].contains(&name),
                        "<{}>",
                        tag
                    );
                }
            }
        }
        for (value, _) in attributes.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"')) {
            let is_known = value == "tel:+12125550123"
                || value.starts_with("tel:+") && value[5..].bytes().all(|byte| byte.is_ascii_digit())
                || value == "?download=1"
                || value == format!("https://aftertone.example/v/{TOKEN}");
            prop_assert!(is_known, "<{}>", tag);
        }
    }
    Ok(())
}

fn check(composed: &Composed, sound: Option<&[u8]>) -> Result<(), TestCaseError> {
    let raw = &composed.message;
    prop_assert!(raw.is_ascii());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(content) = line.strip_suffix(b"\r\n") else {
            return Err(TestCaseError::fail("a line that ends otherwise"));
        };
        prop_assert!(content.len() <= 998 && !content.contains(&b'\r') && !content.contains(&0));
    }
    let mail = MessageParser::default().parse(raw).unwrap();
    let mut names: Vec<&str> = mail.headers_raw().map(|(name, _)| name).collect();
    names.sort_unstable();
    prop_assert_eq!(names, HEADERS);
    let to: Vec<_> = mail.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
    prop_assert_eq!(to, ["ada@example.org"]);
    prop_assert_eq!(composed.to.reveal(), "ada@example.org");
    let from: Vec<_> = mail.from().unwrap().iter().map(|from| from.address().unwrap().to_owned()).collect();
    prop_assert_eq!(from, ["voicemail@aftertone.example"]);
    prop_assert!(mail.cc().is_none() && mail.bcc().is_none() && mail.reply_to().is_none());
    prop_assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    let subject = mail.subject().unwrap();
    prop_assert!(!subject.contains(['\r', '\n']));
    shows_all(subject)?;
    shows_all(&mail.body_text(0).unwrap())?;
    is_ours(&mail.body_html(0).unwrap())?;
    let attached: Vec<&[u8]> = mail.attachments().map(mail_parser::MessagePart::contents).collect();
    prop_assert_eq!(attached, Vec::from_iter(sound));
    for part in mail.attachments() {
        let content_type = part.content_type().unwrap();
        prop_assert_eq!((content_type.ctype(), content_type.subtype()), ("audio", Some("wav")));
        prop_assert!(part.attachment_name().unwrap().starts_with("voicemail-2026-"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_name_and_no_words_are_more_than_text_in_a_mail(
        said in any_said(),
        kind in proptest::sample::select(vec![MailKind::Voicemail, MailKind::Transcript]),
        is_linked: bool,
        sound in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..100)),
    ) {
        let (voicemail, owner, sender) = (said.voicemail(), said.owner(), sender());
        let draft = Draft {
            kind,
            voicemail: &voicemail,
            destination: voicemail.destination.as_ref().unwrap(),
            owner: &owner,
            address: Address::First,
            sender: &sender,
            token: is_linked.then_some(TOKEN),
            now: now(),
        };
        check(&draft.compose(sound.clone()).unwrap(), sound.as_deref())?;
    }

    #[test]
    fn no_name_is_more_than_text_in_a_mail_about_a_missed_call(said in any_said()) {
        let (missed_call, owner, sender) = (said.missed_call(), said.owner(), sender());
        let draft = MissedCallDraft {
            kind: MailKind::MissedCall,
            missed_call: &missed_call,
            owner: &owner,
            address: Address::First,
            sender: &sender,
            now: now(),
        };
        check(&draft.compose().unwrap(), None)?;
    }

    #[test]
    fn no_name_and_no_words_are_more_than_text_on_a_page(said in any_said()) {
        is_ours(&page(&said.voicemail(), &Reader::from(&said.owner())))?;
    }
}
