//! One inbound call: asks for a document, does what it says, and goes on until somebody hangs up.

mod dial;
mod ear;
mod gather;
mod input;
mod leg;
mod orders;
mod progress;
mod record;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::Address;
use crate::clock::{BoxFuture, later};
use crate::config::{NumberUrls, Unplayable};
use crate::document::{Document, Prompt, Verb, read};
use crate::line::{Direction, Line, Params, push};
use crate::network::{Callbacks, Network, Webhook};
use crate::phones::Caller;
use crate::story::{EndedBy, Log, Party, Story, What};
use crate::url;
use crate::webhooks::{Method, WebhookFailure, WebhookKind};
use ear::{Ear, Heard};
use orders::Orders;
use progress::push_end;

/// More documents than this in one call are a loop.
const MOST_DOCUMENTS: usize = 200;

/// Time that passes only when a webhook is held up on purpose.
const MOMENT: Duration = Duration::from_millis(1);

/// How deep calls to our own numbers may nest before it is a loop.
pub(crate) const DEEPEST: usize = 5;

/// What follows a verb.
enum Next {
    /// The next verb of the same document.
    Verb,
    /// Another document.
    Document(Document),
    /// The end of the call.
    End(EndedBy),
}

/// What is asked for a document, besides the call's own parameters.
struct Request<'a> {
    kind: WebhookKind,
    url: &'a str,
    method: Method,
    extra: Params,
}

/// What ties a call to the leg that dialled it.
pub(crate) struct Outer {
    /// Tells the leg that this call was answered.
    on_answer: Option<oneshot::Sender<()>>,
    /// Whether the leg is still wanted; when not, this call's caller is gone.
    orders: Orders,
}

pub(crate) struct Call {
    network: Arc<Network>,
    log: Arc<Log>,
    callbacks: Callbacks,
    line: Line,
    urls: NumberUrls,
    script: Caller,
    /// Calls to our own numbers that led here.
    depth: usize,
    /// The leg that dialled this number of ours, if one did.
    outer: Option<Outer>,
    answered: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// How the call ended, when not by what was heard.
    status_at_end: Option<&'static str>,
    /// The callee hung up and nothing was heard since.
    callee_left: bool,
    /// Ringing heard so far.
    ringing_heard: Duration,
    /// Prompts heard so far that lead to a recording.
    greeting_heard: Duration,
    in_greeting: bool,
    /// What the present document was asked with, and where it came from.
    current: (String, Method),
    base: String,
}

impl Call {
    /// Prepares a call; nothing happens before [`Call::run`].
    pub(crate) fn new(
        network: &Arc<Network>,
        script: Caller,
        to: &Address,
        depth: usize,
        outer: Option<Outer>,
    ) -> Self {
        let sid = network.sids.call();
        let log = Log::new(
            sid.clone(),
            script.identity.clone(),
            to.clone(),
            network.clock.clone(),
            network.watchers.clone(),
        );
        network.begin_story(&log);
        let call_token =
            format!(r#"{{"parentCallInfoToken":"{}","identityHeaderTokens":[]}}"#, network.sids.hex());
        let line = Line {
            account_sid: network.owner_of(to).unwrap_or_else(|| network.config.account_sid.clone()),
            sid,
            parent: None,
            from: script.identity.clone(),
            to: to.clone(),
            direction: Direction::Inbound,
            forwarded_from: script.forwarded_from.clone(),
            caller_name: script.name.clone(),
            stir_verstat: script.stir_verstat.clone(),
            call_token: Some(call_token),
        };
        network.leg_began(&line, &log);
        Self {
            callbacks: Callbacks::start(network, &log),
            network: network.clone(),
            log,
            line,
            urls: network.urls_of(to).unwrap_or_default(),
            script,
            depth,
            outer,
            answered: None,
            ended: None,
            status_at_end: None,
            callee_left: false,
            ringing_heard: Duration::ZERO,
            greeting_heard: Duration::ZERO,
            in_greeting: false,
            current: (String::new(), Method::Post),
            base: String::new(),
        }
    }

    pub(crate) fn story(&self) -> Story {
        self.log.story()
    }

    /// The call, from dialling to hanging up. Boxed, because a call may lead to another one.
    pub(crate) fn run(self) -> BoxFuture<'static, ()> {
        Box::pin(self.run_to_the_end())
    }

    async fn run_to_the_end(mut self) {
        self.log.add(Party::Caller, What::Dials(self.line.to.clone()));
        if self.network.urls_of(&self.line.to).is_none() {
            self.log.error(0, "nobody has wired this number");
            self.log.add(Party::Caller, What::HearsNotInService);
            self.log.set_status("failed");
            self.network.leg_ended(&self.line.sid, "failed");
            self.log.end(EndedBy::Network);
            return;
        }
        let voice_url = self.urls.voice_url.clone();
        let mut next = self
            .go_on(Request {
                kind: WebhookKind::Voice,
                url: &voice_url,
                method: self.urls.voice_method,
                extra: Params::new(),
            })
            .await;
        let mut documents = 0;
        let by = loop {
            match next {
                Next::Document(_) if documents == MOST_DOCUMENTS => {
                    self.log.error(0, format!("a loop: {MOST_DOCUMENTS} documents in one call"));
                    break EndedBy::Network;
                }
                Next::Document(document) => {
                    documents += 1;
                    next = self.execute(document).await;
                }
                Next::Verb => break EndedBy::Network,
                Next::End(by) => break by,
            }
        };
        if self.ended.is_none() {
            self.hang_up(by);
        }
        self.report_end();
    }

    /// The call is over, at this instant.
    fn hang_up(&mut self, by: EndedBy) {
        let by = if by == EndedBy::Network && self.callee_left { EndedBy::Callee } else { by };
        if by == EndedBy::Caller {
            self.log.add(Party::Caller, What::HangsUp);
        } else if self.answered.is_some() {
            self.log.add(Party::Caller, What::HearsHangUp);
        }
        let now = self.network.clock.now();
        self.ended = Some(now);
        let status = self.status();
        self.log.set_status(status);
        self.network.leg_ended(&self.line.sid, status);
        self.log.end(by);
    }

    /// Tells the number's status callback that the call is over, once.
    fn report_end(&mut self) {
        let (Some(url), Some(ended)) = (self.urls.status_callback.take(), self.ended) else {
            return;
        };
        let length = self
            .answered
            .map_or(Duration::ZERO, |answered| ended.duration_since(answered).try_into().unwrap_or_default());
        let mut params = self.line.params(self.status());
        push_end(&mut params, ended, length, 0);
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::CallStatus,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: self.urls.status_callback_method,
            url,
            params,
        });
    }

    /// `CallStatus` as a webhook would say now.
    fn status(&self) -> &'static str {
        if let Some(status) = self.status_at_end {
            return status;
        }
        match (self.answered, self.ended) {
            (Some(_), Some(_)) => "completed",
            (None, Some(_)) => "no-answer",
            (Some(_), None) => "in-progress",
            (None, None) => "ringing",
        }
    }

    /// Picks up, unless that was done.
    fn answer(&mut self) {
        if self.answered.is_some() {
            return;
        }
        self.answered = Some(self.network.clock.now());
        self.log.set_status("in-progress");
        self.log.add(Party::Caller, What::Answers);
        self.network.leg_answered(&self.line.sid);
        if let Some(on_answer) = self.outer.as_mut().and_then(|outer| outer.on_answer.take()) {
            // Who dialled may have given up already.
            let _ = on_answer.send(());
        }
    }

    /// The caller hangs up.
    fn leave(&mut self) -> Next {
        self.hang_up(EndedBy::Caller);
        Next::End(EndedBy::Caller)
    }

    /// How long until the caller has had enough of everything.
    fn patience_with_all(&self) -> Option<Duration> {
        let now = self.network.clock.now();
        let left = |limit: Duration| {
            let leaves = later(self.log.started(), limit);
            leaves.duration_since(now).try_into().unwrap_or_default()
        };
        let unanswered = self.script.patience.unanswered.filter(|_| self.answered.is_none());
        shorter(self.script.patience.with_all.map(left), unanswered.map(left))
    }

    /// How long until the caller has had enough of ringing.
    fn patience_with_ringing(&self) -> Option<Duration> {
        let ringing = self.script.patience.with_ringing;
        shorter(ringing.map(|limit| limit.saturating_sub(self.ringing_heard)), self.patience_with_all())
    }

    /// The caller's ear for prompts.
    fn ear(&self) -> Ear {
        let greeting = self.script.patience.with_greeting.filter(|_| self.in_greeting);
        self.ear_with(shorter(
            greeting.map(|limit| limit.saturating_sub(self.greeting_heard)),
            self.patience_with_all(),
        ))
    }

    fn ear_with(&self, patience: Option<Duration>) -> Ear {
        let (at, line) = ((&self.network, &self.log), (&self.line, &*self.base));
        let ear = Ear::of(at, line, Party::Caller, patience);
        match self.orders() {
            Some(orders) => ear.until_called_off(orders),
            None => ear,
        }
    }

    /// What may take the caller away, besides their patience.
    fn orders(&self) -> Option<Orders> {
        self.outer.as_ref().map(|outer| outer.orders.clone())
    }

    /// Lets time pass that is within the caller's patience; answers how much did, and whether the
    /// caller is still there.
    async fn rest(&self, length: Duration) -> (Duration, bool) {
        self.ear_with(None).listen(length).await
    }

    /// Lets the caller hear a prompt; what is next when that is not the next prompt or verb.
    async fn hear(&mut self, prompt: &Prompt) -> Next {
        self.callee_left = false;
        let began = self.network.clock.now();
        let ear = self.ear();
        let heard = ear.hear(prompt).await;
        if self.in_greeting {
            let heard = self.network.clock.now().duration_since(began);
            self.greeting_heard += heard.try_into().unwrap_or_default();
        }
        match (heard, prompt) {
            (Heard::Gone, _) => self.leave(),
            (Heard::Nothing(failure), Prompt::Play { url, .. }) => self.unplayable(url, failure).await,
            (Heard::Whole | Heard::Nothing(_), _) => Next::Verb,
        }
    }

    /// What comes of a sound that cannot be had.
    async fn unplayable(&mut self, url: &str, failure: WebhookFailure) -> Next {
        self.log.error(failure.code, format!("<Play>: {}", failure.message));
        match self.network.config.unplayable {
            Unplayable::IsLeftOut => Next::Verb,
            Unplayable::EndsTheCall => self.application_error().await,
            Unplayable::FallsBack => {
                let request = Request {
                    kind: WebhookKind::Fallback,
                    url,
                    method: self.urls.voice_fallback_method,
                    extra: Params::new(),
                };
                let webhook = self.webhook(&request, &url::resolve(&self.base, url));
                self.fall_back(webhook, &failure).await
            }
        }
    }

    async fn execute(&mut self, document: Document) -> Next {
        self.in_greeting = document.records();
        if document.verbs.is_empty() {
            self.answer();
        }
        for (n, verb) in document.verbs.into_iter().enumerate() {
            let next = match verb {
                Verb::Prompt(Prompt::Pause(length)) if n == 0 && self.answered.is_none() => {
                    self.keep_ringing(length).await
                }
                Verb::Prompt(prompt) => {
                    self.answer();
                    self.hear(&prompt).await
                }
                Verb::Gather(gather) => self.gather(&gather).await,
                Verb::Dial(dial) => self.dial(dial).await,
                Verb::Record(record) => self.record(&record).await,
                Verb::Redirect { url, method } => {
                    self.go_on(Request {
                        kind: WebhookKind::Redirect,
                        url: &url,
                        method,
                        extra: Params::new(),
                    })
                    .await
                }
                Verb::Reject { busy } if n == 0 && self.answered.is_none() => self.reject(busy),
                Verb::Reject { .. } => Next::End(EndedBy::Network),
                Verb::Hangup => {
                    self.answer();
                    Next::End(EndedBy::Network)
                }
                Verb::NotSimulated(name) => {
                    self.log.error(0, format!("<{name}> is not simulated and was left out"));
                    Next::Verb
                }
            };
            if !matches!(next, Next::Verb) {
                return next;
            }
        }
        Next::End(EndedBy::Network)
    }

    /// A pause before anything else delays the answer.
    async fn keep_ringing(&mut self, length: Duration) -> Next {
        let began = self.network.clock.now();
        let (heard, stays) = self.ear_with(self.patience_with_ringing()).listen(length).await;
        self.log.add_at(began, Party::Caller, What::HearsRinging(heard));
        self.ringing_heard += heard;
        if stays { Next::Verb } else { self.leave() }
    }

    fn reject(&mut self, busy: bool) -> Next {
        if busy {
            self.log.add(Party::Caller, What::HearsBusy);
            self.status_at_end = Some("busy");
        } else {
            self.log.add(Party::Caller, What::HearsNotInService);
            self.status_at_end = Some("no-answer");
        }
        Next::End(EndedBy::Network)
    }

    fn webhook(&self, request: &Request<'_>, url: &str) -> Webhook {
        let mut params = self.line.params(self.status());
        params.extend(request.extra.iter().cloned());
        Webhook {
            kind: request.kind,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: request.method,
            url: url.into(),
            params,
        }
    }

    /// Requests the next document. When the caller is gone the answer is thrown away.
    async fn go_on(&mut self, request: Request<'_>) -> Next {
        let url = url::resolve(&self.base, request.url);
        let webhook = self.webhook(&request, &url);
        if self.ended.is_some() {
            self.tell_only(webhook).await;
            return Next::End(EndedBy::Caller);
        }
        let answer = self.network.ask(&self.log, webhook.clone()).await;
        let failure = match answer.and_then(|answer| {
            let document = read::answer(&answer)?;
            Ok((document, answer.url))
        }) {
            Ok((document, base)) => {
                self.current = (url, request.method);
                self.base = base;
                return Next::Document(document);
            }
            Err(failure) => failure,
        };
        self.log.error(failure.code, failure.message.clone());
        self.fall_back(webhook, &failure).await
    }

    /// Requests what nobody waits for any more: the caller is gone, the answer is thrown away.
    async fn tell_only(&mut self, webhook: Webhook) {
        let (network, log) = (self.network.clone(), self.log.clone());
        let mut ask = std::pin::pin!(network.ask(&log, webhook));
        let in_time = network.clock.wait_at_most(MOMENT, &mut ask).await;
        let answer = if let Some(answer) = in_time {
            answer
        } else {
            // It is lost or late; the end of the call is told meanwhile.
            self.report_end();
            ask.await
        };
        if let Err(failure) = answer.and_then(|answer| usable(&answer)) {
            self.log.error(failure.code, failure.message);
        }
    }

    /// Asks the fallback URL; without one, or when it fails too, the caller hears of it.
    async fn fall_back(&mut self, mut webhook: Webhook, failure: &WebhookFailure) -> Next {
        if let Some(url) = self.urls.voice_fallback_url.clone() {
            push(&mut webhook.params, "ErrorCode", failure.code.to_string());
            push(&mut webhook.params, "ErrorUrl", webhook.url.as_str());
            webhook.kind = WebhookKind::Fallback;
            webhook.method = self.urls.voice_fallback_method;
            webhook.url.clone_from(&url);
            let answer = self.network.ask(&self.log, webhook).await;
            match answer.and_then(|answer| {
                let document = read::answer(&answer)?;
                Ok((document, answer.url))
            }) {
                Ok((document, base)) => {
                    self.current = (url, self.urls.voice_fallback_method);
                    self.base = base;
                    return Next::Document(document);
                }
                Err(failure) => self.log.error(failure.code, failure.message),
            }
        }
        self.application_error().await
    }

    async fn application_error(&mut self) -> Next {
        self.answer();
        self.log.add(Party::Caller, What::HearsApplicationError);
        self.network.clock.sleep(Duration::from_secs(4)).await;
        Next::End(EndedBy::ApplicationError)
    }
}

/// Of an answer that is thrown away only the status counts.
fn usable(answer: &crate::webhooks::WebhookAnswer) -> Result<(), WebhookFailure> {
    if answer.status < 400 {
        Ok(())
    } else {
        Err(WebhookFailure::new(11200, format!("{} answered {}", answer.url, answer.status)))
    }
}

/// The shorter of two waits of which `None` is for ever.
fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
