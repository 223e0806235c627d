//! The call of which is asked what becomes of it.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::region::Region;

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("by").required(true).args(["number", "file"])))]
pub(crate) struct When {
    /// The masked number whose phone file, or settings, say it
    pub(crate) number: Option<String>,
    /// A phone file that is not in force; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) call: Played,
}

/// A call that is played.
#[derive(Args, Debug)]
pub(crate) struct Played {
    /// Who calls: a number, or anonymous; else it is somebody unknown
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) region: Region,
    /// When, by the clock where the number is: "2026-12-24 23:00"; else it is now
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// The keys that they press, one for each menu
    #[arg(long, value_name = "KEYS")]
    pub(crate) presses: Option<String>,
    /// What they say in a menu, once no key is left; for several menus, give it several times
    #[arg(long, value_name = "WORDS")]
    pub(crate) says: Vec<String>,
    /// They called before
    #[arg(long)]
    pub(crate) known: bool,
    /// Their carrier does not vouch for their number
    #[arg(long)]
    pub(crate) unverified: bool,
}
