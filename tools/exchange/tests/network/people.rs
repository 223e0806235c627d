//! Several people at once, each with a number and a document of their own.

#![expect(clippy::unwrap_used, reason = "what should have happened and did not fails the test")]

use exchange::{CallHandle, Caller, Hearing, LegStory, NumberUrls, SentWebhook, WebhookKind};
use phone::CallSid;

use crate::stage::Stage;

impl Stage {
    /// Somebody calls a number of their own, which answers with these verbs.
    pub(crate) fn dials_in(&self, name: &str, verbs: &str) -> CallHandle {
        self.calls_in(name, verbs, |caller| caller)
    }

    pub(crate) fn calls_in(
        &self,
        name: &str,
        verbs: &str,
        script: impl FnOnce(Caller) -> Caller,
    ) -> CallHandle {
        self.server.twiml(&format!("/{name}"), verbs);
        let number = number_of(name);
        let urls = NumberUrls::voice(self.server.url(&format!("/{name}")));
        self.exchange.wire(&*number, urls.with_status_callback(self.server.url("/status")));
        let caller = Caller::new(format!("+1212555{}", &number[8..]));
        self.exchange.start_call(script(caller), &*number)
    }

    /// The leg of a call.
    pub(crate) fn leg(&self, sid: &str) -> LegStory {
        let stories = self.exchange.stories();
        stories.iter().flat_map(exchange::Story::legs).find(|leg| leg.call_sid.as_str() == sid).unwrap()
    }

    /// All webhooks of a kind, of whatever call.
    pub(crate) fn sent(&self, kind: WebhookKind) -> Vec<SentWebhook> {
        let mut sent = self.exchange.webhooks();
        sent.retain(|webhook| webhook.kind == kind);
        sent
    }

    /// What the callback of the conferences was told, in order.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = self.sent(WebhookKind::Conference);
        told.iter().map(|webhook| webhook.param("StatusCallbackEvent").unwrap().to_owned()).collect()
    }

    /// Leads a call elsewhere, or ends it.
    pub(crate) async fn update(&self, call: &CallSid, form: &[(&str, &str)]) -> u16 {
        self.post(&format!("/Calls/{call}.json"), form).await.status
    }

    /// The path of the only conference that goes on or waits to.
    pub(crate) fn room(&self) -> String {
        let rooms = self.exchange.rooms();
        let room = rooms.iter().rfind(|room| room.status != "completed").unwrap();
        format!("/Conferences/{}", room.conference_sid)
    }

    /// Changes a participant of that conference.
    pub(crate) async fn change_participant(
        &self,
        call: &CallSid,
        form: &[(&str, &str)],
    ) -> crate::client::Reply {
        self.post(&format!("{}/Participants/{call}.json", self.room()), form).await
    }
}

/// The number that a name has: its letters on a keypad would do, its length and first letter must.
fn number_of(name: &str) -> String {
    let first = name.bytes().next().unwrap();
    format!("+1415555{:02}{first:02}", name.len() % 100, first = first % 100)
}

pub(crate) fn sid(call: &CallHandle) -> CallSid {
    call.story().call_sid().clone()
}

/// What a leg heard: `from-until what`, in seconds since the call began, with the names of people.
pub(crate) fn ear(stage: &Stage, of: &CallSid, names: &[(&CallSid, &str)]) -> Vec<String> {
    let leg = stage.leg(of.as_str());
    let began = leg.heard[0].from;
    let second = |at: jiff::Timestamp| at.duration_since(began).as_secs_f64();
    leg.heard
        .iter()
        .map(|heard| {
            let what = match &heard.what {
                Hearing::Ringing => "ringing".to_owned(),
                Hearing::Silence => "silence".to_owned(),
                Hearing::Words(words) => words.clone(),
                Hearing::Music(_) => "music".to_owned(),
                Hearing::People(people) => {
                    let name = |sid: &CallSid| names.iter().find(|(known, _)| *known == sid).unwrap().1;
                    people.iter().map(name).collect::<Vec<_>>().join(" ")
                }
                other => format!("{other:?}"),
            };
            format!("{}-{} {what}", second(heard.from), second(heard.until))
        })
        .collect()
}
