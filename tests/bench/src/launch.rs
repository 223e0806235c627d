//! A program, started as Lambda starts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::body::Bytes;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::emulator::Emulator;
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
    api: Api,
    lines: mpsc::UnboundedReceiver<String>,
    init: Option<Duration>,
}

/// Who hands it its work.
#[derive(Debug)]
enum Api {
    StandIn(RuntimeApi),
    Emulator(Emulator),
}

impl Running {
    /// Starts `program` with Lambda's environment and `variables`, and with nothing else.
    ///
    /// # Errors
    /// It can't be started, or does not ask for work.
    pub async fn start(program: &Program, name: &str, variables: &BTreeMap<&str, String>) -> Result<Self> {
        let mut api = RuntimeApi::start().await?;
        let mut command = Command::new(&program.path);
        equip(&mut command, program, name, variables);
        command.env("AWS_LAMBDA_RUNTIME_API", api.address());
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| program.path.display().to_string())?;
        let ready = tokio::select! {
            ready = api.ready() => ready,
            status = child.wait() => Err(anyhow::anyhow!("it ended: {}", status?)),
        };
        let init = Some(ready.with_context(|| name.to_owned())? - started);
        let (line, lines) = mpsc::unbounded_channel();
        read(child.stdout.take().context("no standard output")?, move |text| line.send(text).is_ok());
        Ok(Self { child, api: Api::StandIn(api), lines, init })
    }

    /// The same under AWS's Runtime Interface Emulator, a program that lies at `emulator`.
    ///
    /// # Errors
    /// The emulator does not start. The function is started by the first event.
    pub async fn start_emulated(
        emulator: &Path,
        program: &Program,
        name: &str,
        variables: &BTreeMap<&str, String>,
    ) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.to_string();
        let mut command = Command::new(emulator);
        command.args(["--runtime-interface-emulator-address", &address]).arg(&program.path);
        equip(&mut command, program, name, variables);
        command.stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| emulator.display().to_string())?;
        let (line, lines) = mpsc::unbounded_channel();
        let (own, owns) = mpsc::unbounded_channel();
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        // Function and emulator both write to either.
        let output = output.context("no standard output")?;
        let errors = errors.context("no standard error")?;
        let sort = move |text: String| {
            let to = if Emulator::says(&text) { &own } else { &line };
            to.send(text).is_ok()
        };
        read(output, sort.clone());
        read(errors, sort);
        let api = Api::Emulator(Emulator::at(address, owns).await?);
        Ok(Self { child, api, lines, init: None })
    }

    /// From the start of the process until it asked for work.
    ///
    /// # Errors
    /// It is not known before the first event.
    pub fn init(&self) -> Result<Duration> {
        self.init.context("the function was not started")
    }

    /// Hands an event to it.
    ///
    /// # Errors
    /// It fails, or does not answer.
    pub async fn invoke(&mut self, event: &Value) -> Result<Answered> {
        let event = Bytes::from(serde_json::to_vec(event)?);
        match &mut self.api {
            Api::StandIn(api) => api.invoke(event).await,
            Api::Emulator(emulator) => {
                let (answered, init) = emulator.invoke(event).await?;
                self.init = self.init.or(init);
                Ok(answered)
            }
        }
    }

    /// The outcome that its log tells of next, apart from what is counted on the way.
    ///
    /// # Errors
    /// There is none within five seconds.
    pub async fn outcome(&mut self) -> Result<String> {
        let next = async {
            while let Some(line) = self.lines.recv().await {
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                if let (Some(outcome), None) = (line["outcome"].as_str(), line.get("_aws")) {
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
        let id = self.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kibibytes.with_context(|| format!("no {name} in the process's status"))? * 1024)
    }

    fn id(&self) -> Result<u32> {
        let id = self.child.id().context("the function has ended")?;
        let Api::Emulator(_) = self.api else { return Ok(id) };
        // The function is the emulator's only child, of any of its threads.
        for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
            let children = std::fs::read_to_string(thread?.path().join("children"))?;
            if let Some(child) = children.split_whitespace().next() {
                return Ok(child.parse()?);
            }
        }
        anyhow::bail!("the function has ended")
    }

    /// Ends it, and waits until it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// With the program's arguments, Lambda's environment, which lacks the Runtime API's address, and
/// nothing else.
fn equip(command: &mut Command, program: &Program, name: &str, variables: &BTreeMap<&str, String>) {
    if let Some(folder) = &program.folder {
        command.current_dir(folder);
    }
    command
        .args(&program.arguments)
        .env_clear()
        .envs(lambdas_own(name))
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
}

/// Hands each line on, until nobody wants more.
fn read(output: impl AsyncRead + Unpin + Send + 'static, hand_on: impl Fn(String) -> bool + Send + 'static) {
    let mut lines = BufReader::new(output).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if !hand_on(line) {
                break;
            }
        }
    });
}

/// What every function finds on Lambda. Source: AWS's page "Working with Lambda environment
/// variables".
///
/// `LD_LIBRARY_PATH` is left out: on Lambda its first folder has all that is looked for; elsewhere
/// it has not, and the search through the others would hide a fifth of the differences.
fn lambdas_own(name: &str) -> [(&str, &str); 18] {
    [
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
