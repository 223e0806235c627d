//! Who wants something, and why.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

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
