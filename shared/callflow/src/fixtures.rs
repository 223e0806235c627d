//! What the tests of this crate share.

use domain::{
    AudioUrl, CallSettings, CallerId, Decision, DialOutcome, Disposition, EmailAddress, FinishKey,
    Forwarding, Instead, Language, MessageLength, NotReached, Number, NumberSettings, Plan, Prompt,
    PromptText, RingTime, Speech, Transcription, VoicemailSettings, Wording,
};
use std::collections::{BTreeMap, HashSet};

use phone::{Caller, PhoneNumber};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use twiml::voice::Response;

use crate::*;

/// The masked number that is called.
pub(crate) const MASKED: &str = "+14155550100";

/// The telephones that callers must never learn of: no other number here begins like them.
pub(crate) const SECRET: &str = "+4477009";

pub(crate) fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// One of the owner's telephones.
pub(crate) fn telephone(last_digits: u16) -> PhoneNumber {
    phone(&format!("{SECRET}{last_digits:05}"))
}

pub(crate) fn settings() -> CallSettings {
    let email = EmailAddress::parse("owner@example.com").unwrap();
    NumberSettings::new(phone(MASKED), email, telephone(1)).for_calls()
}

pub(crate) fn number(settings: CallSettings) -> Number {
    Number { settings, masked_targets: HashSet::new() }
}

/// What becomes of a call, and what Twilio is answered.
pub(crate) struct Incoming {
    pub(crate) decision: Disposition,
    pub(crate) answer: Response,
}

pub(crate) fn incoming(number: &Number, usage: Usage, caller: &Caller, callbacks: &Callbacks) -> Incoming {
    let Decision { disposition, treatment } = decide(number, usage, caller);
    Incoming { decision: disposition, answer: answer(&treatment, callbacks) }
}

/// What Twilio is answered after the forwarded leg.
pub(crate) fn answer_after_dial(
    settings: &CallSettings,
    outcome: DialOutcome,
    callbacks: &Callbacks,
) -> Response {
    answer(&after_dial(outcome, take_message(&settings.speech, &settings.voicemail)), callbacks)
}

pub(crate) fn callbacks() -> Callbacks {
    Callbacks::below("https://example.com/webhook")
}

pub(crate) fn caller() -> Caller {
    Caller::parse("+12125550123")
}

/// The answer as Twilio gets it, without the line that every document begins with.
pub(crate) fn xml(answer: &Response) -> String {
    let xml = answer.to_xml_pretty().unwrap();
    xml.split_once('\n').unwrap().1.to_owned()
}

/// Where a number is dialled, the dialled number is hidden; everything else stays.
pub(crate) fn without_dialled_numbers(xml: &str) -> String {
    let mut rest = xml;
    let mut shown = String::new();
    while let Some((before, tag)) = rest.split_once("<Number") {
        let (attributes, text) = tag.split_once('>').unwrap();
        let (_, after) = text.split_once("</Number>").unwrap();
        shown.extend([before, attributes]);
        rest = after;
    }
    shown + rest
}

pub(crate) fn any_language() -> impl Strategy<Value = Language> {
    proptest::sample::select(Language::ALL.to_vec())
}

fn any_wording() -> impl Strategy<Value = Wording> {
    let text = prop_oneof![
        Just("<&>\"' 🦀".to_owned()),
        // What takes the most room in XML.
        Just("\"".repeat(4096)),
        Just("&".repeat(4096)),
        Just("🦀".repeat(4096)),
        ".{1,200}",
    ];
    prop_oneof![
        text.prop_filter_map("blank", |text| PromptText::new(&text).ok()).prop_map(Wording::Text),
        "https://example\\.com/[!-~]{0,80}".prop_map(|url| Wording::Audio(AudioUrl::new(&url).unwrap())),
    ]
}

fn any_prompts() -> impl Strategy<Value = BTreeMap<Prompt, Wording>> {
    btree_map(proptest::sample::select(Prompt::ALL.to_vec()), any_wording(), 0..=Prompt::ALL.len())
}

fn any_instead() -> impl Strategy<Value = Instead> {
    prop_oneof![Just(Instead::Voicemail), Just(Instead::Message), Just(Instead::Reject)]
}

pub(crate) fn any_speech() -> impl Strategy<Value = Speech> {
    (any_language(), option::of(".{1,60}"), any_prompts()).prop_map(|(language, voice, prompts)| Speech {
        language,
        voice,
        prompts,
    })
}

fn any_forwarding() -> impl Strategy<Value = Forwarding> {
    let targets = vec((0u16..20).prop_map(telephone), 0..14);
    let caller_id = prop_oneof![Just(CallerId::Caller), Just(CallerId::MaskedNumber)];
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    (targets, 5i64..=600, caller_id, switches, any_instead()).prop_map(
        |(targets, ring_time, caller_id, (on, announce, hang_up_on_star), when_off)| Forwarding {
            on,
            targets,
            ring_time: RingTime::seconds(ring_time).unwrap(),
            caller_id,
            announce,
            hang_up_on_star,
            when_off,
        },
    )
}

fn any_voicemail() -> impl Strategy<Value = VoicemailSettings> {
    let finish_key = option::of(proptest::sample::select("0123456789#*".chars().collect::<Vec<_>>()));
    let transcription = proptest::sample::select(vec![
        Transcription::Auto,
        Transcription::Twilio,
        Transcription::Amazon,
        Transcription::Off,
    ]);
    (2i64..=14_400, finish_key, any::<bool>(), transcription, any::<bool>()).prop_map(
        |(max_length, finish_key, beep, transcription, purge_at_twilio)| VoicemailSettings {
            max_length: MessageLength::seconds(max_length).unwrap(),
            finish_key: finish_key.map(|key| FinishKey::new(key).unwrap()),
            beep,
            transcription,
            languages: Vec::new(),
            purge_at_twilio,
        },
    )
}

/// Anything that an owner can decide.
pub(crate) fn any_settings() -> impl Strategy<Value = CallSettings> {
    (any_speech(), any_forwarding(), any_voicemail(), any_instead()).prop_map(
        |(speech, forwarding, voicemail, when_used_up)| CallSettings {
            speech,
            forwarding,
            voicemail,
            plan: Plan { calls_per_month: Some(100), when_used_up },
            ..settings()
        },
    )
}

/// Anybody but the owner.
pub(crate) fn any_caller() -> impl Strategy<Value = Caller> {
    let from = prop_oneof![
        "\\+1[2-9][0-9]{9}".boxed(),
        Just("anonymous".to_owned()).boxed(),
        "client:[a-z<&>\"]{0,20}".boxed(),
        "sip:[a-z<&>\"]{0,20}@example\\.com".boxed(),
        "[A-Za-z<&>\" ]{0,40}".boxed(),
    ];
    from.prop_map(|from| Caller::parse(&from))
}

pub(crate) fn any_outcome() -> impl Strategy<Value = DialOutcome> {
    let outcomes = [
        DialOutcome::Conversation,
        DialOutcome::CallerGone,
        DialOutcome::NotReached(NotReached::NoAnswer),
        DialOutcome::NotReached(NotReached::Busy),
        DialOutcome::NotReached(NotReached::Failed),
        DialOutcome::NotReached(NotReached::Canceled),
        DialOutcome::NotReached(NotReached::Declined),
    ];
    proptest::sample::select(outcomes.to_vec())
}

/// Whether an answer is what Twilio takes, and keeps the owner's telephones from the caller.
pub(crate) fn check(answer: &Response) -> Result<(), TestCaseError> {
    let xml = answer.to_xml().map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(xml.len() < 65_536, "{} bytes", xml.len());
    let read = Response::from_xml(&xml);
    prop_assert_eq!(read.as_ref(), Ok(answer));
    prop_assert!(!without_dialled_numbers(&xml).contains(&SECRET[1..]), "{}", xml);
    Ok(())
}
