//! What can be asked for on the command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgGroup, Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

mod because;
mod key;
mod ledger;
mod listing;
mod live;
mod numbers;
mod region;
mod secret;
mod when;
mod which;

pub(crate) use because::{Again, Because};
pub(crate) use key::{KeyAdd, KeyCommand};
pub(crate) use ledger::{CallsCommand, LedgerSid, Retry, VoicemailsCommand};
pub(crate) use listing::Listing;
// There is a crate of that name.
pub(crate) use self::live::{Callee, Live, LiveCommand, Whom};
pub(crate) use numbers::{
    MailboxAdd, MailboxCommand, MailboxEdit, NumberAdd, NumberBecause, NumberCaller, NumberCommand,
    NumberEdit, Numbers, Writing,
};
pub(crate) use region::Region;
pub(crate) use secret::SecretCommand;
pub(crate) use when::{Played, When};
pub(crate) use which::{DEFAULT_FOLDER, DEFAULT_STACK, Which};

/// The operator's command line of Aftertone: masked phone numbers with voicemail.
#[derive(Debug, Parser)]
#[command(name = "aftertone", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) deployment: Which,

    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The masked numbers and their settings
    #[command(subcommand)]
    Number(Numbers),
    /// The mailboxes: who gets the mails of numbers
    #[command(subcommand)]
    Mailbox(MailboxCommand),
    /// Tell what becomes of a call by a phone file: who rings, what the caller hears, and which lines say so
    When(When),
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
    /// The calls that programs steer, while they go on
    Live(Live),
    /// Twilio's tokens
    #[command(subcommand)]
    Secret(SecretCommand),
    /// The keys of programs that control calls
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
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
}
