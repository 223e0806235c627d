//! What a person sees: colours on a terminal, plain text in a pipe.

use std::time::Duration;

use anstream::println;
use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use callflow::NumberSettings;
use exchange::{Event, Party, SentWebhook, Story, What};
use local::mailbox::Mail;
use mail_parser::{MessageParser, MimeHeaders as _};
use store::{Call, Voicemail};
use tokio::sync::mpsc::UnboundedReceiver;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CALLER: Style = AnsiColor::Cyan.on_default();
const CALLEE: Style = AnsiColor::Magenta.on_default();
const NETWORK: Style = AnsiColor::Blue.on_default();

/// Something that a person has to mend.
pub(crate) fn error(error: &anyhow::Error) {
    anstream::eprintln!("{BAD}error:{BAD:#} {error:#}");
}

pub(crate) fn opening(settings: &NumberSettings, took: Duration) {
    let forwarding = &settings.forwarding;
    println!("{BOLD}Aftertone{BOLD:#}, the whole system in this process, ready in {} ms.", took.as_millis());
    let targets: Vec<String> = forwarding.targets.iter().map(ToString::to_string).collect();
    let forwarded = if forwarding.on {
        format!(
            "forwarded to {} for {} s, then voicemail",
            targets.join(", "),
            forwarding.ring_time.as_seconds()
        )
    } else {
        "not forwarded".to_owned()
    };
    println!("{} is {forwarded}; mail goes to {}.", settings.number, settings.owner.email);
    println!("{DIM}Time is virtual: what takes minutes on the telephone takes none here.{DIM:#}\n");
    println!("{BOLD}The call{BOLD:#}");
}

/// What happened, in the order of the network's time.
pub(crate) fn events(mut events: UnboundedReceiver<Event>) {
    let mut happened = Vec::new();
    while let Ok(event) = events.try_recv() {
        happened.push(event);
    }
    happened.sort_by_key(|event| event.since_start);
    for happened in &happened {
        event(happened);
    }
}

/// One thing that happened.
pub(crate) fn event(event: &Event) {
    let seconds = event.since_start.as_secs();
    let time = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    let (style, who) = match &event.entry.party {
        Party::Caller => (CALLER, "caller".to_owned()),
        Party::Callee(_) => (CALLEE, "owner".to_owned()),
        Party::Network => (NETWORK, "twilio".to_owned()),
    };
    match &event.entry.what {
        What::Webhook(webhook) => self::webhook(&time, webhook),
        What::Problem(problem) => println!("  {DIM}{time}{DIM:#}  {BAD}{who:<8}{problem}{BAD:#}"),
        What::HearsApplicationError => {
            println!("  {DIM}{time}{DIM:#}  {BAD}{who:<8}hears \"an application error has occurred\"{BAD:#}");
        }
        _ => {
            // The exchange's own line begins with the time and the party.
            let line = event.to_string();
            let what = line.trim_start().splitn(3, "  ").nth(2).unwrap_or(&line).trim_start();
            println!("  {DIM}{time}{DIM:#}  {style}{who:<8}{style:#}{what}");
        }
    }
}

fn webhook(time: &str, webhook: &SentWebhook) {
    let told =
        ["CallStatus", "DialCallStatus", "RecordingStatus", "RecordingDuration", "TranscriptionStatus"]
            .into_iter()
            .filter_map(|name| Some(format!("{name}={}", webhook.param(name)?)))
            .collect::<Vec<_>>()
            .join(" ");
    let (style, status) = match webhook.status() {
        Some(status @ 200..=299) => (GOOD, status.to_string()),
        Some(status) => (BAD, status.to_string()),
        None => (BAD, "no answer".to_owned()),
    };
    println!(
        "  {DIM}{time}{DIM:#}  {NETWORK}{:<8}{NETWORK:#}{} {}  {DIM}{told}{DIM:#}  {style}{status}{style:#}",
        "twilio",
        webhook.method,
        webhook.path(),
    );
    let body = webhook.answer_body();
    let pretty =
        twiml::voice::Response::from_xml(body).ok().and_then(|document| document.to_xml_pretty().ok());
    for line in pretty.as_deref().unwrap_or(body).lines().filter(|line| !line.starts_with("<?xml")) {
        println!("                 {DIM}{line}{DIM:#}");
    }
}

/// What the ledger knows afterwards.
pub(crate) fn ledger(call: Option<&Call>, voicemail: Option<&Voicemail>) {
    if let Some(call) = call {
        println!("\n{BOLD}The call in the ledger{BOLD:#}");
        row("call", &call.call_sid.to_string());
        row("caller", &call.caller.as_ref().map_or_else(String::new, ToString::to_string));
        row("decision", &call.decision.map_or_else(String::new, |decision| format!("{decision:?}")));
        row(
            "forwarded leg",
            &call.dial_outcome.map_or_else(|| "none".to_owned(), |outcome| format!("{outcome:?}")),
        );
        row("status", call.status.as_deref().unwrap_or_default());
    }
    let Some(voicemail) = voicemail else { return };
    println!("\n{BOLD}The voicemail in the ledger{BOLD:#}");
    row("recording", &voicemail.recording_sid.to_string());
    row("recorded at", &format!("{:.0}", voicemail.recorded_at));
    row("sound", &format!("{:?}", voicemail.sound));
    let audio = voicemail.audio.as_ref();
    row(
        "stored as",
        &audio.map_or_else(
            || "-".to_owned(),
            |audio| format!("{} ({} bytes)", masked_key(&audio.key), audio.size),
        ),
    );
    row(
        "transcript",
        &voicemail.transcript.as_ref().map_or_else(|| "-".to_owned(), |words| format!("{words:?}")),
    );
    row("mail", &format!("{:?}", voicemail.mail));
    row("words mail", &format!("{:?}", voicemail.words_mail));
    if let Some(trouble) = &voicemail.trouble {
        row("trouble", &format!("{} (attempt {})", trouble.last_error, trouble.attempts));
    }
    row("open", if voicemail.open { "yes" } else { "no: nothing is left to do" });
}

fn row(name: &str, value: &str) {
    println!("  {DIM}{name:<14}{DIM:#}{value}");
}

/// The key has the number in it.
fn masked_key(key: &str) -> String {
    let mut parts: Vec<&str> = key.split('/').collect();
    let masked = parts
        .get(1)
        .and_then(|digits| phone::PhoneNumber::parse(&format!("+{digits}")).ok())
        .map(|number| number.to_string());
    if let (Some(masked), Some(part)) = (&masked, parts.get_mut(1)) {
        *part = masked;
    }
    parts.join("/")
}

/// A mail, as its reader sees it.
pub(crate) fn mail(mail: &Mail) -> Result<()> {
    let message = MessageParser::new().parse(&mail.raw[..]).context("the mail can't be read")?;
    println!("\n{BOLD}The mail{BOLD:#}");
    let address = |addresses: Option<&mail_parser::Address<'_>>| {
        let first = addresses.and_then(mail_parser::Address::first);
        first.map_or_else(String::new, |first| match first.name() {
            Some(name) => format!("{name} <{}>", first.address().unwrap_or_default()),
            None => first.address().unwrap_or_default().to_owned(),
        })
    };
    row("from", &address(message.from()));
    row("to", &address(message.to()));
    row("subject", message.subject().unwrap_or_default());
    for attachment in message.attachments() {
        let size = attachment.contents().len();
        row("attached", &format!("{} ({size} bytes)", attachment.attachment_name().unwrap_or("?")));
    }
    row("lies in", &mail.path.display().to_string());
    println!();
    for line in message.body_text(0).unwrap_or_default().lines() {
        println!("  {GOOD}|{GOOD:#} {line}");
    }
    Ok(())
}

/// One line that says how it went.
pub(crate) fn ending(story: &Story, voicemail: Option<&Voicemail>, dead_letters: usize, took: Duration) {
    let errors = story.errors();
    println!();
    if story.heard_application_error() || !errors.is_empty() || dead_letters > 0 {
        for error in errors {
            println!("{BAD}{error}{BAD:#}");
        }
        println!("{BAD}Something went wrong: see above.{BAD:#} {DIM}({dead_letters} dead letters){DIM:#}");
        return;
    }
    let what = match voicemail {
        Some(voicemail) if voicemail.sound.is_empty() => "Nothing was said; no voicemail.",
        Some(_) => "The voicemail is delivered.",
        None if story.talked_with().is_some() => "The two have talked.",
        None => "No message was left.",
    };
    println!("{GOOD}{what}{GOOD:#} {DIM}The whole took {:.2} s.{DIM:#}", took.as_secs_f64());
}
