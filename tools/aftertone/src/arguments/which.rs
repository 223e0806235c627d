//! Which system is meant.

use std::path::PathBuf;

use clap::Args;

/// Where `cargo run -- serve` has its data if nothing else is said.
pub(crate) const DEFAULT_FOLDER: &str = "aftertone-data/serve";

/// What a stack is called if nothing else is said.
pub(crate) const DEFAULT_STACK: &str = "aftertone";

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
