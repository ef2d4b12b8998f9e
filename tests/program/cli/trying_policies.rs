//! Commands with which authors of policies try their rules.

use super::*;

fn place(files: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let path = folder.path().display().to_string();
    (folder, path)
}

/// Runs the program and checks its exit code and output on either stream.
fn output_has(words: &[&str], code: i32, expected: &[&str]) -> String {
    let output = run(words, &[]);
    let all = format!("{}{}", output.out, output.err);
    assert_eq!(output.code, code, "{words:?}: {all}");
    for text in expected {
        assert!(all.contains(text), "{words:?}: `{text}` is not in\n{all}");
    }
    all
}

#[test]
fn a_rule_for_another_input_is_warned_of() {
    let (_folder, policies) = place(&[
        (
            "taskdef.rego",
            "package main\n\ndeny[msg] {\n\tc := input.containerDefinitions[_]\n\tc.name == \"web\"\n\tmsg := sprintf(\"%s is there\", [c.name])\n}\n",
        ),
        (
            "plan.rego",
            "package main\n\nimport input as plan\n\ndeny[msg] {\n\tplan.resource_changes[_].type\n\tmsg := \"plan\"\n}\n",
        ),
        (
            "terms.toml",
            "[[places]]\npath = \"taskdef.rego\"\ninput = \"task-definition\"\n",
        ),
    ]);
    let check = ["policy", "check", "examples/webapp", "--policy", &policies];
    let warnings = [
        "taskdef.rego:4: the document has no member `containerDefinitions`",
        "plan.rego:6: the document has no member `resource_changes`",
        "plan.rego:5: main.deny: the set has no tests",
    ];
    output_has(&check, 0, &warnings);
    let terms = format!("{policies}/terms.toml");
    let with_terms = [&check[..], &["--policy-terms", &terms]].concat();
    let all = output_has(&with_terms, 1, &["[policy main.deny] web is there"]);
    assert!(!all.contains("no member `containerDefinitions`"), "{all}");
    let rehearse = ["rehearse", "--speed", "1000", "--policy", &policies];
    output_has(&rehearse, 0, &warnings[..2]);
    fs::write(
        &terms,
        "[[places]]\npath = \"taskdef.reg\"\ninput = \"task-definition\"\n",
    )
    .expect("written");
    output_has(
        &with_terms,
        2,
        &["no *.rego file of the set lies in `taskdef.reg`"],
    );
}

#[test]
fn an_artifacts_own_policy_is_tried_too() {
    let (_bundle, bundle) = place(&[(
        "release.rego",
        "package main\ndeny contains sprintf(\"%v\", [m]) if some m, _ in input\n",
    )]);
    for file in [
        "action.json",
        "appspec.yaml",
        "imageDetail.json",
        "taskdef.json",
    ] {
        let from = format!("examples/webapp/{file}");
        fs::copy(from, format!("{bundle}/{file}")).expect("copied");
    }
    let (_terms, terms) = place(&[("terms.toml", "artifact_policy = \"release.rego\"\n")]);
    let terms = format!("{terms}/terms.toml");
    let check = ["policy", "check", &bundle, "--policy-terms", &terms];
    let all = output_has(&check, 1, &["[policy main.deny] taskDefinition"]);
    assert!(!all.contains("[policy main.deny] previous"), "{all}");
    fs::write(
        format!("{bundle}/release.rego"),
        "package main\ndeny contains\n",
    )
    .expect("written");
    output_has(
        &check,
        1,
        &["the policies could not be evaluated", "release.rego"],
    );
}

#[test]
fn a_document_and_its_members_can_be_given() {
    let example = "policies/input.example.json";
    let check = |more: &[&str], code, expected: &[&str]| {
        let words = ["policy", "check", "--input", example];
        output_has(&[&words[..], more].concat(), code, expected)
    };
    let rule = "package main\n\ndeny contains {\"msg\": \"no\", \"path\": \"/taskDefinition/containerDefinitions/0/image\"} if input.taskDefinition\n";
    let (_folder, policies) = place(&[("team.rego", rule)]);
    let image = "policies/input.example.json:20:18 containerDefinitions[0].image: [policy";
    check(&["--policy", &policies], 1, &[image]);
    let rollback = ["--controls", "rollback=deny"];
    check(&rollback, 0, &[]);
    let set = ["--set", "deployment.autoRollback=[]"];
    check(&[rollback, set].concat(), 1, &["[policy rollback]"]);
    let ecs = ["--input", "policies/input.ecs.example.json"];
    let by_ecs = |set: &str, code, expected: &str| {
        let words = [
            "--controls",
            "rollback=deny,gradual-traffic=deny,alarms=deny",
        ];
        let words = [&["policy", "check"], &ecs[..], &words[..], &["--set", set]].concat();
        output_has(&words, code, &[expected]);
    };
    by_ecs("deployment.stepPercent=25", 0, "The release passes.");
    by_ecs(
        "deployment.strategy=BLUE_GREEN",
        1,
        "deployment.strategy: [policy gradual-traffic]",
    );
    by_ecs(
        "deployment.alarms=[]",
        1,
        "deployment.alarms: [policy alarms]",
    );
    by_ecs(
        "deployment.circuitBreaker.rollback=false",
        1,
        "[policy rollback]",
    );
    let set = ["--set", "pipeline.nmae=shop"];
    let meant = "`pipeline` has no member `nmae`; did you mean `name`?";
    check(&[rollback, set].concat(), 2, &[meant]);
    output_has(
        &["policy", "check", "--controls", "all=warn"],
        2,
        &["<BUNDLE>"],
    );
    let alone = ["policy", "input", "--input", "examples/webapp/taskdef.json"];
    output_has(&alone, 2, &["a task definition alone; name the bundle"]);
}

#[test]
fn the_pipeline_is_what_it_says_it_is() {
    let action = fs::read_to_string("examples/webapp/action.json").expect("an example");
    let pipeline = format!(
        "{{\"pipeline\": {{\"name\": \"shop\", \"stages\": [{{\"name\": \"Live\", \"actions\": [{action}]}}]}}, \"metadata\": {{\"pipelineArn\": \"arn:aws:codepipeline:eu-west-1:111122223333:shop\"}}}}"
    );
    let (_folder, path) = place(&[("pipeline.json", &pipeline)]);
    let file = format!("{path}/pipeline.json");
    let words = ["policy", "input", "examples/webapp", "--pipeline", &file];
    let output = run(&words, &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    let document: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
    let pipeline = &document["pipeline"];
    for (member, expected) in [
        ("name", "shop"),
        ("stage", "Live"),
        ("action", "Release"),
        ("account", "111122223333"),
        ("region", "eu-west-1"),
    ] {
        assert_eq!(pipeline[member], expected, "{pipeline}");
    }
}

#[test]
fn a_failed_test_shows_where_and_with_which_values() {
    let (_folder, policies) = place(&[
        (
            "team.rego",
            "package main\n\ndeny contains \"root\" if {\n\tsome c in input.taskDefinition.containerDefinitions\n\tc.user == \"root\"\n}\n",
        ),
        (
            "team_test.rego",
            "package main_test\n\nimport data.main\n\ntest_bad if {\n\tfound := main.deny with input as {}\n\tcount(found) == 1\n}\n\ntest_good if count(main.deny) == 0 with input as {}\n",
        ),
    ]);
    let test = ["policy", "test", "--policy", &policies];
    let failed = [
        "FAIL  main_test.test_bad: it is undefined",
        "team_test.rego:5\n",
        "✗    7  count(found) == 1",
        "count(found) = 0; found = []",
        "never ",
        "team.rego:3: main.deny",
    ];
    output_has(&test, 1, &failed);
    let some = |text: &'static str| [&test[..], &["--run", text]].concat();
    output_has(&some("good$"), 0, &["1 passed, 0 failed, 1 not run"]);
    output_has(&some("test_goood"), 2, &["did you mean `test_good`?"]);
    output_has(&some("("), 2, &["unclosed group"]);
    let junit = output_has(
        &[&test[..], &["--format", "junit"]].concat(),
        1,
        &["<failure message="],
    );
    assert!(junit.starts_with("<?xml"), "{junit}");
    let explain = [
        "policy",
        "explain",
        "examples/webapp",
        "--policy",
        &policies,
    ];
    output_has(
        &explain,
        0,
        &["✗    5  c.user == \"root\"", "c.user = \"10001:10001\""],
    );
    let rule = [&explain[..], &["--rule", "main.dney"]].concat();
    output_has(&rule, 2, &["did you mean `main.deny`?"]);
}

#[test]
fn tests_of_no_policies_are_wrong_usage() {
    output_has(&["policy", "test"], 2, &["name policies with --policy"]);
}
