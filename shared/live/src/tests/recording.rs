//! What is recorded, of whom, and with whose consent.

use super::*;

fn one() -> ParticipantId {
    ParticipantId(1)
}

fn two() -> ParticipantId {
    ParticipantId(2)
}

/// What a worker would do about recordings now.
fn works(call: &Call) -> Vec<Work> {
    let steered = Steered::new(call.clone(), at(6));
    let works = agenda(&steered, at(6)).now.into_iter();
    works
        .filter(|work| match work {
            Work::Do(_, deed) => deed.is_of_recording(),
            Work::LoseRecording(..) => true,
            _ => false,
        })
        .collect()
}

/// Twilio is asked, and begins.
fn begins(call: &mut Call, log: &mut Vec<Event>, participant: u32, action: ActionId, place: usize) {
    let requested = News::RecordingRequested { participant: ParticipantId(participant), action };
    let began = recorded(participant, place, Recorded::Began, (Some(action), Evidence::Answer));
    hears(call, log, &[requested, began]);
}

fn of_recording(log: &[Event]) -> Vec<String> {
    words(log).into_iter().filter(|word| word.starts_with("recording.")).collect()
}

fn heard_out(call: &Call, participant: u32) -> News {
    let participant = ParticipantId(participant);
    News::Asked {
        participant,
        call_sid: sid(participant.0),
        version: call.participants[&participant].wanted.version,
        has_heard: true,
        answered_by: None,
    }
}

fn presses(call: &Call, participant: u32, key: Option<&str>) -> News {
    let participant = ParticipantId(participant);
    let version = call.participants[&participant].wanted.version;
    let heard = Heard { keys: key.map(str::to_owned), ..Heard::default() };
    News::Heard { participant, version, round: 1, heard }
}

#[test]
fn each_who_talks_is_recorded_until_it_is_stopped() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(Vec::new(), false, Consent::None)).unwrap();
    assert_eq!(works(&call), [Work::Do(one(), Deed::Record), Work::Do(two(), Deed::Record)]);
    begins(&mut call, &mut log, 1, action, 0);
    begins(&mut call, &mut log, 2, action, 1);
    assert_eq!(call.actions[&action].state, ActionState::Running);
    assert_eq!(works(&call), []);
    let stop = does(&mut call, &mut log, Command::StopRecording { action }).unwrap();
    assert_eq!(works(&call), [Work::Do(one(), Deed::StopRecording), Work::Do(two(), Deed::StopRecording)]);
    for participant in 1..=2 {
        let stopped = (Recorded::Stopped, (None, Evidence::Answer));
        let place = participant as usize - 1;
        hears(&mut call, &mut log, &[recorded(participant, place, stopped.0, stopped.1)]);
    }
    assert!(!call.actions.contains_key(&action) && !call.actions.contains_key(&stop));
    let ready = Recorded::Ready { duration_seconds: 9 };
    hears(&mut call, &mut log, &[recorded(1, 0, ready, (None, Evidence::StatusCallback))]);
    // It is told twice.
    hears(&mut call, &mut log, &[recorded(1, 0, ready, (None, Evidence::StatusCallback))]);
    assert_eq!(
        of_recording(&log),
        [
            "recording.requested p1",
            "recording.started p1",
            "recording.requested p2",
            "recording.started p2",
            "recording.stopped p1",
            "recording.stopped p2",
            "recording.ready p1",
        ]
    );
    assert!(words(&log).contains(&format!("action.succeeded {action}")), "{:?}", words(&log));
}

#[test]
fn the_call_has_not_ended_before_its_recordings_are_there() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    begins(&mut call, &mut log, 1, action, 0);
    hears(&mut call, &mut log, &[told(1, LegState::Left), told(2, LegState::Left)]);
    assert!(!call.is_over() && call.shown_state() == CallState::Ending);
    assert!(call.actions.is_empty(), "the leg's end ends it");
    assert_eq!(does(&mut call, &mut log, Command::End), Err(Code::CallEnded));
    let ready = Recorded::Ready { duration_seconds: 9 };
    hears(&mut call, &mut log, &[recorded(1, 0, ready, (None, Evidence::StatusCallback))]);
    let words = words(&log);
    assert_eq!(words[words.len() - 2..], ["recording.ready p1", "call.ended hung_up"]);
    assert_eq!(call.ended_at, Some(at(5)));
}

#[test]
fn a_second_recording_of_the_same_leg_is_refused() {
    let cases = [
        (vec![one()], false, vec![one()], false, true),
        (vec![one()], false, vec![two()], false, false),
        (Vec::new(), false, vec![two()], false, true),
        (vec![one()], true, vec![two()], false, true),
        (vec![one()], false, vec![two()], true, true),
    ];
    for (first, mixed, second, second_mixed, is_refused) in cases {
        let (mut call, mut log) = pair();
        let blocking = does(&mut call, &mut log, records(first, mixed, Consent::None)).unwrap();
        let second = records(second, second_mixed, Consent::None);
        let refused = accept(&call, second.clone(), &Asked::default(), at(6)).err();
        let expected = is_refused.then_some((Code::AlreadyRecorded, Some(blocking)));
        assert_eq!(refused.map(|it| (it.code, it.blocking_action)), expected, "{second:?}");
    }
}

#[test]
fn who_is_told_first_is_recorded_afterwards() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, asks_consent(false))).unwrap();
    assert_eq!(works(&call), [], "nothing is recorded before");
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    assert_eq!(call.participants[&one()].place, Some(Place::Booth));
    let heard = heard_out(&call, 1);
    hears(&mut call, &mut log, &[heard]);
    assert_eq!(works(&call), [Work::Do(one(), Deed::Record)]);
    let consent = log.iter().find_map(|event| match &event.happened {
        Happened::RecordingConsent { call_sid, answer, words, language, .. } => {
            Some((call_sid.clone(), *answer, words.clone(), language.clone(), event.action))
        }
        _ => None,
    });
    let words = ("This call is recorded.".to_owned(), "en-US".to_owned());
    assert_eq!(consent, Some((sid(1), Consented::Announced, words.0, words.1, Some(action))));
}

#[test]
fn who_does_not_agree_is_not_recorded_and_the_call_goes_on() {
    for (key, told) in [(Some("2"), "refused"), (None, "silent")] {
        let (mut call, mut log) = pair();
        let action = does(&mut call, &mut log, records(Vec::new(), false, asks_consent(true))).unwrap();
        hears(&mut call, &mut log, &[asks(1), asks(2)]);
        let (agrees, refuses) = (presses(&call, 1, Some("1")), presses(&call, 2, key));
        hears(&mut call, &mut log, &[agrees, refuses]);
        assert_eq!(works(&call), [Work::Do(one(), Deed::Record)], "{told}");
        assert!(of_recording(&log).contains(&format!("recording.consent p2 {told}")));
        assert!(call.actions.contains_key(&action));
        hears(&mut call, &mut log, &[asks(1), asks(2)]);
        assert_eq!(call.participants[&two()].place, Some(Place::Seat));
    }
}

#[test]
fn of_those_in_one_recording_all_have_to_agree() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], true, asks_consent(true))).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let agrees = presses(&call, 1, Some("1"));
    hears(&mut call, &mut log, &[agrees]);
    assert_eq!(works(&call), [], "the other one has not answered");
    let refuses = presses(&call, 2, Some("2"));
    hears(&mut call, &mut log, &[refuses]);
    assert_eq!(works(&call), []);
    assert!(words(&log).contains(&format!("action.failed {action} consent_refused")), "{:?}", words(&log));
}

#[test]
fn who_joins_one_recording_is_asked_before_they_hear_anybody() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(Vec::new(), true, asks_consent(true))).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let agree = [presses(&call, 1, Some("1")), presses(&call, 2, Some("1"))];
    hears(&mut call, &mut log, &agree);
    begins(&mut call, &mut log, 1, action, 0);
    does(&mut call, &mut log, Command::Add(adds(phone(7)))).unwrap();
    hears(&mut call, &mut log, &[asks(3), asks(3)]);
    assert_eq!(call.participants[&ParticipantId(3)].place, Some(Place::Booth));
    assert_eq!(works(&call), [], "the others are recorded meanwhile");
    let refuses = presses(&call, 3, Some("9"));
    hears(&mut call, &mut log, &[refuses]);
    assert_eq!(works(&call), [Work::Do(one(), Deed::StopRecording)]);
}

#[test]
fn a_listener_is_asked_when_they_are_to_be_heard_and_once() {
    let (mut call, mut log) = pair();
    let listens = Add { role: Role::Listen, ..adds(phone(7)) };
    does(&mut call, &mut log, Command::Add(listens)).unwrap();
    hears(&mut call, &mut log, &[asks(3), asks(3)]);
    let action = does(&mut call, &mut log, records(Vec::new(), true, asks_consent(true))).unwrap();
    let three = ParticipantId(3);
    assert!(!call.wishes[&action].unheard.contains(&three), "nobody hears them");
    let talks = |role| Command::Role { participant: three, role };
    does(&mut call, &mut log, talks(Role::Talk)).unwrap();
    assert_eq!(call.participants[&three].wanted.media, [action]);
    let agrees = presses(&call, 3, Some("1"));
    hears(&mut call, &mut log, &[agrees, asks(3)]);
    does(&mut call, &mut log, talks(Role::Listen)).unwrap();
    hears(&mut call, &mut log, &[asks(3)]);
    does(&mut call, &mut log, talks(Role::Talk)).unwrap();
    assert!(call.participants[&three].wanted.media.is_empty(), "they have agreed");
}

#[test]
fn when_the_leg_that_is_recorded_leaves_another_one_is() {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, Command::Add(adds(phone(7)))).unwrap();
    hears(&mut call, &mut log, &[asks(3), asks(3)]);
    let action = does(&mut call, &mut log, records(Vec::new(), true, Consent::None)).unwrap();
    assert_eq!(works(&call), [Work::Do(one(), Deed::Record)]);
    begins(&mut call, &mut log, 1, action, 0);
    hears(&mut call, &mut log, &[told(1, LegState::Left)]);
    assert_eq!(works(&call), [Work::Do(two(), Deed::Record)]);
    assert!(call.actions.contains_key(&action));
}

#[test]
fn a_recording_that_ends_by_itself_begins_anew() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    begins(&mut call, &mut log, 1, action, 0);
    let looked = recorded(1, 0, Recorded::Stopped, (None, Evidence::LookedUp));
    hears(&mut call, &mut log, &[looked]);
    assert_eq!(works(&call), [Work::Do(one(), Deed::Record)]);
}

#[test]
fn it_is_looked_whether_a_recording_came_along() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    begins(&mut call, &mut log, 1, action, 0);
    let looks = |call: &Call, now| {
        agenda(&Steered::new(call.clone(), at(0)), at(now)).now.contains(&Work::LookUpRecordings(one()))
    };
    assert!(!looks(&call, 20) && looks(&call, 70));
    does(
        &mut call,
        &mut log,
        Command::Hold { participant: one(), document: None, alone_seconds: HELD_ALONE_SECONDS },
    )
    .unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    assert!(looks(&call, 7));
}

#[test]
fn an_answer_that_is_lost_is_looked_up_and_not_repeated() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    let mut steered = Steered::new(call, at(6));
    assert_eq!(steered.records_for(one()), Some(action));
    let claimed = steered.claims(one(), Deed::Record, at(6)).unwrap();
    let requested = News::RecordingRequested { participant: one(), action };
    hear(&mut steered.call, &requested, Source::Rest, at(6));
    let lost = unanswered(claimed, at(7));
    assert!(steered.settle(one(), Deed::Record, (claimed, lost), at(7)));
    let works = |steered: &Steered, now| agenda(steered, at(now)).now;
    let (record, look) = (Work::Do(one(), Deed::Record), Work::LookUpRecordings(one()));
    assert_eq!(works(&steered, 11), [look]);
    let listed = |created: i64, number| ListedRecording {
        sid: recording_sid(number),
        is_of_api: true,
        state: Recorded::Began,
        created_at: at(created),
    };
    // One of before is another one's.
    let mut none = steered.clone();
    assert_eq!(none.looked(one(), lost, Some(&[listed(-60, 4)]), at(11)), []);
    assert_eq!(works(&none, 12), [record]);
    let found = steered.looked(one(), lost, Some(&[listed(5, 5), listed(-60, 4)]), at(11));
    let [News::Recording { recording_sid: sid, .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*sid, recording_sid(5));
    hear(&mut steered.call, &found[0], Source::Rest, at(11));
    assert_eq!(works(&steered, 12), []);
}

#[test]
fn a_leg_that_twilio_does_not_record_is_not_tried_again() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    let requested = News::RecordingRequested { participant: one(), action };
    let refused = News::RecordingLost { recording: 0, why: WhyLost::Refused, provider_code: Some(21220) };
    hears(&mut call, &mut log, &[requested, refused]);
    assert_eq!(works(&call), []);
    let failed = log.iter().find_map(|event| match &event.happened {
        Happened::Failed { problem } => Some((problem.code, problem.provider_code)),
        _ => None,
    });
    assert_eq!(failed, Some((Code::ProviderRefused, Some(21220))));
}

#[test]
fn it_is_paused_and_resumed_when_twilio_says_so() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    let pause = Command::PauseRecording { action };
    assert_eq!(does(&mut call, &mut log, pause.clone()), Err(Code::NotRecording));
    begins(&mut call, &mut log, 1, action, 0);
    let paused = does(&mut call, &mut log, pause.clone()).unwrap();
    assert_eq!(does(&mut call, &mut log, pause.clone()), Err(Code::ActionInTheWay));
    assert_eq!(works(&call), [Work::Do(one(), Deed::PauseRecording(true))]);
    hears(&mut call, &mut log, &[recorded(1, 0, Recorded::Paused, (None, Evidence::Answer))]);
    assert!(!call.actions.contains_key(&paused));
    // It is so already, and a late report of its beginning changes nothing.
    does(&mut call, &mut log, pause).unwrap();
    hears(&mut call, &mut log, &[recorded(1, 0, Recorded::Began, (None, Evidence::StatusCallback))]);
    assert_eq!(call.recordings[0].state, RecordingState::Paused);
    does(&mut call, &mut log, Command::ResumeRecording { action }).unwrap();
    assert_eq!(works(&call), [Work::Do(one(), Deed::PauseRecording(false))]);
}

#[test]
fn who_goes_on_by_the_phone_file_is_recorded_no_more() {
    let (call, mut log) = offer(&sid(1), &number(1), phone(2), false, at(0));
    let mut call = call;
    does(&mut call, &mut log, Command::Answer { document: None }).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    let action = does(&mut call, &mut log, records(Vec::new(), false, Consent::None)).unwrap();
    begins(&mut call, &mut log, 1, action, 0);
    does(&mut call, &mut log, Command::Release).unwrap();
    assert_eq!(works(&call), [Work::Do(one(), Deed::StopRecording)]);
    hears(&mut call, &mut log, &[asks(1)]);
    assert!(!call.is_over(), "their leg goes on");
    assert_eq!(works(&call), [Work::Do(one(), Deed::StopRecording)]);
}

#[test]
fn a_recording_of_which_nothing_is_heard_is_given_up() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, records(vec![one()], false, Consent::None)).unwrap();
    begins(&mut call, &mut log, 1, action, 0);
    hears(&mut call, &mut log, &[told(1, LegState::Left), told(2, LegState::Left)]);
    let steered = Steered::new(call, at(6));
    assert!(agenda(&steered, at(20)).now.contains(&Work::LookUpRecordings(one())));
    assert!(agenda(&steered, at(700)).now.contains(&Work::LoseRecording(0, WhyLost::Unknown)));
}
