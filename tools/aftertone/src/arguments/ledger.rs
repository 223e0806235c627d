//! What can be asked of the ledger: of voicemails, of calls, and what is to be tried again.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use domain::EmailAddress;
use phone::{CallSid, RecordingSid};

use super::because::{Again, Because};
use super::listing::Listing;

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

/// A row of the ledger, as it is named on the command line.
#[derive(Clone, Debug)]
pub(crate) enum LedgerSid {
    Voicemail(RecordingSid),
    MissedCall(CallSid),
}

impl LedgerSid {
    /// # Errors
    /// What it should look like.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("CA") {
            return CallSid::parse(text).map(Self::MissedCall).map_err(|error| error.to_string());
        }
        RecordingSid::parse(text).map(Self::Voicemail).map_err(|error| error.to_string())
    }
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
