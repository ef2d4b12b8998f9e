//! Converts how ECS deploys a service itself to our own values (docs/aws.md
//! §6.1, §6.2, §6.5).

use aws_sdk_ecs::types::{
    CanaryConfiguration, DeploymentAlarms, DeploymentCircuitBreaker,
    DeploymentConfiguration as EcsConfiguration, DeploymentLifecycleHook,
    DeploymentLifecycleHookTimeoutConfiguration as HookTimeout, LinearConfiguration, LoadBalancer,
};

use super::values::{filled, minutes, text};
use crate::release::deployment_configuration::{
    DeploymentConfiguration, HookTarget, LifecycleHook, ServiceLoadBalancer, Strategy,
};
use crate::release::target::target_group_name;

/// What applies where the service does not say: ECS's own defaults.
const STEP_PERCENT: f64 = 10.0;
const STEP_MINUTES: i32 = 6;
const CANARY_PERCENT: f64 = 5.0;
const CANARY_MINUTES: i32 = 10;
const HOOK_MINUTES: i32 = 1440;

/// Converts the deployment configuration.
pub(super) fn configuration(seen: &EcsConfiguration) -> DeploymentConfiguration {
    let alarms = seen.alarms().filter(|alarms| alarms.enable());
    let breaker = seen.deployment_circuit_breaker();
    DeploymentConfiguration {
        strategy: strategy(seen),
        bake_time: minutes(seen.bake_time_in_minutes().unwrap_or(0)),
        alarms: alarms
            .map(|alarms| alarms.alarm_names().to_vec())
            .unwrap_or_default(),
        alarms_roll_back: alarms.is_some_and(DeploymentAlarms::rollback),
        circuit_breaker: breaker
            .filter(|breaker| breaker.enable())
            .map(DeploymentCircuitBreaker::rollback),
        hooks: seen.lifecycle_hooks().iter().map(hook).collect(),
    }
}

fn strategy(seen: &EcsConfiguration) -> Strategy {
    match seen.strategy().map_or("ROLLING", |name| name.as_str()) {
        "ROLLING" => Strategy::Rolling,
        "BLUE_GREEN" => Strategy::BlueGreen,
        "LINEAR" => {
            let linear = seen.linear_configuration();
            let percent = linear.and_then(LinearConfiguration::step_percent);
            let wait = linear.and_then(LinearConfiguration::step_bake_time_in_minutes);
            Strategy::Linear {
                percent: percent.unwrap_or(STEP_PERCENT),
                every: minutes(wait.unwrap_or(STEP_MINUTES)),
            }
        }
        "CANARY" => {
            let canary = seen.canary_configuration();
            let percent = canary.and_then(CanaryConfiguration::canary_percent);
            let wait = canary.and_then(CanaryConfiguration::canary_bake_time_in_minutes);
            Strategy::Canary {
                percent: percent.unwrap_or(CANARY_PERCENT),
                rest_after: minutes(wait.unwrap_or(CANARY_MINUTES)),
            }
        }
        other => Strategy::Unrecognised(other.to_owned()),
    }
}

fn hook(seen: &DeploymentLifecycleHook) -> LifecycleHook {
    let timeout = seen.timeout_configuration();
    let limit = timeout.and_then(HookTimeout::timeout_in_minutes);
    let action = timeout.and_then(|timeout| timeout.action());
    LifecycleHook {
        target: match seen
            .target_type()
            .map_or("AWS_LAMBDA", |kind| kind.as_str())
        {
            "AWS_LAMBDA" => HookTarget::Lambda(text(seen.hook_target_arn())),
            "PAUSE" => HookTarget::Pause,
            other => HookTarget::Unrecognised(other.to_owned()),
        },
        stages: seen
            .lifecycle_stages()
            .iter()
            .map(|stage| stage.as_str().to_owned())
            .collect(),
        timeout: minutes(limit.unwrap_or(HOOK_MINUTES)),
        continues: action.is_some_and(|action| action.as_str() == "CONTINUE"),
    }
}

/// `None` without a container.
pub(super) fn load_balancer(seen: &LoadBalancer) -> Option<ServiceLoadBalancer> {
    let advanced = seen.advanced_configuration();
    let name = |arn: Option<&str>| arn.and_then(target_group_name).map(str::to_owned);
    let rule = |arn: Option<&str>| arn.and_then(filled);
    Some(ServiceLoadBalancer {
        container: seen.container_name().and_then(filled)?,
        port: u16::try_from(seen.container_port().unwrap_or(0)).unwrap_or(0),
        target_group: name(seen.target_group_arn()),
        alternate_target_group: name(advanced.and_then(|a| a.alternate_target_group_arn())),
        production_rule: rule(advanced.and_then(|a| a.production_listener_rule())),
        test_rule: rule(advanced.and_then(|a| a.test_listener_rule())),
    })
}
