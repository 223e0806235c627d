//! Whom a Dial can call: numbers, clients, SIP addresses and the like.

use super::Parameter;
use crate::element::element;
use crate::values::{
    CallEvent, ClientIdentity, DetectionTimeout, List, MachineDetection, Method, SendDigits, SilenceTimeout,
    SpeechEndThreshold, SpeechThreshold, Text, Trimmed, UriPriority, UriWeight,
};

element! {
    /// A phone number (Twilio's page "TwiML Voice: Number").
    Number {
        /// Keys to press once the other side answers.
        send_digits: SendDigits = "@sendDigits",
        /// A document that the called side hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of; `completed` if absent.
        status_callback_event: List<CallEvent> = "@statusCallbackEvent",
        /// The trunk of one's own carrier to call through, by its SID (`BY…`).
        byoc: Text = "@byoc",
        /// Whether and how it is found out that a machine answered; not if absent.
        machine_detection: MachineDetection = "@machineDetection",
        /// How long the detection may take.
        machine_detection_timeout: DetectionTimeout = "@machineDetectionTimeout",
        /// The length of a greeting from which on it is a machine's.
        machine_detection_speech_threshold: SpeechThreshold = "@machineDetectionSpeechThreshold",
        /// The silence after which a greeting counts as over.
        machine_detection_speech_end_threshold: SpeechEndThreshold =
            "@machineDetectionSpeechEndThreshold",
        /// The first silence after which the detection gives up.
        machine_detection_silence_timeout: SilenceTimeout = "@machineDetectionSilenceTimeout",
        /// Where Twilio tells what the detection found.
        amd_status_callback: Text = "@amdStatusCallback",
        /// How `amdStatusCallback` is asked for.
        amd_status_callback_method: Method = "@amdStatusCallbackMethod",
    } with {
        /// The number, best in E.164 form (`+15550100`).
        phone_number: Trimmed = "$text",
    }
}

impl Number {
    /// Calls this number.
    pub fn new(phone_number: impl Into<Trimmed>) -> Self {
        Self { phone_number: phone_number.into(), ..Self::default() }
    }
}

element! {
    /// A Voice SDK client (Twilio's page "TwiML Voice: Client").
    ///
    /// Its identity stands straight in the element, or in an [`Identity`] if there are
    /// parameters; [`Client::parameter`] sees to that, and [`Client::name`] reads both.
    Client {
        /// A document that the called side hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of; `completed` if absent.
        status_callback_event: List<CallEvent> = "@statusCallbackEvent",
        /// Where Twilio tells the client of the call.
        client_notification_url: Text = "@clientNotificationUrl",
    } with {
        /// The identity, if there are no parameters.
        text: Option<ClientIdentity> = "$text",
        /// The identity, if there are parameters.
        identity: Option<Identity> = "Identity",
        /// What the client is told of the call.
        parameters: Vec<Parameter> = "Parameter",
    }
}

impl Client {
    /// Calls the client with this identity.
    pub fn new(identity: ClientIdentity) -> Self {
        Self { text: Some(identity), ..Self::default() }
    }

    /// Tells the client this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        if let Some(name) = self.text.take() {
            self.identity = Some(Identity { name: Some(name) });
        }
        self.parameters.push(Parameter::new(name, value));
        self
    }

    /// Whom it calls; nobody, if the element is empty.
    pub fn name(&self) -> Option<&ClientIdentity> {
        let nested = self.identity.as_ref().and_then(|identity| identity.name.as_ref());
        nested.or(self.text.as_ref())
    }
}

element! {
    /// A client's identity as an element of its own.
    Identity {} with {
        /// The identity.
        name: Option<ClientIdentity> = "$text",
    }
}

element! {
    /// A SIP address (Twilio's page "TwiML Voice: Sip").
    Sip {
        /// The user name for the called side's challenge.
        username: Text = "@username",
        /// The password for the called side's challenge.
        password: Text = "@password",
        /// A document that the called side hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of; `completed` if absent.
        status_callback_event: List<CallEvent> = "@statusCallbackEvent",
        /// Whether and how it is found out that a machine answered; not if absent.
        machine_detection: MachineDetection = "@machineDetection",
        /// How long the detection may take.
        machine_detection_timeout: DetectionTimeout = "@machineDetectionTimeout",
        /// The length of a greeting from which on it is a machine's.
        machine_detection_speech_threshold: SpeechThreshold = "@machineDetectionSpeechThreshold",
        /// The silence after which a greeting counts as over.
        machine_detection_speech_end_threshold: SpeechEndThreshold =
            "@machineDetectionSpeechEndThreshold",
        /// The first silence after which the detection gives up.
        machine_detection_silence_timeout: SilenceTimeout = "@machineDetectionSilenceTimeout",
        /// Where Twilio tells what the detection found.
        amd_status_callback: Text = "@amdStatusCallback",
        /// How `amdStatusCallback` is asked for.
        amd_status_callback_method: Method = "@amdStatusCallbackMethod",
    } with {
        /// The address (`sip:…`); empty if there are several in [`Sip::uris`].
        address: Trimmed = "$text",
        /// Several addresses, of which the next is tried if one fails.
        uris: Vec<SipUri> = "Uri",
        /// Headers to send along.
        headers: Option<Headers> = "Headers",
    }
}

impl Sip {
    /// Calls this address.
    pub fn new(address: impl Into<Trimmed>) -> Self {
        Self { address: address.into(), ..Self::default() }
    }

    /// Adds one of several addresses; begin with `Sip::default()`.
    pub fn uri(mut self, uri: SipUri) -> Self {
        self.uris.push(uri);
        self
    }

    /// Sends a header along.
    pub fn header(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        let header = Header::default().name(name).value(value);
        self.headers.get_or_insert_default().headers.push(header);
        self
    }
}

element! {
    /// One of several SIP addresses.
    SipUri {
        /// The order; the smaller goes first.
        priority: UriPriority = "@priority",
        /// The share among addresses of one priority.
        weight: UriWeight = "@weight",
        /// The user name for this address.
        username: Text = "@username",
        /// The password for this address.
        password: Text = "@password",
    } with {
        /// The address (`sip:…`).
        address: Trimmed = "$text",
    }
}

impl SipUri {
    /// This address.
    pub fn new(address: impl Into<Trimmed>) -> Self {
        Self { address: address.into(), ..Self::default() }
    }
}

element! {
    /// Headers of a SIP call.
    Headers {} with {
        /// The headers in their order.
        headers: Vec<Header> = "Header",
    }
}

element! {
    /// A header of a SIP call.
    Header {
        /// The header's name, such as `X-Account`.
        name: Text = "@name",
        /// The header's value.
        value: Text = "@value",
    }
}

element! {
    /// A SIM card of Twilio's.
    Sim {} with {
        /// The card's SID (`HS…` or `DE…`).
        sid: Trimmed = "$text",
    }
}

impl Sim {
    /// Calls this card.
    pub fn new(sid: impl Into<Trimmed>) -> Self {
        Self { sid: sid.into() }
    }
}

element! {
    /// A `WhatsApp` number (Twilio's page "TwiML Voice: `WhatsApp`").
    WhatsApp {
        /// A document that the called side hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of; `completed` if absent.
        status_callback_event: List<CallEvent> = "@statusCallbackEvent",
    } with {
        /// The number in E.164 form.
        phone_number: Trimmed = "$text",
    }
}

impl WhatsApp {
    /// Calls this number.
    pub fn new(phone_number: impl Into<Trimmed>) -> Self {
        Self { phone_number: phone_number.into(), ..Self::default() }
    }
}

element! {
    /// A TwiML application (Twilio's page "TwiML Voice: Application").
    ///
    /// Its SID stands straight in the element, or in an [`ApplicationSid`] if there are
    /// parameters; [`Application::parameter`] sees to that.
    Application {
        /// A document that the called side hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of the call's steps.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// Which steps `statusCallback` is told of; `completed` if absent.
        status_callback_event: List<CallEvent> = "@statusCallbackEvent",
        /// The customer of a connector that the call belongs to.
        customer_id: Text = "@customerId",
        /// Whether the application is told the first call's number as the called one.
        copy_parent_to: bool = "@copyParentTo",
    } with {
        /// The SID (`AP…`), if there are no parameters.
        text: Trimmed = "$text",
        /// The SID, if there are parameters.
        application_sid: Option<ApplicationSid> = "ApplicationSid",
        /// What the application is told of the call.
        parameters: Vec<Parameter> = "Parameter",
    }
}

impl Application {
    /// Calls the application with this SID.
    pub fn new(sid: impl Into<Trimmed>) -> Self {
        Self { text: sid.into(), ..Self::default() }
    }

    /// Tells the application this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        if !self.text.is_empty() {
            let sid = std::mem::take(&mut self.text);
            self.application_sid = Some(ApplicationSid { sid });
        }
        self.parameters.push(Parameter::new(name, value));
        self
    }

    /// The SID of what it calls.
    pub fn sid(&self) -> &Trimmed {
        self.application_sid.as_ref().map_or(&self.text, |nested| &nested.sid)
    }
}

element! {
    /// An application's SID as an element of its own.
    ApplicationSid {} with {
        /// The SID (`AP…`).
        sid: Trimmed = "$text",
    }
}
