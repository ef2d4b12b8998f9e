//! `StopServiceDeployment` and `ContinueServiceDeployment`
//! (docs/aws.md §6.6).

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::ecs::call::invalid;
use crate::ecs::names::resource_name;
use crate::json::Members;
use crate::timeline;
use crate::world::World;

use super::cause::Cause;
use super::hook::HookAction;
use super::lambda::Outcome;
use super::read::find;
use super::service_deployment_lifecycle::REQUEST;
use super::settings::StopOfEnded;
use super::state::{Phase, ServiceDeployment};

pub(in crate::ecs) fn stop(world: &mut World, input: Members<'_>) -> Answer {
    let arn = input.text("serviceDeploymentArn")?.unwrap_or_default();
    match input.text("stopType")? {
        None | Some("ROLLBACK") => {}
        Some(other) => return Err(invalid(format!("Invalid stopType: {other}"))),
    }
    let choices = world.ecs.settings.clone();
    let (_, deployment) = find(world, arn).ok_or_else(not_found)?;
    if deployment.can_turn_back() {
        let cause = Cause::Stop.of_rollback(&choices);
        change(world, arn, |deployment, now| {
            deployment.request_rollback(cause, now);
            deployment.stopped_at = Some(now);
        });
    } else if choices.stop_of_ended == StopOfEnded::Conflict
        && (deployment.phase.is_final() || deployment.is_running())
    {
        return Err(ApiError::new(
            "ConflictException",
            "The service deployment can no longer be stopped.",
        ));
    }
    // A stop or rollback under way goes on as it is.
    Ok(json!({ "serviceDeploymentArn": arn }))
}

pub(in crate::ecs) fn continue_deployment(world: &mut World, input: Members<'_>) -> Answer {
    let arn = input.text("serviceDeploymentArn")?.unwrap_or_default();
    let hook = input.text("hookId")?.unwrap_or_default();
    let action = HookAction::parse(input.text("action")?.unwrap_or("CONTINUE"))?;
    if !is_hook_id(hook) {
        return Err(invalid(
            "Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}",
        ));
    }
    let (_, deployment) = find(world, arn).ok_or_else(not_found)?;
    if deployment.phase.is_final() {
        return Err(invalid(
            "Continuing a service deployment is not allowed for service deployment in terminal \
             states.",
        ));
    }
    let mut hooks = deployment.hooks.iter();
    let index = hooks
        .position(|run| run.id == hook && deployment.waits_for(run))
        .ok_or_else(|| {
            invalid(
                "Provided hookId is either completed, unavailable, or not associated with the \
                 given Resource ARN",
            )
        })?;
    let cause = Cause::RollbackOfPause(deployment.hooks[index].stage);
    let cause = cause.of_rollback(&world.ecs.settings);
    change(world, arn, |deployment, now| match action {
        HookAction::Continue => deployment.hooks[index].outcome = Some(Outcome::Succeeded),
        HookAction::Rollback => deployment.request_rollback(cause, now),
    });
    Ok(json!({ "serviceDeploymentArn": arn }))
}

/// Changes a deployment at the current time, and processes what follows.
fn change(
    world: &mut World,
    arn: &str,
    change: impl FnOnce(&mut ServiceDeployment, jiff::Timestamp),
) {
    let (now, choices) = (world.now(), world.ecs.settings.clone());
    let Some((service, _)) = find(world, arn) else {
        return;
    };
    let (cluster, name) = (service.cluster.clone(), service.name.clone());
    if let Some(service) = world.ecs.service_mut(&cluster, &name)
        && let Some(index) = service
            .deployments
            .all
            .iter()
            .position(|one| one.id == resource_name(arn))
    {
        service.with_deployment(index, &choices, now, |deployment, _| {
            change(deployment, now);
            deployment.updated_at = now;
        });
    }
    timeline::advance(world);
}

impl ServiceDeployment {
    fn request_rollback(&mut self, reason: String, at: jiff::Timestamp) {
        self.abandon_hooks();
        self.reason = Some(reason);
        self.phase = Phase::RollbackRequested {
            until: at + REQUEST,
        };
    }
}

/// Whether a text has the form `ecs-TYPE-ID`.
fn is_hook_id(text: &str) -> bool {
    let rest = text.strip_prefix("ecs-").unwrap_or_default();
    rest.split_once('-')
        .is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty())
}

fn not_found() -> ApiError {
    ApiError::new(
        "ServiceDeploymentNotFoundException",
        "The service deployment does not exist.",
    )
}
