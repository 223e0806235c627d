use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
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
}

impl Clock {
    /// The machine's own.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// Another one, on which to wait is to wait really.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), sleep: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))) }
    }

    /// The same, on which to wait is something else.
    pub fn with_sleep<F>(self, sleep: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { sleep: Arc::new(move |duration| Box::pin(sleep(duration))), ..self }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        (self.sleep)(duration).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
