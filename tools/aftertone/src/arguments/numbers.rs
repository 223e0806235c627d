//! What can be asked of numbers and of mailboxes.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::because::Because;
use super::region::Region;
use crate::settings::flags::{MailboxFlags, NumberFlags};

#[derive(Debug, Subcommand)]
pub(crate) enum Numbers {
    /// Check a phone file: everything that is wrong with it, and whether it does what it expects
    Check {
        /// The file; - reads standard input
        file: PathBuf,
    },
    #[command(flatten)]
    InService(NumberCommand),
}

/// What is asked of a stack.
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
        /// Print its phone file instead, byte for byte
        #[arg(long)]
        file: bool,
    },
    /// List all numbers
    List,
    /// Change a number's settings, or its phone file
    Edit(Box<NumberEdit>),
    /// List the versions of a number's phone file: who wrote them, and when
    History {
        /// The masked number
        number: String,
        #[command(flatten)]
        region: Region,
    },
    /// Put the phone file in force that was before, as a new version
    Undo(NumberUndo),
    /// List the callers who are blocked by a key, or by `number block`; a phone file's own lists are in the file
    Blocked {
        /// The masked number
        number: String,
        #[command(flatten)]
        region: Region,
    },
    /// List who is in a number's lists, and how many calls each entry decided
    Lists {
        /// The masked number
        number: String,
        #[command(flatten)]
        region: Region,
    },
    /// Refuse a caller's calls from now on
    Block(NumberCaller),
    /// Let a caller's calls through again
    Unblock(NumberCaller),
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

#[derive(Args, Debug)]
pub(crate) struct NumberCaller {
    /// The masked number
    pub(crate) number: String,
    /// The number of who calls
    pub(crate) caller: String,
    #[command(flatten)]
    pub(crate) region: Region,
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
pub(crate) struct NumberUndo {
    /// The masked number
    pub(crate) number: String,
    #[command(flatten)]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// How something is written.
#[derive(Args, Debug)]
pub(crate) struct Writing {
    /// Don't ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who writes a phone file; otherwise whom AWS knows you as, or this machine's user
    #[arg(long, value_name = "WHO", env = "AFTERTONE_BY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) by: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct NumberEdit {
    /// The masked number
    pub(crate) number: String,
    #[command(flatten)]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) flags: NumberFlags,
    #[command(flatten)]
    pub(crate) writing: Writing,
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
