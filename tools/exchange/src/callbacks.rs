//! Callbacks: webhooks whose answers nobody waits for.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::post::Post;
use crate::story::Log;
use crate::transport::Prepared;
use crate::webhooks::{SentWebhook, Webhook, WebhookOutcome};

/// Sends a call's callbacks, whose answers nobody waits for, one after the other.
#[derive(Clone)]
pub(crate) struct Callbacks {
    post: Arc<Post>,
    log: Arc<Log>,
    queue: mpsc::UnboundedSender<(Webhook, Arc<Prepared>, usize)>,
}

impl Callbacks {
    pub(crate) fn start(post: &Arc<Post>, log: &Arc<Log>) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(Webhook, Arc<Prepared>, usize)>();
        let (sender, sender_log) = (post.clone(), log.clone());
        drop(post.clock.spawn(async move {
            while let Some((webhook, prepared, copy)) = sender.clock.wait_for(waiting.recv()).await {
                let sent = sender.begin(&sender_log, &webhook, &prepared, (copy, false));
                report(&sender_log, &sender.finish(&sender_log, sent).await);
            }
        }));
        Self { post: post.clone(), log: log.clone(), queue }
    }

    /// Tells the webhook's server; the call goes on meanwhile.
    pub(crate) fn tell(&self, webhook: &Webhook) {
        let delays = self.post.route(webhook, 0);
        let prepared = Arc::new(self.post.prepare(webhook));
        if delays.is_empty() {
            self.post.note_lost(&self.log, webhook, &prepared);
        }
        for (copy, delay) in delays.into_iter().enumerate() {
            if delay.is_zero() {
                // The other end lives as long as this sender.
                let _ = self.queue.send((webhook.clone(), prepared.clone(), copy));
            } else {
                let (post, log) = (self.post.clone(), self.log.clone());
                let (webhook, prepared) = (webhook.clone(), prepared.clone());
                drop(self.post.clock.spawn(async move {
                    post.clock.sleep(delay).await;
                    let sent = post.begin(&log, &webhook, &prepared, (copy, false));
                    report(&log, &post.finish(&log, sent).await);
                }));
            }
        }
    }
}

/// Twilio's debugger shows callbacks that failed.
fn report(log: &Log, webhook: &SentWebhook) {
    let kind = webhook.kind;
    match &webhook.outcome {
        WebhookOutcome::Failed(failure) => {
            // So Twilio says of a relative URL, which only a recording's callback can have here.
            let code = if failure.code == 11100 { 11200 } else { failure.code };
            log.error(code, format!("{kind} callback: {}", failure.message));
        }
        WebhookOutcome::Answered(answer) if answer.status >= 400 => {
            log.error(11200, format!("{kind} callback answered {}", answer.status));
        }
        _ => {}
    }
}
