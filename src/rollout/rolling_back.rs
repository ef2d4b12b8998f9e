//! A deployment has failed and is rolled back: wait for the end, so that the
//! failure message can say what production runs.

use std::time::Duration;

use jiff::Timestamp;

use super::decision::Decision;
use super::ended::{ended, fail_once_explained};
use super::evidence::Evidence;
use super::failure::{Failure, RollbackOutcome};
use super::progress::Progress;
use super::seen::{DeploymentSeen, DeploymentStatus};
use super::step::RollingBack;

/// How long a rollback is followed. For ECS it routes the traffic back to tasks
/// that are still running, which takes minutes (docs/aws.md §5.5).
pub const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// What must be observed of a rollback.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The deployment that failed. `None` if AWS has not shown it for
    /// [`DEPLOYMENT_APPEARS`](super::deploying::DEPLOYMENT_APPEARS).
    pub failed: Option<&'a DeploymentSeen>,
    /// The deployment that rolls it back: with ECS, the same one.
    pub rollback: Option<&'a DeploymentSeen>,
    /// The evidence for the failure, if the step has asked for it.
    pub evidence: Option<&'a Evidence>,
}

/// Decides for a deployment that is being rolled back. Whatever the outcome of
/// the rollback, the release has failed.
pub fn decide(step: &RollingBack, seen: Seen<'_>, now: Timestamp) -> Decision {
    let Some(failed) = seen.failed else {
        return Decision::fail(Failure::DeploymentGone {
            deployment: step.deploying.deployment.clone(),
        });
    };
    let wait = || {
        let rollback = (&step.rollback, seen.rollback);
        let mut ended = ended(&step.deploying, failed, Some(rollback));
        if let Some((_, since)) = &mut ended.rollback {
            since.get_or_insert(step.since);
        }
        Decision::Wait(Progress::Ended(ended))
    };
    let deployment = step.rollback.clone();
    let over = now >= step.since + ROLLBACK_TIMEOUT;
    let outcome = match seen.rollback.map(|rollback| &rollback.status) {
        Some(DeploymentStatus::Succeeded | DeploymentStatus::RolledBack) => {
            RollbackOutcome::Succeeded { deployment }
        }
        Some(
            DeploymentStatus::Failed | DeploymentStatus::Stopped | DeploymentStatus::RollbackFailed,
        ) => RollbackOutcome::Failed { deployment },
        _ if over => RollbackOutcome::Unfinished { deployment },
        Some(_) | None => return wait(),
    };
    fail_once_explained(&step.deploying, failed, seen.evidence, outcome, now)
}
