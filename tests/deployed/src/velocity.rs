//! What the template's fallback API answers, by an engine that is not ours.
//!
//! API Gateway reads the choice among the documents in Velocity's language. Here a port of that to Python,
//! airspeed, reads it, for every shape of a form that Twilio may send, and is held against callflow.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use callflow::{WithoutFunctions, without_functions};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const PROGRAM: &str = include_str!("../velocity.py");

/// What API Gateway finds a template by: as Twilio sends it, as it may send it, and without any.
const SPELLINGS: [&str; 6] = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "application/x-www-form-urlencoded;charset=UTF-8",
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded;charset=utf-8",
    "application/json",
];

/// Evaluates the template for all forms; says how many there were.
///
/// # Errors
/// When the engine is not there, or disagrees.
pub async fn agrees(repository: &Path, tools: &Path) -> Result<usize> {
    let forms = forms();
    let asked = json!({
        "template": repository.join("template.yaml"), "forms": forms, "spellings": SPELLINGS,
    });
    let mut engine = Command::new(tools.join("bin/python"))
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("no Python evaluates the template; run tests/deployed/run, which installs it")?;
    let mut input = engine.stdin.take().context("the engine takes no input")?;
    input.write_all(asked.to_string().as_bytes()).await?;
    drop(input);
    let output = engine.wait_with_output().await?;
    ensure!(output.status.success(), "the template can't be evaluated");
    let answers = String::from_utf8(output.stdout)?;
    let answers: Vec<&str> = answers.lines().collect();
    ensure!(answers.len() == forms.len(), "{} answers to {} forms", answers.len(), forms.len());
    for (form, answer) in forms.iter().zip(answers) {
        let expected = match without_functions(form) {
            WithoutFunctions::TakeMessage => "Voice",
            WithoutFunctions::Thanks => "Thanks",
            WithoutFunctions::HangUp => "HangUp",
        };
        ensure!(answer == expected, "{form} is answered with {answer}, not {expected}");
    }
    Ok(forms.len())
}

/// Every shape: each field that counts, there or not, with each of its values, and in each place.
fn forms() -> Vec<String> {
    let recordings = ["", "RecordingSid=RE1", "RecordingUrl=https%3A%2F%2Fx", "RecordingDuration=0"];
    let statuses = ["", "completed", "answered", "no-answer", "busy", "failed", "canceled", "something-new"];
    let bridged = ["", "DialBridged=true", "DialBridged=false"];
    let others = ["", "CallSid=CA1&CallStatus=completed", "CallerName=%26DialBridged%3Dtrue&ErrorCode=11200"];
    let mut forms = Vec::new();
    for recording in recordings {
        for status in statuses {
            let status = if status.is_empty() { String::new() } else { format!("DialCallStatus={status}") };
            for bridged in bridged {
                for other in others {
                    let fields = [other, recording, &status, bridged];
                    // Each of them is the first once, and the last.
                    for first in 0..fields.len() {
                        let turned = (0..fields.len()).map(|nth| fields[(first + nth) % fields.len()]);
                        forms.push(turned.filter(|field| !field.is_empty()).collect::<Vec<_>>().join("&"));
                    }
                }
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_the_fallback_is_among_the_shapes_of_forms() {
        let answers: Vec<WithoutFunctions> = forms().iter().map(|form| without_functions(form)).collect();
        for answer in [WithoutFunctions::TakeMessage, WithoutFunctions::Thanks, WithoutFunctions::HangUp] {
            assert!(answers.contains(&answer), "{answer:?}");
        }
    }
}
