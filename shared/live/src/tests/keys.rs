//! Each key that somebody presses is told.

use super::*;

fn listen(participant: u32, leave_seat: bool) -> Command {
    Command::ListenKeys { participant: ParticipantId(participant), leave_seat, sensitive: false }
}

/// Keys that came of somebody in a round of what they hear now.
fn presses(call: &Call, participant: u32, round: u16, keys: &str) -> News {
    let participant = ParticipantId(participant);
    let version = call.participants[&participant].wanted.version;
    let heard = Heard { keys: (!keys.is_empty()).then(|| keys.to_owned()), ..Heard::default() };
    News::Heard { participant, version, round, heard }
}

/// The keys that were told, with their numbers.
fn keys(log: &[Event]) -> Vec<(u32, Option<char>)> {
    let key = |event: &Event| match &event.happened {
        Happened::Key { sequence, key, .. } => Some((*sequence, *key)),
        _ => None,
    };
    log.iter().filter_map(key).collect()
}

fn alone() -> (Call, Vec<Event>) {
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[asks(1)]);
    (call, log)
}

#[test]
fn each_key_is_told_once_and_in_order_until_it_is_called_off() {
    let (mut call, mut log) = alone();
    let action = does(&mut call, &mut log, listen(1, false)).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    assert_eq!(call.actions[&action].state, ActionState::Running);
    for (round, pressed) in [(1, "12"), (1, "12"), (2, ""), (3, "#"), (2, "9")] {
        let news = presses(&call, 1, round, pressed);
        hears(&mut call, &mut log, &[news]);
    }
    let expected = [(1, Some('1')), (2, Some('2')), (3, Some('#'))];
    assert_eq!(keys(&log), expected, "what comes again, or late, is known");
    let late = presses(&call, 1, 4, "7");
    let cancel = does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    hears(&mut call, &mut log, &[late]);
    assert_eq!(keys(&log), expected);
    let ends = [format!("action.canceled {action}"), format!("action.succeeded {cancel}")];
    assert_eq!(words(&log)[log.len() - 2..], ends);
    // A new one counts on.
    does(&mut call, &mut log, listen(1, false)).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    let more = presses(&call, 1, 1, "0");
    hears(&mut call, &mut log, &[more]);
    assert_eq!(keys(&log).last(), Some(&(4, Some('0'))));
}

#[test]
fn a_secret_key_is_counted_and_not_told() {
    let (mut call, mut log) = alone();
    let listens = Command::ListenKeys { participant: ParticipantId(1), leave_seat: false, sensitive: true };
    does(&mut call, &mut log, listens).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    let news = presses(&call, 1, 1, "47");
    hears(&mut call, &mut log, &[news]);
    assert_eq!(keys(&log), [(1, None), (2, None)]);
}

#[test]
fn whoever_talks_leaves_their_seat_only_if_that_is_wanted() {
    let (mut call, mut log) = pair();
    assert_eq!(does(&mut call, &mut log, listen(1, false)), Err(Code::InASeat));
    let action = does(&mut call, &mut log, listen(1, true)).unwrap();
    assert_eq!(does(&mut call, &mut log, listen(1, true)), Err(Code::ActionInTheWay));
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let places = |call: &Call| -> Vec<Option<Place>> { call.present().map(|(_, it)| it.place).collect() };
    assert_eq!(places(&call), [Some(Place::Booth), Some(Place::Booth)]);
    let news = presses(&call, 1, 1, "5");
    hears(&mut call, &mut log, &[news]);
    assert_eq!(keys(&log), [(1, Some('5'))]);
    does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    assert_eq!(places(&call), [Some(Place::Seat), Some(Place::Seat)]);
}

#[test]
fn on_hold_keys_are_heard_and_in_a_seat_they_are_not() {
    let (mut call, mut log) = pair();
    let hold =
        Command::Hold { participant: ParticipantId(1), document: None, alone_seconds: HELD_ALONE_SECONDS };
    does(&mut call, &mut log, hold).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let action = does(&mut call, &mut log, listen(1, false)).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    let three = presses(&call, 1, 1, "3");
    hears(&mut call, &mut log, &[three]);
    does(&mut call, &mut log, Command::Resume { participant: ParticipantId(1) }).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    assert!(call.listens_to(ParticipantId(1)).is_none() && call.actions.contains_key(&action));
    let version = call.participants[&ParticipantId(1)].version;
    let seated = presses(&call, 1, 2, "4");
    hears(&mut call, &mut log, &[seated]);
    assert_eq!(keys(&log), [(1, Some('3'))]);
    // To call it off moves nobody.
    does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    assert_eq!(call.participants[&ParticipantId(1)].wanted.version, version);
}

#[test]
fn it_ends_well_with_whoever_is_listened_to() {
    let (mut call, mut log) = alone();
    let action = does(&mut call, &mut log, listen(1, false)).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    assert_eq!(
        agenda(&Steered::new(call.clone(), at(5)), at(20_000))
            .now
            .iter()
            .filter(|it| matches!(it, Work::Expire(_)))
            .count(),
        0
    );
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson)]);
    assert!(words(&log).contains(&format!("action.succeeded {action}")), "{:?}", words(&log));
    assert!(call.is_over());
}
