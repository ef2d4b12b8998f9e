//! The jobs that this process is working on.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::job::JobId;

/// Jobs by id, with their start times. Clones share them.
#[derive(Clone, Debug, Default)]
pub(in crate::worker) struct InFlight(Arc<Mutex<BTreeMap<JobId, Timestamp>>>);

impl InFlight {
    /// Counts the job as in flight until the guard is dropped. `None` if it is
    /// already.
    #[must_use]
    pub(in crate::worker) fn begin(&self, job: &JobId, now: Timestamp) -> Option<InFlightGuard> {
        let mut jobs = self.jobs();
        if jobs.contains_key(job) {
            return None;
        }
        jobs.insert(job.clone(), now);
        Some(InFlightGuard {
            job: job.clone(),
            jobs: self.clone(),
        })
    }

    pub(in crate::worker) fn has(&self, job: &JobId) -> bool {
        self.jobs().contains_key(job)
    }

    /// When the oldest job in flight started.
    pub(in crate::worker) fn oldest(&self) -> Option<Timestamp> {
        self.jobs().values().min().copied()
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Timestamp>> {
        self.0.lock()
    }
}

/// Keeps a job in the list until it is dropped.
#[derive(Debug)]
pub(in crate::worker) struct InFlightGuard {
    job: JobId,
    jobs: InFlight,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.jobs.jobs().remove(&self.job);
    }
}
