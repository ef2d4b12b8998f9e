//! Nothing has been done yet: is the release in order, and is it its turn?

use std::time::Duration;

use jiff::Timestamp;

use super::decision::{Act, Decision, Live, Observe, Success};
use super::failure::Failure;
use super::progress::Progress;
use super::step::{Deploying, Release, Step, Warnings};
use crate::job::options::{Options, WhenBusy};
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};
use crate::release::finding::Finding;
use crate::release::plan::{Plan, PlannedTaskDefinition};

/// How long calls to AWS may keep failing before the release fails. Nothing has
/// been changed yet, so the author loses only time.
pub const START_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How long a group that has just become free is left to a release that has
/// waited longer: long enough for its worker to observe that, too short to
/// matter if that worker is gone or its pipeline has given up.
pub const GRACE_PERIOD: Duration = Duration::from_secs(60);

/// What must be observed before a deployment is created.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `None` if an earlier job found the release in order and it has not been
    /// planned again.
    pub plan: Option<&'a Result<Plan, Vec<Finding>>>,
    pub turn: &'a Turn,
    /// The running revision, if it is the planned one and `SkipIfUnchanged` is
    /// set.
    pub unchanged: Option<&'a TaskDefinitionArn>,
    /// The revision that is known to be the planned task definition: it was
    /// registered from this plan, or described and found equal.
    pub registered: Option<&'a TaskDefinitionArn>,
    /// Lines for the author, shown at the end.
    pub warnings: &'a Warnings,
}

/// Whose turn it is to use the deployment group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The group is free: one deployment may be created.
    Free,
    /// Another release's deployment uses the group.
    Busy {
        target: DeployTarget,
        by: DeploymentId,
    },
    /// A deployment may be ours, but AWS does not show it yet, or not what it
    /// deploys.
    Unclear {
        target: DeployTarget,
        by: DeploymentId,
    },
    /// The group is free, but an older waiting release goes first if it starts
    /// by `until`.
    Promised { to: String, until: Timestamp },
    /// The group is free, but the running version belongs to a release that
    /// began later.
    Overtaken {
        target: DeployTarget,
        by: DeploymentId,
    },
    /// A deployment with our own key, created before a crash or by a call whose
    /// answer was lost.
    Ours {
        deployment: DeploymentId,
        task_definition: TaskDefinitionArn,
    },
}

/// Decides for a rollout that has done nothing yet.
pub fn decide(seen: Seen<'_>, options: &Options, since: Timestamp, now: Timestamp) -> Decision {
    let plan = match (seen.plan, seen.turn) {
        (None, turn) => return without_plan(turn, options, since, now),
        (Some(_), Turn::Ours { .. }) => return adopt(seen),
        (Some(_), Turn::Unclear { target, by }) => {
            return until_shown(target, by, options, since, now);
        }
        (Some(Err(findings)), _) => return Decision::fail(Failure::Refused(findings.clone())),
        (Some(Ok(plan)), _) => plan,
    };
    if let Turn::Overtaken { target, by } = seen.turn {
        return overtaken(target, by);
    }
    if let (Turn::Free, Some(running)) = (seen.turn, seen.unchanged) {
        return Decision::Succeed(Success {
            release: release(plan, running.clone(), seen.warnings),
            live: Live::Already,
        });
    }
    if let Some(waiting) = wait_for_turn(seen.turn, options, since, now) {
        return waiting;
    }
    match &plan.task_definition {
        PlannedTaskDefinition::Register(_) => Decision::Act(Act::Register),
        PlannedTaskDefinition::Existing(arn) => {
            Decision::go_to(Step::Registered(release(plan, arn.clone(), seen.warnings)))
        }
    }
}

/// The decisions that need no plan: to wait, or to fail because there is no
/// point.
pub(super) fn without_plan(
    turn: &Turn,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    match turn {
        Turn::Overtaken { target, by } => overtaken(target, by),
        Turn::Free
        | Turn::Busy { .. }
        | Turn::Unclear { .. }
        | Turn::Promised { .. }
        | Turn::Ours { .. } => {
            let waiting = wait_for_turn(turn, options, since, now);
            waiting.unwrap_or(Decision::Observe(Observe::Plan))
        }
    }
}

/// An older release must not overwrite a newer one.
pub(super) fn overtaken(target: &DeployTarget, by: &DeploymentId) -> Decision {
    Decision::fail(Failure::Overtaken {
        target: target.clone(),
        by: by.clone(),
    })
}

/// What to do while another release uses the group; `None` if none does.
pub(super) fn wait_for_turn(
    turn: &Turn,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Option<Decision> {
    match turn {
        Turn::Busy { target, by } => Some(match options.when_busy {
            WhenBusy::Fail => Decision::fail(Failure::GroupBusy {
                target: target.clone(),
                holder: by.clone(),
            }),
            WhenBusy::Wait => {
                let holder = by.clone();
                let progress = Progress::WaitingForGroup { holder };
                within_timeout(progress, target, by, options, since, now)
            }
        }),
        Turn::Unclear { target, by } => Some(until_shown(target, by, options, since, now)),
        Turn::Promised { to, until } if now < *until => {
            let execution = to.clone();
            Some(Decision::Wait(Progress::WaitingForOlder { execution }))
        }
        Turn::Promised { .. } | Turn::Free | Turn::Overtaken { .. } | Turn::Ours { .. } => None,
    }
}

/// Waits until AWS shows the deployment, at most for `Timeout`.
pub(super) fn until_shown(
    target: &DeployTarget,
    deployment: &DeploymentId,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    let progress = Progress::WaitingToSee {
        deployment: deployment.clone(),
    };
    within_timeout(progress, target, deployment, options, since, now)
}

/// Waits for `holder` until `Timeout` has passed.
fn within_timeout(
    progress: Progress,
    target: &DeployTarget,
    holder: &DeploymentId,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    if now < since + options.timeout {
        return Decision::Wait(progress);
    }
    Decision::fail(Failure::NeverOurTurn {
        target: target.clone(),
        holder: holder.clone(),
        timeout: options.timeout,
    })
}

/// Continues with the deployment that exists already.
pub(super) fn adopt(seen: Seen<'_>) -> Decision {
    match seen.turn {
        Turn::Ours {
            deployment,
            task_definition,
        } => Decision::go_to(Step::Deploying(Deploying {
            release: match seen.plan {
                Some(Ok(plan)) => release(plan, task_definition.clone(), seen.warnings),
                Some(Err(_)) | None => Release {
                    task_definition: task_definition.clone(),
                    images: Vec::new(),
                    warnings: seen.warnings.clone(),
                },
            },
            deployment: deployment.clone(),
            stopping: None,
        })),
        Turn::Free
        | Turn::Busy { .. }
        | Turn::Unclear { .. }
        | Turn::Promised { .. }
        | Turn::Overtaken { .. } => Decision::Wait(Progress::NotStarted),
    }
}

/// The planned release with the revision that was registered for it.
#[must_use]
pub fn release(plan: &Plan, task_definition: TaskDefinitionArn, warnings: &Warnings) -> Release {
    Release {
        task_definition,
        images: plan.images.clone(),
        warnings: warnings.clone(),
    }
}
