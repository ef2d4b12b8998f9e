//! Validates JSON against a schema. Supports the part of JSON Schema that our
//! schemas use; an unsupported keyword is an error.

use serde_json::Value;

/// The violations of the schema, each with its place.
pub(crate) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(schema, value, "$", &mut problems);
    problems
}

fn check(schema: &Value, value: &Value, place: &str, problems: &mut Vec<String>) {
    let keywords = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$schema" | "title" | "description" => {}
            "const" if rule == value => {}
            "enum" if rule.as_array().expect("values").contains(value) => {}
            "const" | "enum" => problems.push(format!("{place}: {value} is not {rule}")),
            "type" => {
                if !is_of(rule.as_str().expect("a type"), value) {
                    problems.push(format!("{place}: {value} is not of type {rule}"));
                }
            }
            "required" => {
                let names = rule.as_array().expect("names").iter();
                let missing =
                    names.filter(|name| value.get(name.as_str().expect("a name")).is_none());
                problems.extend(missing.map(|name| format!("{place}: {name} is missing")));
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(n, item)| check(rule, item, &format!("{place}[{n}]"), problems));
            }
            "properties" => {}
            "additionalProperties" => further(schema, rule, value, place, problems),
            other => panic!("{place}: the keyword {other} is not known here"),
        }
    }
    let members = value.as_object().into_iter().flatten();
    for (name, member) in members {
        if let Some(schema) = schema["properties"].get(name) {
            check(schema, member, &format!("{place}.{name}"), problems);
        }
    }
}

/// Members that the schema does not name.
fn further(schema: &Value, rule: &Value, value: &Value, place: &str, problems: &mut Vec<String>) {
    let members = value.as_object().into_iter().flatten();
    for (name, member) in members.filter(|(name, _)| schema["properties"].get(name).is_none()) {
        if *rule == Value::Bool(false) {
            problems.push(format!("{place}: {name} is not known"));
        } else {
            check(rule, member, &format!("{place}.{name}"), problems);
        }
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type {other} is not known here"),
    }
}

#[test]
fn what_is_not_as_the_schema_says_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": {
            "a": { "enum": ["x", "y"] },
            "b": { "type": "array", "items": { "type": "integer" } },
            "c": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    });
    let of = |value: Value| problems(&schema, &value);
    let good = serde_json::json!({ "a": "x", "b": [1], "c": { "k": "v" } });
    assert_eq!(of(good), [""; 0]);
    let bad = serde_json::json!({ "b": [1, "2"], "c": { "k": 3 }, "d": null });
    assert_eq!(
        of(bad),
        [
            "$: \"a\" is missing",
            "$: d is not known",
            "$.b[1]: \"2\" is not of type \"integer\"",
            "$.c.k: 3 is not of type \"string\"",
        ]
    );
    assert_eq!(of(serde_json::json!({ "a": "z" })).len(), 1);
    assert_eq!(of(serde_json::json!([])).len(), 2);
}
