//! What goes out of legs: their sound, and their words.

use super::*;

fn one() -> ParticipantId {
    ParticipantId(1)
}

fn streams(participant: u32) -> Command {
    Command::Stream {
        participant: ParticipantId(participant),
        url: "wss://media.example/ear".to_owned(),
        tracks: Tracks::Inbound,
        parameters: BTreeMap::new(),
    }
}

fn transcribes(participants: &[u32]) -> Command {
    Command::Transcribe {
        participants: participants.iter().map(|id| ParticipantId(*id)).collect(),
        language: "en-US".to_owned(),
        hints: Vec::new(),
        partials: false,
        engine: Engine::Google,
    }
}

fn of(kind: FeedKind, participant: u32, action: ActionId, number: u32) -> FeedOf {
    FeedOf { kind, participant: ParticipantId(participant), action, number }
}

fn fed(of: FeedOf, fed: Fed) -> News {
    News::Feed { of, fed, number: None }
}

fn began() -> Fed {
    Fed::Began { sid: "MZ1".to_owned(), evidence: Evidence::StatusCallback }
}

fn ended(seconds: i64) -> Fed {
    Fed::Ended { at: at(seconds), evidence: Evidence::StatusCallback }
}

fn said(text: &str) -> Fed {
    let (text, language) = (text.to_owned(), "en-US".to_owned());
    Fed::Said(Said { text, confidence: Some(0.9), is_final: true, language, out_of_order: false })
}

/// Twilio is asked, and begins.
fn begins(call: &mut Call, log: &mut Vec<Event>, of: FeedOf) {
    let FeedOf { kind, participant, action, .. } = of;
    hears(call, log, &[News::FeedRequested { participant, kind, action }, fed(of, began())]);
}

/// What a worker would do about feeds at that time, which noticed all of it then.
fn works(call: &Call, seconds: i64) -> Vec<Deed> {
    let steered = Steered::new(call.clone(), at(6));
    let works = agenda(&steered, at(seconds)).now.into_iter();
    let deeds = works.filter_map(|work| match work {
        Work::Do(_, deed) if deed.is_of_feed() => Some(deed),
        _ => None,
    });
    deeds.collect()
}

fn of_feeds(log: &[Event]) -> Vec<String> {
    let is_it = |event: &&Event| {
        let kind = serde_json::to_value(event).unwrap()["type"].as_str().unwrap_or_default().to_owned();
        kind.starts_with("stream.") || kind.starts_with("transcription.")
    };
    let why = |event: &Event| {
        let value = serde_json::to_value(event).unwrap();
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        let why = value["data"]["why"].as_str().or(value["data"]["text"].as_str()).unwrap_or_default();
        format!("{kind} {why}").trim().to_owned()
    };
    log.iter().filter(is_it).map(why).collect()
}

#[test]
fn a_stream_is_wanted_until_it_is_stopped() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, streams(1)).unwrap();
    assert_eq!(works(&call, 6), [Deed::Feed(FeedKind::Stream)]);
    let stream = of(FeedKind::Stream, 1, action, 1);
    begins(&mut call, &mut log, stream);
    assert!(works(&call, 6).is_empty());
    assert_eq!(call.actions[&action].state, ActionState::Running);
    let stop = does(&mut call, &mut log, Command::StopStream { action }).unwrap();
    assert_eq!(works(&call, 6), [Deed::StopFeed(FeedKind::Stream)]);
    hears(&mut call, &mut log, &[fed(stream, ended(7))]);
    assert!(!call.actions.contains_key(&action) && !call.actions.contains_key(&stop));
    assert_eq!(of_feeds(&log), ["stream.requested", "stream.started", "stream.stopped stopped"]);
    // What is told once more says nothing.
    hears(&mut call, &mut log, &[fed(stream, ended(7)), fed(stream, began())]);
    assert_eq!(of_feeds(&log).len(), 3);
}

#[test]
fn what_nothing_proves_in_time_is_ended_and_fails() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, streams(1)).unwrap();
    let stream = of(FeedKind::Stream, 1, action, 1);
    let requested = News::FeedRequested { participant: one(), kind: FeedKind::Stream, action };
    hears(&mut call, &mut log, &[requested]);
    let mut steered = Steered::new(call.clone(), at(6));
    steered.requests.get_mut(&one()).unwrap().streaming = Effect::Done;
    let deeds = |steered: &Steered, seconds| agenda(steered, at(seconds)).now;
    assert!(!deeds(&steered, 14).contains(&Work::Do(one(), Deed::StopFeed(FeedKind::Stream))));
    assert!(deeds(&steered, 15).contains(&Work::Do(one(), Deed::StopFeed(FeedKind::Stream))));
    hears(&mut call, &mut log, &[fed(stream, Fed::Unproved { was_taken: true })]);
    assert!(!call.actions.contains_key(&action));
    assert!(words(&log).contains(&"action.failed a2 no_evidence".to_owned()), "{:?}", words(&log));
}

#[test]
fn what_may_have_begun_is_ended_before_it_begins_anew() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, streams(1)).unwrap();
    for number in 1..=2 {
        let requested = News::FeedRequested { participant: one(), kind: FeedKind::Stream, action };
        let stream = of(FeedKind::Stream, 1, action, number);
        hears(&mut call, &mut log, &[requested, fed(stream, Fed::Unproved { was_taken: false })]);
        assert_eq!(works(&call, 6), [Deed::Feed(FeedKind::Stream)]);
    }
    // Not for ever.
    let requested = News::FeedRequested { participant: one(), kind: FeedKind::Stream, action };
    let stream = of(FeedKind::Stream, 1, action, 3);
    hears(&mut call, &mut log, &[requested, fed(stream, Fed::Unproved { was_taken: false })]);
    assert!(!call.actions.contains_key(&action));
    let whys = of_feeds(&log).into_iter().filter(|it| it != "stream.requested");
    assert_eq!(
        whys.collect::<Vec<_>>(),
        ["stream.stopped unknown", "stream.stopped unknown", "stream.failed"]
    );
}

#[test]
fn a_socket_that_is_closed_ends_the_stream_and_a_move_does_not() {
    for (seconds, why, goes_on) in [(5, "moved", true), (60, "closed", false)] {
        let (mut call, mut log) = pair();
        let action = does(&mut call, &mut log, streams(1)).unwrap();
        let stream = of(FeedKind::Stream, 1, action, 1);
        begins(&mut call, &mut log, stream);
        does(
            &mut call,
            &mut log,
            Command::Hold { participant: one(), document: None, alone_seconds: HELD_ALONE_SECONDS },
        )
        .unwrap();
        hears(&mut call, &mut log, &[asks(1), fed(stream, ended(seconds))]);
        assert_eq!(of_feeds(&log).last().unwrap(), &format!("stream.stopped {why}"));
        assert_eq!(call.actions.contains_key(&action), goes_on, "{why}");
    }
}

#[test]
fn words_wait_while_their_participant_is_on_hold() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, transcribes(&[])).unwrap();
    let kind = FeedKind::Transcription;
    begins(&mut call, &mut log, of(kind, 1, action, 1));
    begins(&mut call, &mut log, of(kind, 2, action, 1));
    does(
        &mut call,
        &mut log,
        Command::Hold { participant: one(), document: None, alone_seconds: HELD_ALONE_SECONDS },
    )
    .unwrap();
    assert_eq!(works(&call, 6), [Deed::StopFeed(kind)]);
    let first = of(kind, 1, action, 1);
    hears(&mut call, &mut log, &[fed(first, said("So long.")), fed(first, ended(6))]);
    assert!(works(&call, 6).is_empty());
    let all = of_feeds(&log);
    assert_eq!(all[all.len() - 2..], ["transcription.words So long.", "transcription.stopped held"]);
    hears(&mut call, &mut log, &[asks(1)]);
    does(&mut call, &mut log, Command::Resume { participant: one() }).unwrap();
    assert_eq!(works(&call, 6), [Deed::Feed(kind)]);
    assert!(call.actions.contains_key(&action));
}

#[test]
fn nothing_is_told_of_a_leg_that_is_asked_for_a_secret() {
    let (mut call, mut log) = pair();
    let action = does(&mut call, &mut log, transcribes(&[1])).unwrap();
    let kind = FeedKind::Transcription;
    let first = of(kind, 1, action, 1);
    begins(&mut call, &mut log, first);
    let listens = Listens { sensitive: true, ..listens() };
    let asks_it =
        Command::Recognize { participant: one(), prompt: None, listens, when_busy: WhenBusy::Reject };
    does(&mut call, &mut log, asks_it).unwrap();
    assert_eq!(works(&call, 6), [Deed::StopFeed(kind)]);
    hears(&mut call, &mut log, &[asks(1), fed(first, said("four nine"))]);
    let heard = Heard { keys: Some("4".to_owned()), ..Heard::default() };
    let version = call.participants[&one()].wanted.version;
    hears(&mut call, &mut log, &[News::Heard { participant: one(), version, round: 1, heard }]);
    // It is over, and what is told late is told of the one that was stopped for it.
    hears(
        &mut call,
        &mut log,
        &[fed(first, said("two nine")), fed(first, ended(7)), fed(first, said("three"))],
    );
    assert_eq!(works(&call, 6), [Deed::Feed(kind)]);
    let second = of(kind, 1, action, 2);
    begins(&mut call, &mut log, second);
    hears(&mut call, &mut log, &[fed(second, said("That was it."))]);
    let told: Vec<String> = of_feeds(&log).into_iter().filter(|it| it.contains("words")).collect();
    assert_eq!(told, ["transcription.words That was it."]);
    assert!(of_feeds(&log).contains(&"transcription.stopped sensitive".to_owned()));
}

#[test]
fn the_last_words_are_waited_for_but_not_for_ever() {
    for is_told in [true, false] {
        let (mut call, mut log) = pair();
        let action = does(&mut call, &mut log, transcribes(&[])).unwrap();
        let kind = FeedKind::Transcription;
        for participant in 1..=2 {
            begins(&mut call, &mut log, of(kind, participant, action, 1));
        }
        hears(&mut call, &mut log, &[told(1, LegState::Left), told(2, LegState::Left)]);
        assert!(!call.is_over());
        if is_told {
            for participant in 1..=2 {
                let of = of(kind, participant, action, 1);
                hears(&mut call, &mut log, &[fed(of, said("Bye.")), fed(of, ended(6))]);
            }
        } else {
            let steered = Steered::new(call.clone(), at(6));
            let lost = agenda(&steered, at(10)).now;
            assert!(lost.contains(&Work::LoseFeed(0)) && lost.contains(&Work::LoseFeed(1)), "{lost:?}");
            hears(&mut call, &mut log, &[News::FeedLost { feed: 0 }, News::FeedLost { feed: 1 }]);
        }
        assert!(call.is_over() && call.actions.is_empty());
        assert!(words(&log).contains(&"action.succeeded a2".to_owned()));
    }
}

#[test]
fn of_a_leg_one_of_each_goes_out() {
    let (mut call, mut log) = pair();
    let stream = does(&mut call, &mut log, streams(1)).unwrap();
    let words = does(&mut call, &mut log, transcribes(&[1])).unwrap();
    assert_eq!(does(&mut call, &mut log, streams(1)), Err(Code::AlreadyRunning));
    assert_eq!(does(&mut call, &mut log, transcribes(&[])), Err(Code::AlreadyRunning));
    assert!(does(&mut call, &mut log, streams(2)).is_ok());
    assert!(does(&mut call, &mut log, transcribes(&[2])).is_ok());
    let stop = Command::StopStream { action: words };
    assert_eq!(does(&mut call, &mut log, stop), Err(Code::ActionNotFound));
    let stop = Command::StopStream { action: stream };
    begins(&mut call, &mut log, of(FeedKind::Stream, 1, stream, 1));
    assert!(does(&mut call, &mut log, stop.clone()).is_ok());
    assert_eq!(does(&mut call, &mut log, stop), Err(Code::ActionInTheWay));
    // What goes out keeps nobody from anything else.
    assert!(
        does(
            &mut call,
            &mut log,
            Command::Hold { participant: one(), document: None, alone_seconds: HELD_ALONE_SECONDS }
        )
        .is_ok()
    );
    assert_eq!(does(&mut call, &mut log, streams(9)), Err(Code::ParticipantNotFound));
}

#[test]
fn a_row_of_before_is_read_without_feeds() {
    let (call, _) = pair();
    let written = serde_json::to_value(Steered::new(call, at(6))).unwrap();
    assert!(written["call"].get("feeds").is_none() && written.get("in_order").is_none());
    let mut of_before = written;
    for requests in of_before["requests"].as_object_mut().unwrap().values_mut() {
        let requests = requests.as_object_mut().unwrap();
        assert!(requests.remove("streaming").is_some() && requests.remove("transcribing").is_some());
    }
    let read: Steered = serde_json::from_value(of_before).unwrap();
    assert!(read.requests.values().all(|requests| requests.streaming == Effect::Done));
}
