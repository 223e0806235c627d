//! What all calls share: the account's numbers, the phones outside, and the way of webhooks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use phone::{AccountSid, CallSid, RecordingSid};
use signature::AuthToken;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::config::{Account, Config, NumberUrls, Transcription};
use crate::line::{Line, Params};
use crate::phones::Phone;
use crate::recordings::Recording;
use crate::rest::Desk;
use crate::sids::Sids;
use crate::story::{Log, Story, Watchers};
use crate::transport::{self, NoAnswer, Prepared, Try};
use crate::url;
use crate::web::{Page, Web};
use crate::webhooks::{
    Attempt, DeliveryPolicy, Method, Outgoing, SentWebhook, WebhookAnswer, WebhookFailure, WebhookKind,
    WebhookOutcome,
};

/// The header by which a webhook is known at both ends.
const IDEMPOTENCY: &str = "i-twilio-idempotency-token";

/// The state of an exchange.
pub(crate) struct Network {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) sids: Sids,
    pub(crate) rest_url: String,
    pub(crate) desk: Desk,
    pub(crate) watchers: Watchers,
    pub(crate) web: Web,
    accounts: Mutex<Vec<OpenAccount>>,
    numbers: Mutex<HashMap<Address, (AccountSid, NumberUrls)>>,
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

/// An account with its tokens. The primary one signs; both open the REST API.
struct OpenAccount {
    account: Account,
    secondary: Option<String>,
}

/// Whom a login to the REST API stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nobody.
    Unknown,
    /// An account that may not see the one that is asked for.
    Another,
    /// The account that is asked for, or the one above it.
    Allowed,
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
    pub(crate) account_sid: AccountSid,
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
            web: Web::default(),
            accounts: Mutex::new(vec![OpenAccount { account: main_account(&config), secondary: None }]),
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

    /// Opens an account, or changes it.
    pub(crate) fn open_account(&self, account: Account) {
        let mut accounts = lock(&self.accounts);
        accounts.retain(|open| open.account.sid != account.sid);
        accounts.push(OpenAccount { account, secondary: None });
    }

    /// The account with this SID.
    pub(crate) fn account(&self, sid: &str) -> Option<Account> {
        let accounts = lock(&self.accounts);
        accounts.iter().map(|open| &open.account).find(|account| account.sid.as_str() == sid).cloned()
    }

    /// What signs an account's webhooks.
    fn token(&self, account_sid: &AccountSid) -> AuthToken {
        let accounts = lock(&self.accounts);
        let open = accounts.iter().find(|open| open.account.sid == *account_sid);
        AuthToken::from(open.map_or("", |open| &*open.account.auth_token))
    }

    /// Whether a login opens the part of the REST API that is about an account; of any, if none is
    /// named.
    pub(crate) fn login(&self, user: &str, password: &str, wanted: Option<&AccountSid>) -> Login {
        let accounts = lock(&self.accounts);
        let is_of = |open: &&OpenAccount| {
            let account = &open.account;
            let is_key =
                account.api_key.as_ref().is_some_and(|key| key.sid == user && key.secret == password);
            let is_token = account.auth_token == password || open.secondary.as_deref() == Some(password);
            is_key || (account.sid.as_str() == user && is_token)
        };
        let Some(who) = accounts.iter().find(is_of) else { return Login::Unknown };
        let Some(wanted) = wanted else { return Login::Allowed };
        let parent = accounts.iter().find(|open| open.account.sid == *wanted);
        let parent = parent.and_then(|open| open.account.parent.as_ref());
        if who.account.sid == *wanted || parent == Some(&who.account.sid) {
            Login::Allowed
        } else {
            Login::Another
        }
    }

    pub(crate) fn set_secondary_token(&self, token: &str) {
        let main = &self.config.account_sid;
        if let Some(open) = lock(&self.accounts).iter_mut().find(|open| open.account.sid == *main) {
            open.secondary = Some(token.to_owned());
        }
    }

    pub(crate) fn promote_secondary_token(&self) {
        let main = &self.config.account_sid;
        let mut accounts = lock(&self.accounts);
        let open = accounts.iter_mut().find(|open| open.account.sid == *main);
        if let Some(open) = open
            && let Some(secondary) = open.secondary.take()
        {
            open.account.auth_token = secondary;
        }
    }

    /// An account's numbers, in order.
    pub(crate) fn numbers(&self, account_sid: &AccountSid) -> Vec<(Address, NumberUrls)> {
        let numbers = lock(&self.numbers);
        let mut all: Vec<_> = numbers
            .iter()
            .filter(|(_, (owner, _))| owner == account_sid)
            .map(|(number, (_, urls))| (number.clone(), urls.clone()))
            .collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    pub(crate) fn wire(&self, account_sid: &AccountSid, number: Address, urls: NumberUrls) {
        lock(&self.numbers).insert(number, (account_sid.clone(), urls));
    }

    pub(crate) fn unwire(&self, number: &Address) {
        lock(&self.numbers).remove(number);
    }

    pub(crate) fn urls_of(&self, number: &Address) -> Option<NumberUrls> {
        lock(&self.numbers).get(number).map(|(_, urls)| urls.clone())
    }

    /// Whose number it is.
    pub(crate) fn owner_of(&self, number: &Address) -> Option<AccountSid> {
        lock(&self.numbers).get(number).map(|(owner, _)| owner.clone())
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

    /// How a try of the webhook travels: the delays of its copies.
    fn route(&self, webhook: &Webhook, attempt: u32) -> Vec<Duration> {
        let nth = {
            let mut of_kind = lock(&self.of_kind);
            let nth = of_kind.entry(webhook.kind).or_default();
            *nth += usize::from(attempt == 0);
            *nth
        };
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

    fn prepare(&self, webhook: &Webhook) -> Prepared {
        let token = self.token(&webhook.account_sid);
        transport::prepare(&token, webhook.method, &webhook.url, &webhook.params, &self.sids.uuid())
    }

    /// Requests what a call needs to go on. What is late by more than the URL's connection overrides
    /// allow is given up and, if they say so, tried again; all within their total.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        log: &Arc<Log>,
        webhook: Webhook,
    ) -> Result<WebhookAnswer, WebhookFailure> {
        let prepared = Arc::new(self.prepare(&webhook));
        let limits = prepared.connection;
        let patience = Patience::begin(self, limits.total);
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
                    if !delay.is_zero() {
                        self.clock.sleep(delay).await;
                    }
                    arrivals += 1;
                    let sent = listed.get_or_insert_with(|| self.begin(log, &webhook, &prepared, (0, false)));
                    self.try_once(sent, limit.saturating_sub(delay)).await
                }
                gone => {
                    if let Some(&delay) = gone {
                        arrivals += 1;
                        self.send_later(log, webhook.clone(), prepared.clone(), (0, true), delay);
                    }
                    self.clock.sleep(limit).await;
                    Err(NoAnswer::within(limit))
                }
            };
            if !transport::wants_another(limits, &tried) {
                break;
            }
        }
        let tried = tried.map_err(|no_answer| no_answer.failure);
        if arrivals == 0 {
            let mut lost = self.begin(log, &webhook, &prepared, (0, false));
            lost.outcome = WebhookOutcome::Lost;
            self.update(log, &lost);
        } else if let Some(mut sent) = listed {
            sent.outcome = WebhookOutcome::of(&tried);
            self.update(log, &sent);
        }
        tried
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
        let (network, log) = (self.clone(), log.clone());
        drop(self.clock.spawn(async move {
            if !delay.is_zero() {
                network.clock.sleep(delay).await;
            }
            let mut sent = network.begin(&log, &webhook, &prepared, (copy, too_late));
            if too_late {
                let limit = sent.connection.total;
                let tried = network.try_once(&mut sent, limit).await;
                sent.outcome = WebhookOutcome::of(&tried.map_err(|no_answer| no_answer.failure));
                network.update(&log, &sent);
            } else {
                network.finish(&log, sent).await;
            }
        }));
    }

    fn note_lost(&self, log: &Arc<Log>, webhook: &Webhook, prepared: &Prepared) {
        let mut lost = self.begin(log, webhook, prepared, (0, false));
        lost.outcome = WebhookOutcome::Lost;
        self.update(log, &lost);
    }

    /// Lists the webhook as sent now.
    fn begin(
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

    /// Puts a webhook on the wire now, as often as its URL asks for.
    async fn finish(&self, log: &Arc<Log>, mut webhook: SentWebhook) -> SentWebhook {
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
        let token = self.token(&webhook.account_sid);
        let mut attempts = std::mem::take(&mut webhook.attempts);
        let tried = {
            let _journey = self.clock.journey(webhook.header(IDEMPOTENCY).unwrap_or_default());
            let really = self.config.really(limit);
            let request = transport::try_once(&token, self.config.wire(), really, webhook, &mut attempts);
            self.clock.wait_at_most(self.clock.for_real_work(limit), request).await
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
        let log = lock(&self.logs).get(&webhook.call_sid).cloned();
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

fn main_account(config: &Config) -> Account {
    Account {
        sid: config.account_sid.clone(),
        auth_token: config.auth_token.clone(),
        api_key: config.api_key.clone(),
        parent: None,
    }
}

/// What is left of the time for all tries of a webhook: of the network's, and of the real one, which
/// passes even where the other stands still.
struct Patience {
    total: Duration,
    began: Timestamp,
    really_began: Instant,
}

impl Patience {
    fn begin(network: &Network, total: Duration) -> Self {
        Self { total, began: network.clock.now(), really_began: Instant::now() }
    }

    /// `None` when it is used up.
    fn left(&self, network: &Network) -> Option<Duration> {
        let passed = network.clock.now().duration_since(self.began).try_into().unwrap_or_default();
        let is_used_up = self.really_began.elapsed() >= network.config.really(self.total);
        self.total.checked_sub(passed).filter(|left| !left.is_zero() && !is_used_up)
    }
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
                let sent = sender.begin(&sender_log, &webhook, &prepared, (copy, false));
                report(&sender_log, &sender.finish(&sender_log, sent).await);
            }
        }));
        Self { network: network.clone(), log: log.clone(), queue }
    }

    /// Tells the webhook's server; the call goes on meanwhile.
    pub(crate) fn tell(&self, webhook: &Webhook) {
        let delays = self.network.route(webhook, 0);
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
                    let sent = network.begin(&log, &webhook, &prepared, (copy, false));
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
        WebhookOutcome::Failed(failure) => {
            log.error(failure.code, format!("{kind} callback: {}", failure.message));
        }
        WebhookOutcome::Answered(answer) if answer.status >= 400 => {
            log.error(11200, format!("{kind} callback answered {}", answer.status));
        }
        _ => {}
    }
}
