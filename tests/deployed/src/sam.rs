//! The SAM command line.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::REGION;
use crate::emulator::search_path;

/// What the stack is called; samconfig.toml says so.
pub const STACK: &str = "aftertone";

/// `sam`, with the emulator for AWS.
#[derive(Debug)]
pub struct Sam {
    repository: PathBuf,
    folder: PathBuf,
    program: PathBuf,
    path: String,
    endpoint: String,
}

impl Sam {
    /// From the folder of tools; what it writes goes into `folder`.
    ///
    /// # Errors
    /// When paths can't be made sense of.
    pub fn new(repository: &Path, tools: &Path, folder: &Path, emulator: SocketAddr) -> Result<Self> {
        Ok(Self {
            repository: repository.to_owned(),
            folder: folder.to_owned(),
            program: tools.join("bin/sam"),
            path: search_path(tools)?,
            endpoint: format!("http://{emulator}"),
        })
    }

    /// Builds the functions for this machine's processor, all in one target folder.
    ///
    /// # Errors
    /// What `sam` says.
    pub async fn build(&self) -> Result<()> {
        let parameters = ["--parameter-overrides".to_owned(), architecture()];
        let folder = ["--build-dir".to_owned(), self.built().display().to_string()];
        self.run("build", &[&parameters[..], &folder].concat()).await
    }

    /// Deploys what was built.
    ///
    /// # Errors
    /// What `sam` says.
    pub async fn deploy(&self, parameters: &[String]) -> Result<()> {
        self.deploy_template(&self.built().join("template.yaml"), parameters).await
    }

    /// Deploys a template that needs no building.
    ///
    /// # Errors
    /// What `sam` says.
    pub async fn deploy_template(&self, template: &Path, parameters: &[String]) -> Result<()> {
        let template = template.display().to_string();
        let arguments = ["--template-file".to_owned(), template, "--no-confirm-changeset".to_owned()];
        // The emulator's SES takes any number of mails, and its Lambda may have one worker only.
        let always = [
            "--parameter-overrides",
            "Cloud=emulator",
            "MailsPerSecond=10000",
            "DeliverConcurrency=14",
            "ActConcurrency=7",
            "NotifyConcurrency=7",
        ]
        .map(str::to_owned);
        let parameters = always.into_iter().chain([architecture()]).chain(parameters.iter().cloned());
        self.run("deploy", &arguments.into_iter().chain(parameters).collect::<Vec<_>>()).await
    }

    /// Deletes the stack.
    ///
    /// # Errors
    /// What `sam` says.
    pub async fn delete(&self) -> Result<()> {
        self.run("delete", &["--no-prompts".to_owned()]).await
    }

    /// What leads AWS's tools to the emulator.
    pub fn environment(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]
    }

    fn built(&self) -> PathBuf {
        self.folder.join("build")
    }

    async fn run(&self, command: &str, arguments: &[String]) -> Result<()> {
        let log = self.folder.join(format!("sam-{command}.log"));
        let output = File::create(&log)?;
        let status = Command::new(&self.program)
            .arg(command)
            .arg("--config-file")
            .arg(self.repository.join("samconfig.toml"))
            .args(arguments)
            .current_dir(&self.repository)
            .env("PATH", &self.path)
            .env("SAM_CLI_TELEMETRY", "0")
            // What is built for a test is to be quick to have: it is deployed all the same.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .envs(self.environment())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .status()
            .await
            .context("sam does not start; run tests/deployed/run, which installs it")?;
        if !status.success() {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let end = lines[lines.len().saturating_sub(60)..].join("\n");
            bail!("sam {command} failed ({status}):\n{end}\nThe whole is in {}", log.display());
        }
        Ok(())
    }
}

fn architecture() -> String {
    let processor = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" };
    format!("Architecture={processor}")
}
