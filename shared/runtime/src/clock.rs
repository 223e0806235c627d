use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use jiff::Timestamp;

type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What time it is. The functions ask here and nowhere else, so that a day can pass in a test
/// while nobody waits.
#[derive(Clone)]
pub struct Clock {
    now: Now,
    sleep: Sleep,
    alarm: Sleep,
}

impl Clock {
    /// The machine's own.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// Another one, on which to wait is to wait really.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let sleep: Sleep = Arc::new(|duration| Box::pin(tokio::time::sleep(duration)));
        Self { now: Arc::new(now), sleep: sleep.clone(), alarm: sleep }
    }

    /// The same, on which to wait is something else.
    pub fn with_sleep<F>(self, sleep: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { sleep: Arc::new(move |duration| Box::pin(sleep(duration))), ..self }
    }

    /// The same, on which an alarm is something else.
    pub fn with_alarm<F>(self, alarm: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { alarm: Arc::new(move |duration| Box::pin(alarm(duration))), ..self }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        (self.sleep)(duration).await;
    }

    /// What goes off after `duration`, beside work that it limits.
    pub fn alarm(&self, duration: Duration) -> Alarm {
        Alarm(Some((self.alarm)(duration)))
    }

    /// Works, at most for `limit`; none when the time was up first.
    pub async fn within<F: Future>(&self, limit: Duration, work: F) -> Option<F::Output> {
        before(&mut self.alarm(limit), work).await
    }
}

/// Goes off at an instant, and has gone off ever after.
pub struct Alarm(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(alarm) = &mut self.0 {
            ready!(alarm.as_mut().poll(context));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Alarm(set)" } else { "Alarm(gone off)" })
    }
}

/// Works until the alarm goes off; none when it did. What it limits next has the time that is left.
pub async fn before<F: Future>(alarm: &mut Alarm, work: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = work => Some(output),
        () = alarm => None,
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
