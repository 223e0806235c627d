//! Documents: how they are asked for, and the one executor of them for all legs.

use std::sync::Arc;
use std::time::Duration;

use super::prompt::Heard;
use super::{Interrupt, Leg, Request, Stays};
use crate::clock::{later, until};
use crate::config::Unplayable;
use crate::document::{Program, Prompt, Verb, read};
use crate::hearing::Hearing;
use crate::leg_handle::{Ending, Source};
use crate::params::{Params, push};
use crate::person::Mood;
use crate::story::{EndedBy, What};
use crate::url;
use crate::webhooks::{Method, Webhook, WebhookAnswer, WebhookFailure, WebhookKind};

/// More documents than this within a minute are a loop.
const MOST_DOCUMENTS: usize = 200;

/// What takes longer than this is held up: on a virtual clock on purpose, on a real one by its way.
const MOMENT: Duration = Duration::from_millis(1);

/// How long Twilio takes to fetch the document that a live call is led to (measured on live calls).
const REDIRECT_DELAY: Duration = Duration::from_millis(55);

/// What follows a verb.
pub(super) enum Next {
    /// The next verb of the same document.
    Verb,
    /// Another document.
    Document(Program),
    /// The documents have nothing more to say.
    RunOut,
    /// `<Leave>`: out of the queue.
    Leave,
}

/// What a document is heard for, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// It steers the call.
    Call,
    /// The called party hears it before being connected.
    Whisper,
    /// It is heard while a room has not begun, or on hold, or as an announcement.
    Room(WebhookKind),
    /// It is heard while waiting in a queue.
    Queue,
    /// Who waited hears it before being connected.
    QueueConnect,
}

impl Scope {
    /// Twilio's error for a verb that may not be there.
    fn objection(self, verb: &Verb) -> Option<(u32, &'static str)> {
        let speech = matches!(verb, Verb::Prompt(_) | Verb::Redirect { .. });
        match self {
            Self::Call => None,
            Self::Whisper => (!speech && !matches!(verb, Verb::Gather(_) | Verb::Hangup))
                .then_some((13201, "a whisper may only Say, Play, Pause, Gather, Redirect and Hangup")),
            Self::Room(_) => (!speech).then_some((
                13238,
                "in a conference only Say, Play, Pause and Redirect are heard before and beside the talk",
            )),
            Self::Queue => (!speech && !matches!(verb, Verb::Gather(_) | Verb::Hangup | Verb::Leave))
                .then_some((
                    14219,
                    "who waits in a queue may only hear Say, Play, Pause, Gather, Redirect, Leave and Hangup",
                )),
            Self::QueueConnect => {
                (!speech).then_some((14220, "a Queue's url may only Say, Play, Pause and Redirect"))
            }
        }
    }

    /// The kind of a request for another document of the same purpose.
    fn kind(self, in_a_call: WebhookKind) -> WebhookKind {
        match self {
            Self::Call => in_a_call,
            Self::Whisper => WebhookKind::Whisper,
            Self::Room(kind) => kind,
            Self::Queue => WebhookKind::QueueWait,
            Self::QueueConnect => WebhookKind::QueueConnect,
        }
    }
}

impl Leg {
    /// Runs documents until the call is over; who ended it.
    pub(super) async fn live(&mut self, first: Request) -> EndedBy {
        match self.ask_for(first, Scope::Call).await {
            Ok(program) => self.live_with(program).await,
            Err(interrupt) => self.live_after(interrupt).await,
        }
    }

    /// Runs a document, and what follows from it, until the call is over.
    pub(super) async fn live_with(&mut self, program: Program) -> EndedBy {
        match self.follow(program, Scope::Call).await {
            Ok(_) => EndedBy::Network,
            Err(interrupt) => self.live_after(interrupt).await,
        }
    }

    /// What becomes of a call whose documents were interrupted.
    pub(super) async fn live_after(&mut self, interrupt: Interrupt) -> EndedBy {
        let mut interrupt = interrupt;
        loop {
            interrupt = match interrupt {
                Interrupt::Gone => return self.person(),
                Interrupt::Over(by) => return by,
                Interrupt::Ended(Ending::CalledOff | Ending::FarEnd) => return self.others(),
                // Nothing waits for the last two here.
                Interrupt::Ended(Ending::Rest | Ending::TimeLimit) | Interrupt::Look | Interrupt::Failed => {
                    return EndedBy::Network;
                }
                Interrupt::Moved(source) => match self.moved_to(source).await {
                    Err(interrupt) => interrupt,
                    Ok(program) => match self.follow(program, Scope::Call).await {
                        Ok(_) => return EndedBy::Network,
                        Err(interrupt) => interrupt,
                    },
                },
            };
        }
    }

    /// Who hangs up when the person at this leg does.
    pub(super) fn person(&self) -> EndedBy {
        match self.handle.facts().direction {
            crate::leg_facts::Direction::Inbound => EndedBy::Caller,
            _ => EndedBy::Callee,
        }
    }

    fn others(&self) -> EndedBy {
        match self.handle.facts().direction {
            crate::leg_facts::Direction::Inbound => EndedBy::Network,
            _ => EndedBy::Caller,
        }
    }

    /// The document that the REST API leads the call to.
    pub(super) async fn moved_to(&mut self, source: Source) -> Result<Program, Interrupt> {
        self.callee_left = false;
        self.stays = Stays::Nowhere;
        match source {
            Source::Url(url, method) => {
                let request = Request { kind: WebhookKind::LiveUpdate, url, method, extra: Params::new() };
                let began = self.now();
                match self.rest(REDIRECT_DELAY).await {
                    Ok(()) => {}
                    Err(interrupt @ Interrupt::Moved(_)) => {
                        // What is led elsewhere meanwhile asks for this document all the same.
                        self.ask_in_vain(&request, until(self.now(), later(began, REDIRECT_DELAY)));
                        return Err(interrupt);
                    }
                    Err(interrupt) => return Err(interrupt),
                }
                self.base.clear();
                self.ask_for(request, Scope::Call).await
            }
            Source::Twiml(text) => {
                self.rest(REDIRECT_DELAY).await?;
                self.base.clear();
                self.current = (String::new(), Method::Post);
                match read::twiml(&self.network.post.tolerated(self.log(), &text)) {
                    Ok(program) => Ok(program),
                    Err(failure) => {
                        self.error(failure.code, failure.message);
                        self.application_error().await
                    }
                }
            }
        }
    }

    /// Runs documents of a purpose until they have nothing more to say.
    pub(super) async fn follow(&mut self, first: Program, scope: Scope) -> Result<Next, Interrupt> {
        let mut program = first;
        loop {
            if self.is_loop() {
                self.error(0, format!("a loop: {MOST_DOCUMENTS} documents within a minute"));
                return Err(Interrupt::Over(EndedBy::Network));
            }
            match self.execute(program, scope).await? {
                Next::Document(next) => program = next,
                next => return Ok(next),
            }
        }
    }

    /// Counts documents, and tells whether they are too many.
    fn is_loop(&mut self) -> bool {
        let now = self.now();
        if later(self.documents_since, Duration::from_mins(1)) < now {
            self.documents = 0;
            self.documents_since = now;
        }
        self.documents += 1;
        self.documents > MOST_DOCUMENTS
    }

    async fn execute(&mut self, program: Program, scope: Scope) -> Result<Next, Interrupt> {
        if scope == Scope::Call {
            self.in_greeting = program.records();
            if program.verbs.is_empty() {
                self.answer();
            }
        }
        let mut verbs = program.verbs.into_iter().enumerate().peekable();
        while let Some((n, verb)) = verbs.next() {
            if let Some((code, message)) = scope.objection(&verb) {
                self.error(code, format!("<{}>: {message}", verb.name()));
                continue;
            }
            let dials = matches!(&verb, Verb::Dial(dial) if dial.action.is_none());
            match self.verb(n, verb, scope).await {
                Ok(Next::Verb) => {}
                Err(interrupt @ Interrupt::Moved(_)) if dials => {
                    // A <Dial> without action goes on as far as a <Redirect> behind it.
                    if let Some((_, Verb::Redirect { url, method })) = verbs.next() {
                        let request =
                            Request { kind: WebhookKind::Redirect, url, method, extra: Params::new() };
                        self.ask_for_nothing(&request).await?;
                    }
                    return Err(interrupt);
                }
                other => return other,
            }
        }
        Ok(Next::RunOut)
    }

    async fn verb(&mut self, n: usize, verb: Verb, scope: Scope) -> Result<Next, Interrupt> {
        // A first document that only waits, or leads to another, leaves the call ringing.
        let keeps_ringing = scope == Scope::Call && n == 0 && self.answered.is_none();
        match verb {
            Verb::Prompt(Prompt::Pause(length)) if keeps_ringing => self.keep_ringing(length).await,
            // So an empty first one was seen to do.
            Verb::Prompt(Prompt::Say { text, .. }) if keeps_ringing && text.is_empty() => {
                self.waited = true;
                Ok(Next::Verb)
            }
            Verb::Prompt(prompt) => {
                self.answer();
                self.hear_in(&prompt, scope).await
            }
            Verb::Gather(gather) => Box::pin(self.gather(&gather, scope)).await,
            Verb::Dial(dial) => Box::pin(self.dial(*dial)).await,
            Verb::Record(record) => Box::pin(self.record(&record)).await,
            Verb::Enqueue(enqueue) => Box::pin(self.enqueue(&enqueue)).await,
            Verb::Leave if scope == Scope::Queue => Ok(Next::Leave),
            Verb::Leave => {
                self.error(14000, "<Leave> outside of a queue does nothing");
                Ok(Next::Verb)
            }
            Verb::StartRecording(recording) => {
                self.answer();
                self.start_recording(&recording);
                Ok(Next::Verb)
            }
            Verb::StartStream(asked) => {
                self.answer();
                self.start_stream(*asked);
                Ok(Next::Verb)
            }
            Verb::StartTranscription(asked) => {
                self.answer();
                self.start_transcription(*asked);
                Ok(Next::Verb)
            }
            Verb::StopStream(name) => {
                self.stop_stream(name.as_deref());
                Ok(Next::Verb)
            }
            Verb::StopTranscription(name) => {
                self.stop_transcription(name.as_deref());
                Ok(Next::Verb)
            }
            Verb::ConnectStream(connected) => Box::pin(self.connect_stream(*connected)).await,
            Verb::Refer(refer) => self.refer(&refer).await,
            Verb::Redirect { url, method } => {
                if scope == Scope::Call && !self.network.config.unverified.redirect_keeps_ringing {
                    self.answer();
                }
                self.waited = true;
                let kind = scope.kind(WebhookKind::Redirect);
                self.go_on(Request { kind, url, method, extra: Params::new() }, scope).await
            }
            Verb::Reject { busy } if keeps_ringing && !self.waited => {
                self.reject(busy);
                Err(Interrupt::Over(EndedBy::Network))
            }
            Verb::Reject { .. } | Verb::Hangup => {
                self.answer();
                Err(Interrupt::Over(EndedBy::Network))
            }
            Verb::NotSimulated(name) => {
                self.error(0, format!("<{name}> is not simulated and was left out"));
                Ok(Next::Verb)
            }
        }
    }

    /// A pause before anything else delays the answer.
    async fn keep_ringing(&mut self, length: Duration) -> Result<Next, Interrupt> {
        if !self.network.config.unverified.pause_keeps_ringing {
            self.answer();
            return self.hear_in(&Prompt::Pause(length), Scope::Call).await;
        }
        self.waited = true;
        let began = self.now();
        self.feels(Mood::Ringing);
        let rested = self.rest(length).await;
        self.feels(Mood::Else);
        let heard = until(began, self.now());
        self.log().add_at(began, self.handle.party.clone(), What::HearsRinging(heard));
        self.person.endured(Mood::Ringing, heard);
        rested.map(|()| Next::Verb)
    }

    fn reject(&mut self, busy: bool) {
        if busy {
            self.does(What::HearsBusy);
            self.status_at_end = Some("busy");
        } else {
            self.does(What::HearsNotInService);
            self.status_at_end = Some("no-answer");
        }
    }

    /// Hands the caller over to another SIP address; only calls that came by SIP can be.
    async fn refer(&mut self, refer: &crate::document::Refer) -> Result<Next, Interrupt> {
        self.answer();
        let by_sip = self.handle.facts().from.reveal().starts_with("sip");
        let status = if by_sip && !refer.to.is_empty() { "202" } else { "" };
        if status.is_empty() {
            self.error(13247, "<Refer>: only a call that came by SIP can be handed over");
        } else {
            self.log().note(format!("is handed over to {}", refer.to));
        }
        let Some(action) = &refer.action else { return Ok(Next::Verb) };
        let mut extra = Params::new();
        push(&mut extra, "ReferCallStatus", if by_sip { "completed" } else { "failed" });
        push(&mut extra, "ReferSipResponseCode", status);
        let request =
            Request { kind: WebhookKind::ReferAction, url: action.clone(), method: refer.method, extra };
        self.go_on(request, Scope::Call).await
    }

    /// Lets the person hear a prompt; what is next when that is not the next verb.
    pub(super) async fn hear_in(&mut self, prompt: &Prompt, scope: Scope) -> Result<Next, Interrupt> {
        self.callee_left = false;
        let mood = match scope {
            Scope::Whisper => Mood::Whisper,
            Scope::Call if self.in_greeting => Mood::Greeting,
            _ => Mood::Else,
        };
        let began = self.now();
        if mood != Mood::Whisper {
            self.feels(mood);
        }
        let heard = self.hear(prompt).await;
        self.person.endured(mood, until(began, self.now()));
        if mood != Mood::Whisper {
            self.feels(Mood::Else);
        }
        match (heard?, prompt) {
            (Heard::Nothing(failure), Prompt::Play { url, .. }) => self.unplayable(url, failure, scope).await,
            _ => Ok(Next::Verb),
        }
    }

    /// What comes of a sound that cannot be had.
    async fn unplayable(
        &mut self,
        url: &str,
        failure: WebhookFailure,
        scope: Scope,
    ) -> Result<Next, Interrupt> {
        self.error(failure.code, format!("<Play>: {}", failure.message));
        match (self.network.config.unplayable, scope) {
            (Unplayable::IsLeftOut, _) | (_, Scope::Room(_) | Scope::Queue | Scope::QueueConnect) => {
                Ok(Next::Verb)
            }
            (_, Scope::Whisper) => {
                self.does(What::HearsApplicationError);
                Err(Interrupt::Over(EndedBy::ApplicationError))
            }
            (Unplayable::EndsTheCall, Scope::Call) => self.application_error().await,
            (Unplayable::FallsBack, Scope::Call) => {
                let method = self.fallback.as_ref().map_or(Method::Post, |(_, method)| *method);
                let request = Request {
                    kind: WebhookKind::Fallback,
                    url: url.to_owned(),
                    method,
                    extra: Params::new(),
                };
                let webhook = self.webhook(&request, &url::resolve(&self.base, url));
                self.fall_back(webhook, &failure).await.map(Next::Document)
            }
        }
    }

    pub(super) fn webhook(&self, request: &Request, url: &str) -> Webhook {
        let facts = self.handle.facts();
        let mut params = facts.params(self.status());
        params.extend(request.extra.iter().cloned());
        Webhook {
            kind: request.kind,
            account_sid: facts.account_sid.clone(),
            call_sid: facts.sid.clone(),
            method: request.method,
            url: url.into(),
            params,
        }
    }

    /// Requests the next document. When the caller is gone the answer is thrown away.
    pub(super) async fn go_on(&mut self, request: Request, scope: Scope) -> Result<Next, Interrupt> {
        self.ask_for(request, scope).await.map(Next::Document)
    }

    /// What ended a verb has ended the call as well: the person hung up, REST said so, or its time is up.
    pub(super) fn over_with(&mut self, interrupt: Option<&Interrupt>) {
        match interrupt {
            Some(Interrupt::Gone) => self.over(self.person()),
            Some(Interrupt::Ended(Ending::Rest | Ending::TimeLimit)) => self.over(EndedBy::Network),
            _ => {}
        }
    }

    /// A verb's action is asked where to go on. What interrupted the verb counts more than the answer, which
    /// is thrown away then.
    pub(super) async fn go_on_after(
        &mut self,
        request: Request,
        interrupt: Option<Interrupt>,
    ) -> Result<Next, Interrupt> {
        match interrupt {
            None => self.go_on(request, Scope::Call).await,
            Some(interrupt) if self.ended.is_some() => {
                let _ = self.go_on(request, Scope::Call).await;
                Err(interrupt)
            }
            Some(interrupt) => {
                self.ask_for_nothing(&request).await?;
                Err(interrupt)
            }
        }
    }

    /// Requests a document.
    pub(super) async fn ask_for(&mut self, request: Request, scope: Scope) -> Result<Program, Interrupt> {
        let url = url::resolve(&self.base, &request.url);
        let webhook = self.webhook(&request, &url);
        if self.ended.is_some() {
            self.tell_only(webhook).await;
            return Err(Interrupt::Gone);
        }
        let answer = self.ask(webhook.clone()).await?;
        let failure = match answer.and_then(|answer| Ok((read::answer(&answer)?, answer.url))) {
            Ok((program, base)) => {
                self.current = (url, request.method);
                self.base = base;
                return Ok(program);
            }
            Err(failure) => failure,
        };
        self.error(failure.code, failure.message.clone());
        match scope {
            Scope::Call => self.fall_back(webhook, &failure).await,
            Scope::Whisper => {
                self.does(What::HearsApplicationError);
                Err(Interrupt::Over(EndedBy::ApplicationError))
            }
            Scope::Room(_) | Scope::Queue | Scope::QueueConnect => Err(Interrupt::Failed),
        }
    }

    /// Asks what the leg needs to go on. When that is no longer so the request goes on by itself, and its
    /// answer is thrown away.
    pub(super) async fn ask(
        &mut self,
        webhook: Webhook,
    ) -> Result<Result<WebhookAnswer, WebhookFailure>, Interrupt> {
        if self.answered.is_some() {
            self.hears(Hearing::Silence);
        }
        let (network, log) = (self.network.clone(), self.log().clone());
        let asking = self.clock().spawn(async move { network.post.ask(&log, webhook).await });
        let answer = self.pass_until(asking).await?;
        Ok(answer.unwrap_or_else(|_| Err(WebhookFailure::new(12400, "the request broke off"))))
    }

    /// Requests what nobody waits for any more: the caller is gone, the answer is thrown away.
    pub(super) async fn tell_only(&mut self, webhook: Webhook) {
        let (network, log) = (self.network.clone(), self.log().clone());
        let mut ask = std::pin::pin!(network.post.ask(&log, webhook));
        let in_time = network.clock.wait_at_most(MOMENT, &mut ask).await;
        let answer = if let Some(answer) = in_time {
            answer
        } else {
            // It is lost or late; the end of the call is told meanwhile.
            self.report_end();
            ask.await
        };
        if let Err(failure) = answer.and_then(|answer| usable(&answer)) {
            self.error(failure.code, failure.message);
        }
    }

    /// Requests what the leg waits for and does not go by: the answer is thrown away.
    pub(super) async fn ask_for_nothing(&mut self, request: &Request) -> Result<(), Interrupt> {
        let webhook = self.webhook(request, &url::resolve(&self.base, &request.url));
        if let Err(failure) = self.ask(webhook).await?.and_then(|answer| usable(&answer)) {
            self.error(failure.code, failure.message);
        }
        Ok(())
    }

    /// Requests, a little later, what the leg goes by no more.
    fn ask_in_vain(&self, request: &Request, after: Duration) {
        let webhook = self.webhook(request, &request.url);
        let (network, log): (Arc<_>, _) = (self.network.clone(), self.log().clone());
        drop(self.clock().spawn(async move {
            network.clock.sleep(after).await;
            let _ = network.post.ask(&log, webhook).await;
        }));
    }

    /// Asks the fallback URL; without one, or when it fails too, the caller hears of it.
    async fn fall_back(
        &mut self,
        mut webhook: Webhook,
        failure: &WebhookFailure,
    ) -> Result<Program, Interrupt> {
        if let Some((url, method)) = self.fallback.clone() {
            push(&mut webhook.params, "ErrorCode", failure.code.to_string());
            push(&mut webhook.params, "ErrorUrl", webhook.url.as_str());
            webhook.kind = WebhookKind::Fallback;
            webhook.method = method;
            webhook.url.clone_from(&url);
            let answer = self.ask(webhook).await?;
            match answer.and_then(|answer| Ok((read::answer(&answer)?, answer.url))) {
                Ok((program, base)) => {
                    self.current = (url, method);
                    self.base = base;
                    return Ok(program);
                }
                Err(failure) => self.error(failure.code, failure.message),
            }
        }
        self.application_error().await
    }

    /// The worst: the caller hears that it is broken, and the call ends.
    async fn application_error<T>(&mut self) -> Result<T, Interrupt> {
        self.answer();
        self.does(What::HearsApplicationError);
        self.hears(Hearing::Words("an application error has occurred".into()));
        self.rest(Duration::from_secs(4)).await?;
        Err(Interrupt::Over(EndedBy::ApplicationError))
    }
}

/// Of an answer that is thrown away only the status counts.
fn usable(answer: &WebhookAnswer) -> Result<(), WebhookFailure> {
    if answer.status < 400 {
        Ok(())
    } else {
        Err(WebhookFailure::new(11200, format!("{} answered {}", answer.url, answer.status)))
    }
}
