//! The load in the log, once a minute: the signal for autoscaling where the
//! log is all that leaves the machine.

use std::time::Duration;

use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::clock::Clock;
use crate::worker::Hands;

/// CloudWatch counts in minutes; more often would say nothing new.
const EVERY: Duration = Duration::from_secs(60);

/// How a release may end, as the counter `bluegreen_releases_total` has it.
const ENDS: [&str; 5] = [
    "Succeeded",
    "ConfigurationError",
    "JobFailed",
    "PermissionError",
    "SystemUnavailable",
];

/// Tells the load until the worker drains. The counters start at zero: whoever
/// computes increases does not see a counter's first value as one.
pub(super) async fn tell(hands: Hands, clock: Clock, drain: CancellationToken) {
    for end in ENDS {
        counter!("bluegreen_releases_total", "end" => end).increment(0);
    }
    loop {
        let visits = hands.health().visits();
        let free = hands.max_jobs().saturating_sub(visits);
        info!(visits, free, "load");
        tokio::select! {
            () = clock.sleep(EVERY) => {}
            () = drain.cancelled() => break,
        }
    }
}
