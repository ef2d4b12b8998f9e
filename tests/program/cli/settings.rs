//! Settings on the command line: problems and sources.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use super::{root, run};

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
    error: BLUEGREEN_POLL_INTERVAL: `soon` is not a duration; write it like 100ms, 90s, 20m or 23h
    error: --max-jobs: `0` is not a number from 1 to 10000
    error: --listen: `here` is not an IP address and port; write them like 127.0.0.1:8080
    ");
}

#[test]
fn a_setting_that_is_not_utf_8_is_not_passed_over() {
    let ended = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(["config", "print"])
        .env_clear()
        .env("BLUEGREEN_JOURNAL", OsStr::from_bytes(b"/tmp/\xff"))
        .output()
        .expect("the program starts");
    let error = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(2), "{error}");
    let expected = "error: BLUEGREEN_JOURNAL: it is not UTF-8, or has the character U+FFFD\n";
    assert_eq!(error, expected);
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
fn a_journal_that_cannot_be_used_is_named_with_the_reason() {
    let account = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
        ("BLUEGREEN_LOG", "off"),
    ];
    let output = run(&["run", "--journal", "/dev/null/journal"], &account);
    assert_eq!(output.code, 2);
    let expected = "error: the journal /dev/null/journal cannot be used: Not a directory";
    assert!(output.err.starts_with(expected), "{}", output.err);
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
    // The output is a valid settings file.
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
