//! `aftertone`: the operator's command line.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    aftertone::run().await
}
