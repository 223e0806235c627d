//! What all calls share: the account's numbers, the phones outside, and the way of webhooks.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use phone::{AccountSid, CallSid, RecordingSid};
use signature::AuthToken;
use tokio::sync::mpsc;

use crate::Address;
use crate::additions::WebhookFaults;
use crate::applications::Applications;
use crate::clock::{Clock, later, lock};
use crate::config::{Account, ApiKey, Config, NumberUrls, Transcription};
use crate::cookies::Cookies;
use crate::leg::CallRecorder;
use crate::leg_facts::Params;
use crate::leg_handle::{Bridge, LegHandle};
use crate::phones::Phone;
use crate::queues::Queues;
use crate::recordings::{Recording, RecordingStatus};
use crate::rest::Desk;
use crate::rooms::Rooms;
use crate::sids::Sids;
use crate::story::{Log, Problem, Story, Watchers};
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
    pub(crate) webhook_faults: WebhookFaults,
    sent: Mutex<Vec<SentWebhook>>,
    of_kind: Mutex<HashMap<WebhookKind, usize>>,
    stories: Mutex<Vec<Story>>,
    logs: Mutex<HashMap<CallSid, Arc<Log>>>,
    legs: Mutex<Vec<Arc<LegHandle>>>,
    pub(crate) rooms: Rooms,
    pub(crate) queues: Queues,
    pub(crate) applications: Applications,
    recorders: Mutex<Vec<Arc<CallRecorder>>>,
    /// When each account may next begin a call.
    turns: Mutex<HashMap<AccountSid, Timestamp>>,
    cookies: Cookies,
    numbered: AtomicU64,
    problems: Mutex<Vec<Problem>>,
    warned: AtomicBool,
    recordings: Mutex<BTreeMap<RecordingSid, Recording>>,
}

/// An account with its tokens. The primary one signs; both open the REST API.
struct OpenAccount {
    account: Account,
    secondary: Option<String>,
    /// Keys that were made by REST.
    keys: Vec<ApiKey>,
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
            accounts: Mutex::new(vec![OpenAccount {
                account: main_account(&config),
                secondary: None,
                keys: Vec::new(),
            }]),
            numbers: Mutex::default(),
            phones: Mutex::default(),
            transcription: Mutex::new(config.transcription),
            policy: Mutex::default(),
            webhook_faults: WebhookFaults::default(),
            sent: Mutex::default(),
            of_kind: Mutex::default(),
            stories: Mutex::default(),
            logs: Mutex::default(),
            legs: Mutex::default(),
            rooms: Rooms::default(),
            queues: Queues::default(),
            applications: Applications::default(),
            recorders: Mutex::default(),
            turns: Mutex::default(),
            cookies: Cookies::default(),
            numbered: AtomicU64::new(1),
            problems: Mutex::default(),
            warned: AtomicBool::new(false),
            recordings: Mutex::default(),
            config,
        }
    }

    /// Opens an account, or changes it.
    pub(crate) fn open_account(&self, account: Account) {
        let mut accounts = lock(&self.accounts);
        accounts.retain(|open| open.account.sid != account.sid);
        accounts.push(OpenAccount { account, secondary: None, keys: Vec::new() });
    }

    /// The account with this SID.
    pub(crate) fn account(&self, sid: &str) -> Option<Account> {
        let accounts = lock(&self.accounts);
        accounts.iter().map(|open| &open.account).find(|account| account.sid.as_str() == sid).cloned()
    }

    pub(crate) fn all_accounts(&self) -> Vec<AccountSid> {
        lock(&self.accounts).iter().map(|open| open.account.sid.clone()).collect()
    }

    /// Another key that opens the account's part of the REST API.
    pub(crate) fn add_key(&self, account_sid: &AccountSid, key: ApiKey) {
        if let Some(open) = lock(&self.accounts).iter_mut().find(|open| open.account.sid == *account_sid) {
            open.keys.push(key);
        }
    }

    pub(crate) fn has_key(&self, account_sid: &AccountSid, sid: &str) -> bool {
        let accounts = lock(&self.accounts);
        let open = accounts.iter().find(|open| open.account.sid == *account_sid);
        open.is_some_and(|open| open.keys.iter().any(|key| key.sid == sid))
    }

    pub(crate) fn remove_key(&self, account_sid: &AccountSid, sid: &str) -> bool {
        let mut accounts = lock(&self.accounts);
        let Some(open) = accounts.iter_mut().find(|open| open.account.sid == *account_sid) else {
            return false;
        };
        let before = open.keys.len();
        open.keys.retain(|key| key.sid != sid);
        open.keys.len() < before
    }

    /// Something that Twilio's debugger would show, which belongs to no call.
    pub(crate) fn problem(&self, code: u32, message: &str) {
        let message = message.to_owned();
        lock(&self.problems).push(Problem { code, message, is_warning: true });
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
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
            let mut keys = account.api_key.iter().chain(&open.keys);
            let is_key = keys.any(|key| key.sid == user && key.secret == password);
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
        let (account_sid, urls) = lock(&self.numbers).get(number).cloned()?;
        let sid = urls.voice_application_sid.as_deref();
        match sid.and_then(|sid| self.applications.with_sid(&account_sid, sid)) {
            Some(application) => {
                Some(NumberUrls { voice_application_sid: urls.voice_application_sid, ..application.urls })
            }
            None => Some(urls),
        }
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
        lock(&self.stories).push(Story::of(log));
    }

    pub(crate) fn stories(&self) -> Vec<Story> {
        lock(&self.stories).clone()
    }

    /// A leg begins; its webhooks go into its log.
    pub(crate) fn leg_began(&self, leg: &Arc<LegHandle>) {
        lock(&self.logs).insert(leg.sid().clone(), leg.log.clone());
        lock(&self.legs).push(leg.clone());
    }

    /// A leg is over, and with it what was recorded of it.
    pub(crate) fn leg_ended(&self, leg: &LegHandle) {
        for recorder in self.recorders_of(leg.sid()) {
            recorder.stop();
        }
        lock(&self.recorders).retain(|recorder| !recorder.is_over());
    }

    pub(crate) fn legs(&self) -> Vec<Arc<LegHandle>> {
        lock(&self.legs).clone()
    }

    /// The leg of this identifier, in this account.
    pub(crate) fn leg(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<LegHandle>> {
        lock(&self.legs)
            .iter()
            .find(|leg| leg.sid().as_str() == sid && leg.facts().account_sid == *account_sid)
            .cloned()
    }

    /// Those who hear this leg at present.
    pub(crate) fn listeners(&self, sid: &CallSid) -> Vec<Arc<LegHandle>> {
        lock(&self.legs).iter().filter(|leg| leg.hears_leg(sid)).cloned().collect()
    }

    /// A number that no other dial, bridge or announcement has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed)
    }

    /// A new connection with this leg.
    pub(crate) fn bridge(&self, peer: Arc<LegHandle>) -> Bridge {
        Bridge { id: self.next_number(), peer }
    }

    /// How long a call that an account begins now waits for its turn.
    pub(crate) fn turn(&self, account_sid: &AccountSid) -> Duration {
        let now = self.clock.now();
        let gap = Duration::from_secs(1) / self.config.calls_per_second.max(1);
        let mut turns = lock(&self.turns);
        let next = turns.get(account_sid).copied().unwrap_or(now).max(now);
        turns.insert(account_sid.clone(), later(next, gap));
        next.duration_since(now).try_into().unwrap_or_default()
    }

    /// Whether an account may show this number to those whom it calls: its own, and verified ones.
    pub(crate) fn may_call_from(&self, account_sid: &AccountSid, from: &Address) -> bool {
        self.owner_of(from).as_ref() == Some(account_sid)
            || self.config.verified_numbers.iter().any(|number| number == from)
    }

    pub(crate) fn recorder_began(&self, recorder: &Arc<CallRecorder>) {
        lock(&self.recorders).push(recorder.clone());
    }

    /// What is being recorded of a leg.
    pub(crate) fn recorders_of(&self, sid: &CallSid) -> Vec<Arc<CallRecorder>> {
        let is_of = |recorder: &&Arc<CallRecorder>| {
            recorder.leg.sid() == sid && recorder.conference_sid.is_none() && !recorder.is_over()
        };
        lock(&self.recorders).iter().filter(is_of).cloned().collect()
    }

    /// Somebody speaks: recordings of their leg have it, and of those who hear them.
    pub(crate) fn spoken(&self, leg: &LegHandle, words: &str) {
        for room in self.rooms.all() {
            room.spoke(leg.sid());
        }
        // A conference begins to be recorded while it is locked: it is not asked while the list is.
        let recorders = lock(&self.recorders).clone();
        for recorder in recorders {
            let own = recorder.leg.sid() == leg.sid();
            let in_room = || {
                recorder.conference_sid.as_ref().is_some_and(|conference| {
                    self.rooms
                        .with_sid(&leg.facts().account_sid, conference)
                        .is_some_and(|room| room.participant(leg.sid().as_str()).is_some())
                })
            };
            if recorder.conference_sid.is_some() {
                if in_room() {
                    recorder.hears(false, words);
                }
            } else if own || recorder.leg.hears_leg(leg.sid()) {
                recorder.hears(!own, words);
            }
        }
    }

    /// A prompt was heard: recordings of the leg have it, whoever else is there.
    pub(crate) fn prompted(&self, leg: &LegHandle, since: Timestamp, length: Duration, words: &str) {
        for recorder in self.recorders_of(leg.sid()) {
            recorder.hears_prompt(since, length, words);
        }
    }

    /// A recording of a leg, which is about to begin.
    pub(crate) fn new_recording(&self, leg: &LegHandle, source: &'static str, track: &str) -> Recording {
        let sid = self.sids.recording();
        let account_sid = leg.facts().account_sid.clone();
        Recording {
            url: format!("{}/2010-04-01/Accounts/{account_sid}/Recordings/{sid}", self.rest_url),
            sid,
            account_sid,
            call_sid: leg.sid().clone(),
            conference_sid: None,
            speech: crate::Speech::silence(Duration::ZERO),
            channels: None,
            source,
            track: track.to_owned(),
            duration: 0,
            started: self.clock.now(),
            status: RecordingStatus::Processing,
        }
    }

    pub(crate) fn is_deleted(&self, recording: &Recording) -> bool {
        self.recording(recording.sid.as_str())
            .is_some_and(|recording| recording.status == RecordingStatus::Deleted)
    }

    /// The recording that a call's status callback tells of: one that was ordered with the call.
    pub(crate) fn last_recording_of_call(&self, sid: &CallSid) -> Option<Recording> {
        let mut recordings = self.recordings();
        recordings.retain(|recording| recording.call_sid == *sid && recording.source == "OutboundAPI");
        recordings.pop()
    }

    pub(crate) fn recordings(&self) -> Vec<Recording> {
        lock(&self.recordings).values().cloned().collect()
    }

    pub(crate) fn recording(&self, sid: &str) -> Option<Recording> {
        lock(&self.recordings).values().find(|recording| recording.sid.as_str() == sid).cloned()
    }

    /// Keeps a recording, or its new state.
    pub(crate) fn keep_recording(&self, recording: &Recording) {
        let mut recordings = lock(&self.recordings);
        let was = recordings.get(&recording.sid).map(|recording| recording.status);
        if was == Some(RecordingStatus::Deleted) {
            return;
        }
        recordings.insert(recording.sid.clone(), recording.clone());
        drop(recordings);
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
        if let Some(delays) = self.webhook_faults.route(webhook.kind) {
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
        let mut prepared = self.prepare(&webhook);
        if let Some(cookies) = self.cookies.of(&webhook.call_sid, &webhook.url) {
            prepared.headers.push(("cookie".into(), cookies));
        }
        let prepared = Arc::new(prepared);
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
