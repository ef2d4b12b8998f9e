//! Retries a call that must take effect at most once, as long as it is certain
//! that it has not taken effect.

use std::time::Duration;

use clock::Clock;

use crate::ports::{CallError, CallErrorKind};

/// Delays between attempts, seven seconds in total: long enough for a burst to
/// pass, short compared with a job. The caller handles longer failures.
const BACKOFF: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Makes `call`, and retries it if AWS throttled it or could not be reached.
/// After any other error the call may have taken effect, so it is not retried.
pub(super) async fn at_most_once<T, C, F>(clock: &Clock, call: C) -> Result<T, CallError>
where
    C: Fn() -> F,
    F: Future<Output = Result<T, CallError>>,
{
    for wait in BACKOFF {
        match call().await {
            Err(CallError {
                kind: CallErrorKind::Throttled | CallErrorKind::Unreachable,
                ..
            }) => clock.sleep(wait).await,
            other => return other,
        }
    }
    call().await
}
