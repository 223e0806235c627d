//! What all calls share: the account's numbers, the phones outside, and the way of webhooks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use phone::{CallSid, RecordingSid};
use signature::AuthToken;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::config::{Config, NumberUrls, Transcription};
use crate::line::{Line, Params};
use crate::phones::Phone;
use crate::recordings::Recording;
use crate::rest::Desk;
use crate::sids::Sids;
use crate::story::{Log, Story, Watchers};
use crate::transport::{self, Prepared};
use crate::url;
use crate::webhooks::{
    Answer, DeliveryPolicy, Method, Outcome, Outgoing, SentWebhook, WebhookFailure, WebhookKind,
};

/// How long Twilio waits for an answer that a call needs.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// The state of an exchange.
pub(crate) struct Network {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) sids: Sids,
    pub(crate) rest_url: String,
    pub(crate) desk: Desk,
    pub(crate) watchers: Watchers,
    tokens: Mutex<Tokens>,
    numbers: Mutex<HashMap<Address, NumberUrls>>,
    phones: Mutex<HashMap<Address, Phone>>,
    transcription: Mutex<Transcription>,
    policy: Mutex<Option<DeliveryPolicy>>,
    sent: Mutex<Vec<SentWebhook>>,
    of_kind: Mutex<HashMap<WebhookKind, usize>>,
    stories: Mutex<Vec<Story>>,
    logs: Mutex<HashMap<CallSid, Arc<Log>>>,
    calls: Mutex<Vec<CallRecord>>,
    recordings: Mutex<BTreeMap<RecordingSid, Recording>>,
}

/// The account's tokens. The primary one signs; both open the REST API.
struct Tokens {
    primary: String,
    secondary: Option<String>,
}

/// A leg as the REST API shows it.
#[derive(Clone, Debug)]
pub(crate) struct CallRecord {
    pub(crate) line: Line,
    pub(crate) status: String,
    pub(crate) created: Timestamp,
    pub(crate) answered: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
}

/// A webhook to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) kind: WebhookKind,
    pub(crate) call_sid: CallSid,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) params: Params,
}

impl Network {
    pub(crate) fn new(config: Config, rest_url: String) -> Self {
        Self {
            clock: config.clock.clone(),
            sids: Sids::new(config.seed),
            rest_url,
            desk: Desk::default(),
            watchers: Watchers::default(),
            tokens: Mutex::new(Tokens { primary: config.auth_token.clone(), secondary: None }),
            numbers: Mutex::default(),
            phones: Mutex::default(),
            transcription: Mutex::new(config.transcription),
            policy: Mutex::default(),
            sent: Mutex::default(),
            of_kind: Mutex::default(),
            stories: Mutex::default(),
            logs: Mutex::default(),
            calls: Mutex::default(),
            recordings: Mutex::default(),
            config,
        }
    }

    fn token(&self) -> AuthToken {
        AuthToken::from(lock(&self.tokens).primary.as_str())
    }

    pub(crate) fn is_token(&self, text: &str) -> bool {
        let tokens = lock(&self.tokens);
        tokens.primary == text || tokens.secondary.as_deref() == Some(text)
    }

    pub(crate) fn set_secondary_token(&self, token: &str) {
        lock(&self.tokens).secondary = Some(token.to_owned());
    }

    pub(crate) fn promote_secondary_token(&self) {
        let mut tokens = lock(&self.tokens);
        if let Some(secondary) = tokens.secondary.take() {
            tokens.primary = secondary;
        }
    }

    /// The account's numbers, in order.
    pub(crate) fn numbers(&self) -> Vec<(Address, NumberUrls)> {
        let numbers = lock(&self.numbers);
        let mut all: Vec<_> = numbers.iter().map(|(number, urls)| (number.clone(), urls.clone())).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    pub(crate) fn wire(&self, number: Address, urls: NumberUrls) {
        lock(&self.numbers).insert(number, urls);
    }

    pub(crate) fn unwire(&self, number: &Address) {
        lock(&self.numbers).remove(number);
    }

    pub(crate) fn urls_of(&self, number: &Address) -> Option<NumberUrls> {
        lock(&self.numbers).get(number).cloned()
    }

    pub(crate) fn plug(&self, address: Address, phone: Phone) {
        lock(&self.phones).insert(address, phone);
    }

    pub(crate) fn phone_at(&self, address: &Address) -> Option<Phone> {
        lock(&self.phones).get(address).cloned()
    }

    pub(crate) fn set_transcription(&self, transcription: Transcription) {
        *lock(&self.transcription) = transcription;
    }

    pub(crate) fn transcription(&self) -> Transcription {
        *lock(&self.transcription)
    }

    pub(crate) fn set_policy(&self, policy: Option<DeliveryPolicy>) {
        *lock(&self.policy) = policy;
    }

    pub(crate) fn begin_story(&self, log: &Arc<Log>) {
        lock(&self.stories).push(log.story());
    }

    pub(crate) fn stories(&self) -> Vec<Story> {
        lock(&self.stories).clone()
    }

    /// A leg begins; its webhooks go into this log.
    pub(crate) fn leg_began(&self, line: &Line, log: &Arc<Log>) {
        lock(&self.logs).insert(line.sid.clone(), log.clone());
        lock(&self.calls).push(CallRecord {
            line: line.clone(),
            status: "ringing".into(),
            created: self.clock.now(),
            answered: None,
            ended: None,
        });
    }

    fn change_leg(&self, sid: &CallSid, change: impl FnOnce(&mut CallRecord)) {
        if let Some(record) = lock(&self.calls).iter_mut().find(|record| record.line.sid == *sid) {
            change(record);
        }
    }

    pub(crate) fn leg_answered(&self, sid: &CallSid) {
        let now = self.clock.now();
        self.change_leg(sid, |record| {
            record.status = "in-progress".into();
            record.answered = Some(now);
        });
    }

    pub(crate) fn leg_ended(&self, sid: &CallSid, status: &str) {
        let now = self.clock.now();
        self.change_leg(sid, |record| {
            record.status = status.into();
            record.ended = Some(now);
        });
    }

    pub(crate) fn legs(&self) -> Vec<CallRecord> {
        lock(&self.calls).clone()
    }

    pub(crate) fn recordings(&self) -> Vec<Recording> {
        lock(&self.recordings).values().cloned().collect()
    }

    pub(crate) fn recording(&self, sid: &str) -> Option<Recording> {
        lock(&self.recordings).values().find(|recording| recording.sid.as_str() == sid).cloned()
    }

    /// Keeps a recording, or its new state.
    pub(crate) fn keep_recording(&self, recording: &Recording) {
        lock(&self.recordings).insert(recording.sid.clone(), recording.clone());
        let log = lock(&self.logs).get(&recording.call_sid).cloned();
        if let Some(log) = log {
            log.recording_changed(recording);
        }
    }

    pub(crate) fn webhooks(&self) -> Vec<SentWebhook> {
        lock(&self.sent).clone()
    }

    /// How the webhook travels: the delays of its copies.
    fn route(&self, webhook: &Webhook) -> Vec<Duration> {
        let nth = {
            let mut of_kind = lock(&self.of_kind);
            let nth = of_kind.entry(webhook.kind).or_default();
            *nth += 1;
            *nth
        };
        let policy = lock(&self.policy).clone();
        policy.map_or_else(
            || vec![Duration::ZERO],
            |policy| {
                policy(&Outgoing {
                    kind: webhook.kind,
                    nth,
                    call_sid: webhook.call_sid.clone(),
                    url: webhook.url.clone(),
                    params: webhook.params.clone(),
                })
            },
        )
    }

    fn prepare(&self, webhook: &Webhook) -> Prepared {
        transport::prepare(&self.token(), webhook.method, &webhook.url, &webhook.params, &self.sids.uuid())
    }

    /// Requests what a call needs to go on.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
    ) -> Result<Answer, WebhookFailure> {
        let delays = self.route(&webhook);
        let prepared = Arc::new(self.prepare(&webhook));
        let Some((&first, extra)) = delays.split_first() else {
            self.note_lost(log, &webhook, &prepared);
            self.clock.sleep(ANSWER_LIMIT).await;
            return Err(too_late());
        };
        for (n, &delay) in extra.iter().enumerate() {
            self.send_later(log, webhook.clone(), prepared.clone(), n + 1, delay);
        }
        if first >= ANSWER_LIMIT {
            self.send_later(log, webhook, prepared, 0, first);
            self.clock.sleep(ANSWER_LIMIT).await;
            return Err(too_late());
        }
        if !first.is_zero() {
            self.clock.sleep(first).await;
        }
        let sent = self.begin(log, &webhook, &prepared, 0);
        match self.finish(log, sent).await.outcome {
            Outcome::Answered(answer) => Ok(answer),
            Outcome::Failed(failure) => Err(failure),
            Outcome::UnderWay | Outcome::Lost => Err(too_late()),
        }
    }

    fn send_later(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
        prepared: Arc<Prepared>,
        copy: usize,
        delay: Duration,
    ) {
        let (network, log) = (self.clone(), log.clone());
        drop(self.clock.spawn(async move {
            if !delay.is_zero() {
                network.clock.sleep(delay).await;
            }
            let sent = network.begin(&log, &webhook, &prepared, copy);
            network.finish(&log, sent).await;
        }));
    }

    fn note_lost(&self, log: &Arc<Log>, webhook: &Webhook, prepared: &Prepared) {
        let mut lost = self.begin(log, webhook, prepared, 0);
        lost.outcome = Outcome::Lost;
        self.update(log, &lost);
    }

    /// Lists the webhook as sent now.
    fn begin(&self, log: &Arc<Log>, webhook: &Webhook, prepared: &Prepared, copy: usize) -> SentWebhook {
        if !url::has_sorted_query(&webhook.url) {
            log.warning(
                0,
                "the query's keys are not in alphabetical order: Twilio sorts them when it asks, but signs \
                 the URL as configured, so the signature will not match",
            );
        }
        self.list(
            log,
            SentWebhook {
                id: 0,
                at: self.clock.now(),
                kind: webhook.kind,
                call_sid: webhook.call_sid.clone(),
                copy,
                resend_of: None,
                method: webhook.method,
                url: prepared.url.clone(),
                params: webhook.params.clone(),
                headers: prepared.headers.clone(),
                body: prepared.body.clone(),
                attempts: Vec::new(),
                outcome: Outcome::UnderWay,
                connection: prepared.connection,
            },
        )
    }

    fn list(&self, log: &Arc<Log>, mut webhook: SentWebhook) -> SentWebhook {
        {
            let mut sent = lock(&self.sent);
            webhook.id = sent.len();
            sent.push(webhook.clone());
        }
        log.webhook_sent(webhook.clone());
        webhook
    }

    fn update(&self, log: &Log, webhook: &SentWebhook) {
        if let Some(listed) = lock(&self.sent).get_mut(webhook.id) {
            listed.clone_from(webhook);
        }
        log.webhook_done(webhook);
    }

    async fn finish(&self, log: &Arc<Log>, mut webhook: SentWebhook) -> SentWebhook {
        {
            let _busy = self.clock.busy();
            transport::send(&self.token(), self.config.wire(), &mut webhook).await;
        }
        self.update(log, &webhook);
        webhook
    }

    /// Sends a webhook again, bit by bit the same.
    pub(crate) async fn resend(&self, webhook: &SentWebhook) -> SentWebhook {
        let log = lock(&self.logs).get(&webhook.call_sid).cloned();
        let mut again = webhook.clone();
        again.at = self.clock.now();
        again.resend_of = Some(webhook.id);
        again.attempts.clear();
        again.outcome = Outcome::UnderWay;
        if let Some(log) = log {
            let again = self.list(&log, again);
            self.finish(&log, again).await
        } else {
            transport::send(&self.token(), self.config.wire(), &mut again).await;
            again
        }
    }
}

fn too_late() -> WebhookFailure {
    WebhookFailure::new(11200, format!("no answer within {ANSWER_LIMIT:?}"))
}

/// Sends a call's callbacks, whose answers nobody waits for, one after the other.
#[derive(Clone)]
pub(crate) struct Callbacks {
    network: Arc<Network>,
    log: Arc<Log>,
    queue: mpsc::UnboundedSender<(Webhook, Arc<Prepared>, usize)>,
}

impl Callbacks {
    pub(crate) fn start(network: &Arc<Network>, log: &Arc<Log>) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(Webhook, Arc<Prepared>, usize)>();
        let (sender, sender_log) = (network.clone(), log.clone());
        drop(network.clock.spawn(async move {
            while let Some((webhook, prepared, copy)) = sender.clock.wait_for(waiting.recv()).await {
                let sent = sender.begin(&sender_log, &webhook, &prepared, copy);
                report(&sender_log, &sender.finish(&sender_log, sent).await);
            }
        }));
        Self { network: network.clone(), log: log.clone(), queue }
    }

    /// Tells the webhook's server; the call goes on meanwhile.
    pub(crate) fn tell(&self, webhook: &Webhook) {
        let delays = self.network.route(webhook);
        let prepared = Arc::new(self.network.prepare(webhook));
        if delays.is_empty() {
            self.network.note_lost(&self.log, webhook, &prepared);
        }
        for (copy, delay) in delays.into_iter().enumerate() {
            if delay.is_zero() {
                // The other end lives as long as this sender.
                let _ = self.queue.send((webhook.clone(), prepared.clone(), copy));
            } else {
                let (network, log) = (self.network.clone(), self.log.clone());
                let (webhook, prepared) = (webhook.clone(), prepared.clone());
                drop(self.network.clock.spawn(async move {
                    network.clock.sleep(delay).await;
                    let sent = network.begin(&log, &webhook, &prepared, copy);
                    report(&log, &network.finish(&log, sent).await);
                }));
            }
        }
    }
}

/// Twilio's debugger shows callbacks that failed.
fn report(log: &Log, webhook: &SentWebhook) {
    let kind = webhook.kind;
    match &webhook.outcome {
        Outcome::Failed(failure) => {
            log.error(failure.code, format!("{kind} callback: {}", failure.message));
        }
        Outcome::Answered(answer) if answer.status >= 400 => {
            log.error(11200, format!("{kind} callback answered {}", answer.status));
        }
        _ => {}
    }
}
