//! What may be wanted of a call, told beforehand.

use super::*;

/// The types that would be taken, or why not.
fn of(capabilities: &[Capability]) -> BTreeMap<&'static str, Result<(), Code>> {
    let taken = |it: &Capability| it.problem.as_ref().map_or(Ok(()), |problem| Err(problem.code));
    capabilities.iter().map(|it| (it.r#type, taken(it))).collect()
}

fn of_participant(call: &Call, participant: u32) -> Vec<Capability> {
    let all = capabilities(call).participants;
    all.into_iter().find(|it| it.id == ParticipantId(participant)).map(|it| it.actions).unwrap_or_default()
}

#[test]
fn of_a_call_that_comes_in_only_decisions_are_taken() {
    let (call, _) = offer(&sid(1), &number(1), phone(2), false, at(0));
    let taken: Vec<_> = of(&capabilities(&call).call).into_iter().filter(|(_, it)| it.is_ok()).collect();
    let names: Vec<_> = taken.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["answer", "redirect", "reject", "release"]);
    assert!(of_participant(&call, 1).iter().all(|it| !it.allowed || it.r#type == "remove"), "{call:?}");
}

#[test]
fn of_a_call_just_forwarded_nothing_is_taken_while_it_rings() {
    let plain = Plain {
        call_sid: sid(1),
        number: number(1),
        caller: phone(2),
        begun_at: at(0),
        owner: Rung::Ringing,
    };
    let of_call = of(&capabilities(&plain.seen()).call);
    assert!(of_call.values().all(|taken| *taken == Err(Code::NotConnected)), "{of_call:?}");
    let talks = Plain { owner: Rung::Talks(sid(2)), ..plain };
    let of_caller = of_participant(&talks.seen(), 1);
    let hold = of_caller.iter().find(|it| it.r#type == "hold").unwrap();
    assert!(hold.allowed && hold.leaves_seat && !hold.already_so, "{hold:?}");
}

#[test]
fn of_two_who_talk_it_is_told_who_would_leave_their_seat() {
    let (mut call, mut log) = pair();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let of_one = of_participant(&call, 1);
    let leave: Vec<_> = of_one.iter().filter(|it| it.leaves_seat).map(|it| it.r#type).collect();
    assert_eq!(leave, ["hold", "consult", "play", "recognize", "listen_keys", "send_keys"]);
    let so: Vec<_> = of_one.iter().filter(|it| it.already_so).map(|it| it.r#type).collect();
    assert_eq!(so, ["resume", "unmute"]);
    assert_eq!(of(&capabilities(&call).call)["release"], Err(Code::InvalidRequest));
}

#[test]
fn of_an_open_action_only_that_is_told_what_is_taken() {
    let (mut call, mut log) = pair();
    let add = does(&mut call, &mut log, Command::Add(adds(phone(5)))).unwrap();
    let record = does(&mut call, &mut log, records(Vec::new(), false, Consent::None)).unwrap();
    let all = capabilities(&call).open_actions;
    let names = |id: ActionId| {
        let of_it = all.iter().find(|it| it.id == id).unwrap();
        of_it.actions.iter().map(|it| it.r#type).collect::<Vec<_>>()
    };
    assert_eq!(names(add), ["cancel"]);
    assert_eq!(names(record), ["stop_recording"]);
}
