//! Output about the action type and its permissions.

use std::fs;

use super::{root, run};

#[test]
fn the_files_about_the_action_are_what_the_program_prints() {
    for (words, file) in [
        ("print --region us-east-1", "rust-blue-green-deploy.json"),
        (
            "print --format cloudformation",
            "rust-blue-green-deploy.yaml",
        ),
        ("print --format terraform", "rust-blue-green-deploy.tf"),
        ("stage", "pipeline-stage.json"),
        ("stage --format cloudformation", "pipeline-stage.yaml"),
        ("stage --format cdk", "pipeline-stage.ts"),
        ("stage --format terraform", "pipeline-stage.tf"),
    ] {
        for (version, end) in [("1", "."), ("2", "-2.")] {
            let words = format!("action-type {words} --version {version}");
            let output = run(&words.split(' ').collect::<Vec<_>>(), &[]);
            assert_eq!(output.code, 0, "{}", output.err);
            let file = file.replace('.', end);
            let path = root().join("action-type").join(&file);
            assert_eq!(output.out, fs::read_to_string(path).expect(&file), "{file}");
        }
    }
}

#[test]
fn the_page_of_the_options_is_what_the_program_prints() {
    let output = run(&["action-type", "options"], &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    let page = root().join("docs/options.md");
    assert_eq!(output.out, fs::read_to_string(page).expect("the page"));
}

#[test]
fn a_version_is_one_of_two_perhaps_with_an_ending() {
    let output = run(&["action-type", "print", "--version", "2-b"], &[]);
    assert!(
        output.out.contains("\"version\": \"2-b\""),
        "{}",
        output.out
    );
    assert!(output.out.contains("ClusterName"), "{}", output.out);
    for command in ["action-type print", "action-type stage", "iam-policy"] {
        let words: Vec<&str> = command.split(' ').chain(["--version", "7"]).collect();
        let output = run(&words, &[]);
        assert_eq!(output.code, 2, "{}", output.out);
        let problem = "`7` is not a version of the action type: 1 is for CodeDeploy and 2 for";
        assert!(output.err.contains(problem), "{}", output.err);
    }
    let words = "action-type print --version 2 --queryable ApplicationName";
    let output = run(&words.split(' ').collect::<Vec<_>>(), &[]);
    assert_eq!(output.code, 2, "{}", output.out);
    let problem = "version 2 has no property ApplicationName; one of ClusterName, ServiceName,";
    assert!(output.err.contains(problem), "{}", output.err);
}

#[test]
fn a_worker_s_share_can_be_asked_for_by_what_is_required_only() {
    let with = |name: &str| run(&["action-type", "print", "--queryable", name], &[]);
    let output = with("DeploymentGroupName");
    let printed: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
    let properties = printed["configurationProperties"]
        .as_array()
        .expect("a list");
    let is_queryable = |one: &&serde_json::Value| one["queryable"] == true;
    let names: Vec<_> = properties
        .iter()
        .filter(is_queryable)
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["DeploymentGroupName"]);
    assert_eq!(with("Options").code, 2);
}

#[test]
fn the_policy_has_what_is_asked_for_and_names_it() {
    let output = run(&["iam-policy", "--purpose", "journal"], &[]);
    assert_eq!(output.code, 2, "{}", output.out);
    let words = "iam-policy --cross-account arn:aws:iam::111122223333:role/worker --external-id shop-42 \
                 --account 222233334444 --application shop --group web";
    let output = run(
        &words.split_whitespace().collect::<Vec<_>>(),
        &[("AWS_REGION", "cn-north-1")],
    );
    let printed: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
    let trust = &printed["TrustPolicy"]["Statement"][0];
    assert_eq!(
        trust["Condition"]["StringEquals"]["sts:ExternalId"],
        "shop-42"
    );
    let permissions = printed["PermissionsPolicy"].to_string();
    assert!(
        permissions
            .contains("arn:aws-cn:codedeploy:cn-north-1:222233334444:deploymentgroup:shop/web"),
        "{permissions}"
    );
}

#[test]
fn the_policy_of_version_2_is_about_one_service_and_not_codedeploy() {
    let words = "iam-policy --version 2 --cluster prod --service web";
    let output = run(&words.split(' ').collect::<Vec<_>>(), &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    for wanted in [
        "RustBlueGreenDeploy/2\"",
        "ecs:UpdateService",
        "arn:aws:ecs:*:*:service/prod/web\"",
        "arn:aws:ecs:*:*:service-deployment/prod/web/*\"",
    ] {
        assert!(output.out.contains(wanted), "{wanted}: {}", output.out);
    }
    assert!(!output.out.contains("codedeploy:"), "{}", output.out);
}

#[test]
fn the_policy_covers_what_the_settings_ask_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("worker.toml");
    let settings = "policy = [\"/etc/policies\", \"s3://team/prod\", \"s3://team/set.zip\"]\n\
                    journal = \"s3://journal/fleet\"\n\
                    event_bus = \"releases\"\naction_version = [\"1\", \"2\"]\n\
                    roles = [\"arn:aws:iam::222233334444:role/deploy shop-42\"]\n";
    fs::write(&file, settings).expect("written");
    let file = file.display().to_string();
    let output = run(&["iam-policy", "--config", &file], &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    for wanted in [
        "arn:aws:s3:::team/prod/*",
        "arn:aws:s3:::team/set.zip\"",
        "arn:aws:s3:::journal/fleet/*",
        "\"events:PutEvents\"",
        "RustBlueGreenDeploy/1\"",
        "RustBlueGreenDeploy/2\"",
        "\"ecs:UpdateService\"",
        "arn:aws:events:*:*:event-bus/releases\"",
        "arn:aws:iam::222233334444:role/deploy\"",
    ] {
        assert!(output.out.contains(wanted), "{wanted}: {}", output.out);
    }
    assert!(!output.out.contains("shop-42"), "{}", output.out);
    let plain = run(&["iam-policy"], &[]);
    assert!(!plain.out.contains("events:"), "{}", plain.out);
    let output = run(&["iam-policy", "--config", "/no/such/file"], &[]);
    assert_eq!(output.code, 2, "{}", output.out);
}

#[test]
fn the_action_type_has_the_environments_region() {
    let output = run(&["action-type", "print"], &[("AWS_REGION", "eu-west-1")]);
    assert!(
        output
            .out
            .contains("https://eu-west-1.console.aws.amazon.com/")
    );
    let output = run(&["action-type", "print"], &[("AWS_REGION", "Mars/1")]);
    assert_eq!(output.code, 2);
}
