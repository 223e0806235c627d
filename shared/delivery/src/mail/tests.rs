use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::error::{ConnectorError, ErrorMetadata};
use domain::{Bounce, Engine, Engines, Instruction, Language, Mail, Resend, Transcript};
use insta::assert_snapshot;
use jiff::tz::TimeZone;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use phone::Caller;
use proptest::prelude::*;

use super::*;
use domain::fixtures::*;

const TOKEN: &str = "ASNFZ4mrze8BI0VniavN7wAAAABqIA8A";

/// A situation in which a mail is written.
struct Case {
    kind: MailKind,
    voicemail: Voicemail,
    owner: Owner,
    address: Address,
    sender: Sender,
    sound: Option<Vec<u8>>,
    token: Option<&'static str>,
}

impl Default for Case {
    /// The message and its words are there, and the sound is small.
    fn default() -> Self {
        let sender = Sender {
            from: EmailAddress::parse("voicemail@aftertone.example").unwrap(),
            configuration_set: None,
            link_base_url: "https://aftertone.example".to_owned(),
            link_lifetime: SignedDuration::from_hours(7 * 24),
        };
        Self {
            kind: MailKind::Voicemail,
            voicemail: said("Hi Ada, it's Charles.\nPlease call me back."),
            owner: owner(Language::English, "America/New_York"),
            address: Address::First,
            sender,
            sound: Some(b"RIFF....WAVE".to_vec()),
            token: Some(TOKEN),
        }
    }
}

impl Case {
    fn compose(&self) -> Composed {
        let draft = Draft {
            kind: self.kind,
            voicemail: &self.voicemail,
            destination: self.voicemail.destination.as_ref().unwrap(),
            owner: &self.owner,
            address: self.address,
            sender: &self.sender,
            token: self.token,
            now: after(30),
        };
        draft.compose(self.sound.clone()).unwrap()
    }

    fn read(&self) -> Received {
        Received::parse(&self.compose().message)
    }
}

/// A mail as its reader gets it.
struct Received {
    text: String,
    html: String,
    subject: String,
    /// Names and addresses.
    to: Vec<(Option<String>, String)>,
    headers: Vec<(String, String)>,
    attachments: Vec<Attachment>,
}

#[derive(Debug, PartialEq)]
struct Attachment {
    name: String,
    content_type: String,
    content: Vec<u8>,
}

impl Received {
    fn parse(raw: &[u8]) -> Self {
        let message: Message = MessageParser::default().parse(raw).unwrap();
        assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
        let attachment = |part: &mail_parser::MessagePart| {
            let content_type = part.content_type().unwrap();
            Attachment {
                name: part.attachment_name().unwrap().to_owned(),
                content_type: format!("{}/{}", content_type.ctype(), content_type.subtype().unwrap()),
                content: part.contents().to_vec(),
            }
        };
        let to = message.to().unwrap().iter();
        let to = to.map(|it| (it.name().map(str::to_owned), it.address().unwrap().to_owned()));
        let raw_header = |(name, value): (&str, &str)| (name.to_owned(), value.trim().to_owned());
        Self {
            text: message.body_text(0).unwrap().into_owned(),
            html: message.body_html(0).unwrap().into_owned(),
            subject: message.subject().unwrap().to_owned(),
            to: to.collect(),
            headers: message.headers_raw().map(raw_header).collect(),
            attachments: message.attachments().map(attachment).collect(),
        }
    }

    fn header(&self, name: &str) -> &str {
        let values: Vec<&str> =
            self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect();
        let [value] = values.as_slice() else { panic!("{name} is there {} times", values.len()) };
        value
    }

    /// Whether both bodies say something.
    fn says(&self, what: &str) -> bool {
        let escaped = texts::escape(what.chars());
        assert_eq!(self.text.contains(what), self.html.contains(&escaped), "the bodies differ in {what:?}");
        self.text.contains(what)
    }
}

fn said(words: &str) -> Voicemail {
    Voicemail { transcript: Some(Transcript::words(Engine::Twilio, words.to_owned())), ..archived() }
}

fn called_by(from: &str, name: Option<&str>) -> Voicemail {
    let mut destination = destination();
    destination.parties.caller = Caller::parse(from);
    destination.parties.caller_name = name.map(str::to_owned);
    Voicemail { destination: Some(destination), ..said("Hello.") }
}

#[test]
fn a_mail_says_all_that_is_known() {
    let case = Case { voicemail: called_by("+12125550123", Some("BABBAGE CHARLES")), ..Case::default() };
    let transcript =
        Some(Transcript::words(Engine::Twilio, "Hi Ada, it's Charles.\nPlease call me back.".to_owned()));
    let case = Case { voicemail: Voicemail { transcript, ..case.voicemail }, ..case };
    let mail = case.read();
    assert_eq!(mail.subject, "Voicemail from BABBAGE CHARLES, (212) 555-0123");
    assert_snapshot!(mail.text, @"
    Hello Ada Lovelace,

    You have a new voicemail from BABBAGE CHARLES, (212) 555-0123.

    From: BABBAGE CHARLES, (212) 555-0123
    To: (415) 555-0100
    Time: Nov 21, 2026, 9:05 AM EST
    Length: 0:42

    What was said:

    Hi Ada, it's Charles.
    Please call me back.

    The recording is attached.
    Listen to the message: https://aftertone.example/v/ASNFZ4mrze8BI0VniavN7wAAAABqIA8A
    The link works until Nov 28, 2026.
    ");
    assert_snapshot!(mail.html, @r#"
    <!DOCTYPE html>
    <html lang="en">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="margin:0;padding:16px 8px;background:#f4f5f7;color:#1d2129;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
    <div style="max-width:560px;margin:0 auto;padding:16px;background:#ffffff;border-radius:8px">
    <p style="margin:0 0 16px">Hello Ada Lovelace,</p>
    <p style="margin:0 0 16px">You have a new voicemail from BABBAGE CHARLES, (212) 555-0123.</p>
    <blockquote style="margin:0 0 16px;padding:8px 16px;border-left:4px solid #3b6fe0;background:#f4f7fe" dir="auto">Hi Ada, it&#39;s Charles.<br>
    Please call me back.</blockquote>
    <table role="presentation" style="margin:0 0 16px;border-collapse:collapse">
    <tr><td style="padding:2px 12px 2px 0;vertical-align:top;color:#6b7280">From</td><td dir="auto"><a href="tel:+12125550123" style="color:#3b6fe0">BABBAGE CHARLES<br>(212) 555-0123</a></td></tr>
    <tr><td style="padding:2px 12px 2px 0;vertical-align:top;color:#6b7280">To</td><td dir="auto">(415) 555-0100</td></tr>
    <tr><td style="padding:2px 12px 2px 0;vertical-align:top;color:#6b7280">Time</td><td dir="auto">Nov 21, 2026, 9:05 AM EST</td></tr>
    <tr><td style="padding:2px 12px 2px 0;vertical-align:top;color:#6b7280">Length</td><td dir="auto">0:42</td></tr>
    </table>
    <p style="margin:0 0 16px"><a href="https://aftertone.example/v/ASNFZ4mrze8BI0VniavN7wAAAABqIA8A" style="display:inline-block;padding:10px 20px;border-radius:6px;background:#3b6fe0;color:#ffffff;text-decoration:none">Listen to the message</a></p>
    <p style="margin:0 0 4px;font-size:14px;color:#6b7280">The recording is attached.</p>
    <p style="margin:0 0 4px;font-size:14px;color:#6b7280">The link works until Nov 28, 2026.</p>
    </div>
    </body>
    </html>
    "#);
}

#[test]
fn a_mail_speaks_the_owners_language() {
    let case = Case { owner: owner(Language::Chinese, "Asia/Shanghai"), ..Case::default() };
    let case = Case { voicemail: said("请给我回电话。"), ..case };
    let mail = case.read();
    assert_eq!(mail.subject, "来自 (212) 555-0123 的语音留言");
    assert_snapshot!(mail.text, @"
    Ada Lovelace，您好！

    您有一条来自 (212) 555-0123 的新语音留言。

    来电者：(212) 555-0123
    被叫：(415) 555-0100
    时间：2026年11月21日 22:05 UTC+8
    时长：0:42

    留言内容：

    请给我回电话。

    录音见附件。
    收听留言：https://aftertone.example/v/ASNFZ4mrze8BI0VniavN7wAAAABqIA8A
    链接有效期至 2026年11月28日。
    ");
}

#[test]
fn the_subject_names_the_caller_in_every_language() {
    let cases = [
        (Language::English, "Voicemail from an unknown caller"),
        (Language::Chinese, "来自 未知来电者 的语音留言"),
        (Language::Spanish, "Mensaje de voz de un número desconocido"),
        (Language::French, "Message vocal laissé par un correspondant inconnu"),
        (Language::German, "Sprachnachricht von Unbekannt"),
        (Language::Japanese, "非通知の番号 からの留守番電話"),
        (Language::BrazilianPortuguese, "Mensagem de voz de um número desconhecido"),
    ];
    for (language, subject) in cases {
        let owner = owner(language, "UTC");
        let case = Case { owner, voicemail: called_by("anonymous", None), ..Case::default() };
        assert_eq!(case.read().subject, subject);
        let case = Case { voicemail: called_by("+12125550123", Some("Alice")), ..case };
        assert!(case.read().subject.contains("Alice, (212) 555-0123"), "{language}");
    }
}

#[test]
fn every_language_has_every_text() {
    for language in Language::ALL {
        let texts = Texts::of(language);
        for (text, blank) in [
            (texts.subject, "{caller}"),
            (texts.opening, "{caller}"),
            (texts.words_follow, "{caller}"),
            (texts.hello, "{name}"),
            (texts.link_until, "{date}"),
            (texts.missed_subject, "{caller}"),
            (texts.missed, "{caller}"),
            (texts.second_address, "{address}"),
        ] {
            assert_eq!(text.matches(blank).count(), 1, "{language} {text}");
            assert_eq!(text.matches('{').count(), 1, "{language} {text}");
        }
        for text in [
            texts.colon,
            texts.caller,
            texts.number,
            texts.time,
            texts.length,
            texts.words,
            texts.listen,
            texts.attached,
            texts.too_large,
            texts.lost,
            texts.gone,
            texts.found_again,
            texts.awaited,
            texts.too_short,
            texts.too_long,
            texts.failed,
            texts.nothing_recognised,
            texts.withheld,
        ] {
            assert!(!text.trim().is_empty() && !text.contains('{'), "{language} {text}");
        }
    }
}

#[test]
fn the_headers_are_these_and_no_others() {
    let mail = Case::default().read();
    let mut names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, HEADERS);
    assert_eq!(mail.header("From"), "\"Aftertone\" <voicemail@aftertone.example>");
    assert_eq!(mail.header("To"), "\"Ada Lovelace\" <ada@example.org>");
    assert_eq!(mail.header("Date"), "Sat, 21 Nov 2026 14:05:50 +0000");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("X-Auto-Response-Suppress"), "All");
}

#[test]
fn a_missed_call_is_told_in_a_short_mail_in_every_language() {
    let parties = called_by("+12125550123", Some("Alice")).destination.unwrap().parties;
    let missed_call = MissedCall { parties, ..missed_call() };
    let sender = Case::default().sender;
    for language in Language::ALL {
        let owner = owner(language, "America/New_York");
        let draft = MissedCallDraft {
            kind: MailKind::MissedCall,
            missed_call: &missed_call,
            owner: &owner,
            address: Address::First,
            sender: &sender,
            now: after(150),
        };
        let composed = draft.compose().unwrap();
        let tags = Tags {
            entry: missed_call.call_sid.to_string(),
            address: Address::First,
            kind: MailKind::MissedCall,
            with_words: false,
            with_sound: false,
        };
        assert_eq!(composed.tags, tags);
        let mail = Received::parse(&composed.message);
        let mut names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, HEADERS);
        assert!(mail.attachments.is_empty());
        for part in ["Alice, (212) 555-0123", "(415) 555-0100", "2026", ":05", "Ada Lovelace"] {
            assert!(mail.says(part), "{language} {part}: {}", mail.text);
        }
        assert!(mail.subject.contains("Alice, (212) 555-0123"));
        if language == Language::English {
            assert_eq!(mail.subject, "Missed call from Alice, (212) 555-0123");
            assert_snapshot!(mail.text, @"
            Hello Ada Lovelace,

            You missed a call from Alice, (212) 555-0123. No message was left.

            From: Alice, (212) 555-0123
            To: (415) 555-0100
            Time: Nov 21, 2026, 9:05 AM EST
            ");
        }
    }
}

fn with_second_address() -> Owner {
    Owner { second_email: EmailAddress::parse("assistant@example.net").ok(), ..Case::default().owner }
}

#[test]
fn a_mail_that_bounced_goes_to_the_second_address_and_says_so() {
    let owner = with_second_address();
    let voicemail = Voicemail { second_mail_wanted: true, ..Case::default().voicemail };
    let (kind, address) = (MailKind::Second, Address::Second);
    let second = Case { kind, voicemail, owner: owner.clone(), address, ..Case::default() };
    let composed = second.compose();
    assert_eq!(composed.to.reveal(), "assistant@example.net");
    assert_eq!(composed.tags.address, Address::Second);
    let (first, second) = (Case { owner, ..Case::default() }.read(), second.read());
    assert_eq!(second.header("To"), "\"Ada Lovelace\" <assistant@example.net>");
    assert_eq!(second.subject, first.subject);
    assert_eq!(second.attachments, first.attachments);
    assert_ne!(second.header("Message-ID"), first.header("Message-ID"));
    assert_eq!(second.header("References"), first.header("References"));
    let note = "This e-mail could not be delivered to ada@example.org, so it comes to your second address.";
    assert!(second.says(note), "{}", second.text);
    assert!(!first.says("ada@example.org") && second.says("Please call me back."));
}

fn turned_away(for_good: bool) -> Voicemail {
    let bounced = for_good.then(|| Bounce { at: after(20), reason: "Permanent NoEmail".to_owned() });
    let first_address = MailReports { bounced, ..MailReports::default() };
    Voicemail { first_address, second_mail_wanted: !for_good, ..said("Please call me back.") }
}

fn ordered_again(voicemail: Voicemail, to: ResendTo) -> Voicemail {
    let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at: after(25) };
    let (mail, reports) = (Mail::Unsent, MailReports::default());
    Voicemail {
        resend: Some(Resend { number: 2, instruction, to, with_sound: true, mail, reports }),
        ..voicemail
    }
}

#[test]
fn the_second_address_reads_of_the_first_only_what_happened() {
    const KINDS: [MailKind; 3] = [MailKind::Transcript, MailKind::Second, MailKind::Resend(2)];
    let owner = with_second_address();
    let says = |kind, voicemail: Voicemail, address| {
        let voicemail = ordered_again(voicemail, ResendTo::Second);
        let mail = Case { kind, voicemail, owner: owner.clone(), address, ..Case::default() }.read();
        mail.says("This e-mail could not be delivered to ada@example.org")
    };
    for (kind, for_good) in KINDS.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        assert!(says(kind, turned_away(for_good), Address::Second), "{kind:?} {for_good}");
        assert!(!says(kind, turned_away(for_good), Address::First), "{kind:?} {for_good}");
    }
    assert!(!says(MailKind::Resend(2), said("Hello."), Address::Second), "it was only ordered to go there");
}

#[test]
fn an_ordered_mail_goes_to_its_address_and_is_tagged_so() {
    let owner = with_second_address();
    let first = Case::default().read();
    for (to, address, email) in [
        (ResendTo::First, Address::First, "ada@example.org"),
        (ResendTo::Second, Address::Second, "assistant@example.net"),
        (ResendTo::Named(EmailAddress::parse("kim@example.com").unwrap()), Address::First, "kim@example.com"),
    ] {
        let voicemail = ordered_again(Case::default().voicemail, to);
        let case = |kind| Case {
            kind,
            voicemail: voicemail.clone(),
            owner: owner.clone(),
            address,
            ..Case::default()
        };
        let again = case(MailKind::Resend(2)).compose();
        assert_eq!((again.to.reveal(), again.tags.address), (email, Address::Again));
        let mail = Received::parse(&again.message);
        assert_eq!(mail.header("To"), format!("\"Ada Lovelace\" <{email}>"));
        assert_eq!((&mail.subject, &mail.attachments), (&first.subject, &first.attachments));
        assert_eq!(mail.header("References"), first.header("References"));
        assert_ne!(mail.header("Message-ID"), first.header("Message-ID"));
        // What else is sent of it meanwhile goes where it went before.
        let words = case(MailKind::Transcript).compose();
        assert_eq!((words.tags.address, words.to.reveal() == "kim@example.com"), (address, false));
    }
}

#[test]
fn tags_are_read_as_they_were_written_and_as_nothing_else() {
    // As they are in events of mails that an earlier release sent.
    for (kind, tag, in_logs) in [
        (MailKind::Voicemail, "voicemail", "voicemail"),
        (MailKind::Transcript, "words", "words"),
        (MailKind::Second, "second", "second"),
        (MailKind::MissedCall, "missed-call", "missed-call"),
        (MailKind::Resend(1), "resend-1", "resend"),
        (MailKind::Resend(u32::MAX), "resend-4294967295", "resend"),
    ] {
        for (address, name) in
            [(Address::First, "first"), (Address::Second, "second"), (Address::Again, "again")]
        {
            let entry = "RE1".to_owned();
            let tags = Tags { entry, address, kind, with_words: true, with_sound: false }.named();
            let tags = tags.each_ref().map(|(name, value)| (*name, value.as_str()));
            let said =
                [("entry", "RE1"), ("address", name), ("mail", tag), ("words", "yes"), ("sound", "no")];
            assert_eq!(tags, said);
            assert_eq!(Tags::address(name), Some(address));
        }
        assert_eq!((Tags::kind(tag), kind_name(kind)), (Some(kind), in_logs));
    }
    for unknown in ["", "resend", "resend-", "resend-x", "resend1", "resend-4294967296", "third"] {
        assert_eq!((Tags::kind(unknown), Tags::address(unknown)), (None, None), "{unknown}");
    }
}

fn says(status: u16, code: &str) -> SdkError<SendRawEmailError> {
    let error = SendRawEmailError::generic(ErrorMetadata::builder().code(code).build());
    SdkError::service_error(error, HttpResponse::new(status.try_into().unwrap(), "".into()))
}

#[test]
fn only_a_clear_no_of_ses_means_that_a_mail_is_not_sent() {
    let unreached = ConnectorError::io(aws::NotConnected("refused".into()).into());
    let garbled = HttpResponse::new(200.try_into().unwrap(), "<".into());
    for (error, means) in [
        (says(400, "Throttling"), "Throttled"),
        (says(400, "MessageRejected"), "Refused"),
        (says(403, "AccessDenied"), "Refused"),
        (SdkError::construction_failure("no region"), "Refused"),
        (SdkError::dispatch_failure(unreached), "Unreached"),
        (says(500, "InternalFailure"), "Unknown"),
        (says(503, "ServiceUnavailable"), "Unknown"),
        (SdkError::dispatch_failure(ConnectorError::io("reset".into())), "Unknown"),
        (SdkError::timeout_error("no answer"), "Unknown"),
        (SdkError::response_error("no XML", garbled), "Unknown"),
    ] {
        let what = format!("{error:?}");
        let meaning = format!("{:?}", meaning(error));
        assert!(meaning.starts_with(&format!("{means}(")), "{what}: {meaning}");
    }
}

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

#[test]
fn a_mail_to_an_owner_without_a_name_greets_nobody() {
    for name in [None, Some(""), Some(" \r\n")] {
        let owner = Owner { name: name.map(str::to_owned), ..Case::default().owner };
        let mail = Case { owner, ..Case::default() }.read();
        assert_eq!(mail.header("To"), "<ada@example.org>", "{name:?}");
        assert!(mail.text.starts_with("You have a new voicemail from (212) 555-0123."), "{}", mail.text);
        assert!(!mail.says("Hello"));
    }
}

#[test]
fn the_second_mail_is_short_and_stands_in_the_same_thread() {
    let first = Case { voicemail: archived(), ..Case::default() }.read();
    let case = Case { kind: MailKind::Transcript, sound: None, ..Case::default() };
    assert!(case.compose().with_words);
    let second = case.read();
    assert_eq!(second.subject, format!("Re: {}", first.subject));
    for header in ["References", "In-Reply-To"] {
        let thread = "<RE0123456789abcdef0123456789abcdef.voicemail@aftertone.example>";
        assert_eq!((first.header(header), second.header(header)), (thread, thread));
    }
    assert_ne!(first.header("Message-ID"), second.header("Message-ID"));
    assert!(second.attachments.is_empty());
    assert!(second.says("Here is what (212) 555-0123 said in the voicemail."));
    assert!(second.says("Please call me back.") && second.says(TOKEN));
    assert!(!second.says(Texts::of(Language::English).too_large), "{}", second.text);
}

#[test]
fn times_are_those_of_the_owners_clock() {
    let summer = "2026-07-01T03:30:00Z".parse().unwrap();
    let cases = [
        (recorded_at(), "America/New_York", "Nov 21, 2026, 9:05 AM EST"),
        (recorded_at(), "Asia/Tokyo", "Nov 21, 2026, 11:05 PM JST"),
        (recorded_at(), "Asia/Kathmandu", "Nov 21, 2026, 7:50 PM UTC+5:45"),
        (recorded_at(), "UTC", "Nov 21, 2026, 2:05 PM UTC"),
        (summer, "America/New_York", "Jun 30, 2026, 11:30 PM EDT"),
        (summer, "Europe/Berlin", "Jul 1, 2026, 5:30 AM CEST"),
    ];
    for (recorded_at, time_zone, shown) in cases {
        let voicemail = Voicemail { recorded_at, ..said("Hello.") };
        let case = Case { voicemail, owner: owner(Language::English, time_zone), ..Case::default() };
        assert!(case.read().says(shown), "{shown}");
    }
}

#[test]
fn the_link_is_named_with_the_last_day_on_which_it_works() {
    for link_base_url in ["https://aftertone.example", "https://aftertone.example/"] {
        // A week after a mail at five past two in the afternoon in London, the next day in Kiritimati.
        let sender = Sender { link_base_url: link_base_url.to_owned(), ..Case::default().sender };
        let case = Case { sender, owner: owner(Language::English, "Pacific/Kiritimati"), ..Case::default() };
        let mail = case.read();
        assert!(mail.says(&format!("https://aftertone.example/v/{TOKEN}")), "{}", mail.text);
        assert!(mail.says("The link works until Nov 29, 2026."), "{}", mail.text);
    }
    let mail = Case { token: None, sound: None, ..Case::default() }.read();
    assert!(!mail.says("link") && !mail.says("Listen"), "{}", mail.text);
}

#[test]
fn the_length_is_in_minutes_and_seconds() {
    for (seconds, shown) in [(5, "Length: 0:05"), (60, "Length: 1:00"), (14_400, "Length: 240:00")] {
        let recording = Recorded::Ready { duration_seconds: seconds };
        let mail = Case { voicemail: Voicemail { recording, ..archived() }, ..Case::default() }.read();
        assert!(mail.text.contains(shown), "{}", mail.text);
    }
    let recording = Recorded::Left { duration_seconds: None };
    let mail = Case { voicemail: Voicemail { recording, ..archived() }, ..Case::default() }.read();
    assert!(!mail.says("Length"), "{}", mail.text);
}

#[test]
fn without_words_the_mail_says_why() {
    type Reason = fn(&Texts) -> &'static str;
    let ready = |duration_seconds| Recorded::Ready { duration_seconds };
    let cases: [(Recorded, Option<Transcript>, Reason); 5] = [
        (ready(42), None, |texts| texts.awaited),
        (ready(2), None, |texts| texts.too_short),
        (ready(120), None, |texts| texts.too_long),
        (ready(42), Some(Transcript::failed(Engine::Twilio)), |texts| texts.failed),
        (ready(42), Some(Transcript::words(Engine::Twilio, " ".to_owned())), |texts| {
            texts.nothing_recognised
        }),
    ];
    for language in Language::ALL {
        let texts = Texts::of(language);
        for (recording, transcript, reason) in &cases {
            let voicemail = Voicemail { recording: *recording, transcript: transcript.clone(), ..archived() };
            let case = Case { voicemail, owner: owner(language, "UTC"), ..Case::default() };
            assert!(!case.compose().with_words);
            let mail = case.read();
            assert!(mail.says(reason(texts)), "{language} {}", mail.text);
            assert!(!mail.text.contains(texts.words) && !mail.html.contains("<blockquote"));
            for (.., other) in &cases {
                assert!(other(texts) == reason(texts) || !mail.says(other(texts)), "{}", mail.text);
            }
        }
    }
}

#[test]
fn an_owner_who_wants_no_words_is_not_told_that_there_are_none() {
    let mut voicemail = archived();
    voicemail.destination.as_mut().unwrap().engines = Engines::Off;
    let mail = Case { voicemail, ..Case::default() }.read();
    assert!(mail.text.ends_with(
        "Length: 0:42\r\n\r\nThe recording is attached.\r\n\
         Listen to the message: https://aftertone.example/v/ASNFZ4mrze8BI0VniavN7wAAAABqIA8A\r\n\
         The link works until Nov 28, 2026.\r\n"
    ));
}

#[test]
fn of_a_sound_that_is_lost_or_gone_the_mail_says_which() {
    for (language, is_lost) in Language::ALL.into_iter().flat_map(|it| [(it, true), (it, false)]) {
        let recording = if is_lost { Recorded::Lost { error_code: None } } else { Recorded::Gone };
        let voicemail = Voicemail { recording, audio: None, ..archived() };
        let owner = owner(language, "UTC");
        let mail = Case { voicemail, owner, sound: None, token: None, ..Case::default() }.read();
        let texts = Texts::of(language);
        assert_eq!((mail.says(texts.lost), mail.says(texts.gone)), (is_lost, !is_lost));
        assert!(!mail.says(texts.failed) && !mail.says(texts.attached));
    }
    // What was stored before is neither.
    for recording in [Recorded::Lost { error_code: None }, Recorded::Gone] {
        let voicemail = Voicemail { recording, ..archived() };
        let mail = Case { voicemail, ..Case::default() }.read();
        let texts = Texts::of(Language::English);
        assert!(mail.says(texts.attached) && !mail.says(texts.lost) && !mail.says(texts.gone));
    }
}

#[test]
fn who_was_told_that_the_sound_is_gone_reads_that_it_is_there() {
    for language in Language::ALL {
        let voicemail = Voicemail { told_gone_at: Some(recorded_at()), ..archived() };
        let owner = owner(language, "UTC");
        let mail = Case { voicemail, owner, ..Case::default() }.read();
        let texts = Texts::of(language);
        assert!(mail.says(texts.found_again) && mail.says(texts.attached) && !mail.says(texts.gone));
    }
    assert!(!Case::default().read().says(Texts::of(Language::English).found_again));
}

#[test]
fn the_sound_is_attached_byte_for_byte() {
    let sound: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mail = Case { sound: Some(sound.clone()), ..Case::default() }.read();
    let expected = Attachment {
        name: "voicemail-2026-11-21-090520.wav".to_owned(),
        content_type: "audio/wav".to_owned(),
        content: sound,
    };
    assert_eq!(mail.attachments, [expected]);
    assert!(mail.says("The recording is attached."));
}

#[test]
fn a_sound_is_attached_while_the_mail_is_ten_megabytes_or_less() {
    let composed = |size: usize, words: usize| {
        let voicemail = said(&"w".repeat(words));
        Case { voicemail, sound: Some(vec![0xab; size]), ..Case::default() }.compose().message.len()
    };
    // Almost the largest sound whose mail fits with a word of a letter; more letters fill it up.
    let around = composed(7_300_000, 1);
    let largest = 7_300_000 + ((SIZE_LIMIT - around) / 78 - 4) * 57;
    let room = SIZE_LIMIT - composed(largest, 1);
    assert!((4 * 78..5 * 78).contains(&room), "{room}");
    // Each letter stands in the text and in the HTML, and a line must break now and then.
    let filled = composed(largest, 1 + room / 2 - 20);
    assert!((SIZE_LIMIT - 100..=SIZE_LIMIT).contains(&filled), "{filled}");
    assert!(may_attach(largest as u64));
    assert!(composed(largest, 1_000) < 20_000, "left out once it would be too large");
}

#[test]
fn a_sound_that_is_too_large_is_left_out_and_the_mail_says_so() {
    let largest = (0..10_000_000_u64).rev().find(|size| may_attach(*size)).unwrap();
    // Seven minutes and a half of telephone sound.
    assert_eq!(largest, 7_307_685);
    assert!(!may_attach(u64::MAX));
    let composed = Case { sound: Some(vec![0xab; 7_307_685]), ..Case::default() }.compose();
    assert!(composed.message.len() < 20_000);
    let mail = Received::parse(&composed.message);
    assert!(mail.attachments.is_empty());
    assert!(mail.says("The recording is too large for an email. Please use the link."));
    assert!(mail.says("Please call me back.") && mail.says(TOKEN));
}

#[test]
fn a_caller_with_a_number_can_be_called_back_with_a_tap() {
    let mail = Case { voicemail: called_by("+12125550123", Some("Alice")), ..Case::default() }.read();
    assert!(mail.html.contains(r#"<a href="tel:+12125550123""#), "{}", mail.html);
    for from in ["anonymous", "client:alice", "sip:alice@example.com", "0041 44 668 18 00"] {
        let mail = Case { voicemail: called_by(from, None), ..Case::default() }.read();
        assert!(!mail.html.contains("tel:"), "{from}");
    }
}

/// What a stranger may try.
const HOSTILE: [&str; 12] = [
    "Alice\r\nBcc: victim@example.com",
    "Alice\nSubject: You won\r\n\r\nClick here",
    "\r\n.\r\nQUIT\r\n",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</blockquote></div></body></html><iframe>",
    "=?utf-8?B?PHNjcmlwdD4=?=",
    "Alice\" <ceo@example.com>, \"Bob",
    "\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}\u{feff}\u{200b}",
    "{caller} {name} {date}",
    "👩‍👩‍👧‍👦 🦀 e\u{301}",
    "\0\u{1}\u{7f}\u{85}\u{2028}\u{2029}\t|",
];

/// Whether a mail is one that any server takes and any program reads as it was meant.
fn check(case: &Case) {
    let raw = case.compose().message;
    assert!(raw.is_ascii(), "a byte that not every server takes");
    assert!(raw.len() <= SIZE_LIMIT);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\r\n").expect("a line that ends otherwise");
        assert!(content.len() <= 998, "{} bytes in a line", content.len());
        assert!(!content.contains(&b'\r') && !content.contains(&0));
    }
    let mail = Received::parse(&raw);
    let mut names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, HEADERS);
    assert_eq!(mail.to.len(), 1, "{:?}", mail.to);
    assert_eq!(mail.to[0].1, "ada@example.org");
    for body in [&mail.subject, &mail.text, &mail.html] {
        let shown = body.replace("\r\n", "");
        assert!(!shown.chars().any(texts::is_hidden), "{shown:?}");
    }
    for tag in mail.html.split('<').skip(1) {
        let name: String = tag.chars().take_while(|c| !matches!(c, ' ' | '>' | '\r')).collect();
        let known = [
            "!DOCTYPE",
            "html",
            "head",
            "meta",
            "/head",
            "body",
            "div",
            "p",
            "/p",
            "blockquote",
            "/blockquote",
            "table",
            "tr",
            "td",
            "/td",
            "a",
            "/a",
            "/tr",
            "/table",
            "br",
            "/div",
            "/body",
            "/html",
        ];
        assert!(known.contains(&name.as_str()), "<{name}");
    }
}

/// The words as the HTML shows them.
fn quoted(mail: &Received) -> String {
    let (_, rest) = mail.html.split_once("<blockquote").unwrap();
    let (quote, _) = rest.split_once('>').unwrap().1.split_once("</blockquote>").unwrap();
    quote
        .replace("<br>\r\n", "\n")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn nothing_that_a_stranger_says_is_more_than_a_text() {
    for hostile in HOSTILE {
        for language in [Language::English, Language::Japanese] {
            let mut voicemail = called_by("+12125550123", Some(hostile));
            voicemail.transcript = Some(Transcript::words(Engine::Twilio, format!("So: {hostile}")));
            let named = Owner { name: Some(hostile.to_owned()), ..owner(language, "UTC") };
            let case = Case { voicemail, owner: named, ..Case::default() };
            check(&case);
            let other = called_by(&format!("x{hostile}"), None);
            check(&Case { voicemail: other, ..case });
        }
    }
}

#[test]
fn a_name_that_is_an_encoded_word_is_not_decoded() {
    for name in ["=?utf-8?Q?=0D=0ABcc:_x@example.com?=", "=?utf-8?B?4oCuZ3BqLmV4ZQ==?=", "==?utf-8?Q?a?=?"] {
        let owner = Owner { name: Some(name.to_owned()), ..owner(Language::English, "UTC") };
        let mail = Case { voicemail: called_by(name, Some(name)), owner, ..Case::default() }.read();
        let shown = name.replace("=?", "= ?");
        assert_eq!(mail.subject, format!("Voicemail from {shown} ({shown})"));
        assert_eq!(mail.to[0].0, Some(shown));
    }
}

#[test]
fn markup_is_shown_as_it_was_said() {
    let words = "<b>1 & 2</b> \"x\" 'y' &amp;\n\n  {caller}";
    let mail = Case { voicemail: said(words), ..Case::default() }.read();
    assert_eq!(quoted(&mail), words);
    assert!(mail.text.contains("What was said:\r\n\r\n<b>1 & 2</b> \"x\" 'y' &amp;\r\n\r\n  {caller}\r\n"));
}

#[test]
fn a_text_of_any_length_comes_whole_in_lines_servers_take() {
    let texts = [
        "word ".repeat(13_000).trim_end().to_owned(),
        "x".repeat(65_536),
        "<".repeat(65_536),
        "'".repeat(65_536),
        "🦀".repeat(16_384),
        "请".repeat(21_845),
        "line\n".repeat(13_000).trim_end().to_owned(),
    ];
    for words in texts {
        let case = Case { voicemail: said(&words), ..Case::default() };
        check(&case);
        let mail = case.read();
        assert_eq!(quoted(&mail), words);
        assert!(mail.text.replace("\r\n", "\n").contains(&words));
    }
}

#[test]
fn a_name_is_cut_where_a_header_would_get_too_long() {
    let mail = Case { voicemail: called_by("+12125550123", Some(&"é".repeat(5_000))), ..Case::default() };
    check(&mail);
    assert_eq!(mail.read().subject, format!("Voicemail from {}, (212) 555-0123", "é".repeat(200)));
}

/// Text as strangers and settings hold it: any characters, hostile ones more often than others.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        ".{0,40}",
        "(?s).{0,40}",
        "[\r\n\t<>&\"'=?@,;:() -~]{0,80}",
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn any_voicemail() -> impl Strategy<Value = Voicemail> {
    let caller = (any_text(), proptest::option::of(any_text()));
    let transcript = proptest::option::of(prop_oneof![
        1 => Just(Transcript::failed(Engine::Twilio)),
        4 => any_text().prop_map(|words| Transcript::words(Engine::Twilio, words)),
    ]);
    let recording = prop_oneof![
        (0u32..20_000).prop_map(|duration_seconds| Recorded::Ready { duration_seconds }),
        Just(Recorded::Left { duration_seconds: None }),
        Just(Recorded::Lost { error_code: None }),
    ];
    (caller, transcript, recording).prop_map(|((from, name), transcript, recording)| Voicemail {
        transcript,
        recording,
        ..called_by(&from, name.as_deref())
    })
}

proptest! {
    #[test]
    fn any_mail_is_well_formed(
        voicemail in any_voicemail(),
        name in proptest::option::of(any_text()),
        language in proptest::sample::select(Language::ALL.to_vec()),
        is_first: bool,
        is_linked: bool,
        sound in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
    ) {
        let case = Case {
            kind: if is_first { MailKind::Voicemail } else { MailKind::Transcript },
            voicemail,
            owner: Owner { name, time_zone: TimeZone::UTC, ..owner(language, "UTC") },
            sound,
            token: is_linked.then_some(TOKEN),
            ..Case::default()
        };
        check(&case);
        let mail = case.read();
        let attached: Vec<&[u8]> = mail.attachments.iter().map(|it| it.content.as_slice()).collect();
        prop_assert_eq!(attached, case.sound.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert!(mail.says("(415) 555-0100"));
        prop_assert_eq!(mail.says(TOKEN), is_linked);
        prop_assert_eq!(mail.subject.starts_with("Re: "), !is_first);
    }
}
