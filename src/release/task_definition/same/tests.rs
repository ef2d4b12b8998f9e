//! What ECS shows, compared with what was sent.

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
                    [{ "containerPort": 8080, "hostPort": 0, "protocol": "tcp" }],
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
        (
            "/containerDefinitions/0/portMappings/0/hostPort",
            json!(8080),
        ),
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
fn a_port_of_the_host_is_the_containers_where_they_share_a_network() {
    for mode in ["awsvpc", "host"] {
        let (mut body, mut described) = (body(), described());
        body["networkMode"] = json!(mode);
        let shown = &mut described["taskDefinition"];
        shown["networkMode"] = json!(mode);
        let port = "/containerDefinitions/0/portMappings/0/hostPort";
        *shown.pointer_mut(port).expect("a port") = json!(8080);
        assert!(is_found(&body, &described), "{mode}");
    }
}

#[test]
fn an_order_that_decides_makes_another_revision() {
    let cases = [
        ("environmentFiles", "type", "value", ["a.env", "b.env"]),
        (
            "extraHosts",
            "hostname",
            "ipAddress",
            ["10.0.0.1", "10.0.0.2"],
        ),
        ("systemControls", "namespace", "value", ["1", "2"]),
        ("volumesFrom", "readOnly", "sourceContainer", ["b", "c"]),
        ("environment", "name", "value", ["1", "2"]),
        ("secrets", "name", "valueFrom", ["one", "two"]),
    ];
    for (list, key, member, [first, second]) in cases {
        let element = |value: &str| json!({ key: "A", member: value });
        let with = |order: [&str; 2]| {
            let mut body = body();
            body["containerDefinitions"][0][list] = order.map(element).to_vec().into();
            body
        };
        let mut described = described();
        let container = &mut described["taskDefinition"]["containerDefinitions"][0];
        container[list] = [first, second].map(element).to_vec().into();
        assert!(is_found(&with([first, second]), &described), "{list}");
        assert!(!is_found(&with([second, first]), &described), "{list}");
    }
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
    described["taskDefinition"]["containerDefinitions"][0]["environment"][0]["value"] = json!("3");
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
