//! Pipelines and task definitions in CloudFormation templates.

use super::*;

const PIPELINES: &str = "tests/bundles/template.yaml";

#[test]
fn a_pipeline_is_read_out_of_a_template() {
    let (code, shown, said) = call(&["check", "--pipeline", PIPELINES]);
    assert_eq!(code, 1, "{said}");
    insta::assert_snapshot!("template", shown);
}

#[test]
fn the_same_template_in_json_is_found_the_same_of() {
    let long_form = serde_json::json!({ "Resources": { "Shop": {
        "Type": "AWS::CodePipeline::Pipeline",
        "Properties": { "Stages": [
            { "Name": "Source", "Actions": [{
                "Name": "Source", "ActionTypeId": { "Provider": "S3" },
                "OutputArtifacts": [{ "Name": "Source" }] }] },
            { "Name": "Deploy", "Actions": [{
                "Name": "Release", "ActionTypeId": { "Provider": "RustBlueGreenDeploy" },
                "InputArtifacts": [{ "Name": "Source" }, { "Name": "Sourc" }],
                "RunOrder": "1",
                "Configuration": {
                    "ApplicationName": { "Ref": "Application" },
                    "DeploymentGroupName": { "Fn::Sub": "${AWS::StackName}-group" },
                    "TaskDefinitionTemplateArtifact": "Source",
                    "AppSpecTemplateArtifact": "Source" } }] }] } } } });
    let folder = tree(&[("template.json", &long_form.to_string())]);
    let file = folder.path().join("template.json");
    let file = file.to_str().expect("text");
    let (code, shown, _) = call(&["check", "--pipeline", file]);
    assert_eq!(code, 1, "{shown}");
    for words in [
        "only CloudFormation knows all of “Release”: no check looks into ApplicationName, DeploymentGroupName",
        "produces the artifact “Sourc”",
        "did you mean Source?",
        "1 error, 0 warnings, 1 note",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // Values that only CloudFormation can compute do not prevent checks of the
    // bundle.
    let mended = long_form.to_string().replace(r#",{"Name":"Sourc"}"#, "");
    std::fs::write(file, mended).expect("written");
    let (code, shown, _) = call(&["check", "examples/webapp", "--pipeline", file]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("<IMAGE1_NAME> was not replaced"), "{shown}");
}

#[test]
fn an_action_of_several_pipelines_is_chosen_with_its_path() {
    let bundle = ["check", "examples/webapp", "--pipeline", PIPELINES];
    for (wanted, found) in [("Release", false), ("Shop/Deploy/Release", true)] {
        let (code, shown, said) = call(&[&bundle[..], &["--action", wanted]].concat());
        assert_eq!(code == 1, found, "{shown}{said}");
        let choices = "(Shop/Deploy/Release, books/Deploy/Release)";
        assert_eq!(said.contains(choices), !found, "{said}");
    }
}

#[test]
fn what_only_cloud_formation_knows_of_artifacts_is_no_error() {
    let pipeline = |stages: &str| {
        format!(
            "Resources:\n  P:\n    Type: AWS::CodePipeline::Pipeline\n    Properties:\n      Stages:\n{stages}\
             \x20       - Name: Deploy\n          Actions:\n            - Name: Release\n              \
             ActionTypeId: {{ Provider: RustBlueGreenDeploy }}\n              RunOrder: !Ref Order\n              \
             InputArtifacts: [{{ Name: !Ref Made }}, {{ Name: Other }}]\n              \
             Region: !Ref AWS::Region\n              RoleArn: !GetAtt Role.Arn\n              Configuration:\n                \
             ApplicationName: shop\n                DeploymentGroupName: shop\n                \
             TaskDefinitionTemplateArtifact: Source\n                AppSpecTemplateArtifact: !Ref Made\n"
        )
    };
    let unknown = "        - !If [Wanted, !Ref A, !Ref B]\n";
    for (stages, errors) in [(unknown, "0 errors"), ("", "1 error,")] {
        let folder = tree(&[("p.yaml", &pipeline(stages))]);
        let file = folder.path().join("p.yaml");
        let (_, shown, said) = call(&["check", "--pipeline", file.to_str().expect("text")]);
        assert!(shown.contains(errors), "{shown}{said}");
    }
    // If the configuration is not in the template, nothing is reported as
    // missing from it.
    let whole = pipeline("").replace("Configuration:\n", "Configuration: !If\n");
    let (head, _) = whole
        .split_once("                ApplicationName")
        .expect("there");
    let folder = tree(&[(
        "p.yaml",
        &format!("{head}                - a\n                - b\n"),
    )]);
    let file = folder.path().join("p.yaml");
    let (_, shown, _) = call(&["check", "--pipeline", file.to_str().expect("text")]);
    assert!(!shown.contains("is missing"), "{shown}");
    let bundle = ["check", "examples/webapp", "--pipeline"];
    let (code, _, said) = call(&[&bundle[..], &[file.to_str().expect("text")]].concat());
    assert_eq!(code, 2, "{said}");
    assert!(shown.contains("roleArn, configuration\n"), "{shown}");
}

const TEMPLATE: &str = "\
Parameters:
  Unused: { Type: String }
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: shop
      NetworkMode: awsvpc
      Cpu: 256
      Memory: 512
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions:
        - Name: web
          Image: <IMAGE1_NAME>
          Essential: 'true'
          PortMappings: [{ ContainerPort: '80' }]
          DockerLabels: { Team: shop }
          MountPoints: [{ SourceVolume: data, ContainerPath: /data }]
      Volumes:
        - Name: data
          EFSVolumeConfiguration:
            FilesystemId: fs-0123456789abcdef0
            TransitEncryption: ENABLED
            AuthorizationConfig: { IAM: ENABLED }
";

/// Renders a bundle whose task definition is this template.
fn rendered(template: &str) -> (i32, String, String) {
    let action = serde_json::json!({
        "name": "Release",
        "inputArtifacts": [{ "name": "Source" }],
        "configuration": {
            "ApplicationName": "shop", "DeploymentGroupName": "shop",
            "TaskDefinitionTemplateArtifact": "Source", "AppSpecTemplateArtifact": "Source",
            "TaskDefinitionTemplatePath": "template.yaml",
            "Image1ArtifactName": "Source", "Image1ContainerName": "IMAGE1_NAME",
        },
    });
    let folder = tree(&[
        ("action.json", &action.to_string()),
        ("template.yaml", template),
        ("appspec.yaml", APP_SPEC),
    ]);
    call(&["render", folder.path().to_str().expect("text")])
}

#[test]
fn a_task_definition_is_read_out_of_a_template() {
    let (code, shown, said) = rendered(TEMPLATE);
    assert_eq!(code, 0, "{said}");
    insta::assert_snapshot!("template_task_definition", shown);
}

#[test]
fn a_task_definition_is_refused_for_what_only_cloud_formation_knows() {
    let another = "  Other:\n    Type: AWS::ECS::TaskDefinition\n";
    for (template, words) in [
        (
            TEMPLATE.replace("Family: shop", "Family: !Sub '${AWS::StackName}'"),
            &["Family", "only CloudFormation knows the value of Fn::Sub"][..],
        ),
        (
            TEMPLATE.replace(
                "Image: <IMAGE1_NAME>",
                "Image: !Join\n            - ''\n            - [a, b]",
            ),
            &["ContainerDefinitions[0].Image", "the value of Fn::Join"],
        ),
        (
            TEMPLATE
                .replace("Family: shop", "Family: !Sub '${AWS::StackName}'")
                .replace("Image: <IMAGE1_NAME>", "Image: !Ref Image"),
            &["the value of Fn::Sub, and of 1 more value, on line "],
        ),
        (
            TEMPLATE.replace("DockerLabels:", "Labels:"),
            &["no member that is surely its “Labels”"],
        ),
        (
            TEMPLATE.replace("Family: shop", "Family: shop\n      family: shop"),
            &["no member that is surely its “family”"],
        ),
        (
            format!("{TEMPLATE}{another}"),
            &["with several task definitions: Task and Other"],
        ),
        (
            TEMPLATE.replace("ECS::TaskDefinition", "ECS::Cluster"),
            &["this is a CloudFormation template, and no task definition"],
        ),
        (
            format!("{TEMPLATE}# {}\n", "x".repeat(128 * 1024)),
            &["more nesting, values or aliases than are read"],
        ),
    ] {
        let (code, _, said) = rendered(&template);
        assert_eq!(code, 1, "{said}");
        for words in words {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
