//! Validates containers, one by one and against each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::image::is_image;
use super::{Checked, is_fargate, is_name, is_set, is_windows, list, network_mode, number, text};
use crate::ecs::call::client;

const MAX_CONTAINERS: usize = 10;

/// Lists with their maximum length.
const LISTS: [(&str, usize); 3] = [
    ("/environmentFiles", 10),
    ("/credentialSpecs", 1),
    ("/restartPolicy/ignoredExitCodes", 50),
];

/// Numbers with their bounds.
const NUMBERS: [(&str, i64, i64); 7] = [
    ("/healthCheck/interval", 5, 300),
    ("/healthCheck/timeout", 2, 60),
    ("/healthCheck/retries", 1, 10),
    ("/healthCheck/startPeriod", 0, 300),
    ("/restartPolicy/restartAttemptPeriod", 60, 1800),
    ("/linuxParameters/swappiness", 0, 100),
    ("/linuxParameters/maxSwap", 0, i32::MAX as i64),
];

pub(super) fn check(body: &Value) -> Checked {
    let containers = list(body, "/containerDefinitions");
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    if containers.len() > MAX_CONTAINERS {
        return Err(client("Too many containers."));
    }
    let mut names = BTreeSet::new();
    for container in containers {
        let name = text(container, "/name").unwrap_or_default();
        check_name(name)?;
        if !names.insert(name) {
            return Err(client(format!(
                "Container name '{name}' is used more than once."
            )));
        }
        check_container(body, container, name)?;
    }
    if !containers.iter().any(is_essential) {
        return Err(client(
            "Task definition should have at least one essential container.",
        ));
    }
    for container in containers {
        check_references(container, containers)?;
    }
    Ok(())
}

fn check_name(name: &str) -> Checked {
    if name.is_empty() {
        return Err(client("Container.name should not be null or empty."));
    }
    if !is_name(name) {
        return Err(client(format!("Invalid container name '{name}'.")));
    }
    Ok(())
}

fn is_essential(container: &Value) -> bool {
    container["essential"].as_bool() != Some(false)
}

fn check_container(body: &Value, container: &Value, name: &str) -> Checked {
    let setting = |what: String| {
        Err(client(format!(
            "Invalid setting for container '{name}'. {what}"
        )))
    };
    let image = text(container, "/image").unwrap_or_default();
    if image.is_empty() {
        return Err(client("Container.image should not be null or empty."));
    }
    if !is_image(image) {
        return Err(client(format!("Invalid image '{image}'.")));
    }
    for (path, limit) in LISTS {
        if list(container, path).len() > limit {
            return setting(format!("'{}' has more than {limit} entries.", &path[1..]));
        }
    }
    for (path, from, to) in NUMBERS {
        if number(container, path).is_some_and(|number| !(from..=to).contains(&number)) {
            return setting(format!("'{}' must be between {from} and {to}.", &path[1..]));
        }
    }
    let has_health_check = container
        .pointer("/healthCheck")
        .is_some_and(Value::is_object);
    if has_health_check && list(container, "/healthCheck/command").is_empty() {
        return setting("'healthCheck.command' must start with CMD or CMD-SHELL.".into());
    }
    if text(body, "/ipcMode") == Some("host") {
        for control in list(container, "/systemControls") {
            let namespace = text(control, "/namespace").unwrap_or_default();
            if ["kernel.", "fs.mqueue."]
                .iter()
                .any(|of_ipc| namespace.starts_with(of_ipc))
            {
                return setting(format!("{namespace} is not supported when ipcMode=host."));
            }
        }
    }
    check_memory(body, container, name)?;
    check_secrets(body, container)?;
    if network_mode(body) == "awsvpc" {
        for member in ["hostname", "extraHosts", "links"] {
            if is_set(container, &format!("/{member}")) {
                return Err(client(format!(
                    "{member} is not supported on container when networkMode=awsvpc."
                )));
            }
        }
    }
    if matches!(network_mode(body), "host" | "none") && is_set(container, "/links") {
        return Err(client("Links are only supported when networkMode=bridge."));
    }
    Ok(())
}

fn check_memory(body: &Value, container: &Value, name: &str) -> Checked {
    let has_limit = is_set(container, "/memory") || is_set(container, "/memoryReservation");
    let has_task = body.pointer("/memory").is_some_and(Value::is_string);
    if !has_limit && !has_task && !is_fargate(body) {
        return Err(client(format!(
            "Invalid setting for container '{name}'. \
             At least one of 'memory' or 'memoryReservation' must be specified."
        )));
    }
    let limit = number(container, "/memory");
    let reserved = number(container, "/memoryReservation");
    if let (Some(limit), Some(reserved)) = (limit, reserved)
        && (0 < limit && limit < reserved)
    {
        return Err(client(format!(
            "Invalid setting for container '{name}'. 'memory' must be greater than 'memoryReservation'."
        )));
    }
    let units = |name: &str, unit: &str| match text(body, &format!("/{name}")) {
        None => Ok(None),
        Some(size) if super::fargate::is_size(size, unit) => Ok(super::fargate::units(size, unit)),
        // On Fargate another check fails first.
        Some(_) if is_fargate(body) => Ok(None),
        Some(_) => Err(client(format!("Invalid '{name}' setting for task."))),
    };
    units("cpu", "vcpu")?;
    let task = units("memory", "gb")?.filter(|task| *task > 0);
    if let (Some(task), Some(limit)) = (task, limit)
        && limit > i64::from(task)
        && !is_windows(body)
    {
        return Err(client(format!(
            "The 'memory' setting for container '{name}' is greater than for the task."
        )));
    }
    Ok(())
}

fn check_secrets(body: &Value, container: &Value) -> Checked {
    let has_role = is_set(body, "/executionRoleArn");
    if is_set(container, "/secrets") && !has_role {
        return Err(client(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
        ));
    }
    if is_set(container, "/repositoryCredentials/credentialsParameter") && !has_role {
        return Err(client(
            "Private repository authentication requires that the task definition specify a value for executionRoleArn.",
        ));
    }
    let mut names = BTreeSet::new();
    for variable in list(container, "/environment") {
        match text(variable, "/name") {
            None => return Err(client("Container.environment.name should not be null.")),
            Some(name) => names.insert(name),
        };
    }
    for secret in list(container, "/secrets") {
        let name = text(secret, "/name").unwrap_or_default();
        let from = text(secret, "/valueFrom").unwrap_or_default();
        let is_known = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
        let is_parameter = (1..=2048).contains(&from.len()) && from.chars().all(is_known);
        if !from.starts_with("arn:") && !is_parameter {
            return Err(client(format!(
                "The Systems Manager parameter name specified for secret {name} is invalid. \
                 The parameter name can be up to 2048 characters and include the following \
                 letters and symbols: a-zA-Z0-9_.-"
            )));
        }
        if !name.is_empty() && !names.insert(name) {
            return Err(client(format!("The secret name must be unique: {name}.")));
        }
    }
    for file in list(container, "/environmentFiles") {
        let value = text(file, "/value").unwrap_or_default();
        let key = value
            .splitn(6, ':')
            .nth(5)
            .and_then(|object| object.split_once('/'));
        let fits = value.starts_with("arn:")
            && value.split(':').nth(2) == Some("s3")
            && value.split(':').nth(3) == Some("")
            && value.split(':').nth(4) == Some("")
            && key.is_some_and(|(bucket, key)| !bucket.is_empty() && key.ends_with(".env"));
        if !fits {
            return Err(client(
                "Environment files must be S3 objects with the extension .env.",
            ));
        }
    }
    Ok(())
}

/// Validates references to other containers.
fn check_references(container: &Value, all: &[Value]) -> Checked {
    let find = |name: &str| all.iter().find(|other| other["name"] == name);
    for dependency in list(container, "/dependsOn") {
        let name = text(dependency, "/containerName").unwrap_or_default();
        let Some(other) = find(name) else {
            return Err(client(format!(
                "Invalid 'dependsOn' setting. Unknown container: '{name}'."
            )));
        };
        let ends = matches!(text(dependency, "/condition"), Some("COMPLETE" | "SUCCESS"));
        if ends && is_essential(other) {
            return Err(client(format!(
                "Container '{name}' is essential, so that nothing can depend on its end."
            )));
        }
    }
    for from in list(container, "/volumesFrom") {
        let name = text(from, "/sourceContainer");
        if let Some(name) = name.filter(|name| find(name).is_none()) {
            return Err(client(format!(
                "Invalid 'volumesFrom' setting. Unknown container: '{name}'."
            )));
        }
    }
    if is_in_circle(container, all, dependencies) {
        return Err(client("Container dependencies must not form a circle."));
    }
    if is_in_circle(container, all, links) {
        return Err(client("Container links should not have a cycle"));
    }
    Ok(())
}

fn dependencies(container: &Value) -> Vec<&str> {
    let dependencies = list(container, "/dependsOn").iter();
    let names = dependencies.filter_map(|dependency| text(dependency, "/containerName"));
    names.collect()
}

fn links(container: &Value) -> Vec<&str> {
    let links = list(container, "/links").iter();
    let names = links.filter_map(|link| link.as_str()?.split(':').next());
    names.collect()
}

/// Whether `next`, the names of the containers that start before one, leads
/// back to the container.
fn is_in_circle(container: &Value, all: &[Value], next: fn(&Value) -> Vec<&str>) -> bool {
    let start = text(container, "/name").unwrap_or_default();
    let (mut seen, mut open) = (BTreeSet::new(), next(container));
    while let Some(name) = open.pop() {
        if name == start {
            return true;
        }
        if seen.insert(name) {
            let container = all.iter().find(|other| other["name"] == name);
            open.extend(container.into_iter().flat_map(next));
        }
    }
    false
}
