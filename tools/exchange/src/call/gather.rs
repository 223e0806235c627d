//! `<Gather>`: keys and words of the caller, at prompts.

use super::input::{Gathered, action_params, listen};
use super::{Call, Next, Request};
use crate::document::Gather;
use crate::webhooks::WebhookKind;

impl Call {
    pub(super) async fn gather(&mut self, gather: &Gather) -> Next {
        self.answer();
        for what in &gather.not_simulated {
            self.log.error(0, format!("{what} is not simulated and was left out"));
        }
        for prompt in &gather.prompts {
            match self.hear(prompt).await {
                Next::Verb => {}
                other => return other,
            }
        }
        self.callee_left = false;
        let input = self.script.inputs.next();
        let ear = self.ear();
        let gathered = listen(&ear, gather, input).await;
        if matches!(gathered, Gathered::Gone) {
            return self.leave();
        }
        let Some(extra) = action_params(gather, &gathered) else {
            return Next::Verb;
        };
        let (url, method) = self.action_or_current(gather.action.as_deref(), gather.method);
        self.go_on(Request { kind: WebhookKind::GatherAction, url: &url, method, extra }).await
    }

    /// Without an action the present document's own URL is asked again.
    pub(super) fn action_or_current(
        &self,
        action: Option<&str>,
        method: crate::webhooks::Method,
    ) -> (String, crate::webhooks::Method) {
        action.map_or_else(|| self.current.clone(), |action| (action.to_owned(), method))
    }
}
