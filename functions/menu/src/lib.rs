//! A caller was asked something: `/webhook/menu`.
//!
//! They have chosen from a menu or a language, or said who calls. How the call goes on follows from that and from
//! what comes back with the address, by one write.

use callflow::{Callbacks, Input, Onward, answer, unknown_number};
use domain::{Stage, Treatment};
use runtime::Failure;
use steering::{Steering, Told, rescued};
use twiml::voice;
use webhook::kinds::{Asked, Reply};
use webhook::{Deps, Handled, Received, Webhook};

/// What follows what a caller was asked.
#[derive(Clone, Debug)]
pub struct Menus(pub Deps);

impl Webhook for Menus {
    const NAME: &'static str = "menu";
    type Input = Asked;
    type Answer = voice::Response;

    async fn handle(&self, asked: &Received<Asked>) -> Result<Handled<voice::Response>, Failure> {
        let Self(Deps { store, clock, waker, teller }) = self;
        let Asked { parties, reply } = &asked.input;
        let callbacks = Callbacks::below(&asked.base_url);
        let Some(known) = parties.known() else {
            let answer = answer(&unknown_number(parties.likely_language), &callbacks);
            return Ok(Handled { answer, outcome: "unknown-number" });
        };
        let onward =
            asked.state.as_deref().and_then(Onward::read).ok_or("the address says not how it goes on")?;
        let was_in_menu = matches!(onward.course.stage, Stage::Menu { .. });
        let told = Told { call_sid: &parties.call_sid, parties: &known, now: clock.now() };
        let steering = Steering { store: store.clone(), waker: waker.clone(), teller: teller.clone() };
        let treatment = Box::pin(steering.go_on(told, onward, input(reply))).await?;
        let goes_on = matches!(treatment, Treatment::Ask(_));
        let outcome = match (was_in_menu, goes_on) {
            (true, false) => "menu-finished",
            (true, true) => "asked-again",
            (false, _) => "goes-on",
        };
        Ok(Handled { answer: answer(&treatment, &callbacks), outcome })
    }

    /// A greeting and a beep.
    fn rescue(&self, asked: &Received<Asked>) -> Option<voice::Response> {
        let parties = &asked.input.parties;
        let onward = asked.state.as_deref().and_then(Onward::read);
        let treatment = rescued(&self.0.store, parties.to.as_ref(), onward.as_ref(), parties.likely_language);
        Some(answer(&treatment, &Callbacks::below(&asked.base_url)))
    }
}

/// A key goes before a word. Who pressed more than one key meant the first.
fn input(reply: &Reply) -> Input<'_> {
    let key = reply.digits.as_deref().and_then(|digits| digits.chars().next());
    match (key, reply.speech.as_deref()) {
        (Some(key), _) => Input::Key(key),
        (None, Some(speech)) => Input::Speech(speech, reply.confidence),
        (None, None) => Input::Nothing,
    }
}
