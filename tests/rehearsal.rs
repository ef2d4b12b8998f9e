//! Rehearsals as their users play them: every scene to its end, and with real
//! traffic the five ways in which people have met blue/green deployments.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A quarter of an hour, which a release takes, is over in two seconds.
const FAST: &str = "600";
/// Requests, clients and health checks live in real time.
const SERVED: &str = "60";

/// Every scene: its exit code, what is seen in the end, and what is not.
const SCENES: [(&str, i32, &[&str], &[&str]); 12] = [
    (
        "first-release",
        0,
        &["status    Succeeded", "webapp:2 is live"],
        &["Rollback"],
    ),
    (
        "canary-alarm",
        1,
        &[
            "type      JobFailed",
            " 10 % of the traffic",
            "ALARM_ACTIVE",
            "webapp-errors",
            "Production is back on the old version",
        ],
        &[" 20 % of the traffic"],
    ),
    (
        "alarm",
        1,
        &["type      JobFailed", "ALARM_ACTIVE"],
        &["webapp:2 is live"],
    ),
    (
        "hook-fails",
        1,
        &[
            "type      JobFailed",
            "AfterAllowTestTraffic  Failed",
            "GET /checkout 500",
        ],
        &["of the traffic on the new tasks"],
    ),
    (
        "unhealthy",
        1,
        &["type      JobFailed", "TIMEOUT", "exit code 1"],
        &["of the traffic on the new tasks"],
    ),
    (
        "image-missing",
        1,
        &[
            "type      JobFailed",
            "the image of container web cannot be pulled",
        ],
        &["of the traffic on the new tasks"],
    ),
    (
        "busy-group",
        0,
        &[
            "status    Succeeded",
            "Somebody else's deployment",
            "webapp:2 is live",
        ],
        &["Failed"],
    ),
    (
        "ready",
        0,
        &[
            "status    Succeeded",
            "waits until somebody continues it",
            "webapp:2 is live",
        ],
        &["Rollback"],
    ),
    (
        "stopped",
        1,
        &["type      JobFailed", "MANUAL_STOP"],
        &["webapp:2 is live"],
    ),
    (
        "abandoned",
        1,
        &[
            "status    Abandoned",
            "Somebody abandons the pipeline's execution",
            "Stopped",
            "Rollback",
        ],
        &["webapp:2 is live", "type "],
    ),
    (
        "policy-refusal",
        1,
        &[
            "type      ConfigurationError",
            "nothing was registered",
            "a registry that is not allowed",
        ],
        &["Task definition registered", "Deployment "],
    ),
    (
        "worker-killed",
        0,
        &[
            "status    Succeeded",
            "The worker is killed",
            "Another worker starts, and finds the job in the journal",
            "webapp:2 is live",
        ],
        &["Rollback"],
    ),
];

#[test]
fn every_scene_ends_with_what_the_pipeline_would_show() {
    for (scene, code, seen, unseen) in SCENES {
        let ended = rehearse(&["--scene", scene, "--speed", FAST]);
        assert_eq!(ended.code, code, "{scene}: {}{}", ended.out, ended.err);
        for words in seen {
            assert!(ended.out.contains(words), "{scene}: {words}\n{}", ended.out);
        }
        for words in unseen {
            assert!(
                !ended.out.contains(words),
                "{scene}: {words}\n{}",
                ended.out
            );
        }
    }
}

#[test]
fn every_scene_of_the_list_is_played_here() {
    let ended = rehearse(&["--list"]);
    assert_eq!(ended.code, 0);
    let listed = ended.out.lines();
    let listed: Vec<&str> = listed
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, SCENES.map(|(scene, ..)| scene));
}

#[test]
fn a_linear_release_on_fargate_loses_no_request_of_twenty_clients() {
    let ended = rehearse(&[
        "examples/linear-json",
        "--serve",
        "--load",
        "20",
        "--speed",
        SERVED,
    ]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("What 20 clients saw:"), "{}", ended.out);
    assert!(ended.out.contains(", of which 0 failed"), "{}", ended.out);
    let shares = shares(&ended.out);
    // On a busy machine a weight may pass between two looks.
    assert!(shares.keys().all(|weight| weight % 10 == 0), "{shares:?}");
    assert!(shares.len() >= 6, "{shares:?}");
    assert_eq!((shares[&0].0, shares[&100].0), (0, 100));
    for (weight, (share, answers)) in &shares {
        // Six times the deviation that so many throws of dice have at most.
        let tolerance = 300.0 / f64::from(*answers).sqrt();
        let off = f64::from(weight.abs_diff(*share));
        assert!(off <= tolerance.max(5.0), "{shares:?}");
    }
}

#[test]
fn a_test_listener_shows_the_new_version_before_production_does() {
    let hook = "AfterAllowTestTraffic=python3 -c 'import json, os, urllib.request as r; \
                v = lambda n: json.load(r.urlopen(os.environ[n]))[\"version\"]; \
                print(v(\"TEST_URL\"), v(\"PRODUCTION_URL\")); \
                assert (v(\"TEST_URL\"), v(\"PRODUCTION_URL\")) == (\"green\", \"blue\")'";
    let quick = [
        "--serve",
        "--speed",
        SERVED,
        "--deployment-config",
        "CodeDeployDefault.ECSAllAtOnce",
        "--termination-wait",
        "0",
        "--hook",
    ];
    let ended = rehearse(&[&quick[..], &[hook]].concat());
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains(", of which 0 failed"), "{}", ended.out);

    let ended = rehearse(
        &[
            &quick[..],
            &["AfterAllowTestTraffic=echo no such page; false"],
        ]
        .concat(),
    );
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("type      JobFailed"), "{}", ended.out);
    assert!(ended.out.contains("no such page"), "{}", ended.out);

    let ended = rehearse(&["--serve", "--hook", "BeforeInstall=true"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    assert!(
        ended.err.contains("no hook for BeforeInstall"),
        "{}",
        ended.err
    );
}

#[test]
fn a_version_that_answers_500_sets_off_the_alarm_and_production_is_blue_again() {
    let ended = rehearse(&[
        "--serve", "--break", "500", "--load", "8", "--speed", SERVED,
    ]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    for words in [
        "type      JobFailed",
        "the alarm webapp-errors went off",
        "webapp-errors",
        "Production is back on the old version",
        "500 from green",
    ] {
        assert!(ended.out.contains(words), "{words}\n{}", ended.out);
    }
}

#[test]
fn a_release_to_instances_waits_five_minutes_for_a_hand() {
    let base = [
        "examples/ec2",
        "--serve",
        "--ready-wait",
        "5",
        "--by-hand",
        "--termination-wait",
        "0",
        "--speed",
        "120",
    ];
    let ended = rehearse_with(&base, "\n");
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("waits until somebody continues it"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains(", of which 0 failed"), "{}", ended.out);

    let ended = rehearse_with(&base, "");
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(
        !ended.out.contains("of the traffic on the new tasks"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("Stopped"), "{}", ended.out);
}

#[test]
fn what_makes_no_sense_together_is_a_matter_of_usage() {
    for words in [
        &["--load", "4"][..],
        &["--serve", "--production", "0.0.0.0:80"],
        &["--serve", "--task-command", "x", "--break", "slow"],
        &["--serve", "--hook", "Install=true"],
        &["--controls", "no-such=deny"],
        &["--scene", "no-such"],
    ] {
        let ended = rehearse(words);
        assert_eq!(ended.code, 2, "{words:?}: {}", ended.out);
    }
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn rehearse(words: &[&str]) -> Ended {
    rehearse_with(words, "")
}

/// Plays it with something typed.
fn rehearse_with(words: &[&str], typed: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .arg("rehearse")
        .args(words)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // One that has ended already reads nothing.
    let _ = stdin.write_all(typed.as_bytes());
    drop(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("it ends");
    Ended {
        code: status.code().expect("it was not killed"),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    }
}

/// Green's share of the answers at each weight, in percent, and how many
/// answers there were.
fn shares(out: &str) -> BTreeMap<u32, (u32, u32)> {
    let number = |text: &str| text.split_whitespace().next().and_then(|n| n.parse().ok());
    let lines = out.lines();
    lines
        .filter_map(|line| {
            let (_, rest) = line.split_once("at a weight of")?;
            let (weight, rest) = rest.split_once("% green gave")?;
            let (share, answers) = rest.split_once("% of ")?;
            Some((number(weight)?, (number(share)?, number(answers)?)))
        })
        .collect()
}
