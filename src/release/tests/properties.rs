//! Properties of every release, whatever its files contain.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{APPSPEC, Files, TASKDEF, lines};
use crate::job::TaskDefinitionArn;
use crate::release::plan::check;

/// A marker in every value that must not be shown.
const SECRET: &str = "hunter2MARKER";

fn revision() -> TaskDefinitionArn {
    TaskDefinitionArn::new("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7")
}

/// Members of a task definition with unusual values, known and unknown.
fn any_members() -> impl Strategy<Value = Vec<(String, Value)>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é→]{0,12}".prop_map(Value::from),
        Just(Value::from("<IMAGE1_NAME> and <IMAGE2_NAME>")),
        Just(json!([])),
        Just(json!({})),
    ];
    let value = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z<>]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let name = prop_oneof![
        "[a-z]{1,6}",
        Just("revision".to_owned()),
        Just("tags".to_owned())
    ];
    prop::collection::vec((name, value), 0..5)
}

fn with_members(members: Vec<(String, Value)>) -> Files {
    let mut value: Value = serde_json::from_str(TASKDEF).expect("it is JSON");
    let object = value.as_object_mut().expect("it is an object");
    object.extend(members);
    Files {
        taskdef: value.to_string().into_bytes(),
        ..Files::default()
    }
}

fn rendered(files: &Files) -> Value {
    let checked = check(&files.request(), &files.bundle());
    checked.task_definition.expect("it is an object")
}

/// A file in which every string that could be a secret contains the marker.
fn full_of_secrets() -> String {
    let container = json!({
        "name": "web",
        "image": "<IMAGE1_NAME>",
        "portMappings": [{"containerPort": 8080}],
        "command": ["run", format!("--password={SECRET}"), format!("${{{SECRET}}}")],
        "entryPoint": [format!("${SECRET}")],
        "environment": [
            {"name": "A", "value": SECRET},
            {"name": "B", "value": format!("<{SECRET}>")},
            {"name": "C", "value": format!("{{{{ {SECRET} }}}}")},
            {"name": "D", "value": [SECRET]},
            {"name": "E", "value": {SECRET: SECRET}},
            {"key": "F", "Value": SECRET}
        ],
        "secrets": [{"name": "A", "value": SECRET}, {"name": "G", "ValueFrom": SECRET}],
        "dockerLabels": {"a": SECRET, "b": [SECRET]},
        "healthCheck": {"command": [SECRET]},
        "logConfiguration": {
            "logDriver": "splunk",
            "options": {"splunk-token": SECRET, "splunk-url": format!("<{SECRET}>")}
        }
    });
    let mut value: Value = serde_json::from_str(TASKDEF).expect("it is JSON");
    value["containerDefinitions"] = json!([container]);
    format!("{value:#}")
}

proptest! {
    #[test]
    fn rendering_its_own_output_changes_nothing(members in any_members()) {
        let once = rendered(&with_members(members));
        let again = Files { taskdef: once.to_string().into_bytes(), ..Files::default() };
        prop_assert_eq!(rendered(&again), once);
    }

    #[test]
    fn the_appspec_that_is_sent_reads_as_itself_in_json_and_yaml(
        port in 1_u16..,
        hooks in prop::sample::subsequence(crate::release::appspec::HOOKS.to_vec(), 0..=5),
        unknown in "[a-z]{6,9}",
        text in "[ -~é→]{0,12}",
        upper in any::<bool>(),
    ) {
        let key = |name: &str| if upper { name.to_uppercase() } else { name.to_owned() };
        let functions: Vec<Value> = hooks.iter().map(|hook| json!({key(hook): "check"})).collect();
        let properties = json!({
            key("TaskDefinition"): "<TASK_DEFINITION>",
            key("LoadBalancerInfo"): {key("ContainerName"): "web", key("ContainerPort"): port},
            unknown.clone(): {unknown.clone(): [text.clone()]},
        });
        let resource = json!({key("Type"): "AWS::ECS::Service", key("Properties"): properties});
        let written = json!({
            key("Resources"): [{"TargetService": resource}],
            key("Hooks"): functions,
        });
        let sent = |appspec: String| {
            let files = Files { appspec: appspec.into_bytes(), ..Files::default() };
            let checked = check(&files.request(), &files.bundle());
            let app_spec = checked.app_spec.expect("it can be read");
            app_spec.content(&revision()).json
        };
        let from_json = sent(written.to_string());
        prop_assert_eq!(&sent(format!("# YAML\n{written}")), &from_json);
        prop_assert_eq!(&sent(from_json.clone()), &from_json);
        let value: Value = serde_json::from_str(&from_json).expect("it is JSON");
        let properties = &value["Resources"][0]["TargetService"]["Properties"];
        prop_assert_eq!(&properties["LoadBalancerInfo"]["ContainerPort"], &json!(port));
        prop_assert_eq!(&properties[&unknown][&unknown][0], &json!(text));
        let sent_hooks = value["Hooks"].as_array().map_or(0, Vec::len);
        prop_assert_eq!(sent_hooks, hooks.len());
    }

    #[test]
    fn no_secret_is_repeated_however_broken_its_file_is(
        cuts in prop::collection::vec((0..2000_usize, 0..3_usize), 0..3),
    ) {
        let mut bytes = full_of_secrets().into_bytes();
        for (at, length) in cuts {
            let start = at.min(bytes.len());
            let end = (start + length).min(bytes.len());
            // A marker with missing characters could not be recognised.
            if !String::from_utf8_lossy(&bytes[start..end]).contains(|c| SECRET.contains(c)) {
                bytes.drain(start..end);
            }
        }
        let files = Files { taskdef: bytes, ..Files::default() };
        let shown = lines(&check(&files.request(), &files.bundle()).findings);
        prop_assert!(!shown.contains(SECRET), "{}", shown);
    }
}

#[test]
fn the_appspec_of_the_examples_is_sent_as_it_was_before() {
    let files = Files::default();
    let checked = check(&files.request(), &files.bundle());
    let sent = checked
        .app_spec
        .expect("it can be read")
        .content(&revision());
    let hooks = APPSPEC.contains("AfterInstall: smoke-test");
    assert!(
        hooks
            && sent
                .json
                .ends_with(r#""Hooks":[{"AfterInstall":"smoke-test"}]}"#)
    );
}
