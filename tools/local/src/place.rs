//! Where the embedded stack lives: its ports and its folders.

use std::{
    fs::{File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tempfile::{NamedTempFile, TempDir};
use thiserror::Error;

/// The file in a data folder that whoever writes there holds.
const LOCK: &str = "lock";

/// What signs callbacks; `aftertone key add` writes it.
pub(crate) const CALLBACK_SECRETS: &str = "callback-secrets.json";

/// The file with the time, where it ran ahead.
const TIME: &str = "time";

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
    /// Transcribe.
    pub transcriber: u16,
    /// What callers hear while the gateway does not answer.
    pub fallback: u16,
}

impl Ports {
    /// Free ports, chosen by the system: any number of stacks can run side by side.
    pub const ANY: Self =
        Self { gateway: 0, database: 0, bucket: 0, mailbox: 0, transcriber: 0, fallback: 0 };
}

impl Default for Ports {
    fn default() -> Self {
        Self::ANY
    }
}

/// The folders that the stack writes to, all below one root.
///
/// A data folder is one stack's at a time: two would write the same files.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
    /// Held for as long as the folder is ours; the system lets go of it when the process ends.
    _lock: Option<File>,
    /// Removes the root with everything in it when dropped.
    temporary: Option<TempDir>,
}

/// Why a data folder is not ours.
#[derive(Debug, Error)]
pub enum FoldersError {
    /// Another stack writes there.
    #[error("the folder {} is in use by another run", .0.display())]
    InUse(PathBuf),
    /// A folder cannot be made, or not be locked.
    #[error("the folder {} can't be used", .0.display())]
    Unusable(PathBuf, #[source] io::Error),
}

impl Folders {
    /// A data folder that stays: the next start finds what this one left. It is made when it
    /// does not exist.
    ///
    /// # Errors
    /// Somebody else is there, or a folder cannot be made.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self, FoldersError> {
        Self::locked(&root.into(), |lock, root| match lock.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(FoldersError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => Err(FoldersError::Unusable(root.to_owned(), error)),
        })
    }

    /// The same, once whoever else is there has gone.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn when_free(root: impl Into<PathBuf>) -> Result<Self, FoldersError> {
        Self::locked(&root.into(), |lock, root| {
            lock.lock().map_err(|error| FoldersError::Unusable(root.to_owned(), error))
        })
    }

    fn locked(
        root: &Path,
        lock: impl Fn(&File, &Path) -> Result<(), FoldersError>,
    ) -> Result<Self, FoldersError> {
        let unusable = |error| FoldersError::Unusable(root.to_owned(), error);
        std::fs::create_dir_all(root).map_err(unusable)?;
        let file = File::options().create(true).append(true).open(root.join(LOCK)).map_err(unusable)?;
        lock(&file, root)?;
        let folders = Self { root: root.to_owned(), _lock: Some(file), temporary: None };
        folders.made().map_err(unusable)
    }

    /// A temporary folder, gone when this value is dropped.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn temporary() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("aftertone-").tempdir()?;
        Self { root: temporary.path().to_owned(), _lock: None, temporary: Some(temporary) }.made()
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

    /// The time that an earlier run has kept here, if it has not come yet: its time ran ahead.
    pub fn time_ahead(&self, now: Timestamp) -> Option<Timestamp> {
        let kept = std::fs::read_to_string(self.root.join(TIME)).ok()?;
        kept.trim().parse().ok().filter(|kept| *kept > now)
    }

    /// Keeps the time for the next run.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep_time(&self, now: Timestamp) -> io::Result<()> {
        write_whole(&self.root.join(TIME), now.to_string().as_bytes())
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

/// Writes a file that is there whole or not at all, whoever looks and whatever the disk says.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut unfinished = NamedTempFile::with_prefix_in(".unfinished-", folder)?;
    unfinished.write_all(content)?;
    unfinished.persist(path)?;
    Ok(())
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

    #[test]
    fn time_that_ran_ahead_is_kept_until_it_has_come() {
        let folders = Folders::temporary().unwrap();
        let at = |minute| format!("2026-11-21T10:{minute}:00Z").parse::<Timestamp>().unwrap();
        assert_eq!(folders.time_ahead(at(10)), None);
        folders.keep_time(at(30)).unwrap();
        assert_eq!((folders.time_ahead(at(10)), folders.time_ahead(at(31))), (Some(at(30)), None));
    }

    #[test]
    fn a_data_folder_is_one_stacks_at_a_time() {
        let temporary = Folders::temporary().unwrap();
        let root = temporary.root().join("data");
        let first = Folders::at(&root).unwrap();
        let second = Folders::at(&root);
        assert!(matches!(second, Err(FoldersError::InUse(_))), "{second:?}");

        let waiting = std::thread::spawn({
            let root = root.clone();
            move || Folders::when_free(root).map(|_| ())
        });
        drop(first);
        waiting.join().unwrap().unwrap();
        Folders::at(&root).unwrap();
    }
}
