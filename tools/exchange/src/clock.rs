//! Time that a test owns: it stands still while anybody works and jumps when everybody waits.
//!
//! A [`Clock`] is either virtual ([`Clock::starting_at`]) or the real one ([`Clock::system`]),
//! which can also run faster ([`Clock::running`]); code that takes a `Clock` runs the same on all.
//!
//! # How virtual time moves
//! Work is **busy** or **at rest**. Busy are: every task started by [`Clock::spawn`] that is not
//! at rest, and every living [`BusyGuard`]. A task is at rest while it waits in [`Clock::sleep`],
//! [`Clock::sleep_until`], [`Clock::wait_for`], [`Clock::advance_to`] or [`Clock::settled`]. Real
//! I/O is no rest, so time stands still while a request is on its way. When nothing is busy the
//! hooks of [`Clock::on_idle`] are asked for work; when they have none, time jumps to the earliest
//! sleeper, and all sleepers of that instant wake together.
//!
//! Time runs by itself: to look at an instant, work in a spawned task or hold a [`BusyGuard`].
//! A task which waits for I/O *and* a sleep at once (`select!`) counts as at rest; hold a guard
//! around such I/O, or limit it by a [`Clock::alarm`]. What is handed from task to task (channels, join
//! handles) wakes the receiver before the giver can rest, so no instant is skipped in between.
//!
//! A request to a server that goes by the same clock is a [`Journey`]: time stands still while it is
//! on its way there and back, and passes while the server rests with it ([`Clock::arrived`]). So a
//! client's wait has an end in virtual time.
//!
//! The system clock never stands still: sleeps end by real time, hooks are asked every 100 ms,
//! and only [`Clock::settled`] looks at who is busy.

mod running;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How often a system clock asks its idle hooks.
const HOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Turns of the runtime which everybody gets after the last one came to rest: a join handle is
/// woken a moment after its task ended, and code outside of spawned tasks is not counted at all.
const GRACE_TURNS: usize = 3;

/// Turns that a waiter outside of spawned tasks gets to notice that its wait is over.
const WAKE_TURNS: usize = 200;

/// A source of time, virtual or real. Clones share the same time.
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Clock")
            .field("now", &self.now())
            .field("is_virtual", &self.shared.is_virtual)
            .finish_non_exhaustive()
    }
}

impl Clock {
    /// A virtual clock that shows `start` until somebody sleeps on it.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::new(start, true, None)
    }

    /// The real time.
    pub fn system() -> Self {
        Self::new(Timestamp::now(), false, None)
    }

    /// A clock that shows `start` now and runs `speed` times as fast as the real one: sleeps end
    /// so much earlier. All else is as with [`Clock::system`].
    pub fn running(start: Timestamp, speed: NonZeroU32) -> Self {
        Self::new(start, false, Some(Run { start, since: Instant::now(), speed: speed.get() }))
    }

    fn new(start: Timestamp, is_virtual: bool, run: Option<Run>) -> Self {
        Self {
            shared: Arc::new(Shared {
                is_virtual,
                run,
                skipped: Mutex::default(),
                changed: Arc::new(Notify::new()),
                driver: Mutex::new(None),
                journeys: Mutex::default(),
                state: Mutex::new(State {
                    now: start,
                    busy: 0,
                    activity: 0,
                    next_id: 0,
                    waiting: BTreeMap::new(),
                    fired: BTreeSet::new(),
                    ended: Vec::new(),
                    hooks: Vec::new(),
                    hooks_found_work: false,
                    skips: VecDeque::new(),
                }),
            }),
        }
    }

    /// Whether time is virtual: false for [`Clock::system`] and [`Clock::running`].
    pub fn is_virtual(&self) -> bool {
        self.shared.is_virtual
    }

    /// How long to wait on this clock for work that takes its real time, however fast the clock runs.
    pub fn for_real_work(&self, limit: Duration) -> Duration {
        limit.saturating_mul(self.shared.run.map_or(1, |run| run.speed))
    }

    /// Moves a clock that runs by itself this much ahead, and resolves when it got there. As virtual time does, it
    /// goes from one sleeper to the next while nothing is busy: each wakes at its own instant, and what is
    /// under way comes first. It goes on when nobody waits for it any more. Virtual time is moved by
    /// [`Clock::advance`].
    pub async fn skip(&self, duration: Duration) {
        let (there, arrival) = tokio::sync::oneshot::channel();
        self.shared.state().skips.push_back(Skip { left: duration, there });
        self.shared.ensure_driver();
        self.shared.changed.notify_one();
        // A clock whose driver is gone stands where it is.
        let _ = arrival.await;
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Rests for `duration`. A sleep of no time still lets all others of this instant go first.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(later(self.now(), duration)).await;
    }

    /// Rests until `instant`; an instant in the past counts as now.
    pub async fn sleep_until(&self, instant: Timestamp) {
        let instant = instant.max(self.now());
        self.rest(Until::Instant(instant)).await;
    }

    /// Runs `future` as a task that is busy whenever it does not rest on this clock.
    ///
    /// Must be called within a tokio runtime.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_as(future, current_task().is_some_and(|task| task.of_hook))
    }

    fn spawn_as<F>(&self, future: F, of_hook: bool) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.shared.ensure_driver();
        self.shared.begin_work(of_hook);
        let task = Arc::new(Task {
            shared: self.shared.clone(),
            of_hook,
            handle: OnceLock::new(),
            state: Mutex::new(TaskState::default()),
        });
        let handle = tokio::spawn(Tracked {
            waker: Waker::from(task.clone()),
            task: task.clone(),
            future: Box::pin(future),
        });
        // The cell is empty: it is set here and nowhere else.
        let _ = task.handle.set(handle.abort_handle());
        handle
    }

    /// Holds virtual time still until the guard is dropped, for work outside of spawned tasks.
    ///
    /// Sleeping while holding one's own guard would wait for ever.
    pub fn busy(&self) -> BusyGuard {
        self.shared.begin_work(current_task().is_some_and(|task| task.of_hook));
        BusyGuard { shared: self.shared.clone() }
    }

    /// Begins a request that is known by `name` at both ends: time stands still until the journey is
    /// dropped, except while somebody there is at rest with it.
    pub fn journey(&self, name: &str) -> Journey {
        let way = Arc::new(Way { name: name.to_owned(), state: Mutex::default() });
        lock(&way.state).guard = Some(self.busy());
        lock(&self.shared.journeys).push(way.clone());
        Journey { clock: self.clone(), way }
    }

    /// The request that is known by `name` has arrived here: until what this answers is dropped, its
    /// sender's wait does not hold the time, but the work on it does. To be called and dropped within
    /// a task of this clock. Nothing for a request that is no [`Clock::journey`].
    pub fn arrived(&self, name: &str) -> Option<Arrived> {
        let journeys = lock(&self.shared.journeys);
        journeys.iter().filter(|way| way.name == name).find_map(|way| {
            let mut state = lock(&way.state);
            let first = !std::mem::replace(&mut state.has_arrived, true);
            let guard = if first { state.guard.take() } else { None };
            drop(state);
            guard.map(|_| Arrived { clock: self.clone(), way: way.clone() })
        })
    }

    /// Goes off `duration` from now. To wait for it beside other work is no rest, as a sleep is: time
    /// passes only while that work rests as well, and never because a machine is slow at it.
    pub fn alarm(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (clock, due) = (self.clone(), later(self.now(), duration));
        let sleeper = self.spawn(async move { clock.sleep_until(due).await });
        let ends_with_us = AbortOnDrop(sleeper.abort_handle());
        async move {
            let _ends_with_us = ends_with_us;
            let _ = sleeper.await;
        }
    }

    /// Awaits `future` at rest: for what another task of this clock will bring, such as the next
    /// message of a channel or the end of a task. Without it the waiting task would count as busy
    /// and hold the time that the other task sleeps on.
    pub async fn wait_for<F: Future>(&self, future: F) -> F::Output {
        let _resting = Resting::begin();
        future.await
    }

    /// Awaits `future` at rest, at most for `duration`; `None` when the time was up first.
    pub async fn wait_at_most<F: Future>(&self, duration: Duration, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        let mut sleep = std::pin::pin!(self.sleep(duration));
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            sleep.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Asks `hook` for work each time nothing is busy, before time moves on. The hook answers
    /// whether it did something; then everything is asked again. Hooks are asked one after the
    /// other, never twice at once, and may themselves spawn and sleep.
    pub fn on_idle<H>(&self, hook: H)
    where
        H: Fn() -> BoxFuture<'static, bool> + Send + Sync + 'static,
    {
        self.shared.state().hooks.push(Hook { ask: Arc::new(hook), runs: false });
        self.shared.changed.notify_one();
    }

    /// Resolves when nothing is busy, no hook finds work and nobody sleeps.
    pub async fn settled(&self) {
        self.rest(Until::Settled).await;
    }

    /// Lets time run up to `instant`, waking sleepers in order, even when nobody sleeps. Resolves
    /// when everything due up to then has come to rest.
    pub async fn advance_to(&self, instant: Timestamp) {
        let instant = instant.max(self.now());
        self.rest(Until::AllDone(instant)).await;
    }

    /// Like [`Clock::advance_to`], `duration` from now.
    pub async fn advance(&self, duration: Duration) {
        self.advance_to(later(self.now(), duration)).await;
    }

    fn rest(&self, until: Until) -> Rest<'_> {
        Rest { clock: self, until, key: None, resting: None }
    }
}

/// `instant` plus `duration`; the end of time when that is too far.
pub(crate) fn later(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(jiff::Timestamp::MAX)
}

/// From now until then; nothing when that is past.
pub(crate) fn until(now: Timestamp, then: Timestamp) -> Duration {
    then.duration_since(now).try_into().unwrap_or_default()
}

/// Holds virtual time still while it lives; see [`Clock::busy`].
#[must_use = "time stands still only while the guard lives"]
pub struct BusyGuard {
    shared: Arc<Shared>,
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.shared.end_work();
    }
}

/// A request that is under way; see [`Clock::journey`].
#[must_use = "time stands still only while the journey lasts"]
pub struct Journey {
    clock: Clock,
    way: Arc<Way>,
}

impl Drop for Journey {
    fn drop(&mut self) {
        lock(&self.clock.shared.journeys).retain(|way| !Arc::ptr_eq(way, &self.way));
        let mut state = lock(&self.way.state);
        state.is_over = true;
        let guard = state.guard.take();
        drop(state);
        drop(guard);
    }
}

/// A request that somebody works on; see [`Clock::arrived`].
#[must_use = "the sender's wait holds the time again when this is dropped"]
pub struct Arrived {
    clock: Clock,
    way: Arc<Way>,
}

impl Drop for Arrived {
    fn drop(&mut self) {
        let mut state = lock(&self.way.state);
        if !state.is_over {
            state.guard = Some(self.clock.busy());
        }
    }
}

/// What both ends of a journey know of it.
struct Way {
    name: String,
    state: Mutex<WayState>,
}

#[derive(Default)]
struct WayState {
    /// Holds the time while nobody at the other end does.
    guard: Option<BusyGuard>,
    has_arrived: bool,
    /// The sender has its answer, or has given up.
    is_over: bool,
}

/// Ends a task that nobody waits for any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a resting future waits for. The order decides who is woken first at the same instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Until {
    /// Time has come.
    Instant(Timestamp),
    /// Time has come and all others of that instant are done.
    AllDone(Timestamp),
    /// Nothing is left to do.
    Settled,
}

impl Until {
    /// When, and whether others of that instant go first.
    fn due(self) -> Option<(Timestamp, bool)> {
        match self {
            Self::Instant(instant) => Some((instant, false)),
            Self::AllDone(instant) => Some((instant, true)),
            Self::Settled => None,
        }
    }
}

/// Orders waiters: by instant, sleepers before those who let all others go first, then by age.
/// Who waits for everything to settle comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    instant: Timestamp,
    last: bool,
    settled: bool,
    id: u64,
}

struct Waiter {
    waker: Waker,
    /// Whether a spawned task waits. Its waker marks it busy; others get some turns to wake up.
    tracked: bool,
}

struct Hook {
    ask: Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
    runs: bool,
}

struct State {
    now: Timestamp,
    busy: usize,
    /// Counts beginnings of work other than the hooks' own, to ask the hooks again after it.
    activity: u64,
    next_id: u64,
    waiting: BTreeMap<Key, Waiter>,
    /// Waiters outside of spawned tasks that were woken and have not yet noticed.
    fired: BTreeSet<Key>,
    /// Tasks that are over but perhaps not yet seen to be by those who hold their handles; they
    /// still count as busy.
    ended: Vec<Arc<Task>>,
    hooks: Vec<Hook>,
    hooks_found_work: bool,
    /// How far a real clock is still to be moved ahead, one after the other.
    skips: VecDeque<Skip>,
}

impl State {
    fn has_sleepers(&self) -> bool {
        self.waiting.keys().any(|key| !key.settled)
    }
}

/// A way that a real clock is moved ahead.
struct Skip {
    left: Duration,
    /// Told at its end.
    there: tokio::sync::oneshot::Sender<()>,
}

/// How a clock runs that is not the system's.
#[derive(Clone, Copy)]
struct Run {
    /// What it showed first.
    start: Timestamp,
    /// When that was.
    since: Instant,
    /// How many of its seconds pass in a real one.
    speed: u32,
}

struct Shared {
    is_virtual: bool,
    /// Of a real clock that is not the system's.
    run: Option<Run>,
    /// How far a real clock was moved ahead.
    skipped: Mutex<Duration>,
    changed: Arc<Notify>,
    driver: Mutex<Option<AbortHandle>>,
    journeys: Mutex<Vec<Arc<Way>>>,
    state: Mutex<State>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The driver looks up, finds nobody, and ends.
        self.changed.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn now(&self) -> Timestamp {
        match self.run {
            _ if self.is_virtual => self.state().now,
            Some(Run { start, since, speed }) => {
                later(later(start, since.elapsed().saturating_mul(speed)), *lock(&self.skipped))
            }
            None => later(Timestamp::now(), *lock(&self.skipped)),
        }
    }

    /// How long a real clock takes for `duration`.
    fn real(&self, duration: Duration) -> Duration {
        duration / self.run.map_or(1, |run| run.speed)
    }

    fn begin_work(&self, of_hook: bool) {
        let mut state = self.state();
        state.busy += 1;
        if !of_hook {
            state.activity += 1;
        }
    }

    fn end_work(&self) {
        let mut state = self.state();
        state.busy -= 1;
        if state.busy <= state.ended.len() {
            self.changed.notify_one();
        }
    }

    /// Starts the driver when there is none, or when it died with its runtime.
    fn ensure_driver(self: &Arc<Self>) {
        let mut driver = lock(&self.driver);
        if driver.as_ref().is_none_or(AbortHandle::is_finished) {
            let changed = self.changed.clone();
            let shared = Arc::downgrade(self);
            let handle = if self.is_virtual {
                tokio::spawn(drive_virtual(shared, changed))
            } else {
                tokio::spawn(Shared::drive_by_real_time(shared, changed))
            };
            *driver = Some(handle.abort_handle());
        }
    }

    /// Lets the ended tasks go whose ends are now visible; answers whether nothing is busy.
    fn is_idle(&self) -> bool {
        let mut state = self.state();
        let ended = std::mem::take(&mut state.ended);
        let (gone, rest): (Vec<_>, Vec<_>) =
            ended.into_iter().partition(|task| task.handle.get().is_some_and(AbortHandle::is_finished));
        state.ended = rest;
        state.busy -= gone.len();
        let idle = state.busy == 0;
        drop(state);
        drop(gone);
        idle
    }

    /// Whether all that is busy are tasks which end this very moment.
    fn only_ends_are_due(&self) -> bool {
        let state = self.state();
        !state.ended.is_empty() && state.busy == state.ended.len()
    }

    /// Ends the waits that `choose` picks and wakes those who wait.
    fn fire(&self, choose: impl Fn(&Key) -> bool) {
        let mut state = self.state();
        let keys: Vec<Key> = state.waiting.keys().copied().filter(|key| choose(key)).collect();
        let mut wakers = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(waiter) = state.waiting.remove(&key) {
                if !waiter.tracked {
                    state.fired.insert(key);
                }
                wakers.push(waiter.waker);
            }
        }
        drop(state);
        for waker in wakers {
            waker.wake();
        }
    }

    /// Starts the hook with this number unless it still runs; false when there is no such hook.
    fn start_hook(self: &Arc<Self>, number: usize) -> bool {
        let ask = {
            let mut state = self.state();
            let Some(hook) = state.hooks.get_mut(number) else {
                return false;
            };
            if hook.runs {
                return true;
            }
            hook.runs = true;
            hook.ask.clone()
        };
        let run = HookRun { shared: self.clone(), number };
        let clock = Clock { shared: self.clone() };
        drop(clock.spawn_as(
            async move {
                let run = run;
                if ask().await {
                    run.shared.state().hooks_found_work = true;
                }
            },
            true,
        ));
        true
    }
}

/// Marks a hook as no longer running, also when it panics.
struct HookRun {
    shared: Arc<Shared>,
    number: usize,
}

impl Drop for HookRun {
    fn drop(&mut self) {
        if let Some(hook) = self.shared.state().hooks.get_mut(self.number) {
            hook.runs = false;
        }
    }
}

/// Moves virtual time for as long as anybody holds the clock.
async fn drive_virtual(clock: Weak<Shared>, changed: Arc<Notify>) {
    let mut hooks_asked = 0;
    let mut activity_seen = 0;
    loop {
        if !come_to_rest(&clock, &changed).await {
            return;
        }
        let Some(shared) = clock.upgrade() else {
            return;
        };
        let (activity, found_work) = {
            let mut state = shared.state();
            (state.activity, std::mem::take(&mut state.hooks_found_work))
        };
        if found_work || activity != activity_seen {
            hooks_asked = 0;
            activity_seen = activity;
        }
        if shared.start_hook(hooks_asked) {
            hooks_asked += 1;
            continue;
        }
        let next = {
            let mut state = shared.state();
            if state.busy > 0 {
                continue;
            }
            let next = state.waiting.keys().next().copied();
            if let Some(key) = next.filter(|key| !key.settled) {
                state.now = state.now.max(key.instant);
            }
            next
        };
        match next {
            Some(next) if next.settled => shared.fire(|key| key.settled),
            Some(next) => {
                shared.fire(|key| !key.settled && key.instant == next.instant && key.last == next.last);
                hooks_asked = 0;
            }
            None => {
                drop(shared);
                changed.notified().await;
                hooks_asked = 0;
            }
        }
    }
}

/// Waits until nothing is busy and everybody had a chance to notice what happened last; false
/// when the clock is gone.
async fn come_to_rest(clock: &Weak<Shared>, changed: &Notify) -> bool {
    'again: loop {
        let Some(shared) = clock.upgrade() else {
            return false;
        };
        if !shared.is_idle() {
            if shared.only_ends_are_due() {
                drop(shared);
                tokio::task::yield_now().await;
            } else {
                drop(shared);
                changed.notified().await;
            }
            continue;
        }
        let activity = shared.state().activity;
        drop(shared);
        let mut turns = 0;
        loop {
            tokio::task::yield_now().await;
            turns += 1;
            let Some(shared) = clock.upgrade() else {
                return false;
            };
            let unnoticed = !shared.state().fired.is_empty();
            if !shared.is_idle() || shared.state().activity != activity {
                continue 'again;
            }
            if turns >= WAKE_TURNS {
                // Whoever still has not looked does not care about the very instant.
                shared.state().fired.clear();
                return true;
            }
            if turns >= GRACE_TURNS && !unnoticed {
                return true;
            }
        }
    }
}

/// Waits for an instant or for quiet.
struct Rest<'clock> {
    clock: &'clock Clock,
    until: Until,
    key: Option<Key>,
    resting: Option<Resting>,
}

impl Future for Rest<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = &self.clock.shared;
        shared.ensure_driver();
        let mut state = shared.state();
        let key = if let Some(key) = self.key {
            if let Some(waiter) = state.waiting.get_mut(&key) {
                // Woken for another reason.
                let old = waiter.waker.clone();
                waiter.waker.clone_from(context.waker());
                drop(state);
                drop(old);
                return Poll::Pending;
            }
            state.fired.remove(&key);
            drop(state);
            self.key = None;
            self.resting = None;
            return Poll::Ready(());
        } else {
            let id = state.next_id;
            state.next_id += 1;
            let due = self.until.due();
            let (instant, last) = due.unwrap_or((Timestamp::MAX, true));
            Key { settled: due.is_none(), instant, last, id }
        };
        let resting = Resting::begin();
        if key.settled && resting.task.as_ref().is_none_or(|task| !task.of_hook) {
            // Work may have come from outside: the hooks are asked anew.
            state.activity += 1;
        }
        state.waiting.insert(key, Waiter { waker: context.waker().clone(), tracked: resting.task.is_some() });
        drop(state);
        shared.changed.notify_one();
        self.key = Some(key);
        self.resting = Some(resting);
        Poll::Pending
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let mut state = self.clock.shared.state();
            let waiter = state.waiting.remove(&key);
            state.fired.remove(&key);
            drop(state);
            drop(waiter);
            self.clock.shared.changed.notify_one();
        }
    }
}

thread_local! {
    /// The spawned task that is being polled on this thread.
    static CURRENT: RefCell<Option<Arc<Task>>> = const { RefCell::new(None) };
}

fn current_task() -> Option<Arc<Task>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Marks the present task as waiting on the clock for as long as this lives.
struct Resting {
    task: Option<Arc<Task>>,
}

impl Resting {
    fn begin() -> Self {
        let task = current_task();
        if let Some(task) = &task {
            lock(&task.state).rests += 1;
        }
        Self { task }
    }
}

impl Drop for Resting {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            lock(&task.state).rests -= 1;
        }
    }
}

/// A spawned task as the clock sees it. It is the waker that the task's future gets: waking a
/// resting task makes it busy at once, in the thread of the one who wakes.
struct Task {
    shared: Arc<Shared>,
    of_hook: bool,
    handle: OnceLock<AbortHandle>,
    state: Mutex<TaskState>,
}

#[derive(Default)]
struct TaskState {
    /// Living waits on the clock within this task.
    rests: usize,
    is_polled: bool,
    woken_while_polled: bool,
    at_rest: bool,
    waker: Option<Waker>,
}

impl Task {
    fn stir(&self, state: &mut TaskState) {
        if state.at_rest {
            state.at_rest = false;
            self.shared.begin_work(self.of_hook);
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let waker = {
            let mut state = lock(&self.state);
            if state.is_polled {
                state.woken_while_polled = true;
            }
            self.stir(&mut state);
            state.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The future of a spawned task.
struct Tracked<F: Future> {
    task: Arc<Task>,
    waker: Waker,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let old_waker = {
            let mut state = lock(&this.task.state);
            this.task.stir(&mut state);
            state.is_polled = true;
            state.woken_while_polled = false;
            state.waker.replace(context.waker().clone())
        };
        drop(old_waker);
        let outer = CURRENT.replace(Some(this.task.clone()));
        let restore = Restore(outer);
        let poll = this.future.as_mut().poll(&mut Context::from_waker(&this.waker));
        drop(restore);
        let mut state = lock(&this.task.state);
        state.is_polled = false;
        if poll.is_pending() && state.rests > 0 && !state.woken_while_polled {
            state.at_rest = true;
            this.task.shared.end_work();
        }
        poll
    }
}

/// Puts the outer task back, also when the inner one panics.
struct Restore(Option<Arc<Task>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl<F: Future> Drop for Tracked<F> {
    fn drop(&mut self) {
        let waker = {
            let mut state = lock(&self.task.state);
            self.task.stir(&mut state);
            state.waker.take()
        };
        drop(waker);
        // Still busy until the runtime has told those who hold the handle.
        self.task.shared.state().ended.push(self.task.clone());
        self.task.shared.changed.notify_one();
    }
}

/// Locks; a panic elsewhere leaves the data as usable as it was.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
