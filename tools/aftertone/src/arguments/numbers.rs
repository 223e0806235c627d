//! What can be asked of numbers and of mailboxes.

use clap::{Args, Subcommand};

use super::because::Because;
use super::region::Region;
use crate::settings::flags::{MailboxFlags, NumberFlags};

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
