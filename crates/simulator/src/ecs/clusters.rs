//! Clusters: `CreateCluster` and `DescribeClusters`.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::Members;
use crate::world::World;

use super::call::{found_or_missing, invalid};
use super::names::{DEFAULT_CLUSTER, is_name, resource_name};
use super::service::Service;

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("clusterName")?.unwrap_or(DEFAULT_CLUSTER);
    if name.is_empty() || !is_name(name) {
        return Err(invalid(format!("Invalid cluster name '{name}'.")));
    }
    world.ecs.clusters.entry(name.to_owned()).or_default();
    Ok(json!({ "cluster": show(world, name) }))
}

pub(super) fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let mut names = input.texts("clusters")?;
    if names.is_empty() {
        names.push(DEFAULT_CLUSTER);
    }
    let find = |name| show(world, resource_name(name));
    let (clusters, failures) = found_or_missing(names, str::to_owned, find);
    Ok(json!({ "clusters": clusters, "failures": failures }))
}

/// The name of the cluster in a request, without its ARN.
pub(super) fn requested_cluster<'a>(
    world: &World,
    input: Members<'a>,
) -> Result<&'a str, ApiError> {
    let name = resource_name(input.text("cluster")?.unwrap_or(DEFAULT_CLUSTER));
    if world.ecs.clusters.contains_key(name) {
        Ok(name)
    } else {
        Err(ApiError::new(
            "ClusterNotFoundException",
            "Cluster not found.",
        ))
    }
}

fn show(world: &World, name: &str) -> Option<Value> {
    let cluster = world.ecs.clusters.get(name)?;
    let counts = || cluster.services.values().map(Service::counts);
    Some(json!({
        "clusterArn": world.arn("ecs", &format!("cluster/{name}")),
        "clusterName": name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": counts().map(|(_, running)| running).sum::<u32>(),
        "pendingTasksCount": counts().map(|(pending, _)| pending).sum::<u32>(),
        "activeServicesCount": cluster.services.values().filter(|it| it.is_active()).count(),
        "statistics": [],
        "tags": [],
        "settings": [{ "name": "containerInsights", "value": "disabled" }],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
    }))
}
