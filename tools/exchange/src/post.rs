//! The post: how webhooks travel, and what comes back.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::accounts::Accounts;
use crate::clock::{Clock, lock, until};
use crate::config::Config;
use crate::cookies::Cookies;
use crate::document::tolerance;
use crate::sids::Sids;
use crate::sockets::Sockets;
use crate::stories::Stories;
use crate::story::Log;
use crate::transport::{self, NoAnswer, Prepared, Try};
use crate::url;
use crate::web::{Page, Web};
use crate::webhook_faults::WebhookFaults;
use crate::webhooks::{
    Attempt, DeliveryPolicy, Outgoing, SentWebhook, Webhook, WebhookAnswer, WebhookFailure, WebhookKind,
    WebhookOutcome,
};

/// The header by which a webhook is known at both ends.
const IDEMPOTENCY: &str = "i-twilio-idempotency-token";

/// What sends webhooks, and fetches sounds.
pub(crate) struct Post {
    pub(crate) clock: Clock,
    pub(crate) web: Web,
    pub(crate) sockets: Sockets,
    pub(crate) faults: WebhookFaults,
    pub(crate) config: Arc<Config>,
    sids: Arc<Sids>,
    pub(crate) accounts: Arc<Accounts>,
    stories: Arc<Stories>,
    policy: Mutex<Option<DeliveryPolicy>>,
    sent: Mutex<BTreeMap<usize, Arc<SentWebhook>>>,
    numbered: AtomicUsize,
    of_kind: Mutex<HashMap<WebhookKind, usize>>,
    cookies: Cookies,
    warned: AtomicBool,
}

impl Post {
    pub(crate) fn new(
        config: &Arc<Config>,
        sids: &Arc<Sids>,
        accounts: &Arc<Accounts>,
        stories: &Arc<Stories>,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock: config.clock.clone(),
            web: Web::default(),
            sockets: Sockets::default(),
            faults: WebhookFaults::default(),
            config: config.clone(),
            sids: sids.clone(),
            accounts: accounts.clone(),
            stories: stories.clone(),
            policy: Mutex::default(),
            sent: Mutex::default(),
            numbered: AtomicUsize::new(0),
            of_kind: Mutex::default(),
            cookies: Cookies::default(),
            warned: AtomicBool::new(false),
        })
    }

    pub(crate) fn set_policy(&self, policy: Option<DeliveryPolicy>) {
        *lock(&self.policy) = policy;
    }

    /// All webhooks that are remembered, in the order sent.
    pub(crate) fn sent(&self) -> Vec<Arc<SentWebhook>> {
        lock(&self.sent).values().cloned().collect()
    }

    /// The webhook of this number.
    pub(crate) fn with_id(&self, id: usize) -> Option<Arc<SentWebhook>> {
        lock(&self.sent).get(&id).cloned()
    }

    /// A call is no longer remembered.
    pub(crate) fn forget(&self, log: &Log) {
        let mut sent = lock(&self.sent);
        for id in log.webhook_ids() {
            sent.remove(&id);
        }
        drop(sent);
        for leg in log.leg_sids() {
            self.cookies.forget(&leg);
        }
    }

    /// How a try of the webhook travels: the delays of its copies.
    pub(crate) fn route(&self, webhook: &Webhook, attempt: u32) -> Vec<Duration> {
        let nth = {
            let mut of_kind = lock(&self.of_kind);
            let nth = of_kind.entry(webhook.kind).or_default();
            *nth += usize::from(attempt == 0);
            *nth
        };
        if let Some(delays) = self.faults.route(webhook.kind) {
            return delays;
        }
        let policy = lock(&self.policy).clone();
        policy.map_or_else(
            || vec![Duration::ZERO],
            |policy| {
                policy(&Outgoing {
                    kind: webhook.kind,
                    nth,
                    attempt,
                    call_sid: webhook.call_sid.clone(),
                    url: webhook.url.clone(),
                    params: webhook.params.clone(),
                })
            },
        )
    }

    pub(crate) fn prepare(&self, webhook: &Webhook) -> Prepared {
        let token = self.accounts.token(&webhook.account_sid);
        transport::prepare(&token, webhook.method, &webhook.url, &webhook.params, &self.sids.uuid())
    }

    /// Requests what a call needs to go on. What is late by more than the URL's connection overrides
    /// allow is given up and, if they say so, tried again; all within their total.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
    ) -> Result<WebhookAnswer, WebhookFailure> {
        let mut prepared = self.prepare(&webhook);
        if let Some(cookies) = self.cookies.of(&webhook.call_sid, &webhook.url) {
            prepared.headers.push(("cookie".into(), cookies));
        }
        let prepared = Arc::new(prepared);
        let limits = prepared.connection;
        let mut patience = Patience::begin(self, limits.total);
        // The webhook as it is listed, once a try of it was on the wire in time.
        let mut listed: Option<SentWebhook> = None;
        let mut arrivals = 0;
        let mut tried = Err(NoAnswer::within(limits.total));
        for attempt in 0..=limits.retries {
            let Some(left) = patience.left(self) else { break };
            let limit = limits.read.min(left);
            let delays = self.route(&webhook, attempt);
            if attempt == 0 {
                for (copy, &delay) in delays.iter().enumerate().skip(1) {
                    self.send_later(log, webhook.clone(), prepared.clone(), (copy, false), delay);
                }
            }
            tried = match delays.first() {
                Some(&delay) if delay < limit => {
                    patience.sleep(self, delay).await;
                    arrivals += 1;
                    let sent = listed.get_or_insert_with(|| self.begin(log, &webhook, &prepared, (0, false)));
                    self.try_once(sent, limit.saturating_sub(delay)).await
                }
                gone => {
                    if let Some(&delay) = gone {
                        arrivals += 1;
                        self.send_later(log, webhook.clone(), prepared.clone(), (0, true), delay);
                    }
                    patience.sleep(self, limit).await;
                    Err(NoAnswer::within(limit))
                }
            };
            if !transport::wants_another(limits, &tried) {
                break;
            }
        }
        let tried = tried.map_err(|no_answer| no_answer.failure);
        if let Ok(answer) = &tried {
            self.cookies.keep(&webhook.call_sid, &answer.url, &answer.cookies);
        }
        if arrivals == 0 {
            let mut lost = self.begin(log, &webhook, &prepared, (0, false));
            lost.outcome = WebhookOutcome::Lost;
            self.update(log, &lost);
        } else if let Some(mut sent) = listed {
            sent.outcome = WebhookOutcome::of(&tried);
            self.update(log, &sent);
        }
        tried.map(|mut answer| {
            if webhook.kind != WebhookKind::Media
                && let Cow::Owned(left) = self.tolerated(log, &answer.body)
            {
                answer.body = left;
            }
            answer
        })
    }

    /// A document as it is to be read: without what Twilio only warns of, if that is not refused here.
    pub(crate) fn tolerated<'text>(&self, log: &Log, text: &'text str) -> Cow<'text, str> {
        if self.config.refuses_warnings {
            return Cow::Borrowed(text);
        }
        let (left, warnings) = tolerance::tolerated(text);
        for warning in warnings {
            log.warning(tolerance::SCHEMA_WARNING, warning);
        }
        left
    }

    /// Fetches the sound of a `<Play>`: from the web of this network, or over HTTP.
    pub(crate) async fn fetch_media(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
    ) -> Result<WebhookAnswer, WebhookFailure> {
        let Some(Page { after, answer }) = self.web.page(&webhook.url) else {
            return self.ask(log, webhook).await;
        };
        let prepared = self.prepare(&webhook);
        let limits = prepared.connection;
        let mut sent = self.begin(log, &webhook, &prepared, (0, false));
        let limit = limits.read.min(limits.total);
        self.clock.sleep(after.min(limit)).await;
        let answered = if after < limit { Ok(answer) } else { Err(NoAnswer::within(limit).failure) };
        sent.attempts.push(Attempt {
            url: sent.url.clone(),
            result: answered.as_ref().map(|answer| answer.status).map_err(Clone::clone),
        });
        sent.outcome = WebhookOutcome::of(&answered);
        self.update(log, &sent);
        answered
    }

    /// Sends a copy that nobody waits for; of one that comes too late, only this try.
    fn send_later(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
        prepared: Arc<Prepared>,
        (copy, too_late): (usize, bool),
        delay: Duration,
    ) {
        let (post, log) = (self.clone(), log.clone());
        drop(self.clock.spawn(async move {
            if !delay.is_zero() {
                post.clock.sleep(delay).await;
            }
            let mut sent = post.begin(&log, &webhook, &prepared, (copy, too_late));
            if too_late {
                let limit = sent.connection.total;
                let tried = post.try_once(&mut sent, limit).await;
                sent.outcome = WebhookOutcome::of(&tried.map_err(|no_answer| no_answer.failure));
                post.update(&log, &sent);
            } else {
                post.finish(&log, sent).await;
            }
        }));
    }

    pub(crate) fn note_lost(&self, log: &Arc<Log>, webhook: &Webhook, prepared: &Prepared) {
        let mut lost = self.begin(log, webhook, prepared, (0, false));
        lost.outcome = WebhookOutcome::Lost;
        self.update(log, &lost);
    }

    /// Lists the webhook as sent now.
    pub(crate) fn begin(
        &self,
        log: &Arc<Log>,
        webhook: &Webhook,
        prepared: &Prepared,
        (copy, too_late): (usize, bool),
    ) -> SentWebhook {
        if !url::has_sorted_query(&webhook.url) {
            log.warning(
                0,
                "the query's keys are not in alphabetical order: Twilio sorts them when it asks, but signs \
                 the URL as configured, so the signature will not match",
            );
        }
        if self.config.warns_of_plain_http
            && webhook.url.starts_with("http://")
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            log.warning(
                0,
                "webhooks go to http:// here; Twilio can't reach this machine, and wants https://",
            );
        }
        self.list(
            log,
            SentWebhook {
                id: 0,
                at: self.clock.now(),
                kind: webhook.kind,
                account_sid: webhook.account_sid.clone(),
                call_sid: webhook.call_sid.clone(),
                copy,
                too_late,
                resend_of: None,
                method: webhook.method,
                url: prepared.url.clone(),
                params: webhook.params.clone(),
                headers: prepared.headers.clone(),
                body: prepared.body.clone(),
                attempts: Vec::new(),
                outcome: WebhookOutcome::UnderWay,
                connection: prepared.connection,
            },
        )
    }

    fn list(&self, log: &Arc<Log>, mut webhook: SentWebhook) -> SentWebhook {
        webhook.id = self.numbered.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::new(webhook.clone());
        // What is told of a call that is no longer remembered is not remembered either.
        if !log.is_forgotten() {
            lock(&self.sent).insert(webhook.id, shared.clone());
        }
        log.webhook_sent(shared);
        webhook
    }

    fn update(&self, log: &Log, webhook: &SentWebhook) {
        let shared = Arc::new(webhook.clone());
        if let Some(listed) = lock(&self.sent).get_mut(&webhook.id) {
            listed.clone_from(&shared);
        }
        log.webhook_done(&shared);
    }

    /// Puts a webhook on the wire now, as often as its URL asks for.
    pub(crate) async fn finish(&self, log: &Arc<Log>, mut webhook: SentWebhook) -> SentWebhook {
        self.send(&mut webhook).await;
        self.update(log, &webhook);
        webhook
    }

    async fn send(&self, webhook: &mut SentWebhook) {
        let limits = webhook.connection;
        let patience = Patience::begin(self, limits.total);
        let mut tried = Err(NoAnswer::within(limits.total));
        for _ in 0..=limits.retries {
            let Some(left) = patience.left(self) else { break };
            tried = self.try_once(webhook, limits.read.min(left)).await;
            if !transport::wants_another(limits, &tried) {
                break;
            }
        }
        webhook.outcome = WebhookOutcome::of(&tried.map_err(|no_answer| no_answer.failure));
    }

    /// One try on the wire, which ends when this much of the network's time has passed.
    async fn try_once(&self, webhook: &mut SentWebhook, limit: Duration) -> Try {
        let token = self.accounts.token(&webhook.account_sid);
        let mut attempts = std::mem::take(&mut webhook.attempts);
        let tried = {
            let _journey = self.clock.journey(webhook.header(IDEMPOTENCY).unwrap_or_default());
            let really = self.config.really(limit);
            let request = transport::try_once(&token, self.config.wire(), really, webhook, &mut attempts);
            if self.clock.is_virtual() {
                self.clock.wait_at_most(limit, request).await
            } else {
                // Its limit is one of the real time, which nobody moves.
                Some(self.clock.wait_for(request).await)
            }
        };
        let tried = tried.unwrap_or_else(|| {
            let no_answer = NoAnswer::within(limit);
            attempts.push(Attempt { url: webhook.url.clone(), result: Err(no_answer.failure.clone()) });
            Err(no_answer)
        });
        webhook.attempts = attempts;
        tried
    }

    /// Sends a webhook again, bit by bit the same.
    pub(crate) async fn resend(&self, webhook: &SentWebhook) -> SentWebhook {
        let log = self.stories.log_of(&webhook.call_sid);
        let mut again = webhook.clone();
        again.at = self.clock.now();
        again.resend_of = Some(webhook.id);
        again.attempts.clear();
        again.outcome = WebhookOutcome::UnderWay;
        if let Some(log) = log {
            let again = self.list(&log, again);
            self.finish(&log, again).await
        } else {
            self.send(&mut again).await;
            again
        }
    }
}

/// What is left of the time for all tries of a webhook: of the network's, and of the real one, which
/// passes even where the other stands still.
struct Patience {
    total: Duration,
    began: Timestamp,
    really_began: Instant,
    /// What was slept of the network's time.
    slept: Duration,
}

impl Patience {
    fn begin(post: &Post, total: Duration) -> Self {
        let (began, really_began) = (post.clock.now(), Instant::now());
        Self { total, began, really_began, slept: Duration::ZERO }
    }

    /// `None` when it is used up.
    fn left(&self, post: &Post) -> Option<Duration> {
        let really = self.really_began.elapsed();
        let passed = if post.clock.is_virtual() {
            until(self.began, post.clock.now())
        } else {
            // However fast a clock runs, requests take their real time.
            really.saturating_add(self.slept)
        };
        let is_used_up = really >= post.config.really(self.total);
        self.total.checked_sub(passed).filter(|left| !left.is_zero() && !is_used_up)
    }

    /// Sleeps in the network's time.
    async fn sleep(&mut self, post: &Post, time: Duration) {
        if !time.is_zero() {
            self.slept = self.slept.saturating_add(time);
            post.clock.sleep(time).await;
        }
    }
}
