//! The same webhook in Node and in Python: what lies in `peers/`, with its packages installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::launch::Program;

/// A peer that is ready to start.
#[derive(Debug)]
pub struct Peer {
    /// Its language.
    pub name: &'static str,
    /// How it is started.
    pub program: Program,
    /// All that would be uploaded.
    pub folder: PathBuf,
    /// What it needs in its environment beside what `voice` gets.
    pub variables: Vec<(&'static str, String)>,
}

/// Installs both below `folder`, with the versions that are pinned; what is there already stays.
///
/// # Errors
/// `npm` or `python3` is missing, or a package can't be had.
pub fn install(folder: &Path) -> Result<[Peer; 2]> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let node = folder.join("node");
    copy(&sources.join("node"), &node)?;
    run(Command::new("npm")
        .args(["ci", "--omit=dev", "--no-audit", "--no-fund", "--silent"])
        .current_dir(&node))?;
    let python = folder.join("python");
    copy(&sources.join("python"), &python)?;
    if !python.join("fastapi").is_dir() {
        let pip = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt", "--target", "."];
        run(Command::new("python3").args(pip).current_dir(&python))?;
    }
    let arguments = |words: &[&str]| words.iter().map(OsString::from).collect();
    Ok([
        Peer {
            name: "Node",
            program: Program {
                path: found("node")?,
                arguments: arguments(&["runtime.js"]),
                folder: Some(node.clone()),
            },
            folder: node,
            variables: Vec::new(),
        },
        Peer {
            name: "Python",
            program: Program {
                path: found("python3")?,
                arguments: arguments(&["-m", "awslambdaric", "app.handler"]),
                folder: Some(python.clone()),
            },
            variables: vec![("PYTHONPATH", python.display().to_string())],
            folder: python,
        },
    ])
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} can't be run"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// The interpreter itself: a shim in front of it would be measured too.
fn found(name: &str) -> Result<PathBuf> {
    let ask = match name {
        "node" => ["-p", "process.execPath"],
        _ => ["-c", "import sys; print(sys.executable)"],
    };
    let answer = Command::new(name).args(ask).output().with_context(|| format!("{name} can't be run"))?;
    Ok(PathBuf::from(String::from_utf8(answer.stdout)?.trim()))
}
