//! Tasks: `ListTasks` and `DescribeTasks` (docs/aws.md §4.5).

use serde_json::json;

use crate::api::Answer;
use crate::json::Members;
use crate::world::World;

use super::call::{MAX_PAGE, found_or_missing, invalid, page, service_not_found};
use super::names::{family_and_revision, resource_name};
use super::revision::Revision;
use super::service::{Service, Task};
use super::{clusters, find_task_definition, show};

/// Maximum number of tasks per `DescribeTasks`.
const MAX_DESCRIBED: usize = 100;

/// Filters that cannot be combined with `startedBy`.
const OTHER_FILTERS: &[&str] = &[
    "containerInstance",
    "desiredStatus",
    "family",
    "launchType",
    "serviceName",
];

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let cluster = clusters::requested_cluster(world, input)?;
    let started_by = input.text("startedBy")?;
    if started_by.is_some()
        && let Some(other) = OTHER_FILTERS.iter().find(|name| input.raw(name).is_some())
    {
        return Err(invalid(format!(
            "cannot specify {other} with startedBy: startedBy must be the only filter."
        )));
    }
    let desired_status = input.text("desiredStatus")?.unwrap_or("RUNNING");
    if !["RUNNING", "PENDING", "STOPPED"].contains(&desired_status) {
        return Err(invalid(format!("Invalid desiredStatus: {desired_status}")));
    }
    let service = input.text("serviceName")?.map(resource_name);
    if let Some(name) = service
        && world.ecs.service(cluster, name).is_none()
    {
        return Err(service_not_found());
    }
    let family = input.text("family")?;
    let launch_type = input.text("launchType")?;
    let arns: Vec<String> = listed_tasks(world, cluster)
        .filter(|(_, task)| task.desired_status() == desired_status)
        .filter(|(of, _)| service.is_none_or(|name| of.name == name))
        .filter(|(of, _)| launch_type.is_none_or(|wanted| of.settings["launchType"] == wanted))
        .filter(|(_, task)| started_by.is_none_or(|id| task.task_set == id))
        .filter(|(_, task)| {
            family.is_none_or(|family| family_and_revision(&task.task_definition).0 == family)
        })
        .map(|(of, task)| task.arn(of))
        .collect();
    let page = page(arns, input, MAX_PAGE)?;
    Ok(json!({ "taskArns": page.items, "nextToken": page.next }))
}

pub(super) fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let cluster = clusters::requested_cluster(world, input)?;
    let wanted = input.texts("tasks")?;
    if wanted.is_empty() {
        return Err(invalid("Tasks cannot be empty."));
    }
    if wanted.len() > MAX_DESCRIBED {
        return Err(invalid(format!(
            "Tasks cannot be more than {MAX_DESCRIBED}."
        )));
    }
    let arn = |name| world.arn("ecs", &format!("task/{cluster}/{}", resource_name(name)));
    let find = |name: &str| {
        let mut listed = listed_tasks(world, cluster);
        let (service, task) = listed.find(|(_, task)| task.id == resource_name(name))?;
        let definition = find_task_definition(&world.ecs, &task.task_definition);
        let containers = definition.into_iter().flat_map(Revision::containers);
        Some(show::task(service, task, containers))
    };
    let (tasks, failures) = found_or_missing(wanted, arn, find);
    Ok(json!({ "tasks": tasks, "failures": failures }))
}

/// The tasks of a cluster that ECS still lists.
fn listed_tasks<'a>(
    world: &'a World,
    cluster: &str,
) -> impl Iterator<Item = (&'a Service, &'a Task)> {
    let now = world.now();
    let services = world.ecs.clusters[cluster].services.values();
    services
        .flat_map(|service| service.tasks.iter().map(move |task| (service, task)))
        .filter(move |(_, task)| task.is_shown(now))
}
