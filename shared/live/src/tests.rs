use std::collections::BTreeMap;

use domain::{Effect, LegState};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber, RecordingSid};
use proptest::prelude::*;

use crate::*;

mod capabilities;
mod feeds;
mod gone_over;
mod handed_over;
mod hold;
mod incoming;
mod keys;
mod media;
mod plain;
mod recording;
mod screened;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_796_000_000 + seconds).unwrap()
}

fn number(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1415555{last:04}")).unwrap()
}

fn sid(number: u32) -> CallSid {
    CallSid::parse(&format!("CA{number:032x}")).unwrap()
}

fn recording_sid(number: usize) -> RecordingSid {
    RecordingSid::parse(&format!("RE{number:032x}")).unwrap()
}

fn ring(machine: Machine) -> Ring {
    Ring { ring_seconds: 20, machine, send_digits: None, screen: None }
}

fn phone(last: u32) -> Address {
    Address::Phone { number: number(last) }
}

fn adds(to: Address) -> Add {
    Add { to, ring: ring(Machine::Ignore), role: Role::Talk }
}

fn creates(to: u32, who: Who, machine: Machine) -> Create {
    let to = (0..to).map(|it| phone(100 + it)).collect();
    Create { to, who, ring: ring(machine), limit_seconds: 3600, document: None }
}

fn begin(to: u32, who: Who, machine: Machine) -> (Call, Vec<Event>) {
    let id = CallId::of_outgoing([7; 16]);
    let asked = Asked { operation_context: Some("order 7".to_owned()), callback: None };
    let begun = create(&id, &number(1), creates(to, who, machine), &asked, at(0));
    (begun.call, begun.events)
}

fn listens() -> Listens {
    Listens {
        max_keys: 1,
        stop_key: None,
        language: None,
        hints: Vec::new(),
        choices: Vec::new(),
        timeout_seconds: 5,
        sensitive: false,
    }
}

fn asks_consent(by_key: bool) -> Consent {
    let said = Announcement {
        document: Document::Twiml("<Response><Say>This call is recorded.</Say></Response>".to_owned()),
        words: "This call is recorded.".to_owned(),
        language: "en-US".to_owned(),
    };
    if !by_key {
        return Consent::Announce(said);
    }
    let agrees = Choice { label: "agrees".to_owned(), key: Some('1'), phrases: Vec::new() };
    Consent::Ask { said, listens: Listens { choices: vec![agrees], ..listens() } }
}

fn records(participants: Vec<ParticipantId>, mixed: bool, consent: Consent) -> Command {
    Command::Record { participants, mixed, channels: Channels::Mono, consent }
}

fn told(participant: u32, state: LegState) -> News {
    News::Leg {
        participant: ParticipantId(participant),
        call_sid: sid(participant),
        state,
        evidence: Evidence::StatusCallback,
    }
}

fn looked_up(participant: ParticipantId, state: LegState) -> News {
    News::Leg { participant, call_sid: sid(participant.0), state, evidence: Evidence::LookedUp }
}

fn recorded(
    participant: u32,
    place: usize,
    state: Recorded,
    (action, evidence): (Option<ActionId>, Evidence),
) -> News {
    let recording_sid = recording_sid(place);
    News::Recording { participant: ParticipantId(participant), action, recording_sid, state, evidence }
}

fn asks(participant: u32) -> News {
    News::Asked {
        participant: ParticipantId(participant),
        call_sid: sid(participant),
        // What they were led to last.
        version: 0,
        has_heard: false,
        answered_by: None,
    }
}

/// What happened, in words, in order.
fn words(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| {
        let value = serde_json::to_value(event).unwrap();
        let about =
            event.participant.map(|it| it.to_string()).or_else(|| event.action.map(|it| it.to_string()));
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        let detail = match &event.happened {
            Happened::Left { cause, .. } | Happened::Ended { cause } | Happened::Unproved { cause } => {
                format!(" {}", serde_json::to_value(cause).unwrap().as_str().unwrap_or_default())
            }
            Happened::Moved { place, .. } => {
                format!(" {}", serde_json::to_value(place).unwrap().as_str().unwrap_or_default())
            }
            Happened::RecordingConsent { answer, .. } => {
                format!(" {}", serde_json::to_value(answer).unwrap().as_str().unwrap_or_default())
            }
            Happened::Failed { problem } => format!(" {}", problem.code.name()),
            _ => String::new(),
        };
        let about = about.map(|about| format!(" {about}")).unwrap_or_default();
        format!("{kind}{about}{detail}")
    };
    events.iter().map(name).collect()
}

fn hears(call: &mut Call, log: &mut Vec<Event>, news: &[News]) {
    for news in news {
        log.extend(hear(call, &led(call, news), Source::Webhook, at(5)));
    }
}

/// Whoever asks was led to what was wanted last, if nothing else is said.
fn led(call: &Call, news: &News) -> News {
    let mut news = news.clone();
    if let News::Asked { participant, version, .. } = &mut news
        && *version == 0
    {
        *version = call.participants.get(participant).map_or(1, |it| it.wanted.version.max(1));
    }
    news
}

fn does(call: &mut Call, log: &mut Vec<Event>, command: Command) -> Result<ActionId, Code> {
    let accepted = accept(call, command, &Asked::default(), at(6)).map_err(|problem| problem.code)?;
    log.extend(accepted.events);
    *call = accepted.call;
    Ok(accepted.action)
}

fn pair() -> (Call, Vec<Event>) {
    let (mut call, mut log) = begin(2, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[asks(1), asks(2), asks(1), asks(2)]);
    (call, log)
}

#[test]
fn a_call_to_one_tells_how_it_went() {
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    let news = [
        told(1, LegState::Queued),
        told(1, LegState::Ringing),
        asks(1),
        told(1, LegState::Answered),
        asks(1),
        told(1, LegState::Left),
    ];
    hears(&mut call, &mut log, &news);
    assert_eq!(
        words(&log),
        [
            "call.created",
            "action.queued a1",
            "participant.planned p1",
            "participant.dialing p1",
            "participant.ringing p1",
            "participant.answered p1",
            "participant.moved p1 booth",
            "call.connected",
            "action.succeeded a1",
            "participant.left p1 hung_up",
            "call.ended hung_up",
        ]
    );
    assert!(log.iter().all(|event| event.operation_context.as_deref() == Some("order 7")));
}

#[test]
fn what_twilio_refuses_is_told_with_its_code() {
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[News::Refused { participant: ParticipantId(1), code: 21211 }]);
    let failed = log.iter().find_map(|event| match &event.happened {
        Happened::Failed { problem } => Some((problem.code, problem.provider_code)),
        _ => None,
    });
    assert_eq!(failed, Some((Code::ProviderRefused, Some(21211))));
    assert!(call.is_over());
}

#[test]
fn a_call_that_nobody_takes_says_why() {
    let cases = [
        (LegState::Busy, Code::Busy, "busy"),
        (LegState::NoAnswer, Code::NoAnswer, "no_answer"),
        (LegState::Failed, Code::Unreachable, "failed"),
    ];
    for (state, code, cause) in cases {
        let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
        hears(&mut call, &mut log, &[told(1, LegState::Ringing), told(1, state)]);
        let words = words(&log);
        assert_eq!(words[words.len() - 2], format!("action.failed a1 {}", code.name()));
        assert_eq!(words[words.len() - 1], format!("call.ended {cause}"));
    }
}

#[test]
fn of_several_the_first_gets_the_call() {
    let (mut call, mut log) = begin(3, Who::FirstWins, Machine::Ignore);
    hears(&mut call, &mut log, &[told(1, LegState::Ringing), told(3, LegState::Ringing), asks(2)]);
    let steered = Steered::new(call.clone(), at(0));
    let works = agenda(&steered, at(7)).now;
    assert!(works.contains(&Work::Do(ParticipantId(1), Deed::Cancel)), "{works:?}");
    assert!(works.contains(&Work::Do(ParticipantId(3), Deed::Cancel)), "{works:?}");
    // One picked up while they were called off.
    hears(&mut call, &mut log, &[asks(3)]);
    let works = agenda(&Steered::new(call.clone(), at(0)), at(7)).now;
    assert!(works.contains(&Work::Do(ParticipantId(3), Deed::Complete)), "{works:?}");
    hears(&mut call, &mut log, &[told(1, LegState::Canceled), told(3, LegState::Left)]);
    let told = words(&log);
    assert!(told.contains(&"participant.left p1 taken_by_another".to_owned()), "{told:?}");
    assert!(told.contains(&"participant.left p3 taken_by_another".to_owned()), "{told:?}");
    assert!(told.contains(&"action.succeeded a1".to_owned()), "{told:?}");
    assert!(!call.is_over());
}

#[test]
fn who_is_not_wanted_any_more_gets_no_call_before_others() {
    let (mut call, mut log) = begin(2, Who::FirstWins, Machine::Ignore);
    hears(&mut call, &mut log, &[told(1, LegState::Ringing), told(2, LegState::Ringing)]);
    does(&mut call, &mut log, Command::Remove { participant: ParticipantId(1) }).unwrap();
    // They pick up at that moment.
    hears(&mut call, &mut log, &[asks(1)]);
    assert_eq!(call.participants[&ParticipantId(2)].wanted.gone, None);
    hears(&mut call, &mut log, &[told(1, LegState::Left), asks(2)]);
    assert!(words(&log).contains(&"action.succeeded a1".to_owned()), "{:?}", words(&log));
}

#[test]
fn two_who_are_there_have_seats_and_the_last_is_let_go() {
    let (mut call, mut log) = pair();
    assert_eq!(call.participants[&ParticipantId(1)].place, Some(Place::Seat));
    assert_eq!(call.participants[&ParticipantId(2)].place, Some(Place::Seat));
    hears(&mut call, &mut log, &[told(1, LegState::Left)]);
    assert_eq!(call.participants[&ParticipantId(2)].wanted.gone, Some(Cause::Alone));
    hears(&mut call, &mut log, &[told(2, LegState::Left)]);
    assert_eq!(words(&log).last().unwrap(), "call.ended hung_up");
}

#[test]
fn a_hold_is_done_when_twilio_has_asked_for_it() {
    let (mut call, mut log) = pair();
    let hold =
        Command::Hold { participant: ParticipantId(1), document: None, alone_seconds: HELD_ALONE_SECONDS };
    let action = does(&mut call, &mut log, hold.clone()).unwrap();
    let works = agenda(&Steered::new(call.clone(), at(6)), at(6)).now;
    assert_eq!(works, [Work::Do(ParticipantId(1), Deed::Lead), Work::Do(ParticipantId(2), Deed::Lead)]);
    // The other way round, and the one of before comes late.
    hears(&mut call, &mut log, &[asks(2), told(1, LegState::Ringing)]);
    assert!(call.actions.contains_key(&action));
    hears(&mut call, &mut log, &[asks(1)]);
    assert!(!call.actions.contains_key(&action));
    assert_eq!(call.participants[&ParticipantId(1)].place, Some(Place::Hold));
    assert_eq!(call.participants[&ParticipantId(2)].place, Some(Place::Booth));
    // Again, it is so already.
    does(&mut call, &mut log, hold).unwrap();
    assert!(call.actions.is_empty());
    does(&mut call, &mut log, Command::Resume { participant: ParticipantId(1) }).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    assert!(call.actions.is_empty());
    assert_eq!(call.participants[&ParticipantId(1)].place, Some(Place::Seat));
}

#[test]
fn who_waits_already_is_led_to_what_they_are_to_hear_now() {
    let (mut call, mut log) = pair();
    let hold = |document| Command::Hold {
        participant: ParticipantId(1),
        document,
        alone_seconds: HELD_ALONE_SECONDS,
    };
    does(&mut call, &mut log, hold(None)).unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2)]);
    let another = Document::Twiml("<Response><Say>Soon.</Say></Response>".to_owned());
    let action = does(&mut call, &mut log, hold(Some(another))).unwrap();
    assert!(call.actions.contains_key(&action), "nobody has heard anything of it");
    let works = agenda(&Steered::new(call.clone(), at(6)), at(6)).now;
    assert_eq!(works, [Work::Do(ParticipantId(1), Deed::Lead)]);
    hears(&mut call, &mut log, &[asks(1)]);
    assert!(!call.actions.contains_key(&action));
}

#[test]
fn a_leg_that_goes_on_is_ended_again() {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, Command::End).unwrap();
    let mut steered = Steered::new(call, at(6));
    let one = ParticipantId(1);
    let ends = Work::Do(one, Deed::Complete);
    assert!(agenda(&steered, at(6)).now.contains(&ends));
    // Twilio says that it is done, and it is not.
    steered.requests.get_mut(&one).unwrap().ending = Effect::Done;
    assert!(!agenda(&steered, at(7)).now.contains(&ends));
    steered.asked(one, Some(&looked_up(one, LegState::Answered)), at(20));
    assert!(agenda(&steered, at(20)).now.contains(&ends));
}

#[test]
fn who_does_not_come_where_they_are_led_is_led_again() {
    let (mut call, mut log) = pair();
    does(
        &mut call,
        &mut log,
        Command::Hold { participant: ParticipantId(1), document: None, alone_seconds: HELD_ALONE_SECONDS },
    )
    .unwrap();
    let mut steered = Steered::new(call, at(6));
    let one = ParticipantId(1);
    let (leads, asks) = (Work::Do(one, Deed::Lead), Work::Ask(one));
    let claimed = steered.claims(one, Deed::Lead, at(6)).unwrap();
    assert!(steered.settle(one, Deed::Lead, (claimed, Effect::Done), at(7)));
    assert!(!steered.settle(one, Deed::Lead, (claimed, Effect::Done), at(7)), "it is settled");
    let works = agenda(&steered, at(18)).now;
    assert!(!works.contains(&leads) && !works.contains(&asks), "{works:?}");
    assert!(agenda(&steered, at(19)).now.contains(&asks));
    steered.asked(one, Some(&looked_up(one, LegState::Answered)), at(19));
    assert!(agenda(&steered, at(19)).now.contains(&leads));
}

#[test]
fn who_does_not_come_three_times_is_left_with_what_they_have() {
    let (mut call, mut log) = pair();
    let one = ParticipantId(1);
    let hold = || Command::Hold { participant: one, document: None, alone_seconds: HELD_ALONE_SECONDS };
    does(&mut call, &mut log, hold()).unwrap();
    let mut steered = Steered::new(call, at(6));
    let mut led = Vec::new();
    for seconds in 6..300 {
        for work in agenda(&steered, at(seconds)).now {
            match work {
                Work::Do(id, Deed::Lead) if id == one => {
                    led.push(seconds);
                    let claimed = steered.claims(one, Deed::Lead, at(seconds)).unwrap();
                    steered.settle(one, Deed::Lead, (claimed, Effect::Done), at(seconds));
                }
                Work::Ask(id) => {
                    steered.asked(id, Some(&looked_up(id, LegState::Answered)), at(seconds));
                }
                _ => {}
            }
        }
    }
    assert_eq!(led, [6, 19, 32]);
    // What is wanted anew is tried anew.
    let failed = hear(&mut steered.call, &News::Expired { action: ActionId(2) }, Source::Clock, at(300));
    assert!(!failed.is_empty());
    does(&mut steered.call, &mut log, hold()).unwrap();
    steered.note(at(300));
    assert!(agenda(&steered, at(300)).now.contains(&Work::Do(one, Deed::Lead)));
}

#[test]
fn a_leg_is_looked_for_from_when_it_may_have_been_placed() {
    let (call, _) = begin(1, Who::All, Machine::Ignore);
    let mut steered = Steered::new(call, at(0));
    let one = ParticipantId(1);
    let claimed = steered.claims(one, Deed::Place, at(5)).unwrap();
    // Twilio's answer is lost, and then its list can't be had for a while.
    let requests = steered.requests.get_mut(&one).unwrap();
    requests.placing = unanswered(unanswered(unanswered(claimed, at(7)), at(30)), at(60));
    assert_eq!(requests.tried_at, Some(at(5)));
    // What was not done then may be tried anew.
    requests.placing = undone(requests.placing, at(64));
    steered.claims(one, Deed::Place, at(70)).unwrap();
    assert_eq!(steered.requests[&one].tried_at, Some(at(70)));
}

#[test]
fn a_question_that_comes_again_late_proves_nothing() {
    let (mut call, mut log) = pair();
    let before = led(&call, &asks(1));
    let action = does(
        &mut call,
        &mut log,
        Command::Hold { participant: ParticipantId(1), document: None, alone_seconds: HELD_ALONE_SECONDS },
    );
    hears(&mut call, &mut log, &[before]);
    assert!(call.actions.contains_key(&action.unwrap()));
    assert_eq!(call.participants[&ParticipantId(1)].place, Some(Place::Seat));
}

#[test]
fn who_waits_is_not_sent_away_with_the_one_who_left_them() {
    let (mut call, mut log) = pair();
    does(
        &mut call,
        &mut log,
        Command::Hold { participant: ParticipantId(1), document: None, alone_seconds: HELD_ALONE_SECONDS },
    )
    .unwrap();
    hears(&mut call, &mut log, &[asks(1), asks(2), told(2, LegState::Left)]);
    assert_eq!(call.participants[&ParticipantId(1)].wanted.gone, None);
    assert!(!call.is_over());
}

#[test]
fn a_command_that_makes_no_sense_is_refused_and_changes_nothing() {
    let (mut call, mut log) = pair();
    let one = ParticipantId(1);
    let hold = Command::Hold { participant: one, document: None, alone_seconds: HELD_ALONE_SECONDS };
    let blocking = does(&mut call, &mut log, hold).unwrap();
    let before = (call.clone(), log.len());
    let cases = [
        (Command::Mute { participant: one }, Code::ActionInTheWay),
        (Command::Remove { participant: ParticipantId(9) }, Code::ParticipantNotFound),
        (Command::Cancel { action: ActionId(9) }, Code::ActionNotFound),
        (Command::Cancel { action: ActionId(1) }, Code::NotCancelable),
        (Command::Cancel { action: blocking }, Code::NotCancelable),
        (Command::Create(creates(1, Who::All, Machine::Ignore)), Code::InvalidRequest),
    ];
    for (command, code) in cases {
        assert_eq!(does(&mut call, &mut log, command.clone()), Err(code), "{command:?}");
        assert_eq!((call.clone(), log.len()), before);
    }
    let problem = accept(&call, Command::Mute { participant: one }, &Asked::default(), at(7)).unwrap_err();
    assert_eq!(problem.blocking_action, Some(blocking));

    let (mut lone, mut log) = begin(1, Who::All, Machine::Ignore);
    let hold = || Command::Hold { participant: one, document: None, alone_seconds: HELD_ALONE_SECONDS };
    assert_eq!(does(&mut lone, &mut log, hold()), Err(Code::NotConnected));
    hears(&mut lone, &mut log, &[asks(1)]);
    assert_eq!(does(&mut lone, &mut log, Command::Mute { participant: one }), Err(Code::NeedsSeat));
    does(&mut lone, &mut log, Command::End).unwrap();
    assert_eq!(does(&mut lone, &mut log, hold()), Err(Code::CallEnded));
}

#[test]
fn an_add_that_is_called_off_rings_no_more() {
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[asks(1)]);
    let add = Command::Add(adds(phone(7)));
    let action = does(&mut call, &mut log, add.clone()).unwrap();
    hears(&mut call, &mut log, &[told(2, LegState::Ringing)]);
    let cancel = does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    hears(&mut call, &mut log, &[told(2, LegState::Canceled)]);
    let words_of = words(&log);
    assert!(words_of.contains(&format!("action.canceled {action}")), "{words_of:?}");
    assert!(words_of.contains(&format!("action.succeeded {cancel}")), "{words_of:?}");
    assert!(!call.is_over());
    // They were faster.
    let action = does(&mut call, &mut log, add).unwrap();
    let cancel = does(&mut call, &mut log, Command::Cancel { action }).unwrap();
    hears(&mut call, &mut log, &[asks(3), told(3, LegState::Left)]);
    let words = words(&log);
    assert!(words.contains(&format!("action.canceled {action}")), "{words:?}");
    assert!(words.contains(&format!("action.succeeded {cancel}")), "{words:?}");
}

#[test]
fn a_machine_gets_no_call_that_is_for_people() {
    let (mut call, mut log) = begin(1, Who::All, Machine::HangUp);
    // Twilio still listens.
    hears(&mut call, &mut log, &[told(1, LegState::Answered)]);
    assert_eq!(call.participants[&ParticipantId(1)].state, ParticipantState::Dialing);
    let machine = News::Asked {
        has_heard: false,
        participant: ParticipantId(1),
        call_sid: sid(1),
        version: 0,
        answered_by: Some(AnsweredBy::Machine),
    };
    hears(&mut call, &mut log, &[machine, told(1, LegState::Left)]);
    let words = words(&log);
    assert!(words.contains(&"action.failed a1 machine_answered".to_owned()), "{words:?}");
    assert_eq!(words.last().unwrap(), "call.ended machine_answered");
}

#[test]
fn each_minute_that_is_begun_counts_for_each_who_picked_up() {
    let (mut call, _) = begin(3, Who::All, Machine::Ignore);
    for (participant, from, to) in [(1, 10, 11), (2, 10, 70), (3, 10, 71)] {
        let asked = led(&call, &asks(participant));
        hear(&mut call, &asked, Source::Webhook, at(from));
        hear(&mut call, &told(participant, LegState::Left), Source::Webhook, at(to));
    }
    assert_eq!(call.minutes(), 1 + 1 + 2);
    let (mut call, mut log) = begin(1, Who::All, Machine::Ignore);
    hears(&mut call, &mut log, &[told(1, LegState::Busy)]);
    assert_eq!(call.minutes(), 0);
}

#[test]
fn an_event_is_read_as_it_is_written() {
    let (_, log) = pair();
    for event in &log {
        let written = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<Event>(&written).unwrap(), event, "{written}");
    }
}

/// Twilio, as unkind as it may be: it answers late, or not though it did what it was asked for; it tells things twice,
/// in any order, or not at all; legs come and go as they like.
struct Twilio {
    legs: BTreeMap<ParticipantId, LegState>,
    /// What it is about to tell.
    mail: Vec<News>,
    placed: BTreeMap<ParticipantId, u32>,
    led: u32,
    /// What is recorded, or was: whose leg, how far it is, and since when.
    recordings: Vec<(ParticipantId, Tape, i64)>,
    /// How often a leg was to be recorded that was already.
    twice: u32,
    /// Whether a recording ends where its leg is led elsewhere, and whatever goes out of it.
    loses_recordings: bool,
    /// What goes out, or did, and whether it goes on.
    feeds: Vec<(FeedOf, bool)>,
}

/// How far Twilio is with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tape {
    Runs,
    Paused,
    Over,
}

impl Twilio {
    fn new() -> Self {
        Self {
            legs: BTreeMap::new(),
            mail: Vec::new(),
            placed: BTreeMap::new(),
            led: 0,
            recordings: Vec::new(),
            twice: 0,
            loses_recordings: false,
            feeds: Vec::new(),
        }
    }

    fn becomes(&mut self, id: ParticipantId, state: LegState) {
        self.legs.insert(id, state);
        self.mail.push(told(id.0, state));
        if state.is_over() {
            self.stops(id);
            self.stops_feeds(id, &FeedKind::ALL);
        }
    }

    fn stops_feeds(&mut self, id: ParticipantId, kinds: &[FeedKind]) {
        for (of, goes_on) in &mut self.feeds {
            let is_it = of.participant == id && kinds.contains(&of.kind);
            if is_it && std::mem::replace(goes_on, false) {
                let fed = Fed::Ended { at: at(0), evidence: Evidence::StatusCallback };
                self.mail.push(News::Feed { of: *of, fed, number: None });
            }
        }
    }

    /// The recording of a leg that goes on.
    fn tape(&mut self, id: ParticipantId) -> Option<(usize, &mut Tape)> {
        let mut all = self.recordings.iter_mut().enumerate();
        all.find(|(_, (leg, tape, _))| *leg == id && *tape != Tape::Over)
            .map(|(place, it)| (place, &mut it.1))
    }

    /// Of each third there is none in the end.
    fn became(&self, place: usize) -> Recorded {
        match (self.recordings[place].1, place % 3) {
            (Tape::Runs, _) => Recorded::Began,
            (Tape::Paused, _) => Recorded::Paused,
            (Tape::Over, 2) => Recorded::Lost { why: WhyLost::Absent, provider_code: Some(16101) },
            (Tape::Over, _) => Recorded::Ready { duration_seconds: 4 },
        }
    }

    fn tells_of(&mut self, place: usize, action: Option<ActionId>) {
        let (participant, ..) = self.recordings[place];
        let state = self.became(place);
        self.mail.push(recorded(participant.0, place, state, (action, Evidence::StatusCallback)));
    }

    fn stops(&mut self, id: ParticipantId) {
        if let Some((place, tape)) = self.tape(id) {
            *tape = Tape::Over;
            self.tells_of(place, None);
        }
    }

    fn is_there(&self, id: ParticipantId) -> bool {
        self.legs.get(&id) == Some(&LegState::Answered)
    }

    fn is_alive(&self, id: ParticipantId) -> bool {
        self.legs.get(&id).is_some_and(|state| !state.is_over())
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Done,
    DoneAndLost,
    Undone,
    Refused,
}

#[derive(Clone, Debug)]
enum Move {
    /// Twilio tells one of the things that it has to tell, and perhaps keeps it to tell it again.
    Tell { which: usize, again: bool },
    /// It never tells it.
    Forget { which: usize },
    /// A leg goes on: it rings, is picked up, is over.
    Leg { which: usize, to: usize },
    /// The worker looks, after a while.
    Work { after: i64, answers: Vec<Answer> },
    /// A program wants something.
    Command { kind: usize, whom: u32 },
    /// Somebody has heard what was played to them.
    HearsOut { which: usize },
    /// Who calls us is answered: how the call goes on.
    Asks,
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        6 => Just(Answer::Done),
        1 => Just(Answer::DoneAndLost),
        1 => Just(Answer::Undone),
        1 => Just(Answer::Refused),
    ];
    prop::collection::vec(answer, 1..6)
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, again)| Move::Tell { which, again }),
        1 => any::<usize>().prop_map(|which| Move::Forget { which }),
        4 => (any::<usize>(), any::<usize>()).prop_map(|(which, to)| Move::Leg { which, to }),
        5 => (0..40_i64, answers()).prop_map(|(after, answers)| Move::Work { after, answers }),
        3 => (any::<usize>(), 1..6_u32).prop_map(|(kind, whom)| Move::Command { kind, whom }),
        2 => Just(Move::Asks),
        2 => any::<usize>().prop_map(|which| Move::HearsOut { which }),
    ];
    prop::collection::vec(one, 0..60)
}

struct World {
    steered: Steered,
    log: Vec<Event>,
    twilio: Twilio,
    now: i64,
    accepted: Vec<ActionId>,
}

impl World {
    fn new(to: u32, who: Who, machine: Machine) -> Self {
        let (call, log) = begin(to, who, machine);
        Self {
            steered: Steered::new(call, at(0)),
            log,
            twilio: Twilio::new(),
            now: 0,
            accepted: vec![ActionId(1)],
        }
    }

    /// A call that comes in.
    fn incoming() -> Self {
        let (call, log) = offer(&sid(1), &number(1), phone(2), false, at(0));
        let mut twilio = Twilio::new();
        twilio.legs.insert(ParticipantId(1), LegState::Ringing);
        Self { steered: Steered::new(call, at(0)), log, twilio, now: 0, accepted: Vec::new() }
    }

    /// Whoever answers the caller looks what was decided, as the webhooks do. Once a program has the call, or the
    /// phone file goes on, nobody asks here any more.
    fn caller_asks(&mut self) {
        let caller = ParticipantId(1);
        if self.twilio.legs.get(&caller) != Some(&LegState::Ringing) {
            return;
        }
        if self.now >= 4 {
            self.hears(&News::RingsOn, Source::Clock);
        }
        if self.now >= 10 && self.steered.call.offer() == Offer::Open {
            self.hears(&News::PlanGoesOn, Source::Clock);
        }
        match self.steered.call.offer() {
            Offer::Open | Offer::Over => {}
            Offer::PlanGoesOn => self.twilio.becomes(caller, LegState::Answered),
            Offer::Decided(Decision::Answer) => {
                self.twilio.becomes(caller, LegState::Answered);
                self.asks(caller);
            }
            Offer::Decided(Decision::Reject(_)) => self.twilio.becomes(caller, LegState::Busy),
            Offer::Decided(Decision::Redirect { .. }) => match self.twilio.legs.get(&ParticipantId(2)) {
                None => self.twilio.becomes(ParticipantId(2), LegState::Queued),
                Some(LegState::Answered | LegState::Left) => {
                    self.hears(&News::PutThrough(Ok(())), Source::Webhook);
                }
                Some(state) if state.is_over() => {
                    self.hears(&News::PutThrough(Err(Cause::NoAnswer)), Source::Webhook);
                }
                Some(_) => {}
            },
        }
    }

    fn hears(&mut self, news: &News, source: Source) {
        let now = at(self.now);
        let news = led(&self.steered.call, news);
        let events = hear(&mut self.steered.call, &news, source, now);
        self.log.extend(events);
        self.steered.note(now);
    }

    /// Twilio asks what a leg is to hear, if it is there.
    fn asks(&mut self, id: ParticipantId) {
        if self.twilio.is_there(id) {
            self.hears(&asks(id.0), Source::Webhook);
        }
    }

    fn one(&mut self, work: &Work, answer: Answer) {
        let now = at(self.now);
        match *work {
            Work::Count => self.steered.is_counted = true,
            Work::TakeOver | Work::Tell(_) => unreachable!("nobody goes over into another call"),
            Work::Expire(action) => self.hears(&News::Expired { action }, Source::Clock),
            Work::PlanGoesOn => self.hears(&News::PlanGoesOn, Source::Clock),
            Work::Remind(participant, seconds) => {
                self.hears(&News::StillHeld { participant, seconds }, Source::Clock);
            }
            Work::GiveBack => self.hears(&News::Forgotten, Source::Clock),
            Work::Lose(participant) => self.hears(&News::Lost { participant }, Source::Rest),
            Work::LookUp(id) => match self.twilio.legs.get(&id).copied() {
                Some(state) => self.looked_up(id, state),
                None => self.steered.requests.get_mut(&id).unwrap().placing = Effect::pending(now),
            },
            Work::Ask(id) => {
                let state = self.twilio.legs.get(&id).copied();
                self.steered.asked(id, state.map(|state| looked_up(id, state)).as_ref(), now);
                match state {
                    Some(state) => self.looked_up(id, state),
                    None => self.hears(&News::Lost { participant: id }, Source::Rest),
                }
            }
            Work::LookUpRecordings(id) => self.looks_up_recordings(id, answer),
            Work::LoseRecording(recording, why) => {
                self.hears(&News::RecordingLost { recording, why, provider_code: None }, Source::Clock);
            }
            Work::LoseFeed(feed) => self.hears(&News::FeedLost { feed }, Source::Clock),
            Work::Release => {}
            Work::Do(id, deed) if deed.is_of_feed() => self.feeds(id, deed, answer),
            Work::Do(id, deed) if deed.is_of_recording() => self.records(id, deed, answer),
            Work::Do(id, deed) => self.request(id, deed, answer),
        }
    }

    /// Twilio's list is not always to be had.
    fn looks_up_recordings(&mut self, id: ParticipantId, answer: Answer) {
        let listed: Vec<ListedRecording> = (0..self.twilio.recordings.len())
            .rev()
            .filter(|place| self.twilio.recordings[*place].0 == id)
            .map(|place| ListedRecording {
                sid: recording_sid(place),
                is_of_api: true,
                state: self.twilio.became(place),
                created_at: at(self.twilio.recordings[place].2),
            })
            .collect();
        let listed = matches!(answer, Answer::Done | Answer::Refused).then_some(&listed[..]);
        let seen = self.steered.requests[&id].recording;
        for news in self.steered.looked(id, seen, listed, at(self.now)) {
            self.hears(&news, Source::Rest);
        }
        self.steered.note(at(self.now));
    }

    /// What is asked of Twilio about a recording: where the leg is over, it refuses.
    fn records(&mut self, participant: ParticipantId, deed: Deed, answer: Answer) {
        let now = at(self.now);
        let action = self.steered.records_for(participant);
        let claimed = self.steered.claims(participant, deed, now).unwrap();
        if let Some(action) = action {
            self.hears(&News::RecordingRequested { participant, action }, Source::Rest);
        }
        let arrives = matches!(answer, Answer::Done | Answer::DoneAndLost);
        let mut came = None;
        if arrives && self.twilio.is_there(participant) {
            let state = match deed {
                Deed::Record => {
                    if self.twilio.tape(participant).is_some() {
                        self.twilio.twice += 1;
                    } else {
                        self.twilio.recordings.push((participant, Tape::Runs, self.now));
                        let place = self.twilio.recordings.len() - 1;
                        self.twilio.tells_of(place, action);
                    }
                    Recorded::Began
                }
                Deed::PauseRecording(true) => Recorded::Paused,
                Deed::PauseRecording(false) => Recorded::Resumed,
                _ => Recorded::Stopped,
            };
            if let Some((place, tape)) = self.twilio.tape(participant) {
                match state {
                    Recorded::Paused => *tape = Tape::Paused,
                    Recorded::Resumed => *tape = Tape::Runs,
                    Recorded::Stopped => self.twilio.stops(participant),
                    _ => {}
                }
                came = Some((place, state));
            }
        }
        let (place, known) = match self.steered.call.recording_of(participant) {
            Some((place, it)) => (Some(place), it.sid.clone()),
            None => (None, None),
        };
        let sid_of = |sid: &RecordingSid| (0..99).find(|place| recording_sid(*place) == *sid);
        let said = match (answer, came, known) {
            (Answer::Done, Some((place, state)), _) => {
                Some(recorded(participant.0, place, state, (action, Evidence::Answer)))
            }
            // It does not go on.
            (Answer::Done, None, Some(sid)) => {
                let place = sid_of(&sid).unwrap();
                Some(recorded(participant.0, place, Recorded::Stopped, (None, Evidence::Answer)))
            }
            (Answer::Done | Answer::Refused, _, None) => place.map(|recording| News::RecordingLost {
                recording,
                why: WhyLost::Refused,
                provider_code: Some(21220),
            }),
            _ => None,
        };
        let then = match answer {
            Answer::Done => Effect::Done,
            Answer::DoneAndLost if deed == Deed::Record => unanswered(claimed, now),
            Answer::Refused if said.is_some() => Effect::GivenUp,
            Answer::DoneAndLost | Answer::Undone | Answer::Refused => undone(claimed, now),
        };
        self.steered.settle(participant, deed, (claimed, then), now);
        if let Some(news) = said {
            self.hears(&news, Source::Rest);
        }
        self.steered.note(now);
    }

    /// What is asked of Twilio about what goes out: of a web socket it may never tell.
    fn feeds(&mut self, participant: ParticipantId, deed: Deed, answer: Answer) {
        let (Deed::Feed(kind) | Deed::StopFeed(kind)) = deed else { return };
        let now = at(self.now);
        let action = self.steered.feeds_for(participant, kind);
        let was_taken = self.steered.is_taken(participant, kind);
        let claimed = self.steered.claims(participant, deed, now).unwrap();
        if let Some(action) = action {
            self.hears(&News::FeedRequested { participant, kind, action }, Source::Rest);
        }
        let Some((_, going_on)) = self.steered.call.feed_of(participant, kind) else {
            self.steered.settle(participant, deed, (claimed, Effect::Done), now);
            return;
        };
        let (of, state) = (going_on.of, going_on.state);
        let arrives = matches!(answer, Answer::Done | Answer::DoneAndLost);
        let is_there = self.twilio.is_there(participant);
        let mut is_refused = matches!(answer, Answer::Refused);
        let sid = format!("{of:?}");
        if let Deed::Feed(_) = deed {
            is_refused |= !is_there;
            if arrives && is_there {
                let same = |(it, goes_on): &(FeedOf, bool)| {
                    *goes_on && (it.participant, it.kind) == (participant, kind)
                };
                self.twilio.twice += u32::from(self.twilio.feeds.iter().any(same));
                self.twilio.feeds.push((of, true));
                let began = Fed::Began { sid: sid.clone(), evidence: Evidence::StatusCallback };
                self.twilio.mail.push(News::Feed { of, fed: began, number: None });
            }
        } else if arrives {
            self.twilio.stops_feeds(participant, &[kind]);
        }
        let failed = Fed::Failed { code: Some(21220) };
        let (then, told) = match (deed, answer) {
            (Deed::Feed(_), Answer::Undone) => (undone(claimed, now), None),
            (Deed::Feed(_), Answer::DoneAndLost) => (unanswered(claimed, now), None),
            (Deed::Feed(_), _) if is_refused => (Effect::GivenUp, Some(failed)),
            (Deed::Feed(FeedKind::Stream), _) => (Effect::Done, None),
            (Deed::Feed(_), _) => (Effect::Done, Some(Fed::Began { sid, evidence: Evidence::Answer })),
            (_, Answer::Done) if state == FeedState::Requested => {
                (Effect::Done, Some(Fed::Unproved { was_taken }))
            }
            (_, Answer::Done) => (Effect::Done, Some(Fed::Ended { at: now, evidence: Evidence::Answer })),
            _ => (unanswered(claimed, now), None),
        };
        self.steered.settle(participant, deed, (claimed, then), now);
        if let Some(told) = told {
            self.hears(&News::Feed { of, fed: told, number: None }, Source::Rest);
        }
        self.steered.note(now);
    }

    fn looked_up(&mut self, participant: ParticipantId, state: LegState) {
        self.hears(&looked_up(participant, state), Source::Rest);
    }

    fn request(&mut self, id: ParticipantId, deed: Deed, answer: Answer) {
        let now = at(self.now);
        let claimed = self.steered.claims(id, deed, now).unwrap();
        if deed == Deed::Place {
            let action = self.steered.call.participants[&id].action.expect("somebody was called for it");
            self.hears(&News::Begun { action }, Source::Rest);
        }
        if matches!(answer, Answer::Done | Answer::DoneAndLost) {
            match deed {
                Deed::Place => {
                    *self.twilio.placed.entry(id).or_default() += 1;
                    self.twilio.becomes(id, LegState::Queued);
                }
                Deed::Cancel if !self.twilio.is_there(id) && self.twilio.is_alive(id) => {
                    self.twilio.becomes(id, LegState::Canceled);
                }
                Deed::Complete if self.twilio.is_alive(id) => self.twilio.becomes(id, LegState::Left),
                Deed::Cancel
                | Deed::Complete
                | Deed::Mute(_)
                | Deed::Record
                | Deed::PauseRecording(_)
                | Deed::StopRecording
                | Deed::Feed(_)
                | Deed::StopFeed(_) => {}
                Deed::Lead => {
                    self.twilio.led += 1;
                    if self.twilio.loses_recordings {
                        self.twilio.stops(id);
                        self.twilio.stops_feeds(id, &FeedKind::ALL);
                    }
                    self.asks(id);
                }
            }
        }
        let then = match answer {
            Answer::Done => Effect::Done,
            Answer::DoneAndLost => unanswered(claimed, now),
            Answer::Refused if deed == Deed::Place => Effect::GivenUp,
            Answer::Undone | Answer::Refused => undone(claimed, now),
        };
        self.steered.settle(id, deed, (claimed, then), now);
        match (deed, answer) {
            (Deed::Place, Answer::Done) => {
                self.hears(&News::Placed { participant: id, call_sid: sid(id.0) }, Source::Rest);
            }
            (Deed::Place, Answer::Refused) => {
                self.hears(&News::Refused { participant: id, code: 21211 }, Source::Rest);
            }
            (Deed::Mute(muted), Answer::Done) => {
                self.hears(&News::Muted { participant: id, muted }, Source::Rest);
            }
            _ => {}
        }
    }

    fn works(&mut self, answers: &[Answer]) {
        for round in 0..50 {
            let works = agenda(&self.steered, at(self.now)).now;
            if works.is_empty() {
                return;
            }
            for (place, work) in works.iter().enumerate() {
                // What was decided by how it was, may be decided already.
                if agenda(&self.steered, at(self.now)).now.contains(work) {
                    self.one(work, answers[(round + place) % answers.len()]);
                }
            }
        }
        panic!("the worker goes in circles: {:?}", agenda(&self.steered, at(self.now)));
    }

    /// Somebody has heard what they heard to its end, and what Twilio has of it comes here.
    fn hears_out(&mut self, which: usize) {
        let there: Vec<ParticipantId> =
            self.twilio.legs.keys().copied().filter(|id| self.twilio.is_there(*id)).collect();
        let Some(id) = there.get(which % there.len().max(1)).copied() else { return };
        let version = self.steered.call.participants.get(&id).map_or(1, |it| it.wanted.version);
        let asks =
            News::Asked { participant: id, call_sid: sid(id.0), version, has_heard: true, answered_by: None };
        let keys = [Some("1".to_owned()), Some("7".to_owned()), None][which / 7 % 3].clone();
        let round = 1 + u16::from(which.is_multiple_of(2));
        let heard = Heard { keys, ..Heard::default() };
        self.hears(&News::Heard { participant: id, version, round, heard }, Source::Webhook);
        self.hears(&asks, Source::Webhook);
    }

    fn leg(&mut self, which: usize, to: usize) {
        let alive: Vec<ParticipantId> =
            self.twilio.legs.keys().copied().filter(|id| self.twilio.is_alive(*id)).collect();
        if alive.is_empty() {
            return;
        }
        let id = alive[which % alive.len()];
        let next: &[LegState] = match self.twilio.legs[&id] {
            LegState::Queued => &[LegState::Ringing, LegState::Failed, LegState::Busy, LegState::Answered],
            LegState::Ringing => {
                &[LegState::Answered, LegState::Answered, LegState::NoAnswer, LegState::Busy]
            }
            _ => &[LegState::Left],
        };
        let state = next[to % next.len()];
        self.twilio.becomes(id, state);
        self.asks(id);
    }

    fn commands(&mut self, kind: usize, whom: u32) {
        let participant = ParticipantId(whom);
        let is_incoming = self.steered.call.direction == Direction::Incoming;
        let document = Document::Twiml("<Response><Say>Hello.</Say></Response>".to_owned());
        let when_busy = [WhenBusy::Reject, WhenBusy::Queue, WhenBusy::Interrupt][kind % 3];
        let feeds = |participants: Vec<ParticipantId>| Command::Transcribe {
            participants,
            language: "en-US".to_owned(),
            hints: Vec::new(),
            partials: false,
            engine: Engine::Google,
        };
        let secret = Listens { sensitive: true, ..listens() };
        if kind.is_multiple_of(4) {
            let action = ActionId(whom + 1);
            let command = match (kind / 4) % 8 {
                0 | 1 => Command::Stream {
                    participant,
                    url: "wss://a.example".to_owned(),
                    tracks: Tracks::Both,
                    parameters: BTreeMap::new(),
                },
                2 => feeds(Vec::new()),
                3 => feeds(vec![participant]),
                4 => Command::StopStream { action },
                5 => Command::StopTranscription { action },
                6 => Command::UpdateTranscription { action, language: "de-DE".to_owned() },
                _ => Command::Recognize { participant, prompt: None, listens: secret, when_busy },
            };
            return self.command(command);
        }
        let command = match kind % if is_incoming { 28 } else { 23 } {
            9 => Command::Consult { participant, add: adds(phone(70 + whom)) },
            10 => Command::Complete { action: ActionId(whom) },
            11 => Command::TakeBack { action: ActionId(whom) },
            12 => Command::Transfer { participant, to_call: None, add: adds(phone(80 + whom)) },
            13 if whom == 1 => Command::Role { participant, role: Role::Coach { coaches: ParticipantId(2) } },
            13 => Command::Role { participant, role: Role::Listen },
            14 => Command::Play { participants: Vec::new(), document, when_busy },
            15 => Command::Play { participants: vec![participant], document, when_busy },
            16 => Command::Recognize { participant, prompt: None, listens: listens(), when_busy },
            17 if whom == 5 => {
                Command::ListenKeys { participant: ParticipantId(1), leave_seat: true, sensitive: false }
            }
            17 if whom == 4 => {
                Command::ListenKeys { participant: ParticipantId(2), leave_seat: false, sensitive: true }
            }
            17 => Command::CancelMedia { of: Some(participant) },
            18 => records(Vec::new(), whom.is_multiple_of(2), Consent::None),
            19 => records(
                vec![participant],
                whom.is_multiple_of(2),
                asks_consent((kind / 64).is_multiple_of(2)),
            ),
            20 => Command::PauseRecording { action: ActionId(whom + 1) },
            21 => Command::ResumeRecording { action: ActionId(whom + 1) },
            22 => Command::StopRecording { action: ActionId(whom + 1) },
            23 | 24 => Command::Answer { document: None },
            25 => Command::Reject { reason: Refusal::Busy },
            26 => Command::Redirect { to: number(60 + whom), ring_seconds: 20 },
            27 => Command::Release,
            0 if whom == 5 => {
                Command::Add(screened::screens(phone(50 + whom), (kind / 64).is_multiple_of(2)))
            }
            0 => Command::Add(adds(phone(50 + whom))),
            1 => Command::Remove { participant },
            2 => Command::Mute { participant },
            3 => Command::Unmute { participant },
            4 | 5 => Command::Hold { participant, document: None, alone_seconds: HELD_ALONE_SECONDS },
            6 => Command::Resume { participant },
            7 => Command::Cancel { action: ActionId(whom) },
            _ if whom == 1 => Command::End,
            _ => return,
        };
        self.command(command);
    }

    fn command(&mut self, command: Command) {
        let now = at(self.now);
        if let Ok(accepted) = accept(&self.steered.call, command, &Asked::default(), now) {
            self.steered.call = accepted.call;
            self.log.extend(accepted.events);
            self.steered.note(now);
            self.accepted.push(accepted.action);
        }
    }

    fn plays(&mut self, one: &Move) {
        match one {
            Move::Tell { which, again } if !self.twilio.mail.is_empty() => {
                let which = which % self.twilio.mail.len();
                let news =
                    if *again { self.twilio.mail[which].clone() } else { self.twilio.mail.remove(which) };
                self.hears(&news, Source::Webhook);
            }
            Move::Forget { which } if !self.twilio.mail.is_empty() => {
                let which = which % self.twilio.mail.len();
                self.twilio.mail.remove(which);
            }
            Move::Tell { .. } | Move::Forget { .. } => {}
            Move::Leg { which, to } => self.leg(*which, *to),
            Move::HearsOut { which } => self.hears_out(*which),
            Move::Work { after, answers } => {
                self.now += after;
                self.works(answers);
            }
            Move::Command { kind, whom } => self.commands(*kind, *whom),
            Move::Asks => {
                self.now += 1;
                self.caller_asks();
            }
        }
        let folded = fold_all(&self.steered.call.id, &self.log).unwrap();
        assert_eq!(folded, self.steered.call);
    }

    /// Everybody hangs up, nothing more is told, and the worker looks again and again.
    fn ends(&mut self) {
        self.twilio.mail.clear();
        for _ in 0..40 {
            let alive: Vec<ParticipantId> =
                self.twilio.legs.keys().copied().filter(|id| self.twilio.is_alive(*id)).collect();
            for id in alive {
                self.twilio.becomes(id, LegState::Left);
            }
            self.twilio.mail.clear();
            self.now += 61;
            self.works(&[Answer::Done]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 20_000 }))]

    #[test]
    fn every_command_ends_once_whatever_twilio_does(
        to in 0..4_u32,
        first_wins in any::<bool>(),
        hangs_up in any::<bool>(),
        loses_recordings in any::<bool>(),
        moves in moves(),
    ) {
        let who = if first_wins { Who::FirstWins } else { Who::All };
        let machine = if hangs_up { Machine::HangUp } else { Machine::Ignore };
        // One that comes in, if nobody is called.
        let mut world = if to == 0 { World::incoming() } else { World::new(to, who, machine) };
        world.twilio.loses_recordings = loses_recordings;
        for one in &moves {
            world.plays(one);
        }
        world.ends();
        let call = &world.steered.call;
        prop_assert!(call.is_over(), "{call:#?}\n{:?}", agenda(&world.steered, at(world.now)));
        prop_assert!(call.actions.is_empty());
        for (place, event) in world.log.iter().enumerate() {
            prop_assert_eq!(event.seq, place as u64 + 1);
        }
        for action in &world.accepted {
            let ends = world.log.iter().filter(|it| it.action == Some(*action) && it.happened.ends_action());
            prop_assert_eq!(ends.count(), 1, "{} {:?}", action, words(&world.log));
        }
        let ended = world.log.iter().filter(|event| matches!(event.happened, Happened::Ended { .. })).count();
        prop_assert_eq!(ended, 1);
        let is_last = matches!(world.log.last().unwrap().happened, Happened::Ended { .. });
        prop_assert!(is_last);
        for (id, times) in &world.twilio.placed {
            prop_assert_eq!(*times, 1, "{} was called twice", id);
        }
        prop_assert_eq!(world.twilio.twice, 0, "{:?}", words(&world.log));
        // Each that was made is told of to its end, and none is that nobody made.
        let told = |is: fn(&Happened) -> bool| world.log.iter().filter(|it| is(&it.happened)).count();
        let (begun, stopped) = (
            told(|it| matches!(it, Happened::RecordingStarted { .. })),
            told(|it| matches!(it, Happened::RecordingStopped { .. })),
        );
        prop_assert_eq!(begun, world.twilio.recordings.len(), "{:?}", words(&world.log));
        prop_assert_eq!(stopped, begun);
        prop_assert!(world.steered.call.recordings.iter().all(Recording::is_settled));
        prop_assert!(!world.steered.call.feeds.iter().any(Feed::is_live));
    }
}
