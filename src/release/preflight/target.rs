//! Checks the release against what it is deployed to: a deployment group with
//! its service, or a service that ECS deploys itself.

use std::time::Duration;

use serde_json::{Map, Value};

use super::compatibility::is_fargate;
use super::service;
use crate::job::options::{CapacityProviders, CompleteWhen, ContinueWhenReady, Options};
use crate::job::{DeployTarget, Excerpt, GroupName};
use crate::release::appspec::AppSpec;
use crate::release::finding::{Findings, Place, TargetFinding};
use crate::release::target::{Group, ReadyOption, ReleaseTarget, Service, ServiceName};
use crate::release::task_definition::TaskDefinition;

/// Runs all checks of the target. The files are `None` if they could not be
/// read.
pub(crate) fn check(
    options: &Options,
    target: &ReleaseTarget,
    task_definition: Option<&TaskDefinition>,
    app_spec: Option<&AppSpec>,
    findings: &mut Findings,
) {
    let group = &target.group;
    match &group.target {
        DeployTarget::Group(_) => {
            check_group(group, findings);
            check_waits(options, group, findings);
            check_load_balancer(options, group, findings);
        }
        DeployTarget::Service(_) => {}
    }
    match (group.services.as_slice(), &target.service) {
        ([name], Some(service)) => {
            check_service(group, name, service, findings);
            match &group.target {
                DeployTarget::Group(_) => {
                    check_controller(group, name, service, findings);
                    check_listener(group, service, &target.forwarded, findings);
                }
                DeployTarget::Service(_) => {
                    service::check(options, target, service, task_definition, findings);
                }
            }
            if let Some(task_definition) = task_definition {
                check_launch_type(service, task_definition, findings);
            }
            if let Some(app_spec) = app_spec {
                check_capacity_providers(options, service, app_spec, findings);
            }
        }
        ([name], None) => {
            let service = name.clone();
            error(group, findings, TargetFinding::ServiceMissing { service });
        }
        (services, _) => {
            let count = services.len();
            error(group, findings, TargetFinding::ServiceCount { count });
        }
    }
}

/// Copies the capacity providers of the running tasks into an AppSpec without
/// any, if the author has selected that option.
pub(crate) fn keep_capacity_providers(
    options: &Options,
    service: &Service,
    app_spec: &mut AppSpec,
) {
    if options.capacity_providers != CapacityProviders::Keep || app_spec.has_capacity_providers() {
        return;
    }
    let running = running_strategy(service);
    if !running.is_empty() {
        app_spec.set_capacity_providers(running.iter().map(as_app_spec).collect());
    }
}

/// AppSpecs capitalise these members (docs/aws.md §5.2).
fn as_app_spec(entry: &Value) -> Value {
    let mut result = Map::new();
    for (theirs, ours) in [
        ("capacityProvider", "CapacityProvider"),
        ("base", "Base"),
        ("weight", "Weight"),
    ] {
        if let Some(value) = entry.get(theirs) {
            result.insert(ours.to_owned(), value.clone());
        }
    }
    Value::Object(result)
}

fn running_strategy(service: &Service) -> &[Value] {
    service
        .primary()
        .map_or(&[], |set| set.capacity_providers.as_slice())
}

fn check_group(group: &Group, findings: &mut Findings) {
    match group.compute_platform.as_deref() {
        Some("ECS") | None => {}
        Some(other) => {
            let platform = Excerpt::of(other);
            error(group, findings, TargetFinding::NotEcs { platform });
        }
    }
    match group.deployment_type.as_deref() {
        Some("BLUE_GREEN") | None => {}
        Some(other) => {
            let found = Excerpt::of(other);
            error(group, findings, TargetFinding::NotBlueGreen { found });
        }
    }
}

/// The wait before the old tasks are terminated always takes its full time; the
/// wait to be continued can be cut short.
fn check_waits(options: &Options, group: &Group, findings: &mut Findings) {
    let after = match options.complete_when {
        CompleteWhen::DeploymentSucceeded => group.termination_wait,
        CompleteWhen::TrafficShifted => Duration::ZERO,
    };
    let before = match (group.ready, options.continue_when_ready) {
        (ReadyOption::WaitFor(wait), ContinueWhenReady::Never) => {
            warning(group, findings, TargetFinding::WaitsForContinue { wait });
            wait
        }
        (ReadyOption::WaitFor(_), ContinueWhenReady::Always) | (ReadyOption::Continue, _) => {
            Duration::ZERO
        }
    };
    let limit = options.timeout;
    if after >= limit {
        let waits = after;
        error(
            group,
            findings,
            TargetFinding::WaitsTooLong { waits, limit },
        );
    } else if before + after >= limit {
        let waits = before + after;
        warning(
            group,
            findings,
            TargetFinding::WaitsTooLong { waits, limit },
        );
    }
}

/// A Network Load Balancer shifts traffic all at once, with CodeDeploy's
/// configurations as with custom ones (docs/aws.md §8).
fn check_load_balancer(options: &Options, group: &Group, findings: &mut Findings) {
    if !group.has_network_load_balancer() {
        return;
    }
    let own = group.deployment_config.as_ref();
    let Some(name) = options.deployment_config.as_ref().or(own) else {
        return; // CodeDeploy's default for ECS is all at once.
    };
    let config = Excerpt::of(name);
    let is_gradual = match name.strip_prefix("CodeDeployDefault.ECS") {
        Some(rest) => Some(rest.starts_with("Linear") || rest.starts_with("Canary")),
        None => group.is_gradual.filter(|_| own == Some(name)),
    };
    match is_gradual {
        Some(true) => {
            let finding = TargetFinding::GradualNetworkLoadBalancer { config };
            error(group, findings, finding);
        }
        Some(false) => {}
        None => {
            let finding = TargetFinding::NetworkLoadBalancerUnchecked { config };
            warning(group, findings, finding);
        }
    }
}

fn check_service(group: &Group, name: &ServiceName, service: &Service, findings: &mut Findings) {
    // Any other status is not known to be refused.
    if matches!(service.status.as_str(), "DRAINING" | "INACTIVE") {
        let finding = TargetFinding::ServiceNotActive {
            service: name.clone(),
            status: Excerpt::of(&service.status),
        };
        error(group, findings, finding);
    }
    if service.desired_count == 0 {
        let service = name.clone();
        warning(group, findings, TargetFinding::NoTasksDesired { service });
    }
}

fn check_controller(group: &Group, name: &ServiceName, service: &Service, findings: &mut Findings) {
    if service.deployment_controller != "CODE_DEPLOY" {
        let finding = TargetFinding::WrongController {
            service: name.clone(),
            controller: Excerpt::of(&service.deployment_controller),
            strategy: Excerpt::of(service.deployment_configuration.strategy.word()),
        };
        error(group, findings, finding);
    }
}

/// Warns if the listener does not send the traffic to the running tasks.
/// CodeDeploy then fails with "Primary taskset target group must be behind
/// listener", according to public reports. The listener's rules may still send
/// the traffic there, so the warning is only given if the listener forwards to
/// the other target group of the pair. An earlier deployment, or a template
/// that reverted one, leaves it in this state.
fn check_listener(group: &Group, service: &Service, forwarded: &[String], findings: &mut Findings) {
    let running = service.primary().and_then(|set| set.target_groups.first());
    let Some(running) = running.filter(|running| !forwarded.contains(running)) else {
        return;
    };
    if forwarded
        .iter()
        .any(|one| group.target_groups.contains(one))
    {
        let finding = TargetFinding::ListenerElsewhere {
            forwarded: forwarded.iter().map(|one| Excerpt::of(one)).collect(),
            running: Excerpt::of(running),
        };
        warning(group, findings, finding);
    }
}

fn check_launch_type(service: &Service, task_definition: &TaskDefinition, findings: &mut Findings) {
    let running = service.primary().and_then(|set| set.launch_type.as_ref());
    let launch_type = running.or(service.launch_type.as_ref());
    if launch_type.is_some_and(|kind| kind == "FARGATE") && !is_fargate(task_definition) {
        let finding = TargetFinding::NotForFargate;
        findings.error(task_definition.origin(), finding);
    }
}

fn check_capacity_providers(
    options: &Options,
    service: &Service,
    app_spec: &AppSpec,
    findings: &mut Findings,
) {
    let running = running_strategy(service);
    if running.is_empty() || app_spec.has_capacity_providers() {
        return;
    }
    let providers = running
        .iter()
        .filter_map(|entry| entry.get("capacityProvider")?.as_str())
        .map(Excerpt::of)
        .collect();
    let place = app_spec.places().file.clone();
    match options.capacity_providers {
        CapacityProviders::Keep => {
            findings.note(place, TargetFinding::CapacityProvidersKept { providers });
        }
        CapacityProviders::AsAppSpec => {
            let finding = TargetFinding::CapacityProvidersDropped { providers };
            findings.warning(place, finding);
        }
    }
}

fn error(group: &Group, findings: &mut Findings, finding: TargetFinding) {
    findings.error(place(group), finding);
}

fn warning(group: &Group, findings: &mut Findings, finding: TargetFinding) {
    findings.warning(place(group), finding);
}

pub(super) fn place(group: &Group) -> Place {
    Place::resource(match &group.target {
        DeployTarget::Group(GroupName { application, group }) => {
            format!("deployment group {group} of {application}")
        }
        DeployTarget::Service(ServiceName { cluster, service }) => {
            format!("service {service} in cluster {cluster}")
        }
    })
}
