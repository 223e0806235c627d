//! Somebody in a call that programs steer: what they hear, and what is heard of them.

use callflow::{
    BoothAddress, Callbacks, answer, booth, booth_unread, is_forgotten, is_given_back, take_message,
};
use domain::{Language, LegState, Treatment};
use live::{AnsweredBy, Evidence, Heard, News, Source};
use phone::PhoneNumber;
use runtime::Failure;
use steering::{Controls, rescued};
use store::StoreError;
use twiml::voice;
use webhook::kinds::LegCall;
use webhook::{Deps, Handled, Received};

use crate::{DETECTED, HEARD, TOLD};

/// One of them, as a webhook is about them.
pub(crate) struct Booth<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) received: &'a Received<LegCall>,
    pub(crate) address: BoothAddress,
}

impl Booth<'_> {
    /// What is told is written down; what is asked is answered by how the call is then.
    pub(crate) async fn handle(&self) -> Result<Handled<Option<voice::Response>>, Failure> {
        let step = self.received.step.as_deref();
        let is_report = matches!(step, Some(TOLD | DETECTED));
        if self.news(&self.address).is_none() {
            return Ok(Handled { answer: None, outcome: "underway" });
        }
        let Deps { store, waker, teller, .. } = self.deps.clone();
        let controls = Controls { store, waker: Some(waker), teller };
        let now = self.deps.clock.now();
        let account = &self.received.input.account_sid;
        let told = (self.address.clone(), account);
        let heard = controls.hear_at(told, |address| self.news(address), Source::Webhook, now).await;
        let heard = match heard {
            Ok((call, address)) if !is_report && is_forgotten(&call.steered.call, &address) => {
                let goes_on = [News::PlanGoesOn];
                let heard = controls.hear((&address.call, account), &goes_on, Source::Clock, now).await;
                heard.map(|call| (call, address))
            }
            heard => heard,
        };
        let (call, address) = match heard {
            Ok(heard) => heard,
            // Another account's; or its days are over, and nobody waits for anything any more.
            Err(StoreError::NotFound(_)) => {
                let answer = (!is_report).then(|| voice::Response::new().hangup());
                return Ok(Handled { answer, outcome: "no-call" });
            }
            Err(error) => return Err(error.into()),
        };
        if is_report {
            return Ok(Handled { answer: None, outcome: "told" });
        }
        let (callbacks, plan) = (self.callbacks(), call.plan.as_deref());
        let steered = &call.steered.call;
        if plan.is_none() && is_given_back(steered, &address) {
            let treatment = self.message(&steered.number).await;
            return Ok(Handled { answer: Some(answer(&treatment, &callbacks)), outcome: "message" });
        }
        let answer = booth(steered, &address, plan, &callbacks, Language::English);
        Ok(Handled { answer: Some(answer), outcome: "booth" })
    }

    /// What a caller hears who was forwarded, and whom nobody wants any more: their phone file is over, and they may
    /// leave a message.
    async fn message(&self, number: &PhoneNumber) -> Treatment {
        let store = &self.deps.store;
        match store.number(number, self.deps.clock.now()).await {
            Ok(number) => {
                let settings = &number.settings;
                Treatment::TakeMessage(take_message(&settings.speech, &settings.voicemail))
            }
            Err(_) => rescued(store, Some(number), None, Language::English),
        }
    }

    /// What they hear of whom nothing can be read. A report is sent again.
    pub(crate) fn rescue(&self) -> Option<voice::Response> {
        match self.received.step.as_deref() {
            Some(TOLD | DETECTED) => None,
            _ => Some(booth_unread(&self.address, &self.callbacks(), Language::English)),
        }
    }

    fn callbacks(&self) -> Callbacks {
        Callbacks::below(&self.received.base_url)
    }

    /// What it means for whoever is at that address by now; none of what means nothing.
    fn news(&self, address: &BoothAddress) -> Option<News> {
        let input = &self.received.input;
        let (participant, call_sid) = (address.participant, input.call_sid.clone());
        let answered_by = input.answered_by.as_deref().map(who);
        match self.received.step.as_deref() {
            Some(TOLD) => {
                let state = match LegState::of_status(&input.status)? {
                    // It was picked up, and is over: whoever it was.
                    LegState::NotAPerson => LegState::Left,
                    state => state,
                };
                Some(News::Leg { participant, call_sid, state, evidence: Evidence::StatusCallback })
            }
            Some(HEARD) if LegState::of_status(&input.status).is_none_or(|state| !state.is_over()) => {
                let reply = &input.reply;
                let heard = Heard {
                    keys: reply.digits.clone(),
                    speech: reply.speech.clone(),
                    confidence: reply.confidence,
                    ..Heard::default()
                };
                Some(News::Heard { participant, version: address.version, round: address.round, heard })
            }
            Some(DETECTED) => Some(News::Detected { participant, answered_by: answered_by? }),
            // Whoever hung up in their seat asks nothing.
            _ => Some(match LegState::of_status(&input.status) {
                Some(state) if state.is_over() => News::Leg {
                    participant,
                    call_sid,
                    state: LegState::Left,
                    evidence: Evidence::StatusCallback,
                },
                _ => News::Asked {
                    participant,
                    call_sid,
                    version: address.version,
                    has_heard: address.round > 0,
                    answered_by,
                },
            }),
        }
    }
}

/// What Twilio's word for who picked up means.
fn who(answered_by: &str) -> AnsweredBy {
    match answered_by {
        "human" => AnsweredBy::Human,
        "fax" => AnsweredBy::Fax,
        machine if machine.starts_with("machine_") => AnsweredBy::Machine,
        _ => AnsweredBy::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twilios_words_for_who_picked_up_are_understood() {
        let cases = [
            ("human", AnsweredBy::Human),
            ("machine_start", AnsweredBy::Machine),
            ("machine_end_beep", AnsweredBy::Machine),
            ("machine_end_silence", AnsweredBy::Machine),
            ("fax", AnsweredBy::Fax),
            ("unknown", AnsweredBy::Unknown),
            ("", AnsweredBy::Unknown),
        ];
        for (word, expected) in cases {
            assert_eq!(who(word), expected, "{word}");
        }
    }
}
