//! What is promised of a call for which several people are rung.

use std::time::Duration;

use domain::Mail;
use exchange::{Address, Entry, Hearing, Recording, Story, What};
use jiff::Timestamp;
use local::stack::Stack;
use store::StoreError;

use crate::hunt::{ANA, BEN, FRONT, Hunt, People};

/// How long a caller waits for a person or a beep, from the first sound of ringing.
const LONGEST_WAIT: Duration = Duration::from_secs(100);

/// How long a leg may go on after the caller's, where nothing keeps anybody from ending it: who has picked up is told
/// why.
const GOES_ON: Duration = Duration::from_secs(10);

/// How long the schedule may take to find what is left, and Twilio to end what nobody ends.
const IS_FOUND: Duration = Duration::from_secs(80);

const TAKEN: [&str; 2] = ["Somebody else has taken the call", "Otra persona ha atendido la llamada"];

const GONE: [&str; 2] = ["The caller has hung up", "La persona que llamaba ha colgado"];

fn at_of(story: &Story, is_it: impl Fn(&Entry) -> bool) -> Option<Timestamp> {
    story.entries().into_iter().find(|entry| is_it(entry)).map(|entry| entry.at)
}

fn between(from: Timestamp, until: Timestamp) -> Duration {
    until.duration_since(from).try_into().unwrap_or_default()
}

fn is_ringing(hearing: &Hearing) -> bool {
    matches!(hearing, Hearing::Sound(url) if url.contains("ringing.wav"))
}

/// What the caller heard that nobody should hear, or did not hear.
pub(crate) fn of_caller(hunt: &Hunt, story: &Story) -> Vec<String> {
    let mut broken = Vec::new();
    if story.heard_application_error() {
        broken.push("the caller heard an application error".to_owned());
    }
    let leg = story.legs().into_iter().next();
    let heard = leg.map(|leg| leg.heard).unwrap_or_default();
    let parked = heard.iter().find(|heard| is_ringing(&heard.what)).map(|heard| heard.from);
    let got = at_of(story, |entry| matches!(entry.what, What::HearsBeep | What::TalksWith(_)));
    match (parked, got) {
        (Some(parked), Some(got)) if between(parked, got) > LONGEST_WAIT => {
            broken.push(format!("the caller waited for {:?}", between(parked, got)));
        }
        (_, Some(_)) => {}
        (_, None) if hunt.people == People::CallerLeaves => {}
        (_, None) => broken.push("the caller reached neither a person nor a beep".to_owned()),
    }
    if let Some(parked) = parked {
        let until = got.or(story.ended()).unwrap_or(Timestamp::MAX);
        let pieces =
            heard.iter().filter(|it| it.from >= parked && it.until <= until && it.what == Hearing::Silence);
        let silence = pieces.map(|it| between(it.from, it.until)).max().unwrap_or_default();
        if silence > hunt.longest_silence() {
            broken.push(format!("the caller heard nothing for {silence:?}"));
        }
    }
    broken
}

/// What is wrong about those who were rung.
pub(crate) fn of_legs(hunt: &Hunt, stack: &Stack, story: &Story) -> Vec<String> {
    let mut broken = Vec::new();
    let over = story.ended().unwrap_or(Timestamp::MAX);
    let legs: Vec<Story> =
        stack.exchange.stories().into_iter().filter(|leg| leg.call_sid() != story.call_sid()).collect();
    let talks = |leg: &Story| leg.entries().iter().any(|entry| matches!(entry.what, What::TalksWith(_)));
    let talked = legs.iter().filter(|leg| talks(leg)).count();
    if talked > 1 {
        broken.push(format!("{talked} have talked to the caller"));
    }
    let allowed_until = if hunt.keeps_the_worker() {
        over.max(story.started().checked_add(hunt.over_after()).unwrap()).checked_add(IS_FOUND)
    } else {
        over.checked_add(GOES_ON)
    }
    .unwrap_or(Timestamp::MAX);
    for leg in &legs {
        if leg.ended().is_none_or(|ended| ended > allowed_until) {
            broken.push(format!("{} goes on after the call", leg.call_sid()));
        }
        let told = |words: [&str; 2]| {
            at_of(
                leg,
                |entry| matches!(&entry.what, What::HearsWords { text, .. } if words.iter().any(|words| text.contains(words))),
            )
        };
        if told(TAKEN).is_some() && (talks(leg) || talked == 0) {
            broken.push(format!("{} was told that somebody else has the call", leg.call_sid()));
        }
        // A moment earlier, where the end of the call is still on its way to the story.
        if told(GONE).is_some_and(|at| at.checked_add(Duration::from_secs(1)).unwrap() < over) {
            broken.push(format!("{} was told that the caller is gone", leg.call_sid()));
        }
    }
    for telephone in [ANA, BEN, FRONT] {
        let telephone_address = Address::from(telephone);
        let times = legs.iter().filter(|leg| *leg.to() == telephone_address).count();
        if times > 1 {
            broken.push(format!("{telephone} was rung {times} times"));
        }
    }
    broken
}

/// What is left to do, or was lost.
pub(crate) async fn left_over(stack: &Stack, story: &Story) -> (usize, Vec<String>) {
    let mut lost = 0;
    let mut broken = Vec::new();
    match stack.ledger.live_call(story.call_sid()).await {
        Ok(call) if !call.is_summed_up => broken.push(format!("the call is not summed up: {call:?}")),
        Ok(_) | Err(StoreError::NotFound(_)) => {}
        Err(error) => broken.push(format!("the row can't be read: {error}")),
    }
    let is_message = |it: &Recording| it.duration > 0 && it.source == "RecordVerb";
    for recording in story.recordings().into_iter().filter(is_message) {
        let row = stack.ledger.voicemail(&recording.sid).await;
        if !row.as_ref().is_ok_and(|row| matches!(row.mail, Mail::Sent { .. })) {
            lost += 1;
            broken.push(format!("a voicemail is lost: {row:?}"));
        }
    }
    let waiting: usize = stack.exchange.queues().iter().map(|queue| queue.waiting.len()).sum();
    if waiting > 0 {
        broken.push(format!("{waiting} wait in a queue"));
    }
    (lost, broken)
}
