//! `cargo run`: the whole of Aftertone on one machine, with a telephone network to call it.

use std::process::ExitCode;

mod arguments;
mod place_call;
mod serve;
mod show;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = arguments::Arguments::read();
    let result = match arguments.command {
        None => place_call::demonstrate().await,
        Some(arguments::Command::Call(call)) => place_call::place(*call).await,
        Some(arguments::Command::Serve(options)) => serve::serve(options).await,
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}
