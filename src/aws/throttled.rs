//! Keeps the SDK from repeating calls that were throttled, where somebody else
//! decides when a call may go out: its retries would be calls that nobody has
//! counted.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::calls::outcome;
use crate::ports::CallErrorKind;

/// Leaves throttling to the caller.
#[derive(Debug)]
pub(super) struct NoThrottledRetry;

impl ClassifyRetry for NoThrottledRetry {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(outcome) {
            Some(outcome) if outcome == CallErrorKind::Throttled.name() => {
                RetryAction::RetryForbidden
            }
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "NoThrottledRetry"
    }
}
