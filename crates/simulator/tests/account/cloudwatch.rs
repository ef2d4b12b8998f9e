//! Alarms.

use serde_json::{Value, json};
use simulator::cloudwatch::{AlarmState, call};
use simulator::world::World;

fn names(world: &World, input: &Value) -> (Vec<String>, Value) {
    let answer = call(world, "DescribeAlarms", input).unwrap();
    let alarms = answer["MetricAlarms"].as_array().unwrap().iter();
    let names = alarms.map(|it| it["AlarmName"].as_str().unwrap().to_owned());
    (names.collect(), answer["NextToken"].clone())
}

#[test]
fn alarms_are_found_by_name_prefix_and_state_and_by_pages() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    for (name, state) in [
        ("api-errors", AlarmState::Alarm),
        ("web-errors", AlarmState::Ok),
        ("web-latency", AlarmState::Alarm),
    ] {
        world.set_alarm(name, state);
    }
    let found = |input: Value| names(&world, &input).0;
    assert_eq!(
        found(json!({ "AlarmNames": ["web-errors", "none"] })),
        ["web-errors"]
    );
    assert_eq!(
        found(json!({ "AlarmNamePrefix": "web-" })),
        ["web-errors", "web-latency"]
    );
    assert_eq!(
        found(json!({ "AlarmNamePrefix": "web-", "StateValue": "ALARM" })),
        ["web-latency"]
    );
    assert_eq!(found(json!({ "AlarmTypes": ["CompositeAlarm"] })), [""; 0]);
    let both = json!({ "AlarmTypes": ["CompositeAlarm", "MetricAlarm"] });
    assert_eq!(found(both).len(), 3);
    let (first, next) = names(&world, &json!({ "MaxRecords": 2 }));
    assert_eq!(first, ["api-errors", "web-errors"]);
    let (last, next) = names(&world, &json!({ "MaxRecords": 2, "NextToken": next }));
    assert_eq!((last, next), (vec!["web-latency".to_owned()], Value::Null));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let code = |input: Value| {
        let answer = call(&world, "DescribeAlarms", &input);
        answer.map_err(|error| error.code).err()
    };
    assert_eq!(code(json!({ "AlarmNames": vec!["a"; 100] })), None);
    assert_eq!(code(json!({ "MaxRecords": 100 })), None);
    let refused = Some("ValidationError".to_owned());
    assert_eq!(code(json!({ "AlarmNames": vec!["a"; 101] })), refused);
    let both = json!({ "AlarmNames": ["a"], "AlarmNamePrefix": "a" });
    assert_eq!(code(both), refused);
    for records in [0, 101] {
        assert_eq!(code(json!({ "MaxRecords": records })), refused);
    }
    let token = code(json!({ "NextToken": "x" }));
    assert_eq!(token.as_deref(), Some("InvalidNextToken"));
}
