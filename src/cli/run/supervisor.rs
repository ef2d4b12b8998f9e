//! Notifies the service manager (systemd): ready, reloading, stopping, a status
//! line, and the watchdog. Without a service manager this does nothing.

use std::time::Duration;

use clock::Clock;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::worker::Context;

/// The interval between status lines, which is often enough for people.
const STATUS_EVERY: Duration = Duration::from_secs(10);

/// The number of watchdog notifications within one watchdog period, so that one
/// may be late.
const SIGNS: u32 = 3;

/// Reports that the worker serves and is about to poll.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Reports that settings are being reloaded; [`ready`] ends it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(problem) => debug!(%problem, "cannot notify the service manager of the reload"),
    }
}

/// Reports the worker's status until the drain begins. The watchdog is notified
/// only while the poll loop makes progress, not merely because this task runs.
pub(super) async fn attend(context: Context, drain: CancellationToken) {
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(STATUS_EVERY, |time| (time / SIGNS).min(STATUS_EVERY));
    let clock = Clock::system();
    loop {
        let line = status(&context);
        let mut states = vec![NotifyState::Status(&line)];
        if watchdog.is_some() && context.is_alive() {
            states.push(NotifyState::Watchdog);
        }
        tell(&states);
        tokio::select! {
            () = clock.sleep(every) => {}
            () = drain.cancelled() => break,
        }
    }
    let line = format!("Handing back {} jobs", context.health().jobs());
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status(&line),
        NotifyState::Watchdog,
    ]);
}

fn status(context: &Context) -> String {
    let jobs = context.health().jobs();
    let free = context.slots_available();
    let state = if !context.is_alive() {
        "The poll loop does not turn"
    } else if context.is_draining() {
        "Draining"
    } else if context.is_ready() {
        "Polling"
    } else {
        "CodePipeline does not answer"
    };
    format!("{state}; {jobs} jobs, {free} slots available")
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(states) {
        debug!(%problem, "cannot notify the service manager");
    }
}
