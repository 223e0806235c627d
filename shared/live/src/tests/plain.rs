//! Calls that were forwarded before a program wanted anything of them.

use super::*;

fn plain(owner: Rung) -> Plain {
    Plain { call_sid: sid(1), number: number(1), caller: phone(2), begun_at: at(0), owner }
}

/// The caller, p1, and the owner, p2, who are connected; a program wants something, ten seconds after the call came.
fn promoted(command: Command) -> (Steered, Vec<Event>) {
    let (mut call, mut log) = plain(Rung::Talks(sid(2))).promoted(at(10));
    does(&mut call, &mut log, command).unwrap();
    (Steered::new(call, at(10)), log)
}

fn hold(participant: u32) -> Command {
    Command::Hold {
        participant: ParticipantId(participant),
        document: None,
        alone_seconds: HELD_ALONE_SECONDS,
    }
}

fn places(call: &Call) -> Vec<Option<Place>> {
    call.participants.values().map(|it| it.place).collect()
}

fn takes_in(steered: &mut Steered, log: &mut Vec<Event>, news: &[News], seconds: i64) {
    for it in news {
        log.extend(hear(&mut steered.call, it, Source::Webhook, at(seconds)));
    }
    steered.note(at(seconds));
}

fn comes(steered: &Steered, participant: u32) -> News {
    let id = ParticipantId(participant);
    let version = steered.call.participants[&id].wanted.version;
    News::Asked { participant: id, call_sid: sid(participant), version, has_heard: false, answered_by: None }
}

#[test]
fn a_forwarded_call_is_seen_without_a_log() {
    use ParticipantState::{Answered, Left, Planned, Ringing};
    let state = |owner: Rung| {
        let call = plain(owner).seen();
        assert_eq!((call.seq, call.created_at, call.direction), (0, at(0), Direction::Incoming));
        let owner = &call.participants[&ParticipantId(2)];
        assert_eq!(owner.address, Address::Owner);
        (call.shown_state(), owner.state, owner.place, call.cause)
    };
    assert_eq!(state(Rung::Planned), (CallState::Incoming, Planned, None, None));
    assert_eq!(state(Rung::Ringing), (CallState::Incoming, Ringing, None, None));
    let talks = state(Rung::Talks(sid(2)));
    assert_eq!(talks, (CallState::Active, Answered, Some(Place::Bridge), None));
    for (caller, owner) in
        [(Cause::HungUp, Cause::HungUp), (Cause::HungUp, Cause::Canceled), (Cause::Released, Cause::Busy)]
    {
        let over = state(Rung::Over { caller, owner, at: at(9) });
        assert_eq!(over, (CallState::Ended, Left, None, Some(caller)));
    }
    assert_eq!(
        plain(Rung::Over { caller: Cause::HungUp, owner: Cause::HungUp, at: at(9) }).seen().ended_at,
        Some(at(9))
    );
}

#[test]
fn a_promoted_call_has_a_log_without_gaps_from_its_beginning() {
    let (steered, log) = promoted(hold(1));
    let numbers: Vec<u64> = log.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=log.len() as u64).collect::<Vec<_>>());
    assert_eq!(fold_all(&steered.call.id, &log), Some(steered.call.clone()));
    assert_eq!((steered.call.state, steered.call.created_at), (CallState::Active, at(0)));
    assert!(words(&log).contains(&"participant.moved p1 bridge".to_owned()), "{:?}", words(&log));
}

#[test]
fn the_child_is_led_first_and_the_caller_follows() {
    let (mut steered, mut log) = promoted(hold(1));
    let lead = |id: u32| Work::Do(ParticipantId(id), Deed::Lead);
    for seconds in [10, 11, 20, 39] {
        assert_eq!(agenda(&steered, at(seconds)).now.first(), Some(&lead(2)), "{seconds}");
        assert!(!agenda(&steered, at(seconds)).now.contains(&lead(1)), "they would take the owner down");
    }
    let owner = comes(&steered, 2);
    takes_in(&mut steered, &mut log, &[owner], 11);
    assert_eq!(places(&steered.call), [Some(Place::Bridge), Some(Place::Booth)]);
    assert!(agenda(&steered, at(11)).now.is_empty(), "Twilio asks by itself");
    assert_eq!(agenda(&steered, at(12)).now.first(), Some(&lead(1)), "it has not asked");
    let caller = comes(&steered, 1);
    takes_in(&mut steered, &mut log, &[caller], 12);
    assert_eq!(places(&steered.call), [Some(Place::Hold), Some(Place::Booth)]);
    assert!(steered.call.actions.is_empty(), "{:?}", words(&log));
}

#[test]
fn who_was_led_and_does_not_come_is_asked_for_soon() {
    let (mut steered, mut log) = promoted(hold(1));
    let claimed = steered.claims(ParticipantId(2), Deed::Lead, at(10)).unwrap();
    assert!(steered.settle(ParticipantId(2), Deed::Lead, (claimed, Effect::Done), at(10)));
    // The caller's dial has ended: the owner is led elsewhere, or has hung up.
    let caller = comes(&steered, 1);
    takes_in(&mut steered, &mut log, &[caller], 10);
    assert!(agenda(&steered, at(10)).now.is_empty());
    assert_eq!(agenda(&steered, at(11)).now, [Work::Ask(ParticipantId(2))]);
    takes_in(&mut steered, &mut log, &[looked_up(ParticipantId(2), LegState::NotAPerson)], 11);
    assert_eq!(steered.call.participants[&ParticipantId(2)].cause, Some(Cause::HungUp));
    assert!(!steered.call.is_over(), "who is on hold is a program's");
}

#[test]
fn an_owner_who_hangs_up_leaves_nobody_alone() {
    let play = Command::Unmute { participant: ParticipantId(1) };
    for caller_came_before in [false, true] {
        let (mut steered, mut log) = promoted(play.clone());
        let caller = comes(&steered, 1);
        if caller_came_before {
            takes_in(&mut steered, &mut log, &[caller], 11);
        }
        takes_in(&mut steered, &mut log, &[told(2, LegState::NotAPerson)], 11);
        assert_eq!(steered.call.participants[&ParticipantId(1)].wanted.gone, Some(Cause::Alone));
        assert_eq!(agenda(&steered, at(11)).now, [Work::Do(ParticipantId(1), Deed::Complete)]);
        takes_in(&mut steered, &mut log, &[told(1, LegState::NotAPerson)], 12);
        assert!(steered.call.is_over());
    }
}

#[test]
fn a_caller_who_hangs_up_ends_a_call_that_nobody_has_moved() {
    let (mut steered, mut log) = promoted(hold(1));
    takes_in(&mut steered, &mut log, &[told(1, LegState::NotAPerson)], 11);
    assert_eq!(agenda(&steered, at(11)).now.first(), Some(&Work::Do(ParticipantId(2), Deed::Complete)));
    takes_in(&mut steered, &mut log, &[told(2, LegState::NotAPerson)], 11);
    assert!(steered.call.is_over());
    assert!(words(&log).contains(&"action.failed a1 participant_left".to_owned()), "{:?}", words(&log));
}

#[test]
fn a_caller_is_not_ended_before_an_owner_who_stays() {
    let (mut call, mut log) = plain(Rung::Talks(sid(2))).promoted(at(10));
    does(&mut call, &mut log, hold(2)).unwrap();
    does(&mut call, &mut log, Command::Remove { participant: ParticipantId(1) }).unwrap();
    let steered = Steered::new(call.clone(), at(10));
    assert_eq!(agenda(&steered, at(10)).now, [Work::Do(ParticipantId(2), Deed::Lead)]);
    does(&mut call, &mut log, Command::End).unwrap();
    let steered = Steered::new(call, at(10));
    let both = [1, 2].map(|id| Work::Do(ParticipantId(id), Deed::Complete));
    assert_eq!(agenda(&steered, at(10)).now, both);
}

#[test]
fn what_was_decided_before_is_not_decided_again() {
    let refused = |command: Command| {
        let (mut call, mut log) = plain(Rung::Talks(sid(2))).promoted(at(10));
        does(&mut call, &mut log, command)
    };
    for command in [
        Command::Answer { document: None },
        Command::Reject { reason: Refusal::Busy },
        Command::Redirect { to: number(9), ring_seconds: 20 },
    ] {
        assert_eq!(refused(command.clone()), Err(Code::AlreadyDecided), "{command:?}");
    }
    assert_eq!(refused(Command::Release), Err(Code::NotAlone));
    assert!(refused(Command::Mute { participant: ParticipantId(1) }).is_ok());
}
