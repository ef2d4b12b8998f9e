//! A deployment's new tasks while ECS starts them: which of them failed, and
//! how many failures are too many.
//!
//! CodeDeploy waits an hour for a task set whose tasks fail at once. ECS has a
//! circuit breaker for its own deployments, and `OnTaskFailure` counts as it
//! does: tasks that did not reach RUNNING or were found unhealthy; the limit is
//! half the desired count, at least 3 and at most 200. Tasks that were stopped
//! by a person, or because their capacity went away, say nothing about the
//! release and are not counted.

use std::time::Duration;

use jiff::Timestamp;

use super::call_error::CallError;
use super::cause::Cause;
use super::evidence::{Evidence, StopCode, StoppedTask};
use super::seen::{DeploymentSeen, Label, TaskSetSeen};
use crate::job::options::OnTaskFailure;
use crate::job::{Engine, TaskDefinitionArn};
use crate::release::target::ServiceEvent;

/// The lowest limit of failed tasks.
pub const MIN_FAILURES: u32 = 3;

/// The highest limit of failed tasks, whatever the desired count.
pub const MAX_FAILURES: u32 = 200;

/// How long CodeDeploy waits for the new tasks, from the start of `Install`
/// (docs/aws.md §5.6, §5.9).
pub const INSTALL_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long ECS stays in one stage (docs/aws.md §6.8).
pub const STAGE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the deployment may start its new tasks.
#[must_use]
pub fn start_timeout(engine: Engine) -> Duration {
    match engine {
        Engine::CodeDeploy => INSTALL_TIMEOUT,
        Engine::Ecs => STAGE_TIMEOUT,
    }
}

/// What was read of the new tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewTasks {
    /// Tasks that failed, each counted once.
    pub failed: u32,
    /// The latest failed tasks, and the service's latest events.
    pub evidence: Evidence,
}

impl NewTasks {
    /// The read that fails permanently, if any.
    #[must_use]
    pub fn denied(&self) -> Option<&CallError> {
        let mut unread = self.evidence.unread.iter();
        unread.find(|error| !error.is_transient())
    }
}

/// The number of failed tasks that is too many for this desired count.
#[must_use]
pub fn too_many(desired: u32) -> u32 {
    desired.div_ceil(2).clamp(MIN_FAILURES, MAX_FAILURES)
}

/// Whether too many tasks have failed while fewer run than are desired.
#[must_use]
pub fn is_over_limit(tasks: &NewTasks, set: &TaskSetSeen) -> bool {
    tasks.failed >= too_many(set.desired) && set.running < set.desired
}

/// Whether a stopped task counts as failed.
#[must_use]
pub fn has_failed(task: &StoppedTask) -> bool {
    match &task.stop_code {
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited => true,
        StopCode::ServiceSchedulerInitiated => Cause::of_task(task).is_some(),
        StopCode::UserInitiated
        | StopCode::SpotInterruption
        | StopCode::TerminationNotice
        | StopCode::InfrastructureHealth
        | StopCode::Unrecognised(_) => false,
    }
}

/// How ECS says that it stopped a task because it was no longer needed.
const NOT_NEEDED: &str = "Scaling activity initiated by";

/// Whether ECS stopped a task that had nothing wrong, as a rollback does with all
/// that the deployment has started.
#[must_use]
pub fn is_routine_stop(task: &StoppedTask) -> bool {
    let reason = task.reason.as_deref();
    task.stop_code == StopCode::ServiceSchedulerInitiated
        && reason.is_some_and(|reason| reason.starts_with(NOT_NEEDED))
        && !has_failed(task)
}

/// Whether a stopped task belongs to the deployment, by its task set or else
/// its revision. CodeDeploy may not name the task set, and the old task set may
/// run the same revision, so neither is sufficient alone.
#[must_use]
pub fn is_new(
    task: &StoppedTask,
    deployment: Option<&DeploymentSeen>,
    revision: &TaskDefinitionArn,
) -> bool {
    let since = deployment.and_then(|seen| seen.created);
    if let (Some(at), Some(since)) = (task.at, since)
        && at < since
    {
        return false;
    }
    let started_by = |set: &TaskSetSeen| task.started_by.as_deref() == Some(set.id.as_str());
    let sets = deployment.and_then(|seen| seen.target.as_ref());
    let by = sets.and_then(|target| target.task_sets.iter().find(|set| started_by(set)));
    match by {
        Some(set) => set.label == Label::Green,
        None => task.task_definition.as_ref() == Some(revision),
    }
}

/// Whether a service event may be about the deployment: it is not older, it does
/// not name another task set, and it is not later than the end of a deployment of
/// ECS, which includes its rollback.
#[must_use]
pub fn is_about(event: &ServiceEvent, deployment: Option<&DeploymentSeen>) -> bool {
    let since = deployment.and_then(|seen| seen.created);
    let of_other = |green: &TaskSetSeen| {
        let named = event.message.split_once("taskSet ").map(|(_, rest)| rest);
        named.is_some_and(|rest| !rest.starts_with(green.id.as_str()))
    };
    let of_ecs = deployment.filter(|seen| seen.deploys_to.engine() == Engine::Ecs);
    let ended = of_ecs.and_then(|seen| seen.completed);
    since.is_none_or(|since| event.at >= since)
        && ended.is_none_or(|ended| event.at <= ended)
        && !deployment
            .and_then(DeploymentSeen::green)
            .is_some_and(of_other)
}

/// What delays the start of the new tasks, for the pipeline's summary.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldUp {
    pub failed: u32,
    /// `None` if nothing that was read explains it.
    pub cause: Option<Cause>,
    /// ECS's text for it.
    pub text: Option<String>,
    /// When CodeDeploy or ECS gives up.
    pub until: Option<Timestamp>,
    pub option: OnTaskFailure,
    /// The number of failed tasks at which the option ends the deployment.
    pub limit: u32,
    /// Whether the limit is reached while fewer tasks run than are desired.
    pub over_limit: bool,
    /// The denied call that prevents counting.
    pub denied: Option<CallError>,
}

impl HeldUp {
    /// Summarizes the new tasks; `None` while nothing is known to be wrong.
    /// `gives_up` is when CodeDeploy or ECS stops waiting for them.
    #[must_use]
    pub fn of(
        tasks: &NewTasks,
        set: &TaskSetSeen,
        gives_up: Option<Timestamp>,
        option: OnTaskFailure,
    ) -> Option<Self> {
        let cause = Cause::of_tasks(&tasks.evidence);
        let denied = match option {
            OnTaskFailure::Wait => None,
            OnTaskFailure::Stop | OnTaskFailure::Rollback => tasks.denied().cloned(),
        };
        if tasks.failed == 0 && cause.is_none() && denied.is_none() {
            return None;
        }
        Some(Self {
            failed: tasks.failed,
            text: cause
                .as_ref()
                .and_then(|cause| text(cause, &tasks.evidence)),
            cause,
            until: gives_up,
            option,
            limit: too_many(set.desired),
            over_limit: is_over_limit(tasks, set),
            denied,
        })
    }
}

/// The text that the cause was read from.
fn text(cause: &Cause, evidence: &Evidence) -> Option<String> {
    let gives = |task: &&StoppedTask| Cause::of_task(task).as_ref() == Some(cause);
    if let Some(task) = evidence.tasks.iter().find(gives) {
        let mut containers = task.containers.iter();
        return containers
            .find_map(|container| container.reason.clone())
            .or_else(|| task.reason.clone());
    }
    let of_event = |event: &&ServiceEvent| {
        let alone = Evidence {
            events: vec![ServiceEvent::clone(event)],
            ..Evidence::default()
        };
        Cause::of_tasks(&alone).as_ref() == Some(cause)
    };
    let event = evidence.events.iter().find(of_event)?;
    Some(event.message.clone())
}
