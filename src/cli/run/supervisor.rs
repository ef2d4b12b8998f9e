//! Notifies the service manager (systemd): ready, reloading, stopping, a status
//! line, and the watchdog. Without a service manager this does nothing.

use std::time::Duration;

use clock::Clock;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::worker::Context;

/// The interval between status lines, which is often enough for people.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);

/// The number of watchdog notifications within one watchdog period, so that one
/// may be late.
const WATCHDOG_NOTIFICATIONS: u32 = 3;

/// Reports that the worker serves and is about to poll.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Reports that settings are being reloaded; [`ready`] ends it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(problem) => debug!(%problem, "cannot notify the service manager of the reload"),
    }
}

/// Reports the worker's status until `stop` is cancelled. The watchdog is notified
/// only while the poll loop makes progress, not merely because this task runs.
pub(super) async fn report(context: Context, stop: CancellationToken) {
    let watchdog = sd_notify::watchdog_enabled();
    let interval = watchdog.map_or(STATUS_INTERVAL, |time| {
        (time / WATCHDOG_NOTIFICATIONS).min(STATUS_INTERVAL)
    });
    let clock = Clock::system();
    loop {
        let line = status(&context);
        let mut states = vec![NotifyState::Status(&line)];
        if watchdog.is_some() && context.is_alive() {
            states.push(NotifyState::Watchdog);
        }
        notify(&states);
        tokio::select! {
            () = clock.sleep(interval) => {}
            () = stop.cancelled() => break,
        }
    }
    let line = format!("Handing back {} jobs", context.health().jobs());
    notify(&[
        NotifyState::Stopping,
        NotifyState::Status(&line),
        NotifyState::Watchdog,
    ]);
}

fn status(context: &Context) -> String {
    let jobs = context.health().jobs();
    let free = context.slots_available();
    let state = if !context.is_alive() {
        "The poll loop makes no progress"
    } else if context.is_draining() {
        "Draining"
    } else if context.health().not_taken().is_some() {
        "Offered jobs cannot be taken"
    } else if !context.is_ready() {
        "CodePipeline does not respond"
    } else if free == 0 {
        "All slots are in use"
    } else {
        "Polling"
    };
    format!("{state}; {jobs} jobs, {free} slots available")
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(states) {
        debug!(%problem, "cannot notify the service manager");
    }
}
