//! Rehearsals as users run them: every scene to its end, the five documented
//! flows with real traffic, and users' own bundles, programs and hooks.

mod bundles;
mod ecs;
mod flows;
mod play;
mod programs;

use self::play::{Scene, rehearse};

/// At this speed a release of a quarter of an hour takes two seconds.
const FAST: &str = "600";

/// Every scene of CodeDeploy.
const SCENES: [Scene; 12] = [
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
        "busy",
        0,
        &[
            "status    Succeeded",
            "Another client's deployment",
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
        &["type      JobFailed", "MANUAL_STOP"],
        &["webapp:2 is live"],
    ),
    (
        "abandoned",
        1,
        &[
            "status    Abandoned",
            "A person abandons the pipeline's execution",
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
            "comes from a registry that is not allowed",
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
    play("codedeploy", &SCENES, &[]);
}

#[test]
fn every_scene_of_ecs_ends_with_what_the_pipeline_would_show() {
    play("ecs", &ecs::SCENES, &ecs::FOREIGN);
}

/// Plays every scene of an engine to its end.
fn play(engine: &str, scenes: &[Scene], foreign: &[&str]) {
    for (scene, code, seen, unseen) in scenes {
        let ended = rehearse(&["--engine", engine, "--scene", scene, "--speed", FAST]);
        assert_eq!(ended.code, *code, "{scene}: {}{}", ended.out, ended.err);
        for words in *seen {
            assert!(ended.out.contains(words), "{scene}: {words}\n{}", ended.out);
        }
        for words in unseen.iter().chain(foreign) {
            let is_there = ended.out.contains(words);
            assert!(!is_there, "{scene}: {words}\n{}", ended.out);
        }
    }
}

/// The cause is shown within two minutes after the job was taken. If
/// `OnTaskFailure` asks for it, the release ends within four.
#[test]
fn an_image_that_is_missing_is_named_at_once_and_need_not_be_waited_for() {
    // Slow enough that delays of a busy machine do not become simulated
    // minutes.
    let words = "--scene image-missing --options OnTaskFailure=Rollback --speed 30";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = rehearse(&words).with(
        1,
        &[
            "type      JobFailed",
            "was stopped because too many of its new tasks failed (OnTaskFailure): the image of \
             container web cannot be pulled.",
            "Production traffic never left the old version (rollback ",
        ],
    );
    let taken = second_of(&ended.out, &["The worker takes the job"]);
    let shown = second_of(
        &ended.out,
        &["The pipeline shows: Install: ", "web cannot be pulled"],
    );
    assert!(shown - taken <= 2 * 60, "{}", ended.out);
    // The last observation of the deployment may come after this line.
    let over = second_of(&ended.out, &["Rollback ", " Succeeded"]);
    assert!(over - taken <= 4 * 60 - 10, "{}", ended.out);
}

/// The simulated second of the first line that has all these words.
fn second_of(out: &str, words: &[&str]) -> u64 {
    let mut lines = out.lines();
    let line = lines.find(|line| words.iter().all(|words| line.contains(words)));
    let line = line.unwrap_or_else(|| panic!("no line has {words:?}: {out}"));
    let time = line.split_whitespace().next().expect("a time");
    let (minutes, seconds) = time.split_once(':').expect("minutes and seconds");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    60 * number(minutes) + number(seconds)
}

#[test]
fn every_scene_of_the_list_is_played_here() {
    for (engine, scenes) in [("codedeploy", &SCENES[..]), ("ecs", &ecs::SCENES[..])] {
        let ended = rehearse(&["--list", "--engine", engine]);
        assert_eq!(ended.code, 0);
        let listed = ended.out.lines();
        let listed: Vec<&str> = listed
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let played: Vec<&str> = scenes.iter().map(|(scene, ..)| *scene).collect();
        assert_eq!(listed, played, "{engine}");
    }
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
        &["--deployment-config", "NoSuch"],
        &["--load-path", "/"],
        &["--serve", "--load-path", "nowhere"],
    ] {
        let ended = rehearse(words);
        assert_eq!(ended.code, 2, "{words:?}: {}", ended.out);
    }
}
