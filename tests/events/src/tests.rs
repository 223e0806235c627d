use std::sync::Mutex;

use aws_lambda_events::sqs::SqsEvent;
use callflow::{LegAddress, Onward};
use domain::{LegId, Stage};
use runtime::Failure;
use twilio::{Accounts, Secret};
use webhook::kinds::RecordingEvent;
use webhook::{Event, Gate, Handled, NoContent, Received, Webhook};

use super::*;

#[test]
fn the_files_are_what_the_command_writes() {
    for (name, content) in files().unwrap() {
        let kept = std::fs::read_to_string(folder().join(&name)).unwrap_or_default();
        assert!(kept == content, "events/{name} is out of date: run `cargo run -p events`");
    }
}

/// Stands where a function is, and keeps what it would get, and what came back with the address.
struct Spy<W: Webhook>(Mutex<Option<Got<W::Input>>>);

type Got<I> = (I, Option<String>);

impl<W: Webhook<Input: Clone>> Webhook for Spy<W> {
    const NAME: &'static str = W::NAME;
    type Input = W::Input;
    type Answer = NoContent;

    async fn handle(&self, received: &Received<W::Input>) -> Result<Handled<NoContent>, Failure> {
        assert_eq!(received.base_url, "https://aftertone.example.com/webhook");
        *self.0.lock().unwrap() = Some((received.input.clone(), received.state.clone()));
        Ok(Handled { answer: NoContent, outcome: "seen" })
    }

    fn rescue(&self, _: &Received<W::Input>) -> Option<NoContent> {
        None
    }
}

/// Sends an event through the gate and reads it, as its function does.
async fn admitted<W: Webhook<Input: Clone>>(sample: Sample, number: u32) -> W::Input {
    let (input, state) = admitted_with_state::<W>(sample, number).await;
    assert_eq!(state, None, "{sample:?}");
    input
}

/// The same, of one whose address says how a call goes on.
async fn admitted_with_state<W: Webhook<Input: Clone>>(sample: Sample, number: u32) -> Got<W::Input> {
    let event: Event = serde_json::from_value(sample.event(number).unwrap()).unwrap();
    let gate = Gate::new(Accounts::new(|| async { Ok(Secret::parse(&development::twilio_secret())?) }), None);
    let spy = Spy::<W>(Mutex::new(None));
    let response = webhook::serve(&gate, &spy, event).await;
    assert_eq!(response.status_code, 204, "{sample:?}");
    spy.0.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn every_form_is_signed_and_read_as_its_webhook() {
    for number in [1, 2, u32::MAX] {
        let (call_sid, recording_sid) = sids(number).unwrap();

        let voice = admitted::<::voice::Voice>(Sample::Voice, number).await;
        assert_eq!(voice.parties.call_sid, call_sid);
        assert_eq!(voice.parties.from.reveal(), development::STRANGER);
        assert_eq!(voice.parties.to.unwrap().reveal(), development::MASKED_NUMBER);

        let dial = admitted::<::dial_outcome::DialOutcomes>(Sample::DialOutcome, number).await;
        assert_eq!((dial.bridged, dial.caller_is_there), (Some(false), true));

        let recording = admitted::<::recording::Recordings>(Sample::Recording, number).await;
        assert_eq!(recording.recording_sid, recording_sid);
        assert!(matches!(recording.event, RecordingEvent::Ended { message, .. }
            if message.duration_seconds == forms::MESSAGE_SECONDS && !message.caller_hung_up));

        let transcribed = admitted::<::transcription::Transcripts>(Sample::Transcription, number).await;
        assert_eq!(
            (transcribed.recording_sid, transcribed.words.as_deref()),
            (recording_sid, Some(forms::WORDS))
        );

        let status = admitted::<::status::CallStatuses>(Sample::Status, number).await;
        assert_eq!(status.parent_call_sid, Some(call_sid));
        assert_eq!((&*status.status, status.sequence, status.sip_response_code), ("no-answer", 2, Some(487)));
    }
}

#[tokio::test]
async fn what_comes_back_with_an_address_is_a_call_on_its_way() {
    for number in [1, 2, u32::MAX] {
        let (call_sid, _) = sids(number).unwrap();
        let onward = |state: Option<String>| Onward::read(&state.unwrap()).unwrap();

        let (menu, state) = admitted_with_state::<::menu::Menus>(Sample::Menu, number).await;
        assert_eq!((&menu.parties.call_sid, menu.reply.digits.as_deref()), (&call_sid, Some("1")));
        let Onward { revision, course } = onward(state);
        assert!(revision == 0 && matches!(course.stage, Stage::Menu { menu: 0, .. }), "{course:?}");

        let (wait, state) = admitted_with_state::<::wait::Waits>(Sample::Wait, number).await;
        assert_eq!((&wait.parties.call_sid, wait.result, wait.caller_is_there), (&call_sid, None, true));
        let Onward { revision, course } = onward(state);
        assert!(revision == 2 && matches!(course.stage, Stage::Hunt { .. }), "{course:?}");
        let rings: Vec<LegId> = parked::parked(number).unwrap().legs.into_keys().collect();
        assert_eq!(rings, [LegId::new(0, "ben"), parked::owners_leg()]);

        let (leg, state) = admitted_with_state::<::leg::Legs>(Sample::Leg, number).await;
        assert_eq!((leg.call_sid.as_str(), &*leg.status), (&*forms::leg_sid(number), "in-progress"));
        let address = LegAddress::read(&state.unwrap()).unwrap();
        assert_eq!(address, LegAddress::new(call_sid, parked::owners_leg()));
    }
}

#[test]
fn the_event_of_a_mail_is_about_the_recording() {
    let event: ::mail_events::TopicEvent =
        serde_json::from_value(Sample::MailEvents.event(1).unwrap()).unwrap();
    let event = ::mail_events::read(&event.records[0].notification.message).unwrap().unwrap();
    assert_eq!(event.subject, ::mail_events::Subject::Voicemail(sids(1).unwrap().1));
}

#[test]
fn the_message_names_the_recording_and_the_link_opens_it() {
    let (_, recording_sid) = sids(1).unwrap();

    let message: SqsEvent = serde_json::from_value(Sample::Deliver.event(1).unwrap()).unwrap();
    let body = message.records[0].body.as_deref().unwrap();
    assert_eq!(delivery::wake_up::recording_sids(body), std::slice::from_ref(&recording_sid));

    let message: SqsEvent = serde_json::from_value(Sample::Act.event(1).unwrap()).unwrap();
    let record: Value = serde_json::from_str(message.records[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(record["dynamodb"]["Keys"]["call_id"]["S"], call_sid(1));

    let message: SqsEvent = serde_json::from_value(Sample::Notify.event(1).unwrap()).unwrap();
    let record: Value = serde_json::from_str(message.records[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(record["dynamodb"]["Keys"]["call_id"]["S"], call_sid(1));

    let listen: Event = serde_json::from_value(Sample::Listen.event(1).unwrap()).unwrap();
    let token = &listen.path_parameters["token"];
    let key = LinkKey::new(development::LINK_KEY.into()).unwrap();
    assert_eq!(key.open(token, NOW).unwrap().recording_sid, recording_sid);
}

/// `sam local` drops the variables that the template does not name.
#[test]
fn the_template_has_every_function_and_variable() {
    let template: Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    let of_all = &template["Globals"]["Function"]["Environment"]["Variables"];
    for (function, variables) in environment::env_json().as_object().unwrap() {
        let properties = &template["Resources"][function]["Properties"];
        assert!(properties.is_object(), "{function}");
        let own = &properties["Environment"]["Variables"];
        for variable in variables.as_object().unwrap().keys() {
            assert!(of_all.get(variable).or(own.get(variable)).is_some(), "{function}: {variable}");
        }
    }
}
