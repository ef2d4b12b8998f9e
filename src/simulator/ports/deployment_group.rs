//! Converts a deployment group from CodeDeploy's JSON to the worker's types.

use std::time::Duration;

use serde_json::Value;

use super::values::{list, minutes, moment, text, texts, word};
use crate::job::DeploymentId;
use crate::release::target::{Group, LastDeployment, ReadyOption, ServiceName};

/// The parts of the group that the worker uses.
pub(super) fn group(info: &Value) -> Group {
    let blue_green = &info["blueGreenDeploymentConfiguration"];
    let pairs = list(&info["loadBalancerInfo"]["targetGroupPairInfoList"]);
    let routes = |name: &'static str| pairs.iter().map(move |pair| &pair[name]["listenerArns"]);
    let is_enabled = |name: &str| info[name]["enabled"] == true;
    let groups = pairs.iter().flat_map(|pair| list(&pair["targetGroups"]));
    let mut group = Group {
        application: word(&info["applicationName"]),
        name: word(&info["deploymentGroupName"]),
        compute_platform: text(&info["computePlatform"]),
        deployment_config: text(&info["deploymentConfigName"]),
        deployment_type: text(&info["deploymentStyle"]["deploymentType"]),
        services: list(&info["ecsServices"])
            .iter()
            .filter_map(service)
            .collect(),
        ready: ready(blue_green),
        termination_wait: termination_wait(blue_green),
        target_groups: groups.filter_map(|group| text(&group["name"])).collect(),
        listeners: routes("prodTrafficRoute").flat_map(texts).collect(),
        has_test_listener: routes("testTrafficRoute").any(|arns| !list(arns).is_empty()),
        last_attempted: last(&info["lastAttemptedDeployment"]),
        last_successful: last(&info["lastSuccessfulDeployment"]),
        ..Group::default()
    };
    if is_enabled("alarmConfiguration") {
        let alarms = list(&info["alarmConfiguration"]["alarms"]).iter();
        group.alarms = alarms.filter_map(|alarm| text(&alarm["name"])).collect();
    }
    if is_enabled("autoRollbackConfiguration") {
        group.auto_rollback = texts(&info["autoRollbackConfiguration"]["events"]);
    }
    group
}

/// Cluster and service may be given as names or ARNs. A service's ARN contains
/// its cluster.
fn service(service: &Value) -> Option<ServiceName> {
    let given = service["serviceName"].as_str()?;
    let mut parts = given.rsplit('/');
    let name = parts.next().unwrap_or(given);
    let of_arn = parts.next().filter(|part| !part.ends_with(":service"));
    let named = service["clusterName"].as_str();
    let cluster = named.map_or(of_arn.unwrap_or("default"), |cluster| {
        cluster.rsplit('/').next().unwrap_or(cluster)
    });
    Some(ServiceName {
        cluster: cluster.to_owned(),
        service: name.to_owned(),
    })
}

/// Only `STOP_DEPLOYMENT` makes a deployment wait for `ContinueDeployment`.
pub(super) fn ready(config: &Value) -> ReadyOption {
    let option = &config["deploymentReadyOption"];
    match option["actionOnTimeout"].as_str() {
        Some("STOP_DEPLOYMENT") => ReadyOption::WaitFor(minutes(&option["waitTimeInMinutes"])),
        Some(_) | None => ReadyOption::Continue,
    }
}

/// Zero if the old tasks are kept: then there is no wait.
pub(super) fn termination_wait(config: &Value) -> Duration {
    let option = &config["terminateBlueInstancesOnDeploymentSuccess"];
    match option["action"].as_str() {
        None | Some("TERMINATE") => minutes(&option["terminationWaitTimeInMinutes"]),
        Some(_) => Duration::ZERO,
    }
}

fn last(info: &Value) -> Option<LastDeployment> {
    Some(LastDeployment {
        id: DeploymentId::new(text(&info["deploymentId"])?),
        status: word(&info["status"]),
        created: moment(&info["createTime"]),
        ended: moment(&info["endTime"]),
    })
}
