//! What can be asked for on the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use callflow::EmailAddress;
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, RecordingSid};

use crate::number::{MailboxFlags, NumberFlags};
use crate::retry::LedgerSid;

/// Where `cargo run -- serve` has its data if nothing else is said.
pub(crate) const DEFAULT_FOLDER: &str = "aftertone-data/serve";

/// What a stack is called if nothing else is said.
pub(crate) const DEFAULT_STACK: &str = "aftertone";

/// The operator's command line of Aftertone: masked phone numbers with voicemail.
#[derive(Debug, Parser)]
#[command(name = "aftertone", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Which,

    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which system is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// The name of the deployed stack
    #[arg(long, global = true, value_name = "NAME", env = "AFTERTONE_STACK", default_value = DEFAULT_STACK)]
    pub(crate) stack: String,

    /// The system that `cargo run -- serve` keeps running, with its data in this folder
    #[arg(long, global = true, value_name = "FOLDER", num_args = 0..=1, require_equals = true,
          default_missing_value = DEFAULT_FOLDER)]
    pub(crate) local: Option<PathBuf>,

    /// The AWS profile to use
    #[arg(long, global = true, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,

    /// The AWS region in which the stack is
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) aws_region: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The masked numbers and their settings
    #[command(subcommand)]
    Number(NumberCommand),
    /// The mailboxes: who gets the mails of numbers
    #[command(subcommand)]
    Mailbox(MailboxCommand),
    /// Point numbers at the stack, in Twilio's account
    Wire(Wire),
    /// Find out why it does not work, and what helps
    Doctor(Doctor),
    /// The voicemails
    #[command(subcommand)]
    Voicemails(VoicemailsCommand),
    /// Make the worker try again what is not delivered: as `voicemails retry`
    Retry(Retry),
    /// The calls
    #[command(subcommand)]
    Calls(CallsCommand),
    /// Twilio's tokens
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The region whose national format a phone number may be written in.
#[derive(Args, Clone, Debug)]
pub(crate) struct Region {
    /// The country (US, DE, ...) whose national format numbers without + are in
    #[arg(long, value_name = "COUNTRY", env = "AFTERTONE_REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Take a number into service
    Add(Box<NumberAdd>),
    /// Show a number's settings, in the form that --file reads
    Show {
        /// The masked number
        number: String,
        #[command(flatten)]
        region: Region,
    },
    /// List all numbers
    List,
    /// Change a number's settings
    Edit(Box<NumberEdit>),
    /// Take a number out of service; its calls and voicemails stay
    Remove {
        /// The masked number
        number: String,
        #[command(flatten)]
        region: Region,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Keep everything of a number from being deleted: its voicemails and calls, those to come as well
    Hold(NumberBecause),
    /// Lift the hold on a number; those on its voicemails stay
    Release(NumberBecause),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailboxCommand {
    /// Make a mailbox, for numbers to lead to: `number add --mailbox`, `number edit --mailbox`
    Add(Box<MailboxAdd>),
    /// Show a mailbox's settings, in the form that --file reads, and what leads to it
    Show {
        /// The mailbox
        id: String,
    },
    /// List all mailboxes
    List,
    /// Change a mailbox's settings, for all numbers that lead to it
    Edit(Box<MailboxEdit>),
    /// Remove a mailbox to which nothing leads any more; what it got stays
    Remove {
        /// The mailbox
        id: String,
        /// Also if it says for how long what it got is kept: that is then kept by the rule for all
        #[arg(long)]
        force: bool,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct MailboxAdd {
    /// What to call it, like kim
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) flags: MailboxFlags,
}

#[derive(Args, Debug)]
pub(crate) struct MailboxEdit {
    /// The mailbox
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) flags: MailboxFlags,
    /// Don't ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NumberBecause {
    /// The masked number
    pub(crate) number: String,
    #[command(flatten)]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) because: Because,
}

#[derive(Args, Debug)]
pub(crate) struct NumberAdd {
    /// The masked number: the one that people call
    pub(crate) number: String,
    #[command(flatten)]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) flags: NumberFlags,
}

#[derive(Args, Debug)]
pub(crate) struct NumberEdit {
    /// The masked number
    pub(crate) number: String,
    #[command(flatten)]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) flags: NumberFlags,
    /// Don't ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("which").required(true).args(["number", "all"])))]
pub(crate) struct Wire {
    /// The masked number
    pub(crate) number: Option<String>,
    /// All numbers
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) region: Region,
    /// Overwrite what leads elsewhere, a TwiML app or SIP trunk included
    #[arg(long)]
    pub(crate) force: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Show only what is wrong
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Which rows of a list.
#[derive(Args, Debug)]
pub(crate) struct Listing {
    /// Only those of this masked number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    #[command(flatten)]
    pub(crate) region: Region,
    /// Only those since then: 7d, 12h, or a time like 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = since)]
    pub(crate) since: Timestamp,
    /// So many at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VoicemailsCommand {
    /// List voicemails, newest first
    List {
        #[command(flatten)]
        listing: Listing,
        /// Only those that are not delivered yet
        #[arg(long)]
        open: bool,
    },
    /// Tell how far a voicemail got, and why no further
    Show {
        /// The recording, RE...
        #[arg(value_parser = RecordingSid::parse)]
        sid: RecordingSid,
    },
    /// Save the sound, or write it to a pipe
    Play {
        /// The recording, RE...
        #[arg(value_parser = RecordingSid::parse)]
        sid: RecordingSid,
        /// The file to save it in; without it the sound goes to a pipe
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Make the worker try again, now: also what is in the dead-letter queue
    Retry(Retry),
    /// Keep voicemails, and the rows of their calls, from being deleted
    Hold {
        /// The recordings, RE...
        #[arg(value_parser = RecordingSid::parse, required = true)]
        sids: Vec<RecordingSid>,
        #[command(flatten)]
        because: Because,
    },
    /// Lift the hold on voicemails; one on their number stays
    Release {
        /// The recordings, RE...
        #[arg(value_parser = RecordingSid::parse, required = true)]
        sids: Vec<RecordingSid>,
        #[command(flatten)]
        because: Because,
    },
    /// Delete voicemails for ever, delivered or not: sound, words and who called, here and at Twilio
    ///
    /// The row of the call stays, for as many days as the number's settings say.
    Delete {
        /// The recordings, RE...
        #[arg(value_parser = RecordingSid::parse, required = true)]
        sids: Vec<RecordingSid>,
        #[command(flatten)]
        because: Because,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Send mails over again that were sent or came back, with a fresh link
    ///
    /// The worker does it, as it sends every mail.
    Resend {
        /// The recordings, RE...
        #[arg(value_parser = RecordingSid::parse, required = true)]
        sids: Vec<RecordingSid>,
        /// Where to; otherwise to the owner's first address, as it is now
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        to: Option<EmailAddress>,
        #[command(flatten)]
        because: Again,
    },
    /// Call back the links to voicemails that are out
    Revoke {
        /// The recordings, RE...
        #[arg(value_parser = RecordingSid::parse, required = true)]
        sids: Vec<RecordingSid>,
    },
    /// Write sound, words and all that is known into a folder
    Export {
        /// The recordings, RE...; without any, those that the options choose
        #[arg(value_parser = RecordingSid::parse)]
        sids: Vec<RecordingSid>,
        #[command(flatten)]
        listing: Listing,
        /// The folder; what is in it already stays
        #[arg(long, value_name = "FOLDER", default_value = "voicemails")]
        to: PathBuf,
    },
}

/// What is to be tried again.
///
/// The ledger knows all that a mail needs, so the dead letter itself is of no use any more; purge
/// the queue when all is delivered. The console's way of doing the same is to open the dead-letter
/// queue in SQS and press "Start DLQ redrive".
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("which").required(true).multiple(false).args(["sids", "all"])))]
pub(crate) struct Retry {
    /// The recordings, RE..., and missed calls, CA...
    #[arg(value_parser = LedgerSid::parse)]
    pub(crate) sids: Vec<LedgerSid>,
    /// All that are not delivered
    #[arg(long)]
    pub(crate) all: bool,
}

/// Who wants it, and why.
#[derive(Args, Clone, Debug)]
pub(crate) struct Because {
    /// Why; the receipts keep it
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) why: String,
    /// Who wants it; otherwise whom AWS knows you as, or this machine's user
    #[arg(long, value_name = "WHO", env = "AFTERTONE_BY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) by: Option<String>,
}

/// Who wants a mail over again, and why.
#[derive(Args, Clone, Debug)]
pub(crate) struct Again {
    /// Why; the receipts keep it
    #[arg(long, value_name = "TEXT", default_value = "asked for again", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) why: String,
    /// Who wants it; otherwise whom AWS knows you as, or this machine's user
    #[arg(long, value_name = "WHO", env = "AFTERTONE_BY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CallsCommand {
    /// List calls, newest first
    List {
        #[command(flatten)]
        listing: Listing,
    },
    /// Tell the whole story of a call
    Show {
        /// The call, CA...
        #[arg(value_parser = CallSid::parse)]
        sid: CallSid,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Put a Twilio account in, or replace it; the token is asked for, or read from a pipe
    Set {
        /// The account, AC...
        #[arg(long, value_name = "SID", value_parser = AccountSid::parse)]
        account: AccountSid,
        /// An API key, SK..., to call Twilio with; its secret is asked for after the token
        #[arg(long, value_name = "SID", value_parser = api_key)]
        api_key: Option<String>,
        /// Write it without asking Twilio whether it is right
        #[arg(long)]
        unchecked: bool,
        /// Forget what is there, readable or not: this account alone is in then
        #[arg(long)]
        anew: bool,
    },
    /// Show which accounts are in, without their tokens
    Show,
    /// Add the token that will be the primary one (Twilio's secondary); both count until `promote`
    Rotate {
        #[command(flatten)]
        which: OneAccount,
    },
    /// Finish a rotation: forget the old token, once Twilio has promoted the new one
    Promote {
        #[command(flatten)]
        which: OneAccount,
    },
    /// Have the links in mails signed with a new key; links that are out open until they expire
    RotateLinkKey,
}

#[derive(Args, Debug)]
pub(crate) struct OneAccount {
    /// The account, AC...; only needed where there are several
    #[arg(long, value_name = "SID", value_parser = AccountSid::parse)]
    pub(crate) account: Option<AccountSid>,
    /// Write it without asking Twilio whether it is right
    #[arg(long)]
    pub(crate) unchecked: bool,
}

impl Arguments {
    /// Reads the command line; if it makes no sense, says why and ends the process.
    pub(crate) fn read() -> Self {
        let command = Self::command();
        let is_command = |word: &str| word == "help" || command.find_subcommand(word).is_some();
        Self::parse_from(with_folder(std::env::args_os(), is_command, Path::is_dir))
    }
}

/// `--local FOLDER` becomes `--local=FOLDER`, for `--local` may also stand alone: what follows is
/// the folder unless it is an option or a command, and behind the command only if it is there.
fn with_folder(
    arguments: impl Iterator<Item = OsString>,
    is_command: impl Fn(&str) -> bool,
    is_there: impl Fn(&Path) -> bool,
) -> Vec<OsString> {
    let mut arguments = arguments.peekable();
    let mut read = Vec::new();
    let mut command_is_known = false;
    while let Some(mut argument) = arguments.next() {
        command_is_known |= argument.to_str().is_some_and(&is_command);
        if argument == "--local" {
            let folder = arguments.next_if(|next| {
                let is_word = next.to_str().is_none_or(|next| !next.starts_with('-') && !is_command(next));
                is_word && (!command_is_known || is_there(Path::new(next)))
            });
            if let Some(folder) = folder {
                argument.push("=");
                argument.push(folder);
            }
        }
        read.push(argument);
    }
    read
}

fn api_key(text: &str) -> Result<String, &'static str> {
    let hex = text.strip_prefix("SK").filter(|hex| hex.len() == 32);
    match hex {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(text.to_owned()),
        _ => Err("not the SID of an API key: expected SK and 32 hexadecimal digits"),
    }
}

fn since(text: &str) -> Result<Timestamp, &'static str> {
    since_at(text, Timestamp::now())
}

fn since_at(text: &str, now: Timestamp) -> Result<Timestamp, &'static str> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago = text.parse::<SignedDuration>().ok().or_else(|| {
        let days = text.strip_suffix('d')?.parse::<i64>().ok()?;
        Some(SignedDuration::from_secs(days.checked_mul(86_400)?))
    });
    ago.and_then(|ago| now.checked_sub(ago).ok())
        .ok_or("write a span like 7d or 12h, or a time like 2026-11-20T12:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_local_folder_stands_behind_a_blank_or_an_equals_sign() {
        let read = |line: &str| {
            let is_command = |word: &str| ["number", "doctor", "help"].contains(&word);
            let is_there = |folder: &Path| folder == Path::new("here");
            let words = line.split(' ').map(OsString::from);
            let read = with_folder(words, is_command, is_there);
            read.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        for (given, meant) in [
            ("aftertone --local number list", "aftertone --local number list"),
            ("aftertone --local here number list", "aftertone --local=here number list"),
            ("aftertone --local nowhere doctor", "aftertone --local=nowhere doctor"),
            ("aftertone --local --json doctor", "aftertone --local --json doctor"),
            ("aftertone doctor --local", "aftertone doctor --local"),
            ("aftertone doctor --local here", "aftertone doctor --local=here"),
            ("aftertone number show --local +14155550100", "aftertone number show --local +14155550100"),
            ("aftertone --local=here doctor", "aftertone --local=here doctor"),
        ] {
            assert_eq!(read(given), meant);
        }
    }

    #[test]
    fn a_span_or_a_time_says_since_when() {
        assert_eq!(since("2026-11-20T12:00:00Z").unwrap().to_string(), "2026-11-20T12:00:00Z");
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let minutes = |text: &str| now.duration_since(since_at(text, now).unwrap()).as_mins();
        assert_eq!((minutes("2d"), minutes("12h"), minutes("90m")), (2880, 720, 90));
        for wrong in ["", "d", "yesterday", "7", "99999999999999999d"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
