//! Bundles that differ from the examples; the account is adapted to them.

use std::fs;
use std::path::Path;

use super::play::{QUICK, rehearse};

const IMAGE: &str = r#"{ "ImageURI": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:7" }"#;

/// Rehearses a bundle of these two files, with an image.
fn played(task_definition: &str, app_spec: &str) -> super::play::Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file");
    };
    write("taskdef.json", task_definition);
    write("appspec.yaml", app_spec);
    write("imageDetail.json", IMAGE);
    let bundle: &Path = folder.path();
    let bundle = bundle.to_str().expect("text");
    let mut words = vec![bundle, "--serve", "--speed", "120"];
    words.extend(QUICK);
    rehearse(&words)
}

fn task_definition(containers: &str) -> String {
    format!(
        r#"{{ "family": "shop", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
             "requiresCompatibilities": ["FARGATE"],
             "executionRoleArn": "arn:aws:iam::111122223333:role/exec",
             "containerDefinitions": [{containers}] }}"#
    )
}

const WEB: &str = r#"{ "name": "web", "image": "<IMAGE1_NAME>", "essential": true,
                       "portMappings": [{ "containerPort": 3000 }] }"#;

const LIVE: [&str; 2] = ["shop:1 is live", ", of which 0 failed"];

#[test]
fn a_second_container_takes_no_traffic() {
    let sidecar = r#"{ "name": "proxy", "image": "public.ecr.aws/envoy:v1", "essential": true }"#;
    let app_spec = "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      \
                    Properties:\n        TaskDefinition: <TASK_DEFINITION>\n        \
                    LoadBalancerInfo: { ContainerName: web, ContainerPort: 3000 }\n";
    played(&task_definition(&format!("{sidecar}, {WEB}")), app_spec).with(0, &LIVE);
}

#[test]
fn a_resource_may_have_any_name_and_hooks_may_be_missing() {
    let app_spec = r#"{ "version": 0.0, "Resources": [{ "ShopInTheMall": {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "TaskDefinition": "",
            "LoadBalancerInfo": { "ContainerName": "web", "ContainerPort": 3000 } } } }] }"#;
    let ended = played(&task_definition(WEB), app_spec).with(0, &LIVE);
    assert!(
        !ended.out.contains("AfterAllowTestTraffic  Failed"),
        "{}",
        ended.out
    );
}

#[test]
fn a_port_that_is_written_as_text_is_a_port() {
    let app_spec = "version: '0.0'\nResources:\n- TargetService:\n    Type: AWS::ECS::Service\n    \
                    Properties:\n      TaskDefinition: <TASK_DEFINITION>\n      LoadBalancerInfo:\n        \
                    ContainerName: web\n        ContainerPort: '3000'\n";
    played(&task_definition(WEB), app_spec).with(0, &LIVE);
}

#[test]
fn what_asks_for_nothing_runs_on_container_instances() {
    let app_spec = "version: 0.0\nResources:\n- TargetService:\n    Type: AWS::ECS::Service\n    \
                    Properties:\n      TaskDefinition: <TASK_DEFINITION>\n      LoadBalancerInfo: \
                    { ContainerName: web, ContainerPort: 3000 }\n";
    let asks_for_nothing =
        task_definition(WEB).replace(r#""requiresCompatibilities": ["FARGATE"],"#, "");
    played(&asks_for_nothing, app_spec).with(0, &LIVE);
}

#[test]
fn a_name_that_was_not_replaced_is_refused_and_may_be_expected() {
    let app_spec = "version: 0.0\nResources:\n- TargetService:\n    Type: AWS::ECS::Service\n    \
                    Properties:\n      TaskDefinition: <TASK_DEFINITION>\n      LoadBalancerInfo: \
                    { ContainerName: <NAME>, ContainerPort: 3000 }\n";
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("taskdef.json"), task_definition(WEB)).expect("a file");
    fs::write(folder.path().join("appspec.yaml"), app_spec).expect("a file");
    let bundle = folder.path().to_str().expect("text");
    let words = [bundle, "--speed", "600", "--expect", "failed"];
    rehearse(&words).with(0, &["ConfigurationError", "<NAME> was not replaced"]);
}

const APP_SPEC: &str = "version: 0.0\nResources:\n- TargetService:\n    Type: AWS::ECS::Service\n    \
                        Properties:\n      TaskDefinition: <TASK_DEFINITION>\n      LoadBalancerInfo: \
                        { ContainerName: web, ContainerPort: 3000 }\n";

#[test]
fn a_name_that_code_deploy_refuses_is_reported_as_by_check() {
    let long = "a".repeat(101);
    for (name, words) in [
        ("<x>", "ApplicationName: “<x>”"),
        ("my shop", "ApplicationName: “my shop”"),
        ("cafe\u{301}", "ApplicationName: “cafe\u{301}”"),
        (&*long, "ApplicationName: “aaa"),
        // CodePipeline accepts none of these values.
        (" ", "ApplicationName is missing"),
        ("", "ApplicationName is empty"),
        (&*"b".repeat(1001), "ApplicationName: “bbb"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |file: &str, text: &str| {
            fs::write(folder.path().join(file), text).expect("a file");
        };
        let action = serde_json::json!({
            "name": "Release",
            "inputArtifacts": [{ "name": "Source" }],
            "configuration": {
                "ApplicationName": name, "DeploymentGroupName": name,
                "TaskDefinitionTemplateArtifact": "Source", "AppSpecTemplateArtifact": "Source",
                "Image1ArtifactName": "Source", "Image1ContainerName": "IMAGE1_NAME",
            },
        });
        write("action.json", &action.to_string());
        write("taskdef.json", &task_definition(WEB));
        write("appspec.yaml", APP_SPEC);
        write("imageDetail.json", IMAGE);
        let bundle = folder.path().to_str().expect("text");
        for (expected, code) in [("failed", 0), ("succeeded", 1)] {
            let words = [words, &words.replace("Application", "DeploymentGroup")];
            let call = [bundle, "--plain", "--speed", "600", "--expect", expected];
            rehearse(&call).with(code, &words);
        }
    }
}

#[test]
fn what_was_assumed_names_only_what_a_rehearsal_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("taskdef.json"), task_definition(WEB)).expect("a file");
    let bundle = folder.path().to_str().expect("text");
    let ended = rehearse(&[bundle, "--speed", "600"]).with(1, &["note: there is no action.json"]);
    assert!(!ended.out.contains("--pipeline"), "{}", ended.out);
}

#[test]
fn a_rehearsal_whose_output_is_closed_leaves_no_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(["rehearse", "--scene", "worker-killed", "--speed", "1000"])
        .env("TMPDIR", folder.path())
        .stdout(writer)
        .status()
        .expect("the program starts");
    assert_eq!(ended.code(), Some(3));
    let left = fs::read_dir(folder.path()).expect("a folder");
    assert_eq!(left.count(), 0);
}
