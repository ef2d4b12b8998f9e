//! Checks the containers of a task definition against each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_set, network_mode};
use crate::job::{Excerpt, nearest};
use crate::release::finding::ContainerProblem;
use crate::release::placeholder;
use crate::release::task_definition::{Container, TaskDefinition};

/// Maximum number of containers, and of entries in each of their lists, to
/// check. ECS accepts ten containers (docs/aws.md §4.3); more are reported as
/// too many.
pub(super) const MAX_CHECKED: usize = 50;

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let containers: Vec<Container<'_>> = task_definition.containers().collect();
    let names: Vec<&str> = containers.iter().map(Container::name).collect();
    let volumes = volume_names(task_definition);
    let mut seen = BTreeSet::new();
    for container in containers.iter().take(MAX_CHECKED) {
        if !container.name().is_empty() && !seen.insert(container.name()) {
            let name = Excerpt::of(container.name());
            let place = within(container, steps!["name"]);
            checks.error(&place, ContainerProblem::NameTwice { name });
        }
        for (index, dependency) in container.list("dependsOn").take(MAX_CHECKED) {
            let name = dependency.get("containerName").and_then(Value::as_str);
            let unknown = name.and_then(|name| unknown_container("dependsOn", name, &names));
            if let Some(finding) = unknown {
                let place = within(container, steps!["dependsOn", index, "containerName"]);
                checks.error(&place, finding);
            }
        }
        for (index, mount) in container.list("mountPoints").take(MAX_CHECKED) {
            let name = mount.get("sourceVolume").and_then(Value::as_str);
            if let Some(name) = name.filter(|name| !volumes.contains(name)) {
                let place = within(container, steps!["mountPoints", index, "sourceVolume"]);
                let finding = ContainerProblem::UnknownVolume {
                    name: Excerpt::of(name),
                    nearest: nearest(name, volumes.iter().copied()).map(Excerpt::of),
                };
                checks.error(&place, finding);
            }
        }
        links(checks, container, &containers);
        memory(checks, container);
    }
    if !containers.is_empty() && !containers.iter().any(Container::is_essential) {
        checks.error(
            steps!["containerDefinitions"],
            ContainerProblem::NoneEssential,
        );
    }
    proxy(checks, &names);
}

/// The finding for a name that no container has. A container whose name is a
/// placeholder may be the one.
pub(super) fn unknown_container(
    member: &'static str,
    name: &str,
    names: &[&str],
) -> Option<ContainerProblem> {
    let is_open = |name: &&str| placeholder::first(name).is_some();
    let is_unknown = !names.contains(&name) && !names.iter().any(is_open);
    is_unknown.then(|| ContainerProblem::UnknownContainer {
        member,
        name: Excerpt::of(name),
        nearest: nearest(name, names.iter().copied()).map(Excerpt::of),
    })
}

fn volume_names(task_definition: &TaskDefinition) -> Vec<&str> {
    let volumes = task_definition.value().get("volumes");
    let list = volumes.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|volume| volume.get("name")?.as_str())
        .collect()
}

/// ECS's answer to a circle is "Container links should not have a cycle"
/// (Shippable/support 4194). Its answer to an unknown name has not been
/// observed.
fn links(checks: &mut Checks<'_>, container: &Container<'_>, containers: &[Container<'_>]) {
    let member = "links";
    let links = linked(container);
    if links.is_empty() {
        return;
    }
    // An unknown mode is reported separately.
    if matches!(
        network_mode(checks.task_definition),
        "awsvpc" | "host" | "none"
    ) {
        let place = within(container, steps![member]);
        checks.error(&place, ContainerProblem::LinksWithoutBridge);
        return;
    }
    let names: Vec<&str> = containers.iter().map(Container::name).collect();
    for (index, name) in links.into_iter().enumerate() {
        if let Some(finding) = unknown_container(member, name, &names) {
            checks.warning(&within(container, steps![member, index]), finding);
        }
    }
    if is_in_circle(container, containers, linked) {
        let place = within(container, steps![member]);
        checks.error(&place, ContainerProblem::Circle { member });
    }
}

/// The containers that the container's links name; empty for what is not text.
fn linked<'a>(container: &Container<'a>) -> Vec<&'a str> {
    let links = container.list("links").take(MAX_CHECKED);
    let name = |(_, link): (usize, &'a Value)| link.as_str()?.split(':').next();
    links.map(|link| name(link).unwrap_or_default()).collect()
}

/// Whether `next`, the names of the containers that must start before one,
/// leads from `start` back to it, through the first [`MAX_CHECKED`] containers.
pub(super) fn is_in_circle<'a>(
    start: &Container<'a>,
    containers: &[Container<'a>],
    next: fn(&Container<'a>) -> Vec<&'a str>,
) -> bool {
    let mut known: Vec<&str> = Vec::new();
    let mut open = next(start);
    while let Some(name) = open.pop() {
        if name == start.name() {
            return true;
        }
        let mut checked = containers.iter().take(MAX_CHECKED);
        if let Some(container) = checked.find(|c| c.name() == name)
            && !known.contains(&name)
        {
            known.push(name);
            open.extend(next(container));
        }
    }
    false
}

/// A memory limit other than zero is required (API reference,
/// ContainerDefinition).
fn memory(checks: &mut Checks<'_>, container: &Container<'_>) {
    let task = checks.task_definition.value();
    let is_bounded = task.get("memory").is_some()
        || container.get("memory").is_some_and(is_set)
        || container.get("memoryReservation").is_some_and(is_set);
    // Fargate always requires the task's memory, which is reported separately.
    if !is_bounded && !is_fargate(checks.task_definition) {
        let place = within(container, steps!["memory"]);
        checks.error(&place, ContainerProblem::NoMemory);
    }
}

/// ECS's answer to an unknown proxy has not been observed.
fn proxy(checks: &mut Checks<'_>, names: &[&str]) {
    let member = "proxyConfiguration";
    let proxy = checks.task_definition.value().get(member);
    let name = proxy.and_then(|proxy| proxy.get("containerName")?.as_str());
    if let Some(finding) = name.and_then(|name| unknown_container(member, name, names)) {
        checks.warning(steps![member, "containerName"], finding);
    }
}
