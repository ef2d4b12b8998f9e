//! Dispatches ECS's operations by name.

use serde_json::Value;

use crate::api::{Answer, ApiError};
use crate::json::{Members, without_nulls};
use crate::world::World;

use super::{clusters, deployments, services, task_definitions, tasks};

/// Handles one call of the JSON protocol.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    let answer = match operation {
        "RegisterTaskDefinition" => task_definitions::register(world, input, members),
        "DescribeTaskDefinition" => task_definitions::describe(world, members),
        "ListTaskDefinitions" => task_definitions::list(world, members),
        "DeregisterTaskDefinition" => task_definitions::deregister(world, members),
        "CreateCluster" => clusters::create(world, members),
        "DescribeClusters" => clusters::describe(world, members),
        "CreateService" => services::create(world, members),
        "DescribeServices" => services::describe(world, members),
        "UpdateService" => services::update(world, members),
        "DeleteService" => services::delete(world, members),
        "ListServices" => services::list(world, members),
        "DescribeServiceDeployments" => deployments::describe(world, members),
        "ListServiceDeployments" => deployments::list(world, members),
        "DescribeServiceRevisions" => deployments::describe_revisions(world, members),
        "StopServiceDeployment" => deployments::stop(world, members),
        "ContinueServiceDeployment" => deployments::proceed(world, members),
        "ListTasks" => tasks::list(world, members),
        "DescribeTasks" => tasks::describe(world, members),
        _ => Err(ApiError::new(
            "UnknownOperationException",
            format!("The simulated ECS has no operation {operation}"),
        )),
    };
    answer.map(without_nulls)
}

pub(super) fn client(message: impl Into<String>) -> ApiError {
    ApiError::new("ClientException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}
