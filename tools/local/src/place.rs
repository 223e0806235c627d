//! Where the embedded stack lives: its ports and its folders.

use std::{
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The loopback ports that clients know. 0 stands for any free port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The HTTP gateway: webhooks and the links in mails.
    pub gateway: u16,
    /// DynamoDB.
    pub database: u16,
    /// S3.
    pub bucket: u16,
    /// SES.
    pub mailbox: u16,
    /// What callers hear while the gateway does not answer.
    pub fallback: u16,
}

impl Ports {
    /// Free ports, chosen by the system: any number of stacks can run side by side.
    pub const ANY: Self = Self { gateway: 0, database: 0, bucket: 0, mailbox: 0, fallback: 0 };
}

impl Default for Ports {
    fn default() -> Self {
        Self::ANY
    }
}

/// The folders that the stack writes to, all below one root.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
    /// Removes the root with everything in it when dropped.
    temporary: Option<TempDir>,
}

impl Folders {
    /// A data folder that stays: the next start finds what this one left. It is made when it
    /// does not exist.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn at(root: impl Into<PathBuf>) -> io::Result<Self> {
        Self { root: root.into(), temporary: None }.made()
    }

    /// A temporary folder, gone when this value is dropped.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn temporary() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("aftertone-").tempdir()?;
        Self { root: temporary.path().to_owned(), temporary: Some(temporary) }.made()
    }

    fn made(self) -> io::Result<Self> {
        for folder in [self.database(), self.bucket(), self.mailbox()] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(self)
    }

    /// The folder that holds all others.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the folders go away with this value.
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// The database's files.
    pub fn database(&self) -> PathBuf {
        self.root.join("database")
    }

    /// The bucket's objects.
    pub fn bucket(&self) -> PathBuf {
        self.root.join("bucket")
    }

    /// The mails, one file each.
    pub fn mailbox(&self) -> PathBuf {
        self.root.join("mailbox")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_away_and_a_given_one_stays() {
        let temporary = Folders::temporary().unwrap();
        let root = temporary.root().to_owned();
        assert!(temporary.bucket().is_dir() && temporary.is_temporary());

        let inside = Folders::at(root.join("data")).unwrap();
        let mailbox = inside.mailbox();
        drop(inside);
        assert!(mailbox.is_dir());

        drop(temporary);
        assert!(!root.exists());
    }
}
