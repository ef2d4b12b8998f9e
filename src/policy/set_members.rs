//! `--set pipeline.name=shop`: sets members of the document from the command
//! line.

use rego::syntax::Step;
use rego::unless;
use serde_json::{Map, Value};

use super::schema::Schema;

/// The longest path. Nothing in the document is deeper.
const MAX_STEPS: usize = 32;

/// The largest size to which an array is extended.
const MAX_INDEX: usize = 1_000;

/// Members whose entry in `absent` is removed when one of them is set.
const EXPLAINED: [&str; 4] = ["appSpec", "deployment", "service", "previous"];

/// A value that was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--set {given}: {why}")]
pub struct NotSet {
    given: String,
    why: String,
}

/// Sets members of a document, each given as `path=value`. The path is dotted,
/// with an index as a name or in brackets. The value is JSON, or otherwise a
/// string.
///
/// # Errors
///
/// Each that names no member of the document, or gives it a value of another
/// type.
pub fn set_members(document: &mut Value, given: &[String]) -> Result<(), Vec<NotSet>> {
    let set = |one: &String| {
        let given = one.clone();
        let why = set_member(document, one).err()?;
        Some(NotSet { given, why })
    };
    let problems: Vec<NotSet> = given.iter().filter_map(set).collect();
    unless(problems, ())
}

fn set_member(document: &mut Value, given: &str) -> Result<(), String> {
    let (path, text) = given
        .split_once('=')
        .ok_or("it is not written like pipeline.name=shop")?;
    let names: Vec<&str> = path
        .split(['.', '[', ']'])
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() || names.len() > MAX_STEPS {
        return Err("a path such as pipeline.name is expected before the =".into());
    }
    let mut schema = Schema::document();
    for (depth, name) in names.iter().enumerate() {
        let step = match name.parse::<usize>() {
            Ok(_) if schema.kind() != Some("object") => Step::Any,
            Ok(_) | Err(_) => Step::Name((*name).to_owned()),
        };
        schema = schema.step(&step).ok_or_else(|| {
            let parent = match depth {
                0 => "the document".to_owned(),
                _ => format!("`{}`", names[..depth].join(".")),
            };
            format!(
                "{parent} has no member `{name}`; {}",
                schema.suggestion(name)
            )
        })?;
    }
    let value = value(schema, text)?;
    insert(document, &names, value)?;
    let Some(absent) = document.get_mut("absent").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    // The names of the target are always present. The reason that the rest of
    // the deployment is absent remains true until some of it is set.
    let is_known_anyway = matches!(
        names.as_slice(),
        [
            "deployment",
            "engine" | "application" | "group" | "cluster" | "service"
        ]
    );
    if EXPLAINED.contains(&names[0]) && !is_known_anyway {
        absent.remove(names[0]);
    }
    Ok(())
}

/// Parses a value as the type that the schema has for the member.
fn value(schema: Schema<'_>, text: &str) -> Result<Value, String> {
    let json = serde_json::from_str::<Value>(text);
    if schema.kind() == Some("string") {
        // An account number is a string.
        let value = match json {
            Ok(Value::String(value)) => value,
            Ok(_) | Err(_) => text.to_owned(),
        };
        return match schema.words() {
            Some(words) if !words.contains(&value.as_str()) => {
                let nearest = crate::job::nearest(&value, words.iter().copied());
                let meant = nearest.map_or_else(String::new, |it| format!("did you mean {it}? "));
                Err(format!("{meant}it is one of {}", words.join(", ")))
            }
            Some(_) | None => Ok(value.into()),
        };
    }
    let value = json.unwrap_or_else(|_| text.into());
    let is_right = match schema.kind() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.as_i64().is_some(),
        Some("number") => value.is_number(),
        Some(_) | None => true,
    };
    match (is_right, schema.kind()) {
        (false, Some(kind)) => Err(format!("it is of the type {kind}, written as JSON")),
        (true, _) | (false, None) => Ok(value),
    }
}

fn insert(document: &mut Value, names: &[&str], value: Value) -> Result<(), String> {
    let [name, rest @ ..] = names else {
        *document = value;
        return Ok(());
    };
    let index = name.parse::<usize>();
    let member = match (document, index) {
        (Value::Array(elements), Ok(index)) if index < MAX_INDEX => {
            if index >= elements.len() {
                elements.resize(index + 1, Value::Null);
            }
            &mut elements[index]
        }
        (Value::Array(_), _) => return Err(format!("`{name}` is not an index of an array")),
        (Value::Object(members), _) => members.entry((*name).to_owned()).or_insert(Value::Null),
        (null @ Value::Null, _) => {
            *null = Value::Object(Map::new());
            return insert(null, names, value);
        }
        (Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {
            return Err(format!(
                "what has the member `{name}` is not an object here"
            ));
        }
    };
    insert(member, rest, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EXAMPLE: &str = include_str!("../../policies/input.example.json");

    fn example() -> Value {
        serde_json::from_str(EXAMPLE).expect("JSON")
    }

    fn with(given: &[&str]) -> Result<Value, Vec<NotSet>> {
        let mut document = example();
        document["absent"] = json!({"deployment": "AWS was not asked", "service": "no"});
        let given: Vec<String> = given.iter().map(|one| (*one).to_owned()).collect();
        set_members(&mut document, &given).map(|()| document)
    }

    #[test]
    fn members_are_set_as_json_or_as_text() {
        let document = with(&[
            "pipeline.name=shop",
            "pipeline.account=111122223333",
            "deployment.alarms=[\"high\"]",
            "taskDefinition.containerDefinitions[0].user=root",
            "taskDefinition.cpu=512",
            "taskDefinition.containerDefinitions.0.privileged=true",
            "service.networking.assignPublicIp=ENABLED",
            "images.WEB.uri=nginx:1",
            "pipeline.configuration.Options=WhenBusy=Fail",
        ])
        .expect("all are there");
        assert_eq!(document["pipeline"]["name"], "shop");
        assert_eq!(document["pipeline"]["account"], "111122223333");
        assert_eq!(document["deployment"]["alarms"], json!(["high"]));
        assert_eq!(document["taskDefinition"]["cpu"], "512");
        let container = &document["taskDefinition"]["containerDefinitions"][0];
        assert_eq!(
            (&container["user"], &container["privileged"]),
            (&json!("root"), &json!(true))
        );
        assert_eq!(
            document["pipeline"]["configuration"]["Options"],
            "WhenBusy=Fail"
        );
        assert_eq!(document["images"]["WEB"]["uri"], "nginx:1");
        // A member that was set is no longer absent.
        assert_eq!(document["absent"], json!({}));
        for name in ["engine=ecs", "group=other", "service=other"] {
            let named = with(&[&format!("deployment.{name}")]).expect("it is there");
            assert_eq!(named["absent"]["deployment"], "AWS was not asked");
        }
    }

    #[test]
    fn what_is_no_member_is_refused_with_what_was_probably_meant() {
        for (given, expected) in [
            (
                "pipeline.nmae=x",
                "`pipeline` has no member `nmae`; did you mean `name`?",
            ),
            (
                "pipelin.name=x",
                "the document has no member `pipelin`; did you mean `pipeline`?",
            ),
            (
                "taskDefinition.containerDefinition=[]",
                "did you mean `containerDefinitions`?",
            ),
            ("pipeline", "not written like pipeline.name=shop"),
            ("=x", "a path such as pipeline.name"),
            ("deployment.alarms=high", "of the type array"),
            ("deployment.hasTestListener=yes", "of the type boolean"),
            ("deployment.stepPercent=ten", "of the type number"),
            (
                "deployment.engine=ECS",
                "did you mean ecs? it is one of codedeploy, ecs",
            ),
            (
                "config.whenBusy=wait",
                "did you mean Wait? it is one of Wait, Fail",
            ),
            ("deployment.alarms.1000=x", "`1000` is not an index"),
        ] {
            let problems = with(&[given]).expect_err(given);
            assert!(
                problems.len() == 1 && problems[0].to_string().contains(expected),
                "{given}: {problems:?}"
            );
        }
        assert!(with(&["deployment.alarms.999=x"]).is_ok());
    }
}
