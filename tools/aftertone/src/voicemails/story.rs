//! How far a voicemail got, in words and in JSON.

use callflow::{EmailAddress, Owner};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{
    Act, Bounce, Mail, MailReports, Moment, NotHeard, Order, Part, Receipt, ResendTo, Sound, Transcript,
    Trouble, Voicemail,
};

use super::who;
use crate::number::international;
use crate::show::{self, BAD, BOLD, DIM, GOOD, WARN};

/// How far it got, in a few words.
pub(super) fn stage(voicemail: &Voicemail) -> String {
    if voicemail.sound.is_empty() {
        return "nothing was said".to_owned();
    }
    if voicemail.keeping.parties_deleted_at.is_some() {
        return "deleted".to_owned();
    }
    if voicemail.keeping.deletion_asked.is_some() {
        return "to be deleted".to_owned();
    }
    let stage = match (&voicemail.mail, voicemail.open) {
        (Mail::Sent { .. }, false) if came_back(voicemail) => match voicemail.first_address.bounced {
            Some(_) => "came back: the address takes no mail",
            None => "came back",
        },
        (Mail::Sent { .. }, false) => "delivered",
        (Mail::Sent { .. }, true) => "mailed, waits for its words",
        (Mail::Claimed { .. }, _) if voicemail.trouble.is_none() => "is being mailed",
        (Mail::Claimed { .. }, _) => "waits to be mailed",
        (Mail::Unsent, false) => "closed without a mail",
        (Mail::Unsent, true) => match (&voicemail.destination, &voicemail.audio) {
            (None, _) => "waits to be identified",
            (Some(_), None) => "waits for its sound",
            (Some(_), Some(_)) => "waits to be mailed",
        },
    };
    match &voicemail.trouble {
        Some(trouble) if voicemail.open => format!("{stage}; failed {} times", trouble.attempts),
        _ => stage.to_owned(),
    }
}

/// No address of the owner's has taken it; or what was sent over again came back, which is the last
/// that is known.
fn came_back(voicemail: &Voicemail) -> bool {
    match &voicemail.resend {
        Some(resend) if matches!(resend.mail, Mail::Sent { .. }) => is_refused(&resend.reports),
        _ => {
            is_refused(&voicemail.first_address)
                && !took_it(&voicemail.second_mail, &voicemail.second_address)
        }
    }
}

/// An address has not taken its mail.
pub(crate) fn is_refused(reports: &MailReports) -> bool {
    reports.bounced.is_some() || (reports.soft_bounced_at.is_some() && reports.delivered_at.is_none())
}

/// A mail was sent and did not come back.
pub(crate) fn took_it(mail: &Mail, reports: &MailReports) -> bool {
    matches!(mail, Mail::Sent { .. }) && !is_refused(reports)
}

/// A voicemail and its way, for a person. The owner is the one whose number it is now.
pub(crate) fn describe(voicemail: &Voicemail, moments: &[Moment], owner: Option<&Owner>) {
    let is_in_trouble = voicemail.trouble.is_some() && voicemail.open;
    let style = if is_in_trouble || came_back(voicemail) { BAD } else { GOOD };
    show::line(format!(
        "{BOLD}Voicemail {}{BOLD:#}  {style}{}{style:#}",
        voicemail.recording_sid,
        stage(voicemail)
    ));
    if let Some(parties) = &voicemail.parties {
        let name = parties.caller_name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        field("from", format!("{}{name}", who(&parties.caller)));
        field("to", international(&parties.number));
    }
    field("call", voicemail.call_sid.to_string());
    let sound = match voicemail.sound {
        Sound::Left { duration_seconds: None } => "not known yet".to_owned(),
        Sound::Left { duration_seconds: Some(seconds) } => {
            format!("{}, not ready at Twilio yet", show::length(seconds))
        }
        Sound::Ready { duration_seconds } => show::length(duration_seconds),
        Sound::Absent => "none".to_owned(),
        Sound::Gone => "deleted at Twilio before it was stored".to_owned(),
        Sound::Lost { error_code } => {
            format!(
                "lost by Twilio{}",
                error_code.map_or_else(String::new, |code| format!(" (error {code})"))
            )
        }
    };
    let stored = voicemail.audio.as_ref().map_or_else(String::new, |audio| {
        format!(", {} kB stored as {}", audio.size.div_ceil(1000), audio.key)
    });
    field("sound", format!("{sound}{stored}"));
    field(
        "words",
        match &voicemail.transcript {
            Some(Transcript { engine, result: Ok(heard) }) => {
                let language = heard.language.as_ref().map_or("", |language| language.as_str());
                let known = [engine.name(), language].join(" ");
                let sure = heard.confidence_percent.map_or_else(String::new, |it| format!(", {it} % sure"));
                format!("\"{}\" ({}{sure})", heard.words, known.trim())
            }
            Some(Transcript { engine, result: Err(why) }) => {
                format!("none: {} {}", engine.name(), why_not(*why))
            }
            None => "none".to_owned(),
        },
    );
    show_reports("mail", &voicemail.mail, &voicemail.first_address, owner.map(|it| &it.email));
    if voicemail.second_mail_wanted || voicemail.second_mail != Mail::Unsent {
        let second = owner.and_then(|it| it.second_email.as_ref());
        show_reports("second", &voicemail.second_mail, &voicemail.second_address, second);
    }
    if let Some(resend) = &voicemail.resend {
        let to = match &resend.to {
            ResendTo::First => "the first address".to_owned(),
            ResendTo::Second => "the second address".to_owned(),
            ResendTo::Named(email) => email.reveal().to_owned(),
        };
        let sound = if resend.with_sound { "" } else { ", without the sound" };
        field("again", format!("to {to}{sound}, by {}: {}", resend.order.by, resend.order.why));
        show_reports("", &resend.mail, &resend.reports, None);
    }
    match (voicemail.links.epoch, voicemail.links.heard_at) {
        (0, None) => {}
        (epoch, heard_at) => {
            let heard = heard_at.map_or_else(
                || "nobody has listened by a link".to_owned(),
                |at| format!("heard {}", show::time(at)),
            );
            let revoked = match epoch {
                0 => String::new(),
                1 => "; called back once".to_owned(),
                times => format!("; called back {times} times"),
            };
            field("links", format!("{heard}{revoked}"));
        }
    }
    let keeping = &voicemail.keeping;
    if let Some(Order { by, why, at }) = &keeping.hold {
        field("held", format!("since {} by {by}: {why}", show::time(*at)));
    }
    if let Some(Order { by, why, at }) = &keeping.deletion_asked {
        field("deletion", format!("asked for {} by {by}: {why}", show::time(*at)));
    }
    if let Some(at) = keeping.deletion_begun_at {
        field("deletion", format!("begun {}, and not known to be done", show::time(at)));
    }
    if keeping.purge_withheld && voicemail.purged_at.is_none() {
        field("at Twilio", "not deleted, because of a hold".to_owned());
    }
    if voicemail.open {
        show_trouble(voicemail.trouble.as_ref(), voicemail.recording_sid.as_str());
    }
    show_history(moments, &keeping.receipts, told);
}

pub(crate) fn field(name: &str, value: impl std::fmt::Display) {
    show::line(format!("  {DIM}{name:<10}{DIM:#}{value}"));
}

/// What keeps a row from being done, and what helps.
pub(crate) fn show_trouble(trouble: Option<&Trouble>, sid: &str) {
    let Some(trouble) = trouble else { return };
    show::line(format!(
        "  {BAD}trouble   {BAD:#}{} (failed {} times; next try {})",
        trouble.last_error,
        trouble.attempts,
        show::time(trouble.next_attempt_at)
    ));
    show::line(format!("  {WARN}cure      {WARN:#}mend the cause, then `aftertone retry {sid}`"));
}

/// What became of a mail to one of the owner's addresses, if anything is known. The row does not
/// say which address that was; the settings say which it is now.
pub(crate) fn show_reports(name: &str, mail: &Mail, reports: &MailReports, now: Option<&EmailAddress>) {
    let address = now.map_or_else(String::new, |email| format!(" (the address is {} now)", email.reveal()));
    let sent = match mail {
        Mail::Unsent => return,
        Mail::Claimed { .. } => "is being sent".to_owned(),
        Mail::Sent { at, .. } => format!("sent {}", show::time(*at)),
    };
    let mut told = vec![sent];
    let times = [
        ("delayed", reports.delayed_at),
        ("put off by the server", reports.soft_bounced_at),
        ("delivered", reports.delivered_at),
        ("called spam", reports.complained_at),
    ];
    told.extend(times.into_iter().filter_map(|(what, at)| Some(format!("{what} {}", show::time(at?)))));
    field(name, format!("{}{address}", told.join(", ")));
    if let (Some(at), Some(reason)) = (reports.soft_bounced_at, &reports.soft_bounce_reason) {
        show::line(format!("  {WARN}{:<10}{WARN:#}{}: {reason}", "came back", show::time(at)));
    }
    if let Some(Bounce { at, reason }) = &reports.bounced {
        show::line(format!("  {BAD}{:<10}{BAD:#}{}: {reason}", "bounced", show::time(*at)));
    }
}

/// The usual order of what the ledger may have in the same millisecond.
const ORDER: [&str; 15] = [
    "begun",
    "dial_ended",
    "recorded",
    "left",
    "status",
    "missed",
    "ready",
    "archived",
    "job_started",
    "transcribed",
    "mail_sent",
    "mail_delivered",
    "mail_bounced",
    "words_mail_sent",
    "purged",
];

/// What happened, each with its time, and who had it done where there is a receipt.
pub(crate) fn show_history(
    moments: &[Moment],
    receipts: &[Receipt],
    told: impl Fn(&Moment) -> Option<String>,
) {
    let is_known_by_receipt = |moment: &Moment| {
        receipts.iter().any(|it| it.order.at == moment.at && deletion_moment(it.act) == Some(&moment.what))
    };
    let mut lines: Vec<(Timestamp, Option<usize>, String)> = Vec::new();
    for moment in moments.iter().filter(|moment| !is_known_by_receipt(moment)) {
        let place = ORDER.iter().position(|known| *known == moment.what);
        lines.extend(told(moment).map(|text| (moment.at, place, text)));
    }
    for Receipt { act, order: Order { by, why, at } } in receipts {
        lines.push((*at, Some(ORDER.len()), format!("{} (by {by}: {why})", act_told(*act))));
    }
    // What is done in the same moment keeps the order of its receipts.
    lines.sort_by_key(|(at, place, _)| (*at, *place));
    for (at, _, text) in lines {
        show::line(format!("  {DIM}{}{DIM:#}  {text}", show::time(at)));
    }
}

/// The moment that a receipt tells more of.
fn deletion_moment(act: Act) -> Option<&'static str> {
    match act {
        Act::Deleted(Part::TwilioCopy) => Some("purged"),
        Act::Deleted(Part::Audio) => Some("audio_deleted"),
        Act::Deleted(Part::Transcript) => Some("transcript_deleted"),
        Act::Deleted(Part::Parties) => Some("parties_deleted"),
        Act::Held | Act::Released | Act::DeletionAsked | Act::Resent => None,
    }
}

fn act_told(act: Act) -> &'static str {
    match act {
        Act::Held => "held",
        Act::Released => "released",
        Act::DeletionAsked => "its deletion is asked for",
        Act::Resent => "the mail is ordered to be sent over again",
        Act::Deleted(Part::TwilioCopy) => "the recording at Twilio is deleted",
        Act::Deleted(Part::Audio) => "the sound is deleted",
        Act::Deleted(Part::Transcript) => "the words are deleted",
        Act::Deleted(Part::Parties) => "who called is deleted",
    }
}

/// A moment in words. One that this version does not know is told by its name.
pub(crate) fn told(moment: &Moment) -> Option<String> {
    Some(match moment.what.as_str() {
        "recorded" => "the ledger hears of it".to_owned(),
        "left" => "the caller has ended the message".to_owned(),
        "ready" => "the sound is ready at Twilio".to_owned(),
        "absent" => "Twilio says: there is no sound".to_owned(),
        "lost" => "Twilio says: the sound is lost".to_owned(),
        "transcribed" => "the words have come".to_owned(),
        "archived" => "the sound is stored".to_owned(),
        "mail_sent" => "the mail is sent".to_owned(),
        "words_mail_sent" => "the second mail, with the words, is sent".to_owned(),
        "missed" => "the call is over, and no message is known of".to_owned(),
        "gone" => "the recording is gone from Twilio, before it was stored".to_owned(),
        "found_again" => "the recording is there at Twilio after all".to_owned(),
        "told_gone" => "the mail that says so is sent".to_owned(),
        "job_started" => "Amazon Transcribe begins to listen".to_owned(),
        "mail_delivered" => "the owner's mail server has the mail".to_owned(),
        "mail_delayed" => "the owner's mail server does not take the mail yet".to_owned(),
        "mail_soft_bounced" => "the mail came back; another one may get through".to_owned(),
        "mail_bounced" => "the mail came back: the first address takes no mail".to_owned(),
        "mail_complained" => "the owner called the mail spam".to_owned(),
        "second_mail_sent" => "the mail to the second address is sent".to_owned(),
        "second_mail_delivered" => "the second address's mail server has the mail".to_owned(),
        "second_mail_delayed" => "the second address's mail server does not take the mail yet".to_owned(),
        "second_mail_soft_bounced" => "the mail to the second address came back".to_owned(),
        "second_mail_bounced" => "the mail came back: the second address takes no mail".to_owned(),
        "second_mail_complained" => "the mail to the second address was called spam".to_owned(),
        "resend_sent" => "the mail is sent over again".to_owned(),
        "resend_delivered" => "the mail server has the mail that was sent over again".to_owned(),
        "resend_soft_bounced" | "resend_bounced" => "the mail that was sent over again came back".to_owned(),
        "heard" => "somebody listens by a link".to_owned(),
        "audio_deleted" => "the sound is deleted".to_owned(),
        "transcript_deleted" => "the words are deleted".to_owned(),
        "parties_deleted" => "who called is deleted".to_owned(),
        "purged" => "the recording at Twilio is deleted".to_owned(),
        "woken" => "woken".to_owned(),
        // What is not in the past, and what a field says as long as it matters.
        "next_attempt" | "job_next_attempt" | "expires" | "deletion_begun" => return None,
        other => other.replace('_', " "),
    })
}

fn why_not(why: NotHeard) -> &'static str {
    match why {
        NotHeard::Failed => "failed",
        NotHeard::UnsupportedLanguage => "does not know the language",
        NotHeard::NoTime => "had no time for a day",
        NotHeard::Refused => {
            "refuses to be asked: see whether the function may, and whether the region has it"
        }
    }
}

pub(crate) fn moment_json(moment: &Moment) -> Value {
    json!({ "at": show::instant(moment.at), "what": moment.what, "leg": moment.leg.as_ref().map(phone::CallSid::as_str) })
}

pub(crate) fn to_json(voicemail: &Voicemail) -> Value {
    let parties = voicemail.parties.as_ref();
    let heard = voicemail.transcript.as_ref().and_then(|it| it.result.as_ref().ok());
    let transcript_status = match voicemail.transcript.as_ref().map(|it| &it.result) {
        Some(Ok(_)) => "completed",
        Some(Err(_)) => "failed",
        None => "none",
    };
    json!({
        "recording_sid": voicemail.recording_sid.as_str(),
        "call_sid": voicemail.call_sid.as_str(),
        "account_sid": voicemail.account_sid.as_str(),
        "recorded_at": show::instant(voicemail.recorded_at),
        "from": parties.map(|it| it.caller.reveal()),
        "caller_name": parties.and_then(|it| it.caller_name.as_deref()),
        "to": parties.map(|it| it.number.reveal()),
        "seconds": voicemail.sound.duration_seconds(),
        "stage": stage(voicemail),
        "open": voicemail.open,
        "transcript": heard.map(|it| it.words.as_str()),
        "transcript_engine": voicemail.transcript.as_ref().map(|it| it.engine.name()),
        "transcript_language": heard.and_then(|it| it.language.as_ref()).map(callflow::LanguageCode::as_str),
        "transcript_confidence_percent": heard.and_then(|it| it.confidence_percent),
        "transcript_status": transcript_status,
        "audio": voicemail.audio.as_ref().map(|audio| json!({ "key": audio.key, "bytes": audio.size, "type": audio.content_type })),
        "mail": mail_json(&voicemail.mail),
        "words_mail": mail_json(&voicemail.words_mail),
        "second_mail": mail_json(&voicemail.second_mail),
        "second_mail_wanted": voicemail.second_mail_wanted,
        "first_address": reports_json(&voicemail.first_address),
        "second_address": reports_json(&voicemail.second_address),
        "resend": voicemail.resend.as_ref().map(|resend| {
            json!({
                "number": resend.number,
                "order": show::order_json(&resend.order),
                "to": match &resend.to {
                    ResendTo::First => "first",
                    ResendTo::Second => "second",
                    ResendTo::Named(email) => email.reveal(),
                },
                "with_sound": resend.with_sound,
                "mail": mail_json(&resend.mail),
                "reports": reports_json(&resend.reports),
            })
        }),
        "links": json!({
            "called_back": voicemail.links.epoch,
            "heard_at": voicemail.links.heard_at.map(show::instant),
        }),
        "hold": voicemail.keeping.hold.as_ref().map(show::order_json),
        "deletion_asked": voicemail.keeping.deletion_asked.as_ref().map(show::order_json),
        "deleted": voicemail.keeping.parties_deleted_at.is_some(),
        "receipts": voicemail.keeping.receipts.iter().map(receipt_json).collect::<Vec<_>>(),
        "purged_at": voicemail.purged_at.map(show::instant),
        "trouble": voicemail.trouble.as_ref().map(trouble_json),
    })
}

/// With all that happened to it.
pub(crate) fn to_json_with_history(voicemail: &Voicemail, moments: &[Moment]) -> Value {
    let mut value = to_json(voicemail);
    value["history"] = moments.iter().map(moment_json).collect();
    value
}

pub(crate) fn mail_json(mail: &Mail) -> Value {
    match mail {
        Mail::Unsent => json!({ "state": "unsent" }),
        Mail::Claimed { until, .. } => json!({ "state": "claimed", "until": show::instant(*until) }),
        Mail::Sent { at, message_id, with_words } => {
            json!({ "state": "sent", "at": show::instant(*at), "message_id": message_id, "with_words": with_words })
        }
    }
}

pub(crate) fn reports_json(reports: &MailReports) -> Value {
    json!({
        "delivered_at": reports.delivered_at.map(show::instant),
        "delayed_at": reports.delayed_at.map(show::instant),
        "soft_bounced_at": reports.soft_bounced_at.map(show::instant),
        "soft_bounce_reason": reports.soft_bounce_reason.as_deref(),
        "bounced_at": reports.bounced.as_ref().map(|bounce| show::instant(bounce.at)),
        "bounce_reason": reports.bounced.as_ref().map(|bounce| bounce.reason.as_str()),
        "complained_at": reports.complained_at.map(show::instant),
    })
}

pub(crate) fn trouble_json(trouble: &Trouble) -> Value {
    json!({
        "attempts": trouble.attempts,
        "last_error": trouble.last_error,
        "next_attempt_at": show::instant(trouble.next_attempt_at),
    })
}

fn receipt_json(receipt: &Receipt) -> Value {
    let mut value = show::order_json(&receipt.order);
    value["act"] = json!(receipt.act.name());
    value
}
