//! What Twilio sends with each webhook: the parameters of its documentation and of captured
//! requests, in the order of their names.

use std::collections::BTreeMap;

use crate::{call_sid, development, parked, recording_sid};

/// Parameters by name.
pub type Form = BTreeMap<&'static str, String>;

/// How long the message is, in seconds.
pub const MESSAGE_SECONDS: u32 = 9;

/// What is said in the message.
pub const WORDS: &str = "Hi Olivia, it is about the blue bicycle. Please call me back. Thank you!";

/// As the body of a request.
pub fn encode(form: &Form) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// The number's voice URL: a call comes in.
pub fn voice(number: u32) -> Form {
    let mut form = call(number, "ringing");
    form.insert("StirVerstat", "TN-Validation-Passed-A".to_owned());
    form
}

/// `<Dial action>`: the forwarded leg rang, and nobody answered.
pub fn dial_outcome(number: u32) -> Form {
    with(
        call(number, "in-progress"),
        [("DialBridged", "false"), ("DialCallSid", &leg_sid(number)), ("DialCallStatus", "no-answer")],
    )
}

/// `<Record action>`: the caller has ended the message with a key.
pub fn recording(number: u32) -> Form {
    with(
        call(number, "in-progress"),
        [
            ("Digits", "#"),
            ("RecordingDuration", &MESSAGE_SECONDS.to_string()),
            ("RecordingSid", &recording_sid(number)),
            ("RecordingUrl", &recording_url(number)),
        ],
    )
}

/// `transcribeCallback`: the words.
pub fn transcription(number: u32) -> Form {
    let transcription_sid = format!("TR{number:032x}");
    let url = format!("{}/Transcriptions/{transcription_sid}", account_url());
    with(
        call(number, "completed"),
        [
            ("RecordingSid", &*recording_sid(number)),
            ("RecordingUrl", &recording_url(number)),
            ("TranscriptionSid", &transcription_sid),
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", WORDS),
            ("TranscriptionType", "fast"),
            ("TranscriptionUrl", &url),
            ("url", &url),
        ],
    )
}

/// `<Number statusCallback>`: the forwarded leg is over.
pub fn status(number: u32) -> Form {
    with(
        parties("outbound-dial", "no-answer", development::STRANGER, development::OWNER_PHONE, NEW_YORK),
        [
            ("CallDuration", "0"),
            ("CallSid", &*leg_sid(number)),
            ("CallbackSource", "call-progress-events"),
            ("Duration", "0"),
            ("ParentCallSid", &call_sid(number)),
            ("SequenceNumber", "2"),
            ("SipResponseCode", "487"),
            ("Timestamp", "Sat, 21 Nov 2026 10:00:00 +0000"),
        ],
    )
}

/// `<Gather action>`: the caller has pressed a key.
pub fn menu(number: u32) -> Form {
    with(
        filed_call(number),
        [("Digits", &*parked::KEY.to_string()), ("FinishedOnKey", ""), ("msg", "Gather End")],
    )
}

/// `<Enqueue waitUrl>`: the caller is parked, in a queue of their own.
pub fn wait(number: u32) -> Form {
    with(
        filed_call(number),
        [
            ("AvgQueueTime", "0"),
            ("CurrentQueueSize", "1"),
            ("MaxQueueSize", "100"),
            ("QueuePosition", "1"),
            ("QueueSid", &*format!("QU{number:032x}")),
            ("QueueTime", "6"),
        ],
    )
}

/// A leg's `Url`: somebody, or something, has picked up.
pub fn leg(number: u32) -> Form {
    let form =
        parties("outbound-api", "in-progress", development::STRANGER, development::OWNER_PHONE, NEW_YORK);
    with(form, [("CallSid", &*leg_sid(number))])
}

/// City, state, ZIP code.
type Locality = [&'static str; 3];
const SAN_FRANCISCO: Locality = ["SAN FRANCISCO", "CA", "94105"];
const NEW_YORK: Locality = ["NEW YORK", "NY", "10001"];
const CHICAGO: Locality = ["CHICAGO", "IL", "60601"];

/// What every webhook about the caller's leg has.
fn call(number: u32, status: &str) -> Form {
    let form = parties("inbound", status, development::STRANGER, development::MASKED_NUMBER, SAN_FRANCISCO);
    with(form, [("CallSid", &*call_sid(number))])
}

/// What every webhook about the leg of a caller has who called the number that has a phone file.
fn filed_call(number: u32) -> Form {
    let form = parties("inbound", "in-progress", development::STRANGER, parked::FILED_NUMBER, SAN_FRANCISCO);
    with(form, [("CallSid", &*call_sid(number))])
}

fn parties(direction: &str, status: &str, from: &str, to: &str, to_place: Locality) -> Form {
    let ([from_city, from_state, from_zip], [to_city, to_state, to_zip]) = (CHICAGO, to_place);
    with(
        Form::new(),
        [
            ("AccountSid", development::ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("CallStatus", status),
            ("Called", to),
            ("CalledCity", to_city),
            ("CalledCountry", "US"),
            ("CalledState", to_state),
            ("CalledZip", to_zip),
            ("Caller", from),
            ("CallerCity", from_city),
            ("CallerCountry", "US"),
            ("CallerState", from_state),
            ("CallerZip", from_zip),
            ("Direction", direction),
            ("From", from),
            ("FromCity", from_city),
            ("FromCountry", "US"),
            ("FromState", from_state),
            ("FromZip", from_zip),
            ("To", to),
            ("ToCity", to_city),
            ("ToCountry", "US"),
            ("ToState", to_state),
            ("ToZip", to_zip),
        ],
    )
}

fn with<const N: usize>(mut form: Form, parameters: [(&'static str, &str); N]) -> Form {
    form.extend(parameters.map(|(name, value)| (name, value.to_owned())));
    form
}

/// The leg of call `number` that rings the owner.
pub(crate) fn leg_sid(number: u32) -> String {
    format!("CA1{number:031x}")
}

fn account_url() -> String {
    format!("https://api.twilio.com/2010-04-01/Accounts/{}", development::ACCOUNT_SID)
}

fn recording_url(number: u32) -> String {
    format!("{}/Recordings/{}", account_url(), recording_sid(number))
}
