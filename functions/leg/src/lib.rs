//! Somebody was rung: `/webhook/leg`, and what follows.
//!
//! | step | |
//! |---|---|
//! | | somebody, or something, has picked up: says who calls, and what the keys do |
//! | `answers` | a key, or a word |
//! | `done` | the person has talked to the caller, or waited in vain |
//! | `told` | how the leg goes |
//! | `detected` | who picked up, where that is told beside the call |
//! | `fed` | what goes out of such a participant's leg, and what they say |
//! | `recorded` | how a recording of a participant of such a call goes |
//! | `heard` | keys, or words, of a participant of a call that programs steer |
//!
//! An address that begins with `b` is of [a participant](callflow::BoothAddress) of a call that programs steer.

use callflow::{
    AddressedLeg, BoothAddress, Callbacks, FeedAddress, Input, LegAddress, RecordingAddress, Reply,
    asks_to_block, is_join_over, join, join_again, reply, screen, tell, who_calls,
};
use domain::{Effect, Language, LegId, LegState, LiveCall, Parties, Stage};
use live::CallId;
use phone::{CallSid, Caller};
use runtime::Failure;
use steering::{Controls, Steering, Told};
use store::{Accepted, StoreError};
use texts::Phrase;
use twiml::voice;
use webhook::kinds::LegCall;
use webhook::{Deps, Handled, Received, Webhook};

mod booth;
mod fed;
mod recorded;

use booth::Booth;

const ANSWERS: &str = "answers";
const DONE: &str = "done";
const TOLD: &str = "told";
const DETECTED: &str = "detected";
const HEARD: &str = "heard";
const RECORDED: &str = "recorded";
const FED: &str = "fed";

/// What people hear who are rung, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Legs(pub Deps);

type Answered = Result<Handled<Option<voice::Response>>, Failure>;

impl Webhook for Legs {
    const NAME: &'static str = "leg";
    const STEPS: &'static [&'static str] = &[ANSWERS, DONE, TOLD, DETECTED, HEARD, RECORDED, FED];
    type Input = LegCall;
    /// A report steers nothing.
    type Answer = Option<voice::Response>;

    async fn handle(&self, received: &Received<LegCall>) -> Answered {
        if let Some(booth) = self.booth(received) {
            return booth.handle().await;
        }
        if let Some(address) = received.state.as_deref().and_then(RecordingAddress::read) {
            let outcome = recorded::told(&self.0, received, &address).await?;
            return Ok(Handled { answer: None, outcome });
        }
        if let Some(address) = received.state.as_deref().and_then(FeedAddress::read) {
            let outcome = fed::told(&self.0, received, &address).await?;
            return Ok(Handled { answer: None, outcome });
        }
        let Some(address) = address(received) else { return Ok(of_no_leg(received)) };
        let leg = Leg { deps: &self.0, received, address };
        match (received.step.as_deref(), leg.of_call()) {
            (Some(TOLD), _) => leg.told().await,
            (Some(DONE), _) => leg.done().await,
            (Some(_), Some(_)) => leg.answers().await,
            (None, Some(_)) => leg.picked_up().await,
            (Some(_), None) => leg.answers_of_plain_dial().await,
            (None, None) => leg.picked_up_plain_dial().await,
        }
    }

    /// A person who takes the call gets it: of several the queue lets one have the caller. Whoever picks up is asked
    /// as if nobody had told who calls. A report is sent again.
    fn rescue(&self, received: &Received<LegCall>) -> Option<Option<voice::Response>> {
        if let Some(booth) = self.booth(received) {
            return booth.rescue().map(Some);
        }
        let address = address(received)?;
        let leg = Leg { deps: &self.0, received, address };
        match received.step.as_deref() {
            Some(TOLD) => None,
            Some(DONE) => Some(Some(voice::Response::new().hangup())),
            Some(_) if leg.reply(Language::English) == Reply::Takes => {
                Some(Some(join(&leg.address, &leg.callbacks())))
            }
            Some(_) if leg.reply(Language::English) == Reply::ToVoicemail => {
                Some(Some(voice::Response::new().hangup()))
            }
            _ => Some(Some(leg.screen(None, None, leg.dialled_language(), leg.address.blocks))),
        }
    }
}

impl Legs {
    fn booth<'a>(&'a self, received: &'a Received<LegCall>) -> Option<Booth<'a>> {
        let address = BoothAddress::read(received.state.as_deref()?)?;
        Some(Booth { deps: &self.0, received, address })
    }
}

fn address(received: &Received<LegCall>) -> Option<LegAddress> {
    LegAddress::read(received.state.as_deref()?)
}

/// Another version may have written the address: its leg ends, and the caller goes on by what has been told of it.
fn of_no_leg(received: &Received<LegCall>) -> Handled<Option<voice::Response>> {
    let is_report = matches!(received.step.as_deref(), Some(TOLD | DETECTED | RECORDED | FED));
    let answer = (!is_report).then(|| voice::Response::new().hangup());
    Handled { answer, outcome: "no-leg" }
}

struct Leg<'a> {
    deps: &'a Deps,
    received: &'a Received<LegCall>,
    address: LegAddress,
}

impl Leg<'_> {
    /// Which leg of which call; none is the one of a plain dial.
    fn of_call(&self) -> Option<(&CallSid, &LegId)> {
        match &self.address.leg {
            AddressedLeg::OfCall(call_sid, leg) => Some((call_sid, leg)),
            AddressedLeg::Dialled { .. } => None,
        }
    }

    fn callbacks(&self) -> Callbacks {
        Callbacks::below(&self.received.base_url)
    }

    fn steering(&self) -> Steering {
        let Deps { store, waker, teller, .. } = self.deps.clone();
        Steering { store, waker, teller }
    }

    fn reply(&self, language: Language) -> Reply {
        let said = &self.received.input.reply;
        reply(said.digits.as_deref(), said.speech.as_deref(), language, self.address.blocks)
    }

    fn screen(
        &self,
        caller: Option<&Caller>,
        said: Option<&str>,
        language: Language,
        blocks: bool,
    ) -> voice::Response {
        let address = LegAddress { blocks, ..self.address.clone() };
        let who = who_calls(caller, said, language);
        screen(&who, language, &address, self.deps.clock.now(), &self.callbacks())
    }

    /// Somebody, or something, has picked up.
    async fn picked_up(&self) -> Answered {
        let call = self.is(LegState::Answered).await?;
        if let Some(phrase) = self.why_not(&call) {
            self.is(LegState::TooLate).await?;
            return Ok(answered(tell(phrase, self.language(&call)), "too-late"));
        }
        let screen =
            self.screen(Some(&call.parties.caller), call.said.as_deref(), self.language(&call), false);
        Ok(answered(screen, "asked"))
    }

    /// A key, or a word. Who presses 1 gets the call by one write, before anything else is looked at.
    async fn answers(&self) -> Answered {
        let (call_sid, leg) = self.of_call().ok_or("the address names no leg")?;
        if self.received.input.reply.digits.as_deref() == Some("1") {
            return self.takes(call_sid, leg).await;
        }
        let call = self.mine(self.deps.store.live_call(call_sid).await?)?;
        let language = self.language(&call);
        let told = self.of(&call);
        match self.reply(language) {
            Reply::Takes => self.takes(call_sid, leg).await,
            Reply::ToVoicemail => {
                let call = self.is(LegState::ToVoicemail).await?;
                self.steering().sent_away(told, call, Input::ToVoicemail).await?;
                Ok(answered(tell(Phrase::ToVoicemail, language), "to-voicemail"))
            }
            Reply::Blocks if self.steering().block(&call.parties, told.now).await? => {
                let call = self.is(LegState::Declined).await?;
                self.steering().sent_away(told, call, Input::Blocked).await?;
                Ok(answered(tell(Phrase::Blocked, language), "blocked"))
            }
            Reply::Blocks | Reply::Again => {
                if let Some(phrase) = self.why_not(&call) {
                    return Ok(answered(tell(phrase, language), "too-late"));
                }
                let screen =
                    self.screen(Some(&call.parties.caller), call.said.as_deref(), language, self.blocks());
                Ok(answered(screen, "asked"))
            }
        }
    }

    async fn takes(&self, call_sid: &CallSid, leg: &LegId) -> Answered {
        let joined = |outcome| Ok(answered(join(&self.address, &self.callbacks()), outcome));
        let lost = match self.deps.store.accept_leg(call_sid, leg, self.deps.clock.now()).await? {
            Accepted::Won(call) => {
                self.deps.waker.wake(&call.call_sid).await;
                return joined("accepted");
            }
            Accepted::Already(_) => return joined("repeated"),
            Accepted::Taken(call) | Accepted::Gone(call) => call,
        };
        let phrase = self.why_not(&lost).unwrap_or(Phrase::CallerGone);
        self.is(LegState::TooLate).await?;
        Ok(answered(tell(phrase, self.language(&lost)), "too-late"))
    }

    /// Whether they are to be asked if the caller is to be blocked.
    fn blocks(&self) -> bool {
        !self.address.blocks && asks_to_block(self.received.input.reply.digits.as_deref())
    }

    /// Twilio itself joins the two, or lets the call go on without.
    async fn answers_of_plain_dial(&self) -> Answered {
        let language = self.dialled_language();
        match self.reply(language) {
            Reply::Takes => Ok(answered(join(&self.address, &self.callbacks()), "accepted")),
            Reply::ToVoicemail => Ok(answered(tell(Phrase::ToVoicemail, language), "to-voicemail")),
            reply => {
                let Parent { parties, said } = self.parent().await;
                if let (Reply::Blocks, Some(parties)) = (reply, &parties)
                    && self.steering().block(parties, self.deps.clock.now()).await?
                {
                    return Ok(answered(tell(Phrase::Blocked, language), "blocked"));
                }
                let caller = parties.as_ref().map(|parties| &parties.caller);
                Ok(answered(self.screen(caller, said.as_deref(), language, self.blocks()), "asked"))
            }
        }
    }

    async fn picked_up_plain_dial(&self) -> Answered {
        let Parent { parties, said } = self.parent().await;
        let caller = parties.as_ref().map(|parties| &parties.caller);
        Ok(answered(self.screen(caller, said.as_deref(), self.dialled_language(), false), "asked"))
    }

    fn dialled_language(&self) -> Language {
        match &self.address.leg {
            AddressedLeg::Dialled { language, .. } => *language,
            AddressedLeg::OfCall(..) => Language::English,
        }
    }

    /// The person has talked to the caller; or has waited in vain, for the caller was gone already.
    async fn done(&self) -> Answered {
        let Some((call_sid, _)) = self.of_call().filter(|_| !self.received.input.has_talked) else {
            return Ok(answered(voice::Response::new().hangup(), "done"));
        };
        let call = self.deps.store.live_call(call_sid).await?;
        let has_time = !is_join_over(&call.course, self.deps.clock.now());
        Ok(match self.why_not(&call) {
            None if has_time => answered(join_again(&self.address, &self.callbacks()), "joins-again"),
            phrase => answered(tell(phrase.unwrap_or(Phrase::CallerGone), self.language(&call)), "too-late"),
        })
    }

    /// How the leg goes.
    async fn told(&self) -> Answered {
        let Some(state) = LegState::of_status(&self.received.input.status) else {
            return Ok(Handled { answer: None, outcome: "underway" });
        };
        let call = self.is(state).await?;
        self.tell_programs(&call, state).await?;
        self.steering().without_the_lost(self.of(&call), call.clone()).await?;
        Ok(Handled { answer: None, outcome: state.name() })
    }

    /// Whoever has the caller, and is ended by nobody, is a program's since.
    async fn tell_programs(&self, call: &LiveCall, state: LegState) -> Result<(), Failure> {
        let Some((call_sid, id)) = self.of_call() else { return Ok(()) };
        let is_kept = call.legs.get(id).is_some_and(|leg| leg.ending == Effect::GivenUp);
        if call.winner.as_ref() != Some(id) || !is_kept {
            return Ok(());
        }
        let Deps { store, waker, teller, clock } = self.deps.clone();
        let controls = Controls { store, waker: Some(waker), teller };
        let leg = &self.received.input.call_sid;
        Ok(controls.hear_leg(&CallId::of_incoming(call_sid), leg, state, clock.now()).await?)
    }

    async fn is(&self, state: LegState) -> Result<LiveCall, Failure> {
        let (call_sid, leg) = self.of_call().ok_or("the address names no leg")?;
        let sid = &self.received.input.call_sid;
        Ok(self.deps.store.leg_told(call_sid, leg, state, Some(sid), self.deps.clock.now()).await?)
    }

    /// The call, if the account that asks is the one in which it is.
    fn mine(&self, call: LiveCall) -> Result<LiveCall, Failure> {
        if call.account_sid != self.received.input.account_sid {
            return Err("the call is another account's".into());
        }
        Ok(call)
    }

    /// Why this person does not get the caller any more.
    fn why_not(&self, call: &LiveCall) -> Option<Phrase> {
        let (_, leg) = self.of_call()?;
        match (&call.winner, &call.course.stage) {
            _ if call.over_at.is_some() => Some(Phrase::CallerGone),
            (Some(winner), _) if winner == leg => None,
            (Some(_), _) => Some(Phrase::Taken),
            (None, Stage::Hunt { .. }) => None,
            (None, _) => Some(Phrase::ToVoicemail),
        }
    }

    fn language(&self, call: &LiveCall) -> Language {
        let leg = self.of_call().and_then(|(_, leg)| call.legs.get(leg));
        leg.map_or(call.course.language, |leg| leg.language)
    }

    fn of<'c>(&self, call: &'c LiveCall) -> Told<'c> {
        Told { call_sid: &call.call_sid, parties: &call.parties, now: self.deps.clock.now() }
    }

    /// The call for which this telephone was dialled, as far as it can be read.
    async fn parent(&self) -> Parent {
        let Some(parent) = &self.received.input.parent_call_sid else { return Parent::default() };
        let may_be_named = matches!(self.address.leg, AddressedLeg::Dialled { may_be_named: true, .. });
        let said = async {
            if !may_be_named {
                return None;
            }
            self.deps.store.live_call(parent).await.ok()?.said
        };
        let (parties, said) = tokio::join!(self.parties_of(parent), said);
        Parent { parties: parties.ok().flatten(), said }
    }

    async fn parties_of(&self, parent: &CallSid) -> Result<Option<Parties>, StoreError> {
        let call = self.deps.store.call(parent).await?;
        let parties = call.number.zip(call.caller);
        Ok(parties.map(|(number, caller)| Parties { number, caller, caller_name: call.caller_name }))
    }
}

/// The call for which a telephone was dialled.
#[derive(Debug, Default)]
struct Parent {
    parties: Option<Parties>,
    /// Who calls and why.
    said: Option<String>,
}

fn answered(response: voice::Response, outcome: &'static str) -> Handled<Option<voice::Response>> {
    Handled { answer: Some(response), outcome }
}
