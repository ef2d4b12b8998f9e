//! The document with all members equals the documented example, and the schema
//! has exactly its members.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::release::appspec::AppSpec;
use crate::release::bundle::Bundle;
use crate::release::finding::Findings;
use crate::release::preflight::Platform;
use crate::release::target::{Networking, TaskSet};

const EXAMPLE: &str = include_str!("../../policies/input.example.json");
const SCHEMA: &str = include_str!("../../policies/input.schema.json");
const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1.4@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn text(name: &str) -> String {
    let path = format!("{}/examples/webapp/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("an example file")
}

fn configuration() -> BTreeMap<String, String> {
    let action: Value = serde_json::from_str(&text("action.json")).expect("JSON");
    serde_json::from_value(action["configuration"].clone()).expect("texts")
}

fn full() -> Value {
    let configuration = configuration();
    let request = Request::parse(&configuration, &["SourceOutput", "BuildOutput"]);
    let request = request.expect("the example is in order");
    let task_definition = text("taskdef.json").replace("<IMAGE1_NAME>", IMAGE);
    let task_definition: Value = serde_json::from_str(&task_definition).expect("JSON");
    let mut bundle = Bundle::default();
    let app_spec = text("appspec.yaml").into_bytes();
    let file = request.app_spec.clone().expect("version 1 has one");
    bundle.files.insert(file.clone(), Ok(app_spec));
    let app_spec = AppSpec::read(
        &bundle,
        &file,
        request.options.task_definition,
        &mut Findings::default(),
    );
    let pipeline = PipelineContext {
        pipeline: "webapp-prod".into(),
        stage: "Deploy".into(),
        action: "Release".into(),
        pipeline_arn: Some("arn:aws:codepipeline:eu-west-1:111122223333:webapp-prod".into()),
        pipeline_execution: Some("c2ae7f8a-3b1d-4f4e-9d2b-0d6a51f0e1c7".into()),
        action_execution: Some("5b0a7c9e-6e0b-4d3c-8a4f-2f1e7d9b3a60".into()),
    };
    let group = Group {
        deployment_config: Some("CodeDeployDefault.ECSLinear10PercentEvery1Minutes".into()),
        services: vec![ServiceName {
            cluster: "prod".into(),
            service: "webapp".into(),
        }],
        termination_wait: Duration::from_secs(300),
        alarms: vec!["webapp-5xx".into()],
        auto_rollback: vec!["DEPLOYMENT_FAILURE".into(), "DEPLOYMENT_STOP_ON_ALARM".into()],
        target_groups: vec!["webapp-blue".into(), "webapp-green".into()],
        listeners: vec!["arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/webapp/50dc6c495c0c9188/f2f7dc8efc522ab2".into()],
        has_test_listener: true,
        ..Group::of(request.target.clone())
    };
    let service = Service {
        launch_type: Some("FARGATE".into()),
        desired_count: 2,
        platform_version: Some("1.4.0".into()),
        networking: Some(Networking {
            subnets: vec!["subnet-0a1b2c3d".into()],
            security_groups: vec!["sg-0a1b2c3d".into()],
            assign_public_ip: "DISABLED".into(),
        }),
        task_sets: vec![TaskSet {
            status: "PRIMARY".into(),
            capacity_providers: vec![
                json!({"capacityProvider": "FARGATE", "weight": 1, "base": 0}),
            ],
            ..TaskSet::default()
        }],
        ..Service::default()
    };
    let mut running = task_definition.clone();
    running["revision"] = json!(41);
    let found = RegistryAnswer::Found {
        digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        platforms: vec![Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
        }],
    };
    document(&Subject {
        task_definition: &task_definition,
        app_spec: app_spec.as_ref(),
        images: &[("IMAGE1_NAME".into(), IMAGE.into())],
        request: &request,
        pipeline: &pipeline,
        account: Some("111122223333"),
        configuration: &configuration,
        registries: &BTreeMap::from([("IMAGE1_NAME".to_owned(), found)]),
        group: Some(&group),
        service: Some(&service),
        previous: &Previous::Known(json!({"taskDefinition": running, "tags": []})),
        now: "2026-12-01T09:30:00Z".parse().expect("a time"),
    })
}

#[test]
fn the_example_is_the_whole_document() {
    let example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let full = full();
    assert_eq!(full, example, "this is what it should be:\n{full:#}");
}

/// Collects the names of members that only one of the two has.
fn compare(document: &Value, schema: &Value, at: &str, differences: &mut Vec<String>) {
    let (Some(members), Some(known)) = (document.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for name in members.keys().filter(|name| !known.contains_key(*name)) {
        differences.push(format!("{at}.{name} is not in the schema"));
    }
    for (name, described) in known {
        match members.get(name) {
            Some(member) => compare(member, described, &format!("{at}.{name}"), differences),
            None => differences.push(format!("{at}.{name} is not in the example")),
        }
    }
}

#[test]
fn the_schema_knows_exactly_the_examples_members() {
    let example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut example = example;
    // Each is present only if its member is not.
    example["absent"] =
        json!({"deployment": "", "service": "", "previous": "", "environmentValues": ""});
    let mut differences = Vec::new();
    compare(&example, &schema, "input", &mut differences);
    let image = &schema["properties"]["images"]["additionalProperties"];
    let name = "input.images.IMAGE1_NAME";
    compare(
        &example["images"]["IMAGE1_NAME"],
        image,
        name,
        &mut differences,
    );
    assert_eq!(differences, [""; 0]);
}

#[test]
fn what_is_not_known_says_why() {
    let why = |previous: Previous| previous.absence().map(str::to_owned);
    let denied = Previous::Unknown {
        why: "ecs:DescribeTaskDefinition: AccessDeniedException".into(),
    };
    assert!(why(denied).is_some_and(|why| why.contains("AccessDenied")));
    assert_eq!(why(Previous::NotAsked).as_deref(), Some(NOT_ASKED));
    assert!(why(Previous::None).is_some());
    assert_eq!(why(Previous::Known(json!({}))), None);
}

/// The document that an artifact's own rules see.
fn shown_to_own_rules(options: &str) -> Value {
    let mut configuration = configuration();
    configuration.insert("Options".into(), options.into());
    let request = Request::parse(&configuration, &["SourceOutput", "BuildOutput"]);
    let request = request.expect("the example is in order");
    let environment = json!([{"name": "TOKEN", "value": "hunter2"}]);
    let task_definition = json!({"containerDefinitions": [{"environment": environment}]});
    let document = document(&Subject {
        task_definition: &task_definition,
        app_spec: None,
        images: &[],
        request: &request,
        pipeline: &PipelineContext::default(),
        account: None,
        configuration: &configuration,
        registries: &BTreeMap::new(),
        group: None,
        service: None,
        previous: &Previous::Known(json!({"taskDefinition": {"family": "of-others"}})),
        now: "2026-12-01T09:30:00Z".parse().expect("a time"),
    });
    own_document(&document, request.options.task_definition)
}

#[test]
fn an_artifacts_own_rules_see_nothing_of_others() {
    let container = "/taskDefinition/containerDefinitions/0/environment";
    let registers = shown_to_own_rules("WhenBusy=Wait");
    let own = json!([{"name": "TOKEN", "value": "hunter2"}]);
    assert_eq!(registers.pointer(container), Some(&own));
    let named = shown_to_own_rules("TaskDefinition=FromAppSpec");
    assert_eq!(named.pointer(container), Some(&json!([{"name": "TOKEN"}])));
    assert!(named["absent"]["environmentValues"].is_string());
    for document in [registers, named] {
        assert_eq!(document.get("previous"), None);
        assert!(document["absent"]["previous"].is_string());
        assert!(!document.to_string().contains("of-others"));
    }
}
