//! What playing costs: measured by hand, one at a time, as
//! `cargo test -p exchange --test network costs -- --ignored --nocapture --test-threads 1`.

#![expect(clippy::unwrap_used, reason = "what cannot be measured fails the test")]

use std::time::Duration;

use exchange::Deed;

use crate::stage::Stage;

/// How often a scenario is played to see what one costs.
const TIMES: u32 = 50;

/// The CPU time of all threads so far.
fn cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.filter_map(|thread| {
        let spent = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).ok()?;
        spent.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// The memory in use, in kB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn joins(room: &str, callback: &str) -> String {
    format!("<Say>Hello.</Say><Dial action=\"/after\"><Conference {callback}>{room}</Conference></Dial>")
}

#[tokio::test]
#[ignore = "measures the whole process, so it runs alone: docs/measurements.md"]
async fn a_room_of_three_with_twenty_webhooks_costs_little() {
    let stage = Stage::new().await;
    stage.server.takes("/room");
    stage.server.twiml("/after", "<Redirect>/more</Redirect>");
    stage.server.twiml("/more", "<Say>Goodbye.</Say>");
    let mut spent = Duration::ZERO;
    for _ in 0..TIMES {
        let (before, told) = (cpu(), stage.exchange.webhooks().len());
        stage
            .play(|stage| async move {
                let all = "statusCallback=\"/room\" statusCallbackEvent=\"start end join leave\"";
                let calls = ["ann", "bobby", "cid"].map(|name| stage.dials_in(name, &joins("desk", all)));
                stage.wait(60).await;
                for call in &calls {
                    call.does(Deed::presses("1"));
                }
                stage.wait(60).await;
                stage.post(&format!("{}.json", stage.room()), &[("Status", "completed")]).await;
                for call in calls {
                    call.finished().await;
                }
            })
            .await;
        assert_eq!(stage.exchange.webhooks().len() - told, 20);
        spent += cpu().saturating_sub(before);
    }
    let one = spent / TIMES;
    println!("a room, three legs and twenty webhooks: {:.1} ms of CPU", one.as_secs_f64() * 1000.0);
    assert!(one < Duration::from_millis(20), "{one:?}");
}

#[tokio::test]
#[ignore = "measures the whole process, so it runs alone: docs/measurements.md"]
async fn a_thousand_calls_in_rooms_fit_into_little_memory() {
    let stage = Stage::new().await;
    let before = memory();
    for room in 0..250 {
        stage.server.twiml(&format!("/room{room}"), &joins(&format!("room{room}"), ""));
    }
    let during = stage
        .play(|stage| async move {
            let mut calls = Vec::new();
            for call in 0..1000 {
                let number = format!("+1415556{call:04}");
                let urls = exchange::NumberUrls::voice(stage.server.url(&format!("/room{}", call % 250)));
                stage.exchange.wire(&*number, urls);
                calls.push(stage.exchange.start_call(crate::stage::caller(), &*number));
            }
            stage.wait(600).await;
            let inside: usize = stage.exchange.rooms().iter().map(|room| room.participants.len()).sum();
            assert_eq!(inside, 1000);
            let during = memory();
            for call in &calls {
                call.does(Deed::HangsUp);
            }
            during
        })
        .await;
    let grown = during.saturating_sub(before) / 1024;
    println!("a thousand calls in 250 rooms: {grown} MB");
    assert!(grown < 200, "{grown} MB");
}
