//! Whoever is on hold is not forgotten.

use super::*;

fn hold(participant: u32, alone_seconds: u16) -> Command {
    Command::Hold { participant: ParticipantId(participant), document: None, alone_seconds }
}

/// What is to be done at these seconds, and nothing about Twilio: that is another matter.
fn of_hold(steered: &Steered, seconds: i64) -> Vec<Work> {
    let mut work = agenda(steered, at(seconds)).now;
    work.retain(|it| matches!(it, Work::Remind(..) | Work::GiveBack));
    work
}

/// A caller who was answered, and is on hold since second 6, alone.
fn alone(alone_seconds: u16) -> (Steered, Vec<Event>) {
    let (mut call, mut log) = incoming::answered();
    does(&mut call, &mut log, hold(1, alone_seconds)).unwrap();
    let mut steered = Steered::new(call, at(6));
    comes(&mut steered, &mut log, 1);
    (steered, log)
}

/// Whoever is led somewhere asks there.
fn comes(steered: &mut Steered, log: &mut Vec<Event>, participant: u32) {
    let news = led(&steered.call, &asks(participant));
    log.extend(hear(&mut steered.call, &news, Source::Webhook, at(6)));
    steered.note(at(6));
}

#[test]
fn programs_are_reminded_of_whoever_is_on_hold() {
    let (mut steered, mut log) = alone(3600);
    let mut reminded = Vec::new();
    for seconds in 6..=1506 {
        for work in of_hold(&steered, seconds) {
            let Work::Remind(participant, held) = work else { panic!("{work:?} at {seconds}") };
            let news = News::StillHeld { participant, seconds: held };
            for _ in 0..2 {
                log.extend(hear(&mut steered.call, &news, Source::Clock, at(seconds)));
            }
            reminded.push((seconds - 6, held));
        }
    }
    let expected = [60, 180, 300, 600, 900, 1200, 1500];
    assert_eq!(reminded, expected.map(|held| (i64::from(held), held)));
    let told = log.iter().filter(|event| matches!(event.happened, Happened::StillHeld { .. }));
    assert_eq!(told.count(), expected.len(), "each once");
    assert_eq!(fold_all(&steered.call.id, &log).as_ref(), Some(&steered.call));
}

#[test]
fn a_caller_who_is_alone_on_hold_is_given_back() {
    for alone_seconds in [10, HELD_ALONE_SECONDS, 3600] {
        let (mut steered, mut log) = alone(alone_seconds);
        let (over, from) = (6 + i64::from(alone_seconds), log.len());
        assert!(!of_hold(&steered, over - 1).contains(&Work::GiveBack));
        assert!(hear(&mut steered.call.clone(), &News::Forgotten, Source::Clock, at(over - 1)).is_empty());
        assert!(of_hold(&steered, over).contains(&Work::GiveBack));
        log.extend(hear(&mut steered.call, &News::Forgotten, Source::Clock, at(over)));
        log.extend(hear(&mut steered.call, &News::Forgotten, Source::Clock, at(over)));
        comes(&mut steered, &mut log, 1);
        let expected = [
            "action.queued a3",
            "participant.left p1 released",
            "action.succeeded a3",
            "call.ended released",
        ];
        assert_eq!(words(&log[from..]), expected);
        assert_eq!(steered.call.offer(), Offer::PlanGoesOn);
    }
}

#[test]
fn whoever_has_somebody_to_wait_for_is_not_given_back() {
    let (mut steered, mut log) = alone(HELD_ALONE_SECONDS);
    does(&mut steered.call, &mut log, Command::Add(adds(phone(5)))).unwrap();
    assert_eq!(of_hold(&steered, 306), [Work::Remind(ParticipantId(1), 60)], "somebody is called");
    assert!(hear(&mut steered.call, &News::Forgotten, Source::Clock, at(306)).is_empty());
    hears(&mut steered.call, &mut log, &[told(2, LegState::Answered)]);
    assert_eq!(of_hold(&steered, 306), [Work::Remind(ParticipantId(1), 60)], "somebody is there");
}

#[test]
fn the_wait_counts_from_when_the_last_one_left() {
    let (mut steered, mut log) = alone(HELD_ALONE_SECONDS);
    let hears = |steered: &mut Steered, log: &mut Vec<Event>, news: &News, seconds| {
        log.extend(hear(&mut steered.call, news, Source::Webhook, at(seconds)));
        steered.note(at(seconds));
    };
    does(&mut steered.call, &mut log, Command::Add(adds(phone(5)))).unwrap();
    hears(&mut steered, &mut log, &told(2, LegState::Busy), 400);
    let gives_back = |steered: &Steered, seconds| of_hold(steered, seconds).contains(&Work::GiveBack);
    assert!(!gives_back(&steered, 400) && !gives_back(&steered, 699), "another may be called");
    assert!(gives_back(&steered, 700));
    does(&mut steered.call, &mut log, Command::Add(adds(phone(6)))).unwrap();
    hears(&mut steered, &mut log, &told(3, LegState::Answered), 710);
    hears(&mut steered, &mut log, &told(3, LegState::Left), 900);
    assert!(!gives_back(&steered, 1199) && gives_back(&steered, 1200));
}

#[test]
fn who_presses_keys_is_given_back_when_that_ends() {
    let (mut steered, mut log) = alone(HELD_ALONE_SECONDS);
    let listens = Command::ListenKeys { participant: ParticipantId(1), leave_seat: false, sensitive: false };
    does(&mut steered.call, &mut log, listens).unwrap();
    comes(&mut steered, &mut log, 1);
    let version = steered.call.participants[&ParticipantId(1)].wanted.version;
    let heard = Heard { keys: Some("1".to_owned()), ..Heard::default() };
    let key = News::Heard { participant: ParticipantId(1), version, round: 1, heard };
    log.extend(hear(&mut steered.call, &key, Source::Webhook, at(200)));
    assert!(!of_hold(&steered, 499).contains(&Work::GiveBack), "{:?}", steered.call);
    assert!(of_hold(&steered, 500).contains(&Work::GiveBack), "whoever listens may be gone");
}

#[test]
fn who_hears_something_else_by_now_is_not_given_back() {
    let (mut steered, mut log) = alone(HELD_ALONE_SECONDS);
    let consent = records(vec![ParticipantId(1)], false, asks_consent(true));
    does(&mut steered.call, &mut log, consent).unwrap();
    assert_eq!(of_hold(&steered, 306), [Work::Remind(ParticipantId(1), 60)]);
}

#[test]
fn who_was_on_hold_before_the_release_is_not_forgotten() {
    let (mut steered, _) = alone(HELD_ALONE_SECONDS);
    let it = steered.call.participants.get_mut(&ParticipantId(1)).unwrap();
    (it.held_at, it.wanted.held_alone_seconds) = (None, None);
    assert_eq!(of_hold(&steered, 306), [Work::Remind(ParticipantId(1), 60), Work::GiveBack]);
}

#[test]
fn something_else_to_hear_on_hold_begins_the_wait_anew() {
    let (mut steered, mut log) = alone(HELD_ALONE_SECONDS);
    let document = Some(Document::Twiml("<Response><Say>You are next.</Say></Response>".to_owned()));
    let again = Command::Hold { participant: ParticipantId(1), document, alone_seconds: 60 };
    does(&mut steered.call, &mut log, again).unwrap();
    let news = led(&steered.call, &asks(1));
    log.extend(hear(&mut steered.call, &news, Source::Webhook, at(300)));
    assert_eq!(of_hold(&steered, 359), []);
    assert_eq!(of_hold(&steered, 360), [Work::Remind(ParticipantId(1), 60), Work::GiveBack]);
}

#[test]
fn a_caller_who_was_forwarded_is_given_back_when_left_alone() {
    let plain = Plain {
        call_sid: sid(1),
        number: number(1),
        caller: phone(2),
        begun_at: at(0),
        owner: Rung::Talks(sid(2)),
    };
    let (mut call, mut log) = plain.promoted(at(5));
    does(&mut call, &mut log, hold(1, HELD_ALONE_SECONDS)).unwrap();
    assert_eq!(does(&mut call, &mut log, Command::Release), Err(Code::NotAlone));
    let mut steered = Steered::new(call, at(6));
    comes(&mut steered, &mut log, 2);
    comes(&mut steered, &mut log, 1);
    hears(&mut steered.call, &mut log, &[told(2, LegState::Left)]);
    assert!(of_hold(&steered, 306).contains(&Work::GiveBack), "{:?}", steered.call);
    assert!(does(&mut steered.call, &mut log, Command::Release).is_ok());
}
