//! What can be asked for on the command line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use domain::{
    CallerId, EmailAddress, Instead, InvalidSetting, Language, MessageLength, PromptText, RingTime,
    Transcription,
};
use exchange::Phone;
use jiff::tz::TimeZone;
use local::development;
use phone::PhoneNumber;

/// Where the data is if nothing else is said; `aftertone --local` looks there.
pub(crate) const DATA: &str = "aftertone-data/serve";

/// Where the exchange is if nothing else is said.
const TWILIO_PORT: u16 = 4010;

/// As many telephones as Twilio rings at once.
const MOST_OWNERS: usize = 10;

/// Aftertone on one machine: forwarding, voicemail and mail, and a telephone network to call it.
///
/// Without a command, a stranger calls Olivia, who does not answer.
#[derive(Debug, Parser)]
#[command(name = "local", bin_name = "cargo run --", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Place another call, and show what happens
    Call(Box<Call>),
    /// Keep the system running on fixed ports, so that other tools can talk to it
    Serve(Serve),
    /// Run the telephone network alone: a Twilio on this machine, for any program
    Exchange(Exchange),
}

/// A call to a masked number.
#[derive(Args, Debug)]
pub(crate) struct Call {
    /// Who calls: a number like +13125550142, or anonymous, client:NAME, sip:ADDRESS
    #[arg(long, value_name = "CALLER", default_value = development::STRANGER, value_parser = caller)]
    pub(crate) from: String,

    /// The masked number that is called
    #[arg(long, value_name = "NUMBER", default_value = development::MASKED_NUMBER, value_parser = number)]
    pub(crate) to: PhoneNumber,

    /// A phone file that says who is reached when, in place of the options about the owner
    #[arg(long, value_name = "FILE", conflicts_with_all = ["owner", "email", "time_zone", "ring", "forwarding_off", "plan_used_up", "greeting", "to", "language"])]
    pub(crate) file: Option<PathBuf>,

    /// The keys that the caller presses, one at each menu
    #[arg(long, value_name = "KEYS", requires = "file")]
    pub(crate) presses: Option<String>,

    /// What the caller says at a menu, where no key is left; give it several times for several menus
    #[arg(long, value_name = "WORDS", requires = "file")]
    pub(crate) says: Vec<String>,

    /// When it is, by the clock on the file's wall, like "2026-12-24 23:00"; now, if it is not said
    #[arg(long, value_name = "TIME", requires = "file")]
    pub(crate) at: Option<String>,

    /// The caller called before
    #[arg(long, requires = "file")]
    pub(crate) known: bool,

    /// Who of the file picks up and takes the call; give it several times for several
    #[arg(long, value_name = "PERSON", requires = "file")]
    pub(crate) takes: Vec<String>,

    /// The owner's telephone, to which it is forwarded; for several, up to ten, give it several times
    #[arg(long, value_name = "NUMBER", default_value = development::OWNER_PHONE, value_parser = number)]
    pub(crate) owner: Vec<PhoneNumber>,

    /// What the owner's telephone does
    #[arg(long, value_enum, value_name = "DEED", default_value_t = Callee::NoAnswer)]
    pub(crate) callee: Callee,

    /// What the caller says after the beep: a WAV file
    #[arg(long, value_name = "FILE.wav")]
    pub(crate) say: Option<PathBuf>,

    /// The words in that file, for the transcription; else a file beside it that ends in .txt
    #[arg(long, value_name = "TEXT", requires = "say")]
    pub(crate) words: Option<String>,

    /// The caller hangs up: while it rings, during the greeting, or during the message
    #[arg(long, value_enum, value_name = "WHEN", conflicts_with = "silent")]
    pub(crate) hangs_up: Option<HangsUp>,

    /// The caller says nothing after the beep
    #[arg(long, conflicts_with = "say")]
    pub(crate) silent: bool,

    /// The language of prompts and mail: en, zh-CN, es, fr, de, ja or pt-BR
    #[arg(long, default_value_t = Language::English)]
    pub(crate) language: Language,

    /// Where the mail goes
    #[arg(long, value_name = "ADDRESS", default_value = development::OWNER_EMAIL, value_parser = EmailAddress::parse)]
    pub(crate) email: EmailAddress,

    /// The owner's time zone, like Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "America/New_York", value_parser = time_zone)]
    pub(crate) time_zone: TimeZone,

    /// How long the owner's telephone rings, in seconds: 5 to 600
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = ring_time)]
    pub(crate) ring: RingTime,

    /// The longest message, in seconds: 2 to 14400
    #[arg(long, value_name = "SECONDS", default_value = "180", value_parser = message_length)]
    pub(crate) max_length: MessageLength,

    /// Which number the owner's telephone shows
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = ShownNumber::Caller)]
    pub(crate) caller_id: ShownNumber,

    /// How words are made of the message
    #[arg(long, value_enum, value_name = "HOW", default_value_t = TranscribedBy::Auto)]
    pub(crate) transcription: TranscribedBy,

    /// What becomes of the transcription
    #[arg(long, value_enum, value_name = "OUTCOME", default_value_t = TranscriptionOutcome::Completes)]
    pub(crate) transcription_outcome: TranscriptionOutcome,

    /// Forwarding is switched off; callers get this instead
    #[arg(long, value_enum, value_name = "INSTEAD")]
    pub(crate) forwarding_off: Option<InsteadOf>,

    /// The plan has no call left; callers get this instead
    #[arg(long, value_enum, value_name = "INSTEAD")]
    pub(crate) plan_used_up: Option<InsteadOf>,

    /// The greeting, in place of the built-in one
    #[arg(long, value_name = "TEXT", value_parser = PromptText::new)]
    pub(crate) greeting: Option<PromptText>,

    /// Where the mail and the sound are written
    #[arg(long, value_name = "FOLDER", default_value = "aftertone-data/calls")]
    pub(crate) data: PathBuf,
}

/// A system that stays.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Where numbers, calls, sound and mails are kept between runs
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    pub(crate) data: PathBuf,

    /// The port of the gateway, which Twilio calls
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    pub(crate) port: u16,

    /// The port of DynamoDB
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    pub(crate) dynamodb_port: u16,

    /// The port of S3
    #[arg(long, value_name = "PORT", default_value_t = 9000)]
    pub(crate) s3_port: u16,

    /// The port of SES, and of the inbox
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    pub(crate) mail_port: u16,

    /// The port of Transcribe
    #[arg(long, value_name = "PORT", default_value_t = 8035)]
    pub(crate) transcribe_port: u16,

    /// The port of what callers hear while the gateway does not answer
    #[arg(long, value_name = "PORT", default_value_t = 3010)]
    pub(crate) fallback_port: u16,

    /// How many times as fast as the real one the system's time runs: 1 to 60
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = speed)]
    pub(crate) speed: NonZeroU32,

    /// Show the functions' own log lines too
    #[arg(long)]
    pub(crate) logs: bool,

    /// The port of the exchange, which plays Twilio's REST API
    #[arg(long, value_name = "PORT", default_value_t = TWILIO_PORT)]
    pub(crate) twilio_port: u16,
}

/// A telephone network without the rest.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Exchange {
    #[command(subcommand)]
    pub(crate) command: Option<ExchangeCommand>,

    /// The port of its REST API
    #[arg(long, value_name = "PORT", default_value_t = TWILIO_PORT)]
    pub(crate) port: u16,

    /// How many times as fast as the real one its time runs: 1 to 60
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = speed)]
    pub(crate) speed: NonZeroU32,

    /// The telephones of the world outside, in place of the three that there are: a YAML or JSON list
    #[arg(long, value_name = "FILE")]
    pub(crate) phones: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExchangeCommand {
    /// Print the environment with which a program's Twilio library talks to the exchange
    Env {
        /// The exchange's port
        #[arg(long, value_name = "PORT", default_value_t = TWILIO_PORT)]
        port: u16,
    },
    /// Call a number of the running exchange from outside, and show what happens
    Call {
        /// Who calls: a number like +13125550142, or anonymous, client:NAME, sip:ADDRESS
        #[arg(long, value_name = "CALLER", default_value = development::STRANGER, value_parser = caller)]
        from: String,

        /// The number that is called
        #[arg(long, value_name = "NUMBER", default_value = development::MASKED_NUMBER, value_parser = number)]
        to: PhoneNumber,

        /// What the caller says after a beep
        #[arg(long, value_name = "WORDS")]
        says: Option<String>,

        /// Presses keys as soon as words are heard: "press 1=1"; for several, give it several times
        #[arg(long, value_name = "WORDS=KEYS", value_parser = keys_at)]
        presses: Vec<(String, String)>,

        /// When the caller hangs up, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 120)]
        patience: u64,

        /// The exchange's port
        #[arg(long, value_name = "PORT", default_value_t = TWILIO_PORT)]
        port: u16,
    },
}

/// What the owner's telephone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Callee {
    /// Rings until Twilio gives up
    NoAnswer,
    /// Is answered, for a talk of a minute
    Answers,
    /// Is busy
    Busy,
    /// Can't be reached
    Unreachable,
    /// Rings, and is declined
    Declines,
}

/// When the caller has had enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HangsUp {
    /// While the owner's telephone rings
    Ringing,
    /// During the greeting
    Greeting,
    /// During the message
    Message,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShownNumber {
    /// The caller's
    Caller,
    /// The masked number
    MaskedNumber,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TranscribedBy {
    /// By the engine that understands the language
    Auto,
    /// By Twilio
    Twilio,
    /// Not at all
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TranscriptionOutcome {
    /// The words come within half a minute
    Completes,
    /// The words come after ten minutes
    Late,
    /// The engine fails
    Fails,
    /// Nothing is ever heard of it
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InsteadOf {
    /// A greeting and a beep
    Voicemail,
    /// A sentence
    Message,
    /// A busy tone
    Reject,
}

impl Arguments {
    /// Reads the command line; if it makes no sense, says why and ends the process.
    pub(crate) fn read() -> Self {
        let arguments = Self::parse();
        if let Some(Command::Call(call)) = &arguments.command
            && call.owner.len() > MOST_OWNERS
        {
            let why = InvalidSetting::TooManyTargets(call.owner.len());
            Self::command().error(ErrorKind::TooManyValues, why).exit();
        }
        arguments
    }
}

impl From<Callee> for Phone {
    fn from(callee: Callee) -> Self {
        match callee {
            Callee::NoAnswer => Self::never_answers(),
            Callee::Answers => Self::answers_after(6).talks_for(60),
            Callee::Busy => Self::busy(),
            Callee::Unreachable => Self::unreachable(),
            Callee::Declines => Self::declines_after(4),
        }
    }
}

impl From<ShownNumber> for CallerId {
    fn from(shown: ShownNumber) -> Self {
        match shown {
            ShownNumber::Caller => Self::Caller,
            ShownNumber::MaskedNumber => Self::MaskedNumber,
        }
    }
}

impl From<TranscribedBy> for Transcription {
    fn from(by: TranscribedBy) -> Self {
        match by {
            TranscribedBy::Auto => Self::Auto,
            TranscribedBy::Twilio => Self::Twilio,
            TranscribedBy::Off => Self::Off,
        }
    }
}

impl From<InsteadOf> for Instead {
    fn from(instead: InsteadOf) -> Self {
        match instead {
            InsteadOf::Voicemail => Self::Voicemail,
            InsteadOf::Message => Self::Message,
            InsteadOf::Reject => Self::Reject,
        }
    }
}

fn number(text: &str) -> Result<PhoneNumber, String> {
    PhoneNumber::parse(text).map_err(|error| error.to_string())
}

/// The system takes whatever a carrier lets through; here it would be a slip of the pen.
fn caller(text: &str) -> Result<String, &'static str> {
    match phone::Caller::parse(text) {
        phone::Caller::Other(_) => {
            Err("write a number like +13125550142, or anonymous, unknown, client:NAME or sip:ADDRESS")
        }
        _ => Ok(text.to_owned()),
    }
}

fn keys_at(text: &str) -> Result<(String, String), &'static str> {
    let (words, keys) = text.rsplit_once('=').ok_or("write WORDS=KEYS, like \"press 1=1\"")?;
    let are_keys = !keys.is_empty() && keys.chars().all(|key| "0123456789*#".contains(key));
    if are_keys && !words.is_empty() {
        Ok((words.to_owned(), keys.to_owned()))
    } else {
        Err("write WORDS=KEYS, like \"press 1=1\"; keys are 0 to 9, * and #")
    }
}

fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(name).map_err(|_| "there is no such time zone: name one like Europe/Berlin")
}

/// At the greatest a minute passes in a second. Requests take as long as they do, so that beyond it
/// they would run into the system's own time limits.
fn speed(text: &str) -> Result<NonZeroU32, &'static str> {
    let speed = text.parse::<NonZeroU32>().ok().filter(|speed| speed.get() <= 60);
    speed.ok_or("write a whole number from 1 to 60")
}

fn ring_time(text: &str) -> Result<RingTime, String> {
    seconds(text, RingTime::seconds)
}

fn message_length(text: &str) -> Result<MessageLength, String> {
    seconds(text, MessageLength::seconds)
}

fn seconds<T>(text: &str, read: impl Fn(i64) -> Result<T, InvalidSetting>) -> Result<T, String> {
    let seconds = text.parse().map_err(|_| "write whole seconds, like 20")?;
    read(seconds).map_err(|error| error.to_string())
}
