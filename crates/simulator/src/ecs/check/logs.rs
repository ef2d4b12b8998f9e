//! Log drivers.

use serde_json::{Map, Value};

use super::{Checked, is_fargate, is_set, list, refuse_if, text};

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
    let containers = list(body, "/containerDefinitions");
    let uses = |container: &Value, driver: &str| {
        text(container, "/logConfiguration/logDriver") == Some(driver)
    };
    let has_router = containers
        .iter()
        .any(|container| container["firelensConfiguration"].is_object());
    let sends_to_router = containers.iter().any(|it| uses(it, "awsfirelens"));
    refuse_if(
        sends_to_router && !has_router,
        "When awsfirelens log driver is specified in log configuration, \
         a firelens configuration object must be configured in one of the containers.",
    )?;
    refuse_if(
        has_router && !sends_to_router,
        "When a firelensConfiguration object is specified, \
         at least one container has to be configured with the awsfirelens log driver.",
    )?;
    for container in containers {
        refuse_if(
            uses(container, "splunk") && !has_token(container),
            "Log driver splunk requires options: splunk-token",
        )?;
        if uses(container, "awslogs") {
            check_awslogs(body, container)?;
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

fn check_awslogs(body: &Value, container: &Value) -> Checked {
    let none = Map::new();
    let options = container.pointer("/logConfiguration/options");
    let options = options.and_then(Value::as_object).unwrap_or(&none);
    let names = options.keys().map(String::as_str);
    let unknown: Vec<&str> = names
        .filter(|name| !name.starts_with("awslogs-") && !OF_DOCKER.contains(name))
        .collect();
    refuse_if(
        !unknown.is_empty(),
        format!(
            "Log driver awslogs disallows options: {}",
            unknown.join(", ")
        ),
    )?;
    let missing: Vec<&str> = ["awslogs-region", "awslogs-group"]
        .into_iter()
        .filter(|name| !options.contains_key(*name))
        .collect();
    refuse_if(
        !missing.is_empty(),
        format!(
            "Log driver awslogs requires options: {}",
            missing.join(", ")
        ),
    )?;
    refuse_if(
        is_fargate(body) && !options.contains_key("awslogs-stream-prefix"),
        "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
    )?;
    refuse_if(
        is_fargate(body) && !is_set(body, "/executionRoleArn"),
        "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    )
}
