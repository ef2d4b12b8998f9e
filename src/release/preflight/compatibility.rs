//! Where a task definition's tasks run.

use serde_json::Value;

use crate::release::task_definition::TaskDefinition;

/// Whether the task definition requires Fargate.
pub(super) fn is_fargate(task_definition: &TaskDefinition) -> bool {
    requires_capacity(task_definition, "FARGATE")
}

/// Whether it requires this kind of capacity.
pub(super) fn requires_capacity(task_definition: &TaskDefinition, capacity: &str) -> bool {
    task_definition
        .value()
        .get("requiresCompatibilities")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|word| word == capacity))
}

/// Whether its containers are for Windows.
pub(super) fn is_windows(task_definition: &TaskDefinition) -> bool {
    task_definition
        .value()
        .pointer("/runtimePlatform/operatingSystemFamily")
        .and_then(Value::as_str)
        .is_some_and(|family| family.starts_with("WINDOWS"))
}

/// The network mode. The default is `awsvpc` for Managed Instances (docs/aws.md
/// §8), otherwise `bridge`.
pub(super) fn network_mode(task_definition: &TaskDefinition) -> &str {
    let default = match requires_capacity(task_definition, "MANAGED_INSTANCES") {
        true => "awsvpc",
        false => "bridge",
    };
    task_definition.text("networkMode").unwrap_or(default)
}

/// Whether a member is set. Empty, zero and false values count as absent:
/// `DescribeTaskDefinition` returns many of them.
pub(super) fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
