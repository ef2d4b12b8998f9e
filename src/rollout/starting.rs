//! Nothing has been done yet: is the release in order, and is it its turn?

use std::time::Duration;

use jiff::Timestamp;

use super::decision::{Act, Decision, Live, Observe, Success};
use super::failure::Failure;
use super::progress::Progress;
use super::step::{Deploying, Release, Step};
use crate::job::options::{Options, WhenBusy};
use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::release::finding::Finding;
use crate::release::plan::{Plan, PlannedTaskDefinition};

/// How long AWS may keep us from beginning before the release fails. Nothing
/// has been changed yet, so the author loses nothing but the wait.
pub const START_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How long a group that has just become free is left to a release that has
/// waited longer: enough for its worker to look, too short to matter if that
/// worker is gone or its pipeline has given up.
pub const GRACE_PERIOD: Duration = Duration::from_secs(60);

/// What must be seen before a deployment is made.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `None` where an earlier job found the release in order, and it has
    /// not been planned again.
    pub plan: Option<&'a Result<Plan, Vec<Finding>>>,
    pub turn: &'a Turn,
    /// The running revision, where it is the planned one and the author asked
    /// to leave it be (`SkipIfUnchanged`).
    pub unchanged: Option<&'a TaskDefinitionArn>,
    /// The revision that is known to be the planned task definition: it was
    /// registered from this very plan, or described and compared with it.
    pub registered: Option<&'a TaskDefinitionArn>,
    /// What the author should hear of at the end.
    pub warnings: &'a [String],
}

/// Who has the deployment group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nobody: one deployment may be made.
    Free,
    /// Somebody else's deployment.
    Held { group: String, by: DeploymentId },
    /// Nobody, but an older release waits as well: it goes first, if it does
    /// so by then.
    Promised { to: String, until: Timestamp },
    /// Nobody, but what runs belongs to a release that began after this one.
    Overtaken { group: String, by: DeploymentId },
    /// A deployment with our own key, made before a crash or by an answer
    /// that was lost.
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
        (Some(Err(findings)), _) => return Decision::fail(Failure::Refused(findings.clone())),
        (Some(Ok(plan)), _) => plan,
    };
    if let Turn::Overtaken { group, by } = seen.turn {
        return overtaken(group, by);
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

/// What needs no plan: to wait, and to learn that there is nothing to wait for.
pub(super) fn without_plan(
    turn: &Turn,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    match turn {
        Turn::Overtaken { group, by } => overtaken(group, by),
        Turn::Free | Turn::Held { .. } | Turn::Promised { .. } | Turn::Ours { .. } => {
            let waiting = wait_for_turn(turn, options, since, now);
            waiting.unwrap_or(Decision::Look(Observe::Plan))
        }
    }
}

/// An older release does not overwrite a newer one.
pub(super) fn overtaken(group: &str, by: &DeploymentId) -> Decision {
    Decision::fail(Failure::Overtaken {
        group: group.to_owned(),
        by: by.clone(),
    })
}

/// What to do while somebody else has the group; `None` when nobody has.
pub(super) fn wait_for_turn(
    turn: &Turn,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Option<Decision> {
    let (group, holder) = match turn {
        Turn::Held { group, by } => (group.clone(), by.clone()),
        Turn::Promised { to, until } if now < *until => {
            let execution = to.clone();
            return Some(Decision::Wait(Progress::WaitingForOlder { execution }));
        }
        Turn::Promised { .. } | Turn::Free | Turn::Overtaken { .. } | Turn::Ours { .. } => {
            return None;
        }
    };
    Some(match options.when_busy {
        WhenBusy::Fail => Decision::fail(Failure::GroupBusy { group, holder }),
        WhenBusy::Wait if now >= since + options.timeout => Decision::fail(Failure::NeverOurTurn {
            group,
            holder,
            timeout: options.timeout,
        }),
        WhenBusy::Wait => Decision::Wait(Progress::WaitingForGroup { holder }),
    })
}

/// Goes on with the deployment that is already there.
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
                    warnings: Vec::new(),
                },
            },
            deployment: deployment.clone(),
            stopping: None,
        })),
        Turn::Free | Turn::Held { .. } | Turn::Promised { .. } | Turn::Overtaken { .. } => {
            Decision::Wait(Progress::NotStarted)
        }
    }
}

/// The planned release under the revision that was registered for it.
#[must_use]
pub fn release(plan: &Plan, task_definition: TaskDefinitionArn, warnings: &[String]) -> Release {
    Release {
        task_definition,
        images: plan.images.clone(),
        warnings: warnings.to_vec(),
    }
}
