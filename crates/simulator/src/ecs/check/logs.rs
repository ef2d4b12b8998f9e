//! Log drivers.

use serde_json::{Map, Value};

use super::{Checked, is_fargate, is_set, list, text};
use crate::ecs::call::client;

/// Options of all Docker log drivers, and of Docker's `awslogs` driver.
const OF_DOCKER: [&str; 8] = [
    "mode",
    "max-buffer-size",
    "tag",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
    "cache-disabled",
];

pub(super) fn check(body: &Value) -> Checked {
    check_routers(body)?;
    for container in list(body, "/containerDefinitions") {
        let driver = text(container, "/logConfiguration/logDriver");
        if driver == Some("splunk") && !has_token(container) {
            return Err(client("Log driver splunk requires options: splunk-token"));
        }
        if driver != Some("awslogs") {
            continue;
        }
        let none = Map::new();
        let options = container.pointer("/logConfiguration/options");
        let options = options.and_then(Value::as_object).unwrap_or(&none);
        let is_known =
            |name: &&String| name.starts_with("awslogs-") || OF_DOCKER.contains(&name.as_str());
        let unknown: Vec<&str> = options
            .keys()
            .filter(|name| !is_known(name))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            return Err(client(format!(
                "Log driver awslogs disallows options: {}",
                unknown.join(", ")
            )));
        }
        let missing: Vec<&str> = ["awslogs-region", "awslogs-group"]
            .into_iter()
            .filter(|name| !options.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            return Err(client(format!(
                "Log driver awslogs requires options: {}",
                missing.join(", ")
            )));
        }
        if is_fargate(body) && !options.contains_key("awslogs-stream-prefix") {
            return Err(client(
                "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
            ));
        }
        if is_fargate(body) && !is_set(body, "/executionRoleArn") {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
            ));
        }
    }
    Ok(())
}

fn has_token(container: &Value) -> bool {
    let secrets = list(container, "/logConfiguration/secretOptions");
    let is_token = |secret: &Value| text(secret, "/name") == Some("splunk-token");
    text(container, "/logConfiguration/options/splunk-token").is_some()
        || secrets.iter().any(is_token)
}

fn check_routers(body: &Value) -> Checked {
    let containers = list(body, "/containerDefinitions");
    let is_router = |container: &&Value| container["firelensConfiguration"].is_object();
    let sends =
        |container: &Value| text(container, "/logConfiguration/logDriver") == Some("awsfirelens");
    let has_router = containers.iter().any(|container| is_router(&container));
    match (has_router, containers.iter().any(sends)) {
        (false, true) => Err(client(
            "When awsfirelens log driver is specified in log configuration, \
             a firelens configuration object must be configured in one of the containers.",
        )),
        (true, false) => Err(client(
            "When a firelensConfiguration object is specified, \
             at least one container has to be configured with the awsfirelens log driver.",
        )),
        (true, true) | (false, false) => Ok(()),
    }
}
