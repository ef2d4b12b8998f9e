//! A deployment has failed and CodeDeploy takes it back: wait for the end, so
//! that the failure can say what production runs.

use std::time::Duration;

use jiff::Timestamp;

use super::decision::Decision;
use super::deploying::fail;
use super::evidence::Evidence;
use super::failure::{Failure, RollbackOutcome};
use super::progress::{Progress, Underway};
use super::seen::{DeploymentSeen, DeploymentStatus};
use super::step::RollingBack;

/// How long a rollback is followed. For ECS it re-routes traffic to tasks
/// that still run, which takes minutes (aws-facts §5.5).
pub const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What must be seen of a rollback.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The deployment that failed.
    pub failed: Option<&'a DeploymentSeen>,
    /// The deployment that undoes it.
    pub rollback: Option<&'a DeploymentSeen>,
    /// What explains the failure, where it was asked for.
    pub evidence: Option<&'a Evidence>,
}

/// Decides for a deployment that is being rolled back. Whatever becomes of
/// the rollback, the release has failed.
pub fn decide(step: &RollingBack, seen: Seen<'_>, now: Timestamp) -> Decision {
    let Some(failed) = seen.failed else {
        return Decision::fail(Failure::DeploymentGone {
            deployment: step.deploying.deployment.clone(),
        });
    };
    let deployment = step.rollback.clone();
    let over = now >= step.since + PATIENCE;
    let outcome = match seen.rollback.map(|rollback| (&rollback.status, rollback)) {
        Some((DeploymentStatus::Succeeded, _)) => RollbackOutcome::Succeeded { deployment },
        Some((DeploymentStatus::Failed | DeploymentStatus::Stopped, _)) => {
            RollbackOutcome::Failed { deployment }
        }
        _ if over => RollbackOutcome::Unfinished { deployment },
        Some((_, rollback)) => return wait(step, Underway::of(rollback, now)),
        None => return wait(step, Underway::of(failed, now)),
    };
    fail(&step.deploying, failed, seen.evidence, outcome)
}

fn wait(step: &RollingBack, rollback: Underway) -> Decision {
    Decision::Wait(Progress::RollingBack {
        deployment: step.deploying.deployment.clone(),
        rollback,
    })
}
