//! What happened to a voicemail or a call, moment by moment.

use domain::{Act, Happening, Instruction, Part, Receipt, TimelineEvent};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::show::{self, DIM};

/// What happened, each with its time, and who had it done where there is a receipt.
pub(crate) fn show_history(
    moments: &[TimelineEvent],
    receipts: &[Receipt],
    told: impl Fn(&TimelineEvent) -> Option<String>,
) {
    let is_known_by_receipt = |moment: &TimelineEvent| {
        receipts.iter().any(|it| {
            it.instruction.at == moment.at && deletion_moment(it.act).as_ref() == Some(&moment.what)
        })
    };
    let mut lines: Vec<(Timestamp, Option<Happening>, String)> = Vec::new();
    for moment in moments.iter().filter(|moment| !is_known_by_receipt(moment)) {
        let place = Some(moment.what.clone());
        lines.extend(told(moment).map(|text| (moment.at, place, text)));
    }
    for Receipt { act, instruction: Instruction { by, why, at } } in receipts {
        lines.push((*at, None, format!("{} (by {by}: {why})", act_told(*act))));
    }
    // What is done in the same moment keeps the order of its receipts.
    lines.sort_by(|(a, one, _), (b, other, _)| (a, one.is_none(), one).cmp(&(b, other.is_none(), other)));
    for (at, _, text) in lines {
        show::line(format!("  {DIM}{}{DIM:#}  {text}", show::time(at)));
    }
}

/// The moment that a receipt tells more of.
fn deletion_moment(act: Act) -> Option<Happening> {
    match act {
        Act::Deleted(Part::TwilioCopy) => Some(Happening::Purged),
        Act::Deleted(Part::Audio) => Some(Happening::AudioDeleted),
        Act::Deleted(Part::Transcript) => Some(Happening::TranscriptDeleted),
        Act::Deleted(Part::Parties) => Some(Happening::PartiesDeleted),
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
pub(crate) fn told(moment: &TimelineEvent) -> Option<String> {
    Some(match &moment.what {
        Happening::Recorded => "the ledger hears of it".to_owned(),
        Happening::Left => "the caller has ended the message".to_owned(),
        Happening::Ready => "the sound is ready at Twilio".to_owned(),
        Happening::Absent => "Twilio says: there is no sound".to_owned(),
        Happening::Lost => "Twilio says: the sound is lost".to_owned(),
        Happening::Transcribed => "the words have come".to_owned(),
        Happening::Archived => "the sound is stored".to_owned(),
        Happening::MailSent => "the mail is sent".to_owned(),
        Happening::WordsMailSent => "the second mail, with the words, is sent".to_owned(),
        Happening::Missed => "the call is over, and no message is known of".to_owned(),
        Happening::Gone => "the recording is gone from Twilio, before it was stored".to_owned(),
        Happening::FoundAgain => "the recording is there at Twilio after all".to_owned(),
        Happening::ToldGone => "the mail that says so is sent".to_owned(),
        Happening::JobStarted => "Amazon Transcribe begins to listen".to_owned(),
        Happening::MailDelivered => "the owner's mail server has the mail".to_owned(),
        Happening::MailDelayed => "the owner's mail server does not take the mail yet".to_owned(),
        Happening::MailSoftBounced => "the mail came back; another one may get through".to_owned(),
        Happening::MailBounced => "the mail came back: the first address takes no mail".to_owned(),
        Happening::MailComplained => "the owner called the mail spam".to_owned(),
        Happening::SecondMailSent => "the mail to the second address is sent".to_owned(),
        Happening::SecondMailDelivered => "the second address's mail server has the mail".to_owned(),
        Happening::SecondMailDelayed => {
            "the second address's mail server does not take the mail yet".to_owned()
        }
        Happening::SecondMailSoftBounced => "the mail to the second address came back".to_owned(),
        Happening::SecondMailBounced => "the mail came back: the second address takes no mail".to_owned(),
        Happening::SecondMailComplained => "the mail to the second address was called spam".to_owned(),
        Happening::ResendSent => "the mail is sent over again".to_owned(),
        Happening::ResendDelivered => "the mail server has the mail that was sent over again".to_owned(),
        Happening::ResendSoftBounced | Happening::ResendBounced => {
            "the mail that was sent over again came back".to_owned()
        }
        Happening::Heard => "somebody listens by a link".to_owned(),
        Happening::AudioDeleted => "the sound is deleted".to_owned(),
        Happening::TranscriptDeleted => "the words are deleted".to_owned(),
        Happening::PartiesDeleted => "who called is deleted".to_owned(),
        Happening::Purged => "the recording at Twilio is deleted".to_owned(),
        Happening::Woken => "woken".to_owned(),
        // What is not in the past, and what a field says as long as it matters.
        Happening::NextAttempt
        | Happening::JobNextAttempt
        | Happening::Expires
        | Happening::DeletionBegun => return None,
        other => other.name().replace('_', " "),
    })
}

pub(crate) fn moment_json(moment: &TimelineEvent) -> Value {
    json!({ "at": show::instant(moment.at), "what": moment.what.name(), "leg": moment.leg.as_ref().map(phone::CallSid::as_str) })
}

pub(crate) fn receipt_json(receipt: &Receipt) -> Value {
    let mut value = show::instruction_json(&receipt.instruction);
    value["act"] = json!(receipt.act.name());
    value
}
