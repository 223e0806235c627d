use std::collections::BTreeMap;

use domain::{Course, Language, Parties, Stage, Treatment};
use http::StatusCode;
use phone::{AccountSid, Caller, PhoneNumber};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_796_000_000 + seconds).unwrap()
}

fn sid(number: u32) -> CallSid {
    CallSid::parse(&format!("CA{number:032x}")).unwrap()
}

fn leg(call_sid: Option<CallSid>) -> LiveLeg {
    LiveLeg {
        person: "ana".to_owned(),
        to: PhoneNumber::parse("+14155550142").unwrap(),
        shown: PhoneNumber::parse("+14155550100").unwrap(),
        shows_caller: false,
        language: Language::English,
        step: 1,
        not_before: at(0),
        seconds: 20,
        call_sid,
        state: LegState::Planned,
        told_at: None,
        placing: claim(Effect::pending(at(0)), at(10)),
        ending: Effect::pending(at(0)),
        refused: None,
    }
}

fn call() -> LiveCall {
    let legs = [("ana", None), ("bo", Some(sid(2)))];
    let legs: BTreeMap<LegId, LiveLeg> =
        legs.into_iter().map(|(who, sid)| (LegId::new(1, who), leg(sid))).collect();
    LiveCall {
        call_sid: sid(1),
        account_sid: AccountSid::parse(&format!("AC{:032x}", 1)).unwrap(),
        parties: Parties {
            number: PhoneNumber::parse("+14155550100").unwrap(),
            caller: Caller::parse("+12125550123"),
            caller_name: None,
        },
        base_url: "https://example.com/webhook".to_owned(),
        call_token: None,
        begun_at: at(0),
        revision: 0,
        course: Course {
            file: 1,
            language: Language::English,
            place: Vec::new(),
            stage: Stage::Hunt { step: 1, since: 0, until: 0, ends: 0 },
            steps: 1,
            menus_since: None,
            is_answered: true,
            wait: domain::WaitSound::Ringing,
            is_offered: false,
        },
        answered: Treatment::HangUp,
        said: None,
        legs,
        passed_over: Vec::new(),
        winner: None,
        over_at: None,
        is_summed_up: false,
    }
}

fn listed(number: u32, seconds: i64, is_of_api: bool) -> ListedCall {
    ListedCall { sid: sid(number), status: "ringing".to_owned(), is_of_api, created_at: at(seconds) }
}

#[test]
fn a_leg_is_found_only_if_it_can_be_no_other_call() {
    let cases = [
        (vec![], Some(None)),
        (vec![listed(7, 11, true)], Some(Some(7))),
        // The same second, by a clock that is a little late.
        (vec![listed(7, 8, true)], Some(Some(7))),
        // Before it was claimed, by a dial, or another leg of the call.
        (vec![listed(7, 7, true), listed(8, 11, false), listed(2, 11, true)], Some(None)),
        (vec![listed(7, 11, true), listed(2, 11, true), listed(8, 1, true)], Some(Some(7))),
        // One of them may be a call that somebody else waits for.
        (vec![listed(7, 11, true), listed(8, 12, true)], None),
    ];
    for (list, expected) in cases {
        let (call, leg) = (call(), leg(None));
        let found = match found(&call, &leg, &list) {
            Found::One(one) => Some(Some(one.sid.clone())),
            Found::None => Some(None),
            Found::Several => None,
        };
        assert_eq!(found, expected.map(|number| number.map(sid)), "{list:?}");
    }
}

#[test]
fn only_what_twilio_surely_did_not_do_is_done_again() {
    let unreachable = || RestError::Unreachable("it broke".into());
    let cases = [
        (RestError::Refused(StatusCode::UNAUTHORIZED), true),
        (RestError::SlowDown { retry_after: None }, true),
        (RestError::Status(StatusCode::BAD_REQUEST), true),
        (RestError::Status(StatusCode::INTERNAL_SERVER_ERROR), false),
        (RestError::Status(StatusCode::BAD_GATEWAY), false),
        (RestError::Senseless("no call"), false),
        (unreachable(), false),
    ];
    for (error, is_undone) in cases {
        assert_eq!(is_surely_undone(&error), is_undone, "{error}");
    }
}
