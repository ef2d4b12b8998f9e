//! Ports of containers that share their host's network, or have one of their
//! own.

use serde_json::Value;

use crate::job::Excerpt;
use crate::release::finding::{ContainerProblem, Findings};
use crate::release::task_definition::TaskDefinition;

/// Only with `bridge` does a host map its ports to others (aws-facts §4.1).
/// Zero is left to ECS, which documents it for `bridge` alone.
pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    let mode = task_definition.text("networkMode");
    let Some(mode) = mode.filter(|mode| matches!(*mode, "awsvpc" | "host")) else {
        return;
    };
    for container in task_definition.containers() {
        for (index, mapping) in container.list("portMappings") {
            let port = |member: &str| mapping.get(member).and_then(Value::as_u64);
            let (Some(inside), Some(outside)) = (port("containerPort"), port("hostPort")) else {
                continue;
            };
            if outside != inside && outside != 0 {
                let place = task_definition.at(&container, "portMappings", |path| {
                    let element = path.index(index);
                    task_definition.place(&element.member("hostPort"))
                });
                let finding = ContainerProblem::HostPort {
                    port: inside,
                    mode: Excerpt::of(mode),
                };
                findings.error(place, finding);
            }
        }
    }
}
