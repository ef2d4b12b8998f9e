//! What a job reads before it decides: the files of its artifacts, its
//! deployment group and service, and its deployment.

pub(super) mod bundle;
pub(super) mod deployment;
pub(super) mod diagnose;
pub(super) mod first_evidence;
pub(super) mod images;
pub(super) mod inputs;
pub(super) mod new_tasks;
pub(super) mod observations;
pub(super) mod batch_reader;
pub(super) mod presence;
mod previous;
pub(super) mod reuse;
pub(super) mod review;
pub(super) mod turn;
pub(super) mod wait_queue;

use crate::ports::CallError;
use crate::rollout::failure::Failure;

/// Why an observation is not complete.
#[derive(Debug)]
pub(super) enum Interrupted {
    /// A call failed. Whether it is retried depends on the error.
    Call(CallError),
    /// The release cannot succeed.
    Failure(Box<Failure>),
}

impl From<CallError> for Interrupted {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Failure> for Interrupted {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}
