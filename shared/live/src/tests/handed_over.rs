//! Calls that are handed over to somebody else, and those who listen to them.

use super::*;

/// A caller, p1, and an agent, p2, who talk; the agent consults p3, who picks up.
fn consulted() -> (Call, Vec<Event>, ActionId) {
    let (mut call, mut log) = pair();
    let consult = Command::Consult { participant: ParticipantId(2), add: adds(phone(7)) };
    let action = does(&mut call, &mut log, consult).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(3), asks(2), asks(3)]);
    (call, log, action)
}

fn places(call: &Call) -> Vec<(u32, Option<Place>)> {
    call.present().map(|(id, it)| (id.0, it.place)).collect()
}

#[test]
fn all_others_wait_while_one_consults_somebody() {
    let (call, log, action) = consulted();
    assert_eq!(
        places(&call),
        [(1, Some(Place::Hold)), (2, Some(Place::Seat)), (3, Some(Place::Seat))],
        "{:?}",
        words(&log)
    );
    assert!(!call.actions.contains_key(&action), "whoever is consulted has picked up");
    assert_eq!(call.consults[&action], Consult { by: ParticipantId(2), waiting: vec![ParticipantId(1)] });
}

#[test]
fn whoever_consulted_leaves_and_the_others_talk() {
    let (mut call, mut log, consult) = consulted();
    let complete = does(&mut call, &mut log, Command::Complete { action: consult }).unwrap();
    let from = log.len();
    hears(&mut call, &mut log, &[told(2, LegState::NotAPerson)]);
    assert!(call.actions.contains_key(&complete), "the caller is not there yet");
    hears(&mut call, &mut log, &[asks(1)]);
    assert_eq!(places(&call), [(1, Some(Place::Seat)), (3, Some(Place::Seat))]);
    let expected = [
        "participant.left p2 transferred",
        "participant.moved p1 seat",
        &format!("action.succeeded {complete}"),
    ];
    assert_eq!(words(&log[from..]), expected);
    assert!(call.consults.is_empty());
}

#[test]
fn a_call_is_taken_back_whether_or_not_somebody_picked_up() {
    for picks_up in [false, true] {
        let (mut call, mut log) = pair();
        let consult = Command::Consult { participant: ParticipantId(2), add: adds(phone(7)) };
        let consult = does(&mut call, &mut log, consult).unwrap();
        hears(&mut call, &mut log, &[asks(1), told(3, LegState::Ringing)]);
        if picks_up {
            hears(&mut call, &mut log, &[asks(3), asks(2)]);
        }
        let back = does(&mut call, &mut log, Command::TakeBack { action: consult }).unwrap();
        let end = if picks_up { LegState::NotAPerson } else { LegState::Canceled };
        hears(&mut call, &mut log, &[told(3, end), asks(1), asks(2), asks(1)]);
        assert_eq!(places(&call), [(1, Some(Place::Seat)), (2, Some(Place::Seat))], "{:?}", words(&log));
        assert!(!call.actions.contains_key(&back) && call.actions.is_empty(), "{:?}", words(&log));
    }
}

#[test]
fn whoever_is_not_reached_leaves_the_call_as_it_was() {
    let (mut call, mut log) = pair();
    let consult = Command::Consult { participant: ParticipantId(2), add: adds(phone(7)) };
    let action = does(&mut call, &mut log, consult).unwrap();
    hears(&mut call, &mut log, &[asks(1), told(3, LegState::Busy), asks(1), asks(2), asks(1)]);
    assert_eq!(places(&call), [(1, Some(Place::Seat)), (2, Some(Place::Seat))], "{:?}", words(&log));
    assert!(words(&log).contains(&format!("action.failed {action} busy")));
    assert!(call.consults.is_empty());
}

#[test]
fn whoever_hangs_up_while_they_consult_has_handed_over() {
    let (mut call, mut log, _) = consulted();
    hears(&mut call, &mut log, &[told(2, LegState::NotAPerson), asks(1)]);
    assert_eq!(places(&call), [(1, Some(Place::Seat)), (3, Some(Place::Seat))], "{:?}", words(&log));
}

#[test]
fn a_caller_who_leaves_meanwhile_ends_nothing_else() {
    let (mut call, mut log, consult) = consulted();
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson)]);
    assert_eq!(places(&call), [(2, Some(Place::Seat)), (3, Some(Place::Seat))]);
    let complete = does(&mut call, &mut log, Command::Complete { action: consult }).unwrap();
    hears(&mut call, &mut log, &[told(2, LegState::NotAPerson), told(3, LegState::NotAPerson)]);
    assert!(call.is_over() && !call.actions.contains_key(&complete));
}

#[test]
fn nothing_is_completed_before_somebody_picked_up() {
    let (mut call, mut log) = pair();
    let consult = Command::Consult { participant: ParticipantId(2), add: adds(phone(7)) };
    let consult = does(&mut call, &mut log, consult).unwrap();
    let complete = Command::Complete { action: consult };
    assert_eq!(does(&mut call, &mut log, complete), Err(Code::NotConnected));
    let other = Command::Complete { action: ActionId(1) };
    assert_eq!(does(&mut call, &mut log, other), Err(Code::ActionNotFound));
    let twice = Command::Consult { participant: ParticipantId(2), add: adds(phone(8)) };
    assert_eq!(does(&mut call, &mut log, twice), Err(Code::ActionInTheWay));
}

#[test]
fn of_a_pair_the_other_leaves_once_somebody_picked_up() {
    let (mut call, mut log) = pair();
    let transfer = Command::Transfer { participant: ParticipantId(1), to_call: None, add: adds(phone(7)) };
    let action = does(&mut call, &mut log, transfer).unwrap();
    hears(&mut call, &mut log, &[told(3, LegState::Ringing)]);
    assert!(call.present().all(|(_, it)| it.wanted.gone.is_none()), "they talk on while it rings");
    hears(&mut call, &mut log, &[asks(3), told(2, LegState::NotAPerson), asks(3)]);
    assert_eq!(places(&call), [(1, Some(Place::Seat)), (3, Some(Place::Seat))], "{:?}", words(&log));
    assert!(!call.actions.contains_key(&action));
    assert!(words(&log).contains(&"participant.left p2 transferred".to_owned()));
}

#[test]
fn a_transfer_in_vain_changes_nothing() {
    let (mut call, mut log) = pair();
    let transfer = Command::Transfer { participant: ParticipantId(1), to_call: None, add: adds(phone(7)) };
    let action = does(&mut call, &mut log, transfer).unwrap();
    hears(&mut call, &mut log, &[told(3, LegState::NoAnswer)]);
    assert_eq!(places(&call), [(1, Some(Place::Seat)), (2, Some(Place::Seat))]);
    assert!(words(&log).contains(&format!("action.failed {action} no_answer")));
    let transfer = Command::Transfer { participant: ParticipantId(1), to_call: None, add: adds(phone(8)) };
    let action = does(&mut call, &mut log, transfer).unwrap();
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson), told(4, LegState::Canceled)]);
    assert!(words(&log).contains(&format!("action.failed {action} participant_left")), "{:?}", words(&log));
}

#[test]
fn of_more_than_two_nobody_is_transferred() {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, Command::Add(adds(phone(7)))).unwrap();
    hears(&mut call, &mut log, &[asks(3)]);
    let transfer = Command::Transfer { participant: ParticipantId(1), to_call: None, add: adds(phone(8)) };
    assert_eq!(does(&mut call, &mut log, transfer), Err(Code::NotAPair));
}

fn with_supervisor(role: Role) -> (Call, Vec<Event>) {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, Command::Add(Add { role, ..adds(phone(7)) })).unwrap();
    hears(&mut call, &mut log, &[asks(3), asks(3)]);
    (call, log)
}

#[test]
fn a_supervisor_listens_coaches_and_barges_in() {
    let (mut call, mut log) = with_supervisor(Role::Listen);
    let supervisor = |call: &Call| call.participants[&ParticipantId(3)].clone();
    assert!(supervisor(&call).muted && supervisor(&call).place == Some(Place::Seat));
    let coaches = ParticipantId(2);
    let coach = Command::Role { participant: ParticipantId(3), role: Role::Coach { coaches } };
    let action = does(&mut call, &mut log, coach).unwrap();
    hears(&mut call, &mut log, &[asks(3)]);
    assert_eq!(supervisor(&call).wanted.coaches, Some(coaches));
    assert!(!supervisor(&call).muted && !call.actions.contains_key(&action));
    let barge = Command::Role { participant: ParticipantId(3), role: Role::Talk };
    does(&mut call, &mut log, barge).unwrap();
    hears(&mut call, &mut log, &[asks(3)]);
    assert_eq!(supervisor(&call).wanted.coaches, None);
    assert!(call.actions.is_empty());
}

#[test]
fn whoever_listens_is_let_go_with_the_last_who_talks() {
    let (mut call, mut log) = with_supervisor(Role::Listen);
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson)]);
    let gone: Vec<Option<Cause>> = call.present().map(|(_, it)| it.wanted.gone).collect();
    assert_eq!(gone, [Some(Cause::Alone), Some(Cause::Alone)]);
}

#[test]
fn whoever_is_coached_is_heard_by_nobody_else_once_seated() {
    let (call, _) = with_supervisor(Role::Coach { coaches: ParticipantId(1) });
    let supervisor = &call.participants[&ParticipantId(3)];
    assert_eq!((supervisor.wanted.coaches, supervisor.muted), (Some(ParticipantId(1)), false));
    let (mut call, mut log) = pair();
    let nobody = Role::Coach { coaches: ParticipantId(9) };
    let role = Command::Role { participant: ParticipantId(1), role: nobody };
    assert_eq!(does(&mut call, &mut log, role), Err(Code::ParticipantNotFound));
}
