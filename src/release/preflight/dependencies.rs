//! Checks what containers wait for before they start (docs/aws.md §4.1).

use serde_json::Value;

use super::containers::MAX_CHECKED;
use crate::job::Excerpt;
use crate::release::finding::{ContainerProblem, Findings};
use crate::release::task_definition::{Container, TaskDefinition};

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    let named = |container: &Container<'_>| !container.name().is_empty();
    let containers = task_definition.containers().filter(named);
    let containers: Vec<Container<'_>> = containers.take(MAX_CHECKED).collect();
    for container in &containers {
        for (index, dependency) in container.list("dependsOn").take(MAX_CHECKED) {
            let text = |member: &str| dependency.get(member).and_then(Value::as_str);
            let awaited = containers
                .iter()
                .find(|c| Some(c.name()) == text("containerName"));
            let Some(awaited) = awaited else {
                continue;
            };
            let name = || Excerpt::of(awaited.name());
            let place = task_definition.at(container, "dependsOn", |path| {
                let element = path.index(index);
                task_definition.place(&element.member("condition"))
            });
            match text("condition") {
                Some("COMPLETE" | "SUCCESS") if awaited.is_essential() => {
                    findings.error(place, ContainerProblem::EndOfEssential { name: name() });
                }
                Some("HEALTHY") if awaited.get("healthCheck").is_none() => {
                    findings.warning(place, ContainerProblem::NoHealthCheck { name: name() });
                }
                Some(_) | None => {}
            }
        }
        if waits_for_itself(container, &containers) {
            let place =
                task_definition.at(container, "dependsOn", |path| task_definition.place(path));
            findings.error(place, ContainerProblem::CircularDependency);
        }
    }
}

fn waits_for_itself(start: &Container<'_>, containers: &[Container<'_>]) -> bool {
    let mut known: Vec<&str> = Vec::new();
    let mut next: Vec<&Container<'_>> = vec![start];
    while let Some(container) = next.pop() {
        for (_, dependency) in container.list("dependsOn").take(MAX_CHECKED) {
            let Some(name) = dependency.get("containerName").and_then(Value::as_str) else {
                continue;
            };
            if name == start.name() {
                return true;
            }
            if !known.contains(&name) {
                known.push(name);
                next.extend(containers.iter().find(|c| c.name() == name));
            }
        }
    }
    false
}
