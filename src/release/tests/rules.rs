//! ECS's rules as two tables of task definitions: accepted and refused ones.
//! Each row has a base, the values to set in it (`null` removes; `/c` and `/d`
//! are the first and second container), and the source of the verdict: `api`
//! and `model` are AWS's reference and botocore's model of 1.44.8, `guide` is a
//! page of the developer guide, `issue` a public report.
//!
//! The simulator also handles `RegisterTaskDefinition` for each row: it and the
//! checks must accept the same rows.

mod agreement;

use serde_json::{Map, Value, json};
use simulator::ecs::call;
use simulator::world::World;

use super::{Files, lines};
use crate::release::finding::Severity;
use crate::release::plan::check;

/// A task definition that is valid for this kind of capacity.
pub(super) fn base(name: &str) -> Value {
    let container = json!({
        "name": "web",
        "image": "<IMAGE1_NAME>",
        "portMappings": [{"containerPort": 8080}],
    });
    let mut value = match name {
        "fargate" | "windows" => json!({
            "family": "web",
            "executionRoleArn": "arn:aws:iam::111122223333:role/exec",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
        }),
        "managed" => json!({
            "family": "web",
            "requiresCompatibilities": ["MANAGED_INSTANCES"],
            "memory": "512",
        }),
        _ => json!({
            "family": "web",
            "requiresCompatibilities": ["EC2"],
            "networkMode": if name == "awsvpc" { "awsvpc" } else { "bridge" },
        }),
    };
    value["containerDefinitions"] = json!([container]);
    match name {
        "ec2" | "awsvpc" => value["containerDefinitions"][0]["memory"] = json!(256),
        "windows" => {
            value["runtimePlatform"] = json!({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"});
            value["cpu"] = json!("1024");
            value["memory"] = json!("2048");
        }
        _ => {}
    }
    value
}

/// Sets a value whose parent exists.
fn set(document: &mut Value, path: &str, value: &Value) {
    let path = match path.split_at(2) {
        ("/c", rest) if rest.starts_with('/') => format!("/containerDefinitions/0{rest}"),
        ("/d", _) => "/containerDefinitions/1".to_owned(),
        _ => path.to_owned(),
    };
    let (parent, member) = path.rsplit_once('/').expect("a path begins with /");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) if value.is_null() => {
            members.remove(member);
        }
        Some(Value::Object(members)) => {
            members.insert(member.to_owned(), value.clone());
        }
        Some(Value::Array(elements)) => elements.push(value.clone()),
        _ => panic!("{parent} is not there"),
    }
}

/// The findings for a task definition, and the simulator's response.
pub(super) struct Verdicts {
    pub(super) found: String,
    pub(super) is_refused: bool,
    pub(super) answer: Result<(), String>,
}

pub(super) fn verdicts(task_definition: &Value) -> Verdicts {
    let files = Files {
        taskdef: format!("{task_definition:#}").into_bytes(),
        ..Files::default()
    };
    let checked = check(&files.request(), &files.bundle());
    let of_the_file = |place: &Option<String>| place.as_deref() == Some("taskdef.json");
    let findings: Vec<_> = checked
        .findings
        .into_iter()
        .filter(|finding| of_the_file(&finding.place.file))
        // A row may set its own image.
        .filter(|finding| finding.place.position.is_some())
        .collect();
    let body = checked.task_definition.expect("it is an object");
    let mut world = World::new("2026-11-29T00:00:00Z".parse().expect("a time"));
    let answer = call(&mut world, "RegisterTaskDefinition", &body);
    Verdicts {
        is_refused: findings.iter().any(|f| f.severity == Severity::Error),
        found: lines(&findings),
        answer: answer
            .map(|_| ())
            .map_err(|error| format!("{}: {}", error.code, error.message)),
    }
}

/// The table with all messages for each row, and the rows whose verdict differs
/// from `refused`.
fn table(rows: &str, refused: bool) -> (String, Vec<String>) {
    let (mut said, mut off) = (String::new(), Vec::new());
    for row in rows.lines() {
        let (name, changes, _): (String, Map<String, Value>, String) =
            serde_json::from_str(row).unwrap_or_else(|error| panic!("{row}: {error}"));
        let mut task_definition = base(&name);
        for (path, value) in &changes {
            set(&mut task_definition, path, value);
        }
        let Verdicts {
            found,
            is_refused,
            answer,
        } = verdicts(&task_definition);
        if is_refused != refused || answer.is_err() != refused {
            off.push(format!("{row}\n  found: {found}\n  ECS: {answer:?}"));
        }
        said.push_str(&format!("{name} {}\n", Value::Object(changes)));
        for line in found.lines() {
            said.push_str(&format!("  {line}\n"));
        }
        if let Err(answer) = answer {
            said.push_str(&format!("  ECS: {answer}\n"));
        }
    }
    (said, off)
}

#[test]
fn what_aws_takes_is_never_refused() {
    let rows = include_str!("rules/legal.jsonl");
    assert!(rows.lines().count() >= 120);
    let (said, off) = table(rows, false);
    assert!(off.is_empty(), "\n{}", off.join("\n"));
    insta::assert_snapshot!("legal", said);
}

#[test]
fn what_aws_refuses_is_refused_with_its_place_and_a_remedy() {
    let rows = include_str!("rules/refused.jsonl");
    assert!(rows.lines().count() >= 120);
    let (said, off) = table(rows, true);
    assert!(off.is_empty(), "\n{}", off.join("\n"));
    insta::assert_snapshot!("refused", said);
}
