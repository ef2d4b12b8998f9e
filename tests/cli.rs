//! The program as its users meet it: what it prints, and how it exits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bluegreen_worker::cli::Cli;
use bluegreen_worker::clock::Clock;
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::wire::{Options, Simulator};
use bluegreen_worker::simulator::world::World;
use clap::CommandFactory as _;

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_its_help() {
    for command in commands(&Cli::command()) {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let output = run(&[&words[..], &["--help"]].concat(), &[]);
        assert_eq!(output.code, 0, "{command}");
        insta::assert_snapshot!(command.replace(' ', "_"), output.out);
    }
}

#[test]
fn no_command_and_unknown_ones_are_a_matter_of_usage() {
    for words in [&[][..], &["deploy"], &["rehearse", "--speed", "0"]] {
        let output = run(words, &[]);
        assert_eq!(output.code, 2, "{words:?}");
        assert!(output.err.contains("Usage:") || output.err.contains("--help"));
    }
}

#[test]
fn the_readme_shows_what_a_rehearsal_prints() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, rest) = readme.split_once("```text\n").expect("a transcript");
    let (transcript, _) = rest.split_once("```").expect("its end");
    let output = run(&["rehearse"], &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    assert_eq!(masked(&output.out), masked(transcript));
}

#[test]
fn a_rehearsal_that_fails_says_why_and_exits_with_1() {
    let output = run(
        &["rehearse", "--scenario", "hook-fails", "--speed", "1000"],
        &[],
    );
    assert_eq!(output.code, 1, "{}", output.err);
    let (_, ending) = output
        .out
        .split_once("What the pipeline shows:\n")
        .expect("an end");
    let starts = |line: &str| ending.lines().any(|one| one.trim_start().starts_with(line));
    assert!(starts("status    Failed"), "{ending}");
    assert!(starts("type      JobFailed"), "{ending}");
    assert!(starts("message   "), "{ending}");
    assert!(starts("link      https://"), "{ending}");
    assert!(ending.contains("GET /checkout 500"), "{ending}");
}

#[test]
fn every_scenario_ends_as_it_is_named() {
    for (scenario, code, wanted) in [
        ("unhealthy", 1, "TIMEOUT"),
        ("image-missing", 1, "TIMEOUT"),
        ("alarm", 1, "ALARM_ACTIVE"),
        ("stopped", 1, "MANUAL_STOP"),
        ("ready", 0, "waits until somebody continues it"),
    ] {
        let output = run(
            &["rehearse", "--scenario", scenario, "--speed", "1000"],
            &[],
        );
        assert_eq!(output.code, code, "{scenario}: {}", output.out);
        assert!(output.out.contains(wanted), "{scenario}: {}", output.out);
    }
}

#[test]
fn a_refused_bundle_ends_with_its_findings() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["appspec.yaml", "imageDetail.json"] {
        let from = root().join("examples/webapp").join(name);
        fs::copy(from, folder.path().join(name)).expect("copied");
    }
    fs::write(folder.path().join("taskdef.json"), "{ \"family\": }").expect("written");
    let output = run(&["rehearse", &folder.path().display().to_string()], &[]);
    assert_eq!(output.code, 1, "{}", output.err);
    assert!(output.out.contains("ConfigurationError"), "{}", output.out);
    assert!(output.out.contains("taskdef.json:1:13"), "{}", output.out);
    assert!(!output.out.contains("Deployment "), "{}", output.out);
}

#[test]
fn a_missing_bundle_is_a_matter_of_usage() {
    let output = run(&["rehearse", "no/such/folder"], &[]);
    assert_eq!(output.code, 2);
    assert_eq!(output.out, "");
    insta::assert_snapshot!(output.err, @"
    error: no/such/folder cannot be read: No such file or directory (os error 2)
    A bundle is a folder or a zip archive with taskdef.json, appspec.yaml and imageDetail.json, such as examples/webapp in this project's sources.
    ");
}

#[test]
fn whoever_closes_the_pipe_gets_no_panic() {
    let program = env!("CARGO_BIN_EXE_bluegreen-worker");
    for words in ["rehearse --speed 1000", "action-type print"] {
        let script = format!("'{program}' {words} | true");
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(root())
            .output()
            .expect("a shell");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{words}: {err}");
    }
}

#[test]
fn wrong_settings_are_all_named_before_anything_starts() {
    let output = run(
        &["run", "--max-jobs", "0", "--listen", "here"],
        &[
            ("BLUEGREEN_POLL_INTERVAL", "soon"),
            ("BLUEGREEN_WACH", "1s"),
        ],
    );
    assert_eq!(output.code, 2);
    assert_eq!(output.out, "");
    insta::assert_snapshot!(output.err, @"
    error: BLUEGREEN_WACH: no such variable; did you mean `BLUEGREEN_WATCH`?
    error: BLUEGREEN_POLL_INTERVAL: `soon` is no duration; write it like 100ms, 90s, 20m or 23h
    error: --max-jobs: `0` is no number from 1 to 10000
    error: --listen: `here` is no address and port such as 127.0.0.1:8080
    ");
}

#[test]
fn without_a_region_there_is_nothing_to_poll() {
    let nowhere = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("HOME", "/nonexistent"),
    ];
    let output = run(&["run"], &nowhere);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("AWS_REGION"), "{}", output.err);
}

#[test]
fn an_endpoint_without_tls_is_refused_unless_it_is_on_this_machine() {
    let elsewhere = [
        ("AWS_ENDPOINT_URL_S3", "http://192.0.2.1:9000"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
        ("HOME", "/nonexistent"),
    ];
    let output = run(&["run"], &elsewhere);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("AWS_ENDPOINT_URL_S3"), "{}", output.err);
    assert!(output.err.contains("without TLS"), "{}", output.err);
}

#[test]
fn shells_and_manuals_are_served() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell], &[]);
        assert_eq!(output.code, 0, "{}", output.err);
        for word in ["rehearse", "doctor", "poll-interval"] {
            assert!(output.out.contains(word), "{shell}: {word}");
        }
    }
    let output = run(&["man"], &[]);
    assert!(
        output.out.contains(".TH bluegreen-worker"),
        "{}",
        output.out
    );
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(
        &["man", "--into", &folder.path().display().to_string()],
        &[],
    );
    assert_eq!(output.code, 0, "{}", output.err);
    let page = fs::read_to_string(folder.path().join("bluegreen-worker-run.1"));
    assert!(page.expect("a page for run").contains("max\\-jobs"));
}

#[test]
fn the_page_about_settings_is_the_one_that_the_program_prints() {
    let output = run(&["config", "reference"], &[]);
    let page = fs::read_to_string(root().join("docs/configuration.md")).expect("the page");
    assert_eq!(output.out, page);
}

#[test]
fn the_settings_in_force_are_shown_with_where_they_came_from() {
    let environment = [
        ("BLUEGREEN_WATCH", "30s"),
        (
            "BLUEGREEN_ROLES",
            "arn:aws:iam::111122223333:role/a shop-42",
        ),
    ];
    let output = run(&["config", "print", "--max-jobs", "7"], &environment);
    assert_eq!(output.code, 0, "{}", output.err);
    for line in [
        "watch = \"30s\" # BLUEGREEN_WATCH",
        "max_jobs = \"7\" # --max-jobs",
        "poll_interval = \"5s\" # default",
        "# journal is not set",
        "roles = \"arn:aws:iam::111122223333:role/a ***\" # BLUEGREEN_ROLES",
    ] {
        assert!(
            output.out.lines().any(|one| one == line),
            "{line}: {}",
            output.out
        );
    }
    // What it prints is a file that it takes.
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), output.out.replace("***", "shop-42")).expect("written");
    let again = run(
        &[
            "config",
            "print",
            "--json",
            "--config",
            &file.path().display().to_string(),
        ],
        &[],
    );
    let again: serde_json::Value = serde_json::from_str(&again.out).expect("JSON");
    assert_eq!(again["watch"]["value"], "30s");
    assert_eq!(again["max_jobs"]["value"], "7");
    let output = run(&["config", "print"], &[("BLUEGREEN_WATCH", "soon")]);
    assert_eq!(output.code, 2);
}

#[test]
fn the_printed_action_type_is_the_one_in_the_repository() {
    let output = run(&["action-type", "print", "--region", "us-east-1"], &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    let file = root().join("action-type/rust-blue-green-deploy.json");
    assert_eq!(output.out, fs::read_to_string(file).expect("the file"));
}

#[test]
fn the_files_about_the_action_are_what_the_program_prints() {
    for (words, file) in [
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
        let words: Vec<&str> = ["action-type"]
            .into_iter()
            .chain(words.split(' '))
            .collect();
        let output = run(&words, &[]);
        assert_eq!(output.code, 0, "{}", output.err);
        let path = root().join("action-type").join(file);
        assert_eq!(output.out, fs::read_to_string(path).expect(file), "{file}");
    }
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

struct Ended {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in the repository, with nothing but this environment.
fn run(words: &[&str], environment: &[(&str, &str)]) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(words)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(root())
        .output()
        .expect("the program starts");
    Ended {
        code: status.code().expect("it was not killed"),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every command with the commands below it, such as `x action-type print`.
fn commands(command: &clap::Command) -> Vec<String> {
    let name = command.get_name();
    let mut all = vec![name.to_owned()];
    for below in command.get_subcommands() {
        all.extend(commands(below).iter().map(|one| format!("{name} {one}")));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_compared_with_what_runs() {
    let clock = Clock::system();
    let world = World::webapp(clock.now());
    let key = world.keys.account.clone();
    let simulator = Simulator::start(world, clock, Options::default())
        .await
        .expect("a free port");
    let url = simulator.url();
    let words = ["render", "examples/webapp", "--diff", "running"];
    let pairs = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", &key.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &key.secret_access_key),
    ];
    let output = tokio::task::block_in_place(|| run(&words, &pairs));
    assert_eq!(output.code, 0, "{}", output.err);
    let shown = &output.out;
    assert!(shown.contains("--- arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:1"));
    assert!(shown.contains("-      \"image\": \"webapp:1\""), "{shown}");
    assert!(
        shown.contains("+      \"readonlyRootFilesystem\": true"),
        "{shown}"
    );
    // What only ECS adds is no difference.
    for added in [
        "registeredAt",
        "requiresAttributes",
        "revision",
        "\"volumes\"",
    ] {
        assert!(!shown.contains(added), "{added}: {shown}");
    }
    simulator
        .world()
        .lock()
        .expect("nobody panics")
        .faults
        .add(denied())
        .expect("a fault");
    let output = tokio::task::block_in_place(|| run(&words, &pairs));
    assert_eq!(output.code, 2, "{}", output.out);
    assert!(
        output.err.contains("codedeploy:GetDeploymentGroup"),
        "{}",
        output.err
    );
    let changes = {
        let world = simulator.world();
        let world = world.lock().expect("nobody panics");
        world.ledger.effects("ecs", "RegisterTaskDefinition")
    };
    assert_eq!(changes, 0, "nothing is changed");
    simulator.shutdown().await;
}

fn denied() -> Fault {
    Fault {
        service: "codedeploy".into(),
        operation: "GetDeploymentGroup".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Denied,
    }
}

/// The lines without their numbers, which differ from run to run; what differs
/// in its numbers only is one line then.
fn masked(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(masked_line).collect();
    lines.dedup();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn masked_line(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let mut masked = String::new();
        for c in word.chars() {
            if !c.is_ascii_digit() {
                masked.push(c);
            } else if !masked.ends_with('#') {
                masked.push('#');
            }
        }
        masked
    });
    words.collect::<Vec<String>>().join(" ")
}
