//! What can be asked of calls that go on.

use std::num::NonZeroU16;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use live::{CallId, ParticipantId};

use super::region::Region;

/// Calls that programs steer, through the control API: those that were made with the same key.
#[derive(Args, Debug)]
pub(crate) struct Live {
    /// The key that proves who asks: one of `aftertone key add`; better by the environment, which others don't see
    #[arg(long, global = true, value_name = "KEY", env = "AFTERTONE_KEY", hide_env_values = true,
          value_parser = NonEmptyStringValueParser::new())]
    pub(crate) key: Option<String>,
    #[command(subcommand)]
    pub(crate) command: LiveCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LiveCommand {
    /// List the key's calls that go on, the oldest first
    List {
        /// Only those of this masked number; then those are among them that are just forwarded
        #[arg(long, value_name = "NUMBER", value_parser = NonEmptyStringValueParser::new())]
        number: Option<String>,
        #[command(flatten)]
        region: Region,
    },
    /// Tell how a call is: who is in it, and what was wanted of it
    Show {
        /// The call, CL...
        #[arg(value_parser = call_id)]
        call: CallId,
    },
    /// Tell what happens in a call, until it is over
    Watch {
        /// The call, CL...
        #[arg(value_parser = call_id)]
        call: CallId,
        /// Begin behind the event with this number
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: u64,
    },
    /// Call somebody else, who joins whoever talks
    Add(Box<LiveAdd>),
    /// Let somebody wait: they hear nobody, and nobody hears them
    Hold {
        #[command(flatten)]
        whom: Whom,
        /// What they hear meanwhile, in Twilio's language
        #[arg(long, value_name = "DOCUMENT", conflicts_with = "twiml_url")]
        twiml: Option<String>,
        /// The same, as an https address where Twilio gets it
        #[arg(long, value_name = "URL")]
        twiml_url: Option<String>,
        /// For how long a caller waits with whom nobody else is left, before they may leave a message
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(10..=3600))]
        alone_seconds: Option<u16>,
    },
    /// Bring somebody who waits back to the others
    Resume(Whom),
    /// Call somebody else, to whom somebody is handed over once they pick up
    ///
    /// Of a pair the other one leaves then. Of more than two all others talk on, and who is handed over goes into a new
    /// call; the command tells which.
    Transfer(Box<LiveTransfer>),
    /// Have somebody go over into another call
    Move {
        #[command(flatten)]
        whom: Whom,
        /// The other call, CL...
        #[arg(value_parser = call_id)]
        to_call: CallId,
    },
    /// End somebody's part in it
    Remove(Whom),
    /// Let the others not hear somebody
    Mute(Whom),
    /// Let the others hear somebody again
    Unmute(Whom),
    /// End a call for everybody
    End {
        /// The call, CL...
        #[arg(value_parser = call_id)]
        call: CallId,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Somebody in a call.
#[derive(Args, Debug)]
pub(crate) struct Whom {
    /// The call, CL...
    #[arg(value_parser = call_id)]
    pub(crate) call: CallId,
    /// Who, like p1
    #[arg(value_parser = participant_id)]
    pub(crate) participant: ParticipantId,
}

#[derive(Args, Debug)]
pub(crate) struct LiveAdd {
    /// The call, CL...
    #[arg(value_parser = call_id)]
    pub(crate) call: CallId,
    #[command(flatten)]
    pub(crate) callee: Callee,
}

#[derive(Args, Debug)]
pub(crate) struct LiveTransfer {
    #[command(flatten)]
    pub(crate) whom: Whom,
    #[command(flatten)]
    pub(crate) callee: Callee,
}

/// Somebody who is called, and how.
#[derive(Args, Debug)]
pub(crate) struct Callee {
    /// A number, sip:ADDRESS or client:NAME
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) region: Region,
    /// For how many seconds it rings; 25 without
    #[arg(long, value_name = "SECONDS")]
    pub(crate) ring: Option<NonZeroU16>,
    /// What is done about answering machines
    #[arg(long, value_name = "DEED", value_parser = ["ignore", "tell", "hang_up", "wait_for_beep"])]
    pub(crate) machine: Option<String>,
    /// Keys that are pressed once somebody has picked up, and w for half a second
    #[arg(long, value_name = "KEYS")]
    pub(crate) send_digits: Option<String>,
    /// What whoever picks up hears before they join, and nobody else
    #[arg(long, value_name = "WORDS")]
    pub(crate) whisper: Option<String>,
    /// The key that proves that a person is there; the whisper says which
    #[arg(long, value_name = "KEY", requires = "whisper")]
    pub(crate) accept: Option<char>,
}

fn call_id(text: &str) -> Result<CallId, &'static str> {
    text.parse().map_err(|_| "no call is called so: each has CL or CA, and 32 of 0-9 and a-f")
}

fn participant_id(text: &str) -> Result<ParticipantId, &'static str> {
    text.parse().map_err(|_| "nobody in a call is called so: they are p1, p2 and so on")
}
