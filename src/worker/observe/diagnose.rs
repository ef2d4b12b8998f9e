//! Collects the evidence for a failed deployment once, concurrently and best
//! effort. A read that fails is listed in the evidence and never hides the
//! failure.

use crate::job::TaskDefinitionArn;
use crate::job::request::Request;
use crate::ports::{CallError, GroupAnswer};
use crate::release::target::{Group, Service, ServiceEvent, ServiceName};
use crate::rollout::evidence::{AlarmSeen, Evidence, StoppedTask, TargetHealth};
use crate::rollout::new_tasks::{has_failed, is_about, is_new, is_routine_stop};
use crate::rollout::seen::DeploymentSeen;
use crate::worker::context::Context;

/// Stopped tasks to keep; a task set that cannot start produces many, all for
/// the same reason.
const MAX_TASKS: usize = 10;

/// Service events to keep.
const MAX_EVENTS: usize = 10;

/// Targets of the new tasks to keep; a target group may have a thousand.
const MAX_TARGETS: usize = 20;

/// Reads what explains the end of `deployment`.
pub(in crate::worker) async fn diagnose(
    context: &Context,
    request: &Request,
    deployment: Option<&DeploymentSeen>,
    revision: &TaskDefinitionArn,
) -> Evidence {
    let mut evidence = Evidence::default();
    let Some(group) = group(context, request, &mut evidence).await else {
        return evidence;
    };
    evidence.alarms.clone_from(&group.alarms);
    let Some(name) = group.services.first() else {
        return evidence;
    };
    let target_group = deployment
        .and_then(DeploymentSeen::green)
        .and_then(|set| set.target_group.clone());
    let ((service, tasks), alarms, targets) = tokio::join!(
        service_and_tasks(context, name),
        alarms(context, &group.alarms),
        targets(context, target_group.as_deref()),
    );
    match alarms {
        Ok(alarms) => evidence.gone_off = alarms,
        Err(error) => evidence.unread.push(error),
    }
    match targets {
        Ok(targets) => evidence.targets = targets,
        Err(error) => evidence.unread.push(error),
    }
    match service {
        Ok(service) => evidence.events = events(service, deployment),
        Err(error) => evidence.unread.push(error),
    }
    match tasks {
        Ok(tasks) => evidence.tasks = of_release(tasks, deployment, revision),
        Err(error) => evidence.unread.push(error),
    }
    evidence
}

async fn group(context: &Context, request: &Request, evidence: &mut Evidence) -> Option<Group> {
    let deployments = &context.ports.deployments;
    let answer = deployments.group(&request.target).await;
    match answer {
        Ok(GroupAnswer::Found(group)) => Some(*group),
        Ok(GroupAnswer::NoApplication | GroupAnswer::NoTarget) => None,
        Err(error) => {
            evidence.unread.push(error);
            None
        }
    }
}

async fn service_and_tasks(
    context: &Context,
    name: &ServiceName,
) -> (
    Result<Option<Service>, CallError>,
    Result<Vec<StoppedTask>, CallError>,
) {
    let services = &context.ports.services;
    tokio::join!(services.describe(name), services.stopped_tasks(name))
}

async fn alarms(context: &Context, watched: &[String]) -> Result<Vec<AlarmSeen>, CallError> {
    if watched.is_empty() {
        return Ok(Vec::new());
    }
    context.ports.alarms.gone_off(watched).await
}

async fn targets(context: &Context, group: Option<&str>) -> Result<Vec<TargetHealth>, CallError> {
    match group {
        Some(group) => {
            let mut targets = context.ports.load_balancers.targets(group).await?;
            targets.truncate(MAX_TARGETS);
            Ok(targets)
        }
        None => Ok(Vec::new()),
    }
}

fn events(service: Option<Service>, deployment: Option<&DeploymentSeen>) -> Vec<ServiceEvent> {
    let events = service.map(|service| service.events).unwrap_or_default();
    let about = |event: &ServiceEvent| is_about(event, deployment);
    events.into_iter().filter(about).take(MAX_EVENTS).collect()
}

/// The stopped tasks of the new task set, failed ones first, without those that
/// stopped because the task set was removed.
fn of_release(
    tasks: Vec<StoppedTask>,
    deployment: Option<&DeploymentSeen>,
    revision: &TaskDefinitionArn,
) -> Vec<StoppedTask> {
    let ours = tasks
        .into_iter()
        .filter(|task| is_new(task, deployment, revision) && !is_routine_stop(task));
    let (failed, others): (Vec<_>, Vec<_>) = ours.partition(has_failed);
    failed.into_iter().chain(others).take(MAX_TASKS).collect()
}
