//! The visits at work, and how many hands are free for more.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::hands::Hands;

/// All visits of one worker.
pub(super) struct Crew {
    free: Arc<Semaphore>,
    visits: TaskTracker,
    end: CancellationToken,
}

impl Crew {
    pub(super) fn new(hands: &Hands) -> Self {
        Self {
            free: Arc::new(Semaphore::new(hands.pace.max_jobs)),
            visits: TaskTracker::new(),
            end: hands.end.clone(),
        }
    }

    /// Ends whatever is still at work when it is dropped: a worker that is
    /// gone leaves nothing behind that acts.
    #[must_use]
    pub(super) fn until_dropped(&self) -> DropGuard {
        self.end.clone().drop_guard()
    }

    /// Waits for a free hand.
    pub(super) async fn free_hand(&self) -> OwnedSemaphorePermit {
        let free = self.free.clone().acquire_owned().await;
        free.expect("the semaphore is never closed")
    }

    /// How many more hands are free.
    pub(super) fn others_free(&self) -> usize {
        self.free.available_permits()
    }

    /// Sets a hand to work. It is free again when the work has ended or
    /// panicked.
    pub(super) fn start(
        &self,
        hand: OwnedSemaphorePermit,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let end = self.end.clone();
        // Each future around it would set aside as much for itself.
        let work = Box::pin(work);
        self.visits.spawn(async move {
            end.run_until_cancelled_owned(work).await;
            drop(hand);
        });
    }

    /// Visits that have not ended.
    pub(super) fn at_work(&self) -> usize {
        self.visits.len()
    }

    /// Waits until every visit has ended, or for so long; answers whether
    /// every one has.
    pub(super) async fn ended(&self, within: Duration) -> bool {
        self.visits.close();
        tokio::time::timeout(within, self.visits.wait())
            .await
            .is_ok()
    }
}
