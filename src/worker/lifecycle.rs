//! When a worker takes jobs, hands them back and ends.

mod intake;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::intake::Intake;

/// The cancellation tokens of one worker, as one job has them.
#[derive(Clone)]
pub(super) struct Lifecycle {
    intake: Arc<Intake>,
    /// Cancelled when the process ends.
    pub(super) stop: CancellationToken,
    /// Cancelled when the worker drains, temporarily or because the process
    /// ends: jobs in flight are handed back.
    pub(super) hand_back: CancellationToken,
    /// Cancelled when the time to hand jobs back is over.
    pub(super) cancel: CancellationToken,
    /// Cancelled when the worker has ended: none of its tasks may act any more.
    pub(super) end: CancellationToken,
}

impl Lifecycle {
    /// Begins the life of a worker that ends when `stop` is cancelled.
    pub(super) fn new(stop: CancellationToken) -> Self {
        let intake = Intake::new(&stop);
        Self {
            hand_back: intake.token(),
            intake: Arc::new(intake),
            stop,
            cancel: CancellationToken::new(),
            end: CancellationToken::new(),
        }
    }

    /// The same, with the drain token for jobs that start now.
    pub(super) fn renewed(&self) -> Self {
        Self {
            hand_back: self.intake.token(),
            ..self.clone()
        }
    }

    /// Whether the worker takes jobs.
    pub(super) fn intake(&self) -> &Intake {
        &self.intake
    }
}
