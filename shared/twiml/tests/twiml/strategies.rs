//! Any value that can be built, for property tests.

use std::fmt::{self, Debug};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use twiml::messaging;
use twiml::ssml::*;
use twiml::values::*;
use twiml::voice::*;

/// A type of which any value can be made.
pub(crate) trait Arb: Clone + Debug + 'static {
    fn arb() -> BoxedStrategy<Self>;
}

/// Any string, with what XML finds hard more often than chance would have it.
pub(crate) fn any_string() -> impl Strategy<Value = String> {
    let hard = select(
        &[
            '<',
            '>',
            '&',
            '"',
            '\'',
            ' ',
            '\t',
            '\n',
            '\r',
            ']',
            '-',
            ';',
            '\0',
            '\u{1}',
            '\u{B}',
            '\u{1B}',
            '\u{7F}',
            '\u{85}',
            '\u{A0}',
            '\u{2028}',
            '\u{FFFD}',
            '\u{FFFE}',
            '\u{FFFF}',
            '\u{1F600}',
            '\u{10FFFF}',
            '\u{200D}',
            'é',
            '0',
            'a',
        ][..],
    );
    let characters = prop_oneof![2 => hard, 1 => any::<char>()];
    prop_oneof![
        8 => vec(characters, 0..8).prop_map(String::from_iter),
        1 => select(&["]]>", "&amp;", "&#0;", "<!--", "$text", "\r\n", "  ", "-->", "<Say>"][..])
            .prop_map(String::from),
    ]
}

impl Arb for bool {
    fn arb() -> BoxedStrategy<Self> {
        any::<bool>().boxed()
    }
}

impl Arb for Text {
    fn arb() -> BoxedStrategy<Self> {
        any_string().prop_map(Text::from).boxed()
    }
}

impl Arb for Trimmed {
    fn arb() -> BoxedStrategy<Self> {
        any_string().prop_map(Trimmed::from).boxed()
    }
}

impl<T: Arb> Arb for Option<T> {
    fn arb() -> BoxedStrategy<Self> {
        option::weighted(0.4, T::arb()).boxed()
    }
}

impl<T: Arb> Arb for Vec<T> {
    fn arb() -> BoxedStrategy<Self> {
        vec(T::arb(), 0..3).boxed()
    }
}

impl<T: Arb> Arb for List<T> {
    fn arb() -> BoxedStrategy<Self> {
        vec(T::arb(), 1..4).prop_map(|items| List::try_from(items).unwrap()).boxed()
    }
}

macro_rules! names {
    ($( $type:ident ),*) => { $(
        impl Arb for $type {
            fn arb() -> BoxedStrategy<Self> {
                any_string().prop_map(|text| format!("x{text}").parse().unwrap()).boxed()
            }
        }
    )* };
}
names!(ClientIdentity, ParticipantLabel, QueueName, CallReason);

macro_rules! numbers {
    ($( $type:ident ),*) => { $(
        impl Arb for $type {
            fn arb() -> BoxedStrategy<Self> {
                let ends = select(&[Self::MIN, Self::MAX][..]);
                prop_oneof![ends, any::<u32>().prop_map(Self::nearest)].boxed()
            }
        }
    )* };
}
numbers!(
    DialTimeout,
    TimeLimit,
    DetectionTimeout,
    SpeechThreshold,
    SpeechEndThreshold,
    SilenceTimeout,
    MaxParticipants,
    QueueSize,
    RecordTimeout,
    MaxLength,
    LoopCount,
    PauseLength,
    GatherTimeout,
    NumDigits,
    MaxSpeechTime,
    PayTimeout,
    MaxAttempts,
    Attempt,
    PostalCodeLength,
    TaskPriority,
    TaskTimeout,
    UriPriority,
    UriWeight,
    ConversationTimeout,
    SpeechPause
);

impl Arb for SpeechTimeout {
    fn arb() -> BoxedStrategy<Self> {
        prop_oneof![Just(Self::Auto), SpeechPause::arb().prop_map(Self::After)].boxed()
    }
}

macro_rules! words {
    ($( $type:ident ),*) => { $(
        impl Arb for $type {
            fn arb() -> BoxedStrategy<Self> {
                select(Self::ALL).boxed()
            }
        }
    )* };
}
words!(
    Method,
    CallEvent,
    RecordingEvent,
    Trim,
    DialRecord,
    RecordingTrack,
    RecordingChannels,
    RingTone,
    DialEvents,
    MachineDetection,
    ConferenceBeep,
    ConferenceRecord,
    ConferenceRegion,
    ConferenceEvent,
    JitterBufferSize,
    GatherInput,
    RejectReason,
    StreamTrack,
    ConversationEvent,
    Interruptible,
    PayInput,
    BankAccountType,
    PaymentMethod,
    TokenType,
    CardType,
    PromptFor,
    PromptErrorType,
    BreakStrength,
    EmphasisLevel,
    PhonemeAlphabet,
    InterpretAs,
    DateFormat
);

macro_rules! keys {
    ($( $type:ident: $keys:literal, $count:expr; )*) => { $(
        impl Arb for $type {
            fn arb() -> BoxedStrategy<Self> {
                let key = select($keys.chars().collect::<Vec<_>>());
                vec(key, $count).prop_map(|keys| String::from_iter(keys).parse().unwrap()).boxed()
            }
        }
    )* };
}
keys! {
    FinishKey: "0123456789*#", 0..2;
    FinishKeys: "0123456789*#", 0..13;
    SendDigits: "0123456789ABCDwW*#", 1..33;
    PlayDigits: "0123456789wW*#", 1..40;
}

/// Sets one field of an element to some value.
#[derive(Clone)]
struct Setter<E>(Arc<dyn Fn(&mut E)>);

impl<E> Debug for Setter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }
}

fn set<E: 'static, V: Arb>(values: BoxedStrategy<V>, assign: fn(&mut E, V)) -> BoxedStrategy<Setter<E>> {
    values.prop_map(move |value| Setter(Arc::new(move |e| assign(e, value.clone())))).boxed()
}

fn built<E: Arb + Default>(setters: Vec<BoxedStrategy<Setter<E>>>) -> BoxedStrategy<E> {
    let build = |setters: Vec<Setter<E>>| {
        let mut element = E::default();
        for Setter(set) in &setters {
            set(&mut element);
        }
        element
    };
    setters.prop_map(build).boxed()
}

/// The names of an element's fields, from its debug form.
fn fields<E: Debug + Default>() -> Vec<String> {
    format!("{:#?}", E::default())
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_alphabetic))
        .filter_map(|line| line.split_once(':').map(|(name, _)| name.to_owned()))
        .collect()
}

macro_rules! elements {
    ($( $type:ty { $( $field:ident ),* } )*) => {
        $(
            impl Arb for $type {
                fn arb() -> BoxedStrategy<Self> {
                    built(vec![$( set(Arb::arb(), |e: &mut Self, value| e.$field = value), )*])
                }
            }
        )*

        #[test]
        fn the_strategies_leave_no_field_out() {
            $( assert_eq!(fields::<$type>(), [$( stringify!($field) ),*] as [&str; _]); )*
        }
    };
}

elements! {
    Say { voice, loop_count, language, content }
    Play { loop_count, digits, url }
    Pause { length }
    Gather {
        input, action, method, timeout, speech_timeout, max_speech_time, profanity_filter,
        finish_on_key, num_digits, partial_result_callback, partial_result_callback_method,
        language, hints, barge_in, debug, action_on_empty_result, speech_model, enhanced, prompts
    }
    Record {
        action, method, timeout, finish_on_key, max_length, play_beep, trim,
        recording_status_callback, recording_status_callback_method,
        recording_status_callback_event, recording_configuration_id, transcribe,
        transcribe_callback
    }
    Dial {
        action, method, timeout, hangup_on_star, time_limit, caller_id, record, trim,
        recording_status_callback, recording_status_callback_method,
        recording_status_callback_event, recording_track, recording_configuration_id,
        answer_on_bridge, ring_tone, sequential, refer_url, refer_method, events, passports,
        call_reason, nouns
    }
    Number {
        send_digits, url, method, status_callback, status_callback_method, status_callback_event,
        byoc, machine_detection, machine_detection_timeout, machine_detection_speech_threshold,
        machine_detection_speech_end_threshold, machine_detection_silence_timeout,
        amd_status_callback, amd_status_callback_method, phone_number
    }
    Client {
        url, method, status_callback, status_callback_method, status_callback_event,
        client_notification_url, text, identity, parameters
    }
    Identity { name }
    Sip {
        username, password, url, method, status_callback, status_callback_method,
        status_callback_event, machine_detection, machine_detection_timeout,
        machine_detection_speech_threshold, machine_detection_speech_end_threshold,
        machine_detection_silence_timeout, amd_status_callback, amd_status_callback_method,
        address, uris, headers
    }
    SipUri { priority, weight, username, password, address }
    Headers { headers }
    Header { name, value }
    Sim { sid }
    WhatsApp {
        url, method, status_callback, status_callback_method, status_callback_event, phone_number
    }
    Application {
        url, method, status_callback, status_callback_method, status_callback_event, customer_id,
        copy_parent_to, text, application_sid, parameters
    }
    ApplicationSid { sid }
    Conference {
        muted, beep, start_conference_on_enter, end_conference_on_exit, wait_url, wait_method,
        max_participants, record, recording_configuration_id, region, coach, trim,
        status_callback, status_callback_method, status_callback_event,
        recording_status_callback, recording_status_callback_method,
        recording_status_callback_event, event_callback_url, jitter_buffer_size,
        participant_label, name
    }
    Enqueue {
        action, method, max_queue_size, wait_url, wait_url_method, workflow_sid, name, task
    }
    Task { priority, timeout, attributes }
    Queue { url, method, reservation_sid, post_work_activity_sid, name }
    Hangup { parameters }
    Leave {}
    Echo {}
    Reject { reason, parameters }
    Redirect { method, url }
    Refer { action, method, sip }
    ReferSip { address }
    Sms { to, from, action, method, status_callback, body }
    Pay {
        input, action, bank_account_type, status_callback, status_callback_method, timeout,
        max_attempts, security_code, postal_code, min_postal_code_length, payment_connector,
        payment_method, token_type, charge_amount, currency, description, valid_card_types,
        language, parts
    }
    Prompt { for_step, error_type, card_type, attempt, require_matching_inputs, prompts }
    Parameter { name, value }
    Config { name, value }
    Start { action, method, nouns }
    Stop { nouns }
    Stream {
        name, connector_name, url, track, status_callback, status_callback_method, parameters
    }
    Siprec { name, connector_name, track, status_callback, status_callback_method, parameters }
    Transcription {
        name, track, status_callback_url, status_callback_method, inbound_track_label,
        outbound_track_label, partial_results, language_code, transcription_engine,
        profanity_filter, speech_model, hints, enable_automatic_punctuation,
        intelligence_service, parts
    }
    Recording {
        recording_status_callback, recording_status_callback_method,
        recording_status_callback_event, trim, track, channels, recording_configuration_id
    }
    Connect { action, method, nouns }
    Room { participant_identity, name }
    Autopilot { name }
    VirtualAgent {
        connector_name, language, sentiment_analysis, status_callback, status_callback_method,
        parts
    }
    Conversation {
        service_instance_sid, inbound_autocreation, routing_assignment_timeout, inbound_timeout,
        url, method, record, trim, recording_status_callback, recording_status_callback_method,
        recording_status_callback_event, status_callback, status_callback_method,
        status_callback_event
    }
    AiSession { ai_connector, ai_session_configuration }
    ConversationRelaySession { connector, session_configuration }
    ConversationRelay {
        url, background_noise_reduction, speech_timeout, deepgram_smart_format,
        ignore_backchannel, events, language, tts_language, transcription_language, tts_provider,
        voice, transcription_provider, speech_model, profanity_filter, dtmf_detection,
        welcome_greeting, partial_prompts, welcome_greeting_interruptible, interruptible,
        preemptible, hints, intelligence_service, report_input_during_agent_speech,
        elevenlabs_text_normalization, interrupt_sensitivity, debug, parts
    }
    Assistant {
        id, language, tts_language, transcription_language, tts_provider, voice,
        transcription_provider, speech_model, profanity_filter, dtmf_detection, welcome_greeting,
        partial_prompts, welcome_greeting_interruptible, interruptible, preemptible, hints,
        intelligence_service, report_input_during_agent_speech, elevenlabs_text_normalization,
        interrupt_sensitivity, debug, parts
    }
    Language { code, tts_provider, voice, transcription_provider, speech_model }
    Break { strength, time }
    Phoneme { alphabet, ph, text }
    SayAs { interpret_as, format, text }
    Substitute { alias, text }
    messaging::Message { to, from, action, method, status_callback, text, body, media }
    messaging::Body { text }
    messaging::Media { url }
    messaging::Redirect { method, url }
}

macro_rules! choices {
    ($( $type:ty { $( $variant:ident ),* } )*) => { $(
        impl Arb for $type {
            fn arb() -> BoxedStrategy<Self> {
                prop_oneof![$( Arb::arb().prop_map(Self::$variant) ),*].boxed()
            }
        }
    )* };
}
choices! {
    SpeechVerb { Say, Play, Pause }
    PayPart { Prompt, Parameter }
    StartNoun { Stream, Siprec, Transcription, Recording }
    StopNoun { Stream, Siprec, Transcription }
    TranscriptionPart { Config, Parameter }
    VirtualAgentPart { Config, Parameter }
    RelayPart { Language, Parameter }
    ConnectNoun {
        Room, Autopilot, Stream, VirtualAgent, Conversation, ConversationRelay, Assistant,
        AiSession, ConversationRelaySession
    }
    Verb {
        Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue,
        Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    }
    messaging::Verb { Message, Redirect }
}

impl Arb for Noun {
    fn arb() -> BoxedStrategy<Self> {
        prop_oneof![
            Number::arb().prop_map(Self::Number),
            Client::arb().prop_map(Self::Client),
            Conference::arb().prop_map(Self::Conference),
            Queue::arb().prop_map(Self::Queue),
            Sim::arb().prop_map(Self::Sim),
            Sip::arb().prop_map(Self::Sip),
            Application::arb().prop_map(Self::Application),
            WhatsApp::arb().prop_map(Self::WhatsApp),
        ]
        .boxed()
    }
}

impl Arb for Nouns {
    fn arb() -> BoxedStrategy<Self> {
        prop_oneof![
            1 => Trimmed::arb().prop_map(Nouns::bare_number),
            3 => vec(Noun::arb(), 0..4).prop_map(|nouns| Nouns::try_from(nouns).unwrap()),
            1 => vec(Sim::arb(), 10).prop_map(|nouns| Nouns::try_from(nouns).unwrap()),
        ]
        .boxed()
    }
}

/// Text and marks, marks within marks down to a depth.
macro_rules! mixed {
    ($( $function:ident: $piece:ident { $( $mark:ident($inner:ident) ),* } )*) => { $(
        fn $function(depth: u32) -> BoxedStrategy<Mixed<$piece>> {
            let flat = prop_oneof![
                4 => Text::arb().prop_map($piece::Text),
                1 => Break::arb().prop_map($piece::Break),
                1 => Phoneme::arb().prop_map($piece::Phoneme),
                1 => SayAs::arb().prop_map($piece::SayAs),
                1 => Substitute::arb().prop_map($piece::Substitute),
            ];
            let pieces = if depth == 0 {
                vec(flat, 0..3).boxed()
            } else {
                let nested = prop_oneof![$(
                    (Arb::arb(), $inner(depth - 1)).prop_map(|(attributes, content)| {
                        $piece::$mark(with_content(attributes, content))
                    })
                ),*];
                vec(prop_oneof![3 => flat, 1 => nested], 0..5).boxed()
            };
            pieces.prop_map(Mixed::from_iter).boxed()
        }

        impl Arb for Mixed<$piece> {
            fn arb() -> BoxedStrategy<Self> {
                $function(2)
            }
        }
    )* };
}
mixed! {
    speech: Speech {
        Emphasis(in_sentence), Lang(speech), Paragraph(in_paragraph), Prosody(speech),
        Sentence(in_sentence), Word(in_word)
    }
    in_paragraph: InParagraph {
        Emphasis(in_sentence), Lang(speech), Prosody(speech), Sentence(in_sentence), Word(in_word)
    }
    in_sentence: InSentence {
        Emphasis(in_sentence), Lang(speech), Prosody(speech), Word(in_word)
    }
    in_word: InWord { Emphasis(in_sentence), Prosody(speech) }
}

/// A mark whose content is set apart from its attributes, so that depth has an end.
trait Mark<C>: Sized {
    fn set(&mut self, content: C);
}

fn with_content<M: Mark<C>, C>(mut mark: M, content: C) -> M {
    mark.set(content);
    mark
}

macro_rules! marks {
    ($( $mark:ident: $piece:ident { $( $field:ident ),* } )*) => {
        $(
            impl Mark<Mixed<$piece>> for $mark {
                fn set(&mut self, content: Mixed<$piece>) {
                    self.content = content;
                }
            }

            impl Arb for $mark {
                fn arb() -> BoxedStrategy<Self> {
                    built(vec![$( set(Arb::arb(), |e: &mut Self, value| e.$field = value), )*])
                }
            }
        )*

        #[test]
        fn the_strategies_leave_no_field_of_a_mark_out() {
            $(
                let named: &[&str] = &[$( stringify!($field), )* "content"];
                assert_eq!(fields::<$mark>(), named);
            )*
        }
    };
}
marks! {
    Emphasis: InSentence { level }
    Lang: Speech { language }
    Paragraph: InParagraph {}
    Prosody: Speech { volume, rate, pitch }
    Sentence: InSentence {}
    Word: InWord { role }
}

pub(crate) fn any_response() -> impl Strategy<Value = Response> {
    vec(Verb::arb(), 0..4).prop_map(|verbs| verbs.into_iter().fold(Response::new(), Response::then))
}

pub(crate) fn any_messaging_response() -> impl Strategy<Value = messaging::Response> {
    vec(messaging::Verb::arb(), 0..4).prop_map(|verbs| {
        let mut response = messaging::Response::new();
        response.verbs = verbs;
        response
    })
}
