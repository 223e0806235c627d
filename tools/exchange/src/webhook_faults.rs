//! Webhooks that are lost, doubled or late, a few times each.

use std::sync::Mutex;
use std::time::Duration;

use crate::clock::lock;
use crate::webhooks::WebhookKind;

/// What some of the next webhooks meet.
#[derive(Clone, Debug)]
pub(crate) struct WebhookFault {
    /// Those of this kind; every one if absent.
    pub(crate) kind: Option<WebhookKind>,
    pub(crate) mishap: Mishap,
    /// How many webhooks meet it.
    pub(crate) times: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    Lost,
    Doubled,
    Late(Duration),
}

/// Those that are still to come.
#[derive(Default)]
pub(crate) struct WebhookFaults(Mutex<Vec<WebhookFault>>);

impl WebhookFaults {
    pub(crate) fn add(&self, fault: WebhookFault) {
        lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// How a webhook of this kind travels: the delays of its copies, if a fault is for it.
    pub(crate) fn route(&self, kind: WebhookKind) -> Option<Vec<Duration>> {
        let mut faults = lock(&self.0);
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.kind.is_none_or(|wanted| wanted == kind))?;
        fault.times -= 1;
        Some(match fault.mishap {
            Mishap::Lost => Vec::new(),
            Mishap::Doubled => vec![Duration::ZERO, Duration::ZERO],
            Mishap::Late(delay) => vec![delay],
        })
    }
}
