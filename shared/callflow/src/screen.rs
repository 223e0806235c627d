//! Somebody picks up who was rung: are they a person, and do they take the call?
//!
//! Telephones answer by themselves, and speak first; carriers' mailboxes as well. So it is said again and again
//! for a while who calls, and only a key or a word takes the call.

use domain::{Language, Spoken};
use jiff::Timestamp;
use live::Listens;
use phone::{CallSid, Caller};
use twiml::values::{DialTimeout, PauseLength};
use twiml::voice::{Dial, Pause, Queue, Response};

use crate::answer::{speak, verb};
use crate::callbacks::Callbacks;
use crate::leg_address::{AddressedLeg, LegAddress};
use crate::question::question;
use crate::yes::is_yes;
use texts::Phrase;

/// How long it is asked whether somebody is there, in seconds: a telephone's robot talks first, and its owner joins
/// in the middle.
pub const ASKED_SECONDS: i64 = 24;

/// Between two times that it is said, in seconds. Each time is a document of its own: so whoever listens hears soon
/// that the call is somebody else's.
const BETWEEN: u8 = 3;

/// How long a person who took the call waits for the caller, in seconds: the caller is there, or is gone.
const JOIN_SECONDS: u32 = 2;

/// What somebody who was rung did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Takes the call.
    Takes,
    /// Sends the caller to voicemail.
    ToVoicemail,
    /// Wants the caller blocked.
    Blocks,
    /// Wants to hear it again, or said what means nothing.
    Again,
}

/// What a key or a word means.
pub fn reply(digits: Option<&str>, speech: Option<&str>, language: Language, blocks: bool) -> Reply {
    match digits.and_then(|digits| digits.chars().next()) {
        Some('1') => Reply::Takes,
        Some('2') => Reply::ToVoicemail,
        Some('9') if blocks => Reply::Blocks,
        None if speech.is_some_and(|speech| is_yes(speech, language)) => Reply::Takes,
        _ => Reply::Again,
    }
}

/// Whether the key asks for the caller to be blocked, which is asked once more.
pub fn asks_to_block(digits: Option<&str>) -> bool {
    digits == Some("9")
}

/// Who calls, as it is said to the person who is rung.
pub fn who_calls(caller: Option<&Caller>, said: Option<&str>, language: Language) -> String {
    match (said, caller.and_then(Caller::number)) {
        (Some(said), _) => said.to_owned(),
        (None, Some(number)) => texts::digits(number.reveal()),
        (None, None) => texts::phrase(Phrase::Nobody, language).to_owned(),
    }
}

/// Says who calls, and what the keys do, once; who says nothing is asked again until the time is over. Then the leg
/// ends: whoever has said nothing is no person.
pub fn screen(
    who: &str,
    language: Language,
    leg: &LegAddress,
    now: Timestamp,
    callbacks: &Callbacks,
) -> Response {
    let until = leg.until.unwrap_or_else(|| now.as_second().saturating_add(ASKED_SECONDS));
    if now.as_second() >= until {
        return Response::new().hangup();
    }
    let asked = LegAddress { until: Some(until), ..leg.clone() };
    let mut said = vec![texts::call_from(who, language), texts::phrase(Phrase::Keys, language).to_owned()];
    if leg.blocks {
        said = vec![texts::phrase(Phrase::BlockThem, language).to_owned()];
    }
    let said = in_own_voice(&said.join(" "), language);
    let listens = Listens {
        max_keys: 1,
        stop_key: None,
        language: Some(texts::recogniser(language).to_owned()),
        hints: texts::yes(language).iter().map(|&word| word.to_owned()).collect(),
        choices: Vec::new(),
        timeout_seconds: BETWEEN,
        sensitive: false,
    };
    let action = callbacks.leg_answers(&asked.write());
    let gather = question(vec![verb(&said)], &listens, &action);
    Response::new().gather(gather).hangup()
}

/// Joins the person with the caller: Twilio does, where it was a plain dial; else the person takes the caller out of
/// the queue that is the caller's alone.
pub fn join(leg: &LegAddress, callbacks: &Callbacks) -> Response {
    match &leg.leg {
        AddressedLeg::Dialled { .. } => Response::new(),
        AddressedLeg::OfCall(call_sid, _) => Response::new().dial(takes_from_queue(call_sid, leg, callbacks)),
    }
}

/// The caller is there, and not yet in the queue: who is rung may be faster than the words that are said before.
pub fn join_again(leg: &LegAddress, callbacks: &Callbacks) -> Response {
    match &leg.leg {
        AddressedLeg::Dialled { .. } => Response::new(),
        AddressedLeg::OfCall(call_sid, _) => Response::new()
            .pause(Pause::of(PauseLength::nearest(1)))
            .dial(takes_from_queue(call_sid, leg, callbacks)),
    }
}

fn takes_from_queue(call_sid: &CallSid, leg: &LegAddress, callbacks: &Callbacks) -> Dial {
    Dial::new()
        .action(callbacks.leg_done(&leg.write()))
        .timeout(DialTimeout::nearest(JOIN_SECONDS))
        .queue(Queue::new(call_sid.as_str()))
}

/// Tells the person something, and ends their leg.
pub fn tell(phrase: Phrase, language: Language) -> Response {
    speak(Response::new(), &in_own_voice(texts::phrase(phrase, language), language)).hangup()
}

fn in_own_voice(text: &str, language: Language) -> Spoken {
    let (voice, code) = texts::voice(language);
    Spoken::Words { text: text.to_owned(), voice: voice.to_owned(), language: Some(code.to_owned()) }
}

#[cfg(test)]
mod tests {
    use domain::LegId;

    use super::*;
    use crate::fixtures::{callbacks, caller, xml};

    fn call_sid() -> CallSid {
        CallSid::parse("CA00000000000000000000000000000001").unwrap()
    }

    fn leg() -> LegAddress {
        LegAddress::new(call_sid(), LegId::new(0, "ana"))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_key_or_a_yes_takes_the_call_and_nothing_else() {
        let english = Language::English;
        assert_eq!(reply(Some("1"), None, english, false), Reply::Takes);
        assert_eq!(reply(None, Some("Yes."), english, false), Reply::Takes);
        assert_eq!(reply(Some("2"), None, english, false), Reply::ToVoicemail);
        assert_eq!(reply(Some("9"), None, english, true), Reply::Blocks);
        for (digits, speech) in [
            (None, None),
            (Some(""), None),
            (Some("3"), None),
            (Some("9"), None),
            (Some("5"), Some("yes")),
            (
                None,
                Some(
                    "Hi, if you record your name and reason for calling, I'll see if this person is available.",
                ),
            ),
        ] {
            assert_eq!(reply(digits, speech, english, false), Reply::Again, "{digits:?} {speech:?}");
        }
    }

    #[test]
    fn who_calls_is_said_by_name_by_number_or_as_nobody() {
        let english = Language::English;
        assert_eq!(who_calls(Some(&caller()), Some("Kim about the fence"), english), "Kim about the fence");
        assert_eq!(who_calls(Some(&caller()), None, english), "1 2 1 2 5 5 5 0 1 2 3");
        assert_eq!(
            who_calls(Some(&Caller::parse("anonymous")), None, english),
            "somebody who shows no number"
        );
    }

    #[test]
    fn it_is_said_again_until_the_time_is_over() {
        let says = |leg: &LegAddress, now| xml(&screen("Kim", Language::English, leg, at(now), &callbacks()));
        let first = says(&leg(), 100);
        assert_eq!(first.matches("You have a call from Kim.").count(), 1);
        assert!(first.contains("actionOnEmptyResult=\"true\""), "{first}");
        assert!(first.contains("leg/answers?s=124.-.CA"), "{first}");
        let asked = LegAddress { until: Some(124), ..leg() };
        assert!(says(&asked, 123).contains("You have a call from Kim."));
        assert_eq!(says(&asked, 124), "<Response>\n  <Hangup/>\n</Response>\n");
    }

    #[test]
    fn a_person_takes_the_caller_out_of_the_callers_own_queue() {
        let joined = xml(&join(&leg(), &callbacks()));
        assert!(joined.contains("<Queue>CA00000000000000000000000000000001</Queue>"), "{joined}");
        let dialled = LegAddress::dialled(Language::English, false);
        assert_eq!(xml(&join(&dialled, &callbacks())), "<Response/>\n");
    }
}
