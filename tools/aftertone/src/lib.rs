//! The operator's command line: numbers, wiring, what is wrong, voicemails, calls, secrets.
//!
//! What is decided (what a setting may be, what is wrong and what cures it, what to change at
//! Twilio) are pure functions over plain data; around them a thin shell fetches and shows.
//! `aws-config` is linked here and nowhere else: an operator has profiles and SSO, a function has
//! its environment.
//!
//! # Layout
//! The commands, on top:
//! - `number`, `mailbox`: the settings of numbers and of mailboxes
//! - `check`, `when`: a phone file, without any stack: what is wrong with it, and what becomes of a call
//! - `wire`: where numbers lead at Twilio; `wire::plan` decides
//! - `doctor`: what is wrong; `doctor::facts` are fetched by `doctor::examine`, `doctor::judge` judges
//! - `voicemails`, `calls`: from the ledger; `voicemails::delete` and `voicemails::keeping` change what
//!   is kept
//! - `retry`: makes the worker try again
//! - `secret`: Twilio's tokens
//! - `key`: the keys of programs that control calls
//! - `live`: the calls that they control, through the control API
//!
//! What they are made of; none of it knows a command:
//! - `lookup`: what is looked up in the ledger
//! - `story`: how far a voicemail or a call got
//! - `instruction`: who wants something kept or deleted, and why
//! - `difference`: what an edit changes
//! - `control`: the control API, as a program asks it; `requests`: HTTP
//! - `place`: which system is meant, and the clients to talk to it; `secret_store`: where its tokens are
//! - `show`: tables, times, colours; `hints`: commands that can be pasted
//! - `failures`: why something failed, in words
//! - `arguments`: what can be asked for
//! - `settings`: `settings::form` is their one written form, `settings::zones` guesses where an owner
//!   lives
//! - `owner_file`: a phone file as it lies on this machine
//! - `reading`: telephone numbers as people write and read them

use std::process::ExitCode;

use clap::CommandFactory as _;

mod arguments;
mod calls;
mod check;
mod control;
mod deployment;
mod difference;
mod doctor;
mod failures;
mod hints;
mod instruction;
mod key;
mod live;
mod lookup;
mod mailbox;
mod number;
mod owner_file;
mod reading;
mod requests;
mod retry;
mod secret;
mod secret_store;
mod settings;
mod show;
mod story;
mod voicemails;
mod when;
mod wire;

use arguments::{Arguments, Command, Numbers};
use deployment::Deployment;

/// Does what the command line asks for.
pub async fn run() -> ExitCode {
    let arguments = Arguments::read();
    let json = arguments.json;
    hints::mean(&arguments.deployment);
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
    let Arguments { deployment, json, command } = arguments;
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "aftertone", &mut script);
            show::bytes(&script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Number(Numbers::Check { file }) => check::run(&file, json),
        Command::Number(Numbers::InService(command)) => {
            number::run(&Deployment::find(&deployment).await?, command, json).await
        }
        Command::When(options) => when::run(&deployment, &options, json).await,
        Command::Mailbox(command) => mailbox::run(&Deployment::find(&deployment).await?, command, json).await,
        Command::Wire(options) => wire::run(&Deployment::find(&deployment).await?, &options, json).await,
        Command::Doctor(options) => doctor::run(&deployment, &options, json).await,
        Command::Voicemails(command) => {
            voicemails::run(&Deployment::find(&deployment).await?, command, json).await
        }
        Command::Retry(which) => retry::run(&Deployment::find(&deployment).await?, &which, json).await,
        Command::Calls(command) => calls::run(&Deployment::find(&deployment).await?, command, json).await,
        Command::Live(command) => live::run(&Deployment::find(&deployment).await?, command, json).await,
        Command::Key(command) => key::run(&Deployment::find(&deployment).await?, command, json).await,
        Command::Secret(command) => secret::run(&Deployment::find(&deployment).await?, command, json).await,
    }
}
