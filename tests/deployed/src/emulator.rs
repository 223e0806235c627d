//! The emulated AWS.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::{LOOK_EVERY, REGION};

/// A running emulator. Dropping it ends it.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    address: SocketAddr,
}

/// A loopback address that is free now.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The search path: the tools, the toolchain of whoever runs this, and the system.
///
/// # Errors
/// When a folder's name can't be part of it.
pub fn search_path(tools: &Path) -> Result<String> {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.join("bin")].into_iter().chain(std::env::split_paths(&before));
    std::env::join_paths(folders)?.into_string().ok().context("the search path is not text")
}

impl Emulator {
    /// Starts it with nothing in it. Functions inherit its environment, so that is kept empty.
    ///
    /// # Errors
    /// When it does not come up; its log says why.
    pub async fn start(tools: &Path, folder: &Path, mail: SocketAddr) -> Result<Self> {
        let address = free_address()?;
        let log: PathBuf = folder.join("emulator.log");
        let output = File::create(&log)?;
        let home = folder.join("emulator");
        std::fs::create_dir_all(&home)?;
        let child = Command::new(tools.join("bin/python3"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/emulator.py"))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", tools.join("bin").display()))
            .env("HOME", &home)
            .env("TMPDIR", &home)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            // An API's host is then the one that it has on AWS.
            .env("MINISTACK_HOST", format!("{REGION}.amazonaws.com"))
            .env("SMTP_HOST", mail.to_string())
            .env("AUTH", "true")
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("the emulator does not start; run tests/deployed/run, which installs it")?;
        let mut emulator = Self { child, address };
        let deadline = Instant::now() + Duration::from_mins(1);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Some(status) = emulator.child.try_wait()? {
                bail!("the emulator ended with {status}, see {}", log.display());
            }
            if Instant::now() > deadline {
                bail!("the emulator does not listen, see {}", log.display());
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(emulator)
    }

    /// Where every service of it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and the functions that run in it.
    ///
    /// # Errors
    /// When it can't be ended.
    pub async fn stop(mut self) -> Result<()> {
        // With the port gone, functions end by themselves; a polite end lets it stop them before.
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        if tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}
