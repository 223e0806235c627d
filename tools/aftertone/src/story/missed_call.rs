//! The mail about a missed call.

use domain::TimelineEvent;
use domain::{Mail, MissedCall, NotMissed, Owner};
use serde_json::{Value, json};

use super::history::{show_history, told};
use super::mail::{is_refused, mail_json, reports_json, show_reports, took_it};
use super::trouble::{show_trouble, trouble_json};
use crate::show::{self, BOLD};

/// How far the mail got, in a few words.
fn stage(missed_call: &MissedCall) -> &'static str {
    match (missed_call.not_missed, &missed_call.mail) {
        (Some(NotMissed::Answered), _) => "no mail: the two have talked",
        (Some(NotMissed::MessageLeft), _) => "no mail: a message was left",
        (Some(NotMissed::NotWanted), _) => "no mail: the owner wants none",
        (None, Mail::Sent { .. }) if came_back(missed_call) => "the mail came back",
        (None, Mail::Sent { .. }) => "the owner was told",
        (None, _) if missed_call.trouble.is_some() => "waits to be mailed",
        (None, _) => "waits for a message that may still be told of",
    }
}

/// No address of the owner's has taken it.
fn came_back(missed_call: &MissedCall) -> bool {
    is_refused(&missed_call.first_address) && !took_it(&missed_call.second_mail, &missed_call.second_address)
}

pub(crate) fn describe(missed_call: &MissedCall, moments: &[TimelineEvent], owner: Option<&Owner>) {
    show::line("");
    show::line(format!("{BOLD}Missed call{BOLD:#}  {}", stage(missed_call)));
    show_reports("mail", &missed_call.mail, &missed_call.first_address, owner.map(|it| &it.email));
    if missed_call.second_mail_wanted || missed_call.second_mail != Mail::Unsent {
        let second = owner.and_then(|it| it.second_email.as_ref());
        show_reports("second", &missed_call.second_mail, &missed_call.second_address, second);
    }
    if missed_call.open {
        show_trouble(missed_call.trouble.as_ref(), missed_call.call_sid.as_str());
    }
    show_history(moments, &[], told);
}

pub(crate) fn to_json(missed_call: &MissedCall) -> Value {
    json!({
        "missed_at": show::instant(missed_call.missed_at),
        "stage": stage(missed_call),
        "open": missed_call.open,
        "mail": mail_json(&missed_call.mail),
        "second_mail": mail_json(&missed_call.second_mail),
        "second_mail_wanted": missed_call.second_mail_wanted,
        "first_address": reports_json(&missed_call.first_address),
        "second_address": reports_json(&missed_call.second_address),
        "trouble": missed_call.trouble.as_ref().map(trouble_json),
    })
}
