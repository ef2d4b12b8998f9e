//! The load in the log, once a minute: the signal for autoscaling where the
//! log is all that leaves the machine.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::clock::Clock;
use crate::worker::Context;

/// CloudWatch counts in minutes; more often would say nothing new.
const EVERY: Duration = Duration::from_secs(60);

/// Tells the load until the worker drains.
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
