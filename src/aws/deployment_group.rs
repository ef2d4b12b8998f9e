//! Converts CodeDeploy's deployment groups to our own values (docs/aws.md
//! §5.7).

use std::time::Duration;

use aws_sdk_codedeploy::types::{
    AlarmConfiguration, AutoRollbackConfiguration, BlueGreenDeploymentConfiguration,
    DeploymentGroupInfo, EcsService, LastDeploymentInfo, LoadBalancerInfo, TargetGroupPairInfo,
};

use super::values::{minutes, name_of, text, timestamp};
use crate::job::{DeployTarget, DeploymentId};
use crate::release::target::{Group, LastDeployment, ReadyOption, ServiceName};

/// Converts the parts of the group that the worker uses.
pub(super) fn group(info: &DeploymentGroupInfo) -> Group {
    let blue_green = info.blue_green_deployment_configuration();
    let pairs = info.load_balancer_info();
    let pairs = pairs.map(LoadBalancerInfo::target_group_pair_info_list);
    let pairs = pairs.unwrap_or_default();
    let platform = info.compute_platform();
    let style = info.deployment_style();
    let kind = style.and_then(|style| style.deployment_type());
    Group {
        target: DeployTarget::group(
            text(info.application_name()),
            text(info.deployment_group_name()),
        ),
        compute_platform: platform.map(|platform| platform.as_str().to_owned()),
        deployment_config: info.deployment_config_name().map(str::to_owned),
        deployment_type: kind.map(|kind| kind.as_str().to_owned()),
        services: info.ecs_services().iter().filter_map(service).collect(),
        ready: blue_green.map(ready).unwrap_or_default(),
        termination_wait: blue_green.map(termination_wait).unwrap_or_default(),
        alarms: alarms(info),
        auto_rollback: auto_rollback(info),
        target_groups: pairs
            .iter()
            .flat_map(TargetGroupPairInfo::target_groups)
            .filter_map(|group| group.name().map(str::to_owned))
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
    let option = config.deployment_ready_option();
    let action = option.and_then(|option| option.action_on_timeout());
    match option {
        Some(option) if action.is_some_and(|action| action.as_str() == "STOP_DEPLOYMENT") => {
            ReadyOption::WaitFor(minutes(option.wait_time_in_minutes()))
        }
        Some(_) | None => ReadyOption::Continue,
    }
}

/// How long the old tasks run after the traffic has moved. Zero if they are not
/// terminated, because the deployment then does not wait for them.
pub(super) fn termination_wait(config: &BlueGreenDeploymentConfiguration) -> Duration {
    let option = config.terminate_blue_instances_on_deployment_success();
    let action = option.and_then(|option| option.action());
    match option {
        Some(option) if action.is_none_or(|action| action.as_str() == "TERMINATE") => {
            minutes(option.termination_wait_time_in_minutes())
        }
        Some(_) | None => Duration::ZERO,
    }
}

fn alarms(info: &DeploymentGroupInfo) -> Vec<String> {
    info.alarm_configuration()
        .filter(|alarms| alarms.enabled())
        .map(AlarmConfiguration::alarms)
        .unwrap_or_default()
        .iter()
        .filter_map(|alarm| alarm.name().map(str::to_owned))
        .collect()
}

fn auto_rollback(info: &DeploymentGroupInfo) -> Vec<String> {
    info.auto_rollback_configuration()
        .filter(|rollback| rollback.enabled())
        .map(AutoRollbackConfiguration::events)
        .unwrap_or_default()
        .iter()
        .map(|event| event.as_str().to_owned())
        .collect()
}

fn last(info: &LastDeploymentInfo) -> Option<LastDeployment> {
    Some(LastDeployment {
        id: DeploymentId::new(info.deployment_id()?),
        status: info.status().map_or("", |status| status.as_str()).into(),
        created: info.create_time().and_then(timestamp),
        ended: info.end_time().and_then(timestamp),
    })
}
