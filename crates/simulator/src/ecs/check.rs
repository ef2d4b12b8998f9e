//! Validation of `RegisterTaskDefinition` (docs/aws.md §4.1, §4.3).
//!
//! These rules are written independently of the worker's own checks of a
//! release, so that tests can compare the two. The wording of AWS's errors is
//! used where public reports show it; other messages are in the same style.

mod containers;
mod fargate;
mod logs;
mod ports;
mod resources;
mod shape;
mod volumes;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::ApiError;
use crate::ids::is_account;

use super::call::{client, invalid};
use super::names::is_name;

pub(super) use shape::model;

type Checked = Result<(), ApiError>;

/// Largest task definition, in bytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_PLACEMENT_CONSTRAINTS: usize = 10;
const MAX_TAGS: usize = 50;

/// Returns the first error in a request, as ECS does.
pub(super) fn validate(body: &Value) -> Checked {
    let family = text(body, "/family");
    refuse_if(family == Some(""), "Family should not be null or empty.")?;
    shape::check(body, model(), "")?;
    let family = family.unwrap_or_default();
    refuse_if(!is_name(family), format!("Invalid family name '{family}'."))?;
    check_tags(body)?;
    let bytes = body.to_string().len();
    refuse_if(
        bytes > MAX_BYTES,
        format!("Actual length: '{bytes}'. Max allowed length is '{MAX_BYTES}' bytes."),
    )?;
    refuse_if(
        list(body, "/placementConstraints").len() > MAX_PLACEMENT_CONSTRAINTS,
        "Too many placement constraints.",
    )?;
    for role in ["/executionRoleArn", "/taskRoleArn"] {
        let is_wrong = text(body, role).is_some_and(|role| !is_role(role));
        refuse_if(is_wrong, "Role is not valid")?;
    }
    refuse_if(
        is_set(body, "/proxyConfiguration") && network_mode(body) != "awsvpc",
        "APPMESH proxy configuration is only supported in networkMode=awsvpc",
    )?;
    for (capacity, mode) in [("EXTERNAL", "awsvpc"), ("MANAGED_INSTANCES", "bridge")] {
        refuse_if(
            asks_for(body, capacity) && text(body, "/networkMode") == Some(mode),
            format!("{capacity} compatibility does not support networkMode={mode}."),
        )?;
    }
    containers::check(body)?;
    ports::check(body)?;
    volumes::check(body)?;
    logs::check(body)?;
    resources::check(body)?;
    if is_fargate(body) {
        fargate::check(body)?;
    }
    Ok(())
}

/// ECS's error with this message, if the condition holds.
fn refuse_if(is_wrong: bool, message: impl Into<String>) -> Checked {
    match is_wrong {
        true => Err(client(message)),
        false => Ok(()),
    }
}

/// The rules for tags beyond those of the model.
fn check_tags(body: &Value) -> Checked {
    let tags = list(body, "/tags");
    if tags.len() > MAX_TAGS {
        return Err(invalid(format!(
            "The request has {} tags, and the limit is {MAX_TAGS}.",
            tags.len()
        )));
    }
    let mut keys = BTreeSet::new();
    for key in tags.iter().filter_map(|tag| text(tag, "/key")) {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(
                "aws: prefixed tag key names are not allowed for external use.",
            ));
        }
        if !keys.insert(key) {
            return Err(invalid("Duplicate tag keys found. Please remove them."));
        }
    }
    Ok(())
}

fn is_role(role: &str) -> bool {
    let Some(arn) = role.strip_prefix("arn:") else {
        return !role.is_empty();
    };
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let [partition, "iam", "", account, resource] = parts[..] else {
        return false;
    };
    let has_name = resource
        .strip_prefix("role/")
        .is_some_and(|name| !name.is_empty());
    !partition.is_empty() && is_account(account) && has_name
}

fn is_fargate(body: &Value) -> bool {
    asks_for(body, "FARGATE")
}

fn asks_for(body: &Value, capacity: &str) -> bool {
    let list = list(body, "/requiresCompatibilities");
    list.iter().any(|word| word == capacity)
}

/// The network mode. The default is `bridge`, and `awsvpc` on Managed
/// Instances.
pub(super) fn network_mode(body: &Value) -> &str {
    let default = if asks_for(body, "MANAGED_INSTANCES") {
        "awsvpc"
    } else {
        "bridge"
    };
    text(body, "/networkMode").unwrap_or(default)
}

fn is_windows(body: &Value) -> bool {
    text(body, "/runtimePlatform/operatingSystemFamily")
        .is_some_and(|family| family.starts_with("WINDOWS"))
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str()
}

fn number(value: &Value, path: &str) -> Option<i64> {
    value.pointer(path)?.as_i64()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    let list = value.pointer(path).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// Whether a member has a value that is not empty, zero or false.
fn is_set(value: &Value, path: &str) -> bool {
    match value.pointer(path) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(set)) => *set,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(elements)) => !elements.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
    }
}
