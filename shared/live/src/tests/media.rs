//! What is played to participants, and asked of them.

use super::*;

fn says() -> Document {
    Document::Twiml("<Response><Say>Please hold the line.</Say></Response>".to_owned())
}

fn play(participants: &[u32], when_busy: WhenBusy) -> Command {
    let participants = participants.iter().map(|id| ParticipantId(*id)).collect();
    Command::Play { participants, document: says(), when_busy }
}

fn asked(listens: Listens) -> Command {
    Command::Recognize { participant: ParticipantId(1), prompt: None, listens, when_busy: WhenBusy::Reject }
}

fn has_heard(participant: u32) -> News {
    let News::Asked { participant, call_sid, version, answered_by, .. } = asks(participant) else {
        unreachable!("it is one who asks")
    };
    News::Asked { participant, call_sid, version, has_heard: true, answered_by }
}

fn pressed(call: &Call, heard: Heard) -> News {
    let participant = ParticipantId(1);
    News::Heard { participant, version: call.participants[&participant].wanted.version, round: 1, heard }
}

fn keys(keys: &str) -> Heard {
    Heard { keys: Some(keys.to_owned()), ..Heard::default() }
}

fn said(words: &str) -> Heard {
    Heard { speech: Some(words.to_owned()), confidence: Some(0.9), ..Heard::default() }
}

fn alone() -> (Call, Vec<Event>) {
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[asks(1), asks(1)]);
    (call, log)
}

#[test]
fn something_is_played_once_and_then_it_is_as_before() {
    let (mut call, mut log) = alone();
    let from = log.len();
    let action = does(&mut call, &mut log, play(&[1], WhenBusy::Reject)).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    assert!(call.actions.contains_key(&action), "they have not heard it yet");
    hears(&mut call, &mut log, &[has_heard(1), has_heard(1)]);
    let expected = [
        "action.queued p1",
        "participant.moved p1 booth",
        "participant.played p1",
        &format!("action.succeeded {action}"),
        "participant.moved p1 booth",
    ];
    assert_eq!(words(&log[from..]), expected);
}

#[test]
fn who_hears_something_in_a_room_is_back_in_it_afterwards() {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, play(&[], WhenBusy::Reject)).unwrap();
    let audience: Vec<ParticipantId> = call.actions.values().next().unwrap().command.audience().to_vec();
    assert_eq!(audience, [ParticipantId(1), ParticipantId(2)], "all who are there");
    hears(&mut call, &mut log, &[asks(1), asks(2), has_heard(1)]);
    assert_eq!(
        call.participants[&ParticipantId(1)].wanted.place,
        Some(Place::Booth),
        "the other hears it still"
    );
    hears(&mut call, &mut log, &[has_heard(2), asks(1), asks(2)]);
    assert!(call.present().all(|(_, it)| it.place == Some(Place::Seat)), "{:?}", words(&log));
    assert!(call.actions.is_empty());
}

#[test]
fn what_is_played_is_refused_queued_or_interrupts() {
    let (mut call, mut log) = alone();
    let first = does(&mut call, &mut log, play(&[1], WhenBusy::Reject)).unwrap();
    assert_eq!(does(&mut call, &mut log, play(&[1], WhenBusy::Reject)), Err(Code::ActionInTheWay));
    let second = does(&mut call, &mut log, play(&[1], WhenBusy::Queue)).unwrap();
    hears(&mut call, &mut log, &[asks(1), has_heard(1)]);
    assert!(!call.actions.contains_key(&first) && call.actions.contains_key(&second));
    let third = does(&mut call, &mut log, play(&[1], WhenBusy::Interrupt)).unwrap();
    assert!(words(&log).contains(&format!("action.canceled {second}")));
    hears(&mut call, &mut log, &[asks(1), has_heard(1)]);
    assert!(words(&log).contains(&format!("action.succeeded {third}")), "{:?}", words(&log));
}

#[test]
fn what_is_played_can_be_called_off_alone_or_all_of_it() {
    let (mut call, mut log) = alone();
    let first = does(&mut call, &mut log, play(&[1], WhenBusy::Reject)).unwrap();
    let second = does(&mut call, &mut log, play(&[1], WhenBusy::Queue)).unwrap();
    does(&mut call, &mut log, Command::Cancel { action: first }).unwrap();
    assert!(words(&log).contains(&format!("action.canceled {first}")), "{:?}", words(&log));
    assert_eq!(call.participants[&ParticipantId(1)].wanted.media, [second]);
    does(&mut call, &mut log, Command::CancelMedia { of: None }).unwrap();
    assert!(words(&log).contains(&format!("action.canceled {second}")));
    assert!(call.actions.is_empty(), "{:?}", words(&log));
}

#[test]
fn what_comes_late_is_not_taken_for_what_is_played_now() {
    let (mut call, mut log) = alone();
    does(&mut call, &mut log, play(&[1], WhenBusy::Reject)).unwrap();
    let old = call.participants[&ParticipantId(1)].wanted.version;
    let second = does(&mut call, &mut log, play(&[1], WhenBusy::Interrupt)).unwrap();
    let late = News::Asked {
        participant: ParticipantId(1),
        call_sid: sid(1),
        version: old,
        has_heard: true,
        answered_by: None,
    };
    hears(&mut call, &mut log, &[late]);
    assert!(call.actions.contains_key(&second));
}

#[test]
fn whoever_leaves_hears_nothing_to_its_end() {
    let (mut call, mut log) = alone();
    let action = does(&mut call, &mut log, play(&[1], WhenBusy::Reject)).unwrap();
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson)]);
    assert!(words(&log).contains(&format!("action.failed {action} participant_left")));
}

#[test]
fn keys_and_words_are_told_once() {
    for heard in [keys("42"), said("yes, please")] {
        let (mut call, mut log) = alone();
        let from = log.len();
        let action = does(&mut call, &mut log, asked(listens())).unwrap();
        hears(&mut call, &mut log, &[asks(1)]);
        let news = pressed(&call, heard.clone());
        hears(&mut call, &mut log, &[news.clone(), news]);
        let told = log[from..].iter().find_map(|event| match &event.happened {
            Happened::Recognized { heard } => Some(heard.clone()),
            _ => None,
        });
        assert_eq!(told, Some(heard));
        assert!(words(&log).contains(&format!("action.succeeded {action}")), "{:?}", words(&log));
    }
}

#[test]
fn silence_fails_and_so_does_what_fits_no_choice() {
    let choices = vec![
        Choice { label: "sales".to_owned(), key: Some('1'), phrases: vec!["sales".to_owned()] },
        Choice { label: "both".to_owned(), key: Some('2'), phrases: vec!["sales and service".to_owned()] },
    ];
    let listens = Listens { choices, language: Some("en-US".to_owned()), ..listens() };
    let cases = [
        (Heard::default(), Err("no_input")),
        (keys("2"), Ok("both")),
        (keys("9"), Err("no_match")),
        (said("Sales."), Ok("sales")),
        (said("Sales and service, please!"), Ok("both")),
        (said("resales"), Err("no_match")),
    ];
    for (heard, expected) in cases {
        let (mut call, mut log) = alone();
        let action = does(&mut call, &mut log, asked(listens.clone())).unwrap();
        hears(&mut call, &mut log, &[asks(1)]);
        let news = pressed(&call, heard.clone());
        hears(&mut call, &mut log, &[news]);
        let chosen = log.iter().find_map(|event| match &event.happened {
            Happened::Recognized { heard } => heard.choice.clone(),
            _ => None,
        });
        match expected {
            Ok(label) => assert_eq!(chosen.as_deref(), Some(label), "{heard:?}"),
            Err(code) => {
                let failed = format!("action.failed {action} {code}");
                assert!(words(&log).contains(&failed), "{heard:?}: {:?}", words(&log));
            }
        }
    }
}

#[test]
fn a_secret_is_told_to_nobody() {
    let (mut call, mut log) = alone();
    does(&mut call, &mut log, asked(Listens { sensitive: true, max_keys: 16, ..listens() })).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    let news = pressed(&call, keys("4929123456781234"));
    hears(&mut call, &mut log, &[news]);
    let written = serde_json::to_string(&(&call, &log)).unwrap();
    assert!(!written.contains("4929"), "{written}");
    assert!(
        log.iter().any(|event| matches!(&event.happened, Happened::Recognized { heard } if heard.sensitive))
    );
}
