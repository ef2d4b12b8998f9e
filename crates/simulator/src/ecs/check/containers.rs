//! Validates containers, one by one and against each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Checked, is_fargate, is_name, is_set, is_windows, list, network_mode, number, refuse_if, text,
};
use crate::ecr::ImageReference;
use crate::ecs::call::client;

const MAX_CONTAINERS: usize = 10;

/// Longest image reference without its digest.
const MAX_IMAGE: usize = 255;

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
    refuse_if(containers.is_empty(), "Container list cannot be empty.")?;
    refuse_if(containers.len() > MAX_CONTAINERS, "Too many containers.")?;
    let mut names = BTreeSet::new();
    for container in containers {
        let name = text(container, "/name").unwrap_or_default();
        refuse_if(
            name.is_empty(),
            "Container.name should not be null or empty.",
        )?;
        refuse_if(!is_name(name), format!("Invalid container name '{name}'."))?;
        refuse_if(
            !names.insert(name),
            format!("Container name '{name}' is used more than once."),
        )?;
        check_container(body, container, name)?;
    }
    refuse_if(
        !containers.iter().any(is_essential),
        "Task definition should have at least one essential container.",
    )?;
    for container in containers {
        check_references(container, containers)?;
    }
    Ok(())
}

fn is_essential(container: &Value) -> bool {
    container["essential"].as_bool() != Some(false)
}

fn check_container(body: &Value, container: &Value, name: &str) -> Checked {
    let setting = |is_wrong: bool, what: &str| {
        refuse_if(
            is_wrong,
            format!("Invalid setting for container '{name}'. {what}"),
        )
    };
    let image = text(container, "/image").unwrap_or_default();
    refuse_if(
        image.is_empty(),
        "Container.image should not be null or empty.",
    )?;
    refuse_if(!is_image(image), format!("Invalid image '{image}'."))?;
    for (path, limit) in LISTS {
        let is_long = list(container, path).len() > limit;
        setting(
            is_long,
            &format!("'{}' has more than {limit} entries.", &path[1..]),
        )?;
    }
    for (path, from, to) in NUMBERS {
        let is_out = number(container, path).is_some_and(|number| !(from..=to).contains(&number));
        setting(
            is_out,
            &format!("'{}' must be between {from} and {to}.", &path[1..]),
        )?;
    }
    let has_health_check = container
        .pointer("/healthCheck")
        .is_some_and(Value::is_object);
    setting(
        has_health_check && list(container, "/healthCheck/command").is_empty(),
        "'healthCheck.command' must start with CMD or CMD-SHELL.",
    )?;
    if text(body, "/ipcMode") == Some("host") {
        for control in list(container, "/systemControls") {
            let namespace = text(control, "/namespace").unwrap_or_default();
            setting(
                namespace.starts_with("kernel.") || namespace.starts_with("fs.mqueue."),
                &format!("{namespace} is not supported when ipcMode=host."),
            )?;
        }
    }
    check_memory(body, container, name)?;
    check_secrets(body, container)?;
    let mode = network_mode(body);
    for member in ["hostname", "extraHosts", "links"] {
        refuse_if(
            mode == "awsvpc" && is_set(container, &format!("/{member}")),
            format!("{member} is not supported on container when networkMode=awsvpc."),
        )?;
    }
    refuse_if(
        matches!(mode, "host" | "none") && is_set(container, "/links"),
        "Links are only supported when networkMode=bridge.",
    )
}

/// Whether a reference has the form that Docker knows. ECS accepts more, but
/// such images could never be pulled.
fn is_image(text: &str) -> bool {
    let name = text.split_once('@').map_or(text, |(name, _)| name);
    name.len() <= MAX_IMAGE && ImageReference::parse(text).is_some()
}

fn check_memory(body: &Value, container: &Value, name: &str) -> Checked {
    let has_limit = is_set(container, "/memory") || is_set(container, "/memoryReservation");
    let has_task = body.pointer("/memory").is_some_and(Value::is_string);
    refuse_if(
        !has_limit && !has_task && !is_fargate(body),
        format!(
            "Invalid setting for container '{name}'. \
             At least one of 'memory' or 'memoryReservation' must be specified."
        ),
    )?;
    let limit = number(container, "/memory").unwrap_or_default();
    let reserved = number(container, "/memoryReservation").unwrap_or_default();
    refuse_if(
        0 < limit && limit < reserved,
        format!(
            "Invalid setting for container '{name}'. \
             'memory' must be greater than 'memoryReservation'."
        ),
    )?;
    let units = |name: &str, unit: &str| match text(body, &format!("/{name}")) {
        None => Ok(None),
        Some(size) if super::fargate::is_size(size, unit) => Ok(super::fargate::units(size, unit)),
        // On Fargate another check fails first.
        Some(_) if is_fargate(body) => Ok(None),
        Some(_) => Err(client(format!("Invalid '{name}' setting for task."))),
    };
    units("cpu", "vcpu")?;
    let task = units("memory", "gb")?.filter(|task| *task > 0);
    refuse_if(
        task.is_some_and(|task| limit > i64::from(task)) && !is_windows(body),
        format!("The 'memory' setting for container '{name}' is greater than for the task."),
    )
}

fn check_secrets(body: &Value, container: &Value) -> Checked {
    let has_role = is_set(body, "/executionRoleArn");
    refuse_if(
        is_set(container, "/secrets") && !has_role,
        "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    )?;
    refuse_if(
        is_set(container, "/repositoryCredentials/credentialsParameter") && !has_role,
        "Private repository authentication requires that the task definition specify a value for executionRoleArn.",
    )?;
    let mut names = BTreeSet::new();
    for variable in list(container, "/environment") {
        let name = text(variable, "/name")
            .ok_or_else(|| client("Container.environment.name should not be null."))?;
        names.insert(name);
    }
    for secret in list(container, "/secrets") {
        let name = text(secret, "/name").unwrap_or_default();
        let from = text(secret, "/valueFrom").unwrap_or_default();
        let is_known = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
        let is_parameter = (1..=2048).contains(&from.len()) && from.chars().all(is_known);
        refuse_if(
            !from.starts_with("arn:") && !is_parameter,
            format!(
                "The Systems Manager parameter name specified for secret {name} is invalid. \
                 The parameter name can be up to 2048 characters and include the following \
                 letters and symbols: a-zA-Z0-9_.-"
            ),
        )?;
        refuse_if(
            !name.is_empty() && !names.insert(name),
            format!("The secret name must be unique: {name}."),
        )?;
    }
    for file in list(container, "/environmentFiles") {
        let value = text(file, "/value").unwrap_or_default();
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        let object = match parts[..] {
            ["arn", _, "s3", "", "", object] => object.split_once('/'),
            _ => None,
        };
        refuse_if(
            !object.is_some_and(|(bucket, key)| !bucket.is_empty() && key.ends_with(".env")),
            "Environment files must be S3 objects with the extension .env.",
        )?;
    }
    Ok(())
}

/// Validates references to other containers.
fn check_references(container: &Value, all: &[Value]) -> Checked {
    let find = |name: &str| all.iter().find(|other| other["name"] == name);
    for dependency in list(container, "/dependsOn") {
        let name = text(dependency, "/containerName").unwrap_or_default();
        let other = find(name).ok_or_else(|| {
            client(format!(
                "Invalid 'dependsOn' setting. Unknown container: '{name}'."
            ))
        })?;
        let ends = matches!(text(dependency, "/condition"), Some("COMPLETE" | "SUCCESS"));
        refuse_if(
            ends && is_essential(other),
            format!("Container '{name}' is essential, so that nothing can depend on its end."),
        )?;
    }
    for from in list(container, "/volumesFrom") {
        if let Some(name) = text(from, "/sourceContainer") {
            refuse_if(
                find(name).is_none(),
                format!("Invalid 'volumesFrom' setting. Unknown container: '{name}'."),
            )?;
        }
    }
    refuse_if(
        is_in_circle(container, all, dependencies),
        "Container dependencies must not form a circle.",
    )?;
    refuse_if(
        is_in_circle(container, all, links),
        "Container links should not have a cycle",
    )
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
