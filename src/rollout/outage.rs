//! How long a release goes on while calls to AWS fail.

use jiff::Timestamp;

use super::deploying::STOP_TIMEOUT;
use super::starting::START_TIMEOUT;
use super::step::{Rollout, Step};
use crate::job::options::Options;

/// When a release fails whose calls have been failing since then. Once there is
/// a deployment, the release's own time must be up, too; and then one call that
/// fails does not end a release whose rollback is being followed.
#[must_use]
pub fn fails_at(rollout: &Rollout, options: &Options, failing_since: Timestamp) -> Timestamp {
    match &rollout.step {
        Step::Starting | Step::Registered(_) => failing_since + START_TIMEOUT,
        Step::Deploying(_) | Step::RollingBack(_) => {
            (rollout.since + options.timeout).max(failing_since) + STOP_TIMEOUT
        }
    }
}
