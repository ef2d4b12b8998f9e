//! Log groups.

use serde_json::{Value, json};
use simulator::logs::call;
use simulator::world::World;

/// Longest name of a log group, in characters.
const MAX_NAME: usize = 512;

#[test]
fn log_groups_are_found_by_prefix_in_order_and_by_pages() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    for name in ["/ecs/web-2", "/ecs/web", "/ecs/web/a", "/ecs/api"] {
        let made = call(
            &mut world,
            "CreateLogGroup",
            &json!({ "logGroupName": name }),
        );
        assert_eq!(made.unwrap(), Value::Null);
    }
    let mut list = |input: Value| call(&mut world, "DescribeLogGroups", &input).unwrap();
    let names = |answer: &Value| -> Vec<String> {
        let groups = answer["logGroups"].as_array().unwrap().iter();
        groups
            .map(|it| it["logGroupName"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = list(json!({ "logGroupNamePrefix": "/ecs/web", "limit": 2 }));
    assert_eq!(names(&first), ["/ecs/web", "/ecs/web-2"]);
    let next = &first["nextToken"];
    let last = list(json!({ "logGroupNamePrefix": "/ecs/web", "limit": 2, "nextToken": next }));
    assert_eq!(names(&last), ["/ecs/web/a"]);
    assert_eq!(last.get("nextToken"), None);
    assert_eq!(
        names(&list(json!({ "logGroupNamePrefix": "/none" }))),
        [""; 0]
    );
}

#[test]
fn names_and_limits_are_checked() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let mut code = |operation: &str, input: Value| {
        call(&mut world, operation, &input).map_err(|error| error.code)
    };
    let long = "a".repeat(MAX_NAME);
    assert!(code("CreateLogGroup", json!({ "logGroupName": long })).is_ok());
    let longer = "a".repeat(MAX_NAME + 1);
    let invalid = Err("InvalidParameterException".to_owned());
    for name in [longer.as_str(), "", "a b"] {
        let input = json!({ "logGroupName": name });
        assert_eq!(code("CreateLogGroup", input), invalid, "{name}");
    }
    let again = code("CreateLogGroup", json!({ "logGroupName": long }));
    assert_eq!(again, Err("ResourceAlreadyExistsException".to_owned()));
    for input in [
        json!({ "limit": 0 }),
        json!({ "limit": 51 }),
        json!({ "nextToken": "x" }),
    ] {
        assert_eq!(code("DescribeLogGroups", input.clone()), invalid, "{input}");
    }
    assert!(code("DescribeLogGroups", json!({ "limit": 50 })).is_ok());
}
