use std::collections::BTreeSet;

use phone::{CallSid, PhoneNumber, RecordingSid};

use super::*;
use crate::address::Address;
use crate::call::{AnsweredBy, Cause, Direction, Place};
use crate::command::{Add, Command, Machine, Ring, Role};
use crate::event::{Heard, Source};
use crate::evidence::Evidence;
use crate::feed::{Said, WhyStopped};
use crate::going_over::Origin;
use crate::ids::{ActionId, ParticipantId};
use crate::problem::{Code, Problem};
use crate::record::{Consented, WhyLost};

fn call() -> CallId {
    CallId::of_outgoing([0xab; 16])
}

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155550100").unwrap()
}

fn address() -> Address {
    Address::Phone { number: number() }
}

/// What may happen, each once; and whether it is about an action, or a participant.
#[expect(clippy::too_many_lines, reason = "one event after the other")]
fn everything() -> Vec<(Happened, Option<u32>, Option<u32>)> {
    let call_sid = CallSid::parse(&format!("CA{:032x}", 7)).unwrap();
    let ring = Ring { ring_seconds: 30, machine: Machine::Tell, send_digits: None, screen: None };
    let command = Command::Add(Add { to: address(), ring, role: Role::Talk });
    let callback = Some("https://example.com/of-a2".to_owned());
    let problem = Problem::new(Code::NoAnswer, "nobody picked up");
    let evidence = Evidence::StatusCallback;
    let (consented, joined) = (call_sid.clone(), call_sid.clone());
    let sid = || RecordingSid::parse(&format!("RE{:032x}", 8)).unwrap();
    let feed_sid = |prefix: &str| format!("{prefix}{:032x}", 9);
    let unproved = Problem::new(Code::NoEvidence, "nothing proves that the web socket was reached");
    let broke = Problem::new(Code::ProviderRefused, "Twilio does not transcribe the leg, or not any more");
    let broke = Problem { provider_code: Some(32655), ..broke };
    vec![
        (Happened::Created { number: number(), direction: Direction::Outgoing, from: None }, None, None),
        (Happened::Connected, None, None),
        (Happened::Ended { cause: Cause::HungUp }, None, None),
        (Happened::RingsOn, None, None),
        (Happened::Planned { address: address() }, Some(2), Some(1)),
        (Happened::Dialing { call_sid }, Some(2), Some(1)),
        (Happened::Ringing, Some(2), Some(1)),
        (Happened::Answered { answered_by: Some(AnsweredBy::Human), evidence }, Some(2), Some(1)),
        (Happened::Screened, Some(2), Some(1)),
        (Happened::Unproved { cause: Cause::MachineAnswered }, Some(2), Some(1)),
        (
            Happened::Joined {
                address: address(),
                call_sid: joined,
                answered_by: None,
                from: Origin {
                    from_call: call(),
                    from_participant: ParticipantId(2),
                    from_action: ActionId(3),
                },
            },
            None,
            Some(1),
        ),
        (Happened::Detected { answered_by: AnsweredBy::Machine }, Some(2), Some(1)),
        (Happened::Moved { place: Place::Seat, version: 2 }, None, Some(1)),
        (Happened::StillHeld { seconds: 60 }, None, Some(1)),
        (Happened::Played, Some(2), Some(1)),
        (
            Happened::Recognized {
                heard: Heard {
                    keys: Some("1".to_owned()),
                    choice: Some("yes".to_owned()),
                    ..Heard::default()
                },
            },
            Some(2),
            Some(1),
        ),
        (Happened::Key { sequence: 3, key: Some('#'), round: 2 }, Some(2), Some(1)),
        (Happened::Muted, Some(2), Some(1)),
        (Happened::Unmuted, Some(2), Some(1)),
        (Happened::Left { cause: Cause::Busy, evidence, provider_code: None, to: None }, Some(2), Some(1)),
        (
            Happened::RecordingConsent {
                call_sid: consented,
                answer: Consented::Given,
                words: "This call is recorded. To agree press 1.".to_owned(),
                language: "en-US".to_owned(),
                keys: Some("1".to_owned()),
                speech: None,
            },
            Some(2),
            Some(1),
        ),
        (Happened::RecordingRequested, Some(2), Some(1)),
        (Happened::RecordingStarted { recording_sid: sid(), evidence: Evidence::Answer }, Some(2), Some(1)),
        (Happened::RecordingPaused { recording_sid: sid() }, Some(2), Some(1)),
        (Happened::RecordingResumed { recording_sid: sid() }, Some(2), Some(1)),
        (Happened::RecordingStopped { recording_sid: sid(), evidence: Evidence::Answer }, Some(2), Some(1)),
        (Happened::RecordingReady { recording_sid: sid(), duration_seconds: 42 }, Some(2), Some(1)),
        (
            Happened::RecordingLost {
                recording_sid: Some(sid()),
                why: WhyLost::Absent,
                provider_code: Some(16101),
            },
            Some(2),
            Some(1),
        ),
        (Happened::StreamRequested, Some(2), Some(1)),
        (Happened::StreamStarted { stream_sid: feed_sid("MZ"), evidence }, Some(2), Some(1)),
        (
            Happened::StreamStopped { stream_sid: Some(feed_sid("MZ")), why: WhyStopped::Closed, evidence },
            Some(2),
            Some(1),
        ),
        (Happened::StreamFailed { stream_sid: None, problem: unproved }, Some(2), Some(1)),
        (Happened::TranscriptionRequested { language: "en-US".to_owned() }, Some(2), Some(1)),
        (
            Happened::TranscriptionStarted {
                transcription_sid: feed_sid("GT"),
                language: "en-US".to_owned(),
                evidence: Evidence::Answer,
            },
            Some(2),
            Some(1),
        ),
        (
            Happened::Words {
                said: Said {
                    text: "Good morning.".to_owned(),
                    confidence: Some(0.92),
                    is_final: true,
                    language: "en-US".to_owned(),
                    out_of_order: false,
                },
            },
            Some(2),
            Some(1),
        ),
        (
            Happened::TranscriptionStopped {
                transcription_sid: Some(feed_sid("GT")),
                why: WhyStopped::Held,
                evidence,
            },
            Some(2),
            Some(1),
        ),
        (
            Happened::TranscriptionFailed { transcription_sid: Some(feed_sid("GT")), problem: broke },
            Some(2),
            Some(1),
        ),
        (Happened::Queued { command, callback }, Some(2), None),
        (Happened::Started, Some(2), None),
        (Happened::Succeeded { evidence }, Some(2), Some(1)),
        (Happened::Failed { problem }, Some(2), None),
        (Happened::Canceled, Some(2), None),
    ]
}

fn event(seq: u64, (happened, action, participant): (Happened, Option<u32>, Option<u32>)) -> Event {
    Event {
        seq,
        at: "2026-11-30T10:00:00.25Z".parse().unwrap(),
        source: Source::Webhook,
        action: action.map(ActionId),
        participant: participant.map(ParticipantId),
        operation_context: Some("order 12".to_owned()),
        happened,
    }
}

#[test]
fn a_cloud_event_tells_all_of_what_happened() {
    let mut kinds = BTreeSet::new();
    let mut lines = String::new();
    for (seq, it) in (1..).zip(everything()) {
        let told = cloud_event(&call(), &event(seq, it));
        assert!(kinds.insert(told["type"].to_string()));
        lines.push_str(&told.to_string());
        lines.push('\n');
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn every_kind_of_event_is_in_the_snapshot() {
    // As many as there are names in the code: who adds one, adds it above.
    let named = include_str!("../event.rs").matches("#[serde(rename = ").count();
    assert_eq!(everything().len(), named);
}

#[test]
fn a_cloud_event_is_the_same_whenever_it_is_told() {
    let of_call = event(41, (Happened::Connected, None, None));
    let plain = cloud_event(&call(), &of_call);
    assert_eq!(plain["id"], format!("{}/41", call()));
    for (late, gap) in [
        (false, None),
        (true, None),
        (false, Some(Gap { from: 3, to: 40 })),
        (true, Some(Gap { from: 1, to: 1 })),
    ] {
        let mut told = cloud_event_beside(&call(), &of_call, Beside { late, gap });
        let data = told["data"].as_object_mut().unwrap();
        assert_eq!(data.remove("late"), late.then_some(json!(true)));
        assert_eq!(data.remove("gap"), gap.map(|gap| json!({"from": gap.from, "to": gap.to})));
        assert_eq!(told, plain);
    }
}

#[test]
fn a_cloud_event_leaves_out_what_is_unknown() {
    let mut it = event(1, (Happened::Ringing, None, None));
    it.operation_context = None;
    let told = cloud_event(&call(), &it);
    assert!(told.get("subject").is_none());
    let names: Vec<&str> = told["data"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["call_id", "seq", "source"]);
}
