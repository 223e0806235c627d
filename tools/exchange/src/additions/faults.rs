//! Webhooks that are lost, doubled or late, as somebody outside asks for.

use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;

use crate::clock::lock;
use crate::webhooks::WebhookKind;

/// What is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookFault {
    /// The kind, as stories have it: `voice`, `dial action`; every one if absent.
    webhook: Option<String>,
    what: What,
    /// How late, for `delay`.
    #[serde(default)]
    seconds: u64,
    /// How many webhooks meet it.
    #[serde(default = "once")]
    times: usize,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Lose,
    Double,
    Delay,
}

fn once() -> usize {
    1
}

/// Those that are still to come.
#[derive(Default)]
pub(crate) struct WebhookFaults(Mutex<Vec<WebhookFault>>);

impl WebhookFaults {
    /// Adds a fault; an error says which kinds there are.
    pub(crate) fn add(&self, fault: WebhookFault) -> Result<(), String> {
        if let Some(name) = &fault.webhook
            && !WebhookKind::ALL.iter().any(|kind| kind.to_string() == *name)
        {
            let kinds: Vec<String> = WebhookKind::ALL.iter().map(ToString::to_string).collect();
            return Err(format!("there is no webhook {name:?}; there are {}", kinds.join(", ")));
        }
        lock(&self.0).push(fault);
        Ok(())
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// How a webhook of this kind travels: the delays of its copies, if a fault is for it.
    pub(crate) fn route(&self, kind: WebhookKind) -> Option<Vec<Duration>> {
        let mut faults = lock(&self.0);
        let name = kind.to_string();
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.webhook.as_ref().is_none_or(|wanted| *wanted == name))?;
        fault.times -= 1;
        Some(match fault.what {
            What::Lose => Vec::new(),
            What::Double => vec![Duration::ZERO, Duration::ZERO],
            What::Delay => vec![Duration::from_secs(fault.seconds)],
        })
    }
}
