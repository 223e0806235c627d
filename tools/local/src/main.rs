//! `cargo run`: the whole of Aftertone on one machine, with a telephone network to call it.

use std::process::ExitCode;

mod arguments;
mod exchange_alone;
mod place_call;
mod serve;
mod show;
mod typed;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = arguments::Arguments::read();
    let result = match arguments.command {
        None => place_call::demonstrate().await,
        Some(arguments::Command::Call(call)) => Box::pin(place_call::place(*call)).await,
        Some(arguments::Command::Serve(options)) => Box::pin(serve::serve(options)).await,
        Some(arguments::Command::Exchange(options)) => exchange_alone::run(options).await,
    };
    match result {
        Ok(code) => show::unshown().map_or(code, |why| failed(&why)),
        Err(error) => failed(&error),
    }
}

fn failed(why: &anyhow::Error) -> ExitCode {
    show::error(why);
    ExitCode::FAILURE
}
