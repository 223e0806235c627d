//! Whoever picks up hears something first, or proves that a person is there.

use super::*;

/// Somebody who hears something first, and perhaps proves that they are there.
pub(super) fn screens(to: Address, proves: bool) -> Add {
    let whisper = Document::Twiml("<Response><Say>Press one to talk to Kim.</Say></Response>".to_owned());
    let accepts = Choice { label: "accepts".to_owned(), key: Some('1'), phrases: vec!["yes".to_owned()] };
    let accept = proves.then(|| Listens { choices: vec![accepts], ..listens() });
    let ring = Ring { screen: Some(Screen { whisper, accept }), ..ring(Machine::Ignore) };
    Add { ring, ..adds(to) }
}

fn came(round: u16, keys: Option<&str>, speech: Option<&str>) -> News {
    let heard =
        Heard { keys: keys.map(str::to_owned), speech: speech.map(str::to_owned), ..Heard::default() };
    News::Heard { participant: ParticipantId(3), version: 1, round, heard }
}

/// A pair, and a third who is called; it has been picked up there.
fn picked_up(proves: bool) -> (Call, Vec<Event>, ActionId) {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, Command::Add(screens(phone(7), proves))).unwrap();
    hears(&mut call, &mut log, &[told(3, LegState::Ringing), asks(3), told(3, LegState::Answered)]);
    assert!(call.actions.contains_key(&action), "that something has picked up proves nothing");
    assert!(call.screen_of(ParticipantId(3)).is_some());
    assert_eq!(words(&log).last().unwrap(), "participant.screened p3");
    (call, log, action)
}

#[test]
fn the_right_key_or_word_proves_that_a_person_is_there() {
    for answer in [came(1, Some("1"), None), came(2, None, Some("Yes, please.")), came(1, None, Some("yes"))]
    {
        let (mut call, mut log, action) = picked_up(true);
        let from = log.len();
        hears(&mut call, &mut log, &[answer, asks(3)]);
        let expected =
            ["participant.answered p3", &format!("action.succeeded {action}"), "participant.moved p3 seat"];
        assert_eq!(words(&log[from..]), expected);
        let it = &call.participants[&ParticipantId(3)];
        assert_eq!((it.answered_by, it.answer_proved_by), (Some(AnsweredBy::Human), Some(Evidence::Proof)));
        // What they heard when they proved it is over.
        assert!(it.wanted.version > 1);
    }
}

#[test]
fn nothing_else_proves_it_and_the_leg_ends_after_two_times() {
    let robot = "Hi, if you record your name and reason for calling, I will see if yes this person is there.";
    for (last, cause) in [
        (came(2, None, None), "machine_answered"),
        (came(2, None, Some(robot)), "machine_answered"),
        (came(2, Some("7"), None), "no_answer"),
    ] {
        let (mut call, mut log, action) = picked_up(true);
        hears(&mut call, &mut log, &[came(1, None, Some(robot)), asks(3)]);
        assert!(call.participants[&ParticipantId(3)].wanted.gone.is_none(), "they are asked once more");
        hears(&mut call, &mut log, std::slice::from_ref(&last));
        assert_eq!(words(&log).last().unwrap(), &format!("participant.unproved p3 {cause}"));
        // Too late.
        hears(&mut call, &mut log, &[came(2, Some("1"), None), told(3, LegState::NotAPerson)]);
        let expected = [format!("participant.left p3 {cause}"), format!("action.failed {action} {cause}")];
        assert_eq!(words(&log)[log.len() - 2..], expected);
        assert_eq!(call.talking(), 2);
    }
}

#[test]
fn what_is_whispered_is_heard_out_before_they_join() {
    let (mut call, mut log, action) = picked_up(false);
    let from = log.len();
    hears(&mut call, &mut log, &[asks(3)]);
    assert_eq!(log.len(), from, "a question that comes again is no end of it");
    let call_sid = sid(3);
    let over = News::Asked {
        participant: ParticipantId(3),
        call_sid,
        version: 1,
        has_heard: true,
        answered_by: None,
    };
    hears(&mut call, &mut log, &[over]);
    let expected =
        ["participant.answered p3", "participant.moved p3 seat", &format!("action.succeeded {action}")];
    assert_eq!(words(&log[from..]), expected);
}

#[test]
fn a_pair_stays_together_until_a_person_is_there() {
    let (mut call, mut log) = pair();
    let add = screens(phone(7), true);
    let transfer = Command::Transfer { participant: ParticipantId(1), to_call: None, add };
    let action = does(&mut call, &mut log, transfer).unwrap();
    hears(&mut call, &mut log, &[told(3, LegState::Ringing), asks(3), told(3, LegState::Answered)]);
    assert!(call.present().all(|(_, it)| it.wanted.gone.is_none()));
    hears(&mut call, &mut log, &[came(1, None, None), came(2, None, None), told(3, LegState::NotAPerson)]);
    assert_eq!(words(&log).last().unwrap(), &format!("action.failed {action} machine_answered"));
    assert_eq!(call.talking(), 2);
}

#[test]
fn whoever_is_asked_can_be_called_off_and_hung_up_on() {
    let (mut call, mut log, action) = picked_up(true);
    let cancel = does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    hears(&mut call, &mut log, &[came(1, Some("1"), None), told(3, LegState::NotAPerson)]);
    let expected = [
        "participant.left p3 canceled".to_owned(),
        format!("action.canceled {action}"),
        format!("action.succeeded {cancel}"),
    ];
    assert_eq!(words(&log)[log.len() - 3..], expected);
    let (mut call, mut log, action) = picked_up(true);
    hears(&mut call, &mut log, &[told(3, LegState::NotAPerson)]);
    assert_eq!(words(&log).last().unwrap(), &format!("action.failed {action} no_answer"));
}

#[test]
fn what_twilio_takes_for_a_machine_is_not_asked() {
    let (mut call, mut log) = pair();
    let add = screens(phone(7), true);
    let add = Add { ring: Ring { machine: Machine::HangUp, ..add.ring }, ..add };
    let action = does(&mut call, &mut log, Command::Add(add)).unwrap();
    let call_sid = sid(3);
    let machine = News::Asked {
        participant: ParticipantId(3),
        call_sid,
        version: 1,
        has_heard: false,
        answered_by: Some(AnsweredBy::Machine),
    };
    hears(&mut call, &mut log, &[machine, told(3, LegState::NotAPerson)]);
    assert_eq!(words(&log).last().unwrap(), &format!("action.failed {action} machine_answered"));
}
