//! How far a voicemail got, in words and in JSON.

use domain::TimelineEvent;
use domain::{
    Instruction, Mail, NotMailed, Owner, Recorded, ResendTo, Transcript, TranscriptionFailure, Voicemail,
};
use serde_json::{Value, json};

use super::history::{moment_json, receipt_json, show_history, told};
use super::mail::{is_refused, mail_json, reports_json, show_reports, took_it};
use super::trouble::{show_trouble, trouble_json};
use crate::reading::{international, who};
use crate::show::{self, BAD, BOLD, GOOD, field};

/// How far it got, in a few words.
pub(crate) fn stage(voicemail: &Voicemail) -> String {
    if voicemail.recording.is_empty() {
        return "nothing was said".to_owned();
    }
    if voicemail.keeping.parties_deleted_at.is_some() {
        return "deleted".to_owned();
    }
    if voicemail.keeping.deletion_asked.is_some() {
        return "to be deleted".to_owned();
    }
    let stage = match (&voicemail.mail, voicemail.open) {
        (Mail::Unsent, _) if voicemail.conversation.is_some() => of_conversation(voicemail),
        (Mail::Sent { .. }, false) if came_back(voicemail) => match voicemail.first_address.bounced {
            Some(_) => "came back: the address takes no mail",
            None => "came back",
        },
        (Mail::Sent { .. }, false) => "delivered",
        (Mail::Sent { .. }, true) => "mailed, waits for its words",
        (Mail::Claimed { .. }, _) if voicemail.trouble.is_none() => "is being mailed",
        (Mail::Claimed { .. }, _) => "waits to be mailed",
        (Mail::Unsent, false) => match (voicemail.not_mailed(), &voicemail.resend) {
            (Some(_), None) => "kept in silence",
            (Some(_), Some(_)) => "kept in silence, and mailed when asked for",
            (None, _) => "closed without a mail",
        },
        (Mail::Unsent, true) => match (&voicemail.destination, &voicemail.audio) {
            (None, _) => "waits to be identified",
            (Some(_), None) => "waits for its sound",
            (Some(it), Some(_)) if it.not_mailed.is_some() => "is being kept in silence",
            (Some(_), Some(_)) => "waits to be mailed",
        },
    };
    match &voicemail.trouble {
        Some(trouble) if voicemail.open => format!("{stage}; failed {} times", trouble.attempts),
        _ => stage.to_owned(),
    }
}

/// The same of a conversation, of which nobody is mailed.
fn of_conversation(voicemail: &Voicemail) -> &'static str {
    match (&voicemail.audio, voicemail.recording) {
        (Some(_), _) if voicemail.open => "stored, waits for its words",
        (Some(_), _) => "stored",
        (None, recording) if recording.is_lost() => "lost",
        (None, Recorded::Left { .. }) => "goes on, or is not told to be over",
        (None, _) => "waits for its sound",
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

/// Who called, in full.
pub(crate) fn caller(voicemail: &Voicemail) -> String {
    voicemail.parties.as_ref().map_or_else(|| "?".to_owned(), |parties| who(&parties.caller))
}

/// A voicemail and its way, for a person. The owner is the one whose number it is now.
pub(crate) fn describe(voicemail: &Voicemail, moments: &[TimelineEvent], owner: Option<&Owner>) {
    let is_in_trouble = voicemail.trouble.is_some() && voicemail.open;
    let style = if is_in_trouble || came_back(voicemail) { BAD } else { GOOD };
    show::line(format!(
        "{BOLD}{} {}{BOLD:#}  {style}{}{style:#}",
        if voicemail.conversation.is_some() { "Conversation" } else { "Voicemail" },
        voicemail.recording_sid,
        stage(voicemail)
    ));
    if let Some(parties) = &voicemail.parties {
        let name = parties.caller_name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        let (who_is, number_is) =
            if voicemail.conversation.is_some() { ("with", "number") } else { ("from", "to") };
        field(who_is, format!("{}{name}", who(&parties.caller)));
        field(number_is, international(&parties.number));
    }
    field("call", voicemail.call_sid.to_string());
    if let Some(leg) = &voicemail.conversation {
        field("recorded for", format!("{leg}, which a program steered"));
    }
    field("sound", sound(voicemail));
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
    if let Some(NotMailed::Silent) = voicemail.not_mailed() {
        field("mail", "none: kept in silence, as the phone file says");
    }
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
        field("again", format!("to {to}{sound}, by {}: {}", resend.instruction.by, resend.instruction.why));
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
    if let Some(Instruction { by, why, at }) = &keeping.hold {
        field("held", format!("since {} by {by}: {why}", show::time(*at)));
    }
    if let Some(Instruction { by, why, at }) = &keeping.deletion_asked {
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

/// How long its sound is, and where.
fn sound(voicemail: &Voicemail) -> String {
    let sound = match voicemail.recording {
        Recorded::Left { duration_seconds: None } => "not known yet".to_owned(),
        Recorded::Left { duration_seconds: Some(seconds) } => {
            format!("{}, not ready at Twilio yet", show::length(seconds))
        }
        Recorded::Ready { duration_seconds } => show::length(duration_seconds),
        Recorded::Absent => "none".to_owned(),
        Recorded::Gone => "deleted at Twilio before it was stored".to_owned(),
        Recorded::Lost { error_code } => {
            format!(
                "lost by Twilio{}",
                error_code.map_or_else(String::new, |code| format!(" (error {code})"))
            )
        }
    };
    let stored = voicemail.audio.as_ref().map_or_else(String::new, |audio| {
        format!(", {} kB stored as {}", audio.size.div_ceil(1000), audio.key)
    });
    format!("{sound}{stored}")
}

fn why_not(why: TranscriptionFailure) -> &'static str {
    match why {
        TranscriptionFailure::Failed => "failed",
        TranscriptionFailure::UnsupportedLanguage => "does not know the language",
        TranscriptionFailure::NoTime => "had no time for a day",
        TranscriptionFailure::Refused => {
            "refuses to be asked: see whether the function may, and whether the region has it"
        }
    }
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
        "seconds": voicemail.recording.duration_seconds(),
        "stage": stage(voicemail),
        "open": voicemail.open,
        "transcript": heard.map(|it| it.words.as_str()),
        "transcript_engine": voicemail.transcript.as_ref().map(|it| it.engine.name()),
        "transcript_language": heard.and_then(|it| it.language.as_ref()).map(domain::LanguageCode::as_str),
        "transcript_confidence_percent": heard.and_then(|it| it.confidence_percent),
        "transcript_status": transcript_status,
        "audio": voicemail.audio.as_ref().map(|audio| json!({ "key": audio.key, "bytes": audio.size, "type": audio.content_type })),
        "mail": mail_json(&voicemail.mail),
        "conversation": voicemail.conversation,
        "not_mailed": voicemail.not_mailed().map(NotMailed::name),
        "words_mail": mail_json(&voicemail.words_mail),
        "second_mail": mail_json(&voicemail.second_mail),
        "second_mail_wanted": voicemail.second_mail_wanted,
        "first_address": reports_json(&voicemail.first_address),
        "second_address": reports_json(&voicemail.second_address),
        "resend": voicemail.resend.as_ref().map(|resend| {
            json!({
                "number": resend.number,
                "order": show::instruction_json(&resend.instruction),
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
        "hold": voicemail.keeping.hold.as_ref().map(show::instruction_json),
        "deletion_asked": voicemail.keeping.deletion_asked.as_ref().map(show::instruction_json),
        "deleted": voicemail.keeping.parties_deleted_at.is_some(),
        "receipts": voicemail.keeping.receipts.iter().map(receipt_json).collect::<Vec<_>>(),
        "purged_at": voicemail.purged_at.map(show::instant),
        "trouble": voicemail.trouble.as_ref().map(trouble_json),
    })
}

/// With all that happened to it.
pub(crate) fn to_json_with_history(voicemail: &Voicemail, moments: &[TimelineEvent]) -> Value {
    let mut value = to_json(voicemail);
    value["history"] = moments.iter().map(moment_json).collect();
    value
}
