//! Checks what containers wait for before they start (docs/aws.md §4.1).

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::containers::{MAX_CHECKED, is_in_circle};
use crate::job::Excerpt;
use crate::release::finding::ContainerProblem;
use crate::release::task_definition::Container;

pub(super) fn check(checks: &mut Checks<'_>) {
    let member = "dependsOn";
    let named = |container: &Container<'_>| !container.name().is_empty();
    let containers = checks.task_definition.containers().filter(named);
    let containers: Vec<Container<'_>> = containers.take(MAX_CHECKED).collect();
    for container in &containers {
        for (index, dependency) in container.list(member).take(MAX_CHECKED) {
            let text = |member: &str| dependency.get(member).and_then(Value::as_str);
            let awaited = containers
                .iter()
                .find(|c| Some(c.name()) == text("containerName"));
            let Some(awaited) = awaited else {
                continue;
            };
            let name = Excerpt::of(awaited.name());
            let place = within(container, steps![member, index, "condition"]);
            match text("condition") {
                Some("COMPLETE" | "SUCCESS") if awaited.is_essential() => {
                    checks.error(&place, ContainerProblem::EndOfEssential { name });
                }
                Some("HEALTHY") if awaited.get("healthCheck").is_none() => {
                    checks.warning(&place, ContainerProblem::NoHealthCheck { name });
                }
                Some(_) | None => {}
            }
        }
        if is_in_circle(container, &containers, awaited) {
            let place = within(container, steps![member]);
            checks.error(&place, ContainerProblem::Circle { member });
        }
    }
}

/// The containers that a container waits for.
fn awaited<'a>(container: &Container<'a>) -> Vec<&'a str> {
    let dependencies = container.list("dependsOn").take(MAX_CHECKED);
    let name = |(_, dependency): (usize, &'a Value)| dependency.get("containerName")?.as_str();
    dependencies.filter_map(name).collect()
}
