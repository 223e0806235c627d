//! Participants who go over from one call into another.

use super::*;

/// A call, and its log.
type Logged = (Call, Vec<Event>);

/// Three who talk: p1, p2 and p3.
fn group() -> (Call, Vec<Event>) {
    let (mut call, mut log) = pair();
    does(&mut call, &mut log, Command::Add(adds(phone(7)))).unwrap();
    hears(&mut call, &mut log, &[asks(3), asks(3)]);
    assert_eq!(call.talking(), 3);
    (call, log)
}

/// Another call, with one who talks to nobody.
fn other() -> (Call, Vec<Event>) {
    let begun =
        create(&new_id(), &number(1), creates(1, Who::All, Machine::Ignore), &Asked::default(), at(0));
    let (mut call, mut log) = (begun.call, begun.events);
    hear_of(&mut call, &mut log, 1, 51, LegState::Answered);
    (call, log)
}

fn new_id() -> CallId {
    CallId::of_outgoing([8; 16])
}

/// What is heard of a leg in a call where it has another number than its participant.
fn hear_of(call: &mut Call, log: &mut Vec<Event>, participant: u32, leg: u32, state: LegState) {
    let participant = ParticipantId(participant);
    let news = News::Leg { participant, call_sid: sid(leg), state, evidence: Evidence::StatusCallback };
    hears(call, log, &[news]);
}

/// A leg asks for what it is to hear, at an address of this call.
fn comes(call: &mut Call, log: &mut Vec<Event>, participant: u32, leg: u32) {
    let participant = ParticipantId(participant);
    let asks =
        News::Asked { participant, call_sid: sid(leg), version: 0, has_heard: false, answered_by: None };
    hears(call, log, &[asks]);
}

fn transfer(participant: u32) -> Command {
    Command::Transfer { participant: ParticipantId(participant), to_call: None, add: adds(phone(9)) }
}

/// p2 of a group is transferred, and it rings in the new call.
fn ringing() -> (Logged, Logged, ActionId) {
    let (old, mut old_log) = group();
    assert!(old.is_group_for(ParticipantId(2)));
    let asked = Asked { operation_context: Some("order 9".to_owned()), callback: None };
    let Transferred { old: accepted, new, events } =
        transfer_out(&old, transfer(2), &new_id(), &asked, at(9)).unwrap();
    old_log.extend(accepted.events);
    let (mut new, mut new_log) = (new, events);
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Ringing);
    assert!(new.awaits().is_none(), "nobody has picked up");
    ((accepted.call, old_log), (new, new_log), accepted.action)
}

/// What a call owes others is told to this one.
fn tells(from: &Call, (to, log): (&mut Call, &mut Vec<Event>)) -> usize {
    let owed: Vec<News> = from.owes().into_iter().filter(|(_, id, _)| *id == to.id).map(|it| it.2).collect();
    let before = log.len();
    hears(to, log, &owed);
    log.len() - before
}

fn all_present(call: &Call) -> Vec<u32> {
    call.present().map(|(id, _)| id.0).collect()
}

#[test]
fn of_a_group_one_goes_over_once_somebody_picked_up() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    assert_eq!(all_present(&old), [1, 2, 3], "they talk on while it rings");
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Answered);
    let origin = new.awaits().cloned().unwrap();
    assert_eq!((&origin.from_call, origin.from_participant), (&old.id, ParticipantId(2)));
    let (from_old, from_new) = (old_log.len(), new_log.len());
    let [left, joined] = hand_over((&mut old, &mut new), origin.from_action, Source::Rest, at(20)).unwrap();
    old_log.extend(left);
    new_log.extend(joined);
    assert!(new.awaits().is_none() && new.owes().is_empty(), "they are on the way");
    comes(&mut new, &mut new_log, 2, 2);
    comes(&mut new, &mut new_log, 1, 51);
    assert!(tells(&new, (&mut old, &mut old_log)) > 0);
    assert_eq!(tells(&new, (&mut old, &mut old_log)), 0, "what is told twice changes nothing");
    let expected = ["participant.left p2 transferred".to_owned(), format!("action.succeeded {action}")];
    assert_eq!(words(&old_log[from_old..]), expected);
    let expected = ["participant.joined p2", "participant.moved p2 seat", "participant.moved p1 seat"];
    assert_eq!(words(&new_log[from_new..]), expected);
    assert_eq!(all_present(&old), [1, 3]);
    assert_eq!(old.participants[&ParticipantId(2)].went_to.as_ref().unwrap().to_call, new.id);
    assert_eq!(new.participants[&ParticipantId(2)].call_sid, old.participants[&ParticipantId(2)].call_sid);
    assert_eq!(new.operation_context.as_deref(), Some("order 9"));
    assert_eq!((fold_all(&old.id, &old_log), fold_all(&new.id, &new_log)), (Some(old), Some(new)));
}

#[test]
fn whoever_is_not_reached_leaves_the_group_as_it_was() {
    for (state, code) in [(LegState::Busy, "busy"), (LegState::NoAnswer, "no_answer")] {
        let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
        hear_of(&mut new, &mut new_log, 1, 51, state);
        assert!(new.is_over() && new.cause.is_some());
        let from = old_log.len();
        tells(&new, (&mut old, &mut old_log));
        assert_eq!(words(&old_log[from..]), [format!("action.failed {action} {code}")]);
        assert_eq!(old.talking(), 3);
    }
}

#[test]
fn a_transfer_out_of_a_group_can_be_called_off_while_it_rings() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    let from = old_log.len();
    let cancel = does(&mut old, &mut old_log, Command::Cancel { action }).unwrap();
    assert!(old.actions.contains_key(&action), "somebody rings for it");
    tells(&old, (&mut new, &mut new_log));
    assert_eq!(tells(&old, (&mut new, &mut new_log)), 0);
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Canceled);
    tells(&new, (&mut old, &mut old_log));
    let ends = [format!("action.canceled {action}"), format!("action.succeeded {cancel}")];
    assert_eq!(words(&old_log[from + 1..]), ends);
    assert!(new.is_over());
}

#[test]
fn whoever_picks_up_as_it_is_called_off_gets_nobody() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    does(&mut old, &mut old_log, Command::Cancel { action }).unwrap();
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Answered);
    assert!(new.awaits().is_some());
    assert!(hand_over((&mut old, &mut new), action, Source::Rest, at(20)).is_none());
    tells(&old, (&mut new, &mut new_log));
    assert!(new.awaits().is_none() && new.present().all(|(_, it)| it.wanted.gone.is_some()));
}

#[test]
fn a_transfer_that_came_true_is_not_called_off() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Answered);
    hand_over((&mut old, &mut new), action, Source::Rest, at(20)).unwrap();
    assert_eq!(does(&mut old, &mut old_log, Command::Cancel { action }), Err(Code::NotCancelable));
    assert!(hand_over((&mut old, &mut new), action, Source::Rest, at(21)).is_none(), "once is enough");
}

#[test]
fn whoever_hangs_up_while_it_rings_is_handed_over_to_nobody() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    hears(&mut old, &mut old_log, &[told(2, LegState::NotAPerson)]);
    assert_eq!(words(&old_log).last().unwrap(), &format!("action.failed {action} participant_left"));
    assert_eq!(all_present(&old), [1, 3]);
    tells(&old, (&mut new, &mut new_log));
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Canceled);
    assert!(new.is_over());
    assert_eq!(tells(&new, (&mut old, &mut old_log)), 0);
}

#[test]
fn whoever_hangs_up_on_the_way_fails_it_and_frees_the_other() {
    let ((mut old, mut old_log), (mut new, mut new_log), action) = ringing();
    hear_of(&mut new, &mut new_log, 1, 51, LegState::Answered);
    hand_over((&mut old, &mut new), action, Source::Rest, at(20)).unwrap();
    // The others are gone as well: the action still ends before the call does.
    hears(&mut old, &mut old_log, &[told(1, LegState::NotAPerson), told(3, LegState::NotAPerson)]);
    assert!(!old.is_over());
    hear_of(&mut new, &mut new_log, 2, 2, LegState::NotAPerson);
    assert_eq!(new.participants[&ParticipantId(1)].wanted.gone, Some(Cause::Alone));
    tells(&new, (&mut old, &mut old_log));
    let last = words(&old_log);
    assert_eq!(
        last[last.len() - 2..],
        [format!("action.failed {action} participant_left"), "call.ended hung_up".to_owned()]
    );
}

#[test]
fn one_is_moved_into_another_call() {
    let (old, mut old_log) = group();
    let (new, mut new_log) = other();
    let command = Command::Move { participant: ParticipantId(1), to_call: new.id.clone() };
    let Moved { from, to: mut new, events } =
        move_over(&old, &new, command, &Asked::default(), at(9)).unwrap();
    let mut old = from.call;
    let before = old_log.len();
    old_log.extend(from.events);
    new_log.extend(events);
    assert!(old.actions.contains_key(&from.action), "nothing proves that they are there");
    comes(&mut new, &mut new_log, 2, 1);
    tells(&new, (&mut old, &mut old_log));
    let expected = [
        "action.queued p1".to_owned(),
        "participant.left p1 moved".to_owned(),
        format!("action.succeeded {}", from.action),
    ];
    assert_eq!(words(&old_log[before..]), expected);
    assert_eq!(all_present(&new), [1, 2]);
    assert_eq!(new.participants[&ParticipantId(2)].place, Some(Place::Seat));
}

#[test]
fn nobody_is_moved_where_that_makes_no_sense() {
    let (old, _) = group();
    let (new, _) = other();
    let refused = |participant: u32, to: &Call| {
        let command = Command::Move { participant: ParticipantId(participant), to_call: to.id.clone() };
        move_over(&old, to, command, &Asked::default(), at(9)).unwrap_err().code
    };
    let (mut over, mut log) = (new.clone(), Vec::new());
    hear_of(&mut over, &mut log, 1, 51, LegState::NotAPerson);
    let dialing =
        create(&new_id(), &number(1), creates(1, Who::All, Machine::Ignore), &Asked::default(), at(0)).call;
    let mut full = new.clone();
    for last in 0..49 {
        full = accept(&full, Command::Add(adds(phone(last))), &Asked::default(), at(1)).unwrap().call;
    }
    let cases = [
        (1, &old, Code::InvalidRequest),
        (1, &over, Code::CallEnded),
        (1, &dialing, Code::NotConnected),
        (1, &full, Code::CallFull),
        (9, &new, Code::ParticipantNotFound),
    ];
    for (participant, to, code) in cases {
        assert_eq!(refused(participant, to), code, "{participant} {:?}", to.state);
    }
}

#[test]
fn a_caller_who_went_over_is_led_on_and_not_hung_up_on() {
    let (mut old, events) = offer(&sid(1), &number(1), phone(2), false, at(0));
    let mut old_log = events;
    does(&mut old, &mut old_log, Command::Answer { document: None }).unwrap();
    hears(&mut old, &mut old_log, &[asks(1)]);
    let (new, _) = other();
    let command = Command::Move { participant: ParticipantId(1), to_call: new.id.clone() };
    let moved = move_over(&old, &new, command, &Asked::default(), at(9)).unwrap();
    assert_eq!(moved.from.call.offer(), Offer::Decided(Decision::Answer));
    assert!(!moved.from.call.is_over(), "how they arrive is to be heard");
    assert_eq!(moved.to.caller(), None);
}

#[test]
fn what_is_recorded_of_a_leg_ends_where_it_goes_over() {
    let (mut old, mut log) = group();
    does(&mut old, &mut log, records(vec![ParticipantId(1)], false, Consent::None)).unwrap();
    let mut steered = Steered::new(old, at(1));
    steered.claims(ParticipantId(1), Deed::Record, at(1)).unwrap();
    let action = steered.records_for(ParticipantId(1)).unwrap();
    let requested = News::RecordingRequested { participant: ParticipantId(1), action };
    let began = recorded(1, 0, Recorded::Began, (Some(action), Evidence::Answer));
    hears(&mut steered.call, &mut log, &[requested, began]);
    let (new, _) = other();
    let command = Command::Move { participant: ParticipantId(1), to_call: new.id.clone() };
    let moved = move_over(&steered.call, &new, command, &Asked::default(), at(9)).unwrap();
    steered.call = moved.from.call;
    steered.requests.get_mut(&ParticipantId(1)).unwrap().recording = Effect::Done;
    steered.note(at(9));
    let works = agenda(&steered, at(9)).now;
    assert!(works.contains(&Work::Do(ParticipantId(1), Deed::StopRecording)), "{works:?}");
}

#[test]
fn what_was_written_before_anybody_went_over_is_read() {
    let left = r#"{"type":"participant.left","data":{"cause":"hung_up","evidence":"status_callback"}}"#;
    let left: Happened = serde_json::from_str(left).unwrap();
    assert!(matches!(left, Happened::Left { to: None, .. }));
    let created = r#"{"type":"call.created","data":{"number":"+14155550100","direction":"outgoing"}}"#;
    let created: Happened = serde_json::from_str(created).unwrap();
    assert!(matches!(created, Happened::Created { from: None, .. }));
    let transfer = r#"{"type":"transfer","participant":"p1","to":{"kind":"phone","number":"+14155550107"},"ring_seconds":20,"machine":"ignore"}"#;
    let transfer: Command = serde_json::from_str(transfer).unwrap();
    assert!(matches!(transfer, Command::Transfer { to_call: None, .. }));
}

/// Calls among which people go to and fro, and a Twilio that knows legs only.
struct Calls {
    rows: BTreeMap<CallId, (Steered, Vec<Event>)>,
    legs: BTreeMap<CallSid, LegState>,
    /// For whom a leg was placed: at whose address Twilio asks and reports for as long as it lives.
    placed: BTreeMap<CallSid, (CallId, ParticipantId)>,
    accepted: Vec<(CallId, ActionId)>,
    now: i64,
}

#[derive(Clone, Debug)]
enum Turn {
    /// A leg goes on: it is picked up, or is over; whether that is told.
    Leg { which: usize, over: bool, told: bool },
    /// It asks once more, where it was placed.
    Asks { which: usize },
    /// The worker looks at one of the calls, and dies at the first errand, if it says so.
    Work { call: usize, dies: bool },
    /// A program wants something of one of the calls.
    Wants { call: usize, kind: usize, whom: u32 },
    /// Time goes by.
    Waits { seconds: i64 },
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let one = prop_oneof![
        3 => (any::<usize>(), any::<bool>(), any::<bool>())
            .prop_map(|(which, over, told)| Turn::Leg { which, over: over && which % 3 == 0, told }),
        1 => any::<usize>().prop_map(|which| Turn::Asks { which }),
        5 => (any::<usize>(), any::<bool>()).prop_map(|(call, dies)| Turn::Work { call, dies }),
        4 => (any::<usize>(), any::<usize>(), 1..5_u32)
            .prop_map(|(call, kind, whom)| Turn::Wants { call, kind, whom }),
        1 => (0..40_i64).prop_map(|seconds| Turn::Waits { seconds }),
    ];
    prop::collection::vec(one, 0..60)
}

impl Calls {
    /// Three who talk, and another call of one.
    fn new() -> Self {
        let mut calls = Self {
            rows: BTreeMap::new(),
            legs: BTreeMap::new(),
            placed: BTreeMap::new(),
            accepted: Vec::new(),
            now: 20,
        };
        for ((call, log), legs) in [(group(), vec![1, 2, 3]), (other(), vec![51])] {
            let made = call.actions_made;
            calls.accepted.extend((1..=made).map(|action| (call.id.clone(), ActionId(action))));
            for (participant, leg) in (1..).zip(legs) {
                calls.legs.insert(sid(leg), LegState::Answered);
                calls.placed.insert(sid(leg), (call.id.clone(), ParticipantId(participant)));
            }
            calls.rows.insert(call.id.clone(), (Steered::new(call, at(0)), log));
        }
        calls
    }

    fn ids(&self) -> Vec<CallId> {
        self.rows.keys().cloned().collect()
    }

    fn hears(&mut self, id: &CallId, news: &News) {
        let now = at(self.now);
        let (steered, log) = self.rows.get_mut(id).unwrap();
        log.extend(hear(&mut steered.call, news, Source::Webhook, now));
        steered.note(now);
    }

    /// Twilio asks, or reports, at the address of whom the leg was placed for.
    fn hears_of(&mut self, leg: &CallSid, news: impl Fn(ParticipantId, u32) -> News) {
        let (mut id, mut participant) = self.placed[leg].clone();
        while let Some(to) = self.rows[&id].0.call.destination(participant) {
            (id, participant) = (to.to_call.clone(), to.to_participant);
        }
        let version = self.rows[&id].0.call.participants[&participant].wanted.version;
        self.hears(&id, &news(participant, version));
    }

    fn asks(&mut self, leg: &CallSid) {
        if self.legs.get(leg) == Some(&LegState::Answered) {
            let call_sid = leg.clone();
            self.hears_of(leg, |participant, version| News::Asked {
                participant,
                call_sid: call_sid.clone(),
                version,
                has_heard: false,
                answered_by: None,
            });
        }
    }

    fn becomes(&mut self, leg: &CallSid, state: LegState, is_told: bool) {
        self.legs.insert(leg.clone(), state);
        if is_told {
            let call_sid = leg.clone();
            self.hears_of(leg, |participant, _| News::Leg {
                participant,
                call_sid: call_sid.clone(),
                state,
                evidence: Evidence::StatusCallback,
            });
        }
        self.asks(leg);
    }

    fn works(&mut self, id: &CallId, mut dies: bool) {
        for _ in 0..50 {
            let works = agenda(&self.rows[id].0, at(self.now)).now;
            let Some(work) = works.first() else { return };
            if dies && matches!(work, Work::TakeOver) {
                return;
            }
            self.one(id, work, dies);
            if dies && matches!(work, Work::Tell(_)) {
                return;
            }
            dies &= matches!(work, Work::Do(..));
        }
        panic!("the worker goes in circles: {:?}", agenda(&self.rows[id].0, at(self.now)));
    }

    fn one(&mut self, id: &CallId, work: &Work, dies: bool) {
        let now = at(self.now);
        match *work {
            Work::TakeOver => self.takes_over(id),
            Work::Tell(owed) => {
                let all = self.rows[id].0.call.owes();
                let (_, to, news) = all.into_iter().find(|it| it.0 == owed).unwrap();
                self.hears(&to, &news);
                if !dies {
                    self.rows.get_mut(id).unwrap().0.told.insert(owed);
                }
            }
            Work::Count => self.rows.get_mut(id).unwrap().0.is_counted = true,
            Work::Expire(action) => self.hears(id, &News::Expired { action }),
            Work::Lose(participant) => self.hears(id, &News::Lost { participant }),
            Work::Remind(participant, seconds) => self.hears(id, &News::StillHeld { participant, seconds }),
            Work::GiveBack => self.hears(id, &News::Forgotten),
            Work::Ask(participant) => {
                let leg = self.rows[id].0.call.participants[&participant].call_sid.clone().unwrap();
                let state = self.legs[&leg];
                let evidence = Evidence::LookedUp;
                let news = News::Leg { participant, call_sid: leg, state, evidence };
                self.rows.get_mut(id).unwrap().0.asked(participant, Some(&news), now);
                self.hears(id, &news);
            }
            Work::Do(participant, deed) => {
                let (steered, _) = self.rows.get_mut(id).unwrap();
                let claimed = steered.claims(participant, deed, now).unwrap();
                steered.settle(participant, deed, (claimed, Effect::Done), now);
                let it = &steered.call.participants[&participant];
                match (deed, it.call_sid.clone()) {
                    (Deed::Place, _) => {
                        let leg = sid(100 + u32::try_from(self.legs.len()).unwrap());
                        self.placed.insert(leg.clone(), (id.clone(), participant));
                        self.legs.insert(leg.clone(), LegState::Ringing);
                        self.hears(id, &News::Placed { participant, call_sid: leg });
                    }
                    (Deed::Lead, Some(leg)) => {
                        // From now on it asks here.
                        self.placed.insert(leg.clone(), (id.clone(), participant));
                        self.asks(&leg);
                    }
                    (Deed::Cancel | Deed::Complete, Some(leg)) if !self.legs[&leg].is_over() => {
                        let is_there = self.legs[&leg] == LegState::Answered;
                        let over = if is_there { LegState::Left } else { LegState::Canceled };
                        self.becomes(&leg, over, true);
                    }
                    _ => {}
                }
            }
            ref work => panic!("{work:?}"),
        }
    }

    /// Both logs are written at once.
    fn takes_over(&mut self, id: &CallId) {
        let now = at(self.now);
        let Some(origin) = self.rows[id].0.call.awaits().cloned() else { return };
        let (mut new, mut new_log) = self.rows.remove(id).unwrap();
        let (old, old_log) = self.rows.get_mut(&origin.from_call).unwrap();
        let handed = hand_over((&mut old.call, &mut new.call), origin.from_action, Source::Rest, now);
        let is_handed = handed.is_some();
        if let Some([left, joined]) = handed {
            old_log.extend(left);
            new_log.extend(joined);
        }
        old.note(now);
        new.note(now);
        self.rows.insert(id.clone(), (new, new_log));
        if !is_handed {
            self.hears(id, &News::NobodyGoes { action: origin.from_action });
        }
    }

    fn wants(&mut self, id: &CallId, kind: usize, whom: u32) {
        let now = at(self.now);
        let participant = ParticipantId(whom);
        let (steered, log) = self.rows.get_mut(id).unwrap();
        let asked = Asked::default();
        let command = match kind % 10 {
            0..=2 if steered.call.is_group_for(participant) => {
                let fresh = CallId::of_outgoing([100 + u8::try_from(self.rows.len()).unwrap(); 16]);
                let (steered, log) = self.rows.get_mut(id).unwrap();
                let Ok(made) = transfer_out(&steered.call, transfer(whom), &fresh, &asked, now) else {
                    return;
                };
                steered.call = made.old.call;
                steered.note(now);
                log.extend(made.old.events);
                self.accepted.push((id.clone(), made.old.action));
                self.accepted.push((fresh.clone(), ActionId(1)));
                self.rows.insert(fresh, (Steered::new(made.new, now), made.events));
                return;
            }
            3..=5 => {
                let ids = self.ids();
                let to_call = ids[kind / 10 % ids.len()].clone();
                let (from, to) = (&self.rows[id].0.call, &self.rows[&to_call].0.call);
                let command = Command::Move { participant, to_call: to_call.clone() };
                let Ok(moved) = move_over(from, to, command, &asked, now) else { return };
                self.accepted.push((id.clone(), moved.from.action));
                for (id, call, events) in
                    [(id, moved.from.call, moved.from.events), (&to_call, moved.to, moved.events)]
                {
                    let (steered, log) = self.rows.get_mut(id).unwrap();
                    steered.call = call;
                    steered.note(now);
                    log.extend(events);
                }
                return;
            }
            6 => Command::Cancel { action: ActionId(whom) },
            7 => Command::Remove { participant },
            8 if whom == 1 => Command::End,
            _ => Command::Hold { participant, document: None, alone_seconds: HELD_ALONE_SECONDS },
        };
        if let Ok(accepted) = accept(&steered.call, command, &asked, now) {
            steered.call = accepted.call;
            log.extend(accepted.events);
            steered.note(now);
            self.accepted.push((id.clone(), accepted.action));
        }
    }

    fn plays(&mut self, turn: &Turn) {
        let ids = self.ids();
        match *turn {
            Turn::Leg { which, over, told } => {
                let alive = |(leg, state): (&CallSid, &LegState)| (!state.is_over()).then(|| leg.clone());
                let alive: Vec<CallSid> = self.legs.iter().filter_map(alive).collect();
                if let Some(leg) = alive.get(which % alive.len().max(1)) {
                    self.becomes(leg, if over { LegState::Left } else { LegState::Answered }, told);
                }
            }
            Turn::Asks { which } => {
                let legs: Vec<CallSid> = self.legs.keys().cloned().collect();
                self.asks(&legs[which % legs.len()]);
            }
            Turn::Work { call, dies } => self.works(&ids[call % ids.len()], dies),
            Turn::Wants { call, kind, whom } => self.wants(&ids[call % ids.len()], kind, whom),
            Turn::Waits { seconds } => self.now += seconds,
        }
        for (id, (steered, log)) in &self.rows {
            assert_eq!(fold_all(id, log).as_ref(), Some(&steered.call));
        }
        // A leg is somebody's, and nobody else's.
        let present = self.rows.values().flat_map(|(steered, _)| steered.call.present());
        let mut legs: Vec<&CallSid> = present.filter_map(|(_, it)| it.call_sid.as_ref()).collect();
        let all = legs.len();
        legs.sort();
        legs.dedup();
        assert_eq!(legs.len(), all, "a leg is in two calls");
    }

    /// Everybody hangs up, nothing of that is told, and the worker looks again and again.
    fn ends(&mut self) {
        for _ in 0..40 {
            for state in self.legs.values_mut().filter(|state| !state.is_over()) {
                *state = LegState::Left;
            }
            self.now += 61;
            for id in self.ids() {
                self.works(&id, false);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 20_000 }))]

    #[test]
    fn a_leg_is_one_calls_and_every_command_ends_once(turns in turns()) {
        let mut calls = Calls::new();
        for turn in &turns {
            calls.plays(turn);
        }
        calls.ends();
        for (steered, log) in calls.rows.values() {
            prop_assert!(steered.call.is_over(), "{:?} {:?}", words(log), agenda(steered, at(calls.now)));
            prop_assert!(agenda(steered, at(calls.now)).now.is_empty());
            for (place, event) in log.iter().enumerate() {
                prop_assert_eq!(event.seq, place as u64 + 1);
            }
            let ended = log.iter().filter(|event| matches!(event.happened, Happened::Ended { .. })).count();
            prop_assert_eq!(ended, 1);
            let is_last = matches!(log.last().unwrap().happened, Happened::Ended { .. });
            prop_assert!(is_last);
            // Who is said to be there has come from there.
            for (id, it) in &steered.call.participants {
                if let Some(Origin { from_call, from_participant, .. }) = &it.came_from {
                    let to = calls.rows[from_call].0.call.destination(*from_participant);
                    prop_assert_eq!(to.map(|it| (&it.to_call, it.to_participant)), Some((&steered.call.id, *id)));
                }
            }
        }
        for (id, action) in &calls.accepted {
            let log = &calls.rows[id].1;
            let ends = log.iter().filter(|it| it.action == Some(*action) && it.happened.ends_action());
            prop_assert_eq!(ends.count(), 1, "{} {:?}", action, words(log));
        }
    }
}
