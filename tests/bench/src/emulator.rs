//! AWS's own Runtime Interface Emulator, as a part of `aws-sam-cli` and of Lambda's base images has it.
//!
//! It starts the function at the first invocation, and logs how long the start took and then each
//! invocation: `INIT REPORT(durationMs: 2.1)`, `INVOKE RTDONE(…, duration: 0.9ms)`.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;

use crate::runtime_api::Answered;

const PATIENCE: Duration = Duration::from_secs(30);

/// The way to a running emulator.
#[derive(Debug)]
pub struct Emulator {
    address: String,
    client: Client<HttpConnector, Full<Bytes>>,
    /// What it logs, without what the function does.
    lines: mpsc::UnboundedReceiver<String>,
}

impl Emulator {
    /// Of the emulator at `address`, whose own lines come through `lines`.
    ///
    /// # Errors
    /// It does not listen.
    pub async fn at(address: String, lines: mpsc::UnboundedReceiver<String>) -> Result<Self> {
        let listening = async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listening).await.context("the emulator does not listen")?;
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Ok(Self { address, client, lines })
    }

    /// Whether the emulator itself says this, and not the function.
    pub fn says(line: &str) -> bool {
        line.contains("(rapid)") || ["START ", "END ", "REPORT "].iter().any(|it| line.starts_with(it))
    }

    /// Hands an event over. The first one starts the function, and says how long that took.
    ///
    /// # Errors
    /// It fails, or takes longer than half a minute.
    pub async fn invoke(&mut self, event: Bytes) -> Result<(Answered, Option<Duration>)> {
        let url = format!("http://{}/2015-03-31/functions/function/invocations", self.address);
        let request = axum::http::Request::post(url).body(Full::new(event))?;
        let response = tokio::time::timeout(PATIENCE, self.client.request(request)).await??;
        ensure!(response.status().is_success(), "the emulator answers {}", response.status());
        let answer = response.into_body().collect().await?.to_bytes();
        let mut init = None;
        let took = async {
            while let Some(line) = self.lines.recv().await {
                init = init.or_else(|| milliseconds(&line, "INIT REPORT(durationMs: ", ")"));
                if let Some(took) = milliseconds(&line, "duration: ", "ms)") {
                    return Ok(took);
                }
            }
            Err(anyhow::anyhow!("the emulator has ended"))
        };
        let took =
            tokio::time::timeout(PATIENCE, took).await.context("no duration in the emulator's log")??;
        Ok((Answered { answer, took }, init))
    }
}

/// The number between two texts, in milliseconds.
fn milliseconds(line: &str, before: &str, after: &str) -> Option<Duration> {
    let (number, _) = line.split_once(before)?.1.split_once(after)?;
    Some(Duration::from_secs_f64(number.parse::<f64>().ok()? / 1_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulators_log_tells_how_long_it_took() {
        let init = "21 Nov 2026 08:25:09,358 [INFO] (rapid) INIT REPORT(durationMs: 6.052000)";
        let done = "21 Nov 2026 08:25:09,404 [INFO] (rapid) INVOKE RTDONE(status: success, produced bytes: 0, duration: 45.955000ms)";
        assert!(Emulator::says(init) && Emulator::says("END RequestId: 1") && !Emulator::says("{}"));
        let read = milliseconds(init, "INIT REPORT(durationMs: ", ")");
        assert_eq!(read, Some(Duration::from_micros(6_052)));
        assert_eq!(milliseconds(init, "duration: ", "ms)"), None);
        assert_eq!(milliseconds(done, "duration: ", "ms)"), Some(Duration::from_micros(45_955)));
    }
}
