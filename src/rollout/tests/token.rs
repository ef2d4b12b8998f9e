//! Tokens: every token that was ever written can be read.

use proptest::prelude::*;

use super::world::{after, deploying, id, release};
use crate::job::continuation_token::MAX_TOKEN;
use crate::release::judgement_digest::JudgementDigest;
use crate::rollout::step::{
    Deploying, Release, RollingBack, Rollout, Step, StopMode, StopReason, Stopping, Warnings,
};
use crate::rollout::token::{TokenProblem, decode, encode};

fn rollout(step: Step) -> Rollout {
    Rollout {
        since: after(0),
        percent: 42,
        failing_since: None,
        judged: None,
        step,
    }
}

const RELEASE: &str = r#""release":{"task_definition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","images":[["IMAGE1_NAME","example.com/web:1"]]}"#;
const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";
const BEGIN: &str = r#""since":"1970-01-01T00:00:00Z","percent":42"#;
const DIGEST: &str = "00112233445566778899aabbccddeeff";

/// Every form of version 1. They must decode forever: lines may be added here,
/// but none may be changed.
fn v1() -> Vec<String> {
    vec![
        format!(r#"{{"v":1,{BEGIN}}}"#),
        format!(r#"{{"v":1,{BEGIN},"troubled":"1970-01-01T00:01:00Z"}}"#),
        format!(r#"{{"v":1,{BEGIN},{RELEASE}}}"#),
        format!(r#"{{"v":1,{BEGIN},{RELEASE},"deployment":"d-OURS00000"}}"#),
        format!(
            r#"{{"v":1,{BEGIN},"release":{{"task_definition":"{ARN}","warnings":["a note"],"policies":["a warning"]}}}}"#
        ),
        format!(
            r#"{{"v":1,{BEGIN},{RELEASE},"deployment":"d-OURS00000","stopping":{{"at":"1970-01-01T00:01:00Z","why":"TimedOut","roll_back":true}}}}"#
        ),
        format!(
            r#"{{"v":1,{BEGIN},{RELEASE},"deployment":"d-OURS00000","stopping":{{"at":"1970-01-01T00:01:00Z","why":"Abandoned","roll_back":false}}}}"#
        ),
        format!(
            r#"{{"v":1,{BEGIN},{RELEASE},"deployment":"d-OURS00000","rollback":{{"deployment":"d-BACK00000","since":"1970-01-01T00:02:00Z"}}}}"#
        ),
    ]
}

/// The rollouts that [`v1`] represents.
fn said_by_v1() -> Vec<Rollout> {
    let stopping = |why, mode| Deploying {
        stopping: Some(Stopping {
            at: after(1),
            why,
            mode,
        }),
        ..deploying()
    };
    let warned = Release {
        images: Vec::new(),
        warnings: Warnings {
            checks: vec!["a note".into()],
            policies: vec!["a warning".into()],
        },
        ..release()
    };
    let rolling_back = RollingBack {
        deploying: deploying(),
        rollback: id("d-BACK00000"),
        since: after(2),
    };
    vec![
        rollout(Step::Starting),
        Rollout {
            failing_since: Some(after(1)),
            ..rollout(Step::Starting)
        },
        rollout(Step::Registered(release())),
        rollout(Step::Deploying(deploying())),
        rollout(Step::Registered(warned)),
        rollout(Step::Deploying(stopping(
            StopReason::TimedOut,
            StopMode::Rollback,
        ))),
        rollout(Step::Deploying(stopping(
            StopReason::Abandoned,
            StopMode::Stop,
        ))),
        rollout(Step::RollingBack(rolling_back)),
    ]
}

/// Every form of version 2. Lines may be added here, but none may be changed.
fn v2() -> Vec<String> {
    vec![
        format!(r#"{{"v":2,{BEGIN},"judged":"{DIGEST}"}}"#),
        format!(r#"{{"v":2,{BEGIN},"judged":"{DIGEST}",{RELEASE}}}"#),
        format!(
            r#"{{"v":2,{BEGIN},{RELEASE},"deployment":"d-OURS00000","stopping":{{"at":"1970-01-01T00:01:00Z","why":"TaskFailure","roll_back":true}}}}"#
        ),
    ]
}

/// The rollouts that [`v2`] represents.
fn said_by_v2() -> Vec<Rollout> {
    let judged = |step| Rollout {
        judged: JudgementDigest::parse(DIGEST),
        ..rollout(step)
    };
    let stopping = Deploying {
        stopping: Some(Stopping {
            at: after(1),
            why: StopReason::TaskFailure,
            mode: StopMode::Rollback,
        }),
        ..deploying()
    };
    vec![
        judged(Step::Starting),
        judged(Step::Registered(release())),
        rollout(Step::Deploying(stopping)),
    ]
}

#[test]
fn every_token_of_every_version_decodes_and_is_written_as_it_was() {
    let texts = v1().into_iter().chain(v2());
    let all = texts.zip(said_by_v1().into_iter().chain(said_by_v2()));
    for (text, expected) in all {
        assert_eq!(decode(&text), Ok(expected.clone()));
        assert_eq!(encode(&expected).0, text);
    }
}

/// Version 1 could tell that a release was in order, but not what it was, so it
/// is judged again.
#[test]
fn that_something_was_in_order_once_says_nothing_of_what_is_judged() {
    let text = format!(r#"{{"v":1,{BEGIN},"in_order":true}}"#);
    assert_eq!(decode(&text), Ok(rollout(Step::Starting)));
}

/// No build writes them, but a member that says nothing is known all the same.
#[test]
fn a_known_member_may_say_nothing() {
    let nothing = r#""troubled":null,"release":null,"stopping":null,"rollback":null"#;
    for own in [r#""v":1,"in_order":false"#, r#""v":2,"judged":null"#] {
        let text = format!("{{{own},{BEGIN},{nothing}}}");
        assert_eq!(decode(&text), Ok(rollout(Step::Starting)), "{text}");
    }
}

/// What this build does not know, a newer one wrote, which can go on.
#[test]
fn an_unknown_member_or_stop_reason_is_a_newer_workers() {
    let stopping = |more: &str| {
        format!(
            r#""stopping":{{"at":"1970-01-01T00:01:00Z","roll_back":true,{more}}},{RELEASE},"deployment":"d-OURS00000""#
        )
    };
    let unknown = [
        (r#""other":1"#.to_owned(), "member `other`"),
        (r#""other":null"#.to_owned(), "member `other`"),
        (
            r#""release":{"task_definition":"web:7","other":[]}"#.to_owned(),
            "member `other`",
        ),
        (stopping(r#""why":"TimedOut","other":{}"#), "member `other`"),
        (stopping(r#""why":"Other""#), "stop reason `Other`"),
        (
            r#""rollback":{"deployment":"d-BACK00000","since":"1970-01-01T00:02:00Z","other":"x"}"#
                .to_owned(),
            "member `other`",
        ),
    ];
    for version in [1, 2] {
        for (text, unknown) in &unknown {
            let unknown = (*unknown).to_owned();
            let token = format!(r#"{{"v":{version},{BEGIN},{text}}}"#);
            assert_eq!(
                decode(&token),
                Err(TokenProblem::Newer { unknown }),
                "{token}"
            );
        }
    }
}

#[test]
fn a_newer_token_is_distinguished_from_a_broken_one() {
    let newer = r#"{"v":3,"since":"tomorrow","more":[1,2]}"#;
    assert_eq!(
        decode(newer),
        Err(TokenProblem::Newer {
            unknown: "version 3".into()
        })
    );
    for text in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"v":0}"#,
        r#"{"v":"1"}"#,
        r#"{"v":1}"#,
        r#"{"v":2}"#,
        r#"{"v":1,"since":"never","percent":1}"#,
        r#"{"v":1,"since":"9999-12-30T00:00:00Z","percent":1}"#,
        r#"{"v":2,"since":"-009999-01-02T00:00:00Z","percent":1}"#,
        r#"{"v":1,"since":"1970-01-01T00:00:00Z","troubled":"9999-12-30T00:00:00Z","percent":1}"#,
        r#"{"v":1,"since":"never","percent":1,"other":1}"#,
        r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":42,"release":{"other":1}}"#,
        r#"{"v":1,"since":"9999-12-30T00:00:00Z","percent":1}"#,
        r#"{"v":2,"since":"-009999-01-02T02:00:00Z","percent":1}"#,
        r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":1,"troubled":"9999-12-30T00:00:00Z"}"#,
        "arn:aws:states:eu-west-1:111122223333:execution:somebody-elses",
    ] {
        let problem = decode(text).expect_err(text);
        assert!(matches!(problem, TokenProblem::Unreadable { .. }), "{text}");
    }
}

#[test]
fn a_digest_that_is_none_is_no_reason_to_fail() {
    let text = format!(r#"{{"v":2,{BEGIN},"judged":"forged"}}"#);
    assert_eq!(decode(&text), Ok(rollout(Step::Starting)));
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
        warnings: Warnings {
            checks: vec!["w".repeat(1000)],
            policies: vec!["p".repeat(500)],
        },
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
    assert_eq!(read.warnings, Warnings::default());
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
        checks in proptest::collection::vec("\\PC{0,300}", 0..5),
        policies in proptest::collection::vec("\\PC{0,300}", 0..5),
        percent in 0u8..=100,
    ) {
        let release = Release {
            task_definition: super::world::arn(&format!("{family}:1")),
            images,
            warnings: Warnings { checks, policies },
        };
        let before = Rollout { percent, ..rollout(Step::Registered(release.clone())) };
        let token = encode(&before);
        prop_assert!(token.0.chars().count() <= MAX_TOKEN);
        let after = decode(&token.0).expect("our own token");
        let Step::Registered(read) = after.step else { panic!("still registered") };
        prop_assert_eq!(read.task_definition, release.task_definition);
        prop_assert!(release.images.starts_with(&read.images));
        prop_assert!(release.warnings.policies.starts_with(&read.warnings.policies));
        prop_assert_eq!(after.percent, percent);
    }
}
