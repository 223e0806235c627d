//! What a program wants, as it writes it.

use std::collections::{BTreeMap, BTreeSet};

use endpoint::{Endpoint, Reach};
use live::{
    ActionId, Add, Address, Asked, CallId, Channels, Choice, Command, Consent, Create, Engine,
    HELD_ALONE_SECONDS, Listens, MOST_PARTICIPANTS, Machine, ParticipantId, Problem, Refusal, Ring, Role,
    RoleName, Tracks, WhenBusy, Who,
};
use phone::{AccountSid, PhoneNumber};
use serde::Deserialize;
use serde_json::{Map, Value};
#[cfg(feature = "schema")]
use twiml::voice::Say;

use crate::callee::AddressBody;
use crate::consent::{AgreeBody, Agreement, ConsentBody, consent};
use crate::documents::{SaidBody, document, said_document};
#[cfg(feature = "schema")]
use crate::documents::{TWIML_CHARACTERS, URL_BYTES};
use crate::feeds::{self, StreamWanted};
use crate::invalid::invalid;
use crate::listens::{LISTENS_SECONDS, listens};
#[cfg(feature = "schema")]
use crate::listens::{MOST_CHOICES, MOST_HINTS, MOST_KEYS};
use crate::screened::{AcceptBody, screened};

/// For how long it rings where nothing is said, in seconds.
const RING_SECONDS: u16 = 25;

/// The least and the most of it.
const LEAST_RING_SECONDS: u16 = 5;
const MOST_RING_SECONDS: u16 = 600;

/// The least and the most of for how long a caller waits with whom nobody else is left.
const LEAST_ALONE_SECONDS: u16 = 10;
const MOST_ALONE_SECONDS: u16 = 3600;

/// For how long a call may go on where nothing is said, and at most, in seconds.
const LIMIT_SECONDS: u32 = 4 * 3600;

/// The least of it.
const LEAST_LIMIT_SECONDS: u32 = 10;

/// The longest address at which a program is told something, in bytes.
#[cfg(feature = "schema")]
const URL_OF_CALLBACK_BYTES: usize = 2048;

/// How long what a program calls a thing may be, in bytes.
const CONTEXT_BYTES: usize = 1024;

/// What Twilio takes with an address, in characters.
const HEADERS_CHARACTERS: usize = 1024;

/// A call that a program wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) from: PhoneNumber,
    pub(crate) account: Option<AccountSid>,
    pub(crate) create: Create,
    pub(crate) callback: Option<String>,
    pub(crate) operation_context: Option<String>,
}

/// A call that is to be made.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CallRequest"))]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateBody {
    /// A masked number of yours, in E.164: whoever is called sees it.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^\+[1-9][0-9]{6,14}$")))]
    from: String,
    /// Whom: an address, or a list of them.
    #[cfg_attr(feature = "schema", schemars(with = "crate::shapes::OneOrMany"))]
    to: OneOrMany,
    /// Who of several gets the call.
    #[serde(default)]
    who: Who,
    /// For how long it rings.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(
        range(min = LEAST_RING_SECONDS, max = MOST_RING_SECONDS),
        extend("default" = RING_SECONDS),
    ))]
    ring_seconds: Option<u16>,
    /// What is done about answering machines.
    #[serde(default)]
    machine: Machine,
    /// Keys that are pressed once somebody has picked up, and `w` for half a second. Only with `machine` `ignore`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#wW]{1,32}$")))]
    send_digits: Option<String>,
    /// For how long the call may go on.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(
        range(min = LEAST_LIMIT_SECONDS, max = LIMIT_SECONDS),
        extend("default" = LIMIT_SECONDS),
    ))]
    limit_seconds: Option<u32>,
    /// What whoever picks up first hears, in Twilio's language.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = TWIML_CHARACTERS)))]
    twiml: Option<String>,
    /// The same, as an https address where Twilio gets it. One of both only.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = URL_BYTES), extend("pattern" = "^https://")))]
    twiml_url: Option<String>,
    /// The Twilio account that pays. Has to be said where there are several.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^AC[0-9a-fA-F]{32}$")))]
    account: Option<String>,
    /// Where the call's events are told: https, at a public address.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = URL_OF_CALLBACK_BYTES), extend("pattern" = "^https?://")))]
    callback: Option<String>,
    /// What the program calls it: comes back with the call and its events.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = CONTEXT_BYTES)))]
    operation_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

/// What is to be done with a call.
#[derive(Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ActionRequest", transform = with_what_all_have),
)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ActionBody {
    /// Somebody else is called, and joins whoever talks.
    Add {
        /// Whom.
        #[cfg_attr(feature = "schema", schemars(with = "crate::shapes::Whom"))]
        to: Value,
        /// For how long it rings.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(
            range(min = LEAST_RING_SECONDS, max = MOST_RING_SECONDS),
            extend("default" = RING_SECONDS),
        ))]
        ring_seconds: Option<u16>,
        /// What is done about answering machines.
        #[serde(default)]
        machine: Machine,
        /// Keys that are pressed once somebody has picked up, and `w` for half a second. Only with `machine` `ignore`.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#wW]{1,32}$")))]
        send_digits: Option<String>,
        /// What whoever picks up hears before they join, and nobody else.
        #[serde(default)]
        whisper: Option<SaidBody>,
        /// How they prove that a person is there. Only with a `whisper`, which says how.
        #[serde(default)]
        accept: Option<AcceptBody>,
        /// How they take part.
        #[serde(default)]
        role: RoleName,
        /// Who alone hears them, of a coach.
        #[serde(default)]
        coaches: Option<ParticipantId>,
    },
    /// Somebody else is talked to before the call is handed over to them. All others wait meanwhile.
    Consult {
        /// Who talks to them.
        participant: ParticipantId,
        /// Whom.
        #[cfg_attr(feature = "schema", schemars(with = "crate::shapes::Whom"))]
        to: Value,
        /// For how long it rings.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(
            range(min = LEAST_RING_SECONDS, max = MOST_RING_SECONDS),
            extend("default" = RING_SECONDS),
        ))]
        ring_seconds: Option<u16>,
        /// What is done about answering machines.
        #[serde(default)]
        machine: Machine,
        /// Keys that are pressed once somebody has picked up, and `w` for half a second. Only with `machine` `ignore`.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#wW]{1,32}$")))]
        send_digits: Option<String>,
        /// What whoever picks up hears before they join, and nobody else.
        #[serde(default)]
        whisper: Option<SaidBody>,
        /// How they prove that a person is there. Only with a `whisper`, which says how.
        #[serde(default)]
        accept: Option<AcceptBody>,
    },
    /// Whoever consulted somebody leaves, and that one talks to those who waited.
    Complete {
        /// The `consult`.
        action: ActionId,
    },
    /// Whoever was consulted leaves, and those who waited are back.
    TakeBack {
        /// The `consult`.
        action: ActionId,
    },
    /// Somebody else is called. As soon as they pick up they talk to the participant: of a pair the other one leaves, of
    /// a group all others talk on, and the participant goes over into a new call.
    Transfer {
        /// Who is transferred.
        participant: ParticipantId,
        /// Whom.
        #[cfg_attr(feature = "schema", schemars(with = "crate::shapes::Whom"))]
        to: Value,
        /// For how long it rings.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(
            range(min = LEAST_RING_SECONDS, max = MOST_RING_SECONDS),
            extend("default" = RING_SECONDS),
        ))]
        ring_seconds: Option<u16>,
        /// What is done about answering machines.
        #[serde(default)]
        machine: Machine,
        /// Keys that are pressed once somebody has picked up, and `w` for half a second. Only with `machine` `ignore`.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#wW]{1,32}$")))]
        send_digits: Option<String>,
        /// What whoever picks up hears before they join, and nobody else.
        #[serde(default)]
        whisper: Option<SaidBody>,
        /// How they prove that a person is there. Only with a `whisper`, which says how.
        #[serde(default)]
        accept: Option<AcceptBody>,
    },
    /// A participant goes over into another call that goes on.
    Move {
        /// Who.
        participant: ParticipantId,
        /// Which.
        to_call: CallId,
    },
    /// A participant takes part in another way.
    Role {
        /// Who.
        participant: ParticipantId,
        /// How.
        role: RoleName,
        /// Who alone hears them, of a coach.
        #[serde(default)]
        coaches: Option<ParticipantId>,
    },
    /// Something is played to participants, who hear nobody meanwhile: `text`, `ssml` or `file`.
    Play {
        /// To whom: all who are there, if nobody is named.
        #[serde(default)]
        participants: Vec<ParticipantId>,
        /// Words.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = Say::MAX_CHARACTERS)))]
        text: Option<String>,
        /// Words with speech marks.
        #[serde(default)]
        ssml: Option<String>,
        /// The address of a sound.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = URL_BYTES), extend("pattern" = "^https://")))]
        file: Option<String>,
        /// Of the words, as `en-US`.
        #[serde(default)]
        language: Option<String>,
        /// As Twilio calls it.
        #[serde(default)]
        voice: Option<String>,
        /// How often; 0 goes on until it is called off.
        #[serde(default, rename = "loop")]
        #[cfg_attr(feature = "schema", schemars(range(max = 1000), extend("default" = 1)))]
        times: Option<u16>,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// A participant is asked for keys, words or both.
    Recognize {
        /// Who.
        participant: ParticipantId,
        /// What they hear before.
        #[serde(default)]
        prompt: Option<SaidBody>,
        /// How many keys are taken at most.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(range(max = MOST_KEYS)))]
        max_keys: Option<u8>,
        /// The key that ends them.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#]$")))]
        stop_key: Option<char>,
        /// The language in which words are understood, as `en-US`; none are, without.
        #[serde(default)]
        speech: Option<String>,
        /// Words that are likely; the phrases of the choices, without.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = MOST_HINTS), inner(length(max = 100), regex(pattern = "^[^,]*$"))))]
        hints: Vec<String>,
        /// What may be chosen.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = MOST_CHOICES)))]
        choices: Vec<Choice>,
        /// For how long nothing may come.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60), extend("default" = LISTENS_SECONDS)))]
        timeout_seconds: Option<u8>,
        /// Whether what comes is told to nobody, and stored nowhere.
        #[serde(default)]
        sensitive: bool,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// Each key that a participant presses is told, until it is called off or they have left.
    ListenKeys {
        /// Whose.
        participant: ParticipantId,
        /// Whether they leave their seat for it: without, keys are heard only while they are alone or on hold.
        #[serde(default)]
        leave_seat: bool,
        /// Whether it is told to nobody which keys they are, and stored nowhere.
        #[serde(default)]
        sensitive: bool,
    },
    /// Keys are pressed for a participant to hear.
    SendKeys {
        /// Who.
        participant: ParticipantId,
        /// Which, and `w` for half a second.
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#wW]{1,32}$")))]
        keys: String,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// All that is played to a participant, or asked of them, is called off.
    CancelMedia {
        /// Of whom: of all, without.
        #[serde(default)]
        participant: Option<ParticipantId>,
    },
    /// Participants are recorded, until it is stopped or they have left: each leg by itself, or all in one.
    Record {
        /// Whom: all who talk, if nobody is named. Of all in one, whose leg is recorded first.
        #[serde(default)]
        participants: Vec<ParticipantId>,
        /// Whether one leg is recorded in both directions, and so everybody who talks.
        #[serde(default)]
        mixed: bool,
        /// How what is heard stands in it. Two channels only of all in one.
        #[serde(default)]
        channels: Channels,
        /// What those are told, or asked, who are recorded.
        consent: ConsentBody,
        /// What they hear, unless `consent` is `none`.
        #[serde(default)]
        announcement: Option<SaidBody>,
        /// How they agree who are asked; by the key 1, without.
        #[serde(default)]
        agree: Option<AgreeBody>,
        /// The language in which words are understood, as `en-US`; none are, without.
        #[serde(default)]
        speech: Option<String>,
        /// For how long nothing may come of those who are asked; 5 seconds, without.
        #[serde(default)]
        // No `default` in the description: generated clients would send it where nobody is asked, too.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
        timeout_seconds: Option<u8>,
    },
    /// Nothing is recorded for a while.
    PauseRecording {
        /// The `record`.
        action: ActionId,
    },
    /// It is recorded again.
    ResumeRecording {
        /// The `record`.
        action: ActionId,
    },
    /// It is recorded no more.
    StopRecording {
        /// The `record`.
        action: ActionId,
    },
    /// The sound of a participant's leg goes to a web socket, until it is stopped or they have left.
    Stream {
        /// Whose: it has to be said.
        #[serde(default)]
        participant: Option<ParticipantId>,
        /// The web socket's address, public and without a query.
        #[cfg_attr(feature = "schema", schemars(length(max = URL_OF_CALLBACK_BYTES), extend("pattern" = r"^wss?://[^?#]+$")))]
        url: String,
        /// Which directions.
        #[serde(default)]
        tracks: Tracks,
        /// Whether sound is to come back: Twilio has no way to do that with a leg that goes on.
        #[serde(default)]
        bidirectional: bool,
        /// What the web socket is told first, beside `call_id`, `participant_id` and `action_id`: up to 20 texts.
        #[serde(default)]
        parameters: BTreeMap<String, String>,
    },
    /// It goes there no more.
    StopStream {
        /// The `stream`.
        action: ActionId,
    },
    /// What participants say is told while they say it, until it is stopped or they have left.
    Transcribe {
        /// Who: all, also who comes later, if nobody is named.
        #[serde(default)]
        participants: Vec<ParticipantId>,
        /// In which language they are understood, as `en-US`.
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z][A-Za-z0-9-]{1,34}$")))]
        language: String,
        /// Words that are likely.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = MOST_HINTS), inner(length(min = 1, max = 100), regex(pattern = "^[^,]*$"))))]
        hints: Vec<String>,
        /// Whether words are told before they are final.
        #[serde(default)]
        partials: bool,
        /// Who understands them.
        #[serde(default)]
        engine: Engine,
    },
    /// They are understood in another language from now on.
    UpdateTranscription {
        /// The `transcribe`.
        action: ActionId,
        /// Which.
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z][A-Za-z0-9-]{1,34}$")))]
        language: String,
    },
    /// It is told no more.
    StopTranscription {
        /// The `transcribe`.
        action: ActionId,
    },
    /// A participant's leg ends.
    Remove {
        /// Whose.
        participant: ParticipantId,
    },
    /// A participant is not heard any more.
    Mute {
        /// Who: has to be in a seat.
        participant: ParticipantId,
    },
    /// A participant is heard again.
    Unmute {
        /// Who: has to be in a seat.
        participant: ParticipantId,
    },
    /// A participant waits: they hear nobody, and nobody hears them.
    Hold {
        /// Who.
        participant: ParticipantId,
        /// What they hear meanwhile, in Twilio's language, again and again.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = TWIML_CHARACTERS)))]
        twiml: Option<String>,
        /// The same, as an https address where Twilio gets it. One of both only.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = URL_BYTES), extend("pattern" = "^https://")))]
        twiml_url: Option<String>,
        /// For how long a caller waits with whom nobody else is left, in seconds; unsaid, 300. Then the number's phone
        /// file goes on, or a message is taken.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(range(min = LEAST_ALONE_SECONDS, max = MOST_ALONE_SECONDS)))]
        alone_seconds: Option<u16>,
    },
    /// A participant who waits is back among the others.
    Resume {
        /// Who.
        participant: ParticipantId,
    },
    /// An action is called off that calls somebody, before anybody picked up.
    Cancel {
        /// Which.
        action: ActionId,
    },
    /// The call ends for everybody.
    End {},
    /// A call that comes in is picked up.
    Answer {
        /// What its caller hears first, in Twilio's language; music, without.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = TWIML_CHARACTERS)))]
        twiml: Option<String>,
        /// The same, as an https address where Twilio gets it. One of both only.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(length(max = URL_BYTES), extend("pattern" = "^https://")))]
        twiml_url: Option<String>,
    },
    /// A call that comes in is refused.
    Reject {
        /// What its caller hears of it.
        #[serde(default)]
        reason: Refusal,
    },
    /// A call that comes in is put through to a telephone, and is not steered any more from then on.
    Redirect {
        /// Its number, in E.164.
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^\+[1-9][0-9]{6,14}$")))]
        to: String,
        /// For how long it rings.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(
            range(min = LEAST_RING_SECONDS, max = MOST_RING_SECONDS),
            extend("default" = RING_SECONDS),
        ))]
        ring_seconds: Option<u16>,
    },
    /// A call that came in goes on as its number's phone file says.
    Release {},
}

/// Reads what a call is to be.
pub(crate) fn call(body: Value, reach: Reach) -> Result<Wanted, Problem> {
    let body: CreateBody = read(body)?;
    let from = number("from", &body.from)?;
    let to = match body.to {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    };
    if to.is_empty() || to.len() > MOST_PARTICIPANTS {
        return Err(invalid(format!("`to`: 1 to {MOST_PARTICIPANTS} are expected")));
    }
    let to: Vec<Address> = to.into_iter().map(address).collect::<Result<_, _>>()?;
    let limit_seconds = body.limit_seconds.unwrap_or(LIMIT_SECONDS);
    if !(LEAST_LIMIT_SECONDS..=LIMIT_SECONDS).contains(&limit_seconds) {
        let cause = format!("`limit_seconds`: {LEAST_LIMIT_SECONDS} to {LIMIT_SECONDS} are expected");
        return Err(invalid(cause));
    }
    let account = body.account.as_deref().map(AccountSid::parse).transpose();
    let create = Create {
        to,
        who: body.who,
        ring: ring(body.ring_seconds, body.machine, body.send_digits)?,
        limit_seconds,
        document: document(body.twiml, body.twiml_url)?,
    };
    Ok(Wanted {
        from,
        account: account.map_err(|error| invalid(format!("`account`: {error}")))?,
        create,
        callback: callback(body.callback, reach)?,
        operation_context: context(body.operation_context)?,
    })
}

/// Reads what is to be done with a call.
pub(crate) fn action(mut body: Map<String, Value>, reach: Reach) -> Result<(Command, Asked), Problem> {
    let mut common = |name: &str| match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("`{name}`: a text is expected"))),
    };
    let asked = Asked {
        operation_context: context(common("operation_context")?)?,
        callback: callback(common("callback")?, reach)?,
    };
    Ok((command(read(Value::Object(body))?, reach)?, asked))
}

#[expect(clippy::too_many_lines, reason = "one kind after the other")]
fn command(body: ActionBody, reach: Reach) -> Result<Command, Problem> {
    let command = match body {
        ActionBody::Add { to, ring_seconds, machine, send_digits, role, coaches, whisper, accept } => {
            Command::Add(Add {
                to: address(to)?,
                ring: screened(ring(ring_seconds, machine, send_digits)?, whisper, accept)?,
                role: role_of(role, coaches)?,
            })
        }
        ActionBody::Consult { participant, to, ring_seconds, machine, send_digits, whisper, accept } => {
            let ring = screened(ring(ring_seconds, machine, send_digits)?, whisper, accept)?;
            Command::Consult { participant, add: added(to, ring)? }
        }
        ActionBody::Complete { action } => Command::Complete { action },
        ActionBody::TakeBack { action } => Command::TakeBack { action },
        ActionBody::Transfer { participant, to, ring_seconds, machine, send_digits, whisper, accept } => {
            let ring = screened(ring(ring_seconds, machine, send_digits)?, whisper, accept)?;
            Command::Transfer { participant, to_call: None, add: added(to, ring)? }
        }
        ActionBody::Move { participant, to_call } => Command::Move { participant, to_call },
        ActionBody::Role { participant, role, coaches } => {
            Command::Role { participant, role: role_of(role, coaches)? }
        }
        ActionBody::Play { participants, text, ssml, file, language, voice, times, when_busy } => {
            let said = SaidBody { text, ssml, file, language, voice };
            let document = said_document(said, times)?;
            Command::Play { participants: distinct(participants)?, document, when_busy }
        }
        ActionBody::Recognize {
            participant,
            prompt,
            max_keys,
            stop_key,
            speech,
            hints,
            choices,
            timeout_seconds,
            sensitive,
            when_busy,
        } => Command::Recognize {
            participant,
            prompt: prompt.map(|prompt| said_document(prompt, None)).transpose()?,
            listens: listens(
                Listens {
                    max_keys: max_keys.unwrap_or(0),
                    stop_key,
                    language: speech,
                    hints,
                    choices,
                    timeout_seconds: timeout_seconds.unwrap_or(LISTENS_SECONDS),
                    sensitive,
                },
                max_keys.is_some(),
            )?,
            when_busy,
        },
        ActionBody::ListenKeys { participant, leave_seat, sensitive } => {
            Command::ListenKeys { participant, leave_seat, sensitive }
        }
        ActionBody::SendKeys { participant, keys, when_busy } => {
            Command::SendKeys { participant, keys: digits(keys)?, when_busy }
        }
        ActionBody::CancelMedia { participant } => Command::CancelMedia { of: participant },
        ActionBody::Record {
            participants,
            mixed,
            channels,
            consent: kind,
            announcement,
            agree,
            speech,
            timeout_seconds,
        } => {
            let consent = consent(kind, announcement, Agreement { agree, speech, timeout_seconds })?;
            record(participants, mixed, channels, consent)?
        }
        ActionBody::PauseRecording { action } => Command::PauseRecording { action },
        ActionBody::ResumeRecording { action } => Command::ResumeRecording { action },
        ActionBody::StopRecording { action } => Command::StopRecording { action },
        ActionBody::Stream { participant, url, tracks, bidirectional, parameters } => {
            feeds::stream(StreamWanted { participant, url, tracks, bidirectional, parameters }, reach)?
        }
        ActionBody::StopStream { action } => Command::StopStream { action },
        ActionBody::Transcribe { participants, language, hints, partials, engine } => {
            feeds::transcribe(distinct(participants)?, language, hints, partials, engine)?
        }
        ActionBody::UpdateTranscription { action, language } => {
            Command::UpdateTranscription { action, language: feeds::language(language)? }
        }
        ActionBody::StopTranscription { action } => Command::StopTranscription { action },
        ActionBody::Remove { participant } => Command::Remove { participant },
        ActionBody::Mute { participant } => Command::Mute { participant },
        ActionBody::Unmute { participant } => Command::Unmute { participant },
        ActionBody::Hold { participant, twiml, twiml_url, alone_seconds } => {
            let alone_seconds = alone_seconds.unwrap_or(HELD_ALONE_SECONDS);
            if !(LEAST_ALONE_SECONDS..=MOST_ALONE_SECONDS).contains(&alone_seconds) {
                return Err(invalid("`alone_seconds`: 10 to 3600 are expected"));
            }
            Command::Hold { participant, document: document(twiml, twiml_url)?, alone_seconds }
        }
        ActionBody::Resume { participant } => Command::Resume { participant },
        ActionBody::Cancel { action } => Command::Cancel { action },
        ActionBody::End {} => Command::End,
        ActionBody::Answer { twiml, twiml_url } => Command::Answer { document: document(twiml, twiml_url)? },
        ActionBody::Reject { reason } => Command::Reject { reason },
        ActionBody::Redirect { to, ring_seconds } => {
            let Ring { ring_seconds, .. } = ring(ring_seconds, Machine::Ignore, None)?;
            Command::Redirect { to: number("to", &to)?, ring_seconds }
        }
        ActionBody::Release {} => Command::Release,
    };
    Ok(command)
}

fn digits(keys: String) -> Result<String, Problem> {
    let Ring { send_digits, .. } = ring(None, Machine::Ignore, Some(keys))?;
    Ok(send_digits.unwrap_or_default())
}

fn added(to: Value, ring: Ring) -> Result<Add, Problem> {
    Ok(Add { to: address(to)?, ring, role: Role::Talk })
}

fn role_of(name: RoleName, coaches: Option<ParticipantId>) -> Result<Role, Problem> {
    match (name, coaches) {
        (RoleName::Talk, None) => Ok(Role::Talk),
        (RoleName::Listen, None) => Ok(Role::Listen),
        (RoleName::Coach, Some(coaches)) => Ok(Role::Coach { coaches }),
        (RoleName::Coach, None) => Err(invalid("`coaches`: it has to be said who hears a coach")),
        (_, Some(_)) => Err(invalid("`coaches`: only a coach is heard by one alone")),
    }
}

fn distinct(participants: Vec<ParticipantId>) -> Result<Vec<ParticipantId>, Problem> {
    let all: BTreeSet<ParticipantId> = participants.iter().copied().collect();
    if all.len() < participants.len() {
        return Err(invalid("`participants`: one of them stands twice"));
    }
    Ok(participants)
}

/// What is recorded, if it makes sense.
fn record(
    participants: Vec<ParticipantId>,
    mixed: bool,
    channels: Channels,
    consent: Consent,
) -> Result<Command, Problem> {
    if mixed && participants.len() > 1 {
        return Err(invalid("`participants`: of all in one, one leg at most is named"));
    }
    if !mixed && channels == Channels::Dual {
        return Err(invalid("`channels`: a leg by itself has one; `mixed` may have two"));
    }
    Ok(Command::Record { participants: distinct(participants)?, mixed, channels, consent })
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let why = error.inner();
        invalid(if path == "." { format!("the body: {why}") } else { format!("`{path}`: {why}") })
    })
}

fn number(name: &str, text: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text).map_err(|_| invalid(format!("`{name}`: a number as +14155550100 is expected")))
}

/// `+1415…`, `sip:…`, `client:…`; or an object, where headers or parameters go with it.
fn address(value: Value) -> Result<Address, Problem> {
    let AddressBody { address, headers } = match value {
        Value::String(address) => AddressBody { address, headers: BTreeMap::new() },
        value => read(value)?,
    };
    let length: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    if length > HEADERS_CHARACTERS {
        return Err(invalid("`headers`: more than Twilio takes, which is 1,024 characters"));
    }
    let is_name = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !headers.keys().all(is_name) {
        return Err(invalid("`headers`: names are of letters, digits, `-` and `_`"));
    }
    if let Some(identity) = address.strip_prefix("client:") {
        let is_identity = !identity.is_empty()
            && identity.len() <= 256
            && identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_identity {
            return Err(invalid(
                "`to`: `client:` and up to 256 letters, digits, `_`, `-` and `.` are expected",
            ));
        }
        return Ok(Address::Client { identity: identity.to_owned(), parameters: headers });
    }
    if address.starts_with("sip:") || address.starts_with("sips:") {
        let is_uri = address.len() < 255
            && address.contains('@')
            && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"?&".contains(&byte));
        if !is_uri {
            return Err(invalid("`to`: `sip:`, a user, `@` and a host are expected, without a query"));
        }
        let may_go = |name: &String| name == "User-to-User" || name.to_ascii_lowercase().starts_with("x-");
        if !headers.keys().all(may_go) {
            return Err(invalid("`headers`: Twilio passes on `X-…` and `User-to-User` only"));
        }
        return Ok(Address::Sip { uri: address, headers });
    }
    if !headers.is_empty() {
        return Err(invalid("`headers`: none go with a telephone number"));
    }
    Ok(Address::Phone { number: number("to", &address)? })
}

fn ring(seconds: Option<u16>, machine: Machine, send_digits: Option<String>) -> Result<Ring, Problem> {
    let ring_seconds = seconds.unwrap_or(RING_SECONDS);
    if !(LEAST_RING_SECONDS..=MOST_RING_SECONDS).contains(&ring_seconds) {
        let cause = format!("`ring_seconds`: {LEAST_RING_SECONDS} to {MOST_RING_SECONDS} are expected");
        return Err(invalid(cause));
    }
    if let Some(digits) = &send_digits {
        let is_key = |byte: u8| byte.is_ascii_digit() || b"wW*#".contains(&byte);
        if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(is_key) {
            return Err(invalid(
                "`send_digits`: 1 to 32 of `0-9`, `*`, `#`, and `w` for half a second are expected",
            ));
        }
        if machine != Machine::Ignore {
            return Err(invalid(
                "`machine`: Twilio listens for machines only where no `send_digits` are pressed",
            ));
        }
    }
    Ok(Ring { ring_seconds, machine, send_digits, screen: None })
}

fn context(context: Option<String>) -> Result<Option<String>, Problem> {
    match context {
        Some(text) if text.len() > CONTEXT_BYTES => {
            Err(invalid(format!("`operation_context`: more than {CONTEXT_BYTES} bytes")))
        }
        context => Ok(context),
    }
}

fn callback(callback: Option<String>, reach: Reach) -> Result<Option<String>, Problem> {
    let Some(url) = callback else { return Ok(None) };
    Endpoint::parse(&url, reach).map_err(|error| invalid(format!("`callback`: {error}")))?;
    Ok(Some(url))
}

/// The telephones that a command calls.
pub(crate) fn phones<'a>(to: impl IntoIterator<Item = &'a Address>) -> BTreeSet<&'a PhoneNumber> {
    let phone = |address: &'a Address| match address {
        Address::Phone { number } => Some(number),
        Address::Sip { .. } | Address::Client { .. } | Address::Owner | Address::Withheld => None,
    };
    to.into_iter().filter_map(phone).collect()
}

/// What each action may have beside what is its own.
#[cfg(feature = "schema")]
fn with_what_all_have(action: &mut schemars::Schema) {
    let kinds = action.get_mut("oneOf").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten() {
        kind["properties"]["operation_context"] = serde_json::json!({
            "type": ["string", "null"],
            "description": "What the program calls it: its events carry it instead of the call's.",
            "maxLength": CONTEXT_BYTES,
        });
        kind["properties"]["callback"] = serde_json::json!({
            "type": ["string", "null"],
            "description": "Where its events are told, if not where the call's are: https, at a public address.",
            "pattern": "^https?://",
            "maxLength": URL_OF_CALLBACK_BYTES,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(body: Value) -> Result<Wanted, Problem> {
        super::call(body, Reach::Public)
    }

    fn action(body: Map<String, Value>) -> Result<(Command, Asked), Problem> {
        super::action(body, Reach::Public)
    }

    fn refused(body: Value) -> String {
        call(body).unwrap_err().cause
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({ "from": "+14155550100", "to": "+14155550142" });
        body[name] = value;
        body
    }

    #[test]
    fn a_call_is_read_with_what_goes_without_saying() {
        let wanted = call(json!({ "from": "+14155550100", "to": "+14155550142" })).unwrap();
        assert_eq!(wanted.create.ring.ring_seconds, 25);
        assert_eq!(wanted.create.limit_seconds, 14_400);
        assert_eq!(wanted.create.ring.machine, Machine::Ignore);
        assert_eq!(wanted.create.to.len(), 1);
        let sip = json!({ "address": "sip:ana@example.org", "headers": { "X-Order": "7" } });
        let many = call(with("to", json!(["+14155550142", "client:ana", sip]))).unwrap();
        assert_eq!(many.create.to.len(), 3);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({}), "missing field `from`"),
            (json!({ "from": "+14155550100" }), "missing field `to`"),
            (with("from", json!("4155550100")), "`from`: a number"),
            (with("to", json!([])), "`to`: 1 to 50"),
            (with("to", json!("911")), "`to`: a number"),
            (with("to", json!("sip:nobody")), "`to`: `sip:`"),
            (with("to", json!("client:")), "`to`: `client:`"),
            (
                with("to", json!({ "address": "sip:a@b", "headers": { "From": "x" } })),
                "`headers`: Twilio passes on",
            ),
            (
                with("to", json!({ "address": "+14155550142", "headers": { "X-A": "x" } })),
                "`headers`: none go",
            ),
            (with("ring_seconds", json!(4)), "`ring_seconds`: 5 to 600"),
            (with("ring_seconds", json!("4")), "`ring_seconds`: invalid type"),
            (with("limit_seconds", json!(5)), "`limit_seconds`: 10 to 14400"),
            (with("send_digits", json!("12a")), "`send_digits`: 1 to 32"),
            (with("machine", json!("perhaps")), "`machine`: unknown variant"),
            (with("twiml", json!("<Response>")), "`twiml`: "),
            (with("twiml_url", json!("http://example.org")), "`twiml_url`: an https://"),
            (with("callback", json!("http://example.org")), "`callback`: "),
            (with("account", json!("AC1")), "`account`: "),
            (with("operation_context", json!("x".repeat(1025))), "`operation_context`: more than 1024"),
            (with("rings", json!(4)), "unknown field `rings`"),
        ];
        for (body, expected) in cases {
            let cause = refused(body.clone());
            assert!(cause.contains(expected), "{body}: {cause}");
        }
    }

    #[test]
    fn an_action_is_read_with_what_it_is_called() {
        let read = |body: Value| action(body.as_object().unwrap().clone());
        let (command, asked) =
            read(json!({ "type": "hold", "participant": "p2", "operation_context": "lunch" })).unwrap();
        assert_eq!(
            command,
            Command::Hold {
                participant: ParticipantId(2),
                document: None,
                alone_seconds: HELD_ALONE_SECONDS
            }
        );
        assert_eq!(asked.operation_context.as_deref(), Some("lunch"));
        assert_eq!(read(json!({ "type": "end" })).unwrap().0, Command::End);
        let cases = [
            (json!({}), "missing field `type`"),
            (json!({ "type": "dance" }), "unknown variant `dance`"),
            (json!({ "type": "hold" }), "missing field `participant`"),
            (json!({ "type": "hold", "participant": "2" }), "no such name"),
            (json!({ "type": "end", "now": true }), "unknown field `now`"),
            (json!({ "type": "end", "callback": 7 }), "`callback`: a text"),
        ];
        for (body, expected) in cases {
            let cause = read(body.clone()).unwrap_err().cause;
            assert!(cause.contains(expected), "{body}: {cause}");
        }
    }
}
