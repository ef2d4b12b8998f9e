//! Compares a described revision with a registration request.

use serde_json::{Map, Number, Value};

use super::schema::RESPONSE_ONLY;
use crate::job::TaskDefinitionArn;

/// Returns the described revision's ARN, if it is active and equals what a
/// request with `body` would register. `described` is the response of
/// `DescribeTaskDefinition`, including tags.
///
/// Ignores what ECS adds itself (docs/aws.md §4.2). In case of doubt returns
/// `None`: an extra revision does no harm, a wrong one does.
#[must_use]
pub fn same_revision(body: &Value, described: &Value) -> Option<TaskDefinitionArn> {
    let arn = described["taskDefinition"]["taskDefinitionArn"].as_str()?;
    is_registered(body, described).then(|| TaskDefinitionArn::new(arn))
}

/// Whether the described revision is active and equals what a request with
/// `body` would register.
#[must_use]
pub fn is_registered(body: &Value, described: &Value) -> bool {
    described["taskDefinition"]["status"] == "ACTIVE" && is_shown(body, &requestable(described), "")
}

/// The described revision without what ECS adds to `body`, and with its lists
/// of objects in the order of `body`. Any remaining difference from `body` is a
/// real one.
#[must_use]
pub fn as_sent(body: &Value, described: &Value) -> Value {
    reduced(body, &requestable(described), "")
}

/// The described revision with the members of a request only.
fn requestable(described: &Value) -> Value {
    let mut shown = described["taskDefinition"].clone();
    if let Value::Object(members) = &mut shown {
        for name in RESPONSE_ONLY {
            members.remove(name);
        }
        members.insert("tags".into(), own_tags(&described["tags"]));
    }
    shown
}

fn reduced(sent: &Value, shown: &Value, name: &str) -> Value {
    match (sent, shown) {
        (Value::Object(sent), Value::Object(shown)) => {
            let is_added = |member: &str, value: &Value| {
                !sent.contains_key(member)
                    && (is_empty(value) || is_default(name, member, value, shown))
            };
            let kept = shown
                .iter()
                .filter(|(member, value)| !is_added(member, value));
            kept.map(|(member, value)| match sent.get(member) {
                Some(sent) => (member.clone(), reduced(sent, value, member)),
                None => (member.clone(), value.clone()),
            })
            .collect()
        }
        (Value::Array(sent), Value::Array(shown)) if !is_ordered(sent, name) => {
            let mut left: Vec<&Value> = shown.iter().collect();
            let mut found = Vec::new();
            for element in sent {
                let alike = left.iter().position(|shown| are_alike(element, shown));
                found.extend(alike.map(|at| reduced(element, left.remove(at), name)));
            }
            found.extend(left.into_iter().cloned());
            Value::Array(found)
        }
        (_, shown) => shown.clone(),
    }
}

/// Whether two list elements have the same identity.
fn are_alike(a: &Value, b: &Value) -> bool {
    let key = [
        "name",
        "containerPort",
        "containerName",
        "sourceVolume",
        "key",
        "type",
    ];
    let key = key.iter().find(|key| a.get(**key).is_some());
    key.map_or(a == b, |key| a.get(*key) == b.get(*key))
}

/// Removes the tags that AWS sets itself.
fn own_tags(tags: &Value) -> Value {
    let tags = tags.as_array().into_iter().flatten();
    let is_own = |tag: &&Value| {
        !tag["key"]
            .as_str()
            .is_some_and(|key| key.starts_with("aws:"))
    };
    tags.filter(is_own).cloned().collect()
}

/// Compares two values. `name` is the member that contains them.
fn is_shown(sent: &Value, shown: &Value, name: &str) -> bool {
    match (sent, shown) {
        (Value::Object(sent), Value::Object(shown)) => is_object_shown(sent, shown, name),
        (Value::Array(sent), Value::Array(shown)) if is_ordered(sent, name) => {
            sent.len() == shown.len() && sent.iter().zip(shown).all(|(a, b)| is_shown(a, b, name))
        }
        (Value::Array(sent), Value::Array(shown)) => are_shown_in_any_order(sent, shown, name),
        (Value::Number(a), Value::Number(b)) => are_equal(a, b),
        (sent, shown) => sent == shown,
    }
}

/// ECS may return `1` for `1.0`. Integers are compared exactly: as floats, large
/// ones would be equal to their neighbours.
fn are_equal(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, _) => a == b || a.as_f64() == b.as_f64(),
    }
}

/// Whether everything that was sent is present, and nothing else except what
/// ECS adds.
fn is_object_shown(sent: &Map<String, Value>, shown: &Map<String, Value>, name: &str) -> bool {
    let all_there = sent.iter().all(|(member, value)| match shown.get(member) {
        Some(shown) => is_shown(value, shown, member),
        None => is_empty(value),
    });
    let nothing_else = shown.iter().all(|(member, value)| {
        sent.contains_key(member) || is_empty(value) || is_default(name, member, value, shown)
    });
    all_there && nothing_else
}

/// Lists of strings are ordered, for example commands. ECS does not guarantee
/// the order of lists of objects.
fn is_ordered(list: &[Value], name: &str) -> bool {
    name != "requiresCompatibilities" && !list.iter().all(Value::is_object)
}

fn are_shown_in_any_order(sent: &[Value], shown: &[Value], name: &str) -> bool {
    let mut left: Vec<&Value> = shown.iter().collect();
    let all_there = sent.iter().all(|element| {
        let found = left.iter().position(|shown| is_shown(element, shown, name));
        found.map(|position| left.swap_remove(position)).is_some()
    });
    all_there && left.is_empty()
}

/// Values that ECS may omit, or return although nothing was sent.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Values that ECS fills in if nothing was sent.
fn is_default(parent: &str, member: &str, value: &Value, around: &Map<String, Value>) -> bool {
    match (parent, member) {
        ("", "networkMode") => value == default_network_mode(around),
        ("containerDefinitions", "essential") => value == &Value::Bool(true),
        ("containerDefinitions", "cpu") => value.as_u64() == Some(0),
        ("portMappings", "protocol") => value == "tcp",
        ("portMappings", "hostPort") => {
            value.as_u64() == Some(0) || around.get("containerPort") == Some(value)
        }
        ("healthCheck", "interval") => value.as_u64() == Some(30),
        ("healthCheck", "timeout") => value.as_u64() == Some(5),
        ("healthCheck", "retries") => value.as_u64() == Some(3),
        _ => false,
    }
}

/// `awsvpc` for Managed Instances (docs/aws.md §8), otherwise `bridge`.
fn default_network_mode(shown: &Map<String, Value>) -> &'static str {
    let wanted = shown
        .get("requiresCompatibilities")
        .and_then(Value::as_array);
    let is_managed = |word: &Value| word == "MANAGED_INSTANCES";
    match wanted.is_some_and(|list| list.iter().any(is_managed)) {
        true => "awsvpc",
        false => "bridge",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

    fn body() -> Value {
        json!({
            "family": "web",
            "cpu": "256",
            "requiresCompatibilities": ["FARGATE", "EC2"],
            "containerDefinitions": [{
                "name": "web",
                "image": "web@sha256:1",
                "command": ["serve", "--all"],
                "portMappings": [{ "containerPort": 8080 }],
                "environment": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
                "healthCheck": { "command": ["CMD", "true"] },
                "mountPoints": [],
            }],
            "tags": [{ "key": "team", "value": "shop" }],
        })
    }

    fn described() -> Value {
        json!({
            "taskDefinition": {
                "taskDefinitionArn": ARN,
                "revision": 7,
                "status": "ACTIVE",
                "registeredAt": 1_767_225_600,
                "registeredBy": "somebody",
                "compatibilities": ["EC2", "FARGATE"],
                "requiresAttributes": [{ "name": "something" }],
                "family": "web",
                "cpu": "256",
                "networkMode": "bridge",
                "volumes": [],
                "placementConstraints": [],
                "requiresCompatibilities": ["EC2", "FARGATE"],
                "containerDefinitions": [{
                    "name": "web",
                    "image": "web@sha256:1",
                    "cpu": 0,
                    "essential": true,
                    "command": ["serve", "--all"],
                    "portMappings":
                        [{ "containerPort": 8080, "hostPort": 8080, "protocol": "tcp" }],
                    "environment": [{ "name": "B", "value": "2" }, { "name": "A", "value": "1" }],
                    "healthCheck":
                        { "command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3 },
                    "volumesFrom": [],
                }],
            },
            "tags": [
                { "key": "aws:created-by", "value": "somebody" },
                { "key": "team", "value": "shop" },
            ],
        })
    }

    fn is_found(body: &Value, described: &Value) -> bool {
        same_revision(body, described).is_some()
    }

    #[test]
    fn what_ecs_adds_and_reorders_makes_no_difference() {
        let found = same_revision(&body(), &described());
        assert_eq!(found, Some(TaskDefinitionArn::new(ARN)));
    }

    #[test]
    fn every_change_of_content_makes_another_revision() {
        let changes: &[(&str, Value)] = &[
            ("/family", json!("other")),
            ("/cpu", json!("512")),
            ("/networkMode", json!("awsvpc")),
            ("/taskRoleArn", json!("arn:aws:iam::1:role/more")),
            ("/requiresCompatibilities", json!(["EC2"])),
            ("/status", json!("INACTIVE")),
            ("/containerDefinitions/0/image", json!("web@sha256:2")),
            ("/containerDefinitions/0/essential", json!(false)),
            ("/containerDefinitions/0/user", json!("root")),
            ("/containerDefinitions/0/command", json!(["--all", "serve"])),
            ("/containerDefinitions/0/portMappings/0/hostPort", json!(80)),
            ("/containerDefinitions/0/environment/0/value", json!("3")),
            (
                "/containerDefinitions/0/environment",
                json!([{ "name": "A", "value": "1" }]),
            ),
            ("/containerDefinitions/0/healthCheck/retries", json!(9)),
            ("/containerDefinitions/1", json!({ "name": "sidecar" })),
        ];
        for (path, value) in changes {
            let mut described = described();
            let (parent, member) = path.rsplit_once('/').expect("a path");
            let parent = described["taskDefinition"].pointer_mut(parent);
            let parent = parent.expect("a member");
            if let Value::Array(elements) = parent {
                elements.push(value.clone());
            } else {
                parent[member] = value.clone();
            }
            assert!(!is_found(&body(), &described), "{path}");
        }
        let mut described = described();
        described["tags"][1]["value"] = json!("other");
        assert!(!is_found(&body(), &described), "tags");
    }

    #[test]
    fn a_comparison_shows_what_differs_and_nothing_that_ecs_adds() {
        let mut sent = body();
        sent["containerDefinitions"][0]
            .as_object_mut()
            .and_then(|container| container.remove("mountPoints"));
        sent["requiresCompatibilities"] = json!(["EC2", "FARGATE"]);
        assert_eq!(as_sent(&sent, &described()), sent);
        let mut described = described();
        described["taskDefinition"]["containerDefinitions"][0]["environment"][0]["value"] =
            json!("3");
        described["taskDefinition"]["containerDefinitions"][0]["user"] = json!("root");
        let shown = as_sent(&sent, &described);
        let container = &shown["containerDefinitions"][0];
        assert_eq!(container["user"], "root");
        assert_eq!(
            container["environment"][1],
            json!({ "name": "B", "value": "3" })
        );
        assert_eq!(shown["cpu"], "256");
    }

    #[test]
    fn a_member_that_ecs_did_not_keep_is_not_found_again() {
        let mut body = body();
        body["brandNew"] = json!(1);
        assert!(!is_found(&body, &described()));
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (sent, shown, expected) in [
            ("8080.0", "8080", true),
            ("8080.5", "8080", false),
            ("9007199254740993", "9007199254740992", false),
        ] {
            let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
            let (mut body, mut described) = (body(), described());
            body["brandNew"] = number(sent);
            described["taskDefinition"]["brandNew"] = number(shown);
            assert_eq!(is_found(&body, &described), expected, "{sent} {shown}");
        }
    }

    #[test]
    fn managed_instances_have_a_default_of_their_own() {
        let (mut body, mut described) = (body(), described());
        body["requiresCompatibilities"] = json!(["MANAGED_INSTANCES"]);
        let shown = &mut described["taskDefinition"];
        shown["requiresCompatibilities"] = json!(["MANAGED_INSTANCES"]);
        shown["networkMode"] = json!("awsvpc");
        assert!(is_found(&body, &described));
        described["taskDefinition"]["networkMode"] = json!("bridge");
        assert!(!is_found(&body, &described));
    }

    #[test]
    fn an_answer_without_the_facts_finds_nothing() {
        for answer in [json!(null), json!({}), json!({ "taskDefinition": {} })] {
            assert!(!is_found(&body(), &answer), "{answer}");
        }
    }
}
