//! The names that ECS takes, and its lists.

use serde_json::{Value, json};

use simulator::codedeploy::Fixture;
use simulator::ecs::call;
use simulator::world::World;

fn scene() -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    Fixture::default().build(&mut world).unwrap();
    world
}

#[test]
fn clusters_and_services_have_names_of_letters_digits_and_hyphens() {
    let mut world = scene();
    let mut code = |operation: &str, input: &Value| {
        let answer = call(&mut world, operation, input);
        answer.map_err(|error| error.code).err()
    };
    let refused = Some("InvalidParameterException");
    for (name, expected) in [
        ("a".repeat(255), None),
        ("a".repeat(256), refused),
        ("a_B-9".to_owned(), None),
        ("a b".to_owned(), refused),
        ("a/b".to_owned(), refused),
        (String::new(), refused),
    ] {
        let cluster = json!({ "clusterName": name });
        assert_eq!(
            code("CreateCluster", &cluster).as_deref(),
            expected,
            "{name}"
        );
        let service = json!({
            "cluster": "demo", "serviceName": name, "taskDefinition": "webapp",
        });
        assert_eq!(
            code("CreateService", &service).as_deref(),
            expected,
            "{name}"
        );
    }
}

#[test]
fn ten_services_are_on_a_page_unless_the_request_says_otherwise() {
    let mut world = scene();
    for number in 1..=10 {
        let request = json!({
            "cluster": "demo", "serviceName": format!("s{number}"), "taskDefinition": "webapp",
            "launchType": "EC2",
        });
        call(&mut world, "CreateService", &request).unwrap();
    }
    let mut list = |mut input: Value| {
        input["cluster"] = json!("demo");
        let answer = call(&mut world, "ListServices", &input).unwrap();
        let count = answer["serviceArns"].as_array().unwrap().len();
        (count, answer["nextToken"].is_string())
    };
    assert_eq!(list(json!({})), (10, true));
    assert_eq!(list(json!({ "maxResults": 100 })), (11, false));
    assert_eq!(list(json!({ "launchType": "FARGATE" })), (1, false));
    assert_eq!(list(json!({ "schedulingStrategy": "DAEMON" })), (0, false));
}

#[test]
fn tasks_are_found_by_their_launch_type() {
    let mut world = scene();
    for (launch_type, count) in [("FARGATE", 2), ("EC2", 0)] {
        let input = json!({ "cluster": "demo", "launchType": launch_type });
        let answer = call(&mut world, "ListTasks", &input).unwrap();
        assert_eq!(answer["taskArns"].as_array().unwrap().len(), count);
    }
}
