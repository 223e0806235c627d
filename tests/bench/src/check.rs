//! Whether an answer is right.

use anyhow::{Context as _, Result, ensure};
use events::Sample;
use serde_json::Value;
use twiml::voice::Response;

/// The outcome that the function's log must tell of: of a write, that it was the first of its kind.
pub fn outcome(sample: Sample) -> &'static str {
    match sample {
        Sample::Voice => "forward",
        Sample::DialOutcome => "no-answer",
        Sample::Recording => "left",
        Sample::Transcription => "words",
        Sample::Status => "written",
        Sample::Menu => "menu-finished",
        Sample::Wait => "waits",
        Sample::Leg => "asked",
        Sample::Calls | Sample::Deliver => "done",
        // Nobody made the sample's call.
        Sample::Act => "not-live",
        // And nobody is told of it.
        Sample::Notify => "nobody-listens",
        Sample::Listen => "shown",
        Sample::MailEvents => "hard-bounce",
        Sample::Reconcile => "searched",
        Sample::Retention => "finished",
    }
}

/// Fails unless `answer` is what Twilio, the queue or a browser must get.
///
/// # Errors
/// It is not; the text says what came instead.
pub fn answer(sample: Sample, answer: &[u8]) -> Result<()> {
    let answer: Value = serde_json::from_slice(answer)?;
    match sample {
        Sample::Voice => twiml(&answer, "<Dial"),
        Sample::DialOutcome => twiml(&answer, "<Record"),
        Sample::Recording => twiml(&answer, "<Hangup"),
        Sample::Menu => twiml(&answer, "<Enqueue"),
        Sample::Wait => twiml(&answer, "<Play"),
        Sample::Leg => twiml(&answer, "<Gather"),
        Sample::Transcription | Sample::Status => status(&answer, 204),
        Sample::Deliver | Sample::Act | Sample::Notify => {
            let failures = answer["batchItemFailures"].as_array().context("no batchItemFailures")?;
            ensure!(failures.is_empty(), "the queue would send it again: {answer}");
            Ok(())
        }
        Sample::Calls => status(&answer, 200),
        Sample::Listen => {
            status(&answer, 200)?;
            let page = answer["body"].as_str().unwrap_or_default();
            ensure!(page.contains("<audio controls"), "no player: {answer}");
            Ok(())
        }
        Sample::Reconcile => {
            ensure!(answer["listed"] == 0, "not what there is at Twilio: {answer}");
            Ok(())
        }
        Sample::MailEvents | Sample::Retention => {
            ensure!(answer.is_null(), "an answer that nobody asked for: {answer}");
            Ok(())
        }
    }
}

/// Fails unless the empty function has answered.
///
/// # Errors
/// It has not; the text says what came instead.
pub fn empty_answer(answer: &[u8]) -> Result<()> {
    status(&serde_json::from_slice(answer)?, 200)
}

fn twiml(answer: &Value, verb: &str) -> Result<()> {
    status(answer, 200)?;
    let body = answer["body"].as_str().unwrap_or_default();
    Response::from_xml(body).with_context(|| body.to_owned())?;
    ensure!(body.contains(verb), "no {verb}> in {body}");
    Ok(())
}

fn status(answer: &Value, status: u64) -> Result<()> {
    ensure!(answer["statusCode"] == status, "not {status}: {answer}");
    Ok(())
}
