//! A limit on expensive work that is shared fairly between pipelines.
//!
//! First come, first served would let sixty releases of one pipeline hold up
//! another team's release until the last of them is done. So a release first
//! needs one of its pipeline's permits, which are half of all, and only then
//! waits for one of all: at most so many releases of a pipeline are ahead of
//! another's.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The permits for expensive work.
#[derive(Debug)]
pub(in crate::worker) struct FairShare {
    all: Arc<Semaphore>,
    of_one_pipeline: usize,
    /// Those of pipelines that have or wait for a permit.
    by_pipeline: Mutex<BTreeMap<String, Weak<Semaphore>>>,
}

/// A permit, released on drop.
#[derive(Debug)]
pub(in crate::worker) struct Share {
    _of_all: OwnedSemaphorePermit,
    _of_pipeline: OwnedSemaphorePermit,
}

impl FairShare {
    /// This many permits, of which one pipeline gets at most half.
    pub(in crate::worker) fn new(permits: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(permits)),
            of_one_pipeline: permits / 2,
            by_pipeline: Mutex::default(),
        }
    }

    /// Waits for a permit for a release of this pipeline.
    pub(in crate::worker) async fn acquire(&self, pipeline: &str) -> Share {
        let of_pipeline = acquire(self.of_pipeline(pipeline)).await;
        Share {
            _of_all: acquire(self.all.clone()).await,
            _of_pipeline: of_pipeline,
        }
    }

    /// A permit for a release of this pipeline, if none has to be waited for.
    pub(in crate::worker) fn try_acquire(&self, pipeline: &str) -> Option<Share> {
        let of_pipeline = self.of_pipeline(pipeline).try_acquire_owned().ok()?;
        Some(Share {
            _of_all: self.all.clone().try_acquire_owned().ok()?,
            _of_pipeline: of_pipeline,
        })
    }

    fn of_pipeline(&self, pipeline: &str) -> Arc<Semaphore> {
        let mut known = self.by_pipeline.lock();
        known.retain(|_, permits| permits.strong_count() > 0);
        if let Some(permits) = known.get(pipeline).and_then(Weak::upgrade) {
            return permits;
        }
        let permits = Arc::new(Semaphore::new(self.of_one_pipeline));
        known.insert(pipeline.to_owned(), Arc::downgrade(&permits));
        permits
    }
}

async fn acquire(permits: Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = permits.acquire_owned().await;
    permit.expect("these semaphores are never closed")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    use super::*;

    type Waiting = Vec<BoxFuture<'static, Share>>;

    fn queue(shared: &Arc<FairShare>, pipeline: &'static str, count: usize) -> Waiting {
        let one = |_| {
            let shared = shared.clone();
            async move { shared.acquire(pipeline).await }.boxed()
        };
        (0..count).map(one).collect()
    }

    /// Takes those that have got a permit out of the queue.
    fn admitted(waiting: &mut Waiting) -> Vec<Share> {
        let mut shares = Vec::new();
        waiting.retain_mut(|one| match one.now_or_never() {
            Some(share) => {
                shares.push(share);
                false
            }
            None => true,
        });
        shares
    }

    #[test]
    fn one_pipeline_has_half_of_the_permits_and_holds_up_no_other() {
        let shared = Arc::new(FairShare::new(8));
        let mut noisy = queue(&shared, "noisy", 60);
        let mut noisy_shares = admitted(&mut noisy);
        assert_eq!(noisy_shares.len(), 4);
        assert!(shared.try_acquire("noisy").is_none());
        assert!(shared.try_acquire("other").is_some());
        let mut other = queue(&shared, "other", 20);
        let other_shares = admitted(&mut other);
        assert_eq!(other_shares.len(), 4);
        assert!(shared.try_acquire("quiet").is_none());
        // All permits are taken. The third pipeline queues last, and is served
        // before the releases that its predecessors have queued.
        let mut quiet = queue(&shared, "quiet", 1);
        assert!(admitted(&mut quiet).is_empty());
        noisy_shares.pop();
        assert!(admitted(&mut noisy).is_empty());
        assert!(admitted(&mut other).is_empty());
        let quiet_shares = admitted(&mut quiet);
        assert_eq!(quiet_shares.len(), 1);
        // Its permit is the next one's.
        drop(quiet_shares);
        assert_eq!(admitted(&mut noisy).len(), 1);
    }

    #[test]
    fn a_release_that_stops_waiting_takes_no_permit() {
        let shared = Arc::new(FairShare::new(8));
        let mut noisy = queue(&shared, "noisy", 8);
        let shares = admitted(&mut noisy);
        let mut last = noisy.split_off(noisy.len() - 1);
        drop(noisy);
        drop(shares);
        assert_eq!(admitted(&mut last).len(), 1);
        assert_eq!(shared.all.available_permits(), 8);
        drop(last);
        let again = queue(&shared, "quiet", 1);
        drop(again);
        shared.of_pipeline("quiet");
        assert_eq!(shared.by_pipeline.lock().len(), 1, "noisy is forgotten");
    }
}
