//! The operator's command line: numbers, wiring, what is wrong, voicemails, calls, secrets.
//!
//! What is decided (what a setting may be, what is wrong and what cures it, what to change at
//! Twilio) are pure functions over plain data; around them a thin shell fetches and shows.
//! `aws-config` is linked here and nowhere else: an operator has profiles and SSO, a function has
//! its environment.
//!
//! # Layout
//! - `arguments`: what can be asked for
//! - `place`: which system is meant, and the clients to talk to it
//! - `number`: the settings of numbers and, in `number::mailboxes`, of mailboxes; `number::form` is
//!   their one written form, `number::zones` guesses where an owner lives
//! - `wire`: where numbers lead at Twilio; `wire::plan` decides
//! - `doctor`: what is wrong; `doctor::facts` are fetched by `doctor::examine`, `doctor::judge` judges
//! - `voicemails`, `calls`: from the ledger; `voicemails::story` tells, `voicemails::delete` and
//!   `voicemails::keeping` change what is kept
//! - `retry`: makes the worker try again
//! - `order`: who wants something kept or deleted, and why
//! - `secret`: Twilio's tokens
//! - `hints`: commands that can be pasted
//! - `show`: tables, times, colours

use std::process::ExitCode;

use clap::CommandFactory as _;

mod arguments;
mod calls;
mod doctor;
mod hints;
mod number;
mod order;
mod place;
mod retry;
mod secret;
mod show;
mod voicemails;
mod wire;

use arguments::{Arguments, Command};
use place::Place;

/// Does what the command line asks for.
pub async fn run() -> ExitCode {
    let arguments = Arguments::read();
    let json = arguments.json;
    hints::mean(&arguments.place);
    // On the heap: the state of all commands together is large.
    match Box::pin(carry_out(arguments)).await {
        Ok(code) => show::unshown().map_or(code, |why| failed(&why, json)),
        Err(error) => failed(&error, json),
    }
}

fn failed(why: &anyhow::Error, json: bool) -> ExitCode {
    show::error(why, json);
    ExitCode::FAILURE
}

async fn carry_out(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { place, json, command } = arguments;
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "aftertone", &mut script);
            show::bytes(&script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Number(command) => number::run(&Place::find(&place).await?, command, json).await,
        Command::Mailbox(command) => number::mailboxes::run(&Place::find(&place).await?, command, json).await,
        Command::Wire(options) => wire::run(&Place::find(&place).await?, &options, json).await,
        Command::Doctor(options) => doctor::run(&place, &options, json).await,
        Command::Voicemails(command) => voicemails::run(&Place::find(&place).await?, command, json).await,
        Command::Retry(which) => retry::run(&Place::find(&place).await?, &which, json).await,
        Command::Calls(command) => calls::run(&Place::find(&place).await?, command, json).await,
        Command::Secret(command) => secret::run(&Place::find(&place).await?, command, json).await,
    }
}
