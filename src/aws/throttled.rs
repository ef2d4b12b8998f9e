//! Keeps the SDK from retrying throttled calls if the caller paces them: the
//! SDK's retries would bypass the caller's rate limit.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::call_interceptor::outcome;
use crate::ports::CallErrorKind;

/// Leaves throttled calls to the caller.
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
