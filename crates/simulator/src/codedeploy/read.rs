//! `GetDeployment` and `BatchGetDeployments` (docs/aws.md §5.4).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, epoch};
use crate::world::World;

use super::call::{check_deployment_id, deployment_id};
use super::deployment::Deployment;

/// Maximum number of deployments per batch.
const MAX_BATCH: usize = 25;

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let deployment = world.codedeploy.deployments.get(deployment_id(input)?)?;
    Ok(json!({ "deploymentInfo": show(deployment) }))
}

pub(super) fn batch(world: &mut World, input: Members<'_>) -> Answer {
    let ids = input.texts("deploymentIds")?;
    if ids.is_empty() {
        return Err(ApiError::new(
            "DeploymentIdRequiredException",
            "Deployment IDs must be specified",
        ));
    }
    if ids.len() > MAX_BATCH {
        return Err(ApiError::new(
            "BatchLimitExceededException",
            format!("At most {MAX_BATCH} deployments can be asked for"),
        ));
    }
    let mut infos = Vec::new();
    for id in ids {
        check_deployment_id(id)?;
        // Deployments that do not exist are omitted from the response.
        infos.extend(world.codedeploy.deployments.get(id).ok().map(show));
    }
    Ok(json!({ "deploymentsInfo": infos }))
}

fn show(deployment: &Deployment) -> Value {
    let mut info = deployment.repeated.clone();
    let rollback = &deployment.rollback;
    let is_linked = rollback.rolled_back_by.is_some() || rollback.rolls_back.is_some();
    let shown = json!({
        "applicationName": deployment.application,
        "deploymentGroupName": deployment.group,
        "deploymentConfigName": deployment.config,
        "deploymentId": deployment.id,
        "previousRevision": deployment
            .previous_revision
            .as_ref()
            .map(|revision| revision.show(None)),
        "revision": deployment.revision.show(None),
        "status": deployment.status(),
        "errorInformation": deployment.error,
        "createTime": epoch(deployment.created_at),
        "startTime": deployment.started_at.map(epoch),
        "completeTime": deployment.completed_at.map(epoch),
        "deploymentOverview": overview(deployment),
        "description": deployment.description,
        "creator": deployment.creator,
        "ignoreApplicationStopFailures": false,
        "updateOutdatedInstancesOnly": false,
        "rollbackInfo": is_linked.then_some(rollback),
        "instanceTerminationWaitTimeStarted": false,
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": "ECS",
    });
    if let Value::Object(shown) = shown {
        info.extend(shown);
    }
    Value::Object(info)
}

/// Counts the one target by its status; absent before the deployment has
/// started.
fn overview(deployment: &Deployment) -> Option<Value> {
    deployment.started_at?;
    let names = [
        "Pending",
        "InProgress",
        "Succeeded",
        "Failed",
        "Skipped",
        "Ready",
    ];
    let status = deployment.target_status();
    let counts = names.map(|name| (name.to_owned(), json!(u32::from(name == status))));
    Some(Value::Object(counts.into_iter().collect()))
}
