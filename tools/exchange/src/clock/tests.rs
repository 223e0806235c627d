use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{Clock, lock};

fn start() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Seconds since the start.
fn elapsed(clock: &Clock) -> i64 {
    clock.now().duration_since(start()).as_secs()
}

/// Fails instead of hanging when a wake-up is lost.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(seconds(20), future).await.expect("time must not get stuck")
}

#[tokio::test]
async fn time_stands_still_until_somebody_sleeps() {
    let clock = Clock::starting_at(start());
    tokio::task::yield_now().await;
    assert_eq!(clock.now(), start());
}

#[tokio::test]
async fn an_hour_passes_at_once() {
    let clock = Clock::starting_at(start());
    let began = std::time::Instant::now();
    soon(clock.sleep(seconds(3600))).await;
    assert_eq!(elapsed(&clock), 3600);
    assert!(began.elapsed() < seconds(1));
}

#[tokio::test]
async fn sleepers_wake_in_the_order_of_their_instants() {
    let clock = Clock::starting_at(start());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let guard = clock.busy();
    for n in [5, 1, 3, 2, 4] {
        let (clock_, seen) = (clock.clone(), seen.clone());
        clock.spawn(async move {
            clock_.sleep(seconds(n)).await;
            lock(&seen).push((n, elapsed(&clock_)));
        });
    }
    drop(guard);
    soon(clock.settled()).await;
    assert_eq!(*lock(&seen), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
}

#[tokio::test]
async fn sleepers_of_the_same_instant_wake_together() {
    let clock = Clock::starting_at(start());
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let guard = clock.busy();
    for _ in 0..3 {
        let (clock_, barrier) = (clock.clone(), barrier.clone());
        clock.spawn(async move {
            clock_.sleep(seconds(7)).await;
            // Passes only when all three run at second 7; the waiting ones count as busy.
            barrier.wait().await;
            assert_eq!(elapsed(&clock_), 7);
            clock_.sleep(seconds(1)).await;
        });
    }
    drop(guard);
    soon(clock.settled()).await;
    assert_eq!(elapsed(&clock), 8);
}

#[tokio::test]
async fn real_input_and_output_holds_time_still() {
    let clock = Clock::starting_at(start());
    let guard = clock.busy();
    let other = clock.clone();
    clock.spawn(async move { other.sleep(seconds(1)).await });
    let worker = clock.clone();
    let at = clock.spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        elapsed(&worker)
    });
    drop(guard);
    assert_eq!(soon(at).await.unwrap(), 0);
    soon(clock.settled()).await;
    assert_eq!(elapsed(&clock), 1);
}

#[tokio::test]
async fn a_guard_holds_time_still_until_it_is_dropped_even_by_a_panic() {
    let clock = Clock::starting_at(start());
    let guard = clock.busy();
    let woke = Arc::new(AtomicBool::new(false));
    let (clock_, woke_) = (clock.clone(), woke.clone());
    clock.spawn(async move {
        clock_.sleep(seconds(1)).await;
        woke_.store(true, Ordering::SeqCst);
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!woke.load(Ordering::SeqCst));
    let panicked = tokio::spawn(async move {
        let _guard = guard;
        panic!("on purpose");
    });
    assert!(panicked.await.is_err());
    soon(clock.settled()).await;
    assert!(woke.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_task_that_panics_or_is_aborted_is_no_longer_busy() {
    let clock = Clock::starting_at(start());
    let panics = clock.spawn(async { panic!("on purpose") });
    let stuck = clock.spawn(std::future::pending::<()>());
    let clock_ = clock.clone();
    let sleeping = clock.spawn(async move { clock_.sleep(seconds(5)).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(elapsed(&clock), 0, "the stuck task holds time still");
    stuck.abort();
    soon(sleeping).await.unwrap();
    assert!(soon(panics).await.is_err());
    let clock_ = clock.clone();
    let asleep = clock.spawn(async move { clock_.sleep(seconds(1_000_000)).await });
    asleep.abort();
    soon(clock.settled()).await;
    assert_eq!(elapsed(&clock), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_task_hands_over_reaches_the_other_at_the_same_instant() {
    for _ in 0..50 {
        let clock = Clock::starting_at(start());
        let guard = clock.busy();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let clock_ = clock.clone();
        clock.spawn(async move {
            for n in 1..=20 {
                clock_.sleep(seconds(1)).await;
                sender.send(n).unwrap();
            }
        });
        let clock_ = clock.clone();
        let reader = clock.spawn(async move {
            while let Some(n) = clock_.wait_for(receiver.recv()).await {
                assert_eq!(elapsed(&clock_), n);
            }
        });
        let clock_ = clock.clone();
        clock.spawn(async move {
            for _ in 0..200 {
                clock_.sleep(Duration::from_millis(100)).await;
            }
        });
        drop(guard);
        soon(reader).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_a_task_goes_on_at_the_instant_of_its_end() {
    let clock = Clock::starting_at(start());
    let clock_ = clock.clone();
    let outer = clock.spawn(async move {
        for n in 1..=200 {
            let inner = clock_.clone();
            let task = clock_.spawn(async move { inner.sleep(seconds(1)).await });
            let other = clock_.clone();
            clock_.spawn(async move { other.sleep(Duration::from_millis(1001)).await });
            clock_.wait_for(task).await.unwrap();
            assert_eq!(elapsed(&clock_), n);
        }
    });
    soon(outer).await.unwrap();
}

#[tokio::test]
async fn who_waits_for_a_message_or_the_time_gets_what_comes_first() {
    let clock = Clock::starting_at(start());
    let clock_ = clock.clone();
    let waiter = clock.spawn(async move {
        let (sender, receiver) = oneshot::channel::<u8>();
        let giver = clock_.clone();
        clock_.spawn(async move {
            giver.sleep(seconds(3)).await;
            sender.send(7).unwrap();
        });
        assert_eq!(clock_.wait_at_most(seconds(10), receiver).await, Some(Ok(7)));
        assert_eq!(elapsed(&clock_), 3);
        let (_sender, receiver) = oneshot::channel::<u8>();
        assert_eq!(clock_.wait_at_most(seconds(10), receiver).await, None);
        assert_eq!(elapsed(&clock_), 13);
    });
    soon(waiter).await.unwrap();
}

#[tokio::test]
async fn hooks_are_asked_before_time_moves_and_again_after_work() {
    let clock = Clock::starting_at(start());
    let work = Arc::new(Mutex::new(vec![1, 2, 3]));
    let done_at = Arc::new(Mutex::new(Vec::new()));
    let (clock_, work_, done) = (clock.clone(), work.clone(), done_at.clone());
    clock.on_idle(move || {
        let (clock, work, done) = (clock_.clone(), work_.clone(), done.clone());
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let next = lock(&work).pop();
            if let Some(n) = next {
                lock(&done).push((n, elapsed(&clock)));
            }
            next.is_some()
        })
    });
    let (clock_, work_) = (clock.clone(), work.clone());
    let task = clock.spawn(async move {
        clock_.sleep(seconds(10)).await;
        lock(&work_).push(4);
        clock_.sleep(seconds(10)).await;
    });
    soon(task).await.unwrap();
    assert_eq!(*lock(&done_at), [(3, 0), (2, 0), (1, 0), (4, 10)]);
}

#[tokio::test]
async fn hooks_may_spawn_and_sleep_and_are_not_asked_meanwhile() {
    let clock = Clock::starting_at(start());
    let asked = Arc::new(AtomicUsize::new(0));
    let (clock_, asked_) = (clock.clone(), asked.clone());
    clock.on_idle(move || {
        let (clock, asked) = (clock_.clone(), asked_.clone());
        Box::pin(async move {
            if asked.fetch_add(1, Ordering::SeqCst) > 2 {
                return false;
            }
            let sleeper = clock.clone();
            let task = clock.spawn(async move { sleeper.sleep(seconds(5)).await });
            clock.wait_for(task).await.unwrap();
            clock.sleep(seconds(5)).await;
            true
        })
    });
    soon(clock.settled()).await;
    assert_eq!(elapsed(&clock), 30);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_hook_that_panics_does_not_stop_time() {
    let clock = Clock::starting_at(start());
    let asked = Arc::new(AtomicUsize::new(0));
    let asked_ = asked.clone();
    clock.on_idle(move || {
        asked_.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { panic!("on purpose") })
    });
    soon(clock.sleep(seconds(1))).await;
    soon(clock.settled()).await;
    assert!(asked.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn settled_asks_the_hooks_for_work_that_came_from_outside() {
    let clock = Clock::starting_at(start());
    let inbox = Arc::new(AtomicUsize::new(0));
    let inbox_ = inbox.clone();
    clock.on_idle(move || {
        let inbox = inbox_.clone();
        Box::pin(async move { inbox.swap(0, Ordering::SeqCst) > 0 })
    });
    soon(clock.settled()).await;
    inbox.store(3, Ordering::SeqCst);
    soon(clock.settled()).await;
    assert_eq!(inbox.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn advancing_wakes_who_is_due_and_moves_time_without_sleepers() {
    let clock = Clock::starting_at(start());
    soon(clock.advance(seconds(100))).await;
    assert_eq!(elapsed(&clock), 100);
    let done = Arc::new(AtomicUsize::new(0));
    let guard = clock.busy();
    for n in [10, 20] {
        let (clock_, done) = (clock.clone(), done.clone());
        clock.spawn(async move {
            clock_.sleep(seconds(n)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    drop(guard);
    soon(clock.advance(seconds(20))).await;
    assert_eq!(elapsed(&clock), 120);
    assert_eq!(done.load(Ordering::SeqCst), 2, "work of that very instant is done");
    soon(clock.advance_to(start())).await;
    assert_eq!(elapsed(&clock), 120, "time never goes back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_never_lose_a_wake_up() {
    let clock = Clock::starting_at(start());
    let idle = Arc::new(AtomicUsize::new(0));
    let idle_ = idle.clone();
    clock.on_idle(move || {
        let idle = idle_.clone();
        Box::pin(async move {
            idle.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            false
        })
    });
    let done = Arc::new(AtomicUsize::new(0));
    let guard = clock.busy();
    for n in 0..200_u64 {
        let (clock_, done) = (clock.clone(), done.clone());
        clock.spawn(async move {
            for step in 0..20 {
                let before = clock_.now();
                let nap = Duration::from_millis((n * 7 + step * 13) % 50);
                clock_.sleep(nap).await;
                let slept = clock_.now().duration_since(before);
                assert_eq!(Duration::try_from(slept).unwrap(), nap);
                if step % 5 == 0 {
                    let inner = clock_.clone();
                    let task = clock_.spawn(async move { inner.sleep(Duration::from_millis(3)).await });
                    clock_.wait_for(task).await.unwrap();
                }
            }
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    drop(guard);
    soon(clock.settled()).await;
    assert_eq!(done.load(Ordering::SeqCst), 200);
    assert!(idle.load(Ordering::SeqCst) > 10);
}

#[tokio::test]
async fn a_sleep_that_is_dropped_does_not_move_time() {
    let clock = Clock::starting_at(start());
    let clock_ = clock.clone();
    let task = clock.spawn(async move {
        let (sender, receiver) = oneshot::channel::<()>();
        sender.send(()).unwrap();
        clock_.wait_at_most(seconds(1000), receiver).await
    });
    assert!(soon(task).await.unwrap().is_some());
    soon(clock.settled()).await;
    assert_eq!(elapsed(&clock), 0);
}

#[tokio::test]
async fn the_system_clock_sleeps_for_real_polls_hooks_and_settles() {
    let clock = Clock::system();
    let asked = Arc::new(AtomicUsize::new(0));
    let asked_ = asked.clone();
    clock.on_idle(move || {
        asked_.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { false })
    });
    let began = std::time::Instant::now();
    let clock_ = clock.clone();
    let task = clock.spawn(async move { clock_.sleep(Duration::from_millis(250)).await });
    soon(clock.settled()).await;
    assert!(task.is_finished());
    assert!(began.elapsed() >= Duration::from_millis(250));
    assert!(asked.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn a_dropped_clock_ends_its_driver() {
    let clock = Clock::starting_at(start());
    soon(clock.sleep(seconds(1))).await;
    let driver = lock(&clock.shared.driver).clone().unwrap();
    drop(clock);
    soon(async {
        while !driver.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A client that waits 10 s for a server which rests for so long, over a channel that takes its
/// real time both ways; what the client got, and when.
async fn asks_a_server_that_rests_for(rest: u64) -> (Option<&'static str>, i64) {
    let clock = Clock::starting_at(start());
    let (ask, mut asked) = mpsc::unbounded_channel::<()>();
    let (answer, answered) = oneshot::channel();
    let server = clock.clone();
    tokio::spawn(async move {
        asked.recv().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let clock = server.clone();
        let work = server.spawn(async move {
            let _arrived = clock.arrived("a");
            clock.sleep(seconds(rest)).await;
        });
        work.await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let _ = answer.send("done");
    });
    let client = clock.clone();
    let work = clock.spawn(async move {
        let _journey = client.journey("a");
        let _ = ask.send(());
        let got = client.wait_at_most(seconds(10), answered).await;
        (got.and_then(Result::ok), elapsed(&client))
    });
    soon(clock.wait_for(work)).await.unwrap()
}

#[tokio::test]
async fn a_wait_for_a_server_passes_while_it_rests_and_not_on_the_way() {
    assert_eq!(asks_a_server_that_rests_for(0).await, (Some("done"), 0));
    assert_eq!(asks_a_server_that_rests_for(7).await, (Some("done"), 7));
    assert_eq!(asks_a_server_that_rests_for(60).await, (None, 10));
}

#[tokio::test]
async fn a_running_clock_begins_where_told_and_passes_quicker() {
    let clock = Clock::running(start(), 600.try_into().unwrap());
    assert!(!clock.is_virtual() && elapsed(&clock) < 60);
    let began = std::time::Instant::now();
    soon(clock.sleep(seconds(600))).await;
    let (shown, real) = (elapsed(&clock), began.elapsed());
    assert_eq!(
        (clock.for_real_work(seconds(2)), Clock::system().for_real_work(seconds(2))),
        (seconds(1200), seconds(2))
    );
    assert!(shown >= 600 && real < seconds(15), "{shown} s in {real:?}");
    soon(clock.settled()).await;
}

#[tokio::test]
async fn an_alarm_beside_work_counts_only_time_in_which_it_rests() {
    let clock = Clock::starting_at(start());
    let (slow, resting) = (clock.clone(), clock.clone());
    let io = clock.spawn(async move {
        let alarm = slow.alarm(seconds(5));
        tokio::select! {
            () = alarm => "the alarm",
            () = tokio::time::sleep(Duration::from_millis(30)) => "the work",
        }
    });
    assert_eq!(soon(io).await.unwrap(), "the work");
    assert_eq!(elapsed(&clock), 0);
    let hangs = clock.spawn(async move {
        let alarm = resting.alarm(seconds(5));
        tokio::select! {
            () = alarm => "the alarm",
            () = resting.sleep(seconds(60)) => "the work",
        }
    });
    assert_eq!(soon(hangs).await.unwrap(), "the alarm");
    assert_eq!(elapsed(&clock), 5);
}

#[tokio::test]
async fn a_skip_wakes_each_sleeper_at_its_own_instant() {
    let clock = Clock::running(start(), 1.try_into().unwrap());
    let (sleeper, woken) = (clock.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = woken.clone();
    let guard = clock.busy();
    drop(clock.spawn(async move {
        for _ in 0..3 {
            sleeper.sleep(seconds(100)).await;
            lock(&seen).push(elapsed(&sleeper));
        }
    }));
    drop(guard);
    soon(clock.skip(seconds(250))).await;
    assert_eq!(*lock(&woken), [100, 200]);
    assert_eq!(elapsed(&clock), 250);
    soon(clock.skip(seconds(60))).await;
    assert_eq!((lock(&woken).clone(), elapsed(&clock)), (vec![100, 200, 300], 310));
}

#[tokio::test]
async fn a_skip_waits_until_nothing_is_busy() {
    let clock = Clock::running(start(), 1.try_into().unwrap());
    let (skipping, guard) = (clock.clone(), clock.busy());
    let skip = tokio::spawn(async move { skipping.skip(seconds(1000)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(elapsed(&clock) < 900 && !skip.is_finished());
    drop(guard);
    soon(skip).await.unwrap();
    assert!(elapsed(&clock) >= 1000);
}

#[tokio::test]
async fn hooks_are_asked_before_a_clock_is_moved_on() {
    let clock = Clock::running(start(), 1.try_into().unwrap());
    let (asking, found) = (clock.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = found.clone();
    clock.on_idle(move || {
        let (clock, seen) = (asking.clone(), seen.clone());
        Box::pin(async move {
            lock(&seen).push(elapsed(&clock));
            false
        })
    });
    drop(clock.spawn({
        let clock = clock.clone();
        async move { clock.sleep(seconds(100)).await }
    }));
    soon(clock.skip(seconds(300))).await;
    let found = lock(&found).clone();
    assert!(found.contains(&0) && found.contains(&100), "{found:?}");
}
