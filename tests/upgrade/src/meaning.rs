//! What a row means, field by field, in a form that outlives the types of a release.
//!
//! The same code, built with the last release's store, has written what stands beside the kept
//! rows; built with this one's it must say the same. What a release adds to a type is left out here,
//! for no older row has it.

use domain::{
    Audio, Call, Engines, Instruction, Keeping, Mail, MailReports, MissedCall, NumberSettings, Receipt,
    Recorded, TranscriptText, TranscriptionJob, Trouble, Voicemail, Wording,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A number.
pub fn number(settings: &NumberSettings) -> Value {
    let NumberSettings { number, owner, speech, forwarding, voicemail, plan, retention, .. } = settings;
    let prompts = speech.prompts.iter().map(|(prompt, wording)| {
        let wording = match wording {
            Wording::Text(text) => format!("says {}", text.as_str()),
            Wording::Audio(url) => format!("plays {}", url.as_str()),
        };
        (prompt.name().to_owned(), wording.into())
    });
    let days = |days: Option<domain::Days>| days.map(domain::Days::get);
    json!({
        "number": number.reveal(),
        "owner": {
            "name": owner.name,
            "email": owner.email.reveal(),
            "second_email": owner.second_email.as_ref().map(domain::EmailAddress::reveal),
            "missed_call_mail": owner.missed_call_mail,
            "language": owner.language.tag(),
            "time_zone": owner.time_zone.iana_name(),
        },
        "speech": {
            "language": speech.language.tag(),
            "voice": speech.voice,
            "prompts": prompts.collect::<serde_json::Map<String, Value>>(),
        },
        "forwarding": {
            "on": forwarding.on,
            "targets": forwarding.targets.iter().map(phone::PhoneNumber::reveal).collect::<Vec<_>>(),
            "ring_seconds": forwarding.ring_time.as_seconds(),
            "caller_id": format!("{:?}", forwarding.caller_id),
            "announce": forwarding.announce,
            "hang_up_on_star": forwarding.hang_up_on_star,
            "when_off": format!("{:?}", forwarding.when_off),
        },
        "voicemail": {
            "max_seconds": voicemail.max_length.as_seconds(),
            "finish_key": voicemail.finish_key.map(|key| key.as_char().to_string()),
            "beep": voicemail.beep,
            "transcription": format!("{:?}", voicemail.transcription),
            "languages": voicemail.languages.iter().map(domain::LanguageCode::as_str).collect::<Vec<_>>(),
            "purge_at_twilio": voicemail.purge_at_twilio,
        },
        "plan": {
            "calls_per_month": plan.calls_per_month,
            "when_used_up": format!("{:?}", plan.when_used_up),
        },
        "retention": {
            "audio": days(retention.audio),
            "transcript": days(retention.transcript),
            "calls": days(retention.calls),
        },
    })
}

/// A call.
pub fn call(call: &Call) -> Value {
    let legs = call.legs.iter().map(|leg| format!("{} {} {}", leg.call_sid, leg.status, leg.sequence));
    json!({
        "call_sid": call.call_sid.as_str(),
        "number": call.number.as_ref().map(phone::PhoneNumber::reveal),
        "caller": call.caller.as_ref().map(phone::Caller::reveal),
        "caller_name": call.caller_name,
        "begun_at": call.begun_at.map(time),
        "decision": call.disposition.map(|decision| format!("{decision:?}")),
        "dial_outcome": call.dial_outcome.map(|outcome| format!("{outcome:?}")),
        "dial_duration_seconds": call.dial_duration_seconds,
        "status": call.status,
        "duration_seconds": call.duration_seconds,
        "legs": legs.collect::<Vec<_>>(),
        "seen_at": call.seen_at.map(time),
        "held": call.held,
    })
}

/// A voicemail.
pub fn voicemail(voicemail: &Voicemail) -> Value {
    let parties = voicemail.parties.as_ref();
    let destination = voicemail.destination.as_ref();
    let languages = destination.and_then(|destination| destination.engines.amazon());
    let transcript = voicemail.transcript.as_ref().map(|transcript| match &transcript.result {
        Ok(TranscriptText { words, language, confidence_percent }) => json!({
            "engine": format!("{:?}", transcript.engine),
            "words": words,
            "language": language.as_ref().map(domain::LanguageCode::as_str),
            "confidence_percent": confidence_percent,
        }),
        Err(why) => {
            json!({ "engine": format!("{:?}", transcript.engine), "not_heard": format!("{why:?}") })
        }
    });
    let job = voicemail.job.as_ref().map(|job| match job {
        TranscriptionJob::Refused { last_error, next_attempt_at, .. } => {
            json!({ "refused": last_error, "next_attempt_at": time(*next_attempt_at) })
        }
        TranscriptionJob::Started { at, .. } => json!({ "started_at": time(*at) }),
    });
    json!({
        "recording_sid": voicemail.recording_sid.as_str(),
        "call_sid": voicemail.call_sid.as_str(),
        "account_sid": voicemail.account_sid.as_str(),
        "recorded_at": time(voicemail.recorded_at),
        "number": parties.map(|parties| parties.number.reveal()),
        "caller": parties.map(|parties| parties.caller.reveal()),
        "caller_name": parties.and_then(|parties| parties.caller_name.as_ref()),
        "engines": destination.map(|destination| engines(&destination.engines)),
        "languages": languages.map(|them| them.iter().map(domain::LanguageCode::as_str).collect::<Vec<_>>()),
        "purge_at_twilio": destination.map(|destination| destination.purge_at_twilio),
        "sound": recording(voicemail.recording),
        "transcript": transcript,
        "audio": voicemail.audio.as_ref().map(|Audio { key, size, content_type, .. }| json!([key, size, content_type])),
        "job": job,
        "mail": mail(&voicemail.mail),
        "words_mail": mail(&voicemail.words_mail),
        "second_mail": mail(&voicemail.second_mail),
        "second_mail_wanted": voicemail.second_mail_wanted,
        "first_address": reports(&voicemail.first_address),
        "second_address": reports(&voicemail.second_address),
        "purged_at": voicemail.purged_at.map(time),
        "links": { "epoch": voicemail.links.epoch, "heard_at": voicemail.links.heard_at.map(time) },
        "keeping": keeping(&voicemail.keeping),
        "trouble": trouble(voicemail.trouble.as_ref()),
        "woken_at": voicemail.woken_at.map(time),
        "open": voicemail.open,
        "revision": voicemail.revision,
    })
}

/// A missed call.
pub fn missed_call(missed: &MissedCall) -> Value {
    json!({
        "call_sid": missed.call_sid.as_str(),
        "number": missed.parties.number.reveal(),
        "caller": missed.parties.caller.reveal(),
        "caller_name": missed.parties.caller_name,
        "missed_at": time(missed.missed_at),
        "not_missed": missed.not_missed.map(|why| format!("{why:?}")),
        "mail": mail(&missed.mail),
        "second_mail": mail(&missed.second_mail),
        "second_mail_wanted": missed.second_mail_wanted,
        "first_address": reports(&missed.first_address),
        "second_address": reports(&missed.second_address),
        "trouble": trouble(missed.trouble.as_ref()),
        "open": missed.open,
        "revision": missed.revision,
    })
}

fn engines(engines: &Engines) -> &'static str {
    match engines {
        Engines::Off => "none",
        Engines::Twilio => "twilio",
        Engines::Amazon(_) => "amazon",
        Engines::Both(_) => "both",
    }
}

fn recording(recording: Recorded) -> Value {
    match recording {
        Recorded::Left { duration_seconds } => json!({ "left": duration_seconds }),
        Recorded::Ready { duration_seconds } => json!({ "ready": duration_seconds }),
        Recorded::Absent => json!("absent"),
        Recorded::Lost { error_code } => json!({ "lost": error_code }),
        Recorded::Gone => json!("gone"),
    }
}

fn mail(mail: &Mail) -> Value {
    match mail {
        Mail::Unsent => json!("unsent"),
        Mail::Claimed { until, .. } => json!({ "claimed_until": time(*until) }),
        Mail::Sent { at, message_id, with_words, .. } => {
            json!({ "sent_at": time(*at), "message_id": message_id, "with_words": with_words })
        }
    }
}

fn reports(reports: &MailReports) -> Value {
    json!({
        "delivered_at": reports.delivered_at.map(time),
        "delayed_at": reports.delayed_at.map(time),
        "soft_bounced_at": reports.soft_bounced_at.map(time),
        "bounced": reports.bounced.as_ref().map(|bounce| json!([time(bounce.at), bounce.reason])),
        "complained_at": reports.complained_at.map(time),
    })
}

fn keeping(keeping: &Keeping) -> Value {
    let receipts = keeping.receipts.iter().map(receipt);
    json!({
        "hold": keeping.hold.as_ref().map(instruction),
        "deletion_asked": keeping.deletion_asked.as_ref().map(instruction),
        "deletion_begun_at": keeping.deletion_begun_at.map(time),
        "purge_withheld": keeping.purge_withheld,
        "audio_deleted_at": keeping.audio_deleted_at.map(time),
        "transcript_deleted_at": keeping.transcript_deleted_at.map(time),
        "parties_deleted_at": keeping.parties_deleted_at.map(time),
        "receipts": receipts.collect::<Vec<_>>(),
    })
}

pub(crate) fn instruction(instruction: &Instruction) -> Value {
    json!({ "by": instruction.by, "why": instruction.why, "at": time(instruction.at) })
}

fn trouble(trouble: Option<&Trouble>) -> Value {
    json!(trouble.map(|it| json!([it.attempts, it.last_error, time(it.next_attempt_at)])))
}

fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub(crate) fn receipt(receipt: &Receipt) -> Value {
    json!([receipt.act.name(), instruction(&receipt.instruction)])
}
