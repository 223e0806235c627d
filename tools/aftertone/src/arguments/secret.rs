//! What can be asked of Twilio's tokens.

use clap::{Args, Subcommand};
use phone::AccountSid;

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

fn api_key(text: &str) -> Result<String, &'static str> {
    let hex = text.strip_prefix("SK").filter(|hex| hex.len() == 32);
    match hex {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(text.to_owned()),
        _ => Err("not the SID of an API key: expected SK and 32 hexadecimal digits"),
    }
}
