//! `check` and `render`: the real program on small bundles.

mod declared;
mod templates;
mod versions;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FIVE_MISTAKES: &str = "tests/bundles/five-mistakes";
const BAD_ACTION: &str = "tests/bundles/bad-action";
const PIPELINE: &str = "tests/bundles/pipeline.json";

/// Exit code, standard output and standard error of a call.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("no signal");
    (code, text(output.stdout), text(output.stderr))
}

fn findings(arguments: &[&str]) -> Vec<Value> {
    let (_, shown, _) = call(&[arguments, &["--format", "json"]].concat());
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    shown["findings"].as_array().expect("a list").clone()
}

#[test]
fn five_mistakes_are_five_findings_each_with_a_place() {
    let (code, shown, _) = call(&["check", FIVE_MISTAKES]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("five_mistakes", shown);
    let findings = findings(&["check", FIVE_MISTAKES]);
    assert_eq!(findings.len(), 5);
    for finding in findings {
        let file = finding["file"].as_str().expect("a file");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(root.join(file).is_file(), "{file}");
        assert!(finding["line"].is_u64() && finding["column"].is_u64());
    }
}

#[test]
fn a_bad_configuration_is_reported_at_its_properties() {
    let (code, shown, _) = call(&["check", BAD_ACTION]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("bad_action", shown);
}

#[test]
fn programs_read_findings_as_json() {
    let (code, shown, _) = call(&["check", BAD_ACTION, "--format", "json"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("bad_action_json", shown);
}

#[test]
fn code_hosts_read_findings_as_sarif() {
    let (code, shown, _) = call(&["check", FIVE_MISTAKES, "--format", "sarif"]);
    assert_eq!(code, 1);
    let sarif: Value = serde_json::from_str(&shown).expect("JSON");
    // Members that the schema of SARIF 2.1.0 requires.
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    insta::assert_snapshot!("sarif_invocation", format!("{:#}", run["invocations"]));
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    let page = driver["informationUri"].as_str().expect("a page");
    let repository = env!("CARGO_PKG_REPOSITORY");
    assert!(page.starts_with("https://"), "{page}");
    assert!(repository.is_empty() || page == repository, "{page}");
    let rules = driver["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 5);
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.contains([' ', '\\']), "{uri}");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        assert!(place["region"]["startColumn"].as_u64() >= Some(1));
    }
    insta::assert_snapshot!("five_mistakes_sarif_result", format!("{:#}", results[0]));
}

#[test]
fn a_finding_about_a_whole_file_has_a_region_too() {
    let folder = tree(&[]);
    let folder = folder.path().to_str().expect("text");
    let (code, shown, _) = call(&["check", folder, "--format", "sarif"]);
    assert_eq!(code, 1);
    let sarif: Value = serde_json::from_str(&shown).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["region"], serde_json::json!({"startLine": 1}));
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("file:///"), "{uri}");
    }
}

#[test]
fn a_pipeline_is_checked_by_itself() {
    let (code, shown, _) = call(&["check", "--pipeline", PIPELINE]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("pipeline", shown);
}

#[test]
fn a_pipelines_action_is_used_for_a_bundle() {
    let bundle = ["check", FIVE_MISTAKES, "--pipeline", PIPELINE];
    let (code, _, said) = call(&bundle);
    assert_eq!(code, 2);
    assert!(said.contains("choose one with --action"), "{said}");
    // The built-in action has an image that the bundle's own action lacks.
    let found = findings(&[&bundle[..], &["--action", "Old"]].concat());
    assert!(found.iter().any(|finding| finding["rule"] == "image"));
    let left = |finding: &Value| finding["message"] == "<LOG_IMAGE> was not replaced";
    assert!(!found.iter().any(left));
}

#[test]
fn the_example_is_good_as_a_folder_and_as_a_zip_archive() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webapp");
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("bundle.zip");
    let mut zip = zip::ZipWriter::new(File::create(&archive).expect("a file"));
    for name in [
        "action.json",
        "taskdef.json",
        "appspec.yaml",
        "imageDetail.json",
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("an entry");
        let bytes = std::fs::read(root.join(name)).expect("the example");
        zip.write_all(&bytes).expect("written");
    }
    zip.finish().expect("closed");
    let archive = archive.to_str().expect("text");
    let (code, shown, _) = call(&["check", "examples/webapp", archive]);
    assert_eq!(
        (code, shown.as_str()),
        (
            0,
            "0 errors, 0 warnings, 0 notes\n\
             Not checked: anything that needs AWS, and policies (see `policy check`).\n"
        )
    );
    assert_eq!(
        call(&["render", "examples/webapp"]),
        call(&["render", archive])
    );
}

#[test]
fn what_cannot_be_read_is_usage_and_what_is_wrong_is_refused() {
    let broken = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&broken, "no archive").expect("written");
    let broken = broken.path().to_str().expect("text");
    for (arguments, expected) in [
        (vec!["check"], 2),
        (vec!["check", "tests/bundles/nowhere"], 2),
        (vec!["check", "--pipeline", "tests/bundles/nowhere"], 2),
        (vec!["check", broken], 2),
        (vec!["check", "--pipeline", broken], 1),
        (vec!["render", broken], 2),
        (vec!["render", BAD_ACTION], 1),
        (vec!["render", "examples/webapp", "--diff", broken], 2),
    ] {
        let (code, _, _) = call(&arguments);
        assert_eq!(code, expected, "{arguments:?}");
    }
}

/// A folder with these files.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

const APP_SPEC: &str = "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        TaskDefinition: <TASK_DEFINITION>\n        LoadBalancerInfo: { ContainerName: web, ContainerPort: 80 }\n";

const TASK_DEFINITION: &str = r#"{ "family": "shop", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
    "requiresCompatibilities": ["FARGATE"],
    "containerDefinitions": [{ "name": "web", "image": "<IMAGE1_NAME>", "essential": true,
        "command": ["<html>"], "portMappings": [{ "containerPort": 80 }] }] }"#;

#[test]
fn a_source_tree_without_image_detail_is_checked_with_a_stand_in() {
    let folder = tree(&[
        ("taskdef.json", TASK_DEFINITION),
        ("appspec.yaml", APP_SPEC),
    ]);
    let path = folder.path().to_str().expect("text");
    let (code, shown, _) = call(&["check", path]);
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("the image is not known until imageDetail.json is written"),
        "{shown}"
    );
    assert!(
        shown.contains("there is no action.json, so one is assumed"),
        "{shown}"
    );
    let (code, shown, _) = call(&["render", path]);
    assert_eq!(code, 0);
    assert!(
        shown.contains("\"<html>\"") && shown.contains("stand-in.invalid/image@"),
        "{shown}"
    );
    let (code, shown, _) = call(&["policy", "check", path, "--controls", "logging=deny"]);
    assert_eq!(code, 1);
    assert!(shown.contains(&format!("{path}/taskdef.json:")), "{shown}");
    // Rules are not judged on the stand-in, and the output says so.
    let terms = "[controls.allowed-registries]\nlevel = \"deny\"\nregistries = [\"example.com\"]\n";
    std::fs::write(folder.path().join("terms.toml"), terms).expect("written");
    let terms = format!("{path}/terms.toml");
    let judged = ["policy", "check", path, "--policy-terms", &terms];
    let (code, shown, said) = call(&judged);
    assert_eq!(code, 0, "{shown}{said}");
    let note = "[policy allowed-registries] not judged: the image is a stand-in";
    assert!(shown.contains(note) && shown.contains("note: "), "{shown}");
    let detail = r#"{ "ImageURI": "example.org/shop:1" }"#;
    std::fs::write(folder.path().join("imageDetail.json"), detail).expect("written");
    let (code, shown, _) = call(&judged);
    assert_eq!(code, 1, "{shown}");
    assert!(!shown.contains("not judged"), "{shown}");
    std::fs::remove_file(folder.path().join("imageDetail.json")).expect("removed");
    // Problems unrelated to the image are still found.
    let broken = TASK_DEFINITION.replace("awsvpc", "bridge");
    std::fs::write(folder.path().join("taskdef.json"), broken).expect("written");
    let (code, shown, _) = call(&["check", path]);
    assert_eq!(code, 1);
    assert!(shown.contains("1 error"), "{shown}");
}

#[test]
fn a_file_of_another_kind_is_called_by_its_name() {
    let detail = r#"{ "ImageURI": "example.com/shop:1" }"#;
    for (file, text, words) in [
        (
            "taskdef.json",
            r#"{ "Resources": {} }"#,
            "a CloudFormation template",
        ),
        (
            "imageDetail.json",
            "example.com/shop:1",
            "the image's URI alone",
        ),
        (
            "appspec.yaml",
            "applicationName: shop\nrevision: {}\n",
            "revision.appSpecContent.content",
        ),
        (
            "appspec.yaml",
            &format!("{APP_SPEC}Hooks:\n  - BeforeInstall:\n      - location: a.sh\n"),
            "scripts, which CodeDeploy runs on EC2",
        ),
    ] {
        let folder = tree(&[
            ("taskdef.json", TASK_DEFINITION),
            ("appspec.yaml", APP_SPEC),
            ("imageDetail.json", detail),
            (file, text),
        ]);
        let (code, shown, _) = call(&["check", folder.path().to_str().expect("text")]);
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains(words), "{shown}");
        assert!(shown.contains("1 error, "), "{shown}");
    }
    for (text, kind) in [
        ("resource \"aws_codepipeline\" \"p\" {\n}\n", "Terraform"),
        (
            include_str!("../../action-type/pipeline-stage.tf"),
            "Terraform",
        ),
        (
            "Resources:\n  B:\n    Type: AWS::S3::Bucket\n",
            "a CloudFormation template without a pipeline",
        ),
        (
            r#"{ "AWSTemplateFormatVersion": "2010-09-09" }"#,
            "CloudFormation",
        ),
    ] {
        let folder = tree(&[("pipeline", text)]);
        let file = folder.path().join("pipeline");
        let (code, shown, _) = call(&["check", "--pipeline", file.to_str().expect("text")]);
        assert_eq!(code, 1);
        assert!(shown.contains(kind), "{shown}");
    }
}

#[test]
fn a_pipeline_knows_who_makes_artifacts_and_which_role_and_region_apply() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PIPELINE));
    let mut pipeline: Value = serde_json::from_str(&text.expect("a file")).expect("JSON");
    let action = |name: &str| {
        serde_json::json!({ "name": name, "actionTypeId": { "provider": "CodeBuild" },
            "outputArtifacts": [{ "name": "Build" }], "inputArtifacts": [] })
    };
    let release = &mut pipeline["pipeline"]["stages"][1]["actions"][0];
    release["roleArn"] = "arn:aws:iam::444455556666:role/deploy".into();
    release["region"] = "us-west-2".into();
    let stages = pipeline["pipeline"]["stages"]
        .as_array_mut()
        .expect("a list");
    stages.push(serde_json::json!({ "name": "Late", "actions": [action("Late")] }));
    let folder = tree(&[("pipeline.json", &pipeline.to_string())]);
    let file = folder.path().join("pipeline.json");
    let file = file.to_str().expect("text");
    let (_, shown, _) = call(&["check", "--pipeline", file]);
    for words in [
        "“Late” does not end before this action begins",
        r#""Options": "RoleArn=arn:aws:iam::444455556666:role/deploy""#,
        "the action is for us-west-2, and its pipeline is in eu-west-1",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // The built-in action accepts the role there.
    let role = "warning: a worker's action does not take the roleArn";
    assert!(shown.contains(role), "{shown}");
    let mut built_in = pipeline.clone();
    built_in["pipeline"]["stages"][1]["actions"][0]["actionTypeId"]["provider"] =
        "CodeDeployToECS".into();
    std::fs::write(file, built_in.to_string()).expect("written");
    let (_, shown, _) = call(&["check", "--pipeline", file]);
    assert!(shown.contains(&role.replace("warning", "note")), "{shown}");
    let stages = pipeline["pipeline"]["stages"]
        .as_array_mut()
        .expect("a list");
    stages.push(serde_json::json!({ "name": "Twice", "actions": [action("Twice")] }));
    std::fs::write(file, pipeline.to_string()).expect("written");
    let (_, shown, _) = call(&["check", "--pipeline", file]);
    assert!(
        shown.contains("“Late” and “Twice” both produce the artifact"),
        "{shown}"
    );
}

#[test]
fn a_refused_release_renders_nothing_and_says_why() {
    let (code, shown, said) = call(&["render", FIVE_MISTAKES]);
    assert_eq!((code, shown.as_str()), (1, ""));
    assert_eq!(said.matches("error: ").count(), 5, "{said}");
}

#[test]
fn only_what_differs_in_meaning_is_shown_as_different() {
    let (_, rendered, _) = call(&["render", "examples/webapp"]);
    let other = tempfile::NamedTempFile::new().expect("a file");
    let path = other.path().to_str().expect("text");
    let against = ["render", "examples/webapp", "--diff", path];
    std::fs::write(path, rendered.replace('\n', "\r\n")).expect("written");
    assert_eq!(call(&against).1, "");
    std::fs::write(path, rendered.replace("\"256\"", "\"512\"")).expect("written");
    let (code, shown, _) = call(&against);
    assert_eq!(code, 0);
    let changed: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .skip(2)
        .collect();
    assert_eq!(
        changed,
        ["-    \"cpu\": \"512\",", "+    \"cpu\": \"256\","]
    );
}
