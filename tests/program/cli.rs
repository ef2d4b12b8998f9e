//! The program's output and exit codes.

mod about_the_action;
mod policies;
mod settings;
mod trying_policies;
mod usage;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bluegreen_worker::cli::Cli;
use bluegreen_worker::job::action_type::definitions;
use clap::CommandFactory as _;
use clock::Clock;
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};

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
fn a_closed_pipe_is_no_error() {
    for (words, code) in [
        ("man", 0),
        ("iam-policy", 0),
        ("config reference", 0),
        ("action-type print", 0),
        ("completions bash", 0),
        ("check examples/webapp", 0),
        ("check docs", 1),
        ("render examples/webapp", 0),
        ("policy controls", 0),
        ("policy controls alarms", 0),
        ("policy input examples/webapp", 0),
        ("rehearse --list", 0),
        // It cannot finish, because nothing reads its output.
        ("rehearse --speed 1000", 3),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
            .args(words.split_whitespace())
            .env_clear()
            .current_dir(root())
            .stdout(writer)
            .output()
            .expect("the program starts");
        let complaint = String::from_utf8(ended.stderr).expect("text");
        assert_eq!(
            (ended.status.code(), complaint.as_str()),
            (Some(code), ""),
            "{words}"
        );
    }
}

#[test]
fn an_error_that_cannot_be_written_changes_no_exit_code() {
    for (words, code) in [
        ("check no/such/folder", 2),
        ("run --max-jobs 0", 2),
        ("render docs", 1),
        ("deploy", 2),
    ] {
        let full = fs::File::options().write(true).open("/dev/full");
        let ended = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
            .args(words.split_whitespace())
            .env_clear()
            .current_dir(root())
            .stderr(full.expect("a device without room"))
            .status()
            .expect("the program starts");
        assert_eq!(ended.code(), Some(code), "{words}");
    }
}

#[test]
fn the_documentation_shows_what_a_rehearsal_prints() {
    let page = fs::read_to_string(root().join("docs/rehearsing.md")).expect("the page");
    let (_, rest) = page.split_once("```text\n").expect("a transcript");
    let (transcript, _) = rest.split_once("```").expect("its end");
    let output = run(&["rehearse"], &[]);
    assert_eq!(output.code, 0, "{}", output.err);
    assert_eq!(masked(&output.out), masked(transcript));
}

#[test]
fn the_built_in_example_is_rehearsed_from_any_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(["rehearse", "--speed", "1000"])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    let shown = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(0), "{shown}");
    assert!(shown.contains("Rehearsing examples/webapp"), "{shown}");
}

#[test]
fn a_rehearsal_that_fails_says_why_and_exits_with_1() {
    let output = run(
        &["rehearse", "--scene", "hook-fails", "--speed", "1000"],
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
    A bundle is a folder or a zip archive with taskdef.json and, for CodeDeploy, appspec.yaml; without one, the built-in example is rehearsed.
    ");
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in the repository with only this environment.
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

/// Every command with its subcommands, such as `x action-type print`.
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
    let world = World::webapp(clock.now(), &definitions(REGION));
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
    // Members that only ECS adds do not count as a difference.
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
        .faults
        .add(denied())
        .expect("a fault");
    let output = tokio::task::block_in_place(|| run(&words, &pairs));
    assert_eq!(output.code, 1, "{}", output.out);
    assert!(
        output.err.contains("codedeploy:GetDeploymentGroup"),
        "{}",
        output.err
    );
    // Version 2 names the service, so only ECS is asked.
    let words = ["render", "examples/ecs", "--diff", "running"];
    let output = tokio::task::block_in_place(|| run(&words, &pairs));
    assert_eq!(output.code, 0, "{}", output.err);
    let (changes, described) = {
        let world = simulator.world();
        let world = world.lock();
        let changes = world.ledger.effects("ecs", "RegisterTaskDefinition");
        let described = world.ledger.calls("ecs", "DescribeServices").count();
        (changes, described)
    };
    assert_eq!(changes, 0, "nothing changed");
    assert_eq!(described, 2, "once for each comparison");
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

/// The lines with their numbers masked, because those differ from run to run.
/// Lines that differ only in numbers become one.
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
