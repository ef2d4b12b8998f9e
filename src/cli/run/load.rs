//! Logs the load once a minute: the signal for autoscaling if only the log
//! leaves the machine.

use std::time::Duration;

use clock::Clock;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::worker::Context;

/// The interval. CloudWatch aggregates by the minute, so a shorter one would
/// add nothing.
const EVERY: Duration = Duration::from_secs(60);

/// Logs the load until the worker drains.
pub(super) async fn tell(context: Context, clock: Clock, drain: CancellationToken) {
    loop {
        let jobs = context.health().jobs();
        let free = context.slots_available();
        info!(jobs, free, "load");
        tokio::select! {
            () = clock.sleep(EVERY) => {}
            () = drain.cancelled() => break,
        }
    }
}
