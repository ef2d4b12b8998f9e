//! Logs the load once a minute: the signal for autoscaling if only the log
//! leaves the machine.

use std::time::Duration;

use clock::Clock;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::worker::Context;

/// The interval. CloudWatch aggregates by the minute, so a shorter one would
/// add nothing.
const INTERVAL: Duration = Duration::from_secs(60);

/// Logs the load until `stop` is cancelled.
pub(super) async fn report(context: Context, clock: Clock, stop: CancellationToken) {
    loop {
        let jobs = context.health().jobs();
        let free = context.slots_available();
        info!(jobs, free, "load");
        tokio::select! {
            () = clock.sleep(INTERVAL) => {}
            () = stop.cancelled() => break,
        }
    }
}
