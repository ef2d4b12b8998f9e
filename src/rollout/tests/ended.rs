//! Decisions for a deployment that has ended without success.

use super::deploying::{answer, is_failed_deployment};
use super::world::{START, after, deploying, id, options, rolled_back_by, seen};
use crate::rollout::decision::{Decision, Observe};
use crate::rollout::deploying::{Seen, decide};
use crate::rollout::ended::ROLLBACK_APPEARS;
use crate::rollout::evidence::Evidence;
use crate::rollout::failure::RollbackOutcome;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};
use crate::rollout::step::Step;

#[test]
fn a_failed_deployment_is_followed_into_its_rollback() {
    let failed = rolled_back_by("d-BACK00000", DeploymentStatus::Failed);
    let Decision::Move(step) = answer(&failed, &options(), 5) else {
        panic!("follows the rollback");
    };
    let Step::RollingBack(step) = *step else {
        panic!("rolls back");
    };
    assert_eq!(step.rollback, id("d-BACK00000"));
    assert_eq!(step.since, after(5));
}

#[test]
fn an_expected_rollback_may_take_a_moment_to_appear() {
    let failed = DeploymentSeen {
        completed: Some(after(5)),
        rolls_back: true,
        ..seen(DeploymentStatus::Failed)
    };
    let shortly = ROLLBACK_APPEARS.as_secs() / 60;
    assert!(matches!(answer(&failed, &options(), 5), Decision::Wait(_)));
    let given_up = answer(&failed, &options(), 5 + shortly);
    assert!(is_failed_deployment(&given_up, &RollbackOutcome::None));
    let unexpected = DeploymentSeen {
        rolls_back: false,
        ..failed
    };
    let at_once = answer(&unexpected, &options(), 5);
    assert!(is_failed_deployment(&at_once, &RollbackOutcome::None));
}

/// The worker's clock may be ahead of AWS's, by which the end is dated.
#[test]
fn a_rollback_is_expected_for_as_long_whatever_the_clock_shows() {
    let failed = DeploymentSeen {
        completed: Some(after(5)),
        rolls_back: true,
        ..seen(DeploymentStatus::Failed)
    };
    let evidence = Evidence {
        first_look: Some(after(9)),
        ..Evidence::default()
    };
    let answer = |minutes| {
        let seen = Seen {
            deployment: Some(&failed),
            service: None,
            evidence: Some(&evidence),
            new_tasks: None,
            abandoned: false,
        };
        decide(&deploying(), seen, &options(), START, after(minutes))
    };
    assert!(matches!(answer(9), Decision::Wait(_)));
    let given_up = answer(10);
    assert!(is_failed_deployment(&given_up, &RollbackOutcome::None));
}

#[test]
fn a_failure_is_reported_only_after_a_look_at_what_explains_it() {
    let failed = seen(DeploymentStatus::Failed);
    let unexplained = Seen {
        deployment: Some(&failed),
        service: None,
        evidence: None,
        new_tasks: None,
        abandoned: false,
    };
    assert_eq!(
        decide(&deploying(), unexplained, &options(), START, after(1)),
        Decision::Observe(Observe::Evidence)
    );
}
