//! Dispatches ECS's operations by name.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{self, Members, Page, without_nulls};
use crate::world::World;

use super::{clusters, deployments, services, task_definitions, tasks};

/// Maximum number of elements on a page of a list.
pub(super) const MAX_PAGE: usize = 100;

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
        "ContinueServiceDeployment" => deployments::continue_deployment(world, members),
        "ListTasks" => tasks::list(world, members),
        "DescribeTasks" => tasks::describe(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    };
    answer.map(without_nulls)
}

/// The page of a list that a request asks for, of this size unless the request
/// says otherwise.
pub(super) fn page<T>(
    items: Vec<T>,
    input: Members<'_>,
    default_size: usize,
) -> Result<Page<T>, ApiError> {
    let size = input.page_size("maxResults", (default_size, MAX_PAGE))?;
    let size =
        size.ok_or_else(|| invalid(format!("maxResults must be between 1 and {MAX_PAGE}.")))?;
    json::page(items, input.text("nextToken")?, size)
        .ok_or_else(|| invalid("Invalid token in the request."))
}

/// What was found of the names or ARNs in a request, and a failure for each
/// that is missing.
pub(super) fn found_or_missing<'a>(
    names: Vec<&'a str>,
    arn: impl Fn(&'a str) -> String,
    find: impl Fn(&'a str) -> Option<Value>,
) -> (Vec<Value>, Vec<Value>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names {
        match find(name) {
            Some(shown) => found.push(shown),
            None => failures.push(json!({ "arn": arn(name), "reason": "MISSING" })),
        }
    }
    (found, failures)
}

pub(super) fn service_not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", "Service not found.")
}

pub(super) fn client(message: impl Into<String>) -> ApiError {
    ApiError::new("ClientException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}
