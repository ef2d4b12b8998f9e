//! Where the AppSpec sends the traffic must be in the task definition.

use crate::job::{Excerpt, nearest};
use crate::release::appspec::AppSpec;
use crate::release::finding::{Findings, PairFinding};
use crate::release::placeholder;
use crate::release::task_definition::{Container, TaskDefinition};

pub(super) fn check(task_definition: &TaskDefinition, app_spec: &AppSpec, findings: &mut Findings) {
    target(task_definition, app_spec, findings);
    let mode = task_definition.text("networkMode").unwrap_or("bridge");
    if app_spec.has_network() && mode != "awsvpc" {
        findings.error(
            app_spec.network_place().clone(),
            PairFinding::NetworkWithoutAwsvpc,
        );
    }
}

fn target(task_definition: &TaskDefinition, app_spec: &AppSpec, findings: &mut Findings) {
    let named = |container: &Container<'_>| !container.name().is_empty();
    let containers: Vec<Container<'_>> = task_definition.containers().filter(named).collect();
    let names: Vec<&str> = containers.iter().map(Container::name).collect();
    let wanted = app_spec.container();
    if placeholder::first(wanted).is_some() || containers.is_empty() {
        return; // It has been told of.
    }
    let Some(container) = containers.iter().find(|c| c.name() == wanted) else {
        findings.error(
            app_spec.container_place().clone(),
            PairFinding::NoSuchContainer {
                container: Excerpt::of(wanted),
                nearest: nearest(wanted, names.iter().copied()).map(Excerpt::of),
                known: names.iter().copied().map(Excerpt::of).collect(),
            },
        );
        return;
    };
    let port = u64::from(app_spec.port());
    if container
        .get("portMappings")
        .is_some_and(|list| !list.is_array())
    {
        return; // So has this.
    }
    let is_mapped = container
        .ports()
        .any(|(first, last)| (first..=last).contains(&port));
    if !is_mapped {
        findings.error(
            app_spec.port_place().clone(),
            PairFinding::PortNotMapped {
                container: Excerpt::of(wanted),
                port,
                mapped: container.ports().map(|(first, _)| first).collect(),
            },
        );
    }
}
