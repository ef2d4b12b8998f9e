//! `UpdateService` for a service under ECS's own controller
//! (docs/aws.md §6.3).

use serde_json::{Map, Value, json};

use crate::api::{Answer, ApiError};
use crate::ecs::call::{client, invalid, service_not_found};
use crate::ecs::find_task_definition;
use crate::ecs::services::desired_count;
use crate::ecs::show;
use crate::json::Members;
use crate::world::World;

use super::settings::UnchangedTaskDefinition;
use super::start::AcceptedSettings;

/// Settings whose change starts a deployment.
const DEPLOYED: &[&str] = &[
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// Settings that change at once.
const CHANGED_AT_ONCE: &[&str] = &[
    "capacityProviderStrategy",
    "placementConstraints",
    "placementStrategy",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "propagateTags",
    "availabilityZoneRebalancing",
];

pub(in crate::ecs) fn update(
    world: &mut World,
    (cluster, name): (&str, &str),
    input: Members<'_>,
) -> Answer {
    let now = world.now();
    check_controller(input)?;
    let desired = desired_count(input)?;
    let forced = input.flag("forceNewDeployment")? == Some(true);
    let choices = world.ecs.settings.clone();
    let current = world
        .ecs
        .service(cluster, name)
        .ok_or_else(service_not_found)?;
    let wanted = current.deployments.task_definition.clone();
    let given = input.text("taskDefinition")?;
    let definition = find_task_definition(&world.ecs, given.unwrap_or(&wanted))
        .filter(|revision| given.is_none() || revision.is_active())
        .ok_or_else(|| client("TaskDefinition not found."))?
        .clone();
    let mut settings = current.settings.clone();
    for member in CHANGED_AT_ONCE {
        if let Some(value) = input.raw(member) {
            settings[*member] = value.clone();
        }
    }
    if let Some(configuration) = input.raw("deploymentConfiguration") {
        merge(&mut settings["deploymentConfiguration"], configuration);
    }
    let mut is_deployed = forced;
    for member in DEPLOYED {
        if let Some(value) = input.raw(member) {
            is_deployed |= settings[*member] != *value;
            settings[*member] = value.clone();
        }
    }
    is_deployed |= match choices.unchanged_task_definition {
        UnchangedTaskDefinition::StartsNothing => definition.arn != wanted,
        UnchangedTaskDefinition::StartsDeployment => given.is_some(),
    };
    let accepted = AcceptedSettings::check(settings, &definition)?;
    let service = world
        .ecs
        .service_mut(cluster, name)
        .ok_or_else(service_not_found)?;
    if is_deployed {
        let behaviour = service.script.take();
        service.begin_deployment(accepted, &definition, (&choices, behaviour), now);
    } else {
        service.settings = accepted.settings;
    }
    if let Some(desired) = desired {
        service.scale(desired, now);
    }
    Ok(json!({ "service": show::service(service, false, now) }))
}

/// ECS refuses a change to `CODE_DEPLOY`. A change to `EXTERNAL` is not
/// simulated.
fn check_controller(input: Members<'_>) -> Result<(), ApiError> {
    let Some(controller) = input.object("deploymentController")? else {
        return Ok(());
    };
    match controller.text("type")?.unwrap_or("ECS") {
        "ECS" => Ok(()),
        "EXTERNAL" => Err(ApiError::new(
            "UnsupportedFeatureException",
            "The simulated ECS has no EXTERNAL deployment controller.",
        )),
        other => Err(invalid(format!(
            "The deployment controller cannot be changed from ECS to {other}."
        ))),
    }
}

/// Replaces the members that are given.
fn merge(configuration: &mut Value, given: &Value) {
    match (configuration, given) {
        (Value::Object(members), Value::Object(given)) => {
            let strategy =
                |members: &Map<String, Value>| members.get("strategy").cloned().unwrap_or_default();
            // The other strategy's steps would be refused.
            if given.contains_key("strategy") && strategy(members) != strategy(given) {
                members.remove("linearConfiguration");
                members.remove("canaryConfiguration");
            }
            for (name, value) in given {
                members.insert(name.clone(), value.clone());
            }
        }
        (configuration, given) => *configuration = given.clone(),
    }
}
