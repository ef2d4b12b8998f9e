//! Checks the containers of a task definition against each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compatibility::{is_fargate, network_mode};
use crate::job::{Excerpt, nearest};
use crate::release::document::Path;
use crate::release::finding::{Findings, PairFinding};
use crate::release::task_definition::{Container, TaskDefinition};

/// Maximum number of containers, and of entries in each of their lists, to
/// check. ECS accepts ten containers (docs/aws.md §4.3); more are reported as
/// too many.
pub(super) const MAX_CHECKED: usize = 50;

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    let containers: Vec<Container<'_>> = task_definition.containers().collect();
    let names: Vec<&str> = containers.iter().map(Container::name).collect();
    let volumes = volume_names(task_definition);
    let mut checker = Checker {
        task_definition,
        findings,
    };
    let mut seen = BTreeSet::new();
    for container in containers.iter().take(MAX_CHECKED) {
        if !container.name().is_empty() && !seen.insert(container.name()) {
            let name = Excerpt::of(container.name());
            checker.error(container, "name", PairFinding::ContainerTwice { name });
        }
        checker.names(container, "dependsOn", "containerName", |name| {
            (!names.contains(&name)).then(|| PairFinding::UnknownDependency {
                name: Excerpt::of(name),
                nearest: nearest(name, names.iter().copied()).map(Excerpt::of),
            })
        });
        checker.names(container, "mountPoints", "sourceVolume", |name| {
            (!volumes.contains(&name)).then(|| PairFinding::UnknownVolume {
                name: Excerpt::of(name),
                nearest: nearest(name, volumes.iter().copied()).map(Excerpt::of),
            })
        });
        checker.links(container);
        checker.memory(container);
    }
    if !containers.is_empty() && !containers.iter().any(Container::is_essential) {
        let place = task_definition.place(&Path::ROOT.member("containerDefinitions"));
        findings.error(place, PairFinding::NoneEssential);
    }
}

fn volume_names(task_definition: &TaskDefinition) -> Vec<&str> {
    let volumes = task_definition.value().get("volumes");
    let list = volumes.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|volume| volume.get("name")?.as_str())
        .collect()
}

struct Checker<'a> {
    task_definition: &'a TaskDefinition,
    findings: &'a mut Findings,
}

impl Checker<'_> {
    fn error(&mut self, container: &Container<'_>, member: &str, finding: PairFinding) {
        let place = self
            .task_definition
            .at(container, member, |path| self.task_definition.place(path));
        self.findings.error(place, finding);
    }

    /// Checks names in a list of objects that must also be defined elsewhere.
    fn names(
        &mut self,
        container: &Container<'_>,
        list: &str,
        member: &str,
        problem: impl Fn(&str) -> Option<PairFinding>,
    ) {
        for (index, element) in container.list(list).take(MAX_CHECKED) {
            let Some(name) = element.get(member).and_then(Value::as_str) else {
                continue;
            };
            if let Some(finding) = problem(name) {
                let place = self.task_definition.at(container, list, |path| {
                    let element = path.index(index);
                    self.task_definition.place(&element.member(member))
                });
                self.findings.error(place, finding);
            }
        }
    }

    fn links(&mut self, container: &Container<'_>) {
        let mode = network_mode(self.task_definition);
        let has_links = container.list("links").next().is_some();
        // An unknown mode is reported separately.
        if has_links && matches!(mode, "awsvpc" | "host" | "none") {
            self.error(container, "links", PairFinding::LinksWithoutBridge);
        }
    }

    /// A memory limit is required (docs/aws.md §4.1 has both members as
    /// optional; ECS requires one of them).
    fn memory(&mut self, container: &Container<'_>) {
        let task = self.task_definition.value();
        let is_bounded = task.get("memory").is_some()
            || container.get("memory").is_some()
            || container.get("memoryReservation").is_some();
        // Fargate always requires the task's memory, which is reported
        // separately.
        if !is_bounded && !is_fargate(self.task_definition) {
            self.error(container, "memory", PairFinding::NoMemory);
        }
    }
}
