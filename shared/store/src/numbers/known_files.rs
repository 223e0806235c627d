//! Phone files that were read, kept in memory: a version never changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phone::PhoneNumber;
use phonefile::PhoneFile;

/// Of a number: the version in force, and the one before it, which calls follow that began under it.
const KEPT: usize = 2;

/// The versions of a number's file that were read, the newest first.
type Versions = Vec<(u32, Arc<PhoneFile>)>;

/// Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownFiles(Arc<Mutex<HashMap<PhoneNumber, Versions>>>);

impl KnownFiles {
    pub(crate) fn get(&self, number: &PhoneNumber, version: u32) -> Option<Arc<PhoneFile>> {
        let files = self.map();
        let (_, file) = files.get(number)?.iter().find(|(known, _)| *known == version)?;
        Some(file.clone())
    }

    /// The newest version that is known.
    pub(crate) fn last(&self, number: &PhoneNumber) -> Option<Arc<PhoneFile>> {
        self.map().get(number)?.first().map(|(_, file)| file.clone())
    }

    pub(crate) fn keep(&self, number: PhoneNumber, version: u32, file: PhoneFile) -> Arc<PhoneFile> {
        let file = Arc::new(file);
        let mut files = self.map();
        let versions = files.entry(number).or_default();
        versions.retain(|(known, _)| *known != version);
        versions.push((version, file.clone()));
        versions.sort_by_key(|(known, _)| std::cmp::Reverse(*known));
        versions.truncate(KEPT);
        file
    }

    /// A panic elsewhere can't have left the map half changed.
    fn map(&self) -> MutexGuard<'_, HashMap<PhoneNumber, Versions>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
