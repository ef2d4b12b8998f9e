//! The checks and the simulator agree on everything that AWS's model accepts: a
//! request that botocore accepts and no rule covers is registered.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{base, verdicts};

/// botocore's model of the request, as used by the simulator.
const MODEL: &str =
    include_str!("../../../../crates/simulator/src/ecs/register_task_definition.json");

/// Strings that are meaningful somewhere, and some that are not.
const TEXTS: [&str; 34] = [
    "",
    "a",
    "web",
    "web:1",
    "Web",
    "a b",
    "x_y-z",
    "AWS_REGION",
    "eu-west-1",
    "/data",
    "/",
    "80",
    "512",
    "1 vCPU",
    "1GB",
    "2 tb",
    "8000-8010",
    "8010-8000",
    "CMD",
    "CMD-SHELL",
    "curl",
    "ALL",
    "SYS_PTRACE",
    "NET_ADMIN",
    "aws:x",
    "arn:aws:iam::111122223333:role/a",
    "arn:aws:iam::111122223333:user/a",
    "arn:aws:s3:::b/a.env",
    "arn:aws:s3:::b/a.txt",
    "arn:aws:ssm:eu-west-1:111122223333:parameter/a",
    "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1",
    "111122223333.dkr.ecr..amazonaws.com/web:1",
    "awslogs-stream-prefix",
    "ä;",
];

const NUMBERS: [i64; 20] = [
    -1, 0, 1, 2, 5, 20, 21, 50, 59, 60, 61, 80, 100, 101, 120, 121, 512, 8080, 65_535, 65_536,
];

/// Options of log drivers and routers, which the model does not specify.
const KEYS: [&str; 7] = [
    "awslogs-group",
    "awslogs-region",
    "awslogs-stream-prefix",
    "mode",
    "log_key",
    "config-file-type",
    "splunk-token",
];

fn model() -> Value {
    serde_json::from_str(MODEL).expect("the model is JSON")
}

/// A value that the model accepts.
fn value(shape: &Value) -> BoxedStrategy<Value> {
    if let Some(members) = shape["members"].as_object() {
        let required: Vec<&str> = list(&shape["required"]);
        let members: Vec<_> = members
            .iter()
            .map(|(name, shape)| {
                let likely = if required.contains(&name.as_str()) {
                    0.95
                } else {
                    0.4
                };
                let value = prop::option::weighted(likely, value(shape));
                value.prop_map({
                    let name = name.clone();
                    move |value| (name.clone(), value)
                })
            })
            .collect();
        let object = |members: Vec<(String, Option<Value>)>| {
            let members = members.into_iter();
            let given = members.filter_map(|(name, value)| Some((name, value?)));
            Value::Object(given.collect())
        };
        return members.prop_map(object).boxed();
    }
    if let Some(element) = shape.get("list") {
        return prop::collection::vec(value(element), 0..3)
            .prop_map(Value::from)
            .boxed();
    }
    if let Some(inner) = shape.get("map") {
        let key = prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned);
        return prop::collection::btree_map(key, value(inner), 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed();
    }
    match shape.as_str().or(shape["type"].as_str()) {
        Some("integer") => prop::sample::select(NUMBERS.to_vec())
            .prop_map(Value::from)
            .boxed(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        _ => {
            let words: Vec<String> = match shape.get("enum") {
                Some(words) => list(words).into_iter().map(str::to_owned).collect(),
                None => TEXTS.map(str::to_owned).to_vec(),
            };
            prop::sample::select(words).prop_map(Value::from).boxed()
        }
    }
}

fn list(value: &Value) -> Vec<&str> {
    let elements = value.as_array().into_iter().flatten();
    elements.filter_map(Value::as_str).collect()
}

/// A valid task definition with some members replaced.
fn any_task_definition() -> impl Strategy<Value = Value> {
    let model = model();
    let members = |shape: &Value| -> Vec<(String, Value)> {
        let members = shape["members"].as_object().expect("an object");
        members.clone().into_iter().collect()
    };
    let of_task: Vec<_> = members(&model)
        .into_iter()
        .filter(|(name, _)| name != "containerDefinitions")
        .collect();
    let of_container = members(&model["members"]["containerDefinitions"]["list"]);
    let one_of = |members: Vec<(String, Value)>| {
        prop::sample::select(members).prop_flat_map(|(name, shape)| (Just(name), value(&shape)))
    };
    let bases = ["fargate", "ec2", "awsvpc", "windows", "managed"];
    (
        prop::sample::select(bases.to_vec()),
        prop::collection::vec(one_of(of_task), 0..3),
        prop::collection::vec(one_of(of_container), 0..3),
    )
        .prop_map(|(name, of_task, of_container)| {
            let mut task_definition = base(name);
            let extend = |object: &mut Value, members: Vec<(String, Value)>| {
                let object = object.as_object_mut().expect("an object");
                object.extend(members);
            };
            extend(
                &mut task_definition["containerDefinitions"][0],
                of_container,
            );
            extend(&mut task_definition, of_task);
            task_definition
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_checks_and_the_simulator_refuse_the_same(task_definition in any_task_definition()) {
        let said = verdicts(&task_definition);
        prop_assert_eq!(
            said.is_refused,
            said.answer.is_err(),
            "{:#}\nfound: {}\nECS: {:?}",
            task_definition,
            said.found,
            said.answer
        );
    }
}

#[test]
fn every_member_of_the_model_is_known() {
    /// A value with every member set.
    fn whole(shape: &Value) -> Value {
        if let Some(members) = shape["members"].as_object() {
            let members = members.iter();
            let members: Map<String, Value> = members
                .map(|(name, shape)| (name.clone(), whole(shape)))
                .collect();
            return Value::Object(members);
        }
        if let Some(element) = shape.get("list") {
            return json!([whole(element)]);
        }
        if shape.get("map").is_some() {
            return json!({"a": "b"});
        }
        match shape.as_str().or(shape["type"].as_str()) {
            Some("integer") => json!(1),
            Some("boolean") => json!(true),
            _ => shape["enum"].get(0).cloned().unwrap_or(json!("text")),
        }
    }
    let found = verdicts(&whole(&model())).found;
    for word in ["is not known", "ECS takes a", "missing"] {
        let lines: Vec<&str> = found.lines().filter(|line| line.contains(word)).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
