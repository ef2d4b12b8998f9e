//! Deployment targets: a deployment's ECS service, with lifecycle events and
//! task sets (docs/aws.md §5.4).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::ecs::Service;
use crate::json::{Members, epoch};
use crate::world::World;

use super::call::deployment_id;
use super::deployment::{Deployment, LifecycleEvent, TaskSetRef};

/// Maximum number of targets per batch.
const MAX_BATCH: usize = 25;

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let deployment = started(world, input)?;
    let filters = input.object_or_empty("targetFilters")?;
    let statuses = filters.texts("TargetStatus")?;
    let wanted = statuses.is_empty() || statuses.contains(&deployment.target_status());
    let ids: Vec<String> = wanted.then(|| deployment.target_id()).into_iter().collect();
    Ok(json!({ "targetIds": ids }))
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let deployment = started(world, input)?;
    let id = input.text("targetId")?.unwrap_or_default();
    Ok(json!({ "deploymentTarget": show(world, deployment, id)? }))
}

pub(super) fn batch(world: &mut World, input: Members<'_>) -> Answer {
    let deployment = started(world, input)?;
    let ids = input.texts("targetIds")?;
    if ids.is_empty() {
        return Err(id_required());
    }
    if ids.len() > MAX_BATCH {
        return Err(ApiError::new(
            "DeploymentTargetListSizeExceededException",
            format!("At most {MAX_BATCH} targets can be asked for"),
        ));
    }
    let targets = ids
        .into_iter()
        .map(|id| show(world, deployment, id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "deploymentTargets": targets }))
}

/// The deployment of a request, which must have started.
fn started<'w>(world: &'w World, input: Members<'_>) -> Result<&'w Deployment, ApiError> {
    let id = deployment_id(input)?;
    let deployment = world.codedeploy.deployments.get(id)?;
    if deployment.started_at.is_none() {
        return Err(ApiError::new(
            "DeploymentNotStartedException",
            format!("The deployment {id} has not started"),
        ));
    }
    Ok(deployment)
}

fn id_required() -> ApiError {
    ApiError::new(
        "DeploymentTargetIdRequiredException",
        "A deployment target ID must be specified",
    )
}

fn show(world: &World, deployment: &Deployment, id: &str) -> Answer {
    if id.is_empty() {
        return Err(id_required());
    }
    if id != deployment.target_id() {
        return Err(ApiError::new(
            "DeploymentTargetDoesNotExistException",
            format!("The deployment target {id} does not exist"),
        ));
    }
    let plan = &deployment.plan;
    let service = world.ecs.service(&plan.cluster, &plan.service);
    let events: Vec<Value> = deployment.events.iter().map(event).collect();
    let green = deployment.green_weight;
    let sets = [
        (&deployment.task_sets.blue, "Blue", 100 - green),
        (&deployment.task_sets.green, "Green", green),
    ];
    let task_sets: Vec<Value> = sets
        .into_iter()
        .filter_map(|(set, label, weight)| task_set(service?, set.as_ref()?, label, weight))
        .collect();
    Ok(json!({
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": deployment.id,
            "targetId": id,
            "targetArn": service.map(Service::arn),
            "lastUpdatedAt": epoch(deployment.updated_at),
            "lifecycleEvents": events,
            "status": deployment.target_status(),
            "taskSetsInfo": task_sets,
        },
    }))
}

fn event(event: &LifecycleEvent) -> Value {
    json!({
        "lifecycleEventName": event.name,
        "status": event.status,
        "startTime": event.started_at.map(epoch),
        "endTime": event.ended_at.map(epoch),
        "diagnostics": event.diagnostics,
    })
}

/// A task set that still exists. `identifer` is AWS's spelling of the member.
fn task_set(service: &Service, set: &TaskSetRef, label: &str, weight: u32) -> Option<Value> {
    let live = service.task_set(&set.id)?;
    let (pending, running) = service.counts_of(&set.id);
    Some(json!({
        "identifer": set.id,
        "desiredCount": service.desired_count(live),
        "pendingCount": pending,
        "runningCount": running,
        "status": live.status.as_str(),
        "trafficWeight": f64::from(weight),
        "targetGroup": set.target_group.as_ref().map(|name| json!({ "name": name })),
        "taskSetLabel": label,
    }))
}
