//! Repeats a call that must not happen twice, as long as it has not happened.

use std::time::Duration;

use crate::clock::Clock;
use crate::ports::{Nature, Trouble};

/// Waits between attempts, seven seconds in all: enough for a burst to drain,
/// short beside a visit. Longer trouble is the visit's own affair.
const WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Makes `call`, and again where AWS said "slower" or was not reached. After
/// any other trouble the call may have taken effect and is not repeated.
pub(super) async fn at_most_once<T, C, F>(clock: &Clock, call: C) -> Result<T, Trouble>
where
    C: Fn() -> F,
    F: Future<Output = Result<T, Trouble>>,
{
    for wait in WAITS {
        match call().await {
            Err(trouble) if nothing_happened(&trouble) => clock.sleep(wait).await,
            other => return other,
        }
    }
    call().await
}

fn nothing_happened(trouble: &Trouble) -> bool {
    match trouble.nature {
        Nature::Throttled | Nature::Unreachable => true,
        Nature::Denied | Nature::Unclear | Nature::Refused => false,
    }
}
