//! What a job is held by: nothing that ends, or a worker's lease. Whatever
//! changes the world for a job is done only while the lease is surely there.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tracing::warn;

use super::lease::{Lease, Term};
use crate::ports::{SendPermit, with_send_permit};

/// What a job is held by.
#[derive(Clone, Default)]
pub struct LeaseGuard(Option<Held>);

#[derive(Clone)]
struct Held {
    lease: Arc<Lease>,
    term: Arc<Term>,
}

/// Why something was not done, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    #[error("the lease is another worker's")]
    Lost,
    #[error("the lease was not renewed in time")]
    Unsure,
}

impl LeaseGuard {
    /// A lease that never ends: nobody else can have the journal.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(None)
    }

    pub(super) fn of(lease: Arc<Lease>, term: Arc<Term>) -> Self {
        Self(Some(Held { lease, term }))
    }

    /// Waits until another worker has what this one had in hand.
    pub async fn lost(&self) {
        match &self.0 {
            Some(held) => held.term.lost.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Does `work`, begun while the lease has a good while to run and broken
    /// off where it could be another's. Each time before `work` goes on, and
    /// before a request of it goes out, both clocks are asked: a process that
    /// has stalled notices first.
    ///
    /// # Errors
    ///
    /// When it was not done, or not to its end.
    pub async fn while_held<T>(&self, work: impl Future<Output = T>) -> Result<T, NotOurs> {
        let Some(held) = &self.0 else {
            return Ok(work.await);
        };
        held.fresh().await?;
        let mut work = pin!(with_send_permit(held.send_permit(), work));
        let mut end = pin!(held.end());
        poll_fn(|context| {
            if let Some(why) = held.ended() {
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

impl Held {
    /// Waits until the lease has at least half of its length to run.
    async fn fresh(&self) -> Result<(), NotOurs> {
        loop {
            if self.term.lost.is_cancelled() {
                return Err(NotOurs::Lost);
            }
            if self.lease.age(&self.term) <= self.lease.good() {
                return Ok(());
            }
            if let Err(error) = self.lease.renew().await {
                warn!(%error, "the lease cannot be renewed; nothing is done until it can");
                self.lease.pause().await;
            }
        }
    }

    fn send_permit(&self) -> SendPermit {
        let held = self.clone();
        Arc::new(move || held.ended().is_none())
    }

    fn ended(&self) -> Option<NotOurs> {
        if self.term.lost.is_cancelled() {
            return Some(NotOurs::Lost);
        }
        (self.lease.age(&self.term) >= self.lease.safe()).then_some(NotOurs::Unsure)
    }

    async fn end(&self) -> NotOurs {
        loop {
            if let Some(why) = self.ended() {
                return why;
            }
            tokio::select! {
                biased;
                () = self.term.lost.cancelled() => {}
                () = self.lease.until_unsafe(&self.term) => {}
            }
        }
    }
}

impl fmt::Debug for LeaseGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worker = self.0.as_ref().map(|held| held.term.worker.as_str());
        f.debug_tuple("Tenure").field(&worker).finish()
    }
}
