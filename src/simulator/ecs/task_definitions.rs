//! Task definitions: register, describe, list and deregister
//! (aws-facts §4.1, §4.2).

use serde_json::{Map, Value, json};

use crate::simulator::api::{Answer, ApiError};
use crate::simulator::json::{Members, epoch, page};
use crate::simulator::world::World;

use super::call::{client, invalid};
use super::names::family_and_revision;
use super::state::{Ecs, Revision};
use super::{check, show};

/// Elements on a page of a listing, unless fewer are asked for.
const PAGE: usize = 100;

/// What a task definition keeps of a request; anything else is ignored.
const KEPT: &[&str] = &[
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
];

pub(super) fn register(world: &mut World, body: &Value, input: Members<'_>) -> Answer {
    check::request(body, input)?;
    let family = input.text("family")?.unwrap_or_default().to_owned();
    let now = world.now();
    let prefix = format!(
        "arn:aws:ecs:{}:{}:task-definition/{family}",
        world.region, world.account
    );
    let revisions = world.ecs.families.entry(family).or_default();
    let number = revisions.last().map_or(1, |last| last.number + 1);
    let revision = Revision {
        arn: format!("{prefix}:{number}"),
        number,
        registered_at: now,
        deregistered_at: None,
        received: body.clone(),
    };
    let answer = with_tags(&revision, &world.account);
    revisions.push(revision);
    Ok(answer)
}

pub(super) fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("taskDefinition")?.unwrap_or_default();
    let revision =
        find(&world.ecs, name).ok_or_else(|| client("Unable to describe task definition."))?;
    if input.texts("include")?.contains(&"TAGS") {
        Ok(with_tags(revision, &world.account))
    } else {
        Ok(json!({ "taskDefinition": shown(revision, &world.account) }))
    }
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let family = input.text("familyPrefix")?;
    let wanted = input.text("status")?.unwrap_or("ACTIVE");
    if !["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"].contains(&wanted) {
        return Err(invalid(format!("Invalid status: {wanted}")));
    }
    let mut arns: Vec<&str> = world
        .ecs
        .families
        .iter()
        .filter(|(name, _)| family.is_none_or(|family| family == *name))
        .flat_map(|(_, revisions)| revisions)
        .filter(|revision| status(revision) == wanted)
        .map(|revision| revision.arn.as_str())
        .collect();
    if input.text("sort")? == Some("DESC") {
        arns.reverse();
    }
    let size = page_size(input)?;
    let page = page(arns, input.text("nextToken")?, size)
        .ok_or_else(|| invalid("Invalid token in ListTaskDefinitions request."))?;
    Ok(json!({ "taskDefinitionArns": page.items, "nextToken": page.next }))
}

pub(super) fn deregister(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("taskDefinition")?.unwrap_or_default();
    let (family, number) = family_and_revision(name);
    if number.is_none() {
        return Err(invalid("Task definition revision must be specified."));
    }
    let now = world.now();
    let revision = world
        .ecs
        .families
        .get_mut(family)
        .and_then(|revisions| {
            revisions
                .iter_mut()
                .find(|revision| Some(revision.number) == number)
        })
        .ok_or_else(|| client("The specified task definition does not exist."))?;
    revision.deregistered_at.get_or_insert(now);
    Ok(json!({ "taskDefinition": shown(revision, &world.account) }))
}

/// The revision under an ARN or `family:revision`; under a bare family the
/// newest active one.
pub(in crate::simulator) fn find<'a>(ecs: &'a Ecs, name: &str) -> Option<&'a Revision> {
    let (family, number) = family_and_revision(name);
    let mut revisions = ecs.families.get(family)?.iter().rev();
    match number {
        Some(number) => revisions
            .find(|revision| revision.number == number)
            .filter(|revision| !name.starts_with("arn:") || revision.arn == name),
        None => revisions.find(|revision| revision.deregistered_at.is_none()),
    }
}

/// The size of a page, between 1 and 100.
pub(super) fn page_size(input: Members<'_>) -> Result<usize, ApiError> {
    match input.number("maxResults")? {
        None => Ok(PAGE),
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| invalid("maxResults must be between 1 and 100.")),
    }
}

impl Revision {
    /// Name, image and port of every container.
    pub(in crate::simulator) fn containers(&self) -> impl Iterator<Item = &Value> {
        let containers = self.received["containerDefinitions"].as_array();
        containers.into_iter().flatten()
    }

    pub(in crate::simulator) fn is_active(&self) -> bool {
        self.deregistered_at.is_none()
    }
}

fn status(revision: &Revision) -> &'static str {
    if revision.is_active() {
        "ACTIVE"
    } else {
        "INACTIVE"
    }
}

fn with_tags(revision: &Revision, account: &str) -> Value {
    let tags = show::or_empty(&revision.received["tags"]);
    json!({ "taskDefinition": shown(revision, account), "tags": tags })
}

fn shown(revision: &Revision, account: &str) -> Value {
    let received = &revision.received;
    let mut members: Map<String, Value> = KEPT
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), received.get(*name)?.clone())))
        .collect();
    let network_mode = received["networkMode"].as_str().unwrap_or("bridge");
    members.insert(
        "containerDefinitions".into(),
        revision
            .containers()
            .map(|container| completed(container, network_mode))
            .collect(),
    );
    for empty in ["volumes", "placementConstraints"] {
        members.entry(empty).or_insert_with(|| json!([]));
    }
    let added = json!({
        "taskDefinitionArn": revision.arn,
        "revision": revision.number,
        "status": status(revision),
        "requiresAttributes": [
            { "name": "com.amazonaws.ecs.capability.docker-remote-api.1.18" },
        ],
        "compatibilities": compatibilities(received, network_mode),
        "registeredAt": epoch(revision.registered_at),
        "deregisteredAt": revision.deregistered_at.map(epoch),
        "registeredBy": format!("arn:aws:sts::{account}:assumed-role/bluegreen-worker/session"),
    });
    if let Value::Object(added) = added {
        members.extend(added);
    }
    Value::Object(members)
}

/// A container with the members that ECS fills in.
fn completed(container: &Value, network_mode: &str) -> Value {
    let mut container = container.clone();
    let Some(members) = container.as_object_mut() else {
        return container;
    };
    members.entry("cpu").or_insert_with(|| json!(0));
    members.entry("essential").or_insert_with(|| json!(true));
    for empty in ["portMappings", "environment", "mountPoints", "volumesFrom"] {
        members.entry(empty).or_insert_with(|| json!([]));
    }
    let ports = members
        .get_mut("portMappings")
        .and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        let container_port = port.get("containerPort").cloned();
        if network_mode == "awsvpc"
            && let Some(container_port) = container_port
        {
            port.entry("hostPort").or_insert(container_port);
        }
        port.entry("protocol").or_insert_with(|| json!("tcp"));
    }
    container
}

fn compatibilities(received: &Value, network_mode: &str) -> Value {
    let fits_fargate =
        network_mode == "awsvpc" && !received["cpu"].is_null() && !received["memory"].is_null();
    if fits_fargate {
        json!(["EC2", "FARGATE"])
    } else {
        json!(["EC2"])
    }
}
