//! What happened to a voicemail or a call, moment by moment.

use domain::{Act, Order, Part, Receipt};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::Moment;

use crate::show::{self, DIM};

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

pub(crate) fn moment_json(moment: &Moment) -> Value {
    json!({ "at": show::instant(moment.at), "what": moment.what, "leg": moment.leg.as_ref().map(phone::CallSid::as_str) })
}

pub(crate) fn receipt_json(receipt: &Receipt) -> Value {
    let mut value = show::order_json(&receipt.order);
    value["act"] = json!(receipt.act.name());
    value
}
