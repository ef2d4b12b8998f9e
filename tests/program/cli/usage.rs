//! Examples of the help, values that are refused, and exit codes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use bluegreen_worker::cli::Cli;
use clap::CommandFactory as _;

use super::run;

/// Commands that do something themselves.
fn leaves<'a>(command: &'a clap::Command, found: &mut Vec<&'a clap::Command>) {
    match command.has_subcommands() {
        true => command
            .get_subcommands()
            .for_each(|below| leaves(below, found)),
        false => found.push(command),
    }
}

#[test]
fn every_command_has_examples_that_it_accepts() {
    let whole = Cli::command();
    let mut found = Vec::new();
    leaves(&whole, &mut found);
    assert!(found.len() > 20);
    for command in found {
        let name = command.get_name();
        let help = command.clone().render_help().to_string();
        let (_, examples) = help.split_once("Examples:\n").expect(name);
        let examples = examples.replace("\\\n", " ");
        for example in examples.lines().filter(|line| !line.is_empty()) {
            let words = example.replace(['\'', '"'], "");
            let words = words.split_whitespace();
            let own = words.take_while(|word| !["|", ">"].contains(word));
            let own: Vec<&str> = own.collect();
            assert!(own.contains(&name), "{name}: {example}");
            let parsed = Cli::command().try_get_matches_from(&own);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn a_command_runs_in_the_account_and_its_exit_status_is_the_simulator_s() {
    let program = env!("CARGO_BIN_EXE_bluegreen-worker");
    let path = [("PATH", "/usr/bin:/bin")];
    let simulated = |command: &[&str], environment: &[(&str, &str)]| {
        run(
            &[&["simulate", "--empty", "--"], command].concat(),
            environment,
        )
    };
    // Variables of the caller that would lead elsewhere do not reach it.
    let elsewhere = [
        ("AWS_PROFILE", "nobody"),
        ("AWS_SESSION_TOKEN", "other"),
        ("AWS_ENDPOINT_URL_CODEPIPELINE", "http://127.0.0.1:9"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ];
    let registered = simulated(&[program, "action-type", "register"], &elsewhere);
    assert_eq!((registered.code, registered.err.as_str()), (0, ""));
    assert!(
        registered.out.ends_with("has been created in eu-west-1.\n"),
        "{}",
        registered.out
    );
    assert_eq!(registered.out.lines().count(), 1, "only the command prints");
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)] {
        let ended = simulated(&["sh", "-c", script], &path);
        assert_eq!((ended.code, ended.err.as_str()), (code, ""), "{script}");
    }
    let missing = simulated(&["./no-such-program"], &path);
    assert_eq!(missing.code, 2);
    assert!(
        missing.err.contains("cannot run ./no-such-program: "),
        "{}",
        missing.err
    );
}

#[test]
fn what_is_no_release_is_wrong_usage_whatever_it_is() {
    for what in ["nope", "/etc/passwd"] {
        for command in [
            "check",
            "render",
            "rehearse",
            "policy check --controls all=deny",
        ] {
            let words = format!("{command} {what}");
            let words: Vec<&str> = words.split(' ').collect();
            let output = run(&words, &[]);
            assert_eq!(output.code, 2, "{words:?}: {}{}", output.out, output.err);
            assert!(output.err.contains(what), "{words:?}: {}", output.err);
            assert_eq!(output.out, "", "{words:?}");
        }
    }
}

#[test]
fn values_that_would_be_wrong_in_a_policy_or_a_link_are_refused() {
    for words in [
        "iam-policy --region eu-west",
        "iam-policy --account 1111-2222-3333",
        "iam-policy --partition amazon",
        "iam-policy --application arn:aws:codedeploy:eu-west-1:111122223333:application:shop",
        "iam-policy --pass-role shop",
        "iam-policy --assume-role shop",
        "iam-policy --cross-account worker",
        "iam-policy --cross-account arn:aws:iam::111122223333:role/w --external-id x",
        "iam-policy --event-bus team/releases",
        "iam-policy --version 1.0",
        "action-type print --region eu-west",
        "action-type stage --version version-10",
    ] {
        let output = run(&words.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!(output.code, 2, "{words}: {}", output.out);
        let says = [
            "give ",
            "possible values",
            "is not a version",
            "is neither a name",
        ];
        assert!(
            says.iter().any(|it| output.err.contains(it)),
            "{}",
            output.err
        );
    }
}

#[test]
fn an_empty_region_is_as_good_as_none() {
    for words in ["iam-policy", "action-type print"] {
        let words: Vec<&str> = words.split(' ').collect();
        let without = run(&words, &[]);
        let empty = run(&words, &[("AWS_REGION", "")]);
        assert_eq!((empty.code, empty.out), (0, without.out), "{}", empty.err);
        let named = run(&words, &[("AWS_REGION", "eu-west-1")]);
        assert!(named.out.contains("eu-west-1"), "{}", named.out);
        let wrong = run(&words, &[("AWS_REGION", "eu-west")]);
        assert_eq!(wrong.code, 2, "{}", wrong.out);
    }
}

#[test]
fn a_simulator_whose_terminal_closes_ends_in_order() {
    let mut simulator = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(["simulate", "--empty"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = simulator.stdout.take().expect("a pipe");
    let mut first = String::new();
    let read = BufReader::new(out).read_line(&mut first);
    assert!(
        read.is_ok() && first.starts_with("# A simulated"),
        "{first}"
    );
    let id = simulator.id().to_string();
    let sent = Command::new("kill").args(["-HUP", &id]).status();
    assert!(sent.expect("there is a kill").success());
    let ended = simulator.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0), "{ended}");
}

#[test]
fn a_state_that_cannot_be_saved_is_reported_before_the_command_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("missing/account.json");
    let state = state.to_str().expect("text");
    let simulate = ["simulate", "--state", state, "--", "echo", "it ran"];
    let output = run(&simulate, &[("PATH", "/usr/bin:/bin")]);
    assert_eq!((output.code, output.out.as_str()), (2, ""));
    assert!(output.err.contains(state), "{}", output.err);
}

#[test]
fn the_doctor_does_not_blame_the_region_for_a_wrong_certificate() {
    let environment = [("AWS_REGION", "eu-west-1"), ("AWS_CA_BUNDLE", "/missing")];
    let output = run(&["doctor", "--listen", "127.0.0.1:0"], &environment);
    assert_eq!(output.code, 1);
    let connection = "FAIL  connection: AWS_CA_BUNDLE=/missing cannot be used: ";
    assert!(output.out.contains(connection), "{}", output.out);
    assert!(!output.out.contains("set AWS_REGION"), "{}", output.out);
}
