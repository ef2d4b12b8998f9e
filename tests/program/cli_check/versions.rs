//! The two versions of the action in a pipeline.

use serde_json::{Value, json};

use super::{call, findings, tree};

const TASKDEF: &str = r#"{
  "family": "web",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "256",
  "memory": "512",
  "containerDefinitions": [{ "name": "web", "image": "public.ecr.aws/nginx/nginx:1.28", "essential": true }]
}"#;

/// A pipeline with one action of this version.
fn pipeline(version: &str, configuration: &Value) -> String {
    let source = json!({
        "name": "Source",
        "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" },
        "outputArtifacts": [{ "name": "Source" }],
    });
    let release = json!({
        "name": "Release",
        "actionTypeId": {
            "category": "Deploy", "owner": "Custom", "provider": "RustBlueGreenDeploy",
            "version": version,
        },
        "configuration": configuration,
        "inputArtifacts": [{ "name": "Source" }],
    });
    let stages = [("Source", source), ("Deploy", release)]
        .map(|(name, action)| json!({ "name": name, "actions": [action] }));
    json!({ "pipeline": { "name": "shop", "stages": stages } }).to_string()
}

fn said(version: &str, configuration: &Value) -> Vec<String> {
    let folder = tree(&[("pipeline.json", &pipeline(version, configuration))]);
    let file = folder.path().join("pipeline.json");
    let found = findings(&["check", "--pipeline", file.to_str().expect("text")]);
    let words = found.iter().map(|one| {
        let text = |member: &str| one[member].as_str().unwrap_or_default().to_owned();
        format!("{}: {}", text("severity"), text("message"))
    });
    words.collect()
}

#[test]
fn version_2_is_checked_with_its_own_properties_and_needs_no_app_spec() {
    let configuration = json!({
        "ClusterName": "prod",
        "ServiceName": "web",
        "TaskDefinitionTemplateArtifact": "Source",
    });
    let pipeline = pipeline("2", &configuration);
    let folder = tree(&[("pipeline.json", &pipeline), ("taskdef.json", TASKDEF)]);
    let file = folder.path().join("pipeline.json");
    let (file, bundle) = (file.to_str().expect("text"), folder.path().to_str());
    let (code, shown, _) = call(&["check", "--pipeline", file, bundle.expect("text")]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("0 errors, 0 warnings"), "{shown}");
}

#[test]
fn a_property_of_the_other_version_is_named_with_what_to_do() {
    let mixed = json!({
        "ClusterName": "prod",
        "ServiceName": "web",
        "TaskDefinitionTemplateArtifact": "Source",
        "AppSpecTemplateArtifact": "Source",
    });
    let said_2 = said("2", &mixed);
    assert_eq!(said_2.len(), 1, "{said_2:#?}");
    let start = "warning: AppSpecTemplateArtifact is a property of version 1 of the action, and this \
                 action has version 2";
    assert!(said_2[0].starts_with(start), "{said_2:#?}");

    let said_1 = said("1-b", &mixed);
    let has = |start: &str| said_1.iter().any(|line| line.starts_with(start));
    for start in [
        "warning: ClusterName is a property of version 2 of the action, and this action has version 1",
        "warning: ServiceName is a property of version 2",
        "error: ApplicationName is missing",
        "error: DeploymentGroupName is missing",
    ] {
        assert!(has(start), "{start}: {said_1:#?}");
    }
    assert_eq!(said_1.len(), 4, "{said_1:#?}");
}

#[test]
fn the_nearest_name_is_one_of_the_same_version() {
    let said = said(
        "2",
        &json!({
            "ClusterName": "prod",
            "ServiceNam": "web",
            "TaskDefinitionTemplateArtifact": "Source",
        }),
    );
    let expected = [
        "warning: “ServiceNam” is not a property of the action",
        "error: ServiceName is missing",
    ];
    for (line, start) in said.iter().zip(expected) {
        assert!(line.starts_with(start), "{said:#?}");
    }
    assert_eq!(said.len(), 2, "{said:#?}");
}
