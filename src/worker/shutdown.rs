//! How long the phases of a shutdown may take, one after another. Together they
//! stay within `EXIT_TIMEOUT`.

use std::time::Duration;

/// The time from SIGTERM to the exit that the documentation promises. Service
/// managers wait at least as long before they send SIGKILL.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

/// First phase: jobs hand themselves back. Those that have not done so by then
/// are aborted, and the worker returns their tokens.
pub(super) const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Second phase: the reports of the aborted jobs.
pub(super) const LAST_REPORTS_TIMEOUT: Duration = Duration::from_secs(2);

/// Third phase: queued events are sent, and the lease is removed.
pub(super) const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Fourth phase: open HTTP requests are answered, traces are sent, and the
/// service manager is told.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What is left for the process itself.
const MARGIN: Duration = Duration::from_secs(1);

const _: () = {
    let phases = HAND_BACK_TIMEOUT.as_millis()
        + LAST_REPORTS_TIMEOUT.as_millis()
        + FLUSH_TIMEOUT.as_millis()
        + CLOSE_TIMEOUT.as_millis();
    assert!(phases + MARGIN.as_millis() <= EXIT_TIMEOUT.as_millis());
};
