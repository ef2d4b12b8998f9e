//! The names under which a container finds its secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::job::Excerpt;
use crate::release::finding::{ContainerProblem, Findings};
use crate::release::task_definition::TaskDefinition;

/// A secret's name is its own: ECS takes none that a variable or another
/// secret of the container has.
pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    for container in task_definition.containers() {
        let variables = container.list("environment");
        let mut taken: BTreeSet<&str> = variables.filter_map(|(_, value)| name(value)).collect();
        for (index, secret) in container.list("secrets") {
            let Some(name) = name(secret) else {
                continue;
            };
            if !taken.insert(name) {
                let place = task_definition.at(&container, "secrets", |path| {
                    let element = path.index(index);
                    task_definition.place(&element.member("name"))
                });
                let name = Excerpt::of(name);
                findings.error(place, ContainerProblem::SecretNameTaken { name });
            }
        }
    }
}

fn name(value: &Value) -> Option<&str> {
    value.get("name")?.as_str().filter(|name| !name.is_empty())
}
