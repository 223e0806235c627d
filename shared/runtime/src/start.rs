//! A function's start.

use std::process::ExitCode;

use crate::{Environment, Failure, telemetry};

/// Starts a function: reads its environment once, and says in one line of its log why it can't, or why it
/// ended.
pub async fn start<F>(function: &'static str, serve: impl FnOnce(Environment) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Failure>>,
{
    telemetry::start();
    match Box::pin(serve(Environment::of_process())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!(target: telemetry::WEBHOOK, function, error = %failure, "the function does not run");
            ExitCode::FAILURE
        }
    }
}
