//! What a person sees: colours on a terminal, plain text in a pipe.
//!
//! Numbers stand here in full: they are those that this person has just typed.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result, anyhow};
use domain::{
    Call, DialOutcome, Disposition, Instead, NotMailed, NotReached, NumberSettings, Recorded, Transcript,
    Trouble, Voicemail, WhyNotForwarded,
};
use exchange::{Address, Event, Party, SentWebhook, Story, What};
use jiff::Timestamp;
use local::faults::Service;
use local::mailbox::Mail;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use phone::PhoneNumber;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const CALLER: Style = AnsiColor::Cyan.on_default();
const CALLEE: Style = AnsiColor::Magenta.on_default();
const NETWORK: Style = AnsiColor::Blue.on_default();

/// Lines are broken before this column where they can be, if there is no terminal to ask.
const WIDTH: usize = 100;

/// In a narrower one nothing could be read any more.
const NARROWEST: usize = 40;

/// Where what happens begins, behind the time and who it is about.
const EVENT_COLUMN: usize = 18;

/// Where values begin, behind their names.
const VALUE_COLUMN: usize = 17;

/// Why something was not shown, if so.
static UNSHOWN: OnceLock<String> = OnceLock::new();

/// A line.
macro_rules! say {
    () => { $crate::show::line("") };
    ($($part:tt)*) => { $crate::show::line(format_args!($($part)*)) };
}
pub(crate) use say;

/// Shows a line. Nobody reading any more is no error: `cargo run | head`.
pub(crate) fn line(text: impl Display) {
    if let Err(error) = writeln!(anstream::stdout(), "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first reason is the one.
        let _ = UNSHOWN.set(error.to_string());
    }
}

/// Why not everything was shown that was to be.
pub(crate) fn unshown() -> Option<anyhow::Error> {
    UNSHOWN.get().map(|why| anyhow!("not everything could be shown: {why}"))
}

/// The column before which lines are broken.
fn width() -> usize {
    width_on(terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0))
}

fn width_on(terminal: Option<u16>) -> usize {
    terminal.map_or(WIDTH, |width| usize::from(width).max(NARROWEST))
}

/// Another call runs in the same folder.
pub(crate) fn waiting(data: &Path) {
    anstream::eprintln!(
        "Another run uses {}: this one waits for its end. --data gives it a folder of its own.",
        data.display()
    );
}

/// Something that a person has to mend.
pub(crate) fn error(error: &anyhow::Error) {
    anstream::eprintln!("{BAD}error:{BAD:#} {error:#}");
}

/// What will happen, before it does.
pub(crate) fn opening(settings: &NumberSettings, file: Option<&Path>, gateway: &str, took: Duration) {
    say!("{BOLD}Aftertone{BOLD:#}, the whole system in this process, ready in {} ms.", took.as_millis());
    let way = file.map_or_else(|| way_of_calls(settings), |file| format!("goes by {}", file.display()));
    paragraph("", 0, PLAIN, &format!("{} {way}.", settings.number.reveal()));
    say!("Mail goes to {}.", settings.owner.email.reveal());
    say!("{DIM}Time is virtual: what takes minutes on the telephone takes none here.");
    say!("In answers … stands for {gateway}, and what follows a ? or a # is left out.{DIM:#}\n");
    say!("{BOLD}The call{BOLD:#}");
}

fn way_of_calls(settings: &NumberSettings) -> String {
    let forwarding = &settings.forwarding;
    if !forwarding.on {
        return format!("is not forwarded; callers get {}", instead(forwarding.when_off));
    }
    if settings.plan.calls_per_month == Some(0) {
        return format!("has no calls left this month; callers get {}", instead(settings.plan.when_used_up));
    }
    let targets: Vec<&str> = forwarding.targets.iter().map(PhoneNumber::reveal).collect();
    format!(
        "rings {} for {} s (Twilio adds 5 s), then takes a message",
        targets.join(", "),
        forwarding.ring_time.as_seconds()
    )
}

/// What happened, in the order of the network's time.
pub(crate) fn events(mut events: UnboundedReceiver<Event>, owners: &[PhoneNumber]) {
    let mut happened = Vec::new();
    while let Ok(event) = events.try_recv() {
        happened.push(event);
    }
    happened.sort_by_key(|event| event.since_start);
    for happened in &happened {
        event(happened, owners);
    }
}

/// One thing that happened.
pub(crate) fn event(event: &Event, owners: &[PhoneNumber]) {
    let seconds = event.since_start.as_secs();
    let time = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    let (style, who) = match &event.entry.party {
        Party::Caller => (CALLER, "caller".to_owned()),
        Party::Callee(address) => (CALLEE, owner(address, owners)),
        Party::Network => (NETWORK, "twilio".to_owned()),
    };
    let begin = format!("  {DIM}{time}{DIM:#}  {style}{}{style:#}", column(&who));
    match &event.entry.what {
        What::Webhook(webhook) => self::webhook(&begin, webhook),
        What::Problem(problem) => paragraph(&begin, EVENT_COLUMN, BAD, &problem.to_string()),
        What::HearsApplicationError => {
            paragraph(&begin, EVENT_COLUMN, BAD, "hears \"an application error has occurred\"");
        }
        what => paragraph(&begin, EVENT_COLUMN, PLAIN, &deed(event, what)),
    }
}

/// Who it is about, and at least a space before what.
fn column(who: &str) -> String {
    if who.len() < 9 { format!("{who:<9}") } else { format!("{who}  ") }
}

/// One thing that happened in a call of another process, as the exchange tells it.
pub(crate) fn told(entry: &Value) {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let seconds = entry["since_start_ms"].as_u64().unwrap_or_default() / 1000;
    let time = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    let (style, who) = match text("party") {
        "caller" => (CALLER, "caller"),
        "network" => (NETWORK, "twilio"),
        number => (CALLEE, number),
    };
    let begin = format!("  {DIM}{time}{DIM:#}  {style}{}{style:#}", column(who));
    // The exchange's own line begins with the time and the party.
    let line = text("line").trim_start();
    let deed = line.splitn(3, "  ").nth(2).unwrap_or(line).trim_start();
    match text("what") {
        "problem" | "hears-application-error" => paragraph(&begin, EVENT_COLUMN, BAD, deed),
        "webhook" => {
            paragraph(&begin, EVENT_COLUMN, PLAIN, deed);
            answer(entry["webhook"]["answer"].as_str().unwrap_or_default(), "");
        }
        _ => paragraph(&begin, EVENT_COLUMN, PLAIN, deed),
    }
}

/// With several telephones, which of them.
fn owner(address: &Address, owners: &[PhoneNumber]) -> String {
    let place = owners.iter().position(|owner| owner.reveal() == address.reveal());
    match place {
        Some(place) if owners.len() > 1 => format!("owner {}", place + 1),
        // Where nobody owns a number telephones have no other name.
        None if owners.is_empty() => address.reveal().to_owned(),
        _ => "owner".to_owned(),
    }
}

fn deed(event: &Event, what: &What) -> String {
    match what {
        What::Dials(address) => format!("dials {}", address.reveal()),
        What::Answers if event.entry.party == Party::Caller => "is answered".to_owned(),
        What::Answers => "answers".to_owned(),
        What::HearsRinging(length) => format!("hears ringing for {} s", length.as_secs()),
        What::HearsWords { text, to_the_end: true, .. } => format!("hears \"{text}\""),
        What::HearsWords { text, .. } => format!("hears \"{text}\" …"),
        What::HearsSilence(length) => format!("hears nothing for {} s", length.as_secs()),
        What::HearsBeep => "hears the beep".to_owned(),
        What::TalksWith(address) => format!("talks with {}", address.reveal()),
        What::Status(status) => match status.as_str() {
            "no-answer" => "does not answer".to_owned(),
            "failed" => "can't be reached".to_owned(),
            "canceled" => "stops ringing".to_owned(),
            status => format!("is {status}"),
        },
        _ => {
            // The exchange's own line begins with the time and the party.
            let line = event.to_string();
            line.trim_start().splitn(3, "  ").nth(2).unwrap_or(&line).trim_start().to_owned()
        }
    }
}

fn webhook(begin: &str, webhook: &SentWebhook) {
    let mut told: Vec<String> =
        ["CallStatus", "DialCallStatus", "RecordingStatus", "RecordingDuration", "TranscriptionStatus"]
            .into_iter()
            // The words come long after the call.
            .filter(|name| *name != "CallStatus" || webhook.param("TranscriptionStatus").is_none())
            .filter_map(|name| Some(format!("{name}={}", webhook.param(name)?)))
            .collect();
    if webhook.param("ParentCallSid").is_some_and(|sid| !sid.is_empty()) {
        told.insert(0, "forwarded leg:".to_owned());
    }
    let (style, status) = match webhook.status() {
        Some(status @ 200..=299) => (GOOD, status.to_string()),
        Some(status) => (BAD, status.to_string()),
        None => (BAD, "no answer".to_owned()),
    };
    let (method, path, told) = (webhook.method, path_of(webhook.path()), told.join(" "));
    say!("{begin}{method} {path}  {DIM}{told}{DIM:#}  {style}{status}{style:#}");
    answer(webhook.answer_body(), webhook.url.strip_suffix(webhook.path()).unwrap_or_default());
}

/// What a webhook was answered.
fn answer(body: &str, base_url: &str) {
    let pretty =
        twiml::voice::Response::from_xml(body).ok().and_then(|document| document.to_xml_pretty().ok());
    for line in pretty.as_deref().unwrap_or(body).lines().filter(|line| !line.starts_with("<?xml")) {
        let line = with_short_urls(line, base_url);
        let code = line.trim_start_matches(' ');
        let indent = EVENT_COLUMN + line.len() - code.len();
        for (number, part) in broken(code, width().saturating_sub(indent + 4), true).iter().enumerate() {
            let indent = if number == 0 { indent } else { indent + 4 };
            say!("{:indent$}{DIM}{part}{DIM:#}", "");
        }
    }
}

/// URLs below `base_url` as `…/path`. Behind their `?` stands how a call goes on, which is for the functions to
/// read, and behind their `#` how often Twilio tries again.
fn with_short_urls(line: &str, base_url: &str) -> String {
    if base_url.is_empty() {
        return line.to_owned();
    }
    let mut parts = line.split(base_url);
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['"', '<']).unwrap_or(part.len());
        let (url, rest) = part.split_at(end);
        short.push('…');
        short.push_str(path_of(url));
        short.push_str(rest);
    }
    short
}

fn path_of(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// What the ledger knows afterwards.
pub(crate) fn ledger(call: Option<&Call>, voicemail: Option<&Voicemail>) {
    if let Some(call) = call {
        say!("\n{BOLD}The call in the ledger{BOLD:#}");
        row("call", call.call_sid.as_str());
        row("caller", &call.caller.as_ref().map_or_else(|| "not told".to_owned(), phone::Caller::reveal));
        row("decision", &call.disposition.map_or_else(|| "none".to_owned(), decision));
        row(
            "forwarded leg",
            &call.dial_outcome.map_or_else(|| "none".to_owned(), |it| dial_outcome(it, call)),
        );
        row("status", call.status.as_deref().unwrap_or("not told"));
    }
    let Some(voicemail) = voicemail else { return };
    say!("\n{BOLD}The voicemail in the ledger{BOLD:#}");
    row("recording", voicemail.recording_sid.as_str());
    row("recorded at", &time(voicemail.recorded_at));
    row("sound", &recording(voicemail.recording));
    if let Some(audio) = &voicemail.audio {
        row("stored as", &audio.key);
        row("size", &format!("{} bytes", audio.size));
    } else {
        row("stored as", "not stored");
    }
    row(
        "transcript",
        &match &voicemail.transcript {
            Some(Transcript { result: Ok(heard), .. }) => format!("\"{}\"", heard.words),
            Some(Transcript { result: Err(_), .. }) => "the engine failed".to_owned(),
            None => "none".to_owned(),
        },
    );
    match voicemail.not_mailed() {
        Some(NotMailed::Silent) => row("mail", "none: kept in silence"),
        Some(NotMailed::Conversation) => row("mail", "none: a conversation, recorded for a program"),
        None => row("mail", &mail_state(&voicemail.mail)),
    }
    row("second mail", &mail_state(&voicemail.words_mail));
    if let Some(trouble) = &voicemail.trouble {
        row("trouble", &format!("{} (attempt {})", trouble.last_error, trouble.attempts));
    }
    row(
        "state",
        if voicemail.open { "open: something is left to do" } else { "done: nothing is left to do" },
    );
}

fn decision(decision: Disposition) -> String {
    match decision {
        Disposition::Forward => "forward".to_owned(),
        Disposition::Instead(what, why) => {
            let why = match why {
                WhyNotForwarded::ForwardingOff => "forwarding is switched off",
                WhyNotForwarded::PlanUsedUp => "the plan has no call left",
                WhyNotForwarded::NoTarget => "no telephone can be rung; to ring itself would go in circles",
                WhyNotForwarded::PhoneFile => "the phone file says so",
                WhyNotForwarded::Silent => "the phone file keeps it in silence",
            };
            format!("{}: {why}", instead(what))
        }
    }
}

fn instead(instead: Instead) -> &'static str {
    match instead {
        Instead::Voicemail => "voicemail",
        Instead::Message => "a sentence",
        Instead::Reject => "a busy tone",
    }
}

fn dial_outcome(outcome: DialOutcome, call: &Call) -> String {
    let text = match outcome {
        DialOutcome::Conversation => match call.dial_duration_seconds {
            Some(seconds) => return format!("conversation of {seconds} s"),
            None => "conversation",
        },
        DialOutcome::CallerGone => "ended by the caller",
        DialOutcome::NotReached(NotReached::NoAnswer) => "no answer",
        DialOutcome::NotReached(NotReached::Busy) => "busy",
        DialOutcome::NotReached(NotReached::Failed) => "not reachable",
        DialOutcome::NotReached(NotReached::Canceled) => "canceled",
        DialOutcome::NotReached(NotReached::Declined) => "declined",
    };
    text.to_owned()
}

fn recording(recording: Recorded) -> String {
    match recording {
        Recorded::Ready { duration_seconds } => format!("{duration_seconds} s"),
        Recorded::Left { duration_seconds: Some(seconds) } => format!("{seconds} s, not ready at Twilio yet"),
        Recorded::Left { duration_seconds: None } => "not ready at Twilio yet".to_owned(),
        Recorded::Absent => "none: nothing was said".to_owned(),
        Recorded::Lost { error_code: Some(code) } => format!("lost at Twilio, error {code}"),
        Recorded::Lost { error_code: None } => "lost at Twilio".to_owned(),
        Recorded::Gone => "deleted at Twilio before it was stored".to_owned(),
    }
}

fn mail_state(mail: &domain::Mail) -> String {
    match mail {
        domain::Mail::Unsent => "none".to_owned(),
        domain::Mail::Claimed { until, .. } => format!("being sent; claimed until {}", time(*until)),
        domain::Mail::Sent { at, with_words: true, .. } => format!("sent at {}, with the words", time(*at)),
        domain::Mail::Sent { at, .. } => format!("sent at {}, without words", time(*at)),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn row(name: &str, value: &str) {
    paragraph(&format!("  {DIM}{name:<15}{DIM:#}"), VALUE_COLUMN, PLAIN, value);
}

/// A mail, as its reader sees it.
pub(crate) fn mail(mail: &Mail) -> Result<()> {
    let message = MessageParser::new().parse(&mail.raw[..]).context("the mail can't be read")?;
    say!("\n{BOLD}The mail{BOLD:#}");
    row("from", &address(message.from()));
    row("to", &address(message.to()));
    row("subject", message.subject().unwrap_or_default());
    for attachment in message.attachments() {
        let size = attachment.contents().len();
        row("attached", &format!("{} ({size} bytes)", attachment.attachment_name().unwrap_or("?")));
    }
    row("lies in", &mail.path.display().to_string());
    say!();
    for line in message.body_text(0).unwrap_or_default().lines() {
        for part in broken(line, width() - 4, false) {
            let gap = if part.is_empty() { "" } else { " " };
            say!("  {GOOD}|{GOOD:#}{gap}{part}");
        }
    }
    Ok(())
}

/// A mail that has just arrived, in one line.
pub(crate) fn arrival(mail: &Mail) {
    let message = MessageParser::new().parse_headers(&mail.raw[..]);
    let subject = message.as_ref().and_then(Message::subject).unwrap_or_default();
    let line = format!("\"{subject}\" lies in {}", mail.path.display());
    paragraph(&format!("  {GOOD}mail{GOOD:#}            "), EVENT_COLUMN, PLAIN, &line);
}

/// Somebody presses Enter.
pub(crate) fn placed(number: &PhoneNumber, owners: &[PhoneNumber]) {
    let owners: Vec<&str> = owners.iter().map(PhoneNumber::reveal).collect();
    let who =
        if owners.is_empty() { String::new() } else { format!(", whose owner is at {}", owners.join(", ")) };
    say!("\n{BOLD}A call to {}{BOLD:#}{DIM}{who}{DIM:#}", number.reveal());
}

/// A call that is not placed, and why.
pub(crate) fn not_placed(why: &str) {
    paragraph("", 0, WARN, why);
}

/// A step of the delivery that failed.
pub(crate) fn trouble(sid: &str, trouble: &Trouble) {
    let line = format!(
        "{sid} is not delivered yet: {} (attempt {}, the next not before {})",
        trouble.last_error,
        trouble.attempts,
        time(trouble.next_attempt_at)
    );
    paragraph(&format!("  {WARN}worker{WARN:#}          "), EVENT_COLUMN, WARN, &line);
}

/// Services that can't do their work.
pub(crate) fn broken_service(service: Service, data: &Path) {
    let line = broken_sentence(service, data);
    paragraph(&format!("  {BAD}disk{BAD:#}            "), EVENT_COLUMN, BAD, &line);
}

fn broken_sentence(service: Service, data: &Path) -> String {
    format!(
        "{service:?} could not do what it was asked for: is there room on the disk, and may {} be written?",
        data.display()
    )
}

/// Work that the worker has given up.
pub(crate) fn dead_letters(count: usize) {
    say!("  {BAD}{count} messages of the worker failed too often: a voicemail is not delivered.{BAD:#}");
}

fn address(addresses: Option<&mail_parser::Address<'_>>) -> String {
    let first = addresses.and_then(mail_parser::Address::first);
    first.map_or_else(String::new, |first| match first.name() {
        Some(name) => format!("{name} <{}>", first.address().unwrap_or_default()),
        None => first.address().unwrap_or_default().to_owned(),
    })
}

/// How it went.
pub(crate) enum Ending {
    /// As it should.
    Well(&'static str),
    /// Somebody has to look at it.
    Badly(Vec<String>),
}

impl Ending {
    /// Of a call, and of the voicemail that it left.
    pub(crate) fn of(story: &Story, voicemail: Option<&Voicemail>, dead_letters: usize) -> Self {
        let mut problems: Vec<String> = story.errors().iter().map(ToString::to_string).collect();
        if story.heard_application_error() {
            problems.push("The caller heard an application error.".to_owned());
        }
        let is_delivered = |voicemail: &Voicemail| matches!(voicemail.mail, domain::Mail::Sent { .. });
        let is_empty = |voicemail: &Voicemail| voicemail.recording.is_empty();
        if voicemail.is_some_and(|voicemail| !is_delivered(voicemail) && !is_empty(voicemail)) {
            problems.push("The voicemail is not delivered.".to_owned());
        }
        if voicemail.is_none() && story.recording().is_some() {
            problems.push("The recording is not in the ledger.".to_owned());
        }
        if dead_letters > 0 {
            problems.push(format!("{dead_letters} messages of the worker failed too often."));
        }
        if !problems.is_empty() {
            return Self::Badly(problems);
        }
        Self::Well(match voicemail {
            Some(voicemail) if is_empty(voicemail) => "Nothing was said: there is no voicemail.",
            Some(_) => "The voicemail is delivered.",
            None if story.talked_with().is_some() => "The two have talked.",
            None if story.heard_busy() => "The caller got a busy tone.",
            None => "The caller left no message.",
        })
    }
}

impl Ending {
    /// The same, but no good one where services could not write.
    pub(crate) fn and_broken(self, broken: &[(Service, u32)], data: &Path) -> Self {
        if broken.is_empty() {
            return self;
        }
        let mut problems = match self {
            Self::Well(_) => Vec::new(),
            Self::Badly(problems) => problems,
        };
        problems.extend(broken.iter().map(|(service, _)| broken_sentence(*service, data)));
        Self::Badly(problems)
    }
}

/// One line that says how it went, or one for each thing that went wrong.
pub(crate) fn ending(ending: &Ending, took: Duration) {
    say!();
    match ending {
        Ending::Well(what) => {
            say!("{GOOD}{what}{GOOD:#} {DIM}The whole took {:.2} s.{DIM:#}", took.as_secs_f64());
            say!("{DIM}The gateway has stopped; `cargo run -- serve` keeps one, so that links work.{DIM:#}");
        }
        Ending::Badly(problems) => {
            for problem in problems {
                say!("{BAD}{problem}{BAD:#}");
            }
        }
    }
}

/// Prints `text` behind `begin`, which is `column` wide, and breaks it so that it stays behind it.
fn paragraph(begin: &str, column: usize, style: Style, text: &str) {
    for (number, part) in broken(text, width().saturating_sub(column), false).iter().enumerate() {
        if number == 0 {
            say!("{begin}{style}{part}{style:#}");
        } else {
            say!("{:column$}{style}{part}{style:#}", "");
        }
    }
}

/// Breaks a line at blanks so that no part is wider than `width`, unless a single word is; of
/// code, the values of attributes stay whole.
fn broken(line: &str, width: usize, is_code: bool) -> Vec<String> {
    let (mut in_tag, mut in_quotes) = (false, false);
    let words = line.split(|c: char| {
        match c {
            '"' if in_tag => in_quotes = !in_quotes,
            '<' if is_code && !in_quotes => in_tag = true,
            '>' if !in_quotes => in_tag = false,
            _ => {}
        }
        c == ' ' && !in_quotes
    });
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(last) if columns(last) + 1 + columns(word) <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How wide a terminal shows it: Chinese and Japanese characters take two columns.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if ('\u{1100}'..'\u{fffd}').contains(&c) && !('\u{2000}'..'\u{2e80}').contains(&c) {
                2
            } else {
                1
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_apart_from_what_it_does() {
        assert_eq!(column("owner"), "owner    ");
        assert_eq!(column("+12125550142"), "+12125550142  ");
    }

    #[test]
    fn lines_are_broken_at_blanks_but_not_inside_of_attributes() {
        assert_eq!(broken("one two three", 7, false), ["one two", "three"]);
        assert_eq!(broken("says \"a b\"", 7, false), ["says \"a", "b\""]);
        let code = r#"<Number events="initiated ringing" x="1">+1</Number>"#;
        assert_eq!(
            broken(code, 20, true),
            ["<Number", r#"events="initiated ringing""#, r#"x="1">+1</Number>"#]
        );
        assert_eq!(broken("", 10, false), [""]);
        assert_eq!(columns("会议 …"), 6);
    }

    #[test]
    fn lines_are_as_wide_as_the_terminal_if_there_is_one() {
        let wide = [None, Some(60), Some(200), Some(3)].map(width_on);
        assert_eq!(wide, [100, 60, 200, 40]);
    }

    #[test]
    fn urls_of_the_gateway_are_shortened_and_others_are_not() {
        let line = r##"<Record action="http://h:1/webhook/recording#ct=1&amp;rc=2" key="#" to="http://other/x#y"/>"##;
        let short = r##"<Record action="…/webhook/recording" key="#" to="http://other/x#y"/>"##;
        assert_eq!(with_short_urls(line, "http://h:1"), short);
        assert_eq!(with_short_urls(line, ""), line);
    }
}
