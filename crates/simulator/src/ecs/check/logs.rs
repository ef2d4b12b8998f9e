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
    for container in list(body, "/containerDefinitions") {
        if text(container, "/logConfiguration/logDriver") != Some("awslogs") {
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
