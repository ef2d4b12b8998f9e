//! Services: create, describe, update, delete and list (docs/aws.md §4.4,
//! §4.5, §6.3).

use std::collections::VecDeque;

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::Members;
use crate::world::World;

use super::behaviour::{Behaviour, Script};
use super::call::{client, found_or_missing, invalid, page, service_not_found};
use super::deployments::{self, AcceptedSettings, ServiceDeployments};
use super::names::{is_name, resource_name};
use super::service::{Service, TaskSet, TaskSetStatus};
use super::{clusters, find_task_definition, show};

/// Maximum number of services per `DescribeServices`.
const MAX_DESCRIBED: usize = 10;

/// Services on a page of `ListServices`, unless the request says otherwise.
const PAGE: usize = 10;

/// Settings that `UpdateService` can change for a service under CodeDeploy.
const CHANGEABLE: &[&str] = &[
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "enableECSManagedTags",
    "propagateTags",
];

/// Settings that need a new deployment, with ECS's names for them in its
/// errors.
const LEFT_TO_CODE_DEPLOY: &[(&str, &str)] = &[
    ("taskDefinition", "task definition"),
    ("networkConfiguration", "network parameters"),
    ("platformVersion", "platform version"),
    ("loadBalancers", "load balancers"),
    ("capacityProviderStrategy", "capacity provider strategy"),
    ("serviceRegistries", "service registries"),
    ("volumeConfigurations", "volume configurations"),
];

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let cluster = clusters::requested_cluster(world, input)?;
    let name = input.text("serviceName")?.unwrap_or_default();
    if name.is_empty() {
        return Err(invalid("Service name should not be null or empty."));
    }
    if !is_name(name) {
        return Err(invalid(format!("Invalid service name '{name}'.")));
    }
    let is_taken = |service: &Service| service.is_active() || !service.task_sets.is_empty();
    if world.ecs.service(cluster, name).is_some_and(is_taken) {
        return Err(invalid("Creation of service was not idempotent."));
    }
    let both = input.raw("launchType").is_some() && input.raw("capacityProviderStrategy").is_some();
    if both {
        return Err(invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. \
             Remove one and try again.",
        ));
    }
    let definition = input.text("taskDefinition")?.unwrap_or_default();
    let definition = find_task_definition(&world.ecs, definition)
        .filter(|revision| revision.is_active())
        .ok_or_else(|| client("TaskDefinition not found."))?
        .clone();
    let mut service = Service {
        arn_prefix: world.arn_prefix("ecs"),
        cluster: cluster.to_owned(),
        name: name.to_owned(),
        created_at: world.now(),
        settings: input.to_value(),
        desired: desired_count(input)?.unwrap_or(1),
        task_sets: Vec::new(),
        tasks: Vec::new(),
        events: VecDeque::new(),
        script: Script::default(),
        deployments: ServiceDeployments::default(),
        is_deleted: false,
        last_number: 0,
    };
    service.last_number = ids::start_of(&service.arn());
    let now = world.now();
    if service.is_deployed_by_ecs() {
        let accepted = AcceptedSettings::check(input.to_value(), &definition)?;
        let how = (&world.ecs.settings, Behaviour::default());
        service.begin_deployment(accepted, &definition, how, now);
    } else {
        let id = ids::task_set(service.next_number());
        let mut blue = TaskSet::new(id, &definition.arn, Behaviour::default(), now);
        blue.status = TaskSetStatus::Primary;
        let group = service.settings["loadBalancers"][0]["targetGroupArn"].as_str();
        blue.target_groups.extend(group.map(str::to_owned));
        service.task_sets.push(blue);
    }
    let shown = show::service(&service, false, now);
    world.ecs.add_service(service);
    Ok(json!({ "service": shown }))
}

pub(super) fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let cluster = clusters::requested_cluster(world, input)?;
    let names = input.texts("services")?;
    if names.is_empty() || names.len() > MAX_DESCRIBED {
        return Err(invalid(format!(
            "Services must contain between 1 and {MAX_DESCRIBED} names."
        )));
    }
    let tags = input.texts("include")?.contains(&"TAGS");
    let now = world.now();
    let arn = |name| world.arn("ecs", &format!("service/{cluster}/{}", resource_name(name)));
    let find = |name| {
        let found = world.ecs.service(cluster, resource_name(name));
        found.map(|service| show::service(service, tags, now))
    };
    let (services, failures) = found_or_missing(names, arn, find);
    Ok(json!({ "services": services, "failures": failures }))
}

pub(super) fn update(world: &mut World, input: Members<'_>) -> Answer {
    let (cluster, name) = requested_service(world, input)?;
    let now = world.now();
    let service = world
        .ecs
        .service_mut(cluster, name)
        .ok_or_else(service_not_found)?;
    if !service.is_active() {
        return Err(ApiError::new(
            "ServiceNotActiveException",
            "Service was not ACTIVE.",
        ));
    }
    if service.is_deployed_by_ecs() {
        return deployments::update(world, (cluster, name), input);
    }
    let forced = input.flag("forceNewDeployment")? == Some(true);
    let refused = LEFT_TO_CODE_DEPLOY
        .iter()
        .find(|(member, _)| input.raw(member).is_some())
        .map(|(_, what)| *what)
        .or(forced.then_some("task definition"));
    if let Some(what) = refused {
        return Err(invalid(format!(
            "Unable to update {what} on services with a {} deployment controller. \
             Use AWS CodeDeploy to trigger a new deployment.",
            service.controller()
        )));
    }
    let desired = desired_count(input)?;
    for member in CHANGEABLE {
        if let Some(value) = input.raw(member) {
            service.settings[*member] = value.clone();
        }
    }
    if let Some(desired) = desired {
        service.scale(desired, now);
    }
    Ok(json!({ "service": show::service(service, false, now) }))
}

pub(super) fn delete(world: &mut World, input: Members<'_>) -> Answer {
    let (cluster, name) = requested_service(world, input)?;
    let now = world.now();
    let service = world
        .ecs
        .service_mut(cluster, name)
        .filter(|service| service.is_active())
        .ok_or_else(service_not_found)?;
    let forced = input.flag("force")? == Some(true);
    if service.desired > 0 && !forced {
        return Err(invalid(
            "The service cannot be stopped while it is scaled above 0.",
        ));
    }
    service.desired = 0;
    service.is_deleted = true;
    service.deployments.forget();
    let sets = service.task_sets.iter().map(|set| set.id.clone());
    for id in sets.collect::<Vec<_>>() {
        service.drain(&id, now);
    }
    Ok(json!({ "service": show::service(service, false, now) }))
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let cluster = clusters::requested_cluster(world, input)?;
    let launch_type = input.text("launchType")?;
    let scheduling = input.text("schedulingStrategy")?;
    let services = world.ecs.clusters[cluster].services.values();
    let arns: Vec<String> = services
        .filter(|service| service.is_active())
        .filter(|it| launch_type.is_none_or(|wanted| it.settings["launchType"] == wanted))
        .filter(|_| scheduling.is_none_or(|wanted| wanted == "REPLICA"))
        .map(Service::arn)
        .collect();
    let page = page(arns, input, PAGE)?;
    Ok(json!({ "serviceArns": page.items, "nextToken": page.next }))
}

/// The names of the cluster and the service in a request.
pub(super) fn requested_service<'i>(
    world: &World,
    input: Members<'i>,
) -> Result<(&'i str, &'i str), ApiError> {
    let cluster = clusters::requested_cluster(world, input)?;
    let name = resource_name(input.text("service")?.unwrap_or_default());
    Ok((cluster, name))
}

pub(super) fn desired_count(input: Members<'_>) -> Result<Option<u32>, ApiError> {
    /// The most tasks that ECS runs in a service.
    const MAX: u32 = 5_000;
    match input.number("desiredCount")? {
        None => Ok(None),
        Some(count) => u32::try_from(count)
            .ok()
            .filter(|count| *count <= MAX)
            .map(Some)
            .ok_or_else(|| invalid(format!("desiredCount must be between 0 and {MAX}."))),
    }
}
