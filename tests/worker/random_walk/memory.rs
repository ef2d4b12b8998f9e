//! A journal in memory, which outlives a worker but not the walk. It has the
//! guarantees of the directory without the time of a disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bluegreen_worker::job::JobId;
use bluegreen_worker::worker::journal::{
    Entry, IsInFlight, Journal, JournalError, LeaseGuard, TakenOver,
};
use clock::Clock;
use parking_lot::{Mutex, MutexGuard};

/// The directory's interval between scans for jobs left by the same process.
const NEXT_LOOK: Duration = Duration::from_secs(10 * 60);

/// Entries by job. Clones share them.
#[derive(Clone)]
pub(crate) struct Memory {
    entries: Arc<Mutex<BTreeMap<JobId, Entry>>>,
    clock: Clock,
}

impl Memory {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            entries: Arc::default(),
            clock: clock.clone(),
        }
    }

    /// Number of jobs without a result.
    pub(crate) fn unfinished(&self) -> usize {
        self.entries().len()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<JobId, Entry>> {
        self.entries.lock()
    }
}

#[async_trait]
impl Journal for Memory {
    async fn lease_guard(&self) -> LeaseGuard {
        LeaseGuard::unlimited()
    }

    async fn keep(&self) {
        std::future::pending::<()>().await;
    }

    async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        self.entries().insert(entry.job.clone(), entry);
        Ok(())
    }

    async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        self.entries().remove(job);
        Ok(())
    }

    async fn take_over(
        &self,
        is_in_flight: IsInFlight<'_>,
        at_most: usize,
    ) -> Result<TakenOver, JournalError> {
        let mut entries: Vec<Entry> = self.entries().values().cloned().collect();
        entries.retain(|entry| !is_in_flight(&entry.job));
        let more = entries.len() > at_most;
        entries.truncate(at_most);
        Ok(TakenOver {
            entries,
            lease_guard: LeaseGuard::unlimited(),
            more,
        })
    }

    async fn size(&self) -> Result<usize, JournalError> {
        Ok(self.unfinished())
    }

    async fn until_next_scan(&self) {
        self.clock.sleep(NEXT_LOOK).await;
    }

    async fn close(&self) {}
}
