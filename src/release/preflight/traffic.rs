//! Checks that the container and port that traffic goes to are in the task
//! definition, and that the AppSpec's network settings fit its network mode.

use super::compatibility::network_mode;
use crate::job::{Excerpt, nearest};
use crate::release::appspec::AppSpec;
use crate::release::finding::{Findings, PairFinding, Place, PortProblem};
use crate::release::placeholder;
use crate::release::task_definition::{Container, TaskDefinition, port_of};

pub(super) fn check(task_definition: &TaskDefinition, app_spec: &AppSpec, findings: &mut Findings) {
    let destination = Destination {
        container: app_spec.container(),
        port: app_spec.port(),
        container_place: &app_spec.places().container,
        port_place: &app_spec.places().port,
    };
    destination.check(task_definition, findings);
    // An unknown mode is reported separately.
    let is_without_interface = matches!(network_mode(task_definition), "bridge" | "host" | "none");
    if app_spec.has_network() && is_without_interface {
        findings.error(
            app_spec.places().network.clone(),
            PairFinding::NetworkWithoutAwsvpc,
        );
    }
}

/// Where traffic goes, and where that is written.
pub(super) struct Destination<'a> {
    pub(super) container: &'a str,
    pub(super) port: u16,
    pub(super) container_place: &'a Place,
    pub(super) port_place: &'a Place,
}

impl Destination<'_> {
    /// Checks that the task definition has it.
    pub(super) fn check(&self, task_definition: &TaskDefinition, findings: &mut Findings) {
        let named = |container: &Container<'_>| !container.name().is_empty();
        let containers: Vec<Container<'_>> = task_definition.containers().filter(named).collect();
        let names: Vec<&str> = containers.iter().map(Container::name).collect();
        let wanted = self.container;
        let is_open = |name: &str| placeholder::first(name).is_some();
        if is_open(wanted) || containers.is_empty() {
            return; // Already reported.
        }
        let Some(container) = containers.iter().find(|c| c.name() == wanted) else {
            if names.iter().copied().any(is_open) {
                return; // It may be the one.
            }
            findings.error(
                self.container_place.clone(),
                PairFinding::NoSuchContainer {
                    container: Excerpt::of(wanted),
                    nearest: nearest(wanted, names.iter().copied()).map(Excerpt::of),
                    known: names.iter().copied().map(Excerpt::of).collect(),
                },
            );
            return;
        };
        let port = u64::from(self.port);
        let mappings = container.get("portMappings");
        let ports = container
            .list("portMappings")
            .filter_map(|(_, mapping)| mapping.get("containerPort"));
        let ports: Vec<Option<u64>> = ports.map(port_of).collect();
        if mappings.is_some_and(|list| !list.is_array()) || ports.contains(&None) {
            return; // Already reported.
        }
        let mapped = ports.iter().filter(|each| **each == Some(port)).count();
        let place = || self.port_place.clone();
        match mapped {
            // API reference, LoadBalancer: the port must correspond to a
            // containerPort in the task definition.
            0 if container
                .ports()
                .any(|(first, last)| (first..=last).contains(&port)) =>
            {
                findings.error(place(), PortProblem::InARange { port });
            }
            0 => {
                let finding = PairFinding::PortNotMapped {
                    container: Excerpt::of(wanted),
                    port,
                    mapped: container.ports().map(|(first, _)| first).collect(),
                };
                findings.error(place(), finding);
            }
            1 => {}
            // "Container port 53 is used in more than one port mapping for
            // container …" (terraform-aws-modules/terraform-aws-ecs 89) is the
            // response when a service is created. It has not been observed for a
            // task set.
            _ => findings.warning(place(), PortProblem::InTwoProtocols { port }),
        }
    }
}
