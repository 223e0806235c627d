//! What holds whatever documents say, people do and REST changes: random scripts, each by its seed.
//!
//! `EXCHANGE_SEEDS` says how many scripts are played, `EXCHANGE_SEED` which is the first.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what should hold and does not fails the test")]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use exchange::{Config, Exchange, Hearing, LegStory, NumberUrls, Socket, Story, WebhookKind};
use phone::CallSid;

use crate::scripts::{Act, Chance, DOCUMENTS, PHONES, Script, phone, somebody, whoever};
use crate::stage::{OURS, Stage};

/// A web socket.
const EAR: &str = "wss://ear.example/listen";

/// How many scripts are played unless told otherwise.
const SCRIPTS: u64 = 120;

/// One of so many is played twice.
const ONE_TWICE: u64 = 8;

/// How long one may take in real time: more is a deadlock.
const LONGEST: Duration = Duration::from_mins(1);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_happens_a_call_ends_and_its_story_is_whole() {
    let first = number("EXCHANGE_SEED", 0);
    for seed in first..first + number("EXCHANGE_SEEDS", SCRIPTS) {
        let script = Script::of(&mut Chance::new(seed));
        let again = format!("EXCHANGE_SEED={seed} EXCHANGE_SEEDS=1 plays it again: {script:#?}");
        // A thread that waits for itself can be waited for by another one only.
        let (sender, receiver) = std::sync::mpsc::channel();
        let player = std::thread::spawn(move || {
            let course = runtime(seed).block_on(play(seed, script.clone()));
            if seed.is_multiple_of(ONE_TWICE) {
                assert_eq!(course, runtime(seed).block_on(play(seed, script)), "it takes another course");
            }
            sender.send(()).unwrap();
        });
        let outcome = receiver.recv_timeout(LONGEST);
        assert_ne!(outcome, Err(std::sync::mpsc::RecvTimeoutError::Timeout), "it never ends: {again}");
        assert!(outcome.is_ok() && player.join().is_ok(), "{again}");
    }
}

/// On one thread a script always takes the same course; on several what is wrong with locks shows.
fn runtime(seed: u64) -> tokio::runtime::Runtime {
    let mut builder = if seed % 4 == 3 {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// What nobody knows of Twilio for sure is either way, by the seed.
fn either_way(seed: u64, config: &mut Config) {
    config.calls_per_second = 2;
    let mut chance = Chance::new(seed ^ 0x00c0_ffee);
    let mut either = || chance.below(2) == 1;
    let unverified = &mut config.unverified;
    unverified.pause_keeps_ringing = either();
    unverified.redirect_keeps_ringing = either();
    unverified.hold_document_repeats = either();
    unverified.conference_calls_off = either();
    unverified.lists_whom_it_calls = either();
    unverified.others_channel_first = either();
    unverified.tells_empty_digits = either();
    unverified.recordings_survive_moves = either();
    unverified.streams_survive_moves = either();
    unverified.transcriptions_survive_moves = either();
    unverified.names_are_unique = either();
}

/// Every third script has webhooks that are late, some of them too late.
fn delay_some(seed: u64, stage: &Stage) {
    if seed % 3 != 1 {
        return;
    }
    stage.exchange.set_delivery(move |webhook| {
        let nth = u64::try_from(webhook.nth).unwrap_or_default();
        let mut chance =
            Chance::new(seed.wrapping_mul(31).wrapping_add(nth * 7 + u64::from(webhook.attempt)));
        let seconds = if chance.below(4) == 0 { chance.below(20) } else { 0 };
        vec![Duration::from_secs(seconds)]
    });
}

/// Plays a script; what its legs and rooms lived through.
async fn play(seed: u64, script: Script) -> String {
    let stage = Stage::with(|config| either_way(seed, config)).await;
    delay_some(seed, &stage);
    let ears = [
        Socket::Listens,
        Socket::Refuses(500),
        Socket::Nobody,
        Socket::ClosesAfter(Duration::from_secs(3)),
        Socket::BreaksAfter(Duration::from_secs(3)),
    ];
    stage.exchange.publish_socket(EAR, *Chance::new(seed ^ 0x0ea4).pick(&ears).unwrap());
    for path in ["/room", "/leg", "/words"] {
        stage.server.takes(path);
    }
    for (place, verbs) in script.documents.iter().enumerate() {
        stage.server.twiml(&format!("/d{place}"), verbs);
    }
    for (place, verbs) in script.music.iter().enumerate() {
        stage.server.twiml(&format!("/w{place}"), verbs);
    }
    if script.has_queues {
        for name in ["q0", "q1"] {
            stage.post("/Queues.json", &[("FriendlyName", name)]).await;
        }
    }
    let mut chance = Chance::new(!seed);
    for place in 0..PHONES {
        stage.exchange.plug(phone(place), whoever(&mut chance));
    }
    let acts = script.acts.clone();
    let acting = stage.clone();
    stage.clock.spawn(async move { act_out(acting, acts, chance).await }).await.expect("no act may panic");
    stage.clock.settled().await;
    check(&stage, &script);
    format!("{:#?} {:#?}", legs(&stage.exchange), stage.exchange.rooms())
}

async fn act_out(stage: Stage, acts: Vec<(Duration, Act)>, mut chance: Chance) {
    let began = stage.clock.now();
    let mut calls = Vec::new();
    for (at, act) in acts {
        stage.clock.sleep_until(began + at).await;
        if let Act::Calls(place) = act {
            let to = format!("+1415555010{place}");
            let urls = NumberUrls::voice(stage.server.url(&format!("/d{place}")));
            stage.exchange.wire(&*to, urls.with_status_callback(stage.server.url("/status")));
            calls.push(stage.exchange.start_call(somebody(&mut chance, place), &*to));
        } else {
            let status = act_once(&stage, act, &mut chance).await;
            assert!(status < 500, "{status}");
        }
    }
    for call in calls {
        call.finished().await;
    }
}

/// Does something by REST, and answers the HTTP status.
async fn act_once(stage: &Stage, act: Act, chance: &mut Chance) -> u16 {
    let url = |path: &str| stage.server.url(path);
    let document = format!("/d{}", chance.below(DOCUMENTS));
    let legs: Vec<CallSid> =
        legs(&stage.exchange).into_iter().filter(|leg| leg.ended.is_none()).map(|leg| leg.call_sid).collect();
    let some_leg = chance.pick(&legs).cloned();
    let to = phone(chance.below(PHONES));
    let mut rooms = stage.exchange.rooms();
    rooms.retain(|room| room.status != "completed");
    let room = chance.pick(&rooms);
    let participant = room.and_then(|room| chance.pick(&room.participants).cloned());
    let room = room.map(|room| format!("/Conferences/{}", room.conference_sid));
    let post = async |path: String, form: Vec<(&str, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
        stage.post(&path, &form).await.status
    };
    match (act, some_leg, room, participant) {
        (Act::RestCalls, ..) => {
            let form = vec![
                ("From", OURS.into()),
                ("To", to),
                ("Url", url(&document)),
                ("StatusCallback", url("/leg")),
                ("Timeout", "10".into()),
            ];
            post("/Calls.json".into(), form).await
        }
        (Act::Adds(more), ..) => {
            let mut form = vec![
                ("From", OURS.into()),
                ("To", to),
                ("StatusCallback", url("/leg")),
                ("Timeout", "10".into()),
            ];
            form.push(("ConferenceStatusCallback", url("/room")));
            for event in
                ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"]
            {
                form.push(("ConferenceStatusCallbackEvent", event.into()));
            }
            form.extend(more);
            post(format!("/Conferences/r{}/Participants.json", chance.below(2)), form).await
        }
        (Act::Dequeues, ..) => {
            let queues = stage.get("/Queues.json").await.json();
            let Some(sid) = queues["queues"][0]["sid"].as_str() else { return 0 };
            post(format!("/Queues/{sid}/Members/Front.json"), vec![("Url", url(&document))]).await
        }
        (Act::Redirects, Some(leg), ..) => {
            post(format!("/Calls/{leg}.json"), vec![("Url", url(&document))]).await
        }
        (Act::RedirectsByTwiml(twiml), Some(leg), ..) => {
            post(format!("/Calls/{leg}.json"), vec![("Twiml", twiml)]).await
        }
        (Act::Completes, Some(leg), ..) => {
            post(format!("/Calls/{leg}.json"), vec![("Status", "completed".into())]).await
        }
        (Act::StartsStream(track), Some(leg), ..) => {
            post(format!("/Calls/{leg}/Streams.json"), streams(track)).await
        }
        (Act::StartsTranscription, Some(leg), ..) => {
            post(format!("/Calls/{leg}/Transcriptions.json"), transcribes(url("/words"))).await
        }
        (Act::Stops(what), Some(leg), ..) => {
            post(format!("/Calls/{leg}/{what}/ear.json"), vec![("Status", "stopped".into())]).await
        }
        (Act::StartsRecording, Some(leg), ..) => {
            post(format!("/Calls/{leg}/Recordings.json"), vec![("RecordingStatusCallback", url("/recorded"))])
                .await
        }
        (Act::StopsRecording, Some(leg), ..) => {
            let form = vec![("Status", "stopped".into())];
            post(format!("/Calls/{leg}/Recordings/Twilio.CURRENT.json"), form).await
        }
        (Act::Does(deed), Some(leg), ..) => {
            stage.exchange.does(&leg, deed);
            0
        }
        (Act::EndsRoom, _, Some(room), _) => {
            post(format!("{room}.json"), vec![("Status", "completed".into())]).await
        }
        (Act::AnnouncesToAll(place), _, Some(room), _) => {
            post(format!("{room}.json"), vec![("AnnounceUrl", url(&format!("/w{place}")))]).await
        }
        (Act::Kicks, _, Some(room), Some(one)) => {
            stage.delete(&format!("{room}/Participants/{one}.json")).await.status
        }
        (Act::ChangesParticipant(mut form), some, Some(room), Some(one)) => {
            for (name, value) in &mut form {
                if value.starts_with('/') {
                    *value = url(value);
                } else if *name == "CallSidToCoach" {
                    *value = some.as_ref().map_or_else(String::new, ToString::to_string);
                }
            }
            post(format!("{room}/Participants/{one}.json"), form).await
        }
        _ => 0,
    }
}

fn streams(track: &str) -> Vec<(&'static str, String)> {
    vec![("Url", EAR.into()), ("Track", track.into()), ("Name", "ear".into())]
}

fn transcribes(words: String) -> Vec<(&'static str, String)> {
    vec![("StatusCallbackUrl", words), ("Name", "ear".into())]
}

fn legs(exchange: &Exchange) -> Vec<LegStory> {
    exchange.stories().iter().flat_map(Story::legs).collect()
}

/// What has to hold once everything is over.
fn check(stage: &Stage, script: &Script) {
    let legs = legs(&stage.exchange);
    for leg in &legs {
        let final_ones = ["completed", "busy", "failed", "no-answer", "canceled"];
        assert!(final_ones.contains(&leg.status), "{leg:#?}");
        assert_heard_without_a_gap(leg);
    }
    assert_each_end_is_told_once(stage, &legs);
    let by_sid: HashMap<&CallSid, &LegStory> = legs.iter().map(|leg| (&leg.call_sid, leg)).collect();
    for leg in &legs {
        assert_hears_only_the_living(leg, &by_sid);
        if script.is_plain {
            assert_is_heard_by_whom_it_hears(leg, &by_sid);
        }
    }
    assert_rooms_are_over_and_told(stage, &by_sid);
    for queue in stage.exchange.queues() {
        assert!(queue.waiting.is_empty(), "{queue:?}");
    }
    assert_listeners_are_over(&stage.exchange);
    assert!(stage.server.received().iter().all(|request| request.signed));
    for recording in stage.exchange.recordings() {
        let status = recording.status.as_str();
        assert!(!matches!(status, "in-progress" | "paused" | "processing"), "{recording:?}");
    }
}

/// What listens to a leg is over with it, and counts what it tells.
fn assert_listeners_are_over(exchange: &Exchange) {
    for ear in exchange.sockets() {
        assert!(ear.is_over(), "{:?}", ear.messages.last());
    }
    let mut told: HashMap<String, Vec<(u64, String)>> = HashMap::new();
    for webhook in exchange.webhooks().into_iter().filter(|it| it.kind == WebhookKind::LiveTranscription) {
        let number = webhook.param("SequenceId").unwrap().parse().unwrap();
        let event = webhook.param("TranscriptionEvent").unwrap().to_owned();
        told.entry(webhook.param("TranscriptionSid").unwrap().to_owned()).or_default().push((number, event));
    }
    for mut told in told.into_values() {
        told.sort();
        assert!((1..).zip(&told).all(|(number, (told, _))| *told == number), "{told:?}");
        let ends = |event: &str| told.iter().filter(|(_, it)| it == event).count();
        assert_eq!((ends("transcription-started"), ends("transcription-stopped")), (1, 1), "{told:?}");
        assert_eq!(told.last().unwrap().1, "transcription-stopped", "{told:?}");
    }
}

fn assert_heard_without_a_gap(leg: &LegStory) {
    let mut at = leg.began;
    for heard in &leg.heard {
        assert!(heard.from == at && heard.until > heard.from, "{leg:#?}");
        at = heard.until;
    }
    assert_eq!(Some(at), leg.ended, "{leg:#?}");
}

/// Who has a status callback is told the end once, and the right one.
fn assert_each_end_is_told_once(stage: &Stage, legs: &[LegStory]) {
    let mut told: HashMap<CallSid, Vec<String>> = HashMap::new();
    for webhook in stage.exchange.webhooks() {
        if matches!(webhook.kind, WebhookKind::CallStatus | WebhookKind::LegStatus) {
            let status = webhook.param("CallStatus").unwrap().to_owned();
            told.entry(webhook.call_sid).or_default().push(status);
        }
    }
    for leg in legs {
        let told = told.remove(&leg.call_sid).unwrap_or_default();
        // Who is taken back before being called, and who is dialled by text from REST, is told nothing of.
        let may_be_untold =
            leg.direction == "outbound-dial" || (leg.direction == "outbound-api" && leg.status == "canceled");
        assert!(told == [leg.status] || (told.is_empty() && may_be_untold), "{told:?} of {leg:#?}");
    }
    assert!(told.is_empty(), "{told:?}");
}

fn people(of: &LegStory) -> impl Iterator<Item = (&exchange::Heard, &CallSid)> {
    of.heard.iter().flat_map(|heard| {
        let legs: &[CallSid] = if let Hearing::People(legs) = &heard.what { legs } else { &[] };
        legs.iter().map(move |leg| (heard, leg))
    })
}

fn assert_hears_only_the_living(leg: &LegStory, all: &HashMap<&CallSid, &LegStory>) {
    for (heard, other) in people(leg) {
        let other = all[other];
        let lives = other.began <= heard.from && other.ended.is_some_and(|ended| heard.until <= ended);
        assert!(lives && other.call_sid != leg.call_sid, "{heard:?} of {leg:#?} and {other:#?}");
    }
}

fn assert_is_heard_by_whom_it_hears(leg: &LegStory, all: &HashMap<&CallSid, &LegStory>) {
    for (heard, other) in people(leg) {
        let other = all[other];
        let meanwhile = other.heard.iter().filter(|it| it.from < heard.until && heard.from < it.until);
        for its in meanwhile {
            let hears = matches!(&its.what, Hearing::People(legs) if legs.contains(&leg.call_sid));
            assert!(hears, "{heard:?} of {leg:#?}, but {its:?} of {other:#?}");
        }
    }
}

fn assert_rooms_are_over_and_told(stage: &Stage, all: &HashMap<&CallSid, &LegStory>) {
    let webhooks = stage.exchange.webhooks();
    for room in stage.exchange.rooms() {
        assert_eq!((room.status, room.participants.len()), ("completed", 0), "{room:#?}");
        let names: Vec<&str> = room.events.iter().map(|event| event.name).collect();
        let count = |name: &str| names.iter().filter(|other| **other == name).count();
        assert!(count("conference-start") <= 1 && count("conference-end") == 1, "{names:?}");
        assert_eq!(names.last(), Some(&"conference-end"), "{names:?}");
        let mut inside = HashSet::new();
        for event in &room.events {
            let Some(sid) = &event.call_sid else { continue };
            match event.name {
                "participant-join" => assert!(inside.insert(sid), "{room:#?}"),
                "participant-leave" => {
                    let came = inside.remove(sid);
                    // Who is called by REST may never have come.
                    assert!(came || all[sid].direction == "outbound-api", "{room:#?}");
                }
                "announcement-end" | "announcement-fail" => {}
                _ => assert!(inside.contains(sid), "{room:#?}"),
            }
        }
        assert!(inside.is_empty(), "{room:#?}");
        let mut told: Vec<(u64, &str)> = webhooks
            .iter()
            .filter(|webhook| webhook.kind == WebhookKind::Conference)
            .filter(|webhook| webhook.param("ConferenceSid") == Some(&*room.conference_sid))
            .map(|webhook| {
                let number = webhook.param("SequenceNumber").unwrap().parse().unwrap();
                (number, webhook.param("StatusCallbackEvent").unwrap())
            })
            .collect();
        told.sort_unstable();
        // A first one by text from REST asks for no callback.
        let expected: Vec<(u64, &str)> = (1..).zip(names).collect();
        assert!(told.is_empty() || told == expected, "{told:?} of {room:#?}");
    }
}
