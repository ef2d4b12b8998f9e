//! A revision of a task definition: the request as sent, and the view that ECS
//! shows (docs/aws.md §4.1, §4.2).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::json::epoch;

use super::check::{model, network_mode};
use super::show;

/// A registered task definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Revision {
    pub(super) arn: String,
    pub(super) number: u64,
    pub(super) registered_at: Timestamp,
    pub(super) deregistered_at: Option<Timestamp>,
    /// Exactly what the caller sent, including unknown members.
    pub(super) received: Value,
}

impl Revision {
    /// The containers as sent.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Value> {
        let containers = self.received["containerDefinitions"].as_array();
        containers.into_iter().flatten()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.deregistered_at.is_none()
    }

    /// The value in responses.
    pub(super) fn status(&self) -> &'static str {
        if self.is_active() {
            "ACTIVE"
        } else {
            "INACTIVE"
        }
    }

    /// A response body with the tags.
    pub(super) fn show_with_tags(&self, account: &str) -> Value {
        let tags = show::or_empty(&self.received["tags"]);
        json!({ "taskDefinition": self.show(account), "tags": tags })
    }

    /// The `taskDefinition` member of a response.
    pub(super) fn show(&self, account: &str) -> Value {
        let network_mode = network_mode(&self.received);
        let model = &model()["members"];
        let container_model = &model["containerDefinitions"]["list"]["members"];
        let containers = self.containers();
        let containers: Vec<Value> = containers
            .map(|container| with_defaults(known_members(container, container_model), network_mode))
            .collect();
        let mut shown = known_members(&self.received, model);
        shown.shift_remove("tags");
        shown
            .entry("networkMode")
            .or_insert_with(|| json!(network_mode));
        for empty in ["volumes", "placementConstraints"] {
            shown.entry(empty).or_insert_with(|| json!([]));
        }
        let added = json!({
            "containerDefinitions": containers,
            "taskDefinitionArn": self.arn,
            "revision": self.number,
            "status": self.status(),
            "requiresAttributes": [
                { "name": "com.amazonaws.ecs.capability.docker-remote-api.1.18" },
            ],
            "compatibilities": self.compatibilities(network_mode),
            "registeredAt": epoch(self.registered_at),
            "deregisteredAt": self.deregistered_at.map(epoch),
            "registeredBy": format!("arn:aws:sts::{account}:assumed-role/bluegreen-worker/session"),
        });
        if let Value::Object(added) = added {
            shown.extend(added);
        }
        Value::Object(shown)
    }

    fn compatibilities(&self, network_mode: &str) -> Value {
        let has_sizes = !self.received["cpu"].is_null() && !self.received["memory"].is_null();
        if network_mode == "awsvpc" && has_sizes {
            json!(["EC2", "FARGATE"])
        } else {
            json!(["EC2"])
        }
    }
}

/// The members of an object that its model has. ECS ignores others.
fn known_members(object: &Value, model: &Value) -> Map<String, Value> {
    let names = model.as_object().into_iter().flat_map(Map::keys);
    names
        .filter_map(|name| Some((name.clone(), object.get(name)?.clone())))
        .collect()
}

/// A container with the defaults that ECS fills in.
fn with_defaults(mut container: Map<String, Value>, network_mode: &str) -> Value {
    let defaults = json!({
        "cpu": 0,
        "essential": true,
        "portMappings": [],
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    });
    if let Value::Object(defaults) = defaults {
        for (name, value) in defaults {
            container.entry(name).or_insert(value);
        }
    }
    let ports = container
        .get_mut("portMappings")
        .and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        if network_mode == "awsvpc"
            && let Some(container_port) = port.get("containerPort").cloned()
        {
            port.entry("hostPort").or_insert(container_port);
        }
        port.entry("protocol").or_insert_with(|| json!("tcp"));
    }
    Value::Object(container)
}
