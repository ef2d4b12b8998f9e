//! Releases to services that ECS deploys itself.

use std::fs;

use super::play::{Ended, SERVED, Scene, rehearse, rehearse_with};

/// Every scene with its exit code, expected words and excluded words.
pub(crate) const SCENES: [Scene; 13] = [
    (
        "first-release",
        0,
        &[
            "status    Succeeded",
            "webapp:2 is live (deployment demo/webapp/",
            "SCALE_UP                      starts the new tasks",
            " 50 % of the traffic on the new tasks",
            "BAKE_TIME                     Succeeded",
            " SUCCESSFUL",
        ],
        &["Rollback", "ROLLBACK"],
    ),
    (
        "canary-alarm",
        1,
        &[
            "type      JobFailed",
            " 10 % of the traffic",
            "the alarm webapp-errors went off",
            "Production is on the old version",
            "Rollback demo/webapp/",
            "ROLLBACK_SUCCESSFUL",
        ],
        &["100 % of the traffic"],
    ),
    (
        "alarm",
        1,
        &[
            "type      JobFailed",
            " 30 % of the traffic",
            "ROLLBACK_SUCCESSFUL",
        ],
        &["webapp:2 is live"],
    ),
    (
        "hook-fails",
        1,
        &[
            "type      JobFailed",
            "POST_TEST_TRAFFIC_SHIFT       Failed",
            "the hook POST_TEST_TRAFFIC_SHIFT failed",
        ],
        &["of the traffic on the new tasks"],
    ),
    (
        "unhealthy",
        1,
        &["type      JobFailed", "exit code 1", "ROLLBACK_SUCCESSFUL"],
        &["of the traffic on the new tasks", "OnTaskFailure)"],
    ),
    (
        "image-missing",
        1,
        &[
            "type      JobFailed",
            "was stopped because too many of its new tasks failed (OnTaskFailure)",
            "the image of container web cannot be pulled",
        ],
        &["of the traffic on the new tasks"],
    ),
    (
        "busy",
        0,
        &[
            "status    Succeeded",
            "Another client's deployment demo/webapp/",
            "webapp:2 is live",
        ],
        &["Failed"],
    ),
    (
        "ready",
        0,
        &[
            "status    Succeeded",
            "waits to be continued",
            "webapp:2 is live",
        ],
        &["Rollback"],
    ),
    (
        "stopped",
        1,
        &[
            "type      JobFailed",
            "a person or another program stopped it.",
            "ROLLBACK_SUCCESSFUL",
        ],
        &["webapp:2 is live"],
    ),
    (
        "superseded",
        1,
        &[
            "type      JobFailed",
            "Another client deploys the old revision again",
            "was superseded: a newer deployment, of arn:",
            "/webapp:1, took its place",
            " STOPPED",
        ],
        &["webapp:2 is live"],
    ),
    (
        "abandoned",
        1,
        &[
            "status    Abandoned",
            "A person abandons the pipeline's execution",
            "ROLLBACK_SUCCESSFUL",
        ],
        &["webapp:2 is live", "type "],
    ),
    (
        "policy-refusal",
        1,
        &["type      ConfigurationError", "nothing was registered"],
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

/// Words that are CodeDeploy's.
pub(crate) const FOREIGN: [&str; 4] = ["CodeDeploy", "AppSpec", "task set", "deployment group"];

fn played(more: &[&str]) -> Ended {
    let mut words = vec!["--engine", "ecs"];
    words.extend(more);
    rehearse(&words)
}

#[test]
fn an_abandoned_action_may_be_expected() {
    for (expected, code) in [("abandoned", 0), ("failed", 1)] {
        let words = [
            "--scene",
            "abandoned",
            "--speed",
            "600",
            "--expect",
            expected,
        ];
        played(&words).with(code, &["status    Abandoned"]);
    }
}

#[test]
fn traffic_is_split_as_ecs_shifts_it_and_no_request_fails() {
    let mut words = vec!["--serve", "--load", "20"];
    words.extend(SERVED);
    let ended = played(&words).with(
        0,
        &[
            "What 20 clients saw:",
            ", of which 0 failed",
            "at a weight of  50 % green gave",
        ],
    );
    ended.without(&FOREIGN);
}

#[test]
fn a_version_that_answers_500_is_rolled_back_by_its_alarm() {
    let mut words = vec!["--serve", "--load", "8", "--break", "500"];
    words.extend(SERVED);
    let ended = played(&words).with(
        1,
        &[
            "the alarm webapp-errors went off",
            "Production is on the old version",
        ],
    );
    ended.without(&FOREIGN);
}

/// The user's own pause hook comes before each of the two steps.
#[test]
fn a_pause_waits_for_enter_or_for_its_end() {
    let own = r#"{ "strategy": "CANARY", "bakeTimeInMinutes": 0,
        "canaryConfiguration": { "canaryPercent": 20.0, "canaryBakeTimeInMinutes": 1 },
        "lifecycleHooks": [{ "targetType": "PAUSE",
            "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
            "timeoutConfiguration": { "timeoutInMinutes": 30, "action": "ROLLBACK" } }] }"#;
    let mut words = vec![
        "--engine",
        "ecs",
        "--deployment-config",
        own,
        "--speed",
        "600",
    ];
    rehearse(&words).with(
        1,
        &[
            "waits to be continued",
            "it was not continued before the pause was over",
        ],
    );
    // Enter continues only the first of two pauses, the scene both.
    let mut by_hand = words.clone();
    by_hand.push("--by-hand");
    let second = "waits to be continued, 20 % of the traffic on the new tasks";
    rehearse_with(&by_hand, "\n").with(1, &[second, "ROLLBACK_SUCCESSFUL"]);
    let mut scene = words.clone();
    scene.extend(["--scene", "ready"]);
    rehearse(&scene).with(0, &[second, "webapp:2 is live"]);
    words.extend(["--options", "ContinueWhenReady=Always"]);
    rehearse(&words).with(0, &["webapp:2 is live"]);
}

/// A hook runs at any stage, and what it printed is shown, because ECS shows
/// nothing of it.
#[test]
fn hooks_run_as_commands() {
    let quick = [
        "--serve",
        "--speed",
        "60",
        "--deployment-config",
        "BLUE_GREEN",
    ];
    let mut words = quick.to_vec();
    words.extend(["--termination-wait", "0"]);
    words.extend(["--hook", "POST_TEST_TRAFFIC_SHIFT=examples/hooks/check.py"]);
    played(&words).with(
        0,
        &[
            "POST_TEST_TRAFFIC_SHIFT       Succeeded",
            ", of which 0 failed",
        ],
    );
    words.extend(["--hook", "POST_SCALE_UP=echo no such page; false"]);
    played(&words)
        .with(
            1,
            &[
                "Hook POST_SCALE_UP: | no such page",
                "the hook POST_SCALE_UP failed",
            ],
        )
        .without(&["of the traffic on the new tasks"]);
    let ended = played(&["--serve", "--hook", "AfterAllowTraffic=true"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
}

#[test]
fn a_service_is_deployed_with_its_own_configuration() {
    let own = r#"{ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1 }"#;
    played(&["--deployment-config", own, "--speed", "600"])
        .with(0, &["100 % of the traffic on the new tasks"])
        .without(&[" 10 % of"]);
    for wrong in [
        "SIDEWAYS",
        r#"{ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": -1 }"#,
    ] {
        let ended = played(&["--deployment-config", wrong]);
        assert_eq!(ended.code, 2, "{}", ended.out);
        assert!(
            ended.err.contains("InvalidParameterException"),
            "{}",
            ended.err
        );
    }
}

/// A task definition is enough; an AppSpec and an action for CodeDeploy are in
/// nobody's way.
#[test]
fn a_bundle_needs_no_app_spec_and_may_have_one() {
    let quick = ["--termination-wait", "0", "--speed", "600"];
    for example in [
        "examples/ecs",
        "examples/webapp",
        "examples/linear-json",
        "examples/ec2",
    ] {
        let mut words = vec![example, "--deployment-config", "BLUE_GREEN"];
        words.extend(quick);
        played(&words)
            .with(0, &["is live (deployment "])
            .without(&FOREIGN);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let task_definition = |ports: &str| {
        format!(
            r#"{{ "family": "batch", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
                 "requiresCompatibilities": ["FARGATE"],
                 "executionRoleArn": "arn:aws:iam::111122223333:role/exec",
                 "containerDefinitions": [{{ "name": "app", "essential": true,
                   "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:7"{ports} }}] }}"#
        )
    };
    let bundle = folder.path().to_str().expect("text");
    for ports in [r#", "portMappings": [{ "containerPort": 3000 }]"#, ""] {
        fs::write(folder.path().join("taskdef.json"), task_definition(ports)).expect("a file");
        let mut words = vec![bundle, "--deployment-config", "BLUE_GREEN"];
        words.extend(quick);
        played(&words)
            .with(0, &["batch:1 is live"])
            .without(&FOREIGN);
    }
}

#[test]
fn a_scene_that_the_engine_cannot_play_is_refused_with_the_list() {
    let ended = rehearse(&["--scene", "superseded"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    assert!(
        ended.err.contains("--list --engine codedeploy"),
        "{}",
        ended.err
    );
    // A bundle for ECS needs no flag.
    rehearse(&["examples/ecs", "--scene", "superseded", "--speed", "600"])
        .with(1, &["was superseded"]);
}
