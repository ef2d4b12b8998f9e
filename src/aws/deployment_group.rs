//! Converts CodeDeploy's deployment groups to our own values (docs/aws.md
//! §5.7).

use std::time::Duration;

use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, DeploymentGroupInfo, EcsService, LastDeploymentInfo,
};

use super::values::{minutes, name_of, timestamp};
use crate::job::{DeployTarget, DeploymentId};
use crate::release::target::{Group, LastDeployment, ReadyOption, ServiceName};

/// Converts the parts of the group that the worker uses.
pub(super) fn group(info: &DeploymentGroupInfo) -> Group {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let blue_green = info.blue_green_deployment_configuration();
    let pairs = info
        .load_balancer_info()
        .map(aws_sdk_codedeploy::types::LoadBalancerInfo::target_group_pair_info_list)
        .unwrap_or_default();
    Group {
        target: DeployTarget::group(
            info.application_name().unwrap_or_default(),
            info.deployment_group_name().unwrap_or_default(),
        ),
        compute_platform: text(
            info.compute_platform()
                .map(aws_sdk_codedeploy::types::ComputePlatform::as_str),
        ),
        deployment_config: text(info.deployment_config_name()),
        deployment_type: text(
            info.deployment_style()
                .and_then(|style| style.deployment_type())
                .map(aws_sdk_codedeploy::types::DeploymentType::as_str),
        ),
        services: info.ecs_services().iter().filter_map(service).collect(),
        ready: blue_green.map(ready).unwrap_or_default(),
        termination_wait: blue_green.map(termination_wait).unwrap_or_default(),
        alarms: alarms(info),
        auto_rollback: auto_rollback(info),
        target_groups: pairs
            .iter()
            .flat_map(aws_sdk_codedeploy::types::TargetGroupPairInfo::target_groups)
            .filter_map(|group| text(group.name()))
            .collect(),
        listeners: pairs
            .iter()
            .filter_map(|pair| pair.prod_traffic_route())
            .flat_map(|route| route.listener_arns().to_vec())
            .collect(),
        // Read separately, where it matters.
        is_gradual: None,
        has_test_listener: pairs
            .iter()
            .filter_map(|pair| pair.test_traffic_route())
            .any(|route| !route.listener_arns().is_empty()),
        last_attempted: info.last_attempted_deployment().and_then(last),
        last_successful: info.last_successful_deployment().and_then(last),
    }
}

/// The cluster and the service may each be given by name or by ARN. A service's
/// ARN contains the cluster's name as well.
fn service(service: &EcsService) -> Option<ServiceName> {
    let given = service.service_name()?;
    let mut parts = given.rsplit('/');
    let name = parts.next().unwrap_or(given);
    let cluster_of_arn = parts.next().filter(|part| !part.ends_with(":service"));
    let cluster = match service.cluster_name() {
        Some(cluster) => name_of(cluster),
        None => cluster_of_arn.unwrap_or("default"),
    };
    Some(ServiceName {
        cluster: cluster.to_owned(),
        service: name.to_owned(),
    })
}

/// Only `STOP_DEPLOYMENT` makes a deployment wait to be continued.
pub(super) fn ready(config: &BlueGreenDeploymentConfiguration) -> ReadyOption {
    match config.deployment_ready_option() {
        Some(option)
            if option
                .action_on_timeout()
                .is_some_and(|action| action.as_str() == "STOP_DEPLOYMENT") =>
        {
            ReadyOption::WaitFor(minutes(option.wait_time_in_minutes()))
        }
        Some(_) | None => ReadyOption::Continue,
    }
}

/// How long the old tasks run after the traffic has moved. Zero if they are not
/// terminated, because the deployment then does not wait for them.
pub(super) fn termination_wait(config: &BlueGreenDeploymentConfiguration) -> Duration {
    match config.terminate_blue_instances_on_deployment_success() {
        Some(option)
            if option
                .action()
                .is_none_or(|action| action.as_str() == "TERMINATE") =>
        {
            minutes(option.termination_wait_time_in_minutes())
        }
        Some(_) | None => Duration::ZERO,
    }
}

fn alarms(info: &DeploymentGroupInfo) -> Vec<String> {
    info.alarm_configuration()
        .filter(|alarms| alarms.enabled())
        .map(aws_sdk_codedeploy::types::AlarmConfiguration::alarms)
        .unwrap_or_default()
        .iter()
        .filter_map(|alarm| alarm.name().map(str::to_owned))
        .collect()
}

fn auto_rollback(info: &DeploymentGroupInfo) -> Vec<String> {
    info.auto_rollback_configuration()
        .filter(|rollback| rollback.enabled())
        .map(aws_sdk_codedeploy::types::AutoRollbackConfiguration::events)
        .unwrap_or_default()
        .iter()
        .map(|event| event.as_str().to_owned())
        .collect()
}

fn last(info: &LastDeploymentInfo) -> Option<LastDeployment> {
    Some(LastDeployment {
        id: DeploymentId::new(info.deployment_id()?),
        status: info
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        created: info.create_time().and_then(timestamp),
        ended: info.end_time().and_then(timestamp),
    })
}
