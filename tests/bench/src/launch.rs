//! A program, started as Lambda starts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::body::Bytes;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::runtime_api::{Answered, RuntimeApi};

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// What follows its name.
    pub arguments: Vec<OsString>,
    /// Where it runs; none is where this process does.
    pub folder: Option<PathBuf>,
}

/// A function that is ready for work. It ends when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    api: RuntimeApi,
    lines: mpsc::UnboundedReceiver<String>,
    /// From the start of the process until it asked for work.
    pub init: Duration,
}

impl Running {
    /// Starts `program` with Lambda's environment and `variables`, and with nothing else.
    ///
    /// # Errors
    /// It can't be started, or does not ask for work.
    pub async fn start(program: &Program, name: &str, variables: &BTreeMap<&str, String>) -> Result<Self> {
        let mut api = RuntimeApi::start().await?;
        let mut command = Command::new(&program.path);
        if let Some(folder) = &program.folder {
            command.current_dir(folder);
        }
        command
            .args(&program.arguments)
            .env_clear()
            .envs(lambdas_own(name, api.address()))
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| program.path.display().to_string())?;
        let ready = tokio::select! {
            ready = api.ready() => ready,
            status = child.wait() => Err(anyhow::anyhow!("it ended: {}", status?)),
        };
        let init = ready.with_context(|| name.to_owned())? - started;
        let (line, lines) = mpsc::unbounded_channel();
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        tokio::spawn(async move {
            while let Ok(Some(text)) = output.next_line().await {
                if line.send(text).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, api, lines, init })
    }

    /// Hands an event to it.
    ///
    /// # Errors
    /// It fails, or does not answer.
    pub async fn invoke(&mut self, event: &Value) -> Result<Answered> {
        self.api.invoke(Bytes::from(serde_json::to_vec(event)?)).await
    }

    /// The outcome that its log tells of next.
    ///
    /// # Errors
    /// There is none within five seconds.
    pub async fn outcome(&mut self) -> Result<String> {
        let next = async {
            while let Some(line) = self.lines.recv().await {
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(outcome) = line["outcome"].as_str() {
                    return Some(outcome.to_owned());
                }
            }
            None
        };
        let outcome = tokio::time::timeout(Duration::from_secs(5), next).await;
        outcome.ok().flatten().context("the log tells of no outcome")
    }

    /// Forgets what it has logged so far.
    pub fn drain(&mut self) {
        while self.lines.try_recv().is_ok() {}
    }

    /// The most memory that it has held so far, in bytes.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn peak_memory(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The memory that it holds now, in bytes.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let id = self.child.id().context("the function has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kibibytes.with_context(|| format!("no {name} in the process's status"))? * 1024)
    }

    /// Ends it, and waits until it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// What every function finds on Lambda. Source: AWS's page "Working with Lambda environment
/// variables".
///
/// `LD_LIBRARY_PATH` is left out: on Lambda its first folder has all that is looked for; elsewhere
/// it has not, and the search through the others would hide a fifth of the differences.
fn lambdas_own<'a>(name: &'a str, runtime_api: &'a str) -> [(&'a str, &'a str); 19] {
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", name),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]00000000000000000000000000000001"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "test"),
        ("_HANDLER", "bootstrap"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ]
}
