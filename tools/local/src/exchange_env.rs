//! What a program is started with, so that Twilio's own library in it talks to the exchange: the account, and the
//! files that lead its requests here.
//!
//! Neither the program nor the library is changed. Python imports a `sitecustomize` that it finds on `PYTHONPATH`,
//! and Node requires what `NODE_OPTIONS` names.

use std::io;
use std::path::Path;

use crate::place::write_whole;

/// The files, below the folder that they are written to.
const FILES: [(&str, &str); 2] = [
    ("python/sitecustomize.py", include_str!("../lead/python/sitecustomize.py")),
    ("node/lead.cjs", include_str!("../lead/node/lead.cjs")),
];

/// Writes the files that lead Twilio's libraries to the exchange.
///
/// # Errors
/// When one can't be written.
pub fn write(folder: &Path) -> io::Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        write_whole(&path, text.as_bytes())?;
    }
    Ok(())
}

/// The lines that a shell evaluates, for the exchange at this URL. The folder is an absolute one.
pub fn environment(base_url: &str, folder: &Path, account_sid: &str, token: &str) -> String {
    let python = folder.join("python");
    let node = folder.join("node").join("lead.cjs");
    // Node splits at blanks what is not in double quotes; within them it knows the backslash.
    let node = node.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    [
        format!("export AFTERTONE_EXCHANGE={}", quoted(base_url)),
        format!("export TWILIO_ACCOUNT_SID={}", quoted(account_sid)),
        format!("export TWILIO_AUTH_TOKEN={}", quoted(token)),
        format!("export PYTHONPATH={}${{PYTHONPATH:+:$PYTHONPATH}}", quoted(&python.display().to_string())),
        format!(
            "export NODE_OPTIONS={}${{NODE_OPTIONS:+\" $NODE_OPTIONS\"}}",
            quoted(&format!("--require \"{node}\""))
        ),
    ]
    .map(|line| line + "\n")
    .concat()
}

/// A word of the shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What a program finds in its environment.
    fn found(lines: &str, before: &[(&str, &str)], name: &str) -> String {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{lines}printf %s \"${name}\"")).env_remove("NODE_OPTIONS");
        let output = shell.env_remove("PYTHONPATH").envs(before.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn lines() -> String {
        environment("http://127.0.0.1:4010", Path::new("/a b/it's \"here\""), "AC1", "to'ken")
    }

    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        assert_eq!(found(&lines(), &[], "AFTERTONE_EXCHANGE"), "http://127.0.0.1:4010");
        assert_eq!(found(&lines(), &[], "TWILIO_ACCOUNT_SID"), "AC1");
        assert_eq!(found(&lines(), &[], "TWILIO_AUTH_TOKEN"), "to'ken");
        assert_eq!(found(&lines(), &[], "PYTHONPATH"), "/a b/it's \"here\"/python");
        assert_eq!(found(&lines(), &[], "NODE_OPTIONS"), r#"--require "/a b/it's \"here\"/node/lead.cjs""#);
    }

    #[test]
    fn what_was_set_before_comes_behind_ours() {
        let before = [("PYTHONPATH", "/mine"), ("NODE_OPTIONS", "--no-warnings")];
        assert_eq!(found(&lines(), &before, "PYTHONPATH"), "/a b/it's \"here\"/python:/mine");
        assert!(found(&lines(), &before, "NODE_OPTIONS").ends_with("lead.cjs\" --no-warnings"));
    }

    #[test]
    fn the_files_stand_where_the_environment_says() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let lines = environment("http://127.0.0.1:4010", folder.path(), "AC1", "token");
        let python = found(&lines, &[], "PYTHONPATH");
        assert!(Path::new(&python).join("sitecustomize.py").is_file());
        assert!(folder.path().join("node/lead.cjs").is_file());
    }
}
