//! Repeats a call that must not happen twice, as long as it has not happened.

use std::time::Duration;

use crate::clock::Clock;
use crate::ports::{CallError, CallErrorKind};

/// Waits between attempts, seven seconds in all: enough for a burst to drain,
/// short beside a job. Longer error is the caller's own affair.
const BACKOFF: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Makes `call`, and again where AWS said "slower" or was not reached. After
/// any other error the call may have taken effect and is not repeated.
pub(super) async fn at_most_once<T, C, F>(clock: &Clock, call: C) -> Result<T, CallError>
where
    C: Fn() -> F,
    F: Future<Output = Result<T, CallError>>,
{
    for wait in BACKOFF {
        match call().await {
            Err(error) if nothing_happened(&error) => clock.sleep(wait).await,
            other => return other,
        }
    }
    call().await
}

fn nothing_happened(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Throttled | CallErrorKind::Unreachable => true,
        CallErrorKind::Denied | CallErrorKind::Unclear | CallErrorKind::Refused => false,
    }
}
