//! The last checks whether handed-back jobs were abandoned.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};
use tokio_util::task::AbortOnDropHandle;

use crate::job::Key;

/// The last checks that are due, by release.
#[derive(Debug, Default)]
pub(in crate::worker) struct LastChecks(Mutex<BTreeMap<Key, AbortOnDropHandle<()>>>);

impl LastChecks {
    /// Starts a check, which forgets itself when it has ended.
    pub(in crate::worker) fn spawn(
        &self,
        key: Key,
        check: impl Future<Output = ()> + Send + 'static,
    ) {
        // Locked first: the check may end at once.
        let mut all = self.all();
        all.insert(key, AbortOnDropHandle::new(tokio::spawn(check)));
    }

    /// Cancels the check: another job has come for the release.
    pub(in crate::worker) fn forget(&self, key: &Key) {
        self.all().remove(key);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Key, AbortOnDropHandle<()>>> {
        self.0.lock()
    }
}
