//! Calls on a running deployment: continue it, stop it, or report a hook's
//! status (docs/aws.md §5.5).

use std::time::Duration;

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::json::Members;
use crate::timeline;
use crate::world::World;

use super::call::deployment_id;
use super::deployment::{Deployment, HookAnswer, Stage, Stop};
use super::plan::RollbackEvent;

/// Default time from a stop request to the end of the deployment.
const STOP: Duration = Duration::from_secs(3);

pub(super) fn continue_deployment(world: &mut World, input: Members<'_>) -> Answer {
    let id = deployment_id(input)?;
    let now = world.now();
    let World {
        ecs, codedeploy, ..
    } = world;
    let deployment = running(codedeploy.deployments.get_mut(id)?)?;
    let not_ready = || {
        ApiError::new(
            "DeploymentIsNotInReadyStateException",
            format!("The deployment {id} is not ready to be continued"),
        )
    };
    match (input.text("deploymentWaitType")?, deployment.stage) {
        (None | Some("READY_WAIT"), Stage::Ready { .. }) => deployment.leave_ready(ecs, now),
        (Some("TERMINATION_WAIT"), Stage::TerminationWait { .. }) => {
            deployment.terminate_blue(ecs, now);
        }
        (None | Some("READY_WAIT" | "TERMINATION_WAIT"), _) => return Err(not_ready()),
        (Some(other), _) => {
            return Err(ApiError::new(
                "InvalidDeploymentWaitTypeException",
                format!("Invalid deployment wait type: {other}"),
            ));
        }
    }
    deployment.record(now);
    Ok(json!({}))
}

pub(super) fn stop(world: &mut World, input: Members<'_>) -> Answer {
    let id = deployment_id(input)?;
    let now = world.now();
    let takes = world.codedeploy.stop_takes.unwrap_or(STOP);
    let deployment = running(world.codedeploy.deployments.get_mut(id)?)?;
    let asked = input.flag("autoRollbackEnabled")?;
    let rolls_back =
        asked.unwrap_or_else(|| deployment.rolls_back_on(RollbackEvent::StopOnRequest));
    // A second request does not postpone the stop.
    let at = deployment.stop.map_or(now + takes, |stop| stop.at);
    deployment.stop = Some(Stop { at, rolls_back });
    Ok(json!({
        "status": "Pending",
        "statusMessage": "Stopping the deployment is in progress",
    }))
}

pub(super) fn answer_hook(world: &mut World, input: Members<'_>) -> Answer {
    let id = deployment_id(input)?;
    let now = world.now();
    let execution = input
        .text("lifecycleEventHookExecutionId")?
        .unwrap_or_default();
    let succeeded = match input.text("status")? {
        Some("Succeeded") => true,
        Some("Failed") => false,
        Some(_) | None => {
            return Err(ApiError::new(
                "InvalidLifecycleEventHookExecutionStatusException",
                "The status must be Succeeded or Failed",
            ));
        }
    };
    let deployment = world.codedeploy.deployments.get_mut(id)?;
    let stage = deployment.stage;
    let index = deployment
        .events
        .iter()
        .position(|event| event.execution_id.as_deref() == Some(execution))
        .ok_or_else(|| {
            ApiError::new(
                "InvalidLifecycleEventHookExecutionIdException",
                format!("Invalid lifecycle event hook execution ID: {execution}"),
            )
        })?;
    let event = &mut deployment.events[index];
    if stage != Stage::Lifecycle(index) || event.answer.is_some() {
        return Err(ApiError::new(
            "LifecycleEventAlreadyCompletedException",
            "The lifecycle event is already complete",
        ));
    }
    event.answer = Some(HookAnswer {
        at: now,
        succeeded,
        words: None,
    });
    timeline::advance(world);
    Ok(json!({ "lifecycleEventHookExecutionId": execution }))
}

fn running(deployment: &mut Deployment) -> Result<&mut Deployment, ApiError> {
    if deployment.stage.is_final() {
        Err(ApiError::new(
            "DeploymentAlreadyCompletedException",
            format!("The deployment {} has already completed", deployment.id),
        ))
    } else {
        Ok(deployment)
    }
}
