//! Permits, and places in the queue for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Budget;
use crate::ports::CallError;

/// A place in the queue; dropping it leaves the queue.
#[derive(Debug)]
pub(in crate::worker) struct Ticket {
    pub(super) granted: oneshot::Receiver<Vec<Permit>>,
    pub(super) budget: Arc<Budget>,
}

/// Permission to send one request. If dropped unused, its cost is returned.
#[derive(Debug)]
pub(in crate::worker) struct Permit {
    pub(super) budget: Arc<Budget>,
    /// When the request may be sent.
    pub(super) at: Duration,
    /// What is returned if it is never sent.
    pub(super) cost: Duration,
    /// Whether the rate made it wait.
    pub(super) waited: bool,
    pub(super) decreases: u64,
}

impl Ticket {
    /// Waits for the permit. Cancel safe.
    pub(in crate::worker) async fn permit(&mut self) -> Permit {
        self.granted()
            .await
            .pop()
            .unwrap_or_else(|| self.budget.unlimited_permit())
    }

    pub(super) async fn granted(&mut self) -> Vec<Permit> {
        let granted = (&mut self.granted).await;
        // The limit was lifted.
        granted.unwrap_or_else(|_| vec![self.budget.unlimited_permit()])
    }
}

impl Permit {
    /// Sends one request when it is time, and adapts the rate to the answer.
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
        self.budget.adapt_rate(answer.as_ref().err(), &self);
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
