//! Why a job could not observe everything that it needs.

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
