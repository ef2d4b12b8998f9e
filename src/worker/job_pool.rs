//! The tasks of the running jobs.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::context::Context;

/// All jobs of one worker.
pub(super) struct JobPool {
    jobs: TaskTracker,
    end: CancellationToken,
}

impl JobPool {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            jobs: TaskTracker::new(),
            end: context.lifecycle.end.clone(),
        }
    }

    /// Returns a guard that aborts all running jobs when it is dropped: a worker
    /// that has ended must not leave tasks behind that act.
    #[must_use]
    pub(super) fn abort_on_drop(&self) -> DropGuard {
        self.end.clone().drop_guard()
    }

    /// Starts a job's future, which owns the job's slot: the slot is free again
    /// when the future has ended or panicked.
    pub(super) fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        // Boxed, because each future around it would reserve the same space.
        let work = Box::pin(work);
        self.jobs.spawn(async move {
            end.run_until_cancelled_owned(work).await;
        });
    }

    /// Jobs that have not ended.
    pub(super) fn running(&self) -> usize {
        self.jobs.len()
    }

    /// Waits until every job has ended, at most for `limit`. Returns whether all
    /// have.
    pub(super) async fn wait_until_empty(&self, limit: Duration) -> bool {
        self.jobs.close();
        tokio::time::timeout(limit, self.jobs.wait()).await.is_ok()
    }
}
