//! Webhooks that are lost, doubled or late, as somebody outside asks for.

use std::time::Duration;

use serde::Deserialize;

use crate::webhook_faults::{Mishap, WebhookFault};
use crate::webhooks::WebhookKind;

/// What is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultDescription {
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

impl FaultDescription {
    /// The fault; an error says which kinds there are.
    pub(super) fn fault(&self) -> Result<WebhookFault, String> {
        let kind = match &self.webhook {
            None => None,
            Some(name) => Some(named(name)?),
        };
        let mishap = match self.what {
            What::Lose => Mishap::Lost,
            What::Double => Mishap::Doubled,
            What::Delay => Mishap::Late(Duration::from_secs(self.seconds)),
        };
        Ok(WebhookFault { kind, mishap, times: self.times })
    }
}

fn named(name: &str) -> Result<WebhookKind, String> {
    WebhookKind::ALL.iter().copied().find(|kind| kind.to_string() == name).ok_or_else(|| {
        let kinds: Vec<String> = WebhookKind::ALL.iter().map(ToString::to_string).collect();
        format!("there is no webhook {name:?}; there are {}", kinds.join(", "))
    })
}
