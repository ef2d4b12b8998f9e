//! A deployment has ended without success: read the evidence, then follow its
//! rollback or fail.
//!
//! The evidence is read before anything else happens, because a rollback removes
//! the new tasks. CodeDeploy's rollback is a deployment of its own, which appears
//! a moment later.

use std::time::Duration;

use jiff::Timestamp;

use super::cause::Cause;
use super::decision::{Decision, Observe};
use super::ending::{Ending, Production};
use super::evidence::Evidence;
use super::failure::{DeploymentFailure, Failure, RollbackOutcome};
use super::progress::{Ended, Progress};
use super::seen::{DeploymentSeen, EventStatus, LifecycleEvent};
use super::step::{Deploying, RollingBack, Step, StopMode};
use crate::job::{DeploymentId, Engine};

/// How long after the end of a failed deployment its rollback may take to
/// appear.
pub const ROLLBACK_APPEARS: Duration = Duration::from_secs(60);

/// How long after a deployment of ECS was superseded the newer one may take to
/// appear.
pub const SUCCESSOR_APPEARS: Duration = Duration::from_secs(60);

/// Decides for a deployment that has failed or was stopped.
pub(super) fn ended_badly(
    step: &Deploying,
    seen: &DeploymentSeen,
    evidence: Option<&Evidence>,
    now: Timestamp,
) -> Decision {
    let Some(looked) = evidence else {
        return Decision::Observe(Observe::Evidence);
    };
    let rollback = seen.rollback.as_ref();
    if let Some(rollback) = rollback.and_then(|rollback| rollback.deployment.as_ref()) {
        return roll_back(step, rollback, now);
    }
    let was_requested = step
        .stopping
        .is_some_and(|stopping| stopping.mode == StopMode::Rollback);
    let may_still_appear = step.deployment.engine() == Engine::CodeDeploy
        && (seen.rolls_back || was_requested)
        && waits_since(seen, looked).is_some_and(|since| now < since + ROLLBACK_APPEARS);
    if may_still_appear {
        Decision::Wait(Progress::Ended(ended(step, seen, None)))
    } else {
        fail_once_explained(step, seen, evidence, RollbackOutcome::None, now)
    }
}

/// Since when what may still appear is waited for: since the end, or since the
/// worker first looked. Its clock may be ahead of AWS's, by which the end is
/// dated.
fn waits_since(ended: &DeploymentSeen, evidence: &Evidence) -> Option<Timestamp> {
    Some(
        ended
            .completed?
            .max(evidence.first_look.unwrap_or_default()),
    )
}

/// Follows the rollback.
pub(super) fn roll_back(step: &Deploying, rollback: &DeploymentId, now: Timestamp) -> Decision {
    Decision::go_to(Step::RollingBack(RollingBack {
        deploying: step.clone(),
        rollback: rollback.clone(),
        since: now,
    }))
}

/// The progress of a deployment that has ended, and of the rollback that undoes
/// it, which may not have been seen yet.
pub(super) fn ended(
    step: &Deploying,
    seen: &DeploymentSeen,
    rollback: Option<(&DeploymentId, Option<&DeploymentSeen>)>,
) -> Ended {
    let rollback_seen = rollback.and_then(|(_, seen)| seen);
    let text = seen.error.as_ref().map(|error| error.message.clone());
    Ended {
        deployment: step.deployment.clone(),
        ending: Ending::of(seen, step.stopping),
        text: text.filter(|text| !text.is_empty()),
        rollback: rollback.map(|(id, seen)| {
            let own = seen.filter(|_| *id != step.deployment);
            (id.clone(), own.and_then(|seen| seen.created))
        }),
        production: Production::of(seen, rollback_seen),
    }
}

/// Fails the rollout of a deployment that failed or was stopped, once the
/// evidence has been read and a newer deployment that took its place would show.
pub(super) fn fail_once_explained(
    step: &Deploying,
    seen: &DeploymentSeen,
    evidence: Option<&Evidence>,
    rollback: RollbackOutcome,
    now: Timestamp,
) -> Decision {
    let Some(evidence) = evidence else {
        return Decision::Observe(Observe::Evidence);
    };
    let failed = |event: &&LifecycleEvent| event.status == EventStatus::Failed;
    let failure = DeploymentFailure {
        deployment: step.deployment.clone(),
        target: seen.deploys_to.clone(),
        task_definition: step.release.task_definition.clone(),
        status: seen.status.clone(),
        error: seen.error.clone(),
        events: seen
            .target
            .iter()
            .flat_map(|target| target.events.iter().filter(failed).cloned())
            .collect(),
        production: Production::of(seen, None),
        stopped: step.stopping.map(|stopping| stopping.why),
        ending: Ending::of(seen, step.stopping),
        superseded_by: seen.superseded_by.clone(),
        rollback,
        evidence: evidence.clone(),
    };
    if may_be_superseded(&failure, waits_since(seen, evidence), now) {
        return Decision::Wait(Progress::Ended(ended(step, seen, None)));
    }
    Decision::fail(Failure::Deployment(Box::new(failure)))
}

/// Whether nothing explains the end of a deployment of ECS, and a newer one that
/// took its place may not be shown yet.
fn may_be_superseded(
    failure: &DeploymentFailure,
    since: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    failure.deployment.engine() == Engine::Ecs
        && Cause::of(failure) == Cause::Unknown
        && since.is_some_and(|since| now < since + SUCCESSOR_APPEARS)
}
