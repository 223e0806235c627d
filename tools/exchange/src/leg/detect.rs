//! Answering-machine detection: a scripted verdict, at the time when it would be there.

use std::time::Duration;

use super::Leg;
use crate::document::Detection;
use crate::params::{Params, push};
use crate::phones::{Nature, Phone};
use crate::webhooks::{Webhook, WebhookKind};

/// How long it takes to know a human: a short greeting and the silence after it.
const HUMAN: Duration = Duration::from_millis(2_600);

/// How long it takes to know a machine: its greeting has been going on for so long.
const MACHINE: Duration = Duration::from_secs(4);

/// What is found out, and how long after the answer.
pub(super) fn verdict(nature: &Nature, detection: &Detection) -> (&'static str, Duration) {
    let (verdict, after) = match nature {
        Nature::Judged { verdict, after } => (*verdict, *after),
        Nature::Human => ("human", HUMAN),
        Nature::Machine { greeting } if detection.message_end => {
            ("machine_end_beep", (*greeting).max(MACHINE))
        }
        Nature::Machine { .. } => ("machine_start", MACHINE),
    };
    if after <= detection.timeout {
        return (verdict, after);
    }
    let is_machine = matches!(nature, Nature::Machine { .. });
    let unsure = if detection.message_end && is_machine { "machine_end_other" } else { "unknown" };
    (unsure, detection.timeout)
}

impl Leg {
    /// What detection finds out about who is at this leg.
    pub(super) fn verdict(&self, detection: &Detection) -> (&'static str, Duration) {
        let phone = self.network.phone_at(&self.handle.facts().to);
        verdict(&phone.map_or(Nature::Human, |phone: Phone| phone.nature), detection)
    }

    /// Finds out while the call goes on, and tells it once.
    pub(super) fn detect_beside(&self, detection: &Detection) {
        let (verdict, after) = self.verdict(detection);
        let Some((url, method)) = detection.callback.clone() else {
            self.log().warning(21262, "the verdict on who answered is told nobody: there is no callback");
            return;
        };
        let (handle, network, callbacks) =
            (self.handle.clone(), self.network.clone(), self.callbacks.clone());
        drop(self.network.clock.spawn(async move {
            network.clock.sleep(after).await;
            handle.state().answered_by = Some(verdict);
            let mut params = Params::new();
            push(&mut params, "AccountSid", handle.facts().account_sid.as_str());
            push(&mut params, "AnsweredBy", verdict);
            push(&mut params, "CallSid", handle.sid().as_str());
            push(&mut params, "MachineDetectionDuration", after.as_millis().to_string());
            callbacks.tell(&Webhook {
                kind: WebhookKind::MachineDetection,
                account_sid: handle.facts().account_sid.clone(),
                call_sid: handle.sid().clone(),
                method,
                url,
                params,
            });
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(message_end: bool) -> Detection {
        Detection { message_end, timeout: Duration::from_secs(30), callback: None, first: false }
    }

    #[test]
    fn a_machine_is_known_at_once_or_at_its_beep() {
        let machine = |seconds| Nature::Machine { greeting: Duration::from_secs(seconds) };
        for (nature, message_end, verdict, millis) in [
            (Nature::Human, false, "human", 2_600),
            (machine(9), false, "machine_start", 4_000),
            (machine(9), true, "machine_end_beep", 9_000),
            (machine(90), true, "machine_end_other", 30_000),
            (Nature::Judged { verdict: "fax", after: Duration::from_secs(1) }, true, "fax", 1_000),
            (Nature::Judged { verdict: "human", after: Duration::from_secs(31) }, false, "unknown", 30_000),
        ] {
            let found = super::verdict(&nature, &detection(message_end));
            assert_eq!(found, (verdict, Duration::from_millis(millis)), "{nature:?}");
        }
    }
}
