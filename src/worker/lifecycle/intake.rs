//! Whether the worker takes jobs.
//!
//! An operator may drain the worker for a while: it stops polling and hands
//! back the jobs in flight, but keeps running. Jobs that start while it takes
//! jobs share one cancellation token; draining cancels it, and taking jobs
//! again creates a new one.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(in crate::worker) struct Intake {
    /// Cancelled when the process ends; cancels every token.
    stop: CancellationToken,
    token: watch::Sender<CancellationToken>,
}

impl Intake {
    /// Takes jobs unless the process is already ending.
    pub(in crate::worker) fn new(stop: &CancellationToken) -> Self {
        Self {
            stop: stop.clone(),
            token: watch::Sender::new(stop.child_token()),
        }
    }

    /// The token that tells a job that starts now to hand back.
    pub(in crate::worker) fn token(&self) -> CancellationToken {
        self.token.borrow().clone()
    }

    /// Starts or ends draining. Returns whether this changed anything. A worker
    /// that ends takes no jobs, whatever is set.
    pub(in crate::worker) fn set_draining(&self, draining: bool) -> bool {
        if draining == self.is_draining() || self.stop.is_cancelled() {
            return false;
        }
        if draining {
            self.token().cancel();
        } else {
            self.token.send_replace(self.stop.child_token());
        }
        true
    }

    pub(in crate::worker) fn is_draining(&self) -> bool {
        self.token.borrow().is_cancelled()
    }

    /// Waits until the worker takes jobs.
    pub(in crate::worker) async fn until_open(&self) {
        let mut tokens = self.token.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = tokens.wait_for(|token| !token.is_cancelled()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_drains_and_takes_jobs_again() {
        let stop = CancellationToken::new();
        let intake = Intake::new(&stop);
        let before = intake.token();
        intake.until_open().await;
        assert!(!intake.set_draining(false), "it takes jobs already");

        assert!(intake.set_draining(true));
        assert!(before.is_cancelled() && intake.is_draining());
        assert!(!intake.set_draining(true), "it drains already");
        let open = intake.until_open();
        tokio::pin!(open);
        assert!(futures_util::poll!(&mut open).is_pending());

        assert!(intake.set_draining(false));
        open.await;
        let after = intake.token();
        assert!(before.is_cancelled() && !after.is_cancelled());
        stop.cancel();
        assert!(after.is_cancelled(), "the process ends");
        assert!(!intake.set_draining(false), "nothing changes that");
    }
}
