//! Checks the release against a service that ECS deploys itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::target::place;
use super::traffic::Destination;
use crate::job::Excerpt;
use crate::job::options::{
    CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout, Options,
};
use crate::release::deployment_configuration::{
    DeploymentConfiguration, HookTarget, LifecycleHook, Strategy,
};
use crate::release::finding::{Findings, ServiceFinding, Waits};
use crate::release::target::{ReleaseTarget, Service};
use crate::release::task_definition::TaskDefinition;

/// The stage that comes only after another deployment was superseded.
const RECONCILE: &str = "RECONCILE_SERVICE";
/// The stage that comes before every shift of traffic.
const BEFORE_SHIFT: &str = "PRE_PRODUCTION_TRAFFIC_SHIFT";
/// The stage that comes after the last shift of traffic.
const AFTER_SHIFT: &str = "POST_PRODUCTION_TRAFFIC_SHIFT";

/// Runs all checks of the service.
pub(super) fn check(
    options: &Options,
    target: &ReleaseTarget,
    service: &Service,
    task_definition: Option<&TaskDefinition>,
    findings: &mut Findings,
) {
    let checks = Checks {
        options,
        target,
        service,
        configuration: &service.deployment_configuration,
    };
    checks.controller(findings);
    checks.strategy(findings);
    checks.pauses(findings);
    checks.waits(findings);
    checks.stops(findings);
    checks.alarms(findings);
    if let Some(task_definition) = task_definition {
        checks.load_balancers(task_definition, findings);
    }
}

struct Checks<'a> {
    options: &'a Options,
    target: &'a ReleaseTarget,
    service: &'a Service,
    configuration: &'a DeploymentConfiguration,
}

impl Checks<'_> {
    /// ECS refuses `UpdateService` with a task definition for a service that
    /// another controller deploys (docs/aws.md §4.4).
    fn controller(&self, findings: &mut Findings) {
        let controller = self.service.deployment_controller.as_str();
        let finding = ServiceFinding::OtherController {
            controller: Excerpt::of(controller),
        };
        match controller {
            "ECS" => {}
            "CODE_DEPLOY" | "EXTERNAL" => findings.error(place(&self.target.group), finding),
            _ => findings.note(place(&self.target.group), finding),
        }
    }

    fn strategy(&self, findings: &mut Findings) {
        if let Strategy::Unrecognised(strategy) = &self.configuration.strategy {
            let strategy = Excerpt::of(strategy);
            let finding = ServiceFinding::UnrecognisedStrategy { strategy };
            findings.note(place(&self.target.group), finding);
        }
    }

    /// The waits between the steps of the shift and the bake time always take
    /// their full time, unless the worker does not know the strategy or what
    /// shifts the traffic. A pause can be cut short.
    fn waits(&self, findings: &mut Findings) {
        let strategy = &self.configuration.strategy;
        let bake = match (strategy, self.options.complete_when) {
            (Strategy::Rolling, _) | (_, CompleteWhen::TrafficShifted) => Duration::ZERO,
            (_, CompleteWhen::DeploymentSucceeded) => self.configuration.bake_time,
        };
        let waits = Waits {
            shift: strategy.shift_time(),
            bake,
            pauses: self.pause_time(),
        };
        let limit = self.options.timeout;
        let is_certain = match strategy {
            Strategy::Rolling | Strategy::Unrecognised(_) => false,
            Strategy::BlueGreen | Strategy::Linear { .. } | Strategy::Canary { .. } => {
                !self.service.load_balancers.is_empty() || self.service.service_connect
            }
        };
        let certain = waits.shift.saturating_add(waits.bake);
        if is_certain && certain >= limit {
            let waits = Waits {
                pauses: Duration::ZERO,
                ..waits
            };
            let finding = ServiceFinding::TooLong { waits, limit };
            findings.error(place(&self.target.group), finding);
        } else if certain.saturating_add(waits.pauses) >= limit {
            let finding = ServiceFinding::TooLong { waits, limit };
            findings.warning(place(&self.target.group), finding);
        }
    }

    /// The hooks that pause a deployment until it is continued. ECS is
    /// not known to run hooks in rolling deployments.
    fn pause_hooks(&self) -> impl Iterator<Item = &LifecycleHook> {
        let is_paused = self.configuration.strategy != Strategy::Rolling
            && self.options.continue_when_ready == ContinueWhenReady::Never;
        let hooks = self.configuration.hooks.iter();
        hooks.filter(move |hook| is_paused && hook.target == HookTarget::Pause)
    }

    /// How long the deployment pauses if it is not continued. Hooks of one stage
    /// run concurrently.
    fn pause_time(&self) -> Duration {
        let mut by_stage: BTreeMap<&str, Duration> = BTreeMap::new();
        for hook in self.pause_hooks() {
            for stage in &hook.stages {
                let longest = by_stage.entry(stage).or_default();
                *longest = hook.timeout.max(*longest);
            }
        }
        let time = |(stage, timeout): (&str, Duration)| {
            let times = match (stage, self.options.complete_when) {
                (RECONCILE, _) | (AFTER_SHIFT, CompleteWhen::TrafficShifted) => 0,
                (BEFORE_SHIFT, _) => self.configuration.strategy.shifts(),
                (_, _) => 1,
            };
            timeout.saturating_mul(times)
        };
        let times = by_stage.into_iter().map(time);
        times.fold(Duration::ZERO, Duration::saturating_add)
    }

    fn pauses(&self, findings: &mut Findings) {
        for hook in self.pause_hooks() {
            let finding = ServiceFinding::Pauses {
                stages: hook.stages.iter().map(|stage| Excerpt::of(stage)).collect(),
                timeout: hook.timeout,
                continues: hook.continues,
            };
            findings.warning(place(&self.target.group), finding);
        }
    }

    /// `StopServiceDeployment` always rolls back (docs/aws.md §6.6).
    fn stops(&self, findings: &mut Findings) {
        let Options {
            on_timeout,
            on_abandon,
            on_task_failure,
            ..
        } = self.options;
        let options: Vec<&'static str> = [
            ("OnTimeout=Stop", *on_timeout == OnTimeout::Stop),
            ("OnAbandon=Stop", *on_abandon == OnAbandon::Stop),
            (
                "OnTaskFailure=Stop",
                *on_task_failure == OnTaskFailure::Stop,
            ),
        ]
        .into_iter()
        .filter_map(|(option, is_set)| is_set.then_some(option))
        .collect();
        if !options.is_empty() {
            let finding = ServiceFinding::StopRollsBack { options };
            findings.note(place(&self.target.group), finding);
        }
    }

    /// An alarm that is on when a deployment starts is ignored (docs/aws.md
    /// §6.7).
    fn alarms(&self, findings: &mut Findings) {
        let alarms: Vec<Excerpt> = self
            .target
            .alarms_on
            .iter()
            .map(|a| Excerpt::of(a))
            .collect();
        if !alarms.is_empty() {
            let finding = ServiceFinding::AlarmsOn { alarms };
            findings.warning(place(&self.target.group), finding);
        }
    }

    /// The container and port of each load balancer must be in the task
    /// definition (docs/aws.md §6.1).
    fn load_balancers(&self, task_definition: &TaskDefinition, findings: &mut Findings) {
        let place = place(&self.target.group);
        let load_balancers = self.service.load_balancers.iter();
        let destinations: BTreeSet<(&str, u16)> = load_balancers
            .map(|one| (one.container.as_str(), one.port))
            .filter(|(container, port)| !container.is_empty() && *port != 0)
            .collect();
        for (container, port) in destinations {
            let destination = Destination {
                container,
                port,
                container_place: &place,
                port_place: &place,
            };
            destination.check(task_definition, findings);
        }
    }
}
