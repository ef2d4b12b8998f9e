//! The action that a bundle declares, in each form in which people have it.

use std::path::Path;

use serde_json::{Value, json};

use super::{APP_SPEC, TASK_DEFINITION, call, findings, tree};

/// The fixture's `<html>` is a warning.
const NO_FINDING: &str = "\n0 errors, 1 warning, 0 notes\n";

fn action(name: &str) -> Value {
    json!({
        "name": name,
        "actionTypeId": {
            "category": "Deploy", "owner": "Custom", "provider": "RustBlueGreenDeploy", "version": "1",
        },
        "configuration": {
            "ApplicationName": "shop", "DeploymentGroupName": name.to_lowercase(),
            "TaskDefinitionTemplateArtifact": "Source", "AppSpecTemplateArtifact": "Source",
            "Image1ArtifactName": "Source", "Image1ContainerName": "IMAGE1_NAME",
        },
        "inputArtifacts": [{ "name": "Source" }],
    })
}

fn stage(name: &str, actions: &[&str]) -> Value {
    let actions: Vec<Value> = actions.iter().map(|name| action(name)).collect();
    json!({ "name": name, "actions": actions })
}

/// A pipeline with these stages after its source.
fn pipeline(stages: &[Value]) -> Value {
    let source = json!({ "name": "Source", "actions": [{
        "name": "Checkout",
        "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" },
        "outputArtifacts": [{ "name": "Source" }],
    }] });
    let stages: Vec<&Value> = [&source].into_iter().chain(stages).collect();
    json!({ "pipeline": { "name": "shop", "stages": stages }, "metadata": {} })
}

/// A release with this `action.json`.
fn bundle(declaration: &str) -> (tempfile::TempDir, String) {
    let folder = tree(&[
        ("action.json", declaration),
        ("taskdef.json", TASK_DEFINITION),
        ("appspec.yaml", APP_SPEC),
        (
            "imageDetail.json",
            r#"{ "ImageURI": "example.com/shop:7" }"#,
        ),
    ]);
    let path = folder.path().to_str().expect("text").to_owned();
    (folder, path)
}

fn is_checked_and_rendered(bundle: &str, declaration: &str) {
    let (code, shown, said) = call(&["check", bundle]);
    assert_eq!(code, 0, "{declaration}: {shown}{said}");
    assert!(shown.contains(NO_FINDING), "{shown}");
    let (code, shown, said) = call(&["render", bundle]);
    assert_eq!(code, 0, "{declaration}: {said}");
    assert!(shown.contains("example.com/shop:7"), "{shown}");
}

#[test]
fn the_action_may_be_declared_alone_in_its_stage_or_in_its_pipeline() {
    let whole = pipeline(&[stage("Deploy", &["Release"])]);
    for declaration in [
        action("Release").to_string(),
        format!("\u{feff}{:#}", action("Release")),
        stage("Deploy", &["Release"]).to_string(),
        whole["pipeline"].to_string(),
        whole.to_string(),
    ] {
        let (_folder, path) = bundle(&declaration);
        is_checked_and_rendered(&path, &declaration);
        let (code, shown, said) = call(&["policy", "input", &path]);
        assert_eq!(code, 0, "{declaration}: {said}");
        let document: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(document["pipeline"]["action"], "Release");
        let (code, shown, said) = call(&["rehearse", &path, "--plain", "--speed", "1000"]);
        assert_eq!(code, 0, "{declaration}: {shown}{said}");
    }
}

/// The CodePipeline user guide declares the action so ("Amazon ECS and
/// CodeDeploy blue-green", Action declaration); the AWS CLI prints YAML too.
#[test]
fn the_action_may_be_declared_in_yaml_and_with_the_names_of_templates() {
    let action = "Name: Release
ActionTypeId: {Category: Deploy, Owner: Custom, Provider: RustBlueGreenDeploy, Version: '1'}
RunOrder: 1
Configuration:
  ApplicationName: shop
  DeploymentGroupName: web
  TaskDefinitionTemplateArtifact: Source
  AppSpecTemplateArtifact: Source
  Image1ArtifactName: Source
  Image1ContainerName: IMAGE1_NAME
InputArtifacts:
  - Name: Source
OutputArtifacts: []
";
    let stage = format!(
        "Name: Deploy\nActions:\n  - {}",
        action.replace('\n', "\n    ")
    );
    let printed = "pipeline:
  name: shop
  stages:
  - name: Source
    actions:
    - actionTypeId: {category: Source, owner: AWS, provider: S3, version: '1'}
      name: Checkout
      outputArtifacts:
      - name: Source
  - name: Deploy
    actions:
    - actionTypeId: {category: Deploy, owner: Custom, provider: RustBlueGreenDeploy, version: '1'}
      configuration:
        AppSpecTemplateArtifact: Source
        ApplicationName: shop
        DeploymentGroupName: web
        Image1ArtifactName: Source
        Image1ContainerName: IMAGE1_NAME
        TaskDefinitionTemplateArtifact: Source
      inputArtifacts:
      - name: Source
      name: Release
";
    let json = json!({ "Name": "Deploy", "Actions": [{
        "Name": "Release",
        "ActionTypeId": {
            "Category": "Deploy", "Owner": "Custom", "Provider": "RustBlueGreenDeploy", "Version": "1",
        },
        "Configuration": self::action("web")["configuration"],
        "InputArtifacts": [{ "Name": "Source" }],
    }] });
    for declaration in [action, &stage, printed, &json.to_string()] {
        let (_folder, path) = bundle(declaration);
        is_checked_and_rendered(&path, declaration);
    }
    let (_folder, path) = bundle("services: {}\n");
    let (code, shown, _) = call(&["check", &path]);
    assert_eq!(code, 1);
    assert!(
        shown.contains("the file is YAML, and must be JSON"),
        "{shown}"
    );
}

#[test]
fn a_printed_stage_is_a_declaration() {
    let container = r#"{ "name": "side", "image": "<SIDECAR>" }"#;
    let task_definition = TASK_DEFINITION.replace("}] }] }", &format!("}}] }}, {container}] }}"));
    for version in ["1", "2"] {
        let (code, printed, _) = call(&["action-type", "stage", "--version", version]);
        assert_eq!(code, 0);
        let (folder, path) = bundle(&printed);
        std::fs::write(folder.path().join("taskdef.json"), &task_definition).expect("written");
        let (code, shown, said) = call(&["check", &path]);
        assert_eq!(code, 0, "{shown}{said}");
        assert!(shown.contains(NO_FINDING), "{shown}");
    }
}

#[test]
fn a_mistake_is_shown_where_it_is_in_the_pipeline() {
    let declared = pipeline(&[stage("Deploy", &["Release"])]);
    let declared = format!("{declared:#}").replace("DeploymentGroupName", "DeploymentGrupName");
    let (_folder, path) = bundle(&declared);
    let found = findings(&["check", &path]);
    let at = |found: &Value| {
        let file = found["file"].as_str().expect("a file");
        assert!(file.ends_with("/action.json"), "{found}");
        found["path"].as_str().expect("a path").to_owned()
    };
    let configuration = "pipeline.stages[1].actions[0].configuration";
    assert_eq!(
        found.iter().map(at).collect::<Vec<String>>(),
        [
            format!("{configuration}.DeploymentGrupName"),
            format!("{configuration}.DeploymentGroupName"),
        ]
    );
    assert_eq!(found[0]["remedy"], "did you mean DeploymentGroupName?");
    // A rehearsal shows the same place, once the action is made.
    let (code, shown, _) = call(&["rehearse", &path, "--plain"]);
    assert_eq!(code, 1, "{shown}");
    let place = format!("action.json:{}", found[1]["line"]);
    assert!(shown.contains(&place), "{place}: {shown}");
}

#[test]
fn one_of_several_actions_is_chosen_by_its_name() {
    let stages = [
        stage("Staging", &["Release", "Sidecar"]),
        stage("Production", &["Release"]),
    ];
    let (_folder, path) = bundle(&pipeline(&stages).to_string());
    let names = "shop/Staging/Release, shop/Staging/Sidecar, shop/Production/Release";
    for command in [
        &["check", &path][..],
        &["render", &path],
        &["policy", "input", &path],
        &["rehearse", &path, "--plain", "--speed", "1000"],
    ] {
        let (code, shown, said) = call(command);
        assert_eq!(code, 2, "{command:?}: {shown}{said}");
        let words = format!("several actions that release ({names}); choose one with --action");
        assert!(said.contains(&words), "{command:?}: {said}");
        let (code, _, said) = call(&[command, &["--action", "Release"]].concat());
        assert_eq!(code, 2, "{said}");
        let both = "(shop/Staging/Release, shop/Production/Release)";
        assert!(said.contains(both), "{said}");
        let (code, _, said) = call(&[command, &["--action", "Nowhere"]].concat());
        assert_eq!(code, 2, "{said}");
        let words = format!("no action Nowhere that releases; those that do are {names}");
        assert!(said.contains(&words), "{command:?}: {said}");
        for wanted in ["Sidecar", "Production/Release", "shop/Staging/Release"] {
            let (code, shown, said) = call(&[command, &["--action", wanted]].concat());
            assert_eq!(code, 0, "{command:?} {wanted}: {shown}{said}");
        }
    }
    // A stage does not know its pipeline.
    let (_folder, path) = bundle(&stages[0].to_string());
    let (_, _, said) = call(&["check", &path]);
    assert!(
        said.contains("(Staging/Release, Staging/Sidecar)"),
        "{said}"
    );
    let (code, shown, _) = call(&["policy", "input", &path, "--action", "Sidecar"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(document["pipeline"]["stage"], "Staging");
    assert_eq!(document["deployment"]["group"], "sidecar");
}

#[test]
fn a_file_without_an_action_says_what_it_is_instead() {
    let configuration = action("Release")["configuration"].to_string();
    let mut build = stage("Build", &["Release"]);
    build["actions"][0]["actionTypeId"]["provider"] = "CodeBuild".into();
    let pipeline = pipeline(&[]).to_string();
    for (declaration, words) in [
        (
            &*configuration,
            "the configuration of an action without its input artifacts, not a pipeline",
        ),
        ("{}", "JSON of another kind, not a pipeline"),
        ("[]", "JSON of another kind, not a pipeline"),
        (
            &build.to_string(),
            "the stage has no RustBlueGreenDeploy action",
        ),
        (&pipeline, "the pipeline has no RustBlueGreenDeploy action"),
        ("{ \"name\": }", "action.json:1:11"),
    ] {
        let (_folder, path) = bundle(declaration);
        for command in [&["check", &path][..], &["rehearse", &path]] {
            let (code, shown, said) = call(command);
            assert_eq!(code, 1, "{declaration}: {shown}{said}");
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    let (_folder, path) = bundle(&action("Release").to_string().replace("\"shop\"", "5"));
    let (code, shown, _) = call(&["check", &path]);
    assert_eq!(code, 1);
    assert!(shown.contains("ApplicationName is not a string"), "{shown}");
}

#[test]
fn an_action_cannot_be_chosen_where_none_is_declared() {
    let folder = tree(&[
        ("taskdef.json", TASK_DEFINITION),
        ("appspec.yaml", APP_SPEC),
    ]);
    let path = folder.path().to_str().expect("text");
    for command in ["check", "render", "rehearse"] {
        let (code, _, said) = call(&[command, path, "--action", "Release"]);
        assert_eq!(code, 2, "{said}");
        assert!(
            said.contains("has no action.json in which Release could be"),
            "{said}"
        );
    }
}

#[test]
fn what_runs_is_looked_up_for_a_declared_service_only() {
    let folder = tree(&[
        ("taskdef.json", TASK_DEFINITION),
        ("appspec.yaml", APP_SPEC),
        (
            "imageDetail.json",
            r#"{ "ImageURI": "example.com/shop:7" }"#,
        ),
    ]);
    let path = folder.path().to_str().expect("text");
    let (code, shown, said) = call(&["render", path, "--diff", "running"]);
    assert_eq!((code, &*shown), (2, ""), "{said}");
    for words in ["has no action.json", "--pipeline", "--diff running"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let variable = action("Release")
        .to_string()
        .replace("\"shop\"", "\"#{variables.App}\"");
    let (_folder, path) = bundle(&variable);
    let (code, shown, said) = call(&["render", &path, "--diff", "running"]);
    assert_eq!((code, &*shown), (2, ""), "{said}");
    assert!(said.contains("#{variables.App}"), "{said}");
    assert!(said.contains("contains a variable"), "{said}");
}

#[test]
fn a_link_that_leads_nowhere_is_no_part_of_a_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webapp");
    for file in [
        "action.json",
        "appspec.yaml",
        "imageDetail.json",
        "taskdef.json",
    ] {
        std::fs::copy(examples.join(file), folder.path().join(file)).expect("copied");
    }
    std::os::unix::fs::symlink("missing", folder.path().join("link")).expect("a link");
    let (code, shown, said) = call(&["check", folder.path().to_str().expect("text")]);
    assert_eq!((code, said.as_str()), (0, ""), "{shown}");
}

#[test]
fn an_action_of_a_bundle_that_cannot_be_read_is_not_said_to_be_missing() {
    for (bundle, why) in [
        ("missing", "missing cannot be read: "),
        (
            "README.md",
            "README.md is neither a directory nor a zip archive",
        ),
    ] {
        let (code, _, said) = call(&["check", bundle, "--action", "Release"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(why), "{said}");
    }
    let (code, _, said) = call(&["check", "docs", "--action", "Release"]);
    assert_eq!(code, 2);
    assert!(said.contains("docs has no action.json"), "{said}");
}

#[test]
fn an_action_that_codepipeline_does_not_have_is_refused() {
    let mut declaration = action("Release");
    declaration["actionTypeId"]["owner"] = json!("AWS");
    declaration["actionTypeId"]["category"] = json!("Build");
    declaration["outputArtifacts"] = json!([{ "name": "Result" }]);
    declaration["configuration"]["ApplicationName"] = json!(5);
    let (_folder, bundle) = bundle(&declaration.to_string());
    let (code, shown, _) = call(&["check", &bundle]);
    assert_eq!(code, 1);
    assert!(!shown.contains("is missing"), "{shown}");
    for problem in [
        "ApplicationName is not a string",
        "owner is “AWS”, and that of RustBlueGreenDeploy is Custom",
        "category is “Build”, and that of RustBlueGreenDeploy is Deploy",
        "the action has output artifacts, and its action type has none",
    ] {
        assert!(shown.contains(problem), "{shown}");
    }
}

/// A pull request could otherwise have a check print other files of the
/// machine.
#[test]
fn nothing_is_quoted_from_outside_the_folder() {
    let (folder, bundle) = bundle(&action("Release").to_string());
    let elsewhere = tree(&[("secret", "{ \"password\": hunter2 }")]);
    for name in ["action.json", "taskdef.json", "appspec.yaml"] {
        let link = folder.path().join(name);
        std::fs::remove_file(&link).expect("removed");
        std::os::unix::fs::symlink(elsewhere.path().join("secret"), &link).expect("linked");
    }
    let (code, shown, said) = call(&["check", &bundle]);
    assert_eq!(code, 1, "{shown}{said}");
    assert!(
        !format!("{shown}{said}").contains("hunter2"),
        "{shown}{said}"
    );
    let passed_over = "leads out of the folder and of its Git repository: action.json, appspec.yaml and taskdef.json";
    assert!(shown.contains(passed_over), "{shown}");
}
