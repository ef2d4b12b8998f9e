//! A permit, and the place in the line for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Budget;
use crate::ports::CallError;

/// A place in the line. Whoever drops it has left.
#[derive(Debug)]
pub(in crate::worker) struct Ticket {
    pub(super) granted: oneshot::Receiver<Vec<Permit>>,
    pub(super) budget: Arc<Budget>,
}

/// Leave to send one request. Dropped unused, it is given back.
#[derive(Debug)]
pub(in crate::worker) struct Permit {
    pub(super) budget: Arc<Budget>,
    /// From when on the request may go out.
    pub(super) at: Duration,
    /// What is given back if it never does.
    pub(super) cost: Duration,
    /// Whether it had to wait for the pace.
    pub(super) waited: bool,
    pub(super) falls: u64,
}

impl Ticket {
    /// Waits for the permit. Nothing is lost where somebody stops waiting and
    /// waits again.
    pub(in crate::worker) async fn permit(&mut self) -> Permit {
        self.granted()
            .await
            .pop()
            .unwrap_or_else(|| self.budget.free())
    }

    pub(super) async fn granted(&mut self) -> Vec<Permit> {
        let granted = (&mut self.granted).await;
        // The line was opened.
        granted.unwrap_or_else(|_| vec![self.budget.free()])
    }
}

impl Permit {
    /// Makes a call of one request, once it is time, and learns from what
    /// comes of it.
    pub(in crate::worker) async fn send<T>(
        mut self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let wait = self.at.saturating_sub(self.budget.now());
        if !wait.is_zero() {
            self.budget.clock.sleep(wait).await;
        }
        self.cost = Duration::ZERO;
        let answer = call.await;
        self.budget.heard(answer.as_ref().err(), &self);
        answer
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.cost.is_zero() {
            let mut requests = self.budget.requests();
            requests.next = requests.next.saturating_sub(self.cost);
            self.budget.changed.notify_one();
        }
    }
}
