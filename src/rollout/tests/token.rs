//! Tokens: what is written is read, for ever.

use proptest::prelude::*;

use super::world::{after, deploying, id, release};
use crate::job::token::MAX_TOKEN;
use crate::rollout::step::{Deploying, Release, RollingBack, Rollout, Step, StopReason, Stopping};
use crate::rollout::token::{TokenProblem, decode, encode};

fn rollout(step: Step) -> Rollout {
    Rollout {
        since: after(0),
        percent: 42,
        troubled_since: None,
        in_order: false,
        step,
    }
}

/// Every form that a released version has written. They decode for ever: a
/// line may be added here, and none may be changed.
const RELEASED: &[&str] = &[
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"troubled":"1970-01-01T00:01:00Z"}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"release":{"task_definition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","images":[["IMAGE1_NAME","example.com/web:1"]]}}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"release":{"task_definition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","images":[["IMAGE1_NAME","example.com/web:1"]]},"deployment":"d-OURS00000"}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"release":{"task_definition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","images":[["IMAGE1_NAME","example.com/web:1"]]},"deployment":"d-OURS00000","stopping":{"at":"1970-01-01T00:01:00Z","why":"TimedOut","roll_back":true}}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"release":{"task_definition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","images":[["IMAGE1_NAME","example.com/web:1"]]},"deployment":"d-OURS00000","rollback":{"deployment":"d-BACK00000","since":"1970-01-01T00:02:00Z"}}"#,
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"in_order":true}"#,
];

fn every_step() -> Vec<Rollout> {
    let stopping = Deploying {
        stopping: Some(Stopping {
            at: after(1),
            why: StopReason::TimedOut,
            roll_back: true,
        }),
        ..deploying()
    };
    let rolling_back = RollingBack {
        deploying: deploying(),
        rollback: id("d-BACK00000"),
        since: after(2),
    };
    vec![
        rollout(Step::Starting),
        Rollout {
            troubled_since: Some(after(1)),
            ..rollout(Step::Starting)
        },
        rollout(Step::Registered(release())),
        rollout(Step::Deploying(deploying())),
        rollout(Step::Deploying(stopping)),
        rollout(Step::RollingBack(rolling_back)),
        Rollout {
            in_order: true,
            ..rollout(Step::Starting)
        },
    ]
}

#[test]
fn every_token_of_every_released_version_decodes() {
    for (text, expected) in RELEASED.iter().zip(every_step()) {
        assert_eq!(decode(text), Ok(expected.clone()));
        assert_eq!(encode(&expected).0, *text);
    }
}

#[test]
fn a_newer_token_is_told_apart_from_a_broken_one() {
    let newer = r#"{"v":2,"since":"tomorrow","more":[1,2]}"#;
    assert_eq!(decode(newer), Err(TokenProblem::Newer { version: 2 }));
    for text in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"v":0}"#,
        r#"{"v":"1"}"#,
        r#"{"v":1}"#,
        r#"{"v":1,"since":"never","percent":1}"#,
        r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":1,"extra":1}"#,
        "arn:aws:states:eu-west-1:111122223333:execution:somebody-elses",
    ] {
        let problem = decode(text).expect_err(text);
        assert!(matches!(problem, TokenProblem::Unreadable { .. }), "{text}");
    }
}

#[test]
fn what_only_decorates_the_end_gives_way_to_the_limit() {
    let uri = format!(
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:{}",
        "0".repeat(64)
    );
    let crowded = Release {
        images: (0..40)
            .map(|n| (format!("IMAGE{n}"), uri.clone()))
            .collect(),
        warnings: vec!["w".repeat(1000)],
        ..release()
    };
    let token = encode(&rollout(Step::Registered(crowded)));
    assert!(token.0.chars().count() <= MAX_TOKEN);
    let Ok(Rollout {
        step: Step::Registered(read),
        ..
    }) = decode(&token.0)
    else {
        panic!("still registered");
    };
    assert_eq!(read.task_definition, release().task_definition);
    assert!(read.warnings.is_empty());
    assert!(read.images.len() >= 10, "{} images", read.images.len());
}

proptest! {
    #[test]
    fn decoding_never_panics(text in "\\PC{0,200}") {
        let _ = decode(&text);
    }

    #[test]
    fn any_release_fits_and_comes_back(
        family in "[a-zA-Z0-9_-]{1,255}",
        images in proptest::collection::vec(("[A-Z0-9_]{1,30}", "[a-z0-9./:@-]{1,255}"), 0..30),
        warnings in proptest::collection::vec("\\PC{0,300}", 0..5),
        percent in 0u8..=100,
    ) {
        let release = Release {
            task_definition: super::world::arn(&format!("{family}:1")),
            images,
            warnings,
        };
        let before = Rollout { percent, ..rollout(Step::Registered(release.clone())) };
        let token = encode(&before);
        prop_assert!(token.0.chars().count() <= MAX_TOKEN);
        let after = decode(&token.0).expect("our own token");
        let Step::Registered(read) = after.step else { panic!("still registered") };
        prop_assert_eq!(read.task_definition, release.task_definition);
        prop_assert!(release.images.starts_with(&read.images));
        prop_assert_eq!(after.percent, percent);
    }
}
