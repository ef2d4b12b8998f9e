//! The jobs at work.

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
            end: context.end.clone(),
        }
    }

    /// Ends whatever is still at work when it is dropped: a worker that is
    /// gone leaves nothing behind that acts.
    #[must_use]
    pub(super) fn until_dropped(&self) -> DropGuard {
        self.end.clone().drop_guard()
    }

    /// Begins a job's work, which owns the job's slot: it is free again when
    /// the work has ended or panicked.
    pub(super) fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        // Each future around it would set aside as much for itself.
        let work = Box::pin(work);
        self.jobs.spawn(async move {
            end.run_until_cancelled_owned(work).await;
        });
    }

    /// Jobs that have not ended.
    pub(super) fn at_work(&self) -> usize {
        self.jobs.len()
    }

    /// Waits until every job has ended, or for so long; answers whether
    /// every one has.
    pub(super) async fn ended(&self, within: Duration) -> bool {
        self.jobs.close();
        tokio::time::timeout(within, self.jobs.wait()).await.is_ok()
    }
}
