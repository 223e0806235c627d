//! How a clock goes that runs by itself, and how it is moved ahead.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::{GRACE_TURNS, HOOK_INTERVAL, Shared, Skip, WAKE_TURNS, lock, until};

impl Shared {
    /// Wakes sleepers by real time and asks the hooks at a steady pace.
    pub(super) async fn drive_by_real_time(clock: Weak<Self>, changed: Arc<Notify>) {
        let mut next_round = tokio::time::Instant::now() + HOOK_INTERVAL;
        // Whether a whole round of hooks has found nothing since this much activity.
        let mut quiet_since = None;
        // At how much activity the hooks were asked before time is moved ahead.
        let mut hooks_asked = None;
        loop {
            let Some(shared) = clock.upgrade() else {
                return;
            };
            let now = shared.now();
            shared.fire(|key| !key.settled && key.instant <= now);
            if !shared.state().skips.is_empty() && shared.is_idle() {
                let activity = shared.state().activity;
                let asks_again = std::mem::take(&mut shared.state().hooks_found_work);
                if asks_again || hooks_asked != Some(activity) {
                    hooks_asked = Some(activity);
                    quiet_since = None;
                    let mut number = 0;
                    while shared.start_hook(number) {
                        number += 1;
                    }
                } else if stays_at_rest(&shared).await {
                    shared.jump();
                    hooks_asked = None;
                }
                continue;
            }
            let idle = shared.is_idle();
            let (activity, has_sleepers, has_hooks, next_sleeper, settling) = {
                let mut state = shared.state();
                state.fired.clear();
                if std::mem::take(&mut state.hooks_found_work) {
                    quiet_since = None;
                    hooks_asked = None;
                }
                (
                    state.activity,
                    state.has_sleepers(),
                    !state.hooks.is_empty(),
                    state.waiting.keys().find(|key| !key.settled).copied(),
                    state.waiting.keys().any(|key| key.settled),
                )
            };
            if settling && idle && !has_sleepers && (!has_hooks || quiet_since == Some((activity, true))) {
                shared.fire(|key| key.settled);
            }
            if tokio::time::Instant::now() >= next_round {
                next_round = tokio::time::Instant::now() + HOOK_INTERVAL;
                // Two rounds without work nor activity: whatever the first one set off is over, too.
                quiet_since = match quiet_since {
                    Some((seen, _)) if seen == activity && idle => Some((seen, true)),
                    _ => Some((activity, false)),
                };
                let mut number = 0;
                while shared.start_hook(number) {
                    number += 1;
                }
            }
            let only_ends_are_due = shared.only_ends_are_due();
            let sleeper = next_sleeper.map(|key| {
                let wait = key.instant.duration_since(now).try_into().unwrap_or(Duration::ZERO);
                tokio::time::Instant::now() + shared.real(wait)
            });
            drop(shared);
            if only_ends_are_due {
                tokio::task::yield_now().await;
                continue;
            }
            let round = has_hooks.then_some(next_round);
            match [sleeper, round].into_iter().flatten().min() {
                None => changed.notified().await,
                Some(instant) => {
                    // Either way the loop looks at everything again.
                    let _ = tokio::time::timeout_at(instant, changed.notified()).await;
                }
            }
        }
    }

    /// Moves a real clock on to the next sleeper, or as far as it is to go.
    fn jump(&self) {
        let now = self.now();
        let mut state = self.state();
        let next = state.waiting.keys().find(|key| !key.settled).map(|key| until(now, key.instant));
        let Some(skip) = state.skips.front_mut() else { return };
        let step = next.map_or(skip.left, |next| next.min(skip.left));
        skip.left -= step;
        let arrived = if skip.left.is_zero() { state.skips.pop_front() } else { None };
        drop(state);
        let mut skipped = lock(&self.skipped);
        *skipped = skipped.saturating_add(step);
        drop(skipped);
        if let Some(Skip { there, .. }) = arrived {
            // Nobody need wait for it.
            let _ = there.send(());
        }
    }
}

/// Whether nothing happens while everybody has a chance to notice what happened last.
async fn stays_at_rest(shared: &Shared) -> bool {
    let activity = shared.state().activity;
    let unnoticed = !std::mem::take(&mut shared.state().fired).is_empty();
    for _ in 0..if unnoticed { WAKE_TURNS } else { GRACE_TURNS } {
        tokio::task::yield_now().await;
        if !shared.is_idle() || shared.state().activity != activity {
            return false;
        }
    }
    true
}
