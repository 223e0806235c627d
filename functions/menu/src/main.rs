//! The Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    webhook::run(menu::Menus).await
}
