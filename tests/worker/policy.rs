//! Policies on real releases: a refused release is not registered, a failing
//! policy refuses too, and other releases deploy.

mod ahead;
mod forged;
mod judged;
mod keeper;
mod secrets;
mod terms;

use std::fs;
use std::path::Path;
use std::process::Command;

use bluegreen_worker::policy::controls::{CONTROLS, Levels, parse_levels};
use bluegreen_worker::policy::{Child, DEFAULT_NAMESPACE, Gate, PolicySet, SetProblem};
use bluegreen_worker::worker;
use simulator::codepipeline::ActionStatus;
use simulator::ecr::Platform;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Harness, Order, TASKDEF};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bluegreen-worker");

/// Applies the rule only to releases of the family `webapp-bad`.
fn only_for_bad(body: &str) -> String {
    format!(
        "package main\n\ndeny contains \"found\" if {{\n\tinput.taskDefinition.family == \"webapp-bad\"\n\t{body}\n}}\n"
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn levels(text: &str) -> Levels {
    parse_levels(text).expect("levels")
}

fn open(files: &[(&str, &str)], controls: &str) -> Result<Gate, SetProblem> {
    let folder = folder(files);
    let paths = match files {
        [] => Vec::new(),
        _ => vec![folder.path().to_owned()],
    };
    let set = PolicySet::read(&paths, DEFAULT_NAMESPACE, &levels(controls))?;
    Gate::open(set, Child::of(PROGRAM))
}

/// A worker that evaluates these policies for every release.
fn start(harness: &Harness, gate: Gate) -> (CancellationToken, JoinHandle<()>) {
    let drain = CancellationToken::new();
    let context = harness.context(drain.clone()).with_policy(gate);
    let task = tokio::spawn(async move { worker::run(&context).await });
    (drain, task)
}

async fn stop((drain, task): (CancellationToken, JoinHandle<()>)) {
    drain.cancel();
    task.await.expect("a worker does not panic");
}

fn bad() -> Order {
    let taskdef = TASKDEF.replace("\"family\": \"webapp\"", "\"family\": \"webapp-bad\"");
    Order::default().file("taskdef.json", &taskdef)
}

/// Releases a bad and a good release. Returns the message of the bad one's
/// refusal, and checks that only the good one was registered.
async fn refusal(gate: Gate) -> String {
    let harness = Harness::new();
    let worker = start(&harness, gate);
    let refused = harness.queue(&bad());
    let good = harness.queue(&Order::default().option("CompleteWhen=TrafficShifted"));
    let view = harness.end_of(&refused).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    assert_eq!(harness.end_of(&good).await.status, ActionStatus::Succeeded);
    stop(worker).await;
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "ConfigurationError");
    error.message
}

async fn refused_with(policy: &str, expected: &str) {
    let gate = open(&[("team.rego", policy)], "").expect("it loads");
    let message = refusal(gate).await;
    assert!(message.contains(expected), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_finding_names_its_rule_its_place_and_what_to_do() {
    let policy = "package main\n\ndeny contains finding if {\n\tinput.taskDefinition.family == \"webapp-bad\"\n\tfinding := {\"msg\": \"no such family\", \"path\": \"/family\", \"remedy\": \"call it webapp\"}\n}\n";
    refused_with(
        policy,
        "taskdef.json:2:13 family (artifact Bundle): [policy main.deny] no such family → call it webapp",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_literal_nested_too_deep_to_parse_is_not_loaded() {
    let policy = format!(
        "package main\ndeny contains x if x := {}{}\n",
        "[".repeat(40),
        "]".repeat(40)
    );
    let SetProblem(problems) = open(&[("deep.rego", &policy)], "").expect_err("it hangs");
    assert!(problems[0].contains("deep.rego"), "{problems:?}");
}

#[test]
fn rules_that_need_themselves_do_not_load() {
    let endless = only_for_bad("f(1)") + "\nf(x) := f(x + 1)\n";
    let mutual = only_for_bad("a") + "\na if b\n\nb if a\n";
    for (policy, expected) in [
        (endless, "team.rego:8: `main.f` depends on itself"),
        (mutual, "team.rego:8: `main.a` depends on itself"),
    ] {
        let SetProblem(problems) = open(&[("team.rego", &policy)], "").expect_err("a circle");
        assert!(problems[0].ends_with(expected), "{problems:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn exhausted_memory_refuses() {
    refused_with(
        &only_for_bad("count(numbers.range(1, 200000000)) > 0"),
        "data.main.deny",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_too_long_to_print_refuses() {
    let policy = only_for_bad("sprintf(\"%d\", [bits.lsh(1, 100000000)]) != \"\"");
    refused_with(&policy, "data.main.deny").await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_without_end_refuses() {
    let policy = only_for_bad(
        "xs := numbers.range(1, 30000)\n\tcount([1 | some x in xs; some y in xs; x + y == 0]) > 0",
    );
    let gate = open(&[("team.rego", &policy)], "").expect("it loads");
    let message = refusal(gate).await;
    assert!(message.contains("data.main.deny"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_no_set_refuses() {
    let policy = "package main\n\ndeny := input.taskDefinition.family if input.taskDefinition.family == \"webapp-bad\"\n";
    refused_with(policy, "data.main.deny: its value is not a set of findings").await;
}

#[tokio::test(start_paused = true)]
async fn ten_megabytes_of_output_refuse() {
    let rules: String = (0..12)
        .map(|n| {
            format!(
                "deny_{n} contains sprintf(\"%d%s\", [i, long]) if {{\n\tinput.taskDefinition.family == \"webapp-bad\"\n\tsome i in numbers.range(1, 900)\n}}\n\n"
            )
        })
        .collect();
    let long = "x".repeat(900);
    let policy = format!("package main\n\nlong := \"{long}\"\n\n{rules}");
    let gate = open(&[("team.rego", &policy)], "").expect("it loads");
    let message = refusal(gate).await;
    // On a busy machine the time limit may be reached first.
    let told = ["1000 is the limit", "it took longer than"];
    assert!(told.iter().any(|it| message.contains(it)), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_floods_or_lies_is_not_believed() {
    for (script, expected) in [
        (
            "#!/bin/sh\nhead -c 10000000 /dev/zero\n",
            "more than 1048576 bytes",
        ),
        (
            "#!/bin/sh\necho '{\"Answer\":{\"Findings\":[]}}'\nexit 3\n",
            "exit code 3",
        ),
        ("#!/bin/sh\necho '{\"Answer\":[]}'\n", "no proper answer"),
        ("#!/bin/sh\nkill -9 $$\n", "signal 9"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("program");
        fs::write(&program, script).expect("written");
        make_executable(&program);
        let set = PolicySet::read(&[], DEFAULT_NAMESPACE, &levels("all=deny"));
        let opened = Gate::open(set.expect("controls"), Child::of(&program));
        let SetProblem(problems) = opened.expect_err(expected);
        assert!(problems[0].contains(expected), "{problems:?}");
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("our own file");
}

#[tokio::test(start_paused = true)]
async fn a_control_that_warns_lets_the_release_pass_and_one_that_denies_does_not() {
    let harness = Harness::new();
    let gate = open(&[], "host-network=warn,digest=deny").expect("controls");
    let worker = start(&harness, gate);
    let image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1";
    harness.push(image, &[Platform::LinuxArm64]);
    let tagged = &format!(r#"{{"ImageURI": "{image}"}}"#);
    let refused = harness.queue(&Order::default().file("imageDetail.json", tagged));
    let view = harness.end_of(&refused).await;
    let error = view.error.expect("a reason");
    assert!(
        error.message.contains("[policy digest]"),
        "{}",
        error.message
    );
    assert!(
        error
            .message
            .contains("taskdef.json:16:16 containerDefinitions[0].image"),
        "{}",
        error.message
    );
    let good = harness.queue(&Order::default());
    assert_eq!(harness.end_of(&good).await.status, ActionStatus::Succeeded);
    stop(worker).await;
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_warning_is_in_the_summary_and_in_the_output_variable() {
    let harness = Harness::new();
    let policy = "package main\n\nwarn contains \"mind the gap\" if true\n";
    let worker = start(
        &harness,
        open(&[("team.rego", policy)], "").expect("it loads"),
    );
    // A note that quotes the artifact is no policy's, whatever it looks like.
    let looks_so = TASKDEF.replacen('{', "{\n  \"[policy main.warn]\": 1,", 1);
    let action = harness.queue(&Order::default().file("taskdef.json", &looks_so));
    let view = harness.end_of(&action).await;
    stop(worker).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(
        view.output_variables["PolicyFindings"],
        "[\"warning: [policy main.warn] mind the gap\"]"
    );
    let summary = view.summary.expect("a summary");
    assert!(summary.contains("mind the gap"), "{summary}");
    assert!(summary.contains("taskdef.json:2:3"), "{summary}");
}

#[test]
fn the_documentation_names_every_control_and_every_member_of_the_document() {
    let docs = include_str!("../../docs/policies.md");
    for control in CONTROLS {
        assert!(
            docs.contains(&format!("| `{}` |", control.id)),
            "{}",
            control.id
        );
    }
    let schema = include_str!("../../policies/input.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    for (member, described) in schema["properties"].as_object().expect("properties") {
        assert!(docs.contains(&format!("| `{member}` |")), "{member}");
        for name in described["properties"].as_object().into_iter().flatten() {
            assert!(
                docs.contains(&format!("`{}`", name.0)),
                "{member}.{}",
                name.0
            );
        }
    }
}

/// Exit code, standard output and standard error.
fn program(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(PROGRAM)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("BLUEGREEN_POLICY")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn the_example_set_passes_its_tests_and_judges_the_example_release() {
    let (code, out, error) = program(&["policy", "test", "--policy", "examples/policies"]);
    assert_eq!(code, Some(0), "{out}{error}");
    let check = [
        "policy",
        "check",
        "examples/webapp",
        "--policy",
        "examples/policies",
    ];
    let (code, out, error) = program(&check);
    assert_eq!(code, Some(0), "{out}{error}");
    let all = [
        "policy",
        "check",
        "examples/webapp",
        "--controls",
        "all=deny",
    ];
    let (code, out, _) = program(&all);
    assert_eq!(code, Some(1), "{out}");
    // No list of registries was given; all other controls pass.
    assert!(out.contains("[policy allowed-registries]"), "{out}");
    assert!(out.ends_with("refused: 1 error.\n"), "{out}");
}

#[test]
fn a_worker_does_not_start_with_policies_that_do_not_load() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.rego");
    fs::write(&path, "package main\n\ndeny contains if {\n").expect("written");
    let paths = folder.path().display().to_string();
    let (code, _, error) = program(&["run", "--policy", &paths]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("broken.rego:3:"), "{error}");
    let (code, _, error) = program(&["run", "--policy", "/no/such/place"]);
    assert_eq!(code, Some(2), "{error}");
}

#[test]
fn the_schema_names_every_member_of_the_document_and_no_other() {
    let (code, out, error) = program(&["policy", "input", "examples/webapp"]);
    assert_eq!(code, Some(0), "{error}");
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let schema = include_str!("../../policies/input.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let known = schema["properties"].as_object().expect("properties");
    for (member, value) in document.as_object().expect("an object") {
        let Some(described) = known.get(member) else {
            panic!("{member} is not in the schema");
        };
        if let (Some(value), Some(inner)) = (value.as_object(), described["properties"].as_object())
        {
            for name in value.keys() {
                assert!(
                    inner.contains_key(name),
                    "{member}.{name} is not in the schema"
                );
            }
        }
    }
    for name in schema["required"].as_array().expect("a list") {
        assert!(
            document.get(name.as_str().expect("a name")).is_some(),
            "{name}"
        );
    }
}
