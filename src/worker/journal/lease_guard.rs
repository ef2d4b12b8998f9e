//! Guards a job's calls: whatever changes something for a job is done only
//! while the worker's lease is certain to hold. A journal with a single worker
//! needs no lease; its guard never ends.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tracing::warn;

use super::lease::{Lease, Term};
use crate::ports::{SendPermit, with_send_permit};

/// The lease under which a job is held, if one is needed.
#[derive(Clone, Default)]
pub struct LeaseGuard(Option<GuardedTerm>);

#[derive(Clone)]
struct GuardedTerm {
    lease: Arc<Lease>,
    term: Arc<Term>,
}

/// Why work was not done or was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    #[error("another worker holds the lease")]
    Lost,
    #[error("the lease was not renewed in time")]
    Unsure,
}

impl LeaseGuard {
    /// A guard that never ends, for a journal that no other worker can use.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(None)
    }

    pub(super) fn of(lease: Arc<Lease>, term: Arc<Term>) -> Self {
        Self(Some(GuardedTerm { lease, term }))
    }

    /// Waits until another worker has ended this worker's lease.
    pub async fn lost(&self) {
        match &self.0 {
            Some(held) => held.term.lost.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Runs `work` while the lease holds: it begins while at least half of the
    /// lease's length is left, and is aborted before another worker could end
    /// the lease. The lease is checked before each poll of `work` and before
    /// each of its requests is sent, so that a process that was paused notices
    /// before it acts.
    ///
    /// # Errors
    ///
    /// If `work` was not begun or was aborted. In the latter case it may have
    /// taken effect.
    pub async fn while_held<T>(&self, work: impl Future<Output = T>) -> Result<T, NotOurs> {
        let Some(held) = &self.0 else {
            return Ok(work.await);
        };
        held.wait_until_fresh().await?;
        let mut work = pin!(with_send_permit(held.send_permit(), work));
        let mut end = pin!(held.until_ended());
        poll_fn(|context| {
            if let Some(why) = held.why_ended() {
                return Poll::Ready(Err(why));
            }
            if let Poll::Ready(why) = end.as_mut().poll(context) {
                return Poll::Ready(Err(why));
            }
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }
}

impl GuardedTerm {
    /// Waits until at least half of the lease's length is left.
    async fn wait_until_fresh(&self) -> Result<(), NotOurs> {
        loop {
            if self.term.lost.is_cancelled() {
                return Err(NotOurs::Lost);
            }
            if self.lease.age(&self.term) <= self.lease.max_age_to_begin() {
                return Ok(());
            }
            if let Err(error) = self.lease.renew().await {
                warn!(%error, "cannot renew the lease; pausing until it can be renewed");
                self.lease.pause().await;
            }
        }
    }

    fn send_permit(&self) -> SendPermit {
        let held = self.clone();
        Arc::new(move || held.why_ended().is_none())
    }

    fn why_ended(&self) -> Option<NotOurs> {
        if self.term.lost.is_cancelled() {
            return Some(NotOurs::Lost);
        }
        (self.lease.age(&self.term) >= self.lease.max_age_to_finish()).then_some(NotOurs::Unsure)
    }

    async fn until_ended(&self) -> NotOurs {
        loop {
            if let Some(why) = self.why_ended() {
                return why;
            }
            tokio::select! {
                biased;
                () = self.term.lost.cancelled() => {}
                () = self.lease.wait_for_max_age(&self.term) => {}
            }
        }
    }
}

impl fmt::Debug for LeaseGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worker = self.0.as_ref().map(|held| held.term.worker.as_str());
        f.debug_tuple("LeaseGuard").field(&worker).finish()
    }
}
