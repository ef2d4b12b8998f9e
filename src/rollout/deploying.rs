//! CodeDeploy or ECS has the deployment: follow it to its end.
//!
//! A deployment that has ended decides by itself. While it is under way, the
//! checks come in this order, because each outranks those behind it:
//!
//! 1. A stop that was requested: wait for its effect, at most `STOP_TIMEOUT`.
//! 2. All traffic has moved, and the action asks for no more: success, even if
//!    the time is up or the action was abandoned meanwhile.
//! 3. The action was abandoned in the pipeline: `OnAbandon`.
//! 4. The release's time is up: `OnTimeout`.
//! 5. The deployment waits to be continued: `ContinueWhenReady`.
//! 6. The new tasks do not start: `OnTaskFailure`.
//!
//! After a failure (`ended`) the rollback is followed too (`rolling_back`), so that
//! the message can say what production runs.

use std::time::Duration;

use jiff::Timestamp;

use super::decision::{Act, Decision, Live, Observe, Success};
use super::ended::{ended_badly, fail_once_explained, roll_back};
use super::evidence::Evidence;
use super::failure::{Failure, RollbackOutcome};
use super::new_tasks::{HeldUp, NewTasks, is_over_limit, start_timeout};
use super::progress::{Installing, Progress, Underway, installing};
use super::seen::{DeploymentSeen, DeploymentStatus, TargetStatus};
use super::step::{Deploying, StopMode, StopReason};
use crate::job::options::{
    CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout, Options,
};
use crate::release::target::Service;

/// How long a deployment may take to stop before the failure is reported
/// anyway. The default of `Timeout` leaves an hour for this.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// How long AWS may not show a deployment that it has created: its reads may lag
/// behind the call that created it.
pub const DEPLOYMENT_APPEARS: Duration = Duration::from_secs(60);

/// How long after the last lifecycle event ECS may still show the old task set
/// as PRIMARY: its answers lag behind CodeDeploy.
pub const SHIFT_SHOWS: Duration = Duration::from_secs(60);

/// What must be observed of a deployment.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `None` if AWS has not shown it for [`DEPLOYMENT_APPEARS`].
    pub deployment: Option<&'a DeploymentSeen>,
    /// The service, if the step has asked for it.
    pub service: Option<&'a Service>,
    /// The evidence for a failure, if the step has asked for it.
    pub evidence: Option<&'a Evidence>,
    /// What was read of the new tasks while they are starting.
    pub new_tasks: Option<&'a NewTasks>,
    /// Whether the action was abandoned.
    pub abandoned: bool,
}

/// Whether a deployment that AWS does not show may still appear. Calls have been
/// failing since `failing_since`; a deployment that is not there counts as such.
#[must_use]
pub fn may_appear(failing_since: Option<Timestamp>, now: Timestamp) -> bool {
    failing_since.is_none_or(|since| now < since + DEPLOYMENT_APPEARS)
}

/// Decides for a deployment in progress.
pub fn decide(
    step: &Deploying,
    seen: Seen<'_>,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    let Some(deployment) = seen.deployment else {
        return Decision::fail(Failure::DeploymentGone {
            deployment: step.deployment.clone(),
        });
    };
    match &deployment.status {
        DeploymentStatus::Succeeded => succeed(step, Live::Deployed(step.deployment.clone())),
        DeploymentStatus::Failed | DeploymentStatus::Stopped => {
            ended_badly(step, deployment, seen.evidence, now)
        }
        // ECS rolls back within the deployment itself.
        DeploymentStatus::RollingBack
        | DeploymentStatus::RolledBack
        | DeploymentStatus::RollbackFailed => match seen.evidence {
            None => Decision::Observe(Observe::Evidence),
            Some(_) => roll_back(step, &step.deployment, now),
        },
        DeploymentStatus::Created
        | DeploymentStatus::Queued
        | DeploymentStatus::InProgress
        | DeploymentStatus::Baking
        | DeploymentStatus::Ready
        | DeploymentStatus::Unrecognised(_) => {
            under_way(step, deployment, seen, options, since, now)
        }
    }
}

fn under_way(
    step: &Deploying,
    deployment: &DeploymentSeen,
    seen: Seen<'_>,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    if let Some(stopping) = step.stopping {
        return if now >= stopping.at + STOP_TIMEOUT {
            fail_once_explained(step, deployment, seen.evidence, RollbackOutcome::None, now)
        } else {
            Decision::Wait(Progress::Stopping {
                deployment: step.deployment.clone(),
                why: stopping.why,
            })
        };
    }
    if options.complete_when == CompleteWhen::TrafficShifted && traffic_has_shifted(deployment) {
        return match seen.service {
            None => Decision::Observe(Observe::Service),
            Some(service) => shifted(step, deployment, service, options, now),
        };
    }
    if seen.abandoned {
        return abandoned(step, options.on_abandon);
    }
    if now >= since + options.timeout {
        return time_is_up(step, options);
    }
    if deployment.status == DeploymentStatus::Ready
        && options.continue_when_ready == ContinueWhenReady::Always
    {
        return Decision::Act(Act::Continue(step.deployment.clone()));
    }
    let Some(installing) = installing(deployment) else {
        return wait(deployment, options, now);
    };
    starting_tasks(step, deployment, seen.new_tasks, options, &installing, now)
}

fn wait(deployment: &DeploymentSeen, options: &Options, now: Timestamp) -> Decision {
    let underway = Underway::of(deployment, options.continue_when_ready, now);
    Decision::Wait(Progress::Underway(Box::new(underway)))
}

/// The new tasks are starting. If too many have failed while fewer run than are
/// desired, `OnTaskFailure` determines what is done.
fn starting_tasks(
    step: &Deploying,
    deployment: &DeploymentSeen,
    new_tasks: Option<&NewTasks>,
    options: &Options,
    installing: &Installing,
    now: Timestamp,
) -> Decision {
    let option = options.on_task_failure;
    let mut underway = Underway::of(deployment, options.continue_when_ready, now);
    if let (Some(tasks), Some(green)) = (new_tasks, deployment.green()) {
        let failing = is_over_limit(tasks, green);
        let why = StopReason::TaskFailure;
        match option {
            OnTaskFailure::Rollback if failing => return stop(step, why, StopMode::Rollback),
            OnTaskFailure::Stop if failing => return stop(step, why, StopMode::Stop),
            OnTaskFailure::Wait | OnTaskFailure::Stop | OnTaskFailure::Rollback => {}
        }
        let gives_up = installing.since.and_then(|since| {
            let timeout = start_timeout(step.deployment.engine());
            since.checked_add(timeout).ok()
        });
        underway.held_up = HeldUp::of(tasks, green, gives_up, option);
    }
    Decision::Wait(Progress::Underway(Box::new(underway)))
}

/// The target's status is decisive: the deployment itself stays in progress
/// during the termination wait (docs/aws.md §5.3).
fn traffic_has_shifted(seen: &DeploymentSeen) -> bool {
    seen.target
        .as_ref()
        .is_some_and(|target| target.status == TargetStatus::Succeeded)
}

/// Before a success, ECS must show our revision as PRIMARY. Its answers may lag
/// behind CodeDeploy's.
fn shifted(
    step: &Deploying,
    deployment: &DeploymentSeen,
    service: &Service,
    options: &Options,
    now: Timestamp,
) -> Decision {
    let primary = service
        .primary()
        .and_then(|primary| primary.task_definition.as_ref());
    if primary == Some(&step.release.task_definition) {
        return succeed(step, Live::Shifted(step.deployment.clone()));
    }
    let events = deployment.target.iter().flat_map(|target| &target.events);
    let last = events.filter_map(|event| event.ended).max();
    if last.is_some_and(|ended| now < ended + SHIFT_SHOWS) {
        return wait(deployment, options, now);
    }
    Decision::fail(Failure::NotOurTaskDefinition {
        deployment: step.deployment.clone(),
        expected: step.release.task_definition.clone(),
        primary: primary.cloned(),
    })
}

fn succeed(step: &Deploying, live: Live) -> Decision {
    Decision::Succeed(Success {
        release: step.release.clone(),
        live,
    })
}

fn abandoned(step: &Deploying, on_abandon: OnAbandon) -> Decision {
    match on_abandon {
        OnAbandon::Rollback => stop(step, StopReason::Abandoned, StopMode::Rollback),
        OnAbandon::Stop => stop(step, StopReason::Abandoned, StopMode::Stop),
        OnAbandon::Leave => Decision::fail(Failure::Abandoned {
            deployment: step.deployment.clone(),
        }),
    }
}

fn time_is_up(step: &Deploying, options: &Options) -> Decision {
    match options.on_timeout {
        OnTimeout::Rollback => stop(step, StopReason::TimedOut, StopMode::Rollback),
        OnTimeout::Stop => stop(step, StopReason::TimedOut, StopMode::Stop),
        OnTimeout::Leave => Decision::fail(Failure::TookTooLong {
            deployment: step.deployment.clone(),
            timeout: options.timeout,
        }),
    }
}

fn stop(step: &Deploying, why: StopReason, mode: StopMode) -> Decision {
    Decision::Act(Act::Stop {
        deployment: step.deployment.clone(),
        why,
        mode,
    })
}
